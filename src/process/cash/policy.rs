//! What a company allows in applying cash; every value is an agreement's to change.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::convention::Convention;
use crate::process::ledger::{Bands, cents};

/// The limits within which the rules apply money by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Reference and number have to be at least so alike.
    pub apply_at: Decimal,
    /// Or so alike, where the amount is one that only this open item has.
    pub apply_at_with_amount: Decimal,
    /// How far the second candidate must lie behind.
    pub margin: Decimal,
    pub small_difference: Decimal,
    /// Of the open item; the stricter of both holds.
    pub small_difference_percent: Decimal,
    /// What may be given up in small differences for one customer on one day.
    pub small_difference_daily: Decimal,
    pub discount_grace_days: i64,
    pub unearned_discount: UnearnedDiscount,
    /// Days between money and advice that name no trace.
    pub join_days: i64,
    /// Whether an amount alone may apply money: only where one small set of open items makes it.
    pub amount_alone: bool,
    /// The largest such set, and the longest open list it is looked for in.
    pub subset_items_max: usize,
    pub subset_list_max: usize,
    /// The convention in which this customer's advices balance, once known.
    pub convention: Option<Convention>,
    /// Credit memos come with a positive amount and are to be turned.
    pub credit_memos_positive: bool,
    /// What stands before numbers, besides the usual words.
    pub prefixes: Vec<String>,
    /// A last digit that only checks the ones before it.
    pub check_digit: bool,
    /// Days in which a deduction can be disputed with this customer.
    pub dispute_days: i64,
    pub write_off: Bands,
    /// What a learned ranking may apply for one payment; nothing while it is off.
    pub model_limit: Decimal,
}

/// What becomes of a discount that was taken too late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnearnedDiscount {
    /// A dated case to win back.
    #[default]
    Deduction,
    /// It stays open on the invoice.
    StaysOpen,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            apply_at: cents(92),
            apply_at_with_amount: cents(85),
            margin: cents(10),
            small_difference: cents(500),
            small_difference_percent: cents(50),
            small_difference_daily: cents(2500),
            discount_grace_days: 3,
            unearned_discount: UnearnedDiscount::Deduction,
            join_days: 5,
            amount_alone: false,
            subset_items_max: 3,
            subset_list_max: 12,
            convention: None,
            credit_memos_positive: false,
            prefixes: Vec::new(),
            check_digit: false,
            dispute_days: 30,
            write_off: Bands::write_off(),
            model_limit: Decimal::ZERO,
        }
    }
}

impl Policy {
    /// The most that may be given up of an item as a small difference.
    pub fn tolerance(&self, open: Decimal) -> Decimal {
        let share = open.abs() * self.small_difference_percent / Decimal::ONE_HUNDRED;
        self.small_difference.min(share)
    }
}
