//! What an act says, line by line as it happens.

use std::fmt::Display;

use serde_json::Value;

use super::stage::Found;
use crate::desk::output::{FAINT, GOOD, WARNING, counted};

#[derive(Clone, Copy, Debug)]
pub struct Tell;

impl Tell {
    /// What somebody does.
    pub fn says(self, line: impl Display) {
        anstream::println!("   {line}");
    }

    /// What came of it, and where to see it: a command to run, or a file.
    pub fn shows(self, line: impl Display, place: impl Display) {
        anstream::println!("   {line}  {FAINT}{place}{FAINT:#}");
    }

    /// Something that went well.
    pub fn good(self, what: impl Display, line: impl Display, place: impl Display) {
        self.shows(format_args!("{GOOD}{what}{GOOD:#}{line}"), place);
    }

    /// Something that somebody has to see to.
    pub fn warns(self, what: impl Display, line: impl Display, place: impl Display) {
        self.shows(format_args!("{WARNING}{what}{WARNING:#}{line}"), place);
    }

    /// A canonical document that was handed on.
    pub fn hands_on(self, document: &Found) -> Result<(), String> {
        let value: Value = serde_json::from_slice(&document.bytes).map_err(|error| error.to_string())?;
        let text = |name: &str| value[name].as_str().unwrap_or("?").to_owned();
        let lines = value["lines"].as_array().map_or(0, Vec::len);
        let what = format!("{} {}", text("kind"), text("number"));
        self.good(
            what,
            format_args!(", {}, handed on", counted(lines, "line")),
            format_args!("data/{}", document.place),
        );
        Ok(())
    }
}
