//! Notes and evidence of the doors: small values by key, and bytes that prove what happened. It knows neither protocol.

use jiff::Timestamp;
use serde_json::Value;

use super::Id;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Sql, args, json};

/// Bytes kept as a proof of one arrival or delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub id: Id<Evidence>,
    /// The id of a transmission or a delivery.
    pub subject: String,
    /// `request`, `headers`, `mdn`, `mail`.
    pub kind: String,
    pub payload: String,
    pub created_at: Timestamp,
}

impl Session {
    /// Writes a note where none is; answers the one that stands there already otherwise.
    pub async fn note_once(&mut self, scope: &str, key: &str, value: &Value) -> Result<Option<Value>> {
        let now = self.now().await?;
        let row = args![scope, key, json(value), now, now];
        let head = "INSERT INTO notes (scope, key, value, created_at, updated_at)";
        if self.insert(head, "ON CONFLICT DO NOTHING", vec![row]).await? == 1 {
            return Ok(None);
        }
        self.note(scope, key).await
    }

    /// Writes a note, over an older one.
    pub async fn set_note(&mut self, scope: &str, key: &str, value: &Value) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("INSERT INTO notes (scope, key, value, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at");
        self.execute(sql, args![scope, key, json(value), now]).await.map(drop)
    }

    /// Takes a note away, where there is one.
    pub async fn drop_note(&mut self, scope: &str, key: &str) -> Result<()> {
        self.execute(Sql("DELETE FROM notes WHERE scope = $1 AND key = $2"), args![scope, key]).await.map(drop)
    }

    /// The payload must be stored in the same unit or before.
    pub async fn add_evidence(&mut self, subject: &str, kind: &str, payload: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("INSERT INTO evidence (id, subject, kind, payload, created_at) VALUES ($1, $2, $3, $4, $5)");
        self.execute(sql, args![Id::<Evidence>::new(), subject, kind, payload, now]).await.map(drop)
    }
}

impl View {
    pub async fn note(&mut self, scope: &str, key: &str) -> Result<Option<Value>> {
        let sql = Sql("SELECT value FROM notes WHERE scope = $1 AND key = $2");
        self.row(sql, args![scope, key]).await?.map(|row| row.json(0)).transpose()
    }

    /// The notes of a scope by their keys, the first `limit`.
    pub async fn notes(&mut self, scope: &str, limit: usize) -> Result<Vec<(String, Value)>> {
        let sql = Sql("SELECT key, value FROM notes WHERE scope = $1 ORDER BY key LIMIT $2 + 0");
        self.rows(sql, args![scope, limit]).await?.iter().map(|row| Ok((row.get(0)?, row.json(1)?))).collect()
    }

    /// What proves an arrival or a delivery, in the order in which it was kept.
    pub async fn evidence_of(&mut self, subject: &str) -> Result<Vec<Evidence>> {
        let sql = Sql("SELECT id, subject, kind, payload, created_at FROM evidence WHERE subject = $1 ORDER BY id");
        let rows = self.rows(sql, args![subject]).await?;
        rows.iter()
            .map(|row| {
                Ok(Evidence {
                    id: row.get(0)?,
                    subject: row.get(1)?,
                    kind: row.get(2)?,
                    payload: row.get(3)?,
                    created_at: row.get(4)?,
                })
            })
            .collect()
    }
}
