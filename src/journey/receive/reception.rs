//! What doors ask of the gateway: take bytes, remember, keep proofs, report. Everything answered `Ok` is durable.

use std::fs::File;
use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Known, SEND, Through, know};
use crate::journey::{DELIVER, Gateway, Journey};
use crate::ports::{
    Again, Arrival, Case, CaseSubject, Content, Evidence, NewJob, NotTaken, Note, Promise, Reception, Taken,
    Undelivered,
};
use crate::store::{
    self, Answer, DeliveryId, DeliveryState, Error, Event, Hold, InterchangeId, Payload, Result, Session, Subject,
    Transport,
};

impl Reception for Journey {
    fn take(&self, arrival: Arrival) -> Promise<'_, Result<Taken, NotTaken>> {
        Box::pin(async move { take(&self.gateway, arrival).await })
    }

    fn recall<'a>(&'a self, scope: &'a str, key: &'a str) -> Promise<'a, Result<Option<Value>, NotTaken>> {
        Box::pin(async move { Ok(self.gateway.store.view().await?.note(scope, key).await?) })
    }

    fn remember(&self, notes: Vec<Note>) -> Promise<'_, Result<(), NotTaken>> {
        let write = self.gateway.store.write(notes, |notes, session| {
            Box::pin(async move {
                for note in notes {
                    session.set_note(&note.scope, &note.key, &note.value).await?;
                }
                Ok(())
            })
        });
        Box::pin(async move { Ok(write.await?) })
    }

    fn keep_evidence(&self, evidence: Evidence) -> Promise<'_, Result<String, NotTaken>> {
        Box::pin(async move {
            let payload = keep(&self.gateway, evidence.content).await?;
            let hash = payload.hash.clone();
            let context = (payload, evidence.subject.to_string(), evidence.kind);
            let write = self.gateway.store.write(context, |(payload, subject, kind), session| {
                Box::pin(async move {
                    session.add_payload(payload).await?;
                    session.add_evidence(subject, kind, &payload.hash).await
                })
            });
            write.await?;
            Ok(hash)
        })
    }

    fn report(&self, case: Case) -> Promise<'_, Result<(), NotTaken>> {
        let write =
            self.gateway.store.write(case, |case, session| Box::pin(async move { add_case(session, case).await }));
        Box::pin(async move { Ok(write.await?) })
    }

    fn outcome(&self, delivery: Uuid, outcome: Result<Value, Undelivered>) -> Promise<'_, Result<(), NotTaken>> {
        let context = (DeliveryId::from_uuid(delivery), outcome);
        let write = self.gateway.store.write(context, |(delivery, outcome), session| {
            Box::pin(async move { settle(session, *delivery, outcome).await })
        });
        Box::pin(async move { Ok(write.await?) })
    }
}

async fn take(gateway: &Gateway, arrival: Arrival) -> Result<Taken, NotTaken> {
    let bytes = match &arrival.content {
        Content::Bytes(bytes) => Some(bytes.clone()),
        Content::File(_) => None,
    };
    let payload = keep(gateway, arrival.content).await?;
    if payload.size == 0 {
        return Err(NotTaken::Never("it is empty".to_owned()));
    }
    let through = Through {
        is_to_be_sent: arrival.door == SEND,
        id: arrival.id,
        door: arrival.door,
        partner: arrival.partner,
        name: arrival.name,
        payload,
        once: arrival.once,
        notes: arrival.notes,
    };
    match know(gateway, through, bytes).await? {
        Known::New | Known::Already => Ok(Taken::New),
        Known::Again(value) => Ok(Taken::Again(value)),
    }
}

async fn keep(gateway: &Gateway, content: Content) -> Result<Payload> {
    match content {
        Content::Bytes(bytes) => gateway.store.keep(bytes).await,
        Content::File(path) => {
            let file = File::open(&path).map_err(|error| Error::file(&path, error))?;
            gateway.store.keep_from(file).await
        }
    }
}

/// What a door reports of a certificate that ends.
const CERTIFICATE_ENDS: &str = "certificate-ends";

async fn add_case(session: &mut Session, case: &Case) -> Result<()> {
    let subject = match &case.subject {
        CaseSubject::Arrival(id) => (Subject::Transmission, id.to_string()),
        CaseSubject::Delivery(id) => (Subject::Delivery, id.to_string()),
        CaseSubject::Partner(name) => (Subject::Partner, name.clone()),
    };
    let created_at = session.now().await?;
    if let (CaseSubject::Partner(name), CERTIFICATE_ENDS) = (&case.subject, case.fault.as_str()) {
        let mut detail = case.told.clone().unwrap_or_default();
        detail["words"] = case.reason.as_str().into();
        let event = Event {
            at: created_at,
            actor: "journey/reception".into(),
            kind: "partner.certificate_expiring".into(),
            subject: name.clone(),
            key: format!("partner|{name}"),
            partner: case.partner.clone(),
            detail,
        };
        session.record(&[event]).await?;
    }
    session
        .add_hold(&Hold {
            fault: case.fault.clone(),
            reason: case.reason.clone(),
            partner: case.partner.clone(),
            subject,
            told: case.told.clone(),
            ..Hold::open(created_at)
        })
        .await
}

/// Notes down what became of a delivery that had left already.
async fn settle(
    session: &mut Session,
    id: DeliveryId,
    outcome: &std::result::Result<Value, Undelivered>,
) -> Result<()> {
    let delivery = session.delivery(id).await?;
    let (answer, transport, said) = match outcome {
        Ok(said) => (Answer::Accepted, Transport::Accepted, said.clone()),
        Err(failed) => (Answer::Rejected, Transport::Failed, json!({"reason": failed.reason, "side": failed.side})),
    };
    for expected in session.expectations_of(&id.to_string()).await? {
        if matches!(expected.state, Answer::Awaiting | Answer::Overdue) {
            session.settle_expectation(expected.id, answer, None, &said).await?;
        }
    }
    if let Some(interchange) = carried_interchange(&delivery) {
        session.set_transport_of(interchange, transport).await?;
    }
    match outcome {
        Ok(said) => session.delivered(id, said).await,
        Err(failed) if failed.again != Again::Never => {
            // Back to its old place in the queue: the next delivery of this outlet takes it along.
            session.set_delivery_state(id, DeliveryState::Queued, Some(&failed.reason)).await?;
            let partner = delivery.partner.as_deref().unwrap_or_default();
            session.enqueue(vec![NewJob::new(DELIVER, &delivery.outlet, partner).once()]).await
        }
        Err(failed) => {
            session.set_delivery_state(id, DeliveryState::Parked, Some(&failed.reason)).await?;
            let case = Case {
                fault: "not-delivered".into(),
                reason: format!("{} did not reach the partner: {}", delivery.file_name, failed.reason),
                partner: delivery.partner.clone(),
                subject: CaseSubject::Delivery(id.uuid()),
                told: None,
            };
            add_case(session, &case).await
        }
    }
}

/// The interchange of ours that a delivery carried, where it is no answer.
pub(in crate::journey) fn carried_interchange(delivery: &store::Delivery) -> Option<InterchangeId> {
    let (kind, id) = &delivery.subject;
    if *kind == Subject::Interchange { id.parse().ok() } else { None }
}

impl From<Error> for NotTaken {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(why) => Self::Never(why),
            error => Self::Later(error.to_string()),
        }
    }
}

/// A door's file that cannot be opened is tried again: it is the house's own.
impl From<std::io::Error> for NotTaken {
    fn from(error: std::io::Error) -> Self {
        Error::file(Path::new("what arrived"), error).into()
    }
}
