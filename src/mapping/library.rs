//! Every map there is: those the binary carries, and the files that replace or add to them; compiled when asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use rustc_hash::FxHashMap;

use super::syntax::{ast, is_table_file, parse};
use super::xml::XmlMap;
use super::{Against, Code, Mapping, Tables, compile, embedded};
use crate::canonical::Kind;
use crate::grammar::{self, Address, Grammar};
use crate::mistake::{Mistake, nearest};

/// Longest chain of maps that extend one another.
const BASES_MAX: usize = 16;

/// Maps by name, and the tables they share.
#[derive(Debug)]
pub struct Library {
    /// By path without the extension: `x12/004010/850`, `acme/850`.
    texts: BTreeMap<String, Text>,
    tables: BTreeMap<String, Text>,
    /// What headings of files of one's own call their maps, and the names of those: `acme/850`, `acme-850`.
    called: BTreeMap<String, String>,
    shared: OnceLock<Shared>,
    segments: Mutex<FxHashMap<(String, Address), Compiled<Mapping>>>,
    documents: Mutex<FxHashMap<String, Compiled<XmlMap>>>,
}

type Compiled<M> = Result<Arc<M>, Arc<[Mistake]>>;

/// A map file that need not stand in the library, looked at with the library's bases and tables.
#[derive(Debug)]
pub struct Sheet {
    /// Its statements, laid over those of its base.
    pub flat: ast::MapFile,
    /// What it maps; nothing where it has mistakes, or holds tables only.
    pub bound: Option<Bound>,
    /// Every mistake, in the order of the file.
    pub mistakes: Vec<Mistake>,
}

/// A compiled map and what it is bound to.
#[derive(Clone, Debug)]
pub enum Bound {
    Set { mapping: Arc<Mapping>, grammar: Arc<Grammar> },
    Xml(Arc<XmlMap>),
}

impl Bound {
    /// The kind of canonical document it fills.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Set { mapping, .. } => mapping.kind,
            Self::Xml(map) => map.kind,
        }
    }

    /// The document on the wire.
    pub fn address(&self) -> &Address {
        match self {
            Self::Set { grammar, .. } => &grammar.address,
            Self::Xml(map) => &map.address,
        }
    }
}

#[derive(Debug)]
struct Text {
    /// As people know the file: `x12/004010/850.map`.
    path: String,
    text: Cow<'static, str>,
}

/// The shared tables in both the forms that compilers want.
#[derive(Debug, Default)]
struct Shared {
    tables: Tables,
    written: FxHashMap<String, ast::Table>,
    mistakes: Vec<Mistake>,
}

impl Library {
    /// What the binary carries. Costs next to nothing: each map is compiled when it is first asked for.
    pub fn embedded() -> Self {
        Self::with([])
    }

    /// What the binary carries, and files that replace or add to it: path under `mappings/` and text.
    pub fn with(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all: BTreeMap<String, Cow<'static, str>> =
            embedded::FILES.iter().map(|&(path, text)| (path.to_owned(), Cow::Borrowed(text))).collect();
        let mut called: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (path, text) in files {
            let heading = parse(&path, &text).0.header;
            if let (Some(heading), Some(name)) = (heading, path.strip_suffix(".map")) {
                let one = called.entry(heading.name.value).or_insert_with(|| Some(name.to_owned()));
                // What two files call themselves names neither.
                one.take_if(|one| one != name);
            }
            all.insert(path, Cow::Owned(text));
        }
        let (mut texts, mut tables) = (BTreeMap::new(), BTreeMap::new());
        for (path, text) in all {
            if let Some(name) = path.strip_suffix(".map") {
                texts.insert(name.to_owned(), Text { path, text });
            } else if let Some(name) = path.strip_suffix(".table") {
                tables.insert(name.to_owned(), Text { path, text });
            }
        }
        let called = called.into_iter().filter_map(|(name, one)| Some((name, one?))).collect();
        Self { texts, tables, called, shared: OnceLock::new(), segments: Mutex::default(), documents: Mutex::default() }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// A map by the path of its file, or by what its heading calls it.
    fn text(&self, name: &str) -> Option<&Text> {
        self.texts.get(name).or_else(|| self.texts.get(self.called.get(name)?))
    }

    /// The name of the map that fits an address best, which may be of another release.
    pub fn nearest(&self, address: &Address) -> Option<String> {
        let exact = address.to_string();
        if self.texts.contains_key(&exact) {
            return Some(exact);
        }
        let all: Vec<Address> = self.texts.keys().filter_map(|name| name.parse().ok()).collect();
        address.nearest(&all).map(ToString::to_string)
    }

    /// The map of that name bound to a grammar, which may be of another release than the map was written for.
    ///
    /// # Errors
    /// Every mistake of the map's file.
    pub fn map(&self, name: &str, grammar: &Grammar) -> Compiled<Mapping> {
        let key = (name.to_owned(), grammar.address.clone());
        let known = self.segments.lock().expect("no holder panics").get(&key).cloned();
        known.unwrap_or_else(|| {
            let compiled = self.compile_segments(name, grammar).map(Arc::new).map_err(Into::into);
            self.segments.lock().expect("no holder panics").entry(key).or_insert(compiled).clone()
        })
    }

    /// The map of that name for XML documents.
    ///
    /// # Errors
    /// Every mistake of the map's file.
    pub fn xml(&self, name: &str) -> Compiled<XmlMap> {
        let known = self.documents.lock().expect("no holder panics").get(name).cloned();
        known.unwrap_or_else(|| {
            let compiled = self.compile_xml(name).map(Arc::new).map_err(Into::into);
            self.documents.lock().expect("no holder panics").entry(name.to_owned()).or_insert(compiled).clone()
        })
    }

    /// Compiles everything and tells every mistake.
    pub fn check(&self, grammars: &grammar::Library) -> Vec<Mistake> {
        let mut mistakes = self.shared().mistakes.clone();
        for name in self.texts.keys() {
            let subject = self.subject(name);
            let result = match &subject {
                Some(address) if is_xml(address) => self.xml(name).map(|_| ()),
                _ => match subject.as_ref().and_then(|address| grammars.grammar(address)) {
                    Some(grammar) => self.map(name, &grammar).map(|_| ()),
                    None => Err(Arc::from([self.unknown_grammar(name)])),
                },
            };
            mistakes.extend(result.err().iter().flat_map(|wrong| wrong.iter().cloned()));
        }
        mistakes
    }

    /// The shared tables.
    pub fn tables(&self) -> &Tables {
        &self.shared().tables
    }

    /// The text of a map or table file by its path, for showing mistakes in it.
    pub fn source(&self, path: &str) -> Option<&str> {
        let name = path.rsplit_once('.').map_or(path, |(name, _)| name);
        let text = self.texts.get(name).or_else(|| self.tables.get(name))?;
        Some(&text.text)
    }

    /// The grammar's address that a map was written for: its own, or that of the nearest base whose name is one.
    pub fn subject(&self, name: &str) -> Option<Address> {
        let root = self.root(name)?;
        self.along(name, |name, heading| own(name, heading, &root))
    }

    /// The address of the map at the bottom of a chain of bases.
    fn root(&self, name: &str) -> Option<Address> {
        self.along(name, |name, heading| match heading.subject {
            ast::Subject::Kind(_) => heading.name.value.parse().or_else(|_| name.parse()).ok(),
            _ => None,
        })
    }

    /// What is found first on the way from a map to its base, and on to the bottom, by name and heading.
    fn along<T>(&self, name: &str, find: impl Fn(&str, &ast::Header) -> Option<T>) -> Option<T> {
        let mut name = name.to_owned();
        // A chain of bases longer than this bites its own tail.
        for _ in 0..BASES_MAX {
            let text = self.text(&name)?;
            let heading = parse(&text.path, &text.text).0.header?;
            if let Some(found) = find(&name, &heading) {
                return Some(found);
            }
            let ast::Subject::Extends(base) = heading.subject else { return None };
            name = base.value;
        }
        None
    }

    fn compile_segments(&self, name: &str, grammar: &Grammar) -> Result<Mapping, Vec<Mistake>> {
        let file = self.flat(name, 0)?;
        let approximated = self.root(name).is_none_or(|root| root != grammar.address);
        compile(&file, Against { grammar, tables: &self.shared().tables, approximated })
    }

    fn compile_xml(&self, name: &str) -> Result<XmlMap, Vec<Mistake>> {
        let file = self.flat(name, 0)?;
        XmlMap::compile(&file, &|table| self.shared().written.get(table).cloned())
    }

    /// The effective map: a map that extends others, flattened.
    ///
    /// # Errors
    /// Every mistake of the file, or of its base where that is wrong.
    pub fn flat(&self, name: &str, depth: usize) -> Result<ast::MapFile, Vec<Mistake>> {
        let file = self.parsed(name)?;
        let misplaced = misplaced(&file);
        let (flat, mut mistakes) = self.laid(file, depth)?;
        mistakes.extend(misplaced);
        mistakes.extend(super::vocabulary::slips(&flat, &self.shared().written));
        if mistakes.is_empty() { Ok(flat) } else { Err(mistakes) }
    }

    /// A file laid over its base, where it has one, and the overrides that fit nowhere.
    ///
    /// # Errors
    /// When there is no base to lay it over.
    fn laid(&self, file: ast::MapFile, depth: usize) -> Result<(ast::MapFile, Vec<Mistake>), Vec<Mistake>> {
        let Some(base) = super::base_of(&file) else { return Ok((file, Vec::new())) };
        if depth == BASES_MAX {
            let message = format!("the bases of \"{}\" go round in a circle", base.value);
            return Err(vec![Mistake::new(Code::Header.name(), &file.file, base.spot.clone(), message)]);
        }
        if !self.contains(&base.value) {
            let message = format!("there is no map \"{}\" to extend", base.value);
            let mut mistake = Mistake::new(Code::Header.name(), &file.file, base.spot.clone(), message);
            mistake.help = nearest(&base.value, self.names()).map(|near| format!("did you mean {near}?"));
            return Err(vec![mistake]);
        }
        Ok(super::flatten(&file, &self.flat(&base.value, depth + 1)?))
    }

    /// Looks at a map or table file as it would be in this library: parsed, laid over its base, compiled. What could be
    /// understood is looked at in spite of mistakes elsewhere, so that all of a file are told at once.
    pub fn sheet(&self, path: &str, text: &str, grammars: &grammar::Library) -> Sheet {
        let (file, mut mistakes) = parse(path, text);
        if is_table_file(&file) && !file.statements.is_empty() {
            mistakes.extend(Tables::default().add(&file));
            return Sheet { flat: file, bound: None, mistakes };
        }
        mistakes.extend(misplaced(&file));
        let (flat, bound) = match self.laid(file.clone(), 0) {
            Ok((flat, astray)) => {
                mistakes.extend(astray);
                mistakes.extend(super::vocabulary::slips(&flat, &self.shared().written));
                let bound = self.bind(&file, &flat, grammars);
                (flat, bound)
            }
            Err(wrong) => (file, Err(wrong)),
        };
        let is_whole = mistakes.is_empty();
        let bound = match bound {
            Ok(bound) => is_whole.then_some(bound),
            Err(wrong) => {
                // A line that could not be read may be why another finds no loop: only what surely stands by itself.
                let stands = |mistake: &Mistake| is_whole || !depends_on_others(mistake.code);
                mistakes.extend(wrong.into_iter().filter(stands));
                None
            }
        };
        mistakes.sort_by(|a, b| (&a.file, a.span.start).cmp(&(&b.file, b.span.start)));
        mistakes.dedup();
        Sheet { flat, bound, mistakes }
    }

    /// Compiles a file, flat as well, against the grammar that its header, or that of its nearest base, names.
    fn bind(
        &self,
        file: &ast::MapFile,
        flat: &ast::MapFile,
        grammars: &grammar::Library,
    ) -> Result<Bound, Vec<Mistake>> {
        let (header, base) = (file.header.as_ref(), super::base_of(file));
        let below = base.and_then(|base| self.subject(&base.value));
        let own = header.and_then(|header| header.name.value.parse::<Address>().ok());
        // A partner's name of three words is no address: `northshore/buying/850`.
        let own = own.filter(|own| below.as_ref().is_none_or(|below| below.standard == own.standard));
        let Some(address) = own.or(below) else {
            let message = "a map begins with map ADDRESS KIND, or map NAME extends ADDRESS";
            let span = header.map_or(0..0, |header| header.name.spot.clone());
            let help = "the address says what is mapped: x12/004010/850, edifact/D.96A/ORDERS, ubl/2.1/Invoice";
            return Err(vec![Mistake::new(Code::Header.name(), &flat.file, span, message).help(help)]);
        };
        if is_xml(&address) {
            let map = XmlMap::compile(flat, &|table| self.shared().written.get(table).cloned())?;
            return Ok(Bound::Xml(Arc::new(map)));
        }
        let Some(grammar) = grammars.grammar(&address) else {
            let span = header.map_or(0..0, |header| header.name.spot.clone());
            let mut mistake =
                Mistake::new(Code::Header.name(), &flat.file, span, format!("there is no grammar {address}"));
            mistake.help = match base {
                // Its own name is free, as long as it is no standard's.
                Some(_) => Some("a map that extends another needs no address: call it PARTNER/850".to_owned()),
                None => grammars.nearest(&address).map(|near| format!("did you mean {near}?")),
            };
            return Err(vec![mistake]);
        };
        // What a base says of another release is taken as far as this one goes.
        let approximated = base.is_some_and(|base| self.root(&base.value).is_none_or(|root| root != address));
        let against = Against { grammar: &grammar, tables: &self.shared().tables, approximated };
        Ok(Bound::Set { mapping: Arc::new(compile(flat, against)?), grammar })
    }

    fn parsed(&self, name: &str) -> Result<ast::MapFile, Vec<Mistake>> {
        let Some(text) = self.text(name) else {
            let mut mistake = Mistake::new(Code::Header.name(), name, 0..0, format!("there is no map \"{name}\""));
            mistake.help = nearest(name, self.names()).map(|near| format!("did you mean {near}?"));
            return Err(vec![mistake]);
        };
        let (file, mistakes) = parse(&text.path, &text.text);
        if mistakes.is_empty() { Ok(file) } else { Err(mistakes) }
    }

    fn unknown_grammar(&self, name: &str) -> Mistake {
        let path = self.text(name).map_or(name, |text| &text.path);
        Mistake::new(Code::Header.name(), path, 0..0, "there is no grammar for this map")
    }

    fn shared(&self) -> &Shared {
        self.shared.get_or_init(|| {
            let mut shared = Shared::default();
            for text in self.tables.values() {
                let (file, mistakes) = parse(&text.path, &text.text);
                shared.mistakes.extend(mistakes);
                shared.mistakes.extend(shared.tables.add(&file));
                for statement in file.statements {
                    if let ast::Body::Table(table) = statement.body {
                        shared.written.insert(table.name.value.clone(), table);
                    }
                }
            }
            shared
        })
    }
}

/// The address that a map has of its own: what its heading says, else where its file stands. A partner's name of three
/// words (`northshore/buying/850`) is none: its standard is not that of the map it ends in.
fn own(name: &str, heading: &ast::Header, root: &Address) -> Option<Address> {
    let mut addresses = [heading.name.value.as_str(), name].into_iter().filter_map(|name| name.parse::<Address>().ok());
    addresses.find(|own| own.standard == root.standard)
}

/// A heading that speaks of another document than the one that the file stands for by its path: documents would be read
/// with a map that was written for others.
fn misplaced(file: &ast::MapFile) -> Option<Mistake> {
    let heading = file.header.as_ref()?;
    let said: Address = heading.name.value.parse().ok()?;
    let path = file.file.rsplit_once("mappings/").map_or(file.file.as_str(), |(_, path)| path);
    let stands: Address = path.strip_suffix(".map")?.parse().ok()?;
    // Under a name of one's own a map may be for any document.
    let is_ours = |address: &Address| {
        embedded::FILES.iter().any(|(path, _)| path.split('/').next() == Some(address.standard.as_str()))
    };
    if said == stands || !is_ours(&stands) || !is_ours(&said) {
        return None;
    }
    let message = format!("the heading says {said}, and the file stands for {stands}");
    let help = format!("write map {stands}, or put the file under mappings/PARTNER/ or mappings/{said}.map");
    Some(Mistake::new(Code::Header.name(), &file.file, heading.name.spot.clone(), message).help(help))
}

/// Whether a mistake may only follow from another line that could not be read.
fn depends_on_others(code: &str) -> bool {
    [Code::Syntax, Code::Segment, Code::Ambiguous, Code::Override, Code::Tree, Code::Header]
        .iter()
        .any(|it| it.name() == code)
}

/// Whether documents at this address are XML.
pub fn is_xml(address: &Address) -> bool {
    !matches!(address.standard.as_str(), "x12" | "edifact")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_map_compiles() {
        let maps = Library::embedded();
        let mistakes = maps.check(&grammar::Library::embedded());
        let told: Vec<String> =
            mistakes.iter().map(|m| m.render(maps.source(&m.file).unwrap_or_default(), false)).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }

    #[test]
    fn a_map_stands_for_the_release_of_its_nearest_base() {
        let text = "map acme/850 extends x12/005010/850\n";
        let maps = Library::with([("acme/850.map".to_owned(), text.to_owned())]);
        let grammars = grammar::Library::embedded();
        assert_eq!(maps.check(&grammars), []);
        assert_eq!(maps.subject("acme/850").map(|address| address.to_string()).as_deref(), Some("x12/005010/850"));
        let sheets = embedded::FILES.iter().map(|&(path, text)| maps.sheet(path, text, &grammars));
        assert_eq!(sheets.flat_map(|sheet| sheet.mistakes).collect::<Vec<_>>(), []);
        let bound = maps.sheet("acme/850.map", text, &grammars).bound.expect("in order");
        assert_eq!(bound.address().to_string(), "x12/005010/850");
    }

    #[test]
    fn a_map_is_found_by_its_file_and_by_its_heading() {
        let file = |path: &str, heading: &str| (path.to_owned(), format!("map {heading} extends x12/004010/850\n"));
        let maps = Library::with([file("acme-850.map", "acme/850"), file("a.map", "two"), file("b.map", "two")]);
        let grammars = grammar::Library::embedded();
        assert_eq!(maps.check(&grammars), []);
        assert!(maps.contains("acme-850") && maps.contains("acme/850"));
        let grammar = grammars.grammar(&maps.subject("acme/850").expect("an address")).expect("a grammar");
        assert!(maps.map("acme/850", &grammar).is_ok());
        assert!(maps.contains("a") && !maps.contains("two"), "what two call themselves names neither");
    }

    #[test]
    fn a_heading_says_what_a_map_is_for_and_does_not_contradict_its_path() {
        let base = embedded::FILES.iter().find(|(path, _)| *path == "x12/004010/850.map").expect("a map").1;
        let grammars = grammar::Library::embedded();
        let maps = |path: &str| Library::with([(path.to_owned(), base.to_owned())]);
        for free in ["acme/850.map", "acme/buying/850.map", "acme.map"] {
            let maps = maps(free);
            assert_eq!(maps.check(&grammars), [], "{free}");
            let subject = maps.subject(free.trim_end_matches(".map")).expect("an address");
            assert_eq!(subject.to_string(), "x12/004010/850");
        }
        let mistakes = maps("x12/005010/850.map").check(&grammars);
        let told: Vec<String> = mistakes.iter().map(|mistake| mistake.line(base)).collect();
        let expected = "x12/005010/850.map:1:5: the heading says x12/004010/850, and the file stands for x12/005010/850 \
                        (write map x12/005010/850, or put the file under mappings/PARTNER/ or mappings/x12/004010/850.map)";
        assert_eq!(told, [expected]);
        assert_eq!(maps("acme.map").sheet("catalogue/mappings/ubl/2.1/Invoice.map", base, &grammars).mistakes.len(), 1);
    }

    #[test]
    fn a_slip_in_a_partners_words_is_told_with_the_nearest() {
        let map = "map acme/850 extends x12/004010/850
table purpose 99=original
table purpose-x12 98=orignal 97=\"cancell\" 96=loyalty
default type stand_alnoe
add in parties { REF*ZZ*{references[kind=invocie].value}? }
add { each parties where role=sellr { N1*{role|party-x12}*{name} } }
";
        let maps = Library::embedded();
        let sheet = maps.sheet("acme/850.map", map, &grammar::Library::embedded());
        let told: Vec<String> = sheet.mistakes.iter().map(|mistake| mistake.line(map)).collect();
        expect_test::expect![[r#"
            acme/850.map:2:7: no line of this map reads through a table "purpose" (did you mean purpose-x12?)
            acme/850.map:3:22: the base and its tables do not know the word "orignal" (did you mean original? A new word stands in quotes: "orignal")
            acme/850.map:4:14: the base and its tables do not know the word "stand_alnoe" (did you mean stand_alone? A new word stands in quotes: "stand_alnoe")
            acme/850.map:5:25: the base and its tables do not know the word "invocie" (did you mean invoice? A new word stands in quotes: "invocie")
            acme/850.map:6:31: the base and its tables do not know the word "sellr" (did you mean seller? A new word stands in quotes: "sellr")"#]].assert_eq(&told.join("\n"));
        // The catalogue takes over no map that has one.
        let maps = Library::with([("acme/850.map".to_owned(), map.to_owned())]);
        let mistakes = maps.check(&grammar::Library::embedded());
        assert_eq!(mistakes.len(), sheet.mistakes.len());
    }

    #[test]
    fn a_map_of_another_release_is_near() {
        let maps = Library::embedded();
        let address: Address = "x12/004030/850".parse().expect("an address");
        assert_eq!(maps.nearest(&address).as_deref(), Some("x12/004010/850"));
    }
}
