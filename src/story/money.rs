//! What a story says of money: open items, the bank's bookings, and what came of them, compared with the books.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::compare::same;
use super::model::Sentence;
use super::trades::Found;
use crate::journey::money::books::all;
use crate::journey::money::cash::{Payment, kind_of};
use crate::journey::money::runs;
use crate::process::cash::{Deduction, DeductionState, Fact, FactKind};
use crate::process::ledger::{self, Chart, Currency, Entry, ItemKind, Leg, OpenItem, discount_from};
use crate::process::payment_run::PaymentRun;
use crate::store::{Book, Error, Kept, Result, View};

/// `given open-item 100234 payer=acme amount=1000.00 date=2026-03-01 terms="2/10 n30"`.
///
/// # Errors
/// What it lacks, in words.
pub fn item(sentence: &Sentence, payer: &str, today: Date) -> std::result::Result<OpenItem, String> {
    let amount = decimal(sentence, "amount")?.ok_or("it does not say `amount=`")?;
    let is_credit = sentence.pair("kind").is_some_and(|kind| kind.contains("credit"));
    let amount = if is_credit { -amount.abs() } else { amount };
    let date = day(sentence, "date")?.unwrap_or(today);
    let terms = sentence.pair("terms").unwrap_or("n30");
    let (due, discount) = discount_from(terms, date).ok_or_else(|| format!("`{terms}` are no terms: `2/10 n30`"))?;
    let kind = match sentence.pair("kind") {
        Some(kind) if kind.contains("debit") => ItemKind::DebitMemo,
        _ => kind_of(amount),
    };
    Ok(OpenItem {
        number: sentence.slot("NUMBER").unwrap_or_default().into(),
        kind,
        party: payer.into(),
        currency: currency(sentence)?,
        amount,
        open: amount,
        date,
        due: day(sentence, "due")?.unwrap_or(due),
        discount,
        order_number: sentence.pair("order").map(Into::into),
        bill_of_lading: sentence.pair("bill_of_lading").map(Into::into),
        also: Vec::new(),
    })
}

/// `from bank credit amount=2375.00 trace=T1 payer=acme reference="" charges=0`. The amount is what moved on the account;
/// a return names the payment that it takes back: `of=T1`. `known` finds a partner by its name in the story.
///
/// # Errors
/// What it lacks, in words.
pub fn fact(
    sentence: &Sentence,
    today: Date,
    known: impl Fn(&str) -> Option<String>,
) -> std::result::Result<Fact, String> {
    let kind = match sentence.choice() {
        Some("credit") => FactKind::Credit,
        Some("return") => FactKind::Return,
        Some("debit") if sentence.pair("payer").is_none() && sentence.pair("trace").is_none() => FactKind::Charge,
        Some("debit") => FactKind::Debit,
        _ => return Err("a statement comes as a file: `from PARTNER file PATH`".to_owned()),
    };
    let amount = match (decimal(sentence, "amount")?, kind) {
        (Some(amount), _) => amount,
        (None, FactKind::Return) => Decimal::ZERO,
        (None, _) => return Err("it does not say `amount=`".to_owned()),
    };
    let traces: Vec<Box<str>> = ["trace", "of"]
        .iter()
        .filter_map(|key| sentence.pair(key))
        .filter(|it| !it.is_empty())
        .map(Into::into)
        .collect();
    let payer = sentence.pair("payer").filter(|payer| !payer.is_empty());
    let own = sentence.pair("id").map_or_else(|| format!("line {}", sentence.line), str::to_owned);
    let trace = traces.first().map(|trace| format!("{trace}, ")).unwrap_or_default();
    let references = sentence.pair("reference").unwrap_or_default().split([',', ';']).map(str::trim);
    Ok(Fact {
        // A sentence that is repeated is the same booking.
        id: format!("{trace}{own}").into(),
        kind,
        currency: currency(sentence)?,
        amount,
        charges: decimal(sentence, "charges")?.unwrap_or_default(),
        date: day(sentence, "date")?.unwrap_or(today),
        value_date: day(sentence, "value_date")?,
        traces,
        payer: payer.and_then(known).map(Into::into),
        payer_account: sentence.pair("account").map(Into::into),
        payer_name: sentence.pair("name").or(payer).map(Into::into),
        references: references.filter(|number| !number.is_empty()).map(Into::into).collect(),
        text: sentence.pair("text").unwrap_or_default().into(),
    })
}

/// `then applied 100234 1000.00 score=1.00 because "number exact"`: the money on the item, or all that closed of it.
pub async fn applied(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let number = sentence.slot("NUMBER").unwrap_or_default();
    let wanted = sentence.slot("AMOUNT").unwrap_or_default();
    let because = sentence.slot("WORDS").unwrap_or_default().to_lowercase();
    let mut found = Vec::new();
    for payment in payments(view).await? {
        for posting in payment.postings.iter().filter(|posting| !posting.is_undone) {
            for line in &posting.application.lines {
                let (Some(item), Some(split)) = (&line.item, &line.split) else { continue };
                if **item != *number {
                    continue;
                }
                let why = [std::slice::from_ref(&line.because), split.because.as_slice()].concat().join("; ");
                let said = format!("{why}; {}", posting.application.reading.as_str()).to_lowercase();
                let amounts = [split.money, split.applied()];
                let fits = amounts.iter().any(|amount| same(&amount.to_string(), wanted))
                    && sentence.pair("score").is_none_or(|score| same(&line.score.to_string(), score))
                    && because.split_whitespace().all(|word| said.contains(word));
                if fits {
                    return Ok(None);
                }
                let score = line.score;
                found.push(format!("{} applied to {number} by {}, score={score}: {why}", split.money, payment.fact.id));
            }
        }
    }
    if found.is_empty() {
        found.push(format!("nothing is applied to {number}"));
    }
    found.extend(asked(view).await?);
    Ok(Some(found))
}

/// `then open-item 100235 open=0.00 state=closed`.
pub async fn owed(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let number = sentence.slot("NUMBER").unwrap_or_default();
    let items: Vec<OpenItem> = all(view.kept_by_key(Book::Item, &[number]).await?)?;
    let Some(item) = items.first() else { return Ok(Some(vec![format!("there is no open item {number}")])) };
    let state = match (item.is_open(), item.open == item.amount) {
        (false, _) => "closed",
        (true, true) => "open",
        (true, false) => "partly",
    };
    let told = |key: &str| match key {
        "open" => item.open.to_string(),
        "amount" => item.amount.to_string(),
        "due" => item.due.to_string(),
        _ => state.to_owned(),
    };
    let fits = |key: &str, wanted: &str| same(&told(key), wanted) || (key == "state" && state_is(state, wanted));
    let wrong: Vec<String> = sentence
        .pairs()
        .filter(|(key, wanted)| !fits(key, wanted))
        .map(|(key, _)| format!("{key}={}", told(key)))
        .collect();
    if wrong.is_empty() { Ok(None) } else { Ok(Some(vec![wrong.join(" ")])) }
}

/// The states of an open item by the words that people use.
fn state_is(state: &str, wanted: &str) -> bool {
    match state {
        "closed" => matches!(wanted, "closed" | "paid" | "settled"),
        "partly" => matches!(wanted, "partly" | "partial" | "part_paid" | "part-paid" | "open"),
        _ => wanted == "open",
    }
}

/// `then unapplied acme 50.00`.
pub async fn unapplied(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let partner = sentence.slot("PARTNER").unwrap_or_default();
    let of_partner = |payment: &Payment| payment.payer().unwrap_or("nobody") == partner;
    let sum: Decimal = payments(view).await?.iter().filter(|it| of_partner(it)).map(|payment| payment.unapplied).sum();
    if same(&sum.to_string(), sentence.slot("AMOUNT").unwrap_or_default()) {
        return Ok(None);
    }
    let mut found = vec![format!("unapplied {partner} {sum}")];
    found.extend(asked(view).await?);
    Ok(Some(found))
}

/// `then deduction 125.00 reason=shortage desk=warehouse`.
pub async fn deduction(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let wanted = sentence.slot("AMOUNT").unwrap_or_default();
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let mut found = Vec::new();
    for deduction in all::<Deduction>(every(view, Book::Deduction).await?)? {
        let state = match &deduction.state {
            DeductionState::Announced => "announced".to_owned(),
            DeductionState::Open => "open".to_owned(),
            DeductionState::Disputed => "disputed".to_owned(),
            DeductionState::Void => "void".to_owned(),
            DeductionState::Settled(_) => "settled".to_owned(),
        };
        let told = |key: &str| match key {
            "reason" => deduction.reason.as_str().to_owned(),
            "desk" => deduction.desk.as_str().to_owned(),
            "payer" => deduction.party.to_string(),
            "invoice" => deduction.invoice.as_deref().unwrap_or_default().to_owned(),
            "code" => deduction.code.to_string(),
            "evidence" => deduction.evidence.iter().map(|it| format!("{} {}; ", it.what, it.words)).collect(),
            _ => state.clone(),
        };
        let fits = same(&deduction.amount.to_string(), wanted)
            && (sentence.pair("state").is_some() || deduction.state != DeductionState::Void)
            && sentence.pairs().all(|(key, value)| match key {
                "evidence" => value.split_whitespace().all(|word| told(key).contains(word)),
                // People say `promo` and `duplicate`, and `unknown` of a code on no list.
                "reason" if told(key) == "other" => matches!(value, "other" | "unknown" | "unlisted"),
                "reason" => {
                    let (told, value) = (plain(&told(key)), plain(value));
                    told == value || told.split('_').any(|word| word.starts_with(&value) || value.starts_with(word))
                }
                _ => plain(&told(key)) == plain(value),
            });
        if fits {
            return Ok(None);
        }
        let (reason, desk) = (told("reason"), told("desk"));
        found.push(format!("deduction {} reason={reason} desk={desk} state={state}", deduction.amount));
        if sentence.pair("evidence").is_some() {
            found.push(told("evidence"));
        }
    }
    if found.is_empty() {
        found.push("there is no deduction".to_owned());
    }
    Ok(Some(found))
}

/// `then run R1 released amount=2860.00 payments=1`.
pub async fn run(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let id = sentence.slot("ID").unwrap_or_default();
    let Some(run) = runs::run(view, id).await? else { return Ok(Some(vec![format!("there is no run {id}")])) };
    let told = |key: &str| match key {
        "amount" => run.total().to_string(),
        "payments" => run.payments.len().to_string(),
        "by" => run.created_by.to_string(),
        _ => run.released_by.as_deref().unwrap_or_default().to_owned(),
    };
    let is_state = sentence.choice().is_none_or(|state| state == run.state());
    if is_state && sentence.pairs().all(|(key, wanted)| same(&told(key), wanted)) {
        return Ok(None);
    }
    let mut found = vec![format!("run {id} {} amount={} payments={}", run.state(), told("amount"), told("payments"))];
    found.extend(run.payments.iter().map(|payout| format!("{} {} {}", payout.trace, payout.supplier, payout.amount)));
    found.extend(run.left_out.iter().map(|left| format!("left out {}: {}", left.number, left.why)));
    Ok(Some(found))
}

/// `then left-out I3 because "after 2026-03-31"`: by the latest run, or the one that is named.
pub async fn left_out(view: &mut View, sentence: &Sentence) -> Result<Found> {
    let number = sentence.slot("NUMBER").unwrap_or_default();
    let because = sentence.slot("WORDS").unwrap_or_default().to_lowercase();
    let runs: Vec<PaymentRun> = all(every(view, Book::Run).await?)?;
    let named = runs.iter().filter(|run| sentence.pair("run").is_none_or(|id| *run.id == *id));
    let Some(run) = named.max_by_key(|run| (run.id.len(), run.id.clone())) else {
        return Ok(Some(vec!["there is no such run".to_owned()]));
    };
    let mut left = run.left_out.iter().filter(|left| *left.number == *number);
    let said = |why: &str| because.split_whitespace().all(|word| why.to_lowercase().contains(word));
    if left.any(|left| said(&left.why)) {
        return Ok(None);
    }
    let found = run.left_out.iter().map(|left| format!("left out {}: {}", left.number, left.why));
    let paid = run.payments.iter().flat_map(|payout| &payout.items).map(|item| format!("paid {}", item.number));
    Ok(Some(found.chain(paid).collect()))
}

/// `then journal Dr Cash 2375.00, Dr AR-Deductions 125.00, Cr AR 2500.00`: one entry since `after` has these legs. Several
/// payments of one moment may also be told together, and what moved there and back may be left out.
pub async fn posted(view: &mut View, sentence: &Sentence, after: u64) -> Result<Found> {
    let chart = Chart::default();
    let wanted = ledger::legs(&legs_of(sentence), &chart).map_err(Error::Refused)?;
    let entries = entries(view, after).await?;
    let count = entries.iter().filter(|entry| ledger::same_legs(&wanted, entry.legs())).count();
    let together: Vec<Leg> = entries.iter().flat_map(Entry::legs).cloned().collect();
    let in_all = || {
        let several = |first: usize| (first + 2..=entries.len()).map(move |end| (first, end));
        (0..entries.len()).flat_map(several).any(|(first, end)| {
            let legs: Vec<Leg> = entries[first..end].iter().flat_map(Entry::legs).cloned().collect();
            ledger::same_in_all(&wanted, &legs)
        })
    };
    if (count > 0 || ledger::same_legs(&wanted, &together) || in_all()) && !(sentence.is_only && entries.len() > 1) {
        return Ok(None);
    }
    let mut found: Vec<String> = entries.iter().map(|entry| entry.said(&chart)).collect();
    if found.is_empty() {
        found.push("nothing was posted".to_owned());
    }
    found.extend(asked(view).await?);
    Ok(Some(found))
}

/// `then journal on 2026-04-01 "is closed"`.
pub async fn posted_on(view: &mut View, sentence: &Sentence, after: u64) -> Result<Found> {
    let (day, words) = (sentence.slot("DAY").unwrap_or_default(), sentence.slot("WORDS").unwrap_or_default());
    let entries = entries(view, after).await?;
    if entries.iter().any(|entry| entry.date().to_string() == day && entry.words().contains(words)) {
        return Ok(None);
    }
    Ok(Some(entries.iter().map(|entry| format!("{} {}", entry.date(), entry.words())).collect()))
}

/// The legs of a sentence as one text.
pub fn legs_of(sentence: &Sentence) -> String {
    sentence.slots("LEGS").collect::<Vec<_>>().join(" ")
}

/// What a person is asked, for whoever wonders why nothing happened.
async fn asked(view: &mut View) -> Result<Vec<String>> {
    let questions = payments(view).await?.into_iter().flat_map(|payment| {
        let postings = payment.postings.into_iter().filter(|posting| !posting.is_undone);
        postings.flat_map(|posting| posting.application.questions).collect::<Vec<_>>()
    });
    Ok(questions.map(|question| format!("asked: {}", question.words)).collect())
}

async fn payments(view: &mut View) -> Result<Vec<Payment>> {
    all(every(view, Book::Payment).await?)
}

/// A story is short: everything there is.
async fn every(view: &mut View, book: Book) -> Result<Vec<Kept>> {
    view.kept_after(book, ("", ""), 100_000).await
}

async fn entries(view: &mut View, after: u64) -> Result<Vec<Entry>> {
    let kept = view.entries(after, 100_000).await?;
    kept.iter().map(|kept| serde_json::from_str(&kept.body).map_err(Error::damaged)).collect()
}

fn decimal(sentence: &Sentence, key: &str) -> std::result::Result<Option<Decimal>, String> {
    let read = |text: &str| text.parse().map_err(|_| format!("`{text}` is not an amount"));
    sentence.pair(key).map(read).transpose()
}

fn day(sentence: &Sentence, key: &str) -> std::result::Result<Option<Date>, String> {
    let read = |text: &str| text.parse().map_err(|_| format!("`{text}` is not a day: 2026-03-01"));
    sentence.pair(key).map(read).transpose()
}

fn currency(sentence: &Sentence) -> std::result::Result<Currency, String> {
    let code = sentence.pair("currency").unwrap_or("USD");
    Currency::of(code).ok_or_else(|| format!("`{code}` is no currency"))
}
