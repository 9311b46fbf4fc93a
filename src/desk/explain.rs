//! `explain CODE`: what it means, what the partner was told, what to do next.

use std::io::Write;

use serde_json::json;

use super::command::Format;
use super::output::{Answer, FAINT, Failure, Outcome, STRONG};
use crate::finding::{Fault, explain};
use crate::mistake::nearest;

pub fn run(code: Option<&str>, format: Format) -> Answer {
    let mut out = anstream::stdout().lock();
    let Some(code) = code else {
        return list(&mut out, format);
    };
    if let Some(told) = explain(code) {
        match format {
            Format::Human => writeln!(out, "{told}")?,
            Format::Json => {
                let answer =
                    json!({"code": told.fault.name(), "meaning": told.meaning, "told": told.told, "next": told.next});
                writeln!(out, "{answer}")?;
            }
        }
        return Ok(Outcome::Accepted);
    }
    let near = nearest(code, Fault::ALL.iter().map(|fault| fault.name()));
    let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(Failure::usage(format!("no code \"{code}\"{hint} (`entrepot explain` lists them)")))
}

/// Every code, one a line.
fn list(out: &mut impl Write, format: Format) -> Answer {
    for fault in Fault::ALL {
        let Some(told) = explain(fault.name()) else { continue };
        match format {
            Format::Human => writeln!(out, "{STRONG}{:<28}{STRONG:#} {FAINT}{}{FAINT:#}", fault.name(), told.meaning)?,
            Format::Json => writeln!(out, "{}", json!({"code": fault.name(), "meaning": told.meaning}))?,
        }
    }
    Ok(Outcome::Accepted)
}
