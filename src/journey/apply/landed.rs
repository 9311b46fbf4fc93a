//! Bills for bringing goods find the goods: whoever carries for others names an order, a shipment, a bill of lading or a
//! receipt of theirs, and what was expected for it is corrected there.

use rust_decimal::Decimal;

use super::{Bound, Rules};
use crate::canonical::common::Reference;
use crate::canonical::{Canonical, Invoice, Kind};
use crate::journey::Gateway;
use crate::process::ledger::Currency;
use crate::process::matching::{Billed, CostBill, CostKind};
use crate::process::{Bill, Key, Side, Trade, What};
use crate::store::{Document, Error, Result, TradeSearch, View};

/// How many trades one bill may be for.
const TRADES_MAX: usize = 50;
/// What names a receipt, a shipment and a bill of lading, as references say them.
const RECEIPT: [&str; 1] = ["receiving_advice"];
const SHIPMENT: [&str; 5] = ["shipment", "despatch_advice", "packing_list", "delivery_note", "despatch_note"];
const LADING: [&str; 5] =
    ["bill_of_lading", "master_bill", "government_bill_of_lading", "transport_document", "waybill"];

/// The names under which a bill of anybody's finds a purchase, that a change brought.
pub fn names(before: &Trade, after: &Trade) -> Vec<Key> {
    if after.side() != Side::Purchase || after.key.test {
        return Vec::new();
    }
    let known = all_names(before);
    all_names(after).into_iter().filter(|name| !known.contains(name)).collect()
}

fn all_names(trade: &Trade) -> Vec<Key> {
    let mut names = Vec::new();
    for record in trade.shipments.iter().map(|record| &record.shipment) {
        names.push(anybodys("shipment", &record.number));
        names.extend(record.bill_of_lading.as_deref().map(|number| anybodys("bill_of_lading", number)));
    }
    for record in trade.receipts.iter().filter(|record| !record.is_return).map(|record| &record.receipt) {
        names.push(anybodys("receipt", &record.number));
        names.extend(record.shipment.as_deref().map(|number| anybodys("shipment", number)));
        names.extend(record.bill_of_lading.as_deref().map(|number| anybodys("bill_of_lading", number)));
    }
    names.sort();
    names.dedup();
    names
}

fn anybodys(what: &str, number: &str) -> Key {
    Key(format!("{}|*|{what}|{number}", Side::Purchase.as_str()))
}

/// The events of a document, those of a carrier's bill on their way to the purchases whose goods it brought.
///
/// # Errors
/// Those of the store.
pub async fn routed(
    gateway: &Gateway,
    rules: &Rules,
    document: &Document,
    canonical: &Canonical<'_>,
    bounds: Vec<Bound>,
) -> Result<Vec<Bound>> {
    let carrier = document.partner.as_deref().unwrap_or_default();
    let policy = &rules.policy(carrier).matching;
    let (Kind::Invoice, Some(usual), false) = (canonical.kind, policy.carries, document.test) else {
        return Ok(bounds);
    };
    let Ok(invoice) = canonical.to_typed::<Invoice>() else { return Ok(bounds) };
    let mut view = gateway.store.view().await?;
    let mut routed = Vec::new();
    for bound in bounds {
        let (What::Invoiced(bill) | What::Credited(bill)) = &bound.event.what else {
            routed.push(bound);
            continue;
        };
        // What we ordered of the carrier itself is a purchase like any other.
        let own = trades(&mut view, &bound.target).await?;
        if own.iter().any(|trade| trade.key.partner == carrier) {
            routed.push(bound);
            continue;
        }
        let Some(billed) = bill.document.as_deref() else { continue };
        let (freight, duty) = CostBill::shares(billed, usual);
        let about = |kinds: &[&str]| named(&invoice, kinds);
        let landed = CostBill {
            carrier: carrier.into(),
            freight,
            duty,
            about: [about(&RECEIPT), about(&SHIPMENT), about(&LADING)].concat().into_iter().map(Into::into).collect(),
            credits: bill.credits.as_deref().map(Into::into),
            is_partial: invoice.r#type.as_deref() == Some("partial"),
            in_stock: Decimal::ONE,
            whole: billed.total,
            policy: Box::new(policy.clone()),
        };
        let credited = bill.credits.as_ref().map(|_| bound.target.clone());
        let keys = credited.into_iter().chain(keys(&invoice, billed, &about));
        let (target, found) = find(&mut view, keys.collect()).await?;
        for (key, part) in parts(target.unwrap_or_else(|| bound.target.clone()), &found, (billed, bill, &landed)) {
            let mut bound = bound.clone();
            bound.target = key;
            bound.event.key = format!(
                "{}|{carrier}|{}",
                if is_credit(&bound.event.what) { "cost_credit" } else { "cost" },
                billed.number
            );
            bound.event.what = if is_credit(&bound.event.what) { What::Credited(part) } else { What::Invoiced(part) };
            routed.push(bound);
        }
    }
    Ok(routed)
}

fn is_credit(what: &What) -> bool {
    matches!(what, What::Credited(_))
}

/// What a bill may be found by, the most exact first.
fn keys(invoice: &Invoice, billed: &Billed, about: &impl Fn(&[&str]) -> Vec<String>) -> Vec<Key> {
    let mut keys = Vec::new();
    for (kinds, what) in [(&RECEIPT[..], "receipt"), (&SHIPMENT[..], "shipment"), (&LADING[..], "bill_of_lading")] {
        keys.extend(about(kinds).iter().map(|number| anybodys(what, number)));
    }
    let orders = billed.order.as_deref().map(str::to_owned).into_iter().chain(named(invoice, &["order"]));
    keys.extend(orders.map(|order| super::command::anybodys_order(Side::Purchase, &order)));
    keys
}

/// The first key that finds purchases, and those; the first of all where none does.
async fn find(view: &mut View, keys: Vec<Key>) -> Result<(Option<Key>, Vec<Trade>)> {
    for key in &keys {
        let found = trades(view, key).await?;
        if !found.is_empty() {
            return Ok((Some(key.clone()), found));
        }
    }
    Ok((keys.into_iter().next(), Vec::new()))
}

async fn trades(view: &mut View, key: &Key) -> Result<Vec<Trade>> {
    let search = TradeSearch { key: Some(key.as_str().to_owned()), limit: TRADES_MAX, ..TradeSearch::default() };
    let rows = view.find_trades(&search).await?;
    let purchases = rows.iter().filter(|row| row.side == Side::Purchase.as_str());
    purchases.map(|row| serde_json::from_str(&row.body).map_err(Error::damaged)).collect()
}

/// One bill for one purchase; one for several of a supplier, or under one bill of lading, is cut by what is expected for each.
fn parts(target: Key, found: &[Trade], (billed, bill, landed): (&Billed, &Bill, &CostBill)) -> Vec<(Key, Bill)> {
    let with = |billed: Billed, landed: CostBill| Bill {
        total: Some(billed.total),
        tax: billed.tax,
        freight: landed.freight,
        lines: Vec::new(),
        document: Some(Box::new(billed)),
        landed: Some(Box::new(landed)),
        ..bill.clone()
    };
    let one_supplier = found.iter().all(|trade| trade.key.partner == found[0].key.partner);
    if found.len() < 2 || !(one_supplier || target.as_str().contains("|bill_of_lading|")) {
        return vec![(target, with(billed.clone(), landed.clone()))];
    }
    let open = |trade: &Trade, kind: CostKind| -> Decimal {
        let (_, expected) = trade.expected_for(landed);
        expected.iter().filter(|it| it.kind == kind).map(|it| it.open()).sum()
    };
    let weights = |kind: CostKind| -> Vec<Decimal> {
        let open: Vec<Decimal> = found.iter().map(|trade| open(trade, kind).max(Decimal::ZERO)).collect();
        if open.iter().all(Decimal::is_zero) { vec![Decimal::ONE; open.len()] } else { open }
    };
    let freight = apportioned(landed.freight, &weights(CostKind::Freight), billed.currency);
    let duty = apportioned(landed.duty, &weights(CostKind::Duty), billed.currency);
    let net: Vec<Decimal> = freight.iter().zip(&duty).map(|(freight, duty)| freight + duty).collect();
    let tax = apportioned(billed.tax, &net, billed.currency);
    let parts = found.iter().enumerate().map(|(at, trade)| {
        let total = net[at] + tax[at];
        // The sums were the whole document's; its parts have none of their own.
        let part = Billed {
            lines: Vec::new(),
            charges: Vec::new(),
            taxes: Vec::new(),
            tax: tax[at],
            total,
            order: Some(trade.key.order.as_str().into()),
            ..billed.clone()
        };
        let part = part.of_one_line(net[at]);
        (Key(trade.key.to_string()), with(part, CostBill { freight: freight[at], duty: duty[at], ..landed.clone() }))
    });
    parts.filter(|(_, part)| part.total.is_some_and(|total| !total.is_zero())).collect()
}

/// An amount cut by weights, to the cent: each part is what the sum up to it comes to, so that nothing is left and none turns
/// its sign.
fn apportioned(amount: Decimal, weights: &[Decimal], currency: Currency) -> Vec<Decimal> {
    let sum: Decimal = weights.iter().sum();
    let (mut weighed, mut given) = (Decimal::ZERO, Decimal::ZERO);
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        weighed += weight;
        let upto = currency.round((amount * weighed).checked_div(sum).unwrap_or_default());
        parts.push(upto - given);
        given = upto;
    }
    parts
}

/// Values of references of some kinds, of the document and of its lines, each once.
fn named(invoice: &Invoice, kinds: &[&str]) -> Vec<String> {
    let lines = invoice.lines.iter().flat_map(|line| &line.references);
    let is_of = |reference: &&Reference| reference.kind.as_deref().is_some_and(|kind| kinds.contains(&kind));
    let mut found = Vec::new();
    for value in invoice.head.references.iter().chain(lines).filter(is_of).filter_map(|it| it.value.clone()) {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cent_of_a_bill_goes_somewhere() {
        let check = |amount: &str, weights: &[i64], parts: &str| {
            let weights: Vec<Decimal> = weights.iter().map(|weight| Decimal::from(*weight)).collect();
            let cut = apportioned(amount.parse().unwrap(), &weights, Currency::USD);
            assert_eq!(cut.iter().map(|part| format!("{part:.2}")).collect::<Vec<_>>().join(" "), parts);
        };
        check("100.00", &[1, 1, 1], "33.33 33.34 33.33");
        check("100.00", &[100, 300, 0], "25.00 75.00 0.00");
        check("0", &[0, 0], "0.00 0.00");
        check("0.01", &[1, 1, 0], "0.01 0.00 0.00");
        check("0.02", &[1, 1, 1, 1], "0.01 0.00 0.01 0.00");
    }
}
