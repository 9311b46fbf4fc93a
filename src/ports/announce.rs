//! Telling other systems of ours what happened.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::Promise;

/// An event on its way: always the same bytes under one id, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub id: Uuid,
    /// `entrepot.order.received`
    pub kind: String,
    /// A CloudEvent in JSON.
    pub body: bytes::Bytes,
}

/// Why an event did not arrive, or is not known to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unannounced {
    /// In words, for a person; never a secret.
    pub reason: String,
    pub cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody answered: it will be so for the next event too.
    Silent,
    /// It was answered and not taken.
    Refused,
    /// It wants to be left alone for a while.
    Busy(Duration),
    /// It is there no more: nothing is to be sent until a person says so.
    Gone,
}

/// Carries events to one endpoint.
pub trait Announcer: Send + Sync {
    /// Answers what the far side said, in words, once it has the event.
    fn announce<'a>(
        &'a self,
        announcement: &'a Announcement,
        now: Timestamp,
    ) -> Promise<'a, Result<String, Unannounced>>;
}
