//! What other maps or agreements would make of documents that came: both readings side by side, what differs by path.
//! Nothing is written.

use std::collections::{BTreeMap, HashMap};
use std::io;

use serde_json::{Value, json};

use super::drive::drive;
use super::{Audience, Examined, Examiner, XmlExamined};
use crate::catalogue::Catalogue;
use crate::mapping::Detail;
use crate::reply::Disposition;
use crate::store::{Direction, Document, Result, Search, View};
use crate::wire::{SetHeader, TransactionSet};

/// Changes that are shown of one path.
const EXAMPLES_MAX: usize = 3;
/// Documents that are asked for at a time.
const PAGE: usize = 500;

/// What documents are read with.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'c> {
    pub catalogue: &'c Catalogue,
    /// A map for all of them; `None`: the one that was agreed with each partner.
    pub map: Option<&'c str>,
}

/// The latest documents that came in: of that kind, of that partner.
///
/// # Errors
/// Those of the store.
pub async fn latest(view: &mut View, kind: Option<&str>, partner: Option<&str>, most: usize) -> Result<Vec<Document>> {
    let mut found: Vec<Document> = Vec::new();
    let partner = partner.map(str::to_owned);
    let mut search = Search { direction: Some(Direction::In), partner, limit: PAGE, ..Search::default() };
    while found.len() < most {
        let page = view.find_documents(&search).await?;
        let Some(oldest) = page.last() else { break };
        search.before = Some(oldest.id);
        let is_last = page.len() < PAGE;
        found.extend(page.into_iter().filter(|document| kind.is_none_or(|kind| document.type_code == kind)));
        if is_last {
            break;
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Reads documents in two ways, the old one first.
///
/// # Errors
/// When a payload that is there cannot be read.
pub async fn compare(view: &mut View, documents: &[Document], sides: [Reading<'_>; 2]) -> io::Result<Compared> {
    let mut compared = Compared::default();
    // One payload is of one partner: its agreements decide how it is read.
    type Wanted<'d> = HashMap<(u64, u64), &'d Document>;
    let mut of_payload: BTreeMap<(&str, Option<&str>), Wanted<'_>> = BTreeMap::new();
    for document in documents {
        match &document.payload {
            Some(hash) => {
                let wanted = of_payload.entry((hash, document.partner.as_deref())).or_default();
                wanted.insert(document.span, document);
            }
            None => compared.left.push(format!("{} has no stored bytes", document.id)),
        }
    }
    for ((hash, partner), wanted) in of_payload {
        let mut read = Vec::new();
        for side in sides {
            match view.payload(hash).await {
                Ok(mut payload) => {
                    let mut examiner = Examiner::new(side.catalogue).with_detail(Detail::COUNTS);
                    if let Some(map) = side.map {
                        examiner = examiner.with_map(map);
                    } else {
                        let partner = partner.and_then(|partner| side.catalogue.directory.partner(partner));
                        examiner.belongs_to(partner, None);
                    }
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
                _ => compared.left.push(format!("{} is not read in both ways", document.id)),
            }
        }
    }
    Ok(compared)
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
pub struct Compared {
    pub documents: usize,
    pub differing: usize,
    /// By path without positions: `lines[].price`.
    pub paths: BTreeMap<String, Path>,
    /// Documents whose disposition changes.
    pub dispositions: Vec<(String, Disposition, Disposition)>,
    /// Those that the old map accepts and the new one rejects.
    pub worse: Vec<String>,
    /// Values that neither field holds: with the old map, with the new one.
    pub unmapped: (u64, u64),
    pub left: Vec<String>,
}

#[derive(Default)]
pub struct Path {
    pub documents: usize,
    pub changes: usize,
    pub examples: Vec<Change>,
}

pub struct Change {
    pub document: String,
    pub path: String,
    pub old: Option<String>,
    pub new: Option<String>,
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

    /// As JSON: how many, and what differs by path with examples.
    pub fn json(&self) -> Value {
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
            "documents": self.documents, "differing": self.differing, "paths": paths,
            "dispositions": dispositions, "unmapped": {"old": self.unmapped.0, "new": self.unmapped.1},
            "left": self.left,
        })
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
