//! What EDIFACT says of itself: service characters from UNA or the defaults, headers as values.
//!
//! Source: ISO 9735 (syntax 1 to 3) and 9735-1 (syntax 4) for UNA, UNB, UNG, UNH.

use super::discovery::{Discovery, Start, can_separate, is_wrapped, without_breaks};
use super::envelope::{Group, Identity, Interchange, Repair, RepairKind, SetHeader};
use super::{Charset, Delimiters, Element, Segment, Syntax, header};

/// Learns the service characters. `sample` begins with UNA, UNB, UNG or UNH.
pub(super) fn discover(sample: &[u8], start: Start) -> Discovery {
    let mut delimiters = Delimiters::EDIFACT;
    let mut skip = 0;
    let mut repairs = Vec::new();
    let mut position_5 = None;
    if let Some(advice) = una(sample) {
        delimiters = advice.delimiters;
        position_5 = advice.position_5;
        skip = advice.length;
        if advice.length != UNA_LENGTH {
            repairs.push(RepairKind::UnaNot9);
        }
    } else if let Some(&element) = sample.get(3)
        && element != delimiters.element
    {
        delimiters = guessed(sample, element);
    }
    // Syntax 4 (UNB 0002) made UNA position 5 the repetition separator; without UNA it is `*`.
    let unwrapped = without_breaks(&sample[skip..sample.len().min(skip + 64)]);
    if version(&unwrapped, &delimiters).is_some_and(|v| v >= b'4') {
        let repetition = position_5.unwrap_or(b'*');
        delimiters.repetition = Some(repetition).filter(|&r| can_separate(r) && !is_taken(&delimiters, r));
    }
    let is_wrapped = is_wrapped(sample, &delimiters);
    Discovery { syntax: Syntax::Edifact, delimiters, start, skip, is_wrapped, repairs }
}

const UNA_LENGTH: usize = 9;

/// UNA's advice.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    pub delimiters: Delimiters,
    /// Reserved (a blank) up to syntax 3, the repetition separator in syntax 4.
    pub position_5: Option<u8>,
    pub length: usize,
}

/// UNA is six characters, then UNB, UNG or UNH follows, perhaps on a new line. Some leave out the blank.
pub(super) fn una(text: &[u8]) -> Option<Advice> {
    let rest = text.strip_prefix(b"UNA")?;
    let (&[component, element, decimal, release, position_5, segment], behind) = rest.split_first_chunk::<6>()?;
    let advice = |segment: u8, position_5: Option<u8>, length| Advice {
        delimiters: Delimiters {
            segment,
            element,
            component,
            repetition: None,
            release: (release != b' ').then_some(release),
            decimal,
        },
        position_5: position_5.filter(|&b| b != b' '),
        length,
    };
    if segment == b'U' && behind.starts_with(b"N") && can_separate(position_5) {
        return Some(advice(position_5, None, UNA_LENGTH - 1));
    }
    let segment = if segment == b'\r' && behind.starts_with(b"\n") { b'\n' } else { segment };
    let distinct = segment != element && segment != component && element != component;
    let fits = !segment.is_ascii_alphanumeric() && can_separate(element) && can_separate(component);
    (distinct && fits).then(|| advice(segment, Some(position_5), UNA_LENGTH))
}

fn is_taken(delimiters: &Delimiters, byte: u8) -> bool {
    let d = delimiters;
    [d.segment, d.element, d.component].contains(&byte) || d.release == Some(byte)
}

/// The service characters of an interchange that does not use the defaults and does not say so: `UNB*UNOA:1*`.
fn guessed(sample: &[u8], element: u8) -> Delimiters {
    let component = sample.get(8).copied().filter(|&b| can_separate(b) && b != element).unwrap_or(b':');
    let header = |n: &usize| matches!(sample[*n..], [b'U', b'N', b'H' | b'G', e, ..] if e == element) && *n > 0;
    let next = (4..sample.len().min(1024)).find(header);
    let segment = next.and_then(|n| {
        let before = &sample[..n];
        match before.trim_ascii_end().last() {
            Some(b) if b.is_ascii_alphanumeric() => before.last(),
            other => other,
        }
    });
    let segment = segment.copied().filter(|&b| b != element && b != component).unwrap_or(b'\'');
    Delimiters { segment, element, component, ..Delimiters::EDIFACT }
}

/// UNB 0002, from `UNB+UNOC:4+`.
fn version(text: &[u8], delimiters: &Delimiters) -> Option<u8> {
    let rest = text.trim_ascii_start().strip_prefix(b"UNB")?.strip_prefix(&[delimiters.element])?;
    let (_, rest) = rest.split_first_chunk::<4>()?;
    let (&digit, _) = rest.strip_prefix(&[delimiters.component])?.split_first()?;
    digit.is_ascii_digit().then_some(digit)
}

fn text(element: Element<'_>) -> String {
    element.text().trim().to_owned()
}

/// S002, S003, S006, S007: id, qualifier.
fn identity(element: Element<'_>) -> Option<Identity> {
    let identity = Identity { qualifier: text(element.component(2)), id: text(element.component(1)) };
    (identity != Identity::default()).then_some(identity)
}

/// The components as they are read, joined with `:` whatever separates them here.
fn joined<'a>(components: impl Iterator<Item = Element<'a>>) -> String {
    let all: Vec<_> = components.map(|c| c.text()).collect();
    all.join(":").trim_end_matches(':').to_owned()
}

/// UNB as a value.
pub(super) fn interchange(segment: &Segment<'_>, delimiters: Delimiters, repairs: Vec<Repair>) -> Interchange {
    let syntax = segment.element(1);
    let when = segment.element(4);
    let agreement = [10, 7].map(|n| text(segment.element(n))).into_iter().find(|a| !a.is_empty());
    Interchange {
        syntax: Syntax::Edifact,
        version: joined(syntax.components().take(2)),
        sender: identity(segment.element(2)),
        receiver: identity(segment.element(3)),
        control_number: text(segment.element(5)),
        date: text(when.component(1)),
        time: text(when.component(2)),
        // 1 is a test; syntax 4 has more that are no production: a test of the syntax, an echo asked for and given.
        test: matches!(segment.element(11).raw(), b"1" | b"2" | b"3" | b"4"),
        acknowledgement_requested: segment.element(9).raw() == b"1",
        agreement,
        delimiters,
        charset: Charset::named(&syntax.component(1).text()),
        repairs,
        findings: header::check_interchange(segment, Syntax::Edifact),
        elements: segment.elements().map(|e| String::from_utf8_lossy(e.raw()).into_owned()).collect(),
        span: segment.span(),
    }
}

/// UNG as a value.
pub(super) fn group(segment: &Segment<'_>, syntax_4: bool) -> Group {
    let when = segment.element(4);
    Group {
        control_number: Some(text(segment.element(5))),
        functional_id: text(segment.element(1)),
        version: joined(segment.element(7).components()),
        sender: identity(segment.element(2)),
        receiver: identity(segment.element(3)),
        date: text(when.component(1)),
        time: text(when.component(2)),
        findings: header::check_group(segment, Syntax::Edifact, syntax_4),
        span: segment.span(),
    }
}

/// UNH as a value.
pub(super) fn set_header(segment: &Segment<'_>) -> SetHeader {
    let identifier = segment.element(2);
    let association = text(identifier.component(5));
    SetHeader {
        kind: text(identifier.component(1)),
        release: joined(identifier.components().skip(1)),
        control_number: text(segment.element(1)),
        convention: (!association.is_empty()).then_some(association),
        segments: 0,
        findings: Vec::new(),
        span: segment.span(),
        test: false,
        repairs: Vec::new(),
    }
}
