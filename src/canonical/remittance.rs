//! What was paid, and for what.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::common::{Account, Amount, DateMark, Head, Note, Party, Payment, Reference, Tax};
use super::line::Line;
use super::record::records;

records! {
    /// 820, REMADV.
    Remittance {
        ..head: Head,
        /// `payment_and_advice`, `payment`, `advice`, ...; BPR01 (305).
        handling: Option<String>,
        /// What is paid in all: BPR02, MOA+12 in the summary.
        amount: Option<Decimal>,
        /// `credit` or `debit`: BPR03.
        credit_debit: Option<String>,
        /// `ach`, `check`, `wire`, ...; BPR04 (591), PAI 4461.
        method: Option<String>,
        /// BPR05 (812).
        format: Option<String>,
        payment_date: Option<Date>,
        /// Joins the advice with the money: TRN02, RFF+PQ.
        trace: Option<String>,
        trace_type: Option<String>,
        /// TRN03.
        trace_originator: Option<String>,
        trace_division: Option<String>,
        payer_account: Option<Account>,
        payee_account: Option<Account>,
        /// BPR10 and BPR11.
        originator: Option<String>,
        originator_supplement: Option<String>,
        accounts: Vec<Account>,
        payments: Vec<Payment>,
        gross: Option<Decimal>,
        discount: Option<Decimal>,
        amounts: Vec<Amount>,
        taxes: Vec<Tax>,
        /// BPR17: why it is paid.
        purpose_code: Option<String>,
        /// Whose items follow: ENT loops.
        entities: Vec<Entity>,
        items: Vec<RemittanceItem>,
        /// What belongs to no item: ADX outside the RMR loops.
        adjustments: Vec<RemittanceAdjustment>,
    }

    /// ENT loop.
    Entity {
        /// Names the entity in this document: `items[].entity`.
        number: Option<String>,
        role: Option<String>,
        scheme: Option<String>,
        id: Option<String>,
        parties: Vec<Party>,
    }

    /// RMR loop; DOC group.
    RemittanceItem {
        /// `invoice`, `credit_memo`, `debit_memo`, `voucher`, ... or the raw code; RMR01 (128), DOC 1001.
        kind: Option<String>,
        /// C002 1000.
        kind_name: Option<String>,
        /// RMR02, DOC 1004.
        reference: Option<String>,
        /// `pay_item`, `on_account`, `partial`, ... or the raw code; RMR03 (482).
        action: Option<String>,
        /// The entity the item belongs to: ENT01.
        entity: Option<String>,
        order_number: Option<String>,
        date: Option<Date>,
        paid: Option<Decimal>,
        gross: Option<Decimal>,
        discount: Option<Decimal>,
        /// RMR07 and RMR08.
        adjustment_reason: Option<String>,
        adjustment_amount: Option<Decimal>,
        currency: Option<String>,
        amounts: Vec<Amount>,
        dates: Vec<DateMark>,
        parties: Vec<Party>,
        references: Vec<Reference>,
        notes: Vec<Note>,
        adjustments: Vec<RemittanceAdjustment>,
        lines: Vec<Line>,
    }

    /// ADX loop; AJT group. Negative reduces what is paid.
    RemittanceAdjustment {
        /// The entity it belongs to, where it belongs to no item.
        entity: Option<String>,
        /// ADX02 (426), AJT 4465.
        reason: Option<String>,
        amount: Option<Decimal>,
        /// ADX03 (128) and ADX04.
        reference_kind: Option<String>,
        reference: Option<String>,
        /// A line of the item: AJT 1082.
        line: Option<String>,
        amounts: Vec<Amount>,
        dates: Vec<DateMark>,
        references: Vec<Reference>,
        notes: Vec<Note>,
        parties: Vec<Party>,
        lines: Vec<Line>,
    }
}
