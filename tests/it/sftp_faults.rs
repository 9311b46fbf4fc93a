//! What breaks on the way to an SFTP server and back, in both roles: nothing is lost, nothing is taken twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use entrepot::config::{FolderSettings, Settings, SftpSettings};
use entrepot::daemon::{Daemon, neighbour};
use entrepot::partner::Directory;
use entrepot::ports::{Content, Outlet as _, Parcel, Receipt, Undelivered};
use entrepot::transport::sftp::{Deliverer, HostKeys, Poller};
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh_sftp::client::SftpSession;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::as2::house::Gateway;
use crate::sftp_client::Sshd;
use crate::support::left_out;
use crate::trade::{order_number, orders_x12, tagged};
use crate::wire::{Limits, WHOLE, Wire, all};

/// A gateway whose server one partner, `acme`, logs in to, and a client of that partner's.
struct Server {
    root: tempfile::TempDir,
    daemon: Daemon,
    wire: Wire,
    client: Deliverer,
}

impl Server {
    async fn start(terms: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap();
        fs::write(root.path().join("key"), key.to_openssh(LineEnding::LF).unwrap().as_bytes()).unwrap();
        let public = key.public_key().to_openssh().unwrap();
        let partners = root.path().join("catalogue/partners");
        fs::create_dir_all(&partners).unwrap();
        fs::write(partners.join("us.toml"), "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n").unwrap();
        let acme = format!(
            "name = \"Acme\"\n[x12]\nid = \"ZZ:ACME\"\n[sftp]\n{terms}\n[sftp.keys.office]\nkey = \"{public}\"\n"
        );
        fs::write(partners.join("acme.toml"), acme).unwrap();
        let bolt = "name = \"Bolt\"\nvia = \"acme\"\n[x12]\nid = \"ZZ:BOLT\"\n";
        fs::write(partners.join("bolt.toml"), bolt).unwrap();
        let settings = Settings {
            data: root.path().join("data"),
            catalogue: Some(root.path().join("catalogue")),
            status: None,
            folder: FolderSettings { poll: Duration::from_millis(50), ..Settings::default().folder },
            sftp: SftpSettings { listen: Some("127.0.0.1:0".parse().unwrap()), ..Settings::default().sftp },
            ..Settings::default()
        };
        let daemon = Daemon::start(settings).await.unwrap();
        let wire = Wire::to(daemon.sftp().unwrap()).await;
        let remote = format!("name = \"House\"\n{}", remote(root.path(), wire.address.port(), "timeout = \"10s\""));
        let read = Directory::read([("house.toml", remote.as_str())]);
        assert_eq!(read.mistakes, []);
        let house = neighbour(read.directory.partner("house").unwrap(), root.path()).unwrap();
        Self { root, daemon, wire, client: Deliverer::new(Arc::new(move || vec![house.clone()])) }
    }

    fn path(&self, place: &str) -> PathBuf {
        self.root.path().join("data").join(place)
    }

    async fn send(&self, control: u32, attempts: u32) -> Result<Receipt, Undelivered> {
        self.send_of("ACME", control, attempts).await
    }

    async fn send_of(&self, sender: &str, control: u32, attempts: u32) -> Result<Receipt, Undelivered> {
        self.send_text(orders_x12(sender, "HOUSE", control, 1), control, attempts).await
    }

    async fn send_text(&self, order: String, control: u32, attempts: u32) -> Result<Receipt, Undelivered> {
        let parcel = Parcel {
            delivery: Uuid::now_v7(),
            partner: "house".into(),
            file_name: format!("{control}.edi"),
            content: Content::Bytes(order.into_bytes()),
            attempts,
        };
        self.client.send(&parcel).await
    }

    async fn wait_for(&self, folder: &str, count: usize) {
        let began = Instant::now();
        while files(&self.path(folder)) < count {
            assert!(began.elapsed() < Duration::from_secs(20), "{} of {count}", files(&self.path(folder)));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// `[sftp.remote]` of somebody who logs in to the server in `root` as acme.
fn remote(root: &Path, port: u16, more: &str) -> String {
    let keys = HostKeys::load(&root.join("data/host-keys")).unwrap().fingerprints();
    let key = keys.iter().find_map(|key| key.strip_prefix("ssh-ed25519 ")).unwrap();
    format!(
        "[sftp.remote]\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"acme\"\nkey_file = \"{}\"\nhost_keys = [\"{key}\"]\n\
         deliver_to = \"in\"\nfetch_from = \"out\"\nevery = \"1s\"\n{more}\n",
        root.join("key").display()
    )
}

/// Files that are not hidden.
fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().is_file() && !entry.file_name().as_encoded_bytes().starts_with(b".")).count()
}

/// Each upload is cut behind another byte of the dialogue, of the handshake as of the file, and sent again until it went
/// through.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cut_at_any_byte_of_the_dialogue_arrives_whole_and_once() {
    let server = Server::start("sessions_max = 100").await;
    server.send(1, 0).await.unwrap();
    let cuts = server.wire.cuts();
    let controls = 2..2 + cuts.len() as u32;
    server.wire.limit_each(cuts);
    let cut = all(controls.clone(), async |control| (control, server.send(control, 0).await.is_ok())).await;
    let failed: Vec<u32> = cut.iter().filter(|(_, went)| !went).map(|(control, _)| *control).collect();
    assert!(server.wire.limits_left() == 0 && failed.len() * 10 > controls.len() * 9, "{}", failed.len());
    all(failed, async |control| {
        for attempts in 1.. {
            match server.send(control, attempts).await {
                Ok(_) => return,
                Err(failed) => assert!(attempts < 20, "{}", failed.reason),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    server.wait_for("outbox", controls.end as usize - 1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut names: Vec<String> = fs::read_dir(server.path("outbox"))
        .unwrap()
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_prefix("order-")?.to_owned()))
        .collect();
    for control in 1..controls.end {
        let number = format!("{}-", order_number(control, 1));
        let before = names.len();
        names.retain(|name| !name.starts_with(&number));
        assert_eq!(before - names.len(), 1, "{number}");
    }
    assert!(names.is_empty(), "{names:?}");
    server.daemon.stop().await;
}

/// A client that takes any server for its own.
pub struct Trusting;

impl russh::client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

/// What is written ends at every byte of a file in turn, with a CLOSE or with the connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_ends_at_any_byte_is_taken_only_when_it_is_whole() {
    const FILES_OF_A_CONNECTION: usize = 20;
    let server = Server::start("").await;
    let order = orders_x12("ACME", "HOUSE", 1, 1);
    let order = order.trim_end().as_bytes();
    let key = Arc::new(russh::keys::load_secret_key(server.root.path().join("key"), None).unwrap());
    let connect = async || {
        let door = server.daemon.sftp().unwrap();
        let mut handle = russh::client::connect(Arc::default(), door, Trusting).await.unwrap();
        let key = PrivateKeyWithHashAlg::new(key.clone(), None);
        assert!(handle.authenticate_publickey("acme", key).await.unwrap().success());
        let channel = handle.channel_open_session().await.unwrap();
        channel.request_subsystem(true, "sftp").await.unwrap();
        (handle, SftpSession::new(channel.into_stream()).await.unwrap())
    };
    for ends in (0..order.len()).collect::<Vec<_>>().chunks(FILES_OF_A_CONNECTION) {
        let (handle, sftp) = connect().await;
        for &end in ends {
            let mut file = sftp.create(format!("in/{end}.edi")).await.unwrap();
            file.write_all(&order[..end]).await.unwrap();
            match end % 2 {
                0 => file.shutdown().await.unwrap(),
                _ => file.flush().await.unwrap(),
            }
        }
        drop((sftp, handle));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((files(&server.path("outbox")), files(&server.path("out/acme"))), (0, 0));
    let (_handle, sftp) = connect().await;
    let mut file = sftp.create("in/whole.edi").await.unwrap();
    file.write_all(order).await.unwrap();
    file.shutdown().await.unwrap();
    server.wait_for("outbox", 1).await;
    server.wait_for("out/acme", 1).await;
    server.daemon.stop().await;
}

/// One login that carries another partner's documents: whose they are, they say themselves.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_can_serve_two_partners() {
    let server = Server::start("after_fetch = \"keep\"").await;
    server.send_of("ACME", 1, 0).await.unwrap();
    server.send_of("BOLT", 2, 0).await.unwrap();
    server.wait_for("outbox", 2).await;
    server.wait_for("out/acme", 2).await;
    assert_eq!(files(&server.path("out/bolt")), 0);
    server.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_moves_no_more_than_its_rate() {
    // What is under way at once takes a second, which is less than the client waits for an answer.
    let server = Server::start("rate = \"100 KB\"").await;
    let orders = orders_x12("ACME", "HOUSE", 1, 1000);
    let bytes = orders.len() as f64;
    assert!(bytes > 280_000.0, "{bytes}");
    let began = Instant::now();
    server.send_text(orders, 1, 0).await.unwrap();
    // A second's worth goes at once, the rest at the rate; the last packet is not waited for.
    let least = Duration::from_secs_f64((bytes - 33_000.0) / 102_400.0 - 1.0);
    assert!(began.elapsed() >= least, "{:?}, not {least:?}", began.elapsed());
    server.wait_for("outbox", 1000).await;
    server.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_borne() {
    let server = Server::start("").await;
    server.wire.limit(Limits { pace: Some((16, Duration::from_millis(3))), ..WHOLE });
    let receipt = server.send(1, 0).await;
    assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
    server.wait_for("outbox", 1).await;
    server.daemon.stop().await;
}

/// A live sshd, cut behind every byte of the dialogue: what was fetched is ours once, whatever the server heard of it. In
/// lanes, each a folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_cut_at_any_byte_of_the_dialogue_takes_each_file_once() {
    const LANES: usize = 12;
    let Some(sshd) = Sshd::start("sftp client: cut fetches", "MaxStartups 200") else { return };
    let lane = async |lane: usize, cuts: &[Limits]| {
        let wire = Wire::to(([127, 0, 0, 1], sshd.port).into()).await;
        let folder = sshd.path("out").join(lane.to_string());
        fs::create_dir(&folder).unwrap();
        let lines = format!(
            "fetch_from = \"{}\"\nmarker = \".done\"\nport = {}\ntimeout = \"10s\"",
            folder.display(),
            wire.address.port()
        );
        let text = format!("name = \"Acme\"\n{}", sshd.remote(&lines));
        let read = Directory::read([("acme.toml", text.as_str())]);
        assert_eq!(read.mistakes, []);
        let root = tempfile::tempdir().unwrap();
        let acme = neighbour(read.directory.partner("acme").unwrap(), root.path()).unwrap();
        let gateway = Arc::new(Gateway::default());
        let watch = || {
            let acme = acme.clone();
            Poller::start(Arc::new(move || vec![acme.clone()]), gateway.clone(), root.path().join("work"))
        };
        let none_left = || fs::read_dir(&folder).unwrap().next().is_none();
        let mut control = 0;
        for cut in cuts.iter().chain([&WHOLE]) {
            control += 1;
            let name = format!("{control}.edi");
            fs::write(folder.join(&name), orders_x12("ACME", "HOUSE", control, 1)).unwrap();
            fs::write(folder.join(format!("{name}.done")), "").unwrap();
            // Cut, and then let through, so that the next cut meets a dialogue about one file.
            for limits in [*cut, WHOLE] {
                wire.limit(limits);
                let ended = wire.ended();
                let poller = watch();
                if limits.up < usize::MAX || limits.down < usize::MAX {
                    let began = Instant::now();
                    while wire.ended() == ended && began.elapsed() < Duration::from_secs(3) {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                } else {
                    until("every file is fetched and removed", none_left).await;
                    until("it says goodbye", || wire.ended() > ended).await;
                }
                poller.stop(Duration::from_secs(5)).await;
                if none_left() {
                    break;
                }
            }
        }
        let arrivals = gateway.arrivals.lock().unwrap();
        for control in 1..=control {
            let order = orders_x12("ACME", "HOUSE", control, 1).into_bytes();
            assert_eq!(arrivals.iter().filter(|(_, content)| *content == order).count(), 1, "{control}");
        }
        assert_eq!(arrivals.len(), control as usize, "and nothing that is half a file");
        let cases = gateway.cases.lock().unwrap();
        assert!(cases.is_empty(), "{cases:?}");
        wire.cuts()
    };
    let cuts = lane(0, &[]).await;
    assert!(cuts.len() > 100, "{}", cuts.len());
    let lanes = cuts.chunks(cuts.len().div_ceil(LANES)).enumerate();
    all(lanes, |(number, cuts)| lane(number + 1, cuts)).await;
}

/// A partner's server behind a slow line, and a disk of ours that is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_and_a_full_disk_only_delay_what_is_fetched() {
    let Some(sshd) = Sshd::start("sftp client: slow servers and full disks", "") else { return };
    let wire = Wire::to(([127, 0, 0, 1], sshd.port).into()).await;
    wire.limit(Limits { pace: Some((16, Duration::from_millis(3))), ..WHOLE });
    let lines =
        format!("fetch_from = \"{}\"\nport = {}\ntimeout = \"3s\"", sshd.path("out").display(), wire.address.port());
    let text = format!("name = \"Acme\"\n{}", sshd.remote(&lines));
    let read = Directory::read([("acme.toml", text.as_str())]);
    assert_eq!(read.mistakes, []);
    let root = tempfile::tempdir().unwrap();
    let acme = neighbour(read.directory.partner("acme").unwrap(), root.path()).unwrap();
    let gateway = Arc::new(Gateway::default());
    let work = root.path().join("work");
    let disk = match crate::disk::Disk::mount(&work, 1 << 20) {
        Ok(disk) => Some(disk),
        Err(why) => {
            left_out("an SFTP fetch and a full disk", &why);
            None
        }
    };
    let poller = Poller::start(Arc::new(move || vec![acme.clone()]), gateway.clone(), work);
    let put = |control: u32| {
        fs::write(sshd.path("out").join(format!("{control}.edi")), orders_x12("ACME", "HOUSE", control, 1)).unwrap();
    };
    put(1);
    until("the slow server is heard out", || sshd.files("out").is_empty()).await;
    wire.limit(WHOLE);
    if let Some(disk) = disk {
        disk.fill();
        put(2);
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(
            (sshd.files("out").len(), gateway.arrivals.lock().unwrap().len()),
            (1, 1),
            "it stays with its owner"
        );
        disk.empty();
        until("there is room again", || sshd.files("out").is_empty()).await;
        assert_eq!(gateway.arrivals.lock().unwrap().len(), 2);
    }
    poller.stop(Duration::from_secs(5)).await;
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Killed again and again while it delivers: between the rename on the server and our knowing of it too.
#[test]
fn a_client_that_is_killed_while_it_delivers_leaves_each_answer_once() {
    const ORDERS: u32 = 24;
    let Some(sshd) = Sshd::start("sftp client: killed while it delivers", "") else { return };
    let house = crate::house::House::new(None);
    let deliver = sshd.remote(&format!("deliver_to = \"{}\"", sshd.path("in").display()));
    let acme = format!("name = \"Acme Retail\"\ndeliver_by = \"sftp\"\n[x12]\nid = \"ZZ:ACME\"\n{deliver}");
    house.write("catalogue/partners/acme.toml", &acme);
    for control in 1..=ORDERS {
        house.drop_file("in/acme", &format!("{control}.edi"), &orders_x12("ACME", "HOUSE", control, 1));
    }
    for wait in [250, 400, 330, 480] {
        let mut running = house.start();
        std::thread::sleep(Duration::from_millis(wait));
        running.kill();
    }
    let running = house.start();
    let began = Instant::now();
    while sshd.files("in").iter().filter(|name| !name.ends_with(".part")).count() < ORDERS as usize {
        assert!(began.elapsed() < Duration::from_secs(90), "{:?}; {}", sshd.files("in"), house.state());
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    running.stop();
    let answers = sshd.files("in");
    assert!(answers.iter().all(|name| !name.ends_with(".part")), "{answers:?}");
    let mut answered: Vec<u32> = answers
        .iter()
        .map(|name| tagged(&fs::read_to_string(sshd.path("in").join(name)).unwrap(), "AK1")[0][2].parse().unwrap())
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, (1..=ORDERS).collect::<Vec<_>>(), "each order is answered once");
}

/// A partner with OpenSSH's client that repeats a file until it went through, while the gateway is killed again and again.
#[test]
fn a_server_that_is_killed_takes_each_upload_once() {
    const ORDERS: u32 = 16;
    let house = crate::house::House::new(None);
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(house.root.path().join("key"));
    if !matches!(keygen.status(), Ok(status) if status.success()) {
        return left_out("sftp: a server that is killed", "OpenSSH is not installed");
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = fs::read_to_string(house.settings()).unwrap();
    fs::write(house.settings(), format!("{settings}[sftp]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
    let key = fs::read_to_string(house.root.path().join("key.pub")).unwrap();
    let acme = format!(
        "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n[sftp]\n[sftp.keys.office]\nkey = \"{}\"\n",
        key.trim()
    );
    house.write("catalogue/partners/acme.toml", &acme);
    let root = house.root.path().to_owned();
    let put = move |control: u32| {
        let mut command = Command::new("sftp");
        for option in
            ["BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"]
        {
            command.args(["-o", option]);
        }
        command.args(["-q", "-b", "-", "-P", &port.to_string(), "-i", "key", "acme@127.0.0.1"]).current_dir(&root);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // Half of them as WinSCP does: under another name, then renamed.
        let words = match control % 2 {
            0 => format!("put {control}.edi in/{control}.edi\n"),
            _ => format!(
                "put {control}.edi in/{control}.edi.filepart\nrename in/{control}.edi.filepart in/{control}.edi\n"
            ),
        };
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), words.as_bytes());
        child.wait().unwrap().success()
    };
    for control in 1..=ORDERS {
        fs::write(house.root.path().join(format!("{control}.edi")), orders_x12("ACME", "HOUSE", control, 1)).unwrap();
    }
    let mut running = house.start();
    let partner = std::thread::spawn(move || {
        for control in 1..=ORDERS {
            let began = Instant::now();
            while !put(control) {
                assert!(began.elapsed() < Duration::from_secs(60), "{control} never goes through");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    });
    for wait in [400, 250, 600, 350, 500] {
        std::thread::sleep(Duration::from_millis(wait));
        running.kill();
        running = house.start();
    }
    partner.join().unwrap();
    let outbox = house.wait_for_files("outbox", ORDERS as usize, Duration::from_secs(60));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(house.files("outbox").len(), ORDERS as usize);
    for control in 1..=ORDERS {
        let number = format!("\"{}\"", order_number(control, 1));
        assert_eq!(outbox.values().filter(|text| text.contains(&number)).count(), 1, "{number}");
    }
    running.stop();
}

/// Killed again and again while it fetches: between the download and the commit, between the commit and the removal.
#[test]
fn a_client_that_is_killed_while_it_fetches_takes_each_file_once() {
    const ORDERS: u32 = 24;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start("after_fetch = \"keep\""));
    for control in 1..=ORDERS {
        let name = format!("{control}.edi");
        fs::write(server.path("out/acme").join(name), orders_x12("ACME", "HOUSE", control, 1)).unwrap();
    }
    let house = crate::house::House::new(None);
    let port = server.daemon.sftp().unwrap().port();
    let acme = format!("name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n{}", remote(server.root.path(), port, ""));
    house.write("catalogue/partners/acme.toml", &acme);
    for wait in [2150, 2300, 2450] {
        let mut running = house.start();
        std::thread::sleep(Duration::from_millis(wait));
        running.kill();
    }
    let running = house.start();
    let outbox = house.wait_for_files("outbox", ORDERS as usize, Duration::from_secs(60));
    let began = Instant::now();
    while files(&server.path("out/acme")) > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "what is held is removed there; {}", house.state());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(house.files("outbox").len(), ORDERS as usize);
    for control in 1..=ORDERS {
        let number = format!("\"{}\"", order_number(control, 1));
        assert_eq!(outbox.values().filter(|text| text.contains(&number)).count(), 1, "{number}");
    }
    running.stop();
    runtime.block_on(server.daemon.stop());
}
