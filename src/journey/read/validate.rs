//! What a set is worth once its grammar, its agreement and its map have spoken, and the row that keeps it.

use jiff::Timestamp;

use crate::finding::Finding;
use crate::journey::translate::Translated;
use crate::reply::{Disposition, Said, said};
use crate::store::{
    Answer, Contents, Direction, Document, DocumentId, DocumentState, GroupId, Id, InterchangeId, TransmissionId,
    Transport,
};
use crate::wire::{SetHeader, TransactionSet};

/// A set as read.
#[derive(Clone, Debug)]
pub struct SetRead {
    pub id: DocumentId,
    pub header: SetHeader,
    pub disposition: Disposition,
    pub findings: Vec<Finding>,
    /// Where it is an acknowledgement: what it says of what we sent.
    pub said: Vec<Said>,
    pub is_acknowledgement: bool,
    /// Whether its kind was agreed with the partner.
    pub is_agreed: bool,
    pub translated: Option<Translated>,
    /// The coverage ledger as JSON.
    pub coverage: Option<String>,
    /// The map that read it.
    pub map: Option<String>,
}

/// Why a document waits for a person: a stable word and a sentence.
pub type Reason = (&'static str, String);

impl SetRead {
    /// A TA1 beside the groups.
    pub fn ta1(line: TransactionSet<'_>) -> Self {
        Self {
            id: Id::new(),
            header: SetHeader { kind: "TA1".into(), segments: 1, span: line.span(), ..SetHeader::default() },
            disposition: Disposition::Accepted,
            findings: Vec::new(),
            said: said::read(line),
            is_acknowledgement: true,
            is_agreed: true,
            translated: None,
            coverage: None,
            map: None,
        }
    }

    /// Where the document stands when its interchange was taken, and why where it waits.
    pub fn state(&self) -> (DocumentState, Option<Reason>) {
        let kind = &self.header.kind;
        if self.is_acknowledgement {
            return (DocumentState::Done, None);
        }
        match self.disposition {
            Disposition::Rejected => (DocumentState::Rejected, None),
            Disposition::Unsupported => {
                let words = format!("There is no grammar for {kind} in release {}.", self.header.release);
                (DocumentState::Held, Some(("set-unsupported", words)))
            }
            _ if !self.is_agreed => {
                let words = format!("{kind} was not agreed with this partner.");
                (DocumentState::Held, Some(("set-not-agreed", words)))
            }
            _ if self.translated.is_none() => {
                let words = format!("There is no map that reads {kind} in release {}.", self.header.release);
                (DocumentState::Held, Some(("map-missing", words)))
            }
            _ => (DocumentState::Ready, None),
        }
    }
}

/// What all rows of one window share.
#[derive(Clone, Debug)]
pub struct Common {
    pub transmission: TransmissionId,
    pub payload: String,
    pub interchange: InterchangeId,
    pub group: Option<GroupId>,
    pub partner: Option<String>,
    pub test: bool,
    pub revision: String,
    pub now: Timestamp,
}

/// The rows of one set. `position` counts from 1 in its group.
pub fn rows(set: &SetRead, position: u64, state: DocumentState, common: &Common) -> (Document, Contents) {
    let translated = set.translated.as_ref();
    let document = Document {
        id: set.id,
        direction: Direction::In,
        kind: translated.map(|it| it.kind.clone()),
        type_code: set.header.kind.clone(),
        release: set.header.release.clone(),
        partner: common.partner.clone(),
        transmission: Some(common.transmission),
        interchange: Some(common.interchange),
        group: common.group,
        position,
        control_number: set.header.control_number.clone(),
        number: translated.and_then(|it| it.number.clone()),
        test: common.test,
        disposition: word(set.disposition),
        state,
        transport: Transport::None,
        functional: Answer::None,
        application: Answer::None,
        payload: Some(common.payload.clone()),
        span: (set.header.span.start, set.header.span.end),
        segments: set.header.segments,
        findings_count: u32::try_from(set.findings.len()).unwrap_or(u32::MAX),
        content_hash: translated.map(|it| it.hash().to_owned()),
        duplicate_of: None,
        map: set.map.clone(),
        revision: Some(common.revision.clone()),
        created_at: common.now,
    };
    let contents = Contents {
        canonical: translated.map(|it| it.json.clone()),
        findings: (!set.findings.is_empty()).then(|| text(&set.findings)),
        coverage: set.coverage.clone(),
    };
    (document, contents)
}

/// A disposition as the store and the wire of our own JSON have it.
pub fn word(disposition: Disposition) -> String {
    match serde_json::to_value(disposition) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Our own values always serialise.
pub fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".into())
}
