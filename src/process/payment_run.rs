//! A payment run: which suppliers' invoices are paid on a day, by whom it was made and by whom released, and what leaves.
//!
//! Credit notes are netted; a discount is taken while it is granted and worth the money's time. Whoever made a run does not
//! release it. What is left out is kept with its reason.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ledger::{Account, Currency, Discount, Draft};
use super::payable::disputed_for;
use super::trade::{BillRecord, BillStanding, Trade};
use crate::canonical::Remittance;
use crate::canonical::common::{Head, Party};
use crate::canonical::remittance::{RemittanceAdjustment, RemittanceItem};

/// A run, made and perhaps released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRun {
    pub id: Box<str>,
    /// When the bank is to pay.
    pub day: Date,
    pub currency: Currency,
    pub created_by: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<Box<str>>,
    /// Who took it back, before or after its release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<Box<str>>,
    /// Why, as they said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_because: Option<Box<str>>,
    pub payments: Vec<Payout>,
    pub left_out: Vec<LeftOut>,
    /// The document that went to the bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<str>>,
}

/// What one supplier gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    pub supplier: Box<str>,
    /// Joins the money with its advice at the supplier's, and with the bank's booking at ours.
    pub trace: Box<str>,
    pub amount: Decimal,
    pub items: Vec<PaidItem>,
    /// How it stands at the bank.
    pub standing: Standing,
    /// Why the supplier is not told of it by a document: somebody has to tell it by other means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_advised: Option<Box<str>>,
}

/// How a payment stands at the bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    #[default]
    Pending,
    /// The bank's booking has come.
    Paid,
    /// The bank gave it back: it is owed again.
    Returned,
    /// It alone was taken out of the run: it is owed again.
    Undone,
}

/// One invoice or, below zero, credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidItem {
    /// The key of the purchase that it belongs to.
    pub trade: Box<str>,
    pub order: Box<str>,
    /// As our books have it.
    pub number: Box<str>,
    /// As the supplier is told it: of an invoice that was paid before it was credited, the credit note.
    pub named: Box<str>,
    pub gross: Decimal,
    pub discount: Decimal,
    /// What the supplier billed and we do not owe, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed: Option<Disputed>,
    /// Why it is paid now: `due 2026-03-31`, `2 % until 2026-03-11, 36.7 % a year`.
    pub because: Box<str>,
}

/// What of a document we claimed back or disputed: the supplier is told it with the payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputed {
    pub amount: Decimal,
    /// X12 426.
    pub reason: Box<str>,
}

/// What a run does not pay, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub supplier: Box<str>,
    pub number: Box<str>,
    pub amount: Decimal,
    pub why: Box<str>,
}

/// A supplier's document as a run looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payable {
    pub supplier: Box<str>,
    pub trade: Box<str>,
    pub order: Box<str>,
    pub number: Box<str>,
    pub named: Box<str>,
    pub currency: Currency,
    /// Below zero for a credit note.
    pub open: Decimal,
    pub due: Date,
    pub discount: Option<Discount>,
    /// Of what was not paid before.
    pub disputed: Option<Disputed>,
    /// Why it is not paid whatever day it is.
    pub blocked: Option<Box<str>>,
}

/// What is wanted of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub day: Date,
    /// What is due by then is paid.
    pub through: Date,
    pub currency: Currency,
    /// Percent a year that a discount has to be worth.
    #[serde(default)]
    pub worth: Decimal,
}

/// Why a run is not released or taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReleased {
    #[error("{0} made the run: somebody else releases it")]
    SamePerson(Box<str>),
    #[error("{0} released it already")]
    Again(Box<str>),
    #[error("{0} took it back: create it anew")]
    Undone(Box<str>),
    #[error("nothing is to be paid")]
    Empty,
    #[error("the bank has booked {0}: a payment that went wrong comes back as a return")]
    Paid(Box<str>),
    #[error("{0} was taken out of the run already")]
    Out(Box<str>),
    #[error("the run has no payment {0}: it has {1}")]
    NoPayment(Box<str>, Box<str>),
}

impl PaidItem {
    pub fn paid(&self) -> Decimal {
        self.gross - self.discount
    }
}

impl Payable {
    /// What of it the day's discount is, and what that is worth in percent a year; `None` where none is granted any more.
    fn discount_on(&self, day: Date) -> Option<(Decimal, Decimal)> {
        let Discount { percent, until } = self.discount.filter(|discount| day <= discount.until)?;
        let amount = self.currency.round(self.open * percent / Decimal::ONE_HUNDRED);
        let early = Decimal::from((self.due - day).get_days().max(1));
        let rest = Decimal::ONE_HUNDRED - percent;
        if rest <= Decimal::ZERO || day > until {
            return None;
        }
        let year = percent / rest * Decimal::from(365) / early * Decimal::ONE_HUNDRED;
        Some((amount, year.round_dp(1)))
    }

    /// What of it a run pays, or why nothing.
    fn judge(&self, wish: &Wish) -> Result<PaidItem, String> {
        if let Some(why) = &self.blocked {
            return Err(why.to_string());
        }
        if self.currency != wish.currency {
            return Err(format!("it is owed in {}", self.currency.as_str()));
        }
        let (mut discount, mut because, mut unworthy) = (Decimal::ZERO, format!("due {}", self.due), None);
        if self.open.is_sign_negative() {
            because = "credit note".into();
        } else if let Some((amount, year)) = self.discount_on(wish.day) {
            // A discount of what is due anyway costs nothing.
            let words =
                self.discount.map(|it| format!("{} % until {}, {year} % a year", it.percent.normalize(), it.until));
            if self.due <= wish.through || year >= wish.worth {
                (discount, because) = (amount, words.unwrap_or_default());
            } else {
                unworthy = words;
            }
        }
        if discount.is_zero() && !self.open.is_sign_negative() && self.due > wish.through {
            let later = format!("due {}, after {}", self.due, wish.through);
            return Err(
                unworthy.map_or(later.clone(), |words| format!("{later}; its discount is not worth it: {words}"))
            );
        }
        Ok(PaidItem {
            trade: self.trade.clone(),
            order: self.order.clone(),
            number: self.number.clone(),
            named: self.named.clone(),
            gross: self.open,
            discount,
            disputed: self.disputed.clone(),
            because: because.into(),
        })
    }
}

impl PaymentRun {
    /// Takes what is due, what earns a discount that is worth it, and every credit note. Suppliers to whom nothing is owed in
    /// all are left out: their credits wait.
    pub fn propose(id: &str, payables: &[Payable], wish: &Wish, by: &str) -> Self {
        let (mut payments, mut left_out): (Vec<Payout>, Vec<LeftOut>) = (Vec::new(), Vec::new());
        for payable in payables.iter().filter(|payable| !payable.open.is_zero()) {
            let (supplier, number) = (payable.supplier.clone(), payable.number.clone());
            let paid = match payable.judge(wish) {
                Ok(paid) => paid,
                Err(why) => {
                    left_out.push(LeftOut { supplier, number, amount: payable.open, why: why.into() });
                    continue;
                }
            };
            match payments.iter_mut().find(|payout| payout.supplier == supplier) {
                Some(payout) => payout.items.push(paid),
                None => payments.push(Payout {
                    supplier,
                    trace: "".into(),
                    amount: Decimal::ZERO,
                    items: vec![paid],
                    standing: Standing::Pending,
                    not_advised: None,
                }),
            }
        }
        for payout in &mut payments {
            payout.amount = payout.items.iter().map(PaidItem::paid).sum();
        }
        let (mut payments, nothing): (Vec<Payout>, Vec<Payout>) =
            payments.into_iter().partition(|payout| payout.amount > Decimal::ZERO);
        for payout in nothing {
            let why = format!("credits of {} are not used up: nothing is owed in all", payout.supplier);
            let item = |item: PaidItem| LeftOut {
                supplier: payout.supplier.clone(),
                number: item.number,
                amount: item.gross,
                why: why.as_str().into(),
            };
            left_out.extend(payout.items.into_iter().map(item));
        }
        payments.sort_by(|one, other| one.supplier.cmp(&other.supplier));
        for (index, payout) in payments.iter_mut().enumerate() {
            payout.trace = format!("{id}-{}", index + 1).into();
        }
        Self {
            id: id.into(),
            day: wish.day,
            currency: wish.currency,
            created_by: by.into(),
            released_by: None,
            undone_by: None,
            undone_because: None,
            payments,
            left_out,
            file: None,
        }
    }

    /// The run whose payment a trace names.
    pub fn id_of(trace: &str) -> &str {
        trace.split_once('-').map_or(trace, |(id, _)| id)
    }

    /// What it pays: all but what was taken out of it.
    pub fn total(&self) -> Decimal {
        self.paying().map(|payout| payout.amount).sum()
    }

    /// The payments that were not taken out of it.
    pub fn paying(&self) -> impl Iterator<Item = &Payout> {
        self.payments.iter().filter(|payout| payout.standing != Standing::Undone)
    }

    /// `created`, `released`, `undone`.
    pub fn state(&self) -> &'static str {
        match (&self.undone_by, &self.released_by) {
            (Some(_), _) => "undone",
            (None, Some(_)) => "released",
            (None, None) => "created",
        }
    }

    /// A second person lets it go.
    ///
    /// # Errors
    /// When that is the one who made it, it has gone or was taken back, or there is nothing in it.
    pub fn release(&mut self, by: &str) -> Result<(), NotReleased> {
        if let Some(before) = &self.undone_by {
            return Err(NotReleased::Undone(before.clone()));
        }
        if let Some(before) = &self.released_by {
            return Err(NotReleased::Again(before.clone()));
        }
        if *self.created_by == *by {
            return Err(NotReleased::SamePerson(by.into()));
        }
        if self.paying().next().is_none() {
            return Err(NotReleased::Empty);
        }
        self.released_by = Some(by.into());
        Ok(())
    }

    /// It is taken back.
    ///
    /// # Errors
    /// When it was before, or the bank has paid something of it.
    pub fn undo(&mut self, by: &str, because: Option<&str>) -> Result<(), NotReleased> {
        if let Some(before) = &self.undone_by {
            return Err(NotReleased::Undone(before.clone()));
        }
        if let Some(paid) = self.paying().find(|payout| payout.standing != Standing::Pending) {
            return Err(NotReleased::Paid(paid.trace.clone()));
        }
        self.undone_by = Some(by.into());
        self.undone_because = because.map(Into::into);
        Ok(())
    }

    /// One payment is taken out of it; the last that goes takes the run with it.
    ///
    /// # Errors
    /// When the run has none of that trace, it is out already, or the bank has paid it.
    pub fn take_out(&mut self, trace: &str, by: &str, because: Option<&str>) -> Result<Payout, NotReleased> {
        if let Some(before) = &self.undone_by {
            return Err(NotReleased::Undone(before.clone()));
        }
        let Some(payout) = self.payments.iter_mut().find(|payout| *payout.trace == *trace) else {
            let known: Vec<&str> = self.payments.iter().map(|payout| &*payout.trace).collect();
            return Err(NotReleased::NoPayment(trace.into(), known.join(", ").into()));
        };
        match payout.standing {
            Standing::Undone => return Err(NotReleased::Out(trace.into())),
            Standing::Paid | Standing::Returned => return Err(NotReleased::Paid(trace.into())),
            Standing::Pending => payout.standing = Standing::Undone,
        }
        let payout = payout.clone();
        if self.paying().next().is_none() {
            self.undone_by = Some(by.into());
            self.undone_because = because.map(Into::into);
        }
        Ok(payout)
    }

    /// What left the account at the bank: one payment of the run, or all of it booked together.
    pub fn cleared(&self, amount: Decimal) -> Draft {
        Draft::new(format!("the bank paid run {}", self.id), self.currency, None)
            .debit(Account::Clearing, amount)
            .credit(Account::Cash, amount)
    }

    /// What the bank gave back of it.
    pub fn given_back(&self, amount: Decimal) -> Draft {
        Draft::new(format!("the bank gave back of run {}", self.id), self.currency, None)
            .debit(Account::Cash, amount)
            .credit(Account::Clearing, amount)
    }

    /// The advice that a supplier gets.
    pub fn advice(&self, payout: &Payout, (us, supplier): (&str, &str)) -> Remittance {
        let adjustment = |disputed: &Disputed| RemittanceAdjustment {
            reason: Some(disputed.reason.to_string()),
            amount: Some(-disputed.amount),
            ..RemittanceAdjustment::default()
        };
        let item = |item: &PaidItem| RemittanceItem {
            kind: Some(if item.gross.is_sign_negative() { "credit_memo" } else { "invoice" }.into()),
            reference: Some(item.named.to_string()),
            action: Some("pay_item".into()),
            paid: Some(item.paid()),
            gross: Some(item.gross + item.disputed.as_ref().map_or(Decimal::ZERO, |disputed| disputed.amount)),
            adjustments: item.disputed.iter().map(adjustment).collect(),
            discount: Some(item.discount).filter(|discount| !discount.is_zero()),
            ..RemittanceItem::default()
        };
        let party =
            |role: &str, name: &str| Party { role: Some(role.into()), name: Some(name.into()), ..Party::default() };
        Remittance {
            head: Head {
                number: Some(payout.trace.to_string()),
                date: Some(self.day),
                purpose: Some("original".into()),
                currency: Some(self.currency.to_string()),
                parties: vec![party("payer", us), party("payee", supplier)],
                ..Head::default()
            },
            handling: Some("advice_only".into()),
            amount: Some(payout.amount),
            credit_debit: Some("credit".into()),
            method: Some("ach".into()),
            payment_date: Some(self.day),
            trace: Some(payout.trace.to_string()),
            trace_type: Some("1".into()),
            items: payout.items.iter().map(item).collect(),
            ..Remittance::default()
        }
    }
}

impl Trade {
    /// What a run may pay of a purchase, and what it may not. `due` stands in where neither invoice nor order says it.
    pub fn payables(&self, due: impl Fn(&BillRecord, Date) -> Date) -> Vec<Payable> {
        let judged = self.bills.iter().filter(|bill| bill.standing != BillStanding::Refused);
        judged.filter_map(|bill| self.payable_of(bill, &due)).filter(|payable| !payable.open.is_zero()).collect()
    }

    fn payable_of(&self, bill: &BillRecord, due: impl Fn(&BillRecord, Date) -> Date) -> Option<Payable> {
        let matter = bill.matter.as_ref()?;
        let blocked = match bill.standing {
            BillStanding::Held => {
                let holds = matter.found.holds.iter().map(|hold| format!("{} {}", hold.kind, hold.words));
                Some(format!("held: {}", holds.collect::<Vec<_>>().join("; ")))
            }
            BillStanding::AwaitingReceipt => Some("it waits for the goods".to_owned()),
            BillStanding::AwaitingApproval => Some("it waits for approval".to_owned()),
            _ => None,
        };
        let sign = if bill.is_credit { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        let open = if blocked.is_some() { sign * bill.total } else { self.owed(bill) };
        let disputed = Some(matter.disputed).filter(|amount| *amount > Decimal::ZERO && open == matter.owed);
        let disputed = disputed.map(|amount| Disputed { amount, reason: disputed_for(matter).into() });
        let credits = self.bills.iter().rev().find(|it| it.is_credit && it.credits.as_deref() == Some(&*bill.number));
        let credits = credits.filter(|_| open.is_sign_negative() && !bill.is_credit);
        Some(Payable {
            supplier: bill.carrier().unwrap_or(&self.key.partner).into(),
            trade: self.key.to_string().into(),
            order: self.key.order.as_str().into(),
            number: bill.number.as_str().into(),
            named: credits.unwrap_or(bill).named().into(),
            currency: self.currency(),
            open,
            due: bill.due.unwrap_or_else(|| due(bill, matter.billed.date)),
            discount: matter.billed.discount,
            disputed: disputed.filter(|_| blocked.is_none()),
            blocked: blocked.map(Into::into),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::process::cash::{Advice, CodeList, Policy};

    #[test]
    fn what_is_due_is_paid_less_credits_and_discounts() {
        let items = [
            owed("I1", "orbit", "1000", 30, None),
            owed("I2", "orbit", "2000", 60, Some("2")),
            owed("I3", "orbit", "500", 60, None),
            owed("C1", "orbit", "-100", 30, None),
            owed("C2", "nord", "-100", 30, None),
        ];
        let run = PaymentRun::propose("R7", &items, &wish("10"), "anna");
        let [payout] = run.payments.as_slice() else { panic!("{:?}", run.payments) };
        assert_eq!((payout.trace.as_ref(), payout.amount.to_string().as_str()), ("R7-1", "2860"));
        let left: Vec<String> = run.left_out.iter().map(|left| format!("{}: {}", left.number, left.why)).collect();
        assert_eq!(
            left,
            ["I3: due 2026-04-30, after 2026-03-31", "C2: credits of nord are not used up: nothing is owed in all"]
        );
        // Our advice adds up as a customer's does.
        let advice = run.advice(payout, ("us", "orbit"));
        let read = Advice::of(&advice, "us", CodeList::X12, &Policy::default(), |_| None).unwrap();
        assert!(crate::process::cash::balance::balance(&read, None).is_ok());
    }

    #[test]
    fn a_discount_has_to_be_worth_the_time() {
        let items = [owed("I2", "orbit", "2000", 60, Some("2"))];
        let run = PaymentRun::propose("R7", &items, &wish("15"), "anna");
        assert!(run.payments.is_empty());
        let words =
            "due 2026-04-30, after 2026-03-31; its discount is not worth it: 2 % until 2026-03-11, 14.6 % a year";
        assert_eq!(&*run.left_out[0].why, words);
    }

    #[test]
    fn one_makes_a_run_and_another_releases_it() {
        let mut run = PaymentRun::propose("R7", &[owed("I1", "orbit", "1000", 30, None)], &wish("0"), "anna");
        assert_eq!(run.release("anna").unwrap_err().to_string(), "anna made the run: somebody else releases it");
        run.release("bert").unwrap();
        assert_eq!(run.release("carl").unwrap_err(), NotReleased::Again("bert".into()));
        run.undo("carl", Some("wrong account")).unwrap();
        assert_eq!(run.undone_because.as_deref(), Some("wrong account"));
        assert_eq!(run.undo("carl", None).unwrap_err(), NotReleased::Undone("carl".into()));
        let mut empty = PaymentRun::propose("R8", &[], &wish("0"), "anna");
        assert_eq!(empty.release("bert").unwrap_err(), NotReleased::Empty);
    }

    #[test]
    fn one_payment_is_taken_out_of_a_run() {
        let owed = [owed("I1", "orbit", "1000", 30, None), owed("I2", "nord", "500", 30, None)];
        let mut run = PaymentRun::propose("R7", &owed, &wish("0"), "anna");
        let out = |run: &mut PaymentRun, trace: &str| {
            let taken = run.take_out(trace, "anna", None);
            taken.map(|payout| payout.amount.to_string()).unwrap_or_else(|why| why.to_string())
        };
        assert_eq!(out(&mut run, "R7-3"), "the run has no payment R7-3: it has R7-1, R7-2");
        assert_eq!(out(&mut run, "R7-1"), "500");
        assert_eq!((run.total().to_string().as_str(), run.state()), ("1000", "created"));
        assert_eq!(out(&mut run, "R7-1"), "R7-1 was taken out of the run already");
        run.payments[1].standing = Standing::Paid;
        assert_eq!(out(&mut run, "R7-2"), NotReleased::Paid("R7-2".into()).to_string());
        run.payments[1].standing = Standing::Pending;
        assert_eq!(out(&mut run, "R7-2"), "1000");
        assert_eq!(run.state(), "undone");
    }

    fn wish(worth: &str) -> Wish {
        let (day, through) = (date(2026, 3, 10), date(2026, 3, 31));
        Wish { day, through, currency: Currency::USD, worth: worth.parse().unwrap() }
    }

    fn owed(number: &str, supplier: &str, amount: &str, days: i32, percent: Option<&str>) -> Payable {
        use jiff::ToSpan as _;
        Payable {
            supplier: supplier.into(),
            trade: format!("purchase|{supplier}|1").into(),
            order: "1".into(),
            number: number.into(),
            named: number.into(),
            currency: Currency::USD,
            open: amount.parse().unwrap(),
            due: date(2026, 3, 1).checked_add(days.days()).unwrap(),
            discount: percent.map(|percent| Discount { percent: percent.parse().unwrap(), until: date(2026, 3, 11) }),
            disputed: None,
            blocked: None,
        }
    }
}
