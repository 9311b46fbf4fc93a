//! A job that was tried for the last time gets an owner: a person, who sees why and can let it run again.

use super::{DELIVER, Gateway, HAND_ON, ISSUE, PUBLISH, READ};
use crate::ports::{Job, Side};
use crate::store::{Hold, Result, Subject};

/// Puts a parked job before a person.
///
/// # Errors
/// Those of the store; the job itself is parked all the same.
pub async fn parked(gateway: &Gateway, job: &Job, side: Side, reason: &str) -> Result<()> {
    let subject = match job.kind.as_str() {
        READ | ISSUE => (Subject::Transmission, job.subject.clone()),
        HAND_ON => (Subject::Group, job.subject.clone()),
        _ => (Subject::Delivery, job.subject.clone()),
    };
    let whose = match side {
        Side::Ours => "our side",
        Side::Partner => "the partner's side",
        Side::Network => "the network between us",
    };
    let step = match job.kind.as_str() {
        READ => "Reading",
        ISSUE => "Writing",
        HAND_ON => "Handing on",
        DELIVER => "Delivering",
        PUBLISH => "Telling other systems",
        other => other,
    };
    let hold = Hold {
        fault: "job-parked".into(),
        reason: format!(
            "{step} was given up after {} tries; it failed on {whose}: {reason}. Nothing is lost: `entrepot replay {}` \
             lets it run again.",
            job.attempts + 1,
            job.id
        ),
        partner: (!job.partner.is_empty()).then(|| job.partner.clone()),
        subject,
        ..Hold::open(gateway.clock.now())
    };
    gateway.store.write(hold, |hold, session| Box::pin(async move { session.add_hold(hold).await })).await
}
