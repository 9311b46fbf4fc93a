//! Hands answers and documents to an outlet in the order of their numbers, and keeps its receipt.
//!
//! A folder takes many files with one sync; every other outlet takes one parcel after another.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::receive::reception::carried_interchange;
use super::{FOLLOW, Gateway, Step, failure};
use crate::ports::{Again, Job, NewJob, Outlet, Parcel, Receipt, Side, Undelivered, Verdict};
use crate::store::{Answer, Delivery, DeliveryState, Expectation, Hold, Id, Result, Session, Subject, Transport};
use crate::transport::folder::Placement;

/// How many files leave with one sync.
const BATCH: usize = 512;
/// How many parcels leave in one turn of a job.
const PARCELS: usize = 16;

/// Delivers what an outlet owes. One job per outlet runs at a time, so the order is kept.
///
/// # Errors
/// When the store or the outlet fails; what was delivered and not noted down is delivered again, as the same file.
pub async fn deliver(gateway: &Gateway, job: &Job) -> std::result::Result<Verdict, Step> {
    match job.subject.split_once(':') {
        Some(("folder", folder)) => into_folder(gateway, job, folder).await,
        Some((word, partner)) => match gateway.outlet(word) {
            Some(outlet) => one_by_one(gateway, job, partner, outlet).await,
            None => {
                Err(Step::Later(format!("this gateway has no outlet `{word}`: is it switched on in entrepot.toml?")))
            }
        },
        None => Err(Step::broken(format!("{} names no outlet", job.subject))),
    }
}

async fn into_folder(gateway: &Gateway, job: &Job, folder: &str) -> std::result::Result<Verdict, Step> {
    let mut view = gateway.store.view().await?;
    let owed = view.queued_deliveries(&job.subject, BATCH).await?;
    let folder = gateway.layout.out(folder);
    let mut placements = Vec::with_capacity(owed.len());
    for delivery in &owed {
        let bytes = match gateway.fresh.take_bytes(&delivery.payload) {
            Some(bytes) => bytes,
            None => view.payload_bytes(&delivery.payload).await?.into(),
        };
        placements.push(Placement { path: folder.join(&delivery.file_name), bytes });
    }
    drop(view);
    let results = gateway.placer.place_all(placements).await;
    // Those behind a failure wait for it: the order of control numbers is part of the promise.
    let arrived = results.iter().take_while(|result| result.is_ok()).count();
    let failed = results.into_iter().nth(arrived).and_then(std::result::Result::err);
    let done = owed[..arrived].to_vec();
    let finished = failed.is_none() && owed.len() < BATCH;
    gateway
        .store
        .write((job.clone(), done.clone(), finished), |(job, done, finished), session| {
            Box::pin(async move {
                if let Some(last) = done.last() {
                    let receipt = json!({"folder": "renamed into place"});
                    session.delivered_up_to(&last.outlet, last.sequence, &receipt).await?;
                }
                for id in done.iter().filter_map(carried_interchange) {
                    session.set_transport_of(id, Transport::Accepted).await?;
                }
                if done.iter().any(|delivery| carried_interchange(delivery).is_some()) {
                    session.enqueue(vec![NewJob::new(FOLLOW, "trades", "").once()]).await?;
                }
                if *finished { session.finish_job(job).await } else { session.hold_job(job).await }
            })
        })
        .await?;
    done.iter().for_each(|delivery| told(gateway, delivery));
    match failed {
        None if finished => Ok(Verdict::Done),
        None => Ok(Verdict::More),
        Some(error) => Ok(failure(&error, Side::Ours, &format!("out/{}", folder.display()))),
    }
}

async fn one_by_one(
    gateway: &Gateway,
    job: &Job,
    partner: &str,
    outlet: Arc<dyn Outlet>,
) -> std::result::Result<Verdict, Step> {
    let owed = gateway.store.view().await?.queued_deliveries(&job.subject, PARCELS).await?;
    let finished = owed.len() < PARCELS;
    for delivery in owed {
        let content = gateway.store.view().await?.payload_content(&delivery.payload).await?;
        let parcel = Parcel {
            delivery: delivery.id.uuid(),
            partner: partner.to_owned(),
            file_name: delivery.file_name.clone(),
            content,
            attempts: delivery.attempts,
        };
        let outcome = outlet.send(&parcel).await;
        if outcome.is_ok() {
            told(gateway, &delivery);
        }
        let stop = outcome.as_ref().err().filter(|failed| failed.again != Again::Never).cloned();
        gateway
            .store
            .write((delivery, outcome), |(delivery, outcome), session| {
                Box::pin(async move { note(session, delivery, outcome).await })
            })
            .await?;
        if let Some(Undelivered { side, reason, again }) = stop {
            let after = if let Again::After(after) = again { Some(after) } else { None };
            return Ok(Verdict::Retry { side, reason, after });
        }
    }
    gateway
        .store
        .write((job.clone(), finished), |(job, finished), session| {
            Box::pin(async move { if *finished { session.finish_job(job).await } else { session.hold_job(job).await } })
        })
        .await?;
    Ok(if finished { Verdict::Done } else { Verdict::More })
}

/// Writes down what became of one parcel.
async fn note(
    session: &mut Session,
    delivery: &Delivery,
    outcome: &std::result::Result<Receipt, Undelivered>,
) -> Result<()> {
    let interchange = carried_interchange(delivery);
    if interchange.is_some() {
        session.enqueue(vec![NewJob::new(FOLLOW, "trades", "").once()]).await?;
    }
    match outcome {
        Ok(Receipt::Held(said)) => {
            session.delivered(delivery.id, said).await?;
            if let Some(id) = interchange {
                session.set_transport_of(id, Transport::Accepted).await?;
            }
            Ok(())
        }
        Ok(Receipt::Awaiting { said, overdue_after }) => {
            session.delivered(delivery.id, said).await?;
            let now = session.now().await?;
            let patience = SignedDuration::try_from(*overdue_after).unwrap_or(SignedDuration::from_hours(24));
            let expectation = Expectation {
                id: Id::new(),
                key: format!("delivery|{}", delivery.id),
                subject: (Subject::Delivery, delivery.id.to_string()),
                partner: delivery.partner.clone(),
                state: Answer::Awaiting,
                due_at: now.checked_add(patience).unwrap_or(Timestamp::MAX),
                answered_by: None,
                outcome: None,
            };
            session.add_expectations(&[expectation]).await
        }
        Err(failed) if failed.again == Again::Never => {
            session.set_delivery_state(delivery.id, DeliveryState::Parked, Some(&failed.reason)).await?;
            if let Some(id) = interchange {
                session.set_transport_of(id, Transport::Failed).await?;
            }
            let created_at = session.now().await?;
            session
                .add_hold(&Hold {
                    fault: "not-delivered".into(),
                    reason: format!("{} did not reach the partner: {}", delivery.file_name, failed.reason),
                    partner: delivery.partner.clone(),
                    subject: (Subject::Delivery, delivery.id.to_string()),
                    ..Hold::open(created_at)
                })
                .await
        }
        Err(failed) => session.delivery_failed(delivery.id, &failed.reason).await,
    }
}

/// Log lines and counters.
fn told(gateway: &Gateway, delivery: &Delivery) {
    tracing::info!(
        delivery = %delivery.id, outlet = delivery.outlet, file = delivery.file_name, subject = delivery.subject.1,
        "delivered"
    );
    if let Some(since) = gateway.fresh.timed(&delivery.subject.1) {
        let took = SystemTime::now().duration_since(since).unwrap_or_default();
        metrics::histogram!("entrepot_answer_seconds").record(took.as_secs_f64());
    }
    metrics::counter!("entrepot_deliveries_total").increment(1);
}
