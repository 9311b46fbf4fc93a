//! The SFTP client against OpenSSH's own server: deliveries, fetches, and what is said when something is wrong.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use entrepot::config::{FolderSettings, Settings};
use entrepot::daemon::{Daemon, neighbour};
use entrepot::store::Hold;
use entrepot::transport::sftp::{Finding, examine};

use crate::support::left_out;
use crate::trade::{orders_x12, tagged};

const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n";

/// OpenSSH's server on a port of its own, with a key of its own, for the user that runs the tests.
pub struct Sshd {
    root: tempfile::TempDir,
    pub port: u16,
    child: Child,
}

impl Sshd {
    /// `lines` are added to its configuration. `None` where this machine has no sshd.
    pub fn start(test: &str, lines: &str) -> Option<Self> {
        let program = Path::new("/usr/sbin/sshd");
        if !program.exists() {
            left_out(test, "OpenSSH's server is not installed (Debian: apt install openssh-server)");
            return None;
        }
        let root = tempfile::Builder::new().prefix("entrepot-sshd-").tempdir_in("/tmp").unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = |name: &str| root.path().join(name).display().to_string();
        for (name, kind) in
            [("host_ed25519", "ed25519"), ("host_rsa", "rsa"), ("our_key", "ed25519"), ("our_rsa", "rsa")]
        {
            let made = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f", &path(name)]).status();
            assert!(made.unwrap().success());
        }
        let allowed = ["our_key.pub", "our_rsa.pub"].map(|name| fs::read_to_string(root.path().join(name)).unwrap());
        fs::write(root.path().join("allowed"), allowed.concat()).unwrap();
        for folder in ["out", "in", "kept"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        // As root it wants this folder for its unprivileged half.
        let _ = fs::create_dir_all("/run/sshd");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap().port();
        let configuration = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             UsePAM no\nSubsystem sftp internal-sftp\n{lines}\n",
            path("host_ed25519"),
            path("host_rsa"),
            path("allowed")
        );
        fs::write(root.path().join("config"), configuration).unwrap();
        let log = fs::File::create(root.path().join("log")).unwrap();
        let child = Command::new(program)
            .args(["-D", "-e", "-f", &path("config")])
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let sshd = Self { root, port, child };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "{}", sshd.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(sshd)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.root.path().join("log")).unwrap_or_default()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn host_key(&self, name: &str) -> String {
        let line = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        line.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// `[sftp.remote]` that fits this server, with further lines.
    pub fn remote(&self, lines: &str) -> String {
        let defaults = [
            ("host", "\"127.0.0.1\"".to_owned()),
            ("port", self.port.to_string()),
            ("user", format!("\"{}\"", user())),
            ("key_file", format!("\"{}\"", self.path("our_key").display())),
            ("host_keys", format!("[\"{}\", \"{}\"]", self.host_key("host_ed25519"), self.host_key("host_rsa"))),
            ("every", "\"1s\"".to_owned()),
            ("timeout", "\"5s\"".to_owned()),
        ];
        let given = |key: &str| lines.lines().any(|line| line.split(['=', ' ']).next() == Some(key));
        let kept = defaults.iter().filter(|(key, _)| !given(key)).map(|(key, value)| format!("{key} = {value}\n"));
        format!("[sftp.remote]\n{}{lines}\n", kept.collect::<String>())
    }

    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

struct House {
    root: tempfile::TempDir,
    daemon: Option<Daemon>,
}

impl House {
    /// A gateway whose partner `acme` has this in its file.
    async fn start(acme: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("catalogue/partners")).unwrap();
        fs::write(root.path().join("catalogue/partners/us.toml"), US).unwrap();
        let mut house = Self { root, daemon: None };
        house.agree(acme);
        house.open().await;
        house
    }

    fn agree(&self, acme: &str) {
        let (top, tables) = acme.split_once('[').unwrap_or((acme, ""));
        let text = format!("name = \"Acme\"\n{top}\n[x12]\nid = \"ZZ:ACME\"\n[{tables}");
        fs::write(self.root.path().join("catalogue/partners/acme.toml"), text).unwrap();
    }

    async fn open(&mut self) {
        let settings = Settings {
            data: self.root.path().join("data"),
            catalogue: Some(self.root.path().join("catalogue")),
            status: None,
            folder: FolderSettings { poll: Duration::from_millis(100), ..Settings::default().folder },
            ..Settings::default()
        };
        self.daemon = Some(Daemon::start(settings).await.unwrap());
    }

    async fn close(&mut self) {
        self.daemon.take().unwrap().stop().await;
    }

    fn data(&self, path: &str) -> PathBuf {
        self.root.path().join("data").join(path)
    }
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// What a person is told first, after some looks.
async fn first_hold(house: &House) -> Hold {
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < Duration::from_secs(30), "a person is told after some looks");
        let gateway = house.daemon.as_ref().unwrap().gateway();
        let told = gateway.store.view().await.unwrap().open_holds(10).await.unwrap();
        if let Some(first) = told.into_iter().next() {
            return first;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_fetched_and_its_answer_delivered() {
    let Some(sshd) = Sshd::start("sftp client: fetch and deliver", "") else { return };
    let folders =
        format!("fetch_from = \"{}\"\ndeliver_to = \"{}\"", sshd.path("out").display(), sshd.path("in").display());
    let acme = format!("deliver_by = \"sftp\"\n{}", sshd.remote(&folders));
    fs::write(sshd.path("out/order.edi"), orders_x12("ACME", "HOUSE", 21, 2)).unwrap();
    fs::write(sshd.path("out/half.edi.tmp"), "ISA").unwrap();
    let mut house = House::start(&acme).await;
    until("the answer is delivered", || !sshd.files("in").iter().all(|name| name.ends_with(".part"))).await;
    let answers = sshd.files("in");
    let answer = fs::read_to_string(sshd.path("in").join(&answers[0])).unwrap();
    assert_eq!(tagged(&answer, "AK9"), [["AK9", "A", "2", "2", "2"]]);
    assert_eq!(sshd.files("out"), ["half.edi.tmp"], "what we hold is deleted there, what is not meant is left");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_gets_its_answers_in_order_when_it_is_back() {
    let Some(sshd) = Sshd::start("sftp client: server away", "") else { return };
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap().port();
    let deliver = format!("deliver_to = \"{}\"", sshd.path("in").display());
    let mut house =
        House::start(&format!("deliver_by = \"sftp\"\n{}", sshd.remote(&format!("{deliver}\nport = {port}")))).await;
    for control in [22, 23] {
        fs::write(house.data(&format!("in/acme/.{control}")), orders_x12("ACME", "HOUSE", control, 1)).unwrap();
        fs::rename(house.data(&format!("in/acme/.{control}")), house.data(&format!("in/acme/{control}.edi"))).unwrap();
        until("it is read", || names(&house.data("archive/acme")).contains(&format!("{control}.edi"))).await;
    }
    assert!(sshd.files("in").is_empty());
    house.close().await;
    house.agree(&format!("deliver_by = \"sftp\"\n{}", sshd.remote(&deliver)));
    house.open().await;
    until("both answers are there", || sshd.files("in").iter().filter(|name| !name.ends_with(".part")).count() == 2)
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markers_claims_and_moves() {
    let Some(sshd) = Sshd::start("sftp client: markers and claims", "") else { return };
    let lines = format!(
        "fetch_from = \"{}\"\nmarker = \".done\"\nclaim = \".taken\"\nmove_to = \"{}\"\npattern = \"*.edi\"",
        sshd.path("out").display(),
        sshd.path("kept").display()
    );
    fs::write(sshd.path("out/waits.edi"), orders_x12("ACME", "HOUSE", 24, 1)).unwrap();
    fs::write(sshd.path("out/ready.edi"), orders_x12("ACME", "HOUSE", 25, 1)).unwrap();
    fs::write(sshd.path("out/ready.edi.done"), "").unwrap();
    // As an earlier run left it: claimed, and not taken.
    fs::write(sshd.path("out/earlier.edi.taken"), orders_x12("ACME", "HOUSE", 26, 1)).unwrap();
    fs::write(sshd.path("out/readme.txt"), "not for us").unwrap();
    fs::write(sshd.path("out/readme.txt.done"), "").unwrap();
    let mut house = House::start(&sshd.remote(&lines)).await;
    until("two are taken", || sshd.files("kept") == ["earlier.edi", "ready.edi"]).await;
    until("and answered", || names(&house.data("out/acme")).len() == 2).await;
    assert_eq!(sshd.files("out"), ["readme.txt", "readme.txt.done", "waits.edi"]);
    house.close().await;
}

/// A folder that holds more than one look takes is emptied look by look, and what is not meant for us takes no room. This
/// server allows one channel at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_folder_is_fetched_look_by_look() {
    let Some(sshd) = Sshd::start("sftp client: a long folder", "MaxSessions 1") else { return };
    for number in 0..4_000 {
        fs::write(sshd.path("out").join(format!("{number:0250}")), "").unwrap();
    }
    let folder = format!("fetch_from = \"{}\"\nfiles_per_look = 3", sshd.path("out").display());
    let findings = examined(&sshd.remote(&folder)).await;
    let told = |words: &str| findings.iter().any(|finding| finding.outcome.as_ref().is_ok_and(|it| it.contains(words)));
    assert!(told("has 3 files and more"), "{findings:?}");
    for control in 30..37 {
        let order = orders_x12("ACME", "HOUSE", control, 1);
        fs::write(sshd.path("out").join(format!("{control}.edi")), order).unwrap();
    }
    let mut house = House::start(&sshd.remote(&format!("{folder}\npattern = \"*.edi\""))).await;
    until("all are answered", || names(&house.data("out/acme")).len() == 7).await;
    until("all are deleted there", || sshd.files("out").len() == 4_000).await;
    house.close().await;
}

/// Where none of the files that were heard of is whole, the others would wait for ever: a person is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_full_of_unmarked_files_is_told() {
    let Some(sshd) = Sshd::start("sftp client: unmarked files", "") else { return };
    for number in 0..50 {
        fs::write(sshd.path("out").join(format!("{number}.edi")), "ISA").unwrap();
    }
    let lines = format!("fetch_from = \"{}\"\nfiles_per_look = 3\nmarker = \".done\"", sshd.path("out").display());
    let mut house = House::start(&sshd.remote(&lines)).await;
    let told = first_hold(&house).await;
    assert_eq!(told.fault, "fetch-failed");
    assert!(told.reason.contains("holds more files than one look hears of"), "{}", told.reason);
    house.close().await;
}

/// A file that a partner writes where it lies: it is fetched when it has come to rest, and once.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_still_grows_is_left_until_it_rests() {
    let Some(sshd) = Sshd::start("sftp client: growing files", "") else { return };
    let mut house = House::start(&sshd.remote(&format!("fetch_from = \"{}\"", sshd.path("out").display()))).await;
    let order = orders_x12("ACME", "HOUSE", 28, 20);
    let mut file = fs::File::create(sshd.path("out/order.edi")).unwrap();
    for piece in order.as_bytes().chunks(order.len() / 12 + 1) {
        std::io::Write::write_all(&mut file, piece).unwrap();
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    until("it is taken", || names(&house.data("out/acme")).len() == 1).await;
    until("it is deleted there", || sshd.files("out").is_empty()).await;
    let answer = fs::read_to_string(house.data("out/acme").join(&names(&house.data("out/acme"))[0])).unwrap();
    assert_eq!(tagged(&answer, "AK9"), [["AK9", "A", "20", "20", "20"]]);
    house.close().await;
}

/// What was taken and could not be removed is not taken again, and is removed when that can be done.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_removed_is_taken_once() {
    let Some(sshd) = Sshd::start("sftp client: taken once", "") else { return };
    let lines =
        format!("fetch_from = \"{}\"\nmove_to = \"{}\"", sshd.path("out").display(), sshd.path("nowhere").display());
    fs::write(sshd.path("out/order.edi"), orders_x12("ACME", "HOUSE", 27, 1)).unwrap();
    fs::write(sshd.path("out/second.edi"), orders_x12("ACME", "HOUSE", 29, 1)).unwrap();
    let mut house = House::start(&sshd.remote(&lines)).await;
    until("the one keeps the other not away", || names(&house.data("out/acme")).len() == 2).await;
    let told = first_hold(&house).await;
    assert_eq!(told.fault, "fetch-failed", "{told:?}");
    assert!(told.reason.contains("moving") && told.reason.contains("order.edi"), "{}", told.reason);
    assert_eq!(sshd.files("out"), ["order.edi", "second.edi"]);
    fs::create_dir(sshd.path("nowhere")).unwrap();
    until("they are moved", || sshd.files("nowhere") == ["order.edi", "second.edi"]).await;
    assert_eq!(names(&house.data("out/acme")).len(), 2);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_is_wrong() {
    let Some(sshd) = Sshd::start("sftp client: doctor", "") else { return };
    let folders =
        format!("fetch_from = \"{}\"\ndeliver_to = \"{}\"", sshd.path("out").display(), sshd.path("in").display());
    let stranger = sshd.path("stranger");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", ""]).arg("-f").arg(&stranger).status();
    assert!(made.unwrap().success());
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap().port();
    for (lines, step, words) in [
        (String::new(), "", ""),
        (format!("key_file = \"{}\"", sshd.path("our_rsa").display()), "", ""),
        ("host = \"no-such-host.invalid\"".into(), "name", "cannot be resolved"),
        (format!("port = {closed}"), "port", "nothing answers at 127.0.0.1"),
        (
            format!("host_keys = \"{}\"", fingerprint(&stranger)),
            "host key",
            "which is not among `sftp.remote.host_keys`",
        ),
        (format!("key_file = \"{}\"", stranger.display()), "login", "does not let"),
        ("key_file = \"/nowhere\"".into(), "login", "/nowhere cannot be read"),
        ("fetch_from = \"/nowhere\"".into(), "fetch folder", "the folder /nowhere on the server"),
        ("deliver_to = \"/nowhere\"".into(), "deliver folder", "the folder /nowhere on the server"),
    ] {
        let own: Vec<&str> = folders.lines().filter(|line| line[..8] != *lines.get(..8).unwrap_or("")).collect();
        check(&sshd.remote(&format!("{}\n{lines}", own.join("\n"))), step, words).await;
    }
    assert!(sshd.files("in").is_empty(), "it leaves nothing behind");
    // Not SSH at all.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, b"220 mail.example ESMTP\r\n");
        }
    });
    check(&sshd.remote(&format!("port = {port}\ntimeout = \"2s\"")), "algorithms", "does not speak SSH").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_servers_need_a_word() {
    let old =
        "KexAlgorithms diffie-hellman-group14-sha1\nHostKeyAlgorithms ssh-rsa\nCiphers aes128-cbc\nMACs hmac-sha1";
    let Some(sshd) = Sshd::start("sftp client: old algorithms", old) else { return };
    check(&sshd.remote(""), "algorithms", "no kex algorithm in common; it offers diffie-hellman-group14-sha1").await;
    check(&sshd.remote("legacy = true"), "", "").await;
}

fn fingerprint(key: &Path) -> String {
    let output = Command::new("ssh-keygen").arg("-lf").arg(key.with_extension("pub")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
}

/// Examines a server by a partner file; `step` is the one that fails, or nothing.
/// What `doctor` finds.
async fn examined(remote: &str) -> Vec<Finding> {
    let text = format!("name = \"Acme\"\n{remote}");
    let read = entrepot::partner::Directory::read([("acme.toml", text.as_str())]);
    assert_eq!(read.mistakes, [], "{text}");
    examine(&neighbour(read.directory.partner("acme").unwrap(), Path::new("/")).unwrap()).await
}

async fn check(remote: &str, step: &str, words: &str) {
    let findings = examined(remote).await;
    let wrong = findings.iter().find(|finding| finding.outcome.is_err());
    match wrong {
        None => assert_eq!(step, "", "{remote}: {findings:?}"),
        Some(finding) => {
            assert_eq!(finding.step, step, "{remote}: {finding:?}");
            assert!(finding.outcome.as_ref().unwrap_err().contains(words), "{remote}: {finding:?}");
        }
    }
}
