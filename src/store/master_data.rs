//! What we know without a document: items, credit limits, stock. Small records by kind and key, as JSON text, each under
//! every name it is known by.

use super::error::Result;
use super::session::{Session, View};
use super::sql::{Among, Arg, Sql, args};

impl Session {
    /// Stores a record, new or in place of the one before, under its key and under other names.
    pub async fn put_master(&mut self, kind: &str, key: &str, names: &[String], body: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("INSERT INTO master_data (kind, key, body, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at");
        self.execute(sql, args![kind, key, body, now]).await?;
        self.execute(Sql("DELETE FROM master_names WHERE kind = $1 AND key = $2"), args![kind, key]).await?;
        let names = names.iter().map(String::as_str).chain([key]).map(|name| args![kind, name, key]).collect();
        let head = "INSERT INTO master_names (kind, name, key)";
        self.insert(head, "ON CONFLICT DO NOTHING", names).await.map(drop)
    }

    /// Changes what a record says, and no name of it.
    pub async fn change_master(&mut self, kind: &str, key: &str, body: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE master_data SET body = $3, updated_at = $4 WHERE kind = $1 AND key = $2");
        self.change(sql, args![kind, key, body, now], ("master data", key)).await
    }
}

impl View {
    pub async fn master(&mut self, kind: &str, key: &str) -> Result<Option<String>> {
        let sql = Sql("SELECT body FROM master_data WHERE kind = $1 AND key = $2");
        self.row(sql, args![kind, key]).await?.map(|row| row.get(0)).transpose()
    }

    /// The records of a kind that go by any of these names: name, key and body, by key.
    pub async fn masters_named(&mut self, kind: &str, names: &[&str]) -> Result<Vec<(String, String, String)>> {
        let among = Among {
            head: "SELECT n.name, m.key, m.body FROM master_names n JOIN master_data m ON m.kind = n.kind AND m.key = n.key \
                 WHERE n.kind = $1 AND n.name IN",
            tail: "ORDER BY m.key, n.name",
        };
        let rows = self.among(among, args![kind], names.iter().map(|name| Arg::from(*name)).collect()).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
    }

    /// Every record of a kind, by key.
    pub async fn masters(&mut self, kind: &str) -> Result<Vec<(String, String)>> {
        let sql = Sql("SELECT key, body FROM master_data WHERE kind = $1 ORDER BY key");
        self.rows(sql, args![kind]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// The kinds there is any record of: a few, found without looking at every record.
    pub async fn master_kinds(&mut self) -> Result<Vec<String>> {
        let sql = Sql("WITH RECURSIVE k (kind) AS (SELECT MIN(kind) FROM master_data \
             UNION ALL SELECT (SELECT MIN(kind) FROM master_data WHERE kind > k.kind) FROM k WHERE k.kind IS NOT NULL) \
             SELECT kind FROM k WHERE kind IS NOT NULL");
        self.rows(sql, args![]).await?.iter().map(|row| row.get(0)).collect()
    }
}
