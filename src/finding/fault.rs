//! What a partner did, and how each standard says it.
//!
//! A fault speaks in three voices, each in its own table: wire codes in `codes`, a sentence in `sentence`, and what to
//! do about it in `explain`. This file knows only that the faults exist and what they are called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// At which level a fault is reported: it decides which code list speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// ISA, UNB: TA1 note codes (I18).
    Interchange,
    /// GS, UNG: AK905 (716).
    Group,
    /// ST, UNH: AK502 (718).
    Set,
    /// AK304 (720).
    Segment,
    /// AK403 (723).
    Element,
}

impl Level {
    /// The element of an acknowledgement whose code list speaks.
    pub fn element(self) -> &'static str {
        match self {
            Self::Interchange => "TA105",
            Self::Group => "AK905",
            Self::Set => "AK502",
            Self::Segment => "AK304",
            Self::Element => "AK403",
        }
    }
}

/// Which release of the X12 acknowledgement code lists is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rules {
    /// A 997 of 004010 or before: element codes 1 to 10.
    V4010,
    /// A 997 or 999 of 005010 and later: also repetitions and components.
    V5010,
}

/// What the partner did. Its [`Fault::name`] is stable: it stands in JSON, in `explain`, and in overlays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    // The envelopes.
    HeaderMalformed,
    TrailerMissing,
    TrailerUnexpected,
    ControlNumberMismatch,
    ControlNumberMissing,
    ControlNumberDuplicate,
    ControlNumberOutOfSequence,
    CountMismatch,
    CountMissing,
    DelimiterInvalid,
    VersionUnsupported,
    ReleaseUnknown,
    SenderUnknown,
    ReceiverUnknown,
    TestNotAgreed,
    InterchangeDuplicate,
    InterchangeTruncated,
    ContentOutside,
    GroupUnsupported,
    GroupEmpty,
    InterchangeEmpty,
    SetUnsupported,
    SetNotAgreed,
    SetIdentifierMissing,
    SetsMixed,
    EnvelopeMissing,
    // Segments.
    SegmentUnknown,
    SegmentUnexpected,
    SegmentMissing,
    SegmentOutOfOrder,
    SegmentTooOften,
    SegmentNotUsed,
    LoopTooOften,
    LoopMissing,
    HierarchyParentUnknown,
    HierarchyIdDuplicate,
    HierarchyParentMissing,
    // Elements.
    ElementMissing,
    ElementConditionalMissing,
    ElementExcluded,
    ElementNotUsed,
    ElementsTooMany,
    ComponentsTooMany,
    RepetitionsTooMany,
    ValueTooShort,
    ValueTooLong,
    CharacterInvalid,
    CodeInvalid,
    CodeUnknown,
    NumberInvalid,
    DateInvalid,
    TimeInvalid,
    // What a mapping sees.
    ValueInvalid,
    ValuesDisagree,
    ValueOverwritten,
    CheckDigitWrong,
    RuleBroken,
    // XML.
    XmlMalformed,
    XmlNotAllowed,
    RootUnknown,
    // Limits.
    LimitExceeded,
    FindingsTooMany,
    // Nearest grammar was used.
    ReleaseApproximated,
}

impl Fault {
    /// Every fault, in the order of this table: for `explain`, the reference and tests.
    pub const ALL: &'static [Fault] = &[
        Self::HeaderMalformed,
        Self::TrailerMissing,
        Self::TrailerUnexpected,
        Self::ControlNumberMismatch,
        Self::ControlNumberMissing,
        Self::ControlNumberDuplicate,
        Self::ControlNumberOutOfSequence,
        Self::CountMismatch,
        Self::CountMissing,
        Self::DelimiterInvalid,
        Self::VersionUnsupported,
        Self::ReleaseUnknown,
        Self::SenderUnknown,
        Self::ReceiverUnknown,
        Self::TestNotAgreed,
        Self::InterchangeDuplicate,
        Self::InterchangeTruncated,
        Self::ContentOutside,
        Self::GroupUnsupported,
        Self::GroupEmpty,
        Self::InterchangeEmpty,
        Self::SetUnsupported,
        Self::SetNotAgreed,
        Self::SetIdentifierMissing,
        Self::SetsMixed,
        Self::EnvelopeMissing,
        Self::SegmentUnknown,
        Self::SegmentUnexpected,
        Self::SegmentMissing,
        Self::SegmentOutOfOrder,
        Self::SegmentTooOften,
        Self::SegmentNotUsed,
        Self::LoopTooOften,
        Self::LoopMissing,
        Self::HierarchyParentUnknown,
        Self::HierarchyIdDuplicate,
        Self::HierarchyParentMissing,
        Self::ElementMissing,
        Self::ElementConditionalMissing,
        Self::ElementExcluded,
        Self::ElementNotUsed,
        Self::ElementsTooMany,
        Self::ComponentsTooMany,
        Self::RepetitionsTooMany,
        Self::ValueTooShort,
        Self::ValueTooLong,
        Self::CharacterInvalid,
        Self::CodeInvalid,
        Self::CodeUnknown,
        Self::NumberInvalid,
        Self::DateInvalid,
        Self::TimeInvalid,
        Self::ValueInvalid,
        Self::ValuesDisagree,
        Self::ValueOverwritten,
        Self::CheckDigitWrong,
        Self::RuleBroken,
        Self::XmlMalformed,
        Self::XmlNotAllowed,
        Self::RootUnknown,
        Self::LimitExceeded,
        Self::FindingsTooMany,
        Self::ReleaseApproximated,
    ];

    /// The stable name people and scripts know a fault by: `invalid-code`, `missing-segment`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HeaderMalformed => "malformed-header",
            Self::TrailerMissing => "missing-trailer",
            Self::TrailerUnexpected => "unexpected-trailer",
            Self::ControlNumberMismatch => "control-number-mismatch",
            Self::ControlNumberMissing => "missing-control-number",
            Self::ControlNumberDuplicate => "duplicate-control-number",
            Self::ControlNumberOutOfSequence => "control-number-out-of-sequence",
            Self::CountMismatch => "count-mismatch",
            Self::CountMissing => "missing-count",
            Self::DelimiterInvalid => "invalid-delimiter",
            Self::VersionUnsupported => "unsupported-version",
            Self::ReleaseUnknown => "unknown-release",
            Self::SenderUnknown => "unknown-sender",
            Self::ReceiverUnknown => "unknown-receiver",
            Self::TestNotAgreed => "test-not-agreed",
            Self::InterchangeDuplicate => "duplicate-interchange",
            Self::InterchangeTruncated => "truncated-interchange",
            Self::ContentOutside => "content-outside",
            Self::GroupUnsupported => "unsupported-group",
            Self::GroupEmpty => "empty-group",
            Self::InterchangeEmpty => "empty-interchange",
            Self::SetUnsupported => "unsupported-set",
            Self::SetNotAgreed => "set-not-agreed",
            Self::SetIdentifierMissing => "missing-set-identifier",
            Self::SetsMixed => "mixed-sets",
            Self::EnvelopeMissing => "missing-envelope",
            Self::SegmentUnknown => "unknown-segment",
            Self::SegmentUnexpected => "unexpected-segment",
            Self::SegmentMissing => "missing-segment",
            Self::SegmentOutOfOrder => "segment-out-of-order",
            Self::SegmentTooOften => "segment-too-often",
            Self::SegmentNotUsed => "segment-not-used",
            Self::LoopTooOften => "loop-too-often",
            Self::LoopMissing => "missing-loop",
            Self::HierarchyParentUnknown => "unknown-hierarchy-parent",
            Self::HierarchyIdDuplicate => "duplicate-hierarchy-id",
            Self::HierarchyParentMissing => "missing-hierarchy-parent",
            Self::ElementMissing => "missing-element",
            Self::ElementConditionalMissing => "missing-conditional-element",
            Self::ElementExcluded => "excluded-element",
            Self::ElementNotUsed => "element-not-used",
            Self::ElementsTooMany => "too-many-elements",
            Self::ComponentsTooMany => "too-many-components",
            Self::RepetitionsTooMany => "too-many-repetitions",
            Self::ValueTooShort => "value-too-short",
            Self::ValueTooLong => "value-too-long",
            Self::CharacterInvalid => "invalid-character",
            Self::CodeInvalid => "invalid-code",
            Self::CodeUnknown => "unknown-code",
            Self::NumberInvalid => "invalid-number",
            Self::DateInvalid => "invalid-date",
            Self::TimeInvalid => "invalid-time",
            Self::ValueInvalid => "invalid-value",
            Self::ValuesDisagree => "values-disagree",
            Self::ValueOverwritten => "value-overwritten",
            Self::CheckDigitWrong => "wrong-check-digit",
            Self::RuleBroken => "broken-rule",
            Self::XmlMalformed => "malformed-xml",
            Self::XmlNotAllowed => "xml-not-allowed",
            Self::RootUnknown => "unknown-root",
            Self::LimitExceeded => "limit-exceeded",
            Self::FindingsTooMany => "too-many-findings",
            Self::ReleaseApproximated => "release-approximated",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads a name back; the error names the nearest one.
impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name).ok_or_else(|| format!("\"{name}\" is not a fault"))
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
