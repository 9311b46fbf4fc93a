//! CONTRL: what became of an EDIFACT interchange, its groups and its messages (UCI, UCF, UCM, UCS, UCD).
//!
//! EDIFACT has no "accepted with errors": what the agreement tolerates is acknowledged with action 7 and no code. In
//! 0098 the segment's tag counts as position 1; a missing segment is placed by the last one before it (0096).

use super::outcome::{errors, or_zeros};
use super::{Disposition, GroupOutcome, InterchangeOutcome, Line, SetOutcome};
use crate::finding::{Fault, Finding, Level};
use crate::wire::{Delimiters, Identity};

/// UCS repeats at most 999 times in a message, UCD 99 times in a segment.
const SEGMENTS_MAX: usize = 999;
const ELEMENTS_MAX: usize = 99;
/// The characters of 0020, 0048 and 0062.
const REFERENCE_MAX: usize = 14;

/// Which question a CONTRL answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Action 8: the interchange has arrived; nothing is said of its messages yet.
    Receipt,
    /// Action 7 or 4, and the messages one by one.
    Result,
}

/// The body of one CONTRL: everything between UNH and UNT. Lines are handed out as they come to be.
#[derive(Debug)]
pub struct ContrlReply {
    answer: Answer,
    /// The interchange was rejected: nothing below it is named.
    rejected: bool,
    /// The group that is being answered was rejected: its messages are not named.
    group_rejected: bool,
    /// Syntax 4 knows repetitions (0136) and a dependency code of its own.
    syntax_4: bool,
    /// Acknowledged messages are named too; action 7 above them says the same.
    list_accepted: bool,
}

impl ContrlReply {
    /// Begins the answer and hands out its UCI. `version` is that of the interchange the answer is written in.
    pub fn open(
        answer: Answer,
        version: &str,
        outcome: &InterchangeOutcome<'_>,
        list_accepted: bool,
        lines: &mut Vec<Line>,
    ) -> Self {
        let interchange = outcome.interchange;
        let syntax_4 = is_syntax_4(version);
        let party = |identity, written| fitting(party(identity, written), room_for_party(syntax_4));
        let rejected = !outcome.disposition.is_accepted();
        let action = match (rejected, answer) {
            (true, _) => "4",
            (false, Answer::Receipt) => "8",
            (false, Answer::Result) => "7",
        };
        let written = |element| (element, interchange.delimiters);
        let line = Line::new("UCI")
            .and(&interchange.control_number)
            .composite(party(interchange.sender.as_ref(), interchange.elements.get(1).map(written)))
            .composite(party(interchange.receiver.as_ref(), interchange.elements.get(2).map(written)))
            .and(action);
        lines.push(with_error(line, rejected, outcome.findings, Fault::RuleBroken, syntax_4));
        Self { answer, rejected, group_rejected: false, syntax_4, list_accepted }
    }

    /// Answers a group that the partner opened with UNG. The implicit group of an interchange without groups has none.
    pub fn group(&mut self, outcome: &GroupOutcome<'_>, lines: &mut Vec<Line>) {
        self.group_rejected = false;
        let group = outcome.group;
        let Some(reference) = group.control_number.as_deref().filter(|_| self.goes_on()) else { return };
        self.group_rejected = !outcome.disposition.is_accepted();
        let party = |identity| fitting(party(identity, None), &[35, 4]);
        let line = Line::new("UCF")
            .and(or_zeros(reference, "0", REFERENCE_MAX))
            .composite(party(group.sender.as_ref()))
            .composite(party(group.receiver.as_ref()))
            .and(if self.group_rejected { "4" } else { "7" });
        lines.push(with_error(line, self.group_rejected, outcome.findings, Fault::RuleBroken, self.syntax_4));
    }

    /// Answers one message: UCM, and where it is rejected UCS and UCD for its errors.
    pub fn set(&mut self, set: &SetOutcome<'_>, lines: &mut Vec<Line>) {
        let rejected = !set.disposition.is_accepted();
        let is_silent = !rejected && !self.list_accepted;
        // Never an acknowledgement of an acknowledgement.
        if !self.goes_on() || self.group_rejected || is_silent || set.kind == "CONTRL" {
            return;
        }
        let kind: Vec<&str> = std::iter::once(set.kind).chain(set.release.split(':')).collect();
        let room: &[usize] = if self.syntax_4 { &[6, 3, 3, 3, 6, 6, 6] } else { &[6, 3, 3, 2, 6] };
        let mut kind = fitting(kind.into_iter().map(str::to_owned).collect(), room);
        kind.resize(kind.len().max(4), String::new());
        kind[..4].iter_mut().filter(|part| part.is_empty()).for_each(|part| "0".clone_into(part));
        let line = Line::new("UCM")
            .and(or_zeros(set.control_number, "0", REFERENCE_MAX))
            .composite(kind)
            .and(if rejected { "4" } else { "7" });
        let own: Vec<Finding> = errors(set.findings).filter(|finding| is_of_message(finding)).cloned().collect();
        let told_below = errors(set.findings).any(|finding| !is_of_message(finding));
        let line = match (rejected, own.is_empty() && told_below) {
            (true, true) => line,
            (true, false) if set.disposition == Disposition::Unsupported && own.is_empty() => {
                with_error(line, true, &[], Fault::SetUnsupported, self.syntax_4)
            }
            _ => with_error(line, rejected, &own, Fault::RuleBroken, self.syntax_4),
        };
        lines.push(line);
        if rejected {
            self.segments(set.findings, lines);
        }
    }

    fn goes_on(&self) -> bool {
        self.answer == Answer::Result && !self.rejected
    }

    /// One UCS for each segment with errors: its own error in 0085, those of its elements in UCD.
    fn segments(&self, findings: &[Finding], lines: &mut Vec<Line>) {
        let mut wrong: Vec<(u32, Level, &Finding)> = errors(findings)
            .filter(|finding| matches!(finding.level(), Level::Segment | Level::Element) && !is_of_message(finding))
            .map(|finding| (position(finding), finding.level(), finding))
            .collect();
        wrong.sort_by_key(|(position, level, finding)| {
            (*position, *level == Level::Element, finding.place.element, finding.place.component)
        });
        let mut written = 0;
        let mut open_at = None;
        let mut elements = 0;
        for (position, level, finding) in wrong {
            match level {
                Level::Element => {
                    if open_at != Some(position) {
                        if written == SEGMENTS_MAX {
                            return;
                        }
                        lines.push(Line::new("UCS").and(position.to_string()));
                        (written, open_at, elements) = (written + 1, Some(position), 0);
                    }
                    if elements < ELEMENTS_MAX {
                        elements += 1;
                        lines.push(
                            Line::new("UCD")
                                .and(code_of(finding.fault, self.syntax_4))
                                .composite(element_position(finding, self.syntax_4)),
                        );
                    }
                }
                _ => {
                    if written == SEGMENTS_MAX {
                        return;
                    }
                    let line = Line::new("UCS").and(position.to_string()).and(code_of(finding.fault, self.syntax_4));
                    if lines.last() != Some(&line) {
                        lines.push(line);
                        written += 1;
                    }
                    // A missing segment shares its position with the one before it, whose elements are not its own.
                    open_at = (!is_missing(finding.fault)).then_some(position);
                    elements = 0;
                }
            }
        }
    }
}

/// What UCM says: of the message as a whole, of UNH and of UNT.
fn is_of_message(finding: &Finding) -> bool {
    finding.level() == Level::Set || matches!(&*finding.place.tag, "UNH" | "UNT")
}

/// Whether a version like `UNOC:4` is of syntax 4, whose CONTRL has more room.
fn is_syntax_4(version: &str) -> bool {
    version.split(':').nth(1).is_some_and(|number| number.starts_with('4'))
}

/// What UNH of a CONTRL says after its type, where nothing was agreed: it belongs to the syntax, not to a directory.
pub fn release_of(version: &str) -> &'static str {
    if is_syntax_4(version) { "4:1:UN" } else { "D:3:UN" }
}

/// Adds 0085, the service segment (0013) and the element (S011) of the first error, where something was rejected.
fn with_error(line: Line, rejected: bool, findings: &[Finding], otherwise: Fault, syntax_4: bool) -> Line {
    if !rejected {
        return line;
    }
    let Some(finding) = errors(findings).next() else {
        return line.and(code_of(otherwise, syntax_4));
    };
    let line = line.and(code_of(finding.fault, syntax_4));
    let tag = &*finding.place.tag;
    if !matches!(tag, "UNA" | "UNB" | "UNZ" | "UNG" | "UNE" | "UNH" | "UNT") {
        return line;
    }
    let line = line.and(tag);
    match finding.place.element {
        Some(_) => line.composite(element_position(finding, syntax_4)),
        None => line,
    }
}

/// 0096: a segment's position; for a missing one that of the last segment before it.
fn position(finding: &Finding) -> u32 {
    let at = finding.place.segment.min(999_999);
    if is_missing(finding.fault) { at.saturating_sub(1).max(1) } else { at.max(1) }
}

/// S011: 0098 counts the tag as 1, 0104 and (syntax 4) 0136 count from 1.
fn element_position(finding: &Finding, syntax_4: bool) -> Vec<String> {
    let place = &finding.place;
    let number = |value: Option<u16>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut parts = vec![(place.element.unwrap_or(1) + 1).min(999).to_string(), number(place.component)];
    if syntax_4 {
        parts.push(number(place.repetition.filter(|&repetition| repetition > 1)));
    }
    parts
}

fn is_missing(fault: Fault) -> bool {
    matches!(fault, Fault::SegmentMissing | Fault::LoopMissing)
}

/// 0085; a dependency has its own code from syntax 4 on.
fn code_of(fault: Fault, syntax_4: bool) -> &'static str {
    match fault {
        Fault::ElementConditionalMissing | Fault::ElementExcluded if syntax_4 => "48",
        fault => fault.code_edifact(),
    }
}

/// S002, S003, S006, S007: all components as the header has them, else id and qualifier.
fn party(identity: Option<&Identity>, written: Option<(&String, Delimiters)>) -> Vec<String> {
    match (identity, written) {
        (_, Some((written, delimiters))) if !written.is_empty() => components(written, delimiters),
        (Some(identity), _) => vec![identity.id.clone(), identity.qualifier.clone()],
        (None, _) => Vec::new(),
    }
}

/// What an answer has room for: the first component as zeros where it has none for it, others left out.
fn fitting(mut parts: Vec<String>, room: &[usize]) -> Vec<String> {
    parts.truncate(room.len());
    parts.resize(parts.len().max(1), String::new());
    for (part, &characters_max) in parts.iter_mut().zip(room) {
        if part.chars().count() > characters_max {
            part.clear();
        }
    }
    parts[0] = or_zeros(&parts[0], "0", room[0]).to_owned();
    parts
}

/// S002 and S003.
fn room_for_party(syntax_4: bool) -> &'static [usize] {
    if syntax_4 { &[35, 4, 35, 35] } else { &[35, 4, 14] }
}

/// Cuts a composite as written into its components, released characters released.
fn components(written: &str, delimiters: Delimiters) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        let is = |byte: u8| character == char::from(byte);
        let last = parts.len() - 1;
        if delimiters.release.is_some_and(is) {
            parts[last].extend(characters.next());
        } else if is(delimiters.component) {
            parts.push(String::new());
        } else {
            parts[last].push(character);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::story;
    use crate::wire::Syntax;

    #[test]
    fn accepted() {
        check(
            "UNOC:3",
            "",
            None,
            &[("1", "~unknown-code LIN-04@7"), ("2", "")],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCM*1*ORDERS>D>96A>UN*7
            UCM*2*ORDERS>D>96A>UN*7",
        );
    }

    #[test]
    fn what_a_message_lacks_is_repeated_as_zeros() {
        check(
            "UNOC:3",
            "",
            None,
            &[("", "missing-control-number UNH-01@1"), ("2", "")],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCM*0*ORDERS>D>96A>UN*4*13*UNH*2
            UCM*2*ORDERS>D>96A>UN*7",
        );
    }

    #[test]
    fn tolerated_errors_are_not_told() {
        check(
            "UNOC:3",
            "",
            None,
            &[("1", "count-mismatch UNT-01@9 \"8\"")],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCM*1*ORDERS>D>96A>UN*7",
        );
    }

    #[test]
    fn segments_and_elements() {
        let findings = "
            missing-segment DTM@3
            invalid-code NAD-01@4 \"ZZZ\"
            value-too-long NAD-02-1@4 \"123456789012345678\"
            unknown-segment XYZ@6
            missing-conditional-element LIN-03-1@7
            segment-too-often QTY@8
            too-many-elements QTY-02@8
            missing-loop LIN@10 loop=SG25:LIN";
        check(
            "UNOC:3",
            "",
            None,
            &[("1", findings)],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCM*1*ORDERS>D>96A>UN*4
            UCS*2*13
            UCS*4
            UCD*12*2
            UCD*39*3>1
            UCS*6*15
            UCS*7
            UCD*13*4>1
            UCS*8*35
            UCD*16*3
            UCS*9*13",
        );
    }

    #[test]
    fn a_missing_segment_is_not_the_one_before_it() {
        let findings = "missing-segment DTM@5\ninvalid-code NAD-01@4 \"ZZZ\"";
        check(
            "UNOC:3",
            "",
            None,
            &[("1", findings)],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCM*1*ORDERS>D>96A>UN*4
            UCS*4*13
            UCS*4
            UCD*12*2",
        );
    }

    #[test]
    fn faults_of_envelopes_name_service_segments() {
        let sets = [
            ("1", "control-number-mismatch UNT-02@9 \"2\""),
            ("2", "missing-trailer UNT@5"),
            ("3", "unsupported-set UNH-02-1@1"),
        ];
        check(
            "UNOC:3",
            "",
            None,
            &sets,
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCM*1*ORDERS>D>96A>UN*4*28*UNT*3
            UCM*2*ORDERS>D>96A>UN*4*13*UNT
            UCM*3*ORDERS>D>96A>UN*4*14*UNH*3>1",
        );
        check(
            "UNOC:3",
            "count-mismatch UNZ-01@0 \"3\"",
            None,
            &[("1", "")],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCM*1*ORDERS>D>96A>UN*7",
        );
        check(
            "UNOC:3",
            "duplicate-interchange UNB-05@0",
            None,
            &[("1", "")],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*4*26*UNB*6",
        );
    }

    #[test]
    fn groups() {
        check(
            "UNOC:3",
            "",
            Some("control-number-mismatch UNE-02@0"),
            &[("1", "")],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCF*7*ACMEGRP*OURGRP*4*28*UNE*3",
        );
        check(
            "UNOC:3",
            "",
            Some(""),
            &[("1", "")],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCF*7*ACMEGRP*OURGRP*7
            UCM*1*ORDERS>D>96A>UN*7",
        );
    }

    #[test]
    fn syntax_4_says_more() {
        let findings = "missing-conditional-element LIN-03-1@7\ninvalid-code LIN-05/3@7";
        check(
            "UNOC:4",
            "",
            None,
            &[("1", findings)],
            "
            UCI*000000042*ACME>ZZ*OURHOUSE>01*7
            UCM*1*ORDERS>D>96A>UN*4
            UCS*7
            UCD*48*4>1
            UCD*12*6>>3",
        );
    }

    #[test]
    fn a_receipt_says_nothing_of_messages() {
        let interchange = story::interchange(Syntax::Edifact);
        let outcome =
            InterchangeOutcome { interchange: &interchange, findings: &[], disposition: Disposition::Accepted };
        let mut lines = Vec::new();
        ContrlReply::open(Answer::Receipt, "UNOC:3", &outcome, true, &mut lines);
        assert_eq!(lines[0].to_string(), "UCI*000000042*ACME>ZZ*OURHOUSE>01*8");
    }

    #[test]
    fn parties_are_copied_with_all_their_components() {
        let mut interchange = story::interchange(Syntax::Edifact);
        interchange.elements = ["UNOC:3", "AC?:ME:14:INNER", "US:ZZ"].map(String::from).into();
        let outcome =
            InterchangeOutcome { interchange: &interchange, findings: &[], disposition: Disposition::Accepted };
        let mut lines = Vec::new();
        ContrlReply::open(Answer::Result, "UNOC:3", &outcome, true, &mut lines);
        assert_eq!(lines[0].elements[1], ["AC:ME", "14", "INNER"]);
    }

    fn check(version: &str, findings: &str, group: Option<&str>, sets: &[(&str, &str)], expected: &str) {
        let tolerated = |fault| fault == Fault::CountMismatch;
        let mut interchange = story::interchange(Syntax::Edifact);
        interchange.version = version.into();
        let findings = story::findings(findings);
        let disposition = Disposition::of(&findings, tolerated);
        let outcome = InterchangeOutcome { interchange: &interchange, findings: &findings, disposition };
        let mut lines = Vec::new();
        let mut reply = ContrlReply::open(Answer::Result, version, &outcome, true, &mut lines);
        if let Some(findings) = group {
            let group = story::group("ORDERS", "D:96A:UN");
            let findings = story::findings(findings);
            let disposition = Disposition::of(&findings, tolerated);
            let outcome = GroupOutcome { group: &group, findings: &findings, disposition };
            reply.group(&outcome, &mut lines);
        }
        for (control_number, findings) in sets {
            let findings = story::findings(findings);
            let disposition = Disposition::of(&findings, tolerated);
            let set = SetOutcome {
                kind: "ORDERS",
                release: "D:96A:UN",
                control_number,
                convention: None,
                findings: &findings,
                disposition,
            };
            reply.set(&set, &mut lines);
        }
        let text: Vec<String> = lines.iter().map(Line::to_string).collect();
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(text, expected, "\n{}", text.join("\n"));
    }
}
