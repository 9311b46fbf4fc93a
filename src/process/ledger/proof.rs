//! What must hold of the books, each as a function over everything: a breach says what differs and by how much.
//!
//! The numbers are those of the invariants: I6 to I9 and I17. `verify` runs them over the whole store, property tests over
//! many random events.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::entry::imbalance;
use super::{Account, Currency, Entry, EntryId, Leg, OpenItem, Side};

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// `I6` to `I9`, `I17`.
    pub rule: &'static str,
    /// What it is about: an entry, an item, a payment, an account.
    pub about: String,
    pub words: String,
}

/// Where the money of one payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentStanding {
    pub payment: Box<str>,
    pub currency: Currency,
    /// What came on the account.
    pub received: Decimal,
    /// What of it pays open items, less credits taken.
    pub applied: Decimal,
    pub unapplied: Decimal,
    pub refunded: Decimal,
    /// What banks kept on the way: it pays open items and never came.
    pub charges: Decimal,
}

/// What of one received line is invoiced. Quantities are in the order's unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptStanding {
    /// As the journal's legs name it.
    pub item: Box<str>,
    pub currency: Currency,
    pub received: Decimal,
    pub returned: Decimal,
    pub matched: Decimal,
    /// Credited for what was returned.
    pub credited: Decimal,
    /// At receipt, for one unit.
    pub price: Decimal,
}

/// What an outbound invoice says in all: lines, tax and charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoiced {
    pub number: Box<str>,
    pub currency: Currency,
    pub total: Decimal,
}

impl Breach {
    fn new(rule: &'static str, about: impl fmt::Display, words: String) -> Self {
        Self { rule, about: about.to_string(), words }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.rule, self.about, self.words)
    }
}

/// I6: entries balance per currency, and a reversal mirrors exactly one entry, once.
pub fn entries(entries: &[Entry]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let by_id: FxHashMap<EntryId, &Entry> = entries.iter().map(|entry| (entry.id(), entry)).collect();
    if by_id.len() < entries.len() {
        breaches.push(Breach::new("I6", "journal", "two entries have one id".into()));
    }
    let mut reversed: FxHashMap<EntryId, EntryId> = FxHashMap::default();
    for entry in entries {
        if let Some((currency, debits, credits)) = imbalance(entry.legs()) {
            let words = format!("debits {debits} and credits {credits} differ in {currency}");
            breaches.push(Breach::new("I6", entry.id(), words));
        }
        let Some(of) = entry.reverses() else { continue };
        if let Some(other) = reversed.insert(of, entry.id()) {
            breaches.push(Breach::new("I6", entry.id(), format!("{other} reverses {of} as well")));
        }
        match by_id.get(&of) {
            None => breaches.push(Breach::new("I6", entry.id(), format!("it reverses {of}, which is not there"))),
            Some(original) if !mirrors(original.legs(), entry.legs()) => {
                breaches.push(Breach::new("I6", entry.id(), format!("it is not the mirror of {of}")));
            }
            Some(_) => {}
        }
    }
    breaches
}

fn mirrors(original: &[Leg], mirror: &[Leg]) -> bool {
    let turned = |(one, other): (&Leg, &Leg)| *other == Leg { side: one.side.other(), ..one.clone() };
    original.len() == mirror.len() && original.iter().zip(mirror).all(turned)
}

/// I7: what is open of an item lies between nothing and the whole, on the item's side of zero.
pub fn open_items<'a>(items: impl IntoIterator<Item = &'a OpenItem>) -> Vec<Breach> {
    let within = |item: &&OpenItem| {
        let (low, high) = (item.amount.min(Decimal::ZERO), item.amount.max(Decimal::ZERO));
        !(low..=high).contains(&item.open)
    };
    let breach = |item: &OpenItem| {
        Breach::new("I7", &item.number, format!("{} is open of {} {}", item.open, item.amount, item.currency))
    };
    items.into_iter().filter(within).map(breach).collect()
}

/// I8: what came in, and what a bank kept of it, is applied, unapplied or refunded, payment by payment.
pub fn payments<'a>(standings: impl IntoIterator<Item = &'a PaymentStanding>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for standing in standings {
        let PaymentStanding { applied, unapplied, refunded, charges, .. } = standing;
        let known = applied + unapplied + refunded - charges;
        if known != standing.received {
            let words = format!(
                "{} {} came in; {applied} applied, {unapplied} unapplied, {refunded} refunded, less {charges} charges make {known}",
                standing.received, standing.currency
            );
            breaches.push(Breach::new("I8", &standing.payment, words));
        }
    }
    breaches
}

/// I9: a control account is the sum of what it is made of, currency by currency.
///
/// `parts` are debits: what customers owe above zero, what we owe below.
pub fn control<'a>(
    account: Account,
    entries: impl IntoIterator<Item = &'a Entry>,
    parts: impl IntoIterator<Item = (Currency, Decimal)>,
) -> Vec<Breach> {
    // `None` from where a sum is too large to be told.
    let zero = (Some(Decimal::ZERO), Some(Decimal::ZERO));
    let mut sums: BTreeMap<Currency, (Option<Decimal>, Option<Decimal>)> = BTreeMap::new();
    for leg in entries.into_iter().flat_map(Entry::legs).filter(|leg| leg.account == account) {
        let posted = &mut sums.entry(leg.currency).or_insert(zero).0;
        *posted = posted.and_then(|sum| sum.checked_add(leg.signed()));
    }
    for (currency, part) in parts {
        let standing = &mut sums.entry(currency).or_insert(zero).1;
        *standing = standing.and_then(|sum| sum.checked_add(part));
    }
    let breach = |(currency, sums): (Currency, (Option<Decimal>, Option<Decimal>))| {
        let words = match sums {
            (Some(posted), Some(standing)) if posted == standing => return None,
            (Some(posted), Some(standing)) => format!("{posted} {currency} is posted, its parts are {standing}"),
            _ => format!("the sum of its {currency} is larger than any that can be reckoned"),
        };
        Some(Breach::new("I9", account.word(), words))
    };
    sums.into_iter().filter_map(breach).collect()
}

/// I9 for what customers owe.
pub fn receivables(entries: &[Entry], items: &[OpenItem]) -> Vec<Breach> {
    control(Account::Receivable, entries, items.iter().map(|item| (item.currency, item.open)))
}

/// I9 for what we owe: items count from our supplier's side.
pub fn payables(entries: &[Entry], items: &[OpenItem]) -> Vec<Breach> {
    control(Account::Payable, entries, items.iter().map(|item| (item.currency, -item.open)))
}

/// I9 for goods received and not invoiced. Postings round to cents once for each total, as receipts and matches do.
pub fn goods_received(entries: &[Entry], receipts: &[ReceiptStanding]) -> Vec<Breach> {
    let part = |standing: &ReceiptStanding| (standing.currency, -standing.open());
    control(Account::GoodsReceived, entries, receipts.iter().map(part))
}

impl ReceiptStanding {
    /// What is accrued for this line and not invoiced: nothing once it is closed.
    pub fn open(&self) -> Decimal {
        let money = |quantity: Decimal| self.currency.round(quantity * self.price);
        money(self.received) - money(self.returned) - money(self.matched) + money(self.credited)
    }
}

/// I9 for money on no invoice yet.
pub fn unapplied(entries: &[Entry], payments: &[PaymentStanding]) -> Vec<Breach> {
    control(Account::Unapplied, entries, payments.iter().map(|payment| (payment.currency, -payment.unapplied)))
}

/// I17: what we invoiced is what was posted as revenue, tax and freight, invoice by invoice.
pub fn invoices(entries: &[Entry], invoices: &[Invoiced]) -> Vec<Breach> {
    let income = [Account::Revenue, Account::TaxDue, Account::Freight];
    let mut posted: FxHashMap<(&str, Currency), Decimal> = FxHashMap::default();
    for entry in entries {
        let names = |leg: &&Leg| leg.account == Account::Receivable && leg.item.is_some();
        let Some(item) = entry.legs().iter().find(names).and_then(|leg| leg.item.as_deref()) else { continue };
        for leg in entry.legs().iter().filter(|leg| income.contains(&leg.account)) {
            let amount = if leg.side == Side::Credit { leg.amount } else { -leg.amount };
            *posted.entry((item, leg.currency)).or_default() += amount;
        }
    }
    let mut breaches = Vec::new();
    for invoice in invoices {
        let found = posted.get(&(&*invoice.number, invoice.currency)).copied().unwrap_or_default();
        if found != invoice.total {
            let words = format!("{} {} is invoiced, {found} is posted", invoice.total, invoice.currency);
            breaches.push(Breach::new("I17", &invoice.number, words));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::{Draft, cents};
    use super::*;

    #[test]
    fn a_breach_says_what_differs() {
        let usd = Currency::USD;
        let draft = Draft::new("invoice", usd, Some("acme"))
            .debit_item(Account::Receivable, cents(11_000), "7")
            .credit(Account::Revenue, cents(10_000))
            .credit(Account::TaxDue, cents(1_000));
        let day = jiff::civil::date(2026, 3, 1);
        let entry = Entry::post(EntryId(Uuid::from_u128(1)), day, "810 7", draft).unwrap();
        let mirror = |number| entry.reversal(EntryId(Uuid::from_u128(number)), day, "anna", "").unwrap();
        check(&entries(std::slice::from_ref(&entry)), &[]);
        check(
            &entries(&[entry.clone(), mirror(2), mirror(3)]),
            &["I6 00000000-0000-0000-0000-000000000003: 00000000-0000-0000-0000-000000000002 reverses \
               00000000-0000-0000-0000-000000000001 as well"],
        );
        let invoice = |total| Invoiced { number: "7".into(), currency: usd, total: cents(total) };
        check(&invoices(std::slice::from_ref(&entry), &[invoice(11_000)]), &[]);
        check(
            &invoices(std::slice::from_ref(&entry), &[invoice(11_001)]),
            &["I17 7: 110.01 USD is invoiced, 110.00 is posted"],
        );
        check(&control(Account::Receivable, [&entry], [(usd, cents(11_000))]), &[]);
        check(
            &control(Account::Receivable, [&entry], [(usd, cents(1))]),
            &["I9 receivable: 110.00 USD is posted, its parts are 0.01"],
        );
        let standing = PaymentStanding {
            payment: "T1".into(),
            currency: usd,
            received: cents(500),
            applied: cents(300),
            unapplied: cents(100),
            refunded: cents(0),
            charges: cents(99),
        };
        check(
            &payments([&standing]),
            &["I8 T1: 5.00 USD came in; 3.00 applied, 1.00 unapplied, 0.00 refunded, less 0.99 charges make 3.01"],
        );
    }

    fn check(breaches: &[Breach], words: &[&str]) {
        assert_eq!(breaches.iter().map(ToString::to_string).collect::<Vec<_>>(), words);
    }
}
