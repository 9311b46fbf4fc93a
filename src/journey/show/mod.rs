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

use super::act::suggested::Suggestion;
use crate::process::calendar::said;
use crate::process::{self, BillRecord, Event, Key, Queue, Source, Trade, What};
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
            Source::Document(id) | Source::Sent(id) => format!("document {id}"),
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
            "number": number_of(&event.what),
            "by": by,
            "verdict": kept.verdict,
            "why": kept.why,
            "detail": what,
        }));
    }
    Ok(shown)
}

/// The number of what an event is about: of the shipment, the receipt, the invoice.
fn number_of(what: &What) -> Option<&str> {
    match what {
        What::Shipped(shipment) | What::Advised(shipment) => Some(&shipment.number),
        What::NoticeWanted { shipment, .. } | What::NoticeWithdrawn { shipment } => Some(shipment),
        What::Received(receipt) | What::Returned(receipt) => Some(&receipt.number),
        What::Invoiced(bill) | What::Credited(bill) => bill.number.as_deref().or(bill.shipment.as_deref()),
        What::BillJudged { invoice, .. } | What::Booked { invoice, .. } => Some(invoice),
        What::Paid(payment) => Some(&payment.invoice),
        What::PaymentReturned { trace } => Some(trace),
        What::Decided(decision) => decision.number.as_deref(),
        What::Advice(advice) => Some(&advice.number),
        What::Delivered { document, .. } | What::Acknowledged { document, .. } => Some(document),
        What::Released { hold } => Some(hold),
        What::Resolved { exception } => Some(exception),
        What::TurnedDown { number, .. } => Some(number),
        _ => None,
    }
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
        "interchange": document.interchange.map(|id| id.to_string()),
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

/// What can be done about a case, most usual first: in words, and the ruling or the command that does it where one does.
pub fn suggested(suggestions: &[Suggestion]) -> Value {
    let of = |it: &Suggestion| {
        let mut shown = json!({"words": it.words});
        if let Some(ruling) = it.ruling {
            shown["ruling"] = ruling.as_str().into();
        }
        if let Some(how) = &it.how {
            shown["how"] = how.as_str().into();
        }
        shown
    };
    suggestions.iter().map(of).collect()
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
    let mut shown = waits(parked);
    shown["kind"] = parked.kind.as_str().into();
    shown["number"] = parked.number.as_deref().into();
    shown["partner"] = parked.partner.as_str().into();
    shown["document"] = parked.document.as_deref().into();
    shown
}

/// What a document waits for, until when before a person is told, and at whose desk.
pub fn waits(parked: &ParkedEvent) -> Value {
    let desk = serde_json::from_str::<Event>(&parked.body).ok();
    let desk = desk.map(|event| process::expired(&event, &Key(parked.target.clone())).as_str());
    json!({
        "awaits": parked.awaits, "for": Key::said(&parked.awaits), "received_at": parked.received_at,
        "until": parked.until, "expired": parked.expired, "queue": desk,
    })
}

/// The same in a sentence.
pub fn waits_said(parked: &ParkedEvent) -> String {
    let desk = waits(parked)["queue"].as_str().map(|desk| format!(" ({desk})")).unwrap_or_default();
    let until = match parked.expired {
        true => format!("; a person was told{desk}"),
        false => format!(" until {}, then a person is told{desk}", said(parked.until)),
    };
    format!("waits for {}{until}", Key::said(&parked.awaits))
}

/// A choice by the word that it is kept as.
pub fn word(choice: &impl serde::Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
