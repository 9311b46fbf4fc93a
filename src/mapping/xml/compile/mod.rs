//! From a map's statements to element patterns; every mistake of the file is told.

mod blank;

use rustc_hash::FxHashMap;

use super::convert::{Convert, Table};
use super::route::{Route, Words};
use super::{Condition, Content, Element, ElementNumber, NameNumber, Opening, Word, XmlMap};
use crate::canonical::{Kind, Shape, Value};
use crate::grammar::Address;
use crate::mapping::code::Code;
use crate::mapping::syntax::ast::{
    self, At, Body, Each, ElementLine, Line, MapFile, Path, Spot, Statement, Step, Subject,
};
use crate::mistake::{Mistake, nearest};

impl XmlMap {
    /// Compiles a map whose address is that of an XML document type. `tables` finds the shared tables it uses.
    pub fn compile(file: &MapFile, tables: &dyn Fn(&str) -> Option<ast::Table>) -> Result<Self, Vec<Mistake>> {
        let mut compiler = Compiler::new(file);
        let Some((address, kind)) = compiler.header() else { return Err(compiler.mistakes) };
        compiler.declarations(tables);
        compiler.scopes.push(Scope { shape: Some(Shape::of(kind)), key: String::new(), serial: 0 });
        compiler.root(&address);
        compiler.block(&file.statements, 0);
        compiler.share_lists();
        let below = compiler.below();
        if !compiler.mistakes.is_empty() {
            return Err(compiler.mistakes);
        }
        let Compiler { namespaces, names, mut elements, ignored_attributes, required, defaults, .. } = compiler;
        mark_blanks(&mut elements, 0);
        Ok(Self {
            address,
            kind,
            namespaces,
            names,
            elements: elements.into_iter().map(|pattern| pattern.element).collect(),
            below,
            ignored_attributes,
            required,
            defaults,
        })
    }
}

/// Knows for each element whether a blank stands below it.
fn mark_blanks(elements: &mut [Pattern], at: usize) -> bool {
    let element = &elements[at].element;
    let own = element.text.iter().chain(element.attributes.iter().map(|(_, _, content)| content));
    let mut blanks = own.into_iter().any(|content| matches!(content, Content::Blank(_)));
    for child in element.children.clone() {
        blanks |= mark_blanks(elements, usize::from(child));
    }
    elements[at].element.blanks = blanks;
    blanks
}

/// An element with what only compiling needs.
struct Pattern {
    element: Element,
    spot: Spot,
    /// The conditions as written: patterns are the same when name and conditions are.
    conditions: String,
}

struct Scope {
    /// The shape of the item; nothing where a block is over but its item still open.
    shape: Option<&'static Shape>,
    /// Names the list for comparing: `parties`, `lines.ids`.
    key: String,
    /// Told apart from the scopes of other blocks over the same list.
    serial: u32,
}

struct Compiler<'m> {
    file: &'m MapFile,
    mistakes: Vec<Mistake>,
    namespaces: Vec<(Box<str>, Box<str>)>,
    names: FxHashMap<(Box<str>, Box<str>), NameNumber>,
    tables: FxHashMap<String, Table>,
    elements: Vec<Pattern>,
    scopes: Vec<Scope>,
    ignored_attributes: Vec<NameNumber>,
    required: Vec<(Route, Box<str>)>,
    defaults: Vec<(Route, Value<'static>)>,
    /// The words that lines select by, per list.
    taken: FxHashMap<String, Vec<Words>>,
    /// Openings without words, per list: pattern and position.
    open_to_all: Vec<(ElementNumber, usize, String)>,
    appended: FxHashMap<(u32, String), u16>,
    serial: u32,
}

impl<'m> Compiler<'m> {
    fn new(file: &'m MapFile) -> Self {
        Self {
            file,
            mistakes: Vec::new(),
            namespaces: Vec::new(),
            names: FxHashMap::default(),
            tables: FxHashMap::default(),
            elements: Vec::new(),
            scopes: Vec::new(),
            ignored_attributes: Vec::new(),
            required: Vec::new(),
            defaults: Vec::new(),
            taken: FxHashMap::default(),
            open_to_all: Vec::new(),
            appended: FxHashMap::default(),
            serial: 0,
        }
    }

    fn tell(&mut self, code: Code, spot: &Spot, message: impl Into<String>) -> &mut Mistake {
        self.mistakes.push(Mistake::new(code.name(), &self.file.file, spot.clone(), message));
        let last = self.mistakes.len() - 1;
        &mut self.mistakes[last]
    }

    fn header(&mut self) -> Option<(Address, Kind)> {
        let file = self.file;
        let Some(header) = &file.header else {
            self.tell(Code::Header, &(0..0), "a map begins with its header: map ubl/2.1/Invoice invoice");
            return None;
        };
        let Subject::Kind(kind) = &header.subject else {
            self.tell(Code::Header, &header.spot, "the base of this map has not been joined to it");
            return None;
        };
        let Some(known) = Kind::of(&kind.value) else {
            let near = nearest(&kind.value, Kind::ALL.iter().map(|kind| kind.as_str()));
            let help = near.map(|near| format!("did you mean {near}?"));
            self.tell(Code::Header, &kind.spot, format!("there is no document kind {}", kind.value)).help = help;
            return None;
        };
        // A map that extends another may have a name of its own: the document is that of its base.
        let base = file.files.first().and_then(|base| base.strip_suffix(".map")).and_then(|base| base.parse().ok());
        match header.name.value.parse::<Address>() {
            Ok(address) => Some((address, known)),
            Err(message) => {
                if let Some(address) = base {
                    return Some((address, known));
                }
                self.tell(Code::Header, &header.name.spot, message);
                None
            }
        }
    }

    fn declarations(&mut self, shared: &dyn Fn(&str) -> Option<ast::Table>) {
        for statement in &self.file.statements {
            match &statement.body {
                Body::Namespace { prefix, uri } => {
                    let prefix = if prefix.value == "default" { "" } else { &prefix.value };
                    self.namespaces.push((prefix.into(), uri.value.as_str().into()));
                }
                Body::Table(table) => self.table(table),
                Body::UseTables(names) => {
                    for name in names {
                        match shared(&name.value) {
                            Some(table) => self.table(&table),
                            None => {
                                self.tell(Code::Table, &name.spot, format!("there is no shared table {}", name.value));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn table(&mut self, table: &ast::Table) {
        let mut entries = Table::default();
        for entry in &table.entries {
            let (code, word) = (entry.code.value.as_str(), entry.word.value.as_str());
            if entry.near {
                continue;
            }
            if entries.words.insert(code.into(), word.into()).is_some_and(|before| *before != *word) {
                self.tell(Code::Table, &entry.code.spot, format!("{code} stands twice in table {}", table.name.value));
            }
            entries.codes.entry(word.into()).or_insert_with(|| code.into());
        }
        self.tables.insert(table.name.value.clone(), entries);
    }

    /// The root element: named by the address, in the default namespace or else the first declared.
    fn root(&mut self, address: &Address) {
        let prefix = match self.namespaces.iter().any(|(prefix, _)| prefix.is_empty()) {
            true => "",
            false => self.namespaces.first().map_or("", |(prefix, _)| prefix),
        };
        let written = match prefix {
            "" => address.kind.clone(),
            _ => format!("{prefix}:{}", address.kind),
        };
        let name = self.name(&At { value: written.clone(), spot: 0..0 }, false);
        self.push(&written, name, 0..0);
    }

    fn push(&mut self, written: &str, name: NameNumber, spot: Spot) -> ElementNumber {
        let element = Element {
            written: written.into(),
            name,
            conditions: Vec::new(),
            openings: Vec::new(),
            attributes: Vec::new(),
            text: Vec::new(),
            children: Vec::new(),
            ignored: false,
            optional: true,
            blanks: false,
        };
        self.elements.push(Pattern { element, spot, conditions: String::new() });
        (self.elements.len() - 1) as ElementNumber
    }

    /// The number of a name as written. Attributes without a prefix stand in no namespace.
    fn name(&mut self, written: &At<String>, attribute: bool) -> NameNumber {
        let (prefix, local) = written.value.split_once(':').unwrap_or(("", &written.value));
        let namespace = if attribute && prefix.is_empty() {
            "".into()
        } else {
            match self.namespaces.iter().find(|(declared, _)| **declared == *prefix) {
                Some((_, namespace)) => namespace.clone(),
                None if prefix.is_empty() => "".into(),
                None => {
                    let message = format!("no namespace is declared for {prefix}");
                    self.tell(Code::Header, &written.spot, message).help = Some(format!("namespace {prefix} urn:..."));
                    "".into()
                }
            }
        };
        let next = self.names.len() as NameNumber;
        *self.names.entry((namespace, local.into())).or_insert(next)
    }

    fn block(&mut self, statements: &'m [Statement], parent: ElementNumber) {
        let outer = self.scopes.len();
        // Items that belong to the parent element itself open with it, whatever stands before them in the map.
        let mut own = Vec::new();
        for statement in statements {
            if let Body::Each(each) = &statement.body
                && each.list.within.is_none()
            {
                own.push(self.open(each, parent, false));
            }
        }
        for scope in &mut self.scopes[outer..] {
            scope.shape = None;
        }
        let mut own = own.into_iter();
        for statement in statements {
            match &statement.body {
                Body::Line(Line::Element(line)) => {
                    self.line(line, parent);
                }
                Body::Group { line: Line::Element(line), body } => {
                    let before = self.scopes.len();
                    let element = self.line(line, parent);
                    self.block(body, element);
                    self.scopes.truncate(before);
                }
                Body::Each(each) if each.list.within.is_none() => {
                    if let Some((scope, shape)) = own.next() {
                        self.scopes[scope].shape = shape;
                        self.block(&each.body, parent);
                        self.scopes[scope].shape = None;
                    }
                }
                Body::Each(each) => self.each(each, parent),
                Body::Ignore(Line::Element(line)) => self.ignore(line, parent),
                Body::Require(path) => {
                    if let Some((route, _)) = self.route(path, false) {
                        self.required.push((route, path.value.to_string().into()));
                    }
                }
                Body::Default { path, value } => self.default(path, value),
                Body::Namespace { .. } | Body::Table(_) | Body::UseTables(_) | Body::Example(_) => {}
                _ => {
                    let message = "this has no meaning in a map of an XML document";
                    self.tell(Code::Segment, &statement.spot, message).help = Some("write element paths".into());
                }
            }
        }
        self.scopes.truncate(outer);
    }

    fn line(&mut self, line: &'m ElementLine, parent: ElementNumber) -> ElementNumber {
        let element = self.descend(&line.steps, parent, &line.spot, false);
        let number = usize::from(element);
        if let Some(value) = &line.value {
            let content = self.content(value);
            let pattern = &mut self.elements[number];
            if !pattern.element.text.is_empty() {
                let other = pattern.spot.clone();
                let message = "two lines say what the text of the same element is";
                self.tell(Code::Ambiguous, &line.spot, message).other = Some(other);
            } else {
                pattern.element.text.extend(content);
            }
        }
        if line.steps.len() == 1 || line.value.is_some() {
            self.elements[number].element.optional = line.optional || line.value.is_none();
        }
        element
    }

    /// Goes down a path, making patterns where the last line's cannot be shared.
    fn descend(&mut self, steps: &'m [Step], parent: ElementNumber, spot: &Spot, fresh: bool) -> ElementNumber {
        let mut at = parent;
        for (position, step) in steps.iter().enumerate() {
            if step.name.value != "." {
                at = self.child(at, step, spot, fresh && position == 0);
            }
            for (name, slot) in &step.attributes {
                let number = self.name(name, true);
                if let Some(content) = self.content(slot) {
                    self.elements[usize::from(at)].element.attributes.push((
                        number,
                        name.value.as_str().into(),
                        content,
                    ));
                }
            }
        }
        at
    }

    fn child(&mut self, parent: ElementNumber, step: &'m Step, spot: &Spot, fresh: bool) -> ElementNumber {
        let name = self.name(&step.name, false);
        let conditions: String =
            step.conditions.iter().map(|(left, right)| format!("[{}={}]", left.value, right.value)).collect();
        let siblings = self.elements[usize::from(parent)].element.children.clone();
        let same = siblings.iter().copied().find(|sibling| {
            let pattern = &self.elements[usize::from(*sibling)];
            pattern.element.name == name && pattern.conditions == conditions
        });
        if let Some(same) = same {
            let pattern = &self.elements[usize::from(same)];
            if fresh
                || siblings.last() != Some(&same)
                || !pattern.element.openings.is_empty()
                || pattern.element.ignored
            {
                let other = pattern.spot.clone();
                let message = format!("two patterns match {} with equal detail", step.name.value);
                let mistake = self.tell(Code::Ambiguous, spot, message);
                mistake.other = Some(other);
                mistake.help = Some("keep what belongs to one element in one block".into());
            }
            return same;
        }
        let element = self.push(&step.name.value, name, spot.clone());
        self.elements[usize::from(element)].conditions = conditions;
        for (left, right) in &step.conditions {
            let condition = self.condition(left, right);
            self.elements[usize::from(element)].element.conditions.push(condition);
        }
        self.elements[usize::from(parent)].element.children.push(element);
        element
    }

    fn condition(&mut self, left: &'m At<String>, right: &'m At<String>) -> Condition {
        let negated = left.value.ends_with('!');
        let path = left.value.trim_end_matches('!');
        let (elements, attribute) = match path.split_once('@') {
            Some((elements, attribute)) => (elements, Some(attribute)),
            None => (path, None),
        };
        let at = |text: &str| At { value: text.to_owned(), spot: left.spot.clone() };
        let elements = elements
            .split('/')
            .filter(|step| !step.is_empty() && *step != ".")
            .map(|step| (self.name(&at(step), false), step.into()))
            .collect();
        let attribute = attribute.map(|name| (self.name(&at(name), true), name.into()));
        let word = match right.value.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(path) => {
                let names = path.split('.').map(str::to_owned).collect();
                match self.route(&At { value: Path { names }, spot: right.spot.clone() }, false) {
                    Some((route, _)) => Word::Path(route),
                    None => Word::Literal("".into()),
                }
            }
            None => Word::Literal(right.value.as_str().into()),
        };
        Condition { elements, attribute, negated, word, restated: false }
    }

    fn each(&mut self, each: &'m Each, parent: ElementNumber) {
        let Some(within) = &each.list.within else { return };
        let Some((first, rest)) = within.steps.split_first() else { return };
        if !each.list.key.is_empty()
            || each.list.named.is_some()
            || each.list.link.is_some()
            || each.list.placed.is_some()
        {
            let message = "key, as, link and placed have no meaning in a map of an XML document";
            self.tell(Code::Syntax, &each.list.path.spot, message);
        }
        let before = self.scopes.len();
        let element = self.child(parent, first, &within.spot, true);
        let (scope, shape) = self.open(each, element, true);
        self.scopes[scope].shape = shape;
        // The first step's attributes belong to the item; only its name and conditions are outside.
        for (name, slot) in &first.attributes {
            let number = self.name(name, true);
            if let Some(content) = self.content(slot) {
                self.elements[usize::from(element)].element.attributes.push((
                    number,
                    name.value.as_str().into(),
                    content,
                ));
            }
        }
        let inner = self.descend(rest, element, &within.spot, false);
        self.block(&each.body, inner);
        self.scopes.truncate(before);
    }

    /// Makes an element open an item, and its scope; returns where the scope stands and what it holds.
    fn open(&mut self, each: &'m Each, element: ElementNumber, repeats: bool) -> (usize, Option<&'static Shape>) {
        let list = &each.list;
        let found = self.route(&list.path, true);
        let (route, shape, key) = match found {
            Some((route, Shape::List(item))) => {
                let key = self.key(&route);
                (route, Some(&**item), key)
            }
            Some(_) => {
                let message = format!("{} is no list", list.path.value);
                self.tell(Code::Path, &list.path.spot, message);
                (Route { scope: 0, steps: Vec::new() }, None, String::new())
            }
            None => (Route { scope: 0, steps: Vec::new() }, None, String::new()),
        };
        let mut words = Words::new();
        if let Some(shape) = shape {
            for (path, word) in &list.conditions {
                words.extend(self.word(shape, &path.value.names, &word.value, &path.spot));
            }
        }
        let position = self.elements[usize::from(element)].element.openings.len();
        match words.is_empty() {
            true => self.open_to_all.push((element, position, key.clone())),
            false => self.taken.entry(key.clone()).or_default().push(words.clone()),
        }
        self.elements[usize::from(element)].element.openings.push(Opening {
            list: route,
            words,
            but_not: Vec::new(),
            each: repeats,
            leaves: matches!(shape, Some(Shape::Leaf(_))),
        });
        self.serial += 1;
        self.scopes.push(Scope { shape: None, key, serial: self.serial });
        (self.scopes.len() - 1, shape)
    }

    /// Lists that several lines share: who names no words takes what the others leave.
    fn share_lists(&mut self) {
        for (element, position, key) in std::mem::take(&mut self.open_to_all) {
            if let Some(words) = self.taken.get(&key) {
                self.elements[usize::from(element)].element.openings[position].but_not = words.clone();
            }
        }
    }

    fn ignore(&mut self, line: &'m ElementLine, parent: ElementNumber) {
        let attributes_only = matches!(line.steps.as_slice(), [step] if step.name.value == ".");
        if attributes_only {
            for (name, _) in &line.steps[0].attributes {
                let number = self.name(name, true);
                self.ignored_attributes.push(number);
            }
            return;
        }
        let names_attribute = line.steps.last().is_some_and(|step| !step.attributes.is_empty());
        let element = self.descend(&line.steps, parent, &line.spot, false);
        let element = &mut self.elements[usize::from(element)].element;
        if names_attribute {
            return;
        }
        if element.attributes.is_empty() && element.children.is_empty() && element.text.is_empty() {
            element.ignored = true;
        } else if element.text.is_empty() {
            // Some of it is carried: only the text is left out.
            element.text.push(Content::Ignored);
        }
    }

    fn default(&mut self, path: &'m At<Path>, value: &At<String>) {
        let Some((route, shape)) = self.route(path, false) else { return };
        let Shape::Leaf(leaf) = shape else {
            self.tell(Code::Path, &path.spot, format!("{} is no single value", path.value));
            return;
        };
        match Convert::of(*leaf).read(value.value.clone().into()) {
            Ok((value, _)) => self.defaults.push((route, value)),
            Err((_, expected)) => {
                self.tell(Code::Conversion, &value.spot, format!("\"{}\" is not {expected}", value.value));
            }
        }
    }

    /// The patterns below each pattern by name; more conditions are more specific.
    fn below(&mut self) -> FxHashMap<(ElementNumber, NameNumber), Box<[ElementNumber]>> {
        for at in 0..self.elements.len() {
            self.restate(at);
        }
        let mut below: FxHashMap<(ElementNumber, NameNumber), Vec<ElementNumber>> = FxHashMap::default();
        for (number, pattern) in self.elements.iter().enumerate() {
            for &child in &pattern.element.children {
                let name = self.elements[usize::from(child)].element.name;
                below.entry((number as ElementNumber, name)).or_default().push(child);
            }
        }
        let conditions = |number: &ElementNumber| self.elements[usize::from(*number)].element.conditions.len();
        below
            .into_iter()
            .map(|(key, mut children)| {
                children.sort_by_key(|child| std::cmp::Reverse(conditions(child)));
                (key, children.into_boxed_slice())
            })
            .collect()
    }

    /// Notes which conditions of a pattern its own lines write.
    fn restate(&mut self, at: usize) {
        let restated: Vec<bool> = self.elements[at]
            .element
            .conditions
            .iter()
            .map(|condition| {
                let mut element = &self.elements[at].element;
                for (name, _) in &condition.elements {
                    let children = element.children.iter().map(|child| &self.elements[usize::from(*child)].element);
                    match children.into_iter().find(|child| child.name == *name) {
                        Some(child) => element = child,
                        None => return false,
                    }
                }
                match &condition.attribute {
                    Some((name, _)) => element.attributes.iter().any(|(attribute, _, _)| attribute == name),
                    None => !element.text.is_empty(),
                }
            })
            .collect();
        for (condition, restated) in self.elements[at].element.conditions.iter_mut().zip(restated) {
            condition.restated = restated;
        }
    }
}
