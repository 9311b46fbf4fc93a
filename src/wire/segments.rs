//! One transaction set as read: flat tables of cuts over borrowed bytes.
//!
//! Nothing is copied and nothing is unescaped until somebody asks for text.

use std::borrow::Cow;

use super::{Charset, Delimiters, Tag};
use crate::finding::Span;

/// Where one segment lies in the set's bytes, and which elements are its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentRow {
    pub tag: Tag,
    pub start: u32,
    /// Exclusive, without the terminator.
    pub end: u32,
    /// Index of the first element after the tag, and how many there are.
    pub first_element: u32,
    pub elements: u32,
}

/// Where one element lies; the two highest bits of `end` say whether it holds inner separators or released characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct ElementRow {
    pub start: u32,
    pub end: u32,
}

/// A transaction set (ST..SE) or message (UNH..UNT), trailer included where it was there.
#[derive(Clone, Copy, Debug)]
pub struct TransactionSet<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of `bytes[0]` in the stored document.
    pub(super) origin: u64,
    pub(super) segments: &'a [SegmentRow],
    pub(super) elements: &'a [ElementRow],
    pub(super) delimiters: &'a Delimiters,
    pub(super) charset: Charset,
}

/// One segment. `position` counts from 1 at ST or UNH.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    set: TransactionSet<'a>,
    row: SegmentRow,
    position: u32,
}

/// One element, or one repetition or component of it. Absent elements are empty ones at the segment's end.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    set: TransactionSet<'a>,
    row: ElementRow,
}

impl<'a> TransactionSet<'a> {
    pub fn len(&self) -> usize {
        self.segments.len()
    }
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }
    pub fn delimiters(&self) -> &'a Delimiters {
        self.delimiters
    }
    /// The segment at an index counted from 0.
    pub fn segment(&self, index: usize) -> Segment<'a> {
        todo!("{index}")
    }
    pub fn segments(&self) -> impl ExactSizeIterator<Item = Segment<'a>> + use<'a> {
        let s = *self;
        (0..s.len()).map(move |i| s.segment(i))
    }
    /// The set's bytes as stored (unwrapped text where the file was line-wrapped).
    pub fn raw(&self) -> &'a [u8] {
        self.bytes
    }
    pub fn span(&self) -> Span {
        todo!()
    }
}

impl<'a> Segment<'a> {
    pub fn tag(&self) -> Tag {
        self.row.tag
    }
    /// The tag's bytes, also when they are no tag.
    pub fn tag_text(&self) -> Cow<'a, str> {
        todo!()
    }
    pub fn position(&self) -> u32 {
        self.position
    }
    /// How many elements follow the tag, trailing empty ones included.
    pub fn len(&self) -> usize {
        self.row.elements as usize
    }
    pub fn is_empty(&self) -> bool {
        self.row.elements == 0
    }
    /// Element by its position, counted from 1 as the standards do; beyond the end an empty element.
    pub fn element(&self, position: usize) -> Element<'a> {
        todo!("{position}")
    }
    pub fn elements(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let s = *self;
        (1..=s.len()).map(move |i| s.element(i))
    }
    pub fn raw(&self) -> &'a [u8] {
        todo!()
    }
    pub fn span(&self) -> Span {
        todo!()
    }
}

impl<'a> Element<'a> {
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    /// Whether a repetition or component separator stands in it.
    pub fn is_divided(&self) -> bool {
        todo!()
    }
    /// The bytes as they stand, separators and release characters included.
    pub fn raw(&self) -> &'a [u8] {
        todo!()
    }
    pub fn span(&self) -> Span {
        todo!()
    }
    /// The text: released, decoded, trailing blanks of X12 fixed fields kept. Borrowed whenever it can be.
    pub fn text(&self) -> Cow<'a, str> {
        todo!()
    }
    /// The repetitions: at least one, itself when there is no separator.
    pub fn repetitions(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let e = *self;
        std::iter::once(e)
    }
    /// The components of this element or repetition: at least one.
    pub fn components(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let e = *self;
        std::iter::once(e)
    }
    /// Component by its position, counted from 1; beyond the end an empty element.
    pub fn component(&self, position: usize) -> Element<'a> {
        todo!("{position}")
    }
}
