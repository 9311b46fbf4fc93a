//! Endpoints that events go to: how far each has come, and what is owed to it behind that.
//!
//! Up to its cursor every event that an endpoint wants has arrived, or stands in a row of its own. Of these the first of
//! each business key is due at a time; the others of that key stand behind it, also where it waits for a person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::session::{Session, View};
use super::sql::{Among, Arg, Row, Sql, args, word};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointState {
    Open,
    /// It said that it is gone: nothing is sent until a person opens it again.
    Disabled,
}

/// An endpoint as far as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    pub name: String,
    /// The number of the last event that was dealt with.
    pub cursor: u64,
    pub state: EndpointState,
    /// The last answer, in words.
    pub answer: Option<String>,
    pub answered_at: Option<Timestamp>,
    /// How many events have arrived.
    pub delivered: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwedState {
    /// It is sent at its time.
    Due,
    /// An earlier one of its key has not arrived.
    Behind,
    /// It was tried for the last time: a person decides.
    Failed,
}

/// An event behind an endpoint's cursor that has not arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwedEvent {
    pub endpoint: String,
    pub sequence: u64,
    /// The business key.
    pub key: String,
    pub state: OwedState,
    pub attempts: u32,
    pub next_at: Timestamp,
    pub reason: Option<String>,
    pub since: Timestamp,
}

/// What became of an owed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    Arrived,
    Again {
        at: Timestamp,
        reason: String,
    },
    /// It was not tried: the endpoint is away. That counts as no try.
    Later {
        at: Timestamp,
    },
    Failed {
        reason: String,
    },
    /// A person gave it up.
    Skipped,
}

impl Session {
    /// Makes an endpoint known, from an event on; nothing where it is known.
    pub async fn add_endpoint(&mut self, name: &str, cursor: u64) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("INSERT INTO endpoints (name, cursor, state, delivered, updated_at) \
             VALUES ($1, $2, 'open', 0, $3) ON CONFLICT (name) DO NOTHING");
        self.execute(sql, args![name, cursor, now]).await?;
        Ok(())
    }

    /// The events up to `cursor` are dealt with; `delivered` more have arrived.
    pub async fn advance_endpoint(&mut self, name: &str, cursor: u64, delivered: u64) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE endpoints SET cursor = $2, delivered = delivered + $3, updated_at = $4 WHERE name = $1");
        self.change(sql, args![name, cursor, delivered, now], ("endpoint", name)).await
    }

    /// Keeps the last answer of an endpoint, and whether it may be sent to.
    pub async fn note_endpoint(&mut self, name: &str, state: EndpointState, answer: &str) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("UPDATE endpoints SET state = $2, answer = $3, answered_at = $4, updated_at = $4 WHERE name = $1");
        self.change(sql, args![name, word(&state), answer, now], ("endpoint", name)).await
    }

    /// An endpoint is owed these events. One that it is owed already is as new: tried from the beginning, at once.
    pub async fn owe_events(&mut self, endpoint: &str, events: &[(u64, &str)]) -> Result<()> {
        let now = self.now().await?;
        let rows = events
            .iter()
            .map(|(sequence, key)| {
                let state = word(&OwedState::Behind);
                args![endpoint.to_owned(), *sequence, (*key).to_owned(), state, 0_u32, now, now, now]
            })
            .collect();
        self.insert(
            "INSERT INTO owed_events (endpoint, sequence, key, state, attempts, next_at, since, updated_at)",
            "ON CONFLICT (endpoint, sequence) DO UPDATE SET state = excluded.state, attempts = 0, \
             next_at = excluded.next_at, updated_at = excluded.updated_at",
            rows,
        )
        .await?;
        let mut keys: Vec<&str> = events.iter().map(|(_, key)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            self.put_in_order(endpoint, key).await?;
        }
        Ok(())
    }

    /// Writes down what became of an owed event; the next of its key is due when it is gone.
    pub async fn settle_owed(&mut self, owed: &OwedEvent, settled: &Settled) -> Result<()> {
        let now = self.now().await?;
        let (endpoint, sequence) = (&owed.endpoint, owed.sequence);
        match settled {
            Settled::Arrived | Settled::Skipped => {
                let sql = Sql("DELETE FROM owed_events WHERE endpoint = $1 AND sequence = $2");
                self.execute(sql, args![endpoint, sequence]).await?;
                self.put_in_order(endpoint, &owed.key).await
            }
            Settled::Again { at, reason } => {
                let sql =
                    Sql("UPDATE owed_events SET state = 'due', attempts = attempts + 1, next_at = $3, reason = $4, \
                     updated_at = $5 WHERE endpoint = $1 AND sequence = $2");
                self.execute(sql, args![endpoint, sequence, *at, reason, now]).await?;
                Ok(())
            }
            Settled::Later { at } => {
                let sql = Sql("UPDATE owed_events SET next_at = $3, updated_at = $4 \
                     WHERE endpoint = $1 AND sequence = $2 AND state = 'due'");
                self.execute(sql, args![endpoint, sequence, *at, now]).await?;
                Ok(())
            }
            Settled::Failed { reason } => {
                let sql = Sql("UPDATE owed_events SET state = 'failed', attempts = attempts + 1, reason = $3, \
                     updated_at = $4 WHERE endpoint = $1 AND sequence = $2");
                self.execute(sql, args![endpoint, sequence, reason, now]).await?;
                Ok(())
            }
        }
    }

    /// Of a key the first is due, or waits for a person; the others stand behind it.
    async fn put_in_order(&mut self, endpoint: &str, key: &str) -> Result<()> {
        let sql = Sql("UPDATE owed_events SET state = 'behind' WHERE endpoint = $1 AND key = $2 AND state = 'due' \
             AND sequence > (SELECT MIN(o.sequence) FROM owed_events o WHERE o.endpoint = $1 AND o.key = $2)");
        self.execute(sql, args![endpoint, key]).await?;
        let sql = Sql("UPDATE owed_events SET state = 'due' WHERE endpoint = $1 AND key = $2 AND state = 'behind' \
             AND sequence = (SELECT MIN(o.sequence) FROM owed_events o WHERE o.endpoint = $1 AND o.key = $2)");
        self.execute(sql, args![endpoint, key]).await?;
        Ok(())
    }
}

impl View {
    pub async fn endpoint(&mut self, name: &str) -> Result<Option<Endpoint>> {
        let sql = Sql("SELECT name, cursor, state, answer, answered_at, delivered FROM endpoints WHERE name = $1");
        self.row(sql, args![name]).await?.as_ref().map(read).transpose()
    }

    /// Every endpoint that was ever known, by name.
    pub async fn endpoints(&mut self) -> Result<Vec<Endpoint>> {
        let sql = Sql("SELECT name, cursor, state, answer, answered_at, delivered FROM endpoints ORDER BY name");
        self.rows(sql, args![]).await?.iter().map(read).collect()
    }

    /// What is to be sent now, the longest due first.
    pub async fn due_events(&mut self, endpoint: &str, now: Timestamp, limit: usize) -> Result<Vec<OwedEvent>> {
        let sql = Sql("SELECT endpoint, sequence, key, state, attempts, next_at, reason, since FROM owed_events \
             WHERE endpoint = $1 AND state = 'due' AND next_at <= $2 ORDER BY next_at, sequence LIMIT $3 + 0");
        self.rows(sql, args![endpoint, now, limit]).await?.iter().map(read_owed).collect()
    }

    /// What an endpoint is owed behind a number, in order.
    pub async fn owed_events(&mut self, endpoint: &str, after: u64, limit: usize) -> Result<Vec<OwedEvent>> {
        let sql = Sql("SELECT endpoint, sequence, key, state, attempts, next_at, reason, since FROM owed_events \
             WHERE endpoint = $1 AND sequence > $2 ORDER BY sequence LIMIT $3 + 0");
        self.rows(sql, args![endpoint, after, limit]).await?.iter().map(read_owed).collect()
    }

    /// What waits for a person, of all endpoints, by endpoint and number behind such a place.
    pub async fn failed_events(&mut self, after: (&str, u64), limit: usize) -> Result<Vec<OwedEvent>> {
        let sql = Sql("SELECT endpoint, sequence, key, state, attempts, next_at, reason, since FROM owed_events \
             WHERE state = 'failed' AND (endpoint > $1 OR (endpoint = $1 AND sequence > $2)) \
             ORDER BY endpoint, sequence LIMIT $3 + 0");
        self.rows(sql, args![after.0, after.1, limit]).await?.iter().map(read_owed).collect()
    }

    /// Which of these keys have anything that is owed.
    pub async fn owed_keys(&mut self, endpoint: &str, keys: &[&str]) -> Result<Vec<String>> {
        let among =
            Among { head: "SELECT DISTINCT key FROM owed_events WHERE endpoint = $1 AND key IN", tail: "ORDER BY key" };
        let keys = keys.iter().map(|key| Arg::from(*key)).collect();
        self.among(among, args![endpoint], keys).await?.iter().map(|row| row.get(0)).collect()
    }

    /// How many events are owed to an endpoint behind its cursor, per state.
    pub async fn owed_counts(&mut self, endpoint: &str) -> Result<Vec<(OwedState, u64)>> {
        let sql = Sql("SELECT state, COUNT(*) FROM owed_events WHERE endpoint = $1 GROUP BY state ORDER BY state");
        self.rows(sql, args![endpoint]).await?.iter().map(|row| Ok((row.word(0)?, row.get(1)?))).collect()
    }
}

fn read(row: &Row) -> Result<Endpoint> {
    Ok(Endpoint {
        name: row.get(0)?,
        cursor: row.get(1)?,
        state: row.word(2)?,
        answer: row.get(3)?,
        answered_at: row.get(4)?,
        delivered: row.get(5)?,
    })
}

fn read_owed(row: &Row) -> Result<OwedEvent> {
    Ok(OwedEvent {
        endpoint: row.get(0)?,
        sequence: row.get(1)?,
        key: row.get(2)?,
        state: row.word(3)?,
        attempts: row.get(4)?,
        next_at: row.get(5)?,
        reason: row.get(6)?,
        since: row.get(7)?,
    })
}
