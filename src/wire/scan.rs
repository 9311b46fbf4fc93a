//! Finds delimiters, 64 bytes at a time: bytes in, bitmaps out. It knows no segments.
//!
//! Delimiters stand every five bytes or so, where searching for the next one costs more than looking at each byte;
//! comparing sixteen bytes at once does not care how dense they are.

use wide::u8x16;

use super::Delimiters;

/// Bytes looked at in one go.
pub(super) const BLOCK: usize = 64;

/// What one block holds: bit `n` stands for byte `n`. Released characters are in none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub terminators: u64,
    /// Element separators and terminators: where elements end.
    pub cuts: u64,
    /// Component and repetition separators and release characters: an element with one of these needs a closer look.
    pub inner: u64,
}

/// What to look for: each byte sixteen times over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needles {
    segment: u8x16,
    element: u8x16,
    component: u8x16,
    repetition: Option<u8x16>,
    release: Option<u8x16>,
}

impl Needles {
    pub fn new(delimiters: &Delimiters) -> Self {
        Self {
            segment: u8x16::splat(delimiters.segment),
            element: u8x16::splat(delimiters.element),
            component: u8x16::splat(delimiters.component),
            repetition: delimiters.repetition.map(u8x16::splat),
            release: delimiters.release.map(u8x16::splat),
        }
    }

    /// The marks of one block. `released` is whether a release character stands right before it, and is updated.
    #[inline]
    pub fn mark(&self, block: &[u8; BLOCK], released: &mut bool) -> Marks {
        let Self { segment, element, component, repetition, release } = *self;
        let (lanes, _) = block.as_chunks::<16>();
        let lanes: [u8x16; BLOCK / 16] = std::array::from_fn(|n| u8x16::new(lanes[n]));
        let terminators = bits(lanes, |lane| lane.simd_eq(segment));
        let cuts = bits(lanes, |lane| lane.simd_eq(element)) | terminators;
        let inner = match repetition {
            None => bits(lanes, |lane| lane.simd_eq(component)),
            Some(repetition) => bits(lanes, |lane| lane.simd_eq(component) | lane.simd_eq(repetition)),
        };
        let mut marks = Marks { terminators, cuts, inner };
        if let Some(release) = release {
            let releases = bits(lanes, |lane| lane.simd_eq(release));
            if *released || releases != 0 {
                let data = released_by(releases, released);
                marks.terminators &= !data;
                marks.cuts &= !data;
                marks.inner = (marks.inner & !data) | releases;
            }
        }
        marks
    }
}

/// One bit for each byte of a block that is meant.
#[inline]
fn bits(lanes: [u8x16; BLOCK / 16], is_meant: impl Fn(u8x16) -> u8x16) -> u64 {
    lanes.iter().rev().fold(0, |bits, &lane| bits << 16 | u64::from(is_meant(lane).to_bitmask()))
}

/// Which bytes follow an odd run of release characters. The carry method of simdjson: an addition walks along each
/// run, and whether it comes out on an even or an odd bit tells the run's parity.
fn released_by(releases: u64, carry: &mut bool) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let before = u64::from(*carry);
    let releases = releases & !before;
    let follows = (releases << 1) | before;
    let odd_starts = releases & !EVEN & !follows;
    let (from_even, overflow) = odd_starts.overflowing_add(releases);
    *carry = overflow;
    (EVEN ^ (from_even << 1)) & follows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delimiter_is_marked_where_it_stands() {
        check(&Delimiters::X12, "ST*850*0001~", "  |   |    T");
        check(&Delimiters::X12, "A*B>C~~", " | : TT");
        check(&Delimiters::EDIFACT, "A+B:C'", " | : T");
    }

    #[test]
    fn a_released_character_is_data_and_an_even_run_of_releases_releases_nothing() {
        check(&Delimiters::EDIFACT, "A?+B'", " :  T");
        check(&Delimiters::EDIFACT, "A??'B", " ::T ");
        check(&Delimiters::EDIFACT, "A???'B'", " :::  T");
        check(&Delimiters::EDIFACT, "?'?'??+", ": : ::|");
    }

    #[test]
    fn parity_is_kept_across_blocks() {
        for run in 1..130 {
            for lead in 0..70 {
                let mut text = vec![b'A'; lead];
                text.extend(std::iter::repeat_n(b'?', run));
                text.push(b'\'');
                let got = all(&Delimiters::EDIFACT, &text);
                assert_eq!(got[lead + run].0, run % 2 == 0, "{run} releases after {lead}");
            }
        }
    }

    /// For every byte: terminator, cut, inner.
    fn all(delimiters: &Delimiters, text: &[u8]) -> Vec<(bool, bool, bool)> {
        let needles = Needles::new(delimiters);
        let mut released = false;
        let mut marks = Vec::new();
        for chunk in text.chunks(BLOCK) {
            let mut block = [0; BLOCK];
            block[..chunk.len()].copy_from_slice(chunk);
            let m = needles.mark(&block, &mut released);
            let bit = |mask: u64, n: usize| mask >> n & 1 == 1;
            marks.extend((0..chunk.len()).map(|n| (bit(m.terminators, n), bit(m.cuts, n), bit(m.inner, n))));
        }
        marks
    }

    fn check(delimiters: &Delimiters, text: &str, expected: &str) {
        let got: String = all(delimiters, text.as_bytes())
            .into_iter()
            .map(|(terminator, cut, inner)| match () {
                () if terminator => 'T',
                () if cut => '|',
                () if inner => ':',
                () => ' ',
            })
            .collect();
        assert_eq!(got, expected, "{text}");
    }
}
