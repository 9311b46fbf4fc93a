//! Events: what happened, in the order in which it became durable, never changed. They are stored in the unit of what
//! happened, so that none is lost and none is made up.
//!
//! A unit's events are numbered when everything else of it is done: units that number theirs wait for each other, and
//! only for that short time. So a reader who asks for what follows a number misses nothing that was stored later.

use jiff::Timestamp;
use serde_json::Value;

use super::Id;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Among, Arg, Row, Sql, args, json};
use crate::canonical::{CloudEvent, TRACEPARENT};

/// The outlet whose sequence numbers events.
const NUMBERS: &str = "events";

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: Timestamp,
    /// A person, or the step that did it: `journey/receive`.
    pub actor: String,
    /// `document.received`, `order.held`.
    pub kind: String,
    /// The id of the thing here: of a document, trade, case, transmission.
    pub subject: String,
    /// What people call it, and what events are ordered by: `sale|acme|4501`, `sale|acme|invoice|I71`.
    pub key: String,
    pub partner: Option<String>,
    pub detail: Value,
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptEvent {
    pub id: Id<Event>,
    /// Its place among all events, from 1.
    pub sequence: u64,
    pub event: Event,
}

impl KeptEvent {
    /// As other systems are told of it: the same whenever it is asked for.
    pub fn cloud(&self) -> CloudEvent<'_> {
        CloudEvent {
            id: self.id.uuid(),
            sequence: self.sequence,
            kind: &self.event.kind,
            subject: &self.event.key,
            partner: self.event.partner.as_deref(),
            at: self.event.at,
            actor: &self.event.actor,
            thing: &self.event.subject,
            detail: &self.event.detail,
        }
    }
}

impl Session {
    /// Events of this unit, stored when the rest of it is.
    ///
    /// # Errors
    /// None: a unit that fails has told nothing.
    pub async fn record(&mut self, events: &[Event]) -> Result<()> {
        self.told.extend_from_slice(events);
        Ok(())
    }

    /// Numbers and stores what the unit recorded. The last thing that a unit does.
    pub(super) async fn number_events(&mut self) -> Result<()> {
        let mut events = std::mem::take(&mut self.told);
        if events.is_empty() {
            return Ok(());
        }
        if let Some(parent) = &self.trace {
            for event in &mut events {
                belongs_to(&mut event.detail, parent);
            }
        }
        let sql = Sql("INSERT INTO outlets (name, sequence) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET sequence = outlets.sequence + excluded.sequence RETURNING sequence");
        let last: u64 = self.one(sql, args![NUMBERS, events.len()], ("outlet", NUMBERS)).await?.get(0)?;
        let first = last + 1 - events.len() as u64;
        let rows = (first..)
            .zip(&events)
            .map(|(sequence, event)| {
                args![
                    Id::<Event>::new(),
                    event.at,
                    &event.actor,
                    &event.kind,
                    &event.subject,
                    json(&event.detail),
                    sequence,
                    &event.key,
                    event.partner.as_ref()
                ]
            })
            .collect();
        self.insert("INSERT INTO events (id, at, actor, kind, subject, detail, sequence, key, partner)", "", rows)
            .await?;
        self.after.events = true;
        Ok(())
    }
}

impl View {
    /// What happened to one thing, in order.
    pub async fn events_of(&mut self, subject: &str) -> Result<Vec<KeptEvent>> {
        let sql = Sql("SELECT at, actor, kind, subject, detail, id, sequence, key, partner FROM events \
             WHERE subject = $1 ORDER BY sequence");
        self.rows(sql, args![subject]).await?.iter().map(read).collect()
    }

    /// Events behind a number, in order.
    pub async fn events_after(&mut self, after: u64, limit: usize) -> Result<Vec<KeptEvent>> {
        let sql = Sql("SELECT at, actor, kind, subject, detail, id, sequence, key, partner FROM events \
             WHERE sequence > $1 ORDER BY sequence LIMIT $2 + 0");
        self.rows(sql, args![after, limit]).await?.iter().map(read).collect()
    }

    /// These events, in order.
    pub async fn events_numbered(&mut self, sequences: &[u64]) -> Result<Vec<KeptEvent>> {
        let among = Among {
            head: "SELECT at, actor, kind, subject, detail, id, sequence, key, partner FROM events WHERE sequence IN",
            tail: "ORDER BY sequence",
        };
        let keys = sequences.iter().map(|sequence| Arg::from(*sequence)).collect();
        self.among(among, args![], keys).await?.iter().map(read).collect()
    }

    /// An event by its id.
    pub async fn event(&mut self, id: Id<Event>) -> Result<KeptEvent> {
        let sql = Sql("SELECT at, actor, kind, subject, detail, id, sequence, key, partner FROM events WHERE id = $1");
        read(&self.one(sql, args![id], ("event", id)).await?)
    }

    /// The number of the latest event; 0 where there is none.
    pub async fn last_event(&mut self) -> Result<u64> {
        let sql = Sql("SELECT sequence FROM outlets WHERE name = $1");
        self.row(sql, args![NUMBERS]).await?.map_or(Ok(0), |row| row.get(0))
    }
}

/// Writes into a value what it belongs to; a value that has no members keeps what it is.
pub(super) fn belongs_to(detail: &mut Value, parent: &str) {
    if detail.is_null() {
        *detail = Value::Object(serde_json::Map::new());
    }
    if let Some(members) = detail.as_object_mut() {
        members.entry(TRACEPARENT).or_insert_with(|| parent.into());
    }
}

fn read(row: &Row) -> Result<KeptEvent> {
    let event = Event {
        at: row.get(0)?,
        actor: row.get(1)?,
        kind: row.get(2)?,
        subject: row.get(3)?,
        detail: row.json(4)?,
        key: row.get(7)?,
        partner: row.get(8)?,
    };
    Ok(KeptEvent { id: row.get(5)?, sequence: row.get(6)?, event })
}
