//! Texts that people wrote: read from a file or standard input, and what is wrong in them, as scripts want it.

use std::io::Read as _;
use std::path::Path;
use std::{fs, io};

use serde_json::{Value, json};

use super::output::{Failure, said};
use crate::mistake::Mistake;

/// A text and the name that its mistakes are told under.
pub struct Text {
    pub name: String,
    pub text: String,
}

impl Text {
    /// Reads a file, or standard input for `-`.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let bytes = if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            fs::read(path)
        };
        let bytes = bytes.map_err(|error| Failure::usage(format!("{name}: {}", said(&error))))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                Err(Failure::usage(format!("{name} is no text in UTF-8: byte {at} is not")))
            }
        }
    }
}

/// A mistake as one JSON object. `source` is the text it stands in.
pub fn report(mistake: &Mistake, source: &str) -> Value {
    let (line, column) = mistake.line_and_column(source);
    json!({
        "code": mistake.code,
        "message": mistake.message,
        "file": mistake.file,
        "line": line,
        "column": column,
        "bytes": [mistake.span.start, mistake.span.end],
        "other": mistake.other.as_ref().map(|other| [other.start, other.end]),
        "help": mistake.help,
    })
}
