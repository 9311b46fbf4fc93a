//! Notices of goods on their way, warehouses' confirmations, and advice of what arrived.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{Reading, Sender};
use crate::canonical::ship_notice::{ReceiptAdvice, ReceivedLine, ShipNotice, ShippedLine, ShippedPack};
use crate::canonical::warehouse::WarehouseConfirmation;
use crate::process::Key;
use crate::process::event::{Pack, Portion, Receipt, ReceiptLine, Shipment, What};

/// A supplier's notice, one event for each order it serves.
pub(super) fn notice(sender: &Sender<'_>, notice: &ShipNotice) -> Vec<Reading> {
    let Some(number) = notice.head.number.clone() else { return Vec::new() };
    let purpose = notice.head.purpose.as_deref().unwrap_or_default();
    if purpose == "cancel" {
        let what = What::NoticeWithdrawn { shipment: number.clone() };
        return vec![sender.reading(sender.shipment(&number), format!("ship_notice|{number}|cancel"), what)];
    }
    let replaces = purpose == "replace";
    let key = format!("ship_notice|{number}");
    let key = if replaces { sender.versioned(format!("{key}|replace")) } else { key };
    let mut readings = Vec::new();
    for order in orders_of(notice) {
        let of_order = |line: &&ShippedLine| line.line.order_number.as_deref().is_none_or(|named| named == order);
        let lines = notice.lines.iter().filter(of_order).enumerate().map(|(at, line)| Portion {
            line: super::order_line(line.line.order_line.as_deref(), line.line.number.as_deref(), at),
            ids: super::ids(&line.line.ids),
            quantity: line.line.quantity.unwrap_or_default(),
            unit: line.line.unit.clone(),
        });
        let shipment = Shipment {
            number: number.clone(),
            lines: lines.collect(),
            packs: notice.packs.iter().filter_map(|pack| pack_of(pack, &order, &notice.lines)).collect(),
            shipped_at: instant(notice.shipped, notice.shipped_time),
            expected_at: instant(notice.expected, notice.expected_time),
            carrier: notice.carrier.as_ref().and_then(|carrier| carrier.id.clone().or(carrier.name.clone())),
            tracking: super::referred(&notice.head.references, &["tracking", "tracking_number"]),
            bill_of_lading: super::referred(&notice.head.references, &["bill_of_lading"]),
            replaces,
            ..Shipment::default()
        };
        readings.push(sender.reading(sender.order(&order), key.clone(), What::Advised(shipment)));
    }
    readings
}

/// A warehouse's confirmation that goods of ours have left. It is found by our own number, since the order is a customer's
/// and the sender is the warehouse.
pub(super) fn confirmation(sender: &Sender<'_>, told: &WarehouseConfirmation) -> Vec<Reading> {
    let head = &told.head;
    let order = head.order_number.clone().unwrap_or_default();
    let target = match (&head.depositor_number, &head.order_number) {
        (Some(ours), _) => Key::depositor(sender.test, ours),
        (None, Some(order)) => sender.order(order),
        (None, None) => return Vec::new(),
    };
    let number = told.shipment_number.clone().or(head.head.number.clone()).or(head.depositor_number.clone());
    let Some(number) = number else { return Vec::new() };
    let lines = told.lines.iter().enumerate().map(|(at, line)| Portion {
        line: super::order_line(line.order_line.as_deref(), line.number.as_deref(), at),
        ids: super::ids(&line.ids),
        quantity: line.shipped.unwrap_or_default(),
        unit: line.unit.clone(),
    });
    let shipment = Shipment {
        number: number.clone(),
        lines: lines.filter(|portion| !portion.quantity.is_zero()).collect(),
        packs: told.packs.iter().filter_map(|pack| pack_of(pack, &order, &[])).collect(),
        shipped_at: instant(told.shipped, None),
        carrier: told
            .carrier
            .as_ref()
            .or(head.carriers.first())
            .and_then(|carrier| carrier.id.clone().or(carrier.name.clone())),
        tracking: super::referred(&head.head.references, &["tracking", "tracking_number"]),
        bill_of_lading: super::referred(&head.head.references, &["bill_of_lading"]),
        ..Shipment::default()
    };
    vec![sender.reading(target, format!("shipment|{number}"), What::Shipped(shipment))]
}

pub(super) fn receipt(sender: &Sender<'_>, advice: &ReceiptAdvice) -> Vec<Reading> {
    let Some(number) = advice.head.number.clone() else { return Vec::new() };
    let shipment = advice.shipment_number.clone().or_else(|| super::referred(&advice.head.references, &["shipment"]));
    let head_order = advice.order_number.clone().or_else(|| super::referred(&advice.head.references, &["order"]));
    let mut orders: Vec<Option<String>> = Vec::new();
    for line in &advice.lines {
        let order = line.order_number.clone().or(head_order.clone());
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    let mut readings = Vec::new();
    for order in orders {
        let target = match (&order, &shipment) {
            (Some(order), _) => sender.order(order),
            (None, Some(shipment)) => sender.shipment(shipment),
            (None, None) => continue,
        };
        let of_order = |line: &&ReceivedLine| line.order_number.as_ref().or(head_order.as_ref()) == order.as_ref();
        let lines = advice.lines.iter().filter(of_order).enumerate().map(|(at, line)| received_line(line, at));
        let receipt = Receipt {
            number: number.clone(),
            shipment: shipment.clone(),
            received_at: instant(advice.received, None),
            lines: lines.collect(),
            ..Receipt::default()
        };
        readings.push(sender.reading(target, format!("receipt_advice|{number}"), What::Received(receipt)));
    }
    readings
}

fn received_line(line: &ReceivedLine, at: usize) -> ReceiptLine {
    let conditions = line.conditions.iter().filter_map(|condition| {
        Some((condition.code.clone()?, condition.quantity.or(line.in_question).or(line.received)?))
    });
    ReceiptLine {
        line: super::order_line(line.order_line.as_deref(), line.number.as_deref(), at),
        ids: super::ids(&line.ids),
        received: line.received.unwrap_or_default(),
        accepted: line.accepted,
        returned: line.returned.unwrap_or_default(),
        conditions: conditions.collect(),
    }
}

/// The orders a notice serves, in the order in which it names them.
fn orders_of(notice: &ShipNotice) -> Vec<String> {
    let named = notice.order_numbers.iter().cloned();
    let of_lines = notice.lines.iter().filter_map(|line| line.line.order_number.clone());
    // Some say it by a reference alone, in the order's level (REF*PO instead of PRF) or in the heading.
    let unnumbered = notice.orders.iter().filter(|order| order.number.is_none());
    let of_levels = unnumbered.filter_map(|order| super::referred(&order.references, &["order"]));
    let in_heading = super::referred(&notice.head.references, &["order"]);
    let mut orders: Vec<String> = Vec::new();
    for order in named.chain(of_lines).chain(of_levels).chain(in_heading) {
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    orders
}

/// A pack with what it holds of one order; `None` where it holds nothing of it.
fn pack_of(pack: &ShippedPack, order: &str, lines: &[ShippedLine]) -> Option<Pack> {
    let of_order =
        |named: &Option<String>| named.as_ref().or(pack.order_number.as_ref()).is_none_or(|named| named == order);
    let line_of = |number: Option<&str>| {
        let mut known =
            lines.iter().filter(|line| line.line.number.as_deref() == number && of_order(&line.line.order_number));
        let line = known.next().and_then(|line| line.line.order_line.as_deref()).or(number);
        line.unwrap_or_default().to_owned()
    };
    let items = pack.items.iter().filter(|item| of_order(&item.order_number)).map(|item| Portion {
        line: line_of(item.line.as_deref().or(pack.line.as_deref())),
        quantity: item.quantity.unwrap_or_default(),
        unit: item.unit.clone(),
        ids: Vec::new(),
    });
    let items: Vec<Portion> = items.collect();
    (!items.is_empty()).then(|| Pack {
        id: pack.id.clone().unwrap_or_default(),
        parent: pack.parent.clone(),
        kind: pack.kind.clone(),
        sscc: pack.sscc.clone(),
        items,
    })
}

/// A date without a zone, taken as UTC: the wire says no more.
fn instant(date: Option<Date>, time: Option<Time>) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(date?.to_datetime(time.unwrap_or(Time::midnight()))).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ShipNotice, orders_of};

    #[test]
    fn an_order_is_found_by_its_number_or_by_a_reference_of_its_level() {
        let orders = |orders: serde_json::Value| {
            let tree = json!({"number": "S-1", "orders": orders, "references": [{"kind": "order", "value": "H"}]});
            let notice: ShipNotice = serde_json::from_value(tree).expect("a notice");
            orders_of(&notice)
        };
        let by_reference = json!({"references": [{"kind": "order", "value": "A"}]});
        assert_eq!(orders(json!([by_reference])), ["A", "H"]);
        assert_eq!(orders(json!([{"number": "B", "references": [{"kind": "order", "value": "A"}]}])), ["H"]);
    }
}
