//! The text of overlays: one line, one parser; every mistake of a file is told.

use std::ops::Range;

use jiff::civil::Date;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{char, space0, space1, u16 as number16, u32 as number};
use nom::combinator::{eof, fail, map, map_res, opt, value, verify};
use nom::multi::many1;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::{Overlay, Rule, Tolerated, Verb};
use crate::finding::Fault;
use crate::mistake::{Mistake, nearest};

const VERBS: [&str; 6] = ["require", "forbid", "max", "codes", "len", "tolerate"];

/// Reads an overlay: none where even its first line means nothing.
pub fn parse(path: &str, source: &str) -> (Option<Overlay>, Vec<Mistake>) {
    let mut overlay: Option<Overlay> = None;
    let mut mistakes = Vec::new();
    let mut headless = false;
    let mut start = 0;
    for raw in source.split('\n') {
        let from = start;
        start += raw.len() + 1;
        let line = without_comment(raw).trim_end();
        let body = line.trim_start();
        if body.is_empty() {
            continue;
        }
        let bytes = from + line.len() - body.len()..from + line.len();
        match &mut overlay {
            None if headless => {}
            None => match header(body) {
                Ok((_, (name, partner, base))) => match base.parse() {
                    Ok(base) => {
                        let (path, name, partner) = (path.to_owned(), name.to_owned(), partner.to_owned());
                        overlay = Some(Overlay { path, name, partner, base, rules: Vec::new() });
                    }
                    Err(message) => {
                        headless = true;
                        mistakes.push(Mistake::new("address", path, bytes, message));
                    }
                },
                Err(_) => {
                    headless = true;
                    let message = "an overlay begins with \"overlay NAME for PARTNER on ADDRESS\"";
                    let help = "write: overlay 850 for ACME on x12/004010/850";
                    mistakes.push(Mistake::new("syntax", path, bytes, message).help(help));
                }
            },
            Some(overlay) => match rule(body) {
                Ok((_, (verb, until, because))) => {
                    let subject = subject(body, bytes.start);
                    let because = because.map(str::to_owned);
                    overlay.rules.push(Rule { verb, until, because, bytes, subject });
                }
                Err(error) => mistakes.push(wrong(path, body, bytes, error)),
            },
        }
    }
    if overlay.is_none() && mistakes.is_empty() {
        mistakes.push(Mistake::new("syntax", path, 0..0, "the file is empty"));
    }
    (overlay, mistakes)
}

/// Cuts a comment; `#` inside quotes is none.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'#' if !quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

/// The bytes of the second word.
fn subject(body: &str, start: usize) -> Range<usize> {
    let verb = body.find(' ').unwrap_or(body.len());
    let rest = body[verb..].trim_start();
    let at = start + body.len() - rest.len();
    at..at + rest.find(' ').unwrap_or(rest.len())
}

fn wrong(path: &str, body: &str, bytes: Range<usize>, error: nom::Err<nom::error::Error<&str>>) -> Mistake {
    let verb = body.split(' ').next().unwrap_or(body);
    let form = match verb {
        "require" => "require N1[ST]",
        "forbid" => "forbid SAC",
        "max" => "max REF 5",
        "codes" => "codes N1/N101 only BY ST (or: also ZZ)",
        "len" => "len BEG/BEG03 ..30",
        "tolerate" => "tolerate segment-count until 2027-03-31 because \"why\"",
        _ => {
            let mistake = Mistake::new("verb", path, bytes, format!("\"{verb}\" is not a verb"));
            return match nearest(verb, VERBS) {
                Some(guess) => mistake.help(format!("did you mean {guess}?")),
                None => mistake.help(format!("the verbs are {}", VERBS.join(", "))),
            };
        }
    };
    if let Some(name) = body.strip_prefix("tolerate").and_then(|rest| rest.split_whitespace().next())
        && tolerated(name).is_none()
    {
        let names = Fault::ALL.iter().map(|fault| fault.name()).chain(Tolerated::COUNTS.map(Tolerated::name));
        let mistake = Mistake::new("fault", path, bytes, format!("\"{name}\" is no fault that can be tolerated"));
        return match nearest(name, names) {
            Some(guess) => mistake.help(format!("did you mean {guess}?")),
            None => mistake,
        };
    }
    let rest = match error {
        nom::Err::Error(error) | nom::Err::Failure(error) => error.input.len(),
        nom::Err::Incomplete(_) => 0,
    };
    let span = bytes.end - rest.min(body.len())..bytes.end;
    Mistake::new("syntax", path, span, "this is not understood").help(format!("write it like: {form}"))
}

fn header(line: &str) -> IResult<&str, (&str, &str, &str)> {
    terminated(
        (
            preceded((tag("overlay"), space1), word),
            preceded((tag("for"), space1), word),
            preceded((tag("on"), space1), word),
        ),
        eof,
    )
    .parse(line)
}

type Line<'a> = (Verb, Option<Date>, Option<&'a str>);

fn rule(line: &str) -> IResult<&str, Line<'_>> {
    let until = opt(preceded((tag("until"), space1), map_res(word, str::parse)));
    let because = opt(preceded((tag("because"), space0), terminated(quoted, space0)));
    terminated((verb, until, because), eof).parse(line)
}

fn verb(line: &str) -> IResult<&str, Verb> {
    let (rest, name) = word(line)?;
    let address = || map(word, str::to_owned);
    let code = verify(word, |word: &str| !["until", "because"].contains(&word));
    let codes = many1(map(code, str::to_owned));
    match name {
        "require" => map(address(), Verb::Require).parse(rest),
        "forbid" => map(address(), Verb::Forbid).parse(rest),
        "max" => map((address(), terminated(number, space0)), |(at, max)| Verb::Max(at, max)).parse(rest),
        "len" => map((address(), terminated(range, space0)), |(at, (min, max))| Verb::Len(at, min, max)).parse(rest),
        "codes" => {
            let only = alt((value(true, tag("only")), value(false, tag("also"))));
            let (rest, (at, only, codes)) = (address(), terminated(only, space1), codes).parse(rest)?;
            Ok((rest, if only { Verb::CodesOnly(at, codes) } else { Verb::CodesAlso(at, codes) }))
        }
        "tolerate" => {
            let fault = map_res(word, |name| tolerated(name).ok_or("no fault"));
            let at = verify(address(), |word: &String| !["until", "because"].contains(&word.as_str()));
            map((fault, opt(at)), |(fault, at)| Verb::Tolerate(fault, at)).parse(rest)
        }
        _ => fail().parse(line),
    }
}

/// `1..30`, `..30`, `5..`, `13`.
fn range(text: &str) -> IResult<&str, (Option<u16>, Option<u32>)> {
    alt((
        map((number16, preceded(tag(".."), opt(number))), |(min, max)| (Some(min), max)),
        map(preceded(tag(".."), number), |max| (None, Some(max))),
        map(number16, |exactly| (Some(exactly), Some(u32::from(exactly)))),
    ))
    .parse(text)
}

fn tolerated(name: &str) -> Option<Tolerated> {
    let count = Tolerated::COUNTS.into_iter().find(|count| count.name() == name);
    count.or_else(|| name.parse().ok().map(Tolerated::Fault))
}

fn word(text: &str) -> IResult<&str, &str> {
    terminated(take_while1(|c: char| !c.is_whitespace() && c != '"'), space0).parse(text)
}

fn quoted(text: &str) -> IResult<&str, &str> {
    delimited(char('"'), take_till(|c| c == '"'), char('"')).parse(text)
}
