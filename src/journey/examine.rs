//! What one set says and what is wrong with it: grammar, disposition, map. Pure; the daemon and the command line
//! read documents with this one function, so that what `inspect` shows is what the gateway does.

use std::io::{self, Read};
use std::sync::Arc;

use crate::canonical::Canonical;
use crate::finding::{Fault, Finding, Place, Severity};
use crate::grammar::{Address, Checked, Grammar, Library, NodeId, Strictness};
use crate::reply::Disposition;
use crate::wire::{Event, Group, Interchange, Limits, Reader, Repair, SetHeader, Syntax, TransactionSet};

#[derive(Debug, Default)]
pub struct Coverage {
    pub mapped: u64,
    pub ignored: u64,
    pub unmapped: Vec<Unmapped>,
}
#[derive(Debug)]
pub struct Unmapped {
    pub place: Place,
    pub value: String,
}

/// Reads sets one after the other, with its buffers reused.
pub struct Examiner<'c> {
    catalogue: &'c Library,
    checked: Checked,
    /// The rules of the set before: most files hold one kind.
    latest: Option<Latest>,
}

struct Latest {
    kind: String,
    release: String,
    grammar: Option<Arc<Grammar>>,
    exact: bool,
}

/// What one transaction set turned out to be.
pub struct Examined<'a> {
    pub disposition: Disposition,
    /// The envelope's, the grammar's and the map's, in the order of the document.
    pub findings: Vec<Finding>,
    /// What was understood, also where the set is rejected; `None` where no map reads it.
    pub document: Option<Canonical<'a>>,
    pub coverage: Coverage,
    grammar: Option<Arc<Grammar>>,
    nodes: Vec<NodeId>,
}

/// What one XML document turned out to be.
pub struct XmlExamined<'a> {
    pub syntax: String,
    pub kind: String,
    pub release: String,
    /// How many elements it has.
    pub elements: u32,
    pub disposition: Disposition,
    pub findings: Vec<Finding>,
    pub document: Option<Canonical<'a>>,
    pub coverage: Coverage,
}

/// Who is told what a file holds, while it is read.
pub trait Audience {
    fn interchange(&mut self, part: Option<&str>, interchange: &Interchange) -> io::Result<()>;
    fn acknowledgement(&mut self, ta1: TransactionSet<'_>) -> io::Result<()>;
    fn group(&mut self, group: &Group) -> io::Result<()>;
    fn set(&mut self, header: &SetHeader, set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()>;
    fn group_closed(&mut self, sets: u64, findings: &[Finding]) -> io::Result<()>;
    fn interchange_closed(&mut self, groups: u64, findings: &[Finding], repairs: &[Repair]) -> io::Result<()>;
    fn xml(&mut self, part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()>;
}

impl<'c> Examiner<'c> {
    pub fn new(catalogue: &'c Library) -> Self {
        Self { catalogue, checked: Checked::default(), latest: None }
    }

    /// Examines one set of an X12 or EDIFACT interchange.
    pub fn set<'a>(&mut self, header: &SetHeader, set: TransactionSet<'a>) -> Examined<'a> {
        let mut findings = header.findings.clone();
        let (grammar, exact) = self.rules(set.syntax(), &header.kind, &header.release);
        let Some(grammar) = grammar else {
            let place = Place::segment(
                if set.syntax() == Syntax::X12 { "ST" } else { "UNH" },
                1,
                set.segments().next().map_or_else(|| set.span(), |segment| segment.span()),
            );
            findings.push(Finding::error(Fault::SetUnsupported, place).with_value(&header.kind));
            return Examined {
                disposition: Disposition::Unsupported,
                findings,
                document: None,
                coverage: Coverage::default(),
                grammar: None,
                nodes: Vec::new(),
            };
        };
        grammar.check(set, Strictness::default(), &mut self.checked);
        if !exact {
            let place = Place::segment("ST", 1, set.span());
            findings.push(Finding::warning(Fault::ReleaseApproximated, place).with_value(&header.release));
            for found in &mut self.checked.findings {
                if differs_between_releases(found.fault) {
                    found.severity = Severity::Warning;
                }
            }
        }
        findings.append(&mut self.checked.findings);
        Examined {
            disposition: Disposition::of(&findings, |_| false),
            findings,
            document: None,
            coverage: Coverage::default(),
            grammar: Some(grammar),
            nodes: self.checked.nodes.clone(),
        }
    }

    /// Drives a whole file of interchanges.
    ///
    /// # Errors
    /// What the input or the audience answers; a document never is one.
    pub fn segments(&mut self, part: Option<&str>, input: impl Read, audience: &mut dyn Audience) -> io::Result<()> {
        let mut reader = Reader::new(input, Limits::default());
        while let Some(event) = reader.next_event()? {
            match event {
                Event::InterchangeOpened(interchange) => audience.interchange(part, interchange)?,
                Event::InterchangeAcknowledgement(ta1) => audience.acknowledgement(ta1)?,
                Event::GroupOpened(group) => audience.group(group)?,
                Event::Set(header, set) => {
                    let examined = self.set(header, set);
                    audience.set(header, set, &examined)?;
                }
                Event::GroupClosed { sets, findings } => audience.group_closed(sets, &findings)?,
                Event::InterchangeClosed { groups, findings, repairs, .. } => {
                    audience.interchange_closed(groups, &findings, &repairs)?;
                }
            }
        }
        Ok(())
    }

    fn rules(&mut self, syntax: Syntax, kind: &str, release: &str) -> (Option<Arc<Grammar>>, bool) {
        if let Some(latest) = &self.latest
            && latest.kind == kind
            && latest.release == release
        {
            return (latest.grammar.clone(), latest.exact);
        }
        let wanted = Address::of_wire(syntax, kind, release);
        let nearest = self.catalogue.nearest(&wanted);
        let exact = nearest == Some(&wanted);
        let grammar = nearest.and_then(|address| self.catalogue.grammar(address));
        self.latest = Some(Latest { kind: kind.into(), release: release.into(), grammar: grammar.clone(), exact });
        (grammar, exact)
    }
}

/// Whether the rule behind a fault is of the kind that releases change: nobody is rejected for breaking such a rule
/// of a release that is not the one he wrote in.
fn differs_between_releases(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::SegmentUnknown
            | Fault::SegmentNotUsed
            | Fault::SegmentTooOften
            | Fault::LoopTooOften
            | Fault::ElementConditionalMissing
            | Fault::ElementExcluded
            | Fault::ElementNotUsed
            | Fault::ElementsTooMany
            | Fault::ComponentsTooMany
            | Fault::RepetitionsTooMany
            | Fault::ValueTooShort
            | Fault::ValueTooLong
            | Fault::CodeInvalid
    )
}

impl Examined<'_> {
    /// How deep a segment stands in loops, and what the grammar calls it: for showing the document.
    pub fn outline(&self, index: usize) -> (usize, &str) {
        let (Some(grammar), Some(&node)) = (&self.grammar, self.nodes.get(index)) else { return (0, "") };
        if node == NodeId::UNPLACED {
            return (0, "");
        }
        let mut depth = 0;
        let mut within = grammar.loop_of(node);
        while let Some(parent) = grammar.parent_loop(within) {
            depth += 1;
            within = parent;
        }
        (depth, grammar.segment_label(grammar.tag(node)))
    }
}
