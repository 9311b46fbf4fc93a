//! Bytes at the door: kept and hashed before anything else happens, known to the database before the file moves on.

pub(super) mod closed;
pub(super) mod reception;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Gateway, ISSUE, READ};
use crate::ports::{NewJob, Note};
use crate::store::{Error, Id, Payload, Transmission, TransmissionId, TransmissionState};
use crate::transport::folder::{self, Claim, Entrance};

/// What is read into memory at the door; larger files go straight to the payloads.
const MEMORY_BYTES_MAX: u64 = 1 << 20;
/// How often a file that still grows is looked at again before it is taken as it is.
const GROWING_LOOKS_MAX: u32 = 50;

/// Why a claimed file was not received.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    /// Nothing was stored, and trying again later may help: the claim stays where it is.
    #[error(transparent)]
    Later(#[from] Error),
    /// It is no document at all: it lies in the error folder, with its reason beside it.
    #[error("{0}")]
    SetAside(String),
}

/// Takes a claimed file in. Doing it twice is doing it once: the claim's id is the transmission's.
///
/// # Errors
/// When it could not be kept now, or is no document at all.
pub async fn receive(gateway: &Gateway, claim: Claim) -> Result<(), NotReceived> {
    if claim.bytes > gateway.file_bytes_max {
        let why = format!(
            "It is {} bytes long, more than the {} that limits.file_bytes_max allows.",
            claim.bytes, gateway.file_bytes_max
        );
        return Err(set_aside(gateway, &claim, why).await);
    }
    let (payload, bytes) = match keep(gateway, &claim).await {
        Ok(kept) => kept,
        Err(Kept::Failed(error)) => return Err(error.into()),
        Err(Kept::NoDocument(why)) => return Err(set_aside(gateway, &claim, why).await),
    };
    if payload.size == 0 {
        return Err(set_aside(gateway, &claim, "The file is empty.".into()).await);
    }
    let id = TransmissionId::from_uuid(claim.id);
    let through = Through {
        id: claim.id,
        door: door(&claim),
        partner: claim.partner.clone(),
        name: folder::shown(&claim.name),
        payload,
        once: None,
        notes: Vec::new(),
        is_to_be_sent: claim.entrance == Entrance::Send,
    };
    gateway.fresh.add_claim(claim);
    match know(gateway, through, bytes).await {
        Ok(Known::New) => Ok(()),
        Ok(Known::Already | Known::Again(_)) => resume(gateway, id).await.map_err(NotReceived::Later),
        Err(error) => {
            gateway.fresh.take_claim(id);
            Err(error.into())
        }
    }
}

/// Kept bytes that came through any door.
#[derive(Clone, Debug)]
pub(super) struct Through {
    /// The door's own id for them, which becomes the transmission's.
    pub id: Uuid,
    pub door: String,
    pub partner: Option<String>,
    pub name: String,
    pub payload: Payload,
    pub once: Option<Note>,
    pub notes: Vec<Note>,
    /// A canonical document to go out, not one that came in.
    pub is_to_be_sent: bool,
}

/// The door behind which lies what is to go out.
pub const SEND: &str = "send";

/// What the database says of bytes at a door.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known {
    New,
    /// This very arrival was known before.
    Already,
    /// Another one had its key, and this is what was noted then.
    Again(Value),
}

/// Makes an arrival known, with what its door wants remembered and the job that reads it, in one unit. `bytes` spare that
/// job a look into the store.
///
/// # Errors
/// Those of the store; nothing is known then.
pub(super) async fn know(gateway: &Gateway, through: Through, bytes: Option<Vec<u8>>) -> Result<Known, Error> {
    let transmission = Transmission {
        id: Id::from_uuid(through.id),
        door: through.door,
        partner: through.partner,
        name: through.name,
        payload: through.payload.hash.clone(),
        size: through.payload.size,
        state: TransmissionState::Received,
        checkpoint: None,
        summary: json!({}),
        received_at: gateway.clock.now(),
    };
    let kind = if through.is_to_be_sent { ISSUE } else { READ };
    let job = NewJob {
        revision: Some(gateway.in_force().revision.clone()),
        ..NewJob::new(kind, transmission.id, transmission.partner.as_deref().unwrap_or_default())
    };
    let (id, name) = (transmission.id, transmission.name.clone());
    gateway.fresh.add_bytes(&through.payload.hash, bytes);
    let context = (through.payload, transmission, job, through.once, through.notes);
    let known = gateway
        .store
        .write(context, |(payload, transmission, job, once, notes), session| {
            Box::pin(async move {
                if let Some(once) = once
                    && let Some(earlier) = session.note_once(&once.scope, &once.key, &once.value).await?
                {
                    return Ok(Known::Again(earlier));
                }
                session.add_payload(payload).await?;
                if !session.add_transmission(transmission).await? {
                    return Ok(Known::Already);
                }
                for note in notes {
                    session.set_note(&note.scope, &note.key, &note.value).await?;
                }
                session.enqueue(vec![job.clone()]).await?;
                Ok(Known::New)
            })
        })
        .await?;
    if known == Known::New {
        metrics::counter!("entrepot_files_received_total").increment(1);
        tracing::debug!(transmission = %id, name, "received");
    }
    Ok(known)
}

/// The transmission was known before the last stop: where it has been read already, its file goes its way now.
async fn resume(gateway: &Gateway, id: TransmissionId) -> Result<(), Error> {
    let transmission = gateway.store.view().await?.transmission(id).await?;
    match transmission.state {
        TransmissionState::Received | TransmissionState::Reading => {}
        TransmissionState::Done => gateway.file_away(id, None),
        TransmissionState::Held => {
            let why = transmission.summary.get("held").and_then(|why| why.as_str()).unwrap_or("It is held.");
            gateway.file_away(id, Some(why.to_owned()));
        }
    }
    Ok(())
}

/// `folder:in/acme`: which door, and whose.
fn door(claim: &Claim) -> String {
    let partner = claim.partner.as_deref().map(|partner| format!("/{partner}")).unwrap_or_default();
    format!("folder:{}{partner}", claim.entrance.name())
}

enum Kept {
    Failed(Error),
    NoDocument(String),
}

impl From<Error> for Kept {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The bytes as a payload, and in memory where they are few.
async fn keep(gateway: &Gateway, claim: &Claim) -> Result<(Payload, Option<Vec<u8>>), Kept> {
    let wrong = |error: io::Error| match error.kind() {
        io::ErrorKind::InvalidInput => Kept::NoDocument(format!("It is {error}, and is not opened.")),
        _ => Kept::Failed(Error::file(&claim.path, error)),
    };
    if claim.bytes > MEMORY_BYTES_MAX {
        rested(&claim.path).await;
        let file = folder::read(&claim.path).map_err(wrong)?;
        return Ok((gateway.store.keep_from(file).await?, None));
    }
    let mut looks = 0;
    loop {
        let (bytes, changed) = claim.contents().map_err(wrong)?;
        looks += 1;
        if changed && looks < GROWING_LOOKS_MAX {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        }
        let payload = gateway.store.keep(bytes.clone()).await?;
        return Ok((payload, Some(bytes)));
    }
}

/// Waits until a large file has stopped growing: its writer may hold it open under its new name.
async fn rested(path: &Path) {
    let size = || fs::symlink_metadata(path).map_or(0, |file| file.len());
    let mut latest = size();
    for _ in 0..GROWING_LOOKS_MAX {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = size();
        if now == latest {
            return;
        }
        latest = now;
    }
}

async fn set_aside(gateway: &Gateway, claim: &Claim, why: String) -> NotReceived {
    let (layout, moved, words) = (gateway.layout.clone(), claim.clone(), why.clone());
    let outcome = tokio::task::spawn_blocking(move || folder::set_aside(&layout, &moved, &words)).await;
    metrics::counter!("entrepot_files_set_aside_total").increment(1);
    match outcome {
        Ok(Ok(path)) => tracing::warn!(path = folder::shown(path.as_os_str()), why, "set aside"),
        Ok(Err(error)) => tracing::error!(path = folder::shown(claim.path.as_os_str()), %error, "cannot be set aside"),
        Err(error) => tracing::error!(%error, "cannot be set aside"),
    }
    NotReceived::SetAside(why)
}
