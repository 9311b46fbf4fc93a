//! Starts listeners, watchers and workers, and stops them in reverse.
//!
//! The order: folders, store, what is in force, workers, what an earlier run left behind, the watch, the status page; then
//! it is ready. It joins what must not know one another: the store is the workers' queue, the journey their steps.

pub mod api;
mod as2;
pub mod endpoints;
mod files;
mod http;
mod mail;
mod pages;
mod place;
mod service;
mod sftp;
mod status;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use self::pages::Pages;
use self::place::Place;
pub use self::sftp::neighbour;
use crate::clock::{Clock, SystemClock};
use crate::config::Settings;
use crate::journey::{Gateway, InForce, Journey, NotReceived, closed, receive};
use crate::mistake::Mistake;
use crate::store::{self, Address, Files, Store};
use crate::transport::folder::{Claim, Layout, Patience, Watch, leftovers, watch};
use crate::transport::http::HttpDoor;
use crate::wire::Limits;
use crate::work::{self, Worker};
pub use status::Health;

/// Why the daemon did not start.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    #[error("{place}: {error}")]
    Folder { place: String, error: io::Error },
    #[error("{0} is in use by another gateway: give this one its own data folder")]
    InUse(PathBuf),
    #[error(
        "other gateways work on this database and keep their files in another data folder than {0}: give all gateways of \
         one database the same folder, on storage that they share (or wait until the others have stopped)"
    )]
    Elsewhere(PathBuf),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Partners, maps, grammars: every mistake, and the texts to show them in.
    #[error("{} mistakes in the catalogue", .mistakes.len())]
    Mistakes { mistakes: Vec<Mistake>, files: Files },
    /// A door cannot be opened as it is set up.
    #[error("{door}: {why}")]
    Door { door: &'static str, why: String },
    #[error("status page: {0}")]
    Status(io::Error),
}

/// A running gateway.
#[derive(Debug)]
pub struct Daemon {
    gateway: Arc<Gateway>,
    health: Health,
    pages: Pages,
    settings: Settings,
    worker: Worker,
    watch: Watch,
    mail: mail::MailDoor,
    http: Option<HttpDoor>,
    as2: as2::As2Door,
    sftp: sftp::SftpDoor,
    intake: JoinHandle<()>,
    follower: JoinHandle<()>,
    told: Option<JoinHandle<()>>,
    reload: mpsc::Sender<()>,
    heir: Option<JoinHandle<()>>,
    _place: Place,
}

/// By what time a gateway lives.
#[derive(Clone, Debug)]
pub struct Rhythm {
    pub clock: Arc<dyn Clock>,
    /// How often it looks for what is overdue, and tidies up.
    pub upkeep: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), upkeep: work::Settings::default().upkeep }
    }
}

/// Files that are being received at the same time.
const INTAKE: usize = 256;
/// Steps that run at the same time: they mostly wait for a commit that they share.
const PLACES: usize = 96;

impl Daemon {
    /// Starts everything; the gateway takes files when this returns.
    ///
    /// # Errors
    /// Says in words what is in the way. Nothing runs then.
    pub async fn start(settings: Settings) -> Result<Self, NotStarted> {
        Self::start_by(settings, Rhythm::default()).await
    }

    /// The same by another clock than the system's, for shows and rehearsals.
    ///
    /// # Errors
    /// As [`Daemon::start`].
    pub async fn start_by(settings: Settings, rhythm: Rhythm) -> Result<Self, NotStarted> {
        status::recorder();
        let layout = Layout::new(&settings.data);
        let folder = |error| NotStarted::Folder { place: settings.data.display().to_string(), error };
        layout.prepare([]).map_err(folder)?;
        let address = Address::parse(&settings.database_url());
        let is_shared = matches!(address, Address::Postgres(_));
        let place = Place::take(layout, is_shared)?;
        let layout = place.layout.clone();
        let files = files::read(settings.catalogue.as_deref()).map_err(folder)?;
        let in_force = match InForce::compile(&files) {
            Ok(in_force) => in_force,
            Err(mistakes) => return Err(NotStarted::Mistakes { mistakes, files }),
        };
        layout.prepare(in_force.partners.partners.iter().map(|partner| partner.id.as_str())).map_err(folder)?;
        let options = store::Options::new(address, layout.payloads());
        let store = Store::open(store::Options { clock: rhythm.clock.clone(), ..options }).await?;
        if is_shared {
            place::share(&store, &layout).await?;
        }
        let (files, in_force) = match files::held_back(&store, &files).await? {
            None => (files, in_force),
            Some(active) => match InForce::compile(&active) {
                Ok(in_force) => (active, in_force),
                Err(mistakes) => return Err(NotStarted::Mistakes { mistakes, files: active }),
            },
        };
        let revision = in_force.revision.clone();
        files::activate(&store, &files).await?;
        let mut gateway = Gateway::new(store.clone(), layout.clone(), rhythm.clock, in_force, limits(&settings));
        gateway.file_bytes_max = settings.limits.file_bytes_max;
        gateway.catalogue_folder = settings.catalogue.clone();
        gateway.archive_days = settings.folder.archive_days;
        gateway.retain_days = settings.retain_days;
        let gateway = Arc::new(gateway);
        let places = settings.workers.map_or(PLACES, |workers| workers as usize);
        let per_partner = places.saturating_sub(places / 8).max(1);
        let upkeep = rhythm.upkeep;
        let places = work::Settings { places, places_per_partner: per_partner, upkeep, ..work::Settings::default() };
        store.start_working().await?;
        let worker = Worker::start(Arc::new(store), Arc::new(Journey { gateway: gateway.clone() }), places);
        let health = Health::default();
        let (claims, claimed) = mpsc::channel(INTAKE);
        for claim in leftovers(&layout).map_err(folder)? {
            tracing::info!(name = ?claim.name, "left over by an earlier run");
            again(&claims, claim);
        }
        let heir = is_shared.then(|| tokio::spawn(place::inherit(layout.clone(), claims.downgrade())));
        let intake = tokio::spawn(take_in(gateway.clone(), health.clone(), claimed));
        let patience =
            Patience { poll: settings.folder.poll, settle: settings.folder.settle, unclosed: settings.folder.unclosed };
        let watch = watch(layout, patience, closed, claims).map_err(folder)?;
        let mail = mail::start(&settings, &gateway).await?;
        let http = http::start(&settings, &gateway).await?;
        let as2 = as2::start(&settings, &gateway).await?;
        let sftp = sftp::start(&settings, &gateway).await?;
        let told = endpoints::start(&settings, &gateway)?;
        let (reload, reloads) = mpsc::channel(1);
        let follower = tokio::spawn(files::follow(gateway.clone(), health.clone(), settings.clone(), reloads));
        let pages = Pages::open(&settings, &gateway, &health).await?;
        let (status, api) = (pages.status, pages.api);
        health.set_started(true);
        let catalogue = settings
            .catalogue
            .as_ref()
            .map_or_else(|| "none: every sender is a stranger".to_owned(), |catalogue| catalogue.display().to_string());
        let partners = gateway.in_force().partners.partners.len();
        tracing::info!(data = %settings.data.display(), catalogue, partners, ?status, ?api, revision, "ready");
        Ok(Self {
            gateway,
            health,
            pages,
            settings,
            worker,
            watch,
            mail,
            http,
            as2,
            sftp,
            intake,
            follower,
            told,
            reload,
            heir,
            _place: place,
        })
    }

    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Where the status page is.
    pub fn status(&self) -> Option<SocketAddr> {
        self.pages.status
    }

    /// Where the API is.
    pub fn api(&self) -> Option<SocketAddr> {
        self.pages.api
    }

    /// Where the SFTP server listens.
    pub fn sftp(&self) -> Option<SocketAddr> {
        self.sftp.address()
    }

    /// Where mail is taken in.
    pub fn mail(&self) -> Option<SocketAddr> {
        self.mail.address()
    }

    /// Where AS2 messages are taken in.
    pub fn as2(&self) -> Option<SocketAddr> {
        self.as2.address()
    }

    /// Where the HTTPS door is.
    pub fn http(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|door| door.address)
    }

    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Takes the settings over again, soon.
    pub fn reload(&self) {
        // One that is waiting already will see the same files.
        let _ = self.reload.try_send(());
    }

    /// Stops in reverse: nothing more is taken, what has begun ends, the rest is left for the next start.
    pub async fn stop(self) {
        self.health.set_started(false);
        self.follower.abort();
        if let Some(heir) = &self.heir {
            heir.abort();
        }
        if let Some(told) = &self.told {
            told.abort();
        }
        let (api, status) = self.pages.parts();
        if let Some(api) = api {
            api.stop(self.settings.drain).await;
        }
        self.mail.stop(self.settings.drain).await;
        self.as2.stop().await;
        if let Some(door) = self.http {
            door.stop(self.settings.drain).await;
        }
        self.sftp.stop(self.settings.drain).await;
        let watch = self.watch;
        let _ = tokio::task::spawn_blocking(move || watch.stop()).await;
        // The watch held the last sender: the intake ends when what was claimed has been received.
        if tokio::time::timeout(self.settings.drain, self.intake).await.is_err() {
            tracing::warn!("files are still being received; the next start finds them");
        }
        self.worker.stop(self.settings.drain).await;
        self.gateway.settle().await;
        self.gateway.store.close().await;
        if let Some(status) = status {
            status.stop(self.settings.drain).await;
        }
        tracing::info!("stopped");
    }
}

/// Runs the daemon as a process until it is told to stop.
///
/// # Errors
/// Why it did not start.
pub async fn run(settings: Settings) -> Result<(), NotStarted> {
    let mut wishes = service::Wishes::listen().map_err(NotStarted::Status)?;
    let daemon = Daemon::start(settings).await?;
    service::ready("taking files");
    loop {
        match wishes.next().await {
            service::Wish::Stop => break,
            service::Wish::Reload => {
                service::reloading();
                daemon.reload();
                service::ready("taking files");
            }
            service::Wish::Beat => service::alive(),
        }
    }
    service::stopping("ending what has begun");
    daemon.stop().await;
    Ok(())
}

/// What the reader of interchanges lets pass.
fn limits(settings: &Settings) -> Limits {
    let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    Limits {
        set_bytes_max: bytes(settings.limits.set_bytes_max),
        segment_bytes_max: bytes(settings.limits.segment_bytes_max),
        findings_per_set_max: settings.limits.findings_per_set_max as usize,
        ..Limits::default()
    }
}

/// Puts a claim into the intake, without waiting for room.
fn again(claims: &mpsc::Sender<Claim>, claim: Claim) {
    let claims = claims.clone();
    tokio::spawn(async move {
        let _ = claims.send(claim).await;
    });
}

/// Receives what the watch claims, many at a time. What cannot be kept now is tried again until it can: the bound of the
/// channel keeps the watch from taking more meanwhile.
async fn take_in(gateway: Arc<Gateway>, health: Health, mut claims: mpsc::Receiver<Claim>) {
    let places = Arc::new(Semaphore::new(INTAKE));
    while let Some(claim) = claims.recv().await {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (gateway, health) = (gateway.clone(), health.clone());
        tokio::spawn(async move {
            let _place = place;
            loop {
                match receive(&gateway, claim.clone()).await {
                    Ok(()) => return health.well("receiving"),
                    Err(NotReceived::SetAside(_)) => return,
                    Err(NotReceived::Later(error)) => {
                        tracing::warn!(name = ?claim.name, %error, "not received yet");
                        health.trouble("receiving", error.to_string());
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        });
    }
    // Whoever is still at work has a place.
    let _ = places.acquire_many(u32::try_from(INTAKE).unwrap_or(1)).await;
}
