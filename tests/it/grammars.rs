//! Our grammars against the facts: structure, uses, types, lengths and conditions, row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use entrepot::grammar::{ElementRule, Grammar, Kind, Library, NodeId};

use crate::support;

type Row = BTreeMap<String, String>;

#[test]
fn every_grammar_agrees_with_the_facts() {
    let Some(shared) = support::shared() else {
        return support::left_out("grammars against the facts", "ENTREPOT_SHARED names no folder");
    };
    let facts = shared.join("facts");
    let library = Library::embedded();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for address in library.addresses() {
        let grammar = library.grammar(address).expect("embedded grammars compile");
        let mut differ = |what: String| wrong.push(format!("{address}: {what}"));
        match (address.standard.as_str(), address.release.as_str()) {
            ("x12", "control") => continue,
            ("x12", release) => {
                let mut set = rows(&facts, &format!("x12/{release}/sets/{}.tsv", address.kind));
                // Where one source says loop and the other segment, both rows are there.
                set.retain(|row| row["agreement"] != "ediengine-only");
                structure(&grammar, &set, "id", &mut differ);
                x12_elements(&grammar, &facts, release, &mut differ);
            }
            ("edifact", service @ ("service" | "service-4")) => {
                let syntax = if service == "service" { "3" } else { "4" };
                let mut set = rows(&facts, "edifact/service/contrl.tsv");
                set.retain(|row| row["syntax_version"] == syntax);
                structure(&grammar, &set, "tag", &mut differ);
                edifact_elements(&grammar, &facts, "D96A", syntax, &mut differ);
            }
            (_, release) => {
                let folder = release.replace('.', "");
                let set = rows(&facts, &format!("edifact/{folder}/messages/{}.tsv", address.kind));
                structure(&grammar, &set, "tag", &mut differ);
                edifact_elements(&grammar, &facts, &folder, "3", &mut differ);
            }
        }
        compared += 1;
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 35, "only {compared} grammars were compared");
}

/// Order, nesting and uses. Where sources differ on a minimum, either is right.
fn structure(grammar: &Grammar, set: &[Row], tag: &str, differ: &mut impl FnMut(String)) {
    let mut nodes = grammar.all_nodes();
    let mut trigger_due = false;
    for row in set {
        // The row behind a loop is its trigger, which is one node with it.
        if std::mem::take(&mut trigger_due) {
            continue;
        }
        let opens = row["kind"] == "loop" || row["kind"] == "group";
        trigger_due = opens;
        let Some(node) = nodes.next() else { return differ(format!("{} is not there", row["path"])) };
        let (min, max) = grammar.uses(node);
        let depth = row["depth"].parse::<usize>().expect("a depth");
        if grammar.tag(node).to_string() != row[tag]
            || grammar.is_trigger(node) != opens
            || depth_of(grammar, node) != depth
        {
            return differ(format!("{} stands where {} should", grammar.path(node), row["path"]));
        }
        let mins: Vec<&str> = match row.get("status") {
            Some(status) => vec![if status == "M" { "1" } else { "0" }],
            None => ["min", "bots_min_max", "ediengine_min_max"]
                .iter()
                .filter_map(|column| row.get(*column)?.split('/').next())
                .collect(),
        };
        if !mins.contains(&min.to_string().as_str()) {
            differ(format!("{}: at least {min}, not {mins:?}", row["path"]));
        }
        let wanted = if row["max"] == ">1" { u32::MAX } else { row["max"].parse().expect("a maximum") };
        if max != wanted {
            differ(format!("{}: at most {max}, not {wanted}", row["path"]));
        }
    }
    if let Some(node) = nodes.next() {
        differ(format!("{} is too much", grammar.path(node)));
    }
}

fn depth_of(grammar: &Grammar, node: NodeId) -> usize {
    let mut within = Some(grammar.loop_of(node));
    let mut depth = 0;
    while let Some(id) = within {
        within = grammar.parent_loop(id);
        depth += 1;
    }
    depth - 1 - usize::from(grammar.is_trigger(node))
}

fn x12_elements(grammar: &Grammar, facts: &Path, release: &str, differ: &mut impl FnMut(String)) {
    let segments = rows(facts, &format!("x12/{release}/segments.tsv"));
    let notes = rows(facts, &format!("x12/{release}/syntax-notes.tsv"));
    for (tag, node) in tags(grammar) {
        let own: Vec<&Row> = segments.iter().filter(|row| row["segment"] == tag).collect();
        let simple: Vec<&Row> = own.iter().copied().filter(|row| row["component"].is_empty()).collect();
        let elements = grammar.elements(node);
        if elements.len() != simple.len() {
            differ(format!("{tag} has {} elements, not {}", elements.len(), simple.len()));
            continue;
        }
        for (row, element) in simple.iter().zip(elements) {
            let place = format!("{tag}{}", row["pos"]);
            let parts: Vec<&&Row> =
                own.iter().filter(|part| part["pos"] == row["pos"] && !part["component"].is_empty()).collect();
            if element.required != (row["requirement"] == "M") {
                differ(format!("{place}: required {}", element.required));
            }
            if parts.is_empty() {
                x12_form(grammar, element, row, &place, differ);
            } else {
                let components = grammar.components(element);
                if components.len() != parts.len() {
                    differ(format!("{place} has {} components, not {}", components.len(), parts.len()));
                }
                for (row, component) in parts.iter().zip(components) {
                    x12_form(grammar, component, row, &format!("{place}-{}", row["component"]), differ);
                }
            }
        }
        // Notes that name positions the segment does not have are known defects of the sources.
        let known: BTreeSet<String> = grammar.notes(node).iter().map(|note| normal(&note.to_string())).collect();
        let wanted: BTreeSet<String> = notes
            .iter()
            .filter(|row| row["segment"] == tag && row.get("composite_pos").is_none_or(String::is_empty))
            .map(|row| normal(&row["note"]))
            .filter(|note| positions(note).all(|position| position <= elements.len()))
            .collect();
        if known != wanted {
            differ(format!("{tag}: notes {known:?}, not {wanted:?}"));
        }
    }
}

fn x12_form(grammar: &Grammar, element: &ElementRule, row: &Row, place: &str, differ: &mut impl FnMut(String)) {
    let kind = match element.kind {
        Kind::Text => "AN".to_owned(),
        Kind::Code => "ID".to_owned(),
        Kind::Implied(digits) => format!("N{digits}"),
        Kind::Decimal => "R".to_owned(),
        Kind::Date => "DT".to_owned(),
        Kind::Time => "TM".to_owned(),
        Kind::Binary => "B".to_owned(),
        Kind::Letters | Kind::Composite => "?".to_owned(),
    };
    let ours = format!("{} {kind} {}/{}", grammar.element_id(element), element.length.min, element.length.max);
    let id = if row["element"].is_empty() { "-" } else { &row["element"] };
    let theirs = format!("{id} {} {}/{}", row["type"], row["min"], row["max"]);
    if ours != theirs {
        differ(format!("{place} is {ours}, not {theirs}"));
    }
}

fn edifact_elements(grammar: &Grammar, facts: &Path, folder: &str, syntax: &str, differ: &mut impl FnMut(String)) {
    let mut segments = rows(facts, &format!("edifact/{folder}/segments.tsv"));
    segments
        .extend(rows(facts, "edifact/service/segments.tsv").into_iter().filter(|row| row["syntax_version"] == syntax));
    for (tag, node) in tags(grammar) {
        let own: Vec<&Row> = segments.iter().filter(|row| row["segment"] == tag).collect();
        let mut elements = grammar.elements(node).iter();
        for row in own.iter().filter(|row| row["component"].is_empty()) {
            // Repeated elements stand one behind the other in syntax 3, and are repetitions of one in syntax 4.
            let max = row["max"].parse::<usize>().expect("a maximum");
            for time in 0..if syntax == "4" { 1 } else { max } {
                let place = format!("{tag}{}", row["pos"]);
                let Some(element) = elements.next() else { return differ(format!("{place} is not there")) };
                if element.required != (row["status"] == "M" && time == 0) {
                    differ(format!("{place}: required {}", element.required));
                }
                if grammar.element_id(element) != row["id"] {
                    differ(format!("{place} is {}, not {}", grammar.element_id(element), row["id"]));
                }
                let parts: Vec<&&Row> =
                    own.iter().filter(|part| part["pos"] == row["pos"] && !part["component"].is_empty()).collect();
                if parts.is_empty() {
                    edifact_form(element, row, &place, differ);
                }
                let components = grammar.components(element);
                if components.len() != parts.len() {
                    differ(format!("{place} has {} components, not {}", components.len(), parts.len()));
                }
                for (part, component) in parts.iter().zip(components) {
                    let place = format!("{place}-{}", part["component"]);
                    if component.required != (part["status"] == "M") || grammar.element_id(component) != part["id"] {
                        differ(format!("{place} is {}", grammar.element_id(component)));
                    }
                    edifact_form(component, part, &place, differ);
                }
            }
        }
        if elements.next().is_some() {
            differ(format!("{tag} has too many elements"));
        }
    }
}

fn edifact_form(element: &ElementRule, row: &Row, place: &str, differ: &mut impl FnMut(String)) {
    let kind = match element.kind {
        Kind::Text => "an",
        Kind::Letters => "a",
        Kind::Decimal => "n",
        _ => "?",
    };
    let length = element.length;
    let fixed = u32::from(length.min) == length.max;
    let ours = [format!("{kind}..{}", length.max), format!("{kind}{}", length.max)];
    // A length of one is the same in both notations.
    if row["repr"] != ours[usize::from(fixed)] && !(length.max == 1 && ours.contains(&row["repr"])) {
        differ(format!("{place} is {}, not {}", ours[usize::from(fixed)], row["repr"]));
    }
}

fn tags(grammar: &Grammar) -> BTreeMap<String, NodeId> {
    grammar.all_nodes().map(|node| (grammar.tag(node).to_string(), node)).collect()
}

/// A note with the positions sorted where their order means nothing.
fn normal(note: &str) -> String {
    let (kind, digits) = note.split_at(1);
    let mut pairs: Vec<String> = digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into()).collect();
    let fixed = usize::from(["C", "L"].contains(&kind));
    pairs[fixed..].sort();
    format!("{kind}{}", pairs.concat())
}

fn positions(note: &str) -> impl Iterator<Item = usize> + '_ {
    note.as_bytes()[1..].chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok()?.parse().ok())
}

fn rows(facts: &Path, path: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(facts.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    lines
        .map(|line| {
            let mut fields = line.split('\t');
            names.iter().map(|name| ((*name).to_owned(), fields.next().unwrap_or_default().to_owned())).collect()
        })
        .collect()
}
