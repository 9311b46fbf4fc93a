//! A sale or a purchase: one order with everything that was said and done about it. It holds state and decides nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::event::{Disposition, ExpectedCost, Payment, Receipt, Shipment};
use super::exception::{ExceptionKind, Queue};
use super::keys::{Key, Side, TradeKey};
use super::line::Line;
use super::payable::Matter;
use super::policy::Remainder;
use crate::canonical::common::{Party, Reference, Terms};
use crate::canonical::{Kind, Order};

/// A trade: stored whole, with its counters beside it for looking things up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    pub key: TradeKey,
    /// When the order came or was placed; `None` until then, and nothing but the order applies.
    pub ordered_at: Option<Timestamp>,
    pub head: Head,
    /// The version that came as a whole order: 0, or that of the latest replacement.
    pub order_version: u32,
    pub lines: Vec<Line>,
    /// Changes of the order, in their sequence.
    pub changes: Vec<Revision>,
    pub shipments: Vec<ShipmentRecord>,
    pub receipts: Vec<ReceiptRecord>,
    pub bills: Vec<BillRecord>,
    pub payments: Vec<PaymentRecord>,
    /// Documents this trade wanted issued, in order.
    pub issued: Vec<Issued>,
    pub holds: Vec<Hold>,
    /// Open exceptions.
    pub exceptions: Vec<OpenException>,
    pub deadlines: Vec<Deadline>,
    /// Exceptions a person has dealt with: they do not open again by themselves.
    pub dismissed: Vec<String>,
    /// An order of ours that waits for the release of its holds before it goes out.
    pub unsent: Option<Box<Order>>,
    /// Events that were applied: key and content.
    pub seen: BTreeMap<String, String>,
}

/// What the order's head says and documents issued for it repeat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub currency: Option<String>,
    /// The order's own date.
    pub date: Option<Date>,
    /// `new`, `release`, `blanket`, ...
    pub kind: Option<String>,
    pub contract: Option<String>,
    pub department: Option<String>,
    pub parties: Vec<Party>,
    pub references: Vec<Reference>,
    pub terms: Vec<Terms>,
    /// Requested dates: kind and date.
    pub dates: Vec<(String, Date)>,
    /// What the buyer wants done with what cannot be shipped, where the order says it: stronger than what is agreed.
    #[serde(default)]
    pub remainder: Option<Remainder>,
    /// Freight that the order agrees to.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub freight: Decimal,
}

/// A version of the order after the original.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    pub sequence: u32,
    pub at: Timestamp,
    pub standing: Standing,
    /// It cancels what is open of the order.
    pub cancels: bool,
    /// It came as a whole order that replaces the one before.
    pub replaces: bool,
    /// Lines that could not be changed, and why: the answer says so.
    pub refused: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A purchase: sent, and the supplier has not answered.
    Awaiting,
    /// In force.
    Applied,
    /// Refused by the supplier: the version before stands.
    Withdrawn,
}

/// A shipment and what was said about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShipmentRecord {
    /// The event it came by: what a reversal names.
    pub event: String,
    pub at: Timestamp,
    pub shipment: Shipment,
    pub voided: bool,
    /// What the notice advised by line: less than shipped where an excess is blocked.
    pub advised: BTreeMap<String, Decimal>,
    /// What was invoiced of it by line.
    pub billed: BTreeMap<String, Decimal>,
    /// Somebody asked for the notice, or for a corrected one.
    pub notice_wanted: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReceiptRecord {
    pub event: String,
    pub at: Timestamp,
    pub receipt: Receipt,
    pub voided: bool,
    /// Goods that went back, not goods that came.
    pub is_return: bool,
    /// Freight and duty that were put on the goods before anybody billed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<ReceiptCost>,
}

/// What bringing a receipt was expected to cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptCost {
    pub expected: ExpectedCost,
    /// What of it stands in the accrual now.
    pub accrued: Decimal,
}

/// An invoice or a credit note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillRecord {
    pub event: String,
    pub at: Timestamp,
    pub number: String,
    /// Other numbers it goes by: an ERP's own number for an invoice that had already gone out.
    pub aliases: Vec<String>,
    pub is_credit: bool,
    /// The invoice a credit note credits.
    pub credits: Option<String>,
    pub shipment: Option<String>,
    pub lines: Vec<BilledLine>,
    pub tax: Decimal,
    pub freight: Decimal,
    /// Positive; `is_credit` says what it means.
    pub total: Decimal,
    pub due: Option<Date>,
    pub standing: BillStanding,
    /// The partner's application rejected it; of a supplier's, we dispute some of it.
    pub disputed: bool,
    /// What the books say of one of ours, since money came for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked: Option<Booked>,
    /// What a supplier's document is judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<Box<Matter>>,
}

/// An invoice or credit note of ours in the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Booked {
    /// In money.
    pub paid: Decimal,
    /// As a discount, a deduction, a small difference.
    pub adjusted: Decimal,
    /// Below zero for a credit note.
    pub open: Decimal,
    /// When the books last knew something new of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BilledLine {
    pub line: String,
    pub quantity: Decimal,
    pub price: Decimal,
}

/// How far a bill has come. A sale's is issued; a purchase's is received and judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillStanding {
    Issued,
    /// For more than has been received.
    AwaitingReceipt,
    /// Something is not as agreed: a person decides.
    Held,
    /// Right, and large enough that somebody has to approve it.
    AwaitingApproval,
    /// Right, and payable.
    Matched,
    Refused,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentRecord {
    pub event: String,
    pub at: Timestamp,
    pub payment: Payment,
    /// Counted as paid: it came to exactly what was open.
    pub applied: bool,
    /// It is what a customer says of a payment, which moves no money: that is the bank's to say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_advice: bool,
    /// Undone by a reversal, or returned by the bank.
    pub reversed: bool,
}

/// A document the trade wanted issued, with the axes of its life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    /// Names the document within the trade: `order_response|0`, `ship_notice|S1`, `invoice|I1`; corrections have `#2` behind.
    pub key: String,
    /// Canonical kind.
    pub kind: String,
    pub number: Option<String>,
    pub at: Timestamp,
    /// When the far side's transport took it.
    pub accepted_at: Option<Timestamp>,
    pub transport: Axis,
    pub functional: Axis,
    pub application: Axis,
}

impl Issued {
    /// Of which nothing has been heard yet.
    pub(super) fn new(key: String, kind: Kind, number: Option<String>, at: Timestamp) -> Self {
        let pending = Axis::Pending;
        Self {
            key,
            kind: kind.as_str().to_owned(),
            number,
            at,
            accepted_at: None,
            transport: pending,
            functional: pending,
            application: pending,
        }
    }
}

/// One of the three independent axes of an issued document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    #[default]
    Pending,
    Accepted,
    AcceptedWithErrors,
    Rejected,
    Overdue,
}

impl From<Disposition> for Axis {
    fn from(disposition: Disposition) -> Self {
        match disposition {
            Disposition::Accepted => Self::Accepted,
            Disposition::AcceptedWithErrors => Self::AcceptedWithErrors,
            Disposition::Rejected => Self::Rejected,
        }
    }
}

/// Something that must be settled before the order, or one line of it, goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// `price|1`, `credit`: names it within the trade.
    pub key: String,
    pub line: Option<String>,
    pub kind: ExceptionKind,
    pub queue: Queue,
    /// What it waits for.
    pub words: String,
    /// Of one about a price: what the price list says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Of one about stock: what could be promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<Decimal>,
    /// What the partner was told about it, if anything.
    pub told: Option<String>,
    pub since: Timestamp,
    pub released: Option<Release>,
    /// The change that brought it: what is withdrawn holds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Release {
    pub by: String,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenException {
    pub key: String,
    pub kind: ExceptionKind,
    pub line: Option<String>,
}

/// Something that should have happened by a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deadline {
    /// `answer|0`, `notice|S1`: names it within the trade.
    pub key: String,
    pub kind: DeadlineKind,
    /// Escalation is by shares of the time from here to `due`.
    pub since: Timestamp,
    pub due: Timestamp,
    pub queue: Queue,
    /// What is waited for, in words.
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// Our answer to an order or change (T1), or the supplier's (B4, B5).
    Answer,
    /// A hold that nobody has released.
    Hold,
    /// The notice for a shipment (T2).
    Notice,
    /// The invoice for a shipment.
    Invoice,
    /// The partner's functional acknowledgement (T3).
    Acknowledgement,
    /// Goods for an invoice that came first.
    Receipt,
    /// Money for an invoice.
    Payment,
    /// The date after which open lines are not to be shipped (T4).
    CancelDate,
}

impl Trade {
    /// A trade of which nothing is known but its number.
    pub fn new(key: TradeKey) -> Self {
        Self {
            key,
            ordered_at: None,
            head: Head::default(),
            order_version: 0,
            lines: Vec::new(),
            changes: Vec::new(),
            shipments: Vec::new(),
            receipts: Vec::new(),
            bills: Vec::new(),
            payments: Vec::new(),
            issued: Vec::new(),
            holds: Vec::new(),
            exceptions: Vec::new(),
            deadlines: Vec::new(),
            dismissed: Vec::new(),
            unsent: None,
            seen: BTreeMap::new(),
        }
    }

    pub fn side(&self) -> Side {
        self.key.side
    }

    pub fn line(&self, number: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.number == number)
    }

    pub(super) fn line_mut(&mut self, number: &str) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.number == number)
    }

    pub(super) fn shipment_mut(&mut self, number: &str) -> Option<&mut ShipmentRecord> {
        self.shipments.iter_mut().find(|record| record.shipment.number == number && !record.voided)
    }

    /// The version of the order in force: the sequence of the latest change, 0 where there was none.
    pub fn version(&self) -> u32 {
        self.changes.last().map_or(0, |change| change.sequence)
    }

    pub fn shipment(&self, number: &str) -> Option<&ShipmentRecord> {
        self.shipments.iter().find(|record| record.shipment.number == number && !record.voided)
    }

    /// An invoice or credit note by any of its numbers.
    pub fn bill(&self, number: &str) -> Option<&BillRecord> {
        self.bills.iter().find(|bill| bill.goes_by(number))
    }

    pub fn issued(&self, key: &str) -> Option<&Issued> {
        self.issued.iter().find(|issued| issued.key == key)
    }

    /// The latest issue of a document that may have been corrected: `ship_notice|S1`, `ship_notice|S1#2`, ...
    pub fn latest_issued(&self, stem: &str) -> Option<&Issued> {
        let belongs = |issued: &&Issued| {
            issued.key.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
        };
        self.issued.iter().rev().find(belongs)
    }

    /// Holds not yet released.
    pub fn open_holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(|hold| hold.released.is_none())
    }

    /// What is held: the whole order, or this line.
    pub fn is_held(&self, line: &str) -> bool {
        self.open_holds().any(|hold| hold.line.as_deref().is_none_or(|held| held == line))
    }

    /// What was paid of a bill and what it was credited: `(paid, credited)`.
    pub fn settled(&self, bill: &BillRecord) -> (Decimal, Decimal) {
        let paid = self.payments.iter().filter(|record| record.counts() && bill.goes_by(&record.payment.invoice));
        let paid = paid.map(|record| record.payment.amount + record.payment.discount).sum();
        let paid = bill.booked.map_or(paid, |booked| booked.paid + booked.adjusted);
        let credits = self.bills.iter().filter(|other| other.is_credit && other.standing.counts());
        let credits = credits.filter(|credit| credit.credits.as_deref().is_some_and(|number| bill.goes_by(number)));
        (paid, credits.map(|credit| self.taken_off(credit)).sum())
    }

    /// What a credit note takes off the bill it names: of a supplier's what is booked of it, and not settled otherwise.
    fn taken_off(&self, credit: &BillRecord) -> Decimal {
        let Some(matter) = &credit.matter else { return credit.total };
        if !credit.standing.is_payable() {
            return Decimal::ZERO;
        }
        let paid = self.payments.iter().filter(|record| record.counts() && credit.goes_by(&record.payment.invoice));
        paid.map(|record| record.payment.amount + record.payment.discount).sum::<Decimal>() - matter.owed
    }

    /// What is still to be paid of a bill.
    pub fn open_amount(&self, bill: &BillRecord) -> Decimal {
        if let Some(booked) = &bill.booked {
            let credits = self.bills.iter().filter(|other| other.is_credit && other.standing.counts());
            let credits = credits.filter(|credit| credit.credits.as_deref().is_some_and(|number| bill.goes_by(number)));
            // A credit note that is not used up yet is set against it.
            let unused = credits.map(|credit| credit.booked.map_or(-credit.total, |booked| booked.open));
            return booked.open + unused.sum::<Decimal>();
        }
        let (paid, credited) = self.settled(bill);
        // What was disputed of a supplier's document is not owed.
        let owed = bill.matter.as_ref().filter(|_| bill.standing.is_payable()).map(|matter| matter.owed);
        owed.unwrap_or(bill.total) - paid - credited
    }

    /// What was advised, of one bill or of all, and no money has come for.
    pub fn advised(&self, bill: Option<&BillRecord>) -> Decimal {
        let waits = self.payments.iter().filter(|record| record.waits_for_money()).map(|record| &record.payment);
        let of_bill = waits.filter(|payment| bill.is_none_or(|bill| bill.goes_by(&payment.invoice)));
        of_bill.map(|payment| payment.amount).sum()
    }

    /// The amounts of the trade, apart from its quantities.
    pub fn amounts(&self) -> Amounts {
        let counted = || self.bills.iter().filter(|bill| bill.standing.counts());
        let booked = || self.bills.iter().filter_map(|bill| bill.booked);
        let knows = |payment: &Payment| self.bill(&payment.invoice).is_some_and(|bill| bill.booked.is_some());
        // What is advised and in the books is in the books.
        let advised = || {
            let counts = self.payments.iter().filter(|record| record.counts()).map(|record| &record.payment);
            counts.filter(|payment| !knows(payment))
        };
        Amounts {
            invoiced: counted().filter(|bill| !bill.is_credit).map(|bill| bill.total).sum(),
            credited: counted().filter(|bill| bill.is_credit).map(|bill| bill.total).sum(),
            paid: advised().map(|payment| payment.amount).sum::<Decimal>()
                + booked().map(|it| it.paid).sum::<Decimal>(),
            discount: advised().map(|payment| payment.discount).sum::<Decimal>()
                + booked().map(|it| it.adjusted).sum::<Decimal>(),
            advised: self.advised(None),
        }
    }

    /// Everything by which the trade is found, and for which events may be waiting. More appear, none goes.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys = self.names();
        if self.ordered_at.is_some() {
            for line in &self.lines {
                keys.push(Key::line(&self.key, &line.number));
                keys.extend(line.factors.keys().map(|unit| Key::factor(&self.key, &line.number, unit)));
            }
        }
        for change in &self.changes {
            keys.push(Key::change(&self.key, change.sequence));
            if change.standing != Standing::Awaiting {
                keys.push(Key::answer(&self.key, change.sequence));
            }
        }
        let payable = self.bills.iter().filter(|bill| bill.standing.is_payable());
        keys.extend(payable.map(|bill| Key::payable(&self.key, &bill.number)));
        keys.extend(self.issued.iter().map(|issued| Key::document(&self.key, &issued.key)));
        keys
    }

    /// Those of [`Self::keys`] by which others look for a trade that they do not know.
    pub fn names(&self) -> Vec<Key> {
        let TradeKey { side, partner, test, .. } = &self.key;
        let mut names = Vec::new();
        names.extend(self.ordered_at.is_some().then(|| Key::order(&self.key)));
        names.extend(self.shipments.iter().map(|record| Key::shipment(*side, partner, *test, &record.shipment.number)));
        let notices = self.shipments.iter().filter_map(|record| record.shipment.notice.as_deref());
        names.extend(notices.map(|number| Key::shipment(*side, partner, *test, number)));
        for bill in &self.bills {
            let numbers = std::iter::once(bill.named()).chain(bill.aliases.iter().map(String::as_str));
            let issuer = bill.carrier().unwrap_or(partner);
            names.extend(numbers.map(|number| Key::invoice(*side, issuer, *test, number)));
        }
        names.extend(self.payments.iter().map(|record| Key::payment(*side, partner, *test, &record.payment.trace)));
        let depositors = self.issued.iter().filter(|issued| issued.kind == "warehouse_order");
        names.extend(depositors.filter_map(|it| it.number.as_deref()).map(|number| Key::depositor(*test, number)));
        names
    }
}

/// Money, in the currency of the order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Amounts {
    pub invoiced: Decimal,
    pub credited: Decimal,
    pub paid: Decimal,
    pub discount: Decimal,
    /// What the customer says it paid and no money has come for.
    pub advised: Decimal,
}

impl BillRecord {
    pub fn goes_by(&self, number: &str) -> bool {
        self.number == number || self.aliases.iter().any(|alias| alias == number)
    }

    /// The carrier whose bill it is, where it is none of the supplier's.
    pub fn carrier(&self) -> Option<&str> {
        self.matter.as_ref()?.landed.as_ref().map(|landed| &*landed.bill.carrier)
    }

    /// Its number as whoever issued it says it.
    pub fn named(&self) -> &str {
        match &self.matter {
            Some(matter) if matter.landed.is_some() => &matter.billed.number,
            _ => &self.number,
        }
    }
}

impl BillStanding {
    /// Whether its amount counts as invoiced: what was refused does not.
    pub fn counts(self) -> bool {
        self != Self::Refused
    }

    pub fn is_payable(self) -> bool {
        matches!(self, Self::Issued | Self::Matched)
    }
}

impl PaymentRecord {
    pub fn counts(&self) -> bool {
        self.applied && !self.reversed
    }

    /// It was announced, and the books know no money of it yet.
    pub fn waits_for_money(&self) -> bool {
        self.is_advice && !self.applied && !self.reversed
    }
}
