//! Bytes that are read as the gateway would read them, and not kept: validated, translated.

use std::io;

use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::problem::{Code, Problem};
use crate::finding::Finding;
use crate::journey::examine::drive::drive_whole;
use crate::journey::examine::report::Report;
use crate::journey::examine::{Audience, Examined, Examiner, XmlExamined};
use crate::journey::show::asked;
use crate::mapping::Detail;
use crate::wire::{SetHeader, TransactionSet};

/// What the bytes were called by whoever sent them.
const FILE: &str = "body";

pub async fn validate(call: &Call) -> Result<Answer, Problem> {
    let in_force = call.gateway.in_force();
    let mut examiner = Examiner::new(&in_force.catalogue).with_detail(Detail::LEDGER);
    agreed(call, &in_force.partners, &mut examiner)?;
    let mut out = Vec::new();
    let mut report = Report::begin(&mut out, FILE).map_err(unread)?;
    let driven = drive_whole(examiner, &mut io::Cursor::new(&call.bytes), &mut report).map_err(unread)?;
    report.end(call.bytes.len() as u64, &driven.left).map_err(unread)?;
    let report: Value = serde_json::from_slice(&out).map_err(|error| unread(error.into()))?;
    Ok(Answer::ok(report))
}

pub async fn translate(call: &Call) -> Result<Answer, Problem> {
    let in_force = call.gateway.in_force();
    let mut examiner = Examiner::new(&in_force.catalogue).with_detail(Detail::COUNTS);
    agreed(call, &in_force.partners, &mut examiner)?;
    let mut taken = Taken::default();
    let driven = drive_whole(examiner, &mut io::Cursor::new(&call.bytes), &mut taken).map_err(unread)?;
    Ok(Answer::ok(json!({"documents": taken.documents, "left": driven.left})))
}

/// With `partner`, what was agreed with it decides.
fn agreed<'c>(
    call: &Call,
    partners: &'c crate::partner::Directory,
    examiner: &mut Examiner<'c>,
) -> Result<(), Problem> {
    let Some(name) = call.asked("partner") else { return Ok(()) };
    let Some(partner) = partners.partner(name) else {
        let known = partners.partners.iter().map(|partner| partner.id.as_str());
        return Err(Problem::new(Code::NotFound, asked::unknown("partner", name, known)));
    };
    examiner.belongs_to(Some(partner), None);
    Ok(())
}

fn unread(error: io::Error) -> Problem {
    tracing::error!(%error, "bytes in memory cannot be read");
    Problem::new(Code::Internal, "the body cannot be read")
}

/// Documents as JSON, in the order of the file.
#[derive(Default)]
struct Taken {
    documents: Vec<Value>,
}

impl Taken {
    fn add(
        &mut self,
        of: (&str, Option<&str>),
        disposition: impl std::fmt::Display,
        document: Option<&crate::canonical::Canonical<'_>>,
        findings: &[Finding],
    ) -> io::Result<()> {
        let document = document.map(serde_json::to_value).transpose()?;
        let findings: Vec<String> = findings.iter().map(Finding::message).collect();
        self.documents.push(json!({
            "type": of.0, "control_number": of.1, "disposition": disposition.to_string(), "document": document,
            "findings": findings,
        }));
        Ok(())
    }
}

impl Audience for Taken {
    fn set(&mut self, header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        let of = (header.kind.as_str(), Some(header.control_number.as_str()));
        self.add(of, examined.disposition, examined.document.as_ref(), &examined.findings)
    }

    fn xml(&mut self, _part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        let of = (document.kind.as_str(), None);
        self.add(of, document.disposition, document.document.as_ref(), &document.findings)
    }
}
