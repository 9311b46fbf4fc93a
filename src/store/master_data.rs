//! What we know without a document: items, credit limits, stock. Small records by kind and key, as JSON text.

use super::error::Result;
use super::session::{Session, View};
use super::sql::{Sql, args};

impl Session {
    pub async fn put_master(&mut self, kind: &str, key: &str, body: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("INSERT INTO master_data (kind, key, body, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at");
        self.execute(sql, args![kind, key, body, now]).await?;
        Ok(())
    }
}

impl View {
    pub async fn master(&mut self, kind: &str, key: &str) -> Result<Option<String>> {
        let sql = Sql("SELECT body FROM master_data WHERE kind = $1 AND key = $2");
        self.row(sql, args![kind, key]).await?.map(|row| row.get(0)).transpose()
    }

    /// The records of a kind whose keys begin so.
    pub async fn masters_under(&mut self, kind: &str, prefix: &str) -> Result<Vec<(String, String)>> {
        // The character behind all others that keys have.
        let end = format!("{prefix}\u{10FFFF}");
        let sql = Sql("SELECT key, body FROM master_data WHERE kind = $1 AND key >= $2 AND key < $3 ORDER BY key");
        let rows = self.rows(sql, args![kind, prefix, end]).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// Every record of a kind, by key.
    pub async fn masters(&mut self, kind: &str) -> Result<Vec<(String, String)>> {
        let sql = Sql("SELECT key, body FROM master_data WHERE kind = $1 ORDER BY key");
        self.rows(sql, args![kind]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}
