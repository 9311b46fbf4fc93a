//! What nobody can read is somebody's: a file of which nothing was taken waits for a person, once however often it comes.

use jiff::Timestamp;

use crate::store::{Claim, Hold, HoldState, Result, Session, Subject, Transmission};

const SCOPE: &str = "unread";

/// Holds a file of which nothing was taken, unless the same bytes wait for somebody already.
///
/// # Errors
/// Those of the store.
pub async fn hold(session: &mut Session, transmission: &Transmission, why: &str, now: Timestamp) -> Result<bool> {
    let Transmission { id, name, partner, payload, .. } = transmission;
    let claim = Claim { key: payload.clone(), subject: id.to_string(), hash: String::new() };
    if let Some(earlier) = session.claim_once(SCOPE, std::slice::from_ref(&claim)).await?.into_iter().next().flatten() {
        let holds = session.holds_of(&earlier.subject).await?;
        if holds.iter().any(|hold| hold.state == HoldState::Open) {
            return Ok(false);
        }
        session.retake_once(SCOPE, &claim).await?;
    }
    let hold = Hold {
        fault: "file-unread".into(),
        reason: format!("{name}: {why}"),
        partner: partner.clone(),
        subject: (Subject::Transmission, id.to_string()),
        ..Hold::open(now)
    };
    session.add_hold(&hold).await.map(|()| true)
}
