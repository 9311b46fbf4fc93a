//! Cases for a person: what can go wrong, whose desk it is on, and what can be done about it.

use std::fmt;

use jiff::Timestamp;
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

/// How something that can be done about a case is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// A ruling on the case: it goes on, or is taken as it is.
    Approve,
    /// A supplier's invoice is paid as far as its goods came.
    PayReceived,
    /// It does not go on.
    Reject,
    /// It has been dealt with, and nothing follows.
    Resolve,
    /// With a command or document of its own, or by telephone; what waited goes on when that has happened.
    Elsewhere,
}

/// Something that can be done about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// As the desks show it.
    pub words: &'static str,
    pub means: Means,
}

/// Declares the types of exceptions: the word, the desk, and what a person can do, in the order in which it is suggested;
/// what no ruling does by itself has no sign behind it.
macro_rules! kinds {
    (@means) => { Means::Elsewhere };
    (@means $means:ident) => { Means::$means };
    ($( $(#[doc = $doc:literal])* $kind:ident $word:literal $queue:ident
        [$($action:literal $(=> $means:ident)?),*] )*) => {
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

            /// What can be done, most usual first.
            pub fn actions(self) -> &'static [Action] {
                match self {
                    $(Self::$kind => &[$(Action { words: $action, means: kinds!(@means $($means)?) }),*]),*
                }
            }
        }
    };
}

kinds! {
    ShipToUnknown "ship_to_unknown" CustomerService ["release" => Approve, "reject order" => Reject, "map ship-to"]
    DuplicateSuspect "duplicate_suspect" CustomerService ["release" => Approve, "reject order" => Reject]
    /// The same number came again with another content.
    Conflict "conflict" CustomerService ["treat as replace" => Approve, "reject" => Reject, "keep what is there" => Resolve, "new order with suffix"]
    /// A document of ours that has left says what the order does not allow any more.
    SentAgainstOrder "sent_against_order" CustomerService ["send a document that corrects it" => Resolve, "contact partner" => Resolve]
    /// An order's line without a quantity that can be delivered, or with the number of another one.
    LineUnclear "line_unclear" CustomerService ["ask partner for a change", "reject line" => Reject, "release" => Approve]
    DatesImpossible "dates_impossible" CustomerService ["release" => Approve, "reject order" => Reject, "propose date"]
    /// A change or cancellation that came too late for part of the order.
    ChangeTooLate "change_too_late" CustomerService ["contact partner" => Resolve]
    StockShort "stock_short" CustomerService ["backorder", "accept part", "reject line" => Reject, "release" => Approve]
    SubstitutionNeedsApproval "substitution" CustomerService ["release" => Approve, "reject line" => Reject]
    HoldAgeing "hold_ageing" CustomerService ["decide", "look on" => Resolve]
    AnswerOverdue "answer_overdue" CustomerService ["answer with hold" => Approve, "decide", "look on" => Resolve]
    CancelDatePassed "cancel_date_passed" CustomerService ["short-close" => Approve, "ask partner" => Resolve]
    ItemUnknown "item_unknown" ItemData ["add cross-reference", "replace item", "release" => Approve, "reject line" => Reject]
    UnitUnknown "unit_unknown" ItemData ["set factor", "release" => Approve, "reject line" => Reject]
    PackMultiple "pack_multiple" ItemData ["release" => Approve, "round and answer", "reject line" => Reject]
    ItemDiscontinued "item_discontinued" ItemData ["replace item", "release" => Approve, "reject line" => Reject]
    PriceDiffers "price_differs" Pricing ["honour their price" => Approve, "answer with our price", "reject line" => Reject]
    InvoiceDisputed "invoice_disputed" Pricing ["credit and rebill", "hold to the invoice" => Resolve, "contact partner"]
    CreditExceeded "credit_exceeded" Credit ["release" => Approve, "reject order" => Reject, "prepay"]
    /// Somebody who is no partner sends documents.
    NewPartner "new_partner" Credit ["take on as a partner", "turn away" => Resolve]
    PastDue "past_due" Credit ["release" => Approve, "reject order" => Reject, "prepay"]
    ShipmentUnknownOrder "shipment_unknown_order" Warehouse ["wait on" => Resolve, "void shipment" => Reject]
    OverShip "over_ship" Warehouse ["accept overage" => Approve, "recall", "recount"]
    /// Goods left although the line had been cancelled, reduced or rejected.
    ShippedAgainstChange "shipped_against_change" Warehouse ["contact partner" => Resolve, "recall"]
    PackMismatch "pack_mismatch" Warehouse ["correct packs", "recount" => Resolve]
    SsccDuplicate "sscc_duplicate" Warehouse ["release" => Approve, "correct packs"]
    NoticeOverdue "notice_overdue" Warehouse ["issue notice" => Approve, "look on" => Resolve]
    NoticeRejected "notice_rejected" Warehouse ["correct and send again" => Approve, "contact partner" => Resolve]
    ReceiptDiffers "receipt_differs" Warehouse ["accept" => Approve, "recount", "gather evidence"]
    VoidAfterNotice "void_after_notice" Warehouse ["cancel notice with partner" => Resolve]
    InvoiceHeld "invoice_held" AccountsPayable ["accept variance" => Approve, "pay as ordered" => PayReceived, "dispute" => Reject]
    InvoiceWithoutReceipt "invoice_without_receipt" AccountsPayable ["wait on" => Resolve, "dispute" => Reject]
    /// The bank booked something else than the run says.
    PaymentRunDiffers "payment_run_differs" AccountsPayable ["ask the bank" => Resolve]
    PaymentRunReturned "payment_run_returned" AccountsPayable ["pay again", "ask the supplier for its account" => Resolve]
    PaymentRunUndone "payment_run_undone" AccountsPayable ["have the bank cancel it" => Resolve, "tell the suppliers"]
    InvoiceForCancelled "invoice_for_cancelled" AccountsPayable ["dispute" => Reject, "accept variance" => Approve, "pay as ordered" => PayReceived]
    /// A supplier charges something back outside an invoice.
    SupplierDebit "supplier_debit" AccountsPayable ["ask for an invoice" => Resolve, "dispute"]
    AnswerDiffers "answer_differs" Purchasing ["accept answer" => Approve, "change order", "cancel order" => Reject]
    SupplierAnswerOverdue "supplier_answer_overdue" Purchasing ["chase" => Resolve, "cancel order" => Reject]
    ChangeRefused "change_refused" Purchasing ["keep order" => Resolve, "cancel order" => Reject]
    SupplierNoticeLate "supplier_notice_late" Purchasing ["chase" => Resolve, "expedite"]
    OverAdvised "over_advised" Purchasing ["accept" => Approve, "contact supplier"]
    OverReceipt "over_receipt" Purchasing ["accept overage" => Approve, "return goods"]
    NeverInvoiced "never_invoiced" Purchasing ["ask for the invoice" => Resolve]
    /// The sender's own words do not add up: whoever speaks with its EDI people hears of it beside receivables.
    AdviceImbalance "advice_imbalance" Support ["ask partner", "fix map" => Resolve]
    /// A payment was announced, and no money has come.
    AdviceUnpaid "advice_unpaid" AccountsReceivable ["ask payer" => Resolve, "look on"]
    /// Money that came to something else than what was open.
    PaymentDiffers "payment_differs" AccountsReceivable ["apply", "split", "dispute" => Resolve]
    PaymentUnknownInvoice "payment_unknown_invoice" AccountsReceivable ["apply", "look on" => Resolve]
    PaymentReturned "payment_returned" AccountsReceivable ["chase" => Resolve, "pay again"]
    /// The last days on which a customer listens to a dispute.
    DeductionAgeing "deduction_ageing" AccountsReceivable ["dispute with evidence" => Resolve, "settle"]
    InvoiceOverdue "invoice_overdue" AccountsReceivable ["issue invoice" => Approve, "look on" => Resolve]
    PaymentOverdue "payment_overdue" AccountsReceivable ["chase" => Resolve]
    AcknowledgementOverdue "acknowledgement_overdue" EdiCompliance ["resend" => Approve, "contact partner" => Resolve]
    AcknowledgementRejected "acknowledgement_rejected" EdiCompliance ["correct and send again", "fix map" => Resolve]
    AcceptedWithErrors "accepted_with_errors" EdiCompliance ["fix map", "close" => Resolve]
    /// A figure with a partner is worse than was agreed.
    FigureOutside "figure_outside" EdiCompliance ["speak with the partner" => Resolve, "look on" => Resolve]
    DeliveryFailed "delivery_failed" Support ["send again", "fix connection" => Resolve]
    /// Interchanges of a partner that numbers them one after another have not come.
    ControlNumberGap "control_number_gap" Support ["ask partner to send again" => Resolve, "look on" => Resolve]
    SequenceGap "sequence_gap" Support ["apply without the missing one" => Approve, "reject" => Reject, "ask partner" => Resolve]
    /// What a document waited for has not come.
    WaitExpired "wait_expired" Support ["wait on" => Resolve, "reject" => Reject]
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
    /// By when it has to be dealt with, where that is another time than its desk's usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

impl Exception {
    pub fn new(key: impl Into<String>, kind: ExceptionKind, words: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            kind,
            queue: kind.queue(),
            line: None,
            words: words.into(),
            money: None,
            cause: None,
            due: None,
        }
    }

    pub fn line(self, line: &str) -> Self {
        Self { line: Some(line.into()), ..self }
    }

    pub fn money(self, money: Decimal) -> Self {
        Self { money: Some(money.abs()), ..self }
    }

    /// The money at stake as people write it: tenths have their cents too.
    pub fn said_money(&self) -> Option<String> {
        let mut money = self.money?;
        if money.scale() == 1 {
            money.rescale(2);
        }
        Some(money.to_string())
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
