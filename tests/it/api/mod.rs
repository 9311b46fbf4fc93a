//! The REST API against the real daemon: from the bytes of a request to the documents that leave.

mod asked;
mod duties;
mod exceptions;
pub mod house;
mod money;
mod several;

use std::path::Path;
use std::time::Duration;

use entrepot::process::kpi::FIGURES;
use serde_json::{Value, json};

use self::house::{House, ask};
use crate::support::left_out;
use crate::trade::tagged;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_decided_shipped_and_billed_and_its_documents_leave() {
    let house = House::start("").await;
    let number = house.receives_order(71).await;
    let decisions = format!("/v1/orders/{number}/decisions");
    let accept = json!({"rest": "accept"});

    // Tried: everything is answered, and nothing is there.
    let tried = house.post(&format!("{decisions}?dry_run=true"), Some("d1"), &accept);
    assert_eq!(tried.status, 200, "{}", tried.body);
    let tried = tried.json();
    assert_eq!((&tried["dry_run"], &tried["outcome"]), (&json!(true), &json!("applied")));
    assert_eq!(tried["documents"][0]["type"], "855");
    assert_eq!(tried["documents"][0]["canonical"]["order_number"], number.as_str());
    let documents = house.get("/v1/documents?direction=out&kind=order_response").json();
    assert_eq!(documents["items"], json!([]), "a trial leaves nothing");

    let done = house.post(&decisions, Some("d1"), &accept);
    assert_eq!((done.status, done.json()["documents"][0]["type"].clone()), (200, json!("855")), "{}", done.body);
    let answer = house.leaves("BAK").await;
    assert_eq!(tagged(&answer, "BAK")[0][3], number);

    // Repeated: the first answer again, byte for byte; the same key for something else is told apart.
    let again = house.post(&decisions, Some("d1"), &accept);
    assert_eq!((again.status, again.json()), (200, done.json()));
    assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));
    let reused = house.post(&decisions, Some("d1"), &json!({"rest": "reject"})).problem();
    assert_eq!(reused, (422, "idempotency-key-reused".into(), vec![]));

    // The partner has lost it: the same bytes leave again.
    let sent = house.get("/v1/documents?direction=out&kind=order_response").json()["items"][0]["id"].clone();
    let sent = format!("/v1/documents/{}", sent.as_str().expect("an id"));
    assert_eq!(house.post(&format!("{sent}/resend"), Some("r1"), &json!({})).status, 200);
    assert_eq!(house.get(&format!("{sent}/raw")).body, answer, "the bytes as they left");
    let traced = house.get(&format!("{sent}/trace")).json();
    assert!(
        traced["events"]
            .as_array()
            .is_some_and(|it| it.iter().any(|event| event["type"] == "entrepot.document.resent")),
        "{traced}"
    );

    let shipment = json!({
        "order": number, "number": "S71", "carrier": "FEDX",
        "lines": [{"line": "1", "quantity": "10"}, {"line": "2", "quantity": "3"}],
        "packs": [{"items": [{"line": "1", "quantity": "10"}, {"line": "2", "quantity": "3"}]}],
    });
    let shipped = house.post("/v1/shipments", None, &shipment);
    assert_eq!(shipped.status, 200, "{}", shipped.body);
    let notice = house.leaves("BSN").await;
    assert_eq!(tagged(&notice, "BSN")[0][2], "S71");
    let again = house.post("/v1/shipments", None, &shipment).json();
    assert_eq!((&again["outcome"], &again["documents"]), (&json!("duplicate"), &json!([])));

    let billed = house.post("/v1/invoices", Some("i1"), &json!({"order": number, "number": "I71", "shipment": "S71"}));
    assert_eq!(billed.status, 200, "{}", billed.body);
    let invoice = house.leaves("BIG").await;
    assert_eq!(tagged(&invoice, "BIG")[0][2], "I71");

    // Found by any of its numbers.
    for name in [number.as_str(), "S71", "I71"] {
        let timeline = house.get(&format!("/v1/orders/{name}/timeline")).json();
        assert_eq!(timeline["order"]["order"], number.as_str(), "{name}: {timeline}");
        let events: Vec<&str> =
            timeline["events"].as_array().unwrap().iter().filter_map(|it| it["what"].as_str()).collect();
        assert!(
            events.starts_with(&["ordered"]) && events.contains(&"shipped") && events.contains(&"invoiced"),
            "{events:?}"
        );
    }
    let journal = house.get("/v1/journal").json();
    assert!(journal["items"].as_array().is_some_and(|entries| !entries.is_empty()), "the invoice is in the books");
    let owed = house.get("/v1/open-items?party=acme").json();
    assert_eq!(owed["items"][0]["number"], "I71");
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_told_with_its_place_and_what_to_do() {
    let house = House::start("[api]\nbody_bytes_max = \"10 kB\"\n").await;
    let number = house.receives_order(72).await;
    let decisions = format!("/v1/orders/{number}/decisions");
    let key = [("Idempotency-Key", "k")];
    let long = format!("{{\"rest\": \"{}\"}}", "x".repeat(20_000));
    for (way, path, headers, body, expected) in [
        ("GET", "/v1/nowhere", &[][..], None, (404, "not-found", "")),
        ("DELETE", "/v1/orders", &[], None, (405, "method", "")),
        ("GET", "/v1/orders/PO-0", &[], None, (404, "not-found", "")),
        ("GET", "/v1/orders?limit=0", &[], None, (400, "parameter", "?limit")),
        ("GET", "/v1/orders?colour=red", &[], None, (400, "parameter", "?colour")),
        ("GET", "/v1/orders?cursor=x", &[], None, (422, "unusable", "?cursor")),
        ("POST", &decisions, &[], Some("{\"rest\": \"accept\"}"), (400, "idempotency-key-needed", "")),
        ("POST", &decisions, &key, Some("{"), (400, "json", "")),
        ("POST", &decisions, &key, Some("{}"), (422, "unusable", "")),
        ("POST", &decisions, &key, Some("{\"rest\": \"maybe\"}"), (400, "body", "/rest")),
        (
            "POST",
            &decisions,
            &key,
            Some("{\"lines\": [{\"line\": \"1\", \"accepted\": 5}]}"),
            (400, "body", "/lines/0/accepted"),
        ),
        ("POST", &decisions, &key, Some(&long), (413, "too-large", "")),
        (
            "POST",
            "/v1/shipments",
            &[],
            Some(
                "{\"order\": \"1\", \"partner\": \"nobody\", \"number\": \"S\", \"lines\": [{\"line\": \"1\", \"quantity\": \"1\"}]}",
            ),
            (422, "unusable", "/partner"),
        ),
        (
            "POST",
            "/v1/orders",
            &[],
            Some("{\"partner\": \"acme\", \"side\": \"sale\", \"order\": {\"kind\": \"order\"}}"),
            (422, "unusable", "/order/number"),
        ),
        ("POST", "/v1/orders", &[("Content-Type", "text/plain")], Some("{}"), (415, "media-type", "")),
        ("GET", "/v1/orders", &[("Authorization", "Bearer guess")], None, (401, "unauthorized", "")),
        ("GET", "/v1/orders", &[("Origin", "https://evil.example")], None, (401, "unauthorized", "")),
    ] {
        let (status, code, places) = house.ask(way, path, headers, body).problem();
        let found = (status, code.as_str(), places.first().map_or("", String::as_str));
        assert_eq!(found, expected, "{way} {path} {body:?}");
    }
    // Early goods wait for their order; an order that is told twice with other contents is told apart.
    let early = json!({"order": "LATER", "number": "S0", "lines": [{"line": "1", "quantity": "1"}]});
    let early = house.post("/v1/shipments", None, &early);
    assert_eq!((early.status, early.json()["outcome"].clone()), (202, json!("waits")));
    let order = |quantity: &str| {
        json!({"partner": "acme", "side": "sale", "order": {
            "kind": "order", "number": "WEB-1", "lines": [{"number": "1", "quantity": quantity, "unit": "EA", "price": "4.25"}],
        }})
    };
    assert_eq!(house.post("/v1/orders", None, &order("5")).json()["outcome"], "applied");
    assert_eq!(house.post("/v1/orders", None, &order("5")).json()["outcome"], "duplicate");
    assert_eq!(house.post("/v1/orders", None, &order("6")).problem().1, "conflict");
    let cases = house.get("/v1/exceptions").json();
    assert_eq!(cases["items"][0]["kind"], "conflict", "{cases}");
    let case = cases["items"][0]["number"].as_u64().unwrap();
    let ruled = house.post(&format!("/v1/exceptions/{case}/actions"), Some("r1"), &json!({"ruling": "resolve"}));
    assert_eq!((ruled.status, ruled.json()["settled"].clone()), (200, json!([case])), "{}", ruled.body);
    let twice = house.post(&format!("/v1/exceptions/{case}/actions"), Some("r2"), &json!({"ruling": "resolve"}));
    assert_eq!(twice.problem().1, "refused");
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_since_is_not_overwritten() {
    let house = House::start("").await;
    let put = |headers: &[(&str, &str)], price: &str| {
        let body =
            json!({"gtin": "00012345678905", "price": price, "unit": "EA", "pack": "CA=12", "discontinued": false});
        house.ask("PUT", "/v1/items/W1", headers, Some(&body.to_string()))
    };
    assert_eq!(put(&[("If-Match", "*")], "10.00").problem().0, 412, "there is none yet");
    let first = put(&[], "10.00");
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(put(&[], "11.00").problem().0, 428);
    let read = house.get("/v1/items/W1");
    let etag = read.header("etag").expect("an ETag");
    assert_eq!(first.header("etag"), Some(etag.clone()));
    assert_eq!(house.ask("GET", "/v1/items/W1", &[("If-None-Match", &etag)], None).status, 304);
    assert_eq!((&read.json()["price"], &read.json()["discontinued"]), (&json!("10.00"), &json!(false)));
    assert_eq!(put(&[("If-Match", &etag)], "11.00").status, 200);
    assert_eq!(put(&[("If-Match", &etag)], "12.00").problem().0, 412);
    let price = json!({"price": "12.50"}).to_string();
    assert_eq!(house.ask("PUT", "/v1/prices/W1", &[("If-Match", "*")], Some(&price)).status, 200);
    assert_eq!(house.get("/v1/items/W1").json()["price"], "12.50");
    let credit = json!({"limit": "50000", "past_due_days": 30}).to_string();
    assert_eq!(house.ask("PUT", "/v1/credit/acme", &[], Some(&credit)).status, 200);
    assert_eq!(house.get("/v1/credit/acme").json()["limit"], "50000");
    let counts = json!({"counts": [{"item": "W1", "place": "DAL", "on_hand": "100"}]});
    assert_eq!(house.post("/v1/inventory", None, &counts).json()["outcome"], "applied");
    assert_eq!(house.get("/v1/inventory").json()["items"][0]["available"], "100");

    let number = house.receives_order(73).await;
    let etag = house.get(&format!("/v1/orders/{number}")).header("etag").expect("an ETag");
    let decide = |headers: &[(&str, &str)]| {
        let body = json!({"rest": "accept"}).to_string();
        house.ask("POST", &format!("/v1/orders/{number}/decisions"), headers, Some(&body))
    };
    let stale = decide(&[("Idempotency-Key", "k1"), ("If-Match", "\"0\"")]);
    assert_eq!(stale.problem().1, "changed");
    let fresh = decide(&[("Idempotency-Key", "k1"), ("If-Match", &etag)]);
    assert_eq!(fresh.status, 200, "what was refused did not use up its key: {}", fresh.body);
    assert_ne!(fresh.header("etag"), Some(etag));
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_read_applied_and_undone() {
    let house = House::start("").await;
    for (number, amount) in [("I1", "600.00"), ("I2", "400.00"), ("I3", "5.00")] {
        let item = json!({"party": "acme", "number": number, "amount": amount, "date": "2026-03-01"});
        assert_eq!(house.post("/v1/open-items", None, &item).json()["outcome"], "applied");
    }
    // Pages go on where they ended.
    let first = house.get("/v1/open-items?limit=2").json();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let next = first["next"].as_str().expect("another page");
    let second = house.get(&format!("/v1/open-items?limit=2&cursor={next}")).json();
    assert_eq!((&second["items"][0]["number"], &second["next"]), (&json!("I3"), &Value::Null));

    let file = "01,BANK,US,260305,0800,1,80,,2/\n02,US,021000021,1,260304,,USD,2/\n03,4711,USD,010,0,,,015,0,,/\n\
        16,142,100000,Z,B1,T1,SOMEBODY/\n49,100000,3/\n98,100000,1,5/\n99,100000,1,7/\n";
    let bytes = [("Content-Type", "application/octet-stream")];
    let taken = house.ask("POST", "/v1/bank-statements", &bytes, Some(file));
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(taken.json()["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(house.ask("POST", "/v1/bank-statements", &bytes, Some(file)).json()["outcome"], "duplicate");
    assert_eq!(house.get("/v1/payments/T1").json()["unapplied"], "1000.00");

    let to = json!({"to": [{"item": "I1", "amount": "600.00"}, {"item": "I2", "amount": "400.00"}]});
    let tried = house.post("/v1/payments/T1/applications?dry_run=true", Some("a1"), &to);
    assert_eq!(tried.json()["entries"].as_array().map(Vec::len), Some(1), "{}", tried.body);
    assert_eq!(house.get("/v1/payments/T1").json()["unapplied"], "1000.00", "a trial moves nothing");
    assert_eq!(house.post("/v1/payments/T1/applications", Some("a1"), &to).status, 200);
    assert_eq!(house.get("/v1/open-items").json()["items"].as_array().map(Vec::len), Some(1));
    let undone = house.post("/v1/payments/T1/undo", Some("u1"), &json!({}));
    assert_eq!(undone.json()["entries"].as_array().map(Vec::len), Some(1), "{}", undone.body);
    assert_eq!(house.get("/v1/open-items").json()["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(house.post("/v1/payments/T9/undo", Some("u2"), &json!({})).problem().1, "refused");
    let journal = house.get("/v1/journal?limit=500").json();
    let place = journal["next"].as_str().expect("a reader's place");
    let later = house.get(&format!("/v1/journal?cursor={place}")).json();
    assert_eq!((&later["items"], later["next"].as_str()), (&json!([]), Some(place)));

    // Another system's books say how far they hold it, and get the rest.
    let last = journal["items"].as_array().and_then(|entries| entries.last()).map(|entry| entry["position"].clone());
    let told = house.post("/v1/journal/acknowledgements", None, &json!({"position": 2}));
    assert_eq!((told.status, told.json()["outcome"].clone()), (200, json!("applied")), "{}", told.body);
    let new = house.get("/v1/journal?new=true").json();
    assert_eq!(new["items"][0]["position"], 3);
    assert_eq!(
        house.post("/v1/journal/acknowledgements", None, &json!({"position": 1})).json()["outcome"],
        "duplicate"
    );
    assert_eq!(house.post("/v1/journal/acknowledgements", None, &json!({"position": 900})).problem().1, "refused");
    house.post("/v1/journal/acknowledgements", None, &json!({"position": last}));
    assert_eq!(house.get("/v1/journal?new=true").json()["items"], json!([]));
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_buy_is_ordered_received_and_its_invoice_judged() {
    let house = House::start("").await;
    let order = json!({"partner": "acme", "side": "purchase", "order": {"kind": "order", "number": "7001",
        "date": "2026-03-02", "type": "stand_alone", "purpose": "original", "lines": [
        {"number": "1", "quantity": "100", "unit": "EA", "price": "10.00", "ids": [{"qualifier": "VN", "id": "W1"}]}
    ]}});
    let placed = house.post("/v1/orders", None, &order);
    assert_eq!(placed.json()["documents"][0]["type"], "850", "{}", placed.body);
    let sent = house.leaves("BEG").await;
    assert_eq!(tagged(&sent, "BEG")[0][3], "7001");
    let shipment =
        json!({"order": "7001", "side": "purchase", "number": "ASN-9", "lines": [{"line": "1", "quantity": "100"}]});
    assert_eq!(house.post("/v1/shipments", None, &shipment).status, 200);
    let receipt = json!({"order": "7001", "number": "R1", "lines": [{"line": "1", "received": "100"}]});
    assert_eq!(house.post("/v1/receipts", None, &receipt).status, 200);
    // No document has this number: it was told by a portal.
    let found = house.get("/v1/orders/ASN-9").json();
    assert_eq!((&found["order"], &found["lines"][0]["counters"]["received"]), (&json!("7001"), &json!("100")));

    let invoice = json!({"order": "7001", "side": "purchase", "number": "I9", "total": "1100.00",
        "lines": [{"line": "1", "quantity": "100", "price": "11.00"}]});
    let billed = house.post("/v1/invoices", Some("i9"), &invoice);
    assert_eq!(billed.status, 200, "{}", billed.body);
    let billed = billed.json();
    assert_eq!(billed["orders"][0]["bills"][0]["standing"], "held", "{billed}");
    let case = billed["exceptions"][0]["number"].as_u64().expect("a question to a person");
    let shown = house.get(&format!("/v1/exceptions/{case}")).json();
    assert!(shown["evidence"].as_array().is_some_and(|proofs| proofs.len() >= 3), "{shown}");
    let figures = house.get("/v1/kpi?partner=acme").json();
    let mut names = figures["figures"].as_array().into_iter().flatten().filter_map(|figure| figure["name"].as_str());
    assert!(names.all(|name| FIGURES.contains(&name)), "bounds can be agreed for every figure: {figures}");
    let exceptions = figures["figures"].as_array().into_iter().flatten().find(|it| it["name"] == "invoice_exceptions");
    assert_eq!(exceptions.map(|it| (&it["value"], &it["against"])), Some((&json!("100"), &json!(["I9"]))), "{figures}");
    let judged = json!({"invoice": "I9", "ruling": "accept"});
    let tried = house.post("/v1/orders/7001/judgements?dry_run=true", Some("j1"), &judged).json();
    assert!(tried["entries"].as_array().is_some_and(|entries| !entries.is_empty()), "{tried}");
    let judged = house.post("/v1/orders/7001/judgements", Some("j1"), &judged).json();
    assert_eq!((&judged["settled"], &judged["orders"][0]["bills"][0]["standing"]), (&json!([case]), &json!("matched")));
    let void = json!({"kind": "receipt", "number": "R1"});
    let voided = house.post("/v1/orders/7001/voids", Some("v1"), &void);
    assert!([200, 409].contains(&voided.status), "{}", voided.body);
    house.daemon.stop().await;
}

/// A client that got no answer repeats itself, and its first try may still be on the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_with_one_key_does_one_thing() {
    let house = House::start("").await;
    let number = house.receives_order(75).await;
    let address = house.address();
    let crowd: Vec<_> = (0..8)
        .map(|_| {
            let path = format!("/v1/orders/{number}/decisions");
            std::thread::spawn(move || {
                let headers = [("Idempotency-Key", "one")];
                let said = ask(address, "POST", &path, &headers, Some("{\"rest\": \"accept\"}"));
                (said.status, said.json(), said.header("idempotent-replayed").is_some())
            })
        })
        .collect();
    let said: Vec<_> = crowd.into_iter().map(|one| one.join().expect("an answer")).collect();
    assert!(said.iter().all(|(status, body, _)| *status == 200 && *body == said[0].1), "{said:?}");
    assert_eq!(said.iter().filter(|(_, _, replayed)| !replayed).count(), 1);
    let sent = house.get("/v1/documents?direction=out&kind=order_response").json();
    assert_eq!(sent["items"].as_array().map(Vec::len), Some(1));
    house.daemon.stop().await;
}

/// The answer of an act is kept with the act: a program that is killed answers a repetition as it did before.
#[test]
fn a_killed_gateway_answers_a_repetition_as_the_first_time() {
    let house = crate::house::House::new(None);
    let mut running = house.start();
    let settings = std::fs::read_to_string(house.settings()).expect("settings");
    let status = settings.lines().find_map(|line| line.strip_prefix("status = \"")?.strip_suffix('"'));
    let address = status.and_then(|status| status.parse().ok()).expect("an address");
    let counts = json!({"counts": [{"item": "W1", "on_hand": "100"}]}).to_string();
    let headers = [("Idempotency-Key", "c1")];
    let first = ask(address, "POST", "/v1/inventory", &headers, Some(&counts));
    assert_eq!((first.status, first.json()["outcome"].clone()), (200, json!("applied")), "{}", first.body);
    running.kill();
    let _running = house.start();
    let again = ask(address, "POST", "/v1/inventory", &headers, Some(&counts));
    assert_eq!((again.status, again.json()), (200, first.json()));
    assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_caller_is_told_to_wait() {
    let house = House::start("[api]\nlisten = \"127.0.0.1:0\"\nrequests_per_minute = 3\n").await;
    assert_ne!(house.daemon.api(), house.daemon.status());
    for _ in 0..3 {
        assert_eq!(house.get("/v1/orders").status, 200);
    }
    let told = house.get("/v1/orders");
    assert_eq!((told.problem().1.as_str(), told.header("retry-after").as_deref()), ("too-many", Some("1")));
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_that_is_served_is_the_one_that_the_command_line_prints() {
    let house = House::start("").await;
    let served = house.get("/v1/openapi.json").json();
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_entrepot")).args(["api", "openapi"]).output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), served);
    assert_eq!(served["openapi"], "3.1.0");
    house.daemon.stop().await;
}

/// schemathesis reads the document and asks everything that it allows and forbids: every answer is one that the document
/// has, as its schema says; what is as the document says is taken, what is not is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_program_finds_the_server_as_the_document_says() {
    let Some(program) = std::env::var_os("ENTREPOT_SCHEMATHESIS").filter(|path| Path::new(path).exists()) else {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "schemathesis is missing");
        left_out("the API with schemathesis", "ENTREPOT_SCHEMATHESIS names no such program");
        return;
    };
    let house = House::start("[api]\nrequests_per_minute = 0\n").await;
    house.receives_order(74).await;
    let document = format!("http://{}/v1/openapi.json", house.address());
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/schemathesis.toml");
    let output = tokio::process::Command::new(program)
        .arg("--config-file")
        .arg(rules)
        .args(["run", &document, "--phases", "coverage,fuzzing", "--max-examples", "5", "--seed", "1"])
        .args(["--suppress-health-check", "all", "--continue-on-failure", "--no-color"])
        .current_dir(house.root.path())
        .output()
        .await
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let operations = said.lines().find_map(|line| line.trim().strip_prefix("Tested: ")).unwrap_or_default();
    assert!(operations.parse().is_ok_and(|tested: u32| tested >= 30), "{said}");
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_caller_traces_is_carried_into_events() {
    let house = House::start("").await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let order = json!({"partner": "acme", "side": "purchase", "order": {"kind": "order", "number": "7009", "lines": [
        {"number": "1", "quantity": "5", "unit": "EA", "price": "10.00", "ids": [{"qualifier": "VN", "id": "W1"}]}
    ]}});
    let placed = house.ask("POST", "/v1/orders", &[("traceparent", parent)], Some(&order.to_string()));
    assert_eq!(placed.status, 200, "{}", placed.body);
    // The document that a job sends later belongs to it too.
    for _ in 0..500 {
        let events = house.get("/v1/events?limit=200").json();
        let of = |kind: &str| {
            let all = events["items"].as_array().into_iter().flatten();
            all.filter(|event| event["type"] == kind).map(|event| event["traceparent"].clone()).next()
        };
        if let Some(sent) = of("entrepot.document.sent") {
            assert_eq!((of("entrepot.order.received"), sent), (Some(json!(parent)), json!(parent)));
            house.daemon.stop().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_read_and_partner_files_written_as_they_would_be() {
    let house = House::start("").await;
    house.receives_order(74).await;
    let sent = house.get("/v1/documents?direction=in").json();
    let id = sent["items"][0]["id"].as_str().expect("an id").to_owned();
    let raw = house.get(&format!("/v1/documents/{id}/raw"));
    let arrivals = house.get("/v1/arrivals").json();
    let passage = house.get(&format!("/v1/documents/{id}")).json()["passage"].clone();
    assert_eq!(passage["arrival"], arrivals["items"][0], "{passage}");
    assert_eq!((&passage["answers"][0]["type"], &passage["holds"]), (&json!("997"), &json!([])));
    let bytes = [("Content-Type", "application/octet-stream")];
    let read = house.ask("POST", "/v1/translate?partner=acme", &bytes, Some(&raw.body));
    assert_eq!(
        (read.status, read.json()["documents"][0]["document"]["kind"].clone()),
        (200, json!("order")),
        "{}",
        read.body
    );
    let report = house.ask("POST", "/v1/validate", &bytes, Some(&raw.body));
    assert_eq!(
        (report.status, report.json()["interchanges"].as_array().map(Vec::len)),
        (200, Some(1)),
        "{}",
        report.body
    );
    assert_eq!(house.ask("POST", "/v1/translate?partner=nobody", &bytes, Some(&raw.body)).status, 404);

    let there = house.get("/v1/partners/acme");
    let etag = there.header("etag").expect("it has a revision");
    let file = there.json()["file"].as_str().expect("its text").to_owned();
    let longer = json!({"file": format!("{file}\n# as agreed in March\n")}).to_string();
    assert_eq!(house.ask("PUT", "/v1/partners/acme", &[], Some(&longer)).status, 428, "what is there was not seen");
    let seen = [("If-Match", etag.as_str())];
    let tried = house.ask("PUT", "/v1/partners/acme?dry_run=true", &seen, Some(&longer));
    let readings = &tried.json()["readings"];
    assert_eq!(
        (tried.status, &readings["documents"], &readings["differing"]),
        (200, &json!(1), &json!(0)),
        "{}",
        tried.body
    );
    assert_eq!(house.get("/v1/partners/acme").header("etag").as_deref(), Some(etag.as_str()), "nothing was kept");
    let put = house.ask("PUT", "/v1/partners/acme", &seen, Some(&longer));
    assert_eq!((put.status, put.json()["outcome"].clone()), (200, json!("applied")), "{}", put.body);
    let now = house.get("/v1/partners/acme");
    assert!(now.json()["file"].as_str().is_some_and(|file| file.ends_with("in March\n")), "{}", now.body);
    assert_eq!(house.ask("PUT", "/v1/partners/acme", &seen, Some(&longer)).status, 412, "it has changed since");
    let broken = json!({"file": "nome = 1"}).to_string();
    let again = [("If-Match", now.header("etag").expect("a revision"))];
    let again: Vec<(&str, &str)> = again.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(house.ask("PUT", "/v1/partners/acme", &again, Some(&broken)).status, 409);
    assert_eq!(house.get("/v1/partners/..%2Fus").status, 404);

    let new = json!({"file": "map acme-orders extends x12/004010/850\n"}).to_string();
    assert_eq!(house.get("/v1/maps/acme-orders").status, 404);
    let drafted = house.ask("PUT", "/v1/maps/acme-orders", &[], Some(&new));
    assert_eq!((drafted.status, drafted.json()["outcome"].clone()), (200, json!("applied")), "{}", drafted.body);
    let waits = house.get("/v1/maps/acme-orders").json();
    assert!(waits["draft"]["sha256"].is_string() && waits["file"].is_null(), "{waits}");
    let wrong = json!({"file": "map acme-orders extends x12/004010/999\n"}).to_string();
    assert_eq!(house.ask("PUT", "/v1/maps/other", &[], Some(&wrong)).status, 409, "it does not compile");
    for (at, step) in ["approve", "activate"].into_iter().enumerate() {
        let key = [("Idempotency-Key", ["map-1", "map-2"][at])];
        let body = json!({"step": step}).to_string();
        let taken = house.ask("POST", "/v1/maps/acme-orders/steps", &key, Some(&body));
        assert_eq!((taken.status, taken.json()["outcome"].clone()), (200, json!("applied")), "{step}: {}", taken.body);
    }
    let there = house.get("/v1/maps/acme-orders").json();
    assert!(there["draft"].is_null(), "{there}");
    assert_eq!(there["file"], "map acme-orders extends x12/004010/850\n");
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_act_for_their_owners_and_one_person_does_not_do_two_duties() {
    let house = House::start("").await;
    let entrepot = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_entrepot"));
        command.args(args).arg("--config").arg(house.root.path().join("entrepot.toml"));
        let output = command.output().expect("the program runs");
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    entrepot(&["users", "add", "root", "--roles", "user_admin"]);
    entrepot(&["users", "add", "anna", "--roles", "purchasing,warehouse", "--by", "root"]);
    entrepot(&["users", "add", "ben", "--roles", "controller", "--by", "root"]);
    let anna = entrepot(&["users", "key", "add", "anna", "--label", "ERP", "--by", "root"]);
    let ben = entrepot(&["users", "key", "add", "ben", "--label", "portal", "--by", "root"]);
    let post = |secret: &str, key: &str, path: &str, body: &Value| {
        let bearer = format!("Bearer {secret}");
        house.ask("POST", path, &[("Authorization", &bearer), ("Idempotency-Key", key)], Some(&body.to_string()))
    };

    assert_eq!(house.get("/v1/orders").status, 401, "from the first person on everybody says who they are");
    assert_eq!(post("ek_nothing", "k0", "/v1/orders", &json!({})).status, 401);
    let order = json!({"partner": "acme", "side": "purchase", "order": {"kind": "order", "number": "7001", "lines": [
        {"number": "1", "quantity": "100", "unit": "EA", "price": "10.00", "ids": [{"qualifier": "VN", "id": "W1"}]}
    ]}});
    let denied = post(&ben, "k1", "/v1/orders", &order);
    assert_eq!((denied.status, denied.problem().1.as_str()), (403, "forbidden"), "{}", denied.body);
    let placed = post(&anna, "k2", "/v1/orders", &order);
    assert_eq!(placed.status, 200, "{}", placed.body);
    // Each system does its own: the shop takes orders in and sets no price, whoever sets prices keeps no items.
    let keys: Vec<String> = [("shop", "service"), ("lists", "pricing"), ("items", "items"), ("yard", "warehouse")]
        .into_iter()
        .map(|(name, roles)| {
            entrepot(&["users", "add", name, "--roles", roles, "--by", "root"]);
            entrepot(&["users", "key", "add", name, "--label", name, "--by", "root"])
        })
        .collect();
    let web = json!({"partner": "acme", "side": "sale", "order": {"kind": "order", "number": "WEB-9", "lines": [
        {"number": "1", "quantity": "1", "unit": "EA", "price": "10.00"}
    ]}});
    let price = json!({"price": "11.00"});
    let item = json!({"price": "10.00", "unit": "EA"});
    let counts = json!({"counts": [{"item": "W1", "on_hand": "5"}]});
    for (way, path, body, allowed) in [
        ("POST", "/v1/orders", &web, 0),
        ("PUT", "/v1/items/W1", &item, 2),
        ("PUT", "/v1/prices/W1", &price, 1),
        ("POST", "/v1/inventory", &counts, 3),
    ] {
        for who in [0, 1, 2, 3] {
            let bearer = format!("Bearer {}", keys[who]);
            let headers = [("Authorization", bearer.as_str()), ("If-Match", "*")];
            let headers = if path == "/v1/prices/W1" { &headers[..] } else { &headers[..1] };
            let tried = house.ask(way, &format!("{path}?dry_run=true"), headers, Some(&body.to_string()));
            let expected = if who == allowed { 200 } else { 403 };
            assert_eq!(tried.status, expected, "{way} {path} by {who}: {}", tried.body);
            if who == allowed {
                assert_eq!(house.ask(way, path, headers, Some(&body.to_string())).status, 200);
            }
        }
    }
    let trail = entrepot(&["audit", "list", "--subject", "order 7001"]);
    assert!(trail.contains("ERP for anna") && trail.contains("place_order"), "{trail}");
    entrepot(&["audit", "verify"]);
    entrepot(&["users", "remove", "anna", "--by", "root"]);
    assert_eq!(post(&anna, "k3", "/v1/orders", &order).status, 401, "a key goes with its owner");
}
