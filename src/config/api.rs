//! `[api]`: the REST API for an ERP, a warehouse, a shop or a supplier's portal.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use toml::de::DeValue;

use super::HttpSettings;
use super::units::Listen;
use crate::mistake::keys::{Keys, Setting};

/// Where the API listens, and what it bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    pub listen: Place,
    /// Its listener, where it has an address of its own.
    pub door: HttpSettings,
    /// Requests of one caller in a minute; 0 is no limit.
    pub requests_per_minute: u32,
}

/// Where it listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Beside the status page, as long as that is on this machine.
    #[default]
    Status,
    Off,
    At(SocketAddr),
}

impl Setting for Place {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        if value.as_str() == Some("status") {
            return Ok(Self::Status);
        }
        let read = Listen::read(value).map_err(|wanted| format!("\"status\", {wanted}"))?;
        Ok(read.0.map_or(Self::Off, Self::At))
    }

    fn show(&self) -> String {
        match self {
            Self::Status => "\"status\"".into(),
            Self::Off => Listen(None).show(),
            Self::At(address) => Listen(Some(*address)).show(),
        }
    }
}

impl Default for ApiSettings {
    fn default() -> Self {
        let door = HttpSettings {
            body_bytes_max: 16 << 20,
            connections_max: 256,
            patience: Duration::from_secs(30),
            ..HttpSettings::default()
        };
        Self { listen: Place::default(), door, requests_per_minute: 6_000 }
    }
}

impl ApiSettings {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let standard = Self::default();
        let mut keys = keys.table("api");
        let words =
            "where /v1 is answered: beside \"status\", as long as that is on this machine, at an address, or \"off\"";
        let listen = keys.or("listen", standard.listen, words);
        let address = if let Place::At(address) = listen { Some(address) } else { None };
        let door = HttpSettings::read_here(&mut keys, "api", HttpSettings { listen: address, ..standard.door });
        let words = "requests of one caller in a minute, more are told to wait; 0 is no limit";
        let settings = Self {
            listen,
            door,
            requests_per_minute: keys.or("requests_per_minute", standard.requests_per_minute, words),
        };
        keys.finish();
        settings
    }

    /// Files are relative to the settings file.
    pub(super) fn rebase(&mut self, folder: &Path) {
        self.door.rebase(folder);
    }
}
