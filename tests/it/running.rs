//! The program as its operator knows it: settings taken over while it runs, its status, its log, what it tells a shell.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::house::House;
use crate::trade::{orders_edifact, orders_x12};

const PATIENCE: Duration = Duration::from_secs(30);

/// A set of files is in force as a whole or not at all: one that is broken changes nothing, is told by the log and the
/// status, and what was in force before goes on; the next good one is taken over without a restart.
#[test]
fn settings_are_taken_over_whole_or_not_at_all() {
    let house = House::new(None);
    let mut running = house.start();
    house.write("catalogue/partners/nordwind.toml", "name = \"Nordwind\"\n[edifact]\nid = \"NORDWIND:14\"\n");
    house.write("catalogue/partners/slip.toml", "nam = \"Slip\"\n");
    wait(|| house.log().contains("settings not taken over: partners/slip.toml:1:1"), &house);
    let status = running.get("/readyz").expect("it answers");
    // The gateway does its work: no load balancer may take it out for a file that somebody mistyped.
    assert!(status.starts_with("HTTP/1.1 200") && status.contains("warning: settings: partners/slip.toml"), "{status}");
    let counters = running.get("/metrics").expect("it answers");
    assert!(counters.contains("entrepot_warnings{part=\"settings\"} 1"), "{counters}");
    let doctor = Command::new(env!("CARGO_BIN_EXE_entrepot"))
        .args(["doctor", "--config"])
        .arg(house.settings())
        .output()
        .expect("the program runs");
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.contains("by what was in force before") && doctor.contains("slip.toml"), "{doctor}");
    // What was agreed before goes on: Nordwind still gets a CONTRL.
    house.drop_file("in", "one.edi", &orders_edifact("NORDWIND", "HOUSE", "1", 1));
    house.wait_for_files("out/nordwind", 1, PATIENCE);
    // Put right, both files count: no CONTRL unless it is asked for, and a partner more.
    house.write("catalogue/partners/slip.toml", "name = \"Slip\"\n[x12]\nid = \"ZZ:SLIP\"\n");
    wait(|| house.log().contains("settings taken over"), &house);
    house.drop_file("in", "two.edi", &orders_edifact("NORDWIND", "HOUSE", "2", 1));
    house.drop_file("in", "three.edi", &orders_x12("SLIP", "HOUSE", 3, 1));
    house.wait_for_files("out/slip", 1, PATIENCE);
    house.wait_for_files("outbox", 3, PATIENCE);
    assert_eq!(house.files("out/nordwind").len(), 1, "{}", house.state());
    running.wait_until_ready();
    assert!(running.stop().success());
}

/// Lines of the log that a document causes bear what it came with; the status says well, ready and how much.
#[test]
fn the_log_names_what_it_speaks_of_and_the_status_answers() {
    let house = House::new(None);
    let running = house.start();
    let answer = |path: &str| running.get(path).expect("it answers");
    assert!(answer("/healthz").starts_with("HTTP/1.1 200"), "{}", answer("/healthz"));
    house.drop_file("in", "one.edi", &orders_x12("ACME", "HOUSE", 1, 2));
    house.drop_file("in", "refused.edi", "nothing that anybody could read");
    house.wait_for_files("outbox", 2, PATIENCE);
    house.wait_for_files("out/acme", 1, PATIENCE);
    wait(|| !house.files("error").is_empty(), &house);
    let reasons = house.files("error");
    let (_, reason) = reasons.iter().find(|(name, _)| name.ends_with(".error.txt")).expect("a companion");
    assert!(reason.ends_with(".\n") && !reason.ends_with("\n\n"), "{reason:?}");
    let metrics = answer("/metrics");
    assert!(metrics.contains("entrepot_sets_total{disposition=\"accepted\"} 2"), "{metrics}");
    assert!(running.stop().success());
    let log = house.log();
    let about: Vec<&str> =
        log.lines().filter(|line| line.contains("one.edi") || line.contains("transmission")).collect();
    assert!(
        !about.is_empty() && about.iter().all(|line| line.contains("transmission") || line.contains("document")),
        "{log}"
    );
}

/// What a shell and `man` are given is about every verb.
#[test]
fn completions_and_a_manual_page_come_with_the_program() {
    let said = |words: &[&str]| {
        let answer = Command::new(env!("CARGO_BIN_EXE_entrepot")).args(words).output().expect("it runs");
        assert!(answer.status.success(), "{answer:?}");
        String::from_utf8(answer.stdout).expect("text")
    };
    for shell in ["bash", "zsh", "fish"] {
        let script = said(&["completions", shell]);
        assert!(["inspect", "translate", "whatif", "doctor"].iter().all(|verb| script.contains(verb)), "{shell}");
    }
    let page = said(&["man"]);
    assert!(page.contains(".TH") && page.contains("inspect") && page.contains("backup"), "{page}");
}

fn wait(until: impl Fn() -> bool, house: &House) {
    let started = Instant::now();
    while !until() {
        assert!(started.elapsed() < PATIENCE, "{}", house.state());
        std::thread::sleep(Duration::from_millis(20));
    }
}
