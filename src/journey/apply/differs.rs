//! Two documents of one number that say different things: which fields, what was said before and what now, in words.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::process::{Event, Exception, ExceptionKind, What};
use crate::store::{Error, Result, Session, TradeId};

/// So many differences are told; of more only how many.
const TOLD: usize = 6;

/// The case of a conflict with what differs; any other as it is.
///
/// # Errors
/// Those of the store.
pub async fn told(session: &mut Session, trade: TradeId, event: &Event, case: &Exception) -> Result<Exception> {
    if case.kind != ExceptionKind::Conflict {
        return Ok(case.clone());
    }
    for kept in session.trade_events(trade).await?.into_iter().rev() {
        let before: Event = serde_json::from_str(&kept.body).map_err(Error::damaged)?;
        if is_same_thing(&before, event) && before.content != event.content {
            return Ok(with(case, &before.what, &event.what));
        }
    }
    Ok(case.clone())
}

/// The same, where what was said before is at hand.
pub fn with(case: &Exception, before: &What, now: &What) -> Exception {
    let differences = differences(before, now);
    if differences.is_empty() {
        return case.clone();
    }
    let words = case.words.trim_end_matches('.');
    Exception { words: format!("{words}. {}.", listed(&differences)), ..case.clone() }
}

/// An event of the same key, a shipment of the same number, or the order that a copy or confirmation is of.
fn is_same_thing(before: &Event, now: &Event) -> bool {
    let numbers = |shipments: [&What; 2]| match shipments {
        [What::Shipped(one) | What::Advised(one), What::Shipped(other) | What::Advised(other)] => {
            one.number == other.number
        }
        [What::Ordered { .. } | What::Replaced { .. }, What::Confirmed { .. }] => true,
        _ => false,
    };
    before.key == now.key || numbers([&before.what, &now.what])
}

fn listed(differences: &[String]) -> String {
    let told = differences.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("; ");
    match differences.len().saturating_sub(TOLD) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}

/// `line 1 price: 10.00 before, 12.00 now`.
fn differences(before: &What, now: &What) -> Vec<String> {
    let said = |what: &What| match what {
        What::Ordered { order, .. } | What::Replaced { order, .. } | What::Confirmed { order } => {
            serde_json::to_value(order)
        }
        other => serde_json::to_value(other).map(|value| match value {
            Value::Object(of) if of.len() == 1 => of.into_iter().next().map_or(Value::Null, |(_, of)| of),
            other => other,
        }),
    };
    let (Ok(before), Ok(now)) = (said(before), said(now)) else { return Vec::new() };
    let mut found = Vec::new();
    compare("", &before, &now, &mut found);
    found
}

/// What says how a document came, or what we knew then, and not what it says.
const BESIDE: &[&str] =
    &["problems", "purpose", "kind", "test", "document", "earlier", "factors", "classes", "names", "landed"];

fn compare(path: &str, before: &Value, now: &Value, found: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            for key in keys.into_iter().filter(|key| !BESIDE.contains(&key.as_str())) {
                let of = |object: &Map<String, Value>| object.get(key).cloned().unwrap_or(Value::Null);
                compare(&joined(path, &key.replace('_', " ")), &of(before), &of(now), found);
            }
        }
        (Value::Array(before), Value::Array(now)) => lists(path, before, now, found),
        (Value::Array(before), Value::Null) => lists(path, before, &[], found),
        (Value::Null, Value::Array(now)) => lists(path, &[], now, found),
        (before, now) if is_equal(before, now) => {}
        (before, now) => found.push(format!("{path}: {} before, {} now", plain(before), plain(now))),
    }
}

/// Members are those of one number, wherever they stand; what has no number goes by its place.
fn lists(path: &str, before: &[Value], now: &[Value], found: &mut Vec<String>) {
    let name = |of: &Value, at: usize| {
        let named = ["number", "line", "qualifier", "role", "sscc"].iter().find_map(|key| of.get(key)?.as_str());
        named.map_or_else(|| (at + 1).to_string(), str::to_owned)
    };
    let one = path.strip_suffix('s').unwrap_or(path);
    let names = |list: &[Value]| list.iter().enumerate().map(|(at, of)| name(of, at)).collect::<Vec<_>>();
    let (known, fresh) = (names(before), names(now));
    let mut all = known.clone();
    all.extend(fresh.iter().filter(|name| !known.contains(name)).cloned());
    for name in all {
        let of = |names: &[String], list: &[Value]| {
            names.iter().position(|known| *known == name).and_then(|at| list.get(at)).cloned()
        };
        match (of(&known, before), of(&fresh, now)) {
            (Some(before), Some(now)) => compare(&joined(one, &name), &before, &now, found),
            (Some(_), None) => found.push(format!("{} is not there any more", joined(one, &name))),
            (None, Some(now)) => found.push(format!("{} is new{}", joined(one, &name), briefly(&now))),
            (None, None) => {}
        }
    }
}

/// What a new line is about: its quantity and price.
fn briefly(of: &Value) -> String {
    let said = |key: &str| of.get(key).filter(|value| !value.is_null()).map(plain);
    match (said("quantity"), said("price")) {
        (Some(quantity), Some(price)) => format!(" ({quantity} at {price})"),
        (Some(quantity), None) => format!(" ({quantity})"),
        _ => String::new(),
    }
}

fn joined(path: &str, more: &str) -> String {
    if path.is_empty() { more.to_owned() } else { format!("{path} {more}") }
}

fn is_equal(one: &Value, other: &Value) -> bool {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<Decimal>().ok());
    let is_nothing = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
    one == other
        || is_nothing(one) && is_nothing(other)
        || number(one).is_some_and(|number_one| number(other) == Some(number_one))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(of) => of.values().filter(|value| !value.is_null()).map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(before: Value, now: Value, expected: &[&str]) {
        let mut found = Vec::new();
        compare("", &before, &now, &mut found);
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_are_named_with_what_they_said() {
        check(
            json!({"lines": [{"number": "1", "quantity": "10", "price": "10.00"}, {"number": "2", "quantity": "5"}]}),
            json!({"lines": [{"number": "1", "quantity": "10.0", "price": "12.00"}, {"number": "3", "quantity": "6"}]}),
            &["line 1 price: 10.00 before, 12.00 now", "line 2 is not there any more", "line 3 is new (6)"],
        );
        check(
            json!({"date": "2026-03-02", "order_number": null, "purpose": "original"}),
            json!({"date": "2026-03-03", "order_number": "4501", "purpose": "copy"}),
            &["date: 2026-03-02 before, 2026-03-03 now", "order number: nothing before, 4501 now"],
        );
        check(
            json!({"lines": [{"line": "1", "received": "9"}]}),
            json!({"lines": [{"line": "1", "received": "9"}]}),
            &[],
        );
    }

    #[test]
    fn many_are_counted() {
        let many: Vec<String> = (1..=8).map(|at| format!("line {at} is new")).collect();
        assert!(listed(&many).ends_with("line 6 is new; and 2 more"));
    }
}
