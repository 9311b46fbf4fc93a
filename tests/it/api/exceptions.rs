//! An exception from the command line beside the daemon: shown with its evidence, tried, decided.

use serde_json::json;

use super::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_held_invoice_is_shown_tried_and_paid_as_received() {
    let house = House::start("").await;
    let entrepot = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_entrepot"));
        command.args(args).arg("--config").arg(house.root.path().join("entrepot.toml"));
        let output = command.output().expect("the program runs");
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let order = json!({"partner": "acme", "side": "purchase", "order": {"kind": "order", "number": "7002", "lines": [
        {"number": "1", "quantity": "100", "unit": "EA", "price": "10.00", "ids": [{"qualifier": "VN", "id": "W1"}]}
    ]}});
    let receipt = json!({"order": "7002", "partner": "acme", "side": "purchase", "number": "R1",
        "lines": [{"line": "1", "received": "90"}]});
    let invoice = json!({"order": "7002", "partner": "acme", "side": "purchase", "number": "I2",
        "lines": [{"line": "1", "quantity": "100", "price": "10.00"}]});
    for (path, body) in [("/v1/orders", &order), ("/v1/receipts", &receipt), ("/v1/invoices", &invoice)] {
        let posted = house.post(path, Some(path), body);
        assert_eq!(posted.status, 200, "{}", posted.body);
    }

    let listed = entrepot(&["match", "list"]);
    assert!(listed.contains("I2") && listed.contains("held") && listed.contains("QTY 100.00"), "{listed}");
    assert!(entrepot(&["match", "grni"]).contains("900.00"));
    let shown = entrepot(&["exceptions", "show", "1"]);
    let known =
        ["QTY line 1", "receipt R1: line 1: 90", "pay-received", "posts Dr GRNI 900.00, Cr AP 900.00", "reject"];
    for words in known {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    entrepot(&["exceptions", "take", "1"]);
    assert!(entrepot(&["exceptions", "pay-received", "1", "--dry-run"]).contains("would pay-received"));
    assert!(entrepot(&["match", "list"]).contains("held"), "a trial changes nothing");
    assert!(entrepot(&["exceptions", "pay-received", "1"]).contains("settles exception 1"));
    assert_eq!(entrepot(&["match", "list"]), "nothing waits or is held");
    assert!(entrepot(&["match", "show", "I2"]).contains("disputed"));
    assert_eq!(entrepot(&["match", "grni"]), "all that was received has been invoiced");
    assert!(entrepot(&["kpi", "invoice_exceptions"]).contains("100 %"));
    entrepot(&["verify"]);
    house.daemon.stop().await;
}
