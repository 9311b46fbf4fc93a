//! `map whatif`: the latest documents in the store read with two maps, what differs grouped by path. Nothing is written.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::catalogue::Catalogue;
use crate::desk::command::{Common, Format, WhatIf};
use crate::desk::input::drive;
use crate::desk::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, counted};
use crate::desk::settings;
use crate::journey::examine::{Audience, Examined, Examiner, XmlExamined};
use crate::mapping::Detail;
use crate::reply::Disposition;
use crate::store::{Access, Direction, Document, Search, View};
use crate::wire::{SetHeader, TransactionSet};

/// Changes that are shown of one path.
const EXAMPLES_MAX: usize = 3;
/// Documents that are asked for at a time.
const PAGE: usize = 500;

pub fn run(it: &WhatIf, common: &Common, catalogue: Catalogue) -> Answer {
    let (old, old_name) = super::chosen(&it.old, catalogue)?;
    let (new, new_name) = super::chosen(&it.new, super::super::catalogue(common)?)?;
    let subject = |catalogue: &Catalogue, name: &str| {
        catalogue.maps.subject(name).ok_or_else(|| Failure::usage(format!("{name} says no document that it reads")))
    };
    let (subject, other) = (subject(&old, &old_name)?, subject(&new, &new_name)?);
    if subject.kind != other.kind {
        let message = format!("the maps read two kinds of documents: {} and {}", subject.kind, other.kind);
        return Err(Failure::usage(message));
    }
    settings::wait(async {
        let store = settings::store(&settings::load(common)?, Access::Read).await?;
        let mut view = store.view().await.map_err(Failure::ours)?;
        let documents = latest(&mut view, &subject.kind, it).await?;
        let mut compared = Compared::default();
        let mut of_payload: BTreeMap<&str, HashMap<(u64, u64), &Document>> = BTreeMap::new();
        for document in &documents {
            match &document.payload {
                Some(hash) => drop(of_payload.entry(hash).or_default().insert(document.span, document)),
                None => compared.left.push(format!("{} has no stored bytes", document.id)),
            }
        }
        for (hash, wanted) in of_payload {
            let mut read = Vec::new();
            for (catalogue, name) in [(&old, &old_name), (&new, &new_name)] {
                match view.payload(hash).await {
                    Ok(mut payload) => {
                        let mut examiner = Examiner::new(catalogue).with_detail(Detail::COUNTS).with_map(name.clone());
                        let mut takes = Takes { wanted: &wanted, read: HashMap::new() };
                        drive(&mut examiner, &mut payload, &mut takes)?;
                        read.push(takes.read);
                    }
                    Err(error) => compared.left.push(error.to_string()),
                }
            }
            let [old, new] = read.as_slice() else { continue };
            for (span, document) in &wanted {
                match (old.get(span), new.get(span)) {
                    (Some(old), Some(new)) => compared.add(document, old, new),
                    _ => compared.left.push(format!("{} is not read by both maps", document.id)),
                }
            }
        }
        drop(view);
        store.close().await;
        let mut out = anstream::stdout().lock();
        match common.format {
            Format::Json => writeln!(out, "{}", compared.json(&old_name, &new_name))?,
            Format::Human => compared.print(&mut out, &subject.kind)?,
        }
        Ok(if compared.worse.is_empty() { Outcome::Accepted } else { Outcome::Rejected })
    })
}

/// The latest documents of that kind that came in.
async fn latest(view: &mut View, kind: &str, it: &WhatIf) -> Result<Vec<Document>, Failure> {
    let mut found: Vec<Document> = Vec::new();
    let mut search =
        Search { direction: Some(Direction::In), partner: it.partner.clone(), limit: PAGE, ..Search::default() };
    while found.len() < it.last {
        let page = view.find_documents(&search).await.map_err(Failure::ours)?;
        let Some(oldest) = page.last() else { break };
        search.before = Some(oldest.id);
        let is_last = page.len() < PAGE;
        found.extend(page.into_iter().filter(|document| document.type_code == kind));
        if is_last {
            break;
        }
    }
    found.truncate(it.last);
    Ok(found)
}

/// What a map made of one document.
struct Read {
    accepted: bool,
    disposition: Disposition,
    unmapped: u64,
    /// Every value by its path: `lines[0].price`.
    values: BTreeMap<String, String>,
}

impl Read {
    fn new(disposition: Disposition, unmapped: u64, document: Option<&impl serde::Serialize>) -> io::Result<Self> {
        let mut values = BTreeMap::new();
        if let Some(document) = document {
            flatten(&serde_json::to_value(document)?, &mut String::new(), &mut values);
        }
        Ok(Self { accepted: disposition.is_accepted(), disposition, unmapped, values })
    }
}

fn flatten(value: &Value, path: &mut String, values: &mut BTreeMap<String, String>) {
    let length = path.len();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                flatten(member, path, values);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push_str(&format!("[{at}]"));
                flatten(item, path, values);
                path.truncate(length);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(values.insert(path.clone(), text.clone())),
        other => drop(values.insert(path.clone(), other.to_string())),
    }
}

/// Takes the documents that are asked for out of a payload, by their bytes.
struct Takes<'w> {
    wanted: &'w HashMap<(u64, u64), &'w Document>,
    read: HashMap<(u64, u64), Read>,
}

impl Audience for Takes<'_> {
    fn set(&mut self, header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> io::Result<()> {
        let span = (header.span.start, header.span.end);
        if self.wanted.contains_key(&span) {
            let coverage = examined.coverage.unmapped_count;
            self.read.insert(span, Read::new(examined.disposition, coverage, examined.document.as_ref())?);
        }
        Ok(())
    }

    fn xml(&mut self, _part: Option<&str>, document: &XmlExamined<'_>) -> io::Result<()> {
        let coverage = document.coverage.unmapped_count;
        // A document of XML is a payload of its own.
        for span in self.wanted.keys() {
            self.read.insert(*span, Read::new(document.disposition, coverage, document.document.as_ref())?);
        }
        Ok(())
    }
}

/// What differs, over all documents.
#[derive(Default)]
struct Compared {
    documents: usize,
    differing: usize,
    /// By path without positions: `lines[].price`.
    paths: BTreeMap<String, Path>,
    /// Documents whose disposition changes.
    dispositions: Vec<(String, Disposition, Disposition)>,
    /// Those that the old map accepts and the new one rejects.
    worse: Vec<String>,
    /// Values that neither field holds: with the old map, with the new one.
    unmapped: (u64, u64),
    left: Vec<String>,
}

#[derive(Default)]
struct Path {
    documents: usize,
    changes: usize,
    examples: Vec<Change>,
}

struct Change {
    document: String,
    path: String,
    old: Option<String>,
    new: Option<String>,
}

impl Compared {
    fn add(&mut self, document: &Document, old: &Read, new: &Read) {
        self.documents += 1;
        self.unmapped.0 += old.unmapped;
        self.unmapped.1 += new.unmapped;
        let name = document.number.clone().unwrap_or_else(|| document.id.to_string());
        if old.disposition != new.disposition {
            self.dispositions.push((name.clone(), old.disposition, new.disposition));
        }
        if old.accepted && !new.accepted {
            self.worse.push(name.clone());
        }
        let mut of_document: BTreeMap<String, Vec<Change>> = BTreeMap::new();
        let paths = old.values.keys().chain(new.values.keys().filter(|path| !old.values.contains_key(*path)));
        for path in paths {
            let (before, after) = (old.values.get(path), new.values.get(path));
            if before != after {
                let change =
                    Change { document: name.clone(), path: path.clone(), old: before.cloned(), new: after.cloned() };
                of_document.entry(without_positions(path)).or_default().push(change);
            }
        }
        if !of_document.is_empty() || old.disposition != new.disposition {
            self.differing += 1;
        }
        for (path, changes) in of_document {
            let entry = self.paths.entry(path).or_default();
            entry.documents += 1;
            entry.changes += changes.len();
            entry.examples.extend(changes.into_iter().take(1));
            entry.examples.truncate(EXAMPLES_MAX);
        }
    }

    fn json(&self, old: &str, new: &str) -> Value {
        let paths: Vec<Value> = self
            .paths
            .iter()
            .map(|(path, it)| {
                let examples: Vec<Value> = it
                    .examples
                    .iter()
                    .map(|it| json!({"document": it.document, "path": it.path, "old": it.old, "new": it.new}))
                    .collect();
                json!({"path": path, "documents": it.documents, "changes": it.changes, "examples": examples})
            })
            .collect();
        let dispositions: Vec<Value> = self
            .dispositions
            .iter()
            .map(|(document, old, new)| json!({"document": document, "old": old.to_string(), "new": new.to_string()}))
            .collect();
        json!({
            "old": old, "new": new, "documents": self.documents, "differing": self.differing, "paths": paths,
            "dispositions": dispositions, "unmapped": {"old": self.unmapped.0, "new": self.unmapped.1},
            "left": self.left,
        })
    }

    fn print(&self, out: &mut impl Write, kind: &str) -> io::Result<()> {
        let documents = counted(self.documents, "document");
        writeln!(out, "{STRONG}{documents} of kind {kind}{STRONG:#} read with both maps, {} differ", self.differing)?;
        for (path, it) in &self.paths {
            let (documents, changes) = (counted(it.documents, "document"), counted(it.changes, "change"));
            writeln!(out, "  {NAME}{path:<28}{NAME:#} {FAINT}{changes} in {documents}{FAINT:#}")?;
            for change in &it.examples {
                let said =
                    |value: &Option<String>| value.as_ref().map_or("(nothing)".to_owned(), |it| format!("\"{it}\""));
                let (old, new) = (said(&change.old), said(&change.new));
                writeln!(out, "    {FAINT}{}{FAINT:#} {}: {old} → {new}", change.document, change.path)?;
            }
        }
        for (document, old, new) in &self.dispositions {
            let style = if new.is_accepted() { WARNING } else { ERROR };
            writeln!(out, "  {style}{document}{style:#} was {old}, and would be {new}")?;
        }
        if self.unmapped.0 != self.unmapped.1 {
            writeln!(out, "  values not carried: {} → {}", self.unmapped.0, self.unmapped.1)?;
        }
        for left in &self.left {
            writeln!(out, "  {WARNING}left{WARNING:#} {left}")?;
        }
        if self.documents > 0 && self.differing == 0 {
            writeln!(out, "  {GOOD}nothing would change{GOOD:#}")?;
        }
        writeln!(out, "  {FAINT}nothing was written{FAINT:#}")
    }
}

/// `lines[3].price` as `lines[].price`.
fn without_positions(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        if c == ']' {
            inside = false;
        }
        if !inside {
            text.push(c);
        }
        if c == '[' {
            inside = true;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn positions_are_left_out_of_a_path() {
        assert_eq!(super::without_positions("lines[3].ids[12].id"), "lines[].ids[].id");
        assert_eq!(super::without_positions("number"), "number");
    }
}
