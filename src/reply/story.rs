//! Findings and outcomes as text, for the tests of replies: one line each.

use crate::finding::{Fault, Finding, Place, Span};
use crate::wire::{Charset, Delimiters, Group, Identity, Interchange, Syntax};

/// `invalid-code PO1-03@7 "XX" loop=PO1 ref=355`, one a line: fault, tag-element-component/repetition@segment, and the
/// rest as wanted. A line that begins with `~` is a warning.
pub fn findings(text: &str) -> Vec<Finding> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(finding).collect()
}

fn finding(line: &str) -> Finding {
    let (line, is_warning) = line.strip_prefix('~').map_or((line, false), |line| (line, true));
    let (line, value) = match line.split_once('"') {
        Some((before, rest)) => {
            (before.to_owned() + rest.rsplit_once('"').unwrap().1, rest.rsplit_once('"').unwrap().0)
        }
        None => (line.to_owned(), ""),
    };
    let mut words = line.split_whitespace();
    let fault: Fault = words.next().unwrap().parse().unwrap();
    let (at, segment) = words.next().unwrap().split_once('@').unwrap();
    let (at, repetition) = at.split_once('/').map_or((at, None), |(at, n)| (at, Some(n.parse().unwrap())));
    let mut parts = at.split('-');
    let mut place = Place::segment(parts.next().unwrap(), segment.parse().unwrap(), Span::default());
    place.element = parts.next().map(|n| n.parse().unwrap());
    place.component = parts.next().map(|n| n.parse().unwrap());
    place.repetition = repetition;
    let mut finding = if is_warning { Finding::warning(fault, place) } else { Finding::error(fault, place) };
    if !value.is_empty() {
        finding = finding.with_value(value);
    }
    for word in words {
        match word.split_once('=') {
            Some(("loop", id)) => finding.place.loop_id = Some(id.into()),
            Some(("ref", number)) => finding.reference = Some(number.parse().unwrap()),
            _ => panic!("what is {word}?"),
        }
    }
    finding
}

pub fn interchange(syntax: Syntax) -> Interchange {
    let (version, delimiters) = match syntax {
        Syntax::X12 => ("00401", Delimiters::X12),
        Syntax::Edifact => ("UNOC:3", Delimiters::EDIFACT),
    };
    Interchange {
        syntax,
        version: version.into(),
        sender: Some(Identity { qualifier: "ZZ".into(), id: "ACME".into() }),
        receiver: Some(Identity { qualifier: "01".into(), id: "OURHOUSE".into() }),
        control_number: "000000042".into(),
        date: "260130".into(),
        time: "1425".into(),
        test: false,
        acknowledgement_requested: false,
        agreement: None,
        delimiters,
        charset: Charset::Detect,
        repairs: Vec::new(),
        findings: Vec::new(),
        elements: Vec::new(),
        span: Span::default(),
    }
}

pub fn group(functional_id: &str, version: &str) -> Group {
    Group {
        control_number: Some("7".into()),
        functional_id: functional_id.into(),
        version: version.into(),
        sender: Some(Identity { qualifier: String::new(), id: "ACMEGRP".into() }),
        receiver: Some(Identity { qualifier: String::new(), id: "OURGRP".into() }),
        date: "20260130".into(),
        time: "1425".into(),
        findings: Vec::new(),
        span: Span::default(),
    }
}
