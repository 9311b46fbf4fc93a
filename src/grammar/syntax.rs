//! The text of grammars and dictionaries: one line, one parser; every mistake of a file is told, with its place.
//!
//! ```text
//! set x12/004010/850 "Purchase order"  group PO
//!   BEG  1
//!   N1   0..200 loop              # N1 opens the loop, so it is required inside it
//!     N2 0..2
//! segment N1 "Party"   notes R0203 P0304
//!   1  98   M  ID 2/3  qualifier
//!   2  93   O  AN 1/60
//! composite C040   notes P0304 P0506
//!   1  128  M  ID 2/3
//! element 98 "party role" open
//!   BT BY SE ST
//! ```
//! EDIFACT writes segment groups as `LIN 0..200000 group 25`, and types as the directories do (`an..35`). `loop` and
//! `group` may be followed by `hierarchy`: its first element is an id, its second the id of an earlier parent;
//! `hierarchy S` says that a level without a parent is one whose third element is `S`. An
//! element line may end with `xN` (repetitions), `qualifier` (it says what the segment is about) and `dated N` (a date
//! in the format that position N names). A list of codes that is known to be incomplete is `open`.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{char, space0, space1, u16 as number16, u32 as number};
use nom::combinator::{eof, map, opt, value, verify};
use nom::multi::many0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::rule::{Kind, Length, Note, NoteKind};
use crate::mistake::{Mistake, nearest};

/// One file as written.
#[derive(Debug, Default)]
pub struct File<'a> {
    /// As mistakes name it.
    pub path: &'a str,
    pub set: Option<Set<'a>>,
    pub segments: Vec<Segment<'a>>,
    pub composites: Vec<Segment<'a>>,
    pub elements: Vec<Element<'a>>,
}

/// `set ADDRESS "label" group XX` and its tree as lines with depths.
#[derive(Debug)]
pub struct Set<'a> {
    pub address: &'a str,
    pub label: &'a str,
    /// GS01.
    pub group: Option<&'a str>,
    pub places: Vec<PlaceLine<'a>>,
    pub bytes: Range<usize>,
}

/// `  N1   0..200 loop`: depth 0 is directly in the set.
#[derive(Debug)]
pub struct PlaceLine<'a> {
    pub depth: usize,
    pub tag: &'a str,
    pub min: u32,
    /// `u32::MAX` for `*`.
    pub max: u32,
    pub opens: Option<Opens>,
    pub hierarchy: bool,
    /// The code of the level that has no parent.
    pub root: Option<&'a str>,
    pub bytes: Range<usize>,
}

/// What kind of loop a line opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    Loop,
    Group(u16),
}

/// `segment N1 "Party" notes R0203` or `composite C040 notes P0304`, and its lines.
#[derive(Debug)]
pub struct Segment<'a> {
    pub id: &'a str,
    pub label: &'a str,
    pub notes: Vec<Note>,
    pub lines: Vec<ElementLine<'a>>,
    pub bytes: Range<usize>,
}

/// `  1  98   M  ID 2/3  qualifier`.
#[derive(Debug)]
pub struct ElementLine<'a> {
    pub position: u16,
    pub id: &'a str,
    pub required: bool,
    /// Absent for a composite, which has its own block.
    pub form: Option<(Kind, Length)>,
    pub repeat: u16,
    pub qualifier: bool,
    pub dated: Option<u16>,
    pub bytes: Range<usize>,
}

/// `element 98 "party role" open` and the codes below it.
#[derive(Debug)]
pub struct Element<'a> {
    pub id: &'a str,
    pub label: &'a str,
    pub open: bool,
    pub codes: Vec<&'a str>,
}

/// Reads a file: everything that could be understood, and every mistake.
pub fn parse<'a>(path: &'a str, source: &'a str) -> (File<'a>, Vec<Mistake>) {
    let mut file = File { path, ..File::default() };
    let mut mistakes = Vec::new();
    let mut open = Block::None;
    // The indentations of the lines that enclose the current one inside `set`.
    let mut margins: Vec<usize> = Vec::new();
    let mut start = 0;
    for raw in source.split('\n') {
        let bytes = start..start + raw.len();
        start += raw.len() + 1;
        let line = raw.split_once('#').map_or(raw, |(before, _)| before).trim_end();
        if line.is_empty() {
            continue;
        }
        let body = line.trim_start_matches(' ');
        let margin = line.len() - body.len();
        let at = bytes.start + margin..bytes.start + line.len();
        let wrong = |error: nom::Err<nom::error::Error<&str>>, expected: &str| {
            let rest = match error {
                nom::Err::Error(error) | nom::Err::Failure(error) => error.input.len(),
                nom::Err::Incomplete(_) => 0,
            };
            Mistake::new("syntax", path, at.end - rest.min(body.len())..at.end, format!("expected {expected}"))
        };
        if margin == 0 {
            margins.clear();
            match header(body) {
                Ok((_, head)) => open = file.begin(head, at),
                Err(error) => {
                    open = Block::None;
                    let word = body.split(' ').next().unwrap_or(body);
                    let mistake = if ["set", "segment", "composite", "element"].contains(&word) {
                        wrong(error, header_form(word))
                    } else {
                        Mistake::new("syntax", path, at, format!("\"{word}\" begins nothing here"))
                    };
                    let guess = nearest(word, ["set", "segment", "composite", "element"]);
                    mistakes.push(match guess {
                        Some(guess) if guess != word => mistake.help(format!("write \"{guess}\"")),
                        _ => mistake,
                    });
                }
            }
            continue;
        }
        match open {
            Block::Set => {
                margins.retain(|&outer| outer < margin);
                let depth = margins.len();
                margins.push(margin);
                match place(body) {
                    Ok((_, mut line)) => {
                        (line.depth, line.bytes) = (depth, at);
                        if let Some(set) = &mut file.set {
                            set.places.push(line);
                        }
                    }
                    Err(error) => mistakes.push(wrong(error, "TAG 0..1, and perhaps \"loop\" or \"group N\"")),
                }
            }
            Block::Segment | Block::Composite => match element_line(body) {
                Ok((_, mut line)) => {
                    line.bytes = at;
                    let list = if open == Block::Segment { &mut file.segments } else { &mut file.composites };
                    if let Some(last) = list.last_mut() {
                        last.lines.push(line);
                    }
                }
                Err(error) => mistakes.push(wrong(error, "an element such as 1 98 M ID 2/3")),
            },
            Block::Element => {
                if let Some(last) = file.elements.last_mut() {
                    last.codes.extend(body.split(' ').filter(|code| !code.is_empty()));
                }
            }
            Block::None => mistakes.push(Mistake::new("syntax", path, at, "this line belongs to nothing")),
        }
    }
    (file, mistakes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    None,
    Set,
    Segment,
    Composite,
    Element,
}

enum Header<'a> {
    Set { address: &'a str, label: &'a str, group: Option<&'a str> },
    Segment { id: &'a str, label: &'a str, notes: Vec<Note> },
    Composite { id: &'a str, label: &'a str, notes: Vec<Note> },
    Element { id: &'a str, label: &'a str, open: bool },
}

impl<'a> File<'a> {
    fn begin(&mut self, header: Header<'a>, bytes: Range<usize>) -> Block {
        match header {
            Header::Set { address, label, group } => {
                self.set = Some(Set { address, label, group, places: Vec::new(), bytes });
                Block::Set
            }
            Header::Segment { id, label, notes } => {
                self.segments.push(Segment { id, label, notes, lines: Vec::new(), bytes });
                Block::Segment
            }
            Header::Composite { id, label, notes } => {
                self.composites.push(Segment { id, label, notes, lines: Vec::new(), bytes });
                Block::Composite
            }
            Header::Element { id, label, open } => {
                self.elements.push(Element { id, label, open, codes: Vec::new() });
                Block::Element
            }
        }
    }
}

fn header_form(word: &str) -> &'static str {
    match word {
        "set" => "set x12/004010/850 \"Purchase order\" group PO",
        "segment" => "segment N1 \"Party\" notes R0203 P0304",
        "composite" => "composite C040 notes P0304",
        _ => "element 98 \"party role\" open",
    }
}

fn header(line: &str) -> IResult<&str, Header<'_>> {
    let set = (preceded((tag("set"), space1), word), label, opt(preceded((tag("group"), space1), word)));
    let segment = (preceded((tag("segment"), space1), word), label, notes);
    let composite = (preceded((tag("composite"), space1), word), label, notes);
    let element = (preceded((tag("element"), space1), word), label, opt(terminated(tag("open"), space0)));
    terminated(
        alt((
            map(set, |(address, label, group)| Header::Set { address, label, group }),
            map(segment, |(id, label, notes)| Header::Segment { id, label, notes }),
            map(composite, |(id, label, notes)| Header::Composite { id, label, notes }),
            map(element, |(id, label, open)| Header::Element { id, label, open: open.is_some() }),
        )),
        (space0, eof),
    )
    .parse(line)
}

fn place(line: &str) -> IResult<&str, PlaceLine<'_>> {
    let opens = alt((value(Opens::Loop, tag("loop")), map(preceded((tag("group"), space1), number16), Opens::Group)));
    map(
        terminated(
            (
                word,
                terminated(cardinality, space0),
                opt(terminated(opens, space0)),
                opt((terminated(tag("hierarchy"), space0), opt(terminated(word, space0)))),
            ),
            eof,
        ),
        |(tag, (min, max), opens, hierarchy)| PlaceLine {
            depth: 0,
            tag,
            min,
            max,
            opens,
            hierarchy: hierarchy.is_some(),
            root: hierarchy.and_then(|(_, root)| root),
            bytes: 0..0,
        },
    )
    .parse(line)
}

/// `1`, `0..1`, `0..*`: how often something stands; `*` is `u32::MAX`.
pub(super) fn cardinality(text: &str) -> IResult<&str, (u32, u32)> {
    let bound = alt((number, value(u32::MAX, char('*'))));
    alt((
        verify((terminated(number, tag("..")), bound), |(min, max)| min <= max && *max > 0),
        map(number, |exactly| (exactly, exactly)),
    ))
    .parse(text)
}

fn element_line(line: &str) -> IResult<&str, ElementLine<'_>> {
    #[derive(Clone)]
    enum Tail {
        Repeat(u16),
        Qualifier,
        Dated(u16),
    }
    let required = alt((value(true, char('M')), value(false, char('O')), value(false, char('C'))));
    let tail = alt((
        map(preceded(char('x'), number16), Tail::Repeat),
        value(Tail::Qualifier, tag("qualifier")),
        map(preceded((tag("dated"), space1), number16), Tail::Dated),
    ));
    map(
        terminated(
            (
                terminated(number16, space1),
                word,
                terminated(required, space0),
                opt(terminated(form, space0)),
                many0(terminated(tail, space0)),
            ),
            eof,
        ),
        |(position, id, required, form, tails)| {
            let mut line =
                ElementLine { position, id, required, form, repeat: 1, qualifier: false, dated: None, bytes: 0..0 };
            for tail in tails {
                match tail {
                    Tail::Repeat(count) => line.repeat = count,
                    Tail::Qualifier => line.qualifier = true,
                    Tail::Dated(by) => line.dated = Some(by),
                }
            }
            line
        },
    )
    .parse(line)
}

/// `ID 2/3`, `N2 1/15`, `an..35`, `n8`.
fn form(text: &str) -> IResult<&str, (Kind, Length)> {
    let x12 = (
        alt((
            value(Kind::Text, tag("AN")),
            value(Kind::Code, tag("ID")),
            value(Kind::Date, tag("DT")),
            value(Kind::Time, tag("TM")),
            value(Kind::Decimal, tag("R")),
            value(Kind::Binary, tag("B")),
            map(preceded(char('N'), nom::character::complete::one_of("0123456789")), |digit| {
                Kind::Implied(digit as u8 - b'0')
            }),
        )),
        preceded(space1, map((terminated(number16, char('/')), number), |(min, max)| Length { min, max })),
    );
    let edifact = (
        alt((value(Kind::Text, tag("an")), value(Kind::Letters, tag("a")), value(Kind::Decimal, tag("n")))),
        alt((
            map(preceded(tag(".."), number), |max| Length { min: 1, max }),
            map(number16, |exactly| Length { min: exactly, max: u32::from(exactly) }),
        )),
    );
    alt((x12, edifact)).parse(text)
}

/// `notes R0203 P0304`: positions are two digits each.
fn notes(text: &str) -> IResult<&str, Vec<Note>> {
    map(opt(preceded(tag("notes"), many0(preceded(space1, note)))), Option::unwrap_or_default).parse(text)
}

pub(super) fn note(text: &str) -> IResult<&str, Note> {
    let kind = alt((
        value(NoteKind::AllOrNone, char('P')),
        value(NoteKind::AtLeastOne, char('R')),
        value(NoteKind::AtMostOne, char('E')),
        value(NoteKind::FirstNeedsAll, char('C')),
        value(NoteKind::FirstNeedsOne, char('L')),
    ));
    let digits = verify(take_while1(|c: char| c.is_ascii_digit()), |d: &str| d.len().is_multiple_of(2) && d.len() >= 4);
    map(
        verify(map((kind, digits), |(kind, digits)| Note::new(kind, digits)), Option::is_some),
        Option::unwrap_or_default,
    )
    .parse(text)
}

fn word(text: &str) -> IResult<&str, &str> {
    terminated(take_while1(|c: char| !c.is_whitespace() && c != '"'), space0).parse(text)
}

fn label(text: &str) -> IResult<&str, &str> {
    let quoted = delimited(char('"'), take_till(|c| c == '"'), (char('"'), space0));
    map(opt(quoted), Option::unwrap_or_default).parse(text)
}
