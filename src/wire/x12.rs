//! What X12 says of itself: delimiters from the ISA, headers as values.
//!
//! X12.5 (interchange control structures) gives ISA fixed widths, so that its separators are known by their places;
//! what is written by hand often is not so wide.

use super::discovery::{Discovery, Start, can_separate, is_wrapped, without_breaks};
use super::envelope::{Group, Identity, Interchange, Repair, RepairKind, SetHeader};
use super::{Charset, Delimiters, Element, Segment, Syntax, header};
use crate::finding::Span;

/// Offsets of the sixteen element separators in an ISA of 106 bytes.
const SEPARATORS: [usize; 16] = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];
const COMPONENT: usize = 104;
const TERMINATOR: usize = 105;
/// Where a repetition separator stands, from release 00402 on.
const ISA11: usize = 82;
const ISA12: std::ops::Range<usize> = 84..89;

/// Learns the delimiters from an ISA. `sample` begins with it.
pub(super) fn discover(sample: &[u8]) -> Discovery {
    let mut repairs = Vec::new();
    let mut wrapped = false;
    let delimiters = fixed(sample)
        .or_else(|| {
            let unwrapped = without_breaks(sample);
            let found = fixed(&unwrapped)?;
            wrapped = true;
            Some(found)
        })
        .unwrap_or_else(|| {
            repairs.push(RepairKind::IsaNot106);
            counted(sample)
        });
    let is_wrapped = wrapped || is_wrapped(sample, &delimiters);
    Discovery { syntax: Syntax::X12, delimiters, start: Start::Isa, skip: 0, is_wrapped, repairs }
}

/// The delimiters by their places, when the ISA is as wide as it should be.
fn fixed(text: &[u8]) -> Option<Delimiters> {
    let element = *text.get(3)?;
    let segment = *text.get(TERMINATOR)?;
    let component = text[COMPONENT];
    let is_fixed = SEPARATORS.iter().all(|&at| text[at] == element);
    // A line end in the wrong place is a wrapped file.
    let is_wrapped = matches!(segment, b'\r' | b'\n')
        && text[TERMINATOR..].iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| !b.is_ascii_alphanumeric());
    if !is_fixed
        || is_wrapped
        || !can_separate(element)
        || matches!(component, b'\r' | b'\n')
        || segment.is_ascii_alphanumeric()
        || segment == element
    {
        return None;
    }
    // A terminator of CR and LF is read as LF; the CR before it is dropped.
    let segment = match &text[TERMINATOR..] {
        [b'\r' | b' ', b'\n', ..] | [b' ', b'\r', b'\n', ..] => b'\n',
        _ => segment,
    };
    let repetition = repetition(&text[ISA12], text[ISA11], [element, component, segment]);
    Some(Delimiters { segment, element, component, repetition, release: None, decimal: b'.' })
}

/// ISA11 separates repetitions from release 00402 on, if it can separate; before that it is a code (`U`).
fn repetition(version: &[u8], isa11: u8, others: [u8; 3]) -> Option<u8> {
    let is_late = version.len() == 5 && version >= b"00402".as_slice();
    (is_late && can_separate(isa11) && !others.contains(&isa11)).then_some(isa11)
}

/// The delimiters by counting elements, when widths are wrong: ISA16 and the terminator stand between the last
/// separator and the next segment.
fn counted(text: &[u8]) -> Delimiters {
    let element = text.get(3).copied().unwrap_or(b'*');
    let head = &text[..text.len().min(1024)];
    let next = (4..head.len()).find(|&n| begins_segment(&head[n..], element));
    let separators: Vec<usize> = (0..next.unwrap_or(head.len())).filter(|&n| head[n] == element).collect();
    let tail = match (next, separators.last(), separators.get(15)) {
        (Some(next), Some(&last), _) => &head[last + 1..next],
        (None, _, Some(&sixteenth)) => &head[sixteenth + 1..head.len().min(sixteenth + 3)],
        _ => &[],
    };
    let marks: Vec<u8> = tail.iter().copied().filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).collect();
    let line_end = match tail {
        _ if tail.contains(&b'\n') => Some(b'\n'),
        _ if tail.contains(&b'\r') => Some(b'\r'),
        _ if tail.ends_with(b" ") => Some(b' '),
        _ => None,
    };
    let (component, segment) = match (marks.as_slice(), line_end) {
        ([component, .., segment], _) => (Some(*component), *segment),
        ([b'~'], _) => (None, b'~'),
        ([component], Some(end)) => (Some(*component), end),
        ([segment], None) => (None, *segment),
        ([], end) => (None, end.unwrap_or(b'~')),
    };
    let segment = if segment.is_ascii_alphanumeric() || segment == element { b'~' } else { segment };
    let fits = |b: &u8| can_separate(*b) && *b != element && *b != segment;
    let component = component.filter(fits).unwrap_or(if segment == b'>' || element == b'>' { b':' } else { b'>' });
    let value = |n: usize| head.get(*separators.get(n - 1)? + 1..*separators.get(n)?);
    let repetition = match (value(11), value(12)) {
        (Some(&[isa11]), Some(version)) => repetition(version, isa11, [element, component, segment]),
        _ => None,
    };
    Delimiters { segment, element, component, repetition, release: None, decimal: b'.' }
}

/// Whether a segment stands here that may follow ISA.
fn begins_segment(text: &[u8], element: u8) -> bool {
    [b"GS".as_slice(), b"TA1", b"ST", b"IEA"]
        .iter()
        .any(|tag| text.strip_prefix(*tag).and_then(<[u8]>::first) == Some(&element))
}

/// Guesses the delimiters of a group or set without an interchange.
pub(super) fn discover_headless(sample: &[u8]) -> Discovery {
    let element = sample.get(2).copied().unwrap_or(b'*');
    // Behind the control number of ST, or the release of GS: the first byte that is no value.
    let from = if sample.starts_with(b"GS") { 8 } else { 2 };
    let value = sample.split(|&b| b == element).nth(from).unwrap_or_default();
    let end = value.iter().position(|b| !b.is_ascii_alphanumeric());
    let segment = match end.map(|n| &value[n..]) {
        Some([b'\r', b'\n', ..]) => b'\n',
        Some([t, ..]) => *t,
        _ => b'~',
    };
    let component = if segment == b'>' || element == b'>' { b':' } else { b'>' };
    let delimiters = Delimiters { segment, element, component, ..Delimiters::X12 };
    let is_wrapped = is_wrapped(sample, &delimiters);
    Discovery { syntax: Syntax::X12, delimiters, start: Start::X12Headless, skip: 0, is_wrapped, repairs: Vec::new() }
}

fn text(segment: &Segment<'_>, position: usize) -> String {
    segment.element(position).text().trim().to_owned()
}

fn identity(segment: &Segment<'_>, qualifier: usize, id: usize) -> Option<Identity> {
    let identity = Identity { qualifier: text(segment, qualifier), id: text(segment, id) };
    (identity != Identity::default()).then_some(identity)
}

/// ISA as a value. Its findings are those that a TA1 can report about the header.
pub(super) fn interchange(segment: &Segment<'_>, delimiters: Delimiters, mut repairs: Vec<Repair>) -> Interchange {
    for repair in repairs.iter_mut().filter(|repair| repair.kind == RepairKind::IsaNot106) {
        repair.bytes = segment.span();
    }
    repairs.extend(segment.elements().filter_map(hard_padding));
    let at = |position: usize| segment.element(position);
    Interchange {
        syntax: Syntax::X12,
        version: text(segment, 12),
        sender: identity(segment, 5, 6),
        receiver: identity(segment, 7, 8),
        control_number: text(segment, 13),
        date: text(segment, 9),
        time: text(segment, 10),
        test: at(15).raw() == b"T",
        acknowledgement_requested: at(14).raw() == b"1",
        agreement: None,
        delimiters,
        charset: Charset::Detect,
        repairs,
        findings: header::check_interchange(segment, Syntax::X12),
        elements: segment.elements().map(|e| e.text().into_owned()).collect(),
        span: segment.span(),
    }
}

/// Padding by blanks that are none of X12's: programs that make ISA from web pages write U+00A0. It is no part of an id.
fn hard_padding(element: Element<'_>) -> Option<Repair> {
    let text = element.text();
    let kept = text.trim_end();
    if !text[kept.len()..].contains('\u{a0}') {
        return None;
    }
    // In UTF-8, which is the only way that such a blank was read as one, bytes of the text are bytes of the element.
    let (start, end) = (element.span().start, element.span().end);
    let is_direct = element.raw().len() == text.len();
    let start = if is_direct { start + kept.len() as u64 } else { start };
    Some(Repair { kind: RepairKind::Padding, bytes: Span::new(start, end) })
}

/// GS as a value.
pub(super) fn group(segment: &Segment<'_>) -> Group {
    let party = |position: usize| {
        let id = text(segment, position);
        (!id.is_empty()).then(|| Identity { qualifier: String::new(), id })
    };
    Group {
        control_number: Some(text(segment, 6)),
        functional_id: text(segment, 1),
        version: text(segment, 8),
        sender: party(2),
        receiver: party(3),
        date: text(segment, 4),
        time: text(segment, 5),
        findings: header::check_group(segment, Syntax::X12, false),
        span: segment.span(),
    }
}

/// ST as a value. The release is the group's, or where there is none the interchange's.
pub(super) fn set_header(segment: &Segment<'_>, group_version: &str, interchange_version: &str) -> SetHeader {
    let release = match group_version {
        "" if interchange_version.len() == 5 => format!("{interchange_version}0"),
        version => version.chars().take(6).collect(),
    };
    let rest: String = group_version.chars().skip(6).collect();
    let st03 = text(segment, 3);
    SetHeader {
        kind: text(segment, 1),
        release,
        control_number: text(segment, 2),
        convention: [st03, rest].into_iter().find(|c| !c.is_empty()),
        segments: 0,
        findings: Vec::new(),
        span: segment.span(),
        test: false,
        repairs: Vec::new(),
    }
}
