//! How many suppliers' invoices pass without anybody.

use rust_decimal::Decimal;
use serde::Serialize;

use super::Rate;

/// A supplier's invoice that was processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFact {
    /// It names an order.
    pub ordered: bool,
    /// Reasons for which it was held, over its whole life.
    pub holds: u32,
    /// Matched when it was first judged.
    pub first_pass: bool,
    /// It waited for goods, and matched by itself when they came.
    pub waited: bool,
    /// A person did something to it.
    pub touched: bool,
    pub posted: bool,
}

/// The rates of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PayablesRates {
    /// Invoices held at least once, of all.
    pub exceptions: Rate,
    /// Of invoices with an order.
    pub first_pass: Rate,
    /// Those that waited and then matched, which are not counted as first pass.
    pub matched_after_waiting: Rate,
    /// Posted without anybody, of all.
    pub touchless: Rate,
}

/// Rates over the invoices processed in a period.
pub fn payables_rates(invoices: &[InvoiceFact]) -> PayablesRates {
    let count = |is: &dyn Fn(&InvoiceFact) -> bool| Decimal::from(invoices.iter().filter(|fact| is(fact)).count());
    let (all, ordered) = (count(&|_| true), count(&|fact| fact.ordered));
    let alone = |fact: &InvoiceFact| fact.ordered && !fact.touched && fact.holds == 0;
    PayablesRates {
        exceptions: Rate::new(count(&|fact| fact.holds > 0), all),
        first_pass: Rate::new(count(&|fact| alone(fact) && fact.first_pass && !fact.waited), ordered),
        matched_after_waiting: Rate::new(count(&|fact| alone(fact) && fact.waited && fact.posted), ordered),
        touchless: Rate::new(count(&|fact| fact.posted && !fact.touched), all),
    }
}
