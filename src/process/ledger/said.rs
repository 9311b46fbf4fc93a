//! Entries as people write them: `Dr Cash 2375.00, Dr AR-Deductions 125.00, Cr AR 2500.00`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Account, Chart, Draft, Entry, Leg, Side};

/// A leg as it is said. A name may mean several accounts: `Tax` is what we owe and what we paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidLeg {
    pub side: Side,
    pub accounts: Vec<Account>,
    pub amount: Decimal,
}

/// Reads legs: `Dr` or `Cr`, an account of the chart, an amount or a sum of amounts; legs are parted by `,` or `/`.
///
/// # Errors
/// A sentence that names the leg that is not understood.
pub fn legs(text: &str, chart: &Chart) -> Result<Vec<SaidLeg>, String> {
    text.split([',', '/']).map(str::trim).filter(|leg| !leg.is_empty()).map(|leg| read(leg, chart)).collect()
}

fn read(leg: &str, chart: &Chart) -> Result<SaidLeg, String> {
    let wrong = |what: &str| format!("`{leg}`: {what}; a leg reads `Dr Cash 12.50`");
    let (side, rest) = leg.split_once(' ').ok_or_else(|| wrong("an account and an amount are missing"))?;
    let side = match side {
        "Dr" => Side::Debit,
        "Cr" => Side::Credit,
        _ => return Err(wrong("it begins with Dr or Cr")),
    };
    let (name, amount) = rest.trim().rsplit_once(' ').ok_or_else(|| wrong("the amount is missing"))?;
    let accounts = chart.named(name);
    if accounts.is_empty() {
        return Err(wrong(&format!("the chart has no account `{}`", name.trim())));
    }
    let amounts = amount.split('+').map(|part| part.parse::<Decimal>().ok());
    let amount = amounts.sum::<Option<Decimal>>().ok_or_else(|| wrong(&format!("`{amount}` is not an amount")))?;
    Ok(SaidLeg { side, accounts, amount })
}

/// Whether legs as said are the legs of an entry: as sets, several legs of one account and side counted together.
pub fn same_legs(said: &[SaidLeg], legs: &[Leg]) -> bool {
    let mut found: BTreeMap<(Side, Account), Decimal> = BTreeMap::new();
    for leg in legs {
        *found.entry((leg.side, leg.account)).or_default() += leg.amount;
    }
    let mut wanted: BTreeMap<(Side, Account), Decimal> = BTreeMap::new();
    for leg in said {
        let meant = leg.accounts.iter().find(|account| found.contains_key(&(leg.side, **account)));
        let Some(account) = meant.or(leg.accounts.first()) else { return false };
        *wanted.entry((leg.side, *account)).or_default() += leg.amount;
    }
    wanted == found
}

/// Whether legs come to the same as those that are said, account by account, whatever moved there and back between them.
pub fn same_in_all(said: &[SaidLeg], legs: &[Leg]) -> bool {
    let mut found: BTreeMap<Account, Decimal> = BTreeMap::new();
    for leg in legs {
        *found.entry(leg.account).or_default() += signed(leg.side, leg.amount);
    }
    found.retain(|_, amount| !amount.is_zero());
    let mut wanted: BTreeMap<Account, Decimal> = BTreeMap::new();
    for leg in said {
        let meant = leg.accounts.iter().find(|account| found.contains_key(account));
        let Some(account) = meant.or(leg.accounts.first()) else { return false };
        *wanted.entry(*account).or_default() += signed(leg.side, leg.amount);
    }
    wanted.retain(|_, amount| !amount.is_zero());
    !wanted.is_empty() && wanted == found
}

fn signed(side: Side, amount: Decimal) -> Decimal {
    match side {
        Side::Debit => amount,
        Side::Credit => -amount,
    }
}

impl Draft {
    /// The legs as people write them, debits first.
    pub fn said(&self, chart: &Chart) -> String {
        said(&self.legs, chart)
    }
}

impl Entry {
    /// The legs as people write them, debits first.
    pub fn said(&self, chart: &Chart) -> String {
        said(self.legs(), chart)
    }

    /// The legs with the currency behind the last; of an entry of several currencies behind each.
    pub fn said_with_currency(&self, chart: &Chart) -> String {
        let legs = self.legs();
        match legs.first() {
            Some(first) if legs.iter().all(|leg| leg.currency == first.currency) => {
                format!("{} {}", said(legs, chart), first.currency)
            }
            _ => {
                let each =
                    legs.iter().map(|leg| format!("{} {}", said(std::slice::from_ref(leg), chart), leg.currency));
                each.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

fn said(legs: &[Leg], chart: &Chart) -> String {
    let mut said: Vec<&Leg> = legs.iter().collect();
    said.sort_by_key(|leg| leg.side);
    let leg =
        |leg: &&Leg| format!("{} {} {}", leg.side.as_str(), chart.name(leg.account), leg.currency.said(leg.amount));
    said.iter().map(leg).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::{Currency, cents};
    use super::*;

    #[test]
    fn legs_are_compared_as_sets() {
        let draft = Draft::new("", Currency::USD, None)
            .credit_item(Account::Receivable, cents(100_000), "1")
            .credit_item(Account::Receivable, cents(250_000), "2")
            .debit(Account::Cash, cents(350_000));
        assert_eq!(draft.said(&Chart::default()), "Dr Cash 3500.00, Cr AR 1000.00, Cr AR 2500.00");
        for (text, same) in [
            ("Dr Cash 3500, Cr AR 1000.00, Cr AR 2500.00", true),
            ("Cr AR 1000+2500 / Dr Cash 3500.00", true),
            ("Dr Cash 3500.00, Cr AR 3500", true),
            ("Dr Cash 3500.00", false),
            ("Cr Cash 3500.00, Dr AR 3500", false),
        ] {
            assert_eq!(same_legs(&legs(text, &Chart::default()).unwrap(), &draft.legs), same, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_leg_is_named() {
        for (text, words) in [
            ("Dx Cash 1", "it begins with Dr or Cr"),
            ("Dr Cash", "the amount is missing"),
            ("Dr Nothing 1", "the chart has no account `Nothing`"),
            ("Dr Cash one", "`one` is not an amount"),
        ] {
            let error = legs(text, &Chart::default()).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
