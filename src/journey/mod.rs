//! What happens to a document, in order: one file per step. Start here.

mod closed;
pub mod examine;
mod window;
