//! Interchanges and the functional groups in them, either way: what envelopes said, and how far each came.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Id;
use super::documents::Direction;
use super::error::Result;
use super::session::{Session, View};
use super::sql::{Row, Sql, args, json, word};
use super::transmissions::TransmissionId;

/// The id of an interchange.
pub type InterchangeId = Id<Interchange>;
/// The id of a functional group.
pub type GroupId = Id<Group>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterchangeState {
    /// Its trailer was not judged yet.
    Open,
    Closed,
    /// The same interchange came before: its answer is the stored one.
    Duplicate,
    /// TA1 R: nothing in it counts.
    Rejected,
    Held,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Interchange {
    pub id: InterchangeId,
    /// What it came in; empty for one that we sent.
    pub transmission: Option<TransmissionId>,
    /// In the transmission, from 1.
    pub position: u32,
    pub direction: Direction,
    pub partner: Option<String>,
    /// `x12`, `edifact`, `ubl`, `cii`.
    pub syntax: String,
    pub version: String,
    /// `qualifier:id`.
    pub sender: String,
    pub receiver: String,
    pub control_number: String,
    pub test: bool,
    pub duplicate_of: Option<InterchangeId>,
    /// Bytes in the payload of the transmission.
    pub span: (u64, u64),
    pub state: InterchangeState,
    /// The header as read (or as written), as the journey keeps it.
    pub header: Value,
    pub findings: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupState {
    /// Its trailer was not judged yet: none of its documents counts.
    Pending,
    Accepted,
    Partially,
    Rejected,
    Duplicate,
    Held,
}

/// How far the answer to (or from) a partner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// None is expected, or none is owed.
    None,
    /// Inbound: owed and not written yet. Outbound: awaited.
    Awaiting,
    /// Inbound: written and on its way.
    Sent,
    Accepted,
    AcceptedWithErrors,
    Partially,
    Rejected,
    Overdue,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub id: GroupId,
    pub interchange: InterchangeId,
    /// In the interchange, from 1.
    pub position: u32,
    pub direction: Direction,
    pub partner: Option<String>,
    pub functional_id: String,
    pub version: String,
    pub sender: String,
    pub receiver: String,
    pub control_number: Option<String>,
    pub state: GroupState,
    /// What the trailer said.
    pub sets_stated: Option<u64>,
    pub sets_received: u64,
    pub sets_accepted: u64,
    pub acknowledgement: Answer,
    pub header: Value,
    pub findings: Value,
}

impl Session {
    pub async fn add_interchange(&mut self, new: &Interchange) -> Result<()> {
        let now = self.now().await?;
        let row = args![
            new.id,
            new.transmission,
            new.position,
            word(&new.direction),
            new.partner.as_ref(),
            &new.syntax,
            &new.version,
            &new.sender,
            &new.receiver,
            &new.control_number,
            new.test,
            new.duplicate_of,
            new.span.0,
            new.span.1,
            word(&new.state),
            json(&new.header),
            json(&new.findings),
            now,
            now
        ];
        self.insert(
            "INSERT INTO interchanges (id, transmission, position, direction, partner, syntax, version, sender, \
             receiver, control_number, test, duplicate_of, span_start, span_end, state, header, findings, created_at, \
             updated_at)",
            "",
            vec![row],
        )
        .await
        .map(drop)
    }

    /// What the trailer showed.
    pub async fn close_interchange(
        &mut self,
        id: InterchangeId,
        state: InterchangeState,
        span_end: u64,
        findings: &Value,
    ) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("UPDATE interchanges SET state = $2, span_end = $3, findings = $4, updated_at = $5 WHERE id = $1");
        let args = args![id, word(&state), span_end, json(findings), now];
        self.change(sql, args, ("interchange", id)).await
    }

    pub async fn add_group(&mut self, new: &Group) -> Result<()> {
        let now = self.now().await?;
        let row = args![
            new.id,
            new.interchange,
            new.position,
            word(&new.direction),
            new.partner.as_ref(),
            &new.functional_id,
            &new.version,
            &new.sender,
            &new.receiver,
            new.control_number.as_ref(),
            word(&new.state),
            new.sets_stated,
            new.sets_received,
            new.sets_accepted,
            word(&new.acknowledgement),
            json(&new.header),
            json(&new.findings),
            now,
            now
        ];
        self.insert(
            "INSERT INTO groups_of_sets (id, interchange, position, direction, partner, functional_id, version, \
             sender, receiver, control_number, state, sets_stated, sets_received, sets_accepted, acknowledgement, \
             header, findings, created_at, updated_at)",
            "",
            vec![row],
        )
        .await
        .map(drop)
    }

    /// Adds a window's sets to the counts of a group that is still open.
    pub async fn count_sets(&mut self, id: GroupId, received: u64, accepted: u64) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("UPDATE groups_of_sets SET sets_received = sets_received + $2, sets_accepted = sets_accepted + $3, \
             updated_at = $4 WHERE id = $1");
        self.change(sql, args![id, received, accepted, now], ("group", id)).await
    }

    /// The one row that decides for all documents of the group: what its trailer showed. Those of a rejected group are
    /// rejected with it, so that nothing they would have done stands in the way of the same ones coming again.
    pub async fn close_group(
        &mut self,
        id: GroupId,
        state: GroupState,
        sets_stated: Option<u64>,
        acknowledgement: Answer,
        findings: &Value,
    ) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE groups_of_sets SET state = $2, sets_stated = $3, acknowledgement = $4, findings = $5, \
             updated_at = $6 WHERE id = $1");
        let args = args![id, word(&state), sets_stated, word(&acknowledgement), json(findings), now];
        self.change(sql, args, ("group", id)).await?;
        if state == GroupState::Rejected {
            let sql = Sql("UPDATE documents SET state = 'rejected', disposition = 'rejected', updated_at = $2 \
                 WHERE group_id = $1 AND state = 'ready'");
            self.execute(sql, args![id, now]).await?;
        }
        Ok(())
    }

    /// How far the group's acknowledgement is.
    pub async fn answer_group(&mut self, id: GroupId, acknowledgement: Answer) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE groups_of_sets SET acknowledgement = $2, updated_at = $3 WHERE id = $1");
        self.change(sql, args![id, word(&acknowledgement), now], ("group", id)).await
    }
}

impl View {
    pub async fn interchange(&mut self, id: InterchangeId) -> Result<Interchange> {
        let sql = Sql("SELECT id, transmission, position, direction, partner, syntax, version, sender, receiver, \
             control_number, test, duplicate_of, span_start, span_end, state, header, findings \
             FROM interchanges WHERE id = $1");
        read_interchange(&self.one(sql, args![id], ("interchange", id)).await?)
    }

    /// The interchanges of one transmission, in order.
    pub async fn interchanges_of(&mut self, transmission: TransmissionId) -> Result<Vec<Interchange>> {
        let sql = Sql("SELECT id, transmission, position, direction, partner, syntax, version, sender, receiver, \
             control_number, test, duplicate_of, span_start, span_end, state, header, findings \
             FROM interchanges WHERE transmission = $1 ORDER BY position");
        self.rows(sql, args![transmission]).await?.iter().map(read_interchange).collect()
    }

    /// Those that came after this one and repeated it, the oldest first.
    pub async fn repeats_of(&mut self, first: &Interchange) -> Result<Vec<Interchange>> {
        let sql = Sql("SELECT id, transmission, position, direction, partner, syntax, version, sender, receiver, \
             control_number, test, duplicate_of, span_start, span_end, state, header, findings \
             FROM interchanges WHERE control_number = $1 AND sender = $2 AND duplicate_of = $3 ORDER BY id");
        let args = args![&first.control_number, &first.sender, first.id];
        self.rows(sql, args).await?.iter().map(read_interchange).collect()
    }

    /// Those that came with the envelope of this one, itself among them: identities, number and usage. The oldest first,
    /// without what repeated another.
    pub async fn namesakes_of(&mut self, one: &Interchange) -> Result<Vec<Interchange>> {
        let sql = Sql("SELECT id, transmission, position, direction, partner, syntax, version, sender, receiver, \
             control_number, test, duplicate_of, span_start, span_end, state, header, findings \
             FROM interchanges WHERE control_number = $1 AND sender = $2 AND receiver = $3 AND direction = 'in' \
             AND duplicate_of IS NULL ORDER BY id");
        let rows = self.rows(sql, args![&one.control_number, &one.sender, &one.receiver]).await?;
        let mut all: Vec<Interchange> = rows.iter().map(read_interchange).collect::<Result<_>>()?;
        all.retain(|other| other.partner == one.partner && other.test == one.test);
        Ok(all)
    }

    pub async fn group(&mut self, id: GroupId) -> Result<Group> {
        let sql =
            Sql("SELECT id, interchange, position, direction, partner, functional_id, version, sender, receiver, \
             control_number, state, sets_stated, sets_received, sets_accepted, acknowledgement, header, findings \
             FROM groups_of_sets WHERE id = $1");
        read_group(&self.one(sql, args![id], ("group", id)).await?)
    }

    /// The groups of one interchange, in order.
    pub async fn groups_of(&mut self, interchange: InterchangeId) -> Result<Vec<Group>> {
        let sql =
            Sql("SELECT id, interchange, position, direction, partner, functional_id, version, sender, receiver, \
             control_number, state, sets_stated, sets_received, sets_accepted, acknowledgement, header, findings \
             FROM groups_of_sets WHERE interchange = $1 ORDER BY position");
        self.rows(sql, args![interchange]).await?.iter().map(read_group).collect()
    }
}

fn read_interchange(row: &Row) -> Result<Interchange> {
    Ok(Interchange {
        id: row.get(0)?,
        transmission: row.get(1)?,
        position: row.get(2)?,
        direction: row.word(3)?,
        partner: row.get(4)?,
        syntax: row.get(5)?,
        version: row.get(6)?,
        sender: row.get(7)?,
        receiver: row.get(8)?,
        control_number: row.get(9)?,
        test: row.get(10)?,
        duplicate_of: row.get(11)?,
        span: (row.get(12)?, row.get(13)?),
        state: row.word(14)?,
        header: row.json(15)?,
        findings: row.json(16)?,
    })
}

fn read_group(row: &Row) -> Result<Group> {
    Ok(Group {
        id: row.get(0)?,
        interchange: row.get(1)?,
        position: row.get(2)?,
        direction: row.word(3)?,
        partner: row.get(4)?,
        functional_id: row.get(5)?,
        version: row.get(6)?,
        sender: row.get(7)?,
        receiver: row.get(8)?,
        control_number: row.get(9)?,
        state: row.word(10)?,
        sets_stated: row.get::<Option<i64>>(11)?.and_then(|count| u64::try_from(count).ok()),
        sets_received: row.get(12)?,
        sets_accepted: row.get(13)?,
        acknowledgement: row.word(14)?,
        header: row.json(15)?,
        findings: row.json(16)?,
    })
}
