//! What a bank says moved on an account: a statement, a notification, a lockbox deposit.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::common::{Account, Head};
use super::record::records;
use super::remittance::RemittanceItem;

records! {
    /// camt.053, camt.054, BAI2 group and account.
    BankStatement {
        ..head: Head,
        /// `statement` (balances and bookings) or `notification` (bookings only).
        r#type: Option<String>,
        account: Option<Account>,
        /// Booked balances, below zero where the account is overdrawn.
        opening: Option<Decimal>,
        closing: Option<Decimal>,
        entries: Vec<BankEntry>,
    }

    /// One booking, or one transaction of a booking that holds several.
    BankEntry {
        /// The bank's own reference.
        id: Option<String>,
        /// `credit` or `debit`: what happened to the account.
        credit_debit: Option<String>,
        /// It takes back an earlier booking.
        reversal: Option<bool>,
        /// Why, in the bank's code.
        return_reason: Option<String>,
        /// Above zero.
        amount: Option<Decimal>,
        currency: Option<String>,
        /// What banks kept of it before it was booked.
        charges: Option<Decimal>,
        date: Option<Date>,
        value_date: Option<Date>,
        /// What kind of booking it is, in the bank's code.
        code: Option<String>,
        /// End-to-end id, transaction id, customer reference: whatever names the transfer.
        traces: Vec<String>,
        /// Who is on the other side.
        counterparty: Option<String>,
        counterparty_account: Option<Account>,
        /// Documents that the booking names, with their amounts where it says them.
        items: Vec<RemittanceItem>,
        /// A reference that we gave, for the payer to quote.
        creditor_reference: Option<String>,
        text: Vec<String>,
    }
}
