//! From what a window showed to what is to be stored: decided here, written by [`super::unit`] in one transaction.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::acknowledge::{Answering, Draft};
use super::clerk::Opened;
use super::confirm::{self, Confirmation};
use super::held::{broken, unwritable};
use super::numbers::Numbered;
use super::validate::{Common, SetRead, rows, word};
use super::window::{Seen, Window};
use crate::catalogue::Catalogue;
use crate::finding::Finding;
use crate::journey::InForce;
use crate::journey::recognise::{self, Fate, Recognised};
use crate::partner::{Directory, Partner};
use crate::reply::{Answer, Disposition, GroupOutcome, InterchangeOutcome, SetOutcome, due};
use crate::store::{
    self, Claim, Contents, Direction, Document, DocumentState, GroupId, GroupState, Hold, Id, InterchangeId,
    InterchangeState, Subject, Transmission,
};
use crate::wire;

/// One thing to be written, in the order of the plan.
#[derive(Debug)]
pub enum Write {
    Interchange(Box<store::Interchange>, Option<(Claim, bool)>),
    /// An interchange of a partner that numbers them one after another.
    Numbered(Numbered),
    /// The stored answers to an earlier interchange, once more.
    AnswerAgain(InterchangeId, String),
    /// The answers that this interchange, by its position, was given when nobody knew whose it was.
    AnswerLate(u32, String),
    Group(Box<store::Group>),
    /// Rows in order, and the business keys of those that have one, by index.
    Documents {
        rows: Vec<(Document, Contents)>,
        claims: Vec<(usize, Claim)>,
    },
    CountSets {
        group: GroupId,
        received: u64,
        accepted: u64,
    },
    CloseGroup {
        group: GroupId,
        state: GroupState,
        stated: Option<u64>,
        answer: store::Answer,
        findings: Value,
    },
    CloseInterchange {
        id: InterchangeId,
        state: InterchangeState,
        end: u64,
        findings: Value,
    },
    Reply(Box<Draft>),
    Confirm(Confirmation),
    Hold(Box<Hold>),
    HandOn {
        group: GroupId,
        partner: String,
    },
}

/// An interchange that is being read, across windows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenInterchange {
    pub id: InterchangeId,
    #[serde(with = "shared")]
    pub header: Arc<wire::Interchange>,
    pub recognised: Recognised,
    groups: Vec<OpenGroup>,
    /// Sets and TA1 seen that are no acknowledgements: without any, nothing is answered but by TA1.
    answerable: u64,
    acknowledgements: u64,
}

/// A group of it, open or closed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct OpenGroup {
    id: GroupId,
    #[serde(with = "shared")]
    header: Arc<wire::Group>,
    partner: Option<String>,
    findings: Vec<Finding>,
    disposition: Disposition,
    sets: u64,
    accepted: u64,
    ready: u64,
    answerable: u64,
    /// Sets that earlier windows stored: what an answer says of them is read back.
    stored: u64,
    /// Those of this window, for the answers.
    #[serde(skip)]
    fresh: Vec<SetRead>,
}

/// How far reading came in a file: kept between windows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    pub interchange: Option<OpenInterchange>,
    pub group_is_open: bool,
    pub counts: Counts,
    /// Nothing of the file was recognised as a document.
    pub unreadable: bool,
}

/// What a file held, for its summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub interchanges: u32,
    pub groups: u32,
    pub sets: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub held: u64,
    pub duplicates: u32,
}

/// What earlier windows stored of a group's sets, for answers that span windows.
pub trait Outcomes {
    /// # Errors
    /// When they cannot be read now.
    fn of(&mut self, group: GroupId, each: &mut dyn FnMut(&SetOutcome<'_>)) -> Result<(), super::Step>;
}

/// What is in force while a plan is made.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub catalogue: &'a Catalogue,
    pub partners: &'a Directory,
    pub revision: &'a str,
}

impl<'a> From<&'a InForce> for Rules<'a> {
    fn from(it: &'a InForce) -> Self {
        Self { catalogue: &it.catalogue, partners: &it.partners, revision: &it.revision }
    }
}

/// Makes a plan from a window.
pub struct Planner<'a, O> {
    pub in_force: Rules<'a>,
    pub transmission: &'a Transmission,
    pub progress: Progress,
    pub outcomes: O,
    pub now: Timestamp,
    pub writes: Vec<Write>,
}

impl<O: Outcomes> Planner<'_, O> {
    /// Takes a window in; the writes stand in `self.writes` and the progress in `self.progress`.
    ///
    /// # Errors
    /// When stored outcomes cannot be read.
    pub fn take(&mut self, window: Window<Opened, SetRead>) -> Result<(), super::Step> {
        for seen in window.seen {
            match seen {
                Seen::Opened(header, opened) => self.open(header, opened)?,
                Seen::GroupOpened(group) => self.open_group(group)?,
                Seen::Set(set) => self.set(set),
                Seen::GroupClosed { findings } => self.end_group(findings)?,
                Seen::Closed { findings, repairs, end } => self.close(findings, &repairs, end)?,
            }
        }
        self.flush();
        // What is stored need not be carried into the next window.
        for group in self.progress.interchange.iter_mut().flat_map(|it| &mut it.groups) {
            group.stored += group.fresh.len() as u64;
            group.fresh = Vec::new();
        }
        Ok(())
    }

    fn open(&mut self, header: Arc<wire::Interchange>, opened: Opened) -> Result<(), super::Step> {
        let Opened { id, recognised, key } = opened;
        self.progress.counts.interchanges += 1;
        let duplicate_of = if let Fate::Duplicate(earlier) = recognised.fate { Some(earlier) } else { None };
        let row = store::Interchange {
            id,
            transmission: Some(self.transmission.id),
            position: self.progress.counts.interchanges,
            direction: Direction::In,
            partner: recognised.partner.clone(),
            syntax: serde_json::to_value(header.syntax)
                .ok()
                .and_then(|it| it.as_str().map(str::to_owned))
                .unwrap_or_default(),
            version: header.version.clone(),
            sender: recognise::spoken(header.sender.as_ref()),
            receiver: recognise::spoken(header.receiver.as_ref()),
            control_number: header.control_number.clone(),
            test: header.test,
            duplicate_of,
            span: (header.span.start, header.span.end),
            state: if duplicate_of.is_some() { InterchangeState::Duplicate } else { InterchangeState::Open },
            header: value(&*header),
            findings: value(&recognised.findings),
        };
        let claim = key.map(|(key, again)| (Claim { key, subject: id.to_string(), hash: String::new() }, again));
        let numbered = Numbered::of(&row, self.in_force.partners, self.now);
        self.writes.push(Write::Interchange(Box::new(row), claim));
        self.writes.extend(numbered.map(Write::Numbered));
        match &recognised.fate {
            Fate::Duplicate(earlier) => {
                self.progress.counts.duplicates += 1;
                if let Some(outlet) = &recognised.outlet {
                    self.writes.push(Write::AnswerAgain(*earlier, outlet.clone()));
                }
            }
            Fate::Held { fault, reason } => {
                self.hold(fault, reason, recognised.partner.as_deref(), (Subject::Interchange, id.to_string()))
            }
            Fate::Rejected | Fate::Taken => {}
        }
        if let (Some(outlet), Some(_)) = (&recognised.late, &recognised.partner) {
            self.writes.push(Write::AnswerLate(self.progress.counts.interchanges, outlet.clone()));
        }
        let interchange =
            OpenInterchange { id, header, recognised, groups: Vec::new(), answerable: 0, acknowledgements: 0 };
        if matches!(interchange.recognised.fate, Fate::Taken | Fate::Held { .. }) {
            let partner = self.partner(&interchange);
            let answering = answering(&interchange, &partner);
            if answering.owes_contrl(Answer::Receipt) {
                let disposition =
                    recognise::judge_header(&interchange.recognised.findings, &interchange.recognised.terms);
                let findings = &interchange.recognised.findings;
                let outcome = InterchangeOutcome { interchange: &interchange.header, findings, disposition };
                let draft = answering.open_contrl(Answer::Receipt, &outcome);
                let draft = answering.close_contrl(draft);
                self.reply(draft, &interchange);
            }
        }
        self.progress.interchange = Some(interchange);
        Ok(())
    }

    fn open_group(&mut self, header: Arc<wire::Group>) -> Result<(), super::Step> {
        // One that waited for the interchange's trailer waits no more.
        self.close_group(Vec::new(), Disposition::Accepted)?;
        let position = match &self.progress.interchange {
            Some(interchange) if is_read(interchange) => interchange.groups.len() + 1,
            _ => return Ok(()),
        };
        let Some(interchange) = &mut self.progress.interchange else { return Ok(()) };
        self.progress.counts.groups += 1;
        self.progress.group_is_open = true;
        let partner = recognise::partner_of_group(self.in_force.partners, &interchange.header, &header)
            .or_else(|| interchange.recognised.partner.clone());
        let id = Id::new();
        self.writes.push(Write::Group(Box::new(store::Group {
            id,
            interchange: interchange.id,
            position: u32::try_from(position).unwrap_or(u32::MAX),
            direction: Direction::In,
            partner: partner.clone(),
            functional_id: header.functional_id.clone(),
            version: header.version.clone(),
            sender: header.sender.as_ref().map(|it| it.id.clone()).unwrap_or_default(),
            receiver: header.receiver.as_ref().map(|it| it.id.clone()).unwrap_or_default(),
            control_number: header.control_number.clone(),
            state: GroupState::Pending,
            sets_stated: None,
            sets_received: 0,
            sets_accepted: 0,
            acknowledgement: store::Answer::Awaiting,
            header: value(&*header),
            findings: value(&header.findings),
        })));
        interchange.groups.push(OpenGroup {
            id,
            findings: header.findings.clone(),
            header,
            partner,
            disposition: Disposition::Accepted,
            sets: 0,
            accepted: 0,
            ready: 0,
            answerable: 0,
            stored: 0,
            fresh: Vec::new(),
        });
        Ok(())
    }

    fn set(&mut self, set: SetRead) {
        let Some(interchange) = &mut self.progress.interchange else { return };
        let counts = &mut self.progress.counts;
        counts.sets += 1;
        if set.is_acknowledgement {
            interchange.acknowledgements += 1;
            let group = interchange.groups.last().filter(|_| self.progress.group_is_open).map(|group| &*group.header);
            if set.disposition.is_accepted()
                && let Some(partner) = &interchange.recognised.partner
            {
                let confirmations = confirm::confirmations(partner, &interchange.header, group, &set);
                self.writes.extend(confirmations.into_iter().map(Write::Confirm));
            }
        } else {
            interchange.answerable += 1;
        }
        if self.progress.group_is_open
            && let Some(group) = interchange.groups.last_mut()
        {
            group.sets += 1;
            group.answerable += u64::from(!set.is_acknowledgement);
            group.fresh.push(set);
        } else {
            // A TA1 stands in no group.
            let common = common(self.transmission, interchange, None, self.in_force.revision, self.now);
            let row = rows(&set, 0, DocumentState::Done, &common);
            self.writes.push(Write::Documents { rows: vec![row], claims: Vec::new() });
        }
    }

    /// Writes down the sets of the open group that this window read.
    fn flush(&mut self) {
        if !self.progress.group_is_open {
            return;
        }
        let is_told = self.tells_of_sets();
        let Some(interchange) = &mut self.progress.interchange else { return };
        let (revision, now) = (self.in_force.revision, self.now);
        let held = matches!(interchange.recognised.fate, Fate::Held { .. });
        let Some(mut group) = interchange.groups.pop() else { return };
        let common = common(self.transmission, interchange, Some(&group), revision, now);
        let mut documents = Vec::with_capacity(group.fresh.len());
        let mut claims = Vec::new();
        let mut holds = Vec::new();
        let mut accepted = 0;
        let first = group.sets - group.fresh.len() as u64 + 1;
        for (set, position) in group.fresh.iter().zip(first..) {
            let (mut state, mut reason) = set.state();
            // What its sender does not hear of, somebody here has to tell.
            if state == DocumentState::Rejected && !is_told {
                let words =
                    format!("{} No answer about it is agreed, so nobody has told its sender.", broken(&set.findings));
                reason = Some(("document-rejected", words));
            }
            if held && state == DocumentState::Ready {
                state = DocumentState::Held;
            }
            let counts = &mut self.progress.counts;
            match state {
                DocumentState::Rejected => counts.rejected += 1,
                DocumentState::Held => counts.held += 1,
                _ => counts.accepted += 1,
            }
            accepted += u64::from(set.disposition.is_accepted());
            group.ready += u64::from(state == DocumentState::Ready);
            if state == DocumentState::Ready
                && let (Some(partner), Some(translated)) = (&group.partner, &set.translated)
                && let Some(claim) = translated.claim(partner, Direction::In, common.test, set.id)
            {
                claims.push((documents.len(), claim));
            }
            if let Some((fault, words)) = reason.filter(|_| !held) {
                holds.push((fault, words, set.id.to_string()));
            }
            documents.push(rows(set, position, state, &common));
        }
        group.accepted += accepted;
        let (id, received, partner) = (group.id, documents.len() as u64, group.partner.clone());
        interchange.groups.push(group);
        if received == 0 {
            return;
        }
        self.writes.push(Write::Documents { rows: documents, claims });
        self.writes.push(Write::CountSets { group: id, received, accepted });
        for (fault, words, document) in holds {
            self.hold(fault, &words, partner.as_deref(), (Subject::Document, document));
        }
    }

    /// A group has ended; one without a trailer of its own is judged with that of its interchange.
    fn end_group(&mut self, trailer: Vec<Finding>) -> Result<(), super::Step> {
        if let Some(interchange) = &mut self.progress.interchange
            && self.progress.group_is_open
            && let Some(group) = interchange.groups.last_mut()
            && recognise::waits_for_trailer(&interchange.header, &group.header)
        {
            group.findings.extend(trailer);
            return Ok(());
        }
        self.close_group(trailer, Disposition::Accepted)
    }

    /// Closes the open group, if there is one; `above` is the verdict on its interchange where it waited for that.
    fn close_group(&mut self, trailer: Vec<Finding>, above: Disposition) -> Result<(), super::Step> {
        if !self.progress.group_is_open {
            return Ok(());
        }
        self.flush();
        self.progress.group_is_open = false;
        let Some(mut interchange) = self.progress.interchange.take() else { return Ok(()) };
        let partner = self.partner(&interchange);
        let Some(mut group) = interchange.groups.pop() else { return Ok(()) };
        group.findings.extend(trailer);
        group.disposition = match above.is_accepted() {
            true => recognise::judge_group(&group.findings, &interchange.recognised.terms),
            false => Disposition::Rejected,
        };
        let outcome = GroupOutcome { group: &group.header, findings: &group.findings, disposition: group.disposition };
        let stated = outcome.sets_stated().unwrap_or(group.sets);
        let answering = answering(&interchange, &partner);
        let dialect = answering.functional(&group.header).filter(|_| group.answerable > 0 || group.sets == 0);
        let mut answer = store::Answer::None;
        let is_nameless = dialect.is_none() && !due::can_name_group(&group.header) && group.answerable > 0;
        if is_nameless && answering.functional_owed(&group.header).is_some() {
            self.untold("997", due::NAMELESS_GROUP, &interchange);
        }
        if let Some(dialect) = dialect {
            let mut draft = answering.open_functional(dialect, outcome);
            if group.stored > 0 {
                self.outcomes.of(group.id, &mut |set| draft.set(set))?;
            }
            group.fresh.iter().for_each(|set| draft.set(&outcome_of(set)));
            let draft = answering.close_functional(draft, group.id);
            answer = store::Answer::Sent;
            self.reply(draft, &interchange);
        }
        let state = match (group.disposition.is_accepted(), group.accepted, &interchange.recognised.fate) {
            (false, ..) => GroupState::Rejected,
            (_, _, Fate::Held { .. }) => GroupState::Held,
            (_, accepted, _) if accepted == group.sets => GroupState::Accepted,
            (_, 0, _) => GroupState::Rejected,
            _ => GroupState::Partially,
        };
        let findings = value(&group.findings);
        self.writes.push(Write::CloseGroup { group: group.id, state, stated: Some(stated), answer, findings });
        if group.ready > 0 && matches!(state, GroupState::Accepted | GroupState::Partially) {
            let partner = group.partner.clone().unwrap_or_default();
            self.writes.push(Write::HandOn { group: group.id, partner });
        }
        // A CONTRL at the end of the interchange still wants to know the messages of this window.
        interchange.groups.push(group);
        self.progress.interchange = Some(interchange);
        Ok(())
    }

    fn close(&mut self, trailer: Vec<Finding>, repairs: &[wire::Repair], end: u64) -> Result<(), super::Step> {
        let Some(interchange) = &self.progress.interchange else { return Ok(()) };
        let terms = &interchange.recognised.terms;
        let header = match interchange.recognised.fate {
            Fate::Rejected => Disposition::Rejected,
            _ => recognise::judge_header(&interchange.recognised.findings, terms),
        };
        let mut findings = interchange.recognised.findings.clone();
        let forbidden = repairs.iter().filter(|repair| terms.leniency.forbid_repairs.contains(&repair.kind));
        findings
            .extend(forbidden.map(|repair| recognise::forbidden(interchange.header.syntax, repair.kind, repair.bytes)));
        findings.extend(trailer);
        let disposition = recognise::judge_trailer(header, &findings, terms, self.progress.group_is_open);
        self.close_group(Vec::new(), disposition)?;
        let Some(mut interchange) = self.progress.interchange.take() else { return Ok(()) };
        if interchange.recognised.fate == Fate::Taken && !disposition.is_accepted() {
            interchange.recognised.fate = Fate::Rejected;
        }
        let outcome = InterchangeOutcome { interchange: &interchange.header, findings: &findings, disposition };
        let partner = self.partner(&interchange);
        let answering = answering(&interchange, &partner);
        let (told, of) = recognise::told_by_ta1(disposition, &findings, &interchange.recognised.terms);
        if let Some(why) = answering.nameless(told)
            && interchange.recognised.fate != Fate::Rejected
        {
            self.untold("answer", why, &interchange);
        }
        if interchange.recognised.fate == Fate::Rejected {
            let is_told = match answering.nameless(told) {
                Some(why) => Err(why),
                None => Ok(answering.owes_ta1(told) || answering.owes_contrl(Answer::Result)),
            };
            let subject = (Subject::Interchange, interchange.id.to_string());
            let reason = why_rejected(&outcome, is_told);
            self.hold("interchange-rejected", &reason, interchange.recognised.partner.as_deref(), subject);
        }
        let is_duplicate = matches!(interchange.recognised.fate, Fate::Duplicate(_));
        let only_ta1 = interchange.groups.is_empty() && interchange.acknowledgements > 0 && interchange.answerable == 0;
        if !is_duplicate && !only_ta1 && answering.owes_ta1(told) {
            let outcome = InterchangeOutcome { findings: &of, disposition: told, ..outcome };
            let draft = answering.ta1(&outcome, self.at());
            self.reply(Ok(draft), &interchange);
        }
        let is_answerable = interchange.answerable > 0 || interchange.acknowledgements == 0;
        if !is_duplicate && is_answerable && answering.owes_contrl(Answer::Result) {
            let mut draft = answering.open_contrl(Answer::Result, &outcome);
            for group in &interchange.groups {
                draft.group(&GroupOutcome {
                    group: &group.header,
                    findings: &group.findings,
                    disposition: group.disposition,
                });
                if group.stored > 0 {
                    self.outcomes.of(group.id, &mut |set| draft.set(set))?;
                }
                group.fresh.iter().for_each(|set| draft.set(&outcome_of(set)));
            }
            let draft = answering.close_contrl(draft);
            self.reply(draft, &interchange);
        }
        let state = match interchange.recognised.fate {
            Fate::Taken => InterchangeState::Closed,
            Fate::Held { .. } => InterchangeState::Held,
            Fate::Rejected => InterchangeState::Rejected,
            Fate::Duplicate(_) => InterchangeState::Duplicate,
        };
        tracing::info!(
            interchange = %interchange.id, partner = interchange.recognised.partner.as_deref().unwrap_or("?"),
            control_number = interchange.header.control_number, disposition = word(disposition), "read"
        );
        self.writes.push(Write::CloseInterchange { id: interchange.id, state, end, findings: value(&findings) });
        Ok(())
    }

    /// Whether the sender of the open group hears of sets that are rejected, by a 997, 999 or CONTRL.
    fn tells_of_sets(&self) -> bool {
        let Some(interchange) = &self.progress.interchange else { return true };
        let (partner, group) = (self.partner(interchange), interchange.groups.last());
        let answering = answering(interchange, &partner);
        let by_group = group.is_some_and(|group| answering.functional(&group.header).is_some());
        let is_repeated = matches!(interchange.recognised.fate, Fate::Duplicate(_));
        is_repeated || by_group || answering.owes_contrl(Answer::Result)
    }

    fn partner(&self, interchange: &OpenInterchange) -> Partner {
        let known = interchange.recognised.partner.as_deref().and_then(|id| self.in_force.partners.partner(id));
        known.cloned().unwrap_or_else(|| Partner::stranger(&self.in_force.partners.us))
    }

    /// Sends an answer off, or puts it before a person where it could not be valid.
    fn reply(&mut self, draft: Result<Draft, Vec<wire::Refusal>>, interchange: &OpenInterchange) {
        match draft {
            Ok(draft) => match draft.unfit(self.in_force.catalogue, self.at()) {
                None => self.writes.push(Write::Reply(Box::new(draft))),
                Some(why) => self.untold(draft.kind, &why, interchange),
            },
            Err(refusals) => {
                let why = refusals.first().map(ToString::to_string).unwrap_or_default();
                self.untold("answer", &why, interchange);
            }
        }
    }

    fn untold(&mut self, kind: &str, why: &str, interchange: &OpenInterchange) {
        let partner = interchange.recognised.partner.as_deref();
        self.writes.push(Write::Hold(Box::new(unwritable(kind, why, partner, interchange.id, self.now))));
    }

    fn at(&self) -> DateTime {
        TimeZone::UTC.to_datetime(self.now)
    }

    fn hold(&mut self, fault: &str, reason: &str, partner: Option<&str>, subject: (Subject, String)) {
        self.writes.push(Write::Hold(Box::new(Hold {
            fault: fault.into(),
            reason: reason.into(),
            partner: partner.map(str::to_owned),
            subject,
            ..Hold::open(self.now)
        })));
    }
}

fn answering<'a>(interchange: &'a OpenInterchange, partner: &'a Partner) -> Answering<'a> {
    Answering { recognised: &interchange.recognised, partner, interchange: &interchange.header, id: interchange.id }
}

/// What is wrong with an interchange, by its first error, and whether its sender knows.
fn why_rejected(outcome: &InterchangeOutcome<'_>, is_told: Result<bool, &str>) -> String {
    let InterchangeOutcome { interchange, findings, .. } = outcome;
    let (answer, by) = match interchange.syntax {
        wire::Syntax::X12 => ("TA1", "acknowledge.ta1"),
        wire::Syntax::Edifact => ("CONTRL", "acknowledge.contrl"),
    };
    let wrong = findings.iter().find(|found| found.is_error());
    let wrong = wrong.map_or_else(|| "it does not say why".to_owned(), Finding::message);
    let told = match is_told {
        Ok(true) => format!("The {answer} says so to its sender"),
        Ok(false) => format!("Nobody told its sender: no {answer} was asked for, and none is agreed (`{by}`)"),
        Err(why) => format!("Nobody told its sender: {why}"),
    };
    format!("Interchange {} was rejected as a whole: {wrong}. {told}.", interchange.control_number)
}

fn is_read(interchange: &OpenInterchange) -> bool {
    matches!(interchange.recognised.fate, Fate::Taken | Fate::Held { .. })
}

fn outcome_of(set: &SetRead) -> SetOutcome<'_> {
    SetOutcome::of(&set.header, &set.findings, set.disposition)
}

fn common(
    transmission: &Transmission,
    interchange: &OpenInterchange,
    group: Option<&OpenGroup>,
    revision: &str,
    now: Timestamp,
) -> Common {
    Common {
        transmission: transmission.id,
        payload: transmission.payload.clone(),
        interchange: interchange.id,
        group: group.map(|group| group.id),
        partner: group.map_or(&interchange.recognised.partner, |group| &group.partner).clone(),
        test: interchange.header.test,
        revision: revision.to_owned(),
        now,
    }
}

fn value(it: &impl Serialize) -> Value {
    serde_json::to_value(it).unwrap_or_default()
}

/// A shared value as itself: what is read back is nobody else's.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(it: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize(it, serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}
