//! An XML document as the journey sees it: one interchange, one group, one set, and nobody to acknowledge it to.

use std::io::{self, Read};

use serde_json::{Value, json};

use super::held::broken;
use super::plan::{Outcomes, Planner, Write};
use super::validate::{Common, SetRead, rows, text};
use crate::finding::{Finding, Span};
use crate::journey::Step;
use crate::journey::examine::{Audience, Examiner, XmlExamined};
use crate::journey::translate::{Translated, translate};
use crate::partner::Direction as Side;
use crate::reply::Disposition;
use crate::store::{self, Answer, Direction, DocumentState, GroupState, Hold, Id, InterchangeState, Subject};
use crate::wire::SetHeader;

/// What an XML document may measure; larger ones are held.
const BYTES_MAX: u64 = 64 << 20;

/// Reads a whole XML document and plans what is stored of it.
///
/// # Errors
/// When the bytes cannot be read.
pub fn read<O: Outcomes>(planner: &mut Planner<'_, O>, source: &mut impl Read) -> Result<(), Step> {
    let mut bytes = Vec::new();
    source.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let transmission = planner.transmission;
    let too_large = bytes.len() as u64 > BYTES_MAX;
    if too_large {
        bytes.clear();
    }
    let partner = transmission.partner.clone().filter(|id| planner.in_force.partners.partner(id).is_some());
    let mut examined = Listener::default();
    let known = partner.as_deref().and_then(|id| planner.in_force.partners.partner(id));
    let mut examiner = Examiner::new(planner.in_force.catalogue);
    examiner.belongs_to(known, None);
    examiner.document(None, &bytes, &mut examined)?;
    let is_agreed = known.is_some_and(|partner| partner.agreement(Side::Inbound, &examined.kind).is_some());
    let span = Span::new(0, transmission.size);
    let set = SetRead {
        id: Id::new(),
        header: SetHeader {
            kind: examined.kind.clone(),
            release: examined.release.clone(),
            control_number: String::new(),
            convention: None,
            segments: examined.elements,
            findings: Vec::new(),
            span,
            test: false,
            repairs: Vec::new(),
        },
        disposition: examined.disposition.unwrap_or(Disposition::Unsupported),
        said: Vec::new(),
        is_acknowledgement: false,
        is_agreed,
        translated: examined.translated,
        coverage: examined.ledger,
        map: examined.map,
        findings: examined.findings,
    };
    let (mut state, mut reason) = set.state();
    if partner.is_none() {
        let words = "It lay in no partner's folder, so nobody knows whose it is.";
        (state, reason) = (DocumentState::Held, Some(("partner-unknown", words.to_owned())));
    }
    if too_large {
        let words = format!("It is larger than {} MiB, which is too much for one XML document.", BYTES_MAX >> 20);
        (state, reason) = (DocumentState::Held, Some(("too-large", words)));
    }
    // Nobody is told on the wire, so what is rejected waits for a person too.
    if state == DocumentState::Rejected {
        (state, reason) = (DocumentState::Held, Some(("document-rejected", broken(&set.findings))));
    }
    let interchange = Id::new();
    let group = Id::new();
    let (held, ready) = (state == DocumentState::Held, state == DocumentState::Ready);
    planner.writes.push(Write::Interchange(
        Box::new(store::Interchange {
            id: interchange,
            transmission: Some(transmission.id),
            position: 1,
            direction: Direction::In,
            partner: partner.clone(),
            syntax: examined.syntax,
            version: examined.release.clone(),
            sender: String::new(),
            receiver: String::new(),
            control_number: String::new(),
            test: false,
            duplicate_of: None,
            span: (0, transmission.size),
            state: InterchangeState::Open,
            header: json!({}),
            findings: json!([]),
        }),
        None,
    ));
    planner.writes.push(Write::Group(Box::new(store::Group {
        id: group,
        interchange,
        position: 1,
        direction: Direction::In,
        partner: partner.clone(),
        functional_id: String::new(),
        version: examined.release,
        sender: String::new(),
        receiver: String::new(),
        control_number: None,
        state: GroupState::Pending,
        sets_stated: None,
        sets_received: 1,
        sets_accepted: u64::from(set.disposition.is_accepted()),
        acknowledgement: Answer::None,
        header: json!({}),
        findings: json!([]),
    })));
    let common = Common {
        transmission: transmission.id,
        payload: transmission.payload.clone(),
        interchange,
        group: Some(group),
        partner: partner.clone(),
        test: false,
        revision: planner.in_force.revision.to_owned(),
        now: planner.now,
    };
    let claim = match (&partner, &set.translated) {
        (Some(partner), Some(translated)) if ready => translated.claim(partner, Direction::In, false, set.id),
        _ => None,
    };
    let claims = claim.map(|claim| (0, claim)).into_iter().collect();
    planner.writes.push(Write::Documents { rows: vec![rows(&set, 1, state, &common)], claims });
    if let Some((fault, words)) = reason {
        planner.writes.push(Write::Hold(Box::new(Hold {
            fault: fault.into(),
            reason: words,
            partner: partner.clone(),
            subject: (Subject::Document, set.id.to_string()),
            ..Hold::open(planner.now)
        })));
    }
    let state = match (ready, set.disposition) {
        (true, _) => GroupState::Accepted,
        (_, Disposition::Rejected) => GroupState::Rejected,
        _ => GroupState::Held,
    };
    let none = Value::Array(Vec::new());
    planner.writes.push(Write::CloseGroup {
        group,
        state,
        stated: Some(1),
        answer: Answer::None,
        findings: none.clone(),
    });
    let closed = if held { InterchangeState::Held } else { InterchangeState::Closed };
    planner.writes.push(Write::CloseInterchange {
        id: interchange,
        state: closed,
        end: transmission.size,
        findings: none,
    });
    if ready {
        planner.writes.push(Write::HandOn { group, partner: partner.unwrap_or_default() });
    }
    let counts = &mut planner.progress.counts;
    counts.interchanges += 1;
    counts.groups += 1;
    counts.sets += 1;
    counts.held += u64::from(held);
    counts.accepted += u64::from(ready);
    Ok(())
}

/// Keeps what the examiner says of the one document.
#[derive(Default)]
struct Listener {
    kind: String,
    release: String,
    syntax: String,
    elements: u32,
    disposition: Option<Disposition>,
    findings: Vec<Finding>,
    translated: Option<Translated>,
    ledger: Option<String>,
    map: Option<String>,
}

impl Audience for Listener {
    fn xml(&mut self, _: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        self.kind.clone_from(&document.kind);
        self.release.clone_from(&document.release);
        self.syntax.clone_from(&document.syntax);
        self.elements = document.elements;
        self.disposition = Some(document.disposition);
        self.findings.clone_from(&document.findings);
        self.translated = document.document.as_ref().map(|document| translate(document, false));
        self.ledger = Some(text(&document.coverage));
        self.map.clone_from(&document.map);
        Ok(())
    }
}
