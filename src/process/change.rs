//! An order is changed, cancelled or replaced (S5, S6, B5).

use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::event::{Change, LineAction, LineChange};
use super::exception::{Exception, ExceptionKind};
use super::intake::Problem;
use super::keys::{Key, Side};
use super::line::{Asked, Ending, Line};
use super::order::{lines_of, merge_dates};
use super::policy::ChangeRules;
use super::trade::{Hold, Revision, Standing, Trade};
use crate::canonical::{Order, unit};

impl Work<'_> {
    pub(super) fn changed(&mut self, change: &Change) -> Outcome {
        let sequence = match self.next_sequence(change.sequence, change.skips) {
            Ok(sequence) => sequence,
            Err(outcome) => {
                if let (Outcome::Refused(why), Some(sequence)) = (&outcome, change.sequence) {
                    self.refuse_change(sequence, why);
                }
                return outcome;
            }
        };
        let mut refused = Vec::new();
        for line in &change.lines {
            let waits = |problem: &Problem| problem.line.as_ref().is_none_or(|held| *held == line.line);
            let taken = self.policy.change.automatic && !change.problems.iter().any(waits);
            if let Err(why) = change_line(&mut self.trade, line, (sequence, taken), &self.policy.change) {
                refused.push((line.line.clone(), why));
            }
        }
        merge_dates(&mut self.trade.head.dates, &change.dates);
        for (line, why) in &refused {
            let words = format!("line {line} of order {}: {why}", self.trade.key.order);
            let key = format!("change|{sequence}|{line}");
            self.open(Exception::new(key, ExceptionKind::ChangeTooLate, words).line(line));
        }
        for problem in &change.problems {
            self.hold_for(problem, Some(sequence));
        }
        self.revise(sequence, refused, change.problems.is_empty() && self.policy.change.automatic);
        self.answer_change(sequence, change);
        self.tell("order.changed", self.trade.key.order.clone());
        Outcome::Applied
    }

    /// Cancels what has not left.
    pub(super) fn cancelled(&mut self, sequence: Option<u32>) -> Outcome {
        let sequence = match sequence {
            Some(_) => match self.next_sequence(sequence, false) {
                Ok(sequence) => Some(sequence),
                Err(outcome) => return outcome,
            },
            None if self.trade.side() == Side::Purchase => Some(self.trade.version() + 1),
            None => None,
        };
        let side = self.trade.side();
        let gone: Decimal = self.trade.lines.iter().map(|line| gone(line, side)).sum();
        for line in &mut self.trade.lines {
            line.ending = Some(Ending::Cancelled);
        }
        if let Some(sequence) = sequence {
            self.revise(sequence, Vec::new(), true);
            if let Some(change) = self.trade.changes.last_mut() {
                change.cancels = true;
            }
        }
        if gone > Decimal::ZERO {
            let words = format!("order {} is cancelled; {gone} had left before", self.trade.key.order);
            self.open(Exception::new("cancel", ExceptionKind::ChangeTooLate, words));
        }
        self.answer_cancellation(sequence);
        self.tell("order.cancelled", self.trade.key.order.clone());
        Outcome::Applied
    }

    /// A whole new version under the same number: only while nothing has left and nothing is invoiced of what it touches.
    pub(super) fn replaced(&mut self, order: &Order, problems: &[Problem]) -> Outcome {
        if let Err(why) = self.trade.may_become(order) {
            self.refuse_with_advice("order", &self.trade.key.order.clone(), &why);
            self.answer_with_remainder();
            return Outcome::Refused(why);
        }
        let repeated = self.trade.lines.iter().filter(|line| is_repeated(line, order));
        let repeated: Vec<String> = repeated.map(|line| line.number.clone()).collect();
        let version = self.trade.version() + 1;
        for fresh in lines_of(order, version) {
            match self.trade.line_mut(&fresh.number) {
                Some(known) => {
                    known.unit = fresh.unit;
                    known.ids = fresh.ids;
                    known.description = fresh.description;
                    known.dates = fresh.dates;
                    if !repeated.contains(&known.number) {
                        // What was decided answered another question.
                        known.decision = None;
                    }
                    known.asked.extend(fresh.asked);
                }
                None => self.trade.lines.push(fresh),
            }
        }
        for line in &mut self.trade.lines {
            if line.asked.last().is_some_and(|asked| asked.version < version) {
                let price = line.ordered_price();
                line.asked.push(Asked { version, quantity: Decimal::ZERO, price, taken: false, withdrawn: false });
            }
        }
        self.take_head(order);
        self.trade.order_version = version;
        self.revise(version, Vec::new(), self.policy.change.automatic);
        for problem in problems {
            self.hold(problem);
        }
        self.tell("order.changed", self.trade.key.order.clone());
        Outcome::Applied
    }

    /// The sequence a change has, or why it does not apply now. `skips`: it waits for none before it.
    fn next_sequence(&self, given: Option<u32>, skips: bool) -> Result<u32, Outcome> {
        let last = self.trade.version();
        let sequence = given.unwrap_or(last + 1);
        if self.trade.side() == Side::Purchase
            && let Some(open) = self.trade.changes.iter().find(|change| change.standing == Standing::Awaiting)
        {
            // Only one change may be unanswered: the next waits.
            return Err(Outcome::Park(Key::answer(&self.trade.key, open.sequence), self.policy.buying.answer_within));
        }
        if sequence > last + 1 && !skips {
            let awaits = Key::change(&self.trade.key, sequence - 1);
            return Err(Outcome::Park(awaits, self.policy.change.gap));
        }
        if self.trade.changes.iter().any(|change| change.sequence >= sequence) {
            return Err(Outcome::Refused(format!("change {sequence} came after change {last} had been applied")));
        }
        Ok(sequence)
    }

    /// Keeps a version; on our own side of a sale one `is_taken` waits for no answer of ours.
    fn revise(&mut self, sequence: u32, refused: Vec<(String, String)>, is_taken: bool) {
        let standing = match self.trade.side() {
            Side::Sale if is_taken => Standing::Applied,
            _ => Standing::Awaiting,
        };
        let (at, replaces) = (self.now, sequence == self.trade.order_version);
        self.trade.changes.push(Revision { sequence, at, standing, cancels: false, replaces, refused });
    }

    /// What the checks held back of a change, and nothing holds any more, is taken as if nothing had been found.
    pub(super) fn take_released_changes(&mut self) {
        if !self.policy.change.automatic || self.trade.open_holds().next().is_some() {
            return;
        }
        let is_answered = !self.policy.answer.wanted;
        let waits = |change: &&mut Revision| change.standing == Standing::Awaiting && !change.cancels;
        for change in self.trade.changes.iter_mut().filter(waits) {
            for line in &mut self.trade.lines {
                line.asked
                    .iter_mut()
                    .filter(|asked| asked.version == change.sequence)
                    .for_each(|asked| asked.taken = true);
            }
            if is_answered {
                change.standing = Standing::Applied;
            }
        }
    }

    /// The partner refuses a change, or lines of it: the version before stands.
    pub(super) fn withdraw(&mut self, sequence: u32, lines: Option<&[String]>) {
        for line in &mut self.trade.lines {
            if lines.is_none_or(|lines| lines.contains(&line.number)) {
                for asked in line.asked.iter_mut().filter(|asked| asked.version == sequence && sequence > 0) {
                    asked.withdrawn = true;
                }
            }
        }
        let is_over = |line: &Line| line.asked.iter().all(|asked| asked.version != sequence || asked.withdrawn);
        let over: Vec<String> =
            self.trade.lines.iter().filter(|line| is_over(line)).map(|line| line.number.clone()).collect();
        let keeps_nothing = |hold: &&Hold| match &hold.line {
            Some(line) => over.contains(line),
            None => over.len() == self.trade.lines.len(),
        };
        let ended = self.trade.open_holds().filter(|hold| hold.change == Some(sequence)).filter(keeps_nothing);
        for key in ended.map(|hold| hold.key.clone()).collect::<Vec<_>>() {
            self.end_hold(&key);
        }
        let Some(change) = self.trade.changes.iter_mut().find(|change| change.sequence == sequence) else { return };
        change.standing = if lines.is_none() { Standing::Withdrawn } else { Standing::Applied };
        if change.cancels && lines.is_none() {
            for line in self.trade.lines.iter_mut().filter(|line| line.ending == Some(Ending::Cancelled)) {
                line.ending = None;
            }
        }
    }
}

impl Trade {
    /// Whether a whole new version may take its place: not where goods of a line that it changes have left.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn may_become(&self, order: &Order) -> Result<(), String> {
        let begun = self.lines.iter().filter(|line| {
            let begun = gone(line, self.side()) > Decimal::ZERO || line.facts.invoiced > Decimal::ZERO;
            begun && !is_repeated(line, order)
        });
        let begun: Vec<&str> = begun.map(|line| line.number.as_str()).collect();
        match begun.is_empty() {
            true => Ok(()),
            false => {
                let lines = begun.join(", ");
                Err(format!("order {} cannot be replaced: goods of line {lines} have left", self.key.order))
            }
        }
    }
}

/// Changes one line, or says why not.
fn change_line(
    trade: &mut Trade,
    wanted: &LineChange,
    (version, taken): (u32, bool),
    rules: &ChangeRules,
) -> Result<(), String> {
    let side = trade.side();
    let Some(line) = trade.line_mut(&wanted.line) else {
        if wanted.action != LineAction::Add {
            return Err("there is no such line".into());
        }
        if !rules.may_add_lines {
            return Err("lines may not be added".into());
        }
        trade.lines.push(added(wanted, version));
        return Ok(());
    };
    if line.ending == Some(Ending::Cancelled) {
        return Err("it has been cancelled".into());
    }
    // An addition is no change: what it meant by the number of a line that stands, nobody has said.
    if wanted.action == LineAction::Add
        && let Some(asked) = line.current().filter(|asked| asked.quantity > Decimal::ZERO)
    {
        return Err(format!("it is said to be added, and the order has it already, for {}", asked.quantity));
    }
    if let (Some(now), Some(then)) = (wanted.unit.as_deref(), line.unit.as_deref())
        && !unit::same(now, then)
    {
        return Err(format!("it was ordered in {then}, not in {now}"));
    }
    let current = line.current().cloned();
    let (before, price) = current.map_or((Decimal::ZERO, None), |asked| (asked.quantity, asked.price));
    let given = wanted.quantity.unwrap_or(before);
    let action = match wanted.action {
        LineAction::Raise if rules.quantities_are_differences => LineAction::Increase,
        LineAction::Lower if rules.quantities_are_differences => LineAction::Decrease,
        action => action,
    };
    let quantity = match action {
        // Said and written differ: perhaps the partner writes differences, and nobody has agreed to that.
        LineAction::Raise if given <= before => {
            return Err(format!("it is said to become more, and {given} is not more than the {before} ordered"));
        }
        LineAction::Lower if given >= before => {
            return Err(format!("it is said to become less, and {given} is not less than the {before} ordered"));
        }
        LineAction::Set | LineAction::Add | LineAction::Raise | LineAction::Lower => given,
        LineAction::Increase => before + wanted.quantity.unwrap_or_default(),
        LineAction::Decrease => before - wanted.quantity.unwrap_or_default(),
        LineAction::Delete => Decimal::ZERO,
    };
    if wanted.price.is_some() && wanted.price != price && line.facts.invoiced > Decimal::ZERO {
        let before = price.unwrap_or_default();
        return Err(format!("it has been invoiced at {before}: that takes a credit note and another invoice"));
    }
    let gone = gone(line, side);
    if quantity < Decimal::ZERO {
        return Err(format!("{before} less {given} is less than nothing"));
    }
    if quantity < gone && quantity < before {
        return Err(format!("{gone} have left; it cannot become {quantity}"));
    }
    merge_dates(&mut line.dates, &wanted.dates);
    let price = wanted.price.or(price);
    line.asked.push(Asked { version, quantity, price, taken, withdrawn: false });
    Ok(())
}

fn added(wanted: &LineChange, version: u32) -> Line {
    let quantity = wanted.quantity.unwrap_or_default().max(Decimal::ZERO);
    Line {
        number: wanted.line.clone(),
        unit: wanted.unit.clone(),
        ids: wanted.ids.clone(),
        description: wanted.description.clone(),
        asked: vec![Asked { version, quantity, price: wanted.price, taken: false, withdrawn: false }],
        dates: wanted.dates.clone(),
        ..Line::default()
    }
}

fn gone(line: &Line, side: Side) -> Decimal {
    match side {
        Side::Sale => line.facts.shipped,
        Side::Purchase => line.facts.shipped.max(line.facts.received),
    }
}

/// Whether the new version asks for the same of this line.
fn is_repeated(line: &Line, order: &Order) -> bool {
    let mut same = lines_of(order, 0).into_iter().filter(|fresh| fresh.number == line.number);
    same.next().is_some_and(|fresh| {
        let quantity = |line: &Line| line.current().map(|asked| (asked.quantity, asked.price));
        is_one_unit(&fresh, line) && quantity(&fresh) == quantity(line)
    })
}

/// Whether two lines count in one unit.
pub(super) fn is_one_unit(one: &Line, other: &Line) -> bool {
    match (&one.unit, &other.unit) {
        (Some(one), Some(other)) => unit::same(one, other),
        (one, other) => one == other,
    }
}
