//! Access tokens that renew themselves: a token endpoint, Dovecot and a mail server that take only the token of the hour.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::house::{ACME, mail};
use super::peers::{Dovecot, Sink, folder_for_all, python, token};
use crate::house::House;
use crate::trade::orders_x12;

/// What an endpoint says to one request: status, and the JSON of its body.
type Said = (u16, serde_json::Value);

/// A token endpoint that answers as its script says, its last line for ever; it remembers the forms it got.
fn endpoint(script: Vec<Said>, current: PathBuf) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, forms) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let kept = forms.clone();
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().flatten().enumerate() {
            let (status, body) = &script[at.min(script.len() - 1)];
            // What servers take is what was given last.
            if let Some(token) = body["access_token"].as_str() {
                fs::write(&current, token).unwrap();
            }
            kept.lock().unwrap().push(answer(stream, *status, &body.to_string()));
        }
    });
    (address, forms)
}

fn answer(stream: TcpStream, status: u16, body: &str) -> String {
    let form = form_of(&mut BufReader::new(stream.try_clone().unwrap()));
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    (&stream).write_all(format!("{head}{body}").as_bytes()).unwrap();
    form
}

/// The body of a request.
fn form_of(reader: &mut BufReader<TcpStream>) -> String {
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form).unwrap();
    String::from_utf8(form).unwrap()
}

/// `[X.oauth]` with its files in a folder.
fn table(name: &str, endpoint: SocketAddr, folder: &Path) -> String {
    let file = |what: &str, text: &str| {
        let file = folder.join(format!("{name}-{what}"));
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    format!(
        "[{name}.oauth]\ntoken_url = \"http://{endpoint}/token\"\nclient_id = \"entrepot & co\"\n\
         client_secret_file = \"{}\"\nrefresh_token_file = \"{}\"\nscope = \"mail.read offline\"\n",
        file("secret", "cl13nt+secret\n"),
        file("refresh", "r3fresh-first\n")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_for_mailboxes_and_for_what_we_send() {
    let Some(python) = python("OAuth") else { return };
    let root = folder_for_all();
    let Some(dovecot) = Dovecot::start(root.path()) else { return };
    let good = token("token").trim().to_owned();
    let of_another = token("words").trim().to_owned();
    // Dovecot refuses the first token; the refresh token is another one from then on.
    let given = |token: &str, more: serde_json::Value| {
        let mut said = serde_json::json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600});
        said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (200, said)
    };
    let script = vec![
        given(&of_another, serde_json::json!({"refresh_token": "r3fresh-second"})),
        given(&good, serde_json::json!({})),
    ];
    let (reading, read_forms) = endpoint(script, root.path().join("unused"));
    // What is given for sending lasts a second beyond the minute that is kept in hand.
    let script =
        ["s3nd-one", "s3nd-two", "s3nd-three"].map(|token| given(token, serde_json::json!({"expires_in": 61})));
    let current = root.path().join("current");
    let (sending, send_forms) = endpoint(script.to_vec(), current.clone());
    let (tls, key) = (dovecot.certificate.clone(), dovecot.certificate.replace(".pem", ".key"));
    let sink = Sink::start(&python, root.path(), &[&tls, &key, "edi", current.to_str().unwrap()]);

    let house = House::new(None);
    let settings = fs::read_to_string(house.settings()).unwrap();
    let settings = format!(
        "{settings}[log]\nlevel = \"trace\"\n[mail]\naddress = \"edi@house.example\"\n\
         [mail.smtp]\nserver = \"127.0.0.1:{}\"\nauthority = \"{tls}\"\nuser = \"edi\"\n{}\
         [mailbox.orders]\nserver = \"127.0.0.1:{}\"\nauthority = \"{}\"\nuser = \"token\"\npoll = \"1s\"\n{}",
        sink.port,
        table("mail.smtp", sending, root.path()),
        dovecot.imaps,
        dovecot.certificate,
        table("mailbox.orders", reading, root.path())
    );
    fs::write(house.settings(), settings).unwrap();
    house.write("catalogue/partners/acme.toml", &format!("deliver_by = \"mail\"\n{ACME}"));
    let running = house.start();
    for control in 1..=3 {
        let order = orders_x12("ACME", "HOUSE", control, 1);
        let text = mail("anyone@else.example", &format!("{control}@acme"), &[("o.edi", &order)]);
        let text = text.replace("To: orders@house.example", "To: orders+s3cret@house.example");
        dovecot.drop("token", &control.to_string(), text.as_bytes());
        dovecot.wait_for("token", "Processed", control as usize).await;
        sink.mail(control as usize).await;
        // The token for sending has ended.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    let forms = read_forms.lock().unwrap().clone();
    let form = |refresh: &str| {
        format!(
            "grant_type=refresh_token&refresh_token={refresh}&client_id=entrepot%20%26%20co&client_secret=cl13nt%2Bsecret\
             &scope=mail.read%20offline"
        )
    };
    assert_eq!(forms, [form("r3fresh-first"), form("r3fresh-second")], "the second one serves for an hour");
    let kept = root.path().join("mailbox.orders-refresh");
    assert_eq!(fs::read_to_string(kept).unwrap(), "r3fresh-second\n");
    assert!(send_forms.lock().unwrap().len() >= 3, "a token that has ended is not used");
    running.stop();
    let log = house.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "everything is told");
    for secret in
        ["r3fresh", "cl13nt", "s3nd-", good.rsplit('.').next().unwrap(), of_another.rsplit('.').next().unwrap()]
    {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is a secret");
    }
}

#[test]
fn what_an_endpoint_refuses_is_told_by_the_doctor() {
    let root = tempfile::tempdir().unwrap();
    let refused =
        serde_json::json!({"error": "invalid_grant", "error_description": "the refresh token has been revoked"});
    let (endpoint, _) = endpoint(vec![(400, refused)], root.path().join("unused"));
    let mailbox = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mailbox.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in mailbox.incoming().flatten() {
            let _ = stream.write_all(b"* OK here\r\n");
            std::thread::sleep(Duration::from_secs(5));
        }
    });
    let house = House::new(None);
    let settings = fs::read_to_string(house.settings()).unwrap();
    let mailbox = format!("[mailbox.orders]\nserver = \"127.0.0.1:{port}\"\nsecurity = \"none\"\nuser = \"token\"\n");
    let doctor = |endpoint: SocketAddr| {
        fs::write(house.settings(), format!("{settings}{mailbox}{}", table("mailbox.orders", endpoint, root.path())))
            .unwrap();
        let mut doctor = std::process::Command::new(env!("CARGO_BIN_EXE_entrepot"));
        let output = doctor.args(["doctor", "--connections", "--config"]).arg(house.settings()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let words = doctor(closed);
    assert!(words.contains("it does not answer: are name and port right"), "{words}");
    let words = doctor(endpoint);
    for expected in
        ["gives no token (400): invalid_grant (the refresh token has been revoked)", "somebody must log in again"]
    {
        assert!(words.contains(expected), "{words}");
    }
    assert!(!words.contains("r3fresh") && !words.contains("cl13nt"), "{words}");
}

/// An endpoint that takes each refresh token once, as many do: two programs at the same time do not shut one another out.
#[test]
fn two_programs_renew_one_after_the_other() {
    let root = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut next, mut count) = ("r3fresh-first".to_owned(), 0);
        for stream in listener.incoming().flatten() {
            count += 1;
            let given = format!("r3fresh-{count}");
            let good = serde_json::json!({"access_token": "t0ken", "expires_in": 3600, "refresh_token": given});
            let form = answer_slowly(stream, |form| {
                if form.contains(&format!("refresh_token={next}&")) {
                    (200, good.to_string())
                } else {
                    (400, r#"{"error": "invalid_grant"}"#.to_owned())
                }
            });
            if form.contains(&format!("refresh_token={next}&")) {
                next = given;
            }
        }
    });
    let mailbox = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mailbox.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in mailbox.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.write_all(b"* OK here\r\n");
                let mut line = String::new();
                let _ = BufReader::new(&stream).read_line(&mut line);
                let tag = line.split(' ').next().unwrap_or_default().to_owned();
                let _ = stream.write_all(format!("{tag} NO not today\r\n").as_bytes());
            });
        }
    });
    let house = House::new(None);
    let settings = fs::read_to_string(house.settings()).unwrap();
    let mailbox = format!("[mailbox.orders]\nserver = \"127.0.0.1:{port}\"\nsecurity = \"none\"\nuser = \"token\"\n");
    let text = format!("{settings}{mailbox}{}", table("mailbox.orders", endpoint, root.path()));
    fs::write(house.settings(), text).unwrap();
    let doctors: Vec<_> = (0..4)
        .map(|_| {
            let mut doctor = std::process::Command::new(env!("CARGO_BIN_EXE_entrepot"));
            doctor.args(["doctor", "--connections", "--config"]).arg(house.settings());
            doctor.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for doctor in doctors {
        let words = doctor.wait_with_output().unwrap().stdout;
        let words = String::from_utf8_lossy(&words);
        assert!(words.contains("log in as token by token") && !words.contains("invalid_grant"), "{words}");
    }
    assert_eq!(fs::read_to_string(root.path().join("mailbox.orders-refresh")).unwrap(), "r3fresh-4\n");
}

/// Answers a form after a while, so that others come meanwhile; answers the form.
fn answer_slowly(stream: TcpStream, said: impl FnOnce(&str) -> (u16, String)) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let form = form_of(&mut reader);
    std::thread::sleep(Duration::from_millis(300));
    let (status, body) = said(&form);
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = (&stream).write_all(format!("{head}{body}").as_bytes());
    form
}
