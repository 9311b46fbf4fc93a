//! The event table of purchases (B1-B12) and what comes out of order, a line for each case.

use super::super::policy::*;
use super::super::tolerance::{Limit, Tolerance};
use super::super::*;
use super::world::check;

#[test]
fn orders_go_out_and_answers_are_compared() {
    let cases = [
        // B1
        ("order 1=100@10", "issued:order|0 deadline:answer|0"),
        ("order 1=100@10 hold:price_differs", "not-issued:order|0 not-deadline:answer|0"),
        ("order 1=100@10 hold:price_differs; release price_differs", "issued:order|0"),
        // B2
        (
            "order 1=100@10; accept",
            "1.confirmed=100 not-deadline:answer|0 not-case:answer|1 not-issued:order_response|0",
        ),
        // B3
        ("order 1=100@10; answer 1=100@10.5", "1.confirmed=100 case:answer|1"),
        ("order 1=100@10; answer 1=60/40", "1.confirmed=60 1.backordered=40 case:answer|1"),
        ("order 1=100@10; answer 1=60/40; take-answer", "not-case:answer|1"),
        ("order 1=100@10; answer 1=110", "last:applied case:answer|1"),
        ("order 1=100@10; take-answer", "last:refused"),
        // B4
        ("order 1=100@10; time answer|0", "case:overdue|answer|0"),
        ("order 1=100@10; time answer|0; accept", "not-case:overdue|answer|0"),
        // B5
        ("order 1=100; change 1 1=90", "1.ordered=90 issued:order_change|1 deadline:answer|1"),
        ("order 1=100; change 1 1=90; change 2 1=80", "last:parked waits:answer|1 1.ordered=90"),
        ("order 1=100; change 1 1=90; change 2 1=80; answer v1 1=90", "1.ordered=80 issued:order_change|2"),
        ("order 1=100; change 1 1=90; change 2 1=80; time answer|1", "1.ordered=80 issued:order_change|2"),
        ("order 1=100; accept; change 1 1=90; answer v1 1=0/0/90", "1.ordered=100 1.confirmed=100 case:change|1"),
        ("order 1=100; accept; change 1 1=90; reject v1", "1.ordered=100 1.confirmed=100 case:change|1"),
        ("order 1=100; answer v1 1=90", "last:parked waits:change|1"),
        ("order 1=100; answer v1 1=90; change 1 1=90", "1.confirmed=90 not-deadline:answer|1"),
        ("order 1=100; accept; cancel", "1.cancelled=100 issued:order_change|1 deadline:answer|1"),
        ("order 1=100; accept; cancel; reject v1", "1.cancelled=0 1.confirmed=100"),
    ];
    all(&Policy::default(), &cases);
    let tolerant = with(|policy| policy.buying.answer_price = Some(Tolerance::both_ways(Limit::percent(5))));
    all(
        &tolerant,
        &[
            ("order 1=100@10; answer 1=100@10.5", "not-case:answer|1"),
            ("order 1=100@10; answer 1=100@10.51", "case:answer|1"),
        ],
    );
}

#[test]
fn notices_and_receipts_are_facts() {
    let cases = [
        // B6
        ("order 1=100; accept; advise S1 1=60", "1.advised=60 not-case:over_advised|1"),
        ("order 1=100; accept; advise S1 1=110", "1.advised=110 case:over_advised|1"),
        ("advise S1 1=60", "last:parked waits:order|4501"),
        ("order 1=100; advise S1 1=60; advise S1 1=50", "last:conflict 1.advised=60"),
        ("order 1=100; advise S1 1=60; advise S1 1=50 anew", "last:applied 1.advised=50"),
        ("order 1=100; advise S1 1=60; withdraw S1", "1.advised=0"),
        ("order 1=100; withdraw S1", "last:parked waits:shipment|S1"),
        ("order 1=100; advise S1 1=100; accept", "1.advised=100 1.confirmed=100"),
        // B7
        (
            "order 1=100; accept; advise S1 1=60; receive R1 of:S1 1=60",
            "1.received=60 issued:receipt_advice|R1 not-case:receipt|R1|1",
        ),
        ("order 1=100; accept; advise S1 1=60; receive R1 of:S1 1=58-2", "1.usable=56 case:receipt|R1|1"),
        ("order 1=100; receive R1 of:S1 1=60", "last:applied 1.received=60"),
        // A notice after its goods: recorded, late, not received twice.
        ("order 1=100; receive R1 of:S1 1=60; advise S1 1=60", "1.received=60 1.advised=60 case:late|S1"),
        ("order 1=100; receive R1 1=110", "1.received=110 case:over_receipt|1"),
        ("order 1=100; receive R1 1=110; resolve over_receipt|1", "1.ordered=110 not-case:over_receipt|1"),
        // B11
        ("order 1=100; receive R1 1=100; return X1 1=10", "1.returned=10"),
    ];
    all(&Policy::default(), &cases);
    let tolerant = with(|policy| policy.buying.over_receipt = Limit::percent(5));
    all(
        &tolerant,
        &[
            ("order 1=100; receive R1 1=105", "not-case:over_receipt|1"),
            ("order 1=100; receive R1 1=106", "case:over_receipt|1"),
        ],
    );
}

#[test]
fn invoices_are_paid_when_they_are_right() {
    let cases = [
        // B8, B9
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10", "bill:I1=matched 1.matched=100 1.invoiced=100"),
        ("order 1=100@10; invoice I1 1=100@10", "bill:I1=awaitingreceipt 1.matched=0 deadline:receipt|I1 last:applied"),
        ("order 1=100@10; invoice I1 1=100@10; receive R1 1=100", "bill:I1=matched not-deadline:receipt|I1"),
        ("order 1=100@10; receive R1 1=90; invoice I1 1=100@10", "bill:I1=held case:invoice|I1"),
        (
            "order 1=100@10; receive R1 1=90; invoice I1 1=100@10; receive R2 1=10",
            "bill:I1=matched not-case:invoice|I1",
        ),
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10.50", "bill:I1=held case:invoice|I1 1.matched=0"),
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10.50; judge I1 accept", "bill:I1=matched 1.matched=100"),
        (
            "order 1=100@10; receive R1 1=100; invoice I1 1=100@10.50; judge I1",
            "bill:I1=matched 1.invoiced=100 open:I1=1000",
        ),
        (
            "order 1=100@10; receive R1 1=100; invoice I1 1=100@10 freight:85; judge I1",
            "bill:I1=refused 1.invoiced=0 issued:application_advice|invoice|I1",
        ),
        ("order 1=100@10; invoice I1 1=100@10.50; judge I1 accept; receive R1 1=100", "bill:I1=matched"),
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10 total:1100", "bill:I1=held"),
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10 freight:85", "bill:I1=held"),
        ("order 1=100@10; receive R1 1=40; invoice I1 1=40@10; receive R2 1=60; invoice I2 1=60@10", "1.matched=100"),
        ("order 1=100@10; cancel; invoice I1 1=100@10", "bill:I1=held case:invoice|I1"),
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10; invoice I1 1=100@10", "last:duplicate 1.invoiced=100"),
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10; invoice I1 1=90@10", "last:conflict 1.invoiced=100"),
        ("invoice I1 1=100@10", "last:parked waits:order|4501"),
        ("order 1=100@10; judge I1 accept", "last:refused"),
        // B10
        (
            "order 1=100@10; receive R1 1=100; invoice I1 1=100@10; pay T1 I1 1000",
            "open:I1=0 state=settled issued:remittance|T1|I1",
        ),
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10; pay T1 I1 1001", "last:refused open:I1=1000"),
        ("order 1=100@10; invoice I1 1=100@10; pay T1 I1 1000", "last:parked waits:payable|I1"),
        ("order 1=100@10; invoice I1 1=100@10; pay T1 I1 1000; receive R1 1=100", "open:I1=0"),
        (
            "order 1=100@10; receive R1 1=100; invoice I1 1=100@10; pay T1 I1 1000; bounce T1",
            "open:I1=1000 case:returned|T1",
        ),
        // B12
        (
            "order 1=100@10; receive R1 1=100; return X1 1=10; invoice I1 1=100@10; credit C1 1=10@10 credits:I1",
            "open:I1=900 1.credited=10",
        ),
        ("order 1=100@10; credit C1 1=10@10 credits:I1", "last:parked waits:invoice|I1"),
        // What was matched is not un-received.
        ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10; undo receive-R1", "last:refused 1.received=100"),
        ("order 1=100@10; receive R1 1=100; undo receive-R1", "1.received=0"),
    ];
    all(&Policy::default(), &cases);
    let strict = with(|policy| policy.buying.approval_above = Some(500.into()));
    all(
        &strict,
        &[
            (
                "order 1=100@10; receive R1 1=100; invoice I1 1=100@10; pay T1 I1 1000",
                "bill:I1=awaitingapproval last:parked",
            ),
            (
                "order 1=100@10; receive R1 1=100; invoice I1 1=100@10; pay T1 I1 1000; judge I1 accept",
                "bill:I1=matched open:I1=0",
            ),
            ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10; judge I1", "bill:I1=refused 1.matched=0"),
        ],
    );
    let tolerant = with(|policy| policy.matching.price = Tolerance::both_ways(Limit::both(2, 25)));
    all(
        &tolerant,
        &[
            ("order 1=100@10; receive R1 1=100; invoice I1 1=100@10.15", "bill:I1=matched"),
            ("order 1=200@10; receive R1 1=200; invoice I1 1=200@10.15", "bill:I1=held"),
        ],
    );
}

fn with(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

fn all(policy: &Policy, cases: &[(&str, &str)]) {
    for (story, expected) in cases {
        check(Side::Purchase, policy, story, expected);
    }
}
