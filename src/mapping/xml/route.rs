//! Paths into a canonical document that is being filled or emptied.

use crate::canonical::{Name, Record, Value};

/// Fields of an item, by their names, and what they hold: `kind=delivered`. An empty text means that there is none.
pub(super) type Words = Vec<(Vec<Name>, Value<'static>)>;

/// Where a value stands, seen from one of the open items.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    /// 0 is the document, 1 the item of the outermost open list, and so on.
    pub scope: u8,
    pub steps: Vec<RouteStep>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum RouteStep {
    Field(Name),
    /// The first item of a list with these words in it; any item where there are none.
    Item(Words),
}

/// What stands at a route, if it is there.
pub(super) fn get<'v, 'a>(mut value: &'v Value<'a>, steps: &[RouteStep]) -> Option<&'v Value<'a>> {
    for step in steps {
        value = match (step, value) {
            (RouteStep::Field(name), Value::Record(record)) => record.get(*name)?,
            (RouteStep::Item(words), Value::List(items)) => items.iter().find(|item| fits(item, words))?,
            _ => return None,
        };
    }
    Some(value)
}

/// The same, with every record, list and item on the way made where it is missing.
///
/// `list` says what to make at the end of the way when nothing stands there.
pub(super) fn place<'v, 'a>(
    value: &'v mut Value<'a>,
    steps: &[RouteStep],
    make: impl FnOnce() -> Value<'a>,
) -> Option<&'v mut Value<'a>> {
    let [step, rest @ ..] = steps else { return Some(value) };
    match (step, value) {
        (RouteStep::Field(name), Value::Record(record)) => match rest {
            [] => Some(record.entry(*name, make)),
            [RouteStep::Field(_), ..] => place(record.entry(*name, || Value::Record(Record::default())), rest, make),
            [RouteStep::Item(_), ..] => place(record.entry(*name, || Value::List(Vec::new())), rest, make),
        },
        (RouteStep::Item(words), Value::List(items)) => {
            let at = match items.iter().position(|item| fits(item, words)) {
                Some(at) => at,
                None => {
                    items.push(item(words));
                    items.len() - 1
                }
            };
            place(&mut items[at], rest, make)
        }
        _ => None,
    }
}

/// A new item that holds the words.
fn item<'a>(words: &[(Vec<Name>, Value<'static>)]) -> Value<'a> {
    let mut item = Value::Record(Record::default());
    for (names, word) in words {
        set_words(&mut item, names, word);
    }
    item
}

pub(super) fn set_words<'a>(item: &mut Value<'a>, names: &[Name], word: &Value<'static>) {
    if is_none(word) {
        return;
    }
    let steps: Vec<RouteStep> = names.iter().map(|name| RouteStep::Field(*name)).collect();
    place(item, &steps, || word.clone());
}

/// Whether an item holds all the words.
pub(super) fn fits(item: &Value<'_>, words: &[(Vec<Name>, Value<'static>)]) -> bool {
    words.iter().all(|(names, word)| holds(item, names, word))
}

pub(super) fn holds(item: &Value<'_>, names: &[Name], word: &Value<'static>) -> bool {
    let mut value = item;
    for name in names {
        match value {
            Value::Record(record) => match record.get(*name) {
                Some(inner) => value = inner,
                None => return is_none(word),
            },
            _ => return false,
        }
    }
    value == word
}

fn is_none(word: &Value<'_>) -> bool {
    matches!(word, Value::Text(text) if text.is_empty())
}
