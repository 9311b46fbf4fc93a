//! What is on its way, how it is packed, and what arrived of it.

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use super::common::{
    Adjustment, Amount, Carrier, DateMark, DeliveryTerms, Equipment, Head, Identifier, Location, Mark, Measure, Note,
    Packaging, Party, Percent, Quantity, Reference, Terms,
};
use super::line::{Description, Destination, ItemId, Line, Lot, Pack, Price, Schedule};
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
        /// BRA04 (962), BGM 1001.
        r#type: Option<String>,
        /// What is wrong with all of it: BRA06 (412).
        condition: Option<String>,
        /// BRA07 (306).
        action: Option<String>,
        order_number: Option<String>,
        /// REF*SI, RFF+AAK: the ship notice's number.
        shipment_number: Option<String>,
        /// When the goods came: DTM*050.
        received: Option<Date>,
        received_time: Option<Time>,
        /// The orders received, where the head names them: PRF.
        orders: Vec<ShippedOrder>,
        /// CNT+1.
        quantity_total: Option<Decimal>,
        /// How the delivery as a whole was packed: CPS 7075 of the first.
        level: Option<String>,
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        delivery_terms: Vec<DeliveryTerms>,
        packagings: Vec<Packaging>,
        measures: Vec<Measure>,
        quantities: Vec<Quantity>,
        codes: Vec<IndustryCode>,
        packs: Vec<ShippedPack>,
        lines: Vec<ReceivedLine>,
    }

    /// RCD loop; LIN with QTY+48.
    ReceivedLine {
        /// RCD01, LIN 1082.
        number: Option<String>,
        /// LIN 1229.
        action: Option<String>,
        /// PRF in the line, RFF+ON.
        order_number: Option<String>,
        order_release: Option<String>,
        order_date: Option<Date>,
        /// The line of that order: PRF05, RFF+ON::n.
        order_line: Option<String>,
        /// The pack it came in: `packs[].id`.
        pack: Option<String>,
        /// The ship notice it was announced in: REF*SI, RFF+AAK.
        shipment_number: Option<String>,
        /// What the ship notice said: SN102, QTY+12.
        shipped: Option<Decimal>,
        /// RCD02, QTY+48.
        received: Option<Decimal>,
        /// QTY+194.
        accepted: Option<Decimal>,
        /// RCD04, QTY+195.
        returned: Option<Decimal>,
        returned_unit: Option<String>,
        /// What the conditions other than `good` come to.
        in_question: Option<Decimal>,
        /// RCD21.
        counted: Option<Decimal>,
        unit: Option<String>,
        ids: Vec<ItemId>,
        description: Option<String>,
        descriptions: Vec<Description>,
        /// What is wrong with how much: RCD06 to RCD20 (412), QVR, CDI.
        conditions: Vec<Condition>,
        packing: Vec<Pack>,
        lots: Vec<Lot>,
        serials: Vec<String>,
        dates: Vec<DateMark>,
        measures: Vec<Measure>,
        quantities: Vec<Quantity>,
        adjustments: Vec<Adjustment>,
        marks: Vec<Mark>,
        parties: Vec<Party>,
        references: Vec<Reference>,
        codes: Vec<IndustryCode>,
        notes: Vec<Note>,
    }

    /// So much of a line is not as it should be.
    Condition {
        /// `damaged`, `short`, `over`, `quality`, `wrong_item`, `good`, `rejected`, `hold`, ... or the raw code; X12 412,
        /// EDIFACT 4221 and 7007.
        code: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        /// What was done about it: QVR 4295.
        reason: Option<String>,
    }

    /// A code of an industry's list: LM and LQ.
    IndustryCode {
        /// Whose list: LM01 (559) and LM02.
        agency: Option<String>,
        source: Option<String>,
        /// LQ01 (1270) and LQ02.
        list: Option<String>,
        code: Option<String>,
    }

    /// 846, INVRPT.
    InventoryAdvice {
        ..head: Head,
        /// BIA02 (755), BGM 1001.
        r#type: Option<String>,
        /// BIA06 (306).
        action: Option<String>,
        /// When the stock was counted, where the document says it; else its own date.
        as_of: Option<Date>,
        as_of_time: Option<Time>,
        measures: Vec<Measure>,
        codes: Vec<IndustryCode>,
        /// Stock by place. A place without an `id` is the only one there is.
        locations: Vec<StockLocation>,
        /// Stock as the wire has it, item by item: read and written through `locations`.
        lines: Vec<StockLine>,
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
        action: Option<String>,
        /// Where it lies, while lines are not yet grouped by place.
        location: Option<String>,
        location_scheme: Option<String>,
        location_name: Option<String>,
        currency: Option<String>,
        price: Option<Decimal>,
        price_basis: Option<String>,
        price_type: Option<String>,
        price_quantity: Option<Decimal>,
        price_unit: Option<String>,
        ids: Vec<ItemId>,
        description: Option<String>,
        descriptions: Vec<Description>,
        /// `on_hand`, `available`, `reserved`, `on_order`, `in_transit`, ... or the raw code.
        quantities: Vec<StockQuantity>,
        destination_unit: Option<String>,
        destination_scheme: Option<String>,
        /// Stock by store: SDQ.
        destinations: Vec<Destination>,
        prices: Vec<Price>,
        dates: Vec<DateMark>,
        lots: Vec<Lot>,
        lead_times: Vec<LeadTime>,
        measures: Vec<Measure>,
        percents: Vec<Percent>,
        adjustments: Vec<Adjustment>,
        package_descriptions: Vec<Description>,
        marks: Vec<Mark>,
        parties: Vec<Party>,
        locations: Vec<Location>,
        references: Vec<Reference>,
        codes: Vec<IndustryCode>,
        notes: Vec<Note>,
    }

    /// So much of an item, and what it is.
    StockQuantity {
        /// X12 673, EDIFACT 6063.
        kind: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        /// QTY04.
        text: Option<String>,
        /// Why stock moved and where to: INV 4501, 7491, 4499, 4503.
        direction: Option<String>,
        affected: Option<String>,
        reason: Option<String>,
        balance: Option<String>,
        /// Where this much lies: LOC below QTY.
        location: Option<String>,
        location_scheme: Option<String>,
        status: Option<String>,
        ids: Vec<Identifier>,
        lots: Vec<Lot>,
        dates: Vec<DateMark>,
        measures: Vec<Measure>,
        lead_times: Vec<LeadTime>,
        schedules: Vec<Schedule>,
        parties: Vec<Party>,
        locations: Vec<Location>,
        references: Vec<Reference>,
        codes: Vec<IndustryCode>,
    }

    /// How long something takes: LDT.
    LeadTime {
        kind: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        date: Option<Date>,
    }
}
