//! Entrepot: the gateway through which companies trade documents.
//!
//! The modules in reading order. A module imports only from floors below it; `tests/floors.rs` keeps that true.
//! Start with [`journey`]: it tells what happens to a document, in order.
#![forbid(unsafe_code)]

// Floor 5 and 6: what happens, and for whom.
pub mod catalogue;
pub mod daemon;
pub mod desk;
pub mod journey;
pub mod story;

// Floor 4: the outside world.
pub mod store;
pub mod transport;
pub mod work;

// Floor 3: from the wire to meaning and back.
pub mod bank;
pub mod mapping;
pub mod reply;

// Floor 2: what documents look like, and who sends them.
pub mod grammar;
pub mod partner;
pub mod ports;
pub mod process;

// Floor 1: bytes and documents.
pub mod canonical;
pub mod finding;
pub mod wire;

// Floor 0: settings, time, and what is wrong in files that people write.
pub mod clock;
pub mod config;
pub mod mistake;
pub mod trace;

#[cfg(test)]
#[path = "../tests/it/support.rs"]
mod support;
