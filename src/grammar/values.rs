//! Whether text is a number, a date or a time as both standards write them. Looks at bytes, keeps nothing.

/// What looking at a number showed: its digits without sign, mark and exponent, or nothing where it is no number.
#[inline]
pub(super) fn digits(value: &[u8], fraction: Fraction) -> Option<usize> {
    if value.iter().all(u8::is_ascii_digit) {
        return Some(value.len()).filter(|&count| count > 0);
    }
    signed_digits(value, fraction)
}

/// Which marks may part whole and fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fraction {
    /// Nn: the mark is implied.
    Implied,
    /// X12 R: a point, and an exponent where one is given (X12.6, 3.5.1.2).
    Point,
    /// EDIFACT n: point and comma both stand for the decimal mark, with a digit before and behind it (ISO 9735, 10.1).
    Either,
}

fn signed_digits(value: &[u8], fraction: Fraction) -> Option<usize> {
    let value = value.strip_prefix(b"-").unwrap_or(value);
    let (value, exponent) = match value.iter().position(|&byte| byte == b'E') {
        Some(at) if fraction == Fraction::Point => (&value[..at], &value[at + 1..]),
        _ => (value, &b"0"[..]),
    };
    let exponent = exponent.strip_prefix(b"-").unwrap_or(exponent);
    let mut marks = 0;
    let mut digits = 0;
    for byte in value {
        match (byte, fraction) {
            (b'0'..=b'9', _) => digits += 1,
            (b'.', Fraction::Point | Fraction::Either) | (b',', Fraction::Either) => marks += 1,
            _ => return None,
        }
    }
    let whole = !exponent.is_empty() && exponent.iter().all(u8::is_ascii_digit);
    let is_mark = |byte: Option<&u8>| matches!(byte, Some(b'.' | b','));
    if fraction == Fraction::Either && (is_mark(value.first()) || is_mark(value.last())) {
        return None;
    }
    (marks <= 1 && digits > 0 && whole).then_some(digits)
}

/// YYMMDD or CCYYMMDD, a day that is in the calendar.
#[inline]
pub(super) fn is_date(value: &[u8]) -> bool {
    match value.len() {
        6 => matches(value, b"YYMMDD"),
        8 => matches(value, b"CCYYMMDD"),
        _ => false,
    }
}

/// HHMM, HHMMSS, and tenths or hundredths of a second.
#[inline]
pub(super) fn is_time(value: &[u8]) -> bool {
    match value.len() {
        4 => matches(value, b"HHNN"),
        6 => matches(value, b"HHNNSS"),
        7 => matches(value, b"HHNNSS#"),
        8 => matches(value, b"HHNNSS##"),
        _ => false,
    }
}

/// The pattern behind a format code: X12 1250, EDIFACT 2379. None for formats that are not checked.
pub(super) fn pattern(format: &[u8]) -> Option<&'static [u8]> {
    Some(match format {
        b"D6" | b"101" => b"YYMMDD",
        b"D8" | b"102" => b"CCYYMMDD",
        b"RD8" | b"718" => b"CCYYMMDD-CCYYMMDD",
        b"TM" | b"401" => b"HHNN",
        b"TS" | b"402" => b"HHNNSS",
        b"DT" | b"203" => b"CCYYMMDDHHNN",
        b"204" => b"CCYYMMDDHHNNSS",
        b"CM" | b"610" => b"CCYYMM",
        b"CY" | b"602" => b"CCYY",
        b"2" => b"DDMMYY",
        b"201" => b"YYMMDDHHNN",
        b"202" => b"YYMMDDHHNNSS",
        b"303" => b"CCYYMMDDHHNNZZZ",
        b"304" => b"CCYYMMDDHHNNSSZZZ",
        b"609" => b"YYMM",
        b"616" => b"CCYYWW",
        b"717" => b"YYMMDD-YYMMDD",
        b"719" => b"CCYYMMDDHHNN-CCYYMMDDHHNN",
        _ => return None,
    })
}

/// How a pattern reads in messages: minutes are M there too.
pub(super) fn pattern_text(pattern: &[u8]) -> String {
    String::from_utf8_lossy(pattern).replace('N', "M")
}

/// Whether a value follows a pattern: C, Y year; M month; D day; H hour; N minute; S second; W week; # a digit; Z a time
/// zone of any three letters; `-` may be left out.
pub(super) fn matches(value: &[u8], pattern: &[u8]) -> bool {
    let mut rest = value;
    let mut at = 0;
    // What has been read of the current date: century and year, month, day.
    let (mut year, mut month, mut day) = (None, None, None);
    while at < pattern.len() {
        let letter = pattern[at];
        let width = pattern[at..].iter().take_while(|&&other| other == letter).count();
        at += width;
        if letter == b'-' {
            rest = rest.strip_prefix(b"-").unwrap_or(rest);
            if !is_day(year, month, day) {
                return false;
            }
            (year, month, day) = (None, None, None);
            continue;
        }
        let Some((part, behind)) = rest.split_at_checked(width) else { return false };
        rest = behind;
        if letter == b'Z' {
            // A zone may be shorter or longer than three letters in practice.
            return is_day(year, month, day) && behind.len() <= 3;
        }
        let Some(number) = number(part) else { return false };
        let fits = match letter {
            b'C' => {
                year = Some(number * 100);
                true
            }
            b'Y' => {
                year = Some(year.unwrap_or(2000) + number);
                true
            }
            b'M' => {
                month = Some(number);
                (1..=12).contains(&number)
            }
            b'D' => {
                day = Some(number);
                (1..=31).contains(&number)
            }
            b'H' => number <= 23,
            b'N' | b'S' => number <= 59,
            b'W' => (1..=53).contains(&number),
            _ => true,
        };
        if !fits {
            return false;
        }
    }
    rest.is_empty() && is_day(year, month, day)
}

fn number(part: &[u8]) -> Option<u32> {
    part.iter().try_fold(0, |sum, &byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// Whether the day is in its month; where a part is not given, it cannot be wrong.
fn is_day(year: Option<u32>, month: Option<u32>, day: Option<u32>) -> bool {
    let (Some(month), Some(day)) = (month, day) else { return true };
    // Without a year the twenty-ninth of February may be meant.
    let year = year.unwrap_or(2000);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    day <= days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_leave_out_sign_and_mark() {
        use Fraction::{Either, Implied, Point};
        let cases: [(&str, Fraction, Option<usize>); 27] = [
            ("123", Implied, Some(3)),
            ("-123", Implied, Some(3)),
            ("12.3", Implied, None),
            ("12.3", Point, Some(3)),
            ("-.5", Point, Some(1)),
            ("12.", Point, Some(2)),
            ("12,5", Point, None),
            ("12,5", Either, Some(3)),
            ("12.5", Either, Some(3)),
            (".5", Either, None),
            ("5.", Either, None),
            ("-,5", Either, None),
            ("0,5", Either, Some(2)),
            ("2.0", Either, Some(2)),
            ("1.2.3", Point, None),
            ("1,2.3", Either, None),
            ("1.5E3", Point, Some(2)),
            ("1.5E-3", Point, Some(2)),
            ("1E", Point, None),
            ("1E3", Either, None),
            ("+1", Point, None),
            ("", Point, None),
            ("-", Point, None),
            (".", Point, None),
            ("1 2", Point, None),
            ("--1", Point, None),
            ("1-", Point, None),
        ];
        for (value, fraction, expected) in cases {
            assert_eq!(digits(value.as_bytes(), fraction), expected, "{value} {fraction:?}");
        }
    }

    #[test]
    fn dates_are_in_the_calendar() {
        let cases = [
            ("20240229", true),
            ("20230229", false),
            ("20000229", true),
            ("19000229", false),
            ("20241301", false),
            ("20240431", false),
            ("20240430", true),
            ("20240400", false),
            ("2024043", false),
            ("240229", true),
            ("230229", false),
            ("2024O101", false),
            ("", false),
        ];
        for (value, expected) in cases {
            assert_eq!(is_date(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn times_are_on_the_clock() {
        let cases = [
            ("0000", true),
            ("2359", true),
            ("2400", false),
            ("1260", false),
            ("235959", true),
            ("235960", false),
            ("2359599", true),
            ("23595999", true),
            ("23595", false),
            ("12:30", false),
        ];
        for (value, expected) in cases {
            assert_eq!(is_time(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn formats_say_how_a_date_is_written() {
        let cases = [
            ("20240229", "102", true),
            ("240229", "102", false),
            ("202402291230", "203", true),
            ("202402292430", "203", false),
            ("202402291230GMT", "303", true),
            ("20240201-20240229", "718", true),
            ("2024020120240229", "718", true),
            ("20240201-20240230", "718", false),
            ("20240201", "718", false),
            ("202413", "610", false),
            ("202453", "616", true),
            ("202454", "616", false),
            ("20240101-20240131", "RD8", true),
            ("310124", "2", true),
        ];
        for (value, format, expected) in cases {
            let pattern = pattern(format.as_bytes()).expect("a known format");
            assert_eq!(matches(value.as_bytes(), pattern), expected, "{value} {format}");
        }
    }
}
