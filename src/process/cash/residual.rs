//! What remains of an item after it was paid, taken apart in the policy's order: earned discount, coded deduction, small
//! difference, unearned discount; what none explains stays open, and what is too much stays the customer's.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::advice::AdviceAdjustment;
use super::code::Reason;
use super::policy::{Policy, UnearnedDiscount};
use crate::process::ledger::OpenItem;

/// What an item's amount is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// In money.
    pub money: Decimal,
    pub discount: Decimal,
    pub deductions: Vec<Deducted>,
    pub small: Decimal,
    /// It stays open.
    pub short: Decimal,
    /// Of that, a discount taken too late, where the policy leaves it open.
    pub unearned: Decimal,
    /// More than was owed.
    pub over: Decimal,
    /// Why, in words, in the order of the policy.
    pub because: Vec<String>,
}

/// A part kept back with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deducted {
    pub reason: Reason,
    /// As the customer coded it.
    pub code: Box<str>,
    pub amount: Decimal,
    pub reference: Option<Box<str>>,
}

/// One item about to be paid.
#[derive(Clone, Copy, Debug)]
pub struct Payment<'a> {
    pub item: &'a OpenItem,
    /// Of the item's own, less what lines before took.
    pub open: Decimal,
    /// In money; below zero for a credit memo taken.
    pub paid: Decimal,
    /// The discount as the customer states it.
    pub discount: Decimal,
    pub adjustments: &'a [AdviceAdjustment],
    pub date: Date,
    /// What may still be given up for this customer today.
    pub daily: Decimal,
}

impl Split {
    /// What comes off the item.
    pub fn applied(&self) -> Decimal {
        self.money + self.discount + self.deducted() + self.small
    }

    pub fn deducted(&self) -> Decimal {
        self.deductions.iter().map(|part| part.amount).sum()
    }

    /// The item is settled, and nothing is left over.
    pub fn settles(&self) -> bool {
        self.short.is_zero() && self.over.is_zero()
    }
}

/// Takes apart what remains. `None` where the money has another sign than the item: an invoice is not paid by taking.
pub fn split(payment: Payment<'_>, policy: &Policy) -> Option<Split> {
    let Payment { item, open, paid, .. } = payment;
    if !paid.is_zero() && paid.is_sign_negative() != item.amount.is_sign_negative() {
        return None;
    }
    let mut split = Split::default();
    if item.amount.is_sign_negative() {
        // A credit memo is taken or not: nothing is deducted from it. Whoever took a discount on the invoice takes so much
        // less for what it sent back.
        split.money = paid.max(open);
        split.over = paid - split.money;
        given_back(&payment, &mut split);
        split.short = open - split.money - split.discount;
        return Some(split);
    }
    split.money = paid.min(open);
    split.over = paid - split.money;
    let mut rest = open - split.money;
    let extra = earned(&payment, &mut split, &mut rest, policy);
    coded(&payment, &mut split, &mut rest);
    small(&payment, &mut split, &mut rest, policy);
    unearned(&payment, &mut split, &mut rest, extra, policy);
    if rest > Decimal::ZERO {
        split.because.push(format!("{} remains open, unexplained", item.currency.said(rest)));
    }
    if split.over > Decimal::ZERO {
        let said = item.currency.said(split.over);
        split.because.push(match open.is_zero() {
            true => format!("the item is closed: {said} is paid a second time"),
            false => format!("{said} more than was owed"),
        });
    }
    split.short += rest;
    Some(split)
}

/// The share of a credit memo that the discount of its terms is: stated, or recognised by its size.
fn given_back(payment: &Payment<'_>, split: &mut Split) {
    let rest = payment.open - split.money;
    let coded = |adjustment: &&AdviceAdjustment| Reason::of(adjustment.list, &adjustment.code) == Reason::Discount;
    let adjusted = payment.adjustments.iter().filter(coded).map(|adjustment| adjustment.amount.abs());
    let stated = payment.discount.abs() + adjusted.sum::<Decimal>();
    let share = match stated.is_zero() {
        true if rest == payment.item.discount_amount() => rest,
        true => Decimal::ZERO,
        false => rest.max(-stated),
    };
    if !share.is_zero() {
        split.discount = share;
        split.because.push(format!("discount {} of the credit memo given back", payment.item.currency.said(-share)));
    }
}

/// Step one. Returns what was stated as discount and is not earned.
fn earned(payment: &Payment<'_>, split: &mut Split, rest: &mut Decimal, policy: &Policy) -> Decimal {
    let Payment { item, adjustments, date, .. } = payment;
    let coded = |adjustment: &&AdviceAdjustment| Reason::of(adjustment.list, &adjustment.code) == Reason::Discount;
    let stated = payment.discount + adjustments.iter().filter(coded).map(|a| a.amount.abs()).sum::<Decimal>();
    let allowed = item.discount_earned(*date, policy.discount_grace_days).min(*rest);
    // Unstated, only the exact discount of the terms counts as one: a rest of another size has another reason.
    let unit = item.currency.unit();
    let taken = match stated.is_zero() {
        true if !allowed.is_zero() && (*rest - allowed).abs() <= unit => *rest,
        true => Decimal::ZERO,
        false => stated.min(allowed),
    };
    if !taken.is_zero() {
        split.discount = taken;
        *rest -= taken;
        let until = item.discount.map(|discount| discount.until.to_string()).unwrap_or_default();
        split.because.push(format!("discount {} earned, payable until {until}", item.currency.said(taken)));
    }
    (stated - taken).max(Decimal::ZERO)
}

/// Step two: what the customer kept back and coded, as far as something remains to be explained.
fn coded(payment: &Payment<'_>, split: &mut Split, rest: &mut Decimal) {
    for adjustment in payment.adjustments {
        let reason = Reason::of(adjustment.list, &adjustment.code);
        let reduces = adjustment.amount.is_sign_negative() || (!adjustment.signed && *rest >= adjustment.amount);
        if reason == Reason::Discount || !reduces {
            continue;
        }
        let amount = adjustment.amount.abs().min(*rest);
        if amount.is_zero() {
            continue;
        }
        *rest -= amount;
        let said = payment.item.currency.said(amount);
        split.because.push(format!("{said} deducted for {reason} (code {})", adjustment.code));
        let (code, reference) = (adjustment.code.clone(), adjustment.reference.clone());
        split.deductions.push(Deducted { reason, code, amount, reference });
    }
}

/// Step three: a rest too small to ask about.
fn small(payment: &Payment<'_>, split: &mut Split, rest: &mut Decimal, policy: &Policy) {
    let most = policy.tolerance(payment.item.open).min(payment.daily);
    let whole_item = *rest == payment.open;
    if rest.is_zero() || *rest > most || whole_item {
        return;
    }
    split.small = *rest;
    let said = payment.item.currency.said(*rest);
    split.because.push(format!("{said} is a small difference (at most {})", payment.item.currency.said(most)));
    *rest = Decimal::ZERO;
}

/// Step four: a discount taken too late, stated or recognised by its size.
fn unearned(payment: &Payment<'_>, split: &mut Split, rest: &mut Decimal, stated: Decimal, policy: &Policy) {
    let item = payment.item;
    let late = item.discount_amount();
    let amount = match stated.is_zero() {
        true if !late.is_zero() && *rest == late => *rest,
        true => return,
        false => stated.min(*rest),
    };
    if amount.is_zero() {
        return;
    }
    *rest -= amount;
    let said = item.currency.said(amount);
    split.because.push(match item.discount {
        Some(discount) => format!("discount {said} not earned: it was payable until {}", discount.until),
        None => format!("discount {said} not earned: the terms grant none"),
    });
    match policy.unearned_discount {
        UnearnedDiscount::Deduction => {
            let reason = Reason::UnearnedDiscount;
            split.deductions.push(Deducted { reason, code: "".into(), amount, reference: None });
        }
        UnearnedDiscount::StaysOpen => {
            split.unearned = amount;
            split.short += amount;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{adjustments, items};
    use super::*;

    #[test]
    fn what_remains_is_taken_apart_in_order() {
        // The item, what is paid, the stated discount, adjustments, the day of March; the parts.
        let cases = [
            ("1 2500 2/10", "2450", "50", "", 11, "money 2450 discount 50"),
            ("1 2500 2/10", "2450", "0", "", 11, "money 2450 discount 50"),
            ("1 2500 2/10", "2450", "0", "", 14, "money 2450 discount 50"),
            ("1 2500 2/10", "2450", "50", "", 15, "money 2450 unearned_discount 50"),
            ("1 2500 2/10", "2450", "0", "", 15, "money 2450 unearned_discount 50"),
            ("1 2500 2/10", "2400", "100", "", 11, "money 2400 discount 50 unearned_discount 50"),
            ("1 2500", "2375", "0", "-125:06", 5, "money 2375 shortage 125"),
            ("1 2500 2/10", "2325", "50", "-125:06", 5, "money 2325 discount 50 shortage 125"),
            ("1 740.50", "740", "0", "", 5, "money 740 small 0.50"),
            ("1 740.50", "736", "0", "", 5, "money 736 short 4.50"),
            ("1 2000", "1995", "0", "", 5, "money 1995 small 5"),
            ("1 2000", "1994.99", "0", "", 5, "money 1994.99 short 5.01"),
            ("1 1000", "1050", "0", "", 5, "money 1000 over 50"),
            ("1 1000", "900", "0", "-50:99", 5, "money 900 other 50 short 50"),
            ("1 -200", "-200", "0", "", 5, "money -200"),
            ("1 -200", "-250", "0", "", 5, "money -200 over -50"),
            ("1 -200 2/10", "-196", "-4", "", 5, "money -196 discount -4"),
            ("1 -200 2/10", "-196", "0", "", 15, "money -196 discount -4"),
            ("1 -200", "-196", "-4", "", 5, "money -196 discount -4"),
            ("1 -200", "-190", "-4", "", 5, "money -190 discount -4 short -6"),
            ("1 -200", "-190", "0", "", 5, "money -190 short -10"),
        ];
        for (item, paid, discount, adjusted, day, parts) in cases {
            let items = items(item);
            let payment = Payment {
                item: &items[0],
                open: items[0].open,
                paid: paid.parse().unwrap(),
                discount: discount.parse().unwrap(),
                adjustments: &adjustments(adjusted),
                date: jiff::civil::date(2026, 3, day),
                daily: Decimal::from(25),
            };
            let split = split(payment, &Policy::default()).unwrap();
            assert_eq!(said(&split), parts, "{item} paid {paid}: {:?}", split.because);
            assert_eq!(split.applied() + split.short, items[0].open, "{item} paid {paid}");
            assert_eq!(split.money + split.over, payment.paid);
        }
    }

    #[test]
    fn an_invoice_is_not_paid_by_taking() {
        let items = items("1 100");
        let payment = Payment {
            item: &items[0],
            open: items[0].open,
            paid: Decimal::NEGATIVE_ONE,
            discount: Decimal::ZERO,
            adjustments: &[],
            date: jiff::civil::date(2026, 3, 1),
            daily: Decimal::ZERO,
        };
        assert_eq!(split(payment, &Policy::default()), None);
    }

    fn said(split: &Split) -> String {
        let mut parts = vec![format!("money {}", split.money)];
        if !split.discount.is_zero() {
            parts.push(format!("discount {}", split.discount.normalize()));
        }
        parts.extend(split.deductions.iter().map(|part| format!("{} {}", part.reason, part.amount.normalize())));
        for (word, amount) in [("small", split.small), ("short", split.short), ("over", split.over)] {
            if !amount.is_zero() {
                parts.push(format!("{word} {amount}"));
            }
        }
        parts.join(" ")
    }
}
