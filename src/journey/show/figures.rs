//! How well it all runs: every figure with what it is made of, its formula in words, and what stands against it.
//!
//! Formulas are those of [`process::flow`] and [`process::kpi`]; here the facts are read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::figure::{Figure, Scope, rate, ratio};
use super::money_figures;
use crate::process::flow::{self, Due, OrderFact};
use crate::process::kpi::{InvoiceFact, payables_rates};
use crate::process::{BillStanding, Policy, Side, Trade};
use crate::store::{CaseSearch, Error, ExpectationId, Result, TradeId, TradeSearch, View};

/// Rows read at a time.
const BATCH: usize = 500;

/// Every figure of a scope.
///
/// # Errors
/// Those of the store.
pub async fn figures(
    view: &mut View,
    scope: &Scope,
    now: Timestamp,
    policy: impl Fn(&str) -> Policy,
) -> Result<Vec<Figure>> {
    let today = policy("").calendar.date(now);
    let cases = cases(view).await?;
    let (mut orders, mut bills) = (Vec::new(), Vec::new());
    let mut search = TradeSearch { limit: BATCH, partner: scope.partner.clone(), ..TradeSearch::default() };
    loop {
        let page = view.find_trades(&search).await?;
        for row in page.iter().filter(|row| !row.test) {
            let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
            let policy = policy(&trade.key.partner);
            let kinds = |key: Option<&str>| -> Vec<String> {
                let of_trade = cases.get(&row.id).into_iter().flatten();
                of_trade.filter(|(known, _)| key.is_none_or(|key| known == key)).map(|(_, kind)| kind.clone()).collect()
            };
            match trade.side() {
                Side::Sale if trade.ordered_at.is_some_and(|at| scope.holds(policy.calendar.date(at))) => {
                    orders.extend(flow::facts(&trade, &policy, kinds(None), now));
                }
                Side::Sale => {}
                Side::Purchase => bills.extend(billed(&trade, &policy, scope, |key| kinds(Some(key)).len() as u32)),
            }
        }
        match page.last() {
            Some(last) if page.len() == BATCH => search.after = Some(last.id),
            _ => break,
        }
    }
    let acknowledgements = acknowledged(view, scope, &policy).await?;
    let mut figures = of_flow(&orders, &acknowledgements, now);
    figures.extend(of_payables(&bills));
    figures.extend(money_figures::of_money(view, scope, today).await?);
    Ok(figures)
}

/// Keys and types of every case there ever was, by trade.
async fn cases(view: &mut View) -> Result<BTreeMap<TradeId, Vec<(String, String)>>> {
    let mut all: BTreeMap<TradeId, Vec<(String, String)>> = BTreeMap::new();
    let (search, mut after) = (CaseSearch { limit: BATCH, ..CaseSearch::default() }, 0);
    loop {
        let page = view.case_page(&search, after).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = last.number;
        for case in page {
            if let Some(trade) = case.trade {
                all.entry(trade).or_default().push((case.key, case.kind));
            }
        }
    }
}

fn of_flow(orders: &[OrderFact], acknowledgements: &[Due], now: Timestamp) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (leg, times) in flow::cycle_times(orders) {
        let hours = |time: jiff::SignedDuration| Decimal::from(time.as_secs()) / Decimal::from(3_600);
        let (name, formula) = match leg {
            "order cycle" => {
                ("order_cycle_time", "received by the customer less order received, without dwell; median")
            }
            "receipt to answer" => ("receipt_to_answer", "answer accepted less order received; median"),
            "answer to release" => ("answer_to_release", "released less answered; median"),
            "release to ship" => ("release_to_ship", "shipped less released, without dwell; median"),
            "ship to notice" => ("ship_to_notice", "notice accepted less shipped; median"),
            "ship to invoice" => ("ship_to_invoice", "invoiced less shipped; median"),
            _ => ("invoice_to_cash", "paid less invoiced; median"),
        };
        figures.push(Figure {
            name,
            formula,
            numerator: None,
            denominator: Some(Decimal::from(times.count)),
            value: Some(hours(times.p50).round_dp(2)),
            unit: "hours",
            currency: None,
            against: vec![format!("p90 {} hours", hours(times.p90).round_dp(2))],
        });
    }
    let product = flow::perfect_product(orders);
    figures.extend([
        ratio("perfect_order", "orders with every line perfect / orders closed", flow::perfect_orders(orders)),
        Figure {
            name: "perfect_order_product",
            formula: "on time x complete x damage-free x documented, each over lines",
            numerator: None,
            denominator: Some(product.on_time.denominator),
            value: product.percent(),
            unit: "%",
            currency: None,
            against: Vec::new(),
        },
        ratio("line_fill", "min(first shipment, ordered) / ordered, in units", flow::line_fill(orders)),
        ratio("backorder_rate", "lines backordered when first promised / lines", flow::backorder_rate(orders)),
        ratio("otif", "lines in the window and in full / lines with a window", flow::on_time_in_full(orders)),
        ratio(
            "answers_on_time",
            "order answers accepted by when due / due",
            flow::timeliness(orders.iter().filter_map(|order| order.answer.as_ref()), now),
        ),
        ratio(
            "acknowledgements_on_time",
            "functional acknowledgements by when due / due",
            flow::timeliness(acknowledgements, now),
        ),
        ratio(
            "notices_on_time",
            "ship notices accepted by when due / shipments whose notice came or is due",
            flow::notices_on_time(orders, now),
        ),
        ratio(
            "notice_accuracy",
            "notice lines equal to receipt / lines advised of shipments that were received",
            flow::notice_accuracy(orders),
        ),
        ratio("order_exceptions", "orders with an exception / orders", flow::exception_rate(orders, None)),
    ]);
    figures
}

/// When partners had to acknowledge what we sent, and did: of what left in the scope.
async fn acknowledged(view: &mut View, scope: &Scope, policy: impl Fn(&str) -> Policy) -> Result<Vec<Due>> {
    let (mut all, mut after) = (Vec::new(), ExpectationId::from_uuid(uuid::Uuid::nil()));
    loop {
        let page = view.functional_answers(after, BATCH).await?;
        let Some((last, ..)) = page.last() else { return Ok(all) };
        after = last.id;
        for (expectation, left, came) in &page {
            let partner = expectation.partner.as_deref().unwrap_or_default();
            if scope.is_of(partner) && scope.holds(policy(partner).calendar.date(*left)) {
                all.push(Due { name: expectation.key.clone(), due: expectation.due_at, done: *came });
            }
        }
    }
}

/// The facts of a supplier's documents, each with its name.
fn billed<'t>(
    trade: &'t Trade,
    policy: &'t Policy,
    scope: &'t Scope,
    cases: impl Fn(&str) -> u32 + 't,
) -> impl Iterator<Item = (String, InvoiceFact)> + 't {
    let invoices = trade
        .bills
        .iter()
        .filter(move |bill| !bill.is_credit && bill.matter.is_some() && scope.holds(policy.calendar.date(bill.at)));
    invoices.map(move |bill| {
        let key = format!("invoice|{}", bill.number);
        let holds = cases(&key);
        let touched = trade.dismissed.contains(&key) || bill.disputed || bill.standing == BillStanding::Refused;
        let came_later = |at: Timestamp| at > bill.at;
        let of_lines = |line: &str| bill.lines.iter().any(|billed| billed.line == line);
        let waited = trade.receipts.iter().any(|record| {
            came_later(record.at) && !record.voided && record.receipt.lines.iter().any(|line| of_lines(&line.line))
        });
        let posted = bill.standing == BillStanding::Matched;
        let first_pass = posted && holds == 0 && !touched;
        (bill.number.clone(), InvoiceFact { ordered: true, holds, first_pass, waited, touched, posted })
    })
}

fn of_payables(bills: &[(String, InvoiceFact)]) -> Vec<Figure> {
    let facts: Vec<InvoiceFact> = bills.iter().map(|(_, fact)| *fact).collect();
    let rates = payables_rates(&facts);
    let named = |is: fn(&InvoiceFact) -> bool| -> Vec<String> {
        bills.iter().filter(|(_, fact)| is(fact)).map(|(number, _)| number.clone()).collect()
    };
    vec![
        rate(
            "invoice_exceptions",
            "supplier invoices ever held / processed",
            rates.exceptions,
            named(|fact| fact.holds > 0),
        ),
        rate(
            "first_pass_match",
            "matched when first judged, by nobody / invoices with an order",
            rates.first_pass,
            named(|fact| !fact.first_pass || fact.waited),
        ),
        rate(
            "matched_after_waiting",
            "waited for goods, then matched by itself / invoices with an order",
            rates.matched_after_waiting,
            named(|fact| fact.waited),
        ),
        rate("touchless", "posted without anybody / processed", rates.touchless, named(|fact| fact.touched)),
    ]
}
