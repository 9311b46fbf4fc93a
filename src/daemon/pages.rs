//! Opens what people and systems of ours talk to over HTTP: the status page and the API, on one address or on two.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{Health, NotStarted, api, status};
use crate::config::{HttpSettings, Place, Settings};
use crate::journey::Gateway;
use crate::transport::http::{HttpDoor, serve};

/// The listeners that are open.
#[derive(Debug)]
pub(super) struct Pages {
    /// Where the status page is.
    pub status: Option<SocketAddr>,
    /// Where the API is: beside the status page where it has no address of its own.
    pub api: Option<SocketAddr>,
    status_door: Option<HttpDoor>,
    api_door: Option<HttpDoor>,
}

impl Pages {
    pub async fn open(settings: &Settings, gateway: &Arc<Gateway>, health: &Health) -> Result<Self, NotStarted> {
        let mut pages = Self { status: None, api: None, status_door: None, api_door: None };
        if let Some(address) = settings.status {
            let mut routes = status::routes(health.clone());
            let is_beside = settings.api.listen == Place::Status && address.ip().is_loopback();
            if is_beside {
                routes = routes.merge(api::router(&settings.api, address, gateway));
            }
            let door = serve(&HttpSettings::default(), address, routes).await.map_err(NotStarted::Status)?;
            pages.status = Some(door.address);
            pages.api = pages.status.filter(|_| is_beside);
            pages.status_door = Some(door);
        }
        if let Place::At(address) = settings.api.listen {
            let routes = api::router(&settings.api, address, gateway);
            let door = serve(&settings.api.door, address, routes).await;
            let door = door.map_err(|error| NotStarted::Door { door: "api", why: format!("{address}: {error}") })?;
            pages.api = Some(door.address);
            pages.api_door = Some(door);
        }
        Ok(pages)
    }

    /// The API's own door, which stops first, and that of the status page, which stops last.
    pub fn parts(self) -> (Option<HttpDoor>, Option<HttpDoor>) {
        (self.api_door, self.status_door)
    }
}
