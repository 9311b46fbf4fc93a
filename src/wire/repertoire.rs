//! Whether a set keeps to the characters its interchange announced: levels A and B of ISO 9735.

use super::charset::is_level_b;
use super::{Charset, TransactionSet};
use crate::finding::{Fault, Finding, Place};

/// Adds a warning for elements with characters that UNOA or UNOB do not have; the other levels have all of ASCII, and
/// above that their tables say.
pub(super) fn check(set: TransactionSet<'_>, findings: &mut Vec<Finding>, findings_max: usize) {
    let has: fn(u8) -> bool = match set.charset() {
        Charset::UnoA => |b| is_level_b(b) && !b.is_ascii_lowercase(),
        Charset::UnoB => is_level_b,
        _ => return,
    };
    // One pass without branches over all bytes, since most sets are clean. Line ends stand between segments.
    let is_foreign = |b: u8| !has(b) & !matches!(b, b'\r' | b'\n');
    if !set.raw().iter().fold(false, |foreign, &b| foreign | is_foreign(b)) {
        return;
    }
    for segment in set.segments() {
        for (n, element) in segment.elements().enumerate() {
            if findings.len() >= findings_max {
                return;
            }
            if element.raw().iter().all(|&b| has(b) || set.delimiters().is_service(b)) {
                continue;
            }
            let text = element.text();
            let foreign =
                text.chars().find(|&c| !u8::try_from(c).is_ok_and(|b| has(b) || set.delimiters().is_service(b)));
            let span = element.span();
            let position = u16::try_from(n + 1).unwrap_or(u16::MAX);
            let place = Place::segment(segment.tag_text(), segment.position(), span).element(position, span);
            let finding = Finding::warning(Fault::CharacterInvalid, place);
            let level = if set.charset() == Charset::UnoA { "a character of UNOA" } else { "a character of UNOB" };
            findings.push(finding.with_value(&foreign.map(String::from).unwrap_or_default()).expecting(level));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Event, Limits, Reader};

    #[test]
    fn foreign_characters_are_warnings() {
        check("UNOA", "FTX+AAI+++PLAIN, (TEXT)/=!%&*;<>'", "");
        check("UNOA", "FTX+AAI+++Mixed'", "FTX-04 (segment 2) i");
        check("UNOB", "FTX+AAI+++Mixed'", "");
        check("UNOB", "FTX+AAI+++a@b'\r\nFTX+AAI+++#'", "FTX-04 (segment 2) @, FTX-04 (segment 3) #");
        check("UNOB", "FTX+AAI+++M\u{fc}ller'", "FTX-04 (segment 2) \u{fc}");
        check("UNOC", "FTX+AAI+++M\u{fc}ller@'", "");
    }

    fn check(level: &str, segments: &str, expected: &str) {
        let text = format!("UNB+{level}:3+A+B+240115:1030+1'UNH+1+ORDERS:D:96A:UN'{segments}UNT+3+1'UNZ+1+1'");
        let mut reader = Reader::new(text.as_bytes(), Limits::default());
        let mut got = Vec::new();
        while let Some(event) = reader.next_event().unwrap() {
            if let Event::Set(header, _) = event {
                let foreign = header.findings.iter().filter(|f| f.fault == Fault::CharacterInvalid);
                got.extend(foreign.map(|f| format!("{} {}", f.place, f.value.as_deref().unwrap_or_default())));
            }
        }
        assert_eq!(got.join(", "), expected, "{text}");
    }
}
