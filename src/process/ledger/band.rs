//! Who may approve how much: limits in rising order, each with its approver.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Who has to say yes. Nobody approves what he proposed himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approver {
    /// The rules suffice.
    Auto,
    Buyer,
    Analyst,
    Manager,
    Controller,
    /// A controller, and a second person.
    ControllerAndSecond,
}

/// Limits, each including its own amount; above the last one, `above` decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bands {
    pub limits: Vec<(Decimal, Approver)>,
    pub above: Approver,
}

impl Bands {
    /// For a variance between an invoice and its order that a tolerance held: 25, 500, 5,000.
    pub fn variance() -> Self {
        Self {
            limits: vec![
                (Decimal::from(25), Approver::Auto),
                (Decimal::from(500), Approver::Buyer),
                (Decimal::from(5_000), Approver::Manager),
            ],
            above: Approver::ControllerAndSecond,
        }
    }

    /// For giving up a deduction or receivable: 5, 100, 2,500.
    pub fn write_off() -> Self {
        Self {
            limits: vec![
                (Decimal::from(5), Approver::Auto),
                (Decimal::from(100), Approver::Analyst),
                (Decimal::from(2_500), Approver::Manager),
            ],
            above: Approver::Controller,
        }
    }

    /// Who approves an amount, whatever its sign.
    pub fn approver(&self, amount: Decimal) -> Approver {
        let amount = amount.abs();
        self.limits.iter().find(|(limit, _)| amount <= *limit).map_or(self.above, |(_, approver)| *approver)
    }
}

impl Approver {
    /// As a sentence names them.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "nobody: the rules suffice",
            Self::Buyer => "purchasing",
            Self::Analyst => "AR analyst",
            Self::Manager => "manager",
            Self::Controller => "controller",
            Self::ControllerAndSecond => "controller and a second person",
        }
    }

    /// How many different people have to agree besides the one who proposed.
    pub fn people(self) -> u8 {
        match self {
            Self::Auto => 0,
            Self::Buyer | Self::Analyst | Self::Manager | Self::Controller => 1,
            Self::ControllerAndSecond => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_includes_its_amount() {
        let cases = [
            ("25.00", Approver::Auto),
            ("25.01", Approver::Buyer),
            ("-500", Approver::Buyer),
            ("5000", Approver::Manager),
            ("5000.01", Approver::ControllerAndSecond),
        ];
        for (amount, approver) in cases {
            assert_eq!(Bands::variance().approver(amount.parse().unwrap()), approver, "{amount}");
        }
        assert_eq!(Bands::write_off().approver(super::super::cents(250_001)), Approver::Controller);
    }
}
