//! Events: what happened, in order, never changed.

use jiff::Timestamp;
use serde_json::Value;

use super::Id;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Row, Sql, args, json};

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: Timestamp,
    /// A person, or the step that did it: `journey/receive`.
    pub actor: String,
    /// `document.received`, `hold.released`.
    pub kind: String,
    /// The id it is about.
    pub subject: String,
    pub detail: Value,
}

impl Session {
    pub async fn record(&mut self, events: &[Event]) -> Result<()> {
        let rows = events
            .iter()
            .map(|event| {
                let id = Id::<Event>::new();
                args![id, event.at, &event.actor, &event.kind, &event.subject, json(&event.detail)]
            })
            .collect();
        self.insert("INSERT INTO events (id, at, actor, kind, subject, detail)", "", rows).await?;
        Ok(())
    }
}

impl View {
    /// What happened to one thing, in order.
    pub async fn events_of(&mut self, subject: &str) -> Result<Vec<Event>> {
        let sql = Sql("SELECT at, actor, kind, subject, detail FROM events WHERE subject = $1 ORDER BY id");
        self.rows(sql, args![subject]).await?.iter().map(read).collect()
    }
}

pub(super) fn read(row: &Row) -> Result<Event> {
    Ok(Event { at: row.get(0)?, actor: row.get(1)?, kind: row.get(2)?, subject: row.get(3)?, detail: row.json(4)? })
}
