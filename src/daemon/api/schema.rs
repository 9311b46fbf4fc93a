//! What a body looks like, as JSON Schema (draft 2020-12), and whether one does. The document that is published is the one
//! that is checked against: this reads the part of the language that our schemas use.

use serde_json::{Map, Value, json};

use super::problem::Fault;
use crate::canonical::{Kind, schema as canonical};

/// What we sell, or what we buy.
pub const SIDES: &[&str] = &["sale", "purchase"];

/// The desks, by the words of [`crate::process::Queue`].
pub const DESKS: &[&str] =
    &["service", "items", "pricing", "credit", "warehouse", "ap", "purchasing", "ar", "compliance", "support"];

/// The kinds of canonical documents.
pub const KINDS: &[&str] = &[
    "order",
    "order_response",
    "order_change",
    "ship_notice",
    "receipt_advice",
    "invoice",
    "remittance",
    "inventory_advice",
    "application_advice",
    "adjustment",
    "warehouse_order",
    "warehouse_confirmation",
    "lockbox",
    "acknowledgement",
];

/// What can be said about a case.
pub const RULINGS: &[&str] = &["approve", "pay_received", "reject", "resolve"];

pub fn text(says: &str) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 4096, "description": says})
}

/// Text that may be empty.
pub fn words(says: &str) -> Value {
    json!({"type": "string", "description": says})
}

pub fn decimal(says: &str) -> Value {
    json!({"type": "string", "pattern": DECIMAL, "description": says})
}

/// What a quantity times a price comes to: as many digits as we reckon with.
pub fn product(says: &str) -> Value {
    json!({"type": "string", "pattern": PRODUCT, "description": says})
}

/// What cannot be below zero.
pub fn quantity(says: &str) -> Value {
    json!({"type": "string", "pattern": QUANTITY, "description": says})
}

pub fn date(says: &str) -> Value {
    json!({"type": "string", "format": "date", "description": says})
}

pub fn instant(says: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": says})
}

pub fn whole(says: &str) -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u32::MAX, "description": says})
}

/// What other units hold.
pub fn units(says: &str) -> Value {
    json!({"type": "string", "pattern": UNITS, "description": says})
}

pub fn flag(says: &str) -> Value {
    json!({"type": "boolean", "description": says})
}

pub fn choice(words: &[&str], says: &str) -> Value {
    json!({"type": "string", "enum": words, "description": says})
}

pub fn list(items: Value, says: &str) -> Value {
    json!({"type": "array", "items": items, "description": says})
}

/// A list with something in it.
pub fn some(items: Value, says: &str) -> Value {
    json!({"type": "array", "items": items, "minItems": 1, "description": says})
}

pub fn named(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

/// The component of a canonical document: `canonical.order`.
pub fn canonical_name(kind: Kind) -> String {
    format!("canonical.{kind}")
}

/// An object of exactly these members, of which some must be there.
pub fn object<const N: usize>(members: [(&str, Value); N], needed: &[&str]) -> Value {
    let properties: Map<String, Value> = members.into_iter().map(|(name, of)| (name.to_owned(), of)).collect();
    let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !needed.is_empty() {
        object["required"] = json!(needed);
    }
    object
}

/// An object that may have members which are told elsewhere.
pub fn open<const N: usize>(members: [(&str, Value); N], needed: &[&str]) -> Value {
    let mut open = object(members, needed);
    open["additionalProperties"] = true.into();
    open
}

/// At most 19 digits before the point and 9 behind: what the books can hold without rounding.
const DECIMAL: &str = r"^-?[0-9]{1,19}(\.[0-9]{1,9})?$";
const PRODUCT: &str = r"^-?[0-9]{1,29}(\.[0-9]{1,28})?$";
const QUANTITY: &str = r"^[0-9]{1,19}(\.[0-9]{1,9})?$";
/// `CA=12 PL=480`.
const UNITS: &str = r"^[A-Z0-9]{1,3}=[0-9]{1,19}(\.[0-9]{1,9})?( [A-Z0-9]{1,3}=[0-9]{1,19}(\.[0-9]{1,9})?)*$";

/// What is wrong with a value, each fault with the place of the member; nothing where it is as the schema says.
/// `components` are the schemas that references name.
pub fn faults(value: &Value, schema: &Value, components: &Map<String, Value>) -> Vec<Fault> {
    let mut checker = Checker { components, faults: Vec::new() };
    checker.value(value, schema, "");
    checker.faults
}

struct Checker<'c> {
    components: &'c Map<String, Value>,
    faults: Vec<Fault>,
}

/// Nobody reads more.
const FAULTS_MAX: usize = 50;

impl Checker<'_> {
    fn value(&mut self, value: &Value, schema: &Value, at: &str) {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            let schema = self.components.get(name).cloned().unwrap_or_default();
            return self.value(value, &schema, at);
        }
        if let Some(constant) = schema.get("const").filter(|constant| *constant != value) {
            return self.fault(at, "value", format!("it is {constant} here"));
        }
        match schema["type"].as_str() {
            Some("object") => self.object(value, schema, at),
            Some("array") => self.array(value, schema, at),
            Some("string") => self.string(value, schema, at),
            Some("integer") => self.integer(value, schema, at),
            Some("boolean") if !value.is_boolean() => self.fault(at, "type", "true or false stands here"),
            _ => {}
        }
    }

    fn object(&mut self, value: &Value, schema: &Value, at: &str) {
        let Some(members) = value.as_object() else { return self.fault(at, "type", "an object stands here") };
        let empty = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&empty);
        for needed in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(needed) {
                self.fault(&below(at, needed), "missing", "it must be there");
            }
        }
        for (name, value) in members {
            let at = below(at, name);
            match properties.get(name) {
                Some(schema) => self.value(value, schema, &at),
                None if schema["additionalProperties"] == true => {}
                None => {
                    let near = crate::mistake::nearest(name, properties.keys().map(String::as_str));
                    let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                    self.fault(&at, "unknown", format!("there is no such member{hint}"));
                }
            }
        }
    }

    fn array(&mut self, value: &Value, schema: &Value, at: &str) {
        let Some(items) = value.as_array() else { return self.fault(at, "type", "a list stands here") };
        if (items.len() as u64) < schema["minItems"].as_u64().unwrap_or_default() {
            self.fault(at, "value", "it has at least one element");
        }
        for (position, item) in items.iter().enumerate() {
            self.value(item, &schema["items"], &format!("{at}/{position}"));
        }
    }

    fn integer(&mut self, value: &Value, schema: &Value, at: &str) {
        // 1.0 is a whole number too.
        let whole = value.as_i64().map(i128::from).or_else(|| {
            let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e18)?;
            Some(number as i128)
        });
        let Some(whole) = whole else { return self.fault(at, "type", "a whole number stands here") };
        let bound = |name: &str| schema[name].as_i64().map(i128::from);
        if let Some(least) = bound("minimum").filter(|least| whole < *least) {
            self.fault(at, "value", format!("it is at least {least}"));
        }
        if let Some(most) = bound("maximum").filter(|most| whole > *most) {
            self.fault(at, "value", format!("it is at most {most}"));
        }
    }

    fn string(&mut self, value: &Value, schema: &Value, at: &str) {
        let Some(text) = value.as_str() else { return self.fault(at, "type", "a text in quotes stands here") };
        let choices = schema["enum"].as_array();
        if let Some(choices) = choices.filter(|choices| !choices.contains(value)) {
            let known: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
            return self.fault(at, "value", format!("it is one of {}", known.join(", ")));
        }
        let length = text.chars().count() as u64;
        if length < schema["minLength"].as_u64().unwrap_or_default() {
            self.fault(at, "value", "it is not empty");
        }
        if schema["maxLength"].as_u64().is_some_and(|most| length > most) {
            self.fault(at, "value", format!("it has at most {} characters", schema["maxLength"]));
        }
        match (schema["format"].as_str(), schema["pattern"].as_str()) {
            (Some("date"), _) if text.len() != 10 || text.parse::<jiff::civil::Date>().is_err() => {
                self.fault(at, "value", "a date like 2026-11-23 stands here");
            }
            (Some("date-time"), _) if text.parse::<jiff::Timestamp>().is_err() => {
                self.fault(at, "value", "a time like 2026-11-23T14:05:00Z stands here");
            }
            (_, Some(pattern)) if !matches(text, pattern) => {
                let wanted = match pattern {
                    canonical::TIME => "a time like 14:05",
                    UNITS => "a list like CA=12 PL=480",
                    QUANTITY => "a decimal as text, like \"12.50\", not below zero,",
                    _ => "a decimal as text, like \"12.50\",",
                };
                self.fault(at, "value", format!("{wanted} stands here"));
            }
            _ => {}
        }
    }

    fn fault(&mut self, at: &str, code: &'static str, detail: impl Into<String>) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { pointer: at.to_owned(), code, detail: detail.into() });
        }
    }
}

/// The same with whole numbers written without a fraction: 1.0 and 1e0 are 1.
pub fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| !number.is_i64() && !number.is_u64()) {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e18 => json!(whole as i64),
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        other => other,
    }
}

/// Whether a text is as one of the patterns says that our schemas use.
fn matches(text: &str, pattern: &str) -> bool {
    let digits = |text: &str, most: usize| {
        !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let decimal = |text: &str, most: (usize, usize)| match text.split_once('.') {
        None => digits(text, most.0),
        Some((whole, part)) => digits(whole, most.0) && digits(part, most.1),
    };
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match pattern {
        QUANTITY => decimal(text, (19, 9)),
        DECIMAL => decimal(unsigned, (19, 9)),
        canonical::DECIMAL => decimal(unsigned, (28, 28)),
        canonical::TIME => text.get(2..3) == Some(":") && text.parse::<jiff::civil::Time>().is_ok(),
        UNITS => text.split(' ').all(|pair| {
            let is_unit = |unit: &str| {
                (1..=3).contains(&unit.len()) && unit.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
            };
            pair.split_once('=').is_some_and(|(unit, factor)| is_unit(unit) && decimal(factor, (19, 9)))
        }),
        _ => false,
    }
}

/// A JSON pointer (RFC 6901) to a member.
fn below(at: &str, member: &str) -> String {
    format!("{at}/{}", member.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Queue;

    #[test]
    fn the_words_of_choices_are_those_of_their_nouns() {
        assert!(Queue::ALL.iter().map(|queue| queue.as_str()).eq(DESKS.iter().copied()));
        assert!(Kind::ALL.iter().map(|kind| kind.as_str()).eq(KINDS.iter().copied()));
    }

    #[test]
    fn every_fault_has_its_place() {
        let line = object([("line", text("")), ("quantity", quantity("")), ("on", date(""))], &["line"]);
        let schema = object(
            [("lines", some(named("Line"), "")), ("kind", choice(&["a", "b"], "")), ("at", instant(""))],
            &["lines"],
        );
        let components: Map<String, Value> = [("Line".to_owned(), line)].into_iter().collect();
        for (body, expected) in [
            (json!({"lines": [{"line": "1", "quantity": "10.5", "on": "2026-11-23"}], "kind": "a"}), ""),
            (json!([]), " type"),
            (json!({}), "/lines missing"),
            (json!({"lines": []}), "/lines value"),
            (json!({"lines": [{}]}), "/lines/0/line missing"),
            (json!({"lines": [{"line": ""}]}), "/lines/0/line value"),
            (json!({"lines": [{"line": "1", "quantity": 10}]}), "/lines/0/quantity type"),
            (json!({"lines": [{"line": "1", "quantity": "-1"}]}), "/lines/0/quantity value"),
            (json!({"lines": [{"line": "1", "quantity": "1,5"}]}), "/lines/0/quantity value"),
            (json!({"lines": [{"line": "1", "on": "2026-02-30"}]}), "/lines/0/on value"),
            (json!({"lines": [{"line": "1", "a/b~": null}]}), "/lines/0/a~1b~0 unknown"),
            (json!({"lines": [{"line": "1"}], "kind": "c"}), "/kind value"),
            (json!({"lines": [{"line": "1"}], "at": "yesterday"}), "/at value"),
            (json!({"lines": null}), "/lines type"),
        ] {
            let found = faults(&body, &schema, &components);
            let found: Vec<String> = found.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect();
            assert_eq!(found.join("; "), expected, "{body}");
        }
    }

    /// A pattern that is published and not read would let everything or nothing pass.
    #[test]
    fn every_pattern_that_canonical_documents_publish_is_read() {
        fn walk(schema: &Value, found: &mut Vec<String>) {
            match schema {
                Value::Object(members) => {
                    found.extend(members.get("pattern").and_then(Value::as_str).map(str::to_owned));
                    members.values().for_each(|value| walk(value, found));
                }
                Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
                _ => {}
            }
        }
        let mut patterns = Vec::new();
        for kind in crate::canonical::Kind::ALL {
            walk(&crate::canonical::schema(kind), &mut patterns);
        }
        assert!(!patterns.is_empty());
        for pattern in patterns {
            assert!(matches("12", &pattern) || matches("14:05", &pattern), "{pattern}");
            assert!(!matches("twelve", &pattern) && !matches("24:00:00:00", &pattern), "{pattern}");
        }
    }
}
