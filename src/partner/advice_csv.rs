//! `[advice_csv]` of a partner: how it says in tables what it pays, column by column.

use serde::{Deserialize, Serialize};

use crate::mistake::keys::Keys;

/// The columns of a customer's table, by their headings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdviceCsv {
    pub invoice: String,
    pub paid: String,
    /// Rows of one payment have the same; without the column a file is one payment.
    pub trace: Option<String>,
    /// What the payment comes to; else the sum of its rows.
    pub amount: Option<String>,
    pub date: Option<String>,
    pub gross: Option<String>,
    pub discount: Option<String>,
    /// What was kept back, with either sign, and why.
    pub deduction: Option<String>,
    pub reason: Option<String>,
    pub currency: Option<String>,
    pub separator: String,
    /// `1.234,50` instead of `1,234.50`.
    pub decimal_comma: bool,
}

impl AdviceCsv {
    pub(super) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let is_there = keys.has("advice_csv");
        let mut keys = keys.table("advice_csv");
        let read = Self {
            invoice: keys.or("invoice", "Invoice".to_owned(), "the heading over invoice numbers"),
            paid: keys.or("paid", "Paid".to_owned(), "the heading over what is paid of each"),
            trace: keys.optional("trace", "the heading over the number that names the payment"),
            amount: keys.optional("amount", "the heading over what the payment comes to; else the sum of its rows"),
            date: keys.optional("date", "the heading over the day of the payment, as in 2026-03-01"),
            gross: keys.optional("gross", "the heading over what each invoice comes to"),
            discount: keys.optional("discount", "the heading over discounts taken"),
            deduction: keys.optional("deduction", "the heading over what was kept back"),
            reason: keys.optional("reason", "the heading over why it was kept back, by the codes of X12 element 426"),
            currency: keys.optional("currency", "the heading over currencies"),
            separator: keys.or("separator", ",".to_owned(), "what stands between columns: `,`, `;` or a tab"),
            decimal_comma: keys.or("decimal_comma", false, "whether amounts are written 1.234,50"),
        };
        if read.separator.chars().count() != 1 {
            keys.mistake("value", keys.span("separator"), "`advice_csv.separator` is one character", None);
        }
        keys.finish();
        is_there.then_some(read)
    }
}
