//! A wire between two peers that breaks after so many bytes in either direction, or only trickles.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What a wire lets through on each connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes from the client to the server; with the last of them the connection is cut.
    pub up: usize,
    /// Bytes back.
    pub down: usize,
    /// So many bytes at a time, and a pause after each.
    pub pace: Option<(usize, Duration)>,
}

pub const WHOLE: Limits = Limits { up: usize::MAX, down: usize::MAX, pace: None };

#[derive(Clone)]
pub struct Wire {
    pub address: SocketAddr,
    limits: Arc<Mutex<Limits>>,
    /// What went over the last connection, in both directions.
    went: Arc<Mutex<(Vec<u8>, Vec<u8>)>>,
}

impl Wire {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire =
            Self { address: listener.local_addr().unwrap(), limits: Arc::new(Mutex::new(WHOLE)), went: Arc::default() };
        let held = wire.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { continue };
                tokio::spawn(held.clone().carry(client, server));
            }
        });
        wire
    }

    pub fn limit(&self, limits: Limits) {
        *self.limits.lock().unwrap() = limits;
    }

    /// The bytes of the last connection: to the server, and back.
    pub fn went(&self) -> (Vec<u8>, Vec<u8>) {
        self.went.lock().unwrap().clone()
    }

    async fn carry(self, client: TcpStream, server: TcpStream) {
        let limits = *self.limits.lock().unwrap();
        *self.went.lock().unwrap() = Default::default();
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let went = &self.went;
        // Whichever direction ends first cuts both.
        tokio::select! {
            () = copy(from_client, to_server, limits.up, limits.pace, |bytes| went.lock().unwrap().0.extend(bytes)) => {}
            () = copy(from_server, to_client, limits.down, None, |bytes| went.lock().unwrap().1.extend(bytes)) => {}
        }
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut left: usize,
    pace: Option<(usize, Duration)>,
    note: impl Fn(&[u8]),
) {
    let mut buffer = vec![0; pace.map_or(16 << 10, |(bytes, _)| bytes)];
    while left > 0 {
        let room = buffer.len().min(left);
        let Ok(count @ 1..) = from.read(&mut buffer[..room]).await else { return };
        note(&buffer[..count]);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
        left -= count;
        if let Some((_, pause)) = pace {
            tokio::time::sleep(pause).await;
        }
    }
}
