//! Cases for a person: what can go wrong, whose desk it is on, and what can be done about it.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A desk, by business function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    CustomerService,
    ItemData,
    Pricing,
    Credit,
    Warehouse,
    AccountsPayable,
    Purchasing,
    AccountsReceivable,
    EdiCompliance,
    Support,
}

impl Queue {
    pub const ALL: [Self; 10] = [
        Self::CustomerService,
        Self::ItemData,
        Self::Pricing,
        Self::Credit,
        Self::Warehouse,
        Self::AccountsPayable,
        Self::Purchasing,
        Self::AccountsReceivable,
        Self::EdiCompliance,
        Self::Support,
    ];

    /// One word for command lines and journeys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerService => "service",
            Self::ItemData => "items",
            Self::Pricing => "pricing",
            Self::Credit => "credit",
            Self::Warehouse => "warehouse",
            Self::AccountsPayable => "ap",
            Self::Purchasing => "purchasing",
            Self::AccountsReceivable => "ar",
            Self::EdiCompliance => "compliance",
            Self::Support => "support",
        }
    }

    /// A desk by its word, or by another name people use for it.
    pub fn of(word: &str) -> Option<Self> {
        let known = Self::ALL.into_iter().find(|queue| queue.as_str() == word);
        known.or(match word {
            "customer_service" | "customer-service" | "cs" => Some(Self::CustomerService),
            "item_data" | "item-data" | "item" | "master" => Some(Self::ItemData),
            "accounts_payable" | "payables" => Some(Self::AccountsPayable),
            "accounts_receivable" | "collections" | "receivables" => Some(Self::AccountsReceivable),
            "edi_compliance" | "edi-compliance" | "edi" => Some(Self::EdiCompliance),
            "b2b" | "b2b_support" | "b2b-support" | "mapping" => Some(Self::Support),
            _ => None,
        })
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares the types of exceptions: the word, the desk, and what a person can do, in the order in which it is suggested.
macro_rules! kinds {
    ($( $(#[doc = $doc:literal])* $kind:ident $word:literal $queue:ident [$($action:literal),*] )*) => {
        /// The types of exceptions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ExceptionKind { $( $(#[doc = $doc])* $kind, )* }

        impl ExceptionKind {
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $word),* }
            }

            /// The desk it is filed at.
            pub fn queue(self) -> Queue {
                match self { $(Self::$kind => Queue::$queue),* }
            }

            /// What can be done, most usual first; words that the desks show.
            pub fn actions(self) -> &'static [&'static str] {
                match self { $(Self::$kind => &[$($action),*]),* }
            }
        }
    };
}

kinds! {
    ShipToUnknown "ship_to_unknown" CustomerService ["map ship-to", "reject order"]
    DuplicateSuspect "duplicate_suspect" CustomerService ["release", "reject order"]
    /// The same number came again with another content.
    Conflict "conflict" CustomerService ["treat as replace", "reject", "new order with suffix"]
    DatesImpossible "dates_impossible" CustomerService ["release", "propose date", "reject order"]
    /// A change or cancellation that came too late for part of the order.
    ChangeTooLate "change_too_late" CustomerService ["contact partner", "answer with remainder"]
    StockShort "stock_short" CustomerService ["backorder", "accept part", "reject line", "release"]
    SubstitutionNeedsApproval "substitution" CustomerService ["release", "reject line"]
    HoldAgeing "hold_ageing" CustomerService ["release", "reject order"]
    AnswerOverdue "answer_overdue" CustomerService ["decide", "answer with hold"]
    CancelDatePassed "cancel_date_passed" CustomerService ["short-close", "ask partner"]
    ItemUnknown "item_unknown" ItemData ["add cross-reference", "replace item", "reject line"]
    UnitUnknown "unit_unknown" ItemData ["set factor", "reject line"]
    PackMultiple "pack_multiple" ItemData ["release", "round and answer", "reject line"]
    ItemDiscontinued "item_discontinued" ItemData ["replace item", "reject line"]
    PriceDiffers "price_differs" Pricing ["honour their price", "answer with our price", "reject line"]
    InvoiceDisputed "invoice_disputed" Pricing ["credit and rebill", "contact partner", "hold to the invoice"]
    CreditExceeded "credit_exceeded" Credit ["release", "partial release", "prepay"]
    PastDue "past_due" Credit ["release", "hold", "prepay"]
    ShipmentUnknownOrder "shipment_unknown_order" Warehouse ["wait on", "assign to order", "void shipment"]
    OverShip "over_ship" Warehouse ["accept overage", "recall", "recount"]
    /// Goods left although the line had been cancelled, reduced or rejected.
    ShippedAgainstChange "shipped_against_change" Warehouse ["contact partner", "recall"]
    PackMismatch "pack_mismatch" Warehouse ["correct packs", "recount"]
    SsccDuplicate "sscc_duplicate" Warehouse ["correct packs", "release"]
    NoticeOverdue "notice_overdue" Warehouse ["issue notice", "invoice without notice"]
    NoticeRejected "notice_rejected" Warehouse ["correct and send again", "contact partner"]
    ReceiptDiffers "receipt_differs" Warehouse ["accept", "recount", "gather evidence"]
    VoidAfterNotice "void_after_notice" Warehouse ["cancel notice with partner"]
    InvoiceHeld "invoice_held" AccountsPayable ["accept variance", "pay as ordered", "dispute"]
    InvoiceWithoutReceipt "invoice_without_receipt" AccountsPayable ["wait on", "dispute"]
    /// The bank booked something else than the run says.
    PaymentRunDiffers "payment_run_differs" AccountsPayable ["ask the bank"]
    PaymentRunReturned "payment_run_returned" AccountsPayable ["pay again", "ask the supplier for its account"]
    PaymentRunUndone "payment_run_undone" AccountsPayable ["have the bank cancel it", "tell the suppliers"]
    InvoiceForCancelled "invoice_for_cancelled" AccountsPayable ["dispute", "route to buyer"]
    /// A supplier charges something back outside an invoice.
    SupplierDebit "supplier_debit" AccountsPayable ["ask for an invoice", "dispute"]
    BankDetailsChanged "bank_details_changed" AccountsPayable ["verify out of band"]
    AnswerDiffers "answer_differs" Purchasing ["accept answer", "change order", "cancel order"]
    SupplierAnswerOverdue "supplier_answer_overdue" Purchasing ["chase", "cancel order"]
    ChangeRefused "change_refused" Purchasing ["keep order", "cancel order"]
    SupplierNoticeLate "supplier_notice_late" Purchasing ["chase", "expedite"]
    OverAdvised "over_advised" Purchasing ["accept", "contact supplier"]
    OverReceipt "over_receipt" Purchasing ["accept overage", "return goods"]
    NeverInvoiced "never_invoiced" Purchasing ["ask for the invoice"]
    /// Money that came to something else than what was open.
    PaymentDiffers "payment_differs" AccountsReceivable ["apply", "split", "dispute"]
    PaymentUnknownInvoice "payment_unknown_invoice" AccountsReceivable ["apply", "refund"]
    PaymentReturned "payment_returned" AccountsReceivable ["chase", "pay again"]
    InvoiceOverdue "invoice_overdue" AccountsReceivable ["issue invoice"]
    PaymentOverdue "payment_overdue" AccountsReceivable ["chase"]
    AcknowledgementOverdue "acknowledgement_overdue" EdiCompliance ["resend", "contact partner"]
    AcknowledgementRejected "acknowledgement_rejected" EdiCompliance ["correct and send again", "fix map"]
    AcceptedWithErrors "accepted_with_errors" EdiCompliance ["fix map", "close"]
    DeliveryFailed "delivery_failed" Support ["send again", "fix connection"]
    SequenceGap "sequence_gap" Support ["apply without the missing one", "ask partner"]
    /// What a document waited for has not come.
    WaitExpired "wait_expired" Support ["wait on", "apply by hand", "reject"]
}

impl ExceptionKind {
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for ExceptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A case to be opened. Owner, history and evidence belong to whoever keeps it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exception {
    /// Names the case within the trade: opening it again is opening it once.
    pub key: String,
    pub kind: ExceptionKind,
    pub queue: Queue,
    pub line: Option<String>,
    /// What is the matter, in a sentence.
    pub words: String,
    /// Money at stake, in the order's currency, where it can be said.
    pub money: Option<Decimal>,
    /// Equal causes are one card: `item|W9`.
    pub cause: Option<String>,
}

impl Exception {
    pub fn new(key: impl Into<String>, kind: ExceptionKind, words: impl Into<String>) -> Self {
        Self { key: key.into(), kind, queue: kind.queue(), line: None, words: words.into(), money: None, cause: None }
    }

    pub fn line(self, line: &str) -> Self {
        Self { line: Some(line.into()), ..self }
    }

    pub fn money(self, money: Decimal) -> Self {
        Self { money: Some(money.abs()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_word_a_desk_and_something_to_do() {
        for kind in ExceptionKind::ALL {
            assert_eq!(ExceptionKind::of(kind.as_str()), Some(*kind));
            assert!(!kind.actions().is_empty(), "{kind}");
        }
        for queue in Queue::ALL {
            assert_eq!(Queue::of(queue.as_str()), Some(queue));
            assert!(ExceptionKind::ALL.iter().any(|kind| kind.queue() == queue), "{queue} has no types");
        }
    }
}
