//! What a buyer asks for, what the seller answers, and how the buyer changes it.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::common::{
    Adjustment, Amount, Carrier, DateMark, DeliveryTerms, Equipment, Head, Location, Measure, Packaging, Payment,
    Percent, Period, Quantity, Tax, Terms,
};
use super::line::{Description, ItemId, Line};
use super::record::records;

records! {
    /// 850, ORDERS.
    Order {
        ..head: OrderHead,
        lines: Vec<Line>,
    }

    /// Head and terms of an order.
    OrderHead {
        ..head: Head,
        /// `new`, `stand_alone`, `release`, `blanket`, `rush`, `dropship`, ...; X12 92, EDIFACT 1001.
        r#type: Option<String>,
        /// Release of a blanket order: BEG04.
        release: Option<String>,
        contract: Option<String>,
        contract_date: Option<Date>,
        department: Option<String>,
        /// The sender's cost object (XML).
        accounting_cost: Option<String>,
        /// Whether goods may come later or in parts: CSH.
        requirements: Vec<Requirement>,
        /// When it is to come, where the document says one period for all.
        period: Option<Period>,
        terms: Vec<Terms>,
        payments: Vec<Payment>,
        delivery_terms: Vec<DeliveryTerms>,
        adjustments: Vec<Adjustment>,
        taxes: Vec<Tax>,
        carriers: Vec<Carrier>,
        equipment: Vec<Equipment>,
        packagings: Vec<Packaging>,
        /// PKG.
        package_descriptions: Vec<Description>,
        /// PID, IMD for all lines.
        descriptions: Vec<Description>,
        measures: Vec<Measure>,
        locations: Vec<Location>,
        percents: Vec<Percent>,
        amounts: Vec<Amount>,
        quantities: Vec<Quantity>,
        /// Sum of the lines' quantities as sent: CTT02, CNT+1.
        quantity_total: Option<Decimal>,
        line_total: Option<Decimal>,
        /// What the order comes to: AMT*TT, MOA+86.
        total: Option<Decimal>,
    }

    /// What the buyer wants done when goods are short: CSH.
    Requirement {
        /// CSH01 (563): `N` no back order, `Y` back order, `SC` ship complete.
        code: Option<String>,
        /// CSH02 (306) and CSH03.
        action: Option<String>,
        amount: Option<Decimal>,
        account: Option<String>,
        date: Option<Date>,
    }

    /// 855, 865, ORDRSP.
    OrderResponse {
        ..head: OrderHead,
        /// The order answered: BAK03, RFF+ON.
        order_number: Option<String>,
        order_date: Option<Date>,
        /// `accepted`, `accepted_with_changes`, `rejected`, `acknowledged`, `hold`, ...; X12 587, EDIFACT 1225/4343.
        decision: Option<String>,
        /// Change sequence answered: BCA05.
        sequence: Option<String>,
        /// The buyer's number of the change answered: BCA07.
        change_number: Option<String>,
        /// When the change was asked for: BCA11.
        change_date: Option<Date>,
        lines: Vec<ResponseLine>,
    }

    /// A line of the order as answered.
    ResponseLine {
        ..line: Line,
        /// What became of the change asked for: POC02 (670) of an 865.
        change: Option<String>,
        /// What is left to receive: POC04 of an 865.
        open_quantity: Option<Decimal>,
        /// Several may share a line: so many now, the rest later.
        decisions: Vec<LineDecision>,
    }

    /// ACK; LIN 1229 with its QTY and DTM.
    LineDecision {
        /// `accepted`, `changed`, `backordered`, `rejected`, `substituted`, `deleted`, `hold`, ... or the raw code.
        kind: Option<String>,
        quantity: Option<Decimal>,
        unit: Option<String>,
        price: Option<Decimal>,
        /// What `date` means: ACK04 (374).
        date_kind: Option<String>,
        date: Option<Date>,
        /// ACK06 (326).
        reason: Option<String>,
        /// What comes instead: ACK07 and on.
        ids: Vec<ItemId>,
        dates: Vec<DateMark>,
    }

    /// 860, ORDCHG.
    OrderChange {
        ..head: OrderHead,
        /// The order changed: BCH03, RFF+ON.
        order_number: Option<String>,
        order_date: Option<Date>,
        /// The change's own number: BCH07, BGM 1004.
        change_number: Option<String>,
        /// BCH10: when the order was acknowledged, or the change dated.
        acknowledged: Option<Date>,
        /// The seller's number of the order: BCH09.
        vendor_order_number: Option<String>,
        /// BCH05: changes are applied in this order.
        sequence: Option<String>,
        lines: Vec<ChangeLine>,
    }

    /// POC loop; LIN with 1229.
    ChangeLine {
        ..line: Line,
        /// `add`, `delete`, `change`, `price`, `quantity`, `reschedule`, `replace_all`, ... or the raw code.
        change: Option<String>,
        /// `absolute` or `delta`, as the agreement says.
        quantity_semantics: Option<String>,
        /// What is left to receive: POC04.
        open_quantity: Option<Decimal>,
    }
}
