//! A map's text cut into pieces: one statement, the opening of a block, or its end, each with its comments.
//!
//! A block's `{` has white space before it and behind it; a blank's has neither, so that the two are never confused.

use std::ops::Range;

use super::ast::Spot;

/// One piece of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub kind: PieceKind,
    /// The piece's own text, without white space around it, comments and block braces.
    pub spot: Spot,
    pub comments_before: Vec<String>,
    pub comment_behind: Option<String>,
    pub blank_line_before: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    Statement,
    /// A statement followed by `{`.
    Open,
    /// `}`.
    Close,
    /// An example: its document, whether it is refused, and what is expected.
    Example {
        wire: Spot,
        refuses: bool,
        expected: Spot,
    },
    /// An example without `gives` or `with`.
    ExampleUnfinished,
    /// Comments behind the last statement.
    End,
}

/// Cuts a file into pieces. Never fails.
pub(super) fn cut(source: &str) -> Vec<Piece> {
    let mut cutter = Cutter { source, at: 0, pieces: Vec::new(), comments: Vec::new(), blank: false };
    while cutter.at < source.len() {
        cutter.line();
    }
    let end = source.len()..source.len();
    cutter.push(PieceKind::End, end);
    cutter.pieces
}

struct Cutter<'a> {
    source: &'a str,
    at: usize,
    pieces: Vec<Piece>,
    comments: Vec<String>,
    blank: bool,
}

impl Cutter<'_> {
    fn line(&mut self) {
        let start = self.at;
        let end = self.line_end(start);
        let text = &self.source[start..end];
        if starts_with_word(text, "example") {
            let first = start + (text.len() - text.trim_start().len());
            return self.example(first);
        }
        self.at = (end + 1).min(self.source.len());
        if end == self.source.len() {
            self.at = end;
        }
        let (code, comment) = split_comment(text);
        if code.trim().is_empty() {
            match comment {
                Some(comment) => self.comments.push(comment.to_owned()),
                None => self.blank = true,
            }
            return;
        }
        let before = self.pieces.len();
        self.code(start, code);
        if let (Some(comment), true) = (comment, self.pieces.len() > before)
            && let Some(piece) = self.pieces.last_mut()
        {
            piece.comment_behind = Some(comment.to_owned());
        }
    }

    /// Cuts the code of one line at its block braces.
    fn code(&mut self, offset: usize, code: &str) {
        let bytes = code.as_bytes();
        let blank = |at: Option<&u8>| at.is_none_or(u8::is_ascii_whitespace);
        let (mut from, mut quoted) = (0, false);
        for at in 0..bytes.len() {
            let alone = (at == 0 || blank(bytes.get(at - 1))) && blank(bytes.get(at + 1));
            match bytes[at] {
                b'"' => quoted = !quoted,
                b'{' if !quoted && alone => {
                    self.push(PieceKind::Open, trimmed(self.source, offset + from..offset + at));
                    from = at + 1;
                }
                b'}' if !quoted && alone => {
                    self.statement(offset + from..offset + at);
                    self.push(PieceKind::Close, offset + at..offset + at + 1);
                    from = at + 1;
                }
                b';' if !quoted && alone => {
                    self.statement(offset + from..offset + at);
                    from = at + 1;
                }
                _ => {}
            }
        }
        self.statement(offset + from..offset + code.len());
    }

    fn statement(&mut self, spot: Spot) {
        let spot = trimmed(self.source, spot);
        if !spot.is_empty() {
            self.push(PieceKind::Statement, spot);
        }
    }

    fn push(&mut self, kind: PieceKind, spot: Spot) {
        self.pieces.push(Piece {
            kind,
            spot,
            comments_before: std::mem::take(&mut self.comments),
            comment_behind: None,
            blank_line_before: std::mem::take(&mut self.blank),
        });
    }

    /// `example reads ... gives {...}` and `example refuses ... with NAME`, over as many lines as it takes.
    fn example(&mut self, start: usize) {
        let head_end = self.line_end(start);
        let head = &self.source[start..head_end];
        let refuses = head["example".len()..].trim_start().starts_with("refuses");
        let verb = if refuses { "refuses" } else { "reads" };
        let joint = if refuses { "with" } else { "gives" };
        let wire_start = head.find(verb).map_or(head_end, |at| start + at + verb.len());
        let Some(joint_at) = find_word(self.source, wire_start, joint) else {
            self.at = (head_end + 1).min(self.source.len());
            return self.push(PieceKind::ExampleUnfinished, trimmed(self.source, start..head_end));
        };
        let expected_start = joint_at + joint.len();
        let expected_end = if refuses { self.line_end(expected_start) } else { json_end(self.source, expected_start) };
        let wire = trimmed(self.source, wire_start..joint_at);
        let expected = trimmed(self.source, expected_start..expected_end);
        self.at = (self.line_end(expected_end) + 1).min(self.source.len());
        self.push(PieceKind::Example { wire, refuses, expected }, start..expected_end);
    }

    fn line_end(&self, from: usize) -> usize {
        self.source[from..].find('\n').map_or(self.source.len(), |at| from + at)
    }
}

/// The code and the comment of a line: a `#` between white space (or at the line's start) outside quotes.
fn split_comment(line: &str) -> (&str, Option<&str>) {
    let bytes = line.as_bytes();
    let blank = |at: Option<&u8>| at.is_none_or(u8::is_ascii_whitespace);
    let mut quoted = false;
    for at in 0..bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b'#' if !quoted && (at == 0 || blank(bytes.get(at - 1))) && blank(bytes.get(at + 1)) => {
                return (&line[..at], Some(line[at + 1..].trim()));
            }
            _ => {}
        }
    }
    (line, None)
}

pub(super) fn starts_with_word(text: &str, word: &str) -> bool {
    text.trim_start().strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Where a word stands alone, from an offset on and before the next example.
fn find_word(source: &str, from: usize, word: &str) -> Option<usize> {
    let mut at = from;
    loop {
        let found = at + source.get(at..)?.find(word)?;
        let before = source[..found].chars().next_back().is_none_or(char::is_whitespace);
        let behind = source[found + word.len()..].chars().next().is_none_or(|c| c.is_whitespace() || c == '{');
        if before && behind {
            let crossed = source[from..found].lines().skip(1).any(|line| starts_with_word(line, "example"));
            return (!crossed).then_some(found);
        }
        at = found + word.len();
    }
}

/// The end of the JSON value that starts behind an offset: where its braces balance, or the end of the line.
fn json_end(source: &str, from: usize) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in source[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return from + at + 1;
                }
            }
            _ => {}
        }
    }
    source.len()
}

pub(super) fn trimmed(source: &str, spot: Range<usize>) -> Spot {
    let text = &source[spot.clone()];
    let start = spot.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts() {
        check("REF*DP*{department}?", "REF*DP*{department}?");
        check("  each a { X*{b} }  # why", "each a{ | X*{b} | }");
        check("# only\n\nA*1\n", "A*1");
        check("each a {\n  B*1\n}", "each a{ | B*1 | }");
        check("cbc:ID   {number}", "cbc:ID   {number}");
        check("MSG*#1*\"a # b\" # c", "MSG*#1*\"a # b\"");
        check("example reads A*1 gives {\"a\": {\"b\": \"}\"}}\nB", "example(A*1 -> {\"a\": {\"b\": \"}\"}}) | B");
        check("example refuses\nA*1~\nB*2~\nwith code-invalid\nC", "refused(A*1~\nB*2~ -> code-invalid) | C");
        check("example reads A*1\nB*1", "unfinished | B*1");
    }

    #[track_caller]
    fn check(source: &str, pieces: &str) {
        let told: Vec<String> = cut(source)
            .iter()
            .filter(|piece| piece.kind != PieceKind::End)
            .map(|piece| match &piece.kind {
                PieceKind::Statement => source[piece.spot.clone()].to_owned(),
                PieceKind::Open => format!("{}{{", &source[piece.spot.clone()]),
                PieceKind::Close => "}".to_owned(),
                PieceKind::Example { wire, refuses, expected } => format!(
                    "{}({} -> {})",
                    if *refuses { "refused" } else { "example" },
                    &source[wire.clone()],
                    &source[expected.clone()]
                ),
                PieceKind::ExampleUnfinished => "unfinished".to_owned(),
                PieceKind::End => String::new(),
            })
            .collect();
        assert_eq!(told.join(" | "), pieces);
    }
}
