//! What lies in the folders that are watched and is not taken: named for whoever wonders what became of a file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use super::layout::{Layout, subfolders};
use super::name::is_temporary;

/// Something that stays where it was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untaken {
    pub path: PathBuf,
    pub since: SystemTime,
    pub why: &'static str,
}

/// What nobody takes from `in/` and `send/`, the oldest first. What lies there for less than `patience` may be on its way.
///
/// # Errors
/// When a folder cannot be read.
pub fn untaken(layout: &Layout, patience: Duration) -> io::Result<Vec<Untaken>> {
    let mut found = Vec::new();
    for (root, is_send) in [(layout.inbox(), false), (layout.send(), true)] {
        if !root.is_dir() {
            continue;
        }
        look(&root, false, is_send, &mut found)?;
        for folder in subfolders(&root)? {
            look(&folder, true, is_send, &mut found)?;
        }
    }
    let now = SystemTime::now();
    found.retain(|it| now.duration_since(it.since).is_ok_and(|age| age >= patience));
    found.sort_by(|one, other| (one.since, &one.path).cmp(&(other.since, &other.path)));
    Ok(found)
}

fn look(folder: &Path, is_partners: bool, is_send: bool, found: &mut Vec<Untaken>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // Hidden folders are other doors' own.
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        // Taken while we looked.
        let Ok(known) = entry.metadata() else { continue };
        if known.is_dir() && (is_hidden || !is_partners) {
            continue;
        }
        let since = known.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        found.push(Untaken { path: entry.path(), since, why: reason(&name, known.is_dir(), is_send) });
    }
    Ok(())
}

fn reason(name: &OsStr, is_folder: bool, is_send: bool) -> &'static str {
    match () {
        () if is_folder => "a folder inside a partner's folder is left alone: move its files up",
        () if is_temporary(name) => "its name says that it is not whole yet: rename it when it is",
        () if is_send && !name.as_encoded_bytes().ends_with(b".json") => "only NAME.json is sent from here",
        () => "it waits to be whole: its last interchange has no end, or it still grows",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_named_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        layout.prepare(["acme"]).unwrap();
        let inbox = layout.inbox();
        fs::create_dir(inbox.join("acme/old")).unwrap();
        fs::create_dir(inbox.join("acme/.upload")).unwrap();
        for (name, text) in [("in/acme/a.edi.part", "ISA"), ("in/b.edi", "ISA"), ("send/acme/c.csv", "x")] {
            fs::write(layout.root().join(name), text).unwrap();
        }
        let mut told: Vec<(String, &str)> = untaken(&layout, Duration::ZERO)
            .unwrap()
            .into_iter()
            .map(|it| (it.path.strip_prefix(layout.root()).unwrap().display().to_string(), &it.why[..10]))
            .collect();
        told.sort();
        let expected = [
            ("in/acme/a.edi.part", "its name s"),
            ("in/acme/old", "a folder i"),
            ("in/b.edi", "it waits t"),
            ("send/acme/c.csv", "only NAME."),
        ];
        assert_eq!(told, expected.map(|(path, why)| (path.to_owned(), why)));
        assert!(untaken(&layout, Duration::from_secs(3600)).unwrap().is_empty());
    }
}
