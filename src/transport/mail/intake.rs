//! What happens to a mail that came, whichever way: whose is it, what is attached, who is told. The bytes go to the
//! gateway before anybody is told that they were taken.

use std::path::PathBuf;
use std::sync::Arc;

use lettre::address::Envelope as ReplyEnvelope;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Partners;
use super::bounce::{self, Bounce, News};
use super::dns::{Resolver, Unresolved};
use super::identity::{Sender, identify};
use super::message::{Attachments, Envelope, Mail, Refused};
use super::outgoing::Mailer;
use super::{reply, smime};
use crate::clock::Clock;
use crate::partner::{Duplicates, Partner};
use crate::ports::{
    Again, Arrival, Case, CaseSubject, Content, Evidence, NotTaken, Note, Reception, Side, Taken, Undelivered,
};
use crate::transport::as2::Cabinet;

/// What is remembered of every attachment that was taken.
const TAKEN: &str = "mail-attachment";
/// How often a sender was replied to in an hour.
const REPLIES: &str = "mail-replies";

/// Takes mail in.
pub struct Intake {
    pub reception: Arc<dyn Reception>,
    pub partners: Partners,
    pub resolver: Arc<dyn Resolver>,
    pub clock: Arc<dyn Clock>,
    /// For S/MIME.
    pub certificates: Arc<Cabinet>,
    /// Where what is large lies while it is opened.
    pub spool: PathBuf,
    /// Without one nobody is replied to.
    pub mailer: Option<Arc<Mailer>>,
    pub replies_per_hour_max: u32,
}

/// What became of a mail. Whatever it is, it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something of it was taken, or had been before, or it was news about what we sent.
    Processed,
    /// Nothing of it was; in words why, fit for the sender's eyes.
    Rejected(String),
}

/// Nothing can be said about a mail now: whoever holds it keeps it and tries again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Later(pub String);

/// What became of one attachment.
enum One {
    Taken,
    /// The same bytes came before, in words.
    Before(String),
    Refused(String),
}

impl Intake {
    /// Takes one mail. The same one again has no second effect.
    ///
    /// # Errors
    /// When nothing can be said about it now.
    pub async fn take(&self, raw: &[u8], envelope: Option<&Envelope>) -> Result<Outcome, Later> {
        match self.judge(raw, envelope).await {
            Ok(outcome) => Ok(outcome),
            // The same mail would fail again, and must not stand in the way of those behind it.
            Err(NotTaken::Never(why)) => Ok(Outcome::Rejected(why)),
            Err(NotTaken::Later(why)) => Err(Later(why)),
        }
    }

    async fn judge(&self, raw: &[u8], envelope: Option<&Envelope>) -> Result<Outcome, NotTaken> {
        let Some(mail) = Mail::read(raw) else {
            return Ok(Outcome::Rejected("it is no mail: it has no headers".into()));
        };
        if let Some(bounce) = bounce::read(raw) {
            return self.hear(raw, bounce).await;
        }
        let partners = (self.partners)();
        let resolver = self.resolver.as_ref();
        let certificates = self.certificates.current();
        let now = self.clock.now();
        let opened = match smime::open(raw, &certificates, &self.spool) {
            Ok(opened) => opened,
            Err(why) => {
                tracing::warn!(message_id = mail.message_id, why, "mail cannot be opened");
                // The same words whatever was wrong: they must not help anybody to find out more.
                return Ok(Outcome::Rejected("it cannot be opened with the certificates agreed on (S/MIME)".into()));
            }
        };
        let signed = |partner: &str| opened.signed_by(partner, &certificates, now);
        let sender = identify(raw, &mail, envelope, &signed, &partners, resolver, now).await?;
        let sender = match sender {
            Ok(sender) => sender,
            Err(unproved) => {
                tracing::info!(message_id = mail.message_id, why = unproved.why, "mail is nobody's");
                metrics::counter!("entrepot_mails_rejected_total").increment(1);
                // In a mailbox elsewhere nobody tells the sender: a person must, where it may be a partner's.
                if let (Some(partner), None) = (&unproved.claimed, envelope) {
                    self.report(raw, partner, "mail-unproved", unproved.why.clone(), None).await?;
                }
                return Ok(Outcome::Rejected(unproved.why));
            }
        };
        let Some(partner) = partners.partner(&sender.partner) else {
            return Err(NotTaken::Later("partners are being changed".into()));
        };
        let attachments = Attachments::of(opened.inner.as_deref().unwrap_or(raw));
        let mut taken = Vec::new();
        let mut refused = attachments.refused;
        for part in attachments.documents {
            let name = part.name.clone();
            match self.take_one(raw, &mail, partner, part.name, part.bytes).await? {
                One::Taken => taken.push(name),
                One::Before(words) => {
                    tracing::info!(partner = partner.id, name, words, "attachment came before");
                    taken.push(format!("{name} ({words})"));
                }
                One::Refused(why) => refused.push(Refused { name, why }),
            }
        }
        tracing::info!(
            partner = partner.id,
            proof = sender.proof.words(),
            message_id = mail.message_id,
            taken = taken.len(),
            refused = refused.len(),
            "mail"
        );
        if taken.is_empty() && refused.is_empty() {
            refused.push(Refused { name: "the mail".into(), why: "nothing is attached to it".into() });
        }
        if refused.is_empty() {
            metrics::counter!("entrepot_mails_processed_total").increment(1);
            return Ok(Outcome::Processed);
        }
        self.tell(raw, &mail, envelope, (partner, &sender), &taken, &refused).await
    }

    /// Gives one attachment to the gateway, the mail it came with as its evidence.
    async fn take_one(
        &self,
        raw: &[u8],
        mail: &Mail,
        partner: &Partner,
        name: String,
        bytes: Vec<u8>,
    ) -> Result<One, NotTaken> {
        let id = Uuid::now_v7();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let message_id = mail.message_id.clone().unwrap_or_default();
        // Providers rewrite Message-IDs: the same bytes are the same document, unless this partner means them again.
        let key = match partner.terms.duplicates {
            Duplicates::Accept => format!("{}|{hash}|{message_id}", partner.id),
            Duplicates::AnswerAgain | Duplicates::Reject => format!("{}|{hash}", partner.id),
        };
        if let Some(before) = self.reception.recall(TAKEN, &key).await? {
            return Ok(before_or_same(&before, &message_id));
        }
        let evidence = Evidence { subject: id, kind: "mail".into(), content: Content::Bytes(raw.to_vec()) };
        self.reception.keep_evidence(evidence).await?;
        let note = json!({"message_id": message_id, "name": name, "at": self.clock.now().to_string()});
        let arrival = Arrival {
            id,
            door: "mail".into(),
            partner: (!partner.mail.carries_others).then(|| partner.id.clone()),
            name,
            content: Content::Bytes(bytes),
            once: Some(Note::new(TAKEN, key, note)),
            notes: Vec::new(),
        };
        match self.reception.take(arrival).await {
            Ok(Taken::New) => Ok(One::Taken),
            Ok(Taken::Again(before)) => Ok(before_or_same(&before, &message_id)),
            Err(NotTaken::Never(why)) => Ok(One::Refused(why)),
            Err(later) => Err(later),
        }
    }

    /// Tells whoever must know that something was not taken: the sender where that may be, and a person.
    async fn tell(
        &self,
        raw: &[u8],
        mail: &Mail,
        envelope: Option<&Envelope>,
        (partner, sender): (&Partner, &Sender),
        taken: &[String],
        refused: &[Refused],
    ) -> Result<Outcome, NotTaken> {
        let reasons: Vec<String> = refused.iter().map(|one| format!("{}: {}", one.name, one.why)).collect();
        let reasons = reasons.join("; ");
        // An SMTP client is told at once when nothing was taken; a second word by mail would be one too many.
        let is_told = envelope.is_some() && taken.is_empty();
        let reply = if is_told {
            Err("the sending server was told")
        } else {
            self.reply(mail, envelope, (partner, sender), taken, refused).await?
        };
        let told = match reply {
            Ok(text) => json!({"reply": text}),
            Err(why) => json!({"no_reply": why}),
        };
        let words = format!("Of a mail from {} some attachments were not taken: {reasons}", partner.name);
        self.report(raw, &partner.id, "mail-refused", words, Some(told)).await?;
        metrics::counter!("entrepot_mails_refused_total").increment(1);
        Ok(if taken.is_empty() { Outcome::Rejected(reasons) } else { Outcome::Processed })
    }

    /// Replies, or says why not.
    async fn reply(
        &self,
        mail: &Mail,
        envelope: Option<&Envelope>,
        (partner, sender): (&Partner, &Sender),
        taken: &[String],
        refused: &[Refused],
    ) -> Result<Result<String, &'static str>, NotTaken> {
        let Some(mailer) = &self.mailer else { return Ok(Err("this gateway sends no mail")) };
        let Some(to) = sender.address.as_deref() else { return Ok(Err("the sender's own address is not proved")) };
        if !partner.mail.replies {
            return Ok(Err("this partner gets no replies"));
        }
        let path = envelope.map(|envelope| envelope.sender.as_str());
        if let Some(why) = reply::forbidden(mail, path, to, &mailer.address) {
            return Ok(Err(why));
        }
        if !self.may_reply(to).await? {
            return Ok(Err("this sender was replied to often enough for an hour"));
        }
        let text = reply::words(mail, taken, refused);
        let Ok(message) = reply::compose(mail, &mailer.address, to, text.clone()) else {
            return Ok(Err("the sender's address cannot be written to"));
        };
        // No way back: nothing can answer it, and a bounce of it goes nowhere.
        let Ok(envelope) = to.parse().map_err(drop).and_then(|to| ReplyEnvelope::new(None, vec![to]).map_err(drop))
        else {
            return Ok(Err("the sender's address cannot be written to"));
        };
        match mailer.send(&envelope, message.formatted()).await {
            Ok(_) => Ok(Ok(text)),
            Err(failed) => {
                tracing::warn!(to, reason = failed.reason, "reply not sent");
                Ok(Err("the reply could not be sent"))
            }
        }
    }

    /// Counts a reply to an address, where this hour still has room for one.
    async fn may_reply(&self, to: &str) -> Result<bool, NotTaken> {
        let hour = self.clock.now().as_second() / 3600;
        let before = self.reception.recall(REPLIES, to).await?.unwrap_or_default();
        let count = if before["hour"] == hour { before["count"].as_u64().unwrap_or(0) } else { 0 };
        if count >= u64::from(self.replies_per_hour_max) {
            return Ok(false);
        }
        let note = Note::new(REPLIES, to, json!({"hour": hour, "count": count + 1}));
        self.reception.remember(vec![note]).await?;
        Ok(true)
    }

    /// News about what we sent.
    async fn hear(&self, raw: &[u8], bounce: Bounce) -> Result<Outcome, NotTaken> {
        let Some(delivery) = bounce.delivery else {
            tracing::info!(words = bounce.words, "a bounce of something that was no delivery");
            return Ok(Outcome::Rejected("it is a bounce of nothing that was sent as a document".into()));
        };
        let evidence = Evidence { subject: delivery, kind: "bounce".into(), content: Content::Bytes(raw.to_vec()) };
        self.reception.keep_evidence(evidence).await?;
        let outcome = match bounce.news {
            News::Delayed => {
                tracing::info!(%delivery, words = bounce.words, "mail is delayed on its way");
                return Ok(Outcome::Processed);
            }
            News::Arrived => Ok(json!({"mail": {"arrived": bounce.words}})),
            News::Failed => {
                let reason = format!("the mail came back: {}", bounce.words);
                Err(Undelivered { side: Side::Partner, reason, again: Again::Never })
            }
        };
        match self.reception.outcome(delivery, outcome).await {
            Ok(()) => Ok(Outcome::Processed),
            Err(NotTaken::Never(why)) => Ok(Outcome::Rejected(format!("it is a bounce of something unknown: {why}"))),
            Err(later) => Err(later),
        }
    }

    async fn report(
        &self,
        raw: &[u8],
        partner: &str,
        fault: &str,
        reason: String,
        told: Option<Value>,
    ) -> Result<(), NotTaken> {
        let subject = Uuid::now_v7();
        let evidence = Evidence { subject, kind: "mail".into(), content: Content::Bytes(raw.to_vec()) };
        self.reception.keep_evidence(evidence).await?;
        let case = Case {
            fault: fault.into(),
            reason,
            partner: Some(partner.to_owned()),
            subject: CaseSubject::Arrival(subject),
            told,
        };
        self.reception.report(case).await
    }
}

/// The same mail once more is as good as taken; the same bytes in another one are worth a word.
fn before_or_same(before: &Value, message_id: &str) -> One {
    let of = before["message_id"].as_str().unwrap_or_default();
    if of == message_id {
        return One::Taken;
    }
    let at = before["at"].as_str().unwrap_or_default();
    One::Before(format!("it had come before, at {at} with {}", if of.is_empty() { "another mail" } else { of }))
}

impl From<Unresolved> for NotTaken {
    fn from(error: Unresolved) -> Self {
        Self::Later(format!("a name server does not answer: {error}"))
    }
}
