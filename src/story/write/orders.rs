//! Orders, and what is said of them: answers and changes.

use serde_json::{Map, Value, json};

use super::{Told, ids, number, plain_line, set, terms_of};
use crate::story::lines::{LineWords, Share};

impl Told<'_> {
    pub(super) fn order(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        fields.insert("number".into(), self.need("number")?.into());
        for key in ["type", "release", "department"] {
            set(fields, key, self.sentence.pair(key));
        }
        fields.insert("parties".into(), self.parties(&[("seller", self.desk.receiver)]));
        let kinds = [
            ("ship_not_before", "ship_not_before"),
            ("ship_not_after", "ship_not_after"),
            ("deliver", "delivery_requested"),
            ("cancel_after", "cancel_after"),
        ];
        let dates: Vec<Value> = kinds
            .iter()
            .filter_map(|(key, kind)| self.sentence.pair(key).map(|date| json!({"kind": kind, "date": date})))
            .collect();
        fields.insert("dates".into(), dates.into());
        if let Some(terms) = self.sentence.pair("terms") {
            fields.insert("terms".into(), terms_of(terms)?);
        }
        if let Some(wanted) = self.sentence.pair("backorder") {
            let code = match wanted {
                "yes" => "Y",
                "no" => "N",
                "complete" => "SC",
                other => return Err(format!("backorder={other} is none of yes, no, complete")),
            };
            fields.insert("requirements".into(), json!([{"code": code}]));
        }
        let lines = self.lines()?.into_iter().map(|line| plain_line(&line, "quantity")).collect::<Vec<_>>();
        fields.insert("lines".into(), lines.into());
        Ok(())
    }

    pub(super) fn response(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        fields.insert("order_number".into(), self.need("order")?.into());
        fields.insert("order_date".into(), self.date("date").into());
        set(fields, "number", self.sentence.pair("number"));
        set(fields, "sequence", self.sentence.pair("sequence"));
        let lines = self.lines()?;
        let plain = |line: &LineWords| {
            line.shares.iter().all(|share| share.word.as_deref() == Some("accepted") && share.price.is_none())
        };
        let decided = match (self.sentence.pair("decision").or(self.sentence.choice()), lines.iter().all(plain)) {
            (Some(said), _) => said,
            (None, true) => "accepted",
            (None, false) => "accepted_with_changes",
        };
        fields.insert("decision".into(), decided.into());
        fields.insert("parties".into(), self.parties(&[("buyer", self.desk.receiver), ("seller", self.desk.sender)]));
        let lines = lines.iter().map(|line| {
            let mut row = plain_line(line, "quantity");
            let decisions: Vec<Value> = line.shares.iter().map(|share| decision(share, line)).collect();
            row["decisions"] = decisions.into();
            row["schedules"] = scheduled(line, self.is_x12()).into();
            // The answer to a change says which change of the line it answers.
            if self.sentence.pair("sequence").is_some() {
                row["change"] = "change".into();
                row["open_quantity"] = row["quantity"].clone();
            }
            row
        });
        fields.insert("lines".into(), lines.collect::<Vec<_>>().into());
        Ok(())
    }

    pub(super) fn change(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        // A change has no number but its order's.
        let order = self.sentence.pair("order").or(self.sentence.pair("number"));
        fields.insert("order_number".into(), order.ok_or("it does not say `order=`")?.into());
        fields.insert("order_date".into(), self.date("date").into());
        match self.sentence.pair("type").unwrap_or("stand_alone") {
            "cancel" | "cancellation" => fields.insert("purpose".into(), "cancel".into()),
            kind => fields.insert("type".into(), kind.into()),
        };
        set(fields, "sequence", self.sentence.pair("sequence"));
        set(fields, "change_number", self.sentence.pair("order").and(self.sentence.pair("number")));
        fields.insert("parties".into(), self.parties(&[("buyer", self.desk.sender), ("seller", self.desk.receiver)]));
        let lines = self.lines()?.into_iter().map(|line| {
            let share = line.first();
            let mut row = plain_line(&line, "quantity");
            row["change"] = change_word(&share).into();
            // POC04 stands beside POC03: nothing has left yet, as far as the buyer knows.
            if row["quantity"].is_string() {
                row["open_quantity"] = row["quantity"].clone();
            }
            row
        });
        fields.insert("lines".into(), lines.collect::<Vec<_>>().into());
        Ok(())
    }
}

/// ACK or its like for one share of an answered line.
fn decision(share: &Share, line: &LineWords) -> Value {
    let kind = match (share.word.as_deref(), share.price, share.date) {
        (Some("substituted"), ..) => "substituted",
        (Some("backordered"), ..) => "backordered",
        (Some("rejected"), ..) => "rejected",
        (Some("hold" | "held"), ..) => "hold",
        (Some("deleted" | "cancelled"), ..) => "deleted",
        (_, Some(_), _) => "price_changed",
        (Some("changed"), None, Some(_)) => "date_changed",
        (Some("changed"), ..) => "quantity_changed",
        _ => "accepted",
    };
    let unit = share.unit.clone().or_else(|| line.first().unit).unwrap_or_else(|| "EA".into());
    let mut decision = json!({"kind": kind});
    if let Some(quantity) = share.quantity {
        decision["quantity"] = quantity.to_string().into();
        decision["unit"] = unit.into();
    }
    if let Some(price) = share.price {
        decision["price"] = price.to_string().into();
    }
    if let Some(date) = share.date {
        decision["date_kind"] = "ship_scheduled".into();
        decision["date"] = date.to_string().into();
    }
    if kind == "substituted" {
        decision["ids"] = ids(share);
    }
    decision
}

/// The days of a line accepted in parts, as ORDRSP tells them; an 855 has a decision for each.
fn scheduled(line: &LineWords, is_x12: bool) -> Vec<Value> {
    let comes = |share: &&Share| share.date.is_some() && share.word.as_deref().is_none_or(|word| word == "accepted");
    let shares: Vec<&Share> = line.shares.iter().filter(comes).collect();
    if is_x12 || shares.len() < 2 {
        return Vec::new();
    }
    let unit = line.first().unit.unwrap_or_else(|| "EA".into());
    let row = |share: &&Share| {
        json!({"quantity": number(share.quantity), "unit": unit, "date_kind": "ship_promised",
            "date": share.date.map(|date| date.to_string())})
    };
    shares.iter().map(row).collect()
}

/// What a change of a line is called: as said, or what its values change.
fn change_word(share: &Share) -> &'static str {
    match share.word.as_deref() {
        Some("add") => "add",
        Some("delete" | "deleted" | "cancel" | "cancelled") => "delete",
        Some("price") => "price",
        Some("increase") => "quantity_increase",
        Some("decrease") => "quantity_decrease",
        Some("price_and_quantity") => "price_and_quantity",
        Some("dates") => "dates",
        Some("reschedule") => "reschedule",
        Some("reschedule_quantity") => "reschedule_quantity",
        Some("replace_all") => "replace_all",
        Some("no_change") => "no_change",
        Some("cancel_order") => "cancel_order",
        Some("delta") if share.quantity.is_some_and(|quantity| quantity.is_sign_negative()) => "quantity_decrease",
        Some("delta") => "quantity_increase",
        _ => "change",
    }
}
