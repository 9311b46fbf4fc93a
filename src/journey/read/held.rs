//! Why what was read waits for a person, in words.

use jiff::Timestamp;

use crate::finding::Finding;
use crate::store::{Document, Hold, InterchangeId, Subject};

/// An answer that is owed and cannot be sent, before a person: the sender hears nothing from us.
pub fn unwritable(kind: &str, why: &str, partner: Option<&str>, interchange: InterchangeId, now: Timestamp) -> Hold {
    Hold {
        fault: "answer-unwritable".into(),
        reason: format!("No valid {kind} can be written: {why}. Nobody told the sender."),
        partner: partner.map(str::to_owned),
        subject: (Subject::Interchange, interchange.to_string()),
        ..Hold::open(now)
    }
}

/// A document under a number that came before with other contents.
pub fn conflict(document: &Document) -> Hold {
    let number = document.number.as_deref().unwrap_or("without a number");
    Hold {
        fault: "document-conflict".into(),
        reason: format!("{} {number} came before with other contents: which one counts?", document.type_code),
        partner: document.partner.clone(),
        subject: (Subject::Document, document.id.to_string()),
        ..Hold::open(document.created_at)
    }
}

/// Which rules a document breaks, the first of them in words.
pub fn broken(findings: &[Finding]) -> String {
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.is_error()).collect();
    let said: Vec<String> = errors.iter().take(3).map(|finding| finding.message()).collect();
    match errors.len() {
        0 => "It breaks its rules.".to_owned(),
        1..=3 => format!("It breaks its rules: {}.", said.join("; ")),
        all => format!("It breaks its rules: {}; and {} more, which its findings name.", said.join("; "), all - 3),
    }
}
