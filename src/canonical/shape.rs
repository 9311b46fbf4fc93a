//! What a kind of canonical document may hold: made once from the typed structs' JSON Schema.

/// The kinds of canonical document (`kind` in JSON).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Order,
    OrderResponse,
    OrderChange,
    ShipNotice,
    ReceiptAdvice,
    Invoice,
    Remittance,
    InventoryAdvice,
    ApplicationAdvice,
    Adjustment,
    WarehouseOrder,
    WarehouseConfirmation,
    Acknowledgement,
}

/// A field's name, interned: copied and compared as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u16);

/// What a leaf of a shape holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    Text,
    Decimal,
    Date,
    Time,
    Integer,
    Flag,
}

/// The shape of a value: what a mapping compiles its paths against.
#[derive(Clone, Debug)]
pub enum Shape {
    Leaf(Leaf),
    List(Box<Shape>),
    /// Fields in emission order.
    Record(Vec<(Name, Shape)>),
}
