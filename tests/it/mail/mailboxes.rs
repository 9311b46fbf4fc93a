//! What breaks between us and a mailbox elsewhere: no mail is lost, none is taken twice, and none stands in the way of others.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use entrepot::clock::SystemClock;
use entrepot::config::{MailboxSettings, Settings};
use entrepot::partner::Directory;
use entrepot::transport::as2::Cabinet;
use entrepot::transport::mail::Intake;
use entrepot::transport::mail::dns::NameServers;
use entrepot::transport::mail::mailbox::{Mailboxes, greet};

use super::house::{ACME, House, mail};
use super::peers::{Dovecot, folder_for_all};
use super::zone;
use crate::as2::house::Gateway;
use crate::trade::{order_number, orders_x12};
use crate::wire::{Limits, WHOLE, Wire, all};

/// Somebody who reads one mailbox into a gateway that is kept in memory.
struct Reader {
    gateway: Arc<Gateway>,
    intake: Arc<Intake>,
    mailbox: MailboxSettings,
    _root: tempfile::TempDir,
}

impl Reader {
    fn new(mailbox: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("entrepot.toml");
        std::fs::write(&file, format!("data = \"data\"\n[mailbox.orders]\n{mailbox}")).unwrap();
        let mailbox = Settings::load(&file).expect("settings").mailboxes.remove(0);
        let read = Directory::read([("acme.toml", ACME)]);
        assert_eq!(read.mistakes, []);
        let (gateway, directory) = (Arc::new(Gateway::default()), Arc::new(read.directory));
        let intake = Intake {
            reception: gateway.clone(),
            partners: Arc::new(move || directory.clone()),
            resolver: Arc::new(NameServers::new(Some(zone::serve(Vec::new()))).unwrap()),
            clock: Arc::new(SystemClock),
            certificates: Arc::new(Cabinet::open(root.path())),
            spool: root.path().to_owned(),
            mailer: None,
            replies_per_hour_max: 0,
        };
        Self { gateway, intake: Arc::new(intake), mailbox, _root: root }
    }

    fn watch(&self) -> Mailboxes {
        Mailboxes::watch(std::slice::from_ref(&self.mailbox), 1 << 20, &self.intake)
    }

    /// How often each order up to a number was taken.
    fn counts(&self, orders: u32) -> Vec<usize> {
        let arrivals = self.gateway.arrivals.lock().unwrap();
        let texts: Vec<String> =
            arrivals.iter().map(|(_, content)| String::from_utf8_lossy(content).into_owned()).collect();
        let numbers = (1..=orders).map(|order| format!("*{}*", order_number(order, 1)));
        numbers.map(|number| texts.iter().filter(|text| text.contains(&number)).count()).collect()
    }
}

fn settings(protocol: &str, server: SocketAddr, user: &str, root: &Path) -> String {
    let password = root.join("password");
    format!(
        "protocol = \"{protocol}\"\nserver = \"{server}\"\nsecurity = \"none\"\nuser = \"{user}\"\n\
         password_file = \"{}\"\npoll = \"300ms\"\n",
        password.display()
    )
}

/// An order to the secret address of Acme.
fn order(number: u32) -> String {
    let order = orders_x12("ACME", "HOUSE", number, 1);
    mail("anyone@else.example", &format!("{number}@acme"), &[("o.edi", &order)])
        .replace("To: orders@house.example", "To: orders+s3cret@house.example")
}

async fn until(patience: Duration, is_so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > patience {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}

/// The connection ends behind every byte that a live server says and that we say, and behind each of its lines as that of a
/// server which shuts down: an end between two answers must not be taken for an empty answer. In lanes, each a mailbox.
async fn cut_everywhere(protocol: &str) {
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    let port = if protocol == "imap" { dovecot.imap } else { dovecot.pop3 };
    let lane = async |lane: usize, cuts: Option<&[Limits]>| {
        let user = format!("lane-{lane}");
        let wire = Wire::to(([127, 0, 0, 1], port).into()).await;
        let reader = Reader::new(&settings(protocol, wire.address, &user, root.path()));
        let left = || dovecot.mails(&user, "").len();
        let mut number = 0;
        for cut in cuts.unwrap_or(&[]) {
            number += 1;
            dovecot.drop(&user, &number.to_string(), order(number).as_bytes());
            wire.limit(*cut);
            let ended = wire.ended();
            let watched = reader.watch();
            // It waits some seconds before it tries again, and is stopped before that.
            until(Duration::from_secs(2), || wire.ended() > ended || left() == 0).await;
            watched.stop(Duration::from_secs(5)).await;
        }
        number += 1;
        dovecot.drop(&user, &number.to_string(), order(number).as_bytes());
        wire.limit(WHOLE);
        let watched = reader.watch();
        assert!(until(Duration::from_secs(60), || left() == 0).await, "{} left", left());
        watched.stop(Duration::from_secs(5)).await;
        let counts = reader.counts(number);
        assert!(counts.iter().all(|count| *count == 1), "each once: {counts:?}");
        if protocol == "imap" {
            assert_eq!(dovecot.mails(&user, ".Processed").len(), number as usize);
        }
        wire.went()
    };
    let (up, down) = lane(0, None).await;
    let lines = down.split_inclusive(|byte| *byte == b'\n').count();
    assert!(lines > 25, "{}", String::from_utf8_lossy(&down));
    // What servers say differs by some bytes from one connection to the next.
    let downs = (0..down.len() + 20).map(|down| Limits { down, ..WHOLE });
    let ups = (0..up.len()).map(|up| Limits { up, ..WHOLE });
    let cuts: Vec<Limits> = (1..=lines).map(|lines| Limits { lines, ..WHOLE }).chain(downs).chain(ups).collect();
    let lanes = cuts.chunks(cuts.len().div_ceil(Dovecot::LANES - 1)).enumerate();
    all(lanes, |(number, cuts)| lane(number + 1, Some(cuts))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imap_cut_at_any_byte_loses_nothing_and_takes_nothing_twice() {
    cut_everywhere("imap").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pop3_cut_at_any_byte_loses_nothing_and_takes_nothing_twice() {
    cut_everywhere("pop3").await;
}

/// A mail that comes while the mailbox is watched: the server gives notice of it (IDLE), long before the next look is due.
#[tokio::test(flavor = "multi_thread")]
async fn notice_of_new_mail_is_waited_for() {
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    let text = settings("imap", ([127, 0, 0, 1], dovecot.imap).into(), "words", root.path());
    let reader = Reader::new(&text.replace("poll = \"300ms\"", "poll = \"1h\""));
    dovecot.drop("words", "1", order(1).as_bytes());
    let watched = reader.watch();
    let left = || dovecot.mails("words", "").len();
    assert!(until(Duration::from_secs(20), || left() == 0).await, "the first look");
    dovecot.drop("words", "2", order(2).as_bytes());
    assert!(until(Duration::from_secs(60), || left() == 0).await, "no look is due for an hour");
    watched.stop(Duration::from_secs(5)).await;
    assert_eq!(reader.counts(2), [1, 1]);
}

/// A server behind a slow line is heard out.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_mailbox_is_read() {
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    for (protocol, user, port) in [("imap", "words", dovecot.imap), ("pop3", "pop", dovecot.pop3)] {
        let wire = Wire::to(([127, 0, 0, 1], port).into()).await;
        wire.limit(Limits { pace: Some((16, Duration::from_millis(4))), ..WHOLE });
        let reader = Reader::new(&settings(protocol, wire.address, user, root.path()));
        dovecot.drop(user, "1", order(1).as_bytes());
        let watched = reader.watch();
        let left = || dovecot.mails(user, "").len();
        assert!(until(Duration::from_secs(30), || left() == 0).await, "{protocol}: {} left", left());
        watched.stop(Duration::from_secs(5)).await;
        assert_eq!(reader.counts(1), [1], "{protocol}");
    }
}

/// A mailbox of three mails, of which the server gives the first two not yet: it says no to one, and nothing of the other; or
/// it lies about the size of the first.
#[derive(Default)]
struct Grudging {
    is_generous: bool,
    is_liar: bool,
    moved: Vec<u32>,
    rejected: Vec<u32>,
}

fn grudging_imap() -> (SocketAddr, Arc<Mutex<Grudging>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, state) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Grudging::default())));
    let held = state.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let state = held.clone();
            std::thread::spawn(move || {
                let mut out = stream.try_clone().unwrap();
                let _ = out.write_all(b"* OK here\r\n");
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let (tag, words) = line.split_once(' ').unwrap_or((&line, ""));
                    let (untagged, status) = grudging_answer(words, &mut state.lock().unwrap());
                    if out.write_all(format!("{untagged}{tag} {status}\r\n").as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, state)
}

fn grudging_answer(words: &str, state: &mut Grudging) -> (String, String) {
    let ok = || "OK done".to_owned();
    let number = |at: usize| words.split(' ').nth(at).and_then(|word| word.split(':').next()?.parse::<u32>().ok());
    if words.starts_with("CAPABILITY") {
        return ("* CAPABILITY IMAP4rev1 MOVE\r\n".into(), ok());
    }
    if words.starts_with("SELECT") {
        return ("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n".into(), ok());
    }
    if words.starts_with("UID SEARCH") {
        let (from, exact) = (number(3).unwrap(), !words.contains('*'));
        let there = (1..=3).filter(|uid| !state.moved.contains(uid) && (*uid == from || (!exact && *uid >= from)));
        let there: Vec<String> = there.map(|uid| uid.to_string()).collect();
        return (format!("* SEARCH {}\r\n", there.join(" ")), ok());
    }
    if words.starts_with("UID MOVE") {
        state.moved.extend(number(2));
        state.rejected.extend(number(2).filter(|_| words.contains("Rejected")));
        return (String::new(), ok());
    }
    if words.starts_with("UID FETCH") {
        let uid = number(2).unwrap();
        let text = order(uid);
        return match (uid, state.is_generous) {
            (1, _) if state.is_liar && words.contains("BODY") => {
                ("* 1 FETCH (UID 1 BODY[] {500000000}\r\n".into(), ok())
            }
            (1, false) => (String::new(), "NO [SERVERBUG] it cannot be read now".into()),
            (2, false) => ("* 9 FETCH (UID 99 RFC822.SIZE 5)\r\n".into(), ok()),
            _ if words.contains("SIZE") => (format!("* 1 FETCH (UID {uid} RFC822.SIZE {})\r\n", text.len()), ok()),
            _ => (format!("* 1 FETCH (UID {uid} BODY[] {{{}}}\r\n{text})\r\n", text.len()), ok()),
        };
    }
    (String::new(), ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_does_not_give_waits_and_keeps_no_other_away() {
    let root = folder_for_all();
    std::fs::write(root.path().join("password"), "any\n").unwrap();
    let (server, state) = grudging_imap();
    let reader = Reader::new(&settings("imap", server, "words", root.path()));
    let watched = reader.watch();
    assert!(until(Duration::from_secs(10), || reader.counts(3) == [0, 0, 1]).await, "{:?}", reader.counts(3));
    // Looked at again and again, and after a restart.
    tokio::time::sleep(Duration::from_secs(1)).await;
    watched.stop(Duration::from_secs(5)).await;
    assert_eq!(state.lock().unwrap().moved, [3]);
    state.lock().unwrap().is_generous = true;
    let watched = reader.watch();
    assert!(until(Duration::from_secs(10), || state.lock().unwrap().moved.len() == 3).await);
    watched.stop(Duration::from_secs(5)).await;
    assert_eq!(reader.counts(3), [1, 1, 1]);
}

/// Half a gigabyte announced for a mail of some hundred bytes: no room is made for it, it is put aside, and the others come.
#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_is_a_lie_costs_nothing_and_keeps_no_mail_away() {
    let root = folder_for_all();
    std::fs::write(root.path().join("password"), "any\n").unwrap();
    let (server, state) = grudging_imap();
    *state.lock().unwrap() = Grudging { is_generous: true, is_liar: true, ..Grudging::default() };
    let reader = Reader::new(&settings("imap", server, "words", root.path()));
    let watched = reader.watch();
    // It waits some seconds between two connections.
    assert!(until(Duration::from_secs(20), || state.lock().unwrap().moved.len() == 3).await);
    watched.stop(Duration::from_secs(5)).await;
    assert_eq!((reader.counts(3), &state.lock().unwrap().rejected[..]), (vec![0, 1, 1], &[1][..]));
}

/// The same over POP3: more comes than was announced, and than we take.
#[tokio::test(flavor = "multi_thread")]
async fn pop3_that_gives_more_than_it_said_keeps_no_mail_away() {
    let root = folder_for_all();
    std::fs::write(root.path().join("password"), "any\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let deleted = Arc::new(Mutex::new(Vec::new()));
    let held = deleted.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut out = stream.try_clone().unwrap();
            let _ = out.write_all(b"+OK here\r\n");
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let said = match line.as_str() {
                    "LIST" => "+OK\r\n1 300\r\n2 300\r\n3 300\r\n.".to_owned(),
                    "UIDL" => "+OK\r\n1 a\r\n2 b\r\n3 c\r\n.".to_owned(),
                    "RETR 1" => format!("+OK\r\n{}.", format!("{}\r\n", "x".repeat(998)).repeat(3000)),
                    "RETR 2" => "-ERR it is locked".to_owned(),
                    "RETR 3" => format!("+OK\r\n{}.", order(3)),
                    other => {
                        held.lock().unwrap().extend(other.strip_prefix("DELE ").map(str::to_owned));
                        "+OK".to_owned()
                    }
                };
                if out.write_all(format!("{said}\r\n").as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    let reader = Reader::new(&settings("pop3", server, "pop", root.path()));
    let watched = reader.watch();
    assert!(until(Duration::from_secs(10), || !deleted.lock().unwrap().is_empty()).await);
    watched.stop(Duration::from_secs(5)).await;
    assert_eq!((reader.counts(3), deleted.lock().unwrap().clone()), (vec![0, 0, 1], vec!["3".to_owned()]));
}

/// A forged signature of a domain whose name servers never answer, sent by anybody: with it nobody stops a mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_stops_a_mailbox_with_a_name_server_that_is_silent() {
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    for (protocol, port, user) in [("imap", dovecot.imap, "words"), ("pop3", dovecot.pop3, "pop")] {
        let reader = Reader::new(&settings(protocol, ([127, 0, 0, 1], port).into(), user, root.path()));
        // Nobody answers for the partner's own domain either: its mail waits, the other goes on.
        let dead = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let resolver = NameServers::new(Some(dead.local_addr().unwrap())).unwrap();
        let mut intake = Arc::into_inner(reader.intake).unwrap();
        intake.resolver = Arc::new(resolver);
        let reader = Reader { intake: Arc::new(intake), ..reader };
        let waits = mail("a@acme.example", "1@acme", &[("o.edi", &orders_x12("ACME", "HOUSE", 1, 1))]);
        dovecot.drop(user, "1", waits.as_bytes());
        dovecot.drop(user, "2", order(2).as_bytes());
        let watched = reader.watch();
        assert!(until(Duration::from_secs(60), || reader.counts(2) == [0, 1]).await, "{:?}", reader.counts(2));
        watched.stop(Duration::from_secs(20)).await;
        assert_eq!(dovecot.mails(user, "").len(), 1, "it stays where it is");
    }
}

/// A server that says nothing, or nothing after its greeting, is waited for as long as was settled.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_given_up() {
    let root = folder_for_all();
    std::fs::write(root.path().join("password"), "secret").unwrap();
    for (protocol, greeting, step) in [
        ("imap", "", "greeting"),
        ("imap", "* OK here\r\n", "log in as words"),
        ("pop3", "", "greeting"),
        ("pop3", "+OK here\r\n", "log in as words"),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let silent = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt as _;
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(greeting.as_bytes()).await.unwrap();
                open.push(stream);
            }
        });
        let text = format!("{}patience = \"200ms\"\n", settings(protocol, server, "words", root.path()));
        let reader = Reader::new(&text);
        let trouble = greet(&reader.mailbox).await.unwrap_err();
        assert_eq!(trouble.to_string(), format!("{step}: no answer within 200ms"), "{protocol} {greeting}");
        silent.abort();
    }
}

/// What cannot be kept stays in the mailbox, and is read when there is room.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_mail_where_it_is() {
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    let mailbox = settings("imap", ([127, 0, 0, 1], dovecot.imap).into(), "words", root.path());
    let mut house = House::start(&format!("[mailbox.orders]\n{mailbox}"), ACME, &[]).await;
    house.stop().await;
    let disk = match crate::disk::Disk::mount(&house.data(""), 24 << 20) {
        Ok(disk) => disk,
        Err(why) => return crate::support::left_out("a mailbox and a full disk", &why),
    };
    let mut house = house.again().await;
    disk.fill();
    dovecot.drop("words", "1", order(1).as_bytes());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((dovecot.mails("words", "").len(), dovecot.mails("words", ".Processed").len()), (1, 0));
    disk.empty();
    house.wait_for("outbox", 1).await;
    dovecot.wait_for("words", "Processed", 1).await;
    house.stop().await;
}

/// Killed again and again while it reads two mailboxes.
#[test]
fn a_gateway_that_is_killed_reads_each_mail_once() {
    const MAILS: u32 = 12;
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    let house = crate::house::House::new(None);
    let mut text = std::fs::read_to_string(house.settings()).unwrap();
    for (name, protocol, port, user) in [("one", "imap", dovecot.imap, "words"), ("two", "pop3", dovecot.pop3, "pop")] {
        let server = ([127, 0, 0, 1], port).into();
        text += &format!("[mailbox.{name}]\n{}", settings(protocol, server, user, root.path()));
    }
    std::fs::write(house.settings(), text).unwrap();
    house.write("catalogue/partners/acme.toml", ACME);
    for number in 1..=MAILS {
        dovecot.drop("words", &number.to_string(), order(number).as_bytes());
        dovecot.drop("pop", &number.to_string(), order(MAILS + number).as_bytes());
    }
    for wait in [60, 90, 40, 120, 75] {
        let mut running = house.start();
        std::thread::sleep(Duration::from_millis(wait));
        running.kill();
    }
    let running = house.start();
    let outbox = house.wait_for_files("outbox", 2 * MAILS as usize, Duration::from_secs(60));
    let began = Instant::now();
    while !(dovecot.mails("words", "").is_empty() && dovecot.mails("pop", "").is_empty()) {
        assert!(began.elapsed() < Duration::from_secs(30), "what was taken goes; {}", house.state());
        std::thread::sleep(Duration::from_millis(50));
    }
    running.stop();
    assert_eq!(dovecot.mails("words", ".Processed").len(), MAILS as usize);
    assert_eq!(house.files("outbox").len(), 2 * MAILS as usize);
    for number in 1..=2 * MAILS {
        let number = format!("\"{}\"", order_number(number, 1));
        assert_eq!(outbox.values().filter(|text| text.contains(&number)).count(), 1, "{number}");
    }
}
