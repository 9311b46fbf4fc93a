//! The tags of one grammar, interned: found by one multiplication and rarely a second look.

use crate::wire::Tag;

/// Tags in order of appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct TagIndex {
    /// Open addressing: the tag's number and its index; 0 is a free slot.
    slots: Vec<(u32, u16)>,
    shift: u32,
    tags: Vec<Tag>,
}

impl TagIndex {
    pub fn new(all: impl IntoIterator<Item = Tag>) -> Self {
        let mut tags: Vec<Tag> = all.into_iter().filter(|&tag| tag != Tag::UNREADABLE).collect();
        tags.sort_unstable();
        tags.dedup();
        // A quarter full at most, so that strangers are told apart quickly too.
        let size = (tags.len() * 4 + 2).next_power_of_two();
        let mut index = Self { slots: vec![(0, 0); size], shift: 32 - size.trailing_zeros(), tags };
        for (at, tag) in index.tags.iter().enumerate() {
            let mut slot = spread(*tag, index.shift);
            while index.slots[slot].0 != 0 {
                slot = (slot + 1) & (size - 1);
            }
            index.slots[slot] = (tag.number(), at as u16);
        }
        index
    }

    #[inline]
    pub fn find(&self, tag: Tag) -> Option<usize> {
        let mut at = spread(tag, self.shift);
        while let Some(&(number, index)) = self.slots.get(at) {
            if number == tag.number() {
                return (number != 0).then_some(usize::from(index));
            }
            if number == 0 {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    pub fn len(&self) -> usize {
        self.tags.len()
    }
}

#[inline]
fn spread(tag: Tag, shift: u32) -> usize {
    (tag.number().wrapping_mul(0x9E37_79B9) >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_found_and_no_stranger() {
        let names = ["ST", "SE", "N1", "N2", "N3", "N4", "PO1", "PO3", "PO4", "REF", "DTM"];
        let index = TagIndex::new(names.iter().map(|name| Tag::new(name.as_bytes())));
        let mut found: Vec<_> = names.iter().filter_map(|name| index.find(Tag::new(name.as_bytes()))).collect();
        found.sort_unstable();
        assert_eq!(found, (0..index.len()).collect::<Vec<_>>());
        assert_eq!(index.find(Tag::new(b"XX")), None);
        assert_eq!(index.find(Tag::UNREADABLE), None);
    }
}
