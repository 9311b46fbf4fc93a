//! The files of a catalogue that people wrote: a folder as values, so that a store can keep them as a revision.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::{fs, io};

use crate::mistake::Mistake;

/// The four folders of a catalogue, and how files in them end.
const FOLDERS: [(&str, &[&str]); 4] = [
    ("grammars", &["grammar", "dict"]),
    ("mappings", &["map", "table"]),
    ("overlays", &["overlay"]),
    ("partners", &["toml"]),
];
const FILE_BYTES_MAX: u64 = 16 << 20;
const FILES_MAX: usize = 20_000;
const DEPTH_MAX: usize = 8;

/// Files by path (`partners/acme.toml`), in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Files(BTreeMap<String, String>);

/// A catalogue that was not taken over, and why.
#[derive(Debug)]
pub struct Refused {
    pub mistakes: Vec<Mistake>,
    pub files: Files,
}

impl Files {
    /// Reads a folder. Names that begin with a dot and files that end otherwise are left alone.
    ///
    /// # Errors
    /// What cannot be read or is too large, as mistakes.
    pub fn read(folder: &Path) -> Result<Self, Refused> {
        let mut files = Self::default();
        let mut mistakes = Vec::new();
        if !folder.is_dir() {
            let message = format!("the folder {} is not there", folder.display());
            mistakes.push(Mistake::new("unreadable", &folder.display().to_string(), 0..0, message));
        }
        for (name, endings) in FOLDERS {
            files.add(&folder.join(name), name, endings, DEPTH_MAX, &mut mistakes);
        }
        if mistakes.is_empty() { Ok(files) } else { Err(Refused { mistakes, files }) }
    }

    /// Makes files from paths and texts.
    pub fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(files.into_iter().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Takes a file out; whether it was there.
    pub(super) fn leave_out(&mut self, path: &str) -> bool {
        self.0.remove(path).is_some()
    }

    /// The files below a folder (`partners/`).
    pub(super) fn under<'f>(&'f self, folder: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.iter().filter(move |(path, _)| path.starts_with(folder))
    }

    fn add(&mut self, folder: &Path, prefix: &str, endings: &[&str], depth: usize, mistakes: &mut Vec<Mistake>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return mistakes.push(unreadable(prefix, &error.to_string())),
        };
        for entry in entries {
            let Ok(entry) = entry.map_err(|error| mistakes.push(unreadable(prefix, &error.to_string()))) else {
                continue;
            };
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            let path = format!("{prefix}/{name}");
            // Links are followed: mounted configuration is often a link that is swapped.
            let known = match fs::metadata(entry.path()) {
                Ok(known) => known,
                Err(error) => {
                    mistakes.push(unreadable(&path, &error.to_string()));
                    continue;
                }
            };
            if known.is_dir() {
                match depth.checked_sub(1) {
                    Some(depth) => self.add(&entry.path(), &path, endings, depth, mistakes),
                    None => mistakes.push(unreadable(&path, "folders are nested too deeply")),
                }
                continue;
            }
            let is_ours = name.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending));
            if !is_ours || !known.is_file() {
                continue;
            }
            if known.len() > FILE_BYTES_MAX || self.0.len() >= FILES_MAX {
                mistakes.push(unreadable(&path, "the file, or the number of files, is larger than expected"));
                continue;
            }
            match fs::read_to_string(entry.path()) {
                Ok(text) => drop(self.0.insert(path, text)),
                Err(error) => mistakes.push(unreadable(&path, &error.to_string())),
            }
        }
    }
}

fn unreadable(path: &str, why: &str) -> Mistake {
    Mistake::new("unreadable", path, 0..0, format!("{path} cannot be read: {why}"))
}

impl Refused {
    /// Every mistake under its line, as people read it.
    pub fn render(&self, colour: bool) -> String {
        let texts = self
            .mistakes
            .iter()
            .map(|mistake| mistake.render(self.files.get(&mistake.file).unwrap_or_default(), colour));
        texts.collect::<Vec<_>>().join("\n\n")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Refused {}
