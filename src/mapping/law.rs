//! The two laws every map keeps, as functions that tests and `map check` call.
//!
//! Law 1: reading what was written gives the same canonical document, for every document the map agrees to write.
//! Law 2: writing what was read gives [`normal`], the document in the map's normal form, except what the ledger names.
//!
//! The **normal form** of a document is what a map writes of it: lines in the map's order, the first code of each word,
//! decimals with the scale they came with, trailing blanks and empty elements gone, alternatives in their first place,
//! runs and texts filled up, trees by their levels, ids of trees counted from 1, keys of lines written out.

use super::read::Reading;
use super::{Detail, Lost, Mapping, Missing};
use crate::canonical::Canonical;
use crate::grammar::{Address, Checked, Grammar, Strictness};
use crate::wire::{Cuts, Delimiters, Form, Refusal, Syntax, TransactionSet};

/// How a law was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The map does not agree to write the document: the law says nothing.
    Refused { refusals: Vec<Refusal>, missing: Vec<Missing>, lost: Vec<Lost> },
    /// Both sides, as JSON or wire text.
    Differs { expected: String, found: String },
}

/// A document through the wire and back.
///
/// # Errors
/// What differs, or why the map does not write the document whole.
pub fn law_1(mapping: &Mapping, grammar: &Grammar, document: &Canonical<'_>) -> Result<(), Broken> {
    let writing = mapping.write(document, form(mapping));
    if !writing.is_whole() {
        let (refusals, missing, lost) = (writing.refusals, writing.missing, writing.lost);
        return Err(Broken::Refused { refusals, missing, lost });
    }
    let expected = mapping.complete(document).to_json();
    let found = read_body(mapping, grammar, &writing.body.bytes, |reading| reading.document.to_json());
    if expected == found { Ok(()) } else { Err(Broken::Differs { expected, found }) }
}

/// A set through the canonical document and back: its normal form, which is its own normal form.
///
/// # Errors
/// What differs between the first and the second time.
pub fn law_2(mapping: &Mapping, grammar: &Grammar, set: TransactionSet<'_>) -> Result<Vec<u8>, Broken> {
    let once = normal(mapping, grammar, set);
    let twice =
        read_body(mapping, grammar, &once, |reading| mapping.write(&reading.document, form(mapping)).body.bytes);
    if once == twice {
        return Ok(once);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Err(Broken::Differs { expected: text(&once), found: text(&twice) })
}

/// The set as the map writes it: its body in normal form. Idempotent.
pub fn normal(mapping: &Mapping, grammar: &Grammar, set: TransactionSet<'_>) -> Vec<u8> {
    let mut checked = Checked::default();
    grammar.check(set, Strictness::default(), &mut checked);
    let reading = mapping.read(set, &checked, Detail::COUNTS);
    mapping.write(&reading.document, form(mapping)).body.bytes
}

fn form(mapping: &Mapping) -> Form {
    Form::of(mapping.syntax())
}

/// Reads a written body with a header and a trailer around it.
pub(super) fn read_body<T>(
    mapping: &Mapping,
    grammar: &Grammar,
    body: &[u8],
    then: impl FnOnce(&Reading<'_>) -> T,
) -> T {
    let (head, tail, delimiters) = envelope(mapping.syntax(), &grammar.address);
    let mut wire = head.into_bytes();
    wire.extend_from_slice(body);
    wire.extend_from_slice(tail.as_bytes());
    let cuts = Cuts::new(&wire, mapping.syntax(), delimiters);
    let mut checked = Checked::default();
    grammar.check(cuts.set(), Strictness::default(), &mut checked);
    then(&mapping.read(cuts.set(), &checked, Detail::LEDGER))
}

/// Header and trailer for a body that has none.
pub(super) fn envelope(syntax: Syntax, address: &Address) -> (String, String, Delimiters) {
    let kind = &address.kind;
    match syntax {
        Syntax::X12 => (format!("ST*{kind}*0001~"), "SE*0*0001~".to_owned(), Delimiters::X12),
        Syntax::Edifact => {
            // `D.96A` travels as `D:96A:UN`.
            let release = address.release.replace('.', ":");
            (format!("UNH+1+{kind}:{release}:UN'"), "UNT+0+1'".to_owned(), Delimiters::EDIFACT)
        }
    }
}
