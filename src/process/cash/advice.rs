//! What a customer says a payment is for. It moves no money: it waits for the bank's line, or the same money posts twice.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::code::CodeList;
use super::fact::{Fact, FactKind};
use super::policy::Policy;
use crate::canonical::Remittance;
use crate::canonical::common::Amount;
use crate::canonical::remittance::{RemittanceAdjustment, RemittanceItem};
use crate::process::ledger::{Currency, TOO_LARGE};

/// A remittance advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// The document's number or trace: what makes a second one a duplicate.
    pub number: Box<str>,
    pub payer: Box<str>,
    pub trace: Option<Box<str>>,
    pub currency: Currency,
    pub amount: Decimal,
    pub date: Option<Date>,
    pub items: Vec<AdviceItem>,
    /// Adjustments that belong to no item.
    pub adjustments: Vec<AdviceAdjustment>,
}

/// What an item of an advice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceKind {
    Invoice,
    CreditMemo,
    DebitMemo,
    /// Named by the order or the bill of lading.
    Order,
    Other,
}

/// One item of an advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdviceItem {
    /// Counted from 1.
    pub line: usize,
    pub kind: AdviceKind,
    pub reference: Box<str>,
    pub order_number: Option<Box<str>>,
    /// Below zero for a credit memo that is taken.
    pub paid: Option<Decimal>,
    pub gross: Option<Decimal>,
    pub discount: Decimal,
    pub adjustments: Vec<AdviceAdjustment>,
    /// Whose item it is where the advice speaks for several: a party known to us.
    pub party: Option<Box<str>>,
}

/// An adjustment with its reason as the customer codes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdviceAdjustment {
    /// Below zero where it reduces what is paid.
    pub amount: Decimal,
    /// Whether the sign can be relied on; where not, what the item owes decides it.
    pub signed: bool,
    pub list: CodeList,
    pub code: Box<str>,
    pub reference: Option<Box<str>>,
}

impl Advice {
    /// An advice as the canonical document has it. `entity` says which customer goes by a name or an id.
    ///
    /// Returns `None` for a document without an amount: there is nothing to join money with.
    pub fn of(
        document: &Remittance,
        payer: &str,
        list: CodeList,
        policy: &Policy,
        entity: impl Fn(&str) -> Option<Box<str>>,
    ) -> Option<Self> {
        let amount = document.amount?;
        let trace = document.trace.as_deref().filter(|trace| !trace.trim().is_empty());
        let number = document.head.number.as_deref().or(trace).unwrap_or_default();
        let currency = document.head.currency.as_deref().and_then(Currency::of).unwrap_or(Currency::USD);
        let whose = |number: &str| entity_names(document, number).find_map(&entity);
        let read = |(index, item)| item_of(index, item, list, policy, &whose);
        let mut items: Vec<AdviceItem> = document.items.iter().enumerate().map(read).collect();
        if let [only] = items.as_mut_slice() {
            only.paid = only.paid.or(Some(amount));
        }
        Some(Self {
            number: number.into(),
            payer: payer.into(),
            trace: trace.map(Into::into),
            currency,
            amount,
            date: document.payment_date.or(document.head.date),
            items,
            adjustments: document.adjustments.iter().filter_map(|a| adjustment_of(a, list, None)).collect(),
        })
    }

    /// Whether it names an amount that no sum of the books holds.
    pub fn is_too_large(&self) -> bool {
        let outer = self.adjustments.iter().map(|adjustment| adjustment.amount);
        let items = self.items.iter().flat_map(|item| {
            let adjusted = item.adjustments.iter().map(|adjustment| adjustment.amount);
            [item.paid, item.gross, Some(item.discount)].into_iter().flatten().chain(adjusted)
        });
        outer.chain(items).chain([self.amount]).any(|amount| amount.abs() >= TOO_LARGE)
    }
}

impl Fact {
    /// What an advice of nothing stands for: items set against each other, and no money.
    pub fn of_netting(advice: &Advice, received: Date) -> Self {
        Self {
            id: format!("netted:{}:{}", advice.payer, advice.number).into(),
            kind: FactKind::Credit,
            currency: advice.currency,
            amount: Decimal::ZERO,
            charges: Decimal::ZERO,
            date: advice.date.unwrap_or(received),
            value_date: None,
            traces: advice.trace.iter().cloned().collect(),
            payer: Some(advice.payer.clone()),
            payer_account: None,
            payer_name: None,
            references: Vec::new(),
            text: "".into(),
        }
    }

    /// The money of an advice whose sender is a bank.
    pub fn of_bank_advice(document: &Remittance, payer: Option<&str>, received: Date) -> Option<Self> {
        let trace = document.trace.as_deref().or(document.head.number.as_deref())?;
        let kind = match document.credit_debit.as_deref() {
            Some("debit") => FactKind::Debit,
            _ => FactKind::Credit,
        };
        let account = document.payer_account.as_ref();
        Some(Self {
            id: format!("advice:{trace}").into(),
            kind,
            currency: document.head.currency.as_deref().and_then(Currency::of).unwrap_or(Currency::USD),
            amount: document.amount?,
            charges: Decimal::ZERO,
            date: document.payment_date.unwrap_or(received),
            value_date: None,
            traces: vec![trace.into()],
            payer: payer.map(Into::into),
            payer_account: account.and_then(|account| account.number.as_deref()).map(Into::into),
            payer_name: account.and_then(|account| account.holder.as_deref()).or(payer_name(document)).map(Into::into),
            references: Vec::new(),
            text: "".into(),
        })
    }
}

/// What an entity of the document goes by: its id, its parties' ids and names, and its number in the document.
fn entity_names<'d>(document: &'d Remittance, number: &'d str) -> impl Iterator<Item = &'d str> {
    let entity = document.entities.iter().find(|entity| entity.number.as_deref() == Some(number));
    let parties = || entity.into_iter().flat_map(|entity| &entity.parties);
    let ids = parties().flat_map(|party| &party.ids).filter_map(|id| id.id.as_deref());
    let names = parties().filter_map(|party| party.name.as_deref());
    entity.and_then(|entity| entity.id.as_deref()).into_iter().chain(ids).chain(names).chain([number])
}

/// The name of whoever pays, among the parties.
fn payer_name(document: &Remittance) -> Option<&str> {
    let mut parties = document.head.parties.iter();
    let payer = parties.find(|party| matches!(party.role.as_deref(), Some("payer" | "PR" | "buyer")));
    payer.and_then(|party| party.name.as_deref())
}

fn item_of(
    index: usize,
    item: &RemittanceItem,
    list: CodeList,
    policy: &Policy,
    entity: &impl Fn(&str) -> Option<Box<str>>,
) -> AdviceItem {
    let kind = match item.kind.as_deref().unwrap_or("invoice") {
        "invoice" | "original_invoice" | "corrected" | "self_billed" | "factored" => AdviceKind::Invoice,
        "credit_memo" | "credit_memo_seller" => AdviceKind::CreditMemo,
        "debit_memo" | "debit_memo_seller" => AdviceKind::DebitMemo,
        "order" | "bill_of_lading" | "shipment" | "despatch_advice" => AdviceKind::Order,
        _ => AdviceKind::Other,
    };
    // UBL says credits in an amount of their own.
    let credit = amount_of(&item.amounts, "credit").filter(|_| item.paid.unwrap_or_default().is_zero());
    let credit = credit.filter(|credit| !credit.is_zero());
    let kind = if credit.is_some() { AdviceKind::CreditMemo } else { kind };
    let turn = |amount: Decimal| match kind {
        AdviceKind::CreditMemo if policy.credit_memos_positive => -amount.abs(),
        _ => amount,
    };
    let gross = item.gross.or_else(|| amount_of(&item.amounts, "77")).map(turn);
    let discount = item.discount.unwrap_or_default();
    let paid = credit.map(|credit| -credit.abs()).or(item.paid.map(turn));
    let owed = gross.zip(paid).map(|(gross, paid)| gross - paid);
    let mut adjustments: Vec<AdviceAdjustment> =
        item.adjustments.iter().filter_map(|adjustment| adjustment_of(adjustment, list, owed)).collect();
    if let Some(amount) = item.adjustment_amount.filter(|amount| !amount.is_zero()) {
        let code = item.adjustment_reason.as_deref().unwrap_or_default();
        adjustments.push(AdviceAdjustment { amount, signed: false, list, code: code.into(), reference: None });
    }
    AdviceItem {
        line: index + 1,
        kind,
        reference: reference_of(item).trim().into(),
        order_number: item.order_number.as_deref().map(Into::into),
        paid,
        gross,
        discount,
        adjustments,
        party: item.entity.as_deref().and_then(entity),
    }
}

/// The document that an item names.
fn reference_of(item: &RemittanceItem) -> &str {
    let credited = || item.references.iter().find(|it| it.kind.as_deref() == Some("credit_note"));
    item.reference.as_deref().or_else(|| credited()?.value.as_deref()).unwrap_or_default()
}

/// Amounts come under two codes and either sign: what is owed less what is paid says the direction.
fn adjustment_of(adjustment: &RemittanceAdjustment, list: CodeList, owed: Option<Decimal>) -> Option<AdviceAdjustment> {
    let coded = || amount_of(&adjustment.amounts, "5").or_else(|| amount_of(&adjustment.amounts, "165"));
    let amount = adjustment.amount.or_else(coded).filter(|amount| !amount.is_zero())?;
    let (amount, signed) = match (list, owed.filter(|owed| !owed.is_zero())) {
        (CodeList::X12, _) => (amount, true),
        (_, Some(owed)) if owed > Decimal::ZERO => (-amount.abs(), true),
        (_, Some(_)) => (amount.abs(), true),
        (_, None) => (amount, false),
    };
    let code = adjustment.reason.as_deref().unwrap_or_default();
    Some(AdviceAdjustment {
        amount,
        signed,
        list,
        code: code.into(),
        reference: adjustment.reference.as_deref().map(Into::into),
    })
}

fn amount_of(amounts: &[Amount], kind: &str) -> Option<Decimal> {
    amounts.iter().find(|amount| amount.kind.as_deref() == Some(kind)).and_then(|amount| amount.amount)
}

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;

    #[test]
    fn adjustments_come_under_two_codes_and_either_sign() {
        for (members, amount, signed) in [
            (r#""adjustments":[{"reason":"4","amounts":[{"kind":"5","amount":"-24.30"}]}]"#, "-24.30", false),
            (r#""adjustments":[{"reason":"4","amount":"24.30"}]"#, "24.30", false),
            (r#""gross":"740.50","adjustments":[{"reason":"4","amount":"24.30"}]"#, "-24.30", true),
            (
                r#""amounts":[{"kind":"77","amount":"740.50"}],"adjustments":[{"reason":"4","amount":"-24.30"}]"#,
                "-24.30",
                true,
            ),
            (r#""gross":"700","adjustments":[{"reason":"4","amount":"-16.20"}]"#, "16.20", true),
        ] {
            let advice = advice(members, CodeList::Edifact, &Policy::default());
            let [adjustment] = &advice.items[0].adjustments[..] else { panic!("{members}") };
            assert_eq!((adjustment.amount.to_string().as_str(), adjustment.signed), (amount, signed), "{members}");
            assert_eq!(Reason::of(adjustment.list, &adjustment.code), Reason::Shortage);
        }
    }

    #[test]
    fn a_credit_memo_is_turned_where_the_customer_sends_it_positive() {
        let policy = Policy { credit_memos_positive: true, ..Policy::default() };
        let item = &advice(r#""kind":"credit_memo""#, CodeList::X12, &policy).items[0];
        assert_eq!((item.kind, item.paid.unwrap().to_string().as_str()), (AdviceKind::CreditMemo, "-716.20"));
    }

    fn advice(members: &str, list: CodeList, policy: &Policy) -> Advice {
        let json = format!(
            r#"{{"number":"R1","amount":"716.20","items":[{{"reference":"100236","paid":"716.20",{members}}}]}}"#
        );
        let document: Remittance = serde_json::from_str(&json).unwrap();
        Advice::of(&document, "acme", list, policy, |_| None).unwrap()
    }
}
