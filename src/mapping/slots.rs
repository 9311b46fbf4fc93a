//! The way from a record to a field, made while it is walked.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::model::Step;
use crate::canonical::{Name, Record, Value};

/// What putting a value did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    New,
    /// The same value stood there.
    Same,
    /// Another value stood there, and stays.
    Differs,
}

/// Puts a value unless another one stands there.
#[inline]
pub(super) fn put<'a>(record: &mut Record<'a>, steps: &'a [Step], value: Value<'a>) -> Put {
    let Some((last, way)) = steps.split_last() else { return Put::Differs };
    let Some(record) = descend(record, way) else { return Put::Differs };
    match last {
        Step::Field(name) => match record.insert_new(*name, value) {
            Ok(()) => Put::New,
            Err((before, value)) if *before == value => Put::Same,
            Err(_) => Put::Differs,
        },
        Step::First(name) | Step::Chosen(name, ..) => match record.entry(*name, || Value::List(Vec::new())) {
            Value::List(items) => match items.first() {
                None => {
                    items.push(value);
                    Put::New
                }
                Some(before) if *before == value => Put::Same,
                Some(_) => Put::Differs,
            },
            _ => Put::Differs,
        },
    }
}

fn descend<'r, 'a>(mut record: &'r mut Record<'a>, way: &'a [Step]) -> Option<&'r mut Record<'a>> {
    for step in way {
        record = match step {
            Step::Field(name) => record.entry(*name, || Value::Record(Record::default())).as_record_mut()?,
            Step::First(name) => {
                let Value::List(items) = record.entry(*name, || Value::List(Vec::new())) else { return None };
                if items.is_empty() {
                    items.push(Value::Record(Record::default()));
                }
                items[0].as_record_mut()?
            }
            Step::Chosen(name, key, word) => {
                let Value::List(items) = record.entry(*name, || Value::List(Vec::new())) else { return None };
                let at = items.iter().position(|item| is_chosen(item, *key, word)).unwrap_or_else(|| {
                    let mut record = Record::default();
                    record.insert(*key, Value::Text(Cow::Borrowed(word)));
                    items.push(Value::Record(record));
                    items.len() - 1
                });
                items[at].as_record_mut()?
            }
        };
    }
    Some(record)
}

fn is_chosen(item: &Value<'_>, key: Name, word: &str) -> bool {
    item.as_record().and_then(|record| record.get(key)).and_then(Value::as_text) == Some(word)
}

/// The value at the end of a way, if there is one.
pub(super) fn get<'r, 'a>(record: &'r Record<'a>, steps: &[Step]) -> Option<&'r Value<'a>> {
    let mut at = record;
    let (last, way) = steps.split_last()?;
    for step in way {
        at = match step {
            Step::Field(name) => at.get(*name)?.as_record()?,
            Step::First(name) => at.get(*name)?.as_list()?.first()?.as_record()?,
            Step::Chosen(name, key, word) => {
                at.get(*name)?.as_list()?.iter().find(|item| is_chosen(item, *key, word))?.as_record()?
            }
        };
    }
    match last {
        Step::Field(name) => at.get(*name),
        Step::First(name) => at.get(*name)?.as_list()?.first(),
        Step::Chosen(name, key, word) => at.get(*name)?.as_list()?.iter().find(|item| is_chosen(item, *key, word)),
    }
}

/// The list at the end of a way, made where it is missing.
pub(super) fn list<'r, 'a>(record: &'r mut Record<'a>, steps: &'a [Step]) -> Option<&'r mut Vec<Value<'a>>> {
    let (last, way) = steps.split_last()?;
    let (Step::Field(name) | Step::First(name) | Step::Chosen(name, ..)) = last;
    match descend(record, way)?.entry(*name, || Value::List(Vec::new())) {
        Value::List(items) => Some(items),
        _ => None,
    }
}

/// Puts an item behind the others of a list.
pub(super) fn push<'a>(record: &mut Record<'a>, name: Name, item: Value<'a>) {
    if let Value::List(items) = record.entry(name, || Value::List(Vec::new())) {
        items.push(item);
    }
}

/// Appends a line to a text.
pub(super) fn append_text<'a>(record: &mut Record<'a>, steps: &'a [Step], value: Value<'a>) {
    let (Some((Step::Field(name), way)), Value::Text(line)) = (steps.split_last(), value) else { return };
    let Some(record) = descend(record, way) else { return };
    match record.get_mut(*name) {
        None => {
            record.insert(*name, Value::Text(line));
        }
        Some(Value::Text(text)) => {
            let text = text.to_mut();
            text.push('\n');
            text.push_str(&line);
        }
        Some(_) => {}
    }
}

/// The sum of a decimal field over a list.
pub(super) fn sum(record: &Record<'_>, list: &[Step], field: &[Step]) -> Decimal {
    let items = get(record, list).and_then(Value::as_list).unwrap_or(&[]);
    let values = items.iter().filter_map(|item| get(item.as_record()?, field)?.as_decimal());
    values.fold(Decimal::ZERO, |sum, value| sum.checked_add(value).unwrap_or(sum))
}

pub(super) fn address<T>(value: &T) -> usize {
    std::ptr::from_ref(value) as usize
}
