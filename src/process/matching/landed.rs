//! Freight and duty that are billed after the goods came: the estimate they belong to is corrected, not paid beside.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::process::ledger::{Account, Currency, Draft};

/// Costs that were expected for a shipment and put on its goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The shipment or receipt: names the accrual in the journal.
    pub shipment: Box<str>,
    pub currency: Currency,
    /// As put on the goods when they came.
    pub amount: Decimal,
    /// What later bills took of it.
    pub billed: Decimal,
}

impl Expected {
    fn item(&self) -> String {
        format!("{}/landed", self.shipment)
    }

    /// What is still expected.
    pub fn open(&self) -> Decimal {
        self.amount - self.billed
    }

    /// The goods came: the expected costs go on them.
    pub fn accrue(&self, carrier: &str) -> Draft {
        let item = self.item();
        Draft::new(format!("expected freight and duty of {}", self.shipment), self.currency, Some(carrier))
            .debit_item(Account::Inventory, self.amount, &item)
            .credit_item(Account::GoodsReceived, self.amount, &item)
    }

    /// The bill came. The accrual is cleared as far as it goes; where the bill is the last one, all of it. The difference goes
    /// on the goods as far as they are still in stock (`in_stock`, a share from 0 to 1), the rest into costs.
    pub fn settle(&self, bill: &Bill<'_>, in_stock: Decimal) -> Draft {
        let (clears, item) = (if bill.last { self.open() } else { self.open().min(bill.amount) }, self.item());
        let difference = bill.amount - clears;
        let on_goods = self.currency.round(difference * in_stock.clamp(Decimal::ZERO, Decimal::ONE));
        let costs = if bill.duty { Account::Duty } else { Account::FreightIn };
        Draft::new(
            format!("{} corrects the landed cost of {}", bill.number, self.shipment),
            self.currency,
            Some(bill.supplier),
        )
        .debit_item(Account::GoodsReceived, clears, &item)
        .debit_item(Account::Inventory, on_goods, &item)
        .debit(costs, difference - on_goods)
        .debit(Account::TaxPaid, bill.tax)
        .credit_item(Account::Payable, bill.amount + bill.tax, bill.number)
    }
}

/// A bill for freight or duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bill<'a> {
    pub number: &'a str,
    pub supplier: &'a str,
    /// Without tax.
    pub amount: Decimal,
    pub tax: Decimal,
    pub duty: bool,
    /// Nothing more is expected for the shipment.
    pub last: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::ledger::{Chart, cents};

    #[test]
    fn a_later_bill_corrects_its_accrual() {
        check("0", "120", "1", true, "Dr GRNI 100.00, Dr Inventory 20.00, Cr AP 120.00");
        check("0", "120", "0.25", true, "Dr GRNI 100.00, Dr Inventory 5.00, Dr Freight-in 15.00, Cr AP 120.00");
        check("0", "80", "1", true, "Dr GRNI 100.00, Cr Inventory 20.00, Cr AP 80.00");
        check("0", "80", "1", false, "Dr GRNI 80.00, Cr AP 80.00");
        check("80", "30", "0", true, "Dr GRNI 20.00, Dr Freight-in 10.00, Cr AP 30.00");
    }

    fn check(billed: &str, amount: &str, in_stock: &str, last: bool, legs: &str) {
        let expected = Expected {
            shipment: "S1".into(),
            currency: Currency::USD,
            amount: cents(10_000),
            billed: billed.parse().unwrap(),
        };
        assert_eq!(expected.accrue("fast").said(&Chart::default()), "Dr Inventory 100.00, Cr GRNI 100.00");
        let (amount, tax) = (amount.parse().unwrap(), Decimal::ZERO);
        let bill = Bill { number: "F1", supplier: "fast", amount, tax, duty: false, last };
        assert_eq!(expected.settle(&bill, in_stock.parse().unwrap()).said(&Chart::default()), legs);
    }
}
