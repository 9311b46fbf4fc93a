//! What an act did, or would do: the order as it stands then, the documents that leave, the exceptions it opens and
//! settles, the entries it posts. Read in the act's own unit, so that a trial shows exactly what the real thing does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::journey::act::Act;
use crate::journey::activate;
use crate::journey::apply::command::About;
use crate::journey::show;
use crate::process::ledger::{self, Chart, Entry};
use crate::process::{Key, TradeKey};
use crate::store::{CaseSearch, CaseState, DocumentId, Error, Result, Session, TradeId, TradeSearch};

/// How things stood before an act.
#[derive(Clone, Debug)]
pub struct Before {
    trades: Vec<TradeId>,
    documents: BTreeSet<String>,
    open: BTreeSet<u64>,
    last_case: u64,
    last_entry: u64,
    /// What whoever does it should know.
    warnings: Vec<String>,
}

/// Entries and cases that one act shows.
const MOST: usize = 1_000;

/// Looks before an act.
///
/// # Errors
/// Those of the store.
pub async fn before(session: &mut Session, act: &Act) -> Result<Before> {
    let trades = trades(session, act).await?;
    if trades.is_empty() && moves_money(act) {
        // It locks them anyway: what others post meanwhile is none of its effects.
        session.lock_books().await?;
    }
    let mut before = Before {
        documents: BTreeSet::new(),
        open: BTreeSet::new(),
        last_case: session.last_case().await?,
        last_entry: session.last_entry().await?,
        warnings: match act {
            Act::Change(change) => activate::warnings(session, change).await?,
            _ => Vec::new(),
        },
        trades,
    };
    for trade in before.trades.clone() {
        before.documents.extend(session.issued_documents(trade).await?);
        before.open.extend(open_cases(session, trade).await?);
    }
    if let Act::Rule(judgement) = act {
        before.open.insert(judgement.case);
    }
    Ok(before)
}

/// What an act did since.
///
/// # Errors
/// Those of the store.
pub async fn since(session: &mut Session, act: &Act, before: &Before, chart: &Chart) -> Result<Value> {
    let (mut orders, mut partners, mut documents) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut trades = trades(session, act).await?;
    if trades.is_empty() {
        // What waited for an order waits no more.
        trades.clone_from(&before.trades);
    }
    for trade in trades.iter().copied() {
        let row = session.trade(trade).await?;
        orders.push(show::order(&row)?);
        partners.insert(row.partner);
        for id in session.issued_documents(trade).await? {
            if !before.documents.contains(&id) {
                documents.push(document(session, &id).await?);
            }
        }
    }
    let mut opened = session.case_page(&CaseSearch { limit: MOST, ..CaseSearch::default() }, before.last_case).await?;
    // On a shared database others open cases and post entries at the same time: those of other orders are not its own.
    opened.retain(|case| trades.is_empty() || case.trade.is_none_or(|trade| trades.contains(&trade)));
    let mut settled = Vec::new();
    for number in &before.open {
        if session.case(*number).await?.state == CaseState::Resolved {
            settled.push(*number);
        }
    }
    let mut entries = Vec::new();
    for kept in session.entries(before.last_entry, MOST).await? {
        let entry: Entry = serde_json::from_str(&kept.body).map_err(Error::damaged)?;
        let mut parties = entry.legs().iter().filter_map(|leg| leg.party.as_deref());
        if trades.is_empty() || parties.any(|party| partners.contains(party)) {
            entries.push(ledger::to_json(&entry, chart));
        }
    }
    let opened: Vec<Value> = opened.iter().map(show::case).collect();
    let mut effects = json!({
        "orders": orders,
        "documents": documents,
        "exceptions": opened,
        "settled": settled,
        "entries": entries,
    });
    if !before.warnings.is_empty() {
        effects["warnings"] = json!(before.warnings);
    }
    Ok(effects)
}

/// The effects of an act in sentences.
pub fn told(effects: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let list = |key: &str| effects[key].as_array().cloned().unwrap_or_default();
    let mut told = Vec::new();
    told.extend(effects["refused"].as_str().map(|why| format!("refused: {why}")));
    told.extend(effects["awaits"].as_str().map(|awaits| format!("waits for {awaits}")));
    told.extend(list("warnings").iter().map(|warning| format!("note: {}", text(warning))));
    told.extend(
        list("orders").iter().map(|order| format!("order {} is {}", text(&order["order"]), text(&order["state"]))),
    );
    told.extend(list("documents").iter().map(|it| format!("sends {} to {}", text(&it["type"]), text(&it["partner"]))));
    let words = |case: &Value| format!("{} {}", text(&case["number"]), text(&case["words"]));
    told.extend(list("exceptions").iter().map(|case| format!("opens exception {}", words(case))));
    told.extend(list("settled").iter().map(|number| format!("settles exception {}", text(number))));
    for entry in list("entries") {
        let legs = entry["legs"].as_array().cloned().unwrap_or_default();
        let leg = |leg: &Value| format!("{} {} {}", text(&leg["side"]), text(&leg["name"]), text(&leg["amount"]));
        told.push(format!("posts {}", legs.iter().map(leg).collect::<Vec<_>>().join(", ")));
    }
    told
}

fn moves_money(act: &Act) -> bool {
    matches!(
        act,
        Act::Assign { .. }
            | Act::Undo { .. }
            | Act::Settle { .. }
            | Act::Run { .. }
            | Act::Bank(_)
            | Act::Lockbox(_)
            | Act::Owe(_)
    )
}

/// A document that leaves, with what it says.
async fn document(session: &mut Session, id: &str) -> Result<Value> {
    let id: DocumentId = id.parse().map_err(Error::damaged)?;
    let mut shown = show::document(&session.document(id).await?);
    let canonical = session.contents(id).await?.canonical;
    shown["canonical"] = canonical.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(shown)
}

/// The orders that an act is about, as far as they are there.
async fn trades(session: &mut Session, act: &Act) -> Result<Vec<TradeId>> {
    let key = match act {
        Act::Tell(command) => match &command.about {
            About::New(key) => key.to_string(),
            About::Order { side, number, partner: Some(partner) } => {
                Key::order(&TradeKey::new(*side, partner, number)).0
            }
            About::Order { side, number, partner: None } => {
                crate::journey::apply::command::anybodys_order(*side, number).0
            }
            About::Trade { key, .. } => key.clone(),
        },
        Act::Rule(judgement) => {
            let case = session.case(judgement.case).await?;
            return match (case.trade, crate::journey::act::rulings::waiting(session, &case).await?) {
                (Some(trade), _) => Ok(vec![trade]),
                (None, Some(parked)) => {
                    let search = TradeSearch { key: Some(parked.target), limit: 10, ..TradeSearch::default() };
                    Ok(session.find_trades(&search).await?.into_iter().map(|row| row.id).collect())
                }
                (None, None) => Ok(Vec::new()),
            };
        }
        Act::Assign { .. }
        | Act::Undo { .. }
        | Act::Settle { .. }
        | Act::Run { .. }
        | Act::Rank { .. }
        | Act::Close(_)
        | Act::Bank(_)
        | Act::Lockbox(_)
        | Act::Owe(_)
        | Act::Know(_)
        | Act::Count(_)
        | Act::Resend { .. }
        | Act::Change(_)
        | Act::TurnDown { .. }
        | Act::Dismiss { .. }
        | Act::Replay { .. }
        | Act::Notify { .. }
        | Act::Forget { .. }
        | Act::TakeOver { .. } => return Ok(Vec::new()),
    };
    let search = TradeSearch { key: Some(key), limit: 10, ..TradeSearch::default() };
    Ok(session.find_trades(&search).await?.into_iter().map(|row| row.id).collect())
}

async fn open_cases(session: &mut Session, trade: TradeId) -> Result<Vec<u64>> {
    let search = CaseSearch { trade: Some(trade), open_only: true, limit: MOST, ..CaseSearch::default() };
    Ok(session.case_page(&search, 0).await?.into_iter().map(|case| case.number).collect())
}
