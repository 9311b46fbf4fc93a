//! `match`: how suppliers' documents stand against orders and receipts, for what they are held, and what was received and
//! never invoiced.

use std::io::Write;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::acting::reading;
use super::command::{Format, MatchVerb};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, nothing};
use crate::config::Settings;
use crate::process::matching::CostKind;
use crate::process::{BillRecord, BillStanding, Landed, Matter, Side, Trade};
use crate::store::{TradeSearch, View};

/// Trades read at a time.
const BATCH: usize = 500;
/// From this many days on what was never invoiced is purchasing's to ask for.
const OLD_DAYS: i64 = 60;

pub fn run(it: &MatchVerb, format: Format, settings: &Settings) -> Answer {
    match it {
        MatchVerb::List { partner, all } => list(partner.as_deref(), *all, format, settings),
        MatchVerb::Show { number } => show(number, format, settings),
        MatchVerb::Grni { partner } => grni(partner.as_deref(), format, settings),
    }
}

fn list(partner: Option<&str>, all: bool, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let mut is_empty = true;
        for trade in purchases(view, partner).await? {
            for (bill, matter) in documents(&trade) {
                if !all && bill.standing == BillStanding::Matched {
                    continue;
                }
                is_empty = false;
                match format {
                    Format::Json => writeln!(out, "{}", row(&trade, bill, matter))?,
                    Format::Human => tell(&mut out, &trade, bill, matter)?,
                }
            }
        }
        nothing(is_empty, format, if all { "no supplier has billed anything" } else { "nothing waits or is held" })?;
        Ok(Outcome::Accepted)
    })
}

fn show(number: &str, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let mut found = false;
        for trade in purchases(view, None).await? {
            for (bill, matter) in documents(&trade).filter(|(bill, _)| bill.goes_by(number) || bill.named() == number) {
                found = true;
                if format == Format::Json {
                    writeln!(out, "{}", row(&trade, bill, matter))?;
                    continue;
                }
                tell(&mut out, &trade, bill, matter)?;
                for line in &matter.found.lines {
                    let ordered = trade.lines.get(line.place).map_or("-", |line| line.number.as_str());
                    let head =
                        format!("  line {:<4} order line {ordered:<4} {:>10}", line.line, line.quantity.normalize());
                    let money = format!("{} billed, {} as agreed", line.amount, line.accrued);
                    writeln!(out, "{head}  {money}  {FAINT}{}{FAINT:#}", line.pairing.as_str())?;
                }
                if let Some(landed) = &matter.landed {
                    tell_landed(&mut out, &trade, landed)?;
                }
                if !matter.disputed.is_zero() {
                    writeln!(out, "  {WARNING}disputed{WARNING:#} {}", matter.disputed)?;
                }
            }
        }
        if !found {
            return Err(Failure::usage(format!(
                "no supplier billed {number}; `entrepot match list --all` shows what came"
            )));
        }
        Ok(Outcome::Accepted)
    })
}

fn grni(partner: Option<&str>, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let now = Timestamp::now();
        let mut is_empty = true;
        for trade in purchases(view, partner).await? {
            let lines = trade.lines.iter().map(|line| {
                let came = trade.receipts.iter().filter(|record| {
                    !record.voided && record.receipt.lines.iter().any(|received| received.line == line.number)
                });
                let since = came.map(|record| record.at).min().unwrap_or(now);
                (format!("{}/{}", trade.key.order, line.number), line.number.clone(), trade.accrual(line), since)
            });
            // What others have not billed of bringing the goods.
            let costs = trade.cost_accruals().map(|(record, expected)| {
                let (what, kind) = (expected.shipment.to_string(), expected.kind.as_str().to_owned());
                (format!("{what} {kind}"), kind, expected.open(), record.at)
            });
            for (what, line, open, since) in lines.chain(costs).filter(|(_, _, open, _)| !open.is_zero()) {
                is_empty = false;
                let days = (now.as_second() - since.as_second()) / 86_400;
                let owner = if days > OLD_DAYS { "purchasing" } else { "ap" };
                if format == Format::Json {
                    let item = json!({
                        "order": trade.key.order, "line": line, "partner": trade.key.partner,
                        "open": trade.currency().said(open), "currency": trade.currency().as_str(), "since": since,
                        "days": days, "owner": owner,
                    });
                    writeln!(out, "{item}")?;
                    continue;
                }
                let head = format!("{STRONG}{what:<20}{STRONG:#} {NAME}{:<16}{NAME:#}", trade.key.partner);
                writeln!(out, "{head} {:>14}  {days:>4} days  {owner}", trade.currency().said(open))?;
            }
        }
        nothing(is_empty, format, "all that was received has been invoiced")?;
        Ok(Outcome::Accepted)
    })
}

/// Every purchase, oldest first.
async fn purchases(view: &mut View, partner: Option<&str>) -> Result<Vec<Trade>, Failure> {
    let partner = partner.map(str::to_owned);
    let mut search = TradeSearch { partner, limit: BATCH, ..TradeSearch::default() };
    let mut found = Vec::new();
    loop {
        let page = view.find_trades(&search).await.map_err(Failure::ours)?;
        for row in page.iter().filter(|row| row.side == Side::Purchase.as_str()) {
            found.push(serde_json::from_str(&row.body).map_err(Failure::ours)?);
        }
        match page.last() {
            Some(last) if page.len() == BATCH => search.after = Some(last.id),
            _ => return Ok(found),
        }
    }
}

fn documents(trade: &Trade) -> impl Iterator<Item = (&BillRecord, &Matter)> {
    trade.bills.iter().filter_map(|bill| Some((bill, &**bill.matter.as_ref()?)))
}

/// How a document stands in one word.
fn standing(bill: &BillRecord) -> &'static str {
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
fn issuer<'t>(trade: &'t Trade, bill: &'t BillRecord) -> &'t str {
    bill.carrier().unwrap_or(&trade.key.partner)
}

/// What a carrier's document is for, and what of it was expected.
fn tell_landed(out: &mut impl Write, trade: &Trade, landed: &Landed) -> Result<(), Failure> {
    let said = |amount: Decimal| trade.currency().said(amount);
    for kind in CostKind::ALL.into_iter().filter(|kind| !landed.bill.amount(*kind).is_zero()) {
        let amount = said(landed.bill.amount(kind));
        writeln!(out, "  {:<8} {amount:>10} for goods of {}", kind.as_str(), trade.key.partner)?;
    }
    for cleared in &landed.cleared {
        let (kind, amount) = (cleared.kind.as_str(), said(cleared.amount));
        writeln!(out, "  {FAINT}{amount} of it was expected as {kind} for {}{FAINT:#}", cleared.shipment)?;
    }
    Ok(())
}

fn row(trade: &Trade, bill: &BillRecord, matter: &Matter) -> Value {
    json!({
        "number": bill.number, "partner": issuer(trade, bill), "landed": matter.landed, "order": trade.key.order, "credit": bill.is_credit,
        "standing": standing(bill), "total": bill.total, "currency": trade.currency().as_str(), "tax": bill.tax,
        "freight": bill.freight, "due": bill.due, "owed": matter.owed, "disputed": matter.disputed,
        "open": trade.open_amount(bill), "holds": matter.found.holds, "lines": matter.found.lines,
        "approver": matter.found.approver, "billed": matter.billed,
    })
}

fn tell(out: &mut impl Write, trade: &Trade, bill: &BillRecord, matter: &Matter) -> Result<(), Failure> {
    let said = |amount: Decimal| trade.currency().said(amount);
    let word = standing(bill);
    let word = match bill.standing {
        BillStanding::Matched => format!("{GOOD}{word:<9}{GOOD:#}"),
        BillStanding::Held | BillStanding::Refused => format!("{ERROR}{word:<9}{ERROR:#}"),
        _ => format!("{WARNING}{word:<9}{WARNING:#}"),
    };
    let head = format!("{STRONG}{:<16}{STRONG:#} {NAME}{:<14}{NAME:#} {word}", bill.number, issuer(trade, bill));
    let sign = if bill.is_credit { "-" } else { "" };
    writeln!(out, "{head} {sign}{:>13} {}  order {}", said(bill.total), trade.currency(), trade.key.order)?;
    if bill.standing == BillStanding::Held {
        for hold in &matter.found.holds {
            writeln!(out, "  {WARNING}{}{WARNING:#} {}  {FAINT}{}{FAINT:#}", hold.kind, said(hold.money), hold.words)?;
        }
        writeln!(out, "  {FAINT}{} may agree{FAINT:#}", matter.found.approver.as_str())?;
    }
    Ok(())
}
