//! Goods arrive (S10, B7), and goods go back (S13, B11). Facts, all of them.

use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::event::{Receipt, ReceiptLine};
use super::exception::{Exception, ExceptionKind};
use super::keys::{Key, Side};
use super::shipment::TradeScope;
use super::trade::ReceiptRecord;

impl Work<'_> {
    pub(super) fn received(&mut self, receipt: &Receipt) -> Outcome {
        let receipt = &self.paired(receipt);
        if let Err(outcome) = self.is_known(receipt) {
            return outcome;
        }
        let known = self.trade.receipts.iter().filter(|it| !it.voided && !it.is_return);
        if let Some(known) = known.clone().find(|it| it.receipt.number == receipt.number) {
            let is_same = quantities(&known.receipt) == quantities(receipt);
            if self.is_sent() {
                return self.advice_left(receipt, is_same);
            }
            if is_same && known.event.starts_with(super::sent::SENT) {
                // What the advice has said, the warehouse says too.
                return Outcome::Duplicate;
            }
        }
        self.count_receipt(receipt, Decimal::ONE);
        self.flag_differences(receipt);
        let news = if self.trade.side() == Side::Sale { "receipt.advised" } else { "receipt.posted" };
        self.tell(news, receipt.number.clone());
        self.keep(receipt, false);
        if self.trade.side() == Side::Purchase && self.policy.buying.receipt_advice {
            self.issue_receipt_advice(receipt);
        }
        Outcome::Applied
    }

    pub(super) fn returned(&mut self, receipt: &Receipt) -> Outcome {
        let receipt = &self.paired(receipt);
        if let Err(outcome) = self.is_known(receipt) {
            return outcome;
        }
        for line in &receipt.lines {
            if let Some(known) = self.trade.line_mut(&line.line) {
                known.facts.returned += line.returned;
            }
        }
        self.keep(receipt, true);
        Outcome::Applied
    }

    fn paired(&self, receipt: &Receipt) -> Receipt {
        let mut receipt = receipt.clone();
        for line in &mut receipt.lines {
            line.line = self.trade.pair(&line.line, &line.ids);
        }
        receipt
    }

    /// Undoes a receipt or a return.
    pub(super) fn void_receipt(&mut self, at: usize) -> Outcome {
        let record = self.trade.receipts[at].clone();
        if record.is_return {
            for line in &record.receipt.lines {
                if let Some(known) = self.trade.line_mut(&line.line) {
                    known.facts.returned -= line.returned;
                }
            }
        } else {
            let short = record.receipt.lines.iter().find(|line| {
                let known = self.trade.line(&line.line).map(|known| &known.facts);
                known.is_some_and(|facts| facts.received - line.received < facts.matched)
            });
            if let Some(line) = short {
                return Outcome::Refused(format!("line {} of this receipt has been invoiced and matched", line.line));
            }
            self.count_receipt(&record.receipt, -Decimal::ONE);
        }
        self.trade.receipts[at].voided = true;
        Outcome::Applied
    }

    /// In a sale the customer's advice waits for the shipment it names. Our own receipts wait for nothing but the order's line.
    fn is_known(&self, receipt: &Receipt) -> Result<(), Outcome> {
        let TradeScope { side, partner, test } = self.scope();
        if let Some(shipment) = &receipt.shipment
            && side == Side::Sale
            && self.trade.shipment(shipment).is_none()
        {
            return Err(Outcome::Park(Key::shipment(side, &partner, test, shipment), self.policy.waits.orders));
        }
        match receipt.lines.iter().find(|line| self.trade.line(&line.line).is_none()) {
            Some(line) => Err(self.lacks_line(&line.line, self.policy.waits.orders)),
            None => Ok(()),
        }
    }

    fn count_receipt(&mut self, receipt: &Receipt, sign: Decimal) {
        for line in &receipt.lines {
            if let Some(known) = self.trade.line_mut(&line.line) {
                known.facts.received += sign * line.received;
                known.facts.usable += sign * usable(line);
                known.facts.returned += sign * line.returned;
            }
        }
    }

    fn keep(&mut self, receipt: &Receipt, is_return: bool) {
        let event = self.event.key.clone();
        let costs = if is_return { Vec::new() } else { self.costs_of(receipt) };
        let receipt = receipt.clone();
        let record = ReceiptRecord { event, at: self.now, receipt, voided: false, is_return, costs };
        self.trade.receipts.push(record);
    }

    /// A shortage or damage today is a deduction tomorrow: somebody hears of it now.
    fn flag_differences(&mut self, receipt: &Receipt) {
        let shipment = receipt.shipment.as_deref().and_then(|number| self.trade.shipment(number));
        let mut cases = Vec::new();
        for line in &receipt.lines {
            let number = &line.line;
            let sent = shipment.map(|record| {
                let portions = record.shipment.lines.iter().filter(|portion| portion.line == *number);
                portions.map(|portion| portion.quantity).sum::<Decimal>()
            });
            let unusable = line.received - usable(line);
            let words = match sent {
                Some(sent) if sent != line.received => {
                    let said = line.conditions.iter().filter(|(condition, _)| condition != "good");
                    let said =
                        said.map(|(condition, quantity)| format!(", {quantity} {}", condition.replace('_', " ")));
                    format!("line {number}: {sent} shipped, {} received{}", line.received, said.collect::<String>())
                }
                _ if unusable > Decimal::ZERO => format!("line {number}: {unusable} of {} not usable", line.received),
                _ => match line.conditions.iter().find(|(condition, _)| condition != "good") {
                    Some((condition, quantity)) => {
                        format!("line {number}: {quantity} {}", condition.replace('_', " "))
                    }
                    None => continue,
                },
            };
            let price = self.trade.line(number).and_then(|line| line.agreed_price()).unwrap_or_default();
            let difference = (sent.unwrap_or(line.received) - line.received).abs().max(unusable);
            let key = format!("receipt|{}|{number}", receipt.number);
            let case = Exception::new(key, ExceptionKind::ReceiptDiffers, words);
            cases.push(case.line(number).money(price * difference));
        }
        for case in cases {
            self.open(case);
        }
    }
}

/// What a receipt comes to, line by line.
fn quantities(receipt: &Receipt) -> Vec<(&str, Decimal, Decimal)> {
    let mut lines: Vec<_> =
        receipt.lines.iter().map(|line| (line.line.as_str(), line.received, usable(line))).collect();
    lines.sort_unstable();
    lines
}

/// How much of a line can be used: what was said, otherwise what is not damaged, wrong or rejected.
pub(super) fn usable(line: &ReceiptLine) -> Decimal {
    line.accepted.unwrap_or((line.received - line.spoilt()).max(Decimal::ZERO))
}

impl ReceiptLine {
    /// How much came and cannot be used.
    pub fn spoilt(&self) -> Decimal {
        let spoilt = |condition: &str| matches!(condition, "damaged" | "quality" | "wrong" | "wrong_item" | "rejected");
        self.conditions.iter().filter(|(kind, _)| spoilt(kind)).map(|(_, quantity)| quantity).sum()
    }
}
