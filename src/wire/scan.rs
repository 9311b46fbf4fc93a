//! Finds delimiters, 64 bytes at a time: bytes in, bitmaps out. It knows no segments.
//!
//! Delimiters stand every five bytes or so, where searching for the next one costs more than looking at each byte;
//! comparing sixteen bytes at once does not care how dense they are. The loops are written so that the compiler makes
//! vector code of them for any machine; calling vector instructions by name would need `unsafe`.

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

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needles {
    segment: u8,
    element: u8,
    component: u8,
    repetition: u8,
    release: Option<u8>,
}

impl Needles {
    pub fn new(delimiters: &Delimiters) -> Self {
        Self {
            segment: delimiters.segment,
            element: delimiters.element,
            component: delimiters.component,
            repetition: delimiters.repetition.unwrap_or(delimiters.component),
            release: delimiters.release,
        }
    }

    /// The marks of one block. `released` is whether a release character stands right before it, and is updated.
    #[inline]
    pub fn mark(&self, block: &[u8; BLOCK], released: &mut bool) -> Marks {
        let Self { segment, element, component, repetition, release } = *self;
        let terminators = find(block, |b| b == segment);
        let cuts = find(block, |b| (b == element) | (b == segment));
        let Some(release) = release else {
            let inner = find(block, |b| (b == component) | (b == repetition));
            return Marks { terminators, cuts, inner };
        };
        let inner = find(block, |b| (b == component) | (b == repetition) | (b == release));
        let mut marks = Marks { terminators, cuts, inner };
        if *released || block.iter().fold(false, |found, &b| found | (b == release)) {
            let releases = find(block, |b| b == release);
            let data = released_by(releases, released);
            marks.terminators &= !data;
            marks.cuts &= !data;
            marks.inner = (marks.inner & !data) | releases;
        }
        marks
    }
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

/// One bit for each byte that is meant. The compiler makes vector instructions of the first loop; the second gathers
/// the lowest bits of eight bytes by a multiplication that moves each to its own place in the highest byte.
#[inline]
fn find(block: &[u8; BLOCK], is_meant: impl Fn(u8) -> bool) -> u64 {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut found = [0; BLOCK];
    for (to, &byte) in found.iter_mut().zip(block) {
        *to = u8::from(is_meant(byte));
    }
    let (words, _) = found.as_chunks::<8>();
    let eighth = |n: usize| u64::from_le_bytes(words[n]).wrapping_mul(GATHER) >> 56 << (8 * n);
    (0..BLOCK / 8).fold(0, |bits, n| bits | eighth(n))
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
