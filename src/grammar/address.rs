//! The name of a grammar or map: `x12/004010/850`, `edifact/D.96A/ORDERS`, `ubl/2.1/Invoice`.

use std::fmt;

use crate::wire::Syntax;

/// Standard, release and document type. Its text form is a path under `grammars/` and `mappings/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub standard: String,
    pub release: String,
    pub kind: String,
}

impl Address {
    /// The address that a set's header asks for: `850` and `004010`, or `ORDERS` and `D:96A:UN:EAN008`.
    ///
    /// What belongs to the syntax and not to a release has one home: `edifact/service/CONTRL` (`service-4` from syntax 4 on),
    /// `x12/control/TA1`.
    pub fn of_wire(syntax: Syntax, kind: &str, release: &str) -> Self {
        let (standard, release) = match syntax {
            Syntax::X12 if kind == "TA1" => ("x12", "control".to_owned()),
            Syntax::X12 => ("x12", release.chars().take(6).collect()),
            Syntax::Edifact if kind == "CONTRL" && release.starts_with('4') => ("edifact", "service-4".to_owned()),
            Syntax::Edifact if kind == "CONTRL" => ("edifact", "service".to_owned()),
            Syntax::Edifact => {
                let mut parts = release.split(':');
                let version = parts.next().unwrap_or_default();
                let number = parts.next().unwrap_or_default();
                ("edifact", format!("{version}.{number}"))
            }
        };
        Self { standard: standard.to_owned(), release, kind: kind.to_owned() }
    }

    /// Its release as a number that grows with time; none for a release that is no number.
    pub(super) fn age(&self) -> Option<u32> {
        age(&self.release)
    }

    /// The nearest of the available grammars: same standard and kind, and the release that differs least; of two
    /// equally near ones the later. The caller tells the reader of the document when it is not the release asked for.
    pub fn nearest<'a>(&self, available: impl IntoIterator<Item = &'a Address>) -> Option<&'a Address> {
        let wanted = age(&self.release);
        available.into_iter().filter(|other| other.standard == self.standard && other.kind == self.kind).min_by_key(
            |other| match (wanted, age(&other.release)) {
                _ if other.release == self.release => (0, 0),
                (Some(wanted), Some(age)) => (wanted.abs_diff(age), u32::MAX - age),
                _ => (u32::MAX, 0),
            },
        )
    }
}

/// A release as a number that grows with time: `004010` is 4010, `D.96A` is 199600, `D.01B` is 200101, `91.2` 199102.
fn age(release: &str) -> Option<u32> {
    if release.len() >= 5 && release.bytes().all(|byte| byte.is_ascii_digit()) {
        return release.parse().ok();
    }
    let (version, number) = release.split_once('.')?;
    let (year, letter) = match version {
        // `D.96A`, `S.93A`.
        "D" | "S" => (number.get(..2)?, number.as_bytes().get(2).copied()),
        // `91.2`, `90.1`: the directories before D.93A; `1.911`, `2.912`: trial and status directories.
        "88" | "89" | "90" | "91" | "92" => (version, number.bytes().next()),
        _ => (number.get(..2)?, number.as_bytes().get(2).copied()),
    };
    let year: u32 = year.parse().ok()?;
    let century = if year < 70 { 2000 } else { 1900 };
    let part = match letter {
        Some(letter @ b'A'..=b'D') => u32::from(letter - b'A'),
        Some(digit @ b'0'..=b'9') => u32::from(digit - b'0'),
        _ => 0,
    };
    Some((century + year) * 100 + part)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.standard, self.release, self.kind)
    }
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(standard), Some(release), Some(kind), None) if ![standard, release, kind].contains(&"") => {
                Ok(Self { standard: standard.into(), release: release.into(), kind: kind.into() })
            }
            _ => Err(format!("\"{text}\" is not an address like x12/004010/850")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_the_grammar() {
        let cases = [
            (Syntax::X12, "850", "004010VICS", "x12/004010/850"),
            (Syntax::X12, "TA1", "", "x12/control/TA1"),
            (Syntax::Edifact, "ORDERS", "D:96A:UN:EAN008", "edifact/D.96A/ORDERS"),
            (Syntax::Edifact, "ORDERS", "91:2:UN", "edifact/91.2/ORDERS"),
            (Syntax::Edifact, "CONTRL", "D:3:UN", "edifact/service/CONTRL"),
            (Syntax::Edifact, "CONTRL", "4:1:UN", "edifact/service-4/CONTRL"),
        ];
        for (syntax, kind, release, address) in cases {
            assert_eq!(Address::of_wire(syntax, kind, release).to_string(), address);
        }
    }

    #[test]
    fn the_nearest_release_is_taken() {
        let cases = [
            ("x12/004010/850", "x12/004010/850"),
            ("x12/004030/850", "x12/004010/850"),
            ("x12/003040/850", "x12/004010/850"),
            ("x12/006030/850", "x12/005010/850"),
            ("x12//850", "x12/004010/850"),
            ("edifact/D.93A/ORDERS", "edifact/D.96A/ORDERS"),
            ("edifact/91.2/ORDERS", "edifact/D.96A/ORDERS"),
            ("edifact/D.07A/ORDERS", "edifact/D.01B/ORDERS"),
            ("edifact/D.97A/ORDERS", "edifact/D.96A/ORDERS"),
            ("edifact/D.99B/ORDERS", "edifact/D.01B/ORDERS"),
            ("x12/004010/111", "none"),
        ];
        let available: Vec<Address> =
            ["x12/004010/850", "x12/005010/850", "x12/004010/810", "edifact/D.96A/ORDERS", "edifact/D.01B/ORDERS"]
                .iter()
                .map(|text| text.parse().expect("an address"))
                .collect();
        for (asked, found) in cases {
            let (standard, rest) = asked.split_once('/').expect("three parts");
            let (release, kind) = rest.split_once('/').expect("three parts");
            let asked = Address { standard: standard.into(), release: release.into(), kind: kind.into() };
            let nearest = asked.nearest(&available).map_or("none".to_owned(), ToString::to_string);
            assert_eq!(nearest, found, "{asked}");
        }
    }
}
