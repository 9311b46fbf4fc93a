//! Money that moved at a bank: a fact, never refused, posted exactly once.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::join::is_filler;
use super::reference::{is_order_word, is_prefix};
use crate::canonical::{BankEntry, BankStatement};
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

/// A word of fewer digits is no number of a document.
const DIGITS_MIN: usize = 3;
/// A reference of more words than this is a text.
const SENTENCE_FROM: usize = 3;

impl Fact {
    /// The bookings of a statement. `customer` names the customer behind an account or a name, where one is known.
    pub fn of_statement(statement: &BankStatement, customer: impl Fn(&BankEntry) -> Option<Box<str>>) -> Vec<Self> {
        let account = statement.account.as_ref().and_then(|account| account.number.as_deref()).unwrap_or_default();
        let own = statement.head.currency.as_deref().and_then(Currency::of);
        let mut facts = Vec::with_capacity(statement.entries.len());
        for (index, entry) in statement.entries.iter().enumerate() {
            let date = entry.date.or(entry.value_date).or(statement.head.date);
            let (Some(amount), Some(date)) = (entry.amount, date) else { continue };
            let debit = entry.credit_debit.as_deref() == Some("debit");
            let kind = match (entry.reversal == Some(true) || entry.return_reason.is_some(), debit) {
                (true, true) => FactKind::Return,
                (_, false) => FactKind::Credit,
                (false, true) if is_fee(entry.code.as_deref().unwrap_or_default()) => FactKind::Charge,
                (false, true) => FactKind::Debit,
            };
            let statement_number = statement.head.number.as_deref().unwrap_or_default();
            // A word that banks write where there is no trace joins nothing, and names no booking.
            let traces = entry.traces.iter().filter(|trace| !is_filler(trace));
            let traces: Vec<Box<str>> = traces.map(|trace| trace.as_str().into()).collect();
            let named = entry.id.clone().or_else(|| traces.first().map(|trace| trace.to_string()));
            let id = named.unwrap_or_else(|| format!("{statement_number}:{date}:{amount}:{}", index + 1));
            let documents = entry.items.iter().filter_map(|item| item.reference.as_deref());
            let counterparty = entry.counterparty_account.as_ref().and_then(|account| account.number.as_deref());
            facts.push(Self {
                id: format!("{account}:{id}:{kind}", kind = kind.as_str()).into(),
                kind,
                currency: entry.currency.as_deref().and_then(Currency::of).or(own).unwrap_or(Currency::USD),
                amount: amount.abs(),
                charges: entry.charges.unwrap_or_default(),
                date,
                value_date: entry.value_date,
                traces,
                payer: customer(entry),
                payer_account: counterparty.map(Into::into),
                payer_name: entry.counterparty.as_deref().map(Into::into),
                references: documents.chain(entry.creditor_reference.as_deref()).map(Into::into).collect(),
                text: entry.text.join(" ").into(),
            });
        }
        facts
    }

    /// What the payer gave up: what came and what banks kept.
    pub fn gross(&self) -> Decimal {
        self.amount + self.charges
    }

    /// Document numbers that the booking names: the structured ones, and words of the text that hold enough digits.
    pub fn numbers(&self) -> Vec<Box<str>> {
        // Some banks carry a whole sentence where one reference belongs.
        let is_text = |reference: &str| reference.split_whitespace().count() > SENTENCE_FROM;
        let (texts, mut numbers): (Vec<Box<str>>, Vec<Box<str>>) =
            self.references.iter().cloned().partition(|reference| is_text(reference));
        let texts = texts.iter().map(|text| &**text).chain([&*self.text]);
        let words: Vec<&str> = texts
            .flat_map(|text| text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|')))
            .filter(|w| !w.is_empty())
            .collect();
        for (position, word) in words.iter().enumerate() {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            // A trace repeats in many texts and is no document of ours.
            if digits < DIGITS_MIN || self.traces.iter().any(|trace| &**trace == *word) {
                continue;
            }
            let before = position.checked_sub(1).and_then(|at| words.get(at));
            let prefix = before.filter(|word| word.chars().all(|c| c.is_alphabetic() || ".#:".contains(c)));
            let number: Box<str> = match prefix {
                Some(prefix) if is_prefix(prefix, &[]) || is_order_word(prefix) => format!("{prefix} {word}").into(),
                _ => (*word).into(),
            };
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }

    /// The numbers that one reference holds, where it holds several.
    pub fn parts(reference: &str) -> Vec<&str> {
        let words = reference.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '+' | '&'));
        let parts: Vec<&str> =
            words.filter(|word| word.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN).collect();
        if parts.len() > 1 { parts } else { Vec::new() }
    }

    /// The entry of a return that took back less than came: of what waits, so much has left.
    pub fn left_in_part(&self, payment: &str, party: Option<&str>) -> Draft {
        Draft::new(format!("the bank took back {} of {payment}", self.currency.said(self.amount)), self.currency, party)
            .debit_item(Account::Unapplied, self.amount, payment)
            .credit(Account::Cash, self.amount)
    }

    /// The entry of what a bank took beyond what it had given: its charge.
    pub fn beyond(&self, more: Decimal) -> Draft {
        Draft::new(format!("bank charge {}", self.id), self.currency, None)
            .debit(Account::BankCharges, more)
            .credit(Account::Cash, more)
    }

    /// The entry of a booking that is no customer's money: a fee.
    pub fn charge(&self) -> Draft {
        Draft::new(format!("bank charge {}", self.id), self.currency, None)
            .debit(Account::BankCharges, self.amount)
            .credit(Account::Cash, self.amount)
    }
}

impl FactKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
            Self::Return => "return",
            Self::Charge => "charge",
        }
    }
}

/// Codes of bookings that are a bank's own fee: ISO 20022 families and BAI2 types.
fn is_fee(code: &str) -> bool {
    matches!(code, "698" | "699") || code.ends_with("/CHRG") || code.ends_with("/FEES") || code.ends_with("/COMM")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_booking_is_a_fact_by_its_bank_reference() {
        for (members, id, kind) in [
            (r#""id":"B1","credit_debit":"credit""#, "47:B1:credit", FactKind::Credit),
            (r#""traces":["T1"],"credit_debit":"debit""#, "47:T1:debit", FactKind::Debit),
            (r#""credit_debit":"debit","reversal":true"#, "47:S1:2026-03-05:1.50:1:return", FactKind::Return),
            (r#""traces":["NOTPROVIDED","T1"],"credit_debit":"credit""#, "47:T1:credit", FactKind::Credit),
            (r#""traces":["NOTPROVIDED"],"credit_debit":"credit""#, "47:S1:2026-03-05:1.50:1:credit", FactKind::Credit),
            (r#""id":"B2","credit_debit":"debit","code":"PMNT/CCRD/CHRG""#, "47:B2:charge", FactKind::Charge),
        ] {
            let json = format!(
                r#"{{"number":"S1","date":"2026-03-05","account":{{"number":"47"}},"entries":[{{"amount":"1.50",{members}}}]}}"#
            );
            let statement: BankStatement = serde_json::from_str(&json).unwrap();
            let [fact] = &Fact::of_statement(&statement, |_| None)[..] else { panic!("one booking") };
            assert_eq!((&*fact.id, fact.kind), (id, kind));
        }
    }

    #[test]
    fn numbers_are_found_in_free_text() {
        check("INV 100234, 100235", &["INV 100234", "100235"]);
        check("thank you", &[]);
        check("invoice# 77 for T1", &[]);
        check("T-1001 Rechnung 4711", &["Rechnung 4711"]);
        check("ORDER 4501 OF 2026-03-05", &["ORDER 4501", "2026-03-05"]);
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
