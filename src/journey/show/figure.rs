//! One figure: what it is made of, its formula in words, and what stands against it; and the scope that it is of.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::process::flow::Ratio;
use crate::process::kpi::Rate;
use crate::process::ledger::Currency;

/// What is looked at: days of ours, both included, and one partner or all.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub partner: Option<String>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// `line_fill`: names it for good.
    pub name: &'static str,
    pub formula: &'static str,
    pub numerator: Option<Decimal>,
    pub denominator: Option<Decimal>,
    /// Nothing where there is nothing to reckon it from.
    pub value: Option<Decimal>,
    /// `%`, `days`, `hours`.
    pub unit: &'static str,
    /// Of amounts; those of several currencies are figures of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// What stands against a hundred percent: orders, lines, shipments, invoices, payments; of days, what they are made of.
    pub against: Vec<String>,
}

impl Scope {
    /// Why nothing can be reckoned of it.
    pub fn why_empty(&self) -> Option<String> {
        let (from, to) = (self.from?, self.to?);
        (to < from).then(|| format!("the last day, {to}, is before the first, {from}"))
    }

    pub(super) fn holds(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }

    pub(super) fn is_of(&self, party: &str) -> bool {
        self.partner.as_deref().is_none_or(|partner| partner == party)
    }
}

pub(super) fn ratio(name: &'static str, formula: &'static str, ratio: Ratio) -> Figure {
    let value = ratio.percent();
    let Ratio { numerator, denominator, against } = ratio;
    let (numerator, denominator) = (Some(numerator), Some(denominator));
    Figure { name, formula, numerator, denominator, value, unit: "%", currency: None, against }
}

pub(super) fn rate(name: &'static str, formula: &'static str, rate: Rate, against: Vec<String>) -> Figure {
    let (numerator, denominator) = (Some(rate.part), Some(rate.whole));
    Figure { name, formula, numerator, denominator, value: rate.percent(), unit: "%", currency: None, against }
}
