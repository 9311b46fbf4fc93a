//! What falls with the envelope around it: sets whose group or interchange is rejected count for nothing, whatever they say.
//!
//! A trailer stands behind the sets that it decides about. Whoever answers for a whole file reads the envelopes first.

use std::collections::VecDeque;
use std::io::{self, Read};

use serde::Serialize;

use crate::finding::Finding;
use crate::journey::recognise::{judge_group, judge_header, judge_trailer, waits_for_trailer};
use crate::partner::Terms;
use crate::reply::Disposition;
use crate::wire::{Event, Group, Interchange, Limits, Reader};

/// The envelope that a set is rejected with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Envelope {
    Group,
    Interchange,
}

impl Envelope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Interchange => "interchange",
        }
    }
}

/// For each group of a file, in its order, whether its sets fall with an envelope.
pub type Foresight = VecDeque<Option<Envelope>>;

/// Judges envelopes while they go by, as the daemon does.
pub struct Envelopes {
    terms: Terms,
    interchange: Option<Interchange>,
    header: Disposition,
    group: Vec<Finding>,
    /// The open group, or one that is judged with the interchange around it.
    waits: bool,
}

impl Envelopes {
    /// By what was agreed; the default terms are those of nobody.
    pub fn by(terms: Terms) -> Self {
        Self { terms, interchange: None, header: Disposition::Accepted, group: Vec::new(), waits: false }
    }

    pub fn interchange(&mut self, interchange: &Interchange) {
        self.header = judge_header(&interchange.findings, &self.terms);
        self.interchange = Some(interchange.clone());
        self.waits = false;
    }

    pub fn group(&mut self, group: &Group) {
        self.waits = self.interchange.as_ref().is_some_and(|interchange| waits_for_trailer(interchange, group));
        self.group.clone_from(&group.findings);
    }

    /// What the sets of the group fall with; the outer nothing where that is for the interchange's trailer to say.
    pub fn group_closed(&mut self, trailer: &[Finding]) -> Option<Option<Envelope>> {
        self.group.extend_from_slice(trailer);
        (!self.waits).then(|| self.fallen(self.header))
    }

    /// What the sets of a group fall with that waited for this trailer.
    pub fn interchange_closed(&mut self, trailer: &[Finding]) -> Option<Envelope> {
        let mut findings = self.interchange.take().map(|interchange| interchange.findings).unwrap_or_default();
        findings.extend_from_slice(trailer);
        let waited = std::mem::take(&mut self.waits);
        self.fallen(judge_trailer(self.header, &findings, &self.terms, waited)).filter(|_| waited)
    }

    fn fallen(&self, interchange: Disposition) -> Option<Envelope> {
        match interchange.is_accepted() {
            false => Some(Envelope::Interchange),
            true => (!judge_group(&self.group, &self.terms).is_accepted()).then_some(Envelope::Group),
        }
    }
}

/// Reads the envelopes of a file of interchanges, and nothing of what is in them.
///
/// # Errors
/// What the input answers.
pub fn foresee(input: impl Read, terms: Terms) -> io::Result<Foresight> {
    let mut reader = Reader::new(input, Limits::default());
    let (mut envelopes, mut foresight) = (Envelopes::by(terms), Foresight::new());
    while let Some(event) = reader.next_event()? {
        match event {
            Event::InterchangeOpened(interchange) => envelopes.interchange(interchange),
            Event::GroupOpened(group) => {
                envelopes.group(group);
                foresight.push_back(None);
            }
            Event::GroupClosed { findings, .. } => {
                if let (Some(verdict), Some(last)) = (envelopes.group_closed(&findings), foresight.back_mut()) {
                    *last = verdict;
                }
            }
            Event::InterchangeClosed { findings, .. } => {
                let waited = envelopes.waits;
                let verdict = envelopes.interchange_closed(&findings);
                if let (true, Some(last)) = (waited, foresight.back_mut()) {
                    *last = verdict;
                }
            }
            Event::InterchangeAcknowledgement(_) | Event::Set(..) => {}
        }
    }
    Ok(foresight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Fault;

    #[test]
    fn sets_fall_with_a_wrong_trailer() {
        let isa = "ISA*00*          *00*          *ZZ*ACME           *ZZ*US             *260102*1200*U*00401*000000001*0*P*>~";
        let group = |number: u8, count: u8| {
            format!(
                "GS*PO*A*B*20260102*1200*{number}*X*004010~ST*850*0001~BEG*00*SA*1**20260102~SE*3*0001~GE*{count}*{number}~"
            )
        };
        let x12 = format!("{isa}{}{}IEA*3*000000001~", group(1, 1), group(2, 2));
        // What IEA says comes after the 997s.
        check(&x12, &[None, Some(Envelope::Group)]);
        let edifact =
            |count: u8| format!("UNB+UNOA:2+A+B+260102:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1'UNT+3+1'UNZ+{count}+1'");
        check(&edifact(1), &[None]);
        check(&(edifact(2) + &edifact(1)), &[Some(Envelope::Interchange), None]);
    }

    #[test]
    fn what_was_agreed_to_be_tolerated_stands() {
        let file = "UNB+UNOA:2+A+B+260102:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1'UNT+3+1'UNZ+2+1'";
        let mut terms = Terms::default();
        terms.leniency.tolerate.push(Fault::CountMismatch);
        assert_eq!(foresee(file.as_bytes(), terms).expect("memory can be read"), [None]);
    }

    #[track_caller]
    fn check(file: &str, expected: &[Option<Envelope>]) {
        assert_eq!(foresee(file.as_bytes(), Terms::default()).expect("memory can be read"), expected);
    }
}
