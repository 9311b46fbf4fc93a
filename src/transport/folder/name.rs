//! File names as strangers choose them: which are not meant yet, and how any of them is stored and shown.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What a name may measure once a claim's id stands before it (`NAME_MAX` is 255 bytes).
const NAME_BYTES_MAX: usize = 200;

/// Endings that writers use while a file is not whole.
const TEMPORARY: [&str; 8] = [".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~"];

/// Whether a writer says by the name that the file is not meant yet.
pub fn is_temporary(name: &OsStr) -> bool {
    let lower = name.as_bytes().to_ascii_lowercase();
    lower.starts_with(b".") || TEMPORARY.iter().any(|ending| lower.ends_with(ending.as_bytes()))
}

/// A name for people and logs: unreadable bytes and control characters replaced.
pub fn shown(name: &OsStr) -> String {
    name.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The name, cut in the middle where it is too long to carry a prefix.
pub(super) fn fitting(name: &OsStr) -> OsString {
    let bytes = name.as_bytes();
    if bytes.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    let half = NAME_BYTES_MAX / 2 - 2;
    let mut cut = bytes[..boundary(bytes, half)].to_vec();
    cut.extend_from_slice(b"...");
    cut.extend_from_slice(&bytes[boundary(bytes, bytes.len() - half)..]);
    OsString::from_vec(cut)
}

/// The nearest place at or before `at` that does not cut a UTF-8 character.
fn boundary(bytes: &[u8], mut at: usize) -> usize {
    while at > 0 && bytes[at] & 0xC0 == 0x80 {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_names() {
        for (name, temporary) in [
            ("order.edi", false),
            ("order.edi.tmp", true),
            ("ORDER.FILEPART", true),
            (".order.edi", true),
            ("order.edi~", true),
            ("part", false),
            ("order.part.edi", false),
        ] {
            assert_eq!(is_temporary(OsStr::new(name)), temporary, "{name}");
        }
    }

    #[test]
    fn odd_names_are_shown_and_fit() {
        assert_eq!(shown(OsStr::from_bytes(b"a\nb\xff")), "a\u{fffd}b\u{fffd}");
        let long = OsString::from("ä".repeat(127));
        let short = fitting(&long);
        assert!(short.len() <= NAME_BYTES_MAX && short.to_str().is_some());
        assert_eq!(fitting(OsStr::new("a.edi")), "a.edi");
    }
}
