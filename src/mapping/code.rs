//! The stable codes of what can be wrong in a map, each with a text for `entrepot explain`.

use std::fmt;

/// The stable codes of mistakes; each has a text for `entrepot explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The line is not written as the language wants it.
    Syntax,
    /// Two patterns match the same segment with equal detail.
    Ambiguous,
    /// A path names a field that the canonical document does not have.
    Path,
    /// A conversion is unknown, or does not fit the field.
    Conversion,
    /// A table is unknown, or says two things about one code.
    Table,
    /// The grammar has no such segment, element or component here.
    Segment,
    /// An override hits no pattern of the base, or several.
    Override,
    /// The map's base, grammar or kind of document is unknown.
    Header,
    /// A tree's levels contradict one another.
    Tree,
    /// An example in the file does not come out as it says.
    Example,
}

impl Code {
    /// Every code, for `explain`, the reference and tests.
    pub const ALL: &'static [Self] = &[
        Self::Syntax,
        Self::Ambiguous,
        Self::Path,
        Self::Conversion,
        Self::Table,
        Self::Segment,
        Self::Override,
        Self::Header,
        Self::Tree,
        Self::Example,
    ];

    /// The code as it stands in messages: `ambiguous`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Ambiguous => "ambiguous",
            Self::Path => "path",
            Self::Conversion => "conversion",
            Self::Table => "table",
            Self::Segment => "segment",
            Self::Override => "override",
            Self::Header => "header",
            Self::Tree => "tree",
            Self::Example => "example",
        }
    }

    /// What `entrepot explain CODE` prints: what happened, why it matters, what to do.
    pub const fn explain(self) -> &'static str {
        match self {
            Self::Syntax => {
                "A line of the map is not written as the language wants it. The other lines are still read, so that \
                 all mistakes of a file are told at once. mappings/README.md has every form with an example."
            }
            Self::Ambiguous => {
                "Two lines of the map match the same segment with equal detail, so that nobody could say which of \
                 them fills its field. Give one of them another selector (a qualifier, or =X in another element), or \
                 remove it."
            }
            Self::Path => {
                "A blank names a field that this kind of canonical document does not have, or names a list where a \
                 value is wanted. `entrepot explain` prints no fields; the published JSON Schema has them all."
            }
            Self::Conversion => {
                "A conversion is unknown, lacks its arguments, or makes another type than the field holds: a date \
                 field wants |date, a decimal |dec or |n2, a text field a table or nothing."
            }
            Self::Table => {
                "A table is unknown (is it in `use tables`?), or gives one code two meanings. Several codes may have \
                 one meaning; the first of them is written."
            }
            Self::Segment => {
                "The grammar has no such segment in this loop, or the segment has no such element. Lines stand in \
                 the loop that their block opened; enter a loop with `each` or with a group (a line followed by {)."
            }
            Self::Override => {
                "A partner's map says `replace`, `drop` or `add in` about a line of its base, and hits no line or \
                 several. An override must hit exactly one, so that a change of the base is noticed."
            }
            Self::Header => {
                "The first statement of a map is `map ADDRESS KIND`, or `map NAME extends ADDRESS`. The grammar, the \
                 base and the kind of document must exist."
            }
            Self::Tree => {
                "A tree's levels contradict one another: a level stands twice, or has no line for its segment, or a \
                 list is placed in one that is not open there."
            }
            Self::Example => {
                "An example that stands in the map does not come out as it says. Either the map or the example is \
                 wrong; `entrepot map test` shows both sides."
            }
        }
    }

    /// The code of a name, for `explain`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl From<Code> for &'static str {
    fn from(code: Code) -> Self {
        code.name()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_explains_itself() {
        for code in Code::ALL {
            assert!(code.explain().len() > 80, "{code}");
            assert_eq!(Code::named(code.name()), Some(*code));
        }
    }
}
