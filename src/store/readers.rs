//! The connections that read a SQLite file: each is had by one caller at a time and kept open for the next.
//!
//! Like the writer's they are called where they stand. A statement of ours looks at a page of rows through an index, which
//! takes less time than handing it to another thread and back.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::{Error, Result};
use super::lite::{Lite, Mode};

/// A connection that nobody wanted for so long is closed: its cache is memory.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// All readers of one file, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Readers(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    path: PathBuf,
    /// So many are kept. More are opened when they are wanted: who has one and wants another must not wait for itself.
    most: usize,
    is_closed: AtomicBool,
    /// The one used last stands last.
    idle: Mutex<Vec<(Instant, Lite)>>,
}

/// One of them, given back when dropped.
#[derive(Debug)]
pub(super) struct Reader {
    /// Empty only while it is dropped.
    lite: Option<Lite>,
    shelf: Arc<Shelf>,
}

impl Readers {
    /// Keeps so many of them; none is opened before it is wanted.
    pub(super) fn new(path: &Path, most: u32) -> Self {
        let (path, most) = (path.to_owned(), most.max(1) as usize);
        Self(Arc::new(Shelf { path, most, is_closed: AtomicBool::new(false), idle: Mutex::default() }))
    }

    /// A reader that is free, or a new one.
    ///
    /// # Errors
    /// When the file cannot be opened, or the store is closed.
    pub(super) fn acquire(&self) -> Result<Reader> {
        let shelf = self.0.clone();
        if shelf.is_closed.load(Ordering::Acquire) {
            return Err(Error::Unavailable("the store is closed".to_owned()));
        }
        let kept = shelf.idle().pop();
        let lite = match kept {
            Some((_, lite)) => lite,
            None => Lite::open(&shelf.path, Mode::Read)?,
        };
        Ok(Reader { lite: Some(lite), shelf })
    }

    /// Closes those that are free; the others close when they are dropped.
    pub(super) fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.idle().clear();
    }
}

impl Shelf {
    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Lite)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Whoever left in the middle of a transaction must not show its moment to the next.
        let Some(lite) = self.lite.take().filter(Lite::is_free) else { return };
        let now = Instant::now();
        let mut idle = self.shelf.idle();
        let old = idle.iter().take_while(|(since, _)| now - *since > IDLE_MAX).count();
        idle.drain(..old);
        if idle.len() < self.shelf.most && !self.shelf.is_closed.load(Ordering::Acquire) {
            idle.push((now, lite));
        }
    }
}

impl Deref for Reader {
    type Target = Lite;

    fn deref(&self) -> &Lite {
        self.lite.as_ref().expect("a reader is there until it is dropped")
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Lite {
        self.lite.as_mut().expect("a reader is there until it is dropped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_used_again_unless_it_stands_in_a_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut writer = Lite::open(&path, Mode::Write { create: true, durable: false }).unwrap();
        writer.run("CREATE TABLE t (a INTEGER)").unwrap();
        let readers = Readers::new(&path, 1);
        let count = |reader: &mut Reader| reader.rows("SELECT a FROM t", &[]).unwrap().len();

        let mut first = readers.acquire().unwrap();
        assert_eq!(count(&mut first), 0);
        first.run("BEGIN").unwrap();
        assert_eq!(count(&mut first), 0);
        writer.run("INSERT INTO t VALUES (1)").unwrap();
        assert_eq!(count(&mut first), 0, "a transaction sees one moment");
        drop(first);
        assert!(readers.0.idle().is_empty());

        let mut next = readers.acquire().unwrap();
        assert_eq!(count(&mut next), 1);
        let other = readers.acquire().unwrap();
        drop((next, other));
        assert_eq!(readers.0.idle().len(), 1);
        readers.close();
        assert!(matches!(readers.acquire(), Err(Error::Unavailable(_))));
    }
}
