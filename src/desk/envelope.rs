//! One interchange as `documents show` tells it by the id that stands in lines of the log.

use std::io::Write;

use serde_json::json;

use super::command::Format;
use super::documents::list;
use super::output::{Answer, FAINT, Failure, Outcome, STRONG, WARNING};
use crate::finding::Finding;
use crate::journey::show;
use crate::process::calendar::said_exactly;
use crate::store::{Interchange, View};

/// How many of its documents are listed; `documents find` has them all.
const DOCUMENTS_MAX: usize = 200;

/// Whose it is, how it came, what is wrong with its envelope, what was answered, and the documents in it.
pub async fn show(view: &mut View, it: &Interchange, format: Format) -> Answer {
    let documents = view.documents_within(&it.id.to_string(), DOCUMENTS_MAX).await.map_err(Failure::ours)?;
    let replies = view.replies_to(it.id).await.map_err(Failure::ours)?;
    let arrival = match it.transmission {
        Some(id) => Some(view.transmission(id).await.map_err(Failure::ours)?),
        None => None,
    };
    let findings: Vec<Finding> = serde_json::from_value(it.findings.clone()).unwrap_or_default();
    let mut out = anstream::stdout().lock();
    if format == Format::Json {
        let answers = replies.iter().map(|reply| {
            json!({"type": reply.kind, "disposition": reply.disposition, "control_number": reply.control_number})
        });
        let shown = json!({
            "interchange": it.id.to_string(), "direction": show::word(&it.direction), "syntax": it.syntax,
            "partner": it.partner, "sender": it.sender, "receiver": it.receiver, "control_number": it.control_number,
            "test": it.test, "state": show::word(&it.state), "duplicate_of": it.duplicate_of.map(|id| id.to_string()),
            "arrival": arrival.as_ref().map(show::passage::arrival), "findings": it.findings,
            "answers": answers.collect::<Vec<_>>(),
            "documents": documents.iter().map(show::document).collect::<Vec<_>>(),
        });
        writeln!(out, "{shown}")?;
        return Ok(Outcome::Accepted);
    }
    let (number, state) = (&it.control_number, show::word(&it.state));
    writeln!(out, "{STRONG}interchange {number}{STRONG:#} of {} for {}  {state}", it.sender, it.receiver)?;
    let mut line = |what: &str, words: String| writeln!(out, "  {FAINT}{what:<11}{FAINT:#} {words}");
    line("partner", it.partner.clone().unwrap_or_else(|| "nobody we know".into()))?;
    if let Some(arrival) = &arrival {
        line("came", format!("{} by {} as {}", said_exactly(arrival.received_at), arrival.door, arrival.name))?;
    }
    if let Some(first) = it.duplicate_of {
        line("repeats", format!("{first}, and was answered as that was"))?;
    }
    for found in &findings {
        let weight = if found.is_error() { "error" } else { "warning" };
        line("envelope", format!("{WARNING}{weight}{WARNING:#} {} ({})", found.message(), found.fault.name()))?;
    }
    for reply in &replies {
        line("answered", format!("{} {}, in interchange {}", reply.kind, reply.disposition, reply.control_number))?;
    }
    drop(out);
    if documents.is_empty() { Ok(Outcome::Accepted) } else { list(view, &documents, format).await }
}
