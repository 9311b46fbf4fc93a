//! Bytes of any size: few in memory, many in a file of our own that goes away with the last who holds them.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

/// What stands in memory; anything larger goes to a file.
pub const MEMORY_BYTES_MAX: usize = 1 << 20;
/// A piece on its way.
const PIECE_BYTES: usize = 64 << 10;

/// Bytes that can be read many times, and cut without copying.
#[derive(Clone, Debug)]
pub struct Blob {
    held: Arc<Held>,
    range: Range<u64>,
}

#[derive(Debug)]
enum Held {
    Memory(Vec<u8>),
    File(Temporary),
    Foreign(File),
}

/// A file that goes away.
#[derive(Debug)]
struct Temporary {
    file: File,
    path: PathBuf,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed now is swept at the next start.
        let _ = fs::remove_file(&self.path);
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        let range = 0..bytes.len() as u64;
        Self { held: Arc::new(Held::Memory(bytes)), range }
    }
}

impl Blob {
    /// A file that belongs to somebody else, read where it lies and left there.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let range = 0..file.metadata()?.len();
        Ok(Self { held: Arc::new(Held::Foreign(file)), range })
    }

    pub fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// A part of it, cut to what is there.
    #[must_use]
    pub fn slice(&self, part: Range<u64>) -> Self {
        let start = self.range.start.saturating_add(part.start).min(self.range.end);
        let end = self.range.start.saturating_add(part.end).clamp(start, self.range.end);
        Self { held: self.held.clone(), range: start..end }
    }

    /// Up to `most` bytes from an offset.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn peek(&self, at: u64, most: usize) -> io::Result<Vec<u8>> {
        let part = self.slice(at..at.saturating_add(most as u64));
        let mut bytes = Vec::with_capacity(most.min(PIECE_BYTES));
        part.reader().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// All of it, in memory.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        self.peek(0, usize::try_from(self.len()).unwrap_or(usize::MAX))
    }

    pub fn reader(&self) -> impl Read + '_ {
        let at = self.range.start;
        BufReader::with_capacity(PIECE_BYTES, Reader { blob: self, at })
    }

    /// As a file of its own where it is one, else as bytes.
    ///
    /// # Errors
    /// When a part of a file cannot be copied to a file of its own.
    pub fn whole(self, folder: &Path) -> io::Result<Whole> {
        match &*self.held {
            Held::File(file) if self.range.start == 0 && self.range.end == file.file.metadata()?.len() => {
                Ok(Whole::File(file.path.clone(), self))
            }
            _ if self.len() <= MEMORY_BYTES_MAX as u64 => self.bytes().map(Whole::Bytes),
            _ => {
                let mut spool = Spool::new(folder);
                io::copy(&mut self.reader(), &mut spool)?;
                spool.finish()?.whole(folder)
            }
        }
    }
}

/// A blob as it is handed on: the file is there as long as the blob beside it.
#[derive(Debug)]
pub enum Whole {
    Bytes(Vec<u8>),
    File(PathBuf, Blob),
}

struct Reader<'a> {
    blob: &'a Blob,
    at: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.blob.range.end - self.at).unwrap_or(usize::MAX);
        let want = room.len().min(left);
        let count = match &*self.blob.held {
            Held::Memory(bytes) => {
                let start = usize::try_from(self.at).map_err(io::Error::other)?;
                room[..want].copy_from_slice(&bytes[start..start + want]);
                want
            }
            Held::File(file) => file.file.read_at(&mut room[..want], self.at)?,
            Held::Foreign(file) => file.read_at(&mut room[..want], self.at)?,
        };
        self.at += count as u64;
        Ok(count)
    }
}

/// Bytes on their way into a blob.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    memory: Vec<u8>,
    file: Option<Temporary>,
    length: u64,
    bytes_max: u64,
}

impl Spool {
    /// A spool whose file, where one is needed, lies in this folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), memory: Vec::new(), file: None, length: 0, bytes_max: u64::MAX }
    }

    /// The same, but refusing to hold more than this.
    #[must_use]
    pub fn at_most(mut self, bytes_max: u64) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    /// Whether it refused to hold more.
    pub fn is_over(&self) -> bool {
        self.length > self.bytes_max
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> io::Result<Blob> {
        let Some(mut file) = self.file.take() else { return Ok(self.memory.into()) };
        file.file.write_all(&self.memory)?;
        Ok(Blob { held: Arc::new(Held::File(file)), range: 0..self.length })
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len() as u64;
        if self.is_over() {
            return Err(io::Error::other(format!("larger than {} bytes", self.bytes_max)));
        }
        self.memory.extend_from_slice(bytes);
        if self.memory.len() > MEMORY_BYTES_MAX || self.file.is_some() && self.memory.len() >= PIECE_BYTES {
            if self.file.is_none() {
                let path = self.folder.join(format!("{}.part", Uuid::now_v7()));
                let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
                self.file = Some(Temporary { file, path });
            }
            if let Some(file) = &mut self.file {
                file.file.write_all(&self.memory)?;
            }
            self.memory = Vec::new();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_are_read_alike() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 10, MEMORY_BYTES_MAX, MEMORY_BYTES_MAX + 1, 3 * MEMORY_BYTES_MAX + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at / 7) as u8).collect();
            let mut spool = Spool::new(folder.path());
            for piece in bytes.chunks(1000) {
                spool.write_all(piece).unwrap();
            }
            let blob = spool.finish().unwrap();
            assert_eq!((blob.len(), blob.bytes().unwrap() == bytes), (length as u64, true));
            let part = blob.slice(5..9).bytes().unwrap();
            assert_eq!(part, bytes.get(5..9).unwrap_or_default());
            assert_eq!(blob.slice(2..u64::MAX).slice(1..4).bytes().unwrap(), bytes.get(3..6).unwrap_or_default());
            match blob.whole(folder.path()).unwrap() {
                Whole::Bytes(whole) => assert!(whole == bytes),
                Whole::File(path, _blob) => assert!(fs::read(path).unwrap() == bytes),
            }
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "files go away");
    }

    #[test]
    fn a_spool_holds_no_more_than_it_may() {
        let mut spool = Spool::new(Path::new("nowhere")).at_most(10);
        assert!(spool.write_all(&[0; 10]).is_ok() && !spool.is_over());
        assert!(spool.write_all(&[0; 1]).is_err() && spool.is_over());
    }
}
