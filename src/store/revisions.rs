//! Revisions: the configuration as immutable sets of files, named by their hash; one is in force on every node.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::error::{Error, Result};
use super::payloads::hex;
use super::session::{Session, View};
use super::sql::{Sql, args};

/// One set of configuration files: path below the configuration folder -> text.
pub type Files = BTreeMap<String, String>;

/// A revision without its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub hash: String,
    pub note: String,
    pub created_at: Timestamp,
}

/// The name of a set of files: SHA-256 over paths, lengths and texts.
pub fn revision_hash(files: &Files) -> String {
    let mut hash = Sha256::new();
    for (path, text) in files {
        hash.update(format!("{} {}\n", path.len(), text.len()));
        hash.update(path);
        hash.update(text);
    }
    hex(&hash.finalize())
}

impl Session {
    /// Stores a set of files and puts it in force. The same set again is only put in force. Answers its hash.
    pub async fn activate_revision(&mut self, files: &Files, note: &str) -> Result<String> {
        let now = self.now().await?;
        let hash = revision_hash(files);
        let sql = Sql("INSERT INTO revisions (hash, created_at, note) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        if self.execute(sql, args![&hash, now, note]).await? == 1 {
            let rows = files.iter().map(|(path, text)| args![&hash, path, text]).collect();
            self.insert("INSERT INTO revision_files (revision, path, text)", "", rows).await?;
        }
        let sql = Sql("INSERT INTO active_revision (one, revision, activated_at) VALUES (1, $1, $2) \
             ON CONFLICT (one) DO UPDATE SET revision = excluded.revision, activated_at = excluded.activated_at");
        self.execute(sql, args![&hash, now]).await?;
        Ok(hash)
    }
}

impl View {
    /// The hash of the revision in force: asked often, so that every node follows.
    pub async fn active_revision(&mut self) -> Result<Option<String>> {
        let row = self.row(Sql("SELECT revision FROM active_revision WHERE one = 1"), args![]).await?;
        row.map(|row| row.get(0)).transpose()
    }

    pub async fn revision_files(&mut self, hash: &str) -> Result<Files> {
        let sql = Sql("SELECT path, text FROM revision_files WHERE revision = $1 ORDER BY path");
        let rows = self.rows(sql, args![hash]).await?;
        let files: Files = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
        if revision_hash(&files) == hash { Ok(files) } else { Err(Error::damaged(format_args!("revision {hash}"))) }
    }

    /// The newest revisions.
    pub async fn revisions(&mut self, limit: usize) -> Result<Vec<Revision>> {
        let sql = Sql("SELECT hash, note, created_at FROM revisions ORDER BY created_at DESC LIMIT $1 + 0");
        let rows = self.rows(sql, args![limit]).await?;
        rows.iter().map(|row| Ok(Revision { hash: row.get(0)?, note: row.get(1)?, created_at: row.get(2)? })).collect()
    }
}
