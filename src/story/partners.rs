//! The files of partners that a story's first sentences tell: what an administrator would write for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::forms::Say;
use super::kinds::{KINDS, named};
use super::model::Sentence;
use crate::mapping;
use crate::mistake::nearest;
use crate::process::matching::CostKind;
use crate::process::{Calendar, Policy};
use crate::store::Files;
use crate::wire::{Event, Identity, Limits, Reader, Syntax};

/// Which end of the trade we are, as `given we are` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct We {
    pub sells: bool,
    pub name: String,
}

/// The standard and release of a partner's documents where it does not say.
pub const ADDRESS: &str = "x12/004010";

/// Who is told of in a story: ourselves and the partners, as files of a catalogue.
pub fn files<'s>(
    sentences: impl Iterator<Item = &'s Sentence>,
    maps: &mapping::Library,
    zone: &str,
) -> Result<(We, Files), String> {
    let sentences: Vec<&Sentence> = sentences.collect();
    let house: Vec<&Sentence> = sentences.iter().copied().filter(|sentence| sentence.say == Say::Policy).collect();
    let mut we = We { sells: true, name: "HOUSE".into() };
    let mut files = Files::new();
    let mut bank = None;
    for sentence in sentences {
        match sentence.say {
            Say::We => {
                let name = sentence.slot("NAME").unwrap_or("HOUSE").to_owned();
                we = We { sells: sentence.choice() != Some("buy"), name };
            }
            Say::Partner => {
                let Some(id) = sentence.slot("NAME") else { continue };
                let text = partner(id, sentence, maps) + &terms(sentence, &house, zone, we.sells)?;
                if is_bank(sentence) {
                    bank = Some(id.to_owned());
                }
                files.insert(format!("partners/{id}.toml"), text);
            }
            Say::Batch => {
                let (partner, kind) = (sentence.slot("PARTNER"), sentence.slot("KIND"));
                let name = format!("partners/{}.toml", partner.unwrap_or_default());
                let text = files
                    .get_mut(&name)
                    .ok_or_else(|| format!("line {}: a partner is told of before its batches are", sentence.line))?;
                *text += &batch(kind.unwrap_or_default(), sentence)?;
            }
            _ => {}
        }
    }
    files.insert("partners/us.toml".into(), us(&we.name, bank.as_deref()));
    Ok((we, files))
}

/// `[outbound.810.batch]`: what is not said is as usual.
fn batch(kind: &str, sentence: &Sentence) -> Result<String, String> {
    let mut text = format!("[outbound.{kind}.batch]\n");
    for (word, key, times) in [("documents", "documents_max", 1), ("minutes", "wait_seconds", 60)] {
        if let Some(value) = sentence.pair(word) {
            let number: u32 =
                value.parse().map_err(|_| format!("line {}: `{word}=` is a whole number", sentence.line))?;
            let _ = writeln!(text, "{key} = {}", number.saturating_mul(times));
        }
    }
    Ok(text)
}

/// `[trade]`: the calendar, the answers that are exchanged, the house's policies, and what the sentence says by path.
fn terms(sentence: &Sentence, house: &[&Sentence], zone: &str, sells: bool) -> Result<String, String> {
    let mut policy = Policy::default();
    policy.shipping.sscc_prefix = Some("00614141".to_owned());
    // Who tells a seller what lies where keeps goods of the seller's.
    policy.keeps_stock = sells;
    if let Some(name) = sentence.slot("CALENDAR") {
        policy.calendar = Calendar::named(name, zone)
            .ok_or_else(|| format!("line {}: there is no calendar `{name}`: us, weekdays, always", sentence.line))?;
    } else {
        policy.calendar = Calendar { zone: zone.to_owned(), ..Calendar::always() };
    }
    let answers: Vec<&str> = sentence.slots("KIND").collect();
    if !answers.is_empty() {
        policy.answer.wanted = answers.iter().any(|kind| matches!(*kind, "855" | "865" | "ORDRSP"));
    }
    let mut terms = serde_json::to_value(&policy).map_err(|error| error.to_string())?;
    for policy in house {
        let table = policy.slot("NAME").unwrap_or_default();
        let wrong = |why: String| format!("line {}: {why}", policy.line);
        if table == "landed" {
            terms["buying"]["landed"] = landed(policy).map_err(wrong)?;
            continue;
        }
        if table == "figures" {
            for (key, value) in policy.pairs() {
                match key.split_once('.') {
                    Some((side @ ("least" | "most"), figure)) => terms["figures"][side][figure] = json!(value),
                    _ => set(&mut terms, &format!("figures.{key}"), value).map_err(wrong)?,
                }
            }
            continue;
        }
        // A limit that a policy speaks of is what the policy says of it, and nothing else.
        for limit in
            policy.pairs().filter_map(|(key, _)| limits_of(key).filter(|_| table == "match")).flat_map(|it| it.0)
        {
            *place(&mut terms, limit).map_err(wrong)? = json!({"percent": null, "absolute": null, "unlimited": false});
        }
        for (key, value) in policy.pairs() {
            let class = key.strip_prefix("level.").filter(|_| table == "match");
            if let (Some(class), Some(classes)) = (class, terms["matching"]["classes"].as_object_mut()) {
                classes.insert(class.to_owned(), json!(""));
            }
            let value = match (class.map_or(key, |_| "level"), value) {
                ("wait_days", days) => format!("{days}d"),
                ("grni_days", days) => format!("{}h", 24 * days.parse::<u32>().unwrap_or_default()),
                ("level", "2" | "2-way" | "two-way") => "two_way".to_owned(),
                ("level", "3" | "3-way" | "three-way") => "three_way".to_owned(),
                ("level", "4" | "4-way" | "four-way") => "four_way".to_owned(),
                _ => value.to_owned(),
            };
            for path in paths(table, key) {
                set(&mut terms, &path, &value).map_err(wrong)?;
            }
        }
    }
    for (key, value) in sentence.pairs().filter(|(key, _)| !OWN_KEYS.contains(key)) {
        let key = if key == "carries" { "matching.carries" } else { key };
        set(&mut terms, key, value).map_err(|why| format!("line {}: {why}", sentence.line))?;
    }
    let policy: Policy = serde_json::from_value(terms).map_err(|error| format!("line {}: {error}", sentence.line))?;
    let table = BTreeMap::from([("trade", policy)]);
    toml::to_string(&table).map_err(|error| error.to_string())
}

/// `given policy landed freight_pct=4 duty_abs=25 carrier=fast`: what is expected to be billed for bringing goods.
fn landed(policy: &Sentence) -> Result<Value, String> {
    let mut rules = Vec::new();
    for kind in CostKind::ALL.map(CostKind::as_str) {
        let part = |part: &str| policy.pair(&format!("{kind}_{part}"));
        if let (None, None) = (part("pct"), part("abs")) {
            continue;
        }
        let carrier = policy.pair(&format!("{kind}_carrier")).or(policy.pair("carrier"));
        let (percent, amount) = (part("pct").unwrap_or("0"), part("abs").unwrap_or("0"));
        rules.push(json!({"kind": kind, "percent": percent, "amount": amount, "carrier": carrier}));
    }
    let known = ["freight_pct", "freight_abs", "duty_pct", "duty_abs", "carrier", "freight_carrier", "duty_carrier"];
    if let Some((key, _)) = policy.pairs().find(|(key, _)| !known.contains(key)) {
        return Err(format!("`landed` knows no `{key}`: {}", known.join(", ")));
    }
    Ok(rules.into())
}

/// Where a word of `given policy` stands among the terms of a trade.
fn paths(table: &str, key: &str) -> Vec<String> {
    if let ("match", Some((limits, part))) = (table, limits_of(key)) {
        return limits.iter().map(|limit| format!("{limit}.{part}")).collect();
    }
    match (table, key) {
        ("match", key) if key.starts_with("level.") => vec![format!("matching.classes.{}", &key[6..])],
        ("match", "tax_rate") => vec!["matching.tax_percent".into()],
        ("match", "unit_suspicion_pct") => vec!["matching.unit_suspicion_percent".into()],
        ("match", "wait_days") => vec!["waits.invoices".into()],
        ("match", "grni_days") => vec!["buying.invoice_within".into()],
        ("match", "approval_above") => vec!["buying.approval_above".into()],
        ("match", key) => vec![format!("matching.{key}")],
        ("cash", "daily_cap" | "small_difference_cap") => vec!["cash.small_difference_daily".into()],
        ("cash", "amount_only") => vec!["cash.amount_alone".into()],
        ("cash", key) => vec![format!("cash.{}", key.replace("_pct", "_percent"))],
        _ => vec![format!("{table}.{key}")],
    }
}

/// The limits that a word like `price_pct` or `freight_abs` speaks of, and which part of them.
fn limits_of(key: &str) -> Option<(&'static [&'static str], &'static str)> {
    const LIMITS: [(&str, &[&str]); 9] = [
        ("price", &["matching.price.over"]),
        ("price_under", &["matching.price.under"]),
        ("qty", &["matching.quantity"]),
        ("amount", &["matching.amount"]),
        ("document", &["matching.document"]),
        ("tax", &["matching.tax.over", "matching.tax.under"]),
        ("freight", &["matching.freight.over"]),
        ("charges", &["matching.charges"]),
        ("over_receipt", &["matching.over_receipt", "buying.over_receipt"]),
    ];
    let (stem, part) = match (key.strip_suffix("_pct"), key.strip_suffix("_abs")) {
        (Some(stem), _) => (stem, "percent"),
        (None, Some(stem)) => (stem, "absolute"),
        (None, None) => return None,
    };
    LIMITS.iter().find(|(word, _)| *word == stem).map(|(_, limits)| (*limits, part))
}

/// Sets a value by its path. Times are written `24h`, `30m`, `2d` (working days) or `8wh` (working hours).
fn set(terms: &mut Value, path: &str, value: &str) -> Result<(), String> {
    let place = place(terms, path)?;
    let digits = value.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = match &value[digits.len()..] {
        "m" => Some("minutes"),
        "h" => Some("hours"),
        "wh" => Some("working_hours"),
        "d" => Some("working_days"),
        _ => None,
    };
    *place = match (value, unit, digits.parse::<u32>()) {
        ("true" | "yes", ..) => Value::Bool(true),
        ("false" | "no", ..) => Value::Bool(false),
        (_, Some(unit), Ok(count)) => json!({ unit: count }),
        (_, None, Ok(count)) if place.is_number() => json!(count),
        _ => Value::String(value.to_owned()),
    };
    Ok(())
}

/// The value at a path; where there is none, what there is in its place.
fn place<'t>(terms: &'t mut Value, path: &str) -> Result<&'t mut Value, String> {
    let mut place = terms;
    for part in path.split('.') {
        let known: Vec<String> = place.as_object().into_iter().flat_map(|terms| terms.keys().cloned()).collect();
        let Some(found) = place.get_mut(part) else {
            let near = nearest(part, known.iter().map(String::as_str));
            let hint = near.map_or_else(|| known.join(", "), |near| format!("did you mean `{near}`?"));
            return Err(format!("there is no term `{path}`; {hint}"));
        };
        place = found;
    }
    Ok(place)
}

/// Bytes that a partner sends as they are name their sender as they like: the partner's file learns of that identity.
pub fn knows_sender(files: &mut Files, partner: &str, bytes: &[u8]) {
    let mut reader = Reader::new(bytes, Limits::default());
    let Ok(Some(Event::InterchangeOpened(interchange))) = reader.next_event() else { return };
    let (Some(sender), Some(receiver)) = (&interchange.sender, &interchange.receiver) else { return };
    let table = if interchange.syntax == Syntax::X12 { "[x12]\n" } else { "[edifact]\n" };
    let written = |identity: &Identity| match interchange.syntax {
        Syntax::X12 => format!("\"{}:{}\"", identity.qualifier, identity.id),
        Syntax::Edifact => format!("\"{}:{}\"", identity.id, identity.qualifier),
    };
    let add = |text: &mut String, key: &str, identity: String| {
        if text.contains(&identity) {
            return;
        }
        let Some(start) = text.find(table).map(|at| at + table.len()) else { return };
        let line = text[start..].find(&format!("{key} = ")).map(|at| start + at);
        match line.and_then(|at| text[at..].find('\n').map(|end| (at, at + end))) {
            Some((at, end)) => {
                let known = text[at + key.len() + 3..end].trim_matches(['[', ']']).to_owned();
                text.replace_range(at..end, &format!("{key} = [{known}, {identity}]"));
            }
            None => text.insert_str(start, &format!("{key} = [{identity}]\n")),
        }
    };
    if let Some(text) = files.get_mut(&format!("partners/{partner}.toml")) {
        add(text, "id", written(sender));
    }
    if let Some(text) = files.get_mut("partners/us.toml") {
        add(text, "id", written(receiver));
    }
}

/// A partner's name on the wire: X12 has room for fifteen characters.
pub fn wire_name(id: &str) -> String {
    id.chars().take(15).collect::<String>().to_uppercase()
}

/// Keys of a partner's file that are no terms of its trades.
const OWN_KEYS: [&str; 5] = ["bank", "account", "advice", "parent", "pays_as"];

/// `bank=yes`: our bank, which gets our payment files.
fn is_bank(sentence: &Sentence) -> bool {
    sentence.pair("bank").is_some_and(|said| matches!(said, "yes" | "true"))
}

fn us(name: &str, bank: Option<&str>) -> String {
    let id = wire_name(name);
    let bank = bank.map(|bank| format!("bank = \"{bank}\"\n")).unwrap_or_default();
    format!(
        "name = \"{name}\"\n[x12]\nid = \"ZZ:{id}\"\n[edifact]\nid = \"{id}:ZZ\"\n[account]\nnumber = \"0001\"\n{bank}"
    )
}

fn partner(id: &str, sentence: &Sentence, maps: &mapping::Library) -> String {
    let name = wire_name(id);
    let address = sentence.slot("ADDRESS").unwrap_or(ADDRESS);
    let bank = if is_bank(sentence) { "bank = true\n" } else { "" };
    let parent = sentence.pair("parent").map(|parent| format!("parent = \"{parent}\"\n")).unwrap_or_default();
    let names = sentence.pair("pays_as").map(|names| names.split(';').map(str::trim).collect::<Vec<_>>());
    let pays_as = names.map(|names| format!("pays_as = {names:?}\n")).unwrap_or_default();
    let mut text = format!("name = \"{id}\"\n{bank}{parent}{pays_as}[x12]\nid = \"ZZ:{name}\"\n");
    if let Some(version) = address.strip_prefix("x12/").and_then(|release| release.get(..5)) {
        let _ = writeln!(text, "version = \"{version}\"");
    }
    let _ = writeln!(text, "[edifact]\nid = \"{name}:ZZ\"");
    let answers: Vec<&str> = sentence.slots("KIND").collect();
    let _ = writeln!(text, "[acknowledge]");
    if !answers.is_empty() {
        let functional = if answers.contains(&"999") {
            "999"
        } else if answers.contains(&"997") {
            "997"
        } else {
            "none"
        };
        let contrl = if answers.contains(&"CONTRL") { "result" } else { "none" };
        let ta1 = if answers.contains(&"TA1") { "always" } else { "on_request" };
        let expected = answers.iter().any(|kind| named(kind).is_some_and(|kind| kind.kind.is_none()));
        let hours = if expected { 24 } else { 0 };
        let _ = writeln!(
            text,
            "functional = \"{functional}\"\ncontrl = \"{contrl}\"\nta1 = \"{ta1}\"\nanswer_hours_max = {hours}"
        );
    }
    let (standard, release) = address.split_once('/').unwrap_or((address, ""));
    for kind in KINDS.iter().filter(|kind| kind.kind.is_some() && maps.contains(&format!("{address}/{}", kind.name))) {
        let _ = writeln!(text, "[outbound.{}]", kind.name);
        if standard != "ubl" && standard != "cii" {
            let _ = writeln!(text, "release = \"{release}\"");
        }
    }
    // Standards of invoices know no orders: those who have only such get theirs as everybody else does.
    for kind in ["850", "860"].into_iter().filter(|_| standard == "ubl" || standard == "cii") {
        let _ = writeln!(text, "[outbound.{kind}]\nrelease = \"004010\"");
    }
    // Everybody has an account; `account=none` is for who has not told it.
    if let Some(number) = Some(sentence.pair("account").unwrap_or(&name)).filter(|number| *number != "none") {
        let _ = writeln!(text, "[account]\nnumber = \"{number}\"");
    }
    // `advice="invoice=Beleg paid=Zahlung separator=;"`: it says in tables what it pays.
    if let Some(columns) = sentence.pair("advice") {
        let _ = writeln!(text, "[advice_csv]");
        for (key, value) in columns.split_whitespace().filter_map(|pair| pair.split_once('=')) {
            let _ = match value {
                "true" | "false" => writeln!(text, "{key} = {value}"),
                _ => writeln!(text, "{key} = \"{value}\""),
            };
        }
    }
    text
}
