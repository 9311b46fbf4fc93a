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

    #[inline]
    pub fn span(&self, start: usize, end: usize) -> Span {
        if self.runs.is_empty() {
            return Span::new(self.base + start as u64, self.base + end as u64);
        }
        self.span_of_runs(start, end)
    }

    fn span_of_runs(&self, start: usize, end: usize) -> Span {
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
            Some(_) => self.runs.push(run),
            None if pace == 1 && self.base + at as u64 == stored => {}
            None => {
                if at > 0 {
                    self.runs.push(Run { at: 0, pace: 1, stored: self.base });
                }
                self.runs.push(run);
            }
        }
    }

    /// The text ends at `at`; what is appended comes from `stored` on.
    pub fn end_at(&mut self, at: usize, stored: u64) {
        self.begin_run(at, 1, stored);
    }

    /// Takes the map of the text from `from` on out, to be put back piece by piece with [`Self::take_run`].
    pub fn split_off(&mut self, from: usize) -> Self {
        let behind = self.runs.partition_point(|r| r.at as usize <= from);
        let covering = behind.saturating_sub(1);
        let taken = Self { base: self.base, runs: self.runs.get(covering..).unwrap_or_default().to_vec() };
        let kept =
            if self.runs.get(covering).is_some_and(|r| (r.at as usize) < from) { covering + 1 } else { covering };
        if kept == 0 && !self.runs.is_empty() {
            self.base = taken.offset(from) - from as u64;
        }
        self.runs.truncate(kept);
        taken
    }

    /// The text at `start..end` of `old` now stands at `to`.
    pub fn take_run(&mut self, old: &Self, start: usize, end: usize, to: usize) {
        let Some(first) = old.runs.partition_point(|r| r.at as usize <= start).checked_sub(1) else {
            return self.begin_run(to, 1, old.offset(start));
        };
        for run in old.runs[first..].iter().take_while(|r| (r.at as usize) < end.max(start + 1)) {
            let from = start.max(run.at as usize);
            self.begin_run(to + from - start, run.pace, old.offset(from));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_runs_an_offset_is_added() {
        let mut origin = Origin::at(100);
        assert_eq!(origin.span(3, 5), Span::new(103, 105));
        origin.move_back(3);
        assert_eq!(origin.span(0, 2), Span::new(103, 105));
    }

    #[test]
    fn a_break_belongs_to_neither_side() {
        // Stored `ABC\r\nDEF`, text `ABCDEF`.
        let mut origin = Origin::default();
        origin.begin_run(3, 1, 5);
        assert_eq!(origin.span(0, 3), Span::new(0, 3));
        assert_eq!(origin.span(3, 6), Span::new(5, 8));
        assert_eq!(origin.span(2, 4), Span::new(2, 6));
        origin.move_back(2);
        assert_eq!(origin.span(0, 1), Span::new(2, 3));
        assert_eq!(origin.span(1, 2), Span::new(5, 6));
        origin.move_back(1);
        assert_eq!(origin.span(0, 3), Span::new(5, 8));
    }

    #[test]
    fn wide_characters_count_their_own_bytes() {
        // UTF-16 behind a mark: `A`, `€` (three bytes of UTF-8), `B`.
        let mut origin = Origin::at(2);
        origin.begin_run(0, 2, 2);
        origin.begin_run(1, 1, 4);
        origin.begin_run(4, 2, 6);
        origin.end_at(5, 8);
        assert_eq!(origin.span(0, 1), Span::new(2, 4));
        assert_eq!(origin.span(1, 4), Span::new(4, 6));
        assert_eq!(origin.span(4, 5), Span::new(6, 8));
    }
}
