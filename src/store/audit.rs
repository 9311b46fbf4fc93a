//! The audit trail: who did what to which thing, in one chain. Every entry's hash covers its words and the hash before it,
//! so that nothing can be changed, left out or put in between without every later hash telling.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::error::Result;
use super::hex;
use super::session::{Session, View};
use super::sql::{Row, Sql, args};

/// What stands before the first entry.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Who it was: a person or a key.
    pub actor: String,
    /// The person behind it.
    pub owner: String,
    pub action: String,
    /// The thing it was done to: `order 4501`, `payment T1`.
    pub subject: String,
    /// A JSON object.
    pub detail: Value,
}

/// An entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audited {
    /// From 1, without gaps.
    pub position: u64,
    pub at: Timestamp,
    pub actor: String,
    pub owner: String,
    pub action: String,
    pub subject: String,
    /// JSON as it is kept.
    pub detail: String,
    pub previous: String,
    pub hash: String,
}

impl Audited {
    /// SHA-256 over everything but the hash itself, a line each.
    pub fn reckoned(&self) -> String {
        let Self { position, at, actor, owner, action, subject, detail, previous, .. } = self;
        let at = at.as_microsecond();
        let lines = [&position.to_string(), &at.to_string(), actor, owner, action, subject, detail, previous];
        // Line ends within a value would let two entries read alike.
        let text: Vec<String> = lines.iter().map(|line| line.escape_default().to_string()).collect();
        hex(&Sha256::digest(text.join("\n")))
    }
}

impl Session {
    /// Appends an entry in the unit of the act itself. Units that do wait for each other, until they are durable.
    pub async fn append_audit(&mut self, deed: &Deed) -> Result<u64> {
        self.lock_trade_key("audit").await?;
        let last = self.audit_end().await?;
        let (before, previous) = last.map_or((0, NOTHING.to_owned()), |last| (last.position, last.hash));
        let Deed { actor, owner, action, subject, detail } = deed.clone();
        let at = self.now().await?;
        let detail = detail.to_string();
        let hash = String::new();
        let mut entry = Audited { position: before + 1, at, actor, owner, action, subject, detail, previous, hash };
        entry.hash = entry.reckoned();
        let sql = Sql("INSERT INTO audit (position, at, actor, owner, action, subject, detail, previous, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let Audited { position, at, actor, owner, action, subject, detail, previous, hash } = &entry;
        let args = args![*position, *at, actor, owner, action, subject, detail, previous, hash];
        self.execute(sql, args).await?;
        Ok(entry.position)
    }
}

impl View {
    /// Entries behind a position, in order.
    pub async fn audit_after(&mut self, after: u64, limit: usize) -> Result<Vec<Audited>> {
        let sql = Sql("SELECT position, at, actor, owner, action, subject, detail, previous, hash FROM audit \
             WHERE position > $1 ORDER BY position LIMIT $2 + 0");
        self.rows(sql, args![after, limit]).await?.iter().map(read).collect()
    }

    /// The last entry.
    pub async fn audit_end(&mut self) -> Result<Option<Audited>> {
        let sql = Sql("SELECT position, at, actor, owner, action, subject, detail, previous, hash FROM audit \
             ORDER BY position DESC LIMIT 1");
        self.row(sql, args![]).await?.as_ref().map(read).transpose()
    }

    /// What one person did to a thing: the actions.
    pub async fn deeds(&mut self, subject: &str, owner: &str) -> Result<Vec<String>> {
        let sql = Sql("SELECT DISTINCT action FROM audit WHERE subject = $1 AND owner = $2");
        self.rows(sql, args![subject, owner]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// Walks the whole chain: how many entries there are, and the first that is not what it was.
    pub async fn audit_chain(&mut self) -> Result<(u64, Option<Broken>)> {
        let (mut position, mut previous) = (0, NOTHING.to_owned());
        loop {
            let page = self.audit_after(position, 1_000).await?;
            if page.is_empty() {
                return Ok((position, None));
            }
            for entry in page {
                let words = if entry.position != position + 1 {
                    "an entry before it is missing"
                } else if entry.previous != previous {
                    "it does not follow the entry before it"
                } else if entry.hash != entry.reckoned() {
                    "it was changed"
                } else {
                    (position, previous) = (entry.position, entry.hash);
                    continue;
                };
                return Ok((position, Some(Broken { position: entry.position, words })));
            }
        }
    }
}

/// Where the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    pub position: u64,
    pub words: &'static str,
}

fn read(row: &Row) -> Result<Audited> {
    Ok(Audited {
        position: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        owner: row.get(3)?,
        action: row.get(4)?,
        subject: row.get(5)?,
        detail: row.get(6)?,
        previous: row.get(7)?,
        hash: row.get(8)?,
    })
}
