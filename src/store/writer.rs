//! How units become durable: SQLite's one writer with group commit, and PostgreSQL's transaction per unit.
//!
//! The SQLite writer takes whatever units wait, runs them in one `BEGIN IMMEDIATE` transaction,
//! and commits once (`synchronous=FULL`): while the disk works, the next batch gathers. A unit that fails is rolled
//! back alone. Checkpoints run on a second connection, so that no unit pays for them.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::error::{Error, Result};
use super::lite::Lite;
use super::session::{After, Session, Shared, UnitFuture};
use super::sql::Link;
use crate::trace;

/// Units in one transaction at most.
const BATCH_UNITS_MAX: usize = 256;
/// A batch is committed once its units have run this long.
const BATCH_TIME_MAX: Duration = Duration::from_millis(20);
/// Units that may wait: who hands in more waits too.
const QUEUE_UNITS_MAX: usize = 1024;
/// The write-ahead log is emptied, units waiting, when it is this long in spite of the checkpoints.
const LOG_BYTES_MAX: u64 = 256 << 20;
/// A checkpoint runs when the log has grown by this much and nobody waits: a short one, which no unit notices.
const CHECKPOINT_BYTES_IDLE: u64 = 1 << 20;
/// And by this much while units wait: a rare one, since pages that change again and again are copied once.
const CHECKPOINT_BYTES_BUSY: u64 = 64 << 20;

/// The writer of one SQLite file, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Option<Box<dyn Parcel>>>,
    running: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    pub(super) fn start(link: Link, checkpointer: Lite, path: PathBuf, shared: Arc<Shared>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_UNITS_MAX);
        let log = Arc::new(Log { path: wal(&path), grown: Notify::new(), stopped: AtomicBool::new(false) });
        let checkpoints = tokio::spawn(checkpoint(checkpointer, log.clone()));
        let session = Session::new(link, shared);
        let (ended, running) = oneshot::channel();
        let write = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(drain(session, waiting, &log));
            log.stopped.store(true, Ordering::Release);
            log.grown.notify_one();
            let _ = ended.send(());
        };
        // A thread of its own: every unit waits for this one, so it waits for nobody's mapping.
        std::thread::Builder::new().name("store-writer".to_owned()).spawn(write).expect("a thread");
        let running = tokio::spawn(async move {
            let _ = running.await;
            let _ = checkpoints.await;
        });
        Self { queue, running: Arc::new(Mutex::new(Some(running))) }
    }

    pub(super) async fn write<C, T, F>(&self, context: C, unit: F) -> Result<T>
    where
        C: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a C, &'a mut Session) -> UnitFuture<'a, T> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let parcel = Posted { context, unit, done: None, after: After::default(), trace: trace::current(), reply };
        let stopped = || Error::Unavailable("the store is closed".to_owned());
        self.queue.send(Some(Box::new(parcel))).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Lets the waiting units finish, then stops.
    pub(super) async fn stop(&self) {
        let _ = self.queue.send(None).await;
        if let Some(running) = self.running.lock().await.take() {
            let _ = running.await;
        }
    }
}

/// A unit on its way, without its types.
trait Parcel: Send {
    fn run<'a>(&'a mut self, session: &'a mut Session) -> UnitFuture<'a, ()>;
    /// Tells the one who waits. `Ok` means that it is durable.
    fn settle(self: Box<Self>, outcome: Result<()>, shared: &Shared);
}

struct Posted<C, T, F> {
    context: C,
    unit: F,
    done: Option<T>,
    after: After,
    trace: Option<String>,
    reply: oneshot::Sender<Result<T>>,
}

impl<C, T, F> Parcel for Posted<C, T, F>
where
    C: Send + Sync,
    T: Send,
    F: for<'a> Fn(&'a C, &'a mut Session) -> UnitFuture<'a, T> + Send + Sync,
{
    fn run<'a>(&'a mut self, session: &'a mut Session) -> UnitFuture<'a, ()> {
        Box::pin(async move {
            session.told.clear();
            session.trace.clone_from(&self.trace);
            let outcome = match unharmed((self.unit)(&self.context, session)).await {
                Ok(done) => session.number_events().await.map(|()| done),
                Err(error) => Err(error),
            };
            self.after = std::mem::take(&mut session.after);
            self.done = Some(outcome?);
            Ok(())
        })
    }

    fn settle(self: Box<Self>, outcome: Result<()>, shared: &Shared) {
        let answer = match (outcome, self.done) {
            (Ok(()), Some(done)) => {
                shared.settle(self.after);
                Ok(done)
            }
            (Ok(()), None) => Err(Error::Again("the unit did not run".to_owned())),
            (Err(error), _) => Err(error),
        };
        // Nobody waits any more: it is durable all the same.
        let _ = self.reply.send(answer);
    }
}

/// A panic in a unit is that unit's failure, never the writer's.
async fn unharmed<T>(unit: UnitFuture<'_, T>) -> Result<T> {
    let mut unit = pin!(unit);
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| unit.as_mut().poll(context)))
            .unwrap_or_else(|_| std::task::Poll::Ready(Err(Error::Database("a unit panicked".to_owned()))))
    })
    .await
}

async fn drain(mut session: Session, mut waiting: mpsc::Receiver<Option<Box<dyn Parcel>>>, log: &Log) {
    let mut written = log.len();
    while let Some(Some(first)) = waiting.recv().await {
        let more = batch(&mut session, first, &mut waiting).await;
        let len = log.len();
        let step = if waiting.is_empty() { CHECKPOINT_BYTES_IDLE } else { CHECKPOINT_BYTES_BUSY };
        if len > LOG_BYTES_MAX {
            // The checkpoints could not keep up: the writer waits for them once.
            let _ = session.link().run("PRAGMA wal_checkpoint(TRUNCATE)").await;
            written = log.len();
        } else if len > written + step || len < written {
            written = len;
            log.grown.notify_one();
        }
        if !more {
            break;
        }
    }
    waiting.close();
}

/// Runs one transaction: `first` and whatever waits behind it. False when the queue has ended.
///
/// The units run without savepoints, which cost as much as a small unit does. One that fails takes the transaction with
/// it: then all of them run again, each in a savepoint of its own, and only that one falls.
async fn batch(
    session: &mut Session,
    first: Box<dyn Parcel>,
    waiting: &mut mpsc::Receiver<Option<Box<dyn Parcel>>>,
) -> bool {
    let began = Instant::now();
    let mut parcels = Vec::new();
    let mut next = Some(first);
    let mut more = true;
    if let Err(error) = session.link().run("BEGIN IMMEDIATE").await {
        fail(session, next, &error).await;
        return more;
    }
    while let Some(mut parcel) = next.take() {
        let outcome = parcel.run(session).await;
        if let Err(error) = outcome {
            session.after = After::default();
            if parcels.is_empty() {
                let _ = session.link().run("ROLLBACK").await;
                parcel.settle(Err(error), &session.shared);
            } else {
                parcels.push(parcel);
                one_by_one(session, parcels).await;
            }
            return more;
        }
        parcels.push(parcel);
        if parcels.len() < BATCH_UNITS_MAX && began.elapsed() < BATCH_TIME_MAX {
            match waiting.try_recv() {
                Ok(Some(parcel)) => next = Some(parcel),
                Ok(None) => more = false,
                Err(_) => {}
            }
        }
    }
    commit(session, parcels).await;
    more
}

/// Runs the units of a transaction again, of which one fails.
async fn one_by_one(session: &mut Session, parcels: Vec<Box<dyn Parcel>>) {
    let shared = session.shared.clone();
    let mut stored = Vec::new();
    let mut again = parcels.into_iter();
    // A full disk has rolled back already.
    let _ = session.link().run("ROLLBACK").await;
    if let Err(error) = session.link().run("BEGIN IMMEDIATE").await {
        return fail(session, again, &error).await;
    }
    while let Some(mut parcel) = again.next() {
        let ran = match session.link().run("SAVEPOINT unit").await {
            Ok(()) => parcel.run(session).await,
            Err(error) => Err(error),
        };
        session.after = After::default();
        let undo = if ran.is_ok() { "RELEASE unit" } else { "ROLLBACK TO unit; RELEASE unit" };
        let undone = session.link().run(undo).await;
        match (ran, undone) {
            (Ok(()), Ok(())) => stored.push(parcel),
            (Err(error), Ok(())) => parcel.settle(Err(error), &shared),
            // SQLite gave up the whole transaction (full disk, failing disk): the neighbours fall with it.
            (Err(error), Err(_)) | (Ok(()), Err(error)) => {
                return fail(session, stored.into_iter().chain([parcel]).chain(again), &error).await;
            }
        }
    }
    commit(session, stored).await;
}

async fn commit(session: &mut Session, parcels: Vec<Box<dyn Parcel>>) {
    if let Err(error) = session.link().run("COMMIT").await {
        return fail(session, parcels, &error).await;
    }
    let shared = session.shared.clone();
    for parcel in parcels {
        parcel.settle(Ok(()), &shared);
    }
}

async fn fail(session: &mut Session, parcels: impl IntoIterator<Item = Box<dyn Parcel>>, error: &Error) {
    let _ = session.link().run("ROLLBACK").await;
    if error.is_disk_full() {
        // What the log holds twice is room: without it, a small disk filled by the log would stay full.
        let _ = session.link().run("PRAGMA wal_checkpoint(TRUNCATE)").await;
    }
    let shared = session.shared.clone();
    for parcel in parcels {
        parcel.settle(Err(error.copy()), &shared);
    }
}

/// The write-ahead log as a file that grows.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    grown: Notify,
    stopped: AtomicBool,
}

impl Log {
    fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Moves pages from the log into the database while the writer goes on, and empties the log when it is idle.
async fn checkpoint(mut lite: Lite, log: Arc<Log>) {
    while !log.stopped.load(Ordering::Acquire) {
        let idle = tokio::time::timeout(Duration::from_secs(30), log.grown.notified()).await.is_err();
        let mode = if idle { "TRUNCATE" } else { "PASSIVE" };
        if idle && log.len() == 0 {
            continue;
        }
        let moved = tokio::task::spawn_blocking(move || {
            let outcome = lite.run(&format!("PRAGMA wal_checkpoint({mode})"));
            (lite, outcome)
        });
        let Ok((back, outcome)) = moved.await else { return };
        lite = back;
        if let Err(error) = outcome {
            tracing::debug!(%error, "checkpoint put off");
        }
    }
}

/// PostgreSQL: a transaction per unit, tried again where the server asks for it.
pub(super) async fn write_postgres<C, T, F>(pool: &PgPool, shared: &Arc<Shared>, context: &C, unit: &F) -> Result<T>
where
    C: Sync,
    T: Send,
    F: for<'a> Fn(&'a C, &'a mut Session) -> UnitFuture<'a, T> + Sync,
{
    const TRIES_MAX: u32 = 10;
    let mut tries = 0;
    loop {
        tries += 1;
        // A unit whose caller went away is rolled back when the transaction is dropped.
        let mut session = Session::new(Link::PostgresUnit(pool.begin().await?), shared.clone());
        session.trace = trace::current();
        let outcome = match unit(context, &mut session).await {
            Ok(done) => session.commit().await.map(|after| (done, after)),
            Err(error) => Err(error),
        };
        match outcome {
            Ok((done, after)) => {
                shared.settle(after);
                return Ok(done);
            }
            Err(error) if !matches!(error, Error::Again(_)) || tries >= TRIES_MAX => return Err(error),
            Err(_) => tokio::time::sleep(pause(tries)).await,
        }
    }
}

/// Who waited for each other must not meet again: pauses grow, and differ.
fn pause(tries: u32) -> Duration {
    let longest = 4_000_u64 << tries.min(6);
    // Nothing depends on this being unpredictable.
    let scattered = uuid::Uuid::now_v7().as_u128() as u64 % longest;
    Duration::from_micros(longest / 4 + scattered)
}
