//! Examples that stand in maps, run for the administrator exactly as in the tests.

use serde_json::Value as Json;

use super::code::Code;
use super::law::envelope;
use super::library::Bound;
use super::syntax::ast::{Body, Example, Expects, MapFile, Spot};
use super::{Detail, Mapping, Reading};
use crate::finding::Finding;
use crate::grammar::{Address, Checked, Grammar, Strictness};
use crate::mistake::Mistake;
use crate::wire::xml::{Limits, Tree};
use crate::wire::{Cuts, Syntax};

/// Differences beyond these are only counted.
const DIFFERENCES_MAX: usize = 8;

/// One example that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The file it stands in, and where.
    pub file: String,
    pub spot: Spot,
    /// What does not come out as it says; nothing where it does.
    pub mistake: Option<Mistake>,
}

/// Runs every example of a map, in the order of the file.
pub fn run(file: &MapFile, bound: &Bound) -> Vec<Tried> {
    let mut tried = Vec::new();
    for statement in &file.statements {
        let Body::Example(example) = &statement.body else { continue };
        let name = file.files.get(usize::from(statement.file)).map_or(file.file.as_str(), |name| name);
        let mistake = match bound {
            Bound::Set { mapping, grammar } => set(example, name, mapping, grammar),
            Bound::Xml(map) => {
                let tree = Tree::read(example.wire.value.trim().as_bytes(), Limits::default());
                judge(example, name, &tree.findings, &map.read(&tree, Detail::COUNTS))
            }
        };
        tried.push(Tried { file: name.to_owned(), spot: statement.spot.clone(), mistake });
    }
    tried
}

fn set(example: &Example, file: &str, mapping: &Mapping, grammar: &Grammar) -> Option<Mistake> {
    let wire = set_of(&example.wire.value, mapping.syntax(), &grammar.address);
    let (.., delimiters) = envelope(mapping.syntax(), &grammar.address);
    let cuts = Cuts::new(wire.as_bytes(), mapping.syntax(), delimiters);
    let mut checked = Checked::default();
    grammar.check(cuts.set(), Strictness::default(), &mut checked);
    let reading = mapping.read(cuts.set(), &checked, Detail::COUNTS);
    judge(example, file, &checked.findings, &reading)
}

/// Compares what was read and found with what the example says.
fn judge(example: &Example, file: &str, found: &[Finding], reading: &Reading<'_>) -> Option<Mistake> {
    let findings = || found.iter().chain(&reading.findings);
    match &example.expects {
        Expects::Refuses(fault) => {
            if findings().any(|finding| finding.fault.name() == fault.value) {
                return None;
            }
            let told: Vec<&str> = findings().map(|finding| finding.fault.name()).collect();
            let found = if told.is_empty() {
                "nothing is wrong with it".to_owned()
            } else {
                format!("found {}", told.join(", "))
            };
            let message = format!("the example is not refused with {}: {found}", fault.value);
            Some(Mistake::new(Code::Example.name(), file, fault.spot.clone(), message))
        }
        Expects::Gives(json) => {
            let expected: Json = match serde_json::from_str(&json.value) {
                Ok(expected) => expected,
                Err(error) => {
                    let message = format!("what the example gives is not JSON: {error}");
                    return Some(Mistake::new(Code::Example.name(), file, json.spot.clone(), message));
                }
            };
            let found = serde_json::to_value(&reading.document).unwrap_or(Json::Null);
            let mut differences = Vec::new();
            differs(&expected, &found, &mut String::new(), &mut differences);
            if differences.is_empty() {
                return None;
            }
            let more = differences.len().saturating_sub(DIFFERENCES_MAX);
            differences.truncate(DIFFERENCES_MAX);
            let mut message = differences.join("; ");
            if more > 0 {
                message.push_str(&format!("; and {more} more"));
            }
            let mut mistake = Mistake::new(Code::Example.name(), file, json.spot.clone(), message);
            if let Some(finding) = findings().find(|finding| finding.is_error()) {
                mistake = mistake.help(format!("the document has a fault: {}", finding.message()));
            }
            Some(mistake)
        }
    }
}

/// The members that are not as expected. Members that are not named may be anything.
fn differs(expected: &Json, found: &Json, path: &mut String, differences: &mut Vec<String>) {
    let length = path.len();
    match (expected, found) {
        (Json::Object(members), Json::Object(_)) => {
            for (name, expected) in members {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                differs(expected, found.get(name).unwrap_or(&Json::Null), path, differences);
                path.truncate(length);
            }
        }
        (Json::Array(items), Json::Array(others)) if items.len() == others.len() => {
            for (at, (expected, found)) in items.iter().zip(others).enumerate() {
                path.push_str(&format!("[{at}]"));
                differs(expected, found, path, differences);
                path.truncate(length);
            }
        }
        (Json::Array(items), Json::Array(others)) => {
            differences.push(format!("{path} has {} items, and the example gives {}", others.len(), items.len()));
        }
        _ if expected == found => {}
        (_, Json::Null) => differences.push(format!("{path} is not there, and the example gives {expected}")),
        _ => differences.push(format!("{path} is {found}, and the example gives {expected}")),
    }
}

/// A whole set: lines are segments, a header and a trailer are put around where there are none.
fn set_of(text: &str, syntax: Syntax, address: &Address) -> String {
    let (head, tail, delimiters) = envelope(syntax, address);
    let terminator = char::from(delimiters.segment);
    let mut wire = String::with_capacity(text.len() + 32);
    let (first, last) = if syntax == Syntax::X12 { ("ST*", "SE*") } else { ("UNH+", "UNT+") };
    if !text.trim_start().starts_with(first) {
        wire.push_str(&head);
    }
    let mut trailer = false;
    for segment in text.lines().flat_map(|line| split(line, terminator)) {
        let segment = segment.trim();
        if !segment.is_empty() {
            trailer |= segment.starts_with(last);
            wire.push_str(segment);
            wire.push(terminator);
        }
    }
    if !trailer {
        wire.push_str(&tail);
    }
    wire
}

/// Cuts at terminators that are not released.
fn split(line: &str, terminator: char) -> Vec<&str> {
    let (mut parts, mut from, mut released) = (Vec::new(), 0, false);
    for (at, c) in line.char_indices() {
        if released {
            released = false;
        } else if c == '?' && terminator == '\'' {
            released = true;
        } else if c == terminator {
            parts.push(&line[from..at]);
            from = at + c.len_utf8();
        }
    }
    parts.push(&line[from..]);
    parts
}
