//! `map coverage`: which elements of documents a map carries, knowingly leaves, or does not know, by name.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rustc_hash::FxHashSet;
use serde_json::{Value, json};

use crate::catalogue::Catalogue;
use crate::desk::command::{Coverage as Asked, Format};
use crate::desk::input::Input;
use crate::desk::output::{Answer, FAINT, Failure, GOOD, Outcome, STRONG, WARNING, counted};
use crate::finding::Span;
use crate::journey::examine::drive::drive;
use crate::journey::examine::{Audience, Examined, Examiner, XmlExamined};
use crate::mapping::{Coverage, Detail};
use crate::wire::xml::Node;
use crate::wire::{SetHeader, TransactionSet};

/// Values that are shown of one name.
const EXAMPLES_MAX: usize = 3;
/// A hostile file may hold a million names: beyond so many of one kind they are counted together.
const NAMES_MAX: usize = 2_000;

pub fn run(it: &Asked, format: Format, catalogue: Catalogue) -> Answer {
    let (catalogue, name) = match &it.map {
        Some(name) => super::chosen(name, catalogue).map(|(catalogue, name)| (catalogue, Some(name)))?,
        None => (catalogue, None),
    };
    let mut tally = Tally::default();
    for path in &it.files {
        let mut examiner = Examiner::new(&catalogue).with_detail(Detail::FATES);
        if let Some(name) = &name {
            examiner = examiner.with_map(name.clone());
        }
        let driven = drive(&mut examiner, &mut Input::open(path)?, &mut tally)?;
        tally.left.extend(driven.left.into_iter().map(|left| format!("{}: {left}", path.display())));
    }
    let mut out = anstream::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", tally.json())?,
        Format::Human => tally.print(&mut out)?,
    }
    match tally.kinds.is_empty() {
        true => Err(Failure::usage("no document in there is read by a map")),
        false => Ok(Outcome::Accepted),
    }
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Unmapped,
    Ignored,
    Mapped,
}

impl Fate {
    const ALL: [Self; 3] = [Self::Unmapped, Self::Ignored, Self::Mapped];

    fn name(self) -> &'static str {
        match self {
            Self::Unmapped => "unmapped",
            Self::Ignored => "ignored",
            Self::Mapped => "mapped",
        }
    }
}

/// Everything of one kind of document, by the map that read it.
#[derive(Default)]
struct Tally {
    /// By type and map: `850 by x12/004010/850`.
    kinds: BTreeMap<(String, String), Kind>,
    /// What could not be opened.
    left: Vec<String>,
}

#[derive(Default)]
struct Kind {
    documents: u64,
    names: BTreeMap<(Fate, String), Name>,
}

#[derive(Default)]
struct Name {
    values: u64,
    documents: u64,
    /// The number of the last document that it was counted in.
    latest: u64,
    examples: Vec<String>,
}

impl Kind {
    fn count(&mut self, fate: Fate, name: String, value: &str) {
        let key = (fate, name);
        let key = if self.names.len() >= NAMES_MAX && !self.names.contains_key(&key) {
            (fate, "(others)".to_owned())
        } else {
            key
        };
        let entry = self.names.entry(key).or_default();
        entry.values += 1;
        if entry.latest != self.documents {
            entry.latest = self.documents;
            entry.documents += 1;
        }
        let shown: String = value.chars().take(30).collect();
        if entry.examples.len() < EXAMPLES_MAX && !entry.examples.contains(&shown) {
            entry.examples.push(shown);
        }
    }

    fn of(&self, fate: Fate) -> impl Iterator<Item = (&str, &Name)> {
        self.names.iter().filter(move |((it, _), _)| *it == fate).map(|((_, name), entry)| (name.as_str(), entry))
    }
}

impl Tally {
    /// Begins a document; nothing where no map read it.
    fn begin(&mut self, kind: &str, map: Option<&str>) -> Option<&mut Kind> {
        let kind = self.kinds.entry((kind.to_owned(), map?.to_owned())).or_default();
        kind.documents += 1;
        Some(kind)
    }

    fn json(&self) -> Value {
        let kinds: Vec<Value> = self
            .kinds
            .iter()
            .map(|((kind, map), found)| {
                let mut answer = json!({"type": kind, "map": map, "documents": found.documents});
                for fate in Fate::ALL {
                    answer[fate.name()] = found
                        .of(fate)
                        .map(|(name, entry)| {
                            json!({"name": name, "values": entry.values, "documents": entry.documents, "examples": entry.examples})
                        })
                        .collect();
                }
                answer
            })
            .collect();
        json!({"kinds": kinds, "left": self.left})
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for ((kind, map), found) in &self.kinds {
            let documents = counted(found.documents, "document");
            writeln!(out, "{STRONG}{kind}{STRONG:#} by {map}, {documents}")?;
            for fate in Fate::ALL {
                let (names, values) =
                    found.of(fate).fold((0_u64, 0), |(names, values), (_, it)| (names + 1, values + it.values));
                let (style, words) = match fate {
                    Fate::Unmapped if names == 0 => (GOOD, "not carried"),
                    Fate::Unmapped => (WARNING, "not carried"),
                    Fate::Ignored => (FAINT, "ignored"),
                    Fate::Mapped => (GOOD, "mapped"),
                };
                writeln!(out, "  {style}{words}{style:#}  {}, {}", counted(names, "name"), counted(values, "value"))?;
                for (name, entry) in found.of(fate) {
                    let examples: Vec<String> = entry.examples.iter().map(|it| format!("\"{it}\"")).collect();
                    writeln!(
                        out,
                        "    {name:<28} {FAINT}{:>6} in {:<4} {}{FAINT:#}",
                        entry.values,
                        entry.documents,
                        examples.join(" ")
                    )?;
                }
            }
        }
        for left in &self.left {
            writeln!(out, "{WARNING}left{WARNING:#} {left}")?;
        }
        Ok(())
    }
}

/// The bytes of what was not carried, to tell the fate of everything else.
struct Fates {
    unmapped: FxHashSet<Span>,
    ignored: FxHashSet<Span>,
}

impl Fates {
    fn of(coverage: &Coverage) -> Self {
        Self {
            unmapped: coverage.unmapped.iter().map(|unmapped| unmapped.place.bytes).collect(),
            ignored: coverage.ignored_at.iter().copied().collect(),
        }
    }

    fn fate(&self, bytes: Span) -> Fate {
        if self.unmapped.contains(&bytes) {
            Fate::Unmapped
        } else if self.ignored.contains(&bytes) {
            Fate::Ignored
        } else {
            Fate::Mapped
        }
    }
}

impl Audience for Tally {
    /// Names a value by its segment, what the segment is about, and its position: `REF[ZZ]-02`.
    fn set(&mut self, header: &SetHeader, set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        let Some(kind) = self.begin(&header.kind, examined.map) else { return Ok(()) };
        let fates = Fates::of(&examined.coverage);
        for (index, segment) in set.segments().enumerate() {
            let about = examined.qualifier(index, segment).map(|code| format!("[{code}]")).unwrap_or_default();
            let tag = format!("{}{about}", segment.tag_text());
            for (position, element) in (1..).zip(segment.elements()) {
                for (component, part) in (1..).zip(element.components()).filter(|(_, part)| !part.is_empty()) {
                    let name = match element.is_divided() {
                        true => format!("{tag}-{position:02}-{component}"),
                        false => format!("{tag}-{position:02}"),
                    };
                    kind.count(fates.fate(part.span()), name, &part.text());
                }
            }
        }
        Ok(())
    }

    /// Names a value by the elements around it: `Invoice/cac:InvoiceLine/cbc:ID`.
    fn xml(&mut self, _part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        let map = document.document.as_ref().and(document.map.as_deref());
        let Some(kind) = self.begin(&document.kind, map) else { return Ok(()) };
        let fates = Fates::of(&document.coverage);
        let mut nodes: Vec<(Node<'_>, String)> = Vec::new();
        nodes.extend(document.tree.root().map(|root| (root, root.written_name().to_owned())));
        while let Some((node, path)) = nodes.pop() {
            for attribute in node.attributes() {
                let name = format!("{path}/@{}", attribute.local_name());
                kind.count(fates.fate(attribute.span()), name, &attribute.text());
            }
            if node.has_text() {
                kind.count(fates.fate(node.text_span()), path.clone(), &node.text());
            }
            nodes.extend(node.children().map(|child| (child, format!("{path}/{}", child.written_name()))));
        }
        Ok(())
    }
}
