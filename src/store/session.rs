//! An open connection with the nouns on it: a [`View`] reads, a [`Session`] also writes, inside one unit.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

use super::error::{Error, Result};
use super::events::Event;
use super::lock::Lock;
use super::sql::{Among, Arg, Dialect, Link, Row, Sql, args};
use crate::clock::Clock;
use crate::ports::Job;

/// What a unit answers, when it is awaited.
pub type UnitFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What a row is called, and which one is meant: for the error that says it is missing.
pub(super) type What<Which> = (&'static str, Which);

/// What all connections of one store share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) payloads: PathBuf,
    pub(super) lease: Duration,
    /// This process as an owner of jobs.
    pub(super) node: Uuid,
    /// True once a worker takes jobs here: then new jobs are born leased and handed to it without asking again.
    pub(super) working: AtomicBool,
    /// Jobs that units of this process asked for, durable and leased to this node.
    pub(super) handed: Mutex<Vec<Job>>,
    /// When the database was last asked for jobs.
    pub(super) looked: Mutex<Option<Instant>>,
    /// Rings when jobs may be there.
    pub(super) bell: Notify,
    /// Rings when events were stored.
    pub(super) news: Notify,
    /// The last turn given to each partner.
    pub(super) turns: Mutex<HashMap<String, i64>>,
    /// Hashes of terms that are stored for certain.
    pub(super) policies: Mutex<HashSet<String>>,
    /// Units asked for, and how many are granted: see [`super::Store::halt_after`].
    pub(super) units: AtomicU64,
    pub(super) units_max: AtomicU64,
    lock: Mutex<Option<Lock>>,
}

impl Shared {
    pub(super) fn new(options: &super::Options, lock: Option<Lock>) -> Self {
        Self {
            clock: options.clock.clone(),
            payloads: options.payloads.clone(),
            lease: options.lease,
            node: Uuid::now_v7(),
            working: AtomicBool::new(false),
            handed: Mutex::new(Vec::new()),
            looked: Mutex::new(None),
            bell: Notify::new(),
            news: Notify::new(),
            turns: Mutex::new(HashMap::new()),
            policies: Mutex::new(HashSet::new()),
            units: AtomicU64::new(0),
            units_max: AtomicU64::new(u64::MAX),
            lock: Mutex::new(lock),
        }
    }

    /// True where this process holds the SQLite file for itself.
    pub(super) fn is_locked(&self) -> bool {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Counts a unit, or refuses it.
    pub(super) fn begin_unit(&self) -> Result<()> {
        let before = self.units.fetch_add(1, Ordering::AcqRel);
        if before >= self.units_max.load(Ordering::Acquire) {
            return Err(Error::Unavailable("it was halted".to_owned()));
        }
        Ok(())
    }

    /// Lets another daemon have the SQLite file.
    pub(super) fn unlock(&self) {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether to ask the database for jobs now: always when there is nothing else to do.
    pub(super) fn looks_again(&self, idle: bool) -> bool {
        const PAUSE: Duration = Duration::from_millis(200);
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let looks = idle || looked.is_none_or(|at| at.elapsed() >= PAUSE);
        if looks {
            *looked = Some(Instant::now());
        }
        looks
    }

    pub(super) fn handed(&self) -> std::sync::MutexGuard<'_, Vec<Job>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn policies(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.policies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What follows from a unit once it is durable.
    pub(super) fn settle(&self, after: After) {
        if !after.leased.is_empty() {
            self.handed().extend(after.leased);
        }
        if !after.policies.is_empty() {
            self.policies().extend(after.policies);
        }
        if after.ring {
            self.bell.notify_one();
        }
        if after.events {
            self.news.notify_one();
        }
    }
}

/// What a unit wants to happen when it is durable, and never otherwise.
#[derive(Debug, Default)]
pub(super) struct After {
    pub(super) leased: Vec<Job>,
    pub(super) policies: Vec<String>,
    pub(super) ring: bool,
    pub(super) events: bool,
}

/// A connection for reading.
#[derive(Debug)]
pub struct View {
    link: Link,
    pub(super) shared: Arc<Shared>,
    now: Option<Timestamp>,
}

impl View {
    pub(super) fn new(link: Link, shared: Arc<Shared>) -> Self {
        Self { link, shared, now: None }
    }

    pub(super) fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.link.dialect()
    }

    /// From here on every statement sees one moment, until [`View::resume`].
    ///
    /// # Errors
    /// Those of the database.
    pub async fn stand_still(&mut self) -> Result<()> {
        let begin = self.dialect().snapshot();
        self.link.run(begin).await
    }

    /// Sees again what is durable when it asks.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn resume(&mut self) -> Result<()> {
        self.link.run("ROLLBACK").await
    }

    pub(super) async fn rows(&mut self, sql: Sql, args: Vec<Arg<'_>>) -> Result<Vec<Row>> {
        let sql = sql.say(self.dialect());
        self.link.rows(sql, args).await
    }

    /// The rows of a statement that asks for many keys at once. No key, no row.
    pub(super) async fn among(&mut self, among: Among, first: Vec<Arg<'_>>, keys: Vec<Arg<'_>>) -> Result<Vec<Row>> {
        self.link.among(among, &first, keys).await
    }

    /// The first row, where there is one.
    pub(super) async fn row(&mut self, sql: Sql, args: Vec<Arg<'_>>) -> Result<Option<Row>> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// The first row, or what is missing.
    pub(super) async fn one(&mut self, sql: Sql, args: Vec<Arg<'_>>, what: What<impl Display>) -> Result<Row> {
        self.row(sql, args).await?.ok_or_else(|| Error::missing(format_args!("{} {}", what.0, what.1)))
    }

    /// The time leases and deadlines are judged by: the database's on PostgreSQL, where several nodes look at it; the
    /// program's own on SQLite, where there is one.
    pub async fn now(&mut self) -> Result<Timestamp> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(self.shared.clock.now());
        }
        if let Some(now) = self.now {
            return Ok(now);
        }
        let now = self.one(Sql("SELECT {now}"), args![], ("time", "")).await?.get(0)?;
        self.now = Some(now);
        Ok(now)
    }
}

/// A connection inside one unit. Everything done on it becomes durable together, or not at all.
#[derive(Debug)]
pub struct Session {
    view: View,
    pub(super) after: After,
    /// Events that are stored when the rest of the unit is.
    pub(super) told: Vec<Event>,
    /// What its events and jobs belong to: see [`crate::trace`].
    pub(super) trace: Option<String>,
}

impl Session {
    pub(super) fn new(link: Link, shared: Arc<Shared>) -> Self {
        Self { view: View::new(link, shared), after: After::default(), told: Vec::new(), trace: None }
    }

    /// Makes a PostgreSQL unit durable; answers what follows from it.
    pub(super) async fn commit(mut self) -> Result<After> {
        self.number_events().await?;
        if let Link::PostgresUnit(transaction) = self.view.link {
            transaction.commit().await?;
        }
        Ok(self.after)
    }

    pub(super) async fn execute(&mut self, sql: Sql, args: Vec<Arg<'_>>) -> Result<u64> {
        let sql = sql.say(self.view.dialect());
        self.view.link.execute(sql, args).await
    }

    /// Changes exactly one row, or says what is missing.
    pub(super) async fn change(&mut self, sql: Sql, args: Vec<Arg<'_>>, what: What<impl Display>) -> Result<()> {
        match self.execute(sql, args).await? {
            0 => Err(Error::missing(format_args!("{} {}", what.0, what.1))),
            _ => Ok(()),
        }
    }

    /// Stores rows; answers how many.
    pub(super) async fn insert(
        &mut self,
        head: &'static str,
        tail: &'static str,
        rows: Vec<Vec<Arg<'_>>>,
    ) -> Result<u64> {
        self.view.link.insert(head, tail, rows).await
    }

    /// Whether new jobs go straight to this process's worker.
    pub(super) fn hands_over(&self) -> bool {
        const HANDED_MAX: usize = 4096;
        self.shared.working.load(Ordering::Relaxed) && self.shared.handed().len() + self.after.leased.len() < HANDED_MAX
    }
}

impl Deref for Session {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut View {
        &mut self.view
    }
}
