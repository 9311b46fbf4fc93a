//! Documents that were agreed to leave together wait for each other, and leave as the sets of one interchange.
//!
//! A waiting document stands in the store, ready and without an interchange. In the unit that stores it a timer is set for
//! when its patience ends, and one for at once where the batch is full: whatever happens to the process, somebody comes for
//! it. Numbers are taken when they leave.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{NotIssued, Origin, Outgoing};
use crate::canonical::Canonical;
use crate::journey::{BATCH, Gateway, InForce, Step};
use crate::partner::{Batch, Direction as Way};
use crate::ports::{Job, NewJob, Verdict};
use crate::store::{self, Contents, Document, DocumentState, Hold, Lane, Session, Store, Subject, Transport};

/// What one interchange holds at most where nothing is agreed any more.
const DOCUMENTS_MAX: usize = 9_999;

/// Why somebody comes for the documents of a lane.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Call {
    type_code: String,
    test: bool,
    /// Those that have waited since then leave, and all behind them with them; `None` where the batch is full.
    since: Option<Timestamp>,
}

/// What one turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Turn {
    left: usize,
    refused: usize,
    /// An interchange was filled and more wait.
    is_more: bool,
}

/// Stores a document that waits, and who comes for it, inside a unit.
///
/// # Errors
/// Those of the store.
pub async fn wait(session: &mut Session, document: &Document, contents: Contents, batch: Batch) -> store::Result<()> {
    let partner = document.partner.clone().unwrap_or_default();
    let (type_code, test) = (document.type_code.clone(), document.test);
    let lane = Lane { partner: partner.clone(), type_code: type_code.clone(), test };
    // Two that fill a batch at the same moment would each see it with a place left.
    session.hold_lane(&lane).await?;
    session.add_documents(&[(document.clone(), contents)]).await?;
    // One timer for all that came in the same second.
    let patience = SignedDuration::from_secs(i64::from(batch.wait_seconds));
    let second = Timestamp::from_second(document.created_at.as_second().saturating_add(1)).unwrap_or(Timestamp::MAX);
    let due = second.checked_add(patience).unwrap_or(Timestamp::MAX);
    let name = format!("{partner}/{type_code}{}", if test { "/test" } else { "" });
    let call = |since| json!(Call { type_code: type_code.clone(), test, since });
    let job = NewJob { revision: document.revision.clone(), ..NewJob::new(BATCH, &name, &partner) };
    let key = Some(format!("{BATCH}/{name}/{}", due.as_second()));
    let mut jobs = vec![NewJob { detail: call(Some(second)), key, ..job.clone() }.at(due)];
    if session.waiting_count(&lane).await? >= u64::from(batch.documents_max) {
        jobs.push(NewJob { detail: call(None), key: Some(format!("{BATCH}/{name}/full")), ..job });
    }
    session.enqueue(jobs).await
}

/// Lets the documents of a lane leave, one interchange a turn.
///
/// # Errors
/// When the store fails; nothing left then.
pub async fn leave(gateway: &Gateway, job: &Job) -> Result<Verdict, Step> {
    let call: Call =
        serde_json::from_value(job.detail.clone()).map_err(|error| Step::broken(format!("a batch's job: {error}")))?;
    let context = (job.clone(), call, gateway.in_force(), gateway.store.clone());
    let turn = gateway
        .store
        .write(context, |(job, call, in_force, store), session| {
            Box::pin(async move {
                let turn = leave_once(session, store, in_force, (&job.partner, call)).await?;
                if turn.is_more {
                    session.hold_job(job).await?
                } else {
                    session.finish_job(job).await?
                }
                Ok(turn)
            })
        })
        .await?;
    if turn.left > 0 {
        tracing::info!(batch = job.subject, documents = turn.left, "left in one interchange");
    }
    if turn.refused > 0 {
        tracing::warn!(batch = job.subject, documents = turn.refused, "could not leave with their batch");
    }
    Ok(if turn.is_more { Verdict::More } else { Verdict::Done })
}

async fn leave_once(
    session: &mut Session,
    store: &Store,
    in_force: &InForce,
    (partner, call): (&str, &Call),
) -> store::Result<Turn> {
    let known = in_force.catalogue.directory.partner(partner);
    // What is agreed today; where nothing is any more, all that waits leaves or is told of.
    let most = known
        .and_then(|known| known.agreement(Way::Outbound, &call.type_code)?.batch)
        .map_or(DOCUMENTS_MAX, |batch| batch.documents_max as usize);
    let lane = Lane { partner: partner.to_owned(), type_code: call.type_code.clone(), test: call.test };
    let mut waiting = session.waiting_documents(&lane, most.saturating_add(1)).await?;
    let is_due = match call.since {
        Some(since) => waiting.first().is_some_and(|(document, _)| document.created_at <= since),
        None => waiting.len() >= most,
    };
    if !is_due {
        return Ok(Turn::default());
    }
    let is_more = waiting.len() > most;
    waiting.truncate(most);
    let now = session.now().await?;
    let mut ready: Vec<(Document, Outgoing)> = Vec::new();
    let mut turn = Turn { is_more, ..Turn::default() };
    for (document, canonical) in waiting {
        match prepared(in_force, &document, &canonical, now) {
            Ok(outgoing) => ready.push((document, outgoing)),
            Err(why) => {
                turn.refused += 1;
                refuse(session, &document, &why, now).await?;
            }
        }
    }
    // Documents that wait were written by one agreement, but it may be another one than when they came.
    let Some((first, outgoing)) = ready.first() else { return Ok(turn) };
    let origin = Origin { transmission: None, revision: in_force.revision.clone() };
    let sets: Vec<_> = ready.iter().map(|(_, outgoing)| &outgoing.rendered).collect();
    let departed = outgoing.depart(session, store, &origin, (&sets, first.id)).await?;
    turn.left = ready.len();
    for (position, (document, outgoing)) in (1..).zip(&ready) {
        let mut document = document.clone();
        departed.mark(&mut document, position);
        document.release.clone_from(&outgoing.rendered.address.release);
        document.segments = outgoing.rendered.segments();
        document.map = Some(outgoing.rendered.map.clone());
        document.revision = Some(in_force.revision.clone());
        session.set_departed(&document).await?;
    }
    Ok(turn)
}

/// The document as it leaves today: what was agreed may have changed while it waited.
fn prepared(in_force: &InForce, document: &Document, canonical: &str, now: Timestamp) -> Result<Outgoing, String> {
    let partner = document.partner.as_deref().unwrap_or_default();
    let read = Canonical::from_json(canonical.as_bytes())
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    Outgoing::prepare(&in_force.catalogue, partner, &read, Some(&document.type_code), now)
        .map_err(|why: NotIssued| why.to_string())
}

/// One that can no longer leave goes to its queue alone; its number is free for the mended one.
async fn refuse(session: &mut Session, document: &Document, why: &str, now: Timestamp) -> store::Result<()> {
    session.set_document_state(document.id, DocumentState::Rejected).await?;
    session.set_transport(document.id, Transport::Failed).await?;
    let number = document.number.as_deref().unwrap_or("without a number");
    session
        .add_hold(&Hold {
            fault: "not-issued".into(),
            reason: format!(
                "{} {number} waited for its batch and cannot leave; the others did. {why} Mend it and send it again.",
                document.type_code
            ),
            partner: document.partner.clone(),
            subject: (Subject::Document, document.id.to_string()),
            ..Hold::open(now)
        })
        .await
}
