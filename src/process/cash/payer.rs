//! Who pays for whom: accounts, aliases and parents of customers, as values.

use rustc_hash::FxHashMap;

use super::fact::Fact;

/// What is known about payers. Names and accounts are learned where a person confirms them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payers {
    /// Customer and parent.
    parents: FxHashMap<Box<str>, Box<str>>,
    /// Account number or IBAN and customer.
    accounts: FxHashMap<Box<str>, Box<str>>,
    /// Name in capitals and customer.
    names: FxHashMap<Box<str>, Box<str>>,
}

impl Payers {
    #[must_use]
    pub fn parent(mut self, child: &str, parent: &str) -> Self {
        self.parents.insert(child.into(), parent.into());
        self
    }

    #[must_use]
    pub fn account(mut self, account: &str, customer: &str) -> Self {
        self.accounts.insert(plain(account), customer.into());
        self
    }

    #[must_use]
    pub fn alias(mut self, name: &str, customer: &str) -> Self {
        self.names.insert(plain(name), customer.into());
        self
    }

    /// The customer behind a booking, and how it was recognised.
    pub fn identify<'a>(&'a self, fact: &'a Fact) -> Option<(&'a str, &'static str)> {
        let known = fact.payer.as_deref().map(|payer| (payer, "named by the bank"));
        let account = fact.payer_account.as_deref().and_then(|account| self.accounts.get(&plain(account)));
        let name = fact.payer_name.as_deref().and_then(|name| self.names.get(&plain(name)));
        known
            .or_else(|| account.map(|customer| (&**customer, "known account")))
            .or_else(|| name.map(|customer| (&**customer, "known name")))
    }

    /// The customer that goes by a name or an account.
    pub fn named(&self, text: &str) -> Option<&str> {
        let text = plain(text);
        self.names.get(&text).or_else(|| self.accounts.get(&text)).map(|customer| &**customer)
    }

    /// Everybody who may pay what a customer owes, itself first.
    pub fn family<'a>(&'a self, customer: &'a str) -> Vec<&'a str> {
        let known = self.parents.iter().flat_map(|(child, parent)| [&**child, &**parent]);
        let mut others: Vec<&str> = known.filter(|other| *other != customer && self.related(customer, other)).collect();
        others.sort_unstable();
        others.dedup();
        others.insert(0, customer);
        others
    }

    /// Whether one may pay what the other owes: the same, or of one family.
    pub fn related(&self, one: &str, other: &str) -> bool {
        one == other || self.head(one) == self.head(other)
    }

    /// The top of a family. A chain of parents that bites its tail ends after as many steps as there are links.
    fn head<'a>(&'a self, customer: &'a str) -> &'a str {
        let mut head = customer;
        for _ in 0..self.parents.len() {
            match self.parents.get(head) {
                Some(parent) => head = parent,
                None => break,
            }
        }
        head
    }
}

fn plain(text: &str) -> Box<str> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_pays_for_its_own() {
        let payers =
            Payers::default().parent("east", "group").parent("west", "group").parent("a", "b").parent("b", "a");
        for (one, other, related) in [
            ("east", "west", true),
            ("east", "group", true),
            ("east", "acme", false),
            ("x", "x", true),
            ("a", "x", false),
        ] {
            assert_eq!(payers.related(one, other), related, "{one} {other}");
        }
        assert_eq!(payers.family("west"), ["west", "east", "group"]);
        assert_eq!(payers.family("x"), ["x"]);
    }
}
