//! The SFTP server: listens, lets partners in, serves each its virtual root.

mod access;
mod aside;
mod extensions;
mod extents;
mod guard;
mod handles;
mod listing;
mod memory;
mod pace;
mod protocol;
mod refusal;
mod requests;
mod root;
mod scp;
mod session;
mod uploads;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::guard::Guard;
use self::memory::Memory;
use self::session::Session;
use self::uploads::Uploads;
use super::algorithms;
use super::host_keys::HostKeys;
use crate::partner::Sftp;
use crate::ports::{Case, CaseSubject, Reception};
use crate::transport::folder::{Layout, Tail};
use crate::transport::listen::listen as listen_on;

/// A partner as the door sees it.
#[derive(Clone, Debug)]
pub struct Account {
    pub partner: String,
    /// Its folder under `out/`.
    pub folder: String,
    pub terms: Sftp,
}

/// Who may log in, as it stands now: partner files change while the server runs.
pub type Accounts = Arc<dyn Fn() -> Vec<Account> + Send + Sync>;

/// What a server needs.
#[derive(Clone)]
pub struct Options {
    pub listen: SocketAddr,
    pub layout: Layout,
    pub host_keys: HostKeys,
    pub accounts: Accounts,
    pub closed: Tail,
    pub reception: Arc<dyn Reception>,
    /// Connections at a time, all partners together.
    pub connections_max: usize,
    /// How long a stranger may take to log in.
    pub login_grace: Duration,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What all sessions share.
struct Shared {
    layout: Layout,
    closed: Tail,
    accounts: Accounts,
    reception: Arc<dyn Reception>,
    guard: Mutex<Guard>,
    memory: Mutex<Memory>,
    /// Who writes to which upload.
    writers: Mutex<HashMap<PathBuf, u64>>,
    tokens: AtomicU64,
    /// Sessions of each partner.
    sessions: Mutex<HashMap<String, u32>>,
    /// Hashing passwords costs memory and time on purpose: few at a time.
    hashing: Semaphore,
}

/// How often uploads that wait are looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// Connections from one address that have not logged in yet.
const STRANGERS_MAX: u32 = 32;

impl Server {
    /// Starts listening.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = listen_on(options.listen)?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        for fingerprint in options.host_keys.fingerprints() {
            tracing::info!(fingerprint, "SFTP host key");
        }
        let shared = Arc::new(Shared::new(&options));
        tasks.spawn(sweep(shared.clone(), stop.clone()));
        tasks.spawn(listen(listener, options, shared, stop.clone(), tasks.clone()));
        tracing::info!(%address, "SFTP server listens");
        Ok(Self { address, stop, tasks })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and ends the running ones; uploads that were cut wait for the next start.
    pub async fn stop(self, patience: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(patience, self.tasks.wait()).await.is_err() {
            tracing::warn!("SFTP sessions are still open");
        }
    }
}

async fn listen(
    listener: TcpListener,
    options: Options,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let modern = Arc::new(algorithms::server(&options.host_keys, false));
    let legacy = Arc::new(algorithms::server(&options.host_keys, true));
    let places = Arc::new(Semaphore::new(options.connections_max));
    let strangers: Arc<Mutex<HashMap<std::net::IpAddr, u32>>> = Arc::default();
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: some will be given back.
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        let address = peer.ip().to_canonical();
        if let Some(wait) = shared.guard().waits(address, Instant::now()) {
            tracing::debug!(%address, ?wait, "turned away: it failed to log in too often");
            continue;
        }
        // Closing at once is the answer that costs least; clients try again.
        let Ok(place) = places.clone().try_acquire_owned() else {
            tracing::warn!(%address, "turned away: all connections are in use");
            continue;
        };
        let Some(stranger) = Stranger::admit(&strangers, address) else { continue };
        let is_legacy = (shared.accounts)().iter().any(|it| it.terms.legacy && it.terms.lets_in(address));
        let config = if is_legacy { legacy.clone() } else { modern.clone() };
        let session = Session::new(shared.clone(), peer, is_legacy, tasks.clone());
        let talk = converse(stream, config, session, stranger, options.login_grace, stop.clone());
        tasks.spawn(async move {
            let _place = place;
            talk.await;
        });
    }
}

/// One connection, from its first byte to its last.
async fn converse(
    stream: TcpStream,
    config: Arc<russh::server::Config>,
    session: Session,
    stranger: Stranger,
    grace: Duration,
    stop: CancellationToken,
) {
    let (peer, login) = (session.peer(), session.login());
    let started = tokio::select! {
        () = stop.cancelled() => return,
        started = tokio::time::timeout(grace, russh::server::run_stream(config, stream, session)) => started,
    };
    let mut running = match started {
        Ok(Ok(running)) => running,
        Ok(Err(error)) => return tracing::debug!(%peer, %error, "no SSH"),
        Err(_) => return tracing::debug!(%peer, "no SSH in time"),
    };
    let handle = running.handle();
    let words = tokio::select! {
        ended = &mut running => {
            let error = ended.err().map(|error| error.to_string());
            return tracing::debug!(%peer, error, "gone");
        }
        () = stop.cancelled() => "the gateway stops; come back later",
        () = async {
            if tokio::time::timeout(grace, login.cancelled()).await.is_ok() {
                drop(stranger);
                std::future::pending::<()>().await;
            }
        } => "log in sooner",
    };
    tracing::debug!(%peer, words, "sent away");
    let _ = handle.disconnect(russh::Disconnect::ByApplication, words.to_owned(), String::new()).await;
    // Who does not take even that is left to the end of the process.
    let _ = tokio::time::timeout(Duration::from_secs(1), running).await;
}

/// Counts a connection that has not logged in.
struct Stranger {
    known: Arc<Mutex<HashMap<std::net::IpAddr, u32>>>,
    address: std::net::IpAddr,
}

impl Stranger {
    fn admit(known: &Arc<Mutex<HashMap<std::net::IpAddr, u32>>>, address: std::net::IpAddr) -> Option<Self> {
        let mut counts = lock(known);
        let count = counts.entry(address).or_default();
        if *count >= STRANGERS_MAX {
            return None;
        }
        *count += 1;
        Some(Self { known: known.clone(), address })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut counts = lock(&self.known);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Looks again and again at uploads that wait for their rest.
async fn sweep(shared: Arc<Shared>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
        for account in (shared.accounts)() {
            let task = shared.clone();
            let partner = account.partner.clone();
            let swept = tokio::task::spawn_blocking(move || {
                let uploads = Uploads::new(&task.layout, &account.partner, &account.terms, task.closed);
                uploads.sweep(SystemTime::now(), |path| task.is_written(path))
            });
            for aside in swept.await.unwrap_or_default() {
                tracing::warn!(partner, name = aside.name, reason = aside.reason, "an upload was put aside");
                metrics::counter!("entrepot_sftp_truncated_total").increment(1);
                let case = Case {
                    fault: "upload-truncated".into(),
                    reason: aside.reason.clone(),
                    partner: Some(partner.clone()),
                    subject: CaseSubject::Arrival(aside.id),
                    told: Some(serde_json::json!({"file": format!("{}.error.txt", aside.name), "words": aside.reason})),
                };
                if let Err(error) = shared.reception.report(case).await {
                    tracing::error!(%error, "a truncated upload cannot be reported; it lies in the error folder");
                }
            }
        }
    }
}

impl Shared {
    fn new(options: &Options) -> Self {
        Self {
            layout: options.layout.clone(),
            closed: options.closed,
            accounts: options.accounts.clone(),
            reception: options.reception.clone(),
            guard: Mutex::default(),
            memory: Mutex::default(),
            writers: Mutex::default(),
            tokens: AtomicU64::new(1),
            sessions: Mutex::default(),
            hashing: Semaphore::new(2),
        }
    }

    fn account(&self, user: &str) -> Option<Account> {
        (self.accounts)().into_iter().find(|account| account.terms.user == user)
    }

    fn guard(&self) -> MutexGuard<'_, Guard> {
        lock(&self.guard)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }

    /// Whoever asks may write to the path, and nobody else any more.
    fn writes_from_now(&self, path: &Path) -> u64 {
        let token = self.tokens.fetch_add(1, Ordering::Relaxed);
        lock(&self.writers).insert(path.to_owned(), token);
        token
    }

    fn may_write(&self, path: &Path, token: u64) -> bool {
        lock(&self.writers).get(path) == Some(&token)
    }

    fn is_written(&self, path: &Path) -> bool {
        lock(&self.writers).contains_key(path)
    }

    /// Answers whether it still was the writer.
    fn no_longer_writes(&self, path: &Path, token: u64) -> bool {
        let mut writers = lock(&self.writers);
        let was = writers.get(path) == Some(&token);
        if was {
            writers.remove(path);
        }
        was
    }

    /// Counts one more session of a partner, where it may have one.
    fn begin_session(&self, account: &Account) -> bool {
        let mut sessions = lock(&self.sessions);
        let count = sessions.entry(account.partner.clone()).or_default();
        let has_room = *count < account.terms.sessions_max;
        *count += u32::from(has_room);
        has_room
    }

    fn end_session(&self, partner: &str) {
        if let Some(count) = lock(&self.sessions).get_mut(partner) {
            *count = count.saturating_sub(1);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("data", &self.layout.root()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
