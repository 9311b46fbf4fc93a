//! What may happen only once: the memory behind the three levels of idempotency. It knows keys, not what they mean.
//!
//! Scopes in use: `interchange` (partner, direction, identities, control number, usage), `group`, `set`, `business`
//! (partner, kind, number, purpose), `content` (hash of the canonical document).

use jiff::Timestamp;

use super::error::Result;
use super::session::{Session, View};
use super::sql::{Row, Sql, args};

/// A key that `subject` wants for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub key: String,
    /// Whose key it becomes: an id.
    pub subject: String,
    /// What tells a repetition from a conflict: a hash of the content.
    pub hash: String,
}

/// Who had the key before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub subject: String,
    pub hash: String,
    pub at: Timestamp,
}

impl Session {
    /// Claims keys. For each, in order: `None` where the key is the claimant's now, or who had it before. Of two equal
    /// keys in one call the first wins.
    pub async fn claim_once(&mut self, scope: &str, claims: &[Claim]) -> Result<Vec<Option<Earlier>>> {
        let now = self.now().await?;
        // In one order, so that two units never wait for each other.
        let mut sorted: Vec<&Claim> = claims.iter().collect();
        sorted.sort_by(|one, other| one.key.cmp(&other.key));
        let rows = sorted.iter().map(|claim| args![scope, &claim.key, &claim.subject, &claim.hash, now]).collect();
        let head = "INSERT INTO once (scope, key, subject, hash, created_at)";
        let stored = self.insert(head, "ON CONFLICT DO NOTHING", rows).await?;
        if stored == claims.len() as u64 {
            return Ok(vec![None; claims.len()]);
        }
        let mut answers = Vec::with_capacity(claims.len());
        for claim in claims {
            let earlier = self.once(scope, &claim.key).await?;
            answers.push(earlier.filter(|earlier| earlier.subject != claim.subject));
        }
        Ok(answers)
    }

    /// Gives a key to another subject: a partner began its numbers anew, or a document was replaced.
    pub async fn retake_once(&mut self, scope: &str, claim: &Claim) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("INSERT INTO once (scope, key, subject, hash, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (scope, key) DO UPDATE SET subject = excluded.subject, hash = excluded.hash, \
             created_at = excluded.created_at");
        self.execute(sql, args![scope, &claim.key, &claim.subject, &claim.hash, now]).await.map(drop)
    }
}

impl View {
    /// Who has a key.
    pub async fn once(&mut self, scope: &str, key: &str) -> Result<Option<Earlier>> {
        let sql = Sql("SELECT subject, hash, created_at FROM once WHERE scope = $1 AND key = $2");
        self.row(sql, args![scope, key]).await?.as_ref().map(read).transpose()
    }
}

fn read(row: &Row) -> Result<Earlier> {
    Ok(Earlier { subject: row.get(0)?, hash: row.get(1)?, at: row.get(2)? })
}
