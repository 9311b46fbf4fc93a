//! Names that customers pay under and no partner file has: whoever says for whom a payment of somebody unknown was makes the
//! name known. It is in the trail with the decision, goes when the decision is taken back or somebody says that it is to be
//! forgotten, and counts for nobody once people have put it on two customers.

use serde::{Deserialize, Serialize};

use super::payment::by_trace;
use super::{Became, payers};
use crate::journey::apply::Rules;
use crate::journey::money::books::{json, parsed};
use crate::process::cash::{Application, Fact, Payers, QuestionKind};
use crate::store::{Book, Kept, Result, Session, View};

const KEY: &str = "known name|";
/// Names read at a time.
const PAGE: usize = 1_000;

/// What people decided about a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownName {
    pub name: Box<str>,
    /// Those that it was put on; of more than one nobody is known by it.
    pub customers: Vec<Box<str>>,
    /// The payments that were decided on.
    pub payments: Vec<Box<str>>,
}

impl KnownName {
    pub fn customer(&self) -> Option<&str> {
        match self.customers.as_slice() {
            [customer] => Some(customer),
            _ => None,
        }
    }
}

/// Every name that people have made known, in the order of the names.
///
/// # Errors
/// Those of the store.
pub async fn all(view: &mut View) -> Result<Vec<KnownName>> {
    let (mut found, mut after) = (Vec::new(), KEY.to_owned());
    loop {
        let page = view.kept_after(Book::Memory, ("", &after), PAGE).await?;
        let count = page.len();
        for kept in page {
            if !kept.party.is_empty() || !kept.key.starts_with(KEY) {
                return Ok(found);
            }
            found.extend(Some(parsed::<KnownName>(&kept.body)?).filter(|known| !known.customers.is_empty()));
            after = kept.key;
        }
        if count < PAGE {
            return Ok(found);
        }
    }
}

/// Nobody is known by a name any more.
///
/// # Errors
/// Those of the store.
pub async fn forget(session: &mut Session, name: &str) -> Result<Became> {
    session.lock_books().await?;
    match known(session, name).await? {
        Some(known) => keep_name(session, &KnownName { customers: Vec::new(), payments: Vec::new(), ..known })
            .await
            .map(|()| Became::Posted),
        None => Ok(Became::Refused(format!("nobody was made known by {name}; `entrepot cash names` shows who was"))),
    }
}

/// Customers by all their names: those of their files, and the one that these bookings name where people made it known.
pub(super) async fn with_known<'f>(
    view: &mut View,
    rules: &Rules,
    facts: impl IntoIterator<Item = &'f Fact>,
) -> Result<Payers> {
    let mut payers = payers(rules);
    for fact in facts {
        if payers.identify(fact).is_none()
            && let Some(name) = called(fact)
            && let Some(known) = known(view, name).await?
            && let Some(customer) = known.customer()
        {
            payers = payers.alias(name, customer).account(name, customer);
        }
    }
    Ok(payers)
}

/// Keeps for whom a payment of somebody unknown was, where what it was put on is owed by one customer.
pub(super) async fn keep(session: &mut Session, rules: &Rules, fact: &Fact, parties: &[&str]) -> Result<()> {
    let [customer] = parties else { return Ok(()) };
    let Some(name) = stranger(rules, fact) else { return Ok(()) };
    let mut known = known(session, name).await?.unwrap_or_else(|| KnownName {
        name: name.into(),
        customers: Vec::new(),
        payments: Vec::new(),
    });
    if known.customers.iter().all(|known| **known != **customer) {
        known.customers.push((*customer).into());
    }
    if !known.payments.contains(&fact.id) {
        known.payments.push(fact.id.clone());
    }
    keep_name(session, &known).await
}

/// What a payment taught of its name is taken back with the decision.
pub(super) async fn unlearn(session: &mut Session, fact: &Fact) -> Result<()> {
    let Some(name) = called(fact) else { return Ok(()) };
    let Some(mut known) = known(session, name).await? else { return Ok(()) };
    let before = known.payments.len();
    known.payments.retain(|payment| *payment != fact.id);
    if known.payments.is_empty() {
        known.customers.clear();
    }
    if known.payments.len() == before { Ok(()) } else { keep_name(session, &known).await }
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
    let Some(name) = stranger(rules, fact) else { return Ok(()) };
    question.words = match known(session, name).await? {
        Some(known) => format!(
            "{}; people have put it on {}, so that it names none of them",
            question.words,
            known.customers.join(" and on ")
        ),
        None => format!("{}; whoever says whose it is makes the name known", question.words),
    };
    Ok(())
}

/// The name that a payment is under and whom people made known by it, for the trail.
///
/// # Errors
/// Those of the store.
pub(in crate::journey) async fn of_payment(session: &mut Session, trace: &str) -> Result<Option<KnownName>> {
    let Some(payment) = by_trace(session, trace).await? else { return Ok(None) };
    match called(&payment.fact) {
        Some(name) => known(session, name).await,
        None => Ok(None),
    }
}

async fn keep_name(session: &mut Session, known: &KnownName) -> Result<()> {
    let kept = Kept { party: String::new(), key: key_of(&known.name), is_open: false, body: json(known)? };
    session.put_kept(Book::Memory, &kept).await
}

async fn known(view: &mut View, name: &str) -> Result<Option<KnownName>> {
    let kept = view.kept(Book::Memory, "", &key_of(name)).await?;
    let known: Option<KnownName> = kept.map(|kept| parsed(&kept.body)).transpose()?;
    Ok(known.filter(|known| !known.customers.is_empty()))
}

/// The name of whoever no partner file knows.
fn stranger<'f>(rules: &Rules, fact: &'f Fact) -> Option<&'f str> {
    called(fact).filter(|_| payers(rules).identify(fact).is_none())
}

fn called(fact: &Fact) -> Option<&str> {
    let name = fact.payer_name.as_deref().or(fact.payer_account.as_deref())?;
    name.chars().any(char::is_alphanumeric).then_some(name)
}

fn key_of(name: &str) -> String {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    format!("{KEY}{plain}")
}
