//! Joins the SFTP door to the gateway: our server, and the client of partners' servers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::NotStarted;
use crate::config::Settings;
use crate::journey::closed;
use crate::journey::{Gateway, InForce, Journey};
use crate::partner::Partner;
use crate::transport::sftp::{Account, Deliverer, HostKeys, Neighbour, Neighbours, Options, Poller, Server};

/// The door in both directions.
#[derive(Debug)]
pub(super) struct SftpDoor {
    server: Option<Server>,
    poller: Poller,
}

impl SftpDoor {
    /// Where the server listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }

    /// Lets nobody in any more, and ends what runs.
    pub async fn stop(self, patience: Duration) {
        self.poller.stop(patience).await;
        if let Some(server) = self.server {
            server.stop(patience).await;
        }
    }
}

/// Opens the server where the settings name an address; the client is there in any case, for partners that have a server.
pub(super) async fn start(settings: &Settings, gateway: &Arc<Gateway>) -> Result<SftpDoor, NotStarted> {
    let neighbours = neighbours(settings, gateway);
    gateway.deliver_by("sftp", Arc::new(Deliverer::new(neighbours.clone())));
    let server = match settings.sftp.listen {
        Some(address) => Some(serve(settings, gateway, address).await?),
        None => None,
    };
    let reception = Arc::new(Journey { gateway: gateway.clone() });
    let poller = Poller::start(neighbours, reception, gateway.layout.work().join("fetched"));
    Ok(SftpDoor { server, poller })
}

async fn serve(settings: &Settings, gateway: &Arc<Gateway>, listen: SocketAddr) -> Result<Server, NotStarted> {
    let door = |why: String| NotStarted::Door { door: "sftp", why };
    let folder = settings.sftp_host_keys();
    let host_keys =
        HostKeys::load_or_make(&folder).map_err(|error| door(format!("host keys in {}: {error}", folder.display())))?;
    let partners = gateway.clone();
    let options = Options {
        listen,
        layout: gateway.layout.clone(),
        host_keys,
        accounts: Arc::new(move || accounts(&partners.in_force())),
        closed,
        reception: Arc::new(Journey { gateway: gateway.clone() }),
        connections_max: settings.sftp.connections_max as usize,
        login_grace: settings.sftp.login_grace,
    };
    Server::start(options).await.map_err(|error| door(format!("{listen}: {error}")))
}

/// Partners that may log in.
fn accounts(in_force: &InForce) -> Vec<Account> {
    let with_login = in_force.partners.partners.iter().filter_map(|partner| {
        let terms = partner.sftp.as_ref().filter(|terms| terms.has_login())?;
        Some(Account { partner: partner.id.clone(), folder: partner.folder.clone(), terms: terms.clone() })
    });
    with_login.collect()
}

/// Partners whose servers we use.
fn neighbours(settings: &Settings, gateway: &Arc<Gateway>) -> Neighbours {
    let (gateway, data) = (gateway.clone(), settings.data.clone());
    Arc::new(move || {
        let in_force = gateway.in_force();
        in_force.partners.partners.iter().filter_map(|partner| neighbour(partner, &data)).collect()
    })
}

/// A partner's own server, where it has one. Its secrets lie below the data folder unless their paths say otherwise.
pub fn neighbour(partner: &Partner, data: &Path) -> Option<Neighbour> {
    let remote = partner.sftp.as_ref()?.remote.clone()?;
    Some(Neighbour { partner: partner.id.clone(), remote, secrets: data.to_owned() })
}
