//! A mailbox over IMAP: notices (IDLE) where the server gives them, looks at intervals in any case.
//!
//! How far it was read is remembered as (UIDVALIDITY, UID), together with where the last mail is to go: a move that a
//! broken connection swallowed is done first thing next time. Mail is moved after the gateway has it, never before.

use async_imap::error::Error;
use async_imap::types::Capabilities;
use async_imap::{Authenticator, Client, Session};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::stream::{Stream, connect, protect};
use super::{Secret, Trouble, logging_in, patience_for, patient, tried, within, xoauth2};
use crate::config::{MailboxSettings, Security};
use crate::ports::Note;
use crate::transport::mail::{Intake, Outcome};

const CURSOR: &str = "imap-cursor";
/// Mails that one look takes before it looks again.
const BATCH: usize = 200;

/// How far a folder was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cursor {
    validity: u32,
    uid: u32,
    /// A mail that was decided on, and the folder it goes to.
    moving: Option<(u32, String)>,
}

/// Reads what there is and waits for more, until it is stopped.
pub(super) async fn watch(
    mailbox: &MailboxSettings,
    bytes_max: u64,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<(), Trouble> {
    let mut open = Open::new(mailbox).await?;
    open.make_folders().await;
    loop {
        open.read(bytes_max, intake, stop).await?;
        if stop.is_cancelled() {
            let _ = patient("LOGOUT", open.session.logout()).await;
            return Ok(());
        }
        open = open.wait(stop).await?;
    }
}

/// Logs in, opens the folder, and says how much is in it.
pub(super) async fn greet(mailbox: &MailboxSettings) -> Result<String, Trouble> {
    let mut open = Open::new(mailbox).await?;
    let notices = if open.has("IDLE") { "gives notice of new mail" } else { "is asked at intervals" };
    let said = format!("{} mails in {}, and it {notices}", open.count, mailbox.folder);
    let _ = patient("LOGOUT", open.session.logout()).await;
    Ok(said)
}

struct Open<'m> {
    mailbox: &'m MailboxSettings,
    session: Session<Stream>,
    capabilities: Capabilities,
    validity: u32,
    count: u32,
}

impl<'m> Open<'m> {
    async fn new(mailbox: &'m MailboxSettings) -> Result<Self, Trouble> {
        let mut client = Client::new(connect(mailbox).await?);
        greeted(&mut client).await?;
        if mailbox.security == Security::Starttls {
            patient("STARTTLS", client.run_command_and_check_ok("STARTTLS", None)).await?;
            client = Client::new(protect(mailbox, client.into_inner()).await?);
        }
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
        let mut session = tried(mailbox, patient(&what, login).await).await?;
        let capabilities = patient("CAPABILITY", session.capabilities()).await?;
        let opened = patient(&format!("open {}", mailbox.folder), session.select(&mailbox.folder)).await?;
        Ok(Self { mailbox, session, capabilities, validity: opened.uid_validity.unwrap_or(0), count: opened.exists })
    }

    fn has(&self, capability: &str) -> bool {
        self.capabilities.has_str(capability)
    }

    /// The folders that mail goes to; a server says no where they exist.
    async fn make_folders(&mut self) {
        for folder in [&self.mailbox.processed, &self.mailbox.rejected] {
            if let Err(error) = patient("CREATE", self.session.create(folder)).await {
                tracing::debug!(mailbox = self.mailbox.name, folder, %error, "folder not made, probably there already");
            }
        }
    }

    /// Takes what is new, one mail after another.
    async fn read(&mut self, bytes_max: u64, intake: &Intake, stop: &CancellationToken) -> Result<(), Trouble> {
        let key = format!("{}/{}", self.mailbox.name, self.mailbox.folder);
        let mut cursor = Cursor::of(intake.reception.recall(CURSOR, &key).await?.as_ref());
        // The server numbered everything anew: what was taken before is known by its content.
        if cursor.validity != self.validity {
            cursor = Cursor { validity: self.validity, ..Cursor::default() };
        }
        if let Some((uid, folder)) = cursor.moving.take() {
            self.shift(uid, &folder).await?;
        }
        loop {
            let from = cursor.uid.saturating_add(1);
            let found = patient("UID SEARCH", self.session.uid_search(format!("UID {from}:*"))).await?;
            // `n:*` names the last mail even where its number is smaller.
            let mut new: Vec<u32> = found.into_iter().filter(|uid| *uid >= from).collect();
            new.sort_unstable();
            if new.is_empty() {
                return Ok(());
            }
            for uid in new.into_iter().take(BATCH) {
                if stop.is_cancelled() {
                    return Ok(());
                }
                let folder = match self.one(uid, bytes_max, intake).await? {
                    Some(Outcome::Processed) => Some(&self.mailbox.processed),
                    Some(Outcome::Rejected(_)) => Some(&self.mailbox.rejected),
                    // Gone meanwhile.
                    None => None,
                };
                cursor.uid = uid;
                cursor.moving = folder.map(|folder| (uid, folder.clone()));
                intake.reception.remember(vec![Note::new(CURSOR, &*key, cursor.value())]).await?;
                if let Some((uid, folder)) = cursor.moving.take() {
                    self.shift(uid, &folder).await?;
                }
            }
        }
    }

    async fn one(&mut self, uid: u32, bytes_max: u64, intake: &Intake) -> Result<Option<Outcome>, Trouble> {
        let size = self.fetch(uid, "RFC822.SIZE", 0).await?;
        let Some(size) = size.iter().find_map(|fetched| fetched.size) else { return Ok(None) };
        if u64::from(size) > bytes_max {
            let why = format!("{size} bytes are more than we take (mail.message_bytes_max)");
            tracing::warn!(mailbox = self.mailbox.name, uid, why, "mail rejected");
            return Ok(Some(Outcome::Rejected(why)));
        }
        let fetched = self.fetch(uid, "BODY.PEEK[]", u64::from(size)).await?;
        let Some(raw) = fetched.iter().find_map(async_imap::types::Fetch::body) else { return Ok(None) };
        let outcome = intake.take(raw, None).await?;
        if let Outcome::Rejected(why) = &outcome {
            tracing::warn!(mailbox = self.mailbox.name, uid, why, "mail rejected");
        }
        Ok(Some(outcome))
    }

    async fn fetch(&mut self, uid: u32, what: &str, bytes: u64) -> Result<Vec<async_imap::types::Fetch>, Trouble> {
        let fetch = async { self.session.uid_fetch(uid.to_string(), what).await?.try_collect::<Vec<_>>().await };
        within(patience_for(bytes), "UID FETCH", fetch).await
    }

    /// Moves a mail, by copy and delete where the server knows nothing better (RFC 6851).
    async fn shift(&mut self, uid: u32, folder: &str) -> Result<(), Trouble> {
        let set = uid.to_string();
        if self.has("MOVE") {
            return patient("UID MOVE", self.session.uid_mv(&set, folder)).await;
        }
        patient("UID COPY", self.session.uid_copy(&set, folder)).await?;
        let mark = async {
            let marked = self.session.uid_store(&set, "+FLAGS.SILENT (\\Deleted)").await?;
            marked.try_collect::<Vec<_>>().await.map(drop)
        };
        patient("UID STORE", mark).await?;
        let expunge = async {
            if self.capabilities.has_str("UIDPLUS") {
                self.session.uid_expunge(&set).await?.try_collect::<Vec<_>>().await.map(drop)
            } else {
                self.session.expunge().await?.try_collect::<Vec<_>>().await.map(drop)
            }
        };
        patient("EXPUNGE", expunge).await
    }

    /// Waits for a notice, but not longer than for the next look.
    async fn wait(mut self, stop: &CancellationToken) -> Result<Self, Trouble> {
        if !self.has("IDLE") {
            tokio::select! {
                () = tokio::time::sleep(self.mailbox.poll) => {}
                () = stop.cancelled() => return Ok(self),
            }
            patient("NOOP", self.session.noop()).await?;
            return Ok(self);
        }
        let mut idle = self.session.idle();
        patient("IDLE", idle.init()).await?;
        {
            let (notice, interrupt) = idle.wait_with_timeout(self.mailbox.poll);
            tokio::select! {
                notice = notice => {
                    notice.map_err(|error| Trouble(format!("IDLE: {error}")))?;
                }
                () = stop.cancelled() => drop(interrupt),
            }
        }
        self.session = patient("DONE", idle.done()).await?;
        Ok(self)
    }
}

async fn greeted(client: &mut Client<Stream>) -> Result<(), Trouble> {
    match patient("greeting", client.read_response()).await? {
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
        let number = |name: &str| {
            let number = value.and_then(|value| value[name].as_u64()).unwrap_or(0);
            u32::try_from(number).unwrap_or(0)
        };
        let folder = value.and_then(|value| value["moving"].as_str());
        Self {
            validity: number("validity"),
            uid: number("uid"),
            moving: folder.map(|to| (number("uid"), to.to_owned())),
        }
    }

    fn value(&self) -> Value {
        json!({"validity": self.validity, "uid": self.uid, "moving": self.moving.as_ref().map(|(_, folder)| folder)})
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
        for cursor in [
            Cursor::default(),
            Cursor { validity: 7, uid: 42, moving: None },
            Cursor { validity: 7, uid: 42, moving: Some((42, "Processed".into())) },
        ] {
            assert_eq!(Cursor::of(Some(&cursor.value())), cursor);
        }
        assert_eq!(Cursor::of(None), Cursor::default());
    }
}
