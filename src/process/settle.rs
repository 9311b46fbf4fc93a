//! What follows from a trade as it stands: answers, notices, invoices and cases that have become due, whichever event made
//! them so. Because it looks at the state and not at the event, the order of arrival does not matter to it.

use rust_decimal::Decimal;

use super::apply::Work;
use super::effect::Answers;
use super::event::{Bill, Decision, Rest, What};
use super::exception::{Exception, ExceptionKind};
use super::keys::Side;
use super::line::Line;
use super::policy::Invoicing;
use super::tolerance::Limit;
use super::trade::{Hold, Standing};

impl Work<'_> {
    pub(super) fn settle(&mut self) {
        match self.trade.side() {
            Side::Sale => {
                self.let_go_of_nothing();
                self.take_released_changes();
                self.decide_by_itself();
                self.answer_if_decided();
                self.flag_overages("over_ship", ExceptionKind::OverShip, self.policy.shipping.over);
                self.issue_notices();
                self.invoice_shipments();
                self.apply_payments();
                if self.policy.shipping.warehouse.is_some() {
                    self.ask_warehouse();
                }
            }
            Side::Purchase => {
                if self.trade.open_holds().next().is_none() {
                    self.issue_order();
                }
                self.flag_overages("over_receipt", ExceptionKind::OverReceipt, self.policy.buying.over_receipt);
                self.accrue();
                self.judge_bills();
            }
        }
        self.settle_deadlines();
    }

    /// A hold ends when nothing is left that it keeps back: its line was rejected or cancelled, or all lines were.
    fn let_go_of_nothing(&mut self) {
        let is_over = |line: &Line| {
            let counters = line.counters(Side::Sale);
            counters.open.is_zero() && counters.shipped.is_zero() && counters.undecided().is_zero()
        };
        let lines = &self.trade.lines;
        // A line that asks for nothing that can be delivered has nothing open from the start: somebody is to say what of it.
        let is_asked = |hold: &Hold, line: &Line| {
            hold.kind == ExceptionKind::LineUnclear
                && line.asked.iter().all(|asked| !asked.withdrawn)
                && line.decision.is_none()
        };
        let keeps_nothing = |hold: &&Hold| match &hold.line {
            Some(number) => lines.iter().any(|line| line.number == *number && is_over(line) && !is_asked(hold, line)),
            None => !lines.is_empty() && lines.iter().all(is_over),
        };
        let over: Vec<String> = self.trade.open_holds().filter(keeps_nothing).map(|hold| hold.key.clone()).collect();
        for key in over {
            self.end_hold(&key);
        }
    }

    /// Where that is agreed, what passed all checks is accepted without anybody.
    fn decide_by_itself(&mut self) {
        if !self.policy.answer.automatic || self.trade.open_holds().next().is_some() {
            return;
        }
        let open = self
            .trade
            .lines
            .iter()
            .any(|line| line.decision.is_none() && !line.counters(Side::Sale).undecided().is_zero());
        if open {
            let version = Some(self.trade.version());
            self.decided(&Decision { version, rest: Some(Rest::Accept), ..Decision::default() });
        }
    }

    /// S4: the answer goes out when every line has been decided; again when a later decision changes it.
    fn answer_if_decided(&mut self) {
        let all = self.trade.lines.iter().all(|line| line.counters(Side::Sale).undecided().is_zero());
        let any = self.trade.lines.iter().any(|line| line.decision.is_some());
        let held = self.trade.open_holds().next().is_some();
        // What another system of ours has answered is not answered once more.
        if !self.policy.answer.wanted || !all || !any || held || self.is_sent() {
            return;
        }
        let version = self.trade.order_version;
        let stem = format!("order_response|{version}");
        let is_answered = self.trade.latest_issued(&stem).is_some();
        match self.answer_waiting_changes() {
            Some(Standing::Withdrawn) if is_answered => return,
            Some(Standing::Withdrawn) | None => {}
            Some(_) => return,
        }
        if !is_answered {
            self.answer_order(stem, Answers::Order);
        } else if matches!(self.event.what, What::Decided(_)) {
            let key = self.next_answer(&stem);
            let answers = match self.trade.version() {
                latest if latest > version => Answers::Change(latest),
                _ => Answers::Order,
            };
            self.answer_order(key, answers);
        }
    }

    /// Changes that were not answered when they came are answered now that everything is decided. Answers how one of them
    /// stands: withdrawn only where all of them are.
    fn answer_waiting_changes(&mut self) -> Option<Standing> {
        let mut waiting = Vec::new();
        for change in self.trade.changes.iter_mut().filter(|change| !change.replaces && !change.cancels) {
            if !self.trade.issued.iter().any(|issued| issued.key == format!("order_response|{}", change.sequence)) {
                if change.standing == Standing::Awaiting {
                    change.standing = Standing::Applied;
                }
                waiting.push((change.sequence, change.standing));
            }
        }
        for (sequence, standing) in &waiting {
            match standing {
                Standing::Withdrawn => self.refuse_change(*sequence, "the order stands as it was"),
                _ => self.answer_order(format!("order_response|{sequence}"), Answers::Change(*sequence)),
            }
        }
        let stands = waiting.iter().find(|(_, standing)| *standing != Standing::Withdrawn);
        stands.or(waiting.first()).map(|(_, standing)| *standing)
    }

    fn next_answer(&self, stem: &str) -> String {
        let count = self.trade.issued.iter().filter(|issued| issued.key.starts_with(stem)).count();
        format!("{stem}#{}", count + 1)
    }

    /// I2: more than ordered has gone, beyond what is tolerated. The case closes when the order catches up.
    fn flag_overages(&mut self, stem: &str, kind: ExceptionKind, limit: Limit) {
        let side = self.trade.side();
        let mut over = Vec::new();
        for line in &self.trade.lines {
            let counters = line.counters(side);
            let most = limit.allowance(counters.ordered).map(|allowed| counters.ordered + allowed);
            let gone = if side == Side::Sale { counters.shipped } else { counters.received };
            let excess = most.map(|most| gone - most).filter(|excess| *excess > Decimal::ZERO);
            over.push((line.number.clone(), gone, counters.ordered, excess, line.agreed_price()));
        }
        for (line, gone, ordered, excess, price) in over {
            let key = format!("{stem}|{line}");
            match excess {
                Some(excess) if !self.trade.dismissed.contains(&key) => {
                    let words = format!("line {line}: {gone} of {ordered} ordered, over by {}", gone - ordered);
                    self.open(Exception::new(key, kind, words).line(&line).money(excess * price.unwrap_or_default()));
                }
                Some(_) => {}
                None => self.close(&key),
            }
        }
    }

    /// S9: invoices by shipment, or one for all when everything has gone.
    fn invoice_shipments(&mut self) {
        match self.policy.invoice.when {
            Invoicing::OnRequest => {}
            Invoicing::PerShipment => {
                for at in 0..self.trade.shipments.len() {
                    let record = &self.trade.shipments[at];
                    let number = record.shipment.number.clone();
                    if !record.voided && self.may_invoice(&number) {
                        let lines = super::bill::unbilled(record);
                        self.invoice_lines(Some(number), lines);
                    }
                }
            }
            Invoicing::Consolidated => {
                let shipments: Vec<_> = self.trade.shipments.iter().filter(|record| !record.voided).collect();
                let told = shipments.iter().all(|record| self.may_invoice(&record.shipment.number));
                if self.trade.has_gone() && told {
                    let lines = self
                        .trade
                        .lines
                        .iter()
                        .map(|line| (line.number.clone(), line.facts.shipped - line.facts.invoiced));
                    let lines = lines.filter(|(_, left)| *left > Decimal::ZERO).collect();
                    self.invoice_lines(None, lines);
                }
            }
        }
    }

    fn invoice_lines(&mut self, shipment: Option<String>, lines: Vec<(String, Decimal)>) {
        let possible = lines.into_iter().map(|(line, left)| (line.clone(), left.min(self.invoiceable(&line))));
        let lines: Vec<(String, Decimal)> = possible.filter(|(_, quantity)| *quantity > Decimal::ZERO).collect();
        if lines.is_empty() {
            return;
        }
        let bill = Bill { shipment, ..Bill::default() };
        if let Err(why) = self.issue_invoice(&bill, &lines) {
            let line = lines.first().map_or("", |(line, _)| line.as_str());
            self.open(Exception::new(format!("price|{line}"), ExceptionKind::PriceDiffers, why).line(line));
        }
    }
}
