//! What a document that came in means: the events it is, and for which trade. It looks at the document alone; whether it fits
//! is for [`super::apply`] to say.

mod goods;
mod money;
mod orders;

use uuid::Uuid;

use super::event::{Bill, Event, Source, What};
use super::exception::{ExceptionKind, Queue};
use super::keys::{Key, Side, TradeKey};
use super::payable::Ruling;
use super::sent::SENT;
use crate::canonical::common::Reference;
use crate::canonical::line::ItemId;
use crate::canonical::{Canonical, Kind};

/// One event of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The trade an order makes; `None` for what belongs to a trade that is there or will be.
    pub trade: Option<TradeKey>,
    /// By which the trade is found: the order where the document names it, otherwise its shipment or invoice.
    pub target: Key,
    pub event: Event,
}

impl Reading {
    /// Where the event stands among those released together: changes by their sequence.
    pub fn sequence(&self) -> u32 {
        match &self.event.what {
            What::Changed(change) => change.sequence.unwrap_or_default(),
            What::Cancelled { sequence } => sequence.unwrap_or_default(),
            _ => 0,
        }
    }
}

/// Whom a document is from and what it is known by.
pub(super) struct Sender<'a> {
    side: Side,
    partner: &'a str,
    test: bool,
    hash: &'a str,
    document: Uuid,
}

/// The events of a document: one for each order a shipment serves, one for each invoice a remittance pays. None where the
/// document is about no trade or names nothing to find one by.
///
/// `side` is ours in the trades it belongs to; `hash` is the document's content hash.
pub fn events(document: &Canonical<'_>, side: Side, partner: &str, test: bool, hash: &str, id: Uuid) -> Vec<Reading> {
    let sender = Sender { side, partner, test, hash, document: id };
    let read = match document.kind {
        Kind::Order => document.to_typed().map(|order| orders::order(&sender, order)),
        Kind::OrderChange => document.to_typed().map(|change| orders::change(&sender, &change)),
        Kind::OrderResponse => document.to_typed().map(|response| orders::response(&sender, &response)),
        Kind::ShipNotice => document.to_typed().map(|notice| goods::notice(&sender, &notice)),
        Kind::WarehouseConfirmation => document.to_typed().map(|told| goods::confirmation(&sender, &told)),
        Kind::ReceiptAdvice => document.to_typed().map(|advice| goods::receipt(&sender, &advice)),
        Kind::Invoice => document.to_typed().map(|invoice| money::invoice(&sender, &invoice)),
        Kind::Remittance => document.to_typed().map(|remittance| money::remittance(&sender, &remittance)),
        Kind::ApplicationAdvice => document.to_typed().map(|advice| money::advice(&sender, &advice)),
        Kind::Adjustment | Kind::InventoryAdvice | Kind::WarehouseOrder | Kind::Lockbox | Kind::Acknowledgement => {
            return Vec::new();
        }
    };
    // The tree was checked against the shape these types come from.
    read.unwrap_or_default()
}

/// The events of a document of ours that another system of ours wrote, under keys of their own. None where it is about no
/// trade, or names nothing to find one by.
pub fn sent(document: &Canonical<'_>, partner: &str, test: bool, hash: &str, id: Uuid) -> Vec<Reading> {
    let side = match document.kind {
        Kind::OrderResponse | Kind::ShipNotice | Kind::Invoice => Side::Sale,
        _ => Side::Purchase,
    };
    let read = events(document, side, partner, test, hash, id).into_iter();
    let ours = read.filter(|reading| !names_no_order(&reading.event, &reading.target)).filter_map(|mut reading| {
        reading.event.key = format!("{SENT}{}|{id}", reading.event.key);
        reading.event.source = Source::Sent(id);
        if let Some(trade) = &mut reading.trade {
            // We are the buyer, and no division of a partner.
            trade.division = None;
        }
        reading.event.what = match reading.event.what {
            What::Advised(shipment) => What::Shipped(shipment),
            What::Invoiced(bill) => What::Invoiced(Bill { document: None, ..bill }),
            What::Credited(bill) => What::Credited(Bill { document: None, ..bill }),
            What::Advice(advice) if advice.kind == "invoice" && !advice.accepted => {
                What::BillJudged { invoice: advice.number, ruling: Ruling::Refuse }
            }
            // What we say of other documents changes nothing of a trade.
            What::Advice(_) => return None,
            what => what,
        };
        Some(reading)
    });
    ours.collect()
}

/// The desk of an event that has waited in vain.
///
/// `target` is the key of the trade it is for: our own invoices are not for those who pay.
pub fn expired(event: &Event, target: &Key) -> Queue {
    match &event.what {
        What::Invoiced(_) | What::Credited(_) if target.side() == Some(Side::Sale) => Queue::AccountsReceivable,
        What::Shipped(_) | What::NoticeWanted { .. } | What::Received(_) | What::Returned(_) => Queue::Warehouse,
        What::Advised(_) | What::NoticeWithdrawn { .. } => Queue::Purchasing,
        What::Invoiced(_) | What::Credited(_) | What::BillJudged { .. } => Queue::AccountsPayable,
        What::Paid(_) | What::Booked { .. } | What::PaymentReturned { .. } => Queue::AccountsReceivable,
        What::Advice(_) | What::Acknowledged { .. } | What::Delivered { .. } => Queue::EdiCompliance,
        _ => Queue::CustomerService,
    }
}

/// Whether a bill names no order, and nothing else by which its purchase is found: it is for itself alone.
pub fn names_no_order(event: &Event, target: &Key) -> bool {
    let (What::Invoiced(bill) | What::Credited(bill)) = &event.what else { return false };
    let mut parts = target.as_str().rsplit('|');
    bill.number.as_deref().is_some_and(|number| parts.next() == Some(number)) && parts.next() == Some("invoice")
}

/// The type of case an event becomes that has waited in vain.
pub fn expired_kind(event: &Event, target: &Key) -> ExceptionKind {
    match &event.what {
        What::Invoiced(_) if target.side() == Some(Side::Sale) => ExceptionKind::WaitExpired,
        What::Shipped(_) => ExceptionKind::ShipmentUnknownOrder,
        What::Changed(_) | What::Cancelled { .. } => ExceptionKind::SequenceGap,
        What::Invoiced(_) => ExceptionKind::InvoiceWithoutReceipt,
        What::Paid(_) => ExceptionKind::PaymentUnknownInvoice,
        _ => ExceptionKind::WaitExpired,
    }
}

impl Sender<'_> {
    fn trade(&self, order: &str) -> TradeKey {
        TradeKey { test: self.test, ..TradeKey::new(self.side, self.partner, order) }
    }

    fn order(&self, order: &str) -> Key {
        Key::order(&self.trade(order))
    }

    fn shipment(&self, number: &str) -> Key {
        Key::shipment(self.side, self.partner, self.test, number)
    }

    fn invoice(&self, number: &str) -> Key {
        Key::invoice(self.side, self.partner, self.test, number)
    }

    /// An event for the trade that `target` finds. `key` is what makes another one the same.
    fn reading(&self, target: Key, key: String, what: What) -> Reading {
        let event = Event { key, content: self.hash.to_owned(), source: Source::Document(self.document), what };
        Reading { trade: None, target, event }
    }

    /// For documents that may be sent again with another content under the same number: the content is part of the key.
    fn versioned(&self, key: String) -> String {
        format!("{key}|{}", self.hash.get(..12).unwrap_or(self.hash))
    }
}

/// The line of the order that a document's line is about.
fn order_line(order_line: Option<&str>, number: Option<&str>, at: usize) -> String {
    order_line.or(number).map_or_else(|| (at + 1).to_string(), str::to_owned)
}

/// Identifications without substitutes.
fn ids(ids: &[ItemId]) -> Vec<ItemId> {
    ids.iter().filter(|id| id.role.as_deref() != Some("substitute")).cloned().collect()
}

/// The value of the first reference that is of one of these kinds.
fn referred(references: &[Reference], kinds: &[&str]) -> Option<String> {
    let found = references.iter().find(|reference| reference.kind.as_deref().is_some_and(|kind| kinds.contains(&kind)));
    found.and_then(|reference| reference.value.clone())
}
