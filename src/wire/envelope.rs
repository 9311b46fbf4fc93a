//! The envelopes around transaction sets: interchange and group headers, as values.

use serde::{Deserialize, Serialize};

use super::{Charset, Delimiters, Syntax};
use crate::finding::{Finding, Span};

/// Who, on the wire: a qualifier (may be empty) and an id, trimmed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    pub qualifier: String,
    pub id: String,
}

/// ISA or UNB, and what reading it showed. A message without an interchange has `header: None` in all but its syntax.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interchange {
    pub syntax: Syntax,
    /// `00401`, `UNOC:3`.
    pub version: String,
    pub sender: Option<Identity>,
    pub receiver: Option<Identity>,
    /// ISA13, UNB 0020; empty where there is no header.
    pub control_number: String,
    /// Date and time as written (ISA09/10, UNB S004).
    pub date: String,
    pub time: String,
    /// ISA15 = T, UNB 0035 = 1.
    pub test: bool,
    /// ISA14 = 1, UNB 0031 = 1.
    pub acknowledgement_requested: bool,
    /// UNB 0026 or 0032 where given.
    pub agreement: Option<String>,
    pub delimiters: Delimiters,
    pub charset: Charset,
    pub repairs: Vec<Repair>,
    /// Findings of the header; those of the trailer come with [`super::Event::InterchangeClosed`].
    pub findings: Vec<Finding>,
    /// The header segment's elements as written (ISA01.. or UNB's), for replies that must echo them.
    pub elements: Vec<String>,
    pub span: Span,
}

/// GS or UNG. EDIFACT without groups has one implicit group with `control_number: None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub control_number: Option<String>,
    /// GS01, UNG 0038; empty for the implicit group.
    pub functional_id: String,
    /// GS08, UNG S008.
    pub version: String,
    /// GS02/GS03, UNG S006/S007.
    pub sender: Option<Identity>,
    pub receiver: Option<Identity>,
    pub date: String,
    pub time: String,
    pub findings: Vec<Finding>,
    pub span: Span,
}

/// ST or UNH, as read from the set's first segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetHeader {
    /// `850`, `ORDERS`.
    pub kind: String,
    /// `004010` (the first six characters of GS08), or `D:96A:UN:EAN008`.
    pub release: String,
    /// ST02, UNH 0062.
    pub control_number: String,
    /// ST03 (005010 and later) or the rest of GS08 after six characters, or UNH 0057: what names an overlay.
    pub convention: Option<String>,
    /// Segments from ST to SE or UNH to UNT, both counted, empty segments not.
    pub segments: u32,
    /// Envelope findings of this set: missing trailer, wrong count, wrong or repeated control number.
    pub findings: Vec<Finding>,
    pub span: Span,
    /// Whether its interchange says that it is a test (ISA15, UNB 0035).
    pub test: bool,
    /// What was put up with in its interchange before it, and in the set itself.
    pub repairs: Vec<Repair>,
}

/// What reading had to put up with, with its place. An agreement can forbid it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// `byte-order-mark`, `line-wrapped`, `isa-not-106`, `padding`, `trailing-junk`, `empty-segment`, ...
    pub kind: RepairKind,
    pub bytes: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepairKind {
    ByteOrderMark,
    LineWrapped,
    #[serde(rename = "isa-not-106")]
    IsaNot106,
    Padding,
    LeadingJunk,
    TrailingJunk,
    EmptySegment,
    TerminatorMissing,
    Transcoded,
    /// UNA without its reserved blank.
    #[serde(rename = "una-not-9")]
    UnaNot9,
}

impl RepairKind {
    /// As partner files and answers spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "byte-order-mark",
            Self::LineWrapped => "line-wrapped",
            Self::IsaNot106 => "isa-not-106",
            Self::Padding => "padding",
            Self::LeadingJunk => "leading-junk",
            Self::TrailingJunk => "trailing-junk",
            Self::EmptySegment => "empty-segment",
            Self::TerminatorMissing => "terminator-missing",
            Self::Transcoded => "transcoded",
            Self::UnaNot9 => "una-not-9",
        }
    }

    /// Each with the word it goes by, and what was put up with.
    pub const TOLD: [(&str, &str); 10] = [
        (
            "byte-order-mark",
            "The file begins with a byte-order mark, which stands before no interchange; it was skipped.",
        ),
        ("line-wrapped", "Lines were cut at a fixed length, in the middle of segments; the cuts were taken out."),
        (
            "isa-not-106",
            "ISA is not 106 bytes long: an element lacks its padding, or has too much; it was read by its separators.",
        ),
        ("padding", "Blanks or line ends stand where none belong, as behind a terminator; they were skipped."),
        ("leading-junk", "Something stands before the interchange that is none; it was skipped."),
        ("trailing-junk", "Something stands behind the interchange that is none; it was skipped."),
        ("empty-segment", "Two terminators stand together; the segment without anything between them was skipped."),
        ("terminator-missing", "The last segment has no terminator; it was read as if it had one."),
        (
            "transcoded",
            "The bytes are in another character set than the header says, such as UTF-16; they were converted.",
        ),
        ("una-not-9", "UNA is not nine characters long: its reserved blank is missing; it was read all the same."),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repair_is_told() {
        let unknown = serde_json::from_value::<RepairKind>("none".into()).unwrap_err().to_string();
        let known = unknown.split_once("expected one of ").map_or("", |(_, known)| known).split(", ").count();
        assert_eq!(known, RepairKind::TOLD.len(), "{unknown}");
        for (word, meaning) in RepairKind::TOLD {
            assert!(serde_json::from_value::<RepairKind>(word.into()).is_ok() && meaning.ends_with('.'), "{word}");
        }
    }
}
