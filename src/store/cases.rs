//! Cases for a person, filed by business function: what is the matter, how much money is at stake, who has it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Id;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Row, Sql, args};
use super::trades::TradeId;

/// The id of a case.
pub type CaseId = Id<Case>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseState {
    Open,
    Resolved,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    pub id: CaseId,
    /// What people call it. Given by [`Session::open_case`].
    pub number: u64,
    pub trade: Option<TradeId>,
    /// Names it within the trade.
    pub key: String,
    pub queue: String,
    pub kind: String,
    pub partner: Option<String>,
    pub order_number: Option<String>,
    pub line: Option<String>,
    pub words: String,
    /// At stake, as a decimal.
    pub money: Option<String>,
    /// Equal causes are one card.
    pub cause: Option<String>,
    pub state: CaseState,
    pub owner: Option<String>,
    /// The evidence.
    pub document: Option<String>,
    pub opened_at: Timestamp,
    /// By when somebody should have dealt with it.
    pub due: Option<Timestamp>,
    /// It was told that nobody had.
    pub breached: bool,
    pub closed_at: Option<Timestamp>,
    pub closed_by: Option<String>,
    pub note: Option<String>,
}

/// Which cases to list; every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct CaseSearch {
    pub queue: Option<String>,
    pub trade: Option<TradeId>,
    pub open_only: bool,
    pub limit: usize,
}

impl Session {
    /// Opens a case, once while one of its key is open. Answers its number.
    pub async fn open_case(&mut self, new: &Case) -> Result<u64> {
        // Numbers are given one after another.
        self.lock_trade_key("cases").await?;
        // Each by an index, however many are open.
        let open = match new.trade {
            Some(trade) => {
                let sql = Sql("SELECT number FROM cases WHERE trade = $1 AND key = $2 AND state = 'open'");
                self.row(sql, args![trade, &new.key]).await?
            }
            None => {
                let sql = Sql("SELECT number FROM cases WHERE trade IS NULL AND key = $1 AND state = 'open'");
                self.row(sql, args![&new.key]).await?
            }
        };
        if let Some(row) = open {
            return row.get(0);
        }
        let sql = Sql("SELECT COALESCE(MAX(number), 0) + 1 FROM cases");
        let number: u64 = self.one(sql, args![], ("number", "")).await?.get(0)?;
        let sql = Sql("INSERT INTO cases (id, number, trade, key, queue, kind, partner, order_number, line, words, \
             money, cause, state, document, opened_at, due) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13, $14, $15)");
        let args = args![
            new.id,
            number,
            new.trade,
            &new.key,
            &new.queue,
            &new.kind,
            new.partner.as_ref(),
            new.order_number.as_ref(),
            new.line.as_ref(),
            &new.words,
            new.money.as_ref(),
            new.cause.as_ref(),
            new.document.as_ref(),
            new.opened_at,
            new.due
        ];
        self.execute(sql, args).await?;
        self.tell_case("exception.opened", &Case { number, ..new.clone() }, "journey").await?;
        Ok(number)
    }

    /// Closes the open case of a trade that has this key; nothing where there is none.
    pub async fn close_case(&mut self, trade: TradeId, key: &str, by: &str, note: Option<&str>) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE cases SET state = 'resolved', closed_at = $3, closed_by = $4, note = $5 \
             WHERE trade = $1 AND key = $2 AND state = 'open' RETURNING number");
        let closed = self.rows(sql, args![trade, key, now, by, note]).await?;
        for row in &closed {
            let case = self.case(row.get(0)?).await?;
            self.tell_case("exception.resolved", &case, by).await?;
        }
        Ok(())
    }

    /// Tells that nobody has dealt with the open case of a trade in time; nothing where there is none.
    pub async fn breach_case(&mut self, trade: TradeId, key: &str) -> Result<()> {
        let sql = Sql("SELECT number FROM cases WHERE trade = $1 AND key = $2 AND state = 'open'");
        match self.row(sql, args![trade, key]).await? {
            Some(row) => self.breach_case_number(row.get(0)?).await.map(drop),
            None => Ok(()),
        }
    }

    /// The same for a case by its number; `false` where it has been told, or the case is settled.
    pub async fn breach_case_number(&mut self, number: u64) -> Result<bool> {
        let sql = Sql("UPDATE cases SET breached = 1 WHERE number = $1 AND state = 'open' AND breached = 0");
        if self.execute(sql, args![number]).await? == 0 {
            return Ok(false);
        }
        let case = self.case(number).await?;
        self.tell_case("exception.breached", &case, "the clock").await?;
        Ok(true)
    }

    /// Closes a case by its number.
    pub async fn close_case_number(&mut self, number: u64, by: &str, note: Option<&str>) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE cases SET state = 'resolved', closed_at = $2, closed_by = $3, note = $4 \
             WHERE number = $1 AND state = 'open'");
        self.change(sql, args![number, now, by, note], ("open exception", number)).await?;
        let case = self.case(number).await?;
        self.tell_case("exception.resolved", &case, by).await
    }

    /// Closes the open case without a trade that has this key; nothing where there is none.
    pub async fn close_case_of_house(&mut self, key: &str, by: &str, note: Option<&str>) -> Result<u64> {
        let now = self.now().await?;
        let sql = Sql("UPDATE cases SET state = 'resolved', closed_at = $2, closed_by = $3, note = $4 \
             WHERE trade IS NULL AND key = $1 AND state = 'open' RETURNING number");
        let closed = self.rows(sql, args![key, now, by, note]).await?;
        for row in &closed {
            let case = self.case(row.get(0)?).await?;
            self.tell_case("exception.resolved", &case, by).await?;
        }
        Ok(closed.len() as u64)
    }

    /// Gives a case to somebody.
    pub async fn assign_case(&mut self, number: u64, owner: &str) -> Result<()> {
        let sql = Sql("UPDATE cases SET owner = $2 WHERE number = $1 AND state = 'open'");
        self.change(sql, args![number, owner], ("open exception", number)).await?;
        let case = self.case(number).await?;
        self.tell_case("exception.assigned", &case, owner).await
    }
}

impl View {
    /// A case by the number people call it by.
    pub async fn case(&mut self, number: u64) -> Result<Case> {
        let sql = Sql("SELECT id, number, trade, key, queue, kind, partner, order_number, line, words, money, cause, \
             state, owner, document, opened_at, closed_at, closed_by, note, due, breached FROM cases WHERE number = $1");
        read(&self.one(sql, args![number], ("exception", number)).await?)
    }

    /// Open cases that nobody has dealt with in time, and nobody was told.
    pub async fn cases_breaching(&mut self, now: Timestamp, limit: usize) -> Result<Vec<u64>> {
        let sql = Sql("SELECT number FROM cases WHERE state = 'open' AND breached = 0 AND due <= $1 \
             ORDER BY due LIMIT $2 + 0");
        self.rows(sql, args![now, limit]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// Whether an open case has this document as its evidence.
    pub async fn has_case(&mut self, document: &str) -> Result<bool> {
        let sql = Sql("SELECT number FROM cases WHERE state = 'open' AND document = $1 LIMIT 1");
        Ok(self.row(sql, args![document]).await?.is_some())
    }

    /// Whether there ever was a case without a trade under this key.
    pub async fn had_case_of_house(&mut self, key: &str) -> Result<bool> {
        let sql = Sql("SELECT number FROM cases WHERE trade IS NULL AND key = $1 LIMIT 1");
        Ok(self.row(sql, args![key]).await?.is_some())
    }

    /// Open cases without a trade whose keys begin so: as fast with any history.
    pub async fn open_cases_of_house(&mut self, beginning: &str) -> Result<Vec<Case>> {
        let sql = Sql("SELECT id, number, trade, key, queue, kind, partner, order_number, line, words, money, cause, \
             state, owner, document, opened_at, closed_at, closed_by, note, due, breached FROM cases \
             WHERE trade IS NULL AND key >= $1 AND key < $2 AND state = 'open'");
        // Letters stand behind digits in whatever order the database sorts texts.
        let behind = format!("{beginning}zzzz");
        let rows = self.rows(sql, args![beginning, behind]).await?;
        let mut found: Vec<Case> = rows.iter().map(read).collect::<Result<_>>()?;
        found.retain(|case| case.key.starts_with(beginning));
        found.sort_by_key(|case| case.number);
        Ok(found)
    }

    /// Cases that match, the oldest first.
    pub async fn cases(&mut self, search: &CaseSearch) -> Result<Vec<Case>> {
        let limit = if search.limit == 0 { 1_000 } else { search.limit };
        let rows = match search.trade {
            Some(trade) => {
                let sql =
                    Sql("SELECT id, number, trade, key, queue, kind, partner, order_number, line, words, money, \
                     cause, state, owner, document, opened_at, closed_at, closed_by, note, due, breached FROM cases \
                     WHERE trade = $1 ORDER BY number LIMIT $2 + 0");
                self.rows(sql, args![trade, limit]).await?
            }
            None if search.open_only => {
                let sql =
                    Sql("SELECT id, number, trade, key, queue, kind, partner, order_number, line, words, money, \
                     cause, state, owner, document, opened_at, closed_at, closed_by, note, due, breached FROM cases \
                     WHERE state = 'open' ORDER BY number LIMIT $1 + 0");
                self.rows(sql, args![limit]).await?
            }
            None => {
                let sql =
                    Sql("SELECT id, number, trade, key, queue, kind, partner, order_number, line, words, money, \
                     cause, state, owner, document, opened_at, closed_at, closed_by, note, due, breached FROM cases \
                     ORDER BY number LIMIT $1 + 0");
                self.rows(sql, args![limit]).await?
            }
        };
        let mut found: Vec<Case> = rows.iter().map(read).collect::<Result<_>>()?;
        found.retain(|case| {
            search.queue.as_ref().is_none_or(|queue| case.queue == *queue)
                && (!search.open_only || case.state == CaseState::Open)
        });
        Ok(found)
    }
}

pub(super) fn read(row: &Row) -> Result<Case> {
    Ok(Case {
        id: row.get(0)?,
        number: row.get(1)?,
        trade: row.get(2)?,
        key: row.get(3)?,
        queue: row.get(4)?,
        kind: row.get(5)?,
        partner: row.get(6)?,
        order_number: row.get(7)?,
        line: row.get(8)?,
        words: row.get(9)?,
        money: row.get(10)?,
        cause: row.get(11)?,
        state: row.word(12)?,
        owner: row.get(13)?,
        document: row.get(14)?,
        opened_at: row.get(15)?,
        closed_at: row.get(16)?,
        closed_by: row.get(17)?,
        note: row.get(18)?,
        due: row.get(19)?,
        breached: row.get(20)?,
    })
}
