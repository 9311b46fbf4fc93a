//! Between the text of an element and a canonical value, both ways.

use std::borrow::Cow;

use jiff::civil;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use crate::canonical::{Leaf, Value};
use crate::finding::Fault;

/// How a blank's text and value correspond.
#[derive(Clone, Debug)]
pub(super) enum Convert {
    Text,
    /// `xs:decimal`; canonical scale as written.
    Decimal,
    /// `xs:date`; a zone behind it is not kept.
    Date,
    /// `20260131`, also with a time behind it (UN/CEFACT formats 102 and 203).
    DateCompact,
    /// `xs:time`; fractions and zone are not kept.
    Time,
    Integer,
    /// `true` or `false`, `1` or `0`.
    Flag,
    Table(Table),
}

/// Codes and the words they stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub words: FxHashMap<Box<str>, Box<str>>,
    /// The code to write for a word: the first of several.
    pub codes: FxHashMap<Box<str>, Box<str>>,
}

impl Convert {
    /// The conversion of a field without one: texts as they are, everything else as XML Schema writes it.
    pub fn of(leaf: Leaf) -> Self {
        match leaf {
            Leaf::Text => Self::Text,
            Leaf::Decimal => Self::Decimal,
            Leaf::Date => Self::Date,
            Leaf::Time => Self::Time,
            Leaf::Integer => Self::Integer,
            Leaf::Flag => Self::Flag,
        }
    }

    /// The value, and whether a table did not know the code; or the fault and what was expected.
    pub fn read<'t>(&self, text: Cow<'t, str>) -> Result<(Value<'t>, bool), (Fault, &'static str)> {
        let value = match self {
            Self::Text => Value::Text(text),
            Self::Decimal => Value::Decimal(decimal(&text).ok_or((Fault::NumberInvalid, "a decimal like 12.50"))?),
            Self::Date => Value::Date(date(&text).ok_or((Fault::DateInvalid, "a date like 2026-01-31"))?),
            Self::DateCompact => Value::Date(date_compact(&text).ok_or((Fault::DateInvalid, "a date like 20260131"))?),
            Self::Time => Value::Time(time(&text).ok_or((Fault::TimeInvalid, "a time like 14:05:00"))?),
            Self::Integer => {
                let number = text.strip_prefix('+').unwrap_or(&text).parse();
                Value::Integer(number.map_err(|_| (Fault::NumberInvalid, "a whole number"))?)
            }
            Self::Flag => match &*text {
                "true" | "1" => Value::Flag(true),
                "false" | "0" => Value::Flag(false),
                _ => return Err((Fault::ValueInvalid, "true or false")),
            },
            Self::Table(table) => match table.words.get(&*text) {
                Some(word) => Value::Text(Cow::Owned(word.to_string())),
                None => return Ok((Value::Text(text), true)),
            },
        };
        Ok((value, false))
    }

    /// The text of a value, or nothing where the value is not of the field's kind or cannot stand in XML.
    pub fn write<'v>(&self, value: &'v Value<'_>) -> Option<Cow<'v, str>> {
        Some(match (self, value) {
            (Self::Table(table), Value::Text(word)) => match table.codes.get(&**word) {
                Some(code) => Cow::Owned(code.to_string()),
                None => Cow::Borrowed(word),
            },
            (_, Value::Text(text)) => Cow::Borrowed(&**text),
            (_, Value::Decimal(number)) => Cow::Owned(number.to_string()),
            (Self::DateCompact, Value::Date(date)) => {
                Cow::Owned(format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()))
            }
            (_, Value::Date(date)) => Cow::Owned(date.to_string()),
            (_, Value::Time(time)) => {
                Cow::Owned(format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()))
            }
            (_, Value::Integer(number)) => Cow::Owned(number.to_string()),
            (_, Value::Flag(flag)) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            (_, Value::List(_) | Value::Record(_)) => return None,
        })
    }
}

/// `xs:decimal`: a sign, digits, a point; at most what 28 digits hold.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let plain = text.strip_prefix('+').unwrap_or(text);
    let digits = plain.strip_prefix('-').unwrap_or(plain);
    let fits = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.bytes().any(|b| b.is_ascii_digit());
    fits.then(|| Decimal::from_str_exact(plain).ok()).flatten()
}

/// `xs:date`, or `xs:dateTime`, of which only the date is kept.
fn date(text: &str) -> Option<civil::Date> {
    let (day, rest) = text.split_at_checked(10)?;
    let zone = |z: &str| z.is_empty() || z == "Z" || (z.len() == 6 && z.starts_with(['+', '-']) && &z[3..4] == ":");
    if !(rest.starts_with('T') || rest.is_ascii() && zone(rest)) {
        return None;
    }
    let bytes = day.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    civil::Date::new(digits(&bytes[..4])?, digits(&bytes[5..7])? as i8, digits(&bytes[8..])? as i8).ok()
}

fn date_compact(text: &str) -> Option<civil::Date> {
    let bytes = text.as_bytes();
    if !matches!(bytes.len(), 8 | 12 | 14) || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    civil::Date::new(digits(&bytes[..4])?, digits(&bytes[4..6])? as i8, digits(&bytes[6..8])? as i8).ok()
}

fn time(text: &str) -> Option<civil::Time> {
    let bytes = text.as_bytes();
    let colon = |at: usize| bytes.get(at).is_none_or(|&b| b == b':');
    if bytes.len() < 5 || !text.is_ascii() || !colon(2) || !(bytes.len() == 5 || bytes[5] == b':' && bytes.len() >= 8) {
        return None;
    }
    let seconds = if bytes.len() >= 8 { digits(&bytes[6..8])? } else { 0 };
    civil::Time::new(digits(&bytes[..2])? as i8, digits(&bytes[3..5])? as i8, seconds as i8, 0).ok()
}

fn digits(bytes: &[u8]) -> Option<i16> {
    bytes.iter().try_fold(0_i16, |number, b| b.is_ascii_digit().then(|| number * 10 + i16::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values_and_texts_again() {
        check(&Convert::Decimal, "12.50", "12.50");
        check(&Convert::Decimal, "+.5", "0.5");
        check(&Convert::Decimal, "-0012", "-12");
        check(&Convert::Date, "2026-01-31", "2026-01-31");
        check(&Convert::Date, "2026-01-31+01:00", "2026-01-31");
        check(&Convert::Date, "2026-01-31T10:00:00Z", "2026-01-31");
        check(&Convert::DateCompact, "20260131", "20260131");
        check(&Convert::DateCompact, "202601311200", "20260131");
        check(&Convert::Time, "14:05:09.123+01:00", "14:05:09");
        check(&Convert::Time, "14:05", "14:05:00");
        check(&Convert::Flag, "1", "true");
    }

    #[test]
    fn what_is_no_value_is_a_fault() {
        let wrong = [
            (Convert::Decimal, "12,50"),
            (Convert::Decimal, "1_000"),
            (Convert::Decimal, "1e3"),
            (Convert::Decimal, "."),
            (Convert::Decimal, ""),
            (Convert::Decimal, "99999999999999999999999999999999"),
            (Convert::Date, "2026-02-30"),
            (Convert::Date, "31.01.2026"),
            (Convert::Date, "2026-01-31é"),
            (Convert::DateCompact, "2026-01-31"),
            (Convert::Time, "25:00"),
            (Convert::Time, "1é:00"),
            (Convert::Flag, "yes"),
            (Convert::Integer, "1.0"),
        ];
        for (convert, text) in wrong {
            assert!(convert.read(Cow::Borrowed(text)).is_err(), "{text}");
        }
    }

    fn check(convert: &Convert, text: &str, expected: &str) {
        let (value, unknown) = convert.read(Cow::Borrowed(text)).unwrap_or_else(|_| panic!("{text}"));
        assert!(!unknown);
        assert_eq!(convert.write(&value).as_deref(), Some(expected), "{text}");
    }
}
