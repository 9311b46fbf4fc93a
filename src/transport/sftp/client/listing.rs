//! Listings of a partner's folders, within bounds: a server may name files without end, and all of them are gathered.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use russh_sftp::client::SftpSession;
use russh_sftp::client::fs::ReadDir;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connect::in_time;
use super::trouble::Trouble;

/// A longer listing is not heard to its end: about a hundred thousand files.
const BYTES_MAX: u64 = 16 << 20;
/// What may be read where nothing is listed.
const UNBOUNDED: u64 = u64::MAX;

/// Lists folders over the stream that it measures.
#[derive(Debug)]
pub struct Lister(Arc<AtomicU64>);

impl Lister {
    /// A stream to begin a session on, and the lister of that session.
    pub fn of<S>(stream: S) -> (Self, Measured<S>) {
        let left = Arc::new(AtomicU64::new(UNBOUNDED));
        (Self(left.clone()), Measured { stream, left })
    }

    /// What a folder holds.
    ///
    /// # Errors
    /// A folder that cannot be read in time, or that is too long; the session is over then.
    pub async fn list(&self, sftp: &SftpSession, folder: &str, limit: Duration) -> Result<ReadDir, Trouble> {
        let trouble = |error: String| Trouble::Folder { folder: folder.to_owned(), error };
        self.0.store(BYTES_MAX, Ordering::Relaxed);
        let read = in_time(limit, async { sftp.read_dir(folder).await.map_err(|error| trouble(error.to_string())) });
        let read = read.await;
        match self.0.swap(UNBOUNDED, Ordering::Relaxed) {
            0 => Err(trouble(format!(
                "its listing is longer than {} MB. Ask the partner to move away what is old",
                BYTES_MAX >> 20
            ))),
            _ => read,
        }
    }
}

/// A stream that ends with an error where more is read than was granted.
#[derive(Debug)]
pub struct Measured<S> {
    stream: S,
    left: Arc<AtomicU64>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Measured<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let count = (buf.filled().len() - before) as u64;
        let spend = |left: u64| (left != UNBOUNDED).then(|| left.saturating_sub(count));
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend) {
            Ok(left) if left <= count => Poll::Ready(Err(io::Error::other("more was sent than is heard"))),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Measured<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
