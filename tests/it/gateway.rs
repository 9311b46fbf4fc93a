//! The gateway in this process, through its real doors: files in, answers and canonical documents out.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use entrepot::config::{FolderSettings, Settings};
use entrepot::daemon::Daemon;

use crate::trade::{order_number, orders_edifact, orders_x12, tagged};

const US: &str = "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n[edifact]\nid = \"HOUSE:14\"\n";
const ACME: &str = "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n[outbound.850]\n";
const NORDWIND: &str = "name = \"Nordwind\"\n[edifact]\nid = \"NORDWIND:14\"\n[acknowledge]\ncontrl = \"result\"\n";

struct Running {
    root: tempfile::TempDir,
    daemon: Option<Daemon>,
}

impl Running {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With more partners.
    async fn with(partners: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let usual = [("us", US), ("acme", ACME), ("nordwind", NORDWIND)];
        for (name, text) in usual.iter().chain(partners) {
            let path = root.path().join(format!("catalogue/partners/{name}.toml"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let settings = Settings {
            data: root.path().join("data"),
            catalogue: Some(root.path().join("catalogue")),
            status: Some("127.0.0.1:0".parse().unwrap()),
            folder: FolderSettings {
                poll: Duration::from_millis(100),
                unclosed: Duration::from_millis(700),
                ..Settings::default().folder
            },
            ..Settings::default()
        };
        let daemon = Daemon::start(settings).await.unwrap();
        Self { root, daemon: Some(daemon) }
    }

    fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    fn arrives(&self, folder: &str, name: &str, text: &str) {
        let folder = self.data().join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!(".{name}")), text).unwrap();
        fs::rename(folder.join(format!(".{name}")), folder.join(name)).unwrap();
    }

    async fn files(&self, folder: &str, count: usize) -> BTreeMap<String, String> {
        let began = Instant::now();
        loop {
            let files = self.look(folder);
            if files.len() >= count {
                return files;
            }
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "{} of {count} files in {folder}: {files:?}",
                files.len()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn look(&self, folder: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(self.data().join(folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_file() && !name.starts_with('.') {
                found.insert(name, fs::read_to_string(entry.path()).unwrap());
            }
        }
        found
    }

    async fn stop(mut self) {
        self.daemon.take().unwrap().stop().await;
        assert!(self.look("work/in/acme").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_is_answered_and_handed_on() {
    let running = Running::start().await;
    running.arrives("in/acme", "order.edi", &orders_x12("ACME", "HOUSE", 42, 2));
    let answers = running.files("out/acme", 1).await;
    let answer = answers.values().next().unwrap();
    assert_eq!(tagged(answer, "AK1"), [["AK1", "PO", "42"]]);
    assert_eq!(tagged(answer, "AK9"), [["AK9", "A", "2", "2", "2"]]);
    let documents = running.files("outbox", 2).await;
    let numbers: Vec<String> = documents
        .values()
        .map(|json| serde_json::from_str::<serde_json::Value>(json).unwrap()["number"].as_str().unwrap().to_owned())
        .collect();
    assert!(numbers.contains(&order_number(42, 1)) && numbers.contains(&order_number(42, 2)), "{numbers:?}");
    running.files("archive/acme", 1).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_a_group_of_invoices_is_rejected() {
    let running = Running::start().await;
    running.arrives("in/acme", "mixed.edi", &orders_x12("ACME", "HOUSE", 45, 1).replace("GS*PO*", "GS*IN*"));
    let answers = running.files("out/acme", 1).await;
    let answer = answers.values().next().unwrap();
    assert_eq!(tagged(answer, "AK1"), [["AK1", "IN", "45"]]);
    assert_eq!(tagged(answer, "AK5"), [["AK5", "R", "6"]]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edifact_orders_get_a_contrl() {
    let running = Running::start().await;
    running.arrives("in", "orders.edi", &orders_edifact("NORDWIND", "HOUSE", "REF7", 2));
    let answers = running.files("out/nordwind", 1).await;
    let answer = answers.values().next().unwrap();
    assert_eq!(tagged(answer, "UCI")[0][1], "REF7");
    assert_eq!(tagged(answer, "UCI")[0][4], "7");
    assert_eq!(tagged(answer, "UCM").len(), 2);
    running.files("outbox", 2).await;
    running.stop().await;
}

/// Nobody could be addressed: a person decides.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_lost_its_interchange_is_held_and_not_answered() {
    let running = Running::start().await;
    let whole = orders_x12("ACME", "HOUSE", 43, 1);
    running.arrives("in/acme", "headless.edi", &whole[whole.find("GS*").unwrap()..]);
    running.files("archive/acme", 1).await;
    let gateway = running.daemon.as_ref().unwrap().gateway();
    let holds = gateway.store.view().await.unwrap().open_holds(10).await.unwrap();
    assert!(!holds.is_empty());
    // Answers leave in the order of arrival: that of the next file is the only one.
    running.arrives("in/acme", "whole.edi", &orders_x12("ACME", "HOUSE", 44, 1));
    let answers = running.files("out/acme", 1).await;
    assert_eq!(tagged(answers.values().next().unwrap(), "AK1"), [["AK1", "PO", "44"]]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_serves_many_partners_in_and_out() {
    let (bolt, core) = ("name = \"Bolt\"\nvia = \"van\"\n[x12]\nid = \"ZZ:BOLT\"\n", "[x12]\nid = \"ZZ:CORE\"\n");
    let core = format!("name = \"Core\"\nvia = \"van\"\n{core}");
    let van = [("van", "name = \"The Network\"\n"), ("bolt", bolt), ("core", core.as_str())];
    let running = Running::with(&van).await;
    let both = orders_x12("BOLT", "HOUSE", 51, 1) + &orders_x12("CORE", "HOUSE", 52, 1);
    running.arrives("in/van", "mailbag.edi", &both);
    let answers = running.files("out/van", 2).await;
    let mut to: Vec<String> = answers.values().map(|answer| tagged(answer, "ISA")[0][8].trim().to_owned()).collect();
    to.sort();
    assert_eq!(to, ["BOLT", "CORE"]);
    running.files("outbox", 2).await;
    // Who does not share the mailbox does not come through it.
    running.arrives("in/van", "stray.edi", &orders_x12("ACME", "HOUSE", 53, 1));
    running.files("archive/van", 2).await;
    let gateway = running.daemon.as_ref().unwrap().gateway();
    let holds = gateway.store.view().await.unwrap().open_holds(10).await.unwrap();
    assert!(
        holds.iter().any(|hold| hold.fault == "door-mismatch" && hold.reason.contains("via = \"van\"")),
        "{holds:?}"
    );
    assert_eq!(running.look("outbox").len(), 2);
    running.stop().await;
}
