//! A canonical document as a tree that a mapping fills and empties, borrowed from the wire bytes where it can be.

use std::borrow::Cow;

use jiff::civil;
use rust_decimal::Decimal;

use super::{Kind, Name};

/// A canonical document: its kind and its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Canonical<'a> {
    pub kind: Kind,
    pub fields: Record<'a>,
}

impl<'a> Canonical<'a> {
    pub fn new(kind: Kind) -> Self {
        Self { kind, fields: Record::default() }
    }

    /// The document without a tie to the wire bytes.
    pub fn into_owned(self) -> Canonical<'static> {
        Canonical { kind: self.kind, fields: self.fields.into_owned() }
    }
}

/// A value in a canonical document.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Text(Cow<'a, str>),
    /// A JSON string of digits; the scale is kept as read.
    Decimal(Decimal),
    /// ISO 8601 `YYYY-MM-DD`.
    Date(civil::Date),
    /// ISO 8601 `HH:MM[:SS]`.
    Time(civil::Time),
    Integer(i64),
    Flag(bool),
    List(Vec<Value<'a>>),
    Record(Record<'a>),
}

impl<'a> Value<'a> {
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub fn as_decimal(&self) -> Option<Decimal> {
        if let Self::Decimal(decimal) = self { Some(*decimal) } else { None }
    }

    pub fn as_date(&self) -> Option<civil::Date> {
        if let Self::Date(date) = self { Some(*date) } else { None }
    }

    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }

    pub fn as_record(&self) -> Option<&Record<'a>> {
        if let Self::Record(record) = self { Some(record) } else { None }
    }

    pub fn as_record_mut(&mut self) -> Option<&mut Record<'a>> {
        if let Self::Record(record) = self { Some(record) } else { None }
    }

    /// Nothing to say: an empty list or record, which JSON leaves out.
    #[inline]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::List(values) => values.iter().all(Self::is_empty),
            Self::Record(record) => record.is_empty(),
            _ => false,
        }
    }

    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Decimal(decimal) => Value::Decimal(decimal),
            Self::Date(date) => Value::Date(date),
            Self::Time(time) => Value::Time(time),
            Self::Integer(number) => Value::Integer(number),
            Self::Flag(flag) => Value::Flag(flag),
            Self::List(values) => Value::List(values.into_iter().map(Self::into_owned).collect()),
            Self::Record(record) => Value::Record(record.into_owned()),
        }
    }
}

impl From<Decimal> for Value<'_> {
    fn from(decimal: Decimal) -> Self {
        Self::Decimal(decimal)
    }
}

impl From<civil::Date> for Value<'_> {
    fn from(date: civil::Date) -> Self {
        Self::Date(date)
    }
}

impl From<civil::Time> for Value<'_> {
    fn from(time: civil::Time) -> Self {
        Self::Time(time)
    }
}

impl<'a> From<Record<'a>> for Value<'a> {
    fn from(record: Record<'a>) -> Self {
        Self::Record(record)
    }
}

/// Fields in the shape's order, so that equal documents are equal text.
///
/// The order is that of [`Name`]s; keep it when touching `fields` directly, or use [`Record::insert`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'a> {
    pub fields: Vec<(Name, Value<'a>)>,
}

impl<'a> Record<'a> {
    pub fn with_capacity(fields: usize) -> Self {
        Self { fields: Vec::with_capacity(fields) }
    }

    pub fn get(&self, name: Name) -> Option<&Value<'a>> {
        self.position(name).ok().map(|at| &self.fields[at].1)
    }

    pub fn get_mut(&mut self, name: Name) -> Option<&mut Value<'a>> {
        let at = self.position(name).ok()?;
        Some(&mut self.fields[at].1)
    }

    /// Sets a field; returns what stood there.
    pub fn insert(&mut self, name: Name, value: Value<'a>) -> Option<Value<'a>> {
        match self.position(name) {
            Ok(at) => Some(std::mem::replace(&mut self.fields[at].1, value)),
            Err(at) => {
                self.fields.insert(at, (name, value));
                None
            }
        }
    }

    /// Sets a field that is not there yet; otherwise what stands there, and the value back.
    #[inline]
    pub fn insert_new(&mut self, name: Name, value: Value<'a>) -> Result<(), (&Value<'a>, Value<'a>)> {
        match self.position(name) {
            Err(at) if at == self.fields.len() => self.fields.push((name, value)),
            Err(at) => self.fields.insert(at, (name, value)),
            Ok(at) => return Err((&self.fields[at].1, value)),
        }
        Ok(())
    }

    pub fn remove(&mut self, name: Name) -> Option<Value<'a>> {
        let at = self.position(name).ok()?;
        Some(self.fields.remove(at).1)
    }

    /// The field, made by `make` where it is missing.
    pub fn entry(&mut self, name: Name, make: impl FnOnce() -> Value<'a>) -> &mut Value<'a> {
        let at = match self.position(name) {
            Ok(at) => at,
            Err(at) => {
                self.fields.insert(at, (name, make()));
                at
            }
        };
        &mut self.fields[at].1
    }

    /// Text of a field by its JSON name: for tests and for code that reads a field or two.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(Name::of(name)?)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(Name::of(name)?)?.as_text()
    }

    pub fn is_empty(&self) -> bool {
        self.fields.iter().all(|(_, value)| value.is_empty())
    }

    pub fn into_owned(self) -> Record<'static> {
        Record { fields: self.fields.into_iter().map(|(name, value)| (name, value.into_owned())).collect() }
    }

    /// Where a field is, or where it would be inserted. Fields mostly come in order: the end is tried first.
    #[inline]
    fn position(&self, name: Name) -> Result<usize, usize> {
        match self.fields.last() {
            None => Err(0),
            Some((last, _)) if *last < name => Err(self.fields.len()),
            Some((last, _)) if *last == name => Ok(self.fields.len() - 1),
            Some(_) => self.fields.binary_search_by_key(&name, |(name, _)| *name),
        }
    }
}

impl serde::Serialize for Canonical<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind.as_str())?;
        for (name, value) in self.fields.fields.iter().filter(|(_, value)| !value.is_empty()) {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

impl serde::Serialize for Record<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let present = self.fields.iter().filter(|(_, value)| !value.is_empty());
        serializer.collect_map(present.map(|(name, value)| (name.as_str(), value)))
    }
}

/// The same JSON as [`super::json::write_value`] writes, for embedding in larger documents.
impl serde::Serialize for Value<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Decimal(_) | Self::Date(_) | Self::Time(_) => {
                let mut out = Vec::with_capacity(16);
                super::json::write_bare(self, &mut out);
                serializer.serialize_str(&String::from_utf8_lossy(&out))
            }
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(values) => serializer.collect_seq(values),
            Self::Record(record) => record.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_the_order_of_the_shape_however_they_come() {
        let names: Vec<Name> =
            ["number", "date", "currency", "lines"].iter().filter_map(|text| Name::of(text)).collect();
        let mut record = Record::default();
        for at in [2, 0, 3, 1] {
            assert_eq!(record.insert(names[at], Value::Integer(at as i64)), None);
        }
        assert_eq!(record.insert(names[1], Value::Flag(true)), Some(Value::Integer(1)));
        assert_eq!(record.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
        assert_eq!(record.get(names[3]), Some(&Value::Integer(3)));
    }
}
