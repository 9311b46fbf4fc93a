//! The SFTP door: a server that partners log in to, and a client of theirs. It never looks inside the bytes.
//!
//! What a partner uploads becomes visible to the folder watch when it is whole, and not before; what lies in the
//! partner's folder under `out/` is what it can fetch. So receiving and delivering stay what they are.

mod algorithms;
mod client;
mod host_keys;
mod pattern;
mod server;

pub use client::{Deliverer, Finding, Neighbour, Neighbours, Poller, examine};
pub use host_keys::{HostKeys, fingerprint};
pub use server::{Account, Accounts, Options, Server};
