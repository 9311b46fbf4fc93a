//! What left the gateway, read as its receiver reads it: from the bytes of the files that were delivered.

use std::io;

use serde_json::Value;

use super::kinds::PAYMENT_FILE;
use crate::bank;
use crate::catalogue::Catalogue;
use crate::finding::Finding;
use crate::journey::examine::{Audience, Examined, Examiner, XmlExamined};
use crate::reply::{Disposition, Said, is_acknowledgement, said};
use crate::wire::sniff::{Looks, looks_like};
use crate::wire::{SetHeader, TransactionSet};

/// One document that left.
#[derive(Clone, Debug)]
pub struct Left {
    /// The partner it was for.
    pub partner: String,
    /// Its place among everything that left for the partner.
    pub sequence: u64,
    /// `855`, `ORDRSP`, `997`.
    pub kind: String,
    /// What an acknowledgement says of the whole.
    pub disposition: Option<Disposition>,
    /// A business document as JSON.
    pub document: Option<Value>,
    /// What a receiver would reject it for.
    pub findings: Vec<Finding>,
}

impl Left {
    /// What an answer decides as a whole, in the words of acknowledgements.
    pub fn decision(&self) -> Option<String> {
        let decision = self.document.as_ref()?["decision"].as_str()?;
        Some(if decision == "accepted_with_changes" { "partially".to_owned() } else { decision.to_owned() })
    }

    /// In a few words: `855 order 4502 accepted`.
    pub fn words(&self) -> String {
        let mut words = self.kind.clone();
        if let Some(disposition) = self.disposition {
            words.push(' ');
            words += &word(disposition);
        }
        for (key, value) in self.document.iter().flat_map(Value::as_object).flatten() {
            let shown = matches!(
                key.as_str(),
                "number" | "order_number" | "decision" | "purpose" | "total" | "amount" | "trace"
            );
            if let (true, Some(text)) = (shown, value.as_str()) {
                words += &format!(" {key}={text}");
            }
        }
        words
    }
}

/// Reads a file that left.
///
/// # Errors
/// When memory cannot be read, which does not happen.
pub fn read(catalogue: &Catalogue, partner: &str, sequence: u64, bytes: &[u8]) -> io::Result<Vec<Left>> {
    let mut reader = Receiver { partner, sequence, left: Vec::new() };
    let mut examiner = Examiner::new(catalogue);
    if bank::is_payment_file(bytes) {
        reader.push(PAYMENT_FILE, Vec::new(), None, &[]);
        return Ok(reader.left);
    }
    match looks_like(bytes) {
        Looks::Xml => examiner.document(None, bytes, &mut reader)?,
        _ => examiner.segments(None, bytes, &mut reader)?,
    }
    Ok(reader.left)
}

struct Receiver<'r> {
    partner: &'r str,
    sequence: u64,
    left: Vec<Left>,
}

impl Receiver<'_> {
    fn push(&mut self, kind: &str, said: Vec<Said>, document: Option<Value>, findings: &[Finding]) {
        self.left.push(Left {
            partner: self.partner.to_owned(),
            sequence: self.sequence,
            kind: kind.to_owned(),
            disposition: said.first().map(|said| said.disposition),
            document,
            findings: findings.iter().filter(|finding| finding.is_error()).cloned().collect(),
        });
    }
}

impl Audience for Receiver<'_> {
    fn acknowledgement(&mut self, ta1: TransactionSet<'_>) -> io::Result<()> {
        self.push("TA1", said::read(ta1), None, &[]);
        Ok(())
    }

    fn set(&mut self, header: &SetHeader, set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        let said = if is_acknowledgement(&header.kind) { said::read(set) } else { Vec::new() };
        let document = examined.document.as_ref().and_then(|document| serde_json::to_value(document).ok());
        self.push(&header.kind, said, document, &examined.findings);
        Ok(())
    }

    fn xml(&mut self, _: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        let json = document.document.as_ref().and_then(|document| serde_json::to_value(document).ok());
        self.push(&document.kind, Vec::new(), json, &document.findings);
        Ok(())
    }
}

/// A disposition as journeys write it: `accepted-with-errors`.
pub fn word(disposition: Disposition) -> String {
    serde_json::to_value(disposition).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}
