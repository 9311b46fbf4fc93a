//! A payer's open items, indexed so that a reference finds every number it could mean without looking at all of them.

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::policy::Policy;
use super::reference::{PART_MIN, TYPO_MIN, core, order_number};
use crate::process::ledger::OpenItem;

/// Places in the list by a number in its bare form.
type Places = FxHashMap<Box<str>, Vec<usize>>;

/// Open items, and those closed lately: a second payment of one is recognised by its number.
#[derive(Debug)]
pub struct OpenList<'a> {
    items: Vec<&'a OpenItem>,
    prefixes: Vec<String>,
    check_digit: bool,
    by_core: Places,
    /// Numbers of orders and bills of lading.
    by_order: Places,
    forward: Vec<(Box<str>, usize)>,
    backward: Vec<(Box<str>, usize)>,
    /// Every character that occurs in a number.
    alphabet: Vec<char>,
    /// Amounts that would settle an item: in full, and less its discount.
    amounts: Vec<(Decimal, usize)>,
}

/// More than so many numbers with one beginning cannot be told apart anyway.
const PART_HITS_MAX: usize = 32;

impl<'a> OpenList<'a> {
    pub fn new(items: impl IntoIterator<Item = &'a OpenItem>, policy: &Policy) -> Self {
        let items: Vec<&OpenItem> = items.into_iter().collect();
        let (mut by_core, mut by_order): (Places, Places) = (Places::default(), Places::default());
        let (mut forward, mut backward) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        let mut amounts = Vec::with_capacity(items.len());
        let mut alphabet = Vec::new();
        for (index, item) in items.iter().enumerate() {
            for number in item.numbers() {
                let number = core(number, &policy.prefixes);
                alphabet.extend(number.chars().filter(|c| !alphabet.contains(c)).collect::<Vec<_>>());
                backward.push((number.chars().rev().collect::<String>().into(), index));
                forward.push((number.clone().into(), index));
                by_core.entry(number.into()).or_default().push(index);
            }
            for name in [&item.order_number, &item.bill_of_lading].into_iter().flatten() {
                by_order.entry(core(order_number(name), &policy.prefixes).into()).or_default().push(index);
            }
            if item.is_open() {
                amounts.push((item.open, index));
                let discount = item.discount_amount();
                if !discount.is_zero() {
                    amounts.push((item.open - discount, index));
                }
            }
        }
        forward.sort_unstable();
        backward.sort_unstable();
        amounts.sort_unstable();
        alphabet.sort_unstable();
        alphabet.dedup();
        let (prefixes, check_digit) = (policy.prefixes.clone(), policy.check_digit);
        Self { items, prefixes, check_digit, by_core, by_order, forward, backward, alphabet, amounts }
    }

    pub fn items(&self) -> &[&'a OpenItem] {
        &self.items
    }

    pub(super) fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    pub(super) fn check_digit(&self) -> bool {
        self.check_digit
    }

    /// Items whose number a reference could mean, by every rung but a typing mistake.
    pub(super) fn near(&self, reference: &str) -> Vec<usize> {
        let wanted = core(reference, &self.prefixes);
        let mut found = self.by_core.get(wanted.as_str()).cloned().unwrap_or_default();
        if wanted.len() >= PART_MIN && wanted.is_ascii() {
            beginning(&self.forward, &wanted, &mut found);
            let reversed: String = wanted.chars().rev().collect();
            beginning(&self.backward, &reversed, &mut found);
            for length in PART_MIN..wanted.len() {
                for part in [&wanted[..length], &wanted[wanted.len() - length..]] {
                    found.extend(self.by_core.get(part).into_iter().flatten());
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Items whose number is one typing mistake away from a reference.
    pub(super) fn mistyped(&self, reference: &str) -> Vec<usize> {
        let wanted = core(reference, &self.prefixes);
        let mut found = Vec::new();
        if wanted.chars().count() + 1 < TYPO_MIN {
            return found;
        }
        let characters: Vec<char> = wanted.chars().collect();
        let mut tried = String::with_capacity(wanted.len() + 4);
        let mut look = |before: &[char], middle: &[char], after: &[char]| {
            tried.clear();
            tried.extend(before.iter().chain(middle).chain(after));
            found.extend(self.by_core.get(tried.as_str()).into_iter().flatten());
        };
        for at in 0..=characters.len() {
            let (before, after) = characters.split_at(at);
            for other in &self.alphabet {
                look(before, &[*other], after);
                if let [_, after @ ..] = after {
                    look(before, &[*other], after);
                }
            }
            if let [_, after @ ..] = after {
                look(before, &[], after);
            }
            if let [first, second, after @ ..] = after {
                look(before, &[*second, *first], after);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Items of the order or bill of lading that a reference names.
    pub(super) fn of_order(&self, reference: &str) -> &[usize] {
        self.by_order.get(core(order_number(reference), &self.prefixes).as_str()).map_or(&[], Vec::as_slice)
    }

    /// Open items that an amount would settle: in full, less the discount, or less what may be given up.
    pub fn holders(&self, amount: Decimal, policy: &Policy) -> Vec<usize> {
        let from = self.amounts.partition_point(|(known, _)| *known < amount);
        let most = amount + policy.small_difference;
        let within = self.amounts[from..].iter().take_while(|(known, _)| *known <= most);
        let fits = |known: &Decimal| *known == amount || *known - amount <= policy.tolerance(*known);
        let mut found: Vec<usize> = within.filter(|(known, _)| fits(known)).map(|(_, index)| *index).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Adds the items whose number begins so.
fn beginning(sorted: &[(Box<str>, usize)], wanted: &str, found: &mut Vec<usize>) {
    let from = sorted.partition_point(|(number, _)| &**number < wanted);
    let hits = sorted[from..].iter().take_while(|(number, _)| number.starts_with(wanted));
    found.extend(hits.take(PART_HITS_MAX).map(|(_, index)| *index));
}

#[cfg(test)]
mod tests {
    use super::super::testing::items;
    use super::*;

    #[test]
    fn a_reference_finds_what_it_could_mean() {
        let items = items("100234 1000; 100235 2500; 2100234 7; INV-77 9");
        let list = OpenList::new(&items, &Policy::default());
        check(&list, list.near("INV 1OO234"), "100234 2100234");
        check(&list, list.near("10023"), "100234 100235");
        check(&list, list.near("77"), "INV-77");
        check(&list, list.near("100234-1"), "100234");
        check(&list, list.mistyped("100243"), "100234");
        check(&list, list.mistyped("100777"), "");
        check(&list, list.mistyped("100324"), "100234");
        check(&list, list.mistyped("100335"), "100235");
    }

    #[test]
    fn an_amount_is_held_by_every_item_it_would_settle() {
        let items = items("1 1000; 2 1000; 3 740.50; 4 100 2/10");
        let list = OpenList::new(&items, &Policy::default());
        for (amount, numbers) in [("1000", "1 2"), ("740.00", "3"), ("736", ""), ("98", "4"), ("99.60", "4"), ("5", "")]
        {
            check(&list, list.holders(amount.parse().unwrap(), &Policy::default()), numbers);
        }
    }

    fn check(list: &OpenList<'_>, found: Vec<usize>, numbers: &str) {
        let found: Vec<&str> = found.into_iter().map(|index| &*list.items()[index].number).collect();
        assert_eq!(found.join(" "), numbers);
    }
}
