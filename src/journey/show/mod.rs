//! Trades, documents and cases as people and systems are shown them: derived from what is kept, never kept itself.

pub mod asked;
pub mod effects;
pub mod evidence;
pub mod figure;
pub mod figures;
pub mod matching;
mod money_figures;
pub mod passage;
pub mod verify;
pub mod work;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::act::rulings::{self, Ruling};
use crate::process::{BillRecord, Event, Queue, Source, Trade};
use crate::store::{
    Case, DeadlineRow, Document, Error, Expectation, Hold, ParkedEvent, Result, Subject, TradeRow, View,
};

/// An order with its lines: counters, states, amounts.
///
/// # Errors
/// When what is kept cannot be read.
pub fn order(row: &TradeRow) -> Result<Value> {
    let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
    let lines = trade.lines.iter().map(|line| {
        let mut shown = json!({
            "number": line.number,
            "item": line.ids.first().and_then(|id| id.id.clone()),
            "unit": line.unit,
            "price": line.agreed_price(),
            "state": trade.line_state(line),
        });
        shown["counters"] = json!(line.counters(trade.side()));
        shown
    });
    Ok(json!({
        "id": row.id.to_string(),
        "order": row.number,
        "partner": row.partner,
        "side": row.side,
        "test": row.test,
        "state": trade.state(),
        "version": trade.version(),
        "amounts": trade.amounts(),
        "lines": lines.collect::<Vec<_>>(),
        "bills": trade.bills.iter().map(bill).collect::<Vec<_>>(),
        "holds": trade.open_holds().map(|hold| hold.words.clone()).collect::<Vec<_>>(),
        "updated_at": row.updated_at,
    }))
}

/// An invoice or a credit note of an order; of a supplier's, what it was held for.
fn bill(bill: &BillRecord) -> Value {
    let found = bill.matter.as_ref().map(|matter| &matter.found);
    json!({
        "number": bill.number,
        "is_credit": bill.is_credit,
        "total": bill.total,
        "due": bill.due,
        "shipment": bill.shipment,
        "standing": bill.standing,
        "disputed": bill.disputed,
        "verdict": found.map(|found| &found.verdict),
        "holds": found.map(|found| &found.holds),
    })
}

/// What happened to an order, in its order.
///
/// # Errors
/// Those of the store.
pub async fn timeline(view: &mut View, row: &TradeRow) -> Result<Vec<Value>> {
    let mut shown = Vec::new();
    for kept in view.trade_events(row.id).await? {
        let event: Event = serde_json::from_str(&kept.body).map_err(Error::damaged)?;
        let by = match &event.source {
            Source::Document(id) => format!("document {id}"),
            Source::Command { by, .. } => by.clone(),
            Source::Timer(key) => format!("deadline {key}"),
        };
        let what = serde_json::to_value(&event.what).map_err(Error::damaged)?;
        let word = match &what {
            Value::String(word) => word.clone(),
            Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
            _ => String::new(),
        };
        shown.push(json!({
            "at": kept.at,
            "what": word,
            "by": by,
            "verdict": kept.verdict,
            "why": kept.why,
            "detail": what,
        }));
    }
    Ok(shown)
}

/// A document without what it says.
pub fn document(document: &Document) -> Value {
    json!({
        "id": document.id.to_string(),
        "direction": word(&document.direction),
        "kind": document.kind,
        "type": document.type_code,
        "release": document.release,
        "partner": document.partner,
        "number": document.number,
        "control_number": document.control_number,
        "test": document.test,
        "disposition": document.disposition,
        "state": word(&document.state),
        "transport": word(&document.transport),
        "functional": word(&document.functional),
        "application": word(&document.application),
        "segments": document.segments,
        "findings_count": document.findings_count,
        "duplicate_of": document.duplicate_of.map(|id| id.to_string()),
        "map": document.map,
        "bytes": [document.span.0, document.span.1],
        "payload": document.payload,
        "received": document.created_at.to_string(),
    })
}

/// What waits for a person with a document or what it came in, or waited.
pub fn hold(hold: &Hold) -> Value {
    json!({
        "id": hold.id.to_string(),
        "desk": hold.queue().as_str(),
        "owner": hold.owner,
        "due": hold.due.map(|due| due.to_string()),
        "breached": hold.breached,
        "fault": hold.fault,
        "reason": hold.reason,
        "partner": hold.partner,
        "subject": hold.subject.1,
        "state": word(&hold.state),
        "told": hold.told,
        "since": hold.created_at.to_string(),
        "closed_by": hold.closed_by,
        "note": hold.note,
    })
}

/// A case for a person.
pub fn case(case: &Case) -> Value {
    json!({
        "number": case.number,
        "queue": case.queue,
        "kind": case.kind,
        "state": case.state,
        "words": case.words,
        "partner": case.partner,
        "order": case.order_number,
        "line": case.line,
        "money": case.money,
        "cause": case.cause,
        "owner": case.owner,
        "document": case.document,
        "opened_at": case.opened_at,
        "due": case.due,
        "breached": case.breached,
        "closed_at": case.closed_at,
        "closed_by": case.closed_by,
        "note": case.note,
    })
}

/// What can be done about a case, most usual first: in words, and the ruling that does it where one does.
pub fn suggested(case: &Case) -> Value {
    let of = |(words, ruling): (&str, Option<Ruling>)| match ruling {
        Some(ruling) => json!({"words": words, "ruling": ruling.as_str()}),
        None => json!({"words": words}),
    };
    rulings::suggested(case).into_iter().map(of).collect()
}

/// What should happen by when.
pub fn deadline(row: &DeadlineRow) -> Value {
    json!({
        "order": row.number, "partner": row.partner, "kind": row.kind, "queue": row.queue, "words": row.words,
        "since": row.since, "due": row.due, "percent": row.percent,
    })
}

/// An answer that a partner, or its transport, owes us for what left. `of` is that: `856 S1`.
pub fn awaited(awaited: &Expectation, of: &str, since: Timestamp, now: Timestamp) -> Value {
    let whole = awaited.due_at.duration_since(since).as_secs().max(1);
    let passed = now.duration_since(since).as_secs().saturating_mul(100) / whole;
    let percent = [100, 80, 50].into_iter().find(|share| *share <= passed).unwrap_or_default();
    let partner = awaited.partner.as_deref().unwrap_or_default();
    let (kind, words) = match awaited.subject.0 {
        Subject::Delivery => ("receipt", format!("{partner} has not confirmed that it has {of}")),
        _ => ("acknowledgement", format!("{partner} has not acknowledged {of}")),
    };
    json!({
        "partner": partner, "kind": kind, "queue": Queue::EdiCompliance.as_str(), "words": words, "since": since,
        "due": awaited.due_at, "percent": percent,
    })
}

/// What left that an answer is awaited for, in a few words: its first document by kind and number.
///
/// # Errors
/// Those of the store.
pub async fn answered_for(view: &mut View, awaited: &Expectation) -> Result<String> {
    let interchange = match awaited.subject.0 {
        Subject::Delivery => {
            let delivery = awaited.subject.1.parse().map_err(Error::damaged)?;
            view.delivery(delivery).await?.subject.1
        }
        _ => awaited.subject.1.clone(),
    };
    let documents = view.documents_within(&interchange, 2).await?;
    Ok(match documents.as_slice() {
        [] => format!("what left as {interchange}"),
        [first, rest @ ..] => {
            let number = first.number.as_deref().unwrap_or("without a number");
            let more = if rest.is_empty() { "" } else { " and others" };
            format!("{} {number}{more}", first.type_code)
        }
    })
}

/// A document or a command that waits for what it belongs to.
pub fn parked(parked: &ParkedEvent) -> Value {
    json!({
        "kind": parked.kind, "number": parked.number, "partner": parked.partner, "awaits": parked.awaits,
        "received_at": parked.received_at, "until": parked.until, "expired": parked.expired,
        "document": parked.document,
    })
}

/// A choice by the word that it is kept as.
pub fn word(choice: &impl serde::Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
