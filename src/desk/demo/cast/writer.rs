//! Tidewater Trading, who write mail: SMTP to our receiver, and a small server that takes what comes back.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub const ADDRESS: &str = "edi@tidewater.example";

pub struct Writer {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Writer {
    /// Opens the writer's mail server on a free port.
    pub async fn open() -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let mails = Arc::new(Mutex::new(Vec::new()));
        let held = mails.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mails = held.clone();
                tokio::spawn(async move {
                    // A client that goes away has nothing more to say.
                    let _ = converse(stream, &mails).await;
                });
            }
        });
        Ok(Self { address, mails, server })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a mail with one attachment; answers what the receiver said of it.
    pub async fn send(&self, to: (&str, SocketAddr), name: &str, text: &str) -> Result<String, String> {
        let (recipient, receiver) = to;
        let words = |error: &dyn std::fmt::Display| error.to_string();
        let kind = ContentType::parse("application/edi-x12").map_err(|error| words(&error))?;
        let attachment = Attachment::new(name.to_owned()).body(text.to_owned(), kind);
        let letter = Message::builder()
            .from(ADDRESS.parse().map_err(|error| words(&error))?)
            .to(recipient.parse().map_err(|error| words(&error))?)
            .subject(name)
            .multipart(MultiPart::mixed().singlepart(SinglePart::plain("As agreed.".to_owned())).singlepart(attachment))
            .map_err(|error| words(&error))?;
        let mailer = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(receiver.ip().to_string())
            .port(receiver.port())
            .timeout(Some(Duration::from_secs(10)))
            .build();
        let response = mailer.send(letter).await.map_err(|error| words(&error))?;
        Ok(format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" ")))
    }

    /// What was attached to a mail that came, taken out of the box.
    pub fn received(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        let mut mails = self.mails.lock().expect("no holder panics");
        let at = mails.iter().position(|mail| attached(mail).is_some_and(|text| fits(&text)))?;
        attached(&mails.remove(at))
    }
}

/// The first attachment, as text.
fn attached(mail: &str) -> Option<String> {
    let mail = MessageParser::default().parse(mail.as_bytes())?;
    let attachment = mail.attachments().next()?;
    Some(String::from_utf8_lossy(attachment.contents()).into_owned())
}

/// The least of SMTP (RFC 5321) that takes a mail.
async fn converse(stream: TcpStream, mails: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 tidewater.example\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.push_str("\r\n");
                }
                mails.lock().expect("no holder panics").push(mail);
                "250 taken\r\n"
            }
            "QUIT" => "221 goodbye\r\n",
            _ => "250 well\r\n",
        };
        write.write_all(answer.as_bytes()).await?;
        if verb == "QUIT" {
            break;
        }
    }
    Ok(())
}
