//! What the doctor says of mail servers that are there and not as they should be: a live Dovecot, asked wrongly.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use entrepot::transport::as2::cms::{self, Certificate, PrivateKey};
use jiff::{SignedDuration, Timestamp};

use super::peers::{Dovecot, folder_for_all};

/// A certificate of this machine that ended yesterday: certificate and key as files.
fn expired(folder: &Path) -> (String, String) {
    let day = |days: i64| Timestamp::now().checked_add(SignedDuration::from_hours(days * 24)).unwrap();
    let key = PrivateKey::generate().unwrap();
    let certificate = Certificate::self_signed(&key, "localhost", day(-30), day(-1)).unwrap();
    let file = |name: &str, text: String| {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    (file("expired.pem", certificate.to_pem()), file("expired.key", cms::import::pem("PRIVATE KEY", key.pkcs8())))
}

/// The doctor's words about one mailbox.
fn doctor(folder: &Path, mailbox: &str) -> String {
    let file = folder.join("entrepot.toml");
    fs::write(&file, format!("data = \"data\"\nstatus = \"off\"\n[mailbox.orders]\n{mailbox}")).unwrap();
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    let output = doctor.args(["doctor", "--connections", "--config"]).arg(&file).output().expect("doctor runs");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_cause_is_named_with_a_live_dovecot() {
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    let house = tempfile::tempdir().unwrap();
    fs::write(house.path().join("wrong"), "red apple\n").unwrap();
    fs::write(house.path().join("stale"), "no.token.any.more\n").unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let right = [
        ("protocol", "imap".to_owned()),
        ("server", format!("127.0.0.1:{}", dovecot.imaps)),
        ("security", "tls".to_owned()),
        ("authority", dovecot.certificate.clone()),
        ("user", "words".to_owned()),
        ("password_file", root.path().join("password").display().to_string()),
        ("folder", "INBOX".to_owned()),
    ];
    let with = |changes: &[(&str, &str)]| {
        let mut keys = right.to_vec();
        for (key, value) in changes {
            keys.retain(|(known, _)| known != key);
            if !value.is_empty() {
                keys.push((key, (*value).to_owned()));
            }
        }
        keys.iter().map(|(key, value)| format!("{key} = \"{value}\"\n")).collect::<String>()
    };
    let port = |port: u16| format!("127.0.0.1:{port}");
    let pop3 = port(dovecot.pop3);
    for (changes, expected) in [
        (&[][..], "words is let in over TLS"),
        (&[("password_file", "wrong")], "user, password or token are not accepted"),
        (&[("user", "nobody")], "user, password or token are not accepted"),
        (&[("password_file", ""), ("token_file", "stale"), ("user", "token")], "the token is not accepted"),
        (&[("authority", "")], "give `authority` the PEM file of who signed it"),
        (&[("server", &port(closed))], "Is the port right, and does a firewall let it through?"),
        (&[("server", "no-such-host.invalid:993")], "Is the name right, and does this machine have a name server?"),
        (&[("folder", "Orders")], "there is no such folder in the mailbox"),
        // The port of POP3, which does not begin with TLS.
        (&[("server", &pop3)], "try security = \"starttls\""),
        (
            &[("server", &pop3), ("protocol", "pop3"), ("security", "starttls"), ("user", "pop")],
            "pop is let in over STARTTLS",
        ),
        (
            &[
                ("server", &pop3),
                ("protocol", "pop3"),
                ("security", "starttls"),
                ("user", "pop"),
                ("password_file", "wrong"),
            ],
            "user, password or token are not accepted",
        ),
        (
            &[("server", &pop3), ("protocol", "pop3"), ("security", "none"), ("user", "pop")],
            "pop is let in without protection",
        ),
    ] {
        let words = doctor(house.path(), &with(changes));
        assert!(words.contains(expected), "{changes:?}: {expected}\n{words}");
        assert!(!words.contains("red apple") && !words.contains("gr33n apple"), "{words}");
    }
}

#[test]
fn a_certificate_that_ended_is_named_as_the_cause() {
    let root = folder_for_all();
    let (certificate, key) = expired(root.path());
    let Some(dovecot) = Dovecot::with(root.path(), (certificate.clone(), key)) else { return };
    let house = tempfile::tempdir().unwrap();
    let mailbox = format!(
        "server = \"localhost:{}\"\nauthority = \"{certificate}\"\nuser = \"words\"\npassword_file = \"{}\"\n",
        dovecot.imaps,
        root.path().join("password").display()
    );
    let words = doctor(house.path(), &mailbox);
    assert!(words.contains("has expired or is not valid yet: the other side must renew it"), "{words}");
}
