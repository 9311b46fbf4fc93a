//! The event table of sales (S1-S13, T1-T4) and what comes out of order, a line for each case.

use super::super::policy::*;
use super::super::tolerance::Limit;
use super::super::*;
use super::world::check;

#[test]
fn an_order_is_taken_held_and_released() {
    let cases = [
        // S1
        (
            "order 1=100@10 2=50@4",
            "last:applied 1.ordered=100 2.open=50 state=open deadline:answer|0 not-issued:order_response|0",
        ),
        // S2: a line held, the order held.
        (
            "order 1=100 2=50 hold:price_differs|1",
            "1.state=held 2.state=open state=held hold:price_differs|1 case:hold|price_differs|1",
        ),
        ("order 1=100 2=50 hold:credit_exceeded", "1.state=held 2.state=held state=held case:hold|credit_exceeded"),
        // S3: credit is released by Credit only; whoever set the price does not release it.
        ("order 1=100 hold:credit_exceeded; release credit_exceeded role:pricing", "last:refused state=held"),
        (
            "order 1=100 hold:credit_exceeded; release credit_exceeded role:credit",
            "last:applied state=open not-case:hold|credit_exceeded",
        ),
        (
            "order 1=100 hold:price_differs|1; answer 1=100@9 by:anna; release price_differs|1 by:anna",
            "last:refused hold:price_differs|1",
        ),
        (
            "order 1=100 hold:price_differs|1; answer 1=100@9 by:anna; release price_differs|1 by:ben",
            "last:applied state=acked_changed",
        ),
        ("order 1=100; release price_differs|1", "last:refused"),
        // A hold keeps the answer back, and does not get old unseen.
        (
            "order 1=100 hold:price_differs|1; accept",
            "not-issued:order_response|0 deadline:answer|0 deadline:hold|price_differs|1",
        ),
        (
            "order 1=100 hold:price_differs|1; accept; release price_differs|1",
            "issued:order_response|0 not-deadline:hold|price_differs|1",
        ),
        ("order 1=100 hold:price_differs|1; time hold|price_differs|1", "case:overdue|hold|price_differs|1"),
        // A substitute needs the partner's permission.
        ("order 1=100; answer 1=100~W2", "hold:substitution|1 not-issued:order_response|0"),
        (
            "order 1=100; answer 1=100~W2; release substitution|1",
            "says:order_response|0=substituted says:order_response|0=W2",
        ),
    ];
    all(&Policy::default(), &cases);
}

#[test]
fn decisions_answer_versions() {
    let cases = [
        // S4
        (
            "order 1=100 2=50; accept",
            "1.accepted=100 2.accepted=50 state=acked issued:order_response|0 not-deadline:answer|0",
        ),
        ("order 1=100 2=50; answer 1=60/40", "1.backordered=40 2.state=open not-issued:order_response|0"),
        (
            "order 1=100 2=50; answer 1=60/40; answer 2=0/0/50",
            "1.state=acked_changed 2.state=rejected issued:order_response|0 says:order_response|0=\"decision\":\"accepted_with_changes\"",
        ),
        ("order 1=100; reject", "1.rejected=100 1.state=rejected says:order_response|0=\"decision\":\"rejected\""),
        ("order 1=100; answer 1=0/100", "1.state=backordered"),
        ("order 1=100@10; answer 1=100@9.50", "1.state=acked_changed says:order_response|0=price_changed"),
        ("order 1=100; answer 1=60/30/20", "last:refused 1.accepted=0"),
        ("order 1=100; answer v1 1=100", "last:parked waits:change|1"),
        ("order 1=100; answer 9=100", "last:parked waits:line|9"),
        ("order 1=100; accept; answer 1=70/30", "1.accepted=70 1.backordered=30 issued:order_response|0#2"),
        // A decision names the version it answers; a later reduction clips accepted, then backordered.
        ("order 1=100; answer v0 1=60/40; change 1 1=70", "1.accepted=60 1.backordered=10 1.ordered=70"),
        ("order 1=100; change 1 1=70; answer v0 1=60/40", "1.accepted=60 1.backordered=10 1.ordered=70"),
        ("order 1=100; answer v0 1=60/40; change 1 1=50", "1.accepted=50 1.backordered=0"),
    ];
    all(&Policy::default(), &cases);
    let automatic = with(|policy| policy.answer.automatic = true);
    all(
        &automatic,
        &[
            ("order 1=100 2=50", "state=acked issued:order_response|0"),
            ("order 1=100 2=50 hold:price_differs|1", "state=held not-issued:order_response|0"),
            ("order 1=100 hold:price_differs|1; release price_differs|1", "state=acked issued:order_response|0"),
        ],
    );
}

#[test]
fn changes_reach_what_has_not_left() {
    let cases = [
        // S5
        (
            "order 1=100; accept; change 1 1=120",
            "1.ordered=120 1.accepted=120 issued:order_response|1 says:order_response|1=\"sequence\":\"1\"",
        ),
        (
            "order 1=100@10; ship S1 1=60; change 1 1=100@9",
            "1.invoiced=60 case:change|1|1 says:order_response|1=rejected",
        ),
        ("order 1=100; accept; change 1 1=+20@9", "1.ordered=120 says:order_response|1=\"price\":\"9\""),
        (
            "order 1=100 2=50; accept; change 1 1=-30 2=x 3=new10@5",
            "1.ordered=70 2.state=cancelled 3.ordered=10 says:order_response|1=deleted",
        ),
        ("order 1=100; ship S1 1=80; change 1 1=70", "1.ordered=100 case:change|1|1 says:order_response|1=rejected"),
        (
            "order 1=100 2=50; ship S1 1=80; change 1 1=70 2=40",
            "1.ordered=100 2.ordered=40 says:order_response|1=accepted_with_changes",
        ),
        ("order 1=100; ship S1 1=80; change 1 1=80", "1.ordered=80 1.open=0 1.state=invoiced"),
        ("order 1=100; change 1 7=10", "case:change|1|7 says:order_response|1=rejected"),
        // n > last: a gap waits, an old one is refused, the same one is a duplicate.
        ("order 1=100; change 2 1=80", "last:parked waits:change|1 1.ordered=100"),
        ("order 1=100; change 2 1=80; change 1 1=90", "1.ordered=80 not-waits:change|1 issued:order_response|2"),
        ("order 1=100; change 1 1=90; change 2 1=80; change 1 1=70", "last:refused 1.ordered=80"),
        ("order 1=100; change 1 1=90; change 1 1=90", "last:duplicate 1.ordered=90"),
        ("change 1 1=90", "last:parked waits:order|4501"),
        ("change 1 1=90; order 1=100", "1.ordered=90 issued:order_response|1"),
        // S6
        (
            "order 1=100; accept; cancel",
            "1.cancelled=100 state=cancelled says:order_response|cancel=\"decision\":\"accepted\"",
        ),
        (
            "order 1=100; accept; ship S1 1=80; cancel",
            "1.cancelled=20 says:order_response|cancel=accepted_with_changes case:cancel",
        ),
        (
            "order 1=100; accept; ship S1 1=100; cancel 1",
            "1.cancelled=0 says:order_response|1=\"decision\":\"rejected\"",
        ),
        ("cancel; order 1=100", "1.cancelled=100"),
        ("order 1=100; cancel; change 1 1=120", "1.ordered=100 1.cancelled=100 says:order_response|1=rejected"),
        // Purpose replace, and confirm.
        ("order 1=100 2=50; accept; replace 1=70 3=10", "1.ordered=70 2.state=cancelled 3.ordered=10 1.state=open"),
        (
            "order 1=100; ship S1 1=10; replace 1=70",
            "last:refused 1.ordered=100 issued:application_advice|order|4501 issued:order_response|remainder",
        ),
        ("order 1=100; confirm 1=100", "last:duplicate"),
        ("order 1=100; confirm 1=90", "last:conflict 1.ordered=100 case:conflict|order"),
        ("order 1=100; order 1=100", "last:duplicate"),
        ("order 1=100; order 1=90", "last:conflict 1.ordered=100 case:conflict|order"),
    ];
    all(&Policy::default(), &cases);
    let asked = with(|policy| policy.change.automatic = false);
    all(
        &asked,
        &[
            (
                "order 1=100; accept; change 1 1=120",
                "1.ordered=120 1.accepted=100 not-issued:order_response|1 deadline:answer|1",
            ),
            (
                "order 1=100; accept; change 1 1=120; answer v1 1=120",
                "1.accepted=120 issued:order_response|1 not-deadline:answer|1",
            ),
            (
                "order 1=100; accept; change 1 1=120; answer v1 1=0/0/120",
                "1.ordered=100 1.accepted=100 not-case:change|1 says:order_response|1=rejected",
            ),
        ],
    );
}

#[test]
fn shipments_are_facts() {
    let cases = [
        // S7
        (
            "order 1=100; accept; ship S1 1=60",
            "1.shipped=60 1.open=40 issued:ship_notice|S1 deadline:notice|S1 issued:invoice|4501-1 1.state=part_invoiced",
        ),
        ("order 1=100; ship S1 1=60; sent ship_notice|S1", "not-deadline:notice|S1"),
        ("ship S1 1=60", "last:parked waits:order|4501 not-issued:invoice|4501-1"),
        ("ship S1 1=60; order 1=100", "1.shipped=60 issued:ship_notice|S1"),
        ("order 1=100; ship S1 2=60", "last:parked waits:line|2"),
        ("order 1=100; ship S1 1=60; ship S1 1=60", "last:duplicate 1.shipped=60"),
        ("order 1=100; ship S1 1=60; ship S1 1=50", "last:conflict 1.shipped=60 case:conflict|ship-S1"),
        (
            "order 1=100; ship S1 1=110",
            "last:applied 1.shipped=110 1.over=10 case:over_ship|1 1.invoiced=100 says:ship_notice|S1=\"quantity\":\"100\"",
        ),
        (
            "order 1=100; ship S1 1=110; resolve over_ship|1",
            "1.ordered=110 1.invoiced=110 issued:ship_notice|S1#2 not-case:over_ship|1",
        ),
        ("order 1=100; ship S1 1=110; change 1 1=110", "not-case:over_ship|1 1.invoiced=110"),
        ("order 1=100; cancel; ship S1 1=80", "1.cancelled=20 1.shipped=80 case:shipped_against_change|1"),
        ("order 1=100; change 1 1=70; ship S1 1=80", "1.ordered=80 1.invoiced=80 case:shipped_against_change|1"),
        ("order 1=100; reject; ship S1 1=80", "1.rejected=20 1.shipped=80 case:shipped_against_change|1"),
        // The rest after the last shipment.
        ("order 1=100; accept; ship S1 1=60 last", "1.backordered=40 1.open=40"),
        ("order 1=100; accept; ship S1 1=60 last; ship S2 1=40", "1.backordered=0 1.open=0 1.shipped=100"),
        // Packs.
        (
            "order 1=10; ship S1 1=10 packs:376104250021234569:1-6",
            "case:packs|S1 not-issued:ship_notice|S1 not-issued:invoice|4501-1",
        ),
        ("order 1=10; ship S1 1=10 packs:376104250021234568:1-10", "case:packs|S1 not-issued:ship_notice|S1"),
        (
            "order 1=10; ship S1 1=10 packs:376104250021234569:1-10",
            "issued:ship_notice|S1 says:ship_notice|S1=376104250021234569",
        ),
        // S8: same shipment number, corrected.
        ("order 1=10; ship S1 1=10; advice ship_notice S1", "case:notice_rejected|S1 1.shipped=10"),
        (
            "order 1=10; ship S1 1=10; advice ship_notice S1; notice S1 again",
            "issued:ship_notice|S1#2 says:ship_notice|S1#2=replace not-case:notice_rejected|S1",
        ),
        ("order 1=10; ship S1 1=10; notice S1", "last:duplicate"),
        ("order 1=10; notice S1", "last:parked waits:shipment|S1"),
        // Units.
        ("order 1=120; ship S1 1=5CA", "last:parked waits:factor|1|CA 1.shipped=0"),
        ("order 1=120; ship S1 1=5CA; factor 1 CA 12", "1.shipped=60 not-waits:factor|1|CA"),
        ("order 1=120; factor 1 CA 12; ship S1 1=5CA", "1.shipped=60"),
        ("order 1=120; factor 1 LB 0.33333333; ship S1 1=1LB", "last:parked 1.shipped=0"),
        ("order 1=120; factor 1 CA 0", "last:refused"),
    ];
    all(&Policy::default(), &cases);
    let close = with(|policy| policy.shipping.remainder = Remainder::Close);
    all(
        &close,
        &[
            ("order 1=100; accept; ship S1 1=60 last", "1.cancelled=40 1.open=0 1.state=invoiced"),
            ("order 1=100; accept; ship S1 1=60 last; ship S2 1=20", "1.cancelled=20 1.shipped=80"),
        ],
    );
    let tolerant = with(|policy| policy.shipping.over = Limit::percent(5));
    all(
        &tolerant,
        &[
            (
                "order 1=100; ship S1 1=104",
                "1.shipped=104 1.invoiced=100 not-case:over_ship|1 says:ship_notice|S1=\"quantity\":\"104\"",
            ),
            ("order 1=100; ship S1 1=106", "1.invoiced=100 case:over_ship|1 says:ship_notice|S1=\"quantity\":\"105\""),
        ],
    );
    let paying = with(|policy| (policy.shipping.over, policy.shipping.pays_overage) = (Limit::percent(5), true));
    all(&paying, &[("order 1=100; ship S1 1=104", "1.invoiced=104"), ("order 1=100; ship S1 1=106", "1.invoiced=105")]);
    let stored = with(|policy| policy.shipping.warehouse = Some("W".into()));
    all(
        &stored,
        &[
            ("order 1=100 2=50; answer 1=100", "issued:warehouse_order|1 says:warehouse_order|1=\"ordered\":\"100\""),
            ("order 1=100; accept; change 1 1=120", "says:warehouse_order|2=\"ordered\":\"20\""),
            ("order 1=100; accept; ship S1 1=100", "not-issued:warehouse_order|2"),
            ("order 1=100 hold:credit_exceeded; accept", "not-issued:warehouse_order|1"),
        ],
    );
    let picked = with(|policy| policy.notice.packs = Packs::PickAndPack);
    all(&picked, &[("order 1=100; ship S1 1=10", "case:packs|S1 not-issued:ship_notice|S1")]);
    let anew = with(|policy| policy.notice.correction = Correction::CancelThenNew);
    all(
        &anew,
        &[("order 1=9; ship S1 1=9; notice S1 again", "says:ship_notice|S1#2=cancel says:ship_notice|S1#3=original")],
    );
    let numbered = with(|policy| policy.notice.correction = Correction::NewNumber);
    all(&numbered, &[("order 1=9; ship S1 1=9; notice S1 again", "says:ship_notice|S1#2=S1-2")]);
    let manual = with(|policy| policy.notice.correction = Correction::Manual);
    all(&manual, &[("order 1=9; ship S1 1=9; notice S1 again", "last:refused not-issued:ship_notice|S1#2")]);
}

#[test]
fn invoices_follow_shipments_and_money_follows_invoices() {
    let on_request = with(|policy| policy.invoice.when = Invoicing::OnRequest);
    let cases = [
        // S9
        ("order 1=100; ship S1 1=60; invoice I1 of:S1", "1.invoiced=60 issued:invoice|I1 open:I1=600"),
        ("order 1=100; ship S1 1=60; invoice I1 1=50", "1.invoiced=50"),
        ("order 1=100; ship S1 1=60; invoice", "1.invoiced=60 issued:invoice|4501-1"),
        ("order 1=100; invoice I1 1=60", "last:parked waits:shipped 1.invoiced=0"),
        ("order 1=100; invoice I1 of:S1", "last:parked waits:shipment|S1"),
        ("order 1=100; invoice I1 1=60; ship S1 1=20", "waits:shipped 1.invoiced=0"),
        ("order 1=100; invoice I1 1=60; ship S1 1=20; ship S2 1=40", "not-waits:shipped 1.invoiced=60"),
        ("order 1=100; ship S1 1=60; invoice I1 1=60@9", "last:refused 1.invoiced=0"),
        ("order 1=100; answer 1=100@9; ship S1 1=60; invoice I1 1=60@9", "open:I1=540"),
        ("order 1=100; ship S1 1=60; invoice I1 1=60 total:500", "last:refused"),
        ("order 1=100; ship S1 1=60; invoice I1 1=60 freight:35 total:635", "open:I1=635 says:invoice|I1=D240"),
        ("order 1=100; ship S1 1=60; invoice I1 1=50; invoice I1 1=10", "last:conflict 1.invoiced=50"),
        // S10
        ("order 1=100; ship S1 1=60; receive R1 of:S1 1=60", "1.received=60 1.usable=60 not-case:receipt|R1|1"),
        ("order 1=100; ship S1 1=60; receive R1 of:S1 1=55", "1.received=55 case:receipt|R1|1"),
        ("order 1=100; ship S1 1=60; receive R1 of:S1 1=60-5", "1.usable=55 case:receipt|R1|1"),
        ("order 1=100; receive R1 of:S1 1=60", "last:parked waits:shipment|S1"),
        ("order 1=100; receive R1 1=60", "last:applied 1.received=60"),
        // S11
        ("order 1=100; ship S1 1=60; invoice I1 of:S1; advice invoice I1", "case:disputed|I1 1.invoiced=60"),
        ("order 1=100; advice invoice I1", "last:parked waits:invoice|I1"),
        // S12: exact number and amount; anything else waits as a case.
        (
            "order 1=100; ship S1 1=60; invoice I1 of:S1; pay T1 I1 600",
            "open:I1=0 not-case:payment|T1|I1 1.state=part_invoiced",
        ),
        ("order 1=60; ship S1 1=60; invoice I1 of:S1; pay T1 I1 600", "state=settled"),
        ("order 1=60; ship S1 1=60; invoice I1 of:S1; pay T1 I1 590", "open:I1=600 case:payment|T1|I1 state=invoiced"),
        ("order 1=60; pay T1 I1 600", "last:parked waits:invoice|I1"),
        (
            "order 1=60; ship S1 1=60; invoice I1 of:S1; pay T1 I1 600; bounce T1",
            "open:I1=600 case:returned|T1 state=invoiced",
        ),
        ("order 1=60; bounce T1", "last:parked waits:payment|T1"),
        // S13
        (
            "order 1=60; ship S1 1=60; invoice I1 of:S1; return X1 1=10; credit C1 1=10 credits:I1",
            "1.returned=10 1.credited=10 open:I1=500 issued:credit_note|C1",
        ),
        ("order 1=60; ship S1 1=60; invoice I1 of:S1; credit C1 1=70 credits:I1", "last:refused 1.credited=0"),
        ("order 1=60; credit C1 1=10 credits:I1", "last:parked waits:invoice|I1"),
        (
            "order 1=60; ship S1 1=60; invoice I1 of:S1; pay T1 I1 500; credit C1 1=10 credits:I1",
            "open:I1=0 not-case:payment|T1|I1 state=settled",
        ),
    ];
    all(&on_request, &cases);
    let consolidated = with(|policy| policy.invoice.when = Invoicing::Consolidated);
    all(
        &consolidated,
        &[
            ("order 1=100; ship S1 1=60", "1.invoiced=0"),
            ("order 1=100; ship S1 1=60; ship S2 1=40", "1.invoiced=100 issued:invoice|4501-1"),
        ],
    );
    let careful = with(|policy| policy.invoice.after = InvoiceAfter::NoticeAccepted);
    all(
        &careful,
        &[
            ("order 1=100; ship S1 1=60; sent ship_notice|S1", "1.invoiced=0"),
            ("order 1=100; ship S1 1=60; ack ship_notice|S1 E", "1.invoiced=60 case:errors|ship_notice|S1"),
            ("order 1=100; ship S1 1=60; ack ship_notice|S1 R", "1.invoiced=0 case:notice_rejected|S1"),
        ],
    );
    let before = with(|policy| (policy.invoice.when, policy.invoice.before_shipping) = (Invoicing::OnRequest, true));
    all(
        &before,
        &[("order 1=100; invoice I1 1=60", "1.invoiced=60"), ("order 1=100; invoice I1 1=160", "1.invoiced=100")],
    );
    let unasked = with(|policy| policy.notice.wanted = false);
    all(&unasked, &[("order 1=100; ship S1 1=60", "1.invoiced=60 not-issued:ship_notice|S1 not-deadline:notice|S1")]);
}

#[test]
fn what_does_not_come_in_time_has_an_owner() {
    let cases = [
        ("order 1=100; time answer|0 50", "not-case:overdue|answer|0 deadline:answer|0"),
        ("order 1=100; time answer|0 100", "case:overdue|answer|0 not-issued:order_response|0|hold"),
        ("order 1=100; time answer|0 100; accept", "not-case:overdue|answer|0 issued:order_response|0"),
        ("order 1=100; accept; time answer|0 100", "last:duplicate not-case:overdue|answer|0"),
        ("order 1=100; ship S1 1=60; time notice|S1 100", "case:overdue|notice|S1"),
        ("order 1=100; ship S1 1=60; time notice|S1 100; sent ship_notice|S1", "not-case:overdue|notice|S1"),
        (
            "order 1=100 cancel_after:2026-03-10; accept; time cancel_date 100",
            "case:overdue|cancel_date deadline:cancel_date",
        ),
        (
            "order 1=100 cancel_after:2026-03-10; accept; ship S1 1=100",
            "not-deadline:cancel_date deadline:payment|4501-1",
        ),
        ("order 1=9; ship S1 1=9; time payment|4501-1 100", "case:overdue|payment|4501-1"),
        ("order 1=9; ship S1 1=9; pay T1 4501-1 90", "not-deadline:payment|4501-1"),
        ("order 1=9; ship S1 1=9; sent ship_notice|S1 failed", "case:delivery|ship_notice|S1"),
        ("order 1=9; accept; ack order_response|0 R", "case:rejected|order_response|0 1.accepted=9"),
        ("order 1=9; ack order_response|0 A", "last:parked waits:document|order_response|0"),
    ];
    all(&Policy::default(), &cases);
    let holding = with(|policy| policy.answer.hold_on_time = true);
    all(
        &holding,
        &[(
            "order 1=100 2=50; answer 1=100; time answer|0 100",
            "issued:order_response|0|hold says:order_response|0|hold=hold",
        )],
    );
    let watching = with(|policy| policy.acknowledgement = Some(Allowance::Hours(4)));
    all(
        &watching,
        &[
            ("order 1=9; accept", "deadline:acknowledgement|order_response|0"),
            (
                "order 1=9; accept; time acknowledgement|order_response|0",
                "case:overdue|acknowledgement|order_response|0",
            ),
            ("order 1=9; accept; ack order_response|0 A", "not-deadline:acknowledgement|order_response|0"),
        ],
    );
}

#[test]
fn what_was_sent_is_corrected_and_what_was_not_is_undone_once() {
    let silent = with(|policy| (policy.notice.automatic, policy.invoice.when) = (false, Invoicing::OnRequest));
    all(
        &silent,
        &[
            ("order 1=100; ship S1 1=60; undo ship-S1", "1.shipped=0 1.state=open"),
            ("order 1=100; ship S1 1=60; undo ship-S1; undo ship-S1 again", "last:duplicate 1.shipped=0"),
            ("order 1=100; ship S1 1=60; notice S1; undo ship-S1", "last:refused 1.shipped=60 case:void|S1"),
            ("order 1=100; ship S1 1=60; receive R1 1=60; undo receive-R1", "1.received=0 1.usable=0"),
            ("order 1=100; ship S1 1=60; notice S1; invoice I1 of:S1; undo ship-S1", "last:refused 1.shipped=60"),
            ("order 1=100; ship S1 1=60; invoice I1 1=60; undo invoice-I1", "last:refused 1.invoiced=60"),
            ("order 1=60; ship S1 1=60; invoice I1 1=60; pay T1 I1 600; undo pay-T1-I1-600", "open:I1=600"),
            ("order 1=60; undo ship-S9", "last:refused"),
        ],
    );
    let by_document = with(|policy| {
        policy.notice.cancel_by_document = true;
        policy.invoice.when = Invoicing::OnRequest;
    });
    all(&by_document, &[("order 1=100; ship S1 1=60; undo ship-S1", "1.shipped=0 says:ship_notice|S1#2=cancel")]);
}

fn with(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

fn all(policy: &Policy, cases: &[(&str, &str)]) {
    for (story, expected) in cases {
        check(Side::Sale, policy, story, expected);
    }
}
