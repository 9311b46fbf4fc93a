//! A gateway of one's own for a test: a data folder, partners, and the real program as a process that can be killed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder with settings, partners and data; it goes away with the test.
pub struct House {
    pub root: tempfile::TempDir,
    port: u16,
    /// Of another gateway that shares the folder and the database.
    other_port: u16,
}

/// The running program.
pub struct Running {
    child: Child,
    port: u16,
}

impl House {
    /// `database` is a URL, or nothing for SQLite in the data folder.
    pub fn new(database: Option<&str>) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let house = Self { root, port: free_port(), other_port: free_port() };
        let database = database.map(|url| format!("database = \"{url}\"\n")).unwrap_or_default();
        for (file, port) in [(house.settings(), house.port), (house.other_settings(), house.other_port)] {
            let settings = format!(
                "data = \"{}\"\ncatalogue = \"{}\"\nstatus = \"127.0.0.1:{port}\"\n{database}",
                house.data().display(),
                house.root.path().join("catalogue").display(),
            );
            fs::write(file, settings).expect("settings");
        }
        house.write("catalogue/partners/us.toml", US);
        house.write("catalogue/partners/acme.toml", ACME);
        house.write("catalogue/partners/nordwind.toml", NORDWIND);
        house
    }

    pub fn settings(&self) -> PathBuf {
        self.root.path().join("entrepot.toml")
    }

    fn other_settings(&self) -> PathBuf {
        self.root.path().join("other.toml")
    }

    /// Where the API and the status are answered.
    pub fn address(&self) -> std::net::SocketAddr {
        std::net::SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Writes a file below the house, making its folders.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Lets a file appear in a folder as careful partners do: written under another name, then renamed.
    pub fn drop_file(&self, folder: &str, name: &str, text: &str) {
        let folder = self.data().join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        let temporary = folder.join(format!(".{name}"));
        fs::write(&temporary, text).expect("a file");
        fs::rename(temporary, folder.join(name)).expect("a rename");
    }

    /// Starts the program and waits until it is ready.
    pub fn start(&self) -> Running {
        let mut running = self.launch();
        running.wait_until_ready();
        running
    }

    /// Starts the program and does not wait.
    pub fn launch(&self) -> Running {
        self.launch_with(&self.settings(), self.port)
    }

    /// The same for a second gateway on the same folder and database.
    pub fn launch_other(&self) -> Running {
        self.launch_with(&self.other_settings(), self.other_port)
    }

    fn launch_with(&self, settings: &Path, port: u16) -> Running {
        let log = fs::File::options().create(true).append(true).open(self.root.path().join("log")).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_entrepot"))
            .args(["run", "--config"])
            .arg(settings)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        Running { child, port }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.root.path().join("log")).unwrap_or_default()
    }

    /// Every file below a folder of the data folder, by its path from there.
    pub fn files(&self, folder: &str) -> BTreeMap<String, String> {
        let root = self.data().join(folder);
        let mut found = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                    let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
                    found.insert(name, String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned());
                }
            }
        }
        found
    }

    /// How many files of this size there are anywhere in the data folder.
    pub fn files_of_size(&self, bytes: u64) -> usize {
        let (mut count, mut folders) = (0, vec![self.data()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.metadata() {
                    Ok(file) if file.is_dir() => folders.push(entry.path()),
                    Ok(file) => count += usize::from(file.len() == bytes),
                    Err(_) => {}
                }
            }
        }
        count
    }

    /// Where everything stands, for a test that fails: how many files lie where, and what the log complains about.
    pub fn state(&self) -> String {
        let folders = ["in", "work", "archive", "error", "out", "outbox"];
        let counts = folders.map(|folder| format!("{folder} {}", self.files(folder).len())).join(", ");
        let log = self.log();
        let complaints: Vec<&str> =
            log.lines().filter(|line| ["WARN", "ERROR", "panicked"].iter().any(|word| line.contains(word))).collect();
        let shown = complaints.iter().rev().take(20).rev().copied().collect::<Vec<_>>().join("\n");
        let latest = log.lines().rev().take(8).collect::<Vec<_>>().join("\n");
        if std::env::var_os("ENTREPOT_KEEP").is_some() {
            let kept = std::env::temp_dir().join(format!("entrepot-kept-{}", std::process::id()));
            let _ = Command::new("cp").arg("-a").arg(self.root.path()).arg(&kept).status();
        }
        format!("{counts}; complaints:\n{shown}\nthe log ends:\n{latest}")
    }

    /// Waits until a folder holds so many files, and answers them.
    ///
    /// # Panics
    /// When none came for so long: how long all of them take is the machine's business. The log is part of the message.
    pub fn wait_for_files(&self, folder: &str, count: usize, patience: Duration) -> BTreeMap<String, String> {
        let (mut latest, mut started) = (0, Instant::now());
        loop {
            let files = self.files(folder);
            if files.len() >= count {
                return files;
            }
            if files.len() > latest {
                (latest, started) = (files.len(), Instant::now());
            }
            assert!(started.elapsed() < patience, "{} of {count} files in {folder}; {}", files.len(), self.state());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Running {
    pub fn wait_until_ready(&mut self) {
        let started = Instant::now();
        while !self.get("/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the program ended: {status}");
            }
            assert!(started.elapsed() < Duration::from_secs(30), "the program does not become ready");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The whole HTTP answer of the status page.
    pub fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// kill -9: no chance to say goodbye.
    pub fn kill(&mut self) {
        self.child.kill().expect("the program can be killed");
        self.child.wait().expect("the program ends");
    }

    /// The most memory that it ever had resident.
    pub fn resident_max_mb(&self) -> u64 {
        resident_max_mb(&self.child.id().to_string())
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let status = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(status.success());
        self.child.wait().expect("the program ends")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The most memory that a process ever had resident, in megabytes, as the kernel counts it.
pub fn resident_max_mb(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.split_whitespace().next().and_then(|word| word.parse::<u64>().ok()).expect("kilobytes") / 1024
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Whether a path lies where this test may work as root and mount a small disk.
#[allow(dead_code, reason = "used by the test with a full disk")]
pub fn is_root() -> bool {
    fs::metadata(Path::new("/proc/self")).is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n[edifact]\nid = \"HOUSE:14\"\n";
const ACME: &str = "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n";
const NORDWIND: &str = "name = \"Nordwind\"\n[edifact]\nid = \"NORDWIND:14\"\n[acknowledge]\ncontrl = \"result\"\n";
