//! The REST API: what an ERP, a warehouse, a shop or a supplier's portal does and reads, under `/v1`.
//!
//! [`routes`] is the one list of operations: the router is made from it, and so is the OpenAPI document. A handler reads a
//! call, asks the store or hands an act to `journey`, and holds no judgement of its own.

mod act;
mod call;
mod caller;
mod components;
mod openapi;
mod passed;
mod problem;
mod rate;
mod routes;
mod schema;
mod shown;
mod table;
mod taken;

mod documents;
mod events;
mod exceptions;
mod figures;
mod files;
mod goods;
mod master;
mod matching;
mod money;
mod orders;
mod sandbox;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tracing::Instrument as _;

use self::call::{Answer, Call};
use self::problem::{Fault, Problem};
use self::rate::Rates;
use self::table::{Form, Kind, Route, Use};
use crate::config::ApiSettings;
use crate::journey::Gateway;
use crate::journey::show::asked;
use crate::process::duties::{self, Action};
use crate::store::hex;
use crate::trace;

pub use openapi::document;
pub use problem::Code;

/// What every request works with.
#[derive(Debug)]
pub struct Api {
    gateway: Arc<Gateway>,
    /// It listens on this machine only.
    is_local: bool,
    body_bytes_max: usize,
    patience: Duration,
    rates: Rates,
}

const TRACEPARENT: HeaderName = HeaderName::from_static(trace::HEADER);
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Every operation, as it is served at an address.
pub fn router(settings: &ApiSettings, address: SocketAddr, gateway: &Arc<Gateway>) -> Router {
    let api = Arc::new(Api {
        gateway: gateway.clone(),
        is_local: address.ip().is_loopback(),
        body_bytes_max: usize::try_from(settings.door.body_bytes_max).unwrap_or(usize::MAX),
        patience: settings.door.patience,
        rates: Rates::new(settings.requests_per_minute),
    });
    let mut paths: BTreeMap<&'static str, Vec<&'static Route>> = BTreeMap::new();
    for route in routes::all() {
        paths.entry(route.path).or_default().push(route);
    }
    let mut router = Router::new();
    for (path, routes) in paths {
        let allow = routes.iter().map(|route| route.way.as_str()).collect::<Vec<_>>().join(", ");
        let mut methods: MethodRouter = MethodRouter::new().fallback(move || {
            let problem = Problem::new(Code::Method, format!("here it is {allow}"));
            let allow = Some(allow.clone());
            async move { Problem { allow, ..problem } }
        });
        for route in routes {
            let api = api.clone();
            let handler = move |Path(parts): Path<HashMap<String, String>>, request: Request| async move {
                answer(&api, route, parts, request).await
            };
            methods = methods.merge(on(route.way.filter(), handler));
        }
        router = router.route(path, methods);
    }
    let nothing =
        || async { Problem::new(Code::NotFound, "there is nothing here: /v1/openapi.json says what there is") };
    router.route("/v1", axum::routing::any(nothing)).route("/v1/{*rest}", axum::routing::any(nothing))
}

impl table::Way {
    fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
        }
    }
}

async fn answer(api: &Arc<Api>, route: &'static Route, parts: HashMap<String, String>, request: Request) -> Response {
    let known = text(request.headers(), &header::IF_NONE_MATCH).map(str::to_owned);
    let parent = text(request.headers(), &TRACEPARENT).and_then(trace::parent);
    let span = match &parent {
        Some(parent) => tracing::info_span!("request", operation = route.id, traceparent = parent),
        None => tracing::Span::none(),
    };
    let mut outcome = trace::within(parent, handle(api, route, parts, request).instrument(span)).await;
    if let (Use::Read, Ok(answer), Some(known)) = (route.does, &mut outcome, known)
        && answer.etag.as_deref().is_some_and(|etag| call::agrees(&known, etag))
    {
        (answer.status, answer.content) = (StatusCode::NOT_MODIFIED, call::Content::Nothing);
    }
    let status = match &outcome {
        Ok(answer) => answer.status,
        Err(problem) => problem.code.status(),
    };
    let (operation, code) = (route.id, status.as_u16().to_string());
    metrics::counter!("entrepot_api_requests_total", "operation" => operation, "status" => code).increment(1);
    match outcome {
        Ok(answer) => answer.into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn handle(
    api: &Arc<Api>,
    route: &'static Route,
    parts: HashMap<String, String>,
    request: Request,
) -> Result<Answer, Problem> {
    if route.id == "openapi" {
        return Ok(Answer::ok(openapi::document()));
    }
    let (head, body) = request.into_parts();
    let actor = caller::caller(api, &head.headers).await?;
    // Acts are allowed where they are done: what they are for somebody's duties depends on what they are done to.
    if route.does == Use::Read {
        let denied = |denied: duties::Denied| Problem::new(Code::Forbidden, denied.to_string());
        duties::permit(&actor, Action::Read, &[]).map_err(denied)?;
    }
    api.rates.take(&actor.name)?;
    let query = query(route, head.uri.query().unwrap_or_default())?;
    there_is(api, route, &query).await?;
    let key = key(route, &head.headers)?;
    let if_match = text(&head.headers, &header::IF_MATCH);
    if if_match.is_some_and(|given| given.trim().is_empty()) {
        return Err(Problem::new(Code::Parameter, "If-Match has ETags as they were answered, or *"));
    }
    let bytes = content(api, route, &head.headers, body).await?;
    let body = read(route, &bytes)?;
    let path: BTreeMap<String, String> = parts.into_iter().collect();
    let mut hasher = Sha256::new();
    hasher.update(route.id);
    for (name, value) in path.iter().chain(&query) {
        hasher.update(format!("\0{name}\0{value}"));
    }
    hasher.update([0]);
    hasher.update(&bytes);
    let call = Call {
        gateway: api.gateway.clone(),
        actor,
        path,
        query,
        body,
        bytes,
        key,
        if_match: if_match.map(str::to_owned),
        hash: hex(&hasher.finalize()),
    };
    (route.handler)(&call).await
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// The parameters behind the question mark: those of the table and no others, each as it can be.
fn query(route: &Route, text: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut query = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let Some(parameter) = route.parameters().find(|parameter| parameter.name == name) else {
            let known: Vec<&str> = route.parameters().map(|parameter| parameter.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Problem::parameter(&name, format!("there is no such parameter here: there are {known}")));
        };
        parameter.check(&value)?;
        if query.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(Problem::parameter(&name, "it is there twice"));
        }
    }
    Ok(query)
}

/// Names behind the question mark are names of something: what nothing goes by is no empty list.
async fn there_is(api: &Api, route: &Route, query: &BTreeMap<String, String>) -> Result<(), Problem> {
    for parameter in route.parameters() {
        let Some(name) = query.get(parameter.name) else { continue };
        let wrong = match parameter.kind {
            Kind::Partner => {
                asked::partner(&mut api.gateway.store.view().await?, &api.gateway.in_force(), name).await?
            }
            Kind::Endpoint => asked::endpoint(&mut api.gateway.store.view().await?, name).await?,
            _ => None,
        };
        if let Some(wrong) = wrong {
            return Err(Problem::nothing(parameter.name, wrong));
        }
    }
    Ok(())
}

/// The name that the caller gives an act.
fn key(route: &Route, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let wanted = match route.does {
        Use::Read => return Ok(None),
        Use::Act { names_itself } => !names_itself,
    };
    match text(headers, &IDEMPOTENCY_KEY) {
        Some(key) if key.is_empty() || key.len() > 255 => {
            Err(Problem::new(Code::Parameter, "Idempotency-Key has 1 to 255 printable characters"))
        }
        None if wanted => Err(Problem::new(Code::KeyNeeded, "the header Idempotency-Key is missing")),
        key => Ok(key.map(str::to_owned)),
    }
}

/// The body's bytes, as far as there may be any.
async fn content(api: &Api, route: &Route, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let Some(form) = &route.body else { return Ok(Bytes::new()) };
    let given = text(headers, &header::CONTENT_TYPE).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if given != form.media_type() {
        return Err(Problem::new(Code::MediaType, format!("the body is {} here", form.media_type())));
    }
    if text(headers, &header::CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Problem::new(Code::MediaType, "no Content-Encoding is taken"));
    }
    let whole = tokio::time::timeout(api.patience, Limited::new(body, api.body_bytes_max).collect());
    let silent = |_| Problem::new(Code::Silent, "the body stands still");
    match whole.await.map_err(silent)? {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::new(Code::TooLarge, format!("a body has at most {} bytes", api.body_bytes_max)))
        }
        Err(_) => Err(Problem::new(Code::Json, "the body is not whole")),
    }
}

/// The body as JSON, and as its schema says.
fn read(route: &Route, bytes: &Bytes) -> Result<Value, Problem> {
    let Some(Form::Json(component)) = route.body else { return Ok(Value::Null) };
    let body: Value = serde_json::from_slice(bytes).map_err(|error| {
        let place = Fault { pointer: String::new(), code: "syntax", detail: error.to_string() };
        Problem::new(Code::Json, error.to_string()).with(vec![place])
    })?;
    let faults = schema::faults(&body, &schema::named(component), components::all());
    match faults.first() {
        None => Ok(schema::plain(body)),
        Some(first) => Err(Problem::new(Code::Body, format!("{}: {}", first.pointer, first.detail)).with(faults)),
    }
}
