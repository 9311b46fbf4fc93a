//! The documents of trade, without any syntax: typed, with decimals, named as in the published JSON Schema.

pub mod shape;
pub mod value;

pub use shape::{Kind, Leaf, Name, Shape};
pub use value::{Record, Value};
