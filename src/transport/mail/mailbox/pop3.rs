//! A mailbox over POP3 (RFC 1939): what was taken is deleted, what was rejected stays and is not looked at again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::BufReader;
use tokio_util::sync::CancellationToken;

use super::line::Lines;
use super::stream::{connect, protect};
use super::{Secret, Trouble, logging_in, patience_for, patient, tried, within, xoauth2};
use crate::config::{MailboxSettings, Security};
use crate::ports::Note;
use crate::transport::mail::{Intake, Outcome};

/// Mails that were rejected, by mailbox and unique id.
const REJECTED: &str = "pop3-rejected";
/// What a list of a mailbox may measure.
const LIST_BYTES_MAX: u64 = 16 << 20;

/// What is known of one mail.
enum Known {
    Decided(Outcome),
    /// Nothing can be said about it now, in words why.
    NotYet(String),
}

/// Looks once. A mail about which nothing can be said yet stays, and those behind it go on.
pub(super) async fn look(
    mailbox: &MailboxSettings,
    bytes_max: u64,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<(), Trouble> {
    let mut lines = log_in(mailbox).await?;
    let sizes = list(mailbox, &mut lines, "LIST").await?;
    let names = list(mailbox, &mut lines, "UIDL").await?;
    let (mut waiting, mut why) = (0, String::new());
    for (number, name) in names {
        if stop.is_cancelled() {
            break;
        }
        let key = format!("{}|{name}", mailbox.name);
        if intake.reception.recall(REJECTED, &key).await?.is_some() {
            continue;
        }
        let size = sizes.iter().find(|(of, _)| *of == number).and_then(|(_, size)| size.parse::<u64>().ok());
        match one(mailbox, &mut lines, (number, size.unwrap_or(0)), bytes_max, intake).await? {
            Known::NotYet(words) => {
                tracing::warn!(mailbox = mailbox.name, name, words, "mail waits");
                (waiting, why) = (waiting + 1, words);
            }
            Known::Decided(Outcome::Processed) => {
                patient(mailbox, "DELE", ask(&mut lines, &format!("DELE {number}"))).await?;
            }
            Known::Decided(Outcome::Rejected(why)) => {
                tracing::warn!(mailbox = mailbox.name, name, why, "mail rejected; it stays in the mailbox");
                intake.reception.remember(vec![Note::new(REJECTED, key, json!({"why": why}))]).await?;
            }
        }
    }
    // Only a goodbye makes deletions happen; without it the same mails are there again, and known by their content.
    patient(mailbox, "QUIT", ask(&mut lines, "QUIT")).await?;
    if waiting == 0 { Ok(()) } else { Err(Trouble(format!("{waiting} of its mails wait, the last one because {why}"))) }
}

/// Logs in and says how much is there.
pub(super) async fn greet(mailbox: &MailboxSettings) -> Result<String, Trouble> {
    let mut lines = log_in(mailbox).await?;
    let said = patient(mailbox, "STAT", ask(&mut lines, "STAT")).await?;
    let _ = patient(mailbox, "QUIT", ask(&mut lines, "QUIT")).await;
    Ok(format!("{} mails wait", said.split(' ').next().unwrap_or_default()))
}

async fn one(
    mailbox: &MailboxSettings,
    lines: &mut Lines,
    (number, size): (u32, u64),
    bytes_max: u64,
    intake: &Intake,
) -> Result<Known, Trouble> {
    if size > bytes_max {
        return Ok(too_large(size, bytes_max));
    }
    let asked = async {
        lines.say(&format!("RETR {number}")).await?;
        lines.answer().await
    };
    if let Err(why) = patient(mailbox, "RETR", asked).await? {
        return Ok(Known::NotYet(format!("the server does not give it: {why}")));
    }
    // A server may count otherwise than we do, but not by much.
    let raw = match within(patience_for(mailbox, size), "RETR", lines.text(bytes_max.saturating_mul(2))).await? {
        Ok(raw) => raw,
        Err(size) => return Ok(too_large(size, bytes_max)),
    };
    Ok(match intake.take(&raw, None).await {
        Ok(outcome) => Known::Decided(outcome),
        Err(later) => Known::NotYet(later.to_string()),
    })
}

fn too_large(size: u64, bytes_max: u64) -> Known {
    let why = format!("{size} bytes are more than the {bytes_max} that we take (mail.message_bytes_max)");
    Known::Decided(Outcome::Rejected(why))
}

async fn log_in(mailbox: &MailboxSettings) -> Result<Lines, Trouble> {
    let mut lines = Lines(BufReader::new(connect(mailbox).await?));
    patient(mailbox, "greeting", lines.agreed()).await?;
    if mailbox.security == Security::Starttls {
        patient(mailbox, "STLS", ask(&mut lines, "STLS")).await?;
        lines = Lines(BufReader::new(protect(mailbox, lines.0.into_inner()).await?));
    }
    let what = logging_in(mailbox);
    match Secret::of(mailbox).await? {
        Secret::Password(password) => {
            if password.contains(['\r', '\n']) || mailbox.user.contains(['\r', '\n']) {
                return Err(Trouble("a line end in a name or password".into()));
            }
            patient(mailbox, &what, ask(&mut lines, &format!("USER {}", mailbox.user))).await?;
            patient(mailbox, &what, ask(&mut lines, &format!("PASS {password}"))).await?;
        }
        Secret::Token(token) => {
            let answer = STANDARD.encode(xoauth2(&mailbox.user, &token));
            let asked = patient(mailbox, &what, ask(&mut lines, &format!("AUTH XOAUTH2 {answer}"))).await;
            tried(mailbox, asked).await?;
        }
    }
    Ok(lines)
}

async fn ask(lines: &mut Lines, words: &str) -> std::io::Result<String> {
    lines.say(words).await?;
    lines.agreed().await
}

/// `LIST` or `UIDL`: number and value of every mail.
async fn list(mailbox: &MailboxSettings, lines: &mut Lines, what: &str) -> Result<Vec<(u32, String)>, Trouble> {
    patient(mailbox, what, ask(lines, what)).await?;
    let text = patient(mailbox, what, lines.text(LIST_BYTES_MAX)).await?;
    let text = text.map_err(|size| Trouble(format!("{what}: {size} bytes are more than a list may have")))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let entries = text.lines().filter_map(|line| line.trim().split_once(' '));
    Ok(entries.filter_map(|(number, value)| Some((number.parse().ok()?, value.trim().to_owned()))).collect())
}
