//! Joins the endpoints of the settings to the gateway, and sees to it that they are told.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::NotStarted;
use crate::config::{EndpointKind, EndpointSettings, Settings};
use crate::journey::Gateway;
use crate::journey::publish::{self, Recipient};
use crate::ports::Announcer;
use crate::transport::nats::Nats;
use crate::transport::webhook::Webhook;
use crate::work::Retry;

/// How often it is asked what endpoints are owed though nothing was stored here: other gateways store too, and waits end.
const POLL: Duration = Duration::from_millis(500);

/// What carries events to an endpoint.
///
/// # Errors
/// In words: why it cannot be told anything as it is set up.
pub fn announcer(settings: &EndpointSettings) -> Result<Arc<dyn Announcer>, String> {
    Ok(match settings.kind() {
        EndpointKind::Webhook => Arc::new(Webhook::new(settings)?),
        EndpointKind::Nats => Arc::new(Nats::new(settings)?),
    })
}

/// Makes the endpoints known, and starts to look for what they are owed.
pub(super) fn start(settings: &Settings, gateway: &Arc<Gateway>) -> Result<Option<JoinHandle<()>>, NotStarted> {
    for endpoint in &settings.endpoints {
        for secret in &endpoint.secrets {
            secret.secret().map_err(|why| wrong(endpoint, &why))?;
        }
        gateway.tell(Recipient {
            name: endpoint.name.clone(),
            wants: endpoint.types.clone(),
            announcer: announcer(endpoint).map_err(|why| wrong(endpoint, &why))?,
            connections: endpoint.connections as usize,
            retry: Retry { first: endpoint.wait, longest: endpoint.wait_max, tries_max: endpoint.tries },
            owner: endpoint.owner.clone(),
            from_start: endpoint.from_start,
        });
    }
    Ok((!settings.endpoints.is_empty()).then(|| tokio::spawn(follow(gateway.clone()))))
}

fn wrong(endpoint: &EndpointSettings, why: &str) -> NotStarted {
    NotStarted::Door { door: "endpoint", why: format!("{}: {why}", endpoint.name) }
}

async fn follow(gateway: Arc<Gateway>) {
    loop {
        if let Err(error) = publish::look(&gateway).await {
            tracing::warn!(%error, "what endpoints are owed cannot be looked up");
        }
        tokio::select! {
            () = gateway.store.news() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}
