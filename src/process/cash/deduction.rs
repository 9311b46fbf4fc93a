//! What a customer kept back: a dated case with its reason, its desk and its evidence, until it is settled.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::code::{CodeList, Desk, Reason};
use super::policy::Policy;
use crate::canonical::AdjustmentAdvice;
use crate::process::ledger::{Account, Approver, Currency, Draft};

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deduction {
    /// Names it in the journal: payment, line and part.
    pub id: Box<str>,
    pub party: Box<str>,
    pub invoice: Option<Box<str>>,
    pub reason: Reason,
    /// As the customer coded it.
    pub code: Box<str>,
    pub desk: Desk,
    pub currency: Currency,
    pub amount: Decimal,
    pub opened: Date,
    /// The last day on which this customer listens to a dispute.
    pub dispute_until: Date,
    /// The customer's own number for it.
    pub reference: Option<Box<str>>,
    pub evidence: Vec<Evidence>,
    pub state: DeductionState,
}

/// Something that speaks for us or against: attached when the case is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `ship notice`, `receipt of our transmission`, `acknowledgement`, `receipt advice`, `adjustment advice`.
    pub what: Box<str>,
    /// The document.
    pub document: Box<str>,
    pub words: String,
}

/// Where a case stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeductionState {
    /// The customer said that it will keep it back; the payment has not come.
    Announced,
    Open,
    Disputed,
    Settled(Settlement),
    /// The payment it came with was undone.
    Void,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The customer was right.
    Credit,
    /// The customer owes it again.
    Recharge,
    /// Not worth the trouble.
    WriteOff,
}

/// A deduction that a customer announced before paying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    pub invoice: Option<Box<str>>,
    pub reason: Reason,
    pub code: Box<str>,
    pub amount: Decimal,
    pub reference: Option<Box<str>>,
}

impl Deduction {
    /// Opens a case for a part of a payment.
    pub(super) fn open(
        id: Box<str>,
        party: &str,
        invoice: Option<&str>,
        part: &super::residual::Deducted,
        currency: Currency,
        opened: Date,
        policy: &Policy,
    ) -> Self {
        let dispute_until = opened.checked_add(policy.dispute_days.days()).unwrap_or(opened);
        Self {
            id,
            party: party.into(),
            invoice: invoice.map(Into::into),
            reason: part.reason,
            code: part.code.clone(),
            desk: part.reason.desk(),
            currency,
            amount: part.amount,
            opened,
            dispute_until,
            reference: part.reference.clone(),
            evidence: Vec::new(),
            state: DeductionState::Open,
        }
    }

    /// A case of what a customer announces before it pays.
    pub fn announced(
        id: Box<str>,
        party: &str,
        announced: &Announced,
        currency: Currency,
        opened: Date,
        policy: &Policy,
    ) -> Self {
        Self {
            id,
            party: party.into(),
            invoice: announced.invoice.clone(),
            reason: announced.reason,
            code: announced.code.clone(),
            desk: announced.reason.desk(),
            currency,
            amount: announced.amount,
            opened,
            dispute_until: opened.checked_add(policy.dispute_days.days()).unwrap_or(opened),
            reference: announced.reference.clone(),
            evidence: Vec::new(),
            state: DeductionState::Announced,
        }
    }

    /// What is still to be won back or given up.
    pub fn open_amount(&self) -> Decimal {
        match self.state {
            DeductionState::Open | DeductionState::Disputed => self.amount,
            DeductionState::Announced | DeductionState::Settled(_) | DeductionState::Void => Decimal::ZERO,
        }
    }

    /// Who has to agree to a settlement besides the one who proposes it.
    pub fn approver(&self, settlement: Settlement, policy: &Policy) -> Approver {
        match settlement {
            Settlement::Recharge => Approver::Auto,
            Settlement::Credit | Settlement::WriteOff => policy.write_off.approver(self.amount),
        }
    }

    /// The entry of a settlement. A recharge makes an open item of the case's name.
    pub fn settle(&self, settlement: Settlement) -> Draft {
        let words = match settlement {
            Settlement::Credit => format!("deduction {} credited", self.id),
            Settlement::Recharge => format!("deduction {} charged again", self.id),
            Settlement::WriteOff => format!("deduction {} written off", self.id),
        };
        let draft = Draft::new(words, self.currency, Some(&self.party));
        let draft = match settlement {
            Settlement::Credit => draft.debit(Account::Returns, self.amount),
            Settlement::Recharge => draft.debit_item(Account::Receivable, self.amount, &self.id),
            Settlement::WriteOff => draft.debit(Account::WriteOff, self.amount),
        };
        draft.credit_item(Account::Deductions, self.amount, &self.id)
    }

    /// The entry that takes a settlement back, of which `paid` had been paid by then where it was charged again: that
    /// becomes a credit of the customer's, under [`Deduction::credit_number`].
    pub fn unsettle(&self, settlement: Settlement, paid: Decimal) -> Draft {
        let draft =
            Draft::new(format!("settlement of deduction {} taken back", self.id), self.currency, Some(&self.party))
                .debit_item(Account::Deductions, self.amount, &self.id);
        match settlement {
            Settlement::Credit => draft.credit(Account::Returns, self.amount),
            Settlement::WriteOff => draft.credit(Account::WriteOff, self.amount),
            Settlement::Recharge => draft.credit_item(Account::Receivable, self.amount - paid, &self.id).credit_item(
                Account::Receivable,
                paid,
                &self.credit_number(),
            ),
        }
    }

    /// What the credit is called that is left of a charge that was paid and taken back.
    pub fn credit_number(&self) -> Box<str> {
        format!("{}-CR", self.id).into()
    }
}

impl Settlement {
    pub const ALL: [Self; 3] = [Self::Credit, Self::Recharge, Self::WriteOff];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Recharge => "recharge",
            Self::WriteOff => "write_off",
        }
    }

    /// Reads the word, also as it is typed: `write-off`.
    pub fn of(word: &str) -> Option<Self> {
        let word = word.replace('-', "_");
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

impl Announced {
    /// What an adjustment advice announces; credits are ours to receive and announce nothing.
    pub fn of(document: &AdjustmentAdvice, list: CodeList) -> Vec<Self> {
        let whole = document.credit_debit.as_deref();
        let debit = |word: Option<&str>| word.or(whole) == Some("debit");
        document
            .lines
            .iter()
            .filter(|line| debit(line.credit_debit.as_deref()))
            .filter_map(|line| {
                let code = line.reason.as_deref().unwrap_or_default();
                let (reason, code) = (Reason::of(list, code), code.into());
                let amount = line.amount.or(document.amount)?.abs();
                let invoice = document.invoice_number.as_deref().map(Into::into);
                let reference = line.reference.as_deref().or(document.head.number.as_deref()).map(Into::into);
                Some(Self { invoice, reason, code, amount, reference })
            })
            .collect()
    }

    /// Whether a deduction is the one that was announced.
    pub fn announces(&self, deduction: &Deduction) -> bool {
        self.amount == deduction.amount
            && (self.reference.is_some() && self.reference == deduction.reference
                || self.invoice.is_some() && self.invoice == deduction.invoice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::residual::Deducted;
    use super::*;
    use crate::process::ledger::{Chart, cents};

    #[test]
    fn every_settlement_clears_the_case() {
        for (settlement, legs, approver) in [
            (Settlement::Credit, "Dr Returns 125.00, Cr AR-Deductions 125.00", Approver::Manager),
            (Settlement::Recharge, "Dr AR 125.00, Cr AR-Deductions 125.00", Approver::Auto),
            (Settlement::WriteOff, "Dr Write-off 125.00, Cr AR-Deductions 125.00", Approver::Manager),
        ] {
            let case = case();
            assert_eq!(case.settle(settlement).said(&Chart::default()), legs);
            assert_eq!(case.approver(settlement, &Policy::default()), approver);
            assert_eq!(Settlement::of(settlement.as_str()), Some(settlement));
            let back = case.unsettle(settlement, Decimal::ZERO).said(&Chart::default());
            let mirrored = legs.replace("Dr", "X").replace("Cr", "Dr").replace('X', "Cr");
            let mut wanted: Vec<&str> = mirrored.split(", ").collect();
            wanted.reverse();
            assert_eq!(back, wanted.join(", "));
        }
        assert_eq!((case().desk, case().dispute_until), (Desk::Warehouse, jiff::civil::date(2026, 4, 10)));
    }

    #[test]
    fn an_announced_deduction_is_recognised() {
        let json = r#"{"number":"D77","credit_debit":"debit","invoice_number":"100235",
            "lines":[{"reason":"06","amount":"125.00"},{"credit_debit":"credit","reason":"01","amount":"5"}]}"#;
        let document: AdjustmentAdvice = serde_json::from_str(json).unwrap();
        let [announced] = &Announced::of(&document, CodeList::X12)[..] else { panic!("one is announced") };
        assert_eq!(announced.reason, Reason::Shortage);
        assert!(announced.announces(&case()));
    }

    fn case() -> Deduction {
        let part = Deducted { reason: Reason::Shortage, code: "06".into(), amount: cents(12_500), reference: None };
        let day = jiff::civil::date(2026, 3, 11);
        Deduction::open("T1/1/1".into(), "acme", Some("100235"), &part, Currency::USD, day, &Policy::default())
    }
}
