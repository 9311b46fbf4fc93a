//! The mail door: documents that come attached to mail, and leave the same way.
//!
//! Mail comes through an SMTP server of our own ([`receiver`]) or out of a mailbox elsewhere ([`mailbox`]); either way
//! [`Intake`] finds out whose it is and gives the attachments to the gateway.

mod bounce;
pub mod dkim;
pub mod dmarc;
pub mod dns;
pub mod examine;
pub mod identity;
mod intake;
mod letter;
pub mod mailbox;
mod message;
mod oauth;
mod outgoing;
pub mod receiver;
mod reply;
mod smime;
pub mod spf;

pub use intake::{Intake, Later, Outcome};
pub use message::{Attachments, Envelope, Mail, Refused};
pub use outgoing::{MailOutlet, Mailer};

use std::sync::Arc;

use crate::partner::Directory;

/// The partners in force now: they change while the door stays open.
pub type Partners = Arc<dyn Fn() -> Arc<Directory> + Send + Sync>;
