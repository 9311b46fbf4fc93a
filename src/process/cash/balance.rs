//! Whether an advice adds up to its payment. Two conventions are in use; when neither holds nothing is guessed.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::advice::{Advice, AdviceItem};
use super::convention::Convention;

/// An advice that adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balanced {
    pub convention: Convention,
    /// Both conventions add up: there is nothing to remember.
    pub either: bool,
    /// What is paid in money for each item.
    pub paid: Vec<Decimal>,
}

/// An advice that does not add up, and what would explain it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imbalance {
    pub amount: Decimal,
    pub net: Decimal,
    pub gross: Decimal,
    /// Single lines whose removal or other sign would make it add up.
    pub suspects: Vec<String>,
}

/// Tries both conventions, the customer's own first.
///
/// # Errors
/// When neither adds up, or an item has no amount.
pub fn balance(advice: &Advice, remembered: Option<Convention>) -> Result<Balanced, Imbalance> {
    let outer: Decimal = advice.adjustments.iter().map(|adjustment| adjustment.amount).sum();
    let sum = |convention| -> Option<Decimal> {
        advice.items.iter().map(|item| paid(item, convention)).sum::<Option<Decimal>>().map(|sum| sum + outer)
    };
    let (net, gross) = (sum(Convention::Net), sum(Convention::Gross));
    let holds = |sum: Option<Decimal>| sum == Some(advice.amount);
    let convention = match (holds(net), holds(gross)) {
        (true, true) => Some(remembered.unwrap_or(Convention::Net)),
        (true, false) => Some(Convention::Net),
        (false, true) => Some(Convention::Gross),
        (false, false) => None,
    };
    let Some(convention) = convention else {
        let suspects = suspects(advice, net.unwrap_or_default(), gross.unwrap_or_default());
        let (net, gross) = (net.unwrap_or_default(), gross.unwrap_or_default());
        return Err(Imbalance { amount: advice.amount, net, gross, suspects });
    };
    // Every item has an amount where a sum was made.
    let paid = advice.items.iter().map(|item| paid(item, convention).unwrap_or_default()).collect();
    Ok(Balanced { convention, either: holds(net) && holds(gross), paid })
}

fn paid(item: &AdviceItem, convention: Convention) -> Option<Decimal> {
    let adjustments: Decimal = item.adjustments.iter().map(|adjustment| adjustment.amount).sum();
    match convention {
        Convention::Net => item.paid,
        Convention::Gross => item.paid.map(|paid| paid + adjustments),
    }
}

/// Every single line that would explain the difference, if it were not there or had the other sign.
fn suspects(advice: &Advice, net: Decimal, gross: Decimal) -> Vec<String> {
    let mut found = Vec::new();
    let mut consider = |what: String, amount: Decimal, sums: &[Decimal]| {
        let two = Decimal::TWO;
        if sums.iter().any(|sum| sum - amount == advice.amount) {
            found.push(format!("it adds up without {what}"));
        } else if sums.iter().any(|sum| sum - amount * two == advice.amount) {
            found.push(format!("it adds up with the other sign of {what}"));
        }
    };
    for item in &advice.items {
        let Some(amount) = item.paid.filter(|amount| !amount.is_zero()) else {
            if item.paid.is_none() {
                found_without_amount(&mut consider, item, net, advice.amount);
            }
            continue;
        };
        consider(format!("item {} ({}, {amount})", item.line, item.reference), amount, &[net, gross]);
        for adjustment in &item.adjustments {
            let words =
                format!("the adjustment {:+} (code {}) of item {}", adjustment.amount, adjustment.code, item.line);
            consider(words, adjustment.amount, &[gross]);
        }
    }
    for (index, adjustment) in advice.adjustments.iter().enumerate() {
        let words =
            format!("adjustment {} outside the items ({:+}, code {})", index + 1, adjustment.amount, adjustment.code);
        consider(words, adjustment.amount, &[net, gross]);
    }
    found
}

fn found_without_amount(
    consider: &mut impl FnMut(String, Decimal, &[Decimal]),
    item: &AdviceItem,
    net: Decimal,
    amount: Decimal,
) {
    // An item without an amount explains everything; it is named as such.
    consider(format!("item {} ({}), which has no amount", item.line, item.reference), net - amount, &[net]);
}

#[cfg(test)]
mod tests {
    use super::super::testing::advice;
    use super::*;

    #[test]
    fn both_conventions_are_tried_and_a_single_culprit_is_named() {
        let cases = [
            ("1000 | A 1000", "net or gross"),
            ("2375 | A 2375 -125:06", "net"),
            ("2375 | A 2500 -125:06", "gross"),
            ("790 | A 1000; outer -210:01", "net or gross"),
            ("665 | A 1000 -125:06; outer -210:01", "gross"),
            ("1000 | A 1000; outer 210:01", "it adds up without adjustment 1 outside the items (+210, code 01)"),
            ("800 | A 1000; CM B 200", "it adds up with the other sign of item 2 (B, 200)"),
            ("1000 | A 1000; B 500", "it adds up without item 2 (B, 500)"),
            ("2625 | A 2500 -125:06", "it adds up with the other sign of the adjustment -125 (code 06) of item 1"),
            ("999 | A 1000", ""),
        ];
        for (text, expected) in cases {
            let said = match balance(&advice(text), None) {
                Ok(Balanced { either: true, .. }) => "net or gross".to_owned(),
                Ok(Balanced { convention: Convention::Net, .. }) => "net".to_owned(),
                Ok(Balanced { convention: Convention::Gross, .. }) => "gross".to_owned(),
                Err(imbalance) => imbalance.suspects.join("; "),
            };
            assert_eq!(said, expected, "{text}");
        }
    }
}
