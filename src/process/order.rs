//! An order comes, or is placed (S1, B1), and its holds are released (S2, S3).

use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::change::is_one_unit;
use super::effect::Effect;
use super::exception::{Exception, ExceptionKind, Queue};
use super::intake::Problem;
use super::keys::Side;
use super::line::{Asked, Line};
use super::matching;
use super::policy::Remainder;
use super::trade::{Head, Hold, Release};
use crate::canonical::Order;
use crate::canonical::common::DateMark;

impl Work<'_> {
    pub(super) fn ordered(&mut self, order: &Order, problems: &[Problem]) -> Outcome {
        if self.trade.ordered_at.is_some() {
            let words =
                format!("order {} came again with another content; nothing was overwritten", self.trade.key.order);
            self.open(Exception::new("conflict|order", ExceptionKind::Conflict, words));
            return Outcome::Conflict;
        }
        self.trade.ordered_at = Some(self.now);
        self.take_head(order);
        self.trade.lines = lines_of(order, 0);
        for problem in problems {
            self.hold(problem);
        }
        if self.trade.side() == Side::Purchase {
            self.trade.unsent = Some(Box::new(order.clone()));
        }
        self.tell("order.received", self.trade.key.order.clone());
        Outcome::Applied
    }

    /// Purpose confirm, duplicate or copy: equal to what is stored, or a conflict.
    pub(super) fn confirmed(&mut self, order: &Order) -> Outcome {
        let fresh = lines_of(order, 0);
        let same = |(known, fresh): (&Line, &Line)| {
            let asked = fresh.current().map(|asked| (asked.quantity, asked.price));
            let was = known.asked.iter().find(|asked| asked.version == self.trade.order_version);
            let number = known.number == fresh.number && is_one_unit(known, fresh);
            number && was.map(|asked| (asked.quantity, asked.price)) == asked
        };
        // The latest that came as a whole order, without what it took away.
        let whole = self.trade.lines.iter().filter(|line| {
            let mut asked = line.asked.iter().filter(|asked| asked.version == self.trade.order_version);
            asked.any(|asked| asked.version == 0 || !asked.quantity.is_zero())
        });
        let whole: Vec<&Line> = whole.collect();
        if whole.len() == fresh.len() && whole.into_iter().zip(&fresh).all(same) {
            return Outcome::Duplicate;
        }
        let words = format!("a confirmation of order {} is not equal to the order", self.trade.key.order);
        self.open(Exception::new("conflict|order", ExceptionKind::Conflict, words));
        Outcome::Conflict
    }

    pub(super) fn take_head(&mut self, order: &Order) {
        self.trade.head = head(order);
    }

    /// Something must be settled before the order, or its line, goes on.
    pub(super) fn hold(&mut self, problem: &Problem) {
        self.hold_for(problem, None);
    }

    /// The same because of a change.
    pub(super) fn hold_for(&mut self, problem: &Problem, change: Option<u32>) {
        let key = hold_key(problem);
        if self.trade.open_holds().any(|hold| hold.key == key) {
            return;
        }
        let hold = Hold {
            key: key.clone(),
            line: problem.line.clone(),
            kind: problem.kind,
            queue: problem.kind.queue(),
            words: problem.words.clone(),
            price: problem.price,
            promised: problem.promised,
            told: None,
            since: self.now,
            released: None,
            change,
        };
        self.trade.holds.push(hold.clone());
        self.effects.push(Effect::Hold(hold));
        let mut case = Exception::new(format!("hold|{key}"), problem.kind, problem.words.clone());
        (case.line, case.money, case.cause) = (problem.line.clone(), problem.money, problem.cause.clone());
        self.open(case);
        self.tell("order.held", self.trade.key.order.clone());
    }

    /// Whoever set the price does not release its hold, and credit is released by Credit only.
    pub(super) fn released(&mut self, key: &str) -> Outcome {
        let Some(at) = self.trade.holds.iter().position(|hold| hold.key == key && hold.released.is_none()) else {
            return Outcome::Refused(format!("order {} has no hold {key}", self.trade.key.order));
        };
        let hold = &self.trade.holds[at];
        let by = self.event.source.by().unwrap_or_default().to_owned();
        if hold.queue == Queue::Credit && self.event.source.role() != Some("credit") {
            return Outcome::Refused(format!("{key} is released by Credit only"));
        }
        let mut prices =
            self.trade.lines.iter().filter(|line| hold.line.as_ref().is_none_or(|held| *held == line.number));
        let set_it = |line: &Line| {
            let decided = line.decision.as_ref().filter(|decided| decided.decision.price.is_some());
            decided.is_some_and(|decided| decided.by.as_deref() == Some(&by))
        };
        if hold.kind == ExceptionKind::PriceDiffers && prices.any(set_it) {
            return Outcome::Refused(format!("{by} set the price and cannot release {key}"));
        }
        self.end_hold(key);
        Outcome::Applied
    }

    /// Holds end of which a second look finds nothing any more. What else it finds about their lines holds them from now
    /// on, unless somebody has let that go before.
    pub(super) fn rechecked(&mut self, holds: &[String], problems: &[Problem]) -> Outcome {
        let found: Vec<String> = problems.iter().map(hold_key).collect();
        for key in holds.iter().filter(|key| !found.contains(key)) {
            self.end_hold(key);
        }
        for problem in problems {
            let key = hold_key(problem);
            if !self.trade.holds.iter().any(|hold| hold.key == key) {
                self.hold(problem);
            }
        }
        Outcome::Applied
    }

    /// A price of ours within what the list allows is no override: what was asked about the price is answered by it.
    pub(super) fn answer_price(&mut self, line: &str, price: Decimal) {
        let asks = |hold: &&Hold| hold.kind == ExceptionKind::PriceDiffers && hold.line.as_deref() == Some(line);
        let Some(hold) = self.trade.open_holds().find(asks) else { return };
        let is_listed = hold.price.is_some_and(|list| self.policy.intake.price.judge(list, price).is_allowed());
        if is_listed {
            let key = hold.key.clone();
            self.end_hold(&key);
        }
    }

    /// No more is accepted than could be promised: what was asked about the stock is answered by it.
    pub(super) fn answer_stock(&mut self, line: &str) {
        let asks = |hold: &&Hold| hold.kind == ExceptionKind::StockShort && hold.line.as_deref() == Some(line);
        let Some(hold) = self.trade.open_holds().find(asks) else { return };
        let decided = self.trade.line(line).and_then(|line| line.decision.as_ref());
        let fits = |promised: Decimal| {
            decided.map(|decided| &decided.decision).is_some_and(|decision| {
                decision.accepted <= promised && decision.backordered + decision.rejected > Decimal::ZERO
            })
        };
        if hold.promised.is_some_and(fits) {
            let key = hold.key.clone();
            self.end_hold(&key);
        }
    }

    /// An open hold ends with this event, and its case with it.
    pub(super) fn end_hold(&mut self, key: &str) {
        let by = self.event.source.by().unwrap_or_default().to_owned();
        let now = self.now;
        let Some(hold) = self.trade.holds.iter_mut().find(|hold| hold.key == key && hold.released.is_none()) else {
            return;
        };
        hold.released = Some(Release { by, at: now });
        self.effects.push(Effect::ReleaseHold(key.to_owned()));
        self.close(&format!("hold|{key}"));
        self.tell("order.released", self.trade.key.order.clone());
    }

    pub(super) fn factor_approved(&mut self, line: &str, unit: &str, factor: Decimal) -> Outcome {
        if factor <= Decimal::ZERO {
            return Outcome::Refused(format!("{factor} is no factor between units"));
        }
        let Some(line) = self.trade.line_mut(line) else {
            return Outcome::Refused(format!("there is no line {line}"));
        };
        line.factors.insert(unit.to_owned(), factor);
        Outcome::Applied
    }
}

/// Names the hold of a problem within its trade: `price_differs|1`, `credit_exceeded`.
pub fn hold_key(problem: &Problem) -> String {
    match &problem.line {
        Some(line) => format!("{}|{line}", problem.kind),
        None => problem.kind.to_string(),
    }
}

fn head(order: &Order) -> Head {
    let common = &order.head.head;
    Head {
        currency: common.currency.clone(),
        date: common.date,
        kind: order.head.r#type.clone(),
        contract: order.head.contract.clone(),
        department: order.head.department.clone(),
        parties: common.parties.clone(),
        references: common.references.clone(),
        terms: order.head.terms.clone(),
        dates: dates(&common.dates),
        remainder: order.head.requirements.iter().find_map(|required| remainder(required.code.as_deref()?)),
        freight: matching::freight_of(&order.head.adjustments),
    }
}

/// X12 CSH01 (563): no back order, and ship complete, leave nothing to come later; back order does.
fn remainder(code: &str) -> Option<Remainder> {
    match code {
        "N" | "SC" => Some(Remainder::Close),
        "Y" => Some(Remainder::Backorder),
        _ => None,
    }
}

/// The lines of an order as its first version has them, each under a number of its own.
pub(super) fn lines_of(order: &Order, version: u32) -> Vec<Line> {
    line_numbers(&order.lines)
        .into_iter()
        .zip(&order.lines)
        .map(|(number, line)| from_order(line, number, version))
        .collect()
}

/// The number of each line: its own; the position of one without a number, counted from 1; `1-2` for the second that says
/// it is line 1.
pub fn line_numbers(lines: &[crate::canonical::Line]) -> Vec<String> {
    let said: BTreeSet<&str> = lines.iter().filter_map(|line| line.number.as_deref()).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut numbers = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let is_free = |number: &String| !taken.contains(number) && !said.contains(number.as_str());
        let number = match &line.number {
            Some(own) if !taken.contains(own) => own.clone(),
            Some(own) => (2..).map(|time| format!("{own}-{time}")).find(is_free).unwrap_or_default(),
            None => (at + 1..).map(|position| position.to_string()).find(is_free).unwrap_or_default(),
        };
        taken.insert(number.clone());
        numbers.push(number);
    }
    numbers
}

/// A line as an order has it, under a number.
pub(super) fn from_order(line: &crate::canonical::Line, number: String, version: u32) -> Line {
    let quantity = line.quantity.unwrap_or(Decimal::ZERO).max(Decimal::ZERO);
    Line {
        number,
        unit: line.unit.clone(),
        ids: line.ids.clone(),
        description: line.description.clone(),
        price_basis: line.price_basis.clone(),
        asked: vec![Asked { version, quantity, price: line.price, taken: false, withdrawn: false }],
        dates: dates(&line.dates),
        ..Line::default()
    }
}

pub(super) fn dates(marks: &[DateMark]) -> Vec<(String, Date)> {
    marks.iter().filter_map(|mark| Some((mark.kind.clone()?, mark.date?))).collect()
}

/// Later dates of a kind outweigh earlier ones.
pub(super) fn merge_dates(known: &mut Vec<(String, Date)>, fresh: &[(String, Date)]) {
    for (kind, date) in fresh {
        match known.iter_mut().find(|(other, _)| other == kind) {
            Some((_, known)) => *known = *date,
            None => known.push((kind.clone(), *date)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::line_numbers;
    use crate::canonical::Line;

    #[test]
    fn every_line_has_a_number_of_its_own() {
        let numbers = |said: &[Option<&str>]| {
            let line = |number: &Option<&str>| Line { number: number.map(str::to_owned), ..Line::default() };
            line_numbers(&said.iter().map(line).collect::<Vec<_>>())
        };
        assert_eq!(numbers(&[Some("10"), Some("20")]), ["10", "20"]);
        assert_eq!(numbers(&[None, None]), ["1", "2"]);
        assert_eq!(numbers(&[None, None, Some("2")]), ["1", "3", "2"]);
        assert_eq!(numbers(&[Some("1"), Some("1"), Some("1-2"), Some("1")]), ["1", "1-3", "1-2", "1-4"]);
    }
}
