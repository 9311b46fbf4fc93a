//! In which version an answer is written.

use crate::wire::{Interchange, Syntax, is_x12_release, is_x12_version};

/// An answer speaks the version it was spoken to in, where that is one.
pub fn spoken(received: &Interchange) -> &str {
    let version = received.version.as_str();
    match received.syntax {
        Syntax::X12 if is_x12_version(version) => version,
        Syntax::X12 => "00401",
        Syntax::Edifact if is_syntax(version) => version,
        Syntax::Edifact => "UNOC:3",
    }
}

/// The release a 997 is written in: that of the group it answers, without the suffix of a guide.
pub fn release_of_997(version: &str) -> &str {
    match version.get(..6) {
        Some(release) if is_x12_release(release) => release,
        _ => "004010",
    }
}

/// Repertoires A to F of versions 1 to 4 (ISO 9735), and those that came with version 4.
fn is_syntax(version: &str) -> bool {
    let parts =
        version.split_once(':').and_then(|(repertoire, version)| Some((repertoire.strip_prefix("UNO")?, version)));
    parts.is_some_and(|(repertoire, version)| {
        matches!(repertoire, "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "X" | "Y" | "W")
            && matches!(version, "1" | "2" | "3" | "4")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::story;

    #[test]
    fn an_answer_speaks_a_version_there_is() {
        for (syntax, version, expected) in [
            (Syntax::X12, "00501", "00501"),
            (Syntax::X12, "00999", "00401"),
            (Syntax::X12, "4010", "00401"),
            (Syntax::Edifact, "UNOA:4", "UNOA:4"),
            (Syntax::Edifact, "UNOQ:3", "UNOC:3"),
            (Syntax::Edifact, "UNOC:9", "UNOC:3"),
        ] {
            let mut interchange = story::interchange(syntax);
            interchange.version = version.into();
            assert_eq!(spoken(&interchange), expected, "{version}");
        }
        assert_eq!(release_of_997("005010X222A1"), "005010");
        assert_eq!(release_of_997("009999"), "004010");
    }
}
