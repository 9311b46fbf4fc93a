//! Whether the bookings of a statement lead from its first balance to its last.

use rust_decimal::Decimal;

use crate::canonical::{BankEntry, BankStatement};

/// What is missing between the balances; `None` where it adds up or a balance is not given.
pub(super) fn missing(statement: &BankStatement) -> Option<Decimal> {
    let (opening, closing) = statement.opening.zip(statement.closing)?;
    let moved: Decimal = statement.entries.iter().map(signed).sum();
    Some(closing - opening - moved).filter(|missing| !missing.is_zero())
}

/// Credits above zero, debits below.
pub(super) fn signed(entry: &BankEntry) -> Decimal {
    let amount = entry.amount.unwrap_or_default();
    if entry.credit_debit.as_deref() == Some("debit") { -amount } else { amount }
}
