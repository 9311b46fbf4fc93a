//! Maps whose documents are XML: compiled from the same statements to a tree of element patterns that reads and writes.
//!
//! Reading is one walk over the document: each element finds its pattern by number among its parent's. Writing walks the
//! patterns in the order of the map's lines. It knows no tax and no invoice, only names, blanks and lists.

mod compile;
mod convert;
mod read;
mod route;
mod write;

#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

use crate::canonical::{Kind, Value};
use crate::grammar::Address;

pub use write::{Refusal, Written};

use convert::Convert;
use route::{Route, Words};

/// The number of a name that the map speaks of.
type NameNumber = u16;

/// A name that the map does not speak of.
const NO_NAME: NameNumber = NameNumber::MAX;

/// The number of an element pattern; 0 is the root.
type ElementNumber = u16;

/// A compiled map between an XML document type and a kind of canonical document.
#[derive(Debug)]
pub struct XmlMap {
    pub address: Address,
    pub kind: Kind,
    /// Prefix (empty for the default namespace) and namespace, in the order of the map's header.
    namespaces: Vec<(Box<str>, Box<str>)>,
    /// Namespace and local name, by [`NameNumber`].
    names: FxHashMap<(Box<str>, Box<str>), NameNumber>,
    elements: Vec<Element>,
    /// Which patterns may stand below a pattern under a name, the most specific first.
    below: FxHashMap<(ElementNumber, NameNumber), Box<[ElementNumber]>>,
    /// Attributes that are ignored wherever they stand.
    ignored_attributes: Vec<NameNumber>,
    /// Required paths, as the map writes them.
    required: Vec<(Route, Box<str>)>,
    defaults: Vec<(Route, Value<'static>)>,
}

/// The pattern of one element: what its text and attributes are, what may stand below it.
#[derive(Debug)]
struct Element {
    /// As written: `cbc:ID`.
    written: Box<str>,
    name: NameNumber,
    conditions: Vec<Condition>,
    /// Items that begin and end with this element, outermost first.
    openings: Vec<Opening>,
    attributes: Vec<(NameNumber, Box<str>, Content)>,
    text: Vec<Content>,
    /// In the order of emission.
    children: Vec<ElementNumber>,
    /// Knowingly not carried, with everything below it.
    ignored: bool,
    /// Its line ends with `?`: writing does not miss it.
    optional: bool,
    /// A blank stands in it or below it; without one it is written whenever its parent is.
    blanks: bool,
}

/// What must stand in an element so that a pattern is meant: `[cac:TaxScheme/cbc:ID=VAT]`.
#[derive(Debug)]
struct Condition {
    /// Child elements to go down, then perhaps an attribute.
    elements: Vec<(NameNumber, Box<str>)>,
    attribute: Option<(NameNumber, Box<str>)>,
    negated: bool,
    word: Word,
    /// A line inside the element writes what the condition wants.
    restated: bool,
}

#[derive(Debug)]
enum Word {
    Literal(Box<str>),
    /// What stands at a path of the document, as read so far.
    Path(Route),
}

/// An item of a list that begins with an element.
#[derive(Debug)]
struct Opening {
    /// The list, and from which scope it is reached.
    list: Route,
    /// Fields set when reading and wanted when writing.
    words: Words,
    /// Where it has no words of its own: what other lines' words take is not for this one.
    but_not: Vec<Words>,
    /// One item for each element; otherwise the first that fits.
    each: bool,
    /// The items are texts or numbers, not records.
    leaves: bool,
}

#[derive(Debug)]
enum Content {
    /// Knowingly not carried.
    Ignored,
    /// Written; when reading, anything else is accepted and named.
    Literal(Box<str>),
    Blank(Blank),
}

#[derive(Debug)]
struct Blank {
    route: Route,
    convert: Convert,
    /// The next item of a list of leaves; which one of them when writing, counted from 0.
    append: Option<u16>,
    /// Written only where no line before has written the same.
    first: bool,
}
