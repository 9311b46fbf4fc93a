//! What EDIFACT wants around the number of a pack: a packaging, and a mark on it (PAC, PCI, GIN).

use super::put;
use crate::canonical::{Record, Value};

/// Kinds of packs by their code there (7065).
const CODES: [(&str, &str); 2] = [("carton", "CT"), ("pallet", "201")];

/// A pack that has a number and nothing to put it on is one packaging, marked with an SSCC (4233, 33E).
pub(super) fn mark(fields: &mut Record<'_>) {
    let Some(Value::List(packs)) = super::super::Name::of("packs").and_then(|name| fields.get_mut(name)) else {
        return;
    };
    for pack in packs.iter_mut().filter_map(Value::as_record_mut) {
        if super::at(pack, "sscc").is_none() || super::at(pack, "packagings").is_some() {
            continue;
        }
        let mut marked = Record::default();
        put(&mut marked, "qualifier", Value::Text("33E".into()));
        let mut packaging = Record::default();
        put(&mut packaging, "count", Value::Decimal(1.into()));
        let kind = super::at(pack, "kind").and_then(Value::as_text);
        if let Some((_, code)) = CODES.iter().find(|(known, _)| Some(*known) == kind) {
            put(&mut packaging, "code", Value::Text((*code).into()));
        }
        put(&mut packaging, "marks", Value::List(vec![Value::Record(marked)]));
        put(pack, "packagings", Value::List(vec![Value::Record(packaging)]));
    }
}
