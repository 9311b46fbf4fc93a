//! Cuts the text of a journey into sentences of words, each word with its place. It knows no sentence.

use std::ops::Range;

use crate::mistake::Mistake;

/// A word: bare, quoted, or `key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Set in `key=value`; `text` is the value then.
    pub key: Option<String>,
    /// Without its quotes.
    pub text: String,
    pub is_quoted: bool,
    /// The whole word in the file.
    pub span: Range<usize>,
}

/// The words of one sentence, or a brace that opens or closes a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    Sentence {
        words: Vec<Word>,
    },
    /// `any order {`: the words before the brace.
    Open {
        words: Vec<Word>,
        span: Range<usize>,
    },
    Close {
        span: Range<usize>,
    },
}

/// Cuts a text. A line that is indented by two more than the beginning of its sentence continues it; `#` begins a
/// comment; a quoted value may go on in a continuing line.
pub fn cut(file: &str, text: &str) -> (Vec<Cut>, Vec<Mistake>) {
    let mut cutter = Cutter { file, cuts: Vec::new(), mistakes: Vec::new(), words: Vec::new(), indent: 0, open: None };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        cutter.line(start, line.trim_end_matches(['\n', '\r']));
        start += line.len();
    }
    cutter.close_quote(text.len());
    cutter.end();
    (cutter.cuts, cutter.mistakes)
}

struct Cutter<'t> {
    file: &'t str,
    cuts: Vec<Cut>,
    mistakes: Vec<Mistake>,
    words: Vec<Word>,
    /// Where the current sentence began in its line.
    indent: usize,
    /// A quoted value that has not ended, and where its quote stands.
    open: Option<(Word, usize)>,
}

impl Cutter<'_> {
    fn line(&mut self, start: usize, line: &str) {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - content.len();
        if content.is_empty() || (content.starts_with('#') && self.open.is_none()) {
            return;
        }
        let continues = indent >= self.indent + 2;
        let mut at = start + indent;
        let mut rest = content;
        if let Some((mut word, quote)) = self.open.take() {
            if continues {
                word.text.push(' ');
                rest = self.quoted(word, quote, &mut at, rest);
            } else {
                self.open = Some((word, quote));
                self.close_quote(start);
            }
        }
        if !continues || self.words.is_empty() {
            self.end();
            self.indent = indent;
        }
        self.words_of(at, rest);
    }

    fn words_of(&mut self, mut at: usize, mut rest: &str) {
        loop {
            let trimmed = rest.trim_start_matches([' ', '\t']);
            at += rest.len() - trimmed.len();
            rest = trimmed;
            let Some(first) = rest.chars().next() else { return };
            match first {
                '#' => return,
                '{' | '}' => {
                    let span = at..at + 1;
                    if first == '{' {
                        let words = std::mem::take(&mut self.words);
                        self.cuts.push(Cut::Open { words, span });
                    } else {
                        self.end();
                        self.cuts.push(Cut::Close { span });
                    }
                    (at, rest) = (at + 1, &rest[1..]);
                }
                _ => rest = self.word(&mut at, rest),
            }
        }
    }

    /// One word; answers what stands behind it.
    fn word<'r>(&mut self, at: &mut usize, rest: &'r str) -> &'r str {
        let bare = rest.find([' ', '\t', '"']).unwrap_or(rest.len());
        let mut word = Word { key: None, text: rest[..bare].to_owned(), is_quoted: false, span: *at..*at + bare };
        if let Some((key, value)) = rest[..bare].split_once('=')
            && is_key(key)
        {
            word.key = Some(key.to_owned());
            word.text = value.to_owned();
        }
        *at += bare;
        let rest = &rest[bare..];
        if !rest.starts_with('"') {
            self.words.push(word);
            return rest;
        }
        let quote = *at;
        *at += 1;
        word.is_quoted = true;
        self.quoted(word, quote, at, &rest[1..])
    }

    /// The rest of a quoted word; where its quote does not end in this line, it waits for the next.
    fn quoted<'r>(&mut self, mut word: Word, quote: usize, at: &mut usize, rest: &'r str) -> &'r str {
        let Some(end) = rest.find('"') else {
            word.text.push_str(rest.trim_end());
            *at += rest.len();
            self.open = Some((word, quote));
            return "";
        };
        word.text.push_str(&rest[..end]);
        *at += end + 1;
        word.span.end = *at;
        self.words.push(word);
        &rest[end + 1..]
    }

    fn close_quote(&mut self, end: usize) {
        if let Some((mut word, quote)) = self.open.take() {
            let mistake = Mistake::new("syntax", self.file, quote..quote + 1, "the quoted value does not end");
            self.mistakes
                .push(mistake.help("put \" behind it; a value goes on in the next line only where that is indented"));
            word.span.end = end.max(word.span.end);
            self.words.push(word);
        }
    }

    fn end(&mut self) {
        if !self.words.is_empty() {
            let words = std::mem::take(&mut self.words);
            self.cuts.push(Cut::Sentence { words });
        }
    }
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        check("clock 2026-03-01T09:00 X\n", "clock|2026-03-01T09:00|X");
        check(
            "from acme 850 number=1 # why\n  lines=\"1: 10 EA\"\npass 2 days",
            "from|acme|850|number:1|lines:1: 10 EA / pass|2|days",
        );
        check("a \"b # c\" d=\"\"\n# all comment\n\n", "a|b # c|d:");
        check("x lines=\"1: 1;\n  2: 2\" y=1", "x|lines:1: 1; 2: 2|y:1");
        check("any order {\n  one\n    more\n  two\n}\nthree", "any|order { one|more / two } three");
        check("twice { one two }", "twice { one|two }");
        check("says \"2/10 n30\" k=2/10", "says|2/10 n30|k:2/10");
    }

    #[test]
    fn an_open_quote_is_told_where_it_opens() {
        let (cuts, mistakes) = cut("f", "a b=\"c\nd");
        assert_eq!(cuts.len(), 2);
        assert_eq!((mistakes.len(), mistakes[0].span.clone()), (1, 4..5));
    }

    fn check(text: &str, expected: &str) {
        let (cuts, mistakes) = cut("f", text);
        assert_eq!(mistakes, []);
        let words = |words: &[Word]| {
            let said = words.iter().map(|word| match &word.key {
                Some(key) => format!("{key}:{}", word.text),
                None => word.text.clone(),
            });
            said.collect::<Vec<_>>().join("|")
        };
        let mut told = String::new();
        for cut in &cuts {
            match cut {
                Cut::Sentence { words: said } => {
                    if !told.is_empty() && !told.ends_with("{ ") && !told.ends_with("} ") {
                        told.push_str("/ ");
                    }
                    told += &words(said);
                    told.push(' ');
                }
                Cut::Open { words: said, .. } => told += &format!("{} {{ ", words(said)),
                Cut::Close { .. } => told += "} ",
            }
        }
        assert_eq!(told.trim(), expected);
    }
}
