//! Which characters the bytes stand for: EDIFACT says it in UNB (0001), X12 leaves it open.

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
