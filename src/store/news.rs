//! What the store tells of its own nouns: a document that came, left or was answered, a case, an entry of the journal.
//! Told where the row changes, so that no step can change one and forget to say so.

use serde_json::{Value, json};

use super::cases::Case;
use super::documents::{Direction, Document, DocumentState, Transport};
use super::error::Result;
use super::events::Event;
use super::holds::Hold;
use super::interchanges::Answer;
use super::session::Session;

/// Cases about events that did not arrive begin so. They make no events: those would go the same way.
pub const ABOUT_EVENTS: &str = "event|";

impl Session {
    /// Documents that were just stored.
    pub(super) fn tell_new_documents<'d>(&mut self, documents: impl Iterator<Item = &'d Document>) {
        for document in documents {
            let kind = match (document.direction, document.state) {
                (Direction::Out, _) => "document.issued",
                (Direction::In, DocumentState::Rejected) => "document.rejected",
                (Direction::In, DocumentState::Duplicate) => "document.duplicate",
                (Direction::In, DocumentState::Held) => "document.parked",
                (Direction::In, _) => "document.received",
            };
            let event = Event { at: document.created_at, ..of_document(kind, document) };
            let is_valid = kind == "document.received";
            self.told.push(event.clone());
            if is_valid {
                // What comes in is checked against its grammar and the agreement in the unit that stores it.
                self.told.push(Event { kind: "document.validated".to_owned(), ..event });
            }
        }
    }

    /// How far documents of ours came with the partner's transport.
    pub(super) async fn tell_transport(&mut self, documents: &[Document], transport: Transport) -> Result<()> {
        let kind = match transport {
            Transport::Accepted => "document.sent",
            Transport::Failed => "document.failed",
            _ => return Ok(()),
        };
        let at = self.now().await?;
        for document in documents.iter().filter(|document| document.transport != transport) {
            self.told.push(Event { at, ..of_document(kind, document) });
        }
        Ok(())
    }

    /// What partners answered to documents of ours, or that they did not.
    pub(super) async fn tell_functional(&mut self, documents: &[Document], answer: Answer) -> Result<()> {
        let kind = match answer {
            Answer::Accepted | Answer::AcceptedWithErrors | Answer::Partially | Answer::Rejected => {
                "document.acknowledged"
            }
            Answer::Overdue => "document.overdue",
            _ => return Ok(()),
        };
        let at = self.now().await?;
        for document in documents.iter().filter(|document| document.functional != answer) {
            let mut event = Event { at, ..of_document(kind, document) };
            event.detail["functional"] = json!(answer);
            // What is said of one set stands above what was said of its whole group.
            self.told.retain(|told| (told.kind.as_str(), &told.subject) != (kind, &event.subject));
            self.told.push(event);
        }
        Ok(())
    }

    /// What became of a document that belongs to a trade.
    pub(super) async fn tell_of_document(&mut self, id: &str, kind: &str, more: Value) -> Result<()> {
        let Ok(id) = id.parse() else { return Ok(()) };
        let document = match self.document(id).await {
            Ok(document) if document.direction == Direction::In => document,
            // One of ours, whose way is told elsewhere; or none that is kept.
            Ok(_) | Err(super::Error::Missing { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let at = self.now().await?;
        let mut event = Event { at, ..of_document(kind, &document) };
        if let (Some(detail), Value::Object(more)) = (event.detail.as_object_mut(), more) {
            detail.extend(more);
        }
        self.told.push(event);
        Ok(())
    }

    /// A case was opened, given to somebody or settled.
    pub(super) async fn tell_case(&mut self, kind: &str, case: &Case, by: &str) -> Result<()> {
        if case.key.starts_with(ABOUT_EVENTS) {
            return Ok(());
        }
        let at = self.now().await?;
        self.told.push(Event {
            at,
            actor: by.to_owned(),
            kind: kind.to_owned(),
            subject: case.id.to_string(),
            key: format!("exception|{}", case.number),
            partner: case.partner.clone().filter(|partner| !partner.is_empty()),
            detail: json!({
                "number": case.number,
                "work": case.number.to_string(),
                "queue": case.queue,
                "kind": case.kind,
                "order": case.order_number,
                "line": case.line,
                "words": case.words,
                "money": case.money,
                "owner": case.owner,
            }),
        });
        Ok(())
    }

    /// The same of what is held with a document, a delivery or a mailbox: it waits for a person as a case does.
    pub(super) async fn tell_hold(&mut self, kind: &str, hold: &Hold, by: &str) -> Result<()> {
        // Of two documents that differ a case tells, where there is one.
        if hold.fault == "document-conflict" && (kind != "exception.breached" || self.has_case(&hold.subject.1).await?)
        {
            return Ok(());
        }
        let at = self.now().await?;
        self.told.push(Event {
            at,
            actor: by.to_owned(),
            kind: kind.to_owned(),
            subject: hold.id.to_string(),
            key: format!("exception|{}", hold.name()),
            partner: hold.partner.clone(),
            detail: json!({
                "work": hold.name(),
                "queue": hold.queue().as_str(),
                "kind": hold.kind(),
                "words": hold.reason,
                "owner": hold.owner,
            }),
        });
        Ok(())
    }

    /// An entry stands in the journal. All entries are of one subject: a ledger takes them in their order.
    pub(super) async fn tell_entry(&mut self, id: &str, position: u64) -> Result<()> {
        let at = self.now().await?;
        self.told.push(Event {
            at,
            actor: "journal".to_owned(),
            kind: "journal.posted".to_owned(),
            subject: id.to_owned(),
            key: "journal".to_owned(),
            partner: None,
            detail: json!({"position": position}),
        });
        Ok(())
    }
}

fn of_document(kind: &str, document: &Document) -> Event {
    let what = document.kind.as_deref().unwrap_or(&document.type_code);
    let partner = document.partner.as_deref();
    let id = document.id.to_string();
    Event {
        at: document.created_at,
        actor: "journey".to_owned(),
        kind: kind.to_owned(),
        key: format!("document|{}|{what}|{}", partner.unwrap_or("-"), document.number.as_deref().unwrap_or(&id)),
        subject: id,
        partner: document.partner.clone(),
        detail: json!({
            "direction": document.direction,
            "kind": document.kind,
            "type": document.type_code,
            "number": document.number,
            "control_number": document.control_number,
            "test": document.test,
            "disposition": document.disposition,
            "findings": document.findings_count,
            "duplicate_of": document.duplicate_of,
        }),
    }
}
