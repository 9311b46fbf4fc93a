//! What we invoice and credit (S9, S13). Quantities and amounts are counted apart; what suppliers bill is in
//! [`super::payable`].

use rust_decimal::Decimal;

use super::apply::{Outcome, Work};
use super::event::{Bill, BillLine};
use super::exception::{Exception, ExceptionKind, Queue};
use super::keys::{Key, Side};
use super::ledger::Currency;
use super::line::Line;
use super::policy::InvoiceAfter;
use super::shipment::TradeScope;
use super::tolerance::Limit;
use super::trade::{Axis, BillRecord, BillStanding, BilledLine, ShipmentRecord, Trade};

impl Work<'_> {
    /// S9: an invoice is asked for. B8: an invoice came.
    pub(super) fn invoiced(&mut self, bill: &Bill) -> Outcome {
        match self.trade.side() {
            Side::Sale => self.invoice_asked(bill),
            Side::Purchase => self.invoice_came(bill, false),
        }
    }

    fn invoice_asked(&mut self, bill: &Bill) -> Outcome {
        let TradeScope { side, partner, test } = self.scope();
        let bill = &self.paired_bill(bill);
        if let Some(shipment) = &bill.shipment
            && self.trade.shipment(shipment).is_none()
        {
            return Outcome::Park(Key::shipment(side, &partner, test, shipment), self.policy.waits.invoices);
        }
        if let Some(number) = &bill.number
            && self.trade.bill(number).is_some()
        {
            return Outcome::Refused(format!("there is an invoice {number} already, with another content"));
        }
        if let Some(line) = bill.lines.iter().find(|line| self.trade.line(&line.line).is_none()) {
            return self.lacks_line(&line.line, self.policy.waits.invoices);
        }
        if let Some(outcome) = self.already_invoiced(bill) {
            return outcome;
        }
        let wanted = self.wanted(bill);
        let short = wanted.iter().any(|(line, quantity)| {
            let Some(line) = self.trade.line(line) else { return true };
            let shipped = line.facts.shipped - (line.facts.invoiced - line.facts.credited);
            *quantity > shipped && !self.policy.invoice.before_shipping
        });
        if wanted.is_empty() || short {
            return Outcome::Park(Key::shipped(&self.trade.key), self.policy.waits.invoices);
        }
        let lines: Vec<(String, Decimal)> = wanted
            .into_iter()
            .map(|(line, quantity)| {
                let again = self.trade.line(&line).filter(|_| !bill.lines.is_empty()).map_or(Decimal::ZERO, rebillable);
                (line.clone(), quantity.min(self.invoiceable(&line) + again))
            })
            .filter(|(_, quantity)| *quantity > Decimal::ZERO)
            .collect();
        if lines.is_empty() {
            return Outcome::Refused(
                "what was shipped beyond the order is not invoiced until somebody has decided".into(),
            );
        }
        let asks_more = |line: &(String, Decimal)| {
            let asked: Decimal = bill.lines.iter().filter(|it| it.line == line.0).map(|it| it.quantity).sum();
            self.is_sent() && asked > line.1
        };
        if let Some((line, most)) = lines.iter().find(|line| asks_more(line)) {
            return Outcome::Refused(format!("line {line}: no more than {most} can be invoiced of it"));
        }
        let differs = |line: &BillLine| match (line.price, self.price(&line.line)) {
            (Some(asked), Some(agreed)) => (asked != agreed).then_some((asked, agreed)),
            // What nobody agreed on, our own document says.
            (Some(asked), None) => (!self.is_sent()).then_some((asked, Decimal::ZERO)),
            (None, _) => None,
        };
        let other = bill.lines.iter().find_map(|line| Some((&line.line, differs(line)?)));
        if let Some((line, (asked, agreed))) = other {
            return Outcome::Refused(format!("line {line}: {asked} is not the agreed price {agreed}"));
        }
        match self.issue_invoice(bill, &lines) {
            Ok(()) => Outcome::Applied,
            Err(why) => Outcome::Refused(why),
        }
    }

    /// The lines of a document of ours, as the order has them.
    fn paired_bill(&self, bill: &Bill) -> Bill {
        let mut bill = bill.clone();
        for line in &mut bill.lines {
            line.line = self.trade.pair(&line.line, &line.ids);
        }
        bill
    }

    /// An ERP that numbers an invoice which has already gone out: its number is kept as another name of it.
    fn already_invoiced(&mut self, bill: &Bill) -> Option<Outcome> {
        let same = |record: &BillRecord| {
            let shipment = bill.shipment.is_some() && record.shipment == bill.shipment;
            let mut lines = record.lines.iter();
            let equal = bill.lines.len() == record.lines.len()
                && lines
                    .all(|ours| bill.lines.iter().any(|line| line.line == ours.line && line.quantity == ours.quantity));
            !record.is_credit && (shipment || equal) && record.aliases.is_empty()
        };
        let shipped =
            |record: &BillRecord| !record.is_credit && bill.shipment.is_some() && record.shipment == bill.shipment;
        let again = |line: &Line| if bill.lines.is_empty() { Decimal::ZERO } else { rebillable(line) };
        let nothing_left = self.trade.lines.iter().all(|line| line.facts.shipped <= line.facts.invoiced - again(line));
        let billed =
            |record: &ShipmentRecord| record.shipment.lines.iter().all(|p| record.billed.contains_key(&p.line));
        let shipment = bill.shipment.as_deref().and_then(|number| self.trade.shipment(number));
        if !shipment.map_or(nothing_left, billed) {
            return None;
        }
        let found = self.trade.bills.iter().position(same);
        let at = found.or_else(|| self.trade.bills.iter().position(shipped))?;
        let Some(number) = &bill.number else { return Some(Outcome::Duplicate) };
        let record = &self.trade.bills[at];
        if self.is_sent() {
            let of = bill.shipment.as_deref().map_or_else(|| "what it bills".to_owned(), |it| format!("shipment {it}"));
            return Some(Outcome::Refused(format!("{of} has been invoiced as {}", record.number)));
        }
        let (known, said) = (record.total, self.said_total(bill, record));
        let named = record.aliases.last();
        if named.is_some() || (said - known).abs() > rounding(record.lines.len()) {
            let so = named.map(|named| format!(", which is {named} by another number")).unwrap_or_default();
            let words = format!(
                "invoice {number} over {said} bills what invoice {} over {known} has billed{so}",
                record.number
            );
            let case = Exception::new(format!("conflict|{}", self.event.key), ExceptionKind::Conflict, words);
            self.open(Exception { queue: Queue::AccountsReceivable, ..case }.money(said - known));
            return Some(Outcome::Conflict);
        }
        self.trade.bills[at].aliases.push(number.clone());
        Some(Outcome::Applied)
    }

    /// What a bill comes to that says what another has said already: what it does not say is as there.
    fn said_total(&self, bill: &Bill, known: &BillRecord) -> Decimal {
        if let Some(total) = bill.total {
            return total;
        }
        let or = |said: Decimal, known: Decimal| if said.is_zero() { known } else { said };
        let priced = bill.lines.iter().map(|line| BilledLine {
            line: line.line.clone(),
            quantity: line.quantity,
            price: line.price.or(self.price(&line.line)).unwrap_or_default(),
        });
        let lines: Vec<BilledLine> = if bill.lines.is_empty() { known.lines.clone() } else { priced.collect() };
        net(&lines, self.trade.currency()) + or(bill.tax, known.tax) + or(bill.freight, known.freight)
    }

    /// Lines and quantities a bill asks for: its own; else those of its shipment; else all that has left and is not invoiced.
    fn wanted(&self, bill: &Bill) -> Vec<(String, Decimal)> {
        if !bill.lines.is_empty() {
            return bill.lines.iter().map(|line| (line.line.clone(), line.quantity)).collect();
        }
        match bill.shipment.as_deref().and_then(|number| self.trade.shipment(number)) {
            Some(record) => unbilled(record),
            None => {
                let left = |line: &Line| (line.number.clone(), line.facts.shipped - line.facts.invoiced);
                self.trade.lines.iter().map(left).filter(|(_, left)| *left > Decimal::ZERO).collect()
            }
        }
    }

    /// How much more of a line may be invoiced: what was ordered or, where the partner pays for it, shipped within tolerance.
    pub(super) fn invoiceable(&self, number: &str) -> Decimal {
        let Some(line) = self.trade.line(number) else { return Decimal::ZERO };
        let shipping = &self.policy.shipping;
        let over = if shipping.pays_overage { shipping.over } else { Limit::NONE };
        let most = self.trade.shippable(line, over);
        let base = if self.policy.invoice.before_shipping {
            line.facts.shipped.max(line.counters(Side::Sale).ordered)
        } else {
            line.facts.shipped
        };
        most.map_or(base, |most| base.min(most)) - line.facts.invoiced
    }

    fn price(&self, line: &str) -> Option<Decimal> {
        self.trade.line(line).and_then(Line::agreed_price)
    }

    /// Issues an invoice for these quantities. Where it is for a shipment, what it bills of it is kept there.
    pub(super) fn issue_invoice(&mut self, bill: &Bill, lines: &[(String, Decimal)]) -> Result<(), String> {
        let mut billed = Vec::new();
        for (line, quantity) in lines {
            let said = || bill.lines.iter().find(|it| it.line == *line).and_then(|it| it.price);
            let price = self.price(line).or_else(said);
            let price = price.ok_or_else(|| format!("line {line} has no price to invoice at"))?;
            billed.push(BilledLine { line: line.clone(), quantity: *quantity, price });
        }
        let currency = self.trade.currency();
        let net = net(&billed, currency);
        let tax = if bill.tax.is_zero() {
            currency.round(net * self.policy.invoice.tax_percent / Decimal::ONE_HUNDRED)
        } else {
            bill.tax
        };
        // What is allowed or charged on it besides, a document that is written says in its total.
        let written = bill.total.filter(|_| self.is_sent());
        let total = written.unwrap_or(net + tax + bill.freight);
        if let Some(said) = bill.total
            && (said - total).abs() > rounding(billed.len())
        {
            return Err(format!("{said} is not what the lines come to: {total}"));
        }
        let number = bill.number.clone().unwrap_or_else(|| {
            let count = self.trade.bills.iter().filter(|bill| !bill.is_credit).count() + 1;
            format!("{}-{count}", self.trade.key.order)
        });
        for line in &billed {
            if let Some(known) = self.trade.line_mut(&line.line) {
                known.facts.invoiced += line.quantity;
            }
        }
        self.spread(bill.shipment.as_deref(), lines);
        let date = bill.date.unwrap_or_else(|| self.policy.calendar.date(self.now));
        let record = BillRecord {
            event: self.event.key.clone(),
            at: self.now,
            number: number.clone(),
            aliases: Vec::new(),
            is_credit: false,
            credits: None,
            shipment: bill.shipment.clone(),
            lines: billed,
            tax,
            freight: bill.freight,
            total,
            due: bill
                .due
                .or_else(|| super::compose::due_date(&self.trade.head.terms, date, self.policy.invoice.net_days)),
            standing: BillStanding::Issued,
            disputed: false,
            booked: None,
            matter: None,
        };
        self.issue_bill(&record, date);
        self.trade.bills.push(record);
        self.tell("invoice.issued", number);
        Ok(())
    }

    /// Notes what was billed on the shipments it belongs to: the one named, otherwise the oldest that has some left.
    fn spread(&mut self, shipment: Option<&str>, lines: &[(String, Decimal)]) {
        for (line, quantity) in lines {
            let mut left = *quantity;
            let records = self.trade.shipments.iter_mut().filter(|record| !record.voided);
            for record in records.filter(|record| shipment.is_none_or(|number| number == record.shipment.number)) {
                let sent: Decimal = record.shipment.lines.iter().filter(|p| p.line == *line).map(|p| p.quantity).sum();
                let billed = record.billed.entry(line.clone()).or_default();
                let part = left.min(sent - *billed).max(Decimal::ZERO);
                *billed += part;
                left -= part;
                if billed.is_zero() {
                    record.billed.remove(line);
                }
            }
        }
    }

    /// Whether a shipment may be invoiced now, as far as its notice is concerned.
    pub(super) fn may_invoice(&self, number: &str) -> bool {
        let notice = &self.policy.notice;
        let issued = self.trade.latest_issued(&format!("ship_notice|{number}"));
        if !notice.wanted {
            return true;
        }
        let case = |key: String| self.trade.exceptions.iter().any(|open| open.key == key);
        if case(format!("overdue|notice|{number}")) && issued.is_none_or(|issued| issued.transport != Axis::Accepted) {
            return false;
        }
        let accepted = |axis: Axis| matches!(axis, Axis::Accepted | Axis::AcceptedWithErrors);
        match self.policy.invoice.after {
            InvoiceAfter::Shipped => issued.is_some(),
            InvoiceAfter::NoticeDelivered => issued.is_some_and(|issued| issued.transport == Axis::Accepted),
            InvoiceAfter::NoticeAccepted => issued.is_some_and(|issued| accepted(issued.functional)),
        }
    }

    /// S13: a credit note of ours. B12: one of the supplier's.
    pub(super) fn credited(&mut self, bill: &Bill) -> Outcome {
        let TradeScope { side, partner, test } = self.scope();
        let issuer = bill.landed.as_ref().map_or(partner.as_str(), |landed| &landed.carrier);
        let of_issuer = |record: &BillRecord, number: &str| {
            let is_theirs = record.carrier() == bill.landed.as_ref().map(|landed| &*landed.carrier);
            is_theirs && (record.named() == number || record.goes_by(number))
        };
        if let Some(invoice) = &bill.credits
            && !self.trade.bills.iter().any(|record| of_issuer(record, invoice))
        {
            return Outcome::Park(Key::invoice(side, issuer, test, invoice), self.policy.waits.invoices);
        }
        if side == Side::Purchase {
            return self.invoice_came(bill, true);
        }
        let bill = &self.paired_bill(bill);
        let mut lines = Vec::new();
        for line in &bill.lines {
            let Some(known) = self.trade.line(&line.line) else {
                return Outcome::Refused(format!("there is no line {}", line.line));
            };
            let left = known.facts.invoiced - known.facts.credited;
            if line.quantity > left {
                return Outcome::Refused(format!(
                    "line {}: {} to credit, but {left} invoiced",
                    line.line, line.quantity
                ));
            }
            let price = line.price.or(known.agreed_price()).unwrap_or_default();
            lines.push(BilledLine { line: line.line.clone(), quantity: line.quantity, price });
        }
        let record = self.credit_record(bill, lines);
        for line in &record.lines {
            if let Some(known) = self.trade.line_mut(&line.line) {
                known.facts.credited += line.quantity;
            }
        }
        let date = bill.date.unwrap_or_else(|| self.policy.calendar.date(self.now));
        self.issue_bill(&record, date);
        self.tell("invoice.issued", record.number.clone());
        self.trade.bills.push(record);
        Outcome::Applied
    }

    fn credit_record(&self, bill: &Bill, lines: Vec<BilledLine>) -> BillRecord {
        let reckoned = net(&lines, self.trade.currency()) + bill.tax + bill.freight;
        let count = self.trade.bills.len() + 1;
        BillRecord {
            event: self.event.key.clone(),
            at: self.now,
            number: bill.number.clone().unwrap_or_else(|| format!("{}-C{count}", self.trade.key.order)),
            aliases: Vec::new(),
            is_credit: true,
            credits: bill.credits.clone(),
            shipment: bill.shipment.clone(),
            lines,
            tax: bill.tax,
            freight: bill.freight,
            total: bill.total.unwrap_or(reckoned),
            due: bill.due,
            standing: BillStanding::Issued,
            disputed: false,
            booked: None,
            matter: None,
        }
    }
}

impl Trade {
    /// Whether every line is done with: all gone that will go.
    pub(super) fn has_gone(&self) -> bool {
        let lines = || self.lines.iter().map(|line| line.counters(self.side()));
        lines().all(|counters| counters.open.is_zero()) && lines().any(|counters| counters.shipped > Decimal::ZERO)
    }
}

/// What of a shipment has not been invoiced, by line.
pub(super) fn unbilled(record: &ShipmentRecord) -> Vec<(String, Decimal)> {
    let sums = super::shipment::sums(&record.shipment.lines);
    let left = sums.into_iter().map(|portion| {
        let billed = record.billed.get(&portion.line).copied().unwrap_or_default();
        (portion.line, portion.quantity - billed)
    });
    left.filter(|(_, left)| *left > Decimal::ZERO).collect()
}

/// What lines come to, without tax: each in whole smallest units, halves away from zero, as EN 16931 reckons.
pub(super) fn net(lines: &[BilledLine], currency: Currency) -> Decimal {
    lines.iter().map(|line| currency.round(line.quantity * line.price)).sum()
}

/// How far a total may be from its lines: a cent for each line, one unit in all.
fn rounding(lines: usize) -> Decimal {
    Decimal::new(i64::try_from(lines.max(1)).unwrap_or(100), 2).min(Decimal::ONE)
}

/// What was credited although the goods stayed: it may be invoiced once more, where somebody names it.
fn rebillable(line: &Line) -> Decimal {
    (line.facts.credited - line.facts.returned).max(Decimal::ZERO)
}
