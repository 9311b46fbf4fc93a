//! Goods that move, and what is billed for them: facts, which are taken in whatever order they come.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::act::{Wanted, act};
use super::call::{Answer, Call, fault};
use super::orders;
use super::problem::Problem;
use crate::canonical::check_digit;
use crate::journey::act::Act;
use crate::journey::apply::command::{About, Command};
use crate::process::duties::Action;
use crate::process::{Bill, BillLine, ExpectedCost, Pack, Portion, Receipt, ReceiptLine, Shipment, Side, What};

#[derive(Deserialize)]
struct Shipped {
    order: String,
    partner: Option<String>,
    side: Option<Side>,
    number: String,
    lines: Vec<PortionOf>,
    #[serde(default)]
    packs: Vec<PackOf>,
    carrier: Option<String>,
    tracking: Option<String>,
    bill_of_lading: Option<String>,
    shipped_at: Option<Timestamp>,
    expected_at: Option<Timestamp>,
    #[serde(default)]
    last: bool,
}

#[derive(Deserialize)]
struct PortionOf {
    line: String,
    quantity: Decimal,
    unit: Option<String>,
}

impl From<PortionOf> for Portion {
    fn from(it: PortionOf) -> Self {
        Self { line: it.line, ids: Vec::new(), quantity: it.quantity, unit: it.unit }
    }
}

#[derive(Deserialize)]
struct PackOf {
    id: Option<String>,
    parent: Option<String>,
    kind: Option<String>,
    sscc: Option<String>,
    items: Vec<PortionOf>,
}

pub async fn ship(call: &Call) -> Result<Answer, Problem> {
    let shipped: Shipped = call.read()?;
    let side = shipped.side.unwrap_or(Side::Sale);
    let mut packs = Vec::with_capacity(shipped.packs.len());
    for (at, pack) in shipped.packs.into_iter().enumerate() {
        if let Some(sscc) = pack.sscc.as_deref().filter(|sscc| !check_digit::is_sscc(sscc)) {
            let words = format!("{sscc} is no SSCC: eighteen digits, the last of them the check digit");
            return Err(fault(format!("/packs/{at}/sscc"), "value", words));
        }
        packs.push(Pack {
            id: pack.id.unwrap_or_else(|| (at + 1).to_string()),
            parent: pack.parent,
            kind: pack.kind,
            sscc: pack.sscc,
            items: pack.items.into_iter().map(Portion::from).collect(),
        });
    }
    let shipment = Shipment {
        number: shipped.number,
        lines: shipped.lines.into_iter().map(Portion::from).collect(),
        packs,
        // What is not said is when it is told; the same told twice is the same.
        shipped_at: shipped.shipped_at,
        expected_at: shipped.expected_at,
        carrier: shipped.carrier,
        tracking: shipped.tracking,
        bill_of_lading: shipped.bill_of_lading,
        last: shipped.last,
        ..Shipment::default()
    };
    let what = match side {
        Side::Sale => What::Shipped(shipment),
        Side::Purchase => What::Advised(shipment),
    };
    let whose = Whose { side, order: shipped.order, partner: shipped.partner };
    tell(call, Action::ConfirmShipment, whose, what).await
}

#[derive(Deserialize)]
struct Received {
    order: String,
    partner: Option<String>,
    side: Option<Side>,
    number: String,
    shipment: Option<String>,
    bill_of_lading: Option<String>,
    received_at: Option<Timestamp>,
    lines: Vec<ReceivedLine>,
    #[serde(default)]
    costs: Vec<ExpectedCost>,
}

#[derive(Deserialize)]
struct ReceivedLine {
    line: String,
    #[serde(default)]
    received: Decimal,
    accepted: Option<Decimal>,
    #[serde(default)]
    returned: Decimal,
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    code: String,
    quantity: Decimal,
}

pub async fn receive(call: &Call) -> Result<Answer, Problem> {
    let (whose, receipt) = receipt(call)?;
    tell(call, Action::ReceiveGoods, whose, What::Received(receipt)).await
}

pub async fn give_back(call: &Call) -> Result<Answer, Problem> {
    let (whose, receipt) = receipt(call)?;
    tell(call, Action::ReceiveGoods, whose, What::Returned(receipt)).await
}

fn receipt(call: &Call) -> Result<(Whose, Receipt), Problem> {
    let received: Received = call.read()?;
    let partners = &call.gateway.in_force().partners;
    for (at, cost) in received.costs.iter().enumerate() {
        let unknown = cost.carrier.as_deref().filter(|carrier| partners.partner(carrier).is_none());
        if let Some(carrier) = unknown {
            return Err(fault(format!("/costs/{at}/carrier"), "value", format!("there is no partner {carrier}")));
        }
    }
    let lines = received.lines.into_iter().map(|line| ReceiptLine {
        line: line.line,
        ids: Vec::new(),
        received: line.received,
        accepted: line.accepted,
        returned: line.returned,
        conditions: line.conditions.into_iter().map(|it| (it.code, it.quantity)).collect(),
    });
    let receipt = Receipt {
        number: received.number,
        shipment: received.shipment,
        bill_of_lading: received.bill_of_lading,
        received_at: received.received_at,
        lines: lines.collect(),
        costs: received.costs,
    };
    let side = received.side.unwrap_or(Side::Purchase);
    Ok((Whose { side, order: received.order, partner: received.partner }, receipt))
}

#[derive(Deserialize)]
struct Billed {
    order: String,
    partner: Option<String>,
    side: Option<Side>,
    number: Option<String>,
    date: Option<Date>,
    due: Option<Date>,
    shipment: Option<String>,
    #[serde(default)]
    lines: Vec<BilledLine>,
    #[serde(default)]
    tax: Decimal,
    #[serde(default)]
    freight: Decimal,
    total: Option<Decimal>,
    credits: Option<String>,
}

#[derive(Deserialize)]
struct BilledLine {
    line: String,
    quantity: Decimal,
    price: Option<Decimal>,
}

pub async fn bill(call: &Call) -> Result<Answer, Problem> {
    let (whose, bill) = billed(call)?;
    tell(call, Action::IssueInvoice, whose, What::Invoiced(bill)).await
}

pub async fn credit(call: &Call) -> Result<Answer, Problem> {
    let (whose, bill) = billed(call)?;
    tell(call, Action::IssueInvoice, whose, What::Credited(bill)).await
}

fn billed(call: &Call) -> Result<(Whose, Bill), Problem> {
    let billed: Billed = call.read()?;
    let side = billed.side.unwrap_or(Side::Sale);
    if side == Side::Purchase && billed.number.is_none() {
        return Err(fault("/number", "missing", "a supplier's invoice has its number"));
    }
    let lines = billed.lines.into_iter().map(|line| BillLine {
        line: line.line,
        ids: Vec::new(),
        quantity: line.quantity,
        price: line.price,
    });
    let bill = Bill {
        number: billed.number,
        date: billed.date,
        shipment: billed.shipment,
        lines: lines.collect(),
        total: billed.total,
        tax: billed.tax,
        freight: billed.freight,
        due: billed.due,
        credits: billed.credits,
        ..Bill::default()
    };
    Ok((Whose { side, order: billed.order, partner: billed.partner }, bill))
}

/// The order that a fact is for, by its number: it may not be there yet.
struct Whose {
    side: Side,
    order: String,
    partner: Option<String>,
}

/// Tells an order by its number; one that is not there yet is waited for.
async fn tell(call: &Call, action: Action, whose: Whose, what: What) -> Result<Answer, Problem> {
    let partner = whose.partner.map(|partner| orders::partner(call, &partner)).transpose()?;
    let command = Command {
        by: call.actor.name.clone(),
        role: call.role(action, None),
        key: call.name(),
        about: About::Order { side: whose.side, number: whose.order, partner },
        what,
    };
    act(call, Wanted::new(Act::Tell(Box::new(command)))).await
}
