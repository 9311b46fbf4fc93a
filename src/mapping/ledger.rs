//! The coverage ledger: what of a document was carried, what is knowingly left, and what nobody asked for.

use serde::{Deserialize, Serialize};

use crate::finding::{Place, Span};

/// How much of a document's non-empty elements and components the map carried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub mapped: u64,
    pub ignored: u64,
    /// How many are neither; also where `unmapped` is not kept.
    #[serde(skip)]
    pub unmapped_count: u64,
    pub unmapped: Vec<Unmapped>,
    /// Where what is ignored stands; empty unless asked for.
    #[serde(skip)]
    pub ignored_at: Vec<Span>,
}

/// An element that the map does not carry, or a value that it could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmapped {
    #[serde(with = "said")]
    pub place: Place,
    pub value: Box<str>,
}

/// How much a reading keeps beside the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Names and bytes of what is unmapped, not only how many.
    pub unmapped: bool,
    /// Where each field came from.
    pub provenance: bool,
    /// Where what is ignored stands.
    pub ignored: bool,
}

impl Detail {
    pub const COUNTS: Self = Self { unmapped: false, provenance: false, ignored: false };
    pub const LEDGER: Self = Self { unmapped: true, ..Self::COUNTS };
    pub const FULL: Self = Self { provenance: true, ..Self::LEDGER };
    /// Everything that the fate of each element is told from.
    pub const FATES: Self = Self { ignored: true, ..Self::LEDGER };
}

/// `REF-02 (segment 9)` in JSON; the bytes are for those who hold the value.
mod said {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::finding::Place;

    pub fn serialize<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(place)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
        // Only the text is kept in JSON: it is for people.
        Ok(Place { tag: String::deserialize(deserializer)?.into(), ..Place::default() })
    }
}
