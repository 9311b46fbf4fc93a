//! The walk: where every segment of a set stands in the grammar, and what is wrong with it.

use crate::finding::Finding;
use crate::wire::TransactionSet;

use super::{Grammar, NodeId};

/// How strict a check is. The defaults are those of the command line: strict about structure, lenient about codes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strictness {
    /// Codes outside the known list are errors instead of warnings.
    pub codes: bool,
    // more as agreements need them
}

/// What a check found. Reused from set to set: `check` clears it first.
#[derive(Debug, Default)]
pub struct Checked {
    /// For each segment of the set, in order, its node (or [`NodeId::UNPLACED`]).
    pub nodes: Vec<NodeId>,
    pub findings: Vec<Finding>,
}

impl Grammar {
    /// Walks a set. Never fails; `out` says what was understood. Envelope faults are the reader's, not repeated here.
    pub fn check(&self, set: TransactionSet<'_>, strictness: Strictness, out: &mut Checked) {
        let _ = (set, strictness, out);
        todo!()
    }
}
