//! A connection to a SQLite file. It is called where it stands: units wait for each other on the writer's thread anyway,
//! and a statement handed to another thread and back costs more than a small one takes.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};

use super::error::{Error, Result};
use super::sql::Arg;

/// Statements that stay prepared.
const CACHED_MAX: usize = 256;

/// An open connection to the file.
#[derive(Debug)]
pub(in crate::store) struct Lite(Connection);

/// What a connection may do with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Mode {
    Read,
    Write {
        create: bool,
        /// A commit waits for the disk.
        durable: bool,
    },
}

impl Lite {
    pub(in crate::store) fn open(path: &Path, mode: Mode) -> Result<Self> {
        let flags = match mode {
            Mode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Mode::Write { create: false, .. } => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::Write { create: true, .. } => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(CACHED_MAX);
        let mut lite = Self(connection);
        lite.run("PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY")?;
        if let Mode::Write { durable, .. } = mode {
            let synchronous = if durable { "FULL" } else { "OFF" };
            // Checkpoints run on a connection of their own: see writer.
            lite.run(&format!(
                "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; \
                 PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864"
            ))?;
        }
        Ok(lite)
    }

    /// Runs a statement; answers how many rows it changed.
    pub(in crate::store) fn execute(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<u64> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, args)?;
        Ok(statement.raw_execute()? as u64)
    }

    /// Runs a statement; answers its rows, each as its values.
    pub(in crate::store) fn rows(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Vec<Value>>> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, args)?;
        let width = statement.column_count();
        let mut answers = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = answers.next()? {
            rows.push((0..width).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?);
        }
        Ok(rows)
    }

    /// Runs statements as they are, without arguments.
    pub(in crate::store) fn run(&mut self, text: &str) -> Result<()> {
        Ok(self.0.execute_batch(text)?)
    }

    /// False inside a transaction.
    pub(in crate::store) fn is_free(&self) -> bool {
        self.0.is_autocommit()
    }

    /// Prepares a statement without running it.
    #[cfg(test)]
    pub(in crate::store) fn prepare(&mut self, sql: &str) -> Result<()> {
        Ok(self.0.prepare(sql).map(drop)?)
    }
}

/// Binds by the number in `$3`, and what has no number in order.
fn bind(statement: &mut CachedStatement<'_>, args: &[Arg<'_>]) -> Result<()> {
    for place in 1..=statement.parameter_count() {
        let name = statement.parameter_name(place);
        let number = name.and_then(|name| name[1..].parse().ok()).unwrap_or(place);
        let missing = || Error::Database(format!("a statement has no argument {number}"));
        statement.raw_bind_parameter(place, args.get(number - 1).ok_or_else(missing)?)?;
    }
    Ok(())
}

impl ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Int(Some(number)) => ValueRef::Integer(*number),
            Self::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Self::Text(None) | Self::Int(None) | Self::Bytes(None) => ValueRef::Null,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_where_their_numbers_do() {
        let folder = tempfile::tempdir().unwrap();
        let mut lite = Lite::open(&folder.path().join("a.db"), Mode::Write { create: true, durable: false }).unwrap();
        lite.run("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)").unwrap();
        lite.execute(
            "INSERT INTO t (a, b) VALUES (?,?),(?,?)",
            &[1_i64.into(), "one".into(), 2_i64.into(), "two".into()],
        )
        .unwrap();
        assert_eq!(lite.execute("UPDATE t SET b = $2 WHERE a = $1", &[1_i64.into(), "uno".into()]).unwrap(), 1);
        let rows =
            lite.rows("SELECT b FROM t WHERE a = $1 OR b = $2 ORDER BY a", &[2_i64.into(), "uno".into()]).unwrap();
        assert_eq!(rows, [[Value::Text("uno".into())], [Value::Text("two".into())]]);
        let again = lite.execute("INSERT INTO t (a, b) VALUES ($1, $2)", &[1_i64.into(), "one".into()]);
        assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
    }
}
