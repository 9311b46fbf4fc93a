//! `exceptions`: what waits for a person, by business function; what is known of it, what could be done and what that
//! would do, and doing it.

use std::io::Write;

use serde_json::{Value, json};

use super::acting::{ROWS_MAX, acting, changing, reading, refused, rules};
use super::command::{Desks, ExceptionVerb, Exceptions, Format};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, nothing};
use crate::config::Settings;
use crate::journey::act::rulings::{Judgement, Ruling};
use crate::journey::act::suggested::{rulings, suggested};
use crate::journey::act::{self, Act, Signed};
use crate::journey::show::work::{self, Work};
use crate::journey::show::{self, asked, effects, evidence};
use crate::journey::{Applied, Rules, people};
use crate::process::calendar::said;
use crate::process::duties::Actor;
use crate::store::{Case, CaseSearch, CaseState, Hold, Result, Session, Store};

pub fn run(it: &Exceptions, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    match &it.verb {
        None => list(&it.which, format, settings),
        Some(ExceptionVerb::List(which)) => list(which, format, settings),
        Some(ExceptionVerb::Show { exception }) => match exception.parse() {
            Ok(number) => show_one(number, by, format, settings),
            Err(_) => show_held(exception, format, settings),
        },
        Some(ExceptionVerb::Take { exception }) => match exception.parse() {
            Ok(number) => take(number, by, settings),
            Err(_) => take_held(exception, by, settings),
        },
        Some(ExceptionVerb::Approve { exception, dry_run }) => {
            ruling(exception, Ruling::Approve, by, *dry_run, format, settings)
        }
        Some(ExceptionVerb::PayReceived { exception, dry_run }) => {
            ruling(exception, Ruling::PayReceived, by, *dry_run, format, settings)
        }
        Some(ExceptionVerb::Reject { exception, dry_run }) => {
            ruling(exception, Ruling::Reject, by, *dry_run, format, settings)
        }
        Some(ExceptionVerb::Resolve { exception, dry_run }) => {
            ruling(exception, Ruling::Resolve, by, *dry_run, format, settings)
        }
    }
}

fn list(it: &Desks, format: Format, settings: &Settings) -> Answer {
    let queue = it.queue.as_deref().map(asked::desk).transpose().map_err(Failure::usage)?;
    reading(settings, async |store, view| {
        let rules = rules(store).await?;
        let search = CaseSearch {
            queue: queue.map(|queue| queue.as_str().to_owned()),
            open_only: !it.all,
            limit: ROWS_MAX,
            ..CaseSearch::default()
        };
        let mut listed = work::list(view, &rules.in_force.partners, queue, ROWS_MAX).await.map_err(Failure::ours)?;
        if it.all {
            let settled = view.cases(&search).await.map_err(Failure::ours)?.into_iter();
            let settled = settled.filter(|case| case.state != CaseState::Open);
            listed.extend(settled.map(|case| Work { id: case.number.to_string(), case, hold: None }));
        }
        nothing(listed.is_empty(), format, "nothing waits for a person")?;
        let mut out = anstream::stdout();
        let cases: Vec<Case> = listed.iter().map(|it| it.case.clone()).collect();
        for it in &listed {
            match format {
                Format::Json => {
                    let mut row = serde_json::to_value(&it.case).map_err(Failure::ours)?;
                    row["work"] = it.id.as_str().into();
                    writeln!(out, "{row}")?;
                }
                Format::Human => tell_row(&mut out, it, &cases)?,
            }
        }
        // What came early is nobody's to do yet, and stands here so that nobody looks for it in vain.
        let waiting = view.parked_events(ROWS_MAX).await.map_err(Failure::ours)?;
        let waiting = waiting.iter().filter(|parked| !parked.expired);
        for parked in waiting.filter(|_| format == Format::Human) {
            let shown = show::waits(parked);
            if queue.is_none_or(|queue| shown["queue"] == queue.as_str()) {
                let number = parked.number.as_deref().unwrap_or("-");
                writeln!(
                    out,
                    "{FAINT}early {} {number} of {} {}{FAINT:#}",
                    parked.kind,
                    parked.partner,
                    show::waits_said(parked)
                )?;
            }
        }
        Ok(Outcome::Accepted)
    })
}

/// A ruling on a case by its number, or on what is held by its id: read again, or left as it is.
fn ruling(id: &str, ruling: Ruling, by: Option<&str>, dry_run: bool, format: Format, settings: &Settings) -> Answer {
    if let Ok(number) = id.parse() {
        return rule(number, ruling, by, dry_run, format, settings);
    }
    changing(settings, async |store| {
        let actor = acting(store, by).await?;
        let held = held(store, id).await?;
        let act = held.act(ruling, &actor.name).map_err(Failure::usage)?;
        let effects = match dry_run {
            true => tried(store, &actor, act).await?,
            false => acted(store, &actor, act).await?,
        };
        told(id, ruling, &effects, dry_run, format)
    })
}

/// What is held, by its id.
async fn held(store: &Store, id: &str) -> std::result::Result<Work, Failure> {
    let rules = rules(store).await?;
    let mut view = store.view().await.map_err(Failure::ours)?;
    work::named(&mut view, &rules.in_force.partners, id).await.map_err(refused)
}

async fn shown(store: &Store, work: &Work) -> std::result::Result<Value, Failure> {
    let rules = rules(store).await?;
    let mut view = store.view().await.map_err(Failure::ours)?;
    work.shown(&mut view, &rules.in_force.partners).await.map_err(Failure::ours)
}

/// What a ruling did, or would do.
fn told(id: &str, ruling: Ruling, effects: &Value, dry_run: bool, format: Format) -> Answer {
    let is_refused = effects.get("refused").is_some();
    let mut out = anstream::stdout();
    if format == Format::Json {
        writeln!(out, "{effects}")?;
    } else {
        if !is_refused {
            let done = if dry_run { "would" } else { "done" };
            writeln!(out, "{GOOD}{done}{GOOD:#} {} {id}", ruling.verb())?;
        }
        for effect in told_effects(effects) {
            writeln!(out, "  {effect}")?;
        }
    }
    Ok(if is_refused { Outcome::Rejected } else { Outcome::Accepted })
}

/// What is known of something that is held, and what can be done about it.
fn show_held(id: &str, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |store, _| {
        let held = held(store, id).await?;
        let shown = shown(store, &held).await?;
        let mut out = anstream::stdout();
        if format == Format::Json {
            writeln!(out, "{shown}")?;
            return Ok(Outcome::Accepted);
        }
        writeln!(out, "{STRONG}{id} {}{STRONG:#}  {} desk", held.case.kind, held.case.queue)?;
        writeln!(out, "  {}", held.case.words)?;
        for words in held.hold.iter().flat_map(Hold::complaints) {
            writeln!(out, "    {ERROR}{words}{ERROR:#}")?;
        }
        for (name, value) in [
            ("partner", held.case.partner.as_deref()),
            ("document", held.case.document.as_deref()),
            ("owner", held.case.owner.as_deref()),
        ] {
            if let Some(value) = value {
                writeln!(out, "  {FAINT}{name:<16}{FAINT:#} {value}")?;
            }
        }
        tell_times(&mut out, &held.case)?;
        tell_end(&mut out, &held.case)?;
        tell_suggestions(&mut out, &shown)?;
        Ok(Outcome::Accepted)
    })
}

/// One row; of several with one cause the first tells how many there are.
fn tell_row(out: &mut impl Write, work: &Work, all: &[Case]) -> std::result::Result<(), Failure> {
    let case = &work.case;
    let about = case.order_number.as_deref().map(|order| format!("order {order}")).unwrap_or_default();
    let line = case.line.as_deref().map(|line| format!(" line {line}")).unwrap_or_default();
    let money = case.money.as_deref().map(|money| format!("  {money}")).unwrap_or_default();
    let owner = case.owner.as_deref().map(|owner| format!("  {NAME}{owner}{NAME:#}")).unwrap_or_default();
    let alike = all.iter().filter(|other| case.cause.is_some() && other.cause == case.cause).count();
    let alike = if alike > 1 { format!("  {WARNING}one cause of {alike}{WARNING:#}") } else { String::new() };
    let head = format!("{STRONG}{:>5}{STRONG:#} {:<10} {:<22}", work.id, case.queue, case.kind);
    let late = match case.due {
        _ if case.state != CaseState::Open => "  settled".to_owned(),
        Some(due) if case.breached => format!("  {ERROR}since {}{ERROR:#}", said(due)),
        Some(due) => format!("  by {}", said(due)),
        None => String::new(),
    };
    writeln!(out, "{head} {about}{line}{money}{late}{owner}{alike}  {FAINT}{}{FAINT:#}", case.words)?;
    Ok(())
}

/// Everything that is known of a case, and what each thing that can be done would do.
fn show_one(number: u64, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    changing(settings, async |store| {
        let mut view = store.view().await.map_err(Failure::ours)?;
        let case = view.case(number).await.map_err(refused)?;
        let proof = evidence::of(&mut view, &case).await.map_err(Failure::ours)?;
        let rules = rules(store).await?;
        let is_open = case.state == CaseState::Open;
        // Nothing is left to do about what is settled.
        let suggestions = match is_open {
            true => suggested(&mut view, &rules.in_force.partners, &case).await.map_err(Failure::ours)?,
            false => Vec::new(),
        };
        drop(view);
        let actor = acting(store, by).await.unwrap_or_else(|_| people::local());
        let mut actions = Vec::new();
        for ruling in rulings(&case, &suggestions).into_iter().filter(|_| is_open) {
            let would = ruled(store, &rules, &actor, number, ruling, true).await?;
            actions.push(json!({"ruling": ruling.as_str(), "would": would}));
        }
        let mut shown = show::case(&case);
        shown["suggested"] = show::suggested(&suggestions);
        shown["evidence"] = proof.into();
        shown["actions"] = actions.into();
        let mut out = anstream::stdout();
        match format {
            Format::Json => writeln!(out, "{shown}")?,
            Format::Human => tell_case(&mut out, &case, &shown)?,
        }
        Ok(Outcome::Accepted)
    })
}

fn tell_case(out: &mut impl Write, case: &Case, shown: &Value) -> std::result::Result<(), Failure> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let when = |value: &Value| value.as_str().and_then(|at| at.parse().ok()).map_or_else(|| text(value), said);
    writeln!(out, "{STRONG}{} {}{STRONG:#}  {} desk", case.number, case.kind, case.queue)?;
    writeln!(out, "  {}", case.words)?;
    for (name, value) in [
        ("partner", case.partner.as_deref()),
        ("order", case.order_number.as_deref()),
        ("line", case.line.as_deref()),
        ("money at stake", case.money.as_deref()),
        ("owner", case.owner.as_deref()),
        ("cause", case.cause.as_deref()),
    ] {
        if let Some(value) = value {
            writeln!(out, "  {FAINT}{name:<16}{FAINT:#} {value}")?;
        }
    }
    tell_times(out, case)?;
    tell_end(out, case)?;
    tell_suggestions(out, shown)?;
    for proof in shown["evidence"].as_array().into_iter().flatten() {
        writeln!(out, "  {FAINT}{:<16}{FAINT:#} {} {}", "evidence", when(&proof["at"]), text(&proof["words"]))?;
    }
    for action in shown["actions"].as_array().into_iter().flatten() {
        writeln!(out, "  {STRONG}{}{STRONG:#}", text(&action["ruling"]).replace('_', "-"))?;
        for effect in told_effects(&action["would"]) {
            writeln!(out, "    {effect}")?;
        }
    }
    Ok(())
}

/// Who settled it, when and how.
fn tell_end(out: &mut impl Write, case: &Case) -> std::io::Result<()> {
    let Some(at) = case.closed_at else { return Ok(()) };
    let by = case.closed_by.as_deref().map(|name| format!(" by {name}")).unwrap_or_default();
    let how = case.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
    writeln!(out, "  {FAINT}{:<16}{FAINT:#} {}{by}{how}", "settled", said(at))
}

/// What can be done, each with the command that does it.
fn tell_suggestions(out: &mut impl Write, shown: &Value) -> std::io::Result<()> {
    for (at, it) in shown["suggested"].as_array().into_iter().flatten().enumerate() {
        let text = |key: &str| it[key].as_str().unwrap_or_default();
        let title = if at == 0 { "usual" } else { "" };
        let how = if text("how").is_empty() { "outside of the gateway" } else { text("how") };
        writeln!(out, "  {FAINT}{title:<16}{FAINT:#} {}  {FAINT}{how}{FAINT:#}", text("words"))?;
    }
    Ok(())
}

/// Since when it lies there, and until when it may.
fn tell_times(out: &mut impl Write, case: &Case) -> std::io::Result<()> {
    writeln!(out, "  {FAINT}{:<16}{FAINT:#} {}", "since", said(case.opened_at))?;
    let Some(due) = case.due else { return Ok(()) };
    let late = if case.breached { ", and nobody has" } else { "" };
    writeln!(out, "  {FAINT}{:<16}{FAINT:#} {}{late}", "to be done by", said(due))
}

/// The effects of an act in sentences, what keeps it from being done in colour.
pub(super) fn told_effects(effects: &Value) -> Vec<String> {
    let mut told = effects::told(effects);
    for sentence in &mut told {
        for (word, style) in [("refused", ERROR), ("waits", WARNING)] {
            if let Some(rest) = sentence.strip_prefix(word) {
                *sentence = format!("{style}{word}{style:#}{rest}");
                break;
            }
        }
    }
    told
}

fn take(number: u64, by: Option<&str>, settings: &Settings) -> Answer {
    changing(settings, async |store| {
        let actor = acting(store, by).await?;
        let owner = actor.name.clone();
        let taken = store
            .write((number, owner.clone()), |(number, owner), session| Box::pin(session.assign_case(*number, owner)));
        taken.await.map_err(refused)?;
        writeln!(anstream::stdout(), "{number} is {owner}'s now")?;
        Ok(Outcome::Accepted)
    })
}

/// Rules on a case in somebody's name, or shows what that would do.
pub(super) fn rule(
    number: u64,
    ruling: Ruling,
    by: Option<&str>,
    dry_run: bool,
    format: Format,
    settings: &Settings,
) -> Answer {
    changing(settings, async |store| {
        let actor = acting(store, by).await?;
        let mut view = store.view().await.map_err(Failure::ours)?;
        let case = view.case(number).await.map_err(refused)?;
        drop(view);
        if let Some(at) = case.closed_at {
            let by = case.closed_by.map(|name| format!(" by {name}")).unwrap_or_default();
            let words = format!("exception {number} was settled already, {}{by}; nothing was done", said(at));
            return Err(Failure::usage(words));
        }
        let rules = rules(store).await?;
        let effects = ruled(store, &rules, &actor, number, ruling, dry_run).await?;
        told(&number.to_string(), ruling, &effects, dry_run, format)
    })
}

fn take_held(id: &str, by: Option<&str>, settings: &Settings) -> Answer {
    changing(settings, async |store| {
        let owner = acting(store, by).await?.name;
        let Some(hold) = held(store, id).await?.hold else { return Ok(Outcome::Accepted) };
        let taken =
            store.write((hold.id, owner.clone()), |(hold, owner), session| Box::pin(session.assign_hold(*hold, owner)));
        taken.await.map_err(refused)?;
        writeln!(anstream::stdout(), "{id} is {owner}'s now")?;
        Ok(Outcome::Accepted)
    })
}

struct Wanted {
    rules: Rules,
    actor: Actor,
    act: Act,
}

async fn ruled(
    store: &Store,
    rules: &Rules,
    actor: &Actor,
    case: u64,
    ruling: Ruling,
    dry_run: bool,
) -> std::result::Result<Value, Failure> {
    let judgement = Judgement { case, by: actor.name.clone(), role: None, ruling };
    let wanted = Wanted { rules: rules.clone(), actor: actor.clone(), act: Act::Rule(judgement) };
    let told = if dry_run {
        store.rehearse(wanted, |wanted, session| Box::pin(unit(session, wanted))).await
    } else {
        store.write(wanted, |wanted, session| Box::pin(unit(session, wanted))).await
    };
    told.map_err(refused)
}

/// Does an act in somebody's name, and tells what it did.
pub(super) async fn acted(store: &Store, actor: &Actor, act: Act) -> std::result::Result<Value, Failure> {
    let wanted = Wanted { rules: rules(store).await?, actor: actor.clone(), act };
    store.write(wanted, |wanted, session| Box::pin(unit(session, wanted))).await.map_err(refused)
}

/// Tries an act in somebody's name, and tells what it would do.
pub(super) async fn tried(store: &Store, actor: &Actor, act: Act) -> std::result::Result<Value, Failure> {
    let wanted = Wanted { rules: rules(store).await?, actor: actor.clone(), act };
    store.rehearse(wanted, |wanted, session| Box::pin(unit(session, wanted))).await.map_err(refused)
}

async fn unit(session: &mut Session, wanted: &Wanted) -> Result<Value> {
    let before = effects::before(session, &wanted.act).await?;
    let signed = act::signed(session, &wanted.rules, &wanted.actor, &wanted.act).await?;
    let mut effects = effects::since(session, &wanted.act, &before, wanted.rules.chart()).await?;
    match signed {
        Signed::Denied(denied) => effects["refused"] = denied.to_string().into(),
        Signed::Done(Applied::Refused { why }) => effects["refused"] = why.into(),
        Signed::Done(Applied::Conflict) => effects["refused"] = "another one of this number was told before".into(),
        Signed::Done(Applied::Parked { awaits }) => effects["awaits"] = awaits.into(),
        Signed::Waits { missing, role } => {
            let role = role.map(|role| format!(", one of them {}", role.as_str())).unwrap_or_default();
            effects["awaits"] = format!("{missing} more to agree{role}").into();
        }
        Signed::Done(Applied::Applied | Applied::Duplicate) => {}
    }
    Ok(effects)
}
