//! What a receipt says of a message: RFC 4130 section 7.4 and 7.5, with the words exactly as they stand there.

use std::fmt;

/// Processed, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    Processed,
    /// It came before and was not taken again.
    Duplicate,
    Error(Modifier),
    Failure(Refusal),
}

/// `processed/error`: the message could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    AuthenticationFailed,
    DecompressionFailed,
    DecryptionFailed,
    InsufficientMessageSecurity,
    IntegrityCheckFailed,
    UnexpectedProcessingError,
    UnknownTradingPartner,
}

/// `failed/failure`: the receipt that was asked for cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    UnsupportedFormat,
    UnsupportedMicAlgorithms,
    SenderEqualsReceiver,
}

impl Modifier {
    pub fn words(self) -> &'static str {
        match self {
            Self::AuthenticationFailed => "authentication-failed",
            Self::DecompressionFailed => "decompression-failed",
            Self::DecryptionFailed => "decryption-failed",
            Self::InsufficientMessageSecurity => "insufficient-message-security",
            Self::IntegrityCheckFailed => "integrity-check-failed",
            Self::UnexpectedProcessingError => "unexpected-processing-error",
            Self::UnknownTradingPartner => "unknown-trading-partner",
        }
    }
}

impl Refusal {
    pub fn words(self) -> &'static str {
        match self {
            Self::UnsupportedFormat => "unsupported format",
            Self::UnsupportedMicAlgorithms => "unsupported MIC-algorithms",
            Self::SenderEqualsReceiver => "sender-equals-receiver",
        }
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("automatic-action/MDN-sent-automatically; ")?;
        match self {
            Self::Processed => f.write_str("processed"),
            Self::Duplicate => f.write_str("processed/warning: duplicate-document"),
            Self::Error(modifier) => write!(f, "processed/error: {}", modifier.words()),
            Self::Failure(refusal) => write!(f, "failed/failure: {}", refusal.words()),
        }
    }
}

/// What a partner's receipt says, read leniently: any case, any spaces, `error` before or behind the stroke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Processed,
    /// Taken, with a remark: a duplicate, say.
    Warning(String),
    /// Not taken, in the partner's own words.
    Negative(String),
}

impl Said {
    pub fn read(disposition: &str) -> Self {
        let outcome = disposition.split_once(';').map_or(disposition, |(_, outcome)| outcome).trim();
        let lower = outcome.to_ascii_lowercase();
        let (kind, rest) = match lower.find(['/', ':', ' ']) {
            Some(at) => (lower[..at].trim(), outcome[at..].trim_start_matches(['/', ' ', ':'])),
            None => (lower.trim(), ""),
        };
        let modifier = rest.to_ascii_lowercase();
        match kind {
            "processed" | "displayed" | "dispatched" if rest.is_empty() => Self::Processed,
            "processed" if modifier.starts_with("warning") => Self::Warning(rest.to_owned()),
            _ => Self::Negative(outcome.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_exact() {
        for (disposition, words) in [
            (Disposition::Processed, "processed"),
            (Disposition::Duplicate, "processed/warning: duplicate-document"),
            (Disposition::Error(Modifier::DecryptionFailed), "processed/error: decryption-failed"),
            (Disposition::Failure(Refusal::UnsupportedMicAlgorithms), "failed/failure: unsupported MIC-algorithms"),
        ] {
            assert_eq!(disposition.to_string(), format!("automatic-action/MDN-sent-automatically; {words}"));
        }
    }

    #[test]
    fn partners_words_are_read_leniently() {
        let negative = |text: &str| Said::Negative(text.to_owned());
        for (text, said) in [
            ("automatic-action/MDN-sent-automatically; processed", Said::Processed),
            ("automatic-action/MDN-sent-automatically;Processed ", Said::Processed),
            ("processed", Said::Processed),
            ("a; processed/warning: duplicate-document", Said::Warning("warning: duplicate-document".into())),
            ("a; processed/Error: decryption-failed", negative("processed/Error: decryption-failed")),
            ("a; processed/error:decompresion-failed", negative("processed/error:decompresion-failed")),
            ("a; failed/Failure: unsupported format", negative("failed/Failure: unsupported format")),
            ("a; error", negative("error")),
            ("", negative("")),
        ] {
            assert_eq!(Said::read(text), said, "{text}");
        }
    }
}
