//! Holds: cases for a person, with what the partner was told meanwhile. Nothing is dropped; it is held.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Id;
use super::deliveries::Subject;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Row, Sql, args, word};
use crate::finding::Held;

/// The id of a hold.
pub type HoldId = Id<Hold>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HoldState {
    Open,
    /// What was held goes on.
    Released,
    /// It stays as it is.
    Closed,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    pub id: HoldId,
    /// Whose business it is: `b2b`, `orders`.
    pub desk: String,
    /// Why it waits, by the word of [`Held`]: `partner-unknown`, `job-parked`.
    pub fault: String,
    /// In plain words.
    pub reason: String,
    pub partner: Option<String>,
    pub subject: (Subject, String),
    /// What the partner was told, as the journey wrote it.
    pub told: Option<Value>,
    pub state: HoldState,
    pub closed_by: Option<String>,
    pub note: Option<String>,
    pub created_at: Timestamp,
}

impl Session {
    pub async fn add_hold(&mut self, new: &Hold) -> Result<()> {
        debug_assert!(Held::named(&new.fault).is_some(), "nobody can explain {}", new.fault);
        let sql = Sql("INSERT INTO holds (id, desk, fault, reason, partner, subject_kind, subject, told, state, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)");
        let args = args![
            new.id,
            &new.desk,
            &new.fault,
            &new.reason,
            new.partner.as_ref(),
            word(&new.subject.0),
            &new.subject.1,
            new.told.as_ref().map(Value::to_string),
            word(&new.state),
            new.created_at
        ];
        self.execute(sql, args).await.map(drop)
    }

    /// A person has decided.
    pub async fn close_hold(&mut self, id: HoldId, state: HoldState, by: &str, note: Option<&str>) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE holds SET state = $2, closed_by = $3, note = $4, updated_at = $5 \
             WHERE id = $1 AND state = 'open'");
        self.change(sql, args![id, word(&state), by, note, now], ("open hold", id)).await
    }
}

impl View {
    pub async fn hold(&mut self, id: HoldId) -> Result<Hold> {
        let sql = Sql("SELECT id, desk, fault, reason, partner, subject_kind, subject, told, state, closed_by, note, \
             created_at FROM holds WHERE id = $1");
        read(&self.one(sql, args![id], ("hold", id)).await?)
    }

    /// What waits for a person, the newest first.
    pub async fn open_holds(&mut self, limit: usize) -> Result<Vec<Hold>> {
        let sql = Sql("SELECT id, desk, fault, reason, partner, subject_kind, subject, told, state, closed_by, note, \
             created_at FROM holds WHERE state = 'open' ORDER BY id DESC LIMIT $1 + 0");
        self.rows(sql, args![limit]).await?.iter().map(read).collect()
    }

    /// All cases about one thing.
    pub async fn holds_of(&mut self, subject: &str) -> Result<Vec<Hold>> {
        let sql = Sql("SELECT id, desk, fault, reason, partner, subject_kind, subject, told, state, closed_by, note, \
             created_at FROM holds WHERE subject = $1 ORDER BY id");
        self.rows(sql, args![subject]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Hold> {
    Ok(Hold {
        id: row.get(0)?,
        desk: row.get(1)?,
        fault: row.get(2)?,
        reason: row.get(3)?,
        partner: row.get(4)?,
        subject: (row.word(5)?, row.get(6)?),
        told: row.json_or_none(7)?,
        state: row.word(8)?,
        closed_by: row.get(9)?,
        note: row.get(10)?,
        created_at: row.get(11)?,
    })
}
