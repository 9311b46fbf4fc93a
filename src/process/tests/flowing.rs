//! The facts of flow as they stand in a trade that was played.

use super::super::flow::{self, facts};
use super::super::*;
use super::world::{World, event};

#[test]
fn a_trade_tells_its_own_facts() {
    let policy = Policy::default();
    let mut world = World::new(Side::Sale);
    for (at, text) in [
        ("2026-03-02T09:00Z", "order 1=100@10 2=50@4"),
        ("2026-03-02T12:00Z", "answer 1=60/40 2=50"),
        ("2026-03-02T12:30Z", "sent order_response|0"),
        ("2026-03-03T09:00Z", "ship S1 1=60 2=50"),
        ("2026-03-03T09:20Z", "sent ship_notice|S1"),
        ("2026-03-04T09:00Z", "receive R1 of:S1 1=60 2=50-2"),
        ("2026-03-05T09:00Z", "ship S2 1=40"),
        ("2026-03-05T10:00Z", "sent ship_notice|S2"),
        ("2026-03-06T09:00Z", "receive R2 of:S2 1=39"),
        ("2026-03-09T09:00Z", "pay T1 4501-1 800"),
    ] {
        world.take(&event(text), &policy, at.parse().unwrap());
    }
    let orders =
        [facts(&world.trade, &policy, vec!["receipt_differs".into()], "2026-03-10T09:00Z".parse().unwrap()).unwrap()];
    let told = |ratio: flow::Ratio| format!("{}/{} {}", ratio.numerator, ratio.denominator, ratio.against.join(" "));
    let cases = [
        ("line fill", flow::line_fill(&orders), "110/150 4501/1"),
        ("backorder", flow::backorder_rate(&orders), "1/2 4501/1"),
        ("notices", flow::notices_on_time(&orders, jiff::Timestamp::MAX), "1/2 S2"),
        ("accuracy", flow::notice_accuracy(&orders), "2/3 4501/1"),
        (
            "answers",
            flow::timeliness(orders.iter().filter_map(|order| order.answer.as_ref()), jiff::Timestamp::MAX),
            "1/1 ",
        ),
        ("perfect", flow::perfect_orders(&orders), "0/1 4501"),
    ];
    for (name, ratio, expected) in cases {
        assert_eq!(told(ratio), expected, "{name}");
    }
    let times = flow::cycle_times(&orders);
    let minutes: Vec<_> = times.iter().map(|(name, found)| (*name, found.p50.as_mins())).collect();
    assert!(
        minutes.contains(&("order cycle", 4 * 24 * 60)) && minutes.contains(&("receipt to answer", 210)),
        "{minutes:?}"
    );
    assert!(
        minutes.contains(&("ship to notice", 20)) && minutes.contains(&("invoice to cash", 6 * 24 * 60)),
        "{minutes:?}"
    );
    assert_eq!(flow::perfect_product(&orders).undamaged.against, ["4501/2"]);
}
