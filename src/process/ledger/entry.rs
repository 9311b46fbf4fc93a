//! One entry of the journal: legs that balance in every currency, a source, and no way to change it afterwards.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Account, Currency, Side};

/// Names an entry for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryId(pub Uuid);

/// One side of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    pub account: Account,
    pub side: Side,
    /// Above zero.
    pub amount: Decimal,
    pub currency: Currency,
    /// The customer or supplier it concerns.
    pub party: Option<Box<str>>,
    /// What of a control account it moves: the open item's number, the deduction, the payment, the received line.
    pub item: Option<Box<str>>,
}

/// Legs on their way to become an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub words: String,
    pub currency: Currency,
    pub party: Option<Box<str>>,
    pub legs: Vec<Leg>,
}

/// What is in the books. Reading only: what was wrong is mirrored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    id: EntryId,
    date: Date,
    /// The document, person or rule it comes from.
    source: Box<str>,
    words: String,
    reverses: Option<EntryId>,
    legs: Vec<Leg>,
}

/// Why a draft does not become an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPosted {
    #[error("{words}: debits {debits} and credits {credits} differ in {currency}")]
    Unbalanced { words: String, currency: Currency, debits: Decimal, credits: Decimal },
    #[error("{words}: nothing to post")]
    Empty { words: String },
    #[error("{words}: {amount} {currency} is not a positive amount of at most {} decimals", currency.decimals())]
    Amount { words: String, amount: Decimal, currency: Currency },
}

/// Why an entry is not reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReversible {
    #[error("there is no entry {0}")]
    Unknown(EntryId),
    #[error("entry {0} has been reversed already")]
    Again(EntryId),
    #[error("entry {0} is itself a reversal; what it undid is posted anew")]
    Reversal(EntryId),
}

impl Draft {
    pub fn new(words: impl Into<String>, currency: Currency, party: Option<&str>) -> Self {
        Self { words: words.into(), currency, party: party.map(Into::into), legs: Vec::new() }
    }

    /// Adds a debit; a negative amount is a credit, nothing adds nothing.
    #[must_use]
    pub fn debit(self, account: Account, amount: Decimal) -> Self {
        self.leg(account, Side::Debit, amount, None)
    }

    #[must_use]
    pub fn credit(self, account: Account, amount: Decimal) -> Self {
        self.leg(account, Side::Credit, amount, None)
    }

    /// Adds a debit of something that a control account is made of.
    #[must_use]
    pub fn debit_item(self, account: Account, amount: Decimal, item: &str) -> Self {
        self.leg(account, Side::Debit, amount, Some(item))
    }

    #[must_use]
    pub fn credit_item(self, account: Account, amount: Decimal, item: &str) -> Self {
        self.leg(account, Side::Credit, amount, Some(item))
    }

    fn leg(mut self, account: Account, side: Side, amount: Decimal, item: Option<&str>) -> Self {
        if amount.is_zero() {
            return self;
        }
        let side = if amount.is_sign_negative() { side.other() } else { side };
        let (party, item) = (self.party.clone(), item.map(Into::into));
        self.legs.push(Leg { account, side, amount: amount.abs(), currency: self.currency, party, item });
        self
    }

    /// With the reason that somebody gave.
    #[must_use]
    pub fn because(self, why: Option<&str>) -> Self {
        match why {
            Some(why) => Self { words: format!("{}: {why}", self.words), ..self },
            None => self,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }
}

impl Entry {
    /// Makes an entry of a draft that balances.
    ///
    /// # Errors
    /// When debits and credits differ in a currency, an amount is not positive or has too many decimals, or nothing is posted.
    pub fn post(id: EntryId, date: Date, source: &str, draft: Draft) -> Result<Self, NotPosted> {
        let Draft { words, legs, .. } = draft;
        if legs.is_empty() {
            return Err(NotPosted::Empty { words });
        }
        for leg in &legs {
            let fine = leg.amount > Decimal::ZERO && leg.currency.round(leg.amount) == leg.amount;
            if !fine {
                return Err(NotPosted::Amount { words, amount: leg.amount, currency: leg.currency });
            }
        }
        if let Some((currency, debits, credits)) = imbalance(&legs) {
            return Err(NotPosted::Unbalanced { words, currency, debits, credits });
        }
        Ok(Self { id, date, source: source.into(), words, reverses: None, legs })
    }

    /// The entry that undoes this one: the same legs on the other side. That it happens once is the journal's to see to.
    ///
    /// # Errors
    /// When this entry is a reversal.
    pub fn reversal(&self, id: EntryId, date: Date, source: &str, words: &str) -> Result<Self, NotReversible> {
        if self.reverses.is_some() {
            return Err(NotReversible::Reversal(self.id));
        }
        let legs = self.legs.iter().map(|leg| Leg { side: leg.side.other(), ..leg.clone() }).collect();
        Ok(Self { id, date, source: source.into(), words: words.into(), reverses: Some(self.id), legs })
    }

    pub fn id(&self) -> EntryId {
        self.id
    }

    pub fn date(&self) -> Date {
        self.date
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn words(&self) -> &str {
        &self.words
    }

    pub fn reverses(&self) -> Option<EntryId> {
        self.reverses
    }

    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }
}

/// The first currency in which debits and credits differ.
pub(super) fn imbalance(legs: &[Leg]) -> Option<(Currency, Decimal, Decimal)> {
    let mut sums: BTreeMap<Currency, (Decimal, Decimal)> = BTreeMap::new();
    for leg in legs {
        let (debits, credits) = sums.entry(leg.currency).or_default();
        match leg.side {
            Side::Debit => *debits += leg.amount,
            Side::Credit => *credits += leg.amount,
        }
    }
    sums.into_iter().find(|(_, (debits, credits))| debits != credits).map(|(currency, (d, c))| (currency, d, c))
}

impl Leg {
    /// Debits above zero, credits below.
    pub fn signed(&self) -> Decimal {
        match self.side {
            Side::Debit => self.amount,
            Side::Credit => -self.amount,
        }
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cents;
    use super::*;

    #[test]
    fn what_does_not_balance_is_no_entry() {
        let good = draft().debit(Account::Cash, cents(100)).credit(Account::Receivable, cents(100));
        assert!(Entry::post(id(1), day(), "820 1", good.clone()).is_ok());
        let mut two = good.clone();
        two.legs[1].currency = Currency::EUR;
        for (bad, words) in [
            (draft(), "test: nothing to post"),
            (good.debit(Account::BankCharges, cents(1)), "test: debits 1.01 and credits 1.00 differ in USD"),
            (two, "test: debits 0 and credits 1.00 differ in EUR"),
            (
                draft().debit(Account::Cash, Decimal::new(1, 3)).credit(Account::Cash, Decimal::new(1, 3)),
                "test: 0.001 USD is not a positive amount of at most 2 decimals",
            ),
        ] {
            assert_eq!(Entry::post(id(1), day(), "x", bad).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn a_reversal_mirrors_and_is_not_reversed() {
        let draft = draft().debit(Account::Cash, -cents(100)).debit_item(Account::Receivable, cents(100), "7");
        let entry = Entry::post(id(1), day(), "x", draft).unwrap();
        let mirror = entry.reversal(id(2), day(), "anna", "posted twice").unwrap();
        assert_eq!(mirror.reverses(), Some(id(1)));
        assert_eq!(mirror.legs()[0], Leg { side: Side::Debit, ..entry.legs()[0].clone() });
        assert!(matches!(mirror.reversal(id(3), day(), "anna", ""), Err(NotReversible::Reversal(_))));
    }

    fn draft() -> Draft {
        Draft::new("test", Currency::USD, None)
    }

    fn id(number: u128) -> EntryId {
        EntryId(Uuid::from_u128(number))
    }

    fn day() -> Date {
        jiff::civil::date(2026, 3, 1)
    }
}
