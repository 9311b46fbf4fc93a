//! The segments, composites, elements and codes of one release, as flat tables that its grammars share.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::codes::Codes;
use super::rule::{Kind, Length, Note};
use super::syntax::{ElementLine, File, Segment};
use crate::mistake::{Mistake, nearest};
use crate::wire::Tag;

/// No code list, no composite.
pub(super) const NONE: u16 = u16::MAX;

/// What one release's segments look like.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    pub(super) segments: Vec<SegmentRule>,
    pub(super) composites: Vec<CompositeRule>,
    pub(super) elements: Vec<ElementRule>,
    pub(super) notes: Vec<Note>,
    pub(super) codes: Vec<Codes>,
    pub(super) names: Vec<ElementName>,
    by_tag: FxHashMap<Tag, u16>,
}

/// The elements of a segment and the conditions between them.
#[derive(Clone, Debug)]
pub struct SegmentRule {
    pub tag: Tag,
    pub label: Box<str>,
    pub(super) elements: Range<u32>,
    pub(super) notes: Range<u32>,
    /// Bits of the mandatory positions.
    pub(super) required: u64,
    /// Bits of the positions an overlay forbids.
    pub(super) forbidden: u64,
}

/// The components of a composite and the conditions between them.
#[derive(Clone, Debug)]
pub struct CompositeRule {
    pub id: Box<str>,
    pub label: Box<str>,
    pub(super) elements: Range<u32>,
    pub(super) notes: Range<u32>,
    pub(super) required: u64,
    pub(super) forbidden: u64,
    /// Positions of 1131 and 3055 as bits: a code that comes from somebody else's list is not checked.
    pub(super) foreign: u64,
}

/// One element or component.
#[derive(Clone, Copy, Debug)]
pub struct ElementRule {
    pub kind: Kind,
    pub required: bool,
    /// Whether it says what its segment is about (REF01, NAD's 3035).
    pub qualifier: bool,
    /// The position that holds the format of this date; 0 where it is none.
    pub(super) dated: u8,
    /// How many repetitions are allowed.
    pub repeat: u16,
    pub(super) codes: u16,
    pub(super) composite: u16,
    pub(super) name: u16,
    pub length: Length,
}

/// An element's number in its standard and our label for it.
#[derive(Clone, Debug)]
pub struct ElementName {
    pub id: Box<str>,
    pub label: Box<str>,
}

impl Dictionary {
    /// Compiles the blocks of several files, later ones replacing segments of earlier ones.
    pub(super) fn compile(files: &[File<'_>]) -> (Self, Vec<Mistake>) {
        let mut compiler = Compiler::default();
        for file in files {
            for element in &file.elements {
                let codes = Codes::new(element.codes.iter().copied(), element.open);
                let codes = if codes.is_empty() {
                    NONE
                } else {
                    compiler.dictionary.codes.push(codes);
                    index(compiler.dictionary.codes.len() - 1)
                };
                let name = compiler.name(element.id, element.label);
                compiler.codes_of.insert(element.id, codes);
                compiler.dictionary.names[usize::from(name)].label = element.label.into();
            }
        }
        for file in files {
            for composite in &file.composites {
                compiler.composite(file.path, composite);
            }
        }
        for file in files {
            for segment in &file.segments {
                compiler.segment(file.path, segment);
            }
        }
        (compiler.dictionary, compiler.mistakes)
    }

    /// The rule of a tag.
    pub(super) fn find(&self, tag: Tag) -> Option<u16> {
        self.by_tag.get(&tag).copied()
    }

    pub fn segment(&self, tag: Tag) -> Option<&SegmentRule> {
        self.find(tag).map(|at| &self.segments[usize::from(at)])
    }

    /// The elements that a segment or composite cuts out of the table.
    pub(super) fn rows(&self, range: &Range<u32>) -> &[ElementRule] {
        &self.elements[range.start as usize..range.end as usize]
    }

    /// Copies rows to the table's end, where they can be changed for one place alone.
    pub(super) fn copy_rows(&mut self, range: &Range<u32>) -> Range<u32> {
        let first = self.elements.len() as u32;
        self.elements.extend_from_within(range.start as usize..range.end as usize);
        first..self.elements.len() as u32
    }

    /// The conditions that a segment or composite cuts out of the table.
    pub(super) fn conditions(&self, range: &Range<u32>) -> &[Note] {
        &self.notes[range.start as usize..range.end as usize]
    }

    pub fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.segments.iter().map(|segment| segment.tag)
    }
}

#[derive(Default)]
struct Compiler<'a> {
    dictionary: Dictionary,
    names: FxHashMap<&'a str, u16>,
    codes_of: FxHashMap<&'a str, u16>,
    composites: FxHashMap<&'a str, u16>,
    mistakes: Vec<Mistake>,
}

impl<'a> Compiler<'a> {
    fn name(&mut self, id: &'a str, label: &str) -> u16 {
        *self.names.entry(id).or_insert_with(|| {
            self.dictionary.names.push(ElementName { id: id.into(), label: label.into() });
            index(self.dictionary.names.len() - 1)
        })
    }

    fn composite(&mut self, file: &str, block: &Segment<'a>) {
        let (elements, notes, required) = self.block(file, block);
        let foreign = bits(block, |line| ["1131", "3055"].contains(&line.id));
        let (id, label) = (block.id.into(), block.label.into());
        self.dictionary.composites.push(CompositeRule { id, label, elements, notes, required, forbidden: 0, foreign });
        self.composites.insert(block.id, index(self.dictionary.composites.len() - 1));
    }

    fn segment(&mut self, file: &str, block: &Segment<'a>) {
        let tag = Tag::new(block.id.as_bytes());
        if tag == Tag::UNREADABLE {
            let message = format!("\"{}\" is not a tag: two to four characters", block.id);
            self.mistakes.push(Mistake::new("tag", file, block.bytes.clone(), message));
            return;
        }
        let (elements, notes, required) = self.block(file, block);
        let rule = SegmentRule { tag, label: block.label.into(), elements, notes, required, forbidden: 0 };
        if let Some(at) = self.dictionary.find(tag) {
            self.dictionary.segments[usize::from(at)] = rule;
        } else {
            self.dictionary.segments.push(rule);
            self.dictionary.by_tag.insert(tag, index(self.dictionary.segments.len() - 1));
        }
    }

    fn block(&mut self, file: &str, block: &Segment<'a>) -> (Range<u32>, Range<u32>, u64) {
        let mut mistake = |mistake| self.mistakes.push(mistake);
        if block.lines.len() > 64 {
            mistake(Mistake::new("too-many", file, block.bytes.clone(), "more than 64 elements"));
        }
        for (at, line) in block.lines.iter().enumerate() {
            if usize::from(line.position) != at + 1 {
                let message = format!("position {} stands where {} is due", line.position, at + 1);
                mistake(
                    Mistake::new("position", file, line.bytes.clone(), message).help("number the lines 1, 2, 3, ..."),
                );
            }
            if line.dated.is_some_and(|by| by == 0 || usize::from(by) > block.lines.len()) {
                mistake(Mistake::new(
                    "position",
                    file,
                    line.bytes.clone(),
                    "\"dated\" names a position that is not there",
                ));
            }
        }
        for note in &block.notes {
            if 64 - note.all().leading_zeros() > block.lines.len() as u32 {
                let message = format!("note {note} names a position that {} does not have", block.id);
                mistake(Mistake::new("note", file, block.bytes.clone(), message));
            }
        }
        let first = self.dictionary.elements.len() as u32;
        for line in block.lines.iter().take(64) {
            let rule = self.element(file, line);
            self.dictionary.elements.push(rule);
        }
        let first_note = self.dictionary.notes.len() as u32;
        self.dictionary.notes.extend(&block.notes);
        (
            first..self.dictionary.elements.len() as u32,
            first_note..self.dictionary.notes.len() as u32,
            bits(block, |line| line.required),
        )
    }

    fn element(&mut self, file: &str, line: &ElementLine<'a>) -> ElementRule {
        let name = self.name(line.id, "");
        let (kind, length, composite) = match line.form {
            Some((kind, length)) => (kind, length, NONE),
            None => (Kind::Composite, Length::default(), self.composites.get(line.id).copied().unwrap_or(NONE)),
        };
        if line.form.is_none() && composite == NONE {
            let mistake =
                Mistake::new("composite", file, line.bytes.clone(), format!("no composite is called {}", line.id));
            let known = nearest(line.id, self.composites.keys().copied());
            let mistake = match known {
                Some(known) => mistake.help(format!("did you mean {known}?")),
                None => mistake.help("give a type and a length: AN 1/30"),
            };
            self.mistakes.push(mistake);
        }
        ElementRule {
            kind,
            required: line.required,
            qualifier: line.qualifier,
            dated: line.dated.and_then(|by| u8::try_from(by).ok()).unwrap_or(0),
            repeat: line.repeat,
            codes: self.codes_of.get(line.id).copied().unwrap_or(NONE),
            composite,
            name,
            length,
        }
    }
}

fn bits<'a>(block: &Segment<'a>, which: impl Fn(&ElementLine<'a>) -> bool) -> u64 {
    block.lines.iter().take(64).enumerate().filter(|(_, line)| which(line)).fold(0, |bits, (at, _)| bits | 1 << at)
}

/// Tables stay far below 65,535 rows; a file that asks for more gets the last row, and the limit on its size holds.
fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(NONE - 1)
}
