//! `cash`, `journal`, `open-items`, `deductions`: what came in, how it was applied and why, and what waits for whom.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::acting::{ROWS_MAX, acting, reading, refused, rules};
use super::applied;
use super::command::{
    CashVerb, DeductionVerb, Deductions, Format, Journal, JournalForm, JournalVerb, OpenItems, Party, RankVerb,
};
use super::output::{Answer, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, nothing};
use super::partners;
use super::settings;
use crate::bank;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Settings;
use crate::journey::act::{self, Act, Signed};
use crate::journey::money::cash::rank::Ask;
use crate::journey::money::{aged, books, cash, deductions, lockbox, period};
use crate::journey::{Applied, Rules};
use crate::process::cash::{Deduction, DeductionState, Fact, Settlement};
use crate::process::duties::Actor;
use crate::process::ledger::{self, Chart, Currency, Entry, OpenItem};
use crate::store::{Access, Book, Error, Kept, Session, Store, View};

pub fn payment(it: &CashVerb, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    match it {
        CashVerb::List(it) => applied::list(it, format, settings),
        CashVerb::Advices(it) => applied::advices(it, format, settings),
        CashVerb::Show { payment } => applied::show(payment, format, settings),
        CashVerb::Take { file, dry_run } => take(file, by, *dry_run, format, settings),
        CashVerb::Apply { payment, to, because, dry_run } => {
            let chosen = to.iter().map(|pair| chosen(pair)).collect::<Result<Vec<_>, _>>()?;
            let (payment, because) = (payment.clone(), because.clone());
            change(settings, by, *dry_run, format, |_| Act::Assign { payment, chosen, because })
        }
        CashVerb::Undo { payment, because, dry_run } => {
            let (payment, because) = (payment.clone(), because.clone());
            change(settings, by, *dry_run, format, |actor| Act::Undo { payment, because, by: actor.name.clone() })
        }
        CashVerb::Names => applied::names(format, settings),
        CashVerb::Forget { name, dry_run } => {
            done(settings, by, *dry_run, |_| Act::Forget { name: name.clone() })?;
            if format == Format::Human {
                let verb = if *dry_run { "would be forgotten" } else { "forgotten" };
                writeln!(anstream::stdout(), "{GOOD}{verb}{GOOD:#} {name}")?;
            }
            Ok(Outcome::Accepted)
        }
        CashVerb::Rank { verb } => rank(*verb, by, format, settings),
    }
}

fn rank(verb: RankVerb, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    let ask = match verb {
        RankVerb::Train => Some(Ask::Train),
        RankVerb::On => Some(Ask::On),
        RankVerb::Off => Some(Ask::Off),
        RankVerb::Show | RankVerb::Compare => None,
    };
    if let Some(ask) = ask {
        done(settings, by, false, |actor| Act::Rank { ask, by: actor.name.clone() })?;
    }
    reading(settings, async |_, view| {
        let found = match verb {
            RankVerb::Compare => cash::rank::learned(view, "").await,
            _ => cash::rank::ranking(view).await,
        };
        let Some(ranking) = found.map_err(Failure::ours)? else {
            return Err(Failure::usage(
                "nobody has decided anything that could teach a ranking, or it was never trained",
            ));
        };
        let mut out = anstream::stdout();
        if format == Format::Json {
            let mut told = serde_json::to_value(&ranking).map_err(Failure::ours)?;
            told["why_not"] = json!(ranking.why_not());
            writeln!(out, "{told}")?;
            return Ok(Outcome::Accepted);
        }
        let state = if ranking.is_on { format!("{GOOD}on{GOOD:#}") } else { format!("{WARNING}off{WARNING:#}") };
        writeln!(out, "{STRONG}ranking{STRONG:#} {state}  from {} decisions", ranking.lessons)?;
        for (name, weight) in ranking.model.named() {
            writeln!(out, "  {name:<12} {weight:>+7.2}")?;
        }
        let it = &ranking.comparison;
        let held = format!("on {} candidates held back", it.decisions);
        writeln!(out, "  {held}: the rules {} right, {} wrong", it.rules_right, it.rules_wrong)?;
        writeln!(out, "  {held}: the ranking {} right, {} wrong", it.model_right, it.model_wrong)?;
        if let Some(why) = ranking.why_not() {
            writeln!(out, "  {WARNING}it may not be switched on{WARNING:#}: {why}")?;
        }
        Ok(Outcome::Accepted)
    })
}

/// `100241=1000.00`.
fn chosen(pair: &str) -> Result<(Box<str>, Decimal), Failure> {
    let read = pair.split_once('=').and_then(|(number, amount)| Some((number.into(), amount.parse().ok()?)));
    read.ok_or_else(|| Failure::usage(format!("`{pair}` reads NUMBER=AMOUNT, as in 100241=1000.00")))
}

fn take(file: &std::path::Path, by: Option<&str>, dry_run: bool, format: Format, settings: &Settings) -> Answer {
    let bytes = std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    if lockbox::is_sets(&bytes) {
        return take_sets(file, &bytes, by, dry_run, format, settings);
    }
    let read = bank::read(&bytes);
    let wrong: Vec<_> = read.findings.iter().filter(|finding| finding.is_error()).collect();
    for finding in &wrong {
        let place = &finding.place;
        eprintln!("{}: byte {}: {}: {}", file.display(), place.bytes.start, finding.word(), finding.message());
    }
    if !wrong.is_empty() {
        eprintln!("nothing was taken: ask the bank for the file again, or report it as it is");
        return Ok(Outcome::Rejected);
    }
    for finding in &read.findings {
        let at = finding.place.bytes.start;
        eprintln!("{}: byte {at}: {}: {}", file.display(), finding.word(), finding.message());
    }
    for pending in &read.pending {
        eprintln!("{}: {pending}: it is taken when the bank has booked it", file.display());
    }
    for refused in &read.refused {
        eprintln!("{}: refused: {}", file.display(), refused.words);
    }
    let facts: Vec<Fact> =
        read.statements.iter().flat_map(|statement| Fact::of_statement(statement, |_| None)).collect();
    if facts.is_empty() {
        eprintln!("nothing was taken: {} holds no booking", file.display());
    } else {
        let outcome = change(settings, by, dry_run, format, |_| Act::Bank(facts))?;
        if outcome == Outcome::Rejected {
            return Ok(outcome);
        }
    }
    if read.refused.is_empty() {
        return Ok(Outcome::Accepted);
    }
    eprintln!("{} of it refused: ask the bank", if read.refused.len() == 1 { "one entry" } else { "several entries" });
    Ok(Outcome::Rejected)
}

/// Lockboxes of a file of sets, read by the grammars and maps in force.
fn take_sets(
    file: &std::path::Path,
    bytes: &[u8],
    by: Option<&str>,
    dry_run: bool,
    format: Format,
    settings: &Settings,
) -> Answer {
    let sets = settings::wait(async {
        let store = settings::store(settings, Access::Desk).await?;
        let rules = rules(&store).await?;
        store.close().await;
        lockbox::read(&rules.in_force.catalogue, bytes).map_err(Failure::ours)
    })?;
    for (at, words) in &sets.wrong {
        eprintln!("{}: byte {at}: {words}", file.display());
    }
    if !sets.wrong.is_empty() {
        eprintln!("nothing was taken: ask the bank for the file again, or report it as it is");
        return Ok(Outcome::Rejected);
    }
    change(settings, by, dry_run, format, |_| Act::Lockbox(sets.lockboxes))
}

struct Wanted {
    rules: Rules,
    actor: Actor,
    act: Act,
}

async fn unit(session: &mut Session, wanted: &Wanted) -> Result<(Signed, Vec<Entry>), Error> {
    let before = session.last_entry().await?;
    let signed = act::signed(session, &wanted.rules, &wanted.actor, &wanted.act).await?;
    let kept = session.entries(before, ROWS_MAX).await?;
    let entries = kept.iter().map(|kept| serde_json::from_str(&kept.body).map_err(Error::damaged));
    Ok((signed, entries.collect::<Result<_, _>>()?))
}

/// Does something to the books in somebody's name and tells the entries that it made; with `dry_run`, nothing of it stays.
pub(super) fn change(
    settings: &Settings,
    by: Option<&str>,
    dry_run: bool,
    format: Format,
    act: impl FnOnce(&Actor) -> Act,
) -> Answer {
    told(&done(settings, by, dry_run, act)?, dry_run, format)
}

/// How an act came out, the entries that it made, and what our books call their accounts.
pub(super) struct Done {
    outcome: Applied,
    made: Vec<Entry>,
    chart: Chart,
}

/// Does it, and answers how it came out.
pub(super) fn done(
    settings: &Settings,
    by: Option<&str>,
    dry_run: bool,
    act: impl FnOnce(&Actor) -> Act,
) -> Result<Done, Failure> {
    let ((signed, made), chart) = settings::wait(async {
        let store = settings::store(settings, Access::Desk).await?;
        let rules = rules(&store).await?;
        let actor = acting(&store, by).await?;
        let chart = rules.chart().clone();
        let wanted = Wanted { act: act(&actor), rules, actor };
        let done = match dry_run {
            true => store.rehearse(wanted, |wanted, session| Box::pin(unit(session, wanted))).await,
            false => store.write(wanted, |wanted, session| Box::pin(unit(session, wanted))).await,
        };
        store.close().await;
        Ok((done.map_err(refused)?, chart))
    })?;
    match signed {
        Signed::Denied(denied) => Err(Failure::usage(denied.to_string())),
        Signed::Done(Applied::Refused { why }) => Err(Failure::usage(why)),
        Signed::Waits { missing, role } => {
            let role = role.map(|role| format!(", one of them {}", role.as_str())).unwrap_or_default();
            let outcome = Applied::Parked { awaits: format!("{missing} more to agree{role}") };
            Ok(Done { outcome, made, chart })
        }
        Signed::Done(outcome) => Ok(Done { outcome, made, chart }),
    }
}

pub(super) fn told(done: &Done, dry_run: bool, format: Format) -> Answer {
    let Done { outcome, made, chart } = done;
    let mut out = anstream::stdout().lock();
    if format == Format::Json {
        let entries: Vec<Value> = made.iter().map(|entry| ledger::to_json(entry, chart)).collect();
        let mut told = json!({"dry_run": dry_run, "entries": entries});
        if let Applied::Parked { awaits } = outcome {
            told["awaits"] = json!(awaits);
        }
        writeln!(out, "{told}")?;
        return Ok(Outcome::Accepted);
    }
    let verb = if dry_run { "would post" } else { "posted" };
    for entry in made {
        writeln!(out, "{GOOD}{verb}{GOOD:#} {}  {FAINT}{}{FAINT:#}", entry.said_with_currency(chart), entry.words())?;
    }
    match (made.is_empty(), outcome) {
        (_, Applied::Conflict) => {
            eprintln!(
                "not all of it was booked: two amounts under one reference, or a day that is still to come, is a case of the \
                 desk ar: entrepot exceptions --queue ar"
            );
            return Ok(Outcome::Rejected);
        }
        (true, Applied::Parked { awaits }) => {
            let verb = if dry_run { "would wait" } else { "waits" };
            writeln!(out, "{WARNING}{verb}{WARNING:#} for {awaits}")?;
        }
        (true, Applied::Duplicate) => writeln!(out, "{FAINT}all of it was here before; nothing changed{FAINT:#}")?,
        (true, _) => writeln!(out, "{FAINT}nothing to post{FAINT:#}")?,
        (false, _) if dry_run => writeln!(out, "{FAINT}nothing was changed{FAINT:#}")?,
        (false, _) => {}
    }
    Ok(Outcome::Accepted)
}

pub fn journal(it: &Journal, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    match &it.verb {
        Some(JournalVerb::Close { period, dry_run }) => close(period, by, *dry_run, format, settings),
        Some(JournalVerb::Taken { position, dry_run }) => taken(*position, by, *dry_run, format, settings),
        None => entries(it, by, format, settings),
    }
}

fn entries(it: &Journal, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, view| {
        let mut out = anstream::stdout();
        let rules = rules(store).await?;
        let chart = rules.chart();
        let form = it.form.unwrap_or(if format == Format::Json { JournalForm::Json } else { JournalForm::Text });
        if form == JournalForm::Csv {
            write!(out, "{}", ledger::csv_head())?;
        }
        let after = match it.new {
            true => act::taken_over(view, &acting(store, by).await?.owner).await.map_err(Failure::ours)?,
            false => it.after,
        };
        let limit = it.limit.unwrap_or(ROWS_MAX);
        let entries = view.entries(after, limit).await.map_err(Failure::ours)?;
        let words = if after == 0 { "nothing is posted yet" } else { "nothing is posted behind it" };
        nothing(entries.is_empty() && form == JournalForm::Text, format, words)?;
        for kept in &entries {
            let entry: Entry = serde_json::from_str(&kept.body).map_err(Failure::ours)?;
            match form {
                JournalForm::Csv => {
                    let mut lines = String::new();
                    ledger::to_csv(&entry, kept.position, chart, &mut lines);
                    write!(out, "{lines}")?;
                }
                JournalForm::Json => {
                    let mut json = ledger::to_json(&entry, chart);
                    json["position"] = kept.position.into();
                    writeln!(out, "{json}")?;
                }
                JournalForm::Text => {
                    let head = format!("{STRONG}{:>6}{STRONG:#} {}", kept.position, entry.date());
                    writeln!(out, "{head}  {}  {FAINT}{}{FAINT:#}", entry.said_with_currency(chart), entry.words())?;
                }
            }
        }
        let last = entries.last().map_or(after, |kept| kept.position);
        if entries.len() == limit && view.last_entry().await.map_err(Failure::ours)? > last {
            anstream::eprintln!("{FAINT}there is more: entrepot journal --after {last}{FAINT:#}");
        }
        Ok(Outcome::Accepted)
    })
}

/// Another system's books hold the journal up to a position.
fn taken(position: u64, by: Option<&str>, dry_run: bool, format: Format, settings: &Settings) -> Answer {
    let done = done(settings, by, dry_run, |actor| Act::TakeOver { reader: actor.owner.clone(), position })?;
    let words = match (&done.outcome, dry_run) {
        (Applied::Duplicate, _) => "taken over before",
        (_, true) => "would be taken over",
        (_, false) => "taken over",
    };
    let mut out = anstream::stdout();
    match format {
        Format::Json => writeln!(out, "{}", json!({"dry_run": dry_run, "position": position, "outcome": words}))?,
        Format::Human => writeln!(out, "{GOOD}{words}{GOOD:#} up to {position}")?,
    }
    Ok(Outcome::Accepted)
}

/// What is still open on the last day of a period, by age and owner; then it is closed.
fn close(text: &str, by: Option<&str>, dry_run: bool, format: Format, settings: &Settings) -> Answer {
    let through = period::last_day(text)
        .ok_or_else(|| Failure::usage(format!("`{text}` is no period: write 2026-02, or its last day 2026-02-28")))?;
    reading(settings, async |_, view| {
        let mut out = anstream::stdout();
        let open = period::open(view, through).await.map_err(Failure::ours)?;
        if format == Format::Json {
            for item in &open {
                writeln!(out, "{}", serde_json::to_string(item).map_err(Failure::ours)?)?;
            }
            return Ok(Outcome::Accepted);
        }
        for row in ledger::ageing(&open, through) {
            let ages = by_age(&row);
            let head =
                format!("{STRONG}{:<24}{STRONG:#} {:>4} {:>16}", row.what, row.count, row.currency.said(row.total));
            writeln!(out, "{head} {}  {NAME}{:<16}{NAME:#} {FAINT}{ages}{FAINT:#}", row.currency.as_str(), row.owner)?;
        }
        Ok(Outcome::Accepted)
    })?;
    let done = done(settings, by, dry_run, |_| Act::Close(through))?;
    if format == Format::Json {
        return told(&done, dry_run, format);
    }
    let verb = match (done.outcome, dry_run) {
        (Applied::Duplicate, _) => "closed before",
        (_, true) => "would close",
        (_, false) => "closed",
    };
    writeln!(anstream::stdout(), "{GOOD}{verb}{GOOD:#} through {through}")?;
    Ok(Outcome::Accepted)
}

/// `current 100.00, up to 30 20.00`: the ages in which there is anything.
fn by_age(row: &ledger::Ageing) -> String {
    let ages = row.by_age.iter().filter(|(_, sum)| !sum.is_zero());
    let ages = ages.map(|(age, sum)| format!("{} {}", age.said(), row.currency.said(*sum)));
    ages.collect::<Vec<_>>().join(", ")
}

pub fn open_items(it: &OpenItems, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, view| {
        let mut out = anstream::stdout();
        let mut items = open::<OpenItem>(store, view, Book::Item, &it.of).await?;
        if it.aged {
            let day = it.on.unwrap_or_else(|| TimeZone::system().to_datetime(SystemClock.now()).date());
            let rules = rules(store).await?;
            items = aged::owed_on(view, &rules, it.of.party.as_deref(), day).await.map_err(Failure::ours)?;
            nothing(items.is_empty(), format, "nothing is open")?;
            return aged(&mut out, &items, day, format);
        }
        nothing(items.is_empty(), format, "nothing is open")?;
        for item in &items {
            if format == Format::Json {
                writeln!(out, "{}", serde_json::to_string(&item).map_err(Failure::ours)?)?;
                continue;
            }
            let head = format!("{STRONG}{:<16}{STRONG:#} {NAME}{:<14}{NAME:#}", item.number, item.party);
            let (open, whole) = (item.currency.said(item.open), item.currency.said(item.amount));
            writeln!(out, "{head} {open:>12} of {whole:>12} {}  due {}", item.currency.as_str(), item.due)?;
        }
        if format == Format::Human && items.len() > 1 {
            for (currency, open) in sums(items.iter().map(|item| (item.currency, item.open))) {
                let head = format!("{STRONG}{:<16}{STRONG:#} {:<14}", "in all", "");
                writeln!(out, "{head} {:>12}    {:>12} {}", currency.said(open), "", currency.as_str())?;
            }
        }
        Ok(Outcome::Accepted)
    })
}

/// Sums by currency.
fn sums(amounts: impl Iterator<Item = (Currency, Decimal)>) -> BTreeMap<Currency, Decimal> {
    let mut sums = BTreeMap::new();
    for (currency, amount) in amounts {
        *sums.entry(currency).or_insert(Decimal::ZERO) += amount;
    }
    sums
}

/// What each customer owes by how long it has been due.
fn aged(out: &mut impl Write, items: &[OpenItem], day: Date, format: Format) -> Answer {
    for row in ledger::ageing(&items.iter().map(OpenItem::unfinished).collect::<Vec<_>>(), day) {
        if format == Format::Json {
            writeln!(out, "{}", row.of_party())?;
            continue;
        }
        let head = format!("{NAME}{:<24}{NAME:#} {:>4} {:>16}", row.owner, row.count, row.currency.said(row.total));
        writeln!(out, "{head} {}  {FAINT}{}{FAINT:#}", row.currency.as_str(), by_age(&row))?;
    }
    Ok(Outcome::Accepted)
}

pub fn deductions(it: &Deductions, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    let (deduction, settlement, because, dry_run) = match &it.verb {
        None => return kept_back(&it.of, format, settings),
        Some(DeductionVerb::Show { deduction }) => return one_kept_back(deduction, format, settings),
        Some(DeductionVerb::Settle { deduction, end, because, dry_run }) => {
            (deduction, Settlement::of(end), because, *dry_run)
        }
        Some(DeductionVerb::Reopen { deduction, because, dry_run }) => (deduction, None, because, *dry_run),
    };
    let (deduction, because) = (deduction.clone(), because.clone());
    let act = move |actor: &Actor| Act::Settle { deduction, settlement, because, by: actor.name.clone() };
    change(settings, by, dry_run, format, act)
}

fn one_kept_back(name: &str, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let found = deductions::shown(view, name).await.map_err(Failure::ours)?;
        let deduction = found.map_err(Failure::usage)?;
        let mut out = anstream::stdout();
        if format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(&deduction).map_err(Failure::ours)?)?;
            return Ok(Outcome::Accepted);
        }
        let amount = deduction.currency.said(deduction.amount);
        let (reason, desk) = (deduction.reason.as_str(), deduction.desk.as_str());
        let invoice = deduction.invoice.as_deref().unwrap_or("no invoice");
        let head = format!("{STRONG}{amount}{STRONG:#} {NAME}{}{NAME:#} {invoice}", deduction.party);
        writeln!(
            out,
            "{head}  {reason}, {desk}, since {}, dispute until {}",
            deduction.opened, deduction.dispute_until
        )?;
        if deduction.evidence.is_empty() {
            writeln!(out, "  {FAINT}no document speaks for or against it{FAINT:#}")?;
        }
        for evidence in &deduction.evidence {
            writeln!(out, "  {:<28} {:<16} {FAINT}{}{FAINT:#}", evidence.what, evidence.document, evidence.words)?;
        }
        let id = &deduction.id;
        match deduction.state {
            DeductionState::Open | DeductionState::Disputed => writeln!(
                out,
                "{FAINT}to end it:{FAINT:#} entrepot deductions settle \"{id}\" --as credit|recharge|write-off --because WHY --dry-run"
            )?,
            DeductionState::Settled(end) => writeln!(
                out,
                "{GOOD}settled{GOOD:#} as {}  {FAINT}to take that back:{FAINT:#} entrepot deductions reopen \"{id}\" --because WHY --dry-run",
                end.as_str()
            )?,
            DeductionState::Announced => writeln!(out, "{WARNING}announced{WARNING:#}: its payment has not come")?,
            DeductionState::Void => writeln!(out, "{WARNING}void{WARNING:#}: the payment it came with was undone")?,
        }
        Ok(Outcome::Accepted)
    })
}

fn kept_back(it: &Party, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, view| {
        let mut out = anstream::stdout();
        let open = open::<Deduction>(store, view, Book::Deduction, it).await?;
        nothing(open.is_empty(), format, "nothing is kept back")?;
        for deduction in open {
            if format == Format::Json {
                writeln!(out, "{}", serde_json::to_string(&deduction).map_err(Failure::ours)?)?;
                continue;
            }
            let amount = deduction.currency.said(deduction.amount);
            let head = format!("{STRONG}{amount:>12}{STRONG:#} {NAME}{:<14}{NAME:#}", deduction.party);
            let invoice = deduction.invoice.as_deref().unwrap_or("no invoice");
            let (reason, desk) = (deduction.reason.as_str(), deduction.desk.as_str());
            let until = deduction.dispute_until;
            writeln!(out, "{head} {invoice:<14} {reason} {FAINT}{desk}, dispute until {until}{FAINT:#}")?;
            let id = &deduction.id;
            writeln!(out, "{:>12} {FAINT}id{FAINT:#} {id}  {FAINT}entrepot deductions show \"{id}\"{FAINT:#}", "")?;
        }
        if format == Format::Human {
            writeln!(
                out,
                "{FAINT}to end one:{FAINT:#} entrepot deductions settle ID --as credit|recharge|write-off --dry-run"
            )?;
        }
        Ok(Outcome::Accepted)
    })
}

/// What stands open in a book; a name that is no partner's, and that nothing stands open for, is a mistake.
async fn open<T: serde::de::DeserializeOwned>(
    store: &Store,
    view: &mut View,
    book: Book,
    it: &Party,
) -> Result<Vec<T>, Failure> {
    let kept: Vec<Kept> = view.kept_open(book, it.party.as_deref()).await.map_err(Failure::ours)?;
    if kept.is_empty() {
        partners::known(store, it.party.as_deref()).await?;
    }
    books::all(kept).map_err(Failure::ours)
}
