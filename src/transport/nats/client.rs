//! One connection, opened when something is to be published and kept; one event after another, each until the stream has
//! said that it holds it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::rustls::pki_types::ServerName;
use uuid::Uuid;

use super::wire::{self, Said};
use crate::config::EndpointSettings;
use crate::ports::{Announcement, Announcer, Cause, Promise, Unannounced};
use crate::transport::tls;

trait Both: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Both for T {}

type Stream = Box<dyn Both>;

/// A server of NATS with a stream that takes our subjects.
pub struct Nats {
    host: String,
    port: u16,
    is_tls: bool,
    authority: Option<PathBuf>,
    user: Option<(String, PathBuf)>,
    token: Option<PathBuf>,
    timeout: Duration,
    open: Mutex<Option<Open>>,
}

struct Open {
    stream: BufReader<Stream>,
    /// Where answers to us come.
    inbox: String,
    sent: u64,
}

impl std::fmt::Debug for Nats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nats").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Nats {
    /// # Errors
    /// In words: when the URL is none.
    pub fn new(settings: &EndpointSettings) -> Result<Self, String> {
        let wrong = || format!("{} is no server like nats://HOST:4222", settings.url);
        let (scheme, place) = settings.url.split_once("://").ok_or_else(wrong)?;
        let place = place.trim_end_matches('/');
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
            _ => (place, 4222),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            host,
            port,
            is_tls: scheme == "tls",
            authority: settings.authority.clone(),
            user: settings.user.clone().zip(settings.password_file.clone()),
            token: settings.token_file.clone(),
            timeout: settings.timeout,
            open: Mutex::new(None),
        })
    }

    async fn publish(&self, announcement: &Announcement) -> Result<String, Unannounced> {
        let mut held = self.open.lock().await;
        // Whatever goes wrong, the next event begins with a new connection.
        let mut open = held.take();
        let tried = async {
            if open.is_none() {
                open = Some(self.connect().await?);
            }
            let Some(open) = &mut open else { return Err(silent("no connection".to_owned())) };
            self.one(open, announcement).await
        };
        let answer = match tokio::time::timeout(self.timeout, tried).await {
            Ok(answer) => answer,
            Err(_) => Err(silent(format!("{} did not answer within {} s", self.host, self.timeout.as_secs_f64()))),
        };
        if !answer.as_ref().is_err_and(|not| not.cause == Cause::Silent) {
            *held = open;
        }
        answer
    }

    async fn one(&self, open: &mut Open, announcement: &Announcement) -> Result<String, Unannounced> {
        let lost = |error: std::io::Error| silent(format!("the connection to {} was lost: {error}", self.host));
        open.sent += 1;
        let reply = format!("{}.{}", open.inbox, open.sent);
        let (subject, id) = (&announcement.kind, announcement.id.to_string());
        open.stream.write_all(&wire::publish(subject, &reply, &id, &announcement.body)).await.map_err(lost)?;
        open.stream.flush().await.map_err(lost)?;
        loop {
            match wire::read(&mut open.stream).await.map_err(lost)? {
                Said::Ping => {
                    open.stream.write_all(b"PONG\r\n").await.map_err(lost)?;
                    open.stream.flush().await.map_err(lost)?;
                }
                Said::Wrong(words) => return Err(silent(format!("{} says: {words}", self.host))),
                Said::Message { subject: to, status, body } if to == reply => {
                    return judged(status.as_deref(), &body, subject);
                }
                // An answer to one that was given up, or a word by the way.
                _ => {}
            }
        }
    }

    async fn connect(&self) -> Result<Open, Unannounced> {
        let (host, port) = (self.host.as_str(), self.port);
        let lost = |error: std::io::Error| silent(format!("the connection to {host} was lost: {error}"));
        let stream = TcpStream::connect((host, port)).await;
        let stream = stream.map_err(|error| silent(format!("nobody answers at {host}:{port}: {error}")))?;
        let _ = stream.set_nodelay(true);
        let mut stream: BufReader<Stream> = BufReader::new(Box::new(stream));
        let info = match wire::read(&mut stream).await.map_err(lost)? {
            Said::Info(info) => info,
            other => return Err(silent(format!("{host} is no NATS server: it says {other:?}"))),
        };
        if info["headers"] != true {
            return Err(silent(format!("{host} takes no headers: JetStream needs NATS 2.2 or later")));
        }
        if self.is_tls || info["tls_required"] == true {
            // The server waits for the handshake behind its first line.
            let connector = tls::connector(self.authority.as_deref()).map_err(|error| silent(error.to_string()))?;
            let name = ServerName::try_from(host.to_owned())
                .map_err(|_| silent(format!("{host} is no name that a certificate can have")))?;
            let protected = connector.connect(name, stream.into_inner()).await;
            let protected = protected.map_err(|error| silent(format!("TLS with {host} failed: {error}")))?;
            stream = BufReader::new(Box::new(protected));
        }
        let inbox = format!("_INBOX.{}", Uuid::now_v7().simple());
        let hello = format!("CONNECT {}\r\nSUB {inbox}.* 1\r\nPING\r\n", self.hello()?);
        stream.write_all(hello.as_bytes()).await.map_err(lost)?;
        stream.flush().await.map_err(lost)?;
        loop {
            match wire::read(&mut stream).await.map_err(lost)? {
                Said::Pong => return Ok(Open { stream, inbox, sent: 0 }),
                Said::Wrong(words) => return Err(silent(format!("{host} says: {words}"))),
                Said::Ping => stream.write_all(b"PONG\r\n").await.map_err(lost)?,
                _ => {}
            }
        }
    }

    /// Who we are, and that we want to know when no stream takes a message.
    fn hello(&self) -> Result<Value, Unannounced> {
        let secret = |file: &Path| {
            let text = std::fs::read_to_string(file);
            text.map(|text| text.trim_end().to_owned()).map_err(|error| silent(format!("{}: {error}", file.display())))
        };
        let mut hello = json!({
            "verbose": false,
            "pedantic": false,
            "name": "entrepot",
            "lang": "rust",
            "version": env!("CARGO_PKG_VERSION"),
            "protocol": 1,
            "headers": true,
            "no_responders": true,
            "tls_required": self.is_tls,
        });
        if let Some((user, password)) = &self.user {
            hello["user"] = user.as_str().into();
            hello["pass"] = secret(password)?.into();
        }
        if let Some(token) = &self.token {
            hello["auth_token"] = secret(token)?.into();
        }
        Ok(hello)
    }
}

fn silent(reason: String) -> Unannounced {
    Unannounced { reason, cause: Cause::Silent }
}

/// What a stream answered: `{"stream": "EVENTS", "seq": 7}`, with `duplicate` where it had the id already.
fn judged(status: Option<&str>, body: &[u8], subject: &str) -> Result<String, Unannounced> {
    let refused = |reason: String| Err(Unannounced { reason, cause: Cause::Refused });
    if status.is_some_and(|status| status.starts_with("503")) {
        return refused(format!(
            "no stream takes {subject}: make one whose subjects have it, as in `nats stream add EVENTS --subjects \
             'entrepot.>'`"
        ));
    }
    let answer: Value = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(_) => return refused("its answer is none of JetStream".to_owned()),
    };
    if let Some(words) = answer["error"]["description"].as_str() {
        return refused(format!("the stream says: {words}"));
    }
    match (answer["stream"].as_str(), answer["seq"].as_u64()) {
        (Some(stream), Some(sequence)) => {
            let again = if answer["duplicate"] == true { ", which it had already" } else { "" };
            Ok(format!("{stream} has it as {sequence}{again}"))
        }
        _ => refused("its answer is none of JetStream".to_owned()),
    }
}

impl Announcer for Nats {
    fn announce<'a>(
        &'a self,
        announcement: &'a Announcement,
        _: Timestamp,
    ) -> Promise<'a, Result<String, Unannounced>> {
        Box::pin(self.publish(announcement))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_a_stream() {
        for (status, body, expected) in [
            (None, r#"{"stream":"EVENTS","seq":7}"#, Ok("EVENTS has it as 7")),
            (None, r#"{"stream":"E","seq":7,"duplicate":true}"#, Ok("E has it as 7, which it had already")),
            (
                None,
                r#"{"error":{"code":503,"description":"maximum messages exceeded"},"stream":"E","seq":0}"#,
                Err("the stream says: maximum messages exceeded"),
            ),
            (None, "+OK", Err("its answer is none of JetStream")),
            (None, "{}", Err("its answer is none of JetStream")),
        ] {
            let said = judged(status, body.as_bytes(), "entrepot.ping").map_err(|not| not.reason);
            assert_eq!(said.as_deref().map_err(String::as_str), expected, "{body}");
        }
        let none = judged(Some("503"), b"", "entrepot.ping").expect_err("no stream");
        assert!(none.reason.starts_with("no stream takes entrepot.ping"), "{}", none.reason);
    }
}
