//! What suppliers bill us (B8, B9, B12): every document is held against what was agreed and received, booked when it is
//! right, and asked about when it is not. Because it is judged by how the trade stands, and again whenever that changes,
//! invoices, goods and changes may come in any order.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::apply::{Outcome, Work};
use super::effect::Effect;
use super::event::Bill;
use super::exception::{Exception, ExceptionKind};
use super::keys::Side;
use super::landed::Landed;
use super::ledger::{Account, Currency, Draft};
use super::line::{Ending, Line};
use super::matching::{
    self, Agreed, Billed, BilledKind, Factor, Factors, HoldKind, ItemNames, Match, OrderedLine, Verdict, item_key,
};
use super::trade::{BillRecord, BillStanding, BilledLine, ReceiptRecord, Trade};

/// What a supplier's document is judged by, and what was found the last time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matter {
    pub billed: Billed,
    /// Documents of the supplier that came before and may be the same.
    pub earlier: Vec<matching::Earlier>,
    /// Approved factors of the items, as they were known when it came.
    pub factors: Vec<Factor>,
    /// Classes of the items, by line of the order, as they were known when it came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, String>,
    /// Our own numbers for what order and document call the items.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: ItemNames,
    pub found: Match,
    /// What we owe because of it: nothing until it is booked, below zero for a credit note.
    pub owed: Decimal,
    /// What of it is claimed back or disputed.
    pub disputed: Decimal,
    /// What it took out of the accrual, by line of the order.
    pub cleared: Vec<(String, Decimal)>,
    /// Of a carrier's bill: what it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<Box<Landed>>,
    /// Of a credit note: the invoice whose claim or dispute it grants. Our books took that off before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
}

/// What a person decided about a held document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// It is taken as it stands.
    Accept,
    /// What was received is paid as agreed, the rest disputed.
    PayReceived,
    /// A price that is too high is claimed back by debit memo; anything else refuses the document as a whole.
    Refuse,
}

impl Work<'_> {
    /// A supplier's invoice or credit note is recorded as it came, and judged.
    pub(super) fn invoice_came(&mut self, bill: &Bill, is_credit: bool) -> Outcome {
        let billed = self.billed(bill, is_credit);
        let (earlier, factors, classes) = (bill.earlier.clone(), bill.factors.clone(), bill.classes.clone());
        let names = bill.names.clone();
        let nothing = Decimal::ZERO;
        let found = Match::nothing();
        let landed = bill.landed.as_deref().map(|bill| Box::new(Landed::of(bill.clone())));
        let mut matter = Matter {
            billed,
            earlier,
            factors,
            classes,
            names,
            found,
            owed: nothing,
            disputed: nothing,
            cleared: Vec::new(),
            landed,
            answers: None,
        };
        matter.found = self.found(&matter);
        if let Verdict::Duplicate { .. } = matter.found.verdict {
            return Outcome::Duplicate;
        }
        let [tax, freight] = [matter.billed.tax, matter.billed.freight()];
        let (number, total) = (Landed::number(&matter), matter.billed.total);
        let credits = bill.credits.as_deref().map(|credited| match &matter.landed {
            Some(landed) => landed.own(credited),
            None => credited.to_owned(),
        });
        self.trade.bills.push(BillRecord {
            event: self.event.key.clone(),
            at: self.now,
            number: number.clone(),
            aliases: Vec::new(),
            is_credit,
            credits,
            shipment: bill.shipment.clone(),
            lines: Vec::new(),
            tax,
            freight,
            total,
            due: bill.due,
            standing: BillStanding::AwaitingReceipt,
            disputed: false,
            booked: None,
            matter: Some(Box::new(matter)),
        });
        self.tell("invoice.received", number);
        self.judge_bill(self.trade.bills.len() - 1);
        Outcome::Applied
    }

    /// Documents that nobody has settled yet are judged again.
    pub(super) fn judge_bills(&mut self) {
        for at in 0..self.trade.bills.len() {
            if matches!(self.trade.bills[at].standing, BillStanding::AwaitingReceipt | BillStanding::Held) {
                self.judge_bill(at);
            }
        }
    }

    fn judge_bill(&mut self, at: usize) {
        let Some(mut matter) = self.trade.bills[at].matter.clone() else { return };
        let (before, number) = (self.trade.bills[at].standing, self.trade.bills[at].number.clone());
        let mut found = self.found(&matter);
        matter.answers = self.claim_granted(at, &matter, &found);
        if matter.answers.is_some() {
            found = Match { verdict: Verdict::Matched, ..Match::nothing() };
        }
        let key = format!("invoice|{number}");
        let told = matter.found.holds == found.holds && before == BillStanding::Held;
        matter.found = found;
        self.count_billed(at, &matter);
        let accepted = self.trade.dismissed.contains(&key);
        let standing = self.standing(&matter, accepted);
        if before == BillStanding::Held && (standing != BillStanding::Held || !told) {
            self.close(&key);
        }
        if standing == BillStanding::Held && !told {
            self.open(held(&key, &number, &matter, &self.trade));
            self.tell("invoice.held", number);
        }
        self.trade.bills[at].matter = Some(matter);
        self.trade.bills[at].standing = standing;
        match standing {
            BillStanding::Matched => self.book(at, Ruling::Accept),
            BillStanding::AwaitingApproval => self.trade.count_matched(),
            _ => {}
        }
    }

    /// How a document stands against what was agreed and what came, today.
    fn found(&self, matter: &Matter) -> Match {
        if let Some(landed) = &matter.landed {
            return self.costs_found(landed, matter);
        }
        let agreed = self.trade.agreed(self.policy.matching.tax_percent, (&matter.classes, &matter.names));
        let factors = self.factors(&matter.factors);
        matching::evaluate(&matter.billed, &agreed, &factors, &self.policy.matching, &matter.earlier)
    }

    /// The invoice of which we claimed or disputed just what a credit note without goods grants.
    fn claim_granted(&self, at: usize, matter: &Matter, found: &Match) -> Option<String> {
        let without_goods = |hold: &matching::Hold| hold.kind == HoldKind::NoReturn;
        let is_price = matter.billed.kind == BilledKind::CreditNote && matter.landed.is_none();
        if !is_price || found.holds.is_empty() || !found.holds.iter().all(without_goods) {
            return None;
        }
        let named = self.trade.bills[at].credits.as_deref();
        let claimed = |bill: &&BillRecord| {
            let disputed = bill.matter.as_ref().map(|matter| matter.disputed);
            !bill.is_credit
                && bill.disputed
                && disputed == Some(matter.billed.total)
                && named.is_none_or(|number| bill.goes_by(number))
        };
        let mut claims = self.trade.bills.iter().filter(claimed);
        let (only, another) = (claims.next()?, claims.next());
        another.is_none().then(|| only.number.clone())
    }

    fn standing(&self, matter: &Matter, accepted: bool) -> BillStanding {
        let lacks_goods = matter.found.lines.iter().any(|line| line.waiting || line.quantity > line.available);
        match &matter.found.verdict {
            Verdict::Held if !accepted => BillStanding::Held,
            Verdict::Held if lacks_goods => BillStanding::AwaitingReceipt,
            Verdict::Waiting => BillStanding::AwaitingReceipt,
            _ if accepted || matter.billed.kind == BilledKind::CreditNote => BillStanding::Matched,
            _ if self.policy.buying.approval_above.is_some_and(|limit| matter.billed.total > limit) => {
                BillStanding::AwaitingApproval
            }
            _ => BillStanding::Matched,
        }
    }

    /// Lines and quantities as they pair today, in the order's units.
    fn count_billed(&mut self, at: usize, matter: &Matter) {
        let lines = matter.found.lines.iter().map(|found| {
            let line = self.trade.lines.get(found.place).map(|line| line.number.clone()).unwrap_or_default();
            let each = if found.quantity.is_zero() { Decimal::ZERO } else { found.amount / found.quantity };
            BilledLine { line, quantity: found.quantity, price: each.round_dp(6).normalize() }
        });
        self.trade.bills[at].lines = lines.collect();
        self.trade.count_invoiced();
    }

    /// A held or unapproved document is taken, paid as far as goods came, or refused.
    pub(super) fn bill_judged(&mut self, number: &str, ruling: Ruling) -> Outcome {
        // What waits for its goods can be refused, and nothing else.
        let waits = |bill: &BillRecord| match bill.standing {
            BillStanding::Held | BillStanding::AwaitingApproval => true,
            BillStanding::AwaitingReceipt => ruling == Ruling::Refuse,
            _ => false,
        };
        let Some(at) = self.trade.bills.iter().position(|bill| bill.goes_by(number) && waits(bill)) else {
            return Outcome::Refused(format!("invoice {number} waits for nobody's decision"));
        };
        let bill = &self.trade.bills[at];
        let (key, held) = (format!("invoice|{}", bill.number), bill.standing != BillStanding::AwaitingApproval);
        let Some(matter) = bill.matter.clone() else {
            return Outcome::Refused(format!("{number} is not a supplier's"));
        };
        match ruling {
            Ruling::Accept if !held => self.book(at, Ruling::Accept),
            Ruling::Accept => {
                self.trade.dismissed.push(key.clone());
                self.close(&key);
                self.judge_bill(at);
            }
            Ruling::PayReceived if matter.found.lines.iter().all(|line| line.available.is_zero()) => {
                return Outcome::Refused(format!("nothing that invoice {number} bills has come"));
            }
            Ruling::PayReceived => self.book(at, Ruling::PayReceived),
            Ruling::Refuse if held && is_price_alone(&matter) => self.book(at, Ruling::Refuse),
            Ruling::Refuse => self.refuse_bill(at, held),
        }
        if ruling != Ruling::Refuse {
            self.tell("invoice.approved", self.trade.bills[at].number.clone());
        }
        self.close(&key);
        Outcome::Applied
    }

    fn refuse_bill(&mut self, at: usize, held: bool) {
        self.trade.bills[at].standing = BillStanding::Refused;
        self.trade.count_invoiced();
        self.trade.count_matched();
        let number = self.trade.bills[at].number.clone();
        let why = if held { "it is not as ordered and received" } else { "it was not approved" };
        match self.trade.bills[at].carrier().map(str::to_owned) {
            Some(carrier) => {
                let named = self.trade.bills[at].named().to_owned();
                self.refuse_to(Some(&carrier), "invoice", &named, why);
            }
            None => self.refuse_with_advice("invoice", &number, why),
        }
        self.tell("invoice.disputed", number);
    }

    /// Posts a document as it was judged: the accrual is cleared, and what is above it goes where the ruling says.
    fn book(&mut self, at: usize, ruling: Ruling) {
        if self.trade.bills[at].carrier().is_some() {
            return self.book_costs(at);
        }
        let Some(mut matter) = self.trade.bills[at].matter.take() else { return };
        if let Some(invoice) = &matter.answers {
            let claimed = self.trade.bills.iter_mut().find(|bill| !bill.is_credit && bill.number == *invoice);
            claimed.into_iter().for_each(|bill| bill.disputed = false);
            return self.enter(at, matter);
        }
        let agreed = self.trade.agreed(self.policy.matching.tax_percent, (&matter.classes, &matter.names));
        let found = matter.found.clone();
        let sign = if matter.billed.kind == BilledKind::CreditNote { -Decimal::ONE } else { Decimal::ONE };
        let mut owed = sign * matter.billed.total;
        match ruling {
            Ruling::Accept => self.post(found.post(&matter.billed, &agreed)),
            Ruling::Refuse => {
                let refusal = found.refuse_price(&matter.billed, &agreed);
                (matter.disputed, owed) = (refusal.claimed, owed - refusal.claimed);
                self.post(refusal.posted);
                self.post(refusal.debit_memo);
            }
            Ruling::PayReceived => {
                let (draft, disputed) = found.pay_received(&matter.billed, &agreed);
                (matter.disputed, owed) = (disputed, owed - disputed);
                self.post(draft);
            }
        }
        let only_available = ruling == Ruling::PayReceived || matter.billed.kind == BilledKind::CreditNote;
        for line in &found.lines {
            let Some(known) = self.trade.lines.get_mut(line.place) else { continue };
            let (quantity, money) = match only_available {
                true => (line.quantity.min(line.available), line.accrued_available),
                false => (line.quantity, line.accrued),
            };
            known.accrued -= sign * money;
            matter.cleared.push((known.number.clone(), quantity));
        }
        matter.owed = owed;
        let reason = disputed_for(&matter);
        let (claimed, claim_of) = (matter.disputed, matter.billed.number.to_string());
        self.issue_claim(&claim_of, claimed, reason);
        self.enter(at, matter);
    }

    /// A document that is booked: it is owed from now on.
    pub(super) fn enter(&mut self, at: usize, matter: Box<Matter>) {
        let bill = &mut self.trade.bills[at];
        bill.standing = BillStanding::Matched;
        bill.disputed = !matter.disputed.is_zero();
        let (number, told) = (bill.number.clone(), if bill.disputed { "invoice.disputed" } else { "invoice.matched" });
        bill.matter = Some(matter);
        self.trade.count_matched();
        self.tell(told, number);
    }

    /// Goods that came or went, and prices that were agreed anew, are accrued: stock against goods received, not invoiced.
    pub(super) fn accrue(&mut self) {
        let currency = self.trade.currency();
        let mut draft =
            Draft::new(format!("goods of order {}", self.trade.key.order), currency, Some(&self.trade.key.partner));
        for at in 0..self.trade.lines.len() {
            let due = self.trade.accrual(&self.trade.lines[at]) - self.trade.lines[at].accrued;
            let item = format!("{}/{}", self.trade.key.order, self.trade.lines[at].number);
            draft = draft.debit_item(Account::Inventory, due, &item).credit_item(Account::GoodsReceived, due, &item);
            self.trade.lines[at].accrued += due;
        }
        self.post(draft);
        self.accrue_costs();
    }

    /// An entry of the books; trades of test post nothing.
    pub(super) fn post(&mut self, draft: Draft) {
        if !draft.is_empty() && !self.trade.key.test {
            self.effects.push(Effect::Post(draft));
        }
    }

    /// The document as it is matched: as it was read, or as a command told it.
    fn billed(&self, bill: &Bill, is_credit: bool) -> Billed {
        let today = bill.date.unwrap_or_else(|| self.policy.calendar.date(self.now));
        if let Some(document) = &bill.document {
            let mut billed = (**document).clone();
            billed.date = today;
            billed.order = Some(self.trade.key.order.as_str().into());
            billed.lines.iter_mut().for_each(|line| line.order = None);
            return billed;
        }
        let count = self.trade.bills.len() + 1;
        let number = bill.number.clone().unwrap_or_else(|| format!("{}-C{count}", self.trade.key.order));
        let price = |line: &str| self.trade.line(line).and_then(Line::agreed_price);
        let kind = if is_credit { BilledKind::CreditNote } else { BilledKind::Invoice };
        let lines = bill.lines.iter().map(|line| {
            let at = self.trade.pair(&line.line, &line.ids);
            let price = line.price.or(price(&at)).unwrap_or_default();
            matching::BilledLine::told(&at, &line.ids, line.quantity, price, self.trade.currency())
        });
        Billed::told(kind, &number, &self.trade.key.partner, self.trade.currency(), today)
            .for_order(&self.trade.key.order, bill.shipment.as_deref(), lines.collect())
            .charging(bill.tax, bill.freight, bill.total)
    }

    /// Factors that the trade and the item masters know.
    fn factors(&self, known: &[Factor]) -> Factors {
        let own = self.trade.lines.iter().flat_map(|line| {
            let to = line.unit.clone().unwrap_or_default();
            line.factors.iter().map(move |(unit, factor)| Factor {
                item: item_of(line),
                supplier: None,
                from: unit.as_str().into(),
                to: to.as_str().into(),
                factor: *factor,
                since: Date::MIN,
                until: None,
                approved_by: Some("the order's desk".into()),
            })
        });
        Factors(own.chain(known.iter().cloned()).collect())
    }
}

impl Trade {
    /// What this order agreed to and what has happened to it, as matching needs it.
    fn agreed(
        &self,
        tax_percent: Option<Decimal>,
        (classes, names): (&BTreeMap<String, String>, &ItemNames),
    ) -> Agreed {
        let lines = self.lines.iter().enumerate().map(|(place, line)| {
            let counters = line.counters(Side::Purchase);
            let substitutes = line.decision.iter().flat_map(|decided| &decided.decision.substitute);
            let ids = line.ids.iter().chain(substitutes).filter_map(|id| id.id.as_deref()).map(item_key);
            let brings = |number: &&str| {
                self.shipment(number)
                    .is_some_and(|it| it.shipment.lines.iter().any(|portion| portion.line == line.number))
            };
            let shipments = self.shipments.iter().filter(|record| !record.voided);
            OrderedLine {
                order: self.key.order.as_str().into(),
                line: line.number.as_str().into(),
                item: item_of(line),
                ids: ids.collect(),
                class: classes.get(&line.number).map(|class| class.as_str().into()),
                unit: line.unit.as_deref().unwrap_or_default().into(),
                price: line.agreed_price().unwrap_or_default(),
                ordered: counters.ordered - counters.cancelled - counters.rejected,
                received: counters.received,
                usable: counters.usable,
                returned: counters.returned,
                matched: counters.matched,
                credited: self.cleared(&line.number, true),
                overcharged: self.overcharged(place),
                shipments: shipments.map(|record| &*record.shipment.number).filter(brings).map(Into::into).collect(),
            }
        });
        // What booked invoices have billed of the freight that the order agrees to is used up.
        let ours = self.bills.iter().filter(|bill| bill.carrier().is_none());
        let booked = ours.filter(|bill| bill.standing == BillStanding::Matched && !bill.is_credit);
        let used: Decimal = booked.map(|bill| bill.freight).sum();
        let freight = (self.head.freight - used).max(Decimal::ZERO);
        Agreed { currency: self.currency(), lines: lines.collect(), tax_percent, freight, names: names.clone() }
    }

    /// What booked invoices billed above the agreed price of a line, less what was credited of that. What is disputed was
    /// never owed.
    fn overcharged(&self, place: usize) -> Decimal {
        let ours = self.bills.iter().filter(|bill| bill.carrier().is_none() && bill.standing == BillStanding::Matched);
        let matters = ours.filter_map(|bill| bill.matter.as_ref()).filter(|matter| matter.disputed.is_zero());
        let sum: Decimal = matters
            .flat_map(|matter| matter.found.lines.iter().map(move |line| (matter.billed.kind, line)))
            .filter(|(_, line)| line.place == place)
            .map(|(kind, line)| match kind {
                BilledKind::CreditNote => line.accrued_available - line.amount,
                BilledKind::Invoice | BilledKind::DebitNote => line.variance(),
            })
            .sum();
        sum.max(Decimal::ZERO)
    }

    /// The order's currency.
    pub fn currency(&self) -> Currency {
        self.head.currency.as_deref().and_then(Currency::of).unwrap_or(Currency::USD)
    }

    /// What is accrued for a line of a purchase: what came and stayed, less what is invoiced of it, at the agreed price.
    pub fn accrual(&self, line: &Line) -> Decimal {
        let price = line.agreed_price().unwrap_or_default();
        let money = |quantity: Decimal| self.currency().round(quantity * price);
        let (invoiced, credited) = (self.cleared(&line.number, false), self.cleared(&line.number, true));
        money(line.facts.received) - money(line.facts.returned) - money(invoiced) + money(credited)
    }

    /// What is accrued for all lines: goods received, not invoiced.
    pub fn accrued(&self) -> Decimal {
        let goods: Decimal = self.lines.iter().map(|line| self.accrual(line)).sum();
        goods + self.costs_accrued()
    }

    /// When the first of the goods came that are not invoiced; of a line, what came first is invoiced first.
    pub fn uninvoiced_since(&self) -> Option<Timestamp> {
        let mut receipts: Vec<&ReceiptRecord> =
            self.receipts.iter().filter(|record| !record.voided && !record.is_return).collect();
        receipts.sort_by_key(|record| record.at);
        let since = |line: &Line| {
            let mut left = self.cleared(&line.number, false) - self.cleared(&line.number, true) + line.facts.returned;
            let of_line = |record: &&&ReceiptRecord| {
                let came = record.receipt.lines.iter().filter(|it| self.pair(&it.line, &it.ids) == line.number);
                left -= came.map(|it| it.received).sum::<Decimal>();
                left < Decimal::ZERO
            };
            receipts.iter().find(of_line).map(|record| record.at)
        };
        let costs = self.cost_accruals().filter(|(_, expected)| expected.open() > Decimal::ZERO);
        let costs = costs.map(|(record, _)| record.at);
        self.lines.iter().filter(|line| self.accrual(line) > Decimal::ZERO).filter_map(since).chain(costs).min()
    }

    /// What is still owed to a supplier for a document, below zero for a credit note. One that credits an invoice of this
    /// trade is already taken off that.
    pub fn owed(&self, bill: &BillRecord) -> Decimal {
        if !bill.standing.is_payable() {
            return Decimal::ZERO;
        }
        if !bill.is_credit {
            return self.open_amount(bill);
        }
        let takes_off = |it: &BillRecord, number: &str| !it.is_credit && it.goes_by(number) && it.standing.is_payable();
        if bill.credits.as_deref().is_some_and(|number| self.bills.iter().any(|it| takes_off(it, number))) {
            return Decimal::ZERO;
        }
        let (paid, _) = self.settled(bill);
        bill.matter.as_ref().map_or(-bill.total, |matter| matter.owed) - paid
    }

    /// The class of a line's item, as the latest document that was matched against it knew it.
    pub fn class_of(&self, line: &str) -> Option<&str> {
        let mut matters = self.bills.iter().rev().filter_map(|bill| bill.matter.as_ref());
        matters.find_map(|matter| matter.classes.get(line)).map(String::as_str)
    }

    /// What is owed to the supplier: what was booked, less what was paid of it.
    pub fn payable(&self) -> Decimal {
        let owed: Decimal = self.bills.iter().filter_map(|bill| bill.matter.as_ref()).map(|matter| matter.owed).sum();
        let paid = self.payments.iter().filter(|record| record.counts());
        owed - paid.map(|record| record.payment.amount + record.payment.discount).sum::<Decimal>()
    }

    /// What booked documents took out of the accrual of a line.
    fn cleared(&self, line: &str, is_credit: bool) -> Decimal {
        let matters =
            self.bills.iter().filter(|bill| bill.is_credit == is_credit).filter_map(|bill| bill.matter.as_ref());
        matters
            .flat_map(|matter| &matter.cleared)
            .filter(|(number, _)| number == line)
            .map(|(_, quantity)| *quantity)
            .sum()
    }

    /// Counters of what was invoiced and credited, from the documents that count.
    fn count_invoiced(&mut self) {
        for line in &mut self.lines {
            let of = |is_credit: bool| -> Decimal {
                let bills = self.bills.iter().filter(|bill| bill.is_credit == is_credit && bill.standing.counts());
                bills.flat_map(|bill| &bill.lines).filter(|it| it.line == line.number).map(|it| it.quantity).sum()
            };
            (line.facts.invoiced, line.facts.credited) = (of(false), of(true));
        }
    }

    /// Counter of what is matched: booked, or right and waiting for approval.
    fn count_matched(&mut self) {
        for at in 0..self.lines.len() {
            let number = &self.lines[at].number;
            let waiting = self.bills.iter().filter(|bill| bill.standing == BillStanding::AwaitingApproval);
            let waiting = waiting.flat_map(|bill| &bill.lines).filter(|line| line.line == *number);
            let waiting: Decimal = waiting.map(|line| line.quantity).sum();
            self.lines[at].facts.matched = self.cleared(number, false) + waiting;
        }
    }
}

/// The item of a line as factors name it.
fn item_of(line: &Line) -> Box<str> {
    line.ids.iter().find_map(|id| id.id.as_deref()).map_or_else(|| line.number.as_str().into(), item_key)
}

/// Why a part of a supplier's document is not paid, in the words of X12 426: contract pricing error; shortage.
pub(super) fn disputed_for(matter: &Matter) -> &'static str {
    if is_price_alone(matter) { "01" } else { "06" }
}

/// Whether nothing but the price is too high.
fn is_price_alone(matter: &Matter) -> bool {
    let price = |kind| matches!(kind, HoldKind::Price | HoldKind::Document | HoldKind::Amount);
    matter.billed.kind == BilledKind::Invoice
        && matter.found.holds.iter().all(|hold| price(hold.kind) && hold.money > Decimal::ZERO)
        && matter.found.lines.iter().all(|line| line.quantity <= line.available)
}

/// The case of a held document: what is the matter, line by line, and who may agree to it.
fn held(key: &str, number: &str, matter: &Matter, trade: &Trade) -> Exception {
    let cancelled = |place: usize| trade.lines.get(place).is_some_and(|line| line.ending == Some(Ending::Cancelled));
    let for_cancelled = matter.found.lines.iter().any(|line| cancelled(line.place) && line.quantity > line.available);
    let kind = if for_cancelled { ExceptionKind::InvoiceForCancelled } else { ExceptionKind::InvoiceHeld };
    let said = |hold: &matching::Hold| format!("{} {}", hold.kind, hold.words);
    let words: Vec<String> = matter.found.holds.iter().map(said).collect();
    let cancelled = if for_cancelled { ": it bills what was cancelled" } else { "" };
    let words =
        format!("invoice {number}{cancelled}: {}; {} may agree", words.join("; "), matter.found.approver.as_str());
    let exception = Exception::new(key, kind, words).money(matter.found.stake());
    match matter.found.holds.as_slice() {
        [only] => Exception { line: only.line.as_deref().map(str::to_owned), ..exception },
        _ => exception,
    }
}
