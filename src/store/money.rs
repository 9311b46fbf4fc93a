//! The books as they are kept: entries that never change, and what they speak of. Bodies are JSON that the store does not
//! read.

use serde::Serialize;

use super::error::{Error, Result};
use super::session::{Session, View};
use super::sql::{Among, Arg, Row, Sql, args};

/// What the books speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Book {
    /// Invoices and credit memos, by party and number.
    Item,
    /// Money that moved at a bank, by the bank's reference, under no party.
    Payment,
    /// What a payer says of a payment, by payer and number.
    Advice,
    Deduction,
    /// What suppliers billed, by supplier and the plain form of its number.
    Bill,
    /// What is remembered of a party.
    Memory,
    /// What is owed to suppliers, by supplier, purchase and number.
    Payable,
    /// Payment runs, under no party; open until they are released.
    Run,
}

impl Book {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Payment => "payment",
            Self::Advice => "advice",
            Self::Deduction => "deduction",
            Self::Bill => "bill",
            Self::Memory => "memory",
            Self::Payable => "payable",
            Self::Run => "run",
        }
    }
}

/// One record of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub party: String,
    pub key: String,
    pub is_open: bool,
    pub body: String,
}

/// One entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEntry {
    /// Its place in the journal, from 1.
    pub position: u64,
    pub body: String,
}

impl Session {
    /// Makes units that change the books wait for each other, until they are durable.
    pub async fn lock_books(&mut self) -> Result<()> {
        self.lock_trade_key("books").await
    }

    /// Posts an entry behind all others; the books are locked. Answers its position.
    ///
    /// # Errors
    /// When the entry that it reverses has been reversed.
    pub async fn post_entry(&mut self, id: &str, reverses: Option<&str>, source: &str, body: &str) -> Result<u64> {
        let sql = Sql("SELECT COALESCE(MAX(position), 0) + 1 FROM entries");
        let position: u64 = self.one(sql, args![], ("position", "")).await?.get(0)?;
        let now = self.now().await?;
        let sql =
            Sql("INSERT INTO entries (position, id, reverses, source, body, at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT DO NOTHING");
        match self.execute(sql, args![position, id, reverses, source, body, now]).await? {
            0 => Err(Error::Refused(format!("the entry {} has been reversed already", reverses.unwrap_or(id)))),
            _ => {
                self.tell_entry(id, position).await?;
                Ok(position)
            }
        }
    }

    /// Adds a record; `false` where there is one, which stays as it is.
    pub async fn add_kept(&mut self, book: Book, kept: &Kept) -> Result<bool> {
        let now = self.now().await?;
        let sql =
            Sql("INSERT INTO money (kind, party, key, is_open, body, updated_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT DO NOTHING");
        let args = args![book.as_str(), &kept.party, &kept.key, kept.is_open, &kept.body, now];
        Ok(self.execute(sql, args).await? == 1)
    }

    /// Stores a record, new or in place of the one before.
    pub async fn put_kept(&mut self, book: Book, kept: &Kept) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("INSERT INTO money (kind, party, key, is_open, body, updated_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (kind, party, key) DO UPDATE \
             SET is_open = excluded.is_open, body = excluded.body, updated_at = excluded.updated_at");
        self.execute(sql, args![book.as_str(), &kept.party, &kept.key, kept.is_open, &kept.body, now]).await?;
        Ok(())
    }
}

impl Session {
    /// Makes a payment found by its traces.
    pub async fn name_payment(&mut self, key: &str, traces: &[&str]) -> Result<()> {
        let sql = Sql("INSERT INTO payment_traces (trace, payment) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        for trace in traces {
            self.execute(sql, args![*trace, key]).await?;
        }
        Ok(())
    }

    /// Does it for every payment there is: a backup may be older than the table.
    pub(super) async fn name_payments(&mut self) -> Result<()> {
        let sql = Sql("INSERT INTO payment_traces (trace, payment) \
             SELECT DISTINCT t.value, m.key FROM money m CROSS JOIN {traces of m} WHERE m.kind = 'payment' \
             ON CONFLICT DO NOTHING");
        self.execute(sql, args![]).await.map(drop)
    }
}

impl View {
    /// Payments that a trace or their own key names, by key: as fast with any history.
    pub async fn payments_named(&mut self, name: &str) -> Result<Vec<Kept>> {
        let sql = Sql("SELECT party, key, is_open, body FROM money WHERE kind = 'payment' AND party = '' AND key IN \
             (SELECT payment FROM payment_traces WHERE trace = $1 UNION SELECT $1) ORDER BY key");
        self.rows(sql, args![name]).await?.iter().map(read).collect()
    }

    /// Entries behind a position, in order.
    pub async fn entries(&mut self, after: u64, limit: usize) -> Result<Vec<KeptEntry>> {
        let sql = Sql("SELECT position, body FROM entries WHERE position > $1 ORDER BY position LIMIT $2 + 0");
        let rows = self.rows(sql, args![after, limit]).await?;
        rows.iter().map(|row| Ok(KeptEntry { position: row.get(0)?, body: row.get(1)? })).collect()
    }

    /// The entry of an id.
    pub async fn entry(&mut self, id: &str) -> Result<Option<KeptEntry>> {
        let row = self.row(Sql("SELECT position, body FROM entries WHERE id = $1"), args![id]).await?;
        row.map(|row| Ok(KeptEntry { position: row.get(0)?, body: row.get(1)? })).transpose()
    }

    /// The last position of the journal.
    pub async fn last_entry(&mut self) -> Result<u64> {
        let sql = Sql("SELECT COALESCE(MAX(position), 0) FROM entries");
        self.one(sql, args![], ("position", "")).await?.get(0)
    }

    pub async fn kept(&mut self, book: Book, party: &str, key: &str) -> Result<Option<Kept>> {
        let sql = Sql("SELECT party, key, is_open, body FROM money WHERE kind = $1 AND party = $2 AND key = $3");
        self.row(sql, args![book.as_str(), party, key]).await?.as_ref().map(read).transpose()
    }

    /// Open records of a party, or of everybody, by party and key.
    pub async fn kept_open(&mut self, book: Book, party: Option<&str>) -> Result<Vec<Kept>> {
        let rows = match party {
            Some(party) => {
                let sql = Sql("SELECT party, key, is_open, body FROM money \
                     WHERE kind = $1 AND party = $2 AND is_open = 1");
                self.rows(sql, args![book.as_str(), party]).await?
            }
            None => {
                let sql = Sql("SELECT party, key, is_open, body FROM money WHERE kind = $1 AND is_open = 1");
                self.rows(sql, args![book.as_str()]).await?
            }
        };
        in_order(&rows)
    }

    /// Records of any of these keys, whoever's and in whatever state, by party and key.
    pub async fn kept_by_key(&mut self, book: Book, keys: &[&str]) -> Result<Vec<Kept>> {
        let among = Among { head: "SELECT party, key, is_open, body FROM money WHERE kind = $1 AND key IN", tail: "" };
        let keys = keys.iter().map(|key| Arg::from(*key)).collect();
        in_order(&self.among(among, args![book.as_str()], keys).await?)
    }

    /// Every record of a book behind a place, by party and key.
    pub async fn kept_after(&mut self, book: Book, after: (&str, &str), limit: usize) -> Result<Vec<Kept>> {
        let sql = Sql("SELECT party, key, is_open, body FROM money \
             WHERE kind = $1 AND (party > $2 OR (party = $2 AND key > $3)) ORDER BY party, key LIMIT $4 + 0");
        self.rows(sql, args![book.as_str(), after.0, after.1, limit]).await?.iter().map(read).collect()
    }
}

/// Sorted here: SQLite would read a book from one end to the other to have its order for nothing.
fn in_order(rows: &[Row]) -> Result<Vec<Kept>> {
    let mut kept: Vec<Kept> = rows.iter().map(read).collect::<Result<_>>()?;
    kept.sort_by(|one, other| (&one.party, &one.key).cmp(&(&other.party, &other.key)));
    Ok(kept)
}

pub(super) fn read(row: &Row) -> Result<Kept> {
    Ok(Kept { party: row.get(0)?, key: row.get(1)?, is_open: row.get(2)?, body: row.get(3)? })
}
