//! The small parsers that every statement is made of: names, paths, quoted text, blanks.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::{cut, map, opt, recognize};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{many0, separated_list1};
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

use super::ast::{At, Blank, Conversion, Path, Slot, Source, Spot};

/// Where a parser gave up, and what it wanted there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble<'a> {
    pub rest: &'a str,
    pub wanted: &'static str,
}

impl<'a> ParseError<&'a str> for Trouble<'a> {
    fn from_error_kind(rest: &'a str, _: ErrorKind) -> Self {
        Self { rest, wanted: "" }
    }
    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }
    // Of two ways to go wrong, the one that came further tells more.
    fn or(self, other: Self) -> Self {
        if other.rest.len() < self.rest.len() || self.wanted.is_empty() { other } else { self }
    }
}

pub(super) type Parsed<'a, T> = IResult<&'a str, T, Trouble<'a>>;

/// Names what a parser wants, for the message when it fails at its first character.
pub(super) fn want<'a, T>(
    wanted: &'static str,
    mut parser: impl Parser<&'a str, Output = T, Error = Trouble<'a>>,
) -> impl FnMut(&'a str) -> Parsed<'a, T> {
    move |input| {
        parser.parse(input).map_err(|trouble| {
            trouble.map(|trouble| if trouble.wanted.is_empty() { Trouble { wanted, ..trouble } } else { trouble })
        })
    }
}

/// The text a statement's parsers run on: knows where in the file a rest stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base<'a> {
    pub text: &'a str,
    /// Where `text` starts in the file.
    pub offset: usize,
}

impl<'a> Base<'a> {
    /// The place in the file at which `rest`, a slice of the text, starts.
    pub fn at(self, rest: &str) -> usize {
        let inside = (rest.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        self.offset + inside.min(self.text.len())
    }

    pub fn spot(self, from: &str, to: &str) -> Spot {
        self.at(from)..self.at(to)
    }

    /// Runs a parser and keeps where its value stands.
    pub fn place<T>(
        self,
        mut parser: impl Parser<&'a str, Output = T, Error = Trouble<'a>>,
    ) -> impl FnMut(&'a str) -> Parsed<'a, At<T>> {
        move |input| {
            let (rest, value) = parser.parse(input)?;
            Ok((rest, At { value, spot: self.spot(input, rest) }))
        }
    }
}

/// `kind`, `ship_to`, `order-type`, `@index` without the `@`.
pub(super) fn name(input: &str) -> Parsed<'_, String> {
    let head = take_while1(|c: char| c.is_ascii_alphabetic() || c == '_');
    let tail = take_while(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    want("a name", map(recognize(pair(head, tail)), str::to_owned)).parse(input)
}

/// `address.street`, `dates[kind=delivered].date`, `/currency` from the document's top, or `.` for the item itself.
pub(super) fn path(input: &str) -> Parsed<'_, Path> {
    let field = (
        take_while1(|c: char| c.is_ascii_lowercase() || c == '_'),
        take_while(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
        opt((char('['), cut(take_while1(|c: char| !c.is_whitespace() && c != ']')), cut(char(']')))),
    );
    let absolute = pair(opt(char('/')), separated_list1(char('.'), map(recognize(field), str::to_owned)));
    let names = map(absolute, |(slash, mut names)| {
        if slash.is_some() {
            names[0].insert(0, '/');
        }
        Path { names }
    });
    want("a path like address.city", alt((names, map(char('.'), |_| Path::default())))).parse(input)
}

/// `"..."`; a doubled quote stands for one.
pub(super) fn quoted(input: &str) -> Parsed<'_, String> {
    let body = many0(alt((take_while1(|c| c != '"'), map(tag("\"\""), |_| "\""))));
    let mut parser = delimited(char('"'), map(body, |parts| parts.concat()), want("a closing quote", cut(char('"'))));
    parser.parse(input)
}

/// A word up to white space, or quoted text.
pub(super) fn word(input: &str) -> Parsed<'_, String> {
    want("a word", alt((quoted, map(take_while1(|c: char| !c.is_whitespace()), str::to_owned)))).parse(input)
}

/// `{path|conversion}`, `{path+}`, `{first path}`, `{@count(path)}`.
pub(super) fn blank<'a>(base: Base<'a>) -> impl FnMut(&'a str) -> Parsed<'a, Slot> {
    move |input| {
        let (rest, _) = char('{').parse(input)?;
        let (rest, source) = cut(want("a path or @name", source)).parse(rest)?;
        let (rest, conversions) = many0(preceded(char('|'), cut(conversion(base)))).parse(rest)?;
        let (rest, _) = cut(want("a closing }", char('}'))).parse(rest)?;
        Ok((rest, Slot::Blank(Blank { source, conversions })))
    }
}

fn source(input: &str) -> Parsed<'_, Source> {
    let computed = map(
        (preceded(char('@'), cut(name)), opt(delimited(char('('), cut(path), cut(want("a closing )", char(')')))))),
        |(name, argument)| Source::Computed { name, argument },
    );
    let plain = map(
        (opt(pair(tag("first"), nom::character::complete::space1)), path, opt(char('+'))),
        |(first, path, append)| Source::Path { path, append: append.is_some(), first: first.is_some() },
    );
    alt((computed, plain)).parse(input)
}

fn conversion<'a>(base: Base<'a>) -> impl FnMut(&'a str) -> Parsed<'a, Conversion> {
    move |input| {
        let argument = map(
            want("an argument", take_while1(|c: char| c.is_ascii_alphanumeric() || "_.-*=".contains(c))),
            str::to_owned,
        );
        let (rest, name) = base.place(want("a conversion", conversion_name)).parse(input)?;
        let (rest, arguments) =
            opt(preceded(char(':'), cut(separated_list1(char(','), base.place(argument))))).parse(rest)?;
        Ok((rest, Conversion { name, arguments: arguments.unwrap_or_default() }))
    }
}

fn conversion_name(input: &str) -> Parsed<'_, String> {
    map(take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-'), str::to_owned).parse(input)
}

/// Words separated by white space or commas, to the end of the text.
pub(super) fn names_to_end<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Vec<At<String>>> {
    let gap = recognize((space0, opt(char(',')), space0));
    let one = want("a name", take_while1(|c: char| !c.is_whitespace() && c != ','));
    separated_list1(gap, base.place(map(one, str::to_owned))).parse(input)
}
