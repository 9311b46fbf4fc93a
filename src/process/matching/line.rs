//! One invoice line against its order line: unit, quantity and price, each by its own limit.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::billed::{Billed, BilledLine};
use super::hold::{Hold, HoldKind};
use super::ordered::OrderedLine;
use super::pair::Pairing;
use super::policy::{Level, Policy};
use super::unit::Factors;
use crate::process::ledger::Currency;
use crate::process::tolerance::Judgement;

/// What was found for a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineMatch {
    /// The invoice's line.
    pub line: Box<str>,
    /// Place in the agreed lines, and how it was found.
    pub place: usize,
    pub pairing: Pairing,
    /// In the order's unit.
    pub quantity: Decimal,
    /// Of that, what may be invoiced today.
    pub available: Decimal,
    /// As billed.
    pub amount: Decimal,
    /// What leaves the accrual: the quantity at the agreed price, to the cent over all invoices of the line.
    pub accrued: Decimal,
    /// What of that is for goods that are there.
    pub accrued_available: Decimal,
    /// Nothing of it has come, and it still may.
    pub waiting: bool,
}

impl LineMatch {
    /// Billed less accrued.
    pub fn variance(&self) -> Decimal {
        self.amount - self.accrued
    }
}

/// What a line is judged by.
pub(super) struct Judge<'a> {
    pub billed: &'a Billed,
    pub factors: &'a Factors,
    pub policy: &'a Policy,
}

impl Judge<'_> {
    /// What a line is held against.
    fn level(&self, ordered: &OrderedLine) -> Level {
        self.policy.level_of(ordered.class.as_deref())
    }

    /// How much of a line may be invoiced in all, before what was invoiced already.
    pub fn payable(&self, ordered: &OrderedLine) -> Decimal {
        let most = ordered.ordered + self.policy.over_receipt.allowance(ordered.ordered).unwrap_or(ordered.received);
        match self.level(ordered) {
            Level::TwoWay => ordered.ordered,
            // What went back is not paid: its credit, where it was invoiced before, is taken off what is matched.
            Level::ThreeWay => (ordered.received - ordered.returned).min(most),
            Level::FourWay => ordered.usable.min(ordered.received - ordered.returned).min(most),
        }
    }

    /// Judges a line. `taken` is what lines before took of the same order line.
    pub fn judge(
        &self,
        line: &BilledLine,
        ordered: &OrderedLine,
        (place, pairing): (usize, Pairing),
        taken: Decimal,
        holds: &mut Vec<Hold>,
    ) -> Option<LineMatch> {
        let currency = self.billed.currency;
        let units = (&*line.unit, &*ordered.unit);
        let quantity = match self.factors.convert(
            (&ordered.item, &self.billed.supplier),
            line.quantity,
            units,
            self.billed.date,
        ) {
            Ok(quantity) => quantity,
            Err(why) => {
                holds.push(hold(HoldKind::Unit, line, line.amount, format!("line {}: {why}", line.number)));
                return None;
            }
        };
        self.price(line, ordered, quantity, holds);
        let before = ordered.matched + taken;
        let available = (self.payable(ordered) - ordered.net_matched() - taken).max(Decimal::ZERO);
        let may_come = self.level(ordered) != Level::TwoWay && before + quantity <= ordered.ordered;
        let waiting = available.is_zero() && may_come && !quantity.is_zero();
        if quantity > available && !waiting {
            self.excess(line, ordered, quantity, available, holds);
        }
        let money = |quantity: Decimal| accrued(ordered.price, before, quantity, currency);
        let found = LineMatch {
            line: line.number.clone(),
            place,
            pairing,
            quantity,
            available,
            amount: line.amount,
            accrued: money(quantity),
            accrued_available: money(quantity.min(available)),
            waiting,
        };
        let limit = self.policy.amount.allowance(found.accrued);
        if limit.is_some_and(|limit| found.variance() > limit) {
            let words = format!("line {}: {} more than agreed", line.number, currency.said(found.variance()));
            holds.push(hold(HoldKind::Amount, line, found.variance(), words));
        }
        Some(found)
    }

    fn excess(
        &self,
        line: &BilledLine,
        ordered: &OrderedLine,
        quantity: Decimal,
        available: Decimal,
        holds: &mut Vec<Hold>,
    ) {
        let excess = quantity - available;
        if self.policy.quantity.allowance(available).is_none_or(|allowed| excess <= allowed) {
            return;
        }
        let money = self.billed.currency.round(excess * ordered.price);
        let what = match self.level(ordered) {
            Level::TwoWay => "ordered",
            Level::ThreeWay | Level::FourWay if !ordered.returned.is_zero() => "received, kept",
            Level::ThreeWay => "received",
            Level::FourWay => "accepted",
        };
        let words = format!(
            "line {}: {quantity} {} invoiced, {available} {what} and not invoiced: {excess} too many",
            line.number, ordered.unit
        );
        holds.push(Hold { count: Some(excess), ..hold(HoldKind::Quantity, line, money, words) });
    }

    fn price(&self, line: &BilledLine, ordered: &OrderedLine, quantity: Decimal, holds: &mut Vec<Hold>) {
        let currency = self.billed.currency;
        let agreed = currency.round(quantity * ordered.price);
        let percent = |difference: Decimal| match agreed.is_zero() {
            true => "no price was agreed".to_owned(),
            false => format!("{:+} %", (difference * Decimal::ONE_HUNDRED / agreed).round_dp(2).normalize()),
        };
        let judgement = self.policy.price.judge(agreed, line.amount);
        if let Judgement::Over(difference) | Judgement::Under(difference) = judgement {
            let signed = line.amount - agreed;
            let limit = if signed > Decimal::ZERO { &self.policy.price.over } else { &self.policy.price.under };
            let allowed = currency.said(limit.allowance(agreed).map(|most| currency.round(most)).unwrap_or_default());
            let (off, way) = (currency.said(difference), if signed > Decimal::ZERO { "more" } else { "less" });
            let words = format!(
                "line {}: {} for {quantity} {} at {}, {} was agreed ({}, {off} {way}; {allowed} is allowed)",
                line.number,
                currency.said(line.amount),
                ordered.unit,
                line.price.normalize(),
                currency.said(agreed),
                percent(signed),
            );
            holds.push(hold(HoldKind::Price, line, signed, words));
        }
        if let Some((count, suspicion)) = self.suspicion(line, ordered, agreed) {
            let words = format!("line {}: {} for {} agreed; {suspicion}", line.number, line.amount, agreed);
            holds.push(Hold { count, ..hold(HoldKind::UnitSuspect, line, line.amount - agreed, words) });
        }
    }

    /// Whether the price looks like one for another unit: it is far off, in either direction.
    fn suspicion(
        &self,
        line: &BilledLine,
        ordered: &OrderedLine,
        agreed: Decimal,
    ) -> Option<(Option<Decimal>, String)> {
        if agreed.is_zero() || line.amount.is_zero() {
            return None;
        }
        let off = (line.amount - agreed).abs() * Decimal::ONE_HUNDRED / agreed;
        if off <= self.policy.unit_suspicion_percent {
            return None;
        }
        let ratio = if line.amount > agreed { line.amount / agreed } else { agreed / line.amount };
        let near = |factor: Decimal| (ratio - factor).abs() * Decimal::from(50) <= factor;
        let known = self.factors.of_item(&ordered.item).find(|factor| near(*factor));
        let whole = Some(ratio.round()).filter(|whole| *whole > Decimal::ONE && near(*whole));
        Some(match (known, whole) {
            (Some(factor), _) => {
                (Some(factor), format!("factor {}, which is one of this item's packs", factor.normalize()))
            }
            (None, Some(factor)) => (Some(factor), format!("factor {factor}: a price for another unit?")),
            (None, None) => (None, format!("{} % off: a price for another unit?", off.round())),
        })
    }
}

/// What a quantity takes out of the accrual after another one went before, so that all of a line come to the cent.
pub(super) fn accrued(price: Decimal, before: Decimal, quantity: Decimal, currency: Currency) -> Decimal {
    currency.round((before + quantity) * price) - currency.round(before * price)
}

pub(super) fn hold(kind: HoldKind, line: &BilledLine, money: Decimal, words: String) -> Hold {
    Hold { kind, line: Some(line.number.clone()), money, count: None, words }
}
