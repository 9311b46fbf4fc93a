//! What EDIFACT wants around the number of a pack: a packaging, and a mark on it (PAC, PCI, GIN).

use super::{at, put};
use crate::canonical::{Name, Record, Value};

/// Kinds of packs by their code there (7065).
const CODES: [(&str, &str); 2] = [("carton", "CT"), ("pallet", "201")];

/// A pack that has a number and nothing to put it on is one packaging, marked with an SSCC (4233, 33E).
pub(super) fn mark(fields: &mut Record<'_>) {
    let Some(Value::List(packs)) = Name::of("packs").and_then(|name| fields.get_mut(name)) else {
        return;
    };
    for pack in packs.iter_mut().filter_map(Value::as_record_mut) {
        if at(pack, "sscc").is_none() || at(pack, "packagings").is_some() {
            continue;
        }
        let mut marked = Record::default();
        put(&mut marked, "qualifier", Value::Text("33E".into()));
        let mut packaging = Record::default();
        put(&mut packaging, "count", Value::Decimal(1.into()));
        let kind = at(pack, "kind").and_then(Value::as_text);
        if let Some((_, code)) = CODES.iter().find(|(known, _)| Some(*known) == kind) {
            put(&mut packaging, "code", Value::Text((*code).into()));
        }
        put(&mut packaging, "marks", Value::List(vec![Value::Record(marked)]));
        put(pack, "packagings", Value::List(vec![Value::Record(packaging)]));
    }
}

#[cfg(test)]
mod tests {
    use crate::canonical::Canonical;

    #[test]
    fn a_pack_with_a_number_has_something_to_put_it_on() {
        let json =
            r#"{"kind":"ship_notice","packs":[{"kind":"carton","sscc":"340123450000000017"},{"kind":"pallet"}]}"#;
        let notice = Canonical::from_json(json.as_bytes()).unwrap();
        let mut marked = Vec::new();
        notice.marked().write_json(&mut marked);
        let marked: serde_json::Value = serde_json::from_slice(&marked).unwrap();
        assert_eq!(marked["packs"][0]["packagings"][0]["code"], "CT");
        assert_eq!(marked["packs"][0]["packagings"][0]["marks"][0]["qualifier"], "33E");
        assert!(marked["packs"][1]["packagings"].is_null(), "without a number it stays as it is");
    }
}
