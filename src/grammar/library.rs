//! Every grammar there is: those the binary carries, and the files that replace or add to them; compiled when asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;

use super::dictionary::Dictionary;
use super::overlay::{self, Change};
use super::{Address, Grammar, compile, embedded, syntax};
use crate::mistake::{Mistake, nearest};

/// Grammars by address.
#[derive(Debug)]
pub struct Library {
    /// By path without the extension: `x12/004010/850`.
    grammars: BTreeMap<Address, Entry>,
    /// By folder: `x12/004010`.
    dictionaries: BTreeMap<String, Release>,
}

#[derive(Debug)]
struct Entry {
    path: String,
    text: Cow<'static, str>,
    compiled: OnceLock<Result<Arc<Grammar>, Vec<Mistake>>>,
}

#[derive(Debug, Default)]
struct Release {
    files: Vec<(String, Cow<'static, str>)>,
    compiled: OnceLock<(Arc<Dictionary>, Vec<Mistake>)>,
}

/// What checking a file showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkup {
    pub mistakes: Vec<Mistake>,
    /// For an overlay: what each of its lines tightens or loosens.
    pub changes: Vec<Change>,
}

impl Library {
    /// What the binary carries. Costs next to nothing: each grammar is compiled when it is first asked for.
    pub fn embedded() -> Self {
        Self::with([])
    }

    /// What the binary carries, compiled once for all tests of a run.
    #[cfg(test)]
    pub(crate) fn for_tests() -> &'static Self {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        LIBRARY.get_or_init(Self::embedded)
    }

    /// What the binary carries, and files that replace or add to it: path under `grammars/` (`x12/004010/850.grammar`,
    /// `x12/004010/segments.dict`) and text.
    pub fn with(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all: BTreeMap<String, Cow<'static, str>> =
            embedded::FILES.iter().map(|&(path, text)| (path.to_owned(), Cow::Borrowed(text))).collect();
        all.extend(files.into_iter().map(|(path, text)| (path, Cow::Owned(text))));
        let mut library = Self { grammars: BTreeMap::new(), dictionaries: BTreeMap::new() };
        for (path, text) in all {
            if let Some(Ok(address)) = path.strip_suffix(".grammar").map(str::parse) {
                library.grammars.insert(address, Entry { path, text, compiled: OnceLock::new() });
            } else if let Some((folder, _)) = path.rsplit_once('/').filter(|_| path.ends_with(".dict")) {
                library.dictionaries.entry(folder.to_owned()).or_default().files.push((path, text));
            }
        }
        library
    }

    /// A grammar by its exact address; none where there is none or where its file is wrong (`check` says how).
    pub fn grammar(&self, address: &Address) -> Option<Arc<Grammar>> {
        self.compiled(self.grammars.get(address)?).as_ref().ok().cloned()
    }

    /// The address of the grammar that fits best, which may be of another release.
    pub fn nearest(&self, address: &Address) -> Option<&Address> {
        if let Some((exact, _)) = self.grammars.get_key_value(address) {
            return Some(exact);
        }
        address.nearest(self.grammars.keys())
    }

    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.grammars.keys()
    }

    /// Compiles everything and tells every mistake.
    pub fn check(&self) -> Vec<Mistake> {
        let releases: Vec<&str> = self.dictionaries.keys().map(String::as_str).collect();
        let dictionaries = releases.iter().flat_map(|folder| self.dictionary(folder).1);
        let grammars =
            self.grammars.values().filter_map(|entry| self.compiled(entry).as_ref().err()).flatten().cloned();
        dictionaries.chain(grammars).collect()
    }

    /// Checks one file that somebody wrote, against what the library holds: a grammar, a dictionary or an overlay, told
    /// apart by its first word.
    pub fn check_file(&self, path: &str, text: &str, today: Option<Date>) -> Checkup {
        let first = text.lines().find_map(|line| line.split('#').next()?.split_whitespace().next());
        if first == Some("overlay") {
            return self.check_overlay(path, text, today);
        }
        let (file, mut mistakes) = syntax::parse(path, text);
        let folder = match &file.set {
            Some(set) => set.address.rsplit_once('/').map_or("", |(folder, _)| folder),
            None => path.rsplit_once('/').map_or("", |(folder, _)| folder),
        };
        let mut files: Vec<_> = self.parse_release(folder).into_iter().map(|(file, _)| file).collect();
        files.push(file);
        let (dictionary, wrong) = Dictionary::compile(&files);
        mistakes.extend(wrong.into_iter().filter(|mistake| mistake.file == path));
        if let Some(set) = files.last().and_then(|file| file.set.as_ref()) {
            mistakes.extend(compile::compile(path, set, Arc::new(dictionary)).err().into_iter().flatten());
        }
        Checkup { mistakes, changes: Vec::new() }
    }

    fn check_overlay(&self, path: &str, text: &str, today: Option<Date>) -> Checkup {
        let (overlay, mut mistakes) = overlay::parse(path, text);
        let mut changes = Vec::new();
        if let Some(overlay) = overlay {
            match self.grammar(&overlay.base).map(|grammar| overlay.apply(&grammar, today)) {
                Some(Ok((_, made))) => changes = made,
                Some(Err(wrong)) => mistakes.extend(wrong),
                None => {
                    let known: Vec<String> = self.addresses().map(ToString::to_string).collect();
                    let base = overlay.base.to_string();
                    let mistake = Mistake::new("address", path, 0..0, format!("there is no grammar {base}"));
                    mistakes.push(match nearest(&base, known.iter().map(String::as_str)) {
                        Some(known) => mistake.help(format!("did you mean {known}?")),
                        None => mistake,
                    });
                }
            }
        }
        Checkup { mistakes, changes }
    }

    fn compiled<'a>(&self, entry: &'a Entry) -> &'a Result<Arc<Grammar>, Vec<Mistake>> {
        entry.compiled.get_or_init(|| {
            let (file, mut mistakes) = syntax::parse(&entry.path, &entry.text);
            let Some(set) = &file.set else {
                let message = "a grammar begins with \"set\" and its address";
                mistakes.push(Mistake::new("syntax", &entry.path, 0..0, message));
                return Err(mistakes);
            };
            if entry.path.strip_suffix(".grammar") != Some(set.address) {
                let message = format!("{} stands in the file {}", set.address, entry.path);
                mistakes.push(Mistake::new("address", &entry.path, set.bytes.clone(), message));
            }
            let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let dictionary = if file.segments.is_empty() && file.composites.is_empty() && file.elements.is_empty() {
                self.dictionary(folder).0
            } else {
                // The file describes segments of its own: they stand before those of its release.
                let mut files: Vec<_> = self.parse_release(folder).into_iter().map(|(file, _)| file).collect();
                files.push(syntax::parse(&entry.path, &entry.text).0);
                let (dictionary, wrong) = Dictionary::compile(&files);
                mistakes.extend(wrong.into_iter().filter(|mistake| mistake.file == entry.path));
                Arc::new(dictionary)
            };
            match compile::compile(&entry.path, set, dictionary) {
                Ok(grammar) if mistakes.is_empty() => Ok(Arc::new(grammar)),
                Ok(_) => Err(mistakes),
                Err(wrong) => {
                    mistakes.extend(wrong);
                    Err(mistakes)
                }
            }
        })
    }

    /// The dictionary of a folder, that of its standard's service segments included.
    fn dictionary(&self, folder: &str) -> (Arc<Dictionary>, Vec<Mistake>) {
        let build = || {
            let (files, wrong): (Vec<_>, Vec<_>) = self.parse_release(folder).into_iter().unzip();
            let (dictionary, mistakes) = Dictionary::compile(&files);
            (Arc::new(dictionary), wrong.into_iter().flatten().chain(mistakes).collect())
        };
        match self.dictionaries.get(folder) {
            Some(release) => release.compiled.get_or_init(build).clone(),
            None => build(),
        }
    }

    fn parse_release(&self, folder: &str) -> Vec<(syntax::File<'_>, Vec<Mistake>)> {
        self.sources(folder).map(|(path, text)| syntax::parse(path, text)).collect()
    }

    /// The dictionary files that hold in a folder: the standard's service segments, then its own.
    fn sources(&self, folder: &str) -> impl Iterator<Item = &(String, Cow<'static, str>)> {
        let standard = folder.split('/').next().unwrap_or_default();
        let service = format!("{standard}/service");
        let shared = self.dictionaries.get(&service).filter(|_| service != folder);
        let own = self.dictionaries.get(folder);
        shared.into_iter().chain(own).flat_map(|release| &release.files)
    }
}

impl Grammar {
    /// Compiles one text that describes its own segments: for tests and for trying things out.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        let (file, mut mistakes) = syntax::parse(path, text);
        let files = [file];
        let (dictionary, wrong) = Dictionary::compile(&files);
        mistakes.extend(wrong);
        let [syntax::File { set: Some(set), .. }] = &files else {
            let message = "a grammar begins with \"set\" and its address";
            mistakes.push(Mistake::new("syntax", path, 0..0, message));
            return Err(mistakes);
        };
        match compile::compile(path, set, Arc::new(dictionary)) {
            Ok(grammar) if mistakes.is_empty() => Ok(grammar),
            Ok(_) => Err(mistakes),
            Err(wrong) => {
                mistakes.extend(wrong);
                Err(mistakes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_checked_by_their_first_word() {
        let library = Library::for_tests();
        let told = |path: &str, text: &str| {
            let checkup = library.check_file(path, text, None);
            let told: Vec<_> = checkup.mistakes.iter().map(|m| format!("{} {}", m.code, m.message)).collect();
            (told.join("; "), checkup.changes.len())
        };
        let overlay = "# ours\noverlay 850 for ACME on x12/004010/850\n  forbid SAC\n";
        assert_eq!(told("a.overlay", overlay), (String::new(), 1));
        let elsewhere = "overlay 850 for ACME on x12/004011/850\n  forbid SAC\n";
        assert_eq!(told("a.overlay", elsewhere), ("address there is no grammar x12/004011/850".to_owned(), 0));
        let grammar = "set x12/004010/850 \"Order\"\n  ST 1\n  BEG 1\n  PO1 1..* loop\n    PID 0..*\n  SE 1\n";
        assert_eq!(told("x.grammar", grammar), (String::new(), 0));
        let wrong = "set x12/004010/850 \"Order\"\n  ST 1\n  BGE 1\n    REF 0..x\n  SE 1\n";
        let expected =
            "syntax expected TAG 0..1, and perhaps \"loop\" or \"group N\"; segment-unknown BGE is described nowhere";
        assert_eq!(told("x.grammar", wrong), (expected.to_owned(), 0));
        let dictionary = "segment QQ \"Ours\" notes P0109\n  1 98 M ID 2/3\n  3 C999 O\n";
        let expected = "position position 3 stands where 2 is due; note note P0109 names a position that QQ does not have; \
                        composite no composite is called C999";
        assert_eq!(told("x12/004010/ours.dict", dictionary), (expected.to_owned(), 0));
    }

    #[test]
    fn every_embedded_grammar_compiles() {
        let library = Library::embedded();
        assert_eq!(library.check(), []);
        let order: Address = "x12/004010/850".parse().expect("an address");
        let grammar = library.grammar(&order).expect("the order");
        assert_eq!(grammar.label.as_ref(), "Purchase order");
        assert!(library.addresses().count() > 30);
    }
}
