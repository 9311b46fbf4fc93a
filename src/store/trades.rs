//! Trades with their numbers and their events. The body of a trade is text to the store; what it means, others know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Id;
use super::error::{Error, Result};
use super::session::{Session, View};
use super::sql::{Dialect, Row, Sql, args, word};

/// The id of a trade.
pub type TradeId = Id<TradeRow>;

/// A trade as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeRow {
    pub id: TradeId,
    /// `sale|acme|4501`.
    pub key: String,
    pub side: String,
    pub partner: String,
    pub number: String,
    pub test: bool,
    pub state: String,
    pub is_closed: bool,
    pub body: String,
    /// Events that it has.
    pub events: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What became of an event, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventVerdict {
    Applied,
    Refused,
    Conflict,
}

/// One event of a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeEvent {
    pub position: u64,
    pub key: String,
    pub verdict: EventVerdict,
    pub why: Option<String>,
    pub document: Option<String>,
    pub body: String,
    /// The hash of the terms it was judged by.
    pub policy: String,
    pub at: Timestamp,
}

/// Which trades to list; every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct TradeSearch {
    /// The order's number.
    pub number: Option<String>,
    /// Any key of the trade.
    pub key: Option<String>,
    pub partner: Option<String>,
    pub open_only: bool,
    /// Only those behind this one.
    pub after: Option<TradeId>,
    pub limit: usize,
}

impl Session {
    /// Makes units that look for the same key wait for each other, until they are durable: so that what is parked on a
    /// key and what brings it cannot miss each other.
    pub async fn lock_trade_key(&mut self, key: &str) -> Result<()> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let sql = Sql("INSERT INTO trade_locks (key, touched) VALUES ($1, 1) \
             ON CONFLICT (key) DO UPDATE SET touched = trade_locks.touched + 1");
        self.execute(sql, args![key]).await.map(drop)
    }

    /// The trades of a key, each locked until the unit ends.
    pub async fn trades_to_change(&mut self, key: &str) -> Result<Vec<TradeRow>> {
        let sql =
            Sql("SELECT t.id, t.key, t.side, t.partner, t.number, t.test, t.state, t.is_closed, t.body, t.events, \
             t.created_at, t.updated_at FROM trades t WHERE t.id IN (SELECT trade FROM trade_keys WHERE key = $1) \
             ORDER BY t.id {for update}");
        self.rows(sql, args![key]).await?.iter().map(read).collect()
    }

    /// One trade, locked until the unit ends.
    pub async fn trade_to_change(&mut self, id: TradeId) -> Result<TradeRow> {
        let sql = Sql("SELECT id, key, side, partner, number, test, state, is_closed, body, events, created_at, \
             updated_at FROM trades WHERE id = $1 {for update}");
        read(&self.one(sql, args![id], ("trade", id)).await?)
    }

    /// Stores a trade, new or changed.
    pub async fn put_trade(&mut self, trade: &TradeRow) -> Result<()> {
        let sql = Sql("INSERT INTO trades (id, key, side, partner, number, test, state, is_closed, body, events, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, is_closed = excluded.is_closed, \
             body = excluded.body, events = excluded.events, updated_at = excluded.updated_at");
        let args = args![
            trade.id,
            &trade.key,
            &trade.side,
            &trade.partner,
            &trade.number,
            trade.test,
            &trade.state,
            trade.is_closed,
            &trade.body,
            trade.events,
            trade.created_at,
            trade.updated_at
        ];
        match self.execute(sql, args).await {
            Ok(_) => Ok(()),
            // Another unit made the same trade at the same time: this one finds it when it runs again.
            Err(Error::Conflict { what }) => Err(Error::Again(what)),
            Err(error) => Err(error),
        }
    }

    /// Numbers under which a trade is found from now on.
    pub async fn add_trade_keys(&mut self, trade: TradeId, keys: &[String]) -> Result<()> {
        let rows = keys.iter().map(|key| args![key, trade]).collect();
        self.insert("INSERT INTO trade_keys (key, trade)", "ON CONFLICT DO NOTHING", rows).await.map(drop)
    }

    pub async fn add_trade_event(&mut self, trade: TradeId, event: &TradeEvent) -> Result<()> {
        let sql = Sql("INSERT INTO trade_events (trade, position, key, verdict, why, document, body, policy, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let args = args![
            trade,
            event.position,
            &event.key,
            word(&event.verdict),
            event.why.as_ref(),
            event.document.as_ref(),
            &event.body,
            &event.policy,
            event.at
        ];
        self.execute(sql, args).await?;
        if let Some(document) = &event.document {
            let kind = match event.verdict {
                EventVerdict::Applied => "document.applied",
                EventVerdict::Refused => "document.refused",
                EventVerdict::Conflict => "document.conflict",
            };
            self.tell_of_document(document, kind, json!({"trade": trade.to_string(), "why": event.why})).await?;
        }
        Ok(())
    }

    /// Keeps the terms that events are judged by, once.
    pub async fn keep_policy(&mut self, hash: &str, body: &str) -> Result<()> {
        if self.shared.policies().contains(hash) {
            return Ok(());
        }
        self.after.policies.push(hash.to_owned());
        self.insert("INSERT INTO policies (hash, body)", "ON CONFLICT DO NOTHING", vec![args![hash, body]])
            .await
            .map(drop)
    }

    /// Notes that a trade issued a document.
    pub async fn add_trade_document(&mut self, document: &str, trade: TradeId, key: &str) -> Result<()> {
        let sql = Sql("INSERT INTO trade_documents (document, trade, key, noted, is_open) VALUES ($1, $2, $3, '', 1) \
             ON CONFLICT (document, trade) DO NOTHING");
        self.execute(sql, args![document, trade, key]).await.map(drop)
    }

    /// What a trade was told of one of its documents.
    pub async fn note_trade_document(
        &mut self,
        (document, trade): (&str, TradeId),
        noted: &str,
        is_open: bool,
    ) -> Result<()> {
        let sql = Sql("UPDATE trade_documents SET noted = $3, is_open = $4 WHERE document = $1 AND trade = $2");
        self.change(sql, args![document, trade, noted, is_open], ("document of a trade", document)).await
    }
}

/// A document of ours whose trade does not know yet how far it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeDocument {
    pub document: String,
    pub trade: TradeId,
    /// Names it within the trade.
    pub key: String,
    pub noted: String,
    pub transport: String,
    pub functional: String,
}

impl View {
    pub async fn trade(&mut self, id: TradeId) -> Result<TradeRow> {
        let sql = Sql("SELECT id, key, side, partner, number, test, state, is_closed, body, events, created_at, \
             updated_at FROM trades WHERE id = $1");
        read(&self.one(sql, args![id], ("trade", id)).await?)
    }

    /// Trades that match, in the order in which they began.
    pub async fn find_trades(&mut self, search: &TradeSearch) -> Result<Vec<TradeRow>> {
        let limit = if search.limit == 0 { 100 } else { search.limit };
        let after = search.after.map(|id| id.to_string()).unwrap_or_default();
        let rows = match (&search.number, &search.key, &search.partner) {
            (Some(number), ..) => {
                let sql = Sql("SELECT id, key, side, partner, number, test, state, is_closed, body, events, \
                     created_at, updated_at FROM trades WHERE number = $1 AND id > $2 ORDER BY id LIMIT $3 + 0");
                self.rows(sql, args![number, after, limit]).await?
            }
            (None, Some(key), _) => {
                let sql =
                    Sql("SELECT t.id, t.key, t.side, t.partner, t.number, t.test, t.state, t.is_closed, t.body, \
                     t.events, t.created_at, t.updated_at FROM trades t JOIN trade_keys k ON k.trade = t.id \
                     WHERE k.key = $1 AND t.id > $2 ORDER BY t.id LIMIT $3 + 0");
                self.rows(sql, args![key, after, limit]).await?
            }
            (None, None, Some(partner)) => {
                let sql = Sql("SELECT id, key, side, partner, number, test, state, is_closed, body, events, \
                     created_at, updated_at FROM trades WHERE partner = $1 AND id > $2 AND is_closed <= $4 \
                     ORDER BY id LIMIT $3 + 0");
                self.rows(sql, args![partner, after, limit, !search.open_only]).await?
            }
            (None, None, None) if search.open_only => {
                let sql = Sql("SELECT id, key, side, partner, number, test, state, is_closed, body, events, \
                     created_at, updated_at FROM trades WHERE is_closed = 0 AND id > $1 ORDER BY id LIMIT $2 + 0");
                self.rows(sql, args![after, limit]).await?
            }
            (None, None, None) => {
                let sql = Sql("SELECT id, key, side, partner, number, test, state, is_closed, body, events, \
                     created_at, updated_at FROM trades WHERE id > $1 ORDER BY id LIMIT $2 + 0");
                self.rows(sql, args![after, limit]).await?
            }
        };
        let mut found: Vec<TradeRow> = rows.iter().map(read).collect::<Result<_>>()?;
        if let Some(partner) = &search.partner {
            found.retain(|trade| trade.partner == *partner);
        }
        Ok(found)
    }

    /// What happened to a trade, in order.
    pub async fn trade_events(&mut self, trade: TradeId) -> Result<Vec<TradeEvent>> {
        let sql = Sql("SELECT position, key, verdict, why, document, body, policy, at FROM trade_events \
             WHERE trade = $1 ORDER BY position");
        let rows = self.rows(sql, args![trade]).await?;
        rows.iter()
            .map(|row| {
                Ok(TradeEvent {
                    position: row.get(0)?,
                    key: row.get(1)?,
                    verdict: row.word(2)?,
                    why: row.get(3)?,
                    document: row.get(4)?,
                    body: row.get(5)?,
                    policy: row.get(6)?,
                    at: row.get(7)?,
                })
            })
            .collect()
    }

    pub async fn policy(&mut self, hash: &str) -> Result<String> {
        let sql = Sql("SELECT body FROM policies WHERE hash = $1");
        self.one(sql, args![hash], ("policy", hash)).await?.get(0)
    }

    /// Numbers under which a trade is found.
    pub async fn trade_keys(&mut self, trade: TradeId) -> Result<Vec<String>> {
        let sql = Sql("SELECT key FROM trade_keys WHERE trade = $1 ORDER BY key");
        self.rows(sql, args![trade]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// Documents that trades issued and that came further than the trades know.
    pub async fn untold_documents(&mut self, limit: usize) -> Result<Vec<TradeDocument>> {
        let sql = Sql("SELECT t.document, t.trade, t.key, t.noted, d.transport, d.functional FROM trade_documents t \
             JOIN documents d ON d.id = t.document \
             WHERE t.is_open = 1 AND t.noted <> d.transport || '/' || d.functional ORDER BY t.document, t.trade LIMIT $1 + 0");
        let rows = self.rows(sql, args![limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(TradeDocument {
                    document: row.get(0)?,
                    trade: row.get(1)?,
                    key: row.get(2)?,
                    noted: row.get(3)?,
                    transport: row.get(4)?,
                    functional: row.get(5)?,
                })
            })
            .collect()
    }
}

fn read(row: &Row) -> Result<TradeRow> {
    Ok(TradeRow {
        id: row.get(0)?,
        key: row.get(1)?,
        side: row.get(2)?,
        partner: row.get(3)?,
        number: row.get(4)?,
        test: row.get(5)?,
        state: row.get(6)?,
        is_closed: row.get(7)?,
        body: row.get(8)?,
        events: row.get(9)?,
        created_at: row.get(10)?,
        updated_at: row.get(11)?,
    })
}
