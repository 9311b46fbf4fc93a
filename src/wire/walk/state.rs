//! What is open while a file is walked through: the interchange, the group, and what is known of the text. A checkpoint keeps it.

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Span};
use crate::wire::control::Numbers;
use crate::wire::envelope::{Group, Interchange, Repair, RepairKind};
use crate::wire::text::Encoding;

/// What a checkpoint has to keep.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::wire) struct State {
    pub interchange: Option<OpenInterchange>,
    pub group: Option<OpenGroup>,
    pub encoding: Encoding,
    pub unwraps: bool,
    /// Whether the beginning of the document has been seen.
    pub(super) begun: bool,
    /// A set that broke a limit has been handed out; the rest of it is skipped.
    pub(super) skips_set: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::wire) struct OpenInterchange {
    pub header: Interchange,
    pub(super) is_headless: bool,
    pub(super) groups: u64,
    pub(super) explicit_groups: u64,
    pub(super) sets: u64,
    pub(super) group_numbers: Numbers,
    pub(super) findings: Vec<Finding>,
    pub(super) repairs: Vec<Repair>,
}

impl OpenInterchange {
    pub(super) fn new(header: Interchange, is_headless: bool) -> Self {
        Self {
            header,
            is_headless,
            groups: 0,
            explicit_groups: 0,
            sets: 0,
            group_numbers: Numbers::default(),
            findings: Vec::new(),
            repairs: Vec::new(),
        }
    }

    /// What was put up with before a set, as far as it concerns all of the interchange, and in the set itself, which is the
    /// last that was read.
    pub(super) fn repairs_of(&self, set: Span) -> Vec<Repair> {
        let inside = self.repairs.partition_point(|repair| repair.bytes.start < set.start);
        let (before, inside) = self.repairs.split_at(inside);
        // Blanks stand before every segment, and only the first place is kept.
        let before = before.iter().filter(|repair| repair.kind == RepairKind::Padding).take(1);
        self.header.repairs.iter().chain(before).chain(inside).cloned().collect()
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::wire) struct OpenGroup {
    pub header: Group,
    pub(super) is_implicit: bool,
    pub(super) sets: u64,
    pub(super) set_numbers: Numbers,
    pub(super) findings: Vec<Finding>,
}
