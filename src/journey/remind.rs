//! Time passes for trades: shares of deadlines are told as events of their trades, and what waited too long for what it
//! belongs to gets an owner.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Gateway;
use super::apply::{Bound, Rules, case_without_trade, put};
use crate::process::{self, Event, Key, Source, What, calendar};
use crate::store::{DeadlineRow, Error, ParkedEvent, Result, hex};

/// Rows of one turn.
const BATCH: usize = 100;

/// Tells what has passed until now. Answers how much that was.
///
/// # Errors
/// Those of the store.
pub async fn remind(gateway: &Gateway) -> Result<usize> {
    Ok(deadlines(gateway).await? + waits(gateway).await?)
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
            told += usize::from(expire(gateway, parked, now).await?);
        }
        if count < BATCH {
            return Ok(told);
        }
    }
}

/// It goes on waiting, and a person knows.
async fn expire(gateway: &Gateway, parked: ParkedEvent, now: Timestamp) -> Result<bool> {
    let event: Event = serde_json::from_str(&parked.body).map_err(Error::damaged)?;
    let number = parked.number.as_deref().unwrap_or("without a number");
    let words = format!(
        "{} {number} came before what it belongs to, {}, and that has not come. It is applied as soon as it does.",
        parked.kind,
        Key::said(&parked.awaits)
    );
    let mut exception = process::Exception::new(format!("wait|{}", event.key), process::expired_kind(&event), words);
    exception.queue = process::expired(&event);
    let bound = Bound {
        event,
        target: Key(parked.target.clone()),
        trade: None,
        partner: parked.partner.clone(),
        kind: parked.kind.clone(),
        number: parked.number.clone(),
        sequence: parked.sequence,
    };
    let case = case_without_trade(&exception, &bound, now);
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
