//! Outside interchanges: the next header is looked for, what stands before it is junk, and what closed the interchange
//! before is told once it is known what follows.

use super::{OpenInterchange, Role, Step, Walk, role};
use crate::finding::{Fault, Finding, Place, Span};
use crate::wire::discovery::{self, Discovery, SAMPLE, Start};
use crate::wire::envelope::{Interchange, Repair, RepairKind};
use crate::wire::text::Encoding;
use crate::wire::{Charset, Delimiters, Segment, Syntax, edifact, x12};

/// An interchange that is closed, while what follows it is still looked at: junk there belongs to it.
#[derive(Debug)]
pub(super) struct Closing {
    pub groups: u64,
    pub findings: Vec<Finding>,
    pub repairs: Vec<Repair>,
    pub end: u64,
}

/// What stood between interchanges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Junk {
    bytes: Span,
    /// Whether there was more than blanks, zeros and end-of-file marks.
    is_text: bool,
}

/// A header that was found, while its segment is not cut yet.
#[derive(Debug)]
pub(super) struct Opening {
    start: Start,
    pub repairs: Vec<Repair>,
    pub findings: Vec<Finding>,
}

impl Walk {
    pub(super) fn look_for_start(&mut self) -> Option<Step> {
        if !self.state.begun {
            return Some(Step::Hungry);
        }
        let text = self.text.bytes();
        let found = discovery::find_start(text, self.search);
        let to = match found {
            Ok((at, _)) => at,
            Err(at) if self.text.is_at_end() => text.len().max(at),
            Err(at) => at,
        };
        self.skip_junk(to);
        match found {
            Err(_) if !self.text.is_at_end() => Some(Step::Hungry),
            Err(_) => Some(self.end_of_document()),
            Ok(_) if self.text.len() - to < SAMPLE && !self.text.is_at_end() => Some(Step::Hungry),
            Ok((at, start)) => {
                if let Some(closed) = self.take_closing() {
                    return Some(closed);
                }
                self.begin_interchange(at, start);
                None
            }
        }
    }

    /// Notes what stands between interchanges, blank lines excepted.
    fn skip_junk(&mut self, to: usize) {
        let skipped = &self.text.bytes()[self.search..to];
        let is_line_end = |b: &u8| matches!(b, b'\r' | b'\n');
        if let Some(first) = skipped.iter().position(|b| !is_line_end(b)) {
            let last = skipped.iter().rposition(|b| !is_line_end(b)).unwrap_or(first);
            let bytes = self.context.origin.span(self.search + first, self.search + last + 1);
            let junk = self.junk.get_or_insert(Junk { bytes, is_text: false });
            junk.bytes.end = bytes.end;
            junk.is_text |= skipped.iter().any(|&b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x1A));
        }
        self.search = to;
    }

    fn take_junk(&mut self, as_text: RepairKind) -> Option<Repair> {
        let Junk { bytes, is_text } = self.junk.take()?;
        Some(Repair { kind: if is_text { as_text } else { RepairKind::Padding }, bytes })
    }

    fn end_of_document(&mut self) -> Step {
        match self.take_closing() {
            Some(closed) => closed,
            None => Step::End,
        }
    }

    fn take_closing(&mut self) -> Option<Step> {
        let Closing { groups, findings, mut repairs, end } = self.closing.take()?;
        let is_padded = repairs.iter().any(|r| r.kind == RepairKind::Padding);
        let junk = self.take_junk(RepairKind::TrailingJunk);
        repairs.extend(junk.filter(|junk| junk.kind != RepairKind::Padding || !is_padded));
        Some(Step::InterchangeClosed { groups, findings, repairs, end })
    }

    fn begin_interchange(&mut self, at: usize, start: Start) {
        let junk = self.take_junk(RepairKind::LeadingJunk);
        let text = self.text.bytes();
        let sample = &text[at..text.len().min(at + SAMPLE)];
        let Discovery { syntax, delimiters, skip, is_wrapped, repairs, start } = discovery::discover(sample, start);
        let repairs_before = std::mem::take(&mut self.early_repairs);
        let mut opening = Opening { start, repairs: repairs_before, findings: Vec::new() };
        opening.repairs.extend(junk);
        let here = self.context.origin.span(at, at + skip.max(3));
        opening.repairs.extend(repairs.into_iter().map(|kind| Repair { kind, bytes: here }));
        if is_wrapped && !self.text.unwraps {
            let line = text[at..].iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(0);
            let bytes = self.context.origin.span(at + line, at + line + 1);
            opening.repairs.push(Repair { kind: RepairKind::LineWrapped, bytes });
            self.text.unwraps = true;
            self.state.unwraps = true;
            self.text.unwrap_from(at, &mut self.context.origin);
        }
        let begin = at + skip;
        // Rows cut behind the last interchange still hold when nothing changed.
        let is_same = self.context.delimiters == delimiters && self.context.syntax == syntax;
        let row = self.index.segments[self.next..].iter().take(2).position(|r| r.start as usize == begin);
        self.take_notes(begin);
        match row {
            Some(n) if is_same && !is_wrapped => self.next += n,
            _ => {
                self.context.delimiters = delimiters;
                self.context.syntax = syntax;
                self.index.restart(begin);
                self.next = 0;
            }
        }
        self.context.charset = Charset::Detect;
        self.opening = Some(opening);
    }

    pub(super) fn open_interchange(&mut self) -> Option<Step> {
        match self.next_row() {
            Err(hungry) => return Some(hungry),
            Ok(true) => {}
            Ok(false) => {
                self.opening = None;
                self.search = self.text.len();
                return None;
            }
        }
        let Opening { start, repairs, mut findings } = self.opening.take()?;
        let segment = self.segment(self.next);
        let delimiters = self.context.delimiters;
        let is_header = role(self.context.syntax, segment.tag()) == Role::InterchangeHeader;
        let mut header = match start {
            Start::Isa => x12::interchange(&segment, delimiters, repairs),
            Start::Edifact if is_header => edifact::interchange(&segment, delimiters, repairs),
            _ => headless(&segment, self.context.syntax, delimiters, repairs),
        };
        header.findings.append(&mut findings);
        let is_headless = header.elements.is_empty();
        self.context.charset = match self.text.encoding {
            Encoding::Bytes => header.charset,
            _ => Charset::UnoY,
        };
        // A header without elements says nothing, and has been read all the same: left where it is, it would open an
        // interchange again and again.
        if !is_headless || self.role_of(self.index.segments[self.next]) == Role::InterchangeHeader {
            self.next += 1;
        }
        self.state.interchange = Some(OpenInterchange::new(header, is_headless));
        Some(Step::InterchangeOpened)
    }
}

/// What stands for an interchange where there is none.
fn headless(segment: &Segment<'_>, syntax: Syntax, delimiters: Delimiters, repairs: Vec<Repair>) -> Interchange {
    let start = Span::at(segment.span().start);
    let tag = if syntax == Syntax::X12 { "ISA" } else { "UNB" };
    Interchange {
        syntax,
        version: String::new(),
        sender: None,
        receiver: None,
        control_number: String::new(),
        date: String::new(),
        time: String::new(),
        test: false,
        acknowledgement_requested: false,
        agreement: None,
        delimiters,
        charset: Charset::Detect,
        repairs,
        findings: vec![Finding::error(Fault::EnvelopeMissing, Place::segment(tag, 0, start))],
        elements: Vec::new(),
        span: start,
    }
}
