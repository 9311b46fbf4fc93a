//! Documents that another system of ours wrote, and that leave through us: they do to a trade what the trade's own do, and
//! take their place among what it issued. What would contradict the trade is refused, so that it does not leave.

use super::apply::{Outcome, Work};
use super::calendar::Allowance;
use super::effect::Effect;
use super::event::{Decision, Receipt, Rest, Shipment, Source, What};
use super::keys::{Key, Side};
use super::shipment::{is_same, pack_faults, sums};
use super::trade::{Issued, ShipmentRecord};
use crate::canonical::Kind;

/// What the keys of their events begin with.
pub(super) const SENT: &str = "sent|";

impl Work<'_> {
    /// Whether the event is a document of ours that leaves by itself.
    pub fn is_sent(&self) -> bool {
        matches!(self.event.source, Source::Sent(_))
    }

    /// A line that the order does not have may still come, unless our own document names it.
    pub fn lacks_line(&self, line: &str, allowance: Allowance) -> Outcome {
        match self.is_sent() {
            true => Outcome::Refused(format!("order {} has no line {line}", self.trade.key.order)),
            false => Outcome::Park(Key::line(&self.trade.key, line), allowance),
        }
    }

    /// Whether a document of this kind that the trade wants now is the one that leaves by itself.
    pub fn is_what_left(&self, kind: Kind) -> bool {
        self.is_sent() && !self.has_left() && kind_of(&self.event.what) == Some(kind)
    }

    /// The document that the event came by stands among what the trade issued from now on.
    pub fn left(&mut self, key: String, kind: Kind, number: Option<String>) {
        // An advice of several payments is one document.
        let is_one =
            |issued: &Issued| kind == Kind::Remittance && issued.kind == kind.as_str() && issued.number == number;
        if !self.trade.issued.iter().any(is_one) {
            self.trade.issued.push(Issued::new(key.clone(), kind, number, self.now));
        }
        self.effects.push(Effect::Left(key));
    }

    /// What had to be done by it is done, and nothing has named it yet.
    pub fn note_what_left(&mut self) {
        if !self.is_sent() || self.has_left() {
            return;
        }
        let Some(kind) = kind_of(&self.event.what) else { return };
        let (stem, number) = match &self.event.what {
            What::Received(receipt) => (format!("receipt_advice|{}", receipt.number), receipt.number.clone()),
            What::Paid(payment) => (format!("remittance|{}", payment.trace), payment.trace.clone()),
            What::NoticeWithdrawn { shipment } => (format!("ship_notice|{shipment}"), shipment.clone()),
            What::BillJudged { invoice, .. } => (format!("application_advice|invoice|{invoice}"), invoice.clone()),
            _ => (format!("order|{}", self.trade.version()), self.trade.key.order.clone()),
        };
        let key = self.next_issue(&stem);
        self.left(key, kind, Some(number));
    }

    /// An answer has left. The one that leaves something undecided is not the answer yet.
    pub fn answer_left(&mut self, decision: &Decision) {
        let order = self.trade.order_version;
        let undecided = self.trade.lines.iter().any(|line| !line.counters(Side::Sale).undecided().is_zero());
        let stem = match (decision.version.filter(|version| *version > order), decision.rest) {
            (Some(version), _) => format!("order_response|{version}"),
            (None, Some(Rest::Hold)) => format!("order_response|{order}|hold"),
            (None, _) if undecided => format!("order_response|{order}|part"),
            (None, _) => format!("order_response|{order}"),
        };
        let key = self.next_issue(&stem);
        self.left(key, Kind::OrderResponse, decision.number.clone());
    }

    /// Whether a notice may leave: where its shipment stands that is known already, nothing where it tells of a new one, and
    /// why not otherwise.
    pub fn notice_may_leave(&self, notice: &Shipment) -> Result<Option<usize>, String> {
        let number = &notice.number;
        if let Some(words) = pack_faults(notice) {
            return Err(words);
        }
        if let Some(problem) = notice.problems.first() {
            return Err(problem.words.clone());
        }
        if let Some(at) = self.trade.shipments.iter().position(|record| record.is_noticed_as(number)) {
            let shipment = &self.trade.shipments[at].shipment;
            let is_told = self.trade.latest_issued(&format!("ship_notice|{}", shipment.number)).is_some();
            if is_told && !notice.replaces {
                return Err(format!(
                    "the notice for shipment {} has left already: one that corrects it has the purpose replace",
                    shipment.number
                ));
            }
            if !is_same(&shipment.lines, &notice.lines) {
                return Err(format!(
                    "the notice says something else than what was shipped as {}: have that undone first, or advise what \
                     left",
                    shipment.number
                ));
            }
            return Ok(Some(at));
        }
        if notice.replaces {
            return Err(format!("order {} has no shipment {number} to correct", self.trade.key.order));
        }
        for portion in sums(&notice.lines) {
            let Some(line) = self.trade.line(&portion.line) else { continue };
            let most = self.trade.shippable(line, self.policy.shipping.over);
            let gone = line.facts.shipped + portion.quantity;
            if most.is_some_and(|most| gone > most) {
                let ordered = line.counters(Side::Sale).ordered;
                return Err(format!(
                    "line {}: {gone} would have left of {ordered} ordered: more than that is advised when somebody has \
                     accepted it",
                    portion.line
                ));
            }
        }
        Ok(None)
    }

    /// The notice of this shipment has left.
    pub fn notice_left(&mut self, at: usize) -> Outcome {
        let record = &mut self.trade.shipments[at];
        record.advised = sums(&record.shipment.lines).into_iter().map(|it| (it.line, it.quantity)).collect();
        record.notice_wanted = false;
        let (number, notice) = (record.shipment.number.clone(), record.shipment.notice_number().to_owned());
        self.close(&format!("notice_rejected|{number}"));
        let key = self.next_issue(&format!("ship_notice|{number}"));
        self.left(key, Kind::ShipNotice, Some(notice));
        Outcome::Applied
    }

    /// The advice of a receipt that was posted before has left.
    pub fn advice_left(&mut self, receipt: &Receipt, is_same: bool) -> Outcome {
        let stem = format!("receipt_advice|{}", receipt.number);
        if !is_same {
            return Outcome::Refused(format!("receipt {} was posted with other quantities", receipt.number));
        }
        if self.trade.latest_issued(&stem).is_some() {
            return Outcome::Refused(format!("receipt {} has been advised already", receipt.number));
        }
        self.left(stem, Kind::ReceiptAdvice, Some(receipt.number.clone()));
        Outcome::Applied
    }

    fn has_left(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Left(_)))
    }
}

impl ShipmentRecord {
    /// Whether its notice goes, or would go, by this number.
    pub fn is_noticed_as(&self, number: &str) -> bool {
        !self.voided && (self.shipment.number == number || self.shipment.notice_number() == number)
    }
}

/// The kind of document that an event of ours comes by.
fn kind_of(what: &What) -> Option<Kind> {
    match what {
        What::Ordered { .. } | What::Replaced { .. } => Some(Kind::Order),
        What::Changed(_) | What::Cancelled { .. } => Some(Kind::OrderChange),
        What::Decided(_) => Some(Kind::OrderResponse),
        What::Shipped(_) | What::NoticeWithdrawn { .. } => Some(Kind::ShipNotice),
        What::Invoiced(_) | What::Credited(_) => Some(Kind::Invoice),
        What::Received(_) => Some(Kind::ReceiptAdvice),
        What::Paid(_) => Some(Kind::Remittance),
        What::BillJudged { .. } => Some(Kind::ApplicationAdvice),
        _ => None,
    }
}
