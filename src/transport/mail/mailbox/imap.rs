//! A mailbox over IMAP: notices (IDLE) where the server gives them, looks at intervals in any case.
//!
//! How far it was read is remembered as (UIDVALIDITY, UID), together with where the last mail is to go: a move that a
//! broken connection swallowed is done first thing next time. Mail is moved after the gateway has it, never before. A mail
//! about which nothing can be said yet waits, and those behind it go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_imap::error::Error;
use async_imap::types::Capabilities;
use async_imap::{Authenticator, Client, Session};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::command::{self, No};
use super::meter::Metered;
use super::standing::Standing;
use super::stream::{Stream, connect, protect};
use super::{Secret, Trouble, logging_in, patience_for, patient, tried, within, xoauth2};
use crate::config::{MailboxSettings, Security};
use crate::ports::Note;
use crate::transport::mail::{Intake, Outcome};

const CURSOR: &str = "imap-cursor";
/// Mails that one look takes before it looks again.
const BATCH: usize = 200;
/// A literal of an answer that is no mail has no more.
const LITERAL_BYTES: u64 = 64 << 10;
/// Mails that may wait before a look stops at the next one.
const WAITING_MAX: usize = 100;

/// How far a folder was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cursor {
    validity: u32,
    uid: u32,
    /// A mail that was decided on, and the folder it goes to.
    moving: Option<(u32, String)>,
    /// Mails up to here about which nothing could be said yet.
    waiting: Vec<u32>,
}

/// What is known of one mail.
enum Known {
    Decided(Outcome),
    Gone,
    /// Nothing can be said about it now, in words why.
    NotYet(String),
}

/// Reads what there is and waits for more, until it is stopped.
pub(super) async fn watch(
    mailbox: &MailboxSettings,
    bytes_max: u64,
    intake: &Intake,
    standing: &mut Standing,
    stop: &CancellationToken,
) -> Result<(), Trouble> {
    let mut open = Open::new(mailbox, bytes_max).await?;
    open.make_folders().await;
    loop {
        match open.read(bytes_max, intake, stop).await? {
            None => standing.is_well(),
            Some(waits) => standing.failed(mailbox, &waits, intake).await,
        }
        if stop.is_cancelled() {
            let _ = patient(mailbox, "LOGOUT", open.session.logout()).await;
            return Ok(());
        }
        open = open.wait(stop).await?;
    }
}

/// Logs in, opens the folder, and says how much is in it.
pub(super) async fn greet(mailbox: &MailboxSettings) -> Result<String, Trouble> {
    let mut open = Open::new(mailbox, 0).await?;
    let notices = if open.has("IDLE") { "gives notice of new mail" } else { "is asked at intervals" };
    let said = format!("{} mails in {}, and it {notices}", open.count, mailbox.folder);
    let _ = patient(mailbox, "LOGOUT", open.session.logout()).await;
    Ok(said)
}

struct Open<'m> {
    mailbox: &'m MailboxSettings,
    session: Session<Stream>,
    capabilities: Capabilities,
    validity: u32,
    count: u32,
    /// Whether the server announced more than it may.
    has_lied: Arc<AtomicBool>,
}

impl<'m> Open<'m> {
    /// Logs in and opens the folder. Mails of up to so many bytes are taken.
    async fn new(mailbox: &'m MailboxSettings, bytes_max: u64) -> Result<Self, Trouble> {
        let mut client = Client::new(connect(mailbox).await?);
        greeted(mailbox, &mut client).await?;
        if mailbox.security == Security::Starttls {
            patient(mailbox, "STARTTLS", client.run_command_and_check_ok("STARTTLS", None)).await?;
            client = Client::new(protect(mailbox, client.into_inner()).await?);
        }
        // Until here nothing was said that could be long; a server may count otherwise than we do, but not by much.
        let literal_max = bytes_max.saturating_mul(2).max(LITERAL_BYTES);
        let (metered, has_lied) = Metered::new(client.into_inner(), literal_max);
        let client: Client<Stream> = Client::new(Box::new(metered));
        let what = logging_in(mailbox);
        let login = async {
            match Secret::of(mailbox).await? {
                Secret::Password(password) => {
                    client.login(&mailbox.user, &password).await.map_err(|(error, _)| Trouble(error.to_string()))
                }
                Secret::Token(token) => {
                    let answer = Token { first: Some(xoauth2(&mailbox.user, &token)) };
                    client.authenticate("XOAUTH2", answer).await.map_err(|(error, _)| Trouble(error.to_string()))
                }
            }
        };
        let mut session = tried(mailbox, patient(mailbox, &what, login).await).await?;
        let capabilities = patient(mailbox, "CAPABILITY", session.capabilities()).await?;
        let opened = patient(mailbox, &format!("open {}", mailbox.folder), session.select(&mailbox.folder)).await?;
        Ok(Self {
            mailbox,
            session,
            capabilities,
            validity: opened.uid_validity.unwrap_or(0),
            count: opened.exists,
            has_lied,
        })
    }

    fn has(&self, capability: &str) -> bool {
        self.capabilities.has_str(capability)
    }

    /// The folders that mail goes to; a server says no where they exist.
    async fn make_folders(&mut self) {
        for folder in [&self.mailbox.processed, &self.mailbox.rejected] {
            if let Err(error) = patient(self.mailbox, "CREATE", self.session.create(folder)).await {
                tracing::debug!(mailbox = self.mailbox.name, folder, %error, "folder not made, probably there already");
            }
        }
    }

    /// Takes what waits and what is new, one mail after another. Says what still waits.
    async fn read(
        &mut self,
        bytes_max: u64,
        intake: &Intake,
        stop: &CancellationToken,
    ) -> Result<Option<String>, Trouble> {
        let key = format!("{}/{}", self.mailbox.name, self.mailbox.folder);
        let mut cursor = Cursor::of(intake.reception.recall(CURSOR, &key).await?.as_ref());
        // The server numbered everything anew: what was taken before is known by its content.
        if cursor.validity != self.validity {
            cursor = Cursor { validity: self.validity, ..Cursor::default() };
        }
        // It is told once more than it is owed: most have moved.
        if let Some((uid, folder)) = cursor.moving.take()
            && self.has_mail(uid).await?
        {
            self.shift(uid, &folder).await?;
        }
        let mut why = String::new();
        let mut next = cursor.waiting.clone();
        loop {
            for uid in next {
                if stop.is_cancelled() {
                    return Ok(None);
                }
                let known = match self.one(uid, bytes_max, intake).await {
                    Err(trouble) if self.has_lied.load(Ordering::Relaxed) => {
                        // The next connection moves it away: the same mail would end that one too.
                        tracing::warn!(mailbox = self.mailbox.name, uid, %trouble, "mail rejected");
                        cursor.is_done_with(uid, Some(&self.mailbox.rejected));
                        intake.reception.remember(vec![Note::new(CURSOR, &*key, cursor.value())]).await?;
                        return Err(trouble);
                    }
                    known => known?,
                };
                match known {
                    Known::NotYet(words) => {
                        tracing::warn!(mailbox = self.mailbox.name, uid, words, "mail waits");
                        cursor.wait_for(uid).map_err(|()| Trouble(words.clone()))?;
                        why = words;
                    }
                    Known::Gone => cursor.is_done_with(uid, None),
                    Known::Decided(Outcome::Processed) => cursor.is_done_with(uid, Some(&self.mailbox.processed)),
                    Known::Decided(Outcome::Rejected(why)) => {
                        tracing::warn!(mailbox = self.mailbox.name, uid, why, "mail rejected");
                        cursor.is_done_with(uid, Some(&self.mailbox.rejected));
                    }
                }
                intake.reception.remember(vec![Note::new(CURSOR, &*key, cursor.value())]).await?;
                if let Some((uid, folder)) = cursor.moving.take() {
                    self.shift(uid, &folder).await?;
                }
            }
            let from = cursor.uid.saturating_add(1);
            let mut new =
                patient(self.mailbox, "UID SEARCH", command::search(&mut self.session, &format!("UID {from}:*")))
                    .await?;
            // `n:*` names the last mail even where its number is smaller.
            new.retain(|uid| *uid >= from);
            new.truncate(BATCH);
            if new.is_empty() {
                let count = cursor.waiting.len();
                return Ok((count > 0).then(|| format!("{count} of its mails wait, the last one because {why}")));
            }
            next = new;
        }
    }

    async fn one(&mut self, uid: u32, bytes_max: u64, intake: &Intake) -> Result<Known, Trouble> {
        let size = match patient(self.mailbox, "UID FETCH", command::size(&mut self.session, uid)).await? {
            Err(No(why)) => return Ok(Known::NotYet(why)),
            Ok(None) => return self.gone(uid).await,
            Ok(Some(size)) => u64::from(size),
        };
        if size > bytes_max {
            let why = format!("{size} bytes are more than we take (mail.message_bytes_max)");
            return Ok(Known::Decided(Outcome::Rejected(why)));
        }
        match within(patience_for(self.mailbox, size), "UID FETCH", command::mail(&mut self.session, uid)).await? {
            Err(No(why)) => Ok(Known::NotYet(why)),
            Ok(None) => self.gone(uid).await,
            Ok(Some(raw)) => match intake.take(&raw, None).await {
                Ok(outcome) => Ok(Known::Decided(outcome)),
                Err(later) => Ok(Known::NotYet(later.to_string())),
            },
        }
    }

    /// The server told nothing of a mail: whether somebody took it away, or it only cannot be read.
    async fn gone(&mut self, uid: u32) -> Result<Known, Trouble> {
        Ok(match self.has_mail(uid).await? {
            true => Known::NotYet(format!("the server has mail {uid} and does not give it")),
            false => Known::Gone,
        })
    }

    async fn has_mail(&mut self, uid: u32) -> Result<bool, Trouble> {
        let found =
            patient(self.mailbox, "UID SEARCH", command::search(&mut self.session, &format!("UID {uid}"))).await?;
        Ok(found.contains(&uid))
    }

    /// Moves a mail, by copy and delete where the server knows nothing better (RFC 6851).
    async fn shift(&mut self, uid: u32, folder: &str) -> Result<(), Trouble> {
        let set = uid.to_string();
        if self.has("MOVE") {
            return patient(self.mailbox, "UID MOVE", self.session.uid_mv(&set, folder)).await;
        }
        patient(self.mailbox, "UID COPY", self.session.uid_copy(&set, folder)).await?;
        let mark = format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)");
        patient(self.mailbox, "UID STORE", command::done(&mut self.session, &mark)).await?;
        let expunge = if self.has("UIDPLUS") { format!("UID EXPUNGE {uid}") } else { "EXPUNGE".to_owned() };
        patient(self.mailbox, "EXPUNGE", command::done(&mut self.session, &expunge)).await
    }

    /// Waits for a notice, but not longer than for the next look.
    async fn wait(mut self, stop: &CancellationToken) -> Result<Self, Trouble> {
        if !self.has("IDLE") {
            tokio::select! {
                () = tokio::time::sleep(self.mailbox.poll) => {}
                () = stop.cancelled() => return Ok(self),
            }
            patient(self.mailbox, "NOOP", self.session.noop()).await?;
            return Ok(self);
        }
        let mut idle = self.session.idle();
        patient(self.mailbox, "IDLE", idle.init()).await?;
        {
            let (notice, interrupt) = idle.wait_with_timeout(self.mailbox.poll);
            tokio::select! {
                notice = notice => {
                    notice.map_err(|error| Trouble(format!("IDLE: {error}")))?;
                }
                () = stop.cancelled() => drop(interrupt),
            }
        }
        self.session = patient(self.mailbox, "DONE", idle.done()).await?;
        Ok(self)
    }
}

async fn greeted(mailbox: &MailboxSettings, client: &mut Client<Stream>) -> Result<(), Trouble> {
    match patient(mailbox, "greeting", client.read_response()).await? {
        Some(_) => Ok(()),
        None => Err(Trouble("the server ended the connection at once".into())),
    }
}

/// SASL XOAUTH2: the token at first, nothing when the server explains why not.
struct Token {
    first: Option<String>,
}

impl Authenticator for Token {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.first.take().unwrap_or_default()
    }
}

impl Cursor {
    fn of(value: Option<&Value>) -> Self {
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let of = |name: &str| value.and_then(|value| number(&value[name]));
        let uid = of("uid").unwrap_or(0);
        let folder = value.and_then(|value| value["moving"].as_str());
        let waiting = value.and_then(|value| value["waiting"].as_array());
        Self {
            validity: of("validity").unwrap_or(0),
            uid,
            moving: folder.map(|to| (of("moving_uid").unwrap_or(uid), to.to_owned())),
            waiting: waiting.into_iter().flatten().filter_map(number).collect(),
        }
    }

    fn value(&self) -> Value {
        let (uid, folder) = self.moving.as_ref().map(|(uid, folder)| (uid, folder)).unzip();
        json!({
            "validity": self.validity, "uid": self.uid, "moving": folder, "moving_uid": uid, "waiting": self.waiting,
        })
    }

    fn is_done_with(&mut self, uid: u32, folder: Option<&String>) {
        self.uid = self.uid.max(uid);
        self.waiting.retain(|waiting| *waiting != uid);
        self.moving = folder.map(|folder| (uid, folder.clone()));
    }

    /// Goes past a mail that waits, where there is room for one more.
    fn wait_for(&mut self, uid: u32) -> Result<(), ()> {
        if !self.waiting.contains(&uid) {
            if self.waiting.len() >= WAITING_MAX {
                return Err(());
            }
            self.waiting.push(uid);
        }
        self.uid = self.uid.max(uid);
        Ok(())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_remembered_with_the_move_that_is_owed() {
        let moving = |uid| Some((uid, "Processed".to_owned()));
        for cursor in [
            Cursor::default(),
            Cursor { validity: 7, uid: 42, ..Cursor::default() },
            Cursor { validity: 7, uid: 42, moving: moving(42), ..Cursor::default() },
            Cursor { validity: 7, uid: 42, moving: moving(40), waiting: vec![39, 41] },
        ] {
            assert_eq!(Cursor::of(Some(&cursor.value())), cursor);
        }
        assert_eq!(Cursor::of(None), Cursor::default());
        // As it was written before mails could wait.
        let before = json!({"validity": 7, "uid": 42, "moving": "Processed"});
        assert_eq!(Cursor::of(Some(&before)).moving, moving(42));
    }

    #[test]
    fn mails_wait_up_to_a_number() {
        let mut cursor = Cursor::default();
        for uid in 1..=100 {
            assert_eq!((cursor.wait_for(uid), cursor.uid), (Ok(()), uid));
        }
        assert_eq!((cursor.wait_for(101), cursor.uid), (Err(()), 100));
        assert_eq!(cursor.wait_for(50), Ok(()));
        cursor.is_done_with(50, Some(&"Processed".to_owned()));
        assert_eq!(
            (cursor.uid, cursor.waiting.len(), cursor.moving.clone()),
            (100, 99, Some((50, "Processed".into())))
        );
        assert_eq!(cursor.wait_for(101), Ok(()));
    }
}
