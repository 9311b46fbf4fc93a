//! `schema KIND`: the JSON Schema of canonical documents, as this program reads and writes them.

use std::io::Write;

use super::command::Format;
use super::output::{Answer, Failure, Outcome};
use crate::canonical::{Kind, schema};
use crate::mistake::nearest;

pub fn run(kind: Option<&str>, format: Format) -> Answer {
    let mut out = anstream::stdout().lock();
    let Some(name) = kind else {
        for kind in Kind::ALL {
            match format {
                Format::Human => writeln!(out, "{}", kind.as_str())?,
                Format::Json => writeln!(out, "{}", serde_json::json!({"kind": kind.as_str()}))?,
            }
        }
        return Ok(Outcome::Accepted);
    };
    let Some(kind) = Kind::of(name) else {
        let near = nearest(name, Kind::ALL.iter().map(|kind| kind.as_str()));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(Failure::usage(format!("no kind of document \"{name}\"{hint}")));
    };
    let text = serde_json::to_string_pretty(&schema(kind)).map_err(Failure::ours)?;
    writeln!(out, "{text}")?;
    Ok(Outcome::Accepted)
}
