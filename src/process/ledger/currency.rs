//! A currency by its ISO 4217 code, and how many decimals its amounts have.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// ISO 4217, three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Currencies whose smallest unit is the unit itself.
const WHOLE: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Currencies divided by a thousand.
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Ten to the fifteenth: the books take no amount of so much, so that no sum of theirs overflows.
pub const TOO_LARGE: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);

impl Currency {
    pub const USD: Self = Self(*b"USD");
    pub const EUR: Self = Self(*b"EUR");

    /// The currency of that code, in either case; `None` where it is not three letters.
    pub fn of(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.trim().as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_alphabetic).then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    pub fn as_str(&self) -> &str {
        // Letters were checked when it was made; this is ISO 4217's code for no currency.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimals an amount has.
    pub fn decimals(self) -> u32 {
        match self.as_str() {
            code if WHOLE.contains(&code) => 0,
            code if THOUSANDTHS.contains(&code) => 3,
            _ => 2,
        }
    }

    /// An amount in whole smallest units, halves away from zero.
    pub fn round(self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.decimals(), RoundingStrategy::MidpointAwayFromZero)
    }

    /// The smallest amount there is.
    pub fn unit(self) -> Decimal {
        Decimal::new(1, self.decimals())
    }

    /// An amount as people write it: `1000.00`, without the currency.
    pub fn said(self, amount: Decimal) -> String {
        let mut amount = self.round(amount);
        amount.rescale(self.decimals());
        amount.to_string()
    }
}

/// A number of hundredths as an amount: 12550 is 125.50. For tables of defaults.
pub const fn cents(hundredths: u32) -> Decimal {
    Decimal::from_parts(hundredths, 0, 0, false, 2)
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::of(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not an ISO 4217 code")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        check("USD", "12.345", "12.35");
        check("usd", "-0.005", "-0.01");
        check("JPY", "1234.5", "1235");
        check("KWD", "1.2345", "1.235");
        assert_eq!(Currency::of("US"), None);
        assert_eq!(Currency::of("U$D"), None);
        assert_eq!(TOO_LARGE, "1000000000000000".parse().unwrap());
        assert_eq!(cents(12550), "125.50".parse().unwrap());
    }

    fn check(code: &str, amount: &str, said: &str) {
        assert_eq!(Currency::of(code).unwrap().said(amount.parse().unwrap()), said);
    }
}
