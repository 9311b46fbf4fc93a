//! Which bytes of a file have been seen, in whatever order they came.

use std::ops::Range;

/// Ranges that neither touch nor overlap, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extents {
    ranges: Vec<Range<u64>>,
}

impl Extents {
    /// Everything up to an offset: what a resumed file had already.
    pub fn up_to(end: u64) -> Self {
        let mut extents = Self::default();
        extents.add(0..end);
        extents
    }

    pub fn add(&mut self, new: Range<u64>) {
        if new.is_empty() {
            return;
        }
        // The usual case: the next bytes.
        if let Some(last) = self.ranges.last_mut()
            && last.end == new.start
        {
            last.end = new.end;
            return;
        }
        let first = self.ranges.partition_point(|range| range.end < new.start);
        let behind = self.ranges.partition_point(|range| range.start <= new.end);
        let joined = match self.ranges.get(first..behind) {
            Some([]) | None => new,
            Some(touched) => {
                let start = touched[0].start.min(new.start);
                start..touched[touched.len() - 1].end.max(new.end)
            }
        };
        self.ranges.splice(first..behind, [joined]);
    }

    /// Forgets everything from an offset on: the file was cut.
    pub fn cut(&mut self, end: u64) {
        self.ranges.retain_mut(|range| {
            range.end = range.end.min(end);
            range.start < range.end
        });
    }

    /// The first hole before an offset.
    pub fn gap(&self, end: u64) -> Option<Range<u64>> {
        let mut from = 0;
        for range in &self.ranges {
            if range.start > from {
                return (from < end).then(|| from..range.start.min(end));
            }
            from = range.end;
        }
        (from < end).then_some(from..end)
    }

    /// In how many pieces it is.
    pub fn pieces(&self) -> usize {
        self.ranges.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_join() {
        let mut extents = Extents::default();
        for (range, gap) in [(10..20, Some(0..10)), (30..40, Some(0..10)), (0..10, Some(20..30)), (15..35, None)] {
            extents.add(range);
            assert_eq!(extents.gap(40), gap);
        }
        assert_eq!(extents.pieces(), 1);
        assert_eq!(extents.gap(50), Some(40..50));
        extents.cut(5);
        assert_eq!(extents.gap(40), Some(5..40));
    }

    proptest! {
        #[test]
        fn they_know_what_a_set_of_bytes_knows(added in prop::collection::vec((0u64..64, 0u64..16), 0..24), cut in 0u64..80) {
            let mut extents = Extents::default();
            let mut bytes = std::collections::BTreeSet::new();
            for (start, length) in added {
                extents.add(start..start + length);
                bytes.extend(start..start + length);
            }
            extents.cut(cut);
            bytes.retain(|&byte| byte < cut);
            let first_missing = (0..80).find(|byte| !bytes.contains(byte));
            prop_assert_eq!(extents.gap(80).map(|gap| gap.start), first_missing);
        }
    }
}
