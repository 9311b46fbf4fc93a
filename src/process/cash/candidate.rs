//! The open items that a reference may mean, best first, and whether the best is good enough to act on.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::open_list::OpenList;
use super::policy::Policy;
use super::reference::{ladder, order_number};
use crate::process::ledger::{Currency, OpenItem, cents};

/// An open item that a reference may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Place in the open list.
    pub place: usize,
    pub number: Box<str>,
    pub score: Decimal,
    pub because: String,
}

/// Why the best candidate is not acted on; the words say what a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    NoCandidate,
    /// The second is too near.
    Margin {
        first: Box<str>,
        second: Box<str>,
        margin: Decimal,
    },
    /// It is too uncertain, and not the only one with the amount where `like` is another that has it.
    Score {
        first: Box<str>,
        score: Decimal,
        like: Option<Box<str>>,
    },
    /// The amount fits nothing of the item, or other items as well.
    Amount {
        words: String,
    },
    Party {
        owner: Box<str>,
    },
    /// Money pays only what is owed in its own currency.
    Currency {
        number: Box<str>,
        owed: Currency,
        money: Currency,
    },
}

/// The score of an order's or bill of lading's number that is given instead of an invoice's.
const ORDER: Decimal = cents(85);

/// Candidates for a reference, best first.
pub(super) fn candidates(list: &OpenList<'_>, reference: &str, order: Option<&str>) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut offer = |place: usize, score: Decimal, because: String| {
        let number = &list.items()[place].number;
        match found.iter_mut().find(|known| known.place == place) {
            Some(known) if known.score >= score => {}
            Some(known) => (known.score, known.because) = (score, because),
            None => found.push(Candidate { place, number: number.clone(), score, because }),
        }
    };
    let mut best = Decimal::ZERO;
    let climb = |place: usize| {
        let numbers = list.items()[place].numbers();
        let rungs = numbers.filter_map(|number| ladder(reference, number, list.prefixes(), list.check_digit()));
        rungs.max_by_key(|rung| rung.score).map(|rung| (place, rung))
    };
    for (place, rung) in list.near(reference).into_iter().filter_map(climb) {
        best = best.max(rung.score);
        offer(place, rung.score, rung.because);
    }
    // A typing mistake stands so far below that it matters only where nothing better was found.
    if best < cents(98) {
        for (place, rung) in list.mistyped(reference).into_iter().filter_map(climb) {
            offer(place, rung.score, rung.because);
        }
    }
    for named in [Some(reference), order].into_iter().flatten() {
        for place in list.of_order(named) {
            let item = list.items()[*place];
            let rungs = [&item.order_number, &item.bill_of_lading].into_iter().flatten().flat_map(|number| {
                let bare = || ladder(order_number(named), order_number(number), list.prefixes(), false);
                [ladder(named, number, list.prefixes(), false), bare()]
            });
            let rung = rungs.flatten().max_by_key(|rung| rung.score);
            if let Some(rung) = rung.filter(|rung| rung.score >= cents(90)) {
                offer(
                    *place,
                    (ORDER * rung.score).normalize(),
                    format!("order or bill of lading {named} instead of the invoice"),
                );
            }
        }
    }
    found.sort_by(|one, other| other.score.cmp(&one.score).then(one.number.cmp(&other.number)));
    found
}

/// Whether a reference, or the order named with it, may mean an item surely enough to look at its amount.
pub fn may_mean(reference: &str, order: Option<&str>, item: &OpenItem, policy: &Policy) -> bool {
    let list = OpenList::new([item], policy);
    candidates(&list, reference, order).first().is_some_and(|first| first.score >= policy.apply_at_with_amount)
}

/// How far the second lies behind the first; one candidate alone is a whole ahead.
pub(super) fn margin(candidates: &[Candidate]) -> Decimal {
    match candidates {
        [] => Decimal::ZERO,
        [_] => Decimal::ONE,
        [first, second, ..] => first.score - second.score,
    }
}

/// What the amount says of the first candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// Only it has that amount.
    Only,
    /// This one has it as well.
    Like(Box<str>),
    /// It says nothing.
    Silent,
}

/// Whether score and margin allow to act on the first candidate.
pub(super) fn gate(candidates: &[Candidate], amount: Amount, policy: &Policy) -> Result<(), Gate> {
    let Some(first) = candidates.first() else { return Err(Gate::NoCandidate) };
    let ahead = margin(candidates);
    if let Some(second) = candidates.get(1).filter(|_| ahead < policy.margin) {
        return Err(Gate::Margin { first: first.number.clone(), second: second.number.clone(), margin: ahead });
    }
    let with_amount = policy.apply_at_with_amount.min(policy.apply_at);
    let needed = if amount == Amount::Only { with_amount } else { policy.apply_at };
    if first.score >= needed {
        return Ok(());
    }
    let like = match amount {
        Amount::Like(other) if first.score >= with_amount => Some(other),
        _ => None,
    };
    Err(Gate::Score { first: first.number.clone(), score: first.score, like })
}

impl Gate {
    /// As a sentence for the person who decides.
    pub fn words(&self) -> String {
        match self {
            Self::NoCandidate => "no open item has a number like this".into(),
            Self::Margin { first, second, margin } if margin.is_zero() => {
                format!("{first} and {second} are equally likely")
            }
            Self::Margin { first, second, margin } => {
                format!("{second} lies only {} behind {first}", margin.normalize())
            }
            Self::Score { first, score, like: None } => {
                format!("{first} is meant with a score of {score}, which is too low to apply by itself")
            }
            Self::Score { first, score, like: Some(other) } => format!(
                "{first} is meant with a score of {score}, which would do if no other item had this amount, and {other} has"
            ),
            Self::Amount { words } => words.clone(),
            Self::Party { owner } => format!("it is owed by {owner}, who is no relation of the payer"),
            Self::Currency { number, owed, money } => {
                format!("the money is {money}, and {number} is owed in {owed}: no currency pays another")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::items;
    use super::*;

    #[test]
    fn the_second_candidate_decides_as_much_as_the_first() {
        let c10 = "100241 1000; 100243 1000; 100234 1000";
        check(c10, "10024", "100241 0.9, 100243 0.9", false);
        check(c10, "100234", "100234 1", true);
        check(c10, "INV 1OO234", "100234 0.931, 100243 0.81928", true);
        check("100234 5 order=4501", "PO 4501", "100234 0.85", true);
        check("100234 5 order=4501", "Order No. 4501", "100234 0.85", true);
        check("100234 5 order=PO-4501", "4501", "100234 0.85", true);
        check("100234 5 order=4501", "INV 4501", "100234 0.833", false);
        check("100234 5; 2100234 6", "INV 1OO234", "100234 0.931, 2100234 0.8379", false);
        check("1001 5; INV-1001 5", "1001", "1001 1, INV-1001 0.98", false);
        check("100234 5 order=4501", "4501", "100234 0.85", true);
        check("100234 5 order=4501; 100235 6 order=4501", "4501", "100234 0.85, 100235 0.85", false);
        check("100234 5", "777777", "", false);
    }

    fn check(text: &str, reference: &str, expected: &str, good: bool) {
        let items = items(text);
        let policy = Policy::default();
        let list = OpenList::new(&items, &policy);
        let found = candidates(&list, reference, None);
        let said: Vec<String> = found.iter().map(|c| format!("{} {}", c.number, c.score)).collect();
        assert_eq!(said.join(", "), expected, "{reference}");
        assert_eq!(gate(&found, Amount::Only, &policy).is_ok(), good, "{reference}");
    }
}
