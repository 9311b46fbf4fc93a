//! What is wrong with the values of headers, as TA1, 997 and CONTRL can report it: what is more than lengths and codes.
//!
//! What nobody can answer or read is an error; what can be read all the same is told and rejects nobody: codes off a list,
//! an envelope's version that nobody published, dates. A release of sets that nobody published is an error, since nothing
//! says by which rules to read them. Sources: X12.5 (ISA, elements I01 to I15), X12.6 (GS), ISO 9735 (UNB).

use super::{Segment, Syntax, service};
use crate::finding::{Fault, Finding, Place, Severity};

/// A finding about one element of an envelope segment.
pub(super) fn at_element(fault: Fault, segment: &Segment<'_>, position: u16) -> Finding {
    at_component(fault, segment, position, None)
}

fn at_component(fault: Fault, segment: &Segment<'_>, position: u16, component: Option<u16>) -> Finding {
    let element = segment.element(usize::from(position));
    let value = component.map_or(element, |component| element.component(usize::from(component)));
    let mut place = service::place(segment).element(position, value.span());
    place.component = component;
    let finding = Finding::error(fault, place);
    match value.text() {
        text if text.trim().is_empty() => finding,
        text => finding.with_value(&text),
    }
}

/// The findings of ISA or UNB.
pub(super) fn check_interchange(segment: &Segment<'_>, syntax: Syntax) -> Vec<Finding> {
    let mut check = Check { segment, findings: Vec::new() };
    match syntax {
        Syntax::X12 => check.isa(),
        Syntax::Edifact => check.unb(),
    }
    check.in_order()
}

/// The findings of GS or UNG, control numbers excepted: whether those repeat is the walk's to know. `syntax_4` is what UNB
/// said.
pub(super) fn check_group(segment: &Segment<'_>, syntax: Syntax, syntax_4: bool) -> Vec<Finding> {
    let mut check = Check { segment, findings: Vec::new() };
    service::check(segment, syntax_4, &mut check.findings);
    match syntax {
        Syntax::X12 => check.gs(),
        Syntax::Edifact => {
            let when = segment.element(4);
            let (date, time) = (when.component(1), when.component(2));
            // A group with a wrong date is a group all the same.
            if !date.is_empty() && !is_date(date.text().trim()) && !check.has(4) {
                check.told(Fault::DateInvalid, 4, Some(1), "YYMMDD");
            } else if !time.is_empty() && !is_time(time.text().trim()) && !check.has(4) {
                check.told(Fault::TimeInvalid, 4, Some(2), "HHMM");
            }
        }
    }
    check.in_order()
}

/// The findings of ST or UNH, control numbers and the name of the set excepted.
pub(super) fn check_set(segment: &Segment<'_>, syntax: Syntax, syntax_4: bool, findings: &mut Vec<Finding>) {
    service::check(segment, syntax_4, findings);
    if syntax == Syntax::X12 {
        return;
    }
    let identifier = segment.element(2);
    let part = |position: usize| identifier.component(position).text().trim().to_owned();
    let (version, release, agency) = (part(2), part(3), part(4));
    // What belongs to the syntax counts its versions otherwise: CONTRL:D:3, CONTRL:4:1.
    let is_of_syntax = part(1) == "CONTRL";
    if agency == "UN"
        && !is_of_syntax
        && !version.is_empty()
        && !release.is_empty()
        && let Err(component) = service::is_un_release(&version, &release)
    {
        let finding = at_component(Fault::ReleaseUnknown, segment, 2, Some(component));
        findings.push(finding.expecting("a directory of the United Nations, as D:96A"));
    }
}

struct Check<'a> {
    segment: &'a Segment<'a>,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn isa(&mut self) {
        const ELEMENTS: usize = 16;
        let found = self.segment.len();
        if found != ELEMENTS {
            let place = Place::segment("ISA", 0, self.segment.span());
            let finding = Finding::error(Fault::HeaderMalformed, place).with_value(&format!("{found} elements"));
            self.findings.push(finding.expecting("16 elements"));
        }
        let mut of_table = Vec::new();
        service::check(self.segment, false, &mut of_table);
        // What is not there is told once.
        of_table.retain(|finding| finding.place.element.is_none_or(|element| usize::from(element) <= found));
        self.findings.append(&mut of_table);
        self.value(9, Fault::DateInvalid, "YYMMDD", |v| v.len() == 6 && is_date(v));
        self.value(10, Fault::TimeInvalid, "HHMM", |v| v.len() == 4 && is_time(v));
        let version = self.segment.element(12).text();
        let version = version.trim();
        // From 00402 on it separates repetitions; some go on saying U, and repeat nothing.
        let is_late = version >= "00402";
        let element = self.segment.raw().get(3).copied();
        let separates = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b' ' && Some(byte) != element;
        let isa11 = self.segment.element(11);
        let fits = match isa11.raw() {
            b"U" => true,
            &[byte] => is_late && separates(byte),
            // A separator that is cut by what it separates, as in another release.
            raw => is_late && raw.iter().all(|&byte| separates(byte)) && !raw.is_empty(),
        };
        if found >= 11 && !fits {
            let expected = if is_late { "U, or a separator of repetitions" } else { "U" };
            self.told(Fault::CodeInvalid, 11, None, expected);
        }
        self.value(12, Fault::VersionUnsupported, "five digits", |v| v.len() == 5 && is_digits(v));
        if version.len() == 5 && is_digits(version) && !service::is_x12_version(version) {
            self.told(Fault::VersionUnsupported, 12, None, "a version that X12 has published, as 00401");
        }
        if found >= 13 && self.segment.element(13).text().trim().is_empty() {
            self.findings.push(at_element(Fault::ControlNumberMissing, self.segment, 13));
        }
    }

    fn gs(&mut self) {
        if !self.has(4) {
            self.value_told(4, Fault::DateInvalid, "CCYYMMDD", is_date);
        }
        if !self.has(5) {
            self.value_told(5, Fault::TimeInvalid, "HHMM", is_time);
        }
        // GS08 is X12's own where GS07 says so: T is another's.
        let version = self.segment.element(8).text();
        let of_x12 = self.segment.element(7).text().trim() != "T";
        if of_x12 && !version.trim().is_empty() && !service::is_x12_release(version.trim()) {
            let finding = at_element(Fault::ReleaseUnknown, self.segment, 8);
            self.findings.push(finding.expecting("a release that X12 has published, as 004010"));
        }
    }

    fn unb(&mut self) {
        let syntax = self.segment.element(1);
        let version = syntax.component(2).text();
        service::check(self.segment, version.trim() == "4", &mut self.findings);
        if syntax.is_empty() {
            self.findings.push(at_element(Fault::ElementMissing, self.segment, 1));
        } else {
            // Read as far as it goes: by the characters that are there, as syntax 3.
            let level = syntax.component(1).text();
            let component = match &*version {
                _ if level.chars().count() != 4 => Some(1),
                "1" | "2" | "3" | "4" => None,
                _ => Some(2),
            };
            self.findings.retain(|found| found.place.element != Some(1) || found.place.component > Some(2));
            if let Some(component) = component {
                self.told(
                    Fault::VersionUnsupported,
                    1,
                    Some(component),
                    "UNOA to UNOK, UNOW to UNOY, of version 1 to 4",
                );
            } else if !service::is_repertoire(&level) {
                self.told(Fault::VersionUnsupported, 1, Some(1), "UNOA to UNOK, UNOW, UNOX or UNOY");
            }
        }
        let when = self.segment.element(4);
        let (date, time) = (when.component(1).text(), when.component(2).text());
        if when.is_empty() {
            self.findings.push(at_element(Fault::ElementMissing, self.segment, 4));
        } else if !is_date(&date) {
            self.findings.push(at_component(Fault::DateInvalid, self.segment, 4, Some(1)).expecting("YYMMDD"));
        } else if !is_time(&time) {
            self.findings.push(at_component(Fault::TimeInvalid, self.segment, 4, Some(2)).expecting("HHMM"));
        }
        if self.segment.element(5).is_empty() {
            self.findings.push(at_element(Fault::ControlNumberMissing, self.segment, 5));
        }
    }

    /// Whether something has been said of an element.
    fn has(&self, element: u16) -> bool {
        self.findings.iter().any(|found| found.place.element == Some(element))
    }

    /// What nobody is rejected for.
    fn told(&mut self, fault: Fault, element: u16, component: Option<u16>, expected: &str) {
        let finding = at_component(fault, self.segment, element, component).expecting(expected);
        self.findings.push(Finding { severity: Severity::Warning, ..finding });
    }

    fn value(&mut self, position: u16, fault: Fault, expected: &str, holds: impl Fn(&str) -> bool) {
        let element = self.segment.element(usize::from(position));
        if usize::from(position) <= self.segment.len() && !holds(element.text().trim()) {
            self.findings.push(at_element(fault, self.segment, position).expecting(expected));
        }
    }

    fn value_told(&mut self, position: u16, fault: Fault, expected: &str, holds: impl Fn(&str) -> bool) {
        let before = self.findings.len();
        self.value(position, fault, expected, holds);
        self.findings[before..].iter_mut().for_each(|found| found.severity = Severity::Warning);
    }

    /// By their places; errors first, since the first one is what an answer has room for.
    fn in_order(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|found| (!found.is_error(), found.place.element, found.place.component));
        self.findings
    }
}

fn is_digits(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit())
}

/// `YYMMDD` or `CCYYMMDD`, and a day there is.
fn is_date(value: &str) -> bool {
    let (year, rest) = match value.len() {
        _ if !is_digits(value) => return false,
        6 => (format!("20{}", &value[..2]), &value[2..]),
        8 => (value[..4].to_owned(), &value[4..]),
        _ => return false,
    };
    let number = |text: &str| text.parse::<i8>().unwrap_or(0);
    let year = year.parse().unwrap_or(0);
    jiff::civil::Date::new(year, number(&rest[..2]), number(&rest[2..])).is_ok()
}

/// `HHMM`, perhaps with seconds and their fractions.
fn is_time(value: &str) -> bool {
    let two = |at: usize, below: u8| value.get(at..at + 2).and_then(|v| v.parse().ok()).is_some_and(|v: u8| v < below);
    is_digits(value) && matches!(value.len(), 4 | 6..=8) && two(0, 24) && two(2, 60) && (value.len() == 4 || two(4, 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Cuts, Delimiters};

    const ISA: &str =
        "ISA*00*          *00*          *ZZ*BUYER          *01*SELLER         *240115*1030*U*00401*000000001*0*P*>~";

    #[test]
    fn an_isa_is_checked_value_by_value() {
        isa("", "", "");
        isa("240115", "240230", "invalid-date ISA-09");
        isa("1030", "2530", "invalid-time ISA-10");
        isa("00401", "4010 ", "unsupported-version ISA-12");
        isa("000000001", "00000000A", "invalid-number ISA-13");
        isa("000000001", "         ", "missing-control-number ISA-13");
        isa("SELLER", "      ", "missing-element ISA-08");
        isa("*ZZ*", "*Z?*", "invalid-code ISA-05");
        isa("*01*", "*39*", "invalid-code ISA-07");
        isa("*0*P*", "*2*X*", "invalid-code ISA-15, invalid-code ISA-14");
        isa("*0*P*>", "", "malformed-header ISA");
        isa("*U*00401", "*Z*00401", "invalid-code ISA-11");
        isa("*U*00401", "*^*00501", "");
        isa("*U*00401", "*U*00501", "");
        isa("*U*00401", "*Z*00501", "invalid-code ISA-11");
        isa("00401", "00999", "unsupported-version ISA-12");
        isa("*ZZ*", "*  *", "missing-element ISA-05");
    }

    #[test]
    fn a_unb_is_checked_value_by_value() {
        unb("UNB+UNOC:3+A:14+B+240115:1030+7'", "");
        unb("UNB+UNOC:4+A:14+B+20240115:1030+7'", "");
        unb("UNB+UNOC:9+A+B+240115:1030+7'", "unsupported-version UNB-01-2");
        unb("UNB+UNOC:3+:14++240115:1030+7'", "missing-element UNB-02-1, missing-element UNB-03-1");
        unb("UNB+UNOC:3+A+B+241315:1030+7'", "invalid-date UNB-04-1");
        unb("UNB+UNOC:3+A+B+240115:1099+7'", "invalid-time UNB-04-2");
        unb("UNB+UNOC:3+A+B+240115:1030'", "missing-control-number UNB-05");
        unb("UNB+UNOQ:3+A+B+240115:1030+7'", "unsupported-version UNB-01-1");
        unb("UNB+UNOC:3+A+B+240115:1030+7++++++Z'", "invalid-number UNB-11");
        unb("UNB+UNOC:3+A+B+240115:1030+7++++++5'", "invalid-code UNB-11");
        unb("UNB+UNOC:3+A:12345+B+240115:1030+123456789012345'", "value-too-long UNB-02-2, value-too-long UNB-05");
    }

    #[test]
    fn a_gs_is_checked_value_by_value() {
        check(Syntax::X12, "GS*PO*AB*BC*20240115*1030*1*X*004010~", "");
        check(Syntax::X12, "GS*PO*AB*BC*240115*103015*1*X*004010~", "");
        check(
            Syntax::X12,
            "GS**AB**20240132*10*1*X~",
            "missing-element GS-01, missing-element GS-03, \
            invalid-date GS-04, invalid-time GS-05, missing-element GS-08",
        );
    }

    #[test]
    fn a_release_that_nobody_published_is_an_error() {
        check(Syntax::X12, "GS*PO*AB*BC*20240115*1030*1*X*009999~", "unknown-release GS-08");
        check(Syntax::X12, "GS*PO*AB*BC*20240115*1030*1*T*009999~", "");
        for (text, expected) in [
            ("UNH+1+ORDERS:D:96A:UN'", ""),
            ("UNH+1+ORDERS:D:99Z:UN'", "unknown-release UNH-02-3 (segment 1)"),
            ("UNH+1+ORDERS:D:99Z:EN'", ""),
            ("UNH+1+CONTRL:D:3:UN'", ""),
        ] {
            let cuts = Cuts::new(text.as_bytes(), Syntax::Edifact, Delimiters::EDIFACT);
            let mut findings = Vec::new();
            check_set(&cuts.set().segment(0), Syntax::Edifact, false, &mut findings);
            let got: Vec<_> = findings.iter().map(|f| format!("{} {}", f.fault.name(), f.place)).collect();
            assert_eq!(got.join(", "), expected, "{text}");
        }
    }

    fn isa(from: &str, to: &str, expected: &str) {
        let text = if from.is_empty() { ISA.to_owned() } else { ISA.replacen(from, to, 1) };
        check(Syntax::X12, &text, expected);
    }

    fn unb(text: &str, expected: &str) {
        check(Syntax::Edifact, text, expected);
    }

    fn check(syntax: Syntax, text: &str, expected: &str) {
        let delimiters = if syntax == Syntax::X12 { Delimiters::X12 } else { Delimiters::EDIFACT };
        let cuts = Cuts::new(text.as_bytes(), syntax, delimiters);
        let segment = cuts.set().segment(0);
        let findings = if text.starts_with("GS") {
            check_group(&segment, syntax, false)
        } else {
            check_interchange(&segment, syntax)
        };
        let got: Vec<_> = findings.iter().map(|f| format!("{} {}", f.fault.name(), f.place)).collect();
        assert_eq!(got.join(", "), expected, "{text}");
    }
}
