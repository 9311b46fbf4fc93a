//! How far a number may be from what was agreed: the one place that says so, for every path.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A limit in one direction. Where both are set the stricter wins; where none is set nothing is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// Of what was agreed.
    pub percent: Option<Decimal>,
    pub absolute: Option<Decimal>,
    /// Anything goes in this direction.
    pub unlimited: bool,
}

/// Limits above and below, which may differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tolerance {
    pub over: Limit,
    pub under: Limit,
}

/// Where a number lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Equal,
    /// Different, and allowed; by this much (positive: over).
    Within(Decimal),
    /// Above the limit; by this much over what was agreed.
    Over(Decimal),
    /// Below the limit; by this much under what was agreed.
    Under(Decimal),
}

impl Judgement {
    pub fn is_allowed(self) -> bool {
        matches!(self, Self::Equal | Self::Within(_))
    }
}

impl Limit {
    pub const NONE: Self = Self { percent: None, absolute: None, unlimited: false };
    pub const UNLIMITED: Self = Self { percent: None, absolute: None, unlimited: true };

    pub fn percent(percent: impl Into<Decimal>) -> Self {
        Self { percent: Some(percent.into()), ..Self::NONE }
    }

    pub fn absolute(absolute: impl Into<Decimal>) -> Self {
        Self { absolute: Some(absolute.into()), ..Self::NONE }
    }

    pub fn both(percent: impl Into<Decimal>, absolute: impl Into<Decimal>) -> Self {
        Self { percent: Some(percent.into()), absolute: Some(absolute.into()), unlimited: false }
    }

    /// How much of a difference is allowed from `agreed`; `None` where any is.
    pub fn allowance(&self, agreed: Decimal) -> Option<Decimal> {
        if self.unlimited {
            return None;
        }
        let share = self.percent.map(|percent| agreed.abs() * percent / Decimal::ONE_HUNDRED);
        Some(match (share, self.absolute) {
            (Some(share), Some(absolute)) => share.min(absolute),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Decimal::ZERO,
        })
    }
}

impl Tolerance {
    pub const NONE: Self = Self { over: Limit::NONE, under: Limit::NONE };

    /// The same limit in both directions.
    pub fn both_ways(limit: Limit) -> Self {
        Self { over: limit, under: limit }
    }

    pub fn judge(&self, agreed: Decimal, found: Decimal) -> Judgement {
        let difference = found - agreed;
        if difference.is_zero() {
            return Judgement::Equal;
        }
        let limit = if difference > Decimal::ZERO { &self.over } else { &self.under };
        match limit.allowance(agreed) {
            Some(allowed) if difference.abs() > allowed && difference > Decimal::ZERO => Judgement::Over(difference),
            Some(allowed) if difference.abs() > allowed => Judgement::Under(-difference),
            _ => Judgement::Within(difference),
        }
    }

    /// The most that is allowed; `None` where there is no limit above.
    pub fn most(&self, agreed: Decimal) -> Option<Decimal> {
        self.over.allowance(agreed).map(|allowed| agreed + allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_limit_wins_in_each_direction() {
        // over % abs | under % abs | agreed found -> judgement
        let cases = [
            ("-  - | -  -", "100 100", "equal"),
            ("-  - | -  -", "100 101", "over 1"),
            ("2  - | -  -", "100 102", "within 2"),
            ("2  - | -  -", "100 102.01", "over 2.01"),
            ("2 25 | -  -", "1000 1020", "within 20"),
            ("2 25 | -  -", "2000 2030", "over 30"),
            ("2 25 | -  -", "2000 1999", "under 1"),
            ("-  5 | 1  -", "100 99", "within -1"),
            ("-  5 | 1  -", "100 98.9", "under 1.1"),
            ("-  5 | 1  -", "100 105", "within 5"),
            ("*  - | *  -", "100 900", "within 800"),
            ("*  - | *  -", "100 1", "within -99"),
            ("5  - | 5  -", "0 1", "over 1"),
        ];
        for (limits, numbers, expected) in cases {
            check(limits, numbers, expected);
        }
    }

    fn check(limits: &str, numbers: &str, expected: &str) {
        let limit = |text: &str| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let unlimited = words[0] == "*";
            Limit { percent: words[0].parse().ok(), absolute: words[1].parse().ok(), unlimited }
        };
        let (over, under) = limits.split_once('|').unwrap();
        let tolerance = Tolerance { over: limit(over), under: limit(under) };
        let numbers: Vec<Decimal> = numbers.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let found = match tolerance.judge(numbers[0], numbers[1]) {
            Judgement::Equal => "equal".to_owned(),
            Judgement::Within(by) => format!("within {by}"),
            Judgement::Over(by) => format!("over {by}"),
            Judgement::Under(by) => format!("under {by}"),
        };
        assert_eq!(found, expected, "{limits} {numbers:?}");
    }
}
