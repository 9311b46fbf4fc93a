//! What was agreed with a partner beside the documents themselves: answers, leniency, duplicates, test or production.
//!
//! Terms are inherited: the program's defaults, then `us.toml`, then the partner, then one kind of document.

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use crate::finding::Fault;
use crate::mistake::keys::{Keys, Setting, choose, word_of};
use crate::wire::envelope::RepairKind;

/// When an interchange is answered with a TA1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ta1 {
    /// When ISA14 asks for it.
    #[default]
    OnRequest,
    /// When something is wrong with the envelope.
    OnError,
    Always,
    Never,
}

/// Which functional acknowledgement X12 groups get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Functional {
    /// 997, or 999 where GS08 names an implementation convention of 005010 (005010X...).
    #[default]
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "997")]
    F997,
    #[serde(rename = "999")]
    F999,
    #[serde(rename = "none")]
    None,
}

/// Which CONTRL an EDIFACT interchange gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contrl {
    /// The result, when UNB 0031 asks for it.
    #[default]
    OnRequest,
    /// Action 8 as soon as the interchange is there.
    Receipt,
    /// Actions 7 and 4 when it has been checked.
    Result,
    /// The one, then the other.
    Both,
    None,
}

/// What becomes of an interchange whose control number was seen before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// The same bytes are answered as they were then; other content is read, with a warning.
    #[default]
    AnswerAgain,
    /// The same bytes are answered as they were then; other content is rejected as a duplicate.
    Reject,
    /// Each is read like any other, the same bytes too: for partners that reuse their numbers. Their documents are still
    /// known by their own numbers.
    Accept,
}

/// Whether the partner's documents count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    Production,
    Test,
    /// As each interchange says (ISA15, UNB 0035).
    #[default]
    Both,
}

impl Usage {
    /// Whether an interchange marked so was agreed.
    pub fn allows(self, test: bool) -> bool {
        match self {
            Self::Production => !test,
            Self::Test => test,
            Self::Both => true,
        }
    }
}

/// How strictly a partner's documents are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leniency {
    /// Codes outside our lists are errors.
    pub strict_codes: bool,
    /// Repairs that are errors with this partner.
    pub forbid_repairs: Vec<RepairKind>,
    /// Errors that do not reject: the set is accepted with errors.
    pub tolerate: Vec<Fault>,
}

impl Leniency {
    pub fn tolerates(&self, fault: Fault) -> bool {
        self.tolerate.contains(&fault)
    }
}

/// All terms, as they stand after inheritance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub ta1: Ta1,
    pub functional: Functional,
    pub contrl: Contrl,
    /// What UNH of our CONTRL says after its type: `D:3:UN`. `None`: what the syntax asks for.
    pub contrl_version: Option<String>,
    /// Accepted sets are listed too, not only rejected ones.
    pub list_accepted: bool,
    /// After how many hours an answer to what we sent is overdue; 0 where none is expected.
    pub answer_hours_max: u32,
    pub duplicates: Duplicates,
    pub usage: Usage,
    pub leniency: Leniency,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            ta1: Ta1::default(),
            functional: Functional::default(),
            contrl: Contrl::default(),
            contrl_version: None,
            list_accepted: true,
            answer_hours_max: 24,
            duplicates: Duplicates::default(),
            usage: Usage::default(),
            leniency: Leniency::default(),
        }
    }
}

impl Terms {
    /// Reads the terms of a whole partner: `usage`, `duplicates`, `[acknowledge]`, `[leniency]`.
    pub(super) fn read(keys: &mut Keys<'_>, inherited: &Self) -> Self {
        let usage = keys.or("usage", inherited.usage, "whether its documents count: production, test, or as each says");
        let duplicates = keys.or(
            "duplicates",
            inherited.duplicates,
            "what becomes of an interchange whose control number was seen before: the same bytes are answered as then, and \
             other content is read with a warning (answer_again) or rejected (reject); accept reads both like any other",
        );
        let mut answers = keys.table("acknowledge");
        let terms = Self {
            ta1: answers.or("ta1", inherited.ta1, "when an X12 interchange is answered with a TA1"),
            functional: answers.or("functional", inherited.functional, "what an X12 group is answered with"),
            contrl: answers.or("contrl", inherited.contrl, "what an EDIFACT interchange is answered with"),
            contrl_version: answers
                .optional("contrl_version", "what our CONTRL says of itself in UNH, as in \"D:3:UN\"")
                .or_else(|| inherited.contrl_version.clone()),
            list_accepted: answers.or(
                "list_accepted",
                inherited.list_accepted,
                "whether answers list accepted sets too (AK2 and AK5, UCM)",
            ),
            answer_hours_max: answers.or(
                "answer_hours_max",
                inherited.answer_hours_max,
                "after how many hours an answer to what we sent is overdue; 0 expects none",
            ),
            duplicates,
            usage,
            leniency: inherited.leniency.clone(),
        };
        answers.finish();
        let mut leniency = keys.table("leniency");
        let terms = Self { leniency: Leniency::read(&mut leniency, &terms.leniency), ..terms };
        leniency.finish();
        terms
    }

    /// Reads what one kind of document may have differently: `functional`, `usage`, and leniency.
    pub(super) fn read_for_kind(keys: &mut Keys<'_>, inherited: &Self) -> Self {
        Self {
            functional: keys.or("functional", inherited.functional, "as in [acknowledge], for this kind"),
            usage: keys.or("usage", inherited.usage, "as above, for this kind"),
            leniency: Leniency::read(keys, &inherited.leniency),
            ..inherited.clone()
        }
    }
}

impl Leniency {
    fn read(keys: &mut Keys<'_>, inherited: &Self) -> Self {
        Self {
            strict_codes: keys.or(
                "strict_codes",
                inherited.strict_codes,
                "whether codes outside our lists are errors, not warnings",
            ),
            forbid_repairs: keys.or(
                "forbid_repairs",
                inherited.forbid_repairs.clone(),
                "repairs of the bytes that are errors with this partner, as in [\"line-wrapped\"]",
            ),
            tolerate: keys.or(
                "tolerate",
                inherited.tolerate.clone(),
                "faults that do not reject, as in [\"count-mismatch\"]; what they are: `entrepot explain`",
            ),
        }
    }
}

const TA1: &[(&str, Ta1)] =
    &[("on_request", Ta1::OnRequest), ("on_error", Ta1::OnError), ("always", Ta1::Always), ("never", Ta1::Never)];
const FUNCTIONAL: &[(&str, Functional)] =
    &[("auto", Functional::Auto), ("997", Functional::F997), ("999", Functional::F999), ("none", Functional::None)];
const CONTRL: &[(&str, Contrl)] = &[
    ("on_request", Contrl::OnRequest),
    ("receipt", Contrl::Receipt),
    ("result", Contrl::Result),
    ("both", Contrl::Both),
    ("none", Contrl::None),
];
const DUPLICATES: &[(&str, Duplicates)] =
    &[("answer_again", Duplicates::AnswerAgain), ("reject", Duplicates::Reject), ("accept", Duplicates::Accept)];
const USAGE: &[(&str, Usage)] = &[("production", Usage::Production), ("test", Usage::Test), ("both", Usage::Both)];

impl Setting for Ta1 {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, TA1)
    }

    fn show(&self) -> String {
        word_of(*self, TA1)
    }
}

/// `997` may be written as text or as a number.
impl Setting for Functional {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_integer().map(|number| number.as_str()) {
            Some("997") => Ok(Self::F997),
            Some("999") => Ok(Self::F999),
            _ => choose(value, FUNCTIONAL),
        }
    }

    fn show(&self) -> String {
        word_of(*self, FUNCTIONAL)
    }
}

impl Setting for Contrl {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, CONTRL)
    }

    fn show(&self) -> String {
        word_of(*self, CONTRL)
    }
}

impl Setting for Duplicates {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, DUPLICATES)
    }

    fn show(&self) -> String {
        word_of(*self, DUPLICATES)
    }
}

impl Setting for Usage {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, USAGE)
    }

    fn show(&self) -> String {
        word_of(*self, USAGE)
    }
}

impl Setting for Fault {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let choices: Vec<(&str, Self)> = Self::ALL.iter().map(|fault| (fault.name(), *fault)).collect();
        choose(value, &choices).map_err(|wanted| match wanted.split_once("; ") {
            Some((_, hint)) => format!("the name of a fault; {hint}"),
            None => "the name of a fault: `entrepot explain` lists them".into(),
        })
    }

    fn show(&self) -> String {
        format!("\"{}\"", self.name())
    }
}

impl Setting for RepairKind {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let word = value.as_str().unwrap_or_default();
        serde_json::from_value(word.into()).map_err(|error| {
            let text = error.to_string();
            let known = text.split_once("expected one of ").map_or("", |(_, known)| known).replace('`', "\"");
            format!("the name of a repair: {known}")
        })
    }

    fn show(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
