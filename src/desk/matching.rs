//! `match`: how suppliers' documents stand against orders and receipts, for what they are held, and what was received and
//! never invoiced.

use std::io::Write;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::acting::{reading, rules};
use super::command::{Format, MatchVerb};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, nothing};
use super::partners::find;
use crate::config::Settings;
use crate::journey::show::matching::{self, documents, issuer, row, standing, uninvoiced};
use crate::process::matching::CostKind;
use crate::process::{BillRecord, BillStanding, Landed, Matter, Trade};
use crate::store::{Store, View};

/// Trades read at a time.
const BATCH: usize = 500;

pub fn run(it: &MatchVerb, format: Format, settings: &Settings) -> Answer {
    match it {
        MatchVerb::List { partner, all } => list(partner.as_deref(), *all, format, settings),
        MatchVerb::Show { number } => show(number, format, settings),
        MatchVerb::Grni { partner } => grni(partner.as_deref(), format, settings),
    }
}

fn list(partner: Option<&str>, all: bool, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, view| {
        let mut out = anstream::stdout();
        let mut is_empty = true;
        is_known(store, partner).await?;
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
    reading(settings, async |store, view| {
        let mut out = anstream::stdout();
        let now = Timestamp::now();
        let mut is_empty = true;
        is_known(store, partner).await?;
        for trade in purchases(view, partner).await? {
            for open in uninvoiced(&trade, now) {
                is_empty = false;
                if format == Format::Json {
                    writeln!(out, "{}", open.shown(&trade))?;
                    continue;
                }
                let head = format!("{STRONG}{:<20}{STRONG:#} {NAME}{:<16}{NAME:#}", open.what, trade.key.partner);
                let (amount, currency) = (trade.currency().said(open.open), trade.currency());
                writeln!(out, "{head} {amount:>14} {currency}  {:>4} days  {}", open.days, open.owner)?;
            }
        }
        nothing(is_empty, format, "all that was received has been invoiced")?;
        Ok(Outcome::Accepted)
    })
}

/// A name that is no partner's is a mistake.
async fn is_known(store: &Store, partner: Option<&str>) -> Result<(), Failure> {
    match partner {
        Some(partner) => find(&rules(store).await?.in_force.catalogue, partner).map(drop),
        None => Ok(()),
    }
}

/// Every purchase, oldest first.
async fn purchases(view: &mut View, partner: Option<&str>) -> Result<Vec<Trade>, Failure> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (page, last) = matching::purchases(view, partner, after, BATCH).await.map_err(Failure::ours)?;
        found.extend(page);
        match last {
            Some(last) => after = Some(last),
            None => return Ok(found),
        }
    }
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
