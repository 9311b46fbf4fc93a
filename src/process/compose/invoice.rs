//! Our invoices and credit notes (S9, S13).

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::super::apply::Work;
use super::super::bill::net;
use super::super::effect::Answers;
use super::super::trade::{BillRecord, BilledLine};
use super::{date, line, reference};
use crate::canonical::common::{Adjustment, Tax};
use crate::canonical::{Invoice, Kind};

const ROLES: &[&str] = &["seller", "buyer", "bill_to", "remit_to", "ship_to", "ship_from"];

impl Work<'_> {
    pub fn issue_bill(&mut self, bill: &BillRecord, issued_on: Date) {
        let mut head = self.head(Some(bill.number.clone()), "original", ROLES);
        head.date = Some(issued_on);
        head.references.extend(bill.shipment.as_deref().map(|number| reference("shipment", number)));
        head.references.extend(bill.credits.as_deref().map(|number| reference("original_invoice", number)));
        let left = bill.shipment.as_deref().and_then(|number| self.trade.shipment(number));
        let left = left.map(|record| self.policy.calendar.date(record.shipment.shipped_at.unwrap_or(record.at)));
        head.dates.extend(left.map(|left| date("shipped", left)));
        let net = net(&bill.lines, self.trade.currency());
        let freight = (!bill.freight.is_zero()).then(|| Adjustment {
            kind: Some("charge".into()),
            code: Some("D240".into()),
            amount: Some(bill.freight),
            ..Adjustment::default()
        });
        let invoice = Invoice {
            head,
            r#type: Some(if bill.is_credit { "credit_note" } else { "invoice" }.into()),
            order_number: Some(self.trade.key.order.clone()),
            order_date: self.trade.head.date,
            release: self.trade.key.release.clone(),
            contract: self.trade.head.contract.clone(),
            department: self.trade.head.department.clone(),
            due_date: bill.due,
            terms: self.trade.head.terms.clone(),
            adjustments: freight.into_iter().collect(),
            taxes: self.tax(bill, net).into_iter().collect(),
            line_total: Some(net),
            net_total: Some(net + bill.freight),
            tax_total: (!bill.tax.is_zero()).then_some(bill.tax),
            total: Some(bill.total),
            amount_due: Some(bill.total),
            lines: bill.lines.iter().filter_map(|billed| self.invoice_line(billed)).collect(),
            ..Invoice::default()
        };
        let kind = if bill.is_credit { "credit_note" } else { "invoice" };
        self.issue(format!("{kind}|{}", bill.number), Kind::Invoice, invoice, Answers::Nothing);
    }

    fn invoice_line(&self, billed: &BilledLine) -> Option<crate::canonical::Line> {
        let mut common = line(self.trade.line(&billed.line)?);
        common.order_line = Some(billed.line.clone());
        common.quantity = Some(billed.quantity);
        common.price = Some(billed.price);
        common.amount = Some(self.trade.currency().round(billed.quantity * billed.price));
        Some(common)
    }

    fn tax(&self, bill: &BillRecord, net: Decimal) -> Option<Tax> {
        let rules = &self.policy.invoice;
        (!bill.tax.is_zero()).then(|| Tax {
            r#type: Some(rules.tax_type.clone()),
            rate: (!rules.tax_percent.is_zero()).then_some(rules.tax_percent),
            taxable: Some(net),
            amount: Some(bill.tax),
            ..Tax::default()
        })
    }
}
