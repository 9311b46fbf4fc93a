//! What an entry has to say to be a booking. One that says less is refused by itself, and its neighbours are booked.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::finding::{Fault, Finding, Place};
use crate::process::ledger::Currency;

/// An entry of a bank's file that is no booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line or the path of what is wrong.
    pub place: Place,
    /// Where, which entry, and what is wrong with it.
    pub words: String,
    /// What the entry says that moved, where that can be read.
    pub amount: Option<Decimal>,
}

/// Digits before the decimal mark that an amount has at most: sums of such amounts stay far from the largest decimal.
const DIGITS_MAX: usize = 15;

/// An amount as banks write it: digits with at most one point. A sign may stand before it.
///
/// # Errors
/// What is wrong with it, and what was expected.
pub(super) fn amount(text: &str) -> Result<Decimal, (Fault, String)> {
    let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if plain.is_empty() || !are_digits(whole) || !are_digits(part) || (whole.is_empty() && part.is_empty()) {
        return Err((Fault::NumberInvalid, "digits, as in 1000.00".into()));
    }
    if whole.trim_start_matches('0').len() > DIGITS_MAX {
        return Err((Fault::LimitExceeded, format!("at most {DIGITS_MAX} digits before the decimal mark")));
    }
    Decimal::from_str(text).map_err(|_| (Fault::NumberInvalid, "digits, as in 1000.00".into()))
}

/// What keeps an amount from being one that moved on an account.
pub(super) fn unmoved(amount: Decimal, currency: Currency) -> Option<(Fault, String)> {
    if amount <= Decimal::ZERO {
        return Some((Fault::ValueInvalid, "an amount above zero".into()));
    }
    let unit = currency.unit();
    (currency.round(amount) != amount).then(|| (Fault::ValueInvalid, format!("{currency} counted in {unit}")))
}

/// Refuses an entry: `line 4: 16 (segment 4) "x" is not a number; expected digits (R9)`.
pub(super) fn refused(finding: &Finding, at: &str, named: Option<&str>, amount: Option<Decimal>) -> Refused {
    let named = named.map(|named| format!(" (entry {named})")).unwrap_or_default();
    Refused { place: finding.place.clone(), words: format!("{at}{}{named}", finding.message()), amount }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_digits_and_not_more_than_the_books_hold() {
        for (text, fault) in [
            ("1000.00", None),
            ("-5", None),
            (".5", None),
            ("999999999999999.99", None),
            ("000000000000000001", None),
            ("1000000000000000", Some(Fault::LimitExceeded)),
            ("9999999999999999999999999999999999999999", Some(Fault::LimitExceeded)),
            ("1e400", Some(Fault::NumberInvalid)),
            ("1,000.00", Some(Fault::NumberInvalid)),
            ("1_000", Some(Fault::NumberInvalid)),
            ("", Some(Fault::NumberInvalid)),
            (".", Some(Fault::NumberInvalid)),
            ("--1", Some(Fault::NumberInvalid)),
        ] {
            assert_eq!(amount(text).err().map(|(fault, _)| fault), fault, "{text}");
        }
        for (text, code, moved) in [
            ("0", "USD", false),
            ("-5", "USD", false),
            ("0.001", "USD", false),
            ("0.001", "KWD", true),
            ("5.00", "JPY", true),
        ] {
            let moves = unmoved(text.parse().unwrap(), Currency::of(code).unwrap()).is_none();
            assert_eq!(moves, moved, "{text} {code}");
        }
    }
}
