//! The pairs that a sentence about a document may have.

use crate::canonical::Kind;
use crate::story::kinds::WireKind;

/// The pairs that a document of a kind has a place for.
pub fn keys(kind: WireKind) -> &'static [&'static str] {
    match kind.kind {
        Some(Kind::Order) => &[
            "number",
            "date",
            "purpose",
            "type",
            "release",
            "currency",
            "lines",
            "ship_to",
            "bill_to",
            "buyer",
            "ship_not_before",
            "ship_not_after",
            "deliver",
            "cancel_after",
            "backorder",
            "department",
            "terms",
            "control",
        ],
        Some(Kind::OrderResponse) => {
            &["number", "order", "sequence", "date", "purpose", "decision", "lines", "currency", "control"]
        }
        Some(Kind::OrderChange) => {
            &["number", "order", "sequence", "date", "purpose", "lines", "currency", "ship_to", "type", "control"]
        }
        Some(Kind::ShipNotice) => &[
            "number",
            "shipment",
            "order",
            "date",
            "purpose",
            "lines",
            "packs",
            "shipped",
            "expected",
            "ship_to",
            "carrier",
            "bill_of_lading",
            "control",
        ],
        Some(Kind::ReceiptAdvice) => &["number", "order", "shipment", "date", "lines", "control"],
        Some(Kind::Invoice) => &[
            "number",
            "invoice",
            "order",
            "shipment",
            "date",
            "purpose",
            "type",
            "currency",
            "lines",
            "tax",
            "tax_rate",
            "freight",
            "duty",
            "bill_of_lading",
            "receipt",
            "total",
            "terms",
            "control",
        ],
        Some(Kind::Remittance) => {
            &["number", "trace", "amount", "date", "items", "adjust", "payer", "currency", "type", "control"]
        }
        Some(Kind::ApplicationAdvice) => {
            &["number", "order", "shipment", "invoice", "date", "decision", "reason", "text", "control"]
        }
        Some(Kind::Adjustment) => {
            &["number", "invoice", "order", "date", "amount", "type", "reason", "lines", "control"]
        }
        Some(Kind::InventoryAdvice) => &["number", "date", "at", "lines", "control"],
        Some(Kind::WarehouseOrder | Kind::WarehouseConfirmation) => {
            &["number", "order", "shipment", "date", "lines", "packs", "ship_to", "control"]
        }
        Some(Kind::Lockbox) => &["number", "trace", "amount", "date", "items", "payer", "currency", "control"],
        Some(Kind::Acknowledgement) | None => &["number", "order", "shipment", "invoice", "trace", "control"],
    }
}
