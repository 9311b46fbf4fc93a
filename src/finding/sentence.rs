//! The sentence for people: where, what they sent, what is wrong with it, and what was expected.

use std::fmt::Write;

use super::{Fault, Finding};

/// `PO1-03 (segment 7) "XX" is not a code on the agreed list`.
///
/// Something missing is named first, with where it should stand: `segment BEG is missing: it should stand at segment 2`.
pub(super) fn sentence(finding: &Finding) -> String {
    let mut text = String::with_capacity(96);
    let place = &finding.place;
    match finding.fault {
        Fault::SegmentMissing => {
            match &*place.tag {
                "" => text.push_str("a segment is missing"),
                tag => {
                    let _ = write!(text, "segment {tag} is missing");
                }
            }
            where_it_should_stand(finding, "stand", &mut text);
        }
        Fault::LoopMissing => {
            let _ = write!(text, "loop {} is missing", place.loop_id.as_deref().unwrap_or(&place.tag));
            if place.segment > 0 {
                let _ = write!(text, ": it should start with {} at segment {}", place.tag, place.segment);
            }
        }
        Fault::TrailerMissing => {
            let _ = write!(text, "{} is missing", place.tag);
            where_it_should_stand(finding, "stand", &mut text);
        }
        fault => {
            let mut subject = place.to_string();
            if place.tag.is_empty() {
                // An acknowledgement may know a segment by its position only.
                subject = match (place.element, place.segment) {
                    (None, 0) => "this document".into(),
                    (None, position) => format!("segment {position}"),
                    _ => format!("element {}", subject.trim_start_matches('-')),
                };
            }
            if let Some(repetition) = place.repetition.filter(|&repetition| repetition > 1) {
                let _ = write!(subject, " repetition {repetition}");
            }
            text.push_str(&subject);
            if let Some(value) = &finding.value {
                let _ = write!(text, " {value:?}");
            }
            text.push(' ');
            text.push_str(predicate(fault));
            if let (Fault::LoopTooOften, Some(id)) = (fault, &place.loop_id) {
                let _ = write!(text, " (loop {id})");
            }
        }
    }
    if let Some(rule) = &finding.rule {
        let _ = write!(text, " ({rule})");
    }
    if let Some(expected) = &finding.expected {
        let _ = write!(text, "; expected {expected}");
    }
    text
}

fn where_it_should_stand(finding: &Finding, verb: &str, text: &mut String) {
    let place = &finding.place;
    if place.segment > 0 {
        let _ = write!(text, ": it should {verb} at segment {}", place.segment);
        if let Some(id) = place.loop_id.as_deref().filter(|&id| id != &*place.tag) {
            let _ = write!(text, " in loop {id}");
        }
    }
}

/// What is said of the place and its value.
fn predicate(fault: Fault) -> &'static str {
    match fault {
        Fault::HeaderMalformed => "does not follow the form of this header",
        Fault::TrailerUnexpected => "closes something that was never opened",
        Fault::ControlNumberMismatch => "is not the control number of the header",
        Fault::ControlNumberMissing => "has no control number",
        Fault::ControlNumberDuplicate => "repeats a control number that was used before",
        Fault::ControlNumberOutOfSequence => "is not the next control number",
        Fault::CountMismatch => "is not the number that was received",
        Fault::CountMissing => "holds no count",
        Fault::DelimiterInvalid => "cannot serve as a delimiter",
        Fault::VersionUnsupported => "is a version that is not supported",
        Fault::ReleaseUnknown => "is a release that was never published",
        Fault::SenderUnknown => "is not a sender we know",
        Fault::ReceiverUnknown => "is not a receiver we answer for",
        Fault::TestNotAgreed => "does not agree with whether test or production was agreed",
        Fault::InterchangeDuplicate => "has been received before",
        Fault::InterchangeTruncated => "ends before its trailer",
        Fault::ContentOutside => "stands outside any transaction set",
        Fault::GroupUnsupported => "is a functional group that is not supported",
        Fault::GroupEmpty => "opens a group without transaction sets",
        Fault::InterchangeEmpty => "opens an interchange without content",
        Fault::SetUnsupported => "is a transaction set that is not supported",
        Fault::SetNotAgreed => "is a transaction set that was not agreed",
        Fault::SetIdentifierMissing => "does not say which transaction set this is",
        Fault::SetsMixed => "does not belong into this group",
        Fault::EnvelopeMissing => "stands without an envelope around it",
        Fault::SegmentUnknown => "is not a segment of this standard",
        Fault::SegmentUnexpected => "has no place here",
        Fault::SegmentOutOfOrder => "stands out of order",
        Fault::SegmentTooOften => "occurs more often than allowed",
        Fault::SegmentNotUsed => "is not used in this transaction set",
        Fault::LoopTooOften => "starts its loop more often than allowed",
        Fault::HierarchyParentUnknown => "names a parent that no earlier HL has",
        Fault::HierarchyIdDuplicate => "repeats the id of an earlier HL",
        Fault::HierarchyParentMissing => "does not say which level this one belongs to",
        Fault::ElementMissing => "is missing",
        Fault::ElementConditionalMissing => "is missing, though other elements of the segment ask for it",
        Fault::ElementExcluded => "must not be given together with other elements of the segment",
        Fault::ElementNotUsed => "is not used here",
        Fault::ElementsTooMany => "is one element more than the segment has",
        Fault::ComponentsTooMany => "is one component more than the element has",
        Fault::RepetitionsTooMany => "repeats more often than allowed",
        Fault::ValueTooShort => "is too short",
        Fault::ValueTooLong => "is too long",
        Fault::CharacterInvalid => "holds a character that is not allowed here",
        Fault::CodeInvalid => "is not a code on the agreed list",
        Fault::CodeUnknown => "is not a code we know",
        Fault::NumberInvalid => "is not a number",
        Fault::DateInvalid => "is not a date",
        Fault::TimeInvalid => "is not a time",
        Fault::ValueInvalid => "is not a value this place can have",
        Fault::ValuesDisagree => "disagrees with the same value in another place",
        Fault::ValueOverwritten => "comes a second time; the first value counts",
        Fault::CheckDigitWrong => "has a wrong check digit",
        Fault::RuleBroken => "breaks a rule",
        Fault::XmlMalformed => "is not well-formed XML",
        Fault::XmlNotAllowed => "is XML that is not accepted",
        Fault::RootUnknown => "is not the root of a document we know",
        Fault::LimitExceeded => "exceeds a limit",
        Fault::FindingsTooMany => "has more findings than are listed",
        Fault::ReleaseApproximated => "has no grammar of its own; the nearest release was used",
        Fault::SegmentMissing | Fault::LoopMissing | Fault::TrailerMissing => "is missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Place, Span};

    #[test]
    fn sentences() {
        let element =
            |tag: &str, segment, position| Place::segment(tag, segment, Span::at(0)).element(position, Span::at(0));
        let mut in_loop = Place::segment("PO1", 9, Span::at(0));
        in_loop.loop_id = Some("SG25:LIN".into());
        let mut component = element("NAD", 12, 2);
        component.component = Some(1);
        let mut repeated = element("HI", 4, 1);
        repeated.repetition = Some(3);
        check(
            Finding::error(Fault::CodeInvalid, element("PO1", 7, 3)).with_value("XX"),
            "PO1-03 (segment 7) \"XX\" is not a code on the agreed list",
        );
        check(
            Finding::error(Fault::ValueTooLong, component).with_value("A\"B\n").expecting("1..3 characters"),
            "NAD-02-1 (segment 12) \"A\\\"B\\n\" is too long; expected 1..3 characters",
        );
        check(Finding::error(Fault::ElementMissing, element("BEG", 2, 3)), "BEG-03 (segment 2) is missing");
        check(
            Finding::error(Fault::SegmentMissing, Place::segment("BEG", 2, Span::at(0))),
            "segment BEG is missing: it should stand at segment 2",
        );
        check(
            Finding::error(Fault::SegmentMissing, in_loop),
            "segment PO1 is missing: it should stand at segment 9 in loop SG25:LIN",
        );
        check(Finding::error(Fault::TrailerMissing, Place::segment("IEA", 0, Span::at(0))), "IEA is missing");
        check(
            Finding::error(Fault::CountMismatch, element("SE", 27, 1)).with_value("26").expecting("27"),
            "SE-01 (segment 27) \"26\" is not the number that was received; expected 27",
        );
        check(
            Finding::error(Fault::CodeInvalid, repeated),
            "HI-01 (segment 4) repetition 3 is not a code on the agreed list",
        );
        check(
            Finding::error(Fault::InterchangeEmpty, Place::default()),
            "this document opens an interchange without content",
        );
    }

    #[test]
    fn every_fault_has_a_sentence() {
        for &fault in Fault::ALL {
            let text = Finding::error(fault, Place::segment("PO1", 7, Span::at(0))).message();
            assert!(text.contains("PO1") && text.len() > 12, "{fault}: {text}");
        }
    }

    fn check(finding: Finding, expected: &str) {
        assert_eq!(finding.message(), expected);
    }
}
