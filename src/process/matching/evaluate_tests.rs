//! The cases of matching as one table: what was ordered and received, what is billed; the verdict, and the entry.

use jiff::civil::{Date, date};

use super::super::billed::{BilledLine, Charge, ChargeKind};
use super::super::grni;
use super::super::ordered::{OrderedLine, item_key};
use super::super::policy::Level;
use super::super::unit::Factor;
use super::*;
use crate::process::ledger::{Chart, Currency, Draft, legs, same_legs};

#[test]
fn cases_of_matching() {
    // Ordered lines as `line item quantity unit @ price received=.. matched=..`; billed lines as `line item quantity unit @ price`.
    let table = [
        ("M1", "1 W1 100 EA @ 10 received=100", "1 W1 100 EA @ 10", "matched", "Dr GRNI 1000, Cr AP 1000"),
        (
            "M2",
            "1 W1 100 EA @ 10 received=100",
            "1 W1 100 EA @ 10.15",
            "matched",
            "Dr GRNI 1000, Dr PPV 15, Cr AP 1015",
        ),
        (
            "M3",
            "1 W1 100 EA @ 10 received=100",
            "1 W1 100 EA @ 10.50",
            "hold PRICE 50.00",
            "Dr GRNI 1000, Dr PPV 50, Cr AP 1050",
        ),
        (
            "M3 favourable",
            "1 W1 100 EA @ 10 received=100",
            "1 W1 100 EA @ 9.50",
            "matched",
            "Dr GRNI 1000, Cr PPV 50, Cr AP 950",
        ),
        ("M4", "1 W1 100 EA @ 10 received=90", "1 W1 100 EA @ 10", "hold QTY 100.00", "Dr GRNI 1000, Cr AP 1000"),
        ("M5 first", "1 W1 100 EA @ 10 received=40", "1 W1 40 EA @ 10", "matched", "Dr GRNI 400, Cr AP 400"),
        (
            "M5 second",
            "1 W1 100 EA @ 10 received=100 matched=40",
            "1 W1 60 EA @ 10",
            "matched",
            "Dr GRNI 600, Cr AP 600",
        ),
        ("M6", "1 W1 100 EA @ 10", "1 W1 100 EA @ 10", "waiting", "Dr GRNI 1000, Cr AP 1000"),
        ("M6 never more", "1 W1 100 EA @ 10 received=100 matched=100", "1 W1 100 EA @ 10", "hold QTY 1000.00", ""),
        ("M7a", "1 W1 10 CA @ 120 received=10", "1 W1 120 EA @ 10", "matched", "Dr GRNI 1200, Cr AP 1200"),
        ("M7b", "1 W2 10 CA @ 120 received=10", "1 W2 120 EA @ 10", "hold UOM 1200.00", ""),
        ("M7b not whole", "1 W1 11 CA @ 120 received=11", "1 W1 126 EA @ 10", "hold UOM 1260.00", ""),
        ("M7c", "1 W1 120 EA @ 10 received=120", "1 W1 120 EA @ 120", "hold PRICE 13200.00, UOM_SUSPECT 13200.00", ""),
        ("M7d favourable", "1 W1 120 EA @ 120 received=120", "1 W1 120 EA @ 10", "hold UOM_SUSPECT 13200.00", ""),
        (
            "M8",
            "1 W1 10 EA @ 10 received=10",
            "1 W1 10 EA @ 10; freight 35",
            "matched",
            "Dr GRNI 100, Dr Freight-in 35, Cr AP 135",
        ),
        (
            "M8 too much",
            "1 W1 10 EA @ 10 received=10",
            "1 W1 10 EA @ 10; freight 85",
            "hold FREIGHT 85.00",
            "Dr GRNI 100, Dr Freight-in 85, Cr AP 185",
        ),
        (
            "M9",
            "1 W1 100 EA @ 10 received=100; tax 8.25",
            "1 W1 100 EA @ 10; tax 82.53",
            "matched",
            "Dr GRNI 1000, Dr Tax 82.53, Cr AP 1082.53",
        ),
        ("M9 too much", "1 W1 100 EA @ 10 received=100; tax 8.25", "1 W1 100 EA @ 10; tax 83.50", "hold TAX 1.00", ""),
        (
            "M9 too little",
            "1 W1 100 EA @ 10 received=100; tax 8.25",
            "1 W1 100 EA @ 10; tax 81.50",
            "hold TAX 1.00",
            "",
        ),
        (
            "M10 over-receipt",
            "1 W1 100 EA @ 10 received=105",
            "1 W1 105 EA @ 10",
            "matched",
            "Dr GRNI 1050, Cr AP 1050",
        ),
        ("M10 too much", "1 W1 100 EA @ 10 received=106", "1 W1 106 EA @ 10", "hold QTY 10.00", ""),
        (
            "M12 lines swapped",
            "1 W1 10 EA @ 10 received=10; 2 W2 5 EA @ 7 received=5",
            "2 W1 10 EA @ 10; 1 W2 5 EA @ 7",
            "matched",
            "Dr GRNI 100+35, Cr AP 135",
        ),
        ("M12 another item", "1 W1 10 EA @ 10 received=10", "1 W9 10 EA @ 10", "hold ITEM 100.00", ""),
        ("M12 no item", "1 W1 10 EA @ 10 received=10", "1 - 10 EA @ 10", "matched", "Dr GRNI 100, Cr AP 100"),
        ("M12 no line", "1 W1 10 EA @ 10 received=10", "7 W9 10 EA @ 10", "hold NO_ORDER 100.00", ""),
        (
            "M12 one item twice",
            "1 W1 10 EA @ 10 received=10; 2 W1 5 EA @ 9 received=5",
            "9 W1 5 EA @ 9",
            "matched",
            "Dr GRNI 45, Cr AP 45",
        ),
        (
            "a substitute was acknowledged",
            "1 W1|W5 10 EA @ 10 received=10",
            "1 W5 10 EA @ 10",
            "matched",
            "Dr GRNI 100, Cr AP 100",
        ),
        (
            "small variances add up",
            "1 A1 100 EA @ 12 received=100; 2 A2 100 EA @ 12 received=100; 3 A3 100 EA @ 12 received=100",
            "1 A1 100 EA @ 12.20; 2 A2 100 EA @ 12.20; 3 A3 100 EA @ 12.20",
            "hold DOCUMENT 60.00",
            "",
        ),
        ("the total is wrong", "1 W1 10 EA @ 10 received=10", "1 W1 10 EA @ 10; total 101", "hold TOTAL 1.00", ""),
        (
            "the total is a cent off",
            "1 W1 10 EA @ 10 received=10",
            "1 W1 10 EA @ 10; total 100.01",
            "matched",
            "Dr GRNI 100, Dr Small differences 0.01, Cr AP 100.01",
        ),
        ("a line is for a cancelled one", "1 W1 0 EA @ 10", "1 W1 10 EA @ 10", "hold QTY 100.00", ""),
        (
            "M13",
            "1 W1 100 EA @ 10 received=100 matched=100 returned=10",
            "credit; 1 W1 10 EA @ 10",
            "matched",
            "Dr AP 100, Cr GRNI 100",
        ),
        (
            "M13 nothing returned",
            "1 W1 100 EA @ 10 received=100 matched=100",
            "credit; 1 W1 10 EA @ 10",
            "hold NO_RETURN 100.00",
            "",
        ),
        (
            "a debit note",
            "1 W1 100 EA @ 10 received=100 matched=100",
            "debit; 1 W1 1 EA @ 40",
            "hold PRICE 40.00",
            "Dr PPV 40, Cr AP 40",
        ),
        (
            "a small debit note",
            "1 W1 100 EA @ 10 received=100 matched=100",
            "debit; 1 W1 1 EA @ 15",
            "matched",
            "Dr PPV 15, Cr AP 15",
        ),
    ];
    for (name, ordered, billed, verdict, journal) in table {
        check(name, ordered, billed, verdict, journal);
    }
}

#[test]
fn a_refused_price_is_claimed_back_and_never_also_paid_short() {
    let (agreed, billed) = (agreed("1 W1 100 EA @ 10 received=100"), billed("1 W1 100 EA @ 10.50"));
    let found = judged(&billed, &agreed);
    assert_eq!(found.approver, Approver::Buyer);
    assert_eq!(
        found.holds[0].words,
        "line 1: 1050.00 for 100 EA at 10.5, 1000.00 was agreed (+5 %, 50.00 more; 20.00 is allowed)"
    );
    let refusal = found.refuse_price(&billed, &agreed);
    says("M3 refused", "Dr GRNI 1000, Dr Claims 50, Cr AP 1050", &refusal.posted);
    says("M3 debit memo", "Dr AP 50, Cr Claims 50", &refusal.debit_memo);
}

#[test]
fn what_came_is_paid_and_the_rest_disputed() {
    let (agreed, billed) = (agreed("1 W1 100 EA @ 10 received=90"), billed("1 W1 100 EA @ 10; tax 82.50"));
    let (draft, disputed) = judged(&billed, &agreed).pay_received(&billed, &agreed);
    says("M4 as received", "Dr GRNI 900, Dr Tax 74.25, Cr AP 974.25", &draft);
    assert_eq!(disputed, "108.25".parse().unwrap());
}

#[test]
fn an_invoice_that_came_before_has_no_effect() {
    let (agreed, billed) = (agreed("1 W1 100 EA @ 10 received=100"), billed("1 W1 100 EA @ 10"));
    let earlier = |number: &str, total: u32| Earlier {
        number: number.into(),
        kind: BilledKind::Invoice,
        total: Decimal::from(total),
        date: day(),
    };
    for (earlier, verdict) in [
        (earlier("I1", 1000), "duplicate"),
        (earlier("I1", 900), "hold CONFLICT 100.00"),
        (earlier("0001", 1000), "hold DUPLICATE_SUSPECT 1000.00"),
    ] {
        let found = evaluate(&billed, &agreed, &Factors::default(), &Policy::default(), &[earlier]);
        assert_eq!(found.said(&billed), verdict);
    }
}

#[test]
fn the_class_of_an_item_says_what_it_is_held_against() {
    let classes = [("services".to_owned(), Level::TwoWay), ("inspected".to_owned(), Level::FourWay)];
    let policy = Policy { classes: classes.into(), ..Policy::default() };
    let billed = billed("1 W1 100 EA @ 10");
    for (ordered, verdict) in [
        ("1 W1 100 EA @ 10", "waiting"),
        ("1 W1 100 EA @ 10 class=services", "matched"),
        ("1 W1 100 EA @ 10 class=inspected", "waiting"),
        ("1 W1 100 EA @ 10 class=hardware received=100", "matched"),
        ("1 W1 90 EA @ 10 class=services", "hold QTY 100.00"),
    ] {
        let found = evaluate(&billed, &agreed(ordered), &Factors::default(), &policy, &[]);
        assert_eq!(found.said(&billed), verdict, "{ordered}");
    }
}

#[test]
fn what_is_received_and_never_invoiced_grows_old() {
    let agreed = agreed("1 W1 100 EA @ 10 received=100; 2 W2 5 EA @ 7 received=5 matched=5");
    for (days_on, owner) in [(31, "ap"), (61, "purchasing")] {
        let today = day().checked_add(jiff::Span::new().days(days_on)).unwrap();
        let lines = agreed.lines.iter().map(|line| (line, "orbit", day()));
        let [old] = &grni::uninvoiced(lines, Currency::USD, today)[..] else { panic!("M14: one line is open") };
        assert_eq!((&*old.name, old.amount, &*old.owner), ("4501/1", Decimal::from(1000), owner));
    }
}

#[test]
fn cents_come_to_nothing_over_all_invoices_of_a_line() {
    let line = &agreed("1 W1 100 EA @ 0.333").lines[0];
    let (mut posted, mut received, mut matched) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    for (came, billed) in [(7, 3), (20, 11), (73, 50), (0, 36)] {
        let (came, billed) = (Decimal::from(came), Decimal::from(billed));
        posted +=
            accrued(line.price, received, came, Currency::USD) - accrued(line.price, matched, billed, Currency::USD);
        (received, matched) = (received + came, matched + billed);
    }
    assert_eq!((received, posted), (matched, Decimal::ZERO));
}

fn check(name: &str, ordered: &str, text: &str, verdict: &str, journal: &str) {
    let (agreed, billed) = (agreed(ordered), billed(text));
    let found = judged(&billed, &agreed);
    assert_eq!(found.said(&billed), verdict, "{name}: {:#?}", found.holds);
    if !journal.is_empty() {
        says(name, journal, &found.post(&billed, &agreed));
    }
}

fn says(name: &str, journal: &str, draft: &Draft) {
    let wanted = legs(journal, &Chart::default()).unwrap();
    assert!(same_legs(&wanted, &draft.legs), "{name}: {}", draft.said(&Chart::default()));
}

fn judged(billed: &Billed, agreed: &Agreed) -> Match {
    let factors = Factors(vec![Factor {
        item: "W1".into(),
        supplier: None,
        from: "CA".into(),
        to: "EA".into(),
        factor: Decimal::from(12),
        since: date(2025, 1, 1),
        until: None,
        approved_by: Some("anna".into()),
    }]);
    evaluate(billed, agreed, &factors, &Policy::default(), &[])
}

fn agreed(text: &str) -> Agreed {
    let mut agreed = Agreed {
        currency: Currency::USD,
        lines: Vec::new(),
        tax_percent: None,
        freight: Decimal::ZERO,
        names: super::super::ItemNames::new(),
    };
    for part in text.split(';').map(str::trim) {
        if let Some(percent) = part.strip_prefix("tax ") {
            agreed.tax_percent = percent.parse().ok();
            continue;
        }
        let words: Vec<&str> = part.split_whitespace().collect();
        let said = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)).map_or(Decimal::ZERO, number);
        agreed.lines.push(OrderedLine {
            order: "4501".into(),
            line: words[0].into(),
            item: words[1].split('|').next().unwrap().into(),
            ids: words[1].split('|').map(item_key).collect(),
            class: words.iter().find_map(|word| word.strip_prefix("class=")).map(Into::into),
            unit: words[3].into(),
            price: number(words[5]),
            ordered: number(words[2]),
            received: said("received="),
            usable: said("received="),
            returned: said("returned="),
            matched: said("matched="),
            credited: Decimal::ZERO,
            overcharged: said("overcharged="),
            shipments: Vec::new(),
        });
    }
    agreed
}

fn billed(text: &str) -> Billed {
    let mut billed = Billed {
        kind: BilledKind::Invoice,
        number: "I1".into(),
        supplier: "orbit".into(),
        currency: Currency::USD,
        date: day(),
        order: Some("4501".into()),
        shipment: None,
        lines: Vec::new(),
        charges: Vec::new(),
        tax: Decimal::ZERO,
        taxes: Vec::new(),
        total: Decimal::ZERO,
        elsewhere: Decimal::ZERO,
        discount: None,
    };
    let mut total = None;
    for part in text.split(';').map(str::trim) {
        let words: Vec<&str> = part.split_whitespace().collect();
        match words[..] {
            ["credit"] => billed.kind = BilledKind::CreditNote,
            ["debit"] => billed.kind = BilledKind::DebitNote,
            ["tax", amount] => billed.tax = number(amount),
            ["total", amount] => total = Some(number(amount)),
            ["freight", amount] => {
                billed.charges.push(Charge { kind: ChargeKind::Freight, code: "D240".into(), amount: number(amount) });
            }
            [line, item, quantity, unit, "@", price] => billed.lines.push(BilledLine {
                number: line.into(),
                order: None,
                order_line: Some(line.into()),
                ids: if item == "-" { Vec::new() } else { vec![item_key(item)] },
                quantity: number(quantity),
                unit: unit.into(),
                price: number(price),
                amount: Currency::USD.round(number(quantity) * number(price)),
            }),
            _ => panic!("{part}"),
        }
    }
    billed.total = total.unwrap_or_else(|| billed.reckoned());
    billed
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn day() -> Date {
    date(2026, 3, 1)
}
