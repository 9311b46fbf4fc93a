//! A supplier's invoice, credit or debit note as matching needs it.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ordered::item_key;
use crate::canonical::common::{Adjustment, Tax};
use crate::canonical::line::ItemId;
use crate::canonical::{Invoice, Line};
use crate::process::ledger::{Currency, Discount};

/// What kind of document it is. Amounts are positive; the kind says what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BilledKind {
    Invoice,
    CreditNote,
    DebitNote,
}

/// A supplier's document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    pub kind: BilledKind,
    pub number: Box<str>,
    pub supplier: Box<str>,
    pub currency: Currency,
    pub date: Date,
    pub order: Option<Box<str>>,
    pub shipment: Option<Box<str>>,
    pub lines: Vec<BilledLine>,
    /// Below zero for allowances.
    pub charges: Vec<Charge>,
    /// As the document says it, in all.
    pub tax: Decimal,
    /// Rate, what it is taken of, and the amount, where the document says all three.
    pub taxes: Vec<(Decimal, Decimal, Decimal)>,
    /// As the document says it; reckoned where it says nothing.
    pub total: Decimal,
    /// What a document of several orders bills for the others, while its tax is on this part.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub elsewhere: Decimal,
    /// Granted for paying early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledLine {
    pub number: Box<str>,
    pub order: Option<Box<str>>,
    pub order_line: Option<Box<str>>,
    pub ids: Vec<Box<str>>,
    pub quantity: Decimal,
    pub unit: Box<str>,
    /// For one unit.
    pub price: Decimal,
    /// As the document says it, else quantity times price with the line's own charges and allowances.
    pub amount: Decimal,
}

/// A charge of the whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub kind: ChargeKind,
    pub code: Box<str>,
    pub amount: Decimal,
}

/// What a charge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    Freight,
    Duty,
    Tax,
    Other,
}

impl ChargeKind {
    /// By the code of the list it came under: X12 1300, UNTDID 7161.
    fn of(code: &str) -> Self {
        match code {
            "D240" | "D242" | "D244" | "D250" | "D260" | "D270" | "G821" | "FC" | "DL" | "SH" => Self::Freight,
            "C660" | "D160" | "D170" | "DUT" | "CUD" => Self::Duty,
            "H770" | "H780" | "H790" | "H850" | "TX" => Self::Tax,
            _ => Self::Other,
        }
    }
}

impl BilledLine {
    /// A line as somebody told it, in the order's unit.
    pub fn told(line: &str, ids: &[ItemId], quantity: Decimal, price: Decimal, currency: Currency) -> Self {
        Self {
            number: line.into(),
            order: None,
            order_line: Some(line.into()),
            ids: ids.iter().filter_map(|id| id.id.as_deref()).map(item_key).collect(),
            quantity,
            unit: "".into(),
            price,
            amount: currency.round(quantity * price),
        }
    }
}

impl Billed {
    /// A document as somebody told it; nothing on it yet.
    pub fn told(kind: BilledKind, number: &str, supplier: &str, currency: Currency, date: Date) -> Self {
        Self {
            kind,
            number: number.into(),
            supplier: supplier.into(),
            currency,
            date,
            order: None,
            shipment: None,
            lines: Vec::new(),
            charges: Vec::new(),
            tax: Decimal::ZERO,
            taxes: Vec::new(),
            total: Decimal::ZERO,
            elsewhere: Decimal::ZERO,
            discount: None,
        }
    }

    #[must_use]
    pub fn for_order(self, order: &str, shipment: Option<&str>, lines: Vec<BilledLine>) -> Self {
        Self { order: Some(order.into()), shipment: shipment.map(Into::into), lines, ..self }
    }

    /// With tax and freight; the total is reckoned where nobody says it.
    #[must_use]
    pub fn charging(self, tax: Decimal, freight: Decimal, total: Option<Decimal>) -> Self {
        let code = "D240".into();
        let charge = Charge { kind: ChargeKind::Freight, code, amount: self.currency.round(freight) };
        let charges = if freight.is_zero() { Vec::new() } else { vec![charge] };
        let charged = Self { charges, tax: self.currency.round(tax), ..self };
        Self { total: total.map_or_else(|| charged.reckoned(), |total| charged.currency.round(total)), ..charged }
    }

    /// With a single line over an amount.
    #[must_use]
    pub fn of_one_line(self, amount: Decimal) -> Self {
        let line = BilledLine::told("1", &[], Decimal::ONE, amount, self.currency);
        Self { lines: vec![line], ..self }
    }

    /// What the charges for freight come to.
    pub fn freight(&self) -> Decimal {
        self.charges.iter().filter(|charge| charge.kind == ChargeKind::Freight).map(|charge| charge.amount).sum()
    }

    /// What lines, charges and tax come to.
    pub fn reckoned(&self) -> Decimal {
        let lines: Decimal = self.lines.iter().map(|line| line.amount).sum();
        let charges: Decimal = self.charges.iter().map(|charge| charge.amount).sum();
        lines + charges + self.tax
    }

    /// The parts of a document that bills several orders, in their order: the first one also bears tax, charges and
    /// whatever the document says beyond its lines.
    pub fn by_order(&self, orders: &[Option<String>]) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::with_capacity(orders.len());
        for (at, order) in orders.iter().enumerate() {
            let of_order = |line: &&BilledLine| {
                let own = line.order.as_deref().or(self.order.as_deref());
                own.map(str::to_owned) == *order
            };
            let lines: Vec<BilledLine> = self.lines.iter().filter(of_order).cloned().collect();
            let net = lines.iter().map(|line| line.amount).sum();
            let part = Self { order: order.as_deref().map(Into::into), lines, ..self.clone() };
            parts.push(match at {
                0 => part,
                _ => Self { charges: Vec::new(), tax: Decimal::ZERO, taxes: Vec::new(), total: net, ..part },
            });
        }
        let others: Decimal = parts.iter().skip(1).map(|part| part.total).sum();
        if let Some(first) = parts.first_mut() {
            first.total -= others;
            first.elsewhere = others;
        }
        parts
    }

    /// A supplier's document. `received` stands in where it has no date.
    pub fn of(invoice: &Invoice, supplier: &str, received: Date) -> Self {
        let kind = match invoice.r#type.as_deref().unwrap_or("invoice") {
            "credit_note" | "credit_memo" | "self_billed_credit_note" => BilledKind::CreditNote,
            "debit_note" | "debit_memo" => BilledKind::DebitNote,
            _ => BilledKind::Invoice,
        };
        let currency = invoice.head.currency.as_deref().and_then(Currency::of).unwrap_or(Currency::USD);
        let lines: Vec<BilledLine> = invoice.lines.iter().map(|line| line_of(line, currency)).collect();
        let all = invoice.adjustments.iter().filter_map(charge_of);
        let all: Vec<Charge> = all.map(|charge| Charge { amount: currency.round(charge.amount), ..charge }).collect();
        let (taxed, charges): (Vec<Charge>, Vec<Charge>) =
            all.into_iter().partition(|charge| charge.kind == ChargeKind::Tax);
        let by_record: Decimal = invoice.taxes.iter().filter_map(|tax| tax.amount).sum();
        let by_charge: Decimal = taxed.iter().map(|charge| charge.amount).sum();
        let tax = currency.round(invoice.tax_total.unwrap_or(by_record + by_charge).abs());
        let net: Decimal = lines.iter().map(|line| line.amount).sum();
        let charged: Decimal = charges.iter().map(|charge| charge.amount).sum();
        let shipment = invoice.head.references.iter().find(|reference| {
            matches!(
                reference.kind.as_deref(),
                Some("shipment" | "bill_of_lading" | "packing_list" | "despatch_advice")
            )
        });
        Self {
            kind,
            number: invoice.head.number.as_deref().unwrap_or_default().trim().into(),
            supplier: supplier.into(),
            currency,
            date: invoice.head.date.unwrap_or(received),
            order: invoice.order_number.as_deref().map(Into::into),
            shipment: shipment.and_then(|reference| reference.value.as_deref()).map(Into::into),
            total: invoice
                .total
                .or(invoice.amount_due)
                .map_or(net + charged + tax, |total| currency.round(total.abs())),
            taxes: invoice.taxes.iter().filter_map(stated).collect(),
            lines,
            charges,
            tax,
            elsewhere: Decimal::ZERO,
            discount: Discount::granted(&invoice.terms, invoice.head.date.unwrap_or(received)),
        }
    }
}

/// What charges and allowances of a whole document come to for freight.
pub fn freight_of(adjustments: &[Adjustment]) -> Decimal {
    let charges = adjustments.iter().filter_map(charge_of);
    charges.filter(|charge| charge.kind == ChargeKind::Freight).map(|charge| charge.amount).sum()
}

fn stated(tax: &Tax) -> Option<(Decimal, Decimal, Decimal)> {
    Some((tax.rate?, tax.taxable?, tax.amount?))
}

fn charge_of(adjustment: &Adjustment) -> Option<Charge> {
    let amount = adjustment.amount.filter(|amount| !amount.is_zero())?;
    let code = adjustment.code.as_deref().unwrap_or_default();
    let amount = match adjustment.kind.as_deref() {
        Some("charge" | "service") => amount,
        Some("allowance") => -amount,
        _ => return None,
    };
    Some(Charge { kind: ChargeKind::of(code), code: code.into(), amount })
}

fn line_of(line: &Line, currency: Currency) -> BilledLine {
    let quantity = line.quantity.unwrap_or_default().abs();
    let per = line.price_quantity.filter(|per| !per.is_zero()).unwrap_or_else(|| basis(line.price_basis.as_deref()));
    let price = line.price.map(|price| price / per);
    let own: Decimal = line.adjustments.iter().filter_map(charge_of).map(|charge| charge.amount).sum();
    let reckoned = currency.round(quantity * price.unwrap_or_default() + own);
    let amount = line.amount.map_or(reckoned, |amount| currency.round(amount.abs()));
    let each = || if quantity.is_zero() { Decimal::ZERO } else { (amount - own) / quantity };
    BilledLine {
        number: line.number.as_deref().unwrap_or_default().into(),
        order: line.order_number.as_deref().map(Into::into),
        order_line: line.order_line.as_deref().or(line.number.as_deref()).map(Into::into),
        ids: line.ids.iter().filter_map(|id| id.id.as_deref()).map(item_key).collect(),
        quantity,
        unit: line.unit.as_deref().unwrap_or_default().into(),
        price: price.unwrap_or_else(each),
        amount,
    }
}

/// How many units one price buys, by the word the price was given with.
fn basis(word: Option<&str>) -> Decimal {
    match word {
        Some("HP") => Decimal::ONE_HUNDRED,
        Some("TP") => Decimal::ONE_THOUSAND,
        _ => Decimal::ONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_its_sums_in_several_places() {
        let json = r#"{"number":" I1 ","type":"credit_note","date":"2026-03-01","order_number":"4501","total":"-146.50",
            "taxes":[{"amount":"1.50"}],
            "adjustments":[{"kind":"charge","code":"D240","amount":"35"},{"kind":"allowance","code":"C310","amount":"10"},
                {"kind":"charge","code":"H850","amount":"2"}],
            "lines":[{"number":"1","quantity":"1000","unit":"EA","price":"12","price_basis":"HP",
                "ids":[{"qualifier":"UK","id":"00012345678905"},{"qualifier":"VN","id":"w-1"}]}]}"#;
        let billed = Billed::of(&serde_json::from_str(json).unwrap(), "orbit", jiff::civil::date(2026, 3, 2));
        assert_eq!(
            (billed.kind, &*billed.number, billed.total.to_string().as_str()),
            (BilledKind::CreditNote, "I1", "146.50")
        );
        assert_eq!(billed.tax, "3.50".parse().unwrap());
        let kinds: Vec<_> = billed.charges.iter().map(|charge| (charge.kind, charge.amount.to_string())).collect();
        assert_eq!(kinds, [(ChargeKind::Freight, "35".to_owned()), (ChargeKind::Other, "-10".to_owned())]);
        let line = &billed.lines[0];
        assert_eq!((line.price.to_string().as_str(), line.amount.to_string().as_str()), ("0.12", "120.00"));
        assert_eq!(line.ids, ["12345678905".into(), "W1".into()]);
    }
}
