//! A thousand live connections over TLS, and some that only pretend to send: the others work on.

use std::sync::Arc;
use std::time::Duration;

use entrepot::ports::Receipt;
use entrepot::transport::as2::tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use uuid::Uuid;

use super::ORDER;
use super::house::Side;

/// Two sides that trade over TLS; the pin of the other one.
async fn over_tls(connections_max: usize, patience: Duration) -> (Side, Side, String) {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    let (url, pin) = them.open_tls_for(connections_max, patience).await;
    us.agree(
        "them",
        &them.certificate(),
        &format!("id = \"THEM\"\nour_id = \"US\"\nurl = \"{url}\"\ntls_pins = \"{pin}\""),
    );
    let theirs = "id = \"US\"\nour_id = \"THEM\"\nrequire_signed = false\nrequire_encrypted = false";
    them.agree("house", &us.certificate(), theirs);
    (us, them, pin)
}

/// A client of the crowd.
#[derive(Clone)]
struct Client {
    connector: TlsConnector,
    port: u16,
}

impl Client {
    fn of(us: &Side, pin: &str) -> Self {
        let url = us.book.0.lock().unwrap()["them"].url.clone().unwrap();
        let port = url.split(['/', ':']).find_map(|part| part.parse().ok()).expect("a port");
        Self { connector: TlsConnector::from(tls::connecting(&[pin.to_owned()], None).unwrap()), port }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        self.connector.connect("localhost".try_into().unwrap(), stream).await.unwrap()
    }
}

/// A whole message on a connection that stays; the head of its answer.
async fn message(stream: &mut TlsStream<TcpStream>, id: &str) -> String {
    let request = format!(
        "POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: US\r\nAS2-To: THEM\r\nMessage-ID: {id}\r\nContent-Length: 5\r\n\r\nhello"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap()
}

/// Goes on with headers that never end, or with a body of which a byte comes now and then, until it is shown out.
async fn drip(mut stream: TlsStream<TcpStream>, is_body: bool) {
    let head = "POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: US\r\nAS2-To: THEM\r\nMessage-ID: <slow@us>\r\n";
    let more = if is_body { "Content-Length: 1000000\r\n\r\n" } else { "X-Slow: " };
    let mut said = [0; 4096];
    if stream.write_all(format!("{head}{more}").as_bytes()).await.is_err() {
        return;
    }
    loop {
        let pause = tokio::time::sleep(Duration::from_millis(50));
        tokio::select! {
            read = stream.read(&mut said) => if read.is_err() || read.is_ok_and(|count| count == 0) { return },
            () = pause => if stream.write_all(b"a").await.is_err() || stream.flush().await.is_err() { return },
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_live_connections_over_tls_keep_nobody_out() {
    let (us, them, pin) = over_tls(2000, Duration::from_secs(300)).await;
    let client = Client::of(&us, &pin);
    let mut coming = JoinSet::new();
    for count in 0..1000 {
        let client = client.clone();
        coming.spawn(async move {
            let mut stream = client.connect().await;
            let answer = message(&mut stream, &format!("<{count}@first>")).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            stream
        });
    }
    let mut crowd = coming.join_all().await;
    let mut dripping = JoinSet::new();
    for (count, stream) in crowd.split_off(800).into_iter().enumerate() {
        dripping.spawn(drip(stream, count % 2 == 0));
    }
    for count in 0..10 {
        let receipt = us.send("them", Uuid::now_v7(), &format!("{count}.edi"), ORDER).await;
        assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
    }
    // Whoever had a connection has it still.
    let mut again = JoinSet::new();
    for (count, mut stream) in crowd.into_iter().enumerate() {
        again.spawn(async move { message(&mut stream, &format!("<{count}@again>")).await });
    }
    let answers = again.join_all().await;
    assert_eq!(answers.iter().find(|answer| !answer.starts_with("HTTP/1.1 200")), None);
    assert_eq!(them.received().len(), 1000 + 10 + 800);
    assert!(dripping.try_join_next().is_none(), "they were there all the while");
    dripping.abort_all();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_pretends_to_send_is_shown_out() {
    let (us, them, pin) = over_tls(40, Duration::from_secs(5)).await;
    let client = Arc::new(Client::of(&us, &pin));
    let mut dripping = JoinSet::new();
    for count in 0..40 {
        let stream = client.connect().await;
        dripping.spawn(drip(stream, count % 2 == 0));
    }
    // Every place is taken: a partner waits until one is free, and has not to try again.
    let receipt = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await;
    assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
    let all = tokio::time::timeout(Duration::from_secs(60), dripping.join_all()).await;
    assert!(all.is_ok(), "somebody drips on");
    assert_eq!(them.received(), [ORDER]);
    assert_eq!(std::fs::read_dir(them.path().join("work")).unwrap().count(), 0, "nothing is left over");
}
