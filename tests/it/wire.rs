//! A wire between two peers that breaks after so many bytes in either direction, or only trickles.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    /// Lines back; behind the last of them the connection ends as that of a server that shuts down: nothing is broken.
    pub lines: usize,
}

pub const WHOLE: Limits = Limits { up: usize::MAX, down: usize::MAX, pace: None, lines: usize::MAX };

#[derive(Clone)]
pub struct Wire {
    pub address: SocketAddr,
    limits: Arc<Mutex<Limits>>,
    /// What went over the last connection, in both directions.
    went: Arc<Mutex<(Vec<u8>, Vec<u8>)>>,
    ended: Arc<AtomicUsize>,
}

impl Wire {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            limits: Arc::new(Mutex::new(WHOLE)),
            went: Arc::default(),
            ended: Arc::default(),
        };
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

    /// How many connections have ended.
    pub fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    async fn carry(self, client: TcpStream, server: TcpStream) {
        let limits = *self.limits.lock().unwrap();
        *self.went.lock().unwrap() = Default::default();
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let went = &self.went;
        // Whichever direction ends first cuts both.
        tokio::select! {
            () = copy(&mut from_client, &mut to_server, (limits.up, usize::MAX), limits.pace, |bytes| went.lock().unwrap().0.extend(bytes)) => {}
            () = copy(&mut from_server, &mut to_client, (limits.down, limits.lines), None, |bytes| went.lock().unwrap().1.extend(bytes)) => {}
        }
        if limits.lines < usize::MAX {
            let _ = to_client.shutdown().await;
            let mut rest = Vec::new();
            let _ = tokio::time::timeout(Duration::from_millis(200), from_client.read_to_end(&mut rest)).await;
        }
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

async fn copy(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    (mut left, mut lines): (usize, usize),
    pace: Option<(usize, Duration)>,
    note: impl Fn(&[u8]),
) {
    let mut buffer = vec![0; pace.map_or(16 << 10, |(bytes, _)| bytes)];
    while left > 0 && lines > 0 {
        let room = buffer.len().min(left);
        let Ok(mut count @ 1..) = from.read(&mut buffer[..room]).await else { return };
        let mut ends = buffer[..count].iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let (found, last) = ends.by_ref().take(lines).fold((0, 0), |(found, _), at| (found + 1, at));
        lines -= found;
        if lines == 0 {
            count = last;
        }
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
