//! Orders, their changes, and the answers to them.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Reading, Sender};
use crate::canonical::Order;
use crate::canonical::order::{ChangeLine, OrderChange, OrderResponse, ResponseLine};
use crate::process::event::{Change, DatedPart, Decision, LineAction, LineChange, LineDecision, Rest, What};
use crate::process::order::dates;

/// An order by its purpose; the trade it makes is its number, release and division.
pub(super) fn order(sender: &Sender<'_>, order: Order) -> Vec<Reading> {
    let head = &order.head.head;
    let Some(number) = head.number.clone() else { return Vec::new() };
    let mut trade = sender.trade(&number);
    trade.release = order.head.release.clone();
    trade.division = head.parties.iter().find(|party| party.role.as_deref() == Some("buyer")).and_then(|buyer| {
        let id = buyer.ids.first()?;
        Some(format!("{}:{}", id.scheme.as_deref().unwrap_or(""), id.id.as_deref()?))
    });
    let purpose = head.purpose.clone().unwrap_or_default();
    let order = Box::new(order);
    let (key, what) = match purpose.as_str() {
        "cancel" => ("order|cancel".to_owned(), What::Cancelled { sequence: None }),
        "replace" => (sender.versioned("order|replace".into()), What::Replaced { order, problems: Vec::new() }),
        "confirm" | "duplicate" | "copy" => (sender.versioned(format!("order|{purpose}")), What::Confirmed { order }),
        _ => ("order|original".to_owned(), What::Ordered { order, problems: Vec::new() }),
    };
    let makes = matches!(what, What::Ordered { .. });
    let reading = sender.reading(sender.order(&number), key, what);
    vec![Reading { trade: makes.then_some(trade), ..reading }]
}

pub(super) fn change(sender: &Sender<'_>, change: &OrderChange) -> Vec<Reading> {
    let head = &change.head.head;
    let Some(order) = change.order_number.clone().or(head.number.clone()) else { return Vec::new() };
    let sequence = change.sequence.as_deref().and_then(|text| text.trim().parse::<u32>().ok()).filter(|n| *n > 0);
    let key = match (sequence, &change.change_number) {
        (Some(sequence), _) => format!("order_change|{sequence}"),
        (None, Some(number)) => format!("order_change|number:{number}"),
        (None, None) => sender.versioned("order_change".into()),
    };
    let cancels = head.purpose.as_deref() == Some("cancel")
        || change.lines.iter().any(|line| line.change.as_deref() == Some("cancel_order"));
    let what = if cancels {
        What::Cancelled { sequence }
    } else {
        let lines = change.lines.iter().enumerate().filter_map(|(at, line)| line_change(line, at)).collect();
        What::Changed(Change { sequence, lines, dates: dates(&head.dates), ..Change::default() })
    };
    vec![sender.reading(sender.order(&order), key, what)]
}

/// What a change says of a line. `None` where it says that nothing changes.
fn line_change(line: &ChangeLine, at: usize) -> Option<LineChange> {
    let common = &line.line;
    let is_difference = line.quantity_semantics.as_deref() == Some("delta");
    let action = match line.change.as_deref().unwrap_or("change") {
        "add" | "add_original" => LineAction::Add,
        "delete" => LineAction::Delete,
        "no_change" => return None,
        "quantity_increase" if is_difference => LineAction::Increase,
        "quantity_decrease" if is_difference => LineAction::Decrease,
        "quantity_increase" => LineAction::Raise,
        "quantity_decrease" => LineAction::Lower,
        "cancel_order" => LineAction::Delete,
        _ if is_difference && common.quantity.is_some_and(|quantity| quantity < Decimal::ZERO) => LineAction::Decrease,
        _ if is_difference => LineAction::Increase,
        _ => LineAction::Set,
    };
    let quantity = common.quantity.map(|quantity| if is_difference { quantity.abs() } else { quantity });
    Some(LineChange {
        line: super::order_line(common.order_line.as_deref(), common.number.as_deref(), at),
        action,
        quantity,
        unit: common.unit.clone(),
        price: common.price,
        ids: common.ids.clone(),
        description: common.description.clone(),
        dates: dates(&common.dates),
    })
}

pub(super) fn response(sender: &Sender<'_>, response: &OrderResponse) -> Vec<Reading> {
    let Some(order) = response.order_number.clone() else { return Vec::new() };
    let head = &response.head.head;
    let version = response.sequence.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
    let rest = match response.decision.as_deref() {
        Some("accepted" | "accepted_with_detail" | "accepted_without_reserves") => Some(Rest::Accept),
        Some("rejected" | "rejected_with_detail" | "rejected_final") => Some(Rest::Reject),
        Some("hold") => Some(Rest::Hold),
        _ => None,
    };
    let key = match (version, &head.number) {
        (Some(version), _) => format!("order_response|{version}"),
        (None, Some(number)) => format!("order_response|number:{number}"),
        (None, None) => match head.date {
            Some(date) => format!("order_response|{date}"),
            None => sender.versioned("order_response".into()),
        },
    };
    // In answer to a change a line that is deleted is one that was to be.
    let agreed = if version.is_some() { &["deleted"][..] } else { &[] };
    let lines = response.lines.iter().enumerate().filter_map(|(at, line)| line_decision(line, at, agreed)).collect();
    let what = What::Decided(Decision { version, number: head.number.clone(), lines, rest });
    vec![sender.reading(sender.order(&order), key, what)]
}

/// The parts of a line's answer added up. `None` where nothing is decided yet. `agreed`: decisions that only say that what
/// was asked for has been done.
fn line_decision(line: &ResponseLine, at: usize, agreed: &[&str]) -> Option<LineDecision> {
    let common = &line.line;
    let whole = common.quantity.unwrap_or_default();
    let mut sum = LineDecision {
        line: super::order_line(common.order_line.as_deref(), common.number.as_deref(), at),
        ..LineDecision::default()
    };
    let mut decided = false;
    for decision in &line.decisions {
        let quantity = decision.quantity.unwrap_or(whole);
        let date = date(decision.date_kind.as_deref(), decision.date);
        let kind = decision.kind.as_deref().unwrap_or("accepted");
        match kind {
            _ if agreed.contains(&kind) => {}
            "hold" | "hold_for_information" | "hold_waiver" => continue,
            "backordered" => {
                sum.backordered += quantity;
                sum.backorder_date = sum.backorder_date.or(date);
            }
            // How much of it comes now is what the rest of the line leaves.
            "partial" => {
                sum.accepted += whole - quantity;
                sum.backordered += quantity;
            }
            "deleted" | "not_found" | "not_delivered" => sum.rejected += quantity,
            _ if kind.starts_with("rejected") => {
                sum.rejected += quantity;
                sum.reason = Some(kind.to_owned());
            }
            _ => {
                sum.accepted += quantity;
                sum.parts.push(DatedPart { quantity, date: date.clone() });
                sum.date = sum.date.or(date);
                sum.substitute.extend(decision.ids.iter().filter(|_| kind == "substituted").cloned());
                if kind == "price_changed" {
                    sum.price = decision.price.or(common.price);
                }
            }
        }
        decided = true;
    }
    if sum.parts.len() < 2 {
        sum.parts = scheduled(line);
        let comes: Decimal = sum.parts.iter().map(|part| part.quantity).sum();
        // The days of a schedule add up to what comes; the line itself may tell only of the first.
        if comes > sum.accepted && sum.accepted > Decimal::ZERO {
            sum.accepted = comes;
        }
        sum.date = sum.date.or_else(|| sum.parts.first().and_then(|part| part.date.clone()));
    }
    // A price on the line is what the supplier means to be paid.
    sum.price = sum.price.or(common.price);
    decided.then_some(sum)
}

/// The days on which a line comes in parts: SCC, SCH. None where there is one day or none.
fn scheduled(line: &ResponseLine) -> Vec<DatedPart> {
    let parts = line.line.schedules.iter().filter_map(|schedule| {
        let date = date(schedule.date_kind.as_deref(), schedule.date);
        schedule.quantity.map(|quantity| DatedPart { quantity, date })
    });
    let parts: Vec<DatedPart> = parts.collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}

fn date(kind: Option<&str>, date: Option<Date>) -> Option<(String, Date)> {
    Some((kind.unwrap_or("delivery_promised").to_owned(), date?))
}
