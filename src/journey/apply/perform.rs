//! What an event of a trade wants from outside, stored in the event's own unit: documents for the partner, cases,
//! deadlines, news.

use jiff::Timestamp;
use serde_json::json;

use super::recheck::HOLD;
use super::{Rules, differs};
use crate::canonical::Kind;
use crate::journey::filed::filed;
use crate::journey::issue::{Issued, NotIssued, Origin, Outgoing};
use crate::journey::money::books;
use crate::process::{
    self, Answers, Deadline, Effect, Event, Exception, ExceptionKind, Issue, Key, Ruling, What, calendar,
};
use crate::store::{self, Case, DeadlineRow, Result, Session, TradeRow};

/// Whose effects they are.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    pub row: &'a TradeRow,
    pub event: &'a Event,
}

/// Performs effects in their order.
///
/// # Errors
/// Those of the store; nothing of the unit is stored then.
pub async fn perform(session: &mut Session, rules: &Rules, about: About<'_>, effects: &[Effect]) -> Result<()> {
    for effect in effects {
        match effect {
            Effect::Issue(issue) => self::issue(session, rules, about, issue).await?,
            Effect::Left(key) => {
                if let Some(document) = about.event.source.document() {
                    session.add_trade_document(&document.to_string(), about.row.id, key).await?;
                }
            }
            Effect::Open(exception) => {
                let exception = differs::told(session, about.row.id, about.event, exception).await?;
                session.open_case(&case(about, &exception, rules)).await?;
                // Nobody has let go in time what this is about.
                if let (ExceptionKind::HoldAgeing, Some(of)) = (exception.kind, exception.key.strip_prefix("overdue|"))
                {
                    session.breach_case(about.row.id, of).await?;
                }
            }
            Effect::Close(key) => {
                let by = about.event.source.by().unwrap_or("the trade");
                let how = how(about.event);
                session.close_case(about.row.id, key, by, Some(&how)).await?;
            }
            Effect::SetDeadline(deadline) => {
                session.set_deadline(&row(about, deadline)).await?;
            }
            Effect::ClearDeadline(key) => session.clear_deadline(about.row.id, key).await?,
            Effect::Hold(hold) => {
                let detail = json!({"hold": hold.key, "line": hold.line, "words": hold.words});
                news(session, about, (rules.now, "order.held"), None, detail).await?;
            }
            Effect::ReleaseHold(key) => {
                news(session, about, (rules.now, "order.released"), None, json!({"hold": key})).await?;
            }
            Effect::Post(draft) => {
                books::post(session, rules, &about.event.key, draft.clone()).await?;
            }
            // A hold is told of with its words.
            Effect::Tell(told) if matches!(told.kind, "order.held" | "order.released") => {}
            Effect::Tell(told) => {
                let number = (!told.kind.starts_with("order.")).then_some(told.subject.as_str());
                news(session, about, (rules.now, told.kind), number, json!({})).await?;
            }
        }
    }
    Ok(())
}

/// What settled a case, for whoever looks at it later.
fn how(event: &Event) -> String {
    match &event.what {
        What::Resolved { .. } => "resolve".to_owned(),
        What::Released { hold } => format!("hold {} released", hold.replace('|', " ")),
        What::Rechecked { .. } => "looked at again, and nothing was found any more".to_owned(),
        What::BillJudged { invoice, ruling } => match ruling {
            Ruling::Accept => format!("invoice {invoice} taken as it stands"),
            Ruling::PayReceived => format!("of invoice {invoice}, what was received is paid"),
            Ruling::Refuse => format!("invoice {invoice} refused"),
        },
        What::TurnedDown { number, .. } => format!("{number} turned down"),
        What::FactorApproved { unit, factor, .. } => format!("factor {factor} approved for {unit}"),
        _ => event.key.replace('|', " "),
    }
}

/// A document leaves as agreed with the partner; one that cannot opens a case, and nothing else stops.
async fn issue(session: &mut Session, rules: &Rules, about: About<'_>, issue: &Issue) -> Result<()> {
    let wanted = match issue.answers {
        Answers::Order => Some("855"),
        Answers::Change(_) | Answers::Cancellation => Some("865"),
        Answers::Nothing => None,
    };
    let catalogue = &rules.in_force.catalogue;
    let receiver = match (&rules.policy(&about.row.partner).shipping.warehouse, issue.document.kind, &issue.to) {
        (Some(warehouse), Kind::WarehouseOrder, None) => warehouse,
        (_, Kind::ApplicationAdvice, Some(to)) if !rules.policy(to).buying.application_advice => return Ok(()),
        (.., Some(to)) => to,
        _ => &about.row.partner,
    };
    let mut outgoing = match Outgoing::prepare(catalogue, receiver, &issue.document, wanted, rules.now) {
        Ok(outgoing) => outgoing,
        // Advice that was not agreed is not wanted; what a trade lives by is.
        Err(NotIssued::NotAgreed { kind, .. }) if is_advice(kind) => return Ok(()),
        Err(why) => {
            let words = format!("{} cannot be sent: {why}", issue.key);
            return stuck(session, rules, about, &issue.key, words).await;
        }
    };
    // A notice that is taken back and given anew has the number and the contents of the first.
    outgoing.again = issue.key.rsplit_once('#').map(|(_, count)| count.to_owned());
    let origin = Origin { transmission: None, revision: rules.in_force.revision.clone() };
    let document = match outgoing.write(session, &rules.store, &origin).await? {
        Issued::New(document) | Issued::Duplicate(document) => document,
        Issued::Conflict(_) => {
            let words = format!("{} was sent before with other contents; nothing left.", issue.key);
            return stuck(session, rules, about, &issue.key, words).await;
        }
    };
    session.add_trade_document(&document.to_string(), about.row.id, &issue.key).await
}

/// Documents that a partner may do without.
fn is_advice(kind: Kind) -> bool {
    matches!(kind, Kind::ReceiptAdvice | Kind::Remittance | Kind::ApplicationAdvice | Kind::Adjustment)
}

async fn stuck(session: &mut Session, rules: &Rules, about: About<'_>, key: &str, words: String) -> Result<()> {
    let exception = Exception::new(format!("not_issued|{key}"), ExceptionKind::DeliveryFailed, words);
    session.open_case(&case(about, &exception, rules)).await?;
    Ok(())
}

/// A document of ours has left, and what it means cannot be taken any more: the order changed while it waited.
///
/// # Errors
/// Those of the store.
pub(super) async fn contradicted(session: &mut Session, rules: &Rules, about: About<'_>, why: &str) -> Result<()> {
    let words = format!("a document that was sent does not fit order {} any more: {why}", about.row.number);
    let exception = Exception {
        queue: process::expired(about.event, &Key(about.row.key.clone())),
        ..Exception::new(format!("sent|{}", about.event.key), ExceptionKind::SentAgainstOrder, words)
    };
    session.open_case(&case(about, &exception, rules)).await.map(drop)
}

fn case(about: About<'_>, exception: &Exception, rules: &Rules) -> Case {
    let policy = rules.policy(&about.row.partner);
    // What holds an order has the time that was agreed for that.
    let due = match exception.key.starts_with(HOLD) {
        true => policy.calendar.due(rules.now, policy.answer.hold_within),
        false => policy.due_at(exception.queue, rules.now),
    };
    Case {
        trade: Some(about.row.id),
        order_number: Some(about.row.number.clone()),
        document: about.event.source.document().map(|id| id.to_string()),
        ..filed(exception, Some(&about.row.partner), rules.now, due)
    }
}

fn row(about: About<'_>, deadline: &Deadline) -> DeadlineRow {
    let [(_, first), ..] = calendar::escalations(deadline.since, deadline.due);
    DeadlineRow {
        trade: about.row.id,
        key: deadline.key.clone(),
        kind: word(&deadline.kind),
        queue: deadline.queue.as_str().to_owned(),
        partner: about.row.partner.clone(),
        number: about.row.number.clone(),
        words: deadline.words.clone(),
        since: deadline.since,
        due: deadline.due,
        percent: 0,
        next_at: first,
    }
}

/// Nothing more is to happen to an order: it is settled, or cancelled, and nobody has to look at it.
///
/// # Errors
/// Those of the store.
pub(super) async fn closed(session: &mut Session, rules: &Rules, about: About<'_>) -> Result<()> {
    news(session, about, (rules.now, "order.closed"), None, json!({})).await
}

/// Tells other systems of the order, or of one of its shipments, receipts, invoices and payments.
async fn news(
    session: &mut Session,
    about: About<'_>,
    (at, kind): (Timestamp, &str),
    number: Option<&str>,
    more: serde_json::Value,
) -> Result<()> {
    let row = about.row;
    let noun = kind.split('.').next().unwrap_or_default();
    let mut detail = json!({"order": row.number, "side": row.side, "test": row.test, "state": row.state});
    if let (Some(detail), serde_json::Value::Object(more)) = (detail.as_object_mut(), more) {
        detail.extend(number.map(|number| (noun.to_owned(), number.into())));
        detail.extend(about.event.source.document().map(|id| ("document".to_owned(), id.to_string().into())));
        detail.extend(more);
    }
    let key = match (noun, number) {
        ("order" | "deadline", _) | (_, None) => row.key.clone(),
        (noun, Some(number)) => {
            let test = if row.test { "|test" } else { "" };
            format!("{}|{}{test}|{noun}|{number}", row.side, row.partner)
        }
    };
    session
        .record(&[store::Event {
            at,
            actor: about.event.source.by().unwrap_or("journey/apply").to_owned(),
            kind: kind.to_owned(),
            subject: row.id.to_string(),
            key,
            partner: Some(row.partner.clone()),
            detail,
        }])
        .await
}

/// A choice of the process as one word.
pub(super) fn word(choice: &impl serde::Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}
