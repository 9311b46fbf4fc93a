//! The HTTPS door, for partners and systems that have nothing else: `POST /drop/NAME` brings a document, `GET /out/`
//! lists what waits, `GET /out/NAME` fetches it, `DELETE /out/NAME` says that it is held on the far side.
//!
//! An upload is answered 201 when the gateway has it. The same `Idempotency-Key` again gets the first answer again, so
//! that a client whose connection broke can simply repeat itself.

mod access;
mod answer;
mod drop;
mod out;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::HttpSettings;
use crate::partner::Directory;
use crate::ports::Reception;
pub use serve::serve;

use access::Access;

/// The partners in force now: they change while the door stays open.
pub type Partners = Arc<dyn Fn() -> Arc<Directory> + Send + Sync>;

/// Where files lie that this door handles.
#[derive(Clone, Debug)]
pub struct Folders {
    /// `out/`, with a folder for each partner.
    pub out: PathBuf,
    /// Where fetched files go, with a folder for each partner.
    pub fetched: PathBuf,
    /// Uploads that are on their way and too large for memory.
    pub spool: PathBuf,
}

/// What every request works with.
struct Door {
    reception: Arc<dyn Reception>,
    access: Access,
    folders: Folders,
    body_bytes_max: u64,
    patience: Duration,
}

/// A listening door.
#[derive(Debug)]
pub struct HttpDoor {
    pub address: SocketAddr,
    connections: TaskTracker,
    stop: CancellationToken,
}

impl HttpDoor {
    /// Opens the door at `address`.
    ///
    /// # Errors
    /// When the address is taken, a certificate cannot be used, or the spool cannot be made.
    pub async fn start(
        settings: &HttpSettings,
        address: SocketAddr,
        reception: Arc<dyn Reception>,
        partners: Partners,
        folders: Folders,
    ) -> std::io::Result<Self> {
        drop::clear_spool(&folders.spool)?;
        let door = Arc::new(Door {
            reception,
            access: Access::new(partners),
            folders,
            body_bytes_max: settings.body_bytes_max,
            patience: settings.patience,
        });
        let router = Router::new()
            .route("/drop", post(drop::nameless))
            .route("/drop/", post(drop::nameless))
            .route("/drop/{name}", post(drop::named).put(drop::named))
            .route("/out", get(out::list))
            .route("/out/", get(out::list))
            .route("/out/{name}", get(out::fetch).delete(out::confirm))
            .fallback(answer::nothing_here)
            .layer(DefaultBodyLimit::disable())
            .with_state(door);
        serve::serve(settings, address, router).await
    }

    /// Takes no new requests, and waits for those that have begun.
    pub async fn stop(self, drain: Duration) {
        self.stop.cancel();
        self.connections.close();
        let _ = tokio::time::timeout(drain, self.connections.wait()).await;
    }
}
