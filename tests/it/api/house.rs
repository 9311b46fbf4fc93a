//! A gateway with one partner, and a client of its API that shares no code with it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use entrepot::config::Settings;
use entrepot::daemon::Daemon;
use serde_json::Value;

use crate::trade::{order_number, orders_x12, tagged};

const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n";
const ACME: &str = "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n[outbound.855]\n[outbound.856]\n[outbound.810]\n\
    [outbound.850]\n[outbound.865]\n[trade.invoice]\nwhen = \"on_request\"\n";

pub struct House {
    pub root: tempfile::TempDir,
    pub daemon: Daemon,
}

/// What was answered.
pub struct Said {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// The code of a problem, and the places of its faults.
    pub fn problem(&self) -> (u16, String, Vec<String>) {
        assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"), "{}", self.body);
        let body = self.json();
        assert!(body["next"].as_str().is_some_and(|next| !next.is_empty()), "{body}");
        let faults = body["errors"].as_array().into_iter().flatten();
        let places = faults.map(|fault| fault["pointer"].as_str().unwrap_or_default().to_owned()).collect();
        (self.status, body["code"].as_str().unwrap_or_default().to_owned(), places)
    }
}

impl House {
    pub async fn start(more: &str) -> Self {
        Self::start_with("", more).await
    }

    /// One whose store and files are elsewhere: others may work on them too.
    pub async fn start_on(database: &str, data: &Path) -> Self {
        let root = tempfile::tempdir().unwrap();
        let settings = Self::settle(&root, &format!("database = \"{database}\"\ndata = \"{}\"\n", data.display()), "");
        Self { root, daemon: Daemon::start(settings).await.expect("the gateway starts") }
    }

    async fn start_with(first: &str, more: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let settings = Self::settle(&root, &format!("{first}data = \"data\"\n"), more);
        Self { root, daemon: Daemon::start(settings).await.expect("the gateway starts") }
    }

    fn settle(root: &tempfile::TempDir, first: &str, more: &str) -> Settings {
        let text =
            format!("{first}catalogue = \"catalogue\"\nstatus = \"127.0.0.1:0\"\n[folder]\npoll = \"100ms\"\n{more}");
        fs::write(root.path().join("entrepot.toml"), text).unwrap();
        fs::create_dir_all(root.path().join("catalogue/partners")).unwrap();
        for (name, text) in [("us", US), ("acme", ACME)] {
            fs::write(root.path().join(format!("catalogue/partners/{name}.toml")), text).unwrap();
        }
        Settings::load(&root.path().join("entrepot.toml")).expect("settings")
    }

    pub fn address(&self) -> SocketAddr {
        self.daemon.api().expect("the API is there")
    }

    pub fn ask(&self, way: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Said {
        ask(self.address(), way, path, headers, body)
    }

    pub fn get(&self, path: &str) -> Said {
        self.ask("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, key: Option<&str>, body: &Value) -> Said {
        let key = key.map(|key| ("Idempotency-Key", key));
        self.ask("POST", path, &key.into_iter().collect::<Vec<_>>(), Some(&body.to_string()))
    }

    /// What the command line answers beside the running daemon.
    pub fn says(&self, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
        let output = command.args(words).arg("--config").arg(self.root.path().join("entrepot.toml")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// An order of the partner comes by its folder, and is waited for.
    pub async fn receives_order(&self, control: u32) -> String {
        let folder = self.root.path().join("data/in/acme");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!(".{control}")), orders_x12("ACME", "HOUSE", control, 1)).unwrap();
        fs::rename(folder.join(format!(".{control}")), folder.join(format!("{control}.edi"))).unwrap();
        let number = order_number(control, 1);
        for _ in 0..1500 {
            if self.get(&format!("/v1/orders/{number}")).status == 200 {
                return number;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("order {number} does not come");
    }

    /// The first file for the partner that has this segment.
    pub async fn leaves(&self, tag: &str) -> String {
        for _ in 0..1500 {
            let entries = fs::read_dir(self.root.path().join("data/out/acme")).into_iter().flatten().flatten();
            let texts = entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
            let mut texts = texts.filter_map(|entry| fs::read_to_string(entry.path()).ok());
            if let Some(text) = texts.find(|text| !tagged(text, tag).is_empty()) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing with {tag} leaves");
    }
}

/// One request on a connection of its own, written by hand: what a stranger's client would send.
pub fn ask(address: SocketAddr, way: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Said {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut text = format!("{way} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        let is_said = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let kind = if is_said { "" } else { "Content-Type: application/json\r\n" };
        text.push_str(&format!("{kind}Content-Length: {}\r\n\r\n{body}", body.len()));
    } else {
        text.push_str("\r\n");
    }
    stream.write_all(text.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Said { status, head: head.to_owned(), body: body.to_owned() }
}
