//! What makes two documents the same: the business key, and a hash of the content without its envelope.

use sha2::{Digest, Sha256};

use super::{Canonical, Name, Record, Value};

/// SHA-256 over a form of the document in which equal contents are equal bytes: members in order, decimals without
/// trailing zeros, and nothing of the envelope (`test`).
pub fn content_hash(document: &Canonical<'_>) -> [u8; 32] {
    let mut form = Vec::with_capacity(4096);
    document.write_normal(&mut form);
    Sha256::digest(&form).into()
}

/// What a document is about, for finding duplicates within one partner: kind, number, and the buyer's division where the
/// document names one, since order numbers of divisions collide. `None` where it has no number.
///
/// `order|4711|buyer:gln:4012345000016`
pub fn business_key(document: &Canonical<'_>) -> Option<String> {
    let fields = &document.fields;
    let number = fields.text("number").or_else(|| fields.text("order_number")).or_else(|| fields.text("trace"))?;
    let mut key = format!("{}|{number}", document.kind);
    for part in ["release", "sequence"] {
        if let Some(text) = fields.text(part) {
            key.push('|');
            key.push_str(text);
        }
    }
    if let Some(buyer) = party(fields, "buyer") {
        let id = Name::of("ids").and_then(|name| buyer.get(name)).and_then(Value::as_list).and_then(|ids| ids.first());
        if let Some(id) = id.and_then(Value::as_record) {
            key.push_str("|buyer:");
            key.push_str(id.text("scheme").unwrap_or(""));
            key.push(':');
            key.push_str(id.text("id").unwrap_or(""));
        }
    }
    Some(key)
}

fn party<'r, 'a>(fields: &'r Record<'a>, role: &str) -> Option<&'r Record<'a>> {
    let parties = fields.get(Name::of("parties")?)?.as_list()?;
    parties.iter().filter_map(Value::as_record).find(|party| party.text("role") == Some(role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_sees_content_and_not_its_clothes() {
        let first = r#"{"kind":"order","number":"1","total":"12.50","test":true}"#;
        assert_eq!(hash(first), hash(r#"{"total":"12.5","number":"1","kind":"order"}"#));
        assert_ne!(hash(first), hash(r#"{"kind":"order","number":"1","total":"12.51"}"#));
        assert_ne!(hash(first), hash(r#"{"kind":"invoice","number":"1","total":"12.50"}"#));
    }

    #[test]
    fn the_key_names_division_release_and_change() {
        let cases = [
            (r#"{"kind":"order","number":"1"}"#, Some("order|1")),
            (r#"{"kind":"order","number":"1","release":"2"}"#, Some("order|1|2")),
            (r#"{"kind":"order_response","order_number":"1"}"#, Some("order_response|1")),
            (
                r#"{"kind":"order","number":"1","parties":[{"role":"seller"},{"role":"buyer","ids":[{"scheme":"gln","id":"5"}]}]}"#,
                Some("order|1|buyer:gln:5"),
            ),
            (r#"{"kind":"invoice"}"#, None),
        ];
        for (json, key) in cases {
            assert_eq!(business_key(&Canonical::from_json(json.as_bytes()).unwrap()).as_deref(), key);
        }
    }

    fn hash(json: &str) -> [u8; 32] {
        content_hash(&Canonical::from_json(json.as_bytes()).unwrap())
    }
}
