//! What is looked at when an order comes in, before anybody decides about it. The world is an argument: prices, credit, stock.

use serde::{Deserialize, Serialize};

use super::exception::ExceptionKind;

/// Something about an order, or one of its lines, that must be settled before it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ExceptionKind,
    /// The line, where it is not about the order as a whole.
    pub line: Option<String>,
    /// What is the matter and what is waited for, in a sentence.
    pub words: String,
    /// Equal causes are one card: `item|W9`.
    pub cause: Option<String>,
    pub money: Option<rust_decimal::Decimal>,
}
