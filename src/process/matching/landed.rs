//! Freight and duty that are billed after the goods came, by another than who sold them: the estimate they belong to is
//! corrected, not paid beside.
//!
//! Goods arrive with what is expected for bringing them; that is put on them and accrued. A carrier's bill clears the accrual,
//! and what it asks beyond or below corrects the goods as far as they are still in stock, the rest goes into costs.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::billed::{Billed, BilledKind, ChargeKind};
use super::duplicate::{Earlier, Repeated, repeated};
use super::evaluate::{Match, Verdict};
use super::hold::{Hold, HoldKind};
use super::policy::Policy;
use super::totals;
use crate::process::ledger::{Account, Approver, Currency, Draft, Side};
use crate::process::tolerance::Judgement;

/// What costs are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostKind {
    Freight,
    Duty,
}

/// Costs that were expected for a receipt and put on its goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The order and its receipt, `4501/R1`: names the accrual in the journal.
    pub shipment: Box<str>,
    pub kind: CostKind,
    /// Who is expected to bill it; anybody where nobody is named.
    pub carrier: Option<Box<str>>,
    pub currency: Currency,
    /// As put on the goods when they came.
    pub amount: Decimal,
    /// What later bills took of it.
    pub billed: Decimal,
}

/// What somebody bills who brought goods that others sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostBill {
    pub carrier: Box<str>,
    /// Without tax.
    pub freight: Decimal,
    pub duty: Decimal,
    /// The receipts, shipments and bills of lading that it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<Box<str>>,
    /// The invoice that a credit note names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<Box<str>>,
    /// It says itself that more is to come: what it leaves of an accrual stays there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
    /// What of the goods is still in stock, a share from 0 to 1, as it was known when the bill came.
    pub in_stock: Decimal,
    /// What the whole document comes to; the event's own part is less where it is for several orders.
    pub whole: Decimal,
    /// How bills of this carrier are held against what was expected.
    pub policy: Box<Policy>,
}

/// What a bill took out of one accrual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// [`Expected::shipment`].
    pub shipment: Box<str>,
    pub kind: CostKind,
    /// [`Expected::carrier`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Box<str>>,
    pub amount: Decimal,
}

/// A bill or credit note as it is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub draft: Draft,
    pub cleared: Vec<Cleared>,
}

/// A bill for freight or duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bill<'a> {
    pub number: &'a str,
    pub supplier: &'a str,
    /// Without tax.
    pub amount: Decimal,
    pub tax: Decimal,
    /// Nothing more is expected for the shipment.
    pub last: bool,
}

impl CostKind {
    pub const ALL: [Self; 2] = [Self::Freight, Self::Duty];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Freight => "freight",
            Self::Duty => "duty",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    fn hold(self) -> HoldKind {
        match self {
            Self::Freight => HoldKind::Freight,
            Self::Duty => HoldKind::Duty,
        }
    }

    fn costs(self) -> Account {
        match self {
            Self::Freight => Account::FreightIn,
            Self::Duty => Account::Duty,
        }
    }
}

impl CostBill {
    pub fn amount(&self, kind: CostKind) -> Decimal {
        match kind {
            CostKind::Freight => self.freight,
            CostKind::Duty => self.duty,
        }
    }

    /// What a document bills of each kind, without tax: charges for duty are duty and charges for freight are freight, whatever
    /// the carrier's bills are for; the rest is what they are for.
    pub fn shares(billed: &Billed, usual: CostKind) -> (Decimal, Decimal) {
        let sum = |kind| billed.charges.iter().filter(|charge| charge.kind == kind).map(|charge| charge.amount).sum();
        let (freight, duty): (Decimal, Decimal) = (sum(ChargeKind::Freight), sum(ChargeKind::Duty));
        let rest = billed.total - billed.tax - freight - duty;
        match usual {
            CostKind::Freight => (freight + rest, duty),
            CostKind::Duty => (freight, duty + rest),
        }
    }

    /// Where the bill is not as expected; `Waiting` where its goods have not come. `goods_came` tells whether a receipt is
    /// there that it is for, `expected` what was expected for those, oldest first.
    pub fn judge(&self, billed: &Billed, goods_came: bool, expected: &[Expected], earlier: &[Earlier]) -> Match {
        let mut holds = Vec::new();
        let whole = Billed { total: self.whole, ..billed.clone() };
        let said = |amount| billed.currency.said(amount);
        match repeated(&whole, earlier, self.policy.near_days) {
            Some(Repeated::Duplicate { of }) => {
                let verdict = Verdict::Duplicate { of };
                return Match { verdict, lines: Vec::new(), holds, approver: Approver::Auto };
            }
            Some(Repeated::Conflict { of, total }) => {
                let words = format!("{of} came before with {}, now with {}", said(total), said(self.whole));
                holds.push(hold(HoldKind::Conflict, self.whole - total, words));
            }
            Some(Repeated::Suspect { of, total }) => {
                let words = format!("{} looks like {of} over {}, which came before", billed.number, said(total));
                holds.push(hold(HoldKind::DuplicateSuspect, self.whole, words));
            }
            None => {}
        }
        let is_credit = billed.kind == BilledKind::CreditNote;
        if !goods_came && !is_credit {
            let verdict = if holds.is_empty() { Verdict::Waiting } else { Verdict::Held };
            let approver = if holds.is_empty() { Approver::Auto } else { Approver::Buyer };
            return Match { verdict, lines: Vec::new(), holds, approver };
        }
        if let Some(other) = expected.iter().find(|expected| expected.currency != billed.currency) {
            let words = format!("billed in {}, expected in {}", billed.currency, other.currency);
            holds.push(hold(HoldKind::Currency, billed.total, words));
        }
        totals::sums(billed, &self.policy, &mut holds);
        if !is_credit {
            for kind in CostKind::ALL.into_iter().filter(|kind| !self.amount(*kind).is_zero()) {
                if let Choice::Held(held) = self.choose(kind, billed, expected) {
                    holds.push(held);
                }
            }
        }
        let money: Decimal = holds.iter().filter(|hold| hold.kind.is_variance()).map(|hold| hold.money.abs()).sum();
        let approver = match self.policy.bands.approver(money) {
            Approver::Auto if !holds.is_empty() => Approver::Buyer,
            approver => approver,
        };
        let verdict = if holds.is_empty() { Verdict::Matched } else { Verdict::Held };
        Match { verdict, lines: Vec::new(), holds, approver }
    }

    /// Which of the open accruals of a kind the bill is for: the only one, all of them together, or the one that it comes to.
    fn choose(&self, kind: CostKind, billed: &Billed, expected: &[Expected]) -> Choice {
        let amount = self.amount(kind);
        let said = |amount| billed.currency.said(amount);
        let of_kind = || expected.iter().enumerate().filter(|(_, it)| it.kind == kind);
        let open: Vec<(usize, &Expected)> = of_kind().filter(|(_, it)| !it.open().is_zero()).collect();
        let ours: Vec<(usize, &Expected)> = open.iter().copied().filter(|(_, it)| it.is_of(&self.carrier)).collect();
        let word = kind.as_str();
        let Some((first, only)) = ours.first().copied() else {
            let words = match (open.first(), of_kind().next()) {
                (Some((_, other)), _) => {
                    let carrier = other.carrier.as_deref().unwrap_or("another");
                    format!("{word} for {} is expected of {carrier}, not of {}", other.shipment, self.carrier)
                }
                (None, Some((_, billed))) => {
                    format!("what was expected of {word} for {}, {}, is billed", billed.shipment, said(billed.amount))
                }
                (None, None) => format!("no {word} was expected for it"),
            };
            return Choice::Held(hold(HoldKind::NoAccrual, amount, words));
        };
        let sum: Decimal = ours.iter().map(|(_, it)| it.open()).sum();
        if ours.len() == 1 {
            return match self.policy.freight.judge(sum, amount) {
                Judgement::Over(_) | Judgement::Under(_) => {
                    let words = format!("{word} for {}: {}, {} was expected", only.shipment, said(amount), said(sum));
                    Choice::Held(hold(kind.hold(), amount - sum, words))
                }
                _ => Choice::These(vec![first]),
            };
        }
        // One of them, or all together: exactly, else nearly.
        let whole = (ours.iter().map(|(place, _)| *place).collect::<Vec<_>>(), sum);
        let singles = ours.iter().map(|(place, it)| (vec![*place], it.open()));
        let readings: Vec<(Vec<usize>, Decimal)> = std::iter::once(whole).chain(singles).collect();
        let off = |wanted: Decimal| (amount - wanted).abs();
        let is_near = |wanted| self.policy.freight.over.allowance(wanted).is_some_and(|most| off(wanted) <= most);
        let exact: Vec<_> = readings.iter().filter(|(_, wanted)| *wanted == amount).collect();
        let near: Vec<_> = readings.iter().filter(|(_, wanted)| is_near(*wanted)).collect();
        match (exact.as_slice(), near.as_slice()) {
            ([(places, _)], _) | ([], [(places, _)]) => Choice::These(places.clone()),
            _ => {
                let names = ours.iter().map(|(_, it)| format!("{} ({})", it.shipment, said(it.open())));
                let names = names.collect::<Vec<_>>().join(", ");
                let words = format!("{word} of {} for any of {names}: nothing in it says for which", said(amount));
                Choice::Held(hold(kind.hold(), amount, words))
            }
        }
    }

    /// The entry of a bill that is taken. What it is for and how much of it was expected is as in [`Self::judge`]; where that
    /// is not certain and somebody took it all the same, what is open is cleared oldest first.
    pub fn settle(&self, billed: &Billed, expected: &[Expected], last: bool) -> Settled {
        let (mut drafts, mut cleared) = (Vec::new(), Vec::new());
        let mut tax = billed.tax;
        for kind in CostKind::ALL.into_iter().filter(|kind| !self.amount(*kind).is_zero()) {
            let mut left = self.amount(kind);
            let (places, last) = match self.choose(kind, billed, expected) {
                Choice::These(places) => (places, last),
                Choice::Held(_) => {
                    let open = expected.iter().enumerate().filter(|(_, it)| it.kind == kind && !it.open().is_zero());
                    let places: Vec<usize> = open.filter(|(_, it)| it.is_of(&self.carrier)).map(|(at, _)| at).collect();
                    let is_one = places.len() < 2;
                    (places, last && is_one)
                }
            };
            let none = Expected {
                shipment: billed.order.clone().unwrap_or_default(),
                kind,
                carrier: None,
                currency: billed.currency,
                amount: Decimal::ZERO,
                billed: Decimal::ZERO,
            };
            let mut these: Vec<&Expected> = places.iter().filter_map(|place| expected.get(*place)).collect();
            if these.is_empty() {
                these.push(&none);
            }
            let count = these.len();
            for (at, it) in these.into_iter().enumerate() {
                let amount = if at + 1 == count { left } else { it.open().min(left) };
                left -= amount;
                let tax = std::mem::take(&mut tax);
                let bill = Bill { number: &billed.number, supplier: &self.carrier, amount, tax, last };
                drafts.push(it.settle(&bill, self.in_stock));
                let clears = it.clears(&bill);
                if !clears.is_zero() {
                    cleared.push(it.cleared(clears));
                }
            }
        }
        let words = drafts.first().map_or_else(|| format!("invoice {}", billed.number), |first| first.words.clone());
        let draft = drafts.into_iter().fold(Draft::new(words, billed.currency, Some(&self.carrier)), Draft::with);
        Settled { draft, cleared }
    }

    /// A credit note that takes less than a whole bill back, or none that we know: costs were less than billed.
    pub fn credit(&self, billed: &Billed) -> Draft {
        let words =
            format!("{} lowers the landed cost of {}", billed.number, billed.order.as_deref().unwrap_or_default());
        let draft = Draft::new(words, billed.currency, Some(&self.carrier)).debit_item(
            Account::Payable,
            billed.total,
            &billed.number,
        );
        let draft = CostKind::ALL.into_iter().fold(draft, |draft, kind| {
            let amount = self.amount(kind);
            let on_goods = billed.currency.round(amount * share(self.in_stock));
            draft.credit(Account::Inventory, on_goods).credit(kind.costs(), amount - on_goods)
        });
        draft.credit(Account::TaxPaid, billed.tax)
    }
}

/// What a bill is for.
enum Choice {
    /// Places among what is expected.
    These(Vec<usize>),
    Held(Hold),
}

impl Expected {
    fn item(&self) -> String {
        match self.kind {
            CostKind::Freight => format!("{}/landed", self.shipment),
            CostKind::Duty => format!("{}/duty", self.shipment),
        }
    }

    /// What is still expected.
    pub fn open(&self) -> Decimal {
        self.amount - self.billed
    }

    fn cleared(&self, amount: Decimal) -> Cleared {
        Cleared { shipment: self.shipment.clone(), kind: self.kind, carrier: self.carrier.clone(), amount }
    }

    fn is_of(&self, carrier: &str) -> bool {
        self.carrier.as_deref().is_none_or(|it| it == carrier)
    }

    /// The goods came: the expected costs go on them.
    pub fn accrue(&self, carrier: &str) -> Draft {
        let item = self.item();
        let carrier = Some(carrier).filter(|carrier| !carrier.is_empty());
        Draft::new(format!("expected {} of {}", self.kind.as_str(), self.shipment), self.currency, carrier)
            .debit_item(Account::Inventory, self.amount, &item)
            .credit_item(Account::GoodsReceived, self.amount, &item)
    }

    /// What a bill takes out of the accrual: as far as it goes; where it is the last one, all of it.
    fn clears(&self, bill: &Bill<'_>) -> Decimal {
        if bill.last { self.open() } else { self.open().min(bill.amount) }
    }

    /// The bill came. The accrual is cleared; the difference goes on the goods as far as they are still in stock (`in_stock`, a
    /// share from 0 to 1), the rest into costs.
    pub fn settle(&self, bill: &Bill<'_>, in_stock: Decimal) -> Draft {
        let (clears, item) = (self.clears(bill), self.item());
        let difference = bill.amount - clears;
        let on_goods = self.currency.round(difference * share(in_stock));
        Draft::new(
            format!("{} corrects the landed cost of {}", bill.number, self.shipment),
            self.currency,
            Some(bill.supplier),
        )
        .debit_item(Account::GoodsReceived, clears, &item)
        .debit_item(Account::Inventory, on_goods, &item)
        .debit(self.kind.costs(), difference - on_goods)
        .debit(Account::TaxPaid, bill.tax)
        .credit_item(Account::Payable, bill.amount + bill.tax, bill.number)
    }
}

impl Draft {
    /// Another draft of the same party in one entry: legs of one account and item are one leg.
    fn with(mut self, other: Self) -> Self {
        for leg in other.legs {
            let same = |it: &&mut crate::process::ledger::Leg| it.account == leg.account && it.item == leg.item;
            match self.legs.iter_mut().find(same) {
                Some(known) if known.side == leg.side => known.amount += leg.amount,
                Some(known) => {
                    let sum = known.signed() + leg.signed();
                    known.side = if sum.is_sign_negative() { Side::Credit } else { Side::Debit };
                    known.amount = sum.abs();
                }
                None => self.legs.push(leg),
            }
        }
        self.legs.retain(|leg| !leg.amount.is_zero());
        self
    }
}

fn share(in_stock: Decimal) -> Decimal {
    in_stock.clamp(Decimal::ZERO, Decimal::ONE)
}

fn hold(kind: HoldKind, money: Decimal, words: String) -> Hold {
    Hold { kind, line: None, money, count: None, words }
}

#[cfg(test)]
#[path = "landed_tests.rs"]
mod tests;
