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

    /// `+OK ...`: what follows it; or what follows `-ERR`, after which the dialogue goes on.
    pub async fn answer(&mut self) -> io::Result<Result<String, String>> {
        let line = String::from_utf8_lossy(&self.line().await?).into_owned();
        Ok(match line.strip_prefix("+OK") {
            Some(rest) => Ok(rest.trim().to_owned()),
            None => Err(line.trim_start_matches("-ERR").trim().to_owned()),
        })
    }

    /// The same where only yes helps.
    pub async fn agreed(&mut self) -> io::Result<String> {
        self.answer().await?.map_err(io::Error::other)
    }

    /// Lines up to the one that is a point, ends kept, points undone (RFC 1939, 3). Of more than `bytes_max` only the
    /// number of bytes is answered: they are read and left behind, so that the dialogue goes on.
    pub async fn text(&mut self, bytes_max: u64) -> io::Result<Result<Vec<u8>, u64>> {
        let (mut text, mut bytes) = (Vec::new(), 0);
        loop {
            let line = self.line().await?;
            if line == b"." {
                return Ok(if bytes > bytes_max { Err(bytes) } else { Ok(text) });
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            bytes += line.len() as u64 + 2;
            if bytes > bytes_max {
                text = Vec::new();
                continue;
            }
            text.extend_from_slice(line);
            text.extend_from_slice(b"\r\n");
        }
    }
}
