//! Rules that hold only for some qualifiers: `N1[ST]` must come, `N1[ST]/N104` is at most thirteen characters long.

use super::super::model::NodeId;
use super::super::target::Condition;

/// One place under one set of conditions.
#[derive(Clone, Debug)]
pub(in crate::grammar) struct Conditional {
    pub node: NodeId,
    pub conditions: Vec<Condition>,
    /// The segment rule that holds instead of the node's own.
    pub rule: Option<u16>,
    pub min: u32,
    pub max: u32,
    /// As people write it: `N1[ST]`.
    pub name: Box<str>,
}

/// All of a grammar's conditional rules; few, and looked at only where a node says that it has some.
#[derive(Clone, Debug, Default)]
pub(in crate::grammar) struct Conditionals {
    pub rows: Vec<Conditional>,
}

impl Conditionals {
    pub fn of(&self, node: NodeId) -> impl Iterator<Item = (usize, &Conditional)> {
        self.rows.iter().enumerate().filter(move |(_, row)| row.node == node)
    }

    /// Whether something is required of a node under conditions.
    pub fn requires(&self, node: NodeId) -> bool {
        self.of(node).any(|(_, row)| row.min > 0)
    }
}
