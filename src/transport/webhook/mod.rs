//! Events as signed webhooks, by the Standard Webhooks scheme: what is told is a POST whose headers prove who told it,
//! when, and that nobody changed it.

mod client;
mod sign;

pub use client::Webhook;
pub use sign::signature;
