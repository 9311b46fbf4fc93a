//! Which order line an invoice line is for: by what it is first, by where it stands second.

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::billed::{Billed, BilledLine};
use super::ordered::{Agreed, ItemNames, OrderedLine, widened};

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
    names: &'a ItemNames,
    by_line: FxHashMap<(&'a str, &'a str), usize>,
    /// As order and invoice write their items.
    written: Index,
    /// As the masters know them, and cases by what they hold.
    known: Index,
}

/// Lines by their items' identifications.
#[derive(Default)]
struct Index {
    ids: Vec<Vec<Box<str>>>,
    by_item: FxHashMap<(Box<str>, Box<str>), Vec<usize>>,
    by_shipment: FxHashMap<(Box<str>, Box<str>), Vec<usize>>,
}

impl Index {
    fn of(lines: &[OrderedLine], ids: impl Fn(&OrderedLine) -> Vec<Box<str>>) -> Self {
        let mut index = Self::default();
        for (place, line) in lines.iter().enumerate() {
            let ids = ids(line);
            for id in &ids {
                index.by_item.entry((line.order.clone(), id.clone())).or_default().push(place);
                for shipment in &line.shipments {
                    index.by_shipment.entry((shipment.clone(), id.clone())).or_default().push(place);
                }
            }
            index.ids.push(ids);
        }
        index
    }

    /// Lines under a name and any of these identifications, each once.
    fn places(found: &FxHashMap<(Box<str>, Box<str>), Vec<usize>>, name: &str, ids: &[Box<str>]) -> Vec<usize> {
        let found = ids.iter().filter_map(|id| found.get(&(name.into(), id.clone())));
        let mut places: Vec<usize> = found.flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

impl<'a> Pairs<'a> {
    pub fn new(agreed: &'a Agreed) -> Self {
        let lines = agreed.lines.as_slice();
        let by_line =
            lines.iter().enumerate().map(|(place, line)| ((&*line.order, plain(&line.line)), place)).collect();
        Self {
            lines,
            names: &agreed.names,
            by_line,
            written: Index::of(lines, |line| line.ids.clone()),
            known: Index::of(lines, |line| widened(&line.ids, &agreed.names)),
        }
    }

    /// The order line of an invoice line. `free` says how much of an order line may still be invoiced.
    pub fn pair(&self, billed: &Billed, line: &BilledLine, free: impl Fn(usize) -> Decimal) -> Paired {
        let order = line.order.as_deref().or(billed.order.as_deref()).unwrap_or_default();
        let numbered = line.order_line.as_deref().and_then(|number| self.by_line.get(&(order, plain(number))).copied());
        let by_item = |index: &Index, ids: &[Box<str>]| {
            let agrees = |place: usize| ids.iter().any(|id| index.ids[place].contains(id));
            let places = Index::places(&index.by_item, order, ids);
            if let Some(place) = numbered.filter(|place| agrees(*place)) {
                return Some(self.dearer_or_cheaper(place, &places, line));
            }
            match places.as_slice() {
                [only] => return Some((*only, Pairing::Item)),
                [] => {}
                several => return Some((self.nearest(several, line, &free), Pairing::Price)),
            }
            let shipment = billed.shipment.as_deref().unwrap_or_default();
            match Index::places(&index.by_shipment, shipment, ids).as_slice() {
                [] => None,
                shipped => Some((self.nearest(shipped, line, &free), Pairing::Shipment)),
            }
        };
        // What both write alike comes before what only the masters know.
        let found = by_item(&self.written, &line.ids).or_else(|| by_item(&self.known, &widened(&line.ids, self.names)));
        match (found, numbered) {
            (Some((place, pairing)), _) => Paired::To(place, pairing),
            (None, Some(place)) if line.ids.is_empty() => Paired::To(place, Pairing::Number),
            (None, Some(place)) => Paired::Differs(place),
            (None, None) => Paired::Nowhere,
        }
    }

    /// The line that the number says, unless its price is another one and one line of the same item has the invoice's:
    /// suppliers number their lines as they like. Prices for different units say nothing.
    fn dearer_or_cheaper(&self, numbered: usize, places: &[usize], line: &BilledLine) -> (usize, Pairing) {
        let has_price = |place: usize| self.lines[place].price == line.price && self.lines[place].unit == line.unit;
        let mut exact = places.iter().copied().filter(|place| has_price(*place));
        match (exact.next(), exact.next()) {
            (Some(only), None) if !has_price(numbered) && self.lines[numbered].unit == line.unit => {
                (only, Pairing::Price)
            }
            _ => (numbered, Pairing::Line),
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
