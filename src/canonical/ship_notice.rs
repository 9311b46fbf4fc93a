//! What is on its way, how it is packed, and what arrived of it.

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use super::common::{
    Adjustment, Amount, Carrier, DateMark, DeliveryTerms, Equipment, Head, Identifier, Location, Mark, Measure, Note,
    Packaging, Party, Quantity, Reference, Terms,
};
use super::line::{Description, ItemId, Line, Pack};
use super::record::records;

records! {
    /// 856, DESADV.
    ShipNotice {
        ..head: Head,
        /// `new`, ... where the sender says one: BSN06, BGM 1001.
        r#type: Option<String>,
        /// BSN07 (641).
        status_reason: Option<String>,
        /// Order of the levels on the wire: BSN05 (1005).
        structure: Option<String>,
        /// How the shipment as a whole is packed: CPS 7075 of the first.
        level: Option<String>,
        amounts: Vec<Amount>,
        /// Every order this shipment serves.
        order_numbers: Vec<String>,
        /// When it left: DTM*011.
        shipped: Option<Date>,
        shipped_time: Option<Time>,
        /// When it should arrive: DTM*017.
        expected: Option<Date>,
        expected_time: Option<Time>,
        carrier: Option<Carrier>,
        /// Further legs and carriers.
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        delivery_terms: Vec<DeliveryTerms>,
        terms: Vec<Terms>,
        packagings: Vec<Packaging>,
        measures: Vec<Measure>,
        quantities: Vec<Quantity>,
        locations: Vec<Location>,
        descriptions: Vec<Description>,
        quantity_total: Option<Decimal>,
        adjustments: Vec<Adjustment>,
        orders: Vec<ShippedOrder>,
        packs: Vec<ShippedPack>,
        lines: Vec<ShippedLine>,
    }

    /// An order in the shipment: HL*O.
    ShippedOrder {
        number: Option<String>,
        release: Option<String>,
        date: Option<Date>,
        /// PRF03.
        sequence: Option<String>,
        contract: Option<String>,
        r#type: Option<String>,
        department: Option<String>,
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        packagings: Vec<Packaging>,
        descriptions: Vec<Description>,
        measures: Vec<Measure>,
        quantities: Vec<Quantity>,
        adjustments: Vec<Adjustment>,
        dates: Vec<DateMark>,
        parties: Vec<Party>,
        references: Vec<Reference>,
        notes: Vec<Note>,
    }

    /// A pallet, carton or what else holds goods: HL*T, HL*P, CPS.
    ShippedPack {
        /// Names the pack in this document, so that others can say it is their `parent`.
        id: Option<String>,
        parent: Option<String>,
        /// `pallet`, `carton`, ... or the raw level: HL03, CPS 7075.
        kind: Option<String>,
        /// Eighteen digits: MAN*GM, GIN+BJ.
        sscc: Option<String>,
        /// The order everything in the pack belongs to.
        order_number: Option<String>,
        /// The line everything in the pack belongs to, where packs stand below lines (S-O-I-P).
        line: Option<String>,
        packing: Vec<Pack>,
        packagings: Vec<Packaging>,
        marks: Vec<Mark>,
        measures: Vec<Measure>,
        quantities: Vec<Quantity>,
        carriers: Vec<Carrier>,
        dates: Vec<DateMark>,
        parties: Vec<Party>,
        references: Vec<Reference>,
        notes: Vec<Note>,
        items: Vec<PackItem>,
    }

    /// So much of a line in a pack.
    PackItem {
        order_number: Option<String>,
        /// The number of a line of this document.
        line: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
    }

    /// What is shipped of a line.
    ShippedLine {
        ..line: Line,
        /// The pack it lies in where there is one for all of it: `packs[].id`.
        pack: Option<String>,
        ordered: Option<Decimal>,
        ordered_unit: Option<String>,
        /// Shipped so far, earlier shipments included: SN104.
        shipped_to_date: Option<Decimal>,
        /// How far it is from what was ordered: QVR.
        difference: Option<Decimal>,
        difference_kind: Option<String>,
        /// SN108 (668), QVR 4221.
        status: Option<String>,
    }

    /// 861, RECADV.
    ReceiptAdvice {
        ..head: Head,
        r#type: Option<String>,
        order_number: Option<String>,
        shipment_number: Option<String>,
        received: Option<Date>,
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        lines: Vec<ReceivedLine>,
    }

    /// RCD loop; LIN with QTY+48.
    ReceivedLine {
        number: Option<String>,
        order_number: Option<String>,
        order_line: Option<String>,
        received: Option<Decimal>,
        accepted: Option<Decimal>,
        returned: Option<Decimal>,
        in_question: Option<Decimal>,
        unit: Option<String>,
        ids: Vec<ItemId>,
        description: Option<String>,
        /// What is wrong with how much: RCD08 and on (412), QVR, CDI.
        conditions: Vec<Condition>,
        dates: Vec<DateMark>,
        marks: Vec<Mark>,
        parties: Vec<Party>,
        references: Vec<Reference>,
        notes: Vec<Note>,
    }

    Condition {
        code: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
    }

    /// 846, INVRPT.
    InventoryAdvice {
        ..head: Head,
        r#type: Option<String>,
        as_of: Option<Date>,
        locations: Vec<StockLocation>,
    }

    /// Stock at one place.
    StockLocation {
        id: Option<String>,
        scheme: Option<String>,
        name: Option<String>,
        ids: Vec<Identifier>,
        lines: Vec<StockLine>,
    }

    StockLine {
        number: Option<String>,
        price: Option<Decimal>,
        price_basis: Option<String>,
        ids: Vec<ItemId>,
        description: Option<String>,
        quantities: Vec<Quantity>,
        dates: Vec<DateMark>,
        references: Vec<Reference>,
        notes: Vec<Note>,
    }
}
