//! What can go wrong on our side when something is kept: a value that says whether trying again can help.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Shorthand for everything in this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the store. Faults in a partner's document are findings, never one of these.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A second daemon on one SQLite file.
    #[error(
        "{path} is in use by another entrepot (process {holder}): stop it first, or give this one its own database"
    )]
    InUse { path: PathBuf, holder: String },
    /// The database was written by a newer program.
    #[error("the database has schema version {found}, this program knows {known}: use a newer entrepot")]
    Newer { found: i64, known: i64 },
    /// The database is older and was opened for reading only.
    #[error("the database has schema version {found}, this program needs {known}: start the daemon once to migrate it")]
    Older { found: i64, known: i64 },
    /// No space left: nothing was stored, nothing was lost; taking stops until there is space.
    #[error("disk full while writing {place}")]
    DiskFull { place: String },
    /// A unique key is taken.
    #[error("already there: {what}")]
    Conflict { what: String },
    /// The row asked for does not exist.
    #[error("no such {what}")]
    Missing { what: String },
    /// Another worker took the job over while this one was away: what it wanted to store is void.
    #[error("job {job} was taken over by another worker")]
    LeaseLost { job: String },
    /// The unit itself decided to store nothing.
    #[error("{0}")]
    Refused(String),
    /// The database took back a transaction (deadlock, serialisation, a neighbour's failure): trying again helps.
    #[error("the database asks to try again: {0}")]
    Again(String),
    /// The database cannot be reached, or is shutting down.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// Stored data does not read back as what it should be.
    #[error("damaged: {0}")]
    Damaged(String),
    /// A file or folder of ours.
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
    /// A statement failed: a fault in this program or in the database.
    #[error("database: {0}")]
    Database(String),
}

impl Error {
    /// Wraps an error on `path`, and tells a full disk from the rest.
    pub fn file(path: &Path, error: io::Error) -> Self {
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return Self::DiskFull { place: path.display().to_string() };
        }
        Self::File { path: path.to_owned(), error }
    }

    pub fn missing(what: impl fmt::Display) -> Self {
        Self::Missing { what: what.to_string() }
    }

    pub fn damaged(what: impl fmt::Display) -> Self {
        Self::Damaged(what.to_string())
    }

    /// True where the same call can succeed later without anybody changing anything but space or reachability.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Again(_) | Self::Unavailable(_) | Self::DiskFull { .. })
    }

    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. })
    }

    /// A copy for each unit of a batch that fell together.
    pub(super) fn copy(&self) -> Self {
        match self {
            Self::DiskFull { place } => Self::DiskFull { place: place.clone() },
            Self::Unavailable(text) => Self::Unavailable(text.clone()),
            Self::Again(text) => Self::Again(text.clone()),
            other => Self::Again(other.to_string()),
        }
    }
}

/// SQLite's result codes in our words, extended ones (sqlite.org/rescode.html).
fn sqlite(code: i64, message: String) -> Error {
    match (code, code & 0xff) {
        (1555 | 2067, _) => Error::Conflict { what: message },
        (_, 13) => Error::DiskFull { place: "the database".to_owned() },
        (_, 5 | 6) => Error::Again(message),
        (_, 11 | 26) => Error::Damaged(message),
        _ => Error::Database(format!("{message} ({code})")),
    }
}

/// SQLSTATE in our words (PostgreSQL, appendix A).
fn postgres(state: &str, message: String) -> Error {
    match state {
        "23505" => Error::Conflict { what: message },
        "53100" => Error::DiskFull { place: "the database".to_owned() },
        // The last: two daemons made the same table at once.
        "40001" | "40P01" | "55P03" | "42710" | "42P07" => Error::Again(message),
        _ if ["08", "53", "57P"].iter().any(|class| state.starts_with(class)) => Error::Unavailable(message),
        _ => Error::Database(format!("{message} ({state})")),
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                postgres(&code, database.message().to_owned())
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable(error.to_string()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Damaged(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, message) => {
                sqlite(failure.extended_code.into(), message.unwrap_or_else(|| failure.to_string()))
            }
            rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..) => {
                Self::Damaged(error.to_string())
            }
            other => Self::Database(other.to_string()),
        }
    }
}
