//! What a file would be answered with: the replies a stranger's file gets by default, composed while it is read.
//! Pure; `entrepot ack` prints it. The daemon answers from stored outcomes, with the same composers.

use std::collections::BTreeSet;
use std::io;

use jiff::civil::DateTime;

use super::{Audience, Examined, XmlExamined};
use crate::finding::Finding;
use crate::journey::recognise::{judge_group, judge_header, judge_trailer, waits_for_trailer};
use crate::partner::{Functional, Terms};
use crate::reply::{
    Answer, ContrlReply, Dialect, Disposition, FunctionalReply, GroupOutcome, InterchangeOutcome, ReplyInterchange,
    SetOutcome, due, ta1,
};
use crate::wire::{Form, Group, Interchange, Repair, SetHeader, Syntax, TransactionSet};

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

/// Composes the replies to a file, one interchange for each interchange, as it is read.
pub struct Answering {
    wanted: Wanted,
    at: DateTime,
    /// Interchanges answered so far: their replies' control numbers.
    count: u64,
    replies: Vec<u8>,
    rejected: bool,
    received: Option<Interchange>,
    groups: Vec<GroupAnswer>,
    /// What holds where nothing was agreed.
    terms: Terms,
    /// Answers among them that the gateway sends by agreement only, in words.
    unasked: BTreeSet<String>,
    nameless: BTreeSet<&'static str>,
}

/// The replies to a file.
#[derive(Debug)]
pub struct Answers {
    pub bytes: Vec<u8>,
    /// Whether one of them rejects something.
    pub rejected: bool,
    /// Which of them the gateway sends by agreement only, and what agrees to it.
    pub unasked: BTreeSet<String>,
    /// What no answer could name, and why.
    pub nameless: BTreeSet<&'static str>,
}

/// The answer to one group, body only: what stands before it is known when the interchange ends.
struct GroupAnswer {
    group: Group,
    findings: Vec<Finding>,
    sets: Vec<SetAnswer>,
}

/// What is kept of a set until its interchange has been judged.
struct SetAnswer {
    header: SetHeader,
    findings: Vec<Finding>,
    disposition: Disposition,
}

impl SetAnswer {
    fn outcome(&self) -> SetOutcome<'_> {
        SetOutcome::of(&self.header, &self.findings, self.disposition)
    }
}

impl Answering {
    pub fn new(wanted: Wanted, at: DateTime) -> Self {
        Self {
            wanted,
            at,
            count: 0,
            replies: Vec::new(),
            rejected: false,
            received: None,
            groups: Vec::new(),
            terms: Terms::default(),
            unasked: BTreeSet::new(),
            nameless: BTreeSet::new(),
        }
    }

    pub fn finish(self) -> Answers {
        Answers { bytes: self.replies, rejected: self.rejected, unasked: self.unasked, nameless: self.nameless }
    }

    /// By the judgement of the daemon.
    fn answer(&mut self, interchange: &Interchange, header: Disposition, findings: &[Finding]) -> Option<Vec<u8>> {
        let decides = self.groups.iter().any(|answer| waits_for_trailer(interchange, &answer.group));
        let disposition = judge_trailer(header, findings, &self.terms, decides);
        self.rejected |= disposition != Disposition::Accepted;
        if !due::can_name(interchange) {
            self.nameless.insert(match interchange.syntax {
                Syntax::X12 => "ISA names neither sender nor receiver, so that an answer has nobody to go to",
                Syntax::Edifact => "UNB lacks its number (0020) or a party, which a CONTRL has to repeat",
            });
            return None;
        }
        let outcome = InterchangeOutcome { interchange, findings, disposition };
        match interchange.syntax {
            Syntax::X12 => self.answer_x12(&outcome),
            Syntax::Edifact => self.answer_edifact(&outcome),
        }
    }

    fn answer_x12(&mut self, outcome: &InterchangeOutcome<'_>) -> Option<Vec<u8>> {
        let received = outcome.interchange;
        let ta1 = match self.wanted {
            Wanted::Usual => received.acknowledgement_requested && !self.groups.is_empty(),
            Wanted::Ta1 => true,
            _ => false,
        };
        let functional = match self.wanted {
            Wanted::Usual | Wanted::Functional(_) => outcome.disposition.is_accepted(),
            _ => false,
        };
        if self.groups.iter().any(|answer| !due::can_name_group(&answer.group)) {
            self.rejected = true;
            self.nameless.insert("a group has no GS01, which AK101 has to repeat");
        }
        let is_answered = |group: &Group| group.functional_id != "FA" && due::can_name_group(group);
        let answered: Vec<&GroupAnswer> =
            self.groups.iter().filter(|answer| functional && is_answered(&answer.group)).collect();
        if !ta1 && answered.is_empty() {
            return None;
        }
        if ta1 && !due::ta1(self.terms.ta1, received, outcome.disposition) {
            self.unasked.insert(by_agreement("TA1", "ISA14 does not ask for it", "ta1 = \"always\""));
        }
        let number = format!("{:09}", self.count);
        let mut reply = ReplyInterchange::open(received, &number, self.at, Form::X12);
        if ta1 {
            reply.acknowledge(&ta1::compose(outcome));
        }
        let mut lines = Vec::new();
        for (index, answer) in answered.into_iter().enumerate() {
            let dialect = match self.wanted {
                Wanted::Functional(dialect) => dialect,
                _ => due::functional(Functional::Auto, &answer.group.version).unwrap_or(Dialect::F997),
            };
            if due::functional(self.terms.functional, &answer.group.version) != Some(dialect) {
                let (name, other) = if dialect == Dialect::F999 { ("999", "997") } else { ("997", "999") };
                let since = format!("a group of {} gets a {other}", answer.group.version);
                self.unasked.insert(by_agreement(name, &since, &format!("functional = \"{name}\"")));
            }
            let group = GroupOutcome {
                group: &answer.group,
                findings: &answer.findings,
                disposition: judge_group(&answer.findings, &self.terms),
            };
            reply.open_functional(dialect, &answer.group, &(index + 1).to_string(), "0001");
            let mut body = FunctionalReply::open(dialect, group, true, &mut lines);
            for set in &answer.sets {
                body.set(&set.outcome(), &mut lines);
                reply.lines(&lines);
                lines.clear();
            }
            self.rejected |= !body.close(&mut lines).is_accepted();
            reply.lines(&lines);
            lines.clear();
            reply.close_functional();
        }
        reply.finish().ok()
    }

    fn answer_edifact(&mut self, outcome: &InterchangeOutcome<'_>) -> Option<Vec<u8>> {
        let only_acknowledgements =
            self.groups.iter().flat_map(|answer| &answer.sets).all(|set| set.header.kind == "CONTRL");
        if !matches!(self.wanted, Wanted::Usual | Wanted::Contrl)
            || (only_acknowledgements && outcome.disposition.is_accepted())
        {
            return None;
        }
        if !due::contrl(self.terms.contrl, outcome.interchange, Answer::Result) {
            self.unasked.insert(by_agreement("CONTRL", "UNB 0031 does not ask for it", "contrl = \"result\""));
        }
        let mut reply = ReplyInterchange::open(outcome.interchange, &self.count.to_string(), self.at, Form::EDIFACT);
        reply.open_contrl(outcome.interchange, None, "1");
        let mut lines = Vec::new();
        let mut body = ContrlReply::open(Answer::Result, outcome, true, &mut lines);
        for answer in &self.groups {
            let group = GroupOutcome {
                group: &answer.group,
                findings: &answer.findings,
                disposition: judge_group(&answer.findings, &self.terms),
            };
            body.group(&group, &mut lines);
            for set in answer.sets.iter().filter(|set| set.header.kind != "CONTRL") {
                self.rejected |= !set.disposition.is_accepted();
                body.set(&set.outcome(), &mut lines);
                reply.lines(&lines);
                lines.clear();
            }
        }
        reply.lines(&lines);
        reply.close_contrl();
        reply.finish().ok()
    }
}

/// An answer that nothing asks for where nothing was agreed, in words.
fn by_agreement(answer: &str, since: &str, key: &str) -> String {
    format!("the {answer} leaves by agreement only, since {since}: {key} under [acknowledge] in partners/NAME.toml")
}

impl Audience for Answering {
    fn interchange(&mut self, _part: Option<&str>, interchange: &Interchange) -> io::Result<()> {
        self.received = Some(interchange.clone());
        self.groups.clear();
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        self.groups.push(GroupAnswer { group: group.clone(), findings: group.findings.clone(), sets: Vec::new() });
        Ok(())
    }

    fn set(&mut self, header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        if let Some(group) = self.groups.last_mut() {
            group.sets.push(SetAnswer {
                header: header.clone(),
                findings: examined.findings.clone(),
                disposition: examined.disposition,
            });
        }
        Ok(())
    }

    fn group_closed(&mut self, _sets: u64, findings: &[Finding]) -> io::Result<()> {
        if let Some(group) = self.groups.last_mut() {
            group.findings.extend_from_slice(findings);
        }
        Ok(())
    }

    fn interchange_closed(&mut self, _groups: u64, findings: &[Finding], _repairs: &[Repair]) -> io::Result<()> {
        let Some(mut interchange) = self.received.take() else { return Ok(()) };
        if interchange.sender.is_none() {
            self.nameless.insert("no sender stands in ISA or UNB: there is nobody to answer");
            self.rejected = true;
            return Ok(());
        }
        let mut all = std::mem::take(&mut interchange.findings);
        let header = judge_header(&all, &self.terms);
        all.extend_from_slice(findings);
        self.count += 1;
        if let Some(reply) = self.answer(&interchange, header, &all) {
            self.replies.extend_from_slice(&reply);
        }
        Ok(())
    }

    fn xml(&mut self, _part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        self.rejected |= !document.disposition.is_accepted();
        Ok(())
    }
}
