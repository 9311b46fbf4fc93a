//! What a depositor asks of a warehouse, and what the warehouse did.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::common::{
    Adjustment, Amount, Carrier, Contact, DateMark, DeliveryTerms, Equipment, Head, Location, Measure, Note, Packaging,
    Party, Quantity, Reference,
};
use super::line::{Destination, ItemId, Lot};
use super::record::records;
use super::ship_notice::{IndustryCode, ShippedPack};

records! {
    /// 940.
    WarehouseOrder {
        ..head: WarehouseHead,
        /// When it should leave and arrive: G62*10, G62*02.
        ship_requested: Option<Date>,
        delivery_requested: Option<Date>,
        /// What is ordered in all: W7601.
        quantity_total: Option<Decimal>,
        lines: Vec<WarehouseLine>,
        packs: Vec<ShippedPack>,
    }

    /// 945.
    WarehouseConfirmation {
        ..head: WarehouseHead,
        /// `full`, `partial`, ... or the raw code: W0601 (514).
        reporting: Option<String>,
        /// The warehouse's shipment: W0604.
        shipment_number: Option<String>,
        /// W0605.
        agent_number: Option<String>,
        /// When it left: W0603, G62*11.
        shipped: Option<Date>,
        /// What was shipped in all: W0301.
        quantity_total: Option<Decimal>,
        /// W27.
        carrier: Option<Carrier>,
        lines: Vec<WarehouseLine>,
        packs: Vec<ShippedPack>,
    }

    /// What order and confirmation say of the whole.
    WarehouseHead {
        ..head: Head,
        /// The customer's order: W0503, W0606.
        order_number: Option<String>,
        /// The depositor's own number: W0502, W0602.
        depositor_number: Option<String>,
        /// Joins several orders into one shipment: W0504 and W0505, W0608 and W0607.
        link_sequence: Option<String>,
        link_number: Option<String>,
        /// W0506 (640).
        r#type: Option<String>,
        /// W0507 (306).
        action: Option<String>,
        /// Where it goes.
        ship_to: Option<Party>,
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        delivery_terms: Vec<DeliveryTerms>,
        packagings: Vec<Packaging>,
        measures: Vec<Measure>,
        quantities: Vec<Quantity>,
        adjustments: Vec<Adjustment>,
        /// What it weighs and holds in all, and in how many packages: W76, W03.
        weight: Option<Decimal>,
        weight_unit: Option<String>,
        volume: Option<Decimal>,
        volume_unit: Option<String>,
        package_count: Option<Decimal>,
        package_unit: Option<String>,
        /// W6: how it is to be handled.
        handlings: Vec<String>,
        codes: Vec<IndustryCode>,
    }

    /// W01 loop, W12 loop.
    WarehouseLine {
        /// The line of the order (N9*LI), else the number of its LX, else its position.
        number: Option<String>,
        /// N9*LI.
        order_line: Option<String>,
        /// N9*PO where a document spans orders.
        order_number: Option<String>,
        /// The pack it lies in, or is to: `packs[].id`, LX01.
        pack: Option<String>,
        ordered: Option<Decimal>,
        shipped: Option<Decimal>,
        /// What was not shipped of it: W1204.
        difference: Option<Decimal>,
        unit: Option<String>,
        /// `complete`, `partial`, ... or the raw code: W1201 (368).
        status: Option<String>,
        /// Why it differs: W1219 (892), W1220 (893).
        reason: Option<String>,
        reason_detail: Option<String>,
        ids: Vec<ItemId>,
        /// The case's UPC: W0103, W1206.
        case_code: Option<String>,
        /// The case's UPC that was asked for: W1216.
        other_case_code: Option<String>,
        /// The warehouse's lot: W0113, W1209.
        warehouse_lot: Option<String>,
        /// W1210 to W1212.
        weight: Option<Decimal>,
        weight_kind: Option<String>,
        weight_unit: Option<String>,
        freight_class: Option<String>,
        rate_class: Option<String>,
        commodity_scheme: Option<String>,
        commodity: Option<String>,
        pallet_block: Option<String>,
        price_bracket: Option<String>,
        description: Option<String>,
        lots: Vec<Lot>,
        serials: Vec<String>,
        dates: Vec<DateMark>,
        measures: Vec<Measure>,
        quantities: Vec<Quantity>,
        amounts: Vec<Amount>,
        carriers: Vec<Carrier>,
        delivery_terms: Vec<DeliveryTerms>,
        adjustments: Vec<Adjustment>,
        destinations: Vec<Destination>,
        locations: Vec<Location>,
        parties: Vec<Party>,
        contacts: Vec<Contact>,
        references: Vec<Reference>,
        codes: Vec<IndustryCode>,
        notes: Vec<Note>,
    }
}
