//! The notice for a shipment (S7, S8): what has left, as it was packed, and no more than may be told.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::super::apply::Work;
use super::super::effect::Answers;
use super::super::event::{Pack, Portion};
use super::super::exception::{Exception, ExceptionKind};
use super::super::policy::{Correction, Packs, Policy};
use super::super::shipment::{pack_faults, sums};
use super::super::trade::{ShipmentRecord, Trade};
use super::{line, party, reference};
use crate::canonical::Kind;
use crate::canonical::common::Carrier;
use crate::canonical::ship_notice::{PackItem, ShipNotice, ShippedLine, ShippedOrder, ShippedPack};

const ROLES: &[&str] = &["ship_from", "ship_to", "seller"];

impl Work<'_> {
    /// Issues the notices that are due: for shipments without one, and again for those that somebody wants corrected.
    pub fn issue_notices(&mut self) {
        let rules = &self.policy.notice;
        if !rules.wanted {
            return;
        }
        for at in 0..self.trade.shipments.len() {
            let record = self.trade.shipments[at].clone();
            let stem = format!("ship_notice|{}", record.shipment.number);
            let issued = self.trade.latest_issued(&stem).is_some();
            if record.voided || (issued && !record.notice_wanted) || !(rules.automatic || record.notice_wanted) {
                continue;
            }
            if self.is_blocked(&record) {
                continue;
            }
            self.trade.shipments[at].notice_wanted = false;
            let number = record.shipment.notice_number().to_owned();
            if !issued {
                self.issue_notice(at, "original", number.clone());
                continue;
            }
            match rules.correction {
                Correction::ReplaceSame => self.issue_notice(at, "replace", number),
                Correction::CancelThenNew => {
                    self.issue_notice(at, "cancel", number.clone());
                    self.issue_notice(at, "original", number.clone());
                }
                Correction::NewNumber => {
                    let key = self.next_issue(&stem);
                    let suffix = key.rsplit_once('#').map_or("2", |(_, count)| count).to_owned();
                    self.issue_notice(at, "original", format!("{number}-{suffix}"));
                }
                Correction::Manual => {}
            }
        }
    }

    /// 2.6: the shipment is void and its notice has gone out.
    pub fn cancel_notice(&mut self, record: &ShipmentRecord) {
        let number = record.shipment.notice_number();
        if let Some(at) = self.trade.shipments.iter().position(|known| known.event == record.event) {
            self.issue_notice(at, "cancel", number.to_owned());
        }
    }

    /// Packs that do not agree with what was shipped, or none where the partner wants some, stop a notice.
    fn is_blocked(&mut self, record: &ShipmentRecord) -> bool {
        let shipment = &record.shipment;
        let key = format!("packs|{}", shipment.number);
        if self.trade.dismissed.contains(&key) {
            return false;
        }
        let mut words = pack_faults(shipment);
        if matches!(self.policy.notice.packs, Packs::PickAndPack | Packs::StandardPack) && shipment.packs.is_empty() {
            words =
                Some(format!("shipment {} has no packs, and the partner wants them in its notice", shipment.number));
        }
        match words {
            Some(words) => {
                self.open(Exception::new(key, ExceptionKind::PackMismatch, words));
                true
            }
            None => self.trade.exceptions.iter().any(|open| open.key == key),
        }
    }

    fn issue_notice(&mut self, at: usize, purpose: &str, number: String) {
        let record = self.trade.shipments[at].clone();
        let advised = advisable(&self.trade, self.policy, at);
        if advised.iter().all(|portion| portion.quantity.is_zero()) {
            return;
        }
        let key = self.next_issue(&format!("ship_notice|{}", record.shipment.number));
        let notice = self.notice(&record, &advised, purpose, number);
        self.trade.shipments[at].advised =
            advised.into_iter().map(|portion| (portion.line, portion.quantity)).collect();
        self.issue(key, Kind::ShipNotice, notice, Answers::Nothing);
    }

    fn notice(&self, record: &ShipmentRecord, advised: &[Portion], purpose: &str, number: String) -> ShipNotice {
        let trade = &self.trade;
        let shipment = &record.shipment;
        let order = &trade.key.order;
        let mut head = self.head(Some(number), purpose, ROLES);
        head.references.extend(shipment.bill_of_lading.as_deref().map(|value| reference("bill_of_lading", value)));
        head.references.extend(shipment.notice.as_ref().map(|_| reference("shipment", &shipment.number)));
        head.references.extend(shipment.tracking.as_deref().map(|value| reference("tracking", value)));
        let zone = self.policy.calendar.time_zone();
        let left = zone.to_datetime(shipment.shipped_at.unwrap_or(record.at));
        let arrives = shipment.expected_at.map(|at| zone.to_datetime(at));
        head.time = Some(whole_minutes(zone.to_datetime(self.now).time()));
        let rules = self.policy.notice.packs;
        let packs = if rules == Packs::Never { Vec::new() } else { trimmed(&shipment.packs, advised) };
        let structure = match (rules, packs.is_empty()) {
            (_, true) => "shipment_order_item",
            (Packs::StandardPack, false) if is_standard(&packs) => "shipment_order_item_pack",
            (_, false) => "shipment_order_pack_item",
        };
        let buyer = party(&trade.head.parties, "buyer").cloned();
        ShipNotice {
            head,
            structure: Some(structure.into()),
            order_numbers: vec![order.clone()],
            shipped: Some(left.date()),
            shipped_time: Some(whole_minutes(left.time())),
            expected: arrives.map(|at| at.date()),
            carrier: shipment.carrier.as_deref().map(carrier),
            orders: vec![ShippedOrder {
                number: Some(order.clone()),
                release: trade.key.release.clone(),
                date: trade.head.date,
                department: trade.head.department.clone(),
                parties: buyer.into_iter().collect(),
                ..ShippedOrder::default()
            }],
            packs: packs.iter().map(|pack| self.pack(pack, rules)).collect(),
            lines: advised
                .iter()
                .filter(|portion| !portion.quantity.is_zero())
                .filter_map(|p| self.shipped_line(p))
                .collect(),
            ..ShipNotice::default()
        }
    }

    fn shipped_line(&self, portion: &Portion) -> Option<ShippedLine> {
        let known = self.trade.line(&portion.line)?;
        let mut common = line(known);
        common.order_number = Some(self.trade.key.order.clone());
        common.order_line = Some(known.number.clone());
        common.quantity = Some(portion.quantity);
        let counters = known.counters(self.trade.side());
        Some(ShippedLine {
            line: common,
            ordered: Some(counters.ordered),
            ordered_unit: known.unit.clone(),
            shipped_to_date: Some(counters.shipped),
            ..ShippedLine::default()
        })
    }

    fn pack(&self, pack: &Pack, rules: Packs) -> ShippedPack {
        let order = &self.trade.key.order;
        let item = |portion: &Portion| PackItem {
            order_number: Some(order.clone()),
            line: Some(portion.line.clone()),
            quantity: Some(portion.quantity),
            unit: self.trade.line(&portion.line).and_then(|line| line.unit.clone()),
        };
        ShippedPack {
            id: Some(pack.id.clone()),
            parent: pack.parent.clone(),
            kind: Some(pack.kind.clone().unwrap_or_else(|| "carton".into())),
            sscc: pack.sscc.clone(),
            order_number: Some(order.clone()),
            line: pack.items.first().filter(|_| rules == Packs::StandardPack).map(|portion| portion.line.clone()),
            items: pack.items.iter().map(item).collect(),
            ..ShippedPack::default()
        }
    }
}

/// What may be told of a shipment, by line: all of it, less what is beyond the over-ship tolerance and undecided.
fn advisable(trade: &Trade, policy: &Policy, at: usize) -> Vec<Portion> {
    let record = &trade.shipments[at];
    let earlier = trade.shipments.iter().enumerate().filter(|(other, known)| *other != at && !known.voided);
    let told = |line: &str| -> Decimal { earlier.clone().filter_map(|(_, known)| known.advised.get(line)).sum() };
    let portions = sums(&record.shipment.lines).into_iter().map(|portion| {
        let most = trade.line(&portion.line).and_then(|line| trade.shippable(line, policy.shipping.over));
        let quantity = most.map_or(portion.quantity, |most| portion.quantity.min(most - told(&portion.line)));
        Portion { quantity: quantity.max(Decimal::ZERO), ..portion }
    });
    portions.collect()
}

/// The packs without what may not be told, taken from the last ones.
fn trimmed(packs: &[Pack], advised: &[Portion]) -> Vec<Pack> {
    let mut left: Vec<Portion> = advised.to_vec();
    let mut packs = packs.to_vec();
    for pack in &mut packs {
        for item in &mut pack.items {
            let Some(rest) = left.iter_mut().find(|portion| portion.line == item.line) else { continue };
            item.quantity = item.quantity.min(rest.quantity);
            rest.quantity -= item.quantity;
        }
        pack.items.retain(|item| !item.quantity.is_zero());
    }
    let parents: Vec<String> = packs.iter().filter_map(|pack| pack.parent.clone()).collect();
    packs.retain(|pack| !pack.items.is_empty() || parents.contains(&pack.id));
    packs
}

/// Whether each pack that lies in no other holds one line, as a standard pack does: packs stand below their lines then.
fn is_standard(packs: &[Pack]) -> bool {
    let outermost = |pack: &Pack| {
        let mut at = pack.id.as_str();
        // A chain of parents longer than there are packs bites its own tail.
        for _ in 0..packs.len() {
            match packs.iter().find(|pack| pack.id == at).and_then(|pack| pack.parent.as_deref()) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at.to_owned()
    };
    let mut lines: BTreeMap<String, &str> = BTreeMap::new();
    packs.iter().flat_map(|pack| pack.items.iter().map(move |item| (pack, item))).all(|(pack, item)| {
        let line = item.line.as_str();
        *lines.entry(outermost(pack)).or_insert(line) == line
    })
}

fn carrier(code: &str) -> Carrier {
    let is_scac = (2..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase());
    match is_scac {
        true => Carrier { scheme: Some("scac".into()), id: Some(code.into()), ..Carrier::default() },
        false => Carrier { name: Some(code.into()), routing: Some(code.into()), ..Carrier::default() },
    }
}

/// Notices tell hours and minutes.
fn whole_minutes(time: jiff::civil::Time) -> jiff::civil::Time {
    jiff::civil::time(time.hour(), time.minute(), 0, 0)
}
