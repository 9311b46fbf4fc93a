//! What is looked at when an order comes in, before anybody decides about it: prices, credit, units, places, dates, stock,
//! and whether it is the same order again. The world is an argument; the answer is a list of what has to be settled.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::event::Change;
use super::exception::ExceptionKind;
use super::matching::plain_number;
use super::order::{dates, line_numbers};
use super::policy::IntakeRules;
use super::trade::Trade;
use crate::canonical::{Line, Order, unit};

/// Something about an order, or one of its lines, that must be settled before it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ExceptionKind,
    /// The line, where it is not about the order as a whole.
    pub line: Option<String>,
    /// What is the matter and what is waited for, in a sentence.
    pub words: String,
    /// Equal causes are one card: `item|W9`.
    pub cause: Option<String>,
    /// Money at stake.
    pub money: Option<Decimal>,
    /// Of one about a price: what the price list says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Of one about stock: what can be promised, in the line's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<Decimal>,
}

/// What is known about the world when an order comes in. What is `None` or empty is not asked about.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Today, for the partner.
    pub today: Option<Date>,
    /// Whether the place goods go to is known.
    pub ship_to_known: Option<bool>,
    /// By line of the order.
    pub items: BTreeMap<String, Item>,
    pub credit: Option<Credit>,
    /// Orders of the same partner of late, this one not among them.
    pub recent: Vec<Recent>,
}

/// What master data say about the item of a line.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// Our number for it; `None` where nobody knows the item.
    pub number: Option<String>,
    pub discontinued: bool,
    /// The unit of price list and stock.
    pub unit: Option<String>,
    /// One of the unit named is so many of `unit`. Approved factors only.
    pub factors: BTreeMap<String, Decimal>,
    /// As the price list in force says.
    pub list_price: Option<ListPrice>,
    /// Sold in multiples of so many of `unit`.
    pub multiple: Option<Decimal>,
    /// What can be promised, in `unit`.
    pub available: Option<Decimal>,
}

impl Item {
    /// How many of the item's own unit one of a unit is; `None` where nobody has approved it.
    pub fn factor(&self, unit: Option<&str>) -> Option<Decimal> {
        match (unit, &self.unit) {
            (Some(said), Some(own)) if said != own => {
                self.factors.get(said).copied().or_else(|| unit::same(said, own).then_some(Decimal::ONE))
            }
            _ => Some(Decimal::ONE),
        }
    }
}

/// A price for so many of an item's own unit: a case has one that its pieces need not divide.
#[derive(Clone, Copy, Debug)]
pub struct ListPrice {
    pub price: Decimal,
    pub per: Decimal,
}

impl ListPrice {
    /// For so many of the item's own unit, with as many decimals as the price it is held against.
    fn of(self, count: Decimal, against: Decimal) -> Decimal {
        let price = self.price * count;
        if price % self.per == Decimal::ZERO { price / self.per } else { (price / self.per).round_dp(against.scale()) }
    }
}

/// What the partner owes and may owe.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credit {
    pub limit: Decimal,
    /// Open items and orders not yet invoiced, without this one.
    pub exposure: Decimal,
    /// How many days the oldest open item is past due.
    pub past_due_days: u32,
}

/// An order to compare with.
#[derive(Clone, Debug)]
pub struct Recent {
    pub number: String,
    pub date: Date,
    /// Item and quantity of each line, in any order.
    pub lines: Vec<(String, Decimal)>,
}

/// Checks an order. Nothing found means that it may go on by itself.
pub fn check(order: &Order, world: &World, rules: &IntakeRules) -> Vec<Problem> {
    let mut found = Vec::new();
    places(order, world, &mut found);
    when(order, world, rules, &mut found);
    for (number, line) in line_numbers(&order.lines).into_iter().zip(&order.lines) {
        unclear(order, line, &number, &mut found);
        let Some(item) = world.items.get(&number) else { continue };
        of_line(line, &number, item, rules, &mut found);
    }
    credit(order, world, rules, &mut found);
    repeated(order, world, rules, &mut found);
    found
}

/// Whether a problem of an order as a change leaves it is one that the change brought: the rest was looked at when it came.
/// `grew`: whether more is open by it.
pub fn is_of_change(problem: &Problem, change: &Change, (before, after): (&Trade, &Trade), grew: bool) -> bool {
    let asked = |trade: &Trade| {
        let line = problem.line.as_deref().and_then(|number| trade.line(number))?;
        line.current().map(|asked| (asked.quantity, asked.price))
    };
    let (old, new) = (asked(before), asked(after));
    let is_other = old.map(|(quantity, _)| quantity) != new.map(|(quantity, _)| quantity);
    let is_more = old.map(|(quantity, _)| quantity) < new.map(|(quantity, _)| quantity);
    match problem.kind {
        ExceptionKind::ItemUnknown | ExceptionKind::UnitUnknown => old.is_none(),
        ExceptionKind::ItemDiscontinued | ExceptionKind::StockShort => is_more,
        ExceptionKind::PackMultiple => is_other,
        ExceptionKind::PriceDiffers => old.map(|(_, price)| price) != new.map(|(_, price)| price),
        ExceptionKind::CreditExceeded | ExceptionKind::PastDue => grew,
        ExceptionKind::DatesImpossible => !change.dates.is_empty(),
        _ => false,
    }
}

/// What an order comes to: quantities times prices.
pub fn value(order: &Order) -> Decimal {
    order.lines.iter().map(|line| line.quantity.unwrap_or_default() * line.price.unwrap_or_default()).sum()
}

/// One text for what is ordered, where it goes and when: equal for orders that ask for the same.
pub fn goods(order: &Order) -> String {
    let mut parts: Vec<String> = order
        .lines
        .iter()
        .map(|line| format!("{}*{}", item_id(line), line.quantity.unwrap_or_default().normalize()))
        .collect();
    parts.sort();
    let place = order.head.head.parties.iter().find(|party| party.role.as_deref() == Some("ship_to"));
    parts.extend(place.and_then(|place| place.ids.first()).and_then(|id| id.id.clone()));
    parts.extend(dates(&order.head.head.dates).iter().map(|(kind, date)| format!("{kind}={date}")));
    Sha256::digest(parts.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The identification of a line's item by which orders are compared.
pub fn item_id(line: &Line) -> String {
    line.ids.iter().find_map(|id| id.id.clone()).or_else(|| line.number.clone()).unwrap_or_default()
}

fn places(order: &Order, world: &World, found: &mut Vec<Problem>) {
    if world.ship_to_known == Some(false) {
        let parties = &order.head.head.parties;
        let place = parties.iter().find(|party| party.role.as_deref() == Some("ship_to"));
        let id = place.and_then(|place| place.ids.first()).and_then(|id| id.id.clone());
        let name = id.or_else(|| place.and_then(|place| place.name.clone())).unwrap_or_else(|| "nowhere".into());
        let words = format!("nobody knows the place {name} goods are to go to");
        found.push(Problem::new(ExceptionKind::ShipToUnknown, words).cause(format!("ship_to|{name}")));
    }
}

fn when(order: &Order, world: &World, rules: &IntakeRules, found: &mut Vec<Problem>) {
    let marks = dates(&order.head.head.dates);
    let of = |kind: &str| marks.iter().find(|(known, _)| known == kind).map(|(_, date)| *date);
    let mut tell = |words: String| found.push(Problem::new(ExceptionKind::DatesImpossible, words));
    if let (Some(first), Some(last)) = (of("ship_not_before"), of("ship_not_after"))
        && first > last
    {
        return tell(format!("goods may leave from {first} to {last}: that is never"));
    }
    if let (Some(first), Some(last)) = (of("deliver_not_before"), of("deliver_not_after"))
        && first > last
    {
        return tell(format!("goods may arrive from {first} to {last}: that is never"));
    }
    let Some(today) = world.today else { return };
    let last = ["ship_not_after", "cancel_after", "ship_requested", "deliver_not_after", "delivery_requested"];
    if let Some((kind, date)) =
        last.iter().find_map(|kind| of(kind).filter(|date| *date < today).map(|date| (kind, date)))
    {
        return tell(format!("{} was {date}", kind.replace('_', " ")));
    }
    let earliest = today.checked_add(i64::from(rules.lead_days.min(3_650)).days()).unwrap_or(today);
    let leaves = of("ship_not_after").or(of("ship_requested"));
    if let Some(date) = leaves.filter(|date| *date < earliest) {
        tell(format!("goods are to leave by {date}; the earliest is {earliest}"));
    }
}

/// A line that does not say how much is wanted, or says that it is another one. Those of a blanket order may leave it to
/// the orders that call it off.
fn unclear(order: &Order, line: &Line, number: &str, found: &mut Vec<Problem>) {
    let mut tell = |words: String| {
        let problem = Problem::new(ExceptionKind::LineUnclear, words);
        found.push(Problem { line: Some(number.to_owned()), ..problem });
    };
    let is_blanket = order.head.r#type.as_deref().is_some_and(|kind| kind.contains("blanket"));
    // What replaces an order may take a line away by asking for nothing of it.
    let replaces = order.head.head.purpose.as_deref() == Some("replace");
    match line.quantity {
        Some(quantity) if quantity > Decimal::ZERO || (replaces && quantity.is_zero()) => {}
        None if is_blanket || !line.schedules.is_empty() || !line.destinations.is_empty() => {}
        Some(quantity) => tell(format!("line {number}: {quantity} is no quantity that can be delivered")),
        None => tell(format!("line {number}: it does not say how much is wanted")),
    }
    if let Some(own) = line.number.as_ref().filter(|own| *own != number) {
        tell(format!("two lines say that they are line {own}: the second is kept as {number}"));
    }
}

fn of_line(line: &Line, number: &str, item: &Item, rules: &IntakeRules, found: &mut Vec<Problem>) {
    let named = item_id(line);
    let quantity = line.quantity.unwrap_or_default();
    let mut tell = |problem: Problem| found.push(Problem { line: Some(number.to_owned()), ..problem });
    let Some(ours) = &item.number else {
        let words = format!("line {number}: nobody knows the item {named}");
        return tell(Problem::new(ExceptionKind::ItemUnknown, words).cause(format!("item|{named}")));
    };
    if item.discontinued {
        let words = format!("line {number}: item {ours} is no longer sold");
        tell(Problem::new(ExceptionKind::ItemDiscontinued, words).cause(format!("item|{ours}")));
    }
    let Some(factor) = item.factor(line.unit.as_deref()) else {
        let (said, unit) = (line.unit.as_deref().unwrap_or_default(), item.unit.as_deref().unwrap_or_default());
        let words = format!("line {number}: nobody has approved how many {unit} of item {ours} are one {said}");
        return tell(Problem::new(ExceptionKind::UnitUnknown, words).cause(format!("unit|{ours}|{said}")));
    };
    let wanted = quantity * factor;
    if let Some(multiple) = item.multiple.filter(|multiple| *multiple > Decimal::ZERO)
        && !(wanted % multiple).is_zero()
    {
        let unit = item.unit.as_deref().unwrap_or_default();
        let words =
            format!("line {number}: {wanted} {unit} is no multiple of {multiple}, in which item {ours} is packed");
        tell(Problem::new(ExceptionKind::PackMultiple, words));
    }
    if let (Some(list), Some(price)) = (item.list_price, line.price) {
        let list = list.of(factor, price);
        if !rules.price.judge(list, price).is_allowed() {
            let words = format!("line {number}: ordered at {price}, the price list says {list}");
            let differs = Problem::new(ExceptionKind::PriceDiffers, words).money((list - price) * quantity);
            tell(Problem { price: Some(list), ..differs });
        }
    }
    if let Some(available) = item.available.filter(|available| rules.check_stock && *available < wanted) {
        let words = format!("line {number}: {wanted} ordered, {available} can be promised");
        let price = line.price.unwrap_or_default();
        let short = (wanted - available) / factor;
        let short = Problem::new(ExceptionKind::StockShort, words).money(short * price);
        tell(Problem { promised: Some((available / factor).max(Decimal::ZERO)), ..short });
    }
}

fn credit(order: &Order, world: &World, rules: &IntakeRules, found: &mut Vec<Problem>) {
    let Some(credit) = world.credit else { return };
    let value = value(order);
    let exposure = credit.exposure + value;
    if exposure > credit.limit {
        let words = format!("with this order {exposure} would be open, the limit is {}", credit.limit);
        found.push(Problem::new(ExceptionKind::CreditExceeded, words).money(exposure - credit.limit));
    }
    if rules.past_due_days_max.is_some_and(|most| credit.past_due_days > most) {
        let words = format!("invoices are {} days past due", credit.past_due_days);
        found.push(Problem::new(ExceptionKind::PastDue, words).money(value));
    }
}

/// Another number, but the same goods, a few days ago.
fn repeated(order: &Order, world: &World, rules: &IntakeRules, found: &mut Vec<Problem>) {
    let date = order.head.head.date.or(world.today);
    let Some(date) = date.filter(|_| rules.duplicate_days > 0 && !order.lines.is_empty()) else { return };
    let mut ours: Vec<(String, Decimal)> =
        order.lines.iter().map(|line| (item_id(line), line.quantity.unwrap_or_default().normalize())).collect();
    ours.sort();
    let same = world.recent.iter().find(|recent| {
        let mut theirs: Vec<_> =
            recent.lines.iter().map(|(item, quantity)| (item.clone(), quantity.normalize())).collect();
        theirs.sort();
        let apart = (recent.date - date).get_days().unsigned_abs();
        let number = order.head.head.number.as_deref().unwrap_or_default();
        let may_be = recent.number != number && (rules.duplicate_goods || alike(&recent.number, number));
        may_be && apart <= rules.duplicate_days && theirs == ours
    });
    if let Some(same) = same {
        let words = format!("order {} of {} asks for the same goods", same.number, same.date);
        found.push(Problem::new(ExceptionKind::DuplicateSuspect, words).money(value(order)));
    }
}

/// Whether two numbers may be one that was written twice: apart from a leading word, zeros and signs, and from a short
/// ending such as `A` or `-1`.
fn alike(one: &str, other: &str) -> bool {
    let (mut short, mut long, mut written) = (plain_number(one), plain_number(other), other);
    if short.len() > long.len() {
        std::mem::swap(&mut short, &mut long);
        written = one;
    }
    let Some(ending) = long.strip_prefix(&short) else { return false };
    let before = written.trim_end().chars().rev().nth(ending.chars().count());
    let is_apart = ending.starts_with(char::is_alphabetic) || before.is_some_and(|c| !c.is_alphanumeric());
    ending.is_empty() || ending.len() <= 2 && is_apart
}

impl Problem {
    pub fn new(kind: ExceptionKind, words: String) -> Self {
        Self { kind, line: None, words, cause: None, money: None, price: None, promised: None }
    }

    fn cause(self, cause: String) -> Self {
        Self { cause: Some(cause), ..self }
    }

    fn money(self, money: Decimal) -> Self {
        Self { money: Some(money.abs()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tolerance::{Limit, Tolerance};
    use super::*;
    use crate::canonical::common::DateMark;
    use crate::canonical::line::ItemId;

    /// Changes a world in which nothing is found into one in which the problems are found.
    type Twist = fn(&mut Order, &mut World);

    #[test]
    fn every_check_finds_what_it_is_for() {
        let cases: &[(&str, Twist, &[&str])] = &[
            ("all is well", |_, _| {}, &[]),
            ("place", |_, world| world.ship_to_known = Some(false), &["ship_to_unknown"]),
            ("item", |_, world| item(world).number = None, &["item_unknown 1"]),
            ("discontinued", |_, world| item(world).discontinued = true, &["item_discontinued 1"]),
            ("unit", |order, _| order.lines[0].unit = Some("DZN".into()), &["unit_unknown 1"]),
            ("case price", |order, _| case(order, "120"), &[]),
            ("a price of cases that do not divide", |order, world| listed(order, world, "100", "100", true), &[]),
            ("and of their pieces", |order, world| listed(order, world, "100", "8.33", false), &[]),
            ("case price wrong", |order, _| case(order, "10"), &["price_differs 1"]),
            ("multiple", |order, _| order.lines[0].quantity = Some(20.into()), &["pack_multiple 1"]),
            ("price over", |order, _| order.lines[0].price = Some("10.21".parse().unwrap()), &["price_differs 1"]),
            ("price within", |order, _| order.lines[0].price = Some("10.20".parse().unwrap()), &[]),
            ("price under", |order, _| order.lines[0].price = Some(9.into()), &["price_differs 1"]),
            ("stock", |_, world| item(world).available = Some(23.into()), &["stock_short 1"]),
            ("credit", |_, world| world.credit = Some(owes(50, 0)), &["credit_exceeded"]),
            ("past due", |_, world| world.credit = Some(owes(0, 31)), &["past_due"]),
            (
                "window",
                |order, _| dated(order, &[("ship_not_before", "2026-03-09"), ("ship_not_after", "2026-03-08")]),
                &["dates_impossible"],
            ),
            ("past", |order, _| dated(order, &[("delivery_requested", "2026-03-01")]), &["dates_impossible"]),
            ("too soon", |order, _| dated(order, &[("ship_requested", "2026-03-03")]), &["dates_impossible"]),
            ("in time", |order, _| dated(order, &[("ship_requested", "2026-03-04")]), &[]),
            ("same goods", |_, world| world.recent[0].date = "2026-02-25".parse().unwrap(), &["duplicate_suspect"]),
        ];
        for (name, change, expected) in cases {
            check_case(name, *change, expected);
        }
    }

    #[test]
    fn numbers_that_may_be_one_are_alike() {
        for (one, other) in
            [("4501", "PO-4501"), ("004501", "4501"), ("4501-A", "4501"), ("4501", "4501/1"), ("4501", "4501R")]
        {
            assert!(alike(one, other) && alike(other, one), "{one} {other}");
        }
        for (one, other) in [("4501", "4502"), ("4501", "45011"), ("4501", "4501-777"), ("A1", "B2")] {
            assert!(!alike(one, other) && !alike(other, one), "{one} {other}");
        }
    }

    fn check_case(name: &str, change: Twist, expected: &[&str]) {
        let (mut order, mut world) = well();
        change(&mut order, &mut world);
        let rules = IntakeRules {
            price: Tolerance { over: Limit::percent(2), under: Limit::percent(2) },
            lead_days: 2,
            duplicate_goods: true,
            ..IntakeRules::default()
        };
        let told = |problem: &Problem| match &problem.line {
            Some(line) => format!("{} {line}", problem.kind),
            None => problem.kind.to_string(),
        };
        let found: Vec<String> = check(&order, &world, &rules).iter().map(told).collect();
        assert_eq!(found, expected, "{name}");
    }

    /// Two dozen of an item, and a world in which that is fine.
    fn well() -> (Order, World) {
        let line = Line {
            number: Some("1".into()),
            quantity: Some(24.into()),
            unit: Some("EA".into()),
            price: Some(10.into()),
            ids: vec![ItemId { id: Some("W1".into()), ..ItemId::default() }],
            ..Line::default()
        };
        let order = Order { lines: vec![line], ..Order::default() };
        let item = Item {
            number: Some("W1".into()),
            unit: Some("EA".into()),
            factors: BTreeMap::from([("CA".into(), 12.into())]),
            list_price: Some(ListPrice { price: 10.into(), per: Decimal::ONE }),
            multiple: Some(12.into()),
            available: Some(500.into()),
            ..Item::default()
        };
        let recent = Recent {
            number: "4400".into(),
            date: "2026-01-02".parse().unwrap(),
            lines: vec![("W1".into(), 24.into())],
        };
        let world = World {
            today: Some("2026-03-02".parse().unwrap()),
            ship_to_known: Some(true),
            items: BTreeMap::from([("1".into(), item)]),
            credit: Some(owes(0, 30)),
            recent: vec![recent],
        };
        (order, world)
    }

    fn owes(exposure: i64, past_due_days: u32) -> Credit {
        Credit { limit: 280.into(), exposure: exposure.into(), past_due_days }
    }

    fn item(world: &mut World) -> &mut Item {
        world.items.get_mut("1").unwrap()
    }

    fn case(order: &mut Order, price: &str) {
        order.lines[0].unit = Some("CA".into());
        order.lines[0].quantity = Some(2.into());
        order.lines[0].price = Some(price.parse().unwrap());
    }

    /// Cases at a price for twelve, or single pieces.
    fn listed(order: &mut Order, world: &mut World, list: &str, price: &str, cases: bool) {
        item(world).list_price = Some(ListPrice { price: list.parse().unwrap(), per: 12.into() });
        if cases {
            case(order, price);
        }
        order.lines[0].price = Some(price.parse().unwrap());
    }

    fn dated(order: &mut Order, marks: &[(&str, &str)]) {
        let mark = |(kind, date): &(&str, &str)| DateMark {
            kind: Some((*kind).into()),
            date: Some(date.parse().unwrap()),
            ..DateMark::default()
        };
        order.head.head.dates = marks.iter().map(mark).collect();
    }
}
