//! The walk through envelopes: which segment opens and closes what. It asks for input and hands out steps; it reads
//! nothing itself.
//!
//! One bad set never costs its neighbours: whatever opens or closes an outer envelope also ends the inner ones, and
//! what was missing becomes a finding of the inner one.

mod outside;
mod state;

use self::outside::{Closing, Junk, Opening};
pub(in crate::wire) use self::state::{OpenGroup, OpenInterchange, State};
use crate::finding::{Fault, Finding, Place, Span};
use crate::wire::control::Numbers;
use crate::wire::discovery::{self, Start};
use crate::wire::envelope::{Group, Repair, RepairKind, SetHeader};
use crate::wire::index::{Index, Note, NoteKind, SegmentRow};
use crate::wire::origin::Origin;
use crate::wire::reader::Limits;
use crate::wire::segments::Context;
use crate::wire::text::{Encoding, Text};
use crate::wire::trailer::{self, Trailer};
use crate::wire::{Charset, Delimiters, Segment, Syntax, Tag, TransactionSet, edifact, header, repertoire, x12};

/// How many bytes are cut in one go: few enough that little is cut twice when the next interchange has other
/// delimiters.
const SCAN_BUDGET: usize = 16 * 1024;

/// Offsets into the text at hand have 31 bits.
const SET_BYTES_MAX: usize = 1 << 30;

/// How many findings and repairs one envelope keeps.
const NOTES_MAX: usize = 100;

/// What comes next in a file. Row numbers are those of the index.
#[derive(Debug)]
pub(in crate::wire) enum Step {
    /// More text is needed.
    Hungry,
    InterchangeOpened,
    /// TA1: one row.
    Acknowledgement(usize),
    GroupOpened,
    /// First row, and the row behind the last.
    Set(usize, usize),
    GroupClosed {
        sets: u64,
        findings: Vec<Finding>,
    },
    InterchangeClosed {
        groups: u64,
        findings: Vec<Finding>,
        repairs: Vec<Repair>,
        end: u64,
    },
    End,
}

#[derive(Debug)]
pub(in crate::wire) struct Walk {
    pub text: Text,
    pub index: Index,
    pub context: Context,
    limits: Limits,
    pub state: State,
    pub set_header: SetHeader,
    /// The row to look at next.
    next: usize,
    /// The first row of the set that is not closed yet.
    set_from: Option<usize>,
    /// Outside interchanges: the offset to go on looking from, and where the junk before it began.
    search: usize,
    junk: Option<Junk>,
    /// What was found at a header whose segment is not cut yet.
    opening: Option<Opening>,
    closing: Option<Closing>,
    /// Repairs before the first interchange.
    early_repairs: Vec<Repair>,
    /// Findings of the set being read that are known before its end.
    set_findings: Vec<Finding>,
    /// The row behind the last one that belonged nowhere.
    stray_row: Option<usize>,
    /// What the index noted before this offset has been told.
    noted: usize,
    /// The document has no more segments.
    is_exhausted: bool,
}

/// What a segment means for envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    InterchangeHeader,
    Acknowledgement,
    GroupHeader,
    SetHeader,
    SetTrailer,
    GroupTrailer,
    InterchangeTrailer,
    Content,
}

#[inline]
fn role(syntax: Syntax, tag: Tag) -> Role {
    const ISA: Tag = Tag::new(b"ISA");
    const TA1: Tag = Tag::new(b"TA1");
    const GS: Tag = Tag::new(b"GS");
    const ST: Tag = Tag::new(b"ST");
    const SE: Tag = Tag::new(b"SE");
    const GE: Tag = Tag::new(b"GE");
    const IEA: Tag = Tag::new(b"IEA");
    const UNA: Tag = Tag::new(b"UNA");
    const UNB: Tag = Tag::new(b"UNB");
    const UNG: Tag = Tag::new(b"UNG");
    const UNH: Tag = Tag::new(b"UNH");
    const UNT: Tag = Tag::new(b"UNT");
    const UNE: Tag = Tag::new(b"UNE");
    const UNZ: Tag = Tag::new(b"UNZ");
    match (syntax, tag) {
        (Syntax::X12, SE) | (Syntax::Edifact, UNT) => Role::SetTrailer,
        (Syntax::X12, ST) | (Syntax::Edifact, UNH) => Role::SetHeader,
        (Syntax::X12, GS) | (Syntax::Edifact, UNG) => Role::GroupHeader,
        (Syntax::X12, GE) | (Syntax::Edifact, UNE) => Role::GroupTrailer,
        (Syntax::X12, IEA) | (Syntax::Edifact, UNZ) => Role::InterchangeTrailer,
        (Syntax::X12, TA1) => Role::Acknowledgement,
        (_, ISA | UNA | UNB) => Role::InterchangeHeader,
        _ => Role::Content,
    }
}

/// Segments between sets that ask for nothing we do. X12.5: grade of service, deferred delivery, delivery notice.
/// ISO 9735-8: an object that is no message (UNO, its bytes, UNP).
fn is_service(syntax: Syntax, tag: Tag) -> bool {
    const X12: [Tag; 3] = [Tag::new(b"ISB"), Tag::new(b"ISE"), Tag::new(b"TA3")];
    const EDIFACT: [Tag; 2] = [Tag::new(b"UNO"), Tag::new(b"UNP")];
    match syntax {
        Syntax::X12 => X12.contains(&tag),
        Syntax::Edifact => EDIFACT.contains(&tag),
    }
}

impl Walk {
    pub fn new(limits: Limits) -> Self {
        Self::begin(limits, Origin::at(0), Text::default(), State::default(), Delimiters::X12, Syntax::X12)
    }

    /// Goes on where another walk stood between two segments.
    pub fn resume(limits: Limits, offset: u64, state: State) -> Self {
        let text = Text::at(offset, state.encoding, state.unwraps);
        let (delimiters, syntax) = match &state.interchange {
            Some(open) => (open.header.delimiters, open.header.syntax),
            None => (Delimiters::X12, Syntax::X12),
        };
        Self::begin(limits, Origin::at(offset), text, state, delimiters, syntax)
    }

    fn begin(limits: Limits, origin: Origin, text: Text, state: State, delimiters: Delimiters, syntax: Syntax) -> Self {
        let charset = state.interchange.as_ref().map_or(Charset::Detect, |open| open.header.charset);
        let limits = Limits { set_bytes_max: limits.set_bytes_max.min(SET_BYTES_MAX), ..limits };
        let mut index = Index::default();
        index.binary_bytes_max = limits.set_bytes_max;
        index.segment_bytes_max = limits.segment_bytes_max;
        index.restart(0);
        Self {
            text,
            index,
            context: Context { syntax, delimiters, charset, origin },
            limits,
            state,
            set_header: SetHeader::default(),
            next: 0,
            set_from: None,
            search: 0,
            junk: None,
            opening: None,
            closing: None,
            early_repairs: Vec::new(),
            set_findings: Vec::new(),
            stray_row: None,
            noted: 0,
            is_exhausted: false,
        }
    }

    /// Takes in one window more, dropping what has been walked through.
    pub fn feed(&mut self, input: &mut impl std::io::Read) -> std::io::Result<()> {
        let is_outside = self.state.interchange.is_none() && self.opening.is_none();
        let keep_row = self.set_from.unwrap_or(self.next);
        let keep = match self.index.segments.get(keep_row) {
            _ if is_outside => self.search,
            Some(row) => row.start as usize,
            None => self.index.open_start(),
        };
        self.take_notes(keep);
        // What is kept moves only when as much has been dropped: each byte moves once on average.
        if keep > 0 && keep >= self.text.len() - keep {
            self.text.slide(keep, &mut self.context.origin);
            self.noted = self.noted.saturating_sub(keep);
            if is_outside {
                self.index.restart(0);
                self.next = 0;
                self.search = 0;
            } else {
                self.index.forget(keep_row, keep);
                self.next -= keep_row;
                self.set_from = self.set_from.map(|from| from - keep_row);
                self.stray_row = self.stray_row.and_then(|row| row.checked_sub(keep_row));
            }
        }
        self.text.fill(input, &mut self.context.origin)?;
        if !self.state.begun {
            self.begin_document();
        }
        Ok(())
    }

    fn begin_document(&mut self) {
        self.state.begun = true;
        let marked = self.text.recognise_encoding(&mut self.context.origin) as u64;
        self.state.encoding = self.text.encoding;
        if marked > 0 {
            self.early_repairs.push(Repair { kind: RepairKind::ByteOrderMark, bytes: Span::new(0, marked) });
        }
        if self.text.encoding != Encoding::Bytes {
            self.early_repairs.push(Repair { kind: RepairKind::Transcoded, bytes: Span::at(marked) });
        }
    }

    /// Where reading can begin again: behind the last segment that has been walked through.
    pub fn offset(&self) -> u64 {
        self.context.origin.offset(self.walked())
    }

    fn walked(&self) -> usize {
        let before = self.next.checked_sub(1).and_then(|row| self.index.segments.get(row));
        match (&self.state.interchange, before, self.index.segments.get(self.next)) {
            (None, ..) => self.search,
            (Some(_), ..) if self.is_exhausted => self.text.len(),
            // Behind it may be what is no row, and has been noted already: it is not to be told twice.
            (Some(_), Some(before), _) => self.noted.max(before.next as usize),
            (Some(_), None, Some(row)) => row.start as usize,
            (Some(_), None, None) => self.index.open_start(),
        }
    }

    pub fn rows(&self, from: usize, to: usize) -> TransactionSet<'_> {
        TransactionSet::new(self.text.bytes(), &self.index.segments[from..to], &self.index.cuts, &self.context)
    }

    fn segment(&self, row: usize) -> Segment<'_> {
        self.rows(row, row + 1).segment(0)
    }

    /// Goes on to the next thing worth telling.
    pub fn step(&mut self) -> Step {
        loop {
            let step = if self.opening.is_some() {
                self.open_interchange()
            } else if self.state.interchange.is_none() {
                self.look_for_start()
            } else if self.set_from.is_some() {
                self.walk_set()
            } else {
                self.walk_envelopes()
            };
            if let Some(step) = step {
                if !matches!(step, Step::Hungry) {
                    self.take_notes(self.walked());
                }
                return step;
            }
        }
    }

    /// Makes sure the next row is cut. `Ok(false)`: there is none any more.
    fn next_row(&mut self) -> Result<bool, Step> {
        loop {
            if self.next < self.index.segments.len() {
                return Ok(true);
            }
            let (text, at_end) = (self.text.bytes(), self.text.is_at_end());
            let Context { syntax, delimiters, .. } = &self.context;
            if self.index.is_behind(text.len(), at_end) {
                self.index.scan(text, at_end, *syntax, delimiters, SCAN_BUDGET);
                if self.next == self.index.segments.len() {
                    // Terminators without end are no rows: what is noted of them does not pile up.
                    self.take_notes(self.index.open_start());
                }
            } else if !at_end {
                return Err(Step::Hungry);
            } else if !self.index.close_at_end(text, *syntax, delimiters) {
                self.is_exhausted = true;
                return Ok(false);
            }
        }
    }

    /// Keeps a finding for the innermost envelope that is open.
    fn note(&mut self, finding: Finding) {
        let notes = match (&mut self.state.group, &mut self.state.interchange) {
            _ if self.set_from.is_some() => &mut self.set_findings,
            (Some(group), _) => &mut group.findings,
            (None, Some(open)) => &mut open.findings,
            (None, None) => match &mut self.opening {
                Some(opening) => &mut opening.findings,
                None => return,
            },
        };
        if notes.len() < NOTES_MAX {
            notes.push(finding);
        }
    }

    /// What the index noted before an offset belongs to what is open there.
    fn take_notes(&mut self, before: usize) {
        self.noted = self.noted.max(before);
        for Note { at, kind } in self.index.take_notes(before) {
            let at = at as usize;
            let bytes = self.context.origin.span(at, at + 1);
            match kind {
                NoteKind::Unterminated => self.note_repair(RepairKind::TerminatorMissing, Span::at(bytes.end)),
                NoteKind::Empty => self.note_repair(RepairKind::EmptySegment, bytes),
                NoteKind::Padding => {
                    let open = self.state.interchange.as_ref();
                    // Blanks stand before every segment or before none: the first place says it.
                    if open.is_some_and(|o| o.repairs.iter().all(|r| r.kind != RepairKind::Padding)) {
                        self.note_repair(RepairKind::Padding, bytes);
                    }
                }
                NoteKind::Overlong => {
                    let place = Place::segment("", 0, Span::at(bytes.start));
                    let limit = format!("segments of at most {} bytes", self.limits.segment_bytes_max);
                    self.note(Finding::error(Fault::LimitExceeded, place).expecting(limit));
                }
            }
        }
    }

    fn note_repair(&mut self, kind: RepairKind, bytes: Span) {
        let repairs = match (&mut self.state.interchange, &mut self.opening) {
            (Some(open), _) => &mut open.repairs,
            (None, Some(opening)) => &mut opening.repairs,
            (None, None) => return,
        };
        if repairs.len() < NOTES_MAX {
            repairs.push(Repair { kind, bytes });
        }
    }

    fn walk_envelopes(&mut self) -> Option<Step> {
        match self.next_row() {
            Err(hungry) => return Some(hungry),
            Ok(true) => {}
            Ok(false) if self.state.group.is_some() => return self.close_group(None),
            Ok(false) => return self.close_interchange(None),
        }
        let row = self.next;
        // What stands before it belongs to what is open now, whatever it opens.
        self.take_notes(self.index.segments[row].start as usize);
        let role = self.role_of(self.index.segments[row]);
        let in_group = self.state.group.is_some();
        if self.state.skips_set {
            self.state.skips_set = matches!(role, Role::Content | Role::Acknowledgement);
            if self.state.skips_set || role == Role::SetTrailer {
                self.next += 1;
                return None;
            }
        }
        match role {
            Role::InterchangeHeader if in_group => self.close_group(None),
            Role::InterchangeHeader => self.close_interchange(None),
            Role::GroupHeader if in_group => self.close_group(None),
            Role::GroupHeader => self.open_group(),
            Role::SetHeader if !in_group => self.open_implicit_group(),
            Role::SetHeader => {
                self.set_from = Some(row);
                self.next += 1;
                None
            }
            Role::GroupTrailer if in_group => self.close_group(Some(row)),
            Role::InterchangeTrailer if self.state.group.as_ref().is_some_and(|g| g.is_implicit) => {
                self.close_group(None)
            }
            Role::InterchangeTrailer if in_group => self.close_group(None),
            Role::InterchangeTrailer => self.close_interchange(Some(row)),
            Role::Acknowledgement if !in_group => {
                self.next += 1;
                Some(Step::Acknowledgement(row))
            }
            Role::Content if is_service(self.context.syntax, self.index.segments[row].tag) => {
                self.next += 1;
                None
            }
            Role::SetTrailer | Role::GroupTrailer => self.note_stray(row, Fault::TrailerUnexpected),
            Role::Content | Role::Acknowledgement => self.note_stray(row, Fault::ContentOutside),
        }
    }

    /// A header of the other syntax, or with other delimiters, has no readable tag here.
    fn role_of(&self, row: SegmentRow) -> Role {
        match role(self.context.syntax, row.tag) {
            Role::Content if row.tag == Tag::UNREADABLE => {
                match discovery::starts(&self.text.bytes()[row.start as usize..]) {
                    Some(Start::Isa | Start::Edifact) => Role::InterchangeHeader,
                    _ => Role::Content,
                }
            }
            role => role,
        }
    }

    /// Content and trailers that belong nowhere. A run of them is one finding. Content alone costs nobody anything; with a
    /// trailer it was a set whose header is lost.
    fn note_stray(&mut self, row: usize, fault: Fault) -> Option<Step> {
        let segment = self.segment(row);
        let (tag, span) = (segment.tag_text().into_owned(), segment.span());
        self.next += 1;
        let before = self.stray_row.replace(self.next);
        let notes = match (&mut self.state.group, &mut self.state.interchange) {
            (Some(group), _) => &mut group.findings,
            (None, Some(open)) => &mut open.findings,
            (None, None) => return None,
        };
        match notes.last_mut() {
            Some(last) if last.fault == fault && fault == Fault::ContentOutside && before == Some(row) => {
                last.place.bytes.end = span.end;
            }
            _ => {
                let place = Place::segment(tag, 0, span);
                self.note(match fault {
                    Fault::ContentOutside => Finding::warning(fault, place),
                    fault => Finding::error(fault, place),
                });
            }
        }
        None
    }

    fn is_syntax_4(&self) -> bool {
        self.state.interchange.as_ref().is_some_and(|open| {
            let number = open.header.version.split(':').nth(1);
            open.header.syntax == Syntax::Edifact && number.is_some_and(|number| number.starts_with('4'))
        })
    }

    fn open_group(&mut self) -> Option<Step> {
        let segment = self.segment(self.next);
        let mut head = match self.context.syntax {
            Syntax::X12 => x12::group(&segment),
            Syntax::Edifact => edifact::group(&segment, self.is_syntax_4()),
        };
        let position = if self.context.syntax == Syntax::X12 { 6 } else { 5 };
        let number = head.control_number.clone().unwrap_or_default();
        let repeated = header::at_element(Fault::ControlNumberDuplicate, &segment, position);
        let missing = header::at_element(Fault::ControlNumberMissing, &segment, position);
        let open = self.state.interchange.as_mut()?;
        open.explicit_groups += 1;
        if number.is_empty() {
            head.findings.push(missing);
        } else if open.group_numbers.is_repeated(&number) {
            head.findings.push(repeated);
        }
        self.next += 1;
        self.enter_group(head, false)
    }

    /// EDIFACT seldom has groups; X12 without GS is a fault that need not cost the set.
    fn open_implicit_group(&mut self) -> Option<Step> {
        let start = self.context.origin.offset(self.index.segments[self.next].start as usize);
        let mut header = Group { span: Span::at(start), ..Group::default() };
        if self.context.syntax == Syntax::X12 {
            header.findings.push(Finding::error(Fault::EnvelopeMissing, Place::segment("GS", 0, Span::at(start))));
        }
        self.enter_group(header, true)
    }

    fn enter_group(&mut self, header: Group, is_implicit: bool) -> Option<Step> {
        if let Some(open) = &mut self.state.interchange {
            open.groups += 1;
        }
        let (sets, set_numbers, findings) = (0, Numbers::default(), Vec::new());
        self.state.group = Some(OpenGroup { header, is_implicit, sets, set_numbers, findings });
        Some(Step::GroupOpened)
    }

    /// Goes through the rows of a set until something ends it.
    fn walk_set(&mut self) -> Option<Step> {
        let from = self.set_from?;
        let syntax = self.context.syntax;
        let start = self.index.segments[from].start as usize;
        while let Some(row) = self.index.segments.get(self.next) {
            let is_long = row.end as usize - start > self.limits.set_bytes_max;
            if is_long || self.next - from >= self.limits.set_segments_max {
                return self.break_off_set(from);
            }
            let role = match role(syntax, row.tag) {
                Role::Content if row.tag == Tag::UNREADABLE => self.role_of(*row),
                role => role,
            };
            match role {
                Role::Content | Role::Acknowledgement => self.next += 1,
                Role::SetTrailer => {
                    self.next += 1;
                    return self.close_set(from, true);
                }
                _ => return self.close_set(from, false),
            }
        }
        if self.index.open_start() - start > self.limits.set_bytes_max {
            return self.break_off_set(from);
        }
        match self.next_row() {
            Err(hungry) => Some(hungry),
            Ok(true) => None,
            Ok(false) => self.close_set(from, false),
        }
    }

    /// A set beyond the limits is handed out as far as it was read; the rest is skipped.
    fn break_off_set(&mut self, from: usize) -> Option<Step> {
        let span = self.rows(from, self.next).span();
        let Limits { set_bytes_max, set_segments_max, .. } = self.limits;
        let limit = format!("at most {set_bytes_max} bytes and {set_segments_max} segments");
        let place = Place::segment("ST", 0, span);
        let tag = if self.context.syntax == Syntax::X12 { "ST" } else { "UNH" };
        let place = Place { tag: tag.into(), ..place };
        self.set_findings.push(Finding::error(Fault::LimitExceeded, place).expecting(limit));
        self.state.skips_set = true;
        self.close_set(from, false)
    }

    fn close_set(&mut self, from: usize, has_trailer: bool) -> Option<Step> {
        let to = self.next;
        self.take_notes(self.index.segments[to - 1].next as usize);
        self.set_from = None;
        let set = self.rows(from, to);
        let group = self.state.group.as_ref()?;
        let open = self.state.interchange.as_ref()?;
        let header_segment = set.segment(0);
        let mut head = match self.context.syntax {
            Syntax::X12 => x12::set_header(&header_segment, &group.header.version, &open.header.version),
            Syntax::Edifact => edifact::set_header(&header_segment),
        };
        head.segments = set.len() as u32;
        head.span = set.span();
        head.test = open.header.test;
        head.repairs = open.repairs_of(head.span);
        if !self.state.skips_set {
            let trailer = has_trailer.then(|| set.segment(set.len() - 1));
            let (count, position, end) = (u64::from(head.segments), head.segments + 1, head.span.end);
            let check = &trailer::SET[self.context.syntax as usize];
            check.check(trailer, count, &head.control_number, position, end, &mut head.findings);
        }
        header::check_set(&header_segment, self.context.syntax, self.is_syntax_4(), &mut head.findings);
        repertoire::check(set, &mut head.findings, self.limits.findings_per_set_max);
        if head.kind.is_empty() {
            let position = if self.context.syntax == Syntax::X12 { 1 } else { 2 };
            head.findings.push(header::at_element(Fault::SetIdentifierMissing, &header_segment, position));
        }
        let number = head.control_number.as_str();
        let group = self.state.group.as_mut()?;
        group.sets += 1;
        let fault = match number {
            "" => Some(Fault::ControlNumberMissing),
            _ => group.set_numbers.is_repeated(number).then_some(Fault::ControlNumberDuplicate),
        };
        if let Some(fault) = fault {
            let position = if self.context.syntax == Syntax::X12 { 2 } else { 1 };
            head.findings.push(header::at_element(fault, &self.segment(from), position));
        }
        if head.control_number.is_empty() && has_trailer {
            // An answer has to call it something: its trailer knows what the header has lost.
            head.control_number = self.segment(to - 1).element(2).text().trim().to_owned();
        }
        head.findings.append(&mut self.set_findings);
        self.set_header = head;
        Some(Step::Set(from, to))
    }

    /// The group ends: at its trailer, or where something else shows that it is over.
    fn close_group(&mut self, trailer: Option<usize>) -> Option<Step> {
        self.take_notes(self.end_of(trailer));
        let OpenGroup { header, is_implicit, sets, mut findings, .. } = self.state.group.take()?;
        if let Some(open) = &mut self.state.interchange {
            open.sets += sets;
        }
        if !is_implicit {
            let segment = trailer.map(|row| self.segment(row));
            let number = header.control_number.as_deref().unwrap_or_default();
            let end = self.here();
            trailer::GROUP[self.context.syntax as usize].check(segment, sets, number, 0, end, &mut findings);
        }
        if trailer.is_some() {
            self.next += 1;
        }
        Some(Step::GroupClosed { sets, findings })
    }

    fn close_interchange(&mut self, trailer: Option<usize>) -> Option<Step> {
        if let Some(row) = trailer {
            self.part_from_next_interchange(row);
        }
        self.take_notes(self.end_of(trailer));
        let open = self.state.interchange.take()?;
        let mut findings = open.findings;
        let end = self.here();
        let check: &Trailer = &trailer::INTERCHANGE[self.context.syntax as usize];
        let segment = trailer.map(|row| self.segment(row));
        let count = match self.context.syntax {
            Syntax::Edifact if open.explicit_groups == 0 => open.sets,
            _ => open.explicit_groups,
        };
        if open.is_headless {
            if let Some(segment) = &segment {
                findings.push(Finding::error(Fault::TrailerUnexpected, Place::segment(check.tag(), 0, segment.span())));
            }
        } else {
            check.check(segment, count, &open.header.control_number, 0, end, &mut findings);
        }
        let (end, next) = match trailer.map(|row| self.index.segments[row]) {
            Some(row) => {
                self.next += 1;
                (self.context.origin.span(row.start as usize, row.next as usize).end, row.next as usize)
            }
            None => (end, self.index.segments.get(self.next).map_or(self.text.len(), |r| r.start as usize)),
        };
        self.search = next;
        self.closing = Some(Closing { groups: open.groups, findings, repairs: open.repairs, end });
        None
    }

    /// A trailer without terminator runs into the next header: `IEA*1*000000001`, a line end, `ISA*00*`.
    fn part_from_next_interchange(&mut self, row: usize) {
        let text = self.text.bytes();
        let SegmentRow { start, end, .. } = self.index.segments[row];
        let inside = &text[start as usize..end as usize];
        let begins = |n: &usize| {
            inside[*n - 1].is_ascii_whitespace()
                && matches!(discovery::starts(&inside[*n..]), Some(Start::Isa | Start::Edifact))
        };
        let Some(next) = (1..inside.len()).find(begins) else { return };
        let kept = inside[..next].trim_ascii_end().len();
        self.index.shorten(row, start as usize + kept, start as usize + next);
        let end = self.context.origin.offset(start as usize + kept);
        self.note_repair(RepairKind::TerminatorMissing, Span::at(end));
    }

    /// Where an envelope ends: behind its trailer, or before what comes instead.
    fn end_of(&self, trailer: Option<usize>) -> usize {
        match (trailer, self.index.segments.get(self.next)) {
            (Some(trailer), _) => self.index.segments[trailer].next as usize,
            (None, Some(next)) => next.start as usize,
            (None, None) => self.text.len(),
        }
    }

    /// The stored offset of the next row.
    fn here(&self) -> u64 {
        let at = self.index.segments.get(self.next).map_or(self.text.len(), |row| row.start as usize);
        self.context.origin.offset(at)
    }
}
