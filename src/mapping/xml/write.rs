//! Writing: the map's lines in their order, filled from a canonical document; what no line carries is named.

use rustc_hash::FxHashSet;

use super::route::{self, Route};
use super::{Content, Element, ElementNumber, Opening, XmlMap};
use crate::canonical::{Canonical, Record, Value};
use crate::wire::xml::{Mark, XmlWriter};

/// What came of a writing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Canonical paths whose values no line of the map could carry.
    pub lost: Vec<String>,
    /// Lines without `?` that had nothing to write, as element paths.
    pub missing: Vec<String>,
}

/// Why a document was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Canonical paths that the map requires and the document does not have.
    pub required: Vec<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the document lacks {}", self.required.join(", "))
    }
}

impl std::error::Error for Refusal {}

impl XmlMap {
    /// Writes a document behind what stands in `out`. A document that lacks what the map requires is refused.
    pub fn write(&self, document: &Canonical<'_>, out: &mut Vec<u8>) -> Result<Written, Refusal> {
        let mut fields = document.fields.clone();
        for (route, value) in &self.defaults {
            let mut whole = Value::Record(std::mem::take(&mut fields));
            route::place(&mut whole, &route.steps, || value.clone());
            if let Value::Record(record) = whole {
                fields = record;
            }
        }
        let whole = Value::Record(fields);
        let lacking = self.required.iter().filter(|(route, _)| route::get(&whole, &route.steps).is_none());
        let required: Vec<String> = lacking.map(|(_, path)| path.to_string()).collect();
        if !required.is_empty() {
            return Err(Refusal { required });
        }
        let mut emitter = Emitter {
            map: self,
            out: XmlWriter::new(out),
            scopes: vec![&whole],
            taken: FxHashSet::default(),
            log: Vec::new(),
            missing: Vec::new(),
            path: Vec::new(),
        };
        emitter.element(0, true);
        let mut lost = Vec::new();
        emitter.lost(&whole, &mut String::new(), &mut lost);
        Ok(Written { lost, missing: emitter.missing })
    }
}

/// What an element turned out to hold.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    Nothing,
    /// Only what the map itself says.
    Literals,
    Values,
}

struct Emitter<'m, 'o, 'v> {
    map: &'m XmlMap,
    out: XmlWriter<'o>,
    scopes: Vec<&'v Value<'v>>,
    /// The values written, by address.
    taken: FxHashSet<usize>,
    /// The same in order, so that an element taken back takes its values back.
    log: Vec<usize>,
    missing: Vec<String>,
    path: Vec<&'m str>,
}

/// Where an element began: what to go back to when it holds nothing.
struct Start {
    mark: Mark,
    log: usize,
    missing: usize,
}

impl<'m, 'v> Emitter<'m, '_, 'v> {
    /// Writes every instance of a pattern; one that must be kept is written whatever it holds.
    fn element(&mut self, number: ElementNumber, keep: bool) -> Held {
        let element = &self.map.elements[usize::from(number)];
        if element.ignored || matches!(element.text.first(), Some(Content::Ignored)) {
            return Held::Nothing;
        }
        self.path.push(&element.written);
        let held = self.items(element, 0, keep);
        self.path.pop();
        let repeats = element.openings.iter().any(|opening| opening.each);
        if held == Held::Nothing && !element.optional && !repeats {
            let path = self.path.iter().copied().chain([&*element.written]).collect::<Vec<_>>().join("/");
            self.missing.push(path);
        }
        held
    }

    /// Opens the items of an element, outermost first, and writes it once for each.
    fn items(&mut self, element: &'m Element, opening: usize, keep: bool) -> Held {
        let Some(open) = element.openings.get(opening) else { return self.instance(element, keep) };
        let mut held = Held::Nothing;
        let items = self.fitting(open);
        if !open.each {
            // The one item that belongs here; without it the element can still hold other things.
            let none = const { &Value::Record(Record { fields: Vec::new() }) };
            let item = items.first().copied().unwrap_or(none);
            self.scopes.push(item);
            let start = self.log.len();
            held = self.items(element, opening + 1, keep);
            self.scopes.pop();
            self.take_words(open, item, start, false);
            return held;
        }
        for item in items {
            self.scopes.push(item);
            let start = self.log.len();
            // An item with nothing but its words is the element itself, empty.
            let bare = is_bare(open, item);
            if self.items(element, opening + 1, keep || bare) == Held::Values || bare {
                held = Held::Values;
            }
            self.scopes.pop();
            self.take_words(open, item, start, bare);
        }
        held
    }

    /// The words by which an item was chosen are carried by the element itself, once anything of it was.
    fn take_words(&mut self, open: &Opening, item: &'v Value<'v>, start: usize, bare: bool) {
        if self.log.len() == start && !bare {
            return;
        }
        for (names, _) in &open.words {
            let fields: Vec<_> = names.iter().map(|name| route::RouteStep::Field(*name)).collect();
            if let Some(word) = route::get(item, &fields) {
                self.take(word);
            }
        }
    }

    fn fitting(&self, open: &Opening) -> Vec<&'v Value<'v>> {
        let Some(items) = self.get(&open.list).and_then(|list| match list {
            Value::List(items) => Some(items),
            _ => None,
        }) else {
            return Vec::new();
        };
        let wanted = |item: &&Value<'v>| {
            route::fits(item, &open.words) && !open.but_not.iter().any(|words| route::fits(item, words))
        };
        items.iter().filter(wanted).collect()
    }

    fn instance(&mut self, element: &'m Element, keep: bool) -> Held {
        let start = Start { mark: self.out.mark(), log: self.log.len(), missing: self.missing.len() };
        self.out.start(&element.written);
        if self.out.depth() == 1 {
            for (prefix, namespace) in &self.map.namespaces {
                match &**prefix {
                    "" => self.out.attribute("xmlns", namespace),
                    prefix => self.out.attribute(&format!("xmlns:{prefix}"), namespace),
                }
            }
        }
        let own = element.text.iter().any(|content| matches!(content, Content::Blank(_)));
        let mut held = self.attributes(element, own);
        if let Some(content) = element.text.first() {
            held = match (self.content(content, false), held) {
                (true, _) if own => Held::Values,
                (true, held) => {
                    if held == Held::Values {
                        held
                    } else {
                        Held::Literals
                    }
                }
                // A value's attributes say nothing without it.
                (false, _) if own => Held::Nothing,
                (false, held) => held,
            };
        }
        if !(own && held == Held::Nothing) {
            self.conditions(element);
            for &child in &element.children {
                held = match (held, self.element(child, false)) {
                    (Held::Values, _) | (_, Held::Values) => Held::Values,
                    (Held::Literals, _) | (_, Held::Literals) => Held::Literals,
                    (Held::Nothing, Held::Nothing) => Held::Nothing,
                };
            }
        }
        let keep = keep || held == Held::Values || held == Held::Literals && !element.blanks;
        if keep {
            self.out.end();
            return held;
        }
        self.out.go_back(start.mark);
        self.missing.truncate(start.missing);
        for taken in self.log.drain(start.log..) {
            self.taken.remove(&taken);
        }
        Held::Nothing
    }

    fn attributes(&mut self, element: &'m Element, own: bool) -> Held {
        let mut held = Held::Nothing;
        for (_, name, content) in &element.attributes {
            match content {
                Content::Ignored => {}
                Content::Literal(text) => {
                    self.out.attribute(name, text);
                    held = if held == Held::Nothing { Held::Literals } else { held };
                }
                Content::Blank(blank) => {
                    let Some(value) = self.get(&blank.route) else { continue };
                    let Some(text) = blank.convert.write(value) else { continue };
                    self.out.attribute(name, &text);
                    self.take(value);
                    if !own {
                        held = Held::Values;
                    }
                }
            }
        }
        for condition in element.conditions.iter().filter(|c| c.elements.is_empty() && !c.restated && !c.negated) {
            if let (Some((_, name)), super::Word::Literal(text)) = (&condition.attribute, &condition.word) {
                self.out.attribute(name, text);
            }
        }
        held
    }

    /// Writes the child elements that the pattern's conditions want and no line writes.
    fn conditions(&mut self, element: &'m Element) {
        for condition in element.conditions.iter().filter(|c| !c.elements.is_empty() && !c.restated && !c.negated) {
            let super::Word::Literal(text) = &condition.word else { continue };
            for (_, written) in &condition.elements {
                self.out.start(written);
            }
            match &condition.attribute {
                Some((_, name)) => self.out.attribute(name, text),
                None => self.out.text(text),
            }
            for _ in &condition.elements {
                self.out.end();
            }
        }
    }

    /// Writes an element's text; false where there is none.
    fn content(&mut self, content: &'m Content, _attribute: bool) -> bool {
        let blank = match content {
            Content::Ignored => return false,
            Content::Literal(text) => {
                self.out.text(text);
                return true;
            }
            Content::Blank(blank) => blank,
        };
        let Some(mut value) = self.get(&blank.route) else { return false };
        if let Some(position) = blank.append {
            let Value::List(items) = value else { return false };
            match items.get(usize::from(position)) {
                Some(item) => value = item,
                None => return false,
            }
        }
        if blank.first && self.taken.contains(&address(value)) {
            return false;
        }
        let Some(text) = blank.convert.write(value) else { return false };
        if text.is_empty() {
            return false;
        }
        self.out.text(&text);
        self.take(value);
        self.take_selectors(&blank.route);
        true
    }

    fn get(&self, route: &Route) -> Option<&'v Value<'v>> {
        route::get(self.scopes.get(usize::from(route.scope))?, &route.steps)
    }

    /// The words of the items that a path chose: the element says them by its name.
    fn take_selectors(&mut self, route: &Route) {
        for (at, step) in route.steps.iter().enumerate() {
            let route::RouteStep::Item(words) = step else { continue };
            let Some(&scope) = self.scopes.get(usize::from(route.scope)) else { return };
            let Some(item) = route::get(scope, &route.steps[..=at]) else { return };
            for (names, _) in words {
                let fields: Vec<_> = names.iter().map(|name| route::RouteStep::Field(*name)).collect();
                if let Some(word) = route::get(item, &fields) {
                    self.take(word);
                }
            }
        }
    }

    fn take(&mut self, value: &'v Value<'v>) {
        let address = address(value);
        if self.taken.insert(address) {
            self.log.push(address);
        }
    }

    /// Names the leaves that were not written.
    fn lost(&self, value: &Value<'_>, path: &mut String, lost: &mut Vec<String>) {
        let length = path.len();
        match value {
            Value::Record(record) => {
                for (name, inner) in &record.fields {
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(name.as_str());
                    self.lost(inner, path, lost);
                    path.truncate(length);
                }
            }
            Value::List(items) => {
                for (at, inner) in items.iter().enumerate() {
                    path.push_str(&format!("[{at}]"));
                    self.lost(inner, path, lost);
                    path.truncate(length);
                }
            }
            leaf if self.taken.contains(&address(leaf)) => {}
            Value::Text(text) if text.is_empty() => {}
            _ => lost.push(path.clone()),
        }
    }
}

/// Whether an item holds nothing besides the words it was chosen by.
fn is_bare(open: &Opening, item: &Value<'_>) -> bool {
    let Value::Record(record) = item else { return false };
    record
        .fields
        .iter()
        .all(|(name, value)| value.is_empty() || open.words.iter().any(|(names, _)| names.as_slice() == [*name]))
}

/// A value's identity while the document stands still.
fn address(value: &Value<'_>) -> usize {
    std::ptr::from_ref(value) as usize
}
