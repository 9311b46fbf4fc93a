//! What an event comes to: the trade afterwards, and what is wanted from outside because of it.

use jiff::Timestamp;
use serde::Serialize;

use super::exception::Exception;
use super::keys::Key;
use super::ledger::Draft;
use super::trade::{Deadline, Hold, Trade};
use crate::canonical::Canonical;

/// The result of [`super::apply`]. Where the verdict is not `Applied`, the trade is as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    pub trade: Trade,
    pub verdict: Verdict,
    pub effects: Vec<Effect>,
    /// Keys this event brought: events waiting for one of them are to be applied now, in (sequence, received) order.
    pub provides: Vec<Key>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Applied,
    /// It came early. It waits for `awaits`; when that has not come by `until`, a person has to look.
    Parked {
        awaits: Key,
        until: Timestamp,
    },
    /// It had been applied: whatever was answered then is answered again.
    Duplicate,
    /// The same key with another content: nothing was overwritten, and `effects` opens a case.
    Conflict,
    /// A request that cannot be granted: why, and what the partner is told. `effects` may hold that answer.
    Refused {
        why: String,
    },
}

/// What is wanted from outside. The order matters: a notice before its invoice.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Issue(Box<Issue>),
    /// The document that the event came by is this one of the trade's, and has left: see [`super::Issued::key`].
    Left(String),
    Open(Exception),
    /// The case with this key has settled itself.
    Close(String),
    SetDeadline(Deadline),
    /// The deadline with this key is no longer waited for.
    ClearDeadline(String),
    Hold(Hold),
    /// The hold with this key was released.
    ReleaseHold(String),
    Tell(News),
    /// Something is put into the books.
    Post(Draft),
}

/// A document to be issued through the agreement's map.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// As in [`super::Issued::key`]: issuing it again is issuing it once.
    pub key: String,
    /// Whom it goes to, where that is not the trade's partner: a carrier whose bill stands in it.
    pub to: Option<String>,
    pub document: Canonical<'static>,
    pub answers: Answers,
}

/// Which question a document answers: it decides between kinds that are one canonically (855 and 865).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    Nothing,
    Order,
    /// The change with this sequence.
    Change(u32),
    /// An order that came with purpose cancel: it changes one that was answered before.
    Cancellation,
}

/// An event for subscribers: `order.received`, `shipment.confirmed`, ... about a thing with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct News {
    pub kind: &'static str,
    /// The number of what it is about: order, shipment, invoice.
    pub subject: String,
}
