//! What can happen to a trade: facts, which are recorded whatever their order, and requests, which are guarded.
//!
//! It knows neither documents nor commands: both become events, each with the key by which a second one is recognised.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::intake::Problem;
use super::matching::{Billed, CostBill, CostKind, Earlier, Factor, ItemNames};
use super::payable::Ruling;
use crate::canonical::Order;
use crate::canonical::line::ItemId;

/// One thing that happened, as it is kept: the counters of a trade are the fold of its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What makes it the same event when it comes again: the business key of the document, or the id of the command.
    pub key: String,
    /// Hash of the content: the same key with another content is a conflict.
    pub content: String,
    pub source: Source,
    pub what: What,
}

/// Exactly one document, one command or one timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Document(Uuid),
    /// A document of ours that another system of ours wrote: it leaves by itself, and is not to be issued again.
    Sent(Uuid),
    /// A person or an API key, by name; `role` is the role it was done in.
    Command {
        by: String,
        role: String,
    },
    /// A deadline of the trade, by its key.
    Timer(String),
}

impl Source {
    /// The document behind it.
    pub fn document(&self) -> Option<Uuid> {
        match self {
            Self::Document(id) | Self::Sent(id) => Some(*id),
            Self::Command { .. } | Self::Timer(_) => None,
        }
    }

    /// Who answers for it: the name behind a command.
    pub fn by(&self) -> Option<&str> {
        if let Self::Command { by, .. } = self { Some(by) } else { None }
    }

    /// The role it was done in.
    pub fn role(&self) -> Option<&str> {
        if let Self::Command { role, .. } = self { Some(role) } else { None }
    }
}

/// The kinds of events. In a sale the partner orders and we answer, ship and invoice; in a purchase it is the other way round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Request (S1, B1). An order with purpose original; `problems` are what the checks at intake found.
    Ordered { order: Box<Order>, problems: Vec<Problem> },
    /// Request. An order with purpose replace.
    Replaced { order: Box<Order>, problems: Vec<Problem> },
    /// An order with purpose confirm, duplicate or copy: it must be equal to what is stored.
    Confirmed { order: Box<Order> },
    /// Request (S5, B5).
    Changed(Change),
    /// Request (S6). `sequence` where it came as a change.
    Cancelled { sequence: Option<u32> },
    /// Our decision in a sale (S4); the supplier's answer in a purchase (B2, B3).
    Decided(Decision),
    /// Request. Purchasing accepts what the supplier answered beyond tolerance.
    AnswerAccepted,
    /// Fact (S7). Goods left our dock.
    Shipped(Shipment),
    /// A notice is wanted for a shipment, where it does not go out by itself; `correct` issues it again after a rejection (S8).
    NoticeWanted { shipment: String, correct: bool },
    /// Fact (B6). The supplier says what is on its way.
    Advised(Shipment),
    /// Fact. The supplier takes a notice back.
    NoticeWithdrawn { shipment: String },
    /// Fact (S10, B7). The customer's advice of receipt in a sale, our own receipt in a purchase.
    Received(Receipt),
    /// Fact (S13, B11). Goods came back or went back.
    Returned(Receipt),
    /// Request (S9): the invoice trigger in a sale. In a purchase (B8) the supplier's invoice: a fact that may have to wait.
    Invoiced(Bill),
    /// Request in a sale (S13); in a purchase (B12) the supplier's credit note.
    Credited(Bill),
    /// A held invoice of a purchase is taken, paid in part or refused by a person (B9).
    BillJudged { invoice: String, ruling: Ruling },
    /// Money for an invoice (S12, B10): what was remitted to us, or what our payment run pays.
    Paid(Payment),
    /// Fact (S12). What the books say of an invoice or credit note of ours since money was applied to it, or taken back:
    /// what more was paid, what more was let go, kept back or credited, and what is open now.
    Booked { invoice: String, paid: Decimal, adjusted: Decimal, open: Decimal },
    /// Fact. The bank confirmed or returned a payment (B10).
    PaymentReturned { trace: String },
    /// Fact (S8, S11). The partner's application judged a document of ours.
    Advice(Advice),
    /// Fact (T3). The partner's system acknowledged a document of ours.
    Acknowledged { document: String, disposition: Disposition },
    /// Fact. The far side's transport holds a document of ours, or will not take it.
    Delivered { document: String, accepted: bool },
    /// A deadline of this trade passed (T1-T4, B4): the deadline's key and the share of its time in percent, 50, 80 or 100.
    TimePassed { deadline: String, percent: u8 },
    /// Request (S3). A hold is released.
    Released { hold: String },
    /// What the checks at intake look at has changed: these holds were looked at again, and this was found about their
    /// lines now. Those of which nothing is found any more end.
    Rechecked { holds: Vec<String>, problems: Vec<Problem> },
    /// Request. A person has dealt with an exception: what it blocked goes on.
    Resolved { exception: String },
    /// Request. A document that said something else than one of its number before is turned down, and its sender is told:
    /// the case, the kind of document as a reference, its number.
    TurnedDown { exception: String, kind: String, number: String },
    /// Request. One `unit` of a line's item is `factor` of the line's unit.
    FactorApproved { line: String, unit: String, factor: Decimal },
    /// Request (2.6). Undoes exactly one event, once: a shipment before its notice, a receipt, a payment.
    Reversed { event: String },
}

/// What a change wants of the order as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Changes are applied in this order; the next one where the document gives none.
    pub sequence: Option<u32>,
    pub lines: Vec<LineChange>,
    /// Requested dates of the whole order: kind and date.
    pub dates: Vec<(String, Date)>,
    /// What the checks at intake found about it.
    pub problems: Vec<Problem>,
    /// A person does not wait for the changes before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skips: bool,
}

/// What it wants of one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineChange {
    pub line: String,
    pub action: LineAction,
    pub quantity: Option<Decimal>,
    pub unit: Option<String>,
    pub price: Option<Decimal>,
    pub ids: Vec<ItemId>,
    pub description: Option<String>,
    pub dates: Vec<(String, Date)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineAction {
    Add,
    /// Quantity, price and dates stand as given; what is not given stays.
    Set,
    /// The quantity is a difference.
    Increase,
    Decrease,
    /// The quantity stands as given and is said to be more, or less, than before; as agreed it may be the difference.
    Raise,
    Lower,
    Delete,
}

/// What was decided, in answer to one version of the order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The version answered: 0 is the original, n the change with sequence n. `None`: the latest one under which it is possible.
    pub version: Option<u32>,
    /// The number of the answer: BAK08, BGM 1004.
    pub number: Option<String>,
    pub lines: Vec<LineDecision>,
    /// What goes for all lines that `lines` does not name.
    pub rest: Option<Rest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    Accept,
    Reject,
    /// Not decided yet, and said so.
    Hold,
}

/// What was decided about a line: how much of it comes, comes later, and does not come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineDecision {
    pub line: String,
    pub accepted: Decimal,
    pub backordered: Decimal,
    pub rejected: Decimal,
    /// What the accepted quantity costs, where it is not the ordered price.
    pub price: Option<Decimal>,
    /// When the accepted quantity comes; kind and date.
    pub date: Option<(String, Date)>,
    /// Where the accepted quantity comes in several parts: how much of it when, the earliest first as it was said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<DatedPart>,
    /// When the backordered quantity comes.
    pub backorder_date: Option<(String, Date)>,
    /// What comes instead.
    pub substitute: Vec<ItemId>,
    /// Why not: `rejected_invalid_item`, ...; the words of the decision table.
    pub reason: Option<String>,
}

/// A part of an accepted quantity, with the day it comes; kind and date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatedPart {
    pub quantity: Decimal,
    pub date: Option<(String, Date)>,
}

impl LineDecision {
    /// The parts of the accepted quantity, no more of them than `accepted` is; none where all of it comes at once.
    pub fn parts_of(&self, accepted: Decimal) -> Vec<DatedPart> {
        let mut left = accepted;
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let quantity = part.quantity.min(left);
            left -= quantity;
            if quantity > Decimal::ZERO {
                parts.push(DatedPart { quantity, date: part.date.clone() });
            }
        }
        if left > Decimal::ZERO {
            parts.push(DatedPart { quantity: left, date: None });
        }
        if self.parts.len() > 1 { parts } else { Vec::new() }
    }
}

/// Goods on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shipment {
    /// Its number on the notice; given by whoever ships.
    pub number: String,
    /// The number of this order's notice, where the shipment serves several orders and another's notice goes by its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    pub lines: Vec<Portion>,
    pub packs: Vec<Pack>,
    pub shipped_at: Option<Timestamp>,
    pub expected_at: Option<Timestamp>,
    /// SCAC or name.
    pub carrier: Option<String>,
    pub tracking: Option<String>,
    pub bill_of_lading: Option<String>,
    /// Nothing more will come for these lines: what is left is backordered or closed as agreed.
    pub last: bool,
    /// What the checks at intake found: an SSCC seen before, a wrong check digit.
    pub problems: Vec<Problem>,
    /// It takes the place of the notice with the same number.
    #[serde(default)]
    pub replaces: bool,
}

/// So much of a line of the order, in the order's unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Portion {
    /// The line of the order; where the order has no such line with this item, the only line with the item is meant.
    pub line: String,
    /// What the item is called in the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ItemId>,
    pub quantity: Decimal,
    /// The unit it was said in, where it was said: another one than the order's needs an approved factor beforehand.
    pub unit: Option<String>,
}

impl Shipment {
    /// What the notice goes by.
    pub fn notice_number(&self) -> &str {
        self.notice.as_deref().unwrap_or(&self.number)
    }
}

/// A pallet or carton with what it holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pack {
    /// Names the pack in this shipment.
    pub id: String,
    pub parent: Option<String>,
    /// `pallet`, `carton`.
    pub kind: Option<String>,
    /// Eighteen digits, check digit right.
    pub sscc: Option<String>,
    pub items: Vec<Portion>,
}

/// What arrived, or what went back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub number: String,
    /// The shipment it came with, where that is said.
    pub shipment: Option<String>,
    /// Under which it was carried, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_of_lading: Option<String>,
    pub received_at: Option<Timestamp>,
    pub lines: Vec<ReceiptLine>,
    /// What bringing it is expected to cost, where that is not as agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<ExpectedCost>,
}

/// Freight or duty that somebody else than the supplier is expected to bill later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedCost {
    pub kind: CostKind,
    pub amount: Decimal,
    /// Who is expected to bill it; anybody where nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReceiptLine {
    /// As in [`Portion::line`].
    pub line: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ItemId>,
    pub received: Decimal,
    /// Of these usable; `None`: all of them.
    pub accepted: Option<Decimal>,
    pub returned: Decimal,
    /// Conditions as the decision tables name them: `damaged`, `short`, `over`, with their quantity.
    pub conditions: Vec<(String, Decimal)>,
}

/// An invoice or a credit note, or the wish for one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// `None` in a sale: numbered after the order.
    pub number: Option<String>,
    pub date: Option<Date>,
    /// The shipment it is for; all of it where `lines` is empty.
    pub shipment: Option<String>,
    pub lines: Vec<BillLine>,
    /// What the document says it comes to; reckoned where it says nothing.
    pub total: Option<Decimal>,
    pub tax: Decimal,
    pub freight: Decimal,
    pub due: Option<Date>,
    /// The invoice a credit note credits.
    pub credits: Option<String>,
    /// A supplier's document as it is matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Box<Billed>>,
    /// Documents of the supplier that came before and may be the same, as they were known when it came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
    /// Approved factors of the items, as they were known when it came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<Factor>,
    /// Classes of the items, by line of the order, as they were known when it came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, String>,
    /// Our own numbers for what order and document call the items, as the masters knew them when it came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: ItemNames,
    /// It is a carrier's, for goods of another's: what was expected for them is corrected by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<Box<CostBill>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BillLine {
    /// As in [`Portion::line`].
    pub line: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ItemId>,
    pub quantity: Decimal,
    /// `None`: at the agreed price.
    pub price: Option<Decimal>,
}

/// Money for one invoice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// TRN02, end-to-end id: names the payment.
    pub trace: String,
    pub invoice: String,
    pub amount: Decimal,
    /// Discount taken with it.
    pub discount: Decimal,
    /// What is kept back with a reason, as the payer says it.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub deducted: Decimal,
    pub date: Option<Date>,
    /// The run it is part of, which advises the supplier of all that it pays and waits for the bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// What the partner's application says about a document of ours: 824, APERAK.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// `invoice`, `ship_notice`, `order_response`, ...
    pub kind: String,
    /// The number of that document.
    pub number: String,
    pub accepted: bool,
    /// In the partner's words.
    pub words: String,
}

/// What a functional acknowledgement says of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    Accepted,
    /// It was accepted: never resent, but somebody has to look.
    AcceptedWithErrors,
    Rejected,
}
