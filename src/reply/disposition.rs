//! What an acknowledgement says in one word, decided from findings and what was agreed to be tolerated.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::finding::{Fault, Finding};

/// The verdict on a transaction set, a group or an interchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    Accepted,
    /// Accepted although errors were found, since the agreement tolerates them. Never to be sent again.
    AcceptedWithErrors,
    /// Some sets of a group were accepted, some rejected. Never said of a set.
    Partially,
    Rejected,
    /// There is no grammar for this kind of set: rejected on the wire, held here.
    Unsupported,
}

impl Disposition {
    /// Judges by findings: errors reject unless all of them are tolerated, warnings never weigh.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>, tolerated: impl Fn(Fault) -> bool) -> Self {
        let mut verdict = Self::Accepted;
        for finding in findings.into_iter().filter(|finding| finding.is_error()) {
            verdict = match (verdict, finding.fault) {
                (_, Fault::SetUnsupported) => return Self::Unsupported,
                (Self::Rejected, _) => Self::Rejected,
                (_, fault) if tolerated(fault) => Self::AcceptedWithErrors,
                _ => Self::Rejected,
            };
        }
        verdict
    }

    /// Judges a group by its own verdict and how many of its sets were accepted and rejected.
    pub fn of_group(own: Self, accepted: u64, with_errors: u64, rejected: u64) -> Self {
        match own {
            Self::Rejected | Self::Unsupported => Self::Rejected,
            _ if rejected > 0 && accepted + with_errors == 0 => Self::Rejected,
            _ if rejected > 0 => Self::Partially,
            Self::AcceptedWithErrors => Self::AcceptedWithErrors,
            _ if with_errors > 0 => Self::AcceptedWithErrors,
            _ => Self::Accepted,
        }
    }

    /// Whether the document goes on its way.
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted | Self::AcceptedWithErrors)
    }

    /// TA104 (I17), AK501 (717), AK901 (715).
    pub fn code_x12(self) -> &'static str {
        match self {
            Self::Accepted => "A",
            Self::AcceptedWithErrors => "E",
            Self::Partially => "P",
            Self::Rejected | Self::Unsupported => "R",
        }
    }

    /// What a partner's TA104, AK501 or AK901 says. M, W and X reject for reasons of security.
    pub fn from_x12(code: &str) -> Option<Self> {
        Some(match code {
            "A" => Self::Accepted,
            "E" => Self::AcceptedWithErrors,
            "P" => Self::Partially,
            "R" | "M" | "W" | "X" => Self::Rejected,
            _ => return None,
        })
    }
}

/// The word of the command line's JSON: `accepted-with-errors`.
impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::AcceptedWithErrors => "accepted-with-errors",
            Self::Partially => "partially",
            Self::Rejected => "rejected",
            Self::Unsupported => "unsupported",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;

    #[test]
    fn verdicts() {
        use Disposition::*;
        let count = || Finding::error(Fault::CountMismatch, Place::default());
        let code = || Finding::error(Fault::CodeInvalid, Place::default());
        let hint = || Finding::warning(Fault::CodeUnknown, Place::default());
        let kind = || Finding::error(Fault::SetUnsupported, Place::default());
        check(vec![], Accepted);
        check(vec![hint()], Accepted);
        check(vec![count()], AcceptedWithErrors);
        check(vec![count(), hint(), code()], Rejected);
        check(vec![code(), count()], Rejected);
        check(vec![code(), kind()], Unsupported);
    }

    #[test]
    fn groups() {
        use Disposition::*;
        for (own, accepted, with_errors, rejected, expected) in [
            (Accepted, 3, 0, 0, Accepted),
            (Accepted, 2, 1, 0, AcceptedWithErrors),
            (Accepted, 2, 0, 1, Partially),
            (Accepted, 0, 0, 3, Rejected),
            (Rejected, 3, 0, 0, Rejected),
            (AcceptedWithErrors, 3, 0, 0, AcceptedWithErrors),
            (Accepted, 0, 0, 0, Accepted),
        ] {
            assert_eq!(Disposition::of_group(own, accepted, with_errors, rejected), expected);
        }
    }

    fn check(findings: Vec<Finding>, expected: Disposition) {
        assert_eq!(Disposition::of(&findings, |fault| fault == Fault::CountMismatch), expected);
    }
}
