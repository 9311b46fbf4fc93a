//! How well it all runs: every figure with what it is made of, its formula in words, and what stands against it.
//!
//! Formulas are those of [`process::flow`] and [`process::kpi`]; here the facts are read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::journey::money::books;
use crate::journey::money::cash::Payment;
use crate::process::cash::{Deduction, DeductionState, Settlement};
use crate::process::flow::{self, Due, OrderFact, Ratio};
use crate::process::kpi::{
    AppliedFact, DeductionFact, InvoiceFact, Rate, Receivables, ReceivedFact, SalesPeriod, cash_rates, payables_rates,
};
use crate::process::ledger::OpenItem;
use crate::process::{BillStanding, Policy, Side, Trade};
use crate::store::{Book, CaseSearch, Error, ExpectationId, Result, TradeId, TradeSearch, View};

/// Rows read at a time.
const BATCH: usize = 500;

/// What is looked at: days of ours, both included, and one partner or all.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub partner: Option<String>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// `line_fill`: names it for good.
    pub name: &'static str,
    pub formula: &'static str,
    pub numerator: Option<Decimal>,
    pub denominator: Option<Decimal>,
    /// Nothing where there is nothing to reckon it from.
    pub value: Option<Decimal>,
    /// `%`, `days`, `hours`.
    pub unit: &'static str,
    /// What stands against a hundred percent: orders, lines, shipments, invoices, payments.
    pub against: Vec<String>,
}

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
                    orders.extend(flow::facts(&trade, &policy, kinds(None)));
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
    figures.extend(of_money(view, scope, today).await?);
    Ok(figures)
}

impl Scope {
    fn holds(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }

    fn is_of(&self, party: &str) -> bool {
        self.partner.as_deref().is_none_or(|partner| partner == party)
    }
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

fn ratio(name: &'static str, formula: &'static str, ratio: Ratio) -> Figure {
    let value = ratio.percent();
    let Ratio { numerator, denominator, against } = ratio;
    Figure { name, formula, numerator: Some(numerator), denominator: Some(denominator), value, unit: "%", against }
}

fn rate(name: &'static str, formula: &'static str, rate: Rate, against: Vec<String>) -> Figure {
    let (numerator, denominator) = (Some(rate.part), Some(rate.whole));
    Figure { name, formula, numerator, denominator, value: rate.percent(), unit: "%", against }
}

fn days(name: &'static str, formula: &'static str, value: Option<Decimal>) -> Figure {
    Figure { name, formula, numerator: None, denominator: None, value, unit: "days", against: Vec::new() }
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
            Vec::new(),
        ),
        rate("touchless", "posted without anybody / processed", rates.touchless, named(|fact| fact.touched)),
    ]
}

async fn of_money(view: &mut View, scope: &Scope, today: Date) -> Result<Vec<Figure>> {
    let payments: Vec<Payment> = books::every(view, Book::Payment).await?;
    let items: Vec<OpenItem> = books::every(view, Book::Item).await?;
    let deductions: Vec<Deduction> = books::every(view, Book::Deduction).await?;
    let of_scope = |payment: &&Payment| {
        scope.holds(payment.fact.date)
            && scope.is_of(payment.payer().unwrap_or_default())
            && !payment.postings.is_empty()
    };
    let payments: Vec<&Payment> = payments.iter().filter(of_scope).collect();
    let received: Vec<ReceivedFact> = payments.iter().map(|payment| received(payment, today)).collect();
    let applied: Vec<AppliedFact> = payments.iter().flat_map(|payment| applied(payment)).collect();
    let deductions: Vec<&Deduction> =
        deductions.iter().filter(|deduction| scope.is_of(&deduction.party) && scope.holds(deduction.opened)).collect();
    let taken: Vec<DeductionFact> = deductions.iter().map(|deduction| deducted(deduction)).collect();
    let items: Vec<&OpenItem> = items.iter().filter(|item| scope.is_of(&item.party)).collect();
    let sold = items.iter().filter(|item| scope.holds(item.date) && item.amount > Decimal::ZERO);
    let invoiced: Decimal = sold.clone().map(|item| item.amount).sum();
    let rates = cash_rates(&received, &applied, &taken, invoiced);
    let by_hand = payments.iter().filter(|payment| !received_alone(payment));
    let mut figures = vec![
        rate(
            "payment_auto_rate",
            "payments applied whole by nobody / payments",
            rates.payment_auto,
            by_hand.map(|payment| payment.fact.id.to_string()).collect(),
        ),
        rate("line_auto_rate", "remittance lines applied by nobody / lines", rates.line_auto, Vec::new()),
        rate("false_apply_rate", "automatic applications undone as wrong / automatic", rates.false_apply, Vec::new()),
        rate(
            "unapplied",
            "money on no invoice / money received",
            rates.unapplied,
            payments.iter().filter(|it| !it.unapplied.is_zero()).map(|it| it.fact.id.to_string()).collect(),
        ),
        rate(
            "deduction_rate",
            "deductions taken / invoiced",
            rates.deductions,
            deductions.iter().map(|deduction| deduction.id.to_string()).collect(),
        ),
        rate("deduction_win_rate", "recovered / disputed, of those closed", rates.deductions_won, Vec::new()),
        rate("write_off", "written off / invoiced", rates.written_off, Vec::new()),
    ];
    let owing = Receivables {
        open: items.iter().map(|item| item.open).sum(),
        current: items.iter().filter(|item| item.due >= today).map(|item| item.open).sum(),
        periods: periods(sold.copied(), scope, today),
    };
    figures.extend([
        days("dso", "receivables / sales of the period x its days", owing.dso()),
        days("dso_count_back", "sales counted back until receivables are used up", owing.count_back()),
        days("dso_best_possible", "receivables not due yet / sales x days", owing.best_possible()),
        days("average_days_delinquent", "DSO less best possible DSO", owing.average_days_delinquent()),
    ]);
    Ok(figures)
}

fn received_alone(payment: &Payment) -> bool {
    let fact = received(payment, payment.fact.date);
    fact.untouched
}

fn received(payment: &Payment, today: Date) -> ReceivedFact {
    let standing = || payment.postings.iter().filter(|posting| !posting.is_undone);
    let lines = standing().flat_map(|posting| &posting.application.lines);
    let auto = standing().filter(|posting| posting.is_automatic()).flat_map(|posting| &posting.application.lines);
    let undone = payment.postings.iter().any(|posting| posting.is_undone) && !payment.is_returned;
    let by_hand = payment.postings.iter().any(|posting| !posting.is_automatic());
    let days = (today - payment.fact.date).get_days();
    ReceivedFact {
        amount: payment.fact.amount,
        untouched: payment.unapplied.is_zero() && !undone && !by_hand,
        lines: lines.count() as u32,
        lines_untouched: auto.filter(|line| line.split.is_some()).count() as u32,
        unapplied: payment.unapplied,
        unapplied_days: u32::try_from(days).unwrap_or(0),
    }
}

fn applied(payment: &Payment) -> Vec<AppliedFact> {
    let made = payment.postings.iter().filter(|posting| posting.has_applied());
    made.map(|posting| AppliedFact {
        automatic: posting.is_automatic(),
        reversed_as_wrong: posting.is_undone && !payment.is_returned,
    })
    .collect()
}

fn deducted(deduction: &Deduction) -> DeductionFact {
    let closed = matches!(deduction.state, DeductionState::Settled(_));
    let if_settled = |settlement| match deduction.state == DeductionState::Settled(settlement) {
        true => deduction.amount,
        false => Decimal::ZERO,
    };
    DeductionFact {
        amount: deduction.amount,
        taken: !matches!(deduction.state, DeductionState::Void | DeductionState::Announced),
        closed,
        disputed: if closed { deduction.amount } else { Decimal::ZERO },
        recovered: if_settled(Settlement::Recharge),
        written_off: if_settled(Settlement::WriteOff),
    }
}

/// Sales by month, oldest first: the whole scope, or the three months before today.
fn periods<'i>(sold: impl Iterator<Item = &'i OpenItem> + Clone, scope: &Scope, today: Date) -> Vec<SalesPeriod> {
    let to = scope.to.unwrap_or(today).min(today);
    let from = scope.from.unwrap_or_else(|| to.checked_sub(jiff::ToSpan::days(89)).unwrap_or(to));
    let mut periods = Vec::new();
    let mut start = from;
    while start <= to {
        let end = start.last_of_month().min(to);
        let days = u32::try_from((end - start).get_days()).unwrap_or(0) + 1;
        let sales = sold.clone().filter(|item| start <= item.date && item.date <= end).map(|item| item.amount).sum();
        periods.push(SalesPeriod { days, sales });
        match end.tomorrow() {
            Ok(next) => start = next,
            Err(_) => break,
        }
    }
    periods
}
