//! The walk: which place of the grammar each segment has, and what is missing, misplaced or there too often.
//!
//! On the good path a segment costs one table look-up and one counter. Everything else happens only where a partner did
//! something wrong. It knows segments by their tags; elements are looked at elsewhere.

use super::model::{Grammar, LoopId, Node, NodeId};
use super::report::Report;
use super::target::{Condition, Qualified};
use crate::finding::{Fault, Place, Span};
use crate::wire::{Segment, Tag};

/// Where the walk stands. Kept from set to set, so that nothing is allocated twice.
#[derive(Debug, Default)]
pub(super) struct Walk {
    state: NodeId,
    /// One instance per open loop, the set itself first; indexed by depth.
    frames: Vec<Frame>,
    /// For each node: of which loop instance it was counted, and how often.
    counts: Vec<(u32, u32)>,
    /// The same for what an overlay says under conditions.
    conditional_counts: Vec<(u32, u32)>,
    /// Numbers loop instances; never repeats while `counts` lives.
    generation: u32,
    /// What was reported as missing in which instance, and where in the findings: it may come late after all.
    missing: Vec<(u32, NodeId, usize)>,
    /// Set while a loop that came out of order is read: what to go back to behind it.
    detour: Option<Detour>,
    /// The place that was last reported as out of order: its neighbours belong to the same slip.
    strayed: Option<NodeId>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    generation: u32,
    /// Index of the segment that opened it.
    opened_by: u32,
}

#[derive(Debug)]
struct Detour {
    state: NodeId,
    frames: Vec<Frame>,
    /// Depth of the loop that holds the loop out of order.
    depth: usize,
}

impl Walk {
    /// Before the first segment.
    pub fn begin(&mut self, grammar: &Grammar) {
        if self.generation > u32::MAX / 2 {
            self.counts.clear();
            self.conditional_counts.clear();
            self.generation = 0;
        }
        if self.counts.len() < grammar.nodes.len() {
            self.counts.resize(grammar.nodes.len(), (0, 0));
        }
        if self.conditional_counts.len() < grammar.conditionals.rows.len() {
            self.conditional_counts.resize(grammar.conditionals.rows.len(), (0, 0));
        }
        self.frames.clear();
        self.missing.clear();
        (self.detour, self.strayed) = (None, None);
        self.state = grammar.beginning();
        self.open(0);
    }

    /// Gives a segment its place, or says why it has none.
    #[inline]
    pub fn place(&mut self, grammar: &Grammar, segment: &Segment<'_>, report: &mut Report<'_>) -> NodeId {
        let Some(target) = grammar.next(self.state, segment.tag()) else {
            return self.stray(grammar, segment, report);
        };
        let node = &grammar.nodes[target.index()];
        if self.detour.is_some() && self.leaves_detour(node) {
            self.resume(grammar, segment, report);
            return self.place(grammar, segment, report);
        }
        if self.count(target, node) >= node.max {
            return self.full(grammar, target, segment, report);
        }
        self.enter(grammar, target, segment, report);
        target
    }

    /// Behind the last segment: what should still have come.
    pub fn finish(&mut self, grammar: &Grammar, position: u32, at: Span, report: &mut Report<'_>) {
        if let Some(detour) = self.detour.take() {
            self.leave(grammar, detour.depth, u16::MAX, position, at, report);
            (self.state, self.frames) = (detour.state, detour.frames);
        }
        self.leave(grammar, 0, u16::MAX, position, at, report);
    }

    /// Counts a segment under the conditions that an overlay makes, and says which segment rule holds for it.
    #[cold]
    pub fn conditional(
        &mut self,
        grammar: &Grammar,
        node: NodeId,
        segment: &Segment<'_>,
        report: &mut Report<'_>,
    ) -> Option<u16> {
        let generation = self.frames[usize::from(grammar.nodes[node.index()].depth)].generation;
        let mut rule: Option<(usize, u16)> = None;
        for (index, row) in grammar.conditionals.of(node) {
            let holds = row.conditions.iter().all(|condition| match condition.on {
                Qualified::Itself => condition.holds(segment),
                Qualified::Trigger(within) => self.opened_under(grammar, within, condition, report),
            });
            if !holds {
                continue;
            }
            let count = &mut self.conditional_counts[index];
            if count.0 != generation {
                *count = (generation, 0);
            }
            count.1 += 1;
            if row.max.checked_add(1) == Some(count.1) {
                let opens = grammar.nodes[node.index()].opens;
                let place = place(grammar, node, segment.position(), segment.span());
                let (max, name) = (row.max, &row.name);
                report.expecting(too_often(max, opens), place, || format!("{name} at most {max}"));
            }
            // The more conditions, the closer the rule.
            let closer = |&(known, _): &(usize, u16)| row.conditions.len() >= known;
            if let Some(own) = row.rule.filter(|_| rule.as_ref().is_none_or(closer)) {
                rule = Some((row.conditions.len(), own));
            }
        }
        rule.map(|(_, rule)| rule)
    }

    /// Whether the segment that opened the innermost open instance of a loop meets a condition.
    fn opened_under(&self, grammar: &Grammar, within: LoopId, condition: &Condition, report: &Report<'_>) -> bool {
        let Some(trigger) = grammar.trigger(within) else { return false };
        let trigger = &grammar.nodes[trigger.index()];
        let Some(frame) = self.frames.get(usize::from(trigger.depth) + 1) else { return false };
        let opened_by = frame.opened_by as usize;
        if opened_by >= report.set.len() {
            return false;
        }
        let segment = report.set.segment(opened_by);
        // A loop that lacks its first segment was opened by another one.
        segment.tag() == trigger.tag && condition.holds(&segment)
    }

    /// The loop in which the walk stands.
    pub fn within(&self, grammar: &Grammar) -> LoopId {
        grammar.nodes.get(self.state.index()).map_or(LoopId::ROOT, |node| node.within)
    }

    #[inline]
    fn count(&mut self, target: NodeId, node: &Node) -> u32 {
        let generation = self.frames[usize::from(node.depth)].generation;
        let count = &mut self.counts[target.index()];
        if count.0 != generation {
            *count = (generation, 0);
        }
        count.1
    }

    /// Moves to a place whose use has been allowed.
    #[inline]
    fn enter(&mut self, grammar: &Grammar, target: NodeId, segment: &Segment<'_>, report: &mut Report<'_>) {
        let node = &grammar.nodes[target.index()];
        let depth = usize::from(node.depth);
        if !self.is_free(grammar, node) {
            let at = Span::at(segment.span().start);
            self.leave(grammar, depth, node.position, segment.position(), at, report);
        }
        self.frames.truncate(depth + 1);
        self.count(target, node);
        self.counts[target.index()].1 += 1;
        if node.opens {
            self.open(segment.position() - 1);
        }
        self.state = target;
        if self.detour.is_none() {
            self.strayed = None;
        }
    }

    /// Whether nothing mandatory can have been passed over: true on nearly every step.
    #[inline]
    fn is_free(&self, grammar: &Grammar, target: &Node) -> bool {
        let Some(state) = grammar.nodes.get(self.state.index()) else { return false };
        if state.opens {
            state.within == target.home && state.required_inside >= target.position
        } else {
            state.home == target.home && state.required_after >= target.position
        }
    }

    fn open(&mut self, opened_by: u32) {
        self.generation += 1;
        self.frames.push(Frame { generation: self.generation, opened_by });
    }

    /// Tells what is missing when the loops deeper than `depth` end and the loop there goes on at `position`.
    fn leave(
        &mut self,
        grammar: &Grammar,
        depth: usize,
        position: u16,
        segment: u32,
        at: Span,
        report: &mut Report<'_>,
    ) {
        let (mut within, mut required) = match grammar.nodes.get(self.state.index()) {
            Some(node) if node.opens => (node.within, node.required_inside),
            Some(node) => (node.home, node.required_after),
            None => (LoopId::ROOT, 0),
        };
        let mut level = self.frames.len().saturating_sub(1);
        loop {
            let until = if level <= depth { position } else { u16::MAX };
            if required < until {
                self.tell_missing(grammar, within, (required, until), level, segment, at, report);
            }
            if level <= depth {
                break;
            }
            let Some(trigger) = grammar.trigger(within) else { break };
            let trigger = &grammar.nodes[trigger.index()];
            (within, required) = (trigger.home, trigger.required_after);
            level -= 1;
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn tell_missing(
        &mut self,
        grammar: &Grammar,
        within: LoopId,
        (from, until): (u16, u16),
        level: usize,
        segment: u32,
        at: Span,
        report: &mut Report<'_>,
    ) {
        for &child in grammar.children(within) {
            let node = &grammar.nodes[child.index()];
            if node.position < from || node.position >= until || node.envelope {
                continue;
            }
            let generation = self.frames[level].generation;
            let uses = |(counted, count): (u32, u32)| if counted == generation { count } else { 0 };
            let fault = if node.opens { Fault::LoopMissing } else { Fault::SegmentMissing };
            if uses(self.counts[child.index()]) < node.min {
                // Only what was told can be taken back; the limit on findings bounds this list too.
                let told = report.error_at(fault, place(grammar, child, segment, at));
                self.missing.extend(told.map(|index| (generation, child, index)));
                continue;
            }
            for (index, row) in grammar.conditionals.of(child).filter(|(_, row)| row.min > 0) {
                let holds = row.conditions.iter().all(|condition| match condition.on {
                    Qualified::Itself => true,
                    Qualified::Trigger(within) => self.opened_under(grammar, within, condition, report),
                });
                if holds && uses(self.conditional_counts[index]) < row.min {
                    report.expecting(fault, place(grammar, child, segment, at), || row.name.to_string());
                }
            }
        }
    }

    /// The first place is used up: the same tag may have another one further on.
    #[cold]
    fn full(&mut self, grammar: &Grammar, first: NodeId, segment: &Segment<'_>, report: &mut Report<'_>) -> NodeId {
        let mut chain = Chain::new(grammar, self.state);
        while let Some((within, from)) = chain.next(grammar) {
            for &child in grammar.children(within).iter().skip(usize::from(from)) {
                let node = &grammar.nodes[child.index()];
                if node.tag == segment.tag() && child != first && self.count(child, node) < node.max {
                    self.enter(grammar, child, segment, report);
                    return child;
                }
            }
        }
        let node = &grammar.nodes[first.index()];
        // Told once for each instance of the loop around: the first use that is one too many.
        let count = self.count(first, node);
        self.enter(grammar, first, segment, report);
        if count == node.max {
            let place = place(grammar, first, segment.position(), segment.span());
            report.expecting(too_often(node.max, node.opens), place, || format!("at most {}", node.max));
        }
        first
    }

    /// A segment that cannot follow here: out of order, without its loop's first segment, or a stranger.
    #[cold]
    fn stray(&mut self, grammar: &Grammar, segment: &Segment<'_>, report: &mut Report<'_>) -> NodeId {
        if self.detour.is_some() {
            self.resume(grammar, segment, report);
            return self.place(grammar, segment, report);
        }
        let tag = segment.tag();
        if grammar.tags.find(tag).is_some() {
            if let Some(target) = self.behind(grammar, tag) {
                self.out_of_order(grammar, target, segment, report);
                return target;
            }
            if let Some(trigger) = self.implied(grammar, tag) {
                let at = Span::at(segment.span().start);
                self.enter(grammar, trigger, segment, report);
                report.error(Fault::SegmentMissing, place(grammar, trigger, segment.position(), at));
                return self.place(grammar, segment, report);
            }
        }
        let fault = if grammar.tags.find(tag).is_some() {
            Fault::SegmentUnexpected
        } else if grammar.dictionary.find(tag).is_some() {
            Fault::SegmentNotUsed
        } else {
            Fault::SegmentUnknown
        };
        let mut place = Place::segment(segment.tag_text(), segment.position(), segment.span());
        place.loop_id = loop_name(grammar, self.within(grammar));
        report.error(fault, place);
        NodeId::UNPLACED
    }

    /// The innermost place that has already been passed.
    fn behind(&self, grammar: &Grammar, tag: Tag) -> Option<NodeId> {
        let mut chain = Chain::new(grammar, self.state);
        while let Some((within, from)) = chain.next(grammar) {
            let passed = grammar.children(within).iter().take(usize::from(from));
            if let Some(&child) = passed.rev().find(|child| grammar.nodes[child.index()].tag == tag) {
                return Some(child);
            }
        }
        None
    }

    /// The first loop ahead that holds the tag, or a loop that it opens, and has not begun.
    fn implied(&mut self, grammar: &Grammar, tag: Tag) -> Option<NodeId> {
        let mut chain = Chain::new(grammar, self.state);
        while let Some((within, from)) = chain.next(grammar) {
            for &child in grammar.children(within).iter().skip(usize::from(from)) {
                let node = &grammar.nodes[child.index()];
                let holds = !grammar.nodes(node.within, tag).is_empty() || !grammar.loops(node.within, tag).is_empty();
                if node.opens && holds && self.count(child, node) < node.max {
                    return Some(child);
                }
            }
        }
        None
    }

    fn out_of_order(&mut self, grammar: &Grammar, target: NodeId, segment: &Segment<'_>, report: &mut Report<'_>) {
        let node = &grammar.nodes[target.index()];
        let place = place(grammar, target, segment.position(), segment.span());
        let count = self.count(target, node);
        self.counts[target.index()].1 += 1;
        let generation = self.frames[usize::from(node.depth)].generation;
        let told = self.missing.iter().position(|&(told, id, _)| (told, id) == (generation, target));
        if let Some(told) = told {
            // It was not missing, only late: one finding, not two.
            let (_, _, at) = self.missing.swap_remove(told);
            report.replace(at, Fault::SegmentOutOfOrder, place);
        } else if count >= node.max {
            if count == node.max {
                report.expecting(too_often(node.max, node.opens), place, || format!("at most {}", node.max));
            }
        } else if self.strayed != Some(target) {
            report.error(Fault::SegmentOutOfOrder, place);
        }
        self.strayed = Some(target);
        if node.opens {
            let depth = usize::from(node.depth);
            self.detour = Some(Detour { state: self.state, frames: self.frames.clone(), depth });
            self.frames.truncate(depth + 1);
            self.open(segment.position() - 1);
            self.state = target;
        }
    }

    fn leaves_detour(&self, target: &Node) -> bool {
        self.detour.as_ref().is_some_and(|detour| usize::from(target.depth) <= detour.depth)
    }

    /// Ends a loop that came out of order and goes back to where it came from.
    fn resume(&mut self, grammar: &Grammar, segment: &Segment<'_>, report: &mut Report<'_>) {
        let Some(detour) = self.detour.take() else { return };
        let at = Span::at(segment.span().start);
        // Only what is missing inside the loop: the loop around it goes on elsewhere.
        self.leave(grammar, detour.depth, 0, segment.position(), at, report);
        (self.state, self.frames) = (detour.state, detour.frames);
    }
}

/// The loops around a state, from the innermost outwards, each with how many of its children have been passed.
struct Chain {
    at: Option<(LoopId, u16)>,
}

impl Chain {
    fn new(grammar: &Grammar, state: NodeId) -> Self {
        let at = match grammar.nodes.get(state.index()) {
            Some(node) if node.opens => (node.within, 0),
            Some(node) => (node.home, node.position - 1),
            None => (LoopId::ROOT, 0),
        };
        Self { at: Some(at) }
    }

    fn next(&mut self, grammar: &Grammar) -> Option<(LoopId, u16)> {
        let at = self.at?;
        self.at = grammar.trigger(at.0).map(|trigger| {
            let trigger = &grammar.nodes[trigger.index()];
            (trigger.home, trigger.position - 1)
        });
        Some(at)
    }
}

/// A whole segment at a node's place.
fn place(grammar: &Grammar, node: NodeId, position: u32, bytes: Span) -> Place {
    let row = &grammar.nodes[node.index()];
    let mut place = Place::segment(row.tag.to_string(), position, bytes);
    place.loop_id = loop_name(grammar, row.within);
    place
}

/// How one use too many is called.
fn too_often(max: u32, opens: bool) -> Fault {
    match (max, opens) {
        (0, _) => Fault::SegmentNotUsed,
        (_, true) => Fault::LoopTooOften,
        (_, false) => Fault::SegmentTooOften,
    }
}

/// How a finding names a loop; nothing for the set itself.
pub(super) fn loop_name(grammar: &Grammar, within: LoopId) -> Option<Box<str>> {
    Some(grammar.loop_name(within)).filter(|name| !name.is_empty()).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::super::{Checked, Grammar, Strictness};
    use crate::wire::{Cuts, Delimiters, Syntax};

    const TINY: &str = r#"
set x12/004010/850 "Tiny"
  ST   1
  BEG  1
  REF  0..2
  DTM  0..1
  N1   0..2 loop
    N3   0..1
    REF  0..1
  PO1  1..3 loop
    PID  0..2
    N1   0..1 loop
      N3   1
    SLN  0..* loop
      MSG  1
  CTT  1
    # behind the lines
  AMT  0..1
  SE   1
segment ST
segment SE
segment BEG
segment REF
segment DTM
segment N1
segment N3
segment PO1
segment PID
segment SLN
segment MSG
segment CTT
segment AMT
segment ZZ1
"#;

    /// Findings as `fault TAG@segment(loop)`.
    fn check(tags: &str, expected: &str) {
        let grammar = Grammar::parse("tiny.grammar", TINY).expect("a grammar");
        let text: String = tags.split(' ').map(|tag| format!("{tag}*1~")).collect();
        let cuts = Cuts::new(text.as_bytes(), Syntax::X12, Delimiters::X12);
        let mut checked = Checked::default();
        grammar.check(cuts.set(), Strictness::default(), &mut checked);
        let told: Vec<String> = checked
            .findings
            .iter()
            .map(|finding| {
                let place = &finding.place;
                let within = place.loop_id.as_ref().map_or(String::new(), |name| format!("({name})"));
                format!("{:?} {}@{}{within}", finding.fault, place.tag, place.segment)
            })
            .collect();
        assert_eq!(told.join(", "), expected, "{tags}");
        assert_eq!(checked.nodes.len(), cuts.set().len());
    }

    #[test]
    fn a_good_set_has_no_findings() {
        check("ST BEG PO1 CTT SE", "");
        check("ST BEG REF REF DTM N1 N3 REF N1 REF PO1 PID PID N1 N3 SLN MSG SLN MSG PO1 CTT AMT SE", "");
    }

    #[test]
    fn what_is_missing_is_named_where_it_should_stand() {
        check("ST REF PO1 CTT SE", "SegmentMissing BEG@2");
        check("ST BEG CTT SE", "LoopMissing PO1@3(PO1)");
        check("ST BEG PO1 SE", "SegmentMissing CTT@4");
        check("ST BEG PO1 N1 PO1 CTT SE", "SegmentMissing N3@5(N1)");
        check("ST BEG PO1 SLN SLN MSG CTT SE", "SegmentMissing MSG@5(SLN)");
        check("ST BEG", "LoopMissing PO1@3(PO1), SegmentMissing CTT@3");
        check("ST SE", "SegmentMissing BEG@2, LoopMissing PO1@2(PO1), SegmentMissing CTT@2");
    }

    #[test]
    fn a_missing_trailer_is_the_readers() {
        check("ST BEG PO1 CTT", "");
    }

    #[test]
    fn too_many_is_told_once_per_instance() {
        check("ST BEG REF REF REF REF PO1 CTT SE", "SegmentTooOften REF@5");
        check("ST BEG BEG PO1 CTT SE", "SegmentTooOften BEG@3");
        check("ST BEG PO1 PO1 PO1 PO1 PID PO1 CTT SE", "LoopTooOften PO1@6(PO1)");
        check("ST BEG N1 N1 N1 N3 PO1 CTT SE", "LoopTooOften N1@5(N1)");
        check("ST BEG N1 N3 N3 N1 N3 N3 PO1 CTT SE", "SegmentTooOften N3@5(N1), SegmentTooOften N3@8(N1)");
    }

    #[test]
    fn out_of_order_is_placed_and_goes_on() {
        check("ST BEG DTM REF PO1 CTT SE", "SegmentOutOfOrder REF@4");
        check("ST REF BEG PO1 CTT SE", "SegmentOutOfOrder BEG@3");
        check("ST BEG PO1 DTM PID CTT SE", "SegmentOutOfOrder DTM@4");
        check("ST BEG PO1 SLN MSG PID CTT SE", "SegmentOutOfOrder PID@6(PO1)");
        check("ST BEG PO1 CTT AMT CTT SE", "SegmentTooOften CTT@6");
    }

    #[test]
    fn a_loop_out_of_order_is_a_detour() {
        check("ST BEG PO1 CTT N1 N3 REF N1 AMT SE", "SegmentOutOfOrder N1@5(N1)");
    }

    #[test]
    fn a_loop_without_its_first_segment_is_opened() {
        check("ST BEG N3 PO1 CTT SE", "SegmentMissing N1@3(N1)");
        check("ST BEG PO1 PID MSG CTT SE", "SegmentMissing SLN@5(SLN)");
        // What it holds may be a loop itself: a remittance's RMR without ENT.
        check("ST BEG SLN MSG CTT SE", "SegmentMissing PO1@3(PO1)");
    }

    #[test]
    fn strangers_are_told_apart() {
        check("ST BEG QQQ PO1 CTT SE", "SegmentUnknown QQQ@3");
        check("ST BEG ZZ1 PO1 CTT SE", "SegmentNotUsed ZZ1@3");
        check("ST BEG PO1 CTT MSG SE", "SegmentUnexpected MSG@5");
        check("ST BEG TOOLONG PO1 CTT SE", "SegmentUnknown TOOLONG@3");
    }
}
