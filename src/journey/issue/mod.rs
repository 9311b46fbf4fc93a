//! A canonical document goes out: written as agreed with the partner, numbered, checked, kept, and owed to its outlet;
//! what the partner has to answer is waited for.
//!
//! [`Outgoing::prepare`] decides, [`Outgoing::write`] stores in whatever unit asks for it: [`super::send`] for files in
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
use crate::canonical::{Canonical, Kind};
use crate::catalogue::{Case, Catalogue};
use crate::grammar::Address;
use crate::partner::{Agreement, Direction as Way, Partner, Realm};
use crate::store::{
    self, Answer, Contents, Direction, Document, DocumentId, DocumentState, Id, Session, Store, TransmissionId,
    Transport,
};
use crate::wire::Syntax;

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
        rendered.keeps_the_rules(catalogue, Some(&agreement)).map_err(NotIssued::NotRendered)?;
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

    /// The id of the partner it goes to.
    pub fn partner(&self) -> &str {
        &self.partner.id
    }

    /// Its kind on the wire: `810`, `INVOIC`.
    pub fn kind(&self) -> &str {
        &self.rendered.address.kind
    }

    pub fn is_test(&self) -> bool {
        self.envelope.test
    }

    /// What it says, and what it is known by.
    pub fn translated(&self) -> &Translated {
        &self.translated
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
