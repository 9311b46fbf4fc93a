//! A payment as it is kept, found and told of.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::journey::apply::Rules;
use crate::journey::money::books::{all, json, tell};
use crate::process::cash::{self, Application, Fact, FactKind, Funds};
use crate::process::ledger::EntryId;
use crate::process::ledger::proof::PaymentStanding;
use crate::store::{Book, Kept, Result, Session};

/// A payment with everything that was decided about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payment {
    pub fact: Fact,
    /// The advice that speaks of it.
    pub advice: Option<Box<str>>,
    /// The latest last.
    pub postings: Vec<Posting>,
    /// What is on no item.
    pub unapplied: Decimal,
    /// The bank took it back.
    pub is_returned: bool,
    /// What the bank took back of it, where that was a part.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub returned: Decimal,
    /// Of a return: the credit that it takes back has not come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaits_credit: bool,
}

/// One decision and the entry that it made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Posting {
    pub application: Application,
    /// Where the money stood before.
    pub funds: Funds,
    pub entry: Option<EntryId>,
    pub is_undone: bool,
    /// Somebody took it back because it was wrong, whatever the bank did with the money later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_wrong: bool,
    /// More was known of it later, and it was decided again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_replaced: bool,
    /// Why, as the person who decided it said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Why, as whoever undid it said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_because: Option<String>,
}

impl Payment {
    pub(super) fn new(fact: Fact) -> Self {
        Self {
            fact,
            advice: None,
            postings: Vec::new(),
            unapplied: Decimal::ZERO,
            is_returned: false,
            returned: Decimal::ZERO,
            awaits_credit: false,
        }
    }

    /// Who paid, as far as it is known.
    pub fn payer(&self) -> Option<&str> {
        let decided = self.postings.iter().rev().find_map(|posting| posting.application.payer.as_deref());
        decided.or(self.fact.payer.as_deref())
    }

    /// Where its money stands.
    pub fn standing(&self) -> PaymentStanding {
        let posted = self.postings.iter().filter(|posting| !posting.is_undone);
        PaymentStanding {
            payment: self.fact.id.clone(),
            currency: self.fact.currency,
            received: self.fact.amount,
            applied: posted.map(|posting| posting.application.applied()).sum(),
            unapplied: self.unapplied,
            refunded: self.returned,
            charges: self.fact.charges,
        }
    }

    pub(super) async fn keep(&self, session: &mut Session) -> Result<()> {
        let is_open = !self.unapplied.is_zero();
        let kept = Kept { party: String::new(), key: self.fact.id.to_string(), is_open, body: json(self)? };
        session.put_kept(Book::Payment, &kept).await?;
        let traces: Vec<&str> = self.fact.traces.iter().map(|trace| &**trace).collect();
        session.name_payment(&kept.key, &traces).await
    }
}

impl Posting {
    /// Whether it moved open items, and still does.
    pub(super) fn is_application(&self) -> bool {
        !self.is_undone && self.has_applied()
    }

    /// Whether it moved open items when it was made.
    pub fn has_applied(&self) -> bool {
        self.application.lines.iter().any(|line| line.split.is_some())
    }

    /// Whether the rules made it, and no person.
    pub fn is_automatic(&self) -> bool {
        self.application.reading != cash::Reading::Person
    }
}

/// What is told of a payment: what it was, what of it is on no item, and the items that this is about.
pub(super) async fn tell_payment(
    session: &mut Session,
    rules: &Rules,
    kind: &str,
    payment: &Payment,
    items: Vec<Value>,
) -> Result<()> {
    let fact = &payment.fact;
    let detail = json!({
        "amount": fact.amount, "currency": fact.currency, "traces": fact.traces, "date": fact.date,
        "unapplied": payment.unapplied, "items": items,
    });
    tell(session, rules, kind, (&fact.id, payment.payer().unwrap_or_default()), detail).await
}

/// The credit that a trace names; of several the last.
pub(super) async fn by_trace(session: &mut Session, trace: &str) -> Result<Option<Payment>> {
    let named: Vec<Payment> = all(session.payments_named(trace).await?)?;
    Ok(named.into_iter().rfind(|payment| payment.fact.kind == FactKind::Credit))
}

/// The credit that a return takes back: of several that its traces name one that is still there, of its amount before others.
pub(super) async fn taken_back(session: &mut Session, back: &Fact) -> Result<Option<Payment>> {
    let mut found = named(session, back).await?;
    found.retain(|it| it.fact.kind == FactKind::Credit && !it.is_returned && it.fact.currency == back.currency);
    let same = found.iter().rposition(|payment| payment.fact.amount == back.amount);
    let at = same.or(found.len().checked_sub(1));
    Ok(at.map(|at| found.swap_remove(at)))
}

/// The return that came before the credit it takes back.
pub(super) async fn takes_back(session: &mut Session, credit: &Fact) -> Result<Option<Payment>> {
    let mut found = named(session, credit).await?;
    found.retain(|it| it.awaits_credit && it.fact.currency == credit.currency);
    Ok(found.into_iter().next())
}

async fn named(session: &mut Session, fact: &Fact) -> Result<Vec<Payment>> {
    let mut found: Vec<Payment> = Vec::new();
    for trace in &fact.traces {
        let named: Vec<Payment> = all(session.payments_named(trace).await?)?;
        found.extend(named.into_iter().filter(|payment| payment.fact.id != fact.id));
    }
    Ok(found)
}
