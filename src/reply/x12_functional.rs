//! 997 and 999: what became of each transaction set of a group, in the words of X12 (AK1 to AK9, IK3 to IK5).
//!
//! Sets are pushed one by one, so that a million of them need no memory. The composer holds no judgement: dispositions
//! come in, codes come from the table of faults.

use super::outcome::{errors, number, or_zeros};
use super::{Disposition, GroupOutcome, Line, SetOutcome};
use crate::finding::{Fault, Finding, Level, Rules};

/// Which of the two functional acknowledgements is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    F997,
    /// The implementation acknowledgement of 005010, with context.
    F999,
}

/// AK5 and AK9 have room for five codes.
const CODES_MAX: usize = 5;
/// AK4 repeats at most 99 times in an AK3.
const ELEMENTS_MAX: usize = 99;
/// Elements 97, 123 and 2 hold six digits.
const COUNT_MAX: u64 = 999_999;
/// The characters of AK102 and AK202, of AK103 and of AK203.
const NUMBER_MAX: usize = 9;
const VERSION_MAX: usize = 12;
const CONVENTION_MAX: usize = 35;
/// The characters of AK404 (724).
const COPY_MAX: usize = 99;

/// The body of one acknowledgement: everything between ST and SE. Lines are handed out as they come to be.
#[derive(Debug)]
pub struct FunctionalReply<'a> {
    dialect: Dialect,
    rules: Rules,
    group: GroupOutcome<'a>,
    /// Accepted sets are answered one by one too.
    list_accepted: bool,
    accepted: u64,
    with_errors: u64,
    rejected: u64,
}

impl<'a> FunctionalReply<'a> {
    /// Begins the answer to a group and hands out its AK1.
    pub fn open(dialect: Dialect, group: GroupOutcome<'a>, list_accepted: bool, lines: &mut Vec<Line>) -> Self {
        let rules = rules_of(dialect, &group.group.version);
        // AK102 is a number, of nine digits.
        let digits = group.group.control_number.as_deref().filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
        let mut line =
            Line::new("AK1").and(&group.group.functional_id).and(or_zeros(digits.unwrap_or_default(), "0", NUMBER_MAX));
        if rules == Rules::V5010 && (1..=VERSION_MAX).contains(&group.group.version.chars().count()) {
            line = line.and(&group.group.version);
        }
        lines.push(line);
        Self { dialect, rules, group, list_accepted, accepted: 0, with_errors: 0, rejected: 0 }
    }

    /// Answers one set: AK2, AK3 and AK4 for its errors, AK5. In a rejected group every set is rejected.
    pub fn set(&mut self, set: &SetOutcome<'_>, lines: &mut Vec<Line>) {
        let disposition = match self.group.disposition {
            Disposition::Rejected | Disposition::Unsupported => Disposition::Rejected,
            _ => set.disposition,
        };
        match disposition {
            Disposition::Accepted => self.accepted += 1,
            Disposition::AcceptedWithErrors | Disposition::Partially => self.with_errors += 1,
            Disposition::Rejected | Disposition::Unsupported => self.rejected += 1,
        }
        if disposition == Disposition::Accepted && !self.list_accepted {
            return;
        }
        let mut line = Line::new("AK2").and(kind_of(set.kind)).and(number(set.control_number, 4, NUMBER_MAX));
        let convention = set.convention.filter(|convention| convention.chars().count() <= CONVENTION_MAX);
        if let (Rules::V5010, Some(convention)) = (self.rules, convention) {
            line = line.and(convention);
        }
        lines.push(line);
        self.segments(set.findings, lines);
        let mut codes: Vec<&str> = Vec::new();
        for finding in errors(set.findings) {
            push_code(finding.code_x12(Level::Set, self.rules), &mut codes);
        }
        if codes.is_empty() && disposition == Disposition::Unsupported {
            codes.push(Fault::SetUnsupported.code_x12(Level::Set, self.rules));
        }
        lines.push(closing(self.tag("AK5", "IK5"), disposition, [], &codes));
    }

    /// Ends the answer: AK9 with counts. Returns what was said of the group.
    pub fn close(self, lines: &mut Vec<Line>) -> Disposition {
        let disposition = Disposition::of_group(self.group.disposition, self.accepted, self.with_errors, self.rejected);
        let mut codes = Vec::new();
        for finding in errors(self.group.findings) {
            push_code(finding.code_x12(Level::Group, self.rules), &mut codes);
        }
        let received = self.accepted + self.with_errors + self.rejected;
        let counts = [self.group.sets_stated().unwrap_or(received), received, self.accepted + self.with_errors];
        lines.push(closing("AK9", disposition, counts.map(|count| count.min(COUNT_MAX).to_string()), &codes));
        disposition
    }

    /// One AK3 for each segment and code of its own; one more, with an AK4 for each, where elements are wrong.
    fn segments(&self, findings: &[Finding], lines: &mut Vec<Line>) {
        let mut wrong: Vec<(&Finding, Level)> = errors(findings)
            .map(|finding| (finding, finding.level()))
            .filter(|(_, level)| matches!(level, Level::Segment | Level::Element))
            .collect();
        // A missing segment stands before the one that took its place.
        wrong.sort_by_key(|(finding, level)| {
            let place = &finding.place;
            (place.segment, !is_missing(finding.fault), *level == Level::Element, place.element, place.component)
        });
        let mut rest = wrong.as_slice();
        while let [(first, level), ..] = rest {
            let same = |(finding, other): &&(&Finding, Level)| {
                other == level && finding.place.segment == first.place.segment && finding.place.tag == first.place.tag
            };
            let count = rest.iter().take_while(same).count();
            let (here, later) = rest.split_at(count);
            rest = later;
            if *level == Level::Segment {
                let mut codes: Vec<(&str, Option<&str>)> = Vec::new();
                for (finding, _) in here {
                    let code = (finding.code_x12(Level::Segment, self.rules), finding.place.loop_id.as_deref());
                    if !codes.contains(&code) {
                        codes.push(code);
                        lines.push(self.segment_line(finding, code.0));
                    }
                }
            } else {
                lines.push(self.segment_line(first, "8"));
                for (finding, _) in here.iter().take(ELEMENTS_MAX) {
                    self.element_lines(finding, lines);
                }
            }
        }
    }

    fn segment_line(&self, finding: &Finding, code: &str) -> Line {
        let place = &finding.place;
        let loop_id = place.loop_id.as_deref().filter(|id| id.len() <= 4 && is_plain(id)).unwrap_or("");
        Line::new(self.tag("AK3", "IK3"))
            .and(segment_id(&place.tag))
            .and(u64::from(place.segment.max(1)).min(COUNT_MAX).to_string())
            .and(loop_id)
            .and(code)
    }

    fn element_lines(&self, finding: &Finding, lines: &mut Vec<Line>) {
        let reference = finding.reference.map(|number| number.to_string()).unwrap_or_default();
        let code = finding.code_x12(Level::Element, self.rules);
        let copy = match finding.fault {
            Fault::ElementMissing | Fault::ElementConditionalMissing => String::new(),
            _ => finding.value.as_deref().map(copy_of).unwrap_or_default(),
        };
        let position = self.position(finding);
        lines.push(
            Line::new(self.tag("AK4", "IK4")).composite(position.clone()).and(reference.clone()).and(code).and(copy),
        );
        if self.dialect == Dialect::F999 && finding.fault == Fault::ElementConditionalMissing {
            let place = &finding.place;
            lines.push(
                Line::new("CTX")
                    .and("SITUATIONAL TRIGGER")
                    .and(segment_id(&place.tag))
                    .and(place.segment.to_string())
                    .and(place.loop_id.as_deref().filter(|id| id.len() <= 4).unwrap_or(""))
                    .composite(position)
                    .and(reference),
            );
        }
    }

    /// C030: element, component, and from 005010 on the repetition.
    fn position(&self, finding: &Finding) -> Vec<String> {
        let place = &finding.place;
        let mut parts = vec![place.element.unwrap_or(1).min(99).to_string()];
        parts.push(place.component.map(|component| component.min(99).to_string()).unwrap_or_default());
        if self.rules == Rules::V5010 {
            let repetition = place.repetition.filter(|&repetition| repetition > 1);
            parts.push(repetition.map(|repetition| repetition.min(9999).to_string()).unwrap_or_default());
        }
        parts
    }

    fn tag(&self, functional: &'static str, implementation: &'static str) -> &'static str {
        match self.dialect {
            Dialect::F997 => functional,
            Dialect::F999 => implementation,
        }
    }
}

/// The code lists a reply speaks: those of the release it answers in.
pub fn rules_of(dialect: Dialect, version: &str) -> Rules {
    if dialect == Dialect::F999 || super::version::release_of_997(version) >= "005010" {
        Rules::V5010
    } else {
        Rules::V4010
    }
}

/// AK201 holds three characters.
fn kind_of(kind: &str) -> &str {
    if kind.chars().count() == 3 { kind } else { "000" }
}

fn is_missing(fault: Fault) -> bool {
    matches!(fault, Fault::SegmentMissing | Fault::LoopMissing)
}

fn push_code<'c>(code: &'c str, codes: &mut Vec<&'c str>) {
    if codes.len() < CODES_MAX && !codes.contains(&code) {
        codes.push(code);
    }
}

fn closing(
    tag: &'static str,
    disposition: Disposition,
    counts: impl IntoIterator<Item = String>,
    codes: &[&str],
) -> Line {
    let mut line = Line::new(tag).and(disposition.code_x12());
    for count in counts {
        line = line.and(count);
    }
    for code in codes {
        line = line.and(*code);
    }
    line
}

/// A segment id that 721 can hold: two or three letters or digits, whatever stood on the wire.
fn segment_id(tag: &str) -> String {
    let mut id: String = tag.chars().filter(char::is_ascii_alphanumeric).take(3).collect();
    while id.len() < 2 {
        id.push('-');
    }
    id
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A copy of bad data that cannot do harm: printable ASCII, at most 99 characters. The writer blanks delimiters.
fn copy_of(value: &str) -> String {
    let printable = value.chars().map(|character| match character {
        ' '..='~' => character,
        character if character.is_control() => ' ',
        _ => '?',
    });
    printable.take(COPY_MAX).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::story;

    #[test]
    fn accepted() {
        check(
            "004010",
            &[("0001", ""), ("0002", "~unknown-code PO1-06@7 \"XX\"")],
            "",
            "
            AK1*PO*7
            AK2*850*0001
            AK5*A
            AK2*850*0002
            AK5*A
            AK9*A*2*2*2",
        );
    }

    #[test]
    fn elements_in_one_segment_share_its_ak3() {
        let findings = "
            value-too-long PO1-04@7 \"123456789012345678\" loop=PO1 ref=212
            invalid-code PO1-03@7 \"XX\" loop=PO1 ref=355
            missing-element BEG-03@2 ref=324";
        check(
            "004010",
            &[("0001", findings)],
            "",
            "
            AK1*PO*7
            AK2*850*0001
            AK3*BEG*2**8
            AK4*3*324*1
            AK3*PO1*7*PO1*8
            AK4*3*355*7*XX
            AK4*4*212*5*123456789012345678
            AK5*R*5
            AK9*R*1*1*0",
        );
    }

    #[test]
    fn what_a_set_lacks_is_repeated_as_zeros() {
        check(
            "004010",
            &[("", "missing-control-number ST-02@1"), ("0002", "")],
            "",
            "
            AK1*PO*7
            AK2*850*0000
            AK5*R*7
            AK2*850*0002
            AK5*A
            AK9*P*2*2*1",
        );
    }

    #[test]
    fn segments_missing_doubled_and_wrong() {
        let findings = "
            missing-segment CTT@9
            segment-too-often CUR@4
            segment-too-often CUR@4
            invalid-code CUR-02@4 \"E*R\" ref=100
            unknown-segment ZZZZ@5
            unexpected-segment N@6
            missing-loop PO1@8 loop=PO1
            loop-too-often N1@8 loop=N1
            too-many-components PO1-01-5@10 \"x\"
            too-many-repetitions PO1-01/3@10 \"y\"
            value-too-short REF-02@11 \"a\tbü~\"";
        check(
            "004010",
            &[("0001", findings)],
            "",
            "
            AK1*PO*7
            AK2*850*0001
            AK3*CUR*4**5
            AK3*CUR*4**8
            AK4*2*100*7*E*R
            AK3*ZZZ*5**1
            AK3*N-*6**2
            AK3*PO1*8*PO1*3
            AK3*N1*8*N1*4
            AK3*CTT*9**3
            AK3*PO1*10**8
            AK4*1**3*y
            AK4*1>5**3*x
            AK3*REF*11**8
            AK4*2**4*a b?~
            AK5*R*5
            AK9*R*1*1*0",
        );
    }

    #[test]
    fn five_codes_at_most_each_once() {
        let findings = "
            missing-trailer SE@9
            control-number-mismatch SE-02@9
            count-mismatch SE-01@9
            invalid-code PO1-03@7
            missing-set-identifier ST-01@1
            missing-control-number ST-02@1
            invalid-code PO1-03@8";
        let group = "missing-trailer GE@0\ncount-mismatch GE-01@0\nunsupported-group GS-01@0\n~empty-group GS@0";
        check(
            "004010",
            &[("0001", findings)],
            group,
            "
            AK1*PO*7
            AK2*850*0001
            AK3*PO1*7**8
            AK4*3**7
            AK3*PO1*8**8
            AK4*3**7
            AK5*R*2*3*4*5*6
            AK9*R*1*1*0*3*5*1",
        );
    }

    #[test]
    fn partly_accepted_tolerated_and_unsupported() {
        let sets =
            [("0001", ""), ("0002", "count-mismatch SE-01@9 \"8\""), ("0003", "unsupported-set ST-01@1 \"999\"")];
        check(
            "004010",
            &sets,
            "",
            "
            AK1*PO*7
            AK2*850*0001
            AK5*A
            AK2*850*0002
            AK5*E*4
            AK2*850*0003
            AK5*R*1
            AK9*P*3*3*2",
        );
    }

    #[test]
    fn a_rejected_group_rejects_its_sets() {
        check(
            "004010",
            &[("0001", "")],
            "control-number-mismatch GE-02@0",
            "
            AK1*PO*7
            AK2*850*0001
            AK5*R
            AK9*R*1*1*0*4",
        );
    }

    #[test]
    fn newer_releases_know_more_codes() {
        let findings = "too-many-repetitions PO1-01/3@10 \"y\"\nmissing-conditional-element PO1-05@10 ref=639";
        check(
            "005010",
            &[("0001", findings)],
            "duplicate-control-number GS-06@0",
            "
            AK1*PO*7*005010
            AK2*850*0001
            AK3*PO1*10**8
            AK4*1>>3**12*y
            AK4*5*639*2
            AK5*R*5
            AK9*R*1*1*0*19",
        );
    }

    #[test]
    fn implementation_acknowledgement() {
        let findings = "missing-conditional-element PO1-05@10 ref=639 loop=PO1";
        check_dialect(
            Dialect::F999,
            "005010X231A1",
            &[("0001", findings)],
            "",
            "
            AK1*PO*7*005010X231A1
            AK2*850*0001
            IK3*PO1*10*PO1*8
            IK4*5*639*2
            CTX*SITUATIONAL TRIGGER*PO1*10*PO1*5*639
            IK5*R*5
            AK9*R*1*1*0",
        );
    }

    fn check(version: &str, sets: &[(&str, &str)], group_findings: &str, expected: &str) {
        check_dialect(Dialect::F997, version, sets, group_findings, expected);
    }

    fn check_dialect(dialect: Dialect, version: &str, sets: &[(&str, &str)], group_findings: &str, expected: &str) {
        let tolerated = |fault| fault == Fault::CountMismatch;
        let group = story::group("PO", version);
        let group_findings = story::findings(group_findings);
        let disposition = Disposition::of(&group_findings, |_| false);
        let outcome = GroupOutcome { group: &group, findings: &group_findings, disposition };
        let mut lines = Vec::new();
        let mut reply = FunctionalReply::open(dialect, outcome, true, &mut lines);
        for (control_number, findings) in sets {
            let findings = story::findings(findings);
            let disposition = Disposition::of(&findings, tolerated);
            let set = SetOutcome {
                kind: "850",
                release: version,
                control_number,
                convention: None,
                findings: &findings,
                disposition,
            };
            reply.set(&set, &mut lines);
        }
        reply.close(&mut lines);
        let text: Vec<String> = lines.iter().map(Line::to_string).collect();
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(text, expected, "\n{}", text.join("\n"));
    }
}
