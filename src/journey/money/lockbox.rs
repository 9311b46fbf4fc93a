//! What a bank says in documents: an 820 of its own, a lockbox (823). Each payment is money and advice at once, and money that
//! another message of the bank has told or will tell counts once: a trace with its amount, a deposit with its sum.

use rust_decimal::Decimal;

use super::books::{json, parsed, today};
use super::cash::{self, Became};
use crate::canonical::common::Reference;
use crate::canonical::lockbox::{Batch, Deposit, LockboxPayment};
use crate::canonical::{Canonical, Kind, Lockbox, Remittance};
use crate::catalogue::Catalogue;
use crate::finding::Finding;
use crate::journey::apply::Rules;
use crate::journey::examine::drive::drive;
use crate::journey::examine::{Audience, Examined, Examiner};
use crate::mapping::Detail;
use crate::process::ExceptionKind;
use crate::process::cash::{Advice, CodeList, Fact, FactKind};
use crate::process::ledger::{Currency, TOO_LARGE};
use crate::store::{Book, Document, Error, Kept, Result, Session};
use crate::wire::{Group, Interchange, Repair, SetHeader, TransactionSet};

const STRANGER: &str = "It tells of money at a bank, and whoever sent it is no bank of ours: nothing was booked. Where it is, \
    write `bank = true` into the partner's file and replay it.";

/// Whether a document tells of money because its kind does, or its sender is a bank.
pub fn is_of_bank(rules: &Rules, document: &Document, canonical: &Canonical<'_>) -> bool {
    let sender = document.partner.as_deref().and_then(|id| rules.in_force.partners.partner(id));
    let is_bank = sender.is_some_and(|partner| partner.is_bank);
    !document.test && (canonical.kind == Kind::Lockbox || (canonical.kind == Kind::Remittance && is_bank))
}

/// Books a document of a bank; one that comes again books nothing.
///
/// # Errors
/// Those of the store.
pub async fn take(session: &mut Session, rules: &Rules, document: &Document, canonical: &Canonical<'_>) -> Result<()> {
    session.lock_books().await?;
    let bank = document.partner.clone().unwrap_or_default();
    if rules.in_force.partners.partner(&bank).is_none_or(|partner| !partner.is_bank) {
        let key = format!("stranger|{}", document.id);
        let kind = ExceptionKind::PaymentUnknownInvoice;
        return cash::open_case(session, rules, kind, &bank, Decimal::ZERO, STRANGER.into(), &key).await;
    }
    if canonical.kind == Kind::Remittance {
        let remittance: Remittance = typed(canonical)?;
        return payment(session, rules, &remittance).await.map(drop);
    }
    deposits(session, rules, canonical).await.map(drop)
}

/// Books the payments of lockboxes that somebody handed in, each once.
///
/// # Errors
/// Those of the store.
pub async fn handed_in(session: &mut Session, rules: &Rules, documents: &[String]) -> Result<Became> {
    session.lock_books().await?;
    let mut became = Became::Duplicate;
    for document in documents {
        let canonical =
            Canonical::from_json(document.as_bytes()).map_err(|wrong| Error::damaged(format!("{wrong:?}")))?;
        if deposits(session, rules, &canonical).await? {
            became = Became::Posted;
        }
    }
    Ok(became)
}

/// Books every payment of a lockbox; whether any was new, or is a question for a person.
async fn deposits(session: &mut Session, rules: &Rules, canonical: &Canonical<'_>) -> Result<bool> {
    let lockbox: Lockbox = typed(canonical)?;
    let mut is_news = false;
    for deposit in &lockbox.deposits {
        total(session, rules, deposit).await?;
        for batch in &deposit.batches {
            for paid in &batch.payments {
                let became = payment(session, rules, &remittance(&lockbox, deposit, batch, paid)).await?;
                is_news |= became != Some(Became::Duplicate);
            }
        }
    }
    Ok(is_news)
}

/// Whether a file that begins so holds sets, as a lockbox comes in.
pub fn is_sets(start: &[u8]) -> bool {
    start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start().starts_with(b"ISA")
}

/// The lockboxes of a file of sets.
#[derive(Clone, Debug, Default)]
pub struct Sets {
    /// Canonical, as JSON.
    pub lockboxes: Vec<String>,
    /// What keeps the file from being taken: where in it, and why.
    pub wrong: Vec<(u64, String)>,
}

/// Reads a file that somebody hands in as a bank's: lockboxes (823) are taken. A payment order (820) says by who sends it whether
/// it is money, and comes through a door.
///
/// # Errors
/// When bytes in memory cannot be read.
pub fn read(catalogue: &Catalogue, mut bytes: &[u8]) -> std::io::Result<Sets> {
    let mut sets = Sets::default();
    let mut examiner = Examiner::new(catalogue).with_detail(Detail::COUNTS);
    let driven = drive(&mut examiner, &mut bytes, &mut sets)?;
    sets.wrong.extend(driven.left.into_iter().map(|left| (0, left)));
    Ok(sets)
}

impl Sets {
    fn blame(&mut self, findings: &[Finding]) {
        let errors = findings.iter().filter(|finding| finding.is_error());
        self.wrong.extend(errors.map(|finding| (finding.place.bytes.start, finding.message())));
    }
}

impl Audience for Sets {
    fn interchange(&mut self, _part: Option<&str>, interchange: &Interchange) -> std::io::Result<()> {
        if interchange.test {
            let words = format!("interchange {} is a test", interchange.control_number);
            self.wrong.push((interchange.span.start, words));
        }
        self.blame(&interchange.findings);
        Ok(())
    }

    fn group(&mut self, group: &Group) -> std::io::Result<()> {
        self.blame(&group.findings);
        Ok(())
    }

    fn set(&mut self, header: &SetHeader, _set: TransactionSet<'_>, examined: &Examined<'_>) -> std::io::Result<()> {
        match examined.document.as_ref().filter(|document| document.kind == Kind::Lockbox) {
            Some(document) if examined.disposition.is_accepted() => self.lockboxes.push(document.to_json()),
            Some(_) => self.blame(&examined.findings),
            None => {
                let what = format!("{} {}", header.kind, header.control_number);
                self.wrong.push((
                    0,
                    format!(
                        "{what} is no lockbox: whoever sends it says by that what it is, so it comes through a door"
                    ),
                ));
            }
        }
        Ok(())
    }

    fn group_closed(&mut self, _sets: u64, findings: &[Finding]) -> std::io::Result<()> {
        self.blame(findings);
        Ok(())
    }

    fn interchange_closed(&mut self, _groups: u64, findings: &[Finding], _repairs: &[Repair]) -> std::io::Result<()> {
        self.blame(findings);
        Ok(())
    }
}

/// Whether a booking was told in a document before: a trace and its amount, or a deposit and its sum.
///
/// # Errors
/// Those of the store.
pub async fn is_told(session: &mut Session, fact: &Fact) -> Result<bool> {
    for trace in &fact.traces {
        let Some(kept) = session.kept(Book::Memory, "", &key(trace)).await? else { continue };
        let told: Told = parsed(&kept.body)?;
        // The document itself is known by its id.
        if told.amount == fact.amount && told.by != fact.id {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Money that a document of a bank told of.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Told {
    amount: Decimal,
    by: Box<str>,
}

fn key(trace: &str) -> String {
    format!("told {trace}")
}

async fn remember(session: &mut Session, trace: &str, amount: Decimal, by: &str) -> Result<()> {
    let body = json(&Told { amount, by: by.into() })?;
    session.put_kept(Book::Memory, &Kept { party: String::new(), key: key(trace), is_open: false, body }).await
}

/// A deposit's sum is what its payments are: a statement that booked it as one gives way, one that comes is known.
async fn total(session: &mut Session, rules: &Rules, deposit: &Deposit) -> Result<()> {
    let Some(reference) = deposit.reference.as_deref() else { return Ok(()) };
    let paid = deposit.batches.iter().flat_map(|batch| &batch.payments).filter_map(|payment| payment.amount);
    let sum = paid.fold(Decimal::ZERO, Decimal::saturating_add);
    // One payment of the same number is told by itself.
    let mut single = deposit.batches.iter().flat_map(|batch| &batch.payments);
    if single.any(|payment| payment.trace.as_deref() == Some(reference)) {
        return Ok(());
    }
    if session.kept(Book::Memory, "", &key(reference)).await?.is_none() {
        cash::give_way(session, rules, reference, sum).await?;
        remember(session, reference, sum, &format!("deposit:{reference}")).await?;
    }
    Ok(())
}

/// One payment: its advice first, so that the money finds it.
async fn payment(session: &mut Session, rules: &Rules, remittance: &Remittance) -> Result<Option<Became>> {
    let read = Fact::of_bank_advice(remittance, None, today(rules));
    let money = remittance.head.currency.as_deref().map_or(Some(Currency::USD), Currency::of);
    let moved = |fact: &Fact| {
        fact.amount > Decimal::ZERO
            && fact.amount < TOO_LARGE
            && money.is_some_and(|m| m.round(fact.amount) == fact.amount)
    };
    if let Some(netted) = read.as_ref().filter(|fact| fact.amount.is_zero() && !remittance.items.is_empty())
        && let Some((payer, _)) = cash::payers(rules).identify(netted)
    {
        let payers = cash::payers(rules);
        let known = |entity: &str| payers.named(entity).map(Into::into);
        if let Some(advice) = Advice::of(remittance, payer, CodeList::X12, &rules.policy(payer).cash, known) {
            return cash::advice(session, rules, &advice).await.map(Some);
        }
    }
    let Some(mut fact) = read.filter(moved) else {
        let number = remittance.trace.as_deref().or(remittance.head.number.as_deref()).unwrap_or("without a number");
        let amount = remittance.amount.map_or("no amount".into(), |amount| amount.to_string());
        let code = remittance.head.currency.as_deref().unwrap_or("USD");
        let words = format!(
            "The bank tells of a payment {number} of {amount} {code}, which is no amount that can have moved: it was not \
             booked. Ask the bank."
        );
        let (key, kind) = (format!("no booking|{number}|{amount} {code}"), ExceptionKind::PaymentDiffers);
        let told = remittance.amount.filter(|amount| amount.abs() < TOO_LARGE).unwrap_or_default();
        cash::open_case(session, rules, kind, "", told, words, &key).await?;
        return Ok(None);
    };
    let payers = cash::payers(rules);
    let payer = payers.identify(&fact).map(|(payer, _)| payer.to_owned());
    fact.payer = payer.as_deref().map(Into::into);
    let known = |entity: &str| payers.named(entity).map(Into::into);
    match payer.filter(|_| !remittance.items.is_empty()) {
        Some(payer) => {
            let policy = &rules.policy(&payer).cash;
            if let Some(advice) = Advice::of(remittance, &payer, CodeList::X12, policy, known) {
                cash::advice(session, rules, &advice).await?;
            }
        }
        None => {
            fact.references =
                remittance.items.iter().filter_map(|item| item.reference.as_deref().map(Into::into)).collect()
        }
    }
    let (trace, amount) = (fact.traces.first().cloned().unwrap_or_default(), fact.amount);
    if fact.kind == FactKind::Credit && cash::is_booked(session, &fact).await? {
        return Ok(Some(Became::Duplicate));
    }
    let became = cash::bank(session, rules, &fact).await?;
    remember(session, &trace, amount, &fact.id).await?;
    Ok(Some(became))
}

/// A payment of a lockbox as the 820 that would say the same.
fn remittance(lockbox: &Lockbox, deposit: &Deposit, batch: &Batch, paid: &LockboxPayment) -> Remittance {
    let mut remittance = Remittance {
        amount: paid.amount,
        credit_debit: paid.credit_debit.clone(),
        method: paid.method.clone(),
        payment_date: deposit.date.or(batch.date).or(paid.payment_date),
        trace: paid.trace.clone(),
        payer_account: paid.payer_account.clone(),
        payee_account: paid.payee_account.clone().or(deposit.account.clone()),
        items: paid.items.clone(),
        adjustments: paid.adjustments.clone(),
        ..Remittance::default()
    };
    let (box_number, reference) = (deposit.reference.as_deref().unwrap_or("-"), batch.number.as_deref().unwrap_or("-"));
    // Checks of different payers have the same numbers: within its batch a payment is named once.
    let trace = paid.trace.as_deref().unwrap_or("-");
    remittance.head.number = Some(format!("{box_number}/{reference}/{trace}"));
    remittance.head.currency = paid.currency.clone().or_else(|| lockbox.head.currency.clone());
    remittance.head.parties = paid.parties.clone();
    remittance.head.references =
        paid.references.iter().filter(|reference| reference.value.is_some()).cloned().collect::<Vec<Reference>>();
    remittance
}

fn typed<T: serde::de::DeserializeOwned>(canonical: &Canonical<'_>) -> Result<T> {
    let tree = serde_json::to_value(canonical).map_err(Error::damaged)?;
    serde_json::from_value(tree).map_err(Error::damaged)
}
