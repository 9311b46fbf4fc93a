//! Senders whom nobody knows: whether to trade with them is asked once of each.

use crate::journey::filed::filed;
use crate::process::{Exception, ExceptionKind, Policy};
use crate::store::{Hold, Result, Session};

/// Somebody who is no partner sends documents: whether to trade with them, and on what credit, is for a person to say.
///
/// # Errors
/// Those of the store.
pub async fn ask(session: &mut Session, hold: &Hold, house: &Policy) -> Result<()> {
    if hold.fault != "partner-unknown" {
        return Ok(());
    }
    let words = format!("{} Do we trade with them, and on what credit?", hold.reason);
    let case = Exception::new(key(hold), ExceptionKind::NewPartner, words);
    let due = house.due_at(case.queue, hold.created_at);
    session.open_case(&filed(&case, None, hold.created_at, due)).await.map(drop)
}

/// One case for all that one stranger sends.
pub fn key(hold: &Hold) -> String {
    format!("stranger|{}", hold.reason)
}
