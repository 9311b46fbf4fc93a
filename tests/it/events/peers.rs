//! Strangers judge: the reference library of Standard Webhooks, and a NATS server with JetStream.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::{Got, Receiver};
use super::{SECRET, all, endpoint, entrepot};
use crate::api::house::House;
use crate::support::left_out;

fn missing(what: &str, why: &str) {
    assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "{what}: {why}");
    left_out(what, why);
}

fn python() -> Option<PathBuf> {
    let given = std::env::var_os("ENTREPOT_PEERS").map(PathBuf::from);
    let python = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/bin/python"));
    let imports = Command::new(&python).args(["-c", "import standardwebhooks"]).stderr(Stdio::null()).status();
    imports.is_ok_and(|status| status.success()).then_some(python)
}

/// What the library says to a webhook under a secret.
fn judge(python: &Path, secret: &str, got: &[Got]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/webhook_judge.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    for got in got {
        let headers: serde_json::Map<String, Value> =
            got.head.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        writeln!(stdin, "{}", json!({"secret": secret, "headers": headers, "body": got.body})).expect("asked");
    }
    drop(stdin);
    let mut said = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut said).expect("answers");
    assert!(child.wait().expect("it ends").success());
    said.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_library_finds_our_signatures_right_also_while_secrets_change() {
    let Some(python) = python() else {
        return missing("webhooks with standardwebhooks", "it is not installed (tests/run does it)");
    };
    let receiver = Receiver::content();
    let new = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let both = endpoint(&receiver, &format!("old_secret = \"{SECRET}\"\n")).replacen(SECRET, new, 1);
    let house = House::start(&both).await;
    house.receives_order(90).await;
    let got = receiver.takes("something", |got| got.len() >= 3).await;
    for secret in [new, SECRET] {
        assert!(judge(&python, secret, &got).iter().all(|said| said == "true"), "{secret}");
    }
    let other = judge(&python, "whsec_c2VjcmV0LW9mLWEtcm90YXRlZC1lbmRwb2ludA==", &got);
    assert!(other.iter().all(|said| said.contains("WebhookVerificationError")), "{other:?}");
    let mut changed = got.clone();
    changed.iter_mut().for_each(|got| got.body.push(' '));
    assert!(judge(&python, new, &changed).iter().all(|said| said.contains("WebhookVerificationError")));
    house.daemon.stop().await;
}

/// A server with JetStream, gone with the test.
struct Nats {
    child: Child,
    port: u16,
    _root: tempfile::TempDir,
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Nats {
    fn start(what: &str, more: &[&str]) -> Option<Self> {
        let program = ["/usr/sbin/nats-server", "/usr/bin/nats-server"].into_iter().find(|it| Path::new(it).exists());
        let Some(program) = program else {
            missing(what, "nats-server was not found (Debian: apt install nats-server)");
            return None;
        };
        let root = tempfile::tempdir().expect("a folder");
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
        let child = Command::new(program)
            .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"])
            .arg(root.path())
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server starts");
        Some(Self { child, port, _root: root })
    }

    /// A request of JetStream's own API, by hand; its answer.
    fn ask(&self, hello: &str, subject: &str, body: &str) -> Value {
        let mut stream = (0..200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(25));
            TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
        let stream = stream.as_mut().expect("the server answers");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let mut reader = BufReader::new(stream.try_clone().expect("a reader"));
        let asked =
            format!("CONNECT {hello}\r\nSUB _INBOX.test 1\r\nPUB {subject} _INBOX.test {}\r\n{body}\r\n", body.len());
        stream.write_all(asked.as_bytes()).expect("asked");
        loop {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).expect("an answer") > 0, "the server hung up");
            assert!(!line.starts_with("-ERR"), "{line}");
            if line.starts_with("MSG") {
                let size: usize = line.split_whitespace().last().and_then(|it| it.parse().ok()).expect("a size");
                let mut body = vec![0; size];
                reader.read_exact(&mut body).expect("a body");
                return serde_json::from_slice(&body).expect("JSON");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_jetstream_has_every_event_once_under_the_subject_of_its_type() {
    let Some(nats) = Nats::start("events into JetStream", &["--user", "edi", "--pass", "s3cret pass"]) else { return };
    let hello = r#"{"verbose":false,"user":"edi","pass":"s3cret pass"}"#;
    let root = tempfile::tempdir().expect("a folder");
    std::fs::write(root.path().join("password"), "s3cret pass\n").expect("a file");
    let settings = format!(
        "[endpoint.bus]\nurl = \"nats://127.0.0.1:{}\"\nuser = \"edi\"\npassword_file = \"{}\"\nwait = \"100ms\"\n\
         wait_max = \"300ms\"\ntries = 100\n",
        nats.port,
        root.path().join("password").display()
    );
    let house = House::start(&settings).await;
    let number = house.receives_order(91).await;
    // There is no stream yet: what happens is kept, and the answer says what is to be done.
    let answer = loop {
        let endpoint = house.get("/v1/endpoints").json()["items"][0].clone();
        match endpoint["answer"].as_str() {
            Some(answer) => break answer.to_owned(),
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    assert!(answer.contains("no stream takes entrepot.") && answer.contains("nats stream add"), "{answer}");
    let (is_taken, said) = entrepot(&house, &["events", "test", "--endpoint", "bus"]);
    assert!(!is_taken && said.contains("no stream takes entrepot.ping"), "{said}");

    let stream = json!({"name": "EVENTS", "subjects": ["entrepot.>"], "storage": "file", "num_replicas": 1,
        "retention": "limits", "max_consumers": -1, "max_msgs": -1, "max_bytes": -1, "max_age": 0, "discard": "old"});
    let made = nats.ask(hello, "$JS.API.STREAM.CREATE.EVENTS", &stream.to_string());
    assert_eq!(made["config"]["name"], "EVENTS", "{made}");
    let (is_taken, said) = entrepot(&house, &["events", "test", "--endpoint", "bus"]);
    assert!(is_taken && said.contains("EVENTS has it as 1"), "{said}");

    let accept = json!({"rest": "accept"});
    assert_eq!(house.post(&format!("/v1/orders/{number}/decisions"), Some("d"), &accept).status, 200);
    house.leaves("BAK").await;
    let count = || nats.ask(hello, "$JS.API.STREAM.INFO.EVENTS", "")["state"]["messages"].as_u64().unwrap_or(0);
    let (mut events, mut stored) = (all(&house), 0);
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        (events, stored) = (all(&house), count());
        if stored == 1 + events.len() as u64 && events.iter().any(|it| it["type"] == "entrepot.document.sent") {
            break;
        }
    }
    assert_eq!(stored, 1 + events.len() as u64, "the ping, and every event once");
    let last = nats.ask(
        hello,
        "$JS.API.STREAM.MSG.GET.EVENTS",
        &json!({"last_by_subj": "entrepot.order.received"}).to_string(),
    );
    let text = |key: &str| {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(last["message"][key].as_str().unwrap_or_default());
        String::from_utf8(bytes.expect("base64")).expect("text")
    };
    let received = events.iter().find(|it| it["type"] == "entrepot.order.received").expect("told of");
    assert_eq!(serde_json::from_str::<Value>(&text("data")).expect("JSON"), *received);
    assert!(text("hdrs").contains(&format!("Nats-Msg-Id: {}\r\n", received["id"].as_str().expect("an id"))));

    // Once more: the stream knows the ids and keeps each once.
    let (_, said) = entrepot(&house, &["events", "replay", "--endpoint", "bus", "--from", "1"]);
    assert!(said.contains("up to event"), "{said}");
    let told = 2 * events.len() as u64;
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if house.get("/v1/endpoints").json()["items"][0]["delivered"].as_u64() >= Some(told) {
            break;
        }
    }
    let endpoint = house.get("/v1/endpoints").json()["items"][0].clone();
    assert_eq!(count(), 1 + events.len() as u64, "{endpoint}");
    assert!(endpoint["answer"].as_str().is_some_and(|said| said.contains("had already")), "{endpoint}");
    house.daemon.stop().await;
}
