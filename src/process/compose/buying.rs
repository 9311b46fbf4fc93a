//! What we send as a buyer: the order and its changes (B1, B5), receipts (B7), payments (B10), complaints; and what we ask of
//! a warehouse.

use rust_decimal::Decimal;

use super::super::apply::Work;
use super::super::effect::Answers;
use super::super::event::{Change, LineAction, LineChange, Payment, Receipt, ReceiptLine};
use super::super::keys::Side;
use super::super::receipt::usable;
use super::super::trade::BillRecord;
use super::{date, line, party};
use crate::canonical::advice::{ApplicationAdvice, ApplicationError, Concern};
use crate::canonical::common::Party;
use crate::canonical::invoice::{AdjustmentAdvice, AdjustmentLine};
use crate::canonical::order::{ChangeLine, OrderChange, OrderHead};
use crate::canonical::remittance::RemittanceItem;
use crate::canonical::ship_notice::{Condition, ReceiptAdvice, ReceivedLine};
use crate::canonical::warehouse::{WarehouseHead, WarehouseLine, WarehouseOrder};
use crate::canonical::{Kind, Remittance};

/// A reason in words only (X12 element 647, 024: other unlisted reason).
const OTHER_REASON: &str = "024";

const ROLES: &[&str] = &["buyer", "seller", "ship_to", "bill_to"];

impl Work<'_> {
    /// B1: the order goes out as it was approved.
    pub fn issue_order(&mut self) {
        if let Some(mut order) = self.trade.unsent.take() {
            // What every order says, and whoever placed it need not.
            let head = &mut order.head;
            head.head.date = head.head.date.or_else(|| Some(self.policy.calendar.date(self.now)));
            head.head.purpose.get_or_insert_with(|| "original".into());
            head.r#type.get_or_insert_with(|| "stand_alone".into());
            self.issue("order|0".into(), Kind::Order, order, Answers::Nothing);
        }
    }

    /// B5: a change of our order.
    pub fn issue_change(&mut self, sequence: u32, change: &Change) {
        let lines = change.lines.iter().map(|wanted| self.change_line(wanted)).collect();
        let mut document = self.order_change(sequence, "change", lines);
        document.head.head.dates = change.dates.iter().map(|(kind, day)| date(kind, *day)).collect();
        self.issue(format!("order_change|{sequence}"), Kind::OrderChange, document, Answers::Nothing);
    }

    pub fn issue_cancellation(&mut self, sequence: u32) {
        let document = self.order_change(sequence, "cancel", Vec::new());
        self.issue(format!("order_change|{sequence}"), Kind::OrderChange, document, Answers::Nothing);
    }

    fn order_change(&self, sequence: u32, purpose: &str, lines: Vec<ChangeLine>) -> OrderChange {
        let order = &self.trade.key.order;
        OrderChange {
            head: OrderHead {
                head: self.head(Some(order.clone()), purpose, ROLES),
                r#type: self.trade.head.kind.clone(),
                release: self.trade.key.release.clone(),
                ..OrderHead::default()
            },
            order_number: Some(order.clone()),
            order_date: self.trade.head.date,
            sequence: Some(sequence.to_string()),
            lines,
            ..OrderChange::default()
        }
    }

    fn change_line(&self, wanted: &LineChange) -> ChangeLine {
        let known = self.trade.line(&wanted.line);
        let counters = known.map(|line| line.counters(Side::Purchase)).unwrap_or_default();
        let mut common = known.map(line).unwrap_or_default();
        common.number = Some(wanted.line.clone());
        common.quantity = Some(counters.ordered);
        common.price = known.and_then(|line| line.ordered_price());
        common.dates = wanted.dates.iter().map(|(kind, day)| date(kind, *day)).collect();
        let before = known.and_then(|line| line.asked.iter().rev().nth(1)).map(|asked| asked.quantity);
        let change = match (wanted.action, before) {
            (LineAction::Add, _) => "add",
            (LineAction::Delete, _) => "delete",
            (_, Some(before)) if counters.ordered > before => "quantity_increase",
            (_, Some(before)) if counters.ordered < before => "quantity_decrease",
            _ if wanted.price.is_some() => "price",
            _ if !wanted.dates.is_empty() => "reschedule",
            _ => "change",
        };
        ChangeLine {
            line: common,
            change: Some(change.into()),
            quantity_semantics: Some("absolute".into()),
            open_quantity: Some(counters.open),
        }
    }

    /// B7: what arrived, in what condition.
    pub fn issue_receipt_advice(&mut self, receipt: &Receipt) {
        let mut head = self.head(Some(receipt.number.clone()), "original", ROLES);
        if head.parties.is_empty() {
            // RECADV wants to be told at least one party.
            let supplier = Some(self.trade.key.partner.clone());
            head.parties.push(Party { role: Some("supplier".into()), name: supplier, ..Party::default() });
        }
        let document = ReceiptAdvice {
            head,
            order_number: Some(self.trade.key.order.clone()),
            shipment_number: receipt.shipment.clone(),
            received: Some(self.policy.calendar.date(receipt.received_at.unwrap_or(self.now))),
            lines: receipt.lines.iter().filter_map(|line| self.received_line(line)).collect(),
            ..ReceiptAdvice::default()
        };
        self.issue(format!("receipt_advice|{}", receipt.number), Kind::ReceiptAdvice, document, Answers::Nothing);
    }

    fn received_line(&self, received: &ReceiptLine) -> Option<ReceivedLine> {
        let known = self.trade.line(&received.line)?;
        let condition = |(code, quantity): &(String, Decimal)| Condition {
            code: Some(code.clone()),
            quantity: Some(*quantity),
            unit: known.unit.clone(),
            ..Condition::default()
        };
        let unusable = received.received - usable(received);
        Some(ReceivedLine {
            number: Some(known.number.clone()),
            order_number: Some(self.trade.key.order.clone()),
            order_line: Some(known.number.clone()),
            received: Some(received.received),
            accepted: Some(usable(received)),
            returned: (!received.returned.is_zero()).then_some(received.returned),
            in_question: (unusable > Decimal::ZERO).then_some(unusable),
            unit: known.unit.clone(),
            ids: known.ids.clone(),
            description: known.description.clone(),
            conditions: received.conditions.iter().map(condition).collect(),
            ..ReceivedLine::default()
        })
    }

    /// B10: what is paid, and for what.
    pub fn issue_remittance(&mut self, payment: &Payment, bill: &BillRecord) {
        if !self.policy.buying.remittance {
            return;
        }
        let mut head = self.head(Some(payment.trace.clone()), "original", &["buyer", "seller", "payer", "payee"]);
        for party in &mut head.parties {
            match party.role.as_deref() {
                Some("buyer") => party.role = Some("payer".into()),
                Some("seller") => party.role = Some("payee".into()),
                _ => {}
            }
        }
        let document = Remittance {
            head,
            handling: Some("advice_only".into()),
            amount: Some(payment.amount),
            credit_debit: Some("credit".into()),
            method: Some("ach".into()),
            payment_date: Some(payment.date.unwrap_or_else(|| self.policy.calendar.date(self.now))),
            trace: Some(payment.trace.clone()),
            trace_type: Some("1".into()),
            items: vec![RemittanceItem {
                kind: Some("invoice".into()),
                reference: Some(bill.number.clone()),
                action: Some("pay_item".into()),
                paid: Some(payment.amount),
                gross: Some(bill.total),
                discount: (!payment.discount.is_zero()).then_some(payment.discount),
                ..RemittanceItem::default()
            }],
            ..Remittance::default()
        };
        let key = format!("remittance|{}|{}", payment.trace, bill.number);
        self.issue(key, Kind::Remittance, document, Answers::Nothing);
    }

    /// What is claimed back of an invoice, or not paid of it: `reason` by X12 element 426.
    pub fn issue_claim(&mut self, invoice: &str, amount: Decimal, reason: &str) {
        if !self.policy.buying.claims || amount <= Decimal::ZERO {
            return;
        }
        let mut head = self.head(Some(format!("{invoice}-D")), "original", ROLES);
        if head.parties.is_empty() {
            let supplier = Some(self.trade.key.partner.clone());
            head.parties.push(Party { role: Some("supplier".into()), name: supplier, ..Party::default() });
        }
        let document = AdjustmentAdvice {
            head,
            credit_debit: Some("debit".into()),
            handling: Some("advice_only".into()),
            invoice_number: Some(invoice.to_owned()),
            order_number: Some(self.trade.key.order.clone()),
            amount: Some(amount),
            lines: vec![AdjustmentLine {
                number: Some("1".into()),
                credit_debit: Some("debit".into()),
                reason: Some(reason.into()),
                amount: Some(amount),
                ..AdjustmentLine::default()
            }],
            ..AdjustmentAdvice::default()
        };
        self.issue(format!("claim|{invoice}"), Kind::Adjustment, document, Answers::Nothing);
    }

    /// A document that cannot be taken as it is, told to its sender.
    pub fn refuse_with_advice(&mut self, kind: &str, number: &str, why: &str) {
        if self.policy.buying.application_advice {
            self.refuse_to(None, kind, number, why);
        }
    }

    /// The same, told to a carrier: whether it wants to hear of it, its own agreement says.
    pub fn refuse_to(&mut self, carrier: Option<&str>, kind: &str, number: &str, why: &str) {
        let whose = carrier.map(|carrier| format!("{carrier}|")).unwrap_or_default();
        let key = self.next_issue(&format!("application_advice|{kind}|{whose}{number}"));
        // The seller of the trade has nothing to do with a carrier's bill.
        let roles = if carrier.is_some() { &["buyer"] } else { ROLES };
        let head = self.head(Some(key.replace("application_advice|", "").replace('|', "-")), "original", roles);
        let document = ApplicationAdvice {
            head,
            // What kind of document it is, each standard says in its own way; what its number is, in one word.
            concerns: Some(Concern {
                reference_kind: Some(kind.into()),
                number: Some(number.into()),
                ..Concern::default()
            }),
            decision: Some("rejected".into()),
            errors: vec![ApplicationError {
                code: Some(OTHER_REASON.into()),
                text: Some(why.into()),
                ..ApplicationError::default()
            }],
            ..ApplicationAdvice::default()
        };
        self.issue_to(carrier, key, Kind::ApplicationAdvice, document, Answers::Nothing);
    }

    /// What a warehouse is asked to ship: what is accepted, free to go and not asked for yet.
    pub fn ask_warehouse(&mut self) {
        let mut lines = Vec::new();
        for at in 0..self.trade.lines.len() {
            let line = &self.trade.lines[at];
            let wanted = line.counters(Side::Sale).accepted - line.requested.max(line.facts.shipped);
            if wanted <= Decimal::ZERO || self.trade.is_held(&line.number) {
                continue;
            }
            lines.push(WarehouseLine {
                number: Some(line.number.clone()),
                ordered: Some(wanted),
                unit: line.unit.clone(),
                ids: line.ids.clone(),
                description: line.description.clone(),
                ..WarehouseLine::default()
            });
            self.trade.lines[at].requested += wanted;
        }
        if lines.is_empty() {
            return;
        }
        let count = self.trade.issued.iter().filter(|issued| issued.kind == Kind::WarehouseOrder.as_str()).count() + 1;
        let order = &self.trade.key.order;
        let document = WarehouseOrder {
            head: WarehouseHead {
                head: self.head(Some(format!("{order}-W{count}")), "original", &["ship_from"]),
                order_number: Some(order.clone()),
                depositor_number: Some(format!("{order}-W{count}")),
                ship_to: party(&self.trade.head.parties, "ship_to").cloned(),
                ..WarehouseHead::default()
            },
            lines,
            ..WarehouseOrder::default()
        };
        self.issue(format!("warehouse_order|{count}"), Kind::WarehouseOrder, document, Answers::Nothing);
    }
}
