//! Uploads: kept in memory while they are small, in the spool when they are not, and answered when the gateway has them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use axum::Json;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use super::Door;
use super::answer::Problem;
use crate::ports::{Arrival, Content, Note, Taken};
use crate::trace;
use crate::transport::patience::Patience;

/// Up to here an upload stays in memory.
const MEMORY_BYTES_MAX: usize = 1 << 20;
/// What is remembered under an idempotency key.
const KEYS: &str = "http-drop";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

pub(super) async fn named(
    State(door): State<Arc<Door>>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    trace::within(parent(&headers), take(&door, &name, &headers, body)).await
}

pub(super) async fn nameless(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    trace::within(parent(&headers), take(&door, "", &headers, body)).await
}

fn parent(headers: &HeaderMap) -> Option<String> {
    trace::parent(headers.get(trace::HEADER)?.to_str().ok()?)
}

async fn take(door: &Door, name: &str, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    let visitor = door.access.visitor(headers).await?;
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let key = text(&IDEMPOTENCY_KEY);
    if key.is_some_and(|key| key.is_empty() || key.len() > 255) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "Idempotency-Key has 1 to 255 printable characters"));
    }
    if text(&header::CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "no Content-Encoding is taken: send the bytes as they are",
        ));
    }
    let length = text(&header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > door.body_bytes_max) {
        return Err(too_large(door));
    }
    let id = Uuid::now_v7();
    let upload = Upload::receive(door, id, body.into_data_stream()).await?;
    if upload.bytes == 0 {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "the body is empty"));
    }
    if let Some(expected) = text(&CONTENT_DIGEST)
        && !agrees(expected, &upload.sha256)
    {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "the bytes are not those that Content-Digest names"));
    }
    let name = safe(name, id);
    let hash: String = upload.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let answer = json!({"id": id, "name": name, "bytes": upload.bytes, "sha256": hash});
    let arrival = Arrival {
        id,
        door: "http".into(),
        partner: (!visitor.carries_others).then(|| visitor.partner.clone()),
        name,
        content: upload.content(),
        once: key.map(|key| Note::new(KEYS, format!("{}|{key}", visitor.partner), answer.clone())),
        notes: Vec::new(),
    };
    let taken = door.reception.take(arrival).await?;
    let answered = |answer: &Value| (StatusCode::CREATED, Json(answer.clone())).into_response();
    match taken {
        Taken::New => {
            tracing::info!(partner = visitor.partner, %id, "uploaded");
            metrics::counter!("entrepot_http_uploads_total").increment(1);
            Ok(answered(&answer))
        }
        Taken::Again(first) if first["sha256"] == answer["sha256"] => {
            let mut response = answered(&first);
            response.headers_mut().insert(REPLAYED, header::HeaderValue::from_static("true"));
            Ok(response)
        }
        Taken::Again(_) => {
            let words = "this Idempotency-Key was used for other bytes: take a new one for each document";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, words))
        }
    }
}

/// The bytes of an upload, and its file as long as it lives.
struct Upload {
    memory: Vec<u8>,
    file: Option<PathBuf>,
    bytes: u64,
    sha256: [u8; 32],
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = fs::remove_file(file);
        }
    }
}

impl Upload {
    async fn receive(door: &Door, id: Uuid, mut body: BodyDataStream) -> Result<Self, Problem> {
        let mut upload = Self { memory: Vec::new(), file: None, bytes: 0, sha256: [0; 32] };
        let mut hasher = Sha256::new();
        let mut spool = None;
        let mut patience = Patience::new(door.patience);
        loop {
            let silent = || Problem::new(StatusCode::REQUEST_TIMEOUT, "the upload stands still");
            let chunk = match patience.wait(body.next()).await.ok_or_else(silent)? {
                None => break,
                Some(Ok(chunk)) => chunk,
                Some(Err(_)) => return Err(Problem::new(StatusCode::BAD_REQUEST, "the upload is not whole")),
            };
            patience.came(chunk.len());
            upload.bytes += chunk.len() as u64;
            if upload.bytes > door.body_bytes_max {
                return Err(too_large(door));
            }
            hasher.update(&chunk);
            if spool.is_none() && upload.memory.len() + chunk.len() > MEMORY_BYTES_MAX {
                let path = door.folders.spool.join(id.to_string());
                let mut file = tokio::fs::File::create(&path).await.map_err(|error| no_room(&error))?;
                upload.file = Some(path);
                file.write_all(&std::mem::take(&mut upload.memory)).await.map_err(|error| no_room(&error))?;
                spool = Some(file);
            }
            match &mut spool {
                Some(file) => file.write_all(&chunk).await.map_err(|error| no_room(&error))?,
                None => upload.memory.extend_from_slice(&chunk),
            }
        }
        if let Some(mut file) = spool {
            file.flush().await.map_err(|error| no_room(&error))?;
        }
        upload.sha256 = hasher.finalize().into();
        Ok(upload)
    }

    /// The taker only reads: the file goes away with this upload.
    fn content(&self) -> Content {
        match &self.file {
            Some(file) => Content::File(file.clone()),
            None => Content::Bytes(self.memory.clone()),
        }
    }
}

/// Makes the spool, and removes what uploads left in it that a stop cut off: nobody was told that they were taken.
pub(super) fn clear_spool(spool: &Path) -> io::Result<()> {
    fs::create_dir_all(spool)?;
    for entry in fs::read_dir(spool)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

/// `sha-256=:BASE64:` (RFC 9530), among others that are not asked for.
fn agrees(expected: &str, sha256: &[u8; 32]) -> bool {
    expected.split(',').filter_map(|one| one.trim().strip_prefix("sha-256=")).all(|value| {
        let value = value.trim().trim_matches(':');
        STANDARD.decode(value).is_ok_and(|digest| digest == sha256)
    })
}

/// A name that is no path and hides nothing.
fn safe(name: &str, id: Uuid) -> String {
    let kept: String =
        name.chars().map(|c| if c.is_control() || "/\\".contains(c) { '_' } else { c }).take(200).collect();
    let kept = kept.trim().trim_start_matches('.');
    if kept.is_empty() { format!("upload-{id}") } else { kept.to_owned() }
}

fn too_large(door: &Door) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {} bytes are taken", door.body_bytes_max))
}

fn no_room(error: &io::Error) -> Problem {
    tracing::error!(%error, "an upload cannot be spooled");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "it cannot be kept now: try again later")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_digests() {
        let id = Uuid::nil();
        for (name, expected) in [
            ("order 1.edi", "order 1.edi"),
            ("../../etc/passwd", "_.._etc_passwd"),
            (".hidden", "hidden"),
            ("a\nb", "a_b"),
            ("", "upload-00000000-0000-0000-0000-000000000000"),
        ] {
            assert_eq!(safe(name, id), expected);
        }
        let digest: [u8; 32] = Sha256::digest(b"x").into();
        let right = format!("sha-256=:{}:", STANDARD.encode(digest));
        assert!(agrees(&right, &digest) && agrees(&format!("sha-512=:AA==:, {right}"), &digest));
        assert!(!agrees("sha-256=:AAAA:", &digest) && !agrees(&format!("{right}, sha-256=:AAAA:"), &digest));
    }
}
