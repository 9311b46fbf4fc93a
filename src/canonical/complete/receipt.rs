//! A receipt's orders, and what of its lines is in question.

use rust_decimal::Decimal;

use super::{at, items, put, put_new, record, record_at, records_mut};
use crate::canonical::{Record, Value};

/// What a condition says of goods that are as they should be.
const GOOD: &str = "good";

/// The one order of a receipt stands in both places; conditions are in the line's unit and add up to what is in question.
pub(super) fn complete(fields: &mut Record<'_>) {
    match (at(fields, "order_number").cloned(), items(fields, "orders")) {
        (Some(number), []) => put(fields, "orders", Value::List(vec![Value::Record(record([("number", number)]))])),
        (None, [Value::Record(only)]) => put_new(fields, "order_number", at(only, "number").cloned()),
        _ => {}
    }
    if items(fields, "dates").is_empty() {
        put_new(fields, "received", at(fields, "date").cloned());
    }
    for line in records_mut(fields, "lines") {
        put_new(line, "received", received(line).map(Value::Decimal));
        join_lots(line);
        let unit = at(line, "unit").cloned();
        if at(line, "returned").is_some() {
            put_new(line, "returned_unit", unit.clone());
        }
        records_mut(line, "conditions").for_each(|condition| {
            if at(condition, "quantity").is_some() {
                put_new(condition, "unit", unit.clone());
            }
        });
        put_new(line, "in_question", in_question(line).map(Value::Decimal));
    }
}

/// A lot whose date came before its number is one lot.
fn join_lots(line: &mut Record<'_>) {
    let apart = match items(line, "lots") {
        [Value::Record(dated), Value::Record(named), ..] => {
            at(dated, "number").is_none() && at(named, "expires").is_none() && at(dated, "expires").is_some()
        }
        _ => false,
    };
    if apart && let Some(Value::List(mut lots)) = super::take(line, "lots") {
        let dated = lots.remove(0);
        if let (Some(Value::Record(named)), Value::Record(dated)) = (lots.first_mut(), dated) {
            put_new(named, "expires", at(&dated, "expires").cloned());
        }
        put(line, "lots", Value::List(lots));
    }
}

/// Whether a field only repeats what the receipt says elsewhere.
pub(super) fn is_derived(fields: &Record<'_>, path: &str, bare: &str) -> bool {
    let Some(around) = record_at(fields, path) else {
        return match bare {
            "order_number" => one_order(fields) == at(fields, "order_number"),
            "received" => at(fields, "received") == at(fields, "date"),
            _ => false,
        };
    };
    match bare {
        "orders.number" => one_order(fields) == at(fields, "order_number"),
        "lines.in_question" => at(around, "in_question").and_then(Value::as_decimal) == in_question(around),
        "lines.returned_unit" => around.text("returned_unit") == around.text("unit"),
        "lines.conditions.unit" => {
            let line = path.rsplit_once('.').and_then(|(condition, _)| record_at(fields, condition));
            line.is_some_and(|line| around.text("unit") == line.text("unit"))
        }
        _ => false,
    }
}

/// The number of the only order.
fn one_order<'r, 'a>(fields: &'r Record<'a>) -> Option<&'r Value<'a>> {
    match items(fields, "orders") {
        [Value::Record(only)] => at(only, "number"),
        _ => None,
    }
}

/// What came, where the receipt only says what was accepted and what goes back.
fn received(line: &Record<'_>) -> Option<Decimal> {
    let quantity = |field: &str| at(line, field).and_then(Value::as_decimal);
    quantity("accepted")?.checked_add(quantity("returned").unwrap_or_default())
}

fn in_question(line: &Record<'_>) -> Option<Decimal> {
    let conditions = items(line, "conditions").iter().filter_map(Value::as_record);
    let bad = conditions.filter(|condition| condition.text("code") != Some(GOOD));
    let quantities = bad.filter_map(|condition| at(condition, "quantity").and_then(Value::as_decimal));
    quantities.map(|quantity| quantity.abs()).reduce(|sum, more| sum.checked_add(more).unwrap_or(sum))
}

#[cfg(test)]
mod tests {
    use crate::canonical::Canonical;

    #[test]
    fn what_follows_from_a_receipt() {
        check(
            r#""lines":[{"lots":[{"expires":"2027-01-02"},{"number":"L"}]}]"#,
            r#""lines":[{"lots":[{"number":"L","expires":"2027-01-02"}]}]"#,
        );
        check(r#""date":"2026-01-02""#, r#""date":"2026-01-02","received":"2026-01-02""#);
        check(
            r#""lines":[{"accepted":"8","returned":"2","unit":"EA"}]"#,
            r#""lines":[{"unit":"EA","received":"10","accepted":"8","returned":"2","returned_unit":"EA"}]"#,
        );
        check(r#""order_number":"1""#, r#""order_number":"1","orders":[{"number":"1"}]"#);
        check(r#""orders":[{"number":"1"},{"number":"2"}]"#, r#""orders":[{"number":"1"},{"number":"2"}]"#);
        check(
            r#""lines":[{"received":"9","unit":"EA","conditions":[{"code":"damaged","quantity":"2"},{"code":"good","quantity":"7"}]}]"#,
            r#""lines":[{"unit":"EA","received":"9","in_question":"2","conditions":[{"code":"damaged","quantity":"2","unit":"EA"},{"code":"good","quantity":"7","unit":"EA"}]}]"#,
        );
    }

    fn check(said: &str, complete: &str) {
        let read = |members: &str| {
            Canonical::from_json(format!(r#"{{"kind":"receipt_advice",{members}}}"#).as_bytes()).unwrap()
        };
        let mut document = read(said);
        document.complete();
        assert_eq!(document.to_json(), read(complete).to_json());
        let once = document.clone();
        document.complete();
        assert_eq!(document, once);
    }
}
