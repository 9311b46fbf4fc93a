//! What the codes of mistakes mean, where they are not those of maps: `entrepot explain CODE`.

/// Codes of settings, partners, grammars and overlays, each with what happened and what to do.
const CODES: &[(&str, &str)] = &[
    (
        "address",
        "An address names no grammar, or nothing in one: STANDARD/RELEASE/TYPE, as in x12/004010/850, and behind it the \
         place, as in 850/PO1/PO103. `entrepot grammar list` has the grammars, `entrepot grammar explain ADDRESS` says \
         what stands at a place.",
    ),
    (
        "ambiguous",
        "Two places of a grammar take the same segment, so that nobody could say where it stands. Give one of them \
         a qualifier, or a segment that must come between.",
    ),
    ("code", "A code is longer than eight characters, which no code list has."),
    (
        "composite",
        "A composite is unknown, or is named where one of its components is meant: NAD02-1 instead of NAD02.",
    ),
    (
        "contradiction",
        "Two lines of an overlay, or two keys, cannot both hold. Remove one, or say in one line what is agreed.",
    ),
    (
        "element",
        "A verb wants an element, and the address is that of a segment, or the other way round: BEG/BEG03, not BEG.",
    ),
    (
        "envelope",
        "An overlay speaks of a header or trailer. The envelope is agreed in the partner's file, not in an overlay.",
    ),
    ("fault", "`tolerate` wants the name of a fault: `entrepot explain` without a code lists them."),
    ("header", "The first line of a file says what it is, and what it says does not exist, or is not said."),
    (
        "identity-claimed-twice",
        "Two partners have the same qualifier and id, so that nobody could say who sent a document. Give one of them \
         its group level id, or remove one.",
    ),
    (
        "indentation",
        "A line of a grammar stands deeper than a segment that opens no loop: write loop behind that segment.",
    ),
    (
        "journey",
        "A sentence of a journey is none that is known, or lacks a word it needs: `entrepot journey --words` lists the \
         sentences.",
    ),
    ("length", "A length's least is more than its most: write ..30, 2.., or 2..30."),
    ("missing", "A key that must be there is not. The message names it; `entrepot config explain` has every key."),
    ("note", "A syntax note is a letter (P, R, E, C, L) and two digits for each element: P0304."),
    (
        "partner-unknown",
        "A partner's file names a partner that has none: `via` is the id of the partner whose mailbox it shares, which is \
         the name of that partner's file. `entrepot partner list` has them all.",
    ),
    ("position", "The elements of a segment are numbered 1, 2, 3 without gaps, so that a lost line is noticed."),
    ("segment-unknown", "A grammar places a segment that no dictionary of its release defines."),
    ("syntax", "A line is not written as the file's language wants it. The other lines are read all the same."),
    ("tag", "A segment's tag has two or three capital letters or digits, the first a letter."),
    ("too-many", "A grammar or dictionary is larger than any in use: something in it is probably repeated by mistake."),
    ("toml", "The file is no TOML. Texts stand in \"quotes\", a table begins with [name], a key is written once."),
    ("type", "A key holds another sort of value than it wants: a text, a number, a list or a table."),
    (
        "unknown-key",
        "A key is none that is known here: it is refused, since a slip would otherwise change nothing, unnoticed.",
    ),
    ("unknown-name", "A partner's file names a grammar, map or overlay that is not there."),
    ("unreadable", "A file or folder cannot be read, or is larger than such files are."),
    ("value", "A key's value is not one that it can have; the message says which it can."),
    ("verb", "A line of an overlay begins with a verb: require, forbid, max, codes, len, tolerate and their like."),
];

/// What a code means; `None` where it is none, or one of maps.
pub fn meaning(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(name, _)| *name == code).map(|(_, text)| *text)
}

/// Every code.
pub fn names() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Codes are written where mistakes are made: none of them may be without a meaning.
    #[test]
    fn every_code_in_the_program_has_a_meaning() {
        let mut unknown = Vec::new();
        let mut found = 0;
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap_or_default();
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                for call in ["Mistake::new(\"", "Wrong::new(\"", ".mistake(\""] {
                    for behind in text.split(call).skip(1) {
                        let code = behind.split('"').next().unwrap_or_default();
                        found += 1;
                        if meaning(code).is_none() {
                            unknown.push(format!("{code} in {}", path.display()));
                        }
                    }
                }
            }
        }
        assert!(found > 30, "only {found} codes were found: are they written another way?");
        assert!(unknown.is_empty(), "{unknown:#?}");
    }
}
