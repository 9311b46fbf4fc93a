//! How bytes arrive and leave: doors that carry documents and never look inside them.

pub mod as2;
pub mod folder;
pub mod http;
mod listen;
pub mod mail;
pub mod nats;
pub mod patience;
pub mod sftp;
pub mod tls;
pub mod webhook;
