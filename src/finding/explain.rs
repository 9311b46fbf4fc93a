//! What each fault means, what the partner is told, and what to do next: `entrepot explain CODE` and the reference.

use std::fmt;

use super::{Fault, Level, Rules};

/// All there is to say about one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub fault: Fault,
    pub meaning: &'static str,
    /// The codes an acknowledgement carries, level by level.
    pub told: String,
    pub next: &'static str,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.fault)?;
        writeln!(f, "  What it means: {}", self.meaning)?;
        writeln!(f, "  What the partner is told: {}", self.told)?;
        write!(f, "  What to do: {}", self.next)
    }
}

/// Explains a fault by its name (`invalid-code`), or what an acknowledgement says by element and code: `TA105:025`,
/// `AK905:4`, `AK502:5`, `AK304:8`, `AK403:7`, the `IK` elements of a 999, and `0085:12` of a CONTRL. `None` where it is none of these.
pub fn explain(code: &str) -> Option<Explanation> {
    let fault = match code.split_once([':', '/', ' ']) {
        None => code.to_lowercase().parse().ok()?,
        Some((element, code)) => match level_of(element) {
            Some(level) => Fault::from_x12(level, code)?,
            None if matches!(&*element.to_uppercase(), "0085" | "UCI05" | "UCF05" | "UCM04" | "UCS02" | "UCD01") => {
                Fault::from_edifact(code)?
            }
            None => return None,
        },
    };
    let (meaning, next) = fault.texts();
    Some(Explanation { fault, meaning, told: told(fault), next })
}

/// Explains an X12 code of which only the number is known, at each level whose list has it.
pub fn explain_x12(code: &str) -> Vec<(Level, Explanation)> {
    let is_note = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    let levels: &[Level] = match is_note {
        true => &[Level::Interchange],
        false => &[Level::Group, Level::Set, Level::Segment, Level::Element],
    };
    let at = |level: &Level| Some((*level, explain(&format!("{}:{code}", level.element()))?));
    levels.iter().filter_map(at).collect()
}

/// What a partner's acknowledgement says and ours never does: no error, deferred delivery, and X12's security, which nobody
/// here uses.
pub fn explain_foreign(code: &str) -> Option<&'static str> {
    let (element, code) = code.split_once([':', '/', ' '])?;
    match (level_of(element)?, code.trim_start_matches('0')) {
        (Level::Interchange, "") => Some("No error: the interchange was accepted."),
        (Level::Interchange, "28" | "29" | "30" | "31") => Some(
            "A date, time or grade of service of deferred delivery is wrong. Nothing here asks for deferred delivery.",
        ),
        (Level::Group, "10" | "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "23" | "24" | "25" | "26")
        | (Level::Set, "8" | "9" | "10" | "11" | "12" | "13" | "15" | "16" | "17" | "24" | "25" | "26" | "27") => Some(
            "The partner could not decrypt or authenticate by X12 security (S1S to S4E). Nothing here uses it: ask the partner.",
        ),
        (Level::Set, "19") => Some("ST03 names an implementation convention that the partner does not support."),
        _ => None,
    }
}

fn level_of(element: &str) -> Option<Level> {
    Some(match &*element.to_uppercase() {
        "TA105" | "I18" => Level::Interchange,
        "AK905" | "716" => Level::Group,
        "AK502" | "IK502" | "718" | "618" => Level::Set,
        "AK304" | "IK304" | "720" | "620" => Level::Segment,
        "AK403" | "IK403" | "723" | "621" => Level::Element,
        _ => return None,
    })
}

/// The codes of every level at which a fault can be reported.
fn told(fault: Fault) -> String {
    let x12 = |level| fault.code_x12(level, Rules::V5010);
    let codes = match fault {
        Fault::XmlMalformed | Fault::XmlNotAllowed | Fault::RootUnknown => {
            return "nothing on the wire; the document is held with this reason".into();
        }
        Fault::FindingsTooMany | Fault::ReleaseApproximated => format!("AK502 {} (X12)", x12(Level::Set)),
        fault if fault.is_of_envelope() => format!(
            "TA105 {} (of a warning too, with TA104 E), AK905 {} or AK502 {} (X12, by the envelope concerned)",
            x12(Level::Interchange),
            x12(Level::Group),
            x12(Level::Set)
        ),
        fault if matches!(x12(Level::Segment), "8") => {
            let old = fault.code_x12(Level::Element, Rules::V4010);
            let new = x12(Level::Element);
            let element = if old == new { new.to_owned() } else { format!("{new}, before 005010 {old}") };
            format!("AK304 8 with AK403 {element} (X12)")
        }
        _ => format!("AK304 {} (X12)", x12(Level::Segment)),
    };
    format!("{codes}, 0085 {} (EDIFACT); only errors are told, warnings stay here", fault.code_edifact())
}

impl Fault {
    /// What the fault means and what to do next.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::HeaderMalformed => (
                "An envelope header (ISA, GS, ST, UNB, UNG, UNH) lacks elements or holds values of the wrong form.",
                "Ask the partner to correct the header; the place names the element.",
            ),
            Self::TrailerMissing => (
                "An envelope was opened and never closed: SE, GE, IEA, UNT, UNE or UNZ is missing.",
                "The file was often cut during transfer: ask for it again. What was complete has been read.",
            ),
            Self::TrailerUnexpected => (
                "A trailer stands where nothing is open.",
                "Usually a doubled trailer: tell the partner. An agreement can tolerate it.",
            ),
            Self::ControlNumberMismatch => (
                "The trailer repeats another control number than its header gave.",
                "Two envelopes may have been mixed up: ask the partner to send again with matching numbers.",
            ),
            Self::ControlNumberMissing => (
                "A header has no control number, so nothing can be acknowledged by it.",
                "Ask the partner to number every interchange, group and transaction set.",
            ),
            Self::ControlNumberDuplicate => (
                "Two envelopes side by side bear the same control number.",
                "Ask the partner to number them apart; an acknowledgement cannot tell them from each other.",
            ),
            Self::ControlNumberOutOfSequence => (
                "The control number is not the next after the last one received from this partner.",
                "An interchange may be missing or late: compare with the partner what was sent.",
            ),
            Self::CountMismatch => (
                "A trailer counts other segments, sets or groups than were received.",
                "Content may have been lost: ask for the document again. An agreement can tolerate wrong counts.",
            ),
            Self::CountMissing => (
                "A trailer holds no count, so completeness cannot be proved.",
                "Ask the partner to fill the count, or tolerate this fault in the agreement.",
            ),
            Self::DelimiterInvalid => (
                "A character chosen as delimiter is a letter, digit or blank, or serves two purposes.",
                "Ask the partner to choose other delimiters, for instance * > ~ in X12.",
            ),
            Self::VersionUnsupported => (
                "The envelope names a version of the standard that is not supported.",
                "Agree on a supported version, or add a grammar for this one.",
            ),
            Self::ReleaseUnknown => (
                "The group or message names a release that X12 or the United Nations never published, so that nothing says by which rules it is to be read. It was read by the nearest release all the same.",
                "Ask the partner which release is meant (GS08, UNH 0054); where it always says this one, `tolerate` \"unknown-release\" and it is read by the nearest.",
            ),
            Self::SenderUnknown => (
                "No partner file claims the sender's identity.",
                "Add the identity to a partner file; the document is held and can be replayed then.",
            ),
            Self::ReceiverUnknown => (
                "The interchange is addressed to an identity that is not one of ours.",
                "If it is ours, add it to `[us]` in entrepot.toml; if not, tell the sender.",
            ),
            Self::TestNotAgreed => (
                "The interchange is marked as test where production was agreed, or the other way round.",
                "Correct the usage indicator (ISA15, UNB 0035) or the agreement's `usage`.",
            ),
            Self::InterchangeDuplicate => (
                "An interchange with this control number came from this partner before.",
                "Nothing is applied twice. If it is a new document, the partner must give it a new number.",
            ),
            Self::InterchangeTruncated => (
                "The file ends in the middle of an interchange.",
                "Ask for the file again; complete transaction sets before the cut have been read.",
            ),
            Self::ContentOutside => (
                "Segments stand outside any transaction set or group.",
                "They were not read as part of a document: ask the partner what they are.",
            ),
            Self::GroupUnsupported => (
                "The functional group's kind is not supported, or its header cannot be used.",
                "Compare GS01 with what was agreed.",
            ),
            Self::GroupEmpty => (
                "A functional group holds no transaction set.",
                "Harmless unless something is missing: ask the partner.",
            ),
            Self::InterchangeEmpty => (
                "An interchange holds no group and no message.",
                "Harmless unless something is missing: ask the partner.",
            ),
            Self::SetUnsupported => (
                "There is no grammar for this kind of transaction set or message.",
                "Add a grammar and a map, then replay; or tell the partner not to send it.",
            ),
            Self::SetNotAgreed => (
                "The agreement with this partner does not include this kind of transaction set.",
                "Add it to the partner file and replay; or tell the partner not to send it.",
            ),
            Self::SetIdentifierMissing => (
                "The set's header does not say what kind of document it is.",
                "Ask the partner to fill ST01 or UNH S009.",
            ),
            Self::SetsMixed => (
                "A group holds a set that belongs into another kind of group.",
                "Ask the partner to put each kind of set into its own group.",
            ),
            Self::EnvelopeMissing => (
                "A transaction set or group came without the envelope around it.",
                "It has been read all the same, but sender and receiver are unknown: ask for the whole file.",
            ),
            Self::SegmentUnknown => (
                "The tag is not a segment of this standard and release.",
                "Look for a stray terminator in the data before it; else ask the partner.",
            ),
            Self::SegmentUnexpected => (
                "The segment exists in this set, but not at this place.",
                "Compare with the grammar: `entrepot grammar explain` shows what may follow here.",
            ),
            Self::SegmentMissing => (
                "A required segment does not stand where the grammar asks for it.",
                "Ask the partner to send it. An overlay can lift the requirement for one partner.",
            ),
            Self::SegmentOutOfOrder => (
                "The segment belongs to this set and loop, but earlier.",
                "Ask the partner to keep the order of the standard.",
            ),
            Self::SegmentTooOften => (
                "The segment occurs more often than the grammar allows at this place.",
                "Ask the partner, or raise the limit with `max` in an overlay.",
            ),
            Self::SegmentNotUsed => (
                "The segment exists in the standard, but this transaction set or this partner's overlay does not use it.",
                "Ask the partner to leave it out, or lift `forbid` in the overlay.",
            ),
            Self::LoopTooOften => (
                "A loop starts more often than the grammar allows.",
                "Ask the partner to split the document, or raise the limit with `max` in an overlay.",
            ),
            Self::LoopMissing => (
                "A required loop does not start where the grammar asks for it.",
                "Ask the partner to send it. An overlay can lift the requirement for one partner.",
            ),
            Self::HierarchyParentUnknown => (
                "An HL segment names a parent (HL02) that no earlier HL has as its id (HL01).",
                "Ask the partner to number the hierarchy from the top down; the level was read as standing at the top.",
            ),
            Self::HierarchyParentMissing => (
                "A level that is never the first of a document names no parent, so that it belongs to nothing.",
                "The standard lets HL02 be empty: it is no error, and the level is read without what stands above it. Ask \
                 the partner to fill it.",
            ),
            Self::HierarchyIdDuplicate => {
                ("Two HL segments have the same id (HL01).", "Ask the partner to number every HL once.")
            }
            Self::ElementMissing => ("A mandatory element or component is empty.", "Ask the partner to fill it."),
            Self::ElementConditionalMissing => (
                "An element is empty that a syntax note of the segment asks for, because another one is given or missing.",
                "`expected` names the note: P all or none, R at least one, C if the first then all, L if the first then one.",
            ),
            Self::ElementExcluded => (
                "Two elements are given of which a syntax note (E) allows at most one.",
                "Ask the partner to leave one out.",
            ),
            Self::ElementNotUsed => (
                "An element is given that this partner's overlay forbids.",
                "Ask the partner to leave it out, or lift `forbid` in the overlay.",
            ),
            Self::ElementsTooMany => (
                "The segment has more elements than the standard defines.",
                "Look for an element separator inside the data; else ask the partner.",
            ),
            Self::ComponentsTooMany => (
                "An element has more components than the standard defines, or is no composite at all.",
                "Look for a component separator inside the data; EDIFACT releases it with ?.",
            ),
            Self::RepetitionsTooMany => (
                "An element repeats more often than the standard allows.",
                "Look for a repetition separator inside the data; else ask the partner.",
            ),
            Self::ValueTooShort => (
                "The value has fewer characters than the element asks for.",
                "Ask the partner to fill the value, or widen the limit with `len` in an overlay.",
            ),
            Self::ValueTooLong => (
                "The value has more characters than the element holds.",
                "Ask the partner to shorten it, or widen the limit with `len` in an overlay.",
            ),
            Self::CharacterInvalid => (
                "The value holds a character outside the set that the element or the interchange allows.",
                "Compare with the interchange's character set (UNB 0001); X12 forbids control characters.",
            ),
            Self::CodeInvalid => (
                "The code is not on the list agreed for this element.",
                "Ask the partner, or add the code with `codes` in an overlay.",
            ),
            Self::CodeUnknown => (
                "The code is not on our list, which may be older or shorter than the partner's.",
                "It was taken as it is. Add it to a table if a map should understand it.",
            ),
            Self::NumberInvalid => (
                "The value is not a number of the form that the element asks for.",
                "Thousands separators, a decimal comma in X12, or no digit on one side of the mark in EDIFACT (.5) are common causes; ask the partner for plain digits, or `tolerate` it.",
            ),
            Self::DateInvalid => (
                "The value is not a date of the calendar in the form that the element asks for.",
                "Ask the partner to send CCYYMMDD (YYMMDD in old releases), or what the format qualifier says.",
            ),
            Self::TimeInvalid => (
                "The value is not a time of day in the form that the element asks for.",
                "Ask the partner to send HHMM, with seconds and fractions behind it if wanted.",
            ),
            Self::ValueInvalid => (
                "The value has the right form, but its place cannot hold it.",
                "Read the sentence of the finding: it says what was expected.",
            ),
            Self::ValuesDisagree => (
                "The same fact is given twice and differently.",
                "Ask the partner which one is meant; the first was used.",
            ),
            Self::ValueOverwritten => (
                "A later segment gives again what an earlier one gave, and the map has room for one only.",
                "Let the map match more exactly, or collect both in a list.",
            ),
            Self::CheckDigitWrong => (
                "The last digit of a GTIN, GLN or SSCC does not follow from the others.",
                "Look for a typing error at the partner's side; the number was taken as it is.",
            ),
            Self::RuleBroken => (
                "The document breaks a business rule; the rule's id stands with the finding.",
                "Look the rule up by its id; the document must be corrected by its sender.",
            ),
            Self::XmlMalformed => (
                "The file starts as XML and is not well-formed.",
                "Ask the partner for the file again; what stood before the fault has been read.",
            ),
            Self::XmlNotAllowed => (
                "The XML uses what no business document needs: a document type, entities, or too much nesting.",
                "Such files are refused for safety. Ask the partner to send plain XML.",
            ),
            Self::RootUnknown => (
                "The root element and its namespace are not those of a document type we know.",
                "Known are UBL 2.1 Invoice, CreditNote and RemittanceAdvice, and the CII D16B CrossIndustryInvoice.",
            ),
            Self::LimitExceeded => (
                "Something is larger than the limit set against hostile or broken files.",
                "If the file is genuine, raise the limit in entrepot.toml (`entrepot config explain`).",
            ),
            Self::FindingsTooMany => (
                "The document has more findings than are kept; the first ones are listed.",
                "Correct the first findings: the rest often follow from them.",
            ),
            Self::ReleaseApproximated => (
                "There is no grammar for this release; the nearest one was used to read the document.",
                "Usually harmless. Add a grammar for the release to check it exactly.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_explained() {
        for &fault in Fault::ALL {
            let explanation = explain(fault.name()).expect("every name is known");
            assert_eq!(explanation.fault, fault);
            for text in [explanation.meaning, explanation.next] {
                assert!(text.ends_with('.') && text.len() > 20, "{fault}: {text}");
            }
            assert!(!explanation.told.is_empty());
        }
    }

    /// Whatever `inspect` prints beside a finding is a code that `explain` knows.
    #[test]
    fn every_code_that_is_told_is_explained() {
        let levels = [Level::Interchange, Level::Group, Level::Set, Level::Segment, Level::Element];
        for &fault in Fault::ALL {
            for (level, rules) in levels.into_iter().flat_map(|level| [(level, Rules::V4010), (level, Rules::V5010)]) {
                let code = fault.code_x12(level, rules);
                assert!(explain(&format!("{}:{code}", level.element())).is_some(), "{fault} {level:?} {code}");
                assert!(explain_x12(code).iter().any(|(other, _)| *other == level), "{fault} {level:?} {code}");
            }
            assert!(explain(&format!("0085:{}", fault.code_edifact())).is_some(), "{fault}");
        }
        // And whatever a partner's TA1 or 997 may say.
        let told = |element: &str, code: String| {
            let code = format!("{element}:{code}");
            assert!(explain(&code).is_some() || explain_foreign(&code).is_some(), "{code}");
        };
        (0..=31).for_each(|note| told("TA105", format!("{note:03}")));
        (1..=6).chain(10..=19).for_each(|code| told("AK905", code.to_string()));
        (1..=13).chain(15..=19).chain(23..=27).for_each(|code| told("AK502", code.to_string()));
    }

    #[test]
    fn codes_of_acknowledgements_are_explained() {
        for (code, expected) in [
            ("AK403:7", Some("invalid-code")),
            ("TA105:025", Some("duplicate-interchange")),
            ("ak502/5", Some("invalid-value")),
            ("0085:29", Some("count-mismatch")),
            ("IK403:I10", Some("element-not-used")),
            ("Invalid-Code", Some("invalid-code")),
            ("AK403 7", Some("invalid-code")),
            ("AK403:99", None),
            ("nonsense", None),
        ] {
            assert_eq!(explain(code).map(|explanation| explanation.fault.name()), expected, "{code}");
        }
    }
}
