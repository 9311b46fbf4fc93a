//! Numbers, dates and times from their digits, and back: once, without allocation, never through floats.

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

/// A decimal with an optional sign, read once from its digits. `mark` is accepted beside `.`; where it is `.` itself, an
/// exponent may follow (X12.6, 3.5.1.2: `1.5E2`).
pub(super) fn decimal(bytes: &[u8], mark: u8) -> Option<Decimal> {
    if mark == b'.'
        && let Some(at) = bytes.iter().position(|&byte| byte == b'E')
    {
        return powered(plain(&bytes[..at], mark)?, &bytes[at + 1..]);
    }
    plain(bytes, mark)
}

/// A value times a power of ten; none where a decimal cannot hold all of it.
fn powered(mut value: Decimal, exponent: &[u8]) -> Option<Decimal> {
    let (is_negative, places) = match exponent {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, exponent),
    };
    if places.is_empty() || !places.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let places: u32 = std::str::from_utf8(places).ok()?.parse().ok().filter(|&places| places <= 28)?;
    if is_negative {
        value.set_scale(value.scale() + places).ok()?;
        return Some(value);
    }
    // What the point can be moved needs no multiplication.
    let moved = places.min(value.scale());
    value.set_scale(value.scale() - moved).ok()?;
    value.checked_mul(Decimal::try_from_i128_with_scale(10_i128.pow(places - moved), 0).ok()?)
}

fn plain(bytes: &[u8], mark: u8) -> Option<Decimal> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    };
    let (mut small, mut large, mut count, mut scale, mut marked) = (0_u64, 0_i128, 0_u32, 0_u32, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                count += 1;
                scale += u32::from(marked);
                if count <= 18 {
                    small = small * 10 + u64::from(byte - b'0');
                } else if count <= 28 {
                    if count == 19 {
                        large = i128::from(small);
                    }
                    large = large * 10 + i128::from(byte - b'0');
                } else {
                    return None;
                }
            }
            _ if !marked && (byte == b'.' || byte == mark) => marked = true,
            _ => return None,
        }
    }
    if count == 0 {
        return None;
    }
    if count <= 18 {
        let value = small as i64;
        Some(Decimal::new(if negative { -value } else { value }, scale))
    } else {
        Decimal::try_from_i128_with_scale(if negative { -large } else { large }, scale).ok()
    }
}

/// Digits with `places` implied decimals.
pub(super) fn implied(bytes: &[u8], places: u8) -> Option<Decimal> {
    if bytes.contains(&b'.') {
        // Senders who write the mark all the same mean it.
        return plain(bytes, b'.');
    }
    let mut value = plain(bytes, b'.')?;
    value.set_scale(u32::from(places)).ok()?;
    Some(value)
}

/// The digits for `places` implied decimals; none where that would lose some.
pub(super) fn to_implied(value: Decimal, places: u8) -> Option<Decimal> {
    let mut scaled = value.normalize();
    if scaled.scale() > u32::from(places) {
        return None;
    }
    scaled.rescale(u32::from(places));
    if scaled.scale() != u32::from(places) {
        return None;
    }
    scaled.set_scale(0).ok()?;
    Some(scaled)
}

/// `CCYYMMDD`, `YYMMDD` (a window from 1970 to 2069) or `YYYY-MM-DD`.
pub(super) fn date(bytes: &[u8]) -> Option<Date> {
    match bytes.len() {
        8 => civil(digits(&bytes[..4])?, digits(&bytes[4..6])?, digits(&bytes[6..])?),
        6 => {
            let year = digits(&bytes[..2])?;
            civil(if year < 70 { 2000 + year } else { 1900 + year }, digits(&bytes[2..4])?, digits(&bytes[4..])?)
        }
        10 if bytes[4] == b'-' && bytes[7] == b'-' => {
            civil(digits(&bytes[..4])?, digits(&bytes[5..7])?, digits(&bytes[8..])?)
        }
        _ => None,
    }
}

/// `HHMM`, `HHMMSS`, `HHMMSSD`, `HHMMSSDD`, or with colons.
pub(super) fn time(bytes: &[u8]) -> Option<Time> {
    let (hour, minute, second, rest): (_, _, _, &[u8]) = match bytes {
        [a, b, b':', c, d] => (digits(&[*a, *b])?, digits(&[*c, *d])?, 0, &[]),
        [a, b, b':', c, d, b':', e, f, ..] => (digits(&[*a, *b])?, digits(&[*c, *d])?, digits(&[*e, *f])?, &[]),
        _ if bytes.len() == 4 => (digits(&bytes[..2])?, digits(&bytes[2..])?, 0, &[]),
        _ if (6..=8).contains(&bytes.len()) => {
            (digits(&bytes[..2])?, digits(&bytes[2..4])?, digits(&bytes[4..6])?, &bytes[6..])
        }
        _ => return None,
    };
    let nanosecond = match rest.len() {
        0 => 0,
        1 => digits(rest)? * 100_000_000,
        _ => digits(rest)? * 10_000_000,
    };
    Time::new(hour as i8, minute as i8, second as i8, nanosecond).ok()
}

fn civil(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(year as i16, month as i8, day as i8).ok()
}

fn digits(bytes: &[u8]) -> Option<i32> {
    let mut value = 0;
    for &byte in bytes {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i32::from(byte - b'0');
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        for (text, value) in [
            ("10", Some("10")),
            ("-2.50", Some("-2.50")),
            ("+3", Some("3")),
            (".5", Some("0.5")),
            ("7.", Some("7")),
            ("12,50", Some("12.50")),
            ("0001.10", Some("1.10")),
            ("1234567890123456789.12", Some("1234567890123456789.12")),
            ("99999999999999999999999999999", None),
            ("", None),
            ("-", None),
            ("1.2.3", None),
            ("1E3", None),
            ("12a", None),
        ] {
            assert_eq!(decimal(text.as_bytes(), b',').map(|d| d.to_string()).as_deref(), value, "{text}");
        }
        assert_eq!(decimal(b"12,50", b'.'), None);
        for (text, value) in [
            ("1E2", Some("100")),
            ("1.25E1", Some("12.5")),
            ("1.25E4", Some("12500")),
            ("-125E-2", Some("-1.25")),
            ("1E", None),
            ("E2", None),
            ("1E99", None),
            ("1E-29", None),
            ("1E2.5", None),
        ] {
            assert_eq!(decimal(text.as_bytes(), b'.').map(|d| d.to_string()).as_deref(), value, "{text}");
        }
    }

    #[test]
    fn implied_decimals() {
        for (text, value) in [("14400", "144.00"), ("-5", "-0.05"), ("0", "0.00"), ("12.5", "12.5")] {
            assert_eq!(implied(text.as_bytes(), 2).map(|d| d.to_string()).as_deref(), Some(value), "{text}");
        }
        assert_eq!(implied(b"1E2", 2), None);
        for (value, text) in [("144", Some("14400")), ("1.005", None), ("-0.05", Some("-5")), ("1.500", Some("150"))] {
            let value: Decimal = value.parse().expect("a decimal");
            assert_eq!(to_implied(value, 2).map(|d| d.to_string()).as_deref(), text, "{value}");
        }
    }

    #[test]
    fn dates_and_times() {
        for (text, value) in [
            ("20260228", Some("2026-02-28")),
            ("260228", Some("2026-02-28")),
            ("991231", Some("1999-12-31")),
            ("2026-02-28", Some("2026-02-28")),
            ("20261399", None),
            ("2026022", None),
            ("2026 228", None),
        ] {
            assert_eq!(date(text.as_bytes()).map(|d| d.to_string()).as_deref(), value, "{text}");
        }
        for (text, value) in [
            ("1405", Some("14:05:00")),
            ("140530", Some("14:05:30")),
            ("14053025", Some("14:05:30.25")),
            ("14:05", Some("14:05:00")),
            ("2505", None),
            ("14", None),
        ] {
            assert_eq!(time(text.as_bytes()).map(|t| t.to_string()).as_deref(), value, "{text}");
        }
    }
}
