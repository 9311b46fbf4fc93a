//! Connections of the door: few enough, protected by TLS where there is a certificate, and ended when they are silent.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::HttpDoor;
use crate::config::HttpSettings;
use crate::transport::listen::listen;
use crate::transport::tls;

struct House {
    router: Router,
    tls: Option<TlsAcceptor>,
    patience: Duration,
    stop: CancellationToken,
}

/// Listens, and serves each connection in a task of its own.
///
/// # Errors
/// When the address is taken, or a certificate cannot be used.
pub async fn serve(settings: &HttpSettings, address: SocketAddr, router: Router) -> io::Result<HttpDoor> {
    let tls = match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key).map_err(io::Error::other)?),
        _ => None,
    };
    let listener = listen(address)?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let connections = TaskTracker::new();
    let house = Arc::new(House { router, tls, patience: settings.patience, stop: stop.clone() });
    let places = Arc::new(Semaphore::new(settings.connections_max as usize));
    tokio::spawn(accept(listener, house, places, connections.clone()));
    Ok(HttpDoor { address, connections, stop })
}

async fn accept(listener: TcpListener, house: Arc<House>, places: Arc<Semaphore>, connections: TaskTracker) {
    loop {
        // Whoever comes while every place is taken waits in the listener's queue.
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = house.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, client)) => {
                let house = house.clone();
                connections.spawn(async move {
                    let _place = place;
                    if let Err(error) = connection(&house, stream).await {
                        tracing::debug!(%client, %error, "an HTTP connection ended early");
                    }
                });
            }
            Err(error) => {
                // Too many open files: connections that end make room.
                tracing::warn!(%error, "no connection can be accepted now");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(house: &House, stream: TcpStream) -> io::Result<()> {
    match &house.tls {
        None => converse(house, stream).await,
        Some(tls) => {
            let silent = |_| io::Error::new(io::ErrorKind::TimedOut, "no TLS handshake in time");
            let stream = tokio::time::timeout(house.patience, tls.accept(stream)).await.map_err(silent)??;
            converse(house, stream).await
        }
    }
}

async fn converse(house: &House, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> io::Result<()> {
    let service = TowerToHyperService::new(house.router.clone());
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(house.patience)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        served = connection.as_mut() => served.map_err(io::Error::other),
        () = house.stop.cancelled() => {
            // What has begun ends; no further request is read.
            connection.as_mut().graceful_shutdown();
            connection.await.map_err(io::Error::other)
        }
    }
}
