//! What breaks on the way: nothing that was said to be taken is lost, and nothing is taken twice.

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
use crate::wire::{Limits, WHOLE, Wire};

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

/// What we send, cut behind each line of a live server's and of ours: it is sent again, and whoever got it twice knows it by
/// its Message-ID.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_ours_that_is_cut_anywhere_is_sent_again_under_its_id() {
    let Some(python) = python("mail of ours that is cut") else { return };
    let root = tempfile::tempdir().unwrap();
    let sink = Sink::start(&python, root.path(), &[]);
    let wire = Wire::to(([127, 0, 0, 1], sink.port).into()).await;
    let file = root.path().join("entrepot.toml");
    let text = format!(
        "data = \"data\"\n[mail]\naddress = \"edi@house.example\"\n[mail.smtp]\nserver = \"{}\"\nsecurity = \"none\"\n",
        wire.address
    );
    std::fs::write(&file, text).unwrap();
    let settings = Settings::load(&file).expect("settings");
    let directory = Arc::new(Directory::read([("acme.toml", ACME)]).directory);
    // A new one for each mail: connections stay open, and each is to be cut at its own place.
    let outlet = || MailOutlet {
        mailer: Arc::new(Mailer::new(&settings.mail, Arc::new(SystemClock)).unwrap().expect("a server")),
        partners: {
            let directory = directory.clone();
            Arc::new(move || directory.clone())
        },
        certificates: Arc::new(Cabinet::open(root.path())),
        spool: root.path().to_owned(),
    };
    let order = orders_x12("ACME", "HOUSE", 41, 1);
    let parcel = || Parcel {
        delivery: Uuid::now_v7(),
        partner: "acme".into(),
        file_name: "o.edi".into(),
        content: Content::Bytes(order.clone().into_bytes()),
        attempts: 0,
    };
    assert!(outlet().send(&parcel()).await.is_ok());
    let (up, down) = wire.went();
    let ends = |said: &[u8]| (1..said.len()).filter(|at| said[..*at].ends_with(b"\r\n")).collect::<Vec<_>>();
    let ups = ends(&up).into_iter().chain((5..up.len()).step_by(173)).map(|up| Limits { up, ..WHOLE });
    let downs = ends(&down).into_iter().chain([1, down.len() - 1]).map(|down| Limits { down, ..WHOLE });
    let mut sent = Vec::new();
    for cut in ups.chain(downs) {
        let parcel = parcel();
        wire.limit(cut);
        let first = outlet().send(&parcel).await;
        if let Err(failed) = &first {
            assert!(failed.again == Again::Soon, "{cut:?}: {}", failed.reason);
        }
        wire.limit(WHOLE);
        if first.is_err() {
            let again = outlet().send(&parcel).await;
            assert!(matches!(again, Ok(Receipt::Held(_))), "{cut:?}: {again:?}");
        }
        sent.push((parcel.delivery, first.is_ok()));
    }
    assert!(sent.len() > 30 && sent.iter().filter(|(_, at_once)| !at_once).count() > 20, "{}", sent.len());
    let mails = super::house::files(&sink.folder);
    for (delivery, _) in &sent {
        let id = format!("Message-ID: <{delivery}.delivery@house.example>");
        let copies: Vec<&String> = mails.values().filter(|mail| mail.contains(&id)).collect();
        assert!((1..=2).contains(&copies.len()), "{id}: {}", copies.len());
        assert!(copies.iter().all(|copy| copy.contains("o.edi") && copy.trim_end().ends_with("--")), "{id} is whole");
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
