//! The demo as a newcomer runs it: it ends well and soon, and every command that it names shows something.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

#[test]
fn the_story_comes_out_as_told_and_every_place_it_names_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let output = entrepot(&["demo", "--exit"], folder.path());
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}");
    assert!(began.elapsed() < Duration::from_secs(30), "a newcomer does not wait: {:?}", began.elapsed());
    let stage = told.lines().find_map(|line| line.trim().strip_prefix("look    cd ")?.split(' ').next()).unwrap();
    let stage = Path::new(stage);
    let commands: Vec<&str> = told.lines().filter_map(|line| line.split("  entrepot ").nth(1)).collect();
    assert!(commands.len() >= 10, "{told}");
    for command in commands {
        let words: Vec<&str> = command.split(' ').collect();
        let output = entrepot(&words, stage);
        assert!(output.status.success() && !output.stdout.is_empty(), "{command}: {output:?}");
    }
    let shown = entrepot(&["partner", "show", "mueller"], stage);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("ssh-ed25519 SHA256:"), "our host keys, for the partner");
    for file in told.lines().filter_map(|line| line.split("  data/").nth(1)) {
        assert!(stage.join("data").join(file).exists(), "{file}");
    }
    for said in [
        "processed, signed, MIC",
        "AK9*R",
        "held",
        "released",
        "rejected",
        "corrected",
        "overdue",
        "+7",
        "posted Dr Cash 4065.50",
        "mirrored",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    std::fs::remove_dir_all(stage).unwrap();
}

fn entrepot(words: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.args(words).current_dir(folder).env("TMPDIR", folder.parent().unwrap()).env("NO_COLOR", "1");
    command.output().expect("the program runs")
}
