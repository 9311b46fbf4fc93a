//! What is in force: grammars, overlays, maps and partners as one immutable snapshot with a hash.

use std::sync::Arc;

use crate::finding::Fault;
use crate::grammar::{self, Address, Grammar};
use crate::mapping::xml::XmlMap;
use crate::mapping::{self, Mapping};

/// One snapshot. Nothing in it changes; a change of configuration is another snapshot.
#[derive(Debug)]
pub struct Catalogue {
    pub grammars: grammar::Library,
    pub maps: mapping::Library,
}

/// What a set is read with.
#[derive(Clone, Debug)]
pub struct Rules {
    pub grammar: Arc<Grammar>,
    /// Whether the grammar is of the release that the set says; else it is the nearest there is.
    pub is_exact: bool,
    /// Bound to `grammar`; `None` where no map reads such sets.
    pub mapping: Option<Arc<Mapping>>,
    /// Faults that the agreement lowers to warnings.
    pub tolerated: Vec<Fault>,
}

impl Catalogue {
    /// What the binary carries, and nobody's partners: the command line's rules.
    pub fn embedded() -> Self {
        Self { grammars: grammar::Library::embedded(), maps: mapping::Library::embedded() }
    }

    /// The grammar and map that fit an address best. `None` where there is no grammar of this kind at all.
    pub fn rules(&self, wanted: &Address) -> Option<Rules> {
        let nearest = self.grammars.nearest(wanted)?;
        let grammar = self.grammars.grammar(nearest)?;
        let mapping = self.maps.nearest(wanted).and_then(|name| self.maps.map(&name, &grammar).ok());
        Some(Rules { is_exact: nearest == wanted, grammar, mapping, tolerated: Vec::new() })
    }

    /// The map for an XML document type.
    pub fn xml(&self, address: &str) -> Option<Arc<XmlMap>> {
        self.maps.xml(address).ok()
    }
}
