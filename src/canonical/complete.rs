//! What a document says twice, filled in from where it was said once.
//!
//! A mapping calls this at the end of reading and before writing, so that neither has to know.

use rustc_hash::FxHashSet;

use super::{Canonical, Kind, Name, Record, Value};

impl<'a> Canonical<'a> {
    /// Derives what follows from the rest of the document. Calling it twice changes nothing.
    ///
    /// A ship notice's `order_numbers` and `orders` name the same orders, and every order of a line or pack is among them;
    /// where there is one order only, everything belongs to it.
    /// A change of an order that has no number of its own goes by the order's.
    /// A remittance's items belong to an entity; where none is named, to the first.
    pub fn complete(&mut self) {
        match self.kind {
            Kind::ShipNotice => complete_orders(&mut self.fields),
            Kind::OrderChange => complete_number(&mut self.fields),
            Kind::Remittance => complete_entities(&mut self.fields),
            _ => {}
        }
    }
}

/// Whether a field, by its path with positions, only repeats what the document says elsewhere: leaving it out loses nothing.
pub fn is_derived(kind: Kind, fields: &Record<'_>, path: &str) -> bool {
    let mut bare = String::with_capacity(path.len());
    let mut inside = false;
    for character in path.chars() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            _ if inside => {}
            _ => bare.push(character),
        }
    }
    match kind {
        Kind::ShipNotice => bare == "order_numbers",
        Kind::OrderChange => bare == "number" && fields.text("number") == fields.text("order_number"),
        Kind::Remittance => {
            // The one entity that was made for items that name none.
            let entities = Name::of("entities").and_then(|name| fields.get(name)).and_then(Value::as_list);
            let made = entities.is_some_and(|entities| match entities {
                [Value::Record(only)] => only.fields.len() == 1 && only.text("number") == Some("1"),
                _ => false,
            });
            made && matches!(bare.as_str(), "entities.number" | "items.entity")
        }
        _ => false,
    }
}

fn complete_orders<'a>(fields: &mut Record<'a>) {
    let (Some(orders), Some(order_numbers), Some(order_number), Some(number)) =
        (Name::of("orders"), Name::of("order_numbers"), Name::of("order_number"), Name::of("number"))
    else {
        return;
    };
    let mut known: Known<'a> = Known::default();
    known.add(fields, "orders", number);
    let listed = fields.get(order_numbers).and_then(Value::as_list).unwrap_or(&[]);
    listed.iter().for_each(|value| known.insert(value));
    known.add(fields, "lines", order_number);
    known.add(fields, "packs", order_number);
    if known.values.is_empty() {
        return;
    }
    let mut named = Known::default();
    named.add(fields, "orders", number);
    if let Value::List(list) = fields.entry(orders, || Value::List(Vec::new())) {
        let added = known.values.iter().filter(|value| value.as_text().is_some_and(|text| !named.seen.contains(text)));
        list.extend(added.map(|value| Value::Record(Record { fields: vec![(number, value.clone())] })));
    }
    if let [only] = known.values.as_slice() {
        belong(fields, only);
    }
    fields.insert(order_numbers, Value::List(known.values));
}

/// Lines and what lies in packs belong to the one order of a shipment, where they name none.
fn belong<'a>(fields: &mut Record<'a>, order: &Value<'a>) {
    let (Some(lines), Some(packs), Some(items), Some(order_number)) =
        (Name::of("lines"), Name::of("packs"), Name::of("items"), Name::of("order_number"))
    else {
        return;
    };
    let name = |list: Option<&mut Value<'a>>| {
        let Some(Value::List(list)) = list else { return };
        for item in list.iter_mut().filter_map(Value::as_record_mut) {
            item.entry(order_number, || order.clone());
        }
    };
    name(fields.get_mut(lines));
    if let Some(Value::List(list)) = fields.get_mut(packs) {
        list.iter_mut().filter_map(Value::as_record_mut).for_each(|pack| name(pack.get_mut(items)));
    }
}

/// An 860 has no number but the order's.
fn complete_number(fields: &mut Record<'_>) {
    if let (Some(number), Some(order_number)) = (Name::of("number"), Name::of("order_number"))
        && fields.get(number).is_none()
        && let Some(value) = fields.get(order_number).cloned()
    {
        fields.insert(number, value);
    }
}

fn complete_entities(fields: &mut Record<'_>) {
    let (Some(entities), Some(items), Some(entity), Some(number)) =
        (Name::of("entities"), Name::of("items"), Name::of("entity"), Name::of("number"))
    else {
        return;
    };
    if fields.get(items).is_none() {
        return;
    }
    let list = fields.entry(entities, || Value::List(Vec::new()));
    let Value::List(list) = list else { return };
    if list.is_empty() {
        list.push(Value::Record(Record { fields: vec![(number, Value::text("1"))] }));
    }
    let first = list.first().and_then(|first| first.as_record()?.get(number)).cloned().unwrap_or(Value::text("1"));
    if let Some(Value::List(items)) = fields.get_mut(items) {
        for item in items.iter_mut().filter_map(Value::as_record_mut) {
            item.entry(entity, || first.clone());
        }
    }
}

/// Order numbers in order of first appearance.
#[derive(Default)]
struct Known<'a> {
    seen: FxHashSet<String>,
    values: Vec<Value<'a>>,
}

impl<'a> Known<'a> {
    fn insert(&mut self, value: &Value<'a>) {
        if value.as_text().is_some_and(|text| self.seen.insert(text.to_owned())) {
            self.values.push(value.clone());
        }
    }

    /// What the items of a list say in a field.
    fn add(&mut self, fields: &Record<'a>, list: &str, field: Name) {
        let items = Name::of(list).and_then(|list| fields.get(list)).and_then(Value::as_list).unwrap_or(&[]);
        items.iter().filter_map(|item| item.as_record()?.get(field)).for_each(|value| self.insert(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_named_in_both_places() {
        check(r#""orders":[{"number":"1","release":"2"}]"#, r#"["1"]"#, r#"[{"number":"1","release":"2"}]"#);
        check(r#""order_numbers":["1"]"#, r#"["1"]"#, r#"[{"number":"1"}]"#);
        check(
            r#""order_numbers":["2"],"lines":[{"order_number":"1"},{"order_number":"2"}]"#,
            r#"["2","1"]"#,
            r#"[{"number":"2"},{"number":"1"}]"#,
        );
    }

    fn check(members: &str, order_numbers: &str, orders: &str) {
        let json = format!(r#"{{"kind":"ship_notice",{members}}}"#);
        let mut document = Canonical::from_json(json.as_bytes()).unwrap();
        document.complete();
        let once = document.clone();
        document.complete();
        assert_eq!(document, once);
        let tree: serde_json::Value = serde_json::from_str(&document.to_json()).unwrap();
        assert_eq!(tree["order_numbers"].to_string(), order_numbers);
        assert_eq!(tree["orders"].to_string(), orders);
    }
}
