//! Deadlines of trades: what should happen by when, and which shares of the time have been told.

use jiff::Timestamp;

use super::error::Result;
use super::session::{Session, View};
use super::sql::{Row, Sql, args};
use super::trades::TradeId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineRow {
    pub trade: TradeId,
    /// Names it within the trade.
    pub key: String,
    pub kind: String,
    pub queue: String,
    pub partner: String,
    /// Of the order.
    pub number: String,
    pub words: String,
    pub since: Timestamp,
    pub due: Timestamp,
    /// The last share that was told: 0, 50, 80, 100.
    pub percent: u8,
    /// When the next is told.
    pub next_at: Timestamp,
}

impl Session {
    /// Sets a deadline, over an earlier one of its key.
    pub async fn set_deadline(&mut self, row: &DeadlineRow) -> Result<()> {
        let sql = Sql("INSERT INTO deadlines (trade, key, kind, queue, partner, number, words, since, due, percent, \
             next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (trade, key) DO UPDATE SET kind = excluded.kind, queue = excluded.queue, \
             words = excluded.words, since = excluded.since, due = excluded.due, percent = excluded.percent, \
             next_at = excluded.next_at");
        let args = args![
            row.trade,
            &row.key,
            &row.kind,
            &row.queue,
            &row.partner,
            &row.number,
            &row.words,
            row.since,
            row.due,
            u32::from(row.percent),
            row.next_at
        ];
        self.execute(sql, args).await.map(drop)
    }

    /// It is no longer waited for.
    pub async fn clear_deadline(&mut self, trade: TradeId, key: &str) -> Result<()> {
        self.execute(Sql("DELETE FROM deadlines WHERE trade = $1 AND key = $2"), args![trade, key]).await.map(drop)
    }

    /// A share of its time was told; `false` where another gateway was faster, or it was cleared.
    pub async fn escalate_deadline(&mut self, row: &DeadlineRow, percent: u8, next_at: Timestamp) -> Result<bool> {
        let sql = Sql("UPDATE deadlines SET percent = $3, next_at = $4 \
             WHERE trade = $1 AND key = $2 AND percent = $5 AND due = $6");
        let args = args![row.trade, &row.key, u32::from(percent), next_at, u32::from(row.percent), row.due];
        Ok(self.execute(sql, args).await? == 1)
    }
}

impl View {
    /// When the oldest invoice was due that a customer has not paid; later than now where none is overdue.
    pub async fn oldest_payment_due(&mut self, partner: &str) -> Result<Option<Timestamp>> {
        let sql = Sql("SELECT MIN(due) FROM deadlines WHERE partner = $1 AND kind = 'payment'");
        self.one(sql, args![partner], ("deadline", partner)).await?.get(0)
    }

    /// Deadlines of which a share has passed that nobody was told.
    pub async fn deadlines_passing(&mut self, now: Timestamp, limit: usize) -> Result<Vec<DeadlineRow>> {
        let sql = Sql("SELECT trade, key, kind, queue, partner, number, words, since, due, percent, next_at \
             FROM deadlines WHERE percent < 100 AND next_at <= $1 ORDER BY next_at LIMIT $2 + 0");
        self.rows(sql, args![now, limit]).await?.iter().map(read).collect()
    }

    /// All deadlines, the most urgent first.
    pub async fn deadlines(&mut self, limit: usize) -> Result<Vec<DeadlineRow>> {
        let sql = Sql("SELECT trade, key, kind, queue, partner, number, words, since, due, percent, next_at \
             FROM deadlines ORDER BY due LIMIT $1 + 0");
        self.rows(sql, args![limit]).await?.iter().map(read).collect()
    }

    /// When the next thing falls due that is not due yet: a share of a deadline, an answer, the end of a wait.
    pub async fn next_due(&mut self, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = Sql("SELECT MIN(at) FROM (SELECT next_at AS at FROM deadlines WHERE percent < 100 AND next_at > $1 \
             UNION ALL SELECT due_at FROM expectations WHERE state = 'awaiting' AND due_at > $1 \
             UNION ALL SELECT due FROM cases WHERE state = 'open' AND breached = 0 AND due > $1 \
             UNION ALL SELECT until FROM parked_events WHERE expired = 0 AND until > $1 \
             UNION ALL SELECT run_at FROM jobs WHERE state = 'waiting' AND run_at > $1) AS dues");
        self.one(sql, args![now], ("time", "")).await?.get(0)
    }
}

pub(super) fn read(row: &Row) -> Result<DeadlineRow> {
    let percent: u32 = row.get(9)?;
    Ok(DeadlineRow {
        trade: row.get(0)?,
        key: row.get(1)?,
        kind: row.get(2)?,
        queue: row.get(3)?,
        partner: row.get(4)?,
        number: row.get(5)?,
        words: row.get(6)?,
        since: row.get(7)?,
        due: row.get(8)?,
        percent: u8::try_from(percent).unwrap_or(100),
        next_at: row.get(10)?,
    })
}
