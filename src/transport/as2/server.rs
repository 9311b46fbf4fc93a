//! The AS2 server: HTTP requests in, receipts out. Which message is taken, [`super::door`] decides.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH};
use hyper::service::service_fn;
use hyper::{Method, Request as HttpRequest, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::blob::Spool;
use super::door::{self, Message, Reply, Shared};
use super::guard::Guard;
use super::http::{Cut, headers_of, spool};
use super::incoming;
use super::outbox::Outbox;
use super::request::Request;
use crate::ports::NotTaken;
use crate::trace;
use crate::transport::listen::listen;
use crate::transport::patience::Patience;

/// Messages from senders that no agreement knows.
const STRANGER_BYTES_MAX: u64 = 1 << 20;
/// The head of a request.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// Where a server listens, and what it bears.
#[derive(Clone, Debug)]
pub struct Listening {
    pub address: SocketAddr,
    /// What speaks TLS; `None` for plain HTTP.
    pub tls: Option<Arc<ServerConfig>>,
    /// Connections at the same time; more wait in the system's queue.
    pub connections_max: usize,
    /// How long a silent client is waited for: at TLS, for its headers, and while its body comes.
    pub patience: Duration,
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
}

impl Server {
    /// Starts listening; ends when `stop` is cancelled.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start(
        listening: Listening,
        shared: Arc<Shared>,
        outbox: Arc<Outbox>,
        stop: CancellationToken,
    ) -> io::Result<Self> {
        let listener = listen(listening.address)?;
        let address = listener.local_addr()?;
        let places = Arc::new(Semaphore::new(listening.connections_max));
        let service = Arc::new(Service { shared, outbox, guard: Guard::default(), patience: listening.patience });
        tokio::spawn(accept(listener, (listening.tls, places), service, stop));
        Ok(Self { address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

struct Service {
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    guard: Guard,
    patience: Duration,
}

async fn accept(
    listener: TcpListener,
    (tls, places): (Option<Arc<ServerConfig>>, Arc<Semaphore>),
    service: Arc<Service>,
    stop: CancellationToken,
) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, _) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, most likely: others will be given back.
                tracing::warn!(%error, "as2: no connection is taken now");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (tls, service, stop) = (tls.clone(), service.clone(), stop.clone());
        tokio::spawn(async move {
            let _place = place;
            serve(stream, tls, service, stop).await;
        });
    }
}

async fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, service: Arc<Service>, stop: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return talk(stream, None, service, stop).await };
    match tokio::time::timeout(service.patience, TlsAcceptor::from(tls).accept(stream)).await {
        Ok(Ok(stream)) => {
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let pin = shown.map(|certificate| super::tls::fingerprint(certificate));
            talk(stream, pin, service, stop).await;
        }
        Ok(Err(error)) => tracing::info!(%error, "as2: no TLS"),
        Err(_) => {}
    }
}

async fn talk<S>(stream: S, pin: Option<String>, service: Arc<Service>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let patience = service.patience;
    let answering = service_fn(move |request| {
        let (service, pin) = (service.clone(), pin.clone());
        async move { Ok::<_, std::convert::Infallible>(answer(&service, pin.as_deref(), request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(HEAD_BYTES_MAX * 4)
        .title_case_headers(true)
        .serve_connection(TokioIo::new(Unfolding::new(stream)), answering);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            // What has begun gets its answer.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "as2: a connection ended");
    }
}

async fn answer(service: &Service, pin: Option<&str>, request: HttpRequest<Incoming>) -> Response<Full<Bytes>> {
    let parent = request.headers().get(trace::HEADER).and_then(|header| trace::parent(header.to_str().ok()?));
    trace::within(parent, receive(service, pin, request)).await
}

async fn receive(service: &Service, pin: Option<&str>, request: HttpRequest<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "AS2 messages are posted.\n");
    }
    let (head, body) = request.into_parts();
    let headers = headers_of(&head.headers);
    let Some(read) = Request::read(&headers) else {
        return plain(StatusCode::BAD_REQUEST, "AS2-From, AS2-To and Message-ID are missing.\n");
    };
    let partner = service.shared.agreements.between(&read.from, &read.to);
    if let Some((name, as2)) = &partner
        && let Err(words) = service.guard.admit(name, as2, &headers, pin).await
    {
        let mut response = plain(StatusCode::UNAUTHORIZED, words);
        response
            .headers_mut()
            .insert("WWW-Authenticate", hyper::header::HeaderValue::from_static("Basic realm=\"AS2\""));
        return response;
    }
    let bytes_max = partner.as_ref().map_or(STRANGER_BYTES_MAX, |(_, as2)| u64::from(as2.megabytes_max) << 20);
    let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > bytes_max) {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "The message is larger than agreed.\n");
    }
    let room = Spool::new(&service.shared.folder).at_most(bytes_max);
    let body = match spool(body, room, Patience::new(service.patience)).await {
        Ok(body) => body,
        Err(Cut::Over) => return plain(StatusCode::PAYLOAD_TOO_LARGE, "The message is larger than agreed.\n"),
        Err(Cut::Theirs(error)) => {
            tracing::info!(from = read.from, error, "as2: a message was cut off");
            return plain(StatusCode::BAD_REQUEST, "The message was cut off.\n");
        }
        Err(Cut::Ours(error)) => return later(&error.to_string()),
        Err(Cut::Slow) => return plain(StatusCode::REQUEST_TIMEOUT, "The message stands still.\n"),
    };
    if incoming::is_receipt(&headers, &body) {
        return match incoming::take(&service.shared, &read, &headers, &body, partner.as_ref()).await {
            Ok(()) => plain(StatusCode::OK, ""),
            Err(incoming::NotTaken::Unknown) => plain(StatusCode::OK, ""),
            Err(incoming::NotTaken::Later(why)) => later(&why),
        };
    }
    let message = Message { request: read, headers, body, partner: partner.clone() };
    match door::take(&service.shared, message).await {
        Ok(Reply::Receipt(receipt)) => {
            let mut response = Response::new(Full::new(Bytes::from(receipt.body)));
            for (name, value) in &receipt.headers {
                let (Ok(name), Ok(value)) = (
                    hyper::header::HeaderName::from_bytes(name.as_bytes()),
                    hyper::header::HeaderValue::from_str(value),
                ) else {
                    continue;
                };
                response.headers_mut().insert(name, value);
            }
            response
        }
        Ok(Reply::Later { receipt, url }) => {
            // The partner it goes to is known: nobody else gets a receipt posted.
            let name = partner.map(|(name, _)| name).unwrap_or_default();
            match service.outbox.put(&name, &url, &receipt) {
                Ok(()) => plain(StatusCode::OK, ""),
                Err(error) => later(&error.to_string()),
            }
        }
        Ok(Reply::Nothing) => plain(StatusCode::OK, ""),
        Ok(Reply::Refused(words)) => plain(StatusCode::UNPROCESSABLE_ENTITY, &format!("{words}\n")),
        Err(NotTaken::Later(why) | NotTaken::Never(why)) => later(&why),
    }
}

/// Nothing was kept: the sender tries again.
fn later(why: &str) -> Response<Full<Bytes>> {
    tracing::warn!(why, "as2: not taken now");
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, "Not now; please send it again.\n");
    response.headers_mut().insert("Retry-After", hyper::header::HeaderValue::from_static("60"));
    response.headers_mut().insert(CONNECTION, hyper::header::HeaderValue::from_static("close"));
    response
}

fn plain(status: StatusCode, words: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(words.as_bytes())));
    *response.status_mut() = status;
    response
}

/// A connection whose first request may have folded headers, as mail software writes them: they are unfolded before HTTP
/// sees them, because RFC 9112 section 5.2 lets a server refuse them.
struct Unfolding<S> {
    stream: S,
    head: Option<Vec<u8>>,
    ready: Vec<u8>,
    at: usize,
}

impl<S> Unfolding<S> {
    fn new(stream: S) -> Self {
        Self { stream, head: Some(Vec::new()), ready: Vec::new(), at: 0 }
    }
}

/// Every line end before a blank becomes blanks.
fn unfold(head: &mut [u8]) {
    for at in 0..head.len().saturating_sub(2) {
        if head[at..].starts_with(b"\r\n ") || head[at..].starts_with(b"\r\n\t") {
            head[at..at + 3].fill(b' ');
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unfolding<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while let Some(head) = &mut this.head {
            let mut piece = [0; 4096];
            let mut piece = ReadBuf::new(&mut piece);
            match Pin::new(&mut this.stream).poll_read(context, &mut piece) {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
            let seen = head.len().saturating_sub(3);
            head.extend_from_slice(piece.filled());
            let end = memchr::memmem::find(&head[seen..], b"\r\n\r\n").map(|at| seen + at);
            // A TLS greeting, or whatever else is no HTTP, is refused at once and not waited for.
            let is_http = head.first().is_some_and(|byte| byte.is_ascii_alphabetic() || b"\r\n".contains(byte));
            if end.is_some() || piece.filled().is_empty() || head.len() > HEAD_BYTES_MAX || !is_http {
                let mut whole = std::mem::take(head);
                let end = end.unwrap_or(whole.len());
                unfold(&mut whole[..end]);
                (this.ready, this.at, this.head) = (whole, 0, None);
            }
        }
        if this.at < this.ready.len() {
            let count = room.remaining().min(this.ready.len() - this.at);
            room.put_slice(&this.ready[this.at..this.at + count]);
            this.at += count;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_read(context, room)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unfolding<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_heads_are_unfolded() {
        let mut head = b"POST / HTTP/1.1\r\nContent-Type: a;\r\n\tb=c\r\nX: y\r\n z".to_vec();
        unfold(&mut head);
        assert_eq!(head, b"POST / HTTP/1.1\r\nContent-Type: a;   b=c\r\nX: y   z");
    }
}
