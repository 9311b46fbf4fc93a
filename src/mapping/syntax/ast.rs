//! A map as a tree of statements with their places in the file.

use std::ops::Range;

/// Bytes of the map's text, counted from 0.
pub type Spot = Range<usize>;

/// Something and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    pub value: T,
    pub spot: Spot,
}

/// A whole file. What could not be parsed is left out and told as a mistake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapFile {
    /// The file's name as the user gave it.
    pub file: String,
    pub header: Option<Header>,
    pub statements: Vec<Statement>,
    /// Comments behind the last statement.
    pub closing_comments: Vec<String>,
    /// The files that a flattened map was made from, the base first; empty for a single file.
    pub files: Vec<std::sync::Arc<str>>,
}

/// `map x12/004010/850 order`, `map acme/850 extends x12/004010/850`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The map's own address or name.
    pub name: At<String>,
    pub subject: Subject,
    pub spot: Spot,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The kind of canonical document: `order`.
    Kind(At<String>),
    /// The address of the base map.
    Extends(At<String>),
}

/// One statement with the comments around it, which the formatter keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub body: Body,
    pub spot: Spot,
    pub comments_before: Vec<String>,
    pub comment_behind: Option<String>,
    pub blank_line_before: bool,
    /// `reads LINE`: takes part in reading only; beside it stands the line that is written.
    pub reading_only: bool,
    /// Which of [`MapFile::files`] it comes from.
    pub file: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Table(Table),
    /// `use tables a b`.
    UseTables(Vec<At<String>>),
    /// `namespace cbc urn:...`.
    Namespace {
        prefix: At<String>,
        uri: At<String>,
    },
    Line(Line),
    /// A line that opens a loop without a list: `RFF+ON:{order_number} { ... }`.
    Group {
        line: Line,
        body: Vec<Statement>,
    },
    Each(Each),
    Tree(Tree),
    Ignore(Line),
    Require(At<Path>),
    Default {
        path: At<Path>,
        value: At<String>,
    },
    Example(Example),
    Replace {
        within: Option<At<Path>>,
        old: Line,
        new: Line,
    },
    Drop {
        within: Option<At<Path>>,
        old: Line,
    },
    /// `drop each parties`: the list with all its lines.
    DropEach(At<Path>),
    Add {
        within: Option<At<Path>>,
        body: Vec<Statement>,
    },
}

/// `table purpose 00=original 01=cancel`: wire codes and the words they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: At<String>,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub code: At<String>,
    pub word: At<String>,
    /// `3~price`: written for a word that has no code of its own, never read.
    pub near: bool,
}

/// A line of the document with blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Segment(SegmentLine),
    Element(ElementLine),
}

/// `CUR*BY*{currency}?`, `DTM+137:{date|date}:102`, `SAC 01={kind|allowance} 05={amount|n2}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentLine {
    pub tag: At<String>,
    /// From the first element after the tag; inner ones that the line does not name are empty.
    pub elements: Vec<Vec<At<Slot>>>,
    pub optional: bool,
    pub labelled: bool,
    /// What separated the elements, where anything did.
    pub separator: Option<char>,
    pub spot: Spot,
}

/// What stands in an element, a component, an XML attribute or an XML element's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    Empty,
    Literal {
        text: String,
        /// Written `=X`: a selector wherever it stands.
        forced: bool,
    },
    Blank(Blank),
}

/// `{path|conversion}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blank {
    pub source: Source,
    pub conversions: Vec<Conversion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Path {
        path: Path,
        /// `{street+}`: appends to a list.
        append: bool,
        /// `{first price}`: one of several alternatives.
        first: bool,
    },
    /// `{@count(lines)}`: computed when writing, checked when reading.
    Computed { name: String, argument: Option<Path> },
}

/// Names joined by dots, as written: a name may choose an item (`dates[kind=delivered]`), and the first one may begin with
/// `/` for the document's top. No names (`.`) is the item itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path {
    pub names: Vec<String>,
}

/// `date`, `n2`, `tuples:location,quantity`, or a table's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    pub name: At<String>,
    pub arguments: Vec<At<String>>,
}

/// `cbc:InvoicedQuantity@unitCode={unit}   {quantity|dec}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementLine {
    pub steps: Vec<Step>,
    /// The element's text; a group has none.
    pub value: Option<At<Slot>>,
    pub optional: bool,
    pub spot: Spot,
}

/// One XML element of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Prefix and local name as written: `cbc:ID`.
    pub name: At<String>,
    /// `@unitCode={unit}`, `@schemeID="0160"`.
    pub attributes: Vec<(At<String>, At<Slot>)>,
    /// `cac:TaxScheme[cbc:ID=VAT]`: what stands before and behind the `=`, as written.
    pub conditions: Vec<(At<String>, At<String>)>,
}

/// `each lines key number else @index { ... }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Each {
    pub list: List,
    pub body: Vec<Statement>,
}

/// Which list a block fills, and how its items are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub path: At<Path>,
    /// `where role=seller`: only items with this word; set when reading.
    pub conditions: Vec<(At<Path>, At<String>)>,
    /// `key order_number number`: items with equal keys are one.
    pub key: Vec<At<Path>>,
    /// `else @index`: an empty key is the item's position; such a key is not written back.
    pub else_index: bool,
    /// `in cac:InvoiceLine`: the XML element that repeats.
    pub within: Option<ElementLine>,
    /// `as order_number`: the item's key stands in this field of everything below it.
    pub named: Option<At<Path>>,
    /// `link parent`: the enclosing item of the same list, by its position counted from 1.
    pub link: Option<At<Path>>,
    /// `placed items`: what stands below an item of an enclosing list is also put into this list of it.
    pub placed: Option<At<Path>>,
}

/// `tree HL { S { ... } O each orders { ... } }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    pub tag: At<String>,
    pub levels: Vec<Level>,
}

/// One level of a tree: its code (HL03; for CPS `root` or `*`), and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    pub code: At<String>,
    pub optional: bool,
    pub list: Option<List>,
    pub body: Vec<Statement>,
    pub spot: Spot,
    pub comments_before: Vec<String>,
}

/// `example reads ... gives ...`, `example refuses ... with ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The document, as it stands in the map.
    pub wire: At<String>,
    pub expects: Expects,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expects {
    /// JSON whose members must all be in the canonical document.
    Gives(At<String>),
    /// The name of a fault that must be found: `invalid-code`.
    Refuses(At<String>),
}

impl Line {
    pub fn spot(&self) -> &Spot {
        match self {
            Self::Segment(line) => &line.spot,
            Self::Element(line) => &line.spot,
        }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.names.is_empty() { f.write_str(".") } else { f.write_str(&self.names.join(".")) }
    }
}
