//! What is wrong in a file that people write: a stable code, the place, and one suggested edit.
//!
//! Maps, grammars, overlays, partners and settings all speak with this one voice. It knows none of them.

pub mod codes;
pub mod keys;
mod nearest;

pub use nearest::{nearest, slip};

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// One mistake in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Stable: `entrepot explain` knows it.
    pub code: &'static str,
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
    pub fn new(code: &'static str, file: &str, span: Range<usize>, message: impl Into<String>) -> Self {
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

    /// The mistake in one line: place, sentence, suggested edit.
    pub fn line(&self, source: &str) -> String {
        let (line, column) = self.line_and_column(source);
        let help = self.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{line}:{column}: {}{help}", self.file, self.message)
    }

    /// The mistake under its line of the map, as people read it. `colour` only for terminals.
    pub fn render(&self, source: &str, colour: bool) -> String {
        let inside = |range: &Range<usize>| range.start.min(source.len())..range.end.min(source.len());
        let mut snippet =
            Snippet::source(source).path(&self.file).annotation(AnnotationKind::Primary.span(inside(&self.span)));
        if let Some(other) = &self.other {
            snippet = snippet.annotation(AnnotationKind::Context.span(inside(other)));
        }
        let title = Level::ERROR.primary_title(&self.message).id(self.code);
        // What cannot be read has no line to stand under.
        let mut group: Group<'_> = if source.is_empty() { Group::with_title(title) } else { title.element(snippet) };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Ascii).render(&[group])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_as_the_guide_shows() {
        let source = "map x12/004010/850 order\nREF*DP*{department}?\nREF*DP*{cost_centre}?\n";
        let mistake =
            Mistake::new("ambiguous", "acme-850.map", 25..45, "two patterns match the same segment with equal detail")
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
        let line = "acme-850.map:2:1: two patterns match the same segment with equal detail (make one more specific, or \
                    remove it)";
        assert_eq!(mistake.line(source), line);
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        assert_eq!(Mistake::new("syntax", "f", 4..5, "no").line_and_column("ab\ncd"), (2, 2));
    }
}
