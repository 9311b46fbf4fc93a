//! Every story in `tests/journeys` comes out as told.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use entrepot::story::{self, Played};

#[tokio::test(flavor = "multi_thread")]
async fn every_journey_comes_out_as_told() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The tables' rows stand in a folder of their own.
    let folders = [root.join("tests/journeys"), root.join("tests/journeys/rows")];
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "journey"))
        .collect();
    paths.sort();
    let only = std::env::var("ENTREPOT_JOURNEY").ok();
    let mut told = String::new();
    for path in paths {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        match story::read(&name, &text) {
            Ok(story) => match story::play(&story).await {
                Ok(played) => differs(&played, &mut told),
                Err(why) => writeln!(told, "{name} cannot be played: {why}").unwrap(),
            },
            Err(mistakes) => mistakes.iter().for_each(|mistake| {
                writeln!(told, "{}", mistake.render(&text, false)).unwrap();
            }),
        }
    }
    assert!(told.is_empty(), "{told}");
}

fn differs(played: &Played, told: &mut String) {
    for difference in &played.differences {
        let place = format!("{}:{}", played.file, difference.line);
        writeln!(told, "{place}: {} {}", difference.sentence, difference.run.join(", ")).unwrap();
        difference.found.iter().for_each(|found| writeln!(told, "  found: {found}").unwrap());
    }
    for line in played.differences.last().iter().flat_map(|last| &last.trail) {
        writeln!(told, "    {line}").unwrap();
    }
}
