//! Segment lines: `CUR*BY*{currency}?`, `DTM+137:{date|date}:102`, `SAC 01={kind} 05={amount|n2}`.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, one_of, space0, space1};
use nom::combinator::{all_consuming, cut, map, opt, recognize};
use nom::multi::many1;
use nom::sequence::{pair, preceded};

use super::ast::{At, SegmentLine, Slot};
use super::words::{Base, Parsed, Trouble, blank, quoted, want};

/// Most elements a line may name: beyond it the label is a slip of the pen.
const ELEMENTS_MAX: usize = 99;

/// A whole segment line, in either form.
pub(super) fn segment_line<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, SegmentLine> {
    let whole = input;
    let input = input.trim_end();
    let (input, optional) = match input.strip_suffix('?') {
        Some(before) if !before.ends_with('?') => (before, true),
        _ => (input, false),
    };
    let (rest, tag) = base.place(want("a segment tag", segment_tag)).parse(input)?;
    let spot = base.at(whole)..base.at(whole) + input.len() + usize::from(optional);
    let (rest, elements, labelled) = match rest.chars().next() {
        None => (rest, Vec::new(), false),
        Some(separator @ ('*' | '+')) => {
            let (rest, elements) = all_consuming(starred(base, separator)).parse(rest)?;
            (rest, elements, false)
        }
        Some(_) => {
            let (rest, elements) = all_consuming(cut(labelled_form(base))).parse(rest)?;
            (rest, elements, true)
        }
    };
    let separator = input[tag.value.len()..].chars().next().filter(|c| matches!(c, '*' | '+'));
    Ok((rest, SegmentLine { tag, elements, optional, labelled, separator, spot }))
}

/// Whether a statement is a segment line: a tag, then a separator, a label or nothing.
pub(super) fn is_segment_line(text: &str) -> bool {
    match segment_tag(text) {
        Ok((rest, _)) => rest.is_empty() || rest.starts_with(['*', '+', ' ', '\t', '?']),
        Err(_) => false,
    }
}

/// Two or three capitals or digits, a capital first.
pub(super) fn segment_tag(input: &str) -> Parsed<'_, String> {
    let head = take_while_m_n(1, 1, |c: char| c.is_ascii_uppercase());
    let tail = take_while_m_n(1, 2, |c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
    map(recognize(pair(head, tail)), str::to_owned).parse(input)
}

fn starred<'a>(base: Base<'a>, separator: char) -> impl FnMut(&'a str) -> Parsed<'a, Vec<Vec<At<Slot>>>> {
    move |input| {
        many1(preceded(char(separator), cut(want("an element", |input| element(base, separator, input))))).parse(input)
    }
}

/// One element: components separated by `:` (or `>` in X12).
fn element<'a>(base: Base<'a>, separator: char, input: &'a str) -> Parsed<'a, Vec<At<Slot>>> {
    let mut components = Vec::new();
    let mut rest = input;
    loop {
        let (behind, slot) = base.place(|input| component(base, separator, input)).parse(rest)?;
        components.push(slot);
        match behind.chars().next() {
            Some(':') => rest = &behind[1..],
            Some('>') if separator == '*' => rest = &behind[1..],
            None => return Ok((behind, components)),
            Some(next) if next == separator => return Ok((behind, components)),
            Some(_) => {
                return Err(nom::Err::Failure(Trouble {
                    rest: behind,
                    wanted: "a separator: an element holds one literal or one blank",
                }));
            }
        }
    }
}

fn component<'a>(base: Base<'a>, separator: char, input: &'a str) -> Parsed<'a, Slot> {
    let ends = move |c: char| c == separator || c == ':' || c == '{' || (c == '>' && separator == '*');
    let literal = move |input: &'a str| {
        let mut text = String::new();
        let mut rest = input;
        while let Some(c) = rest.chars().next() {
            if c == '?' && separator == '+' && rest.len() > 1 {
                // EDIFACT's release character: the next one is data.
                let released = rest[1..].chars().next().unwrap_or('?');
                text.push(released);
                rest = &rest[1 + released.len_utf8()..];
            } else if ends(c) {
                break;
            } else {
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        Ok((rest, text))
    };
    alt((
        blank(base),
        map(preceded(char('='), alt((quoted, literal))), |text| Slot::Literal { text, forced: true }),
        map(quoted, |text| Slot::Literal { text, forced: false }),
        map(literal, |text: String| if text.is_empty() { Slot::Empty } else { Slot::Literal { text, forced: false } }),
    ))
    .parse(input)
}

fn labelled_form<'a>(base: Base<'a>) -> impl FnMut(&'a str) -> Parsed<'a, Vec<Vec<At<Slot>>>> {
    move |input| {
        let mut elements: Vec<Vec<At<Slot>>> = Vec::new();
        let mut rest = input;
        loop {
            let (behind, _) = space0.parse(rest)?;
            if behind.is_empty() {
                return Ok((behind, elements));
            }
            if behind.len() == rest.len() {
                return Err(nom::Err::Failure(Trouble { rest, wanted: "white space, then a label like 05=" }));
            }
            let (behind, (element, component)) = want("a label like 05= or 05.2=", label).parse(behind)?;
            let (behind, slot) = base.place(want("a literal or a blank", |i| labelled_slot(base, i))).parse(behind)?;
            let empty = At { value: Slot::Empty, spot: slot.spot.start..slot.spot.start };
            if elements.len() < element {
                elements.resize(element, vec![empty.clone()]);
            }
            let components = &mut elements[element - 1];
            if components.len() < component {
                components.resize(component, empty);
            }
            components[component - 1] = slot;
            rest = behind;
        }
    }
}

fn label(input: &str) -> Parsed<'_, (usize, usize)> {
    let number = |input| {
        let (rest, digits): (&str, &str) = take_while1(|c: char| c.is_ascii_digit()).parse(input)?;
        match digits.parse::<usize>() {
            Ok(number) if (1..=ELEMENTS_MAX).contains(&number) => Ok((rest, number)),
            _ => Err(nom::Err::Failure(Trouble { rest: input, wanted: "a position from 01 to 99" })),
        }
    };
    map((number, opt(preceded(one_of(".-"), number)), char('=')), |(element, component, _)| {
        (element, component.unwrap_or(1))
    })
    .parse(input)
}

fn labelled_slot<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Slot> {
    let bare = take_while(|c: char| !c.is_whitespace() && c != '{');
    alt((
        blank(base),
        map(preceded(char('='), alt((quoted, map(bare, str::to_owned)))), |text| Slot::Literal { text, forced: true }),
        map(quoted, |text| Slot::Literal { text, forced: false }),
        map(take_while1(|c: char| !c.is_whitespace() && c != '{'), |text: &str| Slot::Literal {
            text: text.to_owned(),
            forced: false,
        }),
    ))
    .parse(input)
}

/// A gap between words of a statement.
pub(super) fn gap(input: &str) -> Parsed<'_, &str> {
    want("white space", space1).parse(input)
}
