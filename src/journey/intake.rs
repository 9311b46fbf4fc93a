//! What the checks of an order need to know of the world, read in the order's own unit; and what a trade takes from that
//! world as it goes on: goods that are promised, credit that is used.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::apply::Rules;
use crate::canonical::{Line, Order};
use crate::process::intake::{self, Credit, Item, World};
use crate::process::stock::Stock;
use crate::process::{Policy, Problem, Side, Trade, What};
use crate::store::{Error, Result, Session};

/// Orders given by the house before anything began are not asked about.
const GIVEN: &str = "given";

/// What is to be settled about an order before it goes on.
///
/// # Errors
/// Those of the store.
pub async fn problems(
    session: &mut Session,
    rules: &Rules,
    trade: &Trade,
    event: &crate::process::Event,
) -> Result<Vec<Problem>> {
    let (What::Ordered { order, problems } | What::Replaced { order, problems }) = &event.what else {
        return Ok(Vec::new());
    };
    if trade.side() != Side::Sale || !problems.is_empty() || event.source.role() == Some(GIVEN) {
        return Ok(problems.clone());
    }
    let policy = rules.policy(&trade.key.partner);
    let world = world(session, rules, trade, order, policy).await?;
    Ok(intake::check(order, &world, &policy.intake))
}

async fn world(session: &mut Session, rules: &Rules, trade: &Trade, order: &Order, policy: &Policy) -> Result<World> {
    let mut world = World { today: Some(policy.calendar.date(rules.now)), ..World::default() };
    let known = session.masters("item").await?;
    if !known.is_empty() {
        for (at, line) in order.lines.iter().enumerate() {
            let number = line.number.clone().unwrap_or_else(|| (at + 1).to_string());
            let mut item = item(line, &known);
            if let Some(ours) = &item.number {
                item.available = available(session, ours, &who(trade, &number)).await?;
            }
            world.items.insert(number, item);
        }
    }
    world.credit = credit(session, &trade.key.partner).await?;
    Ok(world)
}

/// The item of a line by any of its identifications.
fn item(line: &Line, known: &[(String, String)]) -> Item {
    let is_named = |name: &str, body: &Value| {
        line.ids.iter().filter_map(|id| id.id.as_deref()).any(|id| {
            let bare = |text: &str| text.trim_start_matches('0').to_owned();
            id == name || body["customer"] == id || body["gtin"].as_str().is_some_and(|gtin| bare(gtin) == bare(id))
        })
    };
    let bodies = known.iter().map(|(name, body)| (name, serde_json::from_str::<Value>(body).unwrap_or_default()));
    let mut bodies = bodies.filter(|(name, body)| is_named(name, body));
    let Some((name, body)) = bodies.next() else { return Item::default() };
    let decimal = |key: &str| body[key].as_str().and_then(|text| text.parse::<Decimal>().ok());
    let factors = body["pack"].as_str().unwrap_or_default().split([' ', ',']).filter_map(|pack| {
        let (unit, factor) = pack.split_once('=')?;
        Some((unit.to_owned(), factor.parse().ok()?))
    });
    Item {
        number: Some(name.clone()),
        discontinued: body["discontinued"] == "yes" || body["discontinued"] == "true",
        unit: body["unit"].as_str().map(str::to_owned),
        factors: factors.collect(),
        list_price: decimal("price"),
        multiple: decimal("multiple"),
        available: None,
    }
}

/// What can be promised of an item at all places together; `None` where nothing is known of its stock.
async fn available(session: &mut Session, item: &str, who: &str) -> Result<Option<Decimal>> {
    let places = session.masters_under("stock", &format!("{item}@")).await?;
    let mut sum = None;
    for (_, body) in places {
        let stock: Stock = parsed(&body)?;
        *sum.get_or_insert(Decimal::ZERO) += stock.available_to(who);
    }
    Ok(sum)
}

async fn credit(session: &mut Session, partner: &str) -> Result<Option<Credit>> {
    let Some(body) = session.master("credit", partner).await? else { return Ok(None) };
    let body: Value = parsed(&body)?;
    let decimal = |key: &str| body[key].as_str().and_then(|text| text.parse::<Decimal>().ok());
    let Some(limit) = decimal("limit") else { return Ok(None) };
    let past_due_days = decimal("past_due").and_then(|days| u32::try_from(days).ok()).unwrap_or_default();
    Ok(Some(Credit { limit, exposure: decimal("exposure").unwrap_or_default(), past_due_days }))
}

/// Takes over what changed in a sale: promises of goods, goods that left, money that is open.
///
/// # Errors
/// Those of the store.
pub async fn settle(session: &mut Session, rules: &Rules, before: &Trade, after: &Trade) -> Result<()> {
    if after.side() != Side::Sale || after.key.test {
        return Ok(());
    }
    used(session, before, after).await?;
    let gone: BTreeMap<&str, Decimal> =
        before.lines.iter().map(|line| (line.number.as_str(), line.counters(Side::Sale).shipped)).collect();
    for line in &after.lines {
        let Some(item) = line.ids.iter().find_map(|id| id.id.as_deref()) else { continue };
        let places = session.masters_under("stock", &format!("{item}@")).await?;
        let who = who(after, &line.number);
        let counters = line.counters(Side::Sale);
        let left = counters.shipped - gone.get(line.number.as_str()).copied().unwrap_or_default();
        let wanted = if after.is_held(&line.number) { Decimal::ZERO } else { counters.open - counters.backordered };
        let (mut wanted, mut left) = (wanted.max(Decimal::ZERO), left);
        for (key, body) in places {
            let mut stock: Stock = parsed(&body)?;
            if !left.is_zero() {
                stock.ship(&who, left);
                left = Decimal::ZERO;
            }
            wanted -= stock.promise(&who, wanted, rules.now);
            let new = serde_json::to_string(&stock).map_err(Error::damaged)?;
            if new != body {
                session.put_master("stock", &key, &new).await?;
            }
        }
    }
    Ok(())
}

/// What a customer owes, or will: of open quantities and of bills that are not paid.
async fn used(session: &mut Session, before: &Trade, after: &Trade) -> Result<()> {
    let change = open(after) - open(before);
    if change.is_zero() {
        return Ok(());
    }
    let partner = &after.key.partner;
    let Some(body) = session.master("credit", partner).await? else { return Ok(()) };
    let mut body: Value = parsed(&body)?;
    let exposure = body["exposure"].as_str().and_then(|text| text.parse::<Decimal>().ok()).unwrap_or_default();
    body["exposure"] = (exposure + change).to_string().into();
    session.put_master("credit", partner, &body.to_string()).await
}

fn open(trade: &Trade) -> Decimal {
    let lines = trade.lines.iter().map(|line| {
        let counters = line.counters(Side::Sale);
        let unbilled = counters.open + (counters.shipped - counters.invoiced).max(Decimal::ZERO);
        unbilled * line.agreed_price().unwrap_or_default()
    });
    let bills = trade.bills.iter().filter(|bill| !bill.is_credit).map(|bill| trade.open_amount(bill));
    lines.sum::<Decimal>() + bills.sum::<Decimal>()
}

/// Whom goods are promised to.
fn who(trade: &Trade, line: &str) -> String {
    format!("{}|{line}", trade.key)
}

fn parsed<T: DeserializeOwned>(body: &str) -> Result<T> {
    serde_json::from_str(body).map_err(Error::damaged)
}
