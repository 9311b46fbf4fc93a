//! Expectations: acknowledgements that we wait for, and what came back.

use jiff::Timestamp;
use serde_json::Value;

use super::Id;
use super::deliveries::Subject;
use super::error::Result;
use super::interchanges::Answer;
use super::session::{Session, View};
use super::sql::{Row, Sql, args, json, word};

/// The id of an expectation.
pub type ExpectationId = Id<Expectation>;

#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    pub id: ExpectationId,
    /// What comes back is matched by this: made by the journey from identities and control numbers, partners swapped.
    pub key: String,
    /// What we sent.
    pub subject: (Subject, String),
    pub partner: Option<String>,
    pub state: Answer,
    pub due_at: Timestamp,
    /// The document that answered.
    pub answered_by: Option<String>,
    pub outcome: Option<Value>,
}

impl Session {
    pub async fn add_expectations(&mut self, new: &[Expectation]) -> Result<()> {
        let now = self.now().await?;
        let rows = new
            .iter()
            .map(|expectation| {
                args![
                    expectation.id,
                    &expectation.key,
                    word(&expectation.subject.0),
                    &expectation.subject.1,
                    expectation.partner.as_ref(),
                    word(&expectation.state),
                    expectation.due_at,
                    now,
                    now
                ]
            })
            .collect();
        self.insert(
            "INSERT INTO expectations (id, key, level, subject, partner, state, due_at, created_at, updated_at)",
            "",
            rows,
        )
        .await
        .map(drop)
    }

    /// What came back, or that nothing did.
    pub async fn settle_expectation(
        &mut self,
        id: ExpectationId,
        state: Answer,
        answered_by: Option<&str>,
        outcome: &Value,
    ) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("UPDATE expectations SET state = $2, answered_by = $3, outcome = $4, updated_at = $5 WHERE id = $1");
        let args = args![id, word(&state), answered_by, json(outcome), now];
        self.change(sql, args, ("expectation", id)).await
    }
}

impl View {
    /// What an acknowledgement of this key can answer, the newest first: numbers may wrap.
    pub async fn expectations(&mut self, key: &str) -> Result<Vec<Expectation>> {
        let sql =
            Sql("SELECT id, key, level, subject, partner, state, due_at, answered_by, outcome FROM expectations \
             WHERE key = $1 ORDER BY id DESC LIMIT 20");
        self.rows(sql, args![key]).await?.iter().map(read).collect()
    }

    /// What we wait for on behalf of one interchange, group or document.
    pub async fn expectations_of(&mut self, subject: &str) -> Result<Vec<Expectation>> {
        let sql =
            Sql("SELECT id, key, level, subject, partner, state, due_at, answered_by, outcome FROM expectations \
             WHERE subject = $1 ORDER BY id");
        self.rows(sql, args![subject]).await?.iter().map(read).collect()
    }

    /// What partners and their transports owe us in answer to what left (997, CONTRL, MDN), with when that was, the most
    /// urgent first, behind one that is named by its time and id. Where trades watch the acknowledgements of a partner
    /// themselves, theirs stand among the deadlines.
    pub async fn answers_awaited(&mut self, after: (i64, &str), limit: usize) -> Result<Vec<(Expectation, Timestamp)>> {
        let sql =
            Sql("SELECT e.id, e.key, e.level, e.subject, e.partner, e.state, e.due_at, e.answered_by, e.outcome, \
             e.created_at FROM expectations e WHERE e.state IN ('awaiting', 'overdue') \
             AND (e.due_at > $1 OR (e.due_at = $1 AND e.id > $2)) AND (e.level = 'delivery' OR NOT EXISTS \
               (SELECT 1 FROM deadlines d WHERE d.partner = e.partner AND d.kind = 'acknowledgement')) \
             ORDER BY e.due_at, e.id LIMIT $3 + 0");
        self.rows(sql, args![after.0, after.1, limit]).await?.iter().map(|row| Ok((read(row)?, row.get(9)?))).collect()
    }

    /// Functional acknowledgements that partners owe or owed us, behind an id, in order: each with when what it answers
    /// left, and when it came.
    pub async fn functional_answers(
        &mut self,
        after: ExpectationId,
        limit: usize,
    ) -> Result<Vec<(Expectation, Timestamp, Option<Timestamp>)>> {
        let sql = Sql("SELECT id, key, level, subject, partner, state, due_at, answered_by, outcome, created_at, \
             updated_at FROM expectations WHERE level IN ('interchange', 'group', 'document') AND state <> 'none' \
             AND id > $1 ORDER BY id LIMIT $2 + 0");
        let rows = self.rows(sql, args![after, limit]).await?;
        let one = |row: &Row| {
            let expectation = read(row)?;
            let came = !matches!(expectation.state, Answer::Awaiting | Answer::Overdue);
            let changed: Timestamp = row.get(10)?;
            Ok((expectation, row.get(9)?, came.then_some(changed)))
        };
        rows.iter().map(one).collect()
    }

    /// What should have come and did not, the longest overdue first.
    pub async fn overdue_expectations(&mut self, limit: usize) -> Result<Vec<Expectation>> {
        let now = self.now().await?;
        let sql =
            Sql("SELECT id, key, level, subject, partner, state, due_at, answered_by, outcome FROM expectations \
             WHERE state = 'awaiting' AND due_at <= $1 ORDER BY due_at LIMIT $2 + 0");
        self.rows(sql, args![now, limit]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Expectation> {
    Ok(Expectation {
        id: row.get(0)?,
        key: row.get(1)?,
        subject: (row.word(2)?, row.get(3)?),
        partner: row.get(4)?,
        state: row.word(5)?,
        due_at: row.get(6)?,
        answered_by: row.get(7)?,
        outcome: row.json_or_none(8)?,
    })
}
