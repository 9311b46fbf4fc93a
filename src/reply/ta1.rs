//! TA1: one segment about one interchange envelope (X12.5).

use jiff::civil::{Date, DateTime, Time};

use super::outcome::errors;
use super::{Disposition, InterchangeOutcome, Line};
use crate::finding::{Level, Rules};

/// The TA1 for an interchange: its number, date and time as received, the verdict, and the note code of the first error, or
/// of the first finding where none is one. What ISA does not say as TA1 can repeat it is written as zeros, and its date and
/// time as those of the answer: so the answer is valid, and the note says what was wrong.
pub fn compose(outcome: &InterchangeOutcome<'_>, at: DateTime) -> Line {
    let interchange = outcome.interchange;
    let note = match outcome.disposition {
        Disposition::Accepted => "000",
        _ => {
            let first = errors(outcome.findings).next().or(outcome.findings.first());
            first.map_or("024", |finding| finding.code_x12(Level::Interchange, Rules::V4010))
        }
    };
    let or_now = |text: &str, holds: bool, form: &str| match holds {
        true => text.to_owned(),
        false => at.strftime(form).to_string(),
    };
    Line::new("TA1")
        .and(number(&interchange.control_number))
        .and(or_now(&interchange.date, is_date(&interchange.date), "%y%m%d"))
        .and(or_now(&interchange.time, is_time(&interchange.time), "%H%M"))
        .and(outcome.disposition.code_x12())
        .and(note)
}

/// Nine digits: those that are there, with zeros before them.
fn number(text: &str) -> String {
    let is_number = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    format!("{:0>9}", if is_number { text } else { "" })
}

fn pairs(text: &str) -> Option<Vec<i8>> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| {
        text.as_bytes()
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |sum, digit| sum * 10 + (digit - b'0') as i8))
            .collect()
    })
}

fn is_date(text: &str) -> bool {
    text.len() == 6
        && matches!(pairs(text).as_deref(), Some(&[year, month, day]) if Date::new(2000 + i16::from(year), month, day).is_ok())
}

fn is_time(text: &str) -> bool {
    text.len() == 4 && matches!(pairs(text).as_deref(), Some(&[hour, minute]) if Time::new(hour, minute, 0, 0).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::story;
    use crate::wire::Syntax;

    #[test]
    fn what_cannot_be_repeated_is_filled() {
        check("000000042", "260301", "0900", "TA1*000000042*260301*0900*A*000");
        check("42", "260301", "0900", "TA1*000000042*260301*0900*A*000");
        check("", "", "", "TA1*000000000*260302*1015*A*000");
        check("00000000A", "260230", "2500", "TA1*000000000*260302*1015*A*000");
        check("12345678901", "20260301", "09", "TA1*000000000*260302*1015*A*000");
    }

    #[track_caller]
    fn check(number: &str, date: &str, time: &str, expected: &str) {
        let mut interchange = story::interchange(Syntax::X12);
        (interchange.control_number, interchange.date, interchange.time) = (number.into(), date.into(), time.into());
        let outcome =
            InterchangeOutcome { interchange: &interchange, findings: &[], disposition: Disposition::Accepted };
        let line = compose(&outcome, jiff::civil::datetime(2026, 3, 2, 10, 15, 0, 0));
        assert_eq!(line.to_string(), expected);
    }
}
