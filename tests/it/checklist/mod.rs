//! What is asked of the gateway, sentence by sentence, each with the tests that hold it: a row without a test does not stand.

mod doors;
mod engine;
mod money;
mod trades;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What must be so, and what says that it is: tests as `file::function` below `tests/it` (as `it/...`) or below `src`,
/// benchmarks (`bench/...`) for what is measured, stories (`story/...`) below `tests/journeys`.
type Row = (&'static str, &'static [&'static str]);

const PARTS: [&[Row]; 4] = [doors::ROWS, engine::ROWS, trades::ROWS, money::ROWS];
#[test]
fn every_row_has_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    for (folder, prefix) in [("src", ""), ("tests/it", "it/")] {
        for file in files(&root.join(folder), "rs") {
            let text = fs::read_to_string(&file).expect("a source file");
            let place = file.strip_prefix(root.join(folder)).expect("below").with_extension("");
            let place = format!("{prefix}{}", place.display());
            tests.extend(names(&text).map(|name| format!("{place}::{name}")));
        }
    }
    // What is measured is no test: it is run by hand, and only has to be there.
    for file in files(&root.join("benches"), "rs") {
        let text = fs::read_to_string(&file).expect("a source file");
        let place = file.strip_prefix(root.join("benches")).expect("below").with_extension("");
        let functions = text.lines().filter_map(|line| line.split_once("fn ")?.1.split('(').next());
        tests.extend(functions.map(|name| format!("bench/{}::{name}", place.display())));
    }
    for file in files(&root.join("tests/journeys"), "journey") {
        let place = file.strip_prefix(root.join("tests/journeys")).expect("below").with_extension("");
        tests.insert(format!("story/{}", place.display()));
    }
    let rows = || PARTS.iter().copied().flatten();
    let missing: Vec<&str> =
        rows().flat_map(|(_, held_by)| *held_by).copied().filter(|test| !tests.contains(*test)).collect();
    assert!(missing.is_empty(), "named and not there:\n{}", missing.join("\n"));
    let bare: Vec<&str> = rows().filter(|(_, held_by)| held_by.is_empty()).map(|(row, _)| *row).collect();
    assert!(bare.is_empty(), "no test holds:\n{}", bare.join("\n"));
}

/// The functions of a source that are tests and are run.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if line.starts_with("#[ignore") {
            is_test = false;
        } else if let Some(rest) = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn ")) {
            return std::mem::take(&mut is_test).then(|| rest.split('(').next().unwrap_or(rest));
        }
        None
    })
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path, ending)),
            false if path.extension().is_some_and(|found| found == ending) => found.push(path),
            false => {}
        }
    }
    found
}
