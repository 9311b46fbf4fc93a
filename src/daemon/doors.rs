//! Joins the doors to the gateway: what they need of it is handed to them as values and closures.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Settings;
use crate::journey::{Gateway, InForce, Journey, closed};
use crate::transport::sftp::{self, Account, Deliverer, HostKeys, Neighbour, Neighbours, Poller};

/// The doors of a running gateway, beside its folders.
#[derive(Debug)]
pub struct Doors {
    sftp: Option<sftp::Server>,
    poller: Poller,
}

impl Doors {
    /// Opens what the settings and partner files ask for.
    ///
    /// # Errors
    /// When an address is taken, or host keys cannot be read.
    pub async fn open(gateway: &Arc<Gateway>, settings: &Settings) -> io::Result<Self> {
        let neighbours = neighbours(gateway, settings);
        gateway.deliver_by("sftp", Arc::new(Deliverer::new(neighbours.clone())));
        let sftp = match settings.sftp.listen {
            Some(listen) => Some(sftp_server(gateway, settings, listen).await?),
            None => None,
        };
        let reception = Arc::new(Journey { gateway: gateway.clone() });
        let poller = Poller::start(neighbours, reception, gateway.layout.work().join("fetched"));
        Ok(Self { sftp, poller })
    }

    /// Where the SFTP server listens.
    pub fn sftp(&self) -> Option<SocketAddr> {
        self.sftp.as_ref().map(sftp::Server::address)
    }

    /// Lets nobody in any more, and ends what runs.
    pub async fn close(self, patience: Duration) {
        self.poller.stop(patience).await;
        if let Some(sftp) = self.sftp {
            sftp.stop(patience).await;
        }
    }
}

async fn sftp_server(gateway: &Arc<Gateway>, settings: &Settings, listen: SocketAddr) -> io::Result<sftp::Server> {
    let host_keys = HostKeys::load_or_make(&settings.sftp_host_keys())?;
    let partners = gateway.clone();
    let options = sftp::Options {
        listen,
        layout: gateway.layout.clone(),
        host_keys,
        accounts: Arc::new(move || accounts(&partners.in_force())),
        closed,
        reception: Arc::new(Journey { gateway: gateway.clone() }),
        connections_max: settings.sftp.connections_max as usize,
        login_grace: settings.sftp.login_grace,
    };
    sftp::Server::start(options).await
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
fn neighbours(gateway: &Arc<Gateway>, settings: &Settings) -> Neighbours {
    let (gateway, data) = (gateway.clone(), settings.data.clone());
    Arc::new(move || {
        let in_force = gateway.in_force();
        in_force.partners.partners.iter().filter_map(|partner| neighbour(partner, &data)).collect()
    })
}

/// A partner's own server, where it has one; its secrets lie below the data folder unless their paths say otherwise.
pub fn neighbour(partner: &crate::partner::Partner, data: &Path) -> Option<Neighbour> {
    let remote = partner.sftp.as_ref()?.remote.clone()?;
    Some(Neighbour { partner: partner.id.clone(), remote, secrets: data.to_owned() })
}
