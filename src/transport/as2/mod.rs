//! The AS2 door (RFC 4130): documents as signed and encrypted HTTP messages, answered by receipts that can be proven.
//!
//! It carries bytes and never looks inside them.

pub mod blob;
pub mod certificates;
pub mod cms;
pub mod disposition;
pub mod explain;
pub mod mic;
pub mod mime;
pub mod pack;
pub mod receipt;
pub mod unpack;
