//! Northshore Stores, a buyer by AS2: signs, encrypts, wants signed receipts, and gives them.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::memory::Memory;
use crate::clock::Clock;
use crate::mistake::keys::read_keys;
use crate::partner::As2;
use crate::ports::{Content, Outlet, Parcel, Receipt};
use crate::transport::as2::certificates::{self, OURS, Wish};
use crate::transport::as2::{Agreements, Cabinet, Client, Listening, Outbox, Server, Shared};

/// How the two are called in AS2-From and AS2-To.
pub const NAMES: (&str, &str) = ("NORTHSHORE", "HARBOUR");
/// How the buyer files us.
const US: &str = "harbour";

pub struct Buyer {
    client: Client,
    memory: Arc<Memory>,
    agreed: Arc<Agreed>,
    certificate: String,
    url: String,
    stop: CancellationToken,
}

/// What the buyer agreed with us, once our address is known.
#[derive(Default)]
struct Agreed(OnceLock<As2>);

impl Agreements for Agreed {
    fn between(&self, from: &str, to: &str) -> Option<(String, As2)> {
        let as2 = self.0.get().filter(|as2| as2.id == from && as2.our_id == to)?;
        Some((US.to_owned(), as2.clone()))
    }

    fn of(&self, partner: &str) -> Option<As2> {
        self.0.get().filter(|_| partner == US).cloned()
    }
}

impl Buyer {
    /// Opens the buyer's own AS2 server on a free port. `ours` is our certificate, as the buyer got it.
    pub async fn open(folder: &Path, ours: &str, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let words = |error: std::io::Error| error.to_string();
        let certificates = folder.join("certificates");
        let (held, _) = certificates::create(&certificates, "Northshore Stores", clock.now(), 365, &Wish::default())?;
        certificates::add(&certificates, US, ours.as_bytes(), None, &Wish::default())?;
        let work = folder.join("work");
        std::fs::create_dir_all(&work).map_err(words)?;
        let (memory, agreed) = (Arc::new(Memory::default()), Arc::new(Agreed::default()));
        let shared = Arc::new(Shared::new(agreed.clone(), Cabinet::open(&certificates), memory.clone(), clock, work));
        let stop = CancellationToken::new();
        let outbox = Outbox::open(shared.clone(), &folder.join("receipts"), stop.clone()).map_err(words)?;
        let address = ([127, 0, 0, 1], 0).into();
        let listening = Listening { address, tls: None, connections_max: 100, patience: Duration::from_secs(30) };
        let server = Server::start(listening, shared.clone(), outbox, stop.clone()).await.map_err(words)?;
        Ok(Self {
            client: Client::new(shared),
            memory,
            agreed,
            certificate: held.certificate.to_pem(),
            url: format!("http://{}/as2", server.address()),
            stop,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate that we get.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Learns where we are.
    pub fn agree(&self, url: &str) {
        let (buyer, us) = NAMES;
        let text = format!("[as2]\nid = \"{us}\"\nour_id = \"{buyer}\"\nurl = \"{url}\"\nplain_http = true\n");
        let (as2, _) = read_keys("harbour.toml", &text, |mut keys| As2::read(&mut keys));
        if let Some(as2) = as2 {
            let _ = self.agreed.0.set(as2);
        }
    }

    /// Sends a document and verifies the receipt; answers what it says. The same `id` is the same message again.
    pub async fn send(&self, id: Uuid, name: &str, text: &str) -> Result<Value, String> {
        let content = Content::Bytes(text.as_bytes().to_vec());
        let parcel = Parcel { delivery: id, partner: US.into(), file_name: name.to_owned(), content, attempts: 0 };
        match self.client.send(&parcel).await {
            Ok(Receipt::Held(said) | Receipt::Awaiting { said, .. }) => Ok(said),
            Err(failed) => Err(failed.reason),
        }
    }

    /// What we sent, if it came.
    pub fn received(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        self.memory.take_out(fits)
    }
}

impl Drop for Buyer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Our own certificate, made when the demo begins: what partners get of it.
pub fn ours(folder: &Path, clock: &dyn Clock) -> Result<String, String> {
    let wish = Wish { name: Some("first".into()), ..Wish::default() };
    let (held, _) = certificates::create(folder, "Harbour Goods", clock.now(), 365, &wish)?;
    debug_assert!(folder.join(OURS).is_dir());
    Ok(held.certificate.to_pem())
}
