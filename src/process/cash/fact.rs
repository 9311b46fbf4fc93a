//! Money that moved at a bank: a fact, never refused, posted exactly once.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::process::ledger::{Account, Currency, Draft};

/// What happened to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// Money came in.
    Credit,
    /// Money went out: a payment of ours, or a fee.
    Debit,
    /// A credit was taken back: a check without funds, a returned transfer.
    Return,
    /// The bank's own fee.
    Charge,
}

/// One booking of a bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The bank's own reference with its account; where it has none, made of account, date, amount and place in the statement.
    pub id: Box<str>,
    pub kind: FactKind,
    pub currency: Currency,
    /// What moved on the account, above zero.
    pub amount: Decimal,
    /// What banks kept of it on the way, above zero.
    pub charges: Decimal,
    pub date: Date,
    pub value_date: Option<Date>,
    /// Every number that names the transfer: end-to-end id, transaction id, trace.
    pub traces: Vec<Box<str>>,
    /// Who paid, as far as it was recognised.
    pub payer: Option<Box<str>>,
    pub payer_account: Option<Box<str>>,
    pub payer_name: Option<Box<str>>,
    /// Numbers of documents that stand in the booking, structured first.
    pub references: Vec<Box<str>>,
    /// Free text of the booking.
    pub text: Box<str>,
}

impl Fact {
    /// What the payer gave up: what came and what banks kept.
    pub fn gross(&self) -> Decimal {
        self.amount + self.charges
    }

    /// Document numbers that the booking names: the structured ones, and words of the text that hold enough digits.
    pub fn numbers(&self) -> Vec<Box<str>> {
        let mut numbers = self.references.clone();
        let words: Vec<&str> = self
            .text
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'))
            .filter(|w| !w.is_empty())
            .collect();
        for (position, word) in words.iter().enumerate() {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            // A trace repeats in many texts and is no document of ours.
            if digits < 3 || self.traces.iter().any(|trace| &**trace == *word) {
                continue;
            }
            let before = position.checked_sub(1).and_then(|at| words.get(at));
            let prefix = before.filter(|word| word.chars().all(|c| c.is_alphabetic() || ".#:".contains(c)));
            let number: Box<str> = match prefix {
                Some(prefix) if super::reference::is_prefix(prefix, &[]) => format!("{prefix} {word}").into(),
                _ => (*word).into(),
            };
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }

    /// The entry of a booking that is no customer's money: a fee.
    pub fn charge(&self) -> Draft {
        Draft::new(format!("bank charge {}", self.id), self.currency, None)
            .debit(Account::BankCharges, self.amount)
            .credit(Account::Cash, self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_free_text() {
        check("INV 100234, 100235", &["INV 100234", "100235"]);
        check("thank you", &[]);
        check("invoice# 77 for T1", &[]);
        check("T-1001 Rechnung 4711", &["Rechnung 4711"]);
    }

    fn check(text: &str, numbers: &[&str]) {
        let fact = Fact {
            id: "1".into(),
            kind: FactKind::Credit,
            currency: Currency::USD,
            amount: Decimal::ONE,
            charges: Decimal::ZERO,
            date: jiff::civil::date(2026, 3, 1),
            value_date: None,
            traces: vec!["T-1001".into()],
            payer: None,
            payer_account: None,
            payer_name: None,
            references: Vec::new(),
            text: text.into(),
        };
        assert_eq!(fact.numbers().iter().map(|n| &**n).collect::<Vec<_>>(), numbers, "{text}");
    }
}
