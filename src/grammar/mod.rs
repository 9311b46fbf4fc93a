//! What a document type looks like: grammars as text, compiled to flat tables, and the walk that checks a set with them.

pub mod address;
pub mod check;
pub mod codes;
mod compile;
pub mod dictionary;
mod elements;
mod embedded;
pub mod en16931;
pub mod explain;
mod hierarchy;
pub mod library;
pub mod model;
pub mod overlay;
mod report;
pub mod rule;
mod syntax;
mod tags;
pub mod target;
mod values;
mod walk;

pub use address::Address;
pub use check::Checked;
pub use dictionary::{ElementRule, SegmentRule};
pub use explain::{Explanation, condition};
pub use library::{Checkup, Library};
pub use model::{Grammar, LoopId, NodeId};
pub use overlay::{Overlay, Tolerance};
pub use report::Strictness;
pub use rule::{Kind, Length, Note, NoteKind};
