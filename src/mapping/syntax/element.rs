//! XML lines: an element path on the left, a blank on the right.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, space1};
use nom::combinator::{all_consuming, cut, map, opt, recognize};
use nom::multi::{many0, separated_list1};
use nom::sequence::{delimited, pair, preceded, separated_pair};

use super::ast::{At, ElementLine, Slot, Step};
use super::words::{Base, Parsed, blank, quoted, want};

/// `cbc:InvoicedQuantity@unitCode={unit}   {quantity|dec}?`
pub(super) fn element_line<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, ElementLine> {
    let whole = input;
    let input = input.trim_end();
    let (input, optional) = match input.strip_suffix('?') {
        Some(before) => (before, true),
        None => (input, false),
    };
    let value = preceded(space1, cut(want("a blank or a literal", base.place(|input| value(base, input)))));
    let (rest, (steps, value)) = all_consuming((element_path(base), opt(value))).parse(input)?;
    let spot = base.at(whole)..base.at(whole) + input.len() + usize::from(optional);
    Ok((rest, ElementLine { steps, value, optional, spot }))
}

/// Steps separated by `/`.
pub(super) fn element_path<'a>(base: Base<'a>) -> impl FnMut(&'a str) -> Parsed<'a, Vec<Step>> {
    move |input| {
        want("an element path like cac:Item/cbc:Name", separated_list1(char('/'), |i| step(base, i))).parse(input)
    }
}

fn step<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Step> {
    let attribute =
        (preceded(char('@'), cut(base.place(qualified_name))), base.place(|input| attribute_slot(base, input)));
    let text = alt((quoted, map(take_while1(|c: char| c != ']'), str::to_owned)));
    let left = map(take_while1(|c: char| c != '=' && c != ']'), str::to_owned);
    let condition =
        delimited(char('['), cut(separated_pair(base.place(left), char('='), base.place(text))), cut(char(']')));
    let named =
        map((base.place(qualified_name), many0(condition), many0(attribute)), |(name, conditions, attributes)| Step {
            name,
            attributes,
            conditions,
        });
    named
        .or(|input| {
            // Attributes of the group's own element: `@currencyID={currency}`, `.`.
            let (rest, _) = opt(char('.')).parse(input)?;
            let attribute =
                (preceded(char('@'), cut(base.place(qualified_name))), base.place(|input| attribute_slot(base, input)));
            let (behind, attributes) = many0(attribute).parse(rest)?;
            if behind.len() == input.len() {
                return Err(nom::Err::Error(super::words::Trouble { rest: input, wanted: "an element's name" }));
            }
            let name = At { value: ".".to_owned(), spot: base.spot(input, rest) };
            Ok((behind, Step { name, attributes, conditions: Vec::new() }))
        })
        .parse(input)
}

fn qualified_name(input: &str) -> Parsed<'_, String> {
    let part = |input| {
        recognize(pair(
            take_while1(|c: char| c.is_ascii_alphabetic() || c == '_'),
            take_while(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
        ))
        .parse(input)
    };
    map(recognize((part, opt(pair(char(':'), part)))), str::to_owned).parse(input)
}

/// `={blank}` or `=literal`; nothing where a line only names the attribute (`ignore @listID`).
fn attribute_slot<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Slot> {
    match opt(char('=')).parse(input)? {
        (rest, Some(_)) => cut(|input| attribute_value(base, input)).parse(rest),
        (rest, None) => Ok((rest, Slot::Empty)),
    }
}

fn attribute_value<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Slot> {
    let bare = take_while1(|c: char| !c.is_whitespace() && !"@/{[".contains(c));
    want(
        "a blank, or a literal in quotes",
        alt((
            blank(base),
            map(preceded(char('='), quoted), |text| Slot::Literal { text, forced: true }),
            map(quoted, |text| Slot::Literal { text, forced: false }),
            map(bare, |text: &str| Slot::Literal { text: text.to_owned(), forced: false }),
        )),
    )
    .parse(input)
}

fn value<'a>(base: Base<'a>, input: &'a str) -> Parsed<'a, Slot> {
    let bare = |input| map(take_while1(|c: char| !c.is_whitespace() && c != '{'), str::to_owned).parse(input);
    alt((
        blank(base),
        map(preceded(char('='), alt((quoted, bare))), |text| Slot::Literal { text, forced: true }),
        map(alt((quoted, bare)), |text| Slot::Literal { text, forced: false }),
    ))
    .parse(input)
}
