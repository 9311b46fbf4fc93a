//! How much cash applies itself, how often wrongly, and what deductions cost.

use rust_decimal::Decimal;
use serde::Serialize;

use super::Rate;

/// A payment that was received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceivedFact {
    pub amount: Decimal,
    /// Applied whole, and nobody did anything.
    pub untouched: bool,
    /// Lines of its advice; without one, the invoices it was found to pay.
    pub lines: u32,
    pub lines_untouched: u32,
    pub unapplied: Decimal,
    /// Days for which that has waited.
    pub unapplied_days: u32,
}

/// An application that was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppliedFact {
    pub automatic: bool,
    /// Taken back because it was wrong; a payment that the bank took back was not.
    pub reversed_as_wrong: bool,
}

/// A deduction, taken in the period or closed in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeductionFact {
    pub amount: Decimal,
    /// Taken in this period.
    pub taken: bool,
    /// Closed in this period.
    pub closed: bool,
    pub disputed: Decimal,
    pub recovered: Decimal,
    pub written_off: Decimal,
}

/// The rates of a period. An auto-rate is never shown without the false-apply rate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CashRates {
    pub payment_auto: Rate,
    pub line_auto: Rate,
    pub false_apply: Rate,
    pub unapplied: Rate,
    /// Unapplied money by its age: up to so many days.
    pub unapplied_by_age: Vec<(u32, Decimal)>,
    pub deductions: Rate,
    pub deductions_won: Rate,
    pub written_off: Rate,
}

const AGES: [u32; 4] = [7, 30, 60, u32::MAX];

/// Rates over what was received, applied, deducted and invoiced in a period.
pub fn cash_rates(
    received: &[ReceivedFact],
    applied: &[AppliedFact],
    deductions: &[DeductionFact],
    invoiced: Decimal,
) -> CashRates {
    // A sum that cannot be told is shown as the largest there is.
    let add = Decimal::saturating_add;
    let count = |number: usize| Decimal::from(number);
    let automatic: Vec<&AppliedFact> = applied.iter().filter(|fact| fact.automatic).collect();
    let wrong = automatic.iter().filter(|fact| fact.reversed_as_wrong).count();
    let lines: u32 = received.iter().map(|fact| fact.lines).sum();
    let lines_untouched: u32 = received.iter().map(|fact| fact.lines_untouched).sum();
    let money: Decimal = received.iter().map(|fact| fact.amount).fold(Decimal::ZERO, add);
    let unapplied: Decimal = received.iter().map(|fact| fact.unapplied).fold(Decimal::ZERO, add);
    let by_age = AGES.iter().scan(0, |from, until| {
        let within = received.iter().filter(|fact| fact.unapplied_days >= *from && fact.unapplied_days <= *until);
        let sum = within.map(|fact| fact.unapplied).fold(Decimal::ZERO, add);
        *from = until.saturating_add(1);
        Some((*until, sum))
    });
    let closed = || deductions.iter().filter(|fact| fact.closed);
    CashRates {
        payment_auto: Rate::new(count(received.iter().filter(|fact| fact.untouched).count()), count(received.len())),
        line_auto: Rate::new(lines_untouched, lines),
        false_apply: Rate::new(count(wrong), count(automatic.len())),
        unapplied: Rate::new(unapplied, money),
        unapplied_by_age: by_age.collect(),
        deductions: Rate::new(
            deductions.iter().filter(|fact| fact.taken).map(|fact| fact.amount).fold(Decimal::ZERO, add),
            invoiced,
        ),
        deductions_won: Rate::new(
            closed().map(|fact| fact.recovered).fold(Decimal::ZERO, add),
            closed().map(|fact| fact.disputed).fold(Decimal::ZERO, add),
        ),
        written_off: Rate::new(closed().map(|fact| fact.written_off).fold(Decimal::ZERO, add), invoiced),
    }
}
