//! A story as values: sentences in order, and the blocks that multiply it.

use std::ops::Range;

use super::cut::Word;
use super::forms::Say;

/// One journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// As the file says; else the file's name.
    pub name: String,
    pub file: String,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Sentence(Sentence),
    Block(Block),
}

/// Sentences in braces.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub multiplies: Multiplier,
    pub steps: Vec<Step>,
    pub span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiplier {
    /// Every permutation.
    AnyOrder,
    /// Each sentence once more, at every later place.
    Twice,
    /// A stop after every write of the store.
    Kill,
}

/// One sentence, as the table of sentences reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    pub say: Say,
    /// `then only ...`: nothing else of that kind happened.
    pub is_only: bool,
    slots: Vec<(&'static str, Word)>,
    /// The one that was chosen of `a|b`.
    choices: Vec<&'static str>,
    pairs: Vec<Word>,
    /// As written, on one line.
    pub text: String,
    pub span: Range<usize>,
    /// Counted from 1.
    pub line: usize,
}

impl Sentence {
    pub(super) fn new(say: Say, matched: Matched, text: String, span: Range<usize>, line: usize) -> Self {
        let Matched { slots, choices, pairs, .. } = matched;
        Self { say, is_only: false, slots, choices, pairs, text, span, line }
    }

    /// The value at a place that the table calls so.
    pub fn slot(&self, name: &str) -> Option<&str> {
        self.slots.iter().find(|(slot, _)| *slot == name).map(|(_, word)| word.text.as_str())
    }

    /// All values of that name, in order.
    pub fn slots<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.slots.iter().filter(move |(slot, _)| *slot == name).map(|(_, word)| word.text.as_str())
    }

    pub(super) fn slot_words<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Word> {
        self.slots.iter().filter(move |(slot, _)| *slot == name).map(|(_, word)| word)
    }

    pub fn choice(&self) -> Option<&'static str> {
        self.choices.first().copied()
    }

    /// The value of a `key=value`.
    pub fn pair(&self, key: &str) -> Option<&str> {
        self.pair_word(key).map(|word| word.text.as_str())
    }

    pub fn pair_word(&self, key: &str) -> Option<&Word> {
        self.pairs.iter().find(|word| word.key.as_deref() == Some(key))
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().filter_map(|word| Some((word.key.as_deref()?, word.text.as_str())))
    }
}

/// What the words of a sentence are in the terms of its row.
#[derive(Clone, Debug, Default)]
pub(super) struct Matched {
    pub slots: Vec<(&'static str, Word)>,
    pub choices: Vec<&'static str>,
    pub pairs: Vec<Word>,
    /// What might have stood somewhere and did not: how many words stood before it, and how it begins.
    pub passed: Vec<(usize, &'static str)>,
}
