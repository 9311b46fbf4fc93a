//! Events from the real daemon to receivers that behave, and to some that do not.

mod again;
mod peers;
mod receiver;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use self::receiver::{Got, Mood, Receiver};
use crate::api::house::House;

/// `whsec_` and the bytes that the published vector is signed with.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn endpoint(receiver: &Receiver, more: &str) -> String {
    format!(
        "[endpoint.erp]\nurl = \"http://{}/hooks?from=edi\"\nsecret = \"{SECRET}\"\nwait = \"100ms\"\n\
         wait_max = \"400ms\"\ntimeout = \"1s\"\n{more}",
        receiver.address
    )
}

fn has(got: &[Got], kind: &str) -> bool {
    got.iter().any(|got| got.kind() == kind)
}

/// A command of the desk beside the running gateway: whether it went well, and what it said.
fn entrepot(house: &House, arguments: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.args(arguments).arg("--config").arg(house.root.path().join("entrepot.toml"));
    let output = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

/// Every event of the API, page by page.
fn all(house: &House) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    let mut way = "/v1/events?limit=7".to_owned();
    loop {
        let page = house.get(&way).json();
        let items = page["items"].as_array().expect("items").clone();
        if items.is_empty() {
            return events;
        }
        events.extend(items);
        way = format!("/v1/events?limit=7&cursor={}", page["next"].as_str().expect("a cursor"));
    }
}

/// First arrivals of each subject are in the order of their numbers.
fn assert_ordered(got: &[Got]) {
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    let mut seen: Vec<u64> = Vec::new();
    for got in got {
        if seen.contains(&got.sequence()) {
            continue;
        }
        seen.push(got.sequence());
        let before = last.insert(got.subject(), got.sequence());
        assert!(before.is_none_or(|before| before < got.sequence()), "{} before {}", got.body, before.unwrap_or(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_signed_once_and_in_order() {
    let receiver = Receiver::content();
    let house = House::start(&endpoint(&receiver, "")).await;
    let number = house.receives_order(81).await;
    let accept = json!({"rest": "accept"});
    assert_eq!(house.post(&format!("/v1/orders/{number}/decisions"), Some("d"), &accept).status, 200);
    house.leaves("BAK").await;
    let sent = |got: &[Got]| has(got, "entrepot.document.sent") && has(got, "entrepot.document.applied");
    receiver.takes("the answer on its way", sent).await;
    let events = all(&house);
    let taken = receiver.takes("everything", |got| got.len() >= events.len()).await;

    // The same events, the same bodies, each once.
    let mut told: Vec<(u64, Value)> = taken.iter().map(|got| (got.sequence(), got.json())).collect();
    told.sort_by_key(|(sequence, _)| *sequence);
    let numbers: Vec<u64> = told.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    assert_eq!(told.into_iter().map(|(_, body)| body).collect::<Vec<_>>(), events);
    assert_ordered(&taken);

    for kind in ["document.received", "order.received", "order.acknowledged", "document.issued", "document.sent"] {
        assert!(has(&taken, &format!("entrepot.{kind}")), "{kind}");
    }
    let order = taken.iter().find(|got| got.kind() == "entrepot.order.received").expect("told of");
    let body = order.json();
    assert_eq!((&body["specversion"], &body["source"]), (&json!("1.0"), &json!("/partners/acme")));
    assert!(order.subject().starts_with(&format!("sale|acme|{number}")), "{body}");
    assert_eq!(body["data"]["order"], number.as_str());
    assert_eq!(body["dataschema"], "urn:entrepot:event:order:1");
    assert_eq!(order.header("webhook-id"), body["id"].as_str().expect("an id"));
    assert_eq!(order.header("content-type"), "application/cloudevents+json; charset=utf-8");
    assert!(order.header("webhook-signature").starts_with("v1,"), "{:?}", order.head);
    let age = jiff::Timestamp::now().as_second() - order.header("webhook-timestamp").parse::<i64>().expect("seconds");
    assert!((0..60).contains(&age), "{age}");

    // What a reader asks for.
    let orders = house.get("/v1/events?type=entrepot.order.*&limit=500").json();
    let kinds: Vec<&str> =
        orders["items"].as_array().expect("items").iter().filter_map(|it| it["type"].as_str()).collect();
    assert!(kinds.len() >= 2 && kinds.iter().all(|kind| kind.starts_with("entrepot.order.")), "{kinds:?}");
    let of_order = house.get(&format!("/v1/events?subject={}", order.subject().replace('|', "%7C"))).json();
    assert_eq!(of_order["items"][0]["type"], "entrepot.order.received");
    let last = events.len() as u64;
    assert_eq!(house.get(&format!("/v1/events?after={}", last - 1)).json()["items"][0], events[events.len() - 1]);
    assert_eq!(house.get(&format!("/v1/events?after={last}")).json()["items"], json!([]));
    assert_eq!(house.get("/v1/events?type=Order").status, 404);
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_with_moods_gets_everything_in_the_order_of_each_subject() {
    let trap = Receiver::content();
    let elsewhere: &'static str = format!("302 Found\r\nLocation: http://{}/", trap.address).leak();
    let moods = [
        Mood::Say("500 Internal Server Error"),
        Mood::HangUp,
        Mood::Say("429 Too Many Requests\r\nRetry-After: 1"),
        Mood::Garbage,
        Mood::Say(elsewhere),
        Mood::Slow(Duration::from_millis(1500)),
    ];
    let mut tries: BTreeMap<u64, usize> = BTreeMap::new();
    let receiver = Receiver::start(move |got| {
        let tried = tries.entry(got.sequence()).or_default();
        *tried += 1;
        if *tried > 3 { Mood::Take } else { moods[(got.sequence() as usize + *tried) % moods.len()].clone() }
    });
    let house = House::start(&endpoint(&receiver, "")).await;
    let number = house.receives_order(82).await;
    let accept = json!({"rest": "accept"});
    assert_eq!(house.post(&format!("/v1/orders/{number}/decisions"), Some("d"), &accept).status, 200);
    house.leaves("BAK").await;
    receiver.takes("the answer on its way", |got| has(got, "entrepot.document.sent")).await;
    let events = all(&house);
    let everything = |got: &[Got]| events.iter().all(|event| got.iter().any(|got| got.json() == *event));
    let taken = receiver.takes("everything", everything).await;
    assert_ordered(&taken);
    assert!(receiver.tried().len() > taken.len(), "every event was refused before it was taken");
    assert_eq!(trap.tried().len(), 0, "no redirect is followed");
    // However often it was sent: one id, one body.
    let mut bodies: BTreeMap<String, String> = BTreeMap::new();
    for got in receiver.tried() {
        let before = bodies.insert(got.header("webhook-id").to_owned(), got.body.clone());
        assert!(before.is_none_or(|before| before == got.body));
    }
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrives_is_a_case_with_an_owner_and_holds_back_its_own_subject_only() {
    let receiver = Receiver::start(|got| {
        if got.kind() == "entrepot.order.received" { Mood::Say("422 Unprocessable Content") } else { Mood::Take }
    });
    let house = House::start(&endpoint(&receiver, "tries = 3\nowner = \"erna\"\n")).await;
    let number = house.receives_order(83).await;
    let accept = json!({"rest": "accept"});
    assert_eq!(house.post(&format!("/v1/orders/{number}/decisions"), Some("d"), &accept).status, 200);
    house.leaves("BAK").await;
    let case = loop {
        let cases = house.get("/v1/exceptions?limit=500").json();
        let found = cases["items"].as_array().into_iter().flatten().find(|it| it["kind"] == "delivery_failed").cloned();
        if let Some(case) = found {
            break case;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((&case["queue"], &case["owner"]), (&json!("support"), &json!("erna")), "{case}");
    let words = case["words"].as_str().expect("words");
    assert!(words.contains("422 Unprocessable") && words.contains("events replay --endpoint erp"), "{words}");
    let taken = receiver.takes("the answer on its way", |got| has(got, "entrepot.document.sent")).await;
    assert!(!taken.iter().any(|got| got.subject().starts_with("sale|acme|PO-83-1")), "later ones of its subject wait");
    let refused = receiver.tried().into_iter().filter(|got| got.kind() == "entrepot.order.received").count();
    assert_eq!(refused, 3, "it is tried three times");
    // The next order goes its way; what waits for a person goes on waiting.
    receiver.become_of(|_| Mood::Take);
    house.receives_order(86).await;
    let other = |got: &[Got]| got.iter().any(|got| got.subject().starts_with("sale|acme|PO-86-1"));
    let taken = receiver.takes("another order", other).await;
    assert!(!taken.iter().any(|got| got.subject().starts_with("sale|acme|PO-83-1")));
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_left_alone() {
    let receiver = Receiver::start(|_| Mood::Say("410 Gone"));
    let house = House::start(&endpoint(&receiver, "connections = 1\n")).await;
    house.receives_order(84).await;
    let case = loop {
        let cases = house.get("/v1/exceptions").json();
        if let Some(case) = cases["items"].as_array().into_iter().flatten().find(|it| it["kind"] == "delivery_failed") {
            break case.clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(case["words"].as_str().is_some_and(|words| words.contains("events enable --endpoint erp")), "{case}");
    let tried = receiver.tried().len();
    house.receives_order(85).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!((tried, receiver.tried().len()), (1, 1), "nothing more is sent");
    house.daemon.stop().await;
}
