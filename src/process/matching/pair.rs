//! Which order line an invoice line is for: by what it is first, by where it stands second.

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::billed::{Billed, BilledLine};
use super::ordered::OrderedLine;

/// How a line was paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// Order, line number and item agree.
    Line,
    /// The item occurs once in the order.
    Item,
    /// It occurs several times: the one with the nearest price.
    Price,
    /// It came with the shipment that the invoice names.
    Shipment,
    /// The line names no item, only the order's line.
    Number,
}

impl Pairing {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Line => "order, line and item agree",
            Self::Item => "the item occurs once in the order",
            Self::Price => "the item occurs several times in the order; the nearest price",
            Self::Shipment => "the item of the shipment",
            Self::Number => "the order's line; the invoice names no item",
        }
    }
}

/// Where a line led to.
pub(super) enum Paired {
    To(usize, Pairing),
    /// The line number leads to another item.
    Differs(usize),
    Nowhere,
}

/// Order lines by what an invoice may name.
pub(super) struct Pairs<'a> {
    lines: &'a [OrderedLine],
    by_line: FxHashMap<(&'a str, &'a str), usize>,
    by_item: FxHashMap<(&'a str, &'a str), Vec<usize>>,
    by_shipment: FxHashMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Pairs<'a> {
    pub fn new(lines: &'a [OrderedLine]) -> Self {
        let mut pairs = Self {
            lines,
            by_line: FxHashMap::default(),
            by_item: FxHashMap::default(),
            by_shipment: FxHashMap::default(),
        };
        for (place, line) in lines.iter().enumerate() {
            pairs.by_line.insert((&line.order, plain(&line.line)), place);
            for id in &line.ids {
                pairs.by_item.entry((&line.order, id)).or_default().push(place);
                for shipment in &line.shipments {
                    pairs.by_shipment.entry((shipment, id)).or_default().push(place);
                }
            }
        }
        pairs
    }

    /// The order line of an invoice line. `free` says how much of an order line may still be invoiced.
    pub fn pair(&self, billed: &Billed, line: &BilledLine, free: impl Fn(usize) -> Decimal) -> Paired {
        let order = line.order.as_deref().or(billed.order.as_deref()).unwrap_or_default();
        let numbered = line.order_line.as_deref().and_then(|number| self.by_line.get(&(order, plain(number))).copied());
        let agrees = |place: usize| line.ids.iter().any(|id| self.lines[place].ids.contains(id));
        if let Some(place) = numbered.filter(|place| agrees(*place)) {
            return Paired::To(place, Pairing::Line);
        }
        let named = line.ids.iter().filter_map(|id| self.by_item.get(&(order, &**id))).flatten();
        let mut places: Vec<usize> = named.copied().collect();
        places.sort_unstable();
        places.dedup();
        match places.as_slice() {
            [only] => return Paired::To(*only, Pairing::Item),
            [] => {}
            several => return Paired::To(self.nearest(several, line, &free), Pairing::Price),
        }
        let shipment = billed.shipment.as_deref().unwrap_or_default();
        let mut shipped: Vec<usize> =
            line.ids.iter().filter_map(|id| self.by_shipment.get(&(shipment, &**id))).flatten().copied().collect();
        shipped.sort_unstable();
        shipped.dedup();
        if !shipped.is_empty() {
            return Paired::To(self.nearest(&shipped, line, &free), Pairing::Shipment);
        }
        match numbered {
            Some(place) if line.ids.is_empty() => Paired::To(place, Pairing::Number),
            Some(place) => Paired::Differs(place),
            None => Paired::Nowhere,
        }
    }

    /// The nearest price; of equals the one with most to invoice.
    fn nearest(&self, places: &[usize], line: &BilledLine, free: &impl Fn(usize) -> Decimal) -> usize {
        let far = |place: &usize| ((self.lines[*place].price - line.price).abs(), -free(*place), *place);
        places.iter().copied().min_by_key(far).unwrap_or_default()
    }
}

/// Line numbers come with and without zeros in front.
fn plain(number: &str) -> &str {
    let short = number.trim().trim_start_matches('0');
    if short.is_empty() { number } else { short }
}
