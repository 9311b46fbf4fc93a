//! The characters that separate: discovered in every interchange, never configured.

/// Which family of standards a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Syntax {
    X12,
    Edifact,
}

/// The service characters of one interchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Delimiters {
    pub segment: u8,
    pub element: u8,
    pub component: u8,
    /// X12 from 00402 on (ISA11), EDIFACT syntax 4 (UNA position 5).
    pub repetition: Option<u8>,
    /// EDIFACT only: the next byte is data.
    pub release: Option<u8>,
    /// What stands for the decimal mark: `.` in X12, as UNA says in EDIFACT (`.` is always accepted too).
    pub decimal: u8,
}

impl Delimiters {
    pub const X12: Self =
        Self { segment: b'~', element: b'*', component: b'>', repetition: None, release: None, decimal: b'.' };
    pub const EDIFACT: Self =
        Self { segment: b'\'', element: b'+', component: b':', repetition: None, release: Some(b'?'), decimal: b'.' };
}

impl Delimiters {
    /// Whether a byte separates or releases here, so that data cannot hold it as it is.
    pub fn is_service(&self, byte: u8) -> bool {
        byte == self.segment
            || byte == self.element
            || byte == self.component
            || Some(byte) == self.repetition
            || Some(byte) == self.release
    }

    /// Nobody should, but somebody might.
    pub(super) fn separates_alphanumerics(&self) -> bool {
        [self.segment, self.element, self.component].iter().any(u8::is_ascii_alphanumeric)
            || self.repetition.is_some_and(|b| b.is_ascii_alphanumeric())
            || self.release.is_some_and(|b| b.is_ascii_alphanumeric())
    }
}
