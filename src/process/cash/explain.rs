//! How a payment came to be understood as a whole, each way with its name.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::convention::Convention;
use super::open_list::OpenList;

/// What explains a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The customer's advice, which adds up.
    Advice(Convention),
    /// Numbers in the bank's booking.
    References,
    /// Everything that is open.
    Statement,
    /// Everything that was due.
    AllDue,
    /// The oldest items up to the amount.
    OldestFirst,
    /// The only small set of items that makes the amount.
    OnlySet,
    /// A person decided.
    Person,
    Nothing,
}

impl Reading {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Advice(Convention::Net) => "the advice adds up net of adjustments",
            Self::Advice(Convention::Gross) => "the advice adds up before adjustments",
            Self::References => "numbers in the bank's booking",
            Self::Statement => "statement: everything open",
            Self::AllDue => "statement: everything due",
            Self::OldestFirst => "oldest first",
            Self::OnlySet => "the only set of open items that makes the amount",
            Self::Person => "decided by a person",
            Self::Nothing => "nothing explains it",
        }
    }
}

/// Ordered ways in which an amount without references is explained, among `open` places of the list.
pub(super) fn ordered(list: &OpenList<'_>, open: &[usize], amount: Decimal, paid: Date) -> Vec<(Reading, Vec<usize>)> {
    let sum = |places: &[usize]| -> Decimal { places.iter().map(|place| list.items()[*place].open).sum() };
    let mut found = Vec::new();
    if open.len() > 1 && sum(open) == amount {
        found.push((Reading::Statement, open.to_vec()));
    }
    let due: Vec<usize> = open.iter().copied().filter(|place| list.items()[*place].due <= paid).collect();
    if due.len() > 1 && due.len() < open.len() && sum(&due) == amount {
        found.push((Reading::AllDue, due));
    }
    let mut oldest = open.to_vec();
    oldest.sort_by_key(|place| (list.items()[*place].due, list.items()[*place].date, &list.items()[*place].number));
    let mut total = Decimal::ZERO;
    for (position, place) in oldest.iter().enumerate() {
        total += list.items()[*place].open;
        if total == amount && position > 0 && position + 1 < open.len() {
            let mut items = oldest[..=position].to_vec();
            items.sort_unstable();
            if !found.iter().any(|(_, known)| *known == items) {
                found.push((Reading::OldestFirst, items));
            }
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::super::testing::items;
    use super::*;

    #[test]
    fn ordered_ways_are_named() {
        let text = "1 100 due=03-01; 2 200 due=03-10; 3 300 due=04-01";
        check(text, "600", &[Reading::Statement]);
        check(text, "300", &[Reading::AllDue]);
        check("1 100 due=04-01; 2 200 due=04-02; 3 300 due=04-03", "300", &[Reading::OldestFirst]);
        check(text, "400", &[]);
    }

    fn check(text: &str, amount: &str, readings: &[Reading]) {
        let items = items(text);
        let list = OpenList::new(&items, &Policy::default());
        let open: Vec<usize> = (0..items.len()).collect();
        let found = ordered(&list, &open, amount.parse().unwrap(), jiff::civil::date(2026, 3, 15));
        assert_eq!(found.into_iter().map(|(reading, _)| reading).collect::<Vec<_>>(), readings, "{text} = {amount}");
    }
}
