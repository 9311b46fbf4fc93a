//! A compiled grammar: flat tables that a walk and a mapping index by number.

use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;

use super::Address;
use super::codes::Codes;
use super::dictionary::{CompositeRule, Dictionary, ElementRule, NONE, SegmentRule};
use super::overlay::{Conditionals, Tolerance};
use super::rule::Note;
use super::tags::TagIndex;
use crate::finding::{Finding, Severity};
use crate::wire::Tag;

/// A segment's place in a grammar: the same tag in two loops is two nodes. Numbered in document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct NodeId(pub u16);

impl NodeId {
    /// A segment that the grammar has no place for.
    pub const UNPLACED: Self = Self(u16::MAX);

    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A loop (X12) or segment group (EDIFACT); the set itself is [`LoopId::ROOT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopId(pub u16);

impl LoopId {
    pub const ROOT: Self = Self(0);

    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Structure of one transaction set and release, compiled.
#[derive(Clone, Debug)]
pub struct Grammar {
    pub address: Address,
    /// Our short label: `Purchase order`.
    pub label: Box<str>,
    /// GS01 of the groups that carry this set.
    pub group: Option<Box<str>>,
    /// The overlay that lies over it: `850 for ACME`.
    pub overlay: Option<Box<str>>,
    pub(super) dictionary: Arc<Dictionary>,
    pub(super) nodes: Vec<Node>,
    pub(super) loops: Vec<Loop>,
    /// Every loop's children in order: segments, and the triggers of loops. `Loop::children` cuts it.
    pub(super) children: Vec<NodeId>,
    /// Per loop, sorted by tag and position: the segments that stand in it, trigger included.
    pub(super) places: Lookup<NodeId>,
    /// Per loop, sorted by tag and position: the loops directly inside.
    pub(super) subloops: Lookup<LoopId>,
    pub(super) tags: TagIndex,
    /// For each state (node last matched, and one for the beginning) and tag: the first place that can follow.
    pub(super) transitions: Vec<u16>,
    pub(super) conditionals: Conditionals,
    pub(super) tolerances: Vec<Tolerance>,
}

/// One place for a segment.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub tag: Tag,
    /// Index of its segment rule in the dictionary.
    pub rule: u16,
    /// The loop it stands in: the loop it opens, for a trigger.
    pub within: LoopId,
    /// The loop whose child it is: the enclosing loop, for a trigger.
    pub home: LoopId,
    /// Its place among the children of `home`, from 1.
    pub position: u16,
    /// How many loops enclose it, its own not counted.
    pub depth: u8,
    pub opens: bool,
    /// Whether its element 1 is an id and element 2 the id of an earlier parent.
    pub hierarchy: bool,
    /// The code, in element 3, of the level that has no parent; nothing where any may have none.
    pub root: Option<Tag>,
    /// Whether its absence is told here; envelopes are the reader's.
    pub envelope: bool,
    /// Whether an overlay says something of it under conditions.
    pub conditional: bool,
    /// Uses per instance of `home`.
    pub min: u32,
    pub max: u32,
    /// Position of the next mandatory child of `home` behind this one; `u16::MAX` where there is none.
    pub required_after: u16,
    /// Position of the first mandatory child of the loop it opens.
    pub required_inside: u16,
}

#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub name: Box<str>,
    /// [`NodeId::UNPLACED`] for the set itself.
    pub trigger: NodeId,
    pub parent: Option<LoopId>,
    pub children: Range<u32>,
}

/// Rows sorted by tag, one range per loop.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup<T> {
    ranges: Vec<Range<u32>>,
    tags: Vec<Tag>,
    rows: Vec<T>,
}

impl<T: Copy> Lookup<T> {
    pub fn new(loops: impl IntoIterator<Item = Vec<(Tag, T)>>) -> Self {
        let mut lookup = Self { ranges: Vec::new(), tags: Vec::new(), rows: Vec::new() };
        for mut rows in loops {
            rows.sort_by_key(|row| row.0);
            let first = lookup.rows.len() as u32;
            for (tag, row) in rows {
                lookup.tags.push(tag);
                lookup.rows.push(row);
            }
            lookup.ranges.push(first..lookup.rows.len() as u32);
        }
        lookup
    }

    pub fn find(&self, within: LoopId, tag: Tag) -> &[T] {
        let Some(range) = self.ranges.get(within.index()) else { return &[] };
        let range = range.start as usize..range.end as usize;
        let tags = &self.tags[range.clone()];
        let from = tags.partition_point(|&other| other < tag);
        let to = tags.partition_point(|&other| other <= tag);
        &self.rows[range][from..to]
    }
}

impl Grammar {
    /// The loop a node stands in (the loop it opens, for a trigger).
    pub fn loop_of(&self, node: NodeId) -> LoopId {
        self.nodes[node.index()].within
    }
    pub fn is_trigger(&self, node: NodeId) -> bool {
        self.nodes[node.index()].opens
    }
    pub fn parent_loop(&self, id: LoopId) -> Option<LoopId> {
        self.loops[id.index()].parent
    }
    /// The segment that opens a loop; none for the set itself.
    pub fn trigger(&self, id: LoopId) -> Option<NodeId> {
        let trigger = self.loops[id.index()].trigger;
        (trigger != NodeId::UNPLACED).then_some(trigger)
    }
    /// Every place of a tag directly inside a loop, trigger included.
    pub fn nodes(&self, within: LoopId, tag: Tag) -> &[NodeId] {
        self.places.find(within, tag)
    }
    /// The loops directly inside a loop that this tag opens.
    pub fn loops(&self, within: LoopId, trigger: Tag) -> &[LoopId] {
        self.subloops.find(within, trigger)
    }
    /// The children of a loop in order: segments, and the triggers of the loops inside; its own trigger is not one.
    pub fn children(&self, within: LoopId) -> &[NodeId] {
        let range = &self.loops[within.index()].children;
        &self.children[range.start as usize..range.end as usize]
    }
    /// How the loop is called in messages: `PO1`, `SG25:LIN`. The set itself has an empty name.
    pub fn loop_name(&self, id: LoopId) -> &str {
        &self.loops[id.index()].name
    }
    /// The rule's address for people: `850/PO1/N1`, `ORDERS/SG25:LIN/QTY`. A trigger ends with its loop's name.
    pub fn path(&self, node: NodeId) -> String {
        let row = &self.nodes[node.index()];
        let mut names = Vec::new();
        let mut within = Some(row.within);
        while let Some(id) = within {
            names.push(self.loop_name(id));
            within = self.parent_loop(id);
        }
        names.pop();
        let mut path = self.address.kind.clone();
        for name in names.iter().rev() {
            path.push('/');
            path.push_str(name);
        }
        if !row.opens {
            path.push('/');
            path.push_str(&row.tag.to_string());
        }
        path
    }
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }
    pub fn loop_count(&self) -> usize {
        self.loops.len()
    }
    /// Every node, in document order.
    pub fn all_nodes(&self) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u16).map(NodeId)
    }
    pub fn tag(&self, node: NodeId) -> Tag {
        self.nodes[node.index()].tag
    }
    /// How often a segment (or the loop it opens) may stand in one instance of the loop around it; `u32::MAX` is any
    /// number.
    pub fn uses(&self, node: NodeId) -> (u32, u32) {
        let row = &self.nodes[node.index()];
        (row.min, row.max)
    }
    /// Whether a node's element 1 is an id and its element 2 the id of an earlier parent (HL, CPS).
    pub fn is_hierarchy(&self, node: NodeId) -> bool {
        self.nodes[node.index()].hierarchy
    }
    /// The code of the level that has no parent, where only one may have none.
    pub fn root_level(&self, node: NodeId) -> Option<Tag> {
        self.nodes[node.index()].root
    }
    /// What its segment looks like here.
    pub fn segment(&self, node: NodeId) -> &SegmentRule {
        &self.dictionary.segments[usize::from(self.nodes[node.index()].rule)]
    }
    /// The elements of a node's segment: index 0 is position 1.
    pub fn elements(&self, node: NodeId) -> &[ElementRule] {
        self.dictionary.rows(&self.segment(node).elements)
    }
    /// An element by its position, counted from 1.
    pub fn element(&self, node: NodeId, position: usize) -> Option<&ElementRule> {
        self.elements(node).get(position.checked_sub(1)?)
    }
    /// The components of a composite element; empty for a simple one.
    pub fn components(&self, element: &ElementRule) -> &[ElementRule] {
        self.composite(element).map_or(&[], |composite| self.dictionary.rows(&composite.elements))
    }
    pub fn composite(&self, element: &ElementRule) -> Option<&CompositeRule> {
        self.dictionary.composites.get(usize::from(element.composite))
    }
    /// The conditions between the elements of a node's segment.
    pub fn notes(&self, node: NodeId) -> &[Note] {
        self.dictionary.conditions(&self.segment(node).notes)
    }
    /// The conditions between the components of a composite element.
    pub fn component_notes(&self, element: &ElementRule) -> &[Note] {
        self.composite(element).map_or(&[], |composite| self.dictionary.conditions(&composite.notes))
    }
    /// The codes an element may hold; none where the list is not known.
    pub fn codes(&self, element: &ElementRule) -> Option<&Codes> {
        self.dictionary.codes.get(usize::from(element.codes)).filter(|_| element.codes != NONE)
    }
    /// An element's number in its standard (`67`, `C082`, `3035`).
    pub fn element_id(&self, element: &ElementRule) -> &str {
        &self.dictionary.names[usize::from(element.name)].id
    }
    /// Our short label for an element; may be empty.
    pub fn element_label(&self, element: &ElementRule) -> &str {
        &self.dictionary.names[usize::from(element.name)].label
    }
    /// What its overlay puts up with.
    pub fn tolerances(&self) -> &[Tolerance] {
        &self.tolerances
    }
    /// Lowers a finding to a warning where the overlay tolerates it: for findings of the envelope, which a check does
    /// not see. Says whether it did.
    pub fn tolerate(&self, finding: &mut Finding, today: Option<Date>) -> bool {
        let tolerated = finding.is_error() && self.tolerances.iter().any(|tolerance| tolerance.covers(finding, today));
        if tolerated {
            finding.severity = Severity::Warning;
        }
        tolerated
    }
    /// Our short label for a segment, whether the set uses it or only the release knows it; empty for a stranger.
    pub fn segment_label(&self, tag: Tag) -> &str {
        self.dictionary.segment(tag).map_or("", |segment| &segment.label)
    }
}
