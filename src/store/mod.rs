//! What must survive: one file per noun; the only place with SQL. It knows what is kept, not why.
//!
//! [`Store::write`] runs one *unit*: what must happen together or not at all. On SQLite units queue before the one
//! writer, which runs many of them in one transaction, each in a savepoint (group commit); on PostgreSQL each is a
//! transaction of its own. [`Store::view`] reads. Both databases run the same statements: see `sql`.

mod error;
mod id;
mod lite;
mod lock;
mod migrate;
mod readers;
mod session;
mod sql;
mod writer;

mod audit;
mod backup;
mod cases;
mod control_numbers;
mod counts;
mod deadlines;
mod deliveries;
mod documents;
mod endpoints;
mod events;
mod expectations;
mod holds;
mod integrity;
mod interchanges;
mod jobs;
mod master_data;
mod money;
mod news;
mod notes;
mod once;
mod pages;
mod parked_events;
mod payloads;
mod people;
mod rehearse;
mod replies;
mod retention;
mod revisions;
mod trades;
mod transmissions;

#[cfg(test)]
mod conformance;
#[cfg(test)]
#[path = "../../tests/it/postgres.rs"]
mod postgres;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgPool};

pub use audit::{Audited, Broken, Deed};
pub use backup::{Form, Manifest, Progress};
pub use cases::{Case, CaseId, CaseSearch, CaseState};
pub use control_numbers::{Counter, NumberBreak, NumberLevel, NumberRange, NumberState};
pub use counts::Count;
pub use deadlines::DeadlineRow;
pub use deliveries::{Delivery, DeliveryId, DeliveryState, Subject};
pub use documents::{Contents, Direction, Document, DocumentId, DocumentState, Lane, Search, SetOutcome, Transport};
pub use endpoints::{Endpoint, EndpointState, OwedEvent, OwedState, Settled};
pub use error::{Error, Result};
pub use events::{Event, KeptEvent};
pub use expectations::{Expectation, ExpectationId};
pub use holds::{Hold, HoldId, HoldState};
pub use id::Id;
pub use integrity::Complaint;
pub use interchanges::{Answer, Group, GroupId, GroupState, Interchange, InterchangeId, InterchangeState};
pub use jobs::{JobCount, ParkedJob};
pub use money::{Book, Kept, KeptEntry};
pub use news::ABOUT_EVENTS;
pub use notes::Evidence;
pub use once::{Claim, Earlier};
pub use parked_events::{ParkedEvent, ParkedId};
pub use payloads::{INLINE_BYTES_MAX, Payload, PayloadReader, PayloadWriter, hex};
pub use people::{ApiKey, Person};
pub use replies::{Reply, ReplyId};
pub use retention::Memory;
pub use revisions::{Files, Revision, revision_hash};
pub use session::{Session, UnitFuture, View};
pub use trades::{EventVerdict, TradeDocument, TradeEvent, TradeId, TradeRow, TradeSearch};
pub use transmissions::{Transmission, TransmissionId, TransmissionState};

use crate::clock::{Clock, SystemClock};
use lite::{Lite, Mode};
use readers::Readers;
use session::Shared;
use sql::Link;

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Address {
    /// `postgres://...` is a server, everything else a file of SQLite.
    pub fn parse(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Postgres(text.to_owned())
        } else {
            Self::Sqlite(PathBuf::from(text.strip_prefix("sqlite:").unwrap_or(text).trim_start_matches("//")))
        }
    }
}

/// What the store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The daemon: migrates, holds the SQLite file for itself, takes jobs.
    Daemon,
    /// A command of the desk beside the daemon: short writes, no jobs of its own.
    Desk,
    /// Reads only.
    Read,
}

/// How the store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    pub address: Address,
    /// Where payloads too large for the database stand, as files named by their hash. Gateways on one PostgreSQL
    /// share this folder.
    pub payloads: PathBuf,
    pub access: Access,
    pub clock: Arc<dyn Clock>,
    /// How long a node is believed to live after its last beat.
    pub lease: Duration,
    /// PostgreSQL: connections at most. SQLite: readers kept open at most.
    pub connections: u32,
    /// SQLite: what was written survives the machine. False only where the whole database is a rehearsal's.
    pub durable: bool,
}

impl Options {
    /// The daemon's options on the system's clock.
    pub fn new(address: Address, payloads: impl Into<PathBuf>) -> Self {
        Self {
            address,
            payloads: payloads.into(),
            access: Access::Daemon,
            clock: Arc::new(SystemClock),
            lease: Duration::from_secs(15),
            connections: 8,
            durable: true,
        }
    }

    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }
}

/// The store, cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    shared: Arc<Shared>,
    backend: Backend,
}

#[derive(Clone, Debug)]
enum Backend {
    Sqlite { readers: Readers, writer: Option<writer::Writer> },
    Postgres { pool: PgPool },
}

impl Store {
    /// Opens or creates, migrates where it may, and refuses what it must.
    pub async fn open(options: Options) -> Result<Self> {
        std::fs::create_dir_all(&options.payloads).map_err(|error| Error::file(&options.payloads, error))?;
        match options.address.clone() {
            Address::Sqlite(path) => Self::open_sqlite(&path, options).await,
            Address::Postgres(url) => Self::open_postgres(&url, options).await,
        }
    }

    async fn open_sqlite(path: &Path, options: Options) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        }
        let lock = match options.access {
            Access::Daemon => Some(lock::Lock::take(path)?),
            Access::Desk | Access::Read => None,
        };
        let mut writer = None;
        let shared;
        if options.access == Access::Read {
            migrate::check(&mut Link::Sqlite(Lite::open(path, Mode::Read)?)).await?;
            shared = Arc::new(Shared::new(&options, lock));
        } else {
            let create = options.access == Access::Daemon;
            let mode = Mode::Write { create, durable: options.durable };
            let mut link = Link::Sqlite(Lite::open(path, mode)?);
            if create {
                migrate::migrate(&mut link).await?;
            } else {
                migrate::check(&mut link).await?;
            }
            shared = Arc::new(Shared::new(&options, lock));
            writer = Some(writer::Writer::start(link, Lite::open(path, mode)?, path.to_owned(), shared.clone()));
        }
        let readers = Readers::new(path, options.connections);
        Ok(Self { shared, backend: Backend::Sqlite { readers, writer } })
    }

    async fn open_postgres(url: &str, options: Options) -> Result<Self> {
        let connect: PgConnectOptions = url.parse::<PgConnectOptions>()?.statement_cache_capacity(512);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections.max(2))
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire(false)
            .connect_with(connect.application_name("entrepot").disable_statement_logging())
            .await?;
        let mut link = Link::Postgres(pool.acquire().await?);
        match options.access {
            Access::Daemon => migrate::migrate(&mut link).await?,
            Access::Desk | Access::Read => migrate::check(&mut link).await?,
        }
        Ok(Self { shared: Arc::new(Shared::new(&options, None)), backend: Backend::Postgres { pool } })
    }

    /// Runs one unit and answers when it is durable. The unit may run more than once (deadlock, a neighbour's
    /// failure), so it does nothing outside the database; what it needs it borrows from `context`.
    ///
    /// ```ignore
    /// store.write((id, rows), |(id, rows), session| Box::pin(async move {
    ///     session.close_group(*id, rows.len()).await
    /// })).await?;
    /// ```
    pub async fn write<C, T, F>(&self, context: C, unit: F) -> Result<T>
    where
        C: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a C, &'a mut Session) -> UnitFuture<'a, T> + Send + Sync + 'static,
    {
        self.shared.begin_unit()?;
        match &self.backend {
            Backend::Sqlite { writer: Some(writer), .. } => writer.write(context, unit).await,
            Backend::Sqlite { writer: None, .. } => Err(Error::Refused("the store was opened for reading".to_owned())),
            Backend::Postgres { pool } => writer::write_postgres(pool, &self.shared, &context, &unit).await,
        }
    }

    /// Waits until events may have been stored. A hint: asking is the truth.
    pub async fn news(&self) {
        self.shared.news.notified().await;
    }

    /// Units that were asked for since it was opened.
    pub fn units(&self) -> u64 {
        self.shared.units.load(Ordering::Acquire)
    }

    /// For rehearsals: every unit beyond so many is refused, as if the program had stopped there.
    pub fn halt_after(&self, units: u64) {
        self.shared.units_max.store(units, Ordering::Release);
    }

    /// A connection for reading. Each statement sees what was durable when it began.
    pub async fn view(&self) -> Result<View> {
        let link = match &self.backend {
            Backend::Sqlite { readers, .. } => Link::SqliteReader(readers.acquire()?),
            Backend::Postgres { pool } => Link::Postgres(pool.acquire().await?),
        };
        Ok(View::new(link, self.shared.clone()))
    }

    /// True where no other process can hold jobs of this database.
    fn is_alone(&self) -> bool {
        matches!(self.backend, Backend::Sqlite { .. }) && self.shared.is_locked()
    }

    /// Finishes what was handed in and closes. Units handed in later are refused.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite { readers, writer } => {
                readers.close();
                if let Some(writer) = writer {
                    writer.stop().await;
                }
                self.shared.unlock();
            }
            Backend::Postgres { pool } => pool.close().await,
        }
    }
}
