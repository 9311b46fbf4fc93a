//! What partners answer to what we sent: TA1, 997, 999 and CONTRL read into one value, with the keys that match it.
//!
//! Codes are translated back into faults, so that people read words. Nothing here knows what was sent.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::finding::{Fault, Finding, Level, Place, Span};
use crate::wire::{Group, Identity, Interchange, Segment, Tag, TransactionSet};

use super::Disposition;

/// One acknowledgement that came in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// `TA1`, `997`, `999`, `CONTRL`.
    pub kind: String,
    pub of: Of,
    /// What is said of the whole; `None` where it cannot be read.
    pub disposition: Option<Disposition>,
    /// CONTRL action 8: it has arrived, the verdict follows.
    pub is_receipt: bool,
    pub findings: Vec<HeardFinding>,
    /// Sets that are named. Those that are not share the verdict on the whole.
    pub sets: Vec<HeardSet>,
}

/// What is acknowledged, in the words of what we sent: by these keys it is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    /// Our identity and theirs, at the level of what is acknowledged: exchanged from how the answer travelled.
    pub sender: Option<Identity>,
    pub receiver: Option<Identity>,
    /// TA101, UCI01. A 997 does not say.
    pub interchange_control: Option<String>,
    /// TA102 and TA103: date and time of our interchange.
    pub date: Option<String>,
    pub time: Option<String>,
    /// AK101 and AK102, UCF01.
    pub functional_id: Option<String>,
    pub group_control: Option<String>,
}

/// One set that the answer names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeardSet {
    /// `850`, `ORDERS`.
    pub kind: String,
    pub control_number: String,
    /// CONTRL: the group it stands in (UCF01).
    pub group_control: Option<String>,
    pub disposition: Option<Disposition>,
    pub findings: Vec<HeardFinding>,
}

/// A code and what we take it to mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeardFinding {
    /// As it was sent: `7` of AK403, `12` of 0085.
    pub code: String,
    pub level: Level,
    pub finding: Finding,
}

impl Heard {
    /// What is said of each set of ours, for looking up many of them.
    pub fn verdicts(&self) -> Verdicts {
        let named = self.sets.iter().map(|set| (plain_number(&set.control_number).to_owned(), set.disposition));
        let others = match self.disposition {
            _ if self.is_receipt => None,
            // In a group that was partly accepted only the rejected ones need be named.
            Some(Disposition::Partially) => Some(Disposition::Accepted),
            other => other,
        };
        Verdicts { named: named.collect(), others }
    }
}

/// The verdict on each set of an answer: by name, else the one on the whole.
#[derive(Clone, Debug)]
pub struct Verdicts {
    named: FxHashMap<String, Option<Disposition>>,
    others: Option<Disposition>,
}

impl Verdicts {
    /// `None` where the answer leaves it open. Leading zeros of a number mean nothing: partners drop and add them.
    pub fn of(&self, control_number: &str) -> Option<Disposition> {
        self.named.get(plain_number(control_number)).copied().flatten().or(self.others)
    }
}

/// A control number as it is compared: without blanks and leading zeros.
pub fn plain_number(number: &str) -> &str {
    let number = number.trim();
    if number.bytes().all(|byte| byte.is_ascii_digit()) { number.trim_start_matches('0') } else { number }
}

/// Reads a TA1. `interchange` is the one it came in.
pub fn ta1(segment: Segment<'_>, interchange: &Interchange) -> Heard {
    let disposition = Disposition::from_x12(&text(segment, 4));
    let code = text(segment, 5);
    let findings = if code.trim_start_matches('0').is_empty() {
        Vec::new()
    } else {
        let fault = Fault::from_x12(Level::Interchange, &code);
        vec![heard(code, Level::Interchange, fault, Place::segment("ISA", 0, Span::default()))]
    };
    Heard {
        kind: "TA1".into(),
        of: Of {
            sender: interchange.receiver.clone(),
            receiver: interchange.sender.clone(),
            interchange_control: Some(text(segment, 1)),
            date: Some(text(segment, 2)),
            time: Some(text(segment, 3)),
            ..Of::default()
        },
        disposition,
        is_receipt: false,
        findings,
        sets: Vec::new(),
    }
}

/// Reads a 997 or 999. `group` is the functional group it came in.
pub fn functional(kind: &str, set: TransactionSet<'_>, group: &Group) -> Heard {
    let mut out = Heard {
        kind: kind.into(),
        of: Of { sender: group.receiver.clone(), receiver: group.sender.clone(), ..Of::default() },
        disposition: None,
        is_receipt: false,
        findings: Vec::new(),
        sets: Vec::new(),
    };
    // AK3 of the open set: where the AK4s that follow stand, and whether its own code still waits for one.
    let mut at: Option<(Place, bool)> = None;
    for segment in set.segments() {
        let tag = segment.tag();
        if tag == Tag::new(b"AK1") {
            out.of.functional_id = Some(text(segment, 1));
            out.of.group_control = Some(text(segment, 2));
        } else if tag == Tag::new(b"AK2") {
            out.sets.push(HeardSet {
                kind: text(segment, 1),
                control_number: text(segment, 2),
                group_control: None,
                disposition: None,
                findings: Vec::new(),
            });
            at = None;
        } else if tag == Tag::new(b"AK3") || tag == Tag::new(b"IK3") {
            let mut place = Place::segment(text(segment, 1), number(segment, 2), Span::default());
            place.loop_id = Some(text(segment, 3)).filter(|id| !id.is_empty()).map(Into::into);
            let code = text(segment, 4);
            if !matches!(code.as_str(), "8" | "") {
                let fault = Fault::from_x12(Level::Segment, &code);
                push(&mut out, heard(code, Level::Segment, fault, place.clone()));
            }
            at = Some((place, true));
        } else if tag == Tag::new(b"AK4") || tag == Tag::new(b"IK4") {
            let (mut place, _) = at.clone().unwrap_or_default();
            let position = segment.element(1);
            let part = |n: usize| position.component(n).text().trim().parse::<u16>().ok();
            (place.element, place.component, place.repetition) = (part(1), part(2), part(3));
            let code = text(segment, 3);
            let fault = Fault::from_x12(Level::Element, &code);
            let mut one = heard(code, Level::Element, fault, place);
            one.finding.reference = text(segment, 2).parse().ok();
            let copy = segment.element(4).text();
            if !copy.is_empty() {
                one.finding = one.finding.with_value(&copy);
            }
            push(&mut out, one);
        } else if tag == Tag::new(b"AK5") || tag == Tag::new(b"IK5") {
            let disposition = Disposition::from_x12(&text(segment, 1));
            if let Some(set) = out.sets.last_mut() {
                set.disposition = disposition;
                let told_below = !set.findings.is_empty();
                for code in codes(segment, 2) {
                    // Code 5 says that segments are wrong; where they are named it adds nothing.
                    if code != "5" || !told_below {
                        let fault = Fault::from_x12(Level::Set, &code);
                        let place = Place::segment("ST", 1, Span::default());
                        set.findings.push(heard(code, Level::Set, fault, place));
                    }
                }
            }
        } else if tag == Tag::new(b"AK9") {
            out.disposition = Disposition::from_x12(&text(segment, 1));
            for code in codes(segment, 5) {
                let fault = Fault::from_x12(Level::Group, &code);
                out.findings.push(heard(code, Level::Group, fault, Place::segment("GS", 0, Span::default())));
            }
        }
    }
    out
}

/// Reads a CONTRL. `interchange` is the one it came in.
pub fn contrl(set: TransactionSet<'_>, interchange: &Interchange) -> Heard {
    let mut out = Heard {
        kind: "CONTRL".into(),
        of: Of { sender: interchange.receiver.clone(), receiver: interchange.sender.clone(), ..Of::default() },
        disposition: None,
        is_receipt: false,
        findings: Vec::new(),
        sets: Vec::new(),
    };
    let mut group_control = None;
    let mut group_disposition = None;
    let mut segment_position = 0;
    for segment in set.segments() {
        let tag = segment.tag();
        if tag == Tag::new(b"UCI") {
            let action = text(segment, 4);
            out.of.interchange_control = Some(text(segment, 1));
            out.is_receipt = action == "8";
            out.disposition = disposition_of_action(&action);
            out.findings.extend(service_error(segment, 5, Level::Interchange, "UNB"));
        } else if tag == Tag::new(b"UCF") {
            group_control = Some(text(segment, 1));
            group_disposition = disposition_of_action(&text(segment, 4));
            out.findings.extend(service_error(segment, 5, Level::Group, "UNG"));
        } else if tag == Tag::new(b"UCM") {
            out.sets.push(HeardSet {
                kind: segment.element(2).component(1).text().into_owned(),
                control_number: text(segment, 1),
                group_control: group_control.clone(),
                disposition: disposition_of_action(&text(segment, 3)).or(group_disposition),
                findings: service_error(segment, 4, Level::Set, "UNH").into_iter().collect(),
            });
        } else if tag == Tag::new(b"UCS") {
            segment_position = number(segment, 1);
            let code = text(segment, 2);
            if !code.is_empty() {
                let (fault, position) = match Fault::from_edifact(&code) {
                    // The position is that of the last segment before the missing one (0096).
                    Some(Fault::ElementMissing) => (Some(Fault::SegmentMissing), segment_position.saturating_add(1)),
                    fault => (fault, segment_position),
                };
                let place = Place::segment("", position, Span::default());
                push(&mut out, heard(code, Level::Segment, fault, place));
            }
        } else if tag == Tag::new(b"UCD") {
            let code = text(segment, 1);
            let fault = Fault::from_edifact(&code);
            let place = in_element(Place::segment("", segment_position, Span::default()), segment, 2);
            push(&mut out, heard(code, Level::Element, fault, place));
        }
    }
    out
}

/// 0083. Actions 1, 2, 3, 5 and 6 are of older lists.
fn disposition_of_action(action: &str) -> Option<Disposition> {
    match action {
        "1" | "5" | "7" | "8" => Some(Disposition::Accepted),
        "2" => Some(Disposition::AcceptedWithErrors),
        "3" => Some(Disposition::Partially),
        "4" | "6" => Some(Disposition::Rejected),
        _ => None,
    }
}

/// 0085 at an element, then 0013 and S011 behind it.
fn service_error(segment: Segment<'_>, at: usize, level: Level, header: &str) -> Option<HeardFinding> {
    let code = Some(text(segment, at)).filter(|code| !code.is_empty())?;
    let tag = Some(text(segment, at + 1)).filter(|tag| !tag.is_empty()).unwrap_or_else(|| header.to_owned());
    let place = in_element(Place::segment(tag, 0, Span::default()), segment, at + 2);
    let fault = Fault::from_edifact(&code);
    Some(heard(code, level, fault, place))
}

/// S011: in 0098 the segment's tag is position 1.
fn in_element(mut place: Place, segment: Segment<'_>, at: usize) -> Place {
    let part = |n: usize| segment.element(at).component(n).text().trim().parse::<u16>().ok();
    place.element = part(1).and_then(|position| position.checked_sub(1)).filter(|&position| position > 0);
    place.component = part(2);
    place.repetition = part(3);
    place
}

fn heard(code: String, level: Level, fault: Option<Fault>, place: Place) -> HeardFinding {
    HeardFinding { code, level, finding: Finding::error(fault.unwrap_or(Fault::RuleBroken), place) }
}

fn push(out: &mut Heard, finding: HeardFinding) {
    match out.sets.last_mut() {
        Some(set) => set.findings.push(finding),
        None => out.findings.push(finding),
    }
}

fn codes(segment: Segment<'_>, from: usize) -> impl Iterator<Item = String> {
    (from..from + 5).map(move |at| text(segment, at)).filter(|code| !code.is_empty())
}

fn text(segment: Segment<'_>, position: usize) -> String {
    segment.element(position).text().trim().to_owned()
}

fn number(segment: Segment<'_>, position: usize) -> u32 {
    text(segment, position).parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::partner::Terms;
    use crate::reply::{
        Answer, Dialect, GroupOutcome, InterchangeOutcome, Letter, SetOutcome, Stamp, story, ta1_letter,
    };
    use crate::wire::{Event, Limits, Reader, Syntax};

    const FINDINGS: &str = "
        missing-segment CTT@9
        segment-too-often CUR@4
        invalid-code PO1-03@7 \"XX\" loop=PO1 ref=355
        value-too-long PO1-04@7 \"123456789012345678\" loop=PO1 ref=212
        count-mismatch SE-01@9";

    #[test]
    fn a_997_is_understood_by_its_reader() {
        check_x12(
            Dialect::F997,
            "004010",
            "
            997 of 000000000/PO 7 from ACMEGRP to OURGRP: Some(Partially)
            850 0001 Some(Accepted)
            850 0002 Some(Rejected)
              5 segment-too-often CUR (segment 4) occurs more often than allowed
              7 invalid-code PO1-03 (segment 7) \"XX\" is not a code on the agreed list
              5 value-too-long PO1-04 (segment 7) \"123456789012345678\" is too long
              3 missing-segment segment CTT is missing: it should stand at segment 9
              4 count-mismatch ST (segment 1) is not the number that was received",
        );
    }

    #[test]
    fn a_999_too() {
        check_x12(
            Dialect::F999,
            "005010X222A1",
            "
            999 of 000000000/PO 7 from ACMEGRP to OURGRP: Some(Partially)
            850 0001 Some(Accepted)
            850 0002 Some(Rejected)
              5 segment-too-often CUR (segment 4) occurs more often than allowed
              7 invalid-code PO1-03 (segment 7) \"XX\" is not a code on the agreed list
              5 value-too-long PO1-04 (segment 7) \"123456789012345678\" is too long
              3 missing-segment segment CTT is missing: it should stand at segment 9
              4 count-mismatch ST (segment 1) is not the number that was received",
        );
    }

    #[test]
    fn a_ta1_too() {
        let interchange = story::interchange(Syntax::X12);
        let findings = story::findings("control-number-mismatch IEA-02@0 \"43\"");
        let outcome =
            InterchangeOutcome { interchange: &interchange, findings: &findings, disposition: Disposition::Rejected };
        check(
            &ta1_letter(&outcome, None, stamp()).unwrap(),
            "
            TA1 of 000000042/ - from ACME to OURHOUSE: Some(Rejected)
              1 control-number-mismatch ISA is not the control number of the header",
        );
    }

    #[test]
    fn a_contrl_too() {
        let interchange = story::interchange(Syntax::Edifact);
        let outcome =
            InterchangeOutcome { interchange: &interchange, findings: &[], disposition: Disposition::Accepted };
        let mut letter = Letter::contrl(Answer::Result, &outcome, None, &Terms::default(), stamp());
        let findings = story::findings(
            "missing-segment DTM@3\ninvalid-code NAD-01@4 \"Z\"\nvalue-too-long NAD-02-1@4\ncount-mismatch UNT-01@9",
        );
        for (control_number, findings, disposition) in
            [("1", &[][..], Disposition::Accepted), ("2", &findings[..], Disposition::Rejected)]
        {
            let release = "D:96A:UN";
            let set = SetOutcome { kind: "ORDERS", release, control_number, convention: None, findings, disposition };
            letter.set(&set);
        }
        check(
            &letter.finish().unwrap(),
            "
            CONTRL of 000000042/ - from ACME to OURHOUSE: Some(Accepted)
            ORDERS 1 Some(Accepted)
            ORDERS 2 Some(Rejected)
              29 count-mismatch UNT-01 is not the number that was received
              13 missing-segment a segment is missing: it should stand at segment 3
              12 invalid-value element 01 (segment 4) is not a value this place can have
              39 value-too-long element 02-1 (segment 4) is too long",
        );
    }

    #[test]
    fn verdicts() {
        let set = |number: &str, disposition| HeardSet {
            kind: "850".into(),
            control_number: number.into(),
            group_control: None,
            disposition,
            findings: Vec::new(),
        };
        let heard = |disposition, is_receipt| Heard {
            kind: "997".into(),
            of: Of::default(),
            disposition,
            is_receipt,
            findings: Vec::new(),
            sets: vec![set("1", Some(Disposition::Rejected)), set("0002", None)],
        };
        use Disposition::{Accepted, Partially, Rejected};
        for (whole, is_receipt, number, expected) in [
            (Some(Partially), false, "0001", Some(Rejected)),
            (Some(Partially), false, "2", Some(Accepted)),
            (Some(Partially), false, "0003", Some(Accepted)),
            (Some(Rejected), false, "0003", Some(Rejected)),
            (Some(Accepted), true, "0003", None),
            (None, false, "0003", None),
        ] {
            assert_eq!(heard(whole, is_receipt).verdicts().of(number), expected, "{whole:?} {number}");
        }
    }

    fn stamp() -> Stamp<'static> {
        Stamp { control_number: "000000009", at: date(2026, 1, 30).at(15, 0, 0, 0) }
    }

    fn check_x12(dialect: Dialect, version: &str, expected: &str) {
        let interchange = story::interchange(Syntax::X12);
        let group = story::group("PO", version);
        let findings = story::findings(FINDINGS);
        let mut letter = Letter::functional(dialect, &interchange, None, &Terms::default(), stamp());
        let outcome =
            GroupOutcome { group: &group, findings: &[], disposition: Disposition::Accepted, sets_stated: Some(2) };
        letter.group(outcome, "3");
        for (control_number, findings, disposition) in
            [("0001", &[][..], Disposition::Accepted), ("0002", &findings[..], Disposition::Rejected)]
        {
            let kind = "850";
            letter.set(&SetOutcome { kind, release: version, control_number, convention: None, findings, disposition });
        }
        assert_eq!(letter.close_group(), Some(Disposition::Partially));
        check(&letter.finish().unwrap(), expected);
    }

    /// Reads a reply with our own reader, which must find no fault in it, and tells what it says.
    fn check(bytes: &[u8], expected: &str) {
        let mut reader = Reader::new(bytes, Limits::default());
        let (mut interchange, mut group) = (None, None);
        let mut told = Vec::new();
        while let Some(event) = reader.next_event().unwrap() {
            let heard = match event {
                Event::InterchangeOpened(header) => {
                    assert_eq!((&header.findings[..], &header.repairs[..]), (&[][..], &[][..]));
                    interchange = Some(header.clone());
                    continue;
                }
                Event::GroupOpened(header) => {
                    assert_eq!(header.findings, []);
                    group = Some(header.clone());
                    continue;
                }
                Event::InterchangeAcknowledgement(set) => ta1(set.segment(0), interchange.as_ref().unwrap()),
                Event::Set(header, set) => {
                    assert_eq!(header.findings, []);
                    match header.kind.as_str() {
                        "CONTRL" => contrl(set, interchange.as_ref().unwrap()),
                        kind => functional(kind, set, group.as_ref().unwrap()),
                    }
                }
                Event::GroupClosed { findings, .. } | Event::InterchangeClosed { findings, .. } => {
                    assert_eq!(findings, []);
                    continue;
                }
            };
            tell(&heard, &mut told);
        }
        let expected: Vec<&str> = expected
            .lines()
            .map(|line| line.trim_start_matches("            "))
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(told, expected, "{}\n{}", String::from_utf8_lossy(bytes), told.join("\n"));
    }

    fn tell(heard: &Heard, told: &mut Vec<String>) {
        let of = &heard.of;
        told.push(format!(
            "{} of {}/{} {} from {} to {}: {:?}",
            heard.kind,
            of.interchange_control.as_deref().unwrap_or("000000000"),
            of.functional_id.as_deref().unwrap_or(""),
            of.group_control.as_deref().unwrap_or("-"),
            of.sender.as_ref().unwrap().id,
            of.receiver.as_ref().unwrap().id,
            heard.disposition
        ));
        let mut findings = |findings: &[HeardFinding]| {
            for one in findings {
                let code = one.code.trim_start_matches('0');
                told.push(format!("  {code} {} {}", one.finding.fault, one.finding.message()));
            }
        };
        findings(&heard.findings);
        for set in &heard.sets {
            told.push(format!("{} {} {:?}", set.kind, set.control_number, set.disposition));
            for one in &set.findings {
                let code = one.code.trim_start_matches('0');
                told.push(format!("  {code} {} {}", one.finding.fault, one.finding.message()));
            }
        }
    }
}
