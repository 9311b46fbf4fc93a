//! The streaming reader: bytes in, envelopes and whole transaction sets out, in constant memory.

use std::io;

use serde::{Deserialize, Serialize};

use super::walk::{State, Step, Walk};
use super::{Group, Interchange, Repair, SetHeader, TransactionSet};
use crate::finding::Finding;

/// What hostile input meets. Every limit that is hit becomes a finding, and reading goes on behind it where it can.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one transaction set; what lies behind is skipped up to its trailer.
    pub set_bytes_max: usize,
    pub set_segments_max: usize,
    /// Bytes of one segment, binary data excepted; a longer one is left out.
    pub segment_bytes_max: usize,
    /// Findings that the reader itself adds to one set.
    pub findings_per_set_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            set_bytes_max: 128 << 20,
            set_segments_max: 4_000_000,
            segment_bytes_max: 1 << 20,
            findings_per_set_max: 100,
        }
    }
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
        /// Where the next byte behind the interchange stands.
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
    walk: Walk,
}

impl<R: io::Read> Reader<R> {
    pub fn new(input: R, limits: Limits) -> Self {
        Self { input, walk: Walk::new(limits) }
    }

    /// Goes on where a checkpoint was taken. `input` must stand at its offset.
    pub fn resume(input: R, limits: Limits, checkpoint: Checkpoint) -> Self {
        let state: State = serde_json::from_value(checkpoint.state).unwrap_or_default();
        Self { input, walk: Walk::resume(limits, checkpoint.offset, state) }
    }

    /// The next event, or `None` at the end of the file.
    ///
    /// # Errors
    /// Only what the input answers; the same call can be made again.
    pub fn next_event(&mut self) -> io::Result<Option<Event<'_>>> {
        let step = loop {
            match self.walk.step() {
                Step::Hungry => self.walk.feed(&mut self.input)?,
                step => break step,
            }
        };
        let walk = &self.walk;
        Ok(match step {
            Step::Hungry | Step::End => None,
            Step::InterchangeOpened => walk.state.interchange.as_ref().map(|o| Event::InterchangeOpened(&o.header)),
            Step::GroupOpened => walk.state.group.as_ref().map(|o| Event::GroupOpened(&o.header)),
            Step::Acknowledgement(row) => Some(Event::InterchangeAcknowledgement(walk.rows(row, row + 1))),
            Step::Set(from, to) => Some(Event::Set(&walk.set_header, walk.rows(from, to))),
            Step::GroupClosed { sets, findings } => Some(Event::GroupClosed { sets, findings }),
            Step::InterchangeClosed { groups, findings, repairs, end } => {
                Some(Event::InterchangeClosed { groups, findings, repairs, end })
            }
        })
    }

    /// Valid between sets: after a `Set` or `GroupOpened` event has been dealt with.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { offset: self.walk.offset(), state: serde_json::to_value(&self.walk.state).unwrap_or_default() }
    }

    pub fn get_ref(&self) -> &R {
        &self.input
    }
}

#[cfg(test)]
#[path = "reader_laws.rs"]
mod laws;

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
