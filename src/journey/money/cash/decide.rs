//! Decides about a payment: what is looked at, and what is kept of what came of it.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::payment::{Payment, Posting, tell_payment};
use super::rank;
use super::{file_case, item_of, items_named, names, orders, unapplied, waiting};
use crate::journey::apply::Rules;
use crate::journey::money::adjustments;
use crate::journey::money::books::{all, json, kept_deduction, kept_item, parsed, post, tell_deduction, today};
use crate::process::cash::{
    self, Advice, Application, Deduction, Fact, Funds, Model, OpenList, Payers, Policy, Question, QuestionKind, Reason,
};
use crate::process::ledger::OpenItem;
use crate::process::{Exception, ExceptionKind, Queue};
use crate::store::{Book, Case, CaseSearch, Error, Kept, Result, Session};

/// Decides about a payment by the rules, and keeps what was decided.
pub(super) async fn decide(
    session: &mut Session,
    rules: &Rules,
    payment: &mut Payment,
    advice: Option<&Advice>,
    funds: Funds,
) -> Result<()> {
    let numbers = payment.fact.numbers();
    let named = advice.into_iter().flat_map(|advice| advice.items.iter().map(|item| &*item.reference));
    let told = numbers.iter().flat_map(|number| std::iter::once(&**number).chain(Fact::parts(number)));
    let names: Vec<&str> = named.chain(told).collect();
    let asked = Asked { fact: &payment.fact, advice, funds, names: &names };
    let mut application = Desk::open(session, rules, &asked).await?.with(&asked, cash::apply);
    names::recall(session, rules, &payment.fact, &mut application).await?;
    if let Some(advice) = advice {
        payment.advice = Some(advice.number.clone());
        let (party, key) = (advice.payer.to_string(), advice.number.to_string());
        session.put_kept(Book::Advice, &Kept { party, key, is_open: false, body: json(advice)? }).await?;
        waiting::came(session, advice).await?;
    }
    keep_decision(session, rules, payment, application, (funds, None)).await
}

/// What a decision is about.
pub(super) struct Asked<'a> {
    pub fact: &'a Fact,
    pub advice: Option<&'a Advice>,
    pub funds: Funds,
    /// Numbers of documents that are named.
    pub names: &'a [&'a str],
}

/// What a decision looks at.
pub(super) struct Desk {
    items: Vec<OpenItem>,
    payers: Payers,
    policy: Policy,
    given_today: Decimal,
    ranking: Option<Model>,
}

impl Desk {
    pub async fn open(session: &mut Session, rules: &Rules, asked: &Asked<'_>) -> Result<Self> {
        let payers = names::with_known(session, rules, [asked.fact]).await?;
        let by_booking = payers.identify(asked.fact).map(|(payer, _)| payer.to_owned());
        let payer = by_booking.or_else(|| asked.advice.map(|advice| advice.payer.to_string()));
        let policy = policy(session, rules, payer.as_deref()).await?;
        let mut kept = Vec::new();
        for member in payer.iter().flat_map(|payer| payers.family(payer)) {
            kept.extend(session.kept_open(Book::Item, Some(member)).await?);
        }
        // What is named is looked at also where it is closed, or somebody else's.
        kept.extend(items_named(session, asked.names).await?);
        kept.sort_by(|one, other| (&one.party, &one.key).cmp(&(&other.party, &other.key)));
        kept.dedup();
        let given = session.kept(Book::Memory, payer.as_deref().unwrap_or_default(), &given_key(rules)).await?;
        let given_today = given.map(|kept| parsed(&kept.body)).transpose()?.unwrap_or_default();
        let ranking = rank::in_force(session).await?;
        Ok(Self { items: all(kept)?, payers, policy, given_today, ranking })
    }

    /// Who owes these items, each once.
    pub fn parties<'n>(&self, numbers: impl Iterator<Item = &'n str>) -> Vec<Box<str>> {
        let owner =
            |number: &str| self.items.iter().find(|item| *item.number == *number).map(|item| item.party.clone());
        let mut parties: Vec<Box<str>> = numbers.filter_map(owner).collect();
        parties.sort_unstable();
        parties.dedup();
        parties
    }

    pub fn with<T>(&self, asked: &Asked<'_>, decide: impl FnOnce(&cash::Case<'_>) -> T) -> T {
        let list = OpenList::new(&self.items, &self.policy);
        decide(&cash::Case {
            fact: asked.fact,
            advice: asked.advice,
            funds: asked.funds,
            list: &list,
            payers: &self.payers,
            policy: &self.policy,
            given_today: self.given_today,
            ranking: self.ranking.as_ref(),
        })
    }
}

/// Small differences that were given up for a payer on a day.
fn given_key(rules: &Rules) -> String {
    format!("given {}", today(rules))
}

pub(super) async fn keep_decision(
    session: &mut Session,
    rules: &Rules,
    payment: &mut Payment,
    application: Application,
    (funds, because): (Funds, Option<&str>),
) -> Result<()> {
    let party = application.payer.as_deref().unwrap_or_default().to_owned();
    if let Some(before) = payment.postings.last() {
        let was_imbalance = before.application.questions.iter().any(|it| it.kind == QuestionKind::Imbalance);
        answered(session, &payment.fact.id, &application.questions, was_imbalance).await?;
    }
    let entry = match &application.draft {
        // What moves nothing, a netting of nothing, is no entry.
        Some(draft) if !draft.is_empty() => {
            Some(post(session, rules, &payment.fact.id, draft.clone().because(because)).await?)
        }
        _ => None,
    };
    let mut given = Decimal::ZERO;
    for line in &application.lines {
        let (Some(number), Some(split)) = (&line.item, &line.split) else { continue };
        let mut item = item_of(session, &party, number).await?;
        item.apply(split.applied()).map_err(Error::damaged)?;
        session.put_kept(Book::Item, &kept_item(&item)?).await?;
        if item.open.is_zero() && item.amount != split.applied() {
            caused(session, &cause(&item.party, &item.number), "the rest has been paid").await?;
        }
        given += split.small;
    }
    if !given.is_zero() {
        let key = given_key(rules);
        let before = session.kept(Book::Memory, &party, &key).await?;
        let before: Decimal = before.map(|kept| parsed(&kept.body)).transpose()?.unwrap_or_default();
        let kept = Kept { party: party.clone(), key, is_open: false, body: json(&(before + given))? };
        session.put_kept(Book::Memory, &kept).await?;
    }
    for deduction in &application.deductions {
        let deduction = adjustments::opened(session, deduction).await?;
        session.put_kept(Book::Deduction, &kept_deduction(&deduction)?).await?;
        tell_deduction(session, rules, "deduction.opened", &deduction).await?;
    }
    if let Some(convention) = &application.convention {
        let kept = Kept { party: party.clone(), key: "convention".into(), is_open: false, body: json(convention)? };
        session.put_kept(Book::Memory, &kept).await?;
    }
    for (index, question) in application.questions.iter().enumerate() {
        ask(session, rules, (&payment.fact, &party), index, (question, &application.deductions)).await?;
    }
    payment.unapplied = application.unapplied;
    let applied = application.lines.iter().filter_map(|line| Some((line.item.as_ref()?, line.split.as_ref()?)));
    let items: Vec<Value> = applied.map(|(item, split)| json!({"item": item, "amount": split.applied()})).collect();
    let kind = match (items.is_empty(), payment.unapplied.is_zero()) {
        (true, _) => "remittance.unapplied",
        (false, true) => "remittance.applied",
        (false, false) => "remittance.partially_applied",
    };
    payment.postings.push(Posting {
        application,
        funds,
        entry,
        is_undone: false,
        was_wrong: false,
        was_replaced: false,
        because: because.map(str::to_owned),
        undone_because: None,
    });
    tell_payment(session, rules, kind, payment, items).await?;
    let name = format!("{}|{}", payment.fact.id, payment.postings.len());
    let application = payment.postings.last().map(|posting| &posting.application);
    if let Some(application) = application {
        orders::tell(session, rules, (&party, application), &name, false).await?;
    }
    unapplied::owned(session, rules, payment).await
}

/// What was asked about a payment before and is not asked any more has been answered: by an advice, or by a person who
/// said where the money goes.
async fn answered(session: &mut Session, fact: &str, questions: &[Question], was_imbalance: bool) -> Result<()> {
    for case in session.open_cases_of_house(&format!("cash|{fact}, ")).await? {
        let is_asked = questions.iter().any(|question| question.words == case.words);
        let is_ours = case.queue == Queue::AccountsReceivable.as_str() || was_imbalance;
        if is_ours && !is_asked {
            session.close_case_number(case.number, "cash", Some("the money has been applied")).await?;
        }
    }
    Ok(())
}

/// What caused them is over: whoever was to ask about it need not.
pub(in crate::journey::money) async fn caused(session: &mut Session, cause: &str, why: &str) -> Result<()> {
    for case in open_cases(session, Queue::AccountsReceivable).await? {
        if case.cause.as_deref() == Some(cause) {
            session.close_case_number(case.number, "cash", Some(why)).await?;
        }
    }
    Ok(())
}

/// What was asked about an application that is taken back is asked no more.
pub(super) async fn asked_no_more(session: &mut Session, fact: &str, questions: &[Question]) -> Result<()> {
    for case in session.open_cases_of_house(&format!("cash|{fact}, ")).await? {
        let is_asked = questions.iter().any(|question| question.words == case.words);
        if is_asked && case.queue == Queue::AccountsReceivable.as_str() {
            session.close_case_number(case.number, "cash", Some("the application was taken back")).await?;
        }
    }
    Ok(())
}

async fn open_cases(session: &mut Session, queue: Queue) -> Result<Vec<Case>> {
    const MOST: usize = 10_000;
    let search =
        CaseSearch { queue: Some(queue.as_str().to_owned()), open_only: true, limit: MOST, ..CaseSearch::default() };
    session.case_page(&search, 0).await
}

/// What cases about one open item have in common.
fn cause(party: &str, number: &str) -> String {
    format!("item|{party}|{number}")
}

/// What cases about one deduction have in common: it may end while its item is closed already.
pub(in crate::journey::money) fn deduction_cause(id: &str) -> String {
    format!("deduction|{id}")
}

/// A question for a person, as a case of its desk.
async fn ask(
    session: &mut Session,
    rules: &Rules,
    (fact, party): (&Fact, &str),
    index: usize,
    (question, deductions): (&Question, &[Deduction]),
) -> Result<()> {
    let known = session.open_cases_of_house(&format!("cash|{}, ", fact.id)).await?;
    if known.iter().any(|case| case.words == question.words) {
        return Ok(());
    }
    let kind = match question.kind {
        QuestionKind::UnknownPayer
        | QuestionKind::Ambiguous
        | QuestionKind::AmountAlone
        | QuestionKind::UnknownCredit => ExceptionKind::PaymentUnknownInvoice,
        _ => ExceptionKind::PaymentDiffers,
    };
    let key = format!("cash|{}, {index}, {}", fact.id, today(rules));
    let late = deductions.iter().find(|it| {
        question.kind == QuestionKind::UnearnedDiscount
            && it.reason == Reason::UnearnedDiscount
            && it.invoice.is_some()
            && it.invoice == question.item
    });
    let of_item = question.item.as_deref().map(|number| cause(party, number));
    let cause = late.map(|deduction| deduction_cause(&deduction.id)).or(of_item);
    let exception = Exception::new(key, kind, question.words.clone()).money(question.amount);
    file_case(session, rules, party, Exception { cause, ..exception }).await?;
    if question.kind == QuestionKind::Imbalance {
        let (key, words) = (format!("cash|{}, advice, {}", fact.id, today(rules)), question.words.clone());
        file_case(session, rules, party, Exception::new(key, ExceptionKind::AdviceImbalance, words)).await?;
    }
    Ok(())
}

/// What was agreed with a payer, and what its advices have taught.
pub(super) async fn policy(session: &mut Session, rules: &Rules, payer: Option<&str>) -> Result<Policy> {
    let payer = payer.unwrap_or_default();
    let mut policy = rules.policy(payer).cash.clone();
    if let Some(kept) = session.kept(Book::Memory, payer, "convention").await? {
        policy.convention = policy.convention.or(parsed(&kept.body)?);
    }
    Ok(policy)
}
