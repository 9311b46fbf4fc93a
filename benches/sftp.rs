//! The SFTP server beside OpenSSH's own, with OpenSSH's client, on loopback, in one run: `cargo bench --bench sftp`.
//!
//! `ENTREPOT_BENCH_MEGABYTES` is the size of the file (256 without it). Our server syncs a file before it says that it is
//! closed, OpenSSH's does not; the figures contain that.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use entrepot::config::{Settings, SftpSettings};
use entrepot::daemon::Daemon;

const ROUNDS: usize = 5;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if !Path::new("/usr/sbin/sshd").exists() {
        return println!("left out: OpenSSH's server is not installed");
    }
    let megabytes = std::env::var("ENTREPOT_BENCH_MEGABYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(256);
    let place = Place::new(megabytes);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let daemon = runtime.block_on(Daemon::start(place.settings())).expect("the gateway starts");
    let ours = daemon.sftp().expect("an address");
    let sshd = place.sshd();
    let before = resident_kib();
    for (what, batch) in [("put", "put large theirs-in\n"), ("get", "get theirs-out fetched\n")] {
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let own = batch.replace("theirs-in", &format!("in/{round}.part")).replace("theirs-out", "out/large");
            here.push(place.timed("partner", ours, &own));
            there.push(place.timed(&place.user, sshd.address, &batch.replace("theirs-", &place.path("sshd-"))));
        }
        let (here, there) = (rate(megabytes, here), rate(megabytes, there));
        println!("{what} {megabytes} MB: {here:.0} MB/s here, {there:.0} MB/s with OpenSSH, ratio {:.2}", here / there);
    }
    println!("memory grew by {} MB while {} MB went through", (resident_kib() - before) / 1024, 10 * megabytes);
    drop(sshd);
    runtime.block_on(daemon.stop());
}

/// Megabytes a second of the median round.
fn rate(megabytes: u64, mut times: Vec<Duration>) -> f64 {
    times.sort();
    megabytes as f64 / times[times.len() / 2].as_secs_f64()
}

fn resident_kib() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

struct Place {
    root: tempfile::TempDir,
    user: String,
}

struct Sshd {
    address: SocketAddr,
    child: Child,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Place {
    fn new(megabytes: u64) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let user = Command::new("id").arg("-un").output().expect("id runs");
        let place = Self { root, user: String::from_utf8_lossy(&user.stdout).trim().to_owned() };
        for key in ["client", "host"] {
            let made =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &place.path(key)]).status();
            assert!(made.expect("ssh-keygen runs").success());
        }
        let key = fs::read_to_string(place.path("client.pub")).expect("a key");
        fs::create_dir_all(place.path("catalogue/partners")).expect("a folder");
        let partner = format!(
            "name = \"Partner\"\n[sftp]\nafter_fetch = \"keep\"\n[sftp.keys.bench]\nkey = \"{}\"\n",
            key.trim()
        );
        fs::write(place.path("catalogue/partners/partner.toml"), partner).expect("a file");
        fs::create_dir_all(place.path("data/out/partner")).expect("a folder");
        for name in ["large", "sshd-out", "data/out/partner/large"] {
            let mut file = File::create(place.path(name)).expect("a file");
            let megabyte: Vec<u8> = (0..1 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            (0..megabytes).for_each(|_| file.write_all(&megabyte).expect("room"));
        }
        place
    }

    fn path(&self, name: &str) -> String {
        self.root.path().join(name).display().to_string()
    }

    fn settings(&self) -> Settings {
        Settings {
            data: self.root.path().join("data"),
            catalogue: Some(PathBuf::from(self.path("catalogue"))),
            status: None,
            sftp: SftpSettings { listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))), ..SftpSettings::default() },
            ..Settings::default()
        }
    }

    fn sshd(&self) -> Sshd {
        let _ = fs::create_dir_all("/run/sshd");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        let configuration = format!(
            "Port {}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             PermitRootLogin yes\nUsePAM no\nSubsystem sftp internal-sftp\n",
            address.port(),
            self.path("host"),
            self.path("client.pub")
        );
        fs::write(self.path("sshd_config"), configuration).expect("a file");
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-f", &self.path("sshd_config")])
            .stdin(Stdio::null())
            .spawn()
            .expect("sshd starts");
        while TcpStream::connect(address).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Sshd { address, child }
    }

    /// How long OpenSSH's client takes for a batch, login included.
    fn timed(&self, user: &str, server: SocketAddr, batch: &str) -> Duration {
        let began = Instant::now();
        let mut child = Command::new("sftp")
            .args(["-q", "-b", "-", "-i", &self.path("client"), "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"])
            .args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["-P", &server.port().to_string(), &format!("{user}@127.0.0.1")])
            .current_dir(self.root.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("sftp starts");
        child.stdin.take().expect("a pipe").write_all(batch.as_bytes()).expect("it listens");
        assert!(child.wait().expect("it ends").success(), "{batch}");
        began.elapsed()
    }
}
