//! The arithmetic of a document, reckoned again and compared in both directions: lines, charges, tax, total.

use rust_decimal::Decimal;

use super::billed::{Billed, ChargeKind};
use super::hold::{Hold, HoldKind};
use super::ordered::Agreed;
use super::policy::Policy;
use crate::process::tolerance::{Judgement, Tolerance};

/// Percent: no sales or value added tax is higher.
const HIGHEST_RATE: u32 = 27;

/// Holds for what does not add up, and for tax, freight and charges beyond their limits.
pub(super) fn check(billed: &Billed, agreed: &Agreed, policy: &Policy, holds: &mut Vec<Hold>) {
    sums(billed, policy, holds);
    by_known_rate(billed, agreed, policy, holds);
    let sum = |kind| billed.charges.iter().filter(|charge| charge.kind == kind).map(|charge| charge.amount).sum();
    let freight: Decimal = sum(ChargeKind::Freight);
    judge(HoldKind::Freight, "freight", agreed.freight, freight, &policy.freight, billed, holds);
    let other = Tolerance { over: policy.charges, under: crate::process::tolerance::Limit::UNLIMITED };
    judge(HoldKind::Charge, "charges", Decimal::ZERO, sum(ChargeKind::Other), &other, billed, holds);
}

/// What a document says of itself: its lines, its total, and its tax by its own rates.
pub(super) fn sums(billed: &Billed, policy: &Policy, holds: &mut Vec<Hold>) {
    lines(billed, policy, holds);
    total(billed, policy, holds);
    by_own_rates(billed, policy, holds);
}

/// Each line: quantity times price. The line's own charges are in its amount.
fn lines(billed: &Billed, policy: &Policy, holds: &mut Vec<Hold>) {
    for line in &billed.lines {
        let reckoned = billed.currency.round(line.quantity * line.price);
        let difference = line.amount - reckoned;
        // A favourable difference is an allowance of the line.
        if difference > policy.rounding_line {
            let words = format!(
                "line {}: {} times {} is {reckoned}, the line says {}",
                line.number, line.quantity, line.price, line.amount
            );
            holds.push(Hold {
                kind: HoldKind::Total,
                line: Some(line.number.clone()),
                money: difference,
                count: None,
                words,
            });
        }
    }
}

fn total(billed: &Billed, policy: &Policy, holds: &mut Vec<Hold>) {
    let difference = billed.total - billed.reckoned();
    if difference.abs() > policy.rounding(billed.lines.len()) {
        let words = format!(
            "lines, charges and tax come to {}, the document says {}",
            billed.currency.said(billed.reckoned()),
            billed.currency.said(billed.total)
        );
        holds.push(Hold { kind: HoldKind::Total, line: None, money: difference, count: None, words });
    }
}

/// What is a percentage of an amount.
fn share(billed: &Billed, base: Decimal, rate: Decimal) -> Decimal {
    billed.currency.round(base * rate / Decimal::ONE_HUNDRED)
}

fn by_own_rates(billed: &Billed, policy: &Policy, holds: &mut Vec<Hold>) {
    for (rate, base, amount) in &billed.taxes {
        let wanted = share(billed, *base, *rate);
        if !policy.tax.judge(wanted, *amount).is_allowed() {
            let said = billed.currency.said(wanted);
            let words = format!("tax of {rate} % on {base} is {said}, the document says {amount}");
            holds.push(Hold { kind: HoldKind::Tax, line: None, money: amount - wanted, count: None, words });
            return;
        }
    }
}

/// Where its own rates are right.
fn by_known_rate(billed: &Billed, agreed: &Agreed, policy: &Policy, holds: &mut Vec<Hold>) {
    if holds.iter().any(|hold| hold.kind == HoldKind::Tax) {
        return;
    }
    if let Some(rate) = agreed.tax_percent {
        let base: Decimal = billed.lines.iter().map(|line| line.amount).sum::<Decimal>() + billed.elsewhere;
        let wanted = share(billed, base, rate);
        if !policy.tax.judge(wanted, billed.tax).is_allowed() {
            let (due, found) = (billed.currency.said(wanted), billed.currency.said(billed.tax));
            let words = format!("tax of {rate} % on {base} is {due}, {found} is billed");
            holds.push(Hold { kind: HoldKind::Tax, line: None, money: billed.tax - wanted, count: None, words });
        }
    } else {
        by_no_rate(billed, policy, holds);
    }
}

/// Where nobody agreed on a rate: no more than taxes come to anywhere.
fn by_no_rate(billed: &Billed, policy: &Policy, holds: &mut Vec<Hold>) {
    let rate = HIGHEST_RATE;
    let charges: Decimal = billed.charges.iter().map(|charge| charge.amount).sum();
    let net: Decimal = billed.lines.iter().map(|line| line.amount).sum();
    let base = net + charges + billed.elsewhere;
    let most = share(billed, base, Decimal::from(rate));
    if billed.tax > most && !policy.tax.judge(most, billed.tax).is_allowed() {
        let (found, base) = (billed.currency.said(billed.tax), billed.currency.said(base));
        let words = format!("tax of {found} on {base} is above {rate} %, and no tax is as high");
        holds.push(Hold { kind: HoldKind::Tax, line: None, money: billed.tax, count: None, words });
    }
}

fn judge(
    kind: HoldKind,
    what: &str,
    agreed: Decimal,
    found: Decimal,
    tolerance: &Tolerance,
    billed: &Billed,
    holds: &mut Vec<Hold>,
) {
    if let Judgement::Over(_) | Judgement::Under(_) = tolerance.judge(agreed, found) {
        let said = |amount| billed.currency.said(amount);
        let words = format!("{what} {}, {} was agreed", said(found), said(agreed));
        holds.push(Hold { kind, line: None, money: found - agreed, count: None, words });
    }
}
