//! What should have happened by when (T1-T4, B4, B5): reckoned from the trade as it stands, so that nothing is forgotten.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::calendar::said;
use super::effect::Effect;
use super::exception::{Exception, ExceptionKind, Queue};
use super::keys::Side;
use super::payment::is_open;
use super::policy::{Invoicing, Policy};
use super::trade::{Axis, BillStanding, Deadline, DeadlineKind, ShipmentRecord, Standing, Trade};

impl Work<'_> {
    /// A share of a deadline's time has passed. At the end of it a case is opened.
    pub(super) fn time_passed(&mut self, key: &str, percent: u8) -> Outcome {
        let Some(deadline) = self.trade.deadlines.iter().find(|deadline| deadline.key == key).cloned() else {
            // It has been met in the meantime.
            return Outcome::Duplicate;
        };
        if percent < 100 {
            self.tell("deadline.nearing", format!("{key} {percent}%"));
            return Outcome::Applied;
        }
        self.tell("deadline.passed", key);
        let kind = overdue_kind(&deadline, self.trade.side());
        let case = Exception {
            queue: deadline.queue,
            money: (kind == ExceptionKind::NeverInvoiced).then(|| self.trade.accrued()),
            ..Exception::new(format!("overdue|{key}"), kind, deadline.words.clone())
        };
        self.open(case);
        match deadline.kind {
            DeadlineKind::Answer | DeadlineKind::Hold
                if self.trade.side() == Side::Sale && self.policy.answer.hold_on_time =>
            {
                self.answer_on_time();
            }
            DeadlineKind::Answer if self.trade.side() == Side::Purchase => {
                // The supplier has not answered the change: the next one need not wait for it any longer.
                let sequence = key.strip_prefix("answer|").and_then(|text| text.parse::<u32>().ok());
                let waits = |change: &&mut super::Revision| {
                    Some(change.sequence) == sequence && change.standing == Standing::Awaiting
                };
                if let Some(change) = self.trade.changes.iter_mut().find(waits) {
                    change.standing = Standing::Applied;
                }
            }
            DeadlineKind::Acknowledgement => {
                let document = key.strip_prefix("acknowledgement|").unwrap_or_default().to_owned();
                if let Some(issued) = self.issued_mut(&document) {
                    issued.functional = Axis::Overdue;
                }
            }
            _ => {}
        }
        Outcome::Applied
    }

    /// Brings the deadlines up to date, and closes the cases of those that were met.
    pub(super) fn settle_deadlines(&mut self) {
        let due = deadlines(&self.trade, self.policy);
        let before = std::mem::take(&mut self.trade.deadlines);
        for gone in before.iter().filter(|old| !due.iter().any(|new| new.key == old.key)) {
            self.effects.push(Effect::ClearDeadline(gone.key.clone()));
            self.close(&format!("overdue|{}", gone.key));
        }
        for fresh in due.iter().filter(|new| !before.contains(new)) {
            self.effects.push(Effect::SetDeadline(fresh.clone()));
        }
        self.trade.deadlines = due;
    }
}

fn overdue_kind(deadline: &Deadline, side: Side) -> ExceptionKind {
    match (deadline.kind, side) {
        (DeadlineKind::Hold, _) => ExceptionKind::HoldAgeing,
        (DeadlineKind::Answer, Side::Sale) => ExceptionKind::AnswerOverdue,
        (DeadlineKind::Answer, Side::Purchase) => ExceptionKind::SupplierAnswerOverdue,
        (DeadlineKind::Notice, Side::Sale) => ExceptionKind::NoticeOverdue,
        (DeadlineKind::Notice, Side::Purchase) => ExceptionKind::SupplierNoticeLate,
        (DeadlineKind::Acknowledgement, _) => ExceptionKind::AcknowledgementOverdue,
        (DeadlineKind::Invoice, Side::Sale) => ExceptionKind::InvoiceOverdue,
        (DeadlineKind::Invoice, Side::Purchase) => ExceptionKind::NeverInvoiced,
        (DeadlineKind::Receipt, _) => ExceptionKind::InvoiceWithoutReceipt,
        (DeadlineKind::Payment, _) => ExceptionKind::PaymentOverdue,
        (DeadlineKind::CancelDate, _) => ExceptionKind::CancelDatePassed,
    }
}

/// Every deadline a trade has now.
fn deadlines(trade: &Trade, policy: &Policy) -> Vec<Deadline> {
    let Some(ordered_at) = trade.ordered_at else { return Vec::new() };
    let mut due = Vec::new();
    match trade.side() {
        Side::Sale => {
            answers_of_ours(trade, policy, ordered_at, &mut due);
            for record in trade.shipments.iter().filter(|record| !record.voided) {
                notice(trade, policy, record, &mut due);
                invoice(policy, record, &mut due);
            }
            cancel_date(trade, policy, ordered_at, &mut due);
        }
        Side::Purchase => {
            answers_of_theirs(trade, policy, ordered_at, &mut due);
            uninvoiced(trade, policy, &mut due);
        }
    }
    bills(trade, policy, &mut due);
    acknowledgements(trade, policy, &mut due);
    due
}

fn answers_of_ours(trade: &Trade, policy: &Policy, ordered_at: Timestamp, due: &mut Vec<Deadline>) {
    for hold in trade.open_holds() {
        let words = format!("order {} has been on hold since {}: {}", trade.key.order, said(hold.since), hold.words);
        let end = policy.calendar.due(hold.since, policy.answer.hold_within);
        due.push(deadline(format!("hold|{}", hold.key), DeadlineKind::Hold, hold.since, end, hold.queue, words));
    }
    if !policy.answer.wanted {
        return;
    }
    let version = trade.order_version;
    let since = trade.changes.iter().find(|change| change.sequence == version).map_or(ordered_at, |change| change.at);
    let unanswered = trade.latest_issued(&format!("order_response|{version}")).is_none();
    let order = &trade.key.order;
    let open =
        trade.lines.iter().any(|line| !line.counters(Side::Sale).undecided().is_zero() || trade.is_held(&line.number));
    if unanswered && open {
        let words = format!("order {order} has not been answered");
        due.push(deadline(
            format!("answer|{version}"),
            DeadlineKind::Answer,
            since,
            policy.calendar.due(since, policy.answer.within),
            Queue::CustomerService,
            words,
        ));
    }
    for change in trade.changes.iter().filter(|change| change.standing == Standing::Awaiting) {
        let words = format!("change {} of order {order} has not been answered", change.sequence);
        let end = policy.calendar.due(change.at, policy.answer.within);
        due.push(deadline(
            format!("answer|{}", change.sequence),
            DeadlineKind::Answer,
            change.at,
            end,
            Queue::CustomerService,
            words,
        ));
    }
}

fn answers_of_theirs(trade: &Trade, policy: &Policy, ordered_at: Timestamp, due: &mut Vec<Deadline>) {
    let order = &trade.key.order;
    let within = policy.buying.answer_within;
    let sent = trade.issued("order|0").is_some();
    let open =
        trade.lines.iter().any(|line| line.decision.is_none() && !line.counters(Side::Purchase).undecided().is_zero());
    if sent && open {
        let words = format!("order {order} has not been answered by the supplier");
        due.push(deadline(
            "answer|0".into(),
            DeadlineKind::Answer,
            ordered_at,
            policy.calendar.due(ordered_at, within),
            Queue::Purchasing,
            words,
        ));
    }
    for change in trade.changes.iter().filter(|change| change.standing == Standing::Awaiting) {
        let words = format!("change {} of order {order} has not been answered by the supplier", change.sequence);
        let end = policy.calendar.due(change.at, within);
        due.push(deadline(
            format!("answer|{}", change.sequence),
            DeadlineKind::Answer,
            change.at,
            end,
            Queue::Purchasing,
            words,
        ));
    }
    let wanted = trade.head.dates.iter().find(|(kind, _)| matches!(kind.as_str(), "ship_requested" | "ship_not_after"));
    let advised = trade.lines.iter().any(|line| line.counters(Side::Purchase).open.is_zero());
    if let Some((_, date)) = wanted.filter(|_| sent && !advised) {
        let words = format!("nothing has been advised for order {order}, due to leave by {date}");
        due.push(deadline(
            "notice".into(),
            DeadlineKind::Notice,
            ordered_at,
            policy.calendar.end_of(*date),
            Queue::Purchasing,
            words,
        ));
    }
}

fn notice(trade: &Trade, policy: &Policy, record: &ShipmentRecord, due: &mut Vec<Deadline>) {
    let number = &record.shipment.number;
    let issued = trade.latest_issued(&format!("ship_notice|{number}"));
    if !policy.notice.wanted || issued.is_some_and(|issued| issued.transport == Axis::Accepted) {
        return;
    }
    let left = record.shipment.shipped_at.unwrap_or(record.at);
    let mut end = policy.calendar.due(left, policy.notice.within);
    if let (Some(arrives), Some(before)) = (record.shipment.expected_at, policy.notice.before_arrival) {
        let span = policy.calendar.due(arrives, before).duration_since(arrives);
        end = end.min(arrives.checked_sub(span).unwrap_or(arrives));
    }
    let words = format!("the notice for shipment {number} is not with the partner");
    due.push(deadline(format!("notice|{number}"), DeadlineKind::Notice, record.at, end, Queue::Warehouse, words));
}

fn invoice(policy: &Policy, record: &ShipmentRecord, due: &mut Vec<Deadline>) {
    let number = &record.shipment.number;
    if policy.invoice.when == Invoicing::Consolidated || !record.billed.is_empty() {
        return;
    }
    let left = record.shipment.shipped_at.unwrap_or(record.at);
    let end = policy.calendar.due(left, policy.invoice.within);
    let words = format!("shipment {number} has not been invoiced");
    due.push(deadline(
        format!("invoice|{number}"),
        DeadlineKind::Invoice,
        record.at,
        end,
        Queue::AccountsReceivable,
        words,
    ));
}

/// Goods that came and were not invoiced, since the first of them came.
fn uninvoiced(trade: &Trade, policy: &Policy, due: &mut Vec<Deadline>) {
    let Some(since) = trade.uninvoiced_since() else { return };
    let words = format!("goods of order {} worth {} have not been invoiced", trade.key.order, trade.accrued());
    let end = policy.calendar.due(since, policy.buying.invoice_within);
    due.push(deadline("uninvoiced".into(), DeadlineKind::Invoice, since, end, Queue::Purchasing, words));
}

fn cancel_date(trade: &Trade, policy: &Policy, ordered_at: Timestamp, due: &mut Vec<Deadline>) {
    let last = ["cancel_after", "cancel_if_not_delivered", "cancel_if_not_shipped", "ship_not_after"];
    let dates = trade.head.dates.iter().filter(|(kind, _)| last.contains(&kind.as_str()));
    let open: Decimal = trade.lines.iter().map(|line| line.counters(Side::Sale).open).sum();
    let Some(date) = dates.map(|(_, date)| *date).min().filter(|_| is_open(open)) else { return };
    let words =
        format!("{open} of order {} are open after {date}: nothing more may be shipped unasked", trade.key.order);
    due.push(deadline(
        "cancel_date".into(),
        DeadlineKind::CancelDate,
        ordered_at,
        policy.calendar.end_of(date),
        Queue::CustomerService,
        words,
    ));
}

fn bills(trade: &Trade, policy: &Policy, due: &mut Vec<Deadline>) {
    let queue = if trade.side() == Side::Sale { Queue::AccountsReceivable } else { Queue::AccountsPayable };
    for bill in trade.bills.iter().filter(|bill| !bill.is_credit) {
        let number = &bill.number;
        if bill.standing == BillStanding::AwaitingReceipt {
            let end = policy.calendar.due(bill.at, policy.waits.invoices);
            let words = format!("invoice {number} is for goods that have not been received");
            due.push(deadline(format!("receipt|{number}"), DeadlineKind::Receipt, bill.at, end, queue, words));
        }
        if let Some(date) = bill.due.filter(|_| bill.standing.is_payable() && is_open(trade.open_amount(bill))) {
            let advised = trade.advised(Some(bill));
            let advised = if advised.is_zero() { String::new() } else { format!(", {advised} of it announced") };
            let words = format!("invoice {number} was due on {date}; {} is open{advised}", trade.open_amount(bill));
            due.push(deadline(
                format!("payment|{number}"),
                DeadlineKind::Payment,
                bill.at,
                policy.calendar.end_of(date),
                queue,
                words,
            ));
        }
    }
}

fn acknowledgements(trade: &Trade, policy: &Policy, due: &mut Vec<Deadline>) {
    let Some(within) = policy.acknowledgement else { return };
    for issued in trade.issued.iter().filter(|issued| matches!(issued.functional, Axis::Pending | Axis::Overdue)) {
        let words = format!("{} has not been acknowledged", issued.key);
        let key = format!("acknowledgement|{}", issued.key);
        let end = policy.calendar.due(issued.at, within);
        due.push(deadline(key, DeadlineKind::Acknowledgement, issued.at, end, Queue::EdiCompliance, words));
    }
}

fn deadline(
    key: String,
    kind: DeadlineKind,
    since: Timestamp,
    due: Timestamp,
    queue: Queue,
    words: String,
) -> Deadline {
    Deadline { key, kind, since, due, queue, words }
}
