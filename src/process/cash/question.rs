//! What a person has to answer about a payment, with the answers that are possible.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::explain::Reading;

/// What a person has to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub kind: QuestionKind,
    /// The money at stake.
    pub amount: Decimal,
    pub words: String,
    /// Sets of open items, each a possible answer.
    pub proposals: Vec<Proposal>,
    /// The open item it is about, where it is about one: paid off, nobody asks any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    UnknownPayer,
    /// Advice and bank name different amounts.
    AmountDiffers,
    /// The advice adds up in no way.
    Imbalance,
    /// A line is not certain enough.
    Ambiguous,
    /// No number and no advice: only the amount.
    AmountAlone,
    ShortPay,
    UnearnedDiscount,
    Overpayment,
    DuplicatePayment,
    /// An invoice of somebody else.
    OtherParty,
    /// A credit is taken that we know nothing of.
    UnknownCredit,
}

/// A possible answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub reading: Reading,
    /// Number and amount.
    pub items: Vec<(Box<str>, Decimal)>,
}
