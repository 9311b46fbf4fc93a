//! A job: a step that is owed, made durable together with the state that owes it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Promise;

/// A job as it is claimed. Its id, owner and claim together are the proof that this worker still holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub id: Uuid,
    /// Which step: `read`, `deliver`, `hand_on`.
    pub kind: String,
    /// What the step is about: the id of a transmission, the name of an outlet.
    pub subject: String,
    /// Whose turn it costs; empty for the house itself.
    pub partner: String,
    /// What the step wants to remember beside its subject.
    pub detail: Value,
    /// How often it failed before.
    pub attempts: u32,
    /// The revision of the configuration that was in force when it was asked for.
    pub revision: Option<String>,
    pub created_at: Timestamp,
    /// Counts who took it: a worker whose job was taken over has an older one.
    pub claim: i64,
    /// How often it was asked for again while it stood: see [`NewJob::key`].
    pub pokes: i64,
    /// Where it stands in the queue between partners.
    pub turn: i64,
}

/// A job to be. `NewJob { detail, ..NewJob::new("read", id, partner) }`.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    pub kind: String,
    pub subject: String,
    pub partner: String,
    pub detail: Value,
    /// Not before; `None` is at once.
    pub run_at: Option<Timestamp>,
    /// At most one job of this key stands at a time. Asking again for one that is running makes it run once more.
    pub key: Option<String>,
    pub revision: Option<String>,
}

impl NewJob {
    pub fn new(kind: &str, subject: impl fmt::Display, partner: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            subject: subject.to_string(),
            partner: partner.to_owned(),
            detail: Value::Null,
            run_at: None,
            key: None,
            revision: None,
        }
    }

    /// The same, but only one for this kind and subject.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.key = Some(format!("{}/{}", self.kind, self.subject));
        self
    }

    #[must_use]
    pub fn at(mut self, run_at: Timestamp) -> Self {
        self.run_at = Some(run_at);
        self
    }
}

/// Whose side a failure is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Ours,
    Partner,
    Network,
}

/// What a step says when it has run.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Its own transaction stored its effects and finished the job: there is nothing left to write.
    Done,
    /// One window is stored and there is more: the job keeps its lease and waits for its partner's next turn.
    More,
    /// Nothing was stored; try again, later each time, or after what is said here.
    Retry { side: Side, reason: String, after: Option<Duration> },
    /// Something of the house is away (a full disk, the database): try again later, and do not count this as a try.
    Wait { reason: String },
    /// Trying again cannot help: it waits for a person.
    Park { side: Side, reason: String },
}

/// Runs one step. `journey` implements it.
pub trait Runner: Send + Sync {
    fn run<'a>(&'a self, job: &'a Job) -> Promise<'a, Verdict>;

    /// What should happen every now and then though nobody asked: retention, sweeping, what never arrived.
    fn upkeep(&self) -> Promise<'_, ()> {
        Box::pin(async {})
    }

    /// A job was parked after its last try: whoever shows exceptions to people may want to know.
    fn parked<'a>(&'a self, job: &'a Job, side: Side, reason: &'a str) -> Promise<'a, ()> {
        let _ = (job, side, reason);
        Box::pin(async {})
    }
}

/// A failure of the queue itself: the worker waits and tries again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct QueueError(pub String);

/// Keeps jobs. `store` implements it on both databases; leases are judged by the database's clock.
pub trait Queue: Send + Sync {
    /// Takes up to `limit` due jobs in their turn, for this node.
    fn claim(&self, limit: usize) -> Promise<'_, Result<Vec<Job>, QueueError>>;

    /// Gives a failed job back, to be run not before `after` from now; `counted` as one more attempt or not.
    fn retry<'a>(
        &'a self,
        job: &'a Job,
        after: Duration,
        side: Side,
        reason: &'a str,
        counted: bool,
    ) -> Promise<'a, Result<(), QueueError>>;

    /// Puts a job aside for a person.
    fn park<'a>(&'a self, job: &'a Job, side: Side, reason: &'a str) -> Promise<'a, Result<(), QueueError>>;

    /// Gives jobs back that were claimed and not run.
    fn release<'a>(&'a self, jobs: &'a [Job]) -> Promise<'a, Result<(), QueueError>>;

    /// Says that this node lives, for another lease; frees the jobs of nodes that do not. Answers how many were freed.
    fn beat(&self) -> Promise<'_, Result<u64, QueueError>>;

    /// The length of a lease: beats come three times as often.
    fn lease(&self) -> Duration;

    /// Waits until jobs may be there. A hint: polling is the truth.
    fn changed(&self) -> Promise<'_, ()>;
}
