//! The mail door: documents that come attached to mail, and leave the same way.

pub mod dkim;
pub mod dmarc;
pub mod dns;
pub mod spf;
