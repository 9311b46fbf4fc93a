//! A partner's differences from a grammar, as verbs with reasons; checked and applied at load.
//!
//! ```text
//! overlay 850 for ACME on x12/004010/850
//!   require  N1[ST]
//!   codes    N1/N101 only BY ST BT
//!   len      BEG/BEG03 ..30
//!   forbid   SAC
//!   max      REF 5
//!   tolerate segment-count until 2027-03-31 because "ticket 118"
//! ```

mod apply;
mod change;
mod conditional;
mod layer;
mod syntax;
mod tolerance;

pub use change::{Change, Effect};
pub(super) use conditional::Conditionals;
pub use syntax::parse;
pub use tolerance::Tolerance;

use std::ops::Range;

use jiff::civil::Date;

use super::Address;
use crate::finding::Fault;

/// One overlay file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// As mistakes name it.
    pub path: String,
    /// `850`: what it is called together with whom it is for.
    pub name: String,
    pub partner: String,
    /// The grammar it is laid over.
    pub base: Address,
    pub rules: Vec<Rule>,
}

/// One line of an overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub verb: Verb,
    /// The last day on which it holds.
    pub until: Option<Date>,
    pub because: Option<String>,
    /// Its bytes in the file.
    pub bytes: Range<usize>,
    /// The bytes of its address or fault.
    pub subject: Range<usize>,
}

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Require(String),
    Forbid(String),
    Max(String, u32),
    /// Only these codes.
    CodesOnly(String, Vec<String>),
    /// These codes too.
    CodesAlso(String, Vec<String>),
    /// From and to, where given.
    Len(String, Option<u16>, Option<u32>),
    Tolerate(Tolerated, Option<String>),
}

/// What is tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerated {
    Fault(Fault),
    /// The count in SE, UNT.
    SegmentCount,
    /// The count in GE, UNE.
    SetCount,
    /// The count in IEA, UNZ.
    GroupCount,
}

impl Tolerated {
    pub const COUNTS: [Self; 3] = [Self::SegmentCount, Self::SetCount, Self::GroupCount];

    /// As overlays spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fault(fault) => fault.name(),
            Self::SegmentCount => "segment-count",
            Self::SetCount => "set-count",
            Self::GroupCount => "group-count",
        }
    }

    /// What a word of `tolerate` means that is no fault; none for others.
    pub fn meaning_of(name: &str) -> Option<&'static str> {
        Some(match Self::COUNTS.into_iter().find(|count| count.name() == name)? {
            Self::SegmentCount => "The count of segments in SE or UNT (count-mismatch there).",
            Self::SetCount => "The count of sets in GE or UNE (count-mismatch there).",
            Self::GroupCount => "The count of groups in IEA or UNZ (count-mismatch there).",
            Self::Fault(_) => return None,
        })
    }
}
