//! The check of one set: the walk gives every segment its place, and every element is held against its rule.

use jiff::civil::Date;

use super::elements::{Circumstances, ElementCheck};
use super::hierarchy::Hierarchy;
use super::walk::Walk;
use super::{Grammar, NodeId};
use crate::finding::{Fault, Finding, Place, Severity, Span};
use crate::wire::TransactionSet;

/// How strict a check is. The defaults are those of the command line: strict about structure, lenient about codes.
#[derive(Clone, Copy, Debug)]
pub struct Strictness {
    /// Codes outside a complete list are errors instead of warnings.
    pub codes: bool,
    /// The grammar is of another release than the document: what a release may have changed is only warned of.
    pub approximated: bool,
    /// The day of the check, for what is tolerated until a day; without one it is tolerated still.
    pub today: Option<Date>,
    /// So many errors and so many warnings are told; then one more finding says that there were others.
    pub findings_max: usize,
}

impl Default for Strictness {
    fn default() -> Self {
        Self { codes: false, approximated: false, today: None, findings_max: 1_000 }
    }
}

/// What a check found. Reused from set to set: `check` clears it first.
#[derive(Debug, Default)]
pub struct Checked {
    /// For each segment of the set, in order, its node (or [`NodeId::UNPLACED`]).
    pub nodes: Vec<NodeId>,
    pub findings: Vec<Finding>,
    walk: Walk,
    hierarchy: Hierarchy,
}

impl Grammar {
    /// Walks a set. Never fails; `out` says what was understood. Envelope faults are the reader's, not repeated here.
    pub fn check(&self, set: TransactionSet<'_>, strictness: Strictness, out: &mut Checked) {
        out.nodes.clear();
        out.findings.clear();
        out.nodes.reserve(set.len());
        let mut report = Report { set, grammar: self, findings: &mut out.findings, strictness, errors: 0, warnings: 0 };
        let circumstances = Circumstances::of(set, strictness.approximated);
        out.walk.begin(self);
        out.hierarchy.begin();
        for segment in set.segments() {
            let node = out.walk.place(self, &segment, &mut report);
            out.nodes.push(node);
            if node == NodeId::UNPLACED {
                continue;
            }
            let mut rule = self.nodes[node.index()].rule;
            if self.nodes[node.index()].conditional {
                rule = out.walk.conditional(self, node, &segment, &mut report).unwrap_or(rule);
            }
            ElementCheck::run(self, node, rule, &segment, &circumstances, &mut report);
            if self.nodes[node.index()].hierarchy {
                out.hierarchy.check(self, node, &segment, &mut report);
            }
        }
        let end = Span::at(set.span().end);
        out.walk.finish(self, set.len() as u32 + 1, end, &mut report);
        report.close(end);
    }
}

/// Takes findings up to the limit.
pub(super) struct Report<'a> {
    pub set: TransactionSet<'a>,
    grammar: &'a Grammar,
    findings: &'a mut Vec<Finding>,
    pub strictness: Strictness,
    errors: usize,
    warnings: usize,
}

impl Report<'_> {
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    pub fn error(&mut self, fault: Fault, place: Place) {
        self.push(Finding::error(fault, place));
    }

    pub fn expecting(&mut self, fault: Fault, place: Place, expected: impl FnOnce() -> String) {
        self.push(Finding::error(fault, place).expecting(expected()));
    }

    /// Whether the same fault has just been told at the same place: two conditions may miss the same element.
    pub fn has(&self, finding: &Finding) -> bool {
        let same = |told: &&Finding| told.place.segment == finding.place.segment;
        self.findings
            .iter()
            .rev()
            .take_while(same)
            .any(|told| told.fault == finding.fault && told.place == finding.place)
    }

    pub fn push(&mut self, mut finding: Finding) {
        if self.strictness.approximated && may_have_changed(finding.fault) {
            finding.severity = Severity::Warning;
        }
        if !self.grammar.tolerances().is_empty() {
            self.grammar.tolerate(&mut finding, self.strictness.today);
        }
        let count = if finding.is_error() { &mut self.errors } else { &mut self.warnings };
        *count += 1;
        if *count <= self.strictness.findings_max {
            self.findings.push(finding);
        }
    }

    /// Says something else about what was told at an index.
    pub fn replace(&mut self, at: usize, fault: Fault, place: Place) {
        if let Some(finding) = self.findings.get_mut(at) {
            *finding = Finding::error(fault, place);
        }
    }

    fn close(self, end: Span) {
        let max = self.strictness.findings_max;
        if self.errors > max || self.warnings > max {
            let place = Place { bytes: end, ..Place::default() };
            let fault = Fault::FindingsTooMany;
            let finding = if self.errors > max { Finding::error(fault, place) } else { Finding::warning(fault, place) };
            self.findings.push(finding.expecting(format!("at most {max}")));
        }
        // What turned out to be late was told at the place of what was missing.
        self.findings.sort_by_key(|finding| (finding.place.segment == 0, finding.place.segment));
    }
}

/// What differs between releases of one set, so that a grammar of another release can be wrong about it.
fn may_have_changed(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::SegmentUnknown
            | Fault::SegmentUnexpected
            | Fault::SegmentOutOfOrder
            | Fault::SegmentNotUsed
            | Fault::SegmentTooOften
            | Fault::LoopTooOften
            | Fault::ElementConditionalMissing
            | Fault::ElementExcluded
            | Fault::ElementsTooMany
            | Fault::ComponentsTooMany
            | Fault::RepetitionsTooMany
            | Fault::ValueTooShort
            | Fault::ValueTooLong
            | Fault::CodeInvalid
    )
}
