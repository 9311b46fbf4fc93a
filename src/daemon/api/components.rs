//! The schemas that operations share: what is taken, and what is shown.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::schema::canonical_name;
use super::{passed, shown, taken};
use crate::canonical::{self, Kind};

/// Every schema by its name.
pub fn all() -> &'static Map<String, Value> {
    static ALL: OnceLock<Map<String, Value>> = OnceLock::new();
    ALL.get_or_init(|| {
        let answered = shown::schemas().into_iter().chain(passed::schemas());
        let own = taken::schemas().into_iter().chain(answered).map(|(name, schema)| (name.to_owned(), schema));
        let documents = Kind::ALL.into_iter().map(|kind| (canonical_name(kind), canonical_schema(kind)));
        own.chain(documents).collect()
    })
}

fn canonical_schema(kind: Kind) -> Value {
    let mut schema = canonical::schema(kind);
    // Inside the document they are found by their place in it.
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
        members.remove("$id");
    }
    schema
}
