//! From quick-xml's events to the flat tables of a tree; forgiving, limited, and never following anything outside.

use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::names::{BadName, NameTable, Names, Scope};
use super::{AttributeRow, Flags, Limits, NO_NODE, NodeRow};
use crate::finding::Fault;

/// What reading makes: rows, names, and faults still placed by offsets in the text.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub nodes: Vec<NodeRow>,
    pub attributes: Vec<AttributeRow>,
    pub names: NameTable,
    pub faults: Vec<TextFault>,
}

/// A fault with its place in the text.
#[derive(Debug)]
pub(super) struct TextFault {
    pub fault: Fault,
    pub start: usize,
    pub end: usize,
    pub expected: Box<str>,
    /// The element it stands in, or [`NO_NODE`].
    pub node: u32,
}

/// Reads the whole text. Stops early only where a limit is met or nothing more can be made of the rest.
pub(super) fn read(text: &str, limits: Limits) -> Rows {
    let mut builder = Builder {
        text,
        limits,
        rows: Rows::default(),
        names: Names::new(),
        open: Vec::new(),
        current: NO_NODE,
        root_closed: false,
        full: false,
        stopped: None,
    };
    builder.rows.nodes.reserve(text.len() / 40 + 1);
    builder.rows.attributes.reserve(text.len() / 160 + 1);
    builder.run();
    let Builder { mut rows, names, .. } = builder;
    rows.names = names.finish(text);
    rows
}

struct Builder<'t> {
    text: &'t str,
    limits: Limits,
    rows: Rows,
    names: Names<'t>,
    /// The open elements' indexes, and the scope to go back to where one declared namespaces.
    open: Vec<(u32, Option<Scope>)>,
    current: u32,
    root_closed: bool,
    /// A limit was met, or the rest of the text belongs to nobody.
    full: bool,
    /// Where reading stopped for good.
    stopped: Option<usize>,
}

impl<'t> Builder<'t> {
    fn run(&mut self) {
        let mut reader = Reader::from_str(self.text);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        let mut before = 0;
        loop {
            let event = reader.read_event();
            let after = reader.buffer_position() as usize;
            match event {
                Ok(Event::Text(text)) => self.text_run(text.into_inner().as_ref(), before, after),
                Ok(Event::Start(start)) => self.start(&start, before, after, false),
                Ok(Event::Empty(start)) => self.start(&start, before, after, true),
                Ok(Event::End(end)) => self.end(end.name().0, before, after),
                Ok(Event::GeneralRef(name)) => self.reference(&name, before, after),
                Ok(Event::CData(_)) if self.current == NO_NODE => {
                    self.fault(Fault::XmlMalformed, before, after, "no text outside the root element");
                }
                Ok(Event::CData(_)) => self.composed(),
                Ok(Event::Comment(_) | Event::PI(_)) => self.interrupted(),
                Ok(Event::Decl(_)) if before > 0 => {
                    self.fault(Fault::XmlMalformed, before, after, "the XML declaration at the start only");
                }
                Ok(Event::Decl(_)) => {}
                Ok(Event::DocType(_)) => {
                    self.fault(Fault::XmlNotAllowed, before, after, "no document type declaration");
                }
                Ok(Event::Eof) => break,
                Err(error) => {
                    let at = (reader.error_position() as usize).min(self.text.len());
                    self.fault(Fault::XmlMalformed, at, after.max(at), &explain(&error));
                    if !matches!(error, Error::IllFormed(_)) {
                        self.stopped = Some(at);
                        break;
                    }
                }
            }
            if self.full {
                break;
            }
            before = after;
        }
        self.close_all();
    }

    fn start(&mut self, start: &BytesStart<'t>, before: usize, after: usize, empty: bool) {
        if self.rows.nodes.len() >= self.limits.nodes_max {
            return self.limit(before, format!("at most {} elements", self.limits.nodes_max));
        }
        if self.open.len() >= self.limits.depth_max {
            return self.limit(before, format!("at most {} levels", self.limits.depth_max));
        }
        if self.root_closed && self.current == NO_NODE {
            self.fault(Fault::XmlMalformed, before, after, "one root element");
            self.full = true;
            return;
        }
        let index = self.rows.nodes.len() as u32;
        let inner = after as u32;
        self.rows.nodes.push(NodeRow {
            name: super::NameId::OVERFLOW,
            flags: Flags::default(),
            attributes: 0,
            first_attribute: self.rows.attributes.len() as u32,
            parent: self.current,
            subtree_end: index + 1,
            start: before as u32,
            end: inner,
            inner_start: inner,
            inner_end: inner,
        });
        if self.current != NO_NODE {
            let flags = &mut self.rows.nodes[self.current as usize].flags;
            flags.children = true;
            flags.composed |= flags.text;
        }
        let scope = self.attributes(start, before);
        // The slice is cut from the text itself: the event's own borrow ends with the event.
        let name_start = before + 1;
        let written = &self.text[name_start..name_start + start.name().0.len()];
        let (name, bad) = self.names.element(written);
        self.rows.nodes[index as usize].name = name;
        self.name_fault(bad, name_start, written);
        if empty {
            self.leave(scope);
            self.root_closed |= self.current == NO_NODE;
        } else {
            self.open.push((index, scope));
            self.current = index;
        }
    }

    /// Pushes the attributes' rows; namespace declarations open a scope instead.
    fn attributes(&mut self, start: &BytesStart<'t>, before: usize) -> Option<Scope> {
        let raw = start.attributes_raw();
        if raw.is_empty() {
            return None;
        }
        let mut scope = None;
        if raw.contains("xmlns") {
            for attribute in start.attributes().with_checks(false).flatten() {
                let key = self.own(attribute.key.0);
                let prefix = match key.strip_prefix("xmlns") {
                    Some("") => "",
                    Some(rest) if rest.starts_with(':') => &rest[1..],
                    _ => continue,
                };
                scope.get_or_insert_with(|| self.names.open_scope());
                let namespace = super::text::unescape(self.own(&attribute.value));
                if !self.names.bind(prefix, &namespace) {
                    self.limit(before, "fewer namespace declarations");
                    break;
                }
            }
        }
        let first = self.rows.attributes.len();
        for attribute in start.attributes().with_checks(false) {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(_) => {
                    self.fault(Fault::XmlMalformed, before, before + 1, "attributes as name=\"value\"");
                    break;
                }
            };
            let key = self.own(attribute.key.0);
            if key == "xmlns" || key.starts_with("xmlns:") {
                continue;
            }
            if self.rows.attributes.len() - first >= self.limits.attributes_max {
                self.limit(before, format!("at most {} attributes", self.limits.attributes_max));
                break;
            }
            let value = self.own(&attribute.value);
            let at = self.offset(value);
            if value.len() > self.limits.text_bytes_max {
                self.limit(at, format!("at most {} bytes of text", self.limits.text_bytes_max));
                break;
            }
            let (name, bad) = self.names.attribute(key);
            self.name_fault(bad, self.offset(key), key);
            if self.rows.attributes[first..].iter().any(|row| row.name == name) {
                self.fault(Fault::XmlMalformed, self.offset(key), at + value.len(), "each attribute once");
                continue;
            }
            let composed = value.bytes().any(|b| matches!(b, b'&' | b'<' | b'\t' | b'\n' | b'\r'));
            if composed {
                self.references_in(value, at);
            }
            self.rows.attributes.push(AttributeRow {
                name,
                composed,
                start: at as u32,
                end: (at + value.len()) as u32,
            });
        }
        if let Some(row) = self.rows.nodes.last_mut() {
            row.attributes = (self.rows.attributes.len() - first) as u16;
        }
        scope
    }

    fn end(&mut self, written: &str, before: usize, after: usize) {
        let name_of = |row: &NodeRow| {
            let from = row.start as usize + 1;
            self.text.get(from..from + written.len()).is_some_and(|name| {
                name == written && !self.text.as_bytes().get(from + written.len()).copied().is_some_and(is_name_byte)
            })
        };
        // Depth is limited, so looking for the element that this tag ends stays cheap.
        let Some(level) = self.open.iter().rposition(|&(node, _)| name_of(&self.rows.nodes[node as usize])) else {
            return self.fault(Fault::XmlMalformed, before, after, "an end tag for an open element");
        };
        if level + 1 < self.open.len() {
            let missing = self.written(self.current);
            self.fault(Fault::XmlMalformed, before, after, &format!("</{missing}>"));
        }
        while self.open.len() > level + 1 {
            self.close(before, before);
        }
        self.close(before, after);
    }

    fn close(&mut self, inner_end: usize, end: usize) {
        let Some((node, scope)) = self.open.pop() else { return };
        let count = self.rows.nodes.len() as u32;
        let row = &mut self.rows.nodes[node as usize];
        row.inner_end = inner_end as u32;
        row.end = end as u32;
        row.subtree_end = count;
        self.current = row.parent;
        if row.inner_end as usize - row.inner_start as usize > self.limits.text_bytes_max && !row.flags.children {
            self.limit(inner_end, format!("at most {} bytes of text", self.limits.text_bytes_max));
        }
        self.leave(scope);
        self.root_closed |= self.current == NO_NODE;
    }

    fn close_all(&mut self) {
        let end = match self.rows.faults.last() {
            Some(fault) if self.full => fault.start,
            _ => self.stopped.unwrap_or(self.text.len()),
        };
        if self.current != NO_NODE && !self.full {
            let missing = self.written(self.current);
            self.fault(Fault::XmlMalformed, end, end, &format!("</{missing}>"));
        }
        while !self.open.is_empty() {
            let from = self.rows.nodes[self.current as usize].inner_start as usize;
            self.close(end.max(from), end.max(from));
        }
        if self.rows.nodes.is_empty() && self.rows.faults.is_empty() {
            self.fault(Fault::XmlMalformed, 0, 0, "a root element");
        }
    }

    fn leave(&mut self, scope: Option<Scope>) {
        if let Some(scope) = scope {
            self.names.close_scope(scope);
        }
    }

    fn text_run(&mut self, run: &str, before: usize, after: usize) {
        if self.current == NO_NODE {
            if !run.bytes().all(is_blank) {
                self.fault(Fault::XmlMalformed, before, after, "no text outside the root element");
            }
            return;
        }
        // A lone ampersand begins the run that quick-xml made of it.
        if run.starts_with('&') {
            self.fault(Fault::XmlMalformed, before, after, "&amp;");
            return self.composed();
        }
        if !run.bytes().all(is_blank) {
            let flags = &mut self.rows.nodes[self.current as usize].flags;
            flags.composed |= flags.children || flags.text;
            flags.text = true;
        }
    }

    fn reference(&mut self, name: &str, before: usize, after: usize) {
        if self.current == NO_NODE {
            return self.fault(Fault::XmlMalformed, before, after, "no text outside the root element");
        }
        self.composed();
        self.check_reference(name, before, after);
    }

    fn check_reference(&mut self, name: &str, before: usize, after: usize) {
        if super::text::resolve(name).is_none() {
            let fault = if name.starts_with('#') { Fault::XmlMalformed } else { Fault::XmlNotAllowed };
            self.fault(fault, before, after, "amp, lt, gt, quot, apos or a character's number");
        }
    }

    /// Checks the references inside an attribute's value.
    fn references_in(&mut self, value: &str, at: usize) {
        if let Some(angle) = value.find('<') {
            self.fault(Fault::XmlMalformed, at + angle, at + angle + 1, "&lt;");
        }
        let mut from = 0;
        while let Some(found) = value[from..].find('&') {
            let start = from + found;
            match value[start..].find(';') {
                Some(length) => {
                    self.check_reference(&value[start + 1..start + length], at + start, at + start + length + 1);
                    from = start + length + 1;
                }
                None => {
                    self.fault(Fault::XmlMalformed, at + start, at + start + 1, "&amp;");
                    break;
                }
            }
        }
    }

    /// The current element's text is more than one plain run: it is put together when asked for.
    fn composed(&mut self) {
        if let Some(row) = self.rows.nodes.get_mut(self.current as usize) {
            row.flags.composed = true;
            row.flags.text = true;
        }
    }

    /// A comment or instruction: it only matters between runs of text.
    fn interrupted(&mut self) {
        if let Some(row) = self.rows.nodes.get_mut(self.current as usize) {
            row.flags.composed |= !row.flags.children;
        }
    }

    fn name_fault(&mut self, bad: Option<BadName>, at: usize, written: &str) {
        match bad {
            None => {}
            Some(BadName::Name) => self.fault(Fault::XmlMalformed, at, at + written.len(), "an XML name"),
            Some(BadName::Prefix) => self.fault(Fault::XmlMalformed, at, at + written.len(), "a declared prefix"),
        }
    }

    fn limit(&mut self, at: usize, expected: impl AsRef<str>) {
        self.full = true;
        let node = self.current;
        self.rows.faults.push(TextFault {
            fault: Fault::LimitExceeded,
            start: at,
            end: at,
            expected: expected.as_ref().into(),
            node,
        });
    }

    fn fault(&mut self, fault: Fault, start: usize, end: usize, expected: &str) {
        if self.rows.faults.len() >= self.limits.findings_max {
            return;
        }
        if self.rows.faults.len() + 1 == self.limits.findings_max {
            self.full = true;
            return self.rows.faults.push(TextFault {
                fault: Fault::FindingsTooMany,
                start,
                end,
                expected: "".into(),
                node: self.current,
            });
        }
        self.rows.faults.push(TextFault { fault, start, end, expected: expected.into(), node: self.current });
    }

    /// The element's name as the document writes it.
    fn written(&self, node: u32) -> &'t str {
        let row = &self.rows.nodes[node as usize];
        super::written_name(self.text, row)
    }

    /// The same slice, borrowed from the text instead of the event.
    fn own(&self, slice: &str) -> &'t str {
        let start = self.offset(slice);
        self.text.get(start..start + slice.len()).unwrap_or_default()
    }

    fn offset(&self, slice: &str) -> usize {
        (slice.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize)
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'>' | b'/')
}

fn explain(error: &Error) -> String {
    match error {
        Error::Syntax(SyntaxError::UnclosedTag) => "> at the tag's end".into(),
        other => other.to_string(),
    }
}
