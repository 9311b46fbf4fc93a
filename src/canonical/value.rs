//! A canonical document as a tree that a mapping fills and empties, borrowed from the wire bytes where it can be.

use std::borrow::Cow;

use jiff::civil;
use rust_decimal::Decimal;

use super::Name;

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

/// Fields in the shape's order, so that equal documents are equal text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'a> {
    pub fields: Vec<(Name, Value<'a>)>,
}
