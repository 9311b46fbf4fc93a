//! What a file would be answered with, as the daemon answers: `entrepot ack` prints it. Nothing is stored; numbers are
//! counted from one.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::acknowledge::Draft;
use super::clerk::Opened;
use super::plan::{Outcomes, Planner, Progress, Rules, Write};
use super::validate::SetRead;
use super::window::{Seen, Window};
use crate::catalogue::Catalogue;
use crate::finding::Finding;
use crate::journey::Step;
use crate::journey::examine::{Audience, Examined, XmlExamined};
use crate::journey::recognise::{Fate, Recognised, judge_header};
use crate::partner::{Contrl, Directory, Functional, Ta1, Terms};
use crate::reply::{Dialect, SetOutcome, due, is_acknowledgement};
use crate::store::{GroupId, GroupState, Id, InterchangeState, Transmission, TransmissionState};
use crate::wire::{Group, Interchange, Repair, SetHeader, TransactionSet};

/// Which acknowledgements are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// What the document would get without an agreement: a TA1 when it asks for one, and a 997 or CONTRL.
    #[default]
    Usual,
    Ta1,
    Functional(Dialect),
    Contrl,
}

impl Wanted {
    /// The terms under which it leaves.
    fn terms(self) -> Terms {
        let nobody = Terms::default();
        let none = Terms { ta1: Ta1::Never, functional: Functional::None, contrl: Contrl::None, ..nobody.clone() };
        match self {
            Self::Usual => Terms { contrl: Contrl::Result, ..nobody },
            Self::Ta1 => Terms { ta1: Ta1::Always, ..none },
            Self::Functional(Dialect::F997) => Terms { functional: Functional::F997, ..none },
            Self::Functional(Dialect::F999) => Terms { functional: Functional::F999, ..none },
            Self::Contrl => Terms { contrl: Contrl::Result, ..none },
        }
    }
}

/// Composes the replies to a file as it is read, each interchange when it has ended.
pub struct Answering<'c> {
    catalogue: &'c Catalogue,
    terms: Terms,
    now: Timestamp,
    /// Nobody is known here.
    partners: Directory,
    transmission: Transmission,
    /// The interchange that is being read.
    seen: Vec<Seen<Opened, SetRead>>,
    received: Option<Arc<Interchange>>,
    groups: Vec<String>,
    /// Numbers taken so far: of interchanges, and of groups in them.
    numbers: (u64, u64),
    answers: Answers,
}

/// The replies to a file.
#[derive(Debug, Default)]
pub struct Answers {
    pub bytes: Vec<u8>,
    /// Whether something in the file was rejected.
    pub rejected: bool,
    /// Which of them the gateway sends by agreement only, and what agrees to it.
    pub unasked: BTreeSet<String>,
    /// What is owed and cannot be sent, and why: a person would have it.
    pub untold: BTreeSet<String>,
}

impl<'c> Answering<'c> {
    pub fn new(catalogue: &'c Catalogue, wanted: Wanted, at: DateTime) -> Self {
        let now = TimeZone::UTC.to_timestamp(at).unwrap_or_default();
        Self {
            catalogue,
            terms: wanted.terms(),
            now,
            partners: Directory::default(),
            transmission: Transmission {
                id: Id::new(),
                door: String::new(),
                partner: None,
                name: String::new(),
                payload: String::new(),
                size: 0,
                state: TransmissionState::Reading,
                checkpoint: None,
                summary: serde_json::Value::Null,
                received_at: now,
            },
            seen: Vec::new(),
            received: None,
            groups: Vec::new(),
            numbers: (0, 0),
            answers: Answers::default(),
        }
    }

    /// The same under the terms of somebody.
    #[must_use]
    pub fn under(mut self, terms: &Terms) -> Self {
        self.terms = terms.clone();
        self
    }

    pub fn finish(self) -> Answers {
        self.answers
    }

    /// Answers the interchange that has ended.
    fn answer(&mut self, interchange: &Interchange) -> io::Result<()> {
        let mut planner = Planner {
            in_force: Rules { catalogue: self.catalogue, partners: &self.partners, revision: "" },
            transmission: &self.transmission,
            progress: Progress::default(),
            outcomes: Nothing,
            now: self.now,
            writes: Vec::new(),
        };
        let window = Window { seen: std::mem::take(&mut self.seen), last: true };
        planner.take(window).map_err(|error| io::Error::other(error.to_string()))?;
        let writes = planner.writes;
        if interchange.sender.is_some() && !due::can_name(interchange) {
            self.answers.untold.insert(due::nameless(interchange.syntax).to_owned());
            self.answers.rejected = true;
        }
        for write in writes {
            match write {
                Write::Reply(draft) => self.print(&draft, interchange),
                Write::Hold(hold) if hold.fault == "answer-unwritable" => {
                    self.answers.untold.insert(hold.reason);
                    self.answers.rejected = true;
                }
                Write::Hold(hold) if hold.fault == "envelope-missing" => {
                    self.answers.untold.insert("no sender stands in ISA or UNB: there is nobody to answer".to_owned());
                    self.answers.rejected = true;
                }
                Write::CloseInterchange { state, .. } => self.answers.rejected |= state == InterchangeState::Rejected,
                Write::CloseGroup { state, .. } => self.answers.rejected |= state != GroupState::Accepted,
                _ => {}
            }
        }
        Ok(())
    }

    fn print(&mut self, draft: &Draft, interchange: &Interchange) {
        self.numbers.0 += 1;
        self.numbers.1 += u64::from(draft.group.is_some());
        let Ok((_, bytes)) = draft.bytes(self.numbers.0, self.numbers.1, TimeZone::UTC.to_datetime(self.now)) else {
            return;
        };
        self.answers.bytes.extend_from_slice(&bytes);
        let nobody = Terms::default();
        match draft.kind {
            "TA1" if !due::ta1(nobody.ta1, interchange, draft.disposition) => {
                self.by_agreement("TA1", "ISA14 does not ask for it", "ta1 = \"always\"");
            }
            "CONTRL" if !due::contrl(nobody.contrl, interchange, crate::reply::Answer::Result) => {
                self.by_agreement("CONTRL", "UNB 0031 does not ask for it", "contrl = \"result\"");
            }
            "997" | "999" => {
                let dialect = if draft.kind == "999" { Dialect::F999 } else { Dialect::F997 };
                let other = if draft.kind == "999" { "997" } else { "999" };
                for version in std::mem::take(&mut self.groups) {
                    if due::functional(nobody.functional, &version).is_some_and(|usual| usual != dialect) {
                        let since = format!("a group of {version} gets a {other}");
                        self.by_agreement(draft.kind, &since, &format!("functional = \"{}\"", draft.kind));
                    }
                }
            }
            _ => {}
        }
    }

    /// An answer that nothing asks for where nothing was agreed, in words.
    fn by_agreement(&mut self, answer: &str, since: &str, key: &str) {
        let words = format!(
            "the {answer} leaves by agreement only, since {since}: {key} under [acknowledge] in partners/NAME.toml"
        );
        self.answers.unasked.insert(words);
    }
}

impl Audience for Answering<'_> {
    fn interchange(&mut self, _part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        let header = Arc::new(interchange.clone());
        let fate = match &interchange.sender {
            None => Fate::Held { fault: "envelope-missing".to_owned(), reason: String::new() },
            Some(_) if !judge_header(&interchange.findings, &self.terms).is_accepted() => Fate::Rejected,
            Some(_) => Fate::Taken,
        };
        let recognised = Recognised {
            partner: None,
            terms: self.terms.clone(),
            outlet: interchange.sender.as_ref().map(|_| String::new()),
            late: None,
            fate,
            findings: interchange.findings.clone(),
        };
        self.seen = vec![Seen::Opened(header.clone(), Opened { id: Id::new(), recognised, key: None })];
        self.received = Some(header);
        self.groups.clear();
        Ok(())
    }

    fn acknowledgement(&mut self, ta1: TransactionSet<'_>) -> io::Result<()> {
        self.seen.push(Seen::Set(SetRead::ta1(ta1)));
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        self.groups.push(group.version.clone());
        self.seen.push(Seen::GroupOpened(Arc::new(group.clone())));
        Ok(())
    }

    fn set(&mut self, header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        self.answers.rejected |= !examined.disposition.is_accepted();
        self.seen.push(Seen::Set(SetRead {
            id: Id::new(),
            header: header.clone(),
            disposition: examined.disposition,
            findings: examined.findings.clone(),
            said: Vec::new(),
            is_acknowledgement: is_acknowledgement(&header.kind),
            is_agreed: true,
            translated: None,
            coverage: None,
            map: None,
        }));
        Ok(())
    }

    fn group_closed(&mut self, _sets: u64, findings: &[Finding]) -> io::Result<()> {
        self.seen.push(Seen::GroupClosed { findings: findings.to_vec() });
        Ok(())
    }

    fn interchange_closed(&mut self, _groups: u64, findings: &[Finding], repairs: &[Repair]) -> io::Result<()> {
        let Some(interchange) = self.received.take() else { return Ok(()) };
        self.seen.push(Seen::Closed { findings: findings.to_vec(), repairs: repairs.to_vec(), end: 0 });
        self.answer(&interchange)
    }

    fn xml(&mut self, _part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        self.answers.rejected |= !document.disposition.is_accepted();
        Ok(())
    }
}

/// An interchange is one window here: nothing of it was stored before.
struct Nothing;

impl Outcomes for Nothing {
    fn of(&mut self, _group: GroupId, _each: &mut dyn FnMut(&SetOutcome<'_>)) -> Result<(), Step> {
        Ok(())
    }
}
