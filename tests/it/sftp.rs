//! The SFTP door with real peers: OpenSSH's `sftp` and `scp` against our server, as partners use them.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use entrepot::config::{FolderSettings, Settings, SftpSettings};
use entrepot::daemon::Daemon;

use crate::disk::Disk;
use crate::support::left_out;
use crate::trade::{orders_x12, tagged};

const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n";

/// A gateway in this process with one partner, `acme`, who has a key.
pub struct House {
    pub root: tempfile::TempDir,
    daemon: Option<Daemon>,
    pub address: SocketAddr,
}

impl House {
    /// `terms` are lines of the partner's `[sftp]`. `None` where this machine has no OpenSSH.
    pub async fn start(test: &str, terms: &str) -> Option<Self> {
        let mut house = Self::prepare(test, terms)?;
        house.open().await;
        Some(house)
    }

    /// The same, and not opened yet.
    fn prepare(test: &str, terms: &str) -> Option<Self> {
        if !has_openssh() {
            left_out(test, "OpenSSH's sftp is not installed (Debian: apt install openssh-client)");
            return None;
        }
        let root = tempfile::tempdir().unwrap();
        for key in ["acme_key", "stranger_key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(root.path().join(key))
                .status()
                .unwrap();
            assert!(made.success());
        }
        let key = fs::read_to_string(root.path().join("acme_key.pub")).unwrap();
        let acme = format!(
            "name = \"Acme\"\n[x12]\nid = \"ZZ:ACME\"\n[sftp]\n{terms}\n[sftp.keys.office]\nkey = \"{}\"\n",
            key.trim()
        );
        fs::create_dir_all(root.path().join("catalogue/partners")).unwrap();
        fs::write(root.path().join("catalogue/partners/us.toml"), US).unwrap();
        fs::write(root.path().join("catalogue/partners/acme.toml"), acme).unwrap();
        Some(Self { root, daemon: None, address: "127.0.0.1:0".parse().unwrap() })
    }

    /// Starts the daemon, again or for the first time, on a port of its own.
    async fn open(&mut self) {
        let settings = Settings {
            data: self.data(),
            catalogue: Some(self.root.path().join("catalogue")),
            status: None,
            folder: FolderSettings { poll: Duration::from_millis(100), ..Settings::default().folder },
            sftp: SftpSettings { listen: Some("127.0.0.1:0".parse().unwrap()), ..Settings::default().sftp },
            ..Settings::default()
        };
        let daemon = Daemon::start(settings).await.unwrap();
        self.address = daemon.sftp().unwrap();
        self.daemon = Some(daemon);
        let public = fs::read_to_string(self.data().join("host-keys/ssh_host_ed25519_key.pub")).unwrap();
        let known = format!("[127.0.0.1]:{} {public}", self.address.port());
        fs::write(self.root.path().join("known_hosts"), known).unwrap();
    }

    pub async fn close(&mut self) {
        self.daemon.take().unwrap().stop().await;
    }

    fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub fn local(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn options(&self, key: &str) -> Vec<String> {
        let path = |name: &str| self.root.path().join(name).display().to_string();
        let mut options = vec!["-i".into(), path(key)];
        for option in [
            "BatchMode=yes".to_owned(),
            "IdentitiesOnly=yes".to_owned(),
            "StrictHostKeyChecking=yes".to_owned(),
            format!("UserKnownHostsFile={}", path("known_hosts")),
        ] {
            options.extend(["-o".to_owned(), option]);
        }
        options
    }

    /// Runs a batch of `sftp` commands; one that fails ends it.
    pub async fn sftp(&self, key: &str, batch: &str) -> Output {
        let mut command = Command::new("sftp");
        command.args(["-b", "-", "-P", &self.address.port().to_string()]).args(self.options(key)).arg("acme@127.0.0.1");
        run(command.current_dir(self.root.path()), batch).await
    }

    pub async fn scp(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("scp");
        command.args(["-P", &self.address.port().to_string()]).args(self.options("acme_key")).args(arguments);
        run(command.current_dir(self.root.path()), "").await
    }

    pub async fn ssh(&self, command_line: &[&str]) -> Output {
        let mut command = Command::new("ssh");
        command.args(["-p", &self.address.port().to_string()]).args(self.options("acme_key")).arg("acme@127.0.0.1");
        run(command.args(command_line), "").await
    }

    pub fn files(&self, folder: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(self.data().join(folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_file() && !name.starts_with('.') {
                found.insert(name, fs::read_to_string(entry.path()).unwrap());
            }
        }
        found
    }

    pub async fn wait_for(&self, folder: &str, count: usize) -> BTreeMap<String, String> {
        let began = Instant::now();
        loop {
            let files = self.files(folder);
            if files.len() >= count {
                return files;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{} of {count} in {folder}", files.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn has_openssh() -> bool {
    ["sftp", "scp", "ssh-keygen"].iter().all(|program| {
        std::env::var_os("PATH").iter().flat_map(std::env::split_paths).any(|folder| folder.join(program).exists())
    })
}

/// Runs a program with this on its standard input, without keeping the gateway in this process from working.
async fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_in_and_its_answer_is_fetched() {
    let Some(mut house) = House::start("sftp: an order goes in", "").await else { return };
    house.local("order.edi", &orders_x12("ACME", "HOUSE", 7, 2));
    let output = house.sftp("acme_key", "put order.edi in/order.edi\nls -l in\n").await;
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("order.edi"), "what was just put is listed: {}", said(&output));
    let answers = house.wait_for("out/acme", 1).await;
    let (name, answer) = answers.first_key_value().unwrap();
    assert_eq!(tagged(answer, "AK9"), [["AK9", "A", "2", "2", "2"]]);
    let output = house.sftp("acme_key", &format!("ls out\nget out/{name} fetched.edi\nls archive\n")).await;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(&fs::read_to_string(house.root.path().join("fetched.edi")).unwrap(), answer);
    assert!(house.files("out/acme").is_empty(), "it was fetched");
    assert_eq!(&house.files("archive/out/acme")[name], answer);
    assert!(
        said(&output).lines().any(|line| line.contains("archive") && line.contains(name.as_str())),
        "{}",
        said(&output)
    );
    house.close().await;
}

/// Clients set dates and modes behind the upload, and look at the size, though the file may be taken already.
#[tokio::test(flavor = "multi_thread")]
async fn what_clients_do_behind_an_upload_works() {
    let Some(mut house) = House::start("sftp: after an upload", "").await else { return };
    let order = orders_x12("ACME", "HOUSE", 13, 3);
    house.local("order.edi", &order);
    let output = house.sftp("acme_key", "put -p order.edi in/order.edi\nchmod 644 in/order.edi\nls -l in\n").await;
    assert!(output.status.success(), "{}", said(&output));
    house.wait_for("out/acme", 1).await;
    let output = house.sftp("acme_key", "chmod 600 in/order.edi\nls -l in\n").await;
    assert!(output.status.success(), "{}", said(&output));
    // Nine words, as those clients want it that read listings: the fifth is the size.
    let said = said(&output);
    let line = said.lines().find(|line| line.ends_with(" order.edi")).unwrap_or_else(|| panic!("{said}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((words.len(), words[4]), (9, &*order.len().to_string()), "{line}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_sees_its_own_folders_and_nothing_else() {
    let Some(mut house) = House::start("sftp: virtual root", "").await else { return };
    let output = house.sftp("acme_key", "pwd\nls -1 /\nls -1 /../../..\n").await;
    assert!(output.status.success(), "{}", said(&output));
    for name in ["in", "out", "archive", "error"] {
        let shown = said(&output).lines().filter(|line| line.rsplit('/').next() == Some(name)).count();
        assert_eq!(shown, 2, "{}", said(&output));
    }
    house.local("x.edi", "x");
    for refused in [
        "get /etc/passwd",
        "get /in/../../etc/passwd",
        "put x.edi out/x.edi",
        "put x.edi archive/x.edi",
        "put x.edi x.edi",
        "put x.edi /in/../../x.edi",
        "mkdir in/new",
        "rmdir in",
        "rm archive/x",
        "symlink /etc/passwd in/link",
        "ln x.edi in/link",
    ] {
        let output = house.sftp("acme_key", &format!("{refused}\n")).await;
        assert!(!output.status.success(), "{refused}: {}", said(&output));
    }
    for folder in ["", "in", "in/acme", "out/acme", "archive/out/acme"] {
        assert!(!house.data().join(folder).join("x.edi").exists(), "{folder}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_when_it_is_renamed_into_place() {
    let Some(mut house) = House::start("sftp: temporary names", "temporary = \".octransfer\"").await else { return };
    house.local("order.edi", &orders_x12("ACME", "HOUSE", 8, 1));
    for (control, temporary) in [(8, "order.edi.filepart"), (9, "order.ocTransfer"), (10, ".order.edi")] {
        house.local("order.edi", &orders_x12("ACME", "HOUSE", control, 1));
        let output = house.sftp("acme_key", &format!("put order.edi in/{temporary}\nls -la in\n")).await;
        assert!(said(&output).contains(temporary), "{}", said(&output));
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(house.files("archive/acme").len() < control as usize - 7, "it is not meant yet");
        let output = house.sftp("acme_key", &format!("rename in/{temporary} in/order-{control}.edi\n")).await;
        assert!(output.status.success(), "{}", said(&output));
        house.wait_for("out/acme", control as usize - 7).await;
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_upload_waits_for_its_rest_also_across_a_restart() {
    let Some(mut house) = House::start("sftp: resumed uploads", "").await else { return };
    let whole = orders_x12("ACME", "HOUSE", 11, 40);
    house.local("order.edi", &whole[..whole.len() / 2]);
    let output = house.sftp("acme_key", "put order.edi in/order.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(house.files("out/acme").is_empty(), "a CLOSE does not mean that it is whole");
    house.close().await;
    house.open().await;
    house.local("order.edi", &whole);
    let output = house.sftp("acme_key", "ls -l in\nreput order.edi in/order.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    let answers = house.wait_for("out/acme", 1).await;
    assert_eq!(tagged(answers.values().next().unwrap(), "AK9"), [["AK9", "A", "40", "40", "40"]]);
    assert_eq!(house.wait_for("archive/acme", 1).await["order.edi"], whole);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_truncated_is_put_aside_and_both_sides_see_why() {
    let Some(mut house) = House::start("sftp: truncated uploads", "hold = \"2s\"").await else { return };
    let whole = orders_x12("ACME", "HOUSE", 12, 2);
    house.local("order.edi", &whole[..whole.len() - 20]);
    let output = house.sftp("acme_key", "put order.edi in/order.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    let aside = house.wait_for("error/acme", 2).await;
    assert!(aside["order.edi.error.txt"].contains("is truncated"), "{aside:?}");
    let output = house.sftp("acme_key", "get error/order.edi.error.txt why.txt\n").await;
    assert!(output.status.success(), "{}", said(&output));
    assert!(fs::read_to_string(house.root.path().join("why.txt")).unwrap().contains("Send the whole file again"));
    let daemon = house.daemon.as_ref().unwrap();
    let held = daemon.gateway().store.view().await.unwrap().open_holds(10).await.unwrap();
    assert!(
        held.iter().any(|hold| hold.fault == "upload-truncated" && hold.partner.as_deref() == Some("acme")),
        "{held:?}"
    );
    assert!(house.files("out/acme").is_empty());
    house.close().await;
}

/// The connection is cut while bytes flow, again and again, at whatever byte that is; the partner resumes.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_again_and_again_arrives_whole_and_once() {
    let Some(mut house) = House::start("sftp: cut connections", "").await else { return };
    let whole = orders_x12("ACME", "HOUSE", 13, 3000);
    let path = house.local("order.edi", &whole);
    for after in [300, 350, 420, 500] {
        let mut command = Command::new("sftp");
        command.args(["-l", "4000", "-b", "-", "-P", &house.address.port().to_string()]);
        command.args(house.options("acme_key")).arg("acme@127.0.0.1").current_dir(house.root.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), house.put_or_resume().as_bytes()).unwrap();
        tokio::time::sleep(Duration::from_millis(after)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(house.files("out/acme").is_empty());
    let output = house.sftp("acme_key", house.put_or_resume()).await;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(house.wait_for("archive/acme", 1).await["order.edi"], fs::read_to_string(path).unwrap());
    let answers = house.wait_for("out/acme", 1).await;
    assert_eq!(tagged(answers.values().next().unwrap(), "AK9"), [["AK9", "A", "3000", "3000", "3000"]]);
    assert_eq!(house.files("archive/acme").len(), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_in() {
    let hash = argon2_of("correct horse");
    let Some(mut house) = House::start("sftp: logins", &format!("password_argon2 = \"{hash}\"")).await else { return };
    assert!(house.sftp("acme_key", "ls\n").await.status.success());
    let output = house.sftp("stranger_key", "ls\n").await;
    assert!(said(&output).contains("Permission denied"), "{}", said(&output));
    for (password, expected) in [("correct horse", true), ("wrong horse", false)] {
        for method in ["password", "keyboard-interactive"] {
            let output = house.with_password(password, method).await;
            assert_eq!(output.status.success(), expected, "{method} {password}: {}", said(&output));
        }
    }
    // Each refused dialogue counts; the door closes for a while, for the right password too.
    let mut refused = 0;
    while refused < 8 && house.with_password("guess", "password").await.status.code() == Some(255) {
        refused += 1;
    }
    let output = house.sftp("acme_key", "ls\n").await;
    assert!(!output.status.success(), "after many failures this address must wait");
    house.close().await;
    house.terms("[sftp]\nnetworks = \"192.0.2.0/24\"");
    house.open().await;
    assert!(!house.sftp("acme_key", "ls\n").await.status.success(), "not from this address");
    house.close().await;
    house.terms("[sftp]");
    house.append("until = \"2020-12-31\"");
    house.open().await;
    assert!(!house.sftp("acme_key", "ls\n").await.status.success(), "the key's time is over");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scp_goes_both_ways() {
    let Some(mut house) = House::start("sftp: scp", "").await else { return };
    house.local("order.edi", &orders_x12("ACME", "HOUSE", 14, 1));
    // With SFTP inside, as today, and by the protocol of before OpenSSH 9.
    for (control, old) in [(14, &[][..]), (34, &["-O"][..])] {
        house.local("order.edi", &orders_x12("ACME", "HOUSE", control, 1));
        let output = house.scp(&[old, &["-p", "order.edi", "acme@127.0.0.1:in/"]].concat()).await;
        assert!(output.status.success(), "{}", said(&output));
        let answers = house.wait_for("out/acme", 1).await;
        let output = house.scp(&[old, &["acme@127.0.0.1:out/*", "."]].concat()).await;
        assert!(output.status.success(), "{}", said(&output));
        let (name, answer) = answers.first_key_value().unwrap();
        assert_eq!(&fs::read_to_string(house.root.path().join(name)).unwrap(), answer);
        assert!(house.files("out/acme").is_empty());
        for refused in [["order.edi", "acme@127.0.0.1:out/"], ["acme@127.0.0.1:/etc/passwd", "."]] {
            let output = house.scp(&[old, &refused].concat()).await;
            assert!(!output.status.success(), "{refused:?}: {}", said(&output));
        }
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_meet_what_is_too_large_and_too_many() {
    let Some(mut house) = House::start("sftp: limits", "file_bytes_max = \"64 kB\"\nsessions_max = 2").await else {
        return;
    };
    house.local("large.edi", &"x".repeat(70_000));
    let output = house.sftp("acme_key", "put large.edi in/large.edi\n").await;
    assert!(!output.status.success() && said(&output).to_lowercase().contains("fail"), "{}", said(&output));
    let mut held: Vec<_> = (0..2).map(|_| house.hold_open()).collect();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let output = house.sftp("acme_key", "ls\n").await;
    assert!(said(&output).contains("more than the 2 connections agreed"), "{}", said(&output));
    held.iter_mut().for_each(|child| {
        child.kill().unwrap();
        child.wait().unwrap();
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(house.sftp("acme_key", "ls\n").await.status.success(), "places are given back");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_lies_and_crowds_do_not_keep_others_out() {
    let Some(mut house) = House::start("sftp: garbage and crowds", "").await else { return };
    // A crowd that says nothing, from another address of this machine.
    let mut crowd = Vec::new();
    for _ in 0..1000 {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        crowd.push(socket.connect(house.address).await.unwrap());
    }
    // Garbage instead of SSH.
    for seed in 0..20u8 {
        let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
        let garbage: Vec<u8> = (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8 ^ seed).collect();
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &garbage).await;
    }
    assert!(house.sftp("acme_key", "ls\n").await.status.success());
    // Lies in the length of an SFTP packet, and kinds that there are none of.
    for packet in
        [&b"\xff\xff\xff\xff"[..], b"\0\0\0\0", b"\0\0\0\x05\x01\0\0\0\x03\x7f\xff\xff\xff", b"\0\0\0\x05\x63abcd"]
    {
        let mut command = Command::new("ssh");
        command.args(["-s", "-p", &house.address.port().to_string()]).args(house.options("acme_key"));
        command.args(["acme@127.0.0.1", "sftp"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), packet).unwrap();
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        assert!(output.stdout.len() < 200, "{packet:?}");
    }
    // Neither a shell nor a tunnel.
    for command in ["id", "scp -f /etc/passwd"] {
        let mut ssh = Command::new("ssh");
        ssh.args(["-p", &house.address.port().to_string()]).args(house.options("acme_key"));
        let output = run(ssh.args(["acme@127.0.0.1", command]), "").await;
        assert!(!said(&output).contains("root:") && !said(&output).contains("uid="), "{command}: {}", said(&output));
    }
    house.local("order.edi", &orders_x12("ACME", "HOUSE", 15, 1));
    assert!(house.sftp("acme_key", "put order.edi in/order.edi\n").await.status.success());
    house.wait_for("out/acme", 1).await;
    drop(crowd);
    house.close().await;
}

/// Nothing is acknowledged that the disk did not take, and nothing is lost that was acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let Some(mut house) = House::prepare("sftp: full disk", "") else { return };
    let disk = match Disk::mount(&house.data(), 48 << 20) {
        Ok(disk) => disk,
        Err(why) => return left_out("sftp: full disk", &why),
    };
    house.open().await;
    house.local("large.edi", &"x".repeat(64 << 20));
    let output = house.sftp("acme_key", "put large.edi in/large.edi\n").await;
    assert!(!output.status.success(), "{}", said(&output));
    assert!(house.sftp("acme_key", "rm in/large.edi\n").await.status.success());
    disk.fill();
    house.local("order.edi", &orders_x12("ACME", "HOUSE", 17, 1));
    let output = house.sftp("acme_key", "put order.edi in/order.edi\n").await;
    assert!(!output.status.success(), "{}", said(&output));
    disk.empty();
    let output = house.sftp("acme_key", "put order.edi in/order.edi\n").await;
    assert!(output.status.success(), "{}", said(&output));
    house.wait_for("out/acme", 1).await;
    house.close().await;
}

/// paramiko writes in any order, leaves holes, and asks for sizes behind our back.
#[tokio::test(flavor = "multi_thread")]
async fn paramiko_writes_out_of_order() {
    let Some(python) = paramiko() else {
        return left_out("sftp: paramiko", "paramiko is not installed (PyPI; tests/run does)");
    };
    let Some(mut house) = House::start("sftp: paramiko", "").await else { return };
    house.local("order.edi", &orders_x12("ACME", "HOUSE", 16, 30));
    house.local("partner.py", PARAMIKO);
    let mut command = Command::new(python);
    command.arg("partner.py").arg(house.address.port().to_string()).current_dir(house.root.path());
    let output = run(&mut command, "").await;
    assert!(output.status.success(), "{}", said(&output));
    let answers = house.wait_for("out/acme", 1).await;
    assert_eq!(tagged(answers.values().next().unwrap(), "AK9"), [["AK9", "A", "30", "30", "30"]]);
    assert_eq!(house.wait_for("archive/acme", 1).await.len(), 1, "the one with a hole was not taken");
    house.close().await;
}

const PARAMIKO: &str = r#"
import sys, paramiko
transport = paramiko.Transport(("127.0.0.1", int(sys.argv[1])))
transport.connect(username="acme", pkey=paramiko.Ed25519Key(filename="acme_key"))
sftp = paramiko.SFTPClient.from_transport(transport)
data = open("order.edi", "rb").read()
pieces = [(at, data[at:at + 1000]) for at in range(0, len(data), 1000)]
# The last piece first: its end looks whole, and there is a hole before it.
hole = sftp.open("in/hole.edi", "wb")
hole.seek(pieces[-1][0]); hole.write(pieces[-1][1])
hole.close()
assert sftp.stat("in/hole.edi").st_size == len(data)
try:
    sftp.rename("in/hole.edi", "in/hole2.edi")
    raise SystemExit("a file with a hole was renamed into place")
except IOError as error:
    assert "hole" in str(error), error
whole = sftp.open("in/whole.edi", "wb")
for at, piece in reversed(pieces):
    whole.seek(at); whole.write(piece)
whole.close()
assert sftp.stat("in/whole.edi").st_size == len(data)
sftp.utime("in/whole.edi", (1, 1))
try:
    sftp.remove("in/whole.edi")
    raise SystemExit("what was taken cannot be withdrawn")
except IOError as error:
    assert "taken" in str(error), error
sftp.remove("in/hole.edi")
assert sftp.normalize("out/..") == "/"
assert sorted(sftp.listdir("/")) == ["archive", "error", "in", "out"]
"#;

fn paramiko() -> Option<PathBuf> {
    let python =
        std::env::var_os("ENTREPOT_PEERS").map_or_else(|| PathBuf::from("target/peers/bin/python"), PathBuf::from);
    let python = if python.is_absolute() { python } else { PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(python) };
    let has = Command::new(&python).args(["-c", "import paramiko"]).stderr(Stdio::null()).status();
    has.is_ok_and(|status| status.success()).then_some(python)
}

/// As `entrepot partner password` makes it, with less work: tests log in often.
fn argon2_of(password: &str) -> String {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::SaltString};
    let salt = SaltString::from_b64("c29tZXNhbHQ").unwrap();
    let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
    cheap.hash_password(password.as_bytes(), &salt).unwrap().to_string()
}

impl House {
    /// OpenSSH resumes only what is there.
    fn put_or_resume(&self) -> &'static str {
        match self.data().join("in/acme/.upload/order.edi").exists() {
            true => "reput order.edi in/order.edi\n",
            false => "put order.edi in/order.edi\n",
        }
    }

    /// Writes the partner file anew: `[sftp]` with other terms, the same key.
    fn terms(&self, table: &str) {
        let key = fs::read_to_string(self.root.path().join("acme_key.pub")).unwrap();
        let text = format!(
            "name = \"Acme\"\n[x12]\nid = \"ZZ:ACME\"\n{table}\n[sftp.keys.office]\nkey = \"{}\"\n",
            key.trim()
        );
        fs::write(self.root.path().join("catalogue/partners/acme.toml"), text).unwrap();
    }

    /// Adds a line to the key of the partner file.
    fn append(&self, line: &str) {
        let path = self.root.path().join("catalogue/partners/acme.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}{line}\n")).unwrap();
    }

    /// Logs in by password, as a person would, and lists.
    async fn with_password(&self, password: &str, method: &str) -> Output {
        let script = format!("#!/bin/sh\necho '{password}'\n");
        let ask = self.local("ask", &script);
        fs::set_permissions(&ask, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let mut command = Command::new("sftp");
        command.env("SSH_ASKPASS", &ask).env("SSH_ASKPASS_REQUIRE", "force").env("DISPLAY", "none");
        for option in [
            "PubkeyAuthentication=no".to_owned(),
            "NumberOfPasswordPrompts=1".to_owned(),
            format!("PreferredAuthentications={method}"),
            format!("UserKnownHostsFile={}", self.root.path().join("known_hosts").display()),
        ] {
            command.args(["-o", &option]);
        }
        command.args(["-P", &self.address.port().to_string(), "acme@127.0.0.1"]);
        run(&mut command, "ls\nbye\n").await
    }

    /// A session that does nothing and stays.
    fn hold_open(&self) -> std::process::Child {
        let mut command = Command::new("ssh");
        command.args(["-s", "-p", &self.address.port().to_string()]).args(self.options("acme_key"));
        command.args(["acme@127.0.0.1", "sftp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}
