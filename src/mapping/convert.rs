//! Conversions between wire text and canonical values, each in both directions, free of segments.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use super::number;
use super::table::{Table, Tables};
use crate::canonical::{Leaf, Value};
use crate::finding::Fault;
use crate::mistake::nearest;

/// How a text on the wire and a value correspond.
#[derive(Clone, Debug)]
pub enum Convert {
    /// As it stands, without trailing blanks.
    Text,
    Decimal,
    /// So many implied decimals: X12 Nn.
    Implied(u8),
    Integer,
    /// Reads every form; writes `CCYYMMDD`, `YYMMDD` or `YYYY-MM-DD`.
    Date(DateForm),
    /// Reads every form; writes `HHMM[SS[DD]]` or with colons.
    Time(TimeForm),
    /// The two words of a flag, true first.
    Flag(Box<str>, Box<str>),
    Table(Arc<Table>),
    /// A serial shipping container code: eighteen digits in the document, on the wire with `00` before it or without.
    Sscc {
        with_identifier: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    Century,
    Short,
    Iso,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    Compact,
    Iso,
}

/// Which decimal mark the wire has beside `.`.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    pub decimal: u8,
}

impl Marks {
    /// `.` only.
    pub const POINT: Self = Self { decimal: b'.' };
}

/// What came of reading a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Understood<'a> {
    Value(Value<'a>),
    /// A code that the table does not know: it passes through, and is told.
    Unknown(Value<'a>),
    /// It is no such value.
    Wrong(Fault),
}

/// Why a value cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The value is of another type than the conversion writes.
    Type,
    /// Writing would lose digits.
    Digits,
}

/// The names of the conversions that are built in, for suggestions and the reference.
pub const NAMES: &[&str] =
    &["text", "date", "time", "dec", "int", "n0", "n1", "n2", "n3", "n4", "n5", "n6", "flag", "sscc", "sscc18"];

impl Convert {
    /// The conversion of a name, or a message that says what is wrong with it. `xml` chooses the ISO forms.
    pub fn named(name: &str, arguments: &[&str], tables: &Tables, xml: bool) -> Result<Self, String> {
        let found = match (name, arguments) {
            ("text", []) => Self::Text,
            ("date", []) => Self::Date(if xml { DateForm::Iso } else { DateForm::Century }),
            ("time", []) => Self::Time(if xml { TimeForm::Iso } else { TimeForm::Compact }),
            ("dec", []) => Self::Decimal,
            ("int", []) => Self::Integer,
            ("flag", [yes, no]) => Self::Flag((*yes).into(), (*no).into()),
            ("flag", []) => Self::Flag("true".into(), "false".into()),
            ("sscc", []) => Self::Sscc { with_identifier: true },
            ("sscc18", []) => Self::Sscc { with_identifier: false },
            ("n0" | "n1" | "n2" | "n3" | "n4" | "n5" | "n6", []) => Self::Implied(name.as_bytes()[1] - b'0'),
            (_, []) => match tables.get(name) {
                Some(table) => Self::Table(table.clone()),
                None => return Err(format!("there is no conversion and no table \"{name}\"")),
            },
            _ => return Err(format!("|{name} takes other arguments")),
        };
        Ok(found)
    }

    /// A name near to a misspelt one.
    pub fn suggestion<'t>(name: &str, tables: &'t Tables) -> Option<&'t str> {
        nearest(name, NAMES.iter().copied().chain(tables.names()))
    }

    /// The conversion that suits a field when the map names none.
    pub fn of(leaf: Leaf, xml: bool) -> Option<Self> {
        match leaf {
            Leaf::Text => Some(Self::Text),
            Leaf::Integer => Some(Self::Integer),
            Leaf::Decimal | Leaf::Date | Leaf::Time | Leaf::Flag if !xml => None,
            Leaf::Decimal => Some(Self::Decimal),
            Leaf::Date => Some(Self::Date(DateForm::Iso)),
            Leaf::Time => Some(Self::Time(TimeForm::Iso)),
            Leaf::Flag => Some(Self::Flag("true".into(), "false".into())),
        }
    }

    /// Whether the conversion makes what the field holds.
    pub fn suits(&self, leaf: Leaf) -> bool {
        matches!(
            (self, leaf),
            (Self::Text | Self::Table(_) | Self::Sscc { .. }, Leaf::Text)
                | (Self::Decimal | Self::Implied(_), Leaf::Decimal)
                | (Self::Integer, Leaf::Integer)
                | (Self::Date(_), Leaf::Date)
                | (Self::Time(_), Leaf::Time)
                | (Self::Flag(..), Leaf::Flag)
        )
    }

    /// What a field of that type wants, for messages.
    pub fn wanted(leaf: Leaf) -> &'static str {
        match leaf {
            Leaf::Text => "a table, |text or nothing",
            Leaf::Decimal => "|dec or |n2",
            Leaf::Date => "|date",
            Leaf::Time => "|time",
            Leaf::Integer => "|int",
            Leaf::Flag => "|flag:Y,N",
        }
    }

    /// Reads a text. An empty text is the caller's: it is no value.
    #[inline]
    pub fn read<'a>(&'a self, text: Cow<'a, str>, marks: Marks) -> Understood<'a> {
        let value = match self {
            Self::Decimal | Self::Implied(_) | Self::Integer | Self::Date(_) | Self::Time(_) => {
                return self.read_digits(text.as_bytes(), marks).unwrap_or(Understood::Wrong(Fault::ValueInvalid));
            }
            Self::Text => return Understood::Value(Value::Text(trimmed(text))),
            Self::Table(table) => {
                let text = trimmed(text);
                return match table.word(&text) {
                    Some(word) => Understood::Value(Value::Text(Cow::Borrowed(word))),
                    None => Understood::Unknown(Value::Text(text)),
                };
            }
            Self::Flag(yes, no) => match text.trim() {
                text if text == &**yes => Ok(Value::Flag(true)),
                text if text == &**no => Ok(Value::Flag(false)),
                _ => Err(Fault::ValueInvalid),
            },
            Self::Sscc { .. } => {
                let text = trimmed(text);
                let bare = match &text {
                    Cow::Borrowed(text) if text.len() == 20 && text.starts_with("00") => Cow::Borrowed(&text[2..]),
                    Cow::Owned(text) if text.len() == 20 && text.starts_with("00") => Cow::Owned(text[2..].to_owned()),
                    other => other.clone(),
                };
                Ok(Value::Text(bare))
            }
        };
        match value {
            Ok(value) => Understood::Value(value),
            Err(fault) => Understood::Wrong(fault),
        }
    }

    /// Reads a number, a date or a time from its bytes: they need no decoding. `None` where the conversion makes text.
    #[inline]
    pub fn read_digits(&self, bytes: &[u8], marks: Marks) -> Option<Understood<'static>> {
        if matches!(self, Self::Text | Self::Table(_) | Self::Flag(..) | Self::Sscc { .. }) {
            return None;
        }
        let bytes = bytes.trim_ascii();
        let (value, fault) = match self {
            Self::Decimal => (number::decimal(bytes, marks.decimal).map(Value::Decimal), Fault::NumberInvalid),
            Self::Implied(places) => (number::implied(bytes, *places).map(Value::Decimal), Fault::NumberInvalid),
            Self::Integer => {
                let text = std::str::from_utf8(bytes).ok();
                (text.and_then(|text| text.parse().ok()).map(Value::Integer), Fault::NumberInvalid)
            }
            Self::Date(_) => (number::date(bytes).map(Value::Date), Fault::DateInvalid),
            Self::Time(_) => (number::time(bytes).map(Value::Time), Fault::TimeInvalid),
            Self::Text | Self::Table(_) | Self::Flag(..) | Self::Sscc { .. } => return None,
        };
        Some(value.map_or(Understood::Wrong(fault), Understood::Value))
    }

    /// Writes a value. The flag that comes back says whether reading brings it back: a code that only comes near does not.
    pub fn write(&self, value: &Value<'_>, out: &mut String) -> Result<bool, Refused> {
        match (self, value) {
            (Self::Text, Value::Text(text)) => out.push_str(text),
            (Self::Table(table), Value::Text(word)) => match (table.code(word), table.near_code(word)) {
                (Some(code), _) => out.push_str(code),
                (None, Some(code)) => {
                    out.push_str(code);
                    return Ok(false);
                }
                (None, None) => out.push_str(word),
            },
            (Self::Sscc { with_identifier }, Value::Text(text)) => {
                if *with_identifier && text.len() == 18 {
                    out.push_str("00");
                }
                out.push_str(text);
            }
            (Self::Decimal, Value::Decimal(decimal)) => written(out, decimal),
            (Self::Implied(places), Value::Decimal(decimal)) => {
                written(out, &number::to_implied(*decimal, *places).ok_or(Refused::Digits)?);
            }
            (Self::Integer, Value::Integer(number)) => written(out, number),
            (Self::Date(form), Value::Date(date)) => {
                let (year, month, day) = (date.year(), date.month(), date.day());
                let written = match form {
                    DateForm::Century => write!(out, "{year:04}{month:02}{day:02}"),
                    DateForm::Short => write!(out, "{:02}{month:02}{day:02}", year.rem_euclid(100)),
                    DateForm::Iso => write!(out, "{year:04}-{month:02}-{day:02}"),
                };
                debug_assert!(written.is_ok(), "strings take everything");
            }
            (Self::Time(form), Value::Time(time)) => {
                let colon = if *form == TimeForm::Iso { ":" } else { "" };
                written(out, &format_args!("{:02}{colon}{:02}", time.hour(), time.minute()));
                let hundredths = time.subsec_nanosecond() / 10_000_000;
                if *form == TimeForm::Iso || time.second() != 0 || hundredths != 0 {
                    written(out, &format_args!("{colon}{:02}", time.second()));
                }
                if hundredths != 0 && *form == TimeForm::Compact {
                    written(out, &format_args!("{hundredths:02}"));
                }
            }
            (Self::Flag(yes, no), Value::Flag(flag)) => out.push_str(if *flag { yes } else { no }),
            _ => return Err(Refused::Type),
        }
        Ok(true)
    }
}

fn written(out: &mut String, value: &dyn std::fmt::Display) {
    let done = write!(out, "{value}");
    debug_assert!(done.is_ok(), "strings take everything");
}

/// Without trailing blanks, which carry nothing in either standard. Borrowed text stays borrowed.
#[inline]
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.as_bytes().last() != Some(&b' ') {
        return text;
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(' ')),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end_matches(' ').len());
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::syntax::parse;

    #[test]
    fn both_directions() {
        check("text", "WIDGET  ", "WIDGET", "WIDGET");
        check("dec", "12.50", "12.50", "12.50");
        check("n2", "14400", "144.00", "14400");
        check("int", "007", "7", "7");
        check("date", "20260102", "2026-01-02", "20260102");
        check("date", "260102", "2026-01-02", "20260102");
        check("time", "140500", "14:05:00", "1405");
        check("time", "14050625", "14:05:06.25", "14050625");
        check("flag", "true", "true", "true");
        check("unit", "EA", "each", "EA");
        check("unit", "XX", "XX?", "XX");
        check("sscc", "00123456789012345675", "123456789012345675", "00123456789012345675");
        check("sscc", "123456789012345675", "123456789012345675", "00123456789012345675");
        check("dec", "12,5", "number-invalid!", "");
        check("date", "20261399", "date-invalid!", "");
    }

    #[test]
    fn loss_is_refused() {
        let value = Value::Decimal("1.005".parse().expect("a decimal"));
        assert_eq!(Convert::Implied(2).write(&value, &mut String::new()), Err(Refused::Digits));
        assert_eq!(Convert::Decimal.write(&Value::text("1"), &mut String::new()), Err(Refused::Type));
    }

    /// `value` ends with `?` for an unknown code and with `!` for a fault.
    #[track_caller]
    fn check(name: &str, wire: &str, value: &str, back: &str) {
        let mut tables = Tables::default();
        assert_eq!(tables.add(&parse("t", "table unit EA=each CA=case").0), []);
        let convert = Convert::named(name, &[], &tables, false).expect("a conversion");
        let told = |value: &Value<'_>| match value {
            Value::Text(text) => text.to_string(),
            Value::Decimal(decimal) => decimal.to_string(),
            Value::Date(date) => date.to_string(),
            Value::Time(time) => time.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
            other => format!("{other:?}"),
        };
        let (read, said) = match convert.read(Cow::Borrowed(wire), Marks::POINT) {
            Understood::Value(value) => (Some(value.clone()), told(&value)),
            Understood::Unknown(value) => (Some(value.clone()), format!("{}?", told(&value))),
            Understood::Wrong(Fault::NumberInvalid) => (None, "number-invalid!".to_owned()),
            Understood::Wrong(Fault::DateInvalid) => (None, "date-invalid!".to_owned()),
            Understood::Wrong(fault) => (None, format!("{fault:?}!")),
        };
        assert_eq!(said, value);
        if let Some(read) = read {
            let mut out = String::new();
            assert!(convert.write(&read, &mut out).is_ok());
            assert_eq!(out, back);
        }
    }
}
