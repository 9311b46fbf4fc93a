//! Documents as events: a line for each kind of document and what of it decides.

use uuid::Uuid;

use super::super::*;
use crate::canonical::Canonical;

#[test]
fn documents_become_events() {
    use Side::{Purchase, Sale};
    let cases = [
        (
            Sale,
            r#"{"kind":"order","number":"4501","lines":[{"number":"1","quantity":"10"}]}"#,
            "sale|acme|order|4501 order|original Ordered",
        ),
        (Sale, r#"{"kind":"order","number":"4501","purpose":"cancel"}"#, "sale|acme|order|4501 order|cancel Cancelled"),
        (
            Sale,
            r#"{"kind":"order","number":"4501","purpose":"replace"}"#,
            "sale|acme|order|4501 order|replace|abcdefabcdef Replaced",
        ),
        (
            Sale,
            r#"{"kind":"order","number":"4501","purpose":"duplicate"}"#,
            "sale|acme|order|4501 order|duplicate|abcdefabcdef Confirmed",
        ),
        (
            Sale,
            r#"{"kind":"order_change","order_number":"4501","sequence":"002","lines":[{"number":"1","quantity":"90","change":"quantity_decrease"}]}"#,
            "sale|acme|order|4501 order_change|2 Changed 1:Lower:90",
        ),
        (
            Sale,
            r#"{"kind":"order_change","order_number":"4501","sequence":"2","lines":[{"number":"1","quantity":"10","change":"quantity_decrease","quantity_semantics":"delta"}]}"#,
            "sale|acme|order|4501 order_change|2 Changed 1:Decrease:10",
        ),
        (
            Sale,
            r#"{"kind":"order_change","order_number":"4501","purpose":"cancel","sequence":"3"}"#,
            "sale|acme|order|4501 order_change|3 Cancelled",
        ),
        (
            Purchase,
            r#"{"kind":"order_response","order_number":"4501","decision":"accepted","date":"2026-03-01"}"#,
            "purchase|acme|order|4501 order_response|2026-03-01 Decided rest:Accept",
        ),
        (
            Purchase,
            r#"{"kind":"order_response","order_number":"4501","number":"SO1","lines":[{"number":"1","quantity":"10","price":"5","decisions":[{"kind":"accepted","quantity":"6"},{"kind":"backordered","quantity":"4"}]}]}"#,
            "purchase|acme|order|4501 order_response|number:SO1 Decided 1:6/4/0@5",
        ),
        (
            Purchase,
            r#"{"kind":"order_response","order_number":"4501","sequence":"1","lines":[{"number":"1","quantity":"10","decisions":[{"kind":"partial","quantity":"4"}]},{"number":"2","quantity":"5","decisions":[{"kind":"rejected_invalid_item"}]},{"number":"3","quantity":"5","decisions":[{"kind":"hold"}]}]}"#,
            "purchase|acme|order|4501 order_response|1 Decided v1 1:6/4/0 2:0/0/5",
        ),
        (
            Purchase,
            r#"{"kind":"ship_notice","number":"S1","order_numbers":["4501","4502"],"lines":[{"number":"1","order_number":"4501","order_line":"7","quantity":"3"},{"number":"1","order_number":"4502","quantity":"4"}]}"#,
            "purchase|acme|order|4501 ship_notice|S1 Advised 7:3; purchase|acme|order|4502 ship_notice|S1 Advised 1:4",
        ),
        (
            Purchase,
            r#"{"kind":"ship_notice","number":"S1","purpose":"cancel"}"#,
            "purchase|acme|shipment|S1 ship_notice|S1|cancel NoticeWithdrawn",
        ),
        (
            Sale,
            r#"{"kind":"warehouse_confirmation","depositor_number":"4501-W0","order_number":"4501","shipment_number":"S1","lines":[{"number":"1","shipped":"8"},{"number":"2","shipped":"0"}]}"#,
            "depositor|4501-W0 shipment|S1 Shipped 1:8",
        ),
        (
            Sale,
            r#"{"kind":"receipt_advice","number":"R1","shipment_number":"S1","lines":[{"number":"1","received":"9","conditions":[{"code":"damaged","quantity":"1"}]}]}"#,
            "sale|acme|shipment|S1 receipt_advice|R1 Received 1:9-damaged1",
        ),
        (
            Sale,
            r#"{"kind":"receipt_advice","number":"R1","shipment_number":"S1","order_number":"4501","lines":[{"number":"1","received":"9"}]}"#,
            "sale|acme|order|4501 receipt_advice|R1 Received 1:9",
        ),
        (
            Purchase,
            r#"{"kind":"invoice","number":"I1","order_number":"4501","total":"108.25","lines":[{"number":"1","quantity":"10","price":"10"}],"taxes":[{"amount":"8.25"}]}"#,
            "purchase|acme|order|4501 invoice|I1 Invoiced 1:10@10 total:108.25 tax:8.25",
        ),
        (
            Purchase,
            r#"{"kind":"invoice","number":"I1","order_number":"4501","lines":[{"number":"1","quantity":"200","price":"50","price_quantity":"100"}]}"#,
            "purchase|acme|order|4501 invoice|I1 Invoiced 1:200@0.5 total:100.00 tax:0",
        ),
        (
            Purchase,
            r#"{"kind":"invoice","number":"C1","type":"credit_note","references":[{"kind":"original_invoice","value":"I1"}],"lines":[{"number":"1","quantity":"1","price":"10"}]}"#,
            "purchase|acme|invoice|I1 credit_note|C1 Credited 1:1@10 total:10 tax:0",
        ),
        (
            Sale,
            r#"{"kind":"remittance","trace":"T1","amount":"30","items":[{"kind":"invoice","reference":"I1","paid":"10"},{"kind":"invoice","reference":"I2","paid":"20"}]}"#,
            "sale|acme|invoice|I1 remittance|T1|1|I1 Paid 10; sale|acme|invoice|I2 remittance|T1|2|I2 Paid 20",
        ),
        (
            Sale,
            r#"{"kind":"application_advice","number":"A1","decision":"rejected","concerns":{"kind":"810","number":"I1"},"errors":[{"text":"price wrong"}]}"#,
            "sale|acme|invoice|I1 application_advice|A1|I1 Advice invoice:false price wrong",
        ),
        (Sale, r#"{"kind":"inventory_advice","number":"V1"}"#, ""),
        (Sale, r#"{"kind":"order"}"#, ""),
    ];
    for (side, json, expected) in cases {
        check(side, json, expected);
    }
}

#[test]
fn an_order_makes_a_trade_of_its_release_and_division() {
    let json = r#"{"kind":"order","number":"4501","release":"2","parties":[{"role":"buyer","ids":[{"scheme":"duns","id":"7"}]}]}"#;
    let document = Canonical::from_json(json.as_bytes()).unwrap();
    let readings = read::events(&document, Side::Sale, "acme", true, "abc", Uuid::nil());
    assert_eq!(readings[0].trade.as_ref().unwrap().to_string(), "sale|acme|test|4501|release:2|division:duns:7");
}

#[test]
fn lines_are_found_by_item_where_numbers_mean_something_else() {
    let order = r#"{"kind":"order","number":"4501","lines":[
        {"number":"1","quantity":"10","ids":[{"qualifier":"VN","id":"A"}]},{"number":"2","quantity":"20","ids":[{"qualifier":"VN","id":"B"}]}]}"#;
    let notice = r#"{"kind":"ship_notice","number":"S1","order_numbers":["4501"],"lines":[
        {"number":"1","quantity":"20","ids":[{"qualifier":"VN","id":"B"}]},{"number":"7","quantity":"10","ids":[{"qualifier":"VN","id":"A"}]}]}"#;
    let mut trade = Trade::new(TradeKey::new(Side::Purchase, "acme", "4501"));
    for json in [order, notice] {
        let document = Canonical::from_json(json.as_bytes()).unwrap();
        for reading in read::events(&document, Side::Purchase, "acme", false, "abc", Uuid::nil()) {
            let applied = apply(&trade, &reading.event, &Policy::default(), super::world::now());
            assert_eq!(applied.verdict, Verdict::Applied);
            trade = applied.trade;
        }
    }
    let advised: Vec<_> = trade.lines.iter().map(|line| line.counters(Side::Purchase).shipped.to_string()).collect();
    assert_eq!(advised, ["10", "20"]);
}

fn check(side: Side, json: &str, expected: &str) {
    let document = Canonical::from_json(json.as_bytes()).unwrap();
    let readings = read::events(&document, side, "acme", false, "abcdefabcdefabcdef", Uuid::nil());
    let found: Vec<String> =
        readings.iter().map(|r| format!("{} {} {}", r.target, r.event.key, told(&r.event.what))).collect();
    assert_eq!(found.join("; "), expected, "{json}");
}

fn told(what: &What) -> String {
    let name = format!("{what:?}");
    let mut words = vec![name.split([' ', '(']).next().unwrap().to_owned()];
    match what {
        What::Changed(change) => {
            words.extend(
                change.lines.iter().map(|l| format!("{}:{:?}:{}", l.line, l.action, l.quantity.unwrap_or_default())),
            );
        }
        What::Decided(decision) => {
            words.extend(decision.rest.map(|rest| format!("rest:{rest:?}")));
            words.extend(decision.version.map(|version| format!("v{version}")));
            for line in &decision.lines {
                let price = line.price.map(|price| format!("@{price}")).unwrap_or_default();
                words.push(format!("{}:{}/{}/{}{price}", line.line, line.accepted, line.backordered, line.rejected));
            }
        }
        What::Advised(shipment) | What::Shipped(shipment) => {
            words.extend(shipment.lines.iter().map(|line| format!("{}:{}", line.line, line.quantity)));
        }
        What::Received(receipt) => {
            for line in &receipt.lines {
                let conditions: String = line.conditions.iter().map(|(code, q)| format!("-{code}{q}")).collect();
                words.push(format!("{}:{}{conditions}", line.line, line.received));
            }
        }
        What::Invoiced(bill) | What::Credited(bill) => {
            words.extend(
                bill.lines.iter().map(|l| format!("{}:{}@{}", l.line, l.quantity, l.price.unwrap_or_default())),
            );
            words.extend(bill.total.map(|total| format!("total:{total}")));
            words.push(format!("tax:{}", bill.tax));
        }
        What::Paid(payment) => words.push(payment.amount.to_string()),
        What::Advice(advice) => words.push(format!("{}:{} {}", advice.kind, advice.accepted, advice.words)),
        _ => {}
    }
    words.join(" ")
}
