//! The whole gateway against its disk: documents inside interchanges, one-document files, latency, start, memory.
//!
//! `cargo bench --bench daemon`. The real program runs as a process on SQLite (`synchronous=FULL`) or, with
//! `ENTREPOT_BENCH_DATABASE=postgres://...`, on PostgreSQL. Every figure stands beside an fdatasync loop of the same run.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use notify::{EventKind, RecursiveMode, Watcher as _};

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    let syncs = fdatasync_per_second();
    println!("fdatasync of 4 KiB appended: {syncs:.0}/s");
    // Folders are removed at the end: for a minute ext4 looks for places that are not those of files just deleted.
    let mut used = Vec::new();
    if wants("start") {
        used.push(start());
    }
    if wants("interchanges") {
        used.push(interchanges(syncs));
    }
    if wants("files") {
        used.push(files(syncs));
    }
    if wants("latency") {
        used.push(latency());
    }
}

/// The anchor: what the disk gives when one writer appends and syncs.
fn fdatasync_per_second() -> f64 {
    let folder = base();
    let mut file = File::create(folder.path().join("anchor")).expect("a file");
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(2) {
        file.write_all(&[0x55; 4096]).expect("a write");
        file.sync_data().expect("a sync");
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

fn start() -> Gateway {
    let mut times = Vec::new();
    let gateway = Gateway::new();
    for _ in 0..7 {
        let (running, took) = gateway.start();
        times.push(took);
        running.stop();
    }
    times.sort();
    println!("start to ready: median {:?}, worst {:?}", times[times.len() / 2], times[times.len() - 1]);
    let (running, _) = gateway.start();
    std::thread::sleep(Duration::from_secs(2));
    println!("idle: {:.1} MB resident", running.resident_mb());
    running.stop();
    gateway
}

fn interchanges(syncs: f64) -> Gateway {
    let (count, sets) = (number("ENTREPOT_BENCH_INTERCHANGES", 8), number("ENTREPOT_BENCH_SETS", 5_000));
    let gateway = Gateway::new();
    let (running, _) = gateway.start();
    let staged: Vec<PathBuf> = (1..=count).map(|control| gateway.stage(&interchange(control, sets))).collect();
    let began = Instant::now();
    for (number, path) in staged.iter().enumerate() {
        gateway.arrive(path, &format!("big-{number}.edi"));
    }
    let documents = u64::from(count) * u64::from(sets);
    gateway.wait_for("outbox", documents as usize);
    gateway.wait_for("out/acme", count as usize);
    let rate = documents as f64 / began.elapsed().as_secs_f64();
    println!(
        "documents inside interchanges: {rate:.0}/s ({documents} in {:.1} s), {:.2} per fdatasync, {:.0} MB resident",
        began.elapsed().as_secs_f64(),
        rate / syncs,
        running.resident_mb()
    );
    running.stop();
    gateway
}

fn files(syncs: f64) -> Gateway {
    let count = number("ENTREPOT_BENCH_FILES", 5_000);
    let gateway = Gateway::new();
    let (running, _) = gateway.start();
    let staged: Vec<PathBuf> = (1..=count).map(|control| gateway.stage(&interchange(control, 1))).collect();
    let began = Instant::now();
    for (number, path) in staged.iter().enumerate() {
        gateway.arrive(path, &format!("order-{number}.edi"));
    }
    gateway.wait_for("outbox", count as usize);
    gateway.wait_for("out/acme", count as usize);
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    println!(
        "one-document files: {rate:.0}/s ({count} in {:.1} s), {:.2} per fdatasync, {:.0} MB resident",
        began.elapsed().as_secs_f64(),
        rate / syncs,
        running.resident_mb()
    );
    running.stop();
    gateway
}

/// A hundred files a second: from the rename that completes the file to the rename that completes its 997.
fn latency() -> Gateway {
    let seconds = number("ENTREPOT_BENCH_SECONDS", 10);
    let gateway = Gateway::new();
    let (running, _) = gateway.start();
    let out = gateway.data().join("out/acme");
    let (sender, answers) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_answer = |event: &notify::Event| {
            matches!(event.kind, EventKind::Modify(notify::event::ModifyKind::Name(notify::event::RenameMode::To)))
        };
        if let Ok(event) = event.as_ref()
            && is_answer(event)
        {
            let _ = sender.send((Instant::now(), event.paths[0].clone()));
        }
    })
    .expect("a watcher");
    watcher.watch(&out, RecursiveMode::NonRecursive).expect("a watched folder");
    let count = seconds * 100;
    let staged: Vec<PathBuf> = (1..=count).map(|control| gateway.stage(&interchange(control, 1))).collect();
    let began = Instant::now();
    let mut arrived = Vec::new();
    for (number, path) in staged.iter().enumerate() {
        let due = Duration::from_millis(10) * u32::try_from(number).unwrap_or(u32::MAX);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        arrived.push(Instant::now());
        gateway.arrive(path, &format!("order-{number}.edi"));
    }
    let mut took = Vec::new();
    for _ in 0..count {
        let Ok((at, path)) = answers.recv_timeout(Duration::from_secs(20)) else { break };
        let text = fs::read_to_string(path).unwrap_or_default();
        let control =
            text.split("AK1*PO*").nth(1).and_then(|rest| rest.split(['*', '~']).next()?.parse::<usize>().ok());
        if let Some(arrived) = control.and_then(|control| arrived.get(control - 1)) {
            took.push(at.duration_since(*arrived));
        }
    }
    took.sort();
    let at = |share: f64| took.get(((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1)));
    println!(
        "file complete to 997 in place at 100 files/s: p50 {:?}, p99 {:?}, worst {:?} ({} answers)",
        at(0.5).copied().unwrap_or_default(),
        at(0.99).copied().unwrap_or_default(),
        at(1.0).copied().unwrap_or_default(),
        took.len()
    );
    // The daemon's own measure ends only when the name is durable too.
    for line in running.get("/metrics").lines().filter(|line| line.starts_with("entrepot_answer_seconds_bucket")) {
        println!("  {line}");
    }
    running.stop();
    gateway
}

struct Gateway {
    root: tempfile::TempDir,
    port: u16,
}

struct Running {
    child: Child,
    port: u16,
}

impl Gateway {
    fn new() -> Self {
        let root = base();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let gateway = Self { root, port };
        let database = std::env::var("ENTREPOT_BENCH_DATABASE").map(|url| format!("database = \"{url}\"\n"));
        let settings = format!(
            "data = \"{}\"\ncatalogue = \"{}\"\nstatus = \"127.0.0.1:{port}\"\n{}",
            gateway.data().display(),
            gateway.root.path().join("catalogue").display(),
            database.unwrap_or_default()
        );
        fs::write(gateway.root.path().join("entrepot.toml"), settings).expect("settings");
        let partners = gateway.root.path().join("catalogue/partners");
        fs::create_dir_all(&partners).expect("a folder");
        fs::write(partners.join("us.toml"), US).expect("ourselves");
        fs::write(partners.join("acme.toml"), ACME).expect("a partner");
        fs::create_dir_all(gateway.root.path().join("staged")).expect("a folder");
        gateway
    }

    fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Starts the program; how long it took until it told its supervisor that it is ready.
    fn start(&self) -> (Running, Duration) {
        let socket = self.root.path().join("notify");
        let _ = fs::remove_file(&socket);
        let supervisor = UnixDatagram::bind(&socket).expect("a socket");
        supervisor.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        let log = File::options().create(true).append(true).open(self.root.path().join("log")).expect("a log");
        let began = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_entrepot"))
            .args(["run", "--config"])
            .arg(self.root.path().join("entrepot.toml"))
            .env("NOTIFY_SOCKET", &socket)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut told = [0; 1024];
        loop {
            let length = supervisor.recv(&mut told).expect("the program becomes ready");
            if told[..length].starts_with(b"READY=1") {
                break;
            }
        }
        (Running { child, port: self.port }, began.elapsed())
    }

    /// Writes a file beside the data folder, on the same filesystem.
    fn stage(&self, text: &str) -> PathBuf {
        let path = self.root.path().join("staged").join(uuid::Uuid::now_v7().to_string());
        fs::write(&path, text).expect("a file");
        path
    }

    fn arrive(&self, staged: &Path, name: &str) {
        fs::rename(staged, self.data().join("in/acme").join(name)).expect("a rename");
    }

    fn wait_for(&self, folder: &str, count: usize) {
        let folder = self.data().join(folder);
        let began = Instant::now();
        let hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
        loop {
            let names = fs::read_dir(&folder).into_iter().flatten().flatten();
            let found = names.filter(|entry| !hidden(&entry.file_name())).count();
            if found >= count {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(300), "{found} of {count} in {}", folder.display());
            // Listing thousands of names is work too, and not the program's.
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Running {
    fn resident_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1000.0
    }

    fn get(&self, path: &str) -> String {
        let mut text = String::new();
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let _ = stream.read_to_string(&mut text);
        }
        text
    }

    fn stop(mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Where the disk is: a temporary folder in memory would measure nothing.
fn base() -> tempfile::TempDir {
    let folder = std::env::var_os("ENTREPOT_BENCH_FOLDER").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::fs::create_dir_all(&folder).expect("a folder");
    let folder = folder.canonicalize().unwrap_or(folder);
    tempfile::Builder::new().prefix("bench-daemon-").tempdir_in(folder).expect("a folder")
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Orders of about 2.6 KB each, twenty lines, as trade has them.
fn interchange(control: u32, sets: u32) -> String {
    // Wanted soon: an order for days gone by would be held.
    let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let [ordered, shipped, wanted] =
        [0, 8, 14].map(|days| (today + jiff::ToSpan::days(days)).strftime("%Y%m%d").to_string());
    let short = &ordered[2..];
    let mut text = format!(
        "ISA*00*          *00*          *ZZ*ACME           *ZZ*HOUSE          *{short}*1030*U*00401*{control:09}*0*P*>~\
         GS*PO*ACME*HOUSE*{ordered}*1030*{control}*X*004010~"
    );
    for set in 1..=sets {
        let _ = write!(
            text,
            "ST*850*{set:04}~BEG*00*SA*PO-{control}-{set}**{ordered}~CUR*BY*USD~REF*DP*042~REF*IA*123456~\
             PER*BD*JANE DOE*TE*5551234567~ITD*01*3*2**30**31~DTM*002*{wanted}~DTM*010*{shipped}~\
             N1*BY*BUYER CORPORATION*92*00042~N3*12 MAIN STREET~N4*SPRINGFIELD*IL*62701*US~\
             N1*ST*DISTRIBUTION CENTER 7*92*00007~N3*1 DOCK ROAD~N4*COLUMBUS*OH*43004*US~"
        );
        for line in 1..=20 {
            // No two orders ask for the same goods.
            let quantity = 1 + (line * 37 + set * 101 + control * 1009) % 99_991;
            let _ = write!(
                text,
                "PO1*{line}*{quantity}*EA*{}.{:02}*PE*BP*B{:07}*UP*{:012}*VN*SKU-{line:06}~\
                 PID*F****HEX BOLT ZINC 10MM STEEL~REF*CO*{:08}~",
                1 + line * 3,
                line % 100,
                line * 7919,
                u64::from(line) * 1_000_003,
                line * 31337
            );
        }
        let _ = write!(text, "CTT*20~SE*77*{set:04}~");
    }
    let _ = write!(text, "GE*{sets}*{control}~IEA*1*{control:09}~");
    text
}

const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n";
const ACME: &str = "name = \"Acme\"\n[x12]\nid = \"ZZ:ACME\"\n";
