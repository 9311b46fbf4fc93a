//! The accounts that the program posts to, and what a company calls them.

use serde::{Deserialize, Serialize};

/// What an account is for. The program posts to these; a [`Chart`] says their numbers and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    Cash,
    /// What was told to a bank to pay, and has not left the account yet.
    Clearing,
    /// What customers owe: a control account, the sum of open items.
    Receivable,
    /// What we owe: a control account.
    Payable,
    /// Goods received, not invoiced: a control account.
    GoodsReceived,
    /// Invoice price less the price at receipt.
    PriceVariance,
    /// What customers kept back and gave a reason for: a control account, the sum of open deductions.
    Deductions,
    DiscountAllowed,
    DiscountTaken,
    /// Money of customers that is on no invoice yet: a control account.
    Unapplied,
    /// Where what was owed before the program came is put against: revenue is what it has seen billed.
    Opening,
    Revenue,
    TaxDue,
    TaxPaid,
    /// Freight that we bill.
    Freight,
    /// Freight that we are billed.
    FreightIn,
    Duty,
    BankCharges,
    SmallDifferences,
    /// What suppliers owe us for what we refused to pay.
    Claims,
    Inventory,
    Returns,
    /// Deductions and receivables given up.
    WriteOff,
}

/// Debit or credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    #[serde(rename = "Dr")]
    Debit,
    #[serde(rename = "Cr")]
    Credit,
}

/// What a company calls its accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// One row for each account, in the order of [`Account::ALL`].
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    account: Account,
    number: String,
    name: String,
}

impl Account {
    pub const ALL: [Self; 23] = [
        Self::Cash,
        Self::Clearing,
        Self::Receivable,
        Self::Payable,
        Self::GoodsReceived,
        Self::PriceVariance,
        Self::Deductions,
        Self::DiscountAllowed,
        Self::DiscountTaken,
        Self::Unapplied,
        Self::Opening,
        Self::Revenue,
        Self::TaxDue,
        Self::TaxPaid,
        Self::Freight,
        Self::FreightIn,
        Self::Duty,
        Self::BankCharges,
        Self::SmallDifferences,
        Self::Claims,
        Self::Inventory,
        Self::Returns,
        Self::WriteOff,
    ];

    /// The word in settings and exports, a number and a name to start with.
    fn defaults(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Cash => ("cash", "1000", "Cash"),
            Self::Clearing => ("clearing", "1010", "Bank clearing"),
            Self::Receivable => ("receivable", "1200", "AR"),
            Self::Deductions => ("deductions", "1210", "AR-Deductions"),
            Self::Claims => ("claims", "1250", "Claims"),
            Self::Inventory => ("inventory", "1400", "Inventory"),
            Self::TaxPaid => ("tax_paid", "1600", "Tax"),
            Self::Payable => ("payable", "2000", "AP"),
            Self::GoodsReceived => ("goods_received", "2100", "GRNI"),
            Self::Unapplied => ("unapplied", "2200", "Unapplied"),
            Self::TaxDue => ("tax_due", "2300", "Tax"),
            Self::Opening => ("opening", "3900", "Opening balances"),
            Self::Revenue => ("revenue", "4000", "Revenue"),
            Self::Freight => ("freight", "4100", "Freight"),
            Self::Returns => ("returns", "4200", "Returns"),
            Self::DiscountAllowed => ("discount_allowed", "4300", "Discount allowed"),
            Self::DiscountTaken => ("discount_taken", "5300", "Discount taken"),
            Self::PriceVariance => ("price_variance", "5100", "PPV"),
            Self::FreightIn => ("freight_in", "5200", "Freight-in"),
            Self::Duty => ("duty", "5210", "Duty"),
            Self::BankCharges => ("bank_charges", "6100", "Bank charges"),
            Self::SmallDifferences => ("small_differences", "6200", "Small differences"),
            Self::WriteOff => ("write_off", "6300", "Write-off"),
        }
    }

    pub fn word(self) -> &'static str {
        self.defaults().0
    }

    /// Names by which people call the account whatever their chart says.
    fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Receivable => &["Accounts receivable", "Receivables"],
            Self::Payable => &["Accounts payable", "Payables"],
            Self::GoodsReceived => &["GR/IR"],
            Self::PriceVariance => &["Price variance"],
            Self::Deductions => &["Deductions"],
            Self::DiscountAllowed => &["Discount"],
            Self::Unapplied => &["Unapplied cash", "On account"],
            Self::BankCharges => &["Bank charge"],
            Self::SmallDifferences => &["Small diff", "Small difference"],
            Self::FreightIn => &["Freight in"],
            Self::WriteOff => &["Write-offs"],
            _ => &[],
        }
    }
}

impl Side {
    /// `Dr` or `Cr`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "Dr",
            Self::Credit => "Cr",
        }
    }

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }
}

impl Default for Chart {
    fn default() -> Self {
        let row = |account: Account| {
            let (_, number, name) = account.defaults();
            Row { account, number: number.into(), name: name.into() }
        };
        Self { rows: Account::ALL.into_iter().map(row).collect() }
    }
}

impl Chart {
    /// Gives an account another number and name.
    pub fn set(&mut self, account: Account, number: &str, name: &str) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.account == account) {
            number.clone_into(&mut row.number);
            name.clone_into(&mut row.name);
        }
    }

    pub fn name(&self, account: Account) -> &str {
        self.row(account).map_or(account.defaults().2, |row| &row.name)
    }

    pub fn number(&self, account: Account) -> &str {
        self.row(account).map_or(account.defaults().1, |row| &row.number)
    }

    fn row(&self, account: Account) -> Option<&Row> {
        self.rows.iter().find(|row| row.account == account)
    }

    /// Every account that a name, number or word may mean: `Tax` is what we owe and what we paid.
    pub fn named(&self, text: &str) -> Vec<Account> {
        let text = text.trim();
        let means = |row: &&Row| {
            row.name.eq_ignore_ascii_case(text)
                || row.number == text
                || row.account.word() == text
                || row.account.aliases().iter().any(|alias| alias.eq_ignore_ascii_case(text))
        };
        self.rows.iter().filter(means).map(|row| row.account).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_what_people_call_them() {
        let mut chart = Chart::default();
        assert_eq!(chart.named("AR-Deductions"), [Account::Deductions]);
        assert_eq!(chart.named("small diff"), [Account::SmallDifferences]);
        assert_eq!(chart.named("Tax"), [Account::TaxDue, Account::TaxPaid]);
        assert_eq!(chart.named("nothing"), []);
        chart.set(Account::Receivable, "140000", "Debtors");
        assert_eq!(chart.named("Debtors"), [Account::Receivable]);
        assert_eq!(chart.named("140000"), [Account::Receivable]);
        assert_eq!(chart.name(Account::Receivable), "Debtors");
    }
}
