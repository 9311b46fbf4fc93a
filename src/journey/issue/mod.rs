//! A canonical document goes out: written as agreed with the partner, numbered, checked, kept, and owed to its outlet;
//! what the partner has to answer is waited for.
//!
//! [`Outgoing::prepare`] decides, [`Outgoing::write`] stores in whatever unit asks for it: the step below for files in
//! `send/`, a process for what follows from a document.

pub(super) mod batch;
mod depart;
pub mod render;

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use self::render::{Envelope, NotRendered, Rendered, Whose, render};
use super::translate::{Translated, translate};
use super::{Gateway, InForce, Step};
use crate::canonical::{Canonical, Kind};
use crate::catalogue::{Case, Catalogue};
use crate::grammar::Address;
use crate::partner::{Agreement, Direction as Way, Partner, Realm};
use crate::ports::{Job, Verdict};
use crate::store::{
    self, Answer, Contents, Direction, Document, DocumentId, DocumentState, Hold, Id, Session, Store, Subject,
    Transmission, TransmissionId, TransmissionState, Transport,
};
use crate::wire::Syntax;

/// What a canonical document may measure.
const BYTES_MAX: u64 = 64 << 20;

/// Why a document does not go out, for a person.
#[derive(Clone, Debug)]
pub enum NotIssued {
    /// Nobody is known by this name.
    UnknownPartner(String),
    /// Nothing outbound was agreed that carries this kind.
    NotAgreed {
        partner: String,
        kind: Kind,
    },
    /// More than one thing was agreed that carries this kind, and nothing says which is meant.
    Several {
        partner: String,
        kind: Kind,
        choices: Vec<String>,
    },
    /// An identity is missing that the envelope needs.
    Nameless {
        partner: String,
        whose: Whose,
        syntax: Syntax,
    },
    NotRendered(NotRendered),
}

impl fmt::Display for NotIssued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPartner(id) => write!(f, "There is no partner {id}."),
            Self::NotAgreed { partner, kind } => write!(
                f,
                "Nothing that carries documents of kind {kind} was agreed with {partner}: add [outbound.KIND] to \
                 partners/{partner}.toml, as in [outbound.810]."
            ),
            Self::Several { partner, kind, choices } => write!(
                f,
                "{partner} can get documents of kind {kind} as {}: say which, by `entrepot send --as` or by beginning \
                 the file's name with it, as in {}-4711.json.",
                choices.join(" or "),
                choices.first().map_or("810", String::as_str)
            ),
            Self::Nameless { partner, whose, syntax } => {
                let (whose, file) = match whose {
                    Whose::Ours => ("our own", "us"),
                    Whose::Theirs => ("the partner's", partner.as_str()),
                };
                let (table, id) = match syntax {
                    Syntax::Edifact => ("edifact", "4000001000005:14"),
                    Syntax::X12 => ("x12", "ZZ:NAME"),
                };
                write!(
                    f,
                    "The envelope needs {whose} identity: write it into partners/{file}.toml of the catalogue, under \
                     [{table}], as in id = \"{id}\"."
                )
            }
            Self::NotRendered(why) => write!(f, "It cannot be written as agreed: {why}."),
        }
    }
}

/// A document that can leave as it is: written through its map and read back once, without numbers of its own yet.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub(super) partner: Partner,
    pub(super) agreement: Agreement,
    pub(super) rendered: Rendered,
    pub(super) envelope: Envelope,
    pub(super) translated: Translated,
    /// Of a document that leaves again on purpose, corrected: the how manieth it is. What came before is not in its way.
    pub again: Option<String>,
}

/// What became of a document that was to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    New(DocumentId),
    /// The same document was sent before: nothing leaves.
    Duplicate(DocumentId),
    /// Another document of the same number was sent before: nothing leaves, a person must decide.
    Conflict(DocumentId),
}

impl Outgoing {
    /// Writes a document as agreed with a partner. `wanted` is the kind on the wire (`810`, `INVOIC`) where several were
    /// agreed.
    ///
    /// # Errors
    /// Why it cannot leave, in words.
    pub fn prepare(
        catalogue: &Catalogue,
        partner: &str,
        document: &Canonical<'_>,
        wanted: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, NotIssued> {
        let directory = &catalogue.directory;
        let partner = directory.partner(partner).ok_or_else(|| NotIssued::UnknownPartner(partner.to_owned()))?;
        let agreement = agreed(catalogue, partner, document.kind, wanted)?;
        // An agreement's address always parses: the catalogue found its grammar or map when it was loaded.
        let address: Address = agreement
            .address()
            .parse()
            .map_err(|_| NotIssued::NotAgreed { partner: partner.id.clone(), kind: document.kind })?;
        let test = document.fields.flag("test").unwrap_or(false);
        let at = TimeZone::UTC.to_datetime(now);
        let mut envelope = Envelope::agreed(directory, partner, &address, agreement.convention.clone(), at);
        envelope.test = test;
        let answer_expected = agreement.terms.answer_hours_max > 0;
        envelope.acknowledgement_requested = envelope.form.syntax == Syntax::Edifact && answer_expected;
        let case = Case { partner: Some(partner), agreement: Some(&agreement), today: Some(at.date()) };
        let rendered = render(catalogue, &address, case, document, envelope.form).map_err(NotIssued::NotRendered)?;
        if let (true, Some(whose)) = (rendered.is_enveloped(), envelope.nameless()) {
            let syntax = envelope.form.syntax;
            return Err(NotIssued::Nameless { partner: partner.id.clone(), whose, syntax });
        }
        let outgoing = Self {
            partner: partner.clone(),
            agreement,
            rendered,
            envelope,
            translated: translate(document, test),
            again: None,
        };
        outgoing.enclosed(&[&outgoing.rendered], (1, 1)).map_err(NotIssued::NotRendered)?;
        Ok(outgoing)
    }

    /// Fields that the wire cannot carry, with their values: told, never lost in silence.
    pub fn lost(&self) -> &[(String, String)] {
        &self.rendered.lost
    }

    /// Takes numbers, keeps the bytes, and owes them to the partner's outlet, inside a unit. Where batches were agreed, the
    /// document waits for others first.
    ///
    /// # Errors
    /// Those of the store; nothing is taken then.
    pub async fn write(&self, session: &mut Session, store: &Store, origin: &Origin) -> store::Result<Issued> {
        let id: DocumentId = Id::new();
        if let Some(earlier) = self.claim(session, id).await? {
            return Ok(earlier);
        }
        let mut document = Document {
            id,
            direction: Direction::Out,
            kind: Some(self.translated.kind.clone()),
            type_code: self.rendered.address.kind.clone(),
            release: self.rendered.address.release.clone(),
            partner: Some(self.partner.id.clone()),
            transmission: origin.transmission,
            interchange: None,
            group: None,
            position: 1,
            control_number: String::new(),
            number: self.translated.number.clone(),
            test: self.envelope.test,
            disposition: "accepted".into(),
            state: DocumentState::Ready,
            transport: Transport::Pending,
            functional: Answer::None,
            application: Answer::None,
            payload: None,
            span: (0, 0),
            segments: self.rendered.segments(),
            findings_count: 0,
            content_hash: Some(self.translated.hash().to_owned()),
            duplicate_of: None,
            map: Some(self.rendered.map.clone()),
            revision: Some(origin.revision.clone()),
            created_at: session.now().await?,
        };
        let batch = self.agreement.batch.filter(|_| self.rendered.is_enveloped());
        if batch.is_none() {
            let departed = self.depart(session, store, origin, (&[&self.rendered], id)).await?;
            departed.mark(&mut document, 1);
        }
        let lost: Vec<_> = self.lost().iter().map(|(place, value)| json!({"place": place, "value": value})).collect();
        let contents = Contents {
            canonical: Some(self.translated.json.clone()),
            findings: None,
            coverage: (!lost.is_empty()).then(|| json!({"unmapped": lost}).to_string()),
        };
        if let Some(batch) = batch {
            batch::wait(session, &document, contents, batch).await?;
        } else {
            session.add_documents(&[(document, contents)]).await?;
        }
        Ok(Issued::New(id))
    }

    /// The document's business key among what was sent; `Some` where another document has it.
    async fn claim(&self, session: &mut Session, id: DocumentId) -> store::Result<Option<Issued>> {
        let claim = self.translated.claim(&self.partner.id, Direction::Out, self.envelope.test, id);
        let Some(mut claim) = claim else { return Ok(None) };
        if let Some(again) = &self.again {
            claim.key.push_str(&format!("|{again}"));
        }
        let earlier = session.claim_once("business", std::slice::from_ref(&claim)).await?;
        let Some(earlier) = earlier.into_iter().next().flatten() else { return Ok(None) };
        let Ok(before) = earlier.subject.parse() else { return Ok(None) };
        if session.document(before).await.is_ok_and(|before| before.state == DocumentState::Rejected) {
            // What had the key never left.
            session.retake_once("business", &claim).await?;
            return Ok(None);
        }
        Ok(Some(if earlier.hash == claim.hash { Issued::Duplicate(before) } else { Issued::Conflict(before) }))
    }
}

/// What a document that goes out comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The file in `send/`, where it was one.
    pub transmission: Option<TransmissionId>,
    /// The configuration it is written by.
    pub revision: String,
}

/// The outbound agreement whose map writes this kind of document.
fn agreed(catalogue: &Catalogue, partner: &Partner, kind: Kind, wanted: Option<&str>) -> Result<Agreement, NotIssued> {
    let outbound = partner.agreements.iter().filter(|agreement| agreement.direction == Way::Outbound);
    let mut fitting: Vec<&Agreement> =
        outbound.filter(|agreement| kind_written(catalogue, partner, agreement) == Some(kind)).collect();
    if let Some(wanted) = wanted
        && fitting.iter().any(|agreement| agreement.kind == wanted)
    {
        fitting.retain(|agreement| agreement.kind == wanted);
    }
    match fitting.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(NotIssued::NotAgreed { partner: partner.id.clone(), kind }),
        several => Err(NotIssued::Several {
            partner: partner.id.clone(),
            kind,
            choices: several.iter().map(|agreement| agreement.kind.clone()).collect(),
        }),
    }
}

fn kind_written(catalogue: &Catalogue, partner: &Partner, agreement: &Agreement) -> Option<Kind> {
    let address: Address = agreement.address().parse().ok()?;
    if agreement.realm() == Realm::Xml {
        let name = agreement.map.clone().unwrap_or_else(|| address.to_string());
        return Some(catalogue.xml(&name)?.kind);
    }
    let case = Case { partner: Some(partner), agreement: Some(agreement), today: None };
    Some(catalogue.rules_for(&address, case)?.mapping?.kind)
}

/// Takes a file from `send/PARTNER/`: a canonical document that is to go out.
///
/// # Errors
/// When the store fails. What is wrong with the document itself holds it, with the reason beside the file.
pub async fn issue(gateway: &Gateway, job: &Job) -> Result<Verdict, Step> {
    let id: TransmissionId = job.subject.parse().map_err(|_| Step::broken("the job names no transmission"))?;
    let transmission = gateway.store.view().await?.transmission(id).await?;
    let in_force = gateway.in_force();
    let now = gateway.clock.now();
    match read(gateway, &transmission, &in_force, now).await? {
        Ok(outgoing) => leave(gateway, job, transmission, outgoing, &in_force).await?,
        Err(why) => hold(gateway, job, &transmission, why).await?,
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
    let id = transmission.id;
    let context = (job.clone(), transmission, outgoing, origin, gateway.store.clone());
    let issued = gateway
        .store
        .write(context, |(job, transmission, outgoing, origin, store), session| {
            Box::pin(async move {
                let issued = outgoing.write(session, store, origin).await?;
                let (document, outcome) = match issued {
                    Issued::New(document) => (document, "issued"),
                    Issued::Duplicate(document) => (document, "duplicate"),
                    Issued::Conflict(document) => {
                        let number = outgoing.translated.number.as_deref().unwrap_or("without a number");
                        let words = format!(
                            "{} {number} was sent before with other contents; nothing left.",
                            outgoing.translated.kind
                        );
                        let now = session.now().await?;
                        session.add_hold(&held(transmission, "document-conflict", words, now)).await?;
                        (document, "conflict")
                    }
                };
                let summary = json!({ outcome: document.to_string() });
                session.advance_transmission(transmission.id, TransmissionState::Done, None, &summary).await?;
                session.finish_job(job).await?;
                Ok(issued)
            })
        })
        .await?;
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

/// The document waits for a person; its file goes to the error folder with the reason beside it.
async fn hold(gateway: &Gateway, job: &Job, transmission: &Transmission, why: String) -> Result<(), Step> {
    let hold = held(transmission, "not-issued", why.clone(), gateway.clock.now());
    let summary = json!({"held": why});
    gateway
        .store
        .write((job.clone(), transmission.id, hold, summary), |(job, id, hold, summary), session| {
            Box::pin(async move {
                session.add_hold(hold).await?;
                session.advance_transmission(*id, TransmissionState::Held, None, summary).await?;
                session.finish_job(job).await
            })
        })
        .await?;
    tracing::warn!(transmission = %transmission.id, why, "not issued");
    gateway.file_away(transmission.id, Some(why));
    Ok(())
}

fn held(transmission: &Transmission, fault: &str, reason: String, created_at: Timestamp) -> Hold {
    Hold {
        fault: fault.into(),
        reason,
        partner: transmission.partner.clone(),
        subject: (Subject::Transmission, transmission.id.to_string()),
        ..Hold::open(created_at)
    }
}
