//! Orders: found by any of their numbers, decided, changed, cancelled, released.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::act::{Revised, Wanted, act, etag};
use super::call::{Answer, Call, fault, paged};
use super::problem::{Code, Fault, Problem};
use crate::canonical::line::ItemId;
use crate::canonical::{Canonical, Kind, Order};
use crate::journey::act::Act;
use crate::journey::apply::command::{About, Command};
use crate::journey::show;
use crate::process::duties::Action;
use crate::process::{
    self, Change, DatedPart, Decision, Key, LineAction, LineChange, LineDecision, Payment, Rest, Side, Trade, TradeKey,
    What,
};
use crate::store::{CaseSearch, Error, TradeId, TradeRow, TradeSearch, View};

/// Orders that one number can mean.
const SAME_MAX: usize = 100;

pub async fn list(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let after = call.cursor::<TradeId>()?;
    let mut view = call.view().await?;
    let open_only = call.is_asked("open");
    let (rows, next) = if let Some(number) = call.asked("number") {
        let mut rows = numbered(call, &mut view, number).await?;
        rows.retain(|row| !(open_only && row.is_closed) && after.is_none_or(|after| row.id > after));
        paged(rows, limit, |row| row.id)
    } else {
        // The side is looked at afterwards: a page goes on until it is full.
        let side = call.asked("side");
        let (mut rows, mut after) = (Vec::new(), after);
        loop {
            let partner = call.asked("partner").map(str::to_owned);
            let search = TradeSearch { partner, open_only, after, limit: limit + 1, ..TradeSearch::default() };
            let page = view.find_trades(&search).await?;
            let is_last = page.len() <= limit;
            after = page.last().map(|row| row.id);
            rows.extend(page.into_iter().filter(|row| side.is_none_or(|side| row.side == side)));
            if is_last || rows.len() > limit {
                break;
            }
        }
        paged(rows, limit, |row| row.id)
    };
    let shown = rows.iter().map(show::order).collect::<Result<_, _>>()?;
    Ok(Answer::page(shown, next))
}

pub async fn one(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let row = named(call, &mut view).await?;
    let answer = Answer::ok(show::order(&row)?);
    Ok(match etag(&mut view, &Revised::Order(row.id)).await? {
        Some(etag) => answer.with_etag(etag),
        None => answer,
    })
}

pub async fn timeline(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let row = named(call, &mut view).await?;
    let events = show::timeline(&mut view, &row).await?;
    let search = CaseSearch { trade: Some(row.id), limit: 1_000, ..CaseSearch::default() };
    let cases: Vec<Value> = view.case_page(&search, 0).await?.iter().map(show::case).collect();
    Ok(Answer::ok(json!({"order": show::order(&row)?, "events": events, "exceptions": cases})))
}

/// The order that the path names: by its id, or by any of its numbers where that means one.
pub async fn named(call: &Call, view: &mut View) -> Result<TradeRow, Problem> {
    let number = call.part("order");
    if let Ok(id) = number.parse::<TradeId>() {
        return Ok(view.trade(id).await?);
    }
    let mut found = numbered(call, view, number).await?;
    // The order's own number comes before those of documents.
    if found.iter().any(|row| row.number == number) {
        found.retain(|row| row.number == number);
    }
    match (found.len(), found.pop()) {
        (_, None) => Err(Problem::new(Code::NotFound, format!("no order has anything to do with {number}"))),
        (1, Some(row)) => Ok(row),
        (_, Some(last)) => {
            found.push(last);
            let faults = found.iter().map(|row| Fault {
                pointer: format!("/v1/orders/{}", row.id),
                code: "ambiguous",
                detail: format!("{} {} with {}", row.side, row.number, row.partner),
            });
            let words =
                format!("{number} means {} orders: narrow it by partner and side, or name one by its id", found.len());
            Err(Problem::new(Code::Ambiguous, words).with(faults.collect()))
        }
    }
}

async fn numbered(call: &Call, view: &mut View, number: &str) -> Result<Vec<TradeRow>, Problem> {
    let mut rows = Vec::new();
    let mut found = view.trades_of_number(number, SAME_MAX).await?;
    if found.is_empty() {
        found = view.trades_of_keys(&keys(call, number)).await?;
    }
    for id in found {
        let row = view.trade(id).await?;
        let fits = |name: &str, value: &str| call.asked(name).is_none_or(|asked| asked == value);
        if fits("partner", &row.partner) && fits("side", &row.side) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Partners whose shipments and invoices are looked through for a number that no document has.
const LOOKED_THROUGH_MAX: usize = 100;

/// What a shipment or an invoice would be known by that was told and of which no document came or left.
fn keys(call: &Call, number: &str) -> Vec<String> {
    let in_force = call.gateway.in_force();
    let all = in_force.partners.partners.iter().map(|partner| partner.id.as_str());
    let partners: Vec<&str> = match call.asked("partner") {
        Some(partner) => vec![partner],
        None => all.take(LOOKED_THROUGH_MAX).collect(),
    };
    let of = |partner: &str| {
        [Side::Sale, Side::Purchase]
            .map(|side| [Key::shipment(side, partner, false, number).0, Key::invoice(side, partner, false, number).0])
    };
    partners.into_iter().flat_map(of).flatten().collect()
}

#[derive(Deserialize)]
struct NewOrder {
    partner: String,
    side: Side,
    order: Value,
}

pub async fn place(call: &Call) -> Result<Answer, Problem> {
    let new: NewOrder = call.read()?;
    let partner = partner(call, &new.partner)?;
    let text = new.order.to_string();
    let document = Canonical::from_json(text.as_bytes()).map_err(|errors| {
        let faults: Vec<Fault> = errors
            .iter()
            .map(|error| Fault {
                pointer: pointer("/order", &error.path),
                code: "value",
                detail: format!("expected {}, found {}", error.expected, error.found),
            })
            .collect();
        Problem::new(Code::Unusable, "the order cannot be read").with(faults)
    })?;
    if document.kind != Kind::Order {
        return Err(fault("/order/kind", "value", "it is an order here"));
    }
    let order: Order = document.to_typed().map_err(|error| fault("/order", "value", error.to_string()))?;
    let Some(number) = order.head.head.number.clone().filter(|number| !number.trim().is_empty()) else {
        return Err(fault("/order/number", "missing", "an order has a number"));
    };
    if order.lines.is_empty() {
        return Err(fault("/order/lines", "missing", "an order has lines"));
    }
    let mut key = TradeKey::new(new.side, partner, &number);
    key.test = order.head.head.test.unwrap_or(false);
    key.release = order.head.release.clone();
    let command = Command {
        by: call.actor.name.clone(),
        role: call.role(Action::PlaceOrder, None),
        // An order is known by its number, whoever tells it how often.
        key: format!("order|{key}"),
        about: About::New(key),
        what: What::Ordered { order: Box::new(order), problems: Vec::new() },
    };
    act(call, Wanted::new(Act::Tell(Box::new(command)))).await
}

/// A partner that is there.
pub fn partner(call: &Call, id: &str) -> Result<String, Problem> {
    let in_force = call.gateway.in_force();
    match in_force.partners.partner(id) {
        Some(partner) => Ok(partner.id.clone()),
        None => Err(fault("/partner", "unknown", format!("there is no partner {id}"))),
    }
}

/// `lines[2].price` below a place, as a JSON pointer.
fn pointer(below: &str, path: &str) -> String {
    let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    steps.fold(below.to_owned(), |pointer, step| format!("{pointer}/{step}"))
}

#[derive(Deserialize)]
struct Decided {
    number: Option<String>,
    version: Option<u32>,
    rest: Option<Rest>,
    #[serde(default)]
    lines: Vec<DecidedLine>,
}

#[derive(Deserialize)]
struct DecidedLine {
    line: String,
    #[serde(default)]
    accepted: Decimal,
    #[serde(default)]
    backordered: Decimal,
    #[serde(default)]
    rejected: Decimal,
    price: Option<Decimal>,
    date: Option<Date>,
    date_kind: Option<String>,
    backorder_date: Option<Date>,
    #[serde(default)]
    parts: Vec<DecidedPart>,
    #[serde(default)]
    substitute: Vec<ItemId>,
    reason: Option<String>,
}

/// A part of what is accepted, and when it comes.
#[derive(Deserialize)]
struct DecidedPart {
    quantity: Decimal,
    date: Option<Date>,
}

pub async fn decide(call: &Call) -> Result<Answer, Problem> {
    let decided: Decided = call.read()?;
    if decided.lines.is_empty() && decided.rest.is_none() {
        return Err(fault("", "missing", "it decides nothing: say `rest`, or `lines`"));
    }
    let lines = decided.lines.into_iter().map(|line| {
        let kind = line.date_kind.unwrap_or_else(|| "ship_scheduled".to_owned());
        LineDecision {
            line: line.line,
            accepted: line.accepted,
            backordered: line.backordered,
            rejected: line.rejected,
            price: line.price,
            date: line.date.map(|date| (kind.clone(), date)),
            parts: line.parts.iter().map(|part| dated(part, &kind)).collect(),
            backorder_date: line.backorder_date.map(|date| (kind, date)),
            substitute: line.substitute,
            reason: line.reason,
        }
    });
    let decision =
        Decision { version: decided.version, number: decided.number, lines: lines.collect(), rest: decided.rest };
    tell(call, Action::DecideOrder, |_| Ok((What::Decided(decision), None))).await
}

fn dated(part: &DecidedPart, kind: &str) -> DatedPart {
    DatedPart { quantity: part.quantity, date: part.date.map(|date| (kind.to_owned(), date)) }
}

#[derive(Deserialize)]
struct Changed {
    sequence: Option<u32>,
    lines: Vec<ChangedLine>,
}

#[derive(Deserialize)]
struct ChangedLine {
    line: String,
    change: LineAction,
    quantity: Option<Decimal>,
    unit: Option<String>,
    price: Option<Decimal>,
    #[serde(default)]
    ids: Vec<ItemId>,
    description: Option<String>,
    delivery_requested: Option<Date>,
}

pub async fn change(call: &Call) -> Result<Answer, Problem> {
    let changed: Changed = call.read()?;
    let lines = changed.lines.into_iter().map(|line| LineChange {
        line: line.line,
        action: line.change,
        quantity: line.quantity,
        unit: line.unit,
        price: line.price,
        ids: line.ids,
        description: line.description,
        dates: line.delivery_requested.map(|date| ("delivery_requested".to_owned(), date)).into_iter().collect(),
    });
    let change = Change { sequence: changed.sequence, lines: lines.collect(), ..Change::default() };
    tell(call, Action::PlaceOrder, |_| Ok((What::Changed(change), None))).await
}

pub async fn cancel(call: &Call) -> Result<Answer, Problem> {
    let sequence = call.body["sequence"].as_u64().and_then(|sequence| u32::try_from(sequence).ok());
    tell(call, Action::PlaceOrder, |_| Ok((What::Cancelled { sequence }, None))).await
}

pub async fn release(call: &Call) -> Result<Answer, Problem> {
    let key = call.body["hold"].as_str().unwrap_or_default().to_owned();
    tell(call, Action::ReleaseOrder, |row| {
        let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
        let desk = trade.open_holds().find(|hold| hold.key == key).map(|hold| hold.queue.as_str());
        Ok((What::Released { hold: key }, desk))
    })
    .await
}

#[derive(Deserialize)]
struct Paid {
    invoice: String,
    amount: Decimal,
    trace: String,
    #[serde(default)]
    discount: Decimal,
    date: Option<Date>,
}

pub async fn pay(call: &Call) -> Result<Answer, Problem> {
    let Paid { invoice, amount, trace, discount, date } = call.read()?;
    let payment = Payment { trace, invoice, amount, discount, deducted: Decimal::ZERO, date, run: None };
    tell(call, Action::CreatePaymentFile, |_| Ok((What::Paid(payment), None))).await
}

pub async fn notify(call: &Call) -> Result<Answer, Problem> {
    let shipment = call.body["shipment"].as_str().unwrap_or_default().to_owned();
    let correct = call.body["correct"] == true;
    tell(call, Action::ConfirmShipment, |_| Ok((What::NoticeWanted { shipment, correct }, None))).await
}

pub async fn accept_answer(call: &Call) -> Result<Answer, Problem> {
    tell(call, Action::AcceptVariance, |_| Ok((What::AnswerAccepted, None))).await
}

#[derive(Deserialize)]
struct Judged {
    invoice: String,
    ruling: process::Ruling,
}

pub async fn judge_bill(call: &Call) -> Result<Answer, Problem> {
    let Judged { invoice, ruling } = call.read()?;
    tell(call, Action::ApprovePayable, |_| Ok((What::BillJudged { invoice, ruling }, None))).await
}

#[derive(Deserialize)]
struct FactorOf {
    line: String,
    unit: String,
    factor: Decimal,
}

pub async fn approve_factor(call: &Call) -> Result<Answer, Problem> {
    let FactorOf { line, unit, factor } = call.read()?;
    tell(call, Action::EditItems, |_| Ok((What::FactorApproved { line, unit, factor }, None))).await
}

/// One fact of an order is undone by the number that it went by.
pub async fn void(call: &Call) -> Result<Answer, Problem> {
    let kind = call.body["kind"].as_str().unwrap_or_default();
    let event = format!("{kind}|{}", call.body["number"].as_str().unwrap_or_default());
    tell(call, Action::ReceiveGoods, |_| Ok((What::Reversed { event }, None))).await
}

/// Tells the order that the path names.
async fn tell(
    call: &Call,
    action: Action,
    what: impl FnOnce(&TradeRow) -> Result<(What, Option<&'static str>), Error>,
) -> Result<Answer, Problem> {
    let row = named(call, &mut call.view().await?).await?;
    let (what, desk) = what(&row)?;
    let command = Command {
        by: call.actor.name.clone(),
        role: call.role(action, desk),
        key: call.name(),
        about: About::Trade { key: row.key, number: row.number, partner: row.partner },
        what,
    };
    act(call, Wanted::of(Act::Tell(Box::new(command)), Revised::Order(row.id))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_canonical_documents_become_pointers() {
        assert_eq!(pointer("/order", "lines[2].price"), "/order/lines/2/price");
        assert_eq!(pointer("/order", ""), "/order");
    }
}
