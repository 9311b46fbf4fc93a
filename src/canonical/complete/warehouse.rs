//! Warehouse documents: numbers of lines, the packs they lie in, and where it all goes.

use rust_decimal::Decimal;

use super::{at, items, put, put_new, record, record_at, records_mut, take, text};
use crate::canonical::{Name, Record, Value};

/// A warehouse document goes by the depositor's number; its `ship_to` stands apart from the other parties; every line lies in
/// a pack and has a number: that of the order's line, else of its pack, else its position.
pub(super) fn complete(fields: &mut Record<'_>) {
    put_new(fields, "number", at(fields, "depositor_number").cloned());
    move_ship_to(fields);
    divide(fields);
    pack(fields);
    number(fields);
    fill(fields);
    for line in records_mut(fields, "lines") {
        let difference = quantity_of(line, "ordered")
            .zip(quantity_of(line, "shipped"))
            .and_then(|(all, some)| all.checked_sub(some));
        let difference = difference.filter(|difference| *difference != Decimal::ZERO);
        put_new(line, "difference", difference.map(Value::Decimal));
        if let Some(all) = quantity_of(line, "shipped") {
            let whole = quantity_of(line, "ordered").is_none_or(|ordered| ordered == all);
            put_new(line, "status", Some(text(if whole { "complete_shipment" } else { "partial" })));
        }
    }
    let is_shipped = |line: &Value<'_>| line.as_record().is_some_and(|line| at(line, "shipped").is_some());
    let total = if items(fields, "lines").iter().any(is_shipped) { "shipped" } else { "ordered" };
    let quantities = items(fields, "lines").iter().filter_map(|line| quantity_of(line.as_record()?, total));
    let total = quantities.reduce(|sum, quantity| sum.checked_add(quantity).unwrap_or(sum));
    put_new(fields, "quantity_total", total.map(Value::Decimal));
    put_new(fields, "date", at(fields, "shipped").cloned());
}

/// Whether a field only repeats what the document says elsewhere.
pub(super) fn is_derived(fields: &Record<'_>, path: &str, bare: &str) -> bool {
    match bare {
        "date" => at(fields, "date") == at(fields, "shipped"),
        "number" => fields.text("number") == fields.text("depositor_number"),
        "lines.number" | "lines.pack" | "ship_to.role" => true,
        _ if bare.starts_with("packs.items.") => {
            let pack = path.rsplit_once('.').and_then(|(item, _)| record_at(fields, item));
            pack.is_some_and(|pack| items(pack, "items") == contents(fields, pack))
        }
        _ => false,
    }
}

fn quantity_of(line: &Record<'_>, field: &str) -> Option<Decimal> {
    at(line, field).and_then(Value::as_decimal)
}

fn move_ship_to(fields: &mut Record<'_>) {
    let Some(ship_to) = Name::of("ship_to").filter(|name| fields.get(*name).is_none()) else { return };
    let Some(Value::List(mut parties)) = take(fields, "parties") else { return };
    let found =
        parties.iter().position(|party| party.as_record().and_then(|party| party.text("role")) == Some("ship_to"));
    if let Some(Value::Record(mut party)) = found.map(|found| parties.remove(found)) {
        take(&mut party, "role");
        fields.insert(ship_to, Value::Record(party));
    }
    if !parties.is_empty() {
        put(fields, "parties", Value::List(parties));
    }
}

/// A line that several packs hold becomes one line for each: the wire has it so.
fn divide(fields: &mut Record<'_>) {
    let Some(Value::List(lines)) = take(fields, "lines") else { return };
    let mut divided = Vec::with_capacity(lines.len());
    for line in lines {
        let Value::Record(line) = line else { continue };
        let number = line.text("number").map(str::to_owned);
        let holders: Vec<(Value<'_>, Record<'_>)> = match (&number, at(&line, "pack")) {
            (Some(number), None) => holders(fields, number),
            _ => Vec::new(),
        };
        let several = holders.len() > 1;
        for (pack, item) in &holders {
            let mut part = line.clone();
            put(&mut part, "pack", pack.clone());
            if several {
                let moved = if at(&part, "shipped").is_some() { "shipped" } else { "ordered" };
                if let Some(quantity) = at(item, "quantity") {
                    put(&mut part, moved, quantity.clone());
                }
            }
            divided.push(Value::Record(part));
        }
        if holders.is_empty() {
            divided.push(Value::Record(line));
        }
    }
    put(fields, "lines", Value::List(divided));
}

/// The packs that say they hold a line, and what they say of it.
fn holders<'a>(fields: &Record<'a>, number: &str) -> Vec<(Value<'a>, Record<'a>)> {
    let packs = items(fields, "packs").iter().filter_map(Value::as_record);
    let holding = packs.filter_map(|pack| {
        let mut inside = items(pack, "items").iter().filter_map(Value::as_record);
        Some((at(pack, "id")?.clone(), inside.find(|item| item.text("line") == Some(number))?.clone()))
    });
    holding.collect()
}

/// Packs for lines that lie in none, and in each what it holds.
fn pack(fields: &mut Record<'_>) {
    let Some(Value::List(mut packs)) = take(fields, "packs").or(Some(Value::List(Vec::new()))) else { return };
    let mut known: Vec<String> = Vec::new();
    for (position, pack) in (1..).zip(packs.iter_mut().filter_map(Value::as_record_mut)) {
        put_new(pack, "id", Some(text(&position.to_string())));
        known.extend(pack.text("id").map(str::to_owned));
    }
    for line in records_mut(fields, "lines") {
        if at(line, "pack").is_none() {
            let id = line.text("number").filter(|number| is_running(number) && !known.iter().any(|id| id == number));
            let id = id.map_or_else(|| free(&known), str::to_owned);
            put(line, "pack", text(&id));
        }
        let Some(id) = line.text("pack").filter(|id| !known.iter().any(|other| other == id)).map(str::to_owned) else {
            continue;
        };
        packs.push(Value::Record(record([("id", text(&id))])));
        known.push(id);
    }
    if !packs.is_empty() {
        put(fields, "packs", Value::List(packs));
    }
}

/// Says in every pack what lies in it.
fn fill(fields: &mut Record<'_>) {
    let packs = items(fields, "packs").iter().map(|pack| pack.as_record().map(|pack| contents(fields, pack)));
    let contents: Vec<_> = packs.collect();
    for (pack, contents) in records_mut(fields, "packs").zip(contents.into_iter().flatten()) {
        if !contents.is_empty() {
            put_new(pack, "items", Some(Value::List(contents)));
        }
    }
}

fn contents<'a>(fields: &Record<'a>, pack: &Record<'a>) -> Vec<Value<'a>> {
    let lines = items(fields, "lines").iter().filter_map(Value::as_record);
    let inside = lines.filter(|line| at(line, "pack").is_some_and(|id| Some(id) == at(pack, "id")));
    let placed = inside.map(|line| {
        let mut item = Record::default();
        put_new(&mut item, "order_number", at(line, "order_number").cloned());
        put_new(&mut item, "line", at(line, "number").cloned());
        put_new(&mut item, "quantity", at(line, "shipped").or_else(|| at(line, "ordered")).cloned());
        put_new(&mut item, "unit", at(line, "unit").cloned());
        Value::Record(item)
    });
    placed.collect()
}

/// What an LX can say: up to six digits.
fn is_running(number: &str) -> bool {
    (1..=6).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn free(known: &[String]) -> String {
    let mut next = known.len() + 1;
    while known.contains(&next.to_string()) {
        next += 1;
    }
    next.to_string()
}

fn number(fields: &mut Record<'_>) {
    let mut inside: Vec<(String, usize)> = Vec::new();
    for line in items(fields, "lines").iter().filter_map(Value::as_record) {
        let id = line.text("pack").unwrap_or_default();
        match inside.iter_mut().find(|(other, _)| other == id) {
            Some((_, count)) => *count += 1,
            None => inside.push((id.to_owned(), 1)),
        }
    }
    let single = inside.iter().all(|(_, count)| *count == 1);
    for (position, line) in (1..).zip(records_mut(fields, "lines")) {
        let assigned = at(line, "pack").filter(|_| single).cloned();
        let assigned = assigned.unwrap_or_else(|| text(&position.to_string()));
        // A number that the pack does not carry goes with the line.
        let own = at(line, "number").filter(|own| **own != assigned).cloned();
        put_new(line, "order_line", own);
        let number = at(line, "order_line").cloned().unwrap_or(assigned);
        put_new(line, "number", Some(number));
    }
}

#[cfg(test)]
mod tests {
    use crate::canonical::Canonical;

    #[test]
    fn lines_lie_in_packs_and_have_numbers() {
        check(
            r#""lines":[{"ordered":"5"},{"order_line":"20","ordered":"6","shipped":"4"}]"#,
            r#"[{"number":"1","pack":"1","ordered":"5"},{"number":"20","order_line":"20","pack":"2","ordered":"6","shipped":"4","difference":"2","status":"partial"}]"#,
        );
        check(
            r#""packs":[{"id":"7"}],"lines":[{"pack":"7","ordered":"5"},{"pack":"7","ordered":"6"}]"#,
            r#"[{"number":"1","pack":"7","ordered":"5"},{"number":"2","pack":"7","ordered":"6"}]"#,
        );
        check(r#""lines":[{"number":"A-1","pack":"1"}]"#, r#"[{"number":"A-1","order_line":"A-1","pack":"1"}]"#);
        check(
            r#""packs":[{"id":"1","items":[{"line":"10","quantity":"2"}]},{"id":"2","items":[{"line":"10","quantity":"3"}]}],"lines":[{"number":"10","shipped":"5"}]"#,
            r#"[{"number":"10","order_line":"10","pack":"1","shipped":"2","status":"complete_shipment"},{"number":"10","order_line":"10","pack":"2","shipped":"3","status":"complete_shipment"}]"#,
        );
    }

    fn check(members: &str, lines: &str) {
        let json = format!(r#"{{"kind":"warehouse_confirmation","depositor_number":"D",{members}}}"#);
        let mut document = Canonical::from_json(json.as_bytes()).unwrap();
        document.complete();
        let once = document.clone();
        document.complete();
        assert_eq!(document, once);
        let tree: serde_json::Value = serde_json::from_str(&document.to_json()).unwrap();
        assert_eq!(tree["lines"], serde_json::from_str::<serde_json::Value>(lines).unwrap());
        assert_eq!(tree["number"], "D");
    }
}
