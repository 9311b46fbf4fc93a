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
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() || matches!(self, Self::Detect | Self::UnoY) => Cow::Borrowed(text),
            _ => Cow::Owned(self.decode_table(bytes)),
        }
    }

    fn decode_table(self, bytes: &[u8]) -> String {
        bytes.iter().map(|&b| char::from(b)).collect()
    }
}
