//! Whether every trade is what its events say, and nothing in it breaks a rule: the nightly check, and the one on demand.

use serde::Serialize;

use crate::process::{Event, Policy, Trade, verify};
use crate::store::{Error, Result, Store, TradeRow, TradeSearch, View};

/// Trades read at a time.
const BATCH: usize = 200;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The trade's key, or what else is broken.
    pub subject: String,
    /// Which rule, in words.
    pub rule: String,
}

/// What a check looked at, and what it found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub trades: u64,
    pub events: u64,
    pub broken: Vec<Broken>,
}

/// Rebuilds every trade from its events and compares; then the rules between trades and what waits.
///
/// # Errors
/// When the store cannot be read.
pub async fn verify(store: &Store) -> Result<Verified> {
    let mut view = store.view().await?;
    let mut verified = Verified::default();
    let mut after = None;
    loop {
        let page = view.find_trades(&TradeSearch { after, limit: BATCH, ..TradeSearch::default() }).await?;
        for row in &page {
            one(&mut view, row, &mut verified).await?;
        }
        match page.last() {
            Some(last) if page.len() == BATCH => after = Some(last.id),
            _ => break,
        }
    }
    waits(&mut view, &mut verified).await?;
    Ok(verified)
}

async fn one(view: &mut View, row: &TradeRow, verified: &mut Verified) -> Result<()> {
    verified.trades += 1;
    let stored: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
    let mut judged: Vec<(Event, Policy, jiff::Timestamp)> = Vec::new();
    for (at, event) in (1..).zip(view.trade_events(row.id).await?) {
        if event.position != at {
            verified.broken.push(broken(row, format!("I11: event {at} is missing")));
        }
        let policy = view.policy(&event.policy).await?;
        let policy: Policy = serde_json::from_str(&policy).map_err(Error::damaged)?;
        judged.push((serde_json::from_str(&event.body).map_err(Error::damaged)?, policy, event.at));
    }
    verified.events += judged.len() as u64;
    let events = judged.iter().map(|(event, policy, at)| (event, policy, *at));
    let rebuilt = verify::fold(stored.key.clone(), events);
    if rebuilt != stored {
        verified.broken.push(broken(row, "I11: it is not what its events come to".into()));
    }
    if row.state != stored.state().as_str() || row.events != judged.len() as u64 {
        verified.broken.push(broken(row, "I11: what it is found by is not what it is".into()));
    }
    let keys = view.trade_keys(row.id).await?;
    for key in stored.keys().iter().filter(|key| !keys.iter().any(|known| known == key.as_str())) {
        verified.broken.push(broken(row, format!("it is not found by {key}")));
    }
    if let Some((_, policy, _)) = judged.last() {
        let rules = verify::broken(&stored, policy);
        verified.broken.extend(rules.into_iter().map(|rule| broken(row, rule)));
    }
    Ok(())
}

/// I15: whatever waits has somebody, or a time, and waits for what is not there.
async fn waits(view: &mut View, verified: &mut Verified) -> Result<()> {
    for parked in view.parked_events(10_000).await? {
        let search = TradeSearch { key: Some(parked.awaits.clone()), limit: 1, ..TradeSearch::default() };
        // Some keys are provided again and again; a document that waits for more of the same waits rightly.
        let repeats = parked.awaits.ends_with("|shipped") || parked.awaits.ends_with("|received");
        if !repeats && !view.find_trades(&search).await?.is_empty() {
            let rule = format!("I15: it waits for {}, which is there", parked.awaits);
            verified.broken.push(Broken { subject: format!("{} {}", parked.kind, parked.key), rule });
        }
    }
    Ok(())
}

fn broken(row: &TradeRow, rule: String) -> Broken {
    Broken { subject: row.key.clone(), rule }
}
