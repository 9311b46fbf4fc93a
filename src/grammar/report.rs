//! What a check tells as it goes: findings, as many and as grave as its strictness lets them be.

use jiff::civil::Date;

use super::Grammar;
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

/// Takes findings up to the limit.
pub struct Report<'a> {
    pub set: TransactionSet<'a>,
    grammar: &'a Grammar,
    findings: &'a mut Vec<Finding>,
    pub strictness: Strictness,
    errors: usize,
    warnings: usize,
}

impl<'a> Report<'a> {
    pub fn new(
        set: TransactionSet<'a>,
        grammar: &'a Grammar,
        strictness: Strictness,
        findings: &'a mut Vec<Finding>,
    ) -> Self {
        Self { set, grammar, findings, strictness, errors: 0, warnings: 0 }
    }

    pub fn error(&mut self, fault: Fault, place: Place) {
        self.push(Finding::error(fault, place));
    }

    /// Tells an error that may have to be taken back: its index, where there was still room for it.
    pub fn error_at(&mut self, fault: Fault, place: Place) -> Option<usize> {
        let before = self.findings.len();
        self.error(fault, place);
        (self.findings.len() > before).then_some(before)
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

    /// Says how much was left out, and puts what was told in the order of the segments.
    pub fn close(self, end: Span) {
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
