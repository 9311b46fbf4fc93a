//! The judgement on a supplier's document as a whole.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::billed::{Billed, BilledKind, BilledLine};
use super::duplicate::{Earlier, Repeated, repeated};
use super::hold::{Hold, HoldKind};
use super::line::{Judge, LineMatch, accrued, hold};
use super::ordered::Agreed;
use super::pair::{Paired, Pairing, Pairs};
use super::policy::Policy;
use super::totals;
use super::unit::Factors;
use crate::process::ledger::Approver;
use crate::process::tolerance::Judgement;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    pub verdict: Verdict,
    pub lines: Vec<LineMatch>,
    pub holds: Vec<Hold>,
    /// Who may agree to what is held; nobody is needed where nothing is.
    pub approver: Approver,
}

/// What becomes of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Matched,
    /// Its goods have not come; a receipt tries again.
    Waiting,
    Held,
    /// The same came before: no effect.
    Duplicate {
        of: Box<str>,
    },
}

impl Match {
    /// Nothing was looked at yet.
    pub fn nothing() -> Self {
        Self { verdict: Verdict::Waiting, lines: Vec::new(), holds: Vec::new(), approver: Approver::Auto }
    }

    /// The verdict in the words of journeys: `matched`, `waiting`, `duplicate`, `hold PRICE 50.00`.
    pub fn said(&self, billed: &Billed) -> String {
        let hold = |hold: &Hold| format!("{} {}", hold.kind, billed.currency.said(hold.money.abs()));
        match self.verdict {
            Verdict::Matched => "matched".into(),
            Verdict::Waiting => "waiting".into(),
            Verdict::Duplicate { .. } => "duplicate".into(),
            Verdict::Held => format!("hold {}", self.holds.iter().map(hold).collect::<Vec<_>>().join(", ")),
        }
    }

    /// The money that is at stake: what the holds are about in all, each amount once. Several reasons to doubt one line's
    /// price are about the same money; a reason to doubt the whole document is about all of it.
    pub fn stake(&self) -> Decimal {
        let mut whole = Decimal::ZERO;
        let mut parts: BTreeMap<(Option<&str>, HoldKind), Decimal> = BTreeMap::new();
        for hold in &self.holds {
            let kind = match hold.kind {
                HoldKind::Amount | HoldKind::UnitSuspect => HoldKind::Price,
                HoldKind::Conflict | HoldKind::DuplicateSuspect | HoldKind::Currency => {
                    whole = whole.max(hold.money.abs());
                    continue;
                }
                kind => kind,
            };
            let part = parts.entry((hold.line.as_deref(), kind)).or_default();
            *part = hold.money.abs().max(*part);
        }
        whole.max(parts.into_values().sum())
    }

    /// Whether nobody has to look at it.
    pub fn is_first_pass(&self) -> bool {
        self.verdict == Verdict::Matched
    }
}

/// Judges a document against what was agreed and what came earlier from its supplier.
pub fn evaluate(billed: &Billed, agreed: &Agreed, factors: &Factors, policy: &Policy, earlier: &[Earlier]) -> Match {
    let mut holds = Vec::new();
    match repeated(billed, earlier, policy.near_days) {
        Some(Repeated::Duplicate { of }) => {
            return Match { verdict: Verdict::Duplicate { of }, lines: Vec::new(), holds, approver: Approver::Auto };
        }
        Some(Repeated::Conflict { of, total }) => {
            let words = format!("{of} came before with {total}, now with {}", billed.total);
            holds.push(document(HoldKind::Conflict, billed.total - total, words));
        }
        Some(Repeated::Suspect { of, total }) => {
            let words = format!("{} looks like {of} over {total}, which came before", billed.number);
            holds.push(document(HoldKind::DuplicateSuspect, billed.total, words));
        }
        None => {}
    }
    if billed.currency != agreed.currency {
        let words = format!("billed in {}, ordered in {}", billed.currency, agreed.currency);
        holds.push(document(HoldKind::Currency, billed.total, words));
    }
    let judge = Judge { billed, factors, policy };
    let lines = match billed.kind {
        BilledKind::Invoice => invoiced(&judge, agreed, &mut holds),
        BilledKind::CreditNote => credited(&judge, agreed, &mut holds),
        BilledKind::DebitNote => debited(&judge, agreed, &mut holds),
    };
    cumulated(&lines, policy, &mut holds, billed);
    totals::check(billed, agreed, policy, &mut holds);
    let waiting = lines.iter().any(|line| line.waiting);
    let verdict = match (holds.is_empty(), waiting) {
        (true, false) => Verdict::Matched,
        (true, true) => Verdict::Waiting,
        (false, _) => Verdict::Held,
    };
    let money: Decimal = holds.iter().filter(|hold| hold.kind.is_variance()).map(|hold| hold.money.abs()).sum();
    let approver = match policy.bands.approver(money) {
        // What a tolerance held is looked at by somebody, however little it is.
        Approver::Auto if !holds.is_empty() => Approver::Buyer,
        approver => approver,
    };
    Match { verdict, lines, holds, approver }
}

fn document(kind: HoldKind, money: Decimal, words: String) -> Hold {
    Hold { kind, line: None, money, count: None, words }
}

/// The lines of an invoice, each with its order line.
fn invoiced(judge: &Judge<'_>, agreed: &Agreed, holds: &mut Vec<Hold>) -> Vec<LineMatch> {
    let pairs = Pairs::new(agreed);
    let mut taken = vec![Decimal::ZERO; agreed.lines.len()];
    let mut lines = Vec::with_capacity(judge.billed.lines.len());
    for line in &judge.billed.lines {
        let free =
            |place: usize| judge.payable(&agreed.lines[place]) - agreed.lines[place].net_matched() - taken[place];
        let (place, pairing) = match pairs.pair(judge.billed, line, free) {
            Paired::To(place, pairing) => (place, pairing),
            Paired::Differs(place) => {
                let ordered = &agreed.lines[place];
                let words = format!(
                    "line {} is {}, line {} of order {} is {}",
                    line.number,
                    line.ids.join(" "),
                    ordered.line,
                    ordered.order,
                    ordered.item
                );
                holds.push(Hold {
                    kind: HoldKind::Item,
                    line: Some(line.number.clone()),
                    money: line.amount,
                    count: None,
                    words,
                });
                continue;
            }
            Paired::Nowhere => {
                let order = line.order.as_deref().or(judge.billed.order.as_deref()).unwrap_or("without a number");
                let words = format!("line {}: no such item in order {order}", line.number);
                holds.push(Hold {
                    kind: HoldKind::NoOrder,
                    line: Some(line.number.clone()),
                    money: line.amount,
                    count: None,
                    words,
                });
                continue;
            }
        };
        if let Some(found) = judge.judge(line, &agreed.lines[place], (place, pairing), taken[place], holds) {
            taken[place] += found.quantity;
            lines.push(found);
        }
    }
    lines
}

/// The lines of a credit note: goods that were returned and not credited yet, or a price that was too high.
fn credited(judge: &Judge<'_>, agreed: &Agreed, holds: &mut Vec<Hold>) -> Vec<LineMatch> {
    let pairs = Pairs::new(agreed);
    let mut taken = vec![Decimal::ZERO; agreed.lines.len()];
    let mut overcharged: Vec<Decimal> = agreed.lines.iter().map(|line| line.overcharged).collect();
    let mut lines = Vec::new();
    for line in &judge.billed.lines {
        let returned = |place: usize| agreed.lines[place].returned - agreed.lines[place].credited - taken[place];
        let Paired::To(place, pairing) = pairs.pair(judge.billed, line, returned) else {
            let words = format!("line {}: no such item was ordered", line.number);
            holds.push(Hold {
                kind: HoldKind::NoReturn,
                line: Some(line.number.clone()),
                money: -line.amount,
                count: None,
                words,
            });
            continue;
        };
        let ordered = &agreed.lines[place];
        let units = (&*line.unit, &*ordered.unit);
        let names = (&*ordered.item, &*judge.billed.supplier);
        let quantity = match judge.factors.convert(names, line.quantity, units, judge.billed.date) {
            Ok(quantity) => quantity,
            Err(why) => {
                let words = format!("line {}: {why}", line.number);
                holds.push(Hold {
                    kind: HoldKind::Unit,
                    line: Some(line.number.clone()),
                    money: -line.amount,
                    count: None,
                    words,
                });
                continue;
            }
        };
        let available = returned(place).max(Decimal::ZERO);
        // A credit is too small where an invoice would be too dear.
        let currency = judge.billed.currency;
        let worth = currency.round(quantity * ordered.price);
        let too_small = matches!(judge.policy.price.judge(-worth, -line.amount), Judgement::Over(_));
        let of_price = line.amount <= overcharged[place] && (too_small || quantity > available);
        let no_goods = || {
            let said = currency.said(overcharged[place]);
            let more = if too_small { format!("; {said} was billed above the agreed price") } else { String::new() };
            format!("line {}: {quantity} credited, {available} returned and not credited{more}", line.number)
        };
        if of_price || too_small && quantity > available {
            if !of_price {
                holds.push(hold(HoldKind::NoReturn, line, -line.amount, no_goods()));
            }
            overcharged[place] -= line.amount;
            lines.push(beyond_goods(line, place, pairing));
            continue;
        }
        if quantity > available {
            holds.push(hold(HoldKind::NoReturn, line, -line.amount, no_goods()));
        } else if too_small {
            let (given, due) = (currency.said(line.amount), currency.said(worth));
            let words = format!(
                "line {}: {given} credited for {quantity} {} that went back, {due} was agreed",
                line.number, ordered.unit
            );
            holds.push(hold(HoldKind::Price, line, worth - line.amount, words));
        }
        let before = ordered.credited + taken[place];
        taken[place] += quantity;
        let money = |quantity| accrued(ordered.price, before, quantity, judge.billed.currency);
        lines.push(LineMatch {
            line: line.number.clone(),
            place,
            pairing,
            quantity,
            available,
            amount: line.amount,
            accrued: money(quantity),
            accrued_available: money(quantity.min(available)),
            waiting: false,
        });
    }
    lines
}

/// A line about no goods: all of it is a difference of price.
fn beyond_goods(line: &BilledLine, place: usize, pairing: Pairing) -> LineMatch {
    let zero = Decimal::ZERO;
    LineMatch {
        line: line.number.clone(),
        place,
        pairing,
        quantity: zero,
        available: zero,
        amount: line.amount,
        accrued: zero,
        accrued_available: zero,
        waiting: false,
    }
}

/// The lines of a debit note: more money for what was matched before, all of it a variance.
fn debited(judge: &Judge<'_>, agreed: &Agreed, holds: &mut Vec<Hold>) -> Vec<LineMatch> {
    let pairs = Pairs::new(agreed);
    let mut lines = Vec::new();
    for line in &judge.billed.lines {
        let Paired::To(place, pairing) = pairs.pair(judge.billed, line, |_| Decimal::ZERO) else {
            let words = format!("line {}: no such item was ordered", line.number);
            holds.push(Hold {
                kind: HoldKind::NoOrder,
                line: Some(line.number.clone()),
                money: line.amount,
                count: None,
                words,
            });
            continue;
        };
        if !judge
            .policy
            .price
            .judge(agreed.lines[place].price * agreed.lines[place].matched, {
                agreed.lines[place].price * agreed.lines[place].matched + line.amount
            })
            .is_allowed()
        {
            let words = format!("line {}: {} is asked for beyond what was invoiced", line.number, line.amount);
            holds.push(Hold {
                kind: HoldKind::Price,
                line: Some(line.number.clone()),
                money: line.amount,
                count: None,
                words,
            });
        }
        lines.push(beyond_goods(line, place, pairing));
    }
    lines
}

/// Variances that are small one by one and not together. What is held already is not counted again.
fn cumulated(lines: &[LineMatch], policy: &Policy, holds: &mut Vec<Hold>, billed: &Billed) {
    if billed.kind == BilledKind::CreditNote {
        return;
    }
    let held = |line: &&LineMatch| !holds.iter().any(|hold| hold.line.as_ref() == Some(&line.line));
    let over: Decimal = lines.iter().filter(held).map(LineMatch::variance).filter(|v| *v > Decimal::ZERO).sum();
    let agreed: Decimal = lines.iter().map(|line| line.accrued).sum();
    if policy.document.allowance(agreed).is_some_and(|most| over > most) {
        let words = format!("the lines are {} above what was agreed in all", billed.currency.said(over));
        holds.push(document(HoldKind::Document, over, words));
    }
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
