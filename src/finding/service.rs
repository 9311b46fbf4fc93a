//! The segments and elements of acknowledgements that output names: what each says, and the codes it may hold.

use super::{Explanation, Level, explain};

/// What a segment or element of an acknowledgement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    pub name: &'static str,
    pub meaning: &'static str,
    /// The level whose code list it holds.
    list: Option<List>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    X12(Level),
    Edifact,
}

/// `AK304`, `TA1`, `uci`; `None` where no acknowledgement has it.
pub fn spoken(name: &str) -> Option<&'static Spoken> {
    SPOKEN.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

impl Spoken {
    /// Each code of its list with what it means.
    pub fn codes(&self) -> Vec<(String, Explanation)> {
        let Some(list) = self.list else { return Vec::new() };
        let numbers = (1..=60).map(|number| number.to_string()).chain((1..=13).map(|number| format!("I{number}")));
        let told = numbers.filter_map(|code| {
            let (code, asked) = match list {
                List::X12(Level::Interchange) if code.starts_with('I') => return None,
                List::X12(Level::Interchange) => (format!("{code:0>3}"), format!("TA105:{code:0>3}")),
                List::X12(level) => (code.clone(), format!("{}:{code}", level.element())),
                List::Edifact => (code.clone(), format!("0085:{code}")),
            };
            Some((code, explain(&asked)?))
        });
        told.collect()
    }
}

const fn said(name: &'static str, meaning: &'static str, list: Option<List>) -> Spoken {
    Spoken { name, meaning, list }
}

const SPOKEN: &[Spoken] = &[
    said(
        "TA1",
        "X12's word on an interchange: whose it answers (TA101 to TA103), the verdict (TA104: A accepted, E accepted with \
         errors and never sent again, R rejected), and why (TA105).",
        Some(List::X12(Level::Interchange)),
    ),
    said("TA105", "Why TA1 says what it says of the interchange.", Some(List::X12(Level::Interchange))),
    said("AK1", "The group that a 997 or 999 answers: GS01 and GS06.", None),
    said("AK2", "The transaction set that the lines below speak of: ST01 and ST02.", None),
    said(
        "AK3",
        "A segment with something wrong: its tag, its position from ST, its loop, and what it is (AK304).",
        Some(List::X12(Level::Segment)),
    ),
    said("AK304", "What is wrong with the segment.", Some(List::X12(Level::Segment))),
    said("IK304", "What is wrong with the segment, in a 999.", Some(List::X12(Level::Segment))),
    said(
        "AK4",
        "An element with something wrong: its position, its number in the dictionary, what it is (AK403), and a copy of it.",
        Some(List::X12(Level::Element)),
    ),
    said("AK403", "What is wrong with the element.", Some(List::X12(Level::Element))),
    said("IK403", "What is wrong with the element, in a 999.", Some(List::X12(Level::Element))),
    said(
        "AK5",
        "The verdict on a transaction set (A accepted, E accepted with errors, R rejected), and why (AK502).",
        Some(List::X12(Level::Set)),
    ),
    said("AK502", "Why the transaction set is judged so.", Some(List::X12(Level::Set))),
    said("IK502", "Why the transaction set is judged so, in a 999.", Some(List::X12(Level::Set))),
    said(
        "AK9",
        "The verdict on a group (A accepted, E with errors, P partly, R rejected), how many sets were stated, received and \
         accepted, and why (AK905).",
        Some(List::X12(Level::Group)),
    ),
    said("AK905", "Why the group is judged so.", Some(List::X12(Level::Group))),
    said(
        "UCI",
        "CONTRL's word on an interchange: whose it answers, the action (0083: 4 rejected, 7 acknowledged, 8 received), and \
         why (0085).",
        Some(List::Edifact),
    ),
    said("UCF", "CONTRL's word on a group, with action and reason as in UCI.", Some(List::Edifact)),
    said("UCM", "CONTRL's word on a message, with action and reason as in UCI.", Some(List::Edifact)),
    said("UCS", "A segment with something wrong: its position from UNH, and why (0085).", Some(List::Edifact)),
    said("UCD", "An element with something wrong: why (0085), and where in the segment.", Some(List::Edifact)),
    said(
        "0083",
        "What CONTRL says of a level: 4 this level and all below are rejected, 7 it is acknowledged, 8 the interchange was \
         received.",
        None,
    ),
    said("0085", "Why CONTRL rejects.", Some(List::Edifact)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acknowledgements_name_is_explained_with_its_codes() {
        for (name, code, fault) in [
            ("TA1", "025", "duplicate-interchange"),
            ("ak304", "3", "missing-segment"),
            ("AK403", "7", "invalid-code"),
            ("AK502", "5", "invalid-value"),
            ("UCI", "12", "invalid-value"),
        ] {
            let codes = spoken(name).unwrap_or_else(|| panic!("{name}")).codes();
            let told = codes.iter().find(|(other, _)| other == code).map(|(_, told)| told.fault.name());
            assert_eq!(told, Some(fault), "{name} {code}");
        }
        assert!(spoken("AK905").is_some_and(|it| it.codes().len() >= 6));
        assert!(spoken("ST").is_none());
    }
}
