//! One window of a file: reading goes on until enough is in hand, and says in order what it saw. It stores nothing.

use std::io;
use std::sync::Arc;

use crate::finding::Finding;
use crate::wire::{Event, Group, Interchange, Reader, Repair, SetHeader, TransactionSet};

/// When a window is full. At least one set fits, whatever its size.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub sets: usize,
    /// Bytes of wire text, as a measure of what the window will hold in memory.
    pub bytes: u64,
}

impl Bounds {
    /// Some hundred sets: one transaction pays for many, and a partner's turn stays short.
    pub const DEFAULT: Self = Self { sets: 400, bytes: 2 << 20 };
}

/// What happened in a window, in the order of the file. `D` is what is known of an interchange, `S` of a set.
#[derive(Debug)]
pub enum Seen<D, S> {
    Opened(Arc<Interchange>, D),
    GroupOpened(Arc<Group>),
    Set(S),
    GroupClosed { findings: Vec<Finding> },
    Closed { findings: Vec<Finding>, repairs: Vec<Repair>, end: u64 },
}

/// A window of a file.
#[derive(Debug)]
pub struct Window<D, S> {
    pub seen: Vec<Seen<D, S>>,
    /// The file has ended.
    pub last: bool,
}

/// Whoever judges what is read.
pub trait Judge {
    type Interchange;
    type Set;
    /// What stops the reading on our side: a failing disk, a database out of reach.
    type Stop: From<io::Error>;

    /// An interchange begins: whose is it, and is it to be read?
    ///
    /// # Errors
    /// When that cannot be known now. The window is void, and is read again.
    fn interchange(&mut self, interchange: &Arc<Interchange>) -> Result<Self::Interchange, Self::Stop>;

    /// A TA1 beside the groups.
    fn interchange_acknowledgement(&mut self, line: TransactionSet<'_>) -> Option<Self::Set>;

    /// A set. `None` where the interchange is not to be read.
    fn set(&mut self, group: &Group, header: &SetHeader, set: TransactionSet<'_>) -> Option<Self::Set>;
}

/// Where in the envelopes reading stands between two windows.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    pub group: Option<Arc<Group>>,
}

/// Reads one window.
///
/// # Errors
/// The source's own, and those of the judge.
pub fn read<R: io::Read, J: Judge>(
    reader: &mut Reader<R>,
    standing: &mut Standing,
    bounds: Bounds,
    judge: &mut J,
) -> Result<Window<J::Interchange, J::Set>, J::Stop> {
    let mut seen = Vec::new();
    let (mut sets, mut bytes) = (0, 0);
    while sets < bounds.sets && bytes < bounds.bytes {
        let Some(event) = reader.next_event()? else { return Ok(Window { seen, last: true }) };
        match event {
            Event::InterchangeOpened(interchange) => {
                let interchange = Arc::new(interchange.clone());
                let known = judge.interchange(&interchange)?;
                *standing = Standing::default();
                seen.push(Seen::Opened(interchange, known));
            }
            Event::InterchangeAcknowledgement(line) => {
                seen.extend(judge.interchange_acknowledgement(line).map(Seen::Set));
            }
            Event::GroupOpened(group) => {
                let group = Arc::new(group.clone());
                standing.group = Some(group.clone());
                seen.push(Seen::GroupOpened(group));
            }
            Event::Set(header, set) => {
                sets += 1;
                bytes += header.span.len();
                let group = standing.group.as_deref();
                seen.extend(group.and_then(|group| judge.set(group, header, set)).map(Seen::Set));
            }
            Event::GroupClosed { findings, .. } => {
                standing.group = None;
                seen.push(Seen::GroupClosed { findings });
            }
            Event::InterchangeClosed { findings, repairs, end, .. } => {
                *standing = Standing::default();
                seen.push(Seen::Closed { findings, repairs, end });
            }
        }
    }
    Ok(Window { seen, last: false })
}
