//! The JSON Schema (draft 2020-12) that the program publishes for each kind of document, from the same structs.

use serde_json::{Map, Value as Json, json};

use super::record::{Draft, Field};
use super::{Kind, Leaf};

/// What a decimal is written as: no more digits before the point than one can hold.
pub const DECIMAL: &str = r"^-?[0-9]{1,28}(\.[0-9]{1,28})?$";
/// `14:05`, `14:05:59.25`.
pub const TIME: &str = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?$";
/// The largest whole number that every JSON reader reads as it is: 2^53 - 1 (RFC 8259, 6).
const INTEGER: i64 = (1 << 53) - 1;

/// The published schema of a kind.
pub fn schema(kind: Kind) -> Json {
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:entrepot:canonical:{kind}"),
        "title": kind.as_str(),
    });
    if let (Draft::Record(fields), Some(members)) = (kind.draft(), root.as_object_mut()) {
        let mut properties = Map::new();
        properties.insert("kind".into(), json!({ "const": kind.as_str() }));
        properties.extend(fields.iter().map(property));
        members.insert("type".into(), "object".into());
        members.insert("properties".into(), properties.into());
        members.insert("required".into(), json!(["kind"]));
        members.insert("additionalProperties".into(), false.into());
    }
    root
}

fn property(field: &Field) -> (String, Json) {
    let mut value = of(&field.draft);
    if let (false, Some(members)) = (field.comment.is_empty(), value.as_object_mut()) {
        members.insert("description".into(), field.comment.clone().into());
    }
    (field.name.into(), value)
}

fn of(draft: &Draft) -> Json {
    match draft {
        Draft::Leaf(Leaf::Text) => json!({ "type": "string" }),
        Draft::Leaf(Leaf::Decimal) => json!({ "type": "string", "pattern": DECIMAL }),
        Draft::Leaf(Leaf::Date) => json!({ "type": "string", "format": "date" }),
        Draft::Leaf(Leaf::Time) => {
            json!({ "type": "string", "pattern": TIME })
        }
        Draft::Leaf(Leaf::Integer) => json!({ "type": "integer", "minimum": -INTEGER, "maximum": INTEGER }),
        Draft::Leaf(Leaf::Flag) => json!({ "type": "boolean" }),
        Draft::List(element) => json!({ "type": "array", "items": of(element) }),
        Draft::Record(fields) => {
            let properties: Map<_, _> = fields.iter().map(property).collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_schema_that_describes_its_members() {
        for kind in Kind::ALL {
            let schema = schema(kind);
            assert_eq!(schema["properties"]["kind"]["const"], kind.as_str());
            assert_eq!(
                schema["properties"]["parties"]["items"]["properties"]["address"]["properties"]["street"]["items"]["type"],
                "string"
            );
            assert!(
                schema["properties"]["number"]["description"]
                    .as_str()
                    .is_some_and(|text| text.starts_with("The document's own number"))
            );
        }
    }
}
