//! What waits for a person, what is due, and what happened.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::act::{Revised, Wanted, act, etag};
use super::call::{Answer, Call, paged};
use super::files;
use super::problem::{Code, Problem};
use crate::journey::act::Act;
use crate::journey::act::approvals;
use crate::journey::act::rulings::{Judgement, Ruling};
use crate::journey::act::suggested::suggested;
use crate::journey::show::{self, evidence, work};
use crate::process::Queue;
use crate::process::duties::{Action, Role};
use crate::store::{Case, CaseSearch, CaseState, View};

/// Open exceptions that are looked through for amounts.
const APPROVALS_MAX: usize = 10_000;

pub async fn list(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let search = CaseSearch {
        queue: call.asked("queue").map(str::to_owned),
        open_only: !call.is_asked("all"),
        limit: limit + 1,
        ..CaseSearch::default()
    };
    let after = call.cursor::<u64>()?.unwrap_or_default();
    let cases = call.view().await?.case_page(&search, after).await?;
    let (cases, next) = paged(cases, limit, |case| case.number);
    Ok(Answer::page(cases.iter().map(show::case).collect(), next))
}

/// Everything that waits for a person, what is held among it: the most urgent first, and of one moment that with the most
/// money.
pub async fn work(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let after = call.cursor::<(i64, Decimal, String)>()?;
    let queue = call.asked("queue").and_then(Queue::of);
    let mut listed =
        work::list(&mut call.view().await?, &call.gateway.in_force().partners, queue, APPROVALS_MAX).await?;
    listed.retain(|it| after.as_ref().is_none_or(|after| it.place() > *after));
    listed.truncate(limit + 1);
    let (listed, next) = paged(listed, limit, work::Work::place);
    let in_force = call.gateway.in_force();
    let (mut view, mut shown) = (call.view().await?, Vec::with_capacity(listed.len()));
    for it in &listed {
        shown.push(it.shown(&mut view, &in_force.partners).await?);
    }
    Ok(Answer::page(shown, next))
}

pub async fn one(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let in_force = call.gateway.in_force();
    if call.part("exception").parse::<u64>().is_err() {
        let held = work::named(&mut view, &in_force.partners, call.part("exception")).await?;
        return Ok(Answer::ok(held.shown(&mut view, &in_force.partners).await?));
    }
    let case = named(call, &mut view).await?;
    let mut shown = show::case(&case);
    shown["suggested"] = match case.state {
        CaseState::Open => show::suggested(&suggested(&mut view, &in_force.partners, &case).await?),
        CaseState::Resolved => json!([]),
    };
    shown["id"] = case.number.to_string().into();
    shown["evidence"] = evidence::of(&mut view, &case).await?.into();
    let answer = Answer::ok(shown);
    Ok(match etag(&mut view, &Revised::Exception(case.number)).await? {
        Some(etag) => answer.with_etag(etag),
        None => answer,
    })
}

pub async fn rule(call: &Call) -> Result<Answer, Problem> {
    let ruling = match call.body["ruling"].as_str() {
        Some("approve") => Ruling::Approve,
        Some("pay_received") => Ruling::PayReceived,
        Some("reject") => Ruling::Reject,
        _ => Ruling::Resolve,
    };
    if call.part("exception").parse::<u64>().is_err() {
        let held =
            work::named(&mut call.view().await?, &call.gateway.in_force().partners, call.part("exception")).await?;
        let wanted = held.act(ruling, &call.actor.name).map_err(|why| Problem::new(Code::Refused, why))?;
        return act(call, Wanted::new(wanted)).await;
    }
    let case = named(call, &mut call.view().await?).await?;
    let role = match call.body["role"].as_str() {
        None => call.role(Action::ResolveException, Some(&case.queue)),
        Some(role) if Role::of(role).is_some_and(|role| call.actor.roles.contains(&role)) => role.to_owned(),
        Some(role) => {
            return Err(Problem::new(Code::Forbidden, format!("{} has no role {role}", call.actor.name)));
        }
    };
    let judgement = Judgement { case: case.number, by: call.actor.name.clone(), role: Some(role), ruling };
    act(call, Wanted::of(Act::Rule(judgement), Revised::Exception(case.number))).await
}

/// What waits for people to agree to an amount.
pub async fn to_approve(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let after = call.cursor::<String>()?.unwrap_or_default();
    let mut all = approvals::list(&mut call.view().await?, APPROVALS_MAX).await?;
    all.sort_by(|one, other| one.key.cmp(&other.key));
    all.retain(|approval| approval.key > after);
    let (all, next) = paged(all, limit, |approval| approval.key.clone());
    let shown = all.iter().map(|approval| {
        let mut shown = json!({
            "key": approval.key,
            "words": approval.words,
            "role": approval.role,
            "approvers": approval.approvers,
            "agreed": approval.agreed,
        });
        if let Some(case) = &approval.case {
            shown["exception"] = show::case(case);
        }
        if let Some(amount) = approval.amount {
            shown["amount"] = json!(amount);
        }
        if let Some(name) = &approval.proposed_by {
            shown["proposed_by"] = name.as_str().into();
        }
        shown
    });
    Ok(Answer::page(shown.collect(), next))
}

/// Agrees to what waits, or turns it down.
pub async fn agree(call: &Call) -> Result<Answer, Problem> {
    let key = call.part("approval");
    let agrees = call.body["ruling"] == "approve";
    let mut view = call.view().await?;
    if let Some(number) = approvals::held_invoice(&mut view, key).await? {
        let case = view.case(number).await?;
        let role = Some(call.role(Action::AcceptVariance, Some(&case.queue)));
        let ruling = if agrees { Ruling::Approve } else { Ruling::Reject };
        let judgement = Judgement { case: number, by: call.actor.name.clone(), role, ruling };
        return act(call, Wanted::new(Act::Rule(judgement))).await;
    }
    let proposed = approvals::proposed(&mut view, key, &call.actor.name).await?;
    if let (Act::Change(change), true) = (&proposed, agrees) {
        return files::step(call, change, Wanted::new(proposed.clone())).await;
    }
    let wanted = if agrees { proposed } else { Act::TurnDown { key: key.to_owned(), of: Box::new(proposed) } };
    act(call, Wanted::new(wanted)).await
}

async fn named(call: &Call, view: &mut View) -> Result<Case, Problem> {
    let number = call.part("exception");
    let read =
        number.parse().map_err(|_| Problem::new(Code::NotFound, format!("\"{number}\" is no exception's number")));
    Ok(view.case(read?).await?)
}

/// What is due in trades, and what partners and their transports owe in answer to what left, as one list.
pub async fn deadlines(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let after = call.cursor::<(i64, String, String)>()?.unwrap_or((i64::MIN, String::new(), String::new()));
    let mut view = call.view().await?;
    let mut rows: Vec<((i64, String, String), Value)> = Vec::new();
    for row in view.deadline_page((after.0, &after.1, &after.2), limit + 1).await? {
        rows.push(((row.due.as_microsecond(), row.trade.to_string(), row.key.clone()), show::deadline(&row)));
    }
    // Of one moment, those without an order stand first.
    let behind = if after.1.is_empty() { after.2.as_str() } else { LAST };
    let now = call.gateway.clock.now();
    for (awaited, since) in view.answers_awaited((after.0, behind), limit + 1).await? {
        let of = show::answered_for(&mut view, &awaited).await?;
        let place = (awaited.due_at.as_microsecond(), String::new(), awaited.id.to_string());
        rows.push((place, show::awaited(&awaited, &of, since, now)));
    }
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (rows, next) = paged(rows, limit, |(place, _)| place.clone());
    Ok(Answer::page(rows.into_iter().map(|(_, row)| row).collect(), next))
}

/// Behind every id.
const LAST: &str = "~";
