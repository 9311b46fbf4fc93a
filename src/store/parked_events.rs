//! Events that came before what they belong to: each waits for one key, until a time.

use jiff::Timestamp;
use serde_json::json;

use super::Id;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Among, Arg, Row, Sql, args};

/// The id of a parked event.
pub type ParkedId = Id<ParkedEvent>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedEvent {
    pub id: ParkedId,
    pub partner: String,
    /// Of the event.
    pub key: String,
    pub awaits: String,
    /// The trade it is for, by one of its keys.
    pub target: String,
    /// The event's hash.
    pub content: String,
    /// `856`, `DESADV`, or the command's verb.
    pub kind: String,
    pub number: Option<String>,
    /// Of changes, which are applied in their order.
    pub sequence: u32,
    pub document: Option<String>,
    pub body: String,
    pub received_at: Timestamp,
    pub until: Timestamp,
    /// Its time is over, and a person knows.
    pub expired: bool,
}

impl Session {
    /// Parks an event. `false` where it was parked before: `content` of that one tells a repetition from a conflict.
    pub async fn park_event(&mut self, new: &ParkedEvent) -> Result<bool> {
        let sql = Sql("INSERT INTO parked_events (id, partner, key, awaits, target, content, kind, number, sequence, \
             document, body, received_at, until, expired) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0) ON CONFLICT (partner, key) DO NOTHING");
        let args = args![
            new.id,
            &new.partner,
            &new.key,
            &new.awaits,
            &new.target,
            &new.content,
            &new.kind,
            new.number.as_ref(),
            new.sequence,
            new.document.as_ref(),
            &new.body,
            new.received_at,
            new.until
        ];
        let is_new = self.execute(sql, args).await? == 1;
        if let (Some(document), true) = (&new.document, is_new) {
            self.tell_of_document(document, "document.waiting", json!({"awaits": new.awaits, "until": new.until}))
                .await?;
        }
        Ok(is_new)
    }

    /// A parked event waits for another key now.
    pub async fn park_again(&mut self, id: ParkedId, awaits: &str) -> Result<()> {
        let sql = Sql("UPDATE parked_events SET awaits = $2 WHERE id = $1");
        self.change(sql, args![id, awaits], ("parked event", id)).await
    }

    /// It waits no more.
    pub async fn unpark_event(&mut self, id: ParkedId) -> Result<()> {
        self.execute(Sql("DELETE FROM parked_events WHERE id = $1"), args![id]).await?;
        Ok(())
    }

    pub async fn expire_parked(&mut self, id: ParkedId) -> Result<bool> {
        let sql = Sql("UPDATE parked_events SET expired = 1 WHERE id = $1 AND expired = 0");
        Ok(self.execute(sql, args![id]).await? == 1)
    }
}

impl View {
    /// What waits for any of these keys.
    pub async fn parked_on(&mut self, awaits: &[&str]) -> Result<Vec<ParkedEvent>> {
        let among = Among {
            head: "SELECT id, partner, key, awaits, target, content, kind, number, sequence, document, body, received_at, \
                 until, expired FROM parked_events WHERE awaits IN",
            tail: "ORDER BY sequence, received_at, id",
        };
        let keys = awaits.iter().map(|key| Arg::from(*key)).collect();
        self.among(among, Vec::new(), keys).await?.iter().map(read).collect()
    }

    /// A parked event of a partner by its own key.
    pub async fn parked_event(&mut self, partner: &str, key: &str) -> Result<Option<ParkedEvent>> {
        let sql = Sql("SELECT id, partner, key, awaits, target, content, kind, number, sequence, document, body, \
             received_at, until, expired FROM parked_events WHERE partner = $1 AND key = $2");
        self.row(sql, args![partner, key]).await?.as_ref().map(read).transpose()
    }

    /// What waits of these documents, the oldest first.
    pub async fn parked_of(&mut self, documents: &[&str]) -> Result<Vec<ParkedEvent>> {
        let among = Among {
            head: "SELECT id, partner, key, awaits, target, content, kind, number, sequence, document, body, received_at, \
                 until, expired FROM parked_events WHERE document IN",
            tail: "ORDER BY id",
        };
        let documents = documents.iter().map(|id| Arg::from(*id)).collect();
        self.among(among, Vec::new(), documents).await?.iter().map(read).collect()
    }

    /// Everything that waits, the oldest first.
    pub async fn parked_events(&mut self, limit: usize) -> Result<Vec<ParkedEvent>> {
        let sql = Sql("SELECT id, partner, key, awaits, target, content, kind, number, sequence, document, body, \
             received_at, until, expired FROM parked_events ORDER BY id LIMIT $1 + 0");
        self.rows(sql, args![limit]).await?.iter().map(read).collect()
    }

    /// What waited long enough for a person to look.
    pub async fn parked_too_long(&mut self, now: Timestamp, limit: usize) -> Result<Vec<ParkedEvent>> {
        let sql = Sql("SELECT id, partner, key, awaits, target, content, kind, number, sequence, document, body, \
             received_at, until, expired FROM parked_events WHERE expired = 0 AND until <= $1 ORDER BY until LIMIT $2 + 0");
        self.rows(sql, args![now, limit]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<ParkedEvent> {
    Ok(ParkedEvent {
        id: row.get(0)?,
        partner: row.get(1)?,
        key: row.get(2)?,
        awaits: row.get(3)?,
        target: row.get(4)?,
        content: row.get(5)?,
        kind: row.get(6)?,
        number: row.get(7)?,
        sequence: row.get(8)?,
        document: row.get(9)?,
        body: row.get(10)?,
        received_at: row.get(11)?,
        until: row.get(12)?,
        expired: row.get(13)?,
    })
}
