//! The arithmetic of a document, reckoned again and compared in both directions: lines, charges, tax, total.

use rust_decimal::Decimal;

use super::billed::{Billed, ChargeKind};
use super::hold::{Hold, HoldKind};
use super::ordered::Agreed;
use super::policy::Policy;
use crate::process::tolerance::{Judgement, Tolerance};

/// Holds for what does not add up, and for tax, freight and charges beyond their limits.
pub(super) fn check(billed: &Billed, agreed: &Agreed, policy: &Policy, holds: &mut Vec<Hold>) {
    lines(billed, policy, holds);
    total(billed, policy, holds);
    tax(billed, agreed, policy, holds);
    let sum = |kind| billed.charges.iter().filter(|charge| charge.kind == kind).map(|charge| charge.amount).sum();
    let freight: Decimal = sum(ChargeKind::Freight);
    judge(HoldKind::Freight, "freight", agreed.freight, freight, &policy.freight, billed, holds);
    let other = Tolerance { over: policy.charges, under: crate::process::tolerance::Limit::UNLIMITED };
    judge(HoldKind::Charge, "charges", Decimal::ZERO, sum(ChargeKind::Other), &other, billed, holds);
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

/// Against the rate that we know, and against the document's own rates.
fn tax(billed: &Billed, agreed: &Agreed, policy: &Policy, holds: &mut Vec<Hold>) {
    let currency = billed.currency;
    let share = |base: Decimal, rate: Decimal| currency.round(base * rate / Decimal::ONE_HUNDRED);
    for (rate, base, amount) in &billed.taxes {
        let wanted = share(*base, *rate);
        if !policy.tax.judge(wanted, *amount).is_allowed() {
            let words = format!("tax of {rate} % on {base} is {}, the document says {amount}", currency.said(wanted));
            holds.push(Hold { kind: HoldKind::Tax, line: None, money: amount - wanted, count: None, words });
            return;
        }
    }
    if let Some(rate) = agreed.tax_percent {
        let base: Decimal = billed.lines.iter().map(|line| line.amount).sum();
        let wanted = share(base, rate);
        if !policy.tax.judge(wanted, billed.tax).is_allowed() {
            let words = format!(
                "tax of {rate} % on {base} is {}, {} is billed",
                currency.said(wanted),
                currency.said(billed.tax)
            );
            holds.push(Hold { kind: HoldKind::Tax, line: None, money: billed.tax - wanted, count: None, words });
        }
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
