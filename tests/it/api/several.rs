//! Two gateways on one database: the events of one order come to both at once, and are one after another all the same.

use std::thread;
use std::time::Duration;

use entrepot::config::Settings;
use entrepot::daemon::Daemon;
use serde_json::{Value, json};

use super::house::House;
use crate::postgres::cluster;
use crate::support::left_out;

const SHIPMENTS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn one_orders_events_through_two_gateways_come_one_after_another() {
    let cluster = match cluster() {
        Ok(cluster) => cluster,
        Err(why) => return left_out("two gateways on one PostgreSQL", &why),
    };
    let database = cluster.database("several");
    let data = tempfile::tempdir().expect("a folder");
    let houses = [House::start_on(&database, data.path()).await, House::start_on(&database, data.path()).await];
    let lines = json!([{"number": "1", "quantity": "120", "unit": "EA", "price": "10.00",
        "ids": [{"qualifier": "VN", "id": "W1"}]}]);
    let order =
        json!({"partner": "acme", "side": "sale", "order": {"kind": "order", "number": "9001", "lines": lines}});

    // Everything through both at once, also what belongs to an order that is not there yet.
    thread::scope(|scope| {
        for (at, house) in houses.iter().enumerate() {
            let order = &order;
            scope.spawn(move || {
                for number in 1..=SHIPMENTS {
                    // Each turns the order in which the other goes.
                    let number = if at == 0 { number } else { SHIPMENTS + 1 - number };
                    let shipped = json!({"order": "9001", "partner": "acme", "number": format!("S{number}"),
                        "lines": [{"line": "1", "quantity": "10"}]});
                    let received = json!({"order": "9001", "partner": "acme", "side": "sale", "number": format!("R{number}"),
                        "shipment": format!("S{number}"), "lines": [{"line": "1", "received": "10"}]});
                    told(house, "/v1/shipments", &shipped);
                    told(house, "/v1/receipts", &received);
                    if number == SHIPMENTS / 2 {
                        told(house, "/v1/orders", order);
                    }
                }
            });
        }
    });
    told(&houses[0], "/v1/orders/9001/decisions", &json!({"rest": "accept"}));

    let timeline = houses[1].get("/v1/orders/9001/timeline").json();
    let counters = &timeline["order"]["lines"][0]["counters"];
    for (name, expected) in [("ordered", "120"), ("shipped", "120"), ("received", "120")] {
        assert_eq!(counters[name], expected, "{timeline}");
    }
    let events: Vec<&Value> = timeline["events"].as_array().expect("events").iter().collect();
    let count = |what: &str| events.iter().filter(|it| it["what"] == what && it["verdict"] == "applied").count();
    assert_eq!((count("ordered"), count("shipped"), count("received")), (1, SHIPMENTS, SHIPMENTS), "{timeline}");
    let other = houses[0].get("/v1/orders/9001/timeline").json();
    assert_eq!(other["order"]["lines"], timeline["order"]["lines"], "both show the same");

    // Each shipment is announced once, by whichever gateway it was.
    for _ in 0..1_000 {
        if notices(&houses).len() >= SHIPMENTS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut announced = notices(&houses);
    announced.sort();
    let mut wanted: Vec<String> = (1..=SHIPMENTS).map(|number| format!("S{number}")).collect();
    wanted.sort();
    assert_eq!(announced, wanted);
    elsewhere(&database).await;
    houses[0].says(&["verify"]);
    houses[1].says(&["audit", "verify"]);
    for house in houses {
        house.daemon.stop().await;
    }
}

/// A third with a data folder of its own is refused: documents would be handed on in two places.
async fn elsewhere(database: &str) {
    let root = tempfile::tempdir().expect("a folder");
    let text = format!("database = \"{database}\"\ndata = \"data\"\n");
    std::fs::write(root.path().join("entrepot.toml"), text).expect("settings");
    let settings = Settings::load(&root.path().join("entrepot.toml")).expect("settings");
    let refused = Daemon::start(settings).await.expect_err("two folders");
    assert!(refused.to_string().contains("give all gateways of one database the same folder"), "{refused}");
}

/// Told until it is kept: the loser of a race says it again.
fn told(house: &House, path: &str, body: &Value) {
    let key = format!("{path}{}", body["number"].as_str().unwrap_or_default());
    for _ in 0..200 {
        let said = house.post(path, Some(&key), body);
        match said.status {
            200 | 202 => return,
            503 => thread::sleep(Duration::from_millis(20)),
            status => panic!("{path}: {status} {}", said.body),
        }
    }
    panic!("{path} is never kept");
}

/// The shipments of the notices that left, from both.
fn notices(houses: &[House]) -> Vec<String> {
    let found = houses[0].get("/v1/documents?direction=out&kind=ship_notice&limit=500").json();
    let is_sent = |it: &&Value| it["transport"] == "accepted";
    let items = found["items"].as_array().expect("documents");
    items.iter().filter(is_sent).filter_map(|it| Some(it["number"].as_str()?.to_owned())).collect()
}
