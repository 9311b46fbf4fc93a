//! A whole reply: the body in its envelopes, from us to them, ready to be delivered.
//!
//! Control numbers and the time are given; delimiters are those agreed with the partner, else those of the interchange.

use jiff::civil::DateTime;

use super::contrl::{Answer, ContrlReply, is_syntax_4};
use super::outcome::swapped;
use super::{Dialect, Disposition, FunctionalReply, GroupOutcome, InterchangeOutcome, Line, SetOutcome, ta1};
use crate::partner::{Terms, Writing};
use crate::wire::writer::{Form, GroupHead, InterchangeHead, InterchangeWriter, Refusal, SetHead, SetWriter};
use crate::wire::{Group, Identity, Interchange, Syntax};

/// What a reply gets from outside: its interchange control number, and the time in our own zone.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    pub control_number: &'a str,
    pub at: DateTime,
}

/// A reply being written. Groups and sets are pushed in the order they were received; [`Letter::take`] drains bytes.
#[derive(Debug)]
pub struct Letter<'a> {
    writer: InterchangeWriter,
    body: Body<'a>,
    at: DateTime,
    list_accepted: bool,
    lines: Vec<Line>,
}

#[derive(Debug)]
enum Body<'a> {
    Functional { dialect: Dialect, open: Option<FunctionalReply<'a>> },
    Contrl(ContrlReply),
}

/// The TA1 for an interchange, in an interchange of its own.
pub fn ta1_letter(
    outcome: &InterchangeOutcome<'_>,
    writing: Option<&Writing>,
    stamp: Stamp<'_>,
) -> Result<Vec<u8>, Vec<Refusal>> {
    let mut writer = InterchangeWriter::new(form(outcome.interchange, writing));
    open(&mut writer, outcome.interchange, &version_of(outcome.interchange), stamp);
    let line = ta1::compose(outcome);
    write_elements(&line, writer.acknowledgement());
    writer.finish()
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
        let mut writer = InterchangeWriter::new(form(interchange, writing));
        let version = match dialect {
            Dialect::F999 => "00501".to_owned(),
            Dialect::F997 => version_of(interchange),
        };
        open(&mut writer, interchange, &version, stamp);
        let body = Body::Functional { dialect, open: None };
        Self { writer, body, at: stamp.at, list_accepted: terms.list_accepted, lines: Vec::new() }
    }

    /// Begins a CONTRL for an EDIFACT interchange.
    pub fn contrl(
        answer: Answer,
        outcome: &InterchangeOutcome<'_>,
        writing: Option<&Writing>,
        terms: &Terms,
        stamp: Stamp<'_>,
    ) -> Self {
        let interchange = outcome.interchange;
        let mut writer = InterchangeWriter::new(form(interchange, writing));
        open(&mut writer, interchange, &version_of(interchange), stamp);
        let release = match &terms.contrl_version {
            Some(version) => version,
            None if is_syntax_4(&interchange.version) => "4:1:UN",
            None => "D:3:UN",
        };
        writer.open_set(&SetHead { kind: "CONTRL", release, control_number: "1", convention: None });
        let mut lines = Vec::new();
        let body = Body::Contrl(ContrlReply::open(answer, outcome, terms.list_accepted, &mut lines));
        let mut letter = Self { writer, body, at: stamp.at, list_accepted: terms.list_accepted, lines };
        letter.write_lines();
        letter
    }

    /// Begins the answer to a group. In X12 it gets a group of its own, with this control number (GS06).
    pub fn group(&mut self, outcome: GroupOutcome<'a>, control_number: &str) {
        self.close_group();
        match &mut self.body {
            Body::Contrl(reply) => reply.group(&outcome, &mut self.lines),
            Body::Functional { dialect, open } => {
                let group = outcome.group;
                let version = version_of_group(*dialect, group);
                let nobody = Identity::default();
                self.writer.open_group(&GroupHead {
                    functional_id: "FA",
                    sender: group.receiver.as_ref().unwrap_or(&nobody),
                    receiver: group.sender.as_ref().unwrap_or(&nobody),
                    control_number,
                    at: self.at,
                    version: &version,
                });
                let (kind, convention) = match dialect {
                    Dialect::F997 => ("997", None),
                    Dialect::F999 => ("999", Some(version.as_str())),
                };
                self.writer.open_set(&SetHead { kind, release: &version, control_number: "0001", convention });
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
        self.writer.close_set();
        self.writer.close_group();
        Some(disposition)
    }

    /// Hands out what has been written so far, so that a long reply needs no memory.
    pub fn take(&mut self) -> Vec<u8> {
        self.writer.take()
    }

    /// Ends the reply: its last bytes.
    pub fn finish(mut self) -> Result<Vec<u8>, Vec<Refusal>> {
        self.close_group();
        self.writer.finish()
    }

    fn write_lines(&mut self) {
        for line in self.lines.drain(..) {
            write_elements(&line, self.writer.segment(line.tag));
        }
    }
}

fn write_elements(line: &Line, segment: &mut SetWriter) {
    for element in &line.elements {
        let mut components = element.iter();
        segment.element(components.next().map_or("", String::as_str));
        for component in components {
            segment.component(component);
        }
    }
}

/// How the reply looks. What cannot be written (delimiters in copies of bad data) is blanked, never refused.
fn form(interchange: &Interchange, writing: Option<&Writing>) -> Form {
    let form = match writing {
        Some(writing) => writing.form(interchange.syntax),
        None => {
            Form { delimiters: interchange.delimiters, charset: interchange.charset, ..Form::of(interchange.syntax) }
        }
    };
    let mut delimiters = form.delimiters;
    if interchange.syntax == Syntax::X12 && delimiters.repetition.is_none() {
        let taken = [delimiters.segment, delimiters.element, delimiters.component];
        delimiters.repetition = [b'^', b'!', b'|'].into_iter().find(|mark| !taken.contains(mark));
    }
    Form { delimiters, substitute: Some(' '), ..form }
}

fn open(writer: &mut InterchangeWriter, interchange: &Interchange, version: &str, stamp: Stamp<'_>) {
    let (sender, receiver) = swapped(interchange);
    writer.open_interchange(&InterchangeHead {
        sender: &sender,
        receiver: &receiver,
        control_number: stamp.control_number,
        at: stamp.at,
        version,
        test: interchange.test,
        acknowledgement_requested: false,
        agreement: None,
    });
}

/// A reply speaks the version it was spoken to in.
fn version_of(interchange: &Interchange) -> String {
    let version = &interchange.version;
    let fits = match interchange.syntax {
        Syntax::X12 => version.len() == 5 && version.bytes().all(|byte| byte.is_ascii_digit()),
        Syntax::Edifact => version.len() == 6 && version.starts_with("UNO") && version.as_bytes()[4] == b':',
    };
    match (fits, interchange.syntax) {
        (true, _) => version.clone(),
        (false, Syntax::X12) => "00401".into(),
        (false, Syntax::Edifact) => "UNOC:3".into(),
    }
}

/// GS08 of a reply: the release of the group it answers, without the group's implementation convention.
fn version_of_group(dialect: Dialect, group: &Group) -> String {
    match (dialect, group.version.get(..6)) {
        (Dialect::F999, _) => "005010X231A1".into(),
        (Dialect::F997, Some(release)) if release.bytes().all(|byte| byte.is_ascii_digit()) => release.into(),
        (Dialect::F997, _) => "004010".into(),
    }
}
