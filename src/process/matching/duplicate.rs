//! Whether a supplier's document came before: the same again, another under its number, or one too like it.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::billed::{Billed, BilledKind};

/// A document of the same supplier that came earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    pub number: Box<str>,
    pub kind: BilledKind,
    pub total: Decimal,
    pub date: Date,
}

/// What an earlier document makes of a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeated {
    /// It is the same: no effect.
    Duplicate { of: Box<str> },
    /// The same number with another amount.
    Conflict { of: Box<str>, total: Decimal },
    /// Nearly the same number, about the same amount and day.
    Suspect { of: Box<str>, total: Decimal },
}

/// Compares a document with earlier ones of its supplier; the worst that is found.
pub fn repeated(billed: &Billed, earlier: &[Earlier], near_days: i64) -> Option<Repeated> {
    let mut suspect = None;
    let plain = plain_number(&billed.number);
    for other in earlier.iter().filter(|other| other.kind == billed.kind) {
        let (of, total) = (other.number.clone(), other.total);
        if other.number == billed.number {
            // Numbers start again after years; a year is what a supplier has to keep them apart for.
            if days(other.date, billed.date) > 366 {
                continue;
            }
            return Some(match total == billed.total {
                true => Repeated::Duplicate { of },
                false => Repeated::Conflict { of, total },
            });
        }
        let alike = !plain.is_empty() && plain_number(&other.number) == plain;
        let near = i64::from(days(other.date, billed.date)) <= near_days;
        let about = (total - billed.total).abs() <= billed.total.abs() / Decimal::ONE_HUNDRED;
        if alike && near && about {
            suspect = Some(Repeated::Suspect { of, total });
        }
    }
    suspect
}

impl Billed {
    /// The plain form of its number, under which documents that may be the same are found.
    pub fn core(&self) -> String {
        plain_number(&self.number)
    }
}

fn days(one: Date, other: Date) -> i32 {
    (one - other).get_days().abs()
}

/// The digits and letters of a number without its leading word and zeros: `INV-1001`, `1001`, `001001` and, mistyped, `1OO1`
/// are alike.
pub fn plain_number(number: &str) -> String {
    let plain: String = number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let core = plain.trim_start_matches(|c: char| c.is_alphabetic());
    let read: String = core.chars().map(digit).collect();
    let short = read.trim_start_matches('0');
    if short.is_empty() { plain } else { short.to_owned() }
}

/// The digit that a letter is taken for.
fn digit(letter: char) -> char {
    match letter {
        'O' => '0',
        'I' => '1',
        'S' => '5',
        'B' => '8',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_same_again_another_or_too_alike() {
        check("1001 1000 1", "1001 1000 9", "duplicate");
        check("1001 1000 1", "1001 1000.01 9", "conflict");
        check("1001 1000 1", "INV-1001 1000 3", "suspect");
        check("INV-1001 1000 1", "01001 1005 3", "suspect");
        check("INV-1001 1000 1", "1001 1100 3", "-");
        check("1001 1000 1", "1002 1000 1", "-");
        check("A 5 1", "B 5 1", "-");
    }

    fn check(earlier: &str, billed: &str, expected: &str) {
        let read = |text: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            (Box::<str>::from(words[0]), words[1].parse::<Decimal>().unwrap(), date(2026, 3, words[2].parse().unwrap()))
        };
        let ((number, total, date), (other, amount, day)) = (read(earlier), read(billed));
        let billed = Billed {
            kind: BilledKind::Invoice,
            number: other,
            supplier: "orbit".into(),
            currency: crate::process::ledger::Currency::USD,
            date: day,
            order: None,
            shipment: None,
            lines: Vec::new(),
            charges: Vec::new(),
            tax: Decimal::ZERO,
            taxes: Vec::new(),
            total: amount,
            elsewhere: Decimal::ZERO,
            discount: None,
        };
        let found = match repeated(&billed, &[Earlier { number, kind: BilledKind::Invoice, total, date }], 30) {
            Some(Repeated::Duplicate { .. }) => "duplicate",
            Some(Repeated::Conflict { .. }) => "conflict",
            Some(Repeated::Suspect { .. }) => "suspect",
            None => "-",
        };
        assert_eq!(found, expected, "{billed:?}");
    }
}
