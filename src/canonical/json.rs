//! Canonical documents as JSON: written straight from the tree, read back and checked against the shape.

use std::borrow::Cow;
use std::fmt;

use jiff::civil;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Canonical, Kind, Leaf, Name, Record, Shape, Value};

/// What is wrong with a field of a JSON document: `lines[2].price: expected a decimal as text, found 12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// `lines[2].price`, positions counted from 0 as in JSON; empty for the document itself.
    pub path: String,
    pub expected: String,
    pub found: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the document" } else { &self.path };
        write!(f, "{path}: expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for FieldError {}

impl Canonical<'_> {
    /// Appends the document as one line of JSON, `kind` first, empty members left out.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"kind\":\"");
        out.extend_from_slice(self.kind.as_str().as_bytes());
        out.push(b'"');
        write_fields::<false>(self.fields.fields.iter(), out, true);
        out.push(b'}');
    }

    /// The same, with decimals without trailing zeros and without what belongs to the envelope: equal contents are equal
    /// bytes.
    pub(super) fn write_normal(&self, out: &mut Vec<u8>) {
        let envelope = Name::of("test");
        out.extend_from_slice(b"{\"kind\":\"");
        out.extend_from_slice(self.kind.as_str().as_bytes());
        out.push(b'"');
        write_fields::<true>(self.fields.fields.iter().filter(|(name, _)| Some(*name) != envelope), out, true);
        out.push(b'}');
    }

    pub fn to_json(&self) -> String {
        let mut out = Vec::with_capacity(1024);
        self.write_json(&mut out);
        // Only names, escaped text and digits were written.
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The document as one of the structs of this folder.
    pub fn to_typed<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let mut out = Vec::with_capacity(1024);
        self.write_json(&mut out);
        serde_json::from_slice(&out)
    }
}

impl Canonical<'static> {
    /// Reads JSON and checks it against the shape of its `kind`. All errors are told, each with its path.
    ///
    /// One value where a list is expected is taken as a list of one. `null` and empty members are left out.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<FieldError>> {
        let tree: serde_json::Value = serde_json::from_slice(json).map_err(|error| {
            vec![FieldError { path: String::new(), expected: "JSON".into(), found: error.to_string() }]
        })?;
        Self::from_tree(&tree)
    }

    /// The same, from JSON that has been parsed.
    pub fn from_tree(tree: &serde_json::Value) -> Result<Self, Vec<FieldError>> {
        let kind = tree.get("kind").and_then(serde_json::Value::as_str).and_then(Kind::of).ok_or_else(|| {
            let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            let found = tree.get("kind").map_or_else(|| "nothing".into(), short);
            vec![FieldError { path: "kind".into(), expected: format!("one of {}", kinds.join(", ")), found }]
        })?;
        let mut reader = FieldReader { path: String::new(), errors: Vec::new() };
        let value = reader.value(tree, Shape::of(kind));
        match value {
            Some(Value::Record(fields)) if reader.errors.is_empty() => Ok(Self { kind, fields }),
            _ if reader.errors.is_empty() => Ok(Self::new(kind)),
            _ => Err(reader.errors),
        }
    }

    /// One of the structs of this folder as a document.
    pub fn from_typed<T: Serialize>(kind: Kind, typed: &T) -> Result<Self, Vec<FieldError>> {
        let mut tree = serde_json::to_value(typed).map_err(|error| {
            vec![FieldError { path: String::new(), expected: kind.as_str().into(), found: error.to_string() }]
        })?;
        if let Some(members) = tree.as_object_mut() {
            members.insert("kind".into(), kind.as_str().into());
        }
        Self::from_tree(&tree)
    }
}

fn write_fields<'r, 'v: 'r, const NORMAL: bool>(
    fields: impl Iterator<Item = &'r (Name, Value<'v>)>,
    out: &mut Vec<u8>,
    mut comma: bool,
) {
    for (name, value) in fields {
        if value.is_empty() {
            continue;
        }
        out.extend_from_slice(&name.as_key().as_bytes()[usize::from(!comma)..]);
        comma = true;
        write::<NORMAL>(value, out);
    }
}

/// Appends a value as JSON.
pub fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    write::<false>(value, out);
}

/// `NORMAL` writes equal decimals alike.
fn write<const NORMAL: bool>(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => write_text(text, out),
        Value::Decimal(decimal) if NORMAL => {
            out.push(b'"');
            write_decimal(decimal.normalize(), out);
            out.push(b'"');
        }
        Value::Decimal(_) | Value::Date(_) | Value::Time(_) => {
            out.push(b'"');
            write_bare(value, out);
            out.push(b'"');
        }
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Flag(true) => out.extend_from_slice(b"true"),
        Value::Flag(false) => out.extend_from_slice(b"false"),
        Value::List(values) => {
            out.push(b'[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write::<NORMAL>(value, out);
            }
            out.push(b']');
        }
        Value::Record(record) => {
            out.push(b'{');
            write_fields::<NORMAL>(record.fields.iter(), out, false);
            out.push(b'}');
        }
    }
}

/// Appends a decimal, date or time without quotes; nothing for other values.
pub(super) fn write_bare(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Decimal(decimal) => write_decimal(*decimal, out),
        Value::Date(date) => write_date(*date, out),
        Value::Time(time) => write_time(*time, out),
        _ => {}
    }
}

/// Appends a JSON string, escaped as RFC 8259 wants and no more.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if is_clean(bytes) {
        out.extend_from_slice(bytes);
        out.push(b'"');
        return;
    }
    let mut clean = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[clean..at]);
        clean = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&digits);
            }
        }
    }
    out.extend_from_slice(&bytes[clean..]);
    out.push(b'"');
}

/// Whether a text stands in JSON as it is: no control character, quote or backslash. Eight bytes at a time.
#[inline]
fn is_clean(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES * 0x80;
    // The highest bit of a byte that is below `limit`, which is at most 0x80. Exact for the lowest such byte.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let mut chunks = bytes.chunks_exact(8);
    let dirty = chunks.by_ref().fold(0, |dirty, chunk| {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        dirty
            | below(word, 0x20)
            | below(word ^ (ONES * u64::from(b'"')), 1)
            | below(word ^ (ONES * u64::from(b'\\')), 1)
    });
    dirty & HIGHS == 0 && chunks.remainder().iter().all(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
}

/// Appends a decimal with the scale it has. Faster than its `Display`, which goes through `core::fmt`.
pub fn write_decimal(decimal: Decimal, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 32];
    let mut start = digits.len();
    let mantissa = decimal.mantissa().unsigned_abs();
    let scale = decimal.scale() as usize;
    let mut written = 0;
    // Division of 128 bits is a call of some thirty nanoseconds; nearly all amounts fit in 64.
    let mut high = mantissa;
    let mut low = u64::try_from(mantissa).unwrap_or(0);
    let is_small = u128::from(low) == mantissa;
    while (if is_small { low > 0 } else { high > 0 }) || written <= scale {
        if written == scale && scale > 0 {
            start -= 1;
            digits[start] = b'.';
        }
        start -= 1;
        let digit = if is_small { (low % 10) as u8 } else { (high % 10) as u8 };
        digits[start] = b'0' + digit;
        if is_small {
            low /= 10;
        } else {
            high /= 10;
        }
        written += 1;
    }
    if decimal.is_sign_negative() && !decimal.is_zero() {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

fn write_date(date: civil::Date, out: &mut Vec<u8>) {
    let year = date.year();
    if !(0..=9999).contains(&year) {
        out.extend_from_slice(date.to_string().as_bytes());
        return;
    }
    two((year / 100) as u8, out);
    two((year % 100) as u8, out);
    out.push(b'-');
    two(date.month() as u8, out);
    out.push(b'-');
    two(date.day() as u8, out);
}

/// `HH:MM`, with seconds and their fraction only where there are some.
fn write_time(time: civil::Time, out: &mut Vec<u8>) {
    if time.subsec_nanosecond() != 0 {
        out.extend_from_slice(time.to_string().as_bytes());
        return;
    }
    two(time.hour() as u8, out);
    out.push(b':');
    two(time.minute() as u8, out);
    if time.second() != 0 {
        out.push(b':');
        two(time.second() as u8, out);
    }
}

fn two(number: u8, out: &mut Vec<u8>) {
    out.push(b'0' + number / 10);
    out.push(b'0' + number % 10);
}

/// Walks JSON beside a shape and keeps the path for messages.
struct FieldReader {
    path: String,
    errors: Vec<FieldError>,
}

impl FieldReader {
    fn value(&mut self, tree: &serde_json::Value, shape: &Shape) -> Option<Value<'static>> {
        use serde_json::Value as Json;
        match (shape, tree) {
            (_, Json::Null) => None,
            (Shape::Leaf(leaf), _) => self.leaf(tree, *leaf),
            (Shape::List(element), Json::Array(values)) => {
                let mut list = Vec::with_capacity(values.len());
                for (at, value) in values.iter().enumerate() {
                    let length = self.path.len();
                    self.path.push_str(&format!("[{at}]"));
                    list.extend(self.value(value, element));
                    self.path.truncate(length);
                }
                (!list.is_empty()).then_some(Value::List(list))
            }
            (Shape::List(element), _) => self.value(tree, element).map(|value| Value::List(vec![value])),
            (Shape::Record(_), Json::Object(members)) => {
                let mut record = Record::default();
                for (key, value) in members {
                    if key == "kind" && self.path.is_empty() {
                        continue;
                    }
                    let length = self.path.len();
                    if length > 0 {
                        self.path.push('.');
                    }
                    self.path.push_str(key);
                    match Name::of(key).and_then(|name| Some((name, shape.field(name)?))) {
                        Some((name, field)) => {
                            if let Some(value) = self.value(value, field) {
                                record.insert(name, value);
                            }
                        }
                        None => {
                            let known: Vec<_> = shape.fields().iter().map(|(name, _)| name.as_str()).collect();
                            self.errors.push(FieldError {
                                path: self.path.clone(),
                                expected: format!("one of the members {}", known.join(", ")),
                                found: format!("an unknown member \"{key}\""),
                            });
                        }
                    }
                    self.path.truncate(length);
                }
                (!record.fields.is_empty()).then_some(Value::Record(record))
            }
            (Shape::Record(_), _) => self.wrong("an object", tree),
        }
    }

    fn leaf(&mut self, tree: &serde_json::Value, leaf: Leaf) -> Option<Value<'static>> {
        use serde_json::Value as Json;
        let value = match (leaf, tree) {
            (Leaf::Text, Json::String(text)) => Some(Value::Text(Cow::Owned(text.clone()))),
            (Leaf::Decimal, Json::String(text)) => text.parse().ok().map(Value::Decimal),
            (Leaf::Decimal, Json::Number(number)) => number.to_string().parse().ok().map(Value::Decimal),
            (Leaf::Date, Json::String(text)) => text.parse().ok().map(Value::Date),
            (Leaf::Time, Json::String(text)) => text.parse().ok().map(Value::Time),
            (Leaf::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
            (Leaf::Flag, Json::Bool(flag)) => Some(Value::Flag(*flag)),
            _ => None,
        };
        value.or_else(|| self.wrong(leaf.as_str(), tree))
    }

    fn wrong(&mut self, expected: &str, found: &serde_json::Value) -> Option<Value<'static>> {
        self.errors.push(FieldError { path: self.path.clone(), expected: expected.into(), found: short(found) });
        None
    }
}

/// A JSON value cut to what a message can hold.
fn short(value: &serde_json::Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(57).chain("...".chars()).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::order::Order;
    use super::*;

    #[test]
    fn decimals_keep_their_scale() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "12.50",
            "0.05",
            "-0.5",
            "100",
            "79228162514264337593543950335",
            "0.0000000000000000000000000001",
        ] {
            let mut out = Vec::new();
            write_decimal(text.parse().unwrap(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn text_is_escaped_as_json_wants_it() {
        for text in ["", "plain", "a\"b\\c", "line\nend\r\ttab", "\u{1}\u{1f}", "Größe 中 😀"] {
            let mut out = Vec::new();
            write_text(text, &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn a_document_comes_back_from_its_json_and_from_its_struct() {
        let json = r#"{"kind":"order","number":"4711","date":"2026-11-23","time":"14:05","test":true,"total":"12.50","parties":[{"role":"ship_to","ids":[{"scheme":"gln","id":"4012345000016"}],"address":{"country":"DE","street":["Hafen 3"]}}],"terms":[{"net_days":30}],"lines":[{"number":"1","quantity":"2.0","unit":"EA"}]}"#;
        let document = Canonical::from_json(json.as_bytes()).unwrap();
        assert_eq!(document.to_json(), json);
        assert_eq!(serde_json::to_string(&document).unwrap(), json);
        let order: Order = document.to_typed().unwrap();
        assert_eq!(order.lines[0].quantity, Some("2.0".parse().unwrap()));
        assert_eq!(order.head.head.parties[0].role.as_deref(), Some("ship_to"));
        assert_eq!(Canonical::from_typed(Kind::Order, &order).unwrap(), document);
    }

    #[test]
    fn errors_name_the_field_and_what_was_expected() {
        let cases = [
            (r#"{"kind":"oder"}"#, "kind", "one of order,"),
            (r#"{"kind":"order","number":5}"#, "number", "text"),
            (r#"{"kind":"order","lines":[{},{"price":"12,50"}]}"#, "lines[1].price", "a decimal"),
            (r#"{"kind":"order","lines":[{"prise":"1"}]}"#, "lines[0].prise", "one of the members"),
            (r#"{"kind":"order","date":"2026-02-30"}"#, "date", "a date"),
            (r#"{"kind":"order","parties":["ACME"]}"#, "parties[0]", "an object"),
            ("{", "", "JSON"),
        ];
        for (json, path, expected) in cases {
            check(json, path, expected);
        }
    }

    #[test]
    fn one_value_stands_for_a_list_of_one_and_nothing_is_nothing() {
        let document =
            Canonical::from_json(br#"{"kind":"order","number":null,"lines":[],"terms":{"note":"x"}}"#).unwrap();
        assert_eq!(document.to_json(), r#"{"kind":"order","terms":[{"note":"x"}]}"#);
    }

    fn check(json: &str, path: &str, expected: &str) {
        let errors = Canonical::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].path, path);
        assert!(errors[0].expected.starts_with(expected), "{}", errors[0]);
    }
}
