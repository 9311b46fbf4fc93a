//! Money decided about again: what the rules did by less than is known now is taken back and done anew. What a person decided
//! stays.

use super::decide::{decide, policy};
use super::payment::{Payment, Posting};
use super::{open_case, take_back, waiting};
use crate::journey::apply::Rules;
use crate::journey::money::books::{all, json, parsed};
use crate::process::ExceptionKind;
use crate::process::cash::{self, Advice, Deduction, DeductionState, Fact, FactKind, Funds, Policy, Undoing};
use crate::process::ledger::OpenItem;
use crate::store::{Book, Kept, Result, Session};

/// What has come for an item before it was owed goes on it.
///
/// # Errors
/// Those of the store.
pub(in crate::journey) async fn arrived(session: &mut Session, rules: &Rules, item: &OpenItem) -> Result<()> {
    let policy = policy(session, rules, Some(&item.party)).await?;
    for mut payment in all::<Payment>(session.kept_open(Book::Payment, None).await?)? {
        if !is_whole(&payment) || payment.fact.currency != item.currency {
            continue;
        }
        let advice = spoken(session, rules, &payment).await?;
        let is_persons = payment.postings.iter().any(|posting| !posting.is_automatic() || posting.was_wrong);
        if is_persons || !names(&payment, advice.as_ref(), item, &policy) || is_settled(session, &payment).await? {
            continue;
        }
        let because = format!("{} is owed now", item.number);
        anew(session, rules, &mut payment, advice.as_ref(), &because).await?;
        payment.keep(session).await?;
    }
    Ok(())
}

/// Money that the trace of an advice names and that has gone on items by the bank's words alone.
pub(super) async fn by_text_alone(session: &mut Session, advice: &Advice) -> Result<Vec<Payment>> {
    let Some(trace) = advice.trace.as_deref() else { return Ok(Vec::new()) };
    let mut named: Vec<Payment> = all(session.payments_named(trace).await?)?;
    named.retain(|payment| is_whole(payment) && payment.advice.is_none());
    Ok(named)
}

/// The payer speaks of money that came before: it goes where it says.
pub(super) async fn advised(
    session: &mut Session,
    rules: &Rules,
    payment: &mut Payment,
    advice: &Advice,
) -> Result<()> {
    let standing = payment.postings.iter().filter(|posting| posting.is_application());
    let by_rules: Vec<bool> = standing.map(Posting::is_automatic).collect();
    if by_rules.is_empty() || !is_whole(payment) {
        let funds = Funds::Unapplied(payment.unapplied);
        return decide(session, rules, payment, Some(advice), funds).await;
    }
    if !confirms(payment, advice) {
        if !by_rules.contains(&false) && !is_settled(session, payment).await? {
            let because = format!("advice {} of {} says where it goes", advice.number, advice.payer);
            return anew(session, rules, payment, Some(advice), &because).await;
        }
        let words = format!(
            "Advice {} of {} says otherwise of payment {} than people decided before it came: nothing was changed. \
             entrepot cash undo \"{}\" and then cash apply put the money where it says.",
            advice.number, advice.payer, payment.fact.id, payment.fact.id
        );
        let key = format!("{}, advice {}", payment.fact.id, advice.number);
        let (kind, money) = (ExceptionKind::PaymentDiffers, payment.fact.amount);
        open_case(session, rules, kind, &advice.payer, money, words, &key).await?;
    }
    payment.advice = Some(advice.number.clone());
    let (party, key) = (advice.payer.to_string(), advice.number.to_string());
    session.put_kept(Book::Advice, &Kept { party, key, is_open: false, body: json(advice)? }).await?;
    waiting::came(session, advice).await
}

/// Takes back what stands of a payment and decides about all of its money.
async fn anew(
    session: &mut Session,
    rules: &Rules,
    payment: &mut Payment,
    advice: Option<&Advice>,
    because: &str,
) -> Result<()> {
    for at in (0..payment.postings.len()).rev() {
        let posting = &payment.postings[at];
        if posting.is_application() || !(posting.is_undone || posting.application.deductions.is_empty()) {
            payment.postings[at].undone_because = Some(because.to_owned());
            let source = payment.fact.id.clone();
            take_back(session, rules, payment, at, Undoing::Replaced, &source).await?;
        }
    }
    let funds = Funds::Unapplied(payment.unapplied);
    decide(session, rules, payment, advice, funds).await
}

/// Whether the payer or the bank names an item in what they say of a payment.
fn names(payment: &Payment, advice: Option<&Advice>, item: &OpenItem, policy: &Policy) -> bool {
    let mut advised = advice.into_iter().flat_map(|advice| &advice.items);
    let numbers = payment.fact.numbers();
    let mut told = numbers.iter().flat_map(|number| std::iter::once(&**number).chain(Fact::parts(number)));
    advised.any(|it| cash::may_mean(&it.reference, it.order_number.as_deref(), item, policy))
        || told.any(|number| cash::may_mean(number, None, item, policy))
}

/// The bank has left all of the money where it was.
fn is_whole(payment: &Payment) -> bool {
    payment.fact.kind == FactKind::Credit
        && !payment.is_returned
        && payment.returned.is_zero()
        && !payment.fact.amount.is_zero()
}

/// Whether a person has ended a deduction that came with it.
async fn is_settled(session: &mut Session, payment: &Payment) -> Result<bool> {
    let standing = payment.postings.iter().filter(|posting| !posting.is_undone);
    let ids: Vec<&str> = standing.flat_map(|posting| &posting.application.deductions).map(|it| &*it.id).collect();
    for kept in session.kept_by_key(Book::Deduction, &ids).await? {
        let deduction: Deduction = parsed(&kept.body)?;
        if matches!(deduction.state, DeductionState::Settled(_) | DeductionState::Disputed) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an advice says what was done without it.
fn confirms(payment: &Payment, advice: &Advice) -> bool {
    let standing = payment.postings.iter().filter(|posting| !posting.is_undone);
    let lines = standing.flat_map(|posting| &posting.application.lines);
    let done: Vec<_> = lines.filter_map(|line| line.item.as_deref().zip(line.split.as_ref())).collect();
    payment.unapplied.is_zero()
        && advice.amount == payment.fact.gross()
        && advice.adjustments.is_empty()
        && advice.items.len() == done.len()
        && advice.items.iter().all(|item| {
            item.adjustments.is_empty()
                && done.iter().any(|(number, split)| {
                    *number == &*item.reference
                        && item.paid == Some(split.money)
                        && (item.discount.is_zero() || item.discount == split.discount)
                })
        })
}

/// The advice that speaks of a payment.
async fn spoken(session: &mut Session, rules: &Rules, payment: &Payment) -> Result<Option<Advice>> {
    let Some(number) = payment.advice.as_deref() else { return Ok(None) };
    let family = super::payers(rules);
    let payer = payment.payer().unwrap_or_default();
    for kept in session.kept_by_key(Book::Advice, &[number]).await? {
        if family.related(payer, &kept.party) {
            return parsed(&kept.body).map(Some);
        }
    }
    Ok(None)
}
