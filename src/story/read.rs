//! Reads a journey: every mistake is told with its place and, where one is near, what was probably meant.

use std::ops::Range;

use super::cut::{Cut, Word, cut};
use super::forms::{FORMS, Form, Piece, Say, patterns};
use super::model::{Block, Matched, Multiplier, Sentence, Step, Story};
use super::values;
use crate::mistake::{Mistake, nearest};

/// Reads the text of a file.
///
/// # Errors
/// Every mistake in it; a text with one is not played.
pub fn read(file: &str, text: &str) -> Result<Story, Vec<Mistake>> {
    let (cuts, mistakes) = cut(file, text);
    let mut reader = Reader { file, text, mistakes, open: Vec::new(), steps: Vec::new() };
    for cut in cuts {
        match cut {
            Cut::Sentence { words } => reader.sentence(&words),
            Cut::Open { words, span } => reader.open(&words, span),
            Cut::Close { span } => reader.close(span),
        }
    }
    for opened in std::mem::take(&mut reader.open) {
        reader.tell(opened.brace, "this brace is not closed", Some("put } behind the last sentence of the block"));
    }
    let Reader { mut mistakes, steps, .. } = reader;
    let stem = file.rsplit('/').next().unwrap_or(file);
    let name = steps.iter().find_map(|step| match step {
        Step::Sentence(said) if said.say == Say::Journey => said.slot("NAME").map(str::to_owned),
        _ => None,
    });
    mistakes.sort_by_key(|mistake| mistake.span.start);
    if mistakes.is_empty() {
        Ok(Story { name: name.unwrap_or_else(|| stem.to_owned()), file: file.to_owned(), steps })
    } else {
        Err(mistakes)
    }
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    mistakes: Vec<Mistake>,
    /// Blocks around the current place.
    open: Vec<Opened>,
    steps: Vec<Step>,
}

/// A block around the current place.
struct Opened {
    /// `None` where there is no such block, which was told.
    multiplier: Option<Multiplier>,
    /// The steps before it.
    before: Vec<Step>,
    brace: Range<usize>,
    /// Mistakes that were told before it.
    mistakes: usize,
}

const BLOCKS: &[(&[&str], Multiplier)] =
    &[(&["any", "order"], Multiplier::AnyOrder), (&["twice"], Multiplier::Twice), (&["kill"], Multiplier::Kill)];

impl Reader<'_> {
    fn tell(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<&str>) {
        let mistake = Mistake::new("journey", self.file, span, message);
        self.mistakes.push(match help {
            Some(help) => mistake.help(help),
            None => mistake,
        });
    }

    fn open(&mut self, words: &[Word], brace: Range<usize>) {
        let said: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let multiplier = BLOCKS.iter().find(|(words, _)| *words == said).map(|(_, multiplier)| *multiplier);
        if multiplier.is_none() {
            let span = words.first().map_or(brace.clone(), |first| first.span.start..brace.start);
            let help = "`any order { ... }`, `twice { ... }` and `kill { ... }` are the blocks there are";
            self.tell(span, "there is no such block", Some(help));
        }
        let before = std::mem::take(&mut self.steps);
        self.open.push(Opened { multiplier, before, brace, mistakes: self.mistakes.len() });
    }

    fn close(&mut self, brace: Range<usize>) {
        let Some(opened) = self.open.pop() else {
            return self.tell(brace, "nothing is open here", Some("remove the brace"));
        };
        let inner = std::mem::replace(&mut self.steps, opened.before);
        if inner.is_empty() && opened.mistakes == self.mistakes.len() {
            self.tell(opened.brace.clone(), "the block is empty", None);
        }
        if let Some(multiplies) = opened.multiplier {
            self.steps.push(Step::Block(Block { multiplies, steps: inner, span: opened.brace.start..brace.end }));
        }
    }

    fn sentence(&mut self, words: &[Word]) {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let span = first.span.start..last.span.end;
        let only = words.len() > 2 && first.text == "then" && words[1].text == "only" && words[1].key.is_none();
        let kept: Vec<Word> =
            words.iter().enumerate().filter(|(at, _)| !(only && *at == 1)).map(|(_, word)| word.clone()).collect();
        let Some((form, matched)) = self.find(&kept, &span) else { return };
        let count = self.mistakes.len();
        self.check_pairs(form, &matched);
        let text = words.iter().map(|word| self.text.get(word.span.clone()).unwrap_or_default());
        let text = text.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        let line = self.text.get(..span.start).unwrap_or_default().matches('\n').count() + 1;
        let mut sentence = Sentence::new(form.say, matched, text, span.clone(), line);
        sentence.is_only = only;
        let inside = !self.open.is_empty();
        if inside
            && !matches!(sentence.say, Say::Sends | Say::SendsFile | Say::Writes | Say::Command | Say::Pass | Say::Bank)
        {
            let help =
                "blocks hold what happens: `from`, `to`, `api` and `pass`; `given` stands before them, `then` behind";
            return self.tell(span, "this cannot be multiplied", Some(help));
        }
        let wrong = values::check(&sentence);
        for (span, message, help) in wrong {
            self.tell(span, message, help.as_deref());
        }
        if self.mistakes.len() == count {
            self.steps.push(Step::Sentence(sentence));
        }
    }

    /// The row that these words are an instance of.
    fn find(&mut self, words: &[Word], span: &Range<usize>) -> Option<(&'static Form, Matched)> {
        let plain: Vec<&Word> = words.iter().filter(|word| word.key.is_none()).collect();
        let mut furthest = Missed::default();
        for (form, pieces) in patterns() {
            let mut matched = Matched::default();
            match fit(pieces, &[], &plain, 0, &mut matched) {
                Ok(used) if used == plain.len() => {
                    matched.pairs = words.iter().filter(|word| word.key.is_some()).cloned().collect();
                    return Some((form, matched));
                }
                Ok(used) => {
                    let passed = matched.passed.iter().filter(|(at, _)| *at == used).map(|(_, opener)| *opener);
                    furthest.take(used, form, passed.collect());
                }
                Err((used, wanted)) => furthest.take(used, form, wanted),
            }
        }
        self.missed(&plain, words, span, &furthest);
        None
    }

    fn missed(&mut self, plain: &[&Word], words: &[Word], span: &Range<usize>, missed: &Missed) {
        let listed = |forms: &mut dyn Iterator<Item = &'static Form>| -> Vec<String> {
            forms.take(USAGES).map(|form| format!("`{}`", form.usage)).collect()
        };
        let usages = listed(&mut missed.forms.iter().map(|(form, _)| *form));
        let Some(word) = plain.get(missed.used) else {
            let end = words.last().map_or(span.clone(), |word| word.span.clone());
            return self.tell(
                end.end..end.end,
                "the sentence is not complete",
                Some(&format!("it is {}", usages.join(" or "))),
            );
        };
        let meant = nearest(&word.text, missed.forms.iter().flat_map(|(_, wanted)| wanted).copied());
        let goes_on = |meant: &str| {
            let fitting = missed.forms.iter().filter(|(_, wanted)| wanted.contains(&meant));
            listed(&mut fitting.map(|(form, _)| *form)).join(" or ")
        };
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`? A sentence is {}", goes_on(meant)),
            None if missed.used == 0 => {
                "sentences begin with journey, clock, given, from, api, pass or then".to_owned()
            }
            None => format!("a sentence is {}", usages.join(" or ")),
        };
        self.tell(word.span.clone(), format!("`{}` is not understood here", word.text), Some(&help));
    }

    fn check_pairs(&mut self, form: &Form, matched: &Matched) {
        for (at, word) in matched.pairs.iter().enumerate() {
            let key = word.key.as_deref().unwrap_or_default();
            if !form.keys.contains(&key) && form.keys != ["*"] {
                let help = match nearest(key, form.keys.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}=`?"),
                    None if form.keys.is_empty() => format!("`{}` carries no pairs", form.usage),
                    None => format!("it may carry {}", form.keys.join(", ")),
                };
                let span = word.span.start..word.span.start + key.len();
                self.tell(span, format!("`{key}=` is not understood here"), Some(&help));
            }
            if matched.pairs[..at].iter().any(|other| other.key == word.key) {
                self.tell(word.span.clone(), format!("`{key}=` is said twice"), None);
            }
        }
    }
}

/// So many ways to say it are shown.
const USAGES: usize = 3;

/// How far the rows that came furthest came, and what each wanted next.
#[derive(Debug, Default)]
struct Missed {
    used: usize,
    forms: Vec<(&'static Form, Vec<&'static str>)>,
}

impl Missed {
    fn take(&mut self, used: usize, form: &'static Form, wanted: Vec<&'static str>) {
        if used > self.used {
            *self = Self { used, ..Self::default() };
        }
        if used == self.used {
            self.forms.push((form, wanted));
        }
    }
}

/// Lays words on a pattern from `at`; answers how many words it took, or how far it came and what it wanted there.
/// `outer` is what follows the pieces where they stand in brackets.
fn fit(
    pieces: &[Piece],
    outer: &[Piece],
    words: &[&Word],
    mut at: usize,
    matched: &mut Matched,
) -> Result<usize, (usize, Vec<&'static str>)> {
    for (index, piece) in pieces.iter().enumerate() {
        let word = words.get(at).copied();
        match piece {
            Piece::Word(wanted) => match word {
                Some(word) if word.text == *wanted && !word.is_quoted => at += 1,
                _ => return Err((at, vec![wanted])),
            },
            Piece::Choice(choices) => {
                match word.and_then(|word| choices.iter().find(|choice| **choice == word.text && !word.is_quoted)) {
                    Some(choice) => {
                        matched.choices.push(choice);
                        at += 1;
                    }
                    None => return Err((at, choices.clone())),
                }
            }
            Piece::Slot(name) => match word {
                Some(word) => {
                    matched.slots.push((name, word.clone()));
                    at += 1;
                }
                None => return Err((at, Vec::new())),
            },
            Piece::Slots(name) => {
                let behind = pieces[index + 1..].iter().chain(outer);
                let stops: Vec<&str> = behind.flat_map(Piece::openers).collect();
                let first = at;
                while let Some(word) = words.get(at).filter(|word| !stops.contains(&word.text.as_str())) {
                    matched.slots.push((name, (*word).clone()));
                    at += 1;
                }
                if at == first {
                    return Err((at, Vec::new()));
                }
            }
            Piece::Maybe(inner) => {
                let openers = piece.openers();
                let next = pieces.get(index + 1).map(Piece::openers).unwrap_or_default();
                // What may begin with anything does not take the word that opens what follows.
                let begins = word.is_some_and(|word| match openers.is_empty() {
                    true => !next.contains(&word.text.as_str()),
                    false => openers.contains(&word.text.as_str()),
                });
                if !begins {
                    matched.passed.extend(openers.iter().map(|opener| (at, *opener)));
                } else {
                    at = fit(inner, &pieces[index + 1..], words, at, matched)?;
                }
            }
        }
    }
    Ok(at)
}

/// The table of sentences as text, for help.
pub fn sentences() -> impl Iterator<Item = (&'static str, &'static str)> {
    FORMS.iter().map(|form| (form.usage, form.means))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_guide_are_understood() {
        let text = include_str!("guide.journey");
        if let Err(mut mistakes) = read("guide.journey", text) {
            mistakes.retain(|mistake| !mistake.message.contains("not played yet"));
            let told: Vec<String> = mistakes.iter().map(|mistake| mistake.render(text, false)).collect();
            if told.is_empty() {
                return;
            }
            panic!("{}", told.join("\n"));
        }
    }

    #[test]
    fn mistakes_have_a_place_and_a_suggestion() {
        check("form acme 850 number=1", "1:1 `form` is not understood here; did you mean `from`?");
        check("given partner acme mapps x12/004010", "1:20 `mapps` is not understood here; did you mean `maps`?");
        check("form acme 850 number=1", "1:1 `form` is not understood here; did you mean `from`? A sentence is `from ");
        check("then order 1 state=shiped", "1:20 nothing stands `shiped`; did you mean `shipped`?");
        check("then sned acme 997", "1:6 `sned` is not understood here; did you mean `sent`?");
        check("given we are selling HELDCO", "1:14 `selling` is not understood here; did you mean `sell`?");
        check("from acme 850 nubmer=1", "1:15 `nubmer=` is not understood here; did you mean `number=`?");
        check("from acme 850 number=1 number=2", "1:24 `number=` is said twice");
        check("pass two days", "1:6 `two` is not a whole number");
        check("pass 2", "1:7 the sentence is not complete");
        check("clock 2026-13-01T09:00 UTC", "1:7 `2026-13-01T09:00` is not a moment");
        check("clock 2026-03-01T09:00 America/Chicagoo", "1:24 there is no time zone America/Chicagoo");
        check("then order 1 line 1 ordered=ten", "1:29 `ten` is not a decimal");
        check("from acme 850 lines=\"1 10 EA\"", "1:22 a line is written as 1: 10 EA W1 @ 10.00");
        check("any ordr {\n  pass 1 day\n}", "1:1 there is no such block");
        check("any order {\n  given stock W1 at=DAL on_hand=1\n}", "2:3 this cannot be multiplied");
        check("twice {\n  pass 1 day\n", "1:7 this brace is not closed");
        check("}\n", "1:1 nothing is open here");
        check("from acme 85O number=1", "1:11 there is no document of the kind 85O");
    }

    fn check(text: &str, expected: &str) {
        let mistakes = read("a.journey", text).expect_err(text);
        let mistake = &mistakes[0];
        let (line, column) = mistake.line_and_column(text);
        let mut told = format!("{line}:{column} {}", mistake.message);
        if let Some(help) = &mistake.help {
            told += "; ";
            told += help;
        }
        assert!(told.starts_with(expected), "{told}");
    }
}
