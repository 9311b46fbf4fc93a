//! What is heard of documents we issued: from transports, from the partner's systems, from the partner's applications
//! (S8, S11, T3). It moves the document's own axes and opens cases; counters never change by it.

use super::apply::{Outcome, Work};
use super::event::{Advice, Disposition};
use super::exception::{Exception, ExceptionKind};
use super::keys::Key;
use super::shipment::TradeScope;
use super::trade::{Axis, Issued};

impl Work<'_> {
    pub(super) fn advice(&mut self, advice: &Advice) -> Outcome {
        let TradeScope { side, partner, test } = self.scope();
        let is_invoice = matches!(advice.kind.as_str(), "invoice" | "credit_note");
        let stem = if is_invoice {
            match self.trade.bill(&advice.number) {
                Some(bill) => format!("invoice|{}", bill.number),
                None => {
                    let awaits = Key::invoice(side, &partner, test, &advice.number);
                    return Outcome::Park(awaits, self.policy.waits.orders);
                }
            }
        } else if advice.kind == "ship_notice" {
            format!("ship_notice|{}", self.shipment_of(&advice.number))
        } else {
            let latest = self.trade.issued.iter().rev().find(|issued| issued.kind == advice.kind);
            latest.map_or_else(|| format!("{}|{}", advice.kind, advice.number), |issued| issued.key.clone())
        };
        let Some(key) = self.trade.latest_issued(&stem).map(|issued| issued.key.clone()) else {
            return Outcome::Park(Key::document(&self.trade.key, &stem), self.policy.waits.orders);
        };
        if let Some(issued) = self.issued_mut(&key) {
            issued.application = if advice.accepted { Axis::Accepted } else { Axis::Rejected };
        }
        if advice.accepted {
            return Outcome::Applied;
        }
        if is_invoice {
            let number = &advice.number;
            let total = self.trade.bill(number).map(|bill| bill.total).unwrap_or_default();
            if let Some(bill) = self.trade.bills.iter_mut().find(|bill| bill.goes_by(number)) {
                bill.disputed = true;
            }
            let words = format!("the partner rejects invoice {number}: {}", advice.words);
            let case = Exception::new(format!("disputed|{number}"), ExceptionKind::InvoiceDisputed, words);
            self.open(case.money(total));
            self.tell("invoice.disputed", number.clone());
        } else {
            let number = self.shipment_of(&advice.number);
            self.open(rejected(&advice.kind, &number, &advice.words));
        }
        Outcome::Applied
    }

    /// The shipment that a notice of ours is about: most notices go by its number.
    fn shipment_of(&self, notice: &str) -> String {
        let mut shipments = self.trade.shipments.iter().map(|record| &record.shipment);
        let found = shipments.find(|shipment| shipment.notice.as_deref() == Some(notice));
        found.map_or_else(|| notice.to_owned(), |shipment| shipment.number.clone())
    }

    pub(super) fn acknowledged(&mut self, document: &str, disposition: Disposition) -> Outcome {
        let Some(issued) = self.issued_mut(document) else {
            return Outcome::Park(Key::document(&self.trade.key, document), self.policy.waits.orders);
        };
        issued.functional = disposition.into();
        let (kind, number) = (issued.kind.clone(), issued.number.clone().unwrap_or_else(|| document.to_owned()));
        match disposition {
            Disposition::Accepted => {}
            Disposition::AcceptedWithErrors => {
                let words = format!("{kind} {number} was accepted with errors; it is not sent again");
                self.open(Exception::new(format!("errors|{document}"), ExceptionKind::AcceptedWithErrors, words));
            }
            Disposition::Rejected => {
                let words = format!("the partner's system rejected {kind} {number}");
                let case = match kind.as_str() {
                    "ship_notice" => rejected(&kind, &number, "its system rejected it"),
                    _ => Exception::new(format!("rejected|{document}"), ExceptionKind::AcknowledgementRejected, words),
                };
                self.open(case);
            }
        }
        Outcome::Applied
    }

    pub(super) fn delivered(&mut self, document: &str, accepted: bool) -> Outcome {
        let now = self.now;
        let Some(issued) = self.issued_mut(document) else {
            return Outcome::Park(Key::document(&self.trade.key, document), self.policy.waits.orders);
        };
        issued.accepted_at = issued.accepted_at.or(accepted.then_some(now));
        issued.transport = if accepted { Axis::Accepted } else { Axis::Rejected };
        if !accepted {
            let words = format!("{document} could not be delivered");
            self.open(Exception::new(format!("delivery|{document}"), ExceptionKind::DeliveryFailed, words));
        } else {
            self.close(&format!("delivery|{document}"));
        }
        Outcome::Applied
    }

    pub(super) fn issued_mut(&mut self, key: &str) -> Option<&mut Issued> {
        self.trade.issued.iter_mut().find(|issued| issued.key == key)
    }
}

fn rejected(kind: &str, number: &str, words: &str) -> Exception {
    let text = format!("the partner rejects {kind} {number}: {words}");
    match kind {
        "ship_notice" => Exception::new(format!("notice_rejected|{number}"), ExceptionKind::NoticeRejected, text),
        _ => Exception::new(format!("rejected|{kind}|{number}"), ExceptionKind::AcknowledgementRejected, text),
    }
}
