//! The check of one set: the walk gives every segment its place, and every element is held against its rule.

use super::elements::{Circumstances, ElementCheck};
use super::hierarchy::Hierarchy;
use super::report::{Report, Strictness};
use super::walk::Walk;
use super::{Grammar, NodeId};
use crate::finding::{Finding, Span};
use crate::wire::TransactionSet;

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
        let mut report = Report::new(set, self, strictness, &mut out.findings);
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
        out.hierarchy.end(&mut report);
        out.walk.finish(self, set.len() as u32 + 1, end, &mut report);
        report.close(end);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::{Address, Library};
    use super::*;
    use crate::finding::Fault;
    use crate::wire::{Cuts, Delimiters, Syntax};

    fn grammar(address: &str) -> Arc<Grammar> {
        let address: Address = address.parse().expect("an address");
        Library::for_tests().grammar(&address).expect("a grammar")
    }

    /// Segments of a grammar, in any order and with any elements.
    fn segments(address: &'static str, delimiters: Delimiters) -> impl Strategy<Value = Vec<u8>> {
        let grammar = grammar(address);
        let mut tags: Vec<String> = grammar.all_nodes().map(|node| grammar.tag(node).to_string()).collect();
        tags.extend(["XX", "TOOLONG", "", "N1"].map(str::to_owned));
        let value = prop_oneof![
            3 => Just(Vec::new()),
            3 => "[A-Z0-9]{1,3}".prop_map(String::into_bytes),
            2 => "-?[0-9]{1,9}([.,][0-9]{1,2})?".prop_map(String::into_bytes),
            1 => "(19|20)[0-9]{6}".prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 0..12),
        ];
        let component = delimiters.component;
        let element = prop::collection::vec(value, 1..4).prop_map(move |parts| parts.join(&component));
        let segment = (prop::sample::select(tags), prop::collection::vec(element, 0..12));
        prop::collection::vec(segment, 0..40).prop_map(move |segments| {
            let mut text = Vec::new();
            for (tag, elements) in segments {
                text.extend(tag.bytes());
                for element in elements {
                    text.push(delimiters.element);
                    text.extend(element);
                }
                text.push(delimiters.segment);
            }
            text
        })
    }

    fn holds(address: &str, text: &[u8], syntax: Syntax, delimiters: Delimiters) -> Result<(), TestCaseError> {
        let grammar = grammar(address);
        let cuts = Cuts::new(text, syntax, delimiters);
        let mut checked = Checked::default();
        for _ in 0..2 {
            grammar.check(cuts.set(), Strictness::default(), &mut checked);
            prop_assert_eq!(checked.nodes.len(), cuts.set().len());
            for finding in &checked.findings {
                let place = &finding.place;
                prop_assert!(
                    place.bytes.start <= place.bytes.end && place.bytes.end <= text.len() as u64,
                    "{:?}",
                    finding
                );
                prop_assert!(place.segment as usize <= cuts.set().len() + 1, "{:?}", finding);
            }
            for (node, segment) in checked.nodes.iter().zip(cuts.set().segments()) {
                prop_assert!(*node == NodeId::UNPLACED || grammar.tag(*node) == segment.tag());
            }
        }
        // The memory of one set is nothing to the next.
        let first = checked.findings.clone();
        grammar.check(cuts.set(), Strictness::default(), &mut checked);
        prop_assert_eq!(first, checked.findings);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn orders_of_any_kind_are_checked(text in segments("x12/004010/850", Delimiters::X12)) {
            holds("x12/004010/850", &text, Syntax::X12, Delimiters::X12)?;
        }

        #[test]
        fn ship_notices_of_any_kind_are_checked(text in segments("x12/005010/856", Delimiters::X12)) {
            let delimiters = Delimiters { repetition: Some(b'^'), ..Delimiters::X12 };
            holds("x12/005010/856", &text, Syntax::X12, delimiters)?;
        }

        #[test]
        fn messages_of_any_kind_are_checked(text in segments("edifact/D.96A/INVOIC", Delimiters::EDIFACT)) {
            holds("edifact/D.96A/INVOIC", &text, Syntax::Edifact, Delimiters::EDIFACT)?;
        }
    }

    #[test]
    fn findings_are_told_up_to_a_limit() {
        let grammar = grammar("x12/004010/850");
        let mut text = String::from("ST*850*0001~BEG*00*SA*1**20240101~");
        for line in 0..50 {
            text.push_str(&format!("PO1*{line}*x*EA~"));
        }
        text.push_str("CTT*50~SE*54*0001~");
        let cuts = Cuts::new(text.as_bytes(), Syntax::X12, Delimiters::X12);
        let mut checked = Checked::default();
        let strictness = Strictness { findings_max: 10, ..Strictness::default() };
        grammar.check(cuts.set(), strictness, &mut checked);
        assert_eq!(checked.findings.len(), 11);
        assert_eq!(checked.findings.last().map(|finding| finding.fault), Some(Fault::FindingsTooMany));
        assert!(checked.findings.iter().all(Finding::is_error));
    }

    #[test]
    fn a_set_of_nothing_but_mistakes_takes_no_time() {
        let grammar = grammar("x12/004010/850");
        let mut text = String::from("ST*850*0001~");
        for _ in 0..3_000 {
            text.push_str("SE*1*1~BEG**~N3~XYZ~SLN~MSG*~LDT~N1~CTT~");
        }
        let cuts = Cuts::new(text.as_bytes(), Syntax::X12, Delimiters::X12);
        let mut checked = Checked::default();
        let began = std::time::Instant::now();
        grammar.check(cuts.set(), Strictness::default(), &mut checked);
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
        assert!(checked.findings.len() <= 2_001);
    }
}
