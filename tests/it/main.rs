//! The one integration-test binary: what the parts do together, and what strangers' programs say of it.

mod crash;
mod disk;
mod floors;
mod gateway;
mod grammars;
mod house;
mod mail;
mod money;
mod outbound;
mod postgres;
mod samples;
mod supply;
mod support;
mod trade;
mod xml;
