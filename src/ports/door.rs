//! What doors and outlets need from the gateway, and the gateway from them: bytes with a name, promises to keep them,
//! and what a door must remember. A door knows its protocol; whose document it is and what it says, it does not.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::{Promise, Side};

/// Bytes on their way in or out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Bytes(Vec<u8>),
    /// Too many for memory. Whoever made the file removes it; the taker only reads.
    File(PathBuf),
}

/// What came through a door, before anybody looked inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The door's own: taking the same one twice is taking it once.
    pub id: Uuid,
    /// `as2`, `mail`, `https`.
    pub door: String,
    /// Whom the door authenticated; `None` where only the bytes can say whose they are.
    pub partner: Option<String>,
    /// The name the sender gave, made safe by the door.
    pub name: String,
    pub content: Content,
    /// At most one arrival has this key: a later one is not taken and gets the first one's value back.
    pub once: Option<Note>,
    /// Written in the same unit as the arrival.
    pub notes: Vec<Note>,
}

/// Something a door remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// What kind of thing: `as2-received`, `imap-cursor`.
    pub scope: String,
    pub key: String,
    pub value: Value,
}

impl Note {
    pub fn new(scope: &str, key: impl Into<String>, value: Value) -> Self {
        Self { scope: scope.to_owned(), key: key.into(), value }
    }
}

/// What became of an arrival.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// It is durable, and its reading is owed.
    New,
    /// One with the same key came before: what was noted then. Nothing was taken now.
    Again(Value),
}

/// Bytes that prove what happened: a raw request, a mail, an MDN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What they belong to: the id of an arrival or a delivery.
    pub subject: Uuid,
    /// `request`, `headers`, `mdn`, `mail`.
    pub kind: String,
    pub content: Content,
}

/// A case for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// A short stable name: `signature-failed`, `mdn-negative`.
    pub fault: String,
    /// In plain words: what happened and what to do next.
    pub reason: String,
    pub partner: Option<String>,
    /// The arrival, the delivery or the partner it is about.
    pub subject: CaseSubject,
    /// What the partner was told.
    pub told: Option<Value>,
}

/// What a case is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseSubject {
    Arrival(Uuid),
    Delivery(Uuid),
    /// A partner by name, or `us`.
    Partner(String),
}

/// Why the gateway did not do what a door asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Nothing was kept and the same call may succeed later: the sender must be told to try again.
    #[error("not now: {0}")]
    Later(String),
    /// The same call would fail again.
    #[error("{0}")]
    Never(String),
}

/// The gateway as doors see it. What is answered `Ok` is durable.
pub trait Reception: Send + Sync {
    fn take(&self, arrival: Arrival) -> Promise<'_, Result<Taken, NotTaken>>;

    /// What was noted under a key.
    fn recall<'a>(&'a self, scope: &'a str, key: &'a str) -> Promise<'a, Result<Option<Value>, NotTaken>>;

    /// Writes notes, over older ones of the same key.
    fn remember(&self, notes: Vec<Note>) -> Promise<'_, Result<(), NotTaken>>;

    /// Keeps bytes; answers their SHA-256.
    fn keep_evidence(&self, evidence: Evidence) -> Promise<'_, Result<String, NotTaken>>;

    /// Puts a case before a person.
    fn report(&self, case: Case) -> Promise<'_, Result<(), NotTaken>>;

    /// What became known later of a delivery: an asynchronous MDN, a bounce.
    fn outcome(&self, delivery: Uuid, outcome: Result<Value, Undelivered>) -> Promise<'_, Result<(), NotTaken>>;
}

/// One file owed to a partner, as its outlet gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub delivery: Uuid,
    pub partner: String,
    pub file_name: String,
    pub content: Content,
    /// How often it was tried before.
    pub attempts: u32,
}

/// What the far side said.
#[derive(Clone, Debug, PartialEq)]
pub enum Receipt {
    /// It holds the bytes.
    Held(Value),
    /// It took the bytes and will say later whether it holds them ([`Reception::outcome`]); silence is overdue after a while.
    Awaiting { said: Value, overdue_after: Duration },
}

/// Why a delivery did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    pub side: Side,
    /// In words, for a person; never a secret.
    pub reason: String,
    pub again: Again,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    Soon,
    After(Duration),
    /// Only a person can: the delivery is parked and those behind it go on.
    Never,
}

/// Carries parcels to partners by one protocol. Parcels of one partner come one after another, in order.
pub trait Outlet: Send + Sync {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Promise<'a, Result<Receipt, Undelivered>>;
}
