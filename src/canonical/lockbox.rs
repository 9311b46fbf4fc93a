//! What a bank took out of a lockbox: deposits, their batches, and each payment with what its payer says of it.

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use super::common::{Account, Amount, DateMark, Head, Party, Quantity, Reference};
use super::record::records;
use super::remittance::{RemittanceAdjustment, RemittanceItem};

records! {
    /// X12 823.
    Lockbox {
        ..head: Head,
        trace_type: Option<String>,
        trace: Option<String>,
        trace_originator: Option<String>,
        deposits: Vec<Deposit>,
    }

    /// DEP loop: what was put on the account together.
    Deposit {
        /// DEP01: names the deposit, also in the account's statement.
        reference: Option<String>,
        date: Option<Date>,
        time: Option<Time>,
        /// DEP04.
        lockbox: Option<String>,
        account: Option<Account>,
        amounts: Vec<Amount>,
        /// QTY: how many payments, as the bank counts them.
        counts: Vec<Quantity>,
        references: Vec<Reference>,
        dates: Vec<DateMark>,
        batches: Vec<Batch>,
    }

    /// BAT loop.
    Batch {
        date: Option<Date>,
        time: Option<Time>,
        number: Option<String>,
        kind: Option<String>,
        amounts: Vec<Amount>,
        counts: Vec<Quantity>,
        dates: Vec<DateMark>,
        payments: Vec<LockboxPayment>,
    }

    /// BPR loop: a check or transfer, with its advice.
    LockboxPayment {
        handling: Option<String>,
        amount: Option<Decimal>,
        credit_debit: Option<String>,
        method: Option<String>,
        format: Option<String>,
        payer_account: Option<Account>,
        originator: Option<String>,
        originator_supplement: Option<String>,
        payee_account: Option<Account>,
        payment_date: Option<Date>,
        trace_type: Option<String>,
        /// TRN02: the check's number, or the transfer's.
        trace: Option<String>,
        trace_originator: Option<String>,
        currency: Option<String>,
        references: Vec<Reference>,
        dates: Vec<DateMark>,
        adjustments: Vec<RemittanceAdjustment>,
        parties: Vec<Party>,
        items: Vec<RemittanceItem>,
    }
}
