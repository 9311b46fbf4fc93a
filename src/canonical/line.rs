//! The line of an order or invoice, and what it is made of.

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

use super::common::{
    Adjustment, Amount, Carrier, DateMark, DeliveryTerms, Location, Mark, Measure, Note, Packaging, Party, Payment,
    Percent, Period, Quantity, Reference, Tax, Terms,
};
use super::record::records;

records! {
    /// An item with its quantity and price.
    Line {
        /// PO101, IT101, LIN 1082. Assigned keys are not written back.
        number: Option<String>,
        /// The line above this one: LIN C829 1082 (EDIFACT sub-lines), BT-X in extended XML.
        parent: Option<String>,
        /// How it belongs to that line: C829 5495.
        relation: Option<String>,
        /// LIN 1229.
        action: Option<String>,
        /// The order this line belongs to where a document spans several: PRF01, RFF+ON.
        order_number: Option<String>,
        /// The line of that order: RFF+ON::n, cac:OrderLineReference.
        order_line: Option<String>,
        quantity: Option<Decimal>,
        /// UN/ECE recommendation 20 where the table knows the code; raw otherwise.
        unit: Option<String>,
        currency: Option<String>,
        price: Option<Decimal>,
        /// Per what, as X12 639 says it (`PE` each, `HP` per hundred, `LE` list), or `net`, `gross` by EDIFACT 5125.
        price_basis: Option<String>,
        /// The quantity one price buys: C509 5284, cbc:BaseQuantity.
        price_quantity: Option<Decimal>,
        price_unit: Option<String>,
        price_type: Option<String>,
        gross_price: Option<Decimal>,
        gross_price_type: Option<String>,
        gross_price_basis: Option<String>,
        gross_price_quantity: Option<Decimal>,
        gross_price_unit: Option<String>,
        price_discount: Option<Decimal>,
        /// The line's net amount: MOA+203, cbc:LineExtensionAmount.
        amount: Option<Decimal>,
        /// Every identification with its raw qualifier (`UP`, `VN`, `EN`, `IN`): the same kind may occur twice.
        ids: Vec<ItemId>,
        name: Option<String>,
        description: Option<String>,
        /// Descriptions by characteristic: PID, IMD.
        descriptions: Vec<Description>,
        properties: Vec<Property>,
        classifications: Vec<Classification>,
        /// Country of origin, ISO 3166-1.
        origin: Option<String>,
        lots: Vec<Lot>,
        serials: Vec<String>,
        dates: Vec<DateMark>,
        period: Option<Period>,
        /// The unit and the scheme of all places of a store split: SDQ01, SDQ02.
        destination_unit: Option<String>,
        destination_scheme: Option<String>,
        /// Where the quantity goes: SDQ, LOC+7 with QTY.
        destinations: Vec<Destination>,
        schedules: Vec<Schedule>,
        /// PO4.
        packing: Vec<Pack>,
        packagings: Vec<Packaging>,
        /// PKG.
        package_descriptions: Vec<Description>,
        measures: Vec<Measure>,
        quantities: Vec<Quantity>,
        prices: Vec<Price>,
        amounts: Vec<Amount>,
        percents: Vec<Percent>,
        adjustments: Vec<Adjustment>,
        tax: Option<Tax>,
        taxes: Vec<Tax>,
        terms: Vec<Terms>,
        payments: Vec<Payment>,
        delivery_terms: Vec<DeliveryTerms>,
        carriers: Vec<Carrier>,
        marks: Vec<Mark>,
        /// CLD in the item level of a ship notice.
        loads: Vec<Load>,
        locations: Vec<Location>,
        parties: Vec<Party>,
        references: Vec<Reference>,
        notes: Vec<Note>,
        /// Free text without a code: MSG.
        text: Option<String>,
        accounting_cost: Option<String>,
        /// What the line is made of: SLN.
        sublines: Vec<Subline>,
    }

    /// An identification of an item.
    ItemId {
        /// Raw: X12 235, EDIFACT 7143, ISO 6523 in XML.
        qualifier: Option<String>,
        id: Option<String>,
        /// EDIFACT: `line` (LIN), `additional`, `product`, `substitute` (PIA 1, 5, 3).
        role: Option<String>,
        /// C212 1131 and 3055.
        list: Option<String>,
        agency: Option<String>,
    }

    /// PID or IMD.
    Description {
        /// PID01 (349), IMD 7077: `F` free, `S` structured, ...
        r#type: Option<String>,
        /// PID02 (750), IMD 7081: size, colour, ...
        characteristic: Option<String>,
        agency: Option<String>,
        code: Option<String>,
        text: Option<String>,
        position: Option<String>,
        language: Option<String>,
    }

    Property {
        name: Option<String>,
        value: Option<String>,
    }

    Classification {
        scheme: Option<String>,
        version: Option<String>,
        code: Option<String>,
    }

    /// A batch: REF*LT, GIN+BX, cac:LotIdentification.
    Lot {
        number: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        expires: Option<Date>,
    }

    /// A share of a line's quantity and its place.
    Destination {
        /// Whose scheme `location` follows: SDQ02 (66).
        scheme: Option<String>,
        location: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        dates: Vec<DateMark>,
    }

    /// A share of a line's quantity and its date: SCH, SCC group.
    Schedule {
        r#type: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        date_kind: Option<String>,
        date: Option<Date>,
        time: Option<Time>,
        until_kind: Option<String>,
        until: Option<Date>,
        dates: Vec<DateMark>,
        quantities: Vec<Quantity>,
        references: Vec<Reference>,
        /// SCH11.
        reference: Option<String>,
        /// SCH03 and SCH04.
        role: Option<String>,
        name: Option<String>,
    }

    /// A further price: CTP, PRI.
    Price {
        /// Class of trade: CTP01 (687).
        class: Option<String>,
        /// CTP02 (236), PRI 5125 or 5387.
        kind: Option<String>,
        price: Option<Decimal>,
        price_basis: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        multiplier_kind: Option<String>,
        multiplier: Option<Decimal>,
        amount: Option<Decimal>,
        currency: Option<String>,
        dates: Vec<DateMark>,
    }

    /// How an item is packed: PO4.
    Pack {
        /// PO401: units in a pack.
        count: Option<Decimal>,
        /// PO402 and PO403: size of a unit.
        size: Option<Decimal>,
        size_unit: Option<String>,
        /// PO404 (103).
        code: Option<String>,
        weight_kind: Option<String>,
        weight: Option<Decimal>,
        weight_unit: Option<String>,
        volume: Option<Decimal>,
        volume_unit: Option<String>,
        length: Option<Decimal>,
        width: Option<Decimal>,
        height: Option<Decimal>,
        measure_unit: Option<String>,
        /// PO414: inner packs in an outer one.
        inner: Option<Decimal>,
        layers: Option<Decimal>,
    }

    /// Equal packs of an item: CLD.
    Load {
        count: Option<Decimal>,
        quantity: Option<Decimal>,
        code: Option<String>,
        size: Option<Decimal>,
        unit: Option<String>,
        references: Vec<Reference>,
    }

    /// A component of a line: SLN loop.
    Subline {
        number: Option<String>,
        parent: Option<String>,
        relation: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        price: Option<Decimal>,
        price_basis: Option<String>,
        price_relation: Option<String>,
        ids: Vec<ItemId>,
        description: Option<String>,
        descriptions: Vec<Description>,
        properties: Vec<Property>,
        dates: Vec<DateMark>,
        adjustments: Vec<Adjustment>,
        taxes: Vec<Tax>,
        parties: Vec<Party>,
        references: Vec<Reference>,
        notes: Vec<Note>,
    }
}
