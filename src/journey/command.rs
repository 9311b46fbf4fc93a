//! What people and systems of ours tell a trade: decisions, facts, wishes. A command becomes an event and is applied as a
//! document's would be; the same command twice is one command.

use sha2::{Digest, Sha256};

use super::Gateway;
use super::apply::{Applied, Bound, Rules, settle};
use crate::process::{self, Event, ExceptionKind, Key, Side, Source, TradeKey, What};
use crate::store::{Case, CaseState, Error, Result, Session, hex};

/// A command as it is given.
#[derive(Clone, Debug)]
pub struct Command {
    /// A person or an API key, by name.
    pub by: String,
    /// The role it is done in.
    pub role: String,
    /// One name for it, however often it is sent. Facts with a number of their own go by that.
    pub key: String,
    pub about: About,
    pub what: What,
}

/// What a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// An order of the house that has not been there before.
    New(TradeKey),
    /// An order by its number; the partner where it is known, since numbers of several may collide.
    Order { side: Side, number: String, partner: Option<String> },
    /// This trade and no other, by the key of its row.
    Trade { key: String, number: String, partner: String },
}

/// Applies a command. What it answers is durable.
///
/// # Errors
/// Those of the store.
pub async fn command(gateway: &Gateway, command: Command) -> Result<Applied> {
    let context = (Rules::of(gateway), command);
    gateway.store.write(context, |(rules, command), session| Box::pin(tell(session, rules, command))).await
}

/// Applies a command in a unit that somebody else began.
///
/// # Errors
/// Those of the store.
pub async fn tell(session: &mut Session, rules: &Rules, command: &Command) -> Result<Applied> {
    let Command { by, role, key, about, what } = command.clone();
    let content = serde_json::to_vec(&what).map_err(Error::damaged)?;
    let event = Event {
        key: natural_key(&what).unwrap_or_else(|| format!("command|{key}")),
        content: hex(&Sha256::digest(&content)),
        source: Source::Command { by, role },
        what,
    };
    let (target, trade, partner, number) = match about {
        About::New(key) => (Key::order(&key), Some(key.clone()), key.partner, key.order),
        About::Order { side, number, partner: Some(partner) } => {
            (Key::order(&TradeKey::new(side, &partner, &number)), None, partner, number)
        }
        About::Order { side, number, partner: None } => (anybodys_order(side, &number), None, String::new(), number),
        About::Trade { key, number, partner } => (Key(key), None, partner, number),
    };
    let kind = verb(&event.what).to_owned();
    let bound = Bound { event, target, trade, partner, kind, number: Some(number), sequence: 0 };
    settle(session, rules, &bound).await
}

/// An order by its number alone: warehouses do not know whose it is.
pub fn anybodys_order(side: Side, number: &str) -> Key {
    Key::order(&TradeKey::new(side, "*", number))
}

/// What was decided about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It goes on as it is: released, taken, accepted.
    Approve,
    /// A supplier's invoice is paid as far as its goods came; the rest is disputed.
    PayReceived,
    /// It does not: refused, disputed.
    Reject,
    /// It has been dealt with.
    Resolve,
}

impl Ruling {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::PayReceived => "pay_received",
            Self::Reject => "reject",
            Self::Resolve => "resolve",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Self::Approve, Self::PayReceived, Self::Reject, Self::Resolve].into_iter().find(|it| it.as_str() == word)
    }
}

/// Who rules on which case, and how.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub case: u64,
    pub by: String,
    /// The role it is done in; the desk's own where nothing else is said.
    pub role: Option<String>,
    pub ruling: Ruling,
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
    let Some(trade) = case.trade else { return close(session, &case, by).await };
    let row = session.trade(trade).await?;
    let role = role.as_deref().unwrap_or(&case.queue).to_owned();
    let what = what_of(&case, *ruling);
    let content = serde_json::to_vec(&what).map_err(Error::damaged)?;
    let event = Event {
        key: format!("case|{number}"),
        content: hex(&Sha256::digest(&content)),
        source: Source::Command { by: by.clone(), role },
        what,
    };
    let bound = Bound {
        event,
        target: Key(row.key.clone()),
        trade: None,
        partner: row.partner.clone(),
        kind: "ruling".into(),
        number: Some(row.number.clone()),
        sequence: 0,
    };
    let outcome = settle(session, rules, &bound).await?;
    if matches!(outcome, Applied::Applied | Applied::Duplicate) {
        close(session, &case, by).await?;
    }
    Ok(outcome)
}

async fn close(session: &mut Session, case: &Case, by: &str) -> Result<Applied> {
    // The trade may have closed it itself in the meantime.
    match session.close_case_number(case.number, by, None).await {
        Ok(()) | Err(Error::Missing { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(Applied::Applied)
}

/// What a ruling means for the trade, by what the case is about.
fn what_of(case: &Case, ruling: Ruling) -> What {
    if let (Some(hold), Ruling::Approve | Ruling::Resolve) = (case.key.strip_prefix("hold|"), ruling) {
        return What::Released { hold: hold.to_owned() };
    }
    let is = |kind: ExceptionKind| case.kind == kind.as_str();
    let judged = match ruling {
        Ruling::Approve => Some(process::Ruling::Accept),
        Ruling::PayReceived => Some(process::Ruling::PayReceived),
        Ruling::Reject => Some(process::Ruling::Refuse),
        Ruling::Resolve => None,
    };
    if let (true, Some(ruling)) = (is(ExceptionKind::InvoiceHeld) || is(ExceptionKind::InvoiceForCancelled), judged) {
        let invoice = case.key.rsplit('|').next().unwrap_or_default().to_owned();
        return What::BillJudged { invoice, ruling };
    }
    if is(ExceptionKind::AnswerDiffers) && ruling == Ruling::Approve {
        return What::AnswerAccepted;
    }
    What::Resolved { exception: case.key.clone() }
}

/// The number a fact goes by, whoever tells it.
fn natural_key(what: &What) -> Option<String> {
    match what {
        What::Shipped(shipment) => Some(format!("shipment|{}", shipment.number)),
        What::Received(receipt) => Some(format!("receipt|{}", receipt.number)),
        What::Returned(receipt) => Some(format!("return|{}", receipt.number)),
        What::Paid(payment) => Some(format!("payment|{}|{}", payment.trace, payment.invoice)),
        What::Invoiced(bill) => bill.number.as_ref().map(|number| format!("invoice|{number}")),
        What::Credited(bill) => bill.number.as_ref().map(|number| format!("credit|{number}")),
        _ => None,
    }
}

/// What people call it.
pub(super) fn verb(what: &What) -> &'static str {
    match what {
        What::Ordered { .. } => "order",
        What::Decided(_) => "decision",
        What::Shipped(_) => "shipment",
        What::Received(_) => "receipt",
        What::Returned(_) => "return",
        What::Invoiced(_) => "invoice",
        What::Credited(_) => "credit",
        What::Paid(_) => "payment",
        What::Changed(_) => "change",
        What::Cancelled { .. } => "cancellation",
        _ => "command",
    }
}
