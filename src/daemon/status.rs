//! What the gateway says about itself over HTTP: alive, ready, and its counters. It knows no documents.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Whether the gateway takes files, and what troubles it. Cloned to whoever has something to say.
#[derive(Clone, Debug, Default)]
pub struct Health {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    started: AtomicBool,
    troubles: Mutex<BTreeMap<&'static str, String>>,
    warnings: Mutex<BTreeMap<&'static str, String>>,
}

impl Health {
    /// Everything that must run runs; or, with `false`, it is being stopped.
    pub fn set_started(&self, started: bool) {
        self.shared.started.store(started, Ordering::Release);
    }

    /// Says that a part cannot do its work now, in words for the operator.
    pub fn trouble(&self, part: &'static str, words: impl Into<String>) {
        self.troubles().insert(part, words.into());
    }

    /// Says what an operator should see to while the gateway goes on with its work.
    pub fn warn(&self, part: &'static str, words: impl Into<String>) {
        self.warnings().insert(part, words.into());
        metrics::gauge!("entrepot_warnings", "part" => part).set(1.0);
    }

    /// The part works again, and nothing is to be said of it.
    pub fn well(&self, part: &'static str) {
        self.troubles().remove(part);
        if self.warnings().remove(part).is_some() {
            metrics::gauge!("entrepot_warnings", "part" => part).set(0.0);
        }
    }

    /// `Ok` when ready, with what an operator should see to; else what is in the way, one line each.
    ///
    /// # Errors
    /// The reasons why it is not ready.
    pub fn ready(&self) -> Result<String, String> {
        if !self.shared.started.load(Ordering::Acquire) {
            return Err("starting or stopping\n".into());
        }
        let troubles = self.troubles();
        if troubles.is_empty() {
            let warnings = self.warnings();
            return Ok(warnings.iter().map(|(part, words)| format!("warning: {part}: {words}\n")).collect());
        }
        Err(troubles.iter().map(|(part, words)| format!("{part}: {words}\n")).collect())
    }

    fn troubles(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, String>> {
        self.shared.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn warnings(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, String>> {
        self.shared.warnings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The process's one recorder of counters; installing it twice gives the same one.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
    RECORDER
        .get_or_init(|| {
            let builder = PrometheusBuilder::new().set_buckets(&seconds).ok()?;
            builder.install_recorder().inspect_err(|error| tracing::warn!(%error, "no counters")).ok()
        })
        .as_ref()
}

/// `/`, `/healthz`, `/readyz` and `/metrics`. Nothing here asks who is calling: settings keep it to loopback.
pub fn routes(health: Health) -> Router {
    Router::new()
        .route("/", get(|| async { HERE }))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(counters))
        .with_state(health)
}

/// What is here, for whoever looks with a browser.
const HERE: &str = "\
Entrepot, how the gateway does:
  /healthz   whether the process is alive
  /readyz    whether it takes and sends, and what is in the way where it does not
  /metrics   counters, for Prometheus
";

async fn readiness(State(health): State<Health>) -> Response {
    match health.ready() {
        Ok(warnings) => format!("ready\n{warnings}").into_response(),
        Err(words) => (StatusCode::SERVICE_UNAVAILABLE, words).into_response(),
    }
}

async fn counters() -> Response {
    let Some(recorder) = recorder() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], recorder.render()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_says_what_is_in_the_way() {
        let health = Health::default();
        assert!(health.ready().is_err());
        health.set_started(true);
        health.trouble("disk", "no space left");
        assert_eq!(health.ready(), Err("disk: no space left\n".into()));
        health.well("disk");
        assert_eq!(health.ready(), Ok(String::new()));
        // What does not keep it from its work takes it out of no load balancer.
        health.warn("settings", "a.toml: `nam` is not a key");
        assert_eq!(health.ready(), Ok("warning: settings: a.toml: `nam` is not a key\n".into()));
        health.well("settings");
        assert_eq!(health.ready(), Ok(String::new()));
    }
}
