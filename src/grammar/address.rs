//! The name of a grammar or map: `x12/004010/850`, `edifact/D.96A/ORDERS`, `ubl/2.1/Invoice`.

use std::fmt;

/// Standard, release and document type. Its text form is a path under `grammars/` and `mappings/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub standard: String,
    pub release: String,
    pub kind: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.standard, self.release, self.kind)
    }
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(standard), Some(release), Some(kind), None) if ![standard, release, kind].contains(&"") => {
                Ok(Self { standard: standard.into(), release: release.into(), kind: kind.into() })
            }
            _ => Err(format!("\"{text}\" is not an address like x12/004010/850")),
        }
    }
}
