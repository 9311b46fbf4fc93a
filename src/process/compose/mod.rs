//! The documents a trade wants issued, as canonical documents: what they say follows from the trade alone.
//!
//! Which wire they take, who they go to and how they are numbered there is the agreement's business.

mod answer;
mod buying;
mod invoice;
mod notice;

use jiff::ToSpan;
use jiff::civil::Date;

use super::apply::Work;
use super::effect::{Answers, Effect, Issue};
use super::line::Line;
use super::trade::Issued;
use crate::canonical::common::{DateMark, Head, Party, Reference, Terms};
use crate::canonical::{self, Canonical, Kind};

impl Work<'_> {
    /// Wants a document issued, once for each key.
    fn issue(&mut self, key: String, kind: Kind, document: impl serde::Serialize, answers: Answers) {
        self.issue_to(None, key, kind, document, answers);
    }

    /// To somebody else than the trade's partner, where one is named.
    fn issue_to(
        &mut self,
        to: Option<&str>,
        key: String,
        kind: Kind,
        document: impl serde::Serialize,
        answers: Answers,
    ) {
        if self.trade.issued(&key).is_some() {
            return;
        }
        let Some(document) = canonical(kind, &document) else { return };
        let number = document.fields.text("number").map(str::to_owned);
        if self.is_what_left(kind) {
            return self.left(key, kind, number);
        }
        self.trade.issued.push(Issued::new(key.clone(), kind, number, self.now));
        self.effects.push(Effect::Issue(Box::new(Issue { key, to: to.map(str::to_owned), document, answers })));
    }

    /// The head every document of this trade opens with.
    fn head(&self, number: Option<String>, purpose: &str, roles: &[&str]) -> Head {
        let ours = &self.trade.head;
        let parties =
            ours.parties.iter().filter(|party| party.role.as_deref().is_some_and(|role| roles.contains(&role)));
        Head {
            number,
            date: Some(self.policy.calendar.date(self.now)),
            purpose: Some(purpose.into()),
            currency: ours.currency.clone(),
            test: self.trade.key.test.then_some(true),
            parties: parties.cloned().collect(),
            references: ours.references.clone(),
            ..Head::default()
        }
    }

    /// The key for the next issue of a document that may be corrected: `ship_notice|S1`, then `ship_notice|S1#2`.
    pub(super) fn next_issue(&self, stem: &str) -> String {
        let belongs = |issued: &&Issued| {
            issued.key.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
        };
        match self.trade.issued.iter().filter(belongs).count() {
            0 => stem.to_owned(),
            count => format!("{stem}#{}", count + 1),
        }
    }
}

/// A typed document as a tree. The types and the shapes come from one text, so that this does not fail.
fn canonical(kind: Kind, document: &impl serde::Serialize) -> Option<Canonical<'static>> {
    let mut tree = serde_json::to_value(document).ok()?;
    tree.as_object_mut()?.insert("kind".into(), kind.as_str().into());
    Canonical::from_tree(&tree).ok()
}

/// What every document repeats of a line.
fn line(line: &Line) -> canonical::Line {
    canonical::Line {
        number: Some(line.number.clone()),
        unit: line.unit.clone(),
        price_basis: line.price_basis.clone(),
        ids: line.ids.clone(),
        description: line.description.clone(),
        ..canonical::Line::default()
    }
}

pub(super) fn reference(kind: &str, value: &str) -> Reference {
    Reference { kind: Some(kind.into()), value: Some(value.into()), ..Reference::default() }
}

fn date(kind: &str, date: Date) -> DateMark {
    DateMark { kind: Some(kind.into()), date: Some(date), ..DateMark::default() }
}

/// When an invoice is due: as the order's terms say, otherwise after so many days.
pub(crate) fn due_date(terms: &[Terms], from: Date, days: i32) -> Option<Date> {
    if let Some(fixed) = terms.iter().find_map(|terms| terms.due_date) {
        return Some(fixed);
    }
    let net = terms.iter().find_map(|terms| terms.net_days).and_then(|days| i32::try_from(days).ok());
    from.checked_add(net.unwrap_or(days).clamp(0, 3_650).days()).ok()
}

/// The party with a role, if the order names one.
fn party<'a>(parties: &'a [Party], role: &str) -> Option<&'a Party> {
    parties.iter().find(|party| party.role.as_deref() == Some(role))
}
