//! What a depositor asks of a warehouse, and what the warehouse did.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::common::{Carrier, DateMark, Equipment, Head, Measure, Note, Packaging, Party, Quantity, Reference};
use super::line::{ItemId, Lot};
use super::record::records;
use super::ship_notice::ShippedPack;

records! {
    /// 940.
    WarehouseOrder {
        ..head: Head,
        /// The customer's order: W0503.
        order_number: Option<String>,
        /// The depositor's own number: W0502.
        depositor_number: Option<String>,
        r#type: Option<String>,
        /// Where it goes.
        ship_to: Option<Party>,
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        packagings: Vec<Packaging>,
        quantities: Vec<Quantity>,
        lines: Vec<WarehouseLine>,
        packs: Vec<ShippedPack>,
    }

    /// 945.
    WarehouseConfirmation {
        ..head: Head,
        order_number: Option<String>,
        depositor_number: Option<String>,
        /// The warehouse's shipment: W0604.
        shipment_number: Option<String>,
        r#type: Option<String>,
        shipped: Option<Date>,
        ship_to: Option<Party>,
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        packagings: Vec<Packaging>,
        quantities: Vec<Quantity>,
        lines: Vec<WarehouseLine>,
        packs: Vec<ShippedPack>,
    }

    /// W01 loop, W12 loop.
    WarehouseLine {
        number: Option<String>,
        ordered: Option<Decimal>,
        shipped: Option<Decimal>,
        difference: Option<Decimal>,
        unit: Option<String>,
        /// W1201 (368).
        status: Option<String>,
        ids: Vec<ItemId>,
        description: Option<String>,
        lots: Vec<Lot>,
        dates: Vec<DateMark>,
        measures: Vec<Measure>,
        references: Vec<Reference>,
        notes: Vec<Note>,
    }
}
