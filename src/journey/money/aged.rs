//! What customers owed on a day: of an item what it is over, less what had been posted on it by then.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{all, every, parsed, today};
use crate::journey::apply::Rules;
use crate::process::ledger::{Account, Entry, Leg, OpenItem};
use crate::store::{Book, Result, View};

/// Entries read at a time.
const BATCH: usize = 500;

/// Open items as they stood at the end of a day, of one party or of all; entries never change, so that it can be reckoned.
///
/// # Errors
/// Those of the store.
pub async fn owed_on(view: &mut View, rules: &Rules, party: Option<&str>, day: Date) -> Result<Vec<OpenItem>> {
    if day >= today(rules) {
        return all(view.kept_open(Book::Item, party).await?);
    }
    let mut items: Vec<OpenItem> = every(view, Book::Item).await?;
    Moved::until(view, day).await?.take_back(&mut items, day);
    items.retain(|item| item.is_open() && party.is_none_or(|party| *item.party == *party));
    Ok(items)
}

/// What had been posted on items by a day.
#[derive(Debug, Default)]
pub struct Moved {
    /// By number and by whoever the entry was about: a parent may have paid.
    legs: BTreeMap<Box<str>, BTreeMap<Box<str>, Legs>>,
}

/// The entry that began an item, where it is about its own party, and the others.
#[derive(Debug, Default)]
struct Legs {
    first: Option<(Date, Decimal)>,
    others: Decimal,
}

impl Moved {
    /// Reads the journal up to a day.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn until(view: &mut View, day: Date) -> Result<Self> {
        let (mut moved, mut after) = (Self::default(), 0);
        loop {
            let page = view.entries(after, BATCH).await?;
            let Some(last) = page.last() else { return Ok(moved) };
            after = last.position;
            for kept in &page {
                let entry: Entry = parsed(&kept.body)?;
                for leg in entry.legs().iter().filter(|leg| leg.account == Account::Receivable) {
                    moved.add(&entry, leg, day);
                }
            }
        }
    }

    fn add(&mut self, entry: &Entry, leg: &Leg, day: Date) {
        let (Some(party), Some(item)) = (&leg.party, &leg.item) else { return };
        let legs = self.legs.entry(item.clone()).or_default().entry(party.clone()).or_default();
        match legs.first {
            None => legs.first = Some((entry.date(), leg.signed())),
            Some(_) if entry.date() <= day => legs.others += leg.signed(),
            Some(_) => {}
        }
    }

    /// Makes of items as they are today what they were on the day. What an item is over stands on its own day, whenever the
    /// books were told of it.
    pub fn take_back(&self, items: &mut Vec<OpenItem>, day: Date) {
        let mut numbers: BTreeMap<Box<str>, usize> = BTreeMap::new();
        items.iter().for_each(|item| *numbers.entry(item.number.clone()).or_default() += 1);
        items.retain(|item| item.date <= day);
        for item in items {
            item.open = item.amount;
            for (party, legs) in self.legs.get(&item.number).into_iter().flatten() {
                let first = legs.first.filter(|(date, _)| *date <= day).map_or(Decimal::ZERO, |(_, amount)| amount);
                if *party == item.party {
                    item.open += legs.others;
                } else if numbers.get(&item.number) == Some(&1) {
                    item.open += first + legs.others;
                }
            }
        }
    }
}
