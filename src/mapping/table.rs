//! Code tables: what a wire code is called in a canonical document, both ways.

use rustc_hash::FxHashMap;
use std::sync::Arc;

use super::code::Code;
use super::syntax::ast;
use crate::mistake::Mistake;

/// One table, compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    /// Code and word in the order of the file.
    entries: Vec<(Box<str>, Box<str>)>,
    words: FxHashMap<Box<str>, u32>,
    codes: FxHashMap<Box<str>, u32>,
    /// Codes that come near to words without one.
    near: FxHashMap<Box<str>, Box<str>>,
}

impl Table {
    /// The word a code stands for.
    pub fn word(&self, code: &str) -> Option<&str> {
        self.words.get(code).map(|&at| &*self.entries[at as usize].1)
    }

    /// The code that is written for a word: the first of the file.
    pub fn code(&self, word: &str) -> Option<&str> {
        self.codes.get(word).map(|&at| &*self.entries[at as usize].0)
    }

    /// The code that comes near to a word without one of its own; it reads as another word.
    pub fn near_code(&self, word: &str) -> Option<&str> {
        self.near.get(word).map(|code| &**code)
    }

    /// Every code of a word: what a selector made from `where` accepts.
    pub fn codes_of<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        self.entries.iter().filter(move |(_, other)| **other == *word).map(|(code, _)| &**code)
    }

    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.entries.iter().map(|(code, word)| (&**code, &**word))
    }

    /// Adds the entries of a statement; a code that already means something else is a mistake unless `replaces`.
    pub(super) fn extend(&mut self, file: &str, table: &ast::Table, replaces: bool) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        self.name.clone_from(&table.name.value);
        for entry in &table.entries {
            let (code, word) = (entry.code.value.as_str(), entry.word.value.as_str());
            if entry.near {
                self.near.entry(word.into()).or_insert_with(|| code.into());
                continue;
            }
            match self.words.get(code) {
                Some(&at) if *self.entries[at as usize].1 == *word => {}
                Some(&at) if replaces => {
                    let at = at as usize;
                    self.entries.remove(at);
                    self.entries.insert(at, (code.into(), word.into()));
                    self.index();
                }
                Some(&at) => {
                    let other = &self.entries[at as usize].1;
                    let message = format!("the code \"{code}\" means both \"{other}\" and \"{word}\"");
                    mistakes.push(
                        Mistake::new(Code::Table.name(), file, entry.code.spot.clone(), message)
                            .help("keep one of them; several codes may have one word, not the other way round"),
                    );
                }
                None => {
                    let at = self.entries.len() as u32;
                    self.entries.push((code.into(), word.into()));
                    self.words.insert(code.into(), at);
                    self.codes.entry(word.into()).or_insert(at);
                }
            }
        }
        mistakes
    }

    fn index(&mut self) {
        self.words.clear();
        self.codes.clear();
        for (at, (code, word)) in self.entries.iter().enumerate() {
            self.words.insert(code.clone(), at as u32);
            self.codes.entry(word.clone()).or_insert(at as u32);
        }
    }
}

/// The shared tables (`mappings/tables/*.table`), by name.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    by_name: FxHashMap<String, Arc<Table>>,
}

impl Tables {
    /// Adds every table of a file. A name twice is a mistake.
    pub fn add(&mut self, file: &ast::MapFile) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for statement in &file.statements {
            let ast::Body::Table(table) = &statement.body else {
                let message = "a file of tables holds tables only";
                mistakes.push(Mistake::new(Code::Table.name(), &file.file, statement.spot.clone(), message));
                continue;
            };
            let mut compiled = Table::default();
            mistakes.extend(compiled.extend(&file.file, table, false));
            if self.by_name.insert(table.name.value.clone(), Arc::new(compiled)).is_some() {
                let message = format!("the table \"{}\" stands twice", table.name.value);
                mistakes.push(Mistake::new(Code::Table.name(), &file.file, table.name.spot.clone(), message));
            }
        }
        mistakes
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Table>> {
        self.by_name.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    pub(super) fn insert(&mut self, table: Arc<Table>) {
        self.by_name.insert(table.name.clone(), table);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::syntax::parse;

    #[test]
    fn codes_and_words() {
        let (file, mistakes) = parse("a.table", "table purpose 00=original 09=original 01=cancel 01~withdraw");
        assert_eq!(mistakes, []);
        let mut tables = Tables::default();
        assert_eq!(tables.add(&file), []);
        let table = tables.get("purpose").expect("just added");
        assert_eq!(table.word("09"), Some("original"));
        assert_eq!(table.code("original"), Some("00"));
        assert_eq!(table.codes_of("original").collect::<Vec<_>>(), ["00", "09"]);
        assert_eq!(table.word("7"), None);
        assert_eq!((table.code("withdraw"), table.near_code("withdraw")), (None, Some("01")));
    }

    #[test]
    fn one_code_has_one_word() {
        let (file, _) = parse("a.table", "table purpose 00=original 00=cancel");
        let mistakes = Tables::default().add(&file);
        assert_eq!(mistakes[0].code, "table");
        assert_eq!(mistakes[0].message, "the code \"00\" means both \"original\" and \"cancel\"");
    }
}
