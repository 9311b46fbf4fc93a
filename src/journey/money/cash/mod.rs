//! Applies cash: money from a bank and what payers say of it come in any order, are joined, and post once.
//!
//! Deciding is [`crate::process::cash`]'s; here it is read for, and kept: the entry, the open items it moves, the
//! deductions it opens, the questions it leaves to a person, all in one unit.

mod again;
mod decide;
pub mod names;
mod orders;
mod payment;
pub mod rank;
mod unapplied;
pub mod waiting;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(in crate::journey) use self::again::arrived;
use self::decide::{Asked, Desk, asked_no_more, decide, keep_decision, policy};
pub(in crate::journey::money) use self::decide::{caused, deduction_cause};
pub use self::payment::{Payment, Posting};
use self::payment::{by_trace, taken_back, takes_back, tell_payment};
use super::books::{all, json, keep_entry, kept_deduction, kept_item, new_entry, parsed, post, tell_deduction, today};
use super::{deductions, lockbox, period, runs};
use crate::canonical::Remittance;
use crate::journey::apply::{Bound, Rules, settle};
use crate::journey::filed::filed;
use crate::process::cash::join::{self, Joined};
use crate::process::cash::{self, Advice, CodeList, Deduction, DeductionState, Fact, FactKind, Funds, Payers, Undoing};
use crate::process::ledger::{Account, Currency, Discount, Draft, Entry, ItemKind, OpenItem};
use crate::process::{BillRecord, Event, Exception, ExceptionKind, Key, Queue, Side, Source, Trade, What};
use crate::store::{Book, Error, Kept, Result, Session, View};

/// What became of money or an advice that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// Posted, and applied as far as the rules are certain.
    Posted,
    /// It waits for the money, or the money for it.
    Waits,
    /// It was here before; nothing happened.
    Duplicate,
    /// Another of this number says something else; nothing happened, and a person knows.
    Conflict,
    Refused(String),
}

/// Takes in one booking of a bank.
///
/// # Errors
/// Those of the store.
pub async fn bank(session: &mut Session, rules: &Rules, fact: &Fact) -> Result<Became> {
    session.lock_books().await?;
    if let Some(kept) = session.kept(Book::Payment, "", &fact.id).await? {
        return same_booking(session, rules, &parsed::<Payment>(&kept.body)?.fact, fact).await;
    }
    if fact.kind == FactKind::Credit && lockbox::is_told(session, fact).await? {
        return Ok(Became::Duplicate);
    }
    match fact.kind {
        FactKind::Credit => credit(session, rules, fact).await,
        FactKind::Return => returned(session, rules, fact).await,
        FactKind::Charge => {
            post(session, rules, &fact.id, fact.charge()).await?;
            let payment = Payment::new(fact.clone());
            payment.keep(session).await.map(|()| Became::Posted)
        }
        // Money of ours that left: the run that told the bank waits for it; without one it was posted when it was paid.
        FactKind::Debit => {
            let is_known = runs::booked(session, rules, fact).await?;
            Payment::new(fact.clone()).keep(session).await?;
            Ok(if is_known { Became::Posted } else { Became::Waits })
        }
    }
}

/// Takes in one booking of a statement. A bank books no money of the days to come: what it dates later than tomorrow, since
/// its day may have begun before ours, is for a person, and is booked when it is handed in again on its day.
///
/// # Errors
/// Those of the store.
pub async fn booking(session: &mut Session, rules: &Rules, fact: &Fact) -> Result<Became> {
    let latest = today(rules).tomorrow().unwrap_or(Date::MAX);
    let is_known = fact.date <= latest || session.kept(Book::Payment, "", &fact.id).await?.is_some();
    let key = format!("later|{}", fact.id);
    if is_known {
        session.close_case_of_house(&format!("cash|{key}"), "cash", Some("its day has come")).await?;
        return bank(session, rules, fact).await;
    }
    session.lock_books().await?;
    let words = format!(
        "The bank dates {} of {} {} on {}, and today is {}: it was not booked. Hand the statement in again on that day, or \
         ask the bank which day it means.",
        fact.kind.as_str(),
        fact.currency.said(fact.amount),
        fact.currency,
        fact.date,
        today(rules)
    );
    let payer = fact.payer.clone().unwrap_or_default();
    open_case(session, rules, ExceptionKind::PaymentDiffers, &payer, fact.amount, words, &key).await?;
    Ok(Became::Conflict)
}

/// Whether a booking of a known reference is the one that is known: a bank that says another amount has made two of it.
async fn same_booking(session: &mut Session, rules: &Rules, known: &Fact, fact: &Fact) -> Result<Became> {
    if (known.amount, known.currency) == (fact.amount, fact.currency) {
        return Ok(Became::Duplicate);
    }
    let said = |fact: &Fact| format!("{} {}", fact.currency.said(fact.amount), fact.currency);
    let words = format!(
        "The bank says {} under {}, which it said {} under before; the second was not booked. Ask the bank which it is.",
        said(fact),
        fact.id,
        said(known)
    );
    let payer = known.payer.as_deref().unwrap_or_default();
    let key = format!("{} says {}", fact.id, said(fact));
    open_case(session, rules, ExceptionKind::Conflict, payer, fact.amount, words, &key).await?;
    Ok(Became::Conflict)
}

/// Takes in what a payer says of a payment.
///
/// # Errors
/// Those of the store.
pub async fn advice(session: &mut Session, rules: &Rules, advice: &Advice) -> Result<Became> {
    session.lock_books().await?;
    if advice.is_too_large() {
        let words = format!(
            "Remittance {} of {} names an amount of more than 15 digits before the decimal mark: nothing of it was taken.",
            advice.number, advice.payer
        );
        let (kind, key) = (ExceptionKind::PaymentDiffers, format!("too large|{}|{}", advice.payer, advice.number));
        open_case(session, rules, kind, &advice.payer, Decimal::ZERO, words.clone(), &key).await?;
        return Ok(Became::Refused(words));
    }
    let body = json(advice)?;
    let new = Kept { party: advice.payer.to_string(), key: advice.number.to_string(), is_open: true, body };
    if !session.add_kept(Book::Advice, &new).await? {
        let before = session.kept(Book::Advice, &new.party, &new.key).await?;
        if before.is_some_and(|before| before.body == new.body) {
            return Ok(Became::Duplicate);
        }
        let words = format!(
            "Remittance {} of {} came before with other contents; nothing was overwritten.",
            advice.number, advice.payer
        );
        open_case(session, rules, ExceptionKind::Conflict, &advice.payer, advice.amount, words, &new.key).await?;
        return Ok(Became::Conflict);
    }
    if advice.amount.is_zero() {
        return netted(session, rules, advice).await;
    }
    let policy = policy(session, rules, Some(&advice.payer)).await?;
    let unapplied: Vec<Payment> = all(session.kept_open(Book::Payment, None).await?)?;
    let mut free: Vec<Payment> = unapplied.into_iter().filter(|payment| payment.advice.is_none()).collect();
    for payment in again::by_text_alone(session, advice).await? {
        if free.iter().all(|known| known.fact.id != payment.fact.id) {
            free.push(payment);
        }
    }
    let facts: Vec<Fact> = free.iter().map(|payment| payment.fact.clone()).collect();
    let payers = names::with_known(session, rules, &facts).await?;
    match join::fact_of(advice, &facts, &payers, &policy) {
        Joined::Trace(at) | Joined::Amount(at) => {
            let mut payment = free[at].clone();
            again::advised(session, rules, &mut payment, advice).await?;
            payment.keep(session).await?;
            Ok(Became::Posted)
        }
        Joined::Ambiguous(_) | Joined::Nothing => {
            waiting::await_money(session, rules, advice, &policy).await?;
            Ok(Became::Waits)
        }
    }
}

/// An advice of nothing, invoices against credit memos: no money will come for it, so that it applies at once.
async fn netted(session: &mut Session, rules: &Rules, advice: &Advice) -> Result<Became> {
    let mut payment = Payment::new(Fact::of_netting(advice, today(rules)));
    decide(session, rules, &mut payment, Some(advice), Funds::Fresh).await?;
    payment.keep(session).await?;
    Ok(Became::Posted)
}

/// Undoes the latest application of a payment: its entry is mirrored, its items open again with their old due dates, and
/// the money waits.
///
/// # Errors
/// Those of the store.
pub async fn undo(
    session: &mut Session,
    rules: &Rules,
    trace: &str,
    because: Option<&str>,
    who: &str,
) -> Result<Became> {
    session.lock_books().await?;
    let Some(mut payment) = by_trace(session, trace).await? else {
        return Ok(Became::Refused(format!("there is no payment {trace}")));
    };
    let Some(at) = payment.postings.iter().rposition(|posting| posting.is_application()) else {
        return Ok(Became::Refused(format!("nothing of {trace} is applied")));
    };
    payment.postings[at].undone_because = because.map(str::to_owned);
    take_back(session, rules, &mut payment, at, Undoing::Misapplied, who).await?;
    asked_no_more(session, &payment.fact.id, &payment.postings[at].application.questions).await?;
    if !payment.postings[at].is_automatic() {
        // Whoever takes a decision back no longer teaches it.
        rank::keep(session, &payment, at, &[]).await?;
        names::unlearn(session, &payment.fact).await?;
    }
    unapplied::owned(session, rules, &payment).await?;
    payment.keep(session).await?;
    Ok(Became::Posted)
}

/// Applies what waits of a payment as a person decided: numbers and amounts; the rest goes on waiting.
///
/// # Errors
/// Those of the store.
pub async fn assign(
    session: &mut Session,
    rules: &Rules,
    (trace, because): (&str, Option<&str>),
    chosen: &[(Box<str>, Decimal)],
) -> Result<Became> {
    session.lock_books().await?;
    let Some(mut payment) = by_trace(session, trace).await? else {
        return Ok(Became::Refused(format!("there is no payment {trace}")));
    };
    let funds = Funds::Unapplied(payment.unapplied);
    let names: Vec<&str> = chosen.iter().map(|(number, _)| &**number).collect();
    let asked = Asked { fact: &payment.fact, advice: None, funds, names: &names };
    let (application, lessons, parties) = {
        let desk = Desk::open(session, rules, &asked).await?;
        let taught = rank::left_open(&payment);
        let decided = desk.with(&asked, |case| Ok((cash::accept(case, chosen)?, cash::lessons(case, &taught, chosen))));
        match decided {
            Ok((application, lessons)) => {
                let parties = desk.parties(chosen.iter().map(|(number, _)| &**number));
                (application, lessons, parties)
            }
            Err(why) => return Ok(Became::Refused(why)),
        }
    };
    let parties: Vec<&str> = parties.iter().map(|party| &**party).collect();
    names::keep(session, rules, &payment.fact, &parties).await?;
    rank::keep(session, &payment, payment.postings.len(), &lessons).await?;
    keep_decision(session, rules, &mut payment, application, (funds, because)).await?;
    payment.keep(session).await?;
    Ok(Became::Posted)
}

/// Puts something owed into the books, an invoice or a credit memo below zero, and on it what has come for it before.
///
/// # Errors
/// Those of the store.
pub async fn owe(session: &mut Session, rules: &Rules, item: &OpenItem, source: &str, draft: Draft) -> Result<Became> {
    let became = book(session, rules, item, source, draft).await?;
    if became == Became::Posted {
        Box::pin(arrived(session, rules, item)).await?;
    }
    Ok(became)
}

async fn book(session: &mut Session, rules: &Rules, item: &OpenItem, source: &str, draft: Draft) -> Result<Became> {
    session.lock_books().await?;
    if !session.add_kept(Book::Item, &kept_item(item)?).await? {
        return Ok(Became::Duplicate);
    }
    post(session, rules, source, draft).await?;
    Ok(Became::Posted)
}

/// Books what a sale has billed and credited since: what is owed, and what it is owed for. Answers what is owed by a new
/// number, for which money may have come already.
///
/// # Errors
/// Those of the store.
pub async fn billed(session: &mut Session, rules: &Rules, before: &Trade, after: &Trade) -> Result<Vec<OpenItem>> {
    let mut owed = Vec::new();
    if after.side() != Side::Sale || after.key.test {
        return Ok(owed);
    }
    let named_anew = |bill: &&BillRecord| {
        before.bills.iter().any(|old| old.number == bill.number && old.aliases.len() < bill.aliases.len())
    };
    for bill in after.bills.iter().filter(named_anew) {
        owed.extend(goes_by(session, &after.key.partner, bill).await?);
    }
    for bill in after.bills.iter().filter(|bill| before.bills.iter().all(|old| old.number != bill.number)) {
        let currency = after.head.currency.as_deref().and_then(Currency::of).unwrap_or(Currency::USD);
        let sign = if bill.is_credit { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        let [total, tax, freight] = [bill.total, bill.tax, bill.freight].map(|amount| sign * currency.round(amount));
        if total.is_zero() {
            continue;
        }
        let date = rules.policy(&after.key.partner).calendar.date(bill.at);
        let item = OpenItem {
            number: bill.number.as_str().into(),
            kind: kind_of(total),
            party: after.key.partner.as_str().into(),
            currency,
            amount: total,
            open: total,
            date,
            due: bill.due.unwrap_or(date),
            discount: Discount::granted(&after.head.terms, date).filter(|_| !bill.is_credit),
            order_number: Some(after.key.order.as_str().into()),
            bill_of_lading: bill.shipment.as_deref().map(Into::into),
            also: bill.aliases.iter().map(|alias| alias.as_str().into()).collect(),
        };
        let goods = if bill.is_credit { Account::Returns } else { Account::Revenue };
        let words = format!("{} {}", if bill.is_credit { "credit memo" } else { "invoice" }, bill.number);
        let draft = Draft::new(words, currency, Some(&after.key.partner))
            .debit_item(Account::Receivable, total, &bill.number)
            .credit(goods, total - tax - freight)
            .credit(Account::TaxDue, tax)
            .credit(Account::Freight, freight);
        if book(session, rules, &item, &bill.event, draft).await? == Became::Posted {
            owed.push(item);
        }
    }
    Ok(owed)
}

/// What is owed for a bill is found by its other numbers too.
async fn goes_by(session: &mut Session, party: &str, bill: &BillRecord) -> Result<Option<OpenItem>> {
    session.lock_books().await?;
    let Some(kept) = session.kept(Book::Item, party, &bill.number).await? else { return Ok(None) };
    let mut item: OpenItem = parsed(&kept.body)?;
    item.also = bill.aliases.iter().map(|alias| alias.as_str().into()).collect();
    session.put_kept(Book::Item, &kept_item(&item)?).await?;
    for alias in &bill.aliases {
        let (party, key, body) = (party.to_owned(), also_key(alias), json(&item.number)?);
        session.put_kept(Book::Memory, &Kept { party, key, is_open: false, body }).await?;
    }
    Ok(Some(item))
}

fn also_key(number: &str) -> String {
    format!("also|{number}")
}

/// Open items and closed ones by any of their numbers.
pub(in crate::journey) async fn items_named(view: &mut View, numbers: &[&str]) -> Result<Vec<Kept>> {
    let keys: Vec<String> = numbers.iter().map(|number| also_key(number)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut found = view.kept_by_key(Book::Item, numbers).await?;
    for kept in view.kept_by_key(Book::Memory, &keys).await? {
        let number: Box<str> = parsed(&kept.body)?;
        found.extend(view.kept(Book::Item, &kept.party, &number).await?);
    }
    Ok(found)
}

/// Whether the books know anything that an advice names, or somebody of its payer's family owes anything.
///
/// # Errors
/// Those of the store.
pub async fn knows(view: &mut View, rules: &Rules, advice: &Advice) -> Result<bool> {
    let named: Vec<&str> = advice.items.iter().map(|item| &*item.reference).collect();
    if !items_named(view, &named).await?.is_empty() {
        return Ok(true);
    }
    for member in payers(rules).family(&advice.payer) {
        if !view.kept_open(Book::Item, Some(member)).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The entry of an item that was owed before the books began.
pub fn opening(item: &OpenItem) -> Draft {
    Draft::new(format!("opening balance {}", item.number), item.currency, Some(&item.party))
        .debit_item(Account::Receivable, item.amount, &item.number)
        .credit(Account::Opening, item.amount)
}

/// What a remittance says; `None` where it names no amount. `type_code` tells the list that its reasons are coded by.
pub fn advice_of(rules: &Rules, document: &Remittance, payer: &str, type_code: &str) -> Option<Advice> {
    let list = if type_code == "820" { CodeList::X12 } else { CodeList::Edifact };
    let payers = payers(rules);
    let known = |entity: &str| payers.named(entity).map(Into::into);
    Advice::of(document, payer, list, &rules.policy(payer).cash, known)
}

async fn credit(session: &mut Session, rules: &Rules, fact: &Fact) -> Result<Became> {
    let policy = policy(session, rules, fact.payer.as_deref()).await?;
    let waiting: Vec<Advice> = all(session.kept_open(Book::Advice, None).await?)?;
    let payers = names::with_known(session, rules, [fact]).await?;
    let advice = match join::advice_of(fact, &waiting, &payers, &policy) {
        Joined::Trace(at) | Joined::Amount(at) => Some(&waiting[at]),
        Joined::Ambiguous(_) | Joined::Nothing => None,
    };
    let mut payment = Payment::new(fact.clone());
    tell_payment(session, rules, "payment.received", &payment, Vec::new()).await?;
    decide(session, rules, &mut payment, advice, Funds::Fresh).await?;
    give_back(session, rules, &mut payment).await?;
    payment.keep(session).await?;
    Ok(Became::Posted)
}

/// Whether another message of the bank has told of the same money: a trace with its amount.
pub(in crate::journey) async fn is_booked(session: &mut Session, fact: &Fact) -> Result<bool> {
    for trace in &fact.traces {
        let before = by_trace(session, trace).await?;
        if before.is_some_and(|before| before.fact.amount == fact.amount && before.fact.id != fact.id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A deposit that was booked as one, and on no item yet, gives way to its payments: its entries are mirrored.
pub(in crate::journey) async fn give_way(
    session: &mut Session,
    rules: &Rules,
    trace: &str,
    sum: Decimal,
) -> Result<()> {
    let Some(mut payment) = by_trace(session, trace).await? else { return Ok(()) };
    if payment.is_returned || payment.fact.amount != sum || payment.unapplied != sum {
        return Ok(());
    }
    take_all_back(session, rules, &mut payment, trace).await?;
    payment.keep(session).await
}

/// The bank takes money back: every entry of the payment is mirrored, and what it paid is owed again. What comes before the
/// credit waits for it.
async fn returned(session: &mut Session, rules: &Rules, fact: &Fact) -> Result<Became> {
    let Some(mut payment) = taken_back(session, fact).await? else {
        if runs::booked(session, rules, fact).await? || is_ours(session, rules, fact).await? {
            Payment::new(fact.clone()).keep(session).await?;
            return Ok(Became::Posted);
        }
        let words = format!(
            "The bank took {} back, and no payment that it names has come. Where the credit comes, it is taken back at once; \
             where none does, ask the bank.",
            fact.currency.said(fact.amount)
        );
        let payer = fact.payer.as_deref().unwrap_or_default().to_owned();
        open_case(session, rules, ExceptionKind::PaymentReturned, &payer, fact.amount, words, &fact.id).await?;
        Payment { awaits_credit: true, ..Payment::new(fact.clone()) }.keep(session).await?;
        return Ok(Became::Waits);
    };
    take_from_bank(session, rules, &mut payment, fact).await?;
    payment.keep(session).await?;
    Payment::new(fact.clone()).keep(session).await?;
    Ok(Became::Posted)
}

/// A credit whose return has come before it: what it did is taken back in the same unit.
async fn give_back(session: &mut Session, rules: &Rules, payment: &mut Payment) -> Result<()> {
    let Some(mut back) = takes_back(session, &payment.fact).await? else { return Ok(()) };
    session.close_case_of_house(&format!("cash|{}", back.fact.id), "cash", Some("the credit has come")).await?;
    take_from_bank(session, rules, payment, &back.fact).await?;
    back.awaits_credit = false;
    back.keep(session).await
}

/// Takes out of the books what the bank took back of a payment: all of it with its own charge, or a part.
async fn take_from_bank(session: &mut Session, rules: &Rules, payment: &mut Payment, back: &Fact) -> Result<()> {
    let left = payment.fact.amount - payment.returned;
    let payer = payment.payer().unwrap_or_default().to_owned();
    let said = |amount| back.currency.said(amount);
    let money = if back.amount.is_zero() { left } else { back.amount };
    let words = if money < left {
        for at in (0..payment.postings.len()).rev() {
            let posting = &payment.postings[at];
            if posting.is_application() || !(posting.is_undone || posting.application.deductions.is_empty()) {
                take_back(session, rules, payment, at, Undoing::ReturnedInPart, &back.id).await?;
                asked_no_more(session, &payment.fact.id, &payment.postings[at].application.questions).await?;
            }
        }
        let party = Some(&*payer).filter(|payer| !payer.is_empty());
        let part = Fact { amount: money, ..back.clone() };
        post(session, rules, &back.id, part.left_in_part(&payment.fact.id, party)).await?;
        payment.returned += money;
        payment.unapplied = payment.fact.gross() - payment.returned;
        format!(
            "The bank took back {} of the {} of {payer}; what it had paid is owed again, and the {} that are left wait.",
            said(money),
            said(payment.fact.amount),
            said(payment.unapplied)
        )
    } else {
        take_all_back(session, rules, payment, &back.id).await?;
        if money > left {
            post(session, rules, &back.id, back.beyond(money - left)).await?;
        }
        format!("The bank took back {} of {payer}; what it had paid is owed again.", said(money))
    };
    open_case(session, rules, ExceptionKind::PaymentReturned, &payer, money, words, &back.id).await?;
    unapplied::owned(session, rules, payment).await
}

/// A payment of ours to a supplier that came back: its purchase is told, and owes it again. `false` where it was none.
async fn is_ours(session: &mut Session, rules: &Rules, fact: &Fact) -> Result<bool> {
    for trace in &fact.traces {
        for partner in &rules.in_force.partners.partners {
            let key = Key::payment(Side::Purchase, &partner.id, false, trace);
            let Some(row) = session.trades_to_change(key.as_str()).await?.pop() else { continue };
            let bound = Bound {
                event: Event {
                    key: format!("payment_returned|{trace}"),
                    content: String::new(),
                    source: Source::Command { by: "the bank".into(), role: "ap".into() },
                    what: What::PaymentReturned { trace: trace.to_string() },
                },
                target: Key(row.key),
                trade: None,
                partner: partner.id.clone(),
                kind: "payment_returned".into(),
                number: Some(row.number),
                sequence: 0,
            };
            settle(session, rules, &bound).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Mirrors whatever of a payment still stands, the entries by which undone money waits again among it: nothing is left of it.
async fn take_all_back(session: &mut Session, rules: &Rules, payment: &mut Payment, source: &str) -> Result<()> {
    for at in (0..payment.postings.len()).rev() {
        if !payment.postings[at].is_undone {
            take_back(session, rules, payment, at, Undoing::Returned, source).await?;
            continue;
        }
        let posting = &payment.postings[at];
        if let Some(draft) = cash::waits_no_more(&posting.application, &payment.fact, posting.funds) {
            post(session, rules, source, draft).await?;
        }
    }
    if !payment.returned.is_zero() {
        // A part was taken back before, out of what waited.
        let part = Fact { amount: payment.returned, ..payment.fact.clone() };
        let mut draft = part.left_in_part(&payment.fact.id, payment.payer());
        draft.words = format!("undoes {}", draft.words);
        draft.legs.iter_mut().for_each(|leg| leg.side = leg.side.other());
        post(session, rules, source, draft).await?;
    }
    payment.unapplied = Decimal::ZERO;
    payment.is_returned = true;
    unapplied::left(session, payment, "the bank took the money back").await
}

/// Mirrors one posting of a payment and everything that it did.
async fn take_back(
    session: &mut Session,
    rules: &Rules,
    payment: &mut Payment,
    at: usize,
    why: Undoing,
    source: &str,
) -> Result<()> {
    let posting = payment.postings[at].clone();
    let undone = cash::undo(&posting.application, &payment.fact, posting.funds, why);
    if let Some(id) = posting.entry {
        let kept = session.entry(&id.to_string()).await?.ok_or_else(|| Error::damaged(format!("no entry {id}")))?;
        let entry: Entry = parsed(&kept.body)?;
        let (day, moved) = period::open_day(session, today(rules)).await?;
        let moved = moved.map(|why| format!(" ({why})")).unwrap_or_default();
        let because = posting.undone_because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
        let words = format!("undoes {}{because}{moved}", entry.words());
        let mirror = entry.reversal(new_entry(), day, source, &words).map_err(Error::damaged)?;
        keep_entry(session, &mirror).await?;
    }
    for (number, amount) in &undone.reopened {
        let party = payment.payer().unwrap_or_default().to_owned();
        let mut item = item_of(session, &party, number).await?;
        item.reopen(*amount).map_err(Error::damaged)?;
        session.put_kept(Book::Item, &kept_item(&item)?).await?;
    }
    for id in &undone.voided {
        for kept in session.kept_by_key(Book::Deduction, &[id]).await? {
            let mut deduction: Deduction = parsed(&kept.body)?;
            if let DeductionState::Settled(settlement) = deduction.state {
                deductions::unsettle(session, rules, &deduction, (settlement, None), source).await?;
            }
            deduction.state = DeductionState::Void;
            session.put_kept(Book::Deduction, &kept_deduction(&deduction)?).await?;
            tell_deduction(session, rules, "deduction.resolved", &deduction).await?;
        }
    }
    if let Some(draft) = undone.then {
        post(session, rules, source, draft).await?;
    }
    payment.unapplied = undone.unapplied;
    payment.postings[at].is_undone = true;
    payment.postings[at].was_wrong = why == Undoing::Misapplied;
    payment.postings[at].was_replaced = why == Undoing::Replaced;
    let items: Vec<Value> =
        undone.reopened.iter().map(|(item, amount)| json!({"item": item, "amount": amount})).collect();
    tell_payment(session, rules, "remittance.reversed", payment, items).await?;
    let party = payment.payer().unwrap_or_default().to_owned();
    let name = format!("{}|{}|undone", payment.fact.id, at + 1);
    orders::tell(session, rules, (&party, &posting.application), &name, true).await
}

/// The open item of a number: the payer's own, else the one there is.
async fn item_of(session: &mut Session, party: &str, number: &str) -> Result<OpenItem> {
    let found = session.kept_by_key(Book::Item, &[number]).await?;
    let own = found.iter().find(|kept| kept.party == party).or(found.first());
    parsed(&own.ok_or_else(|| Error::missing(format_args!("open item {number}")))?.body)
}

pub(in crate::journey) async fn open_case(
    session: &mut Session,
    rules: &Rules,
    kind: ExceptionKind,
    party: &str,
    money: Decimal,
    words: String,
    key: &str,
) -> Result<()> {
    file_case(session, rules, party, Exception::new(format!("cash|{key}"), kind, words).money(money)).await
}

/// Files it, with whatever else is known of it.
pub(in crate::journey) async fn file_case(
    session: &mut Session,
    rules: &Rules,
    party: &str,
    exception: Exception,
) -> Result<()> {
    let mut exception = exception;
    if exception.kind == ExceptionKind::Conflict {
        exception.queue = Queue::AccountsReceivable;
    }
    let due = rules.policy(party).due_at(exception.queue, rules.now);
    let case = filed(&exception, Some(party).filter(|party| !party.is_empty()), rules.now, due);
    session.open_case(&case).await.map(drop)
}

/// Partners by their names, identities and accounts, and the families they belong to.
pub(in crate::journey) fn payers(rules: &Rules) -> Payers {
    let partners = &rules.in_force.partners.partners;
    partners.iter().fold(Payers::default(), |payers, partner| {
        let theirs = &partner.theirs;
        let identities = [&theirs.x12, &theirs.edifact, &theirs.xml].into_iter().flat_map(|ids| &ids.interchange);
        let names = identities.map(|identity| &identity.id).chain(&partner.pays_as).chain([&partner.name, &partner.id]);
        let payers = names.fold(payers, |payers, name| payers.alias(name, &partner.id));
        let accounts = partner.account.iter().map(|account| &account.number).chain(&partner.pays_as);
        let payers = accounts.fold(payers, |payers, account| payers.account(account, &partner.id));
        match &partner.parent {
            Some(parent) => payers.parent(&partner.id, parent),
            None => payers,
        }
    })
}

/// The kind of an item by the sign of its amount.
pub fn kind_of(amount: Decimal) -> ItemKind {
    if amount.is_sign_negative() { ItemKind::CreditMemo } else { ItemKind::Invoice }
}
