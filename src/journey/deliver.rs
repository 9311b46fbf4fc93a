//! Hands answers and documents to an outlet in the order of their numbers, and keeps its receipt.

use std::time::SystemTime;

use serde_json::json;

use super::{Gateway, Step, failure};
use crate::ports::{Job, Side, Verdict};
use crate::store::{Delivery, InterchangeId, Subject, Transport};
use crate::transport::folder::Placement;

/// How many files leave with one sync.
const BATCH: usize = 512;

/// Delivers what an outlet owes. One job per outlet runs at a time, so the order is kept.
///
/// # Errors
/// When the store or the folder fails; what was delivered and not noted down is delivered again, as the same file.
pub async fn deliver(gateway: &Gateway, job: &Job) -> Result<Verdict, Step> {
    let outlet = job.subject.as_str();
    let mut view = gateway.store.view().await?;
    let owed = view.queued_deliveries(outlet, BATCH).await?;
    let folder = gateway.layout.out(outlet.strip_prefix("folder:").unwrap_or(outlet));
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
    let failed = results.into_iter().nth(arrived).and_then(Result::err);
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
                for id in done.iter().filter_map(sent_interchange) {
                    session.set_transport_of(id, Transport::Accepted).await?;
                }
                if *finished { session.finish_job(job).await } else { session.hold_job(job).await }
            })
        })
        .await?;
    told(gateway, &done);
    match failed {
        None if finished => Ok(Verdict::Done),
        None => Ok(Verdict::More),
        Some(error) => Ok(failure(&error, Side::Ours, &format!("out/{}", folder.display()))),
    }
}

/// The interchange of ours that a delivery carried, where it is no answer.
fn sent_interchange(delivery: &Delivery) -> Option<InterchangeId> {
    let (kind, id) = &delivery.subject;
    if *kind == Subject::Interchange { id.parse().ok() } else { None }
}

/// Log lines and counters.
fn told(gateway: &Gateway, done: &[Delivery]) {
    for delivery in done {
        tracing::info!(
            delivery = %delivery.id, outlet = delivery.outlet, file = delivery.file_name, subject = delivery.subject.1,
            "delivered"
        );
        if let Some(since) = gateway.fresh.timed(&delivery.subject.1) {
            let took = SystemTime::now().duration_since(since).unwrap_or_default();
            metrics::histogram!("entrepot_answer_seconds").record(took.as_secs_f64());
        }
    }
    metrics::counter!("entrepot_deliveries_total").increment(done.len() as u64);
}
