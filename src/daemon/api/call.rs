//! One request on its way through the API, and what is answered.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::problem::{Code, Fault, Problem};
use crate::journey::Gateway;
use crate::process::duties::Actor;
use crate::store::View;

/// Rows of a page where nothing else is asked for, and at most.
pub const PAGE: usize = 50;
pub const PAGE_MAX: usize = 500;

/// A request that is allowed and well formed.
pub struct Call {
    pub gateway: Arc<Gateway>,
    pub actor: Actor,
    /// Parts of the path by the names of the table.
    pub path: BTreeMap<String, String>,
    pub query: BTreeMap<String, String>,
    /// As its schema says; null where there is none, or it is no JSON.
    pub body: Value,
    pub bytes: Bytes,
    /// `Idempotency-Key`.
    pub key: Option<String>,
    pub if_match: Option<String>,
    /// What is asked, as one hash: what makes two requests the same.
    pub hash: String,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("actor", &self.actor.name).field("path", &self.path).finish_non_exhaustive()
    }
}

impl Call {
    pub fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    pub fn is_asked(&self, name: &str) -> bool {
        self.asked(name) == Some("true")
    }

    /// A parameter that was checked to read so.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.asked(name).and_then(|text| text.parse().ok())
    }

    pub fn limit(&self) -> usize {
        self.parsed("limit").unwrap_or(PAGE)
    }

    /// Where the page begins: what an earlier answer gave as `next`.
    ///
    /// # Errors
    /// When it is none of ours.
    pub fn cursor<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        self.asked("cursor").map(place).transpose()
    }

    /// The body as what its schema describes.
    ///
    /// # Errors
    /// When a value passes the schema and is none all the same.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        T::deserialize(&self.body).map_err(|error| Problem::new(Code::Body, error.to_string()))
    }

    pub async fn view(&self) -> Result<View, Problem> {
        Ok(self.gateway.store.view().await?)
    }
}

/// Reads a cursor.
///
/// # Errors
/// When it is none of ours.
pub fn place<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let read = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    read.ok_or_else(|| fault("?cursor", "value", "take it from `next` of the page before, as it is"))
}

/// What is answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub content: Content,
    pub etag: Option<String>,
    pub headers: Vec<(HeaderName, String)>,
}

#[derive(Debug)]
pub enum Content {
    Json(Value),
    /// What the caller has already.
    Nothing,
    /// What was refused, as it is kept.
    Problem(Value),
    /// Bytes as they came or left.
    Bytes(Vec<u8>),
    Csv(String),
}

impl Answer {
    pub fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, content: Content::Json(bare(body)), etag: None, headers: Vec::new() }
    }

    #[must_use]
    pub fn with_etag(mut self, etag: String) -> Self {
        self.etag = Some(etag);
        self
    }

    /// A page of lines of a table. The header `Entrepot-Next` is the cursor of the following one.
    pub fn csv(lines: String, next: Option<impl Serialize>) -> Self {
        let next = next.and_then(|next| serde_json::to_vec(&next).ok()).map(|next| URL_SAFE_NO_PAD.encode(next));
        let headers = next.map(|next| (HeaderName::from_static("entrepot-next"), next)).into_iter().collect();
        Self { status: StatusCode::OK, content: Content::Csv(lines), etag: None, headers }
    }

    /// A page of rows. `next` is where the following one begins, where there may be one.
    pub fn page(rows: Vec<Value>, next: Option<impl Serialize>) -> Self {
        let next = next.and_then(|next| serde_json::to_vec(&next).ok()).map(|next| URL_SAFE_NO_PAD.encode(next));
        Self::ok(json!({"items": rows, "next": next}))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.content {
            Content::Json(body) => (self.status, Json(body)).into_response(),
            Content::Nothing => self.status.into_response(),
            Content::Problem(body) => {
                let kind = [(header::CONTENT_TYPE, "application/problem+json")];
                (self.status, kind, body.to_string()).into_response()
            }
            Content::Csv(lines) => {
                let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
                (self.status, kind, lines).into_response()
            }
            Content::Bytes(bytes) => {
                let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
                (self.status, kind, bytes).into_response()
            }
        };
        let etag = self.etag.map(|etag| (header::ETAG, etag));
        for (name, value) in self.headers.into_iter().chain(etag) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A page's rows and where the next begins: `rows` were asked for with one more than `limit`.
pub fn paged<T, C>(mut rows: Vec<T>, limit: usize, place: impl Fn(&T) -> C) -> (Vec<T>, Option<C>) {
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| is_more).map(place);
    (rows, next)
}

/// The same without members that are null: what is not there is not known.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, bare(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(bare).collect()),
        other => other,
    }
}

/// A strong ETag.
pub fn quoted(revision: impl fmt::Display) -> String {
    format!("\"{revision}\"")
}

/// Whether `If-Match` has this ETag, or any.
pub fn agrees(if_match: &str, etag: &str) -> bool {
    if_match.split(',').map(str::trim).any(|one| one == "*" || one == etag)
}

/// A fault of the body beyond its schema.
pub fn fault(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Problem {
    let detail = detail.into();
    let faults = vec![Fault { pointer: pointer.into(), code, detail: detail.clone() }];
    Problem::new(Code::Unusable, detail).with(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_whether_there_is_another() {
        assert_eq!(paged(vec![1, 2, 3], 2, |row| *row), (vec![1, 2], Some(2)));
        assert_eq!(paged(vec![1, 2], 2, |row| *row), (vec![1, 2], None));
        assert_eq!(paged(Vec::<u8>::new(), 2, |row| *row), (vec![], None));
    }

    #[test]
    fn if_match_names_one_of_several_or_any() {
        for (given, expected) in [("\"5\"", true), ("*", true), ("\"4\", \"5\"", true), ("\"4\"", false), ("5", false)]
        {
            assert_eq!(agrees(given, &quoted(5)), expected, "{given}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        assert_eq!(bare(json!({"a": null, "b": [{"c": null, "d": 0}]})), json!({"b": [{"d": 0}]}));
    }
}
