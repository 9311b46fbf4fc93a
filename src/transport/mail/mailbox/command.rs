//! One command of IMAP and everything the server said to it.
//!
//! What was asked is answered when the server says OK to it, and by nothing else: a NO in its place, or a connection that
//! ends, looks like an empty answer, and an empty answer means that a mail is gone.

use async_imap::Session;
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, Status};

use super::Trouble;
use super::stream::Stream;

/// A server's NO, in its words: it goes on with the next command.
#[derive(Debug)]
pub(super) struct No(pub String);

/// What came of a command; the outer error is a connection that is of no use any more.
type Answer<T> = Result<Result<T, No>, Trouble>;

/// Says a command and shows every answer before the last.
async fn command(session: &mut Session<Stream>, words: &str, mut each: impl FnMut(&Response<'_>)) -> Answer<()> {
    let tag = session.run_command(words).await?;
    while let Some(response) = session.read_response().await? {
        match response.parsed() {
            Response::Done { tag: of, status, outcome } if *of == tag => {
                let why = || outcome.information.as_deref().unwrap_or("without a reason").to_owned();
                return match status {
                    Status::Ok => Ok(Ok(())),
                    Status::No => Ok(Err(No(format!("the server says no: {}", why())))),
                    other => Err(Trouble(format!("the server says {other:?}: {}", why()))),
                };
            }
            other => each(other),
        }
    }
    Err(Trouble("the server ended the connection".into()))
}

/// A command that has to be done for the rest to make sense.
pub(super) async fn done(session: &mut Session<Stream>, words: &str) -> Result<(), Trouble> {
    command(session, words, |_| {}).await?.map_err(|No(why)| Trouble(why))
}

/// The mails that a search finds, in their order.
pub(super) async fn search(session: &mut Session<Stream>, what: &str) -> Result<Vec<u32>, Trouble> {
    let mut found = Vec::new();
    let words = format!("UID SEARCH {what}");
    let asked = command(session, &words, |response| {
        if let Response::MailboxData(MailboxDatum::Search(ids)) = response {
            found.extend_from_slice(ids);
        }
    });
    asked.await?.map_err(|No(why)| Trouble(why))?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// How large a mail is; `None` where the server tells nothing of one with that number.
pub(super) async fn size(session: &mut Session<Stream>, uid: u32) -> Answer<Option<u32>> {
    let mut size = None;
    let asked = fetch(session, uid, "RFC822.SIZE", |attribute| {
        if let AttributeValue::Rfc822Size(bytes) = attribute {
            size = Some(*bytes);
        }
    });
    Ok(asked.await?.map(|()| size))
}

/// A mail as it is, without marking it as read; `None` where the server gives nothing under that number.
pub(super) async fn mail(session: &mut Session<Stream>, uid: u32) -> Answer<Option<Vec<u8>>> {
    let mut mail = None;
    let asked = fetch(session, uid, "BODY.PEEK[]", |attribute| {
        if let AttributeValue::BodySection { section: None, data: Some(bytes), .. } = attribute {
            mail = Some(bytes.to_vec());
        }
    });
    Ok(asked.await?.map(|()| mail))
}

async fn fetch(
    session: &mut Session<Stream>,
    uid: u32,
    what: &str,
    mut each: impl FnMut(&AttributeValue<'_>),
) -> Answer<()> {
    command(session, &format!("UID FETCH {uid} {what}"), |response| {
        // Servers also tell of other mails meanwhile.
        if let Response::Fetch(_, attributes) = response
            && attributes.iter().any(|attribute| matches!(attribute, AttributeValue::Uid(of) if *of == uid))
        {
            attributes.iter().for_each(&mut each);
        }
    })
    .await
}
