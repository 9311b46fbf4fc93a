//! Trades as people and systems are shown them: derived from what is kept, never kept itself.

use serde_json::{Value, json};

use crate::process::{Event, Source, Trade};
use crate::store::{Error, Result, TradeRow, View};

/// An order with its lines: counters, states, amounts.
///
/// # Errors
/// When what is kept cannot be read.
pub fn order(row: &TradeRow) -> Result<Value> {
    let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
    let lines = trade.lines.iter().map(|line| {
        let mut shown = json!({
            "number": line.number,
            "item": line.ids.first().and_then(|id| id.id.clone()),
            "unit": line.unit,
            "price": line.agreed_price(),
            "state": trade.line_state(line),
        });
        shown["counters"] = json!(line.counters(trade.side()));
        shown
    });
    Ok(json!({
        "order": row.number,
        "partner": row.partner,
        "side": row.side,
        "test": row.test,
        "state": trade.state(),
        "version": trade.version(),
        "amounts": trade.amounts(),
        "lines": lines.collect::<Vec<_>>(),
        "holds": trade.open_holds().map(|hold| hold.words.clone()).collect::<Vec<_>>(),
        "updated_at": row.updated_at,
    }))
}

/// What happened to an order, in its order.
///
/// # Errors
/// Those of the store.
pub async fn timeline(view: &mut View, row: &TradeRow) -> Result<Vec<Value>> {
    let mut shown = Vec::new();
    for kept in view.trade_events(row.id).await? {
        let event: Event = serde_json::from_str(&kept.body).map_err(Error::damaged)?;
        let by = match &event.source {
            Source::Document(id) => format!("document {id}"),
            Source::Command { by, .. } => by.clone(),
            Source::Timer(key) => format!("deadline {key}"),
        };
        let what = serde_json::to_value(&event.what).map_err(Error::damaged)?;
        let word = match &what {
            Value::String(word) => word.clone(),
            Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
            _ => String::new(),
        };
        shown.push(json!({
            "at": kept.at,
            "what": word,
            "by": by,
            "verdict": kept.verdict,
            "why": kept.why,
            "detail": what,
        }));
    }
    Ok(shown)
}
