//! The entries of a matched document, and of every answer to a held one.

use rust_decimal::Decimal;

use super::billed::{Billed, BilledKind, ChargeKind};
use super::evaluate::Match;
use super::hold::HoldKind;
use super::ordered::Agreed;
use crate::process::ledger::{Account, Draft};

/// A price that is refused: the invoice is posted as it stands, and what is too much is asked back in the same breath.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub posted: Draft,
    /// The debit memo to the supplier, so that nothing is also paid short.
    pub debit_memo: Draft,
    pub claimed: Decimal,
}

impl Match {
    /// The document as billed: accruals cleared, what is above them a price variance.
    pub fn post(&self, billed: &Billed, agreed: &Agreed) -> Draft {
        match billed.kind {
            BilledKind::Invoice | BilledKind::DebitNote => self.invoice(billed, agreed, Account::PriceVariance),
            BilledKind::CreditNote => self.credit(billed, agreed),
        }
    }

    fn invoice(&self, billed: &Billed, agreed: &Agreed, variance: Account) -> Draft {
        let mut draft = Draft::new(format!("invoice {}", billed.number), billed.currency, Some(&billed.supplier));
        for line in &self.lines {
            draft = draft.debit_item(Account::GoodsReceived, line.accrued, &agreed.lines[line.place].ledger_item());
        }
        // Lines without an order line are all variance: somebody agreed to pay them.
        let lines: Decimal = billed.lines.iter().map(|line| line.amount).sum();
        let accrued: Decimal = self.lines.iter().map(|line| line.accrued).sum();
        charged(draft.debit(variance, lines - accrued), billed, Decimal::ONE).credit_item(
            Account::Payable,
            billed.total,
            &billed.number,
        )
    }

    /// Returned goods credited: what we owe falls, the accrual that the return opened closes.
    fn credit(&self, billed: &Billed, agreed: &Agreed) -> Draft {
        let mut draft = Draft::new(format!("credit note {}", billed.number), billed.currency, Some(&billed.supplier))
            .debit_item(Account::Payable, billed.total, &billed.number);
        for line in &self.lines {
            let item = agreed.lines[line.place].ledger_item();
            draft = draft.credit_item(Account::GoodsReceived, line.accrued_available, &item);
        }
        // A credit for more than went back is a better price.
        let lines: Decimal = billed.lines.iter().map(|line| line.amount).sum();
        let accrued: Decimal = self.lines.iter().map(|line| line.accrued_available).sum();
        charged(draft.credit(Account::PriceVariance, lines - accrued), billed, Decimal::NEGATIVE_ONE)
    }

    /// The price is refused: the whole is owed, and what is too much is claimed back by a debit memo.
    pub fn refuse_price(&self, billed: &Billed, agreed: &Agreed) -> Refusal {
        let posted = self.invoice(billed, agreed, Account::Claims);
        let claims = posted.legs.iter().filter(|leg| leg.account == Account::Claims);
        let claimed: Decimal = claims.map(|leg| leg.signed()).sum();
        let debit_memo =
            Draft::new(format!("debit memo on {}", billed.number), billed.currency, Some(&billed.supplier))
                .debit_item(Account::Payable, claimed, &billed.number)
                .credit(Account::Claims, claimed);
        Refusal { posted, debit_memo, claimed }
    }

    /// What came is paid as agreed, with its share of the tax; the rest is disputed. Returns the entry and the disputed amount.
    pub fn pay_received(&self, billed: &Billed, agreed: &Agreed) -> (Draft, Decimal) {
        let mut draft =
            Draft::new(format!("invoice {}, as received", billed.number), billed.currency, Some(&billed.supplier));
        let (mut paid, mut net) = (Decimal::ZERO, Decimal::ZERO);
        for line in &self.lines {
            draft = draft.debit_item(
                Account::GoodsReceived,
                line.accrued_available,
                &agreed.lines[line.place].ledger_item(),
            );
            // A variance that no tolerance held is paid with the goods it belongs to.
            let held = self.holds.iter().any(|hold| {
                hold.line.as_ref() == Some(&line.line) && matches!(hold.kind, HoldKind::Price | HoldKind::UnitSuspect)
            });
            let share = match held || line.quantity.is_zero() {
                true => Decimal::ZERO,
                false => {
                    let part = line.quantity.min(line.available) / line.quantity;
                    billed.currency.round(line.variance() * part)
                }
            };
            draft = draft.debit(Account::PriceVariance, share);
            paid += line.accrued_available + share;
            net += line.amount;
        }
        let tax = match net.is_zero() {
            true => Decimal::ZERO,
            false => billed.currency.round(billed.tax * paid / net),
        };
        let total = paid + tax;
        let draft = draft.debit(Account::TaxPaid, tax).credit_item(Account::Payable, total, &billed.number);
        (draft, billed.total - total)
    }
}

/// Tax, freight and charges, and the cents by which a document misses its own sum.
fn charged(draft: Draft, billed: &Billed, sign: Decimal) -> Draft {
    let mut draft = draft.debit(Account::TaxPaid, billed.tax * sign);
    for charge in &billed.charges {
        let account = match charge.kind {
            ChargeKind::Freight => Account::FreightIn,
            ChargeKind::Duty => Account::Duty,
            ChargeKind::Tax => Account::TaxPaid,
            ChargeKind::Other => Account::PriceVariance,
        };
        draft = draft.debit(account, charge.amount * sign);
    }
    draft.debit(Account::SmallDifferences, (billed.total - billed.reckoned()) * sign)
}
