//! The whole gateway with an AS2 partner: an order comes in encrypted, its acknowledgement goes back the same way.

use entrepot::config::Settings;
use entrepot::daemon::Daemon;
use entrepot::ports::Receipt;
use entrepot::transport::as2::certificates::{self, Wish};
use uuid::Uuid;

use super::house::Side;
use super::wait_for;
use crate::trade::{orders_x12, tagged};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_by_as2_is_acknowledged_by_as2() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let acme = Side::open("acme").await;
    let settings = "data = \"data\"\ncatalogue = \"catalogue\"\nstatus = \"off\"\n[as2]\nlisten = \"127.0.0.1:0\"\n";
    write("entrepot.toml", settings);
    write("catalogue/partners/us.toml", "name = \"House\"\n[x12]\nid = \"ZZ:HOUSE\"\n");
    write(
        "catalogue/partners/acme.toml",
        &format!(
            "name = \"Acme Retail\"\ndeliver_by = \"as2\"\n[x12]\nid = \"ZZ:ACME\"\n[as2]\nid = \"ACME AS2\"\nour_id = \"HOUSE\"\n\
             url = \"{}\"\nplain_http = true\n",
            acme.url
        ),
    );
    let folder = root.path().join("data/certificates");
    let wish = Wish { name: Some("first".into()), ..Wish::default() };
    let (ours, _) = certificates::create(&folder, "House", jiff::Timestamp::now(), 365, &wish).unwrap();
    certificates::add(&folder, "acme", acme.certificate().as_bytes(), None, &Wish::default()).unwrap();
    let daemon = Daemon::start(Settings::load(&root.path().join("entrepot.toml")).unwrap()).await.unwrap();
    let url = format!("http://{}/as2", daemon.as2().unwrap());
    let table = format!("id = \"HOUSE\"\nour_id = \"ACME AS2\"\nurl = \"{url}\"");
    acme.agree("house", &ours.certificate.to_pem(), &table);

    let order = orders_x12("ACME", "HOUSE", 7, 2);
    let delivery = Uuid::now_v7();
    for _ in 0..2 {
        // The second one is a duplicate: the first receipt again, and no second order.
        let receipt = acme.send("house", delivery, "order.edi", order.as_bytes()).await;
        assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
    }
    wait_for(|| !acme.received().is_empty()).await;
    let answer = String::from_utf8(acme.received().remove(0)).unwrap();
    assert_eq!(tagged(&answer, "AK1"), [["AK1", "PO", "7"]]);
    let outbox = root.path().join("data/outbox");
    wait_for(|| std::fs::read_dir(&outbox).is_ok_and(|found| found.count() > 0)).await;
    daemon.stop().await;
    assert_eq!(acme.received().len(), 1, "one acknowledgement, and no second order");
}
