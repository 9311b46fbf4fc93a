//! What breaks on the way to an SFTP server and back, in both roles: nothing is lost, nothing is taken twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use entrepot::config::{FolderSettings, Settings, SftpSettings};
use entrepot::daemon::{Daemon, neighbour};
use entrepot::partner::Directory;
use entrepot::ports::{Content, Outlet as _, Parcel, Receipt, Undelivered};
use entrepot::transport::sftp::{Deliverer, HostKeys};
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use uuid::Uuid;

use crate::trade::{order_number, orders_x12};
use crate::wire::{Limits, WHOLE, Wire};

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
        let remote = format!("name = \"House\"\n{}", remote(root.path(), wire.address.port(), "timeout = \"2s\""));
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

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cut_anywhere_in_the_dialogue_arrives_whole_and_once() {
    let server = Server::start("").await;
    server.send(1, 0).await.unwrap();
    let (up, down) = server.wire.went();
    let (up, down) = (up.len(), down.len());
    // Most of the dialogue is the handshake: its end, where the file is, is cut more often.
    let ups = (1..up - 900).step_by(up / 6).chain((up - 900..up).step_by(60));
    let downs = (1..down - 700).step_by(down / 4).chain((down - 700..down).step_by(90));
    let cuts = ups.map(|up| Limits { up, ..WHOLE }).chain(downs.map(|down| Limits { down, ..WHOLE }));
    let mut control = 1;
    for cut in cuts {
        control += 1;
        server.wire.limit(cut);
        let first = server.send(control, 0).await;
        server.wire.limit(WHOLE);
        let mut attempts = 0;
        while first.is_err() {
            attempts += 1;
            match server.send(control, attempts).await {
                Ok(_) => break,
                Err(failed) => assert!(attempts < 20, "{cut:?}: {}", failed.reason),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(control > 20);
    server.wait_for("outbox", control as usize).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let names: Vec<String> = fs::read_dir(server.path("outbox"))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.starts_with("order-"))
        .collect();
    for control in 1..=control {
        let number = format!("order-{}-", order_number(control, 1));
        assert_eq!(names.iter().filter(|name| name.starts_with(&number)).count(), 1, "{number}: {names:?}");
    }
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
    let server = Server::start("rate = \"50 KB\"").await;
    let orders = orders_x12("ACME", "HOUSE", 1, 500);
    let bytes = orders.len() as f64;
    assert!(bytes > 140_000.0, "{bytes}");
    let began = Instant::now();
    server.send_text(orders, 1, 0).await.unwrap();
    // A second's worth goes at once, the rest at the rate; the last packet is not waited for.
    let least = Duration::from_secs_f64((bytes - 33_000.0) / 51_200.0 - 1.0);
    assert!(began.elapsed() >= least, "{:?}, not {least:?}", began.elapsed());
    server.wait_for("outbox", 500).await;
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
