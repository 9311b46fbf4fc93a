//! XML as one flat tree of named places with byte ranges, by quick-xml, with limits and without outside entities.
//!
//! Names are resolved by namespace, text is borrowed until somebody needs it unescaped, and every place leads back to
//! the stored bytes whatever their encoding. It does not know what an invoice is; [`DocumentKind`] only knows names.

mod decode;
mod kind;
mod names;
mod read;
mod text;
mod writer;

use std::borrow::Cow;

pub use kind::DocumentKind;
pub use names::NameId;
pub use writer::{Mark, XmlWriter};

use crate::finding::{Finding, Place, Span};
use crate::wire::envelope::Repair;

/// What hostile documents meet. Whatever is met becomes a finding, and what was read up to there is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub document_bytes_max: usize,
    pub depth_max: usize,
    pub nodes_max: usize,
    /// Per element.
    pub attributes_max: usize,
    /// Of one element's text or one attribute's value; embedded attachments are long.
    pub text_bytes_max: usize,
    pub findings_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes_max: 256 << 20,
            depth_max: 64,
            nodes_max: 8 << 20,
            attributes_max: 32,
            text_bytes_max: 128 << 20,
            findings_max: 100,
        }
    }
}

const NO_NODE: u32 = u32::MAX;

/// One element. Offsets are in the decoded text.
#[derive(Clone, Copy, Debug)]
struct NodeRow {
    name: NameId,
    flags: Flags,
    attributes: u16,
    first_attribute: u32,
    parent: u32,
    /// Index behind the last descendant: where the next sibling stands, if there is one.
    subtree_end: u32,
    start: u32,
    end: u32,
    inner_start: u32,
    inner_end: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    children: bool,
    /// It has text of its own that is not blank.
    text: bool,
    /// That text is more than one plain run.
    composed: bool,
}

#[derive(Clone, Copy, Debug)]
struct AttributeRow {
    name: NameId,
    composed: bool,
    start: u32,
    end: u32,
}

/// A document as read. Never fails: whatever is wrong stands in `findings`.
#[derive(Debug)]
pub struct Tree<'a> {
    text: Cow<'a, str>,
    back: decode::WayBack,
    nodes: Vec<NodeRow>,
    attributes: Vec<AttributeRow>,
    names: names::NameTable,
    pub findings: Vec<Finding>,
    pub repairs: Vec<Repair>,
    stored_bytes: u64,
}

impl<'a> Tree<'a> {
    /// Reads a whole document. What could be understood is in the tree, what is wrong in its findings.
    pub fn read(bytes: &'a [u8], limits: Limits) -> Self {
        let most = limits.document_bytes_max.min(u32::MAX as usize / 4);
        let kept = &bytes[..bytes.len().min(most)];
        let decode::Decoded { text, back, findings, repairs } = decode::decode(kept);
        let rows = read::read(&text, limits);
        let mut tree = Self {
            text,
            back,
            nodes: rows.nodes,
            attributes: rows.attributes,
            names: rows.names,
            findings,
            repairs,
            stored_bytes: bytes.len() as u64,
        };
        if kept.len() < bytes.len() {
            let place = Place { tag: "xml".into(), bytes: Span::at(most as u64), ..Place::default() };
            let finding = Finding::error(crate::finding::Fault::LimitExceeded, place);
            tree.findings.push(finding.expecting(format!("at most {most} bytes")));
        }
        if let Some(at) = tree.text.bytes().position(|b| b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r')) {
            let place = tree.place_at(NO_NODE, at, at + 1);
            tree.findings.push(Finding::error(crate::finding::Fault::CharacterInvalid, place));
        }
        for fault in rows.faults {
            let place = tree.place_at(fault.node, fault.start, fault.end);
            let value = tree.text.get(fault.start..fault.end).unwrap_or_default();
            let mut finding = Finding::error(fault.fault, place);
            if !value.is_empty() {
                finding = finding.with_value(value);
            }
            if !fault.expected.is_empty() {
                finding = finding.expecting(fault.expected);
            }
            tree.findings.push(finding);
        }
        tree
    }

    pub fn root(&self) -> Option<Node<'_>> {
        (!self.nodes.is_empty()).then_some(Node { tree: self, index: 0 })
    }

    /// How many elements were read.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The element at an index counted from 0 in document order.
    pub fn node(&self, index: u32) -> Option<Node<'_>> {
        ((index as usize) < self.nodes.len()).then_some(Node { tree: self, index })
    }

    /// What the root's namespace and name say the document is.
    pub fn kind(&self) -> Option<DocumentKind> {
        self.root().map(|root| DocumentKind::of(root.namespace(), root.local_name()))
    }

    /// The stored document's bytes, all of them.
    pub fn span(&self) -> Span {
        Span::new(0, self.stored_bytes)
    }

    /// The different names of this document, by [`NameId::index`]: namespace and local name.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.names.names.iter().map(|(namespace, local)| {
            let local = self.text.get(local.start as usize..local.end as usize).unwrap_or_default();
            (&*self.names.namespaces[*namespace as usize], local)
        })
    }

    fn name(&self, name: NameId) -> (&str, &str) {
        match self.names.names.get(name.index()) {
            Some((namespace, local)) => (
                &self.names.namespaces[*namespace as usize],
                self.text.get(local.start as usize..local.end as usize).unwrap_or_default(),
            ),
            None => ("", ""),
        }
    }

    fn stored(&self, start: u32, end: u32) -> Span {
        Span::new(self.back.stored(&self.text, start), self.back.stored(&self.text, end))
    }

    fn place_at(&self, node: u32, start: usize, end: usize) -> Place {
        let tag = match self.node(node) {
            Some(node) => node.path(),
            None => "xml".to_owned(),
        };
        Place { tag: tag.into(), bytes: self.stored(start as u32, end as u32), ..Place::default() }
    }
}

/// One element of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Node<'t> {
    tree: &'t Tree<'t>,
    index: u32,
}

impl<'t> Node<'t> {
    fn row(self) -> &'t NodeRow {
        &self.tree.nodes[self.index as usize]
    }

    /// Counted from 0 in document order.
    pub fn index(self) -> u32 {
        self.index
    }

    pub fn name(self) -> NameId {
        self.row().name
    }

    pub fn namespace(self) -> &'t str {
        self.tree.name(self.row().name).0
    }

    pub fn local_name(self) -> &'t str {
        self.tree.name(self.row().name).1
    }

    /// The name as the document writes it, prefix included.
    pub fn written_name(self) -> &'t str {
        written_name(&self.tree.text, self.row())
    }

    pub fn parent(self) -> Option<Node<'t>> {
        self.tree.node(self.row().parent).map(|n| Node { tree: self.tree, index: n.index })
    }

    pub fn children(self) -> Children<'t> {
        Children { tree: self.tree, next: self.index + 1, end: self.row().subtree_end }
    }

    pub fn has_children(self) -> bool {
        self.row().flags.children
    }

    /// Whether it has text of its own besides blanks.
    pub fn has_text(self) -> bool {
        self.row().flags.text
    }

    /// Its own text without surrounding blanks, references resolved; children's text is not its own.
    pub fn text(self) -> Cow<'t, str> {
        let row = self.row();
        if !row.flags.text {
            return Cow::Borrowed("");
        }
        let inner = self.tree.text.get(row.inner_start as usize..row.inner_end as usize).unwrap_or_default();
        if row.flags.composed {
            return Cow::Owned(trim(&text::compose(inner)).to_owned());
        }
        let run = match row.flags.children {
            true => inner.split('<').next().unwrap_or_default(),
            false => inner,
        };
        let run = trim(run);
        match run.contains('\r') {
            true => Cow::Owned(run.replace("\r\n", "\n").replace('\r', "\n")),
            false => Cow::Borrowed(run),
        }
    }

    pub fn attributes(self) -> impl ExactSizeIterator<Item = Attribute<'t>> + use<'t> {
        let row = self.row();
        let first = row.first_attribute;
        (first..first + u32::from(row.attributes)).map(move |index| Attribute { tree: self.tree, index })
    }

    /// The attribute of that local name in no namespace.
    pub fn attribute(self, local: &str) -> Option<Attribute<'t>> {
        self.attributes().find(|a| a.local_name() == local && a.namespace().is_empty())
    }

    /// From `<` of the start tag to `>` of the end tag, in stored bytes.
    pub fn span(self) -> Span {
        self.tree.stored(self.row().start, self.row().end)
    }

    /// Where its text stands, surrounding blanks left out, in stored bytes.
    pub fn text_span(self) -> Span {
        let row = self.row();
        let inner = self.tree.text.get(row.inner_start as usize..row.inner_end as usize).unwrap_or_default();
        let start = row.inner_start + (inner.len() - inner.trim_ascii_start().len()) as u32;
        let end = row.inner_end - (inner.len() - inner.trim_ascii_end().len()) as u32;
        self.tree.stored(start, end.max(start))
    }

    /// `Invoice/cac:InvoiceLine[2]/cbc:ID`: names as written, a position where the name repeats among its siblings.
    pub fn path(self) -> String {
        let mut steps = Vec::new();
        let mut node = self;
        while let Some(parent) = node.parent() {
            let mut before = 0;
            let mut same = 0;
            for sibling in parent.children().filter(|s| s.name() == node.name()) {
                same += 1;
                before += u32::from(sibling.index < node.index);
                if same > 1 && sibling.index >= node.index {
                    break;
                }
            }
            steps.push((node.written_name(), (same > 1).then_some(before + 1)));
            node = parent;
        }
        let mut path = node.written_name().to_owned();
        for (name, position) in steps.iter().rev() {
            path.push('/');
            path.push_str(name);
            if let Some(position) = position {
                path.push_str(&format!("[{position}]"));
            }
        }
        path
    }

    /// The place of its text.
    pub fn place(self) -> Place {
        Place { tag: self.path().into(), bytes: self.text_span(), ..Place::default() }
    }
}

/// One attribute; namespace declarations are none.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'t> {
    tree: &'t Tree<'t>,
    index: u32,
}

impl<'t> Attribute<'t> {
    fn row(self) -> &'t AttributeRow {
        &self.tree.attributes[self.index as usize]
    }

    /// Counted from 0 in document order, over the whole tree.
    pub fn index(self) -> u32 {
        self.index
    }

    pub fn name(self) -> NameId {
        self.row().name
    }

    pub fn namespace(self) -> &'t str {
        self.tree.name(self.row().name).0
    }

    pub fn local_name(self) -> &'t str {
        self.tree.name(self.row().name).1
    }

    /// The value, references resolved, without surrounding blanks.
    pub fn text(self) -> Cow<'t, str> {
        let row = self.row();
        let raw = self.tree.text.get(row.start as usize..row.end as usize).unwrap_or_default();
        match row.composed {
            true => Cow::Owned(trim(&text::unescape(raw)).to_owned()),
            false => Cow::Borrowed(trim(raw)),
        }
    }

    /// Between the quotes, in stored bytes.
    pub fn span(self) -> Span {
        self.tree.stored(self.row().start, self.row().end)
    }

    /// Its place, given the element it stands on.
    pub fn place(self, owner: Node<'t>) -> Place {
        Place { tag: format!("{}/@{}", owner.path(), self.local_name()).into(), bytes: self.span(), ..Place::default() }
    }
}

/// An element's children in document order.
#[derive(Clone, Debug)]
pub struct Children<'t> {
    tree: &'t Tree<'t>,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node { tree: self.tree, index: self.next };
        self.next = node.row().subtree_end;
        Some(node)
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// The name behind `<`, as the document writes it.
fn written_name<'t>(text: &'t str, row: &NodeRow) -> &'t str {
    let rest = text.get(row.start as usize + 1..row.inner_start as usize).unwrap_or_default();
    let end = rest.bytes().position(|b| !read::is_name_byte(b)).unwrap_or(rest.len());
    &rest[..end]
}

#[cfg(test)]
mod tests;
