//! The numbers by which a trade is found and for which early documents wait. It knows no store: a key is text to index by.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which end of the trade we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// We sell: orders come in, notices and invoices go out.
    Sale,
    /// We buy: orders go out, notices and invoices come in.
    Purchase,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Purchase => "purchase",
        }
    }
}

/// What makes two orders the same order. Divisions of one partner have colliding numbers; test trades are apart from real ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TradeKey {
    pub side: Side,
    pub partner: String,
    pub order: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The buyer's division, as `scheme:id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
}

impl TradeKey {
    pub fn new(side: Side, partner: impl Into<String>, order: impl Into<String>) -> Self {
        Self { side, partner: partner.into(), order: order.into(), release: None, division: None, test: false }
    }

    /// Where numbers other than the order's live: `sale|acme`, `sale|acme|test`.
    fn scope(&self) -> String {
        scope(self.side, &self.partner, self.test)
    }
}

/// `sale|acme|4501`, with the release, the division and `test` behind where there are such.
impl fmt::Display for TradeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}", self.scope(), self.order)?;
        if let Some(release) = &self.release {
            write!(f, "|release:{release}")?;
        }
        if let Some(division) = &self.division {
            write!(f, "|division:{division}")?;
        }
        Ok(())
    }
}

/// Something a trade has, or will have: other documents look for it, and wait for it where it is not there yet.
///
/// `sale|acme|order|4501`, `sale|acme|shipment|S1`, `sale|acme|invoice|I1`, `sale|acme|4501|change|2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub String);

impl Key {
    /// The order itself, by number alone: what most documents name.
    pub fn order(trade: &TradeKey) -> Self {
        Self(format!("{}|order|{}", trade.scope(), trade.order))
    }

    /// A line of the order.
    pub fn line(trade: &TradeKey, line: &str) -> Self {
        Self(format!("{trade}|line|{line}"))
    }

    /// A version of the order: the change with this sequence has been applied.
    pub fn change(trade: &TradeKey, sequence: u32) -> Self {
        Self(format!("{trade}|change|{sequence}"))
    }

    /// The partner's answer to the change with this sequence, or the end of waiting for it.
    pub fn answer(trade: &TradeKey, sequence: u32) -> Self {
        Self(format!("{trade}|answer|{sequence}"))
    }

    /// More was shipped than before. Provided again by every shipment.
    pub fn shipped(trade: &TradeKey) -> Self {
        Self(format!("{trade}|shipped"))
    }

    /// More was received than before. Provided again by every receipt.
    pub fn received(trade: &TradeKey) -> Self {
        Self(format!("{trade}|received"))
    }

    /// A shipment, by the number its notice carries. A shipment for several orders is a key of each of their trades.
    pub fn shipment(side: Side, partner: &str, test: bool, number: &str) -> Self {
        Self(format!("{}|shipment|{number}", scope(side, partner, test)))
    }

    /// An invoice or credit note, by its number.
    pub fn invoice(side: Side, partner: &str, test: bool, number: &str) -> Self {
        Self(format!("{}|invoice|{number}", scope(side, partner, test)))
    }

    /// An invoice of a supplier that has been found right.
    pub fn payable(trade: &TradeKey, number: &str) -> Self {
        Self(format!("{trade}|payable|{number}"))
    }

    /// An approved factor from another unit to the unit of a line.
    pub fn factor(trade: &TradeKey, line: &str, unit: &str) -> Self {
        Self(format!("{trade}|factor|{line}|{unit}"))
    }

    /// What we asked a warehouse for, by our own number: its confirmation names that, and comes from the warehouse.
    pub fn depositor(test: bool, number: &str) -> Self {
        Self(format!("depositor|{}{number}", if test { "test|" } else { "" }))
    }

    /// A payment or its advice, by its trace.
    pub fn payment(side: Side, partner: &str, test: bool, trace: &str) -> Self {
        Self(format!("{}|payment|{trace}", scope(side, partner, test)))
    }

    /// A document this trade issued: see [`super::Issued::key`].
    pub fn document(trade: &TradeKey, issued: &str) -> Self {
        Self(format!("{trade}|document|{issued}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is of, as people say it: `order 4503`, `shipment S1`, `4501 change 2`.
    pub fn said(key: &str) -> String {
        let sides = [Side::Sale, Side::Purchase].map(Side::as_str);
        let mut parts = key.split('|').peekable();
        if parts.next_if(|part| sides.contains(part)).is_some() {
            // Whose it is stands beside it.
            parts.next();
        }
        parts.filter(|part| *part != "test").collect::<Vec<_>>().join(" ")
    }

    /// Which end of the trade it belongs to, where it is of one.
    pub fn side(&self) -> Option<Side> {
        [Side::Sale, Side::Purchase].into_iter().find(|side| self.0.split('|').next() == Some(side.as_str()))
    }

    /// The number of the order, where the key is one of an order by its number.
    pub fn order_number(&self) -> Option<&str> {
        self.0.split_once("|order|").map(|(_, number)| number)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn scope(side: Side, partner: &str, test: bool) -> String {
    format!("{}|{partner}{}", side.as_str(), if test { "|test" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_never_meets_production_and_divisions_do_not_collide() {
        let real = TradeKey::new(Side::Sale, "acme", "4501");
        let test = TradeKey { test: true, ..real.clone() };
        let division = TradeKey { division: Some("duns:7".into()), ..real.clone() };
        assert_eq!(real.to_string(), "sale|acme|4501");
        assert_eq!(division.to_string(), "sale|acme|4501|division:duns:7");
        assert_ne!(Key::order(&real), Key::order(&test));
        assert_eq!(Key::order(&real), Key::order(&division), "documents that name no division find both");
        assert_ne!(Key::change(&real, 1), Key::change(&division, 1));
        assert_eq!(Key::said(Key::order(&real).as_str()), "order 4501");
        assert_eq!(Key::said(Key::change(&test, 2).as_str()), "4501 change 2");
        assert_eq!(Key::invoice(Side::Sale, "acme", true, "I1").as_str(), "sale|acme|test|invoice|I1");
    }
}
