//! Transmissions: one file or message each, as it came through a door.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Id;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Row, Sql, args, json, word};

/// The id of a transmission.
pub type TransmissionId = Id<Transmission>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransmissionState {
    /// Durable; nothing was read yet.
    Received,
    /// Some windows are stored; `checkpoint` says where reading goes on.
    Reading,
    Done,
    /// Nothing could be made of it: it waits for a person.
    Held,
}

/// One file or message as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Transmission {
    pub id: TransmissionId,
    /// The door it came through: `folder:acme`.
    pub door: String,
    /// Whose door it is, where it is one partner's.
    pub partner: Option<String>,
    /// As the sender called it.
    pub name: String,
    pub payload: String,
    pub size: u64,
    pub state: TransmissionState,
    /// Where reading goes on, as the reader of windows wrote it.
    pub checkpoint: Option<Value>,
    /// What was in it, in counts, as the journey wrote it.
    pub summary: Value,
    pub received_at: Timestamp,
}

impl Session {
    /// Stores a transmission, once: false where its id is known already.
    pub async fn add_transmission(&mut self, new: &Transmission) -> Result<bool> {
        let sql =
            Sql("INSERT INTO transmissions (id, door, partner, name, payload, size, state, checkpoint, summary, \
             received_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT DO NOTHING");
        let stored = self
            .execute(
                sql,
                args![
                    new.id,
                    &new.door,
                    new.partner.as_ref(),
                    &new.name,
                    &new.payload,
                    new.size,
                    word(&new.state),
                    new.checkpoint.as_ref().map(Value::to_string),
                    json(&new.summary),
                    new.received_at
                ],
            )
            .await?;
        Ok(stored == 1)
    }

    /// How far reading came.
    pub async fn advance_transmission(
        &mut self,
        id: TransmissionId,
        state: TransmissionState,
        checkpoint: Option<&Value>,
        summary: &Value,
    ) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("UPDATE transmissions SET state = $2, checkpoint = $3, summary = $4, updated_at = $5 WHERE id = $1");
        let checkpoint = checkpoint.map(Value::to_string);
        let args = args![id, word(&state), checkpoint, json(summary), now];
        self.change(sql, args, ("transmission", id)).await
    }
}

impl View {
    pub async fn transmission(&mut self, id: TransmissionId) -> Result<Transmission> {
        let sql = Sql("SELECT id, door, partner, name, payload, size, state, checkpoint, summary, received_at \
             FROM transmissions WHERE id = $1");
        read(&self.one(sql, args![id], ("transmission", id)).await?)
    }

    /// True where a transmission of this id was stored: asked by a door that finds a claimed file.
    pub async fn has_transmission(&mut self, id: TransmissionId) -> Result<bool> {
        Ok(self.row(Sql("SELECT 1 FROM transmissions WHERE id = $1"), args![id]).await?.is_some())
    }

    /// What came last, the newest first; of what came before `before` where it is given.
    pub async fn latest_transmissions(
        &mut self,
        before: Option<TransmissionId>,
        limit: usize,
    ) -> Result<Vec<Transmission>> {
        let last = before.unwrap_or(Id::from_uuid(uuid::Uuid::max()));
        let sql = Sql("SELECT id, door, partner, name, payload, size, state, checkpoint, summary, received_at \
             FROM transmissions WHERE id < $1 ORDER BY id DESC LIMIT $2 + 0");
        self.rows(sql, args![last, limit]).await?.iter().map(read).collect()
    }

    /// The transmissions that brought these bytes, the oldest first.
    pub async fn transmissions_with(&mut self, payload: &str) -> Result<Vec<TransmissionId>> {
        let sql = Sql("SELECT id FROM transmissions WHERE payload = $1 ORDER BY id");
        self.rows(sql, args![payload]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// The oldest transmissions in a state.
    pub async fn transmissions_in(&mut self, state: TransmissionState, limit: usize) -> Result<Vec<Transmission>> {
        let sql = Sql("SELECT id, door, partner, name, payload, size, state, checkpoint, summary, received_at \
             FROM transmissions WHERE state = $1 ORDER BY received_at LIMIT $2 + 0");
        self.rows(sql, args![word(&state), limit]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Transmission> {
    Ok(Transmission {
        id: row.get(0)?,
        door: row.get(1)?,
        partner: row.get(2)?,
        name: row.get(3)?,
        payload: row.get(4)?,
        size: row.get(5)?,
        state: row.word(6)?,
        checkpoint: row.json_or_none(7)?,
        summary: row.json(8)?,
        received_at: row.get(9)?,
    })
}
