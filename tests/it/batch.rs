//! Documents that were agreed to leave together: the real program, killed while they wait.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::House;
use crate::outbound::{axes, entrepot, found, held, invoice, lines, reason};
use crate::trade::{isa, tagged};

const PATIENCE: Duration = Duration::from_secs(30);

/// Three invoices wait through a kill, a broken one does not join them, and they leave as three sets of one group; the
/// partner's 997 takes two and rejects one.
#[test]
fn invoices_wait_for_each_other_and_leave_as_sets_of_one_group() {
    let house = House::new(None);
    house.write(
        "catalogue/partners/acme.toml",
        "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n[outbound.810.batch]\ndocuments_max = 3\nwait_seconds = 3600\n",
    );
    let mut running = house.start();
    house.drop_file("send/acme", "1.json", &invoice("INV-1", "10"));
    eventually(|| waiting(&house).len() == 1);
    house.drop_file("send/acme", "2.json", &invoice("INV-2", "10"));
    eventually(|| waiting(&house).len() == 2);
    assert_eq!(axes(&waiting(&house)[0]), ["ready", "pending", "none"]);
    assert!(waiting(&house)[0]["leaves_by"].as_str().is_some_and(|by| by.starts_with("20")));
    running.kill();
    let running = house.start();
    assert_eq!(numbers(&waiting(&house)), ["INV-1", "INV-2"]);
    house.drop_file("send/acme", "broken.json", "{\"kind\":\"invoice\",\"number\":\"INV-9\"}");
    house.drop_file("send/acme", "again.json", &invoice("INV-1", "10"));
    eventually(|| held(&house).iter().any(|hold| hold["fault"] == "not-issued"));
    assert!(reason(&house, "broken.json").contains("cannot be written as agreed"), "{}", reason(&house, "broken.json"));
    assert_eq!((waiting(&house).len(), house.files("out/acme").len()), (2, 0));
    house.drop_file("send/acme", "3.json", &invoice("INV-3", "10"));
    let out = house.wait_for_files("out/acme", 1, PATIENCE);
    let (name, wire) = out.iter().next().unwrap();
    assert!(name.starts_with("810-000000001-"), "{name}");
    let bills: Vec<String> = tagged(wire, "BIG").iter().map(|big| big[2].clone()).collect();
    assert_eq!(bills, ["INV-1", "INV-2", "INV-3"]);
    let sets: Vec<String> = tagged(wire, "ST").iter().map(|set| set[2].clone()).collect();
    assert_eq!(sets, ["0001", "0002", "0003"]);
    assert_eq!((tagged(wire, "GE")[0][1].as_str(), tagged(wire, "IEA")[0][1].as_str()), ("3", "1"));
    eventually(|| axes(&found(&house, "INV-3")[0]) == ["done", "accepted", "awaiting"]);
    assert_eq!(waiting(&house), Vec::<Value>::new());

    let isa = isa("ACME", "HOUSE", 901, 'P');
    let mut answer = format!("{isa}GS*FA*ACME*HOUSE*20261125*1030*1*X*004010~ST*997*0001~AK1*IN*1~");
    for (set, code) in [(1, 'A'), (2, 'R'), (3, 'A')] {
        let _ = write!(answer, "AK2*810*{set:04}~AK5*{code}~");
    }
    answer += "AK9*P*3*3*2~SE*10*0001~GE*1*1~IEA*1*000000901~";
    house.drop_file("in/acme", "997.edi", &answer);
    eventually(|| axes(&found(&house, "INV-2")[0])[2] == "rejected");
    assert_eq!(axes(&found(&house, "INV-1")[0]), ["done", "accepted", "accepted"]);
    assert_eq!(axes(&found(&house, "INV-3")[0]), ["done", "accepted", "accepted"]);
    // Nothing of it is left over for the next batch.
    assert_eq!(house.files("out/acme").len(), 1);
    assert!(running.stop().success());
}

/// Time ends the waiting too; what was agreed meanwhile makes one of them impossible, which is told of alone.
#[test]
fn messages_leave_when_the_first_has_waited_long_enough_and_one_that_cannot_stays_behind() {
    let house = House::new(None);
    let partner = |more: &str, seconds: u32| {
        format!(
            "name = \"Nord\"\n[edifact]\nid = \"4000001000005:14\"\n[outbound.INVOIC]\n{more}\
             [outbound.INVOIC.batch]\nwait_seconds = {seconds}\n"
        )
    };
    house.write("catalogue/partners/nord.toml", &partner("", 8));
    let running = house.start();
    let noted = invoice("INV-2", "10").replacen(
        "\"lines\"",
        "\"currency\":\"EUR\",\"notes\":[{\"code\":\"AAI\",\"text\":\"NOTED\"}],\"lines\"",
        1,
    );
    for (name, text) in [("1.json", invoice("INV-1", "10")), ("2.json", noted), ("3.json", invoice("INV-3", "10"))] {
        house.drop_file("send/nord", name, &text);
    }
    eventually(|| waiting(&house).len() == 3);
    house.write("catalogue/overlays/bare.overlay", "overlay INVOIC for Nord on edifact/D.96A/INVOIC\n  forbid FTX\n");
    house.write("catalogue/partners/nord.toml", &partner("overlay = \"bare\"\n", 8));
    let out = house.wait_for_files("out/nord", 1, PATIENCE);
    let wire = out.values().next().unwrap();
    let heads = wire.split('\'').filter(|segment| segment.trim_start().starts_with("UNH+")).count();
    assert_eq!(heads, 2, "{wire}");
    assert!(wire.contains("UNZ+2+") && wire.contains("UNH+0002+INVOIC:D:96A:UN"), "{wire}");
    assert!(wire.contains("INV-1") && wire.contains("INV-3") && !wire.contains("NOTED"), "{wire}");
    eventually(|| axes(&found(&house, "INV-1")[0]) == ["done", "accepted", "awaiting"]);
    assert_eq!(axes(&found(&house, "INV-2")[0])[..2], ["rejected", "failed"]);
    let held = held(&house);
    let reason = held[0]["reason"].as_str().unwrap_or_default();
    assert!(held.len() == 1 && reason.contains("INV-2 waited for its batch and cannot leave"), "{held:?}");
    // Its number is free: mended, it waits and leaves.
    house.drop_file("send/nord", "mended.json", &invoice("INV-2", "10"));
    house.wait_for_files("out/nord", 2, PATIENCE);
    assert!(running.stop().success());
}

fn waiting(house: &House) -> Vec<Value> {
    lines(&entrepot(house, &["documents", "waiting", "--format", "json"]))
}

fn numbers(documents: &[Value]) -> Vec<&str> {
    documents.iter().filter_map(|document| document["number"].as_str()).collect()
}

fn eventually(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "it did not come so far");
        std::thread::sleep(Duration::from_millis(50));
    }
}
