//! A wire between two peers that breaks after so many bytes in either direction, or only trickles.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
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
    /// What the next connections let through instead, one each.
    each: Arc<Mutex<VecDeque<Limits>>>,
    /// What went over the last connection, in both directions.
    went: Arc<Mutex<(Vec<u8>, Vec<u8>)>>,
    /// Where in them something that came at once ended.
    ends: Arc<Mutex<(Vec<usize>, Vec<usize>)>>,
    ended: Arc<AtomicUsize>,
}

impl Wire {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            limits: Arc::new(Mutex::new(WHOLE)),
            each: Arc::default(),
            went: Arc::default(),
            ends: Arc::default(),
            ended: Arc::default(),
        };
        let held = wire.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { continue };
                // Questions and answers are short: held back they would only take longer.
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                tokio::spawn(held.clone().carry(client, server));
            }
        });
        wire
    }

    pub fn limit(&self, limits: Limits) {
        *self.limits.lock().unwrap() = limits;
    }

    /// The connections to come take these in turn, in whatever order they come; those behind them the common limits.
    pub fn limit_each(&self, limits: impl IntoIterator<Item = Limits>) {
        self.each.lock().unwrap().extend(limits);
    }

    /// How many of these are not taken yet.
    pub fn limits_left(&self) -> usize {
        self.each.lock().unwrap().len()
    }

    /// Cuts for a dialogue like the last one, in both directions: at every byte with `ENTREPOT_CUT_STRIDE=1`, and otherwise
    /// at the ends of what was sent at once and a byte before and behind them. What SSH encrypts is of use only whole, so
    /// that a cut elsewhere in a packet is a cut at its start.
    pub fn cuts(&self) -> Vec<Limits> {
        let stride = std::env::var("ENTREPOT_CUT_STRIDE").ok().map(|stride| stride.parse().expect("a number"));
        let of = |bytes: usize, ends: &[usize]| -> Vec<usize> {
            match stride {
                Some(stride) => (0..bytes).step_by(stride).collect(),
                None => {
                    let near = ends.iter().flat_map(|end| [end.saturating_sub(1), *end, end + 1]);
                    near.chain([0]).collect::<BTreeSet<_>>().into_iter().collect()
                }
            }
        };
        let ((up, down), ends) = (self.went(), self.ends.lock().unwrap().clone());
        let ups = of(up.len(), &ends.0).into_iter().map(|up| Limits { up, ..WHOLE });
        ups.chain(of(down.len(), &ends.1).into_iter().map(|down| Limits { down, ..WHOLE })).collect()
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
        let limits = self.each.lock().unwrap().pop_front().unwrap_or(*self.limits.lock().unwrap());
        *self.went.lock().unwrap() = Default::default();
        *self.ends.lock().unwrap() = Default::default();
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let up = |bytes: &[u8]| {
            let mut went = self.went.lock().unwrap();
            went.0.extend(bytes);
            self.ends.lock().unwrap().0.push(went.0.len());
        };
        let down = |bytes: &[u8]| {
            let mut went = self.went.lock().unwrap();
            went.1.extend(bytes);
            self.ends.lock().unwrap().1.push(went.1.len());
        };
        // Whichever direction ends first cuts both.
        tokio::select! {
            () = copy(&mut from_client, &mut to_server, (limits.up, usize::MAX), limits.pace, up) => {}
            () = copy(&mut from_server, &mut to_client, (limits.down, limits.lines), None, down) => {}
        }
        if limits.lines < usize::MAX {
            let _ = to_client.shutdown().await;
            let mut rest = Vec::new();
            let _ = tokio::time::timeout(Duration::from_millis(200), from_client.read_to_end(&mut rest)).await;
        }
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// Does the same for many, some at a time: a cut at every byte takes long one after the other.
pub async fn all<T, R, F: Future<Output = R>>(many: impl IntoIterator<Item = T>, work: impl FnMut(T) -> F) -> Vec<R> {
    futures_util::stream::iter(many).map(work).buffer_unordered(16).collect().await
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
