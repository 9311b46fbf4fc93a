//! Money for invoices (S12, B10). It applies by exact number and amount; anything else waits for a person. What a customer
//! only announces pays nothing: an order is paid by what the books know of the bank's money.

use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::event::{Payment, Source};
use super::exception::{Exception, ExceptionKind};
use super::keys::{Key, Side};
use super::ledger::{Account, Draft};
use super::shipment::TradeScope;
use super::trade::PaymentRecord;

impl Work<'_> {
    /// In a sale a fact where our own people tell it, and an advice where the customer does. In a purchase a request: our
    /// payment run.
    pub(super) fn paid(&mut self, payment: &Payment) -> Outcome {
        let TradeScope { side, partner, test } = self.scope();
        let Some(bill) = self.trade.bill(&payment.invoice).cloned() else {
            let awaits = Key::invoice(side, &partner, test, &payment.invoice);
            return Outcome::Park(awaits, self.policy.waits.remittances);
        };
        if side == Side::Purchase {
            if !bill.standing.is_payable() {
                return Outcome::Park(Key::payable(&self.trade.key, &bill.number), self.policy.waits.remittances);
            }
            let (open, paid) = (self.trade.owed(&bill), payment.amount + payment.discount);
            let is_too_much = if open.is_sign_negative() { paid < open || paid > Decimal::ZERO } else { paid > open };
            if is_too_much {
                return Outcome::Refused(format!("{} is more than the {open} open of {}", payment.amount, bill.number));
            }
        }
        self.trade.payments.push(PaymentRecord {
            event: self.event.key.clone(),
            at: self.now,
            payment: payment.clone(),
            applied: side == Side::Purchase,
            is_advice: side == Side::Sale && matches!(self.event.source, Source::Document(_)),
            reversed: false,
        });
        if side == Side::Purchase {
            // A carrier is advised by runs: this trade speaks to the supplier of the goods.
            if payment.run.is_none() && bill.carrier().is_none() {
                self.issue_remittance(payment, &bill);
            }
            self.post(self.paid_out(payment));
            self.tell("payment.remitted", payment.trace.clone());
        } else {
            self.tell("remittance.received", payment.trace.clone());
        }
        Outcome::Applied
    }

    /// What the books say of a bill of ours stands from now on: advices of payment tell nothing that they do not know.
    pub(super) fn booked(&mut self, number: &str, (paid, adjusted): (Decimal, Decimal), open: Decimal) -> Outcome {
        let TradeScope { side, partner, test } = self.scope();
        let Some(bill) = self.trade.bills.iter_mut().find(|bill| bill.goes_by(number)) else {
            return Outcome::Park(Key::invoice(side, &partner, test, number), self.policy.waits.remittances);
        };
        let booked = bill.booked.get_or_insert_default();
        booked.paid += paid;
        booked.adjusted += adjusted;
        booked.open = open;
        booked.at = Some(self.now);
        Outcome::Applied
    }

    /// Applies what came to exactly what is open. Tried again after every event: a credit note may have been missing.
    pub(super) fn apply_payments(&mut self) {
        for at in 0..self.trade.payments.len() {
            let record = &self.trade.payments[at];
            if record.applied || record.reversed {
                continue;
            }
            let (payment, is_advice) = (record.payment.clone(), record.is_advice);
            let Some(bill) = self.trade.bill(&payment.invoice).cloned() else { continue };
            let open = self.trade.open_amount(&bill);
            let key = format!("payment|{}|{}", payment.trace, payment.invoice);
            if bill.booked.is_some() {
                self.trade.payments[at].applied = true;
                self.close(&key);
                continue;
            }
            if payment.discount.is_zero() && payment.amount == open {
                self.close(&key);
                if !is_advice {
                    self.trade.payments[at].applied = true;
                    self.tell("remittance.applied", payment.trace.clone());
                }
            } else if is_advice && payment.amount + payment.discount + payment.deducted == open {
                // Announced with its reasons: whatever is to be asked of them is asked when the money comes.
                self.close(&key);
            } else if !self.trade.dismissed.contains(&key) {
                let verb = if is_advice { "is announced" } else { "came" };
                let words = format!("{} {verb} for invoice {}, of which {open} is open", payment.amount, bill.number);
                let money = open - payment.amount;
                self.open(Exception::new(key, ExceptionKind::PaymentDiffers, words).money(money));
            }
        }
    }

    /// The bank gave it back: what it paid is open again.
    pub(super) fn payment_returned(&mut self, trace: &str) -> Outcome {
        let TradeScope { side, partner, test } = self.scope();
        let found = self.trade.payments.iter().position(|record| record.payment.trace == trace && !record.reversed);
        let Some(at) = found else {
            if self.trade.payments.iter().any(|record| record.payment.trace == trace) {
                return Outcome::Duplicate;
            }
            return Outcome::Park(Key::payment(side, &partner, test, trace), self.policy.waits.remittances);
        };
        let payment = self.trade.payments[at].payment.clone();
        self.reverse_payment(at);
        let words = format!("payment {trace} of {} for invoice {} came back", payment.amount, payment.invoice);
        let case = Exception::new(format!("returned|{trace}"), ExceptionKind::PaymentReturned, words);
        self.open(case.money(payment.amount));
        self.tell("payment.returned", trace.to_owned());
        Outcome::Applied
    }

    /// What paying a supplier does to the books.
    fn paid_out(&self, payment: &Payment) -> Draft {
        let currency = self.trade.currency();
        let [amount, discount] = [payment.amount, payment.discount].map(|amount| currency.round(amount));
        let words = format!("payment {} of invoice {}", payment.trace, payment.invoice);
        let from = if payment.run.is_some() { Account::Clearing } else { Account::Cash };
        let bill = self.trade.bill(&payment.invoice);
        let payee = bill.and_then(|bill| bill.carrier()).unwrap_or(&self.trade.key.partner);
        // In the journal a carrier's bill goes by its own number.
        let number = bill.filter(|bill| bill.carrier().is_some()).map_or(&*payment.invoice, |bill| bill.named());
        Draft::new(words, currency, Some(payee))
            .debit_item(Account::Payable, amount + discount, number)
            .credit(from, amount)
            .credit(Account::DiscountTaken, discount)
    }

    pub(super) fn reverse_payment(&mut self, at: usize) {
        let record = &mut self.trade.payments[at];
        record.reversed = true;
        if record.applied && self.trade.side() == Side::Purchase {
            let payment = self.trade.payments[at].payment.clone();
            let mut draft = self.paid_out(&payment);
            draft.words = format!("undoes {}", draft.words);
            for leg in &mut draft.legs {
                leg.side = leg.side.other();
            }
            self.post(draft);
        }
        let record = &self.trade.payments[at];
        let key = format!("payment|{}|{}", record.payment.trace, record.payment.invoice);
        self.close(&key);
    }
}

/// Whether money is left to come for an invoice.
pub(super) fn is_open(amount: Decimal) -> bool {
    amount > Decimal::ZERO
}
