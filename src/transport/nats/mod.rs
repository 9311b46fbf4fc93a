//! Events into a stream of NATS JetStream: one subject for each type, the event's id against doubles, and a word of the
//! stream that it has it. The protocol is text over one connection (docs.nats.io, "NATS client protocol").

mod client;
mod wire;

pub use client::Nats;
