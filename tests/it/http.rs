//! The HTTPS door with curl: uploads once, downloads until they are confirmed, and nothing without a secret.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use entrepot::config::Settings;
use entrepot::daemon::Daemon;
use serde_json::Value;

use crate::support::left_out;
use crate::trade::{orders_x12, tagged};
use crate::wire::{Limits, WHOLE, Wire, all};

const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n";
/// Its token is `s3cret`.
const ACME: &str = "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n[http]\n\
    token_sha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n";
const OTHER: &str = "name = \"Other\"\n[http]\n\
    token_sha256 = \"d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa\"\n";

struct House {
    root: tempfile::TempDir,
    daemon: Daemon,
}

impl House {
    async fn start(more: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let text = format!(
            "data = \"data\"\ncatalogue = \"catalogue\"\nstatus = \"off\"\n[folder]\npoll = \"100ms\"\n\
             [http]\nlisten = \"127.0.0.1:0\"\nbody_bytes_max = \"3 MB\"\n{more}"
        );
        fs::write(root.path().join("entrepot.toml"), text).unwrap();
        fs::create_dir_all(root.path().join("catalogue/partners")).unwrap();
        for (name, text) in [("us", US), ("acme", ACME), ("other", OTHER)] {
            fs::write(root.path().join(format!("catalogue/partners/{name}.toml")), text).unwrap();
        }
        Self::on(root).await
    }

    async fn on(root: tempfile::TempDir) -> Self {
        let settings = Settings::load(&root.path().join("entrepot.toml")).expect("settings");
        let daemon = Daemon::start(settings).await.expect("the gateway starts");
        Self { root, daemon }
    }

    /// Stopped; its folder.
    async fn stop(self) -> tempfile::TempDir {
        self.daemon.stop().await;
        self.root
    }

    fn door(&self) -> SocketAddr {
        self.daemon.http().expect("the door is open")
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.path().join("data").join(folder)).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .collect()
    }

    async fn wait_for(&self, folder: &str, count: usize) {
        for _ in 0..1500 {
            if self.names(folder).len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:?} in {folder}", self.names(folder));
    }
}

/// Runs curl; its status code and what the door said.
fn curl(arguments: &[&str]) -> (u32, String) {
    let output = Command::new("curl")
        .args(["-sS", "--max-time", "60", "-w", "\n%{http_code}"])
        .args(arguments)
        .output()
        .expect("curl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, code) = text.rsplit_once('\n').unwrap_or(("", "0"));
    (code.parse().unwrap_or(0), format!("{body}{}", String::from_utf8_lossy(&output.stderr)))
}

fn has_curl() -> bool {
    let runs =
        Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    if !runs {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "curl is missing");
        left_out("the HTTPS door with curl", "curl is not installed");
    }
    runs
}

const TOKEN: &str = "Authorization: Bearer s3cret";

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_dropped_and_its_answer_fetched() {
    if !has_curl() {
        return;
    }
    let house = House::start("").await;
    let file = house.root.path().join("order.edi");
    fs::write(&file, orders_x12("ACME", "HOUSE", 61, 1)).unwrap();
    let body = format!("@{}", file.display());
    let drop = format!("http://{}/drop/order%201.edi", house.door());
    for round in 0..2 {
        let (code, said) = curl(&["-H", TOKEN, "-H", "Idempotency-Key: k1", "--data-binary", &body, &drop]);
        assert_eq!(code, 201, "{round}: {said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["name"], "order 1.edi");
    }
    let (code, said) = curl(&["-H", TOKEN, "-H", "Idempotency-Key: k1", "--data-binary", "ISA*other", &drop]);
    assert_eq!((code, said.contains("was used for other bytes")), (422, true), "{said}");
    house.wait_for("outbox", 1).await;
    house.wait_for("out/acme", 1).await;
    let out = format!("http://{}/out/", house.door());
    let (code, listed) = curl(&["-H", TOKEN, &out]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let name = listed["files"][0]["name"].as_str().expect("a file").to_owned();
    assert_eq!((code, listed["files"].as_array().map(Vec::len)), (200, Some(1)));
    let one = format!("{out}{name}");
    for _ in 0..2 {
        let (code, answer) = curl(&["-H", TOKEN, &one]);
        assert_eq!(code, 200);
        assert_eq!(tagged(&answer, "AK1"), [["AK1", "PO", "61"]]);
    }
    for _ in 0..2 {
        assert_eq!(curl(&["-H", TOKEN, "-X", "DELETE", &one]).0, 204, "confirming twice is confirming once");
    }
    assert_eq!(curl(&["-H", TOKEN, &one]).0, 404);
    assert_eq!(house.names("archive/out/acme"), [name]);
    assert_eq!(house.names("outbox").len(), 1);
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_and_nobody_sees_anothers() {
    if !has_curl() {
        return;
    }
    let house = House::start("").await;
    fs::create_dir_all(house.root.path().join("data/out/acme")).unwrap();
    fs::write(house.root.path().join("data/out/acme/a.edi"), "secret").unwrap();
    let url = |path: &str| format!("http://{}{path}", house.door());
    let wrong = "Authorization: Bearer guess";
    let other = "Authorization: Bearer other";
    for (expected, arguments) in [
        (401, vec!["--data-binary", "ISA", "PATH/drop/x.edi"]),
        (401, vec!["-H", wrong, "--data-binary", "ISA", "PATH/drop/x.edi"]),
        (401, vec!["-u", "acme:guess", "PATH/out/"]),
        (200, vec!["-H", TOKEN, "PATH/out/a.edi"]),
        (404, vec!["-H", other, "PATH/out/a.edi"]),
        (404, vec!["-H", TOKEN, "--path-as-is", "PATH/out/..%2f..%2fentrepot.toml"]),
        (404, vec!["-H", TOKEN, "PATH/out/.hidden"]),
        (404, vec!["-H", TOKEN, "PATH/elsewhere"]),
        (400, vec!["-H", TOKEN, "-X", "POST", "PATH/drop/x.edi"]),
        (400, vec!["-H", TOKEN, "-H", "Content-Digest: sha-256=:AAAA:", "--data-binary", "ISA", "PATH/drop/x.edi"]),
        (415, vec!["-H", TOKEN, "-H", "Content-Encoding: gzip", "--data-binary", "ISA", "PATH/drop/x.edi"]),
    ] {
        let arguments: Vec<String> = arguments.iter().map(|argument| argument.replace("PATH", &url(""))).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, said) = curl(&arguments);
        assert_eq!(code, expected, "{arguments:?}: {said}");
    }
    assert_eq!(house.names("outbox").len(), 0);
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_with_a_certificate_of_ones_own() {
    if !has_curl() {
        return;
    }
    let keys = tempfile::tempdir().unwrap();
    let (certificate, key) = (keys.path().join("c.pem"), keys.path().join("k.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let more = format!("certificate = \"{}\"\nkey = \"{}\"\n", certificate.display(), key.display());
    let house = House::start(&more).await;
    let order = orders_x12("ACME", "HOUSE", 62, 1);
    let url = format!("https://{}/drop/o.edi", house.door());
    let (code, said) = curl(&["--cacert", path(&certificate), "-H", TOKEN, "--data-binary", &order, &url]);
    assert_eq!(code, 201, "{said}");
    house.wait_for("outbox", 1).await;
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_uploads_lies_and_crowds_are_borne() {
    let house = House::start("patience = \"2s\"\nconnections_max = 400\n").await;
    let door = house.door();
    let order = orders_x12("ACME", "HOUSE", 63, 1);
    let request = |length: usize| {
        format!(
            "POST /drop/o.edi HTTP/1.1\r\nHost: x\r\n{TOKEN}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{order}"
        )
    };
    let whole = request(order.len());
    let (lie, huge) = (request(order.len() + 10), request(1 << 40));
    tokio::task::spawn_blocking(move || {
        for at in 0..whole.len() {
            let mut client = TcpStream::connect(door).unwrap();
            client.write_all(&whole.as_bytes()[..at]).unwrap();
        }
        assert!(said(door, &lie).starts_with("HTTP/1.1 408"), "a body that is shorter than was said");
        assert!(said(door, &huge).starts_with("HTTP/1.1 413"), "a body that is too long");
        assert!(said(door, "\u{16}\u{3}\u{1} garbage\r\n\r\n").starts_with("HTTP/1.1 400"));
        let crowd: Vec<_> = (0..1000).map(|_| TcpStream::connect(door).unwrap()).collect();
        drop(crowd);
    })
    .await
    .unwrap();
    assert_eq!(house.names("outbox").len(), 0);
    // Too much for memory goes through the spool, and does not stay there.
    let large = "ISA*".repeat(500_000);
    let request = format!(
        "POST /drop/large.edi HTTP/1.1\r\nHost: x\r\n{TOKEN}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{large}",
        large.len()
    );
    let answer = tokio::task::spawn_blocking(move || said(door, &request)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("\"bytes\":2000000"), "{answer}");
    assert_eq!(house.names("work/http").len(), 0, "nothing stays in the spool");
    let whole = dropped(&order);
    let answer = tokio::task::spawn_blocking(move || said(door, &whole)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    house.wait_for("outbox", 1).await;
    house.daemon.stop().await;
}

/// Our answer ends behind every byte in turn: the upload is repeated under its key, and counts once.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_at_any_byte_brings_the_upload_again_and_it_counts_once() {
    let house = House::start("connections_max = 400\n").await;
    let wire = Wire::to(house.door()).await;
    let address = wire.address;
    let send = |control: u32| async move {
        let order = dropped(&orders_x12("ACME", "HOUSE", control, 1));
        let order = order.replacen(TOKEN, &format!("{TOKEN}\r\nIdempotency-Key: order-{control}"), 1);
        tokio::task::spawn_blocking(move || asked(address, &order)).await.unwrap()
    };
    assert!(send(1).await.starts_with("HTTP/1.1 201"));
    let whole = wire.went().1.len();
    assert!(whole > 100, "{whole}");
    wire.limit_each((0..whole).map(|down| Limits { down, ..WHOLE }));
    let controls = 2..2 + whole as u32;
    all(controls.clone(), send).await;
    assert_eq!(wire.limits_left(), 0);
    for answer in all(controls, send).await {
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    }
    house.wait_for("outbox", 1 + whole).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(house.names("outbox").len(), 1 + whole);
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_sender_is_waited_for_and_one_who_stops_keeps_nobody() {
    let house = House::start("patience = \"2s\"\n").await;
    let door = house.door();
    let (slow, quick) = (dropped(&orders_x12("ACME", "HOUSE", 71, 20)), dropped(&orders_x12("ACME", "HOUSE", 72, 1)));
    tokio::task::spawn_blocking(move || {
        let mut stopped = TcpStream::connect(door).unwrap();
        stopped.write_all(&slow.as_bytes()[..slow.len() / 2]).unwrap();
        let mut client = TcpStream::connect(door).unwrap();
        for (at, part) in slow.as_bytes().chunks(slow.len() / 8 + 1).enumerate() {
            client.write_all(part).unwrap();
            std::thread::sleep(Duration::from_millis(400));
            if at == 3 {
                assert!(said(door, &quick).starts_with("HTTP/1.1 201"), "others are served meanwhile");
            }
        }
        let mut answer = String::new();
        let _ = client.read_to_string(&mut answer);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let mut answer = String::new();
        stopped.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = stopped.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    })
    .await
    .unwrap();
    house.wait_for("outbox", 2).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_takes_an_upload_once() {
    let house = House::start("").await;
    let door = house.door();
    let order = dropped(&orders_x12("ACME", "HOUSE", 73, 1));
    let half = order.as_bytes()[..order.len() / 2].to_vec();
    let client = tokio::task::spawn_blocking(move || {
        let mut client = TcpStream::connect(door).unwrap();
        client.write_all(&half).unwrap();
        client
    });
    let client = client.await.unwrap();
    let root = house.stop().await;
    drop(client);
    let house = House::on(root).await;
    assert_eq!((house.names("outbox").len(), house.names("work/http").len()), (0, 0), "half a file is none");
    // Its sender tries again, and once more because the answer was lost to it.
    let door = house.door();
    for _ in 0..2 {
        let order = order.clone();
        let answer = tokio::task::spawn_blocking(move || said(door, &order)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    }
    house.wait_for("outbox", 1).await;
    let house = House::on(house.stop().await).await;
    assert_eq!(house.names("outbox").len(), 1);
    house.stop().await;
}

/// A sender that repeats under one key until it hears 201, while the gateway is killed again and again; and a download that is
/// cut anywhere is whole the next time.
#[test]
fn a_gateway_that_is_killed_takes_each_upload_once_and_a_cut_download_is_there_again() {
    const ORDERS: u32 = 24;
    let house = crate::house::House::new(None);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = fs::read_to_string(house.settings()).unwrap();
    fs::write(house.settings(), format!("{settings}[http]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
    house.write("catalogue/partners/acme.toml", ACME);
    let door: SocketAddr = ([127, 0, 0, 1], port).into();
    let mut running = house.start();
    let sender = std::thread::spawn(move || {
        for control in 1..=ORDERS {
            let order = dropped(&orders_x12("ACME", "HOUSE", control, 1));
            let order = order.replacen(TOKEN, &format!("{TOKEN}\r\nIdempotency-Key: order-{control}"), 1);
            while !asked(door, &order).starts_with("HTTP/1.1 201") {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
    for wait in [150, 70, 230, 110] {
        std::thread::sleep(Duration::from_millis(wait));
        running.kill();
        running = house.start();
    }
    sender.join().unwrap();
    let outbox = house.wait_for_files("outbox", ORDERS as usize, Duration::from_secs(60));
    let answers = house.wait_for_files("out/acme", ORDERS as usize, Duration::from_secs(60));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(house.files("outbox").len(), ORDERS as usize);
    for control in 1..=ORDERS {
        let number = format!("\"{}\"", crate::trade::order_number(control, 1));
        assert_eq!(outbox.values().filter(|text| text.contains(&number)).count(), 1, "{number}");
    }
    let (name, answer) = answers.first_key_value().unwrap();
    let request =
        |method: &str| format!("{method} /out/{name} HTTP/1.1\r\nHost: x\r\n{TOKEN}\r\nConnection: close\r\n\r\n");
    let whole = asked(door, &request("GET"));
    for at in 0..whole.len() {
        let mut client = TcpStream::connect(door).unwrap();
        client.write_all(request("GET").as_bytes()).unwrap();
        let mut part = vec![0; at];
        client.read_exact(&mut part).unwrap();
    }
    assert!(asked(door, &request("GET")).ends_with(answer.as_str()), "it is there until it is confirmed");
    assert!(asked(door, &request("DELETE")).starts_with("HTTP/1.1 204"));
    assert!(asked(door, &request("GET")).starts_with("HTTP/1.1 404"));
    running.stop();
}

/// What the door says, if it is there.
fn asked(door: SocketAddr, request: &str) -> String {
    let Ok(mut client) = TcpStream::connect(door) else { return String::new() };
    let mut answer = String::new();
    let _ = client.set_read_timeout(Some(Duration::from_secs(20)));
    let _ = client.write_all(request.as_bytes()).and_then(|()| client.read_to_string(&mut answer).map(drop));
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_means_later_not_lost() {
    let root = House::start("").await.stop().await;
    let disk = match crate::disk::Disk::mount(&root.path().join("data"), 24 << 20) {
        Ok(disk) => disk,
        Err(why) => return left_out("HTTPS on a full disk", &why),
    };
    let house = House::on(root).await;
    let door = house.door();
    let order = dropped(&orders_x12("ACME", "HOUSE", 74, 1));
    let send = || {
        let order = order.clone();
        tokio::task::spawn_blocking(move || said(door, &order))
    };
    disk.fill();
    let answer = send().await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 50"), "{answer}");
    disk.empty();
    let mut answer = String::new();
    // The store may need a moment to notice that there is room.
    for _ in 0..50 {
        answer = send().await.unwrap();
        if answer.starts_with("HTTP/1.1 201") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    house.wait_for("outbox", 1).await;
    house.stop().await;
}

/// An upload as bytes on the wire.
fn dropped(order: &str) -> String {
    format!(
        "POST /drop/o.edi HTTP/1.1\r\nHost: x\r\n{TOKEN}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{order}",
        order.len()
    )
}

fn said(door: SocketAddr, request: &str) -> String {
    let mut client = TcpStream::connect(door).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = client.read_to_string(&mut answer);
    answer
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
