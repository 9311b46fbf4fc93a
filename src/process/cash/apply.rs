//! One payment applied: what it pays, the one entry that says so, and what a person has to answer.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::RULES;
use super::advice::{Advice, AdviceItem};
use super::balance::balance;
use super::code::Reason;
use super::convention::Convention;
use super::deduction::Deduction;
use super::explain::Reading;
use super::fact::Fact;
use super::line::{Asked, Line, LineOutcome};
use super::open_list::OpenList;
use super::payer::Payers;
use super::policy::Policy;
use super::question::{Proposal, Question, QuestionKind};
use super::rank::Model;
use super::residual::Deducted;
use crate::process::ledger::{Account, Draft, OpenItem};

/// Where the money to be applied stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Funds {
    /// It has not been posted.
    Fresh,
    /// It was posted before, and so much of it waits as unapplied.
    Unapplied(Decimal),
}

/// Everything that a payment is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub fact: &'a Fact,
    pub advice: Option<&'a Advice>,
    pub funds: Funds,
    pub list: &'a OpenList<'a>,
    pub payers: &'a Payers,
    pub policy: &'a Policy,
    /// Small differences given up for this customer today.
    pub given_today: Decimal,
    /// What people's decisions have taught, where that is switched on.
    pub ranking: Option<&'a Model>,
}

/// What became of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    pub payment: Box<str>,
    pub payer: Option<Box<str>>,
    pub reading: Reading,
    pub lines: Vec<LineOutcome>,
    /// The one entry; nothing where money that waits still waits.
    pub draft: Option<Draft>,
    pub deductions: Vec<Deduction>,
    /// What is on no item afterwards.
    pub unapplied: Decimal,
    pub charges: Decimal,
    pub questions: Vec<Question>,
    /// The convention that this advice proves, for the next one.
    pub convention: Option<Convention>,
    pub rules: Box<str>,
}

/// Applies a payment as far as the rules are certain.
pub fn apply(case: &Case<'_>) -> Application {
    let mut work = Work::new(case);
    match case.advice {
        Some(advice) => work.by_advice(advice),
        None => work.by_booking(),
    }
    work.finish()
}

/// Applies a payment as a person decided: numbers and amounts in money, the rest waits.
///
/// # Errors
/// A sentence, when a number is not open or takes more than there is.
pub fn accept(case: &Case<'_>, chosen: &[(Box<str>, Decimal)]) -> Result<Application, String> {
    let mut work = Work::new(case);
    work.application.reading = Reading::Person;
    let money = case.fact.currency;
    if chosen.is_empty() {
        return Err("no item is named: nothing is applied".into());
    }
    for (number, amount) in chosen {
        if amount.is_zero() || money.round(*amount) != *amount {
            let unit = money.unit();
            return Err(format!(
                "{amount} {money} on {number} is not an amount: it is counted in {unit}, and not zero"
            ));
        }
    }
    let total = chosen.iter().try_fold(Decimal::ZERO, |sum, (_, amount)| sum.checked_add(*amount));
    let total = total.ok_or("the amounts are larger than any money there is")?;
    if total > work.total {
        return Err(format!("{} is more than the {} there is to apply", money.said(total), money.said(work.total)));
    }
    for (index, (number, amount)) in chosen.iter().enumerate() {
        let is_it = |item: &&OpenItem| item.numbers().any(|known| known == &**number);
        let place = case.list.items().iter().position(|item| item.number == *number);
        let place = place.or_else(|| case.list.items().iter().position(is_it));
        let place = place.ok_or_else(|| format!("{number} is not an open item"))?;
        let line = Line::plain(index + 1, number, *amount);
        let open = work.left[place];
        if let Some(asked) = work.take(&line, place) {
            return Err(asked.words);
        }
        // A person who says more than is open means another item, or another amount.
        if amount.abs() > open.abs() {
            let (amount, open) = (money.said(*amount), money.said(open));
            return Err(format!("{amount} {money} is more than the {open} that is open of {number}"));
        }
    }
    Ok(work.finish())
}

pub(super) struct Work<'c> {
    pub(super) case: &'c Case<'c>,
    pub(super) payer: Option<&'c str>,
    pub(super) total: Decimal,
    pub(super) application: Application,
    /// What is left of each open item.
    pub(super) left: Vec<Decimal>,
    given: Decimal,
    draft: Draft,
}

impl<'c> Work<'c> {
    fn new(case: &'c Case<'c>) -> Self {
        let fact = case.fact;
        let by_booking = case.payers.identify(fact).map(|(payer, _)| payer);
        let payer = by_booking.or(case.advice.map(|advice| &*advice.payer));
        let (total, charges) = match case.funds {
            Funds::Fresh => (fact.gross(), fact.charges),
            Funds::Unapplied(amount) => (amount, Decimal::ZERO),
        };
        let draft = Draft::new(String::new(), fact.currency, payer);
        let draft = match case.funds {
            Funds::Fresh => draft.debit(Account::Cash, fact.amount).debit(Account::BankCharges, fact.charges),
            Funds::Unapplied(amount) => draft.debit_item(Account::Unapplied, amount, &fact.id),
        };
        let application = Application {
            payment: fact.id.clone(),
            payer: payer.map(Into::into),
            reading: Reading::Nothing,
            lines: Vec::new(),
            draft: None,
            deductions: Vec::new(),
            unapplied: Decimal::ZERO,
            charges,
            questions: Vec::new(),
            convention: None,
            rules: RULES.into(),
        };
        let left = case.list.items().iter().map(|item| item.open).collect();
        Self { case, payer, total, application, left, given: case.given_today, draft }
    }

    pub(super) fn ask(&mut self, kind: QuestionKind, amount: Decimal, words: String, proposals: Vec<Proposal>) {
        self.application.questions.push(Question { kind, amount, words, proposals, item: None });
    }

    /// Asks what an open item still lacks.
    fn ask_about(&mut self, item: &OpenItem, kind: QuestionKind, amount: Decimal, words: String) {
        self.ask(kind, amount, words, Vec::new());
        if let Some(question) = self.application.questions.last_mut() {
            question.item = Some(item.number.clone());
        }
    }

    fn by_advice(&mut self, advice: &Advice) {
        let total = self.total;
        if advice.amount != total || advice.currency != self.case.fact.currency {
            let words = format!(
                "the advice {} says {} {}, the bank {total} {}",
                advice.number, advice.amount, advice.currency, self.case.fact.currency
            );
            return self.ask(QuestionKind::AmountDiffers, advice.amount - total, words, Vec::new());
        }
        let balanced = match balance(advice, self.case.policy.convention) {
            Ok(balanced) => balanced,
            Err(imbalance) => {
                let explained = match imbalance.suspects.as_slice() {
                    [] => "no single line explains it".to_owned(),
                    suspects => suspects.join("; "),
                };
                let words = format!(
                    "{} is paid, the items add up to {} net and {} gross: {explained}",
                    imbalance.amount, imbalance.net, imbalance.gross
                );
                return self.ask(QuestionKind::Imbalance, total, words, Vec::new());
            }
        };
        self.application.reading = Reading::Advice(balanced.convention);
        self.application.convention = (!balanced.either).then_some(balanced.convention);
        for (item, paid) in advice.items.iter().zip(&balanced.paid) {
            self.advised(item, *paid);
        }
        for (index, adjustment) in advice.adjustments.iter().enumerate() {
            if adjustment.amount.is_sign_negative() {
                let part = Deducted {
                    reason: Reason::of(adjustment.list, &adjustment.code),
                    code: adjustment.code.clone(),
                    amount: adjustment.amount.abs(),
                    reference: adjustment.reference.clone(),
                };
                self.deduct(&format!("adjustment {}", index + 1), None, &part);
            }
        }
    }

    fn advised(&mut self, item: &AdviceItem, paid: Decimal) {
        let line = Line::advised(item, paid);
        match line.choose(self.case, self.payer, &self.left, self.remaining_today()) {
            Ok(place) => {
                if let Some(asked) = self.take(&line, place) {
                    self.refuse(&line, asked);
                }
            }
            // A credit that we know nothing of is a deduction: the money for it is gone.
            Err(asked) if paid.is_sign_negative() && !paid.is_zero() => {
                let reference = Some(item.reference.clone()).filter(|reference| !reference.is_empty());
                let (reason, amount) = (Reason::CreditTaken, paid.abs());
                let part = Deducted { reason, code: "".into(), amount, reference };
                self.deduct(&format!("item {}", item.line), None, &part);
                let because = "a credit that we know nothing of: kept as a deduction".into();
                self.application.lines.push(line.outcome(None, true, because));
                let words = format!("{}; the credit that is taken is kept as a deduction", asked.words);
                self.ask(QuestionKind::UnknownCredit, amount, words, Vec::new());
            }
            Err(asked) => {
                if !self.by_order(&line)
                    && let Some(asked) = self.by_ranking(&line, asked)
                {
                    self.refuse(&line, asked);
                }
            }
        }
    }

    /// One order's number, for all that is open of the order. Says whether it was.
    pub(super) fn by_order(&mut self, line: &Line<'_>) -> bool {
        let Some(shares) = line.whole_order(self.case, self.payer, &self.left) else { return false };
        let said = self.case.fact.currency.said(line.paid);
        let because = format!("all {} that are open of it make {said} together", shares.len());
        for (place, amount) in shares {
            if let Some(asked) = self.take(&line.share(amount), place) {
                self.refuse(line, asked);
            } else if let Some(outcome) = self.application.lines.last_mut() {
                outcome.because = format!("{}; {because}", outcome.because);
            }
        }
        true
    }

    /// What the rules are not certain of the learned ranking may be: it proposes, and applies where the payment is within the
    /// agreement's limit and the money settles the item. Returns what is still asked.
    pub(super) fn by_ranking(&mut self, line: &Line<'_>, mut asked: Asked) -> Option<Asked> {
        let case = self.case;
        let (QuestionKind::Ambiguous, Some(model)) = (asked.kind, case.ranking) else { return Some(asked) };
        let Some((place, likelihood, why)) = line.ranked(case, self.payer, &self.left, model) else {
            return Some(asked);
        };
        let said = format!("learned ranking {likelihood:.2} ({why})");
        let split = line.split(case, place, self.left[place], self.remaining_today());
        let settles = split.is_ok_and(|split| split.settles());
        if settles && self.total <= case.policy.model_limit && self.take(line, place).is_none() {
            if let Some(outcome) = self.application.lines.last_mut() {
                outcome.because = format!("{}; {said}", outcome.because);
            }
            self.application.rules = format!("{RULES}, ranking of {} candidates", model.decisions).into();
            return None;
        }
        let item = case.list.items()[place];
        asked.words = format!("{}; {said} says {}", asked.words, item.number);
        let first = |proposal: &Proposal| proposal.items.iter().all(|(number, _)| *number == item.number);
        asked.proposals.retain(|proposal| !first(proposal));
        let items = vec![(item.number.clone(), line.paid.min(self.left[place]))];
        asked.proposals.insert(0, Proposal { reading: Reading::References, items });
        asked.proposals.truncate(3);
        Some(asked)
    }

    /// Puts a line on an item. Returns what speaks against it, and nothing is done then.
    pub(super) fn take(&mut self, line: &Line<'_>, place: usize) -> Option<Asked> {
        let split = match line.split(self.case, place, self.left[place], self.remaining_today()) {
            Ok(split) => split,
            Err(asked) => return Some(asked),
        };
        let item = self.case.list.items()[place];
        let currency = item.currency;
        let closed = self.left[place].is_zero();
        for part in &split.deductions {
            self.deduct(&format!("item {}", line.number), Some(&item.number), part);
        }
        let draft = std::mem::replace(&mut self.draft, Draft::new("", currency, None));
        self.draft = draft
            .debit(Account::DiscountAllowed, split.discount)
            .debit(Account::SmallDifferences, split.small)
            .credit_item(Account::Receivable, split.applied(), &item.number);
        self.given += split.small;
        self.left[place] -= split.applied();
        let said = |amount: Decimal| currency.said(amount);
        if split.over.is_sign_negative() && !split.over.is_zero() {
            let amount = split.over.abs();
            let reference = Some(item.number.clone());
            let part = Deducted { reason: Reason::CreditTaken, code: "".into(), amount, reference };
            self.deduct(&format!("item {}", line.number), None, &part);
        } else if !split.over.is_zero() {
            let (kind, words) = match closed {
                true => (QuestionKind::DuplicatePayment, format!("duplicate payment: {} is closed", item.number)),
                false => (QuestionKind::Overpayment, format!("{} more than {} owes", said(split.over), item.number)),
            };
            self.ask(kind, split.over, words, Vec::new());
        }
        let late = split.deductions.iter().filter(|part| part.reason == Reason::UnearnedDiscount);
        let late: Decimal = late.map(|part| part.amount).sum::<Decimal>() + split.unearned;
        if !late.is_zero() {
            let words =
                format!("{} taken as discount on {} too late: it was not earned (unearned)", said(late), item.number);
            self.ask_about(item, QuestionKind::UnearnedDiscount, late, words);
        }
        let short = split.short - split.unearned;
        if short > Decimal::ZERO {
            let words = format!("{} short on {}, unexplained", said(short), item.number);
            self.ask_about(item, QuestionKind::ShortPay, short, words);
        }
        let outcome = line.outcome(Some((self.case, place, split)), !closed, String::new());
        self.application.lines.push(outcome);
        None
    }

    pub(super) fn refuse(&mut self, line: &Line<'_>, asked: Asked) {
        let outcome = line.refused(self.case, self.payer, &asked);
        self.ask(asked.kind, line.paid, asked.words, asked.proposals);
        self.application.lines.push(outcome);
    }

    fn deduct(&mut self, from: &str, invoice: Option<&str>, part: &Deducted) {
        let fact = self.case.fact;
        let id: Box<str> = format!("{}, {from}, {}", fact.id, self.application.deductions.len() + 1).into();
        let draft = std::mem::replace(&mut self.draft, Draft::new("", fact.currency, None));
        self.draft = draft.debit_item(Account::Deductions, part.amount, &id);
        let party = self.payer.unwrap_or_default();
        let case = Deduction::open(id, party, invoice, part, fact.currency, fact.date, self.case.policy);
        self.application.deductions.push(case);
    }

    pub(super) fn remaining_today(&self) -> Decimal {
        (self.case.policy.small_difference_daily - self.given).max(Decimal::ZERO)
    }

    fn finish(mut self) -> Application {
        let signed: Decimal = self.draft.legs.iter().map(crate::process::ledger::Leg::signed).sum();
        if signed < Decimal::ZERO {
            return self.all_unapplied(signed);
        }
        self.application.unapplied = signed;
        let mut draft = self.draft.credit_item(Account::Unapplied, signed, &self.case.fact.id);
        draft.words = format!("{}: {}", self.application.payment, self.application.reading.as_str());
        let idle = matches!(self.case.funds, Funds::Unapplied(amount) if amount == signed && draft.legs.len() == 2);
        self.application.draft = (!idle).then_some(draft);
        self.application
    }

    /// More was applied than came: lines that could not be placed had made up for it. Nothing is posted in part.
    fn all_unapplied(self, missing: Decimal) -> Application {
        let case = Case { advice: None, ..*self.case };
        let mut work = Work::new(&case);
        work.payer = self.payer;
        work.application.payer = self.payer.map(Into::into);
        let words = format!("{} more would be applied than came", missing.abs());
        work.ask(QuestionKind::Imbalance, self.total, words, Vec::new());
        work.application.questions.extend(self.application.questions);
        work.finish()
    }
}

impl Application {
    /// The money that pays open items, less credits taken that are on none.
    pub fn applied(&self) -> Decimal {
        let money: Decimal = self.lines.iter().filter_map(|line| line.split.as_ref()).map(|split| split.money).sum();
        let loose = self.deductions.iter().filter(|case| case.invoice.is_none()).map(|case| case.amount);
        money - loose.sum::<Decimal>()
    }

    /// Nobody had to do anything.
    pub fn is_touchless(&self) -> bool {
        self.questions.is_empty() && self.unapplied.is_zero()
    }
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
