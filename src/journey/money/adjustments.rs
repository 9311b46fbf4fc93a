//! Adjustments (812): a customer's debit memo announces a deduction, or confirms one that was taken; a supplier's credit is
//! held against what it credits.

use super::books::{all, every, kept_deduction};
use super::cash::open_case;
use crate::canonical::{AdjustmentAdvice, Canonical, Kind};
use crate::journey::Gateway;
use crate::journey::apply::{Bound, Rules, put};
use crate::process::cash::{Announced, CodeList, Deduction, DeductionState, Evidence};
use crate::process::ledger::Currency;
use crate::process::matching::{Billed, BilledKind};
use crate::process::{Bill, Event, ExceptionKind, Key, Side, Source, Trade, What};
use crate::store::{Book, Document, Error, Result, Session, TradeSearch, View};

/// The customer's own paper.
const ANNOUNCED: &str = "adjustment advice";

/// Takes an adjustment of a partner; other documents are none of its business.
///
/// # Errors
/// Those of the store.
pub async fn take(gateway: &Gateway, rules: &Rules, document: &Document, canonical: &Canonical<'_>) -> Result<()> {
    let (Kind::Adjustment, Some(partner), false) = (canonical.kind, &document.partner, document.test) else {
        return Ok(());
    };
    let Ok(advice) = canonical.to_typed::<AdjustmentAdvice>() else { return Ok(()) };
    let invoice = advice.invoice_number.clone().unwrap_or_default();
    let bought = Key::invoice(Side::Purchase, partner, false, &invoice);
    let search = TradeSearch { key: Some(bought.as_str().to_owned()), limit: 1, ..TradeSearch::default() };
    if !gateway.store.view().await?.find_trades(&search).await?.is_empty() {
        return supplier(gateway, rules, document, (&advice, bought)).await;
    }
    let told = (rules.clone(), document.clone(), advice);
    gateway
        .store
        .write(told, |(rules, document, advice), session| Box::pin(customer(session, rules, document, advice)))
        .await
}

/// What an invoice's trade knows of it.
///
/// # Errors
/// Those of the store.
pub async fn evidence(view: &mut View, party: &str, invoice: &str) -> Result<Vec<Evidence>> {
    let key = Key::invoice(Side::Sale, party, false, invoice);
    let search = TradeSearch { key: Some(key.as_str().to_owned()), limit: 1, ..TradeSearch::default() };
    let Some(row) = view.find_trades(&search).await?.pop() else { return Ok(Vec::new()) };
    let trade: Trade = serde_json::from_str(&row.body).map_err(Error::damaged)?;
    Ok(trade.evidence(invoice))
}

/// A deduction that a payment opens, with what is known about it; one that was announced is found again.
///
/// # Errors
/// Those of the store.
pub(super) async fn opened(session: &mut Session, deduction: &Deduction) -> Result<Deduction> {
    let mut deduction = deduction.clone();
    if let Some(invoice) = deduction.invoice.clone() {
        deduction.evidence.extend(evidence(session, &deduction.party, &invoice).await?);
    }
    let known: Vec<Deduction> = all(session.kept_open(Book::Deduction, Some(&deduction.party)).await?)?;
    let announced = known.into_iter().find(|it| it.state == DeductionState::Announced && is_same(it, &deduction));
    if let Some(mut announced) = announced {
        announced.evidence.retain(|it| &*it.what == ANNOUNCED);
        deduction.reference = deduction.reference.take().or_else(|| announced.reference.clone());
        deduction.evidence.append(&mut announced.evidence);
        announced.state = DeductionState::Void;
        session.put_kept(Book::Deduction, &kept_deduction(&announced)?).await?;
    }
    Ok(deduction)
}

fn is_same(announced: &Deduction, deduction: &Deduction) -> bool {
    let told = Announced {
        invoice: announced.invoice.clone(),
        reason: announced.reason,
        code: announced.code.clone(),
        amount: announced.amount,
        reference: announced.reference.clone(),
    };
    told.announces(deduction)
}

async fn customer(session: &mut Session, rules: &Rules, document: &Document, advice: &AdjustmentAdvice) -> Result<()> {
    session.lock_books().await?;
    let party = document.partner.clone().unwrap_or_default();
    let number = advice.head.number.as_deref().unwrap_or("without a number");
    let list = if document.type_code == "812" { CodeList::X12 } else { CodeList::Edifact };
    let currency = advice.head.currency.as_deref().and_then(Currency::of).unwrap_or(Currency::USD);
    let day = super::books::today(rules);
    let policy = &rules.policy(&party).cash;
    let known: Vec<Deduction> =
        every::<Deduction>(session, Book::Deduction).await?.into_iter().filter(|it| *it.party == *party).collect();
    let announced = Announced::of(advice, list);
    if announced.is_empty() {
        let words = format!(
            "{party} credits {} by adjustment {number}: if it takes a deduction back, charge that again.",
            advice.amount.unwrap_or_default()
        );
        let money = advice.amount.unwrap_or_default();
        return open_case(session, rules, ExceptionKind::PaymentDiffers, &party, money, words, number).await;
    }
    for (at, announced) in announced.iter().enumerate() {
        let words = format!("{party} says by adjustment {number} that it keeps this back");
        let evidence = Evidence::new(ANNOUNCED, number, words);
        let taken = known.iter().find(|it| !it.open_amount().is_zero() && announced.announces(it));
        if let Some(taken) = taken {
            let mut taken = taken.clone();
            if !taken.evidence.contains(&evidence) {
                taken.evidence.push(evidence);
            }
            taken.reference = taken.reference.take().or_else(|| announced.reference.clone());
            session.put_kept(Book::Deduction, &kept_deduction(&taken)?).await?;
            continue;
        }
        let mut deduction =
            Deduction::announced(format!("{number}/{}", at + 1).into(), &party, announced, currency, day, policy);
        deduction.evidence.push(evidence);
        if let Some(invoice) = deduction.invoice.clone() {
            deduction.evidence.extend(self::evidence(session, &party, &invoice).await?);
        }
        session.add_kept(Book::Deduction, &kept_deduction(&deduction)?).await?;
    }
    Ok(())
}

/// A supplier's credit is a credit note on its invoice; what it debits, a person looks at.
async fn supplier(
    gateway: &Gateway,
    rules: &Rules,
    document: &Document,
    (advice, target): (&AdjustmentAdvice, Key),
) -> Result<()> {
    let partner = document.partner.clone().unwrap_or_default();
    let (number, amount) = (advice.head.number.clone().unwrap_or_default(), advice.amount.unwrap_or_default().abs());
    if advice.credit_debit.as_deref() == Some("debit") {
        let told = (rules.clone(), partner, number, amount);
        let unit = gateway.store.write(told, |(rules, partner, number, amount), session| {
            Box::pin(async move {
                let words = format!("{partner} debits {amount} by adjustment {number}: there is no invoice for it.");
                open_case(session, rules, ExceptionKind::SupplierDebit, partner, *amount, words, number).await
            })
        });
        return unit.await;
    }
    let currency = advice.head.currency.as_deref().and_then(Currency::of).unwrap_or(Currency::USD);
    let date = advice.head.date.unwrap_or_else(|| super::books::today(rules));
    let billed = Billed::told(BilledKind::CreditNote, &number, &partner, currency, date).charging(
        Default::default(),
        Default::default(),
        Some(amount),
    );
    let bill = Bill {
        number: Some(number.clone()),
        date: Some(date),
        total: Some(amount),
        credits: advice.invoice_number.clone(),
        document: Some(Box::new(billed)),
        ..Bill::default()
    };
    let bound = Bound {
        event: Event {
            key: format!("credit_note|{number}"),
            content: document.content_hash.clone().unwrap_or_default(),
            source: Source::Document(document.id.uuid()),
            what: What::Credited(bill),
        },
        target,
        trade: None,
        partner,
        kind: document.type_code.clone(),
        number: Some(number),
        sequence: 0,
    };
    put(gateway, rules.clone(), bound).await.map(drop)
}
