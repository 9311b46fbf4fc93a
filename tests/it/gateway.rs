//! The gateway in this process, through its real doors: files in, answers and canonical documents out.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use entrepot::clock::HandClock;
use entrepot::config::{FolderSettings, Settings};
use entrepot::daemon::{Daemon, Rhythm};

use crate::trade::{order_number, orders_edifact, orders_x12, segments, tagged};

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
        Self::by(Rhythm::default(), partners).await
    }

    async fn by(rhythm: Rhythm, partners: &[(&str, &str)]) -> Self {
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
        let daemon = Daemon::start_by(settings, rhythm).await.unwrap();
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

    async fn held(&self) -> Vec<String> {
        let gateway = self.daemon.as_ref().unwrap().gateway();
        let holds = gateway.store.view().await.unwrap().open_holds(10).await.unwrap();
        holds.into_iter().map(|hold| format!("{}: {}", hold.fault, hold.reason)).collect()
    }

    /// Waits until what is held is of these kinds.
    async fn holds(&self, faults: &[&str]) {
        let began = Instant::now();
        loop {
            let held = self.held().await;
            if held.len() == faults.len() && held.iter().zip(faults).all(|(held, fault)| held.starts_with(fault)) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{held:?} instead of {faults:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
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

/// Documents with something wrong at each level: what is replaced by what.
const WRONG: &[(&str, &str)] = &[
    ("", ""),
    ("IEA*1*", "IEA*2*"),
    ("IEA*1*0", "IEA*1*9"),
    ("*261123*1030*U", "*261323*1030*U"),
    ("*0*P*>", "*1*P*>"),
    ("GE*2*", "GE*3*"),
    ("GE*2*", "GE*2*9"),
    ("GS*PO*", "GS*IN*"),
    ("SE*15*0001", "SE*16*0001"),
    ("SE*15*0001", "SE*15*0009"),
    ("SE*15*0001~", ""),
    ("ST*850*0002", "ST*850*0001"),
    ("CUR*BY*USD", "ZZZ*1"),
    ("BEG*00*SA", "BEG**SA"),
    ("PO1*1*10*EA", "PO1*1*1x0*EA"),
    ("**20261123~", "**20261323~"),
    ("*VP*BOLT-10*UP*012345678905", "*VP"),
    ("N1*BY*Acme Retail*92*001~", ""),
    ("UNZ+2", "UNZ+3"),
    ("UNZ+2+", "UNZ+2+OTHER-"),
    ("UNT+15+1", "UNT+16+1"),
    ("UNT+15+1", "UNT+15+9"),
    ("UNT+15+1'", ""),
    ("UNH+2+", "UNH+1+"),
    ("CUX+2:EUR:9", "ZZZ+1"),
    ("BGM+220+", "BGM+220:::::X+"),
    ("DTM+137:20261123:102", "DTM+137:20261323:102"),
    ("QTY+21:48", "QTY+21:4x8"),
    ("BGM+220+", "BGM+220+A1+9'BGM+220+"),
    ("UNT+15+1'", "ZZZ+1'UNT+16+1'"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_ack_prints_is_what_the_daemon_sends() {
    let running = Running::start().await;
    let mut answered = BTreeMap::new();
    for (number, (right, wrong)) in (701_u32..).zip(WRONG) {
        let is_x12 = !["UN", "BGM", "CUX", "DTM+", "QTY"].iter().any(|tag| right.starts_with(tag));
        let whole = match is_x12 {
            true => orders_x12("ACME", "HOUSE", number, 2),
            false => orders_edifact("NORDWIND", "HOUSE", &format!("REF{number}"), 2),
        };
        let text = whole.replacen(right, wrong, 1);
        assert!(right.is_empty() || whole != text, "{right} stands nowhere");
        let (partner, name) = (if is_x12 { "acme" } else { "nordwind" }, format!("{number}.edi"));
        let expected = said(&printed(running.root.path(), &text));
        running.arrives(&format!("in/{partner}"), &name, &text);
        let began = Instant::now();
        let sent = loop {
            let files = running.look(&format!("out/{partner}"));
            let fresh = files.iter().filter(|(name, _)| !answered.contains_key(*name));
            let mut sent: Vec<String> = fresh.flat_map(|(_, answer)| said(answer)).collect();
            sent.sort();
            if sent == expected || began.elapsed() > Duration::from_secs(20) {
                answered.extend(files);
                break sent;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert_eq!(sent, expected, "{right:?} became {wrong:?}");
    }
    running.stop().await;
}

/// What was refused for its trailer counts when it comes whole, under the same number.
#[tokio::test(flavor = "multi_thread")]
async fn messages_wait_for_the_trailer_of_their_interchange() {
    let running = Running::start().await;
    let whole = orders_edifact("NORDWIND", "HOUSE", "REF9", 2);
    for (name, text) in
        [("cut.edi", &whole[..whole.find("UNZ").unwrap()]), ("count.edi", &whole.replace("UNZ+2", "UNZ+4"))]
    {
        let before = running.look("out/nordwind").len();
        running.arrives("in/nordwind", name, text);
        let answers = running.files("out/nordwind", before + 1).await;
        assert!(answers.values().all(|answer| tagged(answer, "UCI")[0][4] == "4"), "{answers:?}");
        assert_eq!(running.look("outbox").len(), 0);
    }
    running.arrives("in/nordwind", "whole.edi", &whole);
    let answers = running.files("out/nordwind", 3).await;
    assert_eq!(answers.values().filter(|answer| tagged(answer, "UCI")[0][4] == "7").count(), 1, "{answers:?}");
    running.files("outbox", 2).await;
    let rejected = running.held().await;
    let says = |words: &str| rejected.iter().any(|reason| reason.contains(words));
    assert!(rejected.len() == 2 && says("UNZ is missing") && says("UNZ-01 \"4\" is not the number"), "{rejected:?}");
    // The same of X12, whose groups have trailers of their own.
    let whole = orders_x12("ACME", "HOUSE", 49, 1);
    running.arrives("in/acme", "cut.edi", &whole[..whole.find("GE*").unwrap()]);
    assert_eq!(tagged(running.files("out/acme", 1).await.values().next().unwrap(), "AK9")[0][1], "R");
    running.arrives("in/acme", "whole.edi", &whole);
    running.files("out/acme", 2).await;
    running.files("outbox", 3).await;
    running.stop().await;
}

/// Once the answer is there, nobody has to ask for it any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_late_ends_the_wait() {
    let clock = Arc::new(HandClock::at("2026-11-23T10:30:00Z".parse().unwrap()));
    let rhythm = Rhythm { clock: clock.clone(), upkeep: Duration::from_millis(50) };
    let bolt = ("bolt", "name = \"Bolt\"\n[x12]\nid = \"ZZ:BOLT\"\n[outbound.810]\n");
    let running = Running::by(rhythm, &[bolt]).await;
    running.arrives("send/bolt", "invoice.json", &crate::outbound::invoice("INV-1", "10"));
    running.files("out/bolt", 1).await;
    clock.set("2026-11-24T11:30:00Z".parse().unwrap());
    running.holds(&["answer-overdue"]).await;
    let isa = crate::trade::isa("BOLT", "HOUSE", 901, 'P');
    let answer = format!(
        "{isa}GS*FA*BOLT*HOUSE*20261124*1130*1*X*004010~ST*997*0001~AK1*IN*1~AK9*A*1*1*1~SE*4*0001~GE*1*1~\
         IEA*1*000000901~"
    );
    running.arrives("in/bolt", "997.edi", &answer);
    running.holds(&[]).await;
    running.stop().await;
}

/// What weighs nothing is told by TA1 all the same, as E, unless the agreement tolerates it.
#[tokio::test(flavor = "multi_thread")]
async fn a_ta1_tells_what_is_only_told_unless_that_is_tolerated() {
    let bolt = "name = \"Bolt\"\n[x12]\nid = \"ZZ:BOLT\"\n[acknowledge]\nta1 = \"always\"\n";
    let core = bolt.replace("BOLT", "CORE").replace("Bolt", "Core") + "[leniency]\ntolerate = [\"invalid-code\"]\n";
    let running = Running::with(&[("bolt", bolt), ("core", core.as_str())]).await;
    for (partner, number, expected) in [("bolt", 61, ["E", "010"]), ("core", 62, ["A", "000"])] {
        let text = orders_x12(&partner.to_uppercase(), "HOUSE", number, 1).replace("ISA*00*", "ISA*99*");
        running.arrives(&format!("in/{partner}"), "orders.edi", &text);
        let answers = running.files(&format!("out/{partner}"), 2).await;
        let told: Vec<Vec<String>> = answers.values().flat_map(|answer| tagged(answer, "TA1")).collect();
        assert_eq!(told.iter().map(|ta1| &ta1[4..6]).collect::<Vec<_>>(), [expected], "{partner}");
    }
    running.stop().await;
}

/// What one agreement forbids rejects documents of its kind, and no others of the same partner.
#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_says_what_is_put_up_with_and_whether_it_counts() {
    let listed = "[inbound.850]\nforbid_repairs = [\"empty-segment\", \"byte-order-mark\"]\n";
    let bolt = format!("name = \"Bolt\"\n[x12]\nid = \"ZZ:BOLT\"\n{listed}");
    let core = "name = \"Core\"\n[x12]\nid = \"ZZ:CORE\"\n[inbound.850]\nusage = \"production\"\n";
    let running = Running::with(&[("bolt", &bolt), ("core", core)]).await;
    let order = |sender: &str, number| orders_x12(sender, "HOUSE", number, 1);
    let cases = [
        ("bolt", order("BOLT", 71), "A"),
        ("bolt", order("BOLT", 72).replace("CTT*", "~CTT*"), "R"),
        ("bolt", format!("\u{feff}{}", order("BOLT", 73)), "R"),
        ("core", order("CORE", 74), "A"),
        ("core", order("CORE", 75).replace("*0*P*>", "*0*T*>"), "R"),
    ];
    for (at, (partner, text, expected)) in cases.iter().enumerate() {
        let before = running.look(&format!("out/{partner}")).into_keys().collect::<Vec<_>>();
        running.arrives(&format!("in/{partner}"), &format!("{at}.edi"), text);
        let answers = running.files(&format!("out/{partner}"), before.len() + 1).await;
        let fresh = answers.iter().find(|(name, _)| !before.contains(name)).expect("an answer").1;
        assert_eq!(tagged(fresh, "AK9")[0][1], *expected, "case {at}: {fresh}");
    }
    running.files("outbox", 2).await;
    running.stop().await;
}

/// A long interchange that stands twice in one file counts once, and its answer is given again.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_interchange_that_is_repeated_at_once_counts_once() {
    const SETS: u32 = 1_500;
    let running = Running::start().await;
    let whole = orders_x12("ACME", "HOUSE", 81, SETS);
    running.arrives("in/acme", "twice.edi", &format!("{whole}{whole}"));
    let answers = running.files("out/acme", 2).await;
    assert!(answers.values().all(|answer| tagged(answer, "AK9")[0][1] == "A"), "{:?}", answers.keys());
    assert_eq!(running.files("outbox", SETS as usize).await.len(), SETS as usize);
    running.stop().await;
}

/// What `entrepot ack` prints of a file.
fn printed(folder: &std::path::Path, text: &str) -> String {
    let file = folder.join("asked.edi");
    fs::write(&file, text).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_entrepot")).arg("ack").arg(&file).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The segments of an answer that say something, sorted: TA1 and 997 may leave together or apart.
fn said(answer: &str) -> Vec<String> {
    const ENVELOPE: [&str; 11] = ["ISA", "GS", "ST", "SE", "GE", "IEA", "UNA", "UNB", "UNH", "UNT", "UNZ"];
    let told = segments(answer).into_iter().filter(|segment| !ENVELOPE.contains(&segment[0].as_str()));
    let mut told: Vec<String> = told.map(|segment| segment.join("+")).collect();
    told.sort();
    told
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
