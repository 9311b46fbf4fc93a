//! What breaks on the way, and who is killed meanwhile: nothing receipted is lost, nothing is taken twice.

use std::time::{Duration, Instant};

use entrepot::ports::{Again, Receipt};
use entrepot::transport::as2::certificates::{self, Wish};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use uuid::Uuid;

use super::ORDER;
use super::house::{Side, agree, pair};
use crate::trade::{order_number, orders_x12};
use crate::wire::{Limits, WHOLE, Wire, all};

/// Two sides with a wire between them that can be made to break.
async fn wired(theirs: &str) -> (Side, Side, Wire) {
    let (us, them) = pair("", theirs).await;
    let server = them.url.strip_prefix("http://").unwrap().split('/').next().unwrap().parse().unwrap();
    let wire = Wire::to(server).await;
    let table = format!("id = \"THEM\"\nour_id = \"US\"\nurl = \"http://{}/as2\"", wire.address);
    us.agree("them", &them.certificate(), &table);
    (us, them, wire)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_cut_at_any_byte_leaves_nothing_behind() {
    let (us, them, wire) = wired("").await;
    assert!(us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.is_ok());
    let (whole, _) = wire.went();
    assert!(whole.len() > 2000 && whole.starts_with(b"POST "), "{}", String::from_utf8_lossy(&whole));
    // The same bytes under an id of their own, so that they are a message of their own.
    let text = |at: usize, id: &str| {
        let end = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(whole[..end].to_vec()).unwrap();
        let head: Vec<String> =
            head.split("\r\n")
                .map(|line| {
                    if line.to_lowercase().starts_with("message-id:") {
                        format!("Message-ID: {id}")
                    } else {
                        line.into()
                    }
                })
                .collect();
        let bytes = [head.join("\r\n").as_bytes(), &whole[end..]].concat();
        bytes[..bytes.len() - at].to_vec()
    };
    let length = text(0, "<cut@us>").len();
    let address = them.url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    for from_the_end in 1..length {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(&text(from_the_end, "<cut@us>")).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(them.received().len(), 1, "only the whole one");
    let whole = text(0, "<cut@us>");
    let answer = them.raw("", &[&whole[..], b""].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("signed"), "{answer}");
    assert_eq!(them.received().len(), 2);
    assert_eq!(std::fs::read_dir(them.path().join("work")).unwrap().count(), 0, "nothing is left over");
}

/// Each answer ends behind another byte: none of them is taken for a receipt, and the message that is sent again has no
/// second effect.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_cut_at_any_byte_is_asked_for_again_and_nothing_is_taken_twice() {
    let (us, them, wire) = wired("").await;
    assert!(us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.is_ok());
    let length = wire.went().1.len();
    assert!(length > 2000, "{length}");
    let deliveries: Vec<Uuid> = (0..length).map(|_| Uuid::now_v7()).collect();
    wire.limit_each((0..length).map(|down| Limits { down, ..WHOLE }));
    for cut in all(&deliveries, |delivery| us.send("them", *delivery, "a.edi", ORDER)).await {
        let failed = cut.unwrap_err();
        assert!(failed.again != Again::Never, "{}", failed.reason);
    }
    assert_eq!(wire.limits_left(), 0);
    for whole in all(&deliveries, |delivery| us.send("them", *delivery, "a.edi", ORDER)).await {
        assert!(matches!(whole, Ok(Receipt::Held(_))), "{whole:?}");
    }
    assert_eq!(them.received().len(), 1 + length);
}

/// Receipts that come by themselves: each is cut behind another byte on its way to us, or our answer to it is, and comes
/// again; every message has its outcome once.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_by_itself_that_is_cut_at_any_byte_comes_again_and_counts_once() {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    let door = us.url.strip_prefix("http://").unwrap().split('/').next().unwrap().parse().unwrap();
    let wire = Wire::to(door).await;
    let receipts = format!("receipt = \"async\"\nreceipt_url = \"http://{}/as2\"", wire.address);
    agree(&us, &them, &receipts, "");
    let settled = || us.gateway.outcomes.lock().unwrap().len();
    let owed = || std::fs::read_dir(them.path().join("owed")).unwrap().count();
    assert!(us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.is_ok());
    super::wait_for(|| settled() == 1 && owed() == 0).await;
    let (up, down) = wire.went();
    assert!(up.len() > 2000 && !down.is_empty(), "{} and {}", up.len(), down.len());
    let ups = (0..up.len()).map(|up| Limits { up, ..WHOLE });
    wire.limit_each(ups.chain((0..down.len()).map(|down| Limits { down, ..WHOLE })));
    let deliveries: Vec<Uuid> = (0..up.len() + down.len()).map(|_| Uuid::now_v7()).collect();
    for sent in all(&deliveries, |delivery| us.send("them", *delivery, "a.edi", ORDER)).await {
        assert!(matches!(sent, Ok(Receipt::Awaiting { .. })), "{sent:?}");
    }
    super::wait_for(|| settled() > deliveries.len() && owed() == 0).await;
    assert_eq!((wire.limits_left(), them.received().len()), (0, 1 + deliveries.len()));
    let outcomes = us.gateway.outcomes.lock().unwrap();
    for delivery in deliveries {
        let of: Vec<_> = outcomes.iter().filter(|(settled, _)| *settled == delivery).collect();
        assert!(matches!(of[..], [(_, Ok(_))]), "{of:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_sender_is_borne_and_keeps_nobody_waiting() {
    let (us, them, wire) = wired("").await;
    wire.limit(Limits { pace: Some((8, Duration::from_millis(4))), ..WHOLE });
    let began = Instant::now();
    let slow = us.send("them", Uuid::now_v7(), "slow.edi", ORDER);
    let quick = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let address = them.url.clone();
        let table = format!("id = \"THEM\"\nour_id = \"US\"\nurl = \"{address}\"");
        us.agree("direct", &them.certificate(), &table);
        for _ in 0..5 {
            let receipt = us.send("direct", Uuid::now_v7(), "quick.edi", ORDER).await;
            assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
        }
        began.elapsed()
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert!(matches!(slow, Ok(Receipt::Held(_))), "{slow:?}");
    assert!(quick < began.elapsed(), "five went past the slow one: {quick:?} of {:?}", began.elapsed());
    assert_eq!(them.received().len(), 6);
}

/// A thousand senders at once, of whom most say nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_silent_connections_keeps_nobody_out() {
    let (us, them, _wire) = wired("").await;
    let address = them.url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let mut crowd = Vec::new();
    for _ in 0..1000 {
        crowd.push(TcpStream::connect(&address).await.unwrap());
    }
    let receipt = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await;
    assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
    drop(crowd);
}

/// Killed again and again while orders come by AS2 and their acknowledgements leave by AS2: between receipt and MDN, and
/// between sending and keeping the MDN.
#[test]
fn a_gateway_that_is_killed_receipts_only_what_it_has_and_sends_nothing_twice() {
    const ORDERS: u32 = 24;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let acme = runtime.block_on(Side::open("acme"));
    let house = crate::house::House::new(None);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = std::fs::read_to_string(house.settings()).unwrap();
    std::fs::write(house.settings(), format!("{settings}[as2]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
    let table = format!(
        "name = \"Acme Retail\"\ndeliver_by = \"as2\"\n[x12]\nid = \"ZZ:ACME\"\n[as2]\nid = \"ACME\"\nour_id = \"HOUSE\"\n\
         url = \"{}\"\nplain_http = true\ntries = 100\n",
        acme.url
    );
    house.write("catalogue/partners/acme.toml", &table);
    let folder = house.data().join("certificates");
    let (ours, _) = certificates::create(&folder, "House", jiff::Timestamp::now(), 365, &Wish::default()).unwrap();
    certificates::add(&folder, "acme", acme.certificate().as_bytes(), None, &Wish::default()).unwrap();
    let table = format!("id = \"HOUSE\"\nour_id = \"ACME\"\nurl = \"http://127.0.0.1:{port}/as2\"\ntries = 1000");
    acme.agree("house", &ours.certificate.to_pem(), &table);

    let mut running = house.start();
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            runtime.block_on(async {
                for control in 1..=ORDERS {
                    let (delivery, order) = (Uuid::now_v7(), orders_x12("ACME", "HOUSE", control, 1));
                    while acme.send("house", delivery, &format!("{control}.edi"), order.as_bytes()).await.is_err() {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            });
        });
        for wait in [150, 70, 230, 110] {
            std::thread::sleep(Duration::from_millis(wait));
            running.kill();
            running = house.start();
        }
        sender.join().unwrap();
    });
    let outbox = house.wait_for_files("outbox", ORDERS as usize, Duration::from_secs(60));
    let began = Instant::now();
    while acme.received().len() < ORDERS as usize && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(acme.received().len(), ORDERS as usize, "each acknowledgement once; {}", house.state());
    assert_eq!(house.files("outbox").len(), ORDERS as usize);
    for control in 1..=ORDERS {
        let number = format!("\"{}\"", order_number(control, 1));
        assert_eq!(outbox.values().filter(|text| text.contains(&number)).count(), 1, "{number}");
    }
    running.stop();
    drop(acme);
}
