//! How suppliers' documents stand against orders and receipts, and what was received and never invoiced.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::process::{BillRecord, BillStanding, Matter, Side, Trade};
use crate::store::{Error, Result, TradeId, TradeSearch, View};

/// From this many days on what was never invoiced is purchasing's to ask for.
const OLD_DAYS: i64 = 60;

/// Something that was received, and that nobody has billed.
#[derive(Clone, Debug)]
pub struct Uninvoiced {
    /// `4501/1`; of what brings goods, the shipment and what it is: `S1 freight`.
    pub what: String,
    pub line: String,
    pub open: rust_decimal::Decimal,
    pub days: i64,
    pub since: Timestamp,
    /// The desk that asks for it.
    pub owner: &'static str,
}

/// Some purchases behind one, oldest first, and the last that was looked at; `None` where there are no more.
///
/// # Errors
/// Those of the store.
pub async fn purchases(
    view: &mut View,
    partner: Option<&str>,
    after: Option<TradeId>,
    limit: usize,
) -> Result<(Vec<Trade>, Option<TradeId>)> {
    let partner = partner.map(str::to_owned);
    let page = view.find_trades(&TradeSearch { partner, after, limit, ..TradeSearch::default() }).await?;
    let last = page.last().filter(|_| page.len() == limit).map(|row| row.id);
    let purchases = page.iter().filter(|row| row.side == Side::Purchase.as_str());
    let read = purchases.map(|row| serde_json::from_str(&row.body).map_err(Error::damaged));
    Ok((read.collect::<Result<_>>()?, last))
}

/// Documents of a purchase that were matched, or are to be.
pub fn documents(trade: &Trade) -> impl Iterator<Item = (&BillRecord, &Matter)> {
    trade.bills.iter().filter_map(|bill| Some((bill, &**bill.matter.as_ref()?)))
}

/// How a document stands in one word.
pub fn standing(bill: &BillRecord) -> &'static str {
    match bill.standing {
        BillStanding::Issued => "issued",
        BillStanding::AwaitingReceipt => "waiting",
        BillStanding::Held => "held",
        BillStanding::AwaitingApproval => "approval",
        BillStanding::Matched => "matched",
        BillStanding::Refused => "refused",
    }
}

/// Whose document it is: the carrier's, or the supplier's of the goods.
pub fn issuer<'t>(trade: &'t Trade, bill: &'t BillRecord) -> &'t str {
    bill.carrier().unwrap_or(&trade.key.partner)
}

/// A document with how it stands, line by line.
pub fn row(trade: &Trade, bill: &BillRecord, matter: &Matter) -> Value {
    json!({
        "number": bill.number, "partner": issuer(trade, bill), "landed": matter.landed, "order": trade.key.order,
        "credit": bill.is_credit, "standing": standing(bill), "total": bill.total,
        "currency": trade.currency().as_str(), "tax": bill.tax, "freight": bill.freight, "due": bill.due,
        "owed": matter.owed, "disputed": matter.disputed, "open": trade.open_amount(bill),
        "holds": matter.found.holds, "lines": matter.found.lines, "approver": matter.found.approver,
        "billed": matter.billed,
    })
}

/// What of a purchase was received and not invoiced, with what others have not billed of bringing it.
pub fn uninvoiced(trade: &Trade, now: Timestamp) -> Vec<Uninvoiced> {
    if trade.key.test {
        return Vec::new();
    }
    let lines = trade.lines.iter().map(|line| {
        let came = trade.receipts.iter().filter(|record| {
            !record.voided && record.receipt.lines.iter().any(|received| received.line == line.number)
        });
        let since = came.map(|record| record.at).min().unwrap_or(now);
        (format!("{}/{}", trade.key.order, line.number), line.number.clone(), trade.accrual(line), since)
    });
    let costs = trade.cost_accruals().map(|(record, expected)| {
        let (what, kind) = (expected.shipment.to_string(), expected.kind.as_str().to_owned());
        (format!("{what} {kind}"), kind, expected.open(), record.at)
    });
    let open = lines.chain(costs).filter(|(_, _, open, _)| !open.is_zero());
    open.map(|(what, line, open, since)| {
        let days = (now.as_second() - since.as_second()) / 86_400;
        let owner = if days > OLD_DAYS { "purchasing" } else { "ap" };
        Uninvoiced { what, line, open, days, since, owner }
    })
    .collect()
}

impl Uninvoiced {
    pub fn shown(&self, trade: &Trade) -> Value {
        json!({
            "order": trade.key.order, "line": self.line, "partner": trade.key.partner,
            "open": trade.currency().said(self.open), "currency": trade.currency().as_str(), "since": self.since,
            "days": self.days, "owner": self.owner,
        })
    }
}
