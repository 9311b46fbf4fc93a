//! The cases of cash application as one table: open items, the bank's line, the advice; the entry, and what is left to ask.

use super::super::testing::{advice, day_of, items};
use super::super::{FactKind, Undoing, undo};
use super::*;
use crate::process::ledger::{Chart, Currency, legs, same_legs};

/// 100234 1000.00, 100235 2500.00 with 2/10 n30 of 1 March, 100236 740.50.
const OPEN: &str = "100234 1000; 100235 2500 2/10; 100236 740.50";

struct Row<'a> {
    name: &'a str,
    items: &'a str,
    /// Day, amount, and what the booking says.
    bank: &'a str,
    advice: &'a str,
    journal: &'a str,
    /// What is unapplied, deductions, questions.
    left: &'a str,
}

#[test]
fn cases_of_cash_application() {
    let c11 = "100234 1000; 100235 2500; 100236 740.50; 100237 1300.25; 100238 415.30";
    let table = [
        ("C1", OPEN, "03-05 1000", "1000 | 100234 1000", "Dr Cash 1000, Cr AR 1000", ""),
        (
            "C2",
            OPEN,
            "03-20 4240.50",
            "4240.50 | 100234 1000; 100235 2500; 100236 740.50",
            "Dr Cash 4240.50, Cr AR 1000+2500+740.50",
            "",
        ),
        (
            "C3 earned discount",
            OPEN,
            "03-11 2450",
            "2450 | 100235 2450 discount=50",
            "Dr Cash 2450, Dr Discount allowed 50, Cr AR 2500",
            "",
        ),
        (
            "C4 discount taken too late",
            OPEN,
            "03-25 2450",
            "2450 | 100235 2450 discount=50",
            "Dr Cash 2450, Dr AR-Deductions 50, Cr AR 2500",
            "unearned_discount 50 ar; UnearnedDiscount 50",
        ),
        (
            "C5 coded deduction",
            OPEN,
            "03-20 2375",
            "2375 | 100235 2375 -125:06",
            "Dr Cash 2375, Dr AR-Deductions 125, Cr AR 2500",
            "shortage 125 warehouse",
        ),
        (
            "C5 before adjustments",
            OPEN,
            "03-20 2375",
            "2375 | 100235 2500 -125:06",
            "Dr Cash 2375, Dr AR-Deductions 125, Cr AR 2500",
            "shortage 125 warehouse",
        ),
        ("C6", OPEN, "03-05 740", "740 | 100236 740", "Dr Cash 740, Dr Small diff 0.50, Cr AR 740.50", ""),
        ("C7 short, unexplained", OPEN, "03-05 900", "900 | 100234 900", "Dr Cash 900, Cr AR 900", "ShortPay 100"),
        (
            "C8",
            OPEN,
            "03-05 1050",
            "1050 | 100234 1050",
            "Dr Cash 1050, Cr AR 1000, Cr Unapplied 50",
            "unapplied 50; Overpayment 50",
        ),
        ("C9", OPEN, "03-05 1000", "1000 | INV_1OO234 1000", "Dr Cash 1000, Cr AR 1000", ""),
        ("C9 in the booking", OPEN, "03-05 1000 INV 1OO234", "", "Dr Cash 1000, Cr AR 1000", ""),
        (
            "C10",
            "100241 1000; 100243 1000",
            "03-05 1000",
            "1000 | 10024 1000",
            "Dr Cash 1000, Cr Unapplied 1000",
            "unapplied 1000; Ambiguous 1000 (100241 or 100243)",
        ),
        (
            "C10 amounts are no factor",
            "100241 1000; 100243 900",
            "03-05 1000",
            "1000 | 10024 1000",
            "Dr Cash 1000, Cr Unapplied 1000",
            "unapplied 1000; Ambiguous 1000 (100241 or 100243)",
        ),
        (
            "C11",
            c11,
            "03-05 3240.50",
            "",
            "Dr Cash 3240.50, Cr Unapplied 3240.50",
            "unapplied 3240.50; AmountAlone 3240.50 (100235+100236)",
        ),
        (
            "C12 credit memo netted",
            "100234 1000; 9001 -200",
            "03-05 800",
            "800 | 100234 1000; CM 9001 -200",
            "Dr Cash 800, Dr AR 200, Cr AR 1000",
            "",
        ),
        (
            "C12 credit unknown",
            OPEN,
            "03-05 800",
            "800 | 100234 1000; CM 9001 -200",
            "Dr Cash 800, Dr AR-Deductions 200, Cr AR 1000",
            "credit_taken 200 ar; UnknownCredit 200",
        ),
        (
            "C13 bank charges",
            OPEN,
            "03-05 985 charges=15",
            "1000 | 100234 1000",
            "Dr Cash 985, Dr Bank charges 15, Cr AR 1000",
            "",
        ),
        (
            "C14b",
            "100234 1000 closed; 100235 2500",
            "03-05 1000 100234",
            "",
            "Dr Cash 1000, Cr Unapplied 1000",
            "unapplied 1000; DuplicatePayment 1000",
        ),
        (
            "C16",
            OPEN,
            "03-05 716.20",
            "716.20 | 100236 716.20 -24.30:E4",
            "Dr Cash 716.20, Dr AR-Deductions 24.30, Cr AR 740.50",
            "shortage 24.30 warehouse",
        ),
        (
            "C16 the other sign",
            OPEN,
            "03-05 716.20",
            "716.20 | 100236 716.20 24.30:E4",
            "Dr Cash 716.20, Dr AR-Deductions 24.30, Cr AR 740.50",
            "shortage 24.30 warehouse",
        ),
        (
            "C17 cash first",
            OPEN,
            "03-05 1000",
            "",
            "Dr Cash 1000, Cr Unapplied 1000",
            "unapplied 1000; AmountAlone 1000 (100234)",
        ),
        ("C17 then the advice", OPEN, "03-05 1000 waiting", "1000 | 100234 1000", "Dr Unapplied 1000, Cr AR 1000", ""),
        (
            "C18 adjustments outside items",
            OPEN,
            "03-20 3290",
            "3290 | 100234 1000; 100235 2500; outer -210:70",
            "Dr Cash 3290, Dr AR-Deductions 210, Cr AR 3500",
            "compliance 210 compliance",
        ),
        (
            "C19",
            OPEN,
            "03-20 1000",
            "1000 | 100234 1000; outer 210:01",
            "Dr Cash 1000, Cr Unapplied 1000",
            "unapplied 1000; Imbalance 1000",
        ),
        (
            "the bank says another amount",
            OPEN,
            "03-20 990",
            "1000 | 100234 1000",
            "Dr Cash 990, Cr Unapplied 990",
            "unapplied 990; AmountDiffers 10",
        ),
        (
            "C20 a sister's invoice",
            "100234 1000 party=east",
            "03-05 1000",
            "1000 | 100234 1000",
            "Dr Cash 1000, Cr AR 1000",
            "",
        ),
        (
            "C20 a stranger's invoice",
            "100234 1000 party=nordwind",
            "03-05 1000",
            "1000 | 100234 1000",
            "Dr Cash 1000, Cr Unapplied 1000",
            "unapplied 1000; OtherParty 1000",
        ),
        (
            "the order instead",
            "100234 1000 order=4501; 100235 50",
            "03-05 1000",
            "1000 | PO 4501 1000",
            "Dr Cash 1000, Cr AR 1000",
            "",
        ),
        (
            "the order, but the amount is another's too",
            "100234 1000 order=4501; 100235 1000",
            "03-05 1000",
            "1000 | PO 4501 1000",
            "Dr Cash 1000, Cr Unapplied 1000",
            "unapplied 1000; Ambiguous 1000 (100234)",
        ),
        (
            "the number says one, the amount another",
            OPEN,
            "03-05 740.50",
            "740.50 | 100234 740.50",
            "Dr Cash 740.50, Cr Unapplied 740.50",
            "unapplied 740.50; Ambiguous 740.50 (100234)",
        ),
        (
            "two numbers in the booking",
            OPEN,
            "03-20 1740.50 INV 100234, 100236",
            "",
            "Dr Cash 1740.50, Cr AR 1740.50",
            "",
        ),
        (
            "two numbers, one with a digit wrong, and only it has the rest",
            OPEN,
            "03-20 1740.50 INV 100234, 100239",
            "",
            "Dr Cash 1740.50, Cr Unapplied 1740.50",
            "unapplied 1740.50; Ambiguous 0 (100234 or 100235 or 100236)",
        ),
        (
            "two numbers, one with a digit wrong that only one item is near",
            "100234 1000; 200777 740.50; 300555 80",
            "03-20 1740.50 INV 100234, 200778",
            "",
            "Dr Cash 1740.50, Cr AR 1740.50",
            "",
        ),
        (
            "the same, where another item comes to the rest as well",
            "100234 1000; 200777 740.50; 300555 740.50",
            "03-20 1740.50 INV 100234, 200778",
            "",
            "Dr Cash 1740.50, Cr Unapplied 1740.50",
            "unapplied 1740.50; Ambiguous 0 (200777)",
        ),
        (
            "a number that is none of ours beside those that make the amount",
            OPEN,
            "03-20 1740.50 100234 100236 20260318",
            "",
            "Dr Cash 1740.50, Cr AR 1740.50",
            "",
        ),
        (
            "two numbers that do not add up",
            OPEN,
            "03-20 1700 100234 100236",
            "",
            "Dr Cash 1700, Cr Unapplied 1700",
            "unapplied 1700; Ambiguous 1700 (100234+100236)",
        ),
        (
            "one line of two is known",
            OPEN,
            "03-20 1500",
            "1500 | 100234 1000; 777777 500",
            "Dr Cash 1500, Cr AR 1000, Cr Unapplied 500",
            "unapplied 500; Ambiguous 500",
        ),
        (
            "one invoice twice",
            OPEN,
            "03-20 1500",
            "1500 | 100234 500; 100234 1000",
            "Dr Cash 1500, Cr AR 1000, Cr Unapplied 500",
            "unapplied 500; ShortPay 500; Overpayment 500",
        ),
    ];
    for (name, items, bank, advice, journal, left) in table {
        Row { name, items, bank, advice, journal, left }.check();
    }
}

#[test]
fn an_application_is_taken_back_once_and_whole() {
    let (items, policy, payers) = (items(OPEN), Policy::default(), Payers::default());
    let (list, advice) = (OpenList::new(&items, &policy), advice("2375 | 100235 2375 -125:06"));
    let fact = fact("03-20 2375");
    let case = Case {
        fact: &fact,
        advice: Some(&advice),
        funds: Funds::Fresh,
        list: &list,
        payers: &payers,
        policy: &policy,
        given_today: Decimal::ZERO,
        ranking: None,
    };
    let application = apply(&case);
    assert!(application.is_touchless());
    let line = &application.lines[0];
    assert_eq!(line.because, "number exact; 125.00 deducted for shortage (code 06)");
    let undone = undo(&application, &fact, Funds::Fresh, Undoing::Misapplied);
    assert_eq!(undone.reopened, [("100235".into(), Decimal::from(2500))]);
    assert_eq!(undone.voided, [application.deductions[0].id.clone()]);
    assert_eq!(undone.then.unwrap().said(&Chart::default()), "Dr Cash 2375.00, Cr Unapplied 2375.00");
    assert_eq!(undo(&application, &fact, Funds::Fresh, Undoing::Returned).then, None);
}

#[test]
fn a_person_decides() {
    let (items, policy, payers) = (items(OPEN), Policy::default(), Payers::default());
    let list = OpenList::new(&items, &policy);
    let fact = fact("03-20 3240.50");
    let funds = Funds::Unapplied("3240.50".parse().unwrap());
    let case = Case {
        fact: &fact,
        advice: None,
        funds,
        list: &list,
        payers: &payers,
        policy: &policy,
        given_today: Decimal::ZERO,
        ranking: None,
    };
    assert_eq!(apply(&case).draft, None);
    let proposal = apply(&case).questions[0].proposals[0].clone();
    let application = accept(&case, &proposal.items).unwrap();
    assert_eq!(application.draft.unwrap().said(&Chart::default()), "Dr Unapplied 3240.50, Cr AR 2500.00, Cr AR 740.50");
    assert!(accept(&case, &[("100234".into(), Decimal::from(9999))]).unwrap_err().contains("more than"));
    assert_eq!(accept(&case, &[("7".into(), Decimal::ONE)]).unwrap_err(), "7 is not an open item");
    for (amount, why) in [
        ("0", "0 USD on 100234 is not an amount"),
        ("0.004", "0.004 USD on 100234 is not an amount: it is counted in 0.01"),
        ("1000.01", "1000.01 USD is more than the 1000.00 that is open of 100234"),
        ("-1", "cannot go on 100234"),
    ] {
        let said = accept(&case, &[("100234".into(), amount.parse().unwrap())]).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
    let twice = [("100234".into(), Decimal::from(900)), ("100234".into(), Decimal::from(200))];
    assert!(accept(&case, &twice).unwrap_err().contains("more than the 100.00 that is open"));
    assert!(accept(&case, &[]).unwrap_err().contains("no item is named"));
    let largest = [("100234".into(), Decimal::MAX), ("100234".into(), Decimal::MAX)];
    assert!(accept(&case, &largest).unwrap_err().contains("larger than any money"));
}

#[test]
fn money_of_one_currency_pays_nothing_of_another() {
    let (items, policy, payers) =
        (items("INV-2001 1000 currency=EUR; 100234 1000"), Policy::default(), Payers::default());
    let list = OpenList::new(&items, &policy);
    let fact = fact("03-20 1000 INV-2001");
    let case = Case {
        fact: &fact,
        advice: None,
        funds: Funds::Fresh,
        list: &list,
        payers: &payers,
        policy: &policy,
        given_today: Decimal::ZERO,
        ranking: None,
    };
    let words = "the money is USD, and INV-2001 is owed in EUR";
    let waits = "Dr Cash 1000.00, Cr Unapplied 1000.00";
    let advice = advice("1000 | INV-2001 1000");
    for case in [case, Case { advice: Some(&advice), ..case }] {
        let application = apply(&case);
        assert_eq!(application.draft.as_ref().unwrap().said(&Chart::default()), waits);
        assert!(application.questions[0].words.contains(words), "{:?}", application.questions);
    }
    let waiting = Case { funds: Funds::Unapplied(fact.amount), ..case };
    for chosen in [
        vec![("INV-2001".into(), Decimal::from(60))],
        vec![("100234".into(), Decimal::from(60)), ("INV-2001".into(), Decimal::from(60))],
    ] {
        assert!(accept(&waiting, &chosen).unwrap_err().contains(words));
    }
}

impl Row<'_> {
    fn check(&self) {
        let (items, policy) = (items(self.items), Policy::default());
        let payers = Payers::default().parent("east", "group").parent("acme", "group");
        let list = OpenList::new(&items, &policy);
        let advice = (!self.advice.is_empty()).then(|| advice(self.advice));
        let fact = fact(self.bank);
        let funds = if self.bank.ends_with("waiting") { Funds::Unapplied(fact.amount) } else { Funds::Fresh };
        let case = Case {
            fact: &fact,
            advice: advice.as_ref(),
            funds,
            list: &list,
            payers: &payers,
            policy: &policy,
            given_today: Decimal::ZERO,
            ranking: None,
        };
        let application = apply(&case);
        let draft = application.draft.as_ref().unwrap();
        let wanted = legs(self.journal, &Chart::default()).unwrap();
        assert!(same_legs(&wanted, &draft.legs), "{}: {}", self.name, draft.said(&Chart::default()));
        assert_eq!(said(&application), self.left, "{}: {application:#?}", self.name);
    }
}

/// What is unapplied, deducted and asked, in one line.
fn said(application: &Application) -> String {
    let mut parts = Vec::new();
    if !application.unapplied.is_zero() {
        parts.push(format!("unapplied {}", application.unapplied));
    }
    parts.extend(application.deductions.iter().map(|case| format!("{} {} {}", case.reason, case.amount, case.desk)));
    for question in &application.questions {
        let sets: Vec<String> = question
            .proposals
            .iter()
            .map(|proposal| proposal.items.iter().map(|(number, _)| &**number).collect::<Vec<_>>().join("+"))
            .collect();
        let sets = if sets.is_empty() { String::new() } else { format!(" ({})", sets.join(" or ")) };
        parts.push(format!("{:?} {}{sets}", question.kind, question.amount));
    }
    parts.join("; ")
}

/// `03-05 985 charges=15 INV 100234`: day, amount, what banks kept, and text.
fn fact(text: &str) -> Fact {
    let mut words = text.split_whitespace();
    let date = day_of(words.next().unwrap());
    let amount = words.next().unwrap().parse().unwrap();
    let (charges, text): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with("charges="));
    let charges = charges.first().map_or(Decimal::ZERO, |word| word["charges=".len()..].parse().unwrap());
    Fact {
        id: "B1".into(),
        kind: FactKind::Credit,
        currency: Currency::USD,
        amount,
        charges,
        date,
        value_date: None,
        traces: vec!["T1".into()],
        payer: Some("acme".into()),
        payer_account: None,
        payer_name: None,
        references: Vec::new(),
        text: text.join(" ").into(),
    }
}
