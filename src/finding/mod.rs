//! What is wrong in a partner's document: a value with its place, never an error of ours.
//!
//! A finding is stored, shown, sent back and counted. It knows nothing of grammars or replies; the reply writers print
//! the codes that [`Fault`] gives them and hold no judgement of their own.

mod codes;
mod explain;
mod fault;
mod held;
mod place;
mod report;
mod sentence;
mod service;

pub use explain::{Explanation, explain, explain_foreign, explain_x12};
pub use fault::{Fault, Level, Rules};
pub use held::Held;
pub use place::{Place, Span};
pub use report::{Report, report};
pub use service::{Spoken, spoken};

use serde::{Deserialize, Serialize};

/// How much a finding weighs: an error can reject, a warning is told and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Error,
}

/// One fault in a document, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub fault: Fault,
    pub severity: Severity,
    pub place: Place,
    /// A copy of the bad data as text, at most 99 characters (AK404 and UCD carry as much).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<str>>,
    /// What was expected, in a few words: `3..10 characters`, `BY ST BT`, `12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Box<str>>,
    /// The data element's number in the standard's dictionary (AK402), where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<u16>,
    /// The id of the rule that was broken where the fault comes from a rule set (`BR-CO-10`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Box<str>>,
}

impl Finding {
    pub fn error(fault: Fault, place: Place) -> Self {
        Self { fault, severity: Severity::Error, place, value: None, expected: None, reference: None, rule: None }
    }

    pub fn warning(fault: Fault, place: Place) -> Self {
        Self { severity: Severity::Warning, ..Self::error(fault, place) }
    }

    /// Adds a copy of the bad data, cut to the 99 characters that AK404 holds.
    #[must_use]
    pub fn with_value(mut self, value: &str) -> Self {
        self.value = Some(value.chars().take(99).collect());
        self
    }

    #[must_use]
    pub fn expecting(mut self, expected: impl Into<Box<str>>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds the data element's number in the dictionary, for AK402.
    #[must_use]
    pub fn referring(mut self, element: u16) -> Self {
        self.reference = Some(element);
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The level at which this finding is reported by itself.
    pub fn level(&self) -> Level {
        self.fault.level(&self.place)
    }

    /// The X12 code at a level; for an interchange TA105 also says which element of ISA is wrong.
    pub fn code_x12(&self, level: Level, rules: Rules) -> &'static str {
        match (level, &*self.place.tag) {
            (Level::Interchange, "ISA") => codes::interchange_code_at(self.fault, self.place.element),
            (Level::Group, "GS") => codes::group_code_at(self.fault, self.place.element, rules),
            _ => self.fault.code_x12(level, rules),
        }
    }

    /// The word that `entrepot explain` takes: the id of a broken rule, else the fault.
    pub fn word(&self) -> &str {
        self.rule.as_deref().unwrap_or_else(|| self.fault.name())
    }

    /// The sentence for people: where, what, what was expected.
    pub fn message(&self) -> String {
        sentence::sentence(self)
    }
}
