//! Time passes for trades: shares of deadlines are told as events of their trades, and what waited too long for what it
//! belongs to gets an owner.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Gateway;
use super::apply::{Bound, Rules, case_without_trade, put, released};
use super::money::cash::file_case;
use super::show::figure::{Figure, Scope};
use super::show::figures::figures;
use super::show::work;
use crate::process::cash::{Deduction, DeductionState};
use crate::process::{self, Event, ExceptionKind, Key, Source, What, calendar, kpi};
use crate::store::{Book, DeadlineRow, Error, ParkedEvent, Result, hex};

/// Rows of one turn.
const BATCH: usize = 100;

/// Tells what has passed until now. Answers how much that was.
///
/// # Errors
/// Those of the store.
pub async fn remind(gateway: &Gateway) -> Result<usize> {
    let told = deadlines(gateway).await? + waits(gateway).await? + holds(gateway).await?;
    ageing(gateway).await?;
    measured(gateway).await?;
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
    if let (Source::Sent(_), Some(_)) = (&event.source, Key(parked.awaits.clone()).order_number()) {
        // An order that came by other means than ours: what was sent for it has left, and moves nothing here.
        let told = gateway.store.write(parked.id, |id, session| Box::pin(session.unpark_event(*id)));
        return told.await.map(|()| true);
    }
    let number = parked.number.as_deref().unwrap_or("without a number");
    let target = Key(parked.target.clone());
    let words = match process::names_no_order(&event, &target) {
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
    let mut exception =
        process::Exception::new(format!("wait|{}", parked.key), process::expired_kind(&event, &target), words);
    exception.queue = process::expired(&event, &target);
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

/// What is held has a time by which somebody should have dealt with it, as cases have; the same is told when it has passed.
async fn holds(gateway: &Gateway) -> Result<usize> {
    let in_force = gateway.in_force();
    loop {
        let undated = gateway.store.view().await?.holds_undated(BATCH).await?;
        let (count, partners) = (undated.len(), &in_force.partners);
        let dated: Vec<_> = undated.iter().map(|hold| (hold.id, work::due(hold, partners))).collect();
        let noted = gateway.store.write(dated, |dated, session| {
            Box::pin(async move {
                for (hold, due) in dated {
                    session.date_hold(*hold, *due).await?;
                }
                Ok(())
            })
        });
        noted.await?;
        if count < BATCH {
            break;
        }
    }
    let mut told = 0;
    loop {
        let late = gateway.store.view().await?.holds_breaching(gateway.clock.now(), BATCH).await?;
        let count = late.len();
        for hold in late {
            let breached = gateway.store.write(hold, |hold, session| Box::pin(session.breach_hold(*hold)));
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

/// Where it is noted up to which day figures were held against what was agreed.
const MEASURED: (&str, &str) = ("looked", "figures");

/// Figures that are worse than was agreed with a partner, once a day: a case while they are.
async fn measured(gateway: &Gateway) -> Result<()> {
    let rules = Rules::of(gateway);
    let partners = rules.in_force.partners.partners.iter().filter(|partner| !partner.trade.figures.is_empty());
    let agreed: Vec<(String, kpi::Agreed)> =
        partners.map(|partner| (partner.id.clone(), partner.trade.figures.clone())).collect();
    let day = Value::from(TimeZone::UTC.to_datetime(rules.now).date().to_string());
    if agreed.is_empty() || gateway.store.view().await?.note(MEASURED.0, MEASURED.1).await?.as_ref() == Some(&day) {
        return Ok(());
    }
    for (partner, bounds) in agreed {
        let today = rules.policy(&partner).calendar.date(rules.now);
        let from = today.checked_sub(i64::from(bounds.days).days()).unwrap_or(today);
        let scope = Scope { from: Some(from), to: Some(today), partner: Some(partner.clone()) };
        let mut view = gateway.store.view().await?;
        let in_force = rules.in_force.clone();
        let policy = move |partner: &str| in_force.partners.trade(partner).clone();
        let found = figures(&mut view, &scope, rules.now, policy).await?;
        drop(view);
        let judged = judged(&partner, &bounds, &found);
        let written = gateway.store.write((rules.clone(), partner, judged), |(rules, partner, judged), session| {
            Box::pin(async move {
                for (key, case) in judged {
                    match case {
                        Some(case) => file_case(session, rules, partner, case.clone()).await?,
                        None => session.close_case_of_house(key, "the figure", None).await.map(drop)?,
                    }
                }
                Ok(())
            })
        });
        written.await?;
    }
    gateway.store.write(day, |day, session| Box::pin(session.set_note(MEASURED.0, MEASURED.1, day))).await
}

/// Every bound of a partner by the key of its case, with the case where it is passed.
fn judged(partner: &str, bounds: &kpi::Agreed, found: &[Figure]) -> Vec<(String, Option<process::Exception>)> {
    let of_figure = |figure: &Figure, value: Decimal| {
        let judge = |bound: kpi::Bound| {
            let side = if matches!(bound, kpi::Bound::Least(_)) { "least" } else { "most" };
            let key = format!("figure|{partner}|{}|{side}", figure.name);
            let case = (!bound.is_kept(value)).then(|| outside(figure, value, bound, bounds.days, &key));
            (key, case)
        };
        bounds.bounds(figure.name).map(judge).collect::<Vec<_>>()
    };
    found.iter().filter_map(|figure| Some(of_figure(figure, figure.value?))).flatten().collect()
}

fn outside(figure: &Figure, value: Decimal, bound: kpi::Bound, days: u32, key: &str) -> process::Exception {
    let (name, unit) = (figure.name.replace('_', " "), figure.unit);
    let agreed = match bound {
        kpi::Bound::Least(least) => format!("at least {least}"),
        kpi::Bound::Most(most) => format!("at most {most}"),
    };
    let parts = match (figure.numerator, figure.denominator) {
        (Some(part), Some(whole)) => format!(", {} of {}", part.normalize(), whole.normalize()),
        _ => String::new(),
    };
    let against = match figure.against.as_slice() {
        [] => String::new(),
        all if all.len() <= AGAINST => format!(". Against it: {}", all.join(", ")),
        all => format!(". Against it: {} and {} more", all[..AGAINST].join(", "), all.len() - AGAINST),
    };
    let words = format!("{name} came to {value} {unit} in {days} days{parts}; {agreed} {unit} was agreed{against}");
    process::Exception::new(key, ExceptionKind::FigureOutside, words)
}

/// So much of what stands against a figure is told with it.
const AGAINST: usize = 5;

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
