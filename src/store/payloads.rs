//! Payloads: bytes kept by their SHA-256, exactly as they came. It never looks inside.
//!
//! Up to [`INLINE_BYTES_MAX`] they stand in the database, durable with the unit that stores them. Larger ones are
//! files, written under a temporary name, synced, renamed to their hash and the folder synced, all before the row that
//! names them; a file without a row is swept after a while.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Store;
use super::error::{Error, Result};
use super::session::{Session, View};
use super::sql::{Arg, Sql, args};
use crate::ports::Content;

/// What stands in the database; anything larger is a file.
pub const INLINE_BYTES_MAX: usize = 64 << 10;

/// Bytes that are ready to be stored: in memory, or already durable as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// SHA-256 in lower-case hex.
    pub hash: String,
    pub size: u64,
    /// The bytes themselves where they go into the database.
    inline: Option<Vec<u8>>,
}

impl Payload {
    /// Small bytes as a payload, without touching the disk; larger ones go through [`Store::keep`].
    pub fn small(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= INLINE_BYTES_MAX).then(|| Self {
            hash: hex(&Sha256::digest(&bytes)),
            size: bytes.len() as u64,
            inline: Some(bytes),
        })
    }
}

/// Hashes bytes while they are written, and spills to a file when there are many.
#[derive(Debug)]
pub struct PayloadWriter {
    folder: PathBuf,
    hash: Sha256,
    size: u64,
    memory: Vec<u8>,
    file: Option<(PathBuf, File)>,
}

impl PayloadWriter {
    fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), hash: Sha256::new(), size: 0, memory: Vec::new(), file: None }
    }

    /// Makes the bytes durable where they are a file. Blocks on the disk.
    pub fn finish(mut self) -> Result<Payload> {
        let hash = hex(&std::mem::take(&mut self.hash).finalize());
        let size = self.size;
        let Some((temporary, file)) = self.file.take() else {
            return Ok(Payload { hash, size, inline: Some(std::mem::take(&mut self.memory)) });
        };
        let target = path(&self.folder, &hash);
        let outcome = place(&file, &temporary, &target);
        if outcome.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        outcome?;
        Ok(Payload { hash, size, inline: None })
    }
}

impl Write for PayloadWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() && self.memory.len() + bytes.len() > INLINE_BYTES_MAX {
            let folder = self.folder.join("new");
            fs::create_dir_all(&folder)?;
            let temporary = folder.join(Uuid::now_v7().to_string());
            let mut file = File::create(&temporary)?;
            let begun = file.write_all(&self.memory);
            self.memory = Vec::new();
            self.file = Some((temporary, file));
            begun?;
        }
        match &mut self.file {
            Some((_, file)) => file.write_all(bytes)?,
            None => self.memory.extend_from_slice(bytes),
        }
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for PayloadWriter {
    fn drop(&mut self) {
        if let Some((temporary, _)) = &self.file {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Stored bytes, to be read from the start or from anywhere.
#[derive(Debug)]
pub enum PayloadReader {
    Inline(Cursor<Vec<u8>>),
    File(File),
}

impl PayloadReader {
    /// All of it. For bytes that are known to be few.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Inline(bytes) => Ok(bytes.into_inner()),
            Self::File(mut file) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

impl Read for PayloadReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Inline(bytes) => bytes.read(buffer),
            Self::File(file) => file.read(buffer),
        }
    }
}

impl Seek for PayloadReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Inline(bytes) => bytes.seek(to),
            Self::File(file) => file.seek(to),
        }
    }
}

impl Store {
    /// A writer for bytes of unknown size. It blocks: on a runtime, write in `spawn_blocking`.
    pub fn payload_writer(&self) -> PayloadWriter {
        PayloadWriter::new(&self.shared.payloads)
    }

    /// Makes bytes ready to be stored.
    pub async fn keep(&self, bytes: Vec<u8>) -> Result<Payload> {
        if bytes.len() <= INLINE_BYTES_MAX {
            let hash = hex(&Sha256::digest(&bytes));
            return Ok(Payload { hash, size: bytes.len() as u64, inline: Some(bytes) });
        }
        self.keep_from(Cursor::new(bytes)).await
    }

    /// Makes whatever a reader gives ready to be stored, in constant memory.
    pub async fn keep_from<R: Read + Send + 'static>(&self, mut from: R) -> Result<Payload> {
        let mut writer = self.payload_writer();
        let copied = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; 256 << 10];
            loop {
                match from.read(&mut buffer) {
                    Ok(0) => return writer.finish(),
                    Ok(count) => {
                        writer.write_all(&buffer[..count]).map_err(|error| Error::file(&writer.folder, error))?;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(Error::file(Path::new("what arrives"), error)),
                }
            }
        });
        copied.await.map_err(|error| Error::Database(error.to_string()))?
    }

    /// Removes files that no row names and that are older than `age`: first they are put aside, and what was put aside
    /// longer than that goes. Answers how many went.
    pub async fn sweep_payloads(&self, age: Duration) -> Result<u64> {
        let folder = self.shared.payloads.clone();
        let old = tokio::task::spawn_blocking(move || old_files(&folder, age)).await;
        let old = old.map_err(|error| Error::Database(error.to_string()))??;
        let mut removed = 0;
        for found in old {
            let Found { file, hash, aside } = found;
            let named = match &hash {
                Some(hash) => self.view().await?.has_file(hash).await?,
                None => false,
            };
            match (hash, named, aside) {
                (Some(_), true, false) => {}
                (Some(hash), true, true) => {
                    let _ = fs::rename(&file, path(&self.shared.payloads, &hash));
                }
                (Some(hash), false, false) => {
                    let aside = self.shared.payloads.join("aside");
                    let _ = fs::create_dir_all(&aside);
                    if fs::rename(&file, aside.join(&hash)).is_ok() {
                        let _ = touch(&aside.join(&hash));
                    }
                }
                _ => removed += u64::from(fs::remove_file(&file).is_ok()),
            }
        }
        Ok(removed)
    }
}

impl Session {
    /// Stores payloads; those that are there already stay as they are.
    pub async fn add_payloads(&mut self, payloads: &[&Payload]) -> Result<()> {
        let now = self.now().await?;
        let mut payloads = payloads.to_vec();
        // In one order, so that two units never wait for each other, and each hash once.
        payloads.sort_by(|one, other| one.hash.cmp(&other.hash));
        payloads.dedup_by(|one, other| one.hash == other.hash);
        let rows = payloads
            .iter()
            .map(|payload| {
                let stored = if payload.inline.is_some() { "inline" } else { "file" };
                args![&payload.hash, payload.size, stored, payload.inline.as_deref(), now]
            })
            .collect();
        // What was erased and comes again is kept again.
        self.insert(
            "INSERT INTO payloads (hash, size, stored, bytes, created_at)",
            "ON CONFLICT (hash) DO UPDATE SET stored = excluded.stored, bytes = excluded.bytes, erased_at = NULL, \
             erased_why = NULL WHERE payloads.stored = 'erased'",
            rows,
        )
        .await?;
        for payload in payloads.iter().filter(|payload| payload.inline.is_none()) {
            // An erasure or a sweep may have met this file between its writing and its row.
            let file = path(&self.shared.payloads, &payload.hash);
            if !file.exists() {
                return Err(Error::Again(format!("{} went away before its row", file.display())));
            }
        }
        Ok(())
    }

    pub async fn add_payload(&mut self, payload: &Payload) -> Result<()> {
        self.add_payloads(&[payload]).await
    }

    /// Deletes the bytes and keeps the hash: what was there can still be proven, not read.
    pub async fn erase_payload(&mut self, hash: &str, why: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE payloads SET stored = 'erased', bytes = NULL, erased_at = $2, erased_why = $3 \
             WHERE hash = $1");
        self.change(sql, args![hash, now, why], ("payload", hash)).await?;
        let file = path(&self.shared.payloads, hash);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(&file, error)),
            _ => Ok(()),
        }
    }
}

impl View {
    /// The stored bytes. Erased ones are an error that says so.
    pub async fn payload(&mut self, hash: &str) -> Result<PayloadReader> {
        let sql = Sql("SELECT stored, bytes, erased_at FROM payloads WHERE hash = $1");
        let row = self.one(sql, args![hash], ("payload", hash)).await?;
        match row.get::<String>(0)?.as_str() {
            "inline" => Ok(PayloadReader::Inline(Cursor::new(row.get(1)?))),
            "file" => {
                let file = path(&self.shared.payloads, hash);
                let opened = File::open(&file).or_else(|_| File::open(self.shared.payloads.join("aside").join(hash)));
                opened.map(PayloadReader::File).map_err(|error| Error::file(&file, error))
            }
            _ => {
                let at = row.get::<Option<Timestamp>>(2)?.unwrap_or_default();
                Err(Error::Refused(format!("payload {hash} was erased at {at}")))
            }
        }
    }

    /// The whole payload in memory. For bytes that are known to be few.
    pub async fn payload_bytes(&mut self, hash: &str) -> Result<Vec<u8>> {
        let reader = self.payload(hash).await?;
        reader.into_bytes().map_err(|error| Error::file(&path(&self.shared.payloads, hash), error))
    }

    /// The bytes as outlets want them: in memory where they are few, else the file they stand in.
    pub async fn payload_content(&mut self, hash: &str) -> Result<Content> {
        match self.payload(hash).await? {
            PayloadReader::Inline(bytes) => Ok(Content::Bytes(bytes.into_inner())),
            PayloadReader::File(_) => Ok(Content::File(path(&self.shared.payloads, hash))),
        }
    }

    async fn has_file(&mut self, hash: &str) -> Result<bool> {
        let sql = Sql("SELECT 1 FROM payloads WHERE hash = $1 AND stored = 'file'");
        Ok(self.row(sql, args![hash]).await?.is_some())
    }

    /// Up to `limit` payloads behind `after` in the order of their hashes: what stands as a file, with its size.
    pub(super) async fn payload_files(&mut self, after: &str, limit: usize) -> Result<Vec<(String, u64)>> {
        let sql = Sql("SELECT hash, size FROM payloads WHERE stored = 'file' AND hash > $1 ORDER BY hash LIMIT $2 + 0");
        let rows = self.rows(sql, vec![Arg::from(after), Arg::from(limit)]).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}

/// `ab/abcdef...` under the folder.
pub(super) fn path(folder: &Path, hash: &str) -> PathBuf {
    folder.join(&hash[..2.min(hash.len())]).join(hash)
}

/// Syncs a written file, gives it its name, and syncs the folder that lists it.
pub(super) fn place(file: &File, temporary: &Path, target: &Path) -> Result<()> {
    let wrap = |error| Error::file(target, error);
    let folder = target.parent().unwrap_or(Path::new("."));
    file.sync_all().map_err(wrap)?;
    if !folder.exists() {
        fs::create_dir_all(folder).map_err(wrap)?;
        if let Some(above) = folder.parent() {
            File::open(above).and_then(|above| above.sync_all()).map_err(wrap)?;
        }
    }
    // The same bytes may be there: renaming over them gives them a new age, which keeps the sweep away.
    fs::rename(temporary, target).map_err(wrap)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(wrap)
}

fn touch(file: &Path) -> io::Result<()> {
    File::options().write(true).open(file)?.set_modified(SystemTime::now())
}

/// A file of the folder that is older than asked for.
#[derive(Debug)]
struct Found {
    file: PathBuf,
    /// `None` for what is left over of a write that never ended.
    hash: Option<String>,
    aside: bool,
}

fn old_files(folder: &Path, age: Duration) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let wrap = |error| Error::file(folder, error);
    for below in fs::read_dir(folder).map_err(wrap)?.flatten() {
        let name = below.file_name().to_string_lossy().into_owned();
        let Ok(files) = fs::read_dir(below.path()) else { continue };
        for file in files.flatten() {
            let modified = file.metadata().and_then(|data| data.modified());
            let old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed >= age));
            if old {
                let hash = (name != "new").then(|| file.file_name().to_string_lossy().into_owned());
                found.push(Found { file: file.path(), hash, aside: name == "aside" });
            }
        }
    }
    Ok(found)
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}
