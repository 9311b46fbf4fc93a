//! Goods received and not invoiced: the entries that open the accrual, and what of it has grown old.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::line::accrued;
use super::ordered::OrderedLine;
use crate::process::ledger::proof::ReceiptStanding;
use crate::process::ledger::{Account, Currency, Draft, Unfinished};

/// From this many days on it is purchasing's to ask the supplier.
const OLD_DAYS: i32 = 60;

/// Goods came in: stock and accrual at the order's price. `before` is what came of the line before.
pub fn received(line: &OrderedLine, before: Decimal, quantity: Decimal, currency: Currency, supplier: &str) -> Draft {
    let money = accrued(line.price, before, quantity, currency);
    let item = line.ledger_item();
    Draft::new(format!("received {quantity} {} of {item}", line.unit), currency, Some(supplier))
        .debit_item(Account::Inventory, money, &item)
        .credit_item(Account::GoodsReceived, money, &item)
}

/// Goods went back.
pub fn returned(line: &OrderedLine, before: Decimal, quantity: Decimal, currency: Currency, supplier: &str) -> Draft {
    let money = accrued(line.price, before, quantity, currency);
    let item = line.ledger_item();
    Draft::new(format!("returned {quantity} {} of {item}", line.unit), currency, Some(supplier))
        .debit_item(Account::GoodsReceived, money, &item)
        .credit_item(Account::Inventory, money, &item)
}

impl OrderedLine {
    /// Where the accrual of a line stands.
    pub fn standing(&self, currency: Currency) -> ReceiptStanding {
        ReceiptStanding {
            item: self.ledger_item().into(),
            currency,
            received: self.received,
            returned: self.returned,
            matched: self.matched,
            credited: self.credited,
            price: self.price,
        }
    }
}

/// What was received and never invoiced, with the desk that has to ask.
pub fn uninvoiced<'a>(
    lines: impl IntoIterator<Item = (&'a OrderedLine, &'a str, Date)>,
    currency: Currency,
    today: Date,
) -> Vec<Unfinished> {
    lines
        .into_iter()
        .map(|(line, supplier, since)| Unfinished {
            what: "goods received, not invoiced".into(),
            name: line.ledger_item().into(),
            party: supplier.into(),
            currency,
            amount: line.standing(currency).open(),
            since,
            owner: if (today - since).get_days() > OLD_DAYS { "purchasing" } else { "ap" }.into(),
        })
        .filter(|unfinished| !unfinished.amount.is_zero())
        .collect()
}
