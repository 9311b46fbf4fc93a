//! `payments`: what is owed to suppliers and due, runs that pay it, who made them and who let them go.

use std::io::Write;

use rust_decimal::Decimal;
use serde_json::json;

use super::acting::{acting, reading, rules};
use super::command::{Format, PaymentsVerb, RunWish};
use super::money::{change, done, told};
use super::output::{Answer, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, nothing};
use super::settings;
use crate::config::Settings;
use crate::journey::Rules;
use crate::journey::act::Act;
use crate::journey::money::books;
use crate::journey::money::runs::{self, Ask};
use crate::process::ledger::Currency;
use crate::process::payment_run::{PaymentRun, Wish};
use crate::store::{Access, Book, DocumentId};

pub fn run(it: &PaymentsVerb, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    match it {
        PaymentsVerb::Propose(wish) => propose(wish, by, format, settings),
        PaymentsVerb::List => list(format, settings),
        PaymentsVerb::Show { run } => show(run, format, settings),
        PaymentsVerb::File { run } => file(run, settings),
        PaymentsVerb::Create { wish, dry_run } => {
            // The currency is looked at before anybody is asked.
            let wish = wish.clone();
            let (day, currency) = (today(settings)?, currency(&wish)?);
            let ask = Ask::Create(wanted(&wish, day, currency));
            let done = done(settings, by, *dry_run, |actor| Act::Run { ask, by: runs::name(actor).to_owned() })?;
            match (format, dry_run) {
                (Format::Json, _) => return told(&done, *dry_run, format),
                (Format::Human, true) => propose(&wish, by, format, settings)?,
                (Format::Human, false) => show(&latest(settings)?, format, settings)?,
            };
            let mut out = anstream::stdout();
            match dry_run {
                true => writeln!(out, "{FAINT}nothing was changed{FAINT:#}")?,
                false => {
                    let last = latest(settings)?;
                    writeln!(
                        out,
                        "{GOOD}made{GOOD:#} {last}; somebody else lets it go: entrepot payments release {last}"
                    )?;
                }
            }
            Ok(Outcome::Accepted)
        }
        PaymentsVerb::Release { run, dry_run } => {
            let ask = Ask::Release(run.clone());
            let done =
                change(settings, by, *dry_run, format, |actor| Act::Run { ask, by: runs::name(actor).to_owned() })?;
            if format == Format::Human {
                untold(run, settings)?;
            }
            Ok(done)
        }
        PaymentsVerb::Undo { run, because, dry_run } => {
            let ask = Ask::Undo { run: run.clone(), because: because.clone() };
            change(settings, by, *dry_run, format, |actor| Act::Run { ask, by: runs::name(actor).to_owned() })
        }
    }
}

fn wanted(wish: &RunWish, today: jiff::civil::Date, currency: Currency) -> Wish {
    let day = wish.date.unwrap_or(today);
    Wish { day, through: wish.through.unwrap_or(day), currency, worth: wish.worth.unwrap_or_default() }
}

fn currency(wish: &RunWish) -> Result<Currency, Failure> {
    Currency::of(&wish.currency).ok_or_else(|| Failure::usage(format!("{} is no currency", wish.currency)))
}

fn today(settings: &Settings) -> Result<jiff::civil::Date, Failure> {
    settings::wait(async {
        let store = settings::store(settings, Access::Read).await?;
        let rules = rules(&store).await?;
        store.close().await;
        Ok(books::today(&rules))
    })
}

fn latest(settings: &Settings) -> Result<String, Failure> {
    settings::wait(async {
        let store = settings::store(settings, Access::Read).await?;
        let mut view = store.view().await.map_err(Failure::ours)?;
        let last = runs::latest_id(&mut view).await.map_err(Failure::ours)?;
        drop(view);
        store.close().await;
        Ok(last)
    })
}

fn propose(wish: &RunWish, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    let run = settings::wait(async {
        let store = settings::store(settings, Access::Read).await?;
        let rules: Rules = rules(&store).await?;
        let actor = acting(&store, by).await?;
        let wish = wanted(wish, books::today(&rules), currency(wish)?);
        let mut view = store.view().await.map_err(Failure::ours)?;
        let run = runs::propose(&mut view, &rules, &wish, runs::name(&actor)).await.map_err(Failure::ours)?;
        drop(view);
        store.close().await;
        Ok(run)
    })?;
    tell(&run, true, format)
}

fn list(format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let every: Vec<PaymentRun> = books::every(view, Book::Run).await.map_err(Failure::ours)?;
        nothing(every.is_empty(), format, "no run was made")?;
        for run in every {
            if format == Format::Json {
                writeln!(out, "{}", serde_json::to_string(&run).map_err(Failure::ours)?)?;
                continue;
            }
            head(&mut out, &run)?;
        }
        Ok(Outcome::Accepted)
    })
}

fn show(id: &str, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| match runs::run(view, id).await.map_err(Failure::ours)? {
        Some(run) => tell(&run, false, format),
        None => Err(no_run(id)),
    })
}

fn file(id: &str, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let run = runs::run(view, id).await.map_err(Failure::ours)?.ok_or_else(|| no_run(id))?;
        let Some(document) = run.file.as_deref().and_then(|file| file.parse::<DocumentId>().ok()) else {
            return Err(Failure::usage(format!(
                "run {id} is {}: its file is written when it is released",
                run.state()
            )));
        };
        let document = view.document(document).await.map_err(Failure::ours)?;
        let payload = document.payload.ok_or_else(|| Failure::usage("its bytes are not kept any longer"))?;
        let bytes = view.payload_bytes(&payload).await.map_err(Failure::ours)?;
        std::io::stdout().lock().write_all(&bytes)?;
        Ok(Outcome::Accepted)
    })
}

fn no_run(id: &str) -> Failure {
    Failure::usage(format!("there is no payment run {id}; `entrepot payments list` shows them"))
}

/// Suppliers whom no document tells of their payment.
fn untold(id: &str, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let run = runs::run(view, id).await.map_err(Failure::ours)?.ok_or_else(|| no_run(id))?;
        let mut out = anstream::stdout();
        for payout in run.paying() {
            if let Some(why) = &payout.not_advised {
                let supplier = &payout.supplier;
                writeln!(out, "{WARNING}not advised{WARNING:#} {NAME}{supplier}{NAME:#}  {FAINT}{why}{FAINT:#}")?;
            }
        }
        Ok(Outcome::Accepted)
    })
}

fn head(out: &mut impl Write, run: &PaymentRun) -> Result<(), Failure> {
    let (total, count) = (run.currency.said(run.total()), run.payments.len());
    let by = run.released_by.as_deref().map(|by| format!(", released by {by}")).unwrap_or_default();
    let because = run.undone_because.as_deref().map(|because| format!(" ({because})")).unwrap_or_default();
    let undone = run.undone_by.as_deref().map(|by| format!(", taken back by {by}{because}")).unwrap_or_default();
    let head = format!("{STRONG}{:<6}{STRONG:#} {}  {total} {}", run.id, run.day, run.currency.as_str());
    let made = format!("made by {}{by}{undone}", run.created_by);
    writeln!(out, "{head}  {count} payments  {}  {FAINT}{made}{FAINT:#}", run.state())?;
    Ok(())
}

fn tell(run: &PaymentRun, is_proposal: bool, format: Format) -> Answer {
    let mut out = anstream::stdout();
    if format == Format::Json {
        let mut json = serde_json::to_value(run).map_err(Failure::ours)?;
        json["total"] = json!(run.total());
        json["state"] = json!(if is_proposal { "proposed" } else { run.state() });
        writeln!(out, "{json}")?;
        return Ok(Outcome::Accepted);
    }
    let said = |amount: Decimal| run.currency.said(amount);
    match is_proposal {
        true if run.payments.is_empty() => {
            writeln!(out, "{FAINT}nothing in {} would be paid on {}{FAINT:#}", run.currency, run.day)?;
        }
        true => writeln!(out, "{STRONG}would pay{STRONG:#} {} {} on {}", said(run.total()), run.currency, run.day)?,
        false => head(&mut out, run)?,
    }
    for payout in &run.payments {
        let standing = serde_json::to_value(payout.standing).map_err(Failure::ours)?;
        let standing = if is_proposal { String::new() } else { format!("  {}", standing.as_str().unwrap_or_default()) };
        let name = format!("{NAME}{:<16}{NAME:#}", payout.supplier);
        writeln!(out, "{name} {:>14}  {FAINT}{}{standing}{FAINT:#}", said(payout.amount), payout.trace)?;
        if let Some(why) = &payout.not_advised {
            writeln!(out, "  {WARNING}not advised{WARNING:#} {FAINT}{why}{FAINT:#}")?;
        }
        for item in &payout.items {
            let discount = match item.discount.is_zero() {
                true => String::new(),
                false => format!(" less {} discount", said(item.discount)),
            };
            let why = &item.because;
            writeln!(out, "  {:<14} {:>14}{discount}  {FAINT}{why}{FAINT:#}", item.named, said(item.gross))?;
        }
    }
    for left in &run.left_out {
        let (number, supplier) = (&left.number, &left.supplier);
        let head = format!("{WARNING}left out{WARNING:#} {supplier} {number} {}", said(left.amount));
        writeln!(out, "{head}  {FAINT}{}{FAINT:#}", left.why)?;
    }
    Ok(Outcome::Accepted)
}
