//! What a fault is called on the wire: one visible `match` per standard and level, and the way back.
//!
//! Sources: X12 elements I18 (TA105), 716 (AK905), 718 (AK502), 720 (AK304) and 723 (AK403) as of 004010 and 005010;
//! UN/EDIFACT 0085 (directory D.96A, service code list). EDIFACT codes are taken from what syntax 3 and 4 both know
//! wherever one of those says it. A fault that a list has no word for gets the nearest word of that level.

use super::fault::{Fault, Level, Rules};
use super::place::Place;

impl Fault {
    /// The X12 code at a level. Every fault has one at every level: a fault of an element is `8` in a segment's AK304
    /// and `5` in a set's AK502.
    pub fn code_x12(self, level: Level, rules: Rules) -> &'static str {
        match level {
            Level::Interchange => self.interchange_code(),
            Level::Group => self.group_code(rules),
            Level::Set => self.set_code(rules),
            Level::Segment => self.segment_code(),
            Level::Element => self.element_code(rules),
        }
    }

    /// The EDIFACT 0085 code, the same at every level.
    pub fn code_edifact(self) -> &'static str {
        match self {
            Self::VersionUnsupported => "2",
            Self::ReceiverUnknown => "7",
            Self::HeaderMalformed
            | Self::ReleaseUnknown
            | Self::ControlNumberOutOfSequence
            | Self::HierarchyParentUnknown
            | Self::HierarchyIdDuplicate
            | Self::CodeInvalid
            | Self::CodeUnknown
            | Self::DateInvalid
            | Self::TimeInvalid
            | Self::ValueInvalid
            | Self::ValuesDisagree
            | Self::ValueOverwritten
            | Self::CheckDigitWrong
            | Self::RuleBroken => "12",
            Self::TrailerMissing
            | Self::ControlNumberMissing
            | Self::CountMissing
            | Self::InterchangeTruncated
            | Self::SetIdentifierMissing
            | Self::EnvelopeMissing
            | Self::SegmentMissing
            | Self::LoopMissing
            | Self::ElementMissing
            | Self::HierarchyParentMissing
            | Self::ElementConditionalMissing => "13",
            Self::GroupUnsupported | Self::SetUnsupported | Self::RootUnknown | Self::ReleaseApproximated => "14",
            Self::SegmentUnknown
            | Self::SegmentUnexpected
            | Self::SegmentOutOfOrder
            | Self::SegmentNotUsed
            | Self::ElementExcluded
            | Self::ElementNotUsed => "15",
            Self::ElementsTooMany | Self::ComponentsTooMany | Self::RepetitionsTooMany => "16",
            Self::SetNotAgreed => "17",
            Self::XmlMalformed | Self::XmlNotAllowed | Self::LimitExceeded | Self::FindingsTooMany => "18",
            Self::DelimiterInvalid => "20",
            Self::CharacterInvalid => "21",
            Self::SenderUnknown => "23",
            Self::TestNotAgreed => "25",
            Self::ControlNumberDuplicate | Self::InterchangeDuplicate => "26",
            Self::ControlNumberMismatch => "28",
            Self::CountMismatch => "29",
            Self::SetsMixed => "31",
            Self::GroupEmpty | Self::InterchangeEmpty => "32",
            Self::TrailerUnexpected | Self::ContentOutside => "33",
            Self::SegmentTooOften => "35",
            Self::LoopTooOften => "36",
            Self::NumberInvalid => "37",
            Self::ValueTooLong => "39",
            Self::ValueTooShort => "40",
        }
    }

    /// The level at which a fault is reported by itself. A fault of the envelopes belongs to the envelope whose segment
    /// it names, a fault of a value to its element.
    pub fn level(self, place: &Place) -> Level {
        let envelope = match &*place.tag {
            "ISA" | "IEA" | "ISB" | "ISE" | "TA1" | "UNA" | "UNB" | "UNZ" => Some(Level::Interchange),
            "GS" | "GE" | "UNG" | "UNE" => Some(Level::Group),
            "ST" | "SE" | "UNH" | "UNT" => Some(Level::Set),
            _ => None,
        };
        match (self, envelope) {
            (_, Some(level @ (Level::Interchange | Level::Group))) => level,
            (
                Self::InterchangeDuplicate | Self::InterchangeTruncated | Self::InterchangeEmpty | Self::ContentOutside,
                None,
            ) => Level::Interchange,
            (Self::GroupUnsupported | Self::GroupEmpty, _) => Level::Group,
            (
                Self::SetUnsupported
                | Self::SetNotAgreed
                | Self::SetIdentifierMissing
                | Self::SetsMixed
                | Self::FindingsTooMany
                | Self::ReleaseApproximated
                | Self::VersionUnsupported
                | Self::ReleaseUnknown
                | Self::TestNotAgreed,
                _,
            ) => Level::Set,
            (fault, Some(Level::Set)) if fault.is_of_envelope() => Level::Set,
            _ if place.element.is_some() => Level::Element,
            _ if place.segment == 0 && place.tag.is_empty() => Level::Set,
            _ => Level::Segment,
        }
    }

    /// Whether the fault is about headers, trailers, references and counts.
    pub fn is_of_envelope(self) -> bool {
        self < Self::SegmentUnknown
    }

    /// What a partner's X12 acknowledgement means by a code: the first fault of the table that has it.
    pub fn from_x12(level: Level, code: &str) -> Option<Self> {
        let code = code.trim_start_matches('0');
        preferred(level, code).or_else(|| {
            Self::ALL.iter().copied().find(|fault| {
                fault.code_x12(level, Rules::V5010).trim_start_matches('0') == code
                    || fault.code_x12(level, Rules::V4010).trim_start_matches('0') == code
            })
        })
    }

    /// What a partner's CONTRL means by a 0085 code.
    pub fn from_edifact(code: &str) -> Option<Self> {
        match code.trim_start_matches('0') {
            "12" => Some(Self::ValueInvalid),
            "13" => Some(Self::ElementMissing),
            "14" => Some(Self::SetUnsupported),
            "15" => Some(Self::SegmentUnexpected),
            "18" => Some(Self::RuleBroken),
            "19" => Some(Self::NumberInvalid),
            "1" | "22" => Some(Self::DelimiterInvalid),
            "3" => Some(Self::SetUnsupported),
            "4" => Some(Self::HeaderMalformed),
            "5" => Some(Self::CountMismatch),
            "6" => Some(Self::SegmentMissing),
            "8" => Some(Self::ElementsTooMany),
            "9" => Some(Self::ElementMissing),
            "10" | "38" => Some(Self::ValueInvalid),
            "30" => Some(Self::SetsMixed),
            "45" => Some(Self::ElementsTooMany),
            "46" => Some(Self::CharacterInvalid),
            "48" => Some(Self::ElementConditionalMissing),
            code => Self::ALL.iter().copied().find(|fault| fault.code_edifact() == code),
        }
    }

    /// TA105, element I18.
    fn interchange_code(self) -> &'static str {
        match self {
            Self::ControlNumberMismatch => "001",
            Self::VersionUnsupported | Self::ReleaseUnknown | Self::ReleaseApproximated => "003",
            Self::SenderUnknown => "006",
            Self::ReceiverUnknown => "009",
            Self::DateInvalid => "014",
            Self::TimeInvalid => "015",
            Self::ControlNumberMissing | Self::ControlNumberOutOfSequence => "018",
            Self::TestNotAgreed => "020",
            Self::CountMismatch | Self::CountMissing => "021",
            Self::TrailerMissing | Self::InterchangeTruncated => "023",
            Self::ContentOutside
            | Self::GroupUnsupported
            | Self::GroupEmpty
            | Self::InterchangeEmpty
            | Self::SetUnsupported
            | Self::SetNotAgreed
            | Self::LimitExceeded => "024",
            Self::ControlNumberDuplicate | Self::InterchangeDuplicate => "025",
            Self::DelimiterInvalid => "026",
            _ => "022",
        }
    }

    /// AK905, element 716.
    fn group_code(self, rules: Rules) -> &'static str {
        match self {
            Self::VersionUnsupported | Self::ReleaseUnknown | Self::ReleaseApproximated => "2",
            Self::TrailerMissing | Self::InterchangeTruncated => "3",
            Self::ControlNumberMismatch => "4",
            // A set that lost its header is one fewer than was said.
            Self::CountMismatch | Self::CountMissing | Self::GroupEmpty | Self::TrailerUnexpected => "5",
            Self::ControlNumberDuplicate if rules == Rules::V5010 => "19",
            Self::ControlNumberMissing | Self::ControlNumberDuplicate | Self::ControlNumberOutOfSequence => "6",
            _ => "1",
        }
    }

    /// AK502 and IK502, elements 718 and 618.
    fn set_code(self, rules: Rules) -> &'static str {
        match self {
            Self::SetUnsupported
            | Self::SetNotAgreed
            | Self::VersionUnsupported
            | Self::ReleaseUnknown
            | Self::ReleaseApproximated
            | Self::TestNotAgreed
            | Self::GroupUnsupported
            | Self::RootUnknown => "1",
            Self::TrailerMissing | Self::InterchangeTruncated => "2",
            Self::ControlNumberMismatch => "3",
            Self::CountMismatch | Self::CountMissing => "4",
            Self::SetsMixed if rules == Rules::V5010 => "18",
            Self::SetIdentifierMissing | Self::SetsMixed | Self::HeaderMalformed => "6",
            Self::ControlNumberMissing | Self::ControlNumberOutOfSequence => "7",
            Self::ControlNumberDuplicate => "23",
            _ => "5",
        }
    }

    /// AK304 and IK304, elements 720 and 620.
    fn segment_code(self) -> &'static str {
        match self {
            Self::SegmentUnknown => "1",
            Self::SegmentUnexpected | Self::TrailerUnexpected | Self::ContentOutside => "2",
            Self::SegmentMissing | Self::LoopMissing | Self::TrailerMissing | Self::EnvelopeMissing => "3",
            Self::LoopTooOften => "4",
            Self::SegmentTooOften => "5",
            Self::SegmentNotUsed => "6",
            Self::SegmentOutOfOrder => "7",
            _ => "8",
        }
    }

    /// AK403 and IK403, elements 723 and 621. A 004010 list ends at 10.
    fn element_code(self, rules: Rules) -> &'static str {
        match self {
            Self::ElementMissing | Self::ControlNumberMissing | Self::CountMissing | Self::SetIdentifierMissing => "1",
            Self::ElementConditionalMissing | Self::HierarchyParentMissing => "2",
            Self::RepetitionsTooMany if rules == Rules::V5010 => "12",
            Self::ComponentsTooMany if rules == Rules::V5010 => "13",
            Self::ElementsTooMany | Self::ComponentsTooMany | Self::RepetitionsTooMany => "3",
            Self::ValueTooShort => "4",
            Self::ValueTooLong | Self::LimitExceeded => "5",
            Self::CharacterInvalid | Self::NumberInvalid => "6",
            Self::DateInvalid => "8",
            Self::TimeInvalid => "9",
            Self::ElementExcluded | Self::ElementNotUsed => "10",
            _ => "7",
        }
    }
}

/// The fault that a code most likely means, where several share it.
fn preferred(level: Level, code: &str) -> Option<Fault> {
    let fault = match (level, code) {
        (Level::Interchange, "2" | "16" | "17") => Fault::VersionUnsupported,
        (Level::Interchange, "4" | "26" | "27" | "32" | "34") => Fault::DelimiterInvalid,
        (Level::Interchange, "5") => Fault::SenderUnknown,
        (Level::Interchange, "7" | "8") => Fault::ReceiverUnknown,
        (Level::Interchange, "10" | "11" | "12" | "13" | "19") => Fault::HeaderMalformed,
        (Level::Interchange, "23") => Fault::InterchangeTruncated,
        (Level::Interchange, "25") => Fault::InterchangeDuplicate,
        (Level::Group, "1") => Fault::GroupUnsupported,
        (Level::Set, "1") => Fault::SetUnsupported,
        (Level::Set, "5") => Fault::ValueInvalid,
        (Level::Set, "6") => Fault::SetIdentifierMissing,
        (Level::Segment, "2") => Fault::SegmentUnexpected,
        (Level::Segment, "3") => Fault::SegmentMissing,
        (Level::Segment, "8") => Fault::ValueInvalid,
        (Level::Segment, "I4") => Fault::SegmentNotUsed,
        (Level::Segment, "I6" | "I7" | "I8") => Fault::SegmentMissing,
        (Level::Segment, "I9") => Fault::SegmentUnexpected,
        (Level::Element, "1" | "I9") => Fault::ElementMissing,
        (Level::Element, "3") => Fault::ElementsTooMany,
        (Level::Element, "5") => Fault::ValueTooLong,
        (Level::Element, "6") => Fault::CharacterInvalid,
        (Level::Element, "7" | "I6") => Fault::CodeInvalid,
        (Level::Element, "10") => Fault::ElementExcluded,
        (Level::Element, "I10" | "I13") => Fault::ElementNotUsed,
        (Level::Element, "I12") => Fault::ValueInvalid,
        _ => return None,
    };
    Some(fault)
}

/// AK905 says which element of GS is wrong where the list has a word for it; GS06 has one of its own, GS08 the version's.
pub(super) fn group_code_at(fault: Fault, element: Option<u16>, rules: Rules) -> &'static str {
    match element {
        Some(6) if !fault.is_of_envelope() => "6",
        Some(8) if !fault.is_of_envelope() => "2",
        _ => fault.group_code(rules),
    }
}

/// TA105 says which element of ISA is wrong where the list has a word for it.
pub(super) fn interchange_code_at(fault: Fault, element: Option<u16>) -> &'static str {
    let of_value = !fault.is_of_envelope() || matches!(fault, Fault::HeaderMalformed | Fault::DelimiterInvalid);
    match element {
        Some(1) if of_value => "010",
        Some(2) if of_value => "011",
        Some(3) if of_value => "012",
        Some(4) if of_value => "013",
        Some(5) if of_value => "005",
        Some(6) if of_value => "006",
        Some(7) if of_value => "007",
        Some(8) if of_value => "008",
        Some(9) if of_value => "014",
        Some(10) if of_value => "015",
        Some(11) if of_value => "016",
        Some(12) if of_value || matches!(fault, Fault::VersionUnsupported) => "017",
        Some(13) if of_value => "018",
        Some(14) if of_value => "019",
        Some(15) if of_value => "020",
        Some(16) if of_value => "027",
        _ => fault.interchange_code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Span;

    const LEVELS: [Level; 5] = [Level::Interchange, Level::Group, Level::Set, Level::Segment, Level::Element];

    /// Codes a 004010 acknowledgement may hold, by level.
    fn list(level: Level, rules: Rules) -> Vec<String> {
        let numbers = |range: std::ops::RangeInclusive<u32>| range.map(|n| n.to_string()).collect::<Vec<_>>();
        match (level, rules) {
            (Level::Interchange, _) => (0..=31).map(|n| format!("{n:03}")).collect(),
            (Level::Group, Rules::V4010) => numbers(1..=6),
            (Level::Group, Rules::V5010) => [numbers(1..=6), numbers(10..=19)].concat(),
            (Level::Set, Rules::V4010) => [numbers(1..=13), numbers(23..=27)].concat(),
            (Level::Set, Rules::V5010) => [numbers(1..=13), numbers(15..=19), numbers(23..=27)].concat(),
            (Level::Segment, _) => numbers(1..=8),
            (Level::Element, Rules::V4010) => numbers(1..=10),
            (Level::Element, Rules::V5010) => [numbers(1..=10), numbers(12..=13)].concat(),
        }
    }

    #[test]
    fn every_code_is_on_its_list() {
        for &fault in Fault::ALL {
            for level in LEVELS {
                for rules in [Rules::V4010, Rules::V5010] {
                    let code = fault.code_x12(level, rules);
                    assert!(list(level, rules).contains(&code.to_owned()), "{fault} {level:?} {rules:?}: {code}");
                }
            }
            let edifact: u32 = fault.code_edifact().parse().expect("0085 codes are numbers");
            assert!((1..=43).contains(&edifact), "{fault}: {edifact}");
        }
    }

    #[test]
    fn codes_lead_back_to_a_fault_that_has_them() {
        for level in LEVELS {
            for rules in [Rules::V4010, Rules::V5010] {
                for &fault in Fault::ALL {
                    let code = fault.code_x12(level, rules);
                    let back = Fault::from_x12(level, code).unwrap_or_else(|| panic!("{level:?} {code} leads nowhere"));
                    let again = [Rules::V4010, Rules::V5010].map(|rules| back.code_x12(level, rules));
                    let same_meaning = again.contains(&code) || (level, code) == (Level::Interchange, "026");
                    assert!(same_meaning, "{level:?} {code} leads to {back}, which says {again:?}");
                }
            }
        }
        for &fault in Fault::ALL {
            assert!(Fault::from_edifact(fault.code_edifact()).is_some());
        }
    }

    #[test]
    fn levels() {
        for (fault, tag, segment, element, expected) in [
            (Fault::CountMismatch, "SE", 27, Some(1), Level::Set),
            (Fault::CountMismatch, "GE", 0, Some(1), Level::Group),
            (Fault::CountMismatch, "IEA", 0, Some(1), Level::Interchange),
            (Fault::TrailerMissing, "UNT", 9, None, Level::Set),
            (Fault::CodeInvalid, "PO1", 7, Some(3), Level::Element),
            (Fault::SegmentMissing, "BEG", 2, None, Level::Segment),
            (Fault::HeaderMalformed, "ISA", 0, Some(6), Level::Interchange),
            (Fault::SetUnsupported, "ST", 1, Some(1), Level::Set),
            (Fault::ValueTooLong, "ST", 1, Some(2), Level::Element),
        ] {
            let mut place = Place::segment(tag, segment, Span::default());
            place.element = element;
            assert_eq!(fault.level(&place), expected, "{fault} at {tag}");
        }
    }
}
