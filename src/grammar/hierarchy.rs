//! Levels that name their parents (HL, CPS): ids are unique, and a parent has come before its children.

use std::collections::BTreeMap;

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
    /// Levels that say in HL04 that nothing hangs on them, a bit each by id.
    childless: Vec<u64>,
    /// Levels that say in HL04 that something hangs on them, by id, until it came.
    promised: BTreeMap<u64, Place>,
}

/// How many promises are kept in mind at a time, and how high an id may be.
const PROMISES_MAX: usize = 4_096;
const IDS_MAX: u64 = 1 << 24;

impl Hierarchy {
    pub fn begin(&mut self) {
        self.counted = 0;
        self.others.clear();
        self.is_broken = false;
        self.unknown.clear();
        self.childless.clear();
        self.promised.clear();
    }

    /// What was promised and never came.
    pub fn end(&mut self, report: &mut Report<'_>) {
        for place in std::mem::take(&mut self.promised).into_values() {
            let finding = Finding::warning(Fault::ValuesDisagree, place).with_value("1");
            report.push(finding.expecting("0: no level names this one as its parent"));
        }
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
        if segment.tag() == Tag::new(b"HL") {
            self.children(grammar, node, segment, report);
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

    /// HL04 says whether others hang on a level: it is held against those that do.
    fn children(&mut self, grammar: &Grammar, node: NodeId, segment: &Segment<'_>, report: &mut Report<'_>) {
        let place = |position: u16| {
            let mut place = Place::segment("HL", segment.position(), segment.element(usize::from(position)).span());
            place.element = Some(position);
            place.loop_id = loop_name(grammar, grammar.loop_of(node));
            place
        };
        if let Some(parent) = counting(segment.element(2).raw()) {
            self.promised.remove(&parent);
            let (at, bit) = ((parent / 64) as usize, 1 << (parent % 64));
            if let Some(bits) = self.childless.get_mut(at).filter(|bits| **bits & bit != 0) {
                // Told once of each parent.
                *bits &= !bit;
                let finding = Finding::warning(Fault::ValuesDisagree, place(2)).with_value(&segment.element(2).text());
                report.push(finding.expecting("a level whose HL04 is 1"));
            }
        }
        let Some(id) = counting(segment.element(1).raw()).filter(|&id| id < IDS_MAX) else { return };
        match segment.element(4).raw() {
            b"0" => {
                let at = (id / 64) as usize;
                if self.childless.len() <= at {
                    self.childless.resize(at + 1, 0);
                }
                self.childless[at] |= 1 << (id % 64);
            }
            b"1" if self.promised.len() < PROMISES_MAX => {
                self.promised.insert(id, place(4));
            }
            _ => {}
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
                    1 628 O AN 1/12\n  2 734 O AN 1/12\n  3 735 O ID 1/2\n  4 736 O ID 1/1\n";
        let text = text.replace("HIERARCHY", hierarchy);
        let grammar = Grammar::parse("tiny.grammar", &text).expect("a grammar");
        let cuts = Cuts::new(levels.as_bytes(), Syntax::X12, Delimiters::X12);
        let mut checked = Checked::default();
        grammar.check(cuts.set(), Strictness::default(), &mut checked);
        let told: Vec<_> = checked.findings.iter().map(|f| format!("{:?} {}", f.fault, f.place)).collect();
        assert_eq!(told.join(", "), expected, "{levels}");
    }

    #[test]
    fn what_a_level_says_of_its_children_is_held_against_them() {
        check("ST~HL*1**S*1~HL*2*1*O*1~HL*3*2*I*0~SE~", "");
        check(
            "ST~HL*1**S*0~HL*2*1*O*1~HL*3*2*I*1~SE~",
            "ValuesDisagree HL-02 (segment 3), ValuesDisagree HL-04 (segment 4)",
        );
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
