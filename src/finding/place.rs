//! Where something stands, said in the partner's terms and in bytes of the stored interchange.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A half-open range of bytes in the stored document, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Span {
    pub start: u64,
    pub end: u64,
}

impl Span {
    pub const fn new(start: u64, end: u64) -> Self {
        Self { start, end }
    }

    /// The empty range at `at`: where something is missing.
    pub const fn at(at: u64) -> Self {
        Self { start: at, end: at }
    }

    pub const fn len(self) -> u64 {
        self.end - self.start
    }

    pub const fn is_empty(self) -> bool {
        self.end == self.start
    }
}

impl From<(u64, u64)> for Span {
    fn from((start, end): (u64, u64)) -> Self {
        Self { start, end }
    }
}

impl From<Span> for (u64, u64) {
    fn from(span: Span) -> Self {
        (span.start, span.end)
    }
}

/// A place in a document. Positions count from 1; `segment` counts from ST or UNH and is 0 outside a transaction set.
///
/// For something *missing* the place names the missing thing, `segment` is the position where it should stand, and
/// `bytes` is empty at that point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The segment's tag as on the wire (`PO1`, `NAD`), or the XML element path.
    pub tag: Box<str>,
    pub segment: u32,
    pub element: Option<u16>,
    pub component: Option<u16>,
    pub repetition: Option<u16>,
    /// The loop or segment group the segment stands in, by its trigger (`PO1`, `SG25:LIN`).
    #[serde(rename = "loop", default, skip_serializing_if = "Option::is_none")]
    pub loop_id: Option<Box<str>>,
    pub bytes: Span,
}

impl Place {
    /// A place that is a whole segment.
    pub fn segment(tag: impl Into<Box<str>>, position: u32, bytes: Span) -> Self {
        Self { tag: tag.into(), segment: position, bytes, ..Self::default() }
    }

    /// The same segment, at one of its elements.
    #[must_use]
    pub fn element(mut self, position: u16, bytes: Span) -> Self {
        self.element = Some(position);
        self.bytes = bytes;
        self
    }
}

/// `PO1-03 (segment 7)`, `NAD-02-1 (segment 12)`, `ISA-13`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tag)?;
        if let Some(element) = self.element {
            write!(f, "-{element:02}")?;
        }
        if let Some(component) = self.component {
            write!(f, "-{component}")?;
        }
        if self.segment > 0 {
            write!(f, " (segment {})", self.segment)?;
        }
        Ok(())
    }
}
