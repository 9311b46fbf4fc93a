//! `events`: what happened, as other systems are told of it; who is told, what did not arrive, and once more.

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::acting::{ROWS_MAX, acting, changing, reading, refused};
use super::command::{EventsVerb, Format};
use super::exceptions::{acted, told_effects};
use super::output::{Answer, ERROR, FAINT, Failure, GOOD, NAME, Outcome, STRONG, WARNING, nothing};
use super::settings;
use crate::canonical::CloudEvent;
use crate::config::{EndpointKind, EndpointSettings, Settings};
use crate::daemon::endpoints::announcer;
use crate::journey::act::Act;
use crate::journey::owed::{self, Wish};
use crate::journey::show::asked;
use crate::ports::Announcement;
use crate::process::calendar::said_exactly;
use crate::store::{KeptEvent, View};

/// Rows of one look.
const PAGE: usize = 500;
pub fn run(it: &EventsVerb, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    match it {
        EventsVerb::List { after, kind, subject, limit } => {
            list(*after, (kind.as_deref(), subject.as_deref()), *limit, format, settings)
        }
        EventsVerb::Failed { endpoint } => failed(endpoint.as_deref(), format, settings),
        EventsVerb::Replay { endpoint, which, to } => {
            let wanted = match (which.from, *to, &which.event) {
                (Some(from), Some(to), _) if to < from => {
                    return Err(Failure::usage(format!("--to {to} stands before --from {from}")));
                }
                (Some(from), Some(to), _) => Wanted::Wish(Wish::Between(from, to)),
                (Some(from), None, _) => Wanted::Wish(Wish::From(from)),
                (None, _, Some(event)) => Wanted::One(event, Wish::One),
                (None, _, None) => Wanted::Wish(Wish::Failed),
            };
            wish(endpoint, wanted, by, format, settings)
        }
        EventsVerb::Skip { endpoint, event } => wish(endpoint, Wanted::One(event, Wish::Skip), by, format, settings),
        EventsVerb::Endpoints => endpoints(format, settings),
        EventsVerb::Enable { endpoint } => wish(endpoint, Wanted::Wish(Wish::Enable), by, format, settings),
        EventsVerb::Test { endpoint } => test(endpoint, format, settings),
    }
}

fn list(
    mut after: u64,
    (kind, subject): (Option<&str>, Option<&str>),
    limit: usize,
    format: Format,
    settings: &Settings,
) -> Answer {
    let wanted = kind.map(asked::events).transpose();
    let wanted = wanted.map_err(|wrong| Failure::usage(format!("--type: {wrong}")))?;
    reading(settings, async |_, view| {
        let (mut shown, mut out) = (0, anstream::stdout());
        loop {
            let events = view.events_after(after, PAGE).await.map_err(Failure::ours)?;
            for kept in &events {
                after = kept.sequence;
                let takes = wanted.as_ref().is_none_or(|wanted| wanted.takes(&kept.event.kind));
                if !takes || subject.is_some_and(|subject| kept.event.key != subject) {
                    continue;
                }
                if shown == limit {
                    if format == Format::Human {
                        let rest = format!("more follow: entrepot events list --after {}", kept.sequence - 1);
                        writeln!(out, "{FAINT}{rest}{FAINT:#}")?;
                    }
                    return Ok(Outcome::Accepted);
                }
                shown += 1;
                match format {
                    Format::Json => writeln!(out, "{}", kept.cloud().to_json())?,
                    Format::Human => tell(&mut out, kept)?,
                }
            }
            if events.len() < PAGE {
                nothing(shown == 0, format, "nothing of that kind has happened")?;
                return Ok(Outcome::Accepted);
            }
        }
    })
}

fn tell(out: &mut impl Write, kept: &KeptEvent) -> std::io::Result<()> {
    let cloud = kept.cloud();
    let at = said_exactly(cloud.at);
    let head = format!("{STRONG}{:>7}{STRONG:#}  {at}  {NAME}{:<32}{NAME:#}", cloud.sequence, cloud.event_type());
    writeln!(out, "{head} {}  {FAINT}{}{FAINT:#}", cloud.subject, cloud.id)
}

fn failed(endpoint: Option<&str>, format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        if let Some(name) = endpoint
            && let Some(wrong) = asked::endpoint(view, name).await.map_err(Failure::ours)?
            && settings.endpoints.iter().all(|known| known.name != name)
        {
            return Err(Failure::usage(wrong));
        }
        let mut found =
            owed::shown_failed(view, (endpoint.unwrap_or_default(), 0), ROWS_MAX).await.map_err(Failure::ours)?;
        found.retain(|(owed, _)| endpoint.is_none_or(|endpoint| owed.endpoint == endpoint));
        let mut out = anstream::stdout();
        for (owed, shown) in &found {
            if format == Format::Json {
                writeln!(out, "{shown}")?;
                continue;
            }
            let kind = shown["type"].as_str().unwrap_or("an event that is not kept any more");
            let head = format!("{NAME}{:<12}{NAME:#} {STRONG}{:>7}{STRONG:#}  {kind}", owed.endpoint, owed.sequence);
            let reason = owed.reason.as_deref().unwrap_or("-");
            writeln!(out, "{head}  {}  {ERROR}{reason}{ERROR:#} {FAINT}({} tries){FAINT:#}", owed.key, owed.attempts)?;
        }
        if found.is_empty() && format == Format::Human {
            writeln!(out, "{GOOD}nothing{GOOD:#} waits for a person")?;
        }
        Ok(Outcome::Accepted)
    })
}

/// Endpoints of the settings, and those that events are still owed to though they are not there any more.
fn endpoints(format: Format, settings: &Settings) -> Answer {
    reading(settings, async |_, view| {
        let known = view.endpoints().await.map_err(Failure::ours)?;
        let mut names: Vec<&str> = settings.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        names.extend(known.iter().map(|endpoint| endpoint.name.as_str()));
        names.sort_unstable();
        names.dedup();
        let mut out = anstream::stdout();
        for name in &names {
            let mut shown = match known.iter().find(|endpoint| endpoint.name == *name) {
                Some(endpoint) => owed::shown(view, endpoint).await.map_err(Failure::ours)?,
                None => json!({"name": name, "state": "new"}),
            };
            let set_up = settings.endpoints.iter().find(|endpoint| endpoint.name == *name);
            match set_up {
                Some(endpoint) => {
                    shown["url"] = endpoint.url.as_str().into();
                    shown["types"] = endpoint.types.iter().map(ToString::to_string).collect();
                }
                None => shown["state"] = "not set up".into(),
            }
            match format {
                Format::Json => writeln!(out, "{shown}")?,
                Format::Human => tell_endpoint(&mut out, &shown)?,
            }
        }
        if names.is_empty() && format == Format::Human {
            writeln!(out, "nobody is told: write [endpoint.NAME] with url and secret_file into entrepot.toml")?;
        }
        Ok(Outcome::Accepted)
    })
}

fn tell_endpoint(out: &mut impl Write, shown: &Value) -> std::io::Result<()> {
    let text = |key: &str| shown[key].as_str().unwrap_or("-").to_owned();
    let when = |key: &str| text(key).parse().map_or_else(|_| text(key), said_exactly);
    let state = match text("state").as_str() {
        "open" => format!("{GOOD}open{GOOD:#}"),
        "disabled" => format!("{ERROR}disabled{ERROR:#}, it said that it is gone: entrepot events enable"),
        "new" => format!("{WARNING}new{WARNING:#}, the gateway has not run with it yet"),
        other => format!("{WARNING}{other}{WARNING:#}"),
    };
    let name = text("name");
    writeln!(out, "{STRONG}{name:<12}{STRONG:#} {state}  {}", text("url"))?;
    if shown["cursor"].is_null() {
        return Ok(());
    }
    let (waiting, failed) = (shown["waiting"].as_u64().unwrap_or(0), shown["failed"].as_u64().unwrap_or(0));
    let waits = if waiting > 0 { format!(", {WARNING}{waiting} tried again{WARNING:#}") } else { String::new() };
    let fails = if failed > 0 { format!(", {ERROR}{failed} for a person{ERROR:#}") } else { String::new() };
    let (cursor, lag, delivered) = (&shown["cursor"], &shown["lag"], &shown["delivered"]);
    writeln!(out, "  up to event {cursor}, {lag} behind, {delivered} arrived{waits}{fails}")?;
    if !shown["answer"].is_null() {
        writeln!(out, "  {FAINT}last answer, {}: {}{FAINT:#}", when("answered_at"), text("answer"))?;
    }
    Ok(())
}

/// What somebody wants; an event of theirs is looked up first.
enum Wanted<'w> {
    Wish(Wish),
    One(&'w str, fn(u64) -> Wish),
}

fn wish(endpoint: &str, wanted: Wanted<'_>, by: Option<&str>, format: Format, settings: &Settings) -> Answer {
    changing(settings, async |store| {
        let actor = acting(store, by).await?;
        let wish = match wanted {
            Wanted::Wish(wish) => wish,
            Wanted::One(name, wish) => {
                let mut view = store.view().await.map_err(Failure::ours)?;
                wish(numbered(&mut view, name).await?)
            }
        };
        let act = Act::Notify { endpoint: endpoint.to_owned(), by: actor.name.clone(), wish };
        let effects = acted(store, &actor, act).await?;
        let is_refused = effects.get("refused").is_some();
        let mut view = store.view().await.map_err(Failure::ours)?;
        let shown = match view.endpoint(endpoint).await.map_err(Failure::ours)? {
            Some(endpoint) => owed::shown(&mut view, &endpoint).await.map_err(Failure::ours)?,
            None => Value::Null,
        };
        let mut out = anstream::stdout();
        match format {
            Format::Json if is_refused => writeln!(out, "{}", json!({"refused": effects["refused"]}))?,
            Format::Json => writeln!(out, "{shown}")?,
            Format::Human => {
                for effect in told_effects(&effects) {
                    writeln!(out, "{effect}")?;
                }
                if !is_refused {
                    tell_endpoint(&mut out, &shown)?;
                }
            }
        }
        Ok(if is_refused { Outcome::Rejected } else { Outcome::Accepted })
    })
}

/// The number of an event that is named by its number or its id.
async fn numbered(view: &mut View, name: &str) -> Result<u64, Failure> {
    if let Ok(sequence) = name.parse() {
        return Ok(sequence);
    }
    let wrong = || Failure::usage(format!("\"{name}\" is neither a number nor an id of an event"));
    let id = name.parse().map_err(|_| wrong())?;
    Ok(view.event(id).await.map_err(refused)?.sequence)
}

/// Sends a ping, which is no event of the house: it has no number, and nothing keeps it.
fn test(name: &str, format: Format, settings: &Settings) -> Answer {
    let endpoint = settings.endpoints.iter().find(|endpoint| endpoint.name == name);
    let endpoint = endpoint.ok_or_else(|| Failure::usage(format!("there is no [endpoint.{name}] in the settings")))?;
    let announcer = announcer(endpoint).map_err(Failure::usage)?;
    let now = Timestamp::now();
    let detail = json!({"endpoint": name});
    let ping = CloudEvent {
        id: Uuid::now_v7(),
        sequence: 0,
        kind: "ping",
        subject: "ping",
        partner: None,
        at: now,
        actor: "events test",
        thing: "ping",
        detail: &detail,
    };
    let body = ping.to_json().to_string();
    let announcement = Announcement { id: ping.id, kind: ping.event_type(), body: body.into() };
    let answer = settings::wait(async { Ok(announcer.announce(&announcement, now).await) })?;
    let mut out = anstream::stdout();
    let (is_taken, words) = match answer {
        Ok(said) => (true, said),
        Err(not) => (false, not.reason),
    };
    match format {
        Format::Json => {
            writeln!(out, "{}", json!({"endpoint": name, "id": ping.id, "taken": is_taken, "answer": words}))?;
        }
        Format::Human if is_taken => writeln!(out, "{GOOD}taken{GOOD:#} by {}: {words}", place(endpoint))?,
        Format::Human => writeln!(out, "{ERROR}not taken{ERROR:#} by {}: {words}", place(endpoint))?,
    }
    Ok(if is_taken { Outcome::Accepted } else { Outcome::Rejected })
}

fn place(endpoint: &EndpointSettings) -> String {
    match endpoint.kind() {
        EndpointKind::Webhook => endpoint.url.clone(),
        EndpointKind::Nats => format!("JetStream at {}", endpoint.url),
    }
}
