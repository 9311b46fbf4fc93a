//! Writing into the books: entries behind one another, and records as JSON.

use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::period;
use crate::journey::apply::Rules;
use crate::process::cash::{Deduction, DeductionState};
use crate::process::ledger::{Draft, Entry, EntryId, OpenItem};
use crate::store::{Book, Error, Event, Kept, Result, Session, View};

/// Posts a draft as an entry of today. The books are locked by then, or this locks them.
pub(in crate::journey) async fn post(
    session: &mut Session,
    rules: &Rules,
    source: &str,
    draft: Draft,
) -> Result<EntryId> {
    session.lock_books().await?;
    let (day, moved) = period::open_day(session, today(rules)).await?;
    let words = match moved {
        Some(why) => format!("{} ({why})", draft.words),
        None => draft.words.clone(),
    };
    let entry = Entry::post(new_entry(), day, source, Draft { words, ..draft }).map_err(Error::damaged)?;
    keep_entry(session, &entry).await?;
    Ok(entry.id())
}

pub(in crate::journey) async fn keep_entry(session: &mut Session, entry: &Entry) -> Result<()> {
    let reverses = entry.reverses().map(|id| id.to_string());
    session.post_entry(&entry.id().to_string(), reverses.as_deref(), entry.source(), &json(entry)?).await.map(drop)
}

pub(in crate::journey) fn new_entry() -> EntryId {
    EntryId(Uuid::now_v7())
}

/// Tells of money: `payment.received`, `remittance.applied`, `deduction.opened`; by what people call the thing.
pub(in crate::journey) async fn tell(
    session: &mut Session,
    rules: &Rules,
    kind: &str,
    of: (&str, &str),
    detail: Value,
) -> Result<()> {
    let (thing, party) = of;
    let noun = kind.split('.').next().unwrap_or_default();
    let event = Event {
        at: rules.now,
        actor: "journey/cash".to_owned(),
        kind: kind.to_owned(),
        subject: thing.to_owned(),
        key: format!("{noun}|{thing}"),
        partner: Some(party).filter(|party| !party.is_empty()).map(str::to_owned),
        detail,
    };
    session.record(&[event]).await
}

/// What is told of a deduction.
pub(in crate::journey) async fn tell_deduction(
    session: &mut Session,
    rules: &Rules,
    kind: &str,
    it: &Deduction,
) -> Result<()> {
    let detail = serde_json::json!({
        "amount": it.amount, "currency": it.currency, "invoice": it.invoice, "reason": it.reason.as_str(),
        "desk": it.desk.as_str(), "state": it.state, "dispute_until": it.dispute_until,
    });
    tell(session, rules, kind, (&it.id, &it.party), detail).await
}

/// Today, where we are.
pub fn today(rules: &Rules) -> Date {
    rules.policy("").calendar.date(rules.now)
}

/// Every record, read.
pub fn all<T: DeserializeOwned>(kept: Vec<Kept>) -> Result<Vec<T>> {
    kept.iter().map(|kept| parsed(&kept.body)).collect()
}

/// Every record of a book, read page by page.
pub async fn every<T: DeserializeOwned>(view: &mut View, book: Book) -> Result<Vec<T>> {
    const BATCH: usize = 500;
    let (mut every, mut after) = (Vec::new(), (String::new(), String::new()));
    loop {
        let page = view.kept_after(book, (&after.0, &after.1), BATCH).await?;
        let Some(last) = page.last() else { return Ok(every) };
        after = (last.party.clone(), last.key.clone());
        every.extend(all::<T>(page)?);
    }
}

/// An open item as it is kept.
pub(in crate::journey) fn kept_item(item: &OpenItem) -> Result<Kept> {
    let (party, key) = (item.party.to_string(), item.number.to_string());
    Ok(Kept { party, key, is_open: item.is_open(), body: json(item)? })
}

/// A deduction as it is kept.
pub(in crate::journey) fn kept_deduction(deduction: &Deduction) -> Result<Kept> {
    let (party, key) = (deduction.party.to_string(), deduction.id.to_string());
    let is_open = !deduction.open_amount().is_zero() || deduction.state == DeductionState::Announced;
    Ok(Kept { party, key, is_open, body: json(deduction)? })
}

pub(in crate::journey) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::damaged)
}

pub(in crate::journey) fn parsed<T: DeserializeOwned>(body: &str) -> Result<T> {
    serde_json::from_str(body).map_err(Error::damaged)
}
