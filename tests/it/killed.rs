//! What is told of orders comes in orders of arrival that are drawn, partly twice, to the real program, which is killed at
//! random moments: each order ends the same, and what left for it left once.

use std::collections::BTreeMap;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::chance::{Chance, seed};
use crate::house::House;
use crate::trade::{isa, tagged};

const ORDERS: usize = 6;
const PARTNER: &str = "name = \"Acme Retail\"\n[x12]\nid = \"ZZ:ACME\"\n[outbound.855]\n[outbound.865]\n[outbound.856]\n\
                       [outbound.810]\n[trade.invoice]\nwhen = \"on_request\"\n";

#[test]
fn orders_of_arrival_end_alike_however_often_the_program_is_killed() {
    let seed = seed();
    let mut chance = Chance(seed);
    let house = House::new(None);
    house.write("catalogue/partners/acme.toml", PARTNER);
    let mut told: Vec<File> = (1..=ORDERS).flat_map(files).collect();
    // Some of it comes twice: the very same bytes.
    let again: Vec<File> = told.iter().filter(|_| chance.below(4) == 0).cloned().collect();
    told.extend(again.into_iter().map(|file| File { name: file.name.replace('.', "-again."), ..file }));
    for at in (1..told.len()).rev() {
        told.swap(at, chance.below(at as u64 + 1) as usize);
    }

    let mut running = house.start();
    thread::scope(|scope| {
        let (house, told) = (&house, &told);
        let feeder = scope.spawn(move || {
            let mut chance = Chance(seed ^ 1);
            for file in told {
                house.drop_file(file.folder, &file.name, &file.text);
                thread::sleep(Duration::from_millis(chance.below(60)));
            }
        });
        for _ in 0..6 {
            thread::sleep(Duration::from_millis(chance.below(500)));
            running.kill();
            running = house.launch();
            // Sometimes it is killed while it starts.
            if chance.below(4) > 0 {
                running.wait_until_ready();
            }
        }
        feeder.join().expect("the feeder ends");
    });
    running.wait_until_ready();

    let started = Instant::now();
    let ends = loop {
        let ends: Vec<String> = (1..=ORDERS).map(|order| end(&house, order)).collect();
        if ends.iter().all(|end| end == ENDS) || started.elapsed() > Duration::from_secs(60) {
            break ends;
        }
        thread::sleep(Duration::from_millis(200));
    };
    for (at, end) in ends.iter().enumerate() {
        assert_eq!(end, ENDS, "order K{}, seed {seed}; {}", at + 1, house.state());
    }
    // Its 997s and notices may still be on their way out.
    let wanted = 3 * ORDERS;
    let started = Instant::now();
    let left = loop {
        let left = left(&house);
        if left.len() >= wanted || started.elapsed() > Duration::from_secs(60) {
            break left;
        }
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(left.len(), wanted, "{left:?}, seed {seed}");
    assert!(left.values().all(|count| *count == 1), "something left twice: {left:?}, seed {seed}");
    assert!(running.stop().success());
    let waiting = says(&house, &["orders", "--waiting", "--format", "json"]);
    assert_eq!(waiting.trim(), "", "nothing waits for ever, seed {seed}");
    let verified = says(&house, &["verify"]);
    assert!(verified.contains("whole"), "{verified}, seed {seed}");
}

const ENDS: &str = "ordered 90 accepted 90 shipped 90 received 90 invoiced 90";

/// One thing that comes.
#[derive(Clone)]
struct File {
    folder: &'static str,
    name: String,
    text: String,
}

/// Everything that is told of an order: what the partner sends, and what another system of ours has written.
fn files(order: usize) -> Vec<File> {
    let segments = [
        ("850", "PO", format!("BEG*00*SA*K{order}**20261123~PO1*1*100*EA*10.00**VN*W1~CTT*1")),
        ("860", "PC", format!("BCH*04*SA*K{order}**1*20261124~POC*1*QD*90*90*EA*10.00**VN*W1~CTT*1")),
        (
            "861",
            "RC",
            format!(
                "BRA*R{order}*20261126*00*1~REF*SI*S{order}~DTM*050*20261126~PRF*K{order}~RCD*1*90*EA~LIN*1*VN*W1~PRF*K{order}~CTT*1"
            ),
        ),
        (
            "820",
            "RA",
            format!("BPR*I*900.00*C*ACH************20261127~TRN*1*T{order}~ENT*1~RMR*IV*I{order}*PI*900.00*900.00"),
        ),
    ];
    let came = segments.iter().enumerate().map(|(at, (kind, group, body))| {
        let control = (order * 10 + at) as u32;
        let count = body.split('~').count() + 2;
        let text = format!(
            "{}GS*{group}*ACME*HOUSE*20261123*1030*{control}*X*004010~ST*{kind}*0001~{body}~SE*{count}*0001~GE*1*{control}~\
             IEA*1*{control:09}~",
            isa("ACME", "HOUSE", control, 'P')
        );
        File { folder: "in/acme", name: format!("{kind}-{order}.edi"), text }
    });
    let line = |field: &str| {
        let mut line =
            json!({"number": "1", "order_line": "1", "unit": "EA", "ids": [{"qualifier": "VN", "id": "W1"}]});
        line[field] = "90".into();
        line
    };
    let mut shipped = line("quantity");
    shipped["order_number"] = format!("K{order}").into();
    let mut billed = line("quantity");
    billed["price"] = "10.00".into();
    billed["amount"] = "900.00".into();
    let written = [
        (
            "855",
            json!({"kind": "order_response", "number": format!("A{order}"), "date": "2026-11-24", "purpose": "original",
                "order_number": format!("K{order}"), "order_date": "2026-11-23", "decision": "accepted"}),
        ),
        (
            "856",
            json!({"kind": "ship_notice", "number": format!("S{order}"), "date": "2026-11-25", "time": "10:30:00",
                "purpose": "original", "structure": "shipment_order_item", "shipped": "2026-11-25",
                "order_numbers": [format!("K{order}")], "orders": [{"number": format!("K{order}")}], "lines": [shipped]}),
        ),
        (
            "810",
            json!({"kind": "invoice", "number": format!("I{order}"), "date": "2026-11-25", "type": "invoice",
                "order_number": format!("K{order}"), "order_date": "2026-11-23",
                "references": [{"kind": "shipment", "value": format!("S{order}")}],
                "total": "900.00", "lines": [billed]}),
        ),
    ];
    let written = written.map(|(kind, document)| File {
        folder: "send/acme",
        name: format!("{kind}-{order}.json"),
        text: document.to_string(),
    });
    came.chain(written).collect()
}

/// How an order stands.
fn end(house: &House, order: usize) -> String {
    let shown = says(house, &["orders", &format!("K{order}"), "--format", "json"]);
    let Ok(shown) = serde_json::from_str::<Value>(&shown) else { return shown };
    let counters = &shown["lines"][0]["counters"];
    let count = |name: &str| {
        let text = counters[name].as_str().unwrap_or("-").to_owned();
        format!("{name} {}", text.trim_end_matches(".0"))
    };
    ["ordered", "accepted", "shipped", "received", "invoiced"].map(count).join(" ")
}

/// How often each answer, notice and invoice left.
fn left(house: &House) -> BTreeMap<String, u32> {
    let mut left = BTreeMap::new();
    for text in house.files("out/acme").values() {
        for (tag, number) in [("BSN", 2), ("BIG", 2), ("BAK", 3)] {
            for segment in tagged(text, tag) {
                *left.entry(format!("{tag} {}", segment[number])).or_default() += 1;
            }
        }
    }
    left
}

fn says(house: &House, arguments: &[&str]) -> String {
    let said = Command::new(env!("CARGO_BIN_EXE_entrepot"))
        .args(arguments)
        .arg("--config")
        .arg(house.settings())
        .output()
        .expect("the program runs");
    format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr))
}
