//! What a document says twice, filled in from where it was said once.
//!
//! A mapping calls this at the end of reading and before writing, so that neither has to know.

mod advice;
mod packs;
mod receipt;
mod response;
mod stock;
mod warehouse;

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::{Canonical, Kind, Name, Record, Value};

impl<'a> Canonical<'a> {
    /// Derives what follows from the rest of the document. Calling it twice changes nothing.
    ///
    /// A ship notice's `order_numbers` and `orders` name the same orders, and every order of a line or pack is among them;
    /// where there is one order only, everything belongs to it.
    /// A change of an order that has no number of its own goes by the order's.
    /// A remittance's items belong to an entity; where none is named, to the first. What else follows, by kind, stands in
    /// the files beside this one.
    pub fn complete(&mut self) {
        match self.kind {
            Kind::ShipNotice => complete_orders(&mut self.fields),
            Kind::OrderChange => complete_number(&mut self.fields),
            Kind::Remittance => complete_entities(&mut self.fields),
            Kind::ReceiptAdvice => receipt::complete(&mut self.fields),
            Kind::InventoryAdvice => stock::gather(&mut self.fields),
            Kind::ApplicationAdvice => advice::complete(&mut self.fields),
            Kind::OrderResponse => response::complete(&mut self.fields),
            Kind::Invoice => complete_due_date(&mut self.fields),
            Kind::Adjustment => complete_adjustment(&mut self.fields),
            Kind::WarehouseOrder | Kind::WarehouseConfirmation => warehouse::complete(&mut self.fields),
            _ => {}
        }
    }

    /// The document with what EDIFACT wants around its values and X12 does not: numbers of packs stand on their packagings,
    /// and goods that are scheduled to leave on a day are promised for it.
    pub fn marked(&self) -> Cow<'_, Self> {
        let mark = match self.kind {
            Kind::ShipNotice => packs::mark,
            Kind::OrderResponse => response::mark,
            _ => return Cow::Borrowed(self),
        };
        let mut marked = self.clone();
        mark(&mut marked.fields);
        Cow::Owned(marked)
    }

    /// The document in the form that the wire has: a mapping calls this before writing. [`Self::complete`] undoes it.
    pub fn spread(&mut self) {
        match self.kind {
            Kind::InventoryAdvice => stock::spread(&mut self.fields),
            Kind::ApplicationAdvice => advice::spread(&mut self.fields),
            Kind::Invoice => spread_due_date(&mut self.fields),
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
        // What a quantity means is agreed, not said.
        Kind::OrderChange => {
            bare == "lines.quantity_semantics"
                || bare == "number" && fields.text("number") == fields.text("order_number")
        }
        Kind::ReceiptAdvice => receipt::is_derived(fields, path, &bare),
        Kind::InventoryAdvice => bare == "as_of" && at(fields, "as_of") == at(fields, "date"),
        Kind::ApplicationAdvice => advice::is_derived(fields, path, &bare),
        Kind::OrderResponse => response::is_derived(fields, path, &bare),
        Kind::Invoice => bare == "due_date" && at(fields, "due_date") == due_date(fields).as_ref(),
        Kind::Adjustment => matches!(bare.as_str(), "lines.reference" | "lines.reference_kind"),
        Kind::WarehouseOrder | Kind::WarehouseConfirmation => warehouse::is_derived(fields, path, &bare),
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

/// A field by its JSON name.
fn at<'r, 'a>(record: &'r Record<'a>, field: &str) -> Option<&'r Value<'a>> {
    record.get(Name::of(field)?)
}

/// The items of a list by its JSON name; none where it is missing.
fn items<'r, 'a>(record: &'r Record<'a>, list: &str) -> &'r [Value<'a>] {
    at(record, list).and_then(Value::as_list).unwrap_or(&[])
}

/// The records of a list, to be changed.
fn records_mut<'r, 'a>(record: &'r mut Record<'a>, list: &str) -> impl Iterator<Item = &'r mut Record<'a>> {
    let found = Name::of(list).and_then(|name| record.get_mut(name));
    let items = if let Some(Value::List(items)) = found { items.as_mut_slice() } else { &mut [] };
    items.iter_mut().filter_map(Value::as_record_mut)
}

fn put<'a>(record: &mut Record<'a>, field: &str, value: Value<'a>) {
    if let Some(name) = Name::of(field) {
        record.insert(name, value);
    }
}

/// Puts a value where none stands yet.
fn put_new<'a>(record: &mut Record<'a>, field: &str, value: Option<Value<'a>>) {
    if let (Some(name), Some(value)) = (Name::of(field), value)
        && record.get(name).is_none()
    {
        record.insert(name, value);
    }
}

fn take<'a>(record: &mut Record<'a>, field: &str) -> Option<Value<'a>> {
    record.remove(Name::of(field)?)
}

fn record<'a>(fields: impl IntoIterator<Item = (&'static str, Value<'a>)>) -> Record<'a> {
    let mut record = Record::default();
    for (field, value) in fields {
        put(&mut record, field, value);
    }
    record
}

fn text<'a>(text: &str) -> Value<'a> {
    Value::Text(Cow::Owned(text.to_owned()))
}

/// The record that a path with positions names: `lines[2]` of `lines[2].unit`.
fn record_at<'r, 'a>(fields: &'r Record<'a>, path: &str) -> Option<&'r Record<'a>> {
    let (way, _) = path.rsplit_once('.')?;
    way.split('.').try_fold(fields, |record, step| {
        let (name, position) = step.split_once('[')?;
        let position: usize = position.trim_end_matches(']').parse().ok()?;
        items(record, name).get(position)?.as_record()
    })
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
    put_new(fields, "date", at(fields, "acknowledged").cloned());
}

/// An invoice is due when its terms say so.
fn complete_due_date(fields: &mut Record<'_>) {
    let due = due_date(fields);
    put_new(fields, "due_date", due);
}

/// Outside XML the due date stands in the terms.
fn spread_due_date(fields: &mut Record<'_>) {
    let (Some(due), None) = (at(fields, "due_date").cloned(), due_date(fields)) else { return };
    if items(fields, "terms").is_empty() {
        put(fields, "terms", Value::List(vec![Value::Record(record([("type", text("basic"))]))]));
    }
    if let Some(first) = records_mut(fields, "terms").next() {
        put(first, "due_date", due);
    }
}

fn due_date<'a>(fields: &Record<'a>) -> Option<Value<'a>> {
    items(fields, "terms").iter().find_map(|terms| at(terms.as_record()?, "due_date").cloned())
}

/// An adjustment comes to what its lines do; a line's reference is the first of its references.
fn complete_adjustment(fields: &mut Record<'_>) {
    let side = at(fields, "credit_debit").cloned();
    for line in records_mut(fields, "lines") {
        put_new(line, "credit_debit", side.clone());
        match items(line, "references").first().and_then(Value::as_record).cloned() {
            Some(first) => {
                put_new(line, "reference", at(&first, "value").cloned());
                put_new(line, "reference_kind", at(&first, "kind").cloned());
            }
            None => {
                let Some(value) = at(line, "reference").cloned() else { continue };
                let kind = at(line, "reference_kind").cloned().unwrap_or(text("mutual"));
                put_new(line, "reference_kind", Some(kind.clone()));
                put(line, "references", Value::List(vec![Value::Record(record([("kind", kind), ("value", value)]))]));
            }
        }
    }
    let amounts = items(fields, "lines").iter().filter_map(|line| {
        let line = line.as_record()?;
        let amount = at(line, "amount").and_then(Value::as_decimal)?;
        Some(if at(line, "credit_debit") == side.as_ref() { amount } else { -amount })
    });
    let sum = amounts.reduce(|sum, amount| sum.checked_add(amount).unwrap_or(sum));
    put_new(fields, "amount", sum.map(Value::Decimal));
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
