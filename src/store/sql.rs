//! A thin layer over the two databases, so that every statement is written once: `$1` placeholders, three kinds of
//! arguments, rows read by position. It knows no noun.
//!
//! Both speak: BIGINT for numbers, truth values and instants (microseconds UTC), TEXT for ids (uuid v7), hashes (hex)
//! and JSON, bytes for payloads. What differs between them stands in [`Dialect`] and nowhere else.
//!
//! Statements end in `LIMIT $n + 0`: SQLite looks at the value of a bare `LIMIT $n` while it plans, and so prepares the
//! statement anew whenever it runs.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use rusqlite::types::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, AssertSqlSafe, Postgres, Row as _, SqlSafeStr, SqlStr, Transaction};
use tokio::task::coop::consume_budget;
use tokio::task::yield_now;

use super::error::{Error, Result};
use super::id::Id;
use super::lite::Lite;
use super::readers::Reader;

/// So many rows are a page, and somebody reads on.
const ROWS_OF_A_PAGE: usize = 50;

/// Which database is spoken to, and all that differs between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// What a word in braces of a statement stands for.
    fn word(self, word: &str) -> &'static str {
        match (word, self) {
            ("key", Self::Sqlite) => "TEXT",
            ("key", Self::Postgres) => "TEXT COLLATE \"C\"",
            ("bytes", Self::Sqlite) => "BLOB",
            ("bytes", Self::Postgres) => "BYTEA",
            ("now", Self::Sqlite) => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
            ("now", Self::Postgres) => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
            ("traces of m", Self::Sqlite) => "json_each(m.body, '$.fact.traces') AS t",
            ("traces of m", Self::Postgres) => {
                "jsonb_array_elements_text(CAST(m.body AS jsonb) -> 'fact' -> 'traces') AS t (value)"
            }
            // SQLite has one writer: a row that was read cannot be taken by another.
            ("for update", Self::Sqlite) | ("skip locked", Self::Sqlite) => "",
            ("for update", Self::Postgres) => "FOR UPDATE",
            ("skip locked", Self::Postgres) => "FOR UPDATE SKIP LOCKED",
            _ => panic!("a statement uses the unknown word {{{word}}}"),
        }
    }

    /// The statement as this database takes it.
    pub(in crate::store) fn say(self, text: &str) -> String {
        let mut said = String::with_capacity(text.len() + 64);
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (word, behind) = behind.split_once('}').expect("a statement closes its braces");
            said.push_str(before);
            said.push_str(self.word(word));
            rest = behind;
        }
        said.push_str(rest);
        said
    }

    /// Begins a transaction that only reads and sees one moment.
    pub(in crate::store) fn snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Waits until no other transaction has this name, and has it to the end; `None` where only one writes at a time.
    pub(in crate::store) fn hold_name(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT CAST(pg_advisory_xact_lock(hashtextextended($1, 0)) AS TEXT)"),
        }
    }

    /// What answers `ok`, or what is broken in the database file, where the database can be asked.
    pub(in crate::store) fn whole(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("SELECT integrity_check FROM pragma_integrity_check"),
            Self::Postgres => None,
        }
    }

    /// The names and types of a table's columns in order.
    pub(in crate::store) fn columns(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT name, type FROM pragma_table_info($1)",
            Self::Postgres => {
                "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
            }
        }
    }

    /// Rows of the next statement when so many are still to be stored. Few sizes, so that the prepared statements stay
    /// cached.
    fn chunk(left: usize) -> usize {
        match left {
            64.. => 64,
            16.. => 16,
            _ => left,
        }
    }

    fn insert(self, head: &str, columns: usize, rows: usize, tail: &str) -> String {
        let mut text = String::with_capacity(head.len() + tail.len() + rows * columns * 6);
        text.push_str(head);
        text.push_str(" VALUES ");
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ",(" });
            for column in 0..columns {
                if column > 0 {
                    text.push(',');
                }
                match self {
                    // Numbered parameters cost SQLite a linear search each: thousands of them are quadratic.
                    Self::Sqlite => text.push('?'),
                    Self::Postgres => {
                        let _ = write!(text, "${}", row * columns + column + 1);
                    }
                }
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(tail);
        text
    }
}

/// A statement, written once for both databases. Words in braces are the dialect's: `{for update}`.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Sql(pub &'static str);

impl Sql {
    pub(in crate::store) fn say(self, dialect: Dialect) -> SqlStr {
        if self.0.contains('{') { AssertSqlSafe(dialect.say(self.0)).into_sql_str() } else { self.0.into_sql_str() }
    }
}

/// A statement that asks for many keys at once: `head (keys) tail`. The head's own arguments come first.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Among {
    /// Up to and with `IN`.
    pub head: &'static str,
    pub tail: &'static str,
}

impl Among {
    /// The statement for so many keys behind so many other arguments.
    fn say(self, before: usize, keys: usize) -> SqlStr {
        let mut text = String::with_capacity(self.head.len() + self.tail.len() + keys * 5 + 4);
        text.push_str(self.head);
        for key in 0..keys {
            let _ = write!(text, "{}${}", if key == 0 { " (" } else { "," }, before + key + 1);
        }
        text.push_str(") ");
        text.push_str(self.tail);
        AssertSqlSafe(text).into_sql_str()
    }
}

/// One argument. Empty values keep their kind, since PostgreSQL wants to know it.
#[derive(Clone, Debug)]
pub(in crate::store) enum Arg<'a> {
    Text(Option<Cow<'a, str>>),
    Int(Option<i64>),
    Bytes(Option<Cow<'a, [u8]>>),
}

/// Arguments of a statement in order: `args![id, name, now]`.
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::store::sql::Arg::from($value)),*]
    };
}
pub(in crate::store) use args;

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Some(Cow::Borrowed(bytes)))
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Self::Int(Some(number.into()))
    }
}

/// Sizes and offsets: a payload is never near 2^63 bytes.
impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<usize> for Arg<'_> {
    fn from(number: usize) -> Self {
        Self::from(number as u64)
    }
}

impl From<bool> for Arg<'_> {
    fn from(truth: bool) -> Self {
        Self::Int(Some(truth.into()))
    }
}

impl From<Timestamp> for Arg<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(Some(at.as_microsecond()))
    }
}

impl<Of> From<Id<Of>> for Arg<'_> {
    fn from(id: Id<Of>) -> Self {
        Self::Text(Some(Cow::Owned(id.to_string())))
    }
}

impl<'a, T> From<Option<T>> for Arg<'a>
where
    T: Into<Arg<'a>> + Kind,
{
    fn from(value: Option<T>) -> Self {
        match value {
            Some(value) => value.into(),
            None => T::EMPTY,
        }
    }
}

/// Which kind of empty value an absent `Self` is.
pub(in crate::store) trait Kind {
    const EMPTY: Arg<'static>;
}

impl Kind for &str {
    const EMPTY: Arg<'static> = Arg::Text(None);
}
impl Kind for &String {
    const EMPTY: Arg<'static> = Arg::Text(None);
}
impl Kind for String {
    const EMPTY: Arg<'static> = Arg::Text(None);
}
impl<Of> Kind for Id<Of> {
    const EMPTY: Arg<'static> = Arg::Text(None);
}
impl Kind for &[u8] {
    const EMPTY: Arg<'static> = Arg::Bytes(None);
}
impl Kind for i64 {
    const EMPTY: Arg<'static> = Arg::Int(None);
}
impl Kind for u64 {
    const EMPTY: Arg<'static> = Arg::Int(None);
}
impl Kind for Timestamp {
    const EMPTY: Arg<'static> = Arg::Int(None);
}

/// Any value as JSON text. Our own types always serialise.
pub(in crate::store) fn json(value: &impl Serialize) -> Arg<'static> {
    Arg::Text(Some(Cow::Owned(serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()))))
}

/// Any value by the one word it serialises to: the unit variants of our enums.
pub(in crate::store) fn word(value: &impl Serialize) -> Arg<'static> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Arg::Text(Some(Cow::Owned(word))),
        _ => Arg::Text(None),
    }
}

fn postgres_arguments(args: Vec<Arg<'_>>) -> Result<PgArguments> {
    let mut bound = PgArguments::default();
    bound.reserve(args.len(), args.len() * 24);
    for arg in args {
        match arg {
            // PostgreSQL text cannot hold U+0000, which a hostile document may well contain.
            Arg::Text(Some(text)) if text.contains('\0') => bound.add(text.replace('\0', "\u{fffd}")),
            Arg::Text(text) => bound.add(text),
            Arg::Int(number) => bound.add(number),
            Arg::Bytes(bytes) => bound.add(bytes.as_deref()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

/// One row of an answer, read by position from 0.
#[derive(Debug)]
pub(in crate::store) enum Row {
    Sqlite(Vec<Value>),
    Postgres(PgRow),
}

impl Row {
    pub(in crate::store) fn get<T: Column>(&self, position: usize) -> Result<T> {
        T::read(self, position)
    }

    /// JSON text as a value.
    pub(in crate::store) fn json<T: DeserializeOwned>(&self, position: usize) -> Result<T> {
        let text: String = self.get(position)?;
        serde_json::from_str(&text).map_err(|error| Error::damaged(format!("stored JSON: {error}")))
    }

    /// JSON text as a value, where there is any.
    pub(in crate::store) fn json_or_none<T: DeserializeOwned>(&self, position: usize) -> Result<Option<T>> {
        if self.text(position)?.is_some() { self.json(position).map(Some) } else { Ok(None) }
    }

    /// The one word of an enum's unit variant.
    pub(in crate::store) fn word<T: DeserializeOwned>(&self, position: usize) -> Result<T> {
        let text: String = self.get(position)?;
        serde_json::from_value(serde_json::Value::String(text)).map_err(|error| Error::damaged(error.to_string()))
    }

    fn text(&self, position: usize) -> Result<Option<String>> {
        Ok(match self {
            Self::Sqlite(values) => match values.get(position) {
                Some(Value::Text(text)) => Some(text.clone()),
                Some(Value::Null) => None,
                other => return Err(Error::damaged(format!("column {position} is {other:?}"))),
            },
            Self::Postgres(row) => row.try_get(position)?,
        })
    }

    fn int(&self, position: usize) -> Result<Option<i64>> {
        Ok(match self {
            Self::Sqlite(values) => match values.get(position) {
                Some(Value::Integer(number)) => Some(*number),
                Some(Value::Null) => None,
                other => return Err(Error::damaged(format!("column {position} is {other:?}"))),
            },
            Self::Postgres(row) => row.try_get(position)?,
        })
    }

    fn bytes(&self, position: usize) -> Result<Option<Vec<u8>>> {
        Ok(match self {
            Self::Sqlite(values) => match values.get(position) {
                Some(Value::Blob(bytes)) => Some(bytes.clone()),
                Some(Value::Null) => None,
                other => return Err(Error::damaged(format!("column {position} is {other:?}"))),
            },
            Self::Postgres(row) => row.try_get(position)?,
        })
    }
}

/// What a column can be read as.
pub(in crate::store) trait Column: Sized {
    fn read(row: &Row, position: usize) -> Result<Self>;
}

fn present<T>(value: Option<T>, position: usize) -> Result<T> {
    value.ok_or_else(|| Error::damaged(format!("column {position} is empty")))
}

impl Column for String {
    fn read(row: &Row, position: usize) -> Result<Self> {
        present(row.text(position)?, position)
    }
}

impl Column for Option<String> {
    fn read(row: &Row, position: usize) -> Result<Self> {
        row.text(position)
    }
}

impl Column for i64 {
    fn read(row: &Row, position: usize) -> Result<Self> {
        present(row.int(position)?, position)
    }
}

impl Column for Option<i64> {
    fn read(row: &Row, position: usize) -> Result<Self> {
        row.int(position)
    }
}

impl Column for u64 {
    fn read(row: &Row, position: usize) -> Result<Self> {
        Ok(u64::try_from(i64::read(row, position)?).unwrap_or(0))
    }
}

impl Column for u32 {
    fn read(row: &Row, position: usize) -> Result<Self> {
        Ok(u32::try_from(i64::read(row, position)?).unwrap_or(0))
    }
}

impl Column for bool {
    fn read(row: &Row, position: usize) -> Result<Self> {
        Ok(i64::read(row, position)? != 0)
    }
}

impl Column for Vec<u8> {
    fn read(row: &Row, position: usize) -> Result<Self> {
        present(row.bytes(position)?, position)
    }
}

impl Column for Option<Vec<u8>> {
    fn read(row: &Row, position: usize) -> Result<Self> {
        row.bytes(position)
    }
}

impl Column for Timestamp {
    fn read(row: &Row, position: usize) -> Result<Self> {
        Timestamp::from_microsecond(i64::read(row, position)?).map_err(Error::damaged)
    }
}

impl Column for Option<Timestamp> {
    fn read(row: &Row, position: usize) -> Result<Self> {
        row.int(position)?.map(|at| Timestamp::from_microsecond(at).map_err(Error::damaged)).transpose()
    }
}

impl<Of> Column for Id<Of> {
    fn read(row: &Row, position: usize) -> Result<Self> {
        String::read(row, position)?.parse().map_err(Error::damaged)
    }
}

impl<Of> Column for Option<Id<Of>> {
    fn read(row: &Row, position: usize) -> Result<Self> {
        row.text(position)?.map(|text| text.parse().map_err(Error::damaged)).transpose()
    }
}

/// An open connection of either database.
#[derive(Debug)]
pub(in crate::store) enum Link {
    /// The one writer of a SQLite file.
    Sqlite(Lite),
    /// One of its readers.
    SqliteReader(Reader),
    Postgres(PoolConnection<Postgres>),
    /// Inside a transaction, which is rolled back when this is dropped.
    PostgresUnit(Transaction<'static, Postgres>),
}

/// The same call on whichever connection is open.
macro_rules! on {
    ($link:expr, $lite:ident => $first:expr, $postgres:ident => $second:expr) => {
        match $link {
            Link::Sqlite($lite) => $first,
            Link::SqliteReader(reader) => {
                let $lite = &mut **reader;
                $first
            }
            Link::Postgres(connection) => {
                let $postgres = &mut **connection;
                $second
            }
            Link::PostgresUnit(transaction) => {
                let $postgres = &mut **transaction;
                $second
            }
        }
    };
}

impl Link {
    pub(in crate::store) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) | Self::SqliteReader(_) => Dialect::Sqlite,
            Self::Postgres(_) | Self::PostgresUnit(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement; answers how many rows it changed.
    pub(in crate::store) async fn execute(&mut self, sql: SqlStr, args: Vec<Arg<'_>>) -> Result<u64> {
        Ok(on!(self,
            c => c.execute(sql.as_str(), &args)?,
            c => sqlx::query_with::<Postgres, _>(sql, postgres_arguments(args)?).execute(c).await?.rows_affected()))
    }

    /// Runs a statement; answers its rows.
    pub(in crate::store) async fn rows(&mut self, sql: SqlStr, args: Vec<Arg<'_>>) -> Result<Vec<Row>> {
        let rows: Vec<Row> = on!(self,
            c => c.rows(sql.as_str(), &args)?.into_iter().map(Row::Sqlite).collect(),
            c => sqlx::query_with::<Postgres, _>(sql, postgres_arguments(args)?)
                .fetch_all(c).await?.into_iter().map(Row::Postgres).collect());
        if let Self::SqliteReader(_) = self {
            // Nothing was awaited: whoever turns page after page lets others run in between.
            if rows.len() >= ROWS_OF_A_PAGE { yield_now().await } else { consume_budget().await }
        }
        Ok(rows)
    }

    /// Runs statements as they are, without arguments: migrations, transactions, pragmas.
    pub(in crate::store) async fn run(&mut self, text: impl Into<String>) -> Result<()> {
        let sql = AssertSqlSafe(text.into());
        on!(self,
            c => c.run(&sql.0)?,
            c => sqlx::raw_sql(sql).execute(c).await.map(drop)?);
        Ok(())
    }

    /// Prepares a statement without running it: for the test that knows them all.
    #[cfg(test)]
    pub(in crate::store) async fn prepare(&mut self, sql: SqlStr) -> Result<()> {
        use sqlx::Executor as _;
        on!(self,
            c => c.prepare(sql.as_str())?,
            c => c.prepare(sql).await.map(drop)?);
        Ok(())
    }

    /// Asks for many keys with few statements, the last key repeated where a statement has room for more. Rows come in the
    /// statement's order for up to 64 keys, and so for each further 64.
    pub(in crate::store) async fn among<'a>(
        &mut self,
        among: Among,
        first: &[Arg<'a>],
        keys: Vec<Arg<'a>>,
    ) -> Result<Vec<Row>> {
        const SIZES: [usize; 4] = [1, 4, 16, 64];
        let mut rows = Vec::new();
        for keys in keys.chunks(64) {
            let size = SIZES.into_iter().find(|size| *size >= keys.len()).unwrap_or(64);
            let padding = keys.last().into_iter().cycle().take(size - keys.len());
            let args = first.iter().chain(keys).chain(padding).cloned().collect();
            rows.extend(self.rows(among.say(first.len(), size), args).await?);
        }
        Ok(rows)
    }

    /// Stores many rows with few statements. `head` is `INSERT INTO t (a, b)`, `tail` what follows the values.
    /// Answers how many rows were stored: fewer than given where `tail` says `ON CONFLICT DO NOTHING`.
    pub(in crate::store) async fn insert(
        &mut self,
        head: &'static str,
        tail: &'static str,
        rows: Vec<Vec<Arg<'_>>>,
    ) -> Result<u64> {
        let dialect = self.dialect();
        let mut stored = 0;
        let mut rows = rows.into_iter();
        while let Some(first) = rows.as_slice().first() {
            let (columns, left) = (first.len(), rows.as_slice().len());
            let count = Dialect::chunk(left);
            let text = dialect.insert(head, columns, count, tail);
            let args = rows.by_ref().take(count).flatten().collect();
            stored += self.execute(AssertSqlSafe(text).into_sql_str(), args).await?;
        }
        Ok(stored)
    }
}
