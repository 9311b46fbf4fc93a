//! `schema KIND`: the JSON Schema of canonical documents, as this program reads and writes them, and of what events say.

use std::io::Write;

use super::command::Format;
use super::output::{Answer, Failure, Outcome};
use crate::canonical::{Kind, NOUNS, Noun, schema};
use crate::mistake::nearest;

/// What schemas of events are called here: `event.order`.
const EVENT: &str = "event.";

pub fn run(kind: Option<&str>, format: Format) -> Answer {
    let mut out = anstream::stdout().lock();
    let Some(name) = kind else {
        let events = NOUNS.iter().map(|noun| format!("{EVENT}{}", noun.name));
        for kind in Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).chain(events) {
            match format {
                Format::Human => writeln!(out, "{kind}")?,
                Format::Json => writeln!(out, "{}", serde_json::json!({"kind": kind}))?,
            }
        }
        return Ok(Outcome::Accepted);
    };
    // As `dataschema` has it, or as the list does.
    let noun = name.strip_prefix(EVENT).or_else(|| name.strip_prefix("urn:entrepot:event:")?.strip_suffix(":1"));
    if let Some(noun) = noun.and_then(Noun::of) {
        writeln!(out, "{}", serde_json::to_string_pretty(&noun.schema()).map_err(Failure::ours)?)?;
        return Ok(Outcome::Accepted);
    }
    let Some(kind) = Kind::of(name) else {
        let near = nearest(name, Kind::ALL.iter().map(|kind| kind.as_str()));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(Failure::usage(format!("no kind of document \"{name}\"{hint}")));
    };
    let text = serde_json::to_string_pretty(&schema(kind)).map_err(Failure::ours)?;
    writeln!(out, "{text}")?;
    Ok(Outcome::Accepted)
}
