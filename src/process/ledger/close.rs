//! The end of a period: what is still open, how old it is, and whose it is.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Currency;

/// How many days something is past its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    Current,
    UpTo30,
    UpTo60,
    UpTo90,
    Older,
}

/// One thing that keeps a period from being finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// `open item`, `unapplied cash`, `goods received, not invoiced`, `deduction`, ...
    pub what: Box<str>,
    pub name: Box<str>,
    pub party: Box<str>,
    pub currency: Currency,
    pub amount: Decimal,
    /// The day from which it is old: when it was due, or came.
    pub since: Date,
    /// The desk it waits at.
    pub owner: Box<str>,
}

/// Sums by age, of one kind and currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ageing {
    pub what: Box<str>,
    pub currency: Currency,
    pub owner: Box<str>,
    pub count: usize,
    pub by_age: Vec<(Age, Decimal)>,
    pub total: Decimal,
}

impl Ageing {
    /// As it is told of a customer: the sums by age under their names.
    pub fn of_party(&self) -> serde_json::Value {
        let ages = self.by_age.iter().map(|(age, sum)| (age.as_str().to_owned(), serde_json::json!(sum)));
        let ages: serde_json::Map<String, serde_json::Value> = ages.collect();
        serde_json::json!({
            "party": self.owner, "currency": self.currency.as_str(), "count": self.count, "total": self.total,
            "by_age": ages,
        })
    }
}

impl Age {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::UpTo30 => "up_to30",
            Self::UpTo60 => "up_to60",
            Self::UpTo90 => "up_to90",
            Self::Older => "older",
        }
    }

    /// As people say it.
    pub fn said(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::UpTo30 => "up to 30 days",
            Self::UpTo60 => "31 to 60 days",
            Self::UpTo90 => "61 to 90 days",
            Self::Older => "over 90 days",
        }
    }

    pub const ALL: [Self; 5] = [Self::Current, Self::UpTo30, Self::UpTo60, Self::UpTo90, Self::Older];

    /// How old something is on a day.
    pub fn on(day: Date, since: Date) -> Self {
        match (day - since).get_days() {
            ..=0 => Self::Current,
            1..=30 => Self::UpTo30,
            31..=60 => Self::UpTo60,
            61..=90 => Self::UpTo90,
            _ => Self::Older,
        }
    }
}

/// What is unfinished, oldest and then largest first.
pub fn unfinished(mut items: Vec<Unfinished>) -> Vec<Unfinished> {
    items.retain(|item| !item.amount.is_zero());
    items.sort_by(|one, other| {
        one.since.cmp(&other.since).then(other.amount.abs().cmp(&one.amount.abs())).then(one.name.cmp(&other.name))
    });
    items
}

/// Sums by what it is, its owner and currency, and by age.
pub fn ageing(items: &[Unfinished], day: Date) -> Vec<Ageing> {
    let mut rows: Vec<Ageing> = Vec::new();
    for item in items {
        let same =
            |row: &&mut Ageing| row.what == item.what && row.currency == item.currency && row.owner == item.owner;
        let row = match rows.iter_mut().find(same) {
            Some(row) => row,
            None => {
                rows.push(Ageing {
                    what: item.what.clone(),
                    currency: item.currency,
                    owner: item.owner.clone(),
                    count: 0,
                    by_age: Age::ALL.map(|age| (age, Decimal::ZERO)).into(),
                    total: Decimal::ZERO,
                });
                let last = rows.len() - 1;
                &mut rows[last]
            }
        };
        row.count += 1;
        row.total += item.amount;
        let age = Age::on(day, item.since);
        row.by_age.iter_mut().filter(|(known, _)| *known == age).for_each(|(_, sum)| *sum += item.amount);
    }
    rows
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::cents;
    use super::*;

    #[test]
    fn what_is_open_is_aged_with_its_owner() {
        let open = |name: &str, amount, since| Unfinished {
            what: "unapplied cash".into(),
            name: name.into(),
            party: "acme".into(),
            currency: Currency::USD,
            amount: cents(amount),
            since,
            owner: "AR".into(),
        };
        let items = unfinished(vec![
            open("T2", 500, date(2026, 3, 20)),
            open("T1", 700, date(2026, 1, 1)),
            open("T0", 0, date(2025, 1, 1)),
        ]);
        assert_eq!(items.iter().map(|item| &*item.name).collect::<Vec<_>>(), ["T1", "T2"]);
        let [row] = &ageing(&items, date(2026, 3, 31))[..] else { panic!("one row") };
        assert_eq!((row.count, row.total), (2, cents(1_200)));
        assert_eq!(row.by_age[1], (Age::UpTo30, cents(500)));
        assert_eq!(row.by_age[3], (Age::UpTo90, cents(700)));
    }
}
