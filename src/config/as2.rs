//! `[as2]`: the AS2 door of this gateway. What was agreed with each partner stands in the partner's file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::mail::pair;
use super::units::{Listen, Span};
use crate::mistake::keys::Keys;

/// Where the AS2 door listens, and where its certificates lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct As2Settings {
    pub listen: Option<SocketAddr>,
    /// PEM files for TLS; without them it speaks plain HTTP: messages are protected by themselves.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// Certificates of ours and of partners; `None` is `certificates` in the data folder.
    pub certificates: Option<PathBuf>,
    pub connections_max: u32,
    /// How long a silent client is waited for.
    pub patience: Duration,
}

impl Default for As2Settings {
    fn default() -> Self {
        Self {
            listen: None,
            certificate: None,
            key: None,
            certificates: None,
            connections_max: 2000,
            patience: Duration::from_secs(30),
        }
    }
}

impl As2Settings {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let mut keys = keys.table("as2");
        let standard = Self::default();
        let listen =
            keys.or("listen", Listen(None), "where AS2 messages and receipts are taken; port 0 takes a free one").0;
        let settings = Self {
            listen,
            certificate: keys.optional("certificate", "a PEM file with our certificate chain for TLS"),
            key: keys.optional("key", "the PEM file with its private key"),
            certificates: keys.optional(
                "certificates",
                "the folder of certificates, ours and partners'; else `certificates` in the data folder",
            ),
            connections_max: keys.or("connections_max", standard.connections_max, "connections at a time"),
            patience: keys.or("patience", Span(standard.patience), "how long a silent client is waited for").0,
        };
        pair(&keys, settings.certificate.is_some(), settings.key.is_some());
        let plain = keys.or("plain", false, "allows plain HTTP beyond this machine: AS2 protects messages by itself");
        let is_far = settings.listen.is_some_and(|address| !address.ip().is_loopback());
        if is_far && settings.certificate.is_none() && !plain {
            let help = Some("give `certificate` and `key`, or write plain = true".into());
            keys.mistake("value", keys.span("listen"), "`as2` would be reached without TLS", help);
        }
        keys.finish();
        settings
    }

    /// Files are relative to the settings file.
    pub(super) fn rebase(&mut self, folder: &Path) {
        for file in [&mut self.certificate, &mut self.key, &mut self.certificates].into_iter().flatten() {
            *file = folder.join(&*file);
        }
    }
}
