//! Examples that stand in maps, run for the administrator exactly as in the tests.

use serde_json::Value as Json;

use super::code::Code;
use super::law::envelope;
use super::syntax::ast::{Body, Example, Expects, MapFile};
use super::{Detail, Mapping};
use crate::grammar::{Checked, Grammar, Strictness};
use crate::mistake::Mistake;
use crate::wire::{Cuts, Syntax};

/// Runs every example of a map. A mistake for each that does not come out as it says; none where all do.
pub fn run(file: &MapFile, mapping: &Mapping, grammar: &Grammar) -> Ran {
    let mut ran = Ran::default();
    for statement in &file.statements {
        let Body::Example(example) = &statement.body else { continue };
        ran.examples += 1;
        let name = file.files.get(usize::from(statement.file)).map_or(file.file.as_str(), |name| name);
        ran.mistakes.extend(one(example, name, mapping, grammar));
    }
    ran
}

/// What came of a file's examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    pub examples: usize,
    pub mistakes: Vec<Mistake>,
}

fn one(example: &Example, file: &str, mapping: &Mapping, grammar: &Grammar) -> Option<Mistake> {
    let wire = set_of(&example.wire.value, mapping.syntax(), &grammar.address.kind);
    let (.., delimiters) = envelope(mapping.syntax(), &grammar.address.kind);
    let cuts = Cuts::new(wire.as_bytes(), mapping.syntax(), delimiters);
    let mut checked = Checked::default();
    grammar.check(cuts.set(), Strictness::default(), &mut checked);
    let reading = mapping.read(cuts.set(), &checked, Detail::LEDGER);
    let findings = || checked.findings.iter().chain(&reading.findings);
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
            let mut path = String::new();
            let difference = differs(&expected, &found, &mut path)?;
            let mut mistake = Mistake::new(Code::Example.name(), file, json.spot.clone(), difference);
            if let Some(finding) = findings().find(|finding| finding.is_error()) {
                mistake = mistake.help(format!("the document has a fault: {}", finding.message()));
            }
            Some(mistake)
        }
    }
}

/// The first member that is not as expected. Members that are not named may be anything.
fn differs(expected: &Json, found: &Json, path: &mut String) -> Option<String> {
    let length = path.len();
    let difference = match (expected, found) {
        (Json::Object(members), Json::Object(_)) => members.iter().find_map(|(name, expected)| {
            path.truncate(length);
            if length > 0 {
                path.push('.');
            }
            path.push_str(name);
            differs(expected, found.get(name).unwrap_or(&Json::Null), path)
        }),
        (Json::Array(items), Json::Array(others)) if items.len() == others.len() => {
            items.iter().zip(others).enumerate().find_map(|(at, (expected, found))| {
                path.truncate(length);
                path.push_str(&format!("[{at}]"));
                differs(expected, found, path)
            })
        }
        _ if expected == found => None,
        _ => Some(format!("{path} is {found}, and the example gives {expected}")),
    };
    path.truncate(length);
    difference
}

/// A whole set: lines are segments, a header and a trailer are put around where there are none.
fn set_of(text: &str, syntax: Syntax, kind: &str) -> String {
    let (head, tail, delimiters) = envelope(syntax, kind);
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
