//! What the checks of an order need to know of the world, read in the order's own unit; and what a trade takes from that
//! world as it goes on: goods that are promised, credit that is used.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Rules;
use super::recheck;
use crate::canonical::line::ItemId;
use crate::canonical::{Line, Order};
use crate::process::calendar::Calendar;
pub(super) use crate::process::hold_key;
use crate::process::intake::{self, Credit, Item, ListPrice, Recent, World};
use crate::process::line_numbers;
use crate::process::stock::Stock;
use crate::process::{self, Change, Event, Problem, Side, Trade, What};
use crate::store::{Error, Result, Session};

/// Orders given by the house before anything began are not asked about.
const GIVEN: &str = "given";

/// What is to be settled about an order before it goes on. `kinds` are those of the master data there is.
///
/// # Errors
/// Those of the store.
pub async fn problems(
    session: &mut Session,
    rules: &Rules,
    kinds: &[String],
    trade: &Trade,
    event: &Event,
) -> Result<Vec<Problem>> {
    if let What::Changed(change) = &event.what {
        return of_change(session, rules, kinds, trade, (event, change)).await;
    }
    let (What::Ordered { order, problems } | What::Replaced { order, problems }) = &event.what else {
        return Ok(Vec::new());
    };
    if trade.side() != Side::Sale || !problems.is_empty() || event.source.role() == Some(GIVEN) {
        return Ok(problems.clone());
    }
    let policy = rules.policy(&trade.key.partner);
    let today = policy.calendar.date(rules.now);
    let mut world = world(session, kinds, trade, order, (today, &policy.calendar)).await?;
    if policy.intake.duplicate_days > 0 && !trade.key.test {
        world.recent = same_goods(session, &trade.key.partner, order, today).await?;
    }
    Ok(intake::check(order, &world, &policy.intake))
}

/// What a change brings that is to be settled before it counts: more goods, another price, another line, other days.
async fn of_change(
    session: &mut Session,
    rules: &Rules,
    kinds: &[String],
    trade: &Trade,
    (event, change): (&Event, &Change),
) -> Result<Vec<Problem>> {
    if trade.side() != Side::Sale || !change.problems.is_empty() || event.source.role() == Some(GIVEN) {
        return Ok(change.problems.clone());
    }
    let policy = rules.policy(&trade.key.partner);
    let changed = process::apply(trade, event, policy, rules.now);
    if changed.verdict != process::Verdict::Applied {
        return Ok(Vec::new());
    }
    let after = changed.trade;
    let order = recheck::order(&after);
    let today = policy.calendar.date(rules.now);
    let mut world = world(session, kinds, trade, &order, (today, &policy.calendar)).await?;
    let growth = open(&after) - open(trade);
    if let Some(credit) = &mut world.credit {
        // What is open of this order is in what is open already; what has been paid of it is not.
        credit.exposure += growth - intake::value(&order);
    }
    for line in &after.lines {
        if let Some(item) = world.items.get_mut(&line.number)
            && let (Some(available), Some(factor)) = (item.available, item.factor(line.unit.as_deref()))
        {
            // What has left of it is in stock no more, and needs not be.
            item.available = Some(available + line.facts.shipped * factor);
        }
    }
    let mut found = intake::check(&order, &world, &policy.intake);
    found.retain(|problem| intake::is_of_change(problem, change, (trade, &after), growth > Decimal::ZERO));
    Ok(found)
}

/// What the checks find about an order that was looked at before and stands as it is now. Whether it came twice was asked
/// when it came.
///
/// # Errors
/// Those of the store.
pub(super) async fn found_now(
    session: &mut Session,
    rules: &Rules,
    kinds: &[String],
    trade: &Trade,
    order: &Order,
) -> Result<Vec<Problem>> {
    let policy = rules.policy(&trade.key.partner);
    let today = policy.calendar.date(rules.now);
    let mut world = world(session, kinds, trade, order, (today, &policy.calendar)).await?;
    if let Some(credit) = &mut world.credit {
        // What is open of this order is in what is open already.
        credit.exposure -= open(trade);
    }
    Ok(intake::check(order, &world, &policy.intake))
}

/// Orders of a partner for the same goods to the same place at the same time, the latest first; this one is remembered.
async fn same_goods(session: &mut Session, partner: &str, order: &Order, today: Date) -> Result<Vec<Recent>> {
    const SCOPE: &str = "goods";
    const REMEMBERED_MAX: usize = 16;
    let Some(number) = &order.head.head.number else { return Ok(Vec::new()) };
    let key = format!("{partner}|{}", intake::goods(order));
    let note = session.note(SCOPE, &key).await?.unwrap_or_default();
    let mut known: Vec<(String, Date)> = serde_json::from_value(note).unwrap_or_default();
    let before = known.clone();
    known.retain(|(other, _)| other != number);
    known.insert(0, (number.clone(), order.head.head.date.unwrap_or(today)));
    known.truncate(REMEMBERED_MAX);
    session.set_note(SCOPE, &key, &json!(known)).await?;
    let lines: Vec<_> =
        order.lines.iter().map(|line| (intake::item_id(line), line.quantity.unwrap_or_default())).collect();
    Ok(before.into_iter().map(|(number, date)| Recent { number, date, lines: lines.clone() }).collect())
}

async fn world(
    session: &mut Session,
    kinds: &[String],
    trade: &Trade,
    order: &Order,
    (today, calendar): (Date, &Calendar),
) -> Result<World> {
    let mut world = World { today: Some(today), ..World::default() };
    let partner = trade.key.partner.as_str();
    if knows(kinds, "place") {
        world.ship_to_known = ship_to(session, partner, order).await?;
    }
    if knows(kinds, "item") {
        let known = items(session, &order.lines.iter().flat_map(|line| &line.ids).collect::<Vec<_>>()).await?;
        let numbers: BTreeSet<&str> = known.values().map(|(number, _)| number.as_str()).collect();
        let stock = Places::of(session, &numbers).await?;
        let day = order.head.head.date.unwrap_or(today);
        let prices =
            if knows(kinds, "price") { prices(session, partner, &numbers, day).await? } else { BTreeMap::new() };
        for (number, line) in line_numbers(&order.lines).into_iter().zip(&order.lines) {
            let mut item = item(line, &known);
            if let Some(ours) = &item.number {
                item.available = stock.available(ours, &who(trade, &number));
                if let Some(agreed) = prices.get(ours) {
                    // For a unit that nobody has approved a factor of there is no price to hold against.
                    let per = match &agreed.unit {
                        Some(unit) if Some(unit) != item.unit.as_ref() => item.factors.get(unit).copied(),
                        _ => Some(Decimal::ONE),
                    };
                    let per = per.filter(|per| *per > Decimal::ZERO);
                    item.list_price = per.map(|per| ListPrice { price: agreed.price, per });
                }
            }
            world.items.insert(number, item);
        }
    }
    if knows(kinds, "credit") {
        world.credit = credit(session, partner, (today, calendar)).await?;
    }
    Ok(world)
}

/// Whether there is anything to look at: what nobody keeps costs no question.
fn knows(kinds: &[String], kind: &str) -> bool {
    kinds.iter().any(|it| it == kind)
}

/// The names under which an item is also found: the customer's number, and the GTIN however it is padded.
pub fn item_names(body: &Value) -> Vec<String> {
    let customer = body["customer"].as_str().map(str::to_owned);
    customer.into_iter().chain(body["gtin"].as_str().map(bare)).collect()
}

/// The name by which the prices of a partner for an item are found: their key without the day.
pub fn price_names(key: &str) -> Vec<String> {
    let parts: Vec<&str> = key.splitn(3, '/').collect();
    vec![parts[..parts.len().min(2)].join("/")]
}

/// What was agreed for an item: per `unit`, or per the item's own.
struct Agreed {
    price: Decimal,
    unit: Option<String>,
}

/// A partner's prices for items that are in force on a day: of several the one that began last.
async fn prices(
    session: &mut Session,
    partner: &str,
    items: &BTreeSet<&str>,
    day: Date,
) -> Result<BTreeMap<String, Agreed>> {
    let names: Vec<String> = items.iter().map(|item| format!("{partner}/{item}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found: BTreeMap<String, (Option<Date>, Agreed)> = BTreeMap::new();
    for (name, _, body) in session.masters_named("price", &names).await? {
        let body: Value = parsed(&body)?;
        let date = |key: &str| body[key].as_str().and_then(|text| text.parse::<Date>().ok());
        let (from, until) = (date("from"), date("until"));
        let in_force = from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until);
        let Some(price) = body["price"].as_str().and_then(|text| text.parse().ok()).filter(|_| in_force) else {
            continue;
        };
        let item = name.split_once('/').map_or(name.as_str(), |(_, item)| item).to_owned();
        if found.get(&item).is_none_or(|(began, _)| *began <= from) {
            found.insert(item, (from, Agreed { price, unit: body["unit"].as_str().map(str::to_owned) }));
        }
    }
    Ok(found.into_iter().map(|(item, (_, agreed))| (item, agreed)).collect())
}

/// Whether goods may go where the order says; `None` where nobody keeps the partner's places, or it names none.
async fn ship_to(session: &mut Session, partner: &str, order: &Order) -> Result<Option<bool>> {
    let of_partner = format!("{partner}/");
    let kept = session.master_page("place", &of_partner, 1).await?;
    if !kept.first().is_some_and(|(key, _)| key.starts_with(&of_partner)) {
        return Ok(None);
    }
    let place = order.head.head.parties.iter().find(|party| party.role.as_deref() == Some("ship_to"));
    let ids = place.into_iter().flat_map(|place| &place.ids).filter_map(|id| id.id.as_deref());
    let mut named = false;
    for id in ids {
        named = true;
        if session.master("place", &format!("{of_partner}{id}")).await?.is_some() {
            return Ok(Some(true));
        }
    }
    Ok(named.then_some(false))
}

/// A GTIN without the zeros that tell its lengths apart.
pub(super) fn bare(text: &str) -> String {
    text.trim_start_matches('0').to_owned()
}

/// Items by each of the names that identifications use: our number and the record.
pub(super) type Items = BTreeMap<String, (String, Value)>;

pub(super) async fn items(session: &mut Session, ids: &[&ItemId]) -> Result<Items> {
    let given = ids.iter().filter_map(|id| id.id.as_deref());
    let names: BTreeSet<String> = given.flat_map(|id| [id.to_owned(), bare(id)]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = session.masters_named("item", &names).await?;
    found.into_iter().map(|(name, key, body)| Ok((name, (key, parsed(&body)?)))).collect()
}

pub(super) fn known_as<'a>(ids: &[ItemId], known: &'a Items) -> Option<&'a (String, Value)> {
    let mut ids = ids.iter().filter_map(|id| id.id.as_deref());
    ids.find_map(|id| known.get(id).or_else(|| known.get(&bare(id))))
}

/// The item of a line by any of its identifications.
fn item(line: &Line, known: &Items) -> Item {
    let Some((name, body)) = known_as(&line.ids, known) else { return Item::default() };
    let decimal = |key: &str| body[key].as_str().and_then(|text| text.parse::<Decimal>().ok());
    Item {
        number: Some(name.clone()),
        discontinued: body["discontinued"] == "yes" || body["discontinued"] == "true",
        unit: body["unit"].as_str().map(str::to_owned),
        factors: packs(body).collect(),
        list_price: decimal("price").map(|price| ListPrice { price, per: Decimal::ONE }),
        multiple: decimal("multiple"),
        available: None,
    }
}

/// What packs of an item hold: the pack's unit and how many of the item's own are in it.
pub(super) fn packs(body: &Value) -> impl Iterator<Item = (String, Decimal)> {
    body["pack"].as_str().unwrap_or_default().split([' ', ',']).filter_map(|pack| {
        let (unit, factor) = pack.split_once('=')?;
        Some((unit.to_owned(), factor.parse().ok()?))
    })
}

/// Stock of some items, at every place where it lies.
struct Places {
    /// Item, the record's key, what it says.
    records: Vec<(String, String, Stock)>,
}

impl Places {
    async fn of(session: &mut Session, items: &BTreeSet<&str>) -> Result<Self> {
        let items: Vec<&str> = items.iter().copied().collect();
        let found = session.masters_named("stock", &items).await?;
        let records = found.into_iter().map(|(item, key, body)| Ok((item, key, parsed(&body)?)));
        Ok(Self { records: records.collect::<Result<_>>()? })
    }

    /// What can be promised of an item at all places together; `None` where nothing is known of its stock.
    fn available(&self, item: &str, who: &str) -> Option<Decimal> {
        let mut sums = self.records.iter().filter(|(name, ..)| name == item).map(|(.., stock)| stock.available_to(who));
        let first = sums.next()?;
        Some(first + sums.sum::<Decimal>())
    }

    /// Where the goods of a line lie: by our number for its item, else by the first identification that stock goes by.
    fn of_line<'a>(
        &'a mut self,
        ids: &[ItemId],
        known: &Items,
    ) -> impl Iterator<Item = &'a mut (String, String, Stock)> + use<'a> {
        let ours = known_as(ids, known).map(|(number, _)| number.as_str());
        let mut names = ours.into_iter().chain(ids.iter().filter_map(|id| id.id.as_deref()));
        let item = names.find(|name| self.records.iter().any(|(item, ..)| item == name)).map(str::to_owned);
        self.records.iter_mut().filter(move |(name, ..)| Some(name) == item.as_ref())
    }
}

/// What of the goods that a purchase brought is still in stock, a share from 0 to 1 by what they cost; what nobody counts is.
///
/// # Errors
/// Those of the store.
pub(super) async fn in_stock(session: &mut Session, trade: &Trade) -> Result<Decimal> {
    let ids: Vec<&ItemId> = trade.lines.iter().flat_map(|line| &line.ids).collect();
    let known = items(session, &ids).await?;
    let names = ids.iter().filter_map(|id| id.id.as_deref());
    let names = names.chain(known.values().map(|(number, _)| number.as_str())).collect();
    let mut places = Places::of(session, &names).await?;
    let (mut there, mut all) = (Decimal::ZERO, Decimal::ZERO);
    for line in &trade.lines {
        let price = line.agreed_price().unwrap_or_default();
        let received = (line.facts.received - line.facts.returned).max(Decimal::ZERO);
        let on_hand: Vec<Decimal> = places.of_line(&line.ids, &known).map(|(_, _, stock)| stock.on_hand).collect();
        let left = if on_hand.is_empty() { received } else { on_hand.into_iter().sum::<Decimal>().min(received) };
        there += left.max(Decimal::ZERO) * price;
        all += received * price;
    }
    Ok(there.checked_div(all).map_or(Decimal::ONE, |share| share.round_dp(4)))
}

async fn credit(session: &mut Session, partner: &str, (today, calendar): (Date, &Calendar)) -> Result<Option<Credit>> {
    let Some(body) = session.master("credit", partner).await? else { return Ok(None) };
    let body: Value = parsed(&body)?;
    let decimal = |key: &str| body[key].as_str().and_then(|text| text.parse::<Decimal>().ok());
    let Some(limit) = decimal("limit") else { return Ok(None) };
    let past_due_days = match decimal("past_due") {
        Some(told) => u32::try_from(told).unwrap_or_default(),
        None => {
            let oldest = session.oldest_payment_due(partner).await?;
            let days = oldest.map(|due| (today - calendar.date(due)).get_days());
            days.and_then(|days| u32::try_from(days).ok()).unwrap_or_default()
        }
    };
    Ok(Some(Credit { limit, exposure: decimal("exposure").unwrap_or_default(), past_due_days }))
}

/// Takes over what changed in a sale: promises of goods, goods that left, money that is open.
///
/// # Errors
/// Those of the store.
pub async fn settle(
    session: &mut Session,
    rules: &Rules,
    kinds: &[String],
    before: &Trade,
    after: &Trade,
) -> Result<()> {
    if after.side() != Side::Sale || after.key.test {
        return Ok(());
    }
    if knows(kinds, "credit") {
        used(session, before, after).await?;
    }
    if !knows(kinds, "stock") {
        return Ok(());
    }
    let gone: BTreeMap<&str, Decimal> =
        before.lines.iter().map(|line| (line.number.as_str(), line.counters(Side::Sale).shipped)).collect();
    let ids: Vec<&ItemId> = after.lines.iter().flat_map(|line| &line.ids).collect();
    let known = items(session, &ids).await?;
    let ours = known.values().map(|(number, _)| number.as_str());
    let mut places = Places::of(session, &ids.iter().filter_map(|id| id.id.as_deref()).chain(ours).collect()).await?;
    let mut changed = BTreeSet::new();
    for line in &after.lines {
        let who = who(after, &line.number);
        let counters = line.counters(Side::Sale);
        let mut left = counters.shipped - gone.get(line.number.as_str()).copied().unwrap_or_default();
        // A change that waits takes nothing away from what was promised before it.
        let wanted = match after.is_held(&line.number) {
            true => counters.accepted - counters.shipped,
            false => counters.open - counters.backordered,
        };
        let mut wanted = wanted.max(Decimal::ZERO);
        for (_, key, stock) in places.of_line(&line.ids, &known) {
            let before = stock.clone();
            if !left.is_zero() {
                stock.ship(&who, left);
                left = Decimal::ZERO;
            }
            wanted -= stock.promise(&who, wanted, rules.now);
            if *stock != before {
                changed.insert(key.clone());
            }
        }
    }
    for (_, key, stock) in places.records.iter().filter(|(_, key, _)| changed.contains(key)) {
        session.change_master("stock", key, &serde_json::to_string(stock).map_err(Error::damaged)?).await?;
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
    session.change_master("credit", partner, &body.to_string()).await
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
