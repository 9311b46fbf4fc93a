//! Müller & Söhne, who log in to our SFTP server with their key: they upload, and fetch what lies in `out/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use uuid::Uuid;

use super::memory::Memory;
use crate::daemon::neighbour;
use crate::partner::Directory;
use crate::ports::{Content, Outlet, Parcel};
use crate::transport::sftp::{Deliverer, Neighbours, Poller};

const US: &str = "harbour";

pub struct Caller {
    folder: PathBuf,
    public: String,
    memory: Arc<Memory>,
    open: std::sync::Mutex<Option<(Neighbours, Poller)>>,
}

impl Caller {
    /// Makes the caller's key.
    pub fn new(folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519)
            .map_err(|error| error.to_string())?;
        let text = key.to_openssh(LineEnding::LF).map_err(|error| error.to_string())?;
        fs::write(folder.join("id_ed25519"), text.as_bytes()).map_err(|error| error.to_string())?;
        let public = key.public_key().to_openssh().map_err(|error| error.to_string())?;
        Ok(Self { folder: folder.to_owned(), public, memory: Arc::default(), open: std::sync::Mutex::default() })
    }

    /// The public key that we get.
    pub fn public_key(&self) -> &str {
        &self.public
    }

    /// Learns where we are and by which host key we are known, and looks into `out/` every second from now on.
    pub fn agree(&self, port: u16, host_key: &str) -> Result<(), String> {
        let text = format!(
            "name = \"Harbour Goods\"\n[sftp.remote]\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"mueller\"\n\
             key_file = \"id_ed25519\"\nhost_keys = [\"{host_key}\"]\ndeliver_to = \"in\"\nfetch_from = \"out\"\n\
             every = \"1s\"\n"
        );
        let file = format!("{US}.toml");
        let read = Directory::read([(file.as_str(), text.as_str())]);
        let us = read.directory.partner(US).and_then(|us| neighbour(us, &self.folder));
        let us = us.ok_or_else(|| format!("{:?}", read.mistakes))?;
        let neighbours: Neighbours = Arc::new(move || vec![us.clone()]);
        let poller = Poller::start(neighbours.clone(), self.memory.clone(), self.folder.join("fetched"));
        *self.open.lock().expect("no holder panics") = Some((neighbours, poller));
        Ok(())
    }

    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let neighbours = self.open.lock().expect("no holder panics").as_ref().map(|(neighbours, _)| neighbours.clone());
        let deliverer = Deliverer::new(neighbours.ok_or("nothing was agreed yet")?);
        let parcel = Parcel {
            delivery: Uuid::now_v7(),
            partner: US.into(),
            file_name: name.to_owned(),
            content: Content::Bytes(bytes.to_vec()),
            attempts: 0,
        };
        deliverer.send(&parcel).await.map(drop).map_err(|failed| failed.reason)
    }

    /// What was fetched, if it came.
    pub fn fetched(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        self.memory.take_out(fits)
    }

    pub async fn close(&self) {
        let open = self.open.lock().expect("no holder panics").take();
        if let Some((_, poller)) = open {
            poller.stop(Duration::from_secs(2)).await;
        }
    }
}
