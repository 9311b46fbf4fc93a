//! Invoices, remittances, and what partners' applications say about documents of ours.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Reading, Sender};
use crate::canonical::advice::{ApplicationAdvice, Concern};
use crate::canonical::{Invoice, Line, Remittance};
use crate::process::event::{Advice, Bill, BillLine, Payment, What};
use crate::process::matching::Billed;

/// A supplier's invoice or credit note, one event for each order it is for.
pub(super) fn invoice(sender: &Sender<'_>, invoice: &Invoice) -> Vec<Reading> {
    let Some(number) = invoice.head.number.clone() else { return Vec::new() };
    let is_credit = matches!(invoice.r#type.as_deref(), Some("credit_note" | "credit" | "credit_memo"));
    let credits = super::referred(&invoice.head.references, &["original_invoice", "invoice"]).filter(|_| is_credit);
    let head_order = invoice.order_number.clone().or_else(|| super::referred(&invoice.head.references, &["order"]));
    let mut orders: Vec<Option<String>> = Vec::new();
    for line in &invoice.lines {
        let order = line.order_number.clone().or(head_order.clone());
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    if orders.is_empty() {
        orders.push(head_order.clone());
    }
    let parts = Billed::of(invoice, sender.partner, Date::MIN).by_order(&orders);
    let mut readings = Vec::new();
    for (order, part) in orders.into_iter().zip(parts) {
        let target = match (&order, &credits) {
            (Some(order), _) => sender.order(order),
            (None, Some(credited)) => sender.invoice(credited),
            // Nothing to find an order by: it waits for a person under its own number.
            (None, None) => sender.invoice(&number),
        };
        let of_order = |line: &&Line| line.order_number.as_ref().or(head_order.as_ref()) == order.as_ref();
        let lines = invoice.lines.iter().filter(of_order).enumerate().map(|(at, line)| BillLine {
            line: super::order_line(line.order_line.as_deref(), line.number.as_deref(), at),
            ids: super::ids(&line.ids),
            quantity: line.quantity.unwrap_or_default(),
            price: unit_price(line),
        });
        let bill = Bill {
            number: Some(number.clone()),
            date: invoice.head.date,
            shipment: super::referred(&invoice.head.references, &["shipment", "despatch_advice"]),
            lines: lines.collect(),
            total: Some(part.total),
            tax: part.tax,
            freight: part.freight(),
            due: invoice.due_date.or_else(|| due(invoice)),
            credits: credits.clone(),
            document: Some(Box::new(part)),
            ..Bill::default()
        };
        let (key, what) = match is_credit {
            true => (format!("credit_note|{number}"), What::Credited(bill)),
            false => (format!("invoice|{number}"), What::Invoiced(bill)),
        };
        readings.push(sender.reading(target, key, what));
    }
    readings
}

/// When its terms make it due, where they say so.
fn due(invoice: &Invoice) -> Option<Date> {
    let days = |days: i64| invoice.head.date?.checked_add(i32::try_from(days).ok()?.clamp(0, 3_650).days()).ok();
    invoice.terms.iter().find_map(|terms| terms.due_date.or_else(|| days(terms.net_days?)))
}

/// A remittance, one event for each item it pays.
pub(super) fn remittance(sender: &Sender<'_>, remittance: &Remittance) -> Vec<Reading> {
    let Some(trace) = remittance.trace.clone().or(remittance.head.number.clone()) else { return Vec::new() };
    let items = remittance.items.iter().enumerate().filter_map(|(at, item)| {
        let invoice = item.reference.clone()?;
        let payment = Payment {
            trace: trace.clone(),
            invoice: invoice.clone(),
            amount: item.paid.unwrap_or_default(),
            discount: item.discount.unwrap_or_default(),
            deducted: -item.adjustments.iter().filter_map(|adjustment| adjustment.amount).sum::<Decimal>(),
            date: remittance.payment_date,
            run: None,
        };
        let key = format!("remittance|{trace}|{}|{invoice}", at + 1);
        Some(sender.reading(sender.invoice(&invoice), key, What::Paid(payment)))
    });
    items.collect()
}

/// What the partner's application says about one document of ours.
pub(super) fn advice(sender: &Sender<'_>, advice: &ApplicationAdvice) -> Vec<Reading> {
    let Some(concern) = &advice.concerns else { return Vec::new() };
    let Some(number) = concern.number.clone() else { return Vec::new() };
    let kind = canonical_kind(concern);
    let order = super::referred(&concern.references, &["order"])
        .or_else(|| super::referred(&advice.head.references, &["order"]));
    let target = match (kind, order) {
        ("invoice", _) => sender.invoice(&number),
        ("ship_notice", _) => sender.shipment(&number),
        (_, Some(order)) => sender.order(&order),
        (_, None) => sender.order(&number),
    };
    let words = advice.errors.iter().filter_map(|error| error.text.clone().or(error.code.clone()));
    let notes = advice.head.notes.iter().filter_map(|note| note.text.clone());
    let words: Vec<String> = words.chain(notes).collect();
    let decision = advice.decision.as_deref().unwrap_or("rejected");
    let what = What::Advice(Advice {
        kind: kind.to_owned(),
        number: number.clone(),
        accepted: !decision.contains("reject"),
        words: if words.is_empty() { "no reason given".into() } else { words.join("; ") },
    });
    let key = match &advice.head.number {
        Some(own) => format!("application_advice|{own}|{number}"),
        None => sender.versioned(format!("application_advice|{number}")),
    };
    vec![sender.reading(target, key, what)]
}

/// Our own word for the kind of document an advice is about.
fn canonical_kind(concern: &Concern) -> &str {
    let said = concern.kind.as_deref().or(concern.reference_kind.as_deref()).unwrap_or_default();
    match said {
        "810" | "880" | "INVOIC" | "380" | "IV" => "invoice",
        "856" | "DESADV" | "351" | "SI" => "ship_notice",
        "855" | "865" | "ORDRSP" | "231" => "order_response",
        "850" | "ORDERS" | "220" => "order",
        "860" | "ORDCHG" | "230" => "order_change",
        "820" | "REMADV" | "481" => "remittance",
        "861" | "RECADV" | "632" => "receipt_advice",
        "940" => "warehouse_order",
        other => other,
    }
}

/// What one unit costs: the price by its basis quantity.
fn unit_price(line: &Line) -> Option<Decimal> {
    let price = line.price?;
    match line.price_quantity {
        Some(basis) if basis > Decimal::ZERO => Some((price / basis).normalize()),
        _ => Some(price),
    }
}
