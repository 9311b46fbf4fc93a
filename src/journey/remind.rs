//! Time passes for trades: shares of deadlines are told as events of their trades, and what waited too long for what it
//! belongs to gets an owner.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Gateway;
use super::apply::{Bound, Rules, case_without_trade, put, released};
use super::money::cash::file_case;
use crate::process::cash::{Deduction, DeductionState};
use crate::process::{self, Event, ExceptionKind, Key, Source, What, calendar};
use crate::store::{Book, DeadlineRow, Error, ParkedEvent, Result, hex};

/// Rows of one turn.
const BATCH: usize = 100;

/// Tells what has passed until now. Answers how much that was.
///
/// # Errors
/// Those of the store.
pub async fn remind(gateway: &Gateway) -> Result<usize> {
    let told = deadlines(gateway).await? + waits(gateway).await?;
    ageing(gateway).await?;
    Ok(told + breaches(gateway).await?)
}

async fn deadlines(gateway: &Gateway) -> Result<usize> {
    let mut told = 0;
    loop {
        let now = gateway.clock.now();
        let passing = gateway.store.view().await?.deadlines_passing(now, BATCH).await?;
        let count = passing.len();
        for row in passing {
            told += usize::from(escalate(gateway, row, now).await?);
        }
        if count < BATCH {
            return Ok(told);
        }
    }
}

/// The largest share that has passed becomes an event of the trade; the smaller ones with it, where the program slept.
async fn escalate(gateway: &Gateway, row: DeadlineRow, now: Timestamp) -> Result<bool> {
    let shares = calendar::escalations(row.since, row.due);
    let passed = shares.iter().rev().find(|(percent, at)| *at <= now && *percent > row.percent);
    let Some((percent, _)) = passed.copied() else { return Ok(false) };
    let next_at = shares.iter().find(|(share, _)| *share > percent).map_or(row.due, |(_, at)| *at);
    let first = (row.clone(), percent, next_at);
    let is_ours = gateway
        .store
        .write(first, |(row, percent, next_at), session| Box::pin(session.escalate_deadline(row, *percent, *next_at)))
        .await?;
    if !is_ours {
        return Ok(false);
    }
    let trade = gateway.store.view().await?.trade(row.trade).await?;
    let key = format!("time|{}|{}|{percent}", row.key, row.due);
    let event = Event {
        content: hex(&Sha256::digest(key.as_bytes())),
        key,
        source: Source::Timer(row.key.clone()),
        what: What::TimePassed { deadline: row.key.clone(), percent },
    };
    let bound = Bound {
        event,
        target: Key(trade.key.clone()),
        trade: None,
        partner: trade.partner,
        kind: "deadline".into(),
        number: Some(trade.number),
        sequence: 0,
    };
    put(gateway, Rules::of(gateway), bound).await?;
    Ok(true)
}

async fn waits(gateway: &Gateway) -> Result<usize> {
    let mut told = 0;
    loop {
        let now = gateway.clock.now();
        let late = gateway.store.view().await?.parked_too_long(now, BATCH).await?;
        let count = late.len();
        for parked in late {
            told += usize::from(expire(gateway, parked).await?);
        }
        if count < BATCH {
            return Ok(told);
        }
    }
}

/// It goes on waiting, and a person knows.
async fn expire(gateway: &Gateway, parked: ParkedEvent) -> Result<bool> {
    let event: Event = serde_json::from_str(&parked.body).map_err(Error::damaged)?;
    let number = parked.number.as_deref().unwrap_or("without a number");
    let words = match process::names_no_order(&event, &Key(parked.target.clone())) {
        true => format!(
            "{} {number} names no order: nothing says what it bills. Ask the supplier for one that names our order, or pay it \
             outside of the gateway.",
            parked.kind
        ),
        false => format!(
            "{} {number} came before what it belongs to, {}, and that has not come. It is applied as soon as it does.",
            parked.kind,
            Key::said(&parked.awaits)
        ),
    };
    let mut exception = process::Exception::new(format!("wait|{}", event.key), process::expired_kind(&event), words);
    exception.queue = process::expired(&event);
    let bound = released(&parked)?;
    let case = case_without_trade(&exception, &bound, &Rules::of(gateway));
    gateway
        .store
        .write((parked.id, case), |(id, case), session| {
            Box::pin(async move {
                if !session.expire_parked(*id).await? {
                    return Ok(false);
                }
                session.open_case(case).await?;
                Ok(true)
            })
        })
        .await
}

/// Cases that nobody has dealt with in time: other systems are told.
async fn breaches(gateway: &Gateway) -> Result<usize> {
    let mut told = 0;
    loop {
        let late = gateway.store.view().await?.cases_breaching(gateway.clock.now(), BATCH).await?;
        let count = late.len();
        for number in late {
            let breached = gateway.store.write(number, |number, session| Box::pin(session.breach_case_number(*number)));
            told += usize::from(breached.await?);
        }
        if count < BATCH {
            metrics::counter!("entrepot_breached_total").increment(told as u64);
            return Ok(told);
        }
    }
}

/// Where it is noted up to which day deductions were looked at.
const LOOKED: (&str, &str) = ("looked", "deductions");
/// So many days before a customer stops listening, whoever should dispute a deduction hears of it.
const AGEING_DAYS: i64 = 7;

/// Deductions that soon cannot be disputed any more, once a day.
async fn ageing(gateway: &Gateway) -> Result<()> {
    let rules = Rules::of(gateway);
    let today = TimeZone::UTC.to_datetime(rules.now).date();
    let day = Value::from(today.to_string());
    let mut view = gateway.store.view().await?;
    if view.note(LOOKED.0, LOOKED.1).await?.as_ref() == Some(&day) {
        return Ok(());
    }
    let mut after = (String::new(), String::new());
    loop {
        let page = view.kept_page(Book::Deduction, (None, true), (&after.0, &after.1), BATCH).await?;
        let Some(last) = page.last() else { break };
        after = (last.party.clone(), last.key.clone());
        for kept in &page {
            let deduction: Deduction = serde_json::from_str(&kept.body).map_err(Error::damaged)?;
            let key = format!("deduction|{}", deduction.id);
            let is_open = matches!(deduction.state, DeductionState::Open | DeductionState::Disputed);
            let from = deduction.dispute_until.checked_sub(AGEING_DAYS.days()).unwrap_or(deduction.opened);
            if is_open && from <= today && !view.had_case_of_house(&key).await? {
                let about = (rules.clone(), deduction, key);
                let filed = gateway.store.write(about, |(rules, deduction, key), session| {
                    Box::pin(file_case(session, rules, &deduction.party, ages(rules, deduction, key)))
                });
                filed.await?;
            }
        }
    }
    drop(view);
    let noted = gateway.store.write(day, |day, session| Box::pin(session.set_note(LOOKED.0, LOOKED.1, day)));
    noted.await
}

fn ages(rules: &Rules, deduction: &Deduction, key: &str) -> process::Exception {
    let invoice = deduction.invoice.as_deref().map(|number| format!(" from invoice {number}")).unwrap_or_default();
    let words = format!(
        "{} kept back {}{invoice}, and can be told until {} that this is not right",
        deduction.party, deduction.amount, deduction.dispute_until
    );
    let due = rules.policy(&deduction.party).calendar.end_of(deduction.dispute_until);
    let ages = process::Exception::new(key, ExceptionKind::DeductionAgeing, words).money(deduction.amount);
    process::Exception { due: Some(due), ..ages }
}
