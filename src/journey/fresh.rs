//! What this process still has in memory of what it stored moments ago, so that the next step need not read it back.
//! Everything here can be lost: each step falls back on the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::store::{GroupId, TransmissionId};
use crate::transport::folder::Claim;

/// Bytes kept at most, payloads and documents together.
const BYTES_MAX: usize = 48 << 20;
/// Answers under way whose time is taken, at most.
const TIMED_MAX: usize = 20_000;

/// A canonical document that is about to be handed on.
#[derive(Clone, Debug)]
pub struct Ready {
    pub position: u64,
    /// Below the outbox folder.
    pub file_name: String,
    pub json: Arc<[u8]>,
}

#[derive(Debug, Default)]
pub struct Fresh {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bytes: usize,
    payloads: HashMap<String, Arc<[u8]>>,
    documents: HashMap<GroupId, Vec<Ready>>,
    /// Claimed files that are not filed away yet.
    claims: HashMap<TransmissionId, Claim>,
    /// When the file was complete that a reply answers.
    timed: HashMap<String, SystemTime>,
}

impl Fresh {
    pub fn add_bytes(&self, hash: &str, bytes: Option<Vec<u8>>) {
        let Some(bytes) = bytes else { return };
        let mut state = self.state();
        if state.bytes + bytes.len() <= BYTES_MAX && !state.payloads.contains_key(hash) {
            state.bytes += bytes.len();
            state.payloads.insert(hash.to_owned(), bytes.into());
        }
    }

    /// Each payload is wanted once.
    pub fn take_bytes(&self, hash: &str) -> Option<Arc<[u8]>> {
        let mut state = self.state();
        let bytes = state.payloads.remove(hash)?;
        state.bytes -= bytes.len();
        Some(bytes)
    }

    pub fn add_documents(&self, group: GroupId, documents: Vec<Ready>) {
        let size: usize = documents.iter().map(|document| document.json.len()).sum();
        let mut state = self.state();
        if state.bytes + size <= BYTES_MAX {
            state.bytes += size;
            state.documents.insert(group, documents);
        }
    }

    pub fn take_documents(&self, group: GroupId) -> Option<Vec<Ready>> {
        let mut state = self.state();
        let documents = state.documents.remove(&group)?;
        state.bytes -= documents.iter().map(|document| document.json.len()).sum::<usize>();
        Some(documents)
    }

    pub fn add_claim(&self, claim: Claim) {
        self.state().claims.insert(TransmissionId::from_uuid(claim.id), claim);
    }

    pub fn take_claim(&self, id: TransmissionId) -> Option<Claim> {
        self.state().claims.remove(&id)
    }

    /// When the file of a transmission was complete.
    pub fn complete_at(&self, id: TransmissionId) -> Option<SystemTime> {
        self.state().claims.get(&id).map(|claim| claim.complete_at)
    }

    /// Remembers since when a reply is owed.
    pub fn time(&self, reply: String, since: SystemTime) {
        let mut state = self.state();
        if state.timed.len() < TIMED_MAX {
            state.timed.insert(reply, since);
        }
    }

    pub fn timed(&self, reply: &str) -> Option<SystemTime> {
        self.state().timed.remove(reply)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
