//! What documents do to a trade: a sale or a purchase is one order with everything that happens to it, and every event
//! either changes it, waits, repeats itself, or is refused with reasons.
//!
//! [`apply`] is the whole of it: trade and event in; trade, verdict and wanted effects out. It knows no wire, no store
//! and no clock. Reading order: [`Event`], [`Trade`], [`Line`] (how counters follow from what was said), [`apply()`].
//!
//! - **Facts** (goods and money moved, documents sent) are recorded whatever their order, at most flagged.
//! - **Requests** (orders, changes, decisions, invoices of ours) are guarded.
//! - What comes early waits for a [`Key`] that another event brings.

// The money: what is matched and applied, and the books it is kept in.
pub mod cash;
pub mod kpi;
pub mod ledger;
pub mod matching;
pub mod payment_run;

mod apply;
mod bill;
pub mod calendar;
mod change;
mod compose;
mod decision;
pub mod duties;
mod effect;
mod event;
pub mod evidence;
pub mod exception;
pub mod flow;
mod heard;
pub mod intake;
pub mod keys;
mod landed;
pub mod line;
mod order;
mod payable;
mod payment;
pub mod policy;
pub mod read;
mod receipt;
mod sent;
mod settle;
mod shipment;
pub mod sscc;
pub mod state;
pub mod stock;
mod time;
pub mod tolerance;
mod trade;
pub mod verify;

#[cfg(test)]
mod tests;

pub use apply::{apply, waits_until};
pub use calendar::{Allowance, Calendar};
pub(crate) use compose::due_date;
pub use effect::{Answers, Applied, Effect, Issue, News, Verdict};
pub use event::{
    Advice, Bill, BillLine, Change, DatedPart, Decision, Disposition, Event, ExpectedCost, LineAction, LineChange,
    LineDecision, Pack, Payment, Portion, Receipt, ReceiptLine, Rest, Shipment, Source, What,
};
pub use exception::{Exception, ExceptionKind, Queue};
pub use intake::Problem;
pub use keys::{Key, Side, TradeKey};
pub use landed::Landed;
pub use line::{Counters, Line};
pub use order::hold_key;
pub use order::line_numbers;
pub use payable::{Matter, Ruling};
pub use policy::Policy;
pub use read::{Reading, expired, expired_kind, names_no_order, sent};
pub use state::State;
pub use tolerance::Tolerance;
pub use trade::{
    Amounts, Axis, BillRecord, BillStanding, BilledLine, Booked, Deadline, DeadlineKind, Head, Hold, Issued,
    OpenException, PaymentRecord, ReceiptCost, ReceiptRecord, Release, Revision, ShipmentRecord, Standing, Trade,
};
