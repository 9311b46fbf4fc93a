//! Replies: acknowledgements that we wrote, stored before they leave, so that a repeat is answered with the same bytes.

use jiff::Timestamp;

use super::Id;
use super::error::Result;
use super::interchanges::{GroupId, InterchangeId};
use super::session::{Session, View};
use super::sql::{Row, Sql, args};

/// The id of a reply.
pub type ReplyId = Id<Reply>;

#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub id: ReplyId,
    /// `TA1`, `997`, `CONTRL`.
    pub kind: String,
    pub partner: Option<String>,
    /// The interchange that is answered.
    pub interchange: InterchangeId,
    /// The group that is answered, where it is one.
    pub group: Option<GroupId>,
    pub disposition: String,
    /// Of the interchange that carries it.
    pub control_number: String,
    pub payload: String,
    pub created_at: Timestamp,
}

impl Session {
    pub async fn add_reply(&mut self, new: &Reply) -> Result<()> {
        let sql = Sql("INSERT INTO replies (id, kind, partner, interchange, group_id, disposition, control_number, \
             payload, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let args = args![
            new.id,
            &new.kind,
            new.partner.as_ref(),
            new.interchange,
            new.group,
            &new.disposition,
            &new.control_number,
            &new.payload,
            new.created_at
        ];
        self.execute(sql, args).await.map(drop)
    }
}

impl View {
    pub async fn reply(&mut self, id: ReplyId) -> Result<Reply> {
        let sql = Sql("SELECT id, kind, partner, interchange, group_id, disposition, control_number, payload, \
             created_at FROM replies WHERE id = $1");
        read(&self.one(sql, args![id], ("reply", id)).await?)
    }

    /// The answers to one interchange, in the order they were written.
    pub async fn replies_to(&mut self, interchange: InterchangeId) -> Result<Vec<Reply>> {
        let sql = Sql("SELECT id, kind, partner, interchange, group_id, disposition, control_number, payload, \
             created_at FROM replies WHERE interchange = $1 ORDER BY id");
        self.rows(sql, args![interchange]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Reply> {
    Ok(Reply {
        id: row.get(0)?,
        kind: row.get(1)?,
        partner: row.get(2)?,
        interchange: row.get(3)?,
        group: row.get(4)?,
        disposition: row.get(5)?,
        control_number: row.get(6)?,
        payload: row.get(7)?,
        created_at: row.get(8)?,
    })
}
