//! Which open items add up to an amount that names none: an answer only where it is the only one.
//!
//! Finding a set is easy; that there is no second one is what counts. With prices from a list most amounts have several.

use rust_decimal::Decimal;

use super::open_list::OpenList;
use super::policy::Policy;

/// Open items that add up to an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subset {
    /// Places in the open list, rising.
    pub items: Vec<usize>,
    /// Each at its full amount, or some less their discount or a small difference.
    pub full: bool,
}

/// What was found for an amount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subsets {
    /// At most three, smallest first.
    pub found: Vec<Subset>,
    /// Exactly one set of the whole open list makes the amount, and it is small enough to trust.
    pub unique: bool,
}

/// The most sets that a person is shown.
const SHOWN_MAX: usize = 3;
/// The longest list in which sets of three are looked for.
const TRIPLES_MAX: usize = 400;

/// Looks for sets of items among `open` (places in the list) that add up to `amount`.
pub fn subsets(list: &OpenList<'_>, open: &[usize], amount: Decimal, policy: &Policy) -> Subsets {
    let mut found = if open.len() <= policy.subset_list_max.min(20) {
        all(list, open, amount, policy)
    } else {
        small(list, open, amount)
    };
    found.sort_by_key(|subset| (subset.items.len(), !subset.full));
    let trusted = open.len() <= policy.subset_list_max
        && found.len() == 1
        && found.first().is_some_and(|only| only.items.len() <= policy.subset_items_max);
    found.truncate(SHOWN_MAX);
    Subsets { found, unique: trusted }
}

/// Every set of a short list. An item counts in full, less its discount, or less what may be given up of it.
fn all(list: &OpenList<'_>, open: &[usize], amount: Decimal, policy: &Policy) -> Vec<Subset> {
    let mut found = Vec::new();
    for mask in 1_u32..1 << open.len() {
        let items: Vec<usize> =
            open.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, index)| *index).collect();
        let sum: Decimal = items.iter().map(|index| list.items()[*index].open).sum();
        let most: Decimal = items
            .iter()
            .map(|index| list.items()[*index])
            .map(|item| item.discount_amount().max(Decimal::ZERO) + policy.tolerance(item.open))
            .sum();
        let full = sum == amount;
        if full || (sum > amount && sum - amount <= most && explains(list, &items, sum - amount, policy)) {
            found.push(Subset { items, full });
        }
    }
    found
}

/// Whether discounts of some of the items, and small differences of the others, make up what is missing.
fn explains(list: &OpenList<'_>, items: &[usize], missing: Decimal, policy: &Policy) -> bool {
    let discounts: Vec<Decimal> = items.iter().map(|index| list.items()[*index].discount_amount()).collect();
    let tolerance: Decimal = items.iter().map(|index| policy.tolerance(list.items()[*index].open)).sum();
    (0_u32..1 << discounts.len().min(12)).any(|mask| {
        let taken: Decimal =
            discounts.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, amount)| *amount).sum();
        let rest = missing - taken;
        rest >= Decimal::ZERO && rest <= tolerance
    })
}

/// Sets of up to three items of a long list, in full: for a person to choose from, never to be trusted.
fn small(list: &OpenList<'_>, open: &[usize], amount: Decimal) -> Vec<Subset> {
    let mut by_amount: Vec<(Decimal, usize)> = open.iter().map(|index| (list.items()[*index].open, *index)).collect();
    by_amount.sort_unstable();
    let mut found: Vec<Subset> = Vec::new();
    let keep = |mut items: Vec<usize>, found: &mut Vec<Subset>| {
        items.sort_unstable();
        found.push(Subset { items, full: true });
        found.len() >= SHOWN_MAX
    };
    let from = by_amount.partition_point(|(known, _)| *known < amount);
    for (_, index) in by_amount[from..].iter().take_while(|(known, _)| *known == amount) {
        if keep(vec![*index], &mut found) {
            return found;
        }
    }
    for pair in pairs(&by_amount, amount) {
        if keep(pair.into(), &mut found) {
            return found;
        }
    }
    if by_amount.len() <= TRIPLES_MAX {
        for (at, (first, index)) in by_amount.iter().enumerate() {
            for [second, third] in pairs(&by_amount[at + 1..], amount - first) {
                if keep(vec![*index, second, third], &mut found) {
                    return found;
                }
            }
        }
    }
    found
}

/// Pairs of a rising list that add up to an amount; one of equals is enough to show.
fn pairs(rising: &[(Decimal, usize)], amount: Decimal) -> Vec<[usize; 2]> {
    let mut found = Vec::new();
    let (mut low, mut high) = (0, rising.len().saturating_sub(1));
    while low < high {
        let sum = rising[low].0 + rising[high].0;
        match sum.cmp(&amount) {
            std::cmp::Ordering::Less => low += 1,
            std::cmp::Ordering::Greater => high -= 1,
            std::cmp::Ordering::Equal => {
                found.push([rising[low].1, rising[high].1]);
                low += 1;
                high -= 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::items;
    use super::*;

    #[test]
    fn only_the_only_answer_is_trusted() {
        let c11 = "100234 1000; 100235 2500; 100236 740.50; 4 1300.25; 5 415.30";
        check(c11, "3240.50", true, "100235+100236");
        check("1 100; 2 100; 3 50", "100", false, "1 | 2");
        check("1 100; 2 60; 3 40", "100", false, "1 | 2+3");
        check("1 100; 2 200; 3 300; 4 401", "1001", false, "1+2+3+4");
        check("1 100 2/10; 2 200", "298", true, "1+2");
        check("1 100; 2 200", "17", false, "");
        let long: Vec<String> = (1..=30).map(|n| format!("{n} {}", n * 7)).collect();
        check(&long.join("; "), "7", false, "1");
        check(&long.join("; "), "14", false, "2");
    }

    fn check(text: &str, amount: &str, unique: bool, sets: &str) {
        let items = items(text);
        let policy = Policy::default();
        let list = OpenList::new(&items, &policy);
        let open: Vec<usize> = (0..items.len()).collect();
        let result = subsets(&list, &open, amount.parse().unwrap(), &policy);
        let name =
            |subset: &Subset| subset.items.iter().map(|index| &*items[*index].number).collect::<Vec<_>>().join("+");
        assert_eq!(result.unique, unique, "{text} = {amount}");
        assert_eq!(result.found.iter().map(name).collect::<Vec<_>>().join(" | "), sets, "{text} = {amount}");
    }
}
