//! What a simulated partner keeps: the files that came to it. It forgets them when the demo ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use uuid::Uuid;

use crate::ports::{Arrival, Case, Content, Evidence, NotTaken, Note, Promise, Reception, Taken, Undelivered};

#[derive(Debug, Default)]
pub struct Memory {
    notes: Mutex<BTreeMap<(String, String), Value>>,
    files: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Memory {
    /// Takes out the first file that fits.
    pub fn take_out(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        let mut files = lock(&self.files);
        let at = files.iter().position(|(_, bytes)| fits(&String::from_utf8_lossy(bytes)))?;
        Some(String::from_utf8_lossy(&files.remove(at).1).into_owned())
    }
}

impl Reception for Memory {
    fn take(&self, arrival: Arrival) -> Promise<'_, Result<Taken, NotTaken>> {
        Box::pin(async move {
            let bytes = match arrival.content {
                Content::Bytes(bytes) => bytes,
                Content::File(path) => {
                    tokio::fs::read(&path).await.map_err(|error| NotTaken::Later(error.to_string()))?
                }
            };
            if let Some(once) = arrival.once {
                let mut notes = lock(&self.notes);
                let key = (once.scope, once.key);
                if let Some(first) = notes.get(&key) {
                    return Ok(Taken::Again(first.clone()));
                }
                notes.insert(key, once.value);
            }
            lock(&self.files).push((arrival.name, bytes));
            Ok(Taken::New)
        })
    }

    fn recall<'a>(&'a self, scope: &'a str, key: &'a str) -> Promise<'a, Result<Option<Value>, NotTaken>> {
        Box::pin(async move { Ok(lock(&self.notes).get(&(scope.to_owned(), key.to_owned())).cloned()) })
    }

    fn remember(&self, notes: Vec<Note>) -> Promise<'_, Result<(), NotTaken>> {
        Box::pin(async move {
            lock(&self.notes).extend(notes.into_iter().map(|note| ((note.scope, note.key), note.value)));
            Ok(())
        })
    }

    /// The partner keeps no evidence: this is a play.
    fn keep_evidence(&self, _: Evidence) -> Promise<'_, Result<String, NotTaken>> {
        Box::pin(async { Ok(String::new()) })
    }

    fn report(&self, case: Case) -> Promise<'_, Result<(), NotTaken>> {
        Box::pin(async move {
            tracing::warn!(case.reason, "a simulated partner has a case");
            Ok(())
        })
    }

    fn outcome(&self, _: Uuid, _: Result<Value, Undelivered>) -> Promise<'_, Result<(), NotTaken>> {
        Box::pin(async { Ok(()) })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
