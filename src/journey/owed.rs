//! What people do about endpoints: events once more, given up, or let go on; and what they are shown.

use serde_json::{Value, json};

use super::apply::Applied;
use super::publish::case_key;
use crate::store::{Endpoint, EndpointState, OwedEvent, OwedState, Result, Session, Settled, View};

/// Events that are owed again at a time; more than that by setting the endpoint back.
pub const AGAIN_MAX: u64 = 10_000;

/// What is wanted for an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Everything from an event on, once more, under the same ids.
    From(u64),
    /// The events between two, both included.
    Between(u64, u64),
    /// Everything that waits for a person.
    Failed,
    One(u64),
    /// It is given up; those behind it go on.
    Skip(u64),
    /// An endpoint that said it was gone is told again.
    Enable,
}

impl Wish {
    /// In a few words for the trail.
    pub fn told(self) -> Value {
        match self {
            Self::From(from) => json!({"replayed": {"from": from}}),
            Self::Between(from, to) => json!({"replayed": {"from": from, "to": to}}),
            Self::Failed => json!({"replayed": "failed"}),
            Self::One(sequence) => json!({"replayed": sequence}),
            Self::Skip(sequence) => json!({"skipped": sequence}),
            Self::Enable => json!({"enabled": true}),
        }
    }
}

/// Does what is wanted; the gateway sends within a moment.
///
/// # Errors
/// Those of the store, and where there is no such endpoint.
pub async fn wish(session: &mut Session, name: &str, by: &str, wish: Wish) -> Result<Applied> {
    let Some(endpoint) = session.endpoint(name).await? else {
        return Err(crate::store::Error::missing(format_args!("endpoint {name}")));
    };
    match wish {
        Wish::From(from) => {
            let cursor = from.max(1) - 1;
            if cursor >= endpoint.cursor {
                return Ok(Applied::Refused { why: beyond(&endpoint) });
            }
            session.advance_endpoint(name, cursor, 0).await?;
        }
        Wish::Between(from, to) => return between(session, &endpoint, from, to).await,
        Wish::One(sequence) => return between(session, &endpoint, sequence, sequence).await,
        Wish::Failed => {
            let failed = failed(session, name).await?;
            if failed.is_empty() {
                return Ok(Applied::Duplicate);
            }
            let owed: Vec<(u64, &str)> = failed.iter().map(|owed| (owed.sequence, owed.key.as_str())).collect();
            session.owe_events(name, &owed).await?;
        }
        Wish::Skip(sequence) => {
            let owed = session.owed_events(name, sequence.saturating_sub(1), 1).await?;
            let Some(owed) = owed.into_iter().find(|owed| owed.sequence == sequence) else {
                let why = format!("event {sequence} is not owed to {name}: `entrepot events failed` lists what waits");
                return Ok(Applied::Refused { why });
            };
            session.settle_owed(&owed, &Settled::Skipped).await?;
            session.close_case_of_house(&case_key(name, Some(&owed.key)), by, Some("the event was given up")).await?;
        }
        Wish::Enable => {
            if endpoint.state == EndpointState::Open {
                return Ok(Applied::Duplicate);
            }
            session.note_endpoint(name, EndpointState::Open, "enabled by a person, not asked since").await?;
            session.close_case_of_house(&case_key(name, None), by, None).await?;
        }
    }
    Ok(Applied::Applied)
}

fn beyond(endpoint: &Endpoint) -> String {
    format!("{} has been told up to event {}: what follows comes by itself", endpoint.name, endpoint.cursor)
}

async fn between(session: &mut Session, endpoint: &Endpoint, from: u64, to: u64) -> Result<Applied> {
    let to = to.min(endpoint.cursor);
    if from > to {
        return Ok(Applied::Refused { why: beyond(endpoint) });
    }
    if to - from >= AGAIN_MAX {
        let why = format!(
            "that is more than {AGAIN_MAX} events at a time: give a nearer end, or none, which sets the endpoint back"
        );
        return Ok(Applied::Refused { why });
    }
    let size = usize::try_from(to - from + 1).unwrap_or(usize::MAX);
    let mut events = session.events_after(from.max(1) - 1, size).await?;
    events.retain(|event| event.sequence <= to);
    let owed: Vec<(u64, &str)> = events.iter().map(|event| (event.sequence, event.event.key.as_str())).collect();
    if owed.is_empty() {
        return Ok(Applied::Refused { why: format!("no event from {from} to {to} is kept") });
    }
    session.owe_events(&endpoint.name, &owed).await?;
    Ok(Applied::Applied)
}

async fn failed(view: &mut View, name: &str) -> Result<Vec<OwedEvent>> {
    let most = usize::try_from(AGAIN_MAX).unwrap_or(usize::MAX);
    let mut failed = view.failed_events((name, 0), most).await?;
    failed.retain(|owed| owed.endpoint == name);
    Ok(failed)
}

/// An endpoint with how far it is.
///
/// # Errors
/// Those of the store.
pub async fn shown(view: &mut View, endpoint: &Endpoint) -> Result<Value> {
    let last = view.last_event().await?;
    let counts = view.owed_counts(&endpoint.name).await?;
    let count = |state| counts.iter().find(|(of, _)| *of == state).map_or(0, |(_, count)| *count);
    Ok(json!({
        "name": endpoint.name,
        "state": endpoint.state,
        "cursor": endpoint.cursor,
        "lag": last - endpoint.cursor.min(last),
        "waiting": count(OwedState::Due) + count(OwedState::Behind),
        "failed": count(OwedState::Failed),
        "delivered": endpoint.delivered,
        "answer": endpoint.answer,
        "answered_at": endpoint.answered_at,
    }))
}

/// Events that wait for a person, behind a place in the order of endpoint and number; with what they are.
///
/// # Errors
/// Those of the store.
pub async fn shown_failed(view: &mut View, after: (&str, u64), limit: usize) -> Result<Vec<(OwedEvent, Value)>> {
    let owed = view.failed_events(after, limit).await?;
    let sequences: Vec<u64> = owed.iter().map(|owed| owed.sequence).collect();
    let events = view.events_numbered(&sequences).await?;
    let shown = owed.into_iter().map(|owed| {
        let event = events.iter().find(|event| event.sequence == owed.sequence);
        let cloud = event.map(|event| event.cloud());
        let shown = json!({
            "endpoint": owed.endpoint,
            "sequence": owed.sequence,
            "id": cloud.map(|cloud| cloud.id.to_string()),
            "type": cloud.map(|cloud| cloud.event_type()),
            "subject": owed.key,
            "time": cloud.map(|cloud| cloud.at),
            "tries": owed.attempts,
            "since": owed.since,
            "reason": owed.reason,
        });
        (owed, shown)
    });
    Ok(shown.collect())
}
