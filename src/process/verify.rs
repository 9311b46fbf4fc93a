//! What must be true of every trade at every moment, and rebuilding a trade from its events: for property tests and for
//! `verify` on a live store. Numbers are those of the list of invariants (I1 to I20); those about journals are kept elsewhere.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::apply::apply;
use super::event::Event;
use super::exception::ExceptionKind;
use super::keys::{Side, TradeKey};
use super::line::Line;
use super::matching::Level;
use super::policy::Policy;
use super::shipment::{pack_faults, sums};
use super::trade::Trade;

/// Folds applied events, in the order in which they were applied, each with the policy and the time it was applied with.
pub fn fold<'a>(key: TradeKey, events: impl IntoIterator<Item = (&'a Event, &'a Policy, Timestamp)>) -> Trade {
    let empty = Trade::new(key);
    events.into_iter().fold(empty, |trade, (event, policy, now)| apply(&trade, event, policy, now).trade)
}

/// What is broken, a sentence each; empty where all is well.
pub fn broken(trade: &Trade, policy: &Policy) -> Vec<String> {
    let mut broken = Vec::new();
    for line in &trade.lines {
        line_invariants(trade, line, policy, &mut broken);
    }
    shipment_invariants(trade, &mut broken);
    bill_invariants(trade, &mut broken);
    once(trade, &mut broken);
    broken
}

fn line_invariants(trade: &Trade, line: &Line, policy: &Policy, broken: &mut Vec<String>) {
    let side = trade.side();
    let c = line.counters(side);
    let number = &line.number;
    let zero = Decimal::ZERO;
    let mut tell = |holds: bool, words: String| {
        if !holds {
            broken.push(format!("line {number}: {words}"));
        }
    };
    let counters = [c.ordered, c.accepted, c.backordered, c.rejected, c.cancelled, c.received, c.open];
    tell(counters.iter().all(|counter| *counter >= zero), format!("I1: a counter is below nothing: {c:?}"));
    tell(c.accepted + c.backordered + c.rejected <= c.ordered, format!("I1: more answered than ordered: {c:?}"));
    let case = |stem: &str| {
        let key = format!("{stem}|{number}");
        trade.exceptions.iter().any(|open| open.key == key) || trade.dismissed.contains(&key)
    };
    match side {
        Side::Sale => {
            let most = trade.shippable(line, policy.shipping.over);
            let within = most.is_none_or(|most| c.shipped + c.cancelled + c.rejected <= most);
            tell(within || case("over_ship"), format!("I2: shipped beyond the tolerance without a case: {c:?}"));
            let told: Decimal =
                trade.shipments.iter().filter(|s| !s.voided).filter_map(|s| s.advised.get(number)).sum();
            tell(most.is_none_or(|most| told <= most), format!("I2: {told} advised of {c:?}"));
            let base = if policy.invoice.before_shipping { c.shipped.max(c.ordered) } else { c.shipped };
            tell(c.invoiced - c.credited <= base, format!("I3: invoiced more than shipped: {c:?}"));
            tell(c.credited <= c.invoiced, format!("S13: credited more than invoiced: {c:?}"));
        }
        Side::Purchase => {
            let most = match policy.matching.level_of(trade.class_of(number)) {
                Level::TwoWay => None,
                Level::ThreeWay => Some(c.received),
                Level::FourWay => Some(c.usable),
            };
            tell(most.is_none_or(|most| c.matched <= most), format!("I3: matched more than came: {c:?}"));
            let within =
                policy.buying.over_receipt.allowance(c.ordered).is_none_or(|more| c.received <= c.ordered + more);
            tell(within || case("over_receipt"), format!("I2: received beyond the tolerance without a case: {c:?}"));
        }
    }
    let receipts = || trade.receipts.iter().filter(|record| !record.voided);
    let of_line = |record: &super::ReceiptRecord, part: fn(&super::ReceiptLine) -> Decimal| -> Decimal {
        record.receipt.lines.iter().filter(|line| line.line == *number).map(part).sum()
    };
    let received: Decimal =
        receipts().filter(|r| !r.is_return).map(|record| of_line(record, |line| line.received)).sum();
    let returned: Decimal = receipts().map(|record| of_line(record, |line| line.returned)).sum();
    tell(received == c.received, format!("I4: receipts come to {received}, counted are {}", c.received));
    tell(returned == c.returned, format!("I4: returns come to {returned}, counted are {}", c.returned));
}

fn shipment_invariants(trade: &Trade, broken: &mut Vec<String>) {
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shipped: BTreeMap<String, Decimal> = BTreeMap::new();
    for record in trade.shipments.iter().filter(|record| !record.voided) {
        for pack in &record.shipment.packs {
            *codes.entry(pack.sscc.as_deref().unwrap_or_default()).or_default() += 1;
        }
        for portion in sums(&record.shipment.lines) {
            *shipped.entry(portion.line).or_default() += portion.quantity;
        }
        let advised = trade.latest_issued(&format!("ship_notice|{}", record.shipment.number)).is_some();
        let key = format!("packs|{}", record.shipment.number);
        if let Some(words) = pack_faults(&record.shipment)
            && advised
            && !trade.dismissed.contains(&key)
        {
            broken.push(format!("I5: {words}, and it was advised"));
        }
    }
    codes.remove("");
    let twice =
        codes.into_iter().filter(|(_, count)| *count > 1).map(|(code, _)| format!("I5: SSCC {code} is used twice"));
    let known =
        |code: &String| trade.exceptions.iter().any(|open| open.kind == ExceptionKind::SsccDuplicate && code.len() > 3);
    broken.extend(twice.filter(|code| !known(code)));
    for line in &trade.lines {
        let sum = shipped.get(&line.number).copied().unwrap_or_default();
        if sum != line.facts.shipped {
            broken.push(format!(
                "I11: shipments of line {} come to {sum}, counted are {}",
                line.number, line.facts.shipped
            ));
        }
    }
}

fn bill_invariants(trade: &Trade, broken: &mut Vec<String>) {
    for bill in trade.bills.iter().filter(|bill| !bill.is_credit && bill.standing.counts()) {
        let (paid, credited) = trade.settled(bill);
        if paid < Decimal::ZERO || paid + credited > bill.total && credited.is_zero() {
            broken.push(format!("I7: {paid} paid and {credited} credited of {} for {}", bill.total, bill.number));
        }
    }
    if trade.side() == Side::Purchase {
        // What runs would pay is what the account says.
        let payable = || trade.bills.iter().filter(|bill| bill.standing.is_payable() && bill.matter.is_some());
        let open: Decimal = payable().map(|bill| trade.owed(bill)).sum();
        let booked: Decimal = payable().filter_map(|bill| bill.matter.as_ref()).map(|matter| matter.owed).sum();
        let paid = trade.payments.iter().filter(|record| record.counts());
        let paid = paid.filter(|record| payable().any(|bill| bill.goes_by(&record.payment.invoice)));
        let paid: Decimal = paid.map(|record| record.payment.amount + record.payment.discount).sum();
        if open != booked - paid {
            broken.push(format!("I9: {open} is to be paid to the supplier, the books owe it {}", booked - paid));
        }
    }
    for line in &trade.lines {
        let of = |credit: bool| -> Decimal {
            let bills = trade.bills.iter().filter(|bill| bill.is_credit == credit && bill.standing.counts());
            let lines = bills.flat_map(|bill| &bill.lines).filter(|billed| billed.line == line.number);
            lines.map(|billed| billed.quantity).sum()
        };
        let facts = &line.facts;
        if of(false) != facts.invoiced || of(true) != facts.credited {
            broken.push(format!("I11: bills of line {} do not come to its counters", line.number));
        }
    }
}

/// I10: one effect for each event.
fn once(trade: &Trade, broken: &mut Vec<String>) {
    let mut keys: Vec<&str> = trade.issued.iter().map(|issued| issued.key.as_str()).collect();
    keys.sort_unstable();
    if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        broken.push(format!("I10: {} was issued twice", twice[0]));
    }
    let mut numbers: Vec<&str> = trade.bills.iter().map(|bill| bill.number.as_str()).collect();
    numbers.sort_unstable();
    if let Some(twice) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        broken.push(format!("I10: bill {} is here twice", twice[0]));
    }
}
