//! Canonical documents from the words of a sentence: what `from acme 850 number=4502 lines="..."` says, as a document.

mod goods;
mod keys;
mod money;
mod orders;

use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

pub use self::keys::keys;
use super::lines::{self, LineWords, Share};
use super::model::Sentence;
use crate::canonical::{Canonical, Kind};

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

    fn advice(&self, fields: &mut Map<String, Value>) -> Result<(), String> {
        let named = ["shipment", "invoice"].iter().find_map(|key| self.sentence.pair(key));
        let concerns = named
            .or(self.desk.answers)
            .or(self.sentence.pair("order"))
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
