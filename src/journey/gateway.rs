//! What every step works with: the store, the folders, the clock, and what is in force.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use uuid::Uuid;

use super::Step;
use super::fresh::Fresh;
use super::publish::Recipient;
use super::read::Reading;
use crate::catalogue::{self, Catalogue};
use crate::clock::Clock;
use crate::mistake::Mistake;
use crate::partner::Directory;
use crate::ports::{Job, Outlet, Verdict};
use crate::store::{Files, Store, TransmissionId, revision_hash};
use crate::transport::folder::{self, Claim, Layout, Placer};
use crate::wire::Limits;

/// Grammars, maps and partners as one snapshot; steps that have begun end with the one they began with.
#[derive(Debug)]
pub struct InForce {
    pub catalogue: Catalogue,
    pub partners: Arc<Directory>,
    /// The hash of the files it was made from.
    pub revision: String,
}

impl InForce {
    /// Compiles a set of files, by their paths in a catalogue: `partners/acme.toml`, `grammars/x12/004010/850.grammar`.
    ///
    /// # Errors
    /// Every mistake in every file; nothing of the set is taken then.
    pub fn compile(files: &Files) -> Result<Self, Vec<Mistake>> {
        let own = catalogue::Files::of(files.iter().map(|(path, text)| (path.clone(), text.clone())));
        let catalogue = Catalogue::from_files(own).map_err(|refused| refused.mistakes)?;
        let partners = Arc::new(catalogue.directory.clone());
        Ok(Self { catalogue, partners, revision: revision_hash(files) })
    }
}

/// One gateway.
pub struct Gateway {
    pub store: Store,
    pub layout: Layout,
    pub placer: Placer,
    pub clock: Arc<dyn Clock>,
    /// What hostile interchanges meet.
    pub limits: Limits,
    /// A larger file is refused at the door.
    pub file_bytes_max: u64,
    /// Where the catalogue's files stand; `None`: nothing is written there.
    pub catalogue_folder: Option<PathBuf>,
    /// After how many days taken files leave the archive, and settled documents the store; 0 keeps them.
    pub archive_days: u32,
    pub retain_days: u32,
    pub(super) fresh: Fresh,
    in_force: RwLock<Arc<InForce>>,
    /// How parcels leave that are not files in a folder, by the word partners choose them with: `as2`, `sftp`, `mail`.
    outlets: RwLock<HashMap<&'static str, Arc<dyn Outlet>>>,
    /// Who is told of events, by name.
    recipients: RwLock<HashMap<String, Arc<Recipient>>>,
    /// Files between two of their windows, and how far handing on came.
    readings: Mutex<HashMap<Uuid, Reading>>,
    progress: Mutex<HashMap<Uuid, u64>>,
    /// Kibibytes that windows may hold in memory, all together.
    memory: Arc<Semaphore>,
    finished: mpsc::UnboundedSender<(Claim, Option<String>)>,
    /// Files that wait to be filed away.
    filing: Arc<AtomicUsize>,
}

/// What windows may hold in memory, all together.
const MEMORY_KIB: u32 = 96 << 10;
/// What one window costs at most: its text, and several times as much for what was made of it.
const WINDOW_KIB: u64 = 12 << 10;

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("data", &self.layout.root()).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Must be called on a runtime: files are filed away by a task of its own.
    pub fn new(
        store: Store,
        layout: Layout,
        clock: Arc<dyn Clock>,
        in_force: impl Into<Arc<InForce>>,
        limits: Limits,
    ) -> Self {
        let (finished, files) = mpsc::unbounded_channel();
        let filing = Arc::new(AtomicUsize::new(0));
        tokio::spawn(file_away(layout.clone(), files, filing.clone()));
        Self {
            limits,
            file_bytes_max: u64::MAX,
            catalogue_folder: None,
            archive_days: 0,
            retain_days: 0,
            filing,
            store,
            layout,
            placer: Placer::start(),
            clock,
            fresh: Fresh::default(),
            in_force: RwLock::new(in_force.into()),
            outlets: RwLock::default(),
            recipients: RwLock::default(),
            readings: Mutex::default(),
            progress: Mutex::default(),
            memory: Arc::new(Semaphore::new(MEMORY_KIB as usize)),
            finished,
        }
    }

    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a new snapshot over; what has begun ends with the old one.
    pub fn put_in_force(&self, new: InForce) {
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }

    /// From now on parcels of partners that chose `word` leave through this outlet.
    pub fn deliver_by(&self, word: &'static str, outlet: Arc<dyn Outlet>) {
        self.outlets.write().unwrap_or_else(PoisonError::into_inner).insert(word, outlet);
    }

    /// From now on this endpoint is told of what happens.
    pub fn tell(&self, recipient: Recipient) {
        let mut recipients = self.recipients.write().unwrap_or_else(PoisonError::into_inner);
        recipients.insert(recipient.name.clone(), Arc::new(recipient));
    }

    pub(super) fn recipient(&self, name: &str) -> Option<Arc<Recipient>> {
        self.recipients.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn recipients(&self) -> Vec<Arc<Recipient>> {
        self.recipients.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn outlet(&self, word: &str) -> Option<Arc<dyn Outlet>> {
        self.outlets.read().unwrap_or_else(PoisonError::into_inner).get(word).cloned()
    }

    /// The file of a transmission goes to the archive, or, with a reason in words, to the error folder.
    pub(super) fn file_away(&self, id: TransmissionId, why: Option<String>) {
        if let Some(claim) = self.fresh.take_claim(id) {
            self.filing.fetch_add(1, Ordering::AcqRel);
            // The task ends only with the process; the next start finds the claim and files it away.
            let _ = self.finished.send((claim, why));
        }
    }

    /// Waits until files that were read are filed away, as far as that goes.
    pub async fn settle(&self) {
        let _ = tokio::time::timeout(Duration::from_secs(5), async {
            while self.filing.load(Ordering::Acquire) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// Waits until a window of a file of this size may be held in memory.
    pub(super) async fn memory(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let kib = (bytes / 128).clamp(16, WINDOW_KIB);
        self.memory.clone().acquire_many_owned(u32::try_from(kib).unwrap_or(1)).await.ok()
    }

    pub(super) fn take_reading(&self, job: Uuid) -> Option<Reading> {
        lock(&self.readings).remove(&job)
    }

    pub(super) fn keep_reading(&self, job: Uuid, reading: Reading) {
        lock(&self.readings).insert(job, reading);
    }

    pub(super) fn progress(&self, job: Uuid) -> Option<u64> {
        lock(&self.progress).get(&job).copied()
    }

    pub(super) fn set_progress(&self, job: Uuid, position: Option<u64>) {
        let mut progress = lock(&self.progress);
        match position {
            Some(position) => progress.insert(job, position),
            None => progress.remove(&job),
        };
    }

    /// A step could not be done: what was kept for its next turn is void.
    pub(super) fn stopped(&self, job: &Job, stop: Step) -> Verdict {
        lock(&self.readings).remove(&job.id);
        lock(&self.progress).remove(&job.id);
        stop.into()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Moves files that the database knows to where they stay, many at a time.
async fn file_away(
    layout: Layout,
    mut files: mpsc::UnboundedReceiver<(Claim, Option<String>)>,
    filing: Arc<AtomicUsize>,
) {
    let mut batch = Vec::new();
    while files.recv_many(&mut batch, 256).await > 0 {
        let (layout, moved) = (layout.clone(), std::mem::take(&mut batch));
        let count = moved.len();
        let task = tokio::task::spawn_blocking(move || {
            for (claim, why) in moved {
                let outcome = match &why {
                    None => folder::shelve(&layout, &claim),
                    Some(why) => folder::set_aside(&layout, &claim, why),
                };
                if let Err(error) = outcome {
                    let path = folder::shown(claim.path.as_os_str());
                    tracing::warn!(path, %error, "not filed away; the next start tries again");
                }
            }
        });
        let _ = task.await;
        filing.fetch_sub(count, Ordering::AcqRel);
    }
}
