//! Money that waits on no item: receivables own it until it is applied.

use super::open_case;
use super::payment::Payment;
use crate::journey::apply::Rules;
use crate::process::ExceptionKind;
use crate::store::{Result, Session};

/// Sees to it that somebody owns what waits of a payment, where nothing else is asked about it, and nobody what does not.
pub(super) async fn owned(session: &mut Session, rules: &Rules, payment: &Payment) -> Result<()> {
    let key = format!("{}, unapplied", payment.fact.id);
    if payment.unapplied.is_zero() {
        let closed = format!("cash|{key}");
        return session.close_case_of_house(&closed, "cash", Some("the money has been applied")).await.map(drop);
    }
    let mut asked = session.open_cases_of_house(&of_payment(payment)).await?;
    asked.retain(|case| case.queue == ExceptionKind::PaymentUnknownInvoice.queue().as_str());
    let said = format!("{} {}", payment.fact.currency.said(payment.unapplied), payment.fact.currency);
    let own = format!("cash|{key}");
    if let Some(case) = asked.iter().find(|case| case.key == own) {
        if case.words.starts_with(&said) {
            return Ok(());
        }
        // It is about another amount by now.
        session.close_case_number(case.number, "cash", Some("another amount waits now")).await?;
    } else if !asked.is_empty() {
        return Ok(());
    }
    let payer = payment.payer().unwrap_or_default().to_owned();
    let whose = if payer.is_empty() { "nobody we know".to_owned() } else { payer.clone() };
    let words = format!(
        "{said} of payment {} of {whose} are on no invoice: entrepot cash apply {} --to NUMBER=AMOUNT puts them there.",
        payment.fact.id, payment.fact.id
    );
    open_case(session, rules, ExceptionKind::PaymentUnknownInvoice, &payer, payment.unapplied, words, &key).await
}

/// Whatever people were asked about a payment is closed: its money has left.
pub(super) async fn left(session: &mut Session, payment: &Payment, why: &str) -> Result<()> {
    for case in session.open_cases_of_house(&of_payment(payment)).await? {
        session.close_case_number(case.number, "cash", Some(why)).await?;
    }
    Ok(())
}

/// What the keys of cases about a payment begin with.
pub(super) fn of_payment(payment: &Payment) -> String {
    format!("cash|{}, ", payment.fact.id)
}
