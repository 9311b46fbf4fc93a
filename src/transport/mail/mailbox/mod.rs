//! Mailboxes elsewhere, watched over IMAP or POP3. Mail leaves them only after the gateway has what was in it.

mod command;
mod imap;
mod line;
mod meter;
mod pop3;
mod standing;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::standing::Standing;
use super::{Intake, oauth};
use crate::config::{MailboxProtocol, MailboxSettings};
use crate::ports::NotTaken;

const SLOWEST_BYTES_PER_SECOND: u64 = 16 << 10;
/// How long after a failure it is tried again: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));

/// What goes wrong with a mailbox, in words for the administrator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<NotTaken> for Trouble {
    fn from(error: NotTaken) -> Self {
        Self(error.to_string())
    }
}

/// The mailboxes that are being watched.
#[derive(Debug, Default)]
pub struct Mailboxes {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Mailboxes {
    /// Watches each mailbox in a task of its own, until [`Mailboxes::stop`].
    pub fn watch(settings: &[MailboxSettings], bytes_max: u64, intake: &Arc<Intake>) -> Self {
        let watched = Self::default();
        for mailbox in settings {
            let (mailbox, intake, stop) = (mailbox.clone(), intake.clone(), watched.stop.clone());
            watched.tasks.spawn(async move { watch(&mailbox, bytes_max, &intake, &stop).await });
        }
        watched
    }

    /// Ends between two mails.
    pub async fn stop(self, drain: Duration) {
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(drain, self.tasks.wait()).await;
    }
}

async fn watch(mailbox: &MailboxSettings, bytes_max: u64, intake: &Intake, stop: &CancellationToken) {
    let mut pause = PAUSE.0;
    let mut standing = Standing::default();
    while !stop.is_cancelled() {
        let began = tokio::time::Instant::now();
        let ended = match mailbox.protocol {
            MailboxProtocol::Imap => imap::watch(mailbox, bytes_max, intake, &mut standing, stop).await,
            MailboxProtocol::Pop3 => pop3::look(mailbox, bytes_max, intake, stop).await,
        };
        let wait = match ended {
            Ok(()) => {
                pause = PAUSE.0;
                standing.is_well();
                mailbox.poll
            }
            Err(trouble) => {
                tracing::warn!(mailbox = mailbox.name, %trouble, "mailbox not read");
                standing.failed(mailbox, &trouble.0, intake).await;
                metrics::counter!("entrepot_mailbox_failures_total").increment(1);
                // A connection that lasted was a good one: what broke it is new.
                pause = if began.elapsed() > PAUSE.1 { PAUSE.0 } else { (pause * 2).min(PAUSE.1) };
                pause
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Connects, logs in, opens the folder, and leaves: what `doctor` asks for.
///
/// # Errors
/// In words, what is wrong.
pub async fn greet(mailbox: &MailboxSettings) -> Result<String, Trouble> {
    match mailbox.protocol {
        MailboxProtocol::Imap => imap::greet(mailbox).await,
        MailboxProtocol::Pop3 => pop3::greet(mailbox).await,
    }
}

/// What proves to a server who we are. Files are read at every login: what renews a token elsewhere writes it there.
enum Secret {
    Password(String),
    Token(String),
}

impl Secret {
    async fn of(mailbox: &MailboxSettings) -> Result<Self, Trouble> {
        if let Some(oauth) = &mailbox.oauth {
            return oauth::access_token(oauth).await.map(Self::Token).map_err(Trouble);
        }
        let read = |file: &std::path::Path| {
            let text =
                std::fs::read_to_string(file).map_err(|error| Trouble(format!("{}: {error}", file.display())))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        };
        match (&mailbox.token_file, &mailbox.password_file) {
            (Some(file), _) => read(file).map(Self::Token),
            (None, Some(file)) => read(file).map(Self::Password),
            (None, None) => Err(Trouble(format!("mailbox {} has no password", mailbox.name))),
        }
    }
}

/// What is being done, for when it fails: by what it is proved who we are decides what must be put right.
fn logging_in(mailbox: &MailboxSettings) -> String {
    let how = if mailbox.password_file.is_some() { "" } else { " by token" };
    format!("log in as {}{how}", mailbox.user)
}

/// A login as it ended: with a token that was not taken, the next one begins with a fresh one.
async fn tried<T>(mailbox: &MailboxSettings, ended: Result<T, Trouble>) -> Result<T, Trouble> {
    if let (Err(_), Some(oauth)) = (&ended, &mailbox.oauth) {
        oauth::forget(oauth).await;
    }
    ended
}

/// The first answer of SASL XOAUTH2.
fn xoauth2(user: &str, token: &str) -> String {
    format!("user={user}\x01auth=Bearer {token}\x01\x01")
}

/// How long a mail of this size may take: a slow line is no dead one.
fn patience_for(mailbox: &MailboxSettings, bytes: u64) -> Duration {
    mailbox.patience + Duration::from_secs(bytes / SLOWEST_BYTES_PER_SECOND)
}

/// A future with patience for a server.
async fn patient<T, E: std::fmt::Display>(
    mailbox: &MailboxSettings,
    what: &str,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, Trouble> {
    within(mailbox.patience, what, future).await
}

async fn within<T, E: std::fmt::Display>(
    patience: Duration,
    what: &str,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(patience, future).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Trouble(format!("{what}: {error}"))),
        Err(_) => Err(Trouble(format!("{what}: no answer within {patience:?}"))),
    }
}
