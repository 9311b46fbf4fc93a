//! Mapping files: a document with blanks, which reads and writes.
//!
//! A map says how a document on the wire and a canonical document correspond. It is parsed ([`syntax`]), compiled
//! against a grammar and a shape, and then serves both directions. It knows no partner and no store.

mod bind;
pub mod code;
pub mod compile;
pub mod convert;
mod embedded;
pub mod example;
pub mod extend;
mod hierarchy;
pub mod law;
pub mod ledger;
pub mod library;
mod model;
mod moment;
mod number;
mod packs;
mod placement;
mod read;
pub mod scope;
mod slots;
pub mod syntax;
pub mod table;
mod vocabulary;
mod write;
pub mod xml;

pub use code::Code;
pub use compile::{Against, compile};
pub use extend::{base_of, flatten};
pub use ledger::{Coverage, Detail, Unmapped};
pub use library::Library;
pub use model::{Mapping, Origin};
pub use read::Reading;
pub use table::{Table, Tables};
pub use write::{Lost, Missing, Writing};

#[cfg(test)]
mod rules;
#[cfg(test)]
mod trees;
