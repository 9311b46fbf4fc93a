//! The map back: from the text at hand to the stored bytes it came from.
//!
//! Most files need none: text and stored bytes are the same but for an offset. Line breaks taken out and UTF-16 made
//! UTF-8 leave runs, each with its own pace.

use crate::finding::Span;

/// From offsets in the text to offsets in the stored document.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Stored offset of the text's first byte, where there are no runs.
    base: u64,
    /// By rising `at`; the first covers the text's beginning. Empty when text is as stored.
    runs: Vec<Run>,
}

/// From `at` on, each byte of text stands for `pace` stored bytes, beginning at `stored`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    at: u32,
    pace: u8,
    stored: u64,
}

impl Origin {
    pub fn at(base: u64) -> Self {
        Self { base, runs: Vec::new() }
    }

    pub fn span(&self, start: usize, end: usize) -> Span {
        let start = self.offset(start);
        Span::new(start, self.end_offset(end).max(start))
    }

    /// The stored offset of the byte at `at`.
    pub fn offset(&self, at: usize) -> u64 {
        match self.run(at) {
            None => self.base + at as u64,
            Some((run, next)) => run.stored_at(at, next),
        }
    }

    /// The stored offset right behind the byte before `at`: line breaks that follow it are not part of it.
    fn end_offset(&self, at: usize) -> u64 {
        match at.checked_sub(1).and_then(|before| self.run(before)) {
            None => self.offset(at),
            Some((run, next)) => run.stored_at(at, next),
        }
    }

    fn run(&self, at: usize) -> Option<(Run, Option<Run>)> {
        let behind = self.runs.partition_point(|r| r.at as usize <= at);
        let run = *self.runs.get(behind.checked_sub(1)?)?;
        Some((run, self.runs.get(behind).copied()))
    }

    /// Text from `at` on stands for stored bytes from `stored` on.
    pub fn begin_run(&mut self, at: usize, pace: u8, stored: u64) {
        let run = Run { at: at as u32, pace, stored };
        match self.runs.last_mut() {
            Some(last) if last.at == run.at => *last = run,
            Some(last) if last.pace == pace && last.stored_at(at, None) == stored => {}
            None if at > 0 => {
                self.runs.push(Run { at: 0, pace: 1, stored: self.base });
                self.begin_run(at, pace, stored);
            }
            _ => self.runs.push(run),
        }
    }

    /// The text was moved back by `by` bytes.
    pub fn move_back(&mut self, by: usize) {
        if self.runs.is_empty() {
            self.base += by as u64;
            return;
        }
        let first = self.offset(by);
        let behind = self.runs.partition_point(|r| r.at as usize <= by);
        let pace = self.runs[behind.saturating_sub(1)].pace;
        self.runs.drain(..behind.saturating_sub(1));
        if let Some(run) = self.runs.first_mut() {
            *run = Run { at: by as u32, pace, stored: first };
        }
        for run in &mut self.runs {
            run.at -= by as u32;
        }
        self.base = first;
    }
}

impl Run {
    fn stored_at(self, at: usize, next: Option<Run>) -> u64 {
        let stored = self.stored + (at as u64 - u64::from(self.at)) * u64::from(self.pace);
        next.map_or(stored, |next| stored.min(next.stored))
    }
}
