//! How well orders flow, by formulas that everybody can check: each number with its numerator, its denominator, and what stands
//! against it one by one.
//!
//! Facts come in as values; which orders of which period they are of is the caller's to choose. Sources: SCOR (perfect order,
//! cycle time without dwell), APQC (perfect order as a product).

mod facts;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Serialize;

pub use facts::facts;

/// What is known of one order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderFact {
    pub order: String,
    pub times: Times,
    /// How long it lay because it was dated ahead: not counted as cycle time.
    pub dwell: SignedDuration,
    pub closed_at: Option<Timestamp>,
    pub answer: Option<Due>,
    pub lines: Vec<LineFact>,
    pub shipments: Vec<ShipmentFact>,
    /// Exceptions it ever had, by type.
    pub exceptions: Vec<String>,
}

/// When the steps of an order were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Times {
    pub received: Option<Timestamp>,
    pub answered: Option<Timestamp>,
    pub released: Option<Timestamp>,
    pub shipped: Option<Timestamp>,
    pub advised: Option<Timestamp>,
    pub invoiced: Option<Timestamp>,
    pub paid: Option<Timestamp>,
    /// By the customer: advice of receipt, otherwise delivery, otherwise as expected.
    pub arrived: Option<Timestamp>,
}

/// Something with a deadline.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// What it is, for the list behind the number.
    pub name: String,
    pub due: Timestamp,
    pub done: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineFact {
    /// `4501/1`.
    pub line: String,
    pub ordered: Decimal,
    pub shipped: Decimal,
    /// With the first shipment of the line.
    pub shipped_first: Decimal,
    /// Backordered when it was first promised.
    pub backordered_first: Decimal,
    pub received: Option<Decimal>,
    pub unusable: Decimal,
    /// Whether it came, or left, in the window asked for; `None` where none was.
    pub on_time: Option<bool>,
    /// Whether quantity is within what the partner tolerates.
    pub in_full: bool,
    /// No document about it was wrong.
    pub documented: bool,
    /// What is advised of it and what was received of that, by shipment.
    pub advised: Vec<(Decimal, Option<Decimal>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShipmentFact {
    pub shipment: String,
    /// Min of shipping with what is agreed and arrival.
    pub notice_due: Timestamp,
    pub notice_accepted: Option<Timestamp>,
}

/// A part of a whole, and what is in the whole and not in the part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ratio {
    pub numerator: Decimal,
    pub denominator: Decimal,
    /// The drill-down: what stands against a hundred percent.
    pub against: Vec<String>,
}

impl Ratio {
    /// In percent, rounded to two places; `None` of nothing.
    pub fn percent(&self) -> Option<Decimal> {
        let share = self.numerator.checked_div(self.denominator)?;
        Some((share * Decimal::ONE_HUNDRED).round_dp(2))
    }

    /// Counts things that hold.
    fn count(things: impl IntoIterator<Item = (String, bool)>) -> Self {
        let mut ratio = Self::default();
        for (name, holds) in things {
            ratio.denominator += Decimal::ONE;
            if holds {
                ratio.numerator += Decimal::ONE;
            } else {
                ratio.against.push(name);
            }
        }
        ratio
    }
}

/// The median and the ninetieth percentile of a time, nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    pub p50: SignedDuration,
    pub p90: SignedDuration,
    pub count: usize,
}

/// Order cycle time and its legs, by name; legs of which nothing is known are left out.
pub fn cycle_times(orders: &[OrderFact]) -> Vec<(&'static str, Percentiles)> {
    type Leg = (&'static str, fn(&Times) -> Option<Timestamp>, fn(&Times) -> Option<Timestamp>);
    let legs: [Leg; 7] = [
        ("order cycle", |t| t.received, |t| t.arrived),
        ("receipt to answer", |t| t.received, |t| t.answered),
        ("answer to release", |t| t.answered, |t| t.released),
        ("release to ship", |t| t.released, |t| t.shipped),
        ("ship to notice", |t| t.shipped, |t| t.advised),
        ("ship to invoice", |t| t.shipped, |t| t.invoiced),
        ("invoice to cash", |t| t.invoiced, |t| t.paid),
    ];
    let mut found = Vec::new();
    for (name, from, to) in legs {
        let whole = name == "order cycle" || name == "release to ship";
        let times = orders.iter().filter_map(|order| {
            let time = to(&order.times)?.duration_since(from(&order.times)?);
            Some(if whole { time - order.dwell } else { time }.max(SignedDuration::ZERO))
        });
        found.extend(percentiles(times.collect()).map(|percentiles| (name, percentiles)));
    }
    found
}

/// Perfect orders ÷ orders closed: every line in full, on time, undamaged and rightly documented.
pub fn perfect_orders(orders: &[OrderFact]) -> Ratio {
    let closed = orders.iter().filter(|order| order.closed_at.is_some());
    Ratio::count(closed.map(|order| (order.order.clone(), order.lines.iter().all(LineFact::is_perfect))))
}

/// The perfect order as a product: on time × complete × damage-free × documented, each over lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PerfectProduct {
    pub on_time: Ratio,
    pub complete: Ratio,
    pub undamaged: Ratio,
    pub documented: Ratio,
}

impl PerfectProduct {
    /// In percent, two places; `None` where a factor is of nothing.
    pub fn percent(&self) -> Option<Decimal> {
        let factors = [&self.on_time, &self.complete, &self.undamaged, &self.documented];
        let product = factors
            .into_iter()
            .try_fold(Decimal::ONE, |product, ratio| Some(product * ratio.numerator.checked_div(ratio.denominator)?))?;
        Some((product * Decimal::ONE_HUNDRED).round_dp(2))
    }
}

pub fn perfect_product(orders: &[OrderFact]) -> PerfectProduct {
    let over = |holds: fn(&LineFact) -> bool| Ratio::count(closed_lines(orders).map(|l| (l.line.clone(), holds(l))));
    PerfectProduct {
        on_time: over(LineFact::is_on_time),
        complete: over(|line| line.in_full),
        undamaged: over(|line| line.unusable.is_zero()),
        documented: over(|line| line.documented),
    }
}

/// Σ min(shipped with the first shipment, ordered) ÷ Σ ordered.
pub fn line_fill(orders: &[OrderFact]) -> Ratio {
    let mut ratio = Ratio::default();
    for line in orders.iter().flat_map(|order| &order.lines) {
        ratio.numerator += line.shipped_first.min(line.ordered);
        ratio.denominator += line.ordered;
        if line.shipped_first < line.ordered {
            ratio.against.push(line.line.clone());
        }
    }
    ratio
}

/// Lines with something backordered when first promised ÷ lines due.
pub fn backorder_rate(orders: &[OrderFact]) -> Ratio {
    let lines = orders.iter().flat_map(|order| &order.lines);
    // What stands against is what counts here.
    let ratio = Ratio::count(lines.map(|line| (line.line.clone(), line.backordered_first.is_zero())));
    Ratio { numerator: ratio.denominator - ratio.numerator, ..ratio }
}

/// Lines in the window and in full ÷ lines for which a window was asked.
pub fn on_time_in_full(orders: &[OrderFact]) -> Ratio {
    let due = orders.iter().flat_map(|order| &order.lines).filter(|line| line.on_time.is_some());
    Ratio::count(due.map(|line| (line.line.clone(), line.is_on_time() && line.in_full)))
}

/// Done by when due ÷ due. For answers to orders, for functional acknowledgements. What is not done and not due yet speaks
/// neither for nor against anybody.
pub fn timeliness<'a>(due: impl IntoIterator<Item = &'a Due>, now: Timestamp) -> Ratio {
    let told = due.into_iter().filter(|due| due.done.is_some() || due.due <= now);
    Ratio::count(told.map(|due| (due.name.clone(), due.done.is_some_and(|done| done <= due.due))))
}

/// Notices with the partner in time ÷ shipments whose notice came or is due.
pub fn notices_on_time(orders: &[OrderFact], now: Timestamp) -> Ratio {
    let shipments = orders.iter().flat_map(|order| &order.shipments);
    let shipments = shipments.filter(|shipment| shipment.notice_accepted.is_some() || shipment.notice_due <= now);
    Ratio::count(shipments.map(|shipment| {
        (shipment.shipment.clone(), shipment.notice_accepted.is_some_and(|at| at <= shipment.notice_due))
    }))
}

/// Lines of notices equal to what was received ÷ lines advised of shipments of which receipt was told.
pub fn notice_accuracy(orders: &[OrderFact]) -> Ratio {
    let lines = orders.iter().flat_map(|order| &order.lines);
    let told = lines.flat_map(|line| line.advised.iter().map(move |(advised, received)| (line, advised, *received)));
    Ratio::count(told.filter_map(|(line, advised, received)| Some((line.line.clone(), received? == *advised))))
}

/// Orders with at least one exception, of one type or of any ÷ orders.
pub fn exception_rate(orders: &[OrderFact], kind: Option<&str>) -> Ratio {
    let has = |order: &OrderFact| order.exceptions.iter().any(|known| kind.is_none_or(|kind| kind == known));
    let ratio = Ratio::count(orders.iter().map(|order| (order.order.clone(), !has(order))));
    Ratio { numerator: ratio.denominator - ratio.numerator, ..ratio }
}

impl LineFact {
    fn is_on_time(&self) -> bool {
        self.on_time.unwrap_or(true)
    }

    fn is_perfect(&self) -> bool {
        self.in_full && self.is_on_time() && self.unusable.is_zero() && self.documented
    }
}

fn closed_lines(orders: &[OrderFact]) -> impl Iterator<Item = &LineFact> {
    orders.iter().filter(|order| order.closed_at.is_some()).flat_map(|order| &order.lines)
}

fn percentiles(mut times: Vec<SignedDuration>) -> Option<Percentiles> {
    times.sort();
    let count = times.len();
    let rank = |percent: usize| times.get((count * percent).div_ceil(100).max(1) - 1).copied();
    Some(Percentiles { p50: rank(50)?, p90: rank(90)?, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, i64, i64, i64, i64, i64, bool, bool, bool);
    type Expected<'a> = (&'a str, Ratio, i64, i64, &'a str, &'a [&'a str]);

    /// Four closed orders of one or two lines, reckoned by hand.
    ///
    /// order/line | ordered first shipped back | unusable on-time in-full documented
    const FIXTURE: &[Row] = &[
        ("A/1", 100, 100, 100, 0, 0, true, true, true),
        ("A/2", 50, 50, 50, 0, 0, true, true, true),
        ("B/1", 100, 60, 100, 40, 0, false, true, true),
        ("C/1", 10, 10, 10, 0, 2, true, true, true),
        ("C/2", 40, 40, 40, 0, 0, true, true, false),
        ("D/1", 200, 180, 180, 0, 0, true, false, true),
    ];

    #[test]
    fn the_fixture_reckoned_by_hand() {
        let orders = fixture();
        let cases: &[Expected<'_>] = &[
            ("perfect", perfect_orders(&orders), 1, 4, "25", &["B", "C", "D"]),
            // 100 + 50 + 60 + 10 + 40 + 180 of 500
            ("line fill", line_fill(&orders), 440, 500, "88", &["B/1", "D/1"]),
            ("backorder", backorder_rate(&orders), 1, 6, "16.67", &["B/1"]),
            ("otif", on_time_in_full(&orders), 4, 6, "66.67", &["B/1", "D/1"]),
            (
                "answers",
                timeliness(orders.iter().filter_map(|order| order.answer.as_ref()), Timestamp::MAX),
                3,
                4,
                "75",
                &["D"],
            ),
            ("notices", notices_on_time(&orders, Timestamp::MAX), 3, 4, "75", &["S-B"]),
            ("accuracy", notice_accuracy(&orders), 4, 5, "80", &["B/1"]),
            ("exceptions", exception_rate(&orders, None), 2, 4, "50", &["B", "D"]),
            ("one type", exception_rate(&orders, Some("stock_short")), 1, 4, "25", &["B"]),
        ];
        for (name, found, numerator, denominator, percent, against) in cases {
            assert_eq!((found.numerator, found.denominator), ((*numerator).into(), (*denominator).into()), "{name}");
            assert_eq!(found.percent(), Some(percent.parse().unwrap()), "{name}");
            assert_eq!(found.against, *against, "{name}");
        }
        // 5/6 × 5/6 × 5/6 × 5/6
        assert_eq!(perfect_product(&orders).percent(), Some("48.23".parse().unwrap()));
    }

    #[test]
    fn the_published_example_of_the_product() {
        let ratio = |percent: i64| Ratio { numerator: percent.into(), denominator: 100.into(), against: vec![] };
        let product =
            PerfectProduct { on_time: ratio(98), complete: ratio(97), undamaged: ratio(99), documented: ratio(82) };
        assert_eq!(product.percent(), Some("77.17".parse().unwrap()));
    }

    #[test]
    fn cycle_times_leave_out_what_was_dated_ahead() {
        let times = cycle_times(&fixture());
        let hours = |name: &str| {
            let (_, found) = times.iter().find(|(known, _)| *known == name).unwrap();
            (found.p50.as_hours(), found.p90.as_hours(), found.count)
        };
        // A 48, B 72, C 24, D 240 less 120 of dwell.
        assert_eq!(hours("order cycle"), (48, 120, 4));
        assert_eq!(hours("receipt to answer"), (2, 30, 4));
        assert!(!times.iter().any(|(name, _)| *name == "invoice to cash"), "nothing was paid");
    }

    #[test]
    fn nothing_is_no_percentage() {
        assert_eq!(perfect_orders(&[]).percent(), None);
        assert_eq!(perfect_product(&[]).percent(), None);
        assert_eq!(cycle_times(&[]), []);
    }

    fn fixture() -> Vec<OrderFact> {
        let at = |hours: i64| Some(Timestamp::from_second(hours * 3600).unwrap());
        let orders = [("A", 2, 48, 0), ("B", 1, 72, 0), ("C", 10, 24, 0), ("D", 30, 240, 120)];
        let of = |(name, answered, arrived, dwell): (&str, i64, i64, i64)| OrderFact {
            order: name.into(),
            times: Times { received: at(0), answered: at(answered), arrived: at(arrived), ..Times::default() },
            dwell: SignedDuration::from_hours(dwell),
            closed_at: at(300),
            answer: Some(Due { name: name.into(), due: at(24).unwrap(), done: at(answered) }),
            lines: FIXTURE.iter().filter(|line| line.0.starts_with(name)).map(line).collect(),
            shipments: vec![ShipmentFact {
                shipment: format!("S-{name}"),
                notice_due: at(20).unwrap(),
                notice_accepted: if name == "B" { at(21) } else { at(20) },
            }],
            exceptions: match name {
                "B" => vec!["stock_short".into(), "notice_overdue".into()],
                "D" => vec!["answer_overdue".into()],
                _ => vec![],
            },
        };
        orders.into_iter().map(of).collect()
    }

    fn line(line: &(&str, i64, i64, i64, i64, i64, bool, bool, bool)) -> LineFact {
        let (name, ordered, first, shipped, back, unusable, on_time, in_full, documented) = *line;
        // What came of B/1 was two short; of D/1 nothing is known.
        let received = match name {
            "B/1" => Some(Decimal::from(shipped - 2)),
            "D/1" => None,
            _ => Some(shipped.into()),
        };
        LineFact {
            line: name.into(),
            ordered: ordered.into(),
            shipped: shipped.into(),
            shipped_first: first.into(),
            backordered_first: back.into(),
            received,
            unusable: unusable.into(),
            on_time: Some(on_time),
            in_full,
            documented,
            advised: vec![(shipped.into(), received)],
        }
    }
}
