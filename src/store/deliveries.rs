//! Deliveries: files that are owed to an outlet. They leave in the order of their sequence, which no gap interrupts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Id;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Row, Sql, args, json, word};

/// The id of a delivery.
pub type DeliveryId = Id<Delivery>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    Queued,
    Delivered,
    /// It waits for a person; those behind it go on.
    Parked,
    /// It shall not leave any more.
    Withdrawn,
}

/// What a delivery carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Transmission,
    Interchange,
    Group,
    Document,
    Reply,
    Delivery,
    /// Somebody we trade with, or `us`: what is the matter came with no document.
    Partner,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub id: DeliveryId,
    /// `outbox`, `folder:acme`.
    pub outlet: String,
    /// Given by [`Session::queue_deliveries`].
    pub sequence: u64,
    pub partner: Option<String>,
    pub subject: (Subject, String),
    /// The bytes: the hash of a payload; empty where the outlet writes the subject's canonical document.
    pub payload: String,
    pub file_name: String,
    pub state: DeliveryState,
    pub attempts: u32,
    pub reason: Option<String>,
    /// What the far side said.
    pub receipt: Option<Value>,
}

impl Delivery {
    /// One that is about to be queued.
    pub fn new(
        outlet: &str,
        partner: Option<&str>,
        subject: (Subject, String),
        payload: &str,
        file_name: String,
    ) -> Self {
        Self {
            id: Id::new(),
            outlet: outlet.to_owned(),
            sequence: 0,
            partner: partner.map(str::to_owned),
            subject,
            payload: payload.to_owned(),
            file_name,
            state: DeliveryState::Queued,
            attempts: 0,
            reason: None,
            receipt: None,
        }
    }
}

impl Session {
    /// Queues deliveries of one outlet behind those that are there; fills in their sequence. Units that queue for the
    /// same outlet wait for each other, so that the sequence is the order of what became durable.
    pub async fn queue_deliveries(&mut self, outlet: &str, new: &mut [Delivery]) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let now = self.now().await?;
        let sql = Sql("INSERT INTO outlets (name, sequence) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET sequence = outlets.sequence + excluded.sequence RETURNING sequence");
        let last: u64 = self.one(sql, args![outlet, new.len()], ("outlet", "")).await?.get(0)?;
        let first = last + 1 - new.len() as u64;
        let mut rows = Vec::with_capacity(new.len());
        for (sequence, delivery) in (first..).zip(new.iter_mut()) {
            delivery.sequence = sequence;
            rows.push(args![
                delivery.id,
                outlet,
                sequence,
                delivery.partner.as_ref(),
                word(&delivery.subject.0),
                &delivery.subject.1,
                &delivery.payload,
                &delivery.file_name,
                word(&DeliveryState::Queued),
                0_u32,
                now,
                now
            ]);
        }
        self.insert(
            "INSERT INTO deliveries (id, outlet, sequence, partner, subject_kind, subject, payload, file_name, state, \
             attempts, created_at, updated_at)",
            "",
            rows,
        )
        .await
        .map(drop)
    }

    /// The far side holds the bytes.
    pub async fn delivered(&mut self, id: DeliveryId, receipt: &Value) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, receipt = $2, reason = NULL, \
             updated_at = $3 WHERE id = $1");
        self.change(sql, args![id, json(receipt), now], ("delivery", id)).await
    }

    /// The far side holds all queued bytes of an outlet up to this sequence.
    pub async fn delivered_up_to(&mut self, outlet: &str, sequence: u64, receipt: &Value) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, receipt = $3, reason = NULL, \
             updated_at = $4 WHERE outlet = $1 AND sequence <= $2 AND state = 'queued'");
        self.execute(sql, args![outlet, sequence, json(receipt), now]).await.map(drop)
    }

    /// It did not work: still queued, and why.
    pub async fn delivery_failed(&mut self, id: DeliveryId, reason: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE deliveries SET attempts = attempts + 1, reason = $2, updated_at = $3 WHERE id = $1");
        self.change(sql, args![id, reason, now], ("delivery", id)).await
    }

    /// Takes it out of the queue, or puts it back at its old place.
    pub async fn set_delivery_state(
        &mut self,
        id: DeliveryId,
        state: DeliveryState,
        reason: Option<&str>,
    ) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE deliveries SET state = $2, reason = $3, updated_at = $4 WHERE id = $1");
        self.change(sql, args![id, word(&state), reason, now], ("delivery", id)).await
    }
}

impl View {
    pub async fn delivery(&mut self, id: DeliveryId) -> Result<Delivery> {
        let sql =
            Sql("SELECT id, outlet, sequence, partner, subject_kind, subject, payload, file_name, state, attempts, \
             reason, receipt FROM deliveries WHERE id = $1");
        read(&self.one(sql, args![id], ("delivery", id)).await?)
    }

    /// What an outlet owes next, in order.
    pub async fn queued_deliveries(&mut self, outlet: &str, limit: usize) -> Result<Vec<Delivery>> {
        let sql =
            Sql("SELECT id, outlet, sequence, partner, subject_kind, subject, payload, file_name, state, attempts, \
             reason, receipt FROM deliveries WHERE outlet = $1 AND state = 'queued' ORDER BY sequence LIMIT $2 + 0");
        self.rows(sql, args![outlet, limit]).await?.iter().map(read).collect()
    }

    /// The deliveries of one reply, document or interchange.
    pub async fn deliveries_of(&mut self, subject: &str) -> Result<Vec<Delivery>> {
        let sql =
            Sql("SELECT id, outlet, sequence, partner, subject_kind, subject, payload, file_name, state, attempts, \
             reason, receipt FROM deliveries WHERE subject = $1 ORDER BY id");
        self.rows(sql, args![subject]).await?.iter().map(read).collect()
    }

    /// Everything that was delivered, outlet by outlet in the order it left, behind a place in that order.
    pub async fn delivered(&mut self, outlet: &str, after: u64, limit: usize) -> Result<Vec<Delivery>> {
        let sql =
            Sql("SELECT id, outlet, sequence, partner, subject_kind, subject, payload, file_name, state, attempts, \
             reason, receipt FROM deliveries WHERE outlet = $1 AND sequence > $2 AND state = 'delivered' \
             ORDER BY sequence LIMIT $3 + 0");
        self.rows(sql, args![outlet, after, limit]).await?.iter().map(read).collect()
    }

    /// Outlets that owe something, and how much.
    pub async fn owing_outlets(&mut self) -> Result<Vec<(String, u64)>> {
        let sql = Sql("SELECT outlet, COUNT(*) FROM deliveries WHERE state = 'queued' GROUP BY outlet ORDER BY outlet");
        let rows = self.rows(sql, args![]).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}

fn read(row: &Row) -> Result<Delivery> {
    Ok(Delivery {
        id: row.get(0)?,
        outlet: row.get(1)?,
        sequence: row.get(2)?,
        partner: row.get(3)?,
        subject: (row.word(4)?, row.get(5)?),
        payload: row.get(6)?,
        file_name: row.get(7)?,
        state: row.word(8)?,
        attempts: row.get(9)?,
        reason: row.get(10)?,
        receipt: row.json_or_none(11)?,
    })
}
