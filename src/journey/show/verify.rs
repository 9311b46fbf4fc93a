//! Whether every trade is what its events say, and nothing in it breaks a rule: the nightly check, and the one on demand.

use serde::Serialize;

use crate::journey::money::books;
use crate::journey::money::cash::Payment;
use crate::process::cash::Deduction;
use crate::process::ledger::proof::{self, Breach, PaymentStanding};
use crate::process::ledger::{Account, Entry, OpenItem};
use crate::process::{Event, Policy, Trade, verify};
use crate::store::{Book, Error, Result, Store, TradeRow, TradeSearch, View};

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
    /// Of the journal.
    pub entries: u64,
    pub broken: Vec<Broken>,
}

/// Rebuilds every trade from its events and compares; then the rules between trades and what waits. All of it at one moment: the
/// gateway goes on meanwhile.
///
/// # Errors
/// When the store cannot be read.
pub async fn verify(store: &Store) -> Result<Verified> {
    let mut view = store.view().await?;
    view.stand_still().await?;
    let verified = whole(&mut view).await;
    view.resume().await?;
    verified
}

async fn whole(view: &mut View) -> Result<Verified> {
    let mut verified = Verified::default();
    let mut after = None;
    loop {
        let page = view.find_trades(&TradeSearch { after, limit: BATCH, ..TradeSearch::default() }).await?;
        for row in &page {
            one(view, row, &mut verified).await?;
        }
        match page.last() {
            Some(last) if page.len() == BATCH => after = Some(last.id),
            _ => break,
        }
    }
    waits(view, &mut verified).await?;
    books(view, &mut verified).await?;
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
    for key in stored.names().iter().filter(|key| !keys.iter().any(|known| known == key.as_str())) {
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
        // Some keys are provided again and again; a document that waits for more of the same waits rightly.
        let repeats = parked.awaits.ends_with("|shipped") || parked.awaits.ends_with("|received");
        if !repeats && is_there(view, &parked.awaits).await? {
            let rule = format!("I15: it waits for {}, which is there", parked.awaits);
            verified.broken.push(Broken { subject: format!("{} {}", parked.kind, parked.key), rule });
        }
    }
    Ok(())
}

/// Whether a trade has brought a key. Most keys begin with their trade's own, and only its body knows them.
async fn is_there(view: &mut View, key: &str) -> Result<bool> {
    const PARTS: [&str; 6] = ["|line|", "|factor|", "|change|", "|answer|", "|payable|", "|document|"];
    let own = PARTS.iter().find_map(|part| key.split_once(part)).map(|(trade, _)| trade);
    let search = |key: &str| TradeSearch { key: Some(key.to_owned()), limit: 1, ..TradeSearch::default() };
    let Some(own) = own else { return Ok(!view.find_trades(&search(key)).await?.is_empty()) };
    for row in view.find_trades(&search(own)).await? {
        let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
        if trade.keys().iter().any(|it| it.as_str() == key) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// I6 to I9: the books balance, and their control accounts are what is open.
async fn books(view: &mut View, verified: &mut Verified) -> Result<()> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut after = 0;
    loop {
        let page = view.entries(after, BATCH).await?;
        let Some(last) = page.last() else { break };
        if last.position != after + page.len() as u64 {
            let rule = "I6: an entry is missing".to_owned();
            verified.broken.push(Broken { subject: format!("journal behind {after}"), rule });
        }
        after = last.position;
        for kept in &page {
            entries.push(serde_json::from_str(&kept.body).map_err(Error::damaged)?);
        }
    }
    verified.entries = entries.len() as u64;
    let items: Vec<OpenItem> = books::every(view, Book::Item).await?;
    let deductions: Vec<Deduction> = books::every(view, Book::Deduction).await?;
    let payments: Vec<Payment> = books::every(view, Book::Payment).await?;
    let owed = items.iter().map(|item| (item.currency, item.open));
    let kept_back = deductions.iter().map(|deduction| (deduction.currency, deduction.open_amount()));
    let waiting = payments.iter().map(|payment| (payment.fact.currency, -payment.unapplied));
    let standings = payments.iter().filter(|payment| !payment.postings.is_empty() && !payment.is_returned);
    let standings: Vec<PaymentStanding> = standings.map(Payment::standing).collect();
    let (mut owing, mut accrued) = (Vec::new(), Vec::new());
    purchases(view, |trade| {
        owing.push((trade.currency(), -trade.payable()));
        accrued.push((trade.currency(), -trade.costs_accrued()));
        accrued.extend(trade.lines.iter().map(|line| (trade.currency(), -trade.accrual(line))));
    })
    .await?;
    let breaches = [
        proof::entries(&entries),
        proof::open_items(&items),
        proof::payments(&standings),
        proof::control(Account::Receivable, &entries, owed),
        proof::control(Account::Deductions, &entries, kept_back),
        proof::control(Account::Unapplied, &entries, waiting),
        proof::control(Account::Payable, &entries, owing),
        proof::control(Account::GoodsReceived, &entries, accrued),
    ];
    let told = |breach: Breach| Broken { subject: breach.about, rule: format!("{}: {}", breach.rule, breach.words) };
    verified.broken.extend(breaches.into_iter().flatten().map(told));
    Ok(())
}

/// Every purchase that is no test.
async fn purchases(view: &mut View, mut told: impl FnMut(&Trade)) -> Result<()> {
    let mut search = TradeSearch { limit: BATCH, ..TradeSearch::default() };
    loop {
        let page = view.find_trades(&search).await?;
        let Some(last) = page.last() else { return Ok(()) };
        search.after = Some(last.id);
        for row in page.iter().filter(|row| row.side == "purchase" && !row.test) {
            told(&serde_json::from_str(&row.body).map_err(Error::damaged)?);
        }
    }
}

fn broken(row: &TradeRow, rule: String) -> Broken {
    Broken { subject: row.key.clone(), rule }
}
