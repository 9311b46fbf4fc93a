//! Canonical documents from the words of a sentence: what `from acme 850 number=4502 lines="..."` says, as a document.

use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::european;
use super::kinds::WireKind;
use super::lines::{self, ItemWords, LineWords, PackWords, Share};
use super::model::Sentence;
use crate::canonical::{Canonical, Kind};
use crate::process::ledger::Currency;

/// The pairs that a document of a kind has a place for.
pub fn keys(kind: WireKind) -> &'static [&'static str] {
    match kind.kind {
        Some(Kind::Order) => &[
            "number",
            "date",
            "purpose",
            "type",
            "release",
            "currency",
            "lines",
            "ship_to",
            "bill_to",
            "buyer",
            "ship_not_before",
            "ship_not_after",
            "deliver",
            "cancel_after",
            "backorder",
            "department",
            "terms",
            "control",
        ],
        Some(Kind::OrderResponse) => {
            &["number", "order", "sequence", "date", "purpose", "decision", "lines", "currency", "control"]
        }
        Some(Kind::OrderChange) => {
            &["number", "order", "sequence", "date", "purpose", "lines", "currency", "ship_to", "type", "control"]
        }
        Some(Kind::ShipNotice) => &[
            "number",
            "shipment",
            "order",
            "date",
            "purpose",
            "lines",
            "packs",
            "shipped",
            "expected",
            "ship_to",
            "carrier",
            "bill_of_lading",
            "control",
        ],
        Some(Kind::ReceiptAdvice) => &["number", "order", "shipment", "date", "lines", "control"],
        Some(Kind::Invoice) => &[
            "number",
            "invoice",
            "order",
            "shipment",
            "date",
            "purpose",
            "type",
            "currency",
            "lines",
            "tax",
            "tax_rate",
            "freight",
            "duty",
            "bill_of_lading",
            "receipt",
            "total",
            "terms",
            "control",
        ],
        Some(Kind::Remittance) => {
            &["number", "trace", "amount", "date", "items", "adjust", "payer", "currency", "type", "control"]
        }
        Some(Kind::ApplicationAdvice) => {
            &["number", "order", "shipment", "invoice", "date", "decision", "reason", "text", "control"]
        }
        Some(Kind::Adjustment) => {
            &["number", "invoice", "order", "date", "amount", "type", "reason", "lines", "control"]
        }
        Some(Kind::InventoryAdvice) => &["number", "date", "at", "lines", "control"],
        Some(Kind::WarehouseOrder | Kind::WarehouseConfirmation) => {
            &["number", "order", "shipment", "date", "lines", "packs", "ship_to", "control"]
        }
        Some(Kind::Lockbox) => &["number", "trace", "amount", "date", "items", "payer", "currency", "control"],
        Some(Kind::Acknowledgement) | None => &["number", "order", "shipment", "invoice", "trace", "control"],
    }
}

/// What a document is written from beside its sentence.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'d> {
    pub now: DateTime,
    /// Who sends it, and to whom: their names on the wire.
    pub sender: &'d str,
    pub receiver: &'d str,
    /// What it answers, where the sentence does not say: the latest that we sent of the kind it names.
    pub answers: Option<&'d str>,
    /// What the order it cancels was told with.
    pub cancels: Option<&'d str>,
}

/// The document that a sentence tells.
///
/// # Errors
/// What it lacks, in words.
pub fn document(sentence: &Sentence, kind: Kind, desk: Desk<'_>) -> Result<Canonical<'static>, String> {
    let told = Told { sentence, desk };
    let mut fields = Map::new();
    fields.insert("kind".into(), kind.as_str().into());
    fields.insert("date".into(), told.date("date").into());
    set(&mut fields, "purpose", sentence.pair("purpose"));
    set(&mut fields, "currency", sentence.pair("currency"));
    match kind {
        Kind::Order => told.order(&mut fields)?,
        Kind::OrderResponse => told.response(&mut fields)?,
        Kind::OrderChange => told.change(&mut fields)?,
        Kind::ShipNotice => told.notice(&mut fields)?,
        Kind::ReceiptAdvice => told.receipt(&mut fields)?,
        Kind::Invoice => told.invoice(&mut fields)?,
        Kind::Remittance => told.remittance(&mut fields)?,
        Kind::ApplicationAdvice => told.advice(&mut fields)?,
        Kind::Adjustment => told.adjustment(&mut fields)?,
        Kind::InventoryAdvice => told.inventory(&mut fields)?,
        Kind::WarehouseOrder | Kind::WarehouseConfirmation => told.warehouse(&mut fields)?,
        Kind::Lockbox => told.lockbox(&mut fields)?,
        Kind::Acknowledgement => return Err("acknowledgements are written from what they answer".into()),
    }
    Canonical::from_tree(&Value::Object(fields)).map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        told.join("; ")
    })
}

struct Told<'s> {
    sentence: &'s Sentence,
    desk: Desk<'s>,
}

impl Told<'_> {
    fn date(&self, key: &str) -> String {
        self.sentence.pair(key).map_or_else(|| self.desk.now.date().to_string(), str::to_owned)
    }

    fn need(&self, key: &str) -> Result<&str, String> {
        self.sentence.pair(key).ok_or_else(|| format!("it does not say `{key}=`"))
    }

    /// X12 kinds are numbers.
    fn is_x12(&self) -> bool {
        self.sentence.slot("KIND").is_some_and(|kind| kind.starts_with(|c: char| c.is_ascii_digit()))
    }

    fn lines(&self) -> Result<Vec<LineWords>, String> {
        self.sentence.pair("lines").or(self.desk.cancels).map_or_else(|| Ok(Vec::new()), lines::lines)
    }

    fn parties(&self, more: &[(&str, &str)]) -> Value {
        let mut parties: Vec<Value> = more.iter().map(|(role, id)| party(role, id, "buyer")).collect();
        for role in ["ship_to", "ship_from", "bill_to", "buyer"] {
            if let Some(id) = self.sentence.pair(role) {
                parties.retain(|party| party["role"] != role);
                parties.push(party(role, id, "buyer"));
            }
        }
        Value::Array(parties)
    }

    fn order(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn response(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn change(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn notice(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn receipt(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn invoice(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn remittance(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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
    fn lockbox(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn advice(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        let concerns = ["order", "shipment", "invoice"]
            .iter()
            .find_map(|key| self.sentence.pair(key))
            .or(self.desk.answers)
            .ok_or("it does not say what it is about: `order=`, `shipment=` or `invoice=`")?;
        // Only a notice goes by the number of a shipment.
        let usual = if self.sentence.pair("shipment") == Some(concerns) { "856" } else { "810" };
        let of = self.sentence.slots("KIND").nth(1).unwrap_or(usual);
        fields.insert("number".into(), self.sentence.pair("number").unwrap_or(concerns).into());
        fields.insert("concerns".into(), json!({"kind": of, "number": concerns}));
        let decision = self.sentence.pair("decision").or(self.sentence.choice()).unwrap_or("rejected");
        fields.insert("decision".into(), decision.replace('-', "_").into());
        if decision != "accepted" {
            let code = self.sentence.pair("reason").unwrap_or("ZZZ");
            let text = self.sentence.pair("text").unwrap_or("not as agreed");
            fields.insert("errors".into(), json!([{"code": code, "text": text}]));
        }
        Ok(())
    }

    fn adjustment(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn inventory(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

    fn warehouse(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
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

fn set(fields: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value.into());
    }
}

fn party(role: &str, id: &str, scheme: &str) -> Value {
    json!({"role": role, "name": id, "ids": [{"scheme": scheme, "id": id}]})
}

fn number(value: Option<Decimal>) -> Value {
    value.map_or(Value::Null, |value| value.to_string().into())
}

/// Money with at least two decimals.
pub(super) fn two(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

fn ids(share: &Share) -> Value {
    match &share.item {
        Some(item) => json!([{"qualifier": "VN", "id": item}]),
        None => json!([]),
    }
}

/// A line with its first share; the quantity of all shares stands in `field`.
fn plain_line(line: &LineWords, field: &str) -> Value {
    let share = line.first();
    let mut row = json!({"number": line.line, "ids": ids(&share)});
    let unit = share.unit.clone().or_else(|| line.quantity().map(|_| "EA".to_owned()));
    row[field] = number(line.quantity());
    row["unit"] = unit.map_or(Value::Null, Value::from);
    row["price"] = number(share.price);
    row
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

/// `2/10 n30`, `n30`.
fn terms_of(text: &str) -> Result<Value, String> {
    let wrong = || format!("terms are written 2/10 n30, not `{text}`");
    let mut terms = Map::new();
    for word in text.split_whitespace() {
        if let Some(days) = word.strip_prefix('n') {
            terms.insert("net_days".into(), days.parse::<i64>().map_err(|_| wrong())?.into());
        } else {
            let (percent, days) = word.split_once('/').ok_or_else(wrong)?;
            percent.parse::<Decimal>().map_err(|_| wrong())?;
            terms.insert("discount_percent".into(), percent.into());
            terms.insert("discount_days".into(), days.parse::<i64>().map_err(|_| wrong())?.into());
        }
    }
    let kind = if terms.contains_key("discount_percent") { "discount" } else { "basic" };
    terms.insert("type".into(), kind.into());
    Ok(json!([terms]))
}
