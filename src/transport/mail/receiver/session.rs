//! One conversation with a client, from the greeting to its end.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::House;
use super::command::{Command, read};
use crate::transport::mail::{Envelope, Later, Outcome};

/// RFC 5321, 4.5.3.1.4 says 512 with the line end; parameters may need more.
const LINE_BYTES_MAX: usize = 2048;
const RECIPIENTS_MAX: usize = 100;
/// After so many mistakes the client is no mail server.
const MISTAKES_MAX: u32 = 20;
/// A conversation may last so many times the patience for one line.
const CONVERSATION_PATIENCE: u32 = 12;

trait Both: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Both for T {}

/// Holds a conversation.
pub(super) async fn hold(house: &House, stream: TcpStream, client: IpAddr) {
    let mut session = Session {
        house,
        client,
        stream: BufReader::new(Box::new(stream)),
        is_protected: false,
        helo: None,
        sender: None,
        recipients: Vec::new(),
        mistakes: 0,
    };
    let whole = house.patience.saturating_mul(CONVERSATION_PATIENCE);
    match tokio::time::timeout(whole, session.converse()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%client, %error, "a mail conversation ended early"),
        Err(_) => tracing::debug!(%client, "a mail conversation took too long"),
    }
}

/// There is no place for another conversation.
pub(super) async fn turn_away(mut stream: TcpStream) {
    let words = b"421 4.3.2 too many conversations, try again later\r\n";
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.write_all(words)).await;
}

struct Session<'h> {
    house: &'h House,
    client: IpAddr,
    stream: BufReader<Box<dyn Both>>,
    is_protected: bool,
    helo: Option<String>,
    sender: Option<String>,
    recipients: Vec<String>,
    mistakes: u32,
}

/// The text of a mail, or why it is not taken though the client may go on.
enum Text {
    Whole(Vec<u8>, Vec<OwnedSemaphorePermit>),
    Not(&'static str),
}

impl Session<'_> {
    async fn converse(&mut self) -> io::Result<()> {
        self.say("220 entrepot ESMTP").await?;
        loop {
            let stop = self.house.stop.clone();
            let line = tokio::select! {
                line = self.line() => line?,
                // Between two mails is a good moment to stop.
                () = stop.cancelled() => return self.say("421 4.3.2 stopping").await,
            };
            let Some(line) = line else { return Ok(()) };
            match read(&line) {
                Command::Hello { name, is_extended } => self.hello(name, is_extended).await?,
                Command::Mail { sender, size } => self.mail(sender, size).await?,
                Command::Recipient(address) => self.recipient(address).await?,
                Command::Data => self.data().await?,
                Command::Reset => {
                    self.forget();
                    self.say("250 2.0.0 forgotten").await?;
                }
                Command::Nothing => self.say("250 2.0.0 nothing done").await?,
                Command::StartTls => self.protect().await?,
                Command::Quit => return self.say("221 2.0.0 goodbye").await,
                Command::NotDone => self.say("502 5.5.1 not done here").await?,
                Command::Wrong(answer) => {
                    self.mistakes += 1;
                    if self.mistakes > MISTAKES_MAX {
                        return self.say("421 4.7.0 too many mistakes").await;
                    }
                    self.say(answer).await?;
                }
            }
        }
    }

    async fn hello(&mut self, name: String, is_extended: bool) -> io::Result<()> {
        self.forget();
        self.helo = Some(name);
        if !is_extended {
            return self.say("250 entrepot").await;
        }
        let tls = if self.house.tls.is_some() && !self.is_protected { "250-STARTTLS\r\n" } else { "" };
        let size = self.house.bytes_max;
        self.say(&format!(
            "250-entrepot\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n{tls}250 SIZE {size}"
        ))
        .await
    }

    async fn mail(&mut self, sender: String, size: Option<u64>) -> io::Result<()> {
        if self.helo.is_none() {
            return self.say("503 5.5.1 say EHLO first").await;
        }
        if self.sender.is_some() {
            return self.say("503 5.5.1 one mail at a time").await;
        }
        if size.is_some_and(|size| size > self.house.bytes_max) {
            return self.say(TOO_LARGE).await;
        }
        self.sender = Some(sender);
        self.say("250 2.1.0 sender noted").await
    }

    async fn recipient(&mut self, address: String) -> io::Result<()> {
        if self.sender.is_none() {
            return self.say("503 5.5.1 say MAIL first").await;
        }
        if !self.house.addresses.iter().any(|own| is_ours(&address, own)) {
            self.mistakes += 1;
            return self.say("550 5.1.1 nobody of that address is here").await;
        }
        if self.recipients.len() >= RECIPIENTS_MAX {
            return self.say("452 4.5.3 too many recipients").await;
        }
        self.recipients.push(address);
        self.say("250 2.1.5 recipient noted").await
    }

    async fn data(&mut self) -> io::Result<()> {
        let (Some(helo), Some(sender)) = (self.helo.clone(), self.sender.clone()) else {
            return self.say("503 5.5.1 say MAIL first").await;
        };
        if self.recipients.is_empty() {
            return self.say("503 5.5.1 say RCPT first").await;
        }
        self.say("354 end with a point on a line of its own").await?;
        let (text, _memory) = match self.text().await? {
            Text::Whole(text, memory) => (text, memory),
            Text::Not(answer) => {
                self.forget();
                return self.say(answer).await;
            }
        };
        let envelope = Envelope { client: self.client, helo, sender, recipients: std::mem::take(&mut self.recipients) };
        self.forget();
        let raw = [self.trace(&envelope).into_bytes(), text].concat();
        // A stop does not interrupt this: what is durable shall be said to be.
        let answer = match self.house.intake.take(&raw, Some(&envelope)).await {
            Ok(Outcome::Processed) => "250 2.0.0 taken".to_owned(),
            Ok(Outcome::Rejected(why)) => format!("550 5.7.1 not taken: {}", one_line(&why)),
            Err(Later(why)) => {
                tracing::warn!(why, "mail not taken now");
                "451 4.3.0 not now, try again later".to_owned()
            }
        };
        self.say(&answer).await
    }

    /// What a server must say of mail that it took (RFC 5321, 4.4).
    fn trace(&self, envelope: &Envelope) -> String {
        let with = if self.is_protected { "ESMTPS" } else { "ESMTP" };
        let now = self.house.intake.clock.now();
        let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let Envelope { client, helo, sender, .. } = envelope;
        format!(
            "Received: from {helo} ([{client}])\r\n\tby entrepot with {with} (envelope-from <{sender}>);\r\n\t{date}\r\n"
        )
    }

    async fn protect(&mut self) -> io::Result<()> {
        let Some(tls) = self.house.tls.clone().filter(|_| !self.is_protected) else {
            return self.say("502 5.5.1 not done here").await;
        };
        // What was sent before the handshake is nobody's word: it could be put in by anyone on the way.
        if !self.stream.buffer().is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "words after STARTTLS"));
        }
        self.say("220 2.0.0 go on").await?;
        let nothing: Box<dyn Both> = Box::new(tokio::io::join(tokio::io::empty(), tokio::io::sink()));
        let plain = std::mem::replace(&mut self.stream, BufReader::new(nothing)).into_inner();
        let shaken = tokio::time::timeout(self.house.patience, tls.accept(plain)).await.map_err(|_| silence())??;
        self.stream = BufReader::new(Box::new(shaken));
        self.is_protected = true;
        self.helo = None;
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        let write = async {
            self.stream.write_all(words.as_bytes()).await?;
            self.stream.write_all(b"\r\n").await?;
            self.stream.flush().await
        };
        tokio::time::timeout(self.house.patience, write).await.map_err(|_| silence())?
    }

    /// A line without its end; `None` when the client has gone.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            let (found, used) = {
                let buffer = self.fill().await?;
                if buffer.is_empty() {
                    return Ok(None);
                }
                let end = buffer.iter().position(|&byte| byte == b'\n');
                let used = end.map_or(buffer.len(), |at| at + 1);
                line.extend_from_slice(&buffer[..used]);
                (end.is_some(), used)
            };
            self.stream.consume(used);
            if line.len() > LINE_BYTES_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without end"));
            }
            if found {
                while line.ends_with(b"\n") || line.ends_with(b"\r") {
                    line.pop();
                }
                return Ok(Some(line));
            }
        }
    }

    /// The text up to the line that is a point. Only CR LF ends a line: anything else would let one mail pass for two.
    async fn text(&mut self) -> io::Result<Text> {
        let mut text: Vec<u8> = Vec::new();
        let mut memory = Vec::new();
        let mut held = 0_u64;
        let mut problem = None;
        let mut line: Vec<u8> = Vec::new();
        loop {
            let used = {
                let buffer = self.fill().await?;
                if buffer.is_empty() {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the client went away inside a mail"));
                }
                let used = buffer.iter().position(|&byte| byte == b'\n').map_or(buffer.len(), |at| at + 1);
                line.extend_from_slice(&buffer[..used]);
                used
            };
            self.stream.consume(used);
            let is_line = line.ends_with(b"\r\n");
            if is_line && line == b".\r\n" && (text.is_empty() || text.ends_with(b"\r\n")) {
                return Ok(problem.map_or(Text::Whole(text, memory), Text::Not));
            }
            // A long line is kept in pieces, but none is cut between CR and LF.
            let may_wait = line.len() < LINE_BYTES_MAX || (line.ends_with(b"\r") && line.len() < PIECE_BYTES_MAX);
            if !is_line && may_wait {
                continue;
            }
            let is_start = text.is_empty() || text.ends_with(b"\r\n");
            let part = if is_start { line.strip_prefix(b".").unwrap_or(&line) } else { &line };
            if problem.is_some() {
                // Only how it ended matters: the point must not be looked for in the middle of a line.
                text.clear();
                text.extend_from_slice(&part[part.len().saturating_sub(2)..]);
            } else if (text.len() + part.len()) as u64 > self.house.bytes_max {
                (problem, text, memory) = (Some(TOO_LARGE), part[part.len().saturating_sub(2)..].to_vec(), Vec::new());
            } else {
                text.extend_from_slice(part);
                if text.len() as u64 > held {
                    match self.house.memory.clone().try_acquire_many_owned(MEMORY_STEP_KIB) {
                        Ok(permit) => memory.push(permit),
                        Err(_) => problem = Some("452 4.3.1 too many mails at a time, try again later"),
                    }
                    held += u64::from(MEMORY_STEP_KIB) * 1024;
                }
            }
            line.clear();
        }
    }

    async fn fill(&mut self) -> io::Result<&[u8]> {
        tokio::time::timeout(self.house.patience, self.stream.fill_buf()).await.map_err(|_| silence())?
    }
}

const TOO_LARGE: &str = "552 5.3.4 the mail is larger than we take";
const MEMORY_STEP_KIB: u32 = 256;
const PIECE_BYTES_MAX: usize = 64 << 10;

fn silence() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client is silent")
}

/// `orders+SECRET@house.example` is ours where `orders@house.example` is.
fn is_ours(address: &str, own: &str) -> bool {
    let plain = |text: &str| -> Option<String> {
        let (local, domain) = text.rsplit_once('@')?;
        let local = local.split_once('+').map_or(local, |(local, _)| local);
        Some(format!("{local}@{domain}"))
    };
    address == own || plain(address).is_some_and(|plain| plain == own)
}

/// Words that fit into one line of an answer.
fn one_line(words: &str) -> String {
    let ascii = words.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    ascii.take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (address, expected) in [
            ("orders@house.example", true),
            ("orders+s3cret@house.example", true),
            ("orders+a+b@house.example", true),
            ("others@house.example", false),
            ("orders@other.example", false),
            ("+orders@house.example", false),
        ] {
            assert_eq!(is_ours(address, "orders@house.example"), expected, "{address}");
        }
    }
}
