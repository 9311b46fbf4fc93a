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
use crate::process::Queue;

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
    /// Why it waits, by the word of [`Held`]: `partner-unknown`, `job-parked`.
    pub fault: String,
    /// In plain words.
    pub reason: String,
    pub partner: Option<String>,
    pub subject: (Subject, String),
    /// What the partner was told, as the journey wrote it.
    pub told: Option<Value>,
    pub state: HoldState,
    /// Who at its desk has it.
    pub owner: Option<String>,
    /// By when somebody should have dealt with it: reckoned soon after it was opened, in the partner's calendar.
    pub due: Option<Timestamp>,
    /// It was told that nobody had.
    pub breached: bool,
    pub closed_by: Option<String>,
    pub note: Option<String>,
    pub created_at: Timestamp,
    /// When somebody last did something to it: of a settled one, when it was settled.
    pub updated_at: Timestamp,
}

impl Hold {
    /// What the partner complains of, in sentences: where, what, and with which codes.
    pub fn complaints(&self) -> impl Iterator<Item = &str> {
        let words = self.told.as_ref().and_then(|told| told["words"].as_array());
        words.into_iter().flatten().filter_map(serde_json::Value::as_str)
    }

    /// One that is open from now on; what is held, and why, is told with it.
    pub fn open(at: Timestamp) -> Self {
        Self {
            id: Id::new(),
            fault: String::new(),
            reason: String::new(),
            partner: None,
            subject: (Subject::Document, String::new()),
            told: None,
            state: HoldState::Open,
            owner: None,
            due: None,
            breached: false,
            closed_by: None,
            note: None,
            created_at: at,
            updated_at: at,
        }
    }

    /// The desk that has it.
    pub fn queue(&self) -> Queue {
        match self.fault.as_str() {
            "answer-overdue"
            | "answer-unknown"
            | "rejected-by-partner"
            | "accepted-with-errors"
            | "certificate-ends" => Queue::EdiCompliance,
            _ => Queue::Support,
        }
    }

    /// What is the matter, as a word of the kind that cases have.
    pub fn kind(&self) -> String {
        self.fault.replace('-', "_")
    }

    /// What people and rulings call it: `h` and the last eight digits of its id.
    pub fn name(&self) -> String {
        let id = self.id.to_string();
        format!("h{}", id.get(id.len().saturating_sub(8)..).unwrap_or(&id))
    }
}

impl Session {
    pub async fn add_hold(&mut self, new: &Hold) -> Result<()> {
        debug_assert!(Held::named(&new.fault).is_some(), "nobody can explain {}", new.fault);
        let sql = Sql("INSERT INTO holds (id, desk, fault, reason, partner, subject_kind, subject, told, state, \
             created_at, updated_at, due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)");
        let args = args![
            new.id,
            new.queue().as_str(),
            &new.fault,
            &new.reason,
            new.partner.as_ref(),
            word(&new.subject.0),
            &new.subject.1,
            new.told.as_ref().map(Value::to_string),
            word(&new.state),
            new.created_at,
            new.due
        ];
        self.execute(sql, args).await?;
        self.tell_hold("exception.opened", new, "journey").await
    }

    /// A person has decided.
    pub async fn close_hold(&mut self, id: HoldId, state: HoldState, by: &str, note: Option<&str>) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE holds SET state = $2, closed_by = $3, note = $4, updated_at = $5 \
             WHERE id = $1 AND state = 'open'");
        self.change(sql, args![id, word(&state), by, note, now], ("open hold", id)).await?;
        let hold = self.hold(id).await?;
        self.tell_hold("exception.resolved", &hold, by).await
    }

    /// Gives what is held to somebody.
    pub async fn assign_hold(&mut self, id: HoldId, owner: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE holds SET owner = $2, updated_at = $3 WHERE id = $1 AND state = 'open'");
        self.change(sql, args![id, owner, now], ("open hold", id)).await?;
        let hold = self.hold(id).await?;
        self.tell_hold("exception.assigned", &hold, owner).await
    }

    /// Notes by when somebody should have dealt with it.
    pub async fn date_hold(&mut self, id: HoldId, due: Timestamp) -> Result<()> {
        let sql = Sql("UPDATE holds SET due = $2 WHERE id = $1 AND due IS NULL");
        self.execute(sql, args![id, due]).await.map(drop)
    }

    /// Tells that nobody has dealt with it in time; `false` where it has been told, or the hold is settled.
    pub async fn breach_hold(&mut self, id: HoldId) -> Result<bool> {
        let sql = Sql("UPDATE holds SET breached = 1 WHERE id = $1 AND state = 'open' AND breached = 0");
        if self.execute(sql, args![id]).await? == 0 {
            return Ok(false);
        }
        let hold = self.hold(id).await?;
        self.tell_hold("exception.breached", &hold, "the clock").await?;
        Ok(true)
    }
}

impl View {
    pub async fn hold(&mut self, id: HoldId) -> Result<Hold> {
        let sql = Sql("SELECT id, fault, reason, partner, subject_kind, subject, told, state, owner, due, breached, \
             closed_by, note, created_at, updated_at FROM holds WHERE id = $1");
        read(&self.one(sql, args![id], ("hold", id)).await?)
    }

    /// The one that people call by this name, open or settled: the latest, should there be several.
    pub async fn hold_named(&mut self, name: &str) -> Result<Option<Hold>> {
        let Some(digits) = name.strip_prefix('h') else { return Ok(None) };
        let sql = Sql("SELECT id, fault, reason, partner, subject_kind, subject, told, state, owner, due, breached, \
             closed_by, note, created_at, updated_at FROM holds WHERE substr(id, 29) = $1 ORDER BY id DESC LIMIT 1");
        self.row(sql, args![digits]).await?.as_ref().map(read).transpose()
    }

    /// What waits for a person, the newest first.
    pub async fn open_holds(&mut self, limit: usize) -> Result<Vec<Hold>> {
        let sql = Sql("SELECT id, fault, reason, partner, subject_kind, subject, told, state, owner, due, breached, \
             closed_by, note, created_at, updated_at FROM holds WHERE state = 'open' ORDER BY id DESC LIMIT $1 + 0");
        self.rows(sql, args![limit]).await?.iter().map(read).collect()
    }

    /// Open ones of which nobody has reckoned by when they should be dealt with, the oldest first.
    pub async fn holds_undated(&mut self, limit: usize) -> Result<Vec<Hold>> {
        let sql = Sql("SELECT id, fault, reason, partner, subject_kind, subject, told, state, owner, due, breached, \
             closed_by, note, created_at, updated_at FROM holds WHERE state = 'open' AND due IS NULL ORDER BY id LIMIT $1 + 0");
        self.rows(sql, args![limit]).await?.iter().map(read).collect()
    }

    /// Open ones that nobody has dealt with in time, and nobody was told.
    pub async fn holds_breaching(&mut self, now: Timestamp, limit: usize) -> Result<Vec<HoldId>> {
        let sql = Sql("SELECT id FROM holds WHERE state = 'open' AND breached = 0 AND due <= $1 \
             ORDER BY due LIMIT $2 + 0");
        self.rows(sql, args![now, limit]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// All cases about one thing.
    pub async fn holds_of(&mut self, subject: &str) -> Result<Vec<Hold>> {
        let sql = Sql("SELECT id, fault, reason, partner, subject_kind, subject, told, state, owner, due, breached, \
             closed_by, note, created_at, updated_at FROM holds WHERE subject = $1 ORDER BY id");
        self.rows(sql, args![subject]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Hold> {
    Ok(Hold {
        id: row.get(0)?,
        fault: row.get(1)?,
        reason: row.get(2)?,
        partner: row.get(3)?,
        subject: (row.word(4)?, row.get(5)?),
        told: row.json_or_none(6)?,
        state: row.word(7)?,
        owner: row.get(8)?,
        due: row.get(9)?,
        breached: row.get(10)?,
        closed_by: row.get(11)?,
        note: row.get(12)?,
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
    })
}
