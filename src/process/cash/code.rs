//! Why money was kept back: every code list to one list of reasons, and each reason to the desk that answers it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which list a code is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeList {
    /// X12 element 426.
    X12,
    /// EDIFACT element 4465.
    Edifact,
    /// EANCOM's additions to 4465.
    Eancom,
}

/// Why money was kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Pricing,
    Shortage,
    Damage,
    Return,
    Freight,
    Tax,
    Promotion,
    DuplicateBilling,
    Compliance,
    Discount,
    CreditTaken,
    /// A discount taken too late.
    UnearnedDiscount,
    Other,
}

/// The desk that answers a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Desk {
    Pricing,
    Warehouse,
    CustomerService,
    Logistics,
    Tax,
    Sales,
    Receivables,
    /// EDI compliance.
    Compliance,
}

impl Reason {
    pub const ALL: [Self; 13] = [
        Self::Pricing,
        Self::Shortage,
        Self::Damage,
        Self::Return,
        Self::Freight,
        Self::Tax,
        Self::Promotion,
        Self::DuplicateBilling,
        Self::Compliance,
        Self::Discount,
        Self::CreditTaken,
        Self::UnearnedDiscount,
        Self::Other,
    ];

    /// The reason a code means. Codes of no list, among them AJT 90, are the partner table's to name.
    pub fn of(list: CodeList, code: &str) -> Self {
        let code = code.trim();
        let code = match code.trim_start_matches('0') {
            "" => code,
            short => short,
        };
        match list {
            CodeList::X12 => Self::of_x12(code),
            CodeList::Edifact => Self::of_edifact(code),
            CodeList::Eancom if code.eq_ignore_ascii_case("14E") => Self::Discount,
            CodeList::Eancom => Self::of_edifact(code),
        }
    }

    fn of_x12(code: &str) -> Self {
        match code {
            "1" | "3" => Self::Pricing,
            "6" | "59" => Self::Shortage,
            "4" | "5" => Self::Damage,
            "11" | "12" | "13" | "14" | "15" | "72" => Self::Return,
            "30" | "46" | "54" => Self::Freight,
            "55" => Self::Tax,
            "56" | "57" | "71" => Self::Promotion,
            "19" => Self::DuplicateBilling,
            "70" | "44" | "17" => Self::Compliance,
            "24" | "43" => Self::Discount,
            "52" => Self::CreditTaken,
            _ => Self::Other,
        }
    }

    fn of_edifact(code: &str) -> Self {
        match code {
            "5" | "9" | "57" => Self::Pricing,
            "4" | "32" => Self::Shortage,
            "2" | "3" | "17" => Self::Damage,
            "15" | "16" | "35" => Self::Return,
            "40" => Self::Freight,
            "26" | "73" => Self::Tax,
            "21" | "38" | "74" | "75" => Self::Promotion,
            "53" => Self::DuplicateBilling,
            "51" | "59" => Self::Compliance,
            "39" | "46" | "56" | "66" | "68" => Self::Discount,
            "42" | "60" => Self::CreditTaken,
            "14E" | "14e" => Self::Discount,
            _ => Self::Other,
        }
    }

    pub fn desk(self) -> Desk {
        match self {
            Self::Pricing => Desk::Pricing,
            Self::Shortage => Desk::Warehouse,
            Self::Damage | Self::Return => Desk::CustomerService,
            Self::Freight => Desk::Logistics,
            Self::Tax => Desk::Tax,
            Self::Promotion => Desk::Sales,
            Self::Compliance => Desk::Compliance,
            Self::DuplicateBilling | Self::Discount | Self::CreditTaken | Self::UnearnedDiscount | Self::Other => {
                Desk::Receivables
            }
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pricing => "pricing",
            Self::Shortage => "shortage",
            Self::Damage => "damage",
            Self::Return => "return",
            Self::Freight => "freight",
            Self::Tax => "tax",
            Self::Promotion => "promotion",
            Self::DuplicateBilling => "duplicate_billing",
            Self::Compliance => "compliance",
            Self::Discount => "discount",
            Self::CreditTaken => "credit_taken",
            Self::UnearnedDiscount => "unearned_discount",
            Self::Other => "other",
        }
    }

    /// The reason of that word, for partner tables and commands.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl Desk {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pricing => "pricing",
            Self::Warehouse => "warehouse",
            Self::CustomerService => "customer-service",
            Self::Logistics => "logistics",
            Self::Tax => "tax",
            Self::Sales => "sales",
            Self::Receivables => "ar",
            Self::Compliance => "compliance",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_code_lists_are_one_list_of_reasons() {
        for (list, code, reason, desk) in [
            (CodeList::X12, "06", Reason::Shortage, Desk::Warehouse),
            (CodeList::X12, "6", Reason::Shortage, Desk::Warehouse),
            (CodeList::Edifact, "4", Reason::Shortage, Desk::Warehouse),
            (CodeList::X12, "01", Reason::Pricing, Desk::Pricing),
            (CodeList::Edifact, "9", Reason::Pricing, Desk::Pricing),
            (CodeList::X12, "70", Reason::Compliance, Desk::Compliance),
            (CodeList::X12, "72", Reason::Return, Desk::CustomerService),
            (CodeList::Eancom, "14E", Reason::Discount, Desk::Receivables),
            (CodeList::Edifact, "90", Reason::Other, Desk::Receivables),
            (CodeList::X12, "00", Reason::Other, Desk::Receivables),
            (CodeList::X12, "GG", Reason::Other, Desk::Receivables),
        ] {
            let found = Reason::of(list, code);
            assert_eq!((found, found.desk()), (reason, desk), "{list:?} {code}");
        }
        assert_eq!(Reason::named("unearned_discount"), Some(Reason::UnearnedDiscount));
    }

    #[test]
    fn one_code_has_one_reason() {
        let codes = (1..100).map(|code| format!("{code:02}"));
        let known = codes.filter(|code| Reason::of(CodeList::X12, code) != Reason::Other).count();
        assert_eq!(known, 26);
    }
}
