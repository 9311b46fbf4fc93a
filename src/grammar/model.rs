//! A compiled grammar: flat tables that a walk and a mapping index by number.

use crate::wire::Tag;

use super::Address;

/// A segment's place in a grammar: the same tag in two loops is two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u16);

impl NodeId {
    /// A segment that the grammar has no place for.
    pub const UNPLACED: Self = Self(u16::MAX);
}

/// A loop (X12) or segment group (EDIFACT); the set itself is [`LoopId::ROOT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopId(pub u16);

impl LoopId {
    pub const ROOT: Self = Self(0);
}

/// Structure of one transaction set and release, compiled.
#[derive(Debug)]
pub struct Grammar {
    pub address: Address,
}

impl Grammar {
    /// The loop a node stands in (the loop it opens, for a trigger).
    pub fn loop_of(&self, node: NodeId) -> LoopId {
        todo!("{node:?}")
    }
    pub fn is_trigger(&self, node: NodeId) -> bool {
        todo!("{node:?}")
    }
    pub fn parent_loop(&self, id: LoopId) -> Option<LoopId> {
        todo!("{id:?}")
    }
    /// Every place of a tag directly inside a loop, trigger included.
    pub fn nodes(&self, within: LoopId, tag: Tag) -> &[NodeId] {
        todo!("{within:?} {tag}")
    }
    /// The loops directly inside a loop that this tag opens.
    pub fn loops(&self, within: LoopId, trigger: Tag) -> &[LoopId] {
        todo!("{within:?} {trigger}")
    }
    /// How the loop is called in messages: `PO1`, `SG25:LIN`.
    pub fn loop_name(&self, id: LoopId) -> &str {
        todo!("{id:?}")
    }
    /// The rule's address for people: `850/PO1/N1/N104`.
    pub fn path(&self, node: NodeId) -> String {
        todo!("{node:?}")
    }
    pub fn node_count(&self) -> usize {
        todo!()
    }
}
