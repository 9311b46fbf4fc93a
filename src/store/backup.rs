//! Backups: everything in one folder, taken while the store works, consistent in itself.
//!
//! A backup is a folder with `backup.json` (written last: a folder without it is not a backup), the payload files, and
//! the tables: as `entrepot.db` (a copy of the SQLite file, made by `VACUUM INTO`), or as `tables/NAME.jsonl`, which
//! either database can read back. The first line of such a file names the columns; every other line is one row as a
//! JSON array, where bytes are `{"hex": "..."}`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::error::{Error, Result};
use super::payloads::{self, hex};
use super::session::View;
use super::sql::{Arg, Dialect, Link, Row};
use super::{Access, Address, Backend, Options, Store, migrate};

/// The tables in the order they are written, each with its key.
const TABLES: &[(&str, &[&str])] = &[
    ("jobs", &["id"]),
    ("payloads", &["hash"]),
    ("transmissions", &["id"]),
    ("interchanges", &["id"]),
    ("groups_of_sets", &["id"]),
    ("documents", &["id"]),
    ("document_contents", &["document"]),
    ("once", &["scope", "key"]),
    ("replies", &["id"]),
    ("outlets", &["name"]),
    ("deliveries", &["id"]),
    ("expectations", &["id"]),
    ("control_numbers", &["counter"]),
    ("control_number_breaks", &["id"]),
    ("holds", &["id"]),
    ("revisions", &["hash"]),
    ("revision_files", &["revision", "path"]),
    ("active_revision", &["one"]),
    ("events", &["id"]),
    ("endpoints", &["name"]),
    ("owed_events", &["endpoint", "sequence"]),
    ("notes", &["scope", "key"]),
    ("evidence", &["id"]),
    ("trades", &["id"]),
    ("trade_keys", &["key", "trade"]),
    ("trade_events", &["trade", "position"]),
    ("policies", &["hash"]),
    ("parked_events", &["id"]),
    ("trade_documents", &["document", "trade"]),
    ("cases", &["id"]),
    ("deadlines", &["trade", "key"]),
    ("master_data", &["kind", "key"]),
    ("master_names", &["kind", "name", "key"]),
    ("entries", &["position"]),
    ("money", &["kind", "party", "key"]),
    ("payment_traces", &["trace", "payment"]),
    ("people", &["name"]),
    ("api_keys", &["id"]),
    ("audit", &["position"]),
];

/// Rows read and written at a time.
const PAGE: usize = 256;

/// How the tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A copy of the SQLite file.
    Sqlite,
    /// Text that either database reads back.
    Tables,
}

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub program: String,
    pub schema: i64,
    pub form: Form,
    pub taken_at: Timestamp,
    pub payload_files: u64,
    pub payload_bytes: u64,
    /// Payloads that were erased while the backup was taken.
    pub payloads_gone: u64,
}

/// How far it is: what is done, how many of it, of how many where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub what: String,
    pub done: u64,
    pub total: Option<u64>,
}

impl Store {
    /// Takes a backup into a folder that is empty or new. `form` is the database's own where none is asked for.
    pub async fn backup(
        &self,
        folder: &Path,
        form: Option<Form>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Manifest> {
        let wrap = |error| Error::file(folder, error);
        fs::create_dir_all(folder).map_err(wrap)?;
        if fs::read_dir(folder).map_err(wrap)?.next().is_some() {
            return Err(Error::Refused(format!("{} is not empty", folder.display())));
        }
        let own = if matches!(self.backend, Backend::Sqlite { .. }) { Form::Sqlite } else { Form::Tables };
        let form = form.unwrap_or(own);
        let mut manifest = Manifest {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            schema: migrate::KNOWN,
            form,
            taken_at: Timestamp::now(),
            payload_files: 0,
            payload_bytes: 0,
            payloads_gone: 0,
        };
        let mut view = self.view().await?;
        let files = match (form, view.dialect()) {
            (Form::Sqlite, Dialect::Sqlite) => {
                let target = folder.join("entrepot.db");
                progress(Progress { what: "database".into(), done: 0, total: None });
                let quoted = target.display().to_string().replace('\'', "''");
                view.link().run(format!("VACUUM INTO '{quoted}'")).await?;
                File::open(&target).and_then(|file| file.sync_all()).map_err(wrap)?;
                drop(view);
                // The files are those the copy names, whatever came since.
                let copy = Options::new(Address::Sqlite(target), self.shared.payloads.clone()).access(Access::Read);
                let copy = Box::pin(Self::open(copy)).await?;
                let files = every_file(&mut copy.view().await?).await?;
                copy.close().await;
                files
            }
            (Form::Sqlite, Dialect::Postgres) => {
                return Err(Error::Refused("a SQLite copy can be made of a SQLite database only".to_owned()));
            }
            (Form::Tables, dialect) => {
                view.link().run(dialect.snapshot()).await?;
                let outcome = export(&mut view, folder, progress).await;
                // The snapshot ends whatever came of it.
                let _ = view.link().run("ROLLBACK").await;
                outcome?
            }
        };
        let total = files.len() as u64;
        for (done, (hash, size)) in (0_u64..).zip(files) {
            progress(Progress { what: "payloads".into(), done, total: Some(total) });
            let (from, to) =
                (payloads::path(&self.shared.payloads, &hash), payloads::path(&folder.join("payloads"), &hash));
            match copy(&from, &to) {
                Ok(()) => {
                    manifest.payload_files += 1;
                    manifest.payload_bytes += size;
                }
                Err(Error::File { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {
                    manifest.payloads_gone += 1;
                }
                Err(error) => return Err(error),
            }
        }
        write(&folder.join("backup.json"), &serde_json::to_vec_pretty(&manifest).map_err(Error::damaged)?)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(wrap)?;
        Ok(manifest)
    }

    /// Brings a backup back, into a database and a payload folder that are empty, and opens the store.
    ///
    /// What was sent after the backup was taken is not known to it: before the daemon sends again, a person sets the
    /// control numbers ([`super::Session::set_number`]).
    pub async fn restore(options: Options, folder: &Path, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Self> {
        let named = folder.join("backup.json");
        let text = fs::read(&named).map_err(|error| Error::file(&named, error))?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(Error::damaged)?;
        if manifest.schema > migrate::KNOWN {
            return Err(Error::Newer { found: manifest.schema, known: migrate::KNOWN });
        }
        let payloads = options.payloads.clone();
        match (&options.address, manifest.form) {
            (Address::Sqlite(path), Form::Sqlite) => {
                if path.exists() {
                    return Err(Error::Refused(format!("{} exists already", path.display())));
                }
                progress(Progress { what: "database".into(), done: 0, total: None });
                copy(&folder.join("entrepot.db"), path)?;
            }
            (Address::Postgres(_), Form::Sqlite) => {
                return Err(Error::Refused("this backup is a SQLite file: take one as tables".to_owned()));
            }
            (_, Form::Tables) => {}
        }
        let from = folder.join("payloads");
        let mut done = 0;
        for below in fs::read_dir(&from).into_iter().flatten().flatten() {
            for file in fs::read_dir(below.path()).into_iter().flatten().flatten() {
                progress(Progress { what: "payloads".into(), done, total: Some(manifest.payload_files) });
                copy(&file.path(), &payloads.join(below.file_name()).join(file.file_name()))?;
                done += 1;
            }
        }
        let store = Self::open(options).await?;
        if manifest.form == Form::Tables {
            store.import(folder, progress).await?;
            store.write((), |(), session| Box::pin(session.name_payments())).await?;
        }
        Ok(store)
    }

    /// Reads `tables/*.jsonl` into empty tables, all in one transaction.
    async fn import(&self, folder: &Path, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<()> {
        let mut link = match &self.backend {
            Backend::Sqlite { .. } => {
                // Large: not through the queue of units.
                return self.import_through_units(folder, progress).await;
            }
            Backend::Postgres { pool } => Link::PostgresUnit(pool.begin().await?),
        };
        for (table, _) in TABLES {
            let mut file = Lines::open(folder, table)?;
            let Some(head) = file.head(table)? else { continue };
            empty(&mut link, table).await?;
            let mut done = 0;
            while let Some(rows) = file.page()? {
                done += rows.len() as u64;
                store_rows(&mut link, &head, rows).await?;
                progress(Progress { what: (*table).to_owned(), done, total: None });
            }
        }
        match link {
            Link::PostgresUnit(transaction) => Ok(transaction.commit().await?),
            _ => Ok(()),
        }
    }

    async fn import_through_units(&self, folder: &Path, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<()> {
        for (table, _) in TABLES {
            let mut file = Lines::open(folder, table)?;
            let Some(head) = file.head(table)? else { continue };
            self.write(*table, |table, session| Box::pin(empty(session.link(), table))).await?;
            let mut done = 0;
            while let Some(rows) = file.page()? {
                done += rows.len() as u64;
                self.write((head.clone(), rows), |(head, rows), session| {
                    Box::pin(store_rows(session.link(), head, rows.clone()))
                })
                .await?;
                progress(Progress { what: (*table).to_owned(), done, total: None });
            }
        }
        Ok(())
    }
}

/// Every payload that stands as a file, with its size.
async fn every_file(view: &mut View) -> Result<Vec<(String, u64)>> {
    let mut files: Vec<(String, u64)> = Vec::new();
    loop {
        let after = files.last().map_or(String::new(), |(hash, _)| hash.clone());
        let page = view.payload_files(&after, 1000).await?;
        if page.is_empty() {
            return Ok(files);
        }
        files.extend(page);
    }
}

/// Writes every table; answers the payload files they name.
async fn export(
    view: &mut View,
    folder: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Vec<(String, u64)>> {
    let tables = folder.join("tables");
    fs::create_dir_all(&tables).map_err(|error| Error::file(&tables, error))?;
    for (table, key) in TABLES {
        let path = tables.join(format!("{table}.jsonl"));
        let wrap = |error| Error::file(&path, error);
        let file = File::create(&path).map_err(wrap)?;
        let mut out = BufWriter::new(&file);
        let columns = columns(view.link(), table).await?;
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        writeln!(out, "{}", json!(names)).map_err(wrap)?;
        let mut last: Option<Vec<Value>> = None;
        let mut done = 0;
        loop {
            let rows = page(view.link(), table, key, &columns, last.as_deref()).await?;
            for row in &rows {
                writeln!(out, "{}", Value::Array(row.clone())).map_err(wrap)?;
            }
            done += rows.len() as u64;
            progress(Progress { what: (*table).to_owned(), done, total: None });
            match rows.last() {
                Some(row) if rows.len() == PAGE => {
                    let position = |name: &&str| names.iter().position(|column| column == name).unwrap_or(0);
                    last = Some(key.iter().map(|name| row[position(name)].clone()).collect());
                }
                _ => break,
            }
        }
        out.flush().map_err(wrap)?;
        drop(out);
        file.sync_all().map_err(wrap)?;
    }
    every_file(view).await
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text,
    Int,
    Bytes,
}

async fn columns(link: &mut Link, table: &str) -> Result<Vec<(String, Holds)>> {
    let sql = AssertSqlSafe(link.dialect().columns()).into_sql_str();
    let rows = link.rows(sql, vec![Arg::from(table)]).await?;
    rows.iter()
        .map(|row| {
            let holds = match row.get::<String>(1)?.to_ascii_lowercase().as_str() {
                "bigint" => Holds::Int,
                "blob" | "bytea" => Holds::Bytes,
                _ => Holds::Text,
            };
            Ok((row.get(0)?, holds))
        })
        .collect()
}

async fn page(
    link: &mut Link,
    table: &str,
    key: &[&str],
    columns: &[(String, Holds)],
    after: Option<&[Value]>,
) -> Result<Vec<Vec<Value>>> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let (names, order) = (names.join(", "), key.join(", "));
    let mut args = Vec::new();
    let behind = match after {
        None => String::new(),
        Some(values) => {
            let places: Vec<String> = (1..=values.len()).map(|place| format!("${place}")).collect();
            args.extend(values.iter().map(argument));
            format!("WHERE ({order}) > ({})", places.join(", "))
        }
    };
    let text = format!("SELECT {names} FROM {table} {behind} ORDER BY {order} LIMIT {PAGE}");
    let rows = link.rows(AssertSqlSafe(text).into_sql_str(), args).await?;
    rows.iter().map(|row| values(row, columns)).collect()
}

fn values(row: &Row, columns: &[(String, Holds)]) -> Result<Vec<Value>> {
    let mut values = Vec::with_capacity(columns.len());
    for (position, (_, holds)) in columns.iter().enumerate() {
        values.push(match holds {
            Holds::Text => json!(row.get::<Option<String>>(position)?),
            Holds::Int => json!(row.get::<Option<i64>>(position)?),
            Holds::Bytes => match row.get::<Option<Vec<u8>>>(position)? {
                Some(bytes) => json!({"hex": hex(&bytes)}),
                None => Value::Null,
            },
        });
    }
    Ok(values)
}

fn argument(value: &Value) -> Arg<'static> {
    match value {
        Value::Number(number) => Arg::Int(number.as_i64()),
        Value::Object(object) => {
            let text = object.get("hex").and_then(Value::as_str).unwrap_or_default();
            Arg::Bytes(Some(unhex(text).into()))
        }
        Value::String(text) => Arg::from(text.clone()),
        _ => Arg::Text(None),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The head of the insert, and which kind each column is.
#[derive(Clone, Debug)]
struct Head {
    table: String,
    columns: Vec<String>,
}

async fn empty(link: &mut Link, table: &str) -> Result<()> {
    let text = format!("SELECT COUNT(*) FROM {table}");
    let rows = link.rows(AssertSqlSafe(text).into_sql_str(), vec![]).await?;
    match rows.first().map(|row| row.get::<i64>(0)).transpose()? {
        Some(0) => Ok(()),
        _ => Err(Error::Refused(format!("the table {table} is not empty"))),
    }
}

async fn store_rows(link: &mut Link, head: &Head, rows: Vec<Vec<Value>>) -> Result<()> {
    let held = columns(link, &head.table).await?;
    let kinds: Vec<Holds> = head
        .columns
        .iter()
        .map(|name| held.iter().find(|(column, _)| column == name).map(|(_, holds)| *holds))
        .collect::<Option<_>>()
        .ok_or_else(|| Error::damaged(format_args!("{}: a column is unknown", head.table)))?;
    for row in rows {
        let args = row
            .iter()
            .zip(&kinds)
            .map(|(value, kind)| match (value, kind) {
                (Value::Null, Holds::Text) => Arg::Text(None),
                (Value::Null, Holds::Int) => Arg::Int(None),
                (Value::Null, Holds::Bytes) => Arg::Bytes(None),
                (value, _) => argument(value),
            })
            .collect();
        let places: Vec<String> = (1..=kinds.len()).map(|place| format!("${place}")).collect();
        let text = format!("INSERT INTO {} ({}) VALUES ({})", head.table, head.columns.join(", "), places.join(", "));
        link.execute(AssertSqlSafe(text).into_sql_str(), args).await?;
    }
    Ok(())
}

/// A table's file, read a page at a time.
struct Lines {
    lines: Option<std::io::Lines<BufReader<File>>>,
    path: PathBuf,
}

impl Lines {
    fn open(folder: &Path, table: &str) -> Result<Self> {
        let path = folder.join("tables").join(format!("{table}.jsonl"));
        // A table that the program which took the backup did not know.
        let lines = if path.exists() {
            let file = File::open(&path).map_err(|error| Error::file(&path, error))?;
            Some(BufReader::new(file).lines())
        } else {
            None
        };
        Ok(Self { lines, path })
    }

    fn head(&mut self, table: &str) -> Result<Option<Head>> {
        let Some(line) = self.next()? else { return Ok(None) };
        let columns: Vec<String> = serde_json::from_str(&line).map_err(Error::damaged)?;
        if columns.iter().any(|name| !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')) {
            return Err(Error::damaged(format_args!("{}: not a column's name", self.path.display())));
        }
        Ok(Some(Head { table: table.to_owned(), columns }))
    }

    fn page(&mut self) -> Result<Option<Vec<Vec<Value>>>> {
        let mut rows = Vec::new();
        while rows.len() < PAGE {
            let Some(line) = self.next()? else { break };
            rows.push(serde_json::from_str(&line).map_err(Error::damaged)?);
        }
        Ok((!rows.is_empty()).then_some(rows))
    }

    fn next(&mut self) -> Result<Option<String>> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        lines.next().transpose().map_err(|error| Error::file(&self.path, error))
    }
}

/// A durable copy, under a temporary name until it is whole.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    let temporary = to.with_extension("part");
    let outcome = fs::copy(from, &temporary).map_err(|error| Error::file(from, error)).and_then(|_| {
        let file = File::open(&temporary).map_err(|error| Error::file(&temporary, error))?;
        payloads::place(&file, &temporary, to)
    });
    if outcome.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    outcome
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let outcome = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    outcome.map_err(|error| Error::file(path, error))
}
