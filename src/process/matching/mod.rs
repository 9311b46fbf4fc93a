//! A supplier's invoice against what was ordered, received and accepted: matched, waiting for goods, or held with reasons.
//!
//! [`evaluate`] judges one [`Billed`] document against what was [`Agreed`]; [`Match`] says line by line what was found, who
//! may approve it, and which entry each answer posts. Goods are accrued at the order's price and leave the accrual at that
//! price; what the supplier asks beyond is a price variance. It knows no document format and changes nothing.

mod billed;
mod duplicate;
mod evaluate;
pub mod grni;
mod hold;
mod landed;
mod line;
mod ordered;
mod pair;
mod policy;
mod settle;
mod totals;
mod unit;

pub use billed::{Billed, BilledKind, BilledLine, Charge, ChargeKind, freight_of};
pub use duplicate::{Earlier, Repeated, plain_number, repeated};
pub use evaluate::{Match, Verdict, evaluate};
pub use hold::{Hold, HoldKind};
pub use landed::{Cleared, CostBill, CostKind, Expected};
pub use line::LineMatch;
pub use ordered::{Agreed, ItemNames, OrderedLine, item_key};
pub use pair::Pairing;
pub use policy::{Level, Policy};
pub use settle::Refusal;
pub use unit::{Factor, Factors, NotConverted};
