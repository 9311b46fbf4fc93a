//! What several topics share: temporary places, and how a test says that it was left out.

use std::io::Write;
use std::path::PathBuf;

/// Says on the real standard error (the test runner captures only `eprint!`) that a check was left out and why.
///
/// `tests/run` collects these lines through `ENTREPOT_LEFT_OUT` and counts them as skipped.
pub fn left_out(what: &str, why: &str) {
    let line = format!("left out: {what}: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(path) = std::env::var_os("ENTREPOT_LEFT_OUT") {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        if let Ok(mut file) = file {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

/// The folder with facts and real documents, where this machine has one.
#[allow(dead_code, reason = "used as topics arrive")]
pub fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("ENTREPOT_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    path.join("corpora/INDEX.csv").is_file().then_some(path)
}
