//! A canonical document as it is kept and handed on: JSON, and what makes it the same as another one.

use crate::canonical::{Canonical, Name, Value, business_key, content_hash};
use crate::store::{Claim, Direction, DocumentId, hex};

/// A canonical document, ready to be stored.
#[derive(Clone, Debug)]
pub struct Translated {
    /// `order`, `invoice`.
    pub kind: String,
    /// The business number.
    pub number: Option<String>,
    pub json: String,
    hash: String,
    /// Kind, number and what else tells documents of one partner apart.
    key: Option<String>,
    purpose: String,
}

/// Takes a document out of the buffers it borrows from. The envelope's test flag becomes part of it.
pub fn translate(document: &Canonical<'_>, test: bool) -> Translated {
    let marked = test.then(|| marked(document));
    let document = marked.as_ref().unwrap_or(document);
    let fields = &document.fields;
    let mut json = Vec::with_capacity(2048);
    document.write_json(&mut json);
    Translated {
        kind: document.kind.to_string(),
        number: fields.text("number").or_else(|| fields.text("order_number")).map(str::to_owned),
        // The writer escapes what is not text, so this never replaces anything.
        json: String::from_utf8(json).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        hash: hex(&content_hash(document)),
        key: business_key(document),
        purpose: fields.text("purpose").unwrap_or("original").to_owned(),
    }
}

/// The document as a test.
fn marked<'a>(document: &Canonical<'a>) -> Canonical<'a> {
    let mut document = document.clone();
    if let Some(name) = Name::of("test") {
        document.fields.insert(name, Value::Flag(true));
    }
    document
}

impl Translated {
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The claim of this document on its business key: partner, direction, usage, kind, number, purpose. A replacement, a change and
    /// a cancellation are documents of their own beside the original; a duplicate or copy is not.
    pub fn claim(&self, partner: &str, direction: Direction, test: bool, document: DocumentId) -> Option<Claim> {
        let purpose = match self.purpose.as_str() {
            "duplicate" | "copy" | "confirm" => "original",
            purpose => purpose,
        };
        let usage = if test { 'T' } else { 'P' };
        let way = match direction {
            Direction::In => "in",
            Direction::Out => "out",
        };
        let key = format!("{partner}|{way}|{usage}|{}|{purpose}", self.key.as_ref()?);
        Some(Claim { key, subject: document.to_string(), hash: self.hash.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Id;

    #[test]
    fn copies_share_the_key_of_the_original_and_replacements_do_not() {
        let key = |purpose: &str| {
            let json = format!(r#"{{"kind":"order","number":"4711","purpose":"{purpose}"}}"#);
            let document = Canonical::from_json(json.as_bytes()).unwrap();
            translate(&document, false).claim("acme", Direction::In, false, Id::new()).unwrap().key
        };
        assert_eq!(key("original"), "acme|in|P|order|4711|original");
        assert_eq!(key("copy"), key("original"));
        assert_ne!(key("replace"), key("original"));
    }
}
