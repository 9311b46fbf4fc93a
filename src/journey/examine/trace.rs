//! Where each field of a stored document came from: read once more from the bytes that are kept, when somebody asks.
//!
//! Keeping a place for every field would cost more room than the document; the bytes and the map are kept anyway.

use std::io::{self, Read};

use super::Examiner;
use crate::catalogue::Catalogue;
use crate::finding::Place;
use crate::mapping::Detail;
use crate::store::Document;
use crate::wire::xml::{self, Tree};
use crate::wire::{Event, Limits, Reader};

/// Canonical paths with their places, as the map that read the document gives them today. Empty where that map is gone or
/// the bytes hold no such document.
///
/// # Errors
/// When the bytes cannot be read.
pub fn provenance(
    catalogue: &Catalogue,
    document: &Document,
    mut bytes: impl Read,
) -> io::Result<Vec<(String, Place)>> {
    let Some(map) = document.map.as_deref() else { return Ok(Vec::new()) };
    if let Some(map) = catalogue.xml(map) {
        let mut text = Vec::new();
        bytes.read_to_end(&mut text)?;
        return Ok(map.read(&Tree::read(&text, xml::Limits::default()), Detail::FULL).provenance);
    }
    let partner = document.partner.as_deref().and_then(|id| catalogue.directory.partner(id));
    let mut examiner = Examiner::new(catalogue).with_map(map).with_detail(Detail::FULL);
    examiner.belongs_to(partner, None);
    let mut reader = Reader::new(bytes, Limits::default());
    while let Some(event) = reader.next_event()? {
        if let Event::Set(header, set) = event
            && header.span.start == document.span.0
        {
            return Ok(examiner.set(None, header, set).provenance);
        }
    }
    Ok(Vec::new())
}
