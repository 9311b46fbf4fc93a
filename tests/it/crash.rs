//! The program is killed at random moments while files arrive: every file is answered once, every document handed on once.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::chance::{Chance, seed};
use crate::disk::Disk;
use crate::house::{House, Running};
use crate::postgres::cluster;
use crate::support::left_out;
use crate::trade::{order_number, orders_x12, tagged};

/// How much is tried: little by default, the whole in `tests/run`.
struct Effort {
    files: u32,
    kills: u32,
}

impl Effort {
    fn from_environment() -> Self {
        let number =
            |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
        Self { files: number("ENTREPOT_CRASH_FILES", 60), kills: number("ENTREPOT_CRASH_KILLS", 4) }
    }
}

#[test]
fn nothing_is_lost_or_doubled_on_sqlite() {
    check(&House::new(None), &Effort::from_environment(), &[House::launch]);
}

#[test]
fn nothing_is_lost_or_doubled_on_postgresql() {
    match cluster() {
        Ok(cluster) => {
            check(&House::new(Some(&cluster.database("crash"))), &Effort::from_environment(), &[House::launch]);
        }
        Err(why) => left_out("kill -9 on PostgreSQL", &why),
    }
}

#[test]
fn nothing_is_lost_or_doubled_by_two_gateways_that_share_a_folder() {
    match cluster() {
        Ok(cluster) => {
            let house = House::new(Some(&cluster.database("pair")));
            check(&house, &Effort::from_environment(), &[House::launch, House::launch_other]);
        }
        Err(why) => left_out("kill -9 of two gateways on PostgreSQL", &why),
    }
}

#[test]
fn a_full_disk_stops_taking_and_loses_nothing() {
    let house = House::new(None);
    fill_up(&house, &house.data());
}

#[test]
fn a_full_payload_disk_stops_taking_and_loses_nothing() {
    let house = House::new(None);
    fill_up(&house, &house.data().join("payloads"));
}

/// Files become complete while a disk below `place` is full: they are neither lost nor half taken, and go through when
/// there is room again.
fn fill_up(house: &House, place: &Path) {
    const FILES: u32 = 4;
    const SETS: u32 = 300;
    let disk = match Disk::mount(place, 48 << 20) {
        Ok(disk) => disk,
        Err(why) => return left_out("a full disk", &why),
    };
    let running = house.start();
    house.drop_file("in/acme", "first.edi", &orders_x12("ACME", "HOUSE", 1, 1));
    house.wait_for_files("outbox", 1, Duration::from_secs(30));
    // Large enough to be payload files, written while there was room, and complete when there is none.
    let hidden = |control: u32| house.data().join(format!("in/acme/.orders-{control}.edi"));
    for control in 2..2 + FILES {
        fs::write(hidden(control), orders_x12("ACME", "HOUSE", control, SETS)).expect("there is room");
    }
    disk.fill();
    for control in 2..2 + FILES {
        let name = house.data().join(format!("in/acme/orders-{control}.edi"));
        fs::rename(hidden(control), name).expect("a rename needs no room");
    }
    thread::sleep(Duration::from_secs(3));
    let status = running.get("/readyz").expect("it still answers");
    assert!(status.starts_with("HTTP/1.1 503") && status.contains("full"), "{status}");
    assert_eq!(house.files("outbox").len(), 1, "nothing is handed on that is not durable");
    disk.empty();
    let expected = (1 + FILES * SETS) as usize;
    house.wait_for_files("outbox", expected, Duration::from_secs(90));
    quiet(house);
    assert_eq!(house.files("outbox").len(), expected, "each document once; {}", house.state());
    let answers = house.files("out/acme");
    let mut answered: Vec<String> =
        answers.values().flat_map(|answer| tagged(answer, "AK1")).map(|line| line[2].clone()).collect();
    answered.sort();
    assert_eq!(answered, (1..2 + FILES).map(|control| control.to_string()).collect::<Vec<_>>());
    assert!(running.stop().success());
}

/// Sets in each file: one in most, a few hundred in some, so that kills also fall between windows.
fn sets(file: u32) -> u32 {
    if file % 25 == 24 { 900 } else { 1 + file % 3 }
}

fn check(house: &House, effort: &Effort, gateways: &[fn(&House) -> Running]) {
    let seed = seed();
    let mut chance = Chance(seed);
    let mut running: Vec<Running> = gateways.iter().map(|launch| launch(house)).collect();
    running.iter_mut().for_each(Running::wait_until_ready);
    thread::scope(|scope| {
        let feeder = scope.spawn(|| {
            let mut chance = Chance(seed ^ 1);
            for file in 0..effort.files {
                let control = file + 1;
                let text = orders_x12("ACME", "HOUSE", control, sets(file));
                house.drop_file("in/acme", &format!("orders-{control}.edi"), &text);
                thread::sleep(Duration::from_millis(chance.below(8)));
            }
        });
        for _ in 0..effort.kills {
            thread::sleep(Duration::from_millis(chance.below(350)));
            let one = chance.below(gateways.len() as u64) as usize;
            running[one].kill();
            running[one] = gateways[one](house);
            // Sometimes it is killed while it starts.
            if chance.below(4) > 0 {
                running[one].wait_until_ready();
            }
        }
        feeder.join().expect("the feeder ends");
    });
    running.iter_mut().for_each(Running::wait_until_ready);
    let expected: usize = (0..effort.files).map(|file| sets(file) as usize).sum();
    let patience = Duration::from_secs(60);
    let answers = house.wait_for_files("out/acme", effort.files as usize, patience);
    let documents = house.wait_for_files("outbox", expected, patience);
    quiet(house);

    let mut answered: BTreeMap<String, u32> = BTreeMap::new();
    for answer in answers.values().chain(house.files("out/acme").values()) {
        for line in tagged(answer, "AK1") {
            *answered.entry(line[2].clone()).or_default() += 1;
        }
    }
    // Both looks at the folder saw each answer once.
    let once: BTreeMap<String, u32> = (1..=effort.files).map(|control| (control.to_string(), 2)).collect();
    assert_eq!(answered, once, "answers by group control number, seed {seed}");

    let mut handed: BTreeMap<String, u32> = BTreeMap::new();
    assert_eq!(documents.len(), house.files("outbox").len(), "seed {seed}");
    for document in documents.values() {
        let document: serde_json::Value = serde_json::from_str(document).expect("whole JSON files only");
        *handed.entry(document["number"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let once: BTreeMap<String, u32> =
        (0..effort.files).flat_map(|file| (1..=sets(file)).map(move |set| (order_number(file + 1, set), 1))).collect();
    let wrong: Vec<_> = once.iter().filter(|(number, _)| handed.get(*number) != Some(&1)).take(10).collect();
    assert!(wrong.is_empty() && handed.len() == once.len(), "documents not handed on once: {wrong:?}, seed {seed}");

    // Where a neighbour has read it, its claimer files it away when it looks again.
    let since = Instant::now();
    while gateways.len() > 1 && !house.files("work").is_empty() && since.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(100));
    }
    for running in running {
        assert!(running.stop().success(), "a stop by signal is no failure (seed {seed})");
    }
    for folder in ["in", "work"] {
        let names: Vec<String> = house.files(folder).into_keys().collect();
        assert!(names.is_empty(), "nothing stays in {folder}, seed {seed}: {names:?}");
    }
    assert_eq!(house.files("archive").len(), effort.files as usize, "every file is in the archive, seed {seed}");
}

/// Waits until nothing changes any more: a document too many would come late.
fn quiet(house: &House) {
    let count = || house.files("out").len() + house.files("outbox").len() + house.files("work").len();
    let (mut latest, mut since) = (count(), Instant::now());
    while since.elapsed() < Duration::from_secs(1) {
        thread::sleep(Duration::from_millis(100));
        let now = count();
        if now != latest {
            (latest, since) = (now, Instant::now());
        }
    }
}
