//! In which of two ways a customer writes the amounts of its advices.

use serde::{Deserialize, Serialize};

/// What the paid amount of an item holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Convention {
    /// The item's adjustments are taken off already.
    Net,
    /// They are still to be taken off.
    Gross,
}
