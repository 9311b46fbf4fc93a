//! What of a stock can still be promised: snapshots and changes in, promises made against it, so that two channels cannot
//! promise the same goods. It keeps no stock; whoever does locks it while it asks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::canonical::InventoryAdvice;
use crate::canonical::ship_notice::StockQuantity;

/// One item at one place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stock {
    /// As last counted.
    pub on_hand: Decimal,
    pub counted_at: Option<Timestamp>,
    /// Kept back for whatever comes.
    pub safety: Decimal,
    /// Promised and not gone, by who it is promised to: trade and line.
    pub promised: BTreeMap<String, Promise>,
}

/// Goods promised to one line of a trade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    pub quantity: Decimal,
    pub at: Timestamp,
}

impl Stock {
    /// Available to promise: on hand less what is kept back and what is promised. Never what is in transit.
    pub fn available(&self) -> Decimal {
        let promised: Decimal = self.promised.values().map(|promise| promise.quantity).sum();
        (self.on_hand - self.safety - promised).max(Decimal::ZERO)
    }

    /// What could be promised to `who`, who may hold a promise already.
    pub fn available_to(&self, who: &str) -> Decimal {
        let own = self.promised.get(who).map_or(Decimal::ZERO, |promise| promise.quantity);
        let others: Decimal = self.promised.values().map(|promise| promise.quantity).sum::<Decimal>() - own;
        (self.on_hand - self.safety - others).max(Decimal::ZERO)
    }

    /// Promises `who` as much of `wanted` as there is, in place of what was promised before. Answers how much.
    pub fn promise(&mut self, who: &str, wanted: Decimal, at: Timestamp) -> Decimal {
        let quantity = wanted.min(self.available_to(who)).max(Decimal::ZERO);
        if quantity.is_zero() {
            self.promised.remove(who);
        } else {
            self.promised.insert(who.to_owned(), Promise { quantity, at });
        }
        quantity
    }

    /// Goods of a promise have left: they are neither promised nor on hand any longer. What left unpromised is off hand too.
    pub fn ship(&mut self, who: &str, quantity: Decimal) {
        self.on_hand -= quantity;
        if let Some(promise) = self.promised.get_mut(who) {
            promise.quantity -= quantity;
            if promise.quantity <= Decimal::ZERO {
                self.promised.remove(who);
            }
        }
    }

    /// The promise is off: cancelled, rejected, closed.
    pub fn release(&mut self, who: &str) {
        self.promised.remove(who);
    }

    /// A new count. An older one than that known changes nothing. Promises stay: what was counted includes them.
    pub fn count(&mut self, on_hand: Decimal, at: Timestamp) -> bool {
        if self.counted_at.is_some_and(|known| known > at) {
            return false;
        }
        self.on_hand = on_hand;
        self.counted_at = Some(at);
        true
    }
}

/// A count of one item at one place, out of an inventory advice.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// `None` where the advice names no place.
    pub place: Option<String>,
    /// Item identifications, most telling first, as the advice has them.
    pub ids: Vec<crate::canonical::line::ItemId>,
    pub quantity: Decimal,
    pub unit: Option<String>,
}

/// What an inventory advice says can be sold, line by line: available for sale where it says so, otherwise on hand.
/// What is in transit, on order, damaged or held is not available to promise.
pub fn counts(advice: &InventoryAdvice) -> Vec<Count> {
    let mut counts = Vec::new();
    for location in &advice.locations {
        for line in &location.lines {
            let best =
                AVAILABLE.iter().find_map(|kinds| line.quantities.iter().find(|quantity| is_of(quantity, kinds)));
            let Some(quantity) = best else { continue };
            counts.push(Count {
                place: location.id.clone(),
                ids: line.ids.clone(),
                quantity: quantity.quantity.unwrap_or_default(),
                unit: quantity.unit.clone(),
            });
        }
    }
    counts
}

/// Kinds of quantity that can be promised, the most exact first, as the stock tables name them.
const AVAILABLE: &[&[&str]] = &[&["available"], &["on_hand"]];

fn is_of(quantity: &StockQuantity, kinds: &[&str]) -> bool {
    quantity.kind.as_deref().is_some_and(|kind| kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn dec(value: i64) -> Decimal {
        value.into()
    }

    #[test]
    fn two_channels_never_promise_the_same_goods() {
        let mut stock = Stock { on_hand: dec(100), safety: dec(10), ..Stock::default() };
        assert_eq!(stock.promise("shop|1", dec(60), at(1)), dec(60));
        assert_eq!(stock.promise("edi|1", dec(60), at(2)), dec(30));
        assert_eq!(stock.available(), dec(0));
        // A promise made again is not made twice, and a smaller one gives back.
        assert_eq!(stock.promise("shop|1", dec(60), at(3)), dec(60));
        assert_eq!(stock.promise("shop|1", dec(40), at(3)), dec(40));
        assert_eq!(stock.promise("edi|1", dec(60), at(4)), dec(50));
        stock.ship("shop|1", dec(40));
        assert_eq!((stock.on_hand, stock.available()), (dec(60), dec(0)));
        stock.release("edi|1");
        assert_eq!(stock.available(), dec(50));
    }

    #[test]
    fn an_older_count_changes_nothing() {
        let mut stock = Stock::default();
        assert!(stock.count(dec(50), at(5)));
        assert!(!stock.count(dec(80), at(4)));
        assert!(stock.count(dec(70), at(6)));
        assert_eq!(stock.on_hand, dec(70));
    }

    #[test]
    fn what_is_in_transit_is_not_promised() {
        let quantity = |kind: &str, value| StockQuantity {
            kind: Some(kind.into()),
            quantity: Some(dec(value)),
            ..StockQuantity::default()
        };
        let mut advice = InventoryAdvice::default();
        let mut location =
            crate::canonical::ship_notice::StockLocation { id: Some("DAL".into()), ..Default::default() };
        for quantities in [
            vec![quantity("on_hand", 50), quantity("in_transit", 70)],
            vec![quantity("on_hand", 50), quantity("available", 20)],
            vec![quantity("in_transit", 70)],
        ] {
            location.lines.push(crate::canonical::ship_notice::StockLine { quantities, ..Default::default() });
        }
        advice.locations.push(location);
        let found: Vec<_> = counts(&advice).into_iter().map(|count| count.quantity).collect();
        assert_eq!(found, [dec(50), dec(20)]);
    }
}
