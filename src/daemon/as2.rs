//! Joins the AS2 door to the gateway: who takes messages in, what carries them out, and who is told of certificates that
//! end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::NotStarted;
use crate::config::Settings;
use crate::journey::{Gateway, Journey};
use crate::partner::As2;
use crate::ports::{Case, CaseSubject, Note, Reception};
use crate::transport::as2::certificates::OURS;
use crate::transport::as2::cms::import::import;
use crate::transport::as2::{Agreements, Cabinet, Client, Listening, Outbox, Server, Shared, tls, unpack};

/// How often certificates are looked through.
const LOOK: Duration = Duration::from_secs(6 * 3600);
/// Warnings that were given: by fingerprint and days.
const WARNED: &str = "as2-certificate-warned";

/// Everything of the AS2 door that runs.
#[derive(Debug)]
pub(super) struct As2Door {
    server: Option<Server>,
    watch: JoinHandle<()>,
    stop: CancellationToken,
}

/// The partners in force, as the door asks for them.
struct InForce(Arc<Gateway>);

impl Agreements for InForce {
    fn between(&self, from: &str, to: &str) -> Option<(String, As2)> {
        let in_force = self.0.in_force();
        in_force.partners.partners.iter().find_map(|partner| {
            let as2 = partner.as2.as_ref().filter(|as2| as2.id == from && as2.our_id == to)?;
            Some((partner.id.clone(), as2.clone()))
        })
    }

    fn of(&self, partner: &str) -> Option<As2> {
        self.0.in_force().partners.partner(partner)?.as2.clone()
    }
}

/// Starts the client, and the server where the settings name an address.
pub(super) async fn start(settings: &Settings, gateway: &Arc<Gateway>) -> Result<As2Door, NotStarted> {
    let refused = |why: String| NotStarted::Door { door: "as2", why };
    let work = gateway.layout.root().join("as2").join("work");
    let folder = unpack::sweep(&work).map_err(|error| refused(format!("{}: {error}", work.display())))?;
    let cabinet = Cabinet::open(&settings.certificates());
    for trouble in &cabinet.current().troubles {
        tracing::error!(trouble, "as2: a certificate is left out");
    }
    let reception: Arc<dyn Reception> = Arc::new(Journey { gateway: gateway.clone() });
    let agreements = Arc::new(InForce(gateway.clone()));
    let shared = Arc::new(Shared::new(agreements, cabinet, reception, gateway.clock.clone(), folder));
    gateway.deliver_by("as2", Arc::new(Client::new(shared.clone())));
    let stop = CancellationToken::new();
    let server = match settings.as2.listen {
        None => None,
        Some(address) => {
            let owed = gateway.layout.root().join("as2").join("receipts");
            let outbox = Outbox::open(shared.clone(), &owed, stop.clone());
            let outbox = outbox.map_err(|error| refused(format!("{}: {error}", owed.display())))?;
            let listening = Listening {
                address,
                tls: tls_of(settings).map_err(refused)?,
                connections_max: settings.as2.connections_max as usize,
                patience: settings.as2.patience,
            };
            let started = Server::start(listening, shared.clone(), outbox, stop.clone()).await;
            let started = started.map_err(|error| refused(format!("{address}: {error}")))?;
            tracing::info!(address = %started.address(), "taking AS2 messages");
            Some(started)
        }
    };
    let watch = tokio::spawn(watch(shared, stop.clone()));
    Ok(As2Door { server, watch, stop })
}

impl As2Door {
    /// Where messages are taken in.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }

    /// Takes nothing more. What has begun gets its answer, or its sender tries again.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.watch.abort();
    }
}

fn tls_of(settings: &Settings) -> Result<Option<Arc<ServerConfig>>, String> {
    let (Some(certificate), Some(key)) = (&settings.as2.certificate, &settings.as2.key) else { return Ok(None) };
    let read = |path: &PathBuf| {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        import(&bytes, None).map_err(|fault| format!("{}: {fault}", path.display()))
    };
    let chain = read(certificate)?.certificates.iter().map(|certificate| certificate.der().to_vec()).collect();
    let keys = read(key)?.keys;
    let key = keys.first().ok_or_else(|| format!("{}: there is no private key in it", key.display()))?;
    tls::answering(chain, key.pkcs8()).map(Some)
}

/// Looks certificates through every few hours: each end is warned of once 60, 30 and 7 days before, and when it has come.
async fn watch(shared: Arc<Shared>, stop: CancellationToken) {
    loop {
        if let Err(error) = warn(&shared).await {
            tracing::warn!(error, "as2: certificates could not be looked through");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn warn(shared: &Shared) -> Result<(), String> {
    let certificates = shared.cabinet.current();
    for (party, held, due) in certificates.ending(shared.clock.now()) {
        let fingerprint = held.certificate.fingerprint();
        let key = format!("{fingerprint}|{due}");
        if shared.reception.recall(WARNED, &key).await.map_err(|error| error.to_string())?.is_some() {
            continue;
        }
        let whose = if party == OURS { "our certificate".to_owned() } else { format!("the certificate of {party}") };
        let reason = match due {
            0 => format!("{whose} {} ended on {}: messages fail until there is a new one", held.name, held.until),
            days => format!(
                "{whose} {} ends on {}, in {} days (warning at {days}): agree a new one, add it beside the old with \
                 `entrepot partner cert add`, and let both stand until the change-over is done",
                held.name,
                held.until,
                held.days_left(shared.clock.now())
            ),
        };
        tracing::warn!(reason, "as2: a certificate ends");
        let case = Case {
            fault: "certificate-ends".into(),
            reason,
            partner: (party != OURS).then(|| party.to_owned()),
            subject: CaseSubject::Partner(party.to_owned()),
            told: Some(json!({"fingerprint": fingerprint, "until": held.until.to_string()})),
        };
        shared.reception.report(case).await.map_err(|error| error.to_string())?;
        let note = Note::new(WARNED, key, Value::Bool(true));
        shared.reception.remember(vec![note]).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
