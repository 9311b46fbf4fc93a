//! Bytes and segments: reading and writing X12, EDIFACT and XML without knowing what an invoice is.
//!
//! Reading never fails: it returns what was understood, and findings with their places. A transaction set is the unit
//! kept in memory; everything else streams.

pub mod charset;
mod control;
mod cuts;
pub mod delimiters;
mod discovery;
mod edifact;
pub mod envelope;
mod header;
mod index;
mod origin;
pub mod parcel;
pub mod reader;
mod repertoire;
mod scan;
pub mod segments;
mod service;
pub mod sniff;
pub mod tag;
mod text;
mod trailer;
mod walk;
pub mod writer;
mod x12;
pub mod xml;

pub use charset::Charset;
pub use delimiters::{Delimiters, Syntax};
pub use envelope::{Group, Identity, Interchange, Repair, SetHeader};
pub use reader::{Checkpoint, Event, Limits, Reader};
pub use segments::{Components, Cuts, Element, PlainText, Segment, TransactionSet};
pub use service::{is_x12_release, is_x12_version};
pub use tag::Tag;
pub use writer::{Form, GroupHead, InterchangeHead, InterchangeWriter, LineEnd, Refusal, SetBody, SetHead, SetWriter};
