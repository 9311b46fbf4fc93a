//! The facts about one sale that the formulas of flow are reckoned from: all of them stand in the trade.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::{Due, LineFact, OrderFact, ShipmentFact, Times};
use crate::process::line::Line;
use crate::process::trade::{Axis, Issued, ShipmentRecord, Trade};
use crate::process::{Policy, Side, receipt};

/// The facts of a sale. `exceptions` are the types of all cases it ever had: the trade itself keeps only open ones.
/// `None` where the order has not come.
pub fn facts(trade: &Trade, policy: &Policy, exceptions: Vec<String>, now: Timestamp) -> Option<OrderFact> {
    let received = trade.ordered_at?;
    let shipped = || trade.shipments.iter().filter(|record| !record.voided);
    let left = |record: &ShipmentRecord| record.shipment.shipped_at.unwrap_or(record.at);
    let answers = || trade.issued.iter().filter(|issued| issued.key.starts_with("order_response|"));
    let answered = answers().filter_map(|issued| issued.accepted_at).min();
    let first_left = shipped().map(left).min();
    let asked_from = date(trade, &["ship_not_before", "ship_requested", "deliver_not_before"]);
    let times = Times {
        received: Some(received),
        answered,
        released: trade.holds.iter().filter_map(|hold| hold.released.as_ref()).map(|r| r.at).max().or(answered),
        shipped: first_left,
        advised: issued(trade, "ship_notice|").filter_map(|issued| issued.accepted_at).min(),
        invoiced: issued(trade, "invoice|").map(|issued| issued.at).min(),
        paid: paid(trade),
        arrived: arrived(trade),
    };
    Some(OrderFact {
        order: trade.key.order.clone(),
        times,
        dwell: dwell(policy, received, first_left, asked_from),
        closed_at: closed_at(trade),
        answer: policy.answer.wanted.then(|| Due {
            name: trade.key.order.clone(),
            due: policy.calendar.due(received, policy.answer.within),
            done: answered,
        }),
        lines: trade.lines.iter().map(|line| line_fact(trade, line, policy, now)).collect(),
        shipments: shipped().map(|record| shipment_fact(trade, record, policy)).collect(),
        exceptions,
    })
}

/// When the last money came: as the books know it, or our own people told it. What a customer announces is no money.
fn paid(trade: &Trade) -> Option<Timestamp> {
    let told = trade.payments.iter().filter(|record| record.counts() && !record.is_advice).map(|record| record.at);
    told.chain(trade.bills.iter().filter_map(|bill| bill.booked?.at)).max()
}

fn line_fact(trade: &Trade, line: &Line, policy: &Policy, now: Timestamp) -> LineFact {
    let number = &line.number;
    let counters = line.counters(Side::Sale);
    let of = |record: &ShipmentRecord| -> Decimal {
        record.shipment.lines.iter().filter(|portion| portion.line == *number).map(|portion| portion.quantity).sum()
    };
    let shipments: Vec<&ShipmentRecord> = trade.shipments.iter().filter(|s| !s.voided && !of(s).is_zero()).collect();
    let latest = shipments.iter().map(|record| record.shipment.shipped_at.unwrap_or(record.at)).max();
    let wanted_by = line_date(trade, line, &["ship_not_after", "ship_requested"]);
    let arrive_by = line_date(trade, line, &["deliver_not_after", "delivery_requested"]);
    let came = arrival(trade, number);
    let (by, done) = match (wanted_by, arrive_by) {
        (Some(date), _) => (Some(date), latest),
        (None, Some(date)) => (Some(date), came.or(latest)),
        (None, None) => (None, None),
    };
    // What is open and not due yet speaks neither for nor against anybody; what is open and late speaks against.
    let is_open = counters.open > Decimal::ZERO;
    let is_past = |date: Date| policy.calendar.date(now) > date;
    let on_time = by.filter(|date| !is_open || is_past(*date)).and_then(|date| match done {
        Some(at) => Some(policy.calendar.date(at) <= date),
        None => is_open.then_some(false),
    });
    let told: Vec<(Decimal, Option<Decimal>)> = shipments
        .iter()
        .filter_map(|record| Some((*record.advised.get(number)?, received_of(trade, record, number))))
        .collect();
    let wrong = |issued: &Issued| issued.functional == Axis::Rejected || issued.application == Axis::Rejected;
    let bad_papers = trade.issued.iter().any(wrong) || trade.bills.iter().any(|bill| bill.disputed);
    let rec =
        || trade.receipts.iter().filter(|record| !record.voided && !record.is_return).flat_map(|r| &r.receipt.lines);
    let unusable = rec().filter(|line| line.line == *number).map(|line| line.received - receipt::usable(line)).sum();
    let least = counters.ordered0.min(counters.ordered);
    LineFact {
        line: format!("{}/{number}", trade.key.order),
        ordered: counters.ordered,
        shipped: counters.shipped,
        shipped_first: shipments.first().map(|record| of(record)).unwrap_or_default(),
        backordered_first: line.decision.as_ref().map(|decided| decided.decision.backordered).unwrap_or_default(),
        received: (counters.received > Decimal::ZERO).then_some(counters.received),
        unusable,
        on_time,
        in_full: counters.shipped >= least
            && policy
                .shipping
                .over
                .allowance(counters.ordered)
                .is_none_or(|over| counters.shipped <= counters.ordered + over),
        documented: !bad_papers
            && told.iter().all(|(advised, received)| received.is_none_or(|received| received == *advised)),
        advised: told,
    }
}

fn shipment_fact(trade: &Trade, record: &ShipmentRecord, policy: &Policy) -> ShipmentFact {
    let number = &record.shipment.number;
    let left = record.shipment.shipped_at.unwrap_or(record.at);
    let agreed = policy.calendar.due(left, policy.notice.within);
    let issues = issued(trade, "ship_notice|").filter(|issued| {
        let stem = issued.key.trim_start_matches("ship_notice|");
        stem.split('#').next() == Some(number)
    });
    ShipmentFact {
        shipment: number.clone(),
        notice_due: record.shipment.expected_at.map_or(agreed, |arrives| agreed.min(arrives)),
        notice_accepted: issues.filter_map(|issued| issued.accepted_at).min(),
    }
}

fn issued<'a>(trade: &'a Trade, stem: &'a str) -> impl Iterator<Item = &'a Issued> {
    trade.issued.iter().filter(move |issued| issued.key.starts_with(stem))
}

/// When the customer had the goods: as advised, otherwise as expected.
fn arrived(trade: &Trade) -> Option<Timestamp> {
    let receipts = trade.receipts.iter().filter(|record| !record.voided && !record.is_return);
    let told = receipts.map(|record| record.receipt.received_at.unwrap_or(record.at)).max();
    told.or_else(|| trade.shipments.iter().filter(|s| !s.voided).filter_map(|s| s.shipment.expected_at).max())
}

fn arrival(trade: &Trade, line: &str) -> Option<Timestamp> {
    let receipts = trade.receipts.iter().filter(|record| !record.voided && !record.is_return);
    let of_line = receipts.filter(|record| record.receipt.lines.iter().any(|received| received.line == line));
    of_line.map(|record| record.receipt.received_at.unwrap_or(record.at)).max()
}

fn received_of(trade: &Trade, shipment: &ShipmentRecord, line: &str) -> Option<Decimal> {
    let number = Some(&shipment.shipment.number);
    let receipts = trade.receipts.iter().filter(|record| !record.voided && record.receipt.shipment.as_ref() == number);
    let receipts: Vec<_> = receipts.collect();
    let lines = receipts.iter().flat_map(|r| &r.receipt.lines).filter(|known| known.line == line);
    // A line that a receipt of the shipment does not name did not come.
    (!receipts.is_empty()).then(|| lines.map(|known| known.received).sum())
}

/// When nothing was open any more: the last thing that happened to a trade all of whose lines are done with.
fn closed_at(trade: &Trade) -> Option<Timestamp> {
    let closed = !trade.lines.is_empty() && trade.lines.iter().all(|line| trade.line_state(line).is_closed());
    let shipments = trade.shipments.iter().map(|record| record.at);
    let bills = trade.bills.iter().map(|bill| bill.at);
    let changes = trade.changes.iter().map(|change| change.at);
    let last = shipments.chain(bills).chain(changes).chain(trade.issued.iter().map(|issued| issued.at)).max();
    last.filter(|_| closed)
}

/// What an order lay because goods were asked for later: from the first day it could have gone to the first day asked for.
fn dwell(policy: &Policy, received: Timestamp, left: Option<Timestamp>, asked_from: Option<Date>) -> SignedDuration {
    let Some(date) = asked_from.and_then(|date| date.yesterday().ok()) else { return SignedDuration::ZERO };
    let from = policy.calendar.end_of(date);
    let until = left.map_or(from, |left| left.min(from));
    until.duration_since(received).max(SignedDuration::ZERO)
}

fn date(trade: &Trade, kinds: &[&str]) -> Option<Date> {
    kinds.iter().find_map(|kind| trade.head.dates.iter().find(|(known, _)| known == kind)).map(|(_, date)| *date)
}

fn line_date(trade: &Trade, line: &Line, kinds: &[&str]) -> Option<Date> {
    let own = kinds.iter().find_map(|kind| line.dates.iter().find(|(known, _)| known == kind)).map(|(_, date)| *date);
    own.or_else(|| date(trade, kinds))
}
