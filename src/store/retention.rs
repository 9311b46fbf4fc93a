//! Retention: what was kept long enough goes, whole transmissions at a time, with everything read from them.
//!
//! Only what is settled goes: nothing that waits for a partner, an outlet or a person. The memory of what may happen
//! only once stays, so that an old interchange that comes again is still known as a repetition; what is remembered for a
//! time by its nature has its own end. Payload files that no row names any more go with the next sweep.

use jiff::Timestamp;

use super::TransmissionId;
use super::error::Result;
use super::session::Session;
use super::sql::{Sql, args};

/// The settled parts of one transmission, in the order in which they go.
const PARTS: &[Sql] = &[
    Sql("DELETE FROM document_contents WHERE document IN (SELECT d.id FROM documents d \
         JOIN groups_of_sets g ON g.id = d.group_id JOIN interchanges i ON i.id = g.interchange \
         WHERE i.transmission = $1)"),
    Sql("DELETE FROM documents WHERE group_id IN (SELECT g.id FROM groups_of_sets g \
         JOIN interchanges i ON i.id = g.interchange WHERE i.transmission = $1)"),
    Sql("DELETE FROM deliveries WHERE subject IN (SELECT r.id FROM replies r \
         JOIN interchanges i ON i.id = r.interchange WHERE i.transmission = $1)"),
    Sql("DELETE FROM payloads WHERE hash IN (SELECT r.payload FROM replies r \
         JOIN interchanges i ON i.id = r.interchange WHERE i.transmission = $1)"),
    Sql("DELETE FROM replies WHERE interchange IN (SELECT id FROM interchanges WHERE transmission = $1)"),
    Sql("DELETE FROM groups_of_sets WHERE interchange IN (SELECT id FROM interchanges WHERE transmission = $1)"),
    Sql("DELETE FROM interchanges WHERE transmission = $1"),
    Sql("DELETE FROM events WHERE subject = $1"),
    Sql("DELETE FROM evidence WHERE subject = $1"),
    Sql("DELETE FROM payloads WHERE hash IN (SELECT payload FROM transmissions WHERE id = $1) AND NOT EXISTS \
         (SELECT 1 FROM transmissions t WHERE t.payload = payloads.hash AND t.id <> $1)"),
    Sql("DELETE FROM transmissions WHERE id = $1"),
];

/// What is remembered for a time only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Answers of the API under the idempotency keys of acts.
    Answers,
    /// Goods that were ordered, by which an order that comes twice is suspected.
    Goods,
    /// The codes (SSCC) that packs have had.
    Packs,
}

impl Memory {
    pub const ALL: [Self; 3] = [Self::Answers, Self::Goods, Self::Packs];

    /// For so many days.
    pub fn days(self) -> u32 {
        match self {
            // Whoever tries an act again does so within minutes; a month leaves room for a system that was down.
            Self::Answers => 30,
            Self::Goods => 366,
            // GS1: a code is not given again within a year.
            Self::Packs => 366,
        }
    }

    fn statement(self) -> Sql {
        match self {
            Self::Answers => Sql("DELETE FROM notes WHERE scope = 'api' AND key IN (SELECT key FROM notes \
                 WHERE scope = 'api' AND updated_at < $1 ORDER BY updated_at LIMIT $2 + 0)"),
            Self::Goods => Sql("DELETE FROM notes WHERE scope = 'goods' AND key IN (SELECT key FROM notes \
                 WHERE scope = 'goods' AND updated_at < $1 ORDER BY updated_at LIMIT $2 + 0)"),
            Self::Packs => Sql("DELETE FROM once WHERE scope = 'sscc' AND key IN (SELECT key FROM once \
                 WHERE scope = 'sscc' AND created_at < $1 ORDER BY created_at LIMIT $2 + 0)"),
        }
    }
}

impl Session {
    /// Forgets up to `limit` of what was remembered before `before`. Answers how much went.
    pub async fn forget_memory(&mut self, memory: Memory, before: Timestamp, limit: usize) -> Result<u64> {
        self.execute(memory.statement(), args![before, limit]).await
    }

    /// Forgets up to `limit` settled transmissions that came before `before`. Answers how many went: fewer than the
    /// limit means that nothing more is old enough.
    pub async fn forget(&mut self, before: Timestamp, limit: usize) -> Result<usize> {
        let sql = Sql("SELECT t.id FROM transmissions t WHERE t.state = 'done' AND t.received_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM documents d JOIN groups_of_sets g ON g.id = d.group_id \
               JOIN interchanges i ON i.id = g.interchange \
               WHERE i.transmission = t.id AND d.state IN ('pending', 'ready', 'held')) \
             AND NOT EXISTS (SELECT 1 FROM deliveries v JOIN replies r ON r.id = v.subject \
               JOIN interchanges i ON i.id = r.interchange \
               WHERE i.transmission = t.id AND v.state IN ('queued', 'parked')) \
             AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.subject = t.id AND h.state = 'open') \
             ORDER BY t.received_at LIMIT $2 + 0");
        let rows = self.rows(sql, args![before, limit]).await?;
        for row in &rows {
            let id: TransmissionId = row.get(0)?;
            for part in PARTS {
                self.execute(*part, args![id]).await?;
            }
        }
        Ok(rows.len())
    }
}
