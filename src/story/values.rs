//! Whether the values of a sentence can be what its row says they are: dates, decimals, kinds of documents, short forms.

use std::ops::Range;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::act::VERBS;
use super::cut::Word;
use super::forms::{DOCUMENT_KEYS, Say};
use super::kinds::{AWAITED, KINDS, PAYMENT_FILE, named};
use super::lines;
use super::model::Sentence;
use super::{money, write};
use crate::mistake::nearest;
use crate::process::{Queue, State, ledger};

/// A mistake: where, what, and what may help.
type Wrong = (Range<usize>, String, Option<String>);

const DECIMALS: &[&str] = &[
    "amount",
    "total",
    "tax",
    "freight",
    "duty",
    "price",
    "money",
    "on_hand",
    "limit",
    "past_due",
    "exposure",
    "ordered",
    "accepted",
    "backordered",
    "rejected",
    "cancelled",
    "shipped",
    "received",
    "returned",
    "invoiced",
    "credited",
    "confirmed",
    "advised",
    "matched",
    "open",
    "invoiced_amount",
    "credited_amount",
    "paid",
    "adjusted",
    "charges",
    "score",
    "percent",
    "cases",
];

const DATES: &[&str] = &["date", "ship_not_before", "ship_not_after", "deliver", "cancel_after", "expected"];

/// Every value of the sentence that cannot be.
pub fn check(sentence: &Sentence) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for name in ["KIND", "COUNT", "MOMENT", "ZONE", "AMOUNT", "ADDRESS"] {
        for word in sentence.slot_words(name) {
            let told = match name {
                "KIND" => kind(&word.text, sentence.say),
                "COUNT" => {
                    word.text.parse::<i64>().err().map(|_| (format!("`{}` is not a whole number", word.text), None))
                }
                "MOMENT" => moment(&word.text),
                "ZONE" => zone(&word.text),
                "AMOUNT" => decimal(&word.text),
                _ => address(&word.text),
            };
            wrong.extend(told.map(|(message, help)| (word.span.clone(), message, help)));
        }
    }
    for (key, value) in sentence.pairs() {
        let Some(word) = sentence.pair_word(key) else { continue };
        // The value stands behind `key=`, and behind its quote where it has one.
        let from = word.span.start + key.len() + 1 + usize::from(word.is_quoted);
        let span = from..word.span.end.max(from) - usize::from(word.is_quoted && word.span.end > from);
        let told = match key {
            _ if takes_anything(sentence.say) => None,
            // When goods arrive has an hour too where we say it.
            "expected" if value.contains('T') => moment(value),
            "shipped" | "returned" if matches!(sentence.say, Say::Sends | Say::Writes | Say::Sent) => date(value),
            key if DECIMALS.contains(&key) => decimal(value),
            key if DATES.contains(&key) => date(value),
            "state" if sentence.say == Say::OrderIs => state(value),
            "lines" => {
                lines::lines(value).and_then(|lines| counts_up(sentence, &lines)).err().map(|words| (words, None))
            }
            "packs" => lines::packs(value).and_then(|packs| packs_up(&packs)).err().map(|words| (words, None)),
            "items" => lines::items(value).err().map(|words| (words, None)),
            _ => None,
        };
        wrong.extend(told.map(|(message, help)| (span, message, help)));
    }
    wrong.extend(unfit_keys(sentence));
    wrong.extend(unknown_words(sentence));
    wrong
}

/// Nothing that our own side does has less than nothing of a line: what goes back is returned, what was wrong is void.
fn counts_up(sentence: &Sentence, lines: &[lines::LineWords]) -> Result<(), String> {
    if sentence.say != Say::Command {
        return Ok(());
    }
    let below = |line: &&lines::LineWords| line.shares.iter().any(|share| share.quantity.is_some_and(is_below));
    match lines.iter().find(below) {
        Some(line) => {
            Err(format!("line {} has less than nothing: goods go back with `return`, and `void` undoes", line.line))
        }
        None => Ok(()),
    }
}

fn packs_up(packs: &[lines::PackWords]) -> Result<(), String> {
    let mut items = packs.iter().flat_map(|pack| &pack.items);
    match items.find(|(_, _, quantity)| is_below(*quantity)) {
        Some((_, line, _)) => Err(format!("a pack holds less than nothing of line {line}")),
        None => Ok(()),
    }
}

fn is_below(quantity: Decimal) -> bool {
    quantity < Decimal::ZERO
}

/// Verbs and desks that are not there, and legs that are none.
fn unknown_words(sentence: &Sentence) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    if sentence.say == Say::Posted
        && let Err(words) = ledger::legs(&money::legs_of(sentence), &ledger::Chart::default())
    {
        wrong.push((sentence.span.clone(), words, None));
    }
    for word in sentence.slot_words("VERB").filter(|word| !VERBS.contains(&word.text.as_str())) {
        let meant = nearest(&word.text, VERBS.iter().copied()).map(|verb| format!("did you mean `{verb}`?"));
        let help = meant.or_else(|| Some(format!("there are {}", VERBS.join(", "))));
        wrong.push((word.span.clone(), format!("`api` cannot `{}`", word.text), help));
    }
    for word in sentence.slot_words("QUEUE") {
        let plain = word.text.to_lowercase().replace([' ', '-'], "_");
        // `then exception "price"`: words, of whatever desk.
        if Queue::of(&plain).is_none() && !is_words(word) {
            let names = Queue::ALL.map(|queue| queue.as_str());
            let meant = nearest(&plain, names).map(|name| format!("did you mean `{name}`?"));
            let help = meant.or_else(|| Some(format!("there are {}", names.join(", "))));
            wrong.push((word.span.clone(), format!("there is no desk `{}`", word.text), help));
        }
    }
    wrong
}

/// Whether what stands where a desk is named is no name, but words about the matter.
pub fn is_words(word: &Word) -> bool {
    word.is_quoted && Queue::of(&word.text.to_lowercase().replace([' ', '-'], "_")).is_none()
}

/// Rows whose pairs are read elsewhere.
fn takes_anything(say: Say) -> bool {
    matches!(say, Say::Partner | Say::Policy | Say::Bank)
}

/// Pairs that a document of this kind has no place for.
fn unfit_keys(sentence: &Sentence) -> Vec<Wrong> {
    if !matches!(sentence.say, Say::Sends | Say::Writes) {
        return Vec::new();
    }
    let Some(kind) = sentence.slot("KIND").and_then(named) else { return Vec::new() };
    let fitting = write::keys(kind);
    sentence
        .pairs()
        // What no document has was told already.
        .filter(|(key, _)| !fitting.contains(key) && DOCUMENT_KEYS.contains(key))
        .filter_map(|(key, _)| sentence.pair_word(key).map(|word| (key, word)))
        .map(|(key, word)| {
            let help = format!("it may carry {}", fitting.join(", "));
            (word.span.start..word.span.start + key.len(), format!("{} has no `{key}=`", kind.name), Some(help))
        })
        .collect()
}

/// Where an order or a line may stand.
fn state(text: &str) -> Option<(String, Option<String>)> {
    let plain = |word: &str| word.to_lowercase().replace(['_', '-', ' '], "");
    let names = State::ALL.map(State::as_str);
    if names.iter().any(|name| plain(name) == plain(text)) {
        return None;
    }
    let meant = nearest(text, names).map(|name| format!("did you mean `{name}`?"));
    Some((format!("nothing stands `{text}`"), meant.or_else(|| Some(format!("there are {}", names.join(", "))))))
}

fn kind(text: &str, say: Say) -> Option<(String, Option<String>)> {
    let is_known = named(text).is_some()
        || (matches!(say, Say::Sent | Say::NothingSent) && text == PAYMENT_FILE)
        || (matches!(say, Say::Overdue | Say::NothingOverdue | Say::Partner) && AWAITED.contains(&text));
    if is_known {
        return None;
    }
    let meant = nearest(text, KINDS.iter().map(|kind| kind.name)).map(|name| format!("did you mean {name}?"));
    Some((format!("there is no document of the kind {text}"), meant))
}

fn decimal(text: &str) -> Option<(String, Option<String>)> {
    text.parse::<Decimal>().err().map(|_| (format!("`{text}` is not a decimal"), None))
}

fn date(text: &str) -> Option<(String, Option<String>)> {
    text.parse::<Date>().err().map(|_| (format!("`{text}` is not a date"), Some("a date is written 2026-03-01".into())))
}

fn moment(text: &str) -> Option<(String, Option<String>)> {
    let help = || Some("a moment is written 2026-03-01T09:00".to_owned());
    text.parse::<DateTime>().err().map(|_| (format!("`{text}` is not a moment"), help()))
}

fn zone(text: &str) -> Option<(String, Option<String>)> {
    let help = || Some("zones are named as in America/Chicago, Europe/Berlin or UTC".to_owned());
    TimeZone::get(text).err().map(|_| (format!("there is no time zone {text}"), help()))
}

fn address(text: &str) -> Option<(String, Option<String>)> {
    const KNOWN: &[&str] = &["x12/004010", "x12/005010", "edifact/D.96A", "edifact/D.01B", "ubl/2.1", "cii/D16B"];
    if KNOWN.contains(&text) {
        return None;
    }
    let meant = nearest(text, KNOWN.iter().copied()).map(|near| format!("did you mean {near}?"));
    Some((
        format!("no documents are written in {text}"),
        meant.or_else(|| Some(format!("there are {}", KNOWN.join(", ")))),
    ))
}

/// When a story begins; `None` where a checked sentence is none.
pub fn beginning(sentence: &Sentence) -> Option<(Timestamp, TimeZone)> {
    let zone = match sentence.slot("ZONE") {
        Some(name) => TimeZone::get(name).ok()?,
        None => TimeZone::UTC,
    };
    let moment = sentence.slot("MOMENT")?.parse::<DateTime>().ok()?;
    Some((zone.to_timestamp(moment).ok()?, zone))
}

/// How long `pass` takes.
pub fn span(sentence: &Sentence) -> Option<SignedDuration> {
    let count: i64 = sentence.slot("COUNT")?.parse().ok()?;
    let seconds = match sentence.choice()?.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => 7 * 86_400,
    };
    Some(SignedDuration::from_secs(count.checked_mul(seconds)?))
}
