//! Reading: one walk over the document, each element to its pattern, each text to its field.

use std::borrow::Cow;

use super::route::{self, Route, RouteStep};
use super::{Condition, Content, Element, ElementNumber, NO_NAME, NameNumber, Opening, Word, XmlMap};
use crate::canonical::{Canonical, Record, Value};
use crate::finding::{Fault, Finding, Place, Span};
use crate::mapping::{Coverage, Detail, Reading, Unmapped};
use crate::wire::xml::{Attribute, Node, Tree};

/// A reading tells at most so many findings; one more says that there are more.
const FINDINGS_MAX: usize = 200;

/// Unmapped values beyond this are only counted.
const UNMAPPED_MAX: usize = 1_000;

/// Namespaces whose attributes say something about the XML, not about the document.
const INFRASTRUCTURE: &[&str] = &["http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace"];

impl XmlMap {
    /// Reads a document. Never fails; a document of another type is one in which nothing is mapped.
    pub fn read<'t>(&self, tree: &'t Tree<'_>, detail: Detail) -> Reading<'t> {
        let names = tree
            .names()
            .map(|(namespace, local)| {
                // A borrowed pair cannot ask a map of owned pairs; documents have some hundred names.
                self.names.get(&(namespace.into(), local.into())).copied().unwrap_or(NO_NAME)
            })
            .collect();
        let infrastructure = tree.names().map(|(namespace, _)| INFRASTRUCTURE.contains(&namespace)).collect();
        let mut reader = Reader {
            map: self,
            detail,
            names,
            infrastructure,
            scopes: vec![Item { value: Value::Record(Record::default()), filled: true, path: String::new() }],
            reading: Reading {
                document: Canonical::new(self.kind),
                findings: Vec::new(),
                coverage: Coverage::default(),
                provenance: Vec::new(),
            },
        };
        if let Some(root) = tree.root() {
            if reader.number(root) == self.elements[0].name {
                reader.element(root, 0);
            } else {
                reader.unmapped_below(root);
            }
            reader.finish(root);
        }
        let Reader { mut scopes, mut reading, .. } = reader;
        if let Some(Item { value: Value::Record(fields), .. }) = scopes.pop() {
            reading.document.fields = fields;
        }
        reading
    }
}

/// An open item.
struct Item<'t> {
    value: Value<'t>,
    /// Something besides its own words was put into it.
    filled: bool,
    /// Its canonical path, where provenance is kept.
    path: String,
}

struct Reader<'m, 't> {
    map: &'m XmlMap,
    detail: Detail,
    /// The map's number for each of the document's names.
    names: Vec<NameNumber>,
    infrastructure: Vec<bool>,
    scopes: Vec<Item<'t>>,
    reading: Reading<'t>,
}

impl<'m, 't> Reader<'m, 't> {
    fn number(&self, node: Node<'t>) -> NameNumber {
        self.names.get(node.name().index()).copied().unwrap_or(NO_NAME)
    }

    fn element(&mut self, node: Node<'t>, number: ElementNumber) {
        let map = self.map;
        let element = &map.elements[usize::from(number)];
        if element.ignored {
            return self.ignored_below(node);
        }
        for opening in &element.openings {
            self.open(opening);
        }
        self.attributes(node, element);
        if node.has_text() {
            match element.text.first() {
                Some(content) => self.content(content, node.text(), node, None),
                None => self.unmapped(node.text(), node, None),
            }
        }
        for child in node.children() {
            match self.pattern(child, number) {
                Some(pattern) => self.element(child, pattern),
                None => self.unmapped_below(child),
            }
        }
        for opening in element.openings.iter().rev() {
            self.close(opening);
        }
    }

    /// The most specific pattern that fits.
    fn pattern(&self, node: Node<'t>, parent: ElementNumber) -> Option<ElementNumber> {
        let name = self.number(node);
        if name == NO_NAME {
            return None;
        }
        let candidates = self.map.below.get(&(parent, name))?;
        candidates.iter().copied().find(|candidate| {
            let conditions = &self.map.elements[usize::from(*candidate)].conditions;
            conditions.iter().all(|condition| self.holds(node, condition))
        })
    }

    fn holds(&self, node: Node<'t>, condition: &Condition) -> bool {
        let found = self.find(node, &condition.elements, condition);
        let wanted = match &condition.word {
            Word::Literal(text) => Some(Cow::Borrowed(&**text)),
            Word::Path(route) => {
                let value = self.scopes.get(usize::from(route.scope));
                value.and_then(|item| route::get(&item.value, &route.steps)).and_then(Value::as_text).map(Cow::Borrowed)
            }
        };
        match (found, wanted) {
            (Some(found), Some(wanted)) => (*found == *wanted) != condition.negated,
            _ => condition.negated,
        }
    }

    /// The text that a condition speaks of: of the first element on its path.
    fn find(&self, node: Node<'t>, elements: &[(NameNumber, Box<str>)], condition: &Condition) -> Option<Cow<'t, str>> {
        match elements {
            [] => match &condition.attribute {
                Some((name, _)) => {
                    let attribute = node.attributes().find(|a| self.names.get(a.name().index()) == Some(name))?;
                    Some(attribute.text())
                }
                None => Some(node.text()),
            },
            [(name, _), rest @ ..] => {
                let child = node.children().find(|child| self.number(*child) == *name)?;
                self.find(child, rest, condition)
            }
        }
    }

    fn attributes(&mut self, node: Node<'t>, element: &'m Element) {
        for attribute in node.attributes() {
            let index = attribute.name().index();
            let number = self.names.get(index).copied().unwrap_or(NO_NAME);
            match element.attributes.iter().find(|(name, _, _)| *name == number) {
                Some((_, _, content)) => self.content(content, attribute.text(), node, Some(attribute)),
                None if self.map.ignored_attributes.contains(&number) => self.ignored(attribute.span()),
                None if self.infrastructure.get(index) == Some(&true) => self.ignored(attribute.span()),
                None => self.unmapped(attribute.text(), node, Some(attribute)),
            }
        }
    }

    fn content(&mut self, content: &'m Content, text: Cow<'t, str>, node: Node<'t>, at: Option<Attribute<'t>>) {
        if text.is_empty() {
            return;
        }
        let blank = match content {
            Content::Ignored => return self.ignored(at.map_or_else(|| node.text_span(), |at| at.span())),
            Content::Literal(literal) => {
                if **literal != *text {
                    return self.unmapped(text, node, at);
                }
                self.reading.coverage.mapped += 1;
                return;
            }
            Content::Blank(blank) => blank,
        };
        let (value, unknown) = match blank.convert.read(text) {
            Ok(read) => read,
            Err((fault, expected)) => {
                let text = text_of(node, at);
                let finding = Finding::error(fault, place(node, at)).with_value(&text);
                self.find_fault(finding.expecting(expected));
                return self.unmapped(text, node, at);
            }
        };
        if unknown {
            let finding = Finding::warning(Fault::CodeUnknown, place(node, at)).with_value(&text_of(node, at));
            self.find_fault(finding);
        }
        self.reading.coverage.mapped += 1;
        let append = blank.append.is_some();
        match self.put(&blank.route, value, append) {
            Put::New => {
                if let Some(item) = self.scopes.get_mut(usize::from(blank.route.scope)) {
                    item.filled = true;
                }
                if self.detail.provenance {
                    let path = self.path(&blank.route, append);
                    self.reading.provenance.push((path, place(node, at)));
                }
            }
            Put::Same => {}
            Put::Other(before) => {
                // The same element again is a value lost; another element is a second opinion on the same field.
                let again = at.is_none() && self.repeats(node);
                let fault = if again { Fault::ValueOverwritten } else { Fault::ValuesDisagree };
                let finding = Finding::warning(fault, place(node, at)).with_value(&text_of(node, at));
                self.find_fault(finding.expecting(before));
                self.reading.coverage.mapped -= 1;
                self.unmapped(text_of(node, at), node, at);
            }
        }
    }

    /// Whether an element of the same name stands beside it.
    fn repeats(&self, node: Node<'t>) -> bool {
        let mut node = Some(node);
        while let Some(inner) = node {
            let parent = inner.parent();
            if parent
                .is_some_and(|parent| parent.children().any(|c| c.name() == inner.name() && c.index() != inner.index()))
            {
                return true;
            }
            node = parent.filter(|p| p.parent().is_some());
        }
        false
    }

    fn put(&mut self, route: &Route, value: Value<'t>, append: bool) -> Put {
        let Some(item) = self.scopes.get_mut(usize::from(route.scope)) else { return Put::Same };
        let mut value = Some(value);
        let mut new = false;
        let mut make = || {
            new = true;
            match append {
                true => Value::List(Vec::new()),
                false => value.take().unwrap_or(Value::Flag(false)),
            }
        };
        if route.steps.is_empty() {
            // The item itself: a leaf in a list of leaves.
            if item.filled {
                return Put::Other(String::new());
            }
            item.value = make();
            return Put::New;
        }
        let Some(slot) = route::place(&mut item.value, &route.steps, make) else { return Put::Same };
        match (value, slot) {
            (Some(value), Value::List(items)) if append => {
                items.push(value);
                Put::New
            }
            (Some(value), slot) if same(&value, slot) => Put::Same,
            (Some(_), slot) => Put::Other(shown(slot)),
            (None, _) => Put::New,
        }
    }

    fn open(&mut self, opening: &'m Opening) {
        let mut value = match opening.leaves {
            true => Value::Flag(false),
            false => Value::Record(Record::default()),
        };
        for (names, word) in &opening.words {
            route::set_words(&mut value, names, word);
        }
        let path = match self.detail.provenance {
            true => {
                let list = self.path(&opening.list, false);
                let count = self.scopes.get(usize::from(opening.list.scope)).map_or(0, |item| {
                    route::get(&item.value, &opening.list.steps).and_then(Value::as_list).map_or(0, <[_]>::len)
                });
                format!("{list}[{count}]")
            }
            false => String::new(),
        };
        self.scopes.push(Item { value, filled: false, path });
    }

    /// Puts a finished item into its list: an element that repeats is an item even when it is empty.
    fn close(&mut self, opening: &'m Opening) {
        let Some(item) = self.scopes.pop() else { return };
        if !item.filled && (opening.leaves || !opening.each) {
            return;
        }
        let scope = usize::from(opening.list.scope);
        let Some(owner) = self.scopes.get_mut(scope) else { return };
        owner.filled = true;
        if let Some(Value::List(items)) =
            route::place(&mut owner.value, &opening.list.steps, || Value::List(Vec::new()))
        {
            items.push(item.value);
        }
    }

    /// Defaults, and what is required and missing.
    fn finish(&mut self, root: Node<'t>) {
        for (route, value) in &self.map.defaults {
            if let Some(item) = self.scopes.get_mut(usize::from(route.scope)) {
                route::place(&mut item.value, &route.steps, || value.clone());
            }
        }
        for (route, path) in &self.map.required {
            let item = self.scopes.get(usize::from(route.scope));
            if item.is_some_and(|item| route::get(&item.value, &route.steps).is_none()) {
                let end = root.span().end;
                let place = Place {
                    tag: format!("{}/{path}", root.written_name()).into(),
                    bytes: Span::at(end),
                    ..Place::default()
                };
                self.find_fault(Finding::error(Fault::ElementMissing, place));
            }
        }
    }

    fn find_fault(&mut self, finding: Finding) {
        let count = self.reading.findings.len();
        if count < FINDINGS_MAX {
            self.reading.findings.push(finding);
        } else if count == FINDINGS_MAX {
            self.reading.findings.push(Finding::warning(Fault::FindingsTooMany, finding.place));
        }
    }

    fn unmapped(&mut self, text: Cow<'t, str>, node: Node<'t>, at: Option<Attribute<'t>>) {
        if text.is_empty() {
            return;
        }
        self.reading.coverage.unmapped_count += 1;
        if self.detail.unmapped && self.reading.coverage.unmapped.len() < UNMAPPED_MAX {
            let value: String = text.chars().take(99).collect();
            self.reading.coverage.unmapped.push(Unmapped { place: place(node, at), value: value.into() });
        }
    }

    fn unmapped_below(&mut self, node: Node<'t>) {
        for attribute in node.attributes() {
            if self.infrastructure.get(attribute.name().index()) == Some(&true) {
                self.ignored(attribute.span());
            } else {
                self.unmapped(attribute.text(), node, Some(attribute));
            }
        }
        self.unmapped(node.text(), node, None);
        for child in node.children() {
            self.unmapped_below(child);
        }
    }

    fn ignored(&mut self, bytes: Span) {
        self.reading.coverage.ignored += 1;
        if self.detail.ignored {
            self.reading.coverage.ignored_at.push(bytes);
        }
    }

    fn ignored_below(&mut self, node: Node<'t>) {
        for attribute in node.attributes() {
            self.ignored(attribute.span());
        }
        if node.has_text() {
            self.ignored(node.text_span());
        }
        for child in node.children() {
            self.ignored_below(child);
        }
    }

    /// The canonical path of a route: `lines[0].price`.
    fn path(&self, route: &Route, append: bool) -> String {
        let Some(item) = self.scopes.get(usize::from(route.scope)) else { return String::new() };
        let mut path = item.path.clone();
        let mut value = Some(&item.value);
        for step in &route.steps {
            match step {
                RouteStep::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name.as_str());
                    value = value.and_then(Value::as_record).and_then(|record| record.get(*name));
                }
                RouteStep::Item(words) => {
                    let items = value.and_then(Value::as_list).unwrap_or_default();
                    let at = items.iter().position(|item| route::fits(item, words)).unwrap_or(0);
                    path.push_str(&format!("[{at}]"));
                    value = items.get(at);
                }
            }
        }
        if let (true, Some(Value::List(items))) = (append, value) {
            path.push_str(&format!("[{}]", items.len().saturating_sub(1)));
        }
        path
    }
}

enum Put {
    New,
    Same,
    /// Something else stands there already, shown as text.
    Other(String),
}

fn place<'t>(node: Node<'t>, at: Option<Attribute<'t>>) -> Place {
    match at {
        Some(attribute) => attribute.place(node),
        None => node.place(),
    }
}

fn text_of<'t>(node: Node<'t>, at: Option<Attribute<'t>>) -> Cow<'t, str> {
    at.map_or_else(|| node.text(), Attribute::text)
}

/// Equal as business sees it: 19 and 19.00 are the same number.
fn same(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Decimal(one), Value::Decimal(other)) => one == other,
        _ => one == other,
    }
}

fn shown(value: &Value<'_>) -> String {
    super::convert::Convert::Text.write(value).map(Cow::into_owned).unwrap_or_default()
}
