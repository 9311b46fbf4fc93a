//! Every key that a partner's file or `us.toml` may have, told by the very reading of them.

use super::{PartnerFile, Us};
use crate::mistake::keys::Note;

/// A file in which every optional table stands, so that all of its keys are asked for.
const WHOLE: &str = "name = \"NAME\"\n[inbound.KIND]\n[outbound.KIND]\n[as2]\n[advice_csv]\n[sftp]\n[sftp.keys.KEY]\n\
                     [sftp.remote]\n";

/// The keys of `partners/NAME.toml`.
pub fn keys_of_partner() -> Vec<Note> {
    let (_, told) = PartnerFile::read("NAME", "NAME.toml", WHOLE, &Us::default());
    once(told.notes)
}

/// The keys of `us.toml`: what all partners inherit.
pub fn keys_of_us() -> Vec<Note> {
    once(Us::read("us.toml", "").1.notes)
}

/// A key that several readers ask for is told once.
fn once(notes: Vec<Note>) -> Vec<Note> {
    let mut kept: Vec<Note> = Vec::with_capacity(notes.len());
    for note in notes {
        if !kept.iter().any(|other| other.key == note.key) {
            kept.push(note);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_told() {
        let partner = keys_of_partner();
        let has = |key: &str| partner.iter().any(|note| note.key == key && !note.meaning.is_empty());
        for key in [
            "name",
            "duplicates",
            "acknowledge.ta1",
            "leniency.tolerate",
            "inbound.KIND.map",
            "outbound.KIND.map",
            "as2.id",
        ] {
            assert!(has(key), "{key}: {:?}", partner.iter().map(|note| &note.key).collect::<Vec<_>>());
        }
        for table in ["as2.", "advice_csv.", "sftp.", "sftp.keys.KEY.", "sftp.remote.", "mail.", "http."] {
            assert!(partner.iter().any(|note| note.key.starts_with(table)), "{table}");
        }
        let us = keys_of_us();
        assert!(us.iter().any(|note| note.key == "answer_strangers" && note.default == "true"), "{us:?}");
    }
}
