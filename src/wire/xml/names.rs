//! Expanded names as numbers: `cbc:ID` becomes one number for its namespace and local name, whatever the prefix.

use std::ops::Range;

use rustc_hash::FxHashMap;

/// The number of an expanded name within one tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub(super) u16);

impl NameId {
    /// What a name becomes when a document has too many different ones.
    pub(super) const OVERFLOW: Self = Self(u16::MAX);

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The expanded names of one document. Lookups by the name as written are one hash.
#[derive(Debug, Default)]
pub(super) struct Names<'t> {
    names: Vec<(u16, &'t str)>,
    namespaces: Vec<Box<str>>,
    numbers: FxHashMap<(u16, &'t str), NameId>,
    as_written: FxHashMap<(u32, &'t str), NameId>,
    /// Prefix, namespace, and the scope that stood before; innermost last.
    bindings: Vec<(&'t str, u16)>,
    scope: u32,
    scopes: u32,
}

/// The scope to return to when an element that declared namespaces ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    scope: u32,
    bindings: u32,
}

/// Why a name as written has no expanded name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum BadName {
    /// No namespace is bound to its prefix.
    Prefix,
    /// It is no XML name.
    Name,
}

/// Live prefix bindings beyond this are refused: each lookup that misses walks them.
const BINDINGS_MAX: usize = 256;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

impl<'t> Names<'t> {
    pub fn new() -> Self {
        let mut names = Self::default();
        names.namespaces.push("".into());
        names.namespaces.push(XML.into());
        names.bindings.push(("xml", 1));
        names
    }

    pub fn open_scope(&mut self) -> Scope {
        let before = Scope { scope: self.scope, bindings: self.bindings.len() as u32 };
        self.scopes += 1;
        self.scope = self.scopes;
        before
    }

    pub fn close_scope(&mut self, before: Scope) {
        self.scope = before.scope;
        self.bindings.truncate(before.bindings as usize);
    }

    /// Binds a prefix (empty for the default namespace) in the current scope; false where there are too many.
    pub fn bind(&mut self, prefix: &'t str, namespace: &str) -> bool {
        if self.bindings.len() >= BINDINGS_MAX {
            return false;
        }
        let number = match self.namespaces.iter().position(|n| **n == *namespace) {
            Some(at) => at,
            None if self.namespaces.len() < BINDINGS_MAX => {
                self.namespaces.push(namespace.into());
                self.namespaces.len() - 1
            }
            None => return false,
        };
        self.bindings.push((prefix, number as u16));
        true
    }

    pub fn element(&mut self, written: &'t str) -> (NameId, Option<BadName>) {
        match self.as_written.get(&(self.scope << 1, written)) {
            Some(&number) => (number, None),
            None => self.resolve(written, self.scope << 1, true),
        }
    }

    /// Like an element's name, but without a prefix it stands in no namespace.
    pub fn attribute(&mut self, written: &'t str) -> (NameId, Option<BadName>) {
        match self.as_written.get(&(self.scope << 1 | 1, written)) {
            Some(&number) => (number, None),
            None => self.resolve(written, self.scope << 1 | 1, false),
        }
    }

    #[cold]
    fn resolve(&mut self, written: &'t str, key: u32, default: bool) -> (NameId, Option<BadName>) {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        let mut bad = (!is_name(local) || !(prefix.is_empty() || is_name(prefix))).then_some(BadName::Name);
        let namespace = if prefix.is_empty() && !default {
            0
        } else {
            match self.bindings.iter().rfind(|(bound, _)| *bound == prefix) {
                Some(&(_, namespace)) => namespace,
                None => {
                    if !prefix.is_empty() {
                        bad = bad.or(Some(BadName::Prefix));
                    }
                    0
                }
            }
        };
        let next = self.names.len().min(NameId::OVERFLOW.index());
        let number = *self.numbers.entry((namespace, local)).or_insert(NameId(next as u16));
        if number.index() == next && number != NameId::OVERFLOW {
            self.names.push((namespace, local));
        }
        if bad.is_none() {
            self.as_written.insert((key, written), number);
        }
        (number, bad)
    }

    /// Gives the table away: each name's namespace, and where its local name stands in `text`.
    pub fn finish(self, text: &str) -> NameTable {
        let base = text.as_ptr() as usize;
        let names = self
            .names
            .iter()
            .map(|&(namespace, local)| {
                let start = local.as_ptr() as usize - base;
                (namespace, start as u32..(start + local.len()) as u32)
            })
            .collect();
        NameTable { names, namespaces: self.namespaces }
    }
}

/// The names of a finished tree.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    pub names: Vec<(u16, Range<u32>)>,
    pub namespaces: Vec<Box<str>>,
}

/// Near enough to the Name production of XML 1.0: letters, digits and `-._`, no digit first, all beyond ASCII.
fn is_name(text: &str) -> bool {
    let starts = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b >= 0x80;
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|&b| starts(b))
        && bytes.iter().all(|&b| starts(b) || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}
