//! The simulated partners: each speaks its protocol from its own side, with keys and a memory of its own.

pub mod buyer;
mod caller;
mod memory;
pub mod writer;

pub use buyer::Buyer;
pub use caller::Caller;
pub use writer::Writer;
