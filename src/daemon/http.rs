//! Joins the HTTPS door to the gateway.

use std::sync::Arc;

use super::NotStarted;
use crate::config::Settings;
use crate::journey::{Gateway, Journey};
use crate::transport::http::{Folders, HttpDoor};

/// Opens the door where the settings name an address.
pub(super) async fn start(settings: &Settings, gateway: &Arc<Gateway>) -> Result<Option<HttpDoor>, NotStarted> {
    let Some(address) = settings.http.listen else { return Ok(None) };
    let folders = Folders {
        out: gateway.layout.root().join("out"),
        fetched: gateway.layout.archive().join("out"),
        spool: gateway.layout.work().join("http"),
    };
    let reception = Arc::new(Journey { gateway: gateway.clone() });
    let partners = super::mail::partners(gateway);
    match HttpDoor::start(&settings.http, address, reception, partners, folders).await {
        Ok(door) => {
            tracing::info!(address = %door.address, "uploads and downloads over HTTP");
            Ok(Some(door))
        }
        Err(error) => Err(NotStarted::Door { door: "http", why: format!("{address}: {error}") }),
    }
}
