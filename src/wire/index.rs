//! Where segments and elements are cut: flat tables over the text at hand, filled block by block and reused.

use super::cuts::{Cut, CutList};
use super::scan::{BLOCK, Needles};
use super::{Delimiters, Syntax, Tag};

/// One segment: offsets into the text at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentRow {
    pub tag: Tag,
    pub start: u32,
    /// Exclusive, without the terminator.
    pub end: u32,
    /// Where the next segment may begin: behind the terminator.
    pub next: u32,
    /// The first of its cuts, and how many there are: one behind the tag and one behind each element.
    pub first_cut: u32,
    pub cuts: u32,
}

/// The tables, and how far the text has been cut.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub segments: Vec<SegmentRow>,
    pub cuts: CutList,
    /// What was odd and left no row, by rising offset.
    notes: Vec<Note>,
    /// Text before this offset has been cut.
    scanned: usize,
    /// The segment that is not closed yet.
    open_start: usize,
    open_first_cut: usize,
    open_inner: bool,
    released: bool,
    /// Bytes that must be at hand before a binary segment can be closed.
    binary_end: usize,
    /// The open segment broke a limit; it will have no row.
    is_overlong: bool,
    pub segment_bytes_max: usize,
    /// How much binary data is waited for.
    pub binary_bytes_max: usize,
    at_end: bool,
}

/// Something that is no segment, at an offset of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub at: u32,
    pub kind: NoteKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoteKind {
    /// Two terminators in a row.
    Empty,
    /// Blanks before a segment: where they begin.
    Padding,
    /// A segment beyond the limit, left out.
    Overlong,
    /// The text ended without a terminator.
    Unterminated,
}

impl Index {
    /// Forgets everything and begins at an offset of the text.
    pub fn restart(&mut self, at: usize) {
        self.segments.clear();
        self.cuts.clear();
        self.notes.clear();
        self.begin_segment(at);
        self.scanned = at;
    }

    fn begin_segment(&mut self, at: usize) {
        self.open_start = at;
        self.open_first_cut = self.cuts.len();
        self.open_inner = false;
        self.released = false;
        self.binary_end = 0;
        self.is_overlong = false;
    }

    /// Takes the notes of the text before an offset.
    pub fn take_notes(&mut self, before: usize) -> Vec<Note> {
        let count = self.notes.partition_point(|n| (n.at as usize) < before);
        self.notes.drain(..count).collect()
    }

    fn note(&mut self, at: usize, kind: NoteKind) {
        self.notes.push(Note { at: at as u32, kind });
    }

    /// Gives up on the open segment when it is beyond the limit: what follows is dropped up to its terminator.
    fn skip_overlong(&mut self, text: &[u8], syntax: Syntax) {
        let bytes = self.scanned - self.open_start;
        let is_binary = matches!(text[self.open_start..].first_chunk(), Some(b"BIN" | b"BDS")) && syntax == Syntax::X12;
        let bytes_max = if is_binary { self.binary_bytes_max } else { self.segment_bytes_max };
        if self.is_overlong || (bytes > bytes_max && self.binary_end == 0) {
            self.cuts.truncate(self.open_first_cut);
            if !std::mem::replace(&mut self.is_overlong, true) {
                self.note(self.open_start, NoteKind::Overlong);
            }
            self.open_start = self.scanned;
        }
    }

    /// The row ends before it should: at `end`, and what is next stands at `next`.
    pub fn shorten(&mut self, row: usize, end: usize, next: usize) {
        let SegmentRow { first_cut, cuts, .. } = self.segments[row];
        let cuts = &mut self.cuts[first_cut as usize..(first_cut + cuts) as usize];
        let kept = cuts.iter().position(|c| c.at() >= end).unwrap_or(cuts.len() - 1);
        cuts[kept] = Cut::new(end as u32, cuts[kept].is_inner());
        let row = &mut self.segments[row];
        (row.end, row.next, row.cuts) = (end as u32, next as u32, kept as u32 + 1);
    }

    /// Where the segment begins that is not closed yet.
    pub fn open_start(&self) -> usize {
        self.open_start
    }

    /// Whether text before `end` is left that [`Self::scan`] can work on.
    pub fn is_behind(&self, end: usize, at_end: bool) -> bool {
        let left = end.saturating_sub(self.scanned);
        (end >= self.binary_end && left >= BLOCK) || (at_end && left > 0)
    }

    /// Cuts about `budget` more bytes. Blocks that are not full wait for more text, unless there is none.
    pub fn scan(&mut self, text: &[u8], at_end: bool, syntax: Syntax, delimiters: &Delimiters, budget: usize) {
        self.at_end = at_end;
        let needles = Needles::new(delimiters);
        let stop = text.len().min(self.scanned.saturating_add(budget));
        let is_line_end = |delimiter| matches!(delimiter, b'\r' | b'\n');
        let is_plain = ![delimiters.segment, delimiters.element, delimiters.component].iter().copied().any(is_line_end)
            && delimiters.segment.is_ascii();
        let mut tail = [0; BLOCK];
        while self.scanned < stop {
            let base = self.scanned;
            let (block, width) = match text[base..].first_chunk::<BLOCK>() {
                Some(block) => (block, BLOCK),
                None if !at_end => break,
                None => {
                    let rest = &text[base..];
                    tail[..rest.len()].copy_from_slice(rest);
                    (&tail, rest.len())
                }
            };
            let marks = needles.mark(block, &mut self.released);
            let inside = if width == BLOCK { u64::MAX } else { (1 << width) - 1 };
            let cuts = marks.cuts & inside;
            let inner = self.spread(cuts, marks.inner & inside);
            let before = self.cuts.len();
            let room = self.cuts.room();
            let mut left = cuts;
            let mut count = 0;
            while left != 0 {
                let at = left.trailing_zeros();
                room[count & (BLOCK - 1)] = Cut::new(base as u32 + at, inner >> at & 1 == 1);
                count += 1;
                left &= left - 1;
            }
            self.cuts.take_room(count);
            self.scanned = base + width;

            let mut terminators = marks.terminators & inside;
            while terminators != 0 {
                let at = terminators.trailing_zeros();
                let through = terminators ^ (terminators - 1);
                let end = base + at as usize;
                let cuts_end = before + (cuts & through).count_ones() as usize;
                terminators &= terminators - 1;
                if self.close_plain_segment(text, end, cuts_end, is_plain) {
                    continue;
                }
                if !self.close_segment(text, end, cuts_end, syntax, delimiters) {
                    return;
                }
            }
        }
        self.skip_overlong(text, syntax);
    }

    /// The cuts that have an inner mark since the cut before them. An addition carries each mark upwards to the next
    /// cut; what it carries out of the block belongs to the element that is still open.
    fn spread(&mut self, cuts: u64, inner: u64) -> u64 {
        let (sum, over) = (!cuts).overflowing_add(inner & !cuts);
        let (sum, over_open) = sum.overflowing_add(u64::from(self.open_inner));
        self.open_inner = over | over_open;
        sum & cuts
    }

    /// At the end of the text: the last segment has no terminator. False when nothing but padding was left.
    pub fn close_at_end(&mut self, text: &[u8], syntax: Syntax, delimiters: &Delimiters) -> bool {
        if self.is_overlong || text[self.open_start..].iter().all(|&b| is_padding(b, delimiters)) {
            return false;
        }
        self.cuts.push(Cut::new(text.len() as u32, self.open_inner));
        let before = self.segments.len();
        self.close_segment(text, text.len(), self.cuts.len(), syntax, delimiters);
        let is_closed = self.segments.len() > before;
        if is_closed {
            self.note(text.len() - 1, NoteKind::Unterminated);
        }
        is_closed
    }

    /// Nearly every segment: nothing but line ends before its tag, nothing in its tag, nothing to be careful about.
    /// False when it is not like that, and nothing has been done.
    #[inline]
    fn close_plain_segment(&mut self, text: &[u8], end: usize, cuts_end: usize, is_plain: bool) -> bool {
        let (mut start, first_cut) = (self.open_start, self.open_first_cut);
        while start < end && matches!(text[start], b'\r' | b'\n') {
            start += 1;
        }
        let Some(&four) = text[start..].first_chunk::<4>() else { return false };
        let tag_cut = self.cuts[first_cut];
        let length = end.wrapping_sub(start);
        let is_plain = is_plain & !self.is_overlong & (four[0] > b' ') & !tag_cut.is_inner();
        if !is_plain || length == 0 || length > self.segment_bytes_max {
            return false;
        }
        let tag = Tag::leading(four, tag_cut.at() - start);
        if matches!(tag, BIN | BDS | UNO) {
            return false;
        }
        self.segments.push(SegmentRow {
            tag,
            start: start as u32,
            end: end as u32,
            next: end as u32 + 1,
            first_cut: first_cut as u32,
            cuts: (cuts_end - first_cut) as u32,
        });
        self.open_start = end + 1;
        self.open_first_cut = cuts_end;
        true
    }

    /// The terminator (or the end of the text) is at `end`. False when scanning has to start again behind binary data.
    fn close_segment(
        &mut self,
        text: &[u8],
        end: usize,
        cuts_end: usize,
        syntax: Syntax,
        delimiters: &Delimiters,
    ) -> bool {
        let first_cut = self.open_first_cut;
        let start = self.skip_padding(text, end, delimiters);
        let mut next = (end + 1).min(text.len());
        while delimiters.segment >= 0xC0 && text.get(next).is_some_and(|b| b & 0xC0 == 0x80) {
            next += 1;
        }
        self.open_start = next;
        self.open_first_cut = cuts_end;
        if std::mem::take(&mut self.is_overlong) {
            return true;
        }
        if start == end {
            self.note(end, NoteKind::Empty);
            return true;
        }
        let mut row_end = end;
        if delimiters.segment == b'\n' && matches!(text[end - 1], b'\r' | b' ') {
            // A line's end: the CR before it, and blanks that nobody can see.
            let before = self.cuts[cuts_end.saturating_sub(2).max(first_cut)].at().max(start);
            let before = if cuts_end - first_cut > 1 { before + 1 } else { start };
            while row_end > before && matches!(text[row_end - 1], b'\r' | b' ') {
                row_end -= 1;
            }
            let last = &mut self.cuts[cuts_end - 1];
            *last = Cut::new(row_end as u32, last.is_inner());
        }
        let mut tag_end = self.cuts[first_cut].at();
        if self.cuts[first_cut].is_inner() {
            // Components behind the tag: explicit nesting of EDIFACT, `LIN:1+...`.
            let separator = |&b: &u8| b == delimiters.component || Some(b) == delimiters.repetition;
            tag_end = text[start..tag_end].iter().position(separator).map_or(tag_end, |n| start + n);
        }
        let tag = match text[start..].first_chunk::<4>() {
            Some(&four) => Tag::leading(four, tag_end.saturating_sub(start)),
            None => Tag::new(&text[start..tag_end.max(start)]),
        };
        let is_binary = syntax == Syntax::X12 && (tag == BIN || tag == BDS);
        if end - start > self.segment_bytes_max && !is_binary {
            self.note(start, NoteKind::Overlong);
            return true;
        }
        self.segments.push(SegmentRow {
            tag,
            start: start as u32,
            end: row_end as u32,
            next: next as u32,
            first_cut: first_cut as u32,
            cuts: (cuts_end - first_cut) as u32,
        });
        match (syntax, tag) {
            (Syntax::X12, BIN | BDS) => self.close_binary(text, tag),
            (Syntax::Edifact, UNO) => self.skip_object(text, delimiters),
            _ => true,
        }
    }

    #[inline]
    fn skip_padding(&mut self, text: &[u8], end: usize, delimiters: &Delimiters) -> usize {
        let mut start = self.open_start;
        let mut blank = None;
        while start < end && is_padding(text[start], delimiters) {
            if text[start] <= b' ' && !matches!(text[start], b'\r' | b'\n') {
                blank.get_or_insert(start);
            }
            start += 1;
        }
        if let Some(blank) = blank {
            self.note(blank, NoteKind::Padding);
        }
        start
    }

    /// A binary segment says how long its data is; delimiters in there are data. The row just pushed ended at the
    /// first terminator, wherever that was.
    fn close_binary(&mut self, text: &[u8], tag: Tag) -> bool {
        let Some(&row) = self.segments.last() else { return true };
        let length_element = if tag == BIN { 1 } else { 2 };
        let first_cut = row.first_cut as usize;
        let Some(&before_data) = self.cuts[first_cut..].get(length_element) else { return true };
        let length_start = self.cuts[first_cut + length_element - 1].at() + 1;
        let length = text.get(length_start..before_data.at()).and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            digits.parse::<u32>().ok()
        });
        let Some(length) = length else { return true };
        if before_data.at() >= row.end as usize {
            return true;
        }
        let end = before_data.at() + 1 + length as usize;
        if end == row.end as usize || length as usize > self.binary_bytes_max {
            return true;
        }
        let terminator = text.get(row.next as usize - 1).copied();
        if end >= text.len() {
            // Wait until the data is at hand; if it never comes, what was cut at the terminator stands.
            return !self.reopen(row, end + 1);
        }
        if text.get(end).copied() != terminator {
            return true;
        }
        self.cuts.truncate(first_cut + length_element + 1);
        self.cuts.push(Cut::new(end as u32, false));
        if let Some(last) = self.segments.last_mut() {
            last.end = end as u32;
            last.next = end as u32 + 1;
            last.cuts = (self.cuts.len() - first_cut) as u32;
        }
        self.begin_segment(end + 1);
        self.scanned = end + 1;
        false
    }

    /// UNO says how long the object is that follows it (0810, the first component of its last element); UNP must stand
    /// behind it, or it was no object.
    fn skip_object(&mut self, text: &[u8], delimiters: &Delimiters) -> bool {
        let Some(&row) = self.segments.last() else { return true };
        let last = text[row.start as usize..row.end as usize].split(|&b| b == delimiters.element).next_back();
        let digits = last.and_then(|l| l.split(|&b| b == delimiters.component).next());
        let length = digits.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| d.parse::<u32>().ok());
        let Some(length) = length.filter(|&l| l as usize <= self.binary_bytes_max) else { return true };
        let end = row.next as usize + length as usize;
        match text.get(end..end + 3) {
            Some(b"UNP") => {
                self.cuts.truncate((row.first_cut + row.cuts) as usize);
                self.begin_segment(end);
                self.scanned = end;
                false
            }
            Some(_) => true,
            None => !self.reopen(row, end + 3),
        }
    }

    /// Takes the last row back until `needed` bytes are at hand. False when there will be no more.
    fn reopen(&mut self, row: SegmentRow, needed: usize) -> bool {
        if self.at_end {
            return false;
        }
        self.segments.pop();
        self.cuts.truncate(row.first_cut as usize);
        self.begin_segment(row.start as usize);
        self.scanned = row.start as usize;
        self.binary_end = needed;
        true
    }

    /// Drops the rows before `row` and moves all offsets back by `by` bytes: the text has been moved.
    pub fn forget(&mut self, row: usize, by: usize) {
        let by_u32 = by as u32;
        let cut = self.segments.get(row).map_or(self.open_first_cut, |r| r.first_cut as usize);
        self.segments.drain(..row);
        self.cuts.forget(cut);
        for r in &mut self.segments {
            r.start -= by_u32;
            r.end -= by_u32;
            r.next -= by_u32;
            r.first_cut -= cut as u32;
        }
        for c in &mut *self.cuts {
            *c = c.moved_back(by_u32);
        }
        self.notes.retain(|n| n.at >= by_u32);
        for n in &mut self.notes {
            n.at -= by_u32;
        }
        self.scanned -= by;
        self.open_start -= by;
        self.open_first_cut -= cut;
        self.binary_end = self.binary_end.saturating_sub(by);
    }
}

const BIN: Tag = Tag::new(b"BIN");
const BDS: Tag = Tag::new(b"BDS");
const UNO: Tag = Tag::new(b"UNO");

/// What may stand between segments: blanks, line ends, and what mainframes and editors leave.
#[inline]
pub(super) fn is_padding(byte: u8, delimiters: &Delimiters) -> bool {
    if byte > b' ' {
        // A terminator beyond ASCII has more bytes in UTF-8.
        return byte & 0xC0 == 0x80 && delimiters.segment >= 0xC0;
    }
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x1A)
        && byte != delimiters.element
        && byte != delimiters.component
}
