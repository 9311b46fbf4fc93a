//! What is said on a NATS connection, as lines and sized bodies.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// A longer line is none of the protocol.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// Answers of a stream are short.
const BODY_BYTES_MAX: usize = 1 << 20;

/// What the server says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Info(Value),
    Ping,
    Pong,
    Fine,
    /// In the server's words.
    Wrong(String),
    /// Something for a subject of ours: its status line where it has headers, and the body.
    Message {
        subject: String,
        status: Option<String>,
        body: Vec<u8>,
    },
}

/// Reads one thing.
///
/// # Errors
/// Where the connection ends, or what comes is not the protocol.
pub async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Said> {
    let mut line = Vec::new();
    (&mut *reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let text = String::from_utf8_lossy(&line).trim_end().to_owned();
    let (verb, rest) = text.split_once([' ', '\t']).unwrap_or((&text, ""));
    match verb.to_ascii_uppercase().as_str() {
        "PING" => Ok(Said::Ping),
        "PONG" => Ok(Said::Pong),
        "+OK" => Ok(Said::Fine),
        "-ERR" => Ok(Said::Wrong(rest.trim_matches('\'').to_owned())),
        "INFO" => serde_json::from_str(rest).map(Said::Info).map_err(|_| strange(&text)),
        "MSG" => message(reader, rest, false).await,
        "HMSG" => message(reader, rest, true).await,
        _ => Err(strange(&text)),
    }
}

/// `MSG subject sid [reply] bytes`, `HMSG subject sid [reply] headers bytes`, the body behind it.
async fn message(reader: &mut (impl AsyncBufRead + Unpin), rest: &str, has_headers: bool) -> io::Result<Said> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let size = |from_last: usize| -> Option<usize> {
        let at = words.len().checked_sub(from_last)?;
        words.get(at)?.parse().ok().filter(|size| *size <= BODY_BYTES_MAX)
    };
    let headers = if has_headers { size(2) } else { Some(0) };
    let (Some(subject), Some(headers), Some(total)) = (words.first(), headers, size(1)) else {
        return Err(strange(rest));
    };
    if headers > total {
        return Err(strange(rest));
    }
    let mut body = vec![0; total + 2];
    reader.read_exact(&mut body).await?;
    body.truncate(total);
    let head = body.drain(..headers).collect::<Vec<_>>();
    let head = String::from_utf8_lossy(&head);
    let status = head.lines().next().map(|line| line.trim_start_matches("NATS/1.0").trim().to_owned());
    let status = status.filter(|status| !status.is_empty());
    Ok(Said::Message { subject: (*subject).to_owned(), status, body })
}

fn strange(text: &str) -> io::Error {
    let shown: String = text.chars().take(60).collect();
    io::Error::new(io::ErrorKind::InvalidData, format!("that is no NATS server: it says \"{}\"", shown.escape_debug()))
}

/// A message with an id against doubles, whose answer goes to `reply`.
pub fn publish(subject: &str, reply: &str, id: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("NATS/1.0\r\nNats-Msg-Id: {id}\r\nContent-Type: application/cloudevents+json\r\n\r\n");
    let mut said = format!("HPUB {subject} {reply} {} {}\r\n{head}", head.len(), head.len() + body.len()).into_bytes();
    said.extend_from_slice(body);
    said.extend_from_slice(b"\r\n");
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_servers_say() {
        let message = |status: Option<&str>, body: &str| Said::Message {
            subject: "_INBOX.1".into(),
            status: status.map(str::to_owned),
            body: body.into(),
        };
        for (text, expected) in [
            ("PING\r\n", Some(Said::Ping)),
            ("+OK\r\n", Some(Said::Fine)),
            ("-ERR 'Authorization Violation'\r\n", Some(Said::Wrong("Authorization Violation".into()))),
            ("INFO {\"headers\":true}\r\n", Some(Said::Info(serde_json::json!({"headers": true})))),
            ("MSG _INBOX.1 1 2\r\n{}\r\n", Some(message(None, "{}"))),
            ("MSG _INBOX.1 1 reply 2\r\n{}\r\n", Some(message(None, "{}"))),
            ("HMSG _INBOX.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", Some(message(Some("503"), ""))),
            ("HMSG _INBOX.1 1 12 14\r\nNATS/1.0\r\n\r\n{}\r\n", Some(message(None, "{}"))),
            ("HTTP/1.1 400 Bad Request\r\n", None),
            ("MSG _INBOX.1 1 99999999999\r\n", None),
            ("HMSG _INBOX.1 1 5 2\r\n{}\r\n", None),
            ("MSG\r\n", None),
            ("MSG _INBOX.1 1 5\r\n{}", None),
            ("", None),
        ] {
            assert_eq!(read(&mut text.as_bytes()).await.ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_published() {
        let said = String::from_utf8(publish("entrepot.order.received", "_INBOX.1.2", "id-1", b"{}")).expect("text");
        let head = "NATS/1.0\r\nNats-Msg-Id: id-1\r\nContent-Type: application/cloudevents+json\r\n\r\n";
        let (length, total) = (head.len(), head.len() + 2);
        assert_eq!(said, format!("HPUB entrepot.order.received _INBOX.1.2 {length} {total}\r\n{head}{{}}\r\n"));
    }
}
