//! Retention: what was kept long enough goes, whole transmissions at a time, with everything read from them.
//!
//! Only what is settled goes: nothing that waits for a partner, an outlet or a person. The memory of what may happen
//! only once stays, so that an old interchange that comes again is still known as a repetition. Payload files that no
//! row names any more go with the next sweep.

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

impl Session {
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
