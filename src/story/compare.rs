//! Whether a document is the one a sentence tells of: by the pairs of the sentence, on canonical JSON. Pure.

use rust_decimal::Decimal;
use serde_json::Value;

use super::lines::{self, LineWords, Share};
use super::model::Sentence;
use crate::canonical::check_digit;

/// Whether every pair of the sentence fits; else the first that does not, in words.
///
/// # Errors
/// What is otherwise than told.
pub fn document(sentence: &Sentence, document: &Value) -> Result<(), String> {
    for (key, wanted) in sentence.pairs() {
        let found = match key {
            "lines" => {
                lines_of(wanted, document)?;
                continue;
            }
            "packs" => {
                packs_of(wanted, document)?;
                continue;
            }
            "items" => {
                items_of(wanted, document)?;
                continue;
            }
            _ => values(key, document),
        };
        if !found.iter().any(|found| same(found, meant(key, wanted))) {
            let told = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
            return Err(format!("{key}={told}"));
        }
    }
    Ok(())
}

/// What a word stands for in a document: a sentence says `type=credit` of what it sends and of what it sees.
fn meant<'w>(key: &str, wanted: &'w str) -> &'w str {
    match (key, wanted) {
        ("type", "credit" | "credit_memo") => "credit_note",
        ("type", "debit" | "debit_memo") => "debit_note",
        _ => wanted,
    }
}

/// Equal as text, or as numbers.
pub fn same(found: &str, wanted: &str) -> bool {
    if found == wanted {
        return true;
    }
    match (found.parse::<Decimal>(), wanted.parse::<Decimal>()) {
        (Ok(found), Ok(wanted)) => found == wanted,
        _ => false,
    }
}

/// Everything in a document that a key can mean.
fn values(key: &str, document: &Value) -> Vec<String> {
    let kind = document["kind"].as_str().unwrap_or_default();
    let mut found = Vec::new();
    let mut take = |value: &Value| found.extend(text(value));
    if matches!(key, "order" | "shipment" | "invoice") {
        // What an advice is about.
        take(&document["concerns"]["number"]);
    }
    match key {
        "order" => {
            take(&document["order_number"]);
            each(&document["order_numbers"]).for_each(&mut take);
            each(&document["lines"]).for_each(|line| take(&line["order_number"]));
            each(&document["items"]).for_each(|item| take(&item["order_number"]));
            references(document, "order").for_each(&mut take);
            if kind == "order" {
                take(&document["number"]);
            }
        }
        "shipment" => {
            take(&document["shipment_number"]);
            references(document, "shipment").for_each(&mut take);
            if kind == "ship_notice" {
                take(&document["number"]);
            }
        }
        "invoice" => {
            take(&document["invoice_number"]);
            references(document, "invoice").for_each(&mut take);
            each(&document["items"]).for_each(|item| take(&item["reference"]));
            if kind == "invoice" {
                take(&document["number"]);
            }
        }
        "ship_to" | "ship_from" | "bill_to" | "buyer" => {
            for party in each(&document["parties"]).filter(|party| party["role"] == key) {
                each(&party["ids"]).for_each(|id| take(&id["id"]));
            }
        }
        "amount" => ["amount", "total", "amount_due"].iter().for_each(|name| take(&document[name])),
        "tax" => {
            let total: Decimal = each(&document["taxes"]).filter_map(|tax| decimal(&tax["amount"])).sum();
            take(&total.to_string().into());
            take(&document["tax_total"]);
        }
        "freight" => {
            let freight = |it: &&Value| it["code"] == "D240" || it["code"] == "FC" || it["reason"] == "Freight";
            each(&document["adjustments"]).filter(freight).for_each(|it| take(&it["amount"]));
        }
        "reason" | "text" => {
            for error in each(&document["errors"]) {
                take(&error["code"]);
                take(&error["text"]);
            }
            each(&document["lines"]).flat_map(|line| each(&line["decisions"])).for_each(|it| take(&it["reason"]));
        }
        "decision" => take(&document["decision"]),
        "carrier" => {
            take(&document["carrier"]["id"]);
            each(&document["carriers"]).for_each(|it| take(&it["id"]));
        }
        "at" => each(&document["locations"]).for_each(|it| take(&it["id"])),
        "deliver" | "cancel_after" | "ship_not_before" | "ship_not_after" => {
            let kind = if key == "deliver" { "delivery_requested" } else { key };
            each(&document["dates"]).filter(|it| it["kind"] == kind).for_each(|it| take(&it["date"]));
        }
        _ => take(&document[key]),
    }
    found
}

fn lines_of(wanted: &str, document: &Value) -> Result<(), String> {
    for wanted in lines::lines(wanted)? {
        let rows: Vec<&Value> = each(&document["lines"]).filter(|line| is_line(line, &wanted)).collect();
        if rows.is_empty() {
            return Err(format!("no line {}", wanted.line));
        }
        for share in &wanted.shares {
            if !rows.iter().any(|row| has_share(row, share)) {
                let told: Vec<String> = rows.iter().map(|row| line_words(row)).collect();
                return Err(format!("line {}: {}", wanted.line, told.join("; ")));
            }
        }
    }
    Ok(())
}

fn is_line(line: &Value, wanted: &LineWords) -> bool {
    let number = ["order_line", "number"].iter().filter_map(|name| line[name].as_str());
    let named = number.clone().next().is_none() || number.into_iter().any(|number| same(number, &wanted.line));
    named && wanted.order.as_deref().is_none_or(|order| line["order_number"] == order)
}

/// Whether a line says what a share tells: in its decisions or conditions, or in its own fields.
fn has_share(line: &Value, share: &Share) -> bool {
    let plain = |row: &Value, quantities: &[&str]| {
        let quantity = share
            .quantity
            .is_none_or(|wanted| quantities.iter().filter_map(|name| decimal(&row[name])).any(|found| found == wanted));
        let unit = share.unit.as_deref().is_none_or(|wanted| row["unit"] == wanted);
        // X12 says the price of a decision with its line.
        let said = decimal(&row["price"]).or_else(|| decimal(&line["price"]));
        let price = share.price.is_none_or(|wanted| said == Some(wanted));
        let date = share.date.is_none_or(|wanted| row["date"] == wanted.to_string());
        let item = share.item.as_deref().is_none_or(|wanted| each(&row["ids"]).any(|id| id["id"] == wanted));
        quantity && unit && price && date && item
    };
    let Some(word) = share.word.as_deref() else {
        return plain(line, &["quantity", "received", "shipped", "ordered"]);
    };
    let decided = each(&line["decisions"]).any(|decision| {
        let kind = decision["kind"].as_str().unwrap_or_default();
        let meant = match word {
            "accepted" => kind.starts_with("accepted") || kind.ends_with("_changed") || kind == "changed",
            "changed" => kind.ends_with("changed"),
            "price" => kind == "price_changed",
            "cancelled" | "deleted" => kind == "deleted",
            "held" | "hold" => kind.starts_with("hold"),
            word => kind.starts_with(word),
        };
        meant && plain(decision, &["quantity"])
    });
    let scheduled = word == "accepted" && each(&line["schedules"]).any(|part| plain(part, &["quantity"]));
    let changed = line["change"].as_str().is_some_and(|change| match word {
        "cancel" | "cancelled" | "deleted" | "delete" => change == "delete",
        "change" | "changed" | "quantity" => change.starts_with("change") || change.starts_with("quantity"),
        word => change == word,
    });
    let condition = if word == "wrong" { "wrong_item" } else { word };
    let conditioned = each(&line["conditions"]).any(|it| it["code"] == condition && plain(it, &["quantity"]));
    let counted = matches!(word, "received" | "returned" | "good")
        && share.quantity.is_none_or(|wanted| {
            let name = if word == "returned" { "returned" } else { "received" };
            decimal(&line[name]) == Some(wanted)
        });
    decided || scheduled || (changed && plain(line, &["quantity"])) || conditioned || counted
}

fn line_words(line: &Value) -> String {
    let mut words: Vec<String> = Vec::new();
    for name in ["quantity", "received", "shipped", "unit", "price", "change"] {
        words.extend(text(&line[name]).map(|value| format!("{name} {value}")));
    }
    for decision in each(&line["decisions"]) {
        let part = |name: &str| text(&decision[name]).unwrap_or_default();
        words.push(format!("{} {} {}", part("kind"), part("quantity"), part("price")).trim().to_owned());
    }
    for condition in each(&line["conditions"]) {
        let part = |name: &str| text(&condition[name]).unwrap_or_default();
        words.push(format!("condition {} {}", part("code"), part("quantity")));
    }
    words.join(", ")
}

fn packs_of(wanted: &str, document: &Value) -> Result<(), String> {
    let packs: Vec<&Value> = each(&document["packs"]).filter(|pack| each(&pack["items"]).next().is_some()).collect();
    for pack in &packs {
        if let Some(sscc) = pack["sscc"].as_str()
            && !check_digit::is_sscc(sscc)
        {
            return Err(format!("the SSCC {sscc} has a wrong check digit"));
        }
    }
    for wanted in lines::packs(wanted)? {
        let holds = |pack: &Value| {
            let labelled = match &wanted.sscc {
                Some(sscc) => pack["sscc"] == sscc.as_str(),
                None => pack["sscc"].is_string(),
            };
            labelled
                && wanted.items.iter().all(|(_, line, quantity)| {
                    each(&pack["items"])
                        .any(|item| item["line"] == line.as_str() && decimal(&item["quantity"]) == Some(*quantity))
                })
        };
        if !packs.iter().any(|pack| holds(pack)) {
            let told: Vec<String> = packs.iter().map(|pack| pack_words(pack)).collect();
            return Err(format!("packs {}", told.join("; ")));
        }
    }
    Ok(())
}

fn pack_words(pack: &Value) -> String {
    let items = each(&pack["items"]).map(|item| {
        format!("{}={}", text(&item["line"]).unwrap_or_default(), text(&item["quantity"]).unwrap_or_default())
    });
    format!("{}: {}", pack["sscc"].as_str().unwrap_or("without SSCC"), items.collect::<Vec<_>>().join(" "))
}

fn items_of(wanted: &str, document: &Value) -> Result<(), String> {
    for wanted in lines::items(wanted)? {
        let fits = |item: &Value| {
            let equal = |name: &str, wanted: Option<Decimal>| wanted.is_none_or(|it| decimal(&item[name]) == Some(it));
            let adjusted = wanted.adjustments.iter().all(|(amount, reason)| {
                each(&item["adjustments"])
                    .any(|it| decimal(&it["amount"]) == Some(*amount) && it["reason"] == reason.as_str())
            });
            item["reference"] == wanted.reference.as_str()
                && equal("paid", wanted.paid)
                && equal("gross", wanted.gross)
                && adjusted
        };
        if !each(&document["items"]).any(fits) {
            let told: Vec<String> = each(&document["items"])
                .map(|item| {
                    let part = |name: &str| text(&item[name]).unwrap_or_default();
                    let adjusted = each(&item["adjustments"])
                        .map(|it| format!(" adjust={}:{}", text(&it["amount"]).unwrap_or_default(), it["reason"]));
                    format!("{} paid {}{}", part("reference"), part("paid"), adjusted.collect::<String>())
                })
                .collect();
            return Err(format!("items {}", told.join("; ")));
        }
    }
    Ok(())
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn references<'v>(document: &'v Value, kind: &'static str) -> impl Iterator<Item = &'v Value> {
    each(&document["references"]).filter(move |it| it["kind"] == kind).map(|it| &it["value"])
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str()?.parse().ok()
}
