//! What a partner did, and how each standard says it.
//!
//! One table, three voices: the X12 code (it depends on the level and on the release of the reply), the EDIFACT 0085
//! code, and a sentence. Sources: X12 004010 elements I18, 716, 718, 720, 723; 005010 the same; UN/EDIFACT 0085
//! (directory D.96A, service code list).

use serde::{Deserialize, Serialize};

use super::Finding;

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

/// Which release of the X12 acknowledgement code lists is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rules {
    /// A 997 of 004010 or before: element codes 1 to 10.
    V4010,
    /// A 997 or 999 of 005010 and later: also repetitions and components.
    V5010,
}

/// What the partner did. The kebab-case name is stable: it stands in JSON, in `explain`, and in overlays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
}

/// The sentence for people. Reads as `PO1-03 (segment 7) "XX" is not a code on the agreed list`.
pub(super) fn sentence(finding: &Finding) -> String {
    let _ = finding;
    todo!("the replies helper writes the table")
}
