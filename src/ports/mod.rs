//! What `work` and `transport` need from whoever keeps jobs, runs them, and takes what arrives: values and traits, no
//! database and no journey.

mod announce;
mod door;
mod job;

pub use announce::{Announcement, Announcer, Cause, Unannounced};
pub use door::{
    Again, Arrival, Case, CaseSubject, Content, Evidence, NotTaken, Note, Outlet, Parcel, Receipt, Reception, Taken,
    Undelivered,
};
pub use job::{Job, NewJob, Queue, QueueError, Runner, Side, Verdict};

/// What an asynchronous port answers.
pub type Promise<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
