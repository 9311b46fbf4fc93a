//! The arithmetic of an invoice (EN 16931-1: BR-CO-10 to BR-CO-17) and how many decimals amounts may have (BR-DEC).

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Rules, decimal, join, numbered, value};
use crate::canonical::Record;

pub(super) fn check(rules: &mut Rules<'_>) {
    let invoice = rules.invoice;
    let zero = Decimal::ZERO;
    let lines: Decimal = rules.lines().filter_map(|(_, line)| decimal(line, "amount")).sum();
    let sum = |kind: &'static str| -> Decimal {
        rules.adjustments(invoice, "", kind).filter_map(|(_, item)| decimal(item, "amount")).sum()
    };
    let (allowances, charges) = (sum("allowance"), sum("charge"));
    equal(rules, "BR-CO-10", "line_total", lines, "the sum of the lines");
    for (rule, field, sum) in [("BR-CO-11", "allowance_total", allowances), ("BR-CO-12", "charge_total", charges)] {
        if rules.amount(field).is_some() || !sum.is_zero() {
            match rules.amount(field) {
                Some(_) => equal(rules, rule, field, sum, "the sum of their amounts"),
                None => rules.tell(rule, field, None, format!("{sum}, the sum of their amounts")),
            }
        }
    }
    if let Some(net) = rules.amount("line_total") {
        let net = net - rules.amount("allowance_total").unwrap_or(zero) + rules.amount("charge_total").unwrap_or(zero);
        equal(rules, "BR-CO-13", "net_total", net, "lines less allowances plus charges");
    }
    let taxes: Decimal = numbered(invoice, "taxes", "").filter_map(|(_, tax)| decimal(tax, "amount")).sum();
    if value(invoice, "taxes").is_some() {
        equal(rules, "BR-CO-14", "tax_total", taxes, "the sum of the VAT breakdown");
    }
    if let Some(net) = rules.amount("net_total") {
        let gross = net + rules.amount("tax_total").unwrap_or(zero);
        equal(rules, "BR-CO-15", "total", gross, "the total without VAT plus VAT");
    }
    if let Some(total) = rules.amount("total") {
        let due = total - rules.amount("prepaid").unwrap_or(zero) + rules.amount("rounding").unwrap_or(zero);
        equal(rules, "BR-CO-16", "amount_due", due, "the total less what is paid plus rounding");
    }
    for (path, tax) in numbered(invoice, "taxes", "") {
        breakdown(rules, tax, &path);
    }
    decimals(rules);
}

/// Tells the rule where a field differs from what it should be, in cents.
fn equal(rules: &mut Rules<'_>, rule: &'static str, field: &str, wanted: Decimal, words: &str) {
    let Some(found) = rules.amount(field) else { return };
    if found != rounded(wanted) {
        rules.tell(rule, field, Some(found.to_string()), format!("{}, {words}", rounded(wanted)));
    }
}

/// To two decimals, halves away from zero.
pub(super) fn rounded(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).normalize()
}

/// BR-CO-17: tax is base times rate; the official rules forgive less than one unit of currency.
fn breakdown(rules: &mut Rules<'_>, tax: &Record<'_>, path: &str) {
    let (Some(base), Some(amount)) = (decimal(tax, "taxable"), decimal(tax, "amount")) else { return };
    let rate = decimal(tax, "rate").unwrap_or(Decimal::ZERO);
    let Some(product) = base.checked_mul(rate) else { return };
    let wanted = rounded(product / Decimal::ONE_HUNDRED);
    let good = if rate.is_zero() { rounded(amount).is_zero() } else { (amount - wanted).abs() <= Decimal::ONE };
    if !good {
        rules.tell("BR-CO-17", join(path, "amount"), Some(amount.to_string()), format!("{wanted}, base times rate"));
    }
}

/// Amounts have at most two decimals: the rule's id depends on the field.
fn decimals(rules: &mut Rules<'_>) {
    const TOTALS: [(&str, &str); 9] = [
        ("line_total", "BR-DEC-09"),
        ("allowance_total", "BR-DEC-10"),
        ("charge_total", "BR-DEC-11"),
        ("net_total", "BR-DEC-12"),
        ("tax_total", "BR-DEC-13"),
        ("total", "BR-DEC-14"),
        ("prepaid", "BR-DEC-16"),
        ("rounding", "BR-DEC-17"),
        ("amount_due", "BR-DEC-18"),
    ];
    let invoice = rules.invoice;
    for (field, rule) in TOTALS {
        fine(rules, rule, invoice, "", field);
    }
    fine(rules, "BR-DEC-15", invoice, "", "tax_total_accounting");
    for (kind, [amount, base]) in [("allowance", ["BR-DEC-01", "BR-DEC-02"]), ("charge", ["BR-DEC-05", "BR-DEC-06"])] {
        for (path, item) in rules.adjustments(invoice, "", kind) {
            fine(rules, amount, item, &path, "amount");
            fine(rules, base, item, &path, "base");
        }
    }
    for (path, tax) in numbered(invoice, "taxes", "") {
        fine(rules, "BR-DEC-19", tax, &path, "taxable");
        fine(rules, "BR-DEC-20", tax, &path, "amount");
    }
    for (path, line) in rules.lines() {
        fine(rules, "BR-DEC-23", line, &path, "amount");
        for (kind, [amount, base]) in
            [("allowance", ["BR-DEC-24", "BR-DEC-25"]), ("charge", ["BR-DEC-27", "BR-DEC-28"])]
        {
            for (path, item) in rules.adjustments(line, &path, kind) {
                fine(rules, amount, item, &path, "amount");
                fine(rules, base, item, &path, "base");
            }
        }
    }
}

fn fine(rules: &mut Rules<'_>, rule: &'static str, record: &Record<'_>, around: &str, field: &str) {
    if let Some(amount) = decimal(record, field).filter(|amount| amount.scale() > 2) {
        rules.tell(rule, join(around, field), Some(amount.to_string()), "at most two decimals");
    }
}
