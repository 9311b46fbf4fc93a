//! What a map does not carry of a document: named, so that nothing goes missing in silence.

use super::{Lost, Writer, address};
use crate::canonical::{Canonical, Name, Value, is_derived};

impl Writer<'_, '_> {
    /// What is not on the wire, by path.
    pub(super) fn lost(&mut self) -> Vec<Lost> {
        self.placements.mark(&mut self.seen);
        let mut lost = Vec::new();
        let mut path = String::new();
        for (name, value) in &self.root.fields {
            self.unseen(value, name.as_str(), &mut path, &mut lost);
        }
        lost.retain(|lost| !is_derived(self.mapping.kind, self.root, &lost.path));
        lost
    }

    fn unseen(&self, value: &Value<'_>, name: &str, path: &mut String, lost: &mut Vec<Lost>) {
        let length = path.len();
        if !path.is_empty() && !name.starts_with('[') {
            path.push('.');
        }
        path.push_str(name);
        if !self.seen.contains(&address(value)) {
            match value {
                Value::List(items) => {
                    for (position, item) in items.iter().enumerate() {
                        self.unseen(item, &format!("[{position}]"), path, lost);
                    }
                }
                Value::Record(record) => {
                    for (name, value) in &record.fields {
                        self.unseen(value, name.as_str(), path, lost);
                    }
                }
                leaf => lost.push(Lost { path: path.clone(), value: said(leaf) }),
            }
        }
        path.truncate(length);
    }
}

/// What follows from the rest of the document is not lost. Two fields that only follow from each other are.
pub(super) fn forget_derived(document: &Canonical<'_>, lost: &mut Vec<Lost>) {
    let top = |lost: &Lost| lost.path.split(['.', '[']).next().unwrap_or_default().to_owned();
    let comes_back = |gone: &[Name]| {
        let mut without = document.clone();
        for name in gone {
            without.fields.remove(*name);
        }
        without.complete();
        gone.iter().copied().filter(|name| without.fields.get(*name) == document.fields.get(*name)).collect::<Vec<_>>()
    };
    let mut fields: Vec<String> = lost.iter().map(top).collect();
    fields.dedup();
    let each: Vec<Name> =
        fields.iter().filter_map(|field| Name::of(field)).flat_map(|name| comes_back(&[name])).collect();
    let derived = comes_back(&each);
    lost.retain(|lost| Name::of(&top(lost)).is_none_or(|name| !derived.contains(&name)));
}

fn said(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::List(_) | Value::Record(_) => String::new(),
    }
}
