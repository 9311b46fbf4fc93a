//! What is known about a case, gathered before anybody asks: the document it came with, what left and how it was taken,
//! what was shipped and received.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::process::calendar::said;
use crate::process::{Axis, Trade};
use crate::store::{Case, DocumentId, Error, Result, View};

/// The proofs of a case in the order of their time: `at`, `words`, and the document where one says it.
///
/// # Errors
/// Those of the store.
pub async fn of(view: &mut View, case: &Case) -> Result<Vec<Value>> {
    let mut proofs: Vec<(Timestamp, Value)> = Vec::new();
    if let Some(id) = case.document.as_deref().and_then(|id| id.parse::<DocumentId>().ok()) {
        let document = view.document(id).await?;
        let number = document.number.as_deref().unwrap_or("without a number");
        let words = format!("{} {number} came; it is {}", document.type_code, state(&json!(document.state)));
        proofs.push((document.created_at, json!({"words": words, "document": id.to_string()})));
    }
    if let Some(id) = case.trade {
        let row = view.trade(id).await?;
        let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
        of_trade(&trade, case.line.as_deref(), &mut proofs);
    }
    proofs.sort_by_key(|(at, _)| *at);
    Ok(proofs
        .into_iter()
        .map(|(at, mut proof)| {
            proof["at"] = at.to_string().into();
            proof
        })
        .collect())
}

fn of_trade(trade: &Trade, line: Option<&str>, proofs: &mut Vec<(Timestamp, Value)>) {
    let mut tell = |at: Timestamp, words: String| proofs.push((at, json!({"words": words})));
    let is_of_line = |number: &str| line.is_none_or(|line| line == number);
    if let Some(at) = trade.ordered_at {
        tell(at, format!("order {} of {} lines", trade.key.order, trade.lines.len()));
    }
    for record in trade.shipments.iter().filter(|record| !record.voided) {
        let lines = record.shipment.lines.iter().filter(|portion| is_of_line(&portion.line));
        let lines: Vec<String> = lines.map(|it| format!("line {}: {}", it.line, plain(it.quantity))).collect();
        if !lines.is_empty() {
            tell(record.at, format!("shipment {}: {}", record.shipment.number, lines.join(", ")));
        }
    }
    for record in trade.receipts.iter().filter(|record| !record.voided) {
        let lines = record.receipt.lines.iter().filter(|it| is_of_line(&it.line));
        let quantity = |it: &crate::process::ReceiptLine| if record.is_return { it.returned } else { it.received };
        let lines: Vec<String> = lines.map(|it| format!("line {}: {}", it.line, plain(quantity(it)))).collect();
        let what = if record.is_return { "return" } else { "receipt" };
        if !lines.is_empty() {
            tell(record.at, format!("{what} {}: {}", record.receipt.number, lines.join(", ")));
        }
    }
    for bill in &trade.bills {
        let what = if bill.is_credit { "credit note" } else { "invoice" };
        tell(bill.at, format!("{what} {} over {}; it is {}", bill.number, bill.total, state(&json!(bill.standing))));
    }
    for issued in &trade.issued {
        // Only what arrived is known to have left: what nobody agreed on, or is held, did not.
        let what = if issued.key == "order|0" { "order".to_owned() } else { issued.key.replace('|', " ") };
        let went = if issued.transport == Axis::Accepted { "left" } else { "was asked for" };
        let mut words = format!("{what} {went}");
        for (name, axis) in [
            ("its transport", issued.transport),
            ("its acknowledgement", issued.functional),
            ("the partner's application", issued.application),
        ] {
            if axis != Axis::Pending {
                words.push_str(&format!("; {name}: {}", state(&json!(axis))));
            }
        }
        if let Some(at) = issued.accepted_at {
            words.push_str(&format!(" at {}", said(at)));
        }
        tell(issued.at, words);
    }
}

fn plain(quantity: Decimal) -> Decimal {
    quantity.normalize()
}

/// A word of a state as people say it.
fn state(word: &Value) -> String {
    word.as_str().unwrap_or_default().replace('_', " ")
}
