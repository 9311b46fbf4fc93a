//! What happened, as endpoints are told of it: for readers that come and ask.

use serde_json::Value;

use super::call::{Answer, Call};
use super::problem::Problem;
use crate::config::Pattern;

/// Events that are looked at for one page.
const LOOKED_AT_MAX: usize = 10_000;
/// Of which so many are read at a time.
const READ: usize = 500;

pub async fn list(call: &Call) -> Result<Answer, Problem> {
    let limit = call.limit();
    let from = call.cursor::<u64>()?.or(call.parsed("after")).unwrap_or_default();
    let wanted = match call.asked("type") {
        Some(text) => {
            Some(Pattern::parse(text).map_err(|wanted| Problem::parameter("type", format!("it is {wanted}")))?)
        }
        None => None,
    };
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
