//! Who may do what, walked over HTTP: every operation that changes something, by the key of every role there is.

use serde_json::{Value, json};

use super::house::House;

/// Everybody may read; these may do the rest. The parts of a path are things that are there, and `=` a case that is open.
const MAY: &[(&str, &str, &[&str])] = &[
    ("resendDocument", "", &["compliance", "support"]),
    ("replayDocument", "", &["compliance", "support"]),
    ("putPartner", "", &["onboarding"]),
    ("putMap", "", &["map_editor"]),
    ("stepMap", "", &["map_approver"]),
    ("placeOrder", "", &["purchasing"]),
    ("decideOrder", "", &["service"]),
    ("changeOrder", "", &["purchasing"]),
    ("cancelOrder", "", &["purchasing"]),
    ("releaseHold", "", &["service"]),
    ("payOrder", "", &["ap"]),
    ("sendNotice", "", &["warehouse"]),
    ("acceptAnswer", "", &["purchasing", "ap", "ap_manager", "controller"]),
    ("judgeInvoice", "", &["purchasing", "ap", "ap_manager", "controller"]),
    ("approveFactor", "", &["items"]),
    ("voidFact", "", &["warehouse"]),
    ("postShipment", "", &["warehouse"]),
    ("postReceipt", "", &["warehouse"]),
    ("postReturn", "", &["warehouse"]),
    ("postInvoice", "", &["ar", "ar_manager"]),
    ("postCredit", "", &["ar", "ar_manager"]),
    ("postInventory", "", &["warehouse"]),
    ("putItem", "", &["items"]),
    ("putPrice", "", &["pricing"]),
    ("putAgreedPrice", "", &["pricing"]),
    ("putPlace", "", &["onboarding"]),
    ("putCredit", "", &["credit"]),
    ("ruleOnException", "", &["purchasing", "ap", "ap_manager", "controller"]),
    ("agree", "", &["purchasing", "ap", "ap_manager", "controller"]),
    ("postOpenItem", "", &["ar", "ar_manager"]),
    ("createPaymentRun", "", &["ap"]),
    ("releasePaymentRun", "", &["treasury"]),
    ("undoPaymentRun", "", &["ap"]),
    ("applyPayment", "", &["ar", "ar_manager"]),
    ("undoPayment", "", &["ar", "ar_manager"]),
    ("forgetPayerName", "", &["ar", "ar_manager"]),
    ("actOnRanking", "train", &["ar_manager", "controller"]),
    ("actOnRanking", "off", &["ar", "ar_manager"]),
    ("postBankStatement", "", &["ar", "ar_manager"]),
    ("settleDeduction", "recharge", &["ar", "ar_manager"]),
    ("settleDeduction", "write_off", &["ar", "ar_manager", "controller"]),
    ("reopenDeduction", "", &["ar", "ar_manager"]),
    ("closeJournal", "", &["controller"]),
    ("takeOverJournal", "", EVERYBODY),
    ("actOnEndpoint", "", &["compliance", "support"]),
    // They only look, and keep nothing.
    ("validate", "", EVERYBODY),
    ("translate", "", EVERYBODY),
];

const EVERYBODY: &[&str] = ROLES;

const ROLES: &[&str] = &[
    "service",
    "items",
    "pricing",
    "credit",
    "warehouse",
    "ap",
    "ap_manager",
    "purchasing",
    "ar",
    "ar_manager",
    "controller",
    "treasury",
    "compliance",
    "support",
    "map_editor",
    "map_approver",
    "onboarding",
    "auditor",
    "user_admin",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_for_the_roles_of_the_table_and_no_others() {
    let secrets = tempfile::tempdir().unwrap();
    let secret = secrets.path().join("erp");
    std::fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let endpoint = "[endpoint.erp]\nurl = \"http://127.0.0.1:9/\"\nsecret_file = ";
    let house = House::start(&format!("{endpoint}\"{}\"\n", secret.display())).await;
    let things = Things::made(&house).await;

    // From the first person on everybody says who they are: one for each role, with a key.
    let keys: Vec<(&str, String)> = std::iter::once(&"user_admin")
        .chain(ROLES.iter().filter(|role| **role != "user_admin"))
        .map(|role| {
            house.says(
                &["users", "add", role, "--roles", role, "--by", "user_admin"]
                    [..if *role == "user_admin" { 5 } else { 7 }],
            );
            let key = house.says(&["users", "key", "add", role, "--label", "robot", "--by", "user_admin"]);
            (*role, key.trim().to_owned())
        })
        .collect();

    let document = house.get("/v1/openapi.json").json();
    let mut walked = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (way, operation) in operations.as_object().expect("operations") {
            let id = operation["operationId"].as_str().expect("a name");
            if id == "openapi" {
                continue;
            }
            assert_eq!(house.ask(&way.to_uppercase(), &things.path(path), &[], None).status, 401, "{id} by nobody");
            if way == "get" {
                for (role, key) in &keys {
                    let bearer = format!("Bearer {key}");
                    let said = house.ask("GET", &things.path(path), &[("Authorization", &bearer)], None);
                    assert!(!matches!(said.status, 401 | 403 | 500..), "{id} by {role}: {}", said.body);
                }
                walked += 1;
                continue;
            }
            let rows: Vec<_> = MAY.iter().filter(|(of, ..)| *of == id).collect();
            assert!(!rows.is_empty(), "nothing says who may do {id}");
            for (_, which, may) in rows {
                for (role, key) in &keys {
                    let said = things.ask(&house, way, path, (id, which), key);
                    let is_allowed = said.status != 403;
                    assert!(!matches!(said.status, 400 | 401 | 500..), "{id} {which} by {role}: {}", said.body);
                    assert_eq!(is_allowed, may.contains(role), "{id} {which} by {role}: {} {}", said.status, said.body);
                }
                walked += 1;
            }
        }
    }
    assert!(walked > 75, "only {walked} operations were walked");
    house.daemon.stop().await;
}

/// What there is to act on.
struct Things {
    order: String,
    incoming: String,
    outgoing: String,
}

impl Things {
    /// A sale that was answered, and a purchase with a supplier's invoice that is held.
    async fn made(house: &House) -> Self {
        let order = house.receives_order(81).await;
        let decided = house.post(&format!("/v1/orders/{order}/decisions"), Some("d"), &json!({"rest": "accept"}));
        assert_eq!(decided.status, 200, "{}", decided.body);
        house.leaves("BAK").await;
        let bought = json!({"partner": "acme", "side": "purchase", "order": {"kind": "order", "number": "7001", "lines": [
            {"number": "1", "quantity": "100", "unit": "EA", "price": "10.00", "ids": [{"qualifier": "VN", "id": "W1"}]}
        ]}});
        let receipt = json!({"order": "7001", "partner": "acme", "side": "purchase", "number": "R1",
            "lines": [{"line": "1", "received": "90"}]});
        let invoice = json!({"order": "7001", "partner": "acme", "side": "purchase", "number": "I9",
            "lines": [{"line": "1", "quantity": "100", "price": "10.00"}]});
        for (path, body) in [("/v1/orders", &bought), ("/v1/receipts", &receipt), ("/v1/invoices", &invoice)] {
            let posted = house.post(path, Some(path), body);
            assert_eq!(posted.status, 200, "{}", posted.body);
        }
        let item = house.ask("PUT", "/v1/items/W1", &[], Some(&json!({"price": "10.00", "unit": "EA"}).to_string()));
        assert_eq!(item.status, 200, "{}", item.body);
        let map = json!({"file": "map acme-orders extends x12/004010/850\n"});
        let drafted = house.ask("PUT", "/v1/maps/acme-orders", &[], Some(&map.to_string()));
        assert!(matches!(drafted.status, 200 | 202), "{}", drafted.body);
        let of = |direction: &str| {
            let found = house.get(&format!("/v1/documents?direction={direction}&limit=500")).json();
            let documents = found["items"].as_array().expect("documents").clone();
            documents.iter().find(|it| it["kind"].is_string()).expect("a document")["id"]
                .as_str()
                .expect("an id")
                .to_owned()
        };
        Self { order, incoming: of("in"), outgoing: of("out") }
    }

    fn path(&self, path: &str) -> String {
        let document = if path.ends_with("/resend") { &self.outgoing } else { &self.incoming };
        let order = ["/changes", "/cancellation", "/judgements", "/acceptance", "/factors", "/payments", "/voids"];
        let order = if order.iter().any(|end| path.ends_with(end)) { "7001" } else { &self.order };
        path.replace("{document}", document)
            .replace("{order}", order)
            .replace("{partner}", "acme")
            .replace("{map}", "acme-orders")
            .replace("{item}", "W1")
            .replace("{place}", "DC9")
            .replace("{exception}", "1")
            .replace("{approval}", "1")
            .replace("{endpoint}", "erp")
            .replace("{payment}", "T1")
            .replace("{run}", "R1")
            .replace("{deduction}", "D1")
    }

    /// Tried and not done, so that each comes to the same world.
    fn ask(&self, house: &House, way: &str, path: &str, (id, which): (&str, &str), key: &str) -> super::house::Said {
        let body = self.body(id, which);
        let bearer = format!("Bearer {key}");
        let name = format!("{id}{which}");
        let is_file = matches!(id, "validate" | "translate" | "postBankStatement");
        let kind = if is_file { "application/octet-stream" } else { "application/json" };
        let mut headers = vec![("Authorization", bearer.as_str()), ("Content-Type", kind)];
        if way == "post" {
            headers.push(("Idempotency-Key", &name));
        } else {
            headers.push(("If-Match", "*"));
        }
        let tried = if matches!(id, "validate" | "translate") { "" } else { "?dry_run=true" };
        let path = format!("{}{tried}", self.path(path));
        house.ask(&way.to_uppercase(), &path, &headers, Some(&body))
    }

    fn body(&self, id: &str, which: &str) -> String {
        let sale = |more: Value| {
            let mut body = json!({"order": self.order, "partner": "acme", "side": "sale"});
            body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            body
        };
        let body = match id {
            "validate" | "translate" => return "ISA*00*~".to_owned(),
            "postBankStatement" => return "01,BANK,US,260301,0900,1,80,,2/\n99,0,0,2/\n".to_owned(),
            "putPartner" => json!({"file": "name = \"Acme Stores\"\n[x12]\nid = \"ZZ:ACME\"\n"}),
            "putMap" => json!({"file": "map acme-orders extends x12/004010/850\n\n"}),
            "stepMap" => json!({"step": "approve"}),
            "placeOrder" => json!({"partner": "acme", "side": "purchase", "order": {"kind": "order", "number": "7002",
                "lines": [{"number": "1", "quantity": "1", "unit": "EA", "price": "10.00"}]}}),
            "decideOrder" => json!({"rest": "reject"}),
            "changeOrder" => json!({"lines": [{"line": "1", "change": "set", "quantity": "90"}]}),
            "releaseHold" => json!({"hold": "dates"}),
            "payOrder" => json!({"invoice": "I9", "amount": "1.00", "trace": "T9"}),
            "sendNotice" => json!({"shipment": "S1"}),
            "judgeInvoice" => json!({"invoice": "I9", "ruling": "accept"}),
            "approveFactor" => json!({"line": "1", "unit": "CA", "factor": "12"}),
            "voidFact" => json!({"kind": "receipt", "number": "R1"}),
            "postShipment" => sale(json!({"number": "S1", "lines": [{"line": "1", "quantity": "1"}]})),
            "postReceipt" => json!({"order": "7001", "partner": "acme", "side": "purchase", "number": "R2",
                "lines": [{"line": "1", "received": "1"}]}),
            "postReturn" => json!({"order": "7001", "partner": "acme", "side": "purchase", "number": "R3",
                "lines": [{"line": "1", "returned": "1"}]}),
            "postInvoice" | "postCredit" => sale(json!({"number": "I1", "lines": [{"line": "1", "quantity": "1"}]})),
            "postInventory" => json!({"counts": [{"item": "W1", "on_hand": "5"}]}),
            "putItem" => json!({"price": "10.00", "unit": "EA"}),
            "putPrice" | "putAgreedPrice" => json!({"price": "9.00"}),
            "putCredit" => json!({"limit": "100"}),
            "ruleOnException" | "agree" => json!({"ruling": "approve"}),
            "postOpenItem" => json!({"party": "acme", "number": "I2", "amount": "1.00", "date": "2026-02-01"}),
            "createPaymentRun" => json!({"date": "2026-03-01"}),
            "applyPayment" => json!({"to": [{"item": "I2", "amount": "1.00"}]}),
            "forgetPayerName" => json!({"name": "nobody"}),
            "actOnRanking" => json!({"action": which}),
            "settleDeduction" => json!({"as": which}),
            "closeJournal" => json!({"through": "2026-01-31"}),
            "takeOverJournal" => json!({"position": 0}),
            "actOnEndpoint" => json!({"action": "replay_failed"}),
            _ => json!({}),
        };
        body.to_string()
    }
}
