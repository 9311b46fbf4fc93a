//! The words for where a line and an order stand: derived from the counters, never stored.

use std::fmt;

use rust_decimal::Decimal;
use serde::Serialize;

use super::keys::Side;
use super::line::{Counters, Ending, Line};
use super::trade::Trade;

/// Where a line stands. Ordered by how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Held,
    Open,
    Acked,
    AckedChanged,
    Backordered,
    Rejected,
    PartShipped,
    Shipped,
    PartInvoiced,
    Invoiced,
    /// Everything that came went back, and the credit for it is not there yet.
    Returned,
    Settled,
    Cancelled,
    ShortClosed,
}

impl State {
    pub const ALL: [Self; 14] = [
        Self::Held,
        Self::Open,
        Self::Acked,
        Self::AckedChanged,
        Self::Backordered,
        Self::Rejected,
        Self::PartShipped,
        Self::Shipped,
        Self::PartInvoiced,
        Self::Invoiced,
        Self::Returned,
        Self::Settled,
        Self::Cancelled,
        Self::ShortClosed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Open => "open",
            Self::Acked => "acked",
            Self::AckedChanged => "acked_changed",
            Self::Backordered => "backordered",
            Self::Rejected => "rejected",
            Self::PartShipped => "part_shipped",
            Self::Shipped => "shipped",
            Self::PartInvoiced => "part_invoiced",
            Self::Invoiced => "invoiced",
            Self::Returned => "returned",
            Self::Settled => "settled",
            Self::Cancelled => "cancelled",
            Self::ShortClosed => "short_closed",
        }
    }

    /// Nothing more is expected to happen to goods.
    pub fn is_closed(self) -> bool {
        matches!(
            self,
            Self::Rejected | Self::Settled | Self::Cancelled | Self::ShortClosed | Self::Invoiced | Self::Returned
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Trade {
    /// Where a line stands.
    pub fn line_state(&self, line: &Line) -> State {
        let counters = line.counters(self.side());
        let paid = self.is_paid(line, &counters);
        of_line(line, &counters, self.is_held(&line.number), paid)
    }

    /// Where the order stands: as far as the line that is furthest behind, and begun where any line has begun.
    pub fn state(&self) -> State {
        if self.open_holds().any(|hold| hold.line.is_none()) {
            return State::Held;
        }
        let states: Vec<State> = self.lines.iter().map(|line| self.line_state(line)).collect();
        fold(&states)
    }

    /// Whether every bill with this line has nothing open.
    fn is_paid(&self, line: &Line, counters: &Counters) -> bool {
        if counters.invoiced.is_zero() {
            return false;
        }
        let bills = self.bills.iter().filter(|bill| !bill.is_credit && bill.standing.counts());
        let mut of_line = bills.filter(|bill| bill.lines.iter().any(|billed| billed.line == line.number));
        of_line.all(|bill| self.open_amount(bill) <= Decimal::ZERO)
    }
}

fn of_line(line: &Line, counters: &Counters, held: bool, paid: bool) -> State {
    let c = counters;
    let gone = c.shipped.max(c.received);
    let nothing_open = c.open.is_zero();
    if gone > Decimal::ZERO && nothing_open && c.returned >= gone {
        let credited = c.invoiced > Decimal::ZERO && c.credited >= c.invoiced;
        return if credited { State::Settled } else { State::Returned };
    }
    if c.invoiced > Decimal::ZERO {
        if c.invoiced < gone || !nothing_open {
            return State::PartInvoiced;
        }
        return if paid { State::Settled } else { State::Invoiced };
    }
    if gone > Decimal::ZERO {
        return if nothing_open { State::Shipped } else { State::PartShipped };
    }
    if c.cancelled > Decimal::ZERO && nothing_open {
        return if line.ending == Some(Ending::ShortClosed) { State::ShortClosed } else { State::Cancelled };
    }
    if held {
        return State::Held;
    }
    if c.ordered.is_zero() {
        return State::Cancelled;
    }
    if c.rejected > Decimal::ZERO && nothing_open {
        return State::Rejected;
    }
    if !c.undecided().is_zero() {
        return State::Open;
    }
    if c.backordered > Decimal::ZERO && c.accepted.is_zero() {
        return State::Backordered;
    }
    if is_changed(line, c) { State::AckedChanged } else { State::Acked }
}

/// Whether the answer differs from what was asked.
fn is_changed(line: &Line, counters: &Counters) -> bool {
    let Some(decided) = &line.decision else { return false };
    let decision = &decided.decision;
    let price = decision.price.is_some_and(|price| line.ordered_price() != Some(price));
    counters.accepted < counters.ordered || price || decision.date.is_some() || !decision.substitute.is_empty()
}

/// The order's state from its lines'.
fn fold(states: &[State]) -> State {
    let dead = |state: &&State| matches!(state, State::Rejected | State::Cancelled | State::ShortClosed);
    let mut living: Vec<State> = states.iter().filter(|state| !dead(state)).copied().collect();
    living.sort();
    match (living.first(), living.last()) {
        (Some(State::Held), _) => State::Held,
        (Some(least), Some(most)) if least == most => *least,
        // Lines stand at different places: say how far the furthest has come, as a part.
        (Some(_), Some(State::PartInvoiced | State::Invoiced | State::Returned | State::Settled)) => {
            State::PartInvoiced
        }
        (Some(_), Some(State::PartShipped | State::Shipped)) => State::PartShipped,
        (Some(State::Open), Some(_)) => State::Open,
        (Some(_), Some(_)) => State::AckedChanged,
        _ => states.iter().max().copied().unwrap_or(State::Open),
    }
}

/// The counters an order adds up to, over its lines: for lists and totals of one unit.
pub fn total(trade: &Trade) -> Counters {
    let side: Side = trade.side();
    let mut sum = Counters::default();
    for line in &trade.lines {
        let c = line.counters(side);
        sum.ordered0 += c.ordered0;
        sum.ordered += c.ordered;
        sum.accepted += c.accepted;
        sum.backordered += c.backordered;
        sum.rejected += c.rejected;
        sum.cancelled += c.cancelled;
        sum.shipped += c.shipped;
        sum.received += c.received;
        sum.usable += c.usable;
        sum.returned += c.returned;
        sum.invoiced += c.invoiced;
        sum.matched += c.matched;
        sum.credited += c.credited;
        sum.open += c.open;
        sum.over += c.over;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_stands_where_its_lines_stand() {
        use State::*;
        let cases: &[(&[State], State)] = &[
            (&[Open, Open], Open),
            (&[Held, Acked], Held),
            (&[Acked, Acked], Acked),
            (&[Acked, Rejected], Acked),
            (&[Acked, Backordered], AckedChanged),
            (&[Open, Acked], Open),
            (&[Acked, Shipped], PartShipped),
            (&[Shipped, Shipped], Shipped),
            (&[Shipped, Cancelled], Shipped),
            (&[Shipped, Invoiced], PartInvoiced),
            (&[Settled, Settled], Settled),
            (&[Settled, Invoiced], PartInvoiced),
            (&[Cancelled, Cancelled], Cancelled),
            (&[Rejected, Cancelled], Cancelled),
            (&[], Open),
        ];
        for (lines, order) in cases {
            assert_eq!(fold(lines), *order, "{lines:?}");
        }
    }
}
