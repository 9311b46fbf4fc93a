//! Lines as POP3 has them, with limits.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use super::stream::Stream;

const LINE_BYTES_MAX: u64 = 64 << 10;

pub(super) struct Lines(pub BufReader<Stream>);

impl Lines {
    pub async fn say(&mut self, words: &str) -> io::Result<()> {
        self.0.write_all(words.as_bytes()).await?;
        self.0.write_all(b"\r\n").await?;
        self.0.flush().await
    }

    /// A line without its end.
    pub async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        (&mut self.0).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
        if line.pop() != Some(b'\n') {
            let why =
                if line.len() as u64 >= LINE_BYTES_MAX - 1 { "a line without end" } else { "the server went away" };
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }

    /// `+OK ...`: what follows it.
    pub async fn agreed(&mut self) -> io::Result<String> {
        let line = String::from_utf8_lossy(&self.line().await?).into_owned();
        match line.strip_prefix("+OK") {
            Some(rest) => Ok(rest.trim().to_owned()),
            None => Err(io::Error::other(line.trim_start_matches("-ERR").trim().to_owned())),
        }
    }

    /// Lines up to the one that is a point, ends kept, points undone (RFC 1939, 3).
    pub async fn text(&mut self, bytes_max: u64) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            let line = self.line().await?;
            if line == b"." {
                return Ok(text);
            }
            text.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            text.extend_from_slice(b"\r\n");
            if text.len() as u64 > bytes_max {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "more than was announced"));
            }
        }
    }
}
