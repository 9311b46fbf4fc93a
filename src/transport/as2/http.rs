//! One HTTP request to a partner: TLS by authorities or by pin, chunked or with its length, waiting for 100 or not.
//!
//! Every message has a connection of its own, so that what was cut can be told from what was refused.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, EXPECT, HOST, HeaderMap};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;

use super::blob::{Blob, Spool};
use super::mime::Headers;
use crate::transport::patience::Patience;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(30);
/// How long an answer may take once the body has left: some partners do their work before they answer.
const ANSWER: Duration = Duration::from_secs(16 * 60);
/// How long the headers may wait for a 100; then the body goes all the same (RFC 9110 section 10.1.1).
const CONTINUE: Duration = Duration::from_secs(2);
/// The largest answer that is read: a receipt.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// A piece on its way.
const PIECE_BYTES: usize = 128 << 10;

/// Where to and how.
#[derive(Clone, Debug)]
pub struct Target {
    pub url: String,
    pub chunked: bool,
    pub expect_continue: bool,
    /// User and password.
    pub basic: Option<(String, String)>,
    /// What makes the TLS connection; `None` for plain HTTP.
    pub tls: Option<Arc<ClientConfig>>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: Headers,
    pub body: Blob,
}

/// Why nothing came back; the words say which step failed, so that a person knows where to look.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("`{0}` is no URL that messages can be sent to")]
    Url(String),
    #[error("the name {host} is not known to DNS: {error}")]
    Name { host: String, error: io::Error },
    #[error("nobody answers at {at}: {error}")]
    Connect { at: String, error: io::Error },
    #[error("TLS with {host} failed: {error}")]
    Tls { host: String, error: io::Error },
    #[error("the connection to {host} was lost: {error}")]
    Cut { host: String, error: String },
    #[error("{host} did not answer within {seconds} s")]
    Silent { host: String, seconds: u64 },
    #[error("the answer of {0} is larger than any receipt")]
    TooLarge(String),
    #[error(transparent)]
    Ours(io::Error),
}

/// Host and port of a URL, and whether it is TLS.
///
/// # Errors
/// When it is none.
pub fn place(url: &str) -> Result<(String, u16, bool), Failure> {
    let wrong = || Failure::Url(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let is_tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(wrong()),
    };
    let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
    Ok((host, uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }), is_tls))
}

/// Connects as far as TLS and closes again: what `doctor` wants to know.
///
/// # Errors
/// Which step failed.
pub async fn reach(target: &Target) -> Result<(), Failure> {
    connect(target).await.map(|_| ())
}

/// Posts a body and reads the answer.
///
/// # Errors
/// Which step failed.
pub async fn post(target: &Target, headers: &[(String, String)], body: Blob, folder: &Path) -> Result<Answer, Failure> {
    let (stream, host) = connect(target).await?;
    let cut = |error: hyper::Error| Failure::Cut { host: host.clone(), error: chain(&error) };
    let (mut sender, connection) = http1::Builder::new()
        .allow_obsolete_multiline_headers_in_responses(true)
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(cut)?;
    let connection = tokio::spawn(connection);
    let request = request(target, headers, body)?;
    let answer = match tokio::time::timeout(ANSWER, sender.send_request(request)).await {
        Ok(answer) => answer.map_err(cut)?,
        Err(_) => return Err(Failure::Silent { host, seconds: ANSWER.as_secs() }),
    };
    let status = answer.status();
    let headers = headers_of(answer.headers());
    let room = Spool::new(folder).at_most(ANSWER_BYTES_MAX);
    let body = match spool(answer.into_body(), room, Patience::new(ANSWER)).await {
        Ok(body) => body,
        Err(Cut::Over) => return Err(Failure::TooLarge(host)),
        Err(Cut::Theirs(error)) => return Err(Failure::Cut { host, error }),
        Err(Cut::Ours(error)) => return Err(Failure::Ours(error)),
        Err(Cut::Slow) => return Err(Failure::Silent { host, seconds: ANSWER.as_secs() }),
    };
    drop(sender);
    connection.abort();
    Ok(Answer { status, headers, body })
}

fn request(target: &Target, headers: &[(String, String)], body: Blob) -> Result<Request<Sent>, Failure> {
    let uri: Uri = target.url.parse().map_err(|_| Failure::Url(target.url.clone()))?;
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(Method::POST).uri(path).header(HOST, authority);
    for (name, value) in headers {
        request = request.header(name.as_str(), value.as_str());
    }
    if !target.chunked {
        request = request.header(CONTENT_LENGTH, body.len());
    }
    if target.expect_continue {
        request = request.header(EXPECT, "100-continue");
    }
    if let Some((user, password)) = &target.basic {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        request = request.header("Authorization", format!("Basic {text}"));
    }
    let told = Arc::new(Notify::new());
    let wait = target.expect_continue.then(|| {
        let told = told.clone();
        Box::pin(async move {
            // Silence is as good as a yes, after a while.
            let _ = tokio::time::timeout(CONTINUE, told.notified()).await;
        }) as Pin<Box<dyn Future<Output = ()> + Send>>
    });
    let sent = Sent { blob: body, at: 0, is_chunked: target.chunked, wait };
    let mut request = request.body(sent).map_err(|error| Failure::Url(format!("{}: {error}", target.url)))?;
    hyper::ext::on_informational(&mut request, move |_| told.notify_one());
    Ok(request)
}

async fn connect(target: &Target) -> Result<(Stream, String), Failure> {
    let (host, port, is_tls) = place(&target.url)?;
    let at = format!("{host}:{port}");
    let found = tokio::net::lookup_host((host.as_str(), port)).await.map(Iterator::collect::<Vec<_>>);
    let addresses = match found {
        Ok(addresses) => addresses,
        Err(error) => return Err(Failure::Name { host, error }),
    };
    let connecting = TcpStream::connect(addresses.as_slice());
    let stream = match tokio::time::timeout(CONNECT, connecting).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Failure::Connect { at, error }),
        Err(_) => return Err(Failure::Connect { at, error: io::ErrorKind::TimedOut.into() }),
    };
    stream.set_nodelay(true).map_err(|error| Failure::Connect { at: at.clone(), error })?;
    let Some(tls) = target.tls.clone().filter(|_| is_tls) else { return Ok((Stream::Plain(stream), host)) };
    let name = ServerName::try_from(host.clone()).map_err(|_| Failure::Url(target.url.clone()))?;
    let shaking = TlsConnector::from(tls).connect(name, stream);
    match tokio::time::timeout(CONNECT, shaking).await {
        Ok(Ok(stream)) => Ok((Stream::Tls(Box::new(stream)), host)),
        Ok(Err(error)) => Err(Failure::Tls { host, error }),
        Err(_) => Err(Failure::Tls { host, error: io::ErrorKind::TimedOut.into() }),
    }
}

/// Why a body did not come whole.
pub(super) enum Cut {
    Over,
    Theirs(String),
    /// Nothing came for too long, or too little.
    Slow,
    Ours(io::Error),
}

/// Reads a body into a spool.
pub(super) async fn spool(mut body: Incoming, mut spool: Spool, mut patience: Patience) -> Result<Blob, Cut> {
    while let Some(frame) = patience.wait(body.frame()).await.ok_or(Cut::Slow)? {
        let frame = frame.map_err(|error| Cut::Theirs(chain(&error)))?;
        if let Ok(data) = frame.into_data() {
            patience.came(data.len());
            // A megabyte goes to the page cache in well under a millisecond: no thread is worth that.
            if let Err(error) = io::Write::write_all(&mut spool, &data) {
                return Err(if spool.is_over() { Cut::Over } else { Cut::Ours(error) });
            }
        }
    }
    spool.finish().map_err(Cut::Ours)
}

pub(super) fn headers_of(map: &HeaderMap) -> Headers {
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Headers(map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
}

/// An error with what is behind it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(behind) = source {
        words.push_str(&format!(": {behind}"));
        source = behind.source();
    }
    words
}

/// A blob on its way out.
struct Sent {
    blob: Blob,
    at: u64,
    is_chunked: bool,
    /// Where the partner is to say 100 first: how long it is waited for.
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(wait) = &mut self.wait {
            if wait.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.wait = None;
        }
        if self.at >= self.blob.len() {
            return Poll::Ready(None);
        }
        let piece = match self.blob.peek(self.at, PIECE_BYTES) {
            Ok(piece) => piece,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        self.at += piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.at >= self.blob.len()
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_chunked { SizeHint::default() } else { SizeHint::with_exact(self.blob.len() - self.at) }
    }
}

/// With TLS or without.
enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl tokio::io::AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, room),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, room),
        }
    }
}

impl tokio::io::AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
