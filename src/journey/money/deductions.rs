//! How a deduction ends: the customer was right, owes it again, or it is given up; and how such an end is taken back.

use rust_decimal::Decimal;

use super::adjustments;
use super::books::{every, kept_deduction, kept_item, parsed, post, tell_deduction, today};
use super::cash::{Became, caused, deduction_cause};
use crate::journey::apply::Rules;
use crate::process::cash::{Deduction, DeductionState, Settlement};
use crate::process::ledger::{ItemKind, OpenItem};
use crate::store::{Book, Result, Session, View};

/// Settles an open deduction, named by its id or by its invoice where that has no other.
///
/// # Errors
/// Those of the store.
pub async fn settle(
    session: &mut Session,
    rules: &Rules,
    name: &str,
    (settlement, because): (Settlement, Option<&str>),
    by: &str,
) -> Result<Became> {
    session.lock_books().await?;
    let mut deduction = match named(session, name).await? {
        Ok(deduction) => deduction,
        Err(why) => return Ok(Became::Refused(why)),
    };
    match deduction.state {
        DeductionState::Open | DeductionState::Disputed => {}
        DeductionState::Settled(before) if before == settlement => return Ok(Became::Duplicate),
        DeductionState::Settled(_) => {
            return Ok(Became::Refused(format!("deduction {} has been settled: reopen it first", deduction.id)));
        }
        DeductionState::Announced => {
            let words = format!("deduction {} is announced: the payment has not come", deduction.id);
            return Ok(Became::Refused(words));
        }
        DeductionState::Void => {
            let words = format!("deduction {} is void: the payment it came with was undone", deduction.id);
            return Ok(Became::Refused(words));
        }
    }
    post(session, rules, by, deduction.settle(settlement).because(because)).await?;
    if settlement == Settlement::Recharge {
        let day = today(rules);
        let number = deduction.id.clone();
        let item = item(&deduction, ItemKind::DebitMemo, number, deduction.amount, day);
        session.put_kept(Book::Item, &kept_item(&item)?).await?;
    }
    deduction.state = DeductionState::Settled(settlement);
    session.put_kept(Book::Deduction, &kept_deduction(&deduction)?).await?;
    session.close_case_of_house(&format!("deduction|{}", deduction.id), by, None).await?;
    caused(session, &deduction_cause(&deduction.id), "the deduction has been settled").await?;
    tell_deduction(session, rules, "deduction.resolved", &deduction).await?;
    Ok(Became::Posted)
}

/// Takes a settlement back: the deduction is open again.
///
/// # Errors
/// Those of the store.
pub async fn reopen(
    session: &mut Session,
    rules: &Rules,
    name: &str,
    because: Option<&str>,
    by: &str,
) -> Result<Became> {
    session.lock_books().await?;
    let mut deduction = match named(session, name).await? {
        Ok(deduction) => deduction,
        Err(why) => return Ok(Became::Refused(why)),
    };
    match deduction.state {
        DeductionState::Settled(settlement) => unsettle(session, rules, &deduction, (settlement, because), by).await?,
        DeductionState::Open | DeductionState::Disputed | DeductionState::Announced => return Ok(Became::Duplicate),
        DeductionState::Void => return Ok(Became::Refused(format!("deduction {} is void", deduction.id))),
    }
    deduction.state = DeductionState::Open;
    session.put_kept(Book::Deduction, &kept_deduction(&deduction)?).await?;
    tell_deduction(session, rules, "deduction.reopened", &deduction).await?;
    Ok(Became::Posted)
}

/// Undoes what a settlement did in the books. What was paid of an amount charged again stays the customer's, as a credit.
pub(super) async fn unsettle(
    session: &mut Session,
    rules: &Rules,
    deduction: &Deduction,
    (settlement, because): (Settlement, Option<&str>),
    by: &str,
) -> Result<()> {
    let mut paid = Decimal::ZERO;
    if settlement == Settlement::Recharge
        && let Some(charged) = session.kept(Book::Item, &deduction.party, &deduction.id).await?
    {
        let mut charged: OpenItem = parsed(&charged.body)?;
        paid = charged.applied();
        charged.close();
        session.put_kept(Book::Item, &kept_item(&charged)?).await?;
        if !paid.is_zero() {
            let credit = item(deduction, ItemKind::CreditMemo, deduction.credit_number(), -paid, today(rules));
            session.put_kept(Book::Item, &kept_item(&credit)?).await?;
        }
    }
    post(session, rules, by, deduction.unsettle(settlement, paid).because(because)).await.map(drop)
}

/// A deduction by its id, or by its invoice; in words why it is none.
///
/// # Errors
/// Those of the store.
pub async fn named(view: &mut View, name: &str) -> Result<std::result::Result<Deduction, String>> {
    if let Some(kept) = view.kept_by_key(Book::Deduction, &[name]).await?.first() {
        return parsed(&kept.body).map(Ok);
    }
    let every: Vec<Deduction> = every(view, Book::Deduction).await?;
    let mut of_invoice: Vec<Deduction> =
        every.into_iter().filter(|deduction| deduction.invoice.as_deref() == Some(name)).collect();
    of_invoice.retain(|deduction| deduction.state != DeductionState::Void);
    if of_invoice.len() > 1 {
        let ids: Vec<&str> = of_invoice.iter().map(|deduction| &*deduction.id).collect();
        return Ok(Err(format!("invoice {name} has several deductions: name one of {}", ids.join(", "))));
    }
    Ok(of_invoice.pop().ok_or_else(|| format!("there is no deduction {name}")))
}

/// A deduction with its evidence as it is known today: what came since it was opened too.
///
/// # Errors
/// Those of the store.
pub async fn shown(view: &mut View, name: &str) -> Result<std::result::Result<Deduction, String>> {
    let mut deduction = match named(view, name).await? {
        Ok(deduction) => deduction,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(invoice) = deduction.invoice.clone() {
        let fresh = adjustments::evidence(view, &deduction.party, &invoice).await?;
        deduction
            .evidence
            .retain(|old| fresh.iter().all(|new| (&new.what, &new.document) != (&old.what, &old.document)));
        deduction.evidence.extend(fresh);
    }
    Ok(Ok(deduction))
}

fn item(deduction: &Deduction, kind: ItemKind, number: Box<str>, amount: Decimal, day: jiff::civil::Date) -> OpenItem {
    OpenItem {
        number,
        kind,
        party: deduction.party.clone(),
        currency: deduction.currency,
        amount,
        open: amount,
        date: day,
        due: day,
        discount: None,
        order_number: None,
        bill_of_lading: None,
        also: Vec::new(),
    }
}
