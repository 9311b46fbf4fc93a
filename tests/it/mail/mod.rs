//! The mail door: mail taken in, mail sent, and what strangers' servers and clients say of it.

mod doctor;
mod faults;
mod house;
mod mailboxes;
mod oauth;
mod peers;
mod zone;

use house::{ACME, House, mail};

use crate::trade::{order_number, orders_x12, tagged};

/// Acme's mail comes from this machine.
const SPF: (&str, &str, &str) = ("acme.example", "TXT", "v=spf1 ip4:127.0.0.1 -all");

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_came_by_mail_is_handed_on_and_answered() {
    let mut house = House::start("", ACME, &[SPF]).await;
    let order = orders_x12("ACME", "HOUSE", 7, 1);
    let said = house
        .send("a@acme.example", "orders@house.example", &mail("a@acme.example", "1@acme", &[("o.edi", &order)]))
        .await;
    assert!(said.starts_with("250"), "{said}");
    let documents = house.wait_for("outbox", 1).await;
    assert!(documents.values().next().unwrap().contains(&order_number(7, 1)));
    let answers = house.wait_for("out/acme", 1).await;
    assert_eq!(tagged(answers.values().next().unwrap(), "AK1"), [["AK1", "PO", "7"]]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_mail_is_refused_and_a_secret_address_is_enough() {
    let mut house = House::start("", ACME, &[("acme.example", "TXT", "v=spf1 ip4:192.0.2.1 -all")]).await;
    let order = orders_x12("ACME", "HOUSE", 8, 1);
    let text = mail("a@acme.example", "1@acme", &[("o.edi", &order)]);
    for (sender, recipient, expected) in [
        ("a@acme.example", "orders@house.example", "550 5.7.1 not taken: nothing proves that a@acme.example sent it"),
        ("a@acme.example", "orders+guess@house.example", "550 5.7.1"),
        ("a@acme.example", "other@house.example", "550 5.1.1"),
        ("a@acme.example", "orders+s3cret@house.example", "250"),
    ] {
        let said = house.send(sender, recipient, &text).await;
        assert!(said.starts_with(expected), "{recipient}: {said}");
    }
    house.wait_for("outbox", 1).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_counts_once_and_so_do_its_bytes_in_another_mail() {
    let mut house = House::start("", ACME, &[SPF]).await;
    let (one, two) = (orders_x12("ACME", "HOUSE", 9, 1), orders_x12("ACME", "HOUSE", 10, 1));
    let both = [("one.edi", one.as_str()), ("two.edi", &two)];
    for id in ["1@acme", "1@acme", "rewritten@provider"] {
        let said = house.send("a@acme.example", "orders@house.example", &mail("a@acme.example", id, &both)).await;
        assert!(said.starts_with("250"), "{said}");
    }
    house.wait_for("outbox", 2).await;
    house.wait_for("out/acme", 2).await;
    // Long enough for a third document to have come out if anything had been taken twice.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!((house.files("outbox").len(), house.files("out/acme").len()), (2, 2));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_carries_many_partners_and_the_identities_inside_say_whose() {
    let mut house = House::start("", ACME, &[("van.example", "TXT", "v=spf1 ip4:127.0.0.1 -all")]).await;
    house.stop().await;
    let van = "name = \"The Network\"\n[mail]\nfrom = \"@van.example\"\ncarries_others = true\n";
    house.write("catalogue/partners/van.toml", van);
    let mut house = house.again().await;
    let order = orders_x12("ACME", "HOUSE", 12, 1);
    let said = house
        .send("x@van.example", "orders@house.example", &mail("x@van.example", "1@van", &[("o.edi", &order)]))
        .await;
    assert!(said.starts_with("250"), "{said}");
    house.wait_for("outbox", 1).await;
    let answers = house.wait_for("out/acme", 1).await;
    assert_eq!(tagged(answers.values().next().unwrap(), "AK9"), [["AK9", "A", "1", "1", "1"]]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_document_is_refused_with_its_reason_and_a_person_knows() {
    let mut house = House::start("", ACME, &[SPF]).await;
    let text = mail("a@acme.example", "1@acme", &[("terms.doc", "our terms"), ("bomb.zip", "PK\u{3}\u{4}")]);
    let said = house.send("a@acme.example", "orders@house.example", &text).await;
    assert!(said.starts_with("550 5.7.1 not taken: "), "{said}");
    assert!(said.contains("terms.doc: it is neither EDI") && said.contains("bomb.zip: not a readable zip"), "{said}");
    let order = orders_x12("ACME", "HOUSE", 11, 1);
    let text = mail("a@acme.example", "2@acme", &[("terms.doc", "our terms"), ("o.edi", &order)]);
    let said = house.send("a@acme.example", "orders@house.example", &text).await;
    assert!(said.starts_with("250"), "what can be taken is taken: {said}");
    house.wait_for("outbox", 1).await;
    let cases = house.cases().await;
    assert_eq!(cases.iter().filter(|case| case.starts_with("mail-refused: ")).count(), 2, "{cases:?}");
    house.stop().await;
}
