//! A TOML file read key by key: each key has a meaning and a default, and every mistake is told with its place.
//!
//! Reading and documenting are one act, so that what `explain` prints is what is read. It knows no particular file.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Mistake, nearest};

/// One key of a file as people may ask about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// With the tables it stands in: `folders.inbox`.
    pub key: String,
    pub meaning: &'static str,
    /// As it would be written in TOML; empty where the key has no default.
    pub default: String,
    /// What is in force.
    pub value: String,
    /// Whether the file says so.
    pub is_given: bool,
    /// Where the value stands in the file.
    pub span: Range<usize>,
}

/// What reading a file showed.
#[derive(Debug, Default)]
pub struct Told {
    pub mistakes: Vec<Mistake>,
    /// Every key that was asked for, in order.
    pub notes: Vec<Note>,
}

/// A type that a key can hold.
pub trait Setting: Sized {
    /// Reads a value, or says what is wanted: `a number`, `one of "a", "b"`.
    fn read(value: &DeValue<'_>) -> Result<Self, String>;
    /// The value as TOML.
    fn show(&self) -> String;
}

/// A table of the file while it is being read. Ask for every key, then [`Keys::finish`].
#[derive(Debug)]
pub struct Keys<'t> {
    file: &'t str,
    /// `None` where the file has no such table: all defaults.
    table: Option<&'t DeTable<'t>>,
    prefix: String,
    span: Range<usize>,
    asked: Vec<&'static str>,
    told: &'t RefCell<Told>,
}

/// Reads a file with `read`, which asks for its keys; the file's syntax, wrong types and unknown keys become mistakes.
pub fn read_keys<T>(file: &str, text: &str, read: impl FnOnce(Keys<'_>) -> T) -> (T, Told) {
    let told = RefCell::new(Told::default());
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        told.borrow_mut().mistakes.push(Mistake::new("toml", file, span, error.message().trim()));
    }
    let span = table.span();
    let keys = Keys { file, table: Some(table.get_ref()), prefix: String::new(), span, asked: Vec::new(), told: &told };
    let value = read(keys);
    (value, told.into_inner())
}

impl<'t> Keys<'t> {
    /// Asks for a key that has a default.
    pub fn or<T: Setting>(&mut self, key: &'static str, default: T, meaning: &'static str) -> T {
        let shown = default.show();
        match self.get(key, shown.clone(), meaning) {
            Some(value) => value,
            None => {
                self.note(key, meaning, shown.clone(), shown, None);
                default
            }
        }
    }

    /// Asks for a key that may be left out.
    pub fn optional<T: Setting>(&mut self, key: &'static str, meaning: &'static str) -> Option<T> {
        let value = self.get(key, String::new(), meaning);
        if value.is_none() {
            self.note(key, meaning, String::new(), String::new(), None);
        }
        value
    }

    /// Asks for a key that must stand in the file; a default is used to go on without it.
    pub fn required<T: Setting + Default>(&mut self, key: &'static str, meaning: &'static str) -> T {
        let is_there = self.find(key).is_some();
        let value = self.get(key, String::new(), meaning);
        if !is_there {
            let path = self.path(key);
            self.mistake("missing", self.span.start..self.span.start, format!("`{path}` is missing: {meaning}"), None);
            self.note(key, meaning, String::new(), String::new(), None);
        }
        value.unwrap_or_default()
    }

    /// Asks for a table inside this one.
    pub fn table(&mut self, key: &'static str) -> Keys<'t> {
        self.asked.push(key);
        let found = self.table.and_then(|table| table.get(key));
        let (table, span) = match found.map(|value| (value.get_ref().as_table(), value.span())) {
            Some((Some(table), span)) => (Some(table), span),
            Some((None, span)) => {
                let path = self.path(key);
                self.mistake("type", span.clone(), format!("`{path}` is a table: write [{path}]"), None);
                (None, span)
            }
            None => (None, self.span.clone()),
        };
        self.inner(table, self.path(key), span)
    }

    /// Asks for a table whose keys are names that the user chooses: each with its own table and place.
    pub fn tables(&mut self, key: &'static str) -> Vec<(String, Range<usize>, Keys<'t>)> {
        let outer = self.table(key);
        let mut named = Vec::new();
        for (name, value) in outer.table.into_iter().flat_map(DeTable::iter) {
            let path = format!("{}.{}", outer.prefix, name.get_ref());
            match value.get_ref().as_table() {
                Some(table) => {
                    let keys = self.inner(Some(table), path, value.span());
                    named.push((name.get_ref().to_string(), name.span(), keys));
                }
                None => self.mistake("type", value.span(), format!("`{path}` is a table: write [{path}]"), None),
            }
        }
        named.sort_by_key(|(_, span, _)| span.start);
        named
    }

    /// Whether the file gives a key at all.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Where the value of a key stands, or the table where it is left out.
    pub fn span(&self, key: &str) -> Range<usize> {
        self.find(key).map_or(self.span.clone(), Spanned::span)
    }

    /// Tells a mistake that only the reader of the file can see.
    pub fn mistake(&self, code: &'static str, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let mistake = Mistake { help, ..Mistake::new(code, self.file, span, message) };
        self.told.borrow_mut().mistakes.push(mistake);
    }

    /// Ends a table: what was not asked for is unknown.
    pub fn finish(self) {
        for (key, _) in self.table.into_iter().flat_map(DeTable::iter) {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let help = nearest(name, self.asked.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                let help = help.or_else(|| Some(format!("known here: {}", self.asked.join(", "))));
                self.mistake("unknown-key", key.span(), format!("`{}` is not a key", self.path(name)), help);
            }
        }
    }

    fn inner(&self, table: Option<&'t DeTable<'t>>, prefix: String, span: Range<usize>) -> Keys<'t> {
        Keys { file: self.file, table, prefix, span, asked: Vec::new(), told: self.told }
    }

    fn find(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.and_then(|table| table.get(key))
    }

    fn path(&self, key: &str) -> String {
        if self.prefix.is_empty() { key.to_owned() } else { format!("{}.{key}", self.prefix) }
    }

    fn get<T: Setting>(&mut self, key: &'static str, default: String, meaning: &'static str) -> Option<T> {
        self.asked.push(key);
        let found = self.find(key)?;
        match T::read(found.get_ref()) {
            Ok(value) => {
                self.note(key, meaning, default, value.show(), Some(found.span()));
                Some(value)
            }
            Err(wanted) => {
                let path = self.path(key);
                self.mistake("value", found.span(), format!("`{path}` wants {wanted}"), None);
                None
            }
        }
    }

    fn note(&self, key: &str, meaning: &'static str, default: String, value: String, span: Option<Range<usize>>) {
        let is_given = span.is_some();
        let span = span.unwrap_or_default();
        let note = Note { key: self.path(key), meaning, default, value, is_given, span };
        self.told.borrow_mut().notes.push(note);
    }
}

/// Reads one of several words; for the [`Setting`] of an enum.
pub fn choose<T: Copy>(value: &DeValue<'_>, choices: &[(&str, T)]) -> Result<T, String> {
    let given = value.as_str();
    if let Some((_, choice)) = choices.iter().find(|(word, _)| Some(*word) == given) {
        return Ok(*choice);
    }
    let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let near = given.and_then(|given| nearest(given, choices.iter().map(|(word, _)| *word)));
    let hint = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
    Err(format!("one of {}{hint}", words.join(", ")))
}

/// The word of a choice; for the [`Setting`] of an enum.
pub fn word_of<T: Copy + PartialEq>(choice: T, choices: &[(&str, T)]) -> String {
    let word = choices.iter().find(|(_, other)| *other == choice).map_or("", |(word, _)| word);
    format!("\"{word}\"")
}

impl Setting for String {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(|| "text in quotes".into())
    }

    fn show(&self) -> String {
        toml::Value::String(self.clone()).to_string()
    }
}

impl Setting for bool {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "true or false".into())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for u64 {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let number = value.as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        number.ok_or_else(|| "a whole number, not negative".into())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for u32 {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let number = u64::read(value)?;
        number.try_into().map_err(|_| format!("a number up to {}", u32::MAX))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for std::path::PathBuf {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_str().filter(|path| !path.is_empty()).map(Into::into).ok_or_else(|| "a path in quotes".into())
    }

    fn show(&self) -> String {
        self.display().to_string().show()
    }
}

/// A list; one value alone stands for a list of one.
impl<T: Setting> Setting for Vec<T> {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_array() {
            Some(array) => array.iter().map(|item| T::read(item.get_ref())).collect(),
            None => Ok(vec![T::read(value)?]),
        }
    }

    fn show(&self) -> String {
        format!("[{}]", self.iter().map(Setting::show).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_file_is_told() {
        let text = "name = 3\nprot = 80\n[limit]\nsize = \"x\"\n";
        let ((name, port, size), told) = read_keys("a.toml", text, |mut keys| {
            let name: String = keys.required("name", "what it is called");
            let port: u64 = keys.or("port", 25, "where it listens");
            let mut limit = keys.table("limit");
            let size: u32 = limit.or("size", 7, "how much");
            limit.finish();
            keys.finish();
            (name, port, size)
        });
        assert_eq!((name.as_str(), port, size), ("", 25, 7));
        let messages: Vec<_> = told.mistakes.iter().map(|m| m.message.as_str()).collect();
        assert_eq!(
            messages,
            ["`name` wants text in quotes", "`limit.size` wants a whole number, not negative", "`prot` is not a key"]
        );
        assert_eq!(told.mistakes[2].help.as_deref(), Some("did you mean `port`?"));
        assert_eq!(told.mistakes[2].line_and_column(text), (2, 1));
    }

    #[test]
    fn keys_are_explained_with_default_and_value() {
        let (_, told) = read_keys("a.toml", "b = 2", |mut keys| {
            keys.or::<u64>("a", 1, "first");
            keys.or::<u64>("b", 1, "second");
            keys.finish();
        });
        let notes: Vec<_> = told.notes.iter().map(|n| (n.key.as_str(), &*n.default, &*n.value, n.is_given)).collect();
        assert_eq!(notes, [("a", "1", "1", false), ("b", "1", "2", true)]);
    }

    #[test]
    fn broken_toml_is_a_mistake() {
        for text in ["a = ", "[a", "a = 1\na = 2", "\0", "= 3", "a = \"\\q\""] {
            let ((), told) = read_keys("a.toml", text, |mut keys| {
                keys.or::<u64>("a", 1, "first");
                keys.finish();
            });
            assert!(!told.mistakes.is_empty(), "{text:?}");
        }
    }
}
