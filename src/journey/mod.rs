//! What happens to a document, in order: one file per step. Start here.

pub mod answer;
mod closed;
pub mod examine;
mod window;
