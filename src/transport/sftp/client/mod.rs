//! The SFTP client: delivers to partners' servers and fetches from them. It trusts a server by its pinned host key only.

mod connect;
mod deliver;
mod examine;
mod fetch;
mod listing;
mod poll;
mod trouble;

use std::path::PathBuf;
use std::sync::Arc;

use crate::partner::sftp::Remote;

pub use deliver::Deliverer;
pub use examine::{Finding, examine};
pub use poll::Poller;

/// A partner's server as the client sees it.
#[derive(Clone, Debug)]
pub struct Neighbour {
    pub partner: String,
    pub remote: Remote,
    /// Key and password files with a relative path lie below this folder.
    pub secrets: PathBuf,
}

/// Whose servers there are, as it stands now: partner files change while the client runs.
pub type Neighbours = Arc<dyn Fn() -> Vec<Neighbour> + Send + Sync>;

/// A name inside a folder of the server.
fn within(folder: &str, name: &str) -> String {
    match folder.trim_end_matches('/') {
        "" if folder.starts_with('/') => format!("/{name}"),
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}
