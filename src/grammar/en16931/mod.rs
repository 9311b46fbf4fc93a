//! The core rules of EN 16931-1 on a canonical invoice: presence, sums, value added tax by category, codes.
//!
//! They stand beside the grammars because they say the same kind of thing, what a good document looks like, and know
//! neither syntax nor mapping: a rule names a field of the invoice, and whoever read it knows where that field stood.
//! Rule ids are those of EN 16931-1, 6.4; the wording is ours. What a country or Peppol adds is not here.

mod codes;
mod meaning;
mod presence;
mod sums;
mod vat;

pub use meaning::{meaning, rules};

use rust_decimal::Decimal;

use crate::canonical::{Canonical, Kind, Name, Record, Value};
use crate::finding::{Fault, Finding, Place, Severity, Span};

/// One broken rule, placed by a field of the canonical invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// `BR-CO-10`.
    pub rule: &'static str,
    /// Canonical path of the field that is wrong or missing: `lines[2].name`.
    pub path: String,
    /// What stands there.
    pub value: Option<String>,
    /// What the rule wants, in a few words.
    pub expected: String,
    pub severity: Severity,
}

/// The rules that an invoice breaks. Documents of another kind break none.
///
/// An invoice that says by its `specification` that it follows something else is told the same as warnings.
pub fn check(document: &Canonical<'_>) -> Vec<Broken> {
    let mut broken = Rules { invoice: &document.fields, broken: Vec::new() };
    if document.kind != Kind::Invoice {
        return broken.broken;
    }
    presence::check(&mut broken);
    sums::check(&mut broken);
    vat::check(&mut broken);
    codes::check(&mut broken);
    let mut broken = broken.broken;
    if follows_something_else(text(&document.fields, "specification")) {
        broken.iter_mut().for_each(|rule| rule.severity = Severity::Warning);
    }
    broken
}

/// Broken rules as findings, at the places that `provenance` (canonical path and place) knows.
///
/// A missing field stands where its neighbours end; `whole` is the document's place.
pub fn findings(broken: Vec<Broken>, provenance: &[(String, Place)], whole: &Place) -> Vec<Finding> {
    let mut sorted: Vec<&(String, Place)> = provenance.iter().collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    let found = |path: &str| {
        let at = sorted.partition_point(|(known, _)| known.as_str() < path);
        sorted.get(at).filter(|(known, _)| known == path).map(|(_, place)| place.clone())
    };
    broken
        .into_iter()
        .map(|rule| {
            let place = found(&rule.path).unwrap_or_else(|| missing(&rule.path, &sorted, whole));
            Finding {
                severity: rule.severity,
                value: rule.value.map(|value| value.chars().take(99).collect()),
                expected: Some(rule.expected.into()),
                rule: Some(rule.rule.into()),
                ..Finding::error(Fault::RuleBroken, place)
            }
        })
        .collect()
}

/// Where a field that is not there would stand: behind the last thing known of the record around it.
fn missing(path: &str, sorted: &[&(String, Place)], whole: &Place) -> Place {
    let mut around = path;
    while let Some(end) = around.rfind(['.', '[']) {
        around = &around[..end];
        let from = sorted.partition_point(|(known, _)| known.as_str() < around);
        let inside = sorted[from..].iter().take_while(|(known, _)| known.starts_with(around));
        let of_it = inside.filter(|(known, _)| known[around.len()..].starts_with(['.', '[']));
        if let Some((_, place)) = of_it.max_by_key(|(_, place)| place.bytes.end) {
            return Place { bytes: Span::at(place.bytes.end), ..place.clone() };
        }
    }
    Place { bytes: Span::at(whole.bytes.end), ..whole.clone() }
}

/// Whether a specification identifier (BT-24) names rules other than EN 16931's. An empty one breaks BR-01 itself.
fn follows_something_else(specification: Option<&str>) -> bool {
    const CORE: [&str; 6] = ["en16931", "peppol", "xrechnung", "factur-x", "zugferd", "nlcius"];
    specification.is_some_and(|text| {
        let text = text.to_ascii_lowercase();
        // Factur-X profiles below the core (MINIMUM, BASIC WL) carry no lines on purpose.
        let below = text.ends_with("minimum") || text.ends_with("basicwl");
        below || !CORE.iter().any(|name| text.contains(name))
    })
}

/// An invoice under examination.
struct Rules<'v> {
    invoice: &'v Record<'v>,
    broken: Vec<Broken>,
}

impl<'v> Rules<'v> {
    fn tell(
        &mut self,
        rule: &'static str,
        path: impl Into<String>,
        value: Option<String>,
        expected: impl Into<String>,
    ) {
        let (path, expected) = (path.into(), expected.into());
        self.broken.push(Broken { rule, path, value, expected, severity: Severity::Error });
    }

    /// Tells the rule where the field is missing.
    fn need(&mut self, rule: &'static str, record: &Record<'_>, around: &str, field: &str, expected: &str) {
        if value(record, field).is_none() {
            self.tell(rule, join(around, field), None, expected);
        }
    }

    fn amount(&self, field: &str) -> Option<Decimal> {
        decimal(self.invoice, field)
    }

    /// The first party of a role, and its path.
    fn party(&self, role: &str) -> Option<(&'v Record<'v>, String)> {
        let parties = records(self.invoice, "parties");
        let (at, party) = parties.enumerate().find(|(_, party)| text(party, "role") == Some(role))?;
        Some((party, format!("parties[{at}]")))
    }

    fn lines(&self) -> impl Iterator<Item = (String, &'v Record<'v>)> + use<'v> {
        numbered(self.invoice, "lines", "")
    }

    /// Allowances (`allowance`) or charges (`charge`) of a record.
    fn adjustments(
        &self,
        record: &'v Record<'v>,
        around: &str,
        kind: &'static str,
    ) -> impl Iterator<Item = (String, &'v Record<'v>)> + use<'v> {
        numbered(record, "adjustments", around).filter(move |(_, item)| text(item, "kind") == Some(kind))
    }
}

/// The records of a list with their paths.
fn numbered<'v>(
    record: &'v Record<'v>,
    field: &'static str,
    around: &str,
) -> impl Iterator<Item = (String, &'v Record<'v>)> + use<'v> {
    let around = around.to_owned();
    records(record, field).enumerate().map(move |(at, item)| (format!("{}[{at}]", join(&around, field)), item))
}

fn records<'v>(record: &'v Record<'v>, field: &str) -> impl Iterator<Item = &'v Record<'v>> + use<'v> {
    value(record, field).and_then(Value::as_list).unwrap_or_default().iter().filter_map(Value::as_record)
}

fn value<'v, 'a>(record: &'v Record<'a>, field: &str) -> Option<&'v Value<'a>> {
    record.get(Name::of(field)?)
}

fn inner<'v, 'a>(record: &'v Record<'a>, field: &str) -> Option<&'v Record<'a>> {
    value(record, field)?.as_record()
}

fn text<'v>(record: &'v Record<'_>, field: &str) -> Option<&'v str> {
    value(record, field)?.as_text()
}

fn decimal(record: &Record<'_>, field: &str) -> Option<Decimal> {
    value(record, field)?.as_decimal()
}

fn join(around: &str, field: &str) -> String {
    if around.is_empty() { field.to_owned() } else { format!("{around}.{field}") }
}

#[cfg(test)]
mod tests;
