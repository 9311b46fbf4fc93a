//! One transaction set as read: flat tables of cuts over borrowed bytes.
//!
//! Nothing is copied and nothing is unescaped until somebody asks for text.

use std::borrow::Cow;

use super::cuts::Cut;
use super::index::{Index, SegmentRow};
use super::origin::Origin;
use super::{Charset, Delimiters, Syntax, Tag};
use crate::finding::Span;

/// What every element needs to speak: its delimiters, its characters, and where its bytes came from.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub syntax: Syntax,
    pub delimiters: Delimiters,
    pub charset: Charset,
    pub origin: Origin,
}

/// A transaction set (ST..SE) or message (UNH..UNT), trailer included where it was there.
#[derive(Clone, Copy, Debug)]
pub struct TransactionSet<'a> {
    text: &'a [u8],
    segments: &'a [SegmentRow],
    cuts: &'a [Cut],
    context: &'a Context,
}

/// One segment. `position` counts from 1 at ST or UNH.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    text: &'a [u8],
    cuts: &'a [Cut],
    context: &'a Context,
    tag: Tag,
    start: u32,
    end: u32,
    position: u32,
}

/// One element, or one repetition or component of it. Absent elements are empty ones at the segment's end.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    raw: &'a [u8],
    context: &'a Context,
    start: u32,
    /// Whether separators or release characters stand in it.
    inner: bool,
}

impl<'a> TransactionSet<'a> {
    pub(super) fn new(text: &'a [u8], segments: &'a [SegmentRow], cuts: &'a [Cut], context: &'a Context) -> Self {
        Self { text, segments, cuts, context }
    }

    pub fn len(&self) -> usize {
        self.segments.len()
    }

    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    pub fn syntax(&self) -> Syntax {
        self.context.syntax
    }

    pub fn delimiters(&self) -> &'a Delimiters {
        &self.context.delimiters
    }

    pub fn charset(&self) -> Charset {
        self.context.charset
    }

    /// The segment at an index counted from 0; `index` must be below [`Self::len`].
    pub fn segment(&self, index: usize) -> Segment<'a> {
        let row = self.segments[index];
        let first_cut = row.first_cut as usize;
        Segment {
            text: self.text,
            cuts: &self.cuts[first_cut..first_cut + row.cuts as usize],
            context: self.context,
            tag: row.tag,
            start: row.start,
            end: row.end,
            position: index as u32 + 1,
        }
    }

    pub fn segments(&self) -> impl ExactSizeIterator<Item = Segment<'a>> + use<'a> {
        let s = *self;
        (0..s.len()).map(move |i| s.segment(i))
    }

    /// The set's bytes as stored, last terminator included (unwrapped and as UTF-8 where the file was line-wrapped or
    /// in UTF-16).
    pub fn raw(&self) -> &'a [u8] {
        let (start, end) = self.bounds();
        &self.text[start..end]
    }

    pub fn span(&self) -> Span {
        let (start, end) = self.bounds();
        self.context.origin.span(start, end)
    }

    /// The set's bytes as text, where they are text as they stand.
    pub fn plain_text(&self) -> Option<PlainText<'a>> {
        let (start, end) = self.bounds();
        let text = self.context.charset.plain(&self.text[start..end])?;
        Some(PlainText { text, start: start as u32 })
    }

    fn bounds(&self) -> (usize, usize) {
        match (self.segments.first(), self.segments.last()) {
            (Some(first), Some(last)) => (first.start as usize, last.next as usize),
            _ => (0, 0),
        }
    }
}

impl<'a> Segment<'a> {
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// The tag's bytes, also when they are no tag.
    pub fn tag_text(&self) -> Cow<'a, str> {
        let end = self.cuts.first().map_or(self.end as usize, |c| c.at());
        let raw = &self.text[self.start as usize..end];
        Element { raw, context: self.context, start: self.start, inner: true }.component(1).text()
    }

    pub fn position(&self) -> u32 {
        self.position
    }

    /// How many elements follow the tag, trailing empty ones included.
    pub fn len(&self) -> usize {
        self.cuts.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.cuts.len() <= 1
    }

    /// Element by its position, counted from 1 as the standards do; beyond the end an empty element.
    #[inline]
    pub fn element(&self, position: usize) -> Element<'a> {
        if position == 0 || position >= self.cuts.len() {
            return Element { raw: &[], context: self.context, start: self.end, inner: false };
        }
        let start = self.cuts[position - 1].at() + 1;
        let cut = self.cuts[position];
        Element { raw: &self.text[start..cut.at()], context: self.context, start: start as u32, inner: cut.is_inner() }
    }

    pub fn elements(&self) -> impl ExactSizeIterator<Item = Element<'a>> + use<'a> {
        let Self { text, context, .. } = *self;
        self.cuts.windows(2).map(move |cuts| {
            let (start, cut) = (cuts[0].at() + 1, cuts[1]);
            Element { raw: &text[start..cut.at()], context, start: start as u32, inner: cut.is_inner() }
        })
    }

    /// Which of the first sixty-four elements hold something: bit 0 is position 1.
    pub fn filled(&self) -> u64 {
        let ends = self.cuts.windows(2).take(64).enumerate();
        ends.fold(0, |filled, (at, cuts)| filled | u64::from(cuts[1].at() - cuts[0].at() > 1) << at)
    }

    /// The segment's bytes without its terminator.
    pub fn raw(&self) -> &'a [u8] {
        &self.text[self.start as usize..self.end as usize]
    }

    pub fn span(&self) -> Span {
        self.context.origin.span(self.start as usize, self.end as usize)
    }
}

impl<'a> Element<'a> {
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Whether its bytes are its text as they stand: no separator and no release character among them.
    #[inline]
    pub fn is_plain(&self) -> bool {
        !self.inner
    }

    /// Whether a repetition or component separator stands in it.
    pub fn is_divided(&self) -> bool {
        self.inner && {
            let d = &self.context.delimiters;
            self.separator(0, |b| b == d.component || Some(b) == d.repetition).is_some()
        }
    }

    /// The bytes as they stand, separators and release characters included.
    #[inline]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    pub fn span(&self) -> Span {
        self.context.origin.span(self.start as usize, self.start as usize + self.raw.len())
    }

    /// The text: released, decoded, trailing blanks of X12 fixed fields kept. Borrowed whenever it can be.
    pub fn text(&self) -> Cow<'a, str> {
        match self.context.delimiters.release {
            Some(release) if self.inner && self.raw.contains(&release) => {
                let mut bytes = Vec::with_capacity(self.raw.len());
                let mut rest = self.raw.iter();
                while let Some(&b) = rest.next() {
                    if b != release {
                        bytes.push(b);
                    } else if let Some(&released) = rest.next() {
                        bytes.push(released);
                    }
                }
                Cow::Owned(self.context.charset.decode(&bytes).into_owned())
            }
            _ => self.context.charset.decode(self.raw),
        }
    }

    /// The repetitions: at least one, itself when there is no separator.
    pub fn repetitions(&self) -> Parts<'a> {
        match self.context.delimiters.repetition {
            Some(separator) if self.inner => self.parts(separator),
            _ => Parts { rest: Some(*self), separator: None },
        }
    }

    /// The first repetition; itself where there is no separator.
    #[inline]
    pub fn first_repetition(&self) -> Self {
        match self.context.delimiters.repetition {
            Some(_) if self.inner => self.repetitions().next().unwrap_or(*self),
            _ => *self,
        }
    }

    /// The components of this element or repetition: at least one. Of an element with repetitions, those of the first.
    pub fn components(&self) -> Parts<'a> {
        if !self.inner {
            return Parts { rest: Some(*self), separator: None };
        }
        self.first_repetition().parts(self.context.delimiters.component)
    }

    fn parts(self, separator: u8) -> Parts<'a> {
        Parts { rest: Some(self), separator: Some(separator) }
    }

    /// Component by its position, counted from 1; beyond the end an empty element.
    pub fn component(&self, position: usize) -> Element<'a> {
        let behind = Element { raw: &[], start: self.start + self.raw.len() as u32, ..*self };
        match position {
            0 => behind,
            _ => self.components().nth(position - 1).unwrap_or(behind),
        }
    }

    /// Where the next separator stands that is not released.
    fn separator(&self, from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
        let mut at = from;
        while let Some(&b) = self.raw.get(at) {
            if Some(b) == self.context.delimiters.release {
                at += 1;
            } else if is(b) {
                return Some(at);
            }
            at += 1;
        }
        None
    }
}

/// The text of a set whose bytes are text as they stand: looked at once as a whole, it saves a look at every element.
#[derive(Clone, Copy, Debug)]
pub struct PlainText<'a> {
    text: &'a str,
    /// Where the set starts in what was read.
    start: u32,
}

impl<'a> PlainText<'a> {
    /// What [`Element::text`] says of an element of that set; `None` where it has to be decoded.
    #[inline]
    pub fn of(&self, element: &Element<'a>) -> Option<&'a str> {
        if element.inner {
            return None;
        }
        let from = element.start.checked_sub(self.start)? as usize;
        self.text.get(from..from + element.raw.len())
    }
}

/// Goes through the repetitions or components of an element.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    rest: Option<Element<'a>>,
    separator: Option<u8>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let rest = self.rest.take()?;
        let Some(at) = self.separator.and_then(|separator| rest.separator(0, |b| b == separator)) else {
            return Some(rest);
        };
        let behind = at + 1;
        self.rest = Some(Element { raw: &rest.raw[behind..], start: rest.start + behind as u32, ..rest });
        Some(Element { raw: &rest.raw[..at], ..rest })
    }
}

const COMPONENTS_MAX: usize = 32;

/// The components of one element or repetition, cut once: for who looks at them more than once. Those beyond the
/// thirty-second stay together; no standard has so many.
#[derive(Clone, Copy, Debug)]
pub struct Components<'a> {
    element: Element<'a>,
    /// Where each ends within the element, the last excepted.
    ends: [u32; COMPONENTS_MAX - 1],
    count: usize,
    /// No release character stands in any of them.
    is_bare: bool,
}

impl<'a> Components<'a> {
    #[inline]
    pub fn of(element: Element<'a>) -> Self {
        let mut components = Self { element, ends: [0; COMPONENTS_MAX - 1], count: 1, is_bare: true };
        let Delimiters { component, release, .. } = element.context.delimiters;
        let mut is_released = false;
        for (at, &byte) in element.raw.iter().enumerate() {
            if is_released {
                is_released = false;
            } else if byte == component {
                if components.count < COMPONENTS_MAX {
                    components.ends[components.count - 1] = at as u32;
                    components.count += 1;
                }
            } else if Some(byte) == release {
                (is_released, components.is_bare) = (true, false);
            }
        }
        components
    }

    /// Which of them hold something: bit 0 is position 1.
    #[inline]
    pub fn filled(&self) -> u32 {
        let mut from = 0;
        (0..self.count).fold(0, |filled, before| {
            let end = self.end(before);
            let is_filled = end > from;
            from = end + 1;
            filled | u32::from(is_filled) << before
        })
    }

    /// Component by its position, counted from 1; beyond the end an empty element.
    #[inline]
    pub fn get(&self, position: usize) -> Element<'a> {
        let element = self.element;
        let (from, end) = match position {
            _ if position == 0 || position > self.count => (element.raw.len(), element.raw.len()),
            1 => (0, self.end(0)),
            _ => (self.ends[position - 2] as usize + 1, self.end(position - 1)),
        };
        // The thirty-second may hold more than one.
        let inner = !self.is_bare || position == COMPONENTS_MAX;
        Element { raw: &element.raw[from..end], start: element.start + from as u32, inner, ..element }
    }

    /// Where the component ends that has so many before it.
    #[inline]
    fn end(&self, before: usize) -> usize {
        if before + 1 < self.count { self.ends[before] as usize } else { self.element.raw.len() }
    }
}

/// Cuts text that is already in memory, without envelopes: for samples, tests and segments quoted elsewhere.
///
/// ```
/// use entrepot::wire::{Cuts, Delimiters, Syntax};
/// let cuts = Cuts::new(b"ST*850*0001~BEG*00*SA*4711~SE*3*0001~", Syntax::X12, Delimiters::X12);
/// assert_eq!(cuts.set().segment(1).element(3).text(), "4711");
/// ```
#[derive(Debug)]
pub struct Cuts<'a> {
    text: &'a [u8],
    index: Index,
    context: Context,
}

impl<'a> Cuts<'a> {
    pub fn new(text: &'a [u8], syntax: Syntax, delimiters: Delimiters) -> Self {
        let mut index = Index::default();
        (index.segment_bytes_max, index.binary_bytes_max) = (usize::MAX, usize::MAX);
        index.restart(0);
        while index.is_behind(text.len(), true) {
            index.scan(text, true, syntax, &delimiters, usize::MAX);
        }
        index.close_at_end(text, syntax, &delimiters);
        let context = Context { syntax, delimiters, charset: Charset::Detect, origin: Origin::default() };
        Self { text, index, context }
    }

    pub fn set(&self) -> TransactionSet<'_> {
        TransactionSet::new(self.text, &self.index.segments, &self.index.cuts, &self.context)
    }
}
