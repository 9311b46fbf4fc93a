//! A compiled map: flat tables of blocks and lines, bound to a grammar's nodes and a document's fields.

use std::sync::Arc;

use super::convert::Convert;
use super::syntax::ast::Spot;
use crate::canonical::{Kind, Leaf, Name, Shape, Value};
use crate::grammar::codes::{self, Codes};
use crate::grammar::{LoopId, NodeId};
use crate::wire::Syntax;

/// A map for X12 or EDIFACT, ready to read and write.
#[derive(Debug)]
pub struct Mapping {
    /// The map's address or name, as its header says.
    pub name: String,
    /// The grammar it is bound to: `x12/004010/850`.
    pub grammar: String,
    pub kind: Kind,
    pub(super) syntax: Syntax,
    /// Names of the files it was made from; [`Origin::file`] points here. The last one is the map itself.
    pub(super) files: Vec<Arc<str>>,
    pub(super) blocks: Vec<Block>,
    pub(super) lines: Vec<Line>,
    /// Per node, the lines that may match, most specific first: `candidates[dispatch[node]..dispatch[node + 1]]`.
    pub(super) dispatch: Vec<u32>,
    pub(super) candidates: Vec<u16>,
    pub(super) nodes: Vec<NodeRow>,
    pub(super) loops: Vec<LoopRow>,
    pub(super) trees: Vec<Tree>,
    pub(super) requires: Vec<Required>,
    pub(super) defaults: Vec<(BlockId, Target, Value<'static>)>,
}

/// Where a line of the map was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub file: u16,
    pub spot: Spot,
}

/// What reading needs to know of a grammar's node.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeRow {
    pub within: LoopId,
    pub opens: bool,
    /// The tree whose segment this is.
    pub tree: Option<u16>,
}

#[derive(Clone, Debug)]
pub(super) struct LoopRow {
    pub parent: LoopId,
    pub depth: u8,
    pub name: Box<str>,
}

pub(super) type BlockId = u16;
pub(super) type LineId = u16;

pub(super) const ROOT: BlockId = 0;

/// The document, a list's item, a group, or a tree's level.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The list it fills; without one it fills the record around it.
    pub list: Option<List>,
    /// Everything inside is knowingly not carried.
    pub ignored: bool,
    /// What stands in it, in the order of writing; the trigger first.
    pub items: Vec<Item>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Line(LineId),
    Block(BlockId),
    Tree(u16),
}

/// A list that a block fills.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub target: Target,
    /// What an item is: a record or a leaf.
    pub element: &'static Shape,
    pub conditions: Vec<(Vec<Step>, Box<str>)>,
    pub key: Vec<Vec<Step>>,
    pub else_index: bool,
    pub named: Option<Name>,
    pub link: Option<Vec<Step>>,
    pub placed: Option<Name>,
    /// How many records outwards the one stands that has the `placed` list; none in a tree of single segments.
    pub placed_up: Option<u8>,
    /// Stands in no other list.
    pub outermost: bool,
    /// Items that carry this field stand in another block, inside the list whose key it is (`as pack`).
    pub without: Option<Name>,
    /// Keys of the lists around it that its items carry (`as entity`): the field, records outwards, the key there.
    pub inherits: Vec<Inherited>,
    /// The list's path for messages: `lines`.
    pub path: Box<str>,
}

/// A field that items take from the list around them.
#[derive(Clone, Debug)]
pub(super) struct Inherited {
    pub field: Name,
    /// How many records outwards from where the list stands the key is.
    pub up: u8,
    pub block: BlockId,
}

/// A field: how many records outwards, and the way from there.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub up: u8,
    pub steps: Vec<Step>,
    pub leaf: Ends,
    /// `ids[role=line]`: only items with this word.
    pub choice: Option<(Name, Box<str>)>,
    /// As the map says it, for messages.
    pub path: Box<str>,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Leaf(Leaf),
    Leaves(Leaf),
    Records(&'static Shape),
    Record,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Field(Name),
    /// The first item of a list.
    First(Name),
    /// The item of a list whose field has this word.
    Chosen(Name, Name, Box<str>),
}

/// A line of the map, bound.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub tag: Box<str>,
    /// The block that must be open.
    pub home: BlockId,
    /// Matches wherever the segment stands: an `ignore` at the top of the file.
    pub anywhere: bool,
    pub ignored: bool,
    /// The block it opens.
    pub opens: Option<BlockId>,
    pub selectors: Vec<Selector>,
    /// Every position the line names, by element and component.
    pub parts: Vec<Part>,
    /// Elements it carries whole: bit 0 is position 1.
    pub covers: u64,
    /// Elements of which it carries some components.
    pub components: Vec<(u8, u32)>,
    pub optional: bool,
    /// Whether a blank appends, so that the line may stand several times.
    pub repeats: bool,
    /// How often the grammar lets the segment stand.
    pub uses_max: u32,
    /// Most elements the segment has.
    pub elements_max: u8,
    pub origin: Origin,
}

/// A position that must hold one of these for the line to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    pub element: u8,
    /// 0 is the whole element.
    pub component: u8,
    /// Sorted. An empty code is an empty element.
    pub codes: Vec<Box<[u8]>>,
    /// The same as numbers, where all of them are short enough: nearly always, and faster to compare.
    packed: Option<Box<[u64]>>,
}

impl Selector {
    pub fn new(element: u8, component: u8, codes: Vec<Box<[u8]>>) -> Self {
        let packed = codes.iter().map(|code| Self::pack(code)).collect();
        Self { element, component, codes, packed }
    }

    /// A code as a number: nothing for one that is too long.
    #[inline]
    pub fn pack(code: &[u8]) -> Option<u64> {
        if code.is_empty() { Some(0) } else { codes::pack(code) }
    }

    /// Whether it is one of these; `packed` is the same code as [`Self::pack`] gives it.
    #[inline]
    pub fn takes(&self, code: &[u8], packed: Option<u64>) -> bool {
        match (&self.packed, packed) {
            (Some(codes), Some(packed)) => codes.contains(&packed),
            _ => self.codes.iter().any(|known| **known == *code),
        }
    }
}

/// What stands at one position of a line.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub element: u8,
    /// 0 is the whole element.
    pub component: u8,
    pub what: What,
    pub length_max: u32,
    pub required: bool,
    /// What the grammar knows as codes at this position (and at each member of a run): no stranger is told.
    pub codes: Vec<Option<Codes>>,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Literal {
        text: Box<str>,
        /// Checked by a selector already.
        selects: bool,
    },
    Set {
        target: Target,
        convert: Convert,
        first: bool,
    },
    /// Appends to a list of texts, or to a text by line ends.
    Append {
        target: Target,
        convert: Convert,
    },
    /// Runs of members from here on, into a list of records.
    Run {
        target: Target,
        members: Vec<(Name, Convert)>,
        /// Members are components of one element, not elements.
        composite: bool,
        /// Most records in one segment.
        records_max: u8,
    },
    /// EDIFACT DTM: a value and its format code.
    Moment {
        target: Target,
        roles: Box<Moment>,
    },
    Computed(Computed),
}

/// Where the parts of an EDIFACT date go, beside the date itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Moment {
    pub time: Option<Target>,
    pub until: Option<Target>,
    pub until_time: Option<Target>,
    pub value: Option<Target>,
    pub format: Option<Target>,
    /// The component behind it holds the format.
    pub format_component: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Computed {
    Control,
    Segments,
    Count(Target),
    Sum(Target, Vec<Step>),
    Index,
    Hierarchy,
    Parent,
    Child,
    /// How many segments the set's trees have.
    Levels,
}

/// `tree HL { ... }`.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub levels: Vec<TreeLevel>,
}

#[derive(Clone, Debug)]
pub(super) struct TreeLevel {
    pub code: Box<str>,
    pub block: BlockId,
}

/// A field that must be there.
#[derive(Clone, Debug)]
pub(super) struct Required {
    /// The block whose record must have it.
    pub block: BlockId,
    pub target: Target,
}

impl Mapping {
    /// The lines that may match a node, most specific first.
    #[inline]
    pub(super) fn lines_at(&self, node: NodeId) -> &[LineId] {
        let Some(from) = self.dispatch.get(node.index()) else { return &[] };
        let to = self.dispatch.get(node.index() + 1).copied().unwrap_or(*from);
        &self.candidates[*from as usize..to as usize]
    }

    pub fn syntax(&self) -> Syntax {
        self.syntax
    }
}
