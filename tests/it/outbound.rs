//! What goes out, and what a person asks for again: the real program, its command line beside its daemon.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{House, Running};
use crate::trade::{isa, orders_x12, tagged};

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn an_invoice_leaves_once_and_its_997_comes_back() {
    let (house, running, out) = invoiced();
    let (name, wire) = out.iter().next().unwrap();
    assert!(name.starts_with("810-000000001-"), "{name}");
    assert_eq!(tagged(wire, "GS")[0][1], "IN");
    assert_eq!(tagged(wire, "BIG")[0][2], "INV-1");
    // The file stands there a moment before the store says so.
    eventually(|| axes(&found(&house, "INV-1")[0]) == ["done", "accepted", "awaiting"]);

    // The same document again is not sent again; another one of the same number waits for a person.
    house.drop_file("send/acme", "again.json", &invoice("INV-1", "10"));
    house.drop_file("send/acme", "other.json", &invoice("INV-1", "11"));
    house.wait_for_files("error", 2, PATIENCE);
    assert_eq!(house.files("out/acme").len(), 1);
    let why = &reason(&house, "other.json");
    assert!(why.contains("sent before with other contents"), "{why}");
    assert_eq!(held(&house)[0]["fault"], "document-conflict");

    // What does not fit says where and what, and nothing leaves.
    house.drop_file("send/acme", "broken.json", "{\"kind\":\"invoice\",\"lines\":[{\"quantity\":\"ten\"}]}");
    house.wait_for_files("error", 4, PATIENCE);
    let why = &reason(&house, "broken.json");
    assert!(why.contains("lines[0].quantity"), "{why}");

    // The partner accepts what was sent.
    house.drop_file("in/acme", "997.edi", &functional_acknowledgement("IN", 1, "A"));
    eventually(|| axes(&found(&house, "INV-1")[0]) == ["done", "accepted", "accepted"]);

    // Sent again under its old numbers, because a person asks.
    let document = found(&house, "INV-1").remove(0);
    let id = document["id"].as_str().unwrap();
    let again = entrepot(&house, &["resend", id]);
    assert!(again.status.success(), "{again:?}");
    let out = house.wait_for_files("out/acme", 2, PATIENCE);
    let copies: Vec<&String> = out.values().collect();
    assert_eq!(copies[0], copies[1]);
    assert!(running.stop().success());
}

#[test]
fn what_was_held_is_replayed_and_counts_once() {
    let house = House::new(None);
    let running = house.start();
    house.drop_file("in", "stranger.edi", &orders_x12("NEWCOMER", "HOUSE", 7, 2));
    eventually(|| !held(&house).is_empty());
    assert_eq!(house.files("outbox").len(), 0);
    let transmission = found(&house, "PO-7-1").remove(0);
    house.write("catalogue/partners/newcomer.toml", "name = \"Newcomer\"\n[x12]\nid = \"ZZ:NEWCOMER\"\n");
    // Once the file is in force the replayed bytes belong to somebody; each replay before that holds them again.
    eventually(|| {
        let replayed = entrepot(&house, &["replay", transmission["id"].as_str().unwrap()]);
        assert!(replayed.status.success(), "{replayed:?}");
        std::thread::sleep(Duration::from_millis(700));
        house.files("outbox").len() == 2
    });
    eventually(|| held(&house).is_empty());
    assert!(found(&house, "PO-7-1").iter().all(|document| document["state"] != "held"), "read again, so superseded");
    // What a stranger was told goes to the partner that the stranger has become, once.
    eventually(|| house.files("out/newcomer").len() == 1);
    // Again: nothing counts twice, and nobody is answered twice.
    let answers = house.files("out").len();
    let replayed = entrepot(&house, &["replay", transmission["id"].as_str().unwrap()]);
    assert!(replayed.status.success(), "{replayed:?}");
    eventually(|| found(&house, "PO-7-1").iter().any(|document| document["state"] == "duplicate"));
    assert_eq!((house.files("outbox").len(), house.files("out").len()), (2, answers));
    assert_eq!(house.files("out/newcomer").len(), 1);
    let nothing = entrepot(&house, &["replay", "0193a000-0000-7000-8000-000000000000"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(running.stop().success());
}

/// One page says how a document came, also for the second time, what was answered, and why it waits; what repeats is
/// among the arrivals.
#[test]
fn a_document_tells_its_way() {
    let house = House::new(None);
    let running = house.start();
    let order = orders_x12("NEWCOMER", "HOUSE", 7, 1);
    house.drop_file("in", "stranger.edi", &order);
    eventually(|| !held(&house).is_empty());
    house.drop_file("in", "again.edi", &order);
    let told = || String::from_utf8(entrepot(&house, &["documents", "show", "PO-7-1"]).stdout).unwrap();
    eventually(|| told().matches("delivered to folder:unknown").count() == 2);
    let told = told();
    for words in [
        " by folder:in as stranger.edi, in interchange 000000007",
        " by folder:in as again.edi, answered as before",
        "answered    997 accepted",
        "partner-unknown since ",
        "No partner has the identity ZZ:NEWCOMER.",
        "when it is mended: entrepot replay ",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let shown = entrepot(&house, &["documents", "show", "PO-7-1", "--format", "json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let passage = &shown["passage"];
    assert_eq!(passage["arrival"]["counts"], json!({"interchanges": 1, "groups": 1, "sets": 1, "held": 1}));
    assert_eq!(passage["repeats"][0]["counts"], json!({"interchanges": 1, "duplicates": 1}));
    assert_eq!(passage["answers"][0]["deliveries"].as_array().map(Vec::len), Some(2));
    let arrivals = String::from_utf8(entrepot(&house, &["documents", "arrivals"]).stdout).unwrap();
    let lines: Vec<&str> = arrivals.lines().collect();
    assert!(lines[0].contains("again.edi") && lines[0].contains("1 interchange, 1 duplicate"), "{arrivals}");
    assert!(lines[1].contains("stranger.edi") && lines[1].contains("1 held"), "{arrivals}");
    let unknown = entrepot(&house, &["documents", "show", "PO-8-1"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(running.stop().success());
}

/// A repetition is found by its bytes, whatever came under the number since; other content under it is read with a warning,
/// or as the partner's policy says.
#[test]
fn a_repetition_is_found_behind_others_of_its_number() {
    let house = House::new(None);
    let partner = |id: &str, policy: &str| {
        let text = format!(
            "name = \"{id}\"\nduplicates = \"{policy}\"\n[x12]\nid = \"ZZ:{id}\"\n[acknowledge]\nta1 = \"always\"\n"
        );
        house.write(&format!("catalogue/partners/{}.toml", id.to_lowercase()), &text);
    };
    partner("REUSER", "accept");
    partner("STRICT", "reject");
    let running = house.start();
    let (first, other) =
        (orders_x12("ACME", "HOUSE", 1, 1), orders_x12("ACME", "HOUSE", 1, 1).replace("PO-1-1", "PO-9-1"));
    let arrives = |name: &str, text: &str, folder: &str, count: usize| {
        house.drop_file("in", name, text);
        let files = house.wait_for_files(folder, count, PATIENCE);
        assert_eq!(files.len(), count, "{name}: {}", house.state());
        files.values().collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(arrives("a.edi", &first, "out/acme", 1), 1);
    assert_eq!(arrives("c.edi", &other, "out/acme", 2), 2);
    assert_eq!(arrives("a-again.edi", &first, "out/acme", 3), 2, "the stored 997");
    assert_eq!(arrives("c-again.edi", &other, "out/acme", 4), 2, "the stored 997");
    let all = format!(
        "{0}{1}{0}",
        first.replace("000000001", "000000005").replace("PO-1-", "PO-5-"),
        other.replace("000000001", "000000005")
    );
    house.drop_file("in", "in-one-file.edi", &all);
    house.wait_for_files("out/acme", 7, PATIENCE);
    let arrivals = entrepot(&house, &["documents", "arrivals"]);
    let arrivals = String::from_utf8(arrivals.stdout).unwrap();
    assert!(arrivals.contains("3 interchanges") && arrivals.contains("1 duplicate"), "{arrivals}");
    // What the warning is of stands with the document, and in the log.
    let shown = String::from_utf8(entrepot(&house, &["documents", "show", "PO-1-1"]).stdout).unwrap();
    assert!(!shown.contains("duplicate-control-number"), "{shown}");
    let document = found(&house, "PO-9-1").pop().expect("the other order");
    let shown = entrepot(&house, &["documents", "show", document["id"].as_str().unwrap()]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("warning") && shown.contains("duplicate-control-number"), "{shown}");
    assert!(house.log().contains("was used before for other content"), "{}", house.log());

    // Both read like any other; the order is still known by its own number.
    let first = orders_x12("REUSER", "HOUSE", 2, 1);
    arrives("reused.edi", &first, "out/reuser", 2);
    assert_eq!(arrives("reused-again.edi", &first, "out/reuser", 4), 4, "answers of its own");
    eventually(|| found(&house, "PO-2-1").iter().any(|document| document["state"] == "duplicate"));
    let log = house.log();
    assert!(!log.lines().any(|line| line.contains("used before") && line.contains("reuser")), "{log}");

    // Other content is rejected, the same bytes are answered as before.
    let first = orders_x12("STRICT", "HOUSE", 3, 1);
    arrives("strict.edi", &first, "out/strict", 2);
    arrives("strict-other.edi", &first.replace("PO-3-1", "PO-8-1"), "out/strict", 3);
    let answers = house.files("out/strict");
    let told: Vec<_> = answers.values().flat_map(|answer| tagged(answer, "TA1")).collect();
    assert!(told.iter().any(|ta1| ta1[4] == "R" && ta1[5] == "025"), "{told:?}");
    assert_eq!(arrives("strict-again.edi", &first, "out/strict", 5), 3, "the stored answers");
    assert!(running.stop().success());
}

/// What a partner thinks of our invoice stands in the list and on its page, with places, codes and a way on; it is found by
/// every number around it, and its interchange by the id in the log.
#[test]
fn a_rejection_is_told_where_people_look() {
    let (house, running, out) = invoiced();
    let st = tagged(out.values().next().unwrap(), "ST")[0][2].clone();
    let complaint = functional_acknowledgement("IN", 1, "R")
        .replace("AK9*R", &format!("AK2*810*{st}~AK3*N1*5**8~AK4*2*93*1~AK5*R*5~AK9*R"));
    let (head, tail) = complaint.split_once("~SE*").expect("a trailer");
    let count: u32 = tail.split('*').next().and_then(|count| count.parse().ok()).expect("a count");
    let complaint = format!("{head}~SE*{}{}", count + 4, &tail[count.to_string().len()..]);
    house.drop_file("in/acme", "997.edi", &complaint);
    let words = |args: &[&str]| String::from_utf8(entrepot(&house, args).stdout).unwrap();
    eventually(|| words(&["documents", "list"]).contains("done       rejected by partner"));
    for told in [words(&["documents", "show", "INV-1"]), words(&["documents", "held"])] {
        for part in ["N1-02", "(AK403 1)", "entrepot send acme "] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("entrepot replay"), "{told}");
    }
    let work = words(&["exceptions"]);
    let id = work.split_whitespace().next().expect("something waits").to_owned();
    assert!(words(&["exceptions", "show", &id]).contains("(AK403 1)"), "{work}");
    for number in ["000000001", "1", &st] {
        assert!(words(&["documents", "find", number]).contains("INV-1"), "{number}");
    }
    // The id that stands in the log.
    house.drop_file("in/acme", "order.edi", &orders_x12("ACME", "HOUSE", 42, 1));
    eventually(|| !found(&house, "PO-42-1").is_empty());
    for number in ["42", "000000042"] {
        assert!(words(&["documents", "find", number]).contains("PO-42-1"), "{number}");
    }
    let shown = words(&["documents", "show", found(&house, "PO-42-1")[0]["interchange"].as_str().unwrap()]);
    assert!(shown.contains("interchange 000000042") && shown.contains("PO-42-1"), "{shown}");
    assert!(running.stop().success());
}

/// A header whose separator was lost says what no header of ours can repeat: the file is read, and a person knows that its
/// sender was told nothing.
#[test]
fn an_answer_that_cannot_be_written_holds_up_nothing() {
    let house = House::new(None);
    let running = house.start();
    let mut broken = orders_x12("ACMESTORES", "HARBOURGOODS", 7, 1).into_bytes();
    assert_eq!(broken[31], b'*');
    broken[31] = b' ';
    house.drop_file("in", "broken.edi", &String::from_utf8(broken).unwrap());
    eventually(|| held(&house).iter().any(|hold| hold["fault"] == "answer-unwritable"));
    let hold = held(&house).into_iter().find(|hold| hold["fault"] == "answer-unwritable").unwrap();
    assert!(hold["reason"].as_str().unwrap().contains("Nobody told the sender"), "{hold}");
    let arrivals = lines(&entrepot(&house, &["documents", "arrivals", "--format", "json"]));
    assert_eq!((arrivals.len(), &arrivals[0]["state"]), (1, &json!("done")), "{arrivals:?}");
    assert!(running.stop().success());
}

/// An invoice that 004010 can carry.
pub fn invoice(number: &str, quantity: &str) -> String {
    format!(
        "{{\"kind\":\"invoice\",\"number\":\"{number}\",\"date\":\"2026-11-24\",\"type\":\"invoice\",\
         \"order_number\":\"PO-1\",\"total\":\"42.50\",\"lines\":[{{\"number\":\"1\",\"quantity\":\"{quantity}\",\
         \"unit\":\"EA\",\"price\":\"4.25\",\"ids\":[{{\"qualifier\":\"VP\",\"id\":\"BOLT-10\"}}]}}]}}"
    )
}

/// A house that has sent invoice INV-1 to its partner, and what left.
fn invoiced() -> (House, Running, BTreeMap<String, String>) {
    let house = House::new(None);
    house.write("catalogue/partners/acme.toml", "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n[outbound.810]\n");
    let running = house.start();
    house.write("invoice.json", &invoice("INV-1", "10"));
    let sent = entrepot(&house, &["send", "acme", &house.root.path().join("invoice.json").display().to_string()]);
    assert!(sent.status.success(), "{sent:?}");
    let out = house.wait_for_files("out/acme", 1, PATIENCE);
    (house, running, out)
}

/// What the partner says of one group that we sent.
fn functional_acknowledgement(functional_id: &str, group: u32, disposition: &str) -> String {
    let isa = isa("ACME", "HOUSE", 900 + group, 'P');
    format!(
        "{isa}GS*FA*ACME*HOUSE*20261125*1030*{group}*X*004010~ST*997*0001~AK1*{functional_id}*{group}~\
         AK9*{disposition}*1*1*1~SE*4*0001~GE*1*{group}~IEA*1*{:09}~",
        900 + group
    )
}

pub fn entrepot(house: &House, arguments: &[&str]) -> Output {
    Command::new(Path::new(env!("CARGO_BIN_EXE_entrepot")))
        .args(arguments)
        .arg("--config")
        .arg(house.settings())
        .output()
        .expect("the program runs")
}

pub fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

pub fn found(house: &House, number: &str) -> Vec<Value> {
    lines(&entrepot(house, &["documents", "find", number, "--format", "json"]))
}

pub fn held(house: &House) -> Vec<Value> {
    lines(&entrepot(house, &["documents", "held", "--format", "json"]))
}

/// What stands beside a file in the error folder.
pub fn reason(house: &House, name: &str) -> String {
    let companion = format!("{name}.error.txt");
    let files = house.files("error");
    let found = files.iter().find(|(path, _)| path.ends_with(&companion));
    found.map(|(_, text)| text.clone()).unwrap_or_else(|| panic!("{companion} among {:?}", files.keys()))
}

pub fn axes(document: &Value) -> [&str; 3] {
    ["state", "transport", "functional"].map(|axis| document[axis].as_str().unwrap_or_default())
}

fn eventually(mut holds: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "it does not come about");
        std::thread::sleep(Duration::from_millis(100));
    }
}
