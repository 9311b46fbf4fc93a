//! How suppliers' documents stand, and what was received and never invoiced.

use serde_json::Value;

use super::call::{Answer, Call};
use super::problem::Problem;
use crate::journey::show::matching::{self, documents};
use crate::process::{BillStanding, Trade};
use crate::store::TradeId;

/// A page of purchases with their documents; a page may have more or fewer rows than purchases.
pub async fn results(call: &Call) -> Result<Answer, Problem> {
    let (all, number) = (call.is_asked("all"), call.asked("number"));
    page(call, |trade| {
        let found = documents(trade).filter(|(bill, _)| {
            let is_named = number.is_none_or(|number| bill.goes_by(number) || bill.named() == number);
            is_named && (all || number.is_some() || bill.standing != BillStanding::Matched)
        });
        found.map(|(bill, matter)| matching::row(trade, bill, matter)).collect()
    })
    .await
}

pub async fn uninvoiced(call: &Call) -> Result<Answer, Problem> {
    let now = call.now();
    page(call, |trade| matching::uninvoiced(trade, now).iter().map(|open| open.shown(trade)).collect()).await
}

/// Purchases are read until some of them have a row.
async fn page(call: &Call, rows_of: impl Fn(&Trade) -> Vec<Value>) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let mut after: Option<TradeId> = call.cursor()?;
    loop {
        let (trades, last) = matching::purchases(&mut view, call.asked("partner"), after, call.limit()).await?;
        let rows: Vec<Value> = trades.iter().flat_map(&rows_of).collect();
        if !rows.is_empty() || last.is_none() {
            return Ok(Answer::page(rows, last));
        }
        after = last;
    }
}
