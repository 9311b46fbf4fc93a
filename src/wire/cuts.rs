//! Where elements end: four bytes each, in one long list.

use std::ops::{Deref, DerefMut};

use super::scan::BLOCK;

/// Where an element ends, and whether separators or release characters stand in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cut(u32);

impl Cut {
    const INNER: u32 = 1 << 31;

    #[inline]
    pub fn new(at: u32, inner: bool) -> Self {
        Self(at | u32::from(inner) << 31)
    }
    pub fn at(self) -> usize {
        (self.0 & !Self::INNER) as usize
    }
    pub fn is_inner(self) -> bool {
        self.0 & Self::INNER != 0
    }
    pub fn moved_back(self, by: u32) -> Self {
        Self(self.0 - by)
    }
}

/// A list that always has room for the cuts of one more block, so that filling it asks nothing for each.
#[derive(Debug, Default)]
pub(super) struct CutList {
    cuts: Vec<Cut>,
    /// How many of them are meant; the rest is room.
    len: usize,
}

impl CutList {
    /// Room for as many cuts as a block can have.
    #[inline]
    pub fn room(&mut self) -> &mut [Cut; BLOCK] {
        let end = self.len + BLOCK;
        if self.cuts.len() < end {
            self.cuts.resize((end * 2).next_multiple_of(BLOCK), Cut::default());
        }
        let room = self.cuts[self.len..].first_chunk_mut();
        room.unwrap_or_else(|| unreachable!("there are {BLOCK} cuts behind the last"))
    }

    /// The first cuts of the room are meant now.
    #[inline]
    pub fn take_room(&mut self, count: usize) {
        self.len += count.min(BLOCK);
    }

    pub fn push(&mut self, cut: Cut) {
        self.room()[0] = cut;
        self.take_room(1);
    }

    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Drops the first cuts.
    pub fn forget(&mut self, count: usize) {
        self.cuts.copy_within(count..self.len, 0);
        self.len -= count;
    }
}

impl Deref for CutList {
    type Target = [Cut];

    #[inline]
    fn deref(&self) -> &[Cut] {
        &self.cuts[..self.len]
    }
}

impl DerefMut for CutList {
    fn deref_mut(&mut self) -> &mut [Cut] {
        &mut self.cuts[..self.len]
    }
}
