//! What is wrong in a mapping file: a stable code, the place in the map, and one suggested edit.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

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

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One mistake in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub code: Code,
    pub message: String,
    /// The file's name as the user gave it.
    pub file: String,
    /// Bytes in the file, counted from 0.
    pub span: Range<usize>,
    /// A second place that the message speaks of: the other of two ambiguous lines.
    pub other: Option<Range<usize>>,
    /// One suggested edit.
    pub help: Option<String>,
}

impl Mistake {
    pub fn new(code: Code, file: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), file: file.into(), span, other: None, help: None }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn beside(mut self, other: Range<usize>) -> Self {
        self.other = Some(other);
        self
    }

    /// Line and column of the mistake, counted from 1.
    pub fn line_and_column(&self, source: &str) -> (usize, usize) {
        let before = source.get(..self.span.start).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The mistake under its line of the map, as people read it. `colour` only for terminals.
    pub fn render(&self, source: &str, colour: bool) -> String {
        let inside = |range: &Range<usize>| range.start.min(source.len())..range.end.min(source.len());
        let mut snippet =
            Snippet::source(source).path(&self.file).annotation(AnnotationKind::Primary.span(inside(&self.span)));
        if let Some(other) = &self.other {
            snippet = snippet.annotation(AnnotationKind::Context.span(inside(other)));
        }
        let title = Level::ERROR.primary_title(&self.message).id(self.code.name());
        let mut group: Group<'_> = title.element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Ascii).render(&[group])
    }
}

/// The candidate nearest to a misspelt name, if one is near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().max(name.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, change, swap neighbours) between two short names.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            rows[i][j] = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                rows[i][j] = rows[i][j].min(rows[i - 2][j - 2] + 1);
            }
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_as_the_guide_shows() {
        let source = "map x12/004010/850 order\nREF*DP*{department}?\nREF*DP*{cost_centre}?\n";
        let mistake = Mistake::new(
            Code::Ambiguous,
            "acme-850.map",
            25..45,
            "two patterns match the same segment with equal detail",
        )
        .beside(46..67)
        .help("make one more specific, or remove it");
        expect_test::expect![[r"
            error[ambiguous]: two patterns match the same segment with equal detail
             --> acme-850.map:2:1
              |
            2 | REF*DP*{department}?
              | ^^^^^^^^^^^^^^^^^^^^
            3 | REF*DP*{cost_centre}?
              | ---------------------
              |
              = help: make one more specific, or remove it"]]
        .assert_eq(&mistake.render(source, false));
    }

    #[test]
    fn suggestions_are_near() {
        assert_eq!(nearest("departmnet", ["number", "department", "date"]), Some("department"));
        assert_eq!(nearest("zzz", ["number", "department"]), None);
    }
}
