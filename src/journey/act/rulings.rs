//! What a person's ruling on a case means: an event of its trade, a document that goes on or is turned down, or that it
//! has been dealt with. What the case kept waiting goes on in the same unit.

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Act;
use super::again;
pub use super::suggested::Ruling;
use super::suggested::{conflicting, replacement, rulings, suggested};
use crate::journey::Gateway;
use crate::journey::apply::command::{About, anybodys_order};
use crate::journey::apply::recheck::HOLD;
use crate::journey::apply::{Applied, Bound, Rules, released, settle};
use crate::process::{
    self, Bill, Decision, Event, ExceptionKind, Key, LineDecision, Rest, Side, Source, Trade, TradeKey, What,
};
use crate::store::{
    Case, CaseSearch, CaseState, Direction, DocumentId, DocumentState, Error, ParkedEvent, Result, Session, TradeRow,
    View, hex,
};

/// Who rules on which case, and how.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub case: u64,
    pub by: String,
    /// The role it is done in; the desk's own where nothing else is said.
    pub role: Option<String>,
    pub ruling: Ruling,
}

/// Open cases of one trade that are looked at.
const CASES_MAX: usize = 1_000;
/// What cases about what waits in vain begin with; the key of the event follows.
const WAIT: &str = "wait|";

/// What is said of a held invoice by its number is a ruling on its case: the same people have to agree to the same amount.
///
/// # Errors
/// Those of the store.
pub async fn as_case(view: &mut View, act: &Act) -> Result<Option<Act>> {
    let Act::Tell(command) = act else { return Ok(None) };
    let What::BillJudged { invoice, ruling } = &command.what else { return Ok(None) };
    let ruling = match ruling {
        process::Ruling::Accept => Ruling::Approve,
        process::Ruling::PayReceived => Ruling::PayReceived,
        process::Ruling::Refuse => Ruling::Reject,
    };
    let key = match &command.about {
        About::New(key) => Key::order(key),
        About::Order { side, number, partner: Some(partner) } => Key::order(&TradeKey::new(*side, partner, number)),
        About::Order { side, number, partner: None } => anybodys_order(*side, number),
        About::Trade { key, .. } => Key(key.clone()),
    };
    for trade in view.trades_of_keys(&[key.0]).await? {
        let search = CaseSearch { trade: Some(trade), open_only: true, limit: CASES_MAX, ..CaseSearch::default() };
        let is_of_it = |case: &Case| {
            let kind = ExceptionKind::of(&case.kind);
            matches!(kind, Some(ExceptionKind::InvoiceHeld | ExceptionKind::InvoiceForCancelled))
                && case.key.rsplit('|').next() == Some(invoice)
        };
        if let Some(case) = view.cases(&search).await?.iter().find(|case| is_of_it(case)) {
            let (by, role) = (command.by.clone(), Some(command.role.clone()));
            return Ok(Some(Act::Rule(Judgement { case: case.number, by, role, ruling })));
        }
    }
    Ok(None)
}

/// Rules on a case, and lets go on what it blocked.
///
/// # Errors
/// Those of the store, and where there is no such open case.
pub async fn rule(gateway: &Gateway, judgement: Judgement) -> Result<Applied> {
    let context = (Rules::of(gateway), judgement);
    gateway.store.write(context, |(rules, judgement), session| Box::pin(judge(session, rules, judgement))).await
}

/// The same in a unit that somebody else began.
///
/// # Errors
/// As [`rule`].
pub async fn judge(session: &mut Session, rules: &Rules, judgement: &Judgement) -> Result<Applied> {
    let Judgement { case: number, by, role, ruling } = judgement;
    let case = session.case(*number).await?;
    if case.state != CaseState::Open {
        return Err(Error::Refused(format!("exception {number} is settled already")));
    }
    let suggestions = suggested(session, &rules.in_force.partners, &case).await?;
    let possible = rulings(&case, &suggestions);
    if !possible.contains(ruling) {
        let words: Vec<&str> = possible.iter().map(|ruling| ruling.as_str()).collect();
        let elsewhere = suggestions.iter().find(|suggestion| suggestion.ruling.is_none());
        let why = format!(
            "{} is no answer to exception {number} ({}): {}{}",
            ruling.as_str(),
            case.kind.replace('_', " "),
            words.join(" or "),
            elsewhere.map(|other| format!(", or {}", other.words)).unwrap_or_default()
        );
        return Ok(Applied::Refused { why });
    }
    let Some(trade) = case.trade else {
        return match waiting(session, &case).await? {
            Some(parked) => of_waiting(session, rules, &case, &parked, judgement).await,
            None => close(session, &case, (by, *ruling)).await,
        };
    };
    let row = session.trade(trade).await?;
    let known: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
    let ruled = match of_trade(session, rules, &case, (&row, &known), *ruling).await? {
        Ruled::Told(what) => *what,
        Ruled::Sent(id) => {
            again::send_once_more(session, &id, by).await?;
            return close(session, &case, (by, *ruling)).await;
        }
        Ruled::Refused(why) => return Ok(Applied::Refused { why }),
    };
    if let What::Resolved { exception } = &ruled
        && known.exceptions.iter().all(|open| open.key != *exception)
    {
        // A case about its documents that the trade itself knows nothing of: one that could not be written.
        return close(session, &case, (by, *ruling)).await;
    }
    let role = role.as_deref().unwrap_or(&case.queue).to_owned();
    let source = Source::Command { by: by.clone(), role };
    // One that was refused is not in the way of the next: each is an event of its own, and a case is settled once.
    let key = format!("case|{number}|{}", Uuid::now_v7());
    let outcome = settle(session, rules, &bound(&row, key.clone(), source.clone(), ruled)?).await?;
    if matches!(outcome, Applied::Applied | Applied::Duplicate) {
        let after: Trade = serde_json::from_str(&session.trade(trade).await?.body).map_err(Error::damaged)?;
        if after.exceptions.iter().any(|open| open.key == case.key) {
            // What was done about it does not settle it by itself.
            let over = What::Resolved { exception: case.key.clone() };
            settle(session, rules, &bound(&row, format!("{key}|over"), source, over)?).await?;
        }
        if let (Some(document), true) = (conflicting(&case), case.kind == ExceptionKind::Conflict.as_str()) {
            let is_there = session.document(document).await.is_ok_and(|document| document.state == DocumentState::Held);
            let state = match ruling {
                Ruling::Approve => DocumentState::Done,
                _ => DocumentState::Rejected,
            };
            if is_there {
                session.set_document_state(document, state).await?;
                again::close_holds(session, &document.to_string(), by, ruling.as_str()).await?;
            }
        }
        close(session, &case, (by, *ruling)).await?;
    }
    Ok(outcome)
}

/// A ruling as an event of its trade.
fn bound(row: &TradeRow, key: String, source: Source, what: What) -> Result<Bound> {
    let content = serde_json::to_vec(&what).map_err(Error::damaged)?;
    Ok(Bound {
        event: Event { key, content: hex(&Sha256::digest(&content)), source, what },
        target: Key(row.key.clone()),
        trade: None,
        partner: row.partner.clone(),
        kind: "ruling".into(),
        number: Some(row.number.clone()),
        sequence: 0,
    })
}

async fn close(session: &mut Session, case: &Case, (by, ruling): (&str, Ruling)) -> Result<Applied> {
    // The trade may have closed it itself in the meantime.
    match session.close_case_number(case.number, by, Some(ruling.as_str())).await {
        Ok(()) | Err(Error::Missing { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(Applied::Applied)
}

/// What waits in vain, where a case is about that and it still waits.
pub(in crate::journey) async fn waiting(session: &mut Session, case: &Case) -> Result<Option<ParkedEvent>> {
    match (case.key.strip_prefix(WAIT), &case.partner) {
        (Some(key), Some(partner)) => session.parked_event(partner, key).await,
        _ => Ok(None),
    }
}

/// What waits goes on waiting, goes on without what it waits for where that can be, or is turned down.
async fn of_waiting(
    session: &mut Session,
    rules: &Rules,
    case: &Case,
    parked: &ParkedEvent,
    judgement: &Judgement,
) -> Result<Applied> {
    match judgement.ruling {
        Ruling::Approve => {
            let mut again = released(parked)?;
            match &mut again.event.what {
                What::Changed(change) => change.skips = true,
                What::Cancelled { sequence } => *sequence = None,
                _ => return close(session, case, (&judgement.by, judgement.ruling)).await,
            }
            session.unpark_event(parked.id).await?;
            let outcome = settle(session, rules, &again).await?;
            if !matches!(outcome, Applied::Refused { .. }) {
                close(session, case, (&judgement.by, judgement.ruling)).await?;
            }
            Ok(outcome)
        }
        Ruling::Reject => {
            session.unpark_event(parked.id).await?;
            if let Some(document) = parked.document.as_deref().and_then(|id| id.parse::<DocumentId>().ok())
                && session.document(document).await?.direction == Direction::In
            {
                session.set_document_state(document, DocumentState::Rejected).await?;
            }
            close(session, case, (&judgement.by, judgement.ruling)).await
        }
        Ruling::PayReceived | Ruling::Resolve => close(session, case, (&judgement.by, judgement.ruling)).await,
    }
}

/// What a ruling comes to.
enum Ruled {
    /// Something its trade is told.
    Told(Box<What>),
    /// What we sent as this document leaves once more.
    Sent(String),
    Refused(String),
}

async fn of_trade(
    session: &mut Session,
    rules: &Rules,
    case: &Case,
    (row, trade): (&TradeRow, &Trade),
    ruling: Ruling,
) -> Result<Ruled> {
    let told = |what: What| Ok(Ruled::Told(Box::new(what)));
    let dealt_with = || What::Resolved { exception: case.key.clone() };
    let named = || case.key.rsplit('|').next().unwrap_or_default().to_owned();
    if let Some(hold) = case.key.strip_prefix(HOLD) {
        return match ruling {
            Ruling::Reject => told(not_at_all(trade, case)),
            _ => told(What::Released { hold: hold.to_owned() }),
        };
    }
    let judged = match ruling {
        Ruling::Approve => Some(process::Ruling::Accept),
        Ruling::PayReceived => Some(process::Ruling::PayReceived),
        Ruling::Reject => Some(process::Ruling::Refuse),
        Ruling::Resolve => None,
    };
    use ExceptionKind as K;
    match (ExceptionKind::of(&case.kind), ruling) {
        (Some(K::InvoiceHeld | K::InvoiceForCancelled), _) if judged.is_some() => {
            let ruling = judged.unwrap_or(process::Ruling::Refuse);
            told(What::BillJudged { invoice: named(), ruling })
        }
        (Some(K::InvoiceWithoutReceipt), Ruling::Reject) => {
            told(What::BillJudged { invoice: named(), ruling: process::Ruling::Refuse })
        }
        (Some(K::AnswerDiffers), Ruling::Approve) => told(What::AnswerAccepted),
        (Some(K::AnswerDiffers | K::SupplierAnswerOverdue | K::ChangeRefused), Ruling::Reject) => {
            told(What::Cancelled { sequence: None })
        }
        (Some(K::AnswerOverdue), Ruling::Approve) => {
            told(What::Decided(Decision { rest: Some(Rest::Hold), ..Decision::default() }))
        }
        (Some(K::CancelDatePassed), Ruling::Approve) => told(no_more(trade)),
        (Some(K::NoticeOverdue), Ruling::Approve) => told(What::NoticeWanted { shipment: named(), correct: false }),
        (Some(K::NoticeRejected), Ruling::Approve) => told(What::NoticeWanted { shipment: named(), correct: true }),
        (Some(K::InvoiceOverdue), Ruling::Approve) => {
            let bill = Bill { shipment: Some(named()), date: Some(today(rules, row)), ..Bill::default() };
            told(What::Invoiced(bill))
        }
        (Some(K::AcknowledgementOverdue | K::DeliveryFailed), Ruling::Approve) => {
            let key = case.key.trim_start_matches("overdue|acknowledgement|").trim_start_matches("delivery|");
            match session.document_of_trade(row.id, key).await? {
                Some(id) => Ok(Ruled::Sent(id)),
                None => Ok(Ruled::Refused("nothing that left can be sent again for it".into())),
            }
        }
        (Some(K::Conflict), Ruling::Approve) => match replacement(session, case).await? {
            Some(order) => told(What::Replaced { order: Box::new(order), problems: Vec::new() }),
            None => Ok(Ruled::Refused(
                "only an order can take the place of one before; of anything else the first stands".into(),
            )),
        },
        (Some(K::Conflict), Ruling::Reject) => {
            let document = match conflicting(case) {
                Some(id) => session.document(id).await.ok(),
                None => None,
            };
            match document {
                Some(document) => told(What::TurnedDown {
                    exception: case.key.clone(),
                    kind: document.kind.map_or("order", |kind| reference(&kind)).to_owned(),
                    number: document.number.unwrap_or_default(),
                }),
                None => told(dealt_with()),
            }
        }
        _ => told(dealt_with()),
    }
}

fn today(rules: &Rules, row: &TradeRow) -> jiff::civil::Date {
    rules.policy(&row.partner).calendar.date(rules.now)
}

/// Nothing of what a case holds comes: its line, or the whole order.
fn not_at_all(trade: &Trade, case: &Case) -> What {
    let lines = trade.lines.iter().filter(|line| case.line.as_deref().is_none_or(|number| line.number == number));
    let decided = lines.map(|line| {
        let counters = line.counters(Side::Sale);
        let rejected = (counters.ordered - counters.shipped).max(Decimal::ZERO);
        LineDecision {
            line: line.number.clone(),
            accepted: counters.shipped.min(counters.ordered),
            rejected,
            reason: reason(case).map(str::to_owned),
            ..LineDecision::default()
        }
    });
    What::Decided(Decision { lines: decided.collect(), ..Decision::default() })
}

/// What has left stands, and nothing more comes.
fn no_more(trade: &Trade) -> What {
    let open = trade.lines.iter().filter(|line| !line.counters(Side::Sale).open.is_zero());
    let decided = open.map(|line| {
        let counters = line.counters(Side::Sale);
        LineDecision {
            line: line.number.clone(),
            accepted: counters.shipped.min(counters.ordered),
            rejected: counters.open,
            ..LineDecision::default()
        }
    });
    What::Decided(Decision { lines: decided.collect(), ..Decision::default() })
}

/// Why a line does not come, by the word that answers have for it.
fn reason(case: &Case) -> Option<&'static str> {
    Some(match ExceptionKind::of(&case.kind)? {
        ExceptionKind::ItemUnknown | ExceptionKind::ItemDiscontinued => "invalid_item",
        ExceptionKind::UnitUnknown => "invalid_unit",
        ExceptionKind::ShipToUnknown => "ship_to",
        _ => return None,
    })
}

/// How advice refers to a kind of document.
fn reference(kind: &str) -> &'static str {
    match kind {
        "invoice" => "invoice",
        "ship_notice" => "shipment",
        _ => "order",
    }
}
