//! Money files that nobody here wrote, through a live gateway: each ends applied, waiting, held or refused, with a reason and
//! somebody who has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::api::house::ask;
use crate::house::House;
use crate::support::{left_out, shared};

const MONEY: [&str; 5] = ["810", "812", "820", "INVOIC", "REMADV"];

#[test]
fn every_money_file_of_others_has_an_owner() {
    let Some(root) = shared() else { return left_out("money files of others", "ENTREPOT_SHARED names no folder") };
    let corpora = root.join("corpora");
    let index = fs::read_to_string(corpora.join("INDEX.csv")).expect("the index is there");
    let is_money = |line: &&str| {
        let sets = line.split(',').nth(4).unwrap_or_default();
        sets.split(' ').any(|set| MONEY.iter().any(|kind| set.starts_with(&format!("{kind}x"))))
    };
    let files: Vec<Vec<u8>> = index
        .lines()
        .filter(is_money)
        .filter_map(|line| fs::read(corpora.join(line.split(',').next()?)).ok())
        .collect();
    assert!(files.len() > 50, "{} files", files.len());

    let house = House::new(None);
    let (mut senders, mut ours) = (BTreeSet::new(), [BTreeSet::new(), BTreeSet::new()]);
    for (realm, sender, receiver) in files.iter().filter_map(|bytes| identities(bytes)) {
        senders.insert((realm, sender));
        ours[usize::from(realm == "edifact")].insert(receiver);
    }
    let list = |ids: &BTreeSet<String>| ids.iter().map(|id| format!("{id:?}")).collect::<Vec<_>>().join(", ");
    house.write(
        "catalogue/partners/us.toml",
        &format!("name = \"House\"\n[x12]\nid = [{}]\n[edifact]\nid = [{}]\n", list(&ours[0]), list(&ours[1])),
    );
    house.write("catalogue/partners/post.toml", "name = \"The mailbox\"\n");
    for (number, (realm, id)) in senders.iter().enumerate() {
        let text = format!("name = \"Sender {number}\"\nvia = \"post\"\n[{realm}]\nid = {id:?}\n");
        house.write(&format!("catalogue/partners/p{number}.toml"), &text);
    }
    let running = house.start();
    for (number, bytes) in files.iter().enumerate() {
        let folder = house.data().join("in/post");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!(".{number}")), bytes).expect("a file");
        fs::rename(folder.join(format!(".{number}")), folder.join(format!("{number}.edi"))).expect("a rename");
    }
    let arrived = settled(&house, files.len());
    assert_eq!(arrived.len(), files.len(), "every file has arrived");

    let cases = cases(&house);
    let has_case = |id: &str| cases.iter().any(|case| case["document"] == id);
    for case in &cases {
        assert!(case["queue"].is_string() && case["due"].is_string(), "nobody's: {case}");
        assert!(case["words"].as_str().is_some_and(|words| words.len() > 10), "no reason: {case}");
    }
    let mut ends = BTreeMap::<String, usize>::new();
    for document in pages(&house, "/v1/documents?direction=in") {
        if !MONEY.iter().any(|kind| document["type"] == *kind) {
            continue;
        }
        let (id, state) = (document["id"].as_str().unwrap_or_default(), document["state"].as_str().unwrap_or_default());
        match state {
            "done" | "duplicate" => {}
            "held" => assert!(has_case(id) || document["partner"] == "post", "nobody's: {document}"),
            "rejected" => {
                // Refused is answered: by a case here, or by an acknowledgement to its sender. Its findings say why, or,
                // where it was refused with what it came in, the answer to that.
                let is_told = document["findings_count"].as_u64() > Some(0) || has_case(id);
                assert!(is_told || is_told_with_its_interchange(&house, id), "no reason: {document}");
            }
            _ => panic!("unfinished: {document}"),
        }
        *ends.entry(format!("{} {state}", document["type"].as_str().unwrap_or_default())).or_default() += 1;
    }
    assert!(ends.values().sum::<usize>() > 50, "{ends:?}");
    println!("{} files: {ends:?}; {} cases", files.len(), cases.len());
    assert!(entrepot(&house, &["verify"]).contains("whole"));
    drop(running);
}

/// Which standard, and from whom to whom, as a partner file writes it.
fn identities(bytes: &[u8]) -> Option<(&'static str, String, String)> {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).filter(|c| *c != '\n' && *c != '\r').collect();
    if let Some(at) = text.find("ISA") {
        let isa = &text[at..];
        let fields: Vec<&str> = isa.split(isa[3..].chars().next()?).map(str::trim).collect();
        let id = |qualifier: usize| {
            let (scheme, id) = (fields.get(qualifier)?, fields.get(qualifier + 1)?);
            (scheme.len() == 2 && !id.is_empty()).then(|| format!("{scheme}:{id}"))
        };
        return Some(("x12", id(5)?, id(7)?));
    }
    let unb = &text[text.find("UNB+")?..];
    let fields: Vec<&str> = unb.split(['\'', '~']).next()?.split('+').collect();
    let id = |field: &str| {
        let mut parts = field.split(':');
        let (id, scheme) = (parts.next()?.to_owned(), parts.next().unwrap_or_default());
        (!id.is_empty()).then(|| if scheme.is_empty() { id.clone() } else { format!("{id}:{scheme}") })
    };
    Some(("edifact", id(fields.get(2)?)?, id(fields.get(3)?)?))
}

/// Whether the interchange of a document was answered, or waits for a person.
fn is_told_with_its_interchange(house: &House, id: &str) -> bool {
    let shown = ask(house.address(), "GET", &format!("/v1/documents/{id}"), &[], None).json();
    let has = |what: &str| shown["passage"][what].as_array().is_some_and(|list| !list.is_empty());
    has("answers") || has("holds")
}

/// Every file that came, once all of them have been read.
fn settled(house: &House, count: usize) -> Vec<Value> {
    for _ in 0..1200 {
        let arrived = pages(house, "/v1/arrivals");
        let is_read = |file: &Value| matches!(file["state"].as_str(), Some("done" | "held"));
        if arrived.len() >= count && arrived.iter().all(is_read) {
            // What was read is applied in steps of its own.
            std::thread::sleep(Duration::from_secs(3));
            return arrived;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("not all files are read: {:?}", pages(house, "/v1/arrivals").len());
}

fn pages(house: &House, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = ask(house.address(), "GET", &format!("{path}{sign}limit=100{cursor}"), &[], None).json();
        rows.extend(page["items"].as_array().into_iter().flatten().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

fn cases(house: &House) -> Vec<Value> {
    let text = entrepot(house, &["exceptions", "--format", "json"]);
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn entrepot(house: &House, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    let output = command.args(args).arg("--config").arg(house.settings()).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
