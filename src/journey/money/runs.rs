//! Payment runs: made of what is owed, released by another person. A release is one unit: the purchases are told, the
//! suppliers advised, the file for the bank is written, and what is paid moves from payables to what the bank still has to do.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::json;

use super::books::{all, json as text, parsed, post};
use super::cash::{Became, open_case};
use crate::bank::{self, Transfer, write_pain};
use crate::canonical::{Canonical, Kind};
use crate::journey::DELIVER;
use crate::journey::apply::command::{self, About, Command};
use crate::journey::apply::{Applied, Rules};
use crate::journey::issue::{NotIssued, Origin, Outgoing};
use crate::journey::people;
use crate::journey::read::unit::payload;
use crate::partner::Account;
use crate::ports::NewJob;
use crate::process::cash::{Fact, FactKind};
use crate::process::duties::Actor;
use crate::process::payment_run::{NotReleased, Payable, PaymentRun, Payout, Standing, Wish};
use crate::process::{self, BillRecord, ExceptionKind, Side, Trade, What};
use crate::store::{
    self, Answer, Book, Contents, Delivery, Direction, Document, DocumentId, DocumentState, Error, Id,
    InterchangeState, Kept, Result, Session, Subject, Transport, View,
};

/// What is done with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Create(Wish),
    Release(String),
    /// Taken back, for a reason that somebody gives: a run, or one payment of it by its trace.
    Undo {
        run: String,
        because: Option<String>,
    },
}

/// Does one of them in somebody's name.
///
/// # Errors
/// Those of the store, and what keeps a release from being whole; nothing is stored then.
pub async fn ask(session: &mut Session, rules: &Rules, ask: &Ask, by: &str) -> Result<Became> {
    session.lock_trade_key("payment runs").await?;
    match ask {
        Ask::Create(wish) => create(session, rules, wish, by).await,
        Ask::Release(run) => release(session, rules, run, by).await,
        Ask::Undo { run, because } => undo(session, rules, (run, because.as_deref()), by).await,
    }
}

/// The id of the next run.
///
/// # Errors
/// Those of the store.
pub async fn next_id(view: &mut View) -> Result<String> {
    let made: Option<u64> = view.kept(Book::Memory, "", "runs").await?.map(|kept| parsed(&kept.body)).transpose()?;
    Ok(format!("R{}", made.unwrap_or_default() + 1))
}

/// The id of the latest run.
///
/// # Errors
/// Those of the store.
pub async fn latest_id(view: &mut View) -> Result<String> {
    let made: Option<u64> = view.kept(Book::Memory, "", "runs").await?.map(|kept| parsed(&kept.body)).transpose()?;
    Ok(format!("R{}", made.unwrap_or_default()))
}

/// Who makes or releases a run: a key acts for its owner. While nobody has been added, whoever is named.
pub fn name(actor: &Actor) -> &str {
    if actor.owner == people::LOCAL { &actor.name } else { &actor.owner }
}

/// A run by its id.
///
/// # Errors
/// Those of the store.
pub async fn run(view: &mut View, id: &str) -> Result<Option<PaymentRun>> {
    view.kept(Book::Run, "", id).await?.map(|kept| parsed(&kept.body)).transpose()
}

/// What a run would pay today, without making it.
///
/// # Errors
/// Those of the store.
pub async fn propose(view: &mut View, rules: &Rules, wish: &Wish, by: &str) -> Result<PaymentRun> {
    let id = next_id(view).await?;
    let mut payables: Vec<Payable> = all(view.kept_open(Book::Payable, None).await?)?;
    let waiting: Vec<PaymentRun> = all(view.kept_open(Book::Run, None).await?)?;
    for payable in payables.iter_mut().filter(|payable| payable.blocked.is_none()) {
        let holds = |run: &&PaymentRun| {
            let mut items = run.paying().flat_map(|payout| &payout.items);
            items.any(|item| item.trade == payable.trade && item.number == payable.number)
        };
        if let Some(run) = waiting.iter().find(holds) {
            payable.blocked = Some(format!("it is in run {}, which waits for its release", run.id).into());
        } else if account(rules, &payable.supplier).is_none() {
            let file = &payable.supplier;
            payable.blocked = Some(format!("partners/{file}.toml names no account: add [account] number").into());
        }
    }
    let mut run = PaymentRun::propose(&id, &payables, wish, by);
    let told: Vec<Option<Box<str>>> = run.payments.iter().map(|payout| not_advised(rules, &run, payout)).collect();
    run.payments.iter_mut().zip(told).for_each(|(payout, why)| payout.not_advised = why);
    Ok(run)
}

/// Keeps what is owed for documents of a purchase where a run finds it.
///
/// # Errors
/// Those of the store.
pub async fn owing(session: &mut Session, rules: &Rules, before: &Trade, after: &Trade) -> Result<()> {
    if after.side() != Side::Purchase || after.key.test {
        return Ok(());
    }
    let due = |bill: &BillRecord, date: Date| {
        // The order's terms are its supplier's.
        let (issuer, terms) = match bill.carrier() {
            Some(carrier) => (carrier, [].as_slice()),
            None => (after.key.partner.as_str(), after.head.terms.as_slice()),
        };
        process::due_date(terms, date, rules.policy(issuer).invoice.net_days).unwrap_or(date)
    };
    let (old, new) = (before.payables(due), after.payables(due));
    for payable in &new {
        if !old.contains(payable) {
            session.put_kept(Book::Payable, &kept(payable, true)?).await?;
        }
    }
    for payable in old {
        if new.iter().all(|it| it.number != payable.number) {
            session.put_kept(Book::Payable, &kept(&Payable { open: Decimal::ZERO, ..payable }, false)?).await?;
        }
    }
    Ok(())
}

/// The bank has booked a payment of ours, or all of a run together; `false` where it is none of a run.
///
/// # Errors
/// Those of the store.
pub async fn booked(session: &mut Session, rules: &Rules, fact: &Fact) -> Result<bool> {
    for trace in &fact.traces {
        let Some(mut run) = run(session, PaymentRun::id_of(trace)).await? else { continue };
        if run.released_by.is_none() {
            continue;
        }
        let is_return = fact.kind == FactKind::Return;
        let (mut expected, mut is_known) = (Decimal::ZERO, false);
        for payout in run.payments.iter_mut().filter(|payout| run.id == *trace || payout.trace == *trace) {
            is_known = true;
            let is_out = payout.standing == Standing::Undone || run.undone_by.is_some();
            match payout.standing {
                Standing::Undone => {}
                _ if is_return => payout.standing = Standing::Returned,
                Standing::Pending => payout.standing = Standing::Paid,
                _ => {}
            }
            // What was taken back and is paid all the same is more than was expected.
            if is_return || !is_out {
                expected += payout.amount;
            }
        }
        if !is_known {
            continue;
        }
        let amount = if fact.amount.is_zero() { expected } else { fact.amount };
        let draft = if is_return { run.given_back(amount) } else { run.cleared(amount) };
        post(session, rules, &fact.id, draft).await?;
        if amount != expected {
            let said = |amount| run.currency.said(amount);
            let words = match expected.is_zero() {
                true => format!(
                    "The bank paid {} for {trace}, which was taken back: have it returned, or pay so much less next time.",
                    said(amount)
                ),
                false => format!("The bank booked {} for {trace}, which is {}.", said(amount), said(expected)),
            };
            let key = format!("run {trace}, {}", fact.id);
            open_case(session, rules, ExceptionKind::PaymentRunDiffers, "", amount - expected, words, &key).await?;
        }
        keep(session, &run).await?;
        if is_return {
            for payout in run.paying().filter(|payout| run.id == *trace || payout.trace == *trace) {
                owe_again(session, rules, payout, "the bank").await?;
                let words = format!(
                    "The bank gave back {} to {}, payment {}; it is owed again.",
                    run.currency.said(payout.amount),
                    payout.supplier,
                    payout.trace
                );
                let (kind, key) = (ExceptionKind::PaymentRunReturned, format!("run {}", payout.trace));
                open_case(session, rules, kind, &payout.supplier, payout.amount, words, &key).await?;
            }
        }
        return Ok(true);
    }
    Ok(false)
}

async fn create(session: &mut Session, rules: &Rules, wish: &Wish, by: &str) -> Result<Became> {
    if rules.in_force.partners.us.account.is_none() {
        let why = "partners/us.toml names no account that we pay from: add [account] number";
        return Ok(Became::Refused(why.into()));
    }
    let run = propose(session, rules, wish, by).await?;
    if run.payments.is_empty() {
        let left = run.left_out.iter().map(|left| format!("{} {}: {}", left.supplier, left.number, left.why));
        let left: Vec<String> = left.collect();
        let why = if left.is_empty() { "nothing is owed".to_owned() } else { left.join("; ") };
        return Ok(Became::Refused(format!("nothing is to be paid: {why}")));
    }
    let number: u64 = run.id.trim_start_matches('R').parse().unwrap_or(1);
    let memory = Kept { party: String::new(), key: "runs".into(), is_open: false, body: text(&number)? };
    session.put_kept(Book::Memory, &memory).await?;
    keep(session, &run).await?;
    Ok(Became::Posted)
}

async fn release(session: &mut Session, rules: &Rules, id: &str, by: &str) -> Result<Became> {
    let Some(mut run) = run(session, id).await? else {
        return Ok(Became::Refused(format!("there is no payment run {id}")));
    };
    if let Err(why) = run.release(by) {
        return Ok(Became::Refused(why.to_string()));
    }
    // Everything is locked before anything is booked, in one order.
    let mut trades = BTreeSet::new();
    for payout in run.paying() {
        trades.extend(payout.items.iter().map(|item| item.trade.clone()));
    }
    for trade in trades {
        session.lock_trade_key(&trade).await?;
    }
    for payout in run.paying() {
        pay(session, rules, &run, payout, by).await?;
    }
    for payout in run.paying() {
        advise(session, rules, &run, payout).await?;
    }
    // As it was agreed when it left.
    let told: Vec<Option<Box<str>>> = run.payments.iter().map(|payout| not_advised(rules, &run, payout)).collect();
    run.payments.iter_mut().zip(told).for_each(|(payout, why)| payout.not_advised = why);
    run.file = Some(send(session, rules, &run).await?.to_string().into());
    paid_again(session, &run).await?;
    keep(session, &run).await?;
    Ok(Became::Posted)
}

/// What the bank gave back of an earlier run and this one pays is nobody's case any more.
async fn paid_again(session: &mut Session, run: &PaymentRun) -> Result<()> {
    let paid: Vec<_> = run.paying().flat_map(|payout| &payout.items).map(|item| (&item.trade, &item.number)).collect();
    for case in session.open_cases_of_house("cash|run ").await? {
        let trace = case.key.trim_start_matches("cash|run ");
        if case.kind != ExceptionKind::PaymentRunReturned.as_str() || PaymentRun::id_of(trace) == &*run.id {
            continue;
        }
        let Some(before) = self::run(session, PaymentRun::id_of(trace)).await? else { continue };
        let Some(payout) = before.payments.iter().find(|payout| *payout.trace == *trace) else { continue };
        if payout.items.iter().all(|item| paid.contains(&(&item.trade, &item.number))) {
            let why = format!("run {} pays it again", run.id);
            session.close_case_number(case.number, "cash", Some(&why)).await?;
        }
    }
    Ok(())
}

/// Every invoice of a payment is paid in our books.
async fn pay(session: &mut Session, rules: &Rules, run: &PaymentRun, payout: &Payout, by: &str) -> Result<()> {
    for item in &payout.items {
        let payment = process::Payment {
            trace: payout.trace.to_string(),
            invoice: item.number.to_string(),
            amount: item.paid(),
            discount: item.discount,
            deducted: Decimal::ZERO,
            date: Some(run.day),
            run: Some(run.id.to_string()),
        };
        let told = tell(session, rules, (payout, &item.trade, &item.order), What::Paid(payment), by).await?;
        if let Some(why) = told {
            return Err(Error::Refused(format!(
                "invoice {} is not as the run has it: {why}; make it anew",
                item.number
            )));
        }
    }
    Ok(())
}

async fn undo(session: &mut Session, rules: &Rules, (id, because): (&str, Option<&str>), by: &str) -> Result<Became> {
    let whole = PaymentRun::id_of(id);
    let Some(mut run) = run(session, whole).await? else {
        return Ok(Became::Refused(format!("there is no payment run {whole}")));
    };
    let undone: Result<Vec<Payout>, NotReleased> = match whole == id {
        true => run.undo(by, because).map(|()| run.paying().cloned().collect()),
        false => run.take_out(id, by, because).map(|payout| vec![payout]),
    };
    let undone = match undone {
        Ok(undone) => undone,
        Err(why) => return Ok(Became::Refused(why.to_string())),
    };
    if run.released_by.is_some() {
        for payout in &undone {
            owe_again(session, rules, payout, by).await?;
        }
        let total = undone.iter().map(|payout| payout.amount).sum();
        let because = because.map(|because| format!(" ({because})")).unwrap_or_default();
        let (what, told) = match undone.as_slice() {
            [payout] if whole != id => (format!("Payment {id}"), payout.supplier.to_string()),
            _ => (format!("Payment run {id}"), "the suppliers".to_owned()),
        };
        let words = format!(
            "{what} of {} was taken back after its file was written{because}: have the bank cancel it, and tell {told} that \
             nothing comes.",
            run.currency.said(total)
        );
        let kind = ExceptionKind::PaymentRunUndone;
        open_case(session, rules, kind, "", total, words, &format!("run {id} undone")).await?;
    }
    keep(session, &run).await?;
    Ok(Became::Posted)
}

/// Every invoice of a payment is owed again.
async fn owe_again(session: &mut Session, rules: &Rules, payout: &Payout, by: &str) -> Result<()> {
    for item in &payout.items {
        let event = format!("payment|{}|{}", payout.trace, item.number);
        let about = (payout, &*item.trade, &*item.order);
        if let Some(why) = tell(session, rules, about, What::Reversed { event }, by).await? {
            return Err(Error::Refused(format!("invoice {} cannot be opened again: {why}", item.number)));
        }
    }
    Ok(())
}

/// Tells a purchase something of a payment; answers why it does not take it.
async fn tell(
    session: &mut Session,
    rules: &Rules,
    (payout, trade, order): (&Payout, &str, &str),
    what: What,
    by: &str,
) -> Result<Option<String>> {
    let key = match &what {
        What::Reversed { event } => format!("reversed|{event}"),
        _ => payout.trace.to_string(),
    };
    let about = About::Trade { key: trade.into(), number: order.into(), partner: payout.supplier.to_string() };
    let command = Command { by: by.to_owned(), role: "treasury".into(), key, about, what };
    Ok(match command::tell(session, rules, &command).await? {
        Applied::Applied | Applied::Duplicate => None,
        Applied::Refused { why } => Some(why),
        Applied::Parked { awaits } => Some(format!("it waits for {}", awaits.replace('|', " "))),
        Applied::Conflict => Some("something else was told of it before".into()),
    })
}

/// Why a supplier is not told what is paid, where it is not; whoever makes and releases the run sees it.
fn not_advised(rules: &Rules, run: &PaymentRun, payout: &Payout) -> Option<Box<str>> {
    let file = format!("partners/{}.toml", payout.supplier);
    if !rules.policy(&payout.supplier).buying.remittance {
        return Some(format!("{file} says that it wants no remittance: tell it by other means").into());
    }
    match prepared(rules, run, payout) {
        Ok(Err(NotIssued::NotAgreed { .. })) => Some(
            format!("{file} agrees to no 820 or REMADV that we send: tell it by other means, or add the agreement")
                .into(),
        ),
        _ => None,
    }
}

/// The advice as it would leave.
fn prepared(rules: &Rules, run: &PaymentRun, payout: &Payout) -> Result<std::result::Result<Outgoing, NotIssued>> {
    let directory = &rules.in_force.partners;
    let name = directory.partner(&payout.supplier).map_or(&*payout.supplier, |partner| &partner.name);
    let advice = run.advice(payout, (&directory.us.name, name));
    let document = Canonical::from_typed(Kind::Remittance, &advice)
        .map_err(|wrong| Error::Refused(format!("advice {}: {wrong:?}", payout.trace)))?;
    Ok(Outgoing::prepare(&rules.in_force.catalogue, &payout.supplier, &document, None, rules.now))
}

/// The supplier is told what is paid, where it was agreed to.
async fn advise(session: &mut Session, rules: &Rules, run: &PaymentRun, payout: &Payout) -> Result<()> {
    if !rules.policy(&payout.supplier).buying.remittance {
        return Ok(());
    }
    match prepared(rules, run, payout)? {
        Ok(outgoing) => {
            let origin = Origin { transmission: None, revision: rules.in_force.revision.clone() };
            outgoing.write(session, &rules.store, &origin).await.map(drop)
        }
        Err(NotIssued::NotAgreed { .. }) => Ok(()),
        Err(why) => Err(Error::Refused(format!("{} cannot be advised: {why}", payout.supplier))),
    }
}

/// Writes the file for the bank, and owes it to the bank's outlet where one is named.
async fn send(session: &mut Session, rules: &Rules, run: &PaymentRun) -> Result<DocumentId> {
    let us = &rules.in_force.partners.us;
    let own = us.account.as_ref();
    let Some(own) = own else { return Err(Error::Refused("we have no account that we pay from".into())) };
    let transfer = |payout: &Payout| {
        let Some(account) = account(rules, &payout.supplier) else {
            return Err(Error::Refused(format!("partners/{}.toml names no account", payout.supplier)));
        };
        let name = rules.in_force.partners.partner(&payout.supplier).map_or("", |partner| &partner.name);
        Ok(Transfer {
            trace: payout.trace.to_string(),
            payee: party(account, name),
            amount: payout.amount,
            currency: run.currency.to_string(),
            invoices: payout.items.iter().map(|item| (item.named.to_string(), item.paid())).collect(),
        })
    };
    let file = bank::PaymentRun {
        id: run.id.to_string(),
        created: TimeZone::UTC.to_datetime(rules.now),
        execute: run.day,
        payer: party(own, &us.name),
        transfers: run.paying().map(transfer).collect::<Result<_>>()?,
    };
    let bytes = write_pain(&file).map_err(Error::Refused)?;
    let (length, payload) = (bytes.len() as u64, payload(&rules.store, bytes)?);
    session.add_payload(&payload).await?;
    let ours = own.bank.as_deref().and_then(|bank| rules.in_force.partners.partner(bank));
    if let (Some(named), None) = (&own.bank, ours) {
        return Err(Error::Refused(format!(
            "partners/us.toml names {named} as our bank, and there is no such partner"
        )));
    }
    let partner = ours.map(|bank| bank.id.clone());
    let interchange = store::Interchange {
        id: Id::new(),
        transmission: None,
        position: 1,
        direction: Direction::Out,
        partner: partner.clone(),
        syntax: "iso20022".into(),
        version: "pain.001.001.09".into(),
        sender: us.name.clone(),
        receiver: ours.map(|bank| bank.name.clone()).unwrap_or_default(),
        control_number: run.id.to_string(),
        test: false,
        duplicate_of: None,
        span: (0, length),
        state: InterchangeState::Closed,
        header: json!({}),
        findings: json!([]),
    };
    session.add_interchange(&interchange).await?;
    let document = Document {
        id: Id::new(),
        direction: Direction::Out,
        kind: Some("payment_run".into()),
        type_code: "pain.001".into(),
        release: "001.09".into(),
        partner: partner.clone(),
        transmission: None,
        interchange: Some(interchange.id),
        group: None,
        position: 1,
        control_number: run.id.to_string(),
        number: Some(run.id.to_string()),
        test: false,
        disposition: "accepted".into(),
        state: DocumentState::Done,
        transport: if ours.is_some() { Transport::Pending } else { Transport::None },
        functional: Answer::None,
        application: Answer::None,
        payload: Some(payload.hash.clone()),
        span: (0, length),
        segments: 0,
        findings_count: 0,
        content_hash: Some(payload.hash.clone()),
        duplicate_of: None,
        map: None,
        revision: Some(rules.in_force.revision.clone()),
        created_at: rules.now,
    };
    let id = document.id;
    session.add_documents(&[(document, Contents::default())]).await?;
    if let Some(bank) = ours {
        let (outlet, name) = (bank.outlet(), format!("pain.001-{}-{id}.xml", run.id));
        let subject = (Subject::Interchange, interchange.id.to_string());
        let delivery = Delivery::new(&outlet, Some(&bank.id), subject, &payload.hash, name);
        session.queue_deliveries(&outlet, &mut [delivery]).await?;
        let revision = Some(rules.in_force.revision.clone());
        session.enqueue(vec![NewJob { revision, ..NewJob::new(DELIVER, &outlet, &bank.id) }.once()]).await?;
    }
    Ok(id)
}

fn account<'r>(rules: &'r Rules, supplier: &str) -> Option<&'r Account> {
    rules.in_force.partners.partner(supplier)?.account.as_ref()
}

fn party(account: &Account, name: &str) -> bank::Party {
    bank::Party {
        name: account.holder.clone().unwrap_or_else(|| name.to_owned()),
        account: account.number.clone(),
        bank: account.bic.clone(),
    }
}

async fn keep(session: &mut Session, run: &PaymentRun) -> Result<()> {
    let is_open = run.state() == "created";
    let kept = Kept { party: String::new(), key: run.id.to_string(), is_open, body: text(run)? };
    session.put_kept(Book::Run, &kept).await
}

fn kept(payable: &Payable, is_open: bool) -> Result<Kept> {
    let key = format!("{}|{}", payable.trade, payable.number);
    Ok(Kept { party: payable.supplier.to_string(), key, is_open, body: text(payable)? })
}
