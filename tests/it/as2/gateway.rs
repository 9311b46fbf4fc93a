//! The whole gateway with an AS2 partner: an order comes in encrypted, its acknowledgement goes back the same way.

use std::collections::BTreeMap;
use std::path::Path;

use entrepot::config::Settings;
use entrepot::daemon::Daemon;
use entrepot::ports::{Again, Receipt};
use entrepot::transport::as2::certificates::{self, Wish};
use uuid::Uuid;

use super::house::Side;
use super::wait_for;
use crate::disk::Disk;
use crate::support::left_out;
use crate::trade::{orders_x12, tagged};

/// Settings, partners and certificates of a gateway that trades with Acme; our certificate, as Acme gets it.
fn prepare(root: &Path, acme: &Side) -> String {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
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
    let folder = root.join("data/certificates");
    let wish = Wish { name: Some("first".into()), ..Wish::default() };
    let (ours, _) = certificates::create(&folder, "House", jiff::Timestamp::now(), 365, &wish).unwrap();
    certificates::add(&folder, "acme", acme.certificate().as_bytes(), None, &Wish::default()).unwrap();
    ours.certificate.to_pem()
}

/// The gateway runs, and Acme knows where.
async fn start(root: &Path, acme: &Side, ours: &str) -> Daemon {
    let daemon = Daemon::start(Settings::load(&root.join("entrepot.toml")).unwrap()).await.unwrap();
    let url = format!("http://{}/as2", daemon.as2().unwrap());
    acme.agree("house", ours, &format!("id = \"HOUSE\"\nour_id = \"ACME AS2\"\nurl = \"{url}\"\ntries = 1000"));
    daemon
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, |found| {
        found.flatten().filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".")).count()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_by_as2_is_acknowledged_by_as2() {
    let root = tempfile::tempdir().unwrap();
    let acme = Side::open("acme").await;
    let ours = prepare(root.path(), &acme);
    let daemon = start(root.path(), &acme, &ours).await;
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
    wait_for(|| files(&outbox) > 0).await;
    daemon.stop().await;
    assert_eq!(acme.received().len(), 1, "one acknowledgement, and no second order");
}

/// Whatever room is left when an order comes: a receipt is given for what a restart still knows, and for nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_receipts_only_what_stays_and_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let disk = match Disk::mount(&root.path().join("data"), 32 << 20) {
        Ok(disk) => disk,
        Err(why) => return left_out("AS2 on a full disk", &why),
    };
    let acme = Side::open("acme").await;
    let ours = prepare(root.path(), &acme);
    let mut daemon = start(root.path(), &acme, &ours).await;
    let outbox = root.path().join("data/outbox");
    let (mut refused, mut receipted) = (BTreeMap::new(), 0);
    // The last one is larger than the room there is for it.
    let rooms = [0, 4 << 10, 12 << 10, 40 << 10, 100 << 10, 300 << 10, 0, 64 << 10];
    for (number, room) in (1..).zip(rooms) {
        let order = orders_x12("ACME", "HOUSE", number, if number == 8 { 300 } else { 1 });
        let delivery = Uuid::now_v7();
        disk.leave(room);
        match acme.send("house", delivery, &format!("{number}.edi"), order.as_bytes()).await {
            Ok(Receipt::Held(_)) => {
                receipted += 1;
                // Cut off at once: what was receipted is known afterwards.
                disk.empty();
                daemon.stop().await;
                daemon = start(root.path(), &acme, &ours).await;
                wait_for(|| files(&outbox) >= receipted).await;
            }
            Ok(other) => panic!("{other:?}"),
            Err(failed) => {
                assert!(failed.reason.starts_with("transport failure"), "no receipt of any kind: {}", failed.reason);
                assert!(failed.reason.contains("answered 503"), "{room}: {}", failed.reason);
                assert_eq!(failed.again, Again::Soon);
                disk.empty();
                refused.insert(number, (delivery, order));
            }
        }
    }
    assert!(refused.contains_key(&1) && refused.contains_key(&8), "{:?}", refused.keys());
    let mdns = acme.gateway.evidence.lock().unwrap().iter().filter(|(_, kind, _)| kind == "mdn").count();
    assert_eq!(mdns, receipted, "a receipt for each that was kept, and for no other");
    // The same messages again, as their sender does.
    for (number, (delivery, order)) in &refused {
        let mut sent = Ok(());
        for _ in 0..100 {
            sent = match acme.send("house", *delivery, &format!("{number}.edi"), order.as_bytes()).await {
                Ok(_) => break,
                Err(failed) => Err(failed.reason),
            };
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let again = acme.send("house", *delivery, &format!("{number}.edi"), order.as_bytes()).await;
        assert!(matches!(again, Ok(Receipt::Held(_))), "{sent:?} {again:?}");
    }
    let acknowledged = || {
        acme.received().iter().fold(BTreeMap::<String, usize>::new(), |mut found, answer| {
            let answer = String::from_utf8_lossy(answer).into_owned();
            *found.entry(tagged(&answer, "AK1")[0][2].clone()).or_default() += 1;
            found
        })
    };
    // What failed for want of room is tried again after a while, and the last one is large.
    let began = std::time::Instant::now();
    while acknowledged().len() < rooms.len() {
        assert!(began.elapsed() < std::time::Duration::from_secs(600), "only {:?}", acknowledged());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    daemon.stop().await;
    let each: BTreeMap<String, usize> = (1..=rooms.len()).map(|number| (number.to_string(), 1)).collect();
    assert_eq!(acknowledged(), each, "each order once");
}
