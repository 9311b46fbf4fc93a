//! Receipts that are owed to partners' URLs: one file each until the partner has it, so that a restart loses none.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::blob::Blob;
use super::client;
use super::door::{Receipt, Shared};
use super::http;

/// The first wait after a failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);
/// Tries, over about a day; then the partner will have sent its message again, and gets this receipt then.
const TRIES_MAX: u32 = 48;
/// Receipts that are posted at the same time.
const PLACES: usize = 32;

/// What is owed.
pub struct Outbox {
    shared: Arc<Shared>,
    folder: PathBuf,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Outbox {
    /// Opens the folder and takes up what an earlier run left.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(shared: Arc<Shared>, folder: &Path, stop: CancellationToken) -> io::Result<Arc<Self>> {
        fs::create_dir_all(folder)?;
        let places = Arc::new(Semaphore::new(PLACES));
        let outbox = Arc::new(Self { shared, folder: folder.to_owned(), places, stop });
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                outbox.follow(path);
            }
        }
        Ok(outbox)
    }

    /// Keeps a receipt and sees to it that it is posted.
    ///
    /// # Errors
    /// When it could not be made durable: then nothing may be said to the sender.
    pub fn put(self: &Arc<Self>, partner: &str, url: &str, receipt: &Receipt) -> io::Result<()> {
        let id = Uuid::now_v7();
        let (path, part) = (self.folder.join(format!("{id}.json")), self.folder.join(format!(".{id}.part")));
        let text = json!({"partner": partner, "url": url, "receipt": receipt.to_json()}).to_string();
        let mut file = File::create_new(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        File::open(&self.folder)?.sync_all()?;
        self.follow(path);
        Ok(())
    }

    fn follow(self: &Arc<Self>, path: PathBuf) {
        let outbox = self.clone();
        tokio::spawn(async move {
            let mut wait = FIRST_WAIT;
            for attempt in 1..=TRIES_MAX {
                match outbox.post(&path).await {
                    Ok(()) => break,
                    Err(why) => tracing::warn!(attempt, why, "as2: a receipt could not be posted"),
                }
                tokio::select! {
                    () = outbox.stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            if let Err(error) = fs::remove_file(&path) {
                tracing::error!(path = %path.display(), %error, "as2: a posted receipt stays in its folder");
            }
        });
    }

    async fn post(&self, path: &Path) -> Result<(), String> {
        let Ok(_place) = self.places.acquire().await else { return Err("stopping".into()) };
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let owed: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let field = |name: &str| owed.get(name).and_then(Value::as_str).unwrap_or_default();
        let receipt = owed.get("receipt").and_then(Receipt::of_json).ok_or("the file is damaged")?;
        let as2 = self.shared.agreements.of(field("partner")).ok_or("the agreement with this partner is gone")?;
        let target = client::target(&self.shared, &as2, field("url"))?;
        let body = Blob::from(receipt.body);
        let answer = http::post(&target, &receipt.headers, body, &self.shared.folder)
            .await
            .map_err(|error| error.to_string())?;
        if answer.status.is_success() { Ok(()) } else { Err(format!("the partner answered {}", answer.status)) }
    }
}
