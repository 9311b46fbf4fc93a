//! Identities as people write them in partner files: as on the wire, qualifier and id with a colon.
//!
//! X12 writes `ZZ:ACME` (ISA05, ISA06), EDIFACT `4012345000009:14` (0004, 0007), XML `0088:4012345000009` (scheme, id).

use crate::mistake::keys::Setting;
use crate::wire::Identity;
use serde::{Deserialize, Serialize};
use toml::de::DeValue;

/// Which family of identities is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Realm {
    X12,
    Edifact,
    Xml,
}

impl From<crate::wire::Syntax> for Realm {
    fn from(syntax: crate::wire::Syntax) -> Self {
        match syntax {
            crate::wire::Syntax::X12 => Self::X12,
            crate::wire::Syntax::Edifact => Self::Edifact,
        }
    }
}

/// The identities of one party in one realm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identities {
    /// At interchange level; an empty qualifier matches every qualifier.
    pub interchange: Vec<Identity>,
    /// At group level (GS02/GS03, UNG 0040/0044); empty matches every group.
    pub group: Vec<String>,
}

impl Identities {
    /// Whether an interchange identity on the wire is one of these.
    pub fn has(&self, identity: &Identity) -> bool {
        self.interchange.iter().any(|own| covers(own, identity))
    }

    pub fn is_empty(&self) -> bool {
        self.interchange.is_empty() && self.group.is_empty()
    }

    /// What no header of the realm (`x12`, `edifact`) can hold, so that it never comes and cannot be written, in words;
    /// with whether it is an identity of groups. ISA05 to ISA08, GS02, GS03; 0004, 0007, 0040.
    pub(super) fn misfits(&self, realm: &str) -> Vec<(bool, String)> {
        let (id_max, qualifier, wanted) = match realm {
            "x12" => (15, 2..=2, "two characters, like 01 or ZZ"),
            "edifact" => (35, 1..=4, "up to four characters, like 14"),
            _ => return Vec::new(),
        };
        let ids = self.interchange.iter().map(|identity| (false, &*identity.id));
        let mut misfits = Vec::new();
        for (at_group, id) in ids.chain(self.group.iter().map(|id| (true, id.as_str()))) {
            let given = id.chars().count();
            if given > id_max {
                misfits.push((at_group, format!("\"{id}\" has {given} characters, and a header holds {id_max}")));
            }
        }
        for Identity { qualifier: own, .. } in &self.interchange {
            if !own.is_empty() && !qualifier.contains(&own.chars().count()) {
                misfits.push((false, format!("\"{own}\" is no qualifier: those have {wanted}")));
            }
        }
        misfits
    }
}

/// Whether an identity as agreed stands for one on the wire.
pub fn covers(agreed: &Identity, wire: &Identity) -> bool {
    agreed.id == wire.id && (agreed.qualifier.is_empty() || agreed.qualifier == wire.qualifier)
}

/// `ZZ:ACME`, as X12 and XML order it; one without a colon has no qualifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QualifierFirst(pub Identity);

/// `4012345000009:14`, as EDIFACT orders it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdFirst(pub Identity);

impl Setting for QualifierFirst {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().map(str::trim).filter(|text| !text.is_empty());
        let wanted = "an identity like \"ZZ:ACME\" (qualifier, colon, id)";
        let text = text.ok_or(wanted)?;
        let (qualifier, id) = text.split_once(':').unwrap_or(("", text));
        identity(qualifier, id, 35, wanted).map(Self)
    }

    fn show(&self) -> String {
        show(&self.0.qualifier, &self.0.id)
    }
}

impl Setting for IdFirst {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = value.as_str().map(str::trim).filter(|text| !text.is_empty());
        let wanted = "an identity like \"4012345000009:14\" (id, colon, qualifier)";
        let text = text.ok_or(wanted)?;
        let (id, qualifier) = text.split_once(':').unwrap_or((text, ""));
        identity(qualifier, id, 35, wanted).map(Self)
    }

    fn show(&self) -> String {
        show(&self.0.id, &self.0.qualifier)
    }
}

fn identity(qualifier: &str, id: &str, id_max: usize, wanted: &str) -> Result<Identity, String> {
    let clean = |text: &str| !text.chars().any(char::is_control);
    let fits = !id.is_empty() && id.chars().count() <= id_max && qualifier.len() <= 4;
    (fits && clean(id) && clean(qualifier))
        .then(|| Identity { qualifier: qualifier.trim().into(), id: id.trim().into() })
        .ok_or_else(|| wanted.into())
}

fn show(first: &str, second: &str) -> String {
    match (first, second) {
        (only, "") | ("", only) => only.to_owned().show(),
        _ => format!("{first}:{second}").show(),
    }
}
