//! Where an interchange begins and which characters separate in it, found from its first bytes.

use super::envelope::RepairKind;
use super::index::is_padding;
use super::{Delimiters, Syntax, edifact, x12};

/// How much of an interchange is looked at to learn its delimiters and whether it is wrapped.
pub(super) const SAMPLE: usize = 8 * 1024;

/// What an interchange begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Isa,
    /// UNA or UNB.
    Edifact,
    /// GS or ST without ISA.
    X12Headless,
    /// UNG or UNH without UNB.
    EdifactHeadless,
}

/// What the first bytes tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Discovery {
    pub syntax: Syntax,
    pub delimiters: Delimiters,
    pub start: Start,
    /// Where the first segment stands behind the start: behind UNA, where there is one.
    pub skip: usize,
    /// Whether line breaks are to be taken out before anything is cut.
    pub is_wrapped: bool,
    pub repairs: Vec<RepairKind>,
}

/// The next place where an interchange may begin. Also answers how far was searched, for a search that goes on.
pub(super) fn find_start(text: &[u8], from: usize) -> Result<(usize, Start), usize> {
    /// The longest beginning that is compared: that of [`is_unmistakable`].
    const LONGEST: usize = 21;
    let mut at = from;
    while let Some(n) = text[at.min(text.len())..].iter().position(|b| matches!(b, b'I' | b'U' | b'G' | b'S')) {
        at += n;
        let is_boundary = at == 0 || !text[at - 1].is_ascii_alphanumeric();
        if (is_boundary || is_unmistakable(&text[at..]))
            && let Some(start) = starts(&text[at..])
        {
            return Ok((at, start));
        }
        at += 1;
    }
    Err(text.len().saturating_sub(LONGEST).max(from))
}

/// Whether an interchange begins here even where a word runs into it: `endISA*00*          *00*`, `endUNB+UNOA`.
fn is_unmistakable(text: &[u8]) -> bool {
    match text {
        [b'I', b'S', b'A', separator, ..] => {
            can_separate(*separator) && [6, 17, 20].iter().all(|&at| text.get(at) == Some(separator))
        }
        [b'U', b'N', b'B', separator, b'U', b'N', b'O', level, ..] => {
            can_separate(*separator) && level.is_ascii_uppercase()
        }
        _ => false,
    }
}

/// Whether text begins as an interchange does.
pub(super) fn starts(text: &[u8]) -> Option<Start> {
    let separates = |n: usize| text.get(n).is_some_and(|&b| can_separate(b));
    match text {
        [b'I', b'S', b'A', ..] if separates(3) => Some(Start::Isa),
        [b'U', b'N', b'A', ..] if edifact::una(text).is_some() => Some(Start::Edifact),
        [b'U', b'N', b'B', ..] if separates(3) => Some(Start::Edifact),
        [b'U', b'N', b'H' | b'G', ..] if separates(3) => Some(Start::EdifactHeadless),
        [b'G', b'S', element, a, b, again, ..]
            if separates(2) && element == again && a.is_ascii_uppercase() && b.is_ascii_uppercase() =>
        {
            Some(Start::X12Headless)
        }
        [b'S', b'T', element, a, b, c, again, ..]
            if separates(2) && element == again && [a, b, c].iter().all(|b| b.is_ascii_digit()) =>
        {
            Some(Start::X12Headless)
        }
        _ => None,
    }
}

/// Learns the delimiters at a start. `sample` begins there.
pub(super) fn discover(sample: &[u8], start: Start) -> Discovery {
    match start {
        Start::Isa => x12::discover(sample),
        Start::X12Headless => x12::discover_headless(sample),
        Start::Edifact | Start::EdifactHeadless => edifact::discover(sample, start),
    }
}

/// Whether a byte is fit to separate: no letter, digit, blank or line end.
pub(super) fn can_separate(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && !matches!(byte, b' ' | b'\r' | b'\n' | 0)
}

/// Whether lines are broken at a fixed column, inside segments: all breaks that do not follow a terminator stand at
/// the same column, counted in bytes or in characters, and no line is longer.
pub(super) fn is_wrapped(sample: &[u8], delimiters: &Delimiters) -> bool {
    if matches!(delimiters.segment, b'\r' | b'\n') {
        return false;
    }
    let Some(last_break) = sample.iter().rposition(|&b| b == b'\n') else { return false };
    let widths = |line: &[u8]| (line.len(), line.iter().filter(|&&b| b & 0xC0 != 0x80).count());
    let lines = || sample[..last_break].split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let ends_segment =
        |line: &[u8]| line.iter().rfind(|b| !is_padding(**b, delimiters)).is_none_or(|&b| b == delimiters.segment);
    let Some(column) = lines().find(|line| !ends_segment(line)).map(|line| widths(line).1) else { return false };
    let fits = |line: &[u8]| {
        let (bytes, characters) = widths(line);
        let is_full = bytes == column || characters == column;
        is_full || (characters < column && ends_segment(line))
    };
    column >= MIN_COLUMN && lines().all(fits) && widths(&sample[last_break + 1..]).1 <= column
}

/// Lines shorter than this are somebody's layout, not a fixed column.
const MIN_COLUMN: usize = 10;

/// The text without line breaks, for looking at wrapped beginnings.
pub(super) fn without_breaks(sample: &[u8]) -> Vec<u8> {
    sample.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect()
}
