//! Cash application and matching: how many lines apply themselves, whether any does so wrongly, and how fast.
//!
//! `cargo bench --bench cash`. One core; customers, payments and invoices are made here from seeds. First what deciding costs;
//! then the same through the gateway, with `ENTREPOT_BENCH_OPEN` (50,000) open items, `ENTREPOT_BENCH_HISTORY` (50,000) settled
//! ones, and ten times as many settled ones.

mod house;
mod noise;

use std::time::{Duration, Instant};

use entrepot::process::cash::{Application, Case, Funds, OpenList, Policy, apply};
use entrepot::process::ledger::{Currency, OpenItem};
use entrepot::process::matching::{self, Agreed, Billed, BilledKind, BilledLine, Factors, OrderedLine};
use noise::{Noise, World, world};
use rust_decimal::Decimal;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!(
        "{:<20} {:>8} {:>8} {:>12} {:>10} {:>8}",
        "advices", "payments", "lines", "payments, %", "lines, %", "wrong"
    );
    for (name, noise) in [("from systems", Noise::EDI), ("from people", Noise::PEOPLE)] {
        for seed in seeds() {
            let tally = rates(&world(seed, 200, 60, noise));
            println!(
                "{:<20} {:>8} {:>8} {:>12.1} {:>10.1} {:>8}",
                format!("{name}, seed {seed}"),
                tally.payments,
                tally.lines,
                percent(tally.payments_applied, tally.payments),
                percent(tally.lines_right, tally.lines),
                tally.lines_wrong
            );
        }
    }
    for open in [5_000, 50_000] {
        println!("a remittance of 2,000 lines against {open} open items: {:?}", best(|| long_remittance(open)));
    }
    println!("an invoice of 1,000 lines: {:?}", best(long_invoice));
    let asked = |name: &str, usual: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    house::measure(asked("ENTREPOT_BENCH_OPEN", 50_000), asked("ENTREPOT_BENCH_HISTORY", 50_000));
}

/// Each makes a world of its own; `ENTREPOT_BENCH_SEEDS=41,42` asks for others.
fn seeds() -> Vec<u64> {
    let asked = std::env::var("ENTREPOT_BENCH_SEEDS").unwrap_or_else(|_| "1,2,3".into());
    asked.split(',').filter_map(|seed| seed.trim().parse().ok()).collect()
}

#[derive(Default)]
struct Tally {
    payments: usize,
    payments_applied: usize,
    lines: usize,
    lines_right: usize,
    lines_wrong: usize,
}

/// Applies every payment of a world in its order and compares with the truth.
fn rates(world: &World) -> Tally {
    let (mut tally, policy) = (Tally::default(), Policy::default());
    let mut items = world.items.clone();
    for paid in &world.payments {
        let payer = paid.fact.payer.clone().unwrap_or_default();
        let application = {
            let related = items.iter().filter(|item| world.payers.related(&payer, &item.party));
            let list = OpenList::new(related, &policy);
            let case = Case {
                fact: &paid.fact,
                advice: paid.advice.as_ref(),
                funds: Funds::Fresh,
                list: &list,
                payers: &world.payers,
                policy: &policy,
                given_today: Decimal::ZERO,
                ranking: None,
            };
            apply(&case)
        };
        tally.payments += 1;
        tally.payments_applied += usize::from(application.is_touchless());
        tally.lines += paid.truth.len();
        for line in application.lines.iter().filter(|line| line.applied) {
            let right = if paid.advice.is_some() {
                line.item.as_ref() == paid.truth.get(line.line - 1)
            } else {
                line.item.as_ref().is_some_and(|item| paid.truth.contains(item))
            };
            *if right { &mut tally.lines_right } else { &mut tally.lines_wrong } += 1;
        }
        book(&mut items, &application);
    }
    tally
}

/// Takes what was applied off the open items.
fn book(items: &mut [OpenItem], application: &Application) {
    for line in &application.lines {
        let Some((number, split)) = line.item.as_ref().zip(line.split.as_ref()) else { continue };
        let item = items.iter_mut().find(|item| item.number == *number).expect("an item that was open");
        item.apply(split.applied()).expect("no more than is open");
    }
}

fn long_remittance(open: usize) -> Duration {
    let mut world = world(7, 1, open, Noise::PEOPLE);
    let mut paid = world.payments.swap_remove(0);
    let template =
        paid.advice.clone().or_else(|| world.payments.iter().find_map(|p| p.advice.clone())).expect("an advice");
    let mut advice = template.clone();
    advice.items =
        world.payments.iter().filter_map(|p| p.advice.as_ref()).flat_map(|a| a.items.clone()).take(2000).collect();
    advice.amount = advice.items.iter().filter_map(|item| item.paid).sum();
    paid.fact.amount = advice.amount;
    let policy = Policy::default();
    let began = Instant::now();
    let list = OpenList::new(&world.items, &policy);
    let case = Case {
        fact: &paid.fact,
        advice: Some(&advice),
        funds: Funds::Fresh,
        list: &list,
        payers: &world.payers,
        policy: &policy,
        given_today: Decimal::ZERO,
        ranking: None,
    };
    let application = apply(&case);
    let took = began.elapsed();
    assert!(application.lines.iter().filter(|line| line.applied).count() > 1000);
    took
}

fn long_invoice() -> Duration {
    let line = |n: u32| OrderedLine {
        order: "4501".into(),
        line: n.to_string().into(),
        item: format!("W{n}").into(),
        ids: vec![format!("W{n}").into()],
        class: None,
        unit: "EA".into(),
        price: Decimal::new(1049, 2),
        ordered: 100.into(),
        received: 100.into(),
        usable: 100.into(),
        returned: Decimal::ZERO,
        matched: Decimal::ZERO,
        credited: Decimal::ZERO,
        overcharged: Decimal::ZERO,
        shipments: Vec::new(),
    };
    let billed_line = |n: u32| BilledLine {
        number: n.to_string().into(),
        order: None,
        order_line: Some((1001 - n).to_string().into()),
        ids: vec![format!("W{n}").into()],
        quantity: 100.into(),
        unit: "EA".into(),
        price: Decimal::new(1049, 2),
        amount: 1049.into(),
    };
    let agreed = Agreed {
        currency: Currency::USD,
        lines: (1..=1000).map(line).collect(),
        tax_percent: None,
        freight: Decimal::ZERO,
        names: matching::ItemNames::new(),
    };
    let billed = Billed {
        kind: BilledKind::Invoice,
        number: "I1".into(),
        supplier: "orbit".into(),
        currency: Currency::USD,
        date: jiff::civil::date(2026, 3, 1),
        order: Some("4501".into()),
        shipment: None,
        lines: (1..=1000).map(billed_line).collect(),
        charges: Vec::new(),
        tax: Decimal::ZERO,
        taxes: Vec::new(),
        total: 1_049_000.into(),
        elsewhere: Decimal::ZERO,
        discount: None,
    };
    let began = Instant::now();
    let found = matching::evaluate(&billed, &agreed, &Factors::default(), &matching::Policy::default(), &[]);
    let took = began.elapsed();
    assert_eq!(found.said(&billed), "matched");
    took
}

fn best(run: impl Fn() -> Duration) -> Duration {
    (0..5).map(|_| run()).min().unwrap_or_default()
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
