//! How the bytes look that we write for a partner: delimiters, line breaks, version.

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use crate::mistake::keys::{Keys, Setting, choose, word_of};
use crate::wire::charset::Charset;
use crate::wire::writer::{Form, LineEnd};
use crate::wire::{Delimiters, Syntax};

/// The look of what we write in one syntax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// ISA12 (`00401`), or UNB S001 (`UNOC:3`).
    pub version: String,
    pub delimiters: Delimiters,
    /// Put behind every terminator.
    pub line_end: LineEnd,
}

impl Writing {
    pub fn standard(syntax: Syntax) -> Self {
        match syntax {
            Syntax::X12 => Self { version: "00401".into(), delimiters: Delimiters::X12, line_end: LineEnd::None },
            Syntax::Edifact => {
                Self { version: "UNOC:3".into(), delimiters: Delimiters::EDIFACT, line_end: LineEnd::None }
            }
        }
    }

    /// What the writer needs to know.
    pub fn form(&self, syntax: Syntax) -> Form {
        let mut delimiters = self.delimiters;
        if syntax == Syntax::X12 && delimiters.repetition.is_none() && self.version.as_str() >= "00402" {
            delimiters.repetition = Some(b'^');
        }
        let charset = match (syntax, self.version.split_once(':')) {
            (Syntax::Edifact, Some((level, _))) => Charset::named(level),
            _ => Charset::Detect,
        };
        Form { syntax, delimiters, charset, line_end: self.line_end, substitute: None }
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
        let line_end = keys.or("line_end", inherited.line_end, "what follows each terminator we write");
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
        Self { version, delimiters, line_end }
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

const LINE_ENDS: &[(&str, LineEnd)] = &[("none", LineEnd::None), ("lf", LineEnd::Lf), ("crlf", LineEnd::CrLf)];

impl Setting for LineEnd {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, LINE_ENDS)
    }

    fn show(&self) -> String {
        word_of(*self, LINE_ENDS)
    }
}
