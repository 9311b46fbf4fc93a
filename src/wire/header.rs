//! What is wrong with the values of interchange and group headers, as TA1 and CONTRL can report it.
//!
//! Structure and numbers that nobody can answer are errors; codes off the list are warnings, since partners agree on
//! others and the document is none the worse. Sources: X12.5 (ISA, elements I01 to I15), X12.6 (GS), ISO 9735 (UNB).

use super::{Segment, Syntax};
use crate::finding::{Fault, Finding, Place};

/// A finding about one element of an envelope segment.
pub(super) fn at_element(fault: Fault, segment: &Segment<'_>, position: u16) -> Finding {
    let element = segment.element(usize::from(position));
    let place = Place::segment(segment.tag_text(), 0, segment.span()).element(position, element.span());
    let finding = Finding::error(fault, place);
    match element.text() {
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
    check.findings
}

/// The findings of GS or UNG, control numbers excepted: whether those repeat is the walk's to know.
pub(super) fn check_group(segment: &Segment<'_>, syntax: Syntax) -> Vec<Finding> {
    let mut check = Check { segment, findings: Vec::new() };
    if syntax == Syntax::X12 {
        check.present(&[1, 2, 3, 8]);
        check.value(4, Fault::DateInvalid, "CCYYMMDD", is_date);
        check.value(5, Fault::TimeInvalid, "HHMM", is_time);
    } else {
        check.present(&[1, 2, 3]);
    }
    for finding in &mut check.findings {
        // A group with a wrong date is a group all the same.
        finding.severity = crate::finding::Severity::Warning;
    }
    check.findings
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
        self.code(1, "00..06", |v| matches!(v, "00" | "01" | "02" | "03" | "04" | "05" | "06"));
        self.code(3, "00 or 01", |v| matches!(v, "00" | "01"));
        self.code(5, "a qualifier of I05", is_qualifier);
        self.present(&[6]);
        self.code(7, "a qualifier of I05", is_qualifier);
        self.present(&[8]);
        self.value(9, Fault::DateInvalid, "YYMMDD", |v| v.len() == 6 && is_date(v));
        self.value(10, Fault::TimeInvalid, "HHMM", |v| v.len() == 4 && is_time(v));
        self.value(12, Fault::VersionUnsupported, "five digits", |v| v.len() == 5 && is_digits(v));
        match self.segment.element(13).text().trim() {
            "" => self.findings.push(at_element(Fault::ControlNumberMissing, self.segment, 13)),
            _ => self.value(13, Fault::NumberInvalid, "nine digits", is_digits),
        }
        self.code(14, "0 or 1", |v| matches!(v, "0" | "1"));
        self.code(15, "P, T or I", |v| matches!(v, "P" | "T" | "I"));
    }

    fn unb(&mut self) {
        let syntax = self.segment.element(1);
        let (level, version) = (syntax.component(1).text(), syntax.component(2).text());
        if syntax.is_empty() {
            self.present(&[1]);
        } else if level.len() != 4 || !matches!(&*version, "1" | "2" | "3" | "4") {
            let finding = at_element(Fault::VersionUnsupported, self.segment, 1);
            self.findings.push(Finding { severity: crate::finding::Severity::Warning, ..finding });
        }
        self.present(&[2, 3]);
        let when = self.segment.element(4);
        let (date, time) = (when.component(1).text(), when.component(2).text());
        if when.is_empty() {
            self.present(&[4]);
        } else if !is_date(&date) {
            self.findings.push(at_element(Fault::DateInvalid, self.segment, 4).expecting("YYMMDD"));
        } else if !is_time(&time) {
            self.findings.push(at_element(Fault::TimeInvalid, self.segment, 4).expecting("HHMM"));
        }
        if self.segment.element(5).is_empty() {
            self.findings.push(at_element(Fault::ControlNumberMissing, self.segment, 5));
        }
    }

    fn present(&mut self, positions: &[u16]) {
        for &position in positions {
            let element = self.segment.element(usize::from(position));
            if element.component(1).text().trim().is_empty() {
                self.findings.push(at_element(Fault::ElementMissing, self.segment, position));
            }
        }
    }

    fn value(&mut self, position: u16, fault: Fault, expected: &str, holds: impl Fn(&str) -> bool) {
        let element = self.segment.element(usize::from(position));
        if usize::from(position) <= self.segment.len() && !holds(element.text().trim()) {
            self.findings.push(at_element(fault, self.segment, position).expecting(expected));
        }
    }

    fn code(&mut self, position: u16, expected: &str, holds: impl Fn(&str) -> bool) {
        self.value(position, Fault::CodeInvalid, expected, holds);
        if let Some(finding) = self.findings.last_mut()
            && finding.fault == Fault::CodeInvalid
        {
            finding.severity = crate::finding::Severity::Warning;
        }
    }
}

/// Interchange id qualifiers (I05).
fn is_qualifier(value: &str) -> bool {
    matches!(value, "AM" | "NR" | "SA" | "SN" | "ZZ")
        || (is_digits(value) && value.len() == 2 && matches!(value.parse::<u8>(), Ok(1..=4 | 7..=38)))
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
        isa("*0*P*", "*2*X*", "invalid-code ISA-14, invalid-code ISA-15");
        isa("*0*P*>", "", "malformed-header ISA");
    }

    #[test]
    fn a_unb_is_checked_value_by_value() {
        unb("UNB+UNOC:3+A:14+B+240115:1030+7'", "");
        unb("UNB+UNOC:4+A:14+B+20240115:1030+7'", "");
        unb("UNB+UNOC:9+A+B+240115:1030+7'", "unsupported-version UNB-01");
        unb("UNB+UNOC:3+:14++240115:1030+7'", "missing-element UNB-02, missing-element UNB-03");
        unb("UNB+UNOC:3+A+B+241315:1030+7'", "invalid-date UNB-04");
        unb("UNB+UNOC:3+A+B+240115:1099+7'", "invalid-time UNB-04");
        unb("UNB+UNOC:3+A+B+240115:1030'", "missing-control-number UNB-05");
    }

    #[test]
    fn a_gs_is_checked_value_by_value() {
        check(Syntax::X12, "GS*PO*A*B*20240115*1030*1*X*004010~", "");
        check(Syntax::X12, "GS*PO*A*B*240115*103015*1*X*004010~", "");
        check(
            Syntax::X12,
            "GS**A**20240132*10*1*X~",
            "missing-element GS-01, missing-element GS-03, \
            missing-element GS-08, invalid-date GS-04, invalid-time GS-05",
        );
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
        let findings =
            if text.starts_with("GS") { check_group(&segment, syntax) } else { check_interchange(&segment, syntax) };
        let got: Vec<_> = findings.iter().map(|f| format!("{} {}", f.fault.name(), f.place)).collect();
        assert_eq!(got.join(", "), expected, "{text}");
    }
}
