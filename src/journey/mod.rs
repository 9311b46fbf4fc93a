//! What happens to a document, in order: one file or room per step. Start here.
//!
//! | step | takes | leaves | then |
//! |---|---|---|---|
//! | [`receive`] | a claimed file | its bytes and a transmission, durable | `read` or `issue` |
//! | [`read`] | a window of the file | interchanges, groups, documents, answers, in one transaction | `read`, `deliver`, `hand_on` |
//! | · `read::statement` | a file of our bank | its bookings, applied | |
//! | · `recognise` | an envelope | whose it is, and whether it is taken | |
//! | · `read::validate` | a set | findings, disposition, where it stands | |
//! | · `translate` | a set | a canonical document with its keys | |
//! | · `read::acknowledge` | findings | TA1, 997, 999, CONTRL, stored before they leave | |
//! | · `read::confirm` | an acknowledgement that came back | what we sent is accepted or rejected | |
//! | [`hand_on`] | the accepted documents of a group | one JSON file each in the outbox | |
//! | `apply` | the accepted documents of a group | events of trades, with everything that follows: `apply::perform` | `deliver` |
//! | `follow` | how far our documents came | events of the trades that issued them | |
//! | `money::cash::waiting` | an advice whose money has not come in its time | a case for whoever owns it | |
//! | `remind` | the clock | events of trades whose deadlines pass, cases for what waits too long | |
//! | [`act`] | what a person or system does through the API or in a story | what [`apply::command`] and [`money`] leave | |
//! | [`apply::command`] | a decision or fact of a person or system | an event, as a document's would be | |
//! | [`activate`] | a map or a partner file | a draft, an approval, a revision in force | |
//! | `send` | a file in `send/PARTNER` | what it means to its trade, and what `issue` leaves | `deliver` |
//! | [`issue`] | a canonical document to be sent | wire bytes with their numbers, an expectation | `deliver` |
//! | `issue::batch` | documents that waited for others of their agreement | one interchange of them all | `deliver` |
//! | [`deliver`] | what an outlet owes | files in `out/PARTNER`, receipts | |
//! | [`publish`] | events behind an endpoint's cursor | other systems told, or who still has to be | |
//! | [`owed`] | a person's wish for an endpoint | events owed once more, or given up | `publish` |
//! | `expire` | the clock | holds for what should have come and did not | |
//!
//! Beside the steps: [`examine`] reads without keeping anything, [`money`] keeps the books, [`show`] says how things stand,
//! `people` knows who may do what, and `gateway` is what every step works with.
//!
//! A step reads, decides without the outside world, and writes state, effects and next jobs in one unit of the store. A
//! crash between any two steps leaves the job queued and everything else as it was. Only `deliver`, `hand_on` and `publish`
//! can be seen twice from outside, as the same file under the same name, or the same event under the same id.

pub mod act;
pub mod activate;
pub mod anchor;
pub mod apply;
mod deliver;
pub mod examine;
mod expire;
mod filed;
mod follow;
mod fresh;
mod gateway;
mod hand_on;
pub mod issue;
pub mod money;
pub mod owed;
mod parked;
pub mod people;
pub mod publish;
mod read;
pub mod receive;
mod recognise;
mod remind;
mod send;
pub mod show;
mod translate;

pub use apply::{Applied, Rules};
pub use gateway::{Gateway, InForce};
pub use read::answer;
pub use receive::closed::closed;
pub use receive::{NotReceived, receive};

use std::io;
use std::sync::Arc;

use tracing::Instrument as _;

use crate::canonical::TRACEPARENT;
use crate::ports::{Job, Promise, Runner, Side, Verdict};
use crate::store::Error;

/// The kinds of jobs.
const READ: &str = "read";
const HAND_ON: &str = "hand_on";
const DELIVER: &str = "deliver";
const ISSUE: &str = "issue";
const BATCH: &str = "batch";
const APPLY: &str = "apply";
const FOLLOW: &str = "follow";
const PUBLISH: &str = "publish";
const REMITTED: &str = "remitted";

/// The steps as `work` runs them.
#[derive(Clone)]
pub struct Journey {
    pub gateway: Arc<Gateway>,
}

impl Runner for Journey {
    fn run<'a>(&'a self, job: &'a Job) -> Promise<'a, Verdict> {
        let parent = job.detail[TRACEPARENT].as_str().and_then(crate::trace::parent);
        let span = match &parent {
            Some(parent) => tracing::info_span!("job", kind = job.kind, traceparent = parent),
            None => tracing::Span::none(),
        };
        let step = async move {
            let outcome = match job.kind.as_str() {
                READ => read::read(&self.gateway, job).await,
                HAND_ON => hand_on::hand_on(&self.gateway, job).await,
                DELIVER => deliver::deliver(&self.gateway, job).await,
                ISSUE => send::send(&self.gateway, job).await,
                BATCH => issue::batch::leave(&self.gateway, job).await,
                APPLY => apply::apply(&self.gateway, job).await,
                FOLLOW => follow::follow(&self.gateway, job).await,
                PUBLISH => publish::publish(&self.gateway, job).await,
                REMITTED => money::cash::waiting::overdue(&self.gateway, job).await,
                kind => Err(Step::Broken(format!("there is no step {kind}"))),
            };
            outcome.unwrap_or_else(|stop| self.gateway.stopped(job, stop))
        };
        Box::pin(crate::trace::within(parent, step.instrument(span)))
    }

    fn upkeep(&self) -> Promise<'_, ()> {
        Box::pin(async move {
            match expire::expire(&self.gateway).await {
                Ok(0) => {}
                Ok(overdue) => tracing::warn!(overdue, "answers did not come in time"),
                Err(error) => tracing::warn!(%error, "what is overdue could not be looked up"),
            }
            match remind::remind(&self.gateway).await {
                Ok(0) => {}
                Ok(told) => tracing::info!(told, "deadlines and waits have passed"),
                Err(error) => tracing::warn!(%error, "deadlines could not be looked up"),
            }
            if let Err(error) = anchor::anchor(&self.gateway).await {
                tracing::warn!(%error, "where the audit trail ends could not be kept");
            }
            if let Err(error) = expire::tidy(&self.gateway).await {
                tracing::warn!(%error, "payloads could not be swept");
            }
        })
    }

    fn parked<'a>(&'a self, job: &'a Job, side: Side, reason: &'a str) -> Promise<'a, ()> {
        Box::pin(async move {
            if let Err(error) = parked::parked(&self.gateway, job, side, reason).await {
                tracing::error!(job = %job.id, %error, "a parked job could not be put before a person");
            }
        })
    }
}

/// Why a step could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Step {
    #[error(transparent)]
    Store(#[from] Error),
    /// Something it needs comes in a moment.
    #[error("{0}")]
    Later(String),
    /// Trying again would fail the same way.
    #[error("{0}")]
    Broken(String),
}

impl Step {
    fn broken(words: impl Into<String>) -> Self {
        Self::Broken(words.into())
    }
}

impl From<io::Error> for Step {
    fn from(error: io::Error) -> Self {
        Self::Store(Error::file(std::path::Path::new("payload"), error))
    }
}

impl From<Step> for Verdict {
    fn from(stop: Step) -> Self {
        match stop {
            Step::Store(error) => error.into(),
            Step::Later(reason) => Self::Wait { reason },
            Step::Broken(reason) => Self::Park { side: Side::Ours, reason },
        }
    }
}

/// The verdict on a failing folder: a full disk waits for space, anything else is tried again.
fn failure(error: &io::Error, side: Side, place: &str) -> Verdict {
    let reason = format!("{place}: {error}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Verdict::Wait { reason },
        _ => Verdict::Retry { side, reason, after: None },
    }
}
