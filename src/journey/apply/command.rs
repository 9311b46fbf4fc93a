//! What people and systems of ours tell a trade: decisions, facts, wishes. A command becomes an event and is applied as a
//! document's would be; the same command twice is one command.

use sha2::{Digest, Sha256};

use super::{Applied, Bound, Rules, settle};
use crate::journey::Gateway;
use crate::process::{Event, Key, Side, Source, TradeKey, What};
use crate::store::{Error, Result, Session, hex};

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
    // A fact goes by its own number where it has one.
    let own = match &event.what {
        What::Shipped(shipment) => Some(shipment.number.clone()),
        What::Received(receipt) | What::Returned(receipt) => Some(receipt.number.clone()),
        _ => None,
    };
    let number = own.unwrap_or(number);
    let bound = Bound { event, target, trade, partner, kind, number: Some(number), sequence: 0 };
    settle(session, rules, &bound).await
}

/// An order by its number alone: warehouses do not know whose it is.
pub fn anybodys_order(side: Side, number: &str) -> Key {
    Key::order(&TradeKey::new(side, "*", number))
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
pub(in crate::journey) fn verb(what: &What) -> &'static str {
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
