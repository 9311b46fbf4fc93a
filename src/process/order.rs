//! An order comes, or is placed (S1, B1).

use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::effect::Effect;
use super::intake::Problem;
use super::line::{Asked, Line};
use super::trade::{Head, Hold};
use crate::canonical::Order;
use crate::canonical::common::DateMark;

impl Work<'_> {
    pub(super) fn ordered(&mut self, order: &Order, problems: &[Problem]) -> Outcome {
        if self.trade.ordered_at.is_some() {
            return Outcome::Refused(format!("order {} is here already", self.trade.key.order));
        }
        self.trade.ordered_at = Some(self.now);
        self.trade.head = head(order);
        self.trade.lines = order.lines.iter().enumerate().map(|(at, line)| from_order(line, at, 0)).collect();
        for problem in problems {
            self.hold(problem);
        }
        self.tell("order.received", self.trade.key.order.clone());
        Outcome::Applied
    }

    /// What must be settled before the order, or its line, goes on.
    fn hold(&mut self, problem: &Problem) {
        let key = match &problem.line {
            Some(line) => format!("{}|{line}", problem.kind),
            None => problem.kind.to_string(),
        };
        let hold = Hold {
            key,
            line: problem.line.clone(),
            kind: problem.kind,
            queue: problem.kind.queue(),
            words: problem.words.clone(),
            told: None,
            since: self.now,
            released: None,
        };
        self.trade.holds.push(hold.clone());
        self.effects.push(Effect::Hold(hold));
        self.tell("order.held", self.trade.key.order.clone());
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
    }
}

/// A line as an order has it. A line without a number gets its position, counted from 1.
pub(super) fn from_order(line: &crate::canonical::Line, at: usize, version: u32) -> Line {
    let number = line.number.clone().unwrap_or_else(|| (at + 1).to_string());
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

fn dates(marks: &[DateMark]) -> Vec<(String, jiff::civil::Date)> {
    marks.iter().filter_map(|mark| Some((mark.kind.clone()?, mark.date?))).collect()
}
