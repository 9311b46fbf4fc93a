//! `[http]`: the HTTPS door, for partners and systems that have nothing else; and what any such listener bears.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::mail::pair;
use super::units::{Listen, Size, Span};
use crate::mistake::keys::Keys;

/// Where the HTTPS door listens, and what it bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    pub listen: Option<SocketAddr>,
    /// PEM files; without them it speaks plain HTTP, behind a proxy that does TLS.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub body_bytes_max: u64,
    pub connections_max: u32,
    /// How long a silent client is waited for.
    pub patience: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            listen: None,
            certificate: None,
            key: None,
            body_bytes_max: 1 << 30,
            connections_max: 1000,
            patience: Duration::from_secs(30),
        }
    }
}

impl HttpSettings {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let mut keys = keys.table("http");
        let words = "where POST /drop/ and GET /out/ are answered; port 0 takes a free one";
        let listen = keys.or("listen", Listen(None), words).0;
        let settings = Self::read_here(&mut keys, "http", Self { listen, ..Self::default() });
        keys.finish();
        settings
    }

    /// The keys of a listener among others of a table.
    pub(super) fn read_here(keys: &mut Keys<'_>, table: &str, standard: Self) -> Self {
        let settings = Self {
            listen: standard.listen,
            certificate: keys.optional("certificate", "a PEM file with our certificate chain"),
            key: keys.optional("key", "the PEM file with its private key"),
            body_bytes_max: keys.or("body_bytes_max", Size(standard.body_bytes_max), "a larger upload is refused").0,
            connections_max: keys.or("connections_max", standard.connections_max, "connections at a time"),
            patience: keys.or("patience", Span(standard.patience), "how long a silent client is waited for").0,
        };
        pair(keys, settings.certificate.is_some(), settings.key.is_some());
        let plain = keys.or("plain", false, "allows plain HTTP beyond this machine, where a proxy before it does TLS");
        let is_far = settings.listen.is_some_and(|address| !address.ip().is_loopback());
        if is_far && settings.certificate.is_none() && !plain {
            let help = Some("give `certificate` and `key`, or write plain = true behind a proxy that does TLS".into());
            let words = format!("`{table}` would take secrets unprotected");
            keys.mistake("value", keys.span("listen"), &words, help);
        }
        settings
    }

    /// Files are relative to the settings file.
    pub(super) fn rebase(&mut self, folder: &Path) {
        for file in [&mut self.certificate, &mut self.key].into_iter().flatten() {
            *file = folder.join(&*file);
        }
    }
}
