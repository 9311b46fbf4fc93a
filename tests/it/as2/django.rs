//! A live django-pyas2, both ways, with receipts in the answer and receipts that come by themselves.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use entrepot::ports::Receipt;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ORDER;
use super::house::Side;
use super::wait_for;
use crate::support::left_out;

/// The running server; it obeys lines.
pub(super) struct Django {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub(super) port: u16,
}

impl Drop for Django {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python of an environment with django-pyas2 in it.
pub(super) fn python() -> Option<PathBuf> {
    let found = std::env::var_os("ENTREPOT_PYAS2").map(PathBuf::from).filter(|python| python.exists());
    if found.is_none() {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "django-pyas2 is missing");
        left_out("django-pyas2, both ways", "ENTREPOT_PYAS2 names no Python with django-pyas2");
    }
    found
}

impl Django {
    pub(super) fn start(python: &Path, house: &Side, peer: &Side) -> Self {
        let setting = peer.path().join("setting.json");
        let identity = peer.identity();
        let text = json!({
            "url": house.url,
            "identity": identity.split_once("-----BEGIN").map(|(_, pem)| format!("-----BEGIN{pem}")),
            "certificate": house.certificate(),
            "data": String::from_utf8_lossy(ORDER),
        });
        std::fs::write(&setting, text.to_string()).unwrap();
        let folder = peer.path().join("django");
        std::fs::create_dir_all(&folder).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/django_partner.py");
        let log = std::fs::File::create(peer.path().join("log")).unwrap();
        let mut child = Command::new(python)
            .arg(script)
            .arg(folder)
            .arg(setting)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().and_then(Result::ok).and_then(|line| line.parse().ok());
        let told = || std::fs::read_to_string(peer.path().join("log")).unwrap_or_default();
        let port = port.unwrap_or_else(|| panic!("it says its port: {}", told()));
        Self { child, input, lines, port }
    }

    pub(super) fn ask(&mut self, line: &str) -> Value {
        writeln!(self.input, "{line}").unwrap();
        let answer = self.lines.next().expect("it answers").unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_django_pyas2_trades_both_ways_with_both_kinds_of_receipt() {
    let Some(python) = python() else { return };
    let (house, peer) = (Side::open("house").await, Side::open("django").await);
    let mut django = Django::start(&python, &house, &peer);
    let url = format!("http://127.0.0.1:{}/as2receive", django.port);
    let table = |more: &str| format!("id = \"DJANGO\"\nour_id = \"HOUSE\"\nurl = \"{url}\"\n{more}");

    // It sends, and gets our receipt in the answer, then by itself.
    house.agree("django", &peer.certificate(), &table(""));
    let sent = django.ask("send SYNC");
    assert_eq!(sent[1], "S", "{sent}");
    let sent = django.ask("send ASYNC");
    let id = sent[0].as_str().unwrap().to_owned();
    let mut status = Value::Null;
    for _ in 0..100 {
        status = django.ask(&format!("status {id}"));
        if status[0] == "S" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(status[0], "S", "our receipt was posted and verified: {status}");
    assert_eq!(house.received(), [ORDER, ORDER]);

    // We send, and get its receipt in the answer.
    let receipt = house.send("django", Uuid::now_v7(), "order.edi", ORDER).await;
    let log = std::fs::read_to_string(peer.path().join("log")).unwrap();
    assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}\n{log}");
    // Compressed, and its receipt comes by itself when it gets round to it.
    let own = format!("receipt = \"async\"\nreceipt_url = \"{}\"\ncompress = \"before-signing\"", house.url);
    house.agree("django", &peer.certificate(), &table(&own));
    let delivery = Uuid::now_v7();
    let receipt = house.send("django", delivery, "order.edi", ORDER).await;
    assert!(matches!(receipt, Ok(Receipt::Awaiting { .. })), "{receipt:?}");
    assert_eq!(django.ask("mdns"), "posted");
    wait_for(|| !house.gateway.outcomes.lock().unwrap().is_empty()).await;
    {
        let outcomes = house.gateway.outcomes.lock().unwrap();
        assert!(matches!(&outcomes[..], [(of, Ok(_))] if *of == delivery), "{outcomes:?}");
    }
    let came = django.ask("received");
    let came = came.as_array().unwrap();
    assert_eq!(came.len(), 2);
    assert!(came.iter().all(|one| one[0] == "S" && one[2].as_str().unwrap().as_bytes() == ORDER), "{came:?}");
}
