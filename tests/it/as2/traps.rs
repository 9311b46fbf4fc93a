//! The traps of the road: what hostile, broken and merely odd senders do.

use entrepot::transport::as2::cms::Cipher;
use uuid::Uuid;

use super::ORDER;
use super::house::{Side, pair};

#[tokio::test(flavor = "multi_thread")]
async fn heads_in_any_shape_are_read() {
    let them = open_to_anything().await;
    for head in [
        "POST /as2 HTTP/1.1\r\nHost: x\r\nas2-from: US\r\nAS2-TO: \"THEM\"\r\nmessage-id: <1@us>\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        // Folded as mail software writes it.
        "POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: US\r\nAS2-To: THEM\r\nMessage-ID:\r\n\t<2@us>\r\nContent-Type: text/plain;\r\n\tcharset=us-ascii\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        "POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: US\r\nAS2-To: THEM\r\nMessage-ID: <3@us>\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: US\r\nAS2-To: THEM\r\nMessage-ID: <4@us>\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    ] {
        let answer = them.raw(head, b"").await;
        assert!(answer.contains("HTTP/1.1 200"), "{head}\n{answer}");
    }
    assert_eq!(them.received(), vec![b"hello".to_vec(); 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_message_has_its_mic_over_the_body_alone() {
    let them = open_to_anything().await;
    let answer = them.raw(&request("<1@us>", "Disposition-Notification-To: x\r\n", 5), b"hello").await;
    // SHA-1 of "hello": nothing else was asked for.
    assert!(answer.contains("Received-Content-MIC: qvTGHdzF6KLavt4PO0gs2a6pQ00=, sha-1"), "{answer}");
    assert!(answer.contains("Disposition: automatic-action/MDN-sent-automatically; processed\r\n"), "{answer}");
    assert!(answer.contains("multipart/report"), "unsigned, as nothing else was asked for: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_that_cannot_be_given_are_refused_by_name() {
    let them = open_to_anything().await;
    for (options, words) in [
        ("signed-receipt-protocol=required, pgp", "failed/failure: unsupported format"),
        (
            "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5",
            "failed/failure: unsupported MIC-algorithms",
        ),
    ] {
        let wish = format!("Disposition-Notification-To: x\r\nDisposition-Notification-Options: {options}\r\n");
        let answer = them.raw(&request("<1@us>", &wish, 5), b"hello").await;
        assert!(answer.contains(words), "{answer}");
    }
    assert_eq!(them.received().len(), 0);
}

/// Receipts go to the partner's own host, or one agreed; never where a message says.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_posted_nowhere_but_where_agreed() {
    let them = open_to_anything().await;
    for url in ["http://169.254.169.254/latest", "http://localhost.evil.example/", "file:///etc/passwd", "gopher://x"] {
        let wish = format!("Disposition-Notification-To: x\r\nReceipt-Delivery-Option: {url}\r\n");
        let answer = them.raw(&request(&format!("<{}@us>", Uuid::now_v7()), &wish, 5), b"hello").await;
        // It comes in the answer instead, where nobody is attacked by it.
        assert!(answer.contains("processed"), "{answer}");
    }
    assert_eq!(std::fs::read_dir(them.path().join("owed")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_never_receipted() {
    let them = open_to_anything().await;
    let body = b"--b\r\nContent-Type: message/disposition-notification\r\n\r\nOriginal-Message-ID: <9@x>\r\nDisposition: a; processed\r\n\r\n--b--\r\n";
    let head = format!(
        "POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: US\r\nAS2-To: THEM\r\nMessage-ID: <1@us>\r\nDisposition-Notification-To: x\r\n\
         Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let answer = them.raw(&head, body).await;
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("isposition"), "{answer}");
    assert_eq!((them.received().len(), them.gateway.outcomes.lock().unwrap().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_safe_and_strangers_learn_nothing() {
    let them = open_to_anything().await;
    let wish = "Content-Disposition: attachment; filename=\"../../../etc/cron.d/x\"\r\n";
    them.raw(&request("<1@us>", wish, 5), b"hello").await;
    assert_eq!(them.gateway.arrivals.lock().unwrap()[0].0.name, "x");
    let stranger = request("<1@us>", "Disposition-Notification-To: x\r\n", 5).replace("AS2-From: US", "AS2-From: EVE");
    let answer = them.raw(&stranger, b"hello").await;
    assert!(answer.contains("processed/error: unknown-trading-partner"), "{answer}");
    let oneself = request("<2@us>", "Disposition-Notification-To: x\r\n", 5).replace("AS2-From: US", "AS2-From: THEM");
    them.agree("self", &them.certificate(), "id = \"THEM\"\nour_id = \"THEM\"");
    let answer = them.raw(&oneself, b"hello").await;
    assert!(answer.contains("failed/failure: sender-equals-receiver"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_that_lie_and_garbage_keep_nothing() {
    let (_us, them) = pair("", "megabytes_max = 1").await;
    let head = request("<1@us>", "", 500).replace("Connection: close\r\n", "");
    let cut = them.raw(&head, b"short");
    let cut = tokio::time::timeout(std::time::Duration::from_millis(500), cut).await;
    assert!(cut.is_err(), "it waits for the rest, and the sender went away");
    let large = them.raw(&request("<2@us>", "", 5_000_000), b"").await;
    assert!(large.starts_with("HTTP/1.1 413"), "{large}");
    for body in [&b"\x30\x80\x06\x09"[..], b"\x30\x84\xff\xff\xff\xff", &[0x30; 3000], b"", b"--\r\n--"] {
        for kind in [
            "application/pkcs7-mime",
            "multipart/signed; boundary=\"\"",
            "multipart/signed; boundary=x",
            "application/edi-x12",
        ] {
            let more = format!("Content-Type: {kind}\r\nDisposition-Notification-To: x\r\n");
            let answer = them.raw(&request(&format!("<{}@us>", Uuid::now_v7()), &more, body.len()), body).await;
            assert!(answer.contains("processed/error: "), "{kind} {body:02x?}: {answer}");
        }
    }
    // Somebody who takes the door for one with TLS, and is told at once that it speaks HTTP.
    for greeting in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"\x00", b" "] {
        let answer = them.raw("", greeting).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{greeting:02x?}: {answer}");
    }
    assert_eq!(them.received().len(), 0);
    assert_eq!(std::fs::read_dir(them.path().join("work")).unwrap().count(), 0);
}

/// A slow partner with the old cipher works in its own lane.
#[test]
fn the_old_cipher_is_named_and_off() {
    assert_eq!(Cipher::named("3des"), Some(Cipher::TripleDes));
    assert!(["rc2", "rc4", "des"].iter().all(|name| Cipher::named(name).is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agreement_does_not_allow_is_refused() {
    let (us, them) = pair("encrypt = \"3des\"\nallow = [\"3des\"]", "").await;
    let failed = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.unwrap_err();
    assert!(failed.reason.contains("insufficient-message-security"), "{}", failed.reason);
    assert_eq!(them.received().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_connections_at_once_all_get_their_answer() {
    let them = std::sync::Arc::new(open_to_anything().await);
    let mut senders = tokio::task::JoinSet::new();
    for count in 0..1000 {
        let them = them.clone();
        senders.spawn(async move { them.raw(&request(&format!("<{count}@us>"), "", 5), b"hello").await });
    }
    let answers = senders.join_all().await;
    let other = answers.iter().find(|answer| !answer.starts_with("HTTP/1.1 200"));
    assert_eq!(other, None);
    assert_eq!(them.received().len(), 1000);
}

async fn open_to_anything() -> Side {
    let (us, them) = pair("", "require_signed = false\nrequire_encrypted = false").await;
    drop(us);
    them
}

fn request(id: &str, more: &str, length: usize) -> String {
    format!(
        "POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: US\r\nAS2-To: THEM\r\nMessage-ID: {id}\r\n{more}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}
