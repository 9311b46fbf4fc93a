//! The stage of the demo: a fresh folder, three partners, a running daemon, and eyes on what comes out.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::config::Settings;
use crate::daemon::Daemon;
use crate::desk::output::Failure;
use crate::transport::folder::Layout;

/// Ourselves and three partners: what an administrator would write, no key more than needed.
const PARTNERS: &[(&str, &str)] = &[
    ("us", "name = \"Harbour Goods\"\n[x12]\nid = \"ZZ:HARBOURGOODS\"\n[edifact]\nid = \"5412345000013:14\"\n"),
    ("northshore", "name = \"Northshore Stores\"\n[x12]\nid = \"ZZ:NORTHSHORE\"\n"),
    (
        "mueller",
        "name = \"Müller & Söhne\"\n[edifact]\nid = \"4012345000009:14\"\n[acknowledge]\ncontrl = \"result\"\n",
    ),
    ("nordlicht", "name = \"Nordlicht Lieferant\"\n"),
];

/// How long an act waits for what it expects.
const PATIENCE: Duration = Duration::from_secs(15);

pub struct Stage {
    data: PathBuf,
    layout: Layout,
    daemon: Daemon,
    /// Files that were told already: each act looks at what is new.
    seen: Mutex<BTreeSet<PathBuf>>,
}

impl Stage {
    /// Builds the stage in a fresh folder and starts the daemon.
    pub async fn open() -> Result<Self, Failure> {
        let root = std::env::temp_dir().join(format!("entrepot-demo-{}", uuid::Uuid::now_v7().simple()));
        let partners = root.join("catalogue/partners");
        fs::create_dir_all(&partners)?;
        for (name, text) in PARTNERS {
            fs::write(partners.join(format!("{name}.toml")), text)?;
        }
        let data = root.join("data");
        let settings = Settings {
            data: data.clone(),
            catalogue: Some(root.join("catalogue")),
            status: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            ..Settings::default()
        };
        let daemon = Daemon::start(settings).await.map_err(Failure::ours)?;
        let layout = Layout::new(&data);
        Ok(Self { data, layout, daemon, seen: Mutex::default() })
    }

    pub async fn close(self) {
        self.daemon.stop().await;
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn inbox(&self) -> PathBuf {
        self.layout.inbox()
    }

    pub fn status(&self) -> Option<SocketAddr> {
        self.daemon.status()
    }

    /// Drops a file as a partner would: under a temporary name, then renamed into place.
    pub fn drop_in(&self, partner: &str, name: &str, bytes: &[u8]) -> Result<(), String> {
        self.place(&self.layout.inbox().join(partner), name, bytes)
    }

    fn place(&self, folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
        let write = || {
            fs::create_dir_all(folder)?;
            let temporary = folder.join(format!(".{name}.tmp"));
            fs::write(&temporary, bytes)?;
            fs::rename(temporary, folder.join(name))
        };
        write().map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// Waits for a new file for a partner whose name begins so, and reads it.
    pub async fn answer(&self, partner: &str, prefix: &str) -> Result<Found, String> {
        self.new_file(&self.layout.out(partner), prefix).await
    }

    /// Waits for a new canonical document whose file's name begins so, and reads it.
    pub async fn handed_on(&self, prefix: &str) -> Result<Found, String> {
        self.new_file(&self.layout.outbox(), prefix).await
    }

    /// Asks the store until it says what is expected.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Daemon) -> Option<T>) -> Result<T, String> {
        let began = Instant::now();
        loop {
            if let Some(found) = look(&self.daemon).await {
                return Ok(found);
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{what} did not happen within {} s", PATIENCE.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn new_file(&self, folder: &Path, prefix: &str) -> Result<Found, String> {
        let what = format!("a new {prefix}* in {}", folder.display());
        self.until(&what, async |_| {
            let mut seen = self.seen.lock().expect("no holder panics");
            let entries = fs::read_dir(folder).ok()?;
            let mut names: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            names.sort();
            let path = names.into_iter().find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(prefix) && !seen.contains(path)
            })?;
            let bytes = fs::read(&path).ok()?;
            seen.insert(path.clone());
            let place = path.strip_prefix(&self.data).unwrap_or(&path).display().to_string();
            Some(Found { place, bytes })
        })
        .await
    }
}

/// A file that came out, and where below the data folder.
pub struct Found {
    pub place: String,
    pub bytes: Vec<u8>,
}

impl Found {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The segments of an answer with one of these tags.
    pub fn segments(&self, tags: &[&str]) -> Vec<String> {
        self.text()
            .split(['~', '\''])
            .map(str::trim)
            .filter(|segment| tags.iter().any(|tag| segment.split(['*', '+']).next() == Some(tag)))
            .map(str::to_owned)
            .collect()
    }
}
