//! Levels that name their parents (HL, CPS): ids are unique, and a parent has come before its children.

use rustc_hash::FxHashSet;

use super::model::{Grammar, NodeId};
use super::report::Report;
use super::walk::loop_name;
use crate::finding::{Fault, Finding, Place, Severity};
use crate::wire::{Element, Segment, Tag};

/// The ids of one set's levels.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    /// Ids 1 to `counted` have come in order: the usual way, which needs no memory.
    counted: u64,
    /// Ids that came out of that order.
    others: FxHashSet<Box<[u8]>>,
    /// An id was wrong or missing: its children name one that nobody has.
    is_broken: bool,
    /// Parents that were told of: each is one fault, however many children it has.
    unknown: FxHashSet<Box<[u8]>>,
}

impl Hierarchy {
    pub fn begin(&mut self) {
        self.counted = 0;
        self.others.clear();
        self.is_broken = false;
        self.unknown.clear();
    }

    /// Looks at element 1, the id, and element 2, the parent's.
    pub fn check(&mut self, grammar: &Grammar, node: NodeId, segment: &Segment<'_>, report: &mut Report<'_>) {
        let (id, parent) = (segment.element(1), segment.element(2));
        let tell = |report: &mut Report<'_>, fault: Fault, position: u16, element: Element<'_>| {
            let mut place = Place::segment(segment.tag().to_string(), segment.position(), element.span());
            place.element = Some(position);
            place.loop_id = loop_name(grammar, grammar.loop_of(node));
            let severity = if fault == Fault::HierarchyParentMissing { Severity::Warning } else { Severity::Error };
            report.push(Finding { severity, ..Finding::error(fault, place) }.with_value(&element.text()));
        };
        // The dictionary lets HL02 be empty: it is told, and rejects nothing.
        let level = segment.element(3);
        if let Some(root) = grammar.root_level(node)
            && parent.is_empty()
            && !level.is_empty()
            && Tag::new(level.raw()) != root
        {
            tell(report, Fault::HierarchyParentMissing, 2, parent);
        }
        if !parent.is_empty()
            && !self.knows(parent.raw())
            && !self.is_broken
            && self.unknown.insert(parent.raw().into())
        {
            tell(report, Fault::HierarchyParentUnknown, 2, parent);
        }
        if id.is_empty() {
            self.is_broken = true;
            return;
        }
        if self.knows(id.raw()) {
            self.is_broken = true;
            tell(report, Fault::HierarchyIdDuplicate, 1, id);
        } else if counting(id.raw()) == Some(self.counted + 1) {
            self.counted += 1;
        } else {
            self.others.insert(id.raw().into());
        }
    }

    fn knows(&self, id: &[u8]) -> bool {
        counting(id).is_some_and(|number| number <= self.counted)
            || (!self.others.is_empty() && self.others.contains(id))
    }
}

/// An id as a number; `01` is the same level as `1`.
fn counting(id: &[u8]) -> Option<u64> {
    if id.is_empty() || id.len() > 18 {
        return None;
    }
    id.iter().try_fold(0, |sum, &byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::super::{Checked, Grammar, Strictness};
    use crate::wire::{Cuts, Delimiters, Syntax};

    fn check(levels: &str, expected: &str) {
        check_by("hierarchy", levels, expected);
    }

    fn check_by(hierarchy: &str, levels: &str, expected: &str) {
        let text = "set x12/004010/856\n  ST 1\n  HL 1..* loop HIERARCHY\n  SE 1\nsegment ST\nsegment SE\nsegment HL\n  \
                    1 628 O AN 1/12\n  2 734 O AN 1/12\n  3 735 O ID 1/2\n";
        let text = text.replace("HIERARCHY", hierarchy);
        let grammar = Grammar::parse("tiny.grammar", &text).expect("a grammar");
        let cuts = Cuts::new(levels.as_bytes(), Syntax::X12, Delimiters::X12);
        let mut checked = Checked::default();
        grammar.check(cuts.set(), Strictness::default(), &mut checked);
        let told: Vec<_> = checked.findings.iter().map(|f| format!("{:?} {}", f.fault, f.place)).collect();
        assert_eq!(told.join(", "), expected, "{levels}");
    }

    #[test]
    fn parents_come_before_their_children() {
        check("ST~HL*1**S~HL*2*1*O~HL*3*2*I~HL*4*1*O~SE~", "");
        check("ST~HL*1**S~HL*2*3*O~HL*3*1*I~SE~", "HierarchyParentUnknown HL-02 (segment 3)");
        check("ST~HL*1*1*S~SE~", "HierarchyParentUnknown HL-02 (segment 2)");
        // One wrong id is one fault, however many name it.
        check("ST~HL*1**S~HL*2X*1*O~HL*3*2*I~HL*4*2*I~SE~", "HierarchyParentUnknown HL-02 (segment 4)");
        check("ST~HL*1**S~HL*1*1*O~HL*3*2*I~HL*4*2*I~SE~", "HierarchyIdDuplicate HL-01 (segment 3)");
    }

    #[test]
    fn a_level_below_the_first_names_its_parent() {
        let missing = "HierarchyParentMissing HL-02 (segment 3)";
        check_by("hierarchy S", "ST~HL*1**S~HL*2**O~SE~", missing);
        check_by("hierarchy S", "ST~HL*1**S~HL*2*1*O~HL*3**S~SE~", "");
        check("ST~HL*1**S~HL*2**O~SE~", "");
    }

    #[test]
    fn ids_are_unique_in_whatever_order() {
        check("ST~HL*10**S~HL*A*10*O~HL*2*A*I~HL*3*2*I~SE~", "");
        check("ST~HL*1**S~HL*2*1*O~HL*2*1*O~SE~", "HierarchyIdDuplicate HL-01 (segment 4)");
        check("ST~HL*7**S~HL*7*7*O~SE~", "HierarchyIdDuplicate HL-01 (segment 3)");
        check("ST~HL*01**S~HL*02*1*O~SE~", "");
    }
}
