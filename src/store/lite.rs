//! The writing connection to a SQLite file, and the statements of its unit that nobody waits for.
//!
//! Every call to SQLite goes to the thread that owns the connection and back, which costs as much as a small statement.
//! What is only put waits here, and crosses in one go with the next statement whose answer is wanted.

use std::fmt::Write as _;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, SqlSafeStr as _, SqlStr, Sqlite, SqliteConnection};

use super::error::{Error, Result};
use super::sql::{Arg, bind_sqlite};

/// A longer statement crosses alone: there are too many of its kind to keep all of them prepared.
const VALUES_OF_ONE_MAX: usize = 48;
/// So many values wait at most.
const VALUES_MAX: usize = 256;

/// A connection that writes. Whoever leaves a unit says [`Lite::flush`] or [`Lite::forget`].
#[derive(Debug)]
pub(in crate::store) struct Lite {
    connection: SqliteConnection,
    waiting: Waiting,
}

/// Statements in order, as one text with one list of values.
#[derive(Debug, Default)]
struct Waiting {
    text: String,
    values: SqliteArguments,
    count: usize,
    /// For each statement what is missing, where it has to change a row and does not.
    musts: Vec<Option<String>>,
}

impl Lite {
    pub(in crate::store) fn new(connection: SqliteConnection) -> Self {
        Self { connection, waiting: Waiting::default() }
    }

    /// The connection itself; what waits has crossed.
    pub(in crate::store) async fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.flush().await?;
        Ok(&mut self.connection)
    }

    /// Runs a statement with the next one, or with [`Lite::flush`]. `must` says what is missing when it changes no row.
    ///
    /// # Errors
    /// Its own come with whatever crosses next, and so does the missing row.
    pub(in crate::store) async fn put(&mut self, sql: &str, args: Vec<Arg<'_>>, must: Option<String>) -> Result<()> {
        let alone = args.len() > VALUES_OF_ONE_MAX;
        if alone || self.waiting.count + args.len() > VALUES_MAX {
            self.flush().await?;
        }
        self.waiting.add(sql, args, must)?;
        if alone { self.flush().await } else { Ok(()) }
    }

    /// Runs a statement; answers how many rows it changed.
    pub(in crate::store) async fn execute(&mut self, sql: SqlStr, args: Vec<Arg<'_>>) -> Result<u64> {
        self.waiting.add(sql.as_str(), args, None)?;
        Ok(self.cross().await?.1)
    }

    /// Runs a statement; answers its rows.
    pub(in crate::store) async fn rows(&mut self, sql: SqlStr, args: Vec<Arg<'_>>) -> Result<Vec<SqliteRow>> {
        self.waiting.add(sql.as_str(), args, None)?;
        Ok(self.cross().await?.0)
    }

    /// Runs what waits.
    pub(in crate::store) async fn flush(&mut self) -> Result<()> {
        if self.waiting.musts.is_empty() { Ok(()) } else { self.cross().await.map(drop) }
    }

    /// Drops what waits: its unit has failed.
    pub(in crate::store) fn forget(&mut self) {
        self.waiting = Waiting::default();
    }

    pub(in crate::store) async fn close(self) {
        let _ = self.connection.close().await;
    }

    /// Runs everything; answers the rows that came and how many the last statement changed.
    async fn cross(&mut self) -> Result<(Vec<SqliteRow>, u64)> {
        let Waiting { text, values, musts, .. } = std::mem::take(&mut self.waiting);
        let query = sqlx::query_with::<Sqlite, _>(AssertSqlSafe(text).into_sql_str(), values);
        let mut answers = (&mut self.connection).fetch_many(query);
        let mut musts = musts.into_iter();
        let (mut rows, mut changed, mut missing) = (Vec::new(), 0, None);
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Right(row) => rows.push(row),
                Either::Left(done) => {
                    changed = done.rows_affected();
                    let must = musts.next().flatten();
                    missing = missing.or(must.filter(|_| changed == 0));
                }
            }
        }
        match missing {
            Some(what) => Err(Error::missing(what)),
            None => Ok((rows, changed)),
        }
    }
}

impl Waiting {
    fn add(&mut self, sql: &str, args: Vec<Arg<'_>>, must: Option<String>) -> Result<()> {
        if !self.text.is_empty() {
            self.text.push(';');
        }
        if self.count == 0 {
            self.text.push_str(sql);
        } else {
            renumber(sql, self.count, &mut self.text);
        }
        self.count += args.len();
        self.musts.push(must);
        bind_sqlite(&mut self.values, args)
    }
}

/// Appends a statement whose placeholders, `$1` or `?`, count from behind `before` others.
fn renumber(sql: &str, before: usize, text: &mut String) {
    let mut met = 0;
    let mut rest = sql;
    while let Some(at) = rest.find(['$', '?']) {
        text.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let digits = behind.len() - behind.trim_start_matches(|it: char| it.is_ascii_digit()).len();
        met += 1;
        let number: usize = behind[..digits].parse().unwrap_or(met);
        let _ = write!(text, "${}", before + number);
        rest = &behind[digits..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_count_on() {
        let said = |sql: &str, before| {
            let mut text = String::new();
            renumber(sql, before, &mut text);
            text
        };
        assert_eq!(said("UPDATE a SET b = $2, c = $2 WHERE d = $1", 10), "UPDATE a SET b = $12, c = $12 WHERE d = $11");
        assert_eq!(said("INSERT INTO a VALUES (?,?),(?,?)", 3), "INSERT INTO a VALUES ($4,$5),($6,$7)");
        assert_eq!(said("SELECT 1", 3), "SELECT 1");
    }

    #[tokio::test]
    async fn what_is_put_runs_in_order_with_the_next_one() {
        let mut lite = Lite::new(SqliteConnection::connect("sqlite::memory:").await.unwrap());
        lite.put("CREATE TABLE t (a INTEGER, b TEXT)", Vec::new(), None).await.unwrap();
        lite.flush().await.unwrap();
        let insert = "INSERT INTO t (a, b) VALUES ($1, $2)";
        lite.put(insert, vec![Arg::from(1_i64), Arg::from("one")], None).await.unwrap();
        lite.put("UPDATE t SET b = $2 WHERE a = $1", vec![Arg::from(1_i64), Arg::from("two")], None).await.unwrap();
        let count = "SELECT a FROM t WHERE b = $1".into_sql_str();
        assert_eq!(lite.rows(count, vec![Arg::from("two")]).await.unwrap().len(), 1);

        // Of several, the last one's rows are counted.
        lite.put(insert, vec![Arg::from(2_i64), Arg::from("two")], None).await.unwrap();
        let changed = lite.execute("DELETE FROM t WHERE a > $1".into_sql_str(), vec![Arg::from(0_i64)]).await.unwrap();
        assert_eq!(changed, 2);
    }

    #[tokio::test]
    async fn a_row_that_is_missing_is_told_with_the_next_one() {
        let mut lite = Lite::new(SqliteConnection::connect("sqlite::memory:").await.unwrap());
        lite.put("CREATE TABLE t (a INTEGER)", Vec::new(), None).await.unwrap();
        lite.flush().await.unwrap();
        let must = Some("row 7".to_owned());
        lite.put("UPDATE t SET a = 8 WHERE a = $1", vec![Arg::from(7_i64)], must).await.unwrap();
        let told = lite.rows("SELECT a FROM t".into_sql_str(), Vec::new()).await.unwrap_err();
        assert!(matches!(&told, Error::Missing { what } if what == "row 7"), "{told}");

        lite.put("UPDATE t SET nothing = 1", Vec::new(), None).await.unwrap();
        lite.forget();
        lite.flush().await.unwrap();
    }
}
