//! What is known has changed: an item, a price, a place, a credit limit. Orders that the checks at intake held for want of it
//! are looked at again, all that have that cause at once, and what nothing is found of any more goes on in the same unit.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::intake;
use super::known::{Knowledge, Known};
use super::{Applied, Bound, Rules, settle};
use crate::canonical::common::DateMark;
use crate::canonical::order::OrderHead;
use crate::canonical::{Line, Order};
use crate::process::{Change, Event, ExceptionKind, Hold, Key, Queue, Source, Trade, What};
use crate::store::{Case, CaseSearch, Error, Result, Session, TradeId, hex};

/// What cases about holds begin with; the key of the hold follows.
pub(in crate::journey) const HOLD: &str = "hold|";
/// Cases of one desk that are looked at again at once.
const MOST: usize = 1_000;

/// Looks again at what was held for want of this.
///
/// # Errors
/// Those of the store.
pub(super) async fn recheck(session: &mut Session, rules: &Rules, known: &Known) -> Result<()> {
    let mut held: BTreeMap<TradeId, Vec<String>> = BTreeMap::new();
    for queue in queues(known.kind) {
        let search = CaseSearch {
            queue: Some(queue.as_str().to_owned()),
            open_only: true,
            limit: MOST,
            ..CaseSearch::default()
        };
        for case in session.case_page(&search, 0).await? {
            if let (Some(trade), Some(hold), true) = (case.trade, case.key.strip_prefix(HOLD), waits_for(&case, known))
            {
                held.entry(trade).or_default().push(hold.to_owned());
            }
        }
    }
    if held.is_empty() {
        return Ok(());
    }
    let kinds = session.master_kinds().await?;
    for (id, holds) in held {
        let by = format!("{} {}", known.kind.as_str(), known.key);
        again(session, rules, &kinds, (id, holds), by).await?;
    }
    Ok(())
}

/// What the order itself was held for may be gone since it was changed: a price that is ours now, a quantity in whole packs.
///
/// # Errors
/// Those of the store.
pub(super) async fn changed(
    session: &mut Session,
    rules: &Rules,
    kinds: &[String],
    id: TradeId,
    (trade, change): (&Trade, &Change),
) -> Result<()> {
    let is_asked_again = |hold: &&Hold| {
        let is_changed = hold.line.as_ref().is_some_and(|held| change.lines.iter().any(|line| line.line == *held));
        hold.change.is_none() && is_changed && BY_THE_ORDER.contains(&hold.kind)
    };
    let holds: Vec<String> = trade.open_holds().filter(is_asked_again).map(|hold| hold.key.clone()).collect();
    if holds.is_empty() {
        return Ok(());
    }
    again(session, rules, kinds, (id, holds), "the change".to_owned()).await
}

/// What an order can put right by itself.
const BY_THE_ORDER: &[ExceptionKind] = &[
    ExceptionKind::ItemUnknown,
    ExceptionKind::ItemDiscontinued,
    ExceptionKind::UnitUnknown,
    ExceptionKind::PackMultiple,
    ExceptionKind::PriceDiffers,
];

fn queues(kind: Knowledge) -> &'static [Queue] {
    match kind {
        Knowledge::Item => &[Queue::ItemData, Queue::Pricing],
        Knowledge::Credit => &[Queue::Credit],
        Knowledge::Price => &[Queue::Pricing],
        Knowledge::Place => &[Queue::CustomerService],
    }
}

/// Whether a case may be settled by what is known now. What only a look at the order tells is told by that.
fn waits_for(case: &Case, known: &Known) -> bool {
    let is_partners = || case.partner.as_deref() == known.key.split('/').next();
    let cause = case.cause.as_deref().unwrap_or_default();
    match (known.kind, ExceptionKind::of(&case.kind)) {
        (Knowledge::Item, Some(ExceptionKind::ItemUnknown)) => {
            let mut names = intake::item_names(&known.body);
            names.push(known.key.clone());
            cause
                .strip_prefix("item|")
                .is_some_and(|name| names.iter().any(|it| it == name || *it == intake::bare(name)))
        }
        (Knowledge::Item, Some(ExceptionKind::ItemDiscontinued)) => cause == format!("item|{}", known.key),
        (Knowledge::Item, Some(ExceptionKind::UnitUnknown)) => cause.starts_with(&format!("unit|{}|", known.key)),
        (Knowledge::Item, Some(ExceptionKind::PackMultiple | ExceptionKind::PriceDiffers)) => true,
        (Knowledge::Price, Some(ExceptionKind::PriceDiffers)) => is_partners(),
        (Knowledge::Credit, Some(ExceptionKind::CreditExceeded | ExceptionKind::PastDue)) => is_partners(),
        (Knowledge::Place, Some(ExceptionKind::ShipToUnknown)) => is_partners(),
        _ => false,
    }
}

async fn again(
    session: &mut Session,
    rules: &Rules,
    kinds: &[String],
    (id, holds): (TradeId, Vec<String>),
    by: String,
) -> Result<()> {
    let row = session.trade(id).await?;
    let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
    let lines: Vec<&str> =
        trade.open_holds().filter(|hold| holds.contains(&hold.key)).filter_map(|hold| hold.line.as_deref()).collect();
    let mut problems = intake::found_now(session, rules, kinds, &trade, &order(&trade)).await?;
    problems.retain(|problem| match &problem.line {
        Some(line) => lines.contains(&line.as_str()),
        None => holds.contains(&problem.kind.to_string()),
    });
    let found: Vec<String> = problems.iter().map(intake::hold_key).collect();
    let is_same = holds.iter().all(|hold| found.contains(hold))
        && found.iter().all(|key| trade.holds.iter().any(|hold| hold.key == *key));
    if is_same {
        return Ok(());
    }
    let what = What::Rechecked { holds, problems };
    let content = serde_json::to_vec(&what).map_err(Error::damaged)?;
    let event = Event {
        // As often as it changes.
        key: format!("recheck|{}", Uuid::now_v7()),
        content: hex(&Sha256::digest(&content)),
        source: Source::Command { by: by.clone(), role: "intake".into() },
        what,
    };
    let bound = Bound {
        event,
        target: Key(row.key.clone()),
        trade: None,
        partner: row.partner.clone(),
        kind: "recheck".into(),
        number: Some(row.number.clone()),
        sequence: 0,
    };
    let outcome: Applied = settle(session, rules, &bound).await?;
    tracing::info!(order = row.number, cause = by, ?outcome, "looked at again");
    Ok(())
}

/// The order as it stands now.
pub(super) fn order(trade: &Trade) -> Order {
    let marks = |dates: &[(String, jiff::civil::Date)]| {
        let mark = |(kind, date): &(String, jiff::civil::Date)| DateMark {
            kind: Some(kind.clone()),
            date: Some(*date),
            ..DateMark::default()
        };
        dates.iter().map(mark).collect()
    };
    let mut head = OrderHead::default();
    head.head.number = Some(trade.key.order.clone());
    head.head.date = trade.head.date;
    head.head.parties = trade.head.parties.clone();
    head.head.dates = marks(&trade.head.dates);
    let lines = trade.lines.iter().map(|line| Line {
        number: Some(line.number.clone()),
        quantity: line.current().map(|asked| asked.quantity),
        unit: line.unit.clone(),
        price: line.ordered_price(),
        ids: line.ids.clone(),
        ..Line::default()
    });
    Order { head, lines: lines.collect() }
}
