use jiff::civil::date;

use super::*;
use crate::process::ledger::{Chart, cents};

#[test]
fn a_later_bill_corrects_its_accrual() {
    settles("0", "120", "1", true, "Dr GRNI 100.00, Dr Inventory 20.00, Cr AP 120.00");
    settles("0", "120", "0.25", true, "Dr GRNI 100.00, Dr Inventory 5.00, Dr Freight-in 15.00, Cr AP 120.00");
    settles("0", "80", "1", true, "Dr GRNI 100.00, Cr Inventory 20.00, Cr AP 80.00");
    settles("0", "80", "1", false, "Dr GRNI 80.00, Cr AP 80.00");
    settles("80", "30", "0", true, "Dr GRNI 20.00, Dr Freight-in 10.00, Cr AP 30.00");
}

/// What is expected is said as `R1 100, R2 200 of slow`; duty as `R1 40 duty`. A bill is `120`, `120 duty 40 tax 10`.
#[test]
fn a_bill_finds_what_was_expected_or_says_what_it_lacks() {
    judged("R1 100", "120", "matched", "Dr GRNI 100.00, Dr Inventory 20.00, Cr AP 120.00");
    judged("R1 100", "160", "hold FREIGHT 60.00", "Dr GRNI 100.00, Dr Inventory 60.00, Cr AP 160.00");
    judged("", "35", "hold NO_ACCRUAL 35.00", "Dr Inventory 35.00, Cr AP 35.00");
    judged("R1 0", "35", "hold NO_ACCRUAL 35.00", "Dr Inventory 35.00, Cr AP 35.00");
    judged("R1 100 of slow", "100", "hold NO_ACCRUAL 100.00", "Dr Inventory 100.00, Cr AP 100.00");
    judged("R1 100 of slow, R1 90 of fast", "100", "matched", "Dr GRNI 90.00, Dr Inventory 10.00, Cr AP 100.00");
    judged(
        "R1 100, R1 40 duty",
        "110 duty 42 tax 20",
        "matched",
        "Dr GRNI 100.00, Dr Inventory 10.00, Dr Tax 20.00, Dr GRNI 40.00, Dr Inventory 2.00, Cr AP 172.00",
    );
    judged("R1 100", "100 duty 5", "hold NO_ACCRUAL 5.00", "Dr GRNI 100.00, Dr Inventory 5.00, Cr AP 105.00");
}

/// Several receipts of one order, and a bill that names the order alone.
#[test]
fn of_several_it_takes_the_one_it_comes_to_or_all_together() {
    judged("R1 100, R2 300", "300", "matched", "Dr GRNI 300.00, Cr AP 300.00");
    judged("R1 100, R2 300", "110", "matched", "Dr GRNI 100.00, Dr Inventory 10.00, Cr AP 110.00");
    judged("R1 100, R2 300", "405", "matched", "Dr GRNI 100.00, Dr GRNI 300.00, Dr Inventory 5.00, Cr AP 405.00");
    judged("R1 100, R2 100", "100", "hold FREIGHT 100.00", "Dr GRNI 100.00, Cr AP 100.00");
    judged("R1 100, R2 100", "130", "hold FREIGHT 130.00", "Dr GRNI 100.00, Dr GRNI 30.00, Cr AP 130.00");
    judged("R1 100, R2 100", "200", "matched", "Dr GRNI 100.00, Dr GRNI 100.00, Cr AP 200.00");
}

#[test]
fn goods_that_have_not_come_are_waited_for_and_nothing_counts_twice() {
    let (billed, bill) = bill("120");
    assert_eq!(bill.judge(&billed, false, &[], &[]).said(&billed), "waiting");
    let earlier = |number: &str, total: i64| Earlier {
        number: number.into(),
        kind: BilledKind::Invoice,
        total: Decimal::from(total),
        date: date(2026, 3, 1),
    };
    let expected = expected("R1 100");
    let said = |earlier: Earlier| bill.judge(&billed, true, &expected, &[earlier]).said(&billed);
    assert_eq!(said(earlier("F1", 120)), "duplicate");
    assert_eq!(said(earlier("F1", 90)), "hold CONFLICT 30.00");
    assert_eq!(said(earlier("INV-F1", 120)), "hold DUPLICATE_SUSPECT 120.00");
    let abroad = [Expected { currency: Currency::of("EUR").unwrap(), ..expected[0].clone() }];
    assert_eq!(bill.judge(&billed, true, &abroad, &[]).said(&billed), "hold CURRENCY 120.00");
}

#[test]
fn a_credit_takes_back_what_it_says() {
    let (billed, bill) = bill("20 tax 2");
    let half = CostBill { in_stock: "0.5".parse().unwrap(), ..bill };
    let legs = "Dr AP 22.00, Cr Inventory 10.00, Cr Freight-in 10.00, Cr Tax 2.00";
    assert_eq!(half.credit(&billed).said(&Chart::default()), legs);
}

#[test]
fn what_a_bill_is_for_its_charges_say_first() {
    let json = r#"{"number":"F1","total":"190","taxes":[{"amount":"20"}],
        "adjustments":[{"kind":"charge","code":"D160","amount":"40"},{"kind":"charge","code":"D240","amount":"30"}],
        "lines":[{"number":"1","quantity":"1","price":"100"}]}"#;
    let billed = Billed::of(&serde_json::from_str(json).unwrap(), "fast", date(2026, 3, 2));
    let shares = |usual| CostBill::shares(&billed, usual);
    assert_eq!(shares(CostKind::Freight), (Decimal::from(130), Decimal::from(40)));
    assert_eq!(shares(CostKind::Duty), (Decimal::from(30), Decimal::from(140)));
}

fn settles(billed: &str, amount: &str, in_stock: &str, last: bool, legs: &str) {
    let expected = Expected { billed: billed.parse().unwrap(), ..expected("S1 100").remove(0) };
    assert_eq!(expected.accrue("fast").said(&Chart::default()), "Dr Inventory 100.00, Cr GRNI 100.00");
    let (amount, tax) = (amount.parse().unwrap(), Decimal::ZERO);
    let bill = Bill { number: "F1", supplier: "fast", amount, tax, last };
    assert_eq!(expected.settle(&bill, in_stock.parse().unwrap()).said(&Chart::default()), legs);
}

fn judged(wanted: &str, amounts: &str, verdict: &str, legs: &str) {
    let (expected, (billed, bill)) = (expected(wanted), bill(amounts));
    let found = bill.judge(&billed, true, &expected, &[]);
    assert_eq!(found.said(&billed), verdict, "{wanted} / {amounts}: {:?}", found.holds);
    let settled = bill.settle(&billed, &expected, true);
    assert_eq!(settled.draft.said(&Chart::default()), legs, "{wanted} / {amounts}");
    let sum: Decimal = settled.draft.legs.iter().map(|leg| leg.signed()).sum();
    assert!(sum.is_zero(), "{wanted} / {amounts}");
}

fn expected(text: &str) -> Vec<Expected> {
    let one = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let kind = if words.contains(&"duty") { CostKind::Duty } else { CostKind::Freight };
        let carrier = words.iter().position(|word| *word == "of").map(|at| words[at + 1].into());
        let (shipment, amount) = (words[0].into(), words[1].parse().unwrap());
        Expected { shipment, kind, carrier, currency: Currency::USD, amount, billed: Decimal::ZERO }
    };
    text.split(", ").filter(|words| !words.is_empty()).map(one).collect()
}

fn bill(text: &str) -> (Billed, CostBill) {
    let words: Vec<&str> = text.split(' ').collect();
    let of = |word: &str| {
        let at = words.iter().position(|known| *known == word);
        at.map_or(Decimal::ZERO, |at| words[at + 1].parse().unwrap())
    };
    let (freight, duty, tax): (Decimal, _, _) = (words[0].parse().unwrap(), of("duty"), of("tax"));
    let line = crate::process::matching::BilledLine::told("1", &[], Decimal::ONE, freight + duty, Currency::USD);
    let billed = Billed::told(BilledKind::Invoice, "F1", "fast", Currency::USD, date(2026, 3, 2))
        .for_order("4501", None, vec![line])
        .charging(tax, cents(0), None);
    let bill = CostBill {
        carrier: "fast".into(),
        freight,
        duty,
        about: Vec::new(),
        credits: None,
        is_partial: false,
        in_stock: Decimal::ONE,
        whole: billed.total,
        policy: Box::default(),
    };
    (billed, bill)
}
