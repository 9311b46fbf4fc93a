//! What was agreed about one kind of document in one direction.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Terms;
use super::identity::Realm;
use crate::mistake::keys::Keys;

/// Seen from us: what they send is inbound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Inbound,
    Outbound,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        })
    }
}

/// One kind of document with one partner. All terms are in force as they stand here: inheritance is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    pub direction: Direction,
    /// `850`, `ORDERS`, `Invoice`.
    pub kind: String,
    /// Inbound: read as this release whatever the document says. Outbound: write this one.
    pub release: Option<String>,
    /// A partner's overlay by its name, laid over the grammar.
    pub overlay: Option<String>,
    /// A map by its name or address; `None` is the base map of the release.
    pub map: Option<String>,
    /// GS08 or UNH 0057 of what we write, where it is more than the release: `004010VICS`, `EAN008`.
    pub convention: Option<String>,
    /// Outbound: several documents leave in one interchange.
    pub batch: Option<Batch>,
    pub terms: Terms,
}

/// When documents that wait for each other leave: whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// As soon as so many wait; no interchange holds more.
    pub documents_max: u32,
    /// When the first of them has waited so long.
    pub wait_seconds: u32,
}

/// A name in a partner file that must exist elsewhere, with its place: the catalogue checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub what: Referred,
    pub name: String,
    pub file: String,
    pub span: Range<usize>,
}

/// What a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Referred {
    /// A grammar by its address, `x12/004010/850`.
    Grammar,
    /// A kind of document that some release of a standard has: `850`.
    Kind,
    Overlay,
    /// A map by its name.
    Map,
    /// The base map of an address, for what we write.
    BaseMap,
}

impl Agreement {
    /// An agreement that says nothing but the kind.
    pub fn plain(direction: Direction, kind: &str, terms: Terms) -> Self {
        let kind = kind.into();
        Self { direction, kind, release: None, overlay: None, map: None, convention: None, batch: None, terms }
    }

    /// The standard the kind belongs to: digits are X12, six capitals EDIFACT, the others XML roots.
    pub fn realm(&self) -> Realm {
        realm_of(&self.kind)
    }

    /// The address of the grammar and map to write: `x12/004010/810`.
    pub fn address(&self) -> String {
        let (standard, release) = match (self.realm(), self.kind.as_str()) {
            (Realm::X12, _) => ("x12", "004010"),
            (Realm::Edifact, _) => ("edifact", "D.96A"),
            (Realm::Xml, "CrossIndustryInvoice") => ("cii", "D16B"),
            (Realm::Xml, _) => ("ubl", "2.1"),
        };
        format!("{standard}/{}/{}", self.release.as_deref().unwrap_or(release), self.kind)
    }

    pub(super) fn read(
        mut keys: Keys<'_>,
        file: &str,
        (direction, kind, place): (Direction, String, Range<usize>),
        inherited: &Terms,
        references: &mut Vec<Reference>,
    ) -> Self {
        let release = keys.optional::<String>(
            "release",
            "inbound: read as this release whatever it says; outbound: the release we write (004010, D.96A)",
        );
        let overlay = keys.optional::<String>("overlay", "this partner's differences from the grammar, by name");
        let map = keys.optional::<String>("map", "the map, by name or address; else the base map");
        let convention = keys
            .optional::<String>("convention", "GS08 or UNH 0057 of what we write, where it is more than the release");
        let terms = Terms::read_for_kind(&mut keys, inherited);
        let batch = Batch::read(&mut keys, direction, realm_of(&kind));
        let agreement = Self { direction, kind, release, overlay, map, convention, batch, terms };
        let mut refer = |what, name: Option<String>, span| {
            references.extend(name.map(|name| Reference { what, name, file: file.into(), span }));
        };
        let is_outbound = direction == Direction::Outbound;
        let at = if keys.has("release") { keys.span("release") } else { place.clone() };
        match (agreement.realm(), agreement.release.is_some() || is_outbound) {
            (Realm::X12 | Realm::Edifact, true) => refer(Referred::Grammar, Some(agreement.address()), at),
            (_, false) => refer(Referred::Kind, Some(agreement.kind.clone()), at),
            (Realm::Xml, true) => {}
        }
        if is_outbound && agreement.map.is_none() {
            refer(Referred::BaseMap, Some(agreement.address()), place);
        }
        refer(Referred::Overlay, agreement.overlay.clone(), keys.span("overlay"));
        refer(Referred::Map, agreement.map.clone(), keys.span("map"));
        keys.finish();
        agreement
    }
}

impl Batch {
    /// Reads `[outbound.810.batch]`; `None` where there is none.
    fn read(keys: &mut Keys<'_>, direction: Direction, realm: Realm) -> Option<Self> {
        let (is_given, span) = (keys.has("batch"), keys.span("batch"));
        let mut keys = keys.table("batch");
        let batch = Self {
            documents_max: keys.or(
                "documents_max",
                100,
                "how many documents one interchange holds at most; then it leaves",
            ),
            wait_seconds: keys.or("wait_seconds", 900, "how long the first of them waits for others at most"),
        };
        let refused = match (direction, realm) {
            (Direction::Inbound, _) => Some("only what we send can be batched"),
            (_, Realm::Xml) => Some("XML documents have no interchange that could hold several"),
            _ if batch.documents_max == 0 => Some("a batch holds one document at least"),
            _ => None,
        };
        if let Some(why) = refused.filter(|_| is_given) {
            keys.mistake("value", span, why, None);
        }
        keys.finish();
        (is_given && refused.is_none()).then_some(batch)
    }
}

/// Which standard a kind of document belongs to, by how it is called.
pub fn realm_of(kind: &str) -> Realm {
    if !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_digit()) {
        Realm::X12
    } else if kind.len() == 6 && kind.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Realm::Edifact
    } else {
        Realm::Xml
    }
}
