//! How well the money runs, by formulas that everybody can check: each number with what it is made of.
//!
//! Facts come in as values; which period and which customers they are of is the caller's to choose.

mod agreed;
mod cash;
mod payables;
mod receivables;

pub use agreed::{Agreed, Bound, FIGURES};
pub use cash::{AppliedFact, CashRates, DeductionFact, ReceivedFact, cash_rates};
pub use payables::{InvoiceFact, PayablesRates, payables_rates};
pub use receivables::{Receivables, SalesPeriod};

use rust_decimal::Decimal;
use serde::Serialize;

/// A part of a whole, kept as both so that it can be added up and looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rate {
    pub part: Decimal,
    pub whole: Decimal,
}

impl Rate {
    pub fn new(part: impl Into<Decimal>, whole: impl Into<Decimal>) -> Self {
        Self { part: part.into(), whole: whole.into() }
    }

    /// In percent to two decimals; nothing of nothing is no rate.
    pub fn percent(&self) -> Option<Decimal> {
        let rate = self.part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(self.whole)?;
        Some(rate.round_dp(2).normalize())
    }
}

#[cfg(test)]
mod tests;
