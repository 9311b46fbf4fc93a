//! Bills, what is paid of them, and what is taken off.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{Told, number, party, plain_line, set, terms_of, two};
use crate::process::ledger::Currency;
use crate::story::european;
use crate::story::lines::{self, ItemWords};

impl Told<'_> {
    pub(super) fn invoice(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        fields.insert("number".into(), self.need("number")?.into());
        let of = self.sentence.slot("KIND").unwrap_or_default();
        let usual = if of == "CreditNote" { "credit_note" } else { "invoice" };
        let kind = match self.sentence.pair("type").unwrap_or(usual) {
            "credit" | "credit_memo" => "credit_note",
            "debit" | "debit_memo" => "debit_note",
            kind => kind,
        };
        fields.insert("type".into(), kind.into());
        set(fields, "order_number", self.sentence.pair("order"));
        let mut references = Vec::new();
        let kinds = [
            ("shipment", "shipment"),
            ("invoice", "invoice"),
            ("bill_of_lading", "bill_of_lading"),
            ("receipt", "receiving_advice"),
        ];
        for (key, word) in kinds {
            references.extend(self.sentence.pair(key).map(|value| json!({"kind": word, "value": value})));
        }
        fields.insert("references".into(), references.into());
        if let Some(terms) = self.sentence.pair("terms") {
            fields.insert("terms".into(), terms_of(terms)?);
        }
        let lines = self.lines()?;
        let currency = self.sentence.pair("currency").and_then(Currency::of).unwrap_or(Currency::USD);
        let mut total = Decimal::ZERO;
        for line in &lines {
            let share = line.first();
            total += currency.round(share.quantity.unwrap_or_default() * share.price.unwrap_or_default());
        }
        let decimal = |key: &str| self.sentence.pair(key).and_then(|text| text.parse::<Decimal>().ok());
        let (tax, freight, duty) = (decimal("tax"), decimal("freight"), decimal("duty"));
        if let Some(tax) = tax {
            let mut row = json!({"type": "vat", "amount": two(tax)});
            if let Some(rate) = decimal("tax_rate") {
                (row["rate"], row["taxable"]) = (rate.to_string().into(), two(total).into());
            }
            fields.insert("taxes".into(), json!([row]));
        }
        // X12 1300, or UNTDID 7161.
        let charged = [(freight, "D240", "FC"), (duty, "C660", "CUD")];
        let charges = charged.into_iter().filter_map(|(amount, x12, other)| {
            let amount = two(amount?);
            Some(match self.is_x12() {
                true => json!({"kind": "charge", "code": x12, "amount": amount, "reference": "06"}),
                false => json!({"kind": "charge", "code": other, "amount": amount}),
            })
        });
        let charges: Vec<Value> = charges.collect();
        if !charges.is_empty() {
            fields.insert("adjustments".into(), charges.into());
        }
        let beyond: Decimal = [tax, freight, duty].into_iter().flatten().sum();
        let total = decimal("total").unwrap_or(total + beyond);
        fields.insert("total".into(), two(total).into());
        let lines = lines.iter().map(|line| plain_line(line, "quantity"));
        fields.insert("lines".into(), lines.collect::<Vec<_>>().into());
        if matches!(of, "Invoice" | "CreditNote" | "CrossIndustryInvoice") {
            european::complete(fields, self.desk.sender, self.desk.receiver);
        }
        Ok(())
    }

    pub(super) fn remittance(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        fields.insert("trace".into(), self.need("trace")?.into());
        set(fields, "number", self.sentence.pair("number"));
        fields.insert("trace_type".into(), "1".into());
        fields.insert("amount".into(), self.need("amount")?.into());
        fields.insert("credit_debit".into(), "credit".into());
        fields.insert("handling".into(), self.sentence.pair("type").unwrap_or("advice_only").into());
        fields.insert("method".into(), "ach".into());
        fields.insert("payment_date".into(), self.date("date").into());
        fields.insert(
            "parties".into(),
            json!([party("payer", self.desk.sender, "buyer"), party("payee", self.desk.receiver, "buyer")]),
        );
        if let Some(payer) = self.sentence.pair("payer") {
            // A bank tells of somebody else's payment.
            fields["parties"][0] = json!({"role": "payer", "name": payer});
        }
        fields.insert("items".into(), self.items()?);
        // What belongs to no item: `adjust=-210.00:01`, several one after another.
        let outer = self.sentence.pair("adjust").map_or_else(|| Ok(Vec::new()), lines::adjustments)?;
        let outer = outer.iter().map(|(amount, code)| json!({"amount": amount.to_string(), "reason": code}));
        fields.insert("adjustments".into(), outer.collect::<Vec<_>>().into());
        if self.is_x12() {
            entities(fields);
        }
        Ok(())
    }

    fn items(&self) -> Result<Value, String> {
        let items = self.sentence.pair("items").map_or_else(|| Ok(Vec::new()), lines::items)?;
        Ok(items.iter().map(remitted).collect::<Vec<_>>().into())
    }

    /// One deposit of one batch of one payment.
    pub(super) fn lockbox(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        let (trace, amount) = (self.need("trace")?, self.need("amount")?);
        let day = self.date("date");
        let mut payment = json!({"handling": "payment_and_advice", "amount": amount, "credit_debit": "credit",
            "method": "check", "payment_date": day, "trace_type": "1", "trace": trace, "items": self.items()?});
        if let Some(payer) = self.sentence.pair("payer") {
            payment["parties"] = json!([{"role": "payer", "name": payer}]);
        }
        set(fields, "currency", None);
        fields.remove("date");
        fields.insert("parties".into(), json!([party("payee", self.desk.receiver, "buyer")]));
        fields.insert(
            "deposits".into(),
            json!([{"reference": self.sentence.pair("number").unwrap_or("D1"), "date": day,
                "account": {"bank_scheme": "01", "bank": "111000025"},
                "amounts": [{"kind": "3", "amount": amount}], "counts": [{"kind": "41", "quantity": "1"}],
                "batches": [{"date": day, "number": "1", "payments": [payment]}]}]),
        );
        Ok(())
    }

    pub(super) fn adjustment(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        fields.insert("number".into(), self.need("number")?.into());
        set(fields, "invoice_number", self.sentence.pair("invoice"));
        set(fields, "order_number", self.sentence.pair("order"));
        fields.insert("amount".into(), self.need("amount")?.into());
        fields.insert("credit_debit".into(), self.sentence.pair("type").unwrap_or("credit").into());
        let reason = self.sentence.pair("reason").unwrap_or("ZZ");
        // A customer debits, a supplier credits.
        let is_debit = self.sentence.pair("type") == Some("debit");
        let (sender, receiver) = if is_debit { ("buyer", "seller") } else { ("seller", "buyer") };
        fields.insert(
            "parties".into(),
            json!([party(sender, self.desk.sender, "buyer"), party(receiver, self.desk.receiver, "buyer")]),
        );
        fields.insert(
            "lines".into(),
            json!([{"number": "1", "reason": reason, "credit_debit": self.sentence.pair("type").unwrap_or("credit"),
                "amount": self.need("amount")?}]),
        );
        Ok(())
    }
}

/// X12 says under whose name items stand, and what belongs to none of them stands there too.
fn entities(fields: &mut Map<String, Value>) {
    let rows = |fields: &Map<String, Value>, name: &str| fields[name].as_array().cloned().unwrap_or_default();
    let (mut items, mut outer) = (rows(fields, "items"), rows(fields, "adjustments"));
    let mut names: Vec<String> = Vec::new();
    for item in &items {
        names.extend(item["entity"].as_str().map(str::to_owned).filter(|name| !names.contains(name)));
    }
    if names.is_empty() && outer.is_empty() {
        return;
    }
    let at = |name: Option<&str>| names.iter().position(|known| Some(known.as_str()) == name).unwrap_or_default() + 1;
    for row in items.iter_mut().chain(&mut outer) {
        row["entity"] = at(row["entity"].as_str()).to_string().into();
    }
    let named = |(at, name): (usize, &String)| json!({"number": (at + 1).to_string(), "role": "payer", "scheme": "buyer", "id": name});
    let entities: Vec<Value> = match names.is_empty() {
        true => vec![json!({"number": "1"})],
        false => names.iter().enumerate().map(named).collect(),
    };
    for (name, rows) in [("items", items), ("adjustments", outer), ("entities", entities)] {
        fields.insert(name.into(), rows.into());
    }
}

fn remitted(item: &ItemWords) -> Value {
    let kind = match item.kind.as_str() {
        "IV" => "invoice",
        "CM" => "credit_memo",
        "DB" | "DL" => "debit_memo",
        other => other,
    };
    let adjustments =
        item.adjustments.iter().map(|(amount, reason)| json!({"amount": amount.to_string(), "reason": reason}));
    json!({
        "kind": kind,
        "reference": item.reference,
        "paid": number(item.paid),
        "gross": number(item.gross),
        "discount": number(item.discount),
        "adjustments": adjustments.collect::<Vec<_>>(),
        "entity": item.entity,
    })
}
