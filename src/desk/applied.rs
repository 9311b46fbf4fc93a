//! `cash list`, `cash show`, `cash advices`: payments, how each was applied and why, and what of it waits for whom.

use std::io::{self, Write};

use rust_decimal::Decimal;

use super::acting::{ROWS_MAX, reading, rules};
use super::command::{Format, Party};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, nothing};
use super::partners::find;
use crate::config::Settings;
use crate::journey::money::books;
use crate::journey::money::cash::{Payment, Posting, names};
use crate::process::Queue;
use crate::process::cash::{Advice, LineOutcome, Proposal, Question};
use crate::store::{Book, Case, CaseSearch, View};

/// Open items of a proposal that are named.
const PROPOSED_MAX: usize = 12;

/// Every payment with what it was applied to.
pub fn list(it: &Party, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, view| {
        let mut out = anstream::stdout();
        let kept = view.kept_after(Book::Payment, ("", ""), ROWS_MAX).await.map_err(Failure::ours)?;
        let is_cut = kept.len() == ROWS_MAX;
        let mut payments = books::all::<Payment>(kept).map_err(Failure::ours)?;
        payments.retain(|payment| it.party.as_deref().is_none_or(|party| payment.payer() == Some(party)));
        if let Some(party) = &it.party
            && payments.is_empty()
        {
            // A name that is no partner's, and that has paid nothing, is a mistake.
            find(&rules(store).await?.in_force.catalogue, party)?;
        }
        nothing(payments.is_empty(), format, "no payment has come")?;
        for payment in payments {
            if format == Format::Json {
                writeln!(out, "{}", serde_json::to_string(&payment).map_err(Failure::ours)?)?;
                continue;
            }
            head(&mut out, &payment)?;
            for posting in payment.postings.iter().filter(|posting| !posting.is_undone) {
                for line in &posting.application.lines {
                    tell_line(&mut out, &payment, line)?;
                }
                for question in &posting.application.questions {
                    writeln!(out, "  {WARNING}asked{WARNING:#} {}", question.words)?;
                }
            }
        }
        if is_cut {
            let words = format!("these are of the first {ROWS_MAX}; entrepot cash show PAYMENT finds any other");
            anstream::eprintln!("{FAINT}{words}{FAINT:#}");
        }
        Ok(Outcome::Accepted)
    })
}

/// Names that people have made known.
pub fn names(format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let known = names::all(view).await.map_err(Failure::ours)?;
        nothing(known.is_empty(), format, "nobody was made known by another name")?;
        for known in known {
            if format == Format::Json {
                writeln!(out, "{}", serde_json::to_string(&known).map_err(Failure::ours)?)?;
                continue;
            }
            let whose = match known.customer() {
                Some(customer) => format!("{NAME}{customer}{NAME:#}"),
                None => format!("{WARNING}nobody{WARNING:#}: it was put on {}", known.customers.join(" and on ")),
            };
            let by = known.payments.join(", ");
            writeln!(out, "{STRONG}{:<32}{STRONG:#} {whose}  {FAINT}by {by}{FAINT:#}", known.name)?;
        }
        Ok(Outcome::Accepted)
    })
}

/// Advices that wait for their money; those whose money does not come go to receivables.
pub fn advices(it: &Party, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, view| {
        let mut out = anstream::stdout();
        let kept = view.kept_open(Book::Advice, it.party.as_deref()).await.map_err(Failure::ours)?;
        let waiting: Vec<Advice> = books::all(kept).map_err(Failure::ours)?;
        if let (Some(party), true) = (&it.party, waiting.is_empty()) {
            find(&rules(store).await?.in_force.catalogue, party)?;
        }
        nothing(waiting.is_empty(), format, "no advice waits for its money")?;
        for advice in waiting {
            if format == Format::Json {
                writeln!(out, "{}", serde_json::to_string(&advice).map_err(Failure::ours)?)?;
                continue;
            }
            let day = advice.date.map_or_else(|| "no day".to_owned(), |date| date.to_string());
            let said = |amount: Decimal| advice.currency.said(amount);
            let head = format!("{STRONG}{:<24}{STRONG:#} {day} {NAME}{}{NAME:#}", advice.number, advice.payer);
            let (amount, currency) = (said(advice.amount), advice.currency);
            let trace = advice.trace.as_deref().map(|trace| format!(" with trace {trace}")).unwrap_or_default();
            writeln!(out, "{head} {amount} {currency}  {WARNING}its money has not come{trace}{WARNING:#}")?;
            for item in &advice.items {
                let paid = item.paid.map_or_else(|| "-".to_owned(), said);
                writeln!(out, "  {:<16} {paid:>12}", item.reference)?;
            }
        }
        Ok(Outcome::Accepted)
    })
}

/// One payment, by its reference or a trace: everything that was decided about it, the latest last.
pub fn show(name: &str, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let kept = view.payments_named(name).await.map_err(Failure::ours)?;
        let payments = books::all::<Payment>(kept).map_err(Failure::ours)?;
        if payments.is_empty() {
            return Err(Failure::usage(format!("there is no payment {name}; `entrepot cash list` shows them")));
        }
        let mut out = anstream::stdout();
        for payment in payments {
            if format == Format::Json {
                writeln!(out, "{}", serde_json::to_string(&payment).map_err(Failure::ours)?)?;
                continue;
            }
            let cases = cases(view, &payment).await?;
            tell(&mut out, view, &payment, &cases).await?;
        }
        Ok(Outcome::Accepted)
    })
}

/// What people are asked about a payment, as it is open.
async fn cases(view: &mut View, payment: &Payment) -> Result<Vec<Case>, Failure> {
    let queue = Some(Queue::AccountsReceivable.as_str().to_owned());
    let search = CaseSearch { queue, open_only: true, limit: ROWS_MAX, ..CaseSearch::default() };
    let mut found = view.case_page(&search, 0).await.map_err(Failure::ours)?;
    let of_it = format!("cash|{}, ", payment.fact.id);
    found.retain(|case| case.key.starts_with(&of_it));
    Ok(found)
}

async fn tell(out: &mut impl Write, view: &mut View, payment: &Payment, cases: &[Case]) -> Result<(), Failure> {
    let fact = &payment.fact;
    head(out, payment)?;
    let from = [fact.payer_name.as_deref(), fact.payer_account.as_deref()];
    let from = from.into_iter().flatten().collect::<Vec<_>>().join(", account ");
    let charges = if fact.charges.is_zero() { String::new() } else { fact.currency.said(fact.charges) };
    for (name, said) in [
        ("from", from.as_str()),
        ("traces", &fact.traces.join(", ")),
        ("names", &fact.references.join(", ")),
        ("text", &fact.text),
        ("kept by banks", &charges),
        ("advice", payment.advice.as_deref().unwrap_or("none has come")),
    ] {
        if !said.is_empty() {
            writeln!(out, "  {FAINT}{name:<14}{FAINT:#}{said}")?;
        }
    }
    for (index, posting) in payment.postings.iter().enumerate() {
        let entry = match &posting.entry {
            Some(id) => view.entry(&id.to_string()).await.map_err(Failure::ours)?,
            None => None,
        };
        tell_posting(out, payment, index + 1, posting, entry.map(|entry| entry.position))?;
    }
    for case in cases {
        writeln!(
            out,
            "{WARNING}asked{WARNING:#} {}  {NAME}entrepot exceptions show {}{NAME:#}",
            case.words, case.number
        )?;
    }
    if !payment.unapplied.is_zero() && !payment.is_returned {
        let said = fact.currency.said(payment.unapplied);
        writeln!(
            out,
            "{FAINT}to apply the {said} that wait:{FAINT:#} entrepot cash apply {} --to NUMBER=AMOUNT --dry-run",
            fact.id
        )?;
    }
    if payment.postings.iter().any(|posting| !posting.is_undone && posting.has_applied()) {
        writeln!(
            out,
            "{FAINT}to take the latest back:{FAINT:#} entrepot cash undo {} --because WHY --dry-run",
            fact.id
        )?;
    }
    Ok(())
}

fn head(out: &mut impl Write, payment: &Payment) -> io::Result<()> {
    let fact = &payment.fact;
    let said = |amount: Decimal| fact.currency.said(amount);
    let head = format!("{STRONG}{:<24}{STRONG:#} {} {}", fact.id, fact.date, fact.kind.as_str());
    let payer = payment.payer().unwrap_or("nobody");
    write!(out, "{head} {} {} {NAME}{payer}{NAME:#}", said(fact.amount), fact.currency)?;
    match (payment.is_returned, payment.unapplied.is_zero()) {
        (true, _) => writeln!(out, "  {ERROR}taken back{ERROR:#}"),
        (false, true) => writeln!(out, "  {GOOD}applied{GOOD:#}"),
        (false, false) => writeln!(out, "  {WARNING}{} waits{WARNING:#}", said(payment.unapplied)),
    }
}

/// A decision: how the money was read, the entry it made, and each of its lines with what else it might have meant.
fn tell_posting(
    out: &mut impl Write,
    payment: &Payment,
    number: usize,
    posting: &Posting,
    entry: Option<u64>,
) -> io::Result<()> {
    let application = &posting.application;
    write!(out, "{STRONG}{number}. {}{STRONG:#}", application.reading.as_str())?;
    write!(out, "  {FAINT}rules {}", application.rules)?;
    if let Some(entry) = entry {
        write!(out, ", entry {entry}")?;
    }
    write!(out, "{FAINT:#}")?;
    if posting.is_undone {
        let because = posting.undone_because.as_deref().map(|words| format!(": {words}")).unwrap_or_default();
        write!(out, "  {ERROR}taken back{because}{ERROR:#}")?;
    }
    writeln!(out)?;
    for line in &application.lines {
        tell_line(out, payment, line)?;
        for other in &line.alternatives {
            writeln!(
                out,
                "    {FAINT}not {:<12} {:>12}  {:.2}  {}; {}{FAINT:#}",
                other.number, "", other.score, other.because, other.lost
            )?;
        }
    }
    for question in &application.questions {
        tell_question(out, payment, question)?;
    }
    Ok(())
}

fn tell_line(out: &mut impl Write, payment: &Payment, line: &LineOutcome) -> io::Result<()> {
    let money = line.split.as_ref().map_or(line.paid, |split| split.money);
    let money = payment.fact.currency.said(money);
    let parts = line.split.iter().flat_map(|split| split.because.iter().map(String::as_str));
    let parts = parts.filter(|part| !line.because.contains(part));
    let why = [line.because.as_str()].into_iter().chain(parts).collect::<Vec<_>>().join("; ");
    match &line.item {
        Some(item) => writeln!(out, "  {item:<16} {money:>12}  {:.2}  {FAINT}{why}{FAINT:#}", line.score),
        None => writeln!(out, "  {:<16} {money:>12}  {WARNING}{why}{WARNING:#}", line.reference),
    }
}

/// What was not certain, with each answer as the command that gives it.
fn tell_question(out: &mut impl Write, payment: &Payment, question: &Question) -> io::Result<()> {
    writeln!(out, "  {WARNING}{}{WARNING:#}", question.words)?;
    for Proposal { reading, items } in question.proposals.iter().filter(|proposal| !proposal.items.is_empty()) {
        let to: Vec<String> = items
            .iter()
            .take(PROPOSED_MAX)
            .map(|(number, amount)| format!(" --to {number}={}", payment.fact.currency.said(*amount)))
            .collect();
        let more = if items.len() > PROPOSED_MAX { " ..." } else { "" };
        let words = reading.as_str();
        writeln!(out, "    {FAINT}{words}:{FAINT:#} entrepot cash apply {}{}{more}", payment.fact.id, to.concat())?;
    }
    Ok(())
}
