//! A document or a command does what it means: it becomes an event of a trade, under the trade's lock, and everything
//! that follows (counters, answers, cases, deadlines, what had waited for it) is stored in the same unit.

pub mod command;
mod concern;
pub mod counted;
mod differs;
pub mod intake;
pub mod known;
mod landed;
mod packs;
mod payables;
pub(super) mod perform;
pub(super) mod recheck;
pub(super) mod sent;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::money::{adjustments, cash, lockbox, runs};
use super::{Gateway, InForce, Step};
use crate::canonical::{Canonical, Kind};
use crate::journey::filed::filed;
use crate::ports::{Job, Verdict};
use crate::process::ledger::Chart;
use crate::process::{self, Event, Key, Policy, Side, Source, Trade, TradeKey, What};
use crate::store::{
    Case, Document, DocumentState, Error, EventVerdict, GroupId, Id, ParkedEvent, ParkedId, Result, Session, Store,
    TradeEvent, TradeRow, TradeSearch, hex,
};

/// Documents of one turn.
const BATCH: usize = 100;

/// An event on its way to its trade.
#[derive(Clone, Debug)]
pub struct Bound {
    pub event: Event,
    /// A key of the trade it is for.
    pub target: Key,
    /// The trade itself, where the event says all that makes it: an order.
    pub trade: Option<TradeKey>,
    pub partner: String,
    /// `856`, `DESADV`, or the verb of a command: for people.
    pub kind: String,
    pub number: Option<String>,
    /// Of changes, which are applied in their order.
    pub sequence: u32,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    Applied,
    Parked { awaits: String },
    Duplicate,
    Conflict,
    Refused { why: String },
}

/// What applying needs from outside the unit.
#[derive(Clone, Debug)]
pub struct Rules {
    pub in_force: Arc<InForce>,
    pub store: Store,
    pub now: Timestamp,
}

impl Rules {
    pub fn of(gateway: &Gateway) -> Self {
        Self { in_force: gateway.in_force(), store: gateway.store.clone(), now: gateway.clock.now() }
    }

    /// What our books call their accounts.
    pub fn chart(&self) -> &Chart {
        &self.in_force.partners.us.chart
    }

    /// How trades with a partner run.
    pub fn policy(&self, partner: &str) -> &Policy {
        self.in_force.partners.trade(partner)
    }
}

/// Applies the documents of a group that were accepted, in order, each in a unit of its own. Doing it twice is doing it
/// once: an event is known by its key.
///
/// # Errors
/// When the store fails.
pub async fn apply(gateway: &Gateway, job: &Job) -> std::result::Result<Verdict, Step> {
    let group: GroupId = job.subject.parse().map_err(|_| Step::broken("the job names no group"))?;
    let after = gateway.progress(job.id).unwrap_or(0);
    let page = gateway.store.view().await?.documents_of(group, after, BATCH).await?;
    let last = page.len() < BATCH;
    let position = page.last().map_or(after, |(document, _)| document.position);
    let rules = Rules::of(gateway);
    for (document, contents) in page {
        // One in conflict with an earlier one is told to the trade too: it opens the case and changes nothing.
        let conflicts = document.state == DocumentState::Held && document.duplicate_of.is_some();
        let counts = conflicts || matches!(document.state, DocumentState::Ready | DocumentState::Done);
        let canonical = contents.canonical.filter(|_| counts);
        let Some(canonical) = canonical.and_then(|json| Canonical::from_json(json.as_bytes()).ok()) else { continue };
        if !conflicts {
            counted::counted(gateway, &rules, &document, &canonical).await?;
            adjustments::take(gateway, &rules, &document, &canonical).await?;
        }
        if !conflicts && lockbox::is_of_bank(&rules, &document, &canonical) {
            let told = (rules.clone(), document.clone(), canonical.to_json());
            gateway.store.write(told, |told, session| Box::pin(of_bank(session, told))).await?;
            continue;
        }
        let canonical = concern::named(gateway, &document, canonical).await?;
        let is_booked = conflicts || remitted(gateway, &rules, &document, &canonical).await?;
        for mut bound in landed::routed(gateway, &rules, &document, &canonical, bound(&document, &canonical)).await? {
            // A warehouse that was asked by other means names the order, which is not known by our number for the asking.
            if canonical.kind == Kind::WarehouseConfirmation
                && let Some(order) = concern::order_of(&canonical)
                && !is_traded(gateway, &bound).await?
            {
                bound.target = command::anybodys_order(Side::Sale, &order);
            }
            // What the books know and no trade does, is the books' alone.
            if canonical.kind == Kind::Remittance && is_booked && !conflicts && !is_traded(gateway, &bound).await? {
                continue;
            }
            let number = bound.number.clone();
            let outcome = put(gateway, rules.clone(), bound).await?;
            if conflicts && outcome == Applied::Duplicate {
                // It says the same in other words: a supplier's invoice under its number, over its amount.
                let id = document.id;
                let again = gateway
                    .store
                    .write(id, |id, session| Box::pin(session.set_document_state(*id, DocumentState::Duplicate)));
                again.await?;
            }
            tracing::info!(document = %document.id, kind = document.type_code, ?number, ?outcome, "applied");
        }
    }
    gateway
        .store
        .write((job.clone(), last), |(job, last), session| {
            Box::pin(async move { if *last { session.finish_job(job).await } else { session.hold_job(job).await } })
        })
        .await?;
    gateway.set_progress(job.id, (!last).then_some(position));
    Ok(if last { Verdict::Done } else { Verdict::More })
}

/// Tells the books of a remittance, so that its money finds it whenever that comes; `false` where they know nothing that it
/// names, or it is none.
async fn remitted(gateway: &Gateway, rules: &Rules, document: &Document, canonical: &Canonical<'_>) -> Result<bool> {
    let (Kind::Remittance, Some(payer), false) = (canonical.kind, document.partner.as_deref(), document.test) else {
        return Ok(false);
    };
    let Some(remittance) = serde_json::to_value(canonical).ok().and_then(|tree| serde_json::from_value(tree).ok())
    else {
        return Ok(false);
    };
    let Some(advice) = cash::advice_of(rules, &remittance, payer, &document.type_code) else { return Ok(false) };
    let is_known = cash::knows(&mut gateway.store.view().await?, rules, &advice).await?;
    let unit = gateway.store.write((rules.clone(), advice), |(rules, advice), session| {
        Box::pin(async move { cash::advice(session, rules, advice).await })
    });
    let became = unit.await?;
    tracing::info!(document = %document.id, ?became, "remitted");
    Ok(is_known)
}

/// A document in which a bank of ours, or somebody who is none, tells of money.
async fn of_bank(session: &mut Session, (rules, document, json): &(Rules, Document, String)) -> Result<()> {
    let Ok(canonical) = Canonical::from_json(json.as_bytes()) else { return Ok(()) };
    lockbox::take(session, rules, document, &canonical).await
}

/// Whether a trade is found by what an event is for.
async fn is_traded(gateway: &Gateway, bound: &Bound) -> Result<bool> {
    let search = TradeSearch { key: Some(bound.target.as_str().to_owned()), limit: 1, ..TradeSearch::default() };
    Ok(!gateway.store.view().await?.find_trades(&search).await?.is_empty())
}

/// Applies one event and whatever it releases, in one unit.
///
/// # Errors
/// Those of the store.
pub async fn put(gateway: &Gateway, rules: Rules, bound: Bound) -> Result<Applied> {
    gateway.store.write((rules, bound), |(rules, bound), session| Box::pin(settle(session, rules, bound))).await
}

/// The events a document means.
fn bound(document: &Document, canonical: &Canonical<'_>) -> Vec<Bound> {
    let Some(partner) = document.partner.as_deref() else { return Vec::new() };
    let Some(side) = side(canonical) else { return Vec::new() };
    let hash = document.content_hash.as_deref().unwrap_or_default();
    process::read::events(canonical, side, partner, document.test, hash, document.id.uuid())
        .into_iter()
        .map(|reading| Bound {
            sequence: reading.sequence(),
            trade: reading.trade,
            target: reading.target,
            event: reading.event,
            partner: partner.to_owned(),
            kind: document.type_code.clone(),
            number: document.number.clone(),
        })
        .collect()
}

/// Which side of a trade a document from a partner belongs to; `None` where it is about no trade.
fn side(document: &Canonical<'_>) -> Option<Side> {
    match document.kind {
        Kind::Order | Kind::OrderChange | Kind::ReceiptAdvice | Kind::Remittance | Kind::WarehouseConfirmation => {
            Some(Side::Sale)
        }
        Kind::OrderResponse | Kind::ShipNotice | Kind::Invoice => Some(Side::Purchase),
        Kind::ApplicationAdvice => Some(concerned_side(document)),
        Kind::Adjustment | Kind::InventoryAdvice | Kind::WarehouseOrder | Kind::Lockbox | Kind::Acknowledgement => None,
    }
}

/// An advice about an order or a remittance speaks to a buyer, any other to a seller.
fn concerned_side(document: &Canonical<'_>) -> Side {
    let tree = serde_json::to_value(document).unwrap_or_default();
    match tree["concerns"]["kind"].as_str() {
        Some("850" | "860" | "820" | "861" | "ORDERS" | "ORDCHG" | "REMADV" | "RECADV") => Side::Purchase,
        _ => Side::Sale,
    }
}

/// Applies an event, and those that had waited for what it brings, until none moves.
pub(super) async fn settle(session: &mut Session, rules: &Rules, first: &Bound) -> Result<Applied> {
    let (outcome, mut brought) = one(session, rules, first, None).await?;
    let mut tried: BTreeSet<ParkedId> = BTreeSet::new();
    while !brought.is_empty() {
        let mut waiting: BTreeMap<(u32, Timestamp, ParkedId), ParkedEvent> = BTreeMap::new();
        let keys: Vec<&str> = brought.iter().map(Key::as_str).collect();
        for parked in session.parked_on(&keys).await? {
            waiting.insert((parked.sequence, parked.received_at, parked.id), parked);
        }
        brought.clear();
        for parked in waiting.into_values() {
            let again = released(&parked)?;
            let (outcome, more) = one(session, rules, &again, Some(&parked)).await?;
            // What parks again on a key that is there already would go round for ever.
            if !matches!(outcome, Applied::Parked { .. }) || tried.insert(parked.id) {
                brought.extend(more);
            }
        }
    }
    Ok(outcome)
}

/// A parked event as it was when it came.
pub(super) fn released(parked: &ParkedEvent) -> Result<Bound> {
    let event: Event = serde_json::from_str(&parked.body).map_err(Error::damaged)?;
    Ok(Bound {
        event,
        target: Key(parked.target.clone()),
        trade: None,
        partner: parked.partner.clone(),
        kind: parked.kind.clone(),
        number: parked.number.clone(),
        sequence: parked.sequence,
    })
}

/// Applies one event to its trade. Answers what became of it, and the keys that are there from now on.
async fn one(
    session: &mut Session,
    rules: &Rules,
    bound: &Bound,
    parked: Option<&ParkedEvent>,
) -> Result<(Applied, Vec<Key>)> {
    session.lock_trade_key(bound.target.as_str()).await?;
    let found = session.trades_to_change(bound.target.as_str()).await?;
    let mut rows = match &bound.trade {
        Some(key) => {
            let key = key.to_string();
            found.into_iter().filter(|row| row.key == key).collect()
        }
        None => found,
    };
    if rows.len() > 1 {
        return ambiguous(session, rules, bound, parked, &rows).await;
    }
    let (row, trade) = match (rows.pop(), &bound.trade) {
        (Some(row), _) => {
            let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
            (Some(row), trade)
        }
        (None, Some(key)) => (None, Trade::new(key.clone())),
        (None, None) => {
            let until = process::waits_until(&bound.event, rules.policy(&bound.partner), rules.now);
            let outcome = park(session, rules, bound, parked, (bound.target.as_str(), until)).await?;
            return Ok((outcome, Vec::new()));
        }
    };
    let policy = rules.policy(&trade.key.partner);
    let kinds = if trade.side() == Side::Sale { session.master_kinds().await? } else { Vec::new() };
    let event = looked_at(session, rules, &kinds, &trade, &bound.event).await?;
    let applied = process::apply(&trade, &event, policy, rules.now);
    let (verdict, why, outcome) = match applied.verdict {
        process::Verdict::Duplicate => {
            unpark(session, parked).await?;
            return Ok((Applied::Duplicate, Vec::new()));
        }
        process::Verdict::Parked { awaits, until } => {
            let outcome = park(session, rules, bound, parked, (awaits.as_str(), until)).await?;
            return Ok((outcome, Vec::new()));
        }
        process::Verdict::Applied => (EventVerdict::Applied, None, Applied::Applied),
        process::Verdict::Conflict => (EventVerdict::Conflict, None, Applied::Conflict),
        process::Verdict::Refused { why } => (EventVerdict::Refused, Some(why.clone()), Applied::Refused { why }),
    };
    unpark(session, parked).await?;
    let is_new = row.is_none();
    let mut row = row.unwrap_or_else(|| new_row(&applied.trade.key, rules.now));
    row.events += 1;
    let was_closed = row.is_closed;
    keep(session, &mut row, &applied.trade, rules.now).await?;
    let mut provides = applied.provides;
    let mut names: Vec<Key> = applied.trade.names().into_iter().filter(|name| provides.contains(name)).collect();
    if is_new {
        // What finds this trade and no other, and what finds it for whoever does not know whose it is.
        let TradeKey { side, order, test, .. } = &applied.trade.key;
        let others = [Key(row.key.clone())].into_iter().chain((!test).then(|| command::anybodys_order(*side, order)));
        names.extend(others.clone());
        provides.extend(others);
    }
    let others = landed::names(&trade, &applied.trade);
    names.extend(others.iter().cloned());
    provides.extend(others);
    session.add_trade_keys(row.id, &names.iter().map(|key| key.as_str().to_owned()).collect::<Vec<_>>()).await?;
    let policy_body = serde_json::to_string(policy).map_err(Error::damaged)?;
    let policy_hash = hex(&Sha256::digest(policy_body.as_bytes()));
    session.keep_policy(&policy_hash, &policy_body).await?;
    let kept = TradeEvent {
        position: row.events,
        key: event.key.clone(),
        verdict,
        why,
        document: event.source.document().map(|id| id.to_string()),
        body: serde_json::to_string(&event).map_err(Error::damaged)?,
        policy: policy_hash,
        at: rules.now,
    };
    session.add_trade_event(row.id, &kept).await?;
    intake::settle(session, rules, &kinds, &trade, &applied.trade).await?;
    let owed = cash::billed(session, rules, &trade, &applied.trade).await?;
    payables::remember(session, &applied.trade, &event).await?;
    runs::owing(session, rules, &trade, &applied.trade).await?;
    let about = perform::About { row: &row, event: &event };
    perform::perform(session, rules, about, &applied.effects).await?;
    if let (Some(why), true, Source::Sent(_)) = (&kept.why, parked.is_some(), &event.source) {
        perform::contradicted(session, rules, about, why).await?;
    }
    if row.is_closed && !was_closed {
        perform::closed(session, rules, about).await?;
    }
    if let (What::Changed(change), Applied::Applied, Side::Sale) = (&event.what, &outcome, trade.side()) {
        Box::pin(recheck::changed(session, rules, &kinds, row.id, (&applied.trade, change))).await?;
    }
    // What waits for anything else of this trade waits for its row.
    for name in &names {
        session.lock_trade_key(name.as_str()).await?;
    }
    // Last: what had come for it is told to this trade too.
    for item in &owed {
        Box::pin(cash::arrived(session, rules, item)).await?;
    }
    Ok((outcome, provides))
}

/// An order with what the checks at intake found, which is part of the event: a rebuild needs no world.
async fn looked_at(
    session: &mut Session,
    rules: &Rules,
    kinds: &[String],
    trade: &Trade,
    event: &Event,
) -> Result<Event> {
    let found = intake::problems(session, rules, kinds, trade, event).await?;
    let mut event = event.clone();
    payables::informed(session, trade, &mut event).await?;
    packs::labelled(session, rules, trade, &mut event).await?;
    match &mut event.what {
        What::Ordered { problems, .. } | What::Replaced { problems, .. } => *problems = found,
        What::Changed(change) => change.problems = found,
        _ => {}
    }
    Ok(event)
}

fn new_row(key: &TradeKey, now: Timestamp) -> TradeRow {
    TradeRow {
        id: Id::new(),
        key: key.to_string(),
        side: key.side.as_str().to_owned(),
        partner: key.partner.clone(),
        number: key.order.clone(),
        test: key.test,
        state: String::new(),
        is_closed: false,
        body: String::new(),
        events: 0,
        created_at: now,
        updated_at: now,
    }
}

/// Stores the trade as it is now.
async fn keep(session: &mut Session, row: &mut TradeRow, trade: &Trade, now: Timestamp) -> Result<()> {
    let state = trade.state();
    row.state = state.as_str().to_owned();
    row.is_closed = state.is_closed() && trade.exceptions.is_empty();
    row.body = serde_json::to_string(trade).map_err(Error::damaged)?;
    row.updated_at = now;
    session.put_trade(row).await
}

async fn unpark(session: &mut Session, parked: Option<&ParkedEvent>) -> Result<()> {
    match parked {
        Some(parked) => session.unpark_event(parked.id).await,
        None => Ok(()),
    }
}

/// The event waits. One of its key that waits already makes it a repetition, or a conflict.
async fn park(
    session: &mut Session,
    rules: &Rules,
    bound: &Bound,
    parked: Option<&ParkedEvent>,
    (awaits, until): (&str, Timestamp),
) -> Result<Applied> {
    let waits = Applied::Parked { awaits: awaits.to_owned() };
    if let Some(parked) = parked {
        session.park_again(parked.id, awaits).await?;
        return Ok(waits);
    }
    session.lock_trade_key(awaits).await?;
    // Two orders of a partner have a first change each: what is the same event is so for one order. A bill's number is its
    // issuer's, whichever order it names.
    let key = match &bound.event.what {
        What::Invoiced(_) | What::Credited(_) if bound.target.side() == Some(Side::Purchase) => bound.event.key.clone(),
        _ => format!("{}|{}", bound.target.as_str(), bound.event.key),
    };
    let new = ParkedEvent {
        id: Id::new(),
        partner: bound.partner.clone(),
        key,
        awaits: awaits.to_owned(),
        target: bound.target.as_str().to_owned(),
        content: bound.event.content.clone(),
        kind: bound.kind.clone(),
        number: bound.number.clone(),
        sequence: bound.sequence,
        document: bound.event.source.document().map(|id| id.to_string()),
        body: serde_json::to_string(&bound.event).map_err(Error::damaged)?,
        received_at: rules.now,
        // What names nothing that could come need not wait for it.
        until: if process::names_no_order(&bound.event, &bound.target) { rules.now } else { until },
        expired: false,
    };
    if session.park_event(&new).await? {
        if let What::Shipped(shipment) = &bound.event.what {
            tell_parked(session, rules, bound, &shipment.number, awaits).await?;
        }
        return Ok(waits);
    }
    let before = session.parked_event(&bound.partner, &new.key).await?;
    if before.as_ref().is_some_and(|before| before.content == new.content) {
        return Ok(Applied::Duplicate);
    }
    let words = format!(
        "{} {} waits already with other contents; nothing was overwritten.",
        bound.kind,
        bound.number.as_deref().unwrap_or("without a number")
    );
    let mut case = process::Exception::new(format!("conflict|{}", new.key), process::ExceptionKind::Conflict, words);
    case.queue = process::expired(&bound.event, &bound.target);
    if let Some(before) = before {
        let before: Event = serde_json::from_str(&before.body).map_err(Error::damaged)?;
        case = differs::with(&case, &before.what, &bound.event.what);
    }
    session.open_case(&case_without_trade(&case, bound, rules)).await?;
    Ok(Applied::Conflict)
}

/// Goods have left that belong to nothing yet: told, since nothing is advised or invoiced of them meanwhile.
async fn tell_parked(session: &mut Session, rules: &Rules, bound: &Bound, number: &str, awaits: &str) -> Result<()> {
    let event = crate::store::Event {
        at: rules.now,
        actor: bound.event.source.by().unwrap_or("journey/apply").to_owned(),
        kind: "shipment.parked".to_owned(),
        subject: number.to_owned(),
        key: format!("{}|shipment|{number}", Side::Sale.as_str()),
        partner: Some(bound.partner.clone()).filter(|partner| !partner.is_empty()),
        detail: json!({"shipment": number, "order": bound.target.order_number(), "awaits": Key::said(awaits)}),
    };
    session.record(&[event]).await
}

/// Several orders have the number that a document names, and nothing in it says which is meant: nobody guesses.
async fn ambiguous(
    session: &mut Session,
    rules: &Rules,
    bound: &Bound,
    parked: Option<&ParkedEvent>,
    rows: &[TradeRow],
) -> Result<(Applied, Vec<Key>)> {
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let words = format!("{} could be for any of {}: nothing in it says which is meant.", bound.kind, keys.join(", "));
    let case = process::Exception::new(
        format!("ambiguous|{}", bound.event.key),
        process::ExceptionKind::Conflict,
        words.clone(),
    );
    // What suppliers and carriers say is for those who buy and pay.
    let is_purchase = bound.target.side() == Some(Side::Purchase);
    let queue = if is_purchase { process::expired(&bound.event, &bound.target) } else { case.queue };
    let case = process::Exception { queue, ..case };
    session.open_case(&case_without_trade(&case, bound, rules)).await?;
    unpark(session, parked).await?;
    Ok((Applied::Refused { why: words }, Vec::new()))
}

/// A case about an event that reached no trade.
pub(super) fn case_without_trade(exception: &process::Exception, bound: &Bound, rules: &Rules) -> Case {
    let due = rules.policy(&bound.partner).due_at(exception.queue, rules.now);
    Case {
        order_number: bound.target.order_number().map(str::to_owned),
        document: bound.event.source.document().map(|id| id.to_string()),
        ..filed(exception, Some(&bound.partner), rules.now, due)
    }
}
