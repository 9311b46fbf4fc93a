//! Our answers to orders and changes (S4, S5, S6): line by line what comes, comes later, or does not come.

use rust_decimal::Decimal;

use super::super::apply::Work;
use super::super::effect::Answers;
use super::super::event::{Change, DatedPart, LineAction, LineChange};
use super::super::keys::Side;
use super::super::line::Line;
use crate::canonical::Kind;
use crate::canonical::common::Note;
use crate::canonical::line::Schedule;
use crate::canonical::order::{LineDecision, OrderHead, OrderResponse, ResponseLine};

const ROLES: &[&str] = &["buyer", "seller", "ship_to", "ship_from", "bill_to"];

impl Work<'_> {
    /// S4: the answer to the order as a whole. `key` is new for every further answer.
    pub fn answer_order(&mut self, key: String, answers: Answers) {
        let change = matches!(answers, Answers::Change(_));
        let answer = |line: &Line| match change {
            true => changed(decided(line), Some(LineAction::Set), line.counters(Side::Sale).open),
            false => decided(line),
        };
        let lines: Vec<ResponseLine> = self.trade.lines.iter().map(answer).collect();
        let decision = verdict(&self.trade.lines, &lines);
        let sequence = if let Answers::Change(sequence) = answers { Some(sequence) } else { None };
        self.respond(key, decision, sequence, lines, None, answers);
    }

    /// The order is told again as it stands, line by line: a replacement came too late, or what was short will not come.
    pub fn answer_with_remainder(&mut self) {
        if self.trade.side() == Side::Sale && self.policy.answer.wanted {
            let key = self.next_issue("order_response|remainder");
            self.answer_order(key, Answers::Order);
        }
    }

    /// S5: a change is answered at once, each of its lines accepted as it now stands or rejected.
    pub fn answer_change(&mut self, sequence: u32, change: &Change) {
        if self.trade.side() == Side::Purchase {
            return self.issue_change(sequence, change);
        }
        let revision = self.trade.changes.iter().find(|revision| revision.sequence == sequence);
        let awaits = revision.is_some_and(|revision| revision.standing == super::super::Standing::Awaiting);
        if !self.policy.answer.wanted || awaits {
            return;
        }
        let refused = revision.map(|revision| revision.refused.clone()).unwrap_or_default();
        let mut lines = Vec::new();
        for wanted in &change.lines {
            let why = refused.iter().find(|(line, _)| *line == wanted.line).map(|(_, why)| why.as_str());
            let Some(line) = self.trade.line(&wanted.line) else {
                lines.push(changed(unknown(wanted), Some(wanted.action), Decimal::ZERO));
                continue;
            };
            let counters = line.counters(Side::Sale);
            let ordered = counters.ordered;
            let mut answer = changed(stated(line, ordered), Some(wanted.action), counters.open);
            answer.line.notes.extend(why.map(note));
            let kind = match (why, ordered.is_zero()) {
                (Some(_), _) => "rejected",
                (None, true) => "deleted",
                (None, false) => "accepted",
            };
            answer.decisions.push(part(line, kind, ordered));
            lines.push(answer);
        }
        let rejected =
            |line: &ResponseLine| line.decisions.iter().any(|decision| decision.kind.as_deref() == Some("rejected"));
        let decision = match lines.iter().filter(|line| rejected(line)).count() {
            0 => "accepted",
            all if all == lines.len() => "rejected",
            _ => "accepted_with_changes",
        };
        let key = format!("order_response|{sequence}");
        self.respond(key, decision, Some(sequence), lines, None, Answers::Change(sequence));
    }

    /// S6: a cancellation is accepted, accepted for what had not left, or rejected.
    pub fn answer_cancellation(&mut self, sequence: Option<u32>) {
        if self.trade.side() == Side::Purchase {
            return self.issue_cancellation(sequence.unwrap_or_default());
        }
        if !self.policy.answer.wanted {
            return;
        }
        let mut lines = Vec::new();
        let (mut gone, mut cancelled) = (Decimal::ZERO, Decimal::ZERO);
        for line in &self.trade.lines {
            let counters = line.counters(Side::Sale);
            gone += counters.shipped;
            cancelled += counters.cancelled;
            let mut answer = changed(stated(line, counters.ordered), None, counters.open);
            if counters.cancelled > Decimal::ZERO {
                answer.decisions.push(part(line, "deleted", counters.cancelled));
            }
            if counters.shipped > Decimal::ZERO {
                answer.decisions.push(part(line, "accepted", counters.shipped));
            }
            lines.push(answer);
        }
        let decision = match (gone.is_zero(), cancelled.is_zero()) {
            (true, _) => "accepted",
            (false, true) => "rejected",
            (false, false) => "accepted_with_changes",
        };
        let (key, answers) = match sequence {
            Some(sequence) => (format!("order_response|{sequence}"), Answers::Change(sequence)),
            None => ("order_response|cancel".to_owned(), Answers::Cancellation),
        };
        self.respond(key, decision, sequence, lines, None, answers);
    }

    /// T1: the time for the answer is up. What is decided is said, and that the rest is on hold.
    pub fn answer_on_time(&mut self) {
        let version = self.trade.order_version;
        let stem = format!("order_response|{version}");
        if !self.policy.answer.wanted || self.trade.latest_issued(&stem).is_some() {
            return;
        }
        let mut lines = Vec::new();
        for line in &self.trade.lines {
            let counters = line.counters(Side::Sale);
            let held = self.trade.is_held(&line.number) && counters.shipped.is_zero();
            let mut answer = if held { stated(line, counters.ordered) } else { decided(line) };
            let undecided = if held { counters.open } else { counters.undecided() };
            if undecided > Decimal::ZERO {
                answer.decisions.push(part(line, "hold", undecided));
            }
            lines.push(answer);
        }
        for hold in self.trade.holds.iter_mut().filter(|hold| hold.released.is_none()) {
            hold.told = Some(format!("on hold since {}", self.policy.calendar.date(hold.since)));
        }
        let key = format!("order_response|{version}|hold");
        self.respond(key, "hold", None, lines, None, Answers::Order);
    }

    /// A change that cannot be taken at all, answered with the reason.
    pub fn refuse_change(&mut self, sequence: u32, why: &str) {
        if self.trade.side() == Side::Sale && self.policy.answer.wanted {
            let key = format!("order_response|{sequence}");
            self.respond(key, "rejected", Some(sequence), Vec::new(), Some(why), Answers::Change(sequence));
        }
    }

    fn respond(
        &mut self,
        key: String,
        decision: &str,
        sequence: Option<u32>,
        lines: Vec<ResponseLine>,
        why: Option<&str>,
        answers: Answers,
    ) {
        let count = self.trade.issued.iter().filter(|issued| issued.kind == "order_response").count() + 1;
        let mut head = self.head(Some(format!("{}-{count}", self.trade.key.order)), "original", ROLES);
        head.notes.extend(why.map(note));
        let response = OrderResponse {
            head: OrderHead {
                head,
                release: self.trade.key.release.clone(),
                contract: self.trade.head.contract.clone(),
                ..OrderHead::default()
            },
            order_number: Some(self.trade.key.order.clone()),
            order_date: self.trade.head.date,
            decision: Some(decision.into()),
            sequence: sequence.map(|sequence| sequence.to_string()),
            lines,
            ..OrderResponse::default()
        };
        self.issue(key, Kind::OrderResponse, response, answers);
    }
}

/// A line with what was decided about each part of it.
fn decided(line: &Line) -> ResponseLine {
    let counters = line.counters(Side::Sale);
    let mut answer = stated(line, counters.ordered);
    let decision = line.decision.as_ref().map(|decided| &decided.decision);
    let accepted = counters.accepted.max(counters.shipped.min(counters.ordered));
    if accepted > Decimal::ZERO {
        let kind = accepted_how(line, accepted, counters.ordered, counters.backordered);
        let whole =
            || vec![DatedPart { quantity: accepted, date: decision.and_then(|decision| decision.date.clone()) }];
        let parts = decision.map(|decision| decision.parts_of(accepted)).filter(|parts| !parts.is_empty());
        if let Some(parts) = &parts {
            answer.line.schedules = parts.iter().map(|dated| schedule(line, dated)).collect();
        }
        for dated in parts.unwrap_or_else(whole) {
            let mut part = part(line, kind, dated.quantity);
            part.ids = decision.map(|decision| decision.substitute.clone()).unwrap_or_default();
            set_date(&mut part, dated.date.as_ref());
            answer.decisions.push(part);
        }
    }
    if counters.backordered > Decimal::ZERO {
        let mut part = part(line, "backordered", counters.backordered);
        set_date(&mut part, decision.and_then(|decision| decision.backorder_date.as_ref()));
        answer.decisions.push(part);
    }
    if counters.rejected > Decimal::ZERO {
        let reason = rejection(decision.and_then(|decision| decision.reason.as_deref()).unwrap_or_default());
        answer.decisions.push(part(line, reason, counters.rejected));
    }
    if counters.cancelled > Decimal::ZERO {
        answer.decisions.push(part(line, "deleted", counters.cancelled));
    }
    answer
}

/// The word for the accepted part: what about it is not as it was asked.
fn accepted_how(line: &Line, accepted: Decimal, ordered: Decimal, backordered: Decimal) -> &'static str {
    let Some(decided) = &line.decision else { return "accepted" };
    let decision = &decided.decision;
    if !decision.substitute.is_empty() {
        "substituted"
    } else if decision.price.is_some() && line.agreed_price() != line.ordered_price() {
        "price_changed"
    } else if decision.date.is_some() {
        "date_changed"
    } else if accepted < ordered && backordered.is_zero() && decision.rejected.is_zero() {
        "quantity_changed"
    } else {
        "accepted"
    }
}

/// The answer as a whole.
fn verdict(ours: &[Line], lines: &[ResponseLine]) -> &'static str {
    let only = |wanted: &str| {
        let mut decisions = lines.iter().flat_map(|line| &line.decisions).map(|decision| decision.kind.as_deref());
        decisions.all(|kind| kind.is_some_and(|kind| kind.starts_with(wanted)))
    };
    let all = ours.iter().all(|line| line.counters(Side::Sale).undecided().is_zero());
    if only("rejected") && all {
        "rejected"
    } else if only("accepted") {
        "accepted"
    } else {
        "accepted_with_changes"
    }
}

fn stated(line: &Line, quantity: Decimal) -> ResponseLine {
    let mut common = super::line(line);
    common.quantity = Some(quantity);
    common.price = line.agreed_price();
    ResponseLine { line: common, ..ResponseLine::default() }
}

fn part(line: &Line, kind: &str, quantity: Decimal) -> LineDecision {
    let price = (kind == "price_changed").then(|| line.agreed_price()).flatten();
    LineDecision {
        kind: Some(kind.into()),
        quantity: Some(quantity),
        unit: line.unit.clone(),
        price,
        ..LineDecision::default()
    }
}

/// A line as answers to changes have it: what was asked of it, and what is still to come. `None`: that it be cancelled.
fn changed(line: ResponseLine, action: Option<LineAction>, open: Decimal) -> ResponseLine {
    let word = match action {
        Some(LineAction::Add) => "add",
        Some(LineAction::Set) => "change",
        Some(LineAction::Increase | LineAction::Raise) => "quantity_increase",
        Some(LineAction::Decrease | LineAction::Lower) => "quantity_decrease",
        Some(LineAction::Delete) | None => "delete",
    };
    ResponseLine { change: Some(word.into()), open_quantity: Some(open), ..line }
}

/// A line that a change names and the order does not have. A quantity is told with a unit, whatever it may have been.
fn unknown(wanted: &LineChange) -> ResponseLine {
    let common = crate::canonical::Line {
        number: Some(wanted.line.clone()),
        quantity: Some(wanted.quantity.unwrap_or_default()),
        unit: wanted.unit.clone().or_else(|| Some("EA".into())),
        ids: wanted.ids.clone(),
        ..crate::canonical::Line::default()
    };
    let (quantity, unit) = (common.quantity, common.unit.clone());
    let decision = LineDecision { kind: Some("rejected".into()), quantity, unit, ..LineDecision::default() };
    ResponseLine { line: common, decisions: vec![decision], ..ResponseLine::default() }
}

/// The same part where a document tells days apart from decisions: SCC, SCH.
fn schedule(line: &Line, dated: &DatedPart) -> Schedule {
    Schedule {
        quantity: Some(dated.quantity),
        unit: line.unit.clone(),
        date_kind: dated.date.as_ref().map(|(kind, _)| kind.clone()),
        date: dated.date.as_ref().map(|(_, date)| *date),
        ..Schedule::default()
    }
}

fn set_date(part: &mut LineDecision, date: Option<&(String, jiff::civil::Date)>) {
    if let Some((kind, date)) = date {
        part.date_kind = Some(kind.clone());
        part.date = Some(*date);
    }
}

/// Why something is not as it was asked for.
fn note(text: &str) -> Note {
    Note { code: Some("reason".into()), text: Some(text.to_owned()), ..Note::default() }
}

/// The word of the decision tables for why a line does not come, from whatever somebody called it.
fn rejection(said: &str) -> &'static str {
    const WORDS: &[(&str, &str)] = &[
        ("contract_ended", "rejected_contract_ended"),
        ("not_contract", "rejected_not_contract"),
        ("discontinued", "rejected_invalid_item"),
        ("invalid_item", "rejected_invalid_item"),
        ("unknown_item", "rejected_invalid_item"),
        ("item_unknown", "rejected_invalid_item"),
        ("invalid_unit", "rejected_invalid_unit"),
        ("unit_unknown", "rejected_invalid_unit"),
        ("ship_to", "rejected_ship_to"),
        ("reissue", "rejected_reissue"),
        ("supplier", "rejected_supplier"),
        ("source", "rejected_source"),
    ];
    let plain = said.strip_prefix("rejected_").unwrap_or(said);
    WORDS.iter().find(|(word, _)| *word == plain).map_or("rejected", |(_, reason)| reason)
}
