//! The one integration-test binary: what the parts do together, and what strangers' programs say of it.

mod api;
mod as2;
mod books;
mod crash;
mod demo;
mod desk;
mod disk;
mod floors;
mod gateway;
mod grammars;
mod house;
mod http;
mod journeys;
mod mail;
mod money;
mod outbound;
mod postgres;
mod samples;
mod sftp;
mod sftp_client;
mod sftp_faults;
mod supply;
mod support;
mod trade;
mod wire;
mod xml;
