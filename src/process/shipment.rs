//! Goods leave (S7), or the supplier says they have (B6); and what may be told about them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::event::{Portion, Shipment};
use super::exception::{Exception, ExceptionKind};
use super::keys::{Key, Side};
use super::line::{Ending, Line};
use super::policy::{Correction, Remainder};
use super::trade::{ShipmentRecord, Trade};
use crate::canonical::line::ItemId;
use crate::canonical::unit;

impl Work<'_> {
    /// A fact: recorded whatever is open, and flagged where it should not have been.
    pub(super) fn shipped(&mut self, shipment: &Shipment) -> Outcome {
        let mut shipment = shipment.clone();
        if let Err(outcome) = self.in_order_units(&mut shipment) {
            return outcome;
        }
        if self.is_sent() {
            match self.notice_may_leave(&shipment) {
                Ok(Some(at)) => return self.notice_left(at),
                Ok(None) => {}
                Err(why) => return Outcome::Refused(why),
            }
        }
        if let Some(known) = self.trade.shipment(&shipment.number) {
            if known.event.starts_with(super::sent::SENT) && is_same(&known.shipment.lines, &shipment.lines) {
                // The warehouse confirms what the notice has said.
                return Outcome::Duplicate;
            }
            let words = format!("shipment {} was confirmed again with another content", shipment.number);
            self.open(Exception::new(format!("conflict|{}", shipment.number), ExceptionKind::Conflict, words));
            return Outcome::Conflict;
        }
        for Portion { line: number, quantity, .. } in sums(&shipment.lines) {
            let Some(line) = self.trade.line_mut(&number) else { continue };
            let before = line.counters(Side::Sale);
            line.facts.shipped += quantity;
            if quantity > before.open && before.cancelled + before.rejected > Decimal::ZERO
                || line.crossed(before.ordered)
            {
                let words = format!("line {number}: {quantity} left although {} were open", before.open);
                let key = format!("shipped_against_change|{number}");
                self.open(Exception::new(key, ExceptionKind::ShippedAgainstChange, words).line(&number));
            }
        }
        let mut is_told = true;
        if let Some(ending) = self.ending_after(&shipment) {
            for portion in &shipment.lines {
                let Some(line) = self.trade.line_mut(&portion.line) else { continue };
                let before = line.ending;
                line.ending = before.max(Some(ending));
                let closes = ending == Ending::ShortClosed && line.ending != before;
                is_told &= !closes || line.counters(Side::Sale).cancelled.is_zero();
            }
        }
        if !is_told {
            self.answer_with_remainder();
        }
        self.check_packs(&shipment);
        self.record(shipment);
        if self.is_sent() {
            return self.notice_left(self.trade.shipments.len() - 1);
        }
        Outcome::Applied
    }

    /// The supplier's notice: a document that was sent, recorded also where it comes late or says too much.
    pub(super) fn advised(&mut self, shipment: &Shipment) -> Outcome {
        let mut shipment = shipment.clone();
        if let Err(outcome) = self.in_order_units(&mut shipment) {
            return outcome;
        }
        if shipment.replaces {
            self.unadvise(&shipment.number);
        }
        if self.trade.shipment(&shipment.number).is_some() {
            let words = format!("ship notice {} came again with another content", shipment.number);
            self.open(Exception::new(format!("conflict|{}", shipment.number), ExceptionKind::Conflict, words));
            return Outcome::Conflict;
        }
        let over = self.policy.buying.over_advised;
        let mut cases = Vec::new();
        for Portion { line: number, quantity, .. } in sums(&shipment.lines) {
            let Some(line) = self.trade.line_mut(&number) else { continue };
            line.facts.shipped += quantity;
            let counters = line.counters(Side::Purchase);
            // What has gone counts as undecided here: a notice may come before the answer.
            let answered = counters.accepted + counters.backordered + counters.rejected + counters.cancelled;
            let base =
                if answered >= counters.ordered { counters.accepted + counters.backordered } else { counters.ordered };
            let most = over.allowance(base).map(|allowed| base + allowed);
            if most.is_some_and(|most| counters.shipped > most) {
                let words = format!("line {number}: {} advised, {base} confirmed", counters.shipped);
                cases.push(
                    Exception::new(format!("over_advised|{number}"), ExceptionKind::OverAdvised, words).line(&number),
                );
            }
        }
        let late =
            self.trade.receipts.iter().any(|record| record.receipt.shipment.as_deref() == Some(&shipment.number));
        if late {
            let words = format!("ship notice {} came after its goods", shipment.number);
            cases.push(Exception::new(format!("late|{}", shipment.number), ExceptionKind::SupplierNoticeLate, words));
        }
        for problem in &shipment.problems {
            let key = format!("{}|{}", problem.kind, shipment.number);
            cases.push(Exception::new(key, problem.kind, problem.words.clone()));
        }
        for case in cases {
            self.open(case);
        }
        self.record(shipment);
        Outcome::Applied
    }

    /// The supplier takes a notice back: what it advised is not on its way.
    pub(super) fn notice_withdrawn(&mut self, number: &str) -> Outcome {
        let TradeScope { side, partner, test } = self.scope();
        let Some(at) = self.trade.shipments.iter().position(|record| record.is_noticed_as(number)) else {
            return Outcome::Park(Key::shipment(side, &partner, test, number), self.policy.waits.orders);
        };
        if side == Side::Sale {
            return self.void_shipment(at);
        }
        self.unadvise(number);
        Outcome::Applied
    }

    fn unadvise(&mut self, number: &str) {
        let Some(record) = self.trade.shipment_mut(number) else { return };
        record.voided = true;
        for Portion { line, quantity, .. } in sums(&record.shipment.lines.clone()) {
            if let Some(line) = self.trade.line_mut(&line) {
                line.facts.shipped -= quantity;
            }
        }
    }

    /// A notice is asked for, or asked for again after it was wrong (S8).
    pub(super) fn notice_wanted(&mut self, number: &str, correct: bool) -> Outcome {
        let TradeScope { side, partner, test } = self.scope();
        if self.trade.side() == Side::Purchase {
            return Outcome::Refused("notices of a purchase come from the supplier".into());
        }
        let issued = self.trade.latest_issued(&format!("ship_notice|{number}")).is_some();
        let manual = self.policy.notice.correction == Correction::Manual;
        let Some(record) = self.trade.shipment_mut(number) else {
            return Outcome::Park(Key::shipment(side, &partner, test, number), self.policy.waits.orders);
        };
        if issued && !correct {
            return Outcome::Duplicate;
        }
        if issued && manual {
            return Outcome::Refused("with this partner notices are corrected by telephone, not by document".into());
        }
        record.notice_wanted = true;
        self.close(&format!("notice_rejected|{number}"));
        Outcome::Applied
    }

    /// Undoes a shipment that should not have been confirmed: by silence before its notice, by document or person after it.
    pub(super) fn void_shipment(&mut self, at: usize) -> Outcome {
        let record = self.trade.shipments[at].clone();
        let number = record.shipment.number.clone();
        if record.billed.values().any(|quantity| *quantity > Decimal::ZERO) {
            return Outcome::Refused(format!("shipment {number} has been invoiced: credit it first"));
        }
        let told = self.trade.latest_issued(&format!("ship_notice|{number}")).is_some();
        if told && !self.policy.notice.cancel_by_document && !self.is_sent() {
            let words =
                format!("shipment {number} is void, but its notice has gone out and cannot be cancelled by document");
            self.open(Exception::new(format!("void|{number}"), ExceptionKind::VoidAfterNotice, words));
            return Outcome::Refused(format!("the notice for shipment {number} has gone out"));
        }
        for Portion { line, quantity, .. } in sums(&record.shipment.lines) {
            if let Some(line) = self.trade.line_mut(&line) {
                line.facts.shipped -= quantity;
            }
        }
        if told {
            self.cancel_notice(&record);
        }
        self.trade.shipments[at].voided = true;
        self.close(&format!("packs|{number}"));
        Outcome::Applied
    }

    fn record(&mut self, shipment: Shipment) {
        let kind = if self.trade.side() == Side::Sale { "shipment.confirmed" } else { "shipment.advised" };
        self.tell(kind, shipment.number.clone());
        self.trade.shipments.push(ShipmentRecord {
            event: self.event.key.clone(),
            at: self.now,
            shipment,
            voided: false,
            advised: BTreeMap::new(),
            billed: BTreeMap::new(),
            notice_wanted: false,
        });
    }

    /// Puts quantities into the units of the order; waits where the line or the factor is not there yet.
    fn in_order_units(&self, shipment: &mut Shipment) -> Result<(), Outcome> {
        let placed = shipment.packs.iter_mut().flat_map(|pack| &mut pack.items);
        for portion in shipment.lines.iter_mut().chain(placed) {
            portion.line = self.trade.pair(&portion.line, &portion.ids);
            let Some(line) = self.trade.line(&portion.line) else {
                return Err(self.lacks_line(&portion.line, self.policy.waits.orders));
            };
            line.convert(&mut portion.quantity, &mut portion.unit).map_err(|unit| {
                Outcome::Park(Key::factor(&self.trade.key, &portion.line, &unit), self.policy.waits.orders)
            })?;
        }
        Ok(())
    }

    /// What becomes of the rest of the lines of a shipment. An order that wants nothing later says it for every shipment.
    fn ending_after(&self, shipment: &Shipment) -> Option<Ending> {
        let wanted = self.trade.head.remainder;
        let last = shipment.last || self.policy.shipping.ship_once || wanted == Some(Remainder::Close);
        last.then_some(match wanted.unwrap_or(self.policy.shipping.remainder) {
            Remainder::Backorder => Ending::Backordered,
            Remainder::Close => Ending::ShortClosed,
        })
    }

    /// I5: what the packs hold is what was shipped.
    fn check_packs(&mut self, shipment: &Shipment) {
        if let Some(words) = pack_faults(shipment) {
            let case = Exception::new(format!("packs|{}", shipment.number), ExceptionKind::PackMismatch, words);
            self.open(case);
        }
        for problem in &shipment.problems {
            let key = format!("packs|{}", shipment.number);
            self.open(Exception::new(key, problem.kind, problem.words.clone()));
        }
    }

    pub(super) fn scope(&self) -> TradeScope {
        let key = &self.trade.key;
        TradeScope { side: key.side, partner: key.partner.clone(), test: key.test }
    }
}

/// Where the numbers of a trade's documents live.
pub(super) struct TradeScope {
    pub side: Side,
    pub partner: String,
    pub test: bool,
}

impl Line {
    /// Brings a quantity into the line's unit; the unit it lacks a factor for otherwise. A quantity that does not come out
    /// even within six places is not brought.
    pub fn convert(&self, quantity: &mut Decimal, unit: &mut Option<String>) -> Result<(), String> {
        let Some(said) = unit.clone().filter(|said| self.unit.as_ref().is_some_and(|ours| ours != said)) else {
            return Ok(());
        };
        let is_same = self.unit.as_deref().is_some_and(|ours| unit::same(ours, &said));
        let factor = self.factors.get(&said).copied().or_else(|| is_same.then_some(Decimal::ONE));
        let converted = *quantity * factor.ok_or_else(|| said.clone())?;
        if converted.round_dp(6) != converted {
            return Err(said);
        }
        *quantity = converted.normalize();
        *unit = self.unit.clone();
        Ok(())
    }

    /// Whether goods that left have raised what counts as ordered: they crossed a reduction.
    fn crossed(&self, ordered_before: Decimal) -> bool {
        self.counters(Side::Sale).ordered > ordered_before
    }
}

impl Trade {
    /// The line of the order a document means: by number where the item agrees, otherwise by item where only one line has it.
    pub(super) fn pair(&self, number: &str, ids: &[ItemId]) -> String {
        let has = |line: &Line| {
            let known = |id: &ItemId| line.ids.iter().any(|ours| ours.id.is_some() && ours.id == id.id);
            ids.iter().any(known)
        };
        let named = self.line(number);
        if named.is_some_and(|line| ids.is_empty() || line.ids.is_empty() || has(line)) {
            return number.to_owned();
        }
        let mut found = self.lines.iter().filter(|line| has(line));
        match (found.next(), found.next()) {
            (Some(line), None) => line.number.clone(),
            _ => number.to_owned(),
        }
    }

    /// The most that may be told and, where the partner pays for it, invoiced of a line: ordered with the tolerance.
    pub(super) fn shippable(&self, line: &Line, over: super::tolerance::Limit) -> Option<Decimal> {
        let ordered = line.counters(self.side()).ordered;
        over.allowance(ordered).map(|allowed| ordered + allowed)
    }
}

/// Portions by line, each line once.
pub(super) fn sums(portions: &[Portion]) -> Vec<Portion> {
    let mut sums: Vec<Portion> = Vec::new();
    for portion in portions {
        match sums.iter_mut().find(|sum| sum.line == portion.line) {
            Some(sum) => sum.quantity += portion.quantity,
            None => sums.push(portion.clone()),
        }
    }
    sums
}

/// Whether two lists come to the same quantities of the same lines.
pub(super) fn is_same(one: &[Portion], other: &[Portion]) -> bool {
    let sums = |portions: &[Portion]| {
        let mut sums: Vec<(String, Decimal)> =
            sums(portions).into_iter().map(|portion| (portion.line, portion.quantity)).collect();
        sums.sort();
        sums
    };
    sums(one) == sums(other)
}

/// Where packs and lines of a shipment disagree, or an SSCC cannot be one; `None` where all is well or nothing is packed.
pub(super) fn pack_faults(shipment: &Shipment) -> Option<String> {
    let wrong = shipment.packs.iter().filter_map(|pack| pack.sscc.as_deref());
    if let Some(sscc) = wrong.into_iter().find(|sscc| !crate::canonical::check_digit::is_sscc(sscc)) {
        return Some(format!("SSCC {sscc} of shipment {} fails its check digit", shipment.number));
    }
    let placed: Vec<Portion> = shipment.packs.iter().flat_map(|pack| pack.items.iter().cloned()).collect();
    if placed.is_empty() {
        return None;
    }
    let (placed, lines) = (sums(&placed), sums(&shipment.lines));
    let of = |portions: &[Portion], line: &str| {
        portions.iter().find(|portion| portion.line == line).map_or(Decimal::ZERO, |portion| portion.quantity)
    };
    let mut numbers = lines.iter().chain(&placed).map(|portion| portion.line.as_str());
    let line = numbers.find(|line| of(&lines, line) != of(&placed, line))?;
    let (shipped, packed) = (of(&lines, line), of(&placed, line));
    Some(format!("shipment {}: line {line} has {shipped} shipped and {packed} in packs", shipment.number))
}
