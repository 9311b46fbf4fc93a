//! What the doctor says of partners' servers that are there and not as they should be.

use entrepot::transport::as2::certificates::{self, Certificates, Role, Wish};
use entrepot::transport::as2::cms::{Certificate, PrivateKey};
use entrepot::transport::as2::examine::{Finding, examine};
use entrepot::transport::as2::tls;
use jiff::{SignedDuration, Timestamp};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use super::ORDER;
use super::house::Side;

fn in_days(days: i64) -> Timestamp {
    Timestamp::now().checked_add(SignedDuration::from_hours(days * 24)).unwrap()
}

/// A TLS server with a certificate that holds between two days.
async fn showing(from: i64, until: i64) -> (String, String) {
    let key = PrivateKey::generate().unwrap();
    let certificate = Certificate::self_signed(&key, "localhost", in_days(from), in_days(until)).unwrap();
    let config = tls::answering(vec![certificate.der().to_vec()], key.pkcs8()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/as2", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(config);
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
        }
    });
    (url, certificate.fingerprint())
}

async fn found(us: &Side, table: &str) -> Vec<Finding> {
    us.agree("them", &us.certificate(), &format!("id = \"THEM\"\nour_id = \"US\"\n{table}"));
    let as2 = us.book.0.lock().unwrap()["them"].clone();
    examine("them", &as2, &Certificates::load(&us.certificates)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cause_is_named_with_live_servers() {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    let (url, pin) = them.open_tls().await;
    let (expired, expired_pin) = showing(-30, -1).await;
    let (early, _) = showing(5, 30).await;
    let (stranger, _) = showing(-1, 30).await;
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let speaking = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let line = |url: &str, pin: &str| match pin {
        "" => format!("url = \"{url}\""),
        pin => format!("url = \"{url}\"\ntls_pins = \"{pin}\""),
    };
    for (table, step, words) in [
        (line(&url, &pin), "tls", None),
        // What is pinned is trusted for what it is, whatever its dates say.
        (line(&expired, &expired_pin), "tls", None),
        (line(&url, &expired_pin), "tls", Some("beside the old one")),
        (line(&expired, ""), "tls", Some("has expired or is not valid yet: the partner must renew it")),
        (line(&early, ""), "tls", Some("has expired or is not valid yet: the partner must renew it")),
        (line(&stranger, ""), "tls", Some("signed by nobody we trust")),
        (line(&format!("https://localhost:{speaking}/as2"), &pin), "tls", Some("does not speak TLS")),
        (
            line(&format!("https://127.0.0.1:{closed}/as2"), &pin),
            "port",
            Some("whether its server runs and lets our address in"),
        ),
        (line("https://no-such-host.invalid/as2", &pin), "name", Some("spelled as the partner wrote it")),
        (line(&them.url, ""), "port", None),
    ] {
        let findings = found(&us, &table).await;
        let last = findings.last().unwrap();
        assert_eq!(last.step, step, "{table}: {last:?}");
        match (words, &last.outcome) {
            (None, Ok(_)) => {}
            (Some(words), Err(told)) => assert!(told.contains(words), "{table}: {told}"),
            _ => panic!("{table}: {last:?}"),
        }
    }
}

/// A certificate that has ended is named, and what to do.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_ended_are_named() {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    let (roles, until) = (vec![Role::Encrypt, Role::Verify, Role::VerifyReceipt], Some(in_days(-3)));
    let wish = Wish { name: Some("old".into()), roles, until, ..Wish::default() };
    certificates::add(&us.certificates, "them", them.certificate().as_bytes(), None, &wish).unwrap();
    let findings = found(&us, &format!("url = \"{}\"", them.url)).await;
    let told: Vec<&String> = findings.iter().filter_map(|finding| finding.outcome.as_ref().err()).collect();
    assert_eq!(told.len(), 3, "{findings:?}");
    for words in told {
        assert!(words.contains("old of them ended on") && words.contains("partner cert add them FILE"), "{words}");
    }
}

/// The wrong name in AS2-To, as a live partner answers it: only a message finds that out, and the words say it.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_is_told_by_the_receipt() {
    let (us, them) = super::house::pair("", "").await;
    for (id, our_id) in [("OTHER", "US"), ("THEM", "OTHER")] {
        let table = format!("id = \"{id}\"\nour_id = \"{our_id}\"\nurl = \"{}\"\nreceipt_signed = false", them.url);
        us.agree("them", &them.certificate(), &table);
        let failed = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.unwrap_err();
        assert!(failed.reason.contains("unknown-trading-partner"), "{}", failed.reason);
        assert!(failed.reason.contains("as2.id") && failed.reason.contains("as2.our_id"), "{}", failed.reason);
    }
    assert_eq!(them.received().len(), 0);
}
