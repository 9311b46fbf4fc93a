//! Why an invoice is held: what differs, by how much money, and whose desk it is on.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What differs. The words are those of journeys and desks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HoldKind {
    Price,
    #[serde(rename = "QTY")]
    Quantity,
    Amount,
    /// No approved factor between the units.
    #[serde(rename = "UOM")]
    Unit,
    /// The price looks like one for another unit.
    #[serde(rename = "UOM_SUSPECT")]
    UnitSuspect,
    Tax,
    Freight,
    Duty,
    /// Nothing was expected that a carrier's bill could belong to.
    NoAccrual,
    Charge,
    Total,
    /// Small variances that add up to too much.
    Document,
    /// The line number says one item, the line another.
    Item,
    /// No order line for it.
    NoOrder,
    Conflict,
    DuplicateSuspect,
    /// A credit for goods that were not returned.
    NoReturn,
    Currency,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub kind: HoldKind,
    /// The invoice's line; the whole document where there is none.
    pub line: Option<Box<str>>,
    /// What it is about in money; above zero where the supplier asks for more.
    pub money: Decimal,
    /// How many units are too many, or by which factor the unit is suspected to differ.
    pub count: Option<Decimal>,
    pub words: String,
}

impl HoldKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Price => "PRICE",
            Self::Quantity => "QTY",
            Self::Amount => "AMOUNT",
            Self::Unit => "UOM",
            Self::UnitSuspect => "UOM_SUSPECT",
            Self::Tax => "TAX",
            Self::Freight => "FREIGHT",
            Self::Duty => "DUTY",
            Self::NoAccrual => "NO_ACCRUAL",
            Self::Charge => "CHARGE",
            Self::Total => "TOTAL",
            Self::Document => "DOCUMENT",
            Self::Item => "ITEM",
            Self::NoOrder => "NO_ORDER",
            Self::Conflict => "CONFLICT",
            Self::DuplicateSuspect => "DUPLICATE_SUSPECT",
            Self::NoReturn => "NO_RETURN",
            Self::Currency => "CURRENCY",
        }
    }

    /// Whether agreeing to the money settles it; the others need something put right first.
    pub fn is_variance(self) -> bool {
        matches!(
            self,
            Self::Price
                | Self::Amount
                | Self::Tax
                | Self::Freight
                | Self::Duty
                | Self::NoAccrual
                | Self::Charge
                | Self::Document
                | Self::Total
        )
    }
}

impl fmt::Display for HoldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
