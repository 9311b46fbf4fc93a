//! Money: what is owed, what came in and how it was applied, and the journal.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::act::{Wanted, act};
use super::call::{Answer, Call, Content, fault, paged};
use super::orders;
use super::problem::{Code, Fault as Wrong, Problem};
use crate::bank;
use crate::journey::Rules;
use crate::journey::act::{Act, taken_over};
use crate::journey::money::cash::{Payment, kind_of, names, rank};
use crate::journey::money::{aged, books};
use crate::journey::money::{lockbox, period, runs};
use crate::process::cash::{Advice, Deduction, Fact, Settlement};
use crate::process::ledger::{self, Currency, Entry, OpenItem, discount_from};
use crate::process::payment_run::{PaymentRun, Wish};
use crate::store::{Book, Error, Kept};

pub async fn open_items(call: &Call) -> Result<Answer, Problem> {
    book::<OpenItem>(call, Book::Item).await
}

/// What customers owe by how long it has been due: one page, since it is one row for a customer and a currency.
pub async fn ageing(call: &Call) -> Result<Answer, Problem> {
    let on = call.asked("on").map(|day| day.parse::<jiff::civil::Date>()).transpose();
    let on = on.map_err(|_| fault("/on", "value", "a day is written 2026-03-31"))?;
    let day = on.unwrap_or_else(|| TimeZone::system().to_datetime(call.now()).date());
    let rules = Rules::of(&call.gateway);
    let items = aged::owed_on(&mut call.view().await?, &rules, call.asked("party"), day).await?;
    let owed: Vec<_> = items.iter().map(OpenItem::unfinished).collect();
    Ok(Answer::page(ledger::ageing(&owed, day).iter().map(ledger::Ageing::of_party).collect(), None::<()>))
}

pub async fn deductions(call: &Call) -> Result<Answer, Problem> {
    book::<Deduction>(call, Book::Deduction).await
}

pub async fn deduction(call: &Call) -> Result<Answer, Problem> {
    match crate::journey::money::deductions::shown(&mut call.view().await?, call.part("deduction")).await? {
        Ok(deduction) => Ok(Answer::ok(serde_json::to_value(deduction).map_err(Error::damaged)?)),
        Err(why) => Err(Problem::new(Code::NotFound, why)),
    }
}

/// A page of what is open of a book, or of all of it.
async fn book<T: DeserializeOwned + serde::Serialize>(call: &Call, book: Book) -> Result<Answer, Problem> {
    let which = (call.asked("party"), !call.is_asked("all"));
    page::<T>(call, book, which).await
}

async fn page<T: DeserializeOwned + serde::Serialize>(
    call: &Call,
    book: Book,
    which: (Option<&str>, bool),
) -> Result<Answer, Problem> {
    let limit = call.limit();
    let after = call.cursor::<(String, String)>()?.unwrap_or_default();
    let rows = call.view().await?.kept_page(book, which, (&after.0, &after.1), limit + 1).await?;
    let (rows, next) = paged(rows, limit, |kept| (kept.party.clone(), kept.key.clone()));
    let shown = rows.iter().map(shown::<T>).collect::<Result<_, _>>()?;
    Ok(Answer::page(shown, next))
}

/// As it is kept, read and written once, so that what is shown is what this program knows.
fn shown<T: DeserializeOwned + serde::Serialize>(kept: &Kept) -> Result<Value, Error> {
    let read: T = serde_json::from_str(&kept.body).map_err(Error::damaged)?;
    serde_json::to_value(read).map_err(Error::damaged)
}

/// A page of payments; only a customer's, where one is named: the page is read first, so that it may be short.
pub async fn payments(call: &Call) -> Result<Answer, Problem> {
    let mut answer = page::<Payment>(call, Book::Payment, (None, call.is_asked("open"))).await?;
    if let (Some(party), Content::Json(body)) = (call.asked("party"), &mut answer.content)
        && let Some(rows) = body["items"].as_array_mut()
    {
        rows.retain(|row| {
            serde_json::from_value::<Payment>(row.clone()).is_ok_and(|payment| payment.payer() == Some(party))
        });
    }
    Ok(answer)
}

/// What payers announced.
pub async fn advices(call: &Call) -> Result<Answer, Problem> {
    book::<Advice>(call, Book::Advice).await
}

pub async fn payment(call: &Call) -> Result<Answer, Problem> {
    let name = call.part("payment");
    if let Some(kept) = call.view().await?.payments_named(name).await?.pop() {
        return Ok(Answer::ok(shown::<Payment>(&kept)?));
    }
    Err(Problem::new(Code::NotFound, format!("there is no payment {name}")))
}

#[derive(Deserialize)]
struct Application {
    to: Vec<Share>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Share {
    item: String,
    amount: Decimal,
}

/// What is wanted of a run.
#[derive(Deserialize)]
struct NewRun {
    date: jiff::civil::Date,
    through: Option<jiff::civil::Date>,
    currency: Option<String>,
    worth: Option<Decimal>,
}

impl NewRun {
    fn wish(&self) -> Result<Wish, Problem> {
        let code = self.currency.as_deref().unwrap_or("USD");
        let currency =
            Currency::of(code).ok_or_else(|| fault("/currency", "value", format!("{code} is no currency")))?;
        let through = self.through.unwrap_or(self.date);
        Ok(Wish { day: self.date, through, currency, worth: self.worth.unwrap_or_default() })
    }
}

pub async fn runs(call: &Call) -> Result<Answer, Problem> {
    page::<PaymentRun>(call, Book::Run, (None, call.is_asked("open"))).await
}

pub async fn run(call: &Call) -> Result<Answer, Problem> {
    let name = call.part("run");
    match call.view().await?.kept(Book::Run, "", name).await? {
        Some(kept) => Ok(Answer::ok(shown::<PaymentRun>(&kept)?)),
        None => Err(Problem::new(Code::NotFound, format!("there is no payment run {name}"))),
    }
}

/// What a run would pay today, or on the day that is asked for.
pub async fn propose(call: &Call) -> Result<Answer, Problem> {
    let rules = Rules::of(&call.gateway);
    let worth = call.asked("worth").map(str::parse::<Decimal>).transpose();
    let wish = NewRun {
        date: call.parsed("date").unwrap_or_else(|| books::today(&rules)),
        through: call.parsed("through"),
        currency: call.asked("currency").map(str::to_owned),
        worth: worth.map_err(|_| Problem::parameter("worth", "it is a percentage like 7.5"))?,
    };
    let wish = wish.wish().map_err(|_| Problem::nothing("currency", "it is a currency like USD"))?;
    let run = runs::propose(&mut call.view().await?, &rules, &wish, runs::name(&call.actor)).await?;
    let mut shown = serde_json::to_value(&run).map_err(Error::damaged)?;
    shown["total"] = run.currency.said(run.total()).into();
    Ok(Answer::ok(shown))
}

pub async fn create_run(call: &Call) -> Result<Answer, Problem> {
    let wish = call.read::<NewRun>()?.wish()?;
    asked(call, runs::Ask::Create(wish)).await
}

pub async fn release_run(call: &Call) -> Result<Answer, Problem> {
    asked(call, runs::Ask::Release(call.part("run").to_owned())).await
}

pub async fn undo_run(call: &Call) -> Result<Answer, Problem> {
    let (run, because) = (call.part("run").to_owned(), call.read::<Undone>()?.because());
    asked(call, runs::Ask::Undo { run, because }).await
}

#[derive(Deserialize)]
struct Undone {
    reason: Option<String>,
}

impl Undone {
    fn because(self) -> Option<String> {
        said(self.reason)
    }
}

/// A reason, where one was given.
fn said(reason: Option<String>) -> Option<String> {
    reason.filter(|reason| !reason.trim().is_empty())
}

pub async fn names(call: &Call) -> Result<Answer, Problem> {
    let known = names::all(&mut call.view().await?).await?;
    let shown = known.iter().map(|known| serde_json::to_value(known).map_err(Error::damaged));
    Ok(Answer::page(shown.collect::<Result<_, _>>()?, None::<()>))
}

#[derive(Deserialize)]
struct Forgotten {
    name: String,
}

pub async fn forget(call: &Call) -> Result<Answer, Problem> {
    let Forgotten { name } = call.read()?;
    act(call, Wanted::new(Act::Forget { name })).await
}

/// The ranking as it was trained last, or as it would be learned today.
pub async fn ranking(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let found = match call.is_asked("today") {
        true => rank::learned(&mut view, "").await?,
        false => rank::ranking(&mut view).await?,
    };
    let Some(ranking) = found else {
        let words = "nobody has decided anything that could teach a ranking, or it was never trained";
        return Err(Problem::new(Code::NotFound, words));
    };
    let weights: serde_json::Map<String, Value> =
        ranking.model.named().into_iter().map(|(name, weight)| (name.to_owned(), weight.into())).collect();
    let mut shown = serde_json::to_value(&ranking).map_err(Error::damaged)?;
    (shown["weights"], shown["why_not"]) = (weights.into(), ranking.why_not().into());
    Ok(Answer::ok(shown))
}

#[derive(Deserialize)]
struct RankingAction {
    action: rank::Ask,
}

pub async fn rank(call: &Call) -> Result<Answer, Problem> {
    let RankingAction { action } = call.read()?;
    act(call, Wanted::new(Act::Rank { ask: action, by: call.actor.name.clone() })).await
}

async fn asked(call: &Call, ask: runs::Ask) -> Result<Answer, Problem> {
    let by = runs::name(&call.actor).to_owned();
    act(call, Wanted::new(Act::Run { ask, by })).await
}

pub async fn apply(call: &Call) -> Result<Answer, Problem> {
    let application: Application = call.read()?;
    let chosen = application.to.into_iter().map(|share| (share.item.into(), share.amount)).collect();
    let because = said(application.reason);
    act(call, Wanted::new(Act::Assign { payment: call.part("payment").to_owned(), chosen, because })).await
}

pub async fn undo(call: &Call) -> Result<Answer, Problem> {
    let (payment, by) = (call.part("payment").to_owned(), call.actor.name.clone());
    let because = call.read::<Undone>()?.because();
    act(call, Wanted::new(Act::Undo { payment, because, by })).await
}

#[derive(Deserialize)]
struct End {
    r#as: Settlement,
    reason: Option<String>,
}

pub async fn settle(call: &Call) -> Result<Answer, Problem> {
    let End { r#as: end, reason } = call.read()?;
    settled(call, Some(end), said(reason)).await
}

pub async fn reopen(call: &Call) -> Result<Answer, Problem> {
    let because = call.read::<Undone>()?.because();
    settled(call, None, because).await
}

async fn settled(call: &Call, settlement: Option<Settlement>, because: Option<String>) -> Result<Answer, Problem> {
    let (deduction, by) = (call.part("deduction").to_owned(), call.actor.name.clone());
    act(call, Wanted::new(Act::Settle { deduction, settlement, because, by })).await
}

pub async fn statement(call: &Call) -> Result<Answer, Problem> {
    if lockbox::is_sets(&call.bytes) {
        return sets(call).await;
    }
    let read = bank::read(&call.bytes);
    let wrong: Vec<Wrong> = read
        .findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| Wrong {
            pointer: format!("#byte={}", finding.place.bytes.start),
            code: "value",
            detail: finding.message(),
        })
        .collect();
    if !wrong.is_empty() {
        return Err(Problem::new(Code::Unusable, "the statement is not whole; nothing of it was taken").with(wrong));
    }
    let facts: Vec<Fact> =
        read.statements.iter().flat_map(|statement| Fact::of_statement(statement, |_| None)).collect();
    let refused = |refused: &bank::Refused| Wrong {
        pointer: format!("#byte={}", refused.place.bytes.start),
        code: "value",
        detail: refused.words.clone(),
    };
    let refused: Vec<Wrong> = read.refused.iter().map(refused).collect();
    if refused.is_empty() {
        return act(call, Wanted::new(Act::Bank(facts))).await;
    }
    if facts.is_empty() {
        let words = format!("{} entries are no bookings, and there are no others", refused.len());
        return Err(Problem::new(Code::Unusable, words).with(refused));
    }
    // What was taken is taken: who would send the file again would be told that all of it is here.
    let mut answer = act(call, Wanted::new(Act::Bank(facts))).await?;
    if let Content::Json(body) = &mut answer.content
        && answer.status.is_success()
    {
        body["outcome"] = "in_part".into();
        body["refused"] = serde_json::json!(refused);
    }
    Ok(answer)
}

/// Lockboxes, as sets.
async fn sets(call: &Call) -> Result<Answer, Problem> {
    let in_force = call.gateway.in_force();
    let read = lockbox::read(&in_force.catalogue, &call.bytes);
    let read = read.map_err(|_| Problem::new(Code::Internal, "the body cannot be read"))?;
    let wrong = read.wrong.iter().map(|(at, words)| Wrong {
        pointer: format!("#byte={at}"),
        code: "value",
        detail: words.clone(),
    });
    let wrong: Vec<Wrong> = wrong.collect();
    if !wrong.is_empty() {
        return Err(Problem::new(Code::Unusable, "the file is not whole; nothing of it was taken").with(wrong));
    }
    act(call, Wanted::new(Act::Lockbox(read.lockboxes))).await
}

#[derive(Deserialize)]
struct NewOpenItem {
    party: String,
    number: String,
    amount: Decimal,
    currency: Option<String>,
    date: jiff::civil::Date,
    terms: Option<String>,
    due: Option<jiff::civil::Date>,
    order_number: Option<String>,
    bill_of_lading: Option<String>,
}

pub async fn owe(call: &Call) -> Result<Answer, Problem> {
    let new: NewOpenItem = call.read()?;
    let party = orders::partner(call, &new.party)
        .map_err(|_| fault("/party", "unknown", format!("there is no partner {}", new.party)))?;
    let code = new.currency.as_deref().unwrap_or("USD");
    let currency = Currency::of(code).ok_or_else(|| fault("/currency", "value", format!("{code} is no currency")))?;
    let terms = new.terms.as_deref().unwrap_or("n30");
    let (due, discount) = discount_from(terms, new.date)
        .ok_or_else(|| fault("/terms", "value", format!("`{terms}` are no terms: `2/10 n30`")))?;
    let amount = currency.round(new.amount);
    if amount.is_zero() {
        return Err(fault("/amount", "value", "nothing is owed"));
    }
    let item = OpenItem {
        number: new.number.into(),
        kind: kind_of(amount),
        party: party.into(),
        currency,
        amount,
        open: amount,
        date: new.date,
        due: new.due.unwrap_or(due),
        discount,
        order_number: new.order_number.map(Into::into),
        bill_of_lading: new.bill_of_lading.map(Into::into),
        also: Vec::new(),
    };
    act(call, Wanted::new(Act::Owe(Box::new(item)))).await
}

pub async fn journal(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let mut after = call.cursor::<u64>()?.unwrap_or_default();
    if call.is_asked("new") {
        after = after.max(taken_over(&mut view, &call.actor.owner).await?);
    }
    let in_force = call.gateway.in_force();
    let chart = &in_force.partners.us.chart;
    let rows = view.entries(after, call.limit()).await?;
    // A reader of the books keeps the cursor of its last entry and asks again later.
    let next = rows.last().map(|kept| kept.position).or(Some(after).filter(|after| *after > 0));
    if call.asked("format") == Some("csv") {
        let mut lines = ledger::csv_head().to_owned();
        for kept in &rows {
            let entry: Entry = serde_json::from_str(&kept.body).map_err(Error::damaged)?;
            ledger::to_csv(&entry, kept.position, chart, &mut lines);
        }
        return Ok(Answer::csv(lines, next));
    }
    let mut shown = Vec::with_capacity(rows.len());
    for kept in &rows {
        let entry: Entry = serde_json::from_str(&kept.body).map_err(Error::damaged)?;
        let mut json = ledger::to_json(&entry, chart);
        json["position"] = kept.position.into();
        shown.push(json);
    }
    Ok(Answer::page(shown, next))
}

/// What keeps a period from being finished.
pub async fn unfinished(call: &Call) -> Result<Answer, Problem> {
    let day = call.parsed("on").unwrap_or_else(|| books::today(&Rules::of(&call.gateway)));
    let open = period::open(&mut call.view().await?, day).await?;
    let shown = open.iter().map(|it| serde_json::to_value(it).map_err(Error::damaged));
    Ok(Answer::page(shown.collect::<Result<_, _>>()?, None::<()>))
}

pub async fn close(call: &Call) -> Result<Answer, Problem> {
    let text = call.body["through"].as_str().unwrap_or_default();
    let through = text.parse().map_err(|_| fault("/through", "value", format!("`{text}` is not a day")))?;
    act(call, Wanted::new(Act::Close(through))).await
}

pub async fn take_over(call: &Call) -> Result<Answer, Problem> {
    let position = call.body["position"].as_u64().unwrap_or_default();
    act(call, Wanted::new(Act::TakeOver { reader: call.actor.owner.clone(), position })).await
}
