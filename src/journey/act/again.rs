//! Once more, because a person asks: received bytes through the gateway again, or sent bytes to the partner again.
//!
//! A replay reads with what is in force now. It has no effect a second time for what counted already, and it answers
//! nobody: what the partner was told stays as it was told. A resend repeats the stored bytes and numbers.

use std::fmt;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::journey::read::stranger;
use crate::journey::{DELIVER, READ};
use crate::ports::{Job, NewJob};
use crate::store::{
    Delivery, DeliveryState, Direction, DocumentId, DocumentState, Error, Event, HoldState, Id, InterchangeId, Result,
    Session, Transmission, TransmissionId, TransmissionState, View,
};

/// The door that replays come through, before the name of the first one: `replay:folder:in/acme`.
pub(in crate::journey) const DOOR: &str = "replay:";

/// What was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// The bytes are read again, as this transmission.
    Reading(TransmissionId),
    /// A parked job runs again.
    Job(Uuid),
}

/// What leaves again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resent {
    pub outlet: String,
    pub file_name: String,
}

/// Reads received bytes again, as the transmission `new`. `id` is a document, an interchange, a transmission, or a parked
/// job. `partner` says whose they are where the bytes do not (XML). What waited for a person about them is closed: if
/// something is still wrong, it waits anew, as the new reading, which supersedes what was held.
///
/// # Errors
/// [`Error::Missing`] where nothing received has this id.
pub async fn read_once_more(
    session: &mut Session,
    id: &str,
    partner: Option<&str>,
    by: &str,
    new: TransmissionId,
) -> Result<Replayed> {
    let original = match original(session, id).await? {
        Original::Job(job) => {
            close_holds(session, &job.subject, by, "the job runs again").await?;
            session.unpark_job(job.id).await?;
            return Ok(Replayed::Job(job.id));
        }
        Original::Transmission(original) => original,
    };
    let door = match original.door.strip_prefix(DOOR) {
        Some(_) => original.door.clone(),
        None => format!("{DOOR}{}", original.door),
    };
    let partner = partner.map(str::to_owned).or_else(|| original.partner.clone());
    let now = session.now().await?;
    session
        .add_transmission(&Transmission {
            id: new,
            door,
            partner: partner.clone(),
            state: TransmissionState::Received,
            checkpoint: None,
            summary: json!({"replays": original.id.to_string()}),
            received_at: now,
            ..(*original).clone()
        })
        .await?;
    let note = format!("replayed as {new}");
    // Earlier replays of the same bytes may wait too.
    for earlier in session.transmissions_with(&original.payload).await? {
        close_holds(session, &earlier.to_string(), by, &note).await?;
        for interchange in session.interchanges_of(earlier).await? {
            close_holds(session, &interchange.id.to_string(), by, &note).await?;
        }
        for document in session.held_documents_of(earlier).await? {
            close_holds(session, &document.to_string(), by, &note).await?;
            session.set_document_state(document, DocumentState::Superseded).await?;
        }
    }
    let detail = json!({"as": new.to_string()});
    session.record(&[event(now, by, "transmission.replayed", original.id, detail)]).await?;
    session.enqueue(vec![NewJob::new(READ, new, partner.as_deref().unwrap_or_default())]).await?;
    Ok(Replayed::Reading(new))
}

/// What would run again.
pub(in crate::journey) enum Original {
    Transmission(Box<Transmission>),
    Job(Box<Job>),
}

/// What a document, an interchange, a transmission or a parked job is read again from.
///
/// # Errors
/// [`Error::Missing`] where nothing received has this id.
pub(in crate::journey) async fn original(view: &mut View, id: &str) -> Result<Original> {
    let id = parsed(id)?;
    if let Some(parked) = view.parked_jobs(1000).await?.into_iter().find(|parked| parked.job.id == id) {
        return Ok(Original::Job(Box::new(parked.job)));
    }
    transmission_of(view, id).await.map(|found| Original::Transmission(Box::new(found)))
}

/// How many documents a transmission brought, and the money in them: what they order, bill or pay. Where there are more
/// than `most`, the money is not counted.
///
/// # Errors
/// Those of the store.
pub(in crate::journey) async fn weight(view: &mut View, id: TransmissionId, most: usize) -> Result<(usize, Decimal)> {
    let texts = view.canonicals_of(id, most + 1).await?;
    if texts.len() > most {
        return Ok((texts.len(), Decimal::ZERO));
    }
    let mut money = Decimal::ZERO;
    for text in texts.iter().flatten() {
        money += worth(&serde_json::from_str(text).map_err(Error::damaged)?);
    }
    Ok((texts.len(), money))
}

/// What a canonical document comes to: the amount that is paid, else its lines at their prices.
fn worth(document: &Value) -> Decimal {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<Decimal>().ok());
    let lines = document["lines"].as_array().into_iter().flatten();
    let of_lines = lines.filter_map(|line| number(&line["quantity"])?.checked_mul(number(&line["price"])?));
    number(&document["amount"]).unwrap_or_else(|| of_lines.sum()).abs()
}

/// What left last for an id: of an outbound document its interchange, of an inbound one its answers.
///
/// # Errors
/// [`Error::Missing`] where nothing has this id.
pub async fn left_last(view: &mut View, id: &str) -> Result<Vec<Resent>> {
    let mut left = Vec::new();
    for subject in sent_for(view, parsed(id)?).await? {
        let last = view.deliveries_of(&subject).await?.pop();
        left.extend(last.map(|last| Resent { outlet: last.outlet, file_name: last.file_name }));
    }
    Ok(left)
}

/// Sends stored bytes again under their old numbers: of a document that we sent, the answers to one that came, or what a
/// delivery carried.
///
/// # Errors
/// [`Error::Missing`] where nothing has this id, [`Error::Refused`] where nothing was sent for it.
pub async fn send_once_more(session: &mut Session, id: &str, by: &str) -> Result<Vec<Resent>> {
    send_again(session, parsed(id)?, by).await
}

/// What was sent for an id: of an outbound document its interchange, of an inbound one its answers.
async fn sent_for(session: &mut View, id: Uuid) -> Result<Vec<String>> {
    if let Ok(delivery) = session.delivery(Id::from_uuid(id)).await {
        return Ok(vec![delivery.subject.1]);
    }
    let document = session.document(DocumentId::from_uuid(id)).await?;
    let interchange =
        document.interchange.ok_or_else(|| Error::Refused(format!("nothing was sent for document {id}")))?;
    match document.direction {
        Direction::Out => Ok(vec![interchange.to_string()]),
        Direction::In => Ok(session.replies_to(interchange).await?.iter().map(|reply| reply.id.to_string()).collect()),
    }
}

async fn send_again(session: &mut Session, id: Uuid, by: &str) -> Result<Vec<Resent>> {
    let subjects = sent_for(session, id).await?;
    let mut resent = Vec::new();
    for subject in subjects {
        let sent = session.deliveries_of(&subject).await?;
        let Some(last) = sent.last() else { continue };
        // One that was given up is taken over by its repetition.
        for parked in sent.iter().filter(|delivery| delivery.state == DeliveryState::Parked) {
            session.set_delivery_state(parked.id, DeliveryState::Withdrawn, Some("sent again")).await?;
            close_holds(session, &parked.id.to_string(), by, "sent again").await?;
        }
        let new: Id<Delivery> = Id::new();
        let file_name = again(&last.file_name, new);
        let delivery = Delivery {
            id: new,
            ..Delivery::new(&last.outlet, last.partner.as_deref(), last.subject.clone(), &last.payload, file_name)
        };
        resent.push(Resent { outlet: last.outlet.clone(), file_name: delivery.file_name.clone() });
        let partner = last.partner.clone().unwrap_or_default();
        session.queue_deliveries(&last.outlet, &mut [delivery]).await?;
        session.enqueue(vec![NewJob::new(DELIVER, &last.outlet, &partner).once()]).await?;
    }
    if resent.is_empty() {
        return Err(Error::Refused(format!("nothing was sent for {id}")));
    }
    let now = session.now().await?;
    let files: Vec<&str> = resent.iter().map(|resent| resent.file_name.as_str()).collect();
    session.record(&[event(now, by, "document.resent", id, json!({"files": files}))]).await?;
    Ok(resent)
}

/// `810-000000042-0193....edi` as `810-000000042-0193...-again-0193....edi`: a file of its own.
fn again(file_name: &str, id: Id<Delivery>) -> String {
    match file_name.rsplit_once('.') {
        Some((stem, ending)) => format!("{}-again-{id}.{ending}", stem.split("-again-").next().unwrap_or(stem)),
        None => format!("{file_name}-again-{id}"),
    }
}

async fn transmission_of(view: &mut View, id: Uuid) -> Result<Transmission> {
    if let Ok(transmission) = view.transmission(TransmissionId::from_uuid(id)).await {
        return Ok(transmission);
    }
    let interchange = match view.document(DocumentId::from_uuid(id)).await {
        Ok(document) if document.direction == Direction::Out => {
            return Err(Error::Refused(format!("{id} was sent, not received: `entrepot resend` sends it again")));
        }
        Ok(document) => document.interchange,
        Err(Error::Missing { .. }) => Some(InterchangeId::from_uuid(id)),
        Err(error) => return Err(error),
    };
    let missing = || Error::missing(format_args!("document, transmission or parked job {id}"));
    let interchange = view.interchange(interchange.ok_or_else(missing)?).await.map_err(|_| missing())?;
    view.transmission(interchange.transmission.ok_or_else(missing)?).await
}

pub(in crate::journey) async fn close_holds(session: &mut Session, subject: &str, by: &str, note: &str) -> Result<()> {
    for hold in session.holds_of(subject).await? {
        if hold.state == HoldState::Open {
            session.close_hold(hold.id, HoldState::Released, by, Some(note)).await?;
            if hold.fault == "partner-unknown" {
                session.close_case_of_house(&stranger::key(&hold), by, Some(note)).await?;
            }
        }
    }
    Ok(())
}

fn event(at: jiff::Timestamp, by: &str, kind: &str, subject: impl fmt::Display, detail: serde_json::Value) -> Event {
    let subject = subject.to_string();
    let noun = kind.split('.').next().unwrap_or_default();
    let key = format!("{noun}|{subject}");
    Event { at, actor: by.to_owned(), kind: kind.to_owned(), subject, key, partner: None, detail }
}

fn parsed(id: &str) -> Result<Uuid> {
    Uuid::parse_str(id).map_err(|_| Error::missing(format_args!("document: \"{id}\" is no id")))
}

impl Transmission {
    /// Whether a person had bytes read again that came before.
    pub(in crate::journey) fn is_replay(&self) -> bool {
        self.door.starts_with(DOOR)
    }
}
