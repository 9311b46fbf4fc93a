//! A file in `send/PARTNER/`: a canonical document that another system of ours wrote goes out, and does to its trade what it
//! means, in one unit. What its trade does not allow does not leave.

use jiff::Timestamp;
use serde_json::json;

use super::apply::sent::Leaving;
use super::apply::{self, Rules};
use super::issue::{Issued, Origin, Outgoing};
use super::{Gateway, InForce, Step};
use crate::canonical::Canonical;
use crate::ports::{Job, Verdict};
use crate::store::{self, DocumentId, Hold, Session, Subject, Transmission, TransmissionId, TransmissionState};

/// What a canonical document may measure.
const BYTES_MAX: u64 = 64 << 20;

/// Takes a file from `send/PARTNER/`: a canonical document that is to go out.
///
/// # Errors
/// When the store fails. What is wrong with the document itself holds it, with the reason beside the file.
pub async fn send(gateway: &Gateway, job: &Job) -> Result<Verdict, Step> {
    let id: TransmissionId = job.subject.parse().map_err(|_| Step::broken("the job names no transmission"))?;
    let transmission = gateway.store.view().await?.transmission(id).await?;
    let in_force = gateway.in_force();
    let now = gateway.clock.now();
    match read(gateway, &transmission, &in_force, now).await? {
        Ok(outgoing) => leave(gateway, job, transmission, outgoing, &in_force).await?,
        Err(why) => hold(gateway, job, (id, transmission.partner.as_deref()), why).await?,
    }
    Ok(Verdict::Done)
}

/// The document of a file, prepared, or why it cannot leave.
async fn read(
    gateway: &Gateway,
    transmission: &Transmission,
    in_force: &InForce,
    now: Timestamp,
) -> Result<Result<Outgoing, String>, Step> {
    let Some(partner) = transmission.partner.as_deref() else {
        return Ok(Err("It lay in send/ itself: put it into send/PARTNER/, the folder of whom it is for.".to_owned()));
    };
    if transmission.size > BYTES_MAX {
        return Ok(Err(format!("It is larger than {} MiB.", BYTES_MAX >> 20)));
    }
    let bytes = match gateway.fresh.take_bytes(&transmission.payload) {
        Some(bytes) => bytes.to_vec(),
        None => gateway.store.view().await?.payload_bytes(&transmission.payload).await?,
    };
    let document = match Canonical::from_json(&bytes) {
        Ok(document) => document,
        Err(errors) => {
            let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
            return Ok(Err(format!("It is no canonical document: {}.", told.join("; "))));
        }
    };
    let wanted = transmission.name.split(['-', '.']).next();
    Ok(Outgoing::prepare(&in_force.catalogue, partner, &document, wanted, now).map_err(|why| why.to_string()))
}

async fn leave(
    gateway: &Gateway,
    job: &Job,
    transmission: Transmission,
    outgoing: Outgoing,
    in_force: &InForce,
) -> Result<(), Step> {
    let origin = Origin { transmission: Some(transmission.id), revision: in_force.revision.clone() };
    for (place, value) in outgoing.lost() {
        tracing::warn!(transmission = %transmission.id, place, value, "no line of the map carries this");
    }
    let (id, partner) = (transmission.id, transmission.partner.clone());
    let context = (job.clone(), transmission, outgoing, origin, Rules::of(gateway));
    let issued = gateway
        .store
        .write(context, |(job, transmission, outgoing, origin, rules), session| {
            Box::pin(async move {
                let issued = outgoing.write(session, &rules.store, origin).await?;
                let (document, outcome) = match issued {
                    Issued::New(document) => {
                        moves(session, rules, outgoing, document).await?;
                        (document, "issued")
                    }
                    Issued::Duplicate(document) => (document, "duplicate"),
                    Issued::Conflict(document) => {
                        let number = outgoing.translated().number.as_deref().unwrap_or("without a number");
                        let words = format!(
                            "{} {number} was sent before with other contents; nothing left.",
                            outgoing.translated().kind
                        );
                        let now = session.now().await?;
                        session
                            .add_hold(&held(
                                (transmission.id, transmission.partner.as_deref()),
                                "document-conflict",
                                words,
                                now,
                            ))
                            .await?;
                        (document, "conflict")
                    }
                };
                let summary = json!({ outcome: document.to_string() });
                session.advance_transmission(transmission.id, TransmissionState::Done, None, &summary).await?;
                session.finish_job(job).await?;
                Ok(issued)
            })
        })
        .await;
    let issued = match issued {
        // Nothing of the unit was stored, and nothing has left.
        Err(store::Error::Refused(why)) => return hold(gateway, job, (id, partner.as_deref()), why).await,
        issued => issued?,
    };
    match issued {
        Issued::New(document) => tracing::info!(transmission = %id, %document, "issued"),
        Issued::Duplicate(document) => tracing::info!(transmission = %id, %document, "was sent before"),
        Issued::Conflict(document) => {
            tracing::warn!(transmission = %id, %document, "another one of this number was sent")
        }
    }
    let why = matches!(issued, Issued::Conflict(_))
        .then(|| "A document of this number was sent before with other contents; nothing left.".to_owned());
    gateway.file_away(id, why);
    metrics::counter!("entrepot_documents_issued_total").increment(u64::from(matches!(issued, Issued::New(_))));
    Ok(())
}

/// The document does to its trade what it means. One that contradicts it takes the whole unit back.
async fn moves(session: &mut Session, rules: &Rules, outgoing: &Outgoing, document: DocumentId) -> store::Result<()> {
    let translated = outgoing.translated();
    let Ok(canonical) = Canonical::from_json(translated.json.as_bytes()) else { return Ok(()) };
    let leaving = Leaving {
        canonical: &canonical,
        partner: outgoing.partner(),
        test: outgoing.is_test(),
        hash: translated.hash(),
        kind: outgoing.kind(),
        number: translated.number.as_deref(),
    };
    match apply::sent::sent(session, rules, &leaving, document).await? {
        Some(why) => {
            let number = translated.number.as_deref().unwrap_or("without a number");
            Err(store::Error::Refused(format!(
                "{} {number} does not fit its order: {why}. Nothing left.",
                outgoing.kind()
            )))
        }
        None => Ok(()),
    }
}

/// The document waits for a person; its file goes to the error folder with the reason beside it.
async fn hold(
    gateway: &Gateway,
    job: &Job,
    (id, partner): (TransmissionId, Option<&str>),
    why: String,
) -> Result<(), Step> {
    let hold = held((id, partner), "not-issued", why.clone(), gateway.clock.now());
    let summary = json!({"held": why});
    gateway
        .store
        .write((job.clone(), id, hold, summary), |(job, id, hold, summary), session| {
            Box::pin(async move {
                session.add_hold(hold).await?;
                session.advance_transmission(*id, TransmissionState::Held, None, summary).await?;
                session.finish_job(job).await
            })
        })
        .await?;
    tracing::warn!(transmission = %id, why, "not issued");
    gateway.file_away(id, Some(why));
    Ok(())
}

fn held((id, partner): (TransmissionId, Option<&str>), fault: &str, reason: String, created_at: Timestamp) -> Hold {
    Hold {
        fault: fault.into(),
        reason,
        partner: partner.map(str::to_owned),
        subject: (Subject::Transmission, id.to_string()),
        ..Hold::open(created_at)
    }
}
