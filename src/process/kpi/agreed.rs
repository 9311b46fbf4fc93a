//! What was agreed about figures with a partner: how good, or how bad, they may be before somebody speaks with it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::mistake::nearest;

/// `[trade.figures]`: bounds by the names of figures, and over which days they are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agreed {
    /// The days before today that are looked at.
    pub days: u32,
    /// No less than this: `line_fill = 98`.
    pub least: BTreeMap<String, Decimal>,
    /// No more than this: `backorder_rate = 5`.
    pub most: BTreeMap<String, Decimal>,
}

impl Default for Agreed {
    fn default() -> Self {
        Self { days: 30, least: BTreeMap::new(), most: BTreeMap::new() }
    }
}

/// One bound that was passed or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Least(Decimal),
    Most(Decimal),
}

impl Agreed {
    pub fn is_empty(&self) -> bool {
        self.least.is_empty() && self.most.is_empty()
    }

    /// The bounds of a figure.
    pub fn bounds(&self, figure: &str) -> impl Iterator<Item = Bound> {
        let least = self.least.get(figure).copied().map(Bound::Least);
        least.into_iter().chain(self.most.get(figure).copied().map(Bound::Most))
    }

    /// What is wrong with it, in words.
    pub fn check(&self) -> Vec<String> {
        let names = self.least.keys().chain(self.most.keys());
        let unknown = names.filter(|name| !FIGURES.contains(&name.as_str()));
        let wrong = unknown.map(|name| match nearest(name, FIGURES.iter().copied()) {
            Some(near) => format!("there is no figure `{name}`; did you mean `{near}`?"),
            None => format!("there is no figure `{name}`: {}", FIGURES.join(", ")),
        });
        let days = (self.days == 0).then(|| "`days` is at least 1".to_owned());
        wrong.chain(days).collect()
    }
}

impl Bound {
    pub fn is_kept(self, value: Decimal) -> bool {
        match self {
            Self::Least(least) => value >= least,
            Self::Most(most) => value <= most,
        }
    }
}

/// Every figure by its name.
pub const FIGURES: &[&str] = &[
    "order_cycle_time",
    "receipt_to_answer",
    "answer_to_release",
    "release_to_ship",
    "ship_to_notice",
    "ship_to_invoice",
    "invoice_to_cash",
    "perfect_order",
    "perfect_order_product",
    "line_fill",
    "backorder_rate",
    "otif",
    "answers_on_time",
    "acknowledgements_on_time",
    "notices_on_time",
    "notice_accuracy",
    "order_exceptions",
    "invoice_exceptions",
    "first_pass_match",
    "matched_after_waiting",
    "touchless",
    "payment_auto_rate",
    "line_auto_rate",
    "false_apply_rate",
    "unapplied",
    "deduction_rate",
    "deduction_win_rate",
    "write_off",
    "dso",
    "dso_count_back",
    "dso_best_possible",
    "average_days_delinquent",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_of_figures_that_there_are() {
        let agreed: Agreed = toml::from_str("least = { line_fill = \"98\" }\nmost = { line_fil = 5 }").unwrap();
        assert_eq!(agreed.check(), ["there is no figure `line_fil`; did you mean `line_fill`?"]);
        let bounds: Vec<Bound> = agreed.bounds("line_fill").collect();
        assert_eq!(bounds, [Bound::Least(98.into())]);
        for (value, is_kept) in [(98, true), (97, false)] {
            assert_eq!(bounds[0].is_kept(value.into()), is_kept);
            assert!(Bound::Most(98.into()).is_kept(value.into()));
        }
        assert!(!Agreed { days: 0, ..Agreed::default() }.check().is_empty());
    }
}
