//! Writes a plan: everything that one window decided becomes durable together, or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::acknowledge::Draft;
use super::held::{conflict, unwritable};
use super::plan::Write;
use super::{confirm, numbers, stranger, unread};
use crate::journey::fresh::Ready;
use crate::journey::hand_on::file_name;
use crate::journey::{APPLY, DELIVER, FOLLOW, HAND_ON, InForce};
use crate::ports::{Job, NewJob};
use crate::store::{
    Claim, Contents, Delivery, Document, DocumentId, DocumentState, Error, GroupId, Id, InterchangeId, Payload, Reply,
    Result, Session, Store, Subject, Transmission, TransmissionId, TransmissionState,
};

/// What one window wants to be stored.
#[derive(Debug)]
pub struct Unit {
    pub job: Job,
    pub transmission: TransmissionId,
    /// The payload's hash where it is read again: what counted of it counts no second time.
    pub replayed: Option<String>,
    pub state: TransmissionState,
    pub checkpoint: Option<Value>,
    pub summary: Value,
    /// The file, where nothing in it was recognised, and why.
    pub unread: Option<(Transmission, &'static str)>,
    pub writes: Vec<Write>,
    /// For answers too large to stand in the database.
    pub store: Store,
    pub in_force: Arc<InForce>,
}

/// What came of it, for the next steps of this process.
#[derive(Debug, Default)]
pub struct Stored {
    pub replies: Vec<String>,
    pub ready: Vec<(GroupId, Vec<Ready>)>,
    pub duplicates: u64,
    pub held: u64,
}

impl Unit {
    /// Runs inside one unit of the store.
    ///
    /// # Errors
    /// Those of the store; nothing is stored then.
    pub async fn write(&self, session: &mut Session) -> Result<Stored> {
        let mut stored = Stored::default();
        let mut deliveries: BTreeMap<&str, Vec<Delivery>> = BTreeMap::new();
        let mut jobs = Vec::new();
        let mut ready: Vec<Ready> = Vec::new();
        for write in &self.writes {
            match write {
                Write::Interchange(row, claim) => {
                    session.add_interchange(row).await?;
                    if let Some((claim, again)) = claim {
                        claim_envelope(session, claim, *again).await?;
                    }
                }
                Write::Numbered(numbered) => {
                    if self.replayed.is_none() {
                        numbers::follow(session, numbered).await?;
                    }
                }
                Write::AnswerAgain(earlier, outlet) => {
                    let again = deliveries.entry(outlet).or_default();
                    answer_again(session, *earlier, outlet, again).await?;
                }
                Write::AnswerLate(position, outlet) => {
                    let first = self.replayed.as_deref().unwrap_or_default();
                    let late = deliveries.entry(outlet).or_default();
                    answer_late(session, first, *position, outlet, late).await?;
                }
                Write::Group(row) => session.add_group(row).await?,
                Write::Documents { rows, claims } => {
                    let counted = match &self.replayed {
                        Some(payload) => session.counted_documents(payload, self.transmission).await?,
                        None => BTreeMap::new(),
                    };
                    let decided = documents(session, rows, claims, &counted, &mut stored).await?;
                    ready.extend(decided);
                }
                Write::CountSets { group, received, accepted } => {
                    session.count_sets(*group, *received, *accepted).await?
                }
                Write::CloseGroup { group, state, stated, answer, findings } => {
                    session.close_group(*group, *state, *stated, *answer, findings).await?;
                    // What is not handed on with its group stays where it is.
                    let counts =
                        self.writes.iter().any(|it| matches!(it, Write::HandOn { group: other, .. } if other == group));
                    if counts {
                        stored.ready.push((*group, std::mem::take(&mut ready)));
                    } else {
                        ready.clear();
                    }
                }
                Write::CloseInterchange { id, state, end, findings } => {
                    session.close_interchange(*id, *state, *end, findings).await?;
                }
                Write::Reply(draft) => {
                    let Some(delivery) = self.reply(session, draft).await? else {
                        stored.held += 1;
                        continue;
                    };
                    stored.replies.push(draft.id.to_string());
                    deliveries.entry(&draft.outlet).or_default().push(delivery);
                }
                Write::Confirm(confirmation) => {
                    confirm::confirm(session, confirmation).await?;
                    jobs.push(self.job_for(FOLLOW, "trades", "").once());
                }
                Write::Hold(hold) => {
                    stored.held += 1;
                    session.add_hold(hold).await?;
                    stranger::ask(session, hold, &self.in_force.partners.us.trade).await?;
                }
                Write::HandOn { group, partner } => {
                    jobs.push(self.job_for(HAND_ON, &group.to_string(), partner));
                    // A stranger has no trades.
                    if !partner.is_empty() {
                        jobs.push(self.job_for(APPLY, &group.to_string(), partner));
                    }
                }
            }
        }
        deliveries.retain(|_, owed| !owed.is_empty());
        for (outlet, mut owed) in deliveries {
            session.queue_deliveries(outlet, &mut owed).await?;
            let partner = outlet.split_once(':').map_or(outlet, |(_, partner)| partner);
            jobs.push(self.job_for(DELIVER, outlet, partner).once());
        }
        session.enqueue(jobs).await?;
        if let Some((transmission, why)) = &self.unread {
            let now = session.now().await?;
            stored.held += u64::from(unread::hold(session, transmission, why, now).await?);
        }
        session.advance_transmission(self.transmission, self.state, self.checkpoint.as_ref(), &self.summary).await?;
        match self.state {
            TransmissionState::Done | TransmissionState::Held => session.finish_job(&self.job).await?,
            _ => session.hold_job(&self.job).await?,
        }
        // Groups whose sets span windows are read back when they are handed on.
        stored.ready.retain(|(group, _)| self.began_here(*group));
        Ok(stored)
    }

    fn began_here(&self, group: GroupId) -> bool {
        self.writes.iter().any(|write| matches!(write, Write::Group(row) if row.id == group))
    }

    fn job_for(&self, kind: &str, subject: &str, partner: &str) -> NewJob {
        NewJob { revision: Some(self.in_force.revision.clone()), ..NewJob::new(kind, subject, partner) }
    }

    /// Numbers the reply, keeps its bytes, and says what is to be delivered. One that repeats what no header can hold is
    /// put before a person.
    async fn reply(&self, session: &mut Session, draft: &Draft) -> Result<Option<Delivery>> {
        let now = session.now().await?;
        let (interchange, group) = draft.counters();
        let interchange = session.take_number(&interchange, draft.range()).await?;
        let group = match group {
            Some(group) => session.take_number(&group, draft.range()).await?,
            None => 0,
        };
        let at = TimeZone::UTC.to_datetime(now);
        let (control_number, bytes) = match draft.bytes(interchange, group, at) {
            Ok(written) => written,
            Err(refusals) => {
                let why = refusals.first().map(ToString::to_string).unwrap_or_default();
                let hold = unwritable(draft.kind, &why, draft.partner.as_deref(), draft.interchange, now);
                session.add_hold(&hold).await?;
                return Ok(None);
            }
        };
        let payload = payload(&self.store, bytes)?;
        session.add_payload(&payload).await?;
        session
            .add_reply(&Reply {
                id: draft.id,
                kind: draft.kind.to_owned(),
                partner: draft.partner.clone(),
                interchange: draft.interchange,
                group: draft.group,
                disposition: super::validate::word(draft.disposition),
                control_number: control_number.clone(),
                payload: payload.hash.clone(),
                created_at: now,
            })
            .await?;
        let subject = (Subject::Reply, draft.id.to_string());
        let name = format!("{}-{control_number}-{}.edi", draft.kind, draft.id);
        Ok(Some(Delivery::new(&draft.outlet, draft.partner.as_deref(), subject, &payload.hash, name)))
    }
}

/// Bytes as a payload, from inside a unit. Only what is large touches the disk.
pub fn payload(store: &Store, bytes: Vec<u8>) -> Result<Payload> {
    use std::io::Write as _;
    if bytes.len() <= crate::store::INLINE_BYTES_MAX
        && let Some(small) = Payload::small(bytes.clone())
    {
        return Ok(small);
    }
    let mut writer = store.payload_writer();
    writer.write_all(&bytes).map_err(|error| Error::file(std::path::Path::new("payloads"), error))?;
    writer.finish()
}

/// The envelope's key becomes this interchange's. Another that took it meanwhile makes this window void.
async fn claim_envelope(session: &mut Session, claim: &Claim, again: bool) -> Result<()> {
    const SCOPE: &str = "interchange";
    if again {
        return session.retake_once(SCOPE, claim).await;
    }
    match session.claim_once(SCOPE, std::slice::from_ref(claim)).await?.as_slice() {
        [Some(earlier)] => Err(Error::Again(format!("interchange {} arrived at the same time", earlier.subject))),
        _ => Ok(()),
    }
}

/// The stored answers once more, byte for byte.
async fn answer_again(
    session: &mut Session,
    earlier: InterchangeId,
    outlet: &str,
    again: &mut Vec<Delivery>,
) -> Result<()> {
    for reply in session.replies_to(earlier).await? {
        let subject = (Subject::Reply, reply.id.to_string());
        // A file of its own: the first one may have been taken away already, or not yet.
        let name = format!("{}-{}-{}-again-{}.edi", reply.kind, reply.control_number, reply.id, Id::<Delivery>::new());
        again.push(Delivery::new(outlet, reply.partner.as_deref(), subject, &reply.payload, name));
    }
    Ok(())
}

/// The same for what a stranger was given, who is known by now: once, to where its answers go.
async fn answer_late(
    session: &mut Session,
    payload: &str,
    position: u32,
    outlet: &str,
    late: &mut Vec<Delivery>,
) -> Result<()> {
    for transmission in session.transmissions_with(payload).await? {
        for first in session.interchanges_of(transmission).await? {
            if first.position != position || first.partner.is_some() {
                continue;
            }
            let mut is_told = false;
            for reply in session.replies_to(first.id).await? {
                let sent = session.deliveries_of(&reply.id.to_string()).await?;
                is_told |= sent.iter().any(|delivery| delivery.outlet == outlet);
            }
            if !is_told {
                answer_again(session, first.id, outlet, late).await?;
            }
        }
    }
    Ok(())
}

/// Stores documents, those of a business key that was there before as duplicates or conflicts. Answers those that are ready.
async fn documents(
    session: &mut Session,
    rows: &[(Document, Contents)],
    claims: &[(usize, Claim)],
    counted: &BTreeMap<u64, DocumentId>,
    stored: &mut Stored,
) -> Result<Vec<Ready>> {
    let mut changed: BTreeMap<usize, Document> = BTreeMap::new();
    for (index, (document, _)) in rows.iter().enumerate() {
        if let Some(&before) = counted.get(&document.span.0) {
            stored.duplicates += 1;
            let again = Document { state: DocumentState::Duplicate, duplicate_of: Some(before), ..document.clone() };
            changed.insert(index, again);
        }
    }
    let claims: Vec<&(usize, Claim)> = claims.iter().filter(|(index, _)| !changed.contains_key(index)).collect();
    let keys: Vec<Claim> = claims.iter().map(|(_, claim)| claim.clone()).collect();
    let earlier = if keys.is_empty() { Vec::new() } else { session.claim_once("business", &keys).await? };
    for ((index, claim), earlier) in claims.into_iter().zip(&earlier) {
        let Some(earlier) = earlier else { continue };
        let mut document = rows[*index].0.clone();
        let before = match earlier.subject.parse() {
            Ok(id) => session.document(id).await.ok(),
            Err(_) => None,
        };
        if before.as_ref().is_none_or(|before| before.state == DocumentState::Rejected) {
            // What had the key never counted.
            session.retake_once("business", claim).await?;
            continue;
        }
        document.duplicate_of = before.map(|before| before.id);
        if earlier.hash == claim.hash {
            stored.duplicates += 1;
            document.state = DocumentState::Duplicate;
        } else {
            stored.held += 1;
            document.state = DocumentState::Held;
            session.add_hold(&conflict(&document)).await?;
        }
        changed.insert(*index, document);
    }
    if changed.is_empty() {
        session.add_documents(rows).await?;
        return Ok(rows.iter().filter_map(|(document, contents)| ready(document, contents)).collect());
    }
    let rows: Vec<(Document, Contents)> = rows
        .iter()
        .enumerate()
        .map(|(index, (document, contents))| {
            (changed.remove(&index).unwrap_or_else(|| document.clone()), contents.clone())
        })
        .collect();
    session.add_documents(&rows).await?;
    Ok(rows.iter().filter_map(|(document, contents)| ready(document, contents)).collect())
}

fn ready(document: &Document, contents: &Contents) -> Option<Ready> {
    if document.state != DocumentState::Ready {
        return None;
    }
    let json = contents.canonical.as_ref()?.as_bytes().into();
    let kind = document.kind.as_deref().unwrap_or("document");
    let file_name = file_name(kind, document.number.as_deref(), &document.id.to_string(), document.test);
    Some(Ready { position: document.position, file_name, json })
}
