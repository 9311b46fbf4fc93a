//! From one unit to another, only by factors that somebody approved and from the day they hold.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::canonical::unit;

/// One `from` of an item is `factor` of `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    pub item: Box<str>,
    /// For this supplier only; for all where nothing is said.
    pub supplier: Option<Box<str>>,
    pub from: Box<str>,
    pub to: Box<str>,
    pub factor: Decimal,
    pub since: Date,
    pub until: Option<Date>,
    /// Who approved it; a proposal converts nothing.
    pub approved_by: Option<Box<str>>,
}

/// All factors that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Factors(pub Vec<Factor>);

/// Why a quantity is not converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotConverted {
    #[error("no approved factor from {from} to {to} for {item}")]
    Unknown { item: Box<str>, from: Box<str>, to: Box<str> },
    #[error("{quantity} {from} are not whole {to}")]
    NotWhole { quantity: Decimal, from: Box<str>, to: Box<str> },
}

impl Factors {
    /// How many `to` a quantity of `from` is; as it is where the units are the same.
    ///
    /// # Errors
    /// When no factor is approved for the day, or the result is not a whole number.
    pub fn convert(
        &self,
        (item, supplier): (&str, &str),
        quantity: Decimal,
        (from, to): (&str, &str),
        on: Date,
    ) -> Result<Decimal, NotConverted> {
        if from == to || from.is_empty() || to.is_empty() {
            return Ok(quantity);
        }
        let known = || self.0.iter().filter(|factor| factor.holds(item, supplier, on));
        let direct = known().find(|factor| &*factor.from == from && &*factor.to == to);
        let inverse = || known().find(|factor| &*factor.from == to && &*factor.to == from && !factor.factor.is_zero());
        let converted = match (direct, inverse()) {
            (Some(factor), _) => quantity.checked_mul(factor.factor),
            (None, Some(factor)) => quantity.checked_div(factor.factor),
            (None, None) if unit::same(from, to) => return Ok(quantity),
            (None, None) => None,
        };
        let unknown = NotConverted::Unknown { item: item.into(), from: from.into(), to: to.into() };
        let converted = converted.ok_or(unknown)?;
        if !converted.fract().is_zero() {
            return Err(NotConverted::NotWhole { quantity, from: from.into(), to: to.into() });
        }
        Ok(converted.normalize())
    }

    /// The factors of an item, whichever units: what a price that is off by one of them may mean.
    pub fn of_item<'a>(&'a self, item: &'a str) -> impl Iterator<Item = Decimal> + 'a {
        self.0.iter().filter(move |factor| &*factor.item == item).map(|factor| factor.factor)
    }
}

impl Factor {
    fn holds(&self, item: &str, supplier: &str, on: Date) -> bool {
        &*self.item == item
            && self.supplier.as_deref().is_none_or(|own| own == supplier)
            && self.approved_by.is_some()
            && self.since <= on
            && self.until.is_none_or(|until| on <= until)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn only_an_approved_factor_of_the_day_converts() {
        check(true, 5, "120", "EA", "CA", Ok("10"));
        check(true, 5, "10", "CA", "EA", Ok("120"));
        check(true, 5, "7", "EA", "EA", Ok("7"));
        check(true, 5, "126", "EA", "CA", Err("126 EA are not whole CA"));
        check(true, 1, "120", "EA", "CA", Err("no approved factor from EA to CA for W1"));
        check(true, 30, "120", "EA", "CA", Err("no approved factor from EA to CA for W1"));
        check(false, 5, "120", "EA", "CA", Err("no approved factor from EA to CA for W1"));
        check(true, 5, "120", "EA", "PL", Err("no approved factor from EA to PL for W1"));
    }

    fn check(approved: bool, day: i8, quantity: &str, from: &str, to: &str, expected: Result<&str, &str>) {
        let factors = Factors(vec![Factor {
            item: "W1".into(),
            supplier: None,
            from: "CA".into(),
            to: "EA".into(),
            factor: Decimal::from(12),
            since: date(2026, 3, 2),
            until: Some(date(2026, 3, 20)),
            approved_by: approved.then(|| "anna".into()),
        }]);
        let found = factors.convert(("W1", "orbit"), quantity.parse().unwrap(), (from, to), date(2026, 3, day));
        let found = found.map(|n| n.to_string()).map_err(|error| error.to_string());
        assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned));
    }
}
