//! Something owed that is not settled: an invoice or a credit memo, with what is still open of it.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Currency;
use super::close::Unfinished;
use crate::canonical::common::Terms;

/// What kind of thing is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    Invoice,
    /// Its amounts are below zero.
    CreditMemo,
    DebitMemo,
}

/// An open item. Invoices are above zero, credit memos below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenItem {
    pub number: Box<str>,
    pub kind: ItemKind,
    /// Who owes it.
    pub party: Box<str>,
    pub currency: Currency,
    pub amount: Decimal,
    /// From `amount` down to zero; never on the other side of zero.
    pub open: Decimal,
    pub date: Date,
    pub due: Date,
    pub discount: Option<Discount>,
    /// Numbers by which a customer may call it: the order's, the bill of lading's.
    pub order_number: Option<Box<str>>,
    pub bill_of_lading: Option<Box<str>>,
    /// Other numbers of ours for it: an ERP that bills by itself has one of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Box<str>>,
}

/// What is granted for paying early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    pub percent: Decimal,
    /// The last day.
    pub until: Date,
}

impl Discount {
    /// What terms grant for paying an invoice of a day early, by percent: until a day, or for so many days.
    pub fn granted(terms: &[Terms], from: Date) -> Option<Self> {
        terms.iter().find_map(|terms| {
            let percent = terms.discount_percent.filter(|percent| *percent > Decimal::ZERO)?;
            let days = || from.checked_add(i32::try_from(terms.discount_days?).ok()?.clamp(0, 3_650).days()).ok();
            Some(Self { percent, until: terms.discount_date.or_else(days)? })
        })
    }
}

/// More was to be applied than is open, or on the wrong side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{amount} cannot be applied to {number}, of which {open} of {whole} is open")]
pub struct NotApplied {
    pub number: Box<str>,
    pub amount: Decimal,
    pub open: Decimal,
    pub whole: Decimal,
}

impl OpenItem {
    /// The numbers of ours that it goes by.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.number).chain(self.also.iter().map(|number| &**number))
    }

    /// What is owed of it, for summing by how long it has been due.
    pub fn unfinished(&self) -> Unfinished {
        Unfinished {
            what: "open item".into(),
            name: self.number.clone(),
            party: self.party.clone(),
            currency: self.currency,
            amount: self.open,
            since: self.due,
            owner: self.party.clone(),
        }
    }

    pub fn is_open(&self) -> bool {
        !self.open.is_zero()
    }

    /// What has been applied to it.
    pub fn applied(&self) -> Decimal {
        self.amount - self.open
    }

    /// Takes an amount of the item's own sign off what is open.
    ///
    /// # Errors
    /// When that much is not open.
    pub fn apply(&mut self, amount: Decimal) -> Result<(), NotApplied> {
        self.moved(self.open - amount, amount)
    }

    /// Opens again what an application had closed; the due date stays what it was.
    ///
    /// # Errors
    /// When that much was not applied.
    pub fn reopen(&mut self, amount: Decimal) -> Result<(), NotApplied> {
        self.moved(self.open + amount, -amount)
    }

    fn moved(&mut self, open: Decimal, amount: Decimal) -> Result<(), NotApplied> {
        let (low, high) = (self.amount.min(Decimal::ZERO), self.amount.max(Decimal::ZERO));
        if !(low..=high).contains(&open) {
            let (number, whole) = (self.number.clone(), self.amount);
            return Err(NotApplied { number, amount, open: self.open, whole });
        }
        self.open = open;
        Ok(())
    }

    /// Nothing is open any more: what was open is given up.
    pub fn close(&mut self) {
        self.open = Decimal::ZERO;
    }

    /// The discount that the terms grant on what is open, whether or not it is too late for it.
    pub fn discount_amount(&self) -> Decimal {
        let percent = self.discount.map_or(Decimal::ZERO, |discount| discount.percent);
        self.currency.round(self.open * percent / Decimal::ONE_HUNDRED)
    }

    /// The discount earned by paying on a day, with some days of grace.
    pub fn discount_earned(&self, paid: Date, grace_days: i64) -> Decimal {
        let Some(discount) = self.discount else { return Decimal::ZERO };
        let last = discount.until.checked_add(grace_days.days()).unwrap_or(discount.until);
        if paid <= last { self.discount_amount() } else { Decimal::ZERO }
    }
}

/// The due date and the discount of terms written as in the trade: `2/10 n30`, `n30`, `net 45`.
///
/// Returns `None` where the words are not understood.
pub fn discount_from(terms: &str, date: Date) -> Option<(Date, Option<Discount>)> {
    let words = terms.to_ascii_lowercase().replace("net", "n").replace(',', " ");
    let (mut due, mut discount) = (date, None);
    let mut parts = words.split_whitespace().peekable();
    parts.peek()?;
    while let Some(part) = parts.next() {
        if let Some((percent, days)) = part.split_once('/') {
            let percent: Decimal = percent.parse().ok()?;
            let days: i64 = days.parse().ok()?;
            discount = Some(Discount { percent, until: date.checked_add(days.days()).ok()? });
        } else {
            let days = part.strip_prefix('n')?;
            let days: i64 = if days.is_empty() { parts.next()? } else { days }.parse().ok()?;
            due = date.checked_add(days.days()).ok()?;
        }
    }
    Some((due, discount))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::cents;
    use super::*;

    #[test]
    fn terms_are_read_as_written_in_the_trade() {
        let day = date(2026, 3, 1);
        let (due, discount) = discount_from("2/10 n30", day).unwrap();
        assert_eq!((due, discount.unwrap().until), (date(2026, 3, 31), date(2026, 3, 11)));
        assert_eq!(discount_from("n30", day), Some((date(2026, 3, 31), None)));
        assert_eq!(discount_from("Net 45", day).map(|(due, _)| due), Some(date(2026, 4, 15)));
        assert_eq!(discount_from("at once", day), None);
        assert_eq!(discount_from("", day), None);
    }

    #[test]
    fn nothing_is_applied_beyond_what_is_open() {
        check("1000", "600", true);
        check("1000", "1000.01", false);
        check("1000", "-1", false);
        check("-200", "-200", true);
        check("-200", "50", false);
    }

    #[test]
    fn a_discount_is_earned_until_its_day_and_the_grace() {
        let mut item = item("2500");
        item.discount = discount_from("2/10 n30", item.date).unwrap().1;
        for (day, grace, earned) in [(11, 0, 5000), (12, 0, 0), (13, 2, 5000), (14, 2, 0)] {
            assert_eq!(item.discount_earned(date(2026, 3, day), grace), cents(earned), "day {day}");
        }
    }

    fn check(amount: &str, applied: &str, good: bool) {
        let (mut item, applied) = (item(amount), applied.parse().unwrap());
        assert_eq!(item.apply(applied).is_ok(), good);
        if good {
            item.reopen(applied).unwrap();
        }
        assert_eq!(item.open, item.amount);
        assert!(item.reopen(item.amount).is_err());
    }

    fn item(amount: &str) -> OpenItem {
        let amount = amount.parse().unwrap();
        OpenItem {
            number: "100235".into(),
            kind: ItemKind::Invoice,
            party: "acme".into(),
            currency: Currency::USD,
            amount,
            open: amount,
            date: date(2026, 3, 1),
            due: date(2026, 3, 31),
            discount: None,
            order_number: None,
            bill_of_lading: None,
            also: Vec::new(),
        }
    }
}
