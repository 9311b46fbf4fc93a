//! Documents as journeys call them: by their names on the wire.

use crate::canonical::Kind;

/// A kind of document on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireKind {
    pub name: &'static str,
    /// `None` for an acknowledgement of syntax.
    pub kind: Option<Kind>,
}

/// Every kind that a journey may name.
pub const KINDS: &[WireKind] = &[
    business("850", Kind::Order),
    business("855", Kind::OrderResponse),
    business("856", Kind::ShipNotice),
    business("860", Kind::OrderChange),
    business("861", Kind::ReceiptAdvice),
    business("865", Kind::OrderResponse),
    business("810", Kind::Invoice),
    business("812", Kind::Adjustment),
    business("820", Kind::Remittance),
    business("823", Kind::Lockbox),
    business("824", Kind::ApplicationAdvice),
    business("846", Kind::InventoryAdvice),
    business("940", Kind::WarehouseOrder),
    business("945", Kind::WarehouseConfirmation),
    business("ORDERS", Kind::Order),
    business("ORDRSP", Kind::OrderResponse),
    business("ORDCHG", Kind::OrderChange),
    business("DESADV", Kind::ShipNotice),
    business("RECADV", Kind::ReceiptAdvice),
    business("INVOIC", Kind::Invoice),
    business("REMADV", Kind::Remittance),
    business("APERAK", Kind::ApplicationAdvice),
    business("INVRPT", Kind::InventoryAdvice),
    business("Invoice", Kind::Invoice),
    business("CreditNote", Kind::Invoice),
    business("RemittanceAdvice", Kind::Remittance),
    business("CrossIndustryInvoice", Kind::Invoice),
    acknowledgement("TA1"),
    acknowledgement("997"),
    acknowledgement("999"),
    acknowledgement("CONTRL"),
];

/// What a journey may wait for that is no document: a receipt of the transport, a payment.
pub const AWAITED: &[&str] = &["MDN", "payment", "approval", "answer"];

/// A payment file for a bank: no document of a partner's.
pub const PAYMENT_FILE: &str = "pain.001";

const fn business(name: &'static str, kind: Kind) -> WireKind {
    WireKind { name, kind: Some(kind) }
}

const fn acknowledgement(name: &'static str) -> WireKind {
    WireKind { name, kind: None }
}

/// The kind of that name.
pub fn named(name: &str) -> Option<WireKind> {
    KINDS.iter().find(|kind| kind.name == name).copied()
}
