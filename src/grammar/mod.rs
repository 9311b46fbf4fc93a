//! What a document type looks like: grammars as text, compiled to flat tables, and the walk that checks a set with them.

pub mod address;
pub mod check;
pub mod model;

pub use address::Address;
pub use check::{Checked, Strictness};
pub use model::{Grammar, LoopId, NodeId};
