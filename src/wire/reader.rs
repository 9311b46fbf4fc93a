//! The streaming reader: bytes in, envelopes and whole transaction sets out, in constant memory.

use std::io;

use serde::{Deserialize, Serialize};

use super::{Group, Interchange, Repair, SetHeader, TransactionSet};
use crate::finding::Finding;

/// What hostile input meets. Every limit that is hit becomes a finding, and reading goes on behind it where it can.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub set_bytes_max: usize,
    pub segment_bytes_max: usize,
    pub findings_per_set_max: usize,
}

/// One step through a file.
#[derive(Debug)]
pub enum Event<'a> {
    InterchangeOpened(&'a Interchange),
    /// A TA1 between ISA and GS or behind the last group: the whole segment.
    InterchangeAcknowledgement(TransactionSet<'a>),
    GroupOpened(&'a Group),
    Set(&'a SetHeader, TransactionSet<'a>),
    /// GE, UNE, or the end of the implicit group, with what is wrong with the trailer.
    GroupClosed {
        sets: u64,
        findings: Vec<Finding>,
    },
    /// IEA, UNZ, or the end of the file, with what is wrong with the trailer, and repairs since the header.
    InterchangeClosed {
        groups: u64,
        findings: Vec<Finding>,
        repairs: Vec<Repair>,
        end: u64,
    },
}

/// Where a reader stood between two sets: enough to go on from the byte it names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Where in the stored bytes to seek to before resuming.
    pub offset: u64,
    pub(super) state: serde_json::Value,
}

/// Reads X12 and EDIFACT from any byte source. Errors are the source's own; a document never is one.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
}

impl<R: io::Read> Reader<R> {
    pub fn new(input: R, limits: Limits) -> Self {
        let _ = limits;
        Self { input }
    }
    pub fn resume(input: R, limits: Limits, checkpoint: Checkpoint) -> Self {
        let _ = (limits, checkpoint);
        Self { input }
    }
    pub fn next_event(&mut self) -> io::Result<Option<Event<'_>>> {
        todo!()
    }
    /// Valid between sets: after a `Set` or `GroupOpened` event has been dealt with.
    pub fn checkpoint(&self) -> Checkpoint {
        todo!()
    }
    pub fn get_ref(&self) -> &R {
        &self.input
    }
}
