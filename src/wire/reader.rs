//! The streaming reader: bytes in, envelopes and whole transaction sets out, in constant memory.

use std::io;

use serde::{Deserialize, Serialize};

use super::walk::{State, Step, Walk};
use super::{Group, Interchange, Repair, SetHeader, TransactionSet};
use crate::finding::Finding;

/// What hostile input meets. Every limit that is hit becomes a finding, and reading goes on behind it where it can.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub set_bytes_max: usize,
    pub segment_bytes_max: usize,
    pub findings_per_set_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { set_bytes_max: 256 << 20, segment_bytes_max: 16 << 20, findings_per_set_max: 1000 }
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
mod tests {
    use super::*;

    const ISA: &str =
        "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *240115*1030*U*00401*000000001*0*P*>~";

    #[test]
    fn envelopes_and_sets_come_in_order() {
        check(
            &format!("{ISA}GS*PO*B*S*20240115*1030*1*X*004010~ST*850*0001~BEG*00~SE*3*0001~GE*1*1~IEA*1*000000001~"),
            "ISA 000000001 | GS 1 PO | 850 004010 0001 3 | GE 1 | IEA 1",
        );
        check(
            "UNA:+.? 'UNB+UNOC:3+A:14+B+240115:1030+7'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220'UNT+3+1'UNZ+1+7'",
            "UNB 7 | (group) | ORDERS D:96A:UN:EAN008 1 3 | (end 1) | UNZ 1",
        );
        check("UNB+UNOA:1+A+B+240115:1030+7'UNZ+0+7'", "UNB 7 | UNZ 0");
    }

    fn check(text: &str, expected: &str) {
        let mut reader = Reader::new(text.as_bytes(), Limits::default());
        let mut got = Vec::new();
        let mut is_x12 = true;
        let mut implicit = true;
        while let Some(event) = reader.next_event().unwrap() {
            got.push(match event {
                Event::InterchangeOpened(i) => {
                    is_x12 = i.syntax == crate::wire::Syntax::X12;
                    format!("{} {}{}", if is_x12 { "ISA" } else { "UNB" }, i.control_number, faults(&i.findings))
                }
                Event::InterchangeAcknowledgement(set) => format!("TA1 {}", set.segment(0).element(1).text()),
                Event::GroupOpened(g) => {
                    implicit = g.control_number.is_none();
                    match &g.control_number {
                        None => format!("(group){}", faults(&g.findings)),
                        Some(n) => {
                            let tag = if is_x12 { "GS" } else { "UNG" };
                            format!("{tag} {n} {}{}", g.functional_id, faults(&g.findings))
                        }
                    }
                }
                Event::Set(h, set) => {
                    assert_eq!(h.segments as usize, set.len());
                    let faults = faults(&h.findings);
                    format!("{} {} {} {}{faults}", h.kind, h.release, h.control_number, h.segments)
                }
                Event::GroupClosed { sets, findings } => match (implicit, is_x12) {
                    (true, _) => format!("(end {sets}{})", faults(&findings)),
                    (_, true) => format!("GE {sets}{}", faults(&findings)),
                    (_, false) => format!("UNE {sets}{}", faults(&findings)),
                },
                Event::InterchangeClosed { groups, findings, repairs, .. } => {
                    let tag = if is_x12 { "IEA" } else { "UNZ" };
                    let repairs: String = repairs.iter().map(|r| format!(" ({:?})", r.kind)).collect();
                    format!("{tag} {groups}{}{repairs}", faults(&findings))
                }
            });
        }
        assert_eq!(got.join(" | "), expected, "{text}");
    }

    fn faults(findings: &[Finding]) -> String {
        findings.iter().map(|f| format!(" !{:?} {}", f.fault, f.place)).collect()
    }
}
