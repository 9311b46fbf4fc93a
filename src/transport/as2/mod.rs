//! The AS2 door (RFC 4130): documents as signed and encrypted HTTP messages, answered by receipts that can be proven.
//!
//! A message comes in through [`server`], is opened by [`unpack`] with what the [`agreement`] and the [`certificates`] say,
//! and [`door`] makes it durable before its [`receipt`] leaves. [`client`] goes the same way backwards. It carries bytes
//! and never looks inside them.

pub mod agreement;
pub mod blob;
pub mod certificates;
pub mod client;
pub mod cms;
pub mod disposition;
pub mod door;
pub mod examine;
pub mod explain;
mod guard;
pub mod http;
pub mod incoming;
pub mod mic;
pub mod mime;
pub mod outbox;
pub mod pack;
pub mod receipt;
pub mod request;
pub mod server;
pub mod tls;
pub mod unpack;

pub use certificates::Cabinet;
pub use client::Client;
pub use door::{Agreements, Shared};
pub use outbox::Outbox;
pub use server::{Listening, Server};
