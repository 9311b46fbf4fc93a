//! One line of a payment: which open item it means, and why that one and no other.

use std::cell::OnceCell;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::advice::{AdviceAdjustment, AdviceItem};
use super::apply::Case;
use super::candidate::{Amount, Candidate, Gate, candidates, gate, margin};
use super::explain::Reading;
use super::question::{Proposal, QuestionKind};
use super::rank::Model;
use super::residual::{Payment, Split, split};
use crate::process::ledger::{Currency, OpenItem, cents};

/// A line with what it says.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    reference: &'a str,
    order: Option<&'a str>,
    party: Option<&'a str>,
    pub paid: Decimal,
    discount: Decimal,
    adjustments: &'a [AdviceAdjustment],
    /// Looked for once.
    found: OnceCell<Vec<Candidate>>,
}

/// What became of a line, kept for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOutcome {
    pub line: usize,
    pub reference: Box<str>,
    pub paid: Decimal,
    pub item: Option<Box<str>>,
    pub score: Decimal,
    pub margin: Decimal,
    pub because: String,
    pub split: Option<Split>,
    pub alternatives: Vec<Alternative>,
    pub applied: bool,
}

/// An item that was not chosen, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    pub number: Box<str>,
    pub score: Decimal,
    pub because: String,
    pub lost: String,
}

/// A line that is not certain enough.
pub(super) struct Asked {
    pub kind: QuestionKind,
    /// The number leads to no open item at all.
    pub is_unknown: bool,
    pub words: String,
    pub proposals: Vec<Proposal>,
}

/// From this score on a number is certain enough to take an amount that does not settle the item.
const CERTAIN: Decimal = cents(97);

impl<'a> Line<'a> {
    pub fn advised(item: &'a AdviceItem, paid: Decimal) -> Self {
        Self {
            number: item.line,
            reference: &item.reference,
            order: item.order_number.as_deref(),
            party: item.party.as_deref(),
            paid,
            discount: item.discount,
            adjustments: &item.adjustments,
            found: OnceCell::new(),
        }
    }

    /// A line that says no more than a number and an amount.
    pub fn plain(number: usize, reference: &'a str, paid: Decimal) -> Self {
        let found = OnceCell::new();
        Self { number, reference, order: None, party: None, paid, discount: Decimal::ZERO, adjustments: &[], found }
    }

    /// Everything that the reference may mean, whoever owes it.
    fn all(&self, case: &Case<'_>) -> &[Candidate] {
        self.found.get_or_init(|| candidates(case.list, self.reference, self.order))
    }

    /// Candidates owed by the payer or a relation; where there are none, those of strangers, and whose they are.
    fn candidates(&self, case: &Case<'_>, payer: Option<&str>) -> Result<Vec<Candidate>, Gate> {
        let currency = case.fact.currency;
        let item = |candidate: &Candidate| case.list.items()[candidate.place];
        let related = |party: &str| {
            let by = |payer: &str| case.payers.related(payer, party);
            self.party.or(payer).is_some_and(by) && payer.is_none_or(by)
        };
        let (ours, others): (Vec<Candidate>, Vec<Candidate>) =
            self.all(case).iter().cloned().partition(|c| related(&item(c).party));
        let Some(first) = ours.first() else {
            let owner = others.first().filter(|c| c.score >= case.policy.apply_at).map(|c| item(c).party.clone());
            return Err(owner.map_or(Gate::NoCandidate, |owner| Gate::Party { owner }));
        };
        foreign(item(first), currency).map_or(Ok(ours), Err)
    }

    /// The item that the reference alone names.
    pub fn named(&self, case: &Case<'_>, payer: Option<&str>) -> Result<usize, Asked> {
        let found = self.candidates(case, payer).map_err(|gate| self.asked(&gate, Vec::new(), case))?;
        match gate(&found, Amount::Silent, case.policy) {
            Ok(()) => Ok(found[0].place),
            Err(gate) => Err(self.asked(&gate, found, case)),
        }
    }

    /// The item that reference and amount together name, or what is not certain about it.
    pub fn choose(
        &self,
        case: &Case<'_>,
        payer: Option<&str>,
        left: &[Decimal],
        daily: Decimal,
    ) -> Result<usize, Asked> {
        let found = self.candidates(case, payer).map_err(|gate| self.asked(&gate, Vec::new(), case))?;
        let Some(first) = found.first() else { return Err(self.asked(&Gate::NoCandidate, found, case)) };
        let place = first.place;
        let holders = self.holders(case, payer);
        let other = holders.iter().find(|holder| **holder != place);
        let amount = match (holders.contains(&place), other) {
            (true, None) => Amount::Only,
            (true, Some(other)) => Amount::Like(case.list.items()[*other].number.clone()),
            _ => Amount::Silent,
        };
        if let Err(gate) = gate(&found, amount, case.policy) {
            return Err(self.asked(&gate, found, case));
        }
        let split = self.split(case, place, left[place], daily)?;
        let words = match other {
            _ if split.settles() || left[place].is_zero() => return Ok(place),
            // The amount is that of the item that is named as well: what the day's cap leaves of it stays open.
            _ if holders.contains(&place) && first.score >= CERTAIN => return Ok(place),
            Some(other) => {
                let other = case.list.items()[*other];
                format!("the number says {}, the amount is that of {}", first.number, other.number)
            }
            None if first.score >= CERTAIN => return Ok(place),
            None => format!("{} does not settle {}, of which {} is open", self.paid, first.number, left[place]),
        };
        Err(self.asked(&Gate::Amount { words }, found, case))
    }

    /// Every open item of the order that the reference names, where they make the amount together, in full or less each earned
    /// discount, and no other item does.
    pub fn whole_order(&self, case: &Case<'_>, payer: Option<&str>, left: &[Decimal]) -> Option<Vec<(usize, Decimal)>> {
        if !self.discount.is_zero() || !self.adjustments.is_empty() {
            return None;
        }
        let named = [Some(self.reference), self.order].into_iter().flatten();
        let of_order: Vec<usize> = named.flat_map(|name| case.list.of_order(name)).copied().collect();
        let found = self.candidates(case, payer).ok()?;
        let (of_order, others): (Vec<&Candidate>, Vec<&Candidate>) =
            found.iter().filter(|it| !left[it.place].is_zero()).partition(|it| of_order.contains(&it.place));
        let least = of_order.last()?.score;
        let is_near = |other: &&Candidate| least - other.score < case.policy.margin;
        let item = |place: usize| case.list.items()[place];
        let is_foreign = |it: &&Candidate| item(it.place).currency != case.fact.currency;
        if of_order.len() < 2
            || least < case.policy.apply_at_with_amount
            || others.iter().any(is_near)
            || of_order.iter().any(is_foreign)
            || !self.holders(case, payer).is_empty()
        {
            return None;
        }
        let grace = case.policy.discount_grace_days;
        let full = |it: &&Candidate| (it.place, left[it.place]);
        let less = |it: &&Candidate| (it.place, left[it.place] - item(it.place).discount_earned(case.fact.date, grace));
        let ways: [Vec<(usize, Decimal)>; 2] =
            [of_order.iter().map(full).collect(), of_order.iter().map(less).collect()];
        ways.into_iter().find(|way| way.iter().map(|(_, amount)| *amount).sum::<Decimal>() == self.paid)
    }

    /// The line with a part of its amount.
    pub fn share(&self, paid: Decimal) -> Self {
        Self { paid, ..self.clone() }
    }

    /// The item that a learned ranking means, among those of the payer and its relations that are open.
    pub fn ranked(
        &self,
        case: &Case<'_>,
        payer: Option<&str>,
        left: &[Decimal],
        model: &Model,
    ) -> Option<(usize, f64, String)> {
        let found = self.candidates(case, payer).ok()?;
        let open: Vec<Candidate> = found.into_iter().filter(|it| !left[it.place].is_zero()).collect();
        model.pick(case, &open, self.paid)
    }

    /// Open items of the payer that would be settled by what is paid, alone or with what the line explains.
    fn holders(&self, case: &Case<'_>, payer: Option<&str>) -> Vec<usize> {
        let reduced: Decimal = self.adjustments.iter().map(|a| a.amount).filter(Decimal::is_sign_negative).sum();
        let claimed = self.paid + self.discount - reduced;
        let mut found = case.list.holders(self.paid, case.policy);
        if claimed != self.paid {
            found.extend(case.list.holders(claimed, case.policy));
        }
        let related =
            |place: &usize| payer.is_some_and(|payer| case.payers.related(payer, &case.list.items()[*place].party));
        found.retain(related);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What the line would do to an item.
    pub fn split(&self, case: &Case<'_>, place: usize, open: Decimal, daily: Decimal) -> Result<Split, Asked> {
        let item = case.list.items()[place];
        // Whoever chose the item, the rules or a person.
        if let Some(gate) = foreign(item, case.fact.currency) {
            return Err(self.asked(&gate, Vec::new(), case));
        }
        let payment = Payment {
            item,
            open,
            paid: self.paid,
            discount: self.discount,
            adjustments: self.adjustments,
            date: case.fact.date,
            daily,
        };
        split(payment, case.policy).ok_or_else(|| {
            let said = |amount| case.fact.currency.said(amount);
            let words = format!("{} cannot go on {}, of which {} is open", said(self.paid), item.number, said(open));
            self.asked(&Gate::Amount { words }, Vec::new(), case)
        })
    }

    fn asked(&self, gate: &Gate, found: Vec<Candidate>, case: &Case<'_>) -> Asked {
        let kind = match gate {
            Gate::Party { .. } => QuestionKind::OtherParty,
            _ => QuestionKind::Ambiguous,
        };
        let is_unknown = *gate == Gate::NoCandidate;
        let proposals = found
            .iter()
            .take(3)
            .map(|candidate| {
                let open = case.list.items()[candidate.place].open;
                let amount = if open.is_sign_negative() { self.paid.max(open) } else { self.paid.min(open) };
                Proposal { reading: Reading::References, items: vec![(candidate.number.clone(), amount)] }
            })
            .collect();
        let what = if self.reference.is_empty() { "no reference" } else { self.reference };
        let paid = case.fact.currency.said(self.paid);
        Asked { kind, is_unknown, words: format!("line {} ({what}, {paid}): {}", self.number, gate.words()), proposals }
    }

    /// The record of a line that is placed, or that became something else.
    pub fn outcome(&self, taken: Option<(&Case<'_>, usize, Split)>, applied: bool, because: String) -> LineOutcome {
        let mut outcome = LineOutcome {
            line: self.number,
            reference: self.reference.into(),
            paid: self.paid,
            item: None,
            score: Decimal::ZERO,
            margin: Decimal::ZERO,
            because,
            split: None,
            alternatives: Vec::new(),
            applied,
        };
        let Some((case, place, split)) = taken else { return outcome };
        let found = self.all(case);
        let chosen = found.iter().find(|candidate| candidate.place == place);
        outcome.item = Some(case.list.items()[place].number.clone());
        outcome.score = chosen.map_or(Decimal::ZERO, |chosen| chosen.score);
        let number = chosen.map_or("chosen by a person", |chosen| &chosen.because);
        let parts = std::iter::once(number).chain(split.because.iter().map(String::as_str));
        outcome.because = parts.collect::<Vec<_>>().join("; ");
        outcome.margin = margin(found);
        let behind = |candidate: &Candidate| {
            let item = case.list.items()[candidate.place];
            let fits = item.open == self.paid || item.open - item.discount_amount() == self.paid;
            match fits {
                true => format!("the amount fits as well, but it lies {} behind", outcome.score - candidate.score),
                false => format!("it lies {} behind, and {} is open of it", outcome.score - candidate.score, item.open),
            }
        };
        outcome.alternatives = others(found, place, behind);
        outcome.split = Some(split);
        outcome
    }

    /// The record of a line that waits for a person.
    pub fn refused(&self, case: &Case<'_>, payer: Option<&str>, asked: &Asked) -> LineOutcome {
        let found = self.candidates(case, payer).unwrap_or_default();
        let mut outcome = self.outcome(None, false, asked.words.clone());
        outcome.score = found.first().map_or(Decimal::ZERO, |first| first.score);
        outcome.margin = margin(&found);
        outcome.alternatives = others(&found, usize::MAX, |_| "nothing was applied".into());
        outcome
    }
}

/// Why money of a currency cannot go on an item, where it is owed in another.
fn foreign(item: &OpenItem, money: Currency) -> Option<Gate> {
    let owed = item.currency;
    (owed != money).then(|| Gate::Currency { number: item.number.clone(), owed, money })
}

fn others(found: &[Candidate], chosen: usize, lost: impl Fn(&Candidate) -> String) -> Vec<Alternative> {
    let others = found.iter().filter(|candidate| candidate.place != chosen).take(3);
    others
        .map(|candidate| Alternative {
            number: candidate.number.clone(),
            score: candidate.score,
            because: candidate.because.clone(),
            lost: lost(candidate),
        })
        .collect()
}
