//! A small model that learns from people's decisions which candidate a reference means. It proposes.
//!
//! Logistic regression over a handful of features that anyone can name, so that each weight can be shown and argued with.
//! It is trained on one company's own decisions and compared with the rules on decisions it has not seen, before it may be
//! switched on. Likelihoods are floating point: they are no money.

use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

use super::apply::Case;
use super::candidate::{Candidate, candidates, margin};
use super::line::LineOutcome;

/// What is known of one candidate for one line, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// The rung on the ladder.
    pub reference: f64,
    /// Behind it comes nothing near.
    pub margin: f64,
    /// The amount settles the item: in full, less its discount, or less what may be given up.
    pub amount: f64,
    /// Only this item of the payer has the amount.
    pub only_amount: f64,
    /// It is owed by the payer itself.
    pub party: f64,
    /// How near the payment is to the due date: 1 on the day, 0 from two months on.
    pub due: f64,
}

/// A decision of a person: a candidate, and whether it was the right one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    pub features: Features,
    pub right: bool,
    /// What the rules would have done.
    pub by_rules: bool,
}

/// What a decision of a person taught about one line: every candidate that there was, and which was right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    pub reference: Box<str>,
    pub labels: Vec<Label>,
}

/// The learned weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub bias: f64,
    pub weights: Features,
    /// How many decisions it has seen.
    pub decisions: usize,
    /// Above this likelihood it would act.
    pub threshold: f64,
}

/// The model and the rules on decisions that neither was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    pub decisions: usize,
    pub rules_right: usize,
    pub rules_wrong: usize,
    pub model_right: usize,
    pub model_wrong: usize,
}

/// So many decisions there have to be before the ranking may be switched on, a fifth of them held back.
pub const LESSONS_MIN: usize = 50;
/// From this likelihood on it would act.
pub const THRESHOLD: f64 = 0.9;

const NAMES: [&str; 6] = ["reference", "margin", "amount", "only_amount", "party", "due"];
const ROUNDS: usize = 400;
const STEP: f64 = 0.5;
/// Pulls weights towards nothing where few decisions speak for them.
const SHRINK: f64 = 0.001;

impl Features {
    /// The features of a line's candidate.
    pub fn of(
        case: &Case<'_>,
        candidate: &Candidate,
        margin: rust_decimal::Decimal,
        paid: rust_decimal::Decimal,
    ) -> Self {
        let item = case.list.items()[candidate.place];
        let holders = case.list.holders(paid, case.policy);
        let settles = holders.contains(&candidate.place);
        let payer = case.payers.identify(case.fact).map(|(payer, _)| payer);
        let days = f64::from((case.fact.date - item.due).get_days().abs());
        let yes = |truth: bool| if truth { 1.0 } else { 0.0 };
        Self {
            reference: candidate.score.to_f64().unwrap_or_default(),
            margin: margin.to_f64().unwrap_or_default().clamp(0.0, 1.0),
            amount: yes(settles),
            only_amount: yes(settles && holders.len() == 1),
            party: yes(payer == Some(&*item.party)),
            due: (1.0 - days / 60.0).max(0.0),
        }
    }

    fn values(&self) -> [f64; 6] {
        [self.reference, self.margin, self.amount, self.only_amount, self.party, self.due]
    }

    fn from_values([reference, margin, amount, only_amount, party, due]: [f64; 6]) -> Self {
        Self { reference, margin, amount, only_amount, party, due }
    }
}

impl Model {
    /// Learns from decisions. The same decisions in the same order make the same model.
    pub fn train(labels: &[Label], threshold: f64) -> Self {
        let (mut bias, mut weights) = (0.0, [0.0; 6]);
        let count = labels.len().max(1) as f64;
        for _ in 0..ROUNDS {
            let (mut down, mut slopes) = (0.0, [0.0; 6]);
            for label in labels {
                let values = label.features.values();
                let wrong = likelihood(bias, &weights, &values) - if label.right { 1.0 } else { 0.0 };
                down += wrong;
                slopes.iter_mut().zip(values).for_each(|(slope, value)| *slope += wrong * value);
            }
            bias -= STEP * down / count;
            for (weight, slope) in weights.iter_mut().zip(slopes) {
                *weight -= STEP * (slope / count + SHRINK * *weight);
            }
        }
        Self { bias, weights: Features::from_values(weights), decisions: labels.len(), threshold }
    }

    /// The weights by name, the bias first.
    pub fn named(&self) -> Vec<(&'static str, f64)> {
        let weights = NAMES.into_iter().zip(self.weights.values());
        std::iter::once(("bias", self.bias)).chain(weights).collect()
    }

    /// The only one of the candidates that it would act on, with its likelihood and what speaks for it.
    pub(super) fn pick(
        &self,
        case: &Case<'_>,
        found: &[Candidate],
        paid: rust_decimal::Decimal,
    ) -> Option<(usize, f64, String)> {
        let judged = featured(case, found, paid).into_iter().map(|(place, features)| {
            let likelihood = self.likelihood(&features);
            (place, likelihood, features)
        });
        let mut sure = judged.filter(|(_, likelihood, _)| *likelihood >= self.threshold);
        match (sure.next(), sure.next()) {
            (Some((place, likelihood, features)), None) => Some((place, likelihood, self.explain(&features))),
            _ => None,
        }
    }

    /// How likely a candidate is the right one, from 0 to 1.
    pub fn likelihood(&self, features: &Features) -> f64 {
        likelihood(self.bias, &self.weights.values(), &features.values())
    }

    /// What speaks for and against a candidate, strongest first: `only_amount +2.31, margin -0.40`.
    pub fn explain(&self, features: &Features) -> String {
        let mut parts: Vec<(&str, f64)> = NAMES
            .into_iter()
            .zip(self.weights.values().into_iter().zip(features.values()))
            .map(|(name, (weight, value))| (name, weight * value))
            .filter(|(_, part)| part.abs() >= 0.005)
            .collect();
        parts.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
        parts.iter().map(|(name, part)| format!("{name} {part:+.2}")).collect::<Vec<_>>().join(", ")
    }

    /// Tries the model on decisions held back from its training.
    pub fn compare(&self, held_back: &[Label]) -> Comparison {
        let mut result = Comparison { decisions: held_back.len(), ..Comparison::default() };
        for label in held_back {
            if label.by_rules {
                *if label.right { &mut result.rules_right } else { &mut result.rules_wrong } += 1;
            }
            if self.likelihood(&label.features) >= self.threshold {
                *if label.right { &mut result.model_right } else { &mut result.model_wrong } += 1;
            }
        }
        result
    }
}

impl Comparison {
    /// Why it may not be switched on: it must never be wrong more often than the rules, and find more.
    pub fn why_not(&self, lessons: usize) -> Option<String> {
        if lessons < LESSONS_MIN {
            return Some(format!("{lessons} decisions are too few to judge it by: {LESSONS_MIN} are needed"));
        }
        if self.model_wrong > self.rules_wrong {
            let Self { model_wrong, rules_wrong, .. } = self;
            return Some(format!(
                "on history held back it was wrong {model_wrong} times, the rules {rules_wrong} times"
            ));
        }
        if self.model_right <= self.rules_right {
            let Self { model_right, rules_right, .. } = self;
            return Some(format!(
                "on history held back it found {model_right}, the rules {rules_right}: it is no better"
            ));
        }
        None
    }
}

/// Trains on all decisions but every fifth, which is held back to compare on: whole decisions, so that nothing of one is in both.
pub fn train_and_compare(lessons: &[Lesson], threshold: f64) -> (Model, Comparison) {
    let (mut training, mut held_back) = (Vec::new(), Vec::new());
    for (index, lesson) in lessons.iter().enumerate() {
        let part = if index % 5 == 4 { &mut held_back } else { &mut training };
        part.extend_from_slice(&lesson.labels);
    }
    let model = Model::train(&training, threshold);
    let comparison = model.compare(&held_back);
    (model, comparison)
}

/// What a person's decision teaches about lines that the rules left open, or had placed and somebody took back: of each the
/// candidates that there were, right where the person chose them.
pub fn lessons(case: &Case<'_>, lines: &[&LineOutcome], chosen: &[(Box<str>, rust_decimal::Decimal)]) -> Vec<Lesson> {
    let number = |place: usize| &case.list.items()[place].number;
    let lesson = |line: &&LineOutcome| {
        let found = candidates(case.list, &line.reference, None);
        let labels = featured(case, &found, line.paid).into_iter().map(|(place, features)| Label {
            features,
            right: chosen.iter().any(|(chosen, _)| chosen == number(place)),
            by_rules: line.item.as_ref() == Some(number(place)),
        });
        Lesson { reference: line.reference.clone(), labels: labels.collect() }
    };
    let named = lines.iter().filter(|line| !line.reference.is_empty());
    named.map(lesson).filter(|lesson| !lesson.labels.is_empty()).collect()
}

/// Candidates with what is known of each.
fn featured(case: &Case<'_>, found: &[Candidate], paid: rust_decimal::Decimal) -> Vec<(usize, Features)> {
    let ahead = margin(found);
    let of = |(at, candidate): (usize, &Candidate)| {
        let margin = if at == 0 { ahead } else { rust_decimal::Decimal::ZERO };
        (candidate.place, Features::of(case, candidate, margin, paid))
    };
    found.iter().enumerate().map(of).collect()
}

fn likelihood(bias: f64, weights: &[f64; 6], values: &[f64; 6]) -> f64 {
    let sum: f64 = weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
    1.0 / (1.0 + (-(bias + sum)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_what_people_go_by() {
        // People here accept a vague reference when only one item has the amount; the rules do not.
        let label = |reference, only_amount, right| Label {
            features: Features { reference, only_amount, amount: 1.0, party: 1.0, ..Features::default() },
            right,
            by_rules: reference > 0.92,
        };
        let lesson = |labels: &[Label]| Lesson { reference: "1001".into(), labels: labels.to_vec() };
        let lessons: Vec<Lesson> = (0..50)
            .flat_map(|_| {
                let clear = [label(0.95, 1.0, true), label(0.7, 0.0, false)];
                let vague = [label(0.8, 1.0, true), label(0.8, 0.0, false)];
                [lesson(&clear), lesson(&vague)]
            })
            .collect();
        let labels: Vec<Label> = lessons.iter().flat_map(|lesson| lesson.labels.clone()).collect();
        let (model, comparison) = train_and_compare(&lessons, 0.9);
        assert_eq!((comparison.model_wrong, comparison.rules_wrong), (0, 0));
        assert_eq!(comparison.why_not(lessons.len()), None, "{comparison:?}");
        let few = comparison.why_not(49).unwrap();
        assert!(few.starts_with("49 decisions are too few"), "{few}");
        let worse = Comparison { model_wrong: 1, ..comparison };
        assert_eq!(worse.why_not(50).unwrap(), "on history held back it was wrong 1 times, the rules 0 times");
        let same = Comparison { model_right: comparison.rules_right, ..comparison };
        assert!(same.why_not(50).unwrap().ends_with("it is no better"));
        assert!(
            model.explain(&labels[0].features).starts_with("only_amount +"),
            "{}",
            model.explain(&labels[0].features)
        );
        assert_eq!(Model::train(&labels, 0.9), Model::train(&labels, 0.9));
    }

    #[test]
    fn without_history_it_stays_off() {
        let (model, comparison) = train_and_compare(&[], 0.9);
        assert_eq!(model.likelihood(&Features::default()), 0.5);
        assert!(comparison.why_not(0).is_some() && comparison.why_not(50).is_some());
    }
}
