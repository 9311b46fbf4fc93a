//! What lists are asked for: a name that nothing goes by is told with those that there are, by the API and at the desk.

use std::process::Command;

use serde_json::json;

use super::house::House;

/// What is searched for freely: any number or key may be looked for.
const FREE: &[&str] = &["number", "subject"];

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_of_every_list_refuses_what_nothing_goes_by() {
    let house = House::start("").await;
    let item = json!({"party": "acme", "number": "I1", "amount": "1.00", "date": "2026-02-01"});
    assert_eq!(house.post("/v1/open-items", None, &item).status, 200);
    let document = house.get("/v1/openapi.json").json();
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for parameter in operations["get"]["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            if parameter["in"] != "query" || FREE.contains(&name) {
                continue;
            }
            let path = path.replace("{partner}", "acme");
            let said = house.get(&format!("{path}?{name}=nonsense"));
            let (status, _, places) = said.problem();
            assert!(matches!(status, 400 | 404 | 422), "{path}?{name}: {}", said.body);
            assert_eq!(places, [format!("?{name}")], "{path}?{name}: {}", said.body);
            asked += 1;
        }
    }
    assert!(asked > 40, "only {asked} parameters");
    for (question, known) in [
        ("/v1/work?queue=warehose", "warehouse"),
        ("/v1/exceptions?queue=nonsense", "compliance"),
        ("/v1/orders?partner=acne", "did you mean acme?"),
        ("/v1/documents?kind=invoce", "did you mean invoice?"),
        ("/v1/events?type=order.receivd", "order.received"),
    ] {
        let said = house.get(question);
        assert!(matches!(said.status, 400 | 404) && said.body.contains(known), "{question}: {}", said.body);
    }
    house.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_refuses_the_same_and_says_where_there_is_nothing() {
    let house = House::start("").await;
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
        let output = command.args(words).arg("--config").arg(house.root.path().join("entrepot.toml")).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    for (words, known) in [
        (&["orders", "--partner", "acne"][..], "there are acme; did you mean acme?"),
        (&["orders", "--waiting", "--partner", "acne"], "did you mean acme?"),
        (&["orders", "4501"], "there is no order 4501"),
        (&["exceptions", "--queue", "nonsense"], "there are ap, ar, compliance"),
        (&["kpi", "--partner", "acne"], "did you mean acme?"),
        (&["kpi", "line_fil"], "did you mean line_fill?"),
        (&["match", "list", "acne"], "did you mean acme?"),
        (&["match", "grni", "acne"], "did you mean acme?"),
        (&["open-items", "acne"], "did you mean acme?"),
        (&["deductions", "acne"], "did you mean acme?"),
        (&["cash", "list", "acne"], "did you mean acme?"),
        (&["events", "list", "--type", "order.receivd"], "did you mean order.received?"),
        (&["events", "failed", "--endpoint", "erp"], "there is no endpoint \"erp\""),
    ] {
        let (code, out, error) = run(words);
        assert!(code == Some(2) && out.is_empty() && error.contains(known), "{words:?}: {code:?} {out} {error}");
    }
    for words in [
        &["orders"][..],
        &["orders", "--waiting"],
        &["exceptions"],
        &["deadlines"],
        &["approvals"],
        &["audit", "list"],
        &["users", "keys"],
        &["users", "list"],
        &["events", "failed"],
        &["events", "endpoints"],
        &["documents", "list"],
        &["documents", "held"],
        &["documents", "waiting"],
        &["cash", "list"],
        &["cash", "advices"],
        &["match", "list"],
        &["match", "grni"],
        &["open-items"],
        &["deductions"],
        &["journal"],
        &["payments"],
    ] {
        let (code, out, error) = run(words);
        assert!(code == Some(0) && out.lines().count() >= 1, "{words:?} says nothing: {code:?} {error}");
        let (code, out, error) = run(&[words, &["--format", "json"]].concat());
        assert!(code == Some(0) && out.is_empty(), "{words:?} as JSON: {code:?} {out} {error}");
    }
    house.daemon.stop().await;
}
