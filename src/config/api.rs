//! `[api]`: the REST API for an ERP, a warehouse, a shop or a supplier's portal.

use std::path::Path;
use std::time::Duration;

use super::HttpSettings;
use crate::mistake::keys::Keys;

/// Where the API listens, and what it bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    /// Its listener. Without an address of its own it answers beside the status page, as long as that is on this machine.
    pub door: HttpSettings,
    /// `listen = "off"`: nowhere.
    pub is_off: bool,
    /// Requests of one caller in a minute; 0 is no limit.
    pub requests_per_minute: u32,
}

impl Default for ApiSettings {
    fn default() -> Self {
        let door = HttpSettings {
            body_bytes_max: 16 << 20,
            connections_max: 256,
            patience: Duration::from_secs(30),
            ..HttpSettings::default()
        };
        Self { door, is_off: false, requests_per_minute: 6_000 }
    }
}

impl ApiSettings {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let standard = Self::default();
        let mut keys = keys.table("api");
        let words = "where /v1 is answered; else beside `status`, where that is on this machine; \"off\" is nowhere";
        let is_off = keys.has("listen");
        let door = HttpSettings::read_here(&mut keys, "api", standard.door, words);
        let words = "requests of one caller in a minute, more are told to wait; 0 is no limit";
        let settings = Self {
            is_off: is_off && door.listen.is_none(),
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
