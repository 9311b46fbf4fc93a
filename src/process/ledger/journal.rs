//! The entries in their order, as one value: what the store keeps, for rebuilding, proving and trying out.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::{Account, Currency, Draft, Entry, EntryId, NotPosted, NotReversible};

/// Entries by the order in which they were posted.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: Vec<Entry>,
    places: FxHashMap<EntryId, usize>,
    /// Entry and the one that reversed it.
    reversed: FxHashMap<EntryId, EntryId>,
    balances: BTreeMap<(Account, Currency), Decimal>,
}

impl Journal {
    /// Posts a draft under an id that was not used before.
    ///
    /// # Errors
    /// When it does not balance; nothing is posted then.
    pub fn post(&mut self, id: EntryId, date: Date, source: &str, draft: Draft) -> Result<&Entry, NotPosted> {
        let entry = Entry::post(id, date, source, draft)?;
        Ok(self.keep(entry))
    }

    /// Mirrors an entry, once.
    ///
    /// # Errors
    /// When there is no such entry, it is a reversal, or it has been reversed.
    pub fn reverse(
        &mut self,
        of: EntryId,
        id: EntryId,
        date: Date,
        source: &str,
        words: &str,
    ) -> Result<&Entry, NotReversible> {
        let entry = self.entry(of).ok_or(NotReversible::Unknown(of))?;
        if self.reversed.contains_key(&of) {
            return Err(NotReversible::Again(of));
        }
        let mirror = entry.reversal(id, date, source, words)?;
        self.reversed.insert(of, id);
        Ok(self.keep(mirror))
    }

    fn keep(&mut self, entry: Entry) -> &Entry {
        for leg in entry.legs() {
            *self.balances.entry((leg.account, leg.currency)).or_default() += leg.signed();
        }
        let place = self.entries.len();
        self.places.insert(entry.id(), place);
        self.entries.push(entry);
        &self.entries[place]
    }

    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.places.get(&id).map(|place| &self.entries[*place])
    }

    /// The entry that undid another.
    pub fn reversal_of(&self, id: EntryId) -> Option<EntryId> {
        self.reversed.get(&id).copied()
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Debits less credits.
    pub fn balance(&self, account: Account, currency: Currency) -> Decimal {
        self.balances.get(&(account, currency)).copied().unwrap_or_default()
    }

    /// Debits less credits by what the account is made of; legs that name nothing are under the empty name.
    pub fn balance_by_item(&self, account: Account) -> BTreeMap<(Box<str>, Currency), Decimal> {
        let mut sums = BTreeMap::new();
        for leg in self.entries.iter().flat_map(Entry::legs).filter(|leg| leg.account == account) {
            *sums.entry((leg.item.clone().unwrap_or_default(), leg.currency)).or_default() += leg.signed();
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::super::cents;
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_reversal_happens_once() {
        let mut journal = Journal::default();
        let (day, id) = (jiff::civil::date(2026, 3, 1), |number| EntryId(Uuid::from_u128(number)));
        let draft = Draft::new("cash", Currency::USD, Some("acme")).debit(Account::Cash, cents(100)).credit_item(
            Account::Receivable,
            cents(100),
            "7",
        );
        journal.post(id(1), day, "820 1", draft).unwrap();
        assert_eq!(journal.balance(Account::Receivable, Currency::USD), cents(100) * Decimal::NEGATIVE_ONE);
        journal.reverse(id(1), id(2), day, "anna", "returned").unwrap();
        assert_eq!(journal.balance(Account::Receivable, Currency::USD), Decimal::ZERO);
        assert_eq!(journal.reversal_of(id(1)), Some(id(2)));
        assert_eq!(journal.reverse(id(1), id(3), day, "anna", "").unwrap_err(), NotReversible::Again(id(1)));
        assert_eq!(journal.reverse(id(2), id(3), day, "anna", "").unwrap_err(), NotReversible::Reversal(id(2)));
        assert_eq!(journal.reverse(id(9), id(3), day, "anna", "").unwrap_err(), NotReversible::Unknown(id(9)));
        let items: Vec<_> = journal.balance_by_item(Account::Receivable).into_values().collect();
        assert_eq!(items, [Decimal::ZERO]);
    }
}
