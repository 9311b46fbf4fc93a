//! What happened, for readers that come and ask; who is told of it unasked, and what of that did not arrive.

use serde_json::Value;

use super::act::{Wanted, act};
use super::call::{Answer, Call, fault, paged};
use super::problem::{Code, Problem};
use crate::journey::act::Act;
use crate::journey::owed::{self, Wish};
use crate::journey::show::asked;
use crate::store::View;

/// Events that are looked at for one page.
const LOOKED_AT_MAX: usize = 10_000;
/// Of which so many are read at a time.
const READ: usize = 500;

pub async fn list(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let from = call.cursor::<u64>()?.or(call.parsed("after")).unwrap_or_default();
    let wanted = call.asked("type").map(asked::events).transpose();
    let wanted = wanted.map_err(|wrong| Problem::parameter("type", wrong))?;
    let subject = call.asked("subject");
    let (mut shown, mut after): (Vec<Value>, u64) = (Vec::new(), from);
    let mut view = call.view().await?;
    let mut looked_at = 0;
    while shown.len() < limit && looked_at < LOOKED_AT_MAX {
        let size = if wanted.is_none() && subject.is_none() { limit - shown.len() } else { READ };
        let events = view.events_after(after, size).await?;
        looked_at += events.len();
        for kept in &events {
            if shown.len() == limit {
                break;
            }
            after = kept.sequence;
            let takes = wanted.as_ref().is_none_or(|wanted| wanted.takes(&kept.event.kind));
            if takes && subject.is_none_or(|subject| kept.event.key == subject) {
                shown.push(kept.cloud().to_json());
            }
        }
        if events.len() < size {
            break;
        }
    }
    // What comes later follows: a reader keeps the cursor of its last event.
    Ok(Answer::page(shown, (after > 0).then_some(after)))
}

pub async fn endpoints(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let after = call.cursor::<String>()?.unwrap_or_default();
    let mut view = call.view().await?;
    let mut endpoints = view.endpoints().await?;
    endpoints.retain(|endpoint| endpoint.name > after);
    endpoints.truncate(limit + 1);
    let (endpoints, next) = paged(endpoints, limit, |endpoint| endpoint.name.clone());
    let mut shown = Vec::with_capacity(endpoints.len());
    for endpoint in &endpoints {
        shown.push(owed::shown(&mut view, endpoint).await?);
    }
    Ok(Answer::page(shown, next))
}

/// What waits for a person, by endpoint and number.
pub async fn failed(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let endpoint = call.asked("endpoint").unwrap_or_default();
    let after = call.cursor::<(String, u64)>()?.unwrap_or((endpoint.to_owned(), 0));
    let mut found = owed::shown_failed(&mut call.view().await?, (&after.0, after.1), limit + 1).await?;
    found.retain(|(owed, _)| endpoint.is_empty() || owed.endpoint == endpoint);
    let (found, next) = paged(found, limit, |(owed, _)| (owed.endpoint.clone(), owed.sequence));
    Ok(Answer::page(found.into_iter().map(|(_, shown)| shown).collect(), next))
}

/// Events once more, one given up, or an endpoint let go on.
pub async fn wish(call: &Call) -> Result<Answer, Problem> {
    let mut view = call.view().await?;
    let endpoint = call.part("endpoint").to_owned();
    if view.endpoint(&endpoint).await?.is_none() {
        return Err(Problem::new(Code::NotFound, format!("there is no endpoint \"{endpoint}\"")));
    }
    let wish = wanted(call, &mut view).await?;
    drop(view);
    act(call, Wanted::new(Act::Notify { endpoint, by: call.actor.name.clone(), wish })).await
}

async fn wanted(call: &Call, view: &mut View) -> Result<Wish, Problem> {
    let number = |name: &str| call.body[name].as_u64();
    let event = match call.body["event"].as_str() {
        Some(name) => Some(sequence(view, name).await?),
        None => None,
    };
    match (call.body["action"].as_str().unwrap_or_default(), event, number("from"), number("to")) {
        ("enable", None, None, None) => Ok(Wish::Enable),
        ("skip", Some(event), None, None) => Ok(Wish::Skip(event)),
        ("replay_failed", None, None, None) => Ok(Wish::Failed),
        ("replay", Some(event), None, None) => Ok(Wish::One(event)),
        ("replay", None, Some(from), None) => Ok(Wish::From(from)),
        ("replay", None, Some(from), Some(to)) if from <= to => Ok(Wish::Between(from, to)),
        _ => Err(fault(
            "/action",
            "value",
            "`replay` goes with `from`, with `from` and a later `to`, or with `event`; `skip` with `event`; the others alone",
        )),
    }
}

/// The number of an event, by its number or id.
async fn sequence(view: &mut View, name: &str) -> Result<u64, Problem> {
    if let Ok(sequence) = name.parse() {
        return Ok(sequence);
    }
    let id = name.parse().map_err(|_| fault("/event", "value", "an event's id or its sequence"))?;
    Ok(view.event(id).await?.sequence)
}
