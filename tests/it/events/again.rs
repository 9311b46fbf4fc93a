//! What people do: look, send once more, give up, let go on. And the program is killed in the middle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::{Got, Mood, Receiver};
use super::{all, assert_ordered, endpoint, entrepot, has};
use crate::api::house::House;
use crate::house;
use crate::postgres::cluster;
use crate::support::left_out;
use crate::trade::orders_x12;

fn json_lines(said: &str) -> Vec<Value> {
    said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_listed_and_sent_once_more_and_the_case_settles_itself() {
    let receiver =
        Receiver::start(|got| if got.kind() == "entrepot.order.received" { Mood::Say("500 Oops") } else { Mood::Take });
    let house = House::start(&endpoint(&receiver, "tries = 2\n")).await;
    let number = house.receives_order(93).await;
    let accept = json!({"rest": "accept"});
    assert_eq!(house.post(&format!("/v1/orders/{number}/decisions"), Some("d"), &accept).status, 200);
    house.leaves("BAK").await;
    let failed = loop {
        let failed = house.get("/v1/events/failed?endpoint=erp").json();
        if failed["items"].as_array().is_some_and(|items| !items.is_empty()) {
            break failed;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let item = &failed["items"][0];
    assert_eq!((&item["type"], &item["tries"]), (&json!("entrepot.order.received"), &json!(2)), "{item}");
    let (_, said) = entrepot(&house, &["--format", "json", "events", "failed"]);
    assert_eq!(json_lines(&said), *failed["items"].as_array().expect("items"));
    let (_, said) = entrepot(&house, &["events", "failed", "--endpoint", "erp"]);
    assert!(said.contains("entrepot.order.received") && said.contains("500 Internal Server Error"), "{said}");
    receiver.takes("the answer on its way", |got| has(got, "entrepot.document.sent")).await;
    let (_, said) = entrepot(&house, &["events", "endpoints"]);
    assert!(said.contains("1 for a person"), "{said}");
    let (is_well, said) = entrepot(&house, &["events", "test", "--endpoint", "erp"]);
    assert!(is_well && said.contains("204"), "{said}");
    let (_, said) = entrepot(&house, &["events", "replay", "--endpoint", "nobody", "--failed"]);
    assert!(said.contains("there is no endpoint nobody"), "{said}");

    receiver.become_of(|_| Mood::Take);
    let (is_done, said) = entrepot(&house, &["events", "replay", "--endpoint", "erp", "--failed"]);
    assert!(is_done, "{said}");
    let taken = receiver.takes("the order", |got| has(got, "entrepot.order.acknowledged")).await;
    assert_ordered(&taken);
    let is_open = || house.get("/v1/exceptions").json().to_string().contains("delivery_failed");
    for _ in 0..100 {
        if !is_open() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!is_open(), "the case settles itself");
    let trail = entrepot(&house, &["audit", "list"]).1;
    assert!(trail.contains("endpoint erp"), "{trail}");

    // Once more, some of it: the same ids and bodies, and nothing else.
    let before = receiver.taken().len();
    let action = json!({"action": "replay", "from": 1, "to": 3});
    let done = house.post("/v1/endpoints/erp/actions", Some("r1"), &action);
    assert_eq!(done.status, 200, "{}", done.body);
    let taken = receiver.takes("three events", |got| got.len() >= before + 3).await;
    let first: BTreeMap<u64, &Got> = taken[..before].iter().map(|got| (got.sequence(), got)).collect();
    for again in &taken[before..] {
        let before = first[&again.sequence()];
        assert_eq!((again.header("webhook-id"), &again.body), (before.header("webhook-id"), &before.body));
    }
    let again: BTreeSet<u64> = taken[before..].iter().map(Got::sequence).collect();
    assert_eq!(again, BTreeSet::from([1, 2, 3]));
    let id = taken[0].header("webhook-id").to_owned();
    let one = json!({"action": "replay", "event": id});
    assert_eq!(house.post("/v1/endpoints/erp/actions", Some("r2"), &one).status, 200);
    let taken = receiver.takes("one event", |got| got.len() >= before + 4).await;
    assert_eq!(taken[before + 3].header("webhook-id"), id);

    for (body, status) in [
        (json!({"action": "replay"}), 422),
        (json!({"action": "replay", "from": 3, "to": 1}), 422),
        (json!({"action": "skip", "event": "none"}), 422),
        (json!({"action": "forget"}), 400),
    ] {
        let said = house.post("/v1/endpoints/erp/actions", Some("w"), &body);
        assert_eq!(said.status, status, "{body}: {}", said.body);
    }
    assert_eq!(house.post("/v1/endpoints/none/actions", Some("n"), &json!({"action": "enable"})).status, 404);
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_given_up_and_a_disabled_endpoint_goes_on() {
    let receiver = Receiver::start(|got| {
        if got.kind() == "entrepot.order.received" { Mood::Say("400 Bad Request") } else { Mood::Take }
    });
    let house = House::start(&endpoint(&receiver, "tries = 1\n")).await;
    let number = house.receives_order(94).await;
    let accept = json!({"rest": "accept"});
    assert_eq!(house.post(&format!("/v1/orders/{number}/decisions"), Some("d"), &accept).status, 200);
    let sequence = loop {
        let failed = house.get("/v1/events/failed").json();
        if let Some(sequence) = failed["items"][0]["sequence"].as_u64() {
            break sequence;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let (is_done, said) = entrepot(&house, &["events", "skip", "--endpoint", "erp", "1"]);
    assert!(!is_done && said.contains("event 1 is not owed to erp"), "{said}");
    let (is_done, said) = entrepot(&house, &["events", "skip", "--endpoint", "erp", &sequence.to_string()]);
    assert!(is_done, "{said}");
    let taken = receiver.takes("what stood behind", |got| has(got, "entrepot.order.acknowledged")).await;
    assert!(!has(&taken, "entrepot.order.received"));
    assert!(!house.get("/v1/exceptions").json().to_string().contains("delivery_failed"));

    receiver.become_of(|_| Mood::Say("410 Gone"));
    house.receives_order(95).await;
    let state = || house.get("/v1/endpoints").json()["items"][0]["state"].clone();
    while state() != "disabled" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (_, said) = entrepot(&house, &["events", "endpoints"]);
    assert!(said.contains("disabled") && said.contains("410 Gone"), "{said}");
    receiver.become_of(|_| Mood::Take);
    let (is_done, said) = entrepot(&house, &["events", "enable", "--endpoint", "erp"]);
    assert!(is_done, "{said}");
    let later = |got: &[Got]| got.iter().any(|got| got.subject().starts_with("sale|acme|PO-95-1"));
    let taken = receiver.takes("the order of meanwhile", later).await;
    assert_ordered(&taken);
    let metrics = house.get("/metrics").body;
    assert!(metrics.contains("entrepot_endpoint_failed_events{endpoint=\"erp\"}"), "{metrics}");
    assert!(metrics.contains("entrepot_endpoint_lag_events{endpoint=\"erp\"}"), "{metrics}");
    house.daemon.stop().await;
}

/// Orders come in while the program is killed again and again, and the receiver has moods: every event arrives, those of
/// a subject in their order, and the same id is always the same body.
fn killed(house: &house::House) {
    const ORDERS: u32 = 40;
    const KILLS: u32 = 5;
    let mut count = 0_usize;
    let receiver = Receiver::start(move |_| {
        count += 1;
        match count % 7 {
            3 => Mood::Say("503 Service Unavailable"),
            5 => Mood::HangUp,
            _ => Mood::Take,
        }
    });
    let mut settings = fs::File::options().append(true).open(house.settings()).expect("the settings");
    settings.write_all(endpoint(&receiver, "tries = 100\n").as_bytes()).expect("written");
    for kill in 0..=KILLS {
        let mut running = house.start();
        for order in 0..ORDERS / (KILLS + 1) + 1 {
            let control = 1 + kill * 100 + order;
            house.drop_file("in/acme", &format!("{control}.edi"), &orders_x12("ACME", "HOUSE", control, 1));
        }
        std::thread::sleep(Duration::from_millis(700 + u64::from(kill) * 130));
        if kill < KILLS {
            running.kill();
            continue;
        }
        let wanted = (ORDERS / (KILLS + 1) + 1) * (KILLS + 1);
        let last = || {
            let page = running.get("/v1/events?type=entrepot.order.received&limit=500").unwrap_or_default();
            page.matches("entrepot.order.received").count()
        };
        for _ in 0..600 {
            std::thread::sleep(Duration::from_millis(50));
            if last() == wanted as usize {
                break;
            }
        }
        assert_eq!(last(), wanted as usize, "{}", house.state());
        // What is told of is all there is, once nothing is behind.
        for _ in 0..600 {
            let state = running.get("/v1/endpoints").unwrap_or_default();
            if state.contains("\"lag\":0,\"waiting\":0,\"failed\":0") {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let state = running.get("/v1/endpoints").unwrap_or_default();
        assert!(state.contains("\"lag\":0,\"waiting\":0,\"failed\":0"), "{state}\n{}", house.state());
        let taken = receiver.taken();
        let arrived: BTreeSet<u64> = taken.iter().map(Got::sequence).collect();
        let (first, last) = (arrived.first().copied().unwrap_or(0), arrived.last().copied().unwrap_or(0));
        assert_eq!(arrived.len() as u64, last - first + 1, "without a gap");
        assert_eq!(first, 1);
        assert!(arrived.len() > 2 * wanted as usize, "{} events", arrived.len());
        assert_ordered(&taken);
        let mut bodies: BTreeMap<String, String> = BTreeMap::new();
        for got in taken {
            let before = bodies.insert(got.header("webhook-id").to_owned(), got.body.clone());
            assert!(before.is_none_or(|before| before == got.body));
        }
        assert_eq!(bodies.len(), arrived.len(), "one id for one number");
    }
}

#[test]
fn a_killed_gateway_tells_everything_all_the_same() {
    killed(&house::House::new(None));
}

#[test]
fn a_killed_gateway_on_postgresql_tells_everything_all_the_same() {
    match cluster() {
        Ok(cluster) => killed(&house::House::new(Some(&cluster.database("events")))),
        Err(why) => left_out("events on PostgreSQL with kill -9", &why),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_and_an_endpoint_see_the_same() {
    let receiver = Receiver::content();
    let only = "types = [\"entrepot.order.*\", \"document.received\"]\nfrom_start = true\n";
    let house = House::start(&endpoint(&receiver, only)).await;
    for control in [96, 97] {
        house.receives_order(control).await;
    }
    let wanted = |event: &Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        kind.starts_with("entrepot.order.") || kind == "entrepot.document.received"
    };
    let events: Vec<Value> = all(&house).into_iter().filter(wanted).collect();
    let taken = receiver.takes("what is wanted", |got| got.len() >= events.len()).await;
    let mut bodies: Vec<Value> = taken.iter().map(Got::json).collect();
    bodies.sort_by_key(|body| body["sequence"].as_str().map(str::to_owned));
    assert_eq!(bodies, events);
    let (_, listed) = entrepot(&house, &["--format", "json", "events", "list", "--type", "entrepot.order.*"]);
    let listed = json_lines(&listed);
    assert!(listed.iter().all(|event| bodies.contains(event)) && listed.len() >= 2, "{listed:?}");
    let (_, said) = entrepot(&house, &["events", "list", "--after", "1", "--limit", "2"]);
    assert!(said.contains("      2  ") && said.contains("more follow: entrepot events list --after 3"), "{said}");
    house.daemon.stop().await;
}
