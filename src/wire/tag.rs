//! A segment's tag as a number: compared and looked up without touching text.

use std::fmt;

/// Up to four bytes of a tag, padded with zeros. Longer or empty tags are [`Tag::UNREADABLE`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Tag(u32);

impl Tag {
    /// What stands where a tag should, and is none.
    pub const UNREADABLE: Self = Self(0);

    pub const fn new(tag: &[u8]) -> Self {
        match *tag {
            [a] => Self(u32::from_be_bytes([a, 0, 0, 0])),
            [a, b] => Self(u32::from_be_bytes([a, b, 0, 0])),
            [a, b, c] => Self(u32::from_be_bytes([a, b, c, 0])),
            [a, b, c, d] => Self(u32::from_be_bytes([a, b, c, d])),
            _ => Self::UNREADABLE,
        }
    }

    /// The tag that is the first `len` bytes of `four`; nothing longer than four bytes is one.
    pub(super) const fn leading(four: [u8; 4], len: usize) -> Self {
        match len {
            1..=4 => Self(u32::from_be_bytes(four) & (u32::MAX << (32 - 8 * len))),
            _ => Self::UNREADABLE,
        }
    }

    /// The tag's bytes as one big-endian number: what tables are indexed by.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.to_be_bytes();
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(4);
        f.write_str(&String::from_utf8_lossy(&bytes[..end]))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_from_their_first_bytes() {
        assert_eq!(Tag::leading(*b"PO1*", 3), Tag::new(b"PO1"));
        assert_eq!(Tag::leading(*b"ST*8", 2), Tag::new(b"ST"));
        assert_eq!(Tag::leading(*b"UNHX", 4), Tag::new(b"UNHX"));
        assert_eq!(Tag::leading(*b"LONG", 5), Tag::UNREADABLE);
        assert_eq!(Tag::leading(*b"*FOO", 0), Tag::UNREADABLE);
        assert_eq!(Tag::new(b"NAD").to_string(), "NAD");
    }
}
