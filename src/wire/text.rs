//! The text at hand: a window of the stored document, decoded and unwrapped, that slides forward.

use std::io;

use super::origin::Origin;

/// How much is read at a time.
pub(super) const WINDOW: usize = 128 * 1024;
/// Room that is made first; it doubles as the text goes on, so that a small document does not pay for a large one.
const FIRST_ROOM: usize = 8 * 1024;

/// In which units the stored bytes come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Encoding {
    /// Bytes are text; their characters are the charset's business.
    #[default]
    Bytes,
    Utf16Little,
    Utf16Big,
}

/// The window. `bytes[..filled]` is text; the rest is room.
#[derive(Debug, Default)]
pub(super) struct Text {
    bytes: Vec<u8>,
    filled: usize,
    at_end: bool,
    /// Whether line breaks are taken out.
    pub unwraps: bool,
    pub encoding: Encoding,
    /// Stored bytes read so far.
    read: u64,
    /// Stored bytes read that do not make a whole character yet.
    partial: Vec<u8>,
}

impl Text {
    /// A window that begins at a stored offset.
    pub fn at(stored: u64, encoding: Encoding, unwraps: bool) -> Self {
        Self { read: stored, encoding, unwraps, ..Self::default() }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    pub fn len(&self) -> usize {
        self.filled
    }

    /// Whether the input has no more.
    pub fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// Drops what lies before `keep` and moves the rest to the front.
    pub fn slide(&mut self, keep: usize, origin: &mut Origin) {
        self.bytes.copy_within(keep..self.filled, 0);
        self.filled -= keep;
        origin.move_back(keep);
    }

    /// Reads one window more, or up to the end of the input.
    pub fn fill(&mut self, input: &mut impl io::Read, origin: &mut Origin) -> io::Result<()> {
        let before = self.filled;
        if self.encoding == Encoding::Bytes {
            let outcome = self.read_window(input);
            if self.unwraps {
                self.unwrap_from(before, origin);
            }
            return outcome;
        }
        // Wide units: read behind the text, take them out again, append them decoded.
        let outcome = self.read_window(input);
        let mut raw = std::mem::take(&mut self.partial);
        raw.extend_from_slice(&self.bytes[before..self.filled]);
        self.filled = before;
        self.append_wide(raw, origin);
        if self.unwraps {
            self.unwrap_from(before, origin);
        }
        outcome
    }

    fn read_window(&mut self, input: &mut impl io::Read) -> io::Result<()> {
        let goal = self.filled + WINDOW;
        while self.filled < goal && !self.at_end {
            if self.filled == self.bytes.len() {
                self.bytes.resize((self.filled * 2).clamp(FIRST_ROOM, goal), 0);
            }
            let room = goal.min(self.bytes.len());
            match input.read(&mut self.bytes[self.filled..room]) {
                Ok(0) => self.at_end = true,
                Ok(n) => {
                    self.filled += n;
                    self.read += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// At the beginning of a document: recognises UTF-16 by its mark or its zeros and decodes what is there already.
    /// Answers how many bytes of mark there were.
    pub fn recognise_encoding(&mut self, origin: &mut Origin) -> usize {
        let (encoding, mark) = match *self.bytes() {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Bytes, 3),
            [0xFF, 0xFE, ..] => (Encoding::Utf16Little, 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16Big, 2),
            [a, 0, b, 0, ..] if a != 0 && b != 0 => (Encoding::Utf16Little, 0),
            [0, a, 0, b, ..] if a != 0 && b != 0 => (Encoding::Utf16Big, 0),
            _ => (Encoding::Bytes, 0),
        };
        if mark > 0 {
            self.slide(mark, origin);
        }
        if encoding != Encoding::Bytes {
            self.encoding = encoding;
            let raw = self.bytes().to_vec();
            self.filled = 0;
            self.append_wide(raw, origin);
        }
        mark
    }

    /// Appends UTF-16 as UTF-8, with runs back to the stored bytes. `raw` ends where reading has come to.
    fn append_wide(&mut self, raw: Vec<u8>, origin: &mut Origin) {
        let mut stored = self.read - raw.len() as u64;
        let (pairs, odd) = raw.as_chunks::<2>();
        let unit = |n: usize| {
            pairs.get(n).map(|&pair| match self.encoding {
                Encoding::Utf16Big => u16::from_be_bytes(pair),
                _ => u16::from_le_bytes(pair),
            })
        };
        let mut decoded = Vec::with_capacity(pairs.len());
        let mut n = 0;
        let mut rest = odd.to_vec();
        while let Some(first) = unit(n) {
            let is_high = (0xD800..0xDC00).contains(&first);
            if is_high && unit(n + 1).is_none() && !self.at_end {
                rest = raw[n * 2..].to_vec();
                break;
            }
            let (character, units) = match (is_high, unit(n + 1)) {
                (true, Some(low @ 0xDC00..0xE000)) => {
                    let code = 0x10000 + ((u32::from(first) - 0xD800) << 10) + (u32::from(low) - 0xDC00);
                    (char::from_u32(code), 2)
                }
                _ => (char::from_u32(u32::from(first)), 1),
            };
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            // ASCII goes at two bytes for one; others stand alone, so that their ends are right.
            let pace = if character.is_ascii() { 2 } else { 1 };
            origin.begin_run(self.filled + decoded.len(), pace, stored);
            decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            stored += 2 * units as u64;
            n += units;
        }
        self.partial = rest;
        if self.bytes.len() < self.filled + decoded.len() {
            self.bytes.resize(self.filled + decoded.len(), 0);
        }
        self.bytes[self.filled..self.filled + decoded.len()].copy_from_slice(&decoded);
        self.filled += decoded.len();
        origin.end_at(self.filled, stored);
    }

    /// Takes line breaks out of the text from `from` on, with runs back to where the rest stands.
    pub fn unwrap_from(&mut self, from: usize, origin: &mut Origin) {
        let old = origin.split_off(from);
        let mut to = from;
        let mut at = from;
        while at < self.filled {
            let is_break = |b: &u8| matches!(b, b'\r' | b'\n');
            let text = &self.bytes[at..self.filled];
            let kept = text.iter().position(is_break).unwrap_or(text.len());
            if kept > 0 {
                origin.take_run(&old, at, at + kept, to);
            }
            self.bytes.copy_within(at..at + kept, to);
            to += kept;
            at += kept;
            at += self.bytes[at..self.filled].iter().take_while(|b| is_break(b)).count();
        }
        let stored = old.offset(self.filled);
        self.filled = to;
        origin.end_at(to, stored);
    }
}
