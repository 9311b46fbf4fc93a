//! One line of a trade: what was asked, decided and done, and the counters that follow from it.
//!
//! Facts and wishes are kept as they came; the counters are reckoned from them. So they do not depend on the order in
//! which documents arrived: a reduction or a cancellation reaches only what has not left, whichever came first.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::event::LineDecision;
use super::keys::Side;
use crate::canonical::line::ItemId;

/// A line with everything that was said about it. All quantities in `unit`, the order's unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub number: String,
    pub unit: Option<String>,
    pub ids: Vec<ItemId>,
    pub description: Option<String>,
    /// As the price is written: `PE`, ...; echoed.
    pub price_basis: Option<String>,
    /// What was asked for, oldest first: the original, then one entry for each change of the line.
    pub asked: Vec<Asked>,
    /// Requested dates: kind and date.
    pub dates: Vec<(String, Date)>,
    pub decision: Option<Decided>,
    pub ending: Option<Ending>,
    /// The supplier confirmed another price, beyond the tolerance, and purchasing has not taken it: ours stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub price_waits: bool,
    /// Asked of a warehouse so far.
    #[serde(default)]
    pub requested: Decimal,
    /// Approved factors: one of the unit named is so many of this line's unit.
    #[serde(default)]
    pub factors: BTreeMap<String, Decimal>,
    /// What the books hold of it as received and not invoiced, in money; purchases only.
    #[serde(default)]
    pub accrued: Decimal,
    /// Beyond what was ordered, taken by a person's decision.
    pub overage: Decimal,
    pub facts: Facts,
}

/// A quantity and a price asked for by one version of the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// 0 is the original, n the change with sequence n.
    pub version: u32,
    pub quantity: Decimal,
    pub price: Option<Decimal>,
    /// More than before was taken with the change itself, without a decision of its own.
    #[serde(default)]
    pub taken: bool,
    /// The partner refused this change: the version before stands.
    #[serde(default)]
    pub withdrawn: bool,
}

/// A decision and the version it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    pub version: u32,
    /// Who decided, where it was a command: whoever sets a price does not release its hold.
    pub by: Option<String>,
    pub decision: LineDecision,
}

/// Why what is open of a line will not come as it was. A later one in this list outweighs an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The last shipment has gone; the rest comes later.
    Backordered,
    /// The last shipment has gone; the rest does not come.
    ShortClosed,
    /// The buyer has cancelled.
    Cancelled,
}

/// What happened, added up. Only facts and issued documents add to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Goods that left: ours in a sale, the supplier's as advised in a purchase.
    pub shipped: Decimal,
    pub received: Decimal,
    /// Of these usable.
    pub usable: Decimal,
    pub returned: Decimal,
    pub invoiced: Decimal,
    /// Invoiced and found right (purchase).
    pub matched: Decimal,
    pub credited: Decimal,
}

/// The counters of a line, in its unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    pub ordered0: Decimal,
    pub ordered: Decimal,
    /// In a purchase: confirmed.
    pub accepted: Decimal,
    pub backordered: Decimal,
    pub rejected: Decimal,
    /// Short-closed quantities too.
    pub cancelled: Decimal,
    /// In a purchase: advised.
    pub shipped: Decimal,
    pub received: Decimal,
    pub usable: Decimal,
    pub returned: Decimal,
    pub invoiced: Decimal,
    pub matched: Decimal,
    pub credited: Decimal,
    /// Still to come: ordered less cancelled, rejected and shipped.
    pub open: Decimal,
    /// Gone beyond what was ordered, tolerance not regarded.
    pub over: Decimal,
}

impl Counters {
    /// A counter by the word people use for it on either side: `confirmed` is `accepted`, `advised` is `shipped`.
    pub fn named(&self, word: &str) -> Option<Decimal> {
        Some(match word {
            "ordered0" => self.ordered0,
            "ordered" => self.ordered,
            "accepted" | "confirmed" => self.accepted,
            "backordered" => self.backordered,
            "rejected" => self.rejected,
            "cancelled" => self.cancelled,
            "shipped" | "advised" => self.shipped,
            "received" => self.received,
            "usable" | "accepted_goods" => self.usable,
            "returned" => self.returned,
            "invoiced" => self.invoiced,
            "matched" => self.matched,
            "credited" => self.credited,
            "open" => self.open,
            "over" => self.over,
            _ => return None,
        })
    }
}

impl Line {
    /// What is asked for now, before anything that crossed it.
    pub fn current(&self) -> Option<&Asked> {
        self.asked.iter().rev().find(|asked| !asked.withdrawn)
    }

    /// What a version of the order asked for: the entry in force then.
    pub fn as_of(&self, version: u32) -> Option<&Asked> {
        self.asked.iter().rev().find(|asked| asked.version <= version && !asked.withdrawn)
    }

    /// The ordered price.
    pub fn ordered_price(&self) -> Option<Decimal> {
        self.current().and_then(|asked| asked.price)
    }

    /// What one unit costs: as decided, where the decision answers the price now asked for; otherwise as ordered.
    pub fn agreed_price(&self) -> Option<Decimal> {
        let price = self.ordered_price();
        let standing = self.asked.iter().rev().filter(|asked| !asked.withdrawn);
        let since = standing.take_while(|asked| asked.price == price).last().map_or(0, |asked| asked.version);
        let decided = self.decision.as_ref().filter(|decided| decided.version >= since && !self.price_waits);
        decided.and_then(|decided| decided.decision.price).or(price)
    }

    /// Whether the line has been decided for what is asked now.
    pub fn is_decided(&self) -> bool {
        self.counters(Side::Sale).undecided().is_zero()
    }

    /// The counters. `side` says what counts as gone: shipped in a sale; advised or received in a purchase.
    pub fn counters(&self, side: Side) -> Counters {
        let facts = &self.facts;
        let gone = match side {
            Side::Sale => facts.shipped,
            Side::Purchase => facts.shipped.max(facts.received),
        };
        let chain = self.chain(gone);
        let ordered = chain.ordered + self.overage;
        let rest = (ordered - gone).max(Decimal::ZERO);
        let [mut accepted, mut backordered, rejected] = chain.decided;
        let rejected = rejected.min(rest);
        let left = rest - rejected;
        let mut cancelled = Decimal::ZERO;
        match self.ending {
            Some(Ending::Cancelled | Ending::ShortClosed) => {
                cancelled = left;
                accepted = accepted.min(gone);
                backordered = Decimal::ZERO;
            }
            Some(Ending::Backordered) => {
                accepted = accepted.min(gone);
                backordered = left;
            }
            None => backordered = backordered.min(left),
        }
        Counters {
            ordered0: self.asked.first().map_or(Decimal::ZERO, |asked| asked.quantity),
            ordered,
            accepted,
            backordered,
            rejected,
            cancelled,
            shipped: facts.shipped,
            received: facts.received,
            usable: facts.usable,
            returned: facts.returned,
            invoiced: facts.invoiced,
            matched: facts.matched,
            credited: facts.credited,
            open: left - cancelled,
            over: (gone - ordered).max(Decimal::ZERO),
        }
    }
}

/// What the versions of a line come to.
struct Chain {
    ordered: Decimal,
    /// Accepted, backordered, rejected.
    decided: [Decimal; 3],
}

impl Line {
    /// Goes through the versions. A reduction reaches only what has not `gone`; it clips accepted, then backordered, then
    /// rejected. The decision comes in after the version it answers.
    fn chain(&self, gone: Decimal) -> Chain {
        let mut chain = Chain { ordered: Decimal::ZERO, decided: [Decimal::ZERO; 3] };
        let mut pending = self.decision.as_ref();
        for asked in self.asked.iter().filter(|asked| !asked.withdrawn) {
            if pending.is_some_and(|decided| decided.version < asked.version) {
                chain.decide(pending.take());
            }
            let more = asked.quantity - chain.ordered;
            chain.ordered = asked.quantity.max(gone.min(chain.ordered));
            if more > Decimal::ZERO && asked.taken && pending.is_none() && self.decision.is_some() {
                chain.decided[0] += more;
            }
            chain.clip();
        }
        chain.decide(pending);
        chain
    }
}

impl Chain {
    fn decide(&mut self, decided: Option<&Decided>) {
        if let Some(Decided { decision, .. }) = decided {
            self.decided = [decision.accepted, decision.backordered, decision.rejected];
            self.clip();
        }
    }

    fn clip(&mut self) {
        let mut left = self.ordered;
        for part in &mut self.decided {
            *part = (*part).min(left);
            left -= *part;
        }
    }
}

impl Counters {
    /// Ordered and not yet answered.
    pub fn undecided(&self) -> Decimal {
        let answered = self.accepted + self.backordered + self.rejected + self.cancelled;
        (self.ordered - answered.max(self.shipped)).max(Decimal::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_follow_from_what_was_asked_decided_and_done() {
        // asked versions | accepted backordered rejected | ending | shipped -> ordered accepted backordered rejected cancelled open over
        let cases = [
            ("100     |  0  0  0 | -         |   0", "100   0   0   0   0 100  0"),
            ("100     | 60 40  0 | -         |   0", "100  60  40   0   0 100  0"),
            ("100  70 | 60 40  0 | -         |   0", " 70  60  10   0   0  70  0"),
            ("100  70 | 60  0 40 | -         |   0", " 70  60   0  10   0  60  0"),
            ("100 120 |100  0  0 | -         |   0", "120 100   0   0   0 120  0"),
            ("100 120t|100  0  0 | -         |   0", "120 120   0   0   0 120  0"),
            ("100 70 90 |100 0 0 | -         |   0", " 90  70   0   0   0  90  0"),
            ("100 70 90t|100 0 0 | -         |   0", " 90  90   0   0   0  90  0"),
            ("100     | 60 40  0 | -         |  80", "100  60  20   0   0  20  0"),
            ("100     | 60  0 40 | -         |  80", "100  60   0  20   0   0  0"),
            ("100  70 |100  0  0 | -         |  80", " 80  80   0   0   0   0  0"),
            ("100     |100  0  0 | -         | 110", "100 100   0   0   0   0 10"),
            ("100     |100  0  0 | cancelled |   0", "100   0   0   0 100   0  0"),
            ("100     |100  0  0 | cancelled |  80", "100  80   0   0  20   0  0"),
            ("100     | 60 10 30 | cancelled |   0", "100   0   0  30  70   0  0"),
            ("100     |100  0  0 | short     |  80", "100  80   0   0  20   0  0"),
            ("100     |100  0  0 | later     |  80", "100  80  20   0   0  20  0"),
            ("100   0 |100  0  0 | -         |   0", "  0   0   0   0   0   0  0"),
        ];
        for (given, expected) in cases {
            check(given, expected);
        }
    }

    fn check(given: &str, expected: &str) {
        let parts: Vec<&str> = given.split('|').map(str::trim).collect();
        let numbers = |text: &str| -> Vec<Decimal> { text.split_whitespace().map(|n| n.parse().unwrap()).collect() };
        let asked = parts[0].split_whitespace().enumerate().map(|(version, word)| Asked {
            version: version as u32,
            quantity: word.trim_end_matches('t').parse().unwrap(),
            price: None,
            taken: word.ends_with('t'),
            withdrawn: false,
        });
        let decided = numbers(parts[1]);
        let decision = LineDecision {
            accepted: decided[0],
            backordered: decided[1],
            rejected: decided[2],
            ..LineDecision::default()
        };
        let line = Line {
            asked: asked.collect(),
            decision: Some(Decided { version: 0, by: None, decision }),
            ending: match parts[2] {
                "cancelled" => Some(Ending::Cancelled),
                "short" => Some(Ending::ShortClosed),
                "later" => Some(Ending::Backordered),
                _ => None,
            },
            facts: Facts { shipped: parts[3].parse().unwrap(), ..Facts::default() },
            ..Line::default()
        };
        let c = line.counters(Side::Sale);
        let found = [c.ordered, c.accepted, c.backordered, c.rejected, c.cancelled, c.open, c.over];
        assert_eq!(found.to_vec(), numbers(expected), "{given}");
    }
}
