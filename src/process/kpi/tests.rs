//! One quarter of a small company, reckoned by hand in the comments.

use super::*;

#[test]
fn how_long_customers_take() {
    // January 31 days 100,000; February 28 days 80,000; March 31 days 120,000: 300,000 in 90 days.
    let period = |days, sales: u32| SalesPeriod { days, sales: sales.into() };
    let receivables = Receivables {
        open: 150_000.into(),
        current: 90_000.into(),
        periods: vec![period(31, 100_000), period(28, 80_000), period(31, 120_000)],
    };
    // 150,000 / 300,000 * 90 = 45
    assert_eq!(receivables.dso(), Some(45.into()));
    // 90,000 / 300,000 * 90 = 27
    assert_eq!(receivables.best_possible(), Some(27.into()));
    // 45 - 27 = 18
    assert_eq!(receivables.average_days_delinquent(), Some(18.into()));
    // March uses up 120,000 of 150,000: 31 days; 30,000 of February's 80,000 is 0.375 * 28 = 10.5: 41.5
    assert_eq!(receivables.count_back(), Some("41.5".parse().unwrap()));
    let short = Receivables { open: 400_000.into(), ..receivables.clone() };
    assert_eq!(short.count_back(), None);
    assert_eq!(Receivables { periods: Vec::new(), ..receivables }.dso(), None);
}

#[test]
fn how_much_cash_applies_itself() {
    let payment = |amount: u32, untouched, lines, lines_untouched, unapplied: u32, unapplied_days| ReceivedFact {
        amount: amount.into(),
        untouched,
        lines,
        lines_untouched,
        unapplied: unapplied.into(),
        unapplied_days,
    };
    let received = [
        payment(10_000, true, 10, 10, 0, 0),
        payment(5_000, true, 5, 5, 0, 0),
        payment(4_000, false, 4, 3, 1_000, 5),
        payment(1_000, false, 1, 0, 1_000, 45),
    ];
    let applied = |automatic, reversed_as_wrong| AppliedFact { automatic, reversed_as_wrong };
    let applications =
        [applied(true, false), applied(true, false), applied(true, true), applied(true, false), applied(false, true)];
    let deductions = [
        DeductionFact { amount: 500.into(), taken: true, ..DeductionFact::default() },
        DeductionFact {
            amount: 300.into(),
            taken: true,
            closed: true,
            disputed: 300.into(),
            recovered: 240.into(),
            written_off: 60.into(),
        },
        DeductionFact {
            amount: 100.into(),
            closed: true,
            disputed: 100.into(),
            recovered: 0.into(),
            ..DeductionFact::default()
        },
    ];
    let rates = cash_rates(&received, &applications, &deductions, 40_000.into());
    let percent = |rate: Rate| rate.percent().unwrap().to_string();
    // 2 of 4 payments; 18 of 20 lines; 1 of 4 automatic applications; 2,000 of 20,000
    assert_eq!(percent(rates.payment_auto), "50");
    assert_eq!(percent(rates.line_auto), "90");
    assert_eq!(percent(rates.false_apply), "25");
    assert_eq!(percent(rates.unapplied), "10");
    let ages: Vec<String> = rates.unapplied_by_age.iter().map(|(_, amount)| amount.to_string()).collect();
    assert_eq!(ages, ["1000", "0", "1000", "0"]);
    // 800 of 40,000 invoiced; 240 of 400 disputed in closed cases; 60 of 40,000
    assert_eq!(percent(rates.deductions), "2");
    assert_eq!(percent(rates.deductions_won), "60");
    assert_eq!(percent(rates.written_off), "0.15");
}

#[test]
fn how_many_invoices_pass_without_anybody() {
    let plain = InvoiceFact { ordered: true, first_pass: true, posted: true, ..InvoiceFact::default() };
    let invoices = [
        plain,
        plain,
        plain,
        InvoiceFact { first_pass: false, waited: true, ..plain },
        InvoiceFact { first_pass: false, holds: 2, touched: true, ..plain },
        InvoiceFact { first_pass: false, holds: 1, touched: false, posted: false, ..plain },
        InvoiceFact { ordered: false, first_pass: false, touched: true, posted: true, ..InvoiceFact::default() },
        InvoiceFact { ordered: false, posted: true, ..InvoiceFact::default() },
    ];
    let rates = payables_rates(&invoices);
    let said = |rate: Rate| format!("{}/{}", rate.part, rate.whole);
    assert_eq!(said(rates.exceptions), "2/8");
    assert_eq!(said(rates.first_pass), "3/6");
    assert_eq!(said(rates.matched_after_waiting), "1/6");
    assert_eq!(said(rates.touchless), "5/8");
}
