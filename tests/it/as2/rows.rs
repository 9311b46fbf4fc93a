//! What partners' software expects beside the great combinations: answers without a receipt, headers that promise no more
//! than is kept, labels that lie about what is in them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use entrepot::ports::{Again, Receipt};
use entrepot::transport::as2::cms::{self, Cipher, KeyTransport, enveloped};
use uuid::Uuid;

use super::ORDER;
use super::house::{Side, pair};

/// A server that reads whole requests and answers each with the next status, and nothing else; what it read.
fn answering(statuses: Vec<&'static str>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/as2", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        statuses
            .iter()
            .map(|status| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut read = Vec::new();
                let mut piece = [0; 8192];
                let is_whole = |read: &[u8]| {
                    let text = String::from_utf8_lossy(read).to_lowercase();
                    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                    let at = read.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
                    read.len() - at >= length.unwrap_or(0)
                };
                while !is_whole(&read) {
                    let count = stream.read(&mut piece).unwrap();
                    read.extend_from_slice(&piece[..count]);
                }
                write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
                String::from_utf8_lossy(&read).into_owned()
            })
            .collect()
    });
    (url, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_2xx_is_an_arrival_and_nothing_else_is() {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    // 204 has no body, and so no length: what is written behind it is not read.
    let (url, server) = answering(vec!["200 OK", "202 Accepted", "204 No Content", "200 OK", "302 Found", "500 Oh"]);
    let table = |receipt: &str| format!("id = \"THEM\"\nour_id = \"US\"\nurl = \"{url}\"\nreceipt = \"{receipt}\"");
    us.agree("them", &them.certificate(), &table("off"));
    for _ in 0..3 {
        let sent = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await;
        assert!(matches!(sent, Ok(Receipt::Held(_))), "{sent:?}");
    }
    us.agree("them", &them.certificate(), &table("sync"));
    let failed = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.unwrap_err();
    assert!(failed.reason.starts_with("receipt missing") && failed.again == Again::Soon, "{}", failed.reason);
    us.agree("them", &them.certificate(), &table("off"));
    for status in ["302", "500"] {
        let failed = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.unwrap_err();
        assert!(failed.reason.contains(status) && failed.again == Again::Soon, "{}", failed.reason);
    }
    // What we promise is what is built: several attachments, and nothing of certificate exchange or restarts.
    for request in server.join().unwrap() {
        let head = request.split("\r\n\r\n").next().unwrap().to_lowercase();
        let line = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        assert_eq!(line("as2-version:"), Some("1.2"), "{head}");
        assert_eq!(line("ediint-features:"), Some("multiple-attachments"), "{head}");
        assert!(line("message-id:").is_some_and(|id| id.len() <= 255 && id.starts_with('<') && id.ends_with('>')));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_inside_decides_and_not_the_label() {
    let (us, them) = pair("", "require_signed = false").await;
    drop(us);
    let recipient = cms::import::import(them.certificate().as_bytes(), None).unwrap().certificates.remove(0);
    let entity = [b"Content-Type: application/edi-x12\r\n\r\n", ORDER].concat();
    for (count, (label, cipher, content)) in [
        ("enveloped-data", Cipher::Aes128Gcm, &entity),
        ("authEnveloped-data", Cipher::Aes256Cbc, &entity),
        // No headers inside: the bare document.
        ("enveloped-data", Cipher::Aes256Cbc, &ORDER.to_vec()),
    ]
    .into_iter()
    .enumerate()
    {
        let mut sealed = Vec::new();
        let how = (cipher, KeyTransport::Pkcs1);
        enveloped::encrypt(&mut content.as_slice(), content.len() as u64, &[&recipient], how, &mut sealed).unwrap();
        let head = format!(
            "POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: US\r\nAS2-To: THEM\r\nMessage-ID: <{count}@us>\r\n\
             Disposition-Notification-To: x\r\nContent-Type: application/pkcs7-mime; smime-type={label}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            sealed.len()
        );
        let answer = them.raw(&head, &sealed).await;
        assert!(answer.contains("MDN-sent-automatically; processed\r\n"), "{label} {cipher:?}: {answer}");
        assert_eq!(them.received().len(), count + 1);
        assert_eq!(them.received().last().unwrap(), ORDER, "{label} {cipher:?}");
    }
}
