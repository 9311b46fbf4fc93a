//! One event applied to one trade. The guards are here and in the files of the events; nothing outside is looked at.

use jiff::Timestamp;

use super::calendar::Allowance;
use super::effect::{Applied, Effect, News, Verdict};
use super::event::{Event, Source, What};
use super::exception::{Exception, ExceptionKind, Queue};
use super::keys::{Key, Side};
use super::policy::Policy;
use super::trade::{OpenException, ReceiptRecord, ShipmentRecord, Trade};

/// Applies an event. Pure: the same arguments come to the same.
///
/// The trade is changed where the verdict is `Applied`, `Refused` or `Conflict` (a refusal may issue an answer; a conflict
/// opens a case), and is as it was where it is `Parked` or `Duplicate`.
pub fn apply(trade: &Trade, event: &Event, policy: &Policy, now: Timestamp) -> Applied {
    let before = trade.keys();
    let mut work = Work { trade: trade.clone(), event, policy, now, effects: Vec::new() };
    let verdict = match work.judge() {
        Outcome::Applied => Verdict::Applied,
        Outcome::Refused(why) => Verdict::Refused { why },
        Outcome::Conflict => Verdict::Conflict,
        Outcome::Duplicate => {
            return Applied {
                trade: trade.clone(),
                verdict: Verdict::Duplicate,
                effects: Vec::new(),
                provides: Vec::new(),
            };
        }
        Outcome::Park(awaits, allowance) => {
            let until = policy.calendar.due(now, allowance);
            let verdict = Verdict::Parked { awaits, until };
            return Applied { trade: trade.clone(), verdict, effects: Vec::new(), provides: Vec::new() };
        }
    };
    let mut provides: Vec<Key> = work.trade.keys().into_iter().filter(|key| !before.contains(key)).collect();
    match &event.what {
        What::Shipped(_) => provides.push(Key::shipped(&trade.key)),
        What::Received(_) => provides.push(Key::received(&trade.key)),
        _ => {}
    }
    Applied { trade: work.trade, verdict, effects: work.effects, provides }
}

/// Until when an event may wait for what it needs before a person has to look.
pub fn waits_until(event: &Event, policy: &Policy, now: Timestamp) -> Timestamp {
    policy.calendar.due(now, waits(&event.what, policy))
}

fn waits(what: &What, policy: &Policy) -> Allowance {
    match what {
        What::Invoiced(_) | What::Credited(_) => policy.waits.invoices,
        What::Paid(_) | What::Booked { .. } | What::PaymentReturned { .. } => policy.waits.remittances,
        _ => policy.waits.orders,
    }
}

/// Before the contents of what was refused to our own side.
const REFUSED: &str = "refused ";

/// A trade being worked on.
pub(super) struct Work<'a> {
    pub trade: Trade,
    pub event: &'a Event,
    pub policy: &'a Policy,
    pub now: Timestamp,
    pub effects: Vec<Effect>,
}

/// How one event ended.
pub(super) enum Outcome {
    Applied,
    Refused(String),
    Conflict,
    Duplicate,
    Park(Key, Allowance),
}

impl Work<'_> {
    fn judge(&mut self) -> Outcome {
        let known = self.trade.seen.get(&self.event.key);
        let refused = known.and_then(|content| content.strip_prefix(REFUSED));
        if refused.is_some_and(|content| content == self.event.content) {
            return Outcome::Duplicate;
        }
        if let (Some(content), None) = (known, refused) {
            if *content == self.event.content {
                return Outcome::Duplicate;
            }
            if self.is_same_bill() {
                return Outcome::Duplicate;
            }
            let what = self.event.key.replace('|', " ");
            let words = format!(
                "order {}: {what} came again with another content; nothing was overwritten",
                self.trade.key.order
            );
            let case = Exception::new(format!("conflict|{}", self.event.key), ExceptionKind::Conflict, words);
            // A supplier's bill in conflict is payables'.
            let queue = match self.event.what {
                What::Invoiced(_) | What::Credited(_) if self.trade.side() == Side::Purchase => Queue::AccountsPayable,
                _ => case.queue,
            };
            self.open(Exception { queue, ..case });
            return Outcome::Conflict;
        }
        if self.trade.ordered_at.is_none() && !matches!(self.event.what, What::Ordered { .. }) {
            return Outcome::Park(Key::order(&self.trade.key), self.wait());
        }
        let outcome = self.dispatch();
        if matches!(outcome, Outcome::Applied | Outcome::Refused(_)) {
            // What was refused to our own side did nothing: it may be said put right under its number.
            let is_ours = matches!(self.event.source, Source::Command { .. });
            let mark = if is_ours && matches!(outcome, Outcome::Refused(_)) { REFUSED } else { "" };
            self.trade.seen.insert(self.event.key.clone(), format!("{mark}{}", self.event.content));
            self.settle();
            self.note_what_left();
        }
        outcome
    }

    /// A supplier's invoice that comes again under its number and over its amount is the same, however it is written.
    fn is_same_bill(&self) -> bool {
        let (What::Invoiced(bill) | What::Credited(bill)) = &self.event.what else { return false };
        let Some(document) = &bill.document else { return false };
        self.trade.bill(&document.number).is_some_and(|known| known.matter.is_some() && known.total == document.total)
    }

    fn dispatch(&mut self) -> Outcome {
        match &self.event.what {
            What::Ordered { order, problems } => self.ordered(order, problems),
            What::Replaced { order, problems } => self.replaced(order, problems),
            What::Confirmed { order } => self.confirmed(order),
            What::Changed(change) => self.changed(change),
            What::Cancelled { sequence } => self.cancelled(*sequence),
            What::Decided(decision) => self.decided(decision),
            What::AnswerAccepted => self.answer_accepted(),
            What::Shipped(shipment) => self.shipped(shipment),
            What::NoticeWanted { shipment, correct } => self.notice_wanted(shipment, *correct),
            What::Advised(shipment) => self.advised(shipment),
            What::NoticeWithdrawn { shipment } => self.notice_withdrawn(shipment),
            What::Received(receipt) => self.received(receipt),
            What::Returned(receipt) => self.returned(receipt),
            What::Invoiced(bill) => self.invoiced(bill),
            What::Credited(bill) => self.credited(bill),
            What::BillJudged { invoice, ruling } => self.bill_judged(invoice, *ruling),
            What::Paid(payment) => self.paid(payment),
            What::Booked { invoice, paid, adjusted, open } => self.booked(invoice, (*paid, *adjusted), *open),
            What::PaymentReturned { trace } => self.payment_returned(trace),
            What::Advice(advice) => self.advice(advice),
            What::Acknowledged { document, disposition } => self.acknowledged(document, *disposition),
            What::Delivered { document, accepted } => self.delivered(document, *accepted),
            What::TimePassed { deadline, percent } => self.time_passed(deadline, *percent),
            What::Released { hold } => self.released(hold),
            What::Rechecked { holds, problems } => self.rechecked(holds, problems),
            What::Resolved { exception } => self.resolved(exception),
            What::TurnedDown { exception, kind, number } => self.turned_down(exception, kind, number),
            What::FactorApproved { line, unit, factor } => self.factor_approved(line, unit, *factor),
            What::Reversed { event } => self.reversed(event),
        }
    }

    /// How long this event may wait for its order.
    fn wait(&self) -> Allowance {
        waits(&self.event.what, self.policy)
    }

    /// A person has dealt with a case: what it blocked goes on.
    fn resolved(&mut self, key: &str) -> Outcome {
        let Some(open) = self.trade.exceptions.iter().find(|open| open.key == key).cloned() else {
            return Outcome::Refused(format!("there is no open case {key}"));
        };
        if let (ExceptionKind::OverShip | ExceptionKind::OverReceipt, Some(number)) = (open.kind, &open.line) {
            let side = self.trade.side();
            if let Some(line) = self.trade.line_mut(number) {
                line.overage += line.counters(side).over;
            }
            for record in self.trade.shipments.iter_mut().filter(|record| !record.advised.is_empty()) {
                // What was not told of this line may be told now.
                let sent =
                    record.shipment.lines.iter().filter(|portion| portion.line == *number).map(|p| p.quantity).sum();
                record.notice_wanted |= record.advised.get(number).is_some_and(|told| *told < sent);
            }
        }
        self.trade.dismissed.push(key.to_owned());
        self.close(key);
        Outcome::Applied
    }

    /// A document in conflict with one before is turned down: its sender is told that the one before stands.
    fn turned_down(&mut self, key: &str, kind: &str, number: &str) -> Outcome {
        if !self.trade.exceptions.iter().any(|open| open.key == key) {
            return Outcome::Refused(format!("there is no open case {key}"));
        }
        self.refuse_with_advice(kind, number, "its number came before with other contents, which stand");
        self.trade.dismissed.push(key.to_owned());
        self.close(key);
        Outcome::Applied
    }

    /// Undoes exactly one event, once.
    fn reversed(&mut self, event: &str) -> Outcome {
        let is_it = |record: &ShipmentRecord| {
            record.event == event || !record.voided && event == format!("shipment|{}", record.shipment.number)
        };
        if let Some(at) = self.trade.shipments.iter().position(is_it) {
            return if self.trade.shipments[at].voided { Outcome::Duplicate } else { self.void_shipment(at) };
        }
        let is_it = |record: &ReceiptRecord| {
            let own = if record.is_return { "return" } else { "receipt" };
            record.event == event || !record.voided && event == format!("{own}|{}", record.receipt.number)
        };
        if let Some(at) = self.trade.receipts.iter().position(is_it) {
            return if self.trade.receipts[at].voided { Outcome::Duplicate } else { self.void_receipt(at) };
        }
        if let Some(at) = self.trade.payments.iter().position(|record| record.event == event) {
            if self.trade.payments[at].reversed {
                return Outcome::Duplicate;
            }
            self.reverse_payment(at);
            return Outcome::Applied;
        }
        if self.trade.seen.contains_key(event) {
            return Outcome::Refused(format!("{event} is corrected by a document, not undone"));
        }
        Outcome::Refused(format!("nothing was done by {event}"))
    }

    /// Opens a case, once.
    pub fn open(&mut self, exception: Exception) {
        if self.trade.exceptions.iter().any(|open| open.key == exception.key) {
            return;
        }
        let Exception { key, kind, line, .. } = exception.clone();
        self.trade.exceptions.push(OpenException { key, kind, line });
        self.effects.push(Effect::Open(exception));
    }

    /// Closes a case that has settled itself.
    pub fn close(&mut self, key: &str) {
        let before = self.trade.exceptions.len();
        self.trade.exceptions.retain(|open| open.key != key);
        if self.trade.exceptions.len() < before {
            self.effects.push(Effect::Close(key.to_owned()));
        }
    }

    pub fn tell(&mut self, kind: &'static str, subject: impl Into<String>) {
        self.effects.push(Effect::Tell(News { kind, subject: subject.into() }));
    }
}
