//! The documents of trade, without any syntax: typed, with decimals, named as in the published JSON Schema.
//!
//! The structs say what a kind may hold. A mapping fills a [`Canonical`] tree checked against their [`Shape`]; whoever
//! needs a struct parses it from the tree.

pub mod advice;
pub mod bank_statement;
pub mod check_digit;
pub mod common;
mod complete;
pub mod event;
pub mod invoice;
pub mod json;
pub mod key;
pub mod line;
pub mod lockbox;
pub mod order;
mod record;
pub mod remittance;
pub mod schema;
pub mod shape;
pub mod ship_notice;
pub mod split;
pub mod unit;
pub mod value;
pub mod warehouse;

pub use advice::{Acknowledgement, ApplicationAdvice};
pub use bank_statement::{BankEntry, BankStatement};
pub use complete::is_derived;
pub use event::{CloudEvent, NOUNS, Noun, TRACEPARENT};
pub use invoice::{AdjustmentAdvice, Invoice};
pub use json::FieldError;
pub use key::{business_key, content_hash};
pub use line::Line;
pub use lockbox::Lockbox;
pub use order::{Order, OrderChange, OrderResponse};
pub use remittance::Remittance;
pub use schema::schema;
pub use shape::{Kind, Leaf, Name, Shape};
pub use ship_notice::{InventoryAdvice, ReceiptAdvice, ShipNotice};
pub use value::{Canonical, Record, Value};
pub use warehouse::{WarehouseConfirmation, WarehouseOrder};
