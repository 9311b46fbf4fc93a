//! EDIFACT dates with their format code (2379): one text, and the date, times and period it stands for.

use std::borrow::Cow;

use jiff::civil::{Date, Time};

use super::model::Moment;
use super::number;
use crate::canonical::Value;

/// The parts of a date that were understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Parts<'a> {
    pub date: Option<Value<'a>>,
    pub time: Option<Value<'a>>,
    pub until: Option<Value<'a>>,
    pub until_time: Option<Value<'a>>,
    pub value: Option<Value<'a>>,
    pub format: Option<Value<'a>>,
}

/// Reads a text by its format code; none where the fields of the map cannot hold it.
pub(super) fn read<'a>(text: Cow<'a, str>, format: Cow<'a, str>, roles: &Moment) -> Option<Parts<'a>> {
    let digits = text.trim().as_bytes();
    let (date, time, until) = match &*format {
        "718" | "719" | "711" | "713" => {
            let (from, to) = halves(digits)?;
            let ((date, time), (until, until_time)) = (point(from)?, point(to)?);
            let until_time = until_time.filter(|_| roles.until_time.is_some()).map(Value::Time);
            let parts = Parts {
                date: Some(Value::Date(date)),
                time: time.map(Value::Time),
                until: Some(Value::Date(until)),
                until_time,
                ..Parts::default()
            };
            return if roles.until.is_some() { Some(parts) } else { raw(text, format, roles) };
        }
        "101" | "102" | "" => {
            let Some((date, time)) = point(digits) else { return raw(text, format, roles) };
            (date, time, None::<Date>)
        }
        "201" | "202" | "203" | "204" | "205" | "303" | "304" => {
            let Some((date, time)) = moment(digits, &format) else { return raw(text, format, roles) };
            (date, time, None)
        }
        _ => return raw(text, format, roles),
    };
    if time.is_some() && roles.time.is_none() && time != Some(Time::midnight()) && roles.value.is_some() {
        return raw(text, format, roles);
    }
    Some(Parts {
        date: Some(Value::Date(date)),
        time: time.filter(|_| roles.time.is_some()).map(Value::Time),
        until: until.map(Value::Date),
        ..Parts::default()
    })
}

/// What no calendar knows is kept as it stands, where the map has fields for it.
fn raw<'a>(text: Cow<'a, str>, format: Cow<'a, str>, roles: &Moment) -> Option<Parts<'a>> {
    roles.value.as_ref()?;
    let format = (!format.is_empty()).then_some(Value::Text(format));
    Some(Parts { value: Some(Value::Text(text)), format, ..Parts::default() })
}

fn halves(digits: &[u8]) -> Option<(&[u8], &[u8])> {
    match digits.iter().position(|&byte| byte == b'-') {
        Some(at) => Some((&digits[..at], &digits[at + 1..])),
        None if digits.len().is_multiple_of(2) => Some(digits.split_at(digits.len() / 2)),
        None => None,
    }
}

/// A date, or a date and a time, by its length.
fn point(digits: &[u8]) -> Option<(Date, Option<Time>)> {
    match digits.len() {
        6 | 8 => Some((number::date(digits)?, None)),
        12 | 14 => Some((number::date(&digits[..8])?, Some(number::time(&digits[8..])?))),
        _ => None,
    }
}

fn moment(digits: &[u8], format: &str) -> Option<(Date, Option<Time>)> {
    let (date, time) = match (format, digits.len()) {
        ("201" | "202", 10 | 12) => digits.split_at(6),
        // Zones stand behind the time (303, 304, 205); the fields have none.
        ("203" | "204" | "205" | "303" | "304", 12..) => digits.split_at(8),
        // Senders who give the date only.
        (_, 8) => (digits, &digits[8..]),
        _ => return None,
    };
    let time = match (format, time.len()) {
        (_, 0) => None,
        ("204" | "304" | "202", 6..) => Some(number::time(&time[..6])?),
        (_, 4..) => Some(number::time(&time[..4])?),
        _ => return None,
    };
    Some((number::date(date)?, time))
}

/// The text and format code of what the document holds.
pub(super) fn write(parts: &Parts<'_>) -> Option<(String, String)> {
    if let (Some(Value::Text(text)), format) = (&parts.value, &parts.format) {
        let format = format.as_ref().and_then(Value::as_text).unwrap_or("");
        return Some((text.to_string(), format.to_owned()));
    }
    let Some(Value::Date(date)) = &parts.date else { return None };
    let compact = |date: &Date| format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    let clock = |time: &Time| format!("{:02}{:02}", time.hour(), time.minute());
    if let Some(Value::Date(until)) = &parts.until {
        return Some(match (&parts.time, &parts.until_time) {
            (Some(Value::Time(from)), Some(Value::Time(to))) => {
                (format!("{}{}{}{}", compact(date), clock(from), compact(until), clock(to)), "719".to_owned())
            }
            _ => (format!("{}{}", compact(date), compact(until)), "718".to_owned()),
        });
    }
    Some(match &parts.time {
        Some(Value::Time(time)) if time.second() != 0 => {
            (format!("{}{}{:02}", compact(date), clock(time), time.second()), "204".to_owned())
        }
        Some(Value::Time(time)) => (format!("{}{}", compact(date), clock(time)), "203".to_owned()),
        _ => (compact(date), "102".to_owned()),
    })
}
