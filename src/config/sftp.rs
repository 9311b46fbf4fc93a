//! `[sftp]` of `entrepot.toml`: the SFTP server that partners log in to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::units::{Listen, Span};
use crate::mistake::keys::Keys;

/// How our SFTP server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SftpSettings {
    /// `None`: there is no server.
    pub listen: Option<SocketAddr>,
    /// Where its host keys lie; `None` is `host-keys/` in the data folder.
    pub host_keys: Option<PathBuf>,
    /// Connections at a time, all partners together.
    pub connections_max: u32,
    /// How long a connection may take to log in.
    pub login_grace: Duration,
}

impl Default for SftpSettings {
    fn default() -> Self {
        Self { listen: None, host_keys: None, connections_max: 512, login_grace: Duration::from_secs(60) }
    }
}

impl SftpSettings {
    pub(super) fn read(keys: &mut Keys<'_>, standard: Self) -> Self {
        let mut keys = keys.table("sftp");
        let settings = Self {
            listen: keys
                .or("listen", Listen(standard.listen), "where partners log in, as in \"0.0.0.0:2222\"; \"off\" nowhere")
                .0,
            host_keys: keys
                .optional("host_keys", "the folder with the server's host keys; else host-keys in the data folder"),
            connections_max: keys.or(
                "connections_max",
                standard.connections_max,
                "connections at a time, all partners together",
            ),
            login_grace: keys
                .or("login_grace", Span(standard.login_grace), "how long a connection may take to log in")
                .0,
        };
        if settings.connections_max == 0 || settings.login_grace.is_zero() {
            let message = "`sftp.connections_max` and `sftp.login_grace` are more than nothing";
            keys.mistake("value", keys.span("connections_max"), message, None);
        }
        keys.finish();
        settings
    }
}
