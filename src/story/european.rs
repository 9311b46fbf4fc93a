//! What an invoice by EN 16931 says beyond a story's sentence: sums in every direction, tax by category, who and where.
//! X12 and EDIFACT do without; UBL and CII are refused by their rules where it is missing.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::write::two;

/// Category S where there is tax, Z where there is none.
struct Vat {
    category: &'static str,
    rate: Decimal,
}

/// Fills in what the sentence leaves open; what it says stays as it says it.
pub(super) fn complete(fields: &mut Map<String, Value>, seller: &str, buyer: &str) {
    fields.entry("currency").or_insert_with(|| "USD".into());
    fields.insert("specification".into(), "urn:cen.eu:en16931:2017".into());
    let net = |row: &Value| two((decimal(&row["quantity"]) * decimal(&row["price"])).round_dp(2));
    let line_total: Decimal = rows(fields, "lines").iter().map(|row| decimal(&net(row).into())).sum();
    let charged: Decimal = rows(fields, "adjustments").iter().map(|row| decimal(&row["amount"])).sum();
    let tax = rows(fields, "taxes").first().map(|row| decimal(&row["amount"])).unwrap_or_default();
    let said = rows(fields, "taxes").first().and_then(|row| row["rate"].as_str()?.parse().ok());
    let vat = vat(tax, line_total, said);
    let category = json!({"type": "vat", "category": vat.category, "rate": vat.rate.to_string()});
    for row in rows(fields, "lines") {
        row["amount"] = net(row).into();
        row["tax"] = category.clone();
        row["name"] = row["ids"][0]["id"].as_str().unwrap_or("goods").into();
        if let Some(ids) = row["ids"].as_array_mut() {
            ids.iter_mut().for_each(|id| id["qualifier"] = "seller".into());
        }
    }
    // What is charged beside the lines is not taxed: stories say the tax of the lines.
    let untaxed = json!({"type": "vat", "category": "Z", "rate": "0"});
    for row in rows(fields, "adjustments") {
        row["tax"] = untaxed.clone();
    }
    let mut taxes = vec![taxed(&category, line_total, tax)];
    match vat.category {
        _ if charged.is_zero() => {}
        "Z" => taxes[0]["taxable"] = two(line_total + charged).into(),
        _ => taxes.push(taxed(&untaxed, charged, Decimal::ZERO)),
    }
    fields.insert("taxes".into(), taxes.into());
    let total = fields.get("total").map(decimal).unwrap_or_default();
    let sums = [
        ("line_total", line_total),
        ("net_total", line_total + charged),
        ("tax_total", tax),
        ("total", total),
        ("amount_due", total),
    ];
    for (name, sum) in sums {
        fields.insert(name.into(), two(sum).into());
    }
    if !charged.is_zero() {
        fields.insert("charge_total".into(), two(charged).into());
    }
    if rows(fields, "terms").is_empty() {
        fields.insert("terms".into(), json!([{"note": "as agreed"}]));
    }
    for reference in rows(fields, "references") {
        if reference["kind"] == "shipment" {
            reference["kind"] = "despatch_advice".into();
        }
    }
    fields.insert("parties".into(), json!([party("seller", seller), party("buyer", buyer)]));
}

/// The rate that is said, or the one that makes the tax of the lines.
fn vat(tax: Decimal, lines: Decimal, said: Option<Decimal>) -> Vat {
    if tax.is_zero() {
        return Vat { category: "Z", rate: Decimal::ZERO };
    }
    let made = (tax * Decimal::ONE_HUNDRED).checked_div(lines).unwrap_or_default();
    let rate = said.unwrap_or_else(|| made.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero));
    Vat { category: "S", rate: rate.normalize() }
}

fn taxed(category: &Value, taxable: Decimal, amount: Decimal) -> Value {
    let mut row = category.clone();
    (row["taxable"], row["amount"]) = (two(taxable).into(), two(amount).into());
    row
}

fn party(role: &str, name: &str) -> Value {
    json!({"role": role, "legal_name": name, "vat_number": format!("XI{name}"), "address": {"country": "US"},
        "ids": [{"id": name}]})
}

fn rows<'f>(fields: &'f mut Map<String, Value>, name: &str) -> &'f mut [Value] {
    fields.get_mut(name).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}
