//! How the bytes look that we write for a partner: delimiters, line breaks, version.

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use crate::mistake::keys::{Keys, Setting};
use crate::wire::{Delimiters, Syntax};

/// The look of what we write in one syntax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// ISA12 (`00401`), or UNB S001 (`UNOC:3`).
    pub version: String,
    pub delimiters: Delimiters,
    /// Put behind every terminator: nothing, a line feed, or both.
    pub line_break: String,
}

impl Writing {
    pub fn standard(syntax: Syntax) -> Self {
        match syntax {
            Syntax::X12 => Self { version: "00401".into(), delimiters: Delimiters::X12, line_break: String::new() },
            Syntax::Edifact => {
                Self { version: "UNOC:3".into(), delimiters: Delimiters::EDIFACT, line_break: String::new() }
            }
        }
    }

    /// Reads the keys of `[x12]` or `[edifact]` that are about looks.
    pub(super) fn read(keys: &mut Keys<'_>, syntax: Syntax, inherited: &Self) -> Self {
        let standard = inherited.delimiters;
        let version_meaning = match syntax {
            Syntax::X12 => "the version of the envelope we write (ISA12)",
            Syntax::Edifact => "character set and syntax version we write (UNB S001)",
        };
        let version = keys.or("version", inherited.version.clone(), version_meaning);
        let element = keys.or("element", Mark(standard.element), "the element separator we write");
        let component = keys.or("component", Mark(standard.component), "the component separator we write");
        let segment = keys.or("segment", Mark(standard.segment), "the segment terminator we write");
        let repetition = keys.optional::<Mark>("repetition", "the repetition separator we write (00402 and later)");
        let line_break = keys.or("line_break", inherited.line_break.clone(), "what follows each terminator we write");
        let delimiters = Delimiters {
            segment: segment.0,
            element: element.0,
            component: component.0,
            repetition: repetition.map(|mark| mark.0).or(standard.repetition),
            ..standard
        };
        let taken = [delimiters.segment, delimiters.element, delimiters.component]
            .into_iter()
            .chain(delimiters.repetition)
            .chain(delimiters.release)
            .collect::<Vec<_>>();
        if (1..taken.len()).any(|i| taken[..i].contains(&taken[i])) {
            keys.mistake("value", keys.span("element"), "two delimiters are the same character", None);
        }
        if !line_break.chars().all(|c| matches!(c, '\r' | '\n')) {
            let help = Some("write \"\\n\", \"\\r\\n\" or \"\"".into());
            keys.mistake("value", keys.span("line_break"), "a line break is made of CR and LF", help);
        }
        let fits = match syntax {
            Syntax::X12 => version.len() == 5 && version.bytes().all(|b| b.is_ascii_digit()),
            Syntax::Edifact => version.split_once(':').is_some_and(|(set, number)| {
                set.len() == 4 && set.starts_with("UNO") && matches!(number, "1" | "2" | "3" | "4")
            }),
        };
        if !fits {
            let help = match syntax {
                Syntax::X12 => "five digits, as in \"00401\"",
                Syntax::Edifact => "as in \"UNOC:3\"",
            };
            let message = format!("\"{version}\" is not a version of the envelope");
            keys.mistake("value", keys.span("version"), message, Some(help.into()));
        }
        Self { version, delimiters, line_break }
    }
}

/// A character that can serve as delimiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark(u8);

impl Setting for Mark {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_str().map(str::as_bytes) {
            Some(&[mark]) if mark.is_ascii() && !mark.is_ascii_alphanumeric() && mark != b' ' => Ok(Self(mark)),
            _ => Err("one character that is no letter, digit or blank".into()),
        }
    }

    fn show(&self) -> String {
        char::from(self.0).to_string().show()
    }
}
