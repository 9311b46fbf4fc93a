//! What is asked for: invoices, credit notes, and adjustments to them.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::common::{
    Account, Adjustment, Amount, Carrier, DateMark, DeliveryTerms, Equipment, Head, Location, Measure, Note, Packaging,
    Party, Payment, Percent, Period, Quantity, Reference, Tax, Terms,
};
use super::line::{Description, ItemId, Line, Pack};
use super::record::records;
use super::ship_notice::IndustryCode;

records! {
    /// 810, INVOIC, UBL Invoice and CreditNote, CII. Amounts are positive; `type` says what they mean.
    Invoice {
        ..head: Head,
        /// `invoice`, `credit_note`, `debit_note`, `corrected`, `self_billed`, ...; BIG07 (640), 1001.
        r#type: Option<String>,
        /// Which rules the XML follows (BT-24) and for which process (BT-23).
        specification: Option<String>,
        profile: Option<String>,
        order_number: Option<String>,
        order_date: Option<Date>,
        /// Release of a blanket order: BIG05.
        release: Option<String>,
        /// Change sequence: BIG06.
        sequence: Option<String>,
        contract: Option<String>,
        contract_date: Option<Date>,
        department: Option<String>,
        buyer_reference: Option<String>,
        accounting_cost: Option<String>,
        due_date: Option<Date>,
        tax_point_date: Option<Date>,
        /// ISO 4217, where tax is accounted in another currency (BT-6).
        tax_currency: Option<String>,
        period: Option<Period>,
        terms: Vec<Terms>,
        payments: Vec<Payment>,
        accounts: Vec<Account>,
        delivery_terms: Vec<DeliveryTerms>,
        adjustments: Vec<Adjustment>,
        /// Tax by rate and category for the whole document.
        taxes: Vec<Tax>,
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        packagings: Vec<Packaging>,
        measures: Vec<Measure>,
        locations: Vec<Location>,
        percents: Vec<Percent>,
        amounts: Vec<Amount>,
        quantities: Vec<Quantity>,
        package_descriptions: Vec<Description>,
        descriptions: Vec<Description>,
        /// What was shipped in all: ISS.
        shipment_totals: Vec<ShipmentTotal>,
        /// Sum of the lines' quantities as sent: CTT02, CNT+1.
        quantity_total: Option<Decimal>,
        /// Sum of the lines' net amounts: MOA+79, BT-106.
        line_total: Option<Decimal>,
        allowance_total: Option<Decimal>,
        charge_total: Option<Decimal>,
        /// Without tax: MOA+125, BT-109.
        net_total: Option<Decimal>,
        /// MOA+124 or 176, BT-110.
        tax_total: Option<Decimal>,
        /// In `tax_currency` (BT-111).
        tax_total_accounting: Option<Decimal>,
        /// With tax: TDS01, MOA+77, BT-112.
        total: Option<Decimal>,
        /// Subject to discount: TDS02.
        discountable: Option<Decimal>,
        /// Due if paid in time for the discount: TDS03.
        discounted_total: Option<Decimal>,
        /// TDS04.
        discount: Option<Decimal>,
        /// MOA+113, BT-113.
        prepaid: Option<Decimal>,
        rounding: Option<Decimal>,
        /// MOA+9, BT-115.
        amount_due: Option<Decimal>,
        lines: Vec<Line>,
    }

    /// ISS.
    ShipmentTotal {
        quantity: Option<Decimal>,
        unit: Option<String>,
        weight: Option<Decimal>,
        weight_unit: Option<String>,
        volume: Option<Decimal>,
        volume_unit: Option<String>,
    }

    /// 812: a credit or debit outside an invoice.
    AdjustmentAdvice {
        ..head: Head,
        /// `credit` or `debit`: BCD05.
        credit_debit: Option<String>,
        /// How it is settled: BCD03 (305).
        handling: Option<String>,
        /// BCD12 (640).
        r#type: Option<String>,
        /// BCD15 (306).
        action: Option<String>,
        /// BCD07.
        invoice_number: Option<String>,
        invoice_date: Option<Date>,
        /// BCD10.
        order_number: Option<String>,
        order_date: Option<Date>,
        /// The seller's number of the order: BCD08.
        vendor_order_number: Option<String>,
        /// BCD13 and BCD14.
        reference_kind: Option<String>,
        reference: Option<String>,
        /// What it comes to: BCD04.
        amount: Option<Decimal>,
        terms: Vec<Terms>,
        delivery_terms: Vec<DeliveryTerms>,
        adjustments: Vec<Adjustment>,
        codes: Vec<IndustryCode>,
        lines: Vec<AdjustmentLine>,
    }

    /// CDD loop.
    AdjustmentLine {
        number: Option<String>,
        credit_debit: Option<String>,
        /// CDD01 (426).
        reason: Option<String>,
        amount: Option<Decimal>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        /// What the unit price differs by: CDD09.
        price_difference: Option<Decimal>,
        /// The price charged: CDD10 and CDD11.
        price_type: Option<String>,
        price: Option<Decimal>,
        /// The price that should have been: CDD12 and CDD13.
        correct_price_type: Option<String>,
        correct_price: Option<Decimal>,
        /// CDD05 (1073): whether the tax is in the amount.
        flag: Option<String>,
        bracket: Option<String>,
        /// What it refers to: the first N9 of the line; `references` has the others.
        reference: Option<String>,
        reference_kind: Option<String>,
        order_number: Option<String>,
        /// LIN01.
        order_line: Option<String>,
        ids: Vec<ItemId>,
        description: Option<String>,
        packing: Vec<Pack>,
        adjustments: Vec<Adjustment>,
        dates: Vec<DateMark>,
        references: Vec<Reference>,
        codes: Vec<IndustryCode>,
        stores: Vec<AdjustedStore>,
        notes: Vec<Note>,
    }

    /// A store's share: N11 loop.
    AdjustedStore {
        number: Option<String>,
        location: Option<String>,
        reference: Option<String>,
        amounts: Vec<Amount>,
        percents: Vec<Percent>,
        parties: Vec<Party>,
    }
}
