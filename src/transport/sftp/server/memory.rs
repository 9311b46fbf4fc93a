//! What the server remembers for a while, so that partners see a consistent picture after a file has moved on.
//!
//! Clients look at a file again after they wrote or fetched it: to compare sizes, to set its time, to delete it. By then
//! it may be claimed or archived. Nothing here is needed for a file not to be lost; a restart may forget it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::extents::Extents;

/// How long a file that moved on is still answered for.
const REMEMBERED: Duration = Duration::from_secs(120);
/// How long half a download waits for the rest.
const HALF_FETCHED: Duration = Duration::from_secs(24 * 3600);
/// Entries of each kind; beyond that the oldest are forgotten.
const ENTRIES_MAX: usize = 20_000;

/// A partner and a file name of it.
pub type Key = (String, String);

/// Size and time of a file as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    pub bytes: u64,
    /// Seconds since 1970.
    pub changed: u32,
}

/// All that is remembered.
#[derive(Debug, Default)]
pub struct Memory {
    taken: HashMap<Key, (Seen, Instant)>,
    fetched: HashMap<Key, (PathBuf, Instant)>,
    halves: HashMap<(Key, Seen), (Extents, Instant)>,
}

impl Memory {
    /// An upload was taken.
    pub fn add_taken(&mut self, key: Key, seen: Seen, now: Instant) {
        trim(&mut self.taken, REMEMBERED, now);
        self.taken.insert(key, (seen, now));
    }

    pub fn taken(&self, key: &Key, now: Instant) -> Option<Seen> {
        self.taken.get(key).filter(|(_, at)| now.duration_since(*at) < REMEMBERED).map(|(seen, _)| *seen)
    }

    pub fn forget_taken(&mut self, key: &Key) {
        self.taken.remove(key);
    }

    /// Uploads of a partner that were taken a moment ago.
    pub fn all_taken(&self, partner: &str, now: Instant) -> Vec<(String, Seen)> {
        let fresh = self.taken.iter().filter(|(key, (_, at))| key.0 == partner && now.duration_since(*at) < REMEMBERED);
        fresh.map(|(key, (seen, _))| (key.1.clone(), *seen)).collect()
    }

    /// A file was fetched and lies in the archive now.
    pub fn add_fetched(&mut self, key: Key, path: PathBuf, now: Instant) {
        trim(&mut self.fetched, REMEMBERED, now);
        self.fetched.insert(key, (path, now));
    }

    /// Where a file lies that was fetched a moment ago.
    pub fn fetched(&self, key: &Key, now: Instant) -> Option<PathBuf> {
        self.fetched.get(key).filter(|(_, at)| now.duration_since(*at) < REMEMBERED).map(|(path, _)| path.clone())
    }

    pub fn forget_fetched(&mut self, key: &Key) {
        self.fetched.remove(key);
    }

    /// What of a file has been fetched before, by a download that was cut.
    pub fn half(&mut self, key: &Key, seen: Seen) -> Extents {
        self.halves.remove(&(key.clone(), seen)).map(|(extents, _)| extents).unwrap_or_default()
    }

    /// A download ended early.
    pub fn keep_half(&mut self, key: Key, seen: Seen, extents: Extents, now: Instant) {
        trim(&mut self.halves, HALF_FETCHED, now);
        self.halves.insert((key, seen), (extents, now));
    }
}

/// Keeps a map from growing: what is old goes, and where that is not enough, the oldest.
fn trim<K: Clone + Eq + std::hash::Hash, V>(map: &mut HashMap<K, (V, Instant)>, age: Duration, now: Instant) {
    if map.len() < ENTRIES_MAX {
        return;
    }
    map.retain(|_, (_, at)| now.duration_since(*at) < age);
    if map.len() >= ENTRIES_MAX {
        let mut times: Vec<Instant> = map.values().map(|(_, at)| *at).collect();
        times.sort_unstable();
        let middle = times[times.len() / 2];
        map.retain(|_, (_, at)| *at > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_answered_for_a_while() {
        let mut memory = Memory::default();
        let now = Instant::now();
        let key = ("acme".to_owned(), "a.edi".to_owned());
        let seen = Seen { bytes: 7, changed: 1 };
        memory.add_taken(key.clone(), seen, now);
        assert_eq!(memory.taken(&key, now), Some(seen));
        assert_eq!(memory.all_taken("acme", now).len(), 1);
        assert_eq!(memory.all_taken("bravo", now).len(), 0);
        assert_eq!(memory.taken(&key, now + REMEMBERED), None);
    }

    #[test]
    fn it_stays_bounded() {
        let mut memory = Memory::default();
        let now = Instant::now();
        for n in 0..ENTRIES_MAX + 10 {
            let at = now + Duration::from_micros(n as u64);
            memory.add_fetched(("acme".into(), n.to_string()), PathBuf::new(), at);
        }
        assert!(memory.fetched.len() < ENTRIES_MAX);
    }
}
