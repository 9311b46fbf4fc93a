//! Advices that wait for their money: whoever announced a payment that does not come is asked, by a person who owns it.

use rust_decimal::Decimal;

use super::open_case;
use crate::journey::apply::Rules;
use crate::journey::money::books::parsed;
use crate::journey::{Gateway, REMITTED, Step};
use crate::ports::{Job, NewJob, Verdict};
use crate::process::ExceptionKind;
use crate::process::cash::{Advice, Policy};
use crate::store::{Book, Result, Session};

/// Sets the time by which the money of an advice should have come: so many days after the day that it names, or today.
pub(super) async fn await_money(session: &mut Session, rules: &Rules, advice: &Advice, policy: &Policy) -> Result<()> {
    let calendar = &rules.policy(&advice.payer).calendar;
    let today = calendar.date(rules.now);
    let days = jiff::Span::new().try_days(policy.join_days + 1).unwrap_or_default();
    let due = advice.date.unwrap_or(today).max(today).checked_add(days).ok();
    let Some(due) = due.and_then(|day| calendar.time_zone().to_timestamp(day.at(9, 0, 0, 0)).ok()) else {
        return Ok(());
    };
    let subject = format!("{}|{}", advice.payer, advice.number);
    let job =
        NewJob { revision: Some(rules.in_force.revision.clone()), ..NewJob::new(REMITTED, subject, &advice.payer) };
    session.enqueue(vec![job.once().at(due)]).await
}

/// The time of an advice has come: where it still waits, receivables own it. A house that tells no bank's money at all is
/// told of no missing money either.
///
/// # Errors
/// When the store fails.
pub async fn overdue(gateway: &Gateway, job: &Job) -> std::result::Result<Verdict, Step> {
    let context = (Rules::of(gateway), job.clone());
    let unit = gateway.store.write(context, |(rules, job), session| {
        Box::pin(async move {
            let (payer, number) = job.subject.split_once('|').unwrap_or_default();
            let waits = session.kept(Book::Advice, payer, number).await?.filter(|kept| kept.is_open);
            let has_bank = !session.kept_after(Book::Payment, ("", ""), 1).await?.is_empty();
            if let Some(kept) = waits.filter(|_| has_bank) {
                owned(session, rules, &parsed(&kept.body)?).await?;
            }
            session.finish_job(job).await
        })
    });
    unit.await?;
    Ok(Verdict::Done)
}

/// The money has come: nobody asks for it any more.
pub(super) async fn came(session: &mut Session, advice: &Advice) -> Result<()> {
    let key = format!("cash|{}", key(advice));
    session.close_case_of_house(&key, "cash", Some("the money has come")).await.map(drop)
}

async fn owned(session: &mut Session, rules: &Rules, advice: &Advice) -> Result<()> {
    let (amount, currency) = (advice.currency.said(advice.amount), advice.currency);
    let day = advice.date.map(|date| format!(" on {date}")).unwrap_or_default();
    let trace = advice.trace.as_deref().map(|trace| format!(", trace {trace}")).unwrap_or_default();
    let words = format!(
        "{} announced {amount} {currency}{day} (advice {}{trace}), and no such money has come. It is applied as soon as it does.",
        advice.payer, advice.number
    );
    let stake: Decimal = advice.amount;
    open_case(session, rules, ExceptionKind::AdviceUnpaid, &advice.payer, stake, words, &key(advice)).await
}

fn key(advice: &Advice) -> String {
    format!("advice unpaid|{}|{}", advice.payer, advice.number)
}
