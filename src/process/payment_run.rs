//! A payment run: which suppliers' invoices are paid on a day, by whom it was made and by whom released, and what leaves.
//!
//! Credit notes are netted; a discount is taken while it is granted. Whoever made a run does not release it.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ledger::{Account, Currency, Draft, OpenItem};
use crate::canonical::Remittance;
use crate::canonical::common::Head;
use crate::canonical::remittance::RemittanceItem;

/// A run, made and perhaps released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRun {
    pub id: Box<str>,
    pub day: Date,
    pub currency: Currency,
    pub created_by: Box<str>,
    pub released_by: Option<Box<str>>,
    pub payments: Vec<Payout>,
}

/// What one supplier gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    pub supplier: Box<str>,
    /// Joins the money with its advice at the supplier's.
    pub trace: Box<str>,
    pub amount: Decimal,
    pub items: Vec<PaidItem>,
}

/// One invoice or, below zero, credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidItem {
    pub number: Box<str>,
    pub gross: Decimal,
    pub discount: Decimal,
}

/// Why a run is not released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReleased {
    #[error("{0} made the run: somebody else releases it")]
    SamePerson(Box<str>),
    #[error("{0} released it already")]
    Again(Box<str>),
    #[error("nothing is to be paid")]
    Empty,
}

impl PaidItem {
    pub fn paid(&self) -> Decimal {
        self.gross - self.discount
    }
}

impl PaymentRun {
    /// Takes what is due by `through`, what still earns a discount on `day`, and every credit note. Suppliers to whom nothing
    /// is owed in all are left out: their credits wait.
    pub fn propose(id: &str, items: &[OpenItem], currency: Currency, day: Date, through: Date, by: &str) -> Self {
        let mut payments: Vec<Payout> = Vec::new();
        for item in items.iter().filter(|item| item.is_open() && item.currency == currency) {
            let discount = item.discount_earned(day, 0);
            let is_credit = item.open.is_sign_negative();
            if !is_credit && item.due > through && discount.is_zero() {
                continue;
            }
            let discount = if is_credit { Decimal::ZERO } else { discount };
            let paid = PaidItem { number: item.number.clone(), gross: item.open, discount };
            match payments.iter_mut().find(|payout| payout.supplier == item.party) {
                Some(payout) => payout.items.push(paid),
                None => payments.push(Payout {
                    supplier: item.party.clone(),
                    trace: "".into(),
                    amount: Decimal::ZERO,
                    items: vec![paid],
                }),
            }
        }
        for payout in &mut payments {
            payout.amount = payout.items.iter().map(PaidItem::paid).sum();
        }
        payments.retain(|payout| payout.amount > Decimal::ZERO);
        payments.sort_by(|one, other| one.supplier.cmp(&other.supplier));
        for (index, payout) in payments.iter_mut().enumerate() {
            payout.trace = format!("{id}-{}", index + 1).into();
        }
        Self { id: id.into(), day, currency, created_by: by.into(), released_by: None, payments }
    }

    /// A second person lets it go.
    ///
    /// # Errors
    /// When that is the one who made it, it has gone, or there is nothing in it.
    pub fn release(&mut self, by: &str) -> Result<(), NotReleased> {
        if *self.created_by == *by {
            return Err(NotReleased::SamePerson(by.into()));
        }
        if let Some(before) = &self.released_by {
            return Err(NotReleased::Again(before.clone()));
        }
        if self.payments.is_empty() {
            return Err(NotReleased::Empty);
        }
        self.released_by = Some(by.into());
        Ok(())
    }

    /// One entry for each supplier.
    pub fn drafts(&self) -> Vec<Draft> {
        let entry = |payout: &Payout| {
            let words = format!("payment {}", payout.trace);
            let mut draft = Draft::new(words, self.currency, Some(&payout.supplier));
            for item in &payout.items {
                draft = draft.debit_item(Account::Payable, item.gross, &item.number);
            }
            let discount: Decimal = payout.items.iter().map(|item| item.discount).sum();
            draft.credit(Account::DiscountTaken, discount).credit(Account::Cash, payout.amount)
        };
        self.payments.iter().map(entry).collect()
    }

    /// The advice that a supplier gets.
    pub fn advice(&self, payout: &Payout) -> Remittance {
        let item = |item: &PaidItem| RemittanceItem {
            kind: Some(if item.gross.is_sign_negative() { "credit_memo" } else { "invoice" }.into()),
            reference: Some(item.number.to_string()),
            action: Some("pay_item".into()),
            paid: Some(item.paid()),
            gross: Some(item.gross),
            discount: Some(item.discount).filter(|discount| !discount.is_zero()),
            ..RemittanceItem::default()
        };
        Remittance {
            head: Head {
                number: Some(payout.trace.to_string()),
                date: Some(self.day),
                currency: Some(self.currency.to_string()),
                ..Head::default()
            },
            handling: Some("advice_only".into()),
            amount: Some(payout.amount),
            credit_debit: Some("credit".into()),
            payment_date: Some(self.day),
            trace: Some(payout.trace.to_string()),
            items: payout.items.iter().map(item).collect(),
            ..Remittance::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::process::cash::{Advice, CodeList, Policy};
    use crate::process::ledger::{Chart, ItemKind, discount_from};

    #[test]
    fn what_is_due_is_paid_less_credits_and_discounts() {
        let items = [
            owed("I1", "orbit", "1000", "n30"),
            owed("I2", "orbit", "2000", "2/10 n60"),
            owed("I3", "orbit", "500", "n60"),
            owed("C1", "orbit", "-100", "n30"),
            owed("C2", "nord", "-100", "n30"),
        ];
        let (day, through) = (date(2026, 3, 10), date(2026, 3, 31));
        let mut run = PaymentRun::propose("R7", &items, Currency::USD, day, through, "anna");
        let said: Vec<String> = run.drafts().iter().map(|draft| draft.said(&Chart::default())).collect();
        assert_eq!(said, ["Dr AP 1000.00, Dr AP 2000.00, Cr AP 100.00, Cr Discount taken 40.00, Cr Cash 2860.00"]);
        assert_eq!(run.release("anna").unwrap_err().to_string(), "anna made the run: somebody else releases it");
        run.release("bert").unwrap();
        assert_eq!(run.release("carl").unwrap_err(), NotReleased::Again("bert".into()));
        // Our advice adds up as a customer's does.
        let advice = run.advice(&run.payments[0]);
        let read = Advice::of(&advice, "us", CodeList::X12, &Policy::default(), |_| None).unwrap();
        assert!(crate::process::cash::balance::balance(&read, None).is_ok());
    }

    #[test]
    fn an_empty_run_does_not_leave() {
        let day = date(2026, 3, 10);
        let mut run = PaymentRun::propose("R7", &[], Currency::USD, day, day, "anna");
        assert_eq!(run.release("bert").unwrap_err(), NotReleased::Empty);
    }

    fn owed(number: &str, supplier: &str, amount: &str, terms: &str) -> OpenItem {
        let (amount, issued) = (amount.parse().unwrap(), date(2026, 3, 1));
        let (due, discount) = discount_from(terms, issued).unwrap();
        OpenItem {
            number: number.into(),
            kind: ItemKind::Invoice,
            party: supplier.into(),
            currency: Currency::USD,
            amount,
            open: amount,
            date: issued,
            due,
            discount,
            order_number: None,
            bill_of_lading: None,
        }
    }
}
