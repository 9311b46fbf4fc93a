//! Downloads: what waits for a partner is listed and fetched, and leaves for the archive when the partner says so.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::Door;
use super::answer::Problem;
use crate::transport::folder;

pub(super) async fn list(State(door): State<Arc<Door>>, headers: HeaderMap) -> Result<Json<Value>, Problem> {
    let (folder, _) = places(&door, &headers).await?;
    let mut files: Vec<(String, Metadata)> = Vec::new();
    // A partner without files may have no folder yet.
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        // Whatever is being written has another name until it is whole.
        if let (false, Some(name), Ok(file)) = (folder::is_temporary(&name), name.to_str(), entry.metadata())
            && file.is_file()
        {
            files.push((name.to_owned(), file));
        }
    }
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    let files: Vec<Value> = files
        .iter()
        .map(|(name, file)| json!({"name": name, "bytes": file.len(), "since": since(file), "etag": etag(file)}))
        .collect();
    Ok(Json(json!({ "files": files })))
}

pub(super) async fn fetch(
    State(door): State<Arc<Door>>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (folder, _) = places(&door, &headers).await?;
    let path = folder.join(plain(&name)?);
    let file = folder::read(&path).map_err(|error| not_there(&error))?;
    let about = file.metadata().map_err(|error| not_there(&error))?;
    let etag = etag(&about);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let body = Body::from_stream(ReaderStream::with_capacity(tokio::fs::File::from_std(file), 64 << 10));
    let mut response = body.into_response();
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    set.insert(header::CONTENT_LENGTH, about.len().into());
    set.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (key, value) in [(header::ETAG, etag), (header::CONTENT_DISPOSITION, disposition(&name))] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            set.insert(key, value);
        }
    }
    Ok(response)
}

/// The partner holds the file: it leaves for the archive. Saying so twice is saying it once.
pub(super) async fn confirm(
    State(door): State<Arc<Door>>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let (folder, archive) = places(&door, &headers).await?;
    let name = plain(&name)?;
    match moved(&folder.join(name), &archive, name) {
        Ok(()) => {
            tracing::info!(path = folder::shown(folder.join(name).as_os_str()), "fetched");
            metrics::counter!("entrepot_http_fetched_total").increment(1);
            Ok(StatusCode::NO_CONTENT)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && archive.join(name).is_file() => {
            Ok(StatusCode::NO_CONTENT)
        }
        Err(error) => Err(not_there(&error)),
    }
}

/// The folder that waits for whoever knocks, and where its files go once they were fetched.
async fn places(door: &Door, headers: &HeaderMap) -> Result<(PathBuf, PathBuf), Problem> {
    let visitor = door.access.visitor(headers).await?;
    let Some(folder) = visitor.folder else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "your documents leave by another way, as agreed"));
    };
    Ok((door.folders.out.join(folder), door.folders.fetched.join(visitor.partner)))
}

/// A name that can only mean a file directly in the folder.
fn plain(name: &str) -> Result<&str, Problem> {
    if name.is_empty() || name.contains(['/', '\\', '\0']) || folder::is_temporary(name.as_ref()) {
        return Err(Problem::new(StatusCode::NOT_FOUND, "there is no such file"));
    }
    Ok(name)
}

fn moved(from: &Path, archive: &Path, name: &str) -> io::Result<()> {
    if !fs::symlink_metadata(from)?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    fs::create_dir_all(archive)?;
    let to = archive.join(name);
    // The same name again does not overwrite what was fetched before.
    let to = if to.exists() { archive.join(format!("{}.{name}", Uuid::now_v7().simple())) } else { to };
    fs::rename(from, to)
}

fn not_there(error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::InvalidInput => {
            Problem::new(StatusCode::NOT_FOUND, "there is no such file")
        }
        _ => {
            tracing::error!(%error, "a file cannot be handed out");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "it cannot be read now: try again later")
        }
    }
}

/// Changes whenever the file is another one.
fn etag(file: &Metadata) -> String {
    format!("\"{:x}-{:x}-{:x}{:x}\"", file.ino(), file.len(), file.mtime(), file.mtime_nsec())
}

fn since(file: &Metadata) -> String {
    let seconds = file.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |at| at.as_secs());
    Timestamp::from_second(i64::try_from(seconds).unwrap_or(0)).unwrap_or_default().to_string()
}

/// `attachment; filename*=UTF-8''...` (RFC 6266).
fn disposition(name: &str) -> String {
    let encoded: String = name
        .bytes()
        .map(|byte| {
            let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            if is_plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        })
        .collect();
    format!("attachment; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names() {
        for (name, is_plain) in [
            ("a.edi", true),
            ("über 1.edi", true),
            ("", false),
            ("..", false),
            (".hidden", false),
            ("a/b", false),
            ("../a", false),
            ("a\\b", false),
            ("a.edi.tmp", false),
        ] {
            assert_eq!(plain(name).is_ok(), is_plain, "{name}");
        }
        assert_eq!(disposition("ü 1.edi"), "attachment; filename*=UTF-8''%C3%BC%201.edi");
    }

    #[test]
    fn what_was_fetched_is_not_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let archive = root.path().join("archive");
        for text in ["one", "two"] {
            fs::write(root.path().join("a.edi"), text).unwrap();
            moved(&root.path().join("a.edi"), &archive, "a.edi").unwrap();
        }
        assert_eq!(fs::read_to_string(archive.join("a.edi")).unwrap(), "one");
        assert_eq!(fs::read_dir(&archive).unwrap().count(), 2);
        assert!(moved(&root.path().join("a.edi"), &archive, "a.edi").is_err());
    }
}
