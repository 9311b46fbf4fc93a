//! What a partner's acknowledgement says of what we sent: read from TA1, 997, 999 and CONTRL, without judging it.

use super::Disposition;
use crate::wire::{Segment, Tag, TransactionSet};

/// What one verdict is about, in the terms of what we sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// ISA13 or UNB 0020.
    Interchange { control_number: String },
    /// GS01 and GS06, or UNG 0048 (whose functional id CONTRL does not say).
    Group { functional_id: String, control_number: String },
    /// ST01 and ST02, or UNH 0065 and 0062, in the group or interchange named before it.
    Set { kind: String, control_number: String },
}

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub about: About,
    pub disposition: Disposition,
    /// The codes that explain it, as written: TA105, AK502.., AK905.., 0085.
    pub codes: Vec<String>,
}

/// Whether a set of this type is an acknowledgement of syntax: it is never acknowledged itself.
pub fn is_acknowledgement(kind: &str) -> bool {
    matches!(kind, "TA1" | "997" | "999" | "CONTRL")
}

/// Reads every verdict of an acknowledgement. A set stands behind the group or interchange it belongs to.
pub fn read(set: TransactionSet<'_>) -> Vec<Said> {
    const TA1: Tag = Tag::new(b"TA1");
    const AK1: Tag = Tag::new(b"AK1");
    const AK2: Tag = Tag::new(b"AK2");
    const AK5: Tag = Tag::new(b"AK5");
    const IK5: Tag = Tag::new(b"IK5");
    const AK9: Tag = Tag::new(b"AK9");
    const UCI: Tag = Tag::new(b"UCI");
    const UCF: Tag = Tag::new(b"UCF");
    const UCM: Tag = Tag::new(b"UCM");
    let mut said = Vec::new();
    // AK9 gives the verdict on the group that AK1 names: its place is kept before the sets.
    let mut group: Option<usize> = None;
    let mut pending: Option<About> = None;
    for segment in set.segments() {
        match segment.tag() {
            TA1 => {
                let about = About::Interchange { control_number: text(segment, 1) };
                push(&mut said, about, Disposition::from_x12(&text(segment, 4)), vec![text(segment, 5)]);
            }
            AK1 => {
                let about = About::Group { functional_id: text(segment, 1), control_number: text(segment, 2) };
                group = Some(said.len());
                // Without an AK9 nothing was said of the group: it counts as rejected until a better answer comes.
                push(&mut said, about, Some(Disposition::Rejected), Vec::new());
            }
            AK2 => pending = Some(About::Set { kind: text(segment, 1), control_number: text(segment, 2) }),
            AK5 | IK5 => {
                if let Some(about) = pending.take() {
                    push(&mut said, about, Disposition::from_x12(&text(segment, 1)), texts(segment, 2));
                }
            }
            AK9 => {
                if let Some(verdict) = group.take().and_then(|at| said.get_mut(at)) {
                    verdict.disposition = Disposition::from_x12(&text(segment, 1)).unwrap_or(Disposition::Rejected);
                    verdict.codes = texts(segment, 5);
                }
            }
            UCI => {
                let about = About::Interchange { control_number: text(segment, 1) };
                push(&mut said, about, action(&text(segment, 4)), texts(segment, 5));
            }
            UCF => {
                let about = About::Group { functional_id: String::new(), control_number: text(segment, 1) };
                push(&mut said, about, action(&text(segment, 4)), texts(segment, 5));
            }
            UCM => {
                let kind = segment.element(2).component(1).text().trim().to_owned();
                let about = About::Set { kind, control_number: text(segment, 1) };
                push(&mut said, about, action(&text(segment, 3)), texts(segment, 4));
            }
            _ => {}
        }
    }
    said
}

fn push(said: &mut Vec<Said>, about: About, disposition: Option<Disposition>, codes: Vec<String>) {
    if let Some(disposition) = disposition {
        said.push(Said { about, disposition, codes: codes.into_iter().filter(|code| !code.is_empty()).collect() });
    }
}

/// 0083: 4 rejects this level and all below; 7 acknowledges; 8 says that the interchange has arrived.
fn action(code: &str) -> Option<Disposition> {
    match code {
        "4" => Some(Disposition::Rejected),
        "7" | "8" => Some(Disposition::Accepted),
        _ => None,
    }
}

fn text(segment: Segment<'_>, position: usize) -> String {
    segment.element(position).component(1).text().trim().to_owned()
}

/// The simple elements from a position on: repeated code elements.
fn texts(segment: Segment<'_>, from: usize) -> Vec<String> {
    (from..=segment.len()).map(|position| text(segment, position)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Cuts, Delimiters, Syntax};

    #[test]
    fn verdicts_are_read() {
        check(Syntax::X12, "TA1*000000042*261123*1030*R*025~", "interchange 42 Rejected 025");
        check(
            Syntax::X12,
            "ST*997*0001~AK1*PO*7~AK2*850*0001~AK5*A~AK2*850*0002~AK3*PO1*3**8~AK4*3*355*7*XX~AK5*R*5~AK9*P*2*2*1~SE*9*0001~",
            "group PO 7 Partially | set 850 0001 Accepted | set 850 0002 Rejected 5",
        );
        check(
            Syntax::X12,
            "ST*999*1~AK1*IN*9*005010~AK2*810*1~IK5*E*4~AK9*E*1*1*1~SE*6*1~",
            "group IN 9 AcceptedWithErrors | set 810 1 AcceptedWithErrors 4",
        );
        check(
            Syntax::Edifact,
            "UNH+1+CONTRL:D:3:UN'UCI+42+US:14+THEM:14+7'UCM+1+ORDERS:D:96A:UN+4+12'UCM+2+ORDERS:D:96A:UN+7'UNT+5+1'",
            "interchange 42 Accepted | set ORDERS 1 Rejected 12 | set ORDERS 2 Accepted",
        );
        check(Syntax::X12, "ST*997*0001~AK1*PO*7~SE*3*0001~", "group PO 7 Rejected");
    }

    fn check(syntax: Syntax, text: &str, expected: &str) {
        let delimiters = if syntax == Syntax::X12 { Delimiters::X12 } else { Delimiters::EDIFACT };
        let cuts = Cuts::new(text.as_bytes(), syntax, delimiters);
        let lines: Vec<String> = read(cuts.set())
            .into_iter()
            .map(|said| {
                let about = match said.about {
                    About::Interchange { control_number } => {
                        format!("interchange {}", control_number.trim_start_matches('0'))
                    }
                    About::Group { functional_id, control_number } => format!("group {functional_id} {control_number}"),
                    About::Set { kind, control_number } => format!("set {kind} {control_number}"),
                };
                format!("{about} {:?} {}", said.disposition, said.codes.join(" ")).trim_end().to_owned()
            })
            .collect();
        assert_eq!(lines.join(" | "), expected);
    }
}
