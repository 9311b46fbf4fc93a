//! Which characters the bytes stand for: EDIFACT says it in UNB (0001), X12 leaves it open.

use std::borrow::Cow;

/// The character repertoire of an interchange (ISO 9735: 0001), or what X12 data turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Charset {
    /// X12, or unknown: UTF-8 where the bytes are valid UTF-8, ISO 8859-1 where not.
    Detect,
    UnoA,
    UnoB,
    /// ISO 8859-1.
    UnoC,
    /// ISO 8859-2.
    UnoD,
    /// ISO 8859-5.
    UnoE,
    /// ISO 8859-7.
    UnoF,
    /// ISO 8859-3.
    UnoG,
    /// ISO 8859-4.
    UnoH,
    /// ISO 8859-6.
    UnoI,
    /// ISO 8859-8.
    UnoJ,
    /// ISO 8859-9.
    UnoK,
    /// Shift and multi-byte sets; read as ISO 2022.
    UnoX,
    /// UTF-8.
    UnoY,
}

impl Charset {
    /// What UNB S001 0001 names (`UNOC`); anything else is detected.
    pub fn named(identifier: &str) -> Self {
        match identifier {
            "UNOA" => Self::UnoA,
            "UNOB" => Self::UnoB,
            "UNOC" => Self::UnoC,
            "UNOD" => Self::UnoD,
            "UNOE" => Self::UnoE,
            "UNOF" => Self::UnoF,
            "UNOG" => Self::UnoG,
            "UNOH" => Self::UnoH,
            "UNOI" => Self::UnoI,
            "UNOJ" => Self::UnoJ,
            "UNOK" => Self::UnoK,
            "UNOX" => Self::UnoX,
            "UNOY" | "UNOW" => Self::UnoY,
            _ => Self::Detect,
        }
    }

    /// The bytes as text, borrowed where they are ASCII or UTF-8 already.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        self.plain(bytes).map_or_else(|| Cow::Owned(self.decode_table(bytes)), Cow::Borrowed)
    }

    /// The bytes as text where they are text as they stand.
    pub fn plain(self, bytes: &[u8]) -> Option<&str> {
        let text = std::str::from_utf8(bytes).ok()?;
        (matches!(self, Self::Detect | Self::UnoY | Self::UnoA | Self::UnoB) || bytes.is_ascii()).then_some(text)
    }

    fn decode_table(self, bytes: &[u8]) -> String {
        match self.encoding() {
            Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            None if self == Self::UnoK => bytes.iter().map(|&b| latin_5(b)).collect(),
            None => bytes.iter().map(|&b| char::from(b)).collect(),
        }
    }

    /// Appends a character; `None` when the repertoire does not have it.
    pub fn encode(self, character: char, out: &mut Vec<u8>) -> Option<()> {
        if character.is_ascii() {
            let byte = character as u8;
            return self.has_ascii(byte).then(|| out.push(byte));
        }
        let mut buffer = [0; 4];
        let text = &*character.encode_utf8(&mut buffer);
        match self {
            Self::UnoA | Self::UnoB => None,
            Self::Detect | Self::UnoY => {
                out.extend_from_slice(text.as_bytes());
                Some(())
            }
            Self::UnoK => (0x80..=0xFF).find(|&b| latin_5(b) == character).map(|b| out.push(b)),
            _ => match self.encoding() {
                Some(encoding) => {
                    let (bytes, _, failed) = encoding.encode(text);
                    (!failed).then(|| out.extend_from_slice(&bytes))
                }
                None => u8::try_from(u32::from(character)).ok().map(|b| out.push(b)),
            },
        }
    }

    /// Whether the repertoire has an ASCII character: all but levels A and B have all of them.
    pub fn has_ascii(self, byte: u8) -> bool {
        match self {
            Self::UnoA => is_level_b(byte) && !byte.is_ascii_lowercase(),
            Self::UnoB => is_level_b(byte),
            _ => true,
        }
    }

    /// Those that are tables of encoding_rs. It has windows-1252 and windows-1254 for ISO 8859-1 and 9, so those two
    /// are ours.
    fn encoding(self) -> Option<&'static encoding_rs::Encoding> {
        match self {
            Self::UnoD => Some(encoding_rs::ISO_8859_2),
            Self::UnoE => Some(encoding_rs::ISO_8859_5),
            Self::UnoF => Some(encoding_rs::ISO_8859_7),
            Self::UnoG => Some(encoding_rs::ISO_8859_3),
            Self::UnoH => Some(encoding_rs::ISO_8859_4),
            Self::UnoI => Some(encoding_rs::ISO_8859_6),
            Self::UnoJ => Some(encoding_rs::ISO_8859_8),
            Self::UnoX => Some(encoding_rs::ISO_2022_JP),
            _ => None,
        }
    }
}

/// Level B of ISO 9735: letters, digits, blank and `. , - ( ) / = ' + : ? ! " % & * ; < >`.
#[inline]
pub(super) fn is_level_b(byte: u8) -> bool {
    matches!(byte, b' '..=b'"' | b'%'..=b'?' | b'A'..=b'Z' | b'a'..=b'z')
}

/// ISO 8859-9 is 8859-1 with six letters changed.
fn latin_5(byte: u8) -> char {
    match byte {
        0xD0 => 'Ğ',
        0xDD => 'İ',
        0xDE => 'Ş',
        0xF0 => 'ğ',
        0xFD => 'ı',
        0xFE => 'ş',
        other => char::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_text_by_the_table_of_the_interchange() {
        check(Charset::UnoC, b"M\xFCller", "Müller");
        check(Charset::UnoD, b"\xA3\xF3d\xBC", "Łódź");
        check(Charset::UnoE, b"\xBC\xD8\xE0", "Мир");
        check(Charset::UnoF, b"\xC5\xEB\xEB\xDC\xF2", "Ελλάς");
        check(Charset::UnoK, b"\xDE\xFD\xF0", "Şığ");
        check(Charset::UnoY, "日本".as_bytes(), "日本");
        check(Charset::UnoA, b"PLAIN", "PLAIN");
    }

    #[test]
    fn what_names_no_charset_is_utf_8_where_it_can_be() {
        assert_eq!(Charset::Detect.decode("Müller".as_bytes()), "Müller");
        assert_eq!(Charset::Detect.decode(b"M\xFCller"), "Müller");
        assert_eq!(Charset::UnoY.decode(b"M\xFCller"), "Müller");
    }

    fn check(charset: Charset, bytes: &[u8], text: &str) {
        assert_eq!(charset.decode(bytes), text);
        let mut back = Vec::new();
        assert!(text.chars().all(|c| charset.encode(c, &mut back).is_some()));
        assert_eq!(back, bytes);
    }
}
