//! Mapping files: a document with blanks, which reads and writes.
//!
//! A map says how a document on the wire and a canonical document correspond. It is parsed ([`syntax`]), compiled
//! against a grammar and a shape, and then serves both directions. It knows no partner and no store.

pub mod code;
pub mod syntax;
pub mod xml;

pub use code::Code;
