//! How long customers take to pay: days sales outstanding in its three forms, and what they are late.

use rust_decimal::Decimal;
use serde::Serialize;

/// The sales on credit of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SalesPeriod {
    pub days: u32,
    pub sales: Decimal,
}

/// What customers owe at the end, and what was sold to them; periods oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receivables {
    pub open: Decimal,
    /// Of that, not due yet.
    pub current: Decimal,
    pub periods: Vec<SalesPeriod>,
}

impl Receivables {
    /// Open items at the end, by sales, times days.
    pub fn dso(&self) -> Option<Decimal> {
        self.days_of(self.open)
    }

    /// If nobody were late: what is not due yet, by sales, times days.
    pub fn best_possible(&self) -> Option<Decimal> {
        self.days_of(self.current)
    }

    /// What customers are late on average.
    pub fn average_days_delinquent(&self) -> Option<Decimal> {
        Some(self.dso()? - self.best_possible()?)
    }

    /// Sales are counted back from the end until what is open is used up: whole periods with their days, and the rest by its
    /// share of the period it reaches into. `None` where the periods do not reach back far enough.
    pub fn count_back(&self) -> Option<Decimal> {
        let (mut rest, mut days) = (self.open, Decimal::ZERO);
        for period in self.periods.iter().rev() {
            let whole = Decimal::from(period.days);
            if rest <= period.sales {
                let share = rest.checked_div(period.sales).unwrap_or_default();
                return Some((days + share * whole).round_dp(2).normalize());
            }
            rest -= period.sales;
            days += whole;
        }
        rest.is_zero().then_some(days)
    }

    fn days_of(&self, amount: Decimal) -> Option<Decimal> {
        let sales: Decimal = self.periods.iter().map(|period| period.sales).sum();
        let days: u32 = self.periods.iter().map(|period| period.days).sum();
        let days = amount.checked_mul(Decimal::from(days))?.checked_div(sales)?;
        Some(days.round_dp(2).normalize())
    }
}
