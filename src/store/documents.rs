//! Documents: one transaction set, message or XML document each, either way, with what was found in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::Id;
use super::error::Result;
use super::interchanges::{Answer, GroupId, InterchangeId};
use super::session::{Session, View};
use super::sql::{Arg, Row, Sql, args, word};
use super::transmissions::TransmissionId;

/// The id of a document.
pub type DocumentId = Id<Document>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    In,
    Out,
}

/// Where a document is in its life. Inbound ones count only while their group's state says so too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentState {
    /// Its group was not judged yet.
    Pending,
    /// Inbound: to be handed on. Outbound: to be delivered.
    Ready,
    /// It waits for a person.
    Held,
    Rejected,
    Duplicate,
    /// It was held, and its bytes were read again since.
    Superseded,
    /// Inbound: handed on. Outbound: delivered.
    Done,
}

/// Whether the far side holds the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// It came to us.
    None,
    Pending,
    Accepted,
    Failed,
}

/// One document. Its life has three axes beside its state, which move independently.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub id: DocumentId,
    pub direction: Direction,
    /// `order`, `invoice`; empty where nothing was understood.
    pub kind: Option<String>,
    /// `850`, `ORDERS`, `Invoice`.
    pub type_code: String,
    /// `004010`, `D:96A:UN:EAN008`.
    pub release: String,
    pub partner: Option<String>,
    pub transmission: Option<TransmissionId>,
    pub interchange: Option<InterchangeId>,
    pub group: Option<GroupId>,
    /// In the group, from 1.
    pub position: u64,
    pub control_number: String,
    /// The business number: of the order, the invoice.
    pub number: Option<String>,
    pub test: bool,
    /// As the acknowledgement says: `accepted`, `accepted-with-errors`, `rejected`, `unsupported`.
    pub disposition: String,
    pub state: DocumentState,
    pub transport: Transport,
    pub functional: Answer,
    pub application: Answer,
    /// Where the bytes are: the hash of a payload, and the range in it.
    pub payload: Option<String>,
    pub span: (u64, u64),
    pub segments: u32,
    pub findings_count: u32,
    /// Of the canonical document: the third level of idempotency.
    pub content_hash: Option<String>,
    pub duplicate_of: Option<DocumentId>,
    /// The map that read or wrote it.
    pub map: Option<String>,
    /// The configuration in force when it was read or written.
    pub revision: Option<String>,
    pub created_at: Timestamp,
}

/// What is read rarely, as JSON text exactly as it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub canonical: Option<String>,
    /// A JSON array; `None` where there are none.
    pub findings: Option<String>,
    pub coverage: Option<String>,
}

/// What an acknowledgement wants to know of one set.
#[derive(Clone, Debug, PartialEq)]
pub struct SetOutcome {
    pub document: DocumentId,
    pub position: u64,
    pub type_code: String,
    pub release: String,
    pub control_number: String,
    pub disposition: String,
    /// A JSON array of findings.
    pub findings: String,
}

/// What to look for; every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The business number or a control number.
    pub number: Option<String>,
    /// The number may also be that of the interchange or group around it, with or without the zeros before it.
    pub enclosed: bool,
    pub partner: Option<String>,
    pub direction: Option<Direction>,
    pub kind: Option<String>,
    pub state: Option<DocumentState>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Only older ones than this: the next page.
    pub before: Option<DocumentId>,
    pub limit: usize,
}

/// What leaves together: documents of one partner, type and usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub partner: String,
    pub type_code: String,
    pub test: bool,
}

const COLUMNS: &str = "d.id, d.direction, d.kind, d.type, d.release, d.partner, d.transmission, d.interchange, \
     d.group_id, d.position, d.control_number, d.number, d.test, d.disposition, d.state, d.transport, d.functional, \
     d.application, d.payload, d.span_start, d.span_end, d.segments, d.findings_count, d.content_hash, d.duplicate_of, \
     d.map, d.revision, d.created_at";

/// Documents that wait to leave, by the index of those that are open.
const WAITING: &str =
    "d.state = 'ready' AND d.state NOT IN ('done', 'duplicate') AND d.direction = 'out' AND d.interchange IS NULL";

impl Session {
    /// Stores a window of documents with few statements.
    pub async fn add_documents(&mut self, new: &[(Document, Contents)]) -> Result<()> {
        let rows = new
            .iter()
            .map(|(document, _)| {
                args![
                    document.id,
                    word(&document.direction),
                    document.kind.as_ref(),
                    &document.type_code,
                    &document.release,
                    document.partner.as_ref(),
                    document.transmission,
                    document.interchange,
                    document.group,
                    document.position,
                    &document.control_number,
                    document.number.as_ref(),
                    document.test,
                    &document.disposition,
                    word(&document.state),
                    word(&document.transport),
                    word(&document.functional),
                    word(&document.application),
                    document.payload.as_ref(),
                    document.span.0,
                    document.span.1,
                    document.segments,
                    document.findings_count,
                    document.content_hash.as_ref(),
                    document.duplicate_of,
                    document.map.as_ref(),
                    document.revision.as_ref(),
                    document.created_at,
                    document.created_at
                ]
            })
            .collect();
        self.insert(
            "INSERT INTO documents (id, direction, kind, type, release, partner, transmission, interchange, group_id, \
             position, control_number, number, test, disposition, state, transport, functional, application, payload, \
             span_start, span_end, segments, findings_count, content_hash, duplicate_of, map, revision, created_at, \
             updated_at)",
            "",
            rows,
        )
        .await?;
        let rows = new
            .iter()
            .map(|(document, contents)| {
                args![
                    document.id,
                    contents.canonical.as_ref(),
                    contents.findings.as_deref().unwrap_or("[]"),
                    contents.coverage.as_ref()
                ]
            })
            .collect();
        self.insert("INSERT INTO document_contents (document, canonical, findings, coverage)", "", rows).await?;
        self.tell_new_documents(new.iter().map(|(document, _)| document));
        Ok(())
    }

    pub async fn set_document_state(&mut self, id: DocumentId, state: DocumentState) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE documents SET state = $2, updated_at = $3 WHERE id = $1");
        self.change(sql, args![id, word(&state), now], ("document", id)).await
    }

    /// Moves the documents of a group from one state to another, between two positions (both included): a window.
    pub async fn move_documents(
        &mut self,
        group: GroupId,
        positions: (u64, u64),
        from: DocumentState,
        to: DocumentState,
    ) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE documents SET state = $5, updated_at = $6 \
             WHERE group_id = $1 AND position >= $2 AND position <= $3 AND state = $4");
        self.execute(sql, args![group, positions.0, positions.1, word(&from), word(&to), now]).await.map(drop)
    }

    /// Lets nobody else add to a lane until the unit is durable: who counts what waits then counts all of it.
    pub async fn hold_lane(&mut self, lane: &Lane) -> Result<()> {
        if let Some(text) = self.dialect().hold_name() {
            let name = format!("lane/{}/{}/{}", lane.partner, lane.type_code, lane.test);
            self.link().rows(text.into_sql_str(), args![name]).await?;
        }
        Ok(())
    }

    /// Documents of a lane that wait to leave together, the oldest first, with their canonical JSON: nobody else can let
    /// them leave until the unit is durable.
    pub async fn waiting_documents(&mut self, lane: &Lane, limit: usize) -> Result<Vec<(Document, String)>> {
        let text = self.dialect().say(&format!(
            "SELECT {COLUMNS} FROM documents d WHERE {WAITING} AND d.partner = $1 AND d.type = $2 AND d.test = $3 \
             ORDER BY d.id LIMIT $4 + 0 {{for update}}"
        ));
        let args = args![&lane.partner, &lane.type_code, lane.test, limit];
        let rows = self.link().rows(AssertSqlSafe(text).into_sql_str(), args).await?;
        let mut waiting = Vec::with_capacity(rows.len());
        for row in &rows {
            let document = read(row)?;
            let canonical = self.contents(document.id).await?.canonical.unwrap_or_default();
            waiting.push((document, canonical));
        }
        Ok(waiting)
    }

    /// A document that waited has left in an interchange.
    pub async fn set_departed(&mut self, document: &Document) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE documents SET interchange = $2, group_id = $3, position = $4, control_number = $5, \
             payload = $6, span_start = $7, span_end = $8, functional = $9, state = $10, transport = $11, release = $12, \
             segments = $13, map = $14, revision = $15, updated_at = $16 WHERE id = $1 AND interchange IS NULL");
        let args = args![
            document.id,
            document.interchange,
            document.group,
            document.position,
            &document.control_number,
            document.payload.as_ref(),
            document.span.0,
            document.span.1,
            word(&document.functional),
            word(&document.state),
            word(&document.transport),
            &document.release,
            document.segments,
            document.map.as_ref(),
            document.revision.as_ref(),
            now
        ];
        self.change(sql, args, ("waiting document", document.id)).await
    }

    pub async fn set_transport(&mut self, id: DocumentId, transport: Transport) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE documents SET transport = $2, updated_at = $3 WHERE id = $1");
        self.change(sql, args![id, word(&transport), now], ("document", id)).await
    }

    /// The transport axis of everything that left in one interchange.
    pub async fn set_transport_of(&mut self, interchange: InterchangeId, transport: Transport) -> Result<()> {
        let now = self.now().await?;
        let text = format!(
            "SELECT {COLUMNS} FROM documents d JOIN groups_of_sets g ON g.id = d.group_id WHERE g.interchange = $1 \
             ORDER BY d.id"
        );
        let rows = self.link().rows(AssertSqlSafe(text).into_sql_str(), args![interchange]).await?;
        let documents = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        self.tell_transport(&documents, transport).await?;
        let sql = Sql("UPDATE documents SET transport = $2, updated_at = $3 \
             WHERE group_id IN (SELECT id FROM groups_of_sets WHERE interchange = $1)");
        self.execute(sql, args![interchange, word(&transport), now]).await.map(drop)
    }

    /// What came back for one document of a group that we sent, by its control number; without one, for all of them.
    pub async fn set_functional(
        &mut self,
        group: GroupId,
        control_number: Option<&str>,
        functional: Answer,
    ) -> Result<()> {
        let now = self.now().await?;
        let text = format!("SELECT {COLUMNS} FROM documents d WHERE d.group_id = $1 ORDER BY d.id");
        let rows = self.link().rows(AssertSqlSafe(text).into_sql_str(), args![group]).await?;
        let mut documents = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        documents.retain(|document| control_number.is_none_or(|number| document.control_number == number));
        self.tell_functional(&documents, functional).await?;
        match control_number {
            Some(number) => {
                let sql = Sql("UPDATE documents SET functional = $3, updated_at = $4 \
                     WHERE group_id = $1 AND control_number = $2");
                self.execute(sql, args![group, number, word(&functional), now]).await.map(drop)
            }
            None => {
                let sql = Sql("UPDATE documents SET functional = $2, updated_at = $3 WHERE group_id = $1");
                self.execute(sql, args![group, word(&functional), now]).await.map(drop)
            }
        }
    }
}

impl View {
    /// Documents whose ids begin so, two at most.
    pub async fn documents_beginning(&mut self, id: &str) -> Result<Vec<DocumentId>> {
        let sql = Sql("SELECT id FROM documents WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 2");
        // No digit of an id stands behind f.
        self.rows(sql, args![id, format!("{id}g")]).await?.iter().map(|row| row.get(0)).collect()
    }

    pub async fn document(&mut self, id: DocumentId) -> Result<Document> {
        let text = format!("SELECT {COLUMNS} FROM documents d WHERE d.id = $1");
        let rows = self.link().rows(AssertSqlSafe(text).into_sql_str(), args![id]).await?;
        rows.first().map(read).unwrap_or_else(|| Err(super::Error::missing(format_args!("document {id}"))))
    }

    pub async fn contents(&mut self, id: DocumentId) -> Result<Contents> {
        let sql = Sql("SELECT canonical, findings, coverage FROM document_contents WHERE document = $1");
        let row = self.one(sql, args![id], ("contents of document", id)).await?;
        read_contents(&row, 0)
    }

    /// How many documents of a lane wait to leave together.
    pub async fn waiting_count(&mut self, lane: &Lane) -> Result<u64> {
        let text = format!(
            "SELECT count(*) FROM documents d WHERE {WAITING} AND d.partner = $1 AND d.type = $2 AND d.test = $3"
        );
        let args = args![&lane.partner, &lane.type_code, lane.test];
        let rows = self.link().rows(AssertSqlSafe(text).into_sql_str(), args).await?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }

    /// What waits to leave with others, of all partners, the oldest first.
    pub async fn waiting(&mut self, limit: usize) -> Result<Vec<Document>> {
        let text = format!("SELECT {COLUMNS} FROM documents d WHERE {WAITING} ORDER BY d.id LIMIT $1 + 0");
        self.link().rows(AssertSqlSafe(text).into_sql_str(), args![limit]).await?.iter().map(read).collect()
    }

    /// Documents of a group behind a position, in order, with their contents: a window to hand on.
    pub async fn documents_of(
        &mut self,
        group: GroupId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(Document, Contents)>> {
        let text = format!(
            "SELECT {COLUMNS}, c.canonical, c.findings, c.coverage FROM documents d \
             JOIN document_contents c ON c.document = d.id \
             WHERE d.group_id = $1 AND d.position > $2 ORDER BY d.position LIMIT $3 + 0"
        );
        let rows = self.link().rows(AssertSqlSafe(text).into_sql_str(), args![group, after, limit]).await?;
        rows.iter().map(|row| Ok((read(row)?, read_contents(row, 28)?))).collect()
    }

    /// Documents that counted and came as the same bytes in another transmission: where each begins, and its id.
    pub async fn counted_documents(&mut self, payload: &str, but: TransmissionId) -> Result<BTreeMap<u64, DocumentId>> {
        let sql = Sql("SELECT d.span_start, d.id FROM documents d JOIN groups_of_sets g ON g.id = d.group_id \
             JOIN interchanges i ON i.id = g.interchange JOIN transmissions t ON t.id = i.transmission \
             WHERE t.payload = $1 AND t.id <> $2 AND d.state IN ('ready', 'done') \
             AND g.state IN ('accepted', 'partially')");
        self.rows(sql, args![payload, but]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// What the documents of one transmission say, as far as they were understood, the first `limit` in order.
    pub async fn canonicals_of(&mut self, transmission: TransmissionId, limit: usize) -> Result<Vec<Option<String>>> {
        let sql = Sql("SELECT c.canonical FROM documents d JOIN document_contents c ON c.document = d.id \
             JOIN groups_of_sets g ON g.id = d.group_id JOIN interchanges i ON i.id = g.interchange \
             WHERE i.transmission = $1 ORDER BY d.id LIMIT $2 + 0");
        self.rows(sql, args![transmission, limit]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// The documents of one transmission that wait for a person.
    pub async fn held_documents_of(&mut self, transmission: TransmissionId) -> Result<Vec<DocumentId>> {
        let sql = Sql("SELECT d.id FROM documents d JOIN groups_of_sets g ON g.id = d.group_id \
             JOIN interchanges i ON i.id = g.interchange WHERE i.transmission = $1 AND d.state = 'held'");
        self.rows(sql, args![transmission]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// The first documents of a group, or of all groups of an interchange, in order.
    pub async fn documents_within(&mut self, whole: &str, limit: usize) -> Result<Vec<Document>> {
        let text = format!(
            "SELECT {COLUMNS} FROM documents d WHERE d.group_id = $1 \
             UNION ALL SELECT {COLUMNS} FROM documents d JOIN groups_of_sets g ON g.id = d.group_id \
             WHERE g.interchange = $1 LIMIT $2 + 0"
        );
        let rows = self.link().rows(AssertSqlSafe(text).into_sql_str(), args![whole, limit]).await?;
        rows.iter().map(read).collect()
    }

    /// What an acknowledgement says of a group's sets behind a position, in order.
    pub async fn set_outcomes(&mut self, group: GroupId, after: u64, limit: usize) -> Result<Vec<SetOutcome>> {
        let sql = Sql("SELECT d.id, d.position, d.type, d.release, d.control_number, d.disposition, c.findings \
             FROM documents d JOIN document_contents c ON c.document = d.id \
             WHERE d.group_id = $1 AND d.position > $2 ORDER BY d.position LIMIT $3 + 0");
        let rows = self.rows(sql, args![group, after, limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(SetOutcome {
                    document: row.get(0)?,
                    position: row.get(1)?,
                    type_code: row.get(2)?,
                    release: row.get(3)?,
                    control_number: row.get(4)?,
                    disposition: row.get(5)?,
                    findings: row.get(6)?,
                })
            })
            .collect()
    }

    /// Documents that match, the newest first.
    pub async fn find_documents(&mut self, search: &Search) -> Result<Vec<Document>> {
        let (text, args) = search.statement();
        self.link().rows(AssertSqlSafe(text).into_sql_str(), args).await?.iter().map(read).collect()
    }
}

/// Documents by their own numbers and those around them: `$1` as asked for, `$2` without zeros, `$3` and `$4` with those of
/// ST02 and ISA13.
const ENCLOSED: &str = " AND d.id IN (SELECT id FROM documents WHERE number = $1 \
     UNION SELECT id FROM documents WHERE control_number IN ($1, $2, $3, $4) \
     UNION SELECT s.id FROM groups_of_sets g JOIN documents s ON s.group_id = g.id \
     WHERE g.control_number IN ($1, $2, $3, $4) \
     UNION SELECT s.id FROM interchanges i JOIN groups_of_sets g ON g.interchange = i.id \
     JOIN documents s ON s.group_id = g.id WHERE i.control_number IN ($1, $2, $3, $4))";

/// A control number as standards write it: as asked for, without zeros before it, with four digits and with nine.
fn forms(number: &str) -> [String; 4] {
    let asked = number.trim().to_owned();
    if asked.is_empty() || !asked.bytes().all(|byte| byte.is_ascii_digit()) {
        return std::array::from_fn(|_| asked.clone());
    }
    let bare = asked.trim_start_matches('0');
    let bare = if bare.is_empty() { "0" } else { bare };
    [asked.clone(), bare.to_owned(), format!("{bare:0>4}"), format!("{bare:0>9}")]
}

impl Search {
    /// The statement for exactly the fields that are set, so that each can use its index.
    fn statement(&self) -> (String, Vec<Arg<'_>>) {
        let mut text = format!("SELECT {COLUMNS} FROM documents d WHERE 1 = 1");
        let mut args: Vec<Arg<'_>> = Vec::new();
        if let (Some(number), true) = (&self.number, self.enclosed) {
            for form in forms(number) {
                args.push(Arg::from(form));
            }
            text.push_str(ENCLOSED);
        }
        let mut also = |condition: &str, arg: Option<Arg<'static>>| {
            if let Some(arg) = arg {
                args.push(arg);
                let _ = write!(text, " AND {}", condition.replace('?', &format!("${}", args.len())));
            }
        };
        let number = self.number.clone().filter(|_| !self.enclosed).map(Arg::from);
        also(
            "d.id IN (SELECT id FROM documents WHERE number = ? UNION SELECT id FROM documents WHERE control_number = ?)",
            number,
        );
        also("d.partner = ?", self.partner.clone().map(Arg::from));
        also("d.direction = ?", self.direction.as_ref().map(word));
        also("d.kind = ?", self.kind.clone().map(Arg::from));
        also("d.state = ?", self.state.as_ref().map(word));
        also("d.created_at >= ?", self.since.map(Arg::from));
        also("d.created_at < ?", self.until.map(Arg::from));
        also("d.id < ?", self.before.map(Arg::from));
        args.push(Arg::from(if self.limit == 0 { 100 } else { self.limit }));
        let _ = write!(text, " ORDER BY d.id DESC LIMIT ${} + 0", args.len());
        (text, args)
    }
}

fn read(row: &Row) -> Result<Document> {
    Ok(Document {
        id: row.get(0)?,
        direction: row.word(1)?,
        kind: row.get(2)?,
        type_code: row.get(3)?,
        release: row.get(4)?,
        partner: row.get(5)?,
        transmission: row.get(6)?,
        interchange: row.get(7)?,
        group: row.get(8)?,
        position: row.get(9)?,
        control_number: row.get(10)?,
        number: row.get(11)?,
        test: row.get(12)?,
        disposition: row.get(13)?,
        state: row.word(14)?,
        transport: row.word(15)?,
        functional: row.word(16)?,
        application: row.word(17)?,
        payload: row.get(18)?,
        span: (row.get(19)?, row.get(20)?),
        segments: row.get(21)?,
        findings_count: row.get(22)?,
        content_hash: row.get(23)?,
        duplicate_of: row.get(24)?,
        map: row.get(25)?,
        revision: row.get(26)?,
        created_at: row.get(27)?,
    })
}

fn read_contents(row: &Row, first: usize) -> Result<Contents> {
    Ok(Contents { canonical: row.get(first)?, findings: row.get(first + 1)?, coverage: row.get(first + 2)? })
}
