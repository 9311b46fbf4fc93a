//! Durable jobs: who runs next, what follows from a failure, and that nothing is forgotten. It knows no step and no
//! database: steps come through [`Runner`](crate::ports::Runner), jobs through [`Queue`](crate::ports::Queue).
//!
//! - `turns`: fairness between partners, among the jobs this process holds.
//! - `retry`: how long to wait after a failure, and when to stop trying.
//! - `worker`: takes jobs, runs them, settles them; beats, polls, and does the upkeep.

mod retry;
mod turns;
mod worker;

pub use retry::Retry;
pub use worker::{Settings, Worker};
