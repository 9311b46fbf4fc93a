//! Cash application: which money pays which invoice, and in words why.
//!
//! A [`Fact`] is money at a bank; an [`Advice`] is what a customer says about it. They are joined ([`join`]), the advice's sums
//! are proven ([`balance`]), every reference climbs down the [`ladder`](reference) to candidates, what remains of an item goes
//! through the policy in its order ([`residual`]), and [`apply`] makes one entry of it. Nothing is guessed: what is not
//! certain becomes a proposal for a person, and the money waits as unapplied. It knows no segment and posts nothing itself.

mod advice;
mod apply;
pub mod balance;
mod booking;
mod candidate;
mod code;
mod convention;
mod deduction;
mod explain;
mod fact;
pub mod join;
mod line;
mod open_list;
mod payer;
mod policy;
mod question;
mod rank;
pub mod reference;
pub mod residual;
mod subset;
mod undo;

#[cfg(test)]
mod testing;

pub use advice::{Advice, AdviceAdjustment, AdviceItem, AdviceKind};
pub use apply::{Application, Case, Funds, accept, apply};
pub use candidate::{Candidate, Gate, may_mean};
pub use code::{CodeList, Desk, Reason};
pub use convention::Convention;
pub use deduction::{Announced, Deduction, DeductionState, Evidence, Settlement};
pub use explain::Reading;
pub use fact::{Fact, FactKind};
pub use line::{Alternative, LineOutcome};
pub use open_list::OpenList;
pub use payer::Payers;
pub use policy::{Policy, UnearnedDiscount};
pub use question::{Proposal, Question, QuestionKind};
pub use rank::{Comparison, Features, LESSONS_MIN, Label, Lesson, Model, THRESHOLD, lessons, train_and_compare};
pub use subset::{Subset, Subsets, subsets};
pub use undo::{Undoing, Undone, undo, waits_no_more};

/// Which rules decided: stored with every decision.
pub const RULES: &str = "cash-1";
