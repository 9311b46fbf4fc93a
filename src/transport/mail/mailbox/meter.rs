//! What an IMAP server announces, watched while it comes. For a literal (`{5000000}`, RFC 9051, 4.3) the reader makes room at
//! once, and a line it keeps to its end: a server that lies about a size must not cost the memory that it speaks of.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::Stream;

/// A line without literals is no longer: a search that finds a million mails.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// A connection that ends where too much is announced.
#[derive(Debug)]
pub(super) struct Metered {
    inner: Stream,
    watch: Watch,
    has_lied: Arc<AtomicBool>,
}

impl Metered {
    /// `literal_max` is the most that one literal may have. The answer beside it says whether more was announced.
    pub(super) fn new(inner: Stream, literal_max: u64) -> (Self, Arc<AtomicBool>) {
        let has_lied = Arc::new(AtomicBool::new(false));
        (Self { inner, watch: Watch::new(literal_max), has_lied: has_lied.clone() }, has_lied)
    }
}

/// Where in its answers the server is.
#[derive(Debug)]
struct Watch {
    literal_max: u64,
    /// Bytes of a literal that are still to come.
    literal: u64,
    line: u64,
    tail: Tail,
}

/// What the end of a line looks like so far.
#[derive(Clone, Copy, Debug)]
enum Tail {
    Other,
    Open(u64),
    Closed(u64),
}

impl Watch {
    fn new(literal_max: u64) -> Self {
        Self { literal_max, literal: 0, line: 0, tail: Tail::Other }
    }

    /// Looks at what came; in words, what is too much.
    fn see(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        while let [first, rest @ ..] = bytes {
            if self.literal > 0 {
                let skipped = usize::try_from(self.literal).unwrap_or(usize::MAX).min(bytes.len());
                self.literal -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            bytes = rest;
            self.line += 1;
            self.tail = match (first, self.tail) {
                (b'{', _) => Tail::Open(0),
                (digit @ b'0'..=b'9', Tail::Open(number)) => {
                    Tail::Open(number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
                }
                (b'}', Tail::Open(number)) => Tail::Closed(number),
                (b'\r', tail @ Tail::Closed(_)) => tail,
                (b'\n', Tail::Closed(number)) => {
                    if number > self.literal_max {
                        return Err(format!("the server announces {number} bytes, more than {}", self.literal_max));
                    }
                    (self.literal, self.line) = (number, 0);
                    Tail::Other
                }
                (b'\n', _) => {
                    self.line = 0;
                    Tail::Other
                }
                _ => Tail::Other,
            };
            if self.line > LINE_BYTES_MAX {
                return Err(format!("a line of the server has more than {LINE_BYTES_MAX} bytes"));
            }
        }
        Ok(())
    }
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        Poll::Ready(self.watch.see(&buffer.filled()[before..]).map_err(|why| {
            self.has_lied.store(true, Ordering::Relaxed);
            io::Error::new(io::ErrorKind::InvalidData, why)
        }))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_counted_wherever_the_pieces_end() {
        let ten = "* 1 FETCH (UID 1 BODY[] {10}\r\n{99999}\r\n1)\r\nA1 OK {x} {5} done\r\n";
        let twice = "* 1 FETCH (BODY[HEADER] {3}\r\nabc BODY[TEXT] {4}\r\nabcd)\r\n";
        for (said, expected) in [
            (ten, None),
            (twice, None),
            ("* 1 FETCH (BODY[] {1001}\r\n", Some("the server announces 1001 bytes, more than 1000")),
            ("* 1 FETCH (BODY[] {99999999999999999999999}\r\n", Some("more than 1000")),
            // Behind one that is right.
            ("* 1 FETCH (BODY[] {2}\r\nab BODY[TEXT] {2000}\r\n", Some("announces 2000 bytes")),
            // No end of a line, no literal.
            ("* OK {2000} bytes\r\n", None),
        ] {
            for size in 1..=said.len() {
                let mut watch = Watch::new(1000);
                let seen: Result<(), String> = said.as_bytes().chunks(size).try_for_each(|piece| watch.see(piece));
                match (seen, expected) {
                    (Ok(()), None) => {}
                    (Err(why), Some(words)) => assert!(why.contains(words), "{why}"),
                    (seen, expected) => panic!("{said:?} in pieces of {size}: {seen:?}, not {expected:?}"),
                }
            }
        }
        let mut watch = Watch::new(1000);
        let line = vec![b'x'; 1 << 20];
        assert!((0..16).all(|_| watch.see(&line).is_ok()));
        assert!(watch.see(b"x").is_err());
    }
}
