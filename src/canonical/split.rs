//! Lines whose quantity goes to several places (SDQ, LOC+7 with QTY): the parts come to the whole.

use rust_decimal::Decimal;

use super::{Canonical, Name, Record, Value};

/// A line whose parts come to something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Astray {
    /// The line's place in the list, from 0.
    pub line: usize,
    pub quantity: Decimal,
    pub sum: Decimal,
}

/// Every line that says a quantity and parts of it that come to another one.
pub fn astray(document: &Canonical<'_>) -> Vec<Astray> {
    let lines = list(&document.fields, "lines");
    let one = |(line, item): (usize, &Value<'_>)| {
        let record = item.as_record()?;
        let parts = list(record, "destinations");
        let unit = |name| Name::of(name).and_then(|name| record.get(name)?.as_text());
        // Cases against pieces cannot be compared.
        if unit("destination_unit").zip(unit("unit")).is_some_and(|(parts, whole)| parts != whole) {
            return None;
        }
        let sum: Decimal = parts.iter().filter_map(|part| quantity(part.as_record()?)).sum();
        let quantity = quantity(record).filter(|quantity| !parts.is_empty() && *quantity != sum)?;
        Some(Astray { line, quantity, sum })
    };
    lines.iter().enumerate().filter_map(one).collect()
}

fn list<'r, 'a>(record: &'r Record<'a>, name: &str) -> &'r [Value<'a>] {
    Name::of(name).and_then(|name| record.get(name)?.as_list()).unwrap_or(&[])
}

fn quantity(record: &Record<'_>) -> Option<Decimal> {
    Name::of("quantity").and_then(|name| record.get(name)?.as_decimal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_to_the_whole_or_are_told() {
        let json = r#"{"kind":"order","lines":[
            {"quantity":"13","destinations":[{"location":"1","quantity":"4"},{"location":"2","quantity":"9"}]},
            {"quantity":"10","destinations":[{"location":"1","quantity":"4"},{"location":"2","quantity":"9"}]},
            {"quantity":"10","unit":"EA","destination_unit":"CA","destinations":[{"location":"1","quantity":"1"}]},
            {"quantity":"10"}, {"destinations":[{"location":"1","quantity":"4"}]}]}"#;
        let document = Canonical::from_json(json.as_bytes()).expect("an order");
        let told = astray(&document);
        assert_eq!(told, [Astray { line: 1, quantity: Decimal::from(10), sum: Decimal::from(13) }]);
    }
}
