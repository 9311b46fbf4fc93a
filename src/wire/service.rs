//! What the elements of service segments may be: presence, length, kind, codes. ISA to IEA, UNB to UNZ.
//!
//! Sources: X12.5 and X12.6 (ISA, GS, ST and their trailers), ISO 9735 (syntax 1 to 3) and 9735-1 (syntax 4). Numbers that
//! repeat or do not agree, counts, and the trailers of sets are not looked at here: those are the walk's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Element, Segment};
use crate::finding::{Fault, Finding, Place, Severity};

/// One line for each element: segment, position (and component), name, kind and length, presence (`M` mandatory, `O`
/// optional, `C` mandatory where its composite is given), and what a breach weighs: `error` where nobody could answer or
/// read then, `told` else. `-` looks at no length: ISA is as wide as it is, and widths are a repair.
///
/// Presence is `O` for what has a fault of its own when it is missing: control numbers, and the name of a set.
const X12: &str = "
    ISA 1 I01 ID - M told
    ISA 3 I03 ID - M told
    ISA 5 I05 ID 2/2 M told
    ISA 6 I06 AN 1/15 M error
    ISA 7 I05 ID 2/2 M told
    ISA 8 I07 AN 1/15 M error
    ISA 13 I12 N0 1/9 O error
    ISA 14 I13 ID - M told
    ISA 15 I14 ID - M error
    GS 1 479 ID 2/2 M error
    GS 2 142 AN 2/15 M told
    GS 3 124 AN 2/15 M told
    GS 6 28 N0 1/9 O error
    GS 7 455 ID 1/2 M told
    GS 8 480 AN 1/12 M told
    GE 1 97 - 1/6 O told
    GE 2 28 - - O told
    IEA 1 I16 - 1/5 O told
    IEA 2 I12 - - O told
    ST 1 143 ID 3/3 O error
    ST 2 329 AN 4/9 O error
    ST 3 1705 AN 1/35 O error
";

const SYNTAX_3: &str = "
    UNB 1-1 0001 a 4/4 O told
    UNB 1-2 0002 an 1/1 O told
    UNB 2-1 0004 an 1/35 M error
    UNB 2-2 0007 an 1/4 O error
    UNB 2-3 0008 an 1/14 O error
    UNB 3-1 0010 an 1/35 M error
    UNB 3-2 0007 an 1/4 O error
    UNB 3-3 0014 an 1/14 O error
    UNB 4-2 0019 - - O told
    UNB 5 0020 an 1/14 O error
    UNB 6-1 0022 an 1/14 C told
    UNB 6-2 0025 an 2/2 O told
    UNB 7 0026 an 1/14 O told
    UNB 8 0029 a 1/1 O told
    UNB 9 0031 n 1/1 O told
    UNB 10 0032 an 1/35 O told
    UNB 11 0035 n 1/1 O error
    UNG 1 0038 an 1/6 M told
    UNG 2-1 0040 an 1/35 M error
    UNG 2-2 0007 an 1/4 O error
    UNG 3-1 0044 an 1/35 M error
    UNG 3-2 0007 an 1/4 O error
    UNG 4-1 0017 n 6/8 M told
    UNG 4-2 0019 n 4/4 C told
    UNG 5 0048 an 1/14 O error
    UNG 6 0051 an 1/2 M told
    UNG 7-1 0052 an 1/3 M told
    UNG 7-2 0054 an 1/3 M told
    UNG 7-3 0057 an 1/6 O told
    UNG 8 0058 an 1/14 O told
    UNE 1 0060 - 1/6 O told
    UNE 2 0048 - - O told
    UNZ 1 0036 - 1/6 O told
    UNZ 2 0020 - - O told
    UNH 1 0062 an 1/14 O error
    UNH 2-1 0065 an 1/6 O error
    UNH 2-2 0052 an 1/3 M error
    UNH 2-3 0054 an 1/3 M error
    UNH 2-4 0051 an 1/2 M error
    UNH 2-5 0057 an 1/6 O error
    UNH 3 0068 an 1/35 O error
    UNH 4-1 0070 n 1/2 C error
    UNH 4-2 0073 a 1/1 O error
";

/// What syntax 4 has otherwise.
const SYNTAX_4: &str = "
    UNB 1-3 0080 an 1/6 O told
    UNB 1-4 0133 an 1/3 O told
    UNB 1-5 0076 an 2/2 O told
    UNB 2-3 0008 an 1/35 O error
    UNB 2-4 0042 an 1/35 O error
    UNB 3-3 0014 an 1/35 O error
    UNB 3-4 0046 an 1/35 O error
    UNG 1 0038 an 1/6 O told
    UNG 2-1 0040 an 1/35 C error
    UNG 3-1 0044 an 1/35 C error
    UNG 4-1 0017 n 6/8 C told
    UNG 6 0051 an 1/3 O told
    UNG 7-1 0052 an 1/3 C told
    UNG 7-2 0054 an 1/3 C told
    UNH 2-4 0051 an 1/3 M error
    UNH 2-6 0110 an 1/6 O error
    UNH 2-7 0113 an 1/6 O error
    UNH 5-1 0115 an 1/14 C error
    UNH 5-2 0116 an 1/3 O error
    UNH 5-3 0118 an 1/3 O error
    UNH 5-4 0051 an 1/3 O error
    UNH 6-1 0121 an 1/14 C error
    UNH 6-2 0122 an 1/3 O error
    UNH 6-3 0124 an 1/3 O error
    UNH 6-4 0051 an 1/3 O error
    UNH 7-1 0127 an 1/14 C error
    UNH 7-2 0128 an 1/3 O error
    UNH 7-3 0130 an 1/3 O error
    UNH 7-4 0051 an 1/3 O error
";

/// Codes by the name of their element. One off its list is told and rejects nobody, since partners agree on others (on
/// qualifiers of UNB so often that no list is kept); the exception is whether a document counts (ISA15, UNB 0035), which
/// nobody may guess.
const CODES: [(&str, &str); 13] = [
    ("I01", "00 01 02 03 04 05 06"),
    ("I03", "00 01"),
    (
        "I05",
        "01 02 03 04 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 \
         AM NR SA SN ZZ",
    ),
    ("I13", "0 1"),
    ("I14", "P T I"),
    (
        "479",
        "AA AB AC AD AE AF AG AH AI AK AL AM AN AO AP AQ AR AS AT AU AV AW AX AY AZ BA BB BC BD BE BF BL BS \
         CA CB CC CD CE CF CH CI CJ CK CL CM CN CO CP CQ CR CS CT CU CV CW D3 D4 D5 DA DD DF DI DM DS DX EC \
         ED EI EN EP ER ES EV EX FA FB FC FG FR FT GC GE GF GL GP GR GT HB HC HI HN HP HR HS HU HV IA IB IC \
         ID IE IF IG IH IJ IM IN IO IR IS JB KM LA LB LI LN LR LS LT MA MC MD ME MF MG MH MI MJ MK MM MN MO \
         MP MQ MR MS MT MV MW MX MY MZ NC NL NP NR NT OC OG OR OW PA PB PC PD PE PF PG PH PI PJ PK PL PN PO \
         PQ PR PS PT PU PV PW PY QG QM QO RA RB RC RD RE RF RG RH RI RJ RK RL RM RN RO RP RQ RR RS RT RU RV \
         RW RX RY RZ SA SB SC SD SE SH SI SJ SL SM SN SO SP SQ SR SS ST SU SV SW TA TB TD TE TF TI TJ TM TN \
         TO TP TR TS TT TU TX UA UB UC UD UI UP UW VA VB VC VD VE VH VI VS WA WB WG WI WL WR WT",
    ),
    ("455", "X T"),
    ("0001", "UNOA UNOB UNOC UNOD UNOE UNOF UNOG UNOH UNOI UNOJ UNOK UNOL UNOW UNOX UNOY"),
    ("0002", "1 2 3 4"),
    ("0029", "A"),
    ("0031", "1 2"),
    ("0035", "1 2 3 4"),
    ("0051", "AA AB AC AD AE AF AG AH AI CC CE EC ED EE EN ER EU EW EX IA KE LI OD RI RT UN"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Letters,
    Digits,
    /// Looked at elsewhere.
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Mandatory,
    Optional,
    /// Mandatory where its composite is given.
    Within,
}

#[derive(Clone, Debug)]
struct Part {
    tag: &'static str,
    element: u16,
    component: Option<u16>,
    name: &'static str,
    kind: Kind,
    length: Option<(usize, usize)>,
    presence: Presence,
    severity: Severity,
    codes: Option<&'static str>,
}

/// Up to syntax 3, and from syntax 4 on.
static TABLES: LazyLock<[BTreeMap<&str, Vec<Part>>; 2]> = LazyLock::new(|| {
    let mut older: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for part in X12.lines().chain(SYNTAX_3.lines()).filter_map(part) {
        older.entry(part.tag).or_default().push(part);
    }
    let mut newer = older.clone();
    for line in SYNTAX_4.lines().filter_map(part) {
        let place = |part: &Part| (part.element, part.component);
        let parts = newer.entry(line.tag).or_default();
        parts.retain(|part| place(part) != place(&line));
        parts.push(line);
        parts.sort_by_key(place);
    }
    [older, newer]
});

fn part(line: &'static str) -> Option<Part> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[tag, position, name, kind, length, presence, weight] = words.as_slice() else { return None };
    let (element, component) =
        position.split_once('-').map_or((position, None), |(element, part)| (element, Some(part)));
    let length = length.split_once('/').and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
    Some(Part {
        tag,
        element: element.parse().ok()?,
        component: component.and_then(|component| component.parse().ok()),
        name,
        kind: match kind {
            "N0" | "n" => Kind::Digits,
            "a" => Kind::Letters,
            "-" => Kind::Any,
            _ => Kind::Text,
        },
        length,
        presence: match presence {
            "M" => Presence::Mandatory,
            "C" => Presence::Within,
            _ => Presence::Optional,
        },
        severity: if weight == "error" { Severity::Error } else { Severity::Warning },
        codes: CODES.iter().find(|(known, _)| *known == name).map(|(_, codes)| *codes),
    })
}

/// Holds a service segment against its table; `syntax_4` is what UNB 0002 said.
pub(super) fn check(segment: &Segment<'_>, syntax_4: bool, findings: &mut Vec<Finding>) {
    let tag = segment.tag_text();
    let Some(parts) = TABLES[usize::from(syntax_4)].get(&*tag) else { return };
    for part in parts {
        let element = segment.element(usize::from(part.element));
        let value = match part.component {
            Some(component) => element.component(usize::from(component)),
            None => element,
        };
        if part.component.is_none() && tag.starts_with('U') && element.components().nth(1).is_some() {
            let beyond = element.component(2);
            let mut place = place(segment).element(part.element, beyond.span());
            place.component = Some(2);
            let finding = surplus(&tag, Fault::ComponentsTooMany, place, beyond, 1);
            findings.push(Finding { severity: part.severity, ..finding });
            continue;
        }
        let text = value.text();
        if let Some((fault, expected)) = part.fault(element, text.trim()) {
            let is_guess = fault == Fault::CodeInvalid && !matches!(part.name, "I14" | "0035");
            let severity = if is_guess { Severity::Warning } else { part.severity };
            let finding = Finding { severity, ..at(fault, segment, part, value) };
            findings.push(match expected {
                Some(expected) => finding.expecting(expected),
                None => finding,
            });
        }
    }
    let last = parts.last().map_or(0, |part| usize::from(part.element));
    // How many elements ISA has is looked at where they are counted.
    if &*tag != "ISA" {
        let beyond = (last + 1..=segment.len()).find(|&position| !segment.element(position).is_empty());
        findings.extend(beyond.map(|position| {
            let element = segment.element(position);
            let place = place(segment).element(position as u16, element.span());
            surplus(&tag, Fault::ElementsTooMany, place, element, last)
        }));
    }
    for (element, components) in parts.iter().filter_map(|part| Some((part.element, part.component?))) {
        let is_last = parts.iter().all(|part| part.element != element || part.component <= Some(components));
        let given = segment.element(usize::from(element));
        let beyond = (usize::from(components) + 1..=given.components().count())
            .find(|&position| is_last && !given.component(position).is_empty());
        findings.extend(beyond.map(|position| {
            let component = given.component(position);
            let mut place = place(segment).element(element, component.span());
            place.component = Some(position as u16);
            surplus(&tag, Fault::ComponentsTooMany, place, component, usize::from(components))
        }));
    }
}

/// One too many: of a set's header it is an error, as anywhere in a set; elsewhere it is told.
fn surplus(tag: &str, fault: Fault, place: Place, value: Element<'_>, at_most: usize) -> Finding {
    let severity = if matches!(tag, "ST" | "UNH") { Severity::Error } else { Severity::Warning };
    let finding = Finding { severity, ..Finding::error(fault, place) };
    finding.with_value(&value.text()).expecting(format!("at most {at_most}"))
}

impl Part {
    fn fault(&self, element: Element<'_>, text: &str) -> Option<(Fault, Option<String>)> {
        if text.is_empty() {
            let wanted = match self.presence {
                Presence::Mandatory => true,
                Presence::Optional => false,
                Presence::Within => !element.is_empty(),
            };
            return wanted.then_some((Fault::ElementMissing, None));
        }
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match self.kind {
            Kind::Digits if !is_digits => return Some((Fault::NumberInvalid, Some("digits only".to_owned()))),
            Kind::Letters if text.bytes().any(|byte| byte.is_ascii_digit()) => {
                return Some((Fault::CharacterInvalid, Some("letters".to_owned())));
            }
            _ => {}
        }
        if let Some((min, max)) = self.length {
            let count = text.chars().count();
            let expected = || {
                let unit = if self.kind == Kind::Digits { "digits" } else { "characters" };
                Some(if min == max { format!("{max} {unit}") } else { format!("{min} to {max} {unit}") })
            };
            match count {
                count if count < min => return Some((Fault::ValueTooShort, expected())),
                count if count > max => return Some((Fault::ValueTooLong, expected())),
                _ => {}
            }
        }
        let codes = self.codes?;
        let is_known = codes.split(' ').any(|code| code == text);
        let expected = match codes.len() {
            ..=24 => codes.to_owned(),
            _ => format!("a code of element {}", self.name),
        };
        (!is_known).then_some((Fault::CodeInvalid, Some(expected)))
    }
}

/// A service segment as a place: those of a set count from its header.
pub(super) fn place(segment: &Segment<'_>) -> Place {
    let tag = segment.tag_text();
    let position = if matches!(&*tag, "ST" | "SE" | "UNH" | "UNT") { segment.position() } else { 0 };
    Place::segment(tag, position, segment.span())
}

fn at(fault: Fault, segment: &Segment<'_>, part: &Part, value: Element<'_>) -> Finding {
    let mut place = place(segment).element(part.element, value.span());
    place.component = part.component;
    let finding = Finding::error(fault, place);
    let finding = match part.name.parse() {
        Ok(number) if matches!(part.tag, "ST" | "UNH") => finding.referring(number),
        _ => finding,
    };
    match value.text() {
        text if text.trim().is_empty() => finding,
        text => finding.with_value(&text),
    }
}

/// Whether UNB 0001 names characters that ISO 9735 knows.
pub(super) fn is_repertoire(level: &str) -> bool {
    let codes = CODES.iter().find(|(name, _)| *name == "0001").map_or("", |(_, codes)| codes);
    codes.split(' ').any(|code| code == level)
}

/// Whether X12 has published a release, by the first six characters of GS08: version 1 to 9, releases 0 to 7 of each,
/// and their subreleases.
pub fn is_x12_release(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 6
        && bytes.starts_with(b"00")
        && matches!(bytes[2], b'1'..=b'9')
        && bytes[3] == b'0'
        && matches!(bytes[4], b'0'..=b'7')
        && bytes[5].is_ascii_digit()
}

/// Whether ISA12 names one of those.
pub fn is_x12_version(text: &str) -> bool {
    text.len() == 5 && is_x12_release(&format!("{text}0")) && !text.starts_with("001")
}

/// Whether the United Nations can have published a directory: `D:96A`, `S:93A`, and the numbered ones before them (`1:911`,
/// `90:1`).
pub(super) fn is_un_release(version: &str, release: &str) -> Result<(), u16> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match version {
        "D" | "S" => {
            let year = release.get(..2).filter(|year| is_number(year)).and_then(|year| year.parse::<u8>().ok());
            let is_dated = year.is_some_and(|year| !(40..90).contains(&year));
            let half = release.get(2..).unwrap_or_default();
            if is_dated && matches!(half, "A" | "B" | "C") { Ok(()) } else { Err(3) }
        }
        version if !is_number(version) => Err(2),
        _ if !is_number(release) => Err(3),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Cuts, Delimiters, Syntax};

    #[test]
    fn every_line_is_read() {
        let lines = [X12, SYNTAX_3, SYNTAX_4].map(|table| table.lines().filter(|line| !line.trim().is_empty()));
        for line in lines.into_iter().flatten() {
            let part = part(line).unwrap_or_else(|| panic!("what is {line}?"));
            assert!(
                part.length.is_some() || part.kind == Kind::Any || part.codes.is_some() || part.tag == "ISA",
                "{line}"
            );
        }
        let tags: Vec<&str> = TABLES[1].keys().copied().collect();
        assert_eq!(tags, ["GE", "GS", "IEA", "ISA", "ST", "UNB", "UNE", "UNG", "UNH", "UNZ"]);
    }

    #[test]
    fn elements_are_held_against_their_lines() {
        check("GS*PO*ACME*US*20260102*1200*7*X*004010~", "");
        check(
            "GS*POX*A*US*20260102*1200*1234567890*Y*004010*Z~",
            "error value-too-long GS-01, warning value-too-short GS-02, \
            error value-too-long GS-06, warning invalid-code GS-07, warning too-many-elements GS-09",
        );
        check("GS*ZX*ACME*US*20260102*1200*A1*X*004010~", "warning invalid-code GS-01, error invalid-number GS-06");
        check("ST*850*0001~", "");
        check("ST*8500*1~", "error value-too-long ST-01 (segment 1), error value-too-short ST-02 (segment 1)");
        check("GE*0000001*7~", "warning value-too-long GE-01");
        check("UNH+1+ORDERS:D:96A:UN:EAN008'", "");
        check(
            "UNH+1+ORDERS:D:96A:XX:EAN008:1'",
            "warning invalid-code UNH-02-4 (segment 1), \
            error too-many-components UNH-02-6 (segment 1)",
        );
        check(
            "UNH+123456789012345+ORDERS:D'",
            "error value-too-long UNH-01 (segment 1), \
            error missing-element UNH-02-3 (segment 1), error missing-element UNH-02-4 (segment 1)",
        );
        check("UNG+ORDERS+:14+B+260102:1200+7+UN+D:96A'", "error missing-element UNG-02-1");
    }

    #[test]
    fn syntax_4_has_more_room() {
        check_in("UNH+1+ORDERS:D:01B:UN:EAN010:1:2+A++X:1'", true, "");
        check_in("UNG++A+B+20260102:1200+7'", true, "");
        check_in("UNG+ORDERS+A+B+20260102:1200+7++D'", true, "warning missing-element UNG-07-2");
    }

    #[test]
    fn releases_that_were_published() {
        for (text, expected) in [
            ("004010", true),
            ("004031VICS", true),
            ("008060", true),
            ("009999", false),
            ("00501", false),
            ("00401X", false),
        ] {
            assert_eq!(is_x12_release(text), expected, "{text}");
        }
        for (text, expected) in [("00401", true), ("00200", true), ("00999", false), ("00040", false), ("00101", false)]
        {
            assert_eq!(is_x12_version(text), expected, "{text}");
        }
        for (version, release, expected) in [
            ("D", "96A", Ok(())),
            ("D", "01C", Ok(())),
            ("S", "93A", Ok(())),
            ("1", "911", Ok(())),
            ("91", "2", Ok(())),
            ("D", "99Z", Err(3)),
            ("D", "45A", Err(3)),
            ("D", "96", Err(3)),
            ("X", "96A", Err(2)),
        ] {
            assert_eq!(is_un_release(version, release), expected, "{version}:{release}");
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        check_in(text, false, expected);
    }

    #[track_caller]
    fn check_in(text: &str, syntax_4: bool, expected: &str) {
        let (syntax, delimiters) = match text.starts_with('U') {
            true => (Syntax::Edifact, Delimiters::EDIFACT),
            false => (Syntax::X12, Delimiters::X12),
        };
        let cuts = Cuts::new(text.as_bytes(), syntax, delimiters);
        let mut findings = Vec::new();
        super::check(&cuts.set().segment(0), syntax_4, &mut findings);
        let got: Vec<String> = findings
            .iter()
            .map(|it| format!("{} {} {}", if it.is_error() { "error" } else { "warning" }, it.fault, it.place))
            .collect();
        assert_eq!(got.join(", "), expected, "{text}");
    }
}
