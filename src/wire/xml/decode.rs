//! From stored bytes to text, with the way back: an offset in the text is a byte in the stored document.
//!
//! UTF-8 is borrowed and costs nothing. Everything else is decoded once, and marks every few hundred bytes lead back.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::finding::{Fault, Finding, Place, Span};
use crate::wire::envelope::{Repair, RepairKind};

/// How far apart the marks stand that lead from decoded text back to stored bytes.
const MARK_EVERY_BYTES: usize = 256;

/// The document as text.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub back: WayBack,
    pub findings: Vec<Finding>,
    pub repairs: Vec<Repair>,
}

/// Leads from offsets in the text to offsets in the stored bytes.
#[derive(Clone, Debug)]
pub(super) struct WayBack {
    unit: Unit,
    /// Pairs of offset in the text and offset in the stored bytes, both rising; the first is the text's start.
    marks: Vec<(u32, u32)>,
}

/// How many stored bytes one character takes between two marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    Utf8,
    SingleByte,
    Utf16,
}

impl WayBack {
    /// The stored byte at which the character at `offset` of the text begins.
    pub fn stored(&self, text: &str, offset: u32) -> u64 {
        let mark = self.marks.partition_point(|&(decoded, _)| decoded <= offset).saturating_sub(1);
        let (decoded, stored) = self.marks[mark];
        let between = text.as_bytes().get(decoded as usize..offset as usize).unwrap_or_default();
        let characters = || between.iter().filter(|&&b| b & 0xC0 != 0x80);
        let bytes = match self.unit {
            Unit::Utf8 => between.len(),
            Unit::SingleByte => characters().count(),
            Unit::Utf16 => characters().map(|&b| if b >= 0xF0 { 4 } else { 2 }).sum(),
        };
        u64::from(stored) + bytes as u64
    }
}

/// Decodes by byte order mark, else by the XML declaration, else as UTF-8 (XML 1.0, appendix F).
///
/// Bytes that are not what the document says it is become windows-1252 characters: the document stays readable, and a
/// finding names the first of them.
pub(super) fn decode(bytes: &[u8]) -> Decoded<'_> {
    let (encoding, mark) = match bytes {
        [0xEF, 0xBB, 0xBF, ..] => (Some(UTF_8), 3),
        [0xFF, 0xFE, ..] => (Some(UTF_16LE), 2),
        [0xFE, 0xFF, ..] => (Some(UTF_16BE), 2),
        [b'<', 0, b'?', 0, ..] => (Some(UTF_16LE), 0),
        [0, b'<', 0, b'?', ..] => (Some(UTF_16BE), 0),
        _ => (None, 0),
    };
    let mut findings = Vec::new();
    let mut repairs = Vec::new();
    if mark > 0 {
        repairs.push(Repair { kind: RepairKind::ByteOrderMark, bytes: Span::new(0, mark as u64) });
    }
    let encoding = encoding.unwrap_or_else(|| declared(bytes, &mut findings));
    let body = &bytes[mark..];
    let (text, back) = if encoding == UTF_8 {
        utf8(body, mark as u32, &mut findings)
    } else if encoding == UTF_16LE || encoding == UTF_16BE {
        transcoded(body, encoding, Unit::Utf16, mark as u32, &mut findings)
    } else {
        transcoded(body, encoding, Unit::SingleByte, mark as u32, &mut findings)
    };
    if matches!(text, Cow::Owned(_)) {
        repairs.push(Repair { kind: RepairKind::Transcoded, bytes: Span::new(0, bytes.len() as u64) });
    }
    Decoded { text, back, findings, repairs }
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8], findings: &mut Vec<Finding>) -> &'static Encoding {
    let head = &bytes[..bytes.len().min(256)];
    let Some(declaration) = head.strip_prefix(b"<?xml").and_then(|rest| rest.split(|&b| b == b'>').next()) else {
        return UTF_8;
    };
    let Some(at) = declaration.windows(8).position(|w| w == b"encoding") else { return UTF_8 };
    let value = declaration[at + 8..].split(|b| matches!(b, b'"' | b'\'')).nth(1).unwrap_or_default();
    match Encoding::for_label(value) {
        // A document that can be read as bytes this far is not UTF-16, whatever it says.
        Some(named) if named == UTF_16LE || named == UTF_16BE => UTF_8,
        Some(named) if named == UTF_8 || named.is_single_byte() => named,
        _ => {
            let label = String::from_utf8_lossy(value);
            let start = (5 + at) as u64;
            let place = Place { tag: "xml".into(), bytes: Span::new(start, start + 8), ..Place::default() };
            findings.push(
                Finding::error(Fault::XmlNotAllowed, place)
                    .with_value(&label)
                    .expecting("UTF-8, UTF-16 or a single-byte character set"),
            );
            UTF_8
        }
    }
}

fn utf8<'a>(body: &'a [u8], origin: u32, findings: &mut Vec<Finding>) -> (Cow<'a, str>, WayBack) {
    let mut marks = vec![(0, origin)];
    if let Ok(text) = std::str::from_utf8(body) {
        return (Cow::Borrowed(text), WayBack { unit: Unit::Utf8, marks });
    }
    let mut text = String::with_capacity(body.len() + body.len() / 8);
    let mut stored = origin;
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        stored += chunk.valid().len() as u32;
        if chunk.invalid().is_empty() {
            continue;
        }
        if findings.is_empty() {
            let bytes = Span::new(stored.into(), u64::from(stored) + chunk.invalid().len() as u64);
            findings.push(not_the_encoding(bytes, "UTF-8"));
        }
        for &byte in chunk.invalid() {
            text.push_str(&WINDOWS_1252.decode_without_bom_handling(&[byte]).0);
            stored += 1;
            marks.push((text.len() as u32, stored));
        }
    }
    (Cow::Owned(text), WayBack { unit: Unit::Utf8, marks })
}

fn transcoded<'a>(
    body: &'a [u8],
    encoding: &'static Encoding,
    unit: Unit,
    origin: u32,
    findings: &mut Vec<Finding>,
) -> (Cow<'a, str>, WayBack) {
    let (text, wrong) = encoding.decode_without_bom_handling(body);
    let text = text.into_owned();
    if wrong {
        let end = u64::from(origin) + body.len() as u64;
        findings.push(not_the_encoding(Span::new(origin.into(), end), encoding.name()));
    }
    let mut marks = vec![(0, origin)];
    let mut back = WayBack { unit, marks: Vec::new() };
    let mut at = 0;
    while at + MARK_EVERY_BYTES < text.len() {
        at = text.floor_char_boundary(at + MARK_EVERY_BYTES);
        back.marks = vec![*marks.last().expect("one mark always stands")];
        marks.push((at as u32, back.stored(&text, at as u32) as u32));
    }
    back.marks = marks;
    (Cow::Owned(text), back)
}

fn not_the_encoding(bytes: Span, name: &str) -> Finding {
    let place = Place { tag: "xml".into(), bytes, ..Place::default() };
    Finding::error(Fault::CharacterInvalid, place).expecting(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_leads_back_to_its_bytes() {
        let text = "<?xml version='1.0'?><a>Grüße 𝄞 €</a>".repeat(40);
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        check(&utf16, &text, |before| 2 + 2 * before.encode_utf16().count());
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&big, &text, |before| 2 * before.encode_utf16().count());
        let with_mark = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        check(&with_mark, &text, |before| 3 + before.len());
        let western = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>Grüße</a>".repeat(40);
        let bytes: Vec<u8> = western.chars().map(|c| c as u8).collect();
        check(&bytes, &western, |before| before.chars().count());
    }

    #[test]
    fn bytes_that_are_not_utf8_are_read_and_reported_once() {
        let decoded = decode(b"<a>M\xFCller \xE9t\xE9</a>");
        assert_eq!(decoded.text, "<a>Müller été</a>");
        assert_eq!(decoded.findings.len(), 1);
        assert_eq!(decoded.findings[0].place.bytes, Span::new(4, 5));
        let end = decoded.text.find("</a>").unwrap();
        assert_eq!(decoded.back.stored(&decoded.text, end as u32), 13);
    }

    #[test]
    fn an_encoding_we_do_not_read_is_a_finding() {
        let decoded = decode(b"<?xml version='1.0' encoding='Shift_JIS'?><a/>");
        assert_eq!(decoded.findings[0].fault, Fault::XmlNotAllowed);
        assert_eq!(decoded.findings[0].value.as_deref(), Some("Shift_JIS"));
    }

    fn check(bytes: &[u8], text: &str, stored: impl Fn(&str) -> usize) {
        let decoded = decode(bytes);
        assert_eq!(decoded.text, text);
        assert!(decoded.findings.is_empty());
        for (at, _) in text.char_indices() {
            assert_eq!(decoded.back.stored(&decoded.text, at as u32), stored(&text[..at]) as u64, "at {at}");
        }
    }
}
