//! What a kind of canonical document may hold: made once from the structs of this folder.

use std::fmt;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::advice::{Acknowledgement, ApplicationAdvice};
use super::invoice::{AdjustmentAdvice, Invoice};
use super::lockbox::Lockbox;
use super::order::{Order, OrderChange, OrderResponse};
use super::record::{Draft, Shaped};
use super::remittance::Remittance;
use super::ship_notice::{InventoryAdvice, ReceiptAdvice, ShipNotice};
use super::warehouse::{WarehouseConfirmation, WarehouseOrder};

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
    Lockbox,
    Acknowledgement,
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::Order,
        Self::OrderResponse,
        Self::OrderChange,
        Self::ShipNotice,
        Self::ReceiptAdvice,
        Self::Invoice,
        Self::Remittance,
        Self::InventoryAdvice,
        Self::ApplicationAdvice,
        Self::Adjustment,
        Self::WarehouseOrder,
        Self::WarehouseConfirmation,
        Self::Lockbox,
        Self::Acknowledgement,
    ];

    /// As in JSON and in the first line of a mapping: `order`, `ship_notice`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::OrderResponse => "order_response",
            Self::OrderChange => "order_change",
            Self::ShipNotice => "ship_notice",
            Self::ReceiptAdvice => "receipt_advice",
            Self::Invoice => "invoice",
            Self::Remittance => "remittance",
            Self::InventoryAdvice => "inventory_advice",
            Self::ApplicationAdvice => "application_advice",
            Self::Adjustment => "adjustment",
            Self::WarehouseOrder => "warehouse_order",
            Self::WarehouseConfirmation => "warehouse_confirmation",
            Self::Lockbox => "lockbox",
            Self::Acknowledgement => "acknowledgement",
        }
    }

    /// The kind of that name.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    pub(super) fn draft(self) -> Draft {
        match self {
            Self::Order => Order::draft(),
            Self::OrderResponse => OrderResponse::draft(),
            Self::OrderChange => OrderChange::draft(),
            Self::ShipNotice => ShipNotice::draft(),
            Self::ReceiptAdvice => ReceiptAdvice::draft(),
            Self::Invoice => Invoice::draft(),
            Self::Remittance => Remittance::draft(),
            Self::InventoryAdvice => InventoryAdvice::draft(),
            Self::ApplicationAdvice => ApplicationAdvice::draft(),
            Self::Adjustment => AdjustmentAdvice::draft(),
            Self::WarehouseOrder => WarehouseOrder::draft(),
            Self::WarehouseConfirmation => WarehouseConfirmation::draft(),
            Self::Lockbox => Lockbox::draft(),
            Self::Acknowledgement => Acknowledgement::draft(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field's name, interned: copied and compared as a number.
///
/// Names stand in one order for all records, near to that of the structs: a record sorted by `Name` is in emission order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u16);

impl Name {
    /// The name with that text, if any shape knows it.
    pub fn of(text: &str) -> Option<Self> {
        tables().by_text.get(text).copied()
    }

    pub fn as_str(self) -> &'static str {
        tables().names.get(usize::from(self.0)).copied().unwrap_or("?")
    }

    /// As the beginning of a member behind another one in JSON: `,"number":`.
    pub(super) fn as_key(self) -> &'static str {
        tables().keys.get(usize::from(self.0)).map_or(",\"?\":", |key| key)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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

impl Leaf {
    /// What a reader of an error message expects to see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Decimal => "a decimal as text, like \"12.50\"",
            Self::Date => "a date like \"2026-11-23\"",
            Self::Time => "a time like \"14:05\"",
            Self::Integer => "a whole number",
            Self::Flag => "true or false",
        }
    }
}

/// The shape of a value: what a mapping compiles its paths against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    Leaf(Leaf),
    List(Box<Shape>),
    /// Fields in emission order, which is the order of their names' numbers.
    Record(Vec<(Name, Shape)>),
}

impl Shape {
    /// The shape of a kind of document, a [`Shape::Record`].
    pub fn of(kind: Kind) -> &'static Self {
        &tables().shapes[kind as usize]
    }

    /// The shape of a record's field.
    pub fn field(&self, name: Name) -> Option<&Self> {
        let Self::Record(fields) = self else { return None };
        fields.binary_search_by_key(&name, |(name, _)| *name).ok().map(|at| &fields[at].1)
    }

    /// The fields of a record; of a list, those of its elements; none of a leaf.
    pub fn fields(&self) -> &[(Name, Self)] {
        match self {
            Self::Record(fields) => fields,
            Self::List(element) => element.fields(),
            Self::Leaf(_) => &[],
        }
    }
}

struct Tables {
    names: Vec<&'static str>,
    /// The names as [`Name::as_key`] gives them.
    keys: Vec<Box<str>>,
    by_text: FxHashMap<&'static str, Name>,
    /// By [`Kind`] as a number.
    shapes: Vec<Shape>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let drafts: Vec<Draft> = Kind::ALL.into_iter().map(Kind::draft).collect();
        let names = numbered(&drafts);
        let by_text = names.iter().zip(0..).map(|(&text, number)| (text, Name(number))).collect();
        let keys = names.iter().map(|name| format!(",\"{name}\":").into()).collect();
        let shapes = drafts.iter().map(|draft| finished(draft, &by_text)).collect();
        Tables { names, keys, by_text, shapes }
    })
}

/// What names a thing stands before what is said of it, in every record.
const FIRST: &[&str] = &[
    "number",
    "order_number",
    "role",
    "kind",
    "qualifier",
    "scheme",
    "id",
    "parent",
    "type",
    "type_name",
    "order_date",
    "date",
    "time",
    "line",
    "code",
    "reference",
    "value",
    "name",
    "names",
    "quantity",
    "unit",
    "price",
    "amount",
    "description",
    "text",
    "decision",
];

/// All names in one order for every record: first those that name a thing, then other values, then lists and records, each as
/// they first appear; the lines last.
///
/// One order for all keeps a record sorted by numbers whatever the order in its struct.
fn numbered(drafts: &[Draft]) -> Vec<&'static str> {
    let (mut values, mut inner) = (Vec::new(), Vec::new());
    for draft in drafts {
        collect(draft, &mut values, &mut inner);
    }
    values.retain(|name| !inner.contains(name));
    let rank = |name: &&str| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len());
    values.sort_by_key(rank);
    inner.sort_by_key(|name| matches!(*name, "items" | "lines"));
    values.append(&mut inner);
    values
}

fn collect(draft: &Draft, values: &mut Vec<&'static str>, inner: &mut Vec<&'static str>) {
    match draft {
        Draft::Leaf(_) => {}
        Draft::List(element) => collect(element, values, inner),
        Draft::Record(fields) => {
            for field in fields {
                let names = if matches!(field.draft, Draft::Leaf(_)) { &mut *values } else { &mut *inner };
                if !names.contains(&field.name) {
                    names.push(field.name);
                }
            }
            for field in fields {
                collect(&field.draft, values, inner);
            }
        }
    }
}

fn finished(draft: &Draft, names: &FxHashMap<&'static str, Name>) -> Shape {
    match draft {
        Draft::Leaf(leaf) => Shape::Leaf(*leaf),
        Draft::List(element) => Shape::List(Box::new(finished(element, names))),
        Draft::Record(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|field| (names[field.name], finished(&field.draft, names))).collect();
            fields.sort_by_key(|(name, _)| *name);
            Shape::Record(fields)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_thing_stands_before_what_describes_it() {
        let order =
            ["number", "kind", "date", "purpose", "currency", "parties", "references", "dates", "notes", "lines"];
        let names: Vec<_> = order.iter().map(|text| Name::of(text)).collect();
        assert!(names.iter().all(Option::is_some) && names.is_sorted());
    }

    #[test]
    fn paths_that_others_rely_on() {
        let cases = [
            (Kind::Order, "number", Leaf::Text),
            (Kind::Order, "lines.price", Leaf::Decimal),
            (Kind::Order, "lines.destinations.quantity", Leaf::Decimal),
            (Kind::Order, "parties.address.street", Leaf::Text),
            (Kind::OrderResponse, "lines.decisions.date", Leaf::Date),
            (Kind::OrderChange, "lines.open_quantity", Leaf::Decimal),
            (Kind::ShipNotice, "packs.items.order_number", Leaf::Text),
            (Kind::Invoice, "amount_due", Leaf::Decimal),
            (Kind::Remittance, "items.adjustments.amount", Leaf::Decimal),
            (Kind::ReceiptAdvice, "lines.conditions.quantity", Leaf::Decimal),
            (Kind::Adjustment, "lines.reason", Leaf::Text),
            (Kind::InventoryAdvice, "locations.lines.quantities.kind", Leaf::Text),
            (Kind::ApplicationAdvice, "errors.value", Leaf::Text),
            (Kind::WarehouseOrder, "ship_to.name", Leaf::Text),
            (Kind::Acknowledgement, "sets.findings.element", Leaf::Integer),
        ];
        for (kind, path, leaf) in cases {
            check(kind, path, leaf);
        }
    }

    fn check(kind: Kind, path: &str, leaf: Leaf) {
        let mut shape = Shape::of(kind);
        for step in path.split('.') {
            let name = Name::of(step).unwrap_or_else(|| panic!("{step} is no name"));
            shape =
                &shape.fields().iter().find(|(field, _)| *field == name).unwrap_or_else(|| panic!("{kind}: {path}")).1;
        }
        let shape = if let Shape::List(element) = shape { element } else { shape };
        assert_eq!(*shape, Shape::Leaf(leaf), "{kind}: {path}");
    }
}
