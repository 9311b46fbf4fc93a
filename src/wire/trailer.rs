//! What a trailer must say: how many, and the number of its header.

use super::{Segment, Syntax, service};
use crate::finding::{Fault, Finding, Place, Span};

/// Where one kind of trailer keeps its count and its control number.
#[derive(Debug)]
pub(super) struct Trailer {
    tag: &'static str,
    count: u16,
    number: u16,
}

/// By [`Syntax`], X12 first.
pub(super) const SET: [Trailer; 2] =
    [Trailer { tag: "SE", count: 1, number: 2 }, Trailer { tag: "UNT", count: 1, number: 2 }];
pub(super) const GROUP: [Trailer; 2] =
    [Trailer { tag: "GE", count: 1, number: 2 }, Trailer { tag: "UNE", count: 1, number: 2 }];
pub(super) const INTERCHANGE: [Trailer; 2] =
    [Trailer { tag: "IEA", count: 1, number: 2 }, Trailer { tag: "UNZ", count: 1, number: 2 }];

const _: () = assert!(Syntax::X12 as usize == 0 && Syntax::Edifact as usize == 1);

impl Trailer {
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// `position` is that of the trailer within its set (0 outside sets), `end` where it should stand when missing.
    pub fn check(
        &self,
        segment: Option<Segment<'_>>,
        count: u64,
        number: &str,
        position: u32,
        end: u64,
        findings: &mut Vec<Finding>,
    ) {
        let Some(segment) = segment else {
            findings.push(Finding::error(Fault::TrailerMissing, Place::segment(self.tag, position, Span::at(end))));
            return;
        };
        if position == 0 {
            service::check(&segment, false, findings);
        }
        let at = |fault: Fault, element: u16, expected: String| {
            let found = segment.element(usize::from(element));
            let position = if position == 0 { 0 } else { segment.position() };
            let place = Place::segment(self.tag, position, segment.span()).element(element, found.span());
            let finding = Finding::error(fault, place).expecting(expected);
            match found.text() {
                text if text.is_empty() => finding,
                text => finding.with_value(&text),
            }
        };
        let found = segment.element(usize::from(self.count));
        let said = found.text();
        let said = said.trim();
        if said.is_empty() {
            findings.push(at(Fault::CountMissing, self.count, count.to_string()));
        } else if said.parse::<u64>().ok() != Some(count) {
            findings.push(at(Fault::CountMismatch, self.count, count.to_string()));
        }
        let repeated = segment.element(usize::from(self.number));
        let repeated = repeated.text();
        match repeated.trim() {
            // A bare trailer has one fault, and a header without a number its own.
            "" if said.is_empty() => {}
            _ if number.is_empty() => {}
            "" => findings.push(at(Fault::ControlNumberMissing, self.number, number.to_owned())),
            repeated if repeated != number => {
                findings.push(at(Fault::ControlNumberMismatch, self.number, number.to_owned()));
            }
            _ => {}
        }
    }
}
