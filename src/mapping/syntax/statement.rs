//! Statements that begin with a word: headers, tables, lists, overrides.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{all_consuming, cut, map, opt, value};
use nom::multi::separated_list1;
use nom::sequence::{preceded, separated_pair};

use super::ast::{At, Body, ElementLine, Entry, Header, Line, List, Path, Subject, Table};
use super::element::{element_line, element_path};
use super::segment::{gap, is_segment_line, segment_line};
use super::words::{Base, Parsed, Trouble, name, names_to_end, path, quoted, want, word};

/// `map ADDRESS KIND` or `map NAME extends ADDRESS`.
pub(super) fn header<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Header> {
    let subject = alt((
        map(preceded((tag("extends"), gap), cut(base.place(word))), Subject::Extends),
        map(base.place(name), Subject::Kind),
    ));
    let (rest, (_, _, name, _, subject)) =
        all_consuming((tag("map"), gap, base.place(word), gap, want("a kind like order, or extends", subject)))
            .parse(input)?;
    Ok((rest, Header { name, subject, spot: base.spot(input, rest) }))
}

/// `table NAME` and, on the same line, its entries.
pub(super) fn table<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Table> {
    let (rest, (_, _, name)) = (tag("table"), cut(gap), cut(base.place(name))).parse(input)?;
    let (rest, entries) = opt(preceded(gap, |input| entries(base, input))).parse(rest)?;
    Ok((rest, Table { name, entries: entries.unwrap_or_default() }))
}

/// `00=original 01=cancel 04~amend`, to the end.
pub(super) fn entries<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Vec<Entry>> {
    let code = alt((quoted, map(take_while1(|c: char| !c.is_whitespace() && !"=~".contains(c)), str::to_owned)));
    let sign = alt((value(false, char('=')), value(true, char('~'))));
    let entry = map(
        (base.place(want("a code", code)), want("= and a word", cut(sign)), cut(base.place(word))),
        |(code, near, word)| Entry { code, word, near },
    );
    all_consuming(separated_list1(space1, entry)).parse(input)
}

/// `lines where kind=x key number else @index in cac:Y as f link parent placed items`.
pub(super) fn list<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, List> {
    let (mut rest, list_path) = base.place(path).parse(input)?;
    let mut list = List {
        path: list_path,
        conditions: Vec::new(),
        key: Vec::new(),
        else_index: false,
        within: None,
        named: None,
        link: None,
        placed: None,
    };
    loop {
        let (behind, _) = space0.parse(rest)?;
        if behind.is_empty() {
            return Ok((behind, list));
        }
        let (behind, clause) =
            want("where, key, in, as, link or placed", base.place(name)).parse(behind).map_err(fail)?;
        let (behind, _) = gap(behind).map_err(fail)?;
        rest = match clause.value.as_str() {
            "where" => {
                let text = alt((
                    quoted,
                    map(take_while1(|c: char| c.is_ascii_alphanumeric() || "_-.".contains(c)), str::to_owned),
                ));
                let (behind, condition) =
                    cut(separated_pair(base.place(path), char('='), base.place(want("a word", text)))).parse(behind)?;
                list.conditions.push(condition);
                behind
            }
            "key" => key(base, behind, &mut list)?,
            "in" => {
                let (after, steps) = cut(element_path(base)).parse(behind)?;
                let spot = base.spot(behind, after);
                list.within = Some(ElementLine { steps, value: None, optional: false, spot });
                after
            }
            "as" => named(base, behind, &mut list.named)?,
            "link" => named(base, behind, &mut list.link)?,
            "placed" => named(base, behind, &mut list.placed)?,
            _ => {
                let from = &rest[rest.len() - rest.trim_start().len()..];
                return Err(nom::Err::Failure(Trouble { rest: from, wanted: "where, key, in, as, link or placed" }));
            }
        };
    }
}

fn named<'a>(base: Base<'a>, input: &'a str, slot: &mut Option<At<Path>>) -> Result<&'a str, nom::Err<Trouble<'a>>> {
    let (rest, found) = cut(base.place(path)).parse(input)?;
    *slot = Some(found);
    Ok(rest)
}

/// Paths up to the next clause.
fn key<'a>(base: Base<'a>, input: &'a str, list: &mut List) -> Result<&'a str, nom::Err<Trouble<'a>>> {
    let mut rest = input;
    loop {
        let (behind, found) = cut(base.place(path)).parse(rest)?;
        list.key.push(found);
        let (behind, _) = space0.parse(behind)?;
        if let Some(after) = behind.strip_prefix("else") {
            let (after, _) = cut(preceded(space1, want("@index", tag("@index")))).parse(after)?;
            list.else_index = true;
            return Ok(after);
        }
        let next = behind.split_whitespace().next().unwrap_or("");
        if next.is_empty() || ["where", "in", "as", "link", "placed"].contains(&next) {
            return Ok(behind);
        }
        rest = behind;
    }
}

/// `namespace cbc urn:...`, an `=` between them allowed.
pub(super) fn namespace<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Body> {
    let equals = (space0, opt(char('=')), space0);
    let (rest, (_, _, prefix, _, uri)) =
        all_consuming((tag("namespace"), cut(gap), cut(base.place(name)), equals, cut(base.place(word))))
            .parse(input)?;
    Ok((rest, Body::Namespace { prefix, uri }))
}

/// `use tables a b`.
pub(super) fn use_tables<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Body> {
    let (rest, _) = (tag("use"), cut(gap), want("tables", cut(tag("tables"))), cut(gap)).parse(input)?;
    map(all_consuming(|input| names_to_end(base, input)), Body::UseTables).parse(rest)
}

/// `require {number}`; the braces may be left out.
pub(super) fn require<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Body> {
    let (rest, _) = (tag("require"), cut(gap), opt(char('{'))).parse(input)?;
    let (rest, required) = cut(base.place(path)).parse(rest)?;
    let (rest, _) = all_consuming(opt(char('}'))).parse(rest)?;
    Ok((rest, Body::Require(required)))
}

/// `default currency USD`.
pub(super) fn default<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Body> {
    let (rest, (_, _, path, _, value)) =
        all_consuming((tag("default"), cut(gap), cut(base.place(path)), cut(gap), cut(base.place(word))))
            .parse(input)?;
    Ok((rest, Body::Default { path, value }))
}

/// A segment or element line.
pub(super) fn line<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Line> {
    if is_segment_line(input) {
        map(|input| segment_line(base, input), Line::Segment).parse(input)
    } else {
        map(|input| element_line(base, input), Line::Element).parse(input)
    }
}

/// `ignore REF*ZZ`.
pub(super) fn ignore<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Body> {
    let (rest, _) = (tag("ignore"), cut(gap)).parse(input)?;
    map(|input| line(base, input), Body::Ignore).parse(rest)
}

/// `drop REF*IA`, `drop in lines PID*F`, `drop each parties`.
pub(super) fn drop_line<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Body> {
    let (rest, _) = (tag("drop"), cut(gap)).parse(input)?;
    if super::pieces::starts_with_word(rest, "each") {
        let list = preceded((tag("each"), gap), cut(base.place(path)));
        return map(list, Body::DropEach).parse(rest);
    }
    let (rest, within) = within(base, rest)?;
    map(|input| line(base, input), |old| Body::Drop { within: within.clone(), old }).parse(rest)
}

/// `replace OLD => NEW`, `replace in lines OLD => NEW`.
pub(super) fn replace<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Body> {
    let (rest, _) = (tag("replace"), cut(gap)).parse(input)?;
    let (rest, within) = within(base, rest)?;
    let Some(arrow) = rest.find(" => ") else {
        return Err(nom::Err::Failure(Trouble { rest: &rest[rest.len()..], wanted: "=> and the new line" }));
    };
    let (_, old) = line(base, rest[..arrow].trim_end()).map_err(fail)?;
    let new_text = rest[arrow + " => ".len()..].trim_start();
    let (end, new) = line(base, new_text).map_err(fail)?;
    Ok((end, Body::Replace { within, old, new }))
}

/// `in lines` before an override's line: the block it speaks of.
pub(super) fn within<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Option<At<Path>>> {
    opt(preceded((tag("in"), gap), cut(map((base.place(path), space0), |(path, _)| path)))).parse(input)
}

fn fail(error: nom::Err<Trouble<'_>>) -> nom::Err<Trouble<'_>> {
    match error {
        nom::Err::Error(trouble) => nom::Err::Failure(trouble),
        other => other,
    }
}
