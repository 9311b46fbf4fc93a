//! What is decided about an order: by us in a sale (S4), by the supplier in a purchase (B2, B3).

use jiff::ToSpan;
use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::event::{Decision, LineDecision, Rest};
use super::exception::{Exception, ExceptionKind};
use super::intake::Problem;
use super::keys::{Key, Side};
use super::line::{Decided, Ending, Line};
use super::policy::Policy;
use super::trade::Standing;

impl Work<'_> {
    pub(super) fn decided(&mut self, decision: &Decision) -> Outcome {
        let version = match decision.version {
            Some(version) if version > self.trade.version() => {
                return Outcome::Park(Key::change(&self.trade.key, version), self.policy.waits.orders);
            }
            Some(version) => version,
            None => match self.possible_version(decision) {
                Ok(version) => version,
                Err(why) => return Outcome::Refused(why),
            },
        };
        if let Some(unknown) = decision.lines.iter().find(|line| self.trade.line(&line.line).is_none()) {
            return self.lacks_line(&unknown.line, self.policy.waits.orders);
        }
        if let Err(why) = self.fits(decision, version) {
            return self.too_much(decision, why);
        }
        self.answer_to_change(decision, version);
        for line in self.whole(decision, version) {
            self.hold_substitute(&line);
            let (number, price) = (line.line.clone(), line.price);
            self.take(line, version);
            if let (Some(price), Side::Sale) = (price, self.trade.side()) {
                self.answer_price(&number, price);
            }
            if self.trade.side() == Side::Sale {
                self.answer_stock(&number);
            }
        }
        if self.is_sent() {
            self.answer_left(decision);
        } else if (decision.rest, self.trade.side()) == (Some(Rest::Hold), Side::Sale) {
            self.answer_on_time();
        }
        if self.trade.side() == Side::Purchase {
            self.compare_answer();
        }
        if let Some(number) = &decision.number {
            let reference = super::compose::reference("vendor_order", number);
            if !self.trade.head.references.contains(&reference) {
                self.trade.head.references.push(reference);
            }
        }
        self.tell("order.acknowledged", self.trade.key.order.clone());
        Outcome::Applied
    }

    /// Purchasing takes the supplier's answer as it is.
    pub(super) fn answer_accepted(&mut self) -> Outcome {
        let open: Vec<String> = self.answer_cases().collect();
        if open.is_empty() {
            return Outcome::Refused("no answer of the supplier waits for a decision".into());
        }
        for key in open {
            self.trade.dismissed.push(key.clone());
            self.close(&key);
        }
        self.trade.lines.iter_mut().for_each(|line| line.price_waits = false);
        Outcome::Applied
    }

    fn answer_cases(&self) -> impl Iterator<Item = String> {
        let cases = self.trade.exceptions.iter().filter(|open| open.kind == ExceptionKind::AnswerDiffers);
        cases.map(|open| open.key.clone())
    }

    /// The latest version under which the quantities are possible.
    fn possible_version(&self, decision: &Decision) -> Result<u32, String> {
        let standing = self.trade.changes.iter().rev().filter(|change| change.standing != Standing::Withdrawn);
        let mut versions = standing.map(|change| change.sequence).chain([0]);
        match versions.find(|version| self.fits(decision, *version).is_ok()) {
            Some(version) => Ok(version),
            None if self.trade.side() == Side::Purchase => Ok(self.trade.version()),
            None => self.fits(decision, self.trade.version()).map(|()| self.trade.version()),
        }
    }

    /// Whether no line is answered with more than that version asked for.
    fn fits(&self, decision: &Decision, version: u32) -> Result<(), String> {
        for line in &decision.lines {
            let Some(known) = self.trade.line(&line.line) else { continue };
            let asked = known.as_of(version).map_or(Decimal::ZERO, |asked| asked.quantity) + known.overage;
            let sum = line.accepted + line.backordered + line.rejected;
            if sum > asked {
                return Err(format!("line {}: {sum} decided, but {asked} ordered", line.line));
            }
        }
        Ok(())
    }

    /// More decided than ordered: ours is refused; a supplier's is a document that was sent, and purchasing looks at it.
    fn too_much(&mut self, decision: &Decision, why: String) -> Outcome {
        if self.trade.side() == Side::Sale {
            return Outcome::Refused(why);
        }
        let words =
            format!("the supplier's answer to order {} is for more than was ordered: {why}", self.trade.key.order);
        let first = decision.lines.first().map_or("", |line| line.line.as_str());
        self.open(Exception::new(format!("answer|{first}"), ExceptionKind::AnswerDiffers, words));
        Outcome::Applied
    }

    /// An answer to a change that waits for one: what is rejected of it goes back to the version before.
    fn answer_to_change(&mut self, decision: &Decision, version: u32) {
        let waits = |change: &&mut super::Revision| change.sequence == version && change.standing == Standing::Awaiting;
        let Some(change) = self.trade.changes.iter_mut().find(waits) else { return };
        change.standing = Standing::Applied;
        let refused: Vec<String> =
            decision.lines.iter().filter(|line| is_rejected(line)).map(|l| l.line.clone()).collect();
        let asks = |line: &&Line| line.asked.iter().any(|asked| asked.version == version);
        let is_refused = |line: &Line| refused.contains(&line.number);
        let all = decision.rest == Some(Rest::Reject)
            || (!refused.is_empty() && self.trade.lines.iter().filter(asks).all(is_refused));
        if refused.is_empty() && !all {
            return;
        }
        self.withdraw(version, if all { None } else { Some(&refused) });
        if self.trade.side() == Side::Purchase {
            let words =
                format!("change {version} of order {} was refused; the version before stands", self.trade.key.order);
            self.open(Exception::new(format!("change|{version}"), ExceptionKind::ChangeRefused, words));
            self.tell("order.change.requested", self.trade.key.order.clone());
        }
    }

    /// The decision line by line, the lines it does not name filled in from `rest`.
    fn whole(&self, decision: &Decision, version: u32) -> Vec<LineDecision> {
        let withdrawn = self.trade.changes.iter().any(|c| c.sequence == version && c.standing == Standing::Withdrawn);
        let refused_here = |line: &LineDecision| {
            let asked =
                self.trade.line(&line.line).and_then(|known| known.asked.iter().rev().find(|a| a.version == version));
            version > 0 && is_rejected(line) && (withdrawn || asked.is_some_and(|asked| asked.withdrawn))
        };
        let mut lines: Vec<LineDecision> = decision.lines.iter().filter(|line| !refused_here(line)).cloned().collect();
        if withdrawn {
            return lines;
        }
        for line in &self.trade.lines {
            if decision.lines.iter().any(|named| named.line == line.number) {
                continue;
            }
            let asked = line.as_of(version).map_or(Decimal::ZERO, |asked| asked.quantity);
            let fresh = LineDecision { line: line.number.clone(), ..LineDecision::default() };
            match decision.rest {
                Some(Rest::Accept) => lines.push(LineDecision { accepted: asked, ..fresh }),
                Some(Rest::Reject) => lines.push(LineDecision { rejected: asked, ..fresh }),
                Some(Rest::Hold) | None => {}
            }
        }
        lines
    }

    /// A substitute needs the partner's permission.
    fn hold_substitute(&mut self, line: &LineDecision) {
        let asks = self.trade.side() == Side::Sale && !self.policy.shipping.may_substitute;
        if let Some(id) = line.substitute.first().filter(|_| asks) {
            let item = id.id.as_deref().unwrap_or("another item");
            let words = format!("line {}: {item} would come instead, and nobody has asked the partner", line.line);
            let asks = Problem::new(ExceptionKind::SubstitutionNeedsApproval, words);
            self.hold(&Problem { line: Some(line.line.clone()), ..asks });
        }
    }

    fn take(&mut self, decision: LineDecision, version: u32) {
        let by = self.event.source.by().map(str::to_owned);
        let is_ours = self.trade.side() == Side::Sale && by.is_some();
        let Some(line) = self.trade.line_mut(&decision.line) else { return };
        let before = line.decision.as_ref().filter(|before| is_ours && before.version == version);
        let decision = match before {
            Some(before) => beside(&before.decision, decision, line, version),
            None => decision,
        };
        // An answer to an older version does not outweigh one to a newer.
        if line.decision.as_ref().is_none_or(|before| before.version <= version) {
            line.decision = Some(Decided { version, by, decision });
        }
    }

    /// B3: what the supplier confirmed against what was ordered. Inside the tolerance it is accepted as it is.
    fn compare_answer(&mut self) {
        let mut differing = Vec::new();
        for line in &self.trade.lines {
            let key = format!("answer|{}", line.number);
            if self.trade.dismissed.contains(&key) {
                continue;
            }
            if let Some(words) = self.differs(line) {
                let money = at_stake(line);
                let case = Exception::new(key, ExceptionKind::AnswerDiffers, words).line(&line.number).money(money);
                differing.push(case);
            }
        }
        for case in differing {
            self.open(case);
        }
        let Work { trade, policy, .. } = self;
        for line in &mut trade.lines {
            let taken = trade.dismissed.contains(&format!("answer|{}", line.number));
            line.price_waits = !taken && other_price(line, policy).is_some();
        }
    }

    fn differs(&self, line: &Line) -> Option<String> {
        let buying = &self.policy.buying;
        if line.ending == Some(Ending::Cancelled) {
            return None;
        }
        let decided = line.decision.as_ref()?;
        let asked = line.as_of(decided.version)?;
        let decision = &decided.decision;
        let number = &line.number;
        if let Some((ours, theirs)) = other_price(line, self.policy) {
            return Some(format!("line {number}: price {theirs} confirmed, {ours} ordered"));
        }
        if !buying.answer_quantity.judge(asked.quantity, decision.accepted).is_allowed() {
            let rest = match (decision.backordered.is_zero(), decision.rejected.is_zero()) {
                (true, true) => String::new(),
                _ => format!(" ({} later, {} not at all)", decision.backordered, decision.rejected),
            };
            return Some(format!("line {number}: {} ordered, {} confirmed{rest}", asked.quantity, decision.accepted));
        }
        let last = decision.parts.iter().filter_map(|part| part.date.as_ref()).max_by_key(|(_, date)| *date);
        if let Some((_, date)) = last.or(decision.date.as_ref()) {
            let wanted = line.dates.iter().chain(&self.trade.head.dates).find(|(kind, _)| kind.ends_with("_requested"));
            let latest = wanted
                .and_then(|(_, wanted)| wanted.checked_add(i64::from(buying.answer_days_late.min(36_500)).days()).ok());
            if let Some(latest) = latest.filter(|latest| date > latest) {
                return Some(format!("line {number}: confirmed for {date}, wanted by {latest}"));
            }
        }
        let substitute = decision.substitute.first().and_then(|id| id.id.as_deref());
        substitute.map(|id| format!("line {number}: {id} would come instead"))
    }
}

/// Our price and the supplier's, where they are further apart than is taken without asking.
fn other_price(line: &Line, policy: &Policy) -> Option<(Decimal, Decimal)> {
    let decided = line.decision.as_ref()?;
    let (ours, theirs) = (line.as_of(decided.version)?.price?, decided.decision.price?);
    // A price that would be paid when it is invoiced is not asked about when it is confirmed.
    let tolerance = policy.buying.answer_price.unwrap_or(policy.matching.price);
    (!tolerance.judge(ours, theirs).is_allowed()).then_some((ours, theirs))
}

fn is_rejected(line: &LineDecision) -> bool {
    line.rejected > Decimal::ZERO && line.accepted.is_zero() && line.backordered.is_zero()
}

/// What an answer changes in money: by the price of what comes, and by what does not come.
fn at_stake(line: &Line) -> Decimal {
    let ordered = line.ordered_price().unwrap_or_default();
    let wanted = line.current().map_or(Decimal::ZERO, |asked| asked.quantity);
    let comes = line.decision.as_ref().map_or(Decimal::ZERO, |decided| decided.decision.accepted);
    let price = line.decision.as_ref().and_then(|decided| decided.decision.price).unwrap_or(ordered);
    ((price - ordered) * comes).abs() + (wanted - comes).max(Decimal::ZERO) * ordered
}

/// A decision of ours beside an earlier one on the same line: parts that it does not speak of stay, as far as there is
/// room for them. Four accepted, then two rejected, of six, are both; ten accepted, then ten rejected, of ten, are not.
fn beside(before: &LineDecision, decision: LineDecision, line: &Line, version: u32) -> LineDecision {
    let or = |new: Decimal, old: Decimal| if new.is_zero() { old } else { new };
    let both = LineDecision {
        accepted: or(decision.accepted, before.accepted),
        backordered: or(decision.backordered, before.backordered),
        rejected: or(decision.rejected, before.rejected),
        price: decision.price.or(before.price),
        date: decision.date.clone().or_else(|| before.date.clone()),
        parts: if decision.accepted.is_zero() { before.parts.clone() } else { decision.parts.clone() },
        backorder_date: decision.backorder_date.clone().or_else(|| before.backorder_date.clone()),
        reason: decision.reason.clone().or_else(|| before.reason.clone()),
        ..decision.clone()
    };
    let asked = line.as_of(version).map_or(Decimal::ZERO, |asked| asked.quantity) + line.overage;
    if both.accepted + both.backordered + both.rejected <= asked { both } else { decision }
}
