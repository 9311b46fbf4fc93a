//! Documents leave in one interchange: its numbers are taken, its bytes kept and owed to the partner's outlet, and what
//! the partner has to answer is waited for. Inside whatever unit asks for it.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::render::{Enclosed, NotRendered, Numbers, Rendered, enclose};
use super::{Origin, Outgoing};
use crate::journey::read::confirm;
use crate::journey::read::unit::payload;
use crate::journey::{DELIVER, recognise};
use crate::ports::NewJob;
use crate::store::{
    self, Answer, Counter, Delivery, Direction, Document, DocumentId, DocumentState, Error, Expectation, GroupId,
    GroupState, Id, InterchangeId, InterchangeState, NumberLevel, NumberRange, Session, Store, Subject, Transport,
};
use crate::wire::Syntax;

/// An interchange that was numbered, kept and owed to its outlet.
#[derive(Clone, Debug)]
pub struct Departed {
    interchange: InterchangeId,
    group: GroupId,
    payload: String,
    /// Of every set: its control number, and where it stands.
    sets: Vec<(String, (u64, u64))>,
    /// Whether the partner has to answer.
    awaited: Answer,
}

impl Departed {
    /// A document as it stands once it has left as the set of this position, from 1.
    pub fn mark(&self, document: &mut Document, position: u64) {
        let index = usize::try_from(position.saturating_sub(1)).unwrap_or(usize::MAX);
        let (control_number, span) = self.sets.get(index).cloned().unwrap_or_default();
        document.interchange = Some(self.interchange);
        document.group = Some(self.group);
        document.position = position;
        document.control_number = control_number;
        document.span = span;
        document.payload = Some(self.payload.clone());
        document.functional = self.awaited;
        document.state = DocumentState::Done;
        document.transport = Transport::Pending;
    }
}

impl Outgoing {
    /// Sets that were written as this one was, in one interchange that is called after the first document.
    ///
    /// # Errors
    /// Those of the store; nothing is taken then.
    pub(super) async fn depart(
        &self,
        session: &mut Session,
        store: &Store,
        origin: &Origin,
        (sets, first): (&[&Rendered], DocumentId),
    ) -> store::Result<Departed> {
        let now = session.now().await?;
        let numbers = self.take_numbers(session).await?;
        let Enclosed { bytes, spans } = self.enclosed(sets, numbers).map_err(|why| Error::Refused(why.to_string()))?;
        let length = bytes.len() as u64;
        let payload = payload(store, bytes)?;
        session.add_payload(&payload).await?;
        let is_enveloped = self.rendered.is_enveloped();
        let expected = is_enveloped && self.agreement.terms.answer_hours_max > 0;
        let awaited = if expected { Answer::Awaiting } else { Answer::None };
        let interchange = self.interchange(origin, numbers, length);
        let group = self.group(&interchange, spans.len() as u64, numbers, awaited);
        session.add_interchange(&interchange).await?;
        session.add_group(&group).await?;
        if is_enveloped {
            session.add_expectations(&self.expectations(&interchange, &group, awaited, now)).await?;
        }
        let name = self.file_name(&interchange.control_number, first);
        let outlet = self.partner.outlet();
        let subject = (Subject::Interchange, interchange.id.to_string());
        let delivery = Delivery::new(&outlet, Some(&self.partner.id), subject, &payload.hash, name);
        session.queue_deliveries(&outlet, &mut [delivery]).await?;
        let job = NewJob { revision: Some(origin.revision.clone()), ..NewJob::new(DELIVER, &outlet, &self.partner.id) };
        session.enqueue(vec![job.once()]).await?;
        let text = self.text(numbers);
        let number = |position| if is_enveloped { text.set(position) } else { String::new() };
        // One document alone is all its interchange says.
        let spans = if spans.len() == 1 { vec![(0, length)] } else { spans };
        let sets = (1..).map(number).zip(spans).collect();
        Ok(Departed { interchange: interchange.id, group: group.id, payload: payload.hash.clone(), sets, awaited })
    }

    /// The numbers of the interchange and, in X12, of the group.
    async fn take_numbers(&self, session: &mut Session) -> store::Result<(u64, u64)> {
        if !self.rendered.is_enveloped() {
            return Ok((0, 0));
        }
        let numbering = &self.partner.numbering;
        let range = NumberRange { first: numbering.start, last: numbering.last };
        let envelope = &self.envelope;
        let counter = Counter {
            level: NumberLevel::Interchange,
            sender: recognise::spoken(Some(&envelope.sender)),
            receiver: recognise::spoken(Some(&envelope.receiver)),
            functional_id: String::new(),
            test: envelope.test,
        };
        let interchange = session.take_number(&counter, range).await?;
        let Some(functional_id) = self.rendered.functional_id().filter(|_| self.syntax() == Syntax::X12) else {
            return Ok((interchange, 0));
        };
        let counter = Counter {
            level: NumberLevel::Group,
            sender: envelope.group_sender.clone(),
            receiver: envelope.group_receiver.clone(),
            functional_id: functional_id.to_owned(),
            test: envelope.test,
        };
        Ok((interchange, session.take_number(&counter, range).await?))
    }

    fn syntax(&self) -> Syntax {
        self.envelope.form.syntax
    }

    fn text(&self, (interchange, group): (u64, u64)) -> Numbers {
        Numbers::of(&self.partner.numbering, self.syntax(), interchange, group)
    }

    /// Sets like this one as they leave, with where each stands; of XML the document itself.
    pub(super) fn enclosed(&self, sets: &[&Rendered], numbers: (u64, u64)) -> Result<Enclosed, NotRendered> {
        if self.rendered.is_enveloped() {
            return enclose(sets, &self.envelope, &self.text(numbers));
        }
        let bytes = self.rendered.enclose(&self.envelope, &self.text(numbers))?;
        let whole = (0, bytes.len() as u64);
        Ok(Enclosed { bytes, spans: vec![whole] })
    }

    fn interchange(&self, origin: &Origin, numbers: (u64, u64), length: u64) -> store::Interchange {
        let envelope = &self.envelope;
        let enveloped = self.rendered.is_enveloped();
        let syntax = match (enveloped, self.syntax()) {
            (false, _) => self.rendered.address.standard.as_str(),
            (true, Syntax::X12) => "x12",
            (true, Syntax::Edifact) => "edifact",
        };
        store::Interchange {
            id: Id::new(),
            transmission: origin.transmission,
            position: 1,
            direction: Direction::Out,
            partner: Some(self.partner.id.clone()),
            syntax: syntax.to_owned(),
            version: if enveloped { envelope.version.clone() } else { self.rendered.address.release.clone() },
            sender: recognise::spoken(Some(&envelope.sender)),
            receiver: recognise::spoken(Some(&envelope.receiver)),
            control_number: if enveloped { self.text(numbers).interchange } else { String::new() },
            test: envelope.test,
            duplicate_of: None,
            span: (0, length),
            state: InterchangeState::Closed,
            header: json!({}),
            findings: json!([]),
        }
    }

    fn group(&self, interchange: &store::Interchange, sets: u64, numbers: (u64, u64), awaited: Answer) -> store::Group {
        let is_x12 = self.rendered.is_enveloped() && self.syntax() == Syntax::X12;
        store::Group {
            id: Id::new(),
            interchange: interchange.id,
            position: 1,
            direction: Direction::Out,
            partner: interchange.partner.clone(),
            functional_id: self.rendered.functional_id().unwrap_or_default().to_owned(),
            version: self.rendered.address.release.clone(),
            sender: self.envelope.group_sender.clone(),
            receiver: self.envelope.group_receiver.clone(),
            control_number: is_x12.then(|| self.text(numbers).group),
            state: GroupState::Accepted,
            sets_stated: Some(sets),
            sets_received: sets,
            sets_accepted: sets,
            acknowledgement: awaited,
            header: json!({}),
            findings: json!([]),
        }
    }

    /// What may come back: of an X12 group its 997 or 999, of its interchange a TA1 that nobody waits for; of an EDIFACT
    /// interchange its CONTRL.
    fn expectations(
        &self,
        interchange: &store::Interchange,
        group: &store::Group,
        awaited: Answer,
        now: Timestamp,
    ) -> Vec<Expectation> {
        let envelope = &self.envelope;
        let hours = i64::from(self.agreement.terms.answer_hours_max);
        let due_at = now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
        let expectation = |key: String, subject: (Subject, String), state| Expectation {
            id: Id::new(),
            key,
            subject,
            partner: interchange.partner.clone(),
            state,
            due_at,
            answered_by: None,
            outcome: None,
        };
        let (ours, theirs) = (&envelope.sender.id, &envelope.receiver.id);
        let of_interchange =
            confirm::interchange_key(self.syntax(), ours, theirs, &interchange.control_number, envelope.test);
        let interchange_subject = (Subject::Interchange, interchange.id.to_string());
        match &group.control_number {
            Some(number) => vec![
                expectation(of_interchange, interchange_subject, Answer::None),
                expectation(
                    confirm::group_key(&group.sender, &group.receiver, &group.functional_id, number),
                    (Subject::Group, group.id.to_string()),
                    awaited,
                ),
            ],
            None => vec![expectation(of_interchange, interchange_subject, awaited)],
        }
    }

    fn file_name(&self, control_number: &str, id: DocumentId) -> String {
        let kind = &self.rendered.address.kind;
        if self.rendered.is_enveloped() {
            format!("{kind}-{control_number}-{id}.edi")
        } else {
            format!("{kind}-{id}.xml")
        }
    }
}
