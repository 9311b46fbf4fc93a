//! What breaks on the way: nothing that was said to be taken is lost, and nothing is taken twice.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use entrepot::clock::SystemClock;
use entrepot::config::Settings;
use entrepot::partner::Directory;
use entrepot::ports::{Again, Content, Outlet as _, Parcel, Receipt};
use entrepot::transport::as2::Cabinet;
use entrepot::transport::mail::{MailOutlet, Mailer};
use uuid::Uuid;

use super::SPF;
use super::house::{ACME, Client, House, mail};
use super::peers::{Sink, python};
use crate::trade::orders_x12;
use crate::wire::{Limits, WHOLE, Wire, all};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_at_any_byte_leaves_nothing_behind() {
    let mut house = House::start("", ACME, &[SPF]).await;
    let order = orders_x12("ACME", "HOUSE", 21, 1);
    let text = mail("a@acme.example", "1@acme", &[("o.edi", &order)]);
    let whole =
        format!("EHLO a\r\nMAIL FROM:<a@acme.example>\r\nRCPT TO:<orders@house.example>\r\nDATA\r\n{text}.\r\n");
    let receiver = house.receiver();
    let cut = whole.len() - 1;
    tokio::task::spawn_blocking(move || {
        // The last byte decides: every cut before it means that nothing was sent.
        for at in 0..=cut {
            let mut client = Client::connect(receiver);
            client.stream.write_all(&whole.as_bytes()[..at]).unwrap();
        }
    })
    .await
    .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(house.files("outbox").len(), 0);
    let said = house.send("a@acme.example", "orders@house.example", &text).await;
    assert!(said.starts_with("250"), "{said}");
    house.wait_for("outbox", 1).await;
    house.stop().await;
}

/// Our answers end behind every byte in turn, while the sender has said all it had to say: it sends again what it heard no
/// 250 for, and that counts once.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_at_any_byte_brings_the_mail_again_and_it_counts_once() {
    let mut house = House::start("sessions_per_client_max = 100\n", ACME, &[SPF]).await;
    let wire = Wire::to(house.receiver()).await;
    let address = wire.address;
    let send = |number: u32| async move {
        let order = orders_x12("ACME", "HOUSE", number, 1);
        let text = mail("a@acme.example", &format!("{number}@acme"), &[("o.edi", &order)]);
        tokio::task::spawn_blocking(move || tried(address, &text)).await.unwrap()
    };
    assert!(send(1).await);
    let down = wire.went().1.len();
    assert!(down > 200, "{down}");
    wire.limit_each((0..down).map(|down| Limits { down, ..WHOLE }));
    let numbers = 2..2 + down as u32;
    let heard = all(numbers.clone(), async |number| (number, send(number).await)).await;
    let unheard: Vec<u32> = heard.into_iter().filter(|(_, heard)| !heard).map(|(number, _)| number).collect();
    assert!(wire.limits_left() == 0 && unheard.len() > 100, "{}", unheard.len());
    all(unheard, async |number| {
        // Now and then it says that there are too many at a time.
        while !send(number).await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    let outbox = house.wait_for("outbox", 1 + down).await;
    for number in 1..numbers.end {
        let number = format!("order-{}-", crate::trade::order_number(number, 1));
        assert_eq!(outbox.keys().filter(|name| name.starts_with(&number)).count(), 1, "{number}");
    }
    assert_eq!(outbox.len(), 1 + down);
    house.stop().await;
}

/// What we send, cut behind every byte of ours and of a live server's: it is sent again, and whoever got it twice knows it
/// by its Message-ID.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_ours_that_is_cut_at_any_byte_is_sent_again_under_its_id() {
    let Some(python) = python("mail of ours that is cut") else { return };
    let root = tempfile::tempdir().unwrap();
    let sink = Sink::start(&python, root.path(), &[]);
    let wire = Wire::to(([127, 0, 0, 1], sink.port).into()).await;
    // A new one for each mail: connections stay open, and each is to be cut at a place of its own.
    let outlet = || outlet(root.path(), wire.address, "");
    let order = orders_x12("ACME", "HOUSE", 41, 1);
    let parcel = || parcel(&order);
    assert!(outlet().send(&parcel()).await.is_ok());
    let (up, down) = wire.went();
    let ups = (0..up.len()).map(|up| Limits { up, ..WHOLE });
    wire.limit_each(ups.chain((0..down.len()).map(|down| Limits { down, ..WHOLE })));
    let parcels: Vec<Parcel> = (0..up.len() + down.len()).map(|_| parcel()).collect();
    let cut = all(&parcels, async |parcel| (parcel, outlet().send(parcel).await)).await;
    assert_eq!(wire.limits_left(), 0);
    let mut failed = Vec::new();
    for (parcel, first) in &cut {
        if let Err(why) = first {
            assert!(why.again == Again::Soon, "{}", why.reason);
            failed.push(*parcel);
        }
    }
    // Behind the server's last answer there is only our goodbye.
    assert!(failed.len() > parcels.len() - 100, "{} of {}", failed.len(), parcels.len());
    for again in all(failed, async |parcel| outlet().send(parcel).await).await {
        assert!(matches!(again, Ok(Receipt::Held(_))), "{again:?}");
    }
    let sent: Vec<Uuid> = parcels.iter().map(|parcel| parcel.delivery).collect();
    let mut copies: BTreeMap<Uuid, usize> = BTreeMap::new();
    let kept = super::house::files(&sink.folder);
    for (_, mail) in kept.iter().filter(|(name, _)| name.ends_with(".eml")) {
        let id = mail.split("Message-ID: <").nth(1).and_then(|rest| rest.split('.').next()).unwrap();
        assert!(mail.contains("o.edi") && mail.trim_end().ends_with("--"), "{mail} is not whole");
        *copies.entry(id.parse().unwrap()).or_default() += 1;
    }
    for delivery in &sent {
        assert!(matches!(copies.get(delivery), Some(1 | 2)), "{delivery}: {:?}", copies.get(delivery));
    }
}

/// A relay that talks and talks, in lines without number or in one without end, is left, and the mail waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_answers_without_end_is_left_and_the_mail_waits() {
    let line = format!("220-{}\r\n", "x".repeat(900));
    for (piece, times) in [(line, 1_000), ("x".to_owned(), 2_000), ("x".to_owned(), usize::MAX)] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = listener.local_addr().unwrap();
        let talker = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                use tokio::io::AsyncWriteExt as _;
                let piece = piece.repeat(100);
                for _ in 0..times / 100 {
                    if stream.write_all(piece.as_bytes()).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                let _ = stream.write_all(b"\r\n").await;
            }
        });
        let root = tempfile::tempdir().unwrap();
        let outlet = outlet(root.path(), relay, "patience = \"200ms\"");
        let failed = outlet.send(&parcel("ISA")).await.unwrap_err();
        assert!(failed.again == Again::Soon, "{}", failed.reason);
        talker.abort();
    }
}

/// Carries mail to Acme through a relay.
fn outlet(root: &std::path::Path, relay: SocketAddr, more: &str) -> MailOutlet {
    let file = root.join("entrepot.toml");
    let text = format!(
        "data = \"data\"\n[mail]\naddress = \"edi@house.example\"\n[mail.smtp]\nserver = \"{relay}\"\nsecurity = \"none\"\n{more}\n"
    );
    std::fs::write(&file, text).unwrap();
    let settings = Settings::load(&file).expect("settings");
    let directory = Arc::new(Directory::read([("acme.toml", ACME)]).directory);
    MailOutlet {
        mailer: Arc::new(Mailer::new(&settings.mail, Arc::new(SystemClock)).unwrap().expect("a server")),
        partners: Arc::new(move || directory.clone()),
        certificates: Arc::new(Cabinet::open(root)),
        spool: root.to_owned(),
    }
}

fn parcel(order: &str) -> Parcel {
    Parcel {
        delivery: Uuid::now_v7(),
        partner: "acme".into(),
        file_name: "o.edi".into(),
        content: Content::Bytes(order.as_bytes().to_vec()),
        attempts: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_sender_is_borne() {
    let mut house = House::start("", ACME, &[SPF]).await;
    let wire = Wire::to(house.receiver()).await;
    wire.limit(Limits { pace: Some((4, std::time::Duration::from_millis(5))), ..WHOLE });
    let order = orders_x12("ACME", "HOUSE", 25, 1);
    let text = mail("a@acme.example", "1@acme", &[("o.edi", &order)]);
    let address = wire.address;
    let taken = tokio::task::spawn_blocking(move || tried(address, &text)).await.unwrap();
    assert!(taken, "250 at the end");
    house.wait_for("outbox", 1).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_garbage_and_crowds_are_borne() {
    let mut house = House::start("sessions_per_client_max = 50\n", ACME, &[SPF]).await;
    let receiver = house.receiver();
    tokio::task::spawn_blocking(move || {
        lies(receiver);
        garbage(receiver);
        crowd(receiver);
    })
    .await
    .unwrap();
    // The last of the crowd may still hold a place.
    let order = orders_x12("ACME", "HOUSE", 22, 1);
    let text = mail("a@acme.example", "1@acme", &[("o.edi", &order)]);
    let mut said = String::new();
    for _ in 0..50 {
        said = house.send("a@acme.example", "orders@house.example", &text).await;
        if said.starts_with("250") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(said.starts_with("250"), "{said}");
    house.wait_for("outbox", 1).await;
    house.stop().await;
}

/// A size that is too much is refused when it is announced, and when it is sent without a word.
fn lies(receiver: SocketAddr) {
    let mut client = Client::connect(receiver);
    client.ask("EHLO a");
    assert!(client.ask("MAIL FROM:<a@acme.example> SIZE=99999999").starts_with("552"));
    assert!(client.ask("MAIL FROM:<a@acme.example> SIZE=10").starts_with("250"));
    client.ask("RCPT TO:<orders@house.example>");
    client.ask("DATA");
    let line = format!("{}\r\n", "x".repeat(998));
    for _ in 0..1200 {
        client.stream.write_all(line.as_bytes()).unwrap();
    }
    assert!(client.ask(".").starts_with("552"), "larger than we take, whatever was announced");
    // A point after a bare line feed ends nothing: the rest is the same mail, not a second one.
    client.ask("MAIL FROM:<a@acme.example>");
    client.ask("RCPT TO:<orders@house.example>");
    client.ask("DATA");
    let smuggled = "From: eve@evil.example\r\n\r\nhello\n.\nMAIL FROM:<b@acme.example>\r\n.";
    let said = client.ask(smuggled);
    assert!(said.starts_with("550 5.7.1 not taken: no partner's mail comes from eve"), "{said}");
    assert!(client.ask("NOOP").starts_with("250"), "the conversation is where it should be");
}

fn garbage(receiver: SocketAddr) {
    for bytes in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET / HTTP/1.1\r\n\r\n", &[0; 4096], &[b'x'; 5000]] {
        let mut client = Client::connect(receiver);
        let _ = client.stream.write_all(bytes);
    }
    let mut client = Client::connect(receiver);
    let said: Vec<String> = (0..30).map(|_| client.ask("WHAT")).take_while(|said| !said.is_empty()).collect();
    assert!(said.last().unwrap().starts_with("421"), "{said:?}");
}

/// A thousand connections at once: each is greeted or turned away, none hangs.
fn crowd(receiver: SocketAddr) {
    let clients: Vec<_> = (0..1000).map(|_| std::net::TcpStream::connect(receiver).expect("a connection")).collect();
    let mut greeted = 0;
    for client in clients {
        use std::io::Read as _;
        client.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let mut start = [0; 3];
        (&client).read_exact(&mut start).expect("a word");
        assert!([*b"220", *b"421"].contains(&start), "{start:?}");
        greeted += usize::from(start == *b"220");
    }
    assert!(greeted >= 50, "{greeted}");
}

#[test]
fn a_gateway_that_is_killed_loses_nothing_it_took_and_takes_nothing_twice() {
    const MAILS: u32 = 24;
    let house = crate::house::House::new(None);
    let resolver = super::zone::serve(vec![(SPF.0.to_owned(), SPF.1, SPF.2.to_owned())]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = std::fs::read_to_string(house.settings()).unwrap();
    let mail_door = format!(
        "[mail]\nresolver = \"{resolver}\"\n[mail.receiver]\nlisten = \"127.0.0.1:{port}\"\naddresses = \"orders@house.example\"\n"
    );
    std::fs::write(house.settings(), settings + &mail_door).unwrap();
    house.write("catalogue/partners/acme.toml", ACME);
    let receiver: SocketAddr = ([127, 0, 0, 1], port).into();
    let mut running = house.start();
    // A sender that does as all do: it repeats a mail until it hears 250. Meanwhile the gateway dies again and again.
    let sender = std::thread::spawn(move || {
        for control in 1..=MAILS {
            let order = orders_x12("ACME", "HOUSE", control, 1);
            let text = mail("a@acme.example", &format!("{control}@acme"), &[("o.edi", &order)]);
            while !tried(receiver, &text) {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
    });
    for wait in [150, 70, 230, 110] {
        std::thread::sleep(std::time::Duration::from_millis(wait));
        running.kill();
        running = house.start();
    }
    sender.join().unwrap();
    let outbox = house.wait_for_files("outbox", MAILS as usize, std::time::Duration::from_secs(60));
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(house.files("outbox").len(), MAILS as usize);
    for control in 1..=MAILS {
        let number = format!("\"{}\"", crate::trade::order_number(control, 1));
        assert_eq!(outbox.values().filter(|text| text.contains(&number)).count(), 1, "{number}");
    }
    running.stop();
}

/// One attempt to send a mail; whether the receiver said 250 at its end.
fn tried(receiver: SocketAddr, text: &str) -> bool {
    use std::io::{BufRead as _, BufReader};
    let Ok(mut stream) = std::net::TcpStream::connect(receiver) else { return false };
    let whole = format!(
        "EHLO a\r\nMAIL FROM:<a@acme.example>\r\nRCPT TO:<orders@house.example>\r\nDATA\r\n{text}.\r\nQUIT\r\n"
    );
    if stream.write_all(whole.as_bytes()).is_err() {
        return false;
    }
    BufReader::new(stream).lines().map_while(Result::ok).any(|line| line.starts_with("250 2.0.0 taken"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_means_later_not_lost() {
    let mut house = House::start("", ACME, &[SPF]).await;
    house.stop().await;
    let disk = match crate::disk::Disk::mount(&house.data(""), 24 << 20) {
        Ok(disk) => disk,
        Err(why) => return crate::support::left_out("mail on a full disk", &why),
    };
    let mut house = house.again().await;
    let order = orders_x12("ACME", "HOUSE", 24, 1);
    let text = mail("a@acme.example", "1@acme", &[("o.edi", &order)]);
    disk.fill();
    let said = house.send("a@acme.example", "orders@house.example", &text).await;
    assert!(said.starts_with("451"), "{said}");
    disk.empty();
    let mut said = String::new();
    // The sender tries again; the store may need a moment to notice that there is room.
    for _ in 0..50 {
        said = house.send("a@acme.example", "orders@house.example", &text).await;
        if said.starts_with("250") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(said.starts_with("250"), "{said}");
    house.wait_for("outbox", 1).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_name_server_means_later_not_never() {
    // Nobody listens at the resolver's address.
    let mut house = House::start("", ACME, &[SPF]).await;
    house.stop().await;
    let dead = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let file = house.root.path().join("entrepot.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let resolver = settings.lines().find(|line| line.starts_with("resolver")).unwrap();
    let silent = format!("resolver = \"{}\"", dead.local_addr().unwrap());
    std::fs::write(&file, settings.replace(resolver, &silent)).unwrap();
    let mut house = house.again().await;
    let order = orders_x12("ACME", "HOUSE", 23, 1);
    let text = mail("a@acme.example", "1@acme", &[("o.edi", &order)]);
    let said = house.send("a@acme.example", "orders@house.example", &text).await;
    assert!(said.starts_with("451"), "{said}");
    house.stop().await;
}
