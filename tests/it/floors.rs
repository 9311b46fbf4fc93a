//! Keeps the floors: a module imports only from floors below it, and the pure floors hold nothing impure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The floors, lowest first. Modules on one floor do not import one another unless [`SIBLINGS`] says so.
const FLOORS: &[&[&str]] = &[
    &["clock", "config", "mistake", "trace"],
    &["finding", "canonical", "wire"],
    &["grammar", "process", "partner", "ports"],
    &["mapping", "reply", "bank"],
    &["store", "transport", "work"],
    &["catalogue", "journey"],
    &["desk", "daemon", "story", "main"],
];

/// Who may look at a neighbour on its own floor: importer, imported.
const SIBLINGS: &[(&str, &str)] = &[
    ("store", "work"),
    ("config", "mistake"),
    ("wire", "finding"),
    // How trades run is agreed with partners, and is the process's own value.
    ("partner", "process"),
    ("journey", "catalogue"),
    ("desk", "daemon"),
    ("desk", "story"),
    ("main", "desk"),
    ("main", "daemon"),
];

/// What the floors of pure functions must not name, and why.
const IMPURE: &[(&str, &str)] = &[
    ("async fn", "no async"),
    ("tokio::", "no runtime"),
    ("tracing::", "no logging"),
    ("sqlx::", "no SQL"),
    ("Timestamp::now", "no clock"),
    ("SystemTime::now", "no clock"),
];

#[test]
fn modules_import_downward_only() {
    let floor_of: BTreeMap<&str, usize> =
        FLOORS.iter().enumerate().flat_map(|(floor, names)| names.iter().map(move |name| (*name, floor))).collect();
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        let Some(&here) = floor_of.get(module.as_str()) else {
            if module != "lib" {
                wrong.push(format!("{}: module `{module}` stands on no floor", path.display()));
            }
            continue;
        };
        for (number, line) in code_lines(&text) {
            for other in imported(line) {
                let Some(&there) = floor_of.get(other) else { continue };
                let sibling = SIBLINGS.contains(&(module.as_str(), other));
                if other != module && there >= here && !sibling {
                    wrong.push(format!("{}:{number}: `{module}` imports `{other}`", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that climb:\n{}", wrong.join("\n"));
}

#[test]
fn floors_one_to_three_are_pure() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        if !FLOORS[1..=3].iter().any(|floor| floor.contains(&module.as_str())) {
            continue;
        }
        for (number, line) in code_lines(&text) {
            for (word, why) in IMPURE {
                if line.contains(word) {
                    wrong.push(format!("{}:{number}: {why}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "impure lines on the pure floors:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_store_writes_sql() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        if module == "store" {
            continue;
        }
        for (number, line) in code_lines(&text) {
            if ["SELECT ", "INSERT INTO", "DELETE FROM", "sqlx::query"].iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "SQL outside the store:\n{}", wrong.join("\n"));
}

/// Every source file with the top-level module it belongs to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("src can be listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inside = path.strip_prefix(&root).expect("below src");
                let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
                let text = std::fs::read_to_string(&path).expect("source is text");
                found.push((first.trim_end_matches(".rs").to_string(), path.clone(), text));
            }
        }
    }
    found
}

/// Lines of code with their numbers, comments and the tests at the foot left out.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line))
}

/// The top-level modules a line names through `crate::` (a `use crate::{a::.., b}` list counts each).
fn imported(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            names.extend(list.split(',').map(first_word));
        } else {
            names.push(first_word(rest));
        }
    }
    names
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}
