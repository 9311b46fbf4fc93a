//! The connections that read a SQLite file: each is had by one caller at a time and kept open for the next.
//!
//! Like the writer's they are called where they stand. A statement of ours looks at a page of rows through an index, which
//! takes less time than handing it to another thread and back.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::{Error, Result};
use super::lite::{Lite, Mode};

/// A connection that nobody wanted for so long is closed: its cache is memory.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// All readers of one file, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    path: PathBuf,
    places: Arc<Semaphore>,
    /// The one used last stands last.
    idle: Arc<Mutex<Vec<(Instant, Lite)>>>,
}

/// One of them, given back when dropped.
#[derive(Debug)]
pub(super) struct Reader {
    /// Empty only while it is dropped.
    lite: Option<Lite>,
    idle: Arc<Mutex<Vec<(Instant, Lite)>>>,
    _place: OwnedSemaphorePermit,
}

impl Readers {
    /// At most so many of them; none is opened before it is wanted.
    pub(super) fn new(path: &Path, most: u32) -> Self {
        let places = Arc::new(Semaphore::new(most.max(1) as usize));
        Self { path: path.to_owned(), places, idle: Arc::default() }
    }

    /// Waits for a reader that is free.
    ///
    /// # Errors
    /// When the file cannot be opened, or the store is closed.
    pub(super) async fn acquire(&self) -> Result<Reader> {
        let closed = |_| Error::Unavailable("the store is closed".to_owned());
        let place = self.places.clone().acquire_owned().await.map_err(closed)?;
        let kept = lock(&self.idle).pop();
        let lite = match kept {
            Some((_, lite)) => lite,
            None => Lite::open(&self.path, Mode::Read)?,
        };
        Ok(Reader { lite: Some(lite), idle: self.idle.clone(), _place: place })
    }

    /// Closes those that are free; the others close when they are dropped.
    pub(super) fn close(&self) {
        self.places.close();
        lock(&self.idle).clear();
    }
}

fn lock(idle: &Mutex<Vec<(Instant, Lite)>>) -> std::sync::MutexGuard<'_, Vec<(Instant, Lite)>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Whoever left in the middle of a transaction must not show its moment to the next.
        let Some(lite) = self.lite.take().filter(Lite::is_free) else { return };
        let now = Instant::now();
        let mut idle = lock(&self.idle);
        let old = idle.iter().take_while(|(since, _)| now - *since > IDLE_MAX).count();
        idle.drain(..old);
        idle.push((now, lite));
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

    #[tokio::test]
    async fn a_reader_is_used_again_unless_it_stands_in_a_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut writer = Lite::open(&path, Mode::Write { create: true, durable: false }).unwrap();
        writer.run("CREATE TABLE t (a INTEGER)").unwrap();
        let readers = Readers::new(&path, 1);
        let count = |reader: &mut Reader| reader.rows("SELECT a FROM t", &[]).unwrap().len();

        let mut first = readers.acquire().await.unwrap();
        assert_eq!(count(&mut first), 0);
        first.run("BEGIN").unwrap();
        assert_eq!(count(&mut first), 0);
        writer.run("INSERT INTO t VALUES (1)").unwrap();
        assert_eq!(count(&mut first), 0, "a transaction sees one moment");
        drop(first);
        assert!(lock(&readers.idle).is_empty());

        let mut next = readers.acquire().await.unwrap();
        assert_eq!(count(&mut next), 1);
        drop(next);
        assert_eq!(lock(&readers.idle).len(), 1);
        readers.close();
        assert!(matches!(readers.acquire().await, Err(Error::Unavailable(_))));
    }
}
