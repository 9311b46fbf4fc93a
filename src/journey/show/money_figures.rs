//! Figures of cash, deductions and receivables, reckoned from payments, open items, deductions and the journal. Amounts of
//! different currencies are never added: each currency has figures of its own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::figure::{Figure, Scope, rate};
use crate::journey::money::aged::Moved;
use crate::journey::money::books;
use crate::journey::money::cash::{Payment, Posting};
use crate::process::cash::{Deduction, DeductionState, Settlement};
use crate::process::kpi::{AppliedFact, CashRates, DeductionFact, Receivables, ReceivedFact, SalesPeriod, cash_rates};
use crate::process::ledger::{Currency, OpenItem};
use crate::store::{Book, Result, View};

/// What was open of items, by customer and number.
type Balances = BTreeMap<(Box<str>, Box<str>), Decimal>;

/// What the figures are reckoned from, of one scope.
struct Facts {
    payments: Vec<Payment>,
    items: Vec<OpenItem>,
    deductions: Vec<Deduction>,
    /// The last day that is looked at.
    end: Date,
    /// What was open of each item on that day.
    balances: Balances,
}

/// Figures of cash, deductions and receivables.
///
/// # Errors
/// Those of the store.
pub(super) async fn of_money(view: &mut View, scope: &Scope, today: Date) -> Result<Vec<Figure>> {
    let mut payments: Vec<Payment> = books::every(view, Book::Payment).await?;
    payments.retain(|payment| {
        scope.holds(payment.fact.date)
            && scope.is_of(payment.payer().unwrap_or_default())
            && !payment.postings.is_empty()
    });
    let mut items: Vec<OpenItem> = books::every(view, Book::Item).await?;
    items.retain(|item| scope.is_of(&item.party));
    let mut deductions: Vec<Deduction> = books::every(view, Book::Deduction).await?;
    deductions.retain(|deduction| scope.is_of(&deduction.party) && scope.holds(deduction.opened));
    let end = scope.to.unwrap_or(today).min(today);
    let mut then = items.clone();
    if end < today {
        Moved::until(view, end).await?.take_back(&mut then, end);
    }
    let balances = then.into_iter().map(|item| ((item.party, item.number), item.open)).collect();
    let facts = Facts { payments, items, deductions, end, balances };

    let mut figures = of_applications(&facts, today);
    let mut currencies: BTreeSet<Option<Currency>> = facts.items.iter().map(|item| Some(item.currency)).collect();
    currencies.extend(facts.payments.iter().map(|payment| Some(payment.fact.currency)));
    currencies.extend(facts.deductions.iter().map(|deduction| Some(deduction.currency)));
    if currencies.is_empty() {
        currencies.insert(None);
    }
    for currency in currencies {
        let mut of_one = of_amounts(&facts, scope, currency, today);
        of_one.iter_mut().for_each(|figure| figure.currency = currency);
        figures.extend(of_one);
    }
    Ok(figures)
}

impl Facts {
    /// What was open of an item on the last day.
    fn open(&self, item: &OpenItem) -> Decimal {
        self.balances.get(&(item.party.clone(), item.number.clone())).copied().unwrap_or_default()
    }
}

/// How many payments and lines applied themselves, and how many of those wrongly.
fn of_applications(facts: &Facts, today: Date) -> Vec<Figure> {
    let payments = || facts.payments.iter();
    let rates = rates_of(payments(), std::iter::empty(), Decimal::ZERO, today);
    let name = |payment: &Payment| payment.fact.id.to_string();
    let by_hand = payments().filter(|payment| !received_alone(payment)).map(name);
    let undone = payments().filter(|payment| applied(payment).iter().any(|it| it.automatic && it.reversed_as_wrong));
    vec![
        rate("payment_auto_rate", "payments applied whole by nobody / payments", rates.payment_auto, by_hand.collect()),
        rate(
            "line_auto_rate",
            "remittance lines applied by nobody / lines",
            rates.line_auto,
            payments().flat_map(lines_by_hand).collect(),
        ),
        rate(
            "false_apply_rate",
            "automatic applications undone as wrong / automatic",
            rates.false_apply,
            undone.map(name).collect(),
        ),
    ]
}

/// What is unapplied, kept back and owed, in one currency.
fn of_amounts(facts: &Facts, scope: &Scope, currency: Option<Currency>, today: Date) -> Vec<Figure> {
    let is_of = |of: Currency| Some(of) == currency;
    let payments = || facts.payments.iter().filter(|payment| is_of(payment.fact.currency));
    let deductions = || facts.deductions.iter().filter(|deduction| is_of(deduction.currency));
    let items = || facts.items.iter().filter(|item| is_of(item.currency));
    let sold = || items().filter(|item| item.amount > Decimal::ZERO);
    let invoiced: Decimal = sold().filter(|item| scope.holds(item.date)).map(|item| item.amount).sum();
    let rates = rates_of(payments(), deductions(), invoiced, today);
    let said = |amount: Decimal| currency.map_or_else(|| amount.to_string(), |currency| currency.said(amount));
    let mut figures = vec![
        rate(
            "unapplied",
            "money on no invoice / money received",
            rates.unapplied,
            payments().filter(|it| !it.unapplied.is_zero()).map(|it| it.fact.id.to_string()).collect(),
        ),
        rate(
            "deduction_rate",
            "deductions taken / invoiced",
            rates.deductions,
            deductions().map(|deduction| deduction.id.to_string()).collect(),
        ),
        rate(
            "deduction_win_rate",
            "recovered / disputed, of those closed",
            rates.deductions_won,
            deductions()
                .map(|it| (it, deducted(it)))
                .filter(|(_, fact)| fact.closed && fact.recovered.is_zero())
                .map(|(it, _)| it.id.to_string())
                .collect(),
        ),
        rate(
            "write_off",
            "written off / invoiced",
            rates.written_off,
            deductions().filter(|it| !deducted(it).written_off.is_zero()).map(|it| it.id.to_string()).collect(),
        ),
    ];
    let ages = rates.unapplied_by_age.iter().filter(|(_, sum)| !sum.is_zero()).map(|(until, sum)| match until {
        &u32::MAX => format!("{} for longer", said(*sum)),
        days => format!("{} for up to {days} days", said(*sum)),
    });
    figures[0].against.extend(ages);
    let (from, periods) = periods(sold(), scope, facts.end);
    let open = || items().map(|item| (item, facts.open(item))).filter(|(_, open)| !open.is_zero());
    let is_current = |item: &OpenItem| item.due >= facts.end;
    let owing = Receivables {
        open: open().map(|(_, open)| open).sum(),
        current: open().filter(|(item, _)| is_current(item)).map(|(_, open)| open).sum(),
        periods,
    };
    let sales: Decimal = owing.periods.iter().map(|period| period.sales).sum();
    let days: u32 = owing.periods.iter().map(|period| period.days).sum();
    let period = format!("sales of {days} days, {from} to {}", facts.end);
    let owed =
        |(item, open): (&OpenItem, Decimal)| format!("{} {} {} due {}", item.party, item.number, said(open), item.due);
    let made_of = |items: Vec<String>| -> Vec<String> { std::iter::once(period.clone()).chain(items).collect() };
    let of_days = |name, formula, value, part: Decimal, against| Figure {
        name,
        formula,
        numerator: Some(part),
        denominator: Some(sales),
        value,
        unit: "days",
        currency: None,
        against,
    };
    let all: Vec<String> = open().map(owed).collect();
    let by_period = owing.periods.iter().map(|period| format!("{} in {} days", said(period.sales), period.days));
    let overdue = owing.open - owing.current;
    figures.extend([
        of_days("dso", "receivables / sales of the period x its days", owing.dso(), owing.open, made_of(all)),
        of_days(
            "dso_count_back",
            "sales counted back until receivables are used up",
            owing.count_back(),
            owing.open,
            made_of(by_period.collect()),
        ),
        of_days(
            "dso_best_possible",
            "receivables not due yet / sales x days",
            owing.best_possible(),
            owing.current,
            made_of(open().filter(|(item, _)| is_current(item)).map(owed).collect()),
        ),
        of_days(
            "average_days_delinquent",
            "DSO less best possible DSO",
            owing.average_days_delinquent(),
            overdue,
            made_of(open().filter(|(item, _)| !is_current(item)).map(owed).collect()),
        ),
    ]);
    figures
}

fn rates_of<'f>(
    payments: impl Iterator<Item = &'f Payment> + Clone,
    deductions: impl Iterator<Item = &'f Deduction>,
    invoiced: Decimal,
    today: Date,
) -> CashRates {
    let received: Vec<ReceivedFact> = payments.clone().map(|payment| received(payment, today)).collect();
    let applied: Vec<AppliedFact> = payments.flat_map(applied).collect();
    let taken: Vec<DeductionFact> = deductions.map(deducted).collect();
    cash_rates(&received, &applied, &taken, invoiced)
}

/// Lines of a payment that did not apply themselves, or were taken back.
fn lines_by_hand(payment: &Payment) -> Vec<String> {
    let alone = |posting: &&Posting| posting.is_automatic() && !posting.is_undone;
    let lines = payment.postings.iter().max_by_key(|posting| posting.application.lines.len());
    let lines = lines.into_iter().flat_map(|posting| {
        let stands = alone(&posting);
        posting.application.lines.iter().filter(move |line| !(stands && line.split.is_some()))
    });
    lines.map(|line| format!("{} {}", payment.fact.id, line.reference)).collect()
}

fn received_alone(payment: &Payment) -> bool {
    let fact = received(payment, payment.fact.date);
    fact.untouched
}

fn received(payment: &Payment, today: Date) -> ReceivedFact {
    let standing = || payment.postings.iter().filter(|posting| !posting.is_undone);
    // An application that was taken back had lines too.
    let lines = payment.postings.iter().map(|posting| posting.application.lines.len()).max();
    let auto = standing().filter(|posting| posting.is_automatic()).flat_map(|posting| &posting.application.lines);
    let undone = payment.postings.iter().any(|posting| posting.is_undone) && !payment.is_returned;
    let by_hand = payment.postings.iter().any(|posting| !posting.is_automatic());
    let days = (today - payment.fact.date).get_days();
    ReceivedFact {
        amount: payment.fact.amount,
        untouched: payment.unapplied.is_zero() && !undone && !by_hand,
        lines: lines.unwrap_or_default() as u32,
        lines_untouched: auto.filter(|line| line.split.is_some()).count() as u32,
        unapplied: payment.unapplied,
        unapplied_days: u32::try_from(days).unwrap_or(0),
    }
}

fn applied(payment: &Payment) -> Vec<AppliedFact> {
    let made = payment.postings.iter().filter(|posting| posting.has_applied());
    made.map(|posting| AppliedFact {
        automatic: posting.is_automatic(),
        reversed_as_wrong: posting.was_wrong || (posting.is_undone && !posting.was_replaced && !payment.is_returned),
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

/// Sales by month, oldest first, and the first day: the whole scope, or the three months before its end.
fn periods<'i>(sold: impl Iterator<Item = &'i OpenItem> + Clone, scope: &Scope, to: Date) -> (Date, Vec<SalesPeriod>) {
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
    (from, periods)
}
