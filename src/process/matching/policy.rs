//! How far an invoice may be from order and receipt before a person looks at it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::landed::CostKind;
use crate::process::ledger::{Bands, cents};
use crate::process::tolerance::{Limit, Tolerance};

/// What an invoice is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// What was ordered.
    TwoWay,
    /// And what was received.
    #[default]
    ThreeWay,
    /// And what of it was accepted.
    FourWay,
}

/// Limits for one supplier or class of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    pub level: Level,
    /// What goes for items of a class instead: services are held against the order alone.
    pub classes: BTreeMap<String, Level>,
    /// Of a line's amount at the agreed price.
    pub price: Tolerance,
    /// Beyond what may be invoiced of a line.
    pub quantity: Limit,
    /// Of a line's amount, from quantity and price together.
    pub amount: Limit,
    /// How much more than ordered is paid for when it was received.
    pub over_receipt: Limit,
    /// What the lines of one document may add up to in variances that were accepted one by one.
    pub document: Limit,
    pub tax: Tolerance,
    /// Percent of tax on this supplier's goods, where it is known.
    pub tax_percent: Option<Decimal>,
    /// Beyond the freight that was agreed.
    pub freight: Tolerance,
    /// Beyond the other charges that were agreed: none are.
    pub charges: Limit,
    /// A price further off than this many percent, in either direction, is suspected to be for another unit.
    pub unit_suspicion_percent: Decimal,
    /// Rounding allowed for each line, and for the whole document at most.
    pub rounding_line: Decimal,
    pub rounding_most: Decimal,
    /// Where goods are missing, what came is paid and the rest disputed.
    pub pay_received: bool,
    /// Working days for which an invoice waits for its goods.
    pub wait_days: i64,
    /// Days within which invoices of like number and amount are suspected to be one.
    pub near_days: i64,
    pub bands: Bands,
    /// This supplier brings goods that others sell: what it bills is freight, or duty, that was expected for a receipt of
    /// theirs, and is held against that; `freight` above says how far it may be from it.
    pub carries: Option<CostKind>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            level: Level::ThreeWay,
            classes: BTreeMap::new(),
            price: Tolerance { over: Limit::both(2, 25), under: Limit::UNLIMITED },
            quantity: Limit::NONE,
            amount: Limit::UNLIMITED,
            over_receipt: Limit::percent(5),
            document: Limit::absolute(50),
            tax: Tolerance::both_ways(Limit::absolute(cents(5))),
            tax_percent: None,
            freight: Tolerance { over: Limit::absolute(50), under: Limit::UNLIMITED },
            charges: Limit::NONE,
            unit_suspicion_percent: Decimal::from(40),
            rounding_line: cents(1),
            rounding_most: Decimal::ONE,
            pay_received: false,
            wait_days: 5,
            near_days: 30,
            bands: Bands::variance(),
            carries: None,
        }
    }
}

impl Policy {
    /// What items of a class are held against.
    pub fn level_of(&self, class: Option<&str>) -> Level {
        class.and_then(|class| self.classes.get(class)).copied().unwrap_or(self.level)
    }

    /// The rounding that a document of so many lines may show.
    pub fn rounding(&self, lines: usize) -> Decimal {
        (self.rounding_line * Decimal::from(lines.max(1))).min(self.rounding_most)
    }
}
