//! The AS2 door: two gateways that trade, every trap on the way, and what strangers' software says of it.

mod big;
mod crowd;
mod django;
mod doctor;
mod faults;
mod gateway;
pub mod house;
mod names;
mod opaque;
mod peers;
mod rows;
mod traps;

use std::time::Duration;

use entrepot::ports::{Again, Receipt};
use entrepot::transport::as2::certificates::{self, Role, Wish};
use serde_json::json;
use uuid::Uuid;

use house::{Side, agree, pair, renew};

pub const ORDER: &[u8] =
    b"ISA*00*          *00*          *ZZ*US             *ZZ*THEM           ~\r\nIEA*1*000000001~\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_combination_arrives_and_is_receipted() {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    let theirs = "require_signed = false\nrequire_encrypted = false\nallow = [\"3des\"]";
    let mut count = 0;
    for sign in ["off", "sha-256", "sha-512"] {
        for encrypt in ["off", "3des", "aes-256-cbc", "aes-128-gcm"] {
            for compress in ["off", "before-signing", "after-signing"] {
                let more = match count % 4 {
                    0 => "transfer = \"base64\"\nopaque = true\nchunked = true",
                    1 => "key_transport = \"oaep-sha-256\"\nexpect_continue = true",
                    2 => "pss = true\nopaque = true\nold_digest_names = true\nembed_certificate = false",
                    _ => "key_transport = \"oaep-sha-1\"\nreceipt_signed = false\nquote_file_name = false",
                };
                let ours = format!(
                    "allow = [\"3des\"]\nsign = \"{sign}\"\nencrypt = \"{encrypt}\"\ncompress = \"{compress}\"\n{more}"
                );
                agree(&us, &them, &ours, theirs);
                let content = [ORDER, count.to_string().as_bytes()].concat();
                let receipt = us.send("them", Uuid::now_v7(), "order 1.edi", &content).await;
                assert!(matches!(receipt, Ok(Receipt::Held(_))), "{ours}: {receipt:?}");
                count += 1;
                assert_eq!(them.received().last(), Some(&content), "{ours}");
            }
        }
    }
    let arrivals = them.gateway.arrivals.lock().unwrap();
    assert_eq!(arrivals.len(), count);
    assert!(arrivals.iter().all(|(arrival, _)| {
        arrival.name == "order 1.edi" && arrival.partner.as_deref() == Some("house") && arrival.once.is_some()
    }));
    let evidence = us.gateway.evidence.lock().unwrap();
    assert_eq!(evidence.iter().filter(|(_, kind, _)| kind == "mdn").count(), count);
    assert_eq!(evidence.iter().filter(|(_, kind, _)| kind == "request").count(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_go_through_files() {
    let (us, them) = pair("compress = \"before-signing\"", "").await;
    let mut seed = 1u32;
    let content: Vec<u8> = (0..5_000_000)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .collect();
    let receipt = us.send("them", Uuid::now_v7(), "large.bin", &content).await;
    assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
    assert!(them.received() == [content]);
    assert_eq!(std::fs::read_dir(them.path().join("work")).unwrap().count(), 0, "nothing is left over");
}

/// The receipt got lost; the sender tries again under the same Message-ID.
#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_gets_the_first_receipt_again_and_has_no_effect() {
    let (us, them) = pair("", "").await;
    let delivery = Uuid::now_v7();
    for _ in 0..3 {
        let receipt = us.send("them", delivery, "a.edi", ORDER).await;
        assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
    }
    assert_eq!(them.received().len(), 1);
    let mdns: Vec<Vec<u8>> = us
        .gateway
        .evidence
        .lock()
        .unwrap()
        .iter()
        .filter(|(_, kind, _)| kind == "mdn")
        .map(|(_, _, content)| content.clone())
        .collect();
    assert!(mdns.len() == 3 && mdns.iter().all(|mdn| *mdn == mdns[0]), "byte for byte the first one");
    agree(&us, &them, "", "duplicates = \"warning\"");
    let Ok(Receipt::Held(said)) = us.send("them", delivery, "a.edi", ORDER).await else {
        panic!("a warning is no failure")
    };
    assert!(said["disposition"].as_str().unwrap().ends_with("processed/warning: duplicate-document"));
}

/// Some partners want each try to be a message of its own; most know a repeat by its Message-ID.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_try_has_the_same_id_unless_another_is_agreed() {
    for (wish, messages) in [("", 1), ("new_message_ids = true", 3)] {
        let (us, them) = pair(wish, "").await;
        let delivery = Uuid::now_v7();
        for attempts in 0..3 {
            let receipt = us.send_again("them", delivery, "a.edi", ORDER, attempts).await;
            assert!(matches!(receipt, Ok(Receipt::Held(_))), "{receipt:?}");
        }
        assert_eq!(them.received().len(), messages, "{wish}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_receipted_that_could_not_be_kept() {
    let (us, them) = pair("tries = 2", "").await;
    *them.gateway.is_full.lock().unwrap() = true;
    let delivery = Uuid::now_v7();
    let failed = us.send("them", delivery, "a.edi", ORDER).await.unwrap_err();
    assert!(failed.reason.starts_with("transport failure: the partner's server answered 503"), "{}", failed.reason);
    assert_eq!(failed.again, Again::Soon);
    *them.gateway.is_full.lock().unwrap() = false;
    assert!(us.send("them", delivery, "a.edi", ORDER).await.is_ok());
    assert_eq!(them.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_come_by_themselves_and_answer_only_what_is_pending() {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    agree(&us, &them, &format!("receipt = \"async\"\nreceipt_url = \"{}\"", us.url), "");
    let delivery = Uuid::now_v7();
    let receipt = us.send("them", delivery, "a.edi", ORDER).await;
    assert!(matches!(receipt, Ok(Receipt::Awaiting { .. })), "{receipt:?}");
    wait_for(|| us.gateway.outcomes.lock().unwrap().len() == 1).await;
    let (settled, outcome) = us.gateway.outcomes.lock().unwrap()[0].clone();
    assert_eq!(settled, delivery);
    assert!(outcome.unwrap()["disposition"].as_str().unwrap().ends_with("; processed"));
    // The same receipt once more changes nothing: nobody waits for it.
    let delivered = us.send("them", delivery, "a.edi", ORDER).await;
    assert!(matches!(delivered, Ok(Receipt::Awaiting { .. })));
    wait_for(|| us.gateway.outcomes.lock().unwrap().len() == 2).await;
    wait_for(|| std::fs::read_dir(them.path().join("owed")).unwrap().count() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_apart() {
    let (us, them) = pair("tries = 3", "").await;
    // Negative: the partner does not know our certificate.
    let stranger = Side::open("stranger").await;
    us.agree(
        "stranger",
        &them.certificate(),
        &format!("id = \"THEM\"\nour_id = \"NOBODY\"\nurl = \"{}\"\nreceipt_signed = false", them.url),
    );
    let failed = us.send("stranger", Uuid::now_v7(), "a.edi", ORDER).await.unwrap_err();
    assert!(
        failed.reason.starts_with("negative receipt: the partner says processed/error: unknown-trading-partner"),
        "{}",
        failed.reason
    );
    assert_eq!(failed.again, Again::Never);
    // Encrypted for somebody else.
    us.agree("lost", &stranger.certificate(), &format!("id = \"THEM\"\nour_id = \"US\"\nurl = \"{}\"", them.url));
    let failed = us.send("lost", Uuid::now_v7(), "a.edi", ORDER).await.unwrap_err();
    assert!(failed.reason.contains("the signature of the receipt does not hold"), "{}", failed.reason);
    let case = them.gateway.cases.lock().unwrap().pop().unwrap();
    assert_eq!((case.fault.as_str(), case.partner.as_deref()), ("decryption-failed", Some("house")));
    // Nobody there.
    us.agree("gone", &them.certificate(), "id = \"THEM\"\nour_id = \"US\"\nurl = \"http://127.0.0.1:9\"\ntries = 1");
    let failed = us.send("gone", Uuid::now_v7(), "a.edi", ORDER).await.unwrap_err();
    assert!(failed.reason.starts_with("transport failure: nobody answers at 127.0.0.1:9"), "{}", failed.reason);
    assert_eq!(failed.again, Again::Never, "after the last try a person decides");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_over_of_certificates_stops_nothing() {
    let (us, them) = pair("", "").await;
    // They have a new one for everything; we do not know it yet and send to the old.
    let new = renew(&them, "second", &[Role::Decrypt]);
    assert!(us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.is_ok());
    let now = jiff::Timestamp::now();
    let wish = Wish { name: Some("second".into()), from: Some(now), ..Wish::default() };
    certificates::add(&us.certificates, "them", new.as_bytes(), None, &wish).unwrap();
    assert!(us.send("them", Uuid::now_v7(), "b.edi", ORDER).await.is_ok());
    // We sign by a new one that they have not got: refused, with the certificate that would have matched.
    let ours = renew(&us, "third", &[Role::Sign]);
    let failed = us.send("them", Uuid::now_v7(), "c.edi", ORDER).await.unwrap_err();
    assert!(failed.reason.contains("authentication-failed"), "{}", failed.reason);
    let case = them.gateway.cases.lock().unwrap().pop().unwrap();
    assert!(case.told.unwrap()["diagnosis"]["unpinned_match"].as_str().unwrap().starts_with("CN=third"));
    let wish = Wish { name: Some("third".into()), ..Wish::default() };
    certificates::add(&them.certificates, "house", ours.as_bytes(), None, &wish).unwrap();
    assert!(us.send("them", Uuid::now_v7(), "c.edi", ORDER).await.is_ok());
    // A failed first try does not block: the same bytes under another id were taken.
    assert_eq!(them.received().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_asked_for_where_agreed() {
    use argon2::PasswordHasher;
    let salt = argon2::password_hash::SaltString::encode_b64(b"0123456789abcdef").unwrap();
    let hash = argon2::Argon2::default().hash_password(b"secret", &salt).unwrap().to_string();
    let (us, them) = pair("tries = 9", &format!("their_user = \"us\"\ntheir_password_hash = \"{hash}\"")).await;
    let failed = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.unwrap_err();
    assert!(failed.reason.contains("401"), "{}", failed.reason);
    let file = us.path().join("password");
    std::fs::write(&file, "secret\n").unwrap();
    let ours = format!("user = \"us\"\npassword_file = \"{}\"", file.display());
    agree(&us, &them, &ours, &format!("their_user = \"us\"\ntheir_password_hash = \"{hash}\""));
    assert!(us.send("them", Uuid::now_v7(), "a.edi", ORDER).await.is_ok());
    let headers =
        them.gateway.evidence.lock().unwrap().iter().find(|(_, kind, _)| kind == "headers").unwrap().2.clone();
    assert!(!String::from_utf8(headers).unwrap().to_lowercase().contains("authorization"), "a password is no evidence");
}

pub async fn wait_for(mut condition: impl FnMut() -> bool) {
    for _ in 0..400 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not come: {}", json!(std::panic::Location::caller().to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_what_is_missing() {
    use entrepot::transport::as2::certificates::Certificates;
    use entrepot::transport::as2::examine::examine;
    let (us, them) = pair("", "").await;
    let as2 = us.book.0.lock().unwrap()["them"].clone();
    let findings = examine("them", &as2, &Certificates::load(&us.certificates)).await;
    assert!(findings.iter().all(|finding| finding.outcome.is_ok()), "{findings:?}");
    std::fs::remove_dir_all(us.certificates.join("them")).unwrap();
    let gone = entrepot::partner::As2 { url: Some("http://127.0.0.1:9/".into()), ..as2 };
    drop(them);
    let findings = examine("them", &gone, &Certificates::load(&us.certificates)).await;
    let wrong: Vec<&str> =
        findings.iter().filter(|finding| finding.outcome.is_err()).map(|finding| finding.step).collect();
    assert_eq!(wrong, ["encryption", "their receipts", "their signature", "port"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_of_tls_are_trusted_by_pin() {
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    let (url, theirs) = them.open_tls().await;
    let wish = Wish { name: Some("tls".into()), roles: vec![Role::Tls], ..Wish::default() };
    let (shown, _) = certificates::create(&us.certificates, "tls", jiff::Timestamp::now(), 365, &wish).unwrap();
    let ours = shown.certificate.fingerprint();
    let table = |pin: &str, shows: &str| {
        format!("id = \"THEM\"\nour_id = \"US\"\nurl = \"{url}\"\ntls_pins = \"{pin}\"\n{shows}")
    };
    let wants = format!("id = \"US\"\nour_id = \"THEM\"\ntheir_tls_pins = \"{ours}\"");
    them.agree("house", &us.certificate(), &wants);
    for (pin, shows, expected) in [
        (ours.as_str(), "", Some("is none of those pinned")),
        (theirs.as_str(), "", Some("A client certificate as agreed is wanted.")),
        (theirs.as_str(), "tls_certificate = \"tls\"", None),
    ] {
        us.agree("them", &them.certificate(), &table(pin, shows));
        let sent = us.send("them", Uuid::now_v7(), "a.edi", ORDER).await;
        match expected {
            None => assert!(sent.is_ok(), "{sent:?}"),
            Some(words) => assert!(sent.as_ref().is_err_and(|failed| failed.reason.contains(words)), "{sent:?}"),
        }
    }
    assert_eq!(them.received(), [ORDER]);
}
