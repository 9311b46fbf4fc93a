//! Names that nobody is known by: whom a person said that they paid for is remembered, and said when they pay again. It becomes
//! a name of a customer where somebody writes it into the customer's file (`pays_as`); nothing is learned behind anybody's back.

use serde::{Deserialize, Serialize};

use super::payers;
use crate::journey::apply::Rules;
use crate::journey::money::books::{json, parsed};
use crate::process::cash::{Application, Fact, QuestionKind};
use crate::store::{Book, Kept, Result, Session};

/// What a person once decided about a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PaidFor {
    customer: Box<str>,
    payment: Box<str>,
    times: u32,
}

/// Keeps for whom a payment of somebody unknown was, where what it was put on is owed by one customer.
pub(super) async fn keep(session: &mut Session, rules: &Rules, fact: &Fact, parties: &[&str]) -> Result<()> {
    let [customer] = parties else { return Ok(()) };
    let Some(key) = key(rules, fact) else { return Ok(()) };
    let before: Option<PaidFor> = session.kept(Book::Memory, "", &key).await?.map(|it| parsed(&it.body)).transpose()?;
    let times = before.filter(|before| *before.customer == **customer).map_or(1, |before| before.times + 1);
    let paid = PaidFor { customer: (*customer).into(), payment: fact.id.clone(), times };
    session.put_kept(Book::Memory, &Kept { party: String::new(), key, is_open: false, body: json(&paid)? }).await
}

/// Says to whoever is asked who an unknown payer is, whom it paid for before.
pub(super) async fn recall(
    session: &mut Session,
    rules: &Rules,
    fact: &Fact,
    application: &mut Application,
) -> Result<()> {
    let mut asked = application.questions.iter_mut().filter(|question| question.kind == QuestionKind::UnknownPayer);
    let Some(question) = asked.next() else { return Ok(()) };
    let Some(key) = key(rules, fact) else { return Ok(()) };
    let Some(kept) = session.kept(Book::Memory, "", &key).await? else { return Ok(()) };
    let PaidFor { customer, payment, times } = parsed(&kept.body)?;
    let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    let name = called(fact).unwrap_or_default();
    question.words = format!(
        "{}; it was put on {customer} {often}, by {payment} last: pays_as = [{name:?}] in partners/{customer}.toml remembers it",
        question.words
    );
    Ok(())
}

/// Under what a stranger is remembered; `None` for whoever is known, or tells neither name nor account.
fn key(rules: &Rules, fact: &Fact) -> Option<String> {
    let known = payers(rules);
    let name = called(fact).filter(|_| known.identify(fact).is_none())?;
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    (!plain.is_empty()).then(|| format!("paid for|{plain}"))
}

fn called(fact: &Fact) -> Option<&str> {
    fact.payer_name.as_deref().or(fact.payer_account.as_deref())
}
