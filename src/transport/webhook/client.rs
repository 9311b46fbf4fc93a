//! Sends one event and reads what is said to it. Redirects are not followed: a signature is for whom it was made.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::sign::signature;
use crate::config::{EndpointSettings, Secret, SecretSetting};
use crate::ports::{Announcement, Announcer, Cause, Promise, Unannounced};
use crate::transport::tls;

/// More of an answer is not read.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// More of it is not shown.
const SHOWN_MAX: usize = 160;
/// However long it wants to be left alone, it is asked again after a day.
const BUSY_MAX: Duration = Duration::from_secs(24 * 60 * 60);

type Sender = SendRequest<Full<Bytes>>;

/// An endpoint that is told by POST.
pub struct Webhook {
    host: String,
    port: u16,
    authority: String,
    path: String,
    tls: Option<TlsConnector>,
    secrets: [SecretSetting; 2],
    timeout: Duration,
    /// Connections that are open and have nothing to do.
    idle: Mutex<Vec<Sender>>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Webhook {
    /// # Errors
    /// In words: when the URL is none, or nobody would be trusted.
    pub fn new(settings: &EndpointSettings) -> Result<Self, String> {
        let wrong = || format!("{} is no URL", settings.url);
        let uri: Uri = settings.url.parse().map_err(|_| wrong())?;
        let is_tls = uri.scheme_str() == Some("https");
        let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        let tls = if is_tls {
            Some(tls::connector(settings.authority.as_deref()).map_err(|error| error.to_string())?)
        } else {
            None
        };
        Ok(Self {
            port: uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            authority: uri.authority().map(ToString::to_string).unwrap_or_default(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            host,
            tls,
            secrets: settings.secrets.clone(),
            timeout: settings.timeout,
            idle: Mutex::default(),
        })
    }

    async fn post(&self, announcement: &Announcement, now: Timestamp) -> Result<String, Unannounced> {
        let secrets = self.secrets().map_err(|reason| Unannounced { reason, cause: Cause::Silent })?;
        let waited = tokio::time::timeout(self.timeout, self.ask(announcement, now, &secrets)).await;
        let silent = || Unannounced {
            reason: format!("{} did not answer within {} s", self.host, self.timeout.as_secs_f64()),
            cause: Cause::Silent,
        };
        waited.unwrap_or_else(|_| Err(silent()))
    }

    fn secrets(&self) -> Result<Vec<Secret>, String> {
        let mut found = Vec::new();
        for setting in &self.secrets {
            found.extend(setting.secret()?);
        }
        Ok(found)
    }

    async fn ask(
        &self,
        announcement: &Announcement,
        now: Timestamp,
        secrets: &[Secret],
    ) -> Result<String, Unannounced> {
        let lost = |error: hyper::Error| Unannounced {
            reason: format!("the connection to {} was lost: {error}", self.host),
            cause: Cause::Silent,
        };
        // A connection that lay idle may have been closed by the far side: then a new one is tried.
        let waiting = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut answer = None;
        if let Some(mut sender) = waiting
            && sender.ready().await.is_ok()
        {
            let request = self.request(announcement, now, secrets)?;
            answer = sender.send_request(request).await.ok().map(|answer| (sender, answer));
        }
        let (sender, answer) = match answer {
            Some(answered) => answered,
            None => {
                let mut sender = self.connect().await?;
                let request = self.request(announcement, now, secrets)?;
                let answer = sender.send_request(request).await.map_err(lost)?;
                (sender, answer)
            }
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = self.body(sender, answer).await;
        let said = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        judged(status, said, &text, now)
    }

    fn request(
        &self,
        announcement: &Announcement,
        now: Timestamp,
        secrets: &[Secret],
    ) -> Result<Request<Full<Bytes>>, Unannounced> {
        let (id, seconds) = (announcement.id.to_string(), now.as_second());
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/cloudevents+json; charset=utf-8")
            .header(USER_AGENT, concat!("entrepot/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature(secrets, &id, seconds, &announcement.body))
            .body(Full::new(announcement.body.clone()));
        request.map_err(|error| Unannounced { reason: error.to_string(), cause: Cause::Silent })
    }

    async fn connect(&self) -> Result<Sender, Unannounced> {
        let (host, port) = (self.host.as_str(), self.port);
        let silent = |reason: String| Unannounced { reason, cause: Cause::Silent };
        let stream = TcpStream::connect((host, port)).await;
        let stream = stream.map_err(|error| silent(format!("nobody answers at {host}:{port}: {error}")))?;
        let _ = stream.set_nodelay(true);
        let lost = |error: hyper::Error| silent(format!("the connection to {host} was lost: {error}"));
        // The connection lives in a task of its own, which ends with the sender.
        Ok(match &self.tls {
            None => {
                let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
                tokio::spawn(connection);
                sender
            }
            Some(tls) => {
                let name = ServerName::try_from(host.to_owned())
                    .map_err(|_| silent(format!("{host} is no name that a certificate can have")))?;
                let stream = tls.connect(name, stream).await;
                let stream = stream.map_err(|error| silent(format!("TLS with {host} failed: {error}")))?;
                let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
                tokio::spawn(connection);
                sender
            }
        })
    }

    /// Reads an answer to its end, as far as that is near; then its connection serves again.
    async fn body(&self, sender: Sender, answer: Response<Incoming>) -> String {
        let mut body = answer.into_body();
        let mut read = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) if read.len() + data.len() <= ANSWER_BYTES_MAX => read.extend_from_slice(&data),
                Ok(Err(_)) => {}
                // Too much, or broken off: what counts has been said before.
                _ => return shown(&read),
            }
        }
        if !sender.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        }
        shown(&read)
    }
}

/// What an answer means.
fn judged(status: StatusCode, retry_after: Option<&str>, text: &str, now: Timestamp) -> Result<String, Unannounced> {
    let words = if text.is_empty() { status.to_string() } else { format!("{status}: {text}") };
    let not = |reason: String, cause| Err(Unannounced { reason, cause });
    if status.is_success() {
        return Ok(status.to_string());
    }
    if status.is_redirection() {
        return not(format!("{status}: redirects are not followed; give the URL itself"), Cause::Refused);
    }
    if status == StatusCode::GONE {
        return not(words, Cause::Gone);
    }
    match retry_after.and_then(|said| patience(said, now)) {
        Some(wait) if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => {
            not(format!("{words}; it wants to be left alone for {} s", wait.as_secs()), Cause::Busy(wait))
        }
        _ => not(words, Cause::Refused),
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn patience(said: &str, now: Timestamp) -> Option<Duration> {
    let wait = match said.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(said.trim()).ok()?.timestamp();
            Duration::try_from(now.duration_until(at)).unwrap_or_default()
        }
    };
    Some(wait.min(BUSY_MAX))
}

/// The beginning of an answer, on one line.
fn shown(read: &[u8]) -> String {
    let text = String::from_utf8_lossy(read);
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let clean: String = clean.take(SHOWN_MAX).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Announcer for Webhook {
    fn announce<'a>(
        &'a self,
        announcement: &'a Announcement,
        now: Timestamp,
    ) -> Promise<'a, Result<String, Unannounced>> {
        Box::pin(self.post(announcement, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_mean_what_the_scheme_says() {
        let now: Timestamp = "2026-11-26T10:00:00Z".parse().expect("a time");
        let wait = |seconds| Some(Cause::Busy(Duration::from_secs(seconds)));
        for (status, retry_after, expected) in [
            (200, None, None),
            (204, None, None),
            (301, None, Some(Cause::Refused)),
            (400, None, Some(Cause::Refused)),
            (410, None, Some(Cause::Gone)),
            (429, None, Some(Cause::Refused)),
            (429, Some("7"), wait(7)),
            (503, Some("Thu, 26 Nov 2026 10:01:00 GMT"), wait(60)),
            (503, Some("Thu, 26 Nov 2026 09:00:00 GMT"), wait(0)),
            (429, Some("99999999999"), wait(86_400)),
            (429, Some("soon"), Some(Cause::Refused)),
            (500, Some("7"), Some(Cause::Refused)),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            let cause = judged(status, retry_after, "words", now).err().map(|it| it.cause);
            assert_eq!(cause, expected, "{status} {retry_after:?}");
        }
    }

    #[test]
    fn answers_are_shown_on_one_short_line() {
        assert_eq!(shown(b"a\r\n\tb\x00"), "a b");
        assert_eq!(shown(&[b'x'; 1000]).len(), SHOWN_MAX);
    }
}
