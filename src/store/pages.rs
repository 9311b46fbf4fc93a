//! Lists in pages: each page begins behind the last row of the one before, so that what comes in meanwhile neither
//! repeats a row nor hides one.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::cases::{self, Case, CaseSearch};
use super::deadlines::{self, DeadlineRow};
use super::error::Result;
use super::money::{self, Book, Kept};
use super::session::View;
use super::sql::{Among, Arg, Sql, args};
use super::trades::TradeId;

impl View {
    /// Cases behind a number, by number.
    pub async fn case_page(&mut self, search: &CaseSearch, after: u64) -> Result<Vec<Case>> {
        let mut text = Statement::new(
            "SELECT id, number, trade, key, queue, kind, partner, order_number, line, words, money, cause, state, \
             owner, document, opened_at, closed_at, closed_by, note, due, breached FROM cases WHERE number > $1",
            after,
        );
        text.also("queue = ?", search.queue.clone().map(Arg::from));
        text.also("trade = ?", search.trade.map(Arg::from));
        text.also("state = ?", search.open_only.then(|| Arg::from("open")));
        let (text, args) = text.page("number", search.limit);
        self.link().rows(AssertSqlSafe(text).into_sql_str(), args).await?.iter().map(cases::read).collect()
    }

    /// Deadlines behind one that is named by its time, trade and key; the most urgent first.
    pub async fn deadline_page(&mut self, after: (i64, &str, &str), limit: usize) -> Result<Vec<DeadlineRow>> {
        let sql = Sql("SELECT trade, key, kind, queue, partner, number, words, since, due, percent, next_at \
             FROM deadlines WHERE due > $1 OR (due = $1 AND (trade > $2 OR (trade = $2 AND key > $3))) \
             ORDER BY due, trade, key LIMIT $4 + 0");
        self.rows(sql, args![after.0, after.1, after.2, limit]).await?.iter().map(deadlines::read).collect()
    }

    /// Records of a book behind a place, by party and key.
    pub async fn kept_page(
        &mut self,
        book: Book,
        (party, open_only): (Option<&str>, bool),
        after: (&str, &str),
        limit: usize,
    ) -> Result<Vec<Kept>> {
        let rows = match party {
            Some(party) => {
                let key = if after.0 == party { after.1 } else { "" };
                let sql = match open_only {
                    true => Sql("SELECT party, key, is_open, body FROM money WHERE kind = $1 AND party = $2 \
                         AND is_open = 1 AND key > $3 ORDER BY key LIMIT $4 + 0"),
                    false => Sql("SELECT party, key, is_open, body FROM money WHERE kind = $1 AND party = $2 \
                         AND key > $3 ORDER BY key LIMIT $4 + 0"),
                };
                self.rows(sql, args![book.as_str(), party, key, limit]).await?
            }
            None => {
                let sql = match open_only {
                    true => Sql("SELECT party, key, is_open, body FROM money WHERE kind = $1 AND is_open = 1 \
                         AND (party, key) > ($2, $3) ORDER BY party, key LIMIT $4 + 0"),
                    false => Sql("SELECT party, key, is_open, body FROM money WHERE kind = $1 \
                         AND (party, key) > ($2, $3) ORDER BY party, key LIMIT $4 + 0"),
                };
                self.rows(sql, args![book.as_str(), after.0, after.1, limit]).await?
            }
        };
        rows.iter().map(money::read).collect()
    }

    /// Records of master data behind a key: key and body.
    pub async fn master_page(&mut self, kind: &str, after: &str, limit: usize) -> Result<Vec<(String, String)>> {
        let sql = Sql("SELECT key, body FROM master_data WHERE kind = $1 AND key > $2 ORDER BY key LIMIT $3 + 0");
        self.rows(sql, args![kind, after, limit]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// Trades that have anything to do with a number: the order's own, or that of a document that came or left for it, or
    /// the control number under which it did. At most so many.
    pub async fn trades_of_number(&mut self, number: &str, limit: usize) -> Result<Vec<TradeId>> {
        let sql = Sql("SELECT id FROM trades WHERE number = $1 \
             UNION SELECT t.trade FROM documents d JOIN trade_documents t ON t.document = d.id WHERE d.number = $1 \
             UNION SELECT t.trade FROM documents d JOIN trade_documents t ON t.document = d.id \
                 WHERE d.control_number = $1 \
             UNION SELECT e.trade FROM documents d JOIN trade_events e ON e.document = d.id WHERE d.number = $1 \
             UNION SELECT e.trade FROM documents d JOIN trade_events e ON e.document = d.id \
                 WHERE d.control_number = $1 \
             ORDER BY 1 LIMIT $2 + 0");
        self.rows(sql, args![number, limit]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// Trades that have any of these keys, a hundred at most.
    pub async fn trades_of_keys(&mut self, keys: &[String]) -> Result<Vec<TradeId>> {
        let among =
            Among { head: "SELECT DISTINCT trade FROM trade_keys WHERE key IN", tail: "ORDER BY trade LIMIT 100" };
        let keys = keys.iter().map(|key| Arg::from(key.as_str())).collect();
        self.among(among, args![], keys).await?.iter().map(|row| row.get(0)).collect()
    }

    /// Documents that a trade issued.
    pub async fn issued_documents(&mut self, trade: TradeId) -> Result<Vec<String>> {
        let sql = Sql("SELECT document FROM trade_documents WHERE trade = $1 ORDER BY document");
        self.rows(sql, args![trade]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// The document that a trade issued under a key of its own, the latest where it left again.
    pub async fn document_of_trade(&mut self, trade: TradeId, key: &str) -> Result<Option<String>> {
        let sql =
            Sql("SELECT document FROM trade_documents WHERE trade = $1 AND key = $2 ORDER BY document DESC LIMIT 1");
        self.row(sql, args![trade, key]).await?.map(|row| row.get(0)).transpose()
    }

    /// The number of the latest case; 0 where there is none.
    pub async fn last_case(&mut self) -> Result<u64> {
        self.one(Sql("SELECT COALESCE(MAX(number), 0) FROM cases"), args![], ("number", "")).await?.get(0)
    }
}

/// A statement for exactly the conditions that are set.
struct Statement {
    text: String,
    args: Vec<Arg<'static>>,
}

impl Statement {
    fn new(head: &str, first: impl Into<Arg<'static>>) -> Self {
        Self { text: head.to_owned(), args: vec![first.into()] }
    }

    fn also(&mut self, condition: &str, arg: Option<Arg<'static>>) {
        if let Some(arg) = arg {
            self.args.push(arg);
            let _ = write!(self.text, " AND {}", condition.replace('?', &format!("${}", self.args.len())));
        }
    }

    fn page(mut self, order: &str, limit: usize) -> (String, Vec<Arg<'static>>) {
        self.args.push(Arg::from(limit));
        let _ = write!(self.text, " ORDER BY {order} LIMIT ${} + 0", self.args.len());
        (self.text, self.args)
    }
}
