//! A whole reply from outcomes: the body composed and written into its envelopes as sets are pushed.
//!
//! Control numbers and the time are given; delimiters are those agreed with the partner, else those of the interchange.

use jiff::civil::DateTime;

use super::contrl::{Answer, ContrlReply};
use super::{
    Dialect, Disposition, FunctionalReply, GroupOutcome, InterchangeOutcome, Line, ReplyInterchange, SetOutcome, ta1,
};
use crate::partner::{Terms, Writing};
use crate::wire::{Form, Interchange, Refusal};

/// What a reply gets from outside: its interchange control number, and the time in our own zone.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    pub control_number: &'a str,
    pub at: DateTime,
}

/// A reply being written. Groups and sets are pushed in the order they were received; [`Letter::take`] drains bytes.
#[derive(Debug)]
pub struct Letter<'a> {
    envelope: ReplyInterchange,
    body: Body<'a>,
    list_accepted: bool,
    lines: Vec<Line>,
}

#[derive(Debug)]
enum Body<'a> {
    Functional { dialect: Dialect, open: Option<FunctionalReply<'a>> },
    Contrl(ContrlReply),
}

/// The TA1 for an interchange, in an interchange of its own.
///
/// # Errors
/// Characters of the envelope that the form cannot write.
pub fn ta1_letter(
    outcome: &InterchangeOutcome<'_>,
    writing: Option<&Writing>,
    stamp: Stamp<'_>,
) -> Result<Vec<u8>, Vec<Refusal>> {
    let form = form(outcome.interchange, writing);
    let mut envelope = ReplyInterchange::open(outcome.interchange, stamp.control_number, stamp.at, form);
    envelope.acknowledge(&ta1::compose(outcome));
    envelope.finish()
}

impl<'a> Letter<'a> {
    /// Begins 997s or 999s for the groups of an X12 interchange.
    pub fn functional(
        dialect: Dialect,
        interchange: &Interchange,
        writing: Option<&Writing>,
        terms: &Terms,
        stamp: Stamp<'_>,
    ) -> Self {
        let form = form(interchange, writing);
        Self {
            envelope: ReplyInterchange::open(interchange, stamp.control_number, stamp.at, form),
            body: Body::Functional { dialect, open: None },
            list_accepted: terms.list_accepted,
            lines: Vec::new(),
        }
    }

    /// Begins a CONTRL for an EDIFACT interchange.
    pub fn contrl(
        answer: Answer,
        outcome: &InterchangeOutcome<'_>,
        writing: Option<&Writing>,
        terms: &Terms,
        stamp: Stamp<'_>,
    ) -> Self {
        let form = form(outcome.interchange, writing);
        let mut envelope = ReplyInterchange::open(outcome.interchange, stamp.control_number, stamp.at, form);
        envelope.open_contrl(outcome.interchange, terms.contrl_version.as_deref(), "1");
        let mut lines = Vec::new();
        let body = Body::Contrl(ContrlReply::open(answer, outcome, terms.list_accepted, &mut lines));
        envelope.lines(&lines);
        lines.clear();
        Self { envelope, body, list_accepted: terms.list_accepted, lines }
    }

    /// Begins the answer to a group. In X12 it gets a group of its own, with this control number (GS06).
    pub fn group(&mut self, outcome: GroupOutcome<'a>, control_number: &str) {
        self.close_group();
        match &mut self.body {
            Body::Contrl(reply) => reply.group(&outcome, &mut self.lines),
            Body::Functional { dialect, open } => {
                self.envelope.open_functional(*dialect, outcome.group, control_number, "0001");
                *open = Some(FunctionalReply::open(*dialect, outcome, self.list_accepted, &mut self.lines));
            }
        }
        self.write_lines();
    }

    /// Answers one set of the open group.
    pub fn set(&mut self, outcome: &SetOutcome<'_>) {
        match &mut self.body {
            Body::Contrl(reply) => reply.set(outcome, &mut self.lines),
            Body::Functional { open, .. } => {
                if let Some(reply) = open {
                    reply.set(outcome, &mut self.lines);
                }
            }
        }
        self.write_lines();
    }

    /// Ends the answer to a group. For X12 it says what AK9 says of it.
    pub fn close_group(&mut self) -> Option<Disposition> {
        let Body::Functional { open, .. } = &mut self.body else { return None };
        let disposition = open.take()?.close(&mut self.lines);
        self.write_lines();
        self.envelope.close_functional();
        Some(disposition)
    }

    /// Hands out what has been written so far, so that a long reply needs no memory.
    pub fn take(&mut self) -> Vec<u8> {
        self.envelope.take()
    }

    /// Ends the reply: its last bytes.
    ///
    /// # Errors
    /// Characters of the envelope that the form cannot write.
    pub fn finish(mut self) -> Result<Vec<u8>, Vec<Refusal>> {
        self.close_group();
        self.envelope.finish()
    }

    fn write_lines(&mut self) {
        self.envelope.lines(&self.lines);
        self.lines.clear();
    }
}

/// How a reply looks: as agreed with the partner, else with the delimiters of the interchange it answers.
pub fn form(interchange: &Interchange, writing: Option<&Writing>) -> Form {
    match writing {
        Some(writing) => writing.form(interchange.syntax),
        None => {
            Form { delimiters: interchange.delimiters, charset: interchange.charset, ..Form::of(interchange.syntax) }
        }
    }
}
