//! Words of a partner's map that nothing else of the map knows: a slip in one of them would change nothing, silently.
//!
//! The words of a canonical document are open, so that a new one is no mistake. One that misses a known word by a letter or
//! two is, unless it stands in quotes.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::code::Code;
use super::syntax::ast::{At, Body, Line, List, MapFile, Path, Slot, Source, Spot, Statement, Table};
use crate::mistake::{Mistake, nearest, slip};

/// Every name of the partner's own statements that looks like a slip. None where a map extends nothing.
pub fn slips(flat: &MapFile, shared: &FxHashMap<String, Table>) -> Vec<Mistake> {
    if flat.files.len() < 2 {
        return Vec::new();
    }
    let mut seen = Seen::default();
    seen.statements(&flat.statements);
    seen.known.extend(shared.values().flat_map(|table| &table.entries).map(|entry| entry.word.value.as_str()));
    let mistake = |file: u16, spot: &Spot, message: String| {
        Mistake::new(Code::Table.name(), &flat.files[usize::from(file)], spot.clone(), message)
    };
    let mut mistakes = Vec::new();
    for &(file, table) in seen.tables.iter().filter(|(file, _)| *file > 0) {
        let name = &table.name;
        if seen.conversions.contains(name.value.as_str()) {
            continue;
        }
        let is_table =
            |name: &&str| shared.contains_key(*name) || seen.tables.iter().any(|it| it.1.name.value == **name);
        let near = nearest(&name.value, seen.conversions.iter().copied().filter(is_table));
        let mut told =
            mistake(file, &name.spot, format!("no line of this map reads through a table \"{}\"", name.value));
        told.help = near.map(|near| format!("did you mean {near}?"));
        mistakes.push(told);
    }
    for word in seen.words.iter().filter(|word| !word.is_quoted && !seen.known.contains(word.text)) {
        if let Some(near) = slip(word.text, seen.known.iter().copied()) {
            let message = format!("the base and its tables do not know the word \"{}\"", word.text);
            let help = format!("did you mean {near}? A new word stands in quotes: \"{}\"", word.text);
            mistakes.push(mistake(word.file, word.spot, message).help(help));
        }
    }
    mistakes
}

/// What a map's statements name.
#[derive(Default)]
struct Seen<'m> {
    tables: Vec<(u16, &'m Table)>,
    conversions: BTreeSet<&'m str>,
    /// Words of the base.
    known: BTreeSet<&'m str>,
    /// Words of the partner's file.
    words: Vec<Word<'m>>,
}

struct Word<'m> {
    file: u16,
    text: &'m str,
    spot: &'m Spot,
    is_quoted: bool,
}

impl<'m> Seen<'m> {
    fn statements(&mut self, statements: &'m [Statement]) {
        for statement in statements {
            let file = statement.file;
            match &statement.body {
                Body::Table(table) => {
                    self.tables.push((file, table));
                    table.entries.iter().for_each(|entry| self.word(file, &entry.word));
                }
                Body::Line(line) | Body::Ignore(line) => self.line(file, line),
                Body::Group { line, body } => {
                    self.line(file, line);
                    self.statements(body);
                }
                Body::Each(each) => {
                    self.list(file, &each.list);
                    self.statements(&each.body);
                }
                Body::Tree(tree) => {
                    for level in &tree.levels {
                        level.list.iter().for_each(|list| self.list(file, list));
                        self.statements(&level.body);
                    }
                }
                Body::Require(path) => self.path(file, &path.value, &path.spot),
                Body::Default { path, value } => {
                    self.path(file, &path.value, &path.spot);
                    self.word(file, value);
                }
                Body::UseTables(_) | Body::Namespace { .. } | Body::Example(_) => {}
                // Overrides have been laid over the base.
                Body::Replace { .. } | Body::Drop { .. } | Body::DropEach(_) | Body::Add { .. } => {}
            }
        }
    }

    fn list(&mut self, file: u16, list: &'m List) {
        list.conditions.iter().for_each(|(_, word)| self.word(file, word));
        if let Some(within) = &list.within {
            self.steps(file, &within.steps);
        }
    }

    fn line(&mut self, file: u16, line: &'m Line) {
        match line {
            Line::Segment(line) => line.elements.iter().flatten().for_each(|slot| self.slot(file, slot)),
            Line::Element(line) => {
                self.steps(file, &line.steps);
                line.value.iter().for_each(|slot| self.slot(file, slot));
            }
        }
    }

    fn steps(&mut self, file: u16, steps: &'m [super::syntax::ast::Step]) {
        steps.iter().flat_map(|step| &step.attributes).for_each(|(_, slot)| self.slot(file, slot));
    }

    fn slot(&mut self, file: u16, slot: &'m At<Slot>) {
        let Slot::Blank(blank) = &slot.value else { return };
        self.conversions.extend(blank.conversions.iter().map(|conversion| conversion.name.value.as_str()));
        if let Source::Path { path, .. } = &blank.source {
            self.path(file, path, &slot.spot);
        }
    }

    /// The words that a path chooses items by.
    fn path(&mut self, file: u16, path: &'m Path, spot: &'m Spot) {
        for name in &path.names {
            if let Some((_, text)) = name.strip_suffix(']').and_then(|name| name.split_once('=')) {
                self.tell(Word { file, text, spot, is_quoted: false });
            }
        }
    }

    fn word(&mut self, file: u16, word: &'m At<String>) {
        // Quotes stand in the place and not in the word.
        let is_quoted = word.spot.len() > word.value.len();
        self.tell(Word { file, text: &word.value, spot: &word.spot, is_quoted });
    }

    fn tell(&mut self, word: Word<'m>) {
        if word.file == 0 {
            self.known.insert(word.text);
        } else {
            self.words.push(word);
        }
    }
}
