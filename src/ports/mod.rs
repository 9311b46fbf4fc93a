//! What `work` needs from whoever keeps jobs and whoever runs them: values and traits, no database and no journey.

mod job;

pub use job::{Job, NewJob, Queue, QueueError, Runner, Side, Verdict};

/// What an asynchronous port answers.
pub type Promise<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
