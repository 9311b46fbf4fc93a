//! Strangers' programs: aiosmtpd takes what we send, dkimpy judges and makes signatures, Dovecot keeps mailboxes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use entrepot::transport::as2::certificates::{Wish, add, create};
use entrepot::transport::mail::dkim::Signer;

use super::SPF;
use super::house::{ACME, House, files, mail};
use crate::support::left_out;
use crate::trade::{orders_x12, tagged};

#[tokio::test(flavor = "multi_thread")]
async fn answers_go_out_by_mail_signed_so_that_dkimpy_agrees() {
    let Some(python) = python("answers by mail") else { return };
    for algorithm in [&["RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..], &["ed25519"]] {
        let root = tempfile::tempdir().unwrap();
        let key = root.path().join("key.pem");
        openssl(&[&["genpkey", "-algorithm"], algorithm, &["-out", key.to_str().unwrap()]].concat());
        let sink = Sink::start(&python, root.path(), &[]);
        let settings = format!(
            "[mail.smtp]\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\n\
             [mail.dkim]\ndomain = \"house.example\"\nselector = \"s1\"\nkey_file = \"{}\"\n",
            sink.port,
            key.display()
        );
        let acme =
            format!("deliver_by = \"mail\"\n{ACME}attachment = \"ACK_{{file}}\"\nsubject = \"Answer {{stem}}\"\n");
        let mut house = House::start(&settings, &acme, &[SPF]).await;
        let order = orders_x12("ACME", "HOUSE", 31, 1);
        let text = mail("a@acme.example", "1@acme", &[("o.edi", &order)]);
        assert!(house.send("a@acme.example", "orders@house.example", &text).await.starts_with("250"));
        let (file, sent) = sink.mail(1).await;
        assert!(sent.contains("Content-Disposition: attachment;\r\n filename=\"ACK_"), "{sent}");
        assert!(sent.contains("\r\nSubject: Answer "), "{sent}");
        let parts = entrepot::transport::mail::Attachments::of(&fs::read(&file).unwrap());
        let answer = String::from_utf8(parts.documents[0].bytes.clone()).unwrap();
        assert_eq!(tagged(&answer, "AK1"), [["AK1", "PO", "31"]]);
        let record = Signer::load("house.example", "s1", &key).unwrap().record();
        let verdict = run(&python, &["dkim_judge.py", "verify", file.to_str().unwrap(), &record]);
        assert_eq!(String::from_utf8_lossy(&verdict).trim(), "True", "{sent}");
        let forged = root.path().join("forged.eml");
        fs::write(&forged, sent.replacen("Subject: Answer", "Subject: Other", 1)).unwrap();
        let verdict = run(&python, &["dkim_judge.py", "verify", forged.to_str().unwrap(), &record]);
        assert_eq!(String::from_utf8_lossy(&verdict).trim(), "False");
        house.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_tls_and_a_password_gets_both() {
    let Some(python) = python("mail over STARTTLS") else { return };
    let root = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(root.path());
    fs::write(root.path().join("password"), "gr33n apple\n").unwrap();
    let sink = Sink::start(&python, root.path(), &[&certificate, &key, "edi", "gr33n apple"]);
    let settings = |user: &str| {
        format!(
            "[mail.smtp]\nserver = \"127.0.0.1:{}\"\nauthority = \"{certificate}\"\nuser = \"{user}\"\npassword_file = \"{}\"\n",
            sink.port,
            root.path().join("password").display()
        )
    };
    let acme = format!("deliver_by = \"mail\"\n{ACME}");
    let mut house = House::start(&settings("edi"), &acme, &[SPF]).await;
    let order = orders_x12("ACME", "HOUSE", 32, 1);
    let text = mail("a@acme.example", "1@acme", &[("o.edi", &order)]);
    assert!(house.send("a@acme.example", "orders@house.example", &text).await.starts_with("250"));
    sink.mail(1).await;
    let envelope: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(sink.folder.join("0001.envelope")).unwrap()).unwrap();
    assert_eq!(envelope["tls"], true);
    assert_eq!(envelope["to"], serde_json::json!(["orders@acme.example"]));
    house.stop().await;
    // doctor says the same in words, and what is wrong when something is.
    let file = house.root.path().join("entrepot.toml");
    let right = fs::read_to_string(&file).unwrap();
    let authority = format!("authority = \"{certificate}\"\n");
    for (text, expected) in [
        (right.clone(), "is let in over STARTTLS"),
        (right.replace("user = \"edi\"", "user = \"other\""), "user, password or token are not accepted"),
        (right.replace(&authority, ""), "give `authority` the PEM file of who signed it"),
        (right.replace(&format!(":{}\"", sink.port), ":1\""), "Is the port right, and does a firewall let it through?"),
    ] {
        fs::write(&file, text).unwrap();
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_entrepot"));
        let output = doctor.args(["doctor", "--connections", "--config"]).arg(&file).output().expect("doctor runs");
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(words.contains(expected), "{expected}:\n{words}{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_signs_for_us_and_opens_what_we_sign_and_encrypt() {
    let Some(python) = python("S/MIME") else { return };
    let root = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(root.path());
    let sink = Sink::start(&python, root.path(), &[]);
    let settings = format!("[mail.smtp]\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\n", sink.port);
    let acme = format!("deliver_by = \"mail\"\n{ACME}sign = true\nencrypt = true\n");
    // Nothing but the signature can prove who sent this.
    let mut house = House::start(&settings, &acme, &[("acme.example", "TXT", "v=spf1 -all")]).await;
    let (folder, now) = (house.data("certificates"), "2026-01-01T00:00:00Z".parse().unwrap());
    let (ours, _) = create(&folder, "house", now, 3650, &Wish::default()).unwrap();
    add(&folder, "acme", &fs::read(&certificate).unwrap(), None, &Wish::default()).unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("ours.pem"), ours.certificate.to_pem()).unwrap();
    let order = orders_x12("ACME", "HOUSE", 35, 1);
    let head =
        "Content-Type: application/edi-x12; name=o.edi\r\nContent-Disposition: attachment; filename=o.edi\r\n\r\n";
    fs::write(path("entity"), format!("{head}{order}\r\n")).unwrap();
    openssl(&[
        "cms",
        "-sign",
        "-crlfeol",
        "-in",
        &path("entity"),
        "-signer",
        &certificate,
        "-inkey",
        &key,
        "-from",
        "a@acme.example",
        "-to",
        "orders@house.example",
        "-subject",
        "an order",
        "-out",
        &path("signed.eml"),
    ]);
    let signed = fs::read_to_string(path("signed.eml")).unwrap();
    let forged = signed.replacen("PO-35-1", "PO-36-1", 1);
    assert_ne!(forged, signed);
    let said = house.send("a@acme.example", "orders@house.example", &forged).await;
    assert!(said.starts_with("550") && said.contains("S/MIME"), "{said}");
    let said = house.send("a@acme.example", "orders@house.example", &signed).await;
    assert!(said.starts_with("250"), "{said}");
    house.wait_for("outbox", 1).await;
    let (file, _) = sink.mail(1).await;
    let file = file.to_str().unwrap();
    openssl(&["cms", "-decrypt", "-in", file, "-recip", &certificate, "-inkey", &key, "-out", &path("inner")]);
    openssl(&[
        "cms",
        "-verify",
        "-in",
        &path("inner"),
        "-CAfile",
        &path("ours.pem"),
        "-purpose",
        "any",
        "-out",
        &path("plain"),
    ]);
    let parts = entrepot::transport::mail::Attachments::of(&fs::read(path("plain")).unwrap());
    let answer = String::from_utf8(parts.documents[0].bytes.clone()).unwrap();
    assert_eq!(tagged(&answer, "AK1"), [["AK1", "PO", "35"]]);
    // And the other way round: what was encrypted for us is opened.
    let order = orders_x12("ACME", "HOUSE", 37, 1);
    fs::write(path("entity"), format!("{head}{order}\r\n")).unwrap();
    openssl(&[
        "cms",
        "-sign",
        "-in",
        &path("entity"),
        "-signer",
        &certificate,
        "-inkey",
        &key,
        "-out",
        &path("signed"),
    ]);
    openssl(&[
        "cms",
        "-encrypt",
        "-aes256",
        "-crlfeol",
        "-in",
        &path("signed"),
        "-from",
        "a@acme.example",
        "-to",
        "orders@house.example",
        "-subject",
        "a secret order",
        "-out",
        &path("secret.eml"),
        &path("ours.pem"),
    ]);
    let secret = fs::read_to_string(path("secret.eml")).unwrap();
    let said = house.send("a@acme.example", "orders@house.example", &secret).await;
    assert!(said.starts_with("250"), "{said}");
    house.wait_for("outbox", 2).await;
    house.stop().await;
}

/// Mail of ours whose signature stands around its content, as whole mails: OpenSSL opens and verifies them by itself, and sees
/// when they were changed.
#[tokio::test(flavor = "multi_thread")]
async fn openssl_opens_our_mail_inside_its_signature() {
    let Some(python) = python("S/MIME around the content") else { return };
    let root = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(root.path());
    let sink = Sink::start(&python, root.path(), &[]);
    let settings = format!("[mail.smtp]\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\n", sink.port);
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    let mut mails = 0;
    for terms in ["sign = true\nopaque = true\n", "sign = true\nopaque = true\nencrypt = true\n"] {
        let acme = format!("deliver_by = \"mail\"\n{ACME}{terms}");
        let mut house = House::start(&settings, &acme, &[SPF]).await;
        let (folder, now) = (house.data("certificates"), "2026-01-01T00:00:00Z".parse().unwrap());
        let (ours, _) = create(&folder, "house", now, 3650, &Wish::default()).unwrap();
        add(&folder, "acme", &fs::read(&certificate).unwrap(), None, &Wish::default()).unwrap();
        fs::write(path("ours.pem"), ours.certificate.to_pem()).unwrap();
        let order = orders_x12("ACME", "HOUSE", 38 + mails, 1);
        let text = mail("a@acme.example", &format!("{mails}@acme"), &[("o.edi", &order)]);
        assert!(house.send("a@acme.example", "orders@house.example", &text).await.starts_with("250"));
        mails += 1;
        let (file, sent) = sink.mail(mails as usize).await;
        let mut file = file.to_str().unwrap().to_owned();
        if terms.contains("encrypt") {
            openssl(&["cms", "-decrypt", "-in", &file, "-recip", &certificate, "-inkey", &key, "-out", &path("inner")]);
            file = path("inner");
        } else {
            assert!(sent.contains("smime-type=signed-data") && !sent.contains("multipart/signed"), "{sent}");
        }
        let verify = ["cms", "-verify", "-CAfile", &path("ours.pem"), "-purpose", "any", "-out", &path("plain"), "-in"];
        openssl(&[&verify[..], &[file.as_str()]].concat());
        let parts = entrepot::transport::mail::Attachments::of(&fs::read(path("plain")).unwrap());
        let answer = String::from_utf8(parts.documents[0].bytes.clone()).unwrap();
        assert_eq!(tagged(&answer, "AK1"), [["AK1", "PO", &(37 + mails).to_string()]]);
        // One character of the base64 changed, in the middle of what is signed.
        let signed = fs::read_to_string(&file).unwrap();
        let at = signed.len() / 3;
        let other = if signed.as_bytes()[at] == b'A' { "B" } else { "A" };
        fs::write(path("changed"), format!("{}{other}{}", &signed[..at], &signed[at + 1..])).unwrap();
        let output = Command::new("openssl").args(verify).arg(path("changed")).output().expect("openssl runs");
        assert!(!output.status.success(), "a change is seen");
        house.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_arrive_and_what_comes_back_is_put_before_a_person() {
    let Some(python) = python("bounces") else { return };
    let root = tempfile::tempdir().unwrap();
    let sink = Sink::start(&python, root.path(), &[]);
    let settings = format!("[mail.smtp]\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\n", sink.port);
    let acme = format!("deliver_by = \"mail\"\n{ACME}");
    let mut house = House::start(&settings, &acme, &[SPF]).await;
    let order = |control| {
        mail("a@acme.example", &format!("{control}@acme"), &[("o.edi", &orders_x12("ACME", "HOUSE", control, 1))])
    };
    assert!(house.send("a@acme.example", "orders@house.example", &order(33)).await.starts_with("250"));
    let (_, sent) = sink.mail(1).await;
    let id = sent.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("a Message-ID");
    let bounce = format!(
        "From: MAILER-DAEMON@mx.acme.example\r\nTo: edi@house.example\r\nSubject: Undelivered\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nSorry.\r\n\
         --x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acme.example\r\n\r\n\
         Final-Recipient: rfc822; orders@acme.example\r\nAction: failed\r\nStatus: 5.2.2\r\n\
         Diagnostic-Code: smtp; 552 5.2.2 mailbox full\r\n\
         --x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\n--x--\r\n",
        id.trim()
    );
    let said = house.send("", "edi@house.example", &bounce).await;
    assert!(said.starts_with("250"), "{said}");
    let cases = house.cases().await;
    assert!(
        cases.iter().any(|case| case.contains("the mail came back: orders@acme.example: 5.2.2 552 5.2.2 mailbox full")),
        "{cases:?}"
    );
    // An address that is refused at once is no less a case.
    house.write("catalogue/partners/acme.toml", &acme.replace("to = \"orders@", "to = \"nobody@"));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(house.send("a@acme.example", "orders@house.example", &order(34)).await.starts_with("250"));
    let began = Instant::now();
    while !house.cases().await.iter().any(|case| case.contains("no such user here")) {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", house.cases().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_is_told_by_mail_but_never_too_often_and_no_machine_is() {
    let Some(python) = python("replies") else { return };
    let root = tempfile::tempdir().unwrap();
    let sink = Sink::start(&python, root.path(), &[]);
    let settings = format!("[mail.smtp]\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\n", sink.port).replacen(
        "[mail.smtp]",
        "[mail.smtp]",
        1,
    );
    let mut house = House::start(&settings, ACME, &[SPF]).await;
    let half = |control: u32, header: &str| {
        let order = orders_x12("ACME", "HOUSE", control, 1);
        header.to_owned()
            + &mail("a@acme.example", &format!("{control}@acme"), &[("o.edi", &order), ("terms.doc", "our terms")])
    };
    assert!(house.send("a@acme.example", "orders@house.example", &half(100, "")).await.starts_with("250"));
    let (_, reply) = sink.mail(1).await;
    for line in ["Auto-Submitted: auto-replied", "In-Reply-To: <100@acme>", "To: a@acme.example"] {
        assert!(reply.contains(&format!("{line}\r\n")), "{line}\n{reply}");
    }
    assert!(reply.contains("terms.doc: it is neither EDI"), "{reply}");
    let envelope = fs::read_to_string(sink.folder.join("0001.envelope")).unwrap();
    assert!(envelope.contains("\"from\": \"\"") || envelope.contains("\"from\": \"<>\""), "no way back: {envelope}");
    let machine = half(101, "Auto-Submitted: auto-generated\r\n");
    assert!(house.send("a@acme.example", "orders@house.example", &machine).await.starts_with("250"));
    for control in 102..116 {
        assert!(house.send("a@acme.example", "orders@house.example", &half(control, "")).await.starts_with("250"));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let sent = files(&sink.folder).keys().filter(|name| name.ends_with(".eml")).count();
    assert_eq!(sent, 10, "ten in an hour, and none to a machine");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecots_mailbox_over_imap() {
    let Some(python) = python("IMAP") else { return };
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    let key = root.path().join("acme.pem");
    openssl(&["genrsa", "-traditional", "-out", key.to_str().unwrap(), "2048"]);
    let record = Signer::load("acme.example", "s1", &key).unwrap().record();
    for (name, login) in [("words", "password_file = \"PATH/password\""), ("token", "token_file = \"PATH/token\"")] {
        let login = login.replace("PATH", root.path().to_str().unwrap());
        let settings = format!(
            "[mailbox.orders]\nserver = \"127.0.0.1:{}\"\nauthority = \"{}\"\nuser = \"{name}\"\n{login}\npoll = \"60s\"\n",
            dovecot.imaps, dovecot.certificate
        );
        let records = [("s1._domainkey.acme.example", "TXT", record.as_str()), ("acme.example", "TXT", "v=spf1 -all")];
        let signed = |control: u32| {
            let order = orders_x12("ACME", "HOUSE", control, 1);
            let plain = root.path().join("plain.eml");
            fs::write(&plain, mail("a@acme.example", &format!("{control}@acme"), &[("o.edi", &order)])).unwrap();
            run(
                &python,
                &["dkim_judge.py", "sign", plain.to_str().unwrap(), key.to_str().unwrap(), "acme.example", "s1"],
            )
        };
        dovecot.drop(name, "one", &signed(41));
        let mut house = House::start(&settings, ACME, &records).await;
        house.wait_for("outbox", 1).await;
        dovecot.wait_for(name, "Processed", 1).await;
        // The next looks are a minute apart: only a notice brings these in time.
        let began = Instant::now();
        dovecot.drop(name, "two", &signed(42));
        house.wait_for("outbox", 2).await;
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        let forged = mail("a@acme.example", "43@acme", &[("o.edi", &orders_x12("ACME", "HOUSE", 43, 1))]);
        dovecot.drop(name, "three", forged.as_bytes());
        dovecot.wait_for(name, "Rejected", 1).await;
        assert_eq!(house.files("outbox").len(), 2);
        let cases = house.cases().await;
        assert!(
            cases.iter().any(|case| case.starts_with("mail-unproved: nothing proves that a@acme.example sent it")),
            "{cases:?}"
        );
        // After a restart nothing is taken again, not even what a person moved back.
        house.stop().await;
        let moved = dovecot.mails(name, ".Processed").remove(0);
        fs::rename(moved, dovecot.folder(name, "new").join("back")).unwrap();
        let mut house = house.again().await;
        dovecot.wait_for(name, "Processed", 2).await;
        assert_eq!(house.files("outbox").len(), 2);
        house.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecots_mailbox_over_pop3() {
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    let settings = format!(
        "[mailbox.orders]\nprotocol = \"pop3\"\nsecurity = \"starttls\"\nserver = \"127.0.0.1:{}\"\nauthority = \"{}\"\n\
         user = \"pop\"\npassword_file = \"{}\"\npoll = \"200ms\"\n",
        dovecot.pop3,
        dovecot.certificate,
        root.path().join("password").display()
    );
    let mut house = House::start(&settings, ACME, &[]).await;
    let to_secret = |control: u32| {
        let order = orders_x12("ACME", "HOUSE", control, 1);
        let text = mail("anyone@else.example", &format!("{control}@acme"), &[("o.edi", &order)]);
        text.replace("To: orders@house.example", "To: orders+s3cret@house.example")
    };
    dovecot.drop("pop", "one", to_secret(51).as_bytes());
    dovecot.drop("pop", "two", to_secret(52).as_bytes());
    dovecot.drop("pop", "three", mail("eve@evil.example", "53@evil", &[("o.edi", "ISA")]).as_bytes());
    house.wait_for("outbox", 2).await;
    let began = Instant::now();
    let left = || dovecot.mails("pop", "").len();
    while left() != 1 {
        assert!(began.elapsed() < Duration::from_secs(20), "what was taken is deleted, what was not stays: {}", left());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(house.files("outbox").len(), 2);
    house.stop().await;
}

/// The Python with the peers, where there is one; else says that `what` is left out.
pub(super) fn python(what: &str) -> Option<PathBuf> {
    let given = std::env::var_os("ENTREPOT_PEERS").map(PathBuf::from);
    let python = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/bin/python"));
    let imports = Command::new(&python).args(["-c", "import aiosmtpd, dkim, nacl"]).stderr(Stdio::null()).status();
    if imports.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    missing(what, "aiosmtpd and dkimpy are not installed (tests/run does it)");
    None
}

fn missing(what: &str, why: &str) {
    assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "{what}: {why}");
    left_out(what, why);
}

fn run(python: &Path, arguments: &[&str]) -> Vec<u8> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(arguments[0]);
    let output = Command::new(python).arg(script).args(&arguments[1..]).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(super) fn openssl(arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).output().expect("openssl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A certificate for this machine, trusted by whoever is told to.
fn certificate(folder: &Path) -> (String, String) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("certificate.key"));
    let (certificate, key) = (certificate.to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned());
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:localhost",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-out",
        &certificate,
        "-keyout",
        &key,
    ]);
    (certificate, key)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// aiosmtpd, as long as it lives.
pub(super) struct Sink {
    child: Child,
    pub(super) port: u16,
    pub(super) folder: PathBuf,
}

impl Sink {
    pub(super) fn start(python: &Path, root: &Path, more: &[&str]) -> Self {
        let (port, folder) = (free_port(), root.join("sink"));
        fs::create_dir_all(&folder).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/mail_sink.py");
        let mut command = Command::new(python);
        command.arg(script).arg(&folder).arg(port.to_string()).args(more);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("python runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self { child, port, folder }
    }

    /// Waits for the nth mail.
    pub(super) async fn mail(&self, number: usize) -> (PathBuf, String) {
        let file = self.folder.join(format!("{number:04}.eml"));
        let began = Instant::now();
        while !file.exists() {
            assert!(began.elapsed() < Duration::from_secs(30), "mail {number} does not come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        (file, text)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Dovecot on free ports, with its mail in folders that this test can write to.
pub(super) struct Dovecot {
    child: Child,
    root: PathBuf,
    /// Without TLS, for whoever wants to see what is said.
    pub(super) imap: u16,
    pub(super) imaps: u16,
    pub(super) pop3: u16,
    pub(super) certificate: String,
}

/// Dovecot refuses mail users of uid 0: these are nobody's.
const NOBODY: u32 = 65534;
/// A key that tokens are signed with, and its base64.
const TOKEN_KEY: (&str, &str) = ("shared secret of the test", "c2hhcmVkIHNlY3JldCBvZiB0aGUgdGVzdA==");

/// A folder that other users can reach.
pub(super) fn folder_for_all() -> tempfile::TempDir {
    let root = tempfile::Builder::new().prefix("entrepot-mail-").tempdir_in("/tmp").unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    root
}

impl Dovecot {
    /// Mailboxes `lane-0` and so on, for what goes on at the same time.
    pub(super) const LANES: usize = 13;

    pub(super) fn start(root: &Path) -> Option<Self> {
        Self::with(root, certificate(root))
    }

    /// One that shows this certificate.
    pub(super) fn with(root: &Path, (certificate, key): (String, String)) -> Option<Self> {
        if !Path::new("/usr/sbin/dovecot").exists() || !crate::house::is_root() {
            missing(
                "Dovecot",
                "it is not installed, or this is not root (Debian: apt install dovecot-imapd dovecot-pop3d)",
            );
            return None;
        }
        // A port that was free when it was picked may be somebody's when it is bound.
        let tries = (0..3).map(|_| Self::tried(root, &certificate, &key));
        let mut why = String::new();
        for tried in tries {
            match tried {
                Ok(dovecot) => return Some(dovecot),
                Err(log) => why = log,
            }
        }
        panic!("Dovecot does not listen: {why}");
    }

    /// One with ports of its own; else what it wrote into its log.
    fn tried(root: &Path, certificate: &str, key: &str) -> Result<Self, String> {
        let (imap, imaps, pop3) = (free_port(), free_port(), free_port());
        let path = root.to_str().unwrap();
        let write = |name: &str, text: &str| {
            let file = root.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
        };
        write("password", "gr33n apple\n");
        write("token", &token("token"));
        let lanes: Vec<String> = (0..Self::LANES).map(|lane| format!("lane-{lane}")).collect();
        let users = ["words", "pop"].into_iter().chain(lanes.iter().map(String::as_str));
        let users: String = users.map(|user| format!("{user}:{{PLAIN}}gr33n apple\n")).collect();
        write("users", &format!("{users}token:{{PLAIN}}nobody knows\n"));
        write("keys/default/HS256/default", TOKEN_KEY.1);
        write(
            "oauth2.conf",
            &format!(
                "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={path}/keys/\nusername_attribute = sub\n"
            ),
        );
        write(
            "dovecot.conf",
            &format!(
                "base_dir = {path}/run\nstate_dir = {path}/state\nlog_path = {path}/log\nprotocols = imap pop3\nlisten = 127.0.0.1\n\
             ssl = yes\nssl_cert = <{certificate}\nssl_key = <{key}\ndisable_plaintext_auth = yes\n\
             auth_mechanisms = plain login xoauth2\nmail_location = maildir:{path}/mail/%u\n\
             passdb {{\n driver = oauth2\n mechanisms = xoauth2\n args = {path}/oauth2.conf\n}}\n\
             passdb {{\n driver = passwd-file\n mechanisms = plain login\n args = {path}/users\n}}\n\
             userdb {{\n driver = static\n args = uid={NOBODY} gid={NOBODY} home={path}/mail/%u\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {imap}\n }}\n inet_listener imaps {{\n port = {imaps}\n }}\n}}\n\
             service pop3-login {{\n chroot =\n inet_listener pop3 {{\n port = {pop3}\n }}\n inet_listener pop3s {{\n port = 0\n }}\n}}\n\
             service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n"
            ),
        );
        for user in ["words", "token", "pop"].into_iter().chain(lanes.iter().map(String::as_str)) {
            for folder in ["", "new", "cur", "tmp"] {
                let folder = root.join("mail").join(user).join(folder);
                fs::create_dir_all(&folder).unwrap();
                chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let child = Command::new("/usr/sbin/dovecot")
            .args(["-F", "-c"])
            .arg(root.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("dovecot runs");
        let certificate = certificate.to_owned();
        let mut dovecot = Self { child, root: root.to_owned(), imap, imaps, pop3, certificate };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", imaps)).is_err() {
            let has_ended = dovecot.child.try_wait().is_ok_and(|ended| ended.is_some());
            if has_ended || began.elapsed() > Duration::from_secs(20) {
                return Err(fs::read_to_string(root.join("log")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(dovecot)
    }

    fn folder(&self, user: &str, folder: &str) -> PathBuf {
        self.root.join("mail").join(user).join(folder)
    }

    /// The files of the mails in a folder, seen or not.
    pub(super) fn mails(&self, user: &str, folder: &str) -> Vec<PathBuf> {
        let of = |state: &str| {
            let folder = self.folder(user, folder).join(state);
            files(&folder).into_keys().map(|name| folder.join(name)).collect::<Vec<_>>()
        };
        [of("new"), of("cur")].concat()
    }

    pub(super) async fn wait_for(&self, user: &str, folder: &str, count: usize) {
        let began = Instant::now();
        while self.mails(user, &format!(".{folder}")).len() < count {
            let log = fs::read_to_string(self.root.join("log")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(30), "{count} mails in {folder}; Dovecot says:\n{log}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Delivers a mail, as Maildir wants it: written elsewhere, then renamed into `new`.
    pub(super) fn drop(&self, user: &str, name: &str, mail: &[u8]) {
        let draft = self.folder(user, "tmp").join(name);
        fs::write(&draft, mail).unwrap();
        chown(&draft, Some(NOBODY), Some(NOBODY)).unwrap();
        fs::rename(draft, self.folder(user, "new").join(name)).unwrap();
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // A killed master would leave its children behind.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// A JSON web token for a user, signed with the test's key.
pub(super) fn token(user: &str) -> String {
    let script = "import base64, hashlib, hmac, json, sys, time\n\
        b = lambda x: base64.urlsafe_b64encode(x).rstrip(b'=')\n\
        now = int(time.time())\n\
        head = b(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())\n\
        body = b(json.dumps({'sub': sys.argv[1], 'iat': now - 60, 'exp': now + 3600}).encode())\n\
        text = head + b'.' + body\n\
        print((text + b'.' + b(hmac.new(sys.argv[2].encode(), text, hashlib.sha256).digest())).decode())";
    let output = Command::new("python3").args(["-c", script, user, TOKEN_KEY.0]).output().expect("python runs");
    String::from_utf8(output.stdout).unwrap()
}
