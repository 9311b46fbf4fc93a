//! What bringing goods costs (landed cost): expected and accrued when a receipt comes, corrected when a carrier, a forwarder or
//! a broker bills it. Their bills stand in the trade of the goods, under a name that begins with whose they are.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::apply::Work;
use super::event::{ExpectedCost, Receipt};
use super::ledger::{Account, Approver, Draft};
use super::matching::{Billed, BilledKind, Cleared, CostBill, Expected, Hold, HoldKind, Match, Verdict};
use super::payable::Matter;
use super::trade::{BillRecord, BillStanding, ReceiptCost, ReceiptRecord, Trade};

/// A carrier's document in the trade of the goods that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    pub bill: CostBill,
    /// What it took out of accruals; below zero where a credit note opened them again.
    pub cleared: Vec<Cleared>,
    /// What its entry put on goods and into costs, beyond what was accrued: freight, then duty.
    pub posted: Option<Draft>,
}

impl Landed {
    pub(super) fn of(bill: CostBill) -> Self {
        Self { bill, cleared: Vec::new(), posted: None }
    }

    /// What a document of this carrier's is called among those of the trade: numbers of two suppliers may be the same.
    pub fn own(&self, number: &str) -> String {
        format!("{}/{number}", self.bill.carrier)
    }

    /// The number of a matter's document in its trade.
    pub(super) fn number(matter: &Matter) -> String {
        let number = &matter.billed.number;
        matter.landed.as_ref().map_or_else(|| number.to_string(), |landed| landed.own(number))
    }
}

impl Work<'_> {
    /// What is expected to be billed for bringing a receipt: what it says itself, else what is agreed.
    pub(super) fn costs_of(&self, receipt: &Receipt) -> Vec<ReceiptCost> {
        let currency = self.trade.currency();
        let told = !receipt.costs.is_empty();
        let goods: Decimal = receipt
            .lines
            .iter()
            .map(|line| {
                let price = self.trade.line(&line.line).and_then(|known| known.agreed_price()).unwrap_or_default();
                line.received * price
            })
            .sum();
        let agreed = self.policy.buying.landed.iter().filter(|_| !told).map(|rule| ExpectedCost {
            kind: rule.kind,
            amount: currency.round(rule.amount + goods * rule.percent / Decimal::ONE_HUNDRED),
            carrier: rule.carrier.clone(),
        });
        let own = receipt.costs.iter().cloned();
        let own = own.map(|cost| ExpectedCost { amount: currency.round(cost.amount), ..cost });
        let mut costs: Vec<ReceiptCost> = Vec::new();
        for cost in own.chain(agreed).filter(|cost| cost.amount > Decimal::ZERO) {
            let same = |it: &&mut ReceiptCost| it.expected.kind == cost.kind && it.expected.carrier == cost.carrier;
            match costs.iter_mut().find(same) {
                Some(known) => known.expected.amount += cost.amount,
                None => costs.push(ReceiptCost { expected: cost, accrued: Decimal::ZERO }),
            }
        }
        costs
    }

    /// Expected costs go on the goods with them, and off again where a receipt is taken back.
    pub(super) fn accrue_costs(&mut self) {
        let due: Vec<(usize, usize, Expected)> = self.trade.costs().collect();
        for (receipt, at, expected) in due {
            let accrued = self.trade.receipts[receipt].costs[at].accrued;
            let missing = expected.open() - accrued;
            if missing.is_zero() {
                continue;
            }
            let carrier = expected.carrier.clone().unwrap_or_default();
            self.post(Expected { amount: missing, billed: Decimal::ZERO, ..expected }.accrue(&carrier));
            self.trade.receipts[receipt].costs[at].accrued += missing;
        }
    }

    /// How a carrier's document stands against what was expected.
    pub(super) fn costs_found(&self, landed: &Landed, matter: &Matter) -> Match {
        let (goods_came, expected) = self.trade.expected_for(&landed.bill);
        let mut found = landed.bill.judge(&matter.billed, goods_came, &expected, &matter.earlier);
        if matter.billed.kind == BilledKind::CreditNote
            && found.verdict == Verdict::Matched
            && let Err(words) = self.trade.credited_by(landed, &matter.billed)
        {
            found.verdict = Verdict::Held;
            let money = -matter.billed.total;
            found.holds.push(Hold { kind: HoldKind::NoAccrual, line: None, money, count: None, words });
            found.approver = landed.bill.policy.bands.approver(matter.billed.total).max(Approver::Buyer);
        }
        found
    }

    /// Posts a carrier's document that is right, or that somebody took all the same.
    pub(super) fn book_costs(&mut self, at: usize) {
        let Some(mut matter) = self.trade.bills[at].matter.take() else { return };
        let Some(mut landed) = matter.landed.take() else { return };
        let is_credit = matter.billed.kind == BilledKind::CreditNote;
        let draft = if is_credit {
            let credited = self.trade.credited_by(&landed, &matter.billed).ok();
            let known = credited.and_then(|place| self.trade.bills.get(place));
            let number = known.map(|bill| bill.number.clone());
            let whole = known.filter(|bill| bill.total == matter.billed.total);
            let of_whole = whole.and_then(|bill| bill.matter.as_ref()?.landed.as_ref()).cloned();
            self.trade.bills[at].credits = number.or(self.trade.bills[at].credits.take());
            match of_whole.as_ref().and_then(|landed| Some((landed, landed.posted.as_ref()?))) {
                // All of it comes back: what was expected is expected again.
                Some((of, posted)) => {
                    let back = |it: &Cleared| Cleared { amount: -it.amount, ..it.clone() };
                    landed.cleared = of.cleared.iter().map(back).collect();
                    mirrored(posted, &matter.billed)
                }
                None => landed.bill.credit(&matter.billed),
            }
        } else {
            let (_, expected) = self.trade.expected_for(&landed.bill);
            let settled = landed.bill.settle(&matter.billed, &expected, !landed.bill.is_partial);
            landed.cleared = settled.cleared;
            settled.draft
        };
        for cleared in &landed.cleared {
            self.trade.take_from_accrual(cleared);
        }
        landed.posted = Some(draft.clone());
        self.post(draft);
        matter.owed = if is_credit { -matter.billed.total } else { matter.billed.total };
        matter.landed = Some(landed);
        self.enter(at, matter);
    }
}

impl Trade {
    /// What is expected for receipts, and how much of it was billed, each with its place: receipt and cost.
    fn costs(&self) -> impl Iterator<Item = (usize, usize, Expected)> {
        let receipts = self.receipts.iter().enumerate();
        receipts.flat_map(move |(receipt, record)| {
            record.costs.iter().enumerate().map(move |(at, cost)| (receipt, at, self.expected(record, cost)))
        })
    }

    fn expected(&self, record: &ReceiptRecord, cost: &ReceiptCost) -> Expected {
        let shipment: Box<str> = self.costs_name(record).into();
        let kind = cost.expected.kind;
        let bills = self.bills.iter().filter_map(|bill| bill.matter.as_ref()?.landed.as_ref());
        let cleared = bills.flat_map(|landed| &landed.cleared);
        let carrier: Option<Box<str>> = cost.expected.carrier.as_deref().map(Into::into);
        let is_of = |it: &&Cleared| it.shipment == shipment && it.kind == kind && it.carrier == carrier;
        let billed = cleared.filter(is_of).map(|it| it.amount).sum();
        Expected {
            shipment,
            kind,
            carrier,
            currency: self.currency(),
            amount: if record.voided { Decimal::ZERO } else { cost.expected.amount },
            billed,
        }
    }

    /// What the accrued costs of a receipt go by in the journal.
    fn costs_name(&self, record: &ReceiptRecord) -> String {
        format!("{}/{}", self.key.order, record.receipt.number)
    }

    /// What is accrued of expected costs, receipt by receipt.
    pub fn cost_accruals(&self) -> impl Iterator<Item = (&ReceiptRecord, Expected)> {
        self.costs().map(|(receipt, _, expected)| (&self.receipts[receipt], expected))
    }

    /// All of it together.
    pub fn costs_accrued(&self) -> Decimal {
        self.costs().map(|(_, _, expected)| expected.open()).sum()
    }

    /// Whether goods have come that a bill is for, and what was expected for them, oldest first. A bill that names no receipt,
    /// shipment or bill of lading of this order is for all of its receipts.
    pub fn expected_for(&self, bill: &CostBill) -> (bool, Vec<Expected>) {
        let came = || self.receipts.iter().filter(|record| !record.voided && !record.is_return);
        let named = |record: &ReceiptRecord| {
            let of_shipment = record.receipt.shipment.as_deref();
            let advised = of_shipment.and_then(|number| self.shipment(number));
            let names = [
                Some(&*record.receipt.number),
                of_shipment,
                record.receipt.bill_of_lading.as_deref(),
                advised.and_then(|record| record.shipment.bill_of_lading.as_deref()),
            ];
            names.into_iter().flatten().any(|name| bill.about.iter().any(|it| **it == *name))
        };
        let is_ours = |number: &str| {
            let mut shipments = self.shipments.iter().filter(|record| !record.voided).map(|record| &record.shipment);
            shipments.any(|it| it.number == number || it.bill_of_lading.as_deref() == Some(number))
        };
        let says_which = bill.about.iter().any(|number| is_ours(number)) || came().any(named);
        let meant = |record: &ReceiptRecord| !record.voided && !record.is_return && (!says_which || named(record));
        let expected = self.cost_accruals().filter(|(record, _)| meant(record)).map(|(_, expected)| expected);
        (came().any(meant), expected.collect())
    }

    /// The booked bill that a carrier's credit note takes back, in part or in all: the one it names, else the only one over its
    /// amount. In words why there is none.
    fn credited_by(&self, landed: &Landed, billed: &Billed) -> Result<usize, String> {
        let is_booked = |bill: &BillRecord| {
            let of_carrier = bill.carrier() == Some(&*landed.bill.carrier);
            of_carrier && !bill.is_credit && bill.standing == BillStanding::Matched
        };
        let said = |amount| billed.currency.said(amount);
        let left = |bill: &BillRecord| {
            // The one that is being booked lies open on the desk.
            let booked = self.bills.iter().filter(|it| it.matter.is_some() && it.standing == BillStanding::Matched);
            let of_bill = booked.filter(|it| it.credits.as_deref() == Some(&*bill.number));
            bill.total - of_bill.map(|it| it.total).sum::<Decimal>()
        };
        if let Some(number) = &landed.bill.credits {
            let own = landed.own(number);
            let Some(at) = self.bills.iter().position(|bill| is_booked(bill) && bill.number == own) else {
                return Err(format!("it credits {number}, which is not booked"));
            };
            let open = left(&self.bills[at]);
            return match billed.total <= open {
                true => Ok(at),
                false => Err(format!("it credits {}, of {number} are {} left", said(billed.total), said(open))),
            };
        }
        let fits = |bill: &BillRecord| is_booked(bill) && left(bill) == billed.total;
        let mut fitting = self.bills.iter().enumerate().filter(|(_, bill)| fits(bill)).map(|(at, _)| at);
        match (fitting.next(), fitting.next()) {
            (Some(at), None) => Ok(at),
            (Some(_), Some(_)) => Err("it names no invoice, and could credit several".into()),
            (None, _) => Err(format!("it names no invoice, and none of {} is booked", said(billed.total))),
        }
    }

    fn take_from_accrual(&mut self, cleared: &Cleared) {
        let named = self.key.order.clone();
        for record in &mut self.receipts {
            if *cleared.shipment != *format!("{named}/{}", record.receipt.number) {
                continue;
            }
            let is_of = |cost: &&mut ReceiptCost| {
                cost.expected.kind == cleared.kind && cost.expected.carrier.as_deref() == cleared.carrier.as_deref()
            };
            if let Some(cost) = record.costs.iter_mut().find(is_of) {
                cost.accrued -= cleared.amount;
            }
        }
    }
}

/// The entry of a bill on the other side, in the name of the credit note that takes it back.
fn mirrored(posted: &Draft, billed: &Billed) -> Draft {
    let mut draft = posted.clone();
    draft.words = format!("{} takes back: {}", billed.number, posted.words);
    for leg in &mut draft.legs {
        leg.side = leg.side.other();
        if leg.account == Account::Payable {
            leg.item = Some(billed.number.clone());
        }
    }
    draft
}
