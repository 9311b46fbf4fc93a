//! What a partner's acknowledgement says of what we sent: read from TA1, 997, 999 and CONTRL, without judging it.
//!
//! Codes are translated back into faults with their places, so that people read sentences. Nothing here knows what was
//! sent.

use serde::{Deserialize, Serialize};

use super::Disposition;
use crate::finding::{Fault, Finding, Level, Place, Span};
use crate::wire::{Segment, Tag, TransactionSet};

/// What one verdict is about, in the terms of what we sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// ISA13 or UNB 0020.
    Interchange { control_number: String },
    /// GS01 and GS06, or UNG 0048 (whose functional id CONTRL does not say).
    Group { functional_id: String, control_number: String },
    /// ST01 and ST02, or UNH 0065 and 0062, in the group or interchange named before it.
    Set { kind: String, control_number: String },
}

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub about: About,
    pub disposition: Disposition,
    /// The codes that explain it, as written: TA105, AK502.., AK905.., 0085.
    pub codes: Vec<String>,
    /// What is wrong, place by place.
    pub findings: Vec<SaidFinding>,
}

/// A code and what we take it to mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidFinding {
    /// As it was sent: `7` of AK403, `12` of 0085.
    pub code: String,
    pub level: Level,
    pub finding: Finding,
}

/// Whether a set of this type is an acknowledgement of syntax: it is never acknowledged itself.
pub fn is_acknowledgement(kind: &str) -> bool {
    matches!(kind, "TA1" | "997" | "999" | "CONTRL")
}

/// Reads every verdict of an acknowledgement. A set stands behind the group or interchange it belongs to.
///
/// A CONTRL that only confirms receipt (action 8) is no verdict.
pub fn read(set: TransactionSet<'_>) -> Vec<Said> {
    let mut listener = Listener::default();
    for segment in set.segments() {
        listener.hear(segment);
    }
    listener.said
}

/// What has been heard so far, and what the next segment belongs to.
#[derive(Debug, Default)]
struct Listener {
    said: Vec<Said>,
    /// AK9 gives the verdict on the group that AK1 names: its place is kept before the sets.
    group: Option<usize>,
    /// AK2 and what AK3 and AK4 say of it, until AK5 gives the verdict.
    pending: Option<(About, Vec<SaidFinding>)>,
    /// AK3, where the AK4s that follow stand.
    segment: Place,
    /// UCS, the same.
    position: u32,
}

impl Listener {
    fn hear(&mut self, segment: Segment<'_>) {
        const TA1: Tag = Tag::new(b"TA1");
        const AK1: Tag = Tag::new(b"AK1");
        const AK2: Tag = Tag::new(b"AK2");
        const AK3: Tag = Tag::new(b"AK3");
        const IK3: Tag = Tag::new(b"IK3");
        const AK4: Tag = Tag::new(b"AK4");
        const IK4: Tag = Tag::new(b"IK4");
        const AK5: Tag = Tag::new(b"AK5");
        const IK5: Tag = Tag::new(b"IK5");
        const AK9: Tag = Tag::new(b"AK9");
        const UCI: Tag = Tag::new(b"UCI");
        const UCF: Tag = Tag::new(b"UCF");
        const UCM: Tag = Tag::new(b"UCM");
        const UCS: Tag = Tag::new(b"UCS");
        const UCD: Tag = Tag::new(b"UCD");
        match segment.tag() {
            TA1 => self.envelope(segment),
            AK1 => {
                let about = About::Group { functional_id: text(segment, 1), control_number: text(segment, 2) };
                self.group = Some(self.said.len());
                // Without an AK9 nothing was said of the group: it counts as rejected until a better answer comes.
                self.push(about, Some(Disposition::Rejected), Vec::new(), Vec::new());
            }
            AK2 => {
                let about = About::Set { kind: text(segment, 1), control_number: text(segment, 2) };
                self.pending = Some((about, Vec::new()));
            }
            AK3 | IK3 => self.wrong_segment(segment),
            AK4 | IK4 => self.wrong_element(segment),
            AK5 | IK5 => self.end_set(segment),
            AK9 => self.end_group(segment),
            UCI => {
                let about = About::Interchange { control_number: text(segment, 1) };
                self.service(about, segment, 4, (Level::Interchange, "UNB"));
            }
            UCF => {
                let about = About::Group { functional_id: String::new(), control_number: text(segment, 1) };
                self.service(about, segment, 4, (Level::Group, "UNG"));
            }
            UCM => {
                let kind = segment.element(2).component(1).text().trim().to_owned();
                let about = About::Set { kind, control_number: text(segment, 1) };
                self.service(about, segment, 3, (Level::Set, "UNH"));
            }
            UCS => self.wrong_message_segment(segment),
            UCD => {
                let place = in_element(Place::segment("", self.position, Span::default()), segment, 2);
                let code = text(segment, 1);
                let fault = Fault::from_edifact(&code);
                self.add(heard(code, Level::Element, fault, place));
            }
            _ => {}
        }
    }

    /// TA1.
    fn envelope(&mut self, segment: Segment<'_>) {
        let about = About::Interchange { control_number: text(segment, 1) };
        let code = text(segment, 5);
        let mut findings = Vec::new();
        if !code.trim_start_matches('0').is_empty() {
            let fault = Fault::from_x12(Level::Interchange, &code);
            let place = Place::segment("ISA", 0, Span::default());
            findings.push(heard(code.clone(), Level::Interchange, fault, place));
        }
        self.push(about, Disposition::from_x12(&text(segment, 4)), vec![code], findings);
    }

    /// AK3, IK3.
    fn wrong_segment(&mut self, segment: Segment<'_>) {
        let mut place = Place::segment(text(segment, 1), number(segment, 2), Span::default());
        place.loop_id = Some(text(segment, 3)).filter(|id| !id.is_empty()).map(Into::into);
        let code = text(segment, 4);
        // 8 says that elements are wrong: AK4 names them.
        if !matches!(code.as_str(), "8" | "") {
            let fault = Fault::from_x12(Level::Segment, &code);
            self.add(heard(code, Level::Segment, fault, place.clone()));
        }
        self.segment = place;
    }

    /// AK4, IK4.
    fn wrong_element(&mut self, segment: Segment<'_>) {
        let position = segment.element(1);
        let part = |n: usize| position.component(n).text().trim().parse::<u16>().ok();
        let mut place = self.segment.clone();
        (place.element, place.component, place.repetition) = (part(1), part(2), part(3));
        let code = text(segment, 3);
        let fault = Fault::from_x12(Level::Element, &code);
        let mut one = heard(code, Level::Element, fault, place);
        one.finding.reference = text(segment, 2).parse().ok();
        let copy = segment.element(4).text();
        if !copy.is_empty() {
            one.finding = one.finding.with_value(&copy);
        }
        self.add(one);
    }

    /// AK5, IK5.
    fn end_set(&mut self, segment: Segment<'_>) {
        let Some((about, mut findings)) = self.pending.take() else { return };
        let codes = texts(segment, 2);
        let told_below = !findings.is_empty();
        // 5 says that segments are wrong; where they are named it adds nothing.
        for code in codes.iter().filter(|code| !code.is_empty() && (*code != "5" || !told_below)) {
            let fault = Fault::from_x12(Level::Set, code);
            findings.push(heard(code.clone(), Level::Set, fault, Place::segment("ST", 1, Span::default())));
        }
        self.push(about, Disposition::from_x12(&text(segment, 1)), codes, findings);
    }

    /// AK9.
    fn end_group(&mut self, segment: Segment<'_>) {
        let Some(verdict) = self.group.take().and_then(|at| self.said.get_mut(at)) else { return };
        verdict.disposition = Disposition::from_x12(&text(segment, 1)).unwrap_or(Disposition::Rejected);
        verdict.codes = texts(segment, 5).into_iter().filter(|code| !code.is_empty()).collect();
        for code in &verdict.codes {
            let fault = Fault::from_x12(Level::Group, code);
            let place = Place::segment("GS", 0, Span::default());
            verdict.findings.push(heard(code.clone(), Level::Group, fault, place));
        }
    }

    /// UCI, UCF, UCM: the action at an element, behind it 0085, 0013 and S011.
    fn service(&mut self, about: About, segment: Segment<'_>, at: usize, (level, header): (Level, &str)) {
        let action = text(segment, at);
        if action == "8" {
            return;
        }
        let code = text(segment, at + 1);
        let mut findings = Vec::new();
        if !code.is_empty() {
            let tag = Some(text(segment, at + 2)).filter(|tag| !tag.is_empty()).unwrap_or_else(|| header.to_owned());
            let place = in_element(Place::segment(tag, 0, Span::default()), segment, at + 3);
            findings.push(heard(code.clone(), level, Fault::from_edifact(&code), place));
        }
        self.push(about, disposition_of_action(&action), vec![code], findings);
    }

    /// UCS.
    fn wrong_message_segment(&mut self, segment: Segment<'_>) {
        self.position = number(segment, 1);
        let code = text(segment, 2);
        if code.is_empty() {
            return;
        }
        let (fault, position) = match Fault::from_edifact(&code) {
            // The position is that of the last segment before the missing one (0096).
            Some(Fault::ElementMissing) => (Some(Fault::SegmentMissing), self.position.saturating_add(1)),
            fault => (fault, self.position),
        };
        self.add(heard(code, Level::Segment, fault, Place::segment("", position, Span::default())));
    }

    /// A fault of the set that is being spoken of.
    fn add(&mut self, finding: SaidFinding) {
        match (&mut self.pending, self.said.last_mut()) {
            (Some((_, findings)), _) => findings.push(finding),
            (None, Some(verdict)) => verdict.findings.push(finding),
            (None, None) => {}
        }
    }

    fn push(&mut self, about: About, disposition: Option<Disposition>, codes: Vec<String>, findings: Vec<SaidFinding>) {
        if let Some(disposition) = disposition {
            let codes = codes.into_iter().filter(|code| !code.is_empty()).collect();
            self.said.push(Said { about, disposition, codes, findings });
        }
    }
}

/// 0083: 4 rejects this level and all below, 7 acknowledges. Actions 1, 2, 3, 5 and 6 are of older lists.
fn disposition_of_action(action: &str) -> Option<Disposition> {
    match action {
        "1" | "5" | "7" => Some(Disposition::Accepted),
        "2" => Some(Disposition::AcceptedWithErrors),
        "3" => Some(Disposition::Partially),
        "4" | "6" => Some(Disposition::Rejected),
        _ => None,
    }
}

/// S011: in 0098 the segment's tag is position 1.
fn in_element(mut place: Place, segment: Segment<'_>, at: usize) -> Place {
    let part = |n: usize| segment.element(at).component(n).text().trim().parse::<u16>().ok();
    place.element = part(1).and_then(|position| position.checked_sub(1)).filter(|&position| position > 0);
    place.component = part(2);
    place.repetition = part(3);
    place
}

/// A code that no list has is kept as a rule of the partner's own.
fn heard(code: String, level: Level, fault: Option<Fault>, place: Place) -> SaidFinding {
    SaidFinding { code, level, finding: Finding::error(fault.unwrap_or(Fault::RuleBroken), place) }
}

fn text(segment: Segment<'_>, position: usize) -> String {
    segment.element(position).component(1).text().trim().to_owned()
}

fn number(segment: Segment<'_>, position: usize) -> u32 {
    text(segment, position).parse().unwrap_or_default()
}

/// The simple elements from a position on: repeated code elements.
fn texts(segment: Segment<'_>, from: usize) -> Vec<String> {
    (from..=segment.len()).map(|position| text(segment, position)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::reply::{
        Answer, ContrlReply, Dialect, FunctionalReply, GroupOutcome, InterchangeOutcome, ReplyInterchange, SetOutcome,
        story, ta1,
    };
    use crate::wire::{Cuts, Delimiters, Event, Form, Interchange, Limits, Reader, Syntax};

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
            group PO 7 Partially
            set 850 0001 Accepted
            set 850 0002 Rejected
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
            group PO 7 Partially
            set 850 0001 Accepted
            set 850 0002 Rejected
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
        let mut reply = open(&interchange);
        reply.acknowledge(&ta1::compose(&outcome, date(2026, 1, 30).at(15, 0, 0, 0)));
        check(
            reply,
            "
            interchange 42 Rejected
              1 control-number-mismatch ISA is not the control number of the header",
        );
    }

    #[test]
    fn a_contrl_too() {
        let interchange = story::interchange(Syntax::Edifact);
        let outcome =
            InterchangeOutcome { interchange: &interchange, findings: &[], disposition: Disposition::Accepted };
        let mut reply = open(&interchange);
        reply.open_contrl(&interchange, None, "1");
        let mut lines = Vec::new();
        let mut body = ContrlReply::open(Answer::Result, "UNOC:3", &outcome, true, &mut lines);
        let findings = story::findings(
            "missing-segment DTM@3\ninvalid-code NAD-01@4 \"Z\"\nvalue-too-long NAD-02-1@4\ncount-mismatch UNT-01@9",
        );
        for (control_number, findings, disposition) in
            [("1", &[][..], Disposition::Accepted), ("2", &findings[..], Disposition::Rejected)]
        {
            let release = "D:96A:UN";
            let set = SetOutcome { kind: "ORDERS", release, control_number, convention: None, findings, disposition };
            body.set(&set, &mut lines);
        }
        reply.lines(&lines);
        reply.close_contrl();
        check(
            reply,
            "
            interchange 42 Accepted
            set ORDERS 1 Accepted
            set ORDERS 2 Rejected
              29 count-mismatch UNT-01 is not the number that was received
              13 missing-segment a segment is missing: it should stand at segment 3
              12 invalid-value element 01 (segment 4) is not a value this place can have
              39 value-too-long element 02-1 (segment 4) is too long",
        );
    }

    fn open(interchange: &Interchange) -> ReplyInterchange {
        let form = Form { delimiters: interchange.delimiters, ..Form::of(interchange.syntax) };
        ReplyInterchange::open(interchange, "000000009", date(2026, 1, 30).at(15, 0, 0, 0), form)
    }

    fn check_x12(dialect: Dialect, version: &str, expected: &str) {
        let interchange = story::interchange(Syntax::X12);
        let group = story::group("PO", version);
        let findings = story::findings(FINDINGS);
        let mut reply = open(&interchange);
        let outcome = GroupOutcome { group: &group, findings: &[], disposition: Disposition::Accepted };
        reply.open_functional(dialect, &group, "3", "0001");
        let mut lines = Vec::new();
        let mut body = FunctionalReply::open(dialect, outcome, true, &mut lines);
        for (control_number, findings, disposition) in
            [("0001", &[][..], Disposition::Accepted), ("0002", &findings[..], Disposition::Rejected)]
        {
            let kind = "850";
            let set = SetOutcome { kind, release: version, control_number, convention: None, findings, disposition };
            body.set(&set, &mut lines);
        }
        assert_eq!(body.close(&mut lines), Disposition::Partially);
        reply.lines(&lines);
        reply.close_functional();
        check(reply, expected);
    }

    #[test]
    fn verdicts_are_read() {
        check_verdicts(Syntax::X12, "TA1*000000042*261123*1030*R*025~", "interchange 42 Rejected 025");
        check_verdicts(
            Syntax::X12,
            "ST*997*0001~AK1*PO*7~AK2*850*0001~AK5*A~AK2*850*0002~AK3*PO1*3**8~AK4*3*355*7*XX~AK5*R*5~AK9*P*2*2*1~SE*9*0001~",
            "group PO 7 Partially | set 850 0001 Accepted | set 850 0002 Rejected 5",
        );
        check_verdicts(
            Syntax::X12,
            "ST*999*1~AK1*IN*9*005010~AK2*810*1~IK5*E*4~AK9*E*1*1*1~SE*6*1~",
            "group IN 9 AcceptedWithErrors | set 810 1 AcceptedWithErrors 4",
        );
        check_verdicts(
            Syntax::Edifact,
            "UNH+1+CONTRL:D:3:UN'UCI+42+US:14+THEM:14+7'UCM+1+ORDERS:D:96A:UN+4+12'UCM+2+ORDERS:D:96A:UN+7'UNT+5+1'",
            "interchange 42 Accepted | set ORDERS 1 Rejected 12 | set ORDERS 2 Accepted",
        );
        check_verdicts(Syntax::X12, "ST*997*0001~AK1*PO*7~SE*3*0001~", "group PO 7 Rejected");
        check_verdicts(Syntax::Edifact, "UNH+1+CONTRL:D:3:UN'UCI+42+US:14+THEM:14+8'UNT+3+1'", "");
    }

    fn check_verdicts(syntax: Syntax, text: &str, expected: &str) {
        let delimiters = if syntax == Syntax::X12 { Delimiters::X12 } else { Delimiters::EDIFACT };
        let cuts = Cuts::new(text.as_bytes(), syntax, delimiters);
        let lines: Vec<String> = read(cuts.set())
            .into_iter()
            .map(|said| {
                let about = tell(&said.about, said.disposition);
                format!("{about} {}", said.codes.join(" ")).trim_end().to_owned()
            })
            .collect();
        assert_eq!(lines.join(" | "), expected);
    }

    /// Reads a reply with our own reader, which must find no fault in it, and tells what it says.
    fn check(reply: ReplyInterchange, expected: &str) {
        let bytes = reply.finish().unwrap();
        let mut reader = Reader::new(&bytes[..], Limits::default());
        let mut told = Vec::new();
        while let Some(event) = reader.next_event().unwrap() {
            let (findings, said) = match event {
                Event::InterchangeOpened(header) => {
                    assert_eq!(header.repairs, []);
                    (header.findings.clone(), Vec::new())
                }
                Event::GroupOpened(header) => (header.findings.clone(), Vec::new()),
                Event::InterchangeAcknowledgement(set) => (Vec::new(), read(set)),
                Event::Set(header, set) => (header.findings.clone(), read(set)),
                Event::GroupClosed { findings, .. } | Event::InterchangeClosed { findings, .. } => {
                    (findings, Vec::new())
                }
            };
            assert_eq!(findings, []);
            for one in said {
                told.push(tell(&one.about, one.disposition));
                for finding in &one.findings {
                    let code = finding.code.trim_start_matches('0');
                    told.push(format!("  {code} {} {}", finding.finding.fault, finding.finding.message()));
                }
            }
        }
        let lines = expected.lines().map(|line| line.trim_start_matches("            "));
        let expected: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        assert_eq!(told, expected, "{}\n{}", String::from_utf8_lossy(&bytes), told.join("\n"));
    }

    fn tell(about: &About, disposition: Disposition) -> String {
        let about = match about {
            About::Interchange { control_number } => format!("interchange {}", control_number.trim_start_matches('0')),
            About::Group { functional_id, control_number } => format!("group {functional_id} {control_number}"),
            About::Set { kind, control_number } => format!("set {kind} {control_number}"),
        };
        format!("{about} {disposition:?}")
    }
}
