//! Goods on their way, received, counted and picked.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{Told, ids, number, plain_line, set};
use crate::story::lines::{self, LineWords, PackWords};

impl Told<'_> {
    pub(super) fn notice(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        let number = self.sentence.pair("number").or(self.sentence.pair("shipment"));
        fields.insert("number".into(), number.ok_or("it does not say `shipment=`")?.into());
        fields.insert("time".into(), self.desk.now.time().strftime("%H:%M").to_string().into());
        fields.insert("shipped".into(), self.date("shipped").into());
        set(fields, "expected", self.sentence.pair("expected"));
        if let Some(carrier) = self.sentence.pair("carrier") {
            fields.insert("carrier".into(), json!({"scheme": "scac", "id": carrier}));
        }
        if let Some(value) = self.sentence.pair("bill_of_lading") {
            fields.insert("references".into(), json!([{"kind": "bill_of_lading", "value": value}]));
        }
        fields.insert("parties".into(), self.parties(&[]));
        let order = self.sentence.pair("order");
        let lines = self.lines()?;
        let mut rows = Vec::with_capacity(lines.len());
        for line in &lines {
            let mut row = plain_line(line, "quantity");
            let of = line.order.as_deref().or(order).ok_or("it does not say `order=`")?;
            row["order_number"] = of.into();
            // Two orders may both have a line 1: the notice counts its own lines, and says which of the order's each is.
            row["order_line"] = line.line.clone().into();
            row["number"] = (rows.len() + 1).to_string().into();
            // Without a unit the order's is meant; the wire wants one.
            if row.get("unit").is_none() {
                row["unit"] = "EA".into();
            }
            rows.push(row);
        }
        let packs = self.sentence.pair("packs").map_or_else(|| Ok(Vec::new()), lines::packs)?;
        let structure = if packs.is_empty() { "shipment_order_item" } else { "shipment_order_pack_item" };
        fields.insert("structure".into(), structure.into());
        fields.insert("packs".into(), packed(&packs, &rows, order).into());
        fields.insert("lines".into(), rows.into());
        Ok(())
    }

    pub(super) fn receipt(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        let number = self.sentence.pair("number").or(self.sentence.pair("shipment")).or(self.sentence.pair("order"));
        fields.insert("number".into(), format!("R-{}", number.ok_or("it does not say `number=`")?).into());
        if let Some(number) = self.sentence.pair("number") {
            fields.insert("number".into(), number.into());
        }
        set(fields, "order_number", self.sentence.pair("order"));
        set(fields, "shipment_number", self.sentence.pair("shipment"));
        fields.insert("received".into(), self.date("date").into());
        fields.insert("parties".into(), self.parties(&[("ship_to", self.desk.sender)]));
        let lines = self.lines()?.into_iter().map(|line| received_line(&line, self.sentence.pair("order")));
        fields.insert("lines".into(), lines.collect::<Vec<_>>().into());
        Ok(())
    }

    pub(super) fn inventory(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        fields.insert("number".into(), self.sentence.pair("number").unwrap_or("INV").into());
        fields.insert("as_of".into(), self.date("date").into());
        let lines = self.lines()?.into_iter().map(|line| {
            let share = line.first();
            json!({
                "number": line.line,
                "ids": ids(&share),
                "quantities": [{"kind": "on_hand", "quantity": number(share.quantity), "unit": share.unit}],
            })
        });
        let place = self.sentence.pair("at").unwrap_or("MAIN");
        fields.insert("locations".into(), json!([{"id": place, "lines": lines.collect::<Vec<_>>()}]));
        Ok(())
    }

    pub(super) fn warehouse(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        fields.insert("order_number".into(), self.need("order")?.into());
        let shipment = self.sentence.pair("shipment");
        set(fields, "number", self.sentence.pair("number").or(shipment));
        set(fields, "shipment_number", shipment);
        // Without a number of what was asked of it, a warehouse names the order.
        set(fields, "depositor_number", self.sentence.pair("number").or(self.sentence.pair("order")));
        fields.insert("parties".into(), self.parties(&[("ship_from", self.desk.sender)]));
        let lines = self.lines()?.into_iter().map(|line| {
            let mut row = plain_line(&line, "shipped");
            row["ordered"] = row["shipped"].clone();
            if line.first().item.is_none() {
                // The wire wants an item; a story that names none means the line by its number.
                row["ids"] = json!([{"qualifier": "VN", "id": line.line}]);
            }
            // A warehouse is told of goods, not of prices.
            row.as_object_mut().map(|row| row.remove("price"));
            row
        });
        fields.insert("lines".into(), lines.collect::<Vec<_>>().into());
        Ok(())
    }
}

/// Packs with what lies in them. A pack without a number on its label says only what it holds.
fn packed(packs: &[PackWords], lines: &[Value], order: Option<&str>) -> Vec<Value> {
    let unit_of = |number: &str| {
        lines.iter().find(|line| line["number"] == number).map_or(Value::Null, |line| line["unit"].clone())
    };
    let rows = packs.iter().enumerate().map(|(at, pack)| {
        let items = pack.items.iter().map(|(own, line, quantity)| {
            json!({
                "order_number": own.as_deref().or(order),
                "line": line,
                "quantity": quantity.to_string(),
                "unit": unit_of(line),
            })
        });
        json!({
            "id": (at + 1).to_string(),
            "kind": "carton",
            "sscc": pack.sscc,
            "order_number": order,
            "items": items.collect::<Vec<_>>(),
        })
    });
    rows.collect()
}

/// Received, and what is wrong with how much of it.
fn received_line(line: &LineWords, order: Option<&str>) -> Value {
    let mut row = json!({"number": line.line, "order_line": line.line});
    if let Some(order) = line.order.as_deref().or(order) {
        row["order_number"] = order.into();
    }
    let (mut received, mut returned, mut conditions) = (Decimal::ZERO, Decimal::ZERO, Vec::new());
    let mut unit = "EA".to_owned();
    for share in &line.shares {
        let quantity = share.quantity.unwrap_or_default();
        unit = share.unit.clone().unwrap_or(unit);
        let code = match share.word.as_deref() {
            Some("wrong") => Some("wrong_item"),
            Some(word @ ("damaged" | "short" | "over" | "rejected")) => Some(word),
            _ => None,
        };
        match (share.word.as_deref(), code) {
            (Some("returned"), _) => returned += quantity,
            // What is short did not come; what is damaged or too much did, and stands in what was received.
            (_, Some(code)) => conditions.push(json!({"code": code, "quantity": quantity.to_string(), "unit": unit})),
            _ => received += quantity,
        }
    }
    row["received"] = received.to_string().into();
    row["unit"] = unit.into();
    if !returned.is_zero() {
        row["returned"] = returned.to_string().into();
    }
    row["conditions"] = conditions.into();
    if let Some(item) = &line.first().item {
        row["ids"] = json!([{"qualifier": "VN", "id": item}]);
    }
    row
}
