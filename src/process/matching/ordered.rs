//! What was agreed with a supplier and what has happened to it, as matching needs it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::canonical::check_digit;
use crate::process::ledger::Currency;

/// Our own number for an item by each other identification that the item's master knows, all as [`item_key`] makes them.
pub type ItemNames = BTreeMap<Box<str>, Box<str>>;

/// Everything an invoice may concern: lines of one or several orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    pub currency: Currency,
    pub lines: Vec<OrderedLine>,
    /// Percent of tax on these goods, where it is known.
    pub tax_percent: Option<Decimal>,
    /// Freight that was agreed and not invoiced yet.
    pub freight: Decimal,
    /// What order and invoice may call the same item by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: ItemNames,
}

/// One line of an order. Quantities in the order's unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedLine {
    pub order: Box<str>,
    pub line: Box<str>,
    /// The item as factors name it.
    pub item: Box<str>,
    /// Every identification of the item, and of the substitute that was acknowledged, as [`item_key`] makes them.
    pub ids: Vec<Box<str>>,
    /// The class of the item, as its master says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Box<str>>,
    pub unit: Box<str>,
    /// What was acknowledged and accepted; as ordered where nothing else was.
    pub price: Decimal,
    /// Less what was cancelled.
    pub ordered: Decimal,
    pub received: Decimal,
    /// Of that, found good.
    pub usable: Decimal,
    pub returned: Decimal,
    pub matched: Decimal,
    /// Credited for what was returned.
    pub credited: Decimal,
    /// What booked invoices billed above the agreed price, less what was credited of that.
    #[serde(default)]
    pub overcharged: Decimal,
    /// Shipments that brought it.
    pub shipments: Vec<Box<str>>,
}

impl OrderedLine {
    /// What was invoiced and not credited.
    pub(super) fn net_matched(&self) -> Decimal {
        self.matched - self.credited
    }

    /// How the journal names what was received of it.
    pub fn ledger_item(&self) -> String {
        format!("{}/{}", self.order, self.line)
    }
}

/// Everything that identifications name: themselves, the unit that a case holds, and our own number where the master knows
/// either.
pub(super) fn widened(ids: &[Box<str>], names: &ItemNames) -> Vec<Box<str>> {
    let units = ids.iter().filter_map(|id| check_digit::unit_of_case(id)).map(|unit| item_key(&unit));
    let mut wide: Vec<Box<str>> = ids.iter().cloned().chain(units).collect();
    let ours: Vec<Box<str>> = wide.iter().filter_map(|id| names.get(id)).cloned().collect();
    wide.extend(ours);
    wide.sort_unstable();
    wide.dedup();
    wide
}

/// An identification without its clothes: GTINs come with 8 to 14 digits, numbers in either case.
pub fn item_key(id: &str) -> Box<str> {
    let plain: String = id.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let number = plain.len() >= 8 && plain.bytes().all(|b| b.is_ascii_digit());
    if number { plain.trim_start_matches('0').into() } else { plain.into() }
}
